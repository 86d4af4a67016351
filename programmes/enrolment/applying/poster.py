"""The notice for the board: a course in German and another language, with the way to its form. PDF bytes, A4 upright."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from paper.archive import About
from paper.flow import Beside, Block, TextBlock, pour
from paper.fonts import Cut
from paper.page import MM, Align, Paper
from paper.speech import Speech
from programmes.enrolment.applying.facts import facts
from programmes.enrolment.applying.queries import Offered
from wording import P_

_OFFICE = "Kreis Offenbach · Integrationsbüro"
_LEFT, _TOP, _BOTTOM = 20 * MM, 34 * MM, 214 * MM
_WIDTH = 170 * MM
_GAP = 8 * MM
_QR = 50 * MM
APPLY_HERE = P_("Hier können Sie sich anmelden. Sie brauchen kein Konto.")


def render(offered: Offered, language: str, address: str, now: dt.datetime, *, demo: bool) -> bytes:
    """The notice. `language` "de": in German alone. Raises paper.text.MissingGlyphsError where no font draws a letter."""
    title = offered.course.title
    paper = Paper(About(title, _OFFICE, "de-DE", now))
    voices = [Speech("de"), *([Speech(language)] if language != "de" else [])]

    def begin_page() -> None:
        paper.furniture(_LEFT, 20 * MM, _OFFICE, 12, Cut.BOLD)
        if demo:
            paper.furniture(_LEFT + _WIDTH, 20 * MM, "Vorführung", 12, Cut.ITALIC, Align.RIGHT)

    blocks: list[tuple[Block, float]] = [(TextBlock(title, _WIDTH, (34, 30, 26, 22), Cut.BOLD, most=3, role="H1"), 0)]
    for said in zip(*(facts(offered, voice) for voice in voices), strict=True):
        blocks.append((_side_by_side([label for label, _ in said], voices, 12, Cut.BOLD), 22))
        for lines in zip(*(lines for _, lines in said), strict=True):
            blocks.append((_side_by_side(lines, voices, 15, Cut.REGULAR), 2))
    pour(paper, blocks, _LEFT, _TOP, _BOTTOM, begin_page=begin_page)
    paper.qr(_LEFT, 226 * MM, _QR, address, f"QR-Code: {address}")
    beside, room = _LEFT + _QR + 8 * MM, _WIDTH - _QR - 8 * MM
    y = 226 * MM
    for voice in voices:
        block = _said(voice.say(APPLY_HERE), voice, room, (13,), Cut.BOLD)
        block.draw(paper, beside, y)
        y += block.height + 8
    TextBlock(address, room, (12, 10, 8), most=2).draw(paper, beside, y)
    return paper.finish()


def _side_by_side(texts: Sequence[str], voices: Sequence[Speech], size: float, cut: Cut) -> Block:
    """The same in each language, German on the left."""
    width = _WIDTH if len(voices) == 1 else (_WIDTH - _GAP) / 2
    blocks = [_said(text, voice, width, (size,), cut) for text, voice in zip(texts, voices, strict=True)]
    return blocks[0] if len(blocks) == 1 else Beside(blocks[0], blocks[1], width + _GAP)


def _said(text: str, voice: Speech, width: float, sizes: Sequence[float], cut: Cut) -> TextBlock:
    backwards = voice.right_to_left if voice.tag else None
    return TextBlock(text, width, sizes, cut, language=voice.tag, right_to_left=backwards)
