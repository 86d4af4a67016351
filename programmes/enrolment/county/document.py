"""The list of courses on paper: `DirectoryFacts` in, PDF bytes out, A4 upright."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from paper.archive import About
from paper.flow import Block, Column, TableBlock, TextBlock, pour
from paper.fonts import Cut
from paper.german import day
from paper.page import MM, Align, Paper
from programmes.enrolment.county.directory import DirectoryFacts, Entry

_OFFICE = "Kreis Offenbach · Integrationsbüro"
_TITLE = "Kursverzeichnis"
_LEFT, _RIGHT, _TOP, _BOTTOM, _FOOT = 20 * MM, 190 * MM, 26 * MM, 274 * MM, 286 * MM
_WIDTH = _RIGHT - _LEFT
_COVER = 58 * MM
_DAYS = 36 * MM  # the first and last day of a course stand beside it
_NAMES = 25 * MM
_BERLIN = ZoneInfo("Europe/Berlin")
_WITHOUT_CONTENTS = 2  # pages; a longer list says where its towns begin
_HOW = (
    "Rufen Sie an, schreiben Sie oder kommen Sie vorbei: {contact}. Nennen Sie die Kursnummer. Ist ein Kurs ausgebucht, "
    "können Sie auf die Warteliste. Ob noch Plätze frei sind, ändert sich; dieses Verzeichnis zeigt den Stand von heute."
)

_Placed = tuple[Block, float]


def render(facts: DirectoryFacts) -> bytes:
    """The list as a PDF/UA-1 and PDF/A-2a document. Written twice: the first time tells on which page each town begins.

    Raises paper.text.MissingGlyphsError where no font draws a letter.
    """
    _, towns, pages = _written(facts, [], 0)
    paper, _, _ = _written(facts, towns if pages > _WITHOUT_CONTENTS else [], pages)
    return paper.finish()


def _written(facts: DirectoryFacts, towns: Sequence[int], pages: int) -> tuple[Paper, list[int], int]:
    """The list, on which pages its towns begin, and how many there are; `towns` and `pages` as a writing before told them."""
    paper = Paper(About(f"{_TITLE}, {facts.period}", _OFFICE, "de-DE", facts.created))
    number, begun = 0, list[int]()
    made = facts.created.astimezone(_BERLIN).date()

    def begin_page() -> None:
        nonlocal number
        number += 1
        paper.furniture(_LEFT, 14 * MM, _OFFICE, 9)
        if facts.demo:
            paper.furniture(_RIGHT, 14 * MM, "Muster – Demonstrationsdaten", 9, Cut.ITALIC, Align.RIGHT)
        paper.furniture(_LEFT, _FOOT, f"{_TITLE} · Stand {made:%d.%m.%Y}", 8)
        paper.furniture(_RIGHT, _FOOT, f"Seite {number} von {pages}", 8, align=Align.RIGHT)

    pour(paper, list(_cover(facts, towns, day(made))), _LEFT, _COVER, _BOTTOM, begin_page=begin_page)
    if facts.chapters:
        paper.new_page()
        pour(
            paper, list(_body(facts, lambda: begun.append(number))), _LEFT, _TOP, _BOTTOM, begin_page=begin_page
        )  # fmt: skip
    return paper, begun, number


def _cover(facts: DirectoryFacts, towns: Sequence[int], made: str) -> Iterator[_Placed]:
    yield TextBlock(_TITLE, _WIDTH, (34,), Cut.BOLD, role="H1"), 0
    yield TextBlock(facts.period, _WIDTH, (18,)), 4
    courses = "1 Kurs" if facts.entries == 1 else f"{facts.entries} Kurse"
    where = "1 Ort" if len(facts.chapters) == 1 else f"{len(facts.chapters)} Orten"
    amount = f"{courses} in {where}" if facts.chapters else "In dieser Zeit gibt es keine Kurse."
    yield TextBlock(f"Stand: {made} · {amount}", _WIDTH, (11,)), 14
    yield TextBlock("So melden Sie sich an", _WIDTH, (13,), Cut.BOLD, role="H2"), 34
    yield TextBlock(_HOW.format(contact=facts.contact), 140 * MM, (11,)), 4
    if towns:
        yield TextBlock("Inhalt", _WIDTH, (13,), Cut.BOLD, role="H2"), 34
        columns = [
            Column(100 * MM, "Ort"),
            Column(25 * MM, "Kurse", Align.RIGHT),
            Column(25 * MM, "Seite", Align.RIGHT),
        ]
        rows = [
            (chapter.town, str(chapter.entries), str(page)) for chapter, page in zip(facts.chapters, towns, strict=True)
        ]
        yield TableBlock(columns, rows, 11, ruled=True), 6


def _body(facts: DirectoryFacts, note: Callable[[], None]) -> Iterator[_Placed]:
    for chapter in facts.chapters:
        yield _TownBlock(chapter.town, note), 30
        for programme, entries in chapter.programmes:
            yield TextBlock(programme, _WIDTH, (13,), Cut.BOLD, role="H3"), 16
            for entry in entries:
                yield _EntryBlock(entry), 8


class _TownBlock(TextBlock):
    """The name of a town over a heavy stroke; `note` is called when it comes to stand on a page."""

    def __init__(self, town: str, note: Callable[[], None]) -> None:
        super().__init__(town, _WIDTH, (22,), Cut.BOLD, role="H2")
        self._note = note

    @property
    def height(self) -> float:
        return super().height + 2 * MM

    def draw(self, paper: Paper, x: float, y: float) -> None:
        self._note()
        super().draw(paper, x, y)
        paper.rule(x, y + self.height, x + _WIDTH, y + self.height, 2.0)


class _EntryBlock:
    """A course under a fine stroke: its days and places on the left, title and facts beside them; never torn apart."""

    def __init__(self, entry: Entry) -> None:
        beside = _WIDTH - _DAYS
        left = [(entry.days[0], 11.0, Cut.BOLD), *((text, 11.0, Cut.REGULAR) for text in entry.days[1:])]
        self._left = [
            TextBlock(text, _DAYS - 5 * MM, (size,), cut) for text, size, cut in (*left, (entry.places, 10.0, Cut.BOLD))
        ]
        self._title = TextBlock(entry.title, beside, (12.5,), Cut.BOLD, role="H4")
        self._facts = TableBlock([Column(_NAMES), Column(beside - _NAMES)], entry.facts, 10, ruled=False)

    @property
    def height(self) -> float:
        return 6 + max(self._title.height + 2 + self._facts.height, sum(block.height for block in self._left) + 4)

    def draw(self, paper: Paper, x: float, y: float) -> None:
        paper.rule(x, y, x + _WIDTH, y, 0.5, 0.5)
        y += 6
        self._title.draw(paper, x + _DAYS, y)
        left = y + (self._title.size - self._left[0].size)  # the same baseline
        for block in self._left[:-1]:
            block.draw(paper, x, left)
            left += block.height
        self._left[-1].draw(paper, x, left + 4)
        self._facts.draw(paper, x + _DAYS, y + self._title.height + 2)
