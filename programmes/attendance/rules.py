"""Decides what a mark means: minutes, who may be marked, when a roll call is complete, what the latest word is."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import NamedTuple

from programmes.catalogue.rules import MARK_RULES, PACKS, Meaning, RulePack, elapsed_minutes
from programmes.enrolment.rules import on_day
from programmes.participants.rules import plain
from wording import N_, Reason, Term


class Mark(Term):
    """What the roll call says of one person on one day. *Not recorded* is a state of its own, never *absent*."""

    PRESENT = "present", N_("anwesend")
    ABSENT_NOTIFIED = "absent_notified", N_("gemeldet")
    ABSENT_EXCUSED = "absent_excused", N_("entschuldigt")
    ABSENT_UNEXCUSED = "absent_unexcused", N_("unentschuldigt")
    ABSENT = "absent", N_("nicht da")
    TRANSFER = "transfer", N_("Wechsel")
    PLACEMENT = "placement", N_("Praktikum")
    NOT_RECORDED = "not_recorded", N_("nicht erfasst")


class Source(Term):
    """How a statement came in."""

    FORM = "form", N_("am Bildschirm")
    FILL = "fill", N_("mit „Alle Übrigen anwesend“")
    PHONE = "phone", N_("vom Telefon")


class Outcome(Term):
    """What the server says to an event of a phone. Any of these is final: the phone may forget all but the refused."""

    STORED = "stored", N_("gespeichert")
    DUPLICATE = "duplicate", N_("war schon da")
    CONFLICT = "conflict", N_("widerspricht einem früheren Eingang")
    REFUSED = "refused", N_("nicht angenommen")


class AbsenceReason(Term):
    """Why somebody was away, as a class: never a diagnosis (domain.md D5)."""

    ILLNESS = "illness", N_("Krankheit")
    CHILDCARE_FORESEEABLE = "childcare_foreseeable", N_("Kinderbetreuung, vorhersehbar")
    CHILDCARE_UNFORESEEABLE = "childcare_unforeseeable", N_("Kinderbetreuung, unvorhergesehen")
    AUTHORITY = "authority", N_("Termin bei einer Behörde")
    WORK = "work", N_("Arbeit")
    MOVED = "moved", N_("Umzug")
    OWN_DECISION = "own_decision", N_("eigene Entscheidung")
    UNKNOWN = "unknown", N_("unbekannt")


class Presence(Term):
    """How a family came; families, adults and children are three numbers that are never added."""

    TOGETHER = "together", N_("Mutter und Kind")
    ADULT_ALONE = "adult_alone", N_("Mutter ohne Kind")
    CHILD_WITH_OTHER = "child_with_other", N_("Kind mit anderer Begleitung")
    ABSENT = "absent", N_("nicht da")
    OPEN = "open", N_("nicht erfasst")


# What marks mean and which a roll call offers is data: programmes/catalogue/rule_packs.json.
MEANING = {Mark(key): rule.means for key, rule in MARK_RULES.items()}
LETTERS = {Mark(key): rule.letter for key, rule in MARK_RULES.items()}  # on paper
IN_ADVANCE = frozenset(Mark(key) for key, rule in MARK_RULES.items() if rule.ahead)  # of a day that is still to come
WITH_REASON = frozenset(Mark(key) for pack in PACKS.values() for key in pack.reasons)  # in one pack or another
DISPENSED = frozenset(mark for mark, means in MEANING.items() if means is Meaning.DISPENSED)
EXCUSED = frozenset(mark for mark, means in MEANING.items() if means is Meaning.EXCUSED) | DISPENSED
ABSENT = frozenset(MEANING) - DISPENSED - {Mark.PRESENT}
CHILDCARE = frozenset({AbsenceReason.CHILDCARE_FORESEEABLE, AbsenceReason.CHILDCARE_UNFORESEEABLE})
ABSENT_TWICE = 2  # so often in a row, and somebody should ask how they are (domain.md D5)


@dataclass(frozen=True)
class Entry:
    """What is recorded of one person at one meeting."""

    mark: Mark = Mark.NOT_RECORDED
    arrived_at: dt.time | None = None
    left_at: dt.time | None = None
    reason: AbsenceReason | None = None


NOTHING = Entry()
Member = tuple[int, int | None]  # an enrolment, and its child or None for the adult


@dataclass(frozen=True)
class Slot:
    """The meeting an entry belongs to, as far as minutes need it. `minutes` is net of the break."""

    date: dt.date
    starts_at: dt.time
    ends_at: dt.time
    minutes: int
    zone: str = "Europe/Berlin"


def minutes_attended(entry: Entry, slot: Slot, late_after_minutes: int) -> int:
    """Minutes that count for a person. Coming or going counts only beyond the programme's tolerance (15 minutes).

    The break is taken off the meeting once; minutes missed at the start and the end are taken off what is left.
    """
    if entry.mark is not Mark.PRESENT:
        return 0
    missed = 0
    if entry.arrived_at is not None and entry.arrived_at > slot.starts_at:
        late = elapsed_minutes(slot.date, slot.starts_at, min(entry.arrived_at, slot.ends_at), slot.zone)
        missed += late if late > late_after_minutes else 0
    if entry.left_at is not None and entry.left_at < slot.ends_at:
        early = elapsed_minutes(slot.date, max(entry.left_at, slot.starts_at), slot.ends_at, slot.zone)
        missed += early if early > late_after_minutes else 0
    return max(0, slot.minutes - missed)


def marks_offered(pack: RulePack, date: dt.date, today: dt.date) -> tuple[Mark, ...]:
    """The marks that a roll call of this day offers, besides *not recorded*."""
    return tuple(Mark(key) for key in pack.marks if date <= today or key in IN_ADVANCE)


def letters_of(pack: RulePack) -> tuple[tuple[str, str], ...]:
    """The letters that a sheet of this pack uses, with what they say in German; paper is not translated."""
    return tuple((LETTERS[mark], mark.label) for mark in map(Mark, pack.marks))


def is_dispensed(mark: Mark) -> bool:
    """Whether a meeting leaves what is offered to this person: neither attended nor missed (W and P, domain.md B1)."""
    return mark in DISPENSED


def entry_reasons(entry: Entry, slot: Slot, pack: RulePack, today: dt.date, *, field: str) -> list[Reason]:
    """What speaks against this entry."""
    reasons = []
    if entry.mark is not Mark.NOT_RECORDED:
        if entry.mark not in pack.marks:
            reasons.append(Reason(N_("Dieses Zeichen gibt es in diesem Programm nicht."), field=field))
        elif slot.date > today and entry.mark not in IN_ADVANCE:
            reasons.append(
                Reason(
                    N_("Vor dem Tag des Termins gibt es nur Abmeldungen und Entschuldigungen, noch keine Anwesenheit."),
                    field=field,
                )
            )
    if entry.mark is not Mark.PRESENT and (entry.arrived_at or entry.left_at):
        reasons.append(Reason(N_("Kommt- und Geht-Zeiten gehören zu „anwesend“."), field=field))
    for time in (entry.arrived_at, entry.left_at):
        if time is not None and not slot.starts_at <= time <= slot.ends_at:
            reasons.append(
                Reason(
                    N_("Die Uhrzeit {time} liegt nicht im Termin ({first}–{last})."),
                    field=field,
                    time=time.strftime("%H:%M"),
                    first=slot.starts_at.strftime("%H:%M"),
                    last=slot.ends_at.strftime("%H:%M"),
                )
            )
    if entry.arrived_at and entry.left_at and entry.left_at <= entry.arrived_at:
        reasons.append(Reason(N_("„Geht“ liegt nicht nach „Kommt“."), field=field))
    if entry.reason is not None and entry.mark not in pack.reasons:
        reasons.append(Reason(N_("Zu diesem Zeichen gehört hier kein Grund."), field=field))
    return reasons


def day_reasons(
    entry: dt.date | None, leaving: dt.date | None, day: dt.date, *, field: str | None = None
) -> list[Reason]:
    """What speaks against marking somebody on this day: no marks before entry, none after exit."""
    if on_day(entry, leaving, day):
        return []
    if entry is None or day < entry:
        when = entry.strftime("%d.%m.%Y") if entry else "–"
        return [Reason(N_("Erst ab {day} im Kurs."), field=field, day=when)]
    return [Reason(N_("Nur bis {day} im Kurs."), field=field, day=leaving.strftime("%d.%m.%Y") if leaving else "–")]


def changed(shown: object, said: object, stored: object) -> bool:
    """Whether a form says something new. What it only repeats of the page never overwrites what came in meanwhile."""
    return said not in (shown, stored)


def conflicts(shown: object, said: object, stored: object) -> bool:
    """Whether somebody else said something different since the page was shown."""
    return changed(shown, said, stored) and stored != shown


def correction_reasons(*, closed_once: bool, correction: str | None) -> list[Reason]:
    """What speaks against changing a roll call: once it was closed, every change says why."""
    if closed_once and not correction:
        return [
            Reason(
                N_(
                    "Dieser Termin war schon abgeschlossen. Bitte begründen Sie die Änderung; der alte Eintrag bleibt erhalten."
                ),
                field="correction",
            )
        ]
    return []


def closing_reasons(
    date: dt.date, today: dt.date, not_recorded: int, cancelled: bool, disputed: int = 0
) -> list[Reason]:
    """What speaks against closing a roll call (domain.md D1: nobody left *not recorded*, nothing in dispute)."""
    reasons = []
    if cancelled:
        reasons.append(Reason(N_("Der Termin ist ausgefallen.")))
    if date > today:
        reasons.append(Reason(N_("Der Termin liegt in der Zukunft.")))
    if not_recorded:
        reasons.append(
            Reason(
                N_("Noch nicht erfasst: {count}. Erst wenn alle erfasst sind, kann der Termin abgeschlossen werden."),
                count=not_recorded,
            )
        )
    if disputed:
        reasons.append(
            Reason(
                N_("Noch strittig: {count}. Bitte entscheiden Sie, welche der beiden Angaben stimmt."), count=disputed
            )
        )
    return reasons


REMIND_AFTER_DAYS = (
    3  # a roll call that is still open then is a warning on the first page of who leads and who coordinates
)


def days_open(date: dt.date, today: dt.date) -> int:
    """For how many days a roll call could have been closed already."""
    return max(0, (today - date).days)


def is_overdue(date: dt.date, today: dt.date) -> bool:
    """Whether somebody has to be reminded to close this roll call."""
    return days_open(date, today) >= REMIND_AFTER_DAYS


def closed_reasons(taken_back: int) -> list[Reason]:
    """What speaks against correcting a closed roll call in this way: it stays complete."""
    if taken_back:
        return [Reason(N_("„Nicht erfasst“ geht erst wieder, wenn der Termin wieder geöffnet ist."))]
    return []


def not_held_reasons(
    date: dt.date, today: dt.date, *, cancelled: bool, closed_once: bool, somebody_there: bool
) -> list[Reason]:
    """What speaks against a leader's saying that a meeting did not take place (domain.md D6): only of today, and only
    where nobody was seen. What lies ahead is planned by the office, and by tomorrow it has counted on what took place."""
    if cancelled:
        return [Reason(N_("Der Termin ist schon ausgefallen."))]
    if closed_once:
        return [Reason(N_("Die Anwesenheit war schon abgeschlossen. Bitte wenden Sie sich an die Koordination."))]
    if date != today:
        return [Reason(N_("Das geht nur am Tag des Termins. Sonst sagt es die Koordination."))]
    if somebody_there:
        return [Reason(N_("Es ist schon jemand als anwesend erfasst."))]
    return []


_NOTE_WORDS = json.loads((Path(__file__).parent / "note_words.json").read_text(encoding="utf-8"))
ILLNESS = tuple(plain(word) for word in _NOTE_WORDS["illness"])  # how such words begin
EVERYDAY = frozenset(plain(word) for word in _NOTE_WORDS["everyday"])  # first names, and German words as well
SHORTEST_NAME = 2
WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)?")


@dataclass(frozen=True)
class Named:
    """What a note should not say, as it is written there: names of children, and words somebody may confirm."""

    children: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def named_in(note: str | None, adults: Iterable[str], children: Iterable[str]) -> Named:
    """First names of people on this list, and words of illness, in a note. A genitive is the name as well.

    A name that is also an everyday word (Nur, Mai) is only a name when it has a capital, and then never more than doubtful.
    """
    of_children, of_adults = _names(children), _names(adults)
    found: list[str] = []
    doubtful: list[str] = []
    for word in dict.fromkeys(WORD.findall(note or "")):
        bare = plain(re.sub(r"[’']s?$", "", word))
        forms = {bare, bare.removesuffix("s")} - {""}
        everyday = bool(forms & EVERYDAY)
        if everyday and not word[0].isupper():
            continue
        if forms & of_children and not everyday:
            found.append(word)
        elif forms & (of_children | of_adults) or bare.startswith(ILLNESS):
            doubtful.append(word)
    return Named(tuple(found), tuple(doubtful))


def _names(names: Iterable[str]) -> set[str]:
    parts = {plain(part) for name in names for part in re.split(r"[\s’'\-]+", name)}
    return {part for part in parts if len(part) >= SHORTEST_NAME}


def note_reasons(named: Named, confirmed: Collection[str]) -> list[Reason]:
    """What speaks against keeping a note. Adults and illness may be confirmed, a child's name may not.

    Nothing in the work needs it: the marks say who was there, and "ein Kind" says the rest. What it leads to is remarks about
    a child's behaviour in free text, which belong nowhere here (domain.md D2, B11).
    """
    reasons = []
    if named.children:
        reasons.append(
            Reason(
                N_("Hier steht der Name eines Kindes: {words}. Bitte ohne Namen, zum Beispiel „ein Kind“."),
                field="note",
                words=", ".join(named.children),
            )
        )
    if not set(named.doubtful) <= set(confirmed):
        reasons.append(
            Reason(
                N_("Bitte prüfen: {words}. Namen und Krankheiten gehören nicht in die Notiz."),
                field="note",
                words=", ".join(named.doubtful),
            )
        )
    return reasons


def presence(adult: Mark, children: Sequence[Mark]) -> Presence:
    """How a family came. A child of that age never comes alone, so a child without its mother came with somebody else."""
    child_here = Mark.PRESENT in children
    if adult is Mark.PRESENT:
        return Presence.TOGETHER if child_here else Presence.ADULT_ALONE
    if child_here:
        return Presence.CHILD_WITH_OTHER
    if adult is Mark.NOT_RECORDED or Mark.NOT_RECORDED in children:
        return Presence.OPEN
    return Presence.ABSENT


@dataclass
class Tally:
    """A roll call in numbers. `here`, `away` and `unknown` count lines: people, or families that came as a pair.

    Families, adults and children stay apart and are never added; `parted` are families of which only a part came.
    """

    here: int = 0
    away: int = 0
    unknown: int = 0
    parted: int = 0
    adults: int = 0
    children: int = 0

    @property
    def lines(self) -> int:
        return self.here + self.away + self.unknown + self.parted

    def add(self, marks: Sequence[Mark]) -> None:
        """Count one line: the adult's mark, then those of the children."""
        adult, *children = marks
        self.adults += adult is Mark.PRESENT
        self.children += children.count(Mark.PRESENT)
        if Mark.NOT_RECORDED in marks:
            self.unknown += 1
        elif Mark.PRESENT not in marks:
            self.away += 1
        elif children and (adult is not Mark.PRESENT or Mark.PRESENT not in children):
            self.parted += 1
        else:
            self.here += 1


