"""Fills groups of mothers and children: families come, their children grow out of the group, others follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from demo import clockwork
from demo.names import Community
from demo.office import Office, Place, Run
from demo.people import Household
from programmes.enrolment.rules import EnrolmentStatus, ExitCause
from programmes.participants.models import Person

YOUNGEST, OLDEST = 18, 36  # months, the window of the report
TO_KITA = "Übergang in die Kita"
MOVED = "Umzug aus dem Kreis"


def join(
    office: Office,
    run: Run,
    community: Community,
    name: tuple[str, str],
    born: Sequence[dt.date],
    *,
    children: tuple[str, ...] = (),
    along: int | None = None,
    father: str | None = None,
    entry: dt.date | None = None,
    applied: dt.date | None = None,
    waits: bool = False,
    **facts: object,
) -> tuple[Place, Household]:
    """A family with fixed names gets a place from the first day, or waits; the first `along` children come with her."""
    met = (applied or run.course.starts_on) - dt.timedelta(days=14)
    town = run.course.municipality
    family = office.cast.household(
        community, town, met, tuple(born), name=name, children=children, father=father, **facts
    )
    status = EnrolmentStatus.WAITING if waits else EnrolmentStatus.ENROLLED
    place = office.bring(run, family, family.children[:along], entry=entry, applied=applied, status=status)
    place.reliability = 0.9
    return place, family


def fill(office: Office, run: Run, communities: Sequence[Community], slots: int) -> None:
    """Give `slots` further places to families; when one leaves, the next follows some weeks later."""
    first, last = run.meetings[0].date, run.course.ends_on
    for slot in range(slots):
        day: dt.date | None = first
        while day is not None and day <= min(last, office.today):
            place, born = _arrive(office, run, communities[slot % len(communities)], day)
            leaving = _leaving(office, run, day, born)
            if leaving is None or leaving[0] >= office.today:
                break
            place.leave(leaving[0], EnrolmentStatus.WITHDRAWN, *leaving[1])
            day = _successor(run, leaving[0], dt.timedelta(days=office.rng.randint(6, 21)), office.today)


def _arrive(office: Office, run: Run, community: Community, day: dt.date) -> tuple[Place, dt.date]:
    born = clockwork.months_before(day, office.rng.randint(YOUNGEST, 27))
    household = office.cast.household(community, run.course.municipality, day - dt.timedelta(days=21), (born,))
    return office.bring(run, household, entry=day), born


def _leaving(office: Office, run: Run, entry: dt.date, born: dt.date) -> tuple[dt.date, tuple[str, ExitCause]] | None:
    """The day and reason of leaving: the last meeting before the child is 36 months old, or earlier by a move."""
    too_old = clockwork.months_before(born, -OLDEST)
    there = [meeting.date for meeting in run.meetings if entry <= meeting.date < too_old]
    if len(there) > 24 and office.rng.random() < 0.2:
        return there[office.rng.randint(8, 20)], (MOVED, ExitCause.MOVED)
    return (there[-1], (TO_KITA, ExitCause.CHILDCARE)) if there and there[-1] < run.meetings[-1].date else None


def _successor(run: Run, left_on: dt.date, gap: dt.timedelta, today: dt.date) -> dt.date | None:
    """When the next family comes: some weeks later; in a group that is on, today at the latest, so that it stays full."""
    dates = [meeting.date for meeting in run.meetings if left_on < meeting.date <= today]
    later = next((date for date in dates if date >= left_on + gap), None)
    return dates[-1] if later is None and dates and run.course.ends_on >= today else later


def complete_all(run: Run) -> None:
    """The course is over: who still has a place has completed it."""
    for place in run.places:
        if place.enrolment.status is EnrolmentStatus.ENROLLED:
            place.complete(run.course.ends_on)


def adults_of(run: Run, names: set[str]) -> list[Person]:
    """The people of a course, some names left out."""
    return [place.person for place in run.places if place.person.name not in names]
