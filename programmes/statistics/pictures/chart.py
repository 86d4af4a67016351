"""Draws figures: values in, drawing out. Every value stands at its bar; a bar that must not be shown is not drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paper.page import Align
from programmes.statistics.pictures.drawing import TEXT, WIDTH, Bar, Drawing, Look, Stroke, Words

_LINE = 17.0  # from baseline to baseline
_LETTER = 0.56  # width of a letter by its size, on average, in both typefaces
_FOR_VALUE = 54.0  # room right of the longest bar
_TALLEST = 90.0  # of a column
_GOES_ON = 16.0  # of the arrow between two steps


@dataclass(frozen=True)
class Quantity:
    """A figure: how large it is and how it is written. Without a size it has no bar: it is secret, or there is none."""

    written: str
    size: float | None = None


@dataclass(frozen=True)
class Panel:
    """A row of columns with its heading; `top` is the value of the tallest possible, else the tallest of them is."""

    heading: str
    columns: Sequence[Quantity | None]
    look: Look
    top: float | None = None


def columns(title: str, about: str, names: Sequence[str], panels: Sequence[Panel]) -> Drawing:
    """Columns over the course of time, one panel below the other; where there is nothing to tell, no value stands."""
    pitch = WIDTH / len(names)
    marks: list[Bar | Stroke | Words] = []
    y = 0.0
    for panel in panels:
        marks.append(Words(0, y + TEXT, panel.heading, is_bold=True))
        floor = y + _LINE * 2.2 + _TALLEST
        scale = _TALLEST / _top([one for one in panel.columns if one], panel.top)
        size = TEXT if all(len(one.written) <= 4 for one in panel.columns if one) else TEXT - 2
        for number, quantity in enumerate(panel.columns):
            left = number * pitch
            if quantity is not None:
                height = (quantity.size or 0) * scale
                if height:
                    marks.append(Bar(left + pitch * 0.18, floor - height, pitch * 0.64, height, panel.look))
                marks.append(Words(left + pitch / 2, floor - height - 4, quantity.written, Align.CENTRE, size))
            marks.append(Words(left + pitch / 2, floor + _LINE - 2, names[number], Align.CENTRE, TEXT - 1))
        marks.append(Stroke(0, floor, WIDTH, floor))
        y = floor + _LINE * 2
    return Drawing(title, about, y - _LINE * 0.6, tuple(marks))


def bars(
    title: str, about: str, rows: Sequence[tuple[str, Quantity]], looks: Sequence[Look], *, are_steps: bool = False,
    footnote: str = "",
) -> Drawing:  # fmt: skip
    """A bar below each name; with an arrow to the next one if they are steps of a way."""
    scale = (WIDTH - _FOR_VALUE) / _top([quantity for _, quantity in rows])
    marks: list[Bar | Stroke | Words] = []
    y = 0.0
    for number, ((name, quantity), look) in enumerate(zip(rows, looks, strict=True)):
        if are_steps and number:
            marks += _arrow(y)
            y += _GOES_ON + 4
        marks.append(Words(0, y + TEXT, name))
        marks += _bar(0, y + TEXT + 5, 18, quantity, scale, look)
        y += TEXT + 5 + 18 + 10
    if footnote:
        marks.append(Words(0, y + TEXT, footnote, is_bold=True))
        y += _LINE + 8
    return Drawing(title, about, y - 8, tuple(marks))


def side_by_side(
    title: str, about: str, headings: Sequence[str], rows: Sequence[tuple[str, Sequence[Quantity]]]
) -> Drawing:
    """Several figures of each row next to one another, each with a measure of its own, because they cannot be added."""
    pitch = WIDTH / len(headings)
    broken = [_broken(heading, pitch) for heading in headings]
    looks = list(Look)
    marks: list[Bar | Stroke | Words] = [
        Words(number * pitch, TEXT * (1 + line * 1.15), words, size=TEXT - 2, is_bold=True)
        for number, lines in enumerate(broken)
        for line, words in enumerate(lines)
    ]
    y = max(map(len, broken)) * TEXT * 1.15 + 8
    marks.append(Stroke(0, y, WIDTH, y))
    scales = [
        (pitch - _FOR_VALUE + 14) / _top([values[number] for _, values in rows]) for number in range(len(headings))
    ]
    for name, values in rows:
        marks.append(Words(0, y + _LINE, name))
        for number, quantity in enumerate(values):
            marks += _bar(number * pitch, y + _LINE + 4, 13, quantity, scales[number], looks[number % len(looks)])
        y += _LINE + 4 + 13 + 5
    return Drawing(title, about, y, tuple(marks))


def _bar(x: float, y: float, height: float, quantity: Quantity, scale: float, look: Look) -> list[Bar | Stroke | Words]:
    length = (quantity.size or 0) * scale
    drawn: list[Bar | Stroke | Words] = [Bar(x, y, length, height, look)] if length else []
    return [*drawn, Words(x + length + (4 if length else 0), y + height / 2 + TEXT * 0.36, quantity.written)]


def _arrow(y: float) -> list[Bar | Stroke | Words]:
    x, tip = 9.0, y + _GOES_ON - 4
    return [Stroke(x, y - 4, x, tip), Stroke(x - 4, tip - 5, x, tip), Stroke(x + 4, tip - 5, x, tip)]


def _top(quantities: Sequence[Quantity], top: float | None = None) -> float:
    return top or max((quantity.size or 0 for quantity in quantities), default=0) or 1


def _broken(text: str, width: float) -> list[str]:
    """The text in lines of about this width; a word is never broken."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(longer) * (TEXT - 2) * _LETTER > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
