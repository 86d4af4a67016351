"""Remembers who came. Every mark is an event that is kept for ever; the current state is computed from the events."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, Private, one_of
from programmes.attendance.rules import AbsenceReason, Mark, Outcome, Source
from programmes.catalogue.models import Meeting
from programmes.enrolment.models import Enrolment, EnrolmentChild


class MarkEvent(Private, Base):
    """One statement about one person at one meeting. `child_id` None means the enrolled adult.

    `recorded_at` is what the device claims, `received_at` what the server knows; `replaces` are the events it corrects,
    `office` says that its author decides about the course. Never changed, never deleted by hand.
    """

    __tablename__ = "mark_event"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"))
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("enrolment_child.id"))
    mark: Mapped[Mark] = mapped_column(one_of(Mark))
    arrived_at: Mapped[dt.time | None]
    left_at: Mapped[dt.time | None]
    absence_reason: Mapped[AbsenceReason | None] = mapped_column(one_of(AbsenceReason))
    correction: Mapped[str | None] = mapped_column(sa.String(300))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    recorded_at: Mapped[dt.datetime]
    received_at: Mapped[dt.datetime]
    source: Mapped[Source] = mapped_column(one_of(Source), default=Source.FORM)
    replaces: Mapped[list[str]] = mapped_column(default=list)
    office: Mapped[bool] = mapped_column(default=False)
    doubtful: Mapped[bool] = mapped_column(default=False)
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"))
    author: Mapped[User] = orm.relationship()

    __table_args__ = (sa.Index("ix_mark_event_meeting_id_enrolment_id", "meeting_id", "enrolment_id"),)


class AttendanceMark(Private, Base):
    """What holds now of one person at one meeting: the fold of its events, with the minutes that count.

    `disputed`: two people say different things, and somebody has to decide. No row means *not recorded*. Only `attendance.actions` writes it, in the transaction of the event.
    """

    __tablename__ = "attendance_mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"))
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("enrolment_child.id"))
    mark: Mapped[Mark] = mapped_column(one_of(Mark))
    arrived_at: Mapped[dt.time | None]
    left_at: Mapped[dt.time | None]
    absence_reason: Mapped[AbsenceReason | None] = mapped_column(one_of(AbsenceReason))
    minutes: Mapped[int] = mapped_column(default=0)
    event_id: Mapped[str] = mapped_column(sa.ForeignKey("mark_event.id"))
    disputed: Mapped[bool] = mapped_column(default=False)
    meeting: Mapped[Meeting] = orm.relationship()
    enrolment: Mapped[Enrolment] = orm.relationship()
    child: Mapped[EnrolmentChild | None] = orm.relationship()

    __table_args__ = (
        sa.CheckConstraint("minutes >= 0", name="minutes"),
        sa.CheckConstraint("mark <> 'not_recorded'", name="recorded"),
        sa.CheckConstraint(
            "mark = 'present' OR (arrived_at IS NULL AND left_at IS NULL AND minutes = 0)", name="times"
        ),
        sa.Index(
            "uq_attendance_mark_adult",
            "meeting_id",
            "enrolment_id",
            unique=True,
            sqlite_where=sa.text("child_id IS NULL"),
            postgresql_where=sa.text("child_id IS NULL"),
        ),
        sa.Index(
            "uq_attendance_mark_child",
            "meeting_id",
            "child_id",
            unique=True,
            sqlite_where=sa.text("child_id IS NOT NULL"),
            postgresql_where=sa.text("child_id IS NOT NULL"),
        ),
    )


class SheetPrint(Private, Base):
    """A signature sheet that was handed out as PDF. `fingerprint` tells whether the list is still the same; no names."""

    __tablename__ = "sheet_print"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    printed_at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    by: Mapped[User] = orm.relationship()


class SheetFiling(Private, Base):
    """What was said of the signed sheet: where it lies and how many adults signed. The latest word holds, all are kept.

    Without a day it says that the sheet is not filed after all. Only ever added to.
    """

    __tablename__ = "sheet_filing"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    recorded_at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    filed_on: Mapped[dt.date | None]
    filed_by: Mapped[str | None] = mapped_column(sa.String(120))
    place: Mapped[str | None] = mapped_column(sa.String(160))
    signatures: Mapped[int | None]
    by: Mapped[User] = orm.relationship()

    __table_args__ = (
        sa.CheckConstraint("signatures BETWEEN 0 AND 1000", name="signatures"),
        sa.CheckConstraint(
            "(filed_on IS NULL AND filed_by IS NULL AND place IS NULL AND signatures IS NULL)"
            " OR (filed_on IS NOT NULL AND filed_by IS NOT NULL AND place IS NOT NULL AND signatures IS NOT NULL)",
            name="whole",
        ),
    )


class HeldEvent(Private, Base):
    """An event of a phone that was not applied, kept as it came: nothing that was ever sent is dropped.

    Refused (closed meeting, not enrolled on that day, …), or in conflict with an event of the same id and other content.
    """

    __tablename__ = "held_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(sa.String(36), index=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("device.id"))
    received_at: Mapped[dt.datetime]
    outcome: Mapped[Outcome] = mapped_column(one_of(Outcome))
    reason: Mapped[str] = mapped_column(sa.String(300))
    content: Mapped[dict[str, Any]]
    author: Mapped[User] = orm.relationship()
