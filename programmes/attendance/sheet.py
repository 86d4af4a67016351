"""The signature list of one meeting: `SheetFacts` in, PDF bytes out, A4 across.

Fields and sentences follow domain.md E1; the words "keine Anmeldung" and the guest rows' note follow B6 (a signature on
a list can create a contract). No address, birth date or nationality, and no reasons of absence in clear text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum, auto
from typing import NamedTuple
from zoneinfo import ZoneInfo

from paper.archive import About, Element
from paper.fonts import Cut
from paper.german import WEEKDAYS, exactly
from paper.page import LANDSCAPE, MM, Align, Paper
from paper.text import Line, fit, language_of, shape, wrap
from programmes.catalogue.rules import units

ROWS_PER_SHEET = 16
GUEST_ROWS = 3

_BERLIN = ZoneInfo("Europe/Berlin")
_HEADLINE = "Anwesenheitsnachweis – keine Anmeldung"
_GUESTS = "neu / Gast: wird nachgetragen, keine Aufnahme"
_LEGEND = "Vermerk nach dem Termin: "
_FAMILY_LEGEND = "Vermerk nach dem Termin: ankreuzen, wer da war. Kinder unterschreiben nicht."
_NO_LATER = "Nachträgliche Unterschriften sind nicht zulässig."
_PRIVACY = (
    "Kommt/Geht nur bei mehr als {minutes} Minuten. Die Liste ist für die Gruppe sichtbar: "
    "Wer das nicht möchte, unterschreibt auf einem einzelnen Streifen."
)

_LEFT, _RIGHT = 14 * MM, 283 * MM
_WIDTH = _RIGHT - _LEFT
_TABLE, _FOOT = 53 * MM, 180 * MM
_QR, _QR_TOP = 19 * MM, 25.6 * MM  # a quiet zone of four modules around it
_HEAD_ROW, _TALLEST_ROW = 7 * MM, 8.5 * MM
_FAMILY_ROW = 1.5  # two lines: by how much a family's row is taller


class RowFacts(NamedTuple):
    """One row. `number` is the number in the app; `children` the first names in a family's row.

    `absent_note` is set for people not yet or no longer enrolled that day ("ab 12.11.", "bis 03.12."): their row is
    struck, nobody signs in it.
    """

    number: int
    name: str
    children: Sequence[str] = ()
    absent_note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFacts:
    """One meeting as it is planned, and who is expected. Times are local wall-clock times, minutes are net minutes.

    `letters` are the marks of the rule pack. `family` prints boxes (Mutter, Kind, andere Begleitung) instead of a mark and
    the children beneath the adult. `printed_at` must be aware of its time zone. `second_leader` prints a second line for a
    signature. `address` opens the meeting's roll call; `stamp` tells this list from the one before ("Stand 4C7F").
    """

    programme_title: str
    course_title: str
    course_number: str
    provider: str
    municipality: str
    venue: str
    leaders: Sequence[str]
    held_on: date
    begins: time
    ends: time
    break_minutes: int
    net_minutes: int
    meeting_number: int
    meetings_total: int
    rows: Sequence[RowFacts]
    printed_at: datetime
    address: str
    stamp: str
    unit_minutes: int = 45
    late_after_minutes: int = 15
    topic: str | None = None
    substitute: str | None = None
    funding_reference: str | None = None
    letters: Sequence[tuple[str, str]] = (
        ("X", "anwesend"),
        ("–", "gemeldet"),
        ("E", "entschuldigt"),
        ("U", "unentschuldigt"),
    )
    signed_once_a_day: bool = False
    family: bool = False
    second_leader: bool = False
    demo: bool = False


class _Field(Enum):
    NUMBER = auto()
    NAME = auto()
    BY_HAND = auto()
    BOXES = auto()


class _Column(NamedTuple):
    heading: str
    width: float
    field: _Field


_COLUMNS = (
    _Column("Nr.", 11 * MM, _Field.NUMBER),
    _Column("Name, Vorname", 82 * MM, _Field.NAME),
    _Column("Unterschrift bei Ankunft", 88 * MM, _Field.BY_HAND),
    _Column("Kommt", 21 * MM, _Field.BY_HAND),
    _Column("Geht", 21 * MM, _Field.BY_HAND),
    _Column("Vermerk", 22 * MM, _Field.BY_HAND),
    _Column("Kürzel", 24 * MM, _Field.BY_HAND),
)
_FAMILY_COLUMNS = (
    _Column("Nr.", 11 * MM, _Field.NUMBER),
    _Column("Name, Vorname · Kinder", 72 * MM, _Field.NAME),
    _Column("Unterschrift der/des Erwachsenen", 60 * MM, _Field.BY_HAND),
    _Column("Kommt", 14 * MM, _Field.BY_HAND),
    _Column("Geht", 14 * MM, _Field.BY_HAND),
    _Column("Anwesend", 84 * MM, _Field.BOXES),
    _Column("Kürzel", 14 * MM, _Field.BY_HAND),
)

# What is written by hand at the foot, and on how much room; together they fill the width.
_GAP = 5 * MM
_LEADER = "Datum, Unterschrift Leitung (nach Ende des Termins)"
_FILED = (("abgelegt am", 26 * MM), ("durch", 42 * MM), ("Ort der Ablage", 42 * MM))
_SIGNED_ONCE = ((_LEADER, 144 * MM), *_FILED)
_SIGNED_TWICE = ((_LEADER, 78 * MM), ("zweite Leitung", 61 * MM), *_FILED)


def render(facts: SheetFacts) -> bytes:
    """The sheets of the meeting as one PDF/UA-1 and PDF/A-2a document: at most 16 people to a page, numbers running on.

    Every page has its head and its foot, so that a page that is filed alone still proves something; the three guest
    rows are on the last. Raises paper.text.MissingGlyphsError where no font draws a letter, ValueError for text with
    control characters and for an instant without a time zone.
    """
    title = f"{_HEADLINE}: {facts.course_title}, {facts.held_on:%d.%m.%Y}"
    paper = Paper(About(title, "Kreis Offenbach · Integrationsbüro", "de-DE", facts.printed_at), LANDSCAPE)
    pages = _pages(list(facts.rows), facts.family)
    for number, rows in enumerate(pages, 1):
        if number > 1:
            paper.new_page()
        _head(paper, facts, first=number == 1)
        _table(paper, facts, rows, guests=number == len(pages))
        _foot(paper, facts, number, len(pages))
    return paper.finish()


def _pages(rows: Sequence[RowFacts], family: bool) -> list[list[RowFacts]]:
    """The rows page by page; a family's row is taller, so fewer fit."""
    most = 10 if family else ROWS_PER_SHEET
    return [list(rows[start : start + most]) for start in range(0, max(len(rows), 1), most)]


