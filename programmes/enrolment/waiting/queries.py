"""Reads who waits for a place and who has been offered one, how a course is composed so far, and who was called about it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.catalogue.models import Course
from programmes.catalogue.queries import coordinates, visible_courses
from programmes.enrolment.models import ContactAttempt, Enrolment, EnrolmentChild
from programmes.enrolment.queries import applicant_of, completed_before, coordinated_enrolments, funded
from programmes.enrolment.rules import (
    BEFORE_ENTRY,
    HOLDS_PLACE,
    QUEUES,
    EnrolmentStatus,
    Offer,
    eligibility,
    first_day,
    obstacles,
    outgrown_on,
)
from programmes.participants.models import Person
from programmes.participants.origins import CitizenshipGroup
from wording import Reason

waiting_since: sa.ColumnElement[dt.datetime] = sa.func.coalesce(Enrolment.requeued_at, Enrolment.applied_at)


def waiting_list(viewer: Viewer, course_id: int) -> Sequence[Enrolment]:
    """Who waits for a place in a course the viewer decides about, longest first; also those who have been offered one."""
    return db.session.scalars(
        coordinated_enrolments(viewer)
        .where(Enrolment.course_id == course_id, Enrolment.status.in_(BEFORE_ENTRY))
        .order_by(waiting_since, Enrolment.id)
        .options(orm.joinedload(Enrolment.person).joinedload(Person.municipality))
    ).all()


def waiting_children(viewer: Viewer, course_id: int) -> dict[int, list[Person]]:
    """The children of those who wait for a coordinated course or have been offered a place, by enrolment. One query."""
    rows = db.session.execute(
        sa.select(EnrolmentChild.enrolment_id, Person)
        .join(Person, Person.id == EnrolmentChild.person_id)
        .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.course_id == course_id, Enrolment.status.in_(BEFORE_ENTRY), coordinates(viewer))
        .order_by(EnrolmentChild.id)
        .execution_options(viewer=viewer)
    )
    found: dict[int, list[Person]] = {}
    for enrolment_id, child in rows:
        found.setdefault(enrolment_id, []).append(child)
    return found


def people_ahead(viewer: Viewer, enrolment: Enrolment) -> int:
    """How many have waited longer for the same course."""
    return db.session.scalar(
        sa.select(sa.func.count())
        .where(
            Enrolment.course_id == enrolment.course_id,
            Enrolment.status.in_(QUEUES),
            sa.or_(
                waiting_since < enrolment.waits_since,
                sa.and_(waiting_since == enrolment.waits_since, Enrolment.id < enrolment.id),
            ),
        )
        .execution_options(viewer=viewer)
    ) or 0  # fmt: skip


@dataclass(frozen=True)
class Waiting:
    """One line of the waiting list: who, with which children, until when these are young enough, and what would speak against
    moving them up today."""

    enrolment: Enrolment
    children: Sequence[Person]
    until: dt.date | None
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Offered:
    """Somebody whose answer to an offer is open, and the last try to reach them."""

    enrolment: Enrolment
    last: ContactAttempt | None


def queue(viewer: Viewer, course: Course, offer: Offer) -> tuple[list[Waiting], list[Offered]]:
    """Who waits for a place in a coordinated course, longest first, and whose answer to an offer is open, the most urgent first."""
    before = waiting_list(viewer, course.id)
    offered = [one for one in before if one.status is EnrolmentStatus.OFFERED]
    return _waiting(viewer, course, [one for one in before if one.status in QUEUES], offer), _offered(viewer, offered)


def _waiting(viewer: Viewer, course: Course, enrolments: Sequence[Enrolment], offer: Offer) -> list[Waiting]:
    children = waiting_children(viewer, course.id) if enrolments else {}
    day = first_day(course.starts_on, course.ends_on, viewer.today)
    people = [enrolment.person_id for enrolment in enrolments]
    completed, asked = completed_before(viewer, course, people), funded(viewer, course, people)
    found = []
    for enrolment in enrolments:
        own = children.get(enrolment.id, [])
        applicant = applicant_of(enrolment.person, own, completed, asked.get(enrolment.person_id), enrolment.situation)
        against = obstacles(applicant, offer, day) + eligibility(applicant, offer, day)
        found.append(Waiting(enrolment, own, _young_until(own, offer), against))
    return found


def _young_until(children: Sequence[Person], offer: Offer) -> dt.date | None:
    """The last day on which all of these children are young enough."""
    if offer.child_until_months is None:
        return None
    days = [outgrown_on(child.birth_date, offer.child_until_months) for child in children if child.birth_date]
    return min(days) - dt.timedelta(days=1) if days else None


def _offered(viewer: Viewer, enrolments: Sequence[Enrolment]) -> list[Offered]:
    contacts = contacts_of(viewer, [enrolment.id for enrolment in enrolments]) if enrolments else {}
    return [Offered(one, next(iter(contacts.get(one.id, ())), None)) for one in sorted(enrolments, key=_deadline)]


def _deadline(enrolment: Enrolment) -> dt.date:
    return enrolment.offered_until or dt.date.max


def contacts_of(viewer: Viewer, enrolment_ids: Collection[int]) -> dict[int, list[ContactAttempt]]:
    """The tries to reach people of granted enrolments, the newest first. One query."""
    found: dict[int, list[ContactAttempt]] = {}
    for one in db.session.scalars(
        sa.select(ContactAttempt)
        .where(ContactAttempt.enrolment_id.in_(enrolment_ids))
        .order_by(ContactAttempt.id.desc())
        .options(orm.joinedload(ContactAttempt.by, innerjoin=True))
        .execution_options(viewer=viewer)
    ):
        found.setdefault(one.enrolment_id, []).append(one)
    return found


class Composition(NamedTuple):
    """Who has a place in a course, as far as it matters for who comes next (domain.md B13)."""

    german: int
    others: int
    languages: tuple[tuple[str, int], ...]


def composition(viewer: Viewer, course_id: int) -> Composition:
    """How a coordinated course is composed: nationalities and languages, the most frequent first. One query."""
    rows = db.session.execute(
        sa.select(Person.citizenship_group, Person.family_language)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.course_id == course_id, Enrolment.status.in_(HOLDS_PLACE), coordinates(viewer))
        .execution_options(viewer=viewer)
    ).all()
    german = sum(group is CitizenshipGroup.GERMAN for group, _ in rows)
    languages = Counter(language for _, language in rows if language)
    in_order = sorted(languages.items(), key=lambda one: (-one[1], one[0]))
    return Composition(german, len(rows) - german, tuple(in_order))


def visible_enrolment(viewer: Viewer, enrolment_id: int) -> Enrolment:
    """An enrolment of a course the viewer coordinates or leads, not to be shown as it is. Raises NoResultFound."""
    mine = visible_courses(viewer).with_only_columns(Course.id)
    query = sa.select(Enrolment).where(Enrolment.id == enrolment_id, Enrolment.course_id.in_(mine))
    return db.session.scalars(query.execution_options(viewer=viewer)).one()
