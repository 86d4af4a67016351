"""Decides when a course meets by a rule until its hours are filled, which days are left out and why, and what clashes."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from zoneinfo import ZoneInfo

from programmes.catalogue.calendar.rules import read_day
from programmes.catalogue.rules import ZONE, MeetingFacts, Span, meeting_reasons, net_minutes, overlap_reasons
from wording import N_, Reason, Term

MOST_DAYS = 400  # that are looked at for one rule
LONGER = dt.timedelta(weeks=52)  # by which a course is prolonged at most
DEFAULT_BREAK = 15  # minutes of a morning of four units


class LastMeeting(Term):
    """What becomes of a last meeting that would be more than is left of the hours."""

    SHORTER = "shorter", N_("kürzer, sodass es genau aufgeht")
    WHOLE = "whole", N_("ganz, auch wenn es mehr wird")
    NONE = "none", N_("weglassen, auch wenn es weniger wird")


class Cause(Term):
    """What stands in the way of a meeting; `label` says it of the other course, of the room, or of the holiday."""

    LEADER = "leader", N_("Die Leitung hat zur selben Zeit den Kurs {name}:")
    CONTRACT = "contract", N_("Außerhalb des Vertrags der Leitung:")
    ROOM = "room", N_("Im selben Raum ist zur selben Zeit der Kurs {name}.")
    PARTICIPANT = "participant", N_("Teilnehmende sind zur selben Zeit im Kurs {name}:")
    PLACES = "places", N_("Der Raum {name} hat weniger Plätze, als der Kurs braucht.")
    CHILDCARE = "childcare", N_("Im Raum {name} gibt es keine Kinderbetreuung. Der Kurs braucht sie.")
    HOLIDAY = "holiday", N_("Gesetzlicher Feiertag: {name}")


@dataclass(frozen=True)
class Rule:
    """On which days a course shall meet: some weekdays of every week (or of every second …) from a first day on, and single days.

    Without a weekday, the first day itself is a single one. `facts` says at what time and about what; its day is the first.
    `minutes` is what the course shall offer in all, with what is planned already; None: up to its last day.
    """

    facts: MeetingFacts
    weekdays: frozenset[int] = frozenset()  # 0 is Monday
    every_weeks: int = 1
    days: tuple[dt.date, ...] = ()
    minutes: int | None = None
    last: LastMeeting = LastMeeting.SHORTER

    @property
    def single_days(self) -> frozenset[dt.date]:
        return frozenset(self.days if self.weekdays else (self.facts.date, *self.days))

    def until(self, last: dt.date) -> Iterator[dt.date]:
        """Its days in order, none after `last`."""
        day, single = self.facts.date, self.single_days
        monday = day - dt.timedelta(days=day.weekday())
        start = min([day, *single])
        for number in range((last - start).days + 1):
            day = start + dt.timedelta(days=number)
            by_rule = (
                day >= self.facts.date
                and day.weekday() in self.weekdays
                and ((day - monday).days // 7) % self.every_weeks == 0
            )
            if by_rule or day in single:
                yield day


@dataclass(frozen=True)
class Slot:
    """A meeting that would be added. `minutes` is what it offers; `shortened`: less than the rule says."""

    facts: MeetingFacts
    minutes: int
    shortened: bool = False

    @property
    def date(self) -> dt.date:
        return self.facts.date


@dataclass(frozen=True)
class Plan:
    """What comes of a rule up to `last`. `before` and `minutes` are minutes in all, without and with these meetings; `missing` is what is
    still to come of the rule's minutes; `full`: no more of them are wanted."""

    last: dt.date
    slots: tuple[Slot, ...]
    left_out: tuple[tuple[dt.date, Reason], ...]
    before: int
    missing: int
    full: bool
    too_many: bool = False

    @property
    def ran_out(self) -> bool:
        """Whether minutes are missing because there are no more days, and not by choice."""
        return bool(self.missing) and not self.full

    @property
    def minutes(self) -> int:
        return self.before + sum(slot.minutes for slot in self.slots)

    @property
    def mark(self) -> str:
        """The same for the same meetings: who saves shows that these are the ones they saw."""
        return hashlib.sha256(repr([slot.facts for slot in self.slots]).encode()).hexdigest()


