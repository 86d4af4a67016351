"""The real thing: `python run.py` as a process of its own, with demo data, on a free port."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from tests.tools import machine
from tests.tools.cluster import free_port

LONGEST_START = 120.0


class Server:
    """Started on entering, stopped on leaving; `environment` overrides or adds settings."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.instance = folder / "instance"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.environment = environment or {}
        self.seconds_to_start = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        own = {"DEMO": "1", "INSTANCE": str(self.instance), "HOST": "127.0.0.1", "PORT": str(self.port)}
        inherited = {name: value for name, value in os.environ.items() if name not in {"SECRET_KEY", "DATABASE_URL"}}
        started = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "run.py"],
                cwd=machine.ROOT,
                env=inherited | own | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            while not self._ready():
                if self._process.poll() is not None:
                    raise RuntimeError(f"run.py ended with {self._process.returncode}:\n{self.log.read_text()}")
                if time.monotonic() > started + LONGEST_START:
                    raise RuntimeError(f"run.py is not ready after {LONGEST_START} s:\n{self.log.read_text()}")
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise
        self.seconds_to_start = time.monotonic() - started
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def pause(self) -> None:
        """Takes connections, but answers nobody: the slowest network there is."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Goes on after `pause`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends the process, gently first."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for one server, in memory where there is some."""
    return tempfile.TemporaryDirectory(prefix="kursbuch-server-", dir=machine.fast_folder())


def demo_instance(shared: Path) -> Path:
    """The instance folder that a first start of the demo leaves, to be copied; made once for all workers of a run.

    Building the demo office takes longer than most tests together.
    """
    first = Server(shared / "first-start")
    with (shared / "first-start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "first-start.done").exists():
            shutil.rmtree(first.folder, ignore_errors=True)  # left by a worker that failed
            first.folder.mkdir()
            with first:
                pass
            (shared / "first-start.done").touch()
    return first.instance
