"""Reads which days are free, and what a course's calendar says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from auth.queries import digest
from database import db
from programmes.catalogue.calendar.models import CourseFeed, SchoolHolidayRow
from programmes.catalogue.calendar.rules import TELLS, SchoolHoliday
from programmes.catalogue.models import Course, Meeting, MeetingChange


def school_holidays(first: dt.date = dt.date.min, last: dt.date = dt.date.max) -> list[SchoolHoliday]:
    """The school holidays that the administration keeps, as far as they touch these days. They name nobody."""
    rows = db.session.execute(
        sa.select(SchoolHolidayRow.first_day, SchoolHolidayRow.last_day, SchoolHolidayRow.name)
        .where(SchoolHolidayRow.last_day >= first, SchoolHolidayRow.first_day <= last)
        .order_by(SchoolHolidayRow.first_day)
    )
    return [SchoolHoliday(*row) for row in rows]


def feed_of(course_id: int) -> CourseFeed | None:
    """The address of a granted course's calendar."""
    return db.session.get(CourseFeed, course_id)


def feed_by_secret(secret: str) -> CourseFeed | None:
    """The calendar that this secret opens, with its course and place. Whoever holds the secret may read it."""
    return db.session.scalars(
        sa.select(CourseFeed)
        .where(CourseFeed.secret_hash == digest(secret))
        .options(orm.joinedload(CourseFeed.course).joinedload(Course.municipality))
    ).one_or_none()


def told(course_id: int) -> Sequence[tuple[Meeting, int, dt.datetime | None]]:
    """The meetings of a granted course, each with how often what a calendar shows of it has changed, and when last. One query."""
    changes = (
        sa.select(
            MeetingChange.meeting_id,
            sa.func.count().label("changes"),
            sa.func.max(MeetingChange.at).label("last"),
        )
        .where(MeetingChange.what.in_(TELLS))
        .group_by(MeetingChange.meeting_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(Meeting, sa.func.coalesce(changes.c.changes, 0), changes.c.last)
        .outerjoin(changes, changes.c.meeting_id == Meeting.id)
        .where(Meeting.course_id == course_id)
        .order_by(Meeting.date, Meeting.starts_at)
        .options(orm.joinedload(Meeting.module))
    )
    return [(row[0], row[1], row[2]) for row in rows]
