"""Remembers who was told of a meeting that moved or did not take place."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, Private, one_of
from programmes.catalogue.models import MeetingChange
from programmes.enrolment.models import Enrolment
from programmes.participants.rules import Channel


class Notice(Private, Base):
    """That somebody was told of a change of a meeting: when, how, by whom. What was ticked by mistake can be taken back, what was sent cannot.

    An e-mail has a row when it is to be sent, and `told_at` when the other server has taken it; `failed_at` when it never will,
    and `answer` is what that server said.
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    change_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting_change.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id", ondelete="CASCADE"), index=True)
    channel: Mapped[Channel] = mapped_column(one_of(Channel))
    made_at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    told_at: Mapped[dt.datetime | None]
    failed_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str | None] = mapped_column(sa.String(300))
    by: Mapped[User] = orm.relationship()
    change: Mapped[MeetingChange] = orm.relationship()
    enrolment: Mapped[Enrolment] = orm.relationship()

    __table_args__ = (
        sa.UniqueConstraint("change_id", "enrolment_id", "channel"),
        sa.CheckConstraint("told_at IS NULL OR failed_at IS NULL", name="failed_at"),
    )
