"""Decides what is kept about whom and for how long, what of a person goes, and what stands against it.

The register (register.json) is data: every column of every table, with purpose, legal basis, audience and retention, and what becomes
of it when the person is erased. Everything else reads it: the record of processing (Art. 30 GDPR), the information for people (Art. 13),
the extract (Art. 15), the erasure (Art. 17) and the retention job. A test fails for a column that is not in it.
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from auth.rules import KNOWN_LASTS
from programmes.enrolment.rules import BEFORE_ENTRY, EnrolmentStatus
from programmes.participants.rules import OLDEST_YEARS
from programmes.statistics.rules import AGE_CLASSES, OTHER_LANGUAGE
from wording import N_, Reason, Term

UNDO_DAYS = 14  # how long an erasure can be undone
ARCHIVE_SILENT_MONTHS = 6  # HArchivG § 8: after so long without a word the archive does not want it
FEWEST_ALIKE = 5  # people whom what is left of one of them could be (security.md PR-6)
YEARS_OF_A_GRID = (20, 10, 5, 1)  # between two days that may stand for a day of birth
FUNDED_YEARS = 5  # ANBest-P/-K: proofs of use are kept so long after the report
STEPS_OF_THE_CLOCK = dt.timedelta(days=35)  # a longer time since the last run is a clock that jumped
NIGHT = range(2, 5)  # hours in which the retention job begins by itself
NIGHT_MISSED = dt.timedelta(hours=36)  # since the last run: the machine was off at night


class Disposal(StrEnum):
    """What becomes of a value, or a row, when the person is erased: it stays, goes, or says less from then on."""

    KEEP = "keep"
    REMOVE = "remove"
    GENERALISE = "generalise"


class Ground(Term):
    """Why somebody is erased. A closed list: a sentence might name the person."""

    REQUEST = "request", N_("Die Person möchte es")
    PERIOD = "period", N_("Die Frist ist abgelaufen")
    MISTAKE = "mistake", N_("Der Datensatz ist ein Versehen")


class ErasureState(Term):
    """How far an erasure is."""

    PROPOSED = "proposed", N_("vorgeschlagen")
    WITHHELD = "withheld", N_("gesperrt")
    DONE = "done", N_("gelöscht")
    UNDONE = "undone", N_("zurückgenommen")


class RunState(Term):
    """How far a run of the retention job is. One that was killed goes on with the next one."""

    RUNNING = "running", N_("läuft")
    DONE = "done", N_("fertig")


class Archive(Term):
    """What the archive, to which everything has to be offered before (HArchivG § 4, § 8), says to it."""

    OFFERED = "offered", N_("angeboten, noch keine Antwort")
    DECLINED = "declined", N_("abgelehnt")
    TAKEN = "taken", N_("übernommen")
    WAIVED = "waived", N_("verzichtet allgemein darauf")


UNDER_WAY = frozenset({ErasureState.PROPOSED, ErasureState.WITHHELD})
NAMELESS_SINCE = frozenset({ErasureState.WITHHELD, ErasureState.DONE})


@dataclass(frozen=True)
class Column:
    """One column of the register. `internal`: made by the machine, tells the person nothing. `others`: about somebody else.
    `free`: a sentence of the office, in which a name may stand."""

    name: str
    purpose: str
    basis: str
    on_erasure: Disposal
    internal: bool = False
    others: bool = False
    free: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the register. `nobody` says why it holds nothing about anybody; then there is nothing else to say.

    `of` names the columns that say whose a row is, the last one that is filled in counts; `about` is *participant* or *staff*.
    """

    name: str
    nobody: str = ""
    about: str = ""
    activity: str = ""
    of: tuple[str, ...] = ()
    on_erasure: Disposal = Disposal.KEEP
    purpose: str = ""
    basis: str = ""
    audience: tuple[str, ...] = ()
    retention: str = ""
    internal: bool = False
    columns: Mapping[str, Column] = field(default_factory=dict)

    @property
    def is_of_people(self) -> bool:
        """Whether it holds something about participants."""
        return self.about == "participant"

    def disposed(self, disposal: Disposal) -> list[str]:
        """The columns with which this is done."""
        return [column.name for column in self.columns.values() if column.on_erasure is disposal]


