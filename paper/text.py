"""From a string to placed glyphs: clean -> NFC -> bidi levels -> runs of one script and font -> HarfBuzz -> lines.

Nothing here draws. A `Line` is measured in thousandths of an em and can be painted at any size (see `page.py`).
Reordering follows UAX#9, in a paragraph line by line as rule L2 asks: broken in logical order, reordered afterwards.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from itertools import groupby
from typing import Any, NamedTuple

import uharfbuzz as hb
from fontTools.unicodedata import script

from paper.fonts import Cut, Font, font_for, han_of
from paper.letters import JOINERS, clean, letters

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


class MissingGlyphsError(ValueError):
    """No font at hand draws these letters; `letters` names them, in the order they were met."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.letters = tuple(missing)
        named = ", ".join(" ".join(f"U+{ord(sign):04X}" for sign in letter) for letter in self.letters)
        super().__init__(f"no font draws {named}")


class Glyph(NamedTuple):
    """One glyph as it is painted. Lengths are thousandths of an em; `text` is what copying it yields.

    Without text it is painted as an outline that no reader takes for a letter; another glyph speaks for it.
    """

    font: Font
    number: int
    advance: float
    dx: float
    dy: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One shaped line: glyphs from left to right, width in thousandths of an em.

    `spoken` is the line's text where the glyphs alone cannot tell it (reordered Indic clusters), else None.
    """

    glyphs: tuple[Glyph, ...]
    width: float
    right_to_left: bool
    spoken: str | None


class _Run(NamedTuple):
    level: int
    font: Font
    script: str
    text: str


def measure(text: str, size: float, cut: Cut = Cut.REGULAR) -> float:
    """Width in points of the text on one line at `size` points."""
    return shape(text, cut).width * size / 1000


def is_right_to_left(text: str) -> bool:
    """Does a paragraph of this text read from right to left? Decided by its first strong letter (UAX#9, P2 and P3)."""
    directions = map(unicodedata.bidirectional, text)
    return next((direction != "L" for direction in directions if direction in ("L", "R", "AL")), False)


def language_of(text: str) -> str | None:
    """A language tag that claims no more than the script tells ("und-Arab"), None for Latin text."""
    found = next((script(sign) for sign in text if script(sign) not in ("Zyyy", "Zinh")), "Latn")
    return None if found == "Latn" else f"und-{found}"


@lru_cache(maxsize=2048)
def shape(
    text: str, cut: Cut = Cut.REGULAR, right_to_left: bool | None = None, language: str | None = None
) -> Line:  # fmt: skip
    """The text as one line. `right_to_left` is the paragraph's direction; None decides by its first strong letter.
    `language` chooses among the forms of one letter (Han characters of Japan or Taiwan).

    Raises MissingGlyphsError where no font covers a letter, ValueError for text that `clean` refuses.
    """
    text = clean(text)
    backwards = is_right_to_left(text) if right_to_left is None else right_to_left
    glyphs: list[Glyph] = []
    faithful = True
    for run in _visual_order(list(_runs(text, cut, backwards, language))):
        shaped, told = _shape_run(run)
        if not run.level & 1 and (glyphs or backwards):
            shaped = _held_apart(shaped)
        glyphs += shaped
        faithful = faithful and told
    # PDFium and poppler reverse right-to-left text once more: there /ActualText would come out backwards
    spoken = None if faithful or any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text) else text
    return Line(tuple(glyphs), sum(glyph.advance for glyph in glyphs), backwards, spoken)


@lru_cache(maxsize=2048)  # a page is tried at several sizes, and the papers of a course say much the same
def wrap(
    text: str, size: float, width: float, cut: Cut = Cut.REGULAR, right_to_left: bool | None = None
) -> tuple[Line, ...]:  # fmt: skip
    """The text as lines of at most `width` points at `size` points; a word too long for a line is broken."""
    text = clean(text)
    backwards = is_right_to_left(text) if right_to_left is None else right_to_left
    limit = width * 1000 / size
    lines: list[Line] = []
    rest = text.split(" ")
    while rest:
        count = _words_that_fit(rest, limit, cut, backwards)
        if count == 0:
            head, tail = _broken_word(rest[0], limit, cut, backwards)
            rest[:1] = [head, tail] if tail else [head]
            count = 1
        lines.append(shape(" ".join(rest[:count]), cut, backwards))
        del rest[:count]
    return tuple(lines)


