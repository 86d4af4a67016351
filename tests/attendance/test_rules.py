"""What a mark means: minutes, days, closing, families, and the word that holds."""

import datetime as dt
from itertools import permutations

import pytest
from hypothesis import given, strategies as st

from programmes.attendance.rules import (
    AbsenceReason,
    Entry,
    Mark,
    MarkStatement,
    Presence,
    Slot,
    Source,
    Tally,
    absent_in_a_row,
    changed,
    clock_is_doubtful,
    closing_reasons,
    conflicts,
    correction_reasons,
    day_reasons,
    display_names,
    entry_reasons,
    holding,
    marks_offered,
    minutes_attended,
    presence,
)
from programmes.catalogue.rules import RulePack, net_minutes

DAY = dt.date(2026, 11, 23)
YESTERDAY, TOMORROW = DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=1)
P, N, E, U, A, O = (  # noqa: E741 - one letter a mark keeps the tables readable
    Mark.PRESENT, Mark.ABSENT_NOTIFIED, Mark.ABSENT_EXCUSED, Mark.ABSENT_UNEXCUSED, Mark.ABSENT, Mark.NOT_RECORDED,
)  # fmt: skip


def at(text: str | None) -> dt.time | None:
    return dt.time.fromisoformat(text) if text else None


def slot(first: str = "09:00", last: str = "12:00", pause: int = 0, day: dt.date = DAY) -> Slot:
    starts, ends = dt.time.fromisoformat(first), dt.time.fromisoformat(last)
    return Slot(day, starts, ends, net_minutes(day, starts, ends, pause, "Europe/Berlin"))


@pytest.mark.parametrize(
    ("mark", "arrived", "left", "pause", "minutes"),
    [
        (P, None, None, 0, 180),
        (P, None, None, 30, 150),
        (P, "09:15", None, 0, 180),  # a quarter of an hour is forgiven …
        (P, "09:16", None, 0, 164),  # … one minute more is not, and then all of it is missing
        (P, "09:20", None, 0, 160),
        (P, None, "11:45", 0, 180),
        (P, None, "11:40", 0, 160),
        (P, "09:20", "11:40", 0, 140),
        (P, "09:20", "11:40", 30, 110),
        (P, "09:10", "11:50", 0, 180),  # each by itself within the tolerance
        (P, "12:00", None, 30, 0),
        (P, "11:50", None, 30, 0),  # never below zero
        (N, None, None, 0, 0),
        (E, None, None, 0, 0),
        (U, None, None, 0, 0),
        (A, None, None, 0, 0),
        (O, None, None, 0, 0),
    ],
)
def test_minutes(mark: Mark, arrived: str | None, left: str | None, pause: int, minutes: int) -> None:
    assert minutes_attended(Entry(mark, at(arrived), at(left)), slot(pause=pause), 15) == minutes


def test_without_tolerance_every_minute_counts() -> None:
    assert minutes_attended(Entry(P, at("09:01")), slot(), 0) == 179


@pytest.mark.parametrize(
    ("day", "offered"),
    [(dt.date(2026, 3, 29), 120), (dt.date(2026, 10, 25), 240), (dt.date(2026, 6, 1), 180)],
)
def test_nights_of_summer_time(day: dt.date, offered: int) -> None:
    """01:00 to 04:00 lasts two hours in spring and four in autumn; half past three to four is half an hour always."""
    night = slot("01:00", "04:00", day=day)
    assert minutes_attended(Entry(P), night, 15) == offered
    assert minutes_attended(Entry(P, at("03:30")), night, 15) == 30


@given(
    arrived=st.none() | st.times(dt.time(9), dt.time(12)), left=st.none() | st.times(dt.time(9), dt.time(12)),
    pause=st.integers(0, 120), tolerance=st.integers(0, 60),
)  # fmt: skip
def test_nobody_attends_more_than_is_offered(
    arrived: dt.time | None, left: dt.time | None, pause: int, tolerance: int
) -> None:
    offered = slot(pause=pause)
    assert 0 <= minutes_attended(Entry(P, arrived, left), offered, tolerance) <= offered.minutes


