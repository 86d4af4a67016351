"""Hands out the signature sheets of the demo and files the signed ones, as an office does: most of them in time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from auth.guard import Viewer
from auth.models import User
from database import db
from demo import clockwork
from demo.edge_cases import SHEET_OUTDATED
from demo.office import Office, Run
from demo.plans import number_of
from programmes.attendance import register
from programmes.attendance.models import SheetFiling, SheetPrint
from programmes.attendance.rules import Listed, fingerprint
from programmes.catalogue.models import Meeting, MeetingChange
from programmes.catalogue.rules import Change, MeetingStatus, RulePack
from programmes.enrolment.queries import roster

FILED_AFTER = dt.timedelta(days=2)
FIRST_REGISTER = 2020  # sheets of earlier courses lie in the archive; nobody knows when they were printed


class Sheets:
    """Prints and files. Decides nothing by chance, so that the rest of the demo stays as it is."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.today = office.today
        self.viewer = Viewer.office()

    def register(self) -> None:
        """The sheets of all courses with names; then the two that are not in order."""
        for run in self.office.runs.values():
            if run.programme.rule_pack is not RulePack.HEAD_COUNT:
                self._course(run)
        run = self.office.runs[number_of(SHEET_OUTDATED.course or "", self.today)]
        self._outdated(run)
        db.session.flush()

    def _course(self, run: Run) -> None:
        people = roster(self.viewer, run.course.id)
        there = register.signers(self.viewer, [meeting.id for meeting in run.meetings])
        short = self._short(run)
        for meeting in run.meetings:
            if meeting.status is MeetingStatus.CANCELLED or meeting.date > self.today:
                continue
            leader = meeting.substitute or run.leaders[0]
            if meeting.date.year >= FIRST_REGISTER:
                evening = clockwork.instant(meeting.date - clockwork.DAY, 18, 5)
                self._print(meeting, register.listed(meeting, people), leader, evening)
            if meeting.closed_at is not None:
                self._file(run, meeting, leader, there.get(meeting.id, 0) - (meeting is short))

    def _short(self, run: Run) -> Meeting | None:
        """In one course somebody was marked who did not sign."""
        if run.course.number != number_of(SHEET_OUTDATED.course or "", self.today):
            return None
        return [meeting for meeting in run.meetings if meeting.closed_at is not None][-1]

    def _print(self, meeting: Meeting, listed: Listed, by: User, at: dt.datetime) -> None:
        db.session.add(SheetPrint(meeting_id=meeting.id, printed_at=at, by_id=by.id, fingerprint=fingerprint(listed)))

    def _file(self, run: Run, meeting: Meeting, by: User, signatures: int) -> None:
        day = meeting.date + FILED_AFTER
        if day >= self.today:
            return
        old = meeting.date.year < FIRST_REGISTER
        place = "Kreisarchiv, Karton 12" if old else f"Kreishaus, Zimmer 214, Ordner {run.course.number}"
        db.session.add(
            SheetFiling(meeting_id=meeting.id, recorded_at=clockwork.instant(day, 10, 20), by_id=by.id, filed_on=day,
                        filed_by=by.name, place=place, signatures=signatures)
        )  # fmt: skip

    def _outdated(self, run: Run) -> None:
        """The list of the next meeting was printed; then the meeting became a quarter of an hour longer."""
        meeting = min((one for one in run.meetings if one.date > self.today), key=lambda one: one.date)
        shorter = (dt.datetime.combine(meeting.date, meeting.ends_at) - dt.timedelta(minutes=15)).time()
        before = replace(register.listed(meeting, roster(self.viewer, run.course.id)), ends_at=shorter)
        self._print(meeting, before, run.leaders[0], clockwork.instant(self.today - 2 * clockwork.DAY, 18, 5))
        db.session.add(
            MeetingChange(meeting_id=meeting.id, at=clockwork.instant(self.today - clockwork.DAY, 14, 30),
                          by_id=run.coordinator.id, what=Change.ENDS_AT, old=str(shorter), new=str(meeting.ends_at))
        )  # fmt: skip
