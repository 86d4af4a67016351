"""The licences of everything Kursbuch runs on, as docs/security/licences.md has them: `python -m tests.tools.licences`."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def locked(name: str = "requirements.lock") -> dict[str, str]:
    """What a lock file pins: version by name."""
    return dict(PINNED.findall((ROOT / name).read_text(encoding="utf-8")))


def licences() -> list[tuple[str, str, str]]:
    """(name, version, licence) of what is installed here of `requirements.lock`."""
    order = [sys.executable, "-m", "piplicenses", "--format=json", "--packages", *locked()]
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
