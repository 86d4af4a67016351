"""Reads who came: the roll call of one meeting, the marks of a course, and what waits to be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import NoResultFound

from auth.guard import Viewer, built_once
from auth.models import Device, User
from database import db, held
from programmes.attendance.models import AttendanceMark, HeldEvent, MarkEvent
from programmes.attendance.rules import (
    NOTHING,
    REMIND_AFTER_DAYS,
    AbsenceReason,
    Entry,
    Mark,
    MarkStatement,
    Member,
    Source,
    holding,
)
from programmes.catalogue.models import Course, CourseLeader, Meeting, MeetingChange
from programmes.catalogue.queries import coordinates, leads, visible_courses, visible_meetings
from programmes.catalogue.rules import LEADER_SEES_AFTER_END, Change, MeetingStatus
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.queries import RosterChild, RosterLine, children_of_course, rosters
from programmes.enrolment.rules import on_day, outgrows_soon


def meeting_to_change(viewer: Viewer, meeting_id: int) -> Meeting:
    """One visible meeting, locked: two leaders of one group write one after the other. Raises NoResultFound."""
    return _locked(_visible(viewer), meeting_id)


def coordinated_meeting(viewer: Viewer, meeting_id: int) -> Meeting:
    """One meeting of a course the viewer decides about, and not only leads; locked. Raises NoResultFound."""
    return _locked(_visible(viewer).where(coordinates(viewer)), meeting_id)


def own_meeting(viewer: Viewer, meeting_id: int) -> Meeting:
    """One meeting the viewer leads, or stands in for; locked. Raises NoResultFound."""
    return _locked(_visible(viewer).where(_own(viewer)), meeting_id)


@built_once
def _visible(viewer: Viewer) -> sa.Select[Meeting]:
    course = orm.contains_eager(Meeting.course).joinedload(Course.programme, innerjoin=True)
    return visible_meetings(viewer).where(Meeting.id == sa.bindparam("meeting_id")).options(course)


def _locked(query: sa.Select[Meeting], meeting_id: int) -> Meeting:
    return db.session.scalars(held(query, Meeting), {"meeting_id": meeting_id}).one()


def growing_out(viewer: Viewer, meeting: Meeting) -> list[tuple[str, str]]:
    """Child and family of whom the child leaves the programme's age window soon after a coordinated meeting."""
    until = meeting.course.programme.child_until_months
    if until is None:
        return []
    return [
        (child.given_name, adult.sorted_name)
        for child, adult in children_of_course(viewer, meeting.course_id, meeting.date)
        if outgrows_soon(child.birth_date, child.birth_precision, until, meeting.date)
    ]


def may_reopen(viewer: Viewer, meeting: Meeting) -> bool:
    """Whether the viewer leads or coordinates the course; to stand in for one day is not enough."""
    mine = visible_courses(viewer).where(Course.id == meeting.course_id).with_only_columns(Course.id)
    return db.session.scalar(mine) is not None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the roll call: a person or a family, with what is recorded of the adult and then of each child."""

    number: int
    enrolment_id: int
    person_id: int
    name: str
    entry_date: dt.date | None
    exit_date: dt.date | None
    on_day: bool
    children: tuple[RosterChild, ...]
    entries: tuple[Entry, ...]
    disputed: frozenset[Member] = frozenset()
    filled: frozenset[Member] = frozenset()  # by the viewer, with one button for all the rest

    @property
    def members(self) -> tuple[Member, ...]:
        """The adult and the children, in the order of `entries`."""
        return ((self.enrolment_id, None), *((self.enrolment_id, child.id) for child in self.children))

    @property
    def people(self) -> tuple[int, ...]:
        """Whose names the line shows, for the trace."""
        return (self.person_id, *(child.person_id for child in self.children))

    @property
    def field(self) -> str:
        """The name under which reasons belong to this line; its anchor on the page."""
        return f"row-{self.enrolment_id}"


def lines(viewer: Viewer, meeting: Meeting) -> list[Line]:
    """The roll call of a meeting the viewer has been granted, in the numbers of the paper. Three queries."""
    return lines_of(viewer, [meeting])[meeting.id]


def lines_of(viewer: Viewer, meetings: Sequence[Meeting]) -> dict[int, list[Line]]:
    """The roll calls of several granted meetings, by meeting. Three queries, however many they are."""
    marks = marks_of_meetings(viewer, [meeting.id for meeting in meetings])
    people = rosters(viewer, {meeting.course_id for meeting in meetings})
    return {
        meeting.id: [_line(line, meeting.date, marks.get(meeting.id, {})) for line in people.get(meeting.course_id, ())]
        for meeting in meetings
    }


def _line(line: RosterLine, day: dt.date, marks: Mapping[Member, Recorded]) -> Line:
    members: list[Member] = [(line.enrolment_id, None), *((line.enrolment_id, child.id) for child in line.children)]
    known = {member: marks.get(member, BLANK) for member in members}
    return Line(
        line.number,
        line.enrolment_id,
        line.person_id,
        line.name,
        line.entry_date,
        line.exit_date,
        on_day(line.entry_date, line.exit_date, day),
        line.children,
        tuple(one.entry for one in known.values()),
        frozenset(member for member, one in known.items() if one.disputed),
        frozenset(member for member, one in known.items() if one.filled),
    )


class Recorded(NamedTuple):
    """What holds of one member; whether people differ about it; whether the viewer's button for all the rest said it."""

    entry: Entry
    disputed: bool
    filled: bool


