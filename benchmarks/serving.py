"""A server as `run.py` starts one, but with a single worker: `python -m benchmarks.serving kursbuch|bare FOLDER PORT THREADS`."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from flask import Flask

import run
from benchmarks import bare
from settings import Settings

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
LONGEST_START = 30.0  # seconds
OFFICE = ("DATABASE_URL", "TRUSTED_PROXIES", "SMTP_URL", "MAIL_FROM")  # settings that a measurement may give


def kursbuch(folder: Path) -> Flask:
    """Kursbuch in demo mode, with its database in this folder or at DATABASE_URL, and what else of OFFICE is in the environment."""
    given = {name: os.environ[name] for name in OFFICE if name in os.environ}
    return run.create_app(Settings.from_environment({"DEMO": "1", "INSTANCE": str(folder)} | given))


def bare_page(folder: Path) -> Flask:
    """The page Kursbuch is compared with, its database in the same folder."""
    return bare.create_app(folder / "bare.sqlite3", os.environ.get("DATABASE_URL"))


APPS = {"kursbuch": kursbuch, "bare": bare_page}


class Server:
    """One of them as a process of its own: started on entering, stopped on leaving."""

    def __init__(self, kind: str, folder: Path, threads: int = 1, **environment: str) -> None:
        self.environment = os.environ | environment
        with socket.create_server((HOST, 0)) as free:
            self.port: int = free.getsockname()[1]
        self.command = [sys.executable, "-m", "benchmarks.serving", kind, str(folder), str(self.port), str(threads)]

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment)
        give_up = time.monotonic() + LONGEST_START
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.__exit__()
                raise RuntimeError(f"{' '.join(self.command)} does not answer")
            time.sleep(0.05)
        return self

    def __exit__(self, *failure: object) -> None:
        self.process.terminate()
        self.process.wait()

    def _answers(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


if __name__ == "__main__":
    kind, folder, port, threads = sys.argv[1:]
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a single worker that is busy is no news here
    proxied = os.environ.get("TRUSTED_PROXIES", "0") != "0"
    run.listen(APPS[kind](Path(folder)), HOST, int(port), threads=int(threads), behind_proxy=proxied)