def fit(
    text: str, sizes: Sequence[float], width: float, most: int, cut: Cut, right_to_left: bool | None = None
) -> tuple[float, tuple[Line, ...]]:  # fmt: skip
    """The largest of the (falling) sizes at which the text takes at most `most` lines; else the smallest size."""
    for size in sizes:
        lines = wrap(text, size, width, cut, right_to_left)
        if len(lines) <= most:
            break
    return size, lines


def _words_that_fit(words: Sequence[str], limit: float, cut: Cut, backwards: bool) -> int:
    """How many words fill one line: by the sum of their widths first, then made sure by shaping them together."""
    space = shape("x x", cut).width - shape("xx", cut).width
    used, count = -space, 0
    for word in words:
        used += space + shape(word, cut, backwards).width
        if used > limit:
            break
        count += 1
    while count > 1 and shape(" ".join(words[:count]), cut, backwards).width > limit:
        count -= 1
    return count


def _broken_word(word: str, limit: float, cut: Cut, backwards: bool) -> tuple[str, str]:
    parts = [letter for _, letter in letters(word)]
    count = 1
    while count < len(parts) and shape("".join(parts[: count + 1]), cut, backwards).width <= limit:
        count += 1
    return "".join(parts[:count]), "".join(parts[count:])


@cache
def _bidi() -> Any:
    """fpdf2's Unicode bidirectional algorithm, loaded with the first right-to-left letter: importing fpdf takes 0.3 s,
    a sixth of the whole application's start, and most papers never need it."""
    return import_module("fpdf.bidi"), import_module("fpdf.enums").TextDirection


def _levels(text: str, backwards: bool) -> list[int]:
    """The embedding level of every character (UAX#9); even levels read from left to right."""
    if not backwards and not any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text):
        return [0] * len(text)
    bidi, direction = _bidi()
    levels = [int(backwards)] * len(text)
    paragraph = bidi.BidiParagraph(
        text, base_direction=direction.RTL if backwards else direction.LTR, preserve_bn_chars=True
    )
    for character in paragraph.characters:
        levels[character.character_index] = character.embedding_level
    return levels


def _scripts(text: str) -> list[str]:
    """The script of every character; what belongs to none (digits, marks, commas) follows its neighbour."""
    found = [script(sign) for sign in text]
    last = next((name for name in found if name not in ("Zyyy", "Zinh")), "Latn")
    for number, name in enumerate(found):
        last = last if name in ("Zyyy", "Zinh") else name
        found[number] = last
    return found


def _runs(text: str, cut: Cut, backwards: bool, language: str | None) -> Iterator[_Run]:
    levels, scripts, han = _levels(text, backwards), _scripts(text), han_of(text, language)
    pieces: list[_Run] = []
    missing: list[str] = []
    font: Font | None = None
    for start, letter in letters(text):
        drawn = letter.strip(JOINERS)
        # what belongs to no script stays in the font of its word; everything else takes the chain's first
        if font is None or script(letter[0]) != "Zyyy" or not font.covers(drawn):
            font = font_for(drawn, cut, han)
        if font is None:
            missing.append(letter)
        else:
            pieces.append(_Run(levels[start], font, scripts[start], letter))
    if missing:
        raise MissingGlyphsError(list(dict.fromkeys(missing)))
    for (level, drawing, name), same in groupby(pieces, key=lambda piece: piece[:3]):
        yield _Run(level, drawing, name, "".join(piece.text for piece in same))


def _visual_order(runs: list[_Run]) -> list[_Run]:
    """UAX#9, rule L2: from the highest level down, every stretch at or above the level is reversed."""
    for level in range(max((run.level for run in runs), default=0), 0, -1):
        ordered: list[_Run] = []
        for inside, stretch in groupby(runs, key=lambda run: run.level >= level):
            found = list(stretch)
            ordered += found[::-1] if inside else found
        runs = ordered
    return runs


