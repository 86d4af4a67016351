"""Funders' packs: who counts, what is reckoned, when it is due; tables of examples counted by hand."""

import datetime as dt
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from programmes.enrolment.rules import Education, Employment, EnrolmentStatus, Outcome
from programmes.participants.rules import Sex
from programmes.statistics.funding import rules
from programmes.statistics.funding.rules import (
    PACKS,
    CourseHeld,
    Due,
    Grant,
    Heads,
    Place,
    claimed,
    deadline,
    due,
    grant_reasons,
    hours,
    is_counted,
    read_packs,
    remarks,
    report_reasons,
    shares,
)
from programmes.statistics.funding.tables import Table, table_of_heads, tables

DAY = dt.date
WIR, ESF, MIA, LOS, HEADS = (PACKS[key] for key in ("wir", "esf", "mia", "los", "heads"))
F, M = Sex.FEMALE, Sex.MALE
E, W, O = Education, Employment, Outcome  # noqa: E741 - one letter keeps the tables readable


def told(known: list[Any]) -> str:
    return "\n".join(map(str, known))


def everything(pack: rules.FunderPack, courses: list[CourseHeld], places: list[Place]) -> list[Any]:
    return remarks(pack, Grant(rate=1250), courses, places, outside=0, twice=0, not_closed=0)


@pytest.mark.parametrize(
    ("pack", "grant", "day"),
    [
        (WIR, Grant(last=DAY(2026, 12, 31)), DAY(2027, 3, 31)),  # three months after the end
        (WIR, Grant(last=DAY(2026, 11, 30)), DAY(2027, 2, 28)),  # the last day of a shorter month
        (WIR, Grant(last=DAY(2027, 11, 30)), DAY(2028, 2, 29)),
        (WIR, Grant(last=DAY(2026, 2, 28)), DAY(2026, 5, 28)),
        (WIR, Grant(last=DAY(2026, 12, 31), due_on=DAY(2027, 1, 31)), DAY(2027, 1, 31)),  # the notice says otherwise
        (ESF, Grant(last=DAY(2026, 12, 31)), None),  # no rule is known, so none is made up
        (HEADS, Grant(due_on=DAY(2027, 2, 1)), DAY(2027, 2, 1)),
        (WIR, Grant(), None),
        (None, Grant(last=DAY(2026, 12, 31)), None),
    ],
)
def test_when_a_report_is_due(pack: rules.FunderPack | None, grant: Grant, day: dt.date | None) -> None:
    assert deadline(pack, grant) == day


def test_where_a_deadline_stands() -> None:
    today, open_still = DAY(2026, 3, 10), Grant()
    for day, state in (
        (DAY(2026, 3, 9), Due.OVERDUE), (today, Due.SOON), (DAY(2026, 4, 9), Due.SOON), (DAY(2026, 4, 10), Due.LATER),
        (None, Due.UNKNOWN),
    ):  # fmt: skip
        assert due(day, open_still, today) is state
    assert due(DAY(2026, 3, 9), Grant(sent_on=DAY(2026, 3, 1)), today) is Due.SENT
    assert [one.field for one in grant_reasons(Grant(DAY(2026, 2, 1), DAY(2026, 1, 1), sent_on=DAY(2026, 3, 11)), today)] == [
        "grant_until", "sent_on",
    ]  # fmt: skip
    assert not grant_reasons(Grant(DAY(2026, 1, 1), DAY(2026, 1, 1)), today)


def came(person: int, *, course: int = 1, qualified: bool = True, minutes: int = 1440, **more: Any) -> Place:
    return Place(course, person, minutes=minutes, meetings=1 if minutes else 0, qualified=qualified, **more)


@pytest.mark.parametrize(
    ("qualified", "attended", "registered", "minutes", "ceiling", "amount", "sum_claimed"),
    [
        (12, 0, 0, 32 * 45, None, 480_000, 480_000),  # the example of the funder: 12 × 32 = 4,800 €
        (8, 3, 1, 32 * 45, None, 320_000, 320_000),  # who only came, or only registered, is not paid for
        (12, 0, 0, 32 * 45, 400_000, 480_000, 400_000),  # the ceiling
        (0, 12, 0, 32 * 45, None, 0, 0),
        (1, 0, 0, 20 * 45 + 20, None, 25_555, 25_555),  # 20.44 UE: cents are rounded down, never up
        (3, 0, 0, 0, None, 0, 0),
    ],
)
def test_persons_times_units_times_rate(
    qualified: int, attended: int, registered: int, minutes: int, ceiling: int | None, amount: int, sum_claimed: int
) -> None:
    places = [
        *(came(number) for number in range(qualified)),
        *(came(100 + number, qualified=False) for number in range(attended)),
        *(came(200 + number, qualified=False, minutes=0) for number in range(registered)),
    ]
    grant = Grant(rate=1250, ceiling=ceiling)
    [part] = shares(WIR, grant, [CourseHeld(1, "IL-1", "IL", 10, minutes)], places)
    assert (part.registered, part.counted, part.units) == (len(places), qualified, Fraction(minutes, 45))
    assert (part.amount, claimed([part], grant)) == (amount, sum_claimed)


