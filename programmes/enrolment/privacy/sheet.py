"""Draws the privacy notice and the questions apart from the course on a sheet each: the person's language large, and German for the
office, small beside the questions and on the back of the notice; room to sign. PDF bytes, A4 upright. Nothing is ticked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from paper.archive import About
from paper.flow import Block, TextBlock, pour
from paper.fonts import Cut
from paper.page import MM, Align, Paper
from paper.speech import Speech
from paper.text import shape
from programmes.participants.privacy import (
    CONSENT_INTRO,
    CONSENT_TITLE,
    CONTACTS,
    MEDIA,
    NO,
    NOTICE,
    NOTICE_TITLE,
    NOTICE_VERSION,
    QUESTIONS,
    YES,
    Question,
)
from wording import P_

_OFFICE = "Kreis Offenbach · Integrationsbüro"
_LEFT, _HEAD, _TOP, _BOTTOM = 13 * MM, 11 * MM, 15 * MM, 289 * MM
_WIDTH, _OWN, _GERMAN = 184 * MM, 126 * MM, 53 * MM
_FIRST = 108 * MM  # of two lines side by side: who interpreted takes many letters in some languages
_SIZES = (14.0, 13.0, 12.0)  # the largest with which a sheet is one page; people read no smaller (domain.md B12)
_SMALL = 8.0  # for the office
_BOX = 0.95  # side of a box to tick, by type size
_LINE = 1.36  # leading by type size, as flow has it
_BASELINE = 1.02

NAME, DATE, SIGNATURE = P_("Name"), P_("Datum"), P_("Unterschrift")
INTERPRETER = P_("Gedolmetscht hat (Name)")
RECEIVED = P_("Ich habe dieses Blatt bekommen. Es ist nur eine Information. Ich stimme damit nichts zu.")
FOR_CHILD = P_("Für ein Kind unterschreiben alle, die das Sorgerecht haben.")
GERMAN = Speech("de")
Poured = list[tuple[Block, float]]  # blocks, each with the space above it


@dataclass(frozen=True)
class Reader:
    """Whom a sheet is for: the code of the language, and the name, if it is for somebody and not for the pile. `is_child`: others sign;
    None: that is not known."""

    language: str
    name: str | None = None
    is_child: bool | None = None


def notice(reader: Reader, created: dt.datetime, *, demo: bool) -> bytes:
    """The privacy notice; German on the back. Raises paper.text.MissingGlyphsError where no font draws a name."""

    def front(size: float) -> Poured:
        write = _Writer(Speech(reader.language), size, beside=False)
        signed = [(write.text(RECEIVED), 12.0), (write.line_for(DATE, SIGNATURE), 2), (write.line_for(INTERPRETER), 2)]
        return [*_told(write, [(write.fill(NAME, reader.name), 8)]), *signed]

    def back(size: float) -> Poured:
        return _told(_Writer(GERMAN, size, beside=False), [])

    pages = [front] if reader.language == GERMAN.language else [front, back]
    return _printed(NOTICE_TITLE, f"Datenschutzhinweis {NOTICE_VERSION}", pages, created, demo=demo)


def _told(write: _Writer, below_title: Poured) -> Poured:
    said = [(write.title(NOTICE_TITLE), 0.0), *below_title]
    for heading, *texts in NOTICE:
        said += [(write.text(heading, Cut.BOLD, role="H2"), 8), *((write.text(text), 2) for text in texts)]
    return said


def questions(reader: Reader, created: dt.datetime, *, demo: bool) -> bytes:
    """What is asked apart from the course. Raises paper.text.MissingGlyphsError where no font draws a name."""

    def page(size: float) -> Poured:
        write = _Writer(Speech(reader.language), size, beside=True)
        said = [(write.title(CONSENT_TITLE), 0.0), (write.text(CONSENT_INTRO), 6), (write.fill(NAME, reader.name), 8)]
        for question in QUESTIONS.values():
            said += _asked(write, question)
        if reader.is_child is not False:
            said.append((write.text(FOR_CHILD), 10))
        others = (INTERPRETER,) if reader.is_child is False else (INTERPRETER, SIGNATURE)
        return [*said, (write.line_for(DATE, SIGNATURE), 2), (write.line_for(*others), 2)]

    versions = ", ".join(f"{one.title} {one.version}" for one in QUESTIONS.values())
    return _printed(CONSENT_TITLE, versions, [page], created, demo=demo)


def _asked(write: _Writer, question: Question) -> Poured:
    said = [(write.text(question.title, Cut.BOLD, role="H2"), 9.0), (write.text(question.text), 1)]
    if question.about is not None:
        said.append((write.fill(question.about), 3))
    if question.where is not None:
        said += [(write.text(question.where), 3), (write.boxes(MEDIA.values()), 2)]
    return [*said, (write.boxes((YES, NO), Cut.BOLD), 4)]


def _printed(
    title: str, version: str, pages: Sequence[Callable[[float], Poured]], created: dt.datetime, *, demo: bool
) -> bytes:  # fmt: skip
    paper = Paper(About(title, _OFFICE, "de-DE", created))

    def begin_page() -> None:
        paper.line("P", _LEFT, _HEAD, f"{_OFFICE} · Fassung: {version}", _SMALL)
        if demo:
            paper.furniture(_LEFT + _WIDTH, _HEAD - 4 * MM, "Vorführung", _SMALL, Cut.ITALIC, Align.RIGHT)

    for number, page in enumerate(pages):
        if number:
            paper.new_page()
        sizes = (size for size in _SIZES if sum(block.height + above for block, above in page(size)) <= _BOTTOM - _TOP)
        pour(paper, page(next(sizes, _SIZES[-1])), _LEFT, _TOP, _BOTTOM, begin_page=begin_page)
    return paper.finish()


class _Sized(Block, Protocol):
    """A block of one size of type."""

    size: float


class _Twice:
    """The person's language, and German beside it where that is another one, on one baseline. Read out in this order, on whichever
    side they stand."""

    def __init__(self, own: _Sized, german: TextBlock | None, own_x: float, german_x: float) -> None:
        self._own, self._german = own, german
        self._own_x, self._german_x = own_x, german_x
        self._drop = (own.size - _SMALL) * _BASELINE

    @property
    def height(self) -> float:
        return max(self._own.height, self._german.height + self._drop if self._german else 0)

    def draw(self, paper: Paper, x: float, y: float) -> None:
        self._own.draw(paper, x + self._own_x, y)
        if self._german:
            self._german.draw(paper, x + self._german_x, y + self._drop)


class _Fill:
    """A label and a line to write on, or what is known already."""

    def __init__(self, label: str, speech: Speech, size: float, width: float, value: str | None) -> None:
        self._label = shape(label.removesuffix(":") + ":", Cut.REGULAR, speech.right_to_left)
        self._speech, self.size, self._width = speech, size, width
        self._value = TextBlock(value, width - self._begins, (size,), Cut.BOLD, align=_side(speech)) if value else None

    @property
    def _begins(self) -> float:
        return self._label.width * self.size / 1000 + self.size * 0.5

    @property
    def height(self) -> float:
        return max(self._value.height if self._value else 0, self.size * 1.6)

    def draw(self, paper: Paper, x: float, y: float) -> None:
        backwards, baseline = self._speech.right_to_left, y + self.size * _BASELINE
        anchor = x + self._width * _side(self._speech).value
        paper.lines("P", anchor, baseline, [self._label], self.size, 0, _side(self._speech), language=self._speech.tag)
        first = x if backwards else x + self._begins
        if self._value:
            self._value.draw(paper, first, y)
        else:
            paper.rule(first, baseline + 3, first + self._width - self._begins, baseline + 3)


class _Boxes:
    """Empty boxes to tick, each with its word, as many in a line as there is room for."""

    def __init__(self, words: Iterable[str], speech: Speech, size: float, width: float, cut: Cut) -> None:
        self._speech, self.size, self._width = speech, size, width
        self._placed = []
        along = down = 0.0
        for word in words:
            line = shape(word, cut, speech.right_to_left)
            long = size * (_BOX + 0.5) + line.width * size / 1000
            if along and along + long > width:
                along, down = 0.0, down + size * 1.6
            self._placed.append((line, along, down))
            along += long + size * 1.6
        self.height = down + size * 1.6

    def draw(self, paper: Paper, x: float, y: float) -> None:
        size, side = self.size, self.size * _BOX
        for line, along, down in self._placed:
            baseline = y + down + size * _BASELINE
            box = x + (self._width - along - side if self._speech.right_to_left else along)
            word = box - size * 0.5 if self._speech.right_to_left else box + side + size * 0.5
            paper.box(box, baseline - side * 0.88, side, side, 0.8)
            paper.lines("P", word, baseline, [line], size, 0, _side(self._speech), language=self._speech.tag)


class _Signed:
    """Lines to write on side by side, what they are for below: in the person's language, and small in German."""

    def __init__(self, labels: Sequence[str], speech: Speech, size: float) -> None:
        self._labels, self._speech, self._size = labels, speech, size

    @property
    def height(self) -> float:
        return self._size * (1.7 + _LINE)

    def draw(self, paper: Paper, x: float, y: float) -> None:
        gap = 6 * MM
        widths = (_WIDTH,) if len(self._labels) == 1 else (_FIRST, _WIDTH - _FIRST - gap)
        begins = 0.0
        backwards = self._speech.right_to_left
        for label, width in zip(self._labels, widths, strict=True):
            left = x + (_WIDTH - begins - width if backwards else begins)
            paper.rule(left, y + self._size * 1.7, left + width, y + self._size * 1.7)
            self._label(paper, label, left + width if backwards else left, y + self._size * (1.7 + _BASELINE))
            begins += width + gap

    def _label(self, paper: Paper, label: str, at: float, baseline: float) -> None:
        own = shape(self._speech.say(label), Cut.REGULAR, self._speech.right_to_left)
        paper.lines("P", at, baseline, [own], self._size, 0, _side(self._speech), language=self._speech.tag)
        if self._speech.tag:
            further = own.width * self._size / 1000 + self._size
            at += -further if self._speech.right_to_left else further
            with paper.ink(0.35):
                paper.lines("P", at, baseline, [shape(label)], _SMALL, 0, _side(self._speech))


