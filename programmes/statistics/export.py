"""Makes the files that coordinators take away: CSV and XLSX from the same table as the page."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import xlsxwriter

from programmes.statistics.matrix import Matrix
from programmes.statistics.rules import FIGURE, MEASURES, Hidden, MeasureKind, Row, Standing, defused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Shown = FIGURE | Hidden


@dataclass(frozen=True)
class Sheet:
    """What goes into a file. `headings` are (key, name) of the dimensions; `notes` (term, text) of the second sheet."""

    title: str
    headings: Sequence[tuple[str, str]]
    key_name: str
    rows: Sequence[Row]
    figures: Sequence[Mapping[str, Shown]]
    total: Mapping[str, Shown]
    total_label: str
    names: Mapping[str, str]
    notes: Sequence[tuple[str, str]]
    definitions_title: str
    first: dt.date
    last: dt.date
    as_of: dt.date

    def lines(self) -> Iterator[tuple[list[str], Mapping[str, Shown]]]:
        """Key and name in each dimension, and the figures, of every line; the total last."""
        for row, figures in zip(self.rows, self.figures, strict=True):
            yield [text for head in row.heads for text in (head.key, head.label)], figures
        yield ["total", self.total_label] + ["", ""] * (len(self.headings) - 1), self.total


def plain(value: Shown) -> str | int | float:
    """A figure as a file holds it: a number, or the sign that stands for it."""
    if value is None:
        return "x"
    if isinstance(value, Hidden):
        return value.sign
    return round(float(value), 1) if isinstance(value, Fraction) else value


def csv_of(lines: Iterable[Iterable[object]]) -> bytes:
    """The dialect of all our CSV: UTF-8 with BOM, semicolons, CRLF. Whoever writes a line has defused its texts."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(lines)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def new_book(target: io.BytesIO) -> xlsxwriter.Workbook:
    """A workbook in which text is never a formula, a number or a link."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return xlsxwriter.Workbook(target, options)


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with BOM, semicolons, CRLF, ISO dates, stable English keys; no cell is a live formula."""
    keys = [measure.key for measure in MEASURES]
    heads = [name for key, _ in sheet.headings for name in (key, f"{key}_label")]
    period = [sheet.first.isoformat(), sheet.last.isoformat(), sheet.as_of.isoformat()]
    lines = (
        [*map(defused, words), *period, *(plain(figures[name]) for name in keys)] for words, figures in sheet.lines()
    )
    return csv_of([[*heads, "from", "until", "as_of", *keys], *lines])


def matrix_as_csv(matrix: Matrix) -> bytes:
    """Person by date, in the same dialect: a column a meeting, named by its day and hour; the marks by their stable keys."""
    columns = [f"{meeting.date.isoformat()}T{meeting.starts_at:%H:%M}" for meeting in matrix.meetings]
    lines: list[list[object]] = [["number", "name", "child", *columns, *Standing]]
    for row in matrix.rows:
        counts = row.counts
        kind = "yes" if row.is_child else "no"
        lines.append([row.number, defused(row.name), kind, *row.squares, *(counts[of] for of in Standing)])
    return csv_of(lines)


def as_xlsx(sheet: Sheet) -> bytes:
    """Typed cells, frozen head, ready for A4 landscape; the definitions on a sheet of their own; text is never a formula."""
    target = io.BytesIO()
    book = new_book(target)
    book.set_properties({"title": sheet.title, "author": "Kursbuch"})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8EDF4"})
    whole = book.add_format({"num_format": "#,##0"})
    share = book.add_format({"num_format": "0.0"})
    text = book.add_format({"quote_prefix": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    secret = book.add_format({"align": "right"})
    bold = {True: book.add_format({"bold": True, "top": 1, "num_format": "#,##0"}), False: whole}

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
    names = [text for _, name in sheet.headings for text in (f"{name} ({sheet.key_name})", name)]
    for column, name in enumerate([*names, *(sheet.names[measure.key] for measure in MEASURES)]):
        page.write_string(0, column, name, head)
    lines = list(sheet.lines())
    for line, (heads, figures) in enumerate(lines, start=1):
        is_total = line == len(lines)
        for column, words in enumerate(heads):
            page.write_string(line, column, words, text)
        for column, measure in enumerate(MEASURES, start=width):
            value = plain(figures[measure.key])
            if isinstance(value, str):
                page.write_string(line, column, value, secret)
            else:
                page.write_number(line, column, value, share if measure.kind is MeasureKind.RATE else bold[is_total])

    notes = book.add_worksheet(sheet.definitions_title[:31])
    notes.set_column(0, 0, 34)
    notes.set_column(1, 1, 110)
    for line, (term, meaning) in enumerate(sheet.notes):
        notes.write_string(line, 0, term, head)
        notes.write_string(line, 1, meaning, wrapped)
    book.close()
    return target.getvalue()
