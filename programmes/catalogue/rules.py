"""Decides about the offer: units and minutes, what a programme counts, when a course is on."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from wording import N_, Reason, Term

LEADER_SEES_AFTER_END = dt.timedelta(days=30)  # issue 2, line 6
LONGEST_MEETING = 12 * 60  # minutes
ZONE = "Europe/Berlin"  # of every wall in the county
UNIT_MINUTES = (45, 60)  # Unterrichtseinheit or clock hour (domain.md B0.1)


class ProgrammeKind(Term):
    """What a programme of the report is to a course system (domain.md A3)."""

    CORE = "core", N_("Kernprogramm")
    COURSE = "course", N_("Kurs")
    EVENT = "event", N_("Veranstaltung")
    RECOMMENDED = "recommended", N_("empfohlen")
    CONTEXT = "context", N_("Kontext")


class Meaning(Term):
    """What a mark comes to: somebody who is dispensed neither attended nor missed the meeting, it leaves their offer."""

    PRESENT = "present", N_("anwesend")
    EXCUSED = "excused", N_("entschuldigt")
    DISPENSED = "dispensed", N_("befreit")
    MISSED = "missed", N_("gefehlt")


class Counted(Term):
    """Who stands in the lines of a roll call."""

    PERSONS = "persons", N_("Einzelne")
    FAMILIES = "families", N_("Familien")
    HEADS = "heads", N_("Köpfe")


@dataclass(frozen=True)
class MarkRule:
    """A mark as `rule_packs.json` has it: its letter on paper, what it means, whether it can be said beforehand."""

    letter: str
    means: Meaning
    ahead: bool = False


@dataclass(frozen=True)
class HeadGroup:
    """A rough group of visitors that is counted by itself; `label` as a Term has it."""

    key: str
    label: str


class _ByKey(type):
    def __getattr__(cls, name: str) -> RulePack:
        """`RulePack.COURSE` is the pack whose key is `course`."""
        if name.isupper() and name.lower() in PACKS:
            return PACKS[name.lower()]
        raise AttributeError(name)


@dataclass(frozen=True, eq=False)
class RulePack(metaclass=_ByKey):
    """Which marks a roll call offers (by the keys of `attendance.rules.Mark`), which of them take a class of reason, and
    who is counted. One object for each pack of `rule_packs.json`; the database keeps its key."""

    key: str
    label: str
    who: Counted
    marks: tuple[str, ...] = ()
    reasons: frozenset[str] = frozenset()
    heads: tuple[HeadGroup, ...] = ()
    signed_once_a_day: bool = False
    on_paper: str = ""  # what a certificate calls such a course; "" where it says "Kurs" anyway

    @property
    def is_family(self) -> bool:
        """Whether families, not single people, have the places."""
        return self.who is Counted.FAMILIES

    @property
    def counts_heads(self) -> bool:
        """Whether heads are counted and nobody is named."""
        return self.who is Counted.HEADS


def read_marks(facts: Mapping[str, Any]) -> dict[str, MarkRule]:
    """The marks of a file of rule packs."""
    return {
        key: MarkRule(one["letter"], Meaning(one["means"]), one.get("ahead", False))
        for key, one in facts["marks"].items()
    }


def read_packs(facts: Mapping[str, Any]) -> dict[str, RulePack]:
    """The packs of such a file. A pack that contradicts itself stops the start."""
    packs: dict[str, RulePack] = {}
    for one in facts["packs"]:
        who, marks = Counted(one["who"]), tuple(one.get("marks", ()))
        heads = tuple(HeadGroup(group["key"], group["title"]) for group in one.get("heads", ()))
        reasons = frozenset(one.get("reasons", ()))
        pack = RulePack(
            key=one["key"],
            label=one["title"],
            who=who,
            marks=marks,
            reasons=reasons,
            heads=heads,
            signed_once_a_day=one.get("signed_once_a_day", False),
            on_paper=one.get("on_paper", ""),
        )
        if pack.key in packs or not set(marks) <= set(facts["marks"]) or not reasons <= set(marks):
            raise ValueError(f"The rule pack {pack.key} is there twice, or names a mark that is not there")
        if pack.counts_heads != bool(heads) or pack.counts_heads == bool(marks):
            raise ValueError(f"The rule pack {pack.key} must count groups of heads, or offer marks; not both")
        packs[pack.key] = pack
    return packs


_FACTS: Mapping[str, Any] = json.loads((Path(__file__).parent / "rule_packs.json").read_text(encoding="utf-8"))
MARK_RULES = read_marks(_FACTS)
PACKS = read_packs(_FACTS)


def pack_of(key: object) -> RulePack:
    """The pack with this key. Raises LookupError: what a programme has chosen must stay in the file."""
    if isinstance(key, RulePack):
        return key
    try:
        return PACKS[str(key)]
    except KeyError:
        raise LookupError(f"rule_packs.json has no pack {key!r}, but a programme has chosen it") from None


class Counting(Term):
    """Whose presence makes a meeting attended."""

    PERSON = "person", N_("jede angemeldete Person")
    PAIR = "pair", N_("Mutter und Kind gemeinsam")


class PaperKind(Term):
    """What paper a programme gives when its conditions are met (domain.md B6)."""

    PARTICIPATION = "participation", N_("Teilnahmebescheinigung")
    QUALIFICATION = "qualification", N_("Zertifikat")
    TRAINING = "training", N_("Fortbildungsbestätigung")
    NONE = "none", N_("kein Papier")


class MeetingStatus(Term):
    """What became of a meeting."""

    PLANNED = "planned", N_("geplant")
    HELD = "held", N_("hat stattgefunden")
    CANCELLED = "cancelled", N_("ausgefallen")


class Change(Term):
    """What can happen to a meeting; the words under which its history keeps it."""

    CLOSED = "closed", N_("abgeschlossen")
    REOPENED = "reopened", N_("wieder geöffnet")
    VISITORS = "visitors", N_("Gäste geändert")
    NOTE = "note", N_("Notiz geändert")
    STATUS = "status", N_("Status geändert")
    DATE = "date", N_("Tag verlegt")
    STARTS_AT = "starts_at", N_("Beginn geändert")
    ENDS_AT = "ends_at", N_("Ende geändert")
    BREAK_MINUTES = "break_minutes", N_("Pause geändert")
    MODULE = "module_id", N_("Modul geändert")
    TOPIC = "topic", N_("Thema geändert")
    EXCURSION = "excursion", N_("Ausflug geändert")
    SUBSTITUTE = "substitute_id", N_("Vertretung geändert")
    ROOM = "room_id", N_("Raum geändert")
    REPLACEMENT = "replacement", N_("Ersatztermin")


class CourseState(Term):
    """Where a course stands on a day; derived from its dates."""

    PLANNED = "planned", N_("geplant")
    RUNNING = "running", N_("läuft")
    FINISHED = "finished", N_("beendet")
    CANCELLED = "cancelled", N_("abgesagt")


class LeaderRole(Term):
    """How somebody leads a course."""

    LEADER = "leader", N_("Kursleitung")
    CO_LEADER = "co_leader", N_("zweite Kursleitung")


class RuleName(Term):
    """The rules of a programme, by the names under which `Programme.assumed` flags them."""

    UNIT_MINUTES = "unit_minutes", N_("Unterrichtseinheit")
    RULE_PACK = "rule_pack", N_("Zeichen der Anwesenheitsliste")
    COUNTING = "counting", N_("Wer zählt")
    REQUIRED_SHARE = "required_share", N_("Verlangter Anteil")
    LATE_AFTER_MINUTES = "late_after_minutes", N_("Verspätung zählt ab")
    PAPER = "paper", N_("Art des Papiers")
    PAPER_TITLE = "paper_title", N_("Überschrift des Papiers")
    COUNTS_MEETINGS = "counts_meetings", N_("Papier nennt Treffen statt Zeit")
    COUNTS_MAKE_UP = "counts_make_up", N_("Nachgeholte Zeit zählt")
    CHILD_MONTHS = "child_months", N_("Alter der Kinder")
    FUNDING_LINE = "funding_line", N_("Förderzeile")


class CourseFact(Term):
    """What may have been assumed about a course, by the names under which `Course.assumed` flags it."""

    TITLE = "title", N_("Titel")
    VENUE = "venue", N_("Ort")
    LANGUAGE = "language", N_("Sprache")
    PLACES = "places", N_("Plätze")
    DATES = "dates", N_("Beginn und Ende")
    MEETINGS = "meetings", N_("Termine und Uhrzeiten")
    LEADERS = "leaders", N_("Leitung")


class CourseFeature(Term):
    """How a course works, as far as the report wants courses compared by it (domain.md R16): structure, process, materials."""

    INTERNAL_STAFF = "internal_staff", N_("Fachkräfte der Einrichtung")
    EXTERNAL_STAFF = "external_staff", N_("Fachkräfte von außen")
    PARENTS_WORK = "parents_work", N_("Elternarbeit")
    HOME_VISITS = "home_visits", N_("Hausbesuche")
    VOLUNTEERS = "volunteers", N_("Ehrenamtliche")
    MATERIALS = "materials", N_("Eigene Arbeitsmaterialien")


@dataclass(frozen=True)
class Rules:
    """What a programme demands and counts, as a coordinator may set it. Shares in percent, ages in months.

    Conditions of a place: only women, the programme that comes before, and whether only people of the course's town have one.
    """

    unit_minutes: int
    rule_pack: RulePack
    counting: Counting
    required_share: int | None
    late_after_minutes: int
    paper: PaperKind
    paper_title: str
    counts_meetings: bool
    child_from_months: int | None
    child_until_months: int | None
    funding_line: str | None
    counts_make_up: bool = False
    women_only: bool = False
    after_programme_id: int | None = None
    residents_only: bool = False


@dataclass(frozen=True)
class ProgrammeFacts:
    """What the administration says about a programme that the report does not have. `parent_id`: the programme it is a part of."""

    key: str
    title: str
    short_title: str
    kind: ProgrammeKind
    parent_id: int | None


@dataclass(frozen=True)
class ModuleFacts:
    """What a coordinator says about a module. `minutes` None: open."""

    number: int
    title: str
    minutes: int | None
    mandatory: bool
    assumed: bool


@dataclass(frozen=True)
class CourseFacts:
    """What a coordinator says about a course. The programme of a course never changes."""

    number: str
    title: str
    programme_id: int
    municipality_id: int
    quarter_id: int | None
    venue: str
    language: str
    places: int
    starts_on: dt.date
    ends_on: dt.date
    leaders: tuple[int, ...] = ()
    first_leader: int | None = None
    assumed: frozenset[CourseFact] = frozenset()
    features: frozenset[CourseFeature] = frozenset()
    room_id: int | None = None


@dataclass(frozen=True)
class MeetingFacts:
    """What a coordinator says about a meeting."""

    date: dt.date
    starts_at: dt.time
    ends_at: dt.time
    break_minutes: int = 0
    module_id: int | None = None
    topic: str | None = None
    excursion: bool = False
    room_id: int | None = None


@dataclass(frozen=True)
class Span:
    """When a meeting is, by the clock on the wall."""

    date: dt.date
    starts_at: dt.time
    ends_at: dt.time


def fold(text: str) -> str:
    """A text by which places are compared, the same in every database: „ÄRZTEHAUS  RAUM 2“ and „Ärztehaus Raum 2“ meet here."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def elapsed_minutes(date: dt.date, starts_at: dt.time, ends_at: dt.time, zone: str) -> int:
    """Minutes that really pass between two wall-clock times of one day, summer-time nights included."""
    place = ZoneInfo(zone)
    start = dt.datetime.combine(date, starts_at, place).astimezone(dt.UTC)
    end = dt.datetime.combine(date, ends_at, place).astimezone(dt.UTC)
    return int((end - start).total_seconds() // 60)


def net_minutes(date: dt.date, starts_at: dt.time, ends_at: dt.time, break_minutes: int, zone: str) -> int:
    """What a meeting offers: elapsed minutes less the break, never below zero."""
    return max(0, elapsed_minutes(date, starts_at, ends_at, zone) - break_minutes)


def units(minutes: int, unit_minutes: int) -> Fraction:
    """Minutes in units of 45 or 60 minutes, exact: 120 minutes are 2⅔ units of 45."""
    return Fraction(minutes, unit_minutes)


class HeadSum(NamedTuple):
    """How many heads of a group came to the meetings of an event, and to how many of them anybody of it came."""

    group: HeadGroup
    heads: int
    meetings: int


def head_sums(pack: RulePack, counted: Sequence[Mapping[str, int]]) -> list[HeadSum]:
    """The heads of each group; nothing while none was counted."""
    came = [(group, [heads[group.key] for heads in counted if heads.get(group.key)]) for group in pack.heads if counted]
    return [HeadSum(group, sum(heads), len(heads)) for group, heads in came]


def course_state(starts_on: dt.date, ends_on: dt.date, cancelled: bool, today: dt.date) -> CourseState:
    """Where a course stands today."""
    if cancelled:
        return CourseState.CANCELLED
    if today < starts_on:
        return CourseState.PLANNED
    return CourseState.FINISHED if today > ends_on else CourseState.RUNNING


def course_reasons(
    starts_on: dt.date | None, ends_on: dt.date | None, meeting_days: Sequence[dt.date] = ()
) -> list[Reason]:
    """What speaks against these dates of a course, which has meetings on those days already."""
    if starts_on is None or ends_on is None:
        return []
    if ends_on < starts_on:
        return [Reason(N_("Das Ende liegt vor dem Beginn."), field="ends_on")]
    reasons = []
    if meeting_days and min(meeting_days) < starts_on:
        reasons.append(Reason(N_("Am {day} ist schon ein Termin."), field="starts_on", day=_day(min(meeting_days))))
    if meeting_days and max(meeting_days) > ends_on:
        reasons.append(Reason(N_("Am {day} ist noch ein Termin."), field="ends_on", day=_day(max(meeting_days))))
    return reasons


def leader_reasons(leaders: Sequence[int], first_leader: int | None) -> list[Reason]:
    """What speaks against these leaders of a course; nobody has to be named first."""
    if first_leader is not None and first_leader not in leaders:
        return [Reason(N_("Wer zuerst genannt wird, muss den Kurs auch leiten."), field="first_leader")]
    return []


def meeting_reasons(
    date: dt.date,
    starts_at: dt.time,
    ends_at: dt.time,
    break_minutes: int,
    course_starts: dt.date,
    course_ends: dt.date,
    zone: str,
) -> list[Reason]:
    """What speaks against this meeting: order of times, break, length, and the days of its course."""
    reasons = []
    if ends_at <= starts_at:
        reasons.append(Reason(N_("Das Ende liegt nicht nach dem Beginn."), field="ends_at"))
    else:
        minutes = elapsed_minutes(date, starts_at, ends_at, zone)
        if minutes <= 0:
            reasons.append(
                Reason(N_("Diese Zeit gibt es nicht: In der Nacht werden die Uhren umgestellt."), field="starts_at")
            )
        elif break_minutes >= minutes:
            reasons.append(Reason(N_("Die Pause ist so lang wie der ganze Termin."), field="break_minutes"))
        if minutes > LONGEST_MEETING:
            reasons.append(Reason(N_("Ein Termin dauert höchstens 12 Stunden."), field="ends_at"))
    if not course_starts <= date <= course_ends:
        reasons.append(
            Reason(
                N_("Der Tag liegt außerhalb des Kurses ({first} bis {last})."),
                field="date",
                first=_day(course_starts),
                last=_day(course_ends),
            )
        )
    return reasons


def replacement_reasons(
    facts: MeetingFacts,
    cancelled: Span,
    course: tuple[dt.date, dt.date],
    others: Sequence[Span],
    *,
    prolong: bool,
) -> list[Reason]:
    """What speaks against making up for a cancelled meeting of a course (first and last day) on another day.

    `prolong`: the course shall last until then, if it does not already. A cancelled meeting keeps its own beginning.
    """
    first, last = course
    reasons = meeting_reasons(
        facts.date,
        facts.starts_at,
        facts.ends_at,
        facts.break_minutes,
        first,
        max(last, facts.date),
        ZONE,
    )
    if facts.date > last and not prolong:
        reasons.append(
            Reason(
                N_(
                    "Der Kurs endet am {last}. Kreuzen Sie an, dass er länger dauert, oder wählen Sie einen früheren Tag."
                ),
                field="date",
                last=_day(last),
            )
        )
    span = Span(facts.date, facts.starts_at, facts.ends_at)
    reasons += overlap_reasons([span], others)
    if (span.date, span.starts_at) == (cancelled.date, cancelled.starts_at):
        reasons.append(Reason(N_("Das ist der Termin, der ausfällt."), field="date"))
    return reasons


def overlap_reasons(new: Sequence[Span], others: Sequence[Span]) -> list[Reason]:
    """What speaks against new meetings of a course that has those others: nobody can be at two at once."""
    reasons = []
    for slot in new:
        for other in others:
            if slot.date == other.date and slot.starts_at < other.ends_at and other.starts_at < slot.ends_at:
                reasons.append(
                    Reason(
                        N_("Am {day} hat der Kurs schon einen Termin von {first} bis {last} Uhr."),
                        field="date",
                        day=_day(slot.date),
                        first=_time(other.starts_at),
                        last=_time(other.ends_at),
                    )
                )
    return reasons


def correction_reasons(was_closed: bool, is_closed: bool, reason: str | None) -> list[Reason]:
    """What speaks against touching a meeting whose roll call is or was closed (issue 2, line 11)."""
    if is_closed:
        return [Reason(N_("Der Termin ist abgeschlossen. Bitte öffnen Sie ihn zuerst wieder."))]
    if was_closed and not reason:
        return [Reason(N_("Der Termin war schon abgeschlossen: Bitte begründen Sie die Änderung."), field="reason")]
    return []


def rule_reasons(rules: Rules, *, has_courses: bool, pack_before: RulePack) -> list[Reason]:
    """What speaks against these rules of a programme."""
    reasons = []
    window = (rules.child_from_months, rules.child_until_months)
    if (window[0] is None) != (window[1] is None):
        missing = "child_from_months" if window[0] is None else "child_until_months"
        reasons.append(Reason(N_("Ein Altersfenster hat einen Anfang und ein Ende."), field=missing))
    elif window[0] is not None and window[1] is not None and window[0] > window[1]:
        reasons.append(Reason(N_("Das Altersfenster endet vor seinem Anfang."), field="child_until_months"))
    if rules.counting is Counting.PAIR and not rules.rule_pack.is_family:
        reasons.append(
            Reason(N_("Mutter und Kind gemeinsam zählen nur in einer Eltern-Kind-Gruppe."), field="counting")
        )
    if rules.rule_pack.counts_heads and rules.paper is not PaperKind.NONE:
        reasons.append(Reason(N_("Wo nur Köpfe gezählt werden, gibt es kein Papier."), field="paper"))
    if rules.counts_make_up and rules.counts_meetings:
        reasons.append(
            Reason(N_("Wo das Papier Treffen zählt, lässt sich keine Zeit nachholen."), field="counts_make_up")
        )
    if has_courses and rules.rule_pack is not pack_before:
        reasons.append(
            Reason(N_("Dieses Programm hat schon Kurse; ihre Listen lassen sich nicht umstellen."), field="rule_pack")
        )
    return reasons


def _day(day: dt.date) -> str:
    return day.strftime("%d.%m.%Y")


def _time(time: dt.time) -> str:
    return time.strftime("%H:%M")
