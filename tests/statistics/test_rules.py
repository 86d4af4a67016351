"""Tables of examples: what may be shown to whom, and cells no spreadsheet executes."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from programmes.attendance.rules import Mark
from programmes.catalogue.rules import CourseFeature
from programmes.statistics.rules import (
    FIGURE,
    MEASURE,
    MEASURES,
    SECRET,
    SIGN,
    Dimension,
    Hidden,
    MeasureKind,
    Question,
    Unmarked,
    defused,
    disclosable_reasons,
    disclosed,
    origin_reasons,
    period_reasons,
    rate,
    rounded,
    square,
    standings,
    usual_periods,
)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, SECRET), (1, SECRET), (2, SECRET), (3, 5), (7, 5), (8, 10), (12, 10), (13, 15), (1000, 1000)],
)
def test_people_are_rounded_to_five(count: int, shown: int | Hidden) -> None:
    assert rounded(count) == shown


def figures(**known: int) -> dict[str, FIGURE]:
    return {measure.key: known.get(measure.key, 0) for measure in MEASURES}


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 100_000))
def test_no_disclosed_cell_counts_one_to_four_people(persons: int, present: int, minutes: int) -> None:
    shown = disclosed(figures(persons=persons, present=present, minutes_attended=minutes))
    for key, value in shown.items():
        kind = MEASURE[key].kind
        if kind is MeasureKind.PEOPLE:
            assert value is SECRET or (isinstance(value, int) and value > 0 and value % 5 == 0)
        elif kind is not MeasureKind.EVENTS and persons < 20:
            assert value is SECRET


@given(st.integers(0, 2), st.integers(0, 2))
def test_nobody_one_and_two_look_alike(one: int, other: int) -> None:
    """Zero is an attribute too: nobody of this town, no child, nobody absent without excuse."""
    counted = [key for key, measure in MEASURE.items() if measure.kind is MeasureKind.PEOPLE]
    assert disclosed(figures(**dict.fromkeys(counted, one))) == disclosed(figures(**dict.fromkeys(counted, other)))


def test_where_no_families_are_asked_there_are_none() -> None:
    shown = disclosed(figures(persons=40), has_families=False)
    assert (shown["families"], shown["children"], shown["children_present"]) == (0, 0, 0)
    assert disclosed(figures(persons=40))["children"] is SECRET


def test_what_children_did_needs_twenty_children() -> None:
    shown = disclosed(figures(persons=40, children=19, children_present=300, families=20, families_together=203))
    assert shown["children_present"] is SECRET
    assert shown["families_together"] == 205


def test_rates_need_twenty_people() -> None:
    few = disclosed(figures(persons=19) | {"attendance_rate": Fraction(80)})
    many = disclosed(figures(persons=20) | {"attendance_rate": Fraction(405, 5)})
    assert few["attendance_rate"] is SECRET
    assert many["attendance_rate"] == 81


@pytest.mark.parametrize(
    ("judged", "regularly", "shown"),
    [(19, 12, SECRET), (20, 1, SECRET), (20, 12, Fraction(50)), (22, 19, Fraction(100)), (41, 22, Fraction(50))],
)
def test_the_rate_of_regular_attendance_says_no_more_than_the_rounded_counts(
    judged: int, regularly: int, shown: Fraction | Hidden
) -> None:
    exact = figures(persons=judged, enrolments_judged=judged, attended_regularly=regularly)
    exact["regular_rate"] = rate(regularly, judged)
    assert disclosed(exact)["regular_rate"] == shown


def test_a_rate_of_nothing_is_no_rate() -> None:
    assert rate(0, 0) is None
    assert rate(30, 40) == 75


@pytest.mark.parametrize(
    ("first", "last", "fine"),
    [
        (dt.date(2026, 1, 1), dt.date(2026, 12, 31), True),
        (dt.date(2026, 1, 1), dt.date(2026, 1, 1), True),
        (dt.date(2026, 1, 2), dt.date(2026, 1, 1), False),
        (dt.date(1900, 1, 1), dt.date(2100, 1, 1), False),
    ],
)
def test_periods(first: dt.date, last: dt.date, fine: bool) -> None:
    assert (period_reasons(first, last) == []) is fine


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 6421 1", "-Müller", "@SUM(A1)", "|calc", "%0A", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", " =1", '"=1',
     "\ufeff=1", "'=1", "\u200f=1"],
)  # fmt: skip
def test_text_is_defused_and_comes_back(text: str) -> None:
    assert defused(text) == "'" + text


@pytest.mark.parametrize("text", ["RA-2026-01", "Müller", "O’Neill", "12", "", "a=b"])
def test_harmless_text_stays(text: str) -> None:
    assert defused(text) == text


@given(st.text())
def test_one_apostrophe_less_is_the_original(text: str) -> None:
    cell = defused(text)
    assert cell == text or cell.removeprefix("'") == text
    assert not cell.startswith("'") or cell.removeprefix("'") == text


@pytest.mark.parametrize(
    ("persons", "minutes", "shown"),
    [(0, 0, SECRET), (1, 0, SECRET), (19, 0, SECRET), (20, 0, 0), (19, 90, SECRET), (20, 90, 100)],
)
def test_that_nobody_of_a_few_came_is_secret(persons: int, minutes: int, shown: int | Hidden) -> None:
    assert disclosed({"persons": persons, "minutes_attended": minutes})["minutes_attended"] == shown


@pytest.mark.parametrize(
    ("first", "last", "fine"),
    [
        ("2026-01-01", "2026-03-31", True), ("2026-10-01", "2026-12-31", True), ("2026-01-01", "2026-06-30", True),
        ("2026-07-01", "2026-12-31", True), ("2026-01-01", "2026-12-31", True), ("2001-01-01", "2004-12-31", True),
        ("2024-01-01", "2024-02-29", False), ("2026-02-01", "2026-04-30", False), ("2026-04-01", "2026-09-30", False),
        ("2026-07-01", "2027-06-30", False), ("2026-01-01", "2026-03-30", False), ("2026-01-02", "2026-03-31", False),
        ("2026-01-01", "2026-01-31", False), ("2026-01-01", "2026-09-30", False), ("2026-12-31", "2026-01-01", False),
    ],
)  # fmt: skip
def test_only_whole_quarters_half_years_and_years_leave_the_office(first: str, last: str, fine: bool) -> None:
    reasons = disclosable_reasons(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert (reasons == []) is fine


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)))
def test_usual_periods_may_leave_the_office_and_join_without_a_gap(today: dt.date) -> None:
    periods = usual_periods(today)
    assert all(disclosable_reasons(first, last) == [] for _, first, last in periods)
    for (_, first, last), (_, before, until) in zip(periods[::2], periods[1::2], strict=True):
        assert first <= today <= last
        assert until + dt.timedelta(days=1) == first
        assert (before.day, round((last - first).days / 30)) == (1, round((until - before).days / 30))


@pytest.mark.parametrize(
    ("mark", "has_place", "cancelled", "is_past", "expected"),
    [
        (Mark.PRESENT, True, False, True, Mark.PRESENT),
        (Mark.ABSENT_EXCUSED, True, False, False, Mark.ABSENT_EXCUSED),  # known in advance
        (None, True, False, True, Mark.NOT_RECORDED),
        (Mark.NOT_RECORDED, True, False, True, Mark.NOT_RECORDED),
        (None, True, False, False, Unmarked.TO_COME),
        (Mark.NOT_RECORDED, True, False, False, Unmarked.TO_COME),
        (None, False, False, True, Unmarked.OUTSIDE),
        (Mark.PRESENT, True, True, True, Unmarked.CANCELLED),
        (None, False, True, True, Unmarked.CANCELLED),
    ],
)
def test_what_stands_in_a_square(
    mark: Mark | None, has_place: bool, cancelled: bool, is_past: bool, expected: Mark | Unmarked
) -> None:
    assert square(mark, has_place=has_place, cancelled=cancelled, is_past=is_past) is expected


def test_every_square_has_a_sign_of_its_own_and_every_mark_a_standing() -> None:
    assert set(SIGN) == set(Mark) | set(Unmarked)
    assert len(set(SIGN.values())) == len(SIGN)
    assert sum(standings(Mark).values()) == len(Mark)
    assert sum(standings(Unmarked).values()) == 0


def test_months_of_a_period() -> None:
    question = Question(dt.date(2026, 11, 20), dt.date(2027, 1, 5), Dimension.MONTH)
    assert list(question.months()) == [
        (202611, dt.date(2026, 11, 20), dt.date(2026, 12, 1)),
        (202612, dt.date(2026, 12, 1), dt.date(2027, 1, 1)),
        (202701, dt.date(2027, 1, 1), dt.date(2027, 1, 6)),
    ]


@pytest.mark.parametrize(
    ("narrowed", "fine"),
    [
        ({}, True),
        ({"then": Dimension.PROGRAMME}, True),
        ({"programme_id": 1}, True),
        ({"by": Dimension.PROGRAMME, "then": Dimension.FAMILY_LANGUAGE}, True),
        ({"then": Dimension.MUNICIPALITY}, False),
        ({"then": Dimension.SEX}, False),
        ({"then": Dimension.FAMILY_LANGUAGE}, False),
        ({"municipality_id": 1}, False),
        ({"quarter_id": 1}, False),
        ({"course_id": 1}, False),
        ({"language": "Dari"}, False),
        ({"feature": CourseFeature.MATERIALS}, False),
        ({"leader_language": "Dari"}, False),
        ({"funding_profile_id": 1}, False),
        ({"last": dt.date(2026, 6, 30)}, False),
    ],
)
def test_where_people_come_from_is_said_of_a_programmes_year_alone(narrowed: dict[str, Any], fine: bool) -> None:
    whole = Question(dt.date(2026, 1, 1), dt.date(2026, 12, 31), Dimension.CITIZENSHIP)
    assert (origin_reasons(replace(whole, **narrowed)) == []) is fine
    of_sex = {"by": Dimension.SEX} | {key: value for key, value in narrowed.items() if key not in {"by", "then"}}
    assert origin_reasons(replace(whole, **of_sex)) == []  # what is no origin may be narrowed
