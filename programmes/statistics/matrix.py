"""Person by date: everybody in a course against all its meetings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auth.guard import Viewer
from programmes.attendance.queries import marks_of_course
from programmes.attendance.rules import Mark
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.queries import meetings_of
from programmes.catalogue.rules import MeetingStatus
from programmes.enrolment.queries import RosterLine, roster
from programmes.enrolment.rules import CAME, on_day
from programmes.statistics.rules import (
    SQUARE,
    Standing,
    square,
    standings,
)


@dataclass(frozen=True)
class MatrixRow:
    """One person of a course against its meetings: an adult, or a child below the one it comes with."""

    number: int
    person_id: int
    name: str
    is_child: bool
    squares: tuple[SQUARE, ...]

    @property
    def counts(self) -> dict[Standing, int]:
        """How often what."""
        return standings(self.squares)


@dataclass(frozen=True)
class Matrix:
    """Person by date, with how many were there on each date."""

    meetings: Sequence[Meeting]
    rows: Sequence[MatrixRow]

    def present(self, *, children: bool) -> list[int]:
        """How many adults, or children, were there at each meeting."""
        rows = [row.squares for row in self.rows if row.is_child is children]
        return [sum(row[column] is Mark.PRESENT for row in rows) for column in range(len(self.meetings))]


def matrix_of(viewer: Viewer, course: Course) -> Matrix:
    """Everybody who came to a granted course against all its meetings. Four statements, whatever the size."""
    meetings = meetings_of(course.id)
    marks = {(row.meeting_id, row.enrolment_id, row.child_id): row.mark for row in marks_of_course(viewer, course.id)}

    def squares(line: RosterLine, child_id: int | None) -> tuple[SQUARE, ...]:
        return tuple(
            square(
                marks.get((meeting.id, line.enrolment_id, child_id)),
                has_place=on_day(line.entry_date, line.exit_date, meeting.date),
                cancelled=meeting.status is MeetingStatus.CANCELLED,
                is_past=meeting.date <= viewer.today,
            )
            for meeting in meetings
        )

    rows = []
    for line in roster(viewer, course.id):
        if line.status in CAME:
            rows.append(MatrixRow(line.number, line.person_id, line.name, False, squares(line, None)))
            rows += [
                MatrixRow(line.number, child.person_id, child.name, True, squares(line, child.id))
                for child in line.children
            ]
    return Matrix(meetings, rows)
