"""Reads what a funder's report holds. Every statement is scoped to the courses the viewer coordinates."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import NoResultFound

from auth.guard import Viewer, built_once
from clock import BERLIN
from database import db
from programmes.attendance.account.queries import Days, Ledger, ledgers_of_courses, rules_of
from programmes.attendance.account.rules import AccountRule, counted_minutes
from programmes.attendance.models import AttendanceMark
from programmes.attendance.register import filed_among
from programmes.attendance.rules import Mark
from programmes.catalogue.models import Course, FundingProfile, Meeting, Programme
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import MeetingStatus
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.queries import asked_by_funder
from programmes.enrolment.rules import CAME, Funded, on_day
from programmes.participants.models import Person
from programmes.statistics.funding.models import FunderExport
from programmes.statistics.funding.rules import (
    CourseHeld,
    Due,
    FunderPack,
    Grant,
    Heads,
    Place,
    age_on,
    deadline,
    due,
    is_qualified,
    pack_of,
)
from programmes.statistics.rules import Dimension, Question
from programmes.statistics.sums import Figures, Sums, heads_of

Came = tuple[int, int, int]  # persons, families, children
TOLD_AT_ENTRY = frozenset({"education", "employment"})  # the indicators that are asked when somebody gets a place
PSEUDONYM_LENGTH = 10  # hexadecimal digits; one in a million that two of a thousand people share one
NEWEST_EXPORTS = 10
AHEAD_DAYS = 92  # the first page looks a quarter ahead


@built_once
def visible_profiles(viewer: Viewer) -> sa.Select[FundingProfile]:
    """The funding profiles that have a pack and pay for a course the viewer coordinates."""
    if not viewer.coordinates:
        return sa.select(FundingProfile).where(sa.false())
    paid = (
        sa.exists()
        .where(
            Course.programme_id == Programme.id,
            Programme.funding_profile_id == FundingProfile.id,
            coordinates(viewer),
        )
        .correlate(FundingProfile)
    )
    return sa.select(FundingProfile).where(FundingProfile.pack.is_not(None), paid)


def profile(viewer: Viewer, profile_id: int) -> FundingProfile:
    """One of them. Raises NoResultFound."""
    return db.session.scalars(visible_profiles(viewer).where(FundingProfile.id == profile_id)).one()


def any_profile(profile_id: int) -> FundingProfile:
    """One of all, for who grants are entered by. Raises NoResultFound."""
    return db.session.scalars(sa.select(FundingProfile).where(FundingProfile.id == profile_id)).one()


def pack(profile: FundingProfile) -> FunderPack:
    """The pack of a visible profile."""
    found = pack_of(profile.pack)
    if found is None:
        raise LookupError(f"The funding profile {profile.id} has no pack")
    return found


def grant(profile: FundingProfile) -> Grant:
    """What was granted, as plain values."""
    return Grant(
        profile.grant_from, profile.grant_until, profile.rate_cents, profile.ceiling_cents, profile.due_on, profile.sent_on
    )  # fmt: skip


class Deadline(NamedTuple):
    """When the report of a profile is due. `days` are left until then, below zero if it is over."""

    profile: FundingProfile
    pack: FunderPack
    day: dt.date | None
    state: Due
    days: int | None

    @property
    def is_urgent(self) -> bool:
        """Whether it is over or within the time of the first page."""
        return self.state is not Due.SENT and self.days is not None and self.days <= AHEAD_DAYS


def deadlines(viewer: Viewer) -> list[Deadline]:
    """All profiles of the viewer: overdue ones first, then what is due next, then what has no deadline or was sent. One query."""
    found = [deadline_of(one, viewer.today) for one in db.session.scalars(visible_profiles(viewer))]
    order = list(Due)
    return sorted(found, key=lambda one: (order.index(one.state), one.day or dt.date.max, one.profile.name))


def deadline_of(profile: FundingProfile, today: dt.date) -> Deadline:
    """When the report of a visible profile is due."""
    own = pack(profile)
    day = deadline(own, grant(profile))
    return Deadline(profile, own, day, due(day, grant(profile), today), (day - today).days if day else None)


class Twice(NamedTuple):
    """Somebody who was in two funded courses at the same time."""

    person_id: int
    family_name: str
    given_name: str
    day: dt.date
    course: str
    other: str


@dataclass(frozen=True)
class Facts:
    """What a report is made of. `outside` counts courses of the profile that the viewer does not coordinate."""

    courses: list[CourseHeld]
    places: list[Place]
    outside: int
    not_closed: int
    twice: list[Twice]


def facts(viewer: Viewer, profile: FundingProfile, secret: str) -> Facts:
    """Everything of a visible profile in the period of its grant; thirteen queries at most, whatever the size.

    `secret` keys the pseudonyms: the same person has the same one in all reports of a profile, and nobody else can tell who it is.
    """
    first, last = profile.grant_from, profile.grant_until
    if first is None or last is None:
        raise ValueError("Ask for the facts only when the grant has its period")
    courses = _courses(viewer, profile.id, first, last)
    numbers = [course.id for course in courses]
    held = _held(numbers, first, last)
    people = _people(viewer, numbers)
    rules = rules_of({course.programme for course in courses})
    ledgers = _ledgers(viewer, courses, rules, people)
    filed = filed_among(viewer, [one.id for meetings in held.values() for one in meetings if one.closed])
    children = _children(viewer, numbers)
    earlier = _earlier(viewer, pack(profile), first, {person.id for _, person in people})
    places = []
    for enrolment, person in people:
        course_days = [one.date for one in held[enrolment.course_id] if not one.cancelled]
        if not any(on_day(enrolment.entry_date, enrolment.exit_date, day) for day in course_days):
            continue
        course = enrolment.course
        rule, ledger = rules[course.programme_id], ledgers[enrolment.id]
        came = {
            line.meeting_id: counted_minutes(line, rule.counting)
            for line in ledger.lines
            if line.closed and first <= line.date <= last and counted_minutes(line, rule.counting)
        }
        over = course.ends_on if course.ends_on < viewer.today else None
        places.append(
            Place(
                enrolment.course_id, person.id, pseudonym(secret, profile.id, person.id), person.family_name, person.given_name,
                person.municipality.name if person.municipality else "", person.sex,
                age_on(person.birth_date, enrolment.entry_date), person.is_child, enrolment.status, enrolment.entry_date,
                enrolment.exit_date or over, sum(came.values()), len(came), len(filed & came.keys()),
                is_qualified(ledger.account, rule), enrolment.education, enrolment.employment, enrolment.outcome,
                tuple(children.get(enrolment.id, ())), earlier.get(person.id, 0),
            )
        )  # fmt: skip
    return Facts(
        [_course(course, held[course.id]) for course in courses],
        places,
        _outside(viewer, profile.id, first, last),
        sum(not one.closed and not one.cancelled and one.date < viewer.today for own in held.values() for one in own),
        _twice(viewer, numbers, first, last),
    )


def heads(viewer: Viewer, profile: FundingProfile, known_on: dt.date | None = None) -> list[Heads]:
    """Who came to the courses of a visible profile in the period of its grant, course by course and in all, now or as known at the
    end of a day: the same tables that the statistics count."""
    first, last = profile.grant_from, profile.grant_until
    if first is None or last is None:
        raise ValueError("Ask for heads only when the grant has its period")
    question = Question(first, last, Dimension.COURSE, funding_profile_id=profile.id, known_on=known_on)
    sums = Sums(viewer, question, (Dimension.COURSE,), topics=())
    held = {key[0]: figures for key, figures in sums.figures().items()}
    names = {key: head.key for key, head in heads_of(Dimension.COURSE, held).items()}
    of_course, [everybody] = _came(sums, sums.course.id), _came(sums).values()

    def line(name: str | None, offered: Sequence[Figures], came: Came) -> Heads:
        meetings, visitors = (sum(int(one[key] or 0) for one in offered) for key in ("meetings_held", "visitors"))
        return Heads(name, meetings, *came, visitors)

    lines = [
        line(names[key], [held[key]], of_course.get(key, (0, 0, 0))) for key in sorted(held, key=names.__getitem__)
    ]
    return [*lines, line(None, list(held.values()), everybody)]


def _came(sums: Sums, *groups: sa.SQLColumnExpression[Any]) -> dict[Any, Came]:
    """Different people who were at a closed meeting of the period, those of families, and the children of their places."""
    person = sums.enrolment.person_id
    rows = db.session.execute(
        sa.select(
            *groups,
            sa.func.count(sa.distinct(person)),
            sa.func.count(sa.distinct(person)).filter(sums.is_family),
            sa.func.count(sa.distinct(sums.child.person_id)),
        )
        .select_from(sums.meeting)
        .join(sums.course, sums.course.id == sums.meeting.course_id)
        .join(Programme, Programme.id == sums.course.programme_id)
        .join(sums.mark, sa.and_(sums.mark.meeting_id == sums.meeting.id, sums.mark.child_id.is_(None)))
        .join(sums.enrolment, sa.and_(sums.enrolment.id == sums.mark.enrolment_id, sums.on_that_day))
        .outerjoin(sums.child, sums.child.enrolment_id == sums.enrolment.id)
        .where(
            sums.meeting.course_id.in_(sums.met), sums.in_period, sums.happened, sums.closed, sums.mark.minutes > 0
        )
        .group_by(*groups)
        .execution_options(viewer=sums.viewer)
    )  # fmt: skip
    return {row[0] if groups else None: (row[-3], row[-2], row[-1]) for row in rows}


def pseudonym(secret: str, profile_id: int, person_id: int) -> str:
    """A person's sign in the reports of one profile: only who holds the secret of the office can make it again."""
    text = f"funder {profile_id} {person_id}"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"P{digest[:PSEUDONYM_LENGTH].upper()}"


