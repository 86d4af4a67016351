"""Makes the files that are taken away: CSV and XLSX of the same lines as the page, each written before the next is asked for."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import IO, Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from programmes.statistics.matrix import Matrix
from programmes.statistics.rules import FIGURE, MEASURES, Head, Hidden, MeasureKind, Question, Standing, defused

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEYS = tuple(measure.key for measure in MEASURES)
FROM_LEFT = itemgetter(*KEYS)
BOM = b"\xef\xbb\xbf"
PERIOD = ("from", "until", "as_of")
Shown = FIGURE | Hidden
Cell = str | int | float
Line = tuple[Sequence[str], Sequence[Cell]]  # key and name in each dimension; the figures in the order of MEASURES


@dataclass(frozen=True)
class Sheet:
    """What goes into a workbook. `headings` are the names of the dimensions; `lines` the rows, and after so many of them the total;
    `notes` (term, text) of the second sheet."""

    title: str
    headings: Sequence[str]
    key_name: str
    lines: Iterable[Line]
    rows: int
    names: Sequence[str]
    notes: Sequence[tuple[str, str]]
    definitions_title: str


def line(heads: Iterable[Head], figures: Mapping[str, Shown]) -> Line:
    """One line of a file."""
    words = [text for head in heads for text in (head.key, head.label)]
    return words, [value if type(value) is int else plain(value) for value in FROM_LEFT(figures)]


def plain(value: Shown) -> Cell:
    """A figure as a file holds it: a number, or the sign that stands for it."""
    if value is None:
        return "x"
    if isinstance(value, Hidden):
        return value.sign
    return value if isinstance(value, int) else round(value.numerator / value.denominator, 1)


def csv_of(lines: Iterable[Iterable[object]]) -> bytes:
    """The dialect of all our CSV: UTF-8 with BOM, semicolons, CRLF. Whoever writes a line has defused its texts."""
    return BOM + _in_dialect(lines)


def _in_dialect(lines: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()


class PlainText(Worksheet):
    """A sheet on which text is text: XlsxWriter would copy what stands between <r> and </r> into the file as it is. And one that
    is quick with numbers: nothing in the place and format of a cell has to be escaped."""

    def _xml_rich_inline_string(self, string: str, attributes: Sequence[tuple[str, Any]] = ()) -> None:
        self._xml_inline_string(string, True, attributes)

    def _xml_number_element(self, number: float, attributes: Sequence[tuple[str, Any]] = ()) -> None:
        about = "".join([f' {name}="{value}"' for name, value in attributes])
        self.fh.write(f"<c{about}><v>{number:.16G}</v></c>")


class Book(xlsxwriter.Workbook):
    """A workbook in which text is never a formula, a number or a link. It is written row by row from above, and keeps none in memory."""

    worksheet_class = PlainText

    def __init__(self, file: IO[bytes]) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        super().__init__(file, options)


def csv_head(question: Question) -> bytes:
    """The first line of a table's CSV: stable English keys."""
    heads = [name for by in question.dimensions for name in (by.value, f"{by}_label")]
    return csv_of([[*heads, *PERIOD, *KEYS]])


def csv_lines(lines: Iterable[Line], question: Question, as_of: dt.date) -> bytes:
    """Lines of a table's CSV: ISO dates, and no cell is a live formula."""
    period = [day.isoformat() for day in (question.first, question.last, as_of)]
    return _in_dialect([*map(defused, words), *period, *cells] for words, cells in lines)


def read_lines(data: bytes, question: Question) -> Iterator[Line]:
    """The lines of a table's CSV again, unchanged."""
    width = 2 * len(question.dimensions)
    for cells in csv.reader(io.StringIO(data.decode(), newline=""), delimiter=";", strict=True):
        yield [text.removeprefix("'") for text in cells[:width]], list(map(_figure, cells[width + len(PERIOD) :]))


def _figure(text: str) -> Cell:
    """The opposite of what `csv` makes of a plain figure. Whole numbers have no point, the signs are no numbers."""
    if text.isdecimal():
        return int(text)
    return float(text) if "." in text else text


def matrix_as_csv(matrix: Matrix) -> bytes:
    """Person by date, in the same dialect: a column a meeting, named by its day and hour; the marks by their stable keys."""
    columns = [f"{meeting.date.isoformat()}T{meeting.starts_at:%H:%M}" for meeting in matrix.meetings]
    lines: list[list[object]] = [["number", "name", "child", *columns, *Standing]]
    for row in matrix.rows:
        counts = row.counts
        kind = "yes" if row.is_child else "no"
        lines.append([row.number, defused(row.name), kind, *row.squares, *(counts[of] for of in Standing)])
    return csv_of(lines)


def as_xlsx(sheet: Sheet, file: IO[bytes]) -> None:
    """Typed cells, frozen head, ready for A4 landscape; the definitions on a sheet of their own."""
    book = Book(file)
    book.set_properties({"title": sheet.title, "author": "Kursbuch"})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8EDF4"})
    whole = book.add_format({"num_format": "#,##0"})
    share = book.add_format({"num_format": "0.0"})
    text = book.add_format({"quote_prefix": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    secret = book.add_format({"align": "right"})
    bold = book.add_format({"bold": True, "top": 1, "num_format": "#,##0"})

    page = book.add_worksheet(sheet.title[:31])
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    width = 2 * len(sheet.headings)
    page.freeze_panes(1, width)
    for column in range(0, width, 2):
        page.set_column(column, column, 14)
        page.set_column(column + 1, column + 1, 40 if width == 2 else 28)
    page.set_column(width, width + len(MEASURES) - 1, 13)
    names = [text for name in sheet.headings for text in (f"{name} ({sheet.key_name})", name)]
    for column, name in enumerate([*names, *sheet.names]):
        page.write_string(0, column, name, head)
    of_rows, of_total = (
        [share if measure.kind is MeasureKind.RATE else number for measure in MEASURES] for number in (whole, bold)
    )
    for number, (words, cells) in enumerate(sheet.lines, start=1):
        for column, word in enumerate(words):
            page.write_string(number, column, word, text)
        formats = of_rows if number <= sheet.rows else of_total
        for column, (value, form) in enumerate(zip(cells, formats, strict=True), start=width):
            if isinstance(value, str):
                page.write_string(number, column, value, secret)
            else:
                page.write_number(number, column, value, form)

    notes = book.add_worksheet(sheet.definitions_title[:31])
    notes.set_column(0, 0, 34)
    notes.set_column(1, 1, 110)
    for number, (term, meaning) in enumerate(sheet.notes):
        notes.write_string(number, 0, term, head)
        notes.write_string(number, 1, meaning, wrapped)
    book.close()
