"""The history of one meeting, told for people: who said what of whom, and what became of the meeting itself."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import gettext

from auth.guard import Viewer
from programmes.attendance import queries
from programmes.attendance.rules import NOTHING, Entry, Mark, Member, Outcome, Source
from programmes.catalogue.models import Meeting, MeetingChange
from programmes.catalogue.queries import changes_of
from programmes.catalogue.rules import Change, MeetingStatus
from programmes.enrolment.queries import roster
from wording import Term

NOBODY = (None, "–")
MARKS = {mark.value: mark for mark in Mark}
STATUSES = {status.value: status for status in MeetingStatus}


class Step(NamedTuple):
    """One statement about one person in the history of a meeting. `device_at` differs from `at` when a phone was offline."""

    number: int
    person_id: int | None
    name: str
    at: dt.datetime
    device_at: dt.datetime
    by: str
    old: Entry
    new: Entry
    reason: str | None
    how: Source = Source.FORM
    doubtful: bool = False


def steps(viewer: Viewer, meeting: Meeting) -> list[Step]:
    """Who changed what when, newest first; the old entry stays readable beside the new one."""
    who: dict[Member, tuple[int, int | None, str]] = {}
    for line in roster(viewer, meeting.course_id):
        who[line.enrolment_id, None] = (line.number, line.person_id, line.name)
        who |= {
            (line.enrolment_id, child.id): (line.number, child.person_id, f"{child.name} ({line.name})")
            for child in line.children
        }
    told = []
    before: dict[Member, Entry] = {}
    for event in queries.events_of(viewer, meeting.id):
        member = (event.enrolment_id, event.child_id)
        new = Entry(event.mark, event.arrived_at, event.left_at, event.absence_reason)
        told.append(
            Step(
                *who.get(member, (0, None, "–")),
                event.received_at,
                event.recorded_at,
                event.author.name,
                before.get(member, NOTHING),
                new,
                event.correction,
                event.source,
                event.doubtful,
            )
        )
        before[member] = new
    return sorted(sorted(told, key=lambda step: step.number), key=lambda step: step.at, reverse=True)


class Held(NamedTuple):
    """Something a phone sent about a meeting that was not applied, and why."""

    by: str
    at: dt.datetime
    person_id: int | None
    name: str
    mark: Mark | None
    outcome: Outcome
    reason: str


def held(viewer: Viewer, meeting: Meeting) -> list[Held]:
    """What was sent and does not hold, newest first: nothing that ever came in is hidden."""
    events = queries.held_of_meeting(viewer, meeting.id)
    who: dict[int, tuple[int | None, str]] = {}
    for line in roster(viewer, meeting.course_id) if events else []:
        who[line.enrolment_id] = (line.person_id, line.name)
    return [
        Held(
            event.author.name,
            event.received_at,
            *who.get(event.content.get("enrolment") or 0, NOBODY),
            MARKS.get(str(event.content.get("mark"))),
            event.outcome,
            event.reason,
        )
        for event in events
    ]


class Happening(NamedTuple):
    """One thing that happened to a meeting. Old and new are left out where they are numbers of other records."""

    what: Term
    at: dt.datetime
    by: str
    old: Term | dt.date | str | None
    new: Term | dt.date | str | None
    reason: str | None


def happenings(meeting: Meeting) -> list[Happening]:
    """What became of the meeting itself, newest first."""
    groups = {group.key: group.label for group in meeting.course.programme.rule_pack.heads}
    return [_told(change, groups) for change in reversed(changes_of(meeting.id))]


def _told(change: MeetingChange, groups: Mapping[str, str]) -> Happening:
    what = change.what
    old, new = (
        _heads(text, groups) if what is Change.VISITORS else _value(what, text) for text in (change.old, change.new)
    )
    return Happening(what, change.at, change.by.name, old, new, change.reason)


def _heads(text: str | None, groups: Mapping[str, str]) -> str | None:
    """A number of visitors; of an event the number of each group."""
    if text is None or not text.startswith("{"):
        return text
    return ", ".join(f"{gettext(groups.get(key, key))}: {count}" for key, count in json.loads(text).items())


def _value(what: Change, text: str | None) -> Term | dt.date | str | None:
    if text is None or what in {Change.MODULE, Change.SUBSTITUTE, Change.EXCURSION}:
        return None
    if what is Change.STATUS:
        return STATUSES[text]
    if what in {Change.DATE, Change.REPLACEMENT}:
        return dt.date.fromisoformat(text)
    return text[:5] if what in {Change.STARTS_AT, Change.ENDS_AT} else text