@dataclass(frozen=True)
class MarkStatement:
    """One event of a mark: who said what of one person at one meeting.

    `recorded_at` is what the clock of the device claims, `doubtful` that the claim cannot be true. `replaces` are the
    events that the author saw and means to correct. `office`: said by whoever decides about the course.
    """

    id: str
    author_id: int
    entry: Entry
    recorded_at: dt.datetime
    replaces: frozenset[str] = frozenset()
    source: Source = Source.FORM
    office: bool = False
    doubtful: bool = False

    @property
    def binds(self) -> bool:
        """Whether this is an excuse of the office, which no phone overwrites (users_ask.md, section 3, 6)."""
        return self.office and self.entry.mark in EXCUSED


@dataclass(frozen=True)
class Holding:
    """What holds of one person at one meeting, and who says otherwise: a dispute is shown, never decided by a clock."""

    statement: MarkStatement
    against: tuple[MarkStatement, ...] = ()

    @property
    def entry(self) -> Entry:
        return self.statement.entry


def standing(statements: Iterable[MarkStatement]) -> list[MarkStatement]:
    """Everybody's latest word that nobody has corrected. Depends on what was said, not on the order in which it arrived.

    Among one author's words the later claim counts, and a claim that cannot be true before any other. What an excuse of
    the office says is only corrected in the office or on a page that shows it, never by a phone.
    """
    said = sorted(statements, key=lambda one: (not one.doubtful, one.recorded_at, one.id))
    author_of = {one.id: one.author_id for one in said}
    binding = {one.id for one in said if one.binds}
    corrected, by_themselves = set(), set()
    for one in said:
        for event_id in one.replaces:
            if one.source is not Source.PHONE or event_id not in binding or author_of[event_id] == one.author_id:
                corrected.add(event_id)
            if author_of.get(event_id) == one.author_id:
                by_themselves.add(event_id)
    latest = {one.author_id: one for one in said if one.id not in by_themselves}
    return [one for one in latest.values() if one.id not in corrected] or list(latest.values())


