"""Installs what the tests need and this machine lacks; where it may not, says in one line what is left out."""

import os
import shutil
import subprocess
import sys

from tests.tools import fetch_vnu, machine

# What the tests use it for, how to see that it is there, the Debian package that brings it.
WANTED = (
    ("PostgreSQL", machine.postgres_binaries, "postgresql"),
    ("Chromium", machine.chromium, "chromium-headless-shell"),
    ("pdftotext", lambda: shutil.which("pdftotext"), "poppler-utils"),
    ("the library of the browser's driver", machine.driver_library, "libatomic1"),
)


def apt_get() -> list[str] | None:
    """The command that installs packages without asking, for those who may."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    may_without_password = ["sudo", "-n", "true"]
    if shutil.which("sudo") and not subprocess.run(may_without_password, capture_output=True, check=False).returncode:
        return ["sudo", "-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    return None


def install(packages: list[str]) -> None:
    """Tries; whether it worked is seen afterwards, by looking for what should be there."""
    command = apt_get()
    if command is None:
        return
    print(f"Installing {', '.join(packages)} …", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*command, *step], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stderr.strip(), file=sys.stderr)


def main() -> None:
    missing = [package for _, there, package in WANTED if there() is None]
    if missing:
        install(missing)
    left_out = [f"{name} (apt-get install {package})" for name, there, package in WANTED if there() is None]
    if not machine.VNU.exists():
        try:
            fetch_vnu.fetch(machine.VNU)
        except (OSError, ValueError) as error:
            left_out.append(f"the Nu HTML checker ({error})")
    if left_out:
        print(f"Left out, because it is not here and cannot be installed: {', '.join(left_out)}.")


if __name__ == "__main__":
    main()