def last_day(rule: Rule, ends_on: dt.date, *, prolong: bool) -> dt.date:
    """Up to which day a rule goes in a course that ends on this one, or may last longer."""
    if not prolong:
        return ends_on
    return ends_on + LONGER if rule.minutes is not None else max([ends_on, *rule.single_days])


def plan(rule: Rule, last: dt.date, off: Mapping[dt.date, Reason], taken: Sequence[Span], before: int) -> Plan:
    """The meetings of a rule up to a last day, until the hours are filled.

    `off` are the days that the rule leaves out (single days are meant as they are said), `taken` is when the course meets
    already, and `before` are the minutes that it offers by that.
    """
    slots, left_out, offered, full = list[Slot](), list[tuple[dt.date, Reason]](), before, False
    others: dict[dt.date, list[Span]] = {}
    for span in taken:
        others.setdefault(span.date, []).append(span)
    days = rule.until(last)
    for day in islice(days, MOST_DAYS):
        full = rule.minutes is not None and offered >= rule.minutes
        if full:
            break
        slot = _slot(rule.facts, day)
        why = _against(slot, last, None if day in rule.single_days else off.get(day), others.get(day, ()))
        if why is not None:
            left_out.append((day, why))
            continue
        if rule.minutes is not None and offered + slot.minutes > rule.minutes:
            full = True
            if rule.last is LastMeeting.NONE:
                break
            if rule.last is LastMeeting.SHORTER:
                slot = _shortened(slot, rule.minutes - offered)
        slots.append(slot)
        offered += slot.minutes
    missing = max(0, (rule.minutes or 0) - offered)
    full = full or (rule.minutes is not None and not missing)
    return Plan(
        last,
        tuple(slots),
        tuple(left_out),
        before,
        missing,
        full=full,
        too_many=not full and next(days, None) is not None,
    )


def _slot(facts: MeetingFacts, day: dt.date) -> Slot:
    minutes = net_minutes(day, facts.starts_at, facts.ends_at, facts.break_minutes, ZONE)
    return Slot(replace(facts, date=day), minutes)


def _against(slot: Slot, last: dt.date, off: Reason | None, others: Sequence[Span]) -> Reason | None:
    """Why a day is left out: it is free, its clock jumps, or the course has a meeting at this time."""
    facts = slot.facts
    span = Span(facts.date, facts.starts_at, facts.ends_at)
    reasons = meeting_reasons(
        facts.date, facts.starts_at, facts.ends_at, facts.break_minutes, facts.date, max(last, facts.date), ZONE
    )
    return next(iter([*([off] if off else []), *reasons, *overlap_reasons([span], others)]), None)


def _shortened(slot: Slot, minutes: int) -> Slot:
    """The same meeting, but so long that it offers these minutes. Who stays half as long, or less, makes no break."""
    facts, place = slot.facts, ZoneInfo(ZONE)
    rest = facts.break_minutes if 2 * minutes > slot.minutes else 0
    start = dt.datetime.combine(facts.date, facts.starts_at, place).astimezone(dt.UTC)
    ends_at = (start + dt.timedelta(minutes=minutes + rest)).astimezone(place).time()
    shorter = replace(facts, ends_at=ends_at, break_minutes=rest)
    return replace(_slot(shorter, facts.date), shortened=True)


