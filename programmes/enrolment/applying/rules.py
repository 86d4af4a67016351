"""Decides what somebody must say to apply without an account, what looks like a robot, and how long an application is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from programmes.participants.rules import Channel, ChildFacts, Need, PersonFacts, Precision, Relation
from wording import N_, Term

KEPT = dt.timedelta(days=183)  # half a year: by then a course has begun, and who still waits has been asked again
FASTEST = dt.timedelta(seconds=4)  # nobody reads the form and writes a name in less
SHOWN_AT_MOST = dt.timedelta(days=1)  # how long a form may lie open
WINDOW = dt.timedelta(hours=1)
MOST_FOR_A_COURSE = 40  # in that window
MOST_FROM_A_NETWORK = 60  # in that window: a waiting room full of people shares one address
MOST_TIMES = 4


class Rejection(Term):
    """Why something that was sent is no application. Only this word stays of it."""

    ROBOT = "robot", N_("von einem Programm ausgefüllt")
    NONSENSE = "nonsense", N_("Unsinn oder Werbung")
    TWICE = "twice", N_("doppelt abgeschickt")
    WITHDRAWN = "withdrawn", N_("will nicht mehr")
    UNREACHABLE = "unreachable", N_("mehrmals nicht erreicht")


@dataclass(frozen=True)
class ApplicationFacts:
    """What somebody says who wants to come. `through` is somebody else and their number, `language` the code of the one in which
    they want to be answered, `relation` what they are to the children."""

    given_name: str
    language: str
    family_name: str = ""
    phone: str | None = None
    email: str | None = None
    through: str | None = None
    birth_date: dt.date | None = None
    birth_precision: Precision = Precision.DAY
    needs: tuple[Need, ...] = ()
    relation: Relation | None = None
    children: tuple[ChildFacts, ...] = ()

    @property
    def is_reachable(self) -> bool:
        """Whether there is any way to answer."""
        return bool(self.phone or self.email or self.through)

    def person(self) -> PersonFacts:
        """As much of it as is kept of a person."""
        only_through = bool(self.through and not self.phone and not self.email)
        return PersonFacts(
            given_name=self.given_name, family_name=self.family_name, birth_date=self.birth_date,
            birth_precision=self.birth_precision, phone=self.phone or self.through, email=self.email, needs=self.needs,
            contact_by=Channel.THROUGH_SOMEBODY if only_through else None,
        )  # fmt: skip


def is_too_fast(shown_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a form came back sooner than anybody could have filled it in."""
    return now - shown_at < FASTEST


def is_stale(shown_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a form is older than we take one back."""
    return now - shown_at > SHOWN_AT_MOST


class Span(NamedTuple):
    """When a meeting is."""

    date: dt.date
    starts_at: dt.time
    ends_at: dt.time


def usual_times(spans: Iterable[Span]) -> Sequence[Span]:
    """On which weekdays and at which times a course meets: the first of each kind, in the order of the week, the commonest few."""
    kinds: dict[tuple[int, dt.time, dt.time], list[Span]] = {}
    for span in spans:
        kinds.setdefault((span.date.weekday(), span.starts_at, span.ends_at), []).append(span)
    commonest = sorted(kinds.values(), key=len, reverse=True)[:MOST_TIMES]
    return sorted((min(same) for same in commonest), key=lambda span: (span.date.weekday(), span.starts_at))
