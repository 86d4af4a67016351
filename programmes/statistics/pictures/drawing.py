"""What pictures are made of, and the two ways to write them down: as SVG on a page, and on paper.

Both ways go through the same bars, strokes and words, hatching included, so that page and paper cannot differ. Bars are told
apart by how they are filled, never by a colour: the page's own ink draws them, light on dark where the page is dark.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from markupsafe import Markup, escape

from paper.fonts import Cut
from paper.page import Align, Paper
from paper.text import is_right_to_left, shape

WIDTH = 360.0  # of every drawing: a unit is about a pixel of the narrowest phone, and a point of paper
TEXT = 13.0
_SOLID = 0.72  # how dark a filled bar is: words and hairlines stay darker
_THIN = 0.7
_GAP = {"hatched": 4.0, "lined": 3.0}  # between two lines of a filling
_ANCHOR = {Align.LEFT: "start", Align.CENTRE: "middle", Align.RIGHT: "end"}

Segment = tuple[float, float, float, float]


class Look(Enum):
    """How a bar is filled; all four can be told apart in black and white."""

    SOLID = "solid"
    HATCHED = "hatched"
    OPEN = "open"
    LINED = "lined"


@dataclass(frozen=True)
class Bar:
    """A filled rectangle; (x, y) is its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    look: Look = Look.SOLID

    def strokes(self) -> Iterator[Segment]:
        """Outline and filling of a bar that is not solid."""
        left, top, right, bottom = self.x, self.y, self.x + self.width, self.y + self.height
        yield from ((left, top, right, top), (right, top, right, bottom))
        yield from ((right, bottom, left, bottom), (left, bottom, left, top))
        if self.look is Look.LINED:
            for number in range(1, int(self.width / _GAP["lined"]) + 1):
                yield (left + number * _GAP["lined"], top, left + number * _GAP["lined"], bottom)
        if self.look is Look.HATCHED:  # falling lines x + y = at, cut off where the bar ends
            at = left + top + _GAP["hatched"]
            while at < right + bottom:
                yield max(left, at - bottom), min(bottom, at - left), min(right, at - top), max(top, at - right)
                at += _GAP["hatched"]


@dataclass(frozen=True)
class Stroke:
    """A straight line."""

    x: float
    y: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Words:
    """One line of text on its baseline `y`; its left end, middle or right end on `x`, whatever way its script runs."""

    x: float
    y: float
    text: str
    align: Align = Align.LEFT
    size: float = TEXT
    is_bold: bool = False


@dataclass(frozen=True)
class Drawing:
    """A picture, WIDTH wide: its title, what is said to those who do not see it, and what it is made of."""

    title: str
    about: str
    height: float
    marks: tuple[Bar | Stroke | Words, ...]

    @property
    def words(self) -> list[str]:
        """Everything that can be read in it."""
        return [mark.text for mark in self.marks if isinstance(mark, Words)]


def as_svg(drawing: Drawing, name: str) -> Markup:
    """The drawing for a page; `name` begins its ids. Its text is text, in the page's font; nothing inline that a policy forbids."""
    inside = Markup("").join(_tag(mark) for mark in drawing.marks)
    return Markup(
        '<svg class="chart" role="img" aria-labelledby="{name}-title {name}-about" viewBox="0 0 {width} {height}" '
        'fill="currentColor" stroke-width="{thin}"><title id="{name}-title">{title}</title>'
        '<desc id="{name}-about">{about}</desc>{inside}</svg>'
    ).format(
        name=name, width=_short(WIDTH), height=_short(drawing.height), thin=_THIN, title=drawing.title,
        about=drawing.about, inside=inside,
    )  # fmt: skip


def _tag(mark: Bar | Stroke | Words) -> Markup:
    if isinstance(mark, Words):
        return _text(mark)
    if isinstance(mark, Bar) and mark.look is Look.SOLID:
        size = (_short(number) for number in (mark.x, mark.y, mark.width, mark.height))
        return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill-opacity="{}"/>').format(*size, _SOLID)
    segments = mark.strokes() if isinstance(mark, Bar) else [(mark.x, mark.y, mark.x2, mark.y2)]
    path = "".join("M{} {}L{} {}".format(*map(_short, segment)) for segment in segments)
    return Markup('<path d="{}" stroke="currentColor"/>').format(path)


def _text(words: Words) -> Markup:
    align, direction = words.align, Markup("")
    if is_right_to_left(words.text):  # it begins on its right
        align, direction = Align(1 - align.value), Markup(' direction="rtl"')
    weight = Markup(' font-weight="600"') if words.is_bold else Markup("")
    return Markup('<text x="{}" y="{}" font-size="{}" text-anchor="{}"{}{}>{}</text>').format(
        _short(words.x), _short(words.y), _short(words.size), _ANCHOR[align], direction, weight, escape(words.text)
    )


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


class DrawingBlock:
    """The drawing for paper, at most `width` by `height` points."""

    def __init__(self, drawing: Drawing, width: float, height: float) -> None:
        self._drawing = drawing
        self._scale = min(width / WIDTH, height / drawing.height)

    @property
    def height(self) -> float:
        return self._drawing.height * self._scale

    def draw(self, paper: Paper, x: float, y: float) -> None:
        scale, said = self._scale, f"{self._drawing.title}. {self._drawing.about}"

        def rule(left: float, top: float, right: float, bottom: float) -> None:
            paper.rule(x + left * scale, y + top * scale, x + right * scale, y + bottom * scale, _THIN * scale)

        with paper.figure(x, y, WIDTH * scale, self.height, said):
            for mark in self._drawing.marks:
                if isinstance(mark, Words):
                    line = shape(mark.text, Cut.BOLD if mark.is_bold else Cut.REGULAR)
                    paper.draw(line, x + mark.x * scale, y + mark.y * scale, mark.size * scale, mark.align)
                elif isinstance(mark, Stroke):
                    rule(mark.x, mark.y, mark.x2, mark.y2)
                elif mark.look is Look.SOLID:
                    box = (x + mark.x * scale, y + mark.y * scale, mark.width * scale, mark.height * scale)
                    paper.tint(*box, 1 - _SOLID)
                else:
                    for segment in mark.strokes():
                        rule(*segment)
