"""Reads households and who may fetch which child."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.catalogue.models import Course
from programmes.catalogue.queries import visible_courses
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.queries import visible_people
from programmes.enrolment.rules import STILL_OPEN, EnrolmentStatus
from programmes.participants.models import FamilyMember, Person, PickUp
from programmes.participants.rules import Custody, Relation


def member(viewer: Viewer, family_id: int, person_id: int) -> FamilyMember:
    """What a person the viewer may know is in a family. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(FamilyMember)
        .join(Person, Person.id == FamilyMember.person_id)
        .where(
            FamilyMember.family_id == family_id,
            FamilyMember.person_id == person_id,
            FamilyMember.person_id.in_(visible_people(viewer).with_only_columns(Person.id)),
        )
        .options(orm.contains_eager(FamilyMember.person))
        .execution_options(viewer=viewer)
    ).one()


def come_along(viewer: Viewer, child_ids: Collection[int], adult_ids: Collection[int]) -> Sequence[str]:
    """The names of those of these children who have, or wait for, a place together with one of these adults."""
    query = (
        sa.select(Person.given_name)
        .join(EnrolmentChild, EnrolmentChild.person_id == Person.id)
        .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
        .where(Person.id.in_(child_ids), Enrolment.person_id.in_(adult_ids), Enrolment.status.in_(STILL_OPEN))
        .distinct()
        .order_by(Person.given_name)
    )
    return db.session.scalars(query.execution_options(viewer=viewer)).all()


def pick_ups(viewer: Viewer, child: Person) -> Sequence[PickUp]:
    """Who may fetch a granted child, and who might once: those who may first."""
    return db.session.scalars(
        sa.select(PickUp)
        .where(PickUp.child_id == child.id)
        .order_by(PickUp.ended_on.is_not(None), PickUp.name, PickUp.id)
        .execution_options(viewer=viewer)
    ).all()


def pick_up(viewer: Viewer, pick_up_id: int) -> PickUp:
    """One permission of a child the viewer may know. Raises NoResultFound."""
    known = visible_people(viewer).with_only_columns(Person.id)
    query = sa.select(PickUp).where(PickUp.id == pick_up_id, PickUp.child_id.in_(known))
    return db.session.scalars(query.options(orm.joinedload(PickUp.child)).execution_options(viewer=viewer)).one()


class Fetched(NamedTuple):
    """A child of a course, who comes with it, who of its families has no custody, and who else may fetch it."""

    child: str
    with_whom: str
    people: tuple[int, int]  # child and adult
    without_custody: tuple[str, ...]
    allowed: tuple[tuple[str, str | None], ...]


def fetched(viewer: Viewer, course_id: int) -> list[Fetched]:
    """The children who have a place in a visible course, by the adult they come with. Three queries, whatever the size."""
    child, adult = orm.aliased(Person), orm.aliased(Person)
    mine = visible_courses(viewer).with_only_columns(Course.id)
    rows = db.session.execute(
        sa.select(child.id, adult.id, child.given_name, adult.given_name, adult.family_name)
        .select_from(EnrolmentChild)
        .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
        .join(child, child.id == EnrolmentChild.person_id)
        .join(adult, adult.id == Enrolment.person_id)
        .where(
            Enrolment.course_id == course_id,
            Enrolment.course_id.in_(mine),
            Enrolment.status == EnrolmentStatus.ENROLLED,
        )
        .order_by(adult.sort_key, EnrolmentChild.id)
        .execution_options(viewer=viewer)
    ).all()
    numbers = [row[0] for row in rows]
    without, allowed = _without_custody(viewer, numbers), _allowed(viewer, numbers)
    return [
        Fetched(
            name,
            f"{given} {family}".strip(),
            (number, adult_id),
            tuple(without.get(number, ())),
            tuple(allowed.get(number, ())),
        )
        for number, adult_id, name, given, family in rows
    ]


def _without_custody(viewer: Viewer, child_ids: Collection[int]) -> dict[int, list[str]]:
    of_child, of_adult = orm.aliased(FamilyMember), orm.aliased(FamilyMember)
    found: dict[int, list[str]] = {}
    for child_id, given, family in db.session.execute(
        sa.select(of_child.person_id, Person.given_name, Person.family_name)
        .join(of_adult, of_adult.family_id == of_child.family_id)
        .join(Person, Person.id == of_adult.person_id)
        .where(
            of_child.person_id.in_(child_ids),
            of_child.relation == Relation.CHILD,
            of_adult.custody == Custody.HAS_NOT,
        )
        .order_by(Person.sort_key)
        .execution_options(viewer=viewer)
    ):
        found.setdefault(child_id, []).append(f"{given} {family}".strip())
    return found


def _allowed(viewer: Viewer, child_ids: Collection[int]) -> dict[int, list[tuple[str, str | None]]]:
    found: dict[int, list[tuple[str, str | None]]] = {}
    for child_id, name, phone in db.session.execute(
        sa.select(PickUp.child_id, PickUp.name, PickUp.phone)
        .where(PickUp.child_id.in_(child_ids), PickUp.ended_on.is_(None))
        .order_by(PickUp.name, PickUp.id)
        .execution_options(viewer=viewer)
    ):
        found.setdefault(child_id, []).append((name, phone))
    return found
