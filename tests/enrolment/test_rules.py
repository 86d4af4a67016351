"""Who may have a place, who waits, and what moves an enrolment on: examples without an app."""

import datetime as dt
from dataclasses import replace

import pytest

from programmes.enrolment.rules import (
    BEFORE_ENTRY,
    ENDED,
    MOVES,
    Applicant,
    Education,
    EnrolmentStatus,
    Funded,
    Offer,
    Situation,
    eligibility,
    exit_reasons,
    first_day,
    leaves_before_entry,
    move_reasons,
    obstacles,
    offer_reasons,
    on_day,
    outgrown_on,
    promote_possible,
    promotion,
    status_on_entry,
    usual_deadline,
)
from programmes.participants.rules import Sex

START, END = dt.date(2026, 9, 1), dt.date(2026, 12, 18)
DAY = dt.date(2026, 11, 22)
SINGLES = Offer(False, END, False, 12, 9, 0, starts_on=START)
FAMILIES = Offer(True, END, False, 10, 9, 0, 18, 36, starts_on=START)


def fields(applicant: Applicant, offer: Offer, entry: dt.date = DAY) -> list[str | None]:
    return [reason.field for reason in obstacles(applicant, offer, entry) + eligibility(applicant, offer, entry)]


@pytest.mark.parametrize(
    ("birth", "fits"),
    [
        ("2025-05-22", True),  # 18 months today
        ("2025-05-23", False),
        ("2023-11-23", True),  # 36 months tomorrow
        ("2023-11-22", False),  # 36 months today
        ("2020-01-01", False),
    ],
)
def test_the_age_window_of_a_child(birth: str, fits: bool) -> None:
    applicant = Applicant(False, (("Ilyas", dt.date.fromisoformat(birth)),))
    assert fields(applicant, FAMILIES) == ([] if fits else ["children"])


def test_the_age_counts_on_the_first_day_not_today() -> None:
    applicant = Applicant(False, (("Ilyas", dt.date(2025, 5, 30)),))
    assert fields(applicant, FAMILIES) == ["children"]
    assert fields(applicant, FAMILIES, dt.date(2026, 12, 1)) == []


def test_twins_are_two_children_and_an_older_brother_is_named() -> None:
    twins = (("Lea", dt.date(2024, 11, 1)), ("Mia", dt.date(2024, 11, 1)))
    assert fields(Applicant(False, twins), FAMILIES) == []
    reasons = eligibility(Applicant(False, (*twins, ("Ali", dt.date(2019, 1, 1)))), FAMILIES, DAY)
    assert [reason.values["name"] for reason in reasons] == ["Ali"]
    assert "94 Monate alt" in str(reasons[0])


@pytest.mark.parametrize(
    ("applicant", "offer", "entry", "expected"),
    [
        (Applicant(False), SINGLES, DAY, []),
        (Applicant(True), SINGLES, DAY, [None]),
        (Applicant(False), replace(SINGLES, cancelled=True), DAY, [None]),
        (Applicant(False), replace(SINGLES, heads_only=True), DAY, [None]),
        (Applicant(False), SINGLES, START - dt.timedelta(days=1), ["entry_date"]),
        (Applicant(False), SINGLES, START, []),
        (Applicant(False), SINGLES, END, []),
        (Applicant(False), SINGLES, END + dt.timedelta(days=1), ["entry_date"]),
        (Applicant(False, (("Ali", DAY),)), SINGLES, DAY, ["children"]),
        (Applicant(False), FAMILIES, DAY, ["children"]),
        (Applicant(False, (("Ali", None),)), FAMILIES, DAY, ["children"]),
        (Applicant(False), replace(SINGLES, taken=12), DAY, []),  # places are asked apart: without one, people wait
    ],
)
def test_what_speaks_against(applicant: Applicant, offer: Offer, entry: dt.date, expected: list[str | None]) -> None:
    assert fields(applicant, offer, entry) == expected


WOMAN = Applicant(sex=Sex.FEMALE, town="Langen", after=True)


