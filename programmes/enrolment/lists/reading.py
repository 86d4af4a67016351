"""Reads a list that somebody sends, in a process of its own that may neither take long nor much (`reader`)."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from fields import showable
from programmes.enrolment.lists.rules import LARGEST_FILE, LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Row
from wording import N_, Reason, Refused

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 5  # security.md UP-1
READER = f"{__package__}.reader"
KINDS = {".csv": False, ".txt": False, ".xlsx": True}  # whether it is a workbook
TOO_DEAR = N_("Die Datei lässt sich nicht in der Zeit und mit dem Speicher lesen, die eine Liste braucht.")
WHY = {
    "no table": N_("Das ist keine CSV-Datei. Bitte speichern Sie die Tabelle als „CSV UTF-8“ oder als XLSX."),
    "no workbook": N_("Das ist keine XLSX-Datei, oder sie ist beschädigt. Bitte speichern Sie die Tabelle neu als XLSX oder als CSV."),
    "locked": N_("Die Datei hat ein Passwort oder ist in einem alten Format. Bitte speichern Sie sie ohne Passwort als XLSX."),
    "unpacked": N_("Die Datei ist ausgepackt viel zu groß für eine Liste."),
    "rows": N_("Die Liste hat zu viele Zeilen: höchstens {most}."),
    "columns": N_("Die Liste hat zu viele Spalten: höchstens {columns}."),
}  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """What stands in a file: in which encoding it was read, and the rows in which something stands."""

    encoding: str
    rows: list[Row]


def read(name: str, data: bytes) -> Sheet:
    """What stands in a CSV or XLSX file. Raises Refused with what somebody can do about it."""
    suffix = Path(name.replace("\\", "/").replace("\x00", "")).suffix.casefold()
    if suffix not in KINDS:
        raise _refused(N_("Bitte wählen Sie eine CSV- oder XLSX-Datei."))
    if not data.strip():
        raise _refused(N_("Bitte wählen Sie eine Datei, in der etwas steht."))
    if len(data) > LARGEST_FILE:
        raise Refused(
            Reason(N_("Die Datei ist zu groß: höchstens {most} kB."), field="file", most=LARGEST_FILE // 1000)
        )
    limits = {"rows": MOST_ROWS, "columns": MOST_COLUMNS, "letters": LONGEST_CELL}
    order = json.dumps({"xlsx": KINDS[suffix], "data": base64.b64encode(data).decode(), **limits})
    try:
        done = subprocess.run(  # noqa: S603  our own module; the file is its input, never part of the command
            [sys.executable, "-m", READER],
            input=order, capture_output=True, text=True, timeout=SECONDS, cwd=ROOT, check=False, env={"PYTHONPATH": str(ROOT), "OPENPYXL_LXML": "False"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _refused(TOO_DEAR) from None
    if done.returncode:
        raise _refused(WHY["no workbook"] if "Error" in done.stderr and "Memory" not in done.stderr else TOO_DEAR)
    answer = json.loads(done.stdout)
    if "unreadable" in answer:
        raise Refused(Reason(WHY[answer["unreadable"]], field="file", most=MOST_ROWS, columns=MOST_COLUMNS))
    return Sheet(answer["encoding"], [(number, [_clean(cell) for cell in cells]) for number, cells in answer["rows"]])


def _refused(text: str) -> Refused:
    return Refused(Reason(text, field="file"))


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text if text.isprintable() else showable(text))
