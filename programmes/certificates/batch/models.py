"""Remembers which papers a batch is to issue, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Private
from jobs import Job
from programmes.catalogue.models import Course
from programmes.certificates.models import Certificate


class Batch(Base):
    """The papers of a course that somebody asked for at once. One at a time for each course."""

    __tablename__ = "batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("job.id"), unique=True)
    course: Mapped[Course] = orm.relationship()
    job: Mapped[Job] = orm.relationship()


class BatchItem(Private, Base):
    """One person of a batch: still to do while neither a paper nor a reason is there."""

    __tablename__ = "batch_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("batch.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"))
    certificate_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), unique=True)
    reason: Mapped[str | None] = mapped_column(sa.String(400))
    batch: Mapped[Batch] = orm.relationship()
    certificate: Mapped[Certificate | None] = orm.relationship()

    __table_args__ = (
        sa.UniqueConstraint("batch_id", "enrolment_id"),
        sa.CheckConstraint("certificate_id IS NULL OR reason IS NULL", name="outcome"),
    )