@pytest.mark.parametrize(
    ("entry", "today", "pack", "wrong"),
    [
        (Entry(P), DAY, RulePack.COURSE, 0),
        (Entry(O), DAY, RulePack.COURSE, 0),
        (Entry(O), DAY, RulePack.HEAD_COUNT, 0),
        (Entry(P), DAY, RulePack.HEAD_COUNT, 1),
        (Entry(A), DAY, RulePack.COURSE, 1),
        (Entry(U), DAY, RulePack.PARENT_CHILD, 1),  # a voluntary group knows no *unexcused*
        (Entry(E), DAY, RulePack.PARENT_CHILD, 1),
        (Entry(P), YESTERDAY, RulePack.COURSE, 1),
        (Entry(U), YESTERDAY, RulePack.COURSE, 1),
        (Entry(N), YESTERDAY, RulePack.COURSE, 0),  # who says so beforehand is on the list
        (Entry(E, reason=AbsenceReason.ILLNESS), YESTERDAY, RulePack.COURSE, 0),
        (Entry(U, reason=AbsenceReason.ILLNESS), DAY, RulePack.COURSE, 1),
        (Entry(P, at("09:20"), at("11:00")), DAY, RulePack.COURSE, 0),
        (Entry(P, at("08:59")), DAY, RulePack.COURSE, 1),
        (Entry(P, None, at("12:01")), DAY, RulePack.COURSE, 1),
        (Entry(P, at("11:00"), at("10:00")), DAY, RulePack.COURSE, 1),
        (Entry(P, at("11:00"), at("11:00")), DAY, RulePack.COURSE, 1),
        (Entry(N, at("09:20")), DAY, RulePack.COURSE, 1),
    ],
)
def test_what_speaks_against_an_entry(entry: Entry, today: dt.date, pack: RulePack, wrong: int) -> None:
    reasons = entry_reasons(entry, slot(), pack, today, field="row-1")
    assert len(reasons) == wrong
    assert all(reason.field == "row-1" and str(reason) for reason in reasons)


def test_before_its_day_a_meeting_takes_notices_only() -> None:
    assert marks_offered(RulePack.COURSE, DAY, YESTERDAY) == (N, E)
    assert marks_offered(RulePack.PARENT_CHILD, DAY, YESTERDAY) == (N,)
    assert marks_offered(RulePack.COURSE, DAY, DAY) == (P, N, E, U)


@pytest.mark.parametrize(
    ("entry", "leaving", "wrong"),
    [
        (YESTERDAY, None, 0),
        (DAY, DAY, 0),  # the first and the last day count
        (TOMORROW, None, 1),
        (YESTERDAY, YESTERDAY, 1),
        (None, None, 1),
    ],
)
def test_nobody_is_marked_outside_of_their_days(entry: dt.date | None, leaving: dt.date | None, wrong: int) -> None:
    assert len(day_reasons(entry, leaving, DAY)) == wrong


@pytest.mark.parametrize(
    ("date", "missing", "cancelled", "wrong"),
    [(DAY, 0, False, 0), (YESTERDAY, 0, False, 0), (TOMORROW, 0, False, 1), (DAY, 1, False, 1), (DAY, 2, True, 2)],
)
def test_closing(date: dt.date, missing: int, cancelled: bool, wrong: int) -> None:
    assert len(closing_reasons(date, DAY, missing, cancelled)) == wrong


@pytest.mark.parametrize(
    ("once", "correction", "wrong"), [(False, None, 0), (True, None, 1), (True, "", 1), (True, "Attest gesehen", 0)]
)
def test_what_was_closed_is_changed_with_a_reason(once: bool, correction: str | None, wrong: int) -> None:
    assert len(correction_reasons(closed_once=once, correction=correction)) == wrong


@pytest.mark.parametrize(
    ("shown", "said", "stored", "is_change", "is_conflict"),
    [
        ("-", "-", "-", False, False),
        ("-", "x", "-", True, False),
        ("-", "-", "e", False, False),  # only repeats the page: what came in meanwhile stays
        ("-", "e", "e", False, False),  # two leaders agree
        ("-", "x", "e", True, True),
        ("x", "-", "x", True, False),
    ],
)
def test_changes_and_conflicts(shown: str, said: str, stored: str, is_change: bool, is_conflict: bool) -> None:
    assert changed(shown, said, stored) is is_change
    assert conflicts(shown, said, stored) is is_conflict


