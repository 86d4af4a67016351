"""Rules of the signature sheet: when it is the same list, where it stands, what comes of comparing it."""

import datetime as dt
from dataclasses import replace

import pytest

from programmes.attendance.rules import (
    Finding,
    Listed,
    SheetState,
    Signer,
    filing_reasons,
    finding,
    fingerprint,
    same_print,
    sheet_state,
    stamp,
)

DAY = dt.date(2026, 11, 10)
BEFORE, AFTER = DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=1)
NOON = dt.datetime(2026, 11, 9, 12, tzinfo=dt.UTC)
LIST = Listed(
    DAY, dt.time(9), dt.time(12), 15, 3, "Bürgerhaus, Raum 2", (Signer(1, "Yılmaz, Ayşe"), Signer(2, "Weber, Olga", ("Mia",)))
)  # fmt: skip
PRINTED, OUTDATED, FILED, NEVER = SheetState.PRINTED, SheetState.OUTDATED, SheetState.FILED, SheetState.NOT_PRINTED

CHANGES = {
    "moved": replace(LIST, date=AFTER),
    "begins earlier": replace(LIST, starts_at=dt.time(8, 45)),
    "ends later": replace(LIST, ends_at=dt.time(12, 15)),
    "another break": replace(LIST, break_minutes=0),
    "another town": replace(LIST, municipality_id=4),
    "another room": replace(LIST, venue="Bürgerhaus, Raum 3"),
    "one more": replace(LIST, signers=(*LIST.signers, Signer(3, "Rossi, Giulia"))),
    "one less": replace(LIST, signers=LIST.signers[:1]),
    "another name": replace(LIST, signers=(Signer(1, "Yılmaz-Koch, Ayşe"), LIST.signers[1])),
    "another number": replace(LIST, signers=(Signer(5, "Yılmaz, Ayşe"), LIST.signers[1])),
    "another child": replace(LIST, signers=(LIST.signers[0], Signer(2, "Weber, Olga", ("Mia", "Leo")))),
    "a child is no adult": replace(LIST, signers=(LIST.signers[0], Signer(2, "Weber, Olga"), Signer(3, "Mia"))),
}


def test_the_same_list_has_the_same_fingerprint() -> None:
    assert fingerprint(LIST) == fingerprint(replace(LIST))
    assert len(fingerprint(LIST)) == 64
    assert stamp(fingerprint(LIST)) == fingerprint(LIST)[:4].upper()


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_a_change_makes_another_list(changed: Listed) -> None:
    assert fingerprint(changed) != fingerprint(LIST)


def test_every_change_makes_a_list_of_its_own() -> None:
    assert len({fingerprint(changed) for changed in CHANGES.values()}) == len(CHANGES)


@pytest.mark.parametrize(
    ("before", "same"),
    [
        (None, False),
        (("a", 7, NOON), True),
        (("a", 7, NOON - dt.timedelta(minutes=9, seconds=59)), True),
        (("a", 7, NOON - dt.timedelta(minutes=10)), False),
        (("b", 7, NOON), False),
        (("a", 8, NOON), False),
    ],
    ids=["first", "at once", "within ten minutes", "later", "another list", "somebody else"],
)
def test_a_viewer_that_loads_again_is_no_second_print(before: tuple[str, int, dt.datetime] | None, same: bool) -> None:
    assert same_print(before, "a", 7, NOON) is same


@pytest.mark.parametrize(
    ("printed", "filed", "state"),
    [
        (None, False, NEVER),
        ("now", False, PRINTED),
        ("then", False, OUTDATED),
        (None, True, FILED),
        ("now", True, FILED),
        ("then", True, FILED),
    ],
)
def test_where_a_sheet_stands(printed: str | None, filed: bool, state: SheetState) -> None:
    assert sheet_state(printed, "now", filed=filed) is state


@pytest.mark.parametrize(
    ("date", "filed_on", "cancelled", "heads_only", "said"),
    [
        (DAY, None, False, False, None),
        (DAY, DAY, False, False, None),
        (BEFORE, DAY, False, False, None),
        (BEFORE, BEFORE, False, False, None),
        (DAY, BEFORE, False, False, "erst nach dem Termin am 10.11.2026"),
        (DAY, AFTER, False, False, "liegt in der Zukunft"),
        (AFTER, None, False, False, "Der Termin liegt in der Zukunft"),
        (AFTER, AFTER, False, False, "Der Termin liegt in der Zukunft"),
        (BEFORE, BEFORE, True, False, "ausgefallen"),
        (BEFORE, BEFORE, False, True, "nur Köpfe"),
    ],
)
def test_what_speaks_against_filing(
    date: dt.date, filed_on: dt.date | None, cancelled: bool, heads_only: bool, said: str | None
) -> None:
    reasons = filing_reasons(date, DAY, filed_on, cancelled=cancelled, heads_only=heads_only)
    assert bool(reasons) is bool(said)
    assert (said or "") in " ".join(map(str, reasons))


@pytest.mark.parametrize(
    ("date", "state", "cancelled", "closed", "difference", "found"),
    [
        (BEFORE, NEVER, False, True, 0, Finding.MISSING),
        (BEFORE, PRINTED, False, True, 0, Finding.MISSING),
        (BEFORE, OUTDATED, False, False, 0, Finding.MISSING),
        (BEFORE, FILED, False, True, 0, Finding.RIGHT),
        (BEFORE, FILED, False, True, 1, Finding.DIFFERENCE),
        (BEFORE, FILED, False, True, -1, Finding.DIFFERENCE),
        (BEFORE, FILED, False, False, -3, Finding.NOT_CLOSED),
        (DAY, PRINTED, False, True, 0, Finding.NOT_DUE),
        (DAY, OUTDATED, False, False, 0, Finding.OUTDATED),
        (DAY, FILED, False, True, 0, Finding.RIGHT),
        (AFTER, NEVER, False, False, 0, Finding.NOT_DUE),
        (AFTER, OUTDATED, False, False, 0, Finding.OUTDATED),
        (BEFORE, FILED, True, True, 5, Finding.CANCELLED),
        (AFTER, OUTDATED, True, False, 0, Finding.CANCELLED),
    ],
)
def test_what_comes_of_comparing(
    date: dt.date, state: SheetState, cancelled: bool, closed: bool, difference: int, found: Finding
) -> None:
    assert finding(date, DAY, state, cancelled=cancelled, closed=closed, difference=difference) is found


def test_what_is_missing_comes_first() -> None:
    waiting = [one for one in Finding if one.waits]
    assert waiting == list(Finding)[: len(waiting)]
    assert waiting[0] is Finding.MISSING
