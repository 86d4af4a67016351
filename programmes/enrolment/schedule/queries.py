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
from programmes.catalogue.models import Course, CourseLeader, LeaderContract, Meeting, Room
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import MeetingFacts, MeetingStatus, Span
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import HAS_PLACE
from programmes.enrolment.schedule.rules import (
    Asked,
    Busy,
    Cause,
    Clash,
    Contract,
    Place,
    RoomFacts,
    clashes,
    contract_clashes,
    in_order,
    room_clashes,
    seats,
)
from programmes.participants.models import Person
from programmes.participants.rules import Need
from wording import N_, Reason


def days_off(first: dt.date, last: dt.date, *, school: bool) -> dict[dt.date, Reason]:
    """The days that a rule leaves out: public holidays, and if wanted those without school."""
    off = {}
    if school:
        without_school = days_of(calendar.school_holidays(first, last))
        off = {day: Reason(N_("Schulferien: {name}"), name=name) for day, name in without_school.items()}
    public = almanac.public_holidays(first, last)
    return off | {day: Reason(N_("Gesetzlicher Feiertag: {name}"), name=name) for day, name in public.items()}


def clashes_of(
    viewer: Viewer, course: Course, leaders: Collection[int], facts: Sequence[MeetingFacts], *, childcare: bool
) -> list[Clash]:
    """What clashes with meetings of a coordinated course that these people lead; `childcare`: somebody in it needs it. As many
    queries for one as for many.

    A leader or a room is taken by whatever course it is; of people only what the viewer coordinates is told.
    """
    rooms = [course.room] if course.room else []
    rooms += db.session.scalars(sa.select(Room).where(Room.id.in_({one.room_id for one in facts if one.room_id}))).all()
    asked = [
        Asked(Span(one.date, one.starts_at, one.ends_at), frozenset(leaders), _place(course, one.room_id))
        for one in facts
    ]
    return _clashes(viewer, course, leaders, asked, rooms, childcare=childcare)


def clashes_ahead(
    viewer: Viewer, course: Course, leaders: Collection[int], meetings: Sequence[Meeting], *, childcare: bool
) -> list[Clash]:
    """What clashes with the meetings of a coordinated course from today on."""
    asked = [
        Asked(
            Span(one.date, one.starts_at, one.ends_at),
            frozenset(leaders if one.substitute_id is None else (one.substitute_id,)),
            _place(course, one.room_id),
        )
        for one in meetings
        if one.date >= viewer.today and one.status is MeetingStatus.PLANNED
    ]
    rooms = [room for room in (course.room, *(one.room for one in meetings)) if room]
    return _clashes(
        viewer, course, {*leaders}.union(*(one.leaders for one in asked)), asked, rooms, childcare=childcare
    )


def _place(course: Course, room_id: int | None) -> Place:
    at_venue = (course.municipality_id, course.venue_key) if room_id in (None, course.room_id) else None
    return Place(room_id or course.room_id, at_venue)


def _clashes(
    viewer: Viewer,
    course: Course,
    leaders: Collection[int],
    asked: Sequence[Asked],
    rooms: Collection[Room],
    *,
    childcare: bool,
) -> list[Clash]:
    days = [one.span.date for one in asked]
    if not days:
        return []
    first, last = min(days), max(days)
    elsewhere = [Meeting.date.between(first, last), Meeting.status != MeetingStatus.CANCELLED, Course.id != course.id]
    leading, contracts = _leaders(leaders, elsewhere)
    busy = [*leading, *_rooms(course, [room.id for room in rooms], elsewhere), *_people(viewer, course, elsewhere)]
    facts = {room.id: RoomFacts(room.name, room.places, room.childcare) for room in rooms}
    is_family = course.programme.is_family
    return in_order(
        clashes(asked, busy, almanac.public_holidays(first, last)),
        contract_clashes(asked, contracts),
        room_clashes(asked, facts, seats(course.places, is_family=is_family), childcare=childcare or is_family),
    )


def needs_childcare(viewer: Viewer, course_id: int) -> bool:
    """Whether somebody who has a place in a coordinated course needs childcare."""
    needs = db.session.scalars(
        sa.select(Person.needs)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.course_id == course_id, Enrolment.status.in_(HAS_PLACE), coordinates(viewer))
        .execution_options(viewer=viewer)
    )
    return any(Need.CHILDCARE in one for one in needs)


WHEN = (Meeting.date, Meeting.starts_at, Meeting.ends_at, Course.number)


def _leaders(
    leaders: Collection[int], elsewhere: list[sa.ColumnElement[bool]]
) -> tuple[list[Busy], dict[int, Contract]]:
    """When these people lead other courses, or stand in there; and their contracts, in the same query: everybody has a row, whether
    they are somewhere else or not."""
    leading = sa.exists().where(CourseLeader.course_id == Course.id, CourseLeader.user_id == User.id)
    led = sa.or_(
        User.id == Meeting.substitute_id,
        sa.and_(Meeting.substitute_id.is_(None), leading.correlate(Course, User)),
    )
    there = sa.join(Meeting, Course, Course.id == Meeting.course_id)
    rows = db.session.execute(
        sa.select(*WHEN, User.id, User.name, LeaderContract.starts_on, LeaderContract.ends_on)
        .select_from(User)
        .outerjoin(LeaderContract, LeaderContract.user_id == User.id)
        .outerjoin(there, sa.and_(led, *elsewhere))
        .where(User.id.in_(leaders))
    ).all()
    busy = [Busy(Cause.LEADER, Span(*row[:3]), row[3], (row[4], row[5])) for row in rows if row[0] is not None]
    return busy, {row[4]: Contract(*row[5:]) for row in rows}


def _rooms(course: Course, rooms: Collection[int], elsewhere: list[sa.ColumnElement[bool]]) -> list[Busy]:
    """When other courses meet in these rooms, or at what is written as the venue of this course."""
    at_venue = (Course.municipality_id == course.municipality_id, Course.venue_key == course.venue_key)
    room = sa.func.coalesce(Meeting.room_id, Course.room_id)
    is_at_venue = sa.or_(Meeting.room_id.is_(None), Meeting.room_id == Course.room_id)
    rows = db.session.execute(
        sa.select(*WHEN, room, Course.municipality_id, Course.venue_key, is_at_venue)
        .join(Course, Course.id == Meeting.course_id)
        .where(sa.or_(room.in_(rooms), sa.and_(*at_venue)), *elsewhere)
    )
    return [
        Busy(Cause.ROOM, Span(*row[:3]), row[3], place=Place(row[4], (row[5], row[6]) if row[7] else None))
        for row in rows
    ]


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