def _shape_run(run: _Run) -> tuple[list[Glyph], bool]:
    """The run's glyphs from left to right, and whether the text can be read back from them one by one."""
    buffer = hb.Buffer()
    buffer.add_str(run.text)
    buffer.script = run.script
    buffer.direction = "rtl" if run.level & 1 else "ltr"
    hb.shape(run.font.shaper, buffer)
    shaped = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
    starts = sorted({info.cluster for info, _ in shaped})
    ends = dict(zip(starts, [*starts[1:], len(run.text)], strict=True))
    glyphs: list[Glyph] = []
    faithful = True
    for start, members in groupby(shaped, key=lambda item: item[0].cluster):
        cluster = [_glyph(run.font, info, position) for info, position in members]
        told, readable = _shared_out(run, run.text[start : ends[start]], cluster)
        glyphs += told
        faithful = faithful and readable
    return glyphs, faithful


def _held_apart(shaped: list[Glyph]) -> list[Glyph]:
    """A left-to-right run among others, its outer spaces marked as its own (U+200E): poppler gives them to the other
    direction and turns them round with it, so that a space is lost on one side and doubled on the other."""
    if shaped[0].text == " ":
        shaped[0] = shaped[0]._replace(text="\u200e ")
    if shaped[-1].text == " ":
        shaped[-1] = shaped[-1]._replace(text=" \u200e")
    return shaped


def _glyph(font: Font, info: hb.GlyphInfo, position: hb.GlyphPosition) -> Glyph:
    advance, dx, dy = (length * font.scale for length in (position.x_advance, position.x_offset, position.y_offset))
    return Glyph(font, info.codepoint, advance, dx, dy, "")


def _shared_out(run: _Run, text: str, cluster: list[Glyph]) -> tuple[list[Glyph], bool]:
    """The glyphs of a cluster with the text each stands for, and whether that reads back in the right order."""
    if run.level & 1:
        return _backwards(text, cluster), True
    if len(cluster) == 1:
        return [cluster[0]._replace(text=text)], True
    if len(text) == len(cluster):
        told = [glyph._replace(text=sign) for glyph, sign in zip(cluster, text, strict=True)]
        return told, all(_is_plain(glyph) for glyph in told)
    # the first glyph carries the text; U+200D, invisible, for the rest: PDF/UA wants each mapped
    texts = [text, *["\u200d"] * (len(cluster) - 1)]
    return [glyph._replace(text=part) for glyph, part in zip(cluster, texts, strict=True)], False


def _backwards(text: str, cluster: list[Glyph]) -> list[Glyph]:
    """A right-to-left cluster as readers take it: one glyph a letter, none above another, its marks with their letter.

    Readers sort glyphs by their places and turn the letters of one glyph round along with the line. So a glyph tells
    its letter and marks in reverse, marks are painted as outlines, and a ligature (lam with alef) is an outline with
    one blank a letter beneath it.
    """
    parts = [part[::-1] for _, part in letters(text)][::-1]
    bases = [number for number, glyph in enumerate(cluster) if glyph.advance]
    if len(bases) == len(parts):
        texts = dict(zip(bases, parts, strict=True))
        return [glyph._replace(text=texts.get(number, "")) for number, glyph in enumerate(cluster)]
    width = sum(glyph.advance for glyph in cluster)
    blank = cluster[0].font.shaper.get_nominal_glyph(ord(" ")) or 0
    share = width / len(parts)
    outlines, at = [], 0.0
    for glyph in cluster:  # they take no room: the blanks do
        outlines.append(glyph._replace(advance=0.0, dx=glyph.dx + at))
        at += glyph.advance
    return [*outlines, *(Glyph(cluster[0].font, blank, share, 0.0, 0.0, part) for part in parts)]


def _is_plain(glyph: Glyph) -> bool:
    """Is this the letter's own glyph in its place? A mark moved sideways is read as if a space came before it."""
    return glyph.text in JOINERS or (
        not glyph.dx and glyph.font.shaper.get_nominal_glyph(ord(glyph.text)) == glyph.number
    )
