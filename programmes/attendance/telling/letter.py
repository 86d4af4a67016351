"""Draws letters about a meeting that moved or does not take place: names, addresses and words in, PDF bytes out, A4 upright."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from paper.archive import About
from paper.flow import Block, TextBlock, pour
from paper.page import MM, Align, Paper

_OFFICE = "Kreis Offenbach · Integrationsbüro"
_TITLE = "Nachricht zu einem Termin"
_LEFT, _RIGHT, _BOTTOM = 25 * MM, 190 * MM, 270 * MM
_WIDTH = _RIGHT - _LEFT
_ADDRESS = 45 * MM  # where a window is (DIN 5008, form B)
_LETTER = 105 * MM


@dataclass(frozen=True)
class Letter:
    """A letter to one person: their address line by line, then the text in their own language (`language` is its code), if it is not
    German, and in German."""

    address: tuple[str, ...]
    language: str
    own: str | None
    german: str


def render(letters: Sequence[Letter], day: dt.date, created: dt.datetime) -> bytes:
    """All letters, a page each, as one PDF/UA-1 and PDF/A-2a document. Raises paper.text.MissingGlyphsError."""
    paper = Paper(About(_TITLE, _OFFICE, "de-DE", created))
    for number, letter in enumerate(letters):
        if number:
            paper.new_page()
        paper.furniture(_LEFT, 20 * MM, _OFFICE, 9)
        paper.furniture(_RIGHT, 20 * MM, f"{day:%d.%m.%Y}", 9, align=Align.RIGHT)
        pour(paper, [(TextBlock(line, 85 * MM, (11,)), 0) for line in letter.address], _LEFT, _ADDRESS, _LETTER)
        pour(paper, _words(letter), _LEFT, _LETTER, _BOTTOM)
    return paper.finish()


def _words(letter: Letter) -> list[tuple[Block, float]]:
    blocks: list[tuple[Block, float]] = [(TextBlock(_TITLE, _WIDTH, (13,), role="H1"), 0)]
    for text, language in ((letter.own, letter.language), (letter.german, None)):
        for number, line in enumerate(text.splitlines() if text else ()):
            blocks.append((TextBlock(line, _WIDTH, (12,), language=language), 6 if number else 22))
    return [*blocks, (TextBlock("Integrationsbüro Kreis Offenbach", _WIDTH, (12,)), 6)]
