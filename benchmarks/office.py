"""The office that is measured: 50 courses and 5,000 enrolments on SQLite, as `demo/bulk.py` builds them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

import clock
import schema
from benchmarks.serving import kursbuch
from database import db
from demo.bulk import ROLL_CALL, build_bulk
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.report import load_catalogue
from programmes.catalogue.rules import MeetingStatus

SEED, COURSES, ENROLMENTS = 2004, 50, 5000


@dataclass(frozen=True)
class Office:
    """Where it lies, the meeting whose roll call is measured, its course, and the minutes that this offers."""

    database: Path
    meeting: int
    course: int
    minutes: int

    @property
    def roll_call(self) -> str:
        return f"/meetings/{self.meeting}/roll-call"

    def forget_the_roll_call(self) -> None:
        """As if nothing had been recorded, so that every form sent finds the same work to do."""
        connection = sqlite3.connect(self.database, timeout=10)
        with connection:
            connection.execute("DELETE FROM attendance_mark WHERE meeting_id = ?", [self.meeting])
            connection.execute("DELETE FROM mark_event WHERE meeting_id = ?", [self.meeting])
        connection.close()


def build(folder: Path) -> Office:
    """Build it in this folder."""
    app = kursbuch(folder)
    schema.migrate(app)
    with app.app_context():
        load_catalogue()
        office = build_bulk(SEED, clock.today(), courses=COURSES, enrolments=ENROLMENTS)
        first = next(iter(office.runs.values()))
        assert len(first.places) == ROLL_CALL
        meeting = db.session.scalars(
            sa.select(Meeting.id)
            .join(Course, Course.id == Meeting.course_id)
            .where(Course.id == first.course.id, Meeting.date == clock.today(), Meeting.closed_at.is_(None))
        ).one()
        course = first.course.id
        minutes = db.session.scalars(
            sa.select(sa.func.sum(Meeting.minutes)).where(
                Meeting.course_id == course, Meeting.status != MeetingStatus.CANCELLED
            )
        ).one()
        db.session.remove()
        db.engine.dispose()
    return Office(folder / "kursbuch.sqlite3", meeting, course, minutes)
