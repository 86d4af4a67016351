"""Reads accounts of minutes and where papers wait. A leader reads none of it: papers are the coordinator's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import NoResultFound

from auth.guard import Viewer, built_once
from auth.models import User
from database import db
from programmes.attendance.account.queries import Days, Ledger, ledgers, rule_of
from programmes.attendance.account.rules import Account, MeetingLine, ModuleAccount
from programmes.attendance.models import AttendanceMark
from programmes.attendance.rules import Mark
from programmes.catalogue.models import Course, Logo, Meeting, Programme
from programmes.catalogue.queries import coordinated_courses, coordinates, leaders_of
from programmes.catalogue.rules import Counting, MeetingStatus, PaperKind
from programmes.certificates.models import Certificate, NameCheck, PaperDecision
from programmes.certificates.rules import (
    COURSE,
    OF_A_CHILD,
    CertificateKind,
    CertificateState,
    Conditions,
    Decision,
    Hardship,
    course_over,
    decide,
)
from programmes.certificates.settings.queries import logos_of, looks_of
from programmes.certificates.settings.rules import Look
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.queries import coordinated_enrolments
from programmes.enrolment.rules import CAME, EnrolmentStatus
from programmes.participants.models import Person
from programmes.participants.rules import Precision

ON_THE_PAGE = CAME | {EnrolmentStatus.NO_SHOW}


@dataclass(frozen=True)
class Candidate:
    """One enrolment with all that its paper rests on. `papers` are the main ones issued so far, newest first; `besides` the
    others that are valid."""

    enrolment: Enrolment
    children: tuple[str, ...]
    lines: tuple[MeetingLine, ...]
    account: Account
    decision: Decision
    papers: tuple[Certificate, ...]
    besides: tuple[Certificate, ...] = ()
    hardship: PaperDecision | None = None
    checked: NameCheck | None = None
    child_ids: tuple[int, ...] = ()  # of `children`

    @property
    def paper(self) -> Certificate | None:
        """The valid paper, or else the newest that was withdrawn."""
        valid = [paper for paper in self.papers if paper.state is CertificateState.VALID]
        return next(iter(valid or self.papers), None)

    @property
    def name_is_checked(self) -> bool:
        """Whether somebody confirmed the name exactly as it would be printed now."""
        return self.checked is not None and self.checked.name == name_as_printed(self.enrolment.person)

    @property
    def days_attended(self) -> int:
        """Meetings of one's own days at which one was."""
        return sum(1 for line in self.lines if line.enrolled and line.attended)


@dataclass(frozen=True)
class Subject:
    """What a paper besides the main one is about: a module, or a child."""

    module: ModuleAccount | None = None
    child: str | None = None


def name_as_printed(person: Person) -> str:
    """The name in the letters of the passport and, if there is one, in its own."""
    return " · ".join(filter(None, (person.name, person.native_name)))


@dataclass(frozen=True)
class CourseAccounts:
    """The accounts of everybody who has or had a place in a course, in the order of the roster."""

    course: Course
    conditions: Conditions
    candidates: tuple[Candidate, ...]
    leaders: tuple[User, ...]
    looks: dict[CertificateKind, Look]
    logos: Sequence[Logo] = ()


def conditions_of(programme: Programme) -> Conditions:
    """The rule of a programme as it stands now."""
    rule = vars(rule_of(programme))
    return Conditions(**rule, paper=programme.paper, rule_version=programme.rule_version)


def accounts(viewer: Viewer, course_id: int, today: dt.date) -> CourseAccounts:
    """The accounts of a course the viewer decides about; thirteen queries, whatever the size. Raises NoResultFound."""
    course = db.session.scalars(
        coordinated_courses(viewer)
        .where(Course.id == course_id)
        .options(orm.joinedload(Course.programme), orm.joinedload(Course.municipality), orm.joinedload(Course.quarter))
    ).one()
    conditions = conditions_of(course.programme)
    enrolments = db.session.scalars(
        coordinated_enrolments(viewer)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id == course_id, Enrolment.status.in_(ON_THE_PAGE), Enrolment.entry_date.is_not(None))
        .order_by(Enrolment.entry_date, Person.sort_key, Enrolment.id)
        .options(orm.contains_eager(Enrolment.person))
    ).all()
    places = [Days(enrolment.id, enrolment.entry_date, enrolment.exit_date) for enrolment in enrolments]
    own = ledgers(viewer, course_id, conditions, places, today)
    known = _Known(
        _children(viewer, course_id),
        _papers(viewer, course_id),
        _decisions(viewer, course_id),
        _checks(viewer, course_id),
    )
    return CourseAccounts(
        course,
        conditions,
        tuple(_candidate(enrolment, course, conditions, own[enrolment.id], known, today) for enrolment in enrolments),
        tuple(leaders_of(course_id)),
        looks_of(course.programme),
        logos_of(course.programme.funding_profile_id) if course.programme.funding_profile_id else (),
    )


