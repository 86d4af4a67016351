"""Changes the days without school, and the secret addresses of calendars."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from auth.queries import digest
from database import db
from programmes.catalogue.calendar import queries
from programmes.catalogue.calendar.models import CourseFeed, SchoolHolidayRow
from programmes.catalogue.calendar.rules import SchoolHoliday, new_secret
from programmes.catalogue.models import Course


def keep_school_holidays(holidays: Iterable[SchoolHoliday]) -> None:
    """From now on these are the school holidays, and no others."""
    db.session.execute(sa.delete(SchoolHolidayRow))
    db.session.add_all(SchoolHolidayRow(**dataclasses.asdict(one)) for one in holidays)
    db.session.flush()


def make_feed(course: Course, by: int, now: dt.datetime) -> str:
    """Give a course's calendar a new secret, which is told once; an earlier one opens nothing any more."""
    revoke_feed(course)
    secret = new_secret()
    db.session.add(CourseFeed(course_id=course.id, secret_hash=digest(secret), made_at=now, made_by_id=by))
    db.session.flush()
    return secret


def revoke_feed(course: Course) -> None:
    """Let the address of a course's calendar lead nowhere."""
    there = queries.feed_of(course.id)
    if there is not None:
        db.session.delete(there)
        db.session.flush()