def _table(name: str, told: Mapping[str, Any]) -> Table:
    if "nobody" in told:
        return Table(name, nobody=told["nobody"])
    rows = Disposal(told.get("on_erasure", "keep"))
    columns = {
        key: Column(
            key, one.get("purpose", told["purpose"]), one.get("basis", told["basis"]), Disposal(one.get("on_erasure", rows)),
            *(bool(one.get(flag)) for flag in ("internal", "others", "free")),
        )
        for key, one in told["columns"].items()
    }  # fmt: skip
    return Table(
        name, "", told["about"], told["activity"], tuple(told.get("of", ())), rows, told["purpose"], told["basis"],
        tuple(told["audience"]), told["retention"], bool(told.get("internal")), MappingProxyType(columns),
    )  # fmt: skip


_DATA = json.loads((Path(__file__).parent / "register.json").read_text(encoding="utf-8"))
NAMES: Mapping[str, str] = MappingProxyType(_DATA["names"])  # what people call a column, whichever table it is of
ACTIVITIES: Mapping[str, Mapping[str, str]] = MappingProxyType(_DATA["activities"])
BASES: Mapping[str, str] = MappingProxyType(_DATA["bases"])
RETENTION: Mapping[str, str] = MappingProxyType(_DATA["retention"])
REGISTER: Mapping[str, Table] = MappingProxyType({name: _table(name, told) for name, told in _DATA["tables"].items()})


def missing(schema: Mapping[str, Collection[str]]) -> list[str]:
    """What the register does not say, or says of what is not there: `table.column`, by name. Empty: it is complete."""
    found = [table for table in schema if table not in REGISTER] + [table for table in REGISTER if table not in schema]
    for table, names in schema.items():
        told = REGISTER.get(table)
        if told is not None and not told.nobody:
            found += [f"{table}.{name}" for name in set(names) ^ set(told.columns)]
    return sorted(found)


def vague(table: Table) -> list[str]:
    """What an entry lacks: a purpose, a basis, a retention or an activity that the register knows, or a name to tell people."""
    if table.nobody:
        return []
    lists: list[tuple[str, Iterable[str], Collection[str]]] = [
        ("activity", [table.activity], ACTIVITIES),
        ("retention", [table.retention], RETENTION),
        ("basis", [column.basis for column in table.columns.values()], BASES),
    ]
    lacks = [f"{table.name}: {what}" for what, told, known in lists if not set(told) <= set(known)]
    if table.is_of_people and not table.internal and table.of:
        told = [one.name for one in table.columns.values() if not one.internal]
        lacks += [f"{table.name}.{name}: name" for name in told if name not in NAMES]
    return lacks + [f"{table.name}.{one.name}: purpose" for one in table.columns.values() if not one.purpose]


# What of a person stays, coarser.


def coarser_birth(birth: dt.date | None, entries: Collection[dt.date]) -> dt.date | None:
    """A day that stands for a day of birth and says less, and for which everybody is in the same class of age on each of these first
    days: nothing if there are none, else the same day for all who are in these classes then, else one of their own year or month."""
    if birth is None or not entries:
        return None
    here = _classes(birth, entries)
    return next(day for day in _coarser_days(birth, min(entries)) if _classes(day, entries) == here)


def _coarser_days(birth: dt.date, first: dt.date) -> Iterator[dt.date]:
    """The days looked through do not depend on the birth as long as possible, so that many people get the same one."""
    for step in YEARS_OF_A_GRID:
        for years in range((first.year - 1) % step, OLDEST_YEARS, step):
            yield dt.date(first.year - 1 - years, 7, 1)
    for month, day in ((7, 1), (1, 1), (12, 31)):
        yield dt.date(birth.year, month, day)
    last = calendar.monthrange(birth.year, birth.month)[1]
    for day in (1, last, *range(2, last)):
        yield birth.replace(day=day)
    yield birth


def _classes(birth: dt.date, entries: Collection[dt.date]) -> list[str | None]:
    """The class of age on each day, in every division the figures know; counted as `statistics.sums` does."""
    found = []
    for entry in sorted(entries):
        years = (_number(entry) - _number(birth)) // 10_000
        found += [
            next((name for limit, name in classes if years < limit), None) for classes in AGE_CLASSES.values()
        ]  # fmt: skip
    return found