BLANK = Recorded(NOTHING, False, False)
MARKS = (
    sa.select(
        AttendanceMark.meeting_id,
        AttendanceMark.enrolment_id,
        AttendanceMark.child_id,
        AttendanceMark.mark,
        AttendanceMark.arrived_at,
        AttendanceMark.left_at,
        AttendanceMark.absence_reason,
        AttendanceMark.disputed,
        sa.and_(MarkEvent.source == Source.FILL, MarkEvent.author_id == sa.bindparam("viewer_id")),
    )
    .join(MarkEvent, MarkEvent.id == AttendanceMark.event_id)
    .where(AttendanceMark.meeting_id.in_(sa.bindparam("meeting_ids", expanding=True)))
)


def marks_of_meetings(viewer: Viewer, meeting_ids: Sequence[int]) -> dict[int, dict[Member, Recorded]]:
    """What holds of everybody at these meetings; who is missing is not recorded. One query."""
    found: dict[int, dict[Member, Recorded]] = {}
    asked = {"meeting_ids": list(meeting_ids), "viewer_id": viewer.id}
    for row in db.session.execute(MARKS, asked, execution_options={"viewer": viewer}):
        found.setdefault(row[0], {})[row[1], row[2]] = Recorded(Entry(*row[3:7]), row[7], bool(row[8]))
    return found


def statements(viewer: Viewer, meeting_id: int, enrolment_ids: Iterable[int]) -> dict[Member, list[MarkStatement]]:
    """Everything that was ever said about some enrolments at one meeting, by member. One query."""
    asked = {"meeting_ids": [meeting_id], "enrolment_ids": list(enrolment_ids)}
    return _statements(viewer, OF_SOME, asked).get(meeting_id, {})


def statements_of(viewer: Viewer, meeting_ids: Sequence[int]) -> Statements:
    """Everything that was ever said about anybody at these meetings, by meeting and member. One query."""
    return _statements(viewer, OF_ALL, {"meeting_ids": list(meeting_ids)})


Statements = dict[int, dict[Member, list[MarkStatement]]]
OF_ALL = sa.select(
    MarkEvent.meeting_id,
    MarkEvent.enrolment_id,
    MarkEvent.child_id,
    MarkEvent.id,
    MarkEvent.author_id,
    MarkEvent.mark,
    MarkEvent.arrived_at,
    MarkEvent.left_at,
    MarkEvent.absence_reason,
    MarkEvent.recorded_at,
    MarkEvent.replaces,
    MarkEvent.source,
    MarkEvent.office,
    MarkEvent.doubtful,
).where(MarkEvent.meeting_id.in_(sa.bindparam("meeting_ids", expanding=True)))
OF_SOME = OF_ALL.where(MarkEvent.enrolment_id.in_(sa.bindparam("enrolment_ids", expanding=True)))


