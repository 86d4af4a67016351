"""Decides who is told of a meeting that moves or does not take place: how, in which language, in which words (domain.md D6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from programmes.catalogue.rules import Change, MeetingStatus
from programmes.participants.rules import Channel
from wording import P_

GREETING, CLOSING = P_("Guten Tag,"), P_("Mit freundlichen Grüßen")
CANCELLED = P_("der Termin am {day} um {time} Uhr fällt aus.")
INSTEAD = P_("Der Ersatztermin ist am {day} von {start} bis {end} Uhr.")
MOVED = P_("der Termin am {day} um {time} Uhr ist verlegt. Er ist jetzt am {new_day} von {start} bis {end} Uhr.")
WITH_ALL = P_("Auch alle weiteren Termine bis zum {day} fallen aus.")
HELD = P_("der Termin am {day} um {time} Uhr findet statt.")
PLACE = P_("Treffpunkt")
MOVES = {Change.DATE: "day", Change.STARTS_AT: "starts_at", Change.ENDS_AT: "ends_at"}
Say = Callable[[str], str]


@dataclass(frozen=True)
class Step:
    """One change of a meeting, as its history keeps it."""

    id: int
    what: Change
    old: str | None
    new: str | None

    @property
    def is_news(self) -> bool:
        """Whether people have to be told of it. A replacement is news of the meeting that it makes up for (`old` is None there)."""
        if self.what is Change.STATUS:
            return MeetingStatus.CANCELLED in (self.old, self.new)
        return self.what in MOVES or self.what is Change.ROOM or (self.what is Change.REPLACEMENT and self.old is None)


@dataclass(frozen=True)
class Appointment:
    """When and where people meet."""

    day: dt.date
    starts_at: dt.time
    ends_at: dt.time
    place: str


@dataclass(frozen=True)
class Message:
    """What people are told of a meeting: when it was planned, when it is, whether it falls out, and what makes up for it."""

    was: Appointment
    now: Appointment
    is_cancelled: bool = False
    instead: Appointment | None = None
    later: tuple[dt.date, ...] = ()  # days of the meetings that fall out with it, in order: the course is called off

    @property
    def days(self) -> frozenset[dt.date]:
        """The days that it is about: whoever has a place on one of them is told."""
        return frozenset(one.day for one in (self.was, self.now, self.instead) if one is not None) | {*self.later}

    def lines(self, say: Say = str) -> list[str]:
        """The sentences in a language. They name no course and nobody: a text message is read by others, too."""
        was, there = {"day": f"{self.was.day:%d.%m.%Y}", "time": f"{self.was.starts_at:%H:%M}"}, self.now
        if self.is_cancelled and self.instead is None:
            with_all = [say(WITH_ALL).format(day=f"{day:%d.%m.%Y}") for day in self.later[-1:]]
            return [say(CANCELLED).format(**was), *with_all]
        if self.is_cancelled and self.instead is not None:
            there = self.instead
            told = [say(CANCELLED).format(**was), say(INSTEAD).format(day=f"{there.day:%d.%m.%Y}", **_hours(there))]
        elif replace(self.was, place=there.place) == there:
            told = [say(HELD).format(**was)]
        else:
            told = [say(MOVED).format(new_day=f"{there.day:%d.%m.%Y}", **was, **_hours(there))]
        return [*told, f"{say(PLACE)}: {there.place}"]

    def text(self, say: Say = str) -> str:
        """The whole text, as an e-mail or a text message says it."""
        return "\n".join([say(GREETING), *self.lines(say), say(CLOSING)])


def _hours(there: Appointment) -> dict[str, str]:
    return {"start": f"{there.starts_at:%H:%M}", "end": f"{there.ends_at:%H:%M}"}


def newest(steps: Sequence[Step]) -> int | None:
    """The newest change that people have to be told of; None: nothing to tell."""
    return max((step.id for step in steps if step.is_news), default=None)


def planned(now: Appointment, steps: Sequence[Step]) -> Appointment:
    """When a meeting was planned at first, before it moved for the first time: so everybody knows which one is meant."""
    was = now
    for step in sorted(steps, key=lambda step: step.id, reverse=True):
        if step.what in MOVES and step.old is not None:
            read: Callable[[str], Any] = dt.date.fromisoformat if step.what is Change.DATE else dt.time.fromisoformat
            was = replace(was, **{MOVES[step.what]: read(step.old)})
    return was


def way(wanted: Channel | None, *, phone: str | None, email: str | None, address: str | None) -> Channel:
    """How somebody is told: as they want, if that can be done. Otherwise by a call, and without a phone in person."""
    can = {
        Channel.CALL: phone, Channel.SMS: phone, Channel.EMAIL: email, Channel.LETTER: address, Channel.IN_PERSON: True,
        Channel.THROUGH_SOMEBODY: True,
    }  # fmt: skip
    if wanted is not None and can[wanted]:
        return wanted
    return Channel.CALL if phone else Channel.IN_PERSON
