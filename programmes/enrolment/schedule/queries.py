"""Reads what stands in the way of a course's meetings: free days, leaders, rooms and people who are somewhere else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from auth.guard import Viewer
from auth.models import User
from database import db
from programmes.catalogue.calendar import almanac, queries as calendar
from programmes.catalogue.calendar.rules import days_of
from programmes.catalogue.models import Course, CourseLeader, Meeting
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import MeetingStatus, Span
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import HAS_PLACE
from programmes.enrolment.schedule.rules import Asked, Busy, Cause, Clash, clashes
from programmes.participants.models import Person
from wording import N_, Reason


def days_off(first: dt.date, last: dt.date, *, school: bool) -> dict[dt.date, Reason]:
    """The days that a rule leaves out: public holidays, and if wanted those without school."""
    off = {}
    if school:
        without_school = days_of(calendar.school_holidays(first, last))
        off = {day: Reason(N_("Schulferien: {name}"), name=name) for day, name in without_school.items()}
    public = almanac.public_holidays(first, last)
    return off | {day: Reason(N_("Gesetzlicher Feiertag: {name}"), name=name) for day, name in public.items()}


def clashes_of(viewer: Viewer, course: Course, leaders: Collection[int], spans: Sequence[Span]) -> list[Clash]:
    """What clashes with meetings of a coordinated course that these people lead. Three queries, however many they are.

    A leader or a room is taken by whatever course it is; of people only what the viewer coordinates is told.
    """
    return _clashes(viewer, course, leaders, [Asked(span, frozenset(leaders)) for span in spans])


def clashes_ahead(viewer: Viewer, course: Course, leaders: Collection[int], meetings: Sequence[Meeting]) -> list[Clash]:
    """What clashes with the meetings of a coordinated course from today on."""
    asked = [
        Asked(
            Span(one.date, one.starts_at, one.ends_at),
            frozenset(leaders if one.substitute_id is None else (one.substitute_id,)),
        )
        for one in meetings
        if one.date >= viewer.today and one.status is MeetingStatus.PLANNED
    ]
    return _clashes(viewer, course, {*leaders}.union(*(one.leaders for one in asked)), asked)


def _clashes(viewer: Viewer, course: Course, leaders: Collection[int], asked: Sequence[Asked]) -> list[Clash]:
    days = [one.span.date for one in asked]
    if not days:
        return []
    first, last = min(days), max(days)
    elsewhere = [Meeting.date.between(first, last), Meeting.status != MeetingStatus.CANCELLED, Course.id != course.id]
    busy = [*_leaders(leaders, elsewhere), *_room(course, elsewhere), *_people(viewer, course, elsewhere)]
    return clashes(asked, busy, almanac.public_holidays(first, last))


WHEN = (Meeting.date, Meeting.starts_at, Meeting.ends_at, Course.number)


def _leaders(leaders: Collection[int], elsewhere: list[sa.ColumnElement[bool]]) -> list[Busy]:
    """When these people lead other courses, or stand in there."""
    leading = sa.exists().where(CourseLeader.course_id == Course.id, CourseLeader.user_id == User.id)
    rows = db.session.execute(
        sa.select(*WHEN, User.id, User.name)
        .select_from(Meeting)
        .join(Course, Course.id == Meeting.course_id)
        .join(
            User,
            sa.or_(
                User.id == Meeting.substitute_id,
                sa.and_(Meeting.substitute_id.is_(None), leading.correlate(Course, User)),
            ),
        )
        .where(User.id.in_(leaders), *elsewhere)
    )
    return [Busy(Cause.LEADER, Span(*row[:3]), row[3], (row[4], row[5])) for row in rows]


def _room(course: Course, elsewhere: list[sa.ColumnElement[bool]]) -> list[Busy]:
    """When other courses meet in the same place of the same town."""
    rows = db.session.execute(
        sa.select(*WHEN)
        .join(Course, Course.id == Meeting.course_id)
        .where(
            Course.municipality_id == course.municipality_id,
            sa.func.lower(Course.venue) == sa.func.lower(course.venue),
            *elsewhere,
        )
    )
    return [Busy(Cause.ROOM, Span(*row[:3]), row[3]) for row in rows]


def _people(viewer: Viewer, course: Course, elsewhere: list[sa.ColumnElement[bool]]) -> list[Busy]:
    """When people of the course, children too, have a place in another one of the viewer's; not before entry, not after exit."""
    place = (Enrolment.course_id, Enrolment.entry_date, Enrolment.exit_date)
    adults = sa.select(Enrolment.person_id, *place)
    children = sa.select(EnrolmentChild.person_id, *place).join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
    here = sa.union_all(
        *(some.where(Enrolment.course_id == course.id, Enrolment.status.in_(HAS_PLACE)) for some in (adults, children))
    ).cte("here")
    known = sa.select(here.c.person_id)
    there = sa.union_all(
        *(
            some.where(
                some.selected_columns[0].in_(known),
                Enrolment.course_id != course.id,
                Enrolment.status.in_(HAS_PLACE),
            )
            for some in (adults, children)
        )
    ).subquery("there")
    rows = db.session.execute(
        sa.select(*WHEN, Person.id, Person.family_name, Person.given_name)
        .select_from(there)
        .join(here, here.c.person_id == there.c.person_id)
        .join(Person, Person.id == there.c.person_id)
        .join(Course, Course.id == there.c.course_id)
        .join(Meeting, Meeting.course_id == Course.id)
        .where(
            coordinates(viewer),
            *(
                sa.and_(one.c.entry_date <= Meeting.date, sa.func.coalesce(one.c.exit_date, Meeting.date) >= Meeting.date)
                for one in (here, there)
            ),
            *elsewhere,
        )
        .execution_options(viewer=viewer)
    )  # fmt: skip
    return [
        Busy(Cause.PARTICIPANT, Span(*row[:3]), row[3], (row[4], ", ".join(filter(None, (row[5], row[6])))))
        for row in rows
    ]