def _statements(viewer: Viewer, about: sa.Select[*tuple[Any, ...]], asked: Mapping[str, Sequence[int]]) -> Statements:
    said: Statements = {}
    for event in db.session.execute(about, asked, execution_options={"viewer": viewer}):
        said.setdefault(event.meeting_id, {}).setdefault((event.enrolment_id, event.child_id), []).append(
            MarkStatement(
                event.id,
                event.author_id,
                Entry(event.mark, event.arrived_at, event.left_at, event.absence_reason),
                event.recorded_at,
                frozenset(event.replaces),
                event.source,
                event.office,
                event.doubtful,
            )
        )
    return said


class Word(NamedTuple):
    """One of several words about somebody that cannot all be true."""

    member: Member
    author: str
    entry: Entry


def disputes(viewer: Viewer, meeting: Meeting, lines: Iterable[Line]) -> dict[int, list[Word]]:
    """Who says what of those about whom people differ, by enrolment; the word that holds until it is decided comes first."""
    members = [member for line in lines for member in line.disputed]
    if not members:
        return {}
    said = statements(viewer, meeting.id, {enrolment_id for enrolment_id, _ in members})
    held = {member: found for member in members if (found := holding(said.get(member, ()))) is not None}
    authors = {word.author_id for one in held.values() for word in (one.statement, *one.against)}
    names = {row.id: row.name for row in db.session.execute(sa.select(User.id, User.name).where(User.id.in_(authors)))}
    words: dict[int, list[Word]] = {}
    for member, one in sorted(held.items(), key=lambda item: (item[0][0], item[0][1] or 0)):
        told = words.setdefault(member[0], [])
        told += [Word(member, names[word.author_id], word.entry) for word in (one.statement, *one.against)]
    return words


def events_of(viewer: Viewer, meeting_id: int) -> Sequence[MarkEvent]:
    """Every statement about one meeting in the order in which the server received them, with authors."""
    return db.session.scalars(
        sa.select(MarkEvent)
        .where(MarkEvent.meeting_id == meeting_id)
        .order_by(MarkEvent.received_at, MarkEvent.id)
        .options(orm.joinedload(MarkEvent.author, innerjoin=True))
        .execution_options(viewer=viewer)
    ).all()


def last_reason(meeting_id: int, what: Change) -> str | None:
    """The reason that was last given for one kind of change of a meeting."""
    return db.session.scalar(
        sa.select(MeetingChange.reason)
        .where(MeetingChange.meeting_id == meeting_id, MeetingChange.what == what)
        .order_by(MeetingChange.id.desc())
        .limit(1)
    )


def place_in_course(meeting: Meeting) -> tuple[int, int]:
    """Which of how many meetings of its course this one is."""
    number, total = db.session.execute(
        sa.select(
            sa.func.count().filter(
                sa.tuple_(Meeting.date, Meeting.starts_at)
                <= sa.tuple_(sa.literal(meeting.date), sa.literal(meeting.starts_at))
            ),
            sa.func.count(),
        ).where(Meeting.course_id == meeting.course_id)
    ).one()
    return number, total


class MarkRow(NamedTuple):
    """What holds of one person at one meeting, as an account of a course needs it."""

    meeting_id: int
    enrolment_id: int
    child_id: int | None
    mark: Mark
    minutes: int
    absence_reason: AbsenceReason | None
    arrived_at: dt.time | None
    left_at: dt.time | None


def marks_of_course(viewer: Viewer, course_id: int) -> list[MarkRow]:
    """All marks of a visible course in one query; empty for a course that is not the viewer's."""
    return marks_of_courses(viewer, [course_id])


def marks_of_courses(viewer: Viewer, course_ids: Collection[int]) -> list[MarkRow]:
    """The same of several courses, in one query."""
    visible = visible_courses(viewer).where(Course.id.in_(course_ids)).with_only_columns(Course.id)
    rows = db.session.execute(
        sa.select(
            AttendanceMark.meeting_id,
            AttendanceMark.enrolment_id,
            AttendanceMark.child_id,
            AttendanceMark.mark,
            AttendanceMark.minutes,
            AttendanceMark.absence_reason,
            AttendanceMark.arrived_at,
            AttendanceMark.left_at,
        )
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .where(Meeting.course_id.in_(visible))
        .order_by(Meeting.date, Meeting.starts_at, AttendanceMark.enrolment_id, AttendanceMark.child_id)
        .execution_options(viewer=viewer)
    )
    return [MarkRow._make(row) for row in rows]


