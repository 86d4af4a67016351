"""Changes what the office adds afterwards: time made up, and what came of asking after somebody. Flushes, never commits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from auth.guard import Viewer
from database import db
from programmes.attendance.account import queries
from programmes.attendance.account.models import FollowUp, MakeUp
from programmes.attendance.account.queries import Missed
from programmes.attendance.account.rules import follow_up_reasons, make_up_reasons
from programmes.attendance.actions import events, record
from programmes.attendance.queries import coordinated_meeting
from programmes.attendance.rules import Entry
from wording import N_, Reason, Refused


@dataclass(frozen=True)
class MadeUpTime:
    """What a form says was made up."""

    minutes: int
    held_on: dt.date
    module_id: int | None
    what: str
    reason: str


def make_up(viewer: Viewer, enrolment_id: int, said: MadeUpTime, now: dt.datetime) -> MakeUp:
    """Enter time that somebody made up, never more than was missed. Raises Refused, NoResultFound."""
    enrolment = queries.enrolment_to_change(viewer, enrolment_id)
    rule, ledger = queries.ledger_of(viewer, enrolment, viewer.today)
    reasons = make_up_reasons(
        ledger.account, rule, said.module_id, said.minutes, said.held_on,
        entry=enrolment.entry_date, today=viewer.today,
    )  # fmt: skip
    if reasons:
        raise Refused(*reasons)
    made = MakeUp(
        enrolment_id=enrolment.id,
        module_id=said.module_id,
        minutes=said.minutes,
        held_on=said.held_on,
        what=said.what,
        reason=said.reason,
        entered_at=now,
        entered_by_id=viewer.id,
    )
    db.session.add(made)
    db.session.flush()
    return made


def take_back(viewer: Viewer, enrolment_id: int, make_up_id: int, reason: str, now: dt.datetime) -> None:
    """Say that time was not made up after all; the entry stays readable. Raises Refused, NoResultFound."""
    queries.enrolment_to_change(viewer, enrolment_id)
    for entry in queries.make_ups(viewer, enrolment_id):
        if entry.id == make_up_id and entry.taken_back_at is None:
            entry.taken_back_at, entry.taken_back_by_id, entry.taken_back_reason = now, viewer.id, reason
            db.session.flush()
            return
    raise Refused(Reason(N_("Dieser Eintrag ist schon zurückgenommen."), field="make_up_id"))


@dataclass(frozen=True)
class Step:
    """What a form says came of asking: per missed meeting what shall be recorded, the call, the proof, and whether it is settled."""

    entries: Mapping[int, Entry]
    called_on: dt.date | None
    note: str | None
    proof_seen_on: dt.date | None
    done: bool


def follow_up(viewer: Viewer, enrolment_id: int, said: Step, now: dt.datetime) -> FollowUp:
    """Note a step, and correct the marks whose reason is known now: as new events, so that nothing is overwritten.

    Raises Refused, NoResultFound.
    """
    enrolment = queries.enrolment_to_change(viewer, enrolment_id)
    found = queries.absence(viewer, enrolment)
    if not found.missed:
        raise Refused(Reason(N_("Zuletzt war diese Person da. Es gibt nichts nachzufragen.")))
    then = [said.entries.get(one.meeting_id, queries.entry_of(one)) for one in found.missed]
    reasons = follow_up_reasons(
        [entry.reason for entry in then], called_on=said.called_on, note=said.note,
        proof_seen_on=said.proof_seen_on, done=said.done, today=viewer.today,
    )  # fmt: skip
    if reasons:
        raise Refused(*reasons)
    for one, entry in zip(found.missed, then, strict=True):
        if entry != queries.entry_of(one):
            _correct(viewer, one, entry, now)
    step = FollowUp(
        enrolment_id=enrolment.id,
        meeting_id=found.missed[-1].meeting_id,
        called_on=said.called_on,
        note=said.note,
        proof_seen_on=said.proof_seen_on,
        done=said.done,
        entered_at=now,
        entered_by_id=viewer.id,
    )
    db.session.add(step)
    db.session.flush()
    return step


def _correct(viewer: Viewer, one: Missed, entry: Entry, now: dt.datetime) -> None:
    meeting = coordinated_meeting(viewer, one.meeting_id)
    why = f"Nachgefragt am {viewer.today:%d.%m.%Y}" if meeting.first_closed_at is not None else None
    record(viewer, meeting, events(viewer, meeting, dict.fromkeys(one.members, entry), why, now))
