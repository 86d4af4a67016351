"""Fonts inside a PDF: which glyphs a document used, and the subset that is embedded.

Every pair of glyph and text gets a code of its own (a CID), so one glyph may stand for several spellings and the text
copied out of the document is the text that went in. reportlab cannot do that: it keys glyphs by character, maps slot 0
to U+0000 (forbidden by PDF/UA-1 and PDF/A) and invents private-use characters for ligatures. So the canvas paints
glyph codes and the fonts are added here, when the pages are finished.
"""

import hashlib
import struct
from functools import lru_cache

import pikepdf
import uharfbuzz as hb
from pikepdf import Array, Dictionary, Name, String

from paper.archive import stream
from paper.fonts import Font
from paper.text import Glyph, Line

# layout is done, names and characters are found by code: the outlines alone are embedded
_UNNEEDED = [int.from_bytes(tag) for tag in (b"GSUB", b"GPOS", b"GDEF", b"kern", b"name", b"post", b"cmap", b"gasp")]
_FLAGS = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE
_SYMBOLIC = 4  # font descriptor flag: its own character set


class _Used:
    """The codes of one font in one document, in the order they were first painted."""

    def __init__(self, font: Font, resource: str) -> None:
        self.font = font
        self.resource = resource
        self.codes: dict[tuple[int, str], int] = {}

    def code(self, glyph: Glyph) -> int:
        return self.codes.setdefault((glyph.number, glyph.text), len(self.codes) + 1)

    def natural_advance(self, index: int) -> float:
        return float(self.font.shaper.get_glyph_h_advance(index)) * self.font.scale


class FontUse:
    """All fonts of one document. `paint` hands out operators, `resources` the dictionary the pages need."""

    def __init__(self) -> None:
        self._used: dict[Font, _Used] = {}

    def paint(self, line: Line, size: float, x: float, y: float) -> str:
        """The operators that paint the line with its baseline beginning at (x, y), in points from the lower left."""
        out = [f"BT 1 0 0 1 {_number(x)} {_number(y)} Tm"]
        if line.spoken is not None:
            spoken = f"\ufeff{line.spoken}".encode("utf-16-be").hex().upper()
            out.insert(0, f"/Span <</ActualText <{spoken}>>> BDC")
        pieces: list[str] = []
        outlines: list[str] = []
        font, rise, at = None, 0.0, x
        for glyph in line.glyphs:
            if not glyph.text:
                if drawn := _outline(glyph.font, glyph.number):
                    scale = size / 1000 * glyph.font.scale
                    place = f"{_number(at + glyph.dx * size / 1000)} {_number(y + glyph.dy * size / 1000)}"
                    outlines.append(f"q {scale:.6f} 0 0 {scale:.6f} {place} cm {drawn} f Q")
                if glyph.advance:
                    pieces.append(_shift(-glyph.advance))
                    at += glyph.advance * size / 1000
                continue
            at += glyph.advance * size / 1000
            if glyph.font is not font or glyph.dy != rise:
                _flush(pieces, out)
            used = self._used.get(glyph.font)
            if used is None:
                used = self._used[glyph.font] = _Used(glyph.font, f"F{len(self._used) + 1}")
            if glyph.font is not font:
                font = glyph.font
                out.append(f"/{used.resource} {_number(size)} Tf")
            if glyph.dy != rise:
                rise = glyph.dy
                out.append(f"{_number(rise * size / 1000)} Ts")
            after = used.natural_advance(glyph.number) + glyph.dx - glyph.advance
            pieces.append(f"{_shift(-glyph.dx)}<{used.code(glyph):04X}>{_shift(after)}")
        _flush(pieces, out)
        if rise:
            out.append("0 Ts")
        out.append("ET")
        out += outlines
        if line.spoken is not None:
            out.append("EMC")
        return " ".join(out)

    def resources(self, pdf: pikepdf.Pdf) -> Dictionary:
        """The /Font resource of every page: the used fonts, subset and embedded in `pdf`."""
        return Dictionary({f"/{used.resource}": _embed(pdf, used) for used in self._used.values()})


@lru_cache(maxsize=1024)
def _outline(font: Font, glyph: int) -> str:
    """The operators that describe the glyph's shape in font units; empty for a blank."""
    pen = _Pen()
    font.shaper.draw_glyph_with_pen(glyph, pen)
    return " ".join(pen.operators)


