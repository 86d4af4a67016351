"""The paper itself: `CertificateFacts` in, PDF bytes out. It reads no clock and no database; equal facts, equal bytes."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain, pairwise
from types import MappingProxyType
from typing import NamedTuple

from paper.archive import About, Element
from paper.flow import Beside, Block, Column, Content, Part, TableBlock, TextBlock
from paper.fonts import Cut
from paper.german import WEEKDAYS
from paper.page import LANDSCAPE, MM, PORTRAIT, Align, Paper
from paper.picture import opened
from paper.text import fit, measure, shape
from programmes.certificates import phrases
from programmes.certificates.phrases import Voice
from programmes.certificates.stated import CertificateFacts, CountBy, Kind, missing_glyphs

__all__ = ["CertificateFacts", "CountBy", "Kind", "missing_glyphs", "render"]

_NAME_SIZES = (32, 30, 28, 26, 24, 22, 20, 18, 16)
_BODY_SIZES = (11, 10.5, 10, 9.5, 9)
_FRAMED: frozenset[Kind] = frozenset({"participation", "qualification", "module", "training", "keepsake"})
_BY_DAY: frozenset[Kind] = frozenset({"days", "employer"})
_NO_LOGOS: Mapping[str, bytes] = MappingProxyType({})
_PLAIN = (Cut.REGULAR, Cut.REGULAR)
_GUTTER = 8 * MM  # between the two languages
_LOGO, _LOGO_GAP = 12 * MM, 5 * MM  # the height of a logo, and the room between two


class _Sheet(NamedTuple):
    """Where things stand, in points from the upper left corner: the space between letterhead and signatures runs from
    `top` to `bottom`; `signed` is the line to sign on, `foot` where the proof begins. `tight` shrinks type and space."""

    size: tuple[float, float]
    left: float
    right: float
    top: float
    bottom: float
    signed: float
    foot: float
    tight: float

    @property
    def width(self) -> float:
        return self.right - self.left

    def sizes(self, *sizes: float) -> tuple[float, ...]:
        """Type sizes as this sheet takes them."""
        return tuple(max(round(size * self.tight, 1), 9.0) for size in sizes)


_BACK_TOP = 36 * MM
_UPRIGHT = _Sheet(PORTRAIT, 28 * MM, 182 * MM, 44 * MM, 215 * MM, 241 * MM, 259 * MM, 1.0)
_UPRIGHT_TWICE = _UPRIGHT._replace(left=23 * MM, right=187 * MM, top=38 * MM, tight=0.9)  # two languages
_ACROSS = _Sheet(LANDSCAPE, 30 * MM, 267 * MM, 35 * MM, 143 * MM, 162 * MM, 175.5 * MM, 0.9)


def render(facts: CertificateFacts, logos: Mapping[str, bytes] = _NO_LOGOS, *, sealable: bool = False) -> bytes:
    """The certificate as a PDF/UA-1 and PDF/A-2a document on A4; what does not fit flows onto further pages.

    `logos` are the files that `facts.logos` names by their SHA-256 (PNG, JPEG, GIF or WebP). `sealable` adds the empty
    signature field `paper.SEAL`.

    Raises paper.text.MissingGlyphsError where no font draws a letter, KeyError for a logo that is not given, ValueError
    for a logo that is no picture, for text with control characters and for an instant without a time zone.
    """
    sheet = _ACROSS if facts.landscape else _UPRIGHT_TWICE if facts.second_language else _UPRIGHT
    about = About(f"{facts.title} – {facts.name}", "Kreis Offenbach · Integrationsbüro", "de-DE", facts.issued_at)
    paper = Paper(about, sheet.size)
    if facts.kind == "keepsake":  # room for the garland
        sheet = sheet._replace(top=62 * MM if sheet.size == PORTRAIT else 52 * MM, bottom=sheet.bottom - 8 * MM)
    page = _Page(facts, sheet)
    front, back = page.shared_out()
    sheets = page.sheets(back)
    _letterhead(paper, facts, sheet, logos)
    page.draw_spread(paper, front)
    _signatures(paper, facts, sheet)
    _foot(paper, page, 1, 1 + len(sheets))
    for number, blocks in enumerate(sheets, 2):
        paper.new_page()
        _letterhead(paper, facts, sheet, logos)
        page.draw_stack(paper, blocks, _BACK_TOP)
        _foot(paper, page, number, 1 + len(sheets))
    return paper.finish(sealable=sealable)


def _grouped(code: str) -> str:
    letters = "".join(sign for sign in code if sign.isalnum())
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


class _Placed(NamedTuple):
    """A block and the space above it: its least in points, and its share of what the page has to spare."""

    block: Block
    above: float
    share: float = 0.0


class _Page:
    """The blocks of one certificate on one kind of sheet, each said by one voice or by two side by side."""

    def __init__(self, facts: CertificateFacts, sheet: _Sheet) -> None:
        self.facts = facts
        self.sheet = sheet
        self.german = Voice(facts)
        self.other = Voice(facts, facts.second_language) if facts.second_language else None
        self.voices = (self.german, self.other) if self.other else (self.german,)

    # what is said

    def _said(
        self, texts: Sequence[str], sizes: Sequence[float], cut: Cut = Cut.REGULAR, *, most: int = 99, role: str = "P"
    ) -> Block:
        """One text a voice, in columns; a second voice makes the column narrow and lets the text take one line more."""
        if self.other is None:
            return TextBlock(texts[0], self.sheet.width, sizes, cut, most=most, role=role, align=self._align)
        width = (self.sheet.width - _GUTTER) / 2
        for size in sizes:  # both voices speak equally loud
            pair = [
                self._text(text, voice, width, (size,), cut, role=role)
                for text, voice in zip(texts, self.voices, strict=True)
            ]
            if all(block.height <= (most + 1) * size * 1.4 for block in pair):
                break
        return Beside(pair[0], pair[1], width + _GUTTER)

    def _text(
        self, text: str, voice: Voice, width: float, sizes: Sequence[float], cut: Cut = Cut.REGULAR, *, most: int = 99,
        role: str = "P",
    ) -> TextBlock:  # fmt: skip
        backwards = voice.right_to_left if voice.tag else None
        return TextBlock(
            text,
            width,
            sizes,
            cut,
            most=most,
            role=role,
            language=voice.tag,
            right_to_left=backwards,
            align=self._align,
        )

    @property
    def _align(self) -> Align | None:
        return Align.CENTRE if self.facts.kind == "keepsake" else None

    def _titles(self) -> list[_Placed]:
        """What the paper is called: beside one another where the second voice reads from the right and both fit, else
        the second below."""
        sheet = self.sheet
        german = self.german.title()
        if self.other is None:
            return [
                _Placed(
                    self._text(
                        german, self.german, sheet.width, sheet.sizes(32, 30, 28, 26, 24, 22), most=1, role="H1"
                    ),
                    0,
                )
            ]
        other = self.other.title()
        sizes = sheet.sizes(30, 28, 26, 24, 22)
        if self._align is None and (beside := self._beside(german, other, sizes, sizes, role="H1")):
            return [_Placed(beside, 0)]
        return [
            _Placed(
                self._text(german, self.german, sheet.width, sheet.sizes(30, 28, 26, 24, 22), most=1, role="H1"), 0
            ),
            _Placed(self._text(other, self.other, sheet.width, sheet.sizes(19, 18, 17, 16), most=1), 1),
        ]

    def _by_each(self, message: str) -> list[Part]:
        return [voice.part(message) for voice in self.voices]

    def statement(self) -> list[_Placed]:
        """Who did what: the part of the page that is read from across the room."""
        facts, sheet = self.facts, self.sheet
        placed = self._titles()
        placed += self._keepsake() if facts.kind == "keepsake" else self._named()
        placed.append(_Placed(self._said([voice.deed() for voice in self.voices], sheet.sizes(14, 13), most=1), 14, 2))
        title = TextBlock(facts.course_title, sheet.width, sheet.sizes(20, 18, 16), Cut.BOLD, most=2, align=self._align)
        placed.append(_Placed(title, 5))
        if facts.kind == "keepsake":
            note = [voice.say(phrases.GLAD) for voice in self.voices]
            return [*placed, _Placed(self._said(note, sheet.sizes(18, 16, 14), Cut.ITALIC, most=1), 22, 3)]
        course = " · ".join(filter(None, (facts.course_kind, facts.programme_title, f"Kurs {facts.course_number}")))
        placed.append(_Placed(TextBlock(course, sheet.width, sheet.sizes(11.5)), 2))
        amounts = [voice.amount() for voice in self.voices]
        placed.append(_Placed(self._said(amounts, sheet.sizes(14, 13.5, 13, 12.5, 12), Cut.BOLD, most=1), 13, 2))
        made_up = [text for voice in self.voices if (text := voice.made_up())]
        if made_up:
            placed.append(_Placed(self._said(made_up, sheet.sizes(11.5)), 2))
        return placed

    def _beside(
        self, left: str, right: str, sizes: Sequence[float], others: Sequence[float], cuts: tuple[Cut, Cut] = _PLAIN,
        *, role: str = "P",
    ) -> Beside | None:  # fmt: skip
        """Both on one line, the second where the second voice begins; None where there is no room for it."""
        if self.other is None:
            return None
        width = self.sheet.width
        half = (width + _GUTTER) / 2
        mirrored = self.other.right_to_left
        for size, small in zip(sizes, others, strict=False):
            widths = measure(left, size, cuts[0]), measure(right, small, cuts[1])
            if widths[0] + widths[1] + _GUTTER <= width if mirrored else max(widths) <= half - _GUTTER:
                blocks = (
                    self._text(left, self.german, width, (size,), cuts[0], role=role),
                    self._text(right, self.other, width, (small,), cuts[1], role=role),
                )
                return Beside(*blocks, 0 if mirrored else half)
        return None

    def _named(self) -> list[_Placed]:
        facts, sheet = self.facts, self.sheet
        main, second = facts.name, facts.native_name
        if second and facts.native_first:
            main, second = second, main
        lines = 1 if measure(main, 22, Cut.BOLD) <= sheet.width else 2
        name = self._name(main, sheet.sizes(*_NAME_SIZES), Cut.BOLD, lines)
        placed = [_Placed(name, 18, 3)]
        if second and self.facts.landscape and (beside := self._names_beside(main, second)):
            placed = [_Placed(beside, 18, 3)]
        elif second:
            below = self._name(second, sheet.sizes(18, 16, 14), Cut.REGULAR, 2)
            placed.append(_Placed(below, 3))
        for said in ([voice.person() for voice in self.voices], [voice.together() for voice in self.voices]):
            if said[0]:
                placed.append(_Placed(self._said(said, sheet.sizes(12, 11), most=2), 4))
        return placed

    def _names_beside(self, main: str, second: str) -> Beside | None:
        """Both spellings on one line, where a sheet is wide and low."""
        sheet = self.sheet
        for size in sheet.sizes(30, 28, 26, 24, 22):
            if measure(main, size, Cut.BOLD) + measure(second, size * 0.7) + 3 * _GUTTER <= sheet.width:
                blocks = (self._name(main, (size,), Cut.BOLD, 1), self._name(second, (size * 0.7,), Cut.REGULAR, 1))
                mirrored = self.other is not None and self.other.right_to_left
                start = measure(main, size, Cut.BOLD) + 2 * _GUTTER
                return Beside(*blocks, 0 if mirrored else max(start, (sheet.width + _GUTTER) / 2), drop=size * 0.3)
        return None

    def _name(self, name: str, sizes: Sequence[float], cut: Cut, most: int) -> TextBlock:
        """A name on the left, where the eye looks for it; on the right only beside a voice that reads from there."""
        native = name == self.facts.native_name
        mirrored = self.other is not None and self.other.right_to_left
        return TextBlock(
            name, self.sheet.width, sizes, cut, most=most, align=None if mirrored else Align.LEFT,
            language=self.facts.native_language if native else None,
        )  # fmt: skip

    def _keepsake(self) -> list[_Placed]:
        name = self.facts.child or self.facts.name
        block = TextBlock(
            name, self.sheet.width, (64, 56, 48, 42, 36, 30, 24), Cut.BOLD, most=1, align=Align.CENTRE
        )  # fmt: skip
        return [_Placed(block, 14, 3)]

    def _details(self, size: float, *, topics: bool, competencies: bool) -> TableBlock:
        facts = self.facts
        leaders = [f"{name} ({role})" if role else name for name, role in facts.leaders]
        rows: list[tuple[str, str | Sequence[str]]] = [
            (phrases.PLACE, facts.place),
            (phrases.VENUE, facts.venue),
            (phrases.RECOGNITION, facts.recognition or ""),
            (phrases.LANGUAGE, facts.language_of_instruction or ""),
            (phrases.CONTENTS, " · ".join(facts.topics) if topics else ""),
            (phrases.COMPETENCIES, " · ".join(facts.competencies) if competencies else ""),
            (phrases.LEADERS, leaders if not facts.landscape else " · ".join(leaders)),
            (phrases.PROVIDER, facts.provider),
        ]
        label = 48 * MM if facts.landscape else 42 * MM
        if self.other is None:
            filled: list[Sequence[Content]] = [row for row in rows if row[1]]
            if facts.landscape:
                return self._in_pairs(filled, size)
            return TableBlock((Column(label), Column(self.sheet.width - label)), filled, size, ruled=False)
        # the facts once, in the middle, and what they are called on either side
        align = Align.RIGHT if self.other.right_to_left else Align.LEFT
        columns = (Column(label), Column(self.sheet.width - 2 * label), Column(label, align=align, names=True))
        both = [(name, value, [self.other.part(name)]) for name, value in rows if value]
        return TableBlock(columns, both, size, ruled=False)

    def _in_pairs(self, rows: list[Sequence[Content]], size: float) -> TableBlock:
        """Two facts to a row, where a sheet is wide and low."""
        half = (len(rows) + 1) // 2
        both = [(*row, *other) for row, other in zip(rows[:half], [*rows[half:], ("", "")], strict=False)]
        label, value = 38 * MM, self.sheet.width / 2 - 38 * MM
        return TableBlock(
            (Column(label), Column(value), Column(label, names=True), Column(value)), both, size, ruled=False
        )

    def _modules(self, size: float) -> TableBlock:
        facts = self.facts
        rows = [
            (
                f"{title} *" if mandatory else title,
                self.german.units(offered),
                self.german.units(attended),
                self._by_each(phrases.FULFILLED) if fulfilled else "–",
            )
            for title, offered, attended, mandatory, fulfilled in facts.modules
        ]
        unit = phrases.UNIT if facts.unit_minutes == 45 else phrases.HOURS
        columns = (
            Column(self.sheet.width - 86 * MM, self._by_each(phrases.MODULE)),
            Column(24 * MM, self._by_each(unit), Align.RIGHT),
            Column(31 * MM, self._by_each(phrases.ATTENDED), Align.RIGHT),
            Column(31 * MM, self._by_each(phrases.RESULT), Align.RIGHT),
        )
        return TableBlock(columns, rows, size, ruled=True)

    def _days(self, size: float) -> TableBlock:
        facts = self.facts
        rows = [(_weekday(day), begins, ends, self.german.units(minutes)) for day, begins, ends, minutes in facts.days]
        unit = phrases.UNIT if facts.unit_minutes == 45 else phrases.HOURS
        columns = (
            Column(self.sheet.width - 86 * MM, self._by_each(phrases.DAY)),
            Column(26 * MM, self._by_each(phrases.FROM), Align.RIGHT),
            Column(26 * MM, self._by_each(phrases.TO), Align.RIGHT),
            Column(34 * MM, self._by_each(unit), Align.RIGHT),
        )
        return TableBlock(columns, rows, size, ruled=True)

    # where it stands

    def shared_out(self) -> tuple[list[_Placed], list[_Placed]]:
        """What stands on the front and what on the back: the largest type at which the front holds everything; if even
        the smallest does not, days, contents and modules move to the back, then the competencies too. A qualification
        has its contents and modules there always: they are its curriculum (domain.md E3)."""
        if self.facts.kind == "keepsake":
            return self.statement(), []
        choices = [(False, True), (False, False)]
        if self.facts.kind != "qualification":
            choices.insert(0, (True, True))
        planned = self.sheet
        for contents, competencies in choices:
            # rather a little smaller than torn apart; much smaller only where nothing else is left
            for shrunk in (1, 0.93) if (contents, competencies) != choices[-1] else (1, 0.93, 0.86, 0.8):
                self.sheet = planned._replace(tight=planned.tight * shrunk)
                statement = self.statement()
                for size in _BODY_SIZES:
                    front = statement + self._below(size, contents=contents, competencies=competencies)
                    if _height(front) <= self.sheet.bottom - self.sheet.top:
                        return front, self._back(contents=not contents, competencies=not competencies)
        return front, self._back(contents=True, competencies=True)

    def _below(self, size: float, *, contents: bool, competencies: bool) -> list[_Placed]:
        """What stands below the statement: the facts of the course, tables, and the small print."""
        tables = self._tables(size) if contents else []
        note = self._said([voice.note() for voice in self.voices], (10.5, 10, 9.5, 9), most=1)
        details = self._details(size, topics=contents, competencies=competencies)
        return [_Placed(details, 12, 2), *tables, _Placed(note, 10, 1)]

    def _tables(self, size: float) -> list[_Placed]:
        tables = []
        if self.facts.days and self.facts.kind in _BY_DAY:
            tables.append(_Placed(self._days(size), 12, 1))
        if self.facts.modules:
            tables.append(_Placed(self._modules(size), 10, 1))
        return tables

    def _back(self, *, contents: bool, competencies: bool) -> list[_Placed]:
        """The curriculum and the rules, and what the front had no room for."""
        placed = self._tables(11) if contents else []
        lists = (
            (phrases.COMPETENCIES, self.facts.competencies if competencies else ()),
            (phrases.CONTENTS, self.facts.topics if contents else ()),
            (phrases.RULES, self.facts.rules),
        )
        for heading, entries in lists:
            if entries:
                said = [voice.say(heading) for voice in self.voices]
                placed.append(_Placed(self._said(said, (14,), Cut.BOLD, role="H3"), 16))
                placed += [_Placed(TextBlock(f"– {entry}", self.sheet.width, (11,)), 3) for entry in entries]
        return placed

    def sheets(self, back: Sequence[_Placed]) -> list[list[_Placed]]:
        """The blocks of the back, on as many pages as they need; each begins with the same head."""
        sheets: list[list[_Placed]] = []
        room = self.sheet.foot - 6 * MM - _BACK_TOP
        waiting = list(back)
        while waiting:
            entry = waiting.pop(0)
            if sheets and isinstance(entry.block, TableBlock):
                fitting, rest = entry.block.split(room - _height(sheets[-1]) - entry.above)
                if fitting:
                    sheets[-1].append(entry._replace(block=fitting))
                    if rest:
                        sheets.append(self._back_head())
                        waiting.insert(0, entry._replace(block=rest))
                    continue
            together = [entry, *waiting[:1]] if _is_heading(entry) else [entry]  # no heading alone at the foot
            if not sheets or _height([*sheets[-1], *together]) > room:
                sheets.append(self._back_head())
                if isinstance(entry.block, TableBlock):
                    waiting.insert(0, entry)
                    continue
            sheets[-1].append(entry)
        return sheets

    def _back_head(self) -> list[_Placed]:
        facts, width = self.facts, self.sheet.width
        title = "Curriculum" if facts.kind == "qualification" else "Inhalte des Angebots"
        if facts.kind in _BY_DAY:
            title = "Anwesenheit"
        return [
            _Placed(TextBlock(title, width, (22,), Cut.BOLD, role="H2"), 0),
            _Placed(TextBlock(f"{facts.course_title} · {facts.name}", width, (12, 11), most=2), 4),
        ]

    def draw_spread(self, paper: Paper, placed: Sequence[_Placed]) -> None:
        """The blocks of the front, with the space to spare shared out between them."""
        spare = self.sheet.bottom - self.sheet.top - _height(placed)
        if spare < 0:  # closer together, before anything runs into the signatures
            above = sum(entry.above for entry in placed)
            placed = [entry._replace(above=entry.above * max(0.25, 1 + spare / above)) for entry in placed]
        share = min(max(0.0, spare) / sum(entry.share for entry in placed), 9 * MM)
        self.draw_stack(
            paper, [entry._replace(above=entry.above + entry.share * share) for entry in placed], self.sheet.top
        )

    def draw_stack(self, paper: Paper, placed: Sequence[_Placed], y: float) -> None:
        """The blocks below one another, from y down."""
        for block, above, _ in placed:
            y += above
            block.draw(paper, self.sheet.left, y)
            y += block.height


def _weekday(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day:%d.%m.%Y}"


def _height(placed: Sequence[_Placed]) -> float:
    return sum(entry.above + entry.block.height for entry in placed)


def _is_heading(placed: _Placed) -> bool:
    return placed.above >= 16 and not isinstance(placed.block, TableBlock)


def _letterhead(paper: Paper, facts: CertificateFacts, sheet: _Sheet, logos: Mapping[str, bytes]) -> None:
    if facts.kind in _FRAMED:
        width, height = sheet.size
        paper.box(7 * MM, 7 * MM, width - 14 * MM, height - 14 * MM, 0.9, 0.35)
        paper.box(8.3 * MM, 8.3 * MM, width - 16.6 * MM, height - 16.6 * MM, 0.3, 0.35)
    with paper.marked(Element("P")):
        paper.draw(shape("Kreis Offenbach", Cut.BOLD), sheet.left, 24 * MM, 12)
        office = sheet.left + measure("Kreis Offenbach", 12, Cut.BOLD) + 4
        paper.draw(shape("· Integrationsbüro"), office, 24 * MM, 12)
    paper.rule(sheet.left, 27.5 * MM, sheet.right, 27.5 * MM, 1.0)
    x = sheet.right
    for sha256, alternative in reversed(facts.logos):
        picture = opened(logos[sha256])
        scale = min(_LOGO / picture.height, 3.5 * _LOGO / picture.width)
        width, height = picture.width * scale, picture.height * scale
        x -= width
        paper.picture(x, 25.5 * MM - height, width, height, picture, alternative)
        x -= _LOGO_GAP
    if facts.kind == "keepsake":
        _garland(paper, sheet)
    if facts.demo:
        paper.line("P", sheet.right, 32.5 * MM, "Muster – Demonstrationsdaten", 9, Cut.ITALIC, Align.RIGHT)


def _garland(paper: Paper, sheet: _Sheet) -> None:
    """Pennants on a sagging string: all that a keepsake has and an office's paper has not."""
    count, top, sag = 14 if sheet.size == PORTRAIT else 21, 27.5 * MM, 8 * MM
    step = sheet.width / count

    def at(place: float) -> tuple[float, float]:
        swing = place * 2 % 1  # two arcs
        return sheet.left + place * sheet.width, top + 4 * sag * swing * (1 - swing)

    for number in range(count):
        left, right = at(number / count + 0.08 / count), at((number + 1) / count - 0.08 / count)
        tip = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2 + step * 1.15)
        paper.shape((left, right, tip), (0.25, 0.55, 0.8)[number % 3])
    points = [at(number / 60) for number in range(60)] + [(sheet.right, top)]
    for (x, y), (x2, y2) in pairwise(points):
        paper.rule(x, y, x2, y2, 0.8)


