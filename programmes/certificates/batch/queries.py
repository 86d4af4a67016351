"""Reads batches of papers: how far they are, and the papers they made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from jobs import OPEN, Job
from programmes.catalogue.models import Course
from programmes.catalogue.queries import coordinates
from programmes.certificates.batch.models import Batch, BatchItem
from programmes.certificates.models import Certificate
from programmes.enrolment.models import Enrolment
from programmes.participants.models import Person

AT_ONCE = 20  # papers read from the database at a time: a batch of any size takes the same memory


def coordinated_batches(viewer: Viewer) -> sa.Select[Batch]:
    """The batches of courses the viewer decides about."""
    return (
        sa.select(Batch)
        .join(Course, Course.id == Batch.course_id)
        .join(Job, Job.id == Batch.job_id)
        .where(coordinates(viewer))
        .options(orm.contains_eager(Batch.course), orm.contains_eager(Batch.job))
    )


def batch(viewer: Viewer, batch_id: int) -> Batch:
    """One batch of the viewer's scope. Raises NoResultFound."""
    return db.session.scalars(coordinated_batches(viewer).where(Batch.id == batch_id)).one()


def open_batch(viewer: Viewer, course_id: int) -> Batch | None:
    """The batch of a course that still goes on."""
    query = coordinated_batches(viewer).where(Batch.course_id == course_id, Job.state.in_(OPEN))
    return db.session.scalars(query.order_by(Batch.id)).first()


def last_batch(viewer: Viewer, course_id: int) -> Batch | None:
    """The newest batch of a course."""
    query = coordinated_batches(viewer).where(Batch.course_id == course_id)
    return db.session.scalars(query.order_by(Batch.id.desc()).limit(1)).first()


@dataclass(frozen=True)
class Refusal:
    """Somebody whose paper could not be issued, and why."""

    enrolment_id: int
    person_id: int
    name: str
    reason: str


def refusals(viewer: Viewer, batch_id: int) -> Sequence[Refusal]:
    """Whose papers could not be issued."""
    rows = db.session.execute(
        sa.select(BatchItem.enrolment_id, Person.id, Person.given_name, Person.family_name, BatchItem.reason)
        .join(Enrolment, Enrolment.id == BatchItem.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(BatchItem.batch_id == batch_id, BatchItem.reason.is_not(None))
        .order_by(BatchItem.id)
        .execution_options(viewer=viewer)
    )
    return [Refusal(*row[:2], f"{row[2]} {row[3]}".strip(), row[4] or "") for row in rows]


def issued(viewer: Viewer, batch_id: int) -> int:
    """How many papers a batch made."""
    query = (
        sa.select(sa.func.count())
        .select_from(BatchItem)
        .where(BatchItem.batch_id == batch_id, BatchItem.certificate_id.is_not(None))
    )
    return db.session.scalar(query.execution_options(viewer=viewer)) or 0


def papers(viewer: Viewer, batch_id: int) -> Iterator[tuple[Certificate, int | None]]:
    """The papers of a batch with their bytes and whose they are, a few at a time, in the order of the list; those that still hold."""
    last = 0
    while True:
        found = db.session.execute(
            sa.select(BatchItem.id, Certificate, Enrolment.person_id)
            .join(Certificate, Certificate.id == BatchItem.certificate_id)
            .outerjoin(Enrolment, Enrolment.id == Certificate.enrolment_id)
            .where(BatchItem.batch_id == batch_id, BatchItem.id > last, Certificate.erased_at.is_(None))
            .order_by(BatchItem.id)
            .limit(AT_ONCE)
            .options(orm.undefer(Certificate.pdf))
            .execution_options(viewer=viewer)
        ).all()
        if not found:
            return
        for item_id, paper, person_id in found:
            last = item_id
            yield paper, person_id
        db.session.expunge_all()
