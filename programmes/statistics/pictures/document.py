"""The report on paper: `ReportFacts` in, PDF bytes out, A4 upright."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paper.archive import About
from paper.flow import Block, Column, TableBlock, TextBlock, pour
from paper.fonts import Cut
from paper.page import MM, Align, Paper
from paper.text import measure
from programmes.statistics.pictures.drawing import WIDTH, DrawingBlock
from programmes.statistics.pictures.report import ReportFacts, Section

_OFFICE = "Kreis Offenbach · Integrationsbüro"
_LEFT, _RIGHT, _TOP, _BOTTOM, _FOOT = 18 * MM, 192 * MM, 26 * MM, 276 * MM, 286 * MM
_WIDTH = _RIGHT - _LEFT
_COVER = 70 * MM
_NAMES = 30 * MM  # the first column of a table, at least
_WIDEST_NAMES = 56 * MM  # longer names take two lines
_PLAIN, _FIGURES = 10.5, 9.0
_PICTURE = 0.94 * WIDTH
_TALLEST_PICTURE = 190 * MM  # so that its heading and the first row of its table find room

_Placed = tuple[Block, float]


def render(facts: ReportFacts) -> bytes:
    """The report as a PDF/UA-1 and PDF/A-2a document. Written twice: the first time tells how many pages there are.

    Raises paper.text.MissingGlyphsError where no font draws a letter.
    """
    _, pages = _written(facts, 0)
    paper, _ = _written(facts, pages)
    return paper.finish()


def _written(facts: ReportFacts, pages: int) -> tuple[Paper, int]:
    title = f"{facts.title} {facts.period}"
    paper = Paper(About(title, _OFFICE, f"{facts.language}-DE", facts.created))
    number = 0

    def begin_page() -> None:
        nonlocal number
        number += 1
        paper.furniture(_LEFT, 14 * MM, _OFFICE, 9)
        if facts.demo:
            paper.furniture(_RIGHT, 14 * MM, facts.demo, 9, Cut.ITALIC, Align.RIGHT)
        paper.furniture(_LEFT, _FOOT, title, 8)
        paper.furniture(_RIGHT, _FOOT, facts.page.format(number=number, pages=pages), 8, align=Align.RIGHT)

    pour(paper, _cover(facts), _LEFT, _COVER, _BOTTOM, begin_page=begin_page)
    paper.new_page()
    pour(paper, list(_body(facts)), _LEFT, _TOP, _BOTTOM, begin_page=begin_page)
    return paper, number


def _cover(facts: ReportFacts) -> list[_Placed]:
    return [
        (TextBlock(facts.title, _WIDTH, (30,), Cut.BOLD, role="H1"), 0),
        (TextBlock(facts.period, _WIDTH, (18,)), 4),
        (_facts(facts.cover, 50 * MM, 11.5), 40),
        *((TextBlock(text, _WIDTH, (_PLAIN,)), 24 if not number else 6) for number, text in enumerate(facts.method)),
    ]


def _body(facts: ReportFacts) -> Iterator[_Placed]:
    for number, section in enumerate(facts.sections, 1):
        yield _heading(f"{number} {section.title}", 18, "H2"), 34
        yield from _section(section)
    yield _heading(facts.annex_title, 18, "H2"), 34
    for title, entries in ((facts.signs_title, facts.signs), (facts.definitions_title, facts.definitions)):
        yield _heading(title, 13, "H3"), 14
        yield _facts(entries, 52 * MM, 10), 6
    yield _heading(facts.method_title, 13, "H3"), 18
    for text in facts.method:
        yield TextBlock(text, _WIDTH, (_PLAIN,)), 6


def _section(section: Section) -> Iterator[_Placed]:
    if section.note:
        yield TextBlock(section.note, _WIDTH, (_PLAIN,)), 8
    for table in section.tables:
        yield _heading(table.title, 13, "H3"), 16
        yield from _tables(table.headings, table.rows)
    for picture in section.pictures:
        yield _heading(picture.title, 13, "H3"), 22
        yield DrawingBlock(picture.drawing, _PICTURE, _TALLEST_PICTURE), 10
        yield from _tables(picture.headings, picture.rows)
        if picture.note:
            yield TextBlock(picture.note, _WIDTH, (9,)), 8


def _heading(text: str, size: float, role: str) -> TextBlock:
    return TextBlock(text, _WIDTH, (size,), Cut.BOLD, role=role)


def _facts(entries: Sequence[tuple[str, str]], width: float, size: float) -> TableBlock:
    return TableBlock([Column(width), Column(_WIDTH - width)], entries, size, ruled=False)


def _tables(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[_Placed]:
    """A table, or several below one another where its columns need more room than a page has; each names its rows."""
    names = min(max(_NAMES, *(measure(row[0], _FIGURES) + _FIGURES for row in rows)), _WIDEST_NAMES)
    widths = [_needed(texts) for texts in zip(*(headings[1:], *(row[1:] for row in rows)), strict=True)]
    for chosen in _shared_out(widths, _WIDTH - names):
        columns = [Column(names, headings[0])]
        columns += [Column(widths[number], headings[number + 1], Align.RIGHT) for number in chosen]
        cells = [[row[0], *(row[number + 1] for number in chosen)] for row in rows]
        yield TableBlock(columns, cells, _FIGURES, ruled=True), 8


def _needed(texts: Sequence[str]) -> float:
    """Room for the longest word of a column's heading, and for its figures."""
    heading, *figures = texts
    words = max(measure(word, _FIGURES, Cut.BOLD) for word in heading.split())
    return max(words, *(measure(text, _FIGURES) for text in figures)) + _FIGURES * 0.9


def _shared_out(widths: Sequence[float], room: float) -> list[list[int]]:
    """Which columns stand in one table: as few tables as there can be, about as many columns in each."""
    for tables in range(1, len(widths) + 1):
        most = -(-len(widths) // tables)
        parts = [list(range(start, min(start + most, len(widths)))) for start in range(0, len(widths), most)]
        if all(sum(widths[number] for number in part) <= room for part in parts):
            break
    return parts