def test_a_report_says_what_it_needs_first() -> None:
    assert len(report_reasons(WIR, Grant())) == 2
    assert not report_reasons(WIR, Grant(DAY(2026, 1, 1), DAY(2026, 12, 31), rate=1250))
    assert not report_reasons(ESF, Grant(DAY(2026, 1, 1), DAY(2026, 12, 31)))


def test_hours_of_sixty_minutes_up_to_34_a_course_and_102_in_all() -> None:
    def hour(person: int, minutes: int, course: int = 1, sex: Sex | None = F, earlier: int = 0) -> Place:
        return came(person, course=course, minutes=minutes, sex=sex, earlier=earlier)

    places = [
        hour(1, 33 * 60 + 45), hour(2, 36 * 60), hour(2, 34 * 60, 2), hour(2, 34 * 60, 3), hour(2, 60, 4),
        hour(3, 34 * 60, earlier=90 * 60), hour(4, 34 * 60, sex=M), hour(5, 34 * 60, sex=None), hour(6, 0),
    ]  # fmt: skip
    found = [(one.place.person_id, one.place.course_id, Fraction(one.counted, 60)) for one in hours(MIA, places)]
    assert found == [
        (1, 1, Fraction(135, 4)), (2, 1, 34), (2, 2, 34), (2, 3, 34), (2, 4, 0), (3, 1, 12),
    ]  # fmt: skip
    said = told(everything(MIA, [], places))
    assert "nicht als Frau eingetragen: 2" in said
    assert "Höchstzahl der Stunden: 3" in said


def rows_of(found: list[Table], key: str) -> dict[tuple[str, ...], list[Any]]:
    [table] = [table for table in found if table.key == key]
    words = sum(column.kind == "text" for column in table.columns)
    return {tuple(map(str, row[:words])): list(row[words:]) for row in table.rows}


def test_indicators_counted_by_hand() -> None:
    """Sexes: female, male, diverse, unknown, total. Person 1 is in two courses: one record, entry of the first, outcome of the last."""

    def person(number: int, sex: Sex | None, age: int | None, *answers: Any, course: int = 1, entry: int = 1) -> Place:
        education, employment, outcome = answers
        return came(
            number, course=course, sex=sex, age=age, education=education, employment=employment, outcome=outcome,
            entry_date=DAY(2026, entry, 1), pseudonym=f"P{number}",
        )  # fmt: skip

    places = [
        person(1, F, 29, E.BASIC, W.UNEMPLOYED, O.SEARCHING),
        person(1, F, 30, E.HIGH, W.EMPLOYED, O.WORK, course=2, entry=9),
        person(2, F, 17, E.REFUSED, W.LONG_TERM_UNEMPLOYED, O.LANGUAGE_COURSE),
        person(3, M, 55, None, W.REFUSED, None),
        person(4, None, None, E.MIDDLE, None, O.NOTHING),
        person(5, M, 40, E.MIDDLE, W.INACTIVE, O.REFUSED),
        came(6, minutes=0, sex=F, age=20),  # registered only
    ]
    courses = [CourseHeld(1, "A-1", "A", 4, 400), CourseHeld(2, "B-1", "B", 4, 400)]
    found = tables(ESF, Grant(), courses, places)
    nobody = [0, 0, 0, 0, 0]
    assert rows_of(found, "indicators") == {
        ("age", "under_18"): [1, 0, 0, 0, 1], ("age", "18_29"): [1, 0, 0, 0, 1], ("age", "55_plus"): [0, 1, 0, 0, 1],
        ("age", "unknown"): [0, 0, 0, 1, 1],  # and 40 years are in no class, not in "other"
        ("education", "isced_0_2"): [1, 0, 0, 0, 1], ("education", "isced_3_4"): [0, 1, 0, 1, 2],
        ("education", "isced_5_8"): nobody, ("education", "refused"): [1, 0, 0, 0, 1],
        ("education", "unknown"): [0, 1, 0, 0, 1],
        ("employment", "unemployed"): [2, 0, 0, 0, 2], ("employment", "long_term_unemployed"): [1, 0, 0, 0, 1],
        ("employment", "inactive"): [0, 1, 0, 0, 1], ("employment", "employed"): nobody,
        ("employment", "refused"): [0, 1, 0, 0, 1], ("employment", "unknown"): [0, 0, 0, 1, 1],
        ("outcome", "searching"): nobody, ("outcome", "in_training"): [1, 0, 0, 0, 1],
        ("outcome", "in_work"): [1, 0, 0, 0, 1], ("outcome", "refused"): [0, 1, 0, 0, 1],
        ("outcome", "unknown"): [0, 1, 0, 0, 1],
    }  # fmt: skip
    assert rows_of(found, "persons")[("registered",)] == [3, 2, 0, 1, 6]
    assert rows_of(found, "persons")[("counted",)] == [2, 2, 0, 1, 5]
    assert "Bei 2 Personen fehlt" in told(everything(ESF, courses, places))
    [listed] = [table for table in found if table.key == "participants"]
    given = listed.to_give_away(exact=True)
    assert listed.columns[0].key == "name"
    assert "name" not in [column.key for column in given.columns]
    assert len(given.rows) == 5


