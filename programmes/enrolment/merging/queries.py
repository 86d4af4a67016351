"""Reads what two records of one person have, and which merges can still be undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import Base, db
from programmes.catalogue.models import Course
from programmes.catalogue.queries import coordinated_courses
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.queries import visible_people
from programmes.enrolment.rules import STILL_OPEN, EnrolmentStatus
from programmes.participants.models import Merge, NameSound, Person

UNDO_FOR = dt.timedelta(days=30)
PLACES = STILL_OPEN | {EnrolmentStatus.COMPLETED}  # of which somebody has one at most in a course


def references() -> list[sa.Column[int]]:
    """Every column that says whose something is: whatever refers to people goes over, whichever capability it is of; but not what a
    record's own names sound like."""
    own = {Person.__table__, Merge.__table__, NameSound.__table__}
    return [
        column
        for table in Base.metadata.sorted_tables
        if table not in own
        for column in table.c
        if any(key.column is Person.__table__.c.id for key in column.foreign_keys)
    ]


def is_outside(viewer: Viewer, person_ids: Sequence[int]) -> bool:
    """Whether one of these people is, also as a child, in a course that the viewer does not coordinate."""
    if viewer.is_office:
        return False
    mine = coordinated_courses(viewer).with_only_columns(Course.id)
    query = (
        sa.select(Enrolment.id)
        .outerjoin(EnrolmentChild, EnrolmentChild.enrolment_id == Enrolment.id)
        .where(
            sa.or_(Enrolment.person_id.in_(person_ids), EnrolmentChild.person_id.in_(person_ids)),
            Enrolment.course_id.not_in(mine),
        )
    )
    return bool(db.session.scalar(sa.select(query.exists()).execution_options(viewer=viewer)))


def both_in(viewer: Viewer, one: Person, other: Person) -> Sequence[str]:
    """The numbers of the courses in which both have a place, or the same place as children."""
    mine, theirs = orm.aliased(Enrolment), orm.aliased(Enrolment)
    my_child, their_child = orm.aliased(EnrolmentChild), orm.aliased(EnrolmentChild)
    as_adults = (
        sa.select(mine.course_id)
        .join(theirs, theirs.course_id == mine.course_id)
        .where(
            mine.person_id == one.id, theirs.person_id == other.id, mine.status.in_(PLACES), theirs.status.in_(PLACES)
        )
    )
    as_children = (
        sa.select(Enrolment.course_id)
        .join(my_child, my_child.enrolment_id == Enrolment.id)
        .join(their_child, their_child.enrolment_id == Enrolment.id)
        .where(my_child.person_id == one.id, their_child.person_id == other.id)
    )
    courses = sa.select(Course.number).where(sa.or_(Course.id.in_(as_adults), Course.id.in_(as_children)))
    return db.session.scalars(courses.order_by(Course.number).execution_options(viewer=viewer)).all()


def merges_of(viewer: Viewer, person: Person, now: dt.datetime) -> Sequence[Merge]:
    """The merges into a granted person that can still be undone, the newest first."""
    return db.session.scalars(
        sa.select(Merge)
        .where(Merge.kept_id == person.id, Merge.at > now - UNDO_FOR)
        .order_by(Merge.id.desc())
        .options(orm.joinedload(Merge.absorbed, innerjoin=True))
        .execution_options(viewer=viewer)
    ).all()


def merge(viewer: Viewer, merge_id: int, now: dt.datetime) -> Merge:
    """A merge into a person the viewer may know that can still be undone. Raises NoResultFound."""
    known = visible_people(viewer).with_only_columns(Person.id)
    query = sa.select(Merge).where(Merge.id == merge_id, Merge.kept_id.in_(known), Merge.at > now - UNDO_FOR)
    return db.session.scalars(query.execution_options(viewer=viewer)).one()


def held_people(viewer: Viewer, *people: Person) -> None:
    """Hold these records until the transaction ends, as they are now: two offices may merge at once."""
    query = sa.select(Person).where(Person.id.in_([one.id for one in people])).order_by(Person.id).with_for_update()
    db.session.scalars(query.execution_options(viewer=viewer, populate_existing=True)).all()
