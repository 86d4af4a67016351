"""The Nu HTML checker, once for all pages: starting Java takes longer than checking sixty of them."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

from tests.tools import machine
from tests.tools.page import Page

MOST_PAGES = 400
# Two pages of one address with the same elements and attributes are valid or invalid together.
NUMBERS = re.compile(r"\d+")
TAGS = re.compile(r"<(\w+)((?:\s+[\w:-]+(?:=\"[^\"]*\"|='[^']*')?)*)")
NAMES = re.compile(r"([\w:-]+)(?:=\"[^\"]*\"|='[^']*')?")
# … but for what stands in a field for a number, a date or a time: whether it is one, is a matter of its letters.
TYPED = re.compile(r"<input(?=[^>]*\stype=\"(?:number|date|time|month|email|url)\")[^>]*\svalue=\"([^\"]*)\"")


class Nu:
    """Collects pages, then says what is invalid about them."""

    def __init__(self) -> None:
        self.pages: dict[object, Page] = {}

    def keep(self, page: Page) -> None:
        """Remembers a page, if it is not like one already there."""
        shape: frozenset[object] = frozenset(
            [(tag, tuple(NAMES.findall(rest))) for tag, rest in TAGS.findall(page.html)]
            + [NUMBERS.sub("#", value) for value in TYPED.findall(page.html)]
        )
        address = NUMBERS.sub("#", page.address.split("?")[0])
        if len(self.pages) < MOST_PAGES:
            self.pages.setdefault((address, page.status, shape), page)

    def complaints(self) -> list[str]:
        """All errors in all pages."""
        if not self.pages:
            return []
        if not machine.VNU.exists():
            return ["nothing, because it is missing: make prepare"] if machine.changes_are_judged() else []
        pages = list(self.pages.values())
        return [f"{pages[number].address} ({pages[number].status}): {told}" for number, told in check(pages)]


def check(pages: list[Page]) -> list[tuple[int, str]]:
    """(position of the page, what is wrong with it) for every error."""
    with tempfile.TemporaryDirectory(dir=machine.fast_folder()) as folder:
        for number, page in enumerate(pages):
            Path(folder, f"{number}.html").write_text(page.html, encoding="utf-8")
        files = [str(Path(folder, f"{number}.html")) for number in range(len(pages))]
        done = subprocess.run(
            [machine.java(), "-Xss4m", "-XX:TieredStopAtLevel=1", "-jar", machine.VNU,
             "--errors-only", "--format", "json", "--stdout", *files],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if not done.stdout.startswith("{"):
        raise RuntimeError(f"The Nu checker did not run: {done.stdout}{done.stderr}")
    found = []
    for message in json.loads(done.stdout)["messages"]:
        number = int(Path(message["url"]).stem)
        extract = " ".join(message.get("extract", "").split())
        found.append((number, f"{message['message']} Line {message.get('lastLine')}: {extract}"))
    return found
