"""The record of processing (Art. 30 GDPR) and the information for people (Art. 13), made of the register: Markdown texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auth.rules import Role
from programmes.rights.rules import ACTIVITIES, BASES, PERIODS, REGISTER, RETENTION, Table

_MEASURES = (
    "Zugang nur mit Konto und Rolle, auf den eigenen Bereich begrenzt; Protokoll ohne Inhalte; gelöscht wird auch aus Index, "
    "Zwischenständen und Datei; Sicherungen wiederholen spätere Löschungen beim Zurückspielen."
)
_RECORD = """# Verzeichnis der Verarbeitungstätigkeiten (Art. 30 DSGVO)

Aus dem Register der Spalten (`programmes/rights/register.json`), mit `python run.py rights record`.

**Verantwortlich:** der Landkreis, Integrationsbüro. Anschrift, Vertretung und die oder der Datenschutzbeauftragte: bitte eintragen.
**Übermittlung in Drittländer:** keine. **Technische und organisatorische Maßnahmen:** {measures}
"""
_INFORMATION = """# Was wir über Sie wissen und warum (Art. 13 DSGVO)

Das Integrationsbüro des Landkreises speichert Daten über Sie, damit Sie an Kursen teilnehmen können. Sie können Auskunft verlangen, Falsches
berichtigen lassen, und verlangen, dass wir Daten löschen oder nicht mehr verwenden (Art. 15 bis 18 und 21 DSGVO). Freiwillige Angaben
können Sie jederzeit zurücknehmen. Beschweren können Sie sich bei der oder dem Hessischen Beauftragten für Datenschutz und
Informationsfreiheit.
"""


def record() -> str:
    """The record of processing: for each activity the people, the data with their purposes, bases, who reads them, and until when."""
    parts = [_RECORD.format(measures=_MEASURES)]
    for key, activity in ACTIVITIES.items():
        tables = _of(key)
        bases = dict.fromkeys(BASES[column.basis] for table in tables for column in table.columns.values())
        parts.append(
            f"## {activity['title']}\n\n"
            f"* **Betroffene:** {activity['people']}\n"
            f"* **Empfänger:** {activity['recipients']}\n"
            f"* **Rechtsgrundlagen:** {'; '.join(bases)}\n\n"
            "| Daten | Zweck | Wer liest | Wie lange |\n|---|---|---|---|\n" + "\n".join(map(_line, tables)) + "\n"
        )
    nobody = "\n".join(f"* {table.name}: {table.nobody}" for table in REGISTER.values() if table.nobody)
    parts.append(f"## Tabellen ohne Daten über Menschen\n\n{nobody}\n")
    periods = "\n".join(
        f"* {period.title}: {_how_long(period.years, period.months, period.days, period.hours)}" for period in PERIODS
    )
    parts.append(f"## Was der nächtliche Lauf löscht (von selbst; von Hand `python run.py retention`)\n\n{periods}\n")
    return "\n".join(parts)


def information() -> str:
    """What participants are told, in the words of the register: what is known about them, what for, on which ground, how long."""
    parts = [_INFORMATION]
    for key, activity in ACTIVITIES.items():
        tables = [table for table in _of(key) if table.is_of_people and not table.internal]
        if not tables:
            continue
        parts.append(f"## {activity['title']}\n\nWer sie bekommt: {activity['recipients']}.\n")
        for table in tables:
            told = [column for column in table.columns.values() if not column.internal]
            purposes = dict.fromkeys(column.purpose for column in told if column.purpose != table.purpose)
            bases = dict.fromkeys(BASES[column.basis] for column in told)
            parts.append(
                f"* **{_upper(table.purpose)}.**" + (f" Im Einzelnen: {'; '.join(purposes)}." if purposes else "")
                + f" Grundlage: {'; '.join(bases)}. Wie lange: {RETENTION[table.retention]}.\n"
            )  # fmt: skip
    return "\n".join(parts)


def _of(activity: str) -> Sequence[Table]:
    return [table for table in REGISTER.values() if table.activity == activity]


def _line(table: Table) -> str:
    who = ", ".join(Role(role).label for role in table.audience) or "niemand"
    names = ", ".join(f"{name}" for name in _names(table))
    return f"| {table.name}: {names} | {table.purpose} | {who} | {RETENTION[table.retention]} |"


def _names(table: Table) -> Iterator[str]:
    """The columns; with what they are for where that is more than what the table is for."""
    for column in table.columns.values():
        yield column.name if column.purpose == table.purpose else f"{column.name} ({column.purpose})"


def _how_long(years: int, months: int, days: int, hours: int) -> str:
    spans = ((years, "Jahr", "Jahre"), (months, "Monat", "Monate"), (days, "Tag", "Tage"), (hours, "Stunde", "Stunden"))
    return " ".join(f"{many} {one if many == 1 else more}" for many, one, more in spans if many) or "sofort"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