@dataclass(frozen=True)
class _Known:
    """What is known of the people of a course besides their marks, by enrolment."""

    children: dict[int, list[tuple[int, str]]]
    papers: dict[int, list[Certificate]]
    decisions: dict[int, PaperDecision]
    checks: dict[int, NameCheck]


def _candidate(
    enrolment: Enrolment, course: Course, conditions: Conditions, ledger: Ledger, known: _Known, today: dt.date
) -> Candidate:
    own = ledger.account
    papers = known.papers.get(enrolment.id, [])
    mine = tuple(paper for paper in papers if paper.slot == COURSE)
    besides = tuple(paper for paper in papers if paper.slot != COURSE and paper.state is CertificateState.VALID)
    hardship = known.decisions.get(enrolment.id)
    decision = decide(
        own,
        conditions,
        ends_on=course.ends_on,
        over=course_over(course.ends_on, course.cancelled_reason is not None, own.meetings_to_come, today),
        already_issued=any(paper.state is CertificateState.VALID for paper in mine),
        hardship=hardship.verdict if hardship else None,
    )
    children = known.children.get(enrolment.id, ())
    return Candidate(
        enrolment, tuple(name for _, name in children), ledger.lines, own, decision, mine, besides, hardship,
        known.checks.get(enrolment.id), tuple(child_id for child_id, _ in children),
    )  # fmt: skip


def _decisions(viewer: Viewer, course_id: int) -> dict[int, PaperDecision]:
    query = (
        sa.select(PaperDecision)
        .join(Enrolment, Enrolment.id == PaperDecision.enrolment_id)
        .where(Enrolment.course_id == course_id, PaperDecision.taken_back_at.is_(None))
        .options(orm.joinedload(PaperDecision.by, innerjoin=True))
        .execution_options(viewer=viewer)
    )
    return {row.enrolment_id: row for row in db.session.scalars(query)}


def _checks(viewer: Viewer, course_id: int) -> dict[int, NameCheck]:
    query = (
        sa.select(NameCheck)
        .join(Enrolment, Enrolment.id == NameCheck.enrolment_id)
        .where(Enrolment.course_id == course_id)
        .execution_options(viewer=viewer)
    )
    return {row.enrolment_id: row for row in db.session.scalars(query)}


def _children(viewer: Viewer, course_id: int) -> dict[int, list[tuple[int, str]]]:
    names: dict[int, list[tuple[int, str]]] = {}
    for enrolment_id, child_id, name in db.session.execute(
        sa.select(EnrolmentChild.enrolment_id, Person.id, Person.given_name)
        .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
        .join(Person, Person.id == EnrolmentChild.person_id)
        .where(Enrolment.course_id == course_id)
        .order_by(EnrolmentChild.id)
        .execution_options(viewer=viewer)
    ):
        names.setdefault(enrolment_id, []).append((child_id, name))
    return names


def _papers(viewer: Viewer, course_id: int) -> dict[int, list[Certificate]]:
    papers: dict[int, list[Certificate]] = {}
    for paper in db.session.scalars(
        sa.select(Certificate)
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .where(Enrolment.course_id == course_id)
        .order_by(Certificate.id.desc())
        .execution_options(viewer=viewer)
    ):
        papers.setdefault(paper.enrolment_id, []).append(paper)
    return papers


def courses_of(viewer: Viewer, enrolment_ids: Sequence[int]) -> dict[int, int]:
    """The course of each of these enrolments that the viewer decides about; the others are missing."""
    rows = db.session.execute(
        coordinated_enrolments(viewer)
        .where(Enrolment.id.in_(enrolment_ids))
        .with_only_columns(Enrolment.id, Enrolment.course_id)
    )
    return {row.id: row.course_id for row in rows}


def candidate(viewer: Viewer, enrolment_id: int, today: dt.date) -> tuple[CourseAccounts, Candidate]:
    """One person's account in their course. Raises NoResultFound, also for somebody who only waits."""
    of = accounts(viewer, courses_of(viewer, [enrolment_id]).get(enrolment_id, 0), today)
    for candidate in of.candidates:
        if candidate.enrolment.id == enrolment_id:
            return of, candidate
    raise NoResultFound


@dataclass(frozen=True)
class ReadyCourse:
    """A course that is over, with all roll calls closed, and the number of papers that can be issued."""

    course: Course
    papers: int


