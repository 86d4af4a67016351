"""What the tests of security counted: each says its figure when it runs; `python -m tests.tools.figures` writes docs/security/figures.md.

Tests run in several processes and some in several parts (a role, a database), so each part leaves a small file, and the page adds them up.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".tools" / "figures"
PAGE = ROOT / "docs" / "security" / "figures.md"
WHAT = {
    "requests": "answered without an error of the server, a traceback, half a change or a wrong word: every form and address, filled with strange values",
    "forms": "doors that take a form, found by following links, tried with strange values in every field",
    "knocks": "knocks at doors × roles × methods, each answered as the table of doors says, with the headers of security",
    "foreign": "records of others asked for, each answered like one that does not exist",
    "pages": "pages of each role compared with the table of what they show; each left its line in the trace",
    "files": "lists of people that mean harm, each refused with its reason within its time",
    "manipulations": "manipulations of the trace by somebody who holds the database, each named at its first broken entry",
    "texts": "texts about people, each with a word of its own, looked for after an erasure in every byte of the database and its log: none found",
    "alike": "traits left of erased people (sex, class of age, origin), each taken away alone: each time an exact figure was another one, so none is left for nothing",
}  # fmt: skip


def note(name: str, part: str, number: int) -> None:
    """Say what one part of a test counted. Raises KeyError for a figure that the page does not explain."""
    sys.stdout.write(f"{number:,} {WHAT[name]} ({part})\n")
    FOLDER.mkdir(parents=True, exist_ok=True)
    told = {"name": name, "number": number}
    (FOLDER / f"{name}-{re.sub(r'[^a-z0-9]+', '-', part.lower())}.json").write_text(json.dumps(told), encoding="utf-8")


def page() -> str:
    """The figures of the last run as a page. Raises KeyError while a test has not run."""
    sums: dict[str, int] = {}
    for file in FOLDER.glob("*.json"):
        told = json.loads(file.read_text(encoding="utf-8"))
        sums[told["name"]] = sums.get(told["name"], 0) + told["number"]
    lines = [f"| {sums[name]:,} | {what} |" for name, what in WHAT.items()]
    return (
        "# Figures of security\n\nCounted by the tests themselves in a run of `make test` on both databases, written by\n"
        "`python -m tests.tools.figures`.\n\n| Number | What |\n| --: | --- |\n" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
