"""Tables of examples: units and minutes, summer-time nights, what speaks against courses, meetings and rules."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

import pytest

from programmes.catalogue.rules import (
    ZONE,
    Counting,
    CourseState,
    PaperKind,
    RulePack,
    Rules,
    Span,
    correction_reasons,
    course_reasons,
    course_state,
    elapsed_minutes,
    leader_reasons,
    meeting_reasons,
    net_minutes,
    overlap_reasons,
    rule_reasons,
    units,
)
from wording import Reason

D: TypeAlias = dt.date
T: TypeAlias = dt.time
FIRST, LAST = D(2026, 3, 2), D(2026, 5, 4)


def fields(reasons: list[Reason]) -> list[str | None]:
    return [reason.field for reason in reasons]


@pytest.mark.parametrize(
    ("minutes", "unit", "expected"),
    [
        (1800, 45, Fraction(40)),  # 40 UE are 30 clock hours
        (2400, 45, Fraction(160, 3)),  # 40 clock hours are 53⅓ UE (X10)
        (120, 45, Fraction(8, 3)),  # a mother-child meeting: 2⅔ UE
        (2040, 60, Fraction(34)),
        (0, 45, Fraction(0)),
    ],
)
def test_units_are_exact(minutes: int, unit: int, expected: Fraction) -> None:
    assert units(minutes, unit) == expected


@pytest.mark.parametrize(
    ("day", "start", "end", "expected"),
    [
        (D(2026, 3, 2), T(9), T(12, 15), 195),
        (D(2026, 3, 29), T(1), T(4), 120),  # clocks jump from 2 to 3
        (D(2026, 3, 29), T(9), T(12), 180),
        (D(2026, 10, 25), T(1), T(4), 240),  # the hour from 2 to 3 comes twice
        (D(2003, 10, 26), T(1), T(4), 240),  # and did so in the report's year
        (D(2003, 10, 13), T(9), T(12), 180),
    ],
)
def test_minutes_that_really_pass(day: D, start: T, end: T, expected: int) -> None:
    assert elapsed_minutes(day, start, end, ZONE) == expected


def test_the_break_is_taken_off_and_never_more_than_there_is() -> None:
    assert net_minutes(FIRST, T(9), T(12, 15), 15, ZONE) == 180
    assert net_minutes(FIRST, T(9), T(9, 30), 45, ZONE) == 0


@pytest.mark.parametrize(
    ("today", "cancelled", "expected"),
    [
        (FIRST - dt.timedelta(days=1), False, CourseState.PLANNED),
        (FIRST, False, CourseState.RUNNING),
        (LAST, False, CourseState.RUNNING),
        (LAST + dt.timedelta(days=1), False, CourseState.FINISHED),
        (FIRST, True, CourseState.CANCELLED),
    ],
)
def test_where_a_course_stands(today: D, cancelled: bool, expected: CourseState) -> None:
    assert course_state(FIRST, LAST, cancelled, today) is expected


@pytest.mark.parametrize(
    ("starts", "ends", "days", "expected"),
    [
        (FIRST, LAST, [], []),
        (FIRST, FIRST, [FIRST], []),
        (LAST, FIRST, [], ["ends_on"]),
        (None, LAST, [], []),
        (FIRST + dt.timedelta(days=1), LAST, [FIRST, LAST], ["starts_on"]),
        (FIRST, LAST - dt.timedelta(days=1), [FIRST, LAST], ["ends_on"]),
        (D(2027, 1, 1), D(2027, 2, 1), [FIRST], ["starts_on"]),
    ],
)
def test_dates_of_a_course(starts: D | None, ends: D | None, days: list[D], expected: list[str]) -> None:
    assert fields(course_reasons(starts, ends, days)) == expected


@pytest.mark.parametrize(
    ("day", "start", "end", "rest", "expected"),
    [
        (FIRST, T(9), T(11), 0, []),
        (LAST, T(9), T(11), 30, []),
        (FIRST, T(11), T(9), 0, ["ends_at"]),
        (FIRST, T(9), T(9), 0, ["ends_at"]),
        (FIRST, T(9), T(10), 60, ["break_minutes"]),
        (FIRST, T(8), T(20), 0, []),
        (FIRST, T(8), T(20, 1), 0, ["ends_at"]),
        (LAST + dt.timedelta(days=1), T(9), T(11), 0, ["date"]),
        (FIRST - dt.timedelta(days=1), T(11), T(9), 0, ["ends_at", "date"]),
        (D(2026, 3, 29), T(2, 30), T(3, 15), 0, ["starts_at"]),  # a time that does not exist
    ],
)
def test_a_meeting(day: D, start: T, end: T, rest: int, expected: list[str]) -> None:
    assert fields(meeting_reasons(day, start, end, rest, FIRST, LAST, ZONE)) == expected


@pytest.mark.parametrize(
    ("start", "end", "collides"),
    [(T(8), T(9), False), (T(11), T(12), False), (T(8), T(9, 1), True), (T(10), T(10, 30), True), (T(8), T(13), True)],
)
def test_nobody_can_be_at_two_meetings_at_once(start: T, end: T, collides: bool) -> None:
    reasons = overlap_reasons([Span(FIRST, start, end)], [Span(FIRST, T(9), T(11)), Span(LAST, T(8), T(20))])
    assert bool(reasons) is collides


@pytest.mark.parametrize(
    ("was_closed", "is_closed", "reason", "expected"),
    [
        (False, False, None, 0),
        (True, False, "Uhrzeit war falsch", 0),
        (True, False, None, 1),
        (True, False, "", 1),
        (True, True, "Uhrzeit war falsch", 1),
    ],
)
def test_what_was_closed_is_changed_with_a_reason(
    was_closed: bool, is_closed: bool, reason: str | None, expected: int
) -> None:
    assert len(correction_reasons(was_closed, is_closed, reason)) == expected


def test_who_is_named_first_leads() -> None:
    assert leader_reasons([1, 2], 2) == []
    assert leader_reasons([1, 2], None) == []
    assert fields(leader_reasons([1], 2)) == ["first_leader"]


RULES = Rules(
    unit_minutes=45,
    rule_pack=RulePack.COURSE,
    counting=Counting.PERSON,
    required_share=80,
    late_after_minutes=15,
    paper=PaperKind.PARTICIPATION,
    paper_title="Teilnahmebescheinigung",
    counts_meetings=False,
    child_from_months=None,
    child_until_months=None,
    funding_line=None,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"child_from_months": 18, "child_until_months": 36}, []),
        ({"child_from_months": 18}, ["child_until_months"]),
        ({"child_until_months": 36}, ["child_from_months"]),
        ({"child_from_months": 36, "child_until_months": 18}, ["child_until_months"]),
        ({"counting": Counting.PAIR}, ["counting"]),
        ({"counts_make_up": True}, []),
        ({"counts_make_up": True, "counts_meetings": True}, ["counts_make_up"]),
        ({"counting": Counting.PAIR, "rule_pack": RulePack.PARENT_CHILD}, ["rule_pack"]),
        ({"rule_pack": RulePack.HEAD_COUNT}, ["paper", "rule_pack"]),
        ({"rule_pack": RulePack.HEAD_COUNT, "paper": PaperKind.NONE}, ["rule_pack"]),
    ],
)
def test_rules_of_a_programme_that_has_courses(changes: dict[str, object], expected: list[str]) -> None:
    rules = replace(RULES, **changes)  # type: ignore[arg-type]
    assert fields(rule_reasons(rules, has_courses=True, pack_before=RulePack.COURSE)) == expected


def test_a_programme_without_courses_may_change_its_marks() -> None:
    rules = replace(RULES, rule_pack=RulePack.PARENT_CHILD, counting=Counting.PAIR)
    assert rule_reasons(rules, has_courses=False, pack_before=RulePack.COURSE) == []