class MeetingRow(NamedTuple):
    """One meeting on a to-do list. `total` is the length of the whole list, of which only the beginning was read;
    `overdue` says of how many of the whole list somebody has to be reminded."""

    id: int
    date: dt.date
    starts_at: dt.time
    ends_at: dt.time
    status: MeetingStatus
    topic: str | None
    closed: bool
    course_id: int
    course: str
    venue: str
    total: int
    overdue: int


def _meetings(viewer: Viewer, scope: sa.ColumnElement[bool]) -> Meetings:
    return (
        sa.select(
            Meeting.id,
            Meeting.date,
            Meeting.starts_at,
            Meeting.ends_at,
            Meeting.status,
            Meeting.topic,
            Meeting.closed_at.is_not(None),
            Course.id,
            Course.title,
            Course.venue,
            sa.func.count().over(),
            sa.func.count().filter(Meeting.date <= viewer.today - dt.timedelta(days=REMIND_AFTER_DAYS)).over(),
        )
        .join(Course, Course.id == Meeting.course_id)
        .where(scope)
        .order_by(*EARLIEST, Meeting.id)
    )


def _rows(viewer: Viewer, meetings: Meetings, most: int) -> list[MeetingRow]:
    rows = db.session.execute(meetings.limit(most).execution_options(viewer=viewer))
    return [MeetingRow._make(row) for row in rows]


@built_once
def _own(viewer: Viewer) -> sa.ColumnElement[bool]:
    if not viewer.leads:
        return sa.false()
    stands_in = sa.and_(Meeting.substitute_id == viewer.id, Course.ends_on >= viewer.today - LEADER_SEES_AFTER_END)
    return sa.or_(leads(viewer), stands_in)


Meetings = sa.Select[*tuple[Any, ...]]
EARLIEST = (Meeting.date, Meeting.starts_at)
ON_A_LIST = 8


@built_once
def _today(viewer: Viewer) -> Meetings:
    return _meetings(viewer, sa.and_(_own(viewer), Meeting.date == viewer.today))


@built_once
def _next(viewer: Viewer) -> Meetings:
    upcoming = sa.and_(_own(viewer), Meeting.date > viewer.today, Meeting.status == MeetingStatus.PLANNED)
    return _meetings(viewer, upcoming)


@built_once
def _not_closed(viewer: Viewer) -> Meetings:
    return _meetings(viewer, sa.and_(coordinates(viewer), _unclosed(viewer.today)))


@built_once
def _own_not_closed(viewer: Viewer) -> Meetings:
    yesterday = viewer.today - dt.timedelta(days=1)
    return _meetings(viewer, sa.and_(_own(viewer), _unclosed(yesterday)))


def _unclosed(last_day: dt.date) -> sa.ColumnElement[bool]:
    return sa.and_(
        Meeting.date <= last_day,
        Meeting.closed_at.is_(None),
        Meeting.status != MeetingStatus.CANCELLED,
        Course.cancelled_reason.is_(None),
    )


def todays_meetings(viewer: Viewer, most: int = ON_A_LIST) -> list[MeetingRow]:
    """The meetings the viewer leads today, those that were cancelled included."""
    return _rows(viewer, _today(viewer), most)


def next_meetings(viewer: Viewer, most: int = 5) -> list[MeetingRow]:
    """The meetings the viewer leads next, after today."""
    return _rows(viewer, _next(viewer), most)


def not_closed(viewer: Viewer, most: int = ON_A_LIST) -> list[MeetingRow]:
    """Meetings in the viewer's coordinated scope, today's included, whose roll call is not closed; the oldest first."""
    return _rows(viewer, _not_closed(viewer), most)


def own_not_closed(viewer: Viewer, most: int = ON_A_LIST) -> list[MeetingRow]:
    """Earlier meetings the viewer led, whose roll call is not closed; the oldest first."""
    return _rows(viewer, _own_not_closed(viewer), most)


