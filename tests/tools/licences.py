"""The licences of everything Kursbuch runs on, as docs/security/licences.md has them: `python -m tests.tools.licences`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


class Pin(NamedTuple):
    """A package in one version."""

    name: str
    version: str


def locked(name: str = "requirements.lock", *, here: bool = False) -> set[Pin]:
    """What a lock file pins. It is for every system and Python, so a package may stand in two versions; `here`: only what counts on
    this machine."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line.rstrip(" \\")) for line in lines if "==" in line.partition(";")[0]]
    return {
        Pin(pin.name, str(pin.specifier).removeprefix("=="))
        for pin in pins
        if not here or pin.marker is None or pin.marker.evaluate()
    }


def licences() -> list[tuple[str, str, str]]:
    """(name, version, licence) of what is installed here of `requirements.lock`."""
    order = [
        sys.executable,
        "-m",
        "piplicenses",
        "--format=json",
        "--packages",
        *sorted(pin.name for pin in locked(here=True)),
    ]
    found = json.loads(subprocess.run(order, check=True, capture_output=True, text=True).stdout)
    return sorted((one["Name"].lower(), one["Version"], one["License"]) for one in found)


def page() -> str:
    """The list as Markdown."""
    lines = [f"| {name} | {version} | {licence} |" for name, version, licence in licences()]
    head = (
        "# Licences\n\nEverything Kursbuch runs on, as its packages declare it themselves; made by `make lock`.\n\n"
        "| Package | Version | Licence |\n| --- | --- | --- |\n"
    )
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