def _head(paper: Paper, facts: SheetFacts, *, first: bool) -> None:
    paper.line("P", _LEFT, 12 * MM, "Kreis Offenbach · Integrationsbüro", 9)
    if facts.demo:
        paper.line("P", _RIGHT, 12 * MM, "Muster – Demonstrationsdaten", 9, Cut.ITALIC, Align.RIGHT)
    paper.line("H1" if first else "P", _LEFT, 20 * MM, _HEADLINE, 16, Cut.BOLD)
    paper.rule(_LEFT, 23 * MM, _RIGHT, 23 * MM, 1.0)
    title = " – ".join(dict.fromkeys((facts.programme_title, facts.course_title)))  # may be the same
    size, lines = _on_one_line(title, (12, 11, 10, 9), 170 * MM, Cut.BOLD)
    paper.lines("P", _LEFT, 29 * MM, lines, size, 0, language=language_of(title))
    day = f"{WEEKDAYS[facts.held_on.weekday()]}, {facts.held_on:%d.%m.%Y}"
    paper.line("P", _RIGHT - _QR - 4 * MM, 29 * MM, day, 12, Cut.BOLD, Align.RIGHT)
    left = (
        ("Kurs", facts.course_number),
        ("Träger", " · ".join(filter(None, (facts.provider, facts.funding_reference)))),
        ("Ort", f"{facts.municipality}, {facts.venue}"),
        ("Leitung", " · ".join((*facts.leaders, *_substitute(facts)))),
    )
    right = (
        ("Termin", f"{facts.meeting_number} von {facts.meetings_total}"),
        ("Zeit", f"{facts.begins:%H:%M} bis {facts.ends:%H:%M} Uhr, Pause {facts.break_minutes} Min."),
        ("Umfang", _extent(facts)),
        ("Thema", facts.topic or ""),
    )
    for entries, x, width in ((left, _LEFT, 140 * MM), (right, _LEFT + 146 * MM, _WIDTH - 150 * MM - _QR)):
        y = 34.5 * MM
        for label, value in entries:
            _entry(paper, x, y, width, label, value)
            y += 4.9 * MM
    paper.qr(_RIGHT - _QR, _QR_TOP, _QR, facts.address, f"QR-Code zur Anwesenheit dieses Termins: {facts.address}")
    paper.furniture(_RIGHT, _QR_TOP + _QR + 4.8 * MM, "Anwesenheit öffnen", 6.5, align=Align.RIGHT)


def _substitute(facts: SheetFacts) -> list[str]:
    return [f"Vertretung an diesem Tag: {facts.substitute}"] if facts.substitute else []