class _Pen:
    """Writes down as PDF operators what a fontTools pen is told."""

    def __init__(self) -> None:
        self.operators: list[str] = []
        self._last = (0.0, 0.0)

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the protocol of fontTools
        self._write("m", point)

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._write("l", point)

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._write("c", *points)

    def qCurveTo(self, control: tuple[float, float], end: tuple[float, float]) -> None:  # noqa: N802
        """A quadratic curve as the cubic that PDF knows."""
        first, second = (
            tuple(known + 2 / 3 * (middle - known) for known, middle in zip(corner, control, strict=True))
            for corner in (self._last, end)
        )
        self._write("c", (first[0], first[1]), (second[0], second[1]), end)

    def closePath(self) -> None:  # noqa: N802
        self.operators.append("h")

    def endPath(self) -> None:  # noqa: N802
        pass

    def _write(self, operator: str, *points: tuple[float, float]) -> None:
        self._last = points[-1]
        self.operators.append(" ".join(f"{_number(x)} {_number(y)}" for x, y in points) + f" {operator}")


def _flush(pieces: list[str], out: list[str]) -> None:
    if pieces:
        out.append(f"[{''.join(pieces).replace('><', '')}] TJ")
        pieces.clear()


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if value else "0"


def _shift(thousandths: float) -> str:
    return f" {_number(thousandths)} " if abs(thousandths) >= 0.001 else ""


def _embed(pdf: pikepdf.Pdf, used: _Used) -> pikepdf.Object:
    font = used.font
    indices = {index for index, _ in used.codes}
    subset, renumbered = _subset(font, indices)
    digest = hashlib.sha256(repr(sorted(indices)).encode()).digest()
    name = Name("/" + "".join(chr(65 + byte % 26) for byte in digest[:6]) + "+" + font.name)
    pairs = list(used.codes)
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        FontDescriptor=pdf.make_indirect(_descriptor(pdf, font, name, subset)),
        W=Array([1, Array([round(used.natural_advance(index), 3) for index, _ in pairs])]),
        CIDToGIDMap=stream(
            pdf, struct.pack(f">{len(pairs) + 1}H", 0, *(renumbered[index] for index, _ in pairs)), b"\0\1"
        ),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=stream(pdf, _to_unicode([text for _, text in pairs]), b" "),
        )
    )


def _subset(font: Font, indices: set[int]) -> tuple[bytes, dict[int, int]]:
    """The font file with these glyphs only, and the new number of each."""
    wanted = hb.SubsetInput()
    wanted.glyph_set.update(indices)
    wanted.flags = _FLAGS
    wanted.drop_table_tag_set.update(_UNNEEDED)
    if font.weight is not None:
        wanted.pin_all_axes_to_default(font.face)
        wanted.pin_axis_location(font.face, "wght", font.weight)
    plan = hb.SubsetPlan(font.face, wanted)
    renumbered = dict(plan.old_to_new_glyph_mapping.items())
    return plan.execute().blob.data, renumbered


def _descriptor(pdf: pikepdf.Pdf, font: Font, name: Name, subset: bytes) -> Dictionary:
    head = font.face.reference_table("head").data
    box = [round(edge * font.scale) for edge in struct.unpack(">4h", head[36:44])]
    extents = font.shaper.get_font_extents("ltr")
    height = font.shaper.get_metric_position_with_fallback(hb.OTMetricsTag.CAP_HEIGHT)
    return Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=_SYMBOLIC,
        FontBBox=Array(box),
        ItalicAngle=round(font.shaper.get_style_value(hb.StyleTag.SLANT_ANGLE)),
        Ascent=round(extents.ascender * font.scale),
        Descent=round(extents.descender * font.scale),
        CapHeight=round(height * font.scale),
        StemV=80,
        FontFile2=stream(pdf, subset, b"\1", Length1=len(subset)),
    )


def _to_unicode(texts: list[str]) -> bytes:
    """The character map from code to text; at most a hundred lines to a block, as the specification asks."""
    rows = [f"<{code:04X}> <{text.encode('utf-16-be').hex().upper()}>" for code, text in enumerate(texts, 1)]
    blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <0000> <FFFF> endcodespacerange",
            *(f"{len(block)} beginbfchar {' '.join(block)} endbfchar" for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        )
    ).encode("ascii")