@pytest.mark.parametrize(
    ("adult", "children", "expected"),
    [
        (P, [P], Presence.TOGETHER),
        (P, [A, P], Presence.TOGETHER),
        (P, [A], Presence.ADULT_ALONE),
        (A, [P], Presence.CHILD_WITH_OTHER),
        (N, [N, N], Presence.ABSENT),
        (O, [O], Presence.OPEN),
        (A, [O], Presence.OPEN),
    ],
)
def test_how_a_family_came(adult: Mark, children: list[Mark], expected: Presence) -> None:
    assert presence(adult, children) is expected


def test_families_adults_and_children_are_three_numbers() -> None:
    """domain.md D2: families 10, adults 10, children 11, and never 21."""
    tally = Tally()
    for number in range(10):
        tally.add([P, P, P] if number == 0 else [P, P])
    assert (tally.here, tally.adults, tally.children) == (10, 10, 11)


@pytest.mark.parametrize(
    ("marks", "field"),
    [
        ([P], "here"), ([E], "away"), ([O], "unknown"), ([P, A], "parted"), ([A, P], "parted"), ([P, O], "unknown"),
        ([N, N, N], "away"), ([P, P, A], "here"),
    ],
)  # fmt: skip
def test_a_line_counts_once(marks: list[Mark], field: str) -> None:
    tally = Tally()
    tally.add(marks)
    assert tally.lines == 1
    assert getattr(tally, field) == 1


@pytest.mark.parametrize(
    ("marks", "count"),
    [
        ([], 0), ([P], 0), ([U], 1), ([U, N], 2), ([U, P, E], 1), ([A, O, A], 2), ([P, E, U, N], 3), ([U, U, P], 0),
    ],
)  # fmt: skip
def test_away_in_a_row(marks: list[Mark], count: int) -> None:
    assert absent_in_a_row(marks) == count


MOMENT = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
ANNA, BERTA, OFFICE = 1, 2, 3


def said(
    name: str, author: int, entry: Entry | Mark, second: int = 0, replaces: str = "", **more: object
) -> MarkStatement:
    """One event; `replaces` names others by their letters."""
    what = entry if isinstance(entry, Entry) else Entry(entry)
    when = MOMENT + dt.timedelta(seconds=second)
    source = more.pop("source", Source.PHONE)
    return MarkStatement(name, author, what, when, frozenset(replaces), source, **more)  # type: ignore[arg-type]


LATE, EARLY = Entry(P, arrived_at=at("09:20")), Entry(P, left_at=at("10:30"))
FORM = Source.FORM