def _extent(facts: SheetFacts) -> str:
    """Units as the programme counts them, never bare hours, and minutes."""
    unit = "UE (45 Min.)" if facts.unit_minutes == 45 else "Zeitstunden (60 Min.)"
    return f"{exactly(units(facts.net_minutes, facts.unit_minutes))} {unit} = {facts.net_minutes} Min."


def _entry(paper: Paper, x: float, y: float, width: float, label: str, value: str) -> None:
    indent = 18 * MM
    size, lines = _on_one_line(value, (9.5, 9, 8.5, 8, 7.5), width - indent, Cut.REGULAR)
    with paper.marked(Element("P", language_of(value))):
        paper.draw(shape(label, Cut.BOLD), x, y, 9.5)
        for line in lines:
            paper.draw(line, x + indent, y, size)


def _on_one_line(text: str, sizes: Sequence[float], width: float, cut: Cut) -> tuple[float, tuple[Line, ...]]:
    """The text at the largest size that fits; words without room even at the smallest give way to an ellipsis."""
    size, lines = fit(text, sizes, width, 1, cut)
    words = text.split(" ")
    while len(lines) > 1 and len(words) > 1:
        words.pop()
        lines = wrap(f"{' '.join(words)} …", size, width, cut)
    return size, lines[:1]


def _table(paper: Paper, facts: SheetFacts, rows: Sequence[RowFacts], *, guests: bool) -> None:
    columns = _FAMILY_COLUMNS if facts.family else _columns_of(facts)
    taller = _FAMILY_ROW if facts.family else 1.0
    empty = GUEST_ROWS if guests else 0
    plain = min(_TALLEST_ROW, (_FOOT - 6 * MM - _TABLE - _HEAD_ROW) / (len(rows) * taller + empty))
    height = plain * taller
    y = _TABLE
    with paper.element("Table"):
        paper.tint(_LEFT, y, _WIDTH, _HEAD_ROW, 0.9)
        paper.rule(_LEFT, y, _RIGHT, y, 0.4, 0.3)
        with paper.element("TR"):
            for column, x in _placed(columns):
                paper.line("TH", x + 1.5 * MM, y + 4.8 * MM, column.heading, 9, Cut.BOLD, scope="Column")
        y = _lined(paper, columns, y, _HEAD_ROW)
        for row in rows:
            with paper.element("TR"):
                for column, x in _placed(columns):
                    _cell(paper, column, row, x, y, height)
            if row.absent_note:
                start = _LEFT + columns[0].width + columns[1].width
                paper.rule(start + 2 * MM, y + height / 2, _RIGHT - 2 * MM, y + height / 2, 0.8)
            y = _lined(paper, columns, y, height)
        for number in range(empty):
            with paper.element("TR"):
                for column, x in _placed(columns):
                    if column.field is _Field.NAME and number == 0:
                        with paper.ink(0.4):
                            paper.line("TH", x + 1.5 * MM, y + 2.8 * MM, _GUESTS, 7, Cut.ITALIC, scope="Row")
                    else:
                        paper.empty("TD")
            y = _lined(paper, columns, y, plain)


def _columns_of(facts: SheetFacts) -> tuple[_Column, ...]:
    """The columns with the letters of the rule pack, and what it says of signatures."""
    said = {"Vermerk": "/".join(letter for letter, _ in facts.letters)}
    if facts.signed_once_a_day:
        said["Unterschrift bei Ankunft"] = "Unterschrift bei Ankunft, eine am Tag"
    return tuple(column._replace(heading=said.get(column.heading, column.heading)) for column in _COLUMNS)


def _placed(columns: Sequence[_Column]) -> list[tuple[_Column, float]]:
    """The columns with the x at which each begins."""
    return [(column, _LEFT + sum(before.width for before in columns[:number])) for number, column in enumerate(columns)]


def _lined(paper: Paper, columns: Sequence[_Column], y: float, height: float) -> float:
    """The strokes around one row; returns where the next begins."""
    for _, x in _placed(columns):
        paper.rule(x, y, x, y + height, 0.4, 0.3)
    paper.rule(_RIGHT, y, _RIGHT, y + height, 0.4, 0.3)
    paper.rule(_LEFT, y + height, _RIGHT, y + height, 0.4, 0.3)
    return y + height


def _cell(paper: Paper, column: _Column, row: RowFacts, x: float, y: float, height: float) -> None:
    draw: dict[_Field, Callable[[Paper, _Column, RowFacts, float, float, float], None]] = {
        _Field.NUMBER: _number, _Field.NAME: _name, _Field.BOXES: _boxes, _Field.BY_HAND: _by_hand,
    }  # fmt: skip
    draw[column.field](paper, column, row, x, y, height)


