"""Puts the words to a table: what its rows are called, how it was counted, what its signs mean, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flask_babel import gettext

from programmes.statistics.export import Line, Sheet, Shown, line
from programmes.statistics.rules import MEASURES, OF_PEOPLE, Head, Question, Row, disclosed
from wording import N_

SIGNS = (
    ("–", N_("genau null")),
    ("·", N_("geheim: niemand oder zu wenige Menschen")),
    ("x", N_("nicht sinnvoll: nichts angeboten, oder nicht nach Menschen zu teilen")),
)
METHOD_EXACT = N_("Genaue Zahlen des eigenen Bereichs. Nicht zur Weitergabe.")
METHOD_DISCLOSED = N_(
    "Zur Weitergabe: Zahlen von Menschen sind auf Vielfache von 5 gerundet, auch die Summen, jede für sich; Anwesenheiten, "
    "Minuten und Quoten erscheinen erst ab 20 Personen."
)
TOTALS = N_("Die Summe zählt Personen, Familien und Kinder neu: Wer in zwei Zeilen steht, zählt in der Summe einmal.")


def method(*, disclose: bool) -> str:
    """How figures are made, in a sentence that is still to be translated."""
    return METHOD_DISCLOSED if disclose else METHOD_EXACT


def said(head: Head) -> Head:
    """The head of a row in the reader's language."""
    return replace(head, label=gettext(head.label)) if head.is_said else head


def shown(row: Row, *, disclose: bool) -> Mapping[str, Shown]:
    """The figures of a row as they may be shown."""
    return disclosed(row.figures, has_families=row.has_families) if disclose else row.figures


def total_line(question: Question, total: Mapping[str, Shown]) -> Line:
    """The last line of a file."""
    _, cells = line((), total)
    return ["total", gettext("Summe")] + ["", ""] * (len(question.dimensions) - 1), cells


def sheet(question: Question, lines: Iterable[Line], rows: int, *, as_of: dt.date, disclose: bool) -> Sheet:
    """The workbook of a table: so many rows, and the total."""
    notes = [
        (gettext("Zeitraum"), f"{question.first.isoformat()} – {question.last.isoformat()}"),
        (gettext("Stichtag"), as_of.isoformat()),
        (gettext("Verfahren"), gettext(method(disclose=disclose))),
        (gettext("Summen"), gettext(TOTALS)),
        *((sign, gettext(meaning)) for sign, meaning in SIGNS),
        *((gettext(by.label), gettext(OF_PEOPLE[by])) for by in question.dimensions if by in OF_PEOPLE),
        *((f"{gettext(measure.label)} ({measure.key})", gettext(measure.definition)) for measure in MEASURES),
    ]
    return Sheet(
        title=gettext("Anwesenheit"), headings=[gettext(by.label) for by in question.dimensions],
        key_name=gettext("Kürzel"), lines=lines, rows=rows, names=[gettext(measure.label) for measure in MEASURES],
        notes=notes, definitions_title=gettext("Definitionen"),
    )  # fmt: skip
