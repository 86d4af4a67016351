"""Remembers each time somebody of the administration opened the way in for an emergency."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base


class EmergencyAccess(Base):
    """Who, why, from when until when. What was read meanwhile stands in the trace, under its number."""

    __tablename__ = "emergency_access"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(500))
    opened_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    user: Mapped[User] = orm.relationship()

    __table_args__ = (sa.CheckConstraint("ends_at >= opened_at", name="period"),)
