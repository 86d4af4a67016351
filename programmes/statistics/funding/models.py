"""Remembers why a funder's file left the office."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base


class FunderExport(Base):
    """Why somebody takes a file away for a funder: which, when, and the reason. The trace names it by its number."""

    __tablename__ = "funder_export"

    id: Mapped[int] = mapped_column(primary_key=True)
    profile_id: Mapped[int] = mapped_column(sa.ForeignKey("funding_profile.id"), index=True)
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    file: Mapped[str] = mapped_column(sa.String(40))
    reason: Mapped[str] = mapped_column(sa.String(300))
    by: Mapped[User] = orm.relationship()