def rule_reasons(rule: Rule, first: dt.date, last: dt.date, *, prolong: bool) -> list[Reason]:
    """What speaks against a rule for a course that lasts from `first` to `last`, or longer with `prolong`."""
    facts, end = rule.facts, last + LONGER if prolong else last
    reasons = meeting_reasons(facts.date, facts.starts_at, facts.ends_at, facts.break_minutes, first, end, ZONE)
    outside = [day for day in rule.days if not first <= day <= end]
    if outside:
        reasons.append(
            Reason(
                N_("Außerhalb des Kurses liegt: {days}."),
                field="days",
                days=", ".join(f"{day:%d.%m.%Y}" for day in outside),
            )
        )
    return reasons


def plan_reasons(found: Plan) -> list[Reason]:
    """What speaks against adding the meetings of a plan."""
    if found.too_many:
        return [
            Reason(N_("Das sind mehr als {most} Tage. Bitte teilen Sie sie auf."), field="weekdays", most=MOST_DAYS)
        ]
    if found.slots:
        return []
    reasons = [Reason(why.text, field="date", **why.values) for _, why in found.left_out[:1]]
    if len(found.left_out) > 1:
        count = len(found.left_out)
        reasons = [
            Reason(
                N_("Alle {count} Tage sind ausgelassen: Feiertage, Ferien oder schon Termine."),
                field="date",
                count=count,
            )
        ]
    if found.ran_out:
        last = f"{found.last:%d.%m.%Y}"
        reasons.append(
            Reason(N_("Bis zum {last} bleibt kein Tag für das, was noch fehlt."), field="prolong", last=last)
        )
    elif found.full and not found.missing:
        reasons.append(Reason(N_("Der Kurs hat diesen Umfang schon."), field="units"))
    return reasons or [Reason(N_("So kommt kein Termin zustande."), field="date")]


def read_days(text: str) -> tuple[tuple[dt.date, ...], list[str]]:
    """The days that a text names, however it separates them; and what in it is none."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    days = {word: read_day(word) for word in words}
    return tuple(sorted({day for day in days.values() if day})), [word for word, day in days.items() if day is None]


@dataclass(frozen=True)
class Place:
    """Where a meeting is: in a room that there is a record of, or in a town at what is written as the venue of its course. A meeting
    in another room than its course's is not at that venue (None)."""

    room: int | None
    venue: tuple[int, str] | None

    def is_same(self, other: Place) -> bool:
        """Two records say for certain; otherwise what is written does."""
        if self.room is not None and other.room is not None:
            return self.room == other.room
        return self.venue is not None and self.venue == other.venue


@dataclass(frozen=True)
class RoomFacts:
    """What a room offers. `places` None: nobody has told."""

    name: str
    places: int | None = None
    childcare: bool = False


@dataclass(frozen=True)
class Contract:
    """From when until when somebody has a contract; a day that nobody has told is no limit."""

    name: str
    first: dt.date | None = None
    last: dt.date | None = None

    def covers(self, day: dt.date) -> bool:
        return (self.first or day) <= day <= (self.last or day)


@dataclass(frozen=True)
class Asked:
    """A meeting that is looked at for clashes, who leads it, and where it is."""

    span: Span
    leaders: frozenset[int]
    place: Place | None = None


@dataclass(frozen=True)
class Busy:
    """A meeting of another course that has something in common with this one: `who` by number and name."""

    cause: Cause
    span: Span
    course: str
    who: tuple[int, str] | None = None
    place: Place | None = None


@dataclass(frozen=True)
class Clash:
    """Days on which something is in two places at once, or not as it should be: who, and what is there."""

    cause: Cause
    what: str
    who: tuple[str, ...]
    days: tuple[dt.date, ...]
    people: tuple[int, ...] = ()  # participants among them, for the trace

    @property
    def sentence(self) -> Reason:
        return Reason(self.cause.label, name=self.what)


@dataclass
class _Found:
    who: dict[int, str] = field(default_factory=dict)
    days: set[dt.date] = field(default_factory=set)


