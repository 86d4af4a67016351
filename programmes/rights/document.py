"""The extract for a person, and the certificate of deletion, on paper: PDF bytes, A4 upright."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import clock
from paper.archive import About
from paper.flow import Block, Column, TableBlock, TextBlock, pour
from paper.fonts import Cut
from paper.german import day
from paper.page import MM, Align, Paper
from programmes.rights.extract import Told
from programmes.rights.models import Erasure
from programmes.rights.queries import Left
from programmes.rights.rules import FEWEST_ALIKE, GIVEN_UP_FIRST, NAMES, REGISTER

_OFFICE = "Kreis Offenbach · Integrationsbüro"
_EXTRACT, _DELETION = "Auskunft nach Artikel 15 DSGVO", "Bestätigung der Löschung"
_LEFT, _RIGHT, _TOP, _BOTTOM, _FOOT = 20 * MM, 190 * MM, 26 * MM, 274 * MM, 286 * MM
_WIDTH = _RIGHT - _LEFT
_NAMES = 58 * MM
_LONGEST = 400  # letters of a value, the longest sentence anybody writes; beyond it is a file
_DAY, _INSTANT = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_RIGHTS = (
    "Sie können verlangen, dass Falsches berichtigt und Weiteres gelöscht oder nicht mehr verwendet wird (Art. 16 bis 18 und 21 DSGVO), und sich "
    "bei der oder dem Hessischen Beauftragten für Datenschutz und Informationsfreiheit beschweren. Nichts davon wird von einer Maschine "
    "entschieden. Daten gehen in keinen anderen Staat."
)
_Placed = tuple[Block, float]


def extract(told: Told, name: str, now: dt.datetime, *, demo: bool) -> bytes:
    """Everything about a person. Raises paper.text.MissingGlyphsError where no font draws a letter."""
    return _poured(_EXTRACT, list(_extract(told, name)), now, demo=demo)


def _extract(told: Told, name: str) -> Iterator[_Placed]:
    yield TextBlock(_EXTRACT, _WIDTH, (24,), Cut.BOLD, role="H1"), 0
    yield TextBlock(name, _WIDTH, (14,)), 4
    yield TextBlock(_RIGHTS, _WIDTH, (10,)), 10
    for table, rows in told["data"].items():
        purpose = told["purposes"][table]
        yield TextBlock(_upper(purpose["purpose"]), _WIDTH, (13,), Cut.BOLD, role="H2"), 18
        about = f"Grundlage: {'; '.join(purpose['basis'])}. Empfänger: {purpose['recipients']}. Wie lange: {purpose['kept']}."
        yield TextBlock(about, _WIDTH, (8.5,)), 2
        yield _rows(table, rows), 4
    yield TextBlock("Wer damit gearbeitet hat", _WIDTH, (13,), Cut.BOLD, role="H2"), 18
    if told["accesses"]:
        columns = [Column(45 * MM, "Zeit"), Column(80 * MM, "Vorgang"), Column(45 * MM, "Wer")]
        lines = [(_moment(one["at"]), one["act"], one["by"] or "–") for one in told["accesses"]]
        yield TableBlock(columns, lines, 8.5, ruled=True), 4
    else:
        yield TextBlock("Im Protokoll steht nichts.", _WIDTH, (10,)), 4


def _rows(table: str, rows: list[dict[str, Any]]) -> TableBlock:
    """One row as a list of facts; several as numbered lines."""
    if len(rows) == 1:
        facts = [(_called(table, name), _said(value)) for name, value in rows[0].items()]
        return TableBlock([Column(_NAMES), Column(_WIDTH - _NAMES)], facts, 9, ruled=False)
    lines = [
        (str(number), "; ".join(f"{_called(table, name)}: {_said(value)}" for name, value in row.items()))
        for number, row in enumerate(rows, 1)
    ]
    return TableBlock([Column(12 * MM), Column(_WIDTH - 12 * MM)], lines, 8.5, ruled=False)


def _called(table: str, name: str) -> str:
    return NAMES.get(name) or REGISTER[table].columns[name].purpose


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, dict):
        return "steht in der JSON-Datei"
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    text = str(value)
    if _INSTANT.fullmatch(text):
        return _moment(text)
    if _DAY.fullmatch(text):
        return f"{dt.date.fromisoformat(text):%d.%m.%Y}"
    return text if len(text) <= _LONGEST else "steht in der JSON-Datei"


def deletion(erasure: Erasure, left: Left, now: dt.datetime, *, demo: bool) -> bytes:
    """That somebody was erased: number and days, what went by kind, on how many people fits what is left; no name."""
    return _poured(f"{_DELETION} {erasure.number}", list(_deletion(erasure, left)), now, demo=demo)


def _deletion(erasure: Erasure, left: Left) -> Iterator[_Placed]:
    yield TextBlock(_DELETION, _WIDTH, (24,), Cut.BOLD, role="H1"), 0
    text = (
        "Die Daten, die zu dieser Nummer gehörten, sind gelöscht: aus der Datenbank, ihrem Suchindex und ihren Dateien. Was gezählt wird, "
        "bleibt ohne Namen. Bescheinigungen bleiben prüfbar, ohne zu sagen, wem sie gehören. Wird eine ältere Sicherung zurückgespielt, "
        "so wird die Löschung dabei wiederholt. Unterschriebene Listen auf Papier vernichtet, wer die Akte führt, nach deren Frist."
    )
    yield TextBlock(text, _WIDTH, (11,)), 10
    fits = f"Was übrig ist, damit Statistiken gleich bleiben, trifft heute auf {left.alike} Menschen zu."
    if left.is_rare:
        names = ", ".join(GIVEN_UP_FIRST[name] for name in left.given_up)
        fits += f" Das sind weniger als {FEWEST_ALIKE}: Eine Zahl, die im Büro bleibt, braucht noch: {names}."
    yield TextBlock(fits, _WIDTH, (11,)), 6
    facts = [
        ("Nummer", erasure.number),
        ("Anlass", erasure.ground.label),
        ("Vorgeschlagen am", _day(erasure.proposed_at)),
        ("Freigegeben am", _day(erasure.approved_at)),
        ("Dem Archiv angeboten am", day(erasure.offered_on) if erasure.offered_on else "–"),
        ("Antwort des Archivs", erasure.archive.label if erasure.archive else "–"),
        ("Gelöscht am", _day(erasure.ended_at)),
    ]
    yield TableBlock([Column(_NAMES), Column(_WIDTH - _NAMES)], facts, 11, ruled=False), 12
    if erasure.removed:
        yield TextBlock("Was es war", _WIDTH, (13,), Cut.BOLD, role="H2"), 18
        columns = [Column(_WIDTH - 40 * MM, "Wofür"), Column(40 * MM, "Zeilen", Align.RIGHT)]
        gone = [(_upper(REGISTER[name].purpose), str(count)) for name, count in sorted(erasure.removed.items())]
        yield TableBlock(columns, gone, 10, ruled=True), 4


def _poured(title: str, blocks: list[_Placed], now: dt.datetime, *, demo: bool) -> bytes:
    paper = Paper(About(title, _OFFICE, "de-DE", now))
    number = 0

    def begin_page() -> None:
        nonlocal number
        number += 1
        paper.furniture(_LEFT, 14 * MM, _OFFICE, 9)
        if demo:
            paper.furniture(_RIGHT, 14 * MM, "Muster – Demonstrationsdaten", 9, Cut.ITALIC, Align.RIGHT)
        paper.furniture(_LEFT, _FOOT, f"{title} · Stand {day(now.astimezone(clock.BERLIN).date())}", 8)
        paper.furniture(_RIGHT, _FOOT, f"Seite {number}", 8, align=Align.RIGHT)

    pour(paper, blocks, _LEFT, _TOP, _BOTTOM, begin_page=begin_page)
    return paper.finish()


def _day(instant: dt.datetime | None) -> str:
    return day(instant.astimezone(clock.BERLIN).date()) if instant else "–"


def _moment(text: str) -> str:
    return f"{dt.datetime.fromisoformat(text).astimezone(clock.BERLIN):%d.%m.%Y %H:%M}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
