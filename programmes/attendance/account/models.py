"""Remembers what the office adds to a roll call afterwards: time made up, and how an absence was followed up."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, Private
from programmes.catalogue.models import Meeting, Module
from programmes.enrolment.models import Enrolment


class MakeUp(Private, Base):
    """Time that somebody made up for what they missed, in a module or in none. Never changed: taken back, with a reason."""

    __tablename__ = "make_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    module_id: Mapped[int | None] = mapped_column(sa.ForeignKey("module.id"))
    minutes: Mapped[int]
    held_on: Mapped[dt.date]
    what: Mapped[str] = mapped_column(sa.String(200))
    reason: Mapped[str] = mapped_column(sa.String(300))
    entered_at: Mapped[dt.datetime]
    entered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    taken_back_at: Mapped[dt.datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    taken_back_reason: Mapped[str | None] = mapped_column(sa.String(300))
    enrolment: Mapped[Enrolment] = orm.relationship()
    module: Mapped[Module | None] = orm.relationship()
    entered_by: Mapped[User] = orm.relationship(foreign_keys=[entered_by_id])
    taken_back_by: Mapped[User | None] = orm.relationship(foreign_keys=[taken_back_by_id])

    __table_args__ = (
        sa.CheckConstraint("minutes BETWEEN 1 AND 6000", name="minutes"),
        sa.CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_reason IS NULL) AND (taken_back_at IS NULL) = (taken_back_by_id IS NULL)",
            name="taken_back",
        ),
    )


class FollowUp(Private, Base):
    """One step of asking after somebody who stayed away: a call, a proof that was shown. No scan, no diagnosis.

    `meeting_id` is the last meeting missed so far: who misses another one is to be asked again. The latest step holds; steps
    are only ever added. The reasons themselves are marks of the roll call, corrected there.
    """

    __tablename__ = "follow_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"))
    called_on: Mapped[dt.date | None]
    note: Mapped[str | None] = mapped_column(sa.String(160))
    proof_seen_on: Mapped[dt.date | None]
    done: Mapped[bool] = mapped_column(default=False)
    entered_at: Mapped[dt.datetime]
    entered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    enrolment: Mapped[Enrolment] = orm.relationship()
    meeting: Mapped[Meeting] = orm.relationship()
    entered_by: Mapped[User] = orm.relationship()

    __table_args__ = (sa.CheckConstraint("note IS NULL OR called_on IS NOT NULL", name="called_on"),)