def _signatures(paper: Paper, facts: CertificateFacts, sheet: _Sheet) -> None:
    place = f"{facts.issued_place}, {Voice(facts).day(facts.issued_on)}"
    width = 62 * MM
    places = [sheet.left, sheet.right - width]
    if facts.landscape:  # wide and low: place and date stand in the row of the signatures
        paper.line("P", sheet.left, sheet.signed - 1.6 * MM, place, 11)
        paper.rule(sheet.left, sheet.signed, sheet.left + width, sheet.signed, 0.6)
        paper.line("P", sheet.left, sheet.signed + 5 * MM, "Ort, Datum", 9)
        places = [(sheet.left + sheet.right - width) / 2, sheet.right - width][2 - len(facts.signatories) :]
    else:
        paper.line("P", sheet.left, sheet.signed - 17 * MM, place, 11)
    for (name, role), x in zip(facts.signatories, places, strict=False):
        paper.rule(x, sheet.signed, x + width, sheet.signed, 0.6)
        size, lines = fit(name, (11, 10, 9), width, 1, Cut.REGULAR)
        y = paper.lines("P", x, sheet.signed + 5 * MM, lines, size, size * 1.25)
        if role:
            size, lines = fit(role, (10, 9), width, 2, Cut.REGULAR)
            paper.lines("P", x, y, lines, size, size * 1.25)
    with paper.ink(0.45):
        between = (places[0] + width + places[1]) / 2 if len(facts.signatories) == 2 else sheet.right - width * 1.2
        if len(facts.signatories) == 1 and not facts.landscape:
            between = sheet.right - width / 2
        paper.furniture(between, sheet.signed - 4 * MM, "(Siegel)", 8, align=Align.CENTRE)


