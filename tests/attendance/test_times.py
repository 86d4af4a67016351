"""Minutes and units: tables of examples. A break has a length but no place in the meeting: it is taken off once."""

import datetime as dt
from fractions import Fraction

import pytest

from programmes.attendance.rules import Entry, Mark, Slot, minutes_attended
from programmes.catalogue.rules import net_minutes, units

DAY = dt.date(2026, 3, 10)
at = dt.time.fromisoformat


@pytest.mark.parametrize(
    ("come", "go", "tolerance", "pause", "minutes"),
    [
        (None, None, 15, 0, 180),
        (None, None, 15, 30, 150),
        ("09:15", None, 15, 30, 150),  # exactly the tolerance is not late
        ("09:16", None, 15, 30, 134),
        ("09:16", None, 20, 30, 150),  # set by the programme
        ("09:01", None, 0, 30, 149),  # a programme that forgives nothing
        ("11:00", None, 120, 30, 150),  # … and one that forgives two hours
        (None, "11:45", 15, 30, 150),
        (None, "11:44", 15, 30, 134),
        ("09:10", "11:50", 15, 30, 150),  # each within the tolerance: not added up
        ("09:20", "11:30", 15, 30, 100),
        ("10:20", "10:40", 15, 30, 0),  # came and went within the break (10:15 to 10:45): nothing is left
        ("10:00", "10:40", 15, 30, 10),
        ("09:00", "12:00", 15, 30, 150),
        ("12:00", None, 15, 30, 0),
        (None, "09:00", 15, 30, 0),
        ("11:30", None, 15, 0, 30),
        ("11:30", None, 15, 30, 0),  # what the break takes is never counted twice as missing: it stops at nothing
    ],
)
def test_minutes_of_a_morning(come: str | None, go: str | None, tolerance: int, pause: int, minutes: int) -> None:
    net = net_minutes(DAY, at("09:00"), at("12:00"), pause, "Europe/Berlin")
    entry = Entry(Mark.PRESENT, at(come) if come else None, at(go) if go else None)
    assert minutes_attended(entry, Slot(DAY, at("09:00"), at("12:00"), net), tolerance) == minutes


@pytest.mark.parametrize(("minutes", "unit", "expected"), [
    (180, 45, Fraction(4)), (150, 45, Fraction(10, 3)), (150, 60, Fraction(5, 2)), (134, 45, Fraction(134, 45)), (0, 45, Fraction(0)),
])  # fmt: skip
def test_units_are_derived(minutes: int, unit: int, expected: Fraction) -> None:
    assert units(minutes, unit) == expected
