"""Tables of examples: the meetings of a rule until the hours are filled, what is left out, what clashes."""

import datetime as dt
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given, settings, strategies as st

from programmes.catalogue.calendar.almanac import public_holidays, school_holidays
from programmes.catalogue.calendar.rules import SchoolHoliday, as_lines, days_of, event_id, read_holidays
from programmes.catalogue.rules import ZONE, MeetingFacts, Span, net_minutes
from programmes.enrolment.schedule.rules import (
    MOST_DAYS,
    Asked,
    Busy,
    Cause,
    LastMeeting,
    Plan,
    Rule,
    clashes,
    last_day,
    plan,
    plan_reasons,
    read_days,
    rule_reasons,
    suggestion,
)
from wording import Reason

D: TypeAlias = dt.date
T: TypeAlias = dt.time
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
START, END = D(2026, 3, 2), D(2026, 12, 31)  # a Monday, and far enough
MORNING = MeetingFacts(START, T(9), T(12, 15), 15)  # four units
UNIT = 45


def rule(*weekdays: int, units: int | None = None, **changes: Any) -> Rule:
    return Rule(MORNING, frozenset(weekdays), minutes=units and units * UNIT, **changes)


def planned(asked: Rule, last: D = END, **more: Any) -> Plan:
    return plan(asked, last, more.get("off", {}), more.get("taken", ()), more.get("before", 0))


def told(found: Plan) -> list[str]:
    return [
        f"{slot.date:%d.%m.} {slot.facts.starts_at:%H:%M}–{slot.facts.ends_at:%H:%M}{'*' if slot.shortened else ''}"
        for slot in found.slots
    ]


def test_the_reports_own_course_is_ten_meetings_of_four_units() -> None:
    first, last = D(2003, 10, 13), D(2003, 11, 14)
    assert D(2003, 10, 3) in public_holidays(D(2003, 10, 1), last)
    assert public_holidays(first, last) == {}
    asked = Rule(MeetingFacts(first, T(9), T(12, 15), 15), frozenset({MONDAY, FRIDAY}), minutes=40 * UNIT)
    found = planned(asked, last)
    assert [slot.date for slot in found.slots] == [
        first + dt.timedelta(days=days) for week in range(5) for days in (7 * week, 7 * week + 4)
    ]
    assert (found.slots[0].date, found.slots[-1].date, found.minutes, found.missing) == (first, last, 40 * UNIT, 0)


EXAMPLES: list[tuple[str, Rule, D, list[str]]] = [
    ("weekly until full", rule(MONDAY, units=8), D(2026, 3, 31), ["02.03. 09:00–12:15", "09.03. 09:00–12:15"]),
    ("every second week", rule(MONDAY, every_weeks=2, units=8), D(2026, 3, 31),
     ["02.03. 09:00–12:15", "16.03. 09:00–12:15"]),
    ("a block week", rule(*range(5), units=20), D(2026, 3, 31), [f"0{day}.03. 09:00–12:15" for day in range(2, 7)]),
    ("single days", rule(days=(D(2026, 3, 14), D(2026, 3, 7))), D(2026, 3, 31),
     ["02.03. 09:00–12:15", "07.03. 09:00–12:15", "14.03. 09:00–12:15"]),
    ("a weekday and a single day before the next", rule(MONDAY, days=(D(2026, 3, 5),), units=12), D(2026, 3, 31),
     ["02.03. 09:00–12:15", "05.03. 09:00–12:15", "09.03. 09:00–12:15"]),
    ("to the last day of the course", rule(TUESDAY), D(2026, 3, 10), ["03.03. 09:00–12:15", "10.03. 09:00–12:15"]),
    ("a shorter last meeting, with its break", rule(MONDAY, units=7), D(2026, 3, 31),
     ["02.03. 09:00–12:15", "09.03. 09:00–11:30*"]),
    ("half a meeting has no break", rule(MONDAY, units=6), D(2026, 3, 31),
     ["02.03. 09:00–12:15", "09.03. 09:00–10:30*"]),
    ("a whole last meeting", rule(MONDAY, units=6, last=LastMeeting.WHOLE), D(2026, 3, 31),
     ["02.03. 09:00–12:15", "09.03. 09:00–12:15"]),
    ("no last meeting", rule(MONDAY, units=6, last=LastMeeting.NONE), D(2026, 3, 31), ["02.03. 09:00–12:15"]),
    ("over the summer time night the wall clock stays", rule(SUNDAY, units=20), D(2026, 4, 30),
     [f"{day} 09:00–12:15" for day in ("08.03.", "15.03.", "22.03.", "29.03.", "05.04.")]),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "asked", "last", "expected"), EXAMPLES, ids=[one[0] for one in EXAMPLES])