@pytest.mark.parametrize(
    ("applicant", "offer", "unmet"),
    [
        (WOMAN, replace(SINGLES, women_only=True, after_programme="Baustein 1", only_town="Langen"), ()),
        (Applicant(), SINGLES, ()),
        (Applicant(), replace(SINGLES, women_only=True), ("für Frauen",)),
        (Applicant(sex=Sex.MALE), replace(SINGLES, women_only=True), ("für Frauen",)),
        (replace(WOMAN, after=False), replace(SINGLES, after_programme="Baustein 1"), ("Vorher kommt „Baustein 1“",)),
        (replace(WOMAN, town="Rodgau"), replace(SINGLES, only_town="Langen"), ("aus Langen; bei dieser Person steht: Rodgau",)),
        (Applicant(), replace(SINGLES, only_town="Langen"), ("bei dieser Person steht: –",)),
        (Applicant(), replace(SINGLES, women_only=True, only_town="Langen"), ("für Frauen", "aus Langen")),
        (replace(WOMAN, funded=Funded("MiA", women_only=True, minutes=6120, used=6119)), SINGLES, ()),
        (replace(WOMAN, funded=Funded("MiA", women_only=True, minutes=6120, used=6120)), SINGLES, ("102 Stunden; diese Person hat schon 102",)),
        (Applicant(funded=Funded("MiA", women_only=True)), SINGLES, ("MiA bezahlt nur für Frauen",)),
        (Applicant(birth_date=dt.date(2008, 11, 23), funded=Funded("LOS", adults_only=True)), SINGLES, ("nur für Erwachsene",)),
        (Applicant(birth_date=dt.date(2008, 11, 22), funded=Funded("LOS", adults_only=True)), SINGLES, ()),
        (Applicant(funded=Funded("ESF", asks=("education", "employment"))), SINGLES, ("ESF verlangt hier", "ESF verlangt hier")),
        (Applicant(funded=Funded("ESF", asks=("education",)), situation=Situation(Education.REFUSED)), SINGLES, ()),
        (Applicant(funded=Funded("LOS", adults_only=True)), SINGLES, ()),  # who did not tell their age is not taken for a child
    ],
)  # fmt: skip
def test_conditions_of_a_programme_and_of_who_pays(applicant: Applicant, offer: Offer, unmet: tuple[str, ...]) -> None:
    told = [str(why) for why in eligibility(applicant, offer, DAY)]
    assert len(told) == len(unmet)
    assert all(part in text for part, text in zip(unmet, told, strict=True))
    assert not obstacles(applicant, offer, DAY)


@pytest.mark.parametrize(
    ("until", "allowed"),
    [
        (DAY - dt.timedelta(days=1), False),
        (DAY, True),
        (END, True),
        (END + dt.timedelta(days=1), False),
    ],
)
def test_until_when_a_place_may_be_offered(until: dt.date, allowed: bool) -> None:
    assert (not offer_reasons(until, END, DAY)) is allowed
    assert bool(offer_reasons(DAY + dt.timedelta(days=61), END + dt.timedelta(days=90), DAY))


def test_the_usual_deadline_is_a_week_but_within_the_course() -> None:
    assert usual_deadline(END, DAY) == DAY + dt.timedelta(days=7)
    assert usual_deadline(DAY + dt.timedelta(days=2), DAY) == DAY + dt.timedelta(days=2)
    assert usual_deadline(DAY - dt.timedelta(days=2), DAY) == DAY


@pytest.mark.parametrize(
    ("birth", "day"), [("2024-01-01", "2027-01-01"), ("2023-12-01", "2026-12-01"), ("2024-02-15", "2027-02-01")]
)
def test_when_a_child_is_too_old(birth: str, day: str) -> None:
    assert outgrown_on(dt.date.fromisoformat(birth), 36) == dt.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("taken", "waiting", "status"),
    [
        (11, 0, EnrolmentStatus.ENROLLED),
        (12, 0, EnrolmentStatus.WAITING),
        (13, 0, EnrolmentStatus.WAITING),  # a course made smaller
        (11, 1, EnrolmentStatus.WAITING),  # the place belongs to who waits
    ],
)
def test_who_gets_a_place_at_once(taken: int, waiting: int, status: EnrolmentStatus) -> None:
    assert status_on_entry(replace(SINGLES, taken=taken, waiting=waiting)) is status