def ready_to_issue(viewer: Viewer) -> Sequence[ReadyCourse]:
    """Where papers wait for the coordinator: the rule of `decide`, asked of all courses in one query."""
    return [ReadyCourse(course, count) for course, count in db.session.execute(_ready_to_issue(viewer))]


@built_once
def _ready_to_issue(viewer: Viewer) -> sa.Select[Course, int]:
    present = orm.aliased(AttendanceMark)
    child = orm.aliased(AttendanceMark)
    together = sa.exists().where(
        child.meeting_id == present.meeting_id,
        child.enrolment_id == present.enrolment_id,
        child.child_id.is_not(None),
        child.mark == Mark.PRESENT,
    )
    attended = sa.exists().where(
        present.enrolment_id == Enrolment.id,
        present.child_id.is_(None),
        present.minutes > 0,
        Meeting.id == present.meeting_id,
        Meeting.course_id == Enrolment.course_id,
        Meeting.status != MeetingStatus.CANCELLED,
        Meeting.date >= Enrolment.entry_date,
        sa.or_(Enrolment.exit_date.is_(None), Meeting.date <= Enrolment.exit_date),
        sa.or_(Programme.counting != Counting.PAIR, together),
    )
    issued = sa.exists().where(
        Certificate.enrolment_id == Enrolment.id,
        Certificate.state == CertificateState.VALID,
        Certificate.slot == COURSE,
    )
    withheld = sa.exists().where(
        PaperDecision.enrolment_id == Enrolment.id,
        PaperDecision.taken_back_at.is_(None),
        PaperDecision.verdict == Hardship.WITHHOLD,
    )
    still_open = sa.exists().where(
        Meeting.course_id == Course.id, Meeting.status != MeetingStatus.CANCELLED, Meeting.closed_at.is_(None)
    )
    over = sa.select(Course.id).where(
        coordinates(viewer),
        sa.or_(Course.ends_on <= viewer.today, Course.cancelled_reason.is_not(None)),
        ~still_open.correlate(Course),
    )
    papers = sa.func.count().label("papers")
    ready = (
        sa.select(Enrolment.course_id, papers)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(
            Enrolment.course_id.in_(over),
            Programme.paper != PaperKind.NONE,
            Enrolment.status.in_(ON_THE_PAGE),
            Enrolment.entry_date.is_not(None),
            ~issued.correlate(Enrolment),
            ~withheld.correlate(Enrolment),
            attended.correlate(Enrolment, Programme),
        )
        .group_by(Enrolment.course_id)
        .subquery()
    )
    return (
        sa.select(Course, ready.c.papers)
        .join(ready, ready.c.course_id == Course.id)
        .options(orm.joinedload(Course.programme), orm.joinedload(Course.municipality))
        .order_by(Course.ends_on, Course.id)
        .execution_options(viewer=viewer)
    )


def outdated(viewer: Viewer, person_id: int | None = None) -> Sequence[Certificate]:
    """Papers that hold, of courses the viewer decides about, on which something of their person stands that was corrected since; of
    everybody, or of one granted person. The newest first. `facts.corrections` says what; a person without papers costs nothing."""
    query = _outdated(viewer)
    if person_id is not None:
        query = query.where(Enrolment.person_id == person_id)
    return db.session.scalars(query).all()


@built_once
def _outdated(viewer: Viewer) -> sa.Select[Certificate]:
    def printed(name: str) -> sa.ColumnElement[str]:
        return Certificate.facts[("paper", name)].as_string()

    spoken = sa.func.trim(Person.given_name + " " + Person.family_name)
    day_known = Person.birth_precision == Precision.DAY
    born = sa.case((day_known, sa.cast(Person.birth_date, sa.String)), else_="")
    differs = sa.or_(
        Certificate.printed_name != spoken,
        printed("native_name") != sa.func.coalesce(Person.native_name, ""),
        printed("birth_name") != sa.func.coalesce(Person.birth_name, ""),
        printed("birth_date") != sa.func.coalesce(born, ""),
    )
    mine = coordinated_enrolments(viewer).with_only_columns(Enrolment.id)
    return (
        sa.select(Certificate)
        .join(Certificate.enrolment)
        .join(Enrolment.person)
        .where(
            Certificate.enrolment_id.in_(mine), Certificate.state == CertificateState.VALID, Certificate.copy_of_id.is_(None),
            ~Certificate.slot.startswith(OF_A_CHILD), differs,
        )
        .order_by(Certificate.id.desc())
        .options(
            orm.defer(Certificate.pdf),
            orm.contains_eager(Certificate.enrolment).contains_eager(Enrolment.person),
            orm.contains_eager(Certificate.enrolment).joinedload(Enrolment.course, innerjoin=True),
        )
        .execution_options(viewer=viewer)
    )  # fmt: skip