def test_the_days_of_a_rule(_name: str, asked: Rule, last: D, expected: list[str]) -> None:
    assert told(planned(asked, last)) == expected


def test_what_is_left_out_says_why_and_the_hours_are_filled_later() -> None:
    free = Reason("Feiertag")
    there = Span(D(2026, 3, 16), T(12), T(13))
    found = planned(rule(MONDAY, units=8), off={D(2026, 3, 9): free}, taken=[there])
    assert told(found) == ["02.03. 09:00–12:15", "23.03. 09:00–12:15"]
    assert [(day, str(why)) for day, why in found.left_out] == [
        (D(2026, 3, 9), "Feiertag"),
        (D(2026, 3, 16), "Am 16.03.2026 hat der Kurs schon einen Termin von 12:00 bis 13:00 Uhr."),
    ]
    single = planned(rule(days=(D(2026, 3, 9),)), off={D(2026, 3, 9): free})
    assert len(single.slots) == 2, "a single day is meant as it is said"


def test_what_the_course_has_already_counts() -> None:
    found = planned(rule(MONDAY, units=8), before=6 * UNIT)
    assert told(found) == ["02.03. 09:00–10:30*"]
    assert (found.minutes, found.missing) == (8 * UNIT, 0)
    full = planned(rule(MONDAY, units=8), before=8 * UNIT)
    assert [reason.field for reason in plan_reasons(full)] == ["units"]
    assert [reason.field for reason in plan_reasons(planned(rule(TUESDAY), last=START))] == ["date"]


def test_a_course_that_ends_too_early_says_what_is_missing() -> None:
    found = planned(rule(MONDAY, units=12), last=D(2026, 3, 10))
    assert (len(found.slots), found.missing, found.ran_out) == (2, 4 * UNIT, True)
    assert plan_reasons(found) == []
    nothing = planned(rule(MONDAY, units=12), last=START, taken=[Span(START, T(9), T(10))])
    assert [reason.field for reason in plan_reasons(nothing)] == ["date", "prolong"]
    by_choice = planned(rule(MONDAY, units=6, last=LastMeeting.NONE))
    assert (by_choice.missing, by_choice.ran_out) == (2 * UNIT, False)
    exactly = planned(rule(MONDAY, units=8), last=D(2026, 3, 9))
    assert (exactly.missing, exactly.ran_out, exactly.too_many) == (0, False, False)


def test_a_rule_stays_within_its_course_unless_it_may_last_longer() -> None:
    late = rule(MONDAY, days=(D(2026, 5, 9),), units=200)
    assert [reason.field for reason in rule_reasons(late, START, D(2026, 5, 4), prolong=False)] == ["days"]
    assert rule_reasons(late, START, D(2026, 5, 4), prolong=True) == []
    assert last_day(late, D(2026, 5, 4), prolong=True) > D(2027, 4, 1)
    assert last_day(rule(days=(D(2026, 5, 9),)), D(2026, 5, 4), prolong=True) == D(2026, 5, 9)
    endless = planned(rule(*range(7)), last=D(2090, 1, 1))
    assert len(endless.slots) == MOST_DAYS
    assert [reason.field for reason in plan_reasons(endless)] == ["weekdays"]


def test_an_hour_that_the_clocks_skip_is_left_out() -> None:
    night = replace(rule(SUNDAY, SATURDAY), facts=MeetingFacts(D(2026, 3, 28), T(2, 30), T(3, 15)))
    found = planned(night, last=D(2026, 4, 4))
    assert [slot.date for slot in found.slots] == [D(2026, 3, 28), D(2026, 4, 4)]
    assert str(found.left_out[0][1]).startswith("Diese Zeit gibt es nicht")


@settings(max_examples=60, deadline=None)
@example(weekdays=frozenset({MONDAY}), units=54, begins=0, lasts=30, pause=20, every=3)
@given(
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    units=st.integers(1, 90),
    begins=st.integers(0, 22),
    lasts=st.integers(30, 90),
    pause=st.integers(0, 20),
    every=st.integers(1, 3),
)
def test_the_hours_are_filled_exactly_whatever_the_rule(
    weekdays: frozenset[int], units: int, begins: int, lasts: int, pause: int, every: int
) -> None:
    ends = dt.datetime.combine(START, T(begins), dt.UTC) + dt.timedelta(minutes=lasts)
    facts = MeetingFacts(START, T(begins), min(ends.time(), T(23, 59)) if ends.date() == START else T(23, 59), pause)
    far = START + dt.timedelta(weeks=every * (MOST_DAYS + 1))  # the days looked at run out before the years do
    found = plan(Rule(facts, weekdays, every, minutes=units * UNIT), far, {}, (), 0)
    days = [slot.date for slot in found.slots]
    assert days == sorted(set(days))
    assert {day.weekday() for day in days} <= weekdays
    for slot in found.slots:
        own = slot.facts
        assert slot.minutes == net_minutes(own.date, own.starts_at, own.ends_at, own.break_minutes, ZONE) > 0
    assert found.too_many or found.minutes == units * UNIT
    assert found.missing == units * UNIT - found.minutes
    assert sum(slot.shortened for slot in found.slots) <= 1