@pytest.mark.parametrize(
    ("words", "holds", "against"),
    [
        ([], None, ""),
        ([said("a", ANNA, P)], P, ""),
        ([said("a", ANNA, P), said("b", ANNA, U, 1)], U, ""),  # the later word of one leader
        ([said("a", ANNA, U, 5), said("b", ANNA, P, 1)], U, ""),  # … by her own clock, whatever came in first
        ([said("a", ANNA, P, 1), said("b", ANNA, U, 99, doubtful=True)], P, ""),  # a clock that lies comes last
        ([said("a", ANNA, P), said("b", BERTA, P)], P, ""),
        ([said("a", ANNA, P), said("b", BERTA, U, 9)], P, "b"),  # two leaders differ: neither clock decides
        ([said("a", ANNA, P, 9), said("b", BERTA, U)], P, "b"),
        ([said("a", ANNA, P), said("b", BERTA, U, 9, "a")], U, ""),  # she saw it and means to correct it
        ([said("a", ANNA, P, 9), said("b", BERTA, U, 1, "a", source=FORM)], U, ""),
        ([said("a", ANNA, P, 9), said("b", ANNA, U, 1, "a", source=FORM)], U, ""),  # even if the clock went back
        ([said("a", ANNA, P), said("b", BERTA, O, 9)], P, ""),  # nothing recorded is no word against anybody
        ([said("a", ANNA, P), said("b", BERTA, O, 9, "a")], None, ""),  # unless it takes the word back
        ([said("a", ANNA, P), said("b", BERTA, LATE)], LATE, ""),  # says the same, and more
        ([said("a", ANNA, EARLY), said("b", BERTA, LATE)], EARLY, "b"),
        ([said("a", OFFICE, E, office=True, source=FORM), said("b", ANNA, U, 9)], E, ""),  # explains the absence
        ([said("a", OFFICE, E, office=True, source=FORM), said("b", ANNA, P, 9)], E, "b"),
        ([said("a", OFFICE, N, office=True, source=FORM), said("b", ANNA, P, 9, "a")], N, "b"),  # no phone overwrites it
        ([said("a", OFFICE, N, office=True, source=FORM), said("b", ANNA, P, 9, "a", source=FORM)], P, ""),  # a page may
        ([said("a", OFFICE, P, office=True, source=FORM), said("b", ANNA, U, 9, "a")], U, ""),  # only excuses are kept so
        ([said("a", ANNA, P), said("b", BERTA, U, 1), said("c", OFFICE, U, 2, "ab", source=FORM)], U, ""),  # resolved
        ([said("a", ANNA, P, 0, "b"), said("b", BERTA, U, 0, "a")], P, "b"),  # impossible, but nobody vanishes
        ([said("a", ANNA, P), said("b", BERTA, U, 1, "a"), said("c", ANNA, E, -5)], U, ""),  # late and long outdated
    ],
)  # fmt: skip
def test_what_holds(words: list[MarkStatement], holds: Entry | Mark | None, against: str) -> None:
    expected = Entry(holds) if isinstance(holds, Mark) else holds
    for order in permutations(words):
        found = holding(order)
        assert (found.entry if found else None) == expected
        assert {one.id for one in found.against} == set(against) if found else not against


statements = st.lists(
    st.builds(
        MarkStatement,
        id=st.sampled_from("abcdef"),
        author_id=st.sampled_from([ANNA, BERTA, OFFICE]),
        entry=st.sampled_from(Mark).map(Entry) | st.just(LATE),
        recorded_at=st.integers(0, 3).map(lambda seconds: MOMENT + dt.timedelta(seconds=seconds)),
        replaces=st.frozensets(st.sampled_from("abcdef"), max_size=2),
        source=st.sampled_from(Source),
        office=st.booleans(),
        doubtful=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda statement: statement.id,
)


@given(statements)
def test_what_holds_does_not_depend_on_the_order_of_arrival(words: list[MarkStatement]) -> None:
    first = holding(words)
    for order in permutations(words):
        assert holding(order) == first


@pytest.mark.parametrize(
    ("claimed", "doubtful"),
    [
        ("2026-11-23T08:05+00:00", False), ("2026-11-22T20:00+00:00", False), ("2026-11-22T19:59+00:00", True),
        ("2026-11-23T09:05+00:00", False), ("2026-11-23T09:06+00:00", True), ("2023-11-23T08:05+00:00", True),
        ("2029-11-23T08:05+00:00", True), ("2026-11-23T22:05+14:00", False),
    ],
)  # fmt: skip
def test_a_clock_is_doubted_but_its_event_kept(claimed: str, doubtful: bool) -> None:
    begins = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
    assert clock_is_doubtful(dt.datetime.fromisoformat(claimed), begins, MOMENT) is doubtful


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["Bulut, Hacer"], ["Hacer B."]), (["Pelé"], ["Pelé"]), ([], []),
        (["Bulut, Hacer", "Bulut, Ali"], ["Hacer B.", "Ali B."]),
        (["Bulut, Hacer", "Bahar, Hacer", "Çelik, Hacer"], ["Hacer Bu.", "Hacer Ba.", "Hacer Ç."]),
        (["Kaya, Ayşe", "Kayahan, Ayşe"], ["Ayşe Kaya", "Ayşe Kayah."]),
        (["Kaya, Ayşe", "Kaya, Ayşe"], ["Ayşe K.", "Ayşe K."]),
    ],
)  # fmt: skip
def test_names_on_a_phone_are_as_short_as_they_stay_apart(names: list[str], shown: list[str]) -> None:
    assert display_names(names) == shown