def holding(statements: Iterable[MarkStatement]) -> Holding | None:
    """What holds. Where words differ, an excuse of the office comes first, then who was seen, then the more exact word.

    Nothing recorded is no word against anybody. Two words differ unless one only says more than the other.
    """
    words = [one for one in standing(statements) if one.entry.mark is not Mark.NOT_RECORDED]
    if not words:
        return None
    words.sort(key=_rank)
    first, *rest = words
    return Holding(first, tuple(one for one in rest if not _covers(first, one)))


PRECEDENCE = (
    Mark.PRESENT, Mark.TRANSFER, Mark.PLACEMENT, Mark.ABSENT_EXCUSED, Mark.ABSENT_NOTIFIED, Mark.ABSENT_UNEXCUSED, Mark.ABSENT, Mark.NOT_RECORDED,
)  # fmt: skip


def _details(entry: Entry) -> tuple[object, ...]:
    return (entry.arrived_at, entry.left_at, entry.reason)


def _rank(one: MarkStatement) -> tuple[bool, int, int, str]:
    told = sum(detail is not None for detail in _details(one.entry))
    return (not one.binds, PRECEDENCE.index(one.entry.mark), -told, one.id)


def _covers(first: MarkStatement, other: MarkStatement) -> bool:
    """Whether the other word is true as well: it says the same with fewer details, or only that the excused was away."""
    if first.binds and other.entry.mark in ABSENT:
        return True
    if first.entry.mark is not other.entry.mark:
        return False
    pairs = zip(_details(first.entry), _details(other.entry), strict=True)
    return all(said is None or said == held for held, said in pairs)