def test_children_are_no_target_group_of_los() -> None:
    places = [
        came(1, sex=F, age=30, children=(7, 8)), came(2, sex=F, age=17), came(3, sex=F, is_child=True),
        came(4, course=2, sex=F, children=(8, 9)), came(1, course=2, sex=F),
    ]  # fmt: skip
    assert [is_counted(LOS, one) for one in places] == [True, False, False, True, True]
    said = told(everything(LOS, [], places))
    assert "unter 18: 2" in said
    assert "Mitgekommene Kinder: 3" in said


def test_heads_are_rounded_one_by_one_and_no_other_table_goes_without_a_demand_for_exact_figures() -> None:
    table = table_of_heads([Heads("A-1", 4, 3, 3, 2, 5), Heads("B-1", 2, 2, 0, 2, 0), Heads(None, 6, 4, 3, 3, 5)])
    assert {str(row[0]): list(row[1:]) for row in table.rows} == {
        "A-1": [4, 3, 3, 2, 5], "B-1": [2, 2, 0, 2, 0], "total": [6, 4, 3, 3, 5],
    }  # fmt: skip
    away = table.to_give_away(exact=HEADS.exact is not None)
    assert list(away.rows[-1])[1:] == [6, 5, 5, 5, 5], "Nobody demands exact people, so they are rounded"
    packs = json.loads((Path(rules.__file__).parent / "funder_packs.json").read_text(encoding="utf-8"))
    for change in ({"heads": False}, {"indicators": ["age"]}):
        pack = next(one for one in packs["packs"] if one["key"] == "heads") | change
        with pytest.raises(ValueError, match="The funder's pack heads"):
            rules.read_packs(packs | {"packs": [pack]})


@pytest.mark.parametrize(
    ("pack", "first", "last", "today", "refused"),
    [
        (HEADS, DAY(2026, 1, 1), DAY(2026, 12, 31), DAY(2027, 1, 29), None),
        (HEADS, DAY(2026, 1, 1), DAY(2026, 12, 31), DAY(2027, 1, 28), "nach seinem Stichtag"),
        (HEADS, DAY(2026, 3, 15), DAY(2026, 12, 31), DAY(2027, 2, 1), "nur ganze Quartale"),
        (
            WIR,
            DAY(2026, 3, 15),
            DAY(2026, 12, 31),
            DAY(2026, 6, 1),
            None,
        ),  # exact, for a reason: whenever it is asked for
    ],
)
def test_when_a_file_may_leave(
    pack: rules.FunderPack, first: dt.date, last: dt.date, today: dt.date, refused: str | None
) -> None:
    reasons = [one.text for one in rules.giving_reasons(pack, Grant(first, last), today)]
    assert [refused in text for text in reasons] == [True] if refused else not reasons


def test_what_should_be_known_before_sending() -> None:
    places = [came(1), came(2, qualified=False, sheets=1)]
    known = remarks(
        WIR, Grant(rate=1250, ceiling=100), [CourseHeld(1, "IL-1", "IL", 10, 16 * 45)], places, outside=2, twice=1, not_closed=3
    )  # fmt: skip
    said = told(known)
    for part in (
        "Bereichs: 2", "Kursen: 1", "Termine: 3", "1 qualifizierten, nicht mit 2", "abgelegte Liste: 1", "IL-1 hat 16 UE", "Obergrenze",
    ):  # fmt: skip
        assert part in said
    clean = [CourseHeld(1, "IL-1", "IL", 10, 32 * 45)]
    assert not everything(WIR, clean, [came(1, sheets=1)])


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"listed": ["address"]}, "column"), ({"listed": ["family_name"], "exact": None}, "demanded"),
        ({"calculation": "hours"}, "hours"), ({"key": "twice"}, "there twice"),
    ],
)  # fmt: skip
def test_a_pack_that_contradicts_itself_stops_the_start(wrong: dict[str, Any], about: str) -> None:
    fine = {
        "key": "twice",
        "title": "-",
        "source": "-",
        "counts": "attended",
        "unit_minutes": 45,
        "exact": {"title": "-"},
    }
    with pytest.raises(ValueError, match=about):
        read_packs({"indicators": [], "packs": [fine, fine | {"key": "new"} | wrong]})


def test_an_indicator_knows_only_answers_that_there_are() -> None:
    facts = {
        "packs": [],
        "indicators": [
            {"key": "education", "title": "-", "classes": [{"key": "x", "title": "-", "values": ["other"]}]}
        ],
    }
    with pytest.raises(ValueError, match="answers"):
        read_packs(json.loads(json.dumps(facts)))


def test_dropping_out_is_counted_of_persons() -> None:
    places = [came(1, sex=F, status=EnrolmentStatus.DROPPED_OUT, qualified=False), came(2, sex=F)]
    assert rows_of(tables(ESF, Grant(), [CourseHeld(1, "A", "A", 1, 45)], places), "persons")[("dropped_out",)][0] == 1
