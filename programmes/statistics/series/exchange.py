"""Makes the CSV file of a series, and reads one: any that a spreadsheet writes, and nothing that only looks like one."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from fields import unfit
from programmes.statistics.rules import Hidden, defused
from programmes.statistics.series.rules import (
    NOTHING,
    Cell,
    Place,
    Reported,
    SeriesFacts,
    SeriesKind,
    period_key,
    shown,
    total,
)
from wording import N_, Reason, Refused

LARGEST_FILE = 200_000  # bytes: a hundred years of all municipalities are half of it
MOST_LINES = 2000
BREAK = re.compile(r"\r\n|\r|\n")
NO_TABLE = Reason(N_("Das ist keine CSV-Datei. Bitte speichern Sie die Tabelle als „CSV UTF-8“."), field="file")
TOTAL = "total"
ABOUT = ("title", "definition", "source", "instrument", "version", "assessed_language", "ages", "unit")


def place_key(facts: SeriesFacts) -> str:
    """The head of the column that says what a row is about."""
    return "department" if facts.kind is SeriesKind.TRAINING else "municipality"


def as_csv(
    facts: SeriesFacts, places: Sequence[Place], years: Sequence[int], known: Mapping[Cell, Reported], as_of: dt.date, *, disclose: bool
) -> bytes:  # fmt: skip
    """All rows and periods, also those of which nothing is reported: their cells are empty, to be filled in and sent back.

    What is to be passed on has other heads for its rounded figures, so that nobody takes them in for the real ones.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    figures = ["cases_rounded", "of_all_rounded", "percent_rounded"] if disclose else ["cases", "of_all", "note"]
    writer.writerow(["series", place_key(facts), "period", *figures, "as_of", *ABOUT])
    about = [as_of.isoformat(), *(defused(str(getattr(facts, name) or "")) for name in ABOUT)]
    for year in years:
        told = [known.get((place.name, year), NOTHING) for place in places]
        names = [place.name for place in places]
        if disclose:
            told, names = [*told, total(told)], [*names, TOTAL]
        for name, one in zip(names, told, strict=True):
            cells = _rounded(one) if disclose else [_plain(one.cases), _plain(one.of_all), defused(one.note or "")]
            writer.writerow([facts.key, defused(name), period_key(facts.rhythm, year), *cells, *about])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _rounded(one: Reported) -> list[str]:
    figure = shown(one, disclose=True)
    return [_plain(figure.cases), _plain(figure.of_all), _plain(figure.share)] if figure else ["", "", ""]


def _plain(value: int | Hidden | Fraction | None) -> str:
    if isinstance(value, Hidden):
        return value.sign
    return "" if value is None else str(value)


def text_of(data: bytes) -> str:
    """The text of a file in UTF-8 or Windows-1252. Raises Refused for what is no text."""
    if len(data) > LARGEST_FILE:
        raise Refused(
            Reason(N_("Die Datei ist zu groß: höchstens {most} kB."), field="file", most=LARGEST_FILE // 1000)
        )
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(NO_TABLE)


def lines_of(text: str, facts: SeriesFacts) -> list[dict[str, str]]:
    """The lines of a file by the keys of its heads, the apostrophe taken away that kept a text from being a formula.

    Lines without anything keep their number. Raises Refused when columns are missing or it is no table.
    """
    if not text.strip():
        raise Refused(Reason(N_("Bitte wählen Sie eine Datei, in der etwas steht."), field="file"))
    text = unicodedata.normalize("NFC", text)
    if any(unfit(line.replace("\t", " ")) for line in text.splitlines()):
        raise Refused(NO_TABLE)
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") >= head.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise Refused(
            Reason(N_("Die Datei ist keine Tabelle: Ein Anführungszeichen geht nicht zu."), field="file")
        ) from None
    heads = [name.strip().casefold() for name in rows[0]] if rows else []
    wanted = {"series": "series", "place": place_key(facts), "period": "period", "cases": "cases"}
    missing = [name for name in wanted.values() if name not in heads]
    if missing or len(set(filter(None, heads))) < len(list(filter(None, heads))):
        raise Refused(
            Reason(
                N_("In der ersten Zeile müssen diese Spalten stehen, jede einmal: {names}. Es fehlt: {missing}."),
                field="file", names=", ".join([*wanted.values(), "of_all", "note"]), missing=", ".join(missing) or "–",
            )
        )  # fmt: skip
    if len(rows) > MOST_LINES + 1:
        raise Refused(Reason(N_("Die Datei hat mehr als {most} Zeilen."), field="file", most=MOST_LINES))
    wanted |= {"of_all": "of_all", "note": "note"}
    return list(_cells(rows[1:], {key: heads.index(name) for key, name in wanted.items() if name in heads}, wanted))


def _cells(rows: list[list[str]], where: Mapping[str, int], keys: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for row in rows:
        line = dict.fromkeys(keys, "")
        for key, column in where.items():
            if column < len(row):
                line[key] = BREAK.sub(" ", row[column].removeprefix("'")).strip()
        yield line
