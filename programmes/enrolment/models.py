"""Remembers who has a place, who waits for one, and how that came about."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, Private, one_of
from programmes.catalogue.models import Course
from programmes.enrolment.rules import Education, Employment, EnrolmentStatus, ExitCause, Outcome, Reached, Situation
from programmes.participants.models import Person
from programmes.participants.rules import Channel


class Enrolment(Private, Base):
    """A person's place in a course (a *Belegung*, which is not a person). In a family course the adult's, with children.

    No marks before `entry_date` and after `exit_date`. `education` and `employment` are those of the day of entry, `outcome` is what
    came after the course; `exit_reason` is what was said, `exit_cause` its class. People on the waiting list have no entry date yet;
    who lets an offer lapse waits again since `requeued_at`. `offered_until` is the last day of an offer. `missed_since`: when
    somebody who leads the course said that the person does not come any more.
    """

    __tablename__ = "enrolment"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    status: Mapped[EnrolmentStatus] = mapped_column(one_of(EnrolmentStatus))
    applied_at: Mapped[dt.datetime]
    entry_date: Mapped[dt.date | None]
    exit_date: Mapped[dt.date | None]
    exit_reason: Mapped[str | None] = mapped_column(sa.String(300))
    exit_cause: Mapped[ExitCause | None] = mapped_column(one_of(ExitCause))
    education: Mapped[Education | None] = mapped_column(one_of(Education))
    employment: Mapped[Employment | None] = mapped_column(one_of(Employment))
    outcome: Mapped[Outcome | None] = mapped_column(one_of(Outcome))
    requeued_at: Mapped[dt.datetime | None]
    offered_until: Mapped[dt.date | None]
    missed_since: Mapped[dt.date | None]
    course: Mapped[Course] = orm.relationship()
    person: Mapped[Person] = orm.relationship()

    __table_args__ = (
        sa.CheckConstraint("exit_date >= entry_date", name="dates"),
        sa.CheckConstraint(
            "status IN ('applied', 'waiting', 'offered') OR entry_date IS NOT NULL OR exit_date IS NOT NULL",
            name="entry_date",
        ),
        sa.CheckConstraint("(status = 'offered') = (offered_until IS NOT NULL)", name="offered_until"),
        sa.Index(
            "uq_enrolment_open",
            "course_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("status IN ('applied', 'waiting', 'offered', 'enrolled', 'completed')"),
            postgresql_where=sa.text("status IN ('applied', 'waiting', 'offered', 'enrolled', 'completed')"),
        ),
        sa.Index("ix_enrolment_course_id_status", "course_id", "status"),
        sa.Index(  # the few who wait, among all the years; a statement has to list them alike
            "ix_enrolment_before_entry",
            "applied_at",
            sqlite_where=sa.text("status IN ('applied', 'offered', 'waiting')"),
            postgresql_where=sa.text("status IN ('applied', 'offered', 'waiting')"),
        ),
    )

    @property
    def situation(self) -> Situation:
        """What was told at the entry and after the course."""
        return Situation(self.education, self.employment, self.outcome)

    @property
    def waits_since(self) -> dt.datetime:
        """What the order of the waiting list goes by."""
        return self.requeued_at or self.applied_at


class EnrolmentChild(Private, Base):
    """A child that comes along in a family course; its own line in the roll call."""

    __tablename__ = "enrolment_child"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    enrolment: Mapped[Enrolment] = orm.relationship()
    person: Mapped[Person] = orm.relationship()

    __table_args__ = (sa.UniqueConstraint("enrolment_id", "person_id"),)


class EnrolmentChange(Private, Base):
    """One step of an enrolment: who, when, from, to, why. Only ever added to."""

    __tablename__ = "enrolment_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    old: Mapped[str | None] = mapped_column(sa.String(40))
    new: Mapped[EnrolmentStatus] = mapped_column(one_of(EnrolmentStatus))
    reason: Mapped[str | None] = mapped_column(sa.String(300))
    by: Mapped[User | None] = orm.relationship()


class ContactAttempt(Private, Base):
    """One try to reach somebody about a place: who, when, how, and what came of it. Only ever added to."""

    __tablename__ = "contact_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    channel: Mapped[Channel] = mapped_column(one_of(Channel))
    reached: Mapped[Reached] = mapped_column(one_of(Reached))
    note: Mapped[str | None] = mapped_column(sa.String(300))
    by: Mapped[User] = orm.relationship()


class SubGroup(Private, Base):
    """A part of a course for some time, such as one of four language groups that later become one."""

    __tablename__ = "sub_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date | None]
    course: Mapped[Course] = orm.relationship()


class SubGroupMember(Private, Base):
    """Who is in a sub-group."""

    __tablename__ = "sub_group_member"

    sub_group_id: Mapped[int] = mapped_column(sa.ForeignKey("sub_group.id", ondelete="CASCADE"), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True)