def display_names(names: Sequence[str]) -> list[str]:
    """Names of a roster ("Bulut, Hacer") as a phone may keep them: the called name and as few letters as tell people apart.

    Two with the same letters get one more each, until the whole name is out (security.md SY-7).
    """
    parts = [
        (given or family, family if given else "") for family, _, given in (name.partition(", ") for name in names)
    ]
    shown = []
    for given, family in parts:
        others = [other for called, other in parts if called == given and other != family]
        length = 1
        while length < len(family) and any(other[:length] == family[:length] for other in others):
            length += 1
        dot = "." if length < len(family) else ""
        shown.append(f"{given} {family[:length]}{dot}".strip())
    return shown


class SheetState(Term):
    """Where the signature sheet of a meeting stands."""

    NOT_PRINTED = "not_printed", N_("nicht gedruckt")
    PRINTED = "printed", N_("gedruckt")
    OUTDATED = "outdated", N_("überholt")
    FILED = "filed", N_("abgelegt")


class Finding(Term):
    """What comes of comparing paper and roll call; the most urgent first."""

    MISSING = "missing", N_("Liste fehlt")
    DIFFERENCE = "difference", N_("Zahlen weichen ab")
    NOT_CLOSED = "not_closed", N_("Anwesenheit noch offen")
    OUTDATED = "outdated", N_("neu drucken")
    NOT_DUE = "not_due", N_("noch nicht fällig")
    RIGHT = "right", N_("stimmt")
    CANCELLED = "cancelled", N_("ausgefallen")

    @property
    def waits(self) -> bool:
        """Whether somebody has to do something about it."""
        return self in {Finding.MISSING, Finding.DIFFERENCE, Finding.NOT_CLOSED, Finding.OUTDATED}


