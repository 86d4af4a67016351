"""Remembers the days without school, and who may read a course's calendar."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from database import Base
from programmes.catalogue.models import Course


class SchoolHolidayRow(Base):
    """Days without school, as the administration keeps them; public holidays need no row."""

    __tablename__ = "school_holiday"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(sa.String(80))

    __table_args__ = (
        sa.UniqueConstraint("first_day", "last_day", "name"),
        sa.CheckConstraint("last_day >= first_day", name="days"),
    )


class CourseFeed(Base):
    """The secret address of a course's calendar, of which only the SHA-256 is kept. A course has one or none."""

    __tablename__ = "course_feed"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[dt.datetime]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    course: Mapped[Course] = orm.relationship()