def _met(profile_id: int, first: dt.date, last: dt.date) -> sa.ColumnElement[bool]:
    paid = sa.select(Programme.id).where(Programme.funding_profile_id == profile_id)
    met = sa.exists().where(
        Meeting.course_id == Course.id,
        Meeting.date.between(first, last),
        Meeting.status != MeetingStatus.CANCELLED,
    )
    return sa.and_(Course.programme_id.in_(paid), met.correlate(Course))


def _courses(viewer: Viewer, profile_id: int, first: dt.date, last: dt.date) -> Sequence[Course]:
    return db.session.scalars(
        sa.select(Course)
        .where(coordinates(viewer), _met(profile_id, first, last))
        .order_by(Course.starts_on, Course.number)
        .options(orm.joinedload(Course.programme, innerjoin=True))
    ).all()


def _outside(viewer: Viewer, profile_id: int, first: dt.date, last: dt.date) -> int:
    query = sa.select(sa.func.count()).select_from(Course).where(~coordinates(viewer), _met(profile_id, first, last))
    return db.session.scalar(query) or 0


class _Meeting(NamedTuple):
    id: int
    date: dt.date
    minutes: int
    closed: bool
    cancelled: bool


def _held(course_ids: Collection[int], first: dt.date, last: dt.date) -> dict[int, list[_Meeting]]:
    found: dict[int, list[_Meeting]] = {number: [] for number in course_ids}
    for course_id, *said in db.session.execute(
        sa.select(
            Meeting.course_id,
            Meeting.id,
            Meeting.date,
            Meeting.minutes,
            Meeting.closed_at.is_not(None),
            Meeting.status == MeetingStatus.CANCELLED,
        ).where(Meeting.course_id.in_(course_ids), Meeting.date.between(first, last))
    ):
        found[course_id].append(_Meeting._make(said))
    return found


