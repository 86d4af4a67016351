"""Takes attendance at every past meeting of the demo, as the leaders did: event by event, with its sum of minutes."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

import sqlalchemy as sa

from auth.guard import Viewer
from auth.models import User
from database import db
from demo import clockwork
from demo.office import Office, Place, Run
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.rules import WITH_REASON, AbsenceReason, Entry, Mark, Slot, minutes_attended
from programmes.catalogue.models import Meeting
from programmes.catalogue.rules import Change, MeetingStatus, RulePack
from programmes.enrolment.rules import EnrolmentStatus, on_day

REASONS = (
    AbsenceReason.ILLNESS, AbsenceReason.ILLNESS, AbsenceReason.CHILDCARE_UNFORESEEABLE, AbsenceReason.AUTHORITY,
    AbsenceReason.WORK, AbsenceReason.CHILDCARE_FORESEEABLE, AbsenceReason.UNKNOWN,
)  # fmt: skip
LATE, EARLY = 0.05, 0.02
SPLIT = 0.03  # mother alone, or the child with somebody else
LEFT_TO_MARK = 3  # so many people are missing in a roll call that nobody closed


class RollCalls:
    """Collects events and marks of all courses and writes them in two statements."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.rng = office.rng
        self.events: list[dict[str, Any]] = []
        self.marks: list[dict[str, Any]] = []

    def take(self, run: Run) -> None:
        """Mark everybody at the meetings before today and close them, but for those left open."""
        if run.programme.rule_pack is RulePack.HEAD_COUNT:
            self._count_heads(run)
            return
        for meeting in run.meetings:
            if meeting.date >= self.office.today or meeting.status is MeetingStatus.CANCELLED:
                continue
            there = [place for place in run.places if _has_a_line(place, meeting)]
            if meeting.date in run.left_open:
                there = there[:-LEFT_TO_MARK]
            for place in there:
                self._mark(run, meeting, place)
            if meeting.date not in run.left_open:
                self._close(run, meeting)

    def _count_heads(self, run: Run) -> None:
        for meeting in run.meetings:
            if meeting.date < self.office.today and meeting.status is not MeetingStatus.CANCELLED:
                self._close(run, meeting)

    def _close(self, run: Run, meeting: Meeting) -> None:
        leader = self._leader(run, meeting)
        at = clockwork.after(meeting.date, meeting.ends_at, 8)
        meeting.status, meeting.first_closed_at, meeting.closed_at = MeetingStatus.HELD, at, at
        run.changes.append((meeting, at, leader, Change.CLOSED, None, None, None))
        corrected = [(name, said) for (name, day), said in run.corrections.items() if day == meeting.date]
        for name, (entry, why) in corrected:
            later = clockwork.instant(meeting.date + clockwork.DAY, 9, 30)
            place = run.place_of(name)
            run.changes.append((meeting, later, run.coordinator, Change.REOPENED, None, None, why))
            self._say(run, meeting, place, None, entry, run.coordinator, later + dt.timedelta(minutes=1), why)
            meeting.closed_at = later + dt.timedelta(minutes=2)
            run.changes.append((meeting, meeting.closed_at, run.coordinator, Change.CLOSED, None, None, None))

    def _mark(self, run: Run, meeting: Meeting, place: Place) -> None:
        author, at = self._leader(run, meeting), clockwork.after(meeting.date, meeting.starts_at, 12)
        if place.children:
            adult, kids = self._family(place, meeting.date)
        else:
            adult, kids = self._adult(place, meeting), ()
        self._say(run, meeting, place, None, adult, author, at, None)
        for child, mark in zip(place.children, kids, strict=True):
            reason = adult.reason if mark in WITH_REASON else None
            self._say(run, meeting, place, child.id, Entry(mark, reason=reason), author, at, None)

    def _adult(self, place: Place, meeting: Meeting) -> Entry:
        if meeting.date in place.said:
            return place.said[meeting.date]
        if self.rng.random() < place.reliability:
            chance = self.rng.random()
            if chance < LATE:
                return Entry(
                    Mark.PRESENT, arrived_at=_shifted(meeting.starts_at, self.rng.choice((18, 20, 25, 30, 40)))
                )
            if chance < LATE + EARLY:
                return Entry(Mark.PRESENT, left_at=_shifted(meeting.ends_at, -self.rng.choice((20, 30, 45))))
            return Entry(Mark.PRESENT)
        mark = self.rng.choices((Mark.ABSENT_NOTIFIED, Mark.ABSENT_EXCUSED, Mark.ABSENT_UNEXCUSED), (5, 2, 2))[0]
        return Entry(mark, reason=self.rng.choice(REASONS) if mark in WITH_REASON else None)

    def _family(self, place: Place, day: dt.date) -> tuple[Entry, tuple[Mark, ...]]:
        here, count = Mark.PRESENT, len(place.children)
        if day in place.said or day in place.children_said:
            adult = place.said.get(day, Entry(here))
            return adult, place.children_said.get(day, (here,) * count)
        if self.rng.random() >= place.reliability:
            away = self.rng.choice((Mark.ABSENT_NOTIFIED, Mark.ABSENT_NOTIFIED, Mark.ABSENT))
            return Entry(away, reason=self.rng.choice(REASONS) if away in WITH_REASON else None), (away,) * count
        chance = self.rng.random()
        if chance < SPLIT / 2:
            return Entry(here), (Mark.ABSENT,) * count
        if chance < SPLIT:
            return Entry(Mark.ABSENT_NOTIFIED, reason=AbsenceReason.WORK), (here,) * count
        return Entry(here), (here,) * count

    def _leader(self, run: Run, meeting: Meeting) -> User:
        return meeting.substitute or run.leaders[0]

    def _say(
        self,
        run: Run,
        meeting: Meeting,
        place: Place,
        child_id: int | None,
        entry: Entry,
        author: User,
        at: dt.datetime,
        correction: str | None,
    ) -> None:
        """One event, and the mark that holds after it."""
        event_id = unguided_uuid(self.rng)
        whom = {"meeting_id": meeting.id, "enrolment_id": place.enrolment.id, "child_id": child_id}
        what = {
            "mark": entry.mark, "arrived_at": entry.arrived_at, "left_at": entry.left_at, "absence_reason": entry.reason,
        }  # fmt: skip
        before = [mark for mark in self.marks if {key: mark[key] for key in whom} == whom] if correction else []
        self.events.append(
            whom | what | {"id": event_id, "author_id": author.id, "recorded_at": at, "received_at": at,
                           "correction": correction, "replaces": [mark["event_id"] for mark in before], "office": author is run.coordinator}
        )  # fmt: skip
        if before:
            self.marks = [mark for mark in self.marks if mark not in before]
        slot = Slot(meeting.date, meeting.starts_at, meeting.ends_at, meeting.minutes, meeting.zone)
        minutes = minutes_attended(entry, slot, run.programme.late_after_minutes)
        self.marks.append(whom | what | {"minutes": minutes, "event_id": event_id})

    def write(self) -> None:
        """Write all events, then all marks."""
        write_rows(self.events, self.marks)


def write_rows(events: list[dict[str, Any]], marks: list[dict[str, Any]]) -> None:
    """Events first, because marks point to them."""
    options = {"viewer": Viewer.office()}
    if events:
        db.session.execute(sa.insert(MarkEvent), events, execution_options=options)
        db.session.execute(sa.insert(AttendanceMark), marks, execution_options=options)


def unguided_uuid(rng: random.Random) -> str:
    """A UUID that the seed decides."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _has_a_line(place: Place, meeting: Meeting) -> bool:
    enrolment = place.enrolment
    return enrolment.status is not EnrolmentStatus.WAITING and on_day(
        enrolment.entry_date, enrolment.exit_date, meeting.date
    )


def _shifted(time: dt.time, minutes: int) -> dt.time:
    return (dt.datetime.combine(dt.date(2003, 1, 1), time) + dt.timedelta(minutes=minutes)).time()