def led_between(viewer: Viewer, first: dt.date, last: dt.date) -> list[Meeting]:
    """The meetings the viewer leads on these days, with course and programme. One query."""
    return list(
        db.session.scalars(
            sa.select(Meeting)
            .join(Course, Course.id == Meeting.course_id)
            .where(_own(viewer), Meeting.date.between(first, last))
            .order_by(*EARLIEST, Meeting.id)
            .options(orm.contains_eager(Meeting.course).joinedload(Course.programme, innerjoin=True))
            .execution_options(viewer=viewer)
        )
    )


def is_led(viewer: Viewer, meeting: Meeting) -> bool:
    """Whether the viewer leads this meeting, and does not only decide about its course."""
    return any(one.id == meeting.id for one in led_between(viewer, meeting.date, meeting.date))


@dataclass(frozen=True)
class Place:
    """Somebody's days in a course, and the children that come along."""

    entry_date: dt.date | None
    exit_date: dt.date | None
    children: frozenset[int]


PLACES = (
    sa.select(Enrolment.id, Enrolment.entry_date, Enrolment.exit_date, EnrolmentChild.id)
    .outerjoin(EnrolmentChild, EnrolmentChild.enrolment_id == Enrolment.id)
    .where(
        Enrolment.course_id == sa.bindparam("course_id"),
        Enrolment.id.in_(sa.bindparam("enrolment_ids", expanding=True)),
        Enrolment.entry_date.is_not(None),
    )
)
EVENTS = sa.select(MarkEvent).where(MarkEvent.id.in_(sa.bindparam("event_ids", expanding=True)))


def places_in(viewer: Viewer, course_id: int, enrolment_ids: Iterable[int]) -> dict[int, Place]:
    """Those of these enrolments that are on the roster of a granted course. One query."""
    asked = {"course_id": course_id, "enrolment_ids": list(enrolment_ids)}
    found: dict[int, Place] = {}
    for enrolment_id, entry, leaving, child_id in db.session.execute(
        PLACES, asked, execution_options={"viewer": viewer}
    ):
        before = found.get(enrolment_id, Place(entry, leaving, frozenset()))
        found[enrolment_id] = Place(entry, leaving, before.children | ({child_id} if child_id is not None else set()))
    return found


def events_by_id(viewer: Viewer, event_ids: Sequence[str]) -> Sequence[MarkEvent]:
    """What is stored already under these ids, wherever it belongs: an id is used once. One query."""
    return db.session.scalars(EVENTS, {"event_ids": list(event_ids)}, execution_options={"viewer": viewer}).all()


def held_by_id(viewer: Viewer, event_ids: Sequence[str]) -> Sequence[HeldEvent]:
    """What the viewer sent under these ids and was not applied. One query."""
    return db.session.scalars(
        sa.select(HeldEvent)
        .where(HeldEvent.event_id.in_(event_ids), HeldEvent.author_id == viewer.id)
        .execution_options(viewer=viewer)
    ).all()


def held_of_meeting(viewer: Viewer, meeting_id: int) -> Sequence[HeldEvent]:
    """What phones sent about a granted meeting and was not applied, newest first, with authors."""
    return db.session.scalars(
        sa.select(HeldEvent)
        .where(HeldEvent.meeting_id == meeting_id)
        .order_by(HeldEvent.id.desc())
        .options(orm.joinedload(HeldEvent.author, innerjoin=True))
        .execution_options(viewer=viewer)
    ).all()


def devices(viewer: Viewer) -> list[tuple[Device, str]]:
    """The viewer's own phones, and those of the leaders of courses the viewer decides about; with their owners' names."""
    leaders = (
        sa.select(CourseLeader.user_id).join(Course, Course.id == CourseLeader.course_id).where(coordinates(viewer))
    )
    rows = db.session.execute(
        sa.select(Device, User.name)
        .join(User, User.id == Device.user_id)
        .where(sa.or_(Device.user_id == viewer.id, Device.user_id.in_(leaders)))
        .order_by(Device.revoked_at.is_not(None), User.name, Device.seen_at.desc())
    )
    return [(row[0], row[1]) for row in rows]


def device(viewer: Viewer, device_id: int) -> Device:
    """One phone the viewer may revoke. Raises NoResultFound."""
    for found, _ in devices(viewer):
        if found.id == device_id:
            return found
    raise NoResultFound