class Signer(NamedTuple):
    """One line of a sheet in which somebody may sign."""

    number: int
    name: str
    children: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed:
    """What must be right about a sheet for it to hold: when and where, and who is expected under which number.

    Who comes later or has left is struck on the sheet; whether the line is there at all changes nothing for those who sign.
    So the sheets of last month stay right when somebody joins today.
    """

    date: dt.date
    starts_at: dt.time
    ends_at: dt.time
    break_minutes: int
    municipality_id: int
    venue: str
    signers: tuple[Signer, ...]


class Filed(NamedTuple):
    """What is said of a signed sheet: when and by whom it was put where, and how many adults signed."""

    filed_on: dt.date
    filed_by: str
    place: str
    signatures: int


STAMP = 4  # letters of a fingerprint that people compare
ONE_PRINT = dt.timedelta(minutes=10)  # a viewer that loads the file once more hands out no second sheet


def fingerprint(listed: Listed) -> str:
    """The same for the same list, another for any other; 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(astuple(listed), default=str).encode()).hexdigest()


def stamp(fingerprint: str) -> str:
    """What stands on the paper and in the register, to tell two printed lists apart."""
    return fingerprint[:STAMP].upper()


def same_print(before: tuple[str, int, dt.datetime] | None, fingerprint: str, by_id: int, now: dt.datetime) -> bool:
    """Whether this is the sheet that was just handed out to the same person: `before` is its fingerprint, to whom, when."""
    return before is not None and before[:2] == (fingerprint, by_id) and now - before[2] < ONE_PRINT


def sheet_state(printed: str | None, current: str, *, filed: bool) -> SheetState:
    """Where a sheet stands: `printed` is the fingerprint of the one handed out last, `current` that of the list today."""
    if filed:
        return SheetState.FILED
    if printed is None:
        return SheetState.NOT_PRINTED
    return SheetState.PRINTED if printed == current else SheetState.OUTDATED


def filing_reasons(
    date: dt.date, today: dt.date, filed_on: dt.date | None, *, cancelled: bool, heads_only: bool
) -> list[Reason]:
    """What speaks against filing the sheet of a meeting of this day; `filed_on` None asks whether it can be filed at all."""
    if heads_only:
        return [Reason(N_("Hier werden nur Köpfe gezählt; es gibt keine Liste zum Unterschreiben."))]
    if cancelled:
        return [Reason(N_("Der Termin ist ausgefallen."))]
    if date > today:
        return [Reason(N_("Der Termin liegt in der Zukunft."))]
    if filed_on is not None and filed_on < date:
        day = date.strftime("%d.%m.%Y")
        return [Reason(N_("Die Liste kann erst nach dem Termin am {day} abgelegt sein."), field="filed_on", day=day)]
    if filed_on is not None and filed_on > today:
        return [Reason(N_("Dieser Tag liegt in der Zukunft."), field="filed_on")]
    return []


def finding(
    date: dt.date, today: dt.date, state: SheetState, *, cancelled: bool, closed: bool, difference: int
) -> Finding:
    """What comes of comparing the paper of a meeting with its roll call. The sheet of a day is missing from the next day on."""
    if cancelled:
        return Finding.CANCELLED
    if state is SheetState.FILED:
        if not closed:
            return Finding.NOT_CLOSED
        return Finding.DIFFERENCE if difference else Finding.RIGHT
    if date < today:
        return Finding.MISSING
    return Finding.OUTDATED if state is SheetState.OUTDATED else Finding.NOT_DUE


CLOCK_BEHIND = dt.timedelta(hours=12)  # a phone may be prepared at home …
CLOCK_AHEAD = dt.timedelta(minutes=5)  # … and be a little fast (security.md SY-5)


def clock_is_doubtful(recorded_at: dt.datetime, begins: dt.datetime, now: dt.datetime) -> bool:
    """Whether a device cannot have recorded this when it claims. The event is kept all the same."""
    return not begins - CLOCK_BEHIND <= recorded_at <= now + CLOCK_AHEAD


def absent_in_a_row(marks: Sequence[Mark]) -> int:
    """How often somebody has just been away in a row; `marks` in order of meetings, left aside what is not recorded or dispensed."""
    count = 0
    for mark in reversed(marks):
        if mark in ABSENT:
            count += 1
        elif mark is Mark.PRESENT:
            break
    return count
