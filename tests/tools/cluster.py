"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on a free port, gone when the tests are."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

USER = "kursbuch"
# Speed instead of durability: nothing here outlives the tests.
CONFIGURATION = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "error",
}


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# As an office would run it: what is committed has reached the disk.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Cluster:
    """Started on construction; `stop` ends it and removes its folder. `durable` when it is to be measured or killed."""

    def __init__(self, binaries: Path, parent: Path | None, *, durable: bool = False) -> None:
        self.configuration = CONFIGURATION | (DURABLE if durable else {})
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="kursbuch-postgres-", dir=parent))
        self.password = secrets.token_urlsafe(16)
        self.port = free_port()
        self.as_postgres = self._other_user()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _other_user(self) -> list[str]:
        """PostgreSQL refuses to run as root; Debian's package brings a user for it."""
        if os.geteuid() != 0:
            return []
        try:
            name = pwd.getpwnam("postgres").pw_name
        except KeyError:
            name = "nobody"
        shutil.chown(self.folder, name)
        return ["setpriv", f"--reuid={name}", f"--regid={pwd.getpwnam(name).pw_gid}", "--clear-groups", "--"]

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self.as_postgres, str(self.binaries / program), *arguments],
            cwd=self.folder,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            log = self.folder / "log"
            told = log.read_text() if log.exists() else ""
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}{told}")

    def _start(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)  # the folder itself is closed to others
        data = self.folder / "data"
        self._run(
            "initdb", f"--pgdata={data}", f"--username={USER}", f"--pwfile={secret}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=de", "--no-sync",
        )  # fmt: skip
        options = {**self.configuration, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        given = " ".join(f"-c {name}={value}" for name, value in options.items())
        # pg_ctl's own output would stay open as long as the server runs, so the log goes to a file.
        self._run("pg_ctl", f"--pgdata={data}", f"--log={self.folder / 'log'}", "--wait", "-o", given, "start")

    def url(self, database: str) -> str:
        """The address in the form an office would write it."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """A new, empty database; its name."""
        name = f"kursbuch_{secrets.token_hex(4)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def stop(self) -> None:
        """Ends the server at once and removes everything."""
        data = self.folder / "data"
        if (data / "postmaster.pid").exists():
            self._run("pg_ctl", f"--pgdata={data}", "--mode=immediate", "--wait", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