def _course(course: Course, meetings: Iterable[_Meeting]) -> CourseHeld:
    held = [one for one in meetings if one.closed and not one.cancelled]
    return CourseHeld(course.id, course.number, course.title, len(held), sum(one.minutes for one in held))


def _people(viewer: Viewer, course_ids: Collection[int]) -> list[tuple[Enrolment, Person]]:
    rows = db.session.execute(
        sa.select(Enrolment, Person)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id.in_(course_ids), Enrolment.status.in_(CAME), Enrolment.entry_date.is_not(None))
        .order_by(Enrolment.id)
        .options(orm.joinedload(Person.municipality))
        .execution_options(viewer=viewer)
    )
    return [(row[0], row[1]) for row in rows]


def _ledgers(
    viewer: Viewer,
    courses: Sequence[Course],
    rules: Mapping[int, AccountRule],
    people: Iterable[tuple[Enrolment, Person]],
) -> dict[int, Ledger]:
    days: dict[int, list[Days]] = {course.id: [] for course in courses}
    for enrolment, _ in people:
        days[enrolment.course_id].append(Days(enrolment.id, enrolment.entry_date, enrolment.exit_date))
    asked = {course.id: (rules[course.programme_id], days[course.id]) for course in courses}
    return ledgers_of_courses(viewer, asked, viewer.today)