def _number(paper: Paper, column: _Column, row: RowFacts, x: float, y: float, height: float) -> None:
    baseline = y + height / 2 + 1.4 * MM
    paper.line("TD", x + column.width - 2 * MM, baseline, str(row.number), 11, Cut.BOLD, Align.RIGHT)


def _name(paper: Paper, column: _Column, row: RowFacts, x: float, y: float, height: float) -> None:
    note = f"({row.absent_note})" if row.absent_note else ""
    room = column.width - 3 * MM - (shape(note).width * 9 / 1000 + 2 * MM if note else 0)
    size, lines = fit(row.name, (11, 10, 9, 8), room, 1, Cut.REGULAR)
    if len(lines) > 1:
        size, lines = fit(row.name, (7.5, 7, 6.5, 6, 5.5, 5, 4.5, 4), room, 2, Cut.REGULAR)
    middle = y + height * (0.34 if row.children else 0.5)
    with paper.marked(Element("TH", language_of(row.name), scope="Row")):
        baseline = middle + size * 0.36 - (len(lines) - 1) * size * 0.6
        for line in lines:
            paper.draw(line, x + 1.5 * MM, baseline, size)
            baseline += size * 1.2
        if note:
            paper.draw(shape(note), x + column.width - 1.5 * MM, middle + 1.1 * MM, 9, Align.RIGHT)
        if row.children:
            children = "mit " + ", ".join(row.children)
            size, lines = fit(children, (9, 8, 7, 6, 5), column.width - 5 * MM, 1, Cut.REGULAR)
            paper.draw(lines[0], x + 3.5 * MM, y + height * 0.83, size)


def _boxes(paper: Paper, column: _Column, row: RowFacts, x: float, y: float, height: float) -> None:
    """One box to tick for the mother, one for each child, one for whoever else came along (domain.md B5)."""
    if row.absent_note:
        paper.empty("TD")
        return
    children = row.children if len(row.children) > 1 else ["Kind"]
    labels = [shape(label) for label in ("Mutter", *children, "andere Begleitung")]
    side, gap, middle = 3.4 * MM, 1 * MM, y + height / 2
    room = column.width - 3 * MM - len(labels) * (side + gap) - (len(labels) - 1) * 2 * MM
    size = min(9.0, room * 1000 / sum(label.width for label in labels))
    start = x + 1.5 * MM
    places = []
    for label in labels:
        paper.box(start, middle - side / 2, side, side, 0.7)
        places.append(start + side + gap)
        start += side + gap + label.width * size / 1000 + 2 * MM
    with paper.marked(Element("TD")):
        for label, place in zip(labels, places, strict=True):
            paper.draw(label, place, middle + size * 0.36, size)


def _by_hand(paper: Paper, column: _Column, row: RowFacts, x: float, y: float, height: float) -> None:
    paper.empty("TD")


def _legend(facts: SheetFacts) -> str:
    return _LEGEND + " · ".join(f"{letter} {word}" for letter, word in facts.letters)


def _foot(paper: Paper, facts: SheetFacts, page: int, pages: int) -> None:
    expected = sum(1 for row in facts.rows if not row.absent_note)
    present = f"anwesend ______ von {expected}" + (" Familien" if facts.family else "")
    paper.line("P", _LEFT, _FOOT, present, 11, Cut.BOLD)
    side = 3.2 * MM
    paper.box(_LEFT + 88 * MM, _FOOT - side + 0.4 * MM, side, side, 0.7)
    paper.line("P", _LEFT + 93 * MM, _FOOT, "Leere Felder wurden durchgestrichen", 10)
    paper.line("P", _RIGHT, _FOOT, _NO_LATER, 10, Cut.BOLD, Align.RIGHT)
    paper.line("P", _LEFT, _FOOT + 5 * MM, _FAMILY_LEGEND if facts.family else _legend(facts), 9)
    paper.line("P", _LEFT, _FOOT + 9 * MM, _PRIVACY.format(minutes=facts.late_after_minutes), 8)
    y, x = 202 * MM, _LEFT
    for label, width in _SIGNED_TWICE if facts.second_leader else _SIGNED_ONCE:
        paper.rule(x, y - 3.2 * MM, x + width, y - 3.2 * MM, 0.5)
        paper.line("P", x, y, label, 8)
        x += width + _GAP
    printed = f"gedruckt am {facts.printed_at.astimezone(_BERLIN):%d.%m.%Y, %H:%M} Uhr · Stand {facts.stamp}"
    paper.furniture(_LEFT, 206 * MM, f"{printed} · Kurs {facts.course_number}", 7.5)
    paper.furniture(_RIGHT, 206 * MM, f"Seite {page} von {pages}", 9, align=Align.RIGHT)
