"""The other side of `reading`: `python -m …` reads one file from its input and prints its rows, as JSON.

It may neither take long nor much. Whatever goes wrong in it ends it, and nothing else.
"""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

if sys.platform != "win32":  # which has no limits; the time-out of the one who waits remains
    import resource

SECONDS = 4  # of processor time
MEMORY = 700_000_000  # bytes of address space
MOST_MEMBERS, MOST_UNPACKED = 100, 50_000_000  # security.md UP-1
MOST_LINES = 100_000  # of a sheet, empty ones too
SIGNS_OF_OTHERS = (
    b"%PDF",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"<!",
    b"<html",
    b"<?xml",
    b"{\\rtf",
    b"\x89PNG",
    b"\xff\xd8\xff",
)
DECLARATIONS = tuple(
    "<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be")
)  # of entities; no workbook has any
DELIMITERS = (";", "\t", ",")


class Unreadable(Exception):
    """Why a file is not read: a word that `reading` says as a sentence."""


def main() -> None:
    """Limit oneself, read the order, answer."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    order = json.loads(sys.stdin.read())
    data = base64.b64decode(order["data"])
    try:
        encoding, lines = workbook(data) if order["xlsx"] else table(data)
        answer = {"encoding": encoding, "rows": rows(lines, order["rows"], order["columns"], order["letters"])}
    except Unreadable as why:
        answer = {"unreadable": str(why)}
    print(json.dumps(answer))  # noqa: T201  the answer


def rows(lines: Iterable[list[str]], most: int, columns: int, letters: int) -> list[tuple[int, list[str]]]:
    """The rows in which something stands, with their numbers."""
    found: list[tuple[int, list[str]]] = []
    for number, cells in enumerate(lines, start=1):
        cells = [" ".join(cell.split())[:letters] for cell in cells]
        while cells and not cells[-1]:
            cells.pop()
        if number > MOST_LINES or len(found) > most:
            raise Unreadable("rows")
        if len(cells) > columns:
            raise Unreadable("columns")
        if cells:
            found.append((number, cells))
    return found


def table(data: bytes) -> tuple[str, Iterator[list[str]]]:
    """A CSV file in UTF-8 or Windows-1252, with `;`, tab or `,` between its cells."""
    if b"\x00" in data or data.removeprefix(b"\xef\xbb\xbf").lstrip()[:5].startswith(SIGNS_OF_OTHERS):
        raise Unreadable("no table")
    try:
        name, text = "UTF-8", data.decode("utf-8-sig")
    except UnicodeDecodeError:
        name, text = "Windows-1252", _windows(data)
    return name, _lines(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text.splitlines()[:50])))


def _delimiter(lines: list[str]) -> str:
    """The sign at which most lines fall into equally many cells: a cell may well hold more commas than there are semicolons."""

    def agreeing(sign: str) -> int:
        cells = Counter(len(row) for row in _lines(csv.reader(lines, delimiter=sign)))
        return max((lines for count, lines in cells.items() if count > 1), default=0)

    return max(DELIMITERS, key=agreeing)


def _windows(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        raise Unreadable("no table") from None


def _lines(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        raise Unreadable("no table") from None


def workbook(data: bytes) -> tuple[str, Iterator[list[str]]]:
    """The first sheet of an XLSX file: values only, formulas as what they came to when it was saved."""
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise Unreadable("locked")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
        names = {member.filename for member in members}
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
            raise Unreadable("unpacked")
        if any(member.flag_bits & 1 for member in members):
            raise Unreadable("locked")
        if "xl/workbook.xml" not in names or any("vbaProject" in name for name in names):
            raise Unreadable("no workbook")
        if any(sign in archive.read(member) for member in members for sign in DECLARATIONS):
            raise Unreadable("no workbook")
        sheets = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False).worksheets
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, NotImplementedError, EOFError):
        raise Unreadable("no workbook") from None
    sheets[0].reset_dimensions()  # what a file says of its size need not be so
    return "XLSX", ([_text(value) for value in cells] for cells in sheets[0].iter_rows(values_only=True))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


if __name__ == "__main__":
    main()
