"""Reads accounts of minutes, who is about to lose the required share, and who stays away. Sums for leaders, the rest not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer, built_once
from database import db, held
from programmes.attendance.account.models import FollowUp, MakeUp
from programmes.attendance.account.rules import (
    WARN_BEFORE,
    WARNED,
    Account,
    AccountRule,
    MadeUp,
    MeetingLine,
    Outlook,
    Prospect,
    account,
    made_up_in_all,
    outlook,
    took_place,
    worst,
)
from programmes.attendance.models import AttendanceMark
from programmes.attendance.queries import marks_of_course
from programmes.attendance.rules import (
    ABSENT,
    ABSENT_TWICE,
    DISPENSED,
    AbsenceReason,
    Entry,
    Mark,
    Member,
    absent_in_a_row,
)
from programmes.catalogue.models import Course, Meeting, Module, Municipality, Programme
from programmes.catalogue.queries import coordinates, modules_of
from programmes.catalogue.rules import Counting, MeetingStatus, PaperKind
from programmes.enrolment.models import Enrolment
from programmes.enrolment.queries import coordinated_enrolments
from programmes.enrolment.rules import EnrolmentStatus, on_day
from programmes.participants.models import Person


def rule_of(programme: Programme) -> AccountRule:
    """What a programme counts and asks for now."""
    return AccountRule(
        counting=programme.counting,
        required_share=programme.required_share,
        unit_minutes=programme.unit_minutes,
        modules=tuple((module.id, module.title, module.mandatory) for module in modules_of(programme.id)),
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
    meetings = db.session.execute(
        sa.select(
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
        .where(Meeting.course_id == course_id)
        .order_by(Meeting.date, Meeting.starts_at)
    ).all()
    marks = _marks(viewer, course_id)
    made_up = _made_up(viewer, Enrolment.course_id == course_id)
    nothing = _Recorded()
    found = {}
    for place in places:
        lines = []
        for meeting in meetings:
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


def _marks(viewer: Viewer, course_id: int) -> dict[tuple[int, int], _Recorded]:
    found: dict[tuple[int, int], _Recorded] = {}
    children: dict[tuple[int, int], list[Mark]] = {}
    for row in marks_of_course(viewer, course_id):
        key = (row.meeting_id, row.enrolment_id)
        of_children = children.setdefault(key, [])
        if row.child_id is None:
            found[key] = _Recorded(row.mark, row.minutes, row.absence_reason, of_children)
        else:
            of_children.append(row.mark)
    return found


def _made_up(viewer: Viewer, scope: sa.ColumnElement[bool]) -> dict[int, list[MadeUp]]:
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


class Warned(NamedTuple):
    """Somebody who cannot reach the required share any more, or would lose it within two weeks."""

    enrolment_id: int
    name: str
    course_id: int
    course: str
    outlook: Outlook
    missing: int
    reachable: int
    may_miss: int


def warned(viewer: Viewer) -> list[Warned]:
    """Who has to be warned in running courses the viewer coordinates: first what is lost, then what is nearest to it.

    Who has not missed anything yet is never on it. Six queries, which add up in the database; `rules.outlook` decides.
    """
    offers: dict[int, list[_Offer]] = {}
    for row in db.session.execute(_offers(viewer)):
        offers.setdefault(row[0], []).append(_Offer._make(row))
    attended: dict[int, list[_Attended]] = {}
    for row in db.session.execute(_attended(viewer)):
        attended.setdefault(row[0], []).append(_Attended(row[1], int(row[2]), int(row[3])))
    dispensed: dict[int, set[int]] = {}
    for enrolment_id, meeting_id in db.session.execute(_dispensed(viewer)):
        dispensed.setdefault(enrolment_id, set()).add(meeting_id)
    courses = sa.select(Course.id).join(Programme, Programme.id == Course.programme_id).where(_running(viewer))
    made_up = _made_up(viewer, Enrolment.course_id.in_(courses))
    mandatory: dict[int, list[int]] = {}
    for module_id, programme_id in db.session.execute(
        sa.select(Module.id, Module.programme_id)
        .join(Programme, Programme.id == Module.programme_id)
        .where(Module.mandatory, Programme.paper == PaperKind.QUALIFICATION)
    ):
        mandatory.setdefault(programme_id, []).append(module_id)

    @cache  # most of a course were offered the same
    def offered(course_id: int, entry: dt.date | None, leaving: dt.date | None, without: frozenset[int]) -> _Sums:
        return _sums(offers.get(course_id, ()), entry, leaving, without, viewer.today)

    @cache  # … and many attended the same of it
    def standing(
        sums: _Sums, said: tuple[_Attended, ...], extra: tuple[MadeUp, ...], share: int | None, programme_id: int
    ) -> tuple[Outlook, Prospect]:
        modules = _prospects(sums, said, dict(extra))
        stand = modules.pop(None)
        asked = [outlook(stand, share)] if share is not None else []
        asked += [outlook(modules[number], share) for number in mandatory.get(programme_id, ()) if number in modules]
        return worst(asked), stand

    found = []
    for person in db.session.execute(_people(viewer)):
        without = frozenset(dispensed.get(person.id, ()))
        verdict, stand = standing(
            offered(person.course_id, person.entry_date, person.exit_date, without),
            tuple(attended.get(person.id, ())),
            tuple(made_up.get(person.id, ())) if person.counts_make_up else (),
            person.required_share,
            person.programme_id,
        )
        if verdict in WARNED and stand.lost > 0:
            may_miss = stand.may_miss(person.required_share)
            missing = max(0, stand.best - may_miss - stand.credited)
            name = ", ".join(part for part in (person.family_name, person.given_name) if part)
            reachable = stand.best - stand.credited
            found.append(Warned(person.id, name, person.course_id, person.title, verdict, missing, reachable, may_miss))
    return sorted(found, key=lambda one: (one.outlook is not Outlook.LOST, one.may_miss, one.course, one.name))


@built_once
def _running(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.and_(
        coordinates(viewer),
        Course.starts_on <= viewer.today,
        Course.ends_on >= viewer.today,
        Course.cancelled_reason.is_(None),
        sa.or_(Programme.required_share.is_not(None), Programme.paper == PaperKind.QUALIFICATION),
    )


@built_once
def _people(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Enrolment.id,
            Enrolment.course_id,
            Enrolment.entry_date,
            Enrolment.exit_date,
            Person.family_name,
            Person.given_name,
            Course.title,
            Programme.id.label("programme_id"),
            Programme.required_share,
            Programme.counts_make_up,
        )
        .join(Person, Person.id == Enrolment.person_id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(_running(viewer), Enrolment.status == EnrolmentStatus.ENROLLED)
        .execution_options(viewer=viewer)
    )


class _Offer(NamedTuple):
    """One meeting as far as a sum needs it."""

    course_id: int
    meeting_id: int
    date: dt.date
    status: MeetingStatus
    minutes: int
    module_id: int | None
    closed: bool


class _Attended(NamedTuple):
    """Of one module: minutes that count, and minutes of the meetings of which anything is recorded."""

    module_id: int | None
    counted: int
    recorded: int


@built_once
def _offers(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Meeting.course_id,
            Meeting.id,
            Meeting.date,
            Meeting.status,
            Meeting.minutes,
            Meeting.module_id,
            Meeting.closed_at.is_not(None),
        )
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(_running(viewer), Meeting.status != MeetingStatus.CANCELLED)
    )


@built_once
def _attended(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    """Per enrolment and module: minutes that count, and minutes of the meetings of which anything is recorded."""
    child = orm.aliased(AttendanceMark)
    together = sa.exists().where(
        child.meeting_id == AttendanceMark.meeting_id,
        child.enrolment_id == AttendanceMark.enrolment_id,
        child.child_id.is_not(None),
        child.mark == Mark.PRESENT,
    )
    counts = sa.or_(Programme.counting != Counting.PAIR, together.correlate(AttendanceMark))
    return (
        sa.select(
            AttendanceMark.enrolment_id,
            Meeting.module_id,
            sa.func.sum(sa.case((counts, AttendanceMark.minutes), else_=0)),
            sa.func.sum(Meeting.minutes),
        )
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(
            _running(viewer),
            AttendanceMark.child_id.is_(None),
            AttendanceMark.mark.not_in(DISPENSED),
            Meeting.status != MeetingStatus.CANCELLED,
            sa.or_(Meeting.closed_at.is_not(None), Meeting.status == MeetingStatus.HELD, Meeting.date < viewer.today),
            Meeting.date >= Enrolment.entry_date,
            sa.or_(Enrolment.exit_date.is_(None), Meeting.date <= Enrolment.exit_date),
        )
        .group_by(AttendanceMark.enrolment_id, Meeting.module_id)
        .execution_options(viewer=viewer)
    )


@built_once
def _dispensed(viewer: Viewer) -> sa.Select[int, int]:
    """What somebody was dispensed from, which leaves their offer."""
    return (
        sa.select(AttendanceMark.enrolment_id, AttendanceMark.meeting_id)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(_running(viewer), AttendanceMark.child_id.is_(None), AttendanceMark.mark.in_(DISPENSED))
        .execution_options(viewer=viewer)
    )


class _Sum(NamedTuple):
    """Minutes that one module offers somebody: in all, held on own days, held at all, within the warning, later."""

    module_id: int | None
    whole: int
    own: int
    held: int
    soon: int
    later: int


_Sums = tuple[_Sum, ...]


def _sums(
    meetings: Iterable[_Offer], entry: dt.date | None, leaving: dt.date | None, without: frozenset[int], today: dt.date
) -> _Sums:
    """What a course offers somebody with these days, module by module."""
    sums: dict[int | None, list[int]] = {}
    for meeting in meetings:
        if meeting.meeting_id in without:
            continue
        of_module = sums.setdefault(meeting.module_id, [0, 0, 0, 0, 0])
        of_module[0] += meeting.minutes
        here = on_day(entry, leaving, meeting.date)
        if took_place(meeting.closed, meeting.status, meeting.date, today):
            of_module[1] += meeting.minutes if here else 0
            of_module[2] += meeting.minutes
        elif here:
            of_module[3 if meeting.date <= today + WARN_BEFORE else 4] += meeting.minutes
    return tuple(_Sum(module_id, *minutes) for module_id, minutes in sums.items())


def _prospects(
    sums: _Sums, attended: Iterable[_Attended], made_up: Mapping[int | None, int]
) -> dict[int | None, Prospect]:
    """How each module stands, and under None the whole course."""
    said = {one.module_id: (one.counted, one.recorded) for one in attended}
    found: dict[int | None, Prospect] = {}
    missed_in_all = made_up_of_modules = 0
    for module_id, whole, own, offered, soon, later in sums:
        counted, recorded = said.get(module_id, (0, 0))
        missed = offered - counted - (own - recorded)
        missed_in_all += missed
        extra = min(made_up.get(module_id, 0), missed) if module_id is not None else 0
        made_up_of_modules += extra
        found[module_id] = Prospect(counted + extra, own - recorded, soon, later, whole)
    parts = list(found.values())
    extra = made_up_in_all([made_up_of_modules], made_up.get(None, 0), missed_in_all) - made_up_of_modules
    found[None] = Prospect(
        sum(part.credited for part in parts) + extra,
        sum(part.pending for part in parts),
        sum(part.soon for part in parts),
        sum(part.later for part in parts),
        sum(part.whole for part in parts),
    )
    return found


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


def _absences(viewer: Viewer, enrolment_ids: Sequence[int]) -> Iterable[Absence]:
    rows = db.session.execute(
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
            AttendanceMark.enrolment_id.in_(enrolment_ids),
            Meeting.date <= viewer.today,
            Meeting.status != MeetingStatus.CANCELLED,
        )
        .order_by(
            Course.title,
            Person.family_name,
            Person.given_name,
            Enrolment.id,
            Meeting.date,
            Meeting.starts_at,
            AttendanceMark.child_id.is_not(None),
            AttendanceMark.child_id,
        )
        .execution_options(viewer=viewer)
    ).all()
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