def _children(viewer: Viewer, course_ids: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for enrolment_id, person_id in db.session.execute(
        sa.select(EnrolmentChild.enrolment_id, EnrolmentChild.person_id)
        .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
        .where(Enrolment.course_id.in_(course_ids))
        .order_by(EnrolmentChild.id)
        .execution_options(viewer=viewer)
    ):
        found.setdefault(enrolment_id, []).append(person_id)
    return found


def _earlier(viewer: Viewer, own: FunderPack, first: dt.date, people: Collection[int]) -> dict[int, int]:
    """Minutes before the grant in courses of the same kind of funder, for a limit that holds across grants; own scope only."""
    return _attended(viewer, own, people, Meeting.date < first) if own.hours_in_all is not None else {}


@asked_by_funder
def asked_of(viewer: Viewer, course: Course, people: Collection[int]) -> dict[int, Funded]:
    """What the pack of who pays for a course asks of granted people, with the minutes they used up in the viewer's scope."""
    profile = course.programme.funding_profile
    own = pack_of(profile.pack) if profile else None
    if profile is None or own is None:
        return {}
    most = own.hours_in_all * 60 if own.hours_in_all is not None else None
    used = _attended(viewer, own, people) if most is not None else {}
    asks = tuple(one.key for one in own.indicators if one.key in TOLD_AT_ENTRY)
    return {one: Funded(profile.name, own.women_only, own.adults_only, most, used.get(one, 0), asks) for one in people}


def _attended(
    viewer: Viewer, own: FunderPack, people: Collection[int], *conditions: sa.ColumnElement[bool]
) -> dict[int, int]:
    """Minutes of people in courses of the viewer's scope that funders of one kind pay for."""
    rows = db.session.execute(
        sa.select(Enrolment.person_id, sa.func.sum(AttendanceMark.minutes))
        .select_from(AttendanceMark)
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .join(FundingProfile, FundingProfile.id == Programme.funding_profile_id)
        .where(
            coordinates(viewer),
            FundingProfile.pack == own.key,
            Meeting.closed_at.is_not(None),
            Meeting.status != MeetingStatus.CANCELLED,
            AttendanceMark.child_id.is_(None),
            Enrolment.person_id.in_(people),
            *conditions,
        )
        .group_by(Enrolment.person_id)
        .execution_options(viewer=viewer)
    )
    return {row[0]: int(row[1]) for row in rows}


def _twice(viewer: Viewer, course_ids: Collection[int], first: dt.date, last: dt.date) -> list[Twice]:
    """Who was present in one of these courses and, at the same time, in another one that a funder pays for."""
    mark, place = orm.aliased(AttendanceMark), orm.aliased(Enrolment)
    meeting, course = orm.aliased(Meeting), orm.aliased(Course)

    def present(of: type[AttendanceMark], at: type[Meeting]) -> sa.ColumnElement[bool]:
        return sa.and_(
            of.mark == Mark.PRESENT, of.child_id.is_(None), at.closed_at.is_not(None), at.status != MeetingStatus.CANCELLED
        )  # fmt: skip

    rows = db.session.execute(
        sa.select(
            Person.id,
            Person.family_name,
            Person.given_name,
            meeting.date,
            course.number,
            Course.number,
            Person.sort_key,
        )
        .distinct()
        .select_from(mark)
        .join(place, place.id == mark.enrolment_id)
        .join(meeting, meeting.id == mark.meeting_id)
        .join(course, course.id == meeting.course_id)
        .join(Person, Person.id == place.person_id)
        .join(Enrolment, sa.and_(Enrolment.person_id == Person.id, Enrolment.course_id != course.id))
        .join(AttendanceMark, AttendanceMark.enrolment_id == Enrolment.id)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(
            meeting.course_id.in_(course_ids),
            meeting.date.between(first, last),
            present(mark, meeting),
            Meeting.date == meeting.date,
            Meeting.starts_at < meeting.ends_at,
            meeting.starts_at < Meeting.ends_at,
            present(AttendanceMark, Meeting),
            Programme.funding_profile_id.is_not(None),
            coordinates(viewer),
            # Two courses of the same report are found from both sides; one is enough.
            sa.or_(Course.id.not_in(course_ids), Course.id > course.id),
        )
        .order_by(meeting.date, Person.sort_key)
        .execution_options(viewer=viewer)
    )
    return [Twice._make(row[:-1]) for row in rows]


def exports(profile_id: int) -> Sequence[FunderExport]:
    """The files that were taken away for a visible profile, the newest first."""
    return db.session.scalars(
        sa.select(FunderExport)
        .where(FunderExport.profile_id == profile_id)
        .order_by(FunderExport.id.desc())
        .limit(NEWEST_EXPORTS)
        .options(orm.joinedload(FunderExport.by, innerjoin=True))
    ).all()


def asked_today(viewer: Viewer, export_id: int) -> FunderExport:
    """A file that the viewer asked for today, with its reason. Raises NoResultFound, also for a reason of another day: it opened
    a door once, not for ever."""
    asked = db.session.scalars(
        sa.select(FunderExport).where(FunderExport.id == export_id, FunderExport.by_id == viewer.id)
    ).one()
    if asked.at.astimezone(BERLIN).date() != viewer.today:
        raise NoResultFound
    return asked
