"""Decides where paper, marks and report of a meeting differ (domain.md D9: filed sheets = marks = report)."""

from __future__ import annotations

import datetime as dt

from programmes.attendance.rules import SheetState
from wording import N_, Reason, Term

MOST_DAYS = 3 * 366  # as long as most grants; marks are compared one by one, so not those of twenty years


class Difference(Term):
    """Where the paper, the roll call and the report of a meeting do not say the same."""

    SHEET_MISSING = "sheet_missing", N_("Liste fehlt")
    SHEET_OUTDATED = "sheet_outdated", N_("Liste fehlt, die gedruckte ist überholt")
    MARKS_MISSING = "marks_missing", N_("Einträge fehlen")
    NOT_CLOSED = "not_closed", N_("nicht abgeschlossen")
    SIGNATURES = "signatures", N_("Unterschriften ≠ Anwesende")
    REPORT = "report", N_("Anwesende ≠ Bericht")


def differences(
    sheet: SheetState,
    *,
    closed: bool,
    signatures: int | None,
    there: int,
    reported: int,
    unmarked: int,
    heads_only: bool = False,
) -> list[Difference]:
    """Everything that differs at a meeting that is over. `signatures` of the filed sheet, `there` by the roll call, `reported`
    by the report (own days only), `unmarked` people without a mark. Heads are signed for by nobody."""
    found = []
    if not heads_only and sheet is not SheetState.FILED:
        found.append(Difference.SHEET_OUTDATED if sheet is SheetState.OUTDATED else Difference.SHEET_MISSING)
    if not closed:
        found.append(Difference.NOT_CLOSED)
    if unmarked:
        found.append(Difference.MARKS_MISSING)
    if closed and signatures is not None and signatures != there:
        found.append(Difference.SIGNATURES)
    if closed and there != reported:
        found.append(Difference.REPORT)
    return found


def reconciliation_reasons(first: dt.date, last: dt.date) -> list[Reason]:
    """What speaks against comparing the meetings of a period."""
    if (last - first).days < MOST_DAYS:
        return []
    return [Reason(N_("Bitte höchstens drei Jahre: Abgeglichen wird Termin für Termin."), field="last")]
