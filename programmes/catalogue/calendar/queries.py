"""Reads which days are free, who meets in a month, and what a course's calendar says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer, built_once
from auth.queries import digest
from database import db
from programmes.catalogue.calendar.models import CourseFeed, SchoolHolidayRow
from programmes.catalogue.calendar.rules import TELLS, SchoolHoliday
from programmes.catalogue.models import Course, CourseLeader, Meeting, MeetingChange, Municipality, Programme
from programmes.catalogue.queries import visible_meetings
from programmes.catalogue.rules import MeetingStatus


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


class Dated(NamedTuple):
    """A meeting as the calendar of a month shows it."""

    meeting_id: int
    date: dt.date
    starts_at: dt.time
    ends_at: dt.time
    status: MeetingStatus
    number: str
    title: str
    town: str

    @property
    def is_off(self) -> bool:
        """Whether it does not take place."""
        return self.status is MeetingStatus.CANCELLED


def meetings_between(
    viewer: Viewer,
    first: dt.date,
    last: dt.date,
    *,
    programme_id: int | None = None,
    town_id: int | None = None,
    leader_id: int | None = None,
    venue: str = "",
) -> list[Dated]:
    """The visible meetings of these days in order, cancelled ones too. A programme stands for its parts as well; a meeting is
    its leaders', or its substitute's if it has one. One query."""
    query = _dated(viewer).where(Meeting.date.between(first, last))
    if programme_id is not None:
        query = query.where(sa.or_(Programme.id == programme_id, Programme.parent_id == programme_id))
    if town_id is not None:
        query = query.where(Course.municipality_id == town_id)
    if leader_id is not None:
        leading = sa.exists().where(CourseLeader.course_id == Course.id, CourseLeader.user_id == leader_id)
        query = query.where(
            sa.or_(
                Meeting.substitute_id == leader_id,
                sa.and_(Meeting.substitute_id.is_(None), leading.correlate(Course)),
            )
        )
    if venue:
        query = query.where(Course.venue.icontains(venue, autoescape=True))
    return [Dated._make(row) for row in db.session.execute(query)]


@built_once
def _dated(viewer: Viewer) -> sa.Select[int, dt.date, dt.time, dt.time, MeetingStatus, str, str, str]:
    return (
        visible_meetings(viewer)
        .join(Programme, Programme.id == Course.programme_id)
        .join(Municipality, Municipality.id == Course.municipality_id)
        .with_only_columns(
            Meeting.id, Meeting.date, Meeting.starts_at, Meeting.ends_at, Meeting.status, Course.number, Course.title,
            Municipality.name,
        )
        .order_by(Meeting.date, Meeting.starts_at, Course.number)
    )  # fmt: skip
