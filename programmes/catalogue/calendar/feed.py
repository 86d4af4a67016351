"""Makes the calendar of a course that phones subscribe to (RFC 5545): when and where it meets. It names nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from programmes.catalogue.calendar.models import CourseFeed
from programmes.catalogue.calendar.rules import event_id
from programmes.catalogue.models import Meeting
from programmes.catalogue.rules import MeetingStatus

MAKER = "-//Integrationsbüro Kreis Offenbach//Kursbuch//DE"
LOOK_AGAIN = "PT6H"  # how often a phone should ask


def as_ics(
    feed: CourseFeed, meetings: Sequence[tuple[Meeting, int, dt.datetime | None]], host: str, cancelled: str
) -> bytes:
    """All meetings of a course. `cancelled` is the word before what does not take place, for phones that do not say so."""
    course = feed.course
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{course.title} ({course.number})")
    calendar.add("x-published-ttl", LOOK_AGAIN)
    for meeting, changes, changed_at in meetings:
        off = meeting.status is MeetingStatus.CANCELLED
        zone = ZoneInfo(meeting.zone)
        event = Event()
        event.add("uid", event_id(meeting.id, host))
        event.add("sequence", changes)
        event.add("dtstamp", (changed_at or feed.made_at).astimezone(dt.UTC))
        event.add("dtstart", dt.datetime.combine(meeting.date, meeting.starts_at, zone))
        event.add("dtend", dt.datetime.combine(meeting.date, meeting.ends_at, zone))
        event.add("summary", f"{cancelled}: {course.title}" if off else course.title)
        event.add("status", "CANCELLED" if off else "CONFIRMED")
        event.add("location", f"{course.venue}, {course.municipality.name}")
        about = meeting.topic or (meeting.module.title if meeting.module else None)
        if about:
            event.add("description", about)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
