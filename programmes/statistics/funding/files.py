"""Makes the files that go to a funder, in the dialects of all our exports."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from programmes.statistics.export import Book, csv_of
from programmes.statistics.funding.tables import Cell, Kind, Table
from programmes.statistics.rules import Hidden, defused

EXACT, ROUNDED = "exact", "rounded"
NUMBERS = {
    Kind.PEOPLE: "#,##0",
    Kind.NUMBER: "#,##0",
    Kind.UNITS: "0.00",
    Kind.EUROS: "#,##0.00 €",
    Kind.DAY: "yyyy-mm-dd",
}


@dataclass(frozen=True)
class Given:
    """What every line says of the file: the grant's number, its period, the day it was read, and whether figures are exact."""

    reference: str
    first: dt.date
    last: dt.date
    as_of: dt.date
    exact: bool

    @property
    def method(self) -> str:
        return EXACT if self.exact else ROUNDED


def as_csv(table: Table, given: Given) -> bytes:
    """One table: stable English keys, ISO dates, points in decimals; no cell is a live formula."""
    heads = ["reference", "from", "until", "as_of", "method"]
    whole = [
        defused(given.reference),
        given.first.isoformat(),
        given.last.isoformat(),
        given.as_of.isoformat(),
        given.method,
    ]

    def lines() -> Iterator[list[object]]:
        yield [*heads, *(column.key for column in table.columns)]
        for row in table.rows:
            yield [*whole, *(_plain(cell, column.kind) for cell, column in zip(row, table.columns, strict=True))]

    return csv_of(lines())


def _plain(cell: Cell, kind: Kind) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, Hidden):
        return cell.sign
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, Fraction):
        return round(float(cell), 2)
    if isinstance(cell, int):
        return f"{cell // 100}.{cell % 100:02d}" if kind is Kind.EUROS else cell
    return defused(str(cell))


def as_xlsx(
    tables: Sequence[Table], notes: Sequence[tuple[str, str]], title: str, say: Callable[[str], str], notes_title: str
) -> bytes:
    """All tables, a sheet each, and the notes on the last; typed cells, text is never a formula. `say` translates."""
    target = io.BytesIO()
    book = Book(target)
    book.set_properties({"title": title, "author": "Kursbuch"})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8EDF4"})
    text = book.add_format({"quote_prefix": True})
    right = book.add_format({"align": "right"})
    formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in NUMBERS.items()}
    for table in tables:
        page = book.add_worksheet(say(table.label).replace(":", "").replace("/", " ")[:31])
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.freeze_panes(1, 0)
        for number, column in enumerate(table.columns):
            page.set_column(number, number, 24 if column.kind is Kind.TEXT else 13)
            page.write_string(0, number, say(column.label), head)
        for line, row in enumerate(table.rows, start=1):
            for number, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
                if isinstance(cell, Hidden):
                    page.write_string(line, number, cell.sign, right)
                elif isinstance(cell, dt.date):
                    page.write_datetime(line, number, dt.datetime.combine(cell, dt.time()), formats[Kind.DAY])
                elif isinstance(cell, Fraction | int):
                    value = cell / 100 if column.kind is Kind.EUROS else cell
                    page.write_number(line, number, float(value), formats[column.kind])
                elif cell is not None:
                    page.write_string(line, number, say(cell.label) if hasattr(cell, "label") else cell, text)
    page = book.add_worksheet(notes_title[:31])
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 110)
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
    for line, (term, meaning) in enumerate(notes):
        page.write_string(line, 0, term, head)
        page.write_string(line, 1, meaning, wrapped)
    book.close()
    return target.getvalue()
