"""The register of signature sheets: what stands on one, when it was handed out, whether it still holds, where it lies.

Whether a sheet is outdated is never stored: the list of today is compared with the one that was printed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from auth import trace
from auth.guard import Viewer
from database import db
from programmes.attendance.models import AttendanceMark, SheetFiling, SheetPrint
from programmes.attendance.queries import Line, place_in_course
from programmes.attendance.rules import (
    Finding,
    Listed,
    Mark,
    SheetState,
    Signer,
    filing_reasons,
    finding,
    fingerprint,
    letters_of,
    sheet_state,
    stamp,
)
from programmes.attendance.sheet import RowFacts, SheetFacts
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.queries import leaders_of, meetings_of
from programmes.catalogue.rules import MeetingStatus
from programmes.enrolment.queries import RosterLine, roster
from programmes.enrolment.rules import on_day
from wording import Reason

PROVIDER = "Kreis Offenbach – Integrationsbüro"
People = (
    Sequence[RosterLine] | Sequence[Line]
)  # a course's places, or the lines of a roll call: both know numbers and days


def listed(meeting: Meeting, people: People) -> Listed:
    """What of the sheet of a meeting must be right for it to hold."""
    return Listed(
        meeting.date,
        meeting.starts_at,
        meeting.ends_at,
        meeting.break_minutes,
        meeting.course.municipality_id,
        meeting.place,
        tuple(
            Signer(one.number, one.name, tuple(child.name for child in one.children))
            for one in people
            if on_day(one.entry_date, one.exit_date, meeting.date)
        ),
    )


def facts(viewer: Viewer, meeting: Meeting, now: dt.datetime, *, address: str, demo: bool) -> tuple[SheetFacts, str]:
    """What is to be printed for a meeting the viewer has been granted, and its fingerprint."""
    course, programme = meeting.course, meeting.course.programme
    people = roster(viewer, course.id)
    trace.saw(number for line in people for number in line.people)
    number, total = place_in_course(meeting)
    leaders = leaders_of(course.id)
    current = fingerprint(listed(meeting, people))
    made = SheetFacts(
        programme_title=programme.title,
        course_title=course.title,
        course_number=course.number,
        provider=PROVIDER,
        municipality=course.municipality.name,
        venue=meeting.place,
        leaders=[leader.name for leader in leaders],
        substitute=meeting.substitute.name if meeting.substitute else None,
        held_on=meeting.date,
        begins=meeting.starts_at,
        ends=meeting.ends_at,
        break_minutes=meeting.break_minutes,
        net_minutes=meeting.minutes,
        unit_minutes=programme.unit_minutes,
        late_after_minutes=programme.late_after_minutes,
        meeting_number=number,
        meetings_total=total,
        topic=meeting.topic or (meeting.module.title if meeting.module else None),
        rows=[_row(line, meeting.date) for line in people],
        printed_at=now,
        address=address,
        stamp=stamp(current),
        funding_reference=programme.funding_line,
        letters=letters_of(programme.rule_pack),
        signed_once_a_day=programme.rule_pack.signed_once_a_day,
        family=programme.is_family,
        second_leader=len(leaders) > 1,
        demo=demo,
    )
    return made, current


def _row(line: RosterLine, day: dt.date) -> RowFacts:
    away = None
    if not on_day(line.entry_date, line.exit_date, day):
        early = line.entry_date is not None and day < line.entry_date
        away = f"ab {line.entry_date:%d.%m.}" if early else f"bis {line.exit_date:%d.%m.}"
    return RowFacts(line.number, line.name, [child.name for child in line.children], away)


@dataclass(frozen=True)
class Sheet:
    """What became of the paper of one meeting: the sheet handed out last, and where the signed one lies."""

    current: str
    printed: SheetPrint | None
    said: SheetFiling | None

    @property
    def filed(self) -> SheetFiling | None:
        """Where it lies; None also when somebody took that back."""
        return self.said if self.said is not None and self.said.filed_on is not None else None

    @property
    def state(self) -> SheetState:
        """Derived, whenever somebody asks."""
        printed = self.printed.fingerprint if self.printed else None
        return sheet_state(printed, self.current, filed=self.filed is not None)

    @property
    def stamp(self) -> str | None:
        """What stands on the sheet that was handed out last."""
        return stamp(self.printed.fingerprint) if self.printed else None

    def difference(self, there: int) -> int:
        """Signatures on the paper beyond the adults who were there; 0 while nothing is filed."""
        return self.filed.signatures - there if self.filed and self.filed.signatures is not None else 0


def _sheets() -> sa.Select[*tuple[Any, ...]]:
    printed, filed = orm.aliased(SheetPrint), orm.aliased(SheetFiling)
    latest_print = sa.select(sa.func.max(SheetPrint.id)).where(SheetPrint.meeting_id == Meeting.id)
    latest_filing = sa.select(sa.func.max(SheetFiling.id)).where(SheetFiling.meeting_id == Meeting.id)
    return (
        sa.select(Meeting.id, printed, filed)
        .select_from(Meeting)
        .outerjoin(printed, printed.id == latest_print.correlate(Meeting).scalar_subquery())
        .outerjoin(filed, filed.id == latest_filing.correlate(Meeting).scalar_subquery())
        .where(Meeting.id.in_(sa.bindparam("meeting_ids", expanding=True)))
        .options(orm.joinedload(printed.by), orm.joinedload(filed.by))
    )


SHEETS = _sheets()


def sheets(viewer: Viewer, meetings: Sequence[Meeting], people: People) -> dict[int, Sheet]:
    """The sheets of meetings of one course that the viewer has been granted. One query, whatever their number."""
    return sheets_of(viewer, [(meeting, people) for meeting in meetings])


def sheets_of(viewer: Viewer, meetings: Sequence[tuple[Meeting, People]]) -> dict[int, Sheet]:
    """The sheets of granted meetings of whatever courses, each with the people of its own. One query."""
    rows = db.session.execute(
        SHEETS, {"meeting_ids": [meeting.id for meeting, _ in meetings]}, execution_options={"viewer": viewer}
    )
    known = {row[0]: (row[1], row[2]) for row in rows}
    return {meeting.id: Sheet(fingerprint(listed(meeting, people)), *known[meeting.id]) for meeting, people in meetings}


def filed_among(viewer: Viewer, meeting_ids: Collection[int]) -> frozenset[int]:
    """Those of some granted meetings whose signed sheet is filed. One query."""
    latest = (
        sa.select(sa.func.max(SheetFiling.id))
        .where(SheetFiling.meeting_id.in_(meeting_ids))
        .group_by(SheetFiling.meeting_id)
    )
    query = sa.select(SheetFiling.meeting_id).where(SheetFiling.id.in_(latest), SheetFiling.filed_on.is_not(None))
    return frozenset(db.session.scalars(query.execution_options(viewer=viewer)))


def against_filing(meeting: Meeting, today: dt.date, filed_on: dt.date | None = None) -> list[Reason]:
    """What speaks against filing the sheet of a meeting, on a day or at all."""
    return filing_reasons(
        meeting.date,
        today,
        filed_on,
        cancelled=meeting.status is MeetingStatus.CANCELLED,
        heads_only=meeting.course.programme.rule_pack.counts_heads,
    )


def prints_of(viewer: Viewer, meeting_id: int) -> Sequence[SheetPrint]:
    """Every sheet that was handed out for a meeting, newest first."""
    return db.session.scalars(
        sa.select(SheetPrint)
        .where(SheetPrint.meeting_id == meeting_id)
        .order_by(SheetPrint.id.desc())
        .options(orm.joinedload(SheetPrint.by, innerjoin=True))
        .execution_options(viewer=viewer)
    ).all()


def filings_of(viewer: Viewer, meeting_id: int) -> Sequence[SheetFiling]:
    """Everything that was ever said of the signed sheet of a meeting, newest first."""
    return db.session.scalars(
        sa.select(SheetFiling)
        .where(SheetFiling.meeting_id == meeting_id)
        .order_by(SheetFiling.id.desc())
        .options(orm.joinedload(SheetFiling.by, innerjoin=True))
        .execution_options(viewer=viewer)
    ).all()


def signers(viewer: Viewer, meeting_ids: Collection[int]) -> dict[int, int]:
    """How many adults should have signed, by the roll call: one in every line in which anybody was there.

    A child never comes alone, so where the mother was away, whoever brought it has signed.
    """
    rows = db.session.execute(
        sa.select(AttendanceMark.meeting_id, sa.func.count(AttendanceMark.enrolment_id.distinct()))
        .where(AttendanceMark.meeting_id.in_(meeting_ids), AttendanceMark.mark == Mark.PRESENT)
        .group_by(AttendanceMark.meeting_id)
        .execution_options(viewer=viewer)
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class Compared:
    """The paper of one meeting beside its roll call."""

    meeting: Meeting
    sheet: Sheet
    there: int  # adults, by the roll call
    finding: Finding

    @property
    def difference(self) -> int:
        """Signatures on the paper beyond the adults who were there; 0 while nothing is filed."""
        return self.sheet.difference(self.there)


def reconcile(viewer: Viewer, course: Course) -> list[Compared]:
    """Every meeting of a course the viewer has been granted, what waits for somebody first, then by day."""
    meetings = meetings_of(course.id)
    known = sheets(viewer, meetings, roster(viewer, course.id))
    there = signers(viewer, [meeting.id for meeting in meetings])
    order = list(Finding)
    return sorted(
        (_compared(meeting, known[meeting.id], there.get(meeting.id, 0), viewer.today) for meeting in meetings),
        key=lambda one: order.index(one.finding) if one.finding.waits else len(order),
    )


def _compared(meeting: Meeting, sheet: Sheet, there: int, today: dt.date) -> Compared:
    found = finding(
        meeting.date,
        today,
        sheet.state,
        cancelled=meeting.status is MeetingStatus.CANCELLED,
        closed=meeting.closed_at is not None,
        difference=sheet.difference(there),
    )
    return Compared(meeting, sheet, there, found)


def outdated(viewer: Viewer, meetings: Sequence[Meeting], people: People) -> frozenset[int]:
    """The meetings from today on whose printed list does not hold any more."""
    ahead = [one for one in meetings if one.date >= viewer.today and one.status is not MeetingStatus.CANCELLED]
    if not ahead:
        return frozenset()
    known = sheets(viewer, ahead, people)
    return frozenset(number for number, sheet in known.items() if sheet.state is SheetState.OUTDATED)
