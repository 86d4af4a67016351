"""A tagged document of one or several pages: PDF/UA-1 for those who listen, PDF/A-2a for those who keep.

reportlab draws; every stroke is either marked content with its place in the structure tree or an artifact (decoration
and page furniture that a screen reader passes over). Lengths are points; x counts from the left edge, y from the *top*
edge down, and text hangs on its baseline. The same calls with the same instant give the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from io import BytesIO

import pikepdf
import segno
from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from paper import SEAL
from paper.archive import About, Content, Element, add_signature_field, add_structure, describe, stream
from paper.embedding import FontUse
from paper.fonts import Cut
from paper.picture import Picture
from paper.text import Line, is_right_to_left, language_of, shape, wrap

MM = 72 / 25.4
PORTRAIT = (210 * MM, 297 * MM)
LANDSCAPE = (297 * MM, 210 * MM)


class Align(Enum):
    """Where a line lies: its left end, its middle or its right end on x."""

    LEFT = 0.0
    CENTRE = 0.5
    RIGHT = 1.0


class _Canvas(Canvas):
    """reportlab's canvas without its opening words, which select Helvetica, a font that PDF/A wants embedded."""

    def _make_preamble(self) -> None:
        self._preamble = ""


class Paper:
    """A document being written. Call the drawing methods page by page, then `finish`.

    `size` is width and height in points. Raises ValueError for an instant without a time zone and for text that
    cannot be drawn (see `letters.clean` and `text.MissingGlyphsError`).
    """

    def __init__(self, about: About, size: tuple[float, float] = PORTRAIT) -> None:
        self.width, self.height = size
        self._about = about
        self._file = BytesIO()
        self._canvas = _Canvas(self._file, pagesize=size, pageCompression=0, pdfVersion=(1, 7), invariant=1)
        self._fonts = FontUse()
        self._pictures: dict[Picture, str] = {}
        self._root = Element("Document")
        self._open = [self._root]
        self._page = 0
        self._marks = 0
        self._draws_figure = False

    # structure

    @contextmanager
    def element(self, role: str, *, scope: str | None = None) -> Iterator[None]:
        """A grouping element ("Sect", "Table", "TR", "L" …): what is drawn inside becomes its children."""
        self._append(Element(role, scope=scope))
        yield
        self._open.pop()

    @contextmanager
    def marked(self, element: Element) -> Iterator[None]:
        """A leaf of the tree: everything drawn inside is its content."""
        self._append(element)
        element.kids.append(Content(self._page, self._marks))
        self._canvas.addLiteral(f"/{element.role} <</MCID {self._marks}>> BDC")
        self._marks += 1
        yield
        self._canvas.addLiteral("EMC")
        self._open.pop()

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Decoration, rules, page furniture: seen, not read out. Inside a figure it is part of it."""
        if self._draws_figure:
            yield
            return
        self._canvas.addLiteral("/Artifact BMC")
        yield
        self._canvas.addLiteral("EMC")

    def empty(self, role: str) -> None:
        """An element without content: the table cell that is filled in by hand."""
        self._open[-1].kids.append(Element(role))

    def _append(self, element: Element) -> None:
        self._open[-1].kids.append(element)
        self._open.append(element)

    # text

    def draw(self, line: Line, x: float, y: float, size: float, align: Align = Align.LEFT) -> None:
        """Paint a shaped line inside the element that is open; `y` is its baseline."""
        left = x - line.width * size / 1000 * align.value
        self._canvas.addLiteral(self._fonts.paint(line, size, left, self.height - y))

    def line(
        self, role: str, x: float, y: float, text: str, size: float, cut: Cut = Cut.REGULAR, align: Align = Align.LEFT,
        *, scope: str | None = None,
    ) -> None:  # fmt: skip
        """One line as one element. Text of another script gets that script's language tag."""
        with self.marked(Element(role, language=language_of(text), scope=scope)):
            self.draw(shape(text, cut), x, y, size, align)

    def lines(
        self, role: str, x: float, y: float, lines: Iterable[Line], size: float, leading: float,
        align: Align = Align.LEFT, *, language: str | None = None,
    ) -> float:  # fmt: skip
        """Shaped lines below one another as one element; returns the baseline that would follow."""
        with self.marked(Element(role, language=language)):
            for line in lines:
                self.draw(line, x, y, size, align)
                y += leading
        return y

    def paragraph(
        self, x: float, y: float, width: float, text: str, size: float, leading: float, cut: Cut = Cut.REGULAR,
        align: Align | None = None, *, role: str = "P",
    ) -> float:  # fmt: skip
        """A paragraph in a column of `width` beginning at `x`; returns the baseline that would follow.

        Without `align` it begins where its script begins: Arabic on the right.
        """
        if align is None:
            align = Align.RIGHT if is_right_to_left(text) else Align.LEFT
        broken = wrap(text, size, width, cut)
        return self.lines(role, x + width * align.value, y, broken, size, leading, align, language=language_of(text))

    def furniture(
        self, x: float, y: float, text: str, size: float, cut: Cut = Cut.REGULAR, align: Align = Align.LEFT
    ) -> None:
        """A line that is seen but not read out: page numbers, a head that repeats."""
        with self.artifact():
            self.draw(shape(text, cut), x, y, size, align)

    @contextmanager
    def figure(self, x: float, y: float, width: float, height: float, alternative: str) -> Iterator[None]:
        """A drawing of strokes and words: what is drawn inside is one figure, and `alternative` is read out instead of it."""
        bottom = self.height - y - height
        with self.marked(Element("Figure", alternative=alternative, box=(x, bottom, x + width, bottom + height))):
            self._draws_figure = True
            yield
            self._draws_figure = False

    # strokes, all artifacts but for the QR code and what is drawn in a figure

    def rule(self, x: float, y: float, x2: float, y2: float, weight: float = 0.5, grey: float = 0.0) -> None:
        """A straight stroke. `grey` runs from 0 (black) to 1 (white)."""
        with self.artifact():
            self._stroke(weight, grey)
            self._canvas.line(x, self.height - y, x2, self.height - y2)

    def box(self, x: float, y: float, width: float, height: float, weight: float = 0.5, grey: float = 0.0) -> None:
        """The outline of a rectangle whose upper left corner is (x, y)."""
        with self.artifact():
            self._stroke(weight, grey)
            self._canvas.rect(x, self.height - y - height, width, height)

    def tint(self, x: float, y: float, width: float, height: float, grey: float) -> None:
        """A filled rectangle, to lie behind text."""
        with self.artifact():
            self._ink(grey)
            self._canvas.rect(x, self.height - y - height, width, height, stroke=0, fill=1)
            self._ink(0.0)

    @contextmanager
    def ink(self, grey: float) -> Iterator[None]:
        """Text drawn inside is grey: 0 is black, 1 white. Keep to 0.45 or less for words that must be read."""
        self._ink(grey)
        yield
        self._ink(0.0)

    def qr(self, x: float, y: float, side: float, address: str, alternative: str) -> None:
        """A QR code of the address, upper left corner (x, y), `side` points wide without its quiet zone."""
        # one mask instead of the best of eight: four fifths of the time saved, and every reader copes
        rows = segno.make(address, error="m", micro=False, mask=0, boost_error=False).matrix
        cell = side / len(rows)
        top = self.height - y
        # in a system of its own where a module is 1 by 1: whole numbers are short, and quickly written
        path = " ".join(
            f"{start} {-number} {length} -1 re" for number, row in enumerate(rows) for start, length in _dark(row)
        )
        box = (x, top - side, x + side, top)
        with self.marked(Element("Figure", alternative=alternative, box=box)):
            self._canvas.addLiteral(f"q {cell:.5f} 0 0 {cell:.5f} {x:.3f} {top:.3f} cm {path} f Q")

    def picture(self, x: float, y: float, width: float, height: float, picture: Picture, alternative: str) -> None:
        """A picture with its upper left corner at (x, y); `alternative` is what is read out instead of it."""
        name = self._pictures.setdefault(picture, f"P{len(self._pictures) + 1}")
        bottom = self.height - y - height
        with self.marked(Element("Figure", alternative=alternative, box=(x, bottom, x + width, bottom + height))):
            self._canvas.addLiteral(f"q {width:.3f} 0 0 {height:.3f} {x:.3f} {bottom:.3f} cm /{name} Do Q")

    def shape(self, points: Sequence[tuple[float, float]], grey: float) -> None:
        """A filled polygon: decoration."""
        with self.artifact():
            self._ink(grey)
            path = self._canvas.beginPath()
            path.moveTo(points[0][0], self.height - points[0][1])
            for x, y in points[1:]:
                path.lineTo(x, self.height - y)
            path.close()
            self._canvas.drawPath(path, stroke=0, fill=1)
            self._ink(0.0)

    def _stroke(self, weight: float, grey: float) -> None:
        self._canvas.setLineWidth(weight)
        self._canvas.setStrokeColor(Color(grey, grey, grey))

    def _ink(self, grey: float) -> None:
        self._canvas.setFillColor(Color(grey, grey, grey))

    # pages

    def new_page(self) -> None:
        """End this page and begin the next."""
        self._canvas.showPage()
        self._page += 1
        self._marks = 0

    def finish(self, *, sealable: bool = False) -> bytes:
        """The finished document, PDF 1.7. `sealable` gives it an empty signature field, named SEAL."""
        self._canvas.showPage()
        self._canvas.save()
        with pikepdf.open(self._file) as pdf:
            resources = pdf.make_indirect(pikepdf.Dictionary(Font=self._fonts.resources(pdf)))
            if self._pictures:
                drawn = {f"/{name}": picture.embedded(pdf) for picture, name in self._pictures.items()}
                resources.XObject = pikepdf.Dictionary(drawn)
            for page in pdf.pages:
                page.obj.Resources = resources
                page.obj.Contents = stream(pdf, page.obj.Contents.read_bytes(), b" ")
            add_structure(pdf, self._root)
            if sealable:
                add_signature_field(pdf, SEAL, "Elektronisches Siegel")
            describe(pdf, self._about)
            out = BytesIO()
            pdf.save(
                out,
                min_version="1.7",
                object_stream_mode=pikepdf.ObjectStreamMode.disable,  # nobody could choose their last byte
                fix_metadata_version=False,  # the packet says what is to be said; rewriting it costs a millisecond
                deterministic_id=True,
            )
        return out.getvalue()


def _dark(row: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where the dark stretches of a row begin and how long they are, in modules."""
    start = None
    for number, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = number
        elif not dark and start is not None:
            yield start, number - start
            start = None
