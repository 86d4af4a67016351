"""Sets the paper, the marks and the report of each meeting side by side. Every statement is scoped to courses the viewer coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.attendance.queries import marks_of_courses
from programmes.attendance.register import Sheet, sheets_of
from programmes.attendance.rules import Mark
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.rules import MeetingStatus
from programmes.enrolment.queries import RosterLine, rosters
from programmes.enrolment.rules import CAME, on_day
from programmes.statistics.reconciliation.rules import Difference, differences
from programmes.statistics.rules import Question
from programmes.statistics.sums import courses_asked


class Compared(NamedTuple):
    """One meeting that is over: its paper, its marks and what the report says, with everything that differs."""

    meeting: Meeting
    sheet: Sheet
    there: int
    reported: int
    unmarked: int
    differences: list[Difference]

    @property
    def signatures(self) -> int | None:
        """Signatures on the filed sheet."""
        return self.sheet.filed.signatures if self.sheet.filed else None


def reconcile(viewer: Viewer, question: Question) -> list[Compared]:
    """Every meeting of the courses asked about that is over and lies in the period, by day. Seven queries, whatever the size."""
    numbers = courses_asked(viewer, question)
    lines = rosters(viewer, numbers)
    meetings = db.session.scalars(
        sa.select(Meeting)
        .where(
            Meeting.course_id.in_(numbers),
            Meeting.date.between(question.first, question.last),
            sa.or_(Meeting.date < viewer.today, Meeting.closed_at.is_not(None)),
            Meeting.status != MeetingStatus.CANCELLED,
        )
        .order_by(Meeting.date, Meeting.starts_at, Meeting.id)
        .options(orm.joinedload(Meeting.course, innerjoin=True).joinedload(Course.programme, innerjoin=True))
    ).all()
    known = sheets_of(viewer, [(meeting, lines.get(meeting.course_id, [])) for meeting in meetings])
    marks: dict[int, dict[tuple[int, int | None], Mark]] = {}
    for row in marks_of_courses(viewer, numbers):
        marks.setdefault(row.meeting_id, {})[row.enrolment_id, row.child_id] = row.mark
    return [
        _compared(meeting, known[meeting.id], lines.get(meeting.course_id, []), marks.get(meeting.id, {}))
        for meeting in meetings
    ]


def _compared(
    meeting: Meeting, sheet: Sheet, lines: Sequence[RosterLine], marks: Mapping[tuple[int, int | None], Mark]
) -> Compared:
    present = {enrolment_id for (enrolment_id, _), mark in marks.items() if mark is Mark.PRESENT}
    own = [line for line in lines if line.status in CAME and on_day(line.entry_date, line.exit_date, meeting.date)]
    members = [(line.enrolment_id, child) for line in own for child in (None, *(one.id for one in line.children))]
    unmarked = sum(member not in marks for member in members)
    reported = len(present & {line.enrolment_id for line in own})
    found = differences(
        sheet.state,
        closed=meeting.closed_at is not None,
        signatures=sheet.filed.signatures if sheet.filed else None,
        there=len(present),
        reported=reported,
        unmarked=unmarked,
        heads_only=meeting.course.programme.rule_pack.counts_heads,
    )
    return Compared(meeting, sheet, len(present), reported, unmarked, found)