def _foot(paper: Paper, page: _Page, number: int, pages: int) -> None:
    facts, sheet = page.facts, page.sheet
    side = 18 * MM
    paper.rule(sheet.left, sheet.foot, sheet.right, sheet.foot, 0.5)
    top = sheet.foot + 3.5 * MM
    x = sheet.left
    if number == 1:
        paper.qr(sheet.left, top, side, facts.verify_url, f"QR-Code zur Echtheitsprüfung: {facts.verify_url}")
        x += side + 5 * MM
    rows = [f"Nummer {facts.number} · Prüfcode {_grouped(facts.verification_code)}"]
    if number == 1:
        rows.append(f"{page.german.say(phrases.CHECK)} {facts.verify_url}")
        rows += [" · ".join(page.german.marks())] if page.german.marks() else []
        rows += [facts.funder_line] if facts.funder_line else []
    y, room, beside = top + 3 * MM, sheet.right - x, 0.0
    if pages > 1:
        label = f"Seite {number} von {pages}"
        paper.furniture(sheet.right, y, label, 9, align=Align.RIGHT)
        beside = measure(label, 9) + 4 * MM
    for place, row in enumerate(rows):
        if place == 0:
            size, _ = fit(row, (9, 8.5, 8, 7.5), room - beside, 1, Cut.BOLD)
            y = paper.paragraph(x, y, room - beside, row, size, 12.5, Cut.BOLD)
        else:
            y = paper.paragraph(x, y, room, row, 9, 12.5)
    if number == 1 and page.other:
        said = " · ".join(chain([page.other.say(phrases.CHECK).rstrip(":： ")], page.other.marks()))
        align = Align.RIGHT if page.other.right_to_left else Align.LEFT
        width = sheet.right - x
        block = TextBlock(
            said, width, (9,), language=page.other.tag, right_to_left=page.other.right_to_left, align=align
        )  # fmt: skip
        block.draw(paper, x, y - 9)