def _side(speech: Speech) -> Align:
    return Align.RIGHT if speech.right_to_left else Align.LEFT


class _Writer:
    """Says texts marked P_ at one size; `beside`: and in German beside it, where that is another language."""

    def __init__(self, speech: Speech, size: float, *, beside: bool) -> None:
        self._speech, self._size, self._beside = speech, size, beside and speech.tag is not None
        self._width = _OWN if self._beside else _WIDTH
        self._own_x = _WIDTH - self._width if speech.right_to_left else 0.0
        self._german_x = 0.0 if speech.right_to_left else _WIDTH - _GERMAN

    def title(self, text: str) -> Block:
        """The title, larger."""
        return self._twice(self._block(text, (20, 18, 16), Cut.BOLD, role="H1", most=2), self._german(text, Cut.BOLD))

    def text(self, text: str, cut: Cut = Cut.REGULAR, *, role: str = "P") -> Block:
        """A paragraph or heading."""
        own = self._block(text, (self._size,), cut, role=role)
        return self._twice(own, self._german(text, cut))

    def fill(self, label: str, value: str | None = None) -> Block:
        """Something to fill in."""
        own = _Fill(self._speech.say(label), self._speech, self._size, self._width, value)
        return self._twice(own, self._german(label))

    def boxes(self, words: Iterable[str], cut: Cut = Cut.REGULAR) -> Block:
        """Something to tick."""
        asked = list(words)
        own = _Boxes([self._speech.say(word) for word in asked], self._speech, self._size, self._width, cut)
        return self._twice(own, self._german(" · ".join(asked)))

    def line_for(self, *labels: str) -> Block:
        """Something to sign."""
        return _Signed(labels, self._speech, self._size)

    def _block(
        self, text: str, sizes: Sequence[float], cut: Cut, *, role: str, most: int = 99
    ) -> TextBlock:  # fmt: skip
        tag = self._speech.tag
        said = self._speech.say(text, **CONTACTS) if tag else GERMAN.say(text, **CONTACTS)
        backwards = self._speech.right_to_left if tag else None
        return TextBlock(said, self._width, sizes, cut, role=role, most=most, language=tag, right_to_left=backwards)

    def _german(self, text: str, cut: Cut = Cut.REGULAR) -> TextBlock | None:
        return TextBlock(GERMAN.say(text, **CONTACTS), _GERMAN, (_SMALL,), cut) if self._beside else None

    def _twice(self, own: _Sized, german: TextBlock | None) -> Block:
        return _Twice(own, german, self._own_x, self._german_x)