def clashes(asked: Sequence[Asked], busy: Sequence[Busy], holidays: Mapping[dt.date, str]) -> list[Clash]:
    """What is at two places at once, put together by cause and course. They warn, they do not refuse."""
    found: dict[tuple[Cause, str], _Found] = {}
    by_day: dict[dt.date, list[Asked]] = {}
    for one in asked:
        by_day.setdefault(one.span.date, []).append(one)
        if one.span.date in holidays:
            found.setdefault((Cause.HOLIDAY, holidays[one.span.date]), _Found()).days.add(one.span.date)
    for other in busy:
        for one in by_day.get(other.span.date, ()):
            at_once = one.span.starts_at < other.span.ends_at and other.span.starts_at < one.span.ends_at
            if at_once and not _is_elsewhere(other, one):
                there = found.setdefault((other.cause, other.course), _Found())
                there.days.add(one.span.date)
                there.who |= dict([other.who]) if other.who else {}
    order = list(Cause)
    return [
        Clash(
            cause,
            what,
            tuple(sorted(set(there.who.values()))),
            tuple(sorted(there.days)),
            tuple(sorted(there.who)) if cause is Cause.PARTICIPANT else (),
        )
        for (cause, what), there in sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    ]


def _is_elsewhere(other: Busy, one: Asked) -> bool:
    """Whether the other meeting has nothing to do with this one after all: others lead it, or it is in another room."""
    if other.cause is Cause.LEADER:
        return other.who is not None and other.who[0] not in one.leaders
    return other.place is not None and one.place is not None and not one.place.is_same(other.place)


def contract_clashes(asked: Sequence[Asked], contracts: Mapping[int, Contract]) -> list[Clash]:
    """Who leads meetings on days on which they have no contract, for each of them the days."""
    found: dict[str, set[dt.date]] = {}
    for one in asked:
        for leader in one.leaders & contracts.keys():
            if not contracts[leader].covers(one.span.date):
                found.setdefault(contracts[leader].name, set()).add(one.span.date)
    return [Clash(Cause.CONTRACT, "", (name,), tuple(sorted(days))) for name, days in sorted(found.items())]


def seats(places: int, *, is_family: bool) -> int:
    """How many people a full course is at least: a family is an adult and a child."""
    return places * 2 if is_family else places


def room_clashes(
    asked: Sequence[Asked], rooms: Mapping[int, RoomFacts], people: int, *, childcare: bool
) -> list[Clash]:
    """Which rooms are too small for so many people, or have no childcare though it is needed, and on which days."""
    days: dict[int, set[dt.date]] = {}
    for one in asked:
        if one.place is not None and one.place.room is not None:
            days.setdefault(one.place.room, set()).add(one.span.date)
    found = []
    for number, used in sorted(days.items(), key=lambda item: min(item[1])):
        room = rooms[number]
        if room.places is not None and room.places < people:
            found.append(Clash(Cause.PLACES, room.name, (), tuple(sorted(used))))
        if childcare and not room.childcare:
            found.append(Clash(Cause.CHILDCARE, room.name, (), tuple(sorted(used))))
    return found


def in_order(*found: Sequence[Clash]) -> list[Clash]:
    """What was found of each cause, in the order of the causes."""
    order = list(Cause)
    return sorted((clash for some in found for clash in some), key=lambda clash: order.index(clash.cause))


def suggestion(starts_on: dt.date, ends_on: dt.date, planned: Sequence[MeetingFacts]) -> dict[str, object]:
    """With what the form begins: the rhythm of the meetings that are there, from the day after the last one on."""
    if not planned:
        return {"date": starts_on, "break_minutes": DEFAULT_BREAK}
    newest = max(planned, key=lambda facts: facts.date)
    following = newest.date + dt.timedelta(days=1)
    often = Counter(facts.date.weekday() for facts in planned)
    usual = [day for day, times in often.items() if 2 * times >= max(often.values())]
    return {
        "date": following,
        "starts_at": newest.starts_at,
        "ends_at": newest.ends_at,
        "break_minutes": newest.break_minutes,
        "weekdays": sorted(usual) if len(planned) > 1 else [],
        "prolong": following > ends_on,
    }