@pytest.mark.parametrize(
    ("taken", "ahead", "reason", "expected"),
    [
        (11, 0, None, []),
        (11, 2, None, ["reason"]),
        (11, 2, "gemischte Sprachen", []),
        (12, 0, None, [None]),
        (12, 2, "eilig", [None]),
    ],
)
def test_promotion(taken: int, ahead: int, reason: str | None, expected: list[str | None]) -> None:
    offer = replace(SINGLES, taken=taken, waiting=3)
    assert [why.field for why in promotion(offer, people_ahead=ahead, reason=reason)] == expected


@pytest.mark.parametrize(
    ("places", "taken", "waiting", "possible"),
    [(12, 9, 5, 3), (12, 9, 2, 2), (12, 12, 2, 0), (10, 12, 2, 0), (12, 9, 0, 0)],
)
def test_how_many_could_move_up(places: int, taken: int, waiting: int, possible: int) -> None:
    assert promote_possible(replace(SINGLES, places=places, taken=taken, waiting=waiting)) == possible


def test_moves() -> None:
    allowed = {(old, new) for old in MOVES for new in EnrolmentStatus if not move_reasons(old, new)}
    status = EnrolmentStatus
    assert allowed == {
        (None, status.APPLIED), (None, status.WAITING), (None, status.ENROLLED),
        (status.APPLIED, status.WAITING), (status.APPLIED, status.OFFERED), (status.APPLIED, status.ENROLLED),
        (status.WAITING, status.OFFERED), (status.WAITING, status.ENROLLED),
        (status.OFFERED, status.WAITING), (status.OFFERED, status.ENROLLED),
        *((before, no) for before in BEFORE_ENTRY for no in (status.DECLINED, status.WITHDRAWN)),
        (status.ENROLLED, status.WITHDRAWN), (status.ENROLLED, status.DROPPED_OUT), (status.ENROLLED, status.NO_SHOW),
        (status.ENROLLED, status.COMPLETED),
        *((ended, status.ENROLLED) for ended in ENDED),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("today", "day"), [(START - dt.timedelta(days=9), START), (DAY, DAY), (END + dt.timedelta(days=9), END)]
)
def test_the_first_day_lies_in_the_course(today: dt.date, day: dt.date) -> None:
    assert first_day(START, END, today) == day


@pytest.mark.parametrize(
    ("entry", "leaving", "expected"),
    [
        (START, DAY, []),
        (DAY, DAY, []),
        (DAY, START, ["exit_date"]),  # left before coming
        (None, DAY, []),  # from the waiting list
        (START, DAY + dt.timedelta(days=1), ["exit_date"]),  # not yet
        (DAY + dt.timedelta(days=5), DAY, []),  # gives the place back before the first day
    ],
)
def test_days_of_leaving(entry: dt.date | None, leaving: dt.date, expected: list[str]) -> None:
    assert [why.field for why in exit_reasons(entry, leaving, DAY, ends_on=END)] == expected


def test_nobody_leaves_a_course_after_its_end() -> None:
    assert [why.field for why in exit_reasons(START, DAY, DAY, ends_on=DAY - dt.timedelta(days=1))] == ["exit_date"]
    assert leaves_before_entry(DAY + dt.timedelta(days=5), DAY, DAY)
    assert not leaves_before_entry(START, START - dt.timedelta(days=5), DAY)


def test_entry_and_exit_day_count() -> None:
    assert on_day(START, END, START)
    assert on_day(START, END, END)
    assert on_day(START, None, END + dt.timedelta(days=500))
    assert not on_day(START, END, START - dt.timedelta(days=1))
    assert not on_day(None, END, DAY)
