"""A big office for benchmarks: many courses, many people, meetings and marks, all in the scope of one coordinator."""

from __future__ import annotations

import datetime as dt

from database import db
from demo import clockwork
from demo.names import COMMUNITIES
from demo.office import Office, Run
from demo.roll_calls import RollCalls
from programmes.participants.models import Person
from programmes.participants.rules import Sex

ROLL_CALL = 25  # people in the first course, whose roll call is measured
BEFORE, AFTER = 5, 5  # meetings before and after today's
SECOND_COURSE = 10  # every tenth enrolment is the second of somebody
HOURS = "09:00–12:15"


def build_bulk(seed: int, today: dt.date, *, courses: int = 50, enrolments: int = 5000) -> Office:
    """Build it on an empty, migrated database with its catalogue, and commit.

    `koordination-ra` coordinates all courses. `leitung-ra` leads the first, of 25 people; each has an open meeting today.
    """
    office = Office(seed, today)
    days = clockwork.around(today, clockwork.two_weekdays(today), BEFORE, AFTER)
    towns = [town for town in office.towns.values() if town.in_county]
    runs = []
    for number in range(courses):
        run = office.course(
            f"B-{today.year}-{number + 1:03}", f"Kurs {number + 1}", "P01a" if number % 2 else "P01b",
            towns[number % len(towns)].name, venue="Bürgerhaus", language="Deutsch", places=max(ROLL_CALL, enrolments // max(1, courses - 1) + 1), dates=days,
            leaders=["leitung-sprache" if number else "leitung-ra"], coordinator="koordination-ra",
        )  # fmt: skip
        for day in days:
            office.meet(run, day, HOURS, pause=15)
        runs.append(run)
    _fill(office, runs, enrolments)
    db.session.flush()
    calls = RollCalls(office)
    for run in runs:
        calls.take(run)
    office.write_histories()
    calls.write()
    db.session.commit()
    return office


def _fill(office: Office, runs: list[Run], enrolments: int) -> None:
    """25 people in the first course, the others evenly in the rest; one in ten has a second course."""
    rng = office.rng
    people: list[Person] = []
    others = len(runs) - 1
    back = len(runs) + (len(runs) % SECOND_COURSE == 0)  # to somebody who has one course only, and not this one
    for number in range(enrolments):
        first = number < ROLL_CALL or not others
        run = runs[0] if first else runs[1 + number % others]
        if others > ROLL_CALL and number >= ROLL_CALL + back and number % SECOND_COURSE == 0:
            person = people[number - back]
        else:
            community, sex = rng.choice(COMMUNITIES), rng.choice((Sex.FEMALE, Sex.MALE))
            given = rng.choice(community.women if sex is Sex.FEMALE else community.men).latin
            family = community.family(rng)[sex is Sex.FEMALE].latin
            person = office.cast.adult(
                community,
                sex,
                run.course.municipality,
                run.course.starts_on - dt.timedelta(weeks=2),
                name=(given, family),
            )
        people.append(person)
        office.enrol(run, person)
