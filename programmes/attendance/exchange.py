"""What a phone sends: read strictly, one event at a time, so that a bad one blocks no other.

An event is one mark of one person at one meeting, with a UUID made on the phone:

    {"id": UUID, "meeting": id, "enrolment": id, "member": id of the enrolled child or null for the adult,
     "mark": "present" | "absent_excused" | …, "arrived_at": "09:20" | null, "left_at": null, "reason": null | "illness" | …,
     "recorded_at": "2026-11-24T09:02:11+01:00", "replaces": [UUIDs of the events that the phone showed]}

`reason` and `replaces` may be missing. Who says it follows from the session, never from the event.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import clock
from database import LARGEST_ID
from fields import clock_time, showable
from programmes.attendance.rules import WITH_REASON, AbsenceReason, Entry, Mark
from wording import N_, Reason

MOST_EVENTS = 500
DEEPEST = 20
MOST_REPLACED = 20
LONGEST_TEXT = 60  # of any text an event may hold
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
KEYS = ("id", "meeting", "enrolment", "member", "mark", "arrived_at", "left_at", "reason", "recorded_at", "replaces")
MARKS = {mark.value: mark for mark in Mark}
REASONS = {reason.value: reason for reason in AbsenceReason}


class Malformed(ValueError):
    """The whole message cannot be read; nothing of it is stored."""


@dataclass(frozen=True)
class Claim:
    """One event as a phone claims it, readable. `content` is what it says, to be compared with what came before."""

    id: str
    meeting_id: int
    enrolment_id: int
    child_id: int | None
    entry: Entry
    recorded_at: dt.datetime
    clock_is_odd: bool
    replaces: tuple[str, ...]
    content: dict[str, Any]


def events(body: bytes) -> list[object]:
    """The events of a message, still unread. Raises Malformed."""
    depth = 0
    for found in BRACKETS.finditer(body):
        sign = found[0]
        depth += 1 if sign in b"[{" else -1 if sign in b"]}" else 0
        if depth > DEEPEST:
            raise Malformed("nested too deep")
    try:
        message = json.loads(body.decode(), object_pairs_hook=_without_doubles, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None
    sent = message.get("events") if isinstance(message, dict) else None
    if not isinstance(sent, list) or len(sent) > MOST_EVENTS:
        raise Malformed(f"expected an object with at most {MOST_EVENTS} events")
    return sent


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key came twice")
    return made


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def id_of(event: object) -> str | None:
    """The UUID of an event, if it has one; with it the phone finds the answer."""
    found = event.get("id") if isinstance(event, Mapping) else None
    return found if isinstance(found, str) and ID.fullmatch(found) else None


def claim(event: object, now: dt.datetime) -> Claim | Reason:
    """One event, read; or why it cannot be."""
    event_id = id_of(event)
    if event_id is None or not isinstance(event, Mapping):
        return Reason(N_("Der Eintrag hat keine gültige Nummer."))
    meeting, enrolment, member = (_key(event.get(name)) for name in ("meeting", "enrolment", "member"))
    if meeting is None or enrolment is None or (member is None and event.get("member") is not None):
        return Reason(N_("Der Eintrag nennt keinen Termin oder keine Person."))
    entry = _entry(event)
    if isinstance(entry, Reason):
        return entry
    recorded_at, is_odd = _moment(event.get("recorded_at"), now)
    if recorded_at is None:
        return Reason(N_("Der Eintrag sagt nicht, wann er gemacht wurde."))
    replaces = event.get("replaces") or []
    if not isinstance(replaces, list) or len(replaces) > MOST_REPLACED:
        return Reason(N_("Der Eintrag ist nicht lesbar."))
    if not all(isinstance(one, str) and ID.fullmatch(one) for one in replaces):
        return Reason(N_("Der Eintrag ist nicht lesbar."))
    return Claim(
        event_id, meeting, enrolment, member, entry, recorded_at, is_odd, tuple(sorted(set(replaces))), content(event)
    )


def content(event: object) -> dict[str, Any]:
    """What an event says, in a form that can be kept and compared, whatever came."""
    if not isinstance(event, Mapping):
        return {}
    kept: dict[str, Any] = {}
    for key in KEYS:
        value = event.get(key)
        if isinstance(value, list):
            kept[key] = [_short(one) for one in value[:MOST_REPLACED]]
        else:
            kept[key] = _short(value)
    return kept


def numbers(event: object) -> list[int]:
    """The meeting and the enrolment that an event speaks of, as far as it gives numbers: what else it says may be anything, and stands in
    no log (security.md LG-3)."""
    said = event if isinstance(event, Mapping) else {}
    return [key for name in ("meeting", "enrolment") if (key := _key(said.get(name))) is not None]


def _short(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_ID else str(value)[:LONGEST_TEXT]
    return showable(str(value)[:LONGEST_TEXT])


def _key(value: object) -> int | None:
    return value if type(value) is int and 0 < value <= LARGEST_ID else None


def _entry(event: Mapping[str, Any]) -> Entry | Reason:
    mark = MARKS.get(event["mark"]) if isinstance(event.get("mark"), str) else None
    if mark is None:
        return Reason(N_("Dieses Zeichen gibt es nicht."))
    times: dict[str, dt.time | None] = {}
    for name in ("arrived_at", "left_at"):
        text = event.get(name)
        time = clock_time(text) if isinstance(text, str) and len(text) <= LONGEST_TEXT else None
        if time is None and text not in (None, ""):
            return Reason(N_("Bitte geben Sie eine Uhrzeit an, zum Beispiel 09:30."))
        times[name] = time
    said = event.get("reason")
    reason = REASONS.get(said) if isinstance(said, str) else None
    if reason is None and said not in (None, ""):
        return Reason(N_("Diesen Grund gibt es nicht."))
    return Entry(mark, times["arrived_at"], times["left_at"], reason if mark in WITH_REASON else None)


def _moment(value: object, now: dt.datetime) -> tuple[dt.datetime | None, bool]:
    """When a device claims to have recorded something; and whether that claim is odd in itself.

    Without a zone the wall clock of the county is meant. What lies outside any calendar counts as now.
    """
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        return None, True
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None, True
    is_odd = moment.tzinfo is None
    try:
        return (moment.replace(tzinfo=clock.BERLIN) if is_odd else moment).astimezone(dt.UTC), is_odd
    except OverflowError:
        return now, True