@pytest.mark.parametrize(
    ("text", "days", "wrong"),
    [
        ("", (), []),
        ("14.03.2026, 2026-03-07;\n14.03.2026", (D(2026, 3, 7), D(2026, 3, 14)), []),
        ("30.02.2026 morgen", (), ["30.02.2026", "morgen"]),
    ],
)
def test_single_days_are_read_from_a_text(text: str, days: tuple[D, ...], wrong: list[str]) -> None:
    assert read_days(text) == (days, wrong)


def test_the_form_begins_with_the_rhythm_that_is_there() -> None:
    assert suggestion(START, D(2026, 5, 4), [])["date"] == START
    begun = [replace(MORNING, date=D(2026, 3, day)) for day in (2, 6)]
    often = [replace(MORNING, date=D(2026, 3, day)) for day in (2, 9, 16, 19, 23)]
    assert suggestion(START, D(2026, 3, 23), often)["weekdays"] == [MONDAY], "what happened once is no rhythm"
    assert suggestion(START, D(2026, 3, 23), often)["prolong"] is True, "its last day is taken already"
    assert suggestion(START, D(2026, 5, 4), begun) == {
        "date": D(2026, 3, 7), "starts_at": T(9), "ends_at": T(12, 15), "break_minutes": 15,
        "weekdays": [MONDAY, FRIDAY], "prolong": False,
    }  # fmt: skip


def test_clashes_are_put_together_by_cause_and_course() -> None:
    asked = [Asked(Span(D(2026, 3, day), T(9), T(11)), frozenset({1})) for day in (2, 9)]
    other = Span(D(2026, 3, 9), T(10), T(12))
    after = Span(D(2026, 3, 2), T(11), T(12))
    found = clashes(
        asked,
        [
            Busy(Cause.PARTICIPANT, other, "B-1", (7, "Benali, Bea")),
            Busy(Cause.PARTICIPANT, other, "B-1", (8, "Kanar, Ada")),
            Busy(Cause.LEADER, other, "B-1", (1, "Lena")),
            Busy(Cause.LEADER, other, "B-1", (2, "Lars, who only stands in elsewhere")),
            Busy(Cause.ROOM, after, "B-2"),  # begins when the first ends
        ],
        {D(2026, 3, 2): "Rosenmontag"},
    )
    assert [(one.cause, one.what, one.who, [day.day for day in one.days]) for one in found] == [
        (Cause.LEADER, "B-1", ("Lena",), [9]),
        (Cause.PARTICIPANT, "B-1", ("Benali, Bea", "Kanar, Ada"), [9]),
        (Cause.HOLIDAY, "Rosenmontag", (), [2]),
    ]


def test_school_holidays_are_lines_that_come_back_unchanged() -> None:
    autumn = SchoolHoliday(D(2026, 10, 5), D(2026, 10, 17), "Herbstferien")
    assert autumn in school_holidays(2026)
    text = as_lines(school_holidays(2026))
    assert read_holidays(text) == (school_holidays(2026), [])
    pasted = '"Name"\t"Von"\t"Bis"\r\nHerbstferien\t2026-10-05\t17.10.2026\r\n\r\nHerbstferien,05.10.2026,17.10.2026\n'
    assert read_holidays(pasted) == ([autumn], [])
    assert len(days_of([autumn])) == 13


@pytest.mark.parametrize(
    "line",
    [
        "Herbstferien;05.10.2026", "Herbstferien;05.10.2026;31.09.2026", ";05.10.2026;17.10.2026",
        "Ferien;17.10.2026;05.10.2026", "Ferien;05.10.2026;17.10.2027", "x" * 81 + ";05.10.2026;17.10.2026",
        "Ferien;05.10.2026;17.10.2026;mehr",
    ],
)  # fmt: skip
def test_a_wrong_line_is_told_by_its_number(line: str) -> None:
    found, reasons = read_holidays(f"Sommerferien;29.06.2026;07.08.2026\n{line}", "file")
    assert len(found) == 1
    assert [(reason.field, reason.values["number"]) for reason in reasons] == [("file", 2)]


def test_an_event_keeps_its_name_for_ever() -> None:
    assert event_id(7, "kursbuch.example") == "meeting-7@kursbuch.example"