def _number(day: dt.date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def coarser_language(language: str | None, listed: Collection[str]) -> str | None:
    """The language people named first as far as figures tell it apart; all others are one."""
    return language if language is None or language in listed else OTHER_LANGUAGE


def coarser_reason(reason: str | None, counted: Collection[str]) -> str | None:
    """Why somebody was away, if figures count it; illness and all else go."""
    return reason if reason in counted else None


class Traits(NamedTuple):
    """What is left of who somebody was, by the columns of `person`: what figures need of whoever had a place of their own, else nothing.
    What is None says nothing."""

    sex: str | None = None
    birth_date: dt.date | None = None
    late_resettler: bool = False
    citizenship_group: str | None = None
    family_language: str | None = None


NO_TRAIT = Traits()
# What people call them; what is taken away first where it helps as much as something else.
GIVEN_UP_FIRST = MappingProxyType({
    "family_language": N_("Familiensprache"), "citizenship_group": N_("Staatsangehörigkeit"), "late_resettler": N_("Spätaussiedlung"),
    "birth_date": N_("Altersklasse"), "sex": N_("Geschlecht"),
})  # fmt: skip


def left_of(told: Traits, entries: Collection[dt.date], listed: Collection[str]) -> Traits:
    """What an erasure leaves, for somebody whose places began on these days."""
    if not entries:
        return NO_TRAIT
    birth, language = coarser_birth(told.birth_date, entries), coarser_language(told.family_language, listed)
    return told._replace(birth_date=birth, family_language=language)


def alike(one: Traits, everybody: Mapping[Traits, int]) -> int:
    """How many people what is left of one of them could be (security.md PR-6); that one is among them. `everybody`: how many there
    are of each kind, erased or as an erasure would leave them."""
    return sum(
        count
        for other, count in everybody.items()
        if all(said is None or said == theirs for said, theirs in zip(one, other, strict=True))
    )


def given_up(one: Traits, everybody: Mapping[Traits, int]) -> tuple[str, ...]:
    """The fewest traits that have to go for enough people to be alike; all of them if nothing is enough."""
    for number in range(len(GIVEN_UP_FIRST)):
        for names in itertools.combinations(GIVEN_UP_FIRST, number):
            if alike(without(one, names), everybody) >= FEWEST_ALIKE:
                return names
    return tuple(GIVEN_UP_FIRST)


def without(one: Traits, names: Iterable[str]) -> Traits:
    """The traits but these."""
    return one._replace(**{name: getattr(NO_TRAIT, name) for name in names})


def is_theirs(application: Mapping[str, Any], person: Mapping[str, Any]) -> bool:
    """Whether an application that nobody has decided about is of this person: the same name, and something else besides."""
    if not _same(application, person, "given_name", "family_name"):
        return False
    return any(
        application[name] is not None and application[name] == person[name] for name in ("phone", "email", "birth_date")
    )


def _same(one: Mapping[str, Any], other: Mapping[str, Any], *names: str) -> bool:
    return all(str(one[name]).casefold() == str(other[name]).casefold() for name in names)


def names_somebody(rows: Iterable[Sequence[Any]], person: Mapping[str, Any]) -> bool:
    """Whether a row of a list (its number and its cells) holds all the words of a person's name."""
    words = f"{person['given_name']} {person['family_name']}".casefold().split()
    return any(
        bool(words) and set(words) <= set(" ".join(str(cell) for cell in cells).casefold().replace(",", " ").split())
        for _, cells in rows
    )


# What stands against it.


@dataclass(frozen=True)
class Tie:
    """A place of somebody in a course, also as a child: until when it lasts, and until when the proof of its funding is needed."""

    course: str
    status: EnrolmentStatus
    exit_date: dt.date | None
    ends_on: dt.date
    funded: bool
    reported_on: dt.date | None

    def runs(self, today: dt.date) -> bool:
        """Whether somebody is in a course that is not over, or waits for it."""
        if self.ends_on < today:
            return False
        if self.status in BEFORE_ENTRY:
            return True
        return self.status is EnrolmentStatus.ENROLLED and (self.exit_date is None or self.exit_date >= today)

    @property
    def last_day(self) -> dt.date:
        """The last day on which somebody was in the course."""
        return min(self.exit_date or self.ends_on, self.ends_on)

    @property
    def proof_until(self) -> dt.date | None:
        """The last day on which the proof of its funding has to be there."""
        return years_later(max(self.ends_on, self.reported_on or self.ends_on), FUNDED_YEARS) if self.funded else None


def years_later(day: dt.date, years: int) -> dt.date:
    """The same day so many years later; 29 February becomes the 28th."""
    return day.replace(year=day.year + years, day=min(day.day, 28) if day.month == 2 else day.day)


def obstacles(ties: Iterable[Tie], today: dt.date, *, is_under_way: bool = False) -> list[Reason]:
    """What nobody can be erased against. Empty is a yes."""
    reasons = [
        Reason(
            N_("Im Kurs {course} ist die Person noch dabei oder auf der Warteliste. Bitte beenden Sie das zuerst."),
            course=tie.course,
        )
        for tie in ties
        if tie.runs(today)
    ]
    if is_under_way:
        reasons.append(Reason(N_("Eine Löschung ist schon vorgeschlagen oder läuft.")))
    return reasons


@dataclass(frozen=True)
class Hold:
    """Why data are still needed, until a day or until somebody says otherwise."""

    reason: Reason
    until: dt.date | None


def holds_of(ties: Iterable[Tie], told: Iterable[Hold], today: dt.date) -> list[Hold]:
    """Everything that puts an erasure off: proofs of funding, and what somebody has laid down."""
    proofs = [
        Hold(Reason(N_("Nachweis der Förderung: {course}"), course=tie.course), tie.proof_until)
        for tie in ties
        if tie.proof_until is not None and tie.proof_until >= today
    ]
    return [*proofs, *(hold for hold in told if hold.until is None or hold.until >= today)]


def due_on(
    approved_on: dt.date, offered_on: dt.date | None, archive: Archive, holds: Collection[Hold]
) -> dt.date | None:
    """The first day on which nothing keeps what is set aside any longer; None while a hold has no end."""
    if any(hold.until is None for hold in holds):
        return None
    days = [approved_on + dt.timedelta(days=UNDO_DAYS)]
    days += [hold.until + dt.timedelta(days=1) for hold in holds if hold.until is not None]
    if archive is Archive.OFFERED:
        days.append(months_later(offered_on or approved_on, ARCHIVE_SILENT_MONTHS))
    return max(days)


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


# Members of staff.


def nameless_account(user_id: int) -> tuple[str, str]:
    """What stands where the name of whoever left stood, and an address to which nothing is sent (RFC 2606)."""
    return f"ehemals beschäftigt (Konto {user_id})", f"konto-{user_id}@geloescht.invalid"


def account_obstacles(*, is_own: bool, is_last: bool, courses: Iterable[str]) -> list[Reason]:
    """What an account cannot be erased against. Empty is a yes."""
    reasons = [
        Reason(
            N_("Die Person leitet noch den Kurs {course}. Bitte tragen Sie dort zuerst jemand anderen ein."),
            course=course,
        )
        for course in courses
    ]
    if is_own:
        reasons.append(Reason(N_("Ihr eigenes Konto löscht jemand anders.")))
    if is_last:
        reasons.append(Reason(N_("Das letzte Verwaltungskonto muss bleiben.")))
    return reasons


# Sentences about others in which a name stands.


def key_of_note(table: str, column: str, row_id: int) -> str:
    """How a note is called that is to be emptied: numbers and names of the schema only."""
    return f"{table}.{column}.{row_id}"


def note_of(key: str) -> tuple[str, str, int]:
    """Table, column and row of a note. Raises ValueError for what the register does not call a sentence of the office."""
    table, column, row_id = key.split(".")
    if table not in REGISTER or column not in REGISTER[table].columns or not REGISTER[table].columns[column].free:
        raise ValueError(f"{table}.{column} holds no sentences")
    return table, column, int(row_id)


# How long what is kept.


@dataclass(frozen=True)
class Period:
    """How long one kind of thing is kept, counted from what is said in `since`."""

    key: str
    title: str
    since: str
    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0

    def before(self, now: dt.datetime, today: dt.date) -> dt.datetime:
        """What began before this instant is kept no longer."""
        day = months_later(today, -(self.years * 12 + self.months)) - dt.timedelta(days=self.days)
        return now - dt.timedelta(days=(today - day).days, hours=self.hours)


PERIODS = (
    Period("people", "Menschen nach ihrem letzten Kurs", "last day in a course, of all", years=3),
    Period("never", "Menschen, die nie in einem Kurs waren", "entered", years=1),
    Period("accounts", "Konten, die gesperrt sind", "blocked", years=1),
    Period("applications", "Öffentliche Anmeldungen, über die niemand entschieden hat", "sent", months=6),
    Period("lists", "Eingelesene Listen", "sent", hours=1),
    Period("exports", "Lange Tabellen", "made", hours=24),
    Period("sessions", "Abgelaufene Anmeldungen", "expired"),
    Period("browsers", "Browser, die wir kennen", "last sign-in", days=KNOWN_LASTS.days),
    Period("invitations", "Abgelaufene Einladungen", "expired"),
    Period("families", "Familien ohne Mitglieder", "left"),
    Period("restored", "Stände vor einem Zurückspielen", "written", days=30),
)  # fmt: skip
# What a run of the retention job counts.
REMOVED = MappingProxyType({
    "erased": N_("Löschungen abgeschlossen"), "withheld": N_("Menschen gesperrt, deren Frist um ist"),
    "accounts": N_("Konten namenlos, die lange gesperrt sind"), "applications": N_("alte Anmeldungen"),
    "lists": N_("eingelesene Listen"), "exports": N_("lange Tabellen"), "sessions": N_("abgelaufene Sitzungen"),
    "browsers": N_("Browser, die wir kennen"), "invitations": N_("abgelaufene Einladungen"), "families": N_("Familien ohne Mitglieder"),
    "restored": N_("Stände vor einem Zurückspielen"), "trace": N_("Zeilen des Protokolls"),
})  # fmt: skip
PERIOD = MappingProxyType({period.key: period for period in PERIODS})


def is_kept_no_longer(ties: Sequence[Tie], entered_at: dt.datetime, now: dt.datetime, today: dt.date) -> bool:
    """Whether somebody's time is over: never while they are in a course or wait for one."""
    if any(tie.runs(today) for tie in ties):
        return False
    if not ties:
        return entered_at < PERIOD["never"].before(now, today)
    return max(tie.last_day for tie in ties) < months_later(today, -PERIOD["people"].years * 12)


def clock_doubt(
    now: dt.datetime, newest: dt.datetime | None, last_run: dt.datetime | None, *, confirmed: bool
) -> Reason | None:
    """What speaks against trusting the clock: it goes behind what has happened already (`newest`), or has leapt ahead since the
    retention job ran last, which it does every night; if it never did, since anything happened."""
    if newest is not None and now < newest:
        return Reason(
            N_("Die Uhr geht nach: {moment} UTC war schon. Es wurde nichts gelöscht."),
            moment=f"{newest:%Y-%m-%d %H:%M}",
        )
    since = last_run or newest
    if since is not None and now - since > STEPS_OF_THE_CLOCK and not confirmed:
        return Reason(
            N_("Zuletzt lief es am {day}. Geht die Uhr richtig, dann bestätigen Sie mit --now {today}. Es wurde nichts gelöscht."),
            day=f"{since:%Y-%m-%d}", today=f"{now:%Y-%m-%d}",
        )  # fmt: skip
    return None


def is_time_to_run(now: dt.datetime, last_run: dt.datetime | None) -> bool:
    """Whether the retention job begins by itself at this moment on the county's clock: once a night, or by day when it missed one."""
    if last_run is None:
        return now.hour in NIGHT
    is_night = now.hour in NIGHT and last_run.astimezone(now.tzinfo).date() < now.date()
    return is_night or now - last_run > NIGHT_MISSED


# What somebody did with whose record, from the numbers of the trace.


def concerns(parts: Sequence[str], names: Sequence[str], ids: Mapping[str, Collection[int]]) -> bool:
    """Whether a line of the trace is about somebody: `parts` are the numbers it holds, `names` what each is a number of."""
    return any(part.isdigit() and int(part) in ids.get(name, ()) for part, name in zip(parts, names, strict=False))
