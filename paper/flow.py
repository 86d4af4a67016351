"""Blocks that stand below one another: measured before they are drawn, so that a page can be composed."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import NamedTuple, Protocol

from paper.archive import Element
from paper.fonts import Cut
from paper.page import Align, Paper
from paper.text import Line, fit, language_of, wrap

_SPACING = 1.36  # leading by type size
_BASELINE = 1.02  # from the top of a line to its baseline, by type size


class Block(Protocol):
    """Something with a height in points that is drawn with its upper left corner at (x, y)."""

    @property
    def height(self) -> float: ...

    def draw(self, paper: Paper, x: float, y: float) -> None: ...


class TextBlock:
    """A paragraph or heading. The largest of `sizes` is taken at which it needs at most `most` lines.

    `language` is the tag of a text that is not German; without, its script decides. Text begins where its script does:
    on the right of `width` for Arabic, unless `align` says otherwise.
    """

    def __init__(
        self,
        text: str,
        width: float,
        sizes: Sequence[float],
        cut: Cut = Cut.REGULAR,
        *,
        most: int = 99,
        role: str = "P",
        language: str | None = None,
        right_to_left: bool | None = None,
        align: Align | None = None,
    ) -> None:
        self._role = role
        self._language = language or language_of(text)
        self._width = width
        self.size, self._lines = fit(text, sizes, width, most, cut, right_to_left)
        self._align = align or (Align.RIGHT if self._lines and self._lines[0].right_to_left else Align.LEFT)

    @property
    def height(self) -> float:
        return len(self._lines) * self.size * _SPACING

    @property
    def is_heading(self) -> bool:
        """Whether something is meant to follow on the same page."""
        return self._role.startswith("H")

    def draw(self, paper: Paper, x: float, y: float) -> None:
        baseline = y + self.size * _BASELINE
        anchor = x + self._width * self._align.value
        paper.lines(
            self._role, anchor, baseline, self._lines, self.size, self.size * _SPACING, self._align,
            language=self._language,
        )  # fmt: skip


class Beside:
    """Two blocks side by side, the same said twice. Their tops are in line; `drop` lowers the right one, so that lines
    of different sizes share a baseline."""

    def __init__(self, left: Block, right: Block, offset: float, *, drop: float = 0.0) -> None:
        self._left, self._right, self._offset, self._drop = left, right, offset, drop

    @property
    def height(self) -> float:
        return max(self._left.height, self._right.height + self._drop)

    def draw(self, paper: Paper, x: float, y: float) -> None:
        self._left.draw(paper, x, y)
        self._right.draw(paper, x + self._offset, y + self._drop)


class Part(NamedTuple):
    """A paragraph inside a cell. `language` is the tag of a text that is not German; without, its script decides."""

    text: str
    language: str | None = None
    right_to_left: bool | None = None


Content = str | Sequence[str | Part]


class Column(NamedTuple):
    """A column of a table: width in points, how its cells lie, and its heading. `names`: its cells are headings too."""

    width: float
    heading: Content = ""
    align: Align = Align.LEFT
    names: bool = False


class _Paragraph(NamedTuple):
    lines: tuple[Line, ...]
    language: str | None


_Cell = tuple[_Paragraph, ...]


class TableBlock:
    """A table of wrapped texts, the first cell of each row its heading; a cell may hold several paragraphs (a list).

    With `ruled` it has hairlines and a row of column headings, repeated on every page; without, it is a quiet list of
    facts whose headings are grey.
    """

    def __init__(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Content]], size: float, *, ruled: bool
    ) -> None:
        self._columns = columns
        self._size = size
        self._ruled = ruled
        self._padding = size * (0.3 if ruled else 0.14)
        self._head = [self._cell(column.heading, column, Cut.BOLD) for column in columns] if ruled else None
        self._rows = [
            [self._cell(content, column, Cut.REGULAR) for content, column in zip(row, columns, strict=True)]
            for row in rows
        ]

    def _cell(self, content: Content, column: Column, cut: Cut) -> _Cell:
        gap = self._size * 0.8
        parts = [content] if isinstance(content, str) else content
        found = []
        for part in parts:
            text, language, backwards = part if isinstance(part, Part) else Part(part)
            lines = tuple(wrap(text, self._size, column.width - gap, cut, backwards))
            found.append(_Paragraph(lines, language or language_of(text)))
        if len({paragraph.language for paragraph in found}) <= 1:  # one language: one piece
            joined = tuple(line for paragraph in found for line in paragraph.lines)
            found = [_Paragraph(joined, found[0].language if found else None)]
        return tuple(found)

    def _row_height(self, cells: Sequence[_Cell]) -> float:
        most = max(sum(len(paragraph.lines) for paragraph in cell) for cell in cells)
        return most * self._size * _SPACING + 2 * self._padding

    @property
    def height(self) -> float:
        return sum(self._row_height(row) for row in [*([self._head] if self._head else []), *self._rows])

    @property
    def least(self) -> float:
        """The height of its heading and its first row."""
        return (self._row_height(self._head) if self._head else 0.0) + self._row_height(self._rows[0])

    def split(self, room: float) -> tuple["TableBlock | None", "TableBlock | None"]:
        """The part that fits into `room` points (None where not one row does), and the rest (None where all does)."""
        used = self._row_height(self._head) if self._head else 0.0
        count = 0
        for row in self._rows:
            used += self._row_height(row)
            if used > room:
                break
            count += 1
        return self._with(self._rows[:count]), self._with(self._rows[count:])

    def _with(self, rows: list[list[_Cell]]) -> "TableBlock | None":
        if not rows:
            return None
        part = copy(self)
        part._rows = rows
        return part

    def draw(self, paper: Paper, x: float, y: float) -> None:
        width = sum(column.width for column in self._columns)
        with paper.element("Table"):
            if self._head:
                y = self._row(paper, x, y, self._head, heading=True)
                paper.rule(x, y, x + width, y, 0.8)
            for row in self._rows:
                y = self._row(paper, x, y, row, heading=False)
                if self._ruled:
                    paper.rule(x, y, x + width, y, 0.4, 0.6)

    def _row(self, paper: Paper, x: float, y: float, cells: Sequence[_Cell], *, heading: bool) -> float:
        with paper.element("TR"):
            for number, (cell, column) in enumerate(zip(cells, self._columns, strict=True)):
                scope = "Column" if heading else "Row" if number == 0 or column.names else None
                quiet = scope == "Row" and not self._ruled
                inset = self._size * 0.8 if column.align is Align.RIGHT and number + 1 < len(cells) else 0.0
                anchor = x + (column.width - inset) * column.align.value
                with paper.ink(0.35 if quiet else 0.0):
                    self._draw_cell(paper, cell, column.align, anchor, y, scope)
                x += column.width
        return y + self._row_height(cells)

    def _draw_cell(self, paper: Paper, cell: _Cell, align: Align, x: float, y: float, scope: str | None) -> None:
        role = "TH" if scope else "TD"
        baseline, leading = y + self._padding + self._size * _BASELINE, self._size * _SPACING
        if len(cell) == 1:
            with paper.marked(Element(role, cell[0].language, scope=scope)):
                for line in cell[0].lines:
                    paper.draw(line, x, baseline, self._size, align)
                    baseline += leading
            return
        with paper.element(role, scope=scope):
            for lines, language in cell:
                baseline = paper.lines("Span", x, baseline, lines, self._size, leading, align, language=language)


def _least_below(block: Block, following: Sequence[tuple[Block, float]]) -> float:
    """What has to stand below a heading on its page: the headings below it, and the beginning of what these are about."""
    needed = 0.0
    for one, above in following:
        if not (isinstance(block, TextBlock) and block.is_heading):
            break
        needed += above + (one.least if isinstance(one, TableBlock) else one.height)
        block = one
    return needed


def pour(
    paper: Paper, blocks: Sequence[tuple[Block, float]], x: float, top: float, bottom: float, *,
    begin_page: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """A report: blocks, each with the space above it, from `top` down to `bottom` on as many pages as they need.

    Tables break between rows and repeat their heading; a heading (any block with the role H1 to H6) does not stand
    alone at the foot. `begin_page` draws what every page has. The first page is begun here too.
    """
    begin_page()
    y = top
    waiting = list(blocks)
    while waiting:
        block, above = waiting.pop(0)
        above = above if y > top else 0.0
        room = bottom - y - above
        needed = block.height + _least_below(block, waiting)
        if isinstance(block, TableBlock) and block.height > room:
            fitting, rest = block.split(room)
            if rest and (fitting or y > top):
                waiting.insert(0, (rest, 0.0))
                if fitting:
                    fitting.draw(paper, x, y + above)
                paper.new_page()
                begin_page()
                y = top
                continue
        if needed > room and y > top:
            paper.new_page()
            begin_page()
            y, above = top, 0.0
        block.draw(paper, x, y + above)
        y += above + block.height
