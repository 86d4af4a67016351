"""Reads accounts of minutes and who stays away; `warning` reads who is about to lose the required share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer, built_once
from database import db, held
from programmes.attendance.account.models import FollowUp, MakeUp
from programmes.attendance.account.rules import (
    Account,
    AccountRule,
    MadeUp,
    MeetingLine,
    account,
)
from programmes.attendance.models import AttendanceMark
from programmes.attendance.queries import marks_of_courses
from programmes.attendance.rules import (
    ABSENT,
    ABSENT_TWICE,
    AbsenceReason,
    Entry,
    Mark,
    Member,
    absent_in_a_row,
)
from programmes.catalogue.models import Course, Meeting, Module, Municipality, Programme
from programmes.catalogue.queries import coordinates, modules_of
from programmes.catalogue.rules import MeetingStatus, PaperKind
from programmes.enrolment.models import Enrolment
from programmes.enrolment.queries import coordinated_enrolments
from programmes.enrolment.rules import EnrolmentStatus, on_day
from programmes.participants.models import Person


def rule_of(programme: Programme) -> AccountRule:
    """What a programme counts and asks for now."""
    return _rule(programme, modules_of(programme.id))


def rules_of(programmes: Collection[Programme]) -> dict[int, AccountRule]:
    """The same of several programmes, in one query."""
    modules: dict[int, list[Module]] = {}
    for module in db.session.scalars(
        sa.select(Module)
        .where(Module.programme_id.in_([programme.id for programme in programmes]))
        .order_by(Module.number)
    ):
        modules.setdefault(module.programme_id, []).append(module)
    return {programme.id: _rule(programme, modules.get(programme.id, ())) for programme in programmes}


def _rule(programme: Programme, modules: Iterable[Module]) -> AccountRule:
    return AccountRule(
        counting=programme.counting,
        required_share=programme.required_share,
        unit_minutes=programme.unit_minutes,
        modules=tuple((module.id, module.title, module.mandatory) for module in modules),
        needs_modules=programme.paper is PaperKind.QUALIFICATION,
        counts_make_up=programme.counts_make_up,
    )


class Days(NamedTuple):
    """An enrolment and the days on which it holds."""

    enrolment_id: int
    entry_date: dt.date | None
    exit_date: dt.date | None


@dataclass(frozen=True)
class Ledger:
    """The account of one enrolment with the meetings it is made of."""

    lines: tuple[MeetingLine, ...]
    account: Account


@dataclass(frozen=True)
class _Recorded:
    """What is recorded of one enrolment at one meeting."""

    mark: Mark = Mark.NOT_RECORDED
    minutes: int = 0
    reason: AbsenceReason | None = None
    child_marks: list[Mark] = field(default_factory=list)


def ledgers(
    viewer: Viewer, course_id: int, rule: AccountRule, places: Iterable[Days], today: dt.date
) -> dict[int, Ledger]:
    """The accounts of these enrolments of a granted course. Three queries, whatever the size."""
    return ledgers_of_courses(viewer, {course_id: (rule, places)}, today)


def ledgers_of_courses(
    viewer: Viewer, courses: Mapping[int, tuple[AccountRule, Iterable[Days]]], today: dt.date
) -> dict[int, Ledger]:
    """The same of several granted courses. Three queries, however many they are."""
    meetings: dict[int, list[Any]] = {}
    for meeting in db.session.execute(
        sa.select(
            Meeting.course_id,
            Meeting.id,
            Meeting.date,
            Meeting.status,
            Meeting.minutes,
            Meeting.module_id,
            Meeting.topic,
            Meeting.closed_at,
            Meeting.starts_at,
            Meeting.ends_at,
        )
        .where(Meeting.course_id.in_(list(courses)))
        .order_by(Meeting.date, Meeting.starts_at)
    ):
        meetings.setdefault(meeting.course_id, []).append(meeting)
    marks = _marks(viewer, courses)
    made_up = made_up_by(viewer, Enrolment.course_id.in_(list(courses)))
    nothing = _Recorded()
    found = {}
    for course_id, rule, place in (
        (course_id, rule, place) for course_id, (rule, places) in courses.items() for place in places
    ):
        lines = []
        for meeting in meetings.get(course_id, ()):
            known = marks.get((meeting.id, place.enrolment_id), nothing)
            lines.append(
                MeetingLine(
                    meeting_id=meeting.id,
                    date=meeting.date,
                    status=meeting.status,
                    minutes=meeting.minutes,
                    module_id=meeting.module_id,
                    topic=meeting.topic,
                    closed=meeting.closed_at is not None,
                    mark=known.mark,
                    attended=known.minutes,
                    child_marks=tuple(known.child_marks),
                    enrolled=on_day(place.entry_date, place.exit_date, meeting.date),
                    reason=known.reason,
                    starts_at=meeting.starts_at,
                    ends_at=meeting.ends_at,
                )
            )
        own = account(lines, rule, today, made_up.get(place.enrolment_id, ()))
        found[place.enrolment_id] = Ledger(tuple(lines), own)
    return found


def _marks(viewer: Viewer, course_ids: Collection[int]) -> dict[tuple[int, int], _Recorded]:
    found: dict[tuple[int, int], _Recorded] = {}
    children: dict[tuple[int, int], list[Mark]] = {}
    for row in marks_of_courses(viewer, course_ids):
        key = (row.meeting_id, row.enrolment_id)
        of_children = children.setdefault(key, [])
        if row.child_id is None:
            found[key] = _Recorded(row.mark, row.minutes, row.absence_reason, of_children)
        else:
            of_children.append(row.mark)
    return found


def made_up_by(viewer: Viewer, scope: sa.ColumnElement[bool]) -> dict[int, list[MadeUp]]:
    """Time made up that was not taken back, by enrolment."""
    found: dict[int, list[MadeUp]] = {}
    for enrolment_id, module_id, minutes in db.session.execute(
        sa.select(MakeUp.enrolment_id, MakeUp.module_id, sa.func.sum(MakeUp.minutes))
        .join(Enrolment, Enrolment.id == MakeUp.enrolment_id)
        .where(scope, MakeUp.taken_back_at.is_(None))
        .group_by(MakeUp.enrolment_id, MakeUp.module_id)
        .execution_options(viewer=viewer)
    ):
        found.setdefault(enrolment_id, []).append((module_id, int(minutes)))
    return found


def enrolment_to_change(viewer: Viewer, enrolment_id: int) -> Enrolment:
    """One enrolment the viewer decides about, held so that two do not enter the same; not of those who only wait.

    Raises NoResultFound.
    """
    return db.session.scalars(
        held(
            coordinated_enrolments(viewer)
            .where(Enrolment.id == enrolment_id, Enrolment.entry_date.is_not(None))
            .options(
                orm.joinedload(Enrolment.person, innerjoin=True),
                orm.contains_eager(Enrolment.course).joinedload(Course.programme, innerjoin=True),
            ),
            Enrolment,
        )
    ).one()


def ledger_of(viewer: Viewer, enrolment: Enrolment, today: dt.date) -> tuple[AccountRule, Ledger]:
    """The account of one granted enrolment, and the rule it follows."""
    rule = rule_of(enrolment.course.programme)
    days = Days(enrolment.id, enrolment.entry_date, enrolment.exit_date)
    return rule, ledgers(viewer, enrolment.course_id, rule, [days], today)[enrolment.id]


def make_ups(viewer: Viewer, enrolment_id: int) -> Sequence[MakeUp]:
    """All time made up by a granted enrolment, also what was taken back; the latest day first."""
    return db.session.scalars(
        sa.select(MakeUp)
        .where(MakeUp.enrolment_id == enrolment_id)
        .order_by(MakeUp.held_on.desc(), MakeUp.id.desc())
        .options(
            orm.joinedload(MakeUp.module),
            orm.joinedload(MakeUp.entered_by, innerjoin=True),
            orm.joinedload(MakeUp.taken_back_by),
        )
        .execution_options(viewer=viewer)
    ).all()


class Missed(NamedTuple):
    """One meeting that somebody missed in a row."""

    meeting_id: int
    date: dt.date
    mark: Mark
    reason: AbsenceReason | None
    was_closed: bool
    members: tuple[Member, ...]  # of a family all who were away with the adult


@dataclass(frozen=True)
class Absence:
    """Somebody who stayed away from the last meetings of a course, and what was asked so far."""

    enrolment_id: int
    person_id: int
    name: str
    course_id: int
    course: str
    municipality: str
    missed: tuple[Missed, ...]
    last_step: FollowUp | None = None

    @property
    def times(self) -> int:
        return len(self.missed)

    @property
    def last_date(self) -> dt.date | None:
        return self.missed[-1].date if self.missed else None

    @property
    def reasons(self) -> tuple[AbsenceReason, ...]:
        """The reasons known so far, each once."""
        return tuple(dict.fromkeys(one.reason for one in self.missed if one.reason))

    @property
    def is_done(self) -> bool:
        """Whether somebody said that all of it is settled, and no meeting was missed since."""
        step = self.last_step
        return bool(step and step.done and self.missed and step.meeting_id == self.missed[-1].meeting_id)


def absent_twice(viewer: Viewer) -> list[Absence]:
    """Who has been away twice in a row or more, in running courses the viewer coordinates. Three queries.

    The first finds who was away at the last two closed meetings of a course, the second reads the marks of those few; how
    often in a row is the rule's decision. A family was there if anybody of it was.
    """
    return [
        found
        for found in _absences(viewer, db.session.scalars(_away_lately(viewer)).all())
        if found.times >= ABSENT_TWICE
    ]


def absence(viewer: Viewer, enrolment: Enrolment) -> Absence:
    """What a granted enrolment has just missed in a row, however often."""
    found = list(_absences(viewer, [enrolment.id]))
    if found:
        return found[0]
    course = enrolment.course
    return Absence(enrolment.id, enrolment.person_id, enrolment.person.sorted_name, course.id, course.title, "", ())


def steps(viewer: Viewer, enrolment_id: int) -> Sequence[FollowUp]:
    """Every step of asking after a granted enrolment, the latest first."""
    return db.session.scalars(
        sa.select(FollowUp)
        .where(FollowUp.enrolment_id == enrolment_id)
        .order_by(FollowUp.id.desc())
        .options(orm.joinedload(FollowUp.entered_by, innerjoin=True), orm.joinedload(FollowUp.meeting, innerjoin=True))
        .execution_options(viewer=viewer)
    ).all()


@built_once
def _away_lately(viewer: Viewer) -> sa.Select[int]:
    ranked = (
        sa.select(
            Meeting.id,
            sa.func.row_number()
            .over(partition_by=Meeting.course_id, order_by=(Meeting.date.desc(), Meeting.starts_at.desc()))
            .label("back"),
        )
        .join(Course, Course.id == Meeting.course_id)
        .where(
            coordinates(viewer),
            Course.starts_on <= viewer.today,
            Course.ends_on >= viewer.today,
            Course.cancelled_reason.is_(None),
            Meeting.closed_at.is_not(None),
            Meeting.status != MeetingStatus.CANCELLED,
        )
        .subquery()
    )
    latest = sa.select(ranked.c.id).where(ranked.c.back <= ABSENT_TWICE)
    return (
        sa.select(AttendanceMark.enrolment_id)
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
        .where(
            AttendanceMark.meeting_id.in_(latest),
            AttendanceMark.child_id.is_(None),
            AttendanceMark.mark.in_(ABSENT),
            Enrolment.status == EnrolmentStatus.ENROLLED,
        )
        .group_by(AttendanceMark.enrolment_id)
        .having(sa.func.count() >= ABSENT_TWICE)
        .execution_options(viewer=viewer)
    )


ABSENCES = (
    sa.select(
        Enrolment.id.label("enrolment_id"),
        Enrolment.person_id,
        Person.family_name,
        Person.given_name,
        Course.id.label("course_id"),
        Course.title,
        Municipality.name.label("municipality"),
        Meeting.id.label("meeting_id"),
        Meeting.date,
        Meeting.first_closed_at,
        AttendanceMark.child_id,
        AttendanceMark.mark,
        AttendanceMark.absence_reason,
    )
    .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
    .join(Person, Person.id == Enrolment.person_id)
    .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
    .join(Course, Course.id == Meeting.course_id)
    .join(Municipality, Municipality.id == Course.municipality_id)
    .where(
        AttendanceMark.enrolment_id.in_(sa.bindparam("enrolment_ids", expanding=True)),
        Meeting.date <= sa.bindparam("today"),
        Meeting.status != MeetingStatus.CANCELLED,
    )
    .order_by(
        Course.title,
        Person.sort_key,
        Enrolment.id,
        Meeting.date,
        Meeting.starts_at,
        AttendanceMark.child_id.is_not(None),
        AttendanceMark.child_id,
    )
)


def _absences(viewer: Viewer, enrolment_ids: Sequence[int]) -> Iterable[Absence]:
    asked = {"enrolment_ids": list(enrolment_ids), "today": viewer.today}
    rows = db.session.execute(ABSENCES, asked, execution_options={"viewer": viewer}).all()
    latest = _latest_steps(viewer, enrolment_ids)
    for enrolment_id, of_enrolment in groupby(rows, key=lambda row: row.enrolment_id):
        meetings = [list(of_meeting) for _, of_meeting in groupby(of_enrolment, key=lambda row: row.meeting_id)]
        marks = [Mark.PRESENT if any(row.mark is Mark.PRESENT for row in said) else said[0].mark for said in meetings]
        first = meetings[0][0]
        yield Absence(
            enrolment_id,
            first.person_id,
            ", ".join(part for part in (first.family_name, first.given_name) if part),
            first.course_id,
            first.title,
            first.municipality,
            tuple(_missed(said) for said in meetings[len(meetings) - absent_in_a_row(marks) :]),
            latest.get(enrolment_id),
        )


def _missed(said: Sequence[Any]) -> Missed:
    """One missed meeting: of a family the adult's word, and everybody of whom it is the word too."""
    first = said[0]
    reason = next((row.absence_reason for row in said if row.absence_reason), None)
    members = tuple((row.enrolment_id, row.child_id) for row in said)
    return Missed(first.meeting_id, first.date, first.mark, reason, first.first_closed_at is not None, members)


def _latest_steps(viewer: Viewer, enrolment_ids: Sequence[int]) -> dict[int, FollowUp]:
    newest = (
        sa.select(sa.func.max(FollowUp.id))
        .where(FollowUp.enrolment_id.in_(enrolment_ids))
        .group_by(FollowUp.enrolment_id)
    )
    rows = db.session.scalars(
        sa.select(FollowUp)
        .where(FollowUp.id.in_(newest))
        .options(orm.joinedload(FollowUp.entered_by, innerjoin=True))
        .execution_options(viewer=viewer)
    )
    return {row.enrolment_id: row for row in rows}


def entry_of(missed: Missed) -> Entry:
    """What is recorded of a missed meeting."""
    return Entry(missed.mark, reason=missed.reason)
