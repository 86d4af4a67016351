"""Reads what stands against an erasure, how far erasures are, and whom one may know of."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from auth.models import TraceEntry, User
from auth.queries import is_last_administrator
from auth.rules import Role
from database import Base, db, held
from programmes.catalogue.models import Course, CourseLeader, FundingProfile, Meeting, Programme
from programmes.catalogue.queries import coordinated_courses, coordinates
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.queries import SOMEBODY
from programmes.participants.models import FamilyMember, Person
from programmes.rights import erasing, leaving
from programmes.rights.models import Erasure, LegalHold, RetentionRun, SetAside
from programmes.rights.rules import (
    ACTIVITIES,
    FEWEST_ALIKE,
    PERIOD,
    REGISTER,
    UNDER_WAY,
    Disposal,
    ErasureState,
    Hold,
    RunState,
    Tie,
    Traits,
    account_obstacles,
    alike,
    clock_doubt,
    given_up,
    holds_of,
    is_kept_no_longer,
    key_of_note,
    months_later,
)
from wording import N_, Reason

AT_ONCE = 500  # people whose places are looked up in one statement
SAID = "{reason}"  # in somebody's own words
SAME_IN_ROWS = ("sex", "late_resettler", "citizenship_group")  # as they stand, erased or not
COURSES_THEMSELVES = N_("Angebot: Kurse, Räume, Programme")
SHORTEST_NAME = 3  # letters: shorter ones stand in every other sentence


def ties_of(viewer: Viewer, person_ids: Collection[int]) -> dict[int, list[Tie]]:
    """The places of each of these people, also as a child, whoever may know of them: what stands against an erasure."""
    found: dict[int, list[Tie]] = {person_id: [] for person_id in person_ids}
    own = sa.select(Enrolment.person_id.label("person_id"), Enrolment.id.label("enrolment_id"))
    child = sa.select(EnrolmentChild.person_id, EnrolmentChild.enrolment_id)
    whose = sa.union_all(own, child).subquery()
    rows = db.session.execute(
        sa.select(
            whose.c.person_id, Course.number, Enrolment.status, Enrolment.exit_date, Course.ends_on,
            Programme.funding_profile_id.is_not(None), FundingProfile.sent_on,
        )
        .join(Enrolment, Enrolment.id == whose.c.enrolment_id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .outerjoin(FundingProfile, FundingProfile.id == Programme.funding_profile_id)
        .where(whose.c.person_id.in_(person_ids))
        .order_by(Course.starts_on, Course.number)
        .execution_options(viewer=viewer)
    )  # fmt: skip
    for person_id, *tie in rows:
        found[person_id].append(Tie(*tie))
    return found


def told_holds(viewer: Viewer, person_id: int) -> Sequence[LegalHold]:
    """What somebody has laid down to put off the erasure of a granted person, and nobody has ended."""
    query = sa.select(LegalHold).where(LegalHold.person_id == person_id, LegalHold.ended_at.is_(None))
    return db.session.scalars(query.order_by(LegalHold.id).execution_options(viewer=viewer)).all()


def holds(viewer: Viewer, person_id: int) -> list[Hold]:
    """Everything that puts the erasure of a granted person off."""
    told = [Hold(Reason(SAID, reason=hold.reason), hold.until) for hold in told_holds(viewer, person_id)]
    return holds_of(ties_of(viewer, [person_id])[person_id], told, viewer.today)


def hold(viewer: Viewer, hold_id: int) -> LegalHold:
    """One that the viewer may end. Raises NoResultFound."""
    known = visible_subjects(viewer)
    query = sa.select(LegalHold).where(
        LegalHold.id == hold_id, LegalHold.ended_at.is_(None), LegalHold.person_id.in_(known)
    )
    return db.session.scalars(query.execution_options(viewer=viewer)).one()


def visible_subjects(viewer: Viewer) -> sa.Select[int]:
    """The numbers of the people of whose erasures the viewer may know, also while nobody may know the people themselves: an officer
    of all, a coordinator of those in courses of their scope and of those they entered."""
    if viewer.is_office or Role.OFFICER in viewer.roles:
        return sa.select(Person.id)
    if not viewer.coordinates:
        return sa.select(Person.id).where(sa.false())
    mine = coordinated_courses(viewer).with_only_columns(Course.id)
    places = sa.select(Enrolment.person_id).where(Enrolment.course_id.in_(mine))
    children = sa.select(EnrolmentChild.person_id).join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
    proposed = sa.select(Erasure.person_id).where(Erasure.proposed_by_id == viewer.id)
    known = sa.union_all(places, children.where(Enrolment.course_id.in_(mine)), proposed).subquery()
    return sa.select(known.c.person_id)


def erasures(viewer: Viewer, *states: ErasureState, most: int = 200) -> Sequence[Erasure]:
    """The erasures the viewer may know of in these states, the newest first."""
    return db.session.scalars(
        sa.select(Erasure)
        .where(Erasure.state.in_(states), Erasure.person_id.in_(visible_subjects(viewer)))
        .order_by(Erasure.id.desc())
        .limit(most)
        .execution_options(viewer=viewer)
    ).all()


def erasure(viewer: Viewer, erasure_id: int) -> Erasure:
    """One of them, held by whoever changes it. Raises NoResultFound."""
    query = sa.select(Erasure).where(Erasure.id == erasure_id, Erasure.person_id.in_(visible_subjects(viewer)))
    return db.session.scalars(held(query, Erasure).execution_options(viewer=viewer)).one()


def under_way(viewer: Viewer, person_id: int) -> Erasure | None:
    """The erasure of a granted person that is proposed or waits for its end."""
    query = sa.select(Erasure).where(Erasure.person_id == person_id, Erasure.state.in_(UNDER_WAY))
    return db.session.scalars(query.execution_options(viewer=viewer)).one_or_none()


def set_aside(viewer: Viewer, erasure_id: int) -> SetAside:
    """What a granted erasure took away and can give back. Raises NoResultFound."""
    query = sa.select(SetAside).where(SetAside.erasure_id == erasure_id)
    return db.session.scalars(query.execution_options(viewer=viewer)).one()


def proposed() -> int:
    """How many erasures wait for a second person."""
    query = sa.select(sa.func.count()).select_from(Erasure).where(Erasure.state == ErasureState.PROPOSED)
    return db.session.scalar(query.execution_options(viewer=Viewer.office())) or 0


def sheets_of(viewer: Viewer, person_id: int) -> Sequence[tuple[str, int]]:
    """The courses of a granted person whose signed sheets lie on paper, with how many meetings: nothing here can erase those."""
    query = (
        sa.select(Course.number, sa.func.count(Meeting.id))
        .join(Enrolment, Enrolment.course_id == Course.id)
        .join(Meeting, Meeting.course_id == Course.id)
        .where(Enrolment.person_id == person_id, Meeting.closed_at.is_not(None))
        .group_by(Course.id, Course.number)
        .order_by(Course.number)
    )
    return [(number, count) for number, count in db.session.execute(query.execution_options(viewer=viewer))]


@dataclass(frozen=True)
class Change:
    """What becomes of the rows of one activity: how many go, how many stay without saying who it was."""

    activity: str
    gone: int
    nameless: int


def preview(person: Person) -> list[Change]:
    """What the erasure of a granted person would do, without doing it."""
    counts: dict[str, list[int]] = {}
    for name, rows in erasing.rows_of(db.session.connection(), person.id).items():
        entry = REGISTER[name]
        count = counts.setdefault(ACTIVITIES[entry.activity]["title"], [0, 0])
        count[0 if entry.on_erasure is Disposal.REMOVE else 1] += len(rows)
    return [Change(activity, *count) for activity, count in counts.items()]


@dataclass(frozen=True)
class Left:
    """What is left of somebody who is erased, or would be: on how many people it fits, and what would have to go for enough to be alike."""

    told: Traits
    alike: int
    given_up: tuple[str, ...]

    @property
    def is_rare(self) -> bool:
        """Whether it fits on too few (security.md PR-6)."""
        return self.alike < FEWEST_ALIKE


def left_of(person_id: int) -> Left:
    """What is left of a granted person."""
    connection, person = db.session.connection(), erasing.PERSON.c
    told = erasing.left_of_all(connection, person.id == person_id)[person_id]
    # Only among these can somebody be who is alike; what of all others is left takes long to work out.
    same = [person[name] == value for name in SAME_IN_ROWS if (value := getattr(told, name)) is not None]
    count = alike(told, Counter(erasing.left_of_all(connection, *same).values()))
    if count >= FEWEST_ALIKE:
        return Left(told, count, ())
    return Left(told, count, given_up(told, Counter(erasing.left_of_all(connection).values())))


def left_of_erased() -> list[Left]:
    """What is left of each person who is erased."""
    connection = db.session.connection()
    everybody = Counter(erasing.left_of_all(connection).values())
    erased = erasing.left_of_all(connection, erasing.PERSON.c.withheld_at.is_not(None))
    return [Left(one, alike(one, everybody), given_up(one, everybody)) for one in erased.values()]


@dataclass(frozen=True)
class Mention:
    """A sentence of the office about a meeting, in which a name stands."""

    key: str
    text: str
    meeting_id: int
    date: dt.date
    course: str


def mentions(viewer: Viewer, person: Person) -> tuple[list[Mention], int]:
    """Where sentences about meetings hold the family name of a granted person: those of courses the viewer coordinates, and how many
    others there are. Nobody but people can tell whether they are meant."""
    name = person.family_name or person.given_name
    if len(name) < SHORTEST_NAME:
        return [], 0
    found: list[Mention] = []
    others = 0
    meeting = Base.metadata.tables[Meeting.__tablename__]
    for table in REGISTER.values():
        here = Base.metadata.tables[table.name]
        for column in (here.c[one.name] for one in table.columns.values() if one.free):
            query = sa.select(here.c.id, column, meeting.c.id, meeting.c.date, Course.number, coordinates(viewer))
            query = query.select_from(
                here if here is meeting else here.join(meeting, meeting.c.id == here.c.meeting_id)
            )
            query = query.join(Course, Course.id == meeting.c.course_id)
            says = column.icontains(name, autoescape=True)
            for row_id, *told, is_own in db.session.execute(query.where(says).order_by(meeting.c.date, here.c.id)):
                if is_own:
                    found.append(Mention(key_of_note(table.name, column.name, row_id), *told))
                else:
                    others += 1
    return found, others


# Members of staff.


def leads_still(viewer: Viewer, user_id: int) -> Sequence[str]:
    """The courses that are not over and that an account leads."""
    query = sa.select(Course.number).join(CourseLeader, CourseLeader.course_id == Course.id)
    return db.session.scalars(
        query.where(CourseLeader.user_id == user_id, Course.ends_on >= viewer.today).order_by(Course.number)
    ).all()


def against_erasing_account(viewer: Viewer, user_id: int) -> list[Reason]:
    """What stands against erasing an account."""
    return account_obstacles(
        is_own=viewer.id == user_id, is_last=is_last_administrator(user_id), courses=leads_still(viewer, user_id)
    )


def preview_of_account(user_id: int) -> list[Change]:
    """What erasing an account would do, without doing it."""
    counts: dict[str, list[int]] = {}
    gone = {column for table, column in leaving.own_rows() if REGISTER[table.name].on_erasure is Disposal.REMOVE}
    for table, column in [*leaving.own_rows(), *leaving.acts()]:
        rows = sa.select(sa.func.count()).select_from(table).where(column == user_id)
        if count := db.session.connection().scalar(rows):
            entry = REGISTER[table.name]
            where = ACTIVITIES[entry.activity]["title"] if entry.activity else COURSES_THEMSELVES
            counts.setdefault(where, [0, 0])[0 if column in gone else 1] += count
    return [Change(activity, *count) for activity, count in counts.items()]


# For the retention job.


def accounts_kept_no_longer(viewer: Viewer, now: dt.datetime) -> list[int]:
    """The accounts that have been closed for so long that nobody needs to know any more whose they were, by number."""
    old = User.blocked_at < PERIOD["accounts"].before(now, viewer.today)
    closed = sa.select(User.id).where(~User.active, User.erased_at.is_(None), old).order_by(User.id)
    return [one for one in db.session.scalars(closed) if not against_erasing_account(viewer, one)]


def people_kept_no_longer(viewer: Viewer, now: dt.datetime, only: int | None = None) -> Iterator[int]:
    """The people whose time is over and whom nothing holds, by number; nobody while one of their family is in a course, or was of late.
    `only` asks of one of them."""
    today = viewer.today
    long_ago = months_later(today, -12 * PERIOD["people"].years)
    member, relative = orm.aliased(FamilyMember), orm.aliased(FamilyMember)
    of_family = sa.exists().where(
        member.person_id == Person.id, relative.family_id == member.family_id, _in_course(relative.person_id, long_ago)
    )
    waits = sa.exists().where(Erasure.person_id == Person.id, Erasure.state.in_(UNDER_WAY))
    old = sa.select(Person.id, Person.entered_at).where(
        *SOMEBODY,
        ~waits,
        Person.entered_at < PERIOD["never"].before(now, today),
        ~_in_course(Person.id, long_ago),
        ~of_family,
    )
    if only is not None:
        old = old.where(Person.id == only)
    rows = db.session.execute(old.order_by(Person.id).execution_options(viewer=viewer))
    entered = {row.id: row.entered_at for row in rows}
    ids = list(entered)
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        ties, told = ties_of(viewer, some), _told(viewer, some)
        for person_id in some:
            over = is_kept_no_longer(ties[person_id], entered[person_id], now, today)
            if over and not holds_of(ties[person_id], told.get(person_id, ()), today):
                yield person_id


def _in_course(person_id: Any, since: dt.date) -> sa.ColumnElement[bool]:
    """Whether somebody has a place, also as a child, in a course that was not over then."""
    place, child, of_child = orm.aliased(Enrolment), orm.aliased(EnrolmentChild), orm.aliased(Enrolment)
    recent = sa.select(Course.id).where(Course.ends_on >= since)
    return sa.or_(
        sa.exists().where(place.person_id == person_id, place.course_id.in_(recent)),
        sa.exists().where(
            child.person_id == person_id, of_child.id == child.enrolment_id, of_child.course_id.in_(recent)
        ),
    )


def _told(viewer: Viewer, person_ids: Collection[int]) -> Mapping[int, list[Hold]]:
    found: dict[int, list[Hold]] = {}
    query = sa.select(LegalHold).where(LegalHold.person_id.in_(person_ids), LegalHold.ended_at.is_(None))
    for one in db.session.scalars(query.execution_options(viewer=viewer)):
        found.setdefault(one.person_id, []).append(Hold(Reason(SAID, reason=one.reason), one.until))
    return found


def due(viewer: Viewer) -> Sequence[int]:
    """The erasures whose day has come, oldest first, by number."""
    query = sa.select(Erasure.id).where(Erasure.state == ErasureState.WITHHELD, Erasure.due_on <= viewer.today)
    return db.session.scalars(query.order_by(Erasure.id).execution_options(viewer=viewer)).all()


def run_under_way() -> RetentionRun | None:
    """The run of the retention job that is not at its end."""
    return db.session.scalars(sa.select(RetentionRun).where(RetentionRun.state == RunState.RUNNING)).one_or_none()


def newest_run() -> RetentionRun | None:
    """The run of the retention job that began last."""
    return db.session.scalars(sa.select(RetentionRun).order_by(RetentionRun.id.desc()).limit(1)).one_or_none()


def last_run() -> dt.datetime | None:
    """When the retention job began last, whatever day it was asked to take for today."""
    return db.session.scalar(sa.select(sa.func.max(RetentionRun.at)))


def clock_in_doubt(now: dt.datetime, *, confirmed: bool = False) -> Reason | None:
    """What speaks against deleting anything by this clock."""
    times = (db.session.scalar(sa.select(sa.func.max(TraceEntry.at))), ran := last_run())
    newest = max((time for time in times if time is not None), default=None)
    return clock_doubt(now, newest, ran, confirmed=confirmed)
