"""Asks who came. The lines of a roll call are read by a small parser of their own: 25 lines are 150 fields.

Names of the fields (stable; `E` is an enrolment, `C` one of its children):

    mark-E                        a person: present, absent_notified, absent_excused, absent_unexcused, not_recorded
    family-E                      a family: together, split, absent_notified, absent, not_recorded
    adult-E, child-E-C            when split: the mark of the adult and of each child
    arrived-E, left-E, reason-E   times, when somebody is present; the class of reason, when somebody is notified or excused
    was-E                         what the page showed of this line; a line that only repeats it changes nothing
    visitors, note, correction    and, for the same purpose, was_visitors and was_note
    heads_G, was_heads_G          at an event: how many of each group of its rule pack
    topic, own_topic, was_topic   one of the programme's topics, or words of one's own, which come first
    note_confirmed                words of the note that are meant
    action                        save, fill, close or reopen
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask_babel import gettext, lazy_gettext
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict
from wtforms.widgets import HiddenInput

from fields import Choice, Day, Form, Number, Text, clock_time, showable
from programmes.attendance.queries import Line
from programmes.attendance.rules import (
    ABSENT,
    NOTHING,
    WITH_REASON,
    AbsenceReason,
    Entry,
    Filed,
    Mark,
    Member,
    changed,
    conflicts,
    day_reasons,
)
from programmes.catalogue.rules import HeadGroup, RulePack
from wording import N_, Reason

TOGETHER, SPLIT = "together", "split"
MARKS = {mark.value: mark for mark in Mark}
FAMILY_MARKS = MARKS | {TOGETHER: Mark.PRESENT}
REASONS = {reason.value: reason for reason in AbsenceReason}
OF_A_LINE = re.compile(r"(?:mark|family|adult|arrived|left|reason|was)-(.*)|child-([^-]*)-(.*)", re.DOTALL)
PLACE = re.compile("@([a-z]+)@")
DISPUTED = ";?"  # ends the word for a line about which two people differ
LONGEST_TIME = 8  # 09:30:00
LONGEST_NOTE = 300
LONGEST_TOPIC = 200
MOST_OF_A_GROUP = 10_000


class RollCall(Form):
    """What a roll call asks besides its lines."""

    visitors = Number(lazy_gettext("Gäste und Geschwister ohne Platz"), most=1000, optional=True)
    note = Text(
        lazy_gettext("Notiz zum Termin"),
        most=LONGEST_NOTE,
        optional=True,
        several_lines=True,
        description=lazy_gettext("Kurz und sachlich. Bitte keine Namen von Kindern und keine Krankheiten."),
    )
    correction = Text(
        lazy_gettext("Begründung"),
        most=300,
        optional=True,
        description=lazy_gettext("Was war falsch, und woher wissen Sie es? Zum Beispiel: Attest am 22.11. gesehen."),
    )
    topic = Choice(lazy_gettext("Thema"), optional=True, coerce=lambda value: value or None)
    own_topic = Text(
        lazy_gettext("Anderes Thema"),
        most=LONGEST_TOPIC,
        optional=True,
        description=lazy_gettext("Nur wenn es oben nicht steht."),
    )
    was_topic = Text("", most=LONGEST_TOPIC, optional=True, widget=HiddenInput())
    was_visitors = Number("", most=100_000, optional=True, widget=HiddenInput())
    was_note = Text("", most=500, optional=True, several_lines=True, widget=HiddenInput())

    groups: tuple[HeadGroup, ...] = ()

    @classmethod
    def of(cls, meeting: Any) -> RollCall:
        """The form of a meeting, with what is stored of it."""
        made = cls(
            data={
                "visitors": meeting.visitors,
                "note": meeting.note,
                "topic": meeting.topic,
                "was_visitors": meeting.visitors,
                "was_note": meeting.note,
                "was_topic": meeting.topic,
            }
            | {f"{was}heads_{key}": count for key, count in (meeting.heads or {}).items() for was in ("", "was_")}
        )
        known = [topic for topic in meeting.course.programme.topics if len(topic) <= LONGEST_TOPIC]
        shown = (meeting.topic, made.was_topic.data)
        topics = dict.fromkeys([*known, *(topic for topic in shown if topic and len(topic) <= LONGEST_TOPIC)])
        made.topic.offer((topic, topic) for topic in topics)
        return made

    def take(self, meeting: Any) -> dict[str, Any]:
        """Visitors, note, topic and heads as they shall be, by the names of `actions.Said`.

        What only repeats the page keeps what is stored; a collision is an error at its field.
        """
        said = {
            "visitors": meeting.visitors,
            "note": self._merge(self.note, self.was_note, meeting.note),
            "topic": self._merge(self.topic, self.was_topic, meeting.topic, self.own_topic.data or self.topic.data),
        }
        if self.groups:
            stored = meeting.heads or {}
            fields = [(key, self[f"heads_{key}"], self[f"was_heads_{key}"]) for key, _ in self.heads]
            counts = {key: self._merge(field, was, stored.get(key)) for key, field, was in fields}
            said["heads"] = {key: count for key, count in counts.items() if count is not None} or None
        else:
            said["visitors"] = self._merge(self.visitors, self.was_visitors, meeting.visitors)
        return said

    @property
    def heads(self) -> list[tuple[str, Any]]:
        """The fields of the groups that an event counts."""
        return [(group.key, self[f"heads_{group.key}"]) for group in self.groups]

    @property
    def collided(self) -> bool:
        """Whether somebody else said something different of the meeting meanwhile."""
        fields = [self.visitors, self.note, self.topic, *(field for _, field in self.heads)]
        return any(field.errors for field in fields)

    def _merge(self, field: Any, shown: Any, stored: Any, *instead: Any) -> Any:
        said = instead[0] if instead else field.data
        if conflicts(shown.data, said, stored):
            field.errors = [
                *field.errors,
                gettext(
                    "Inzwischen steht hier etwas anderes: „%(stored)s“. Wenn Sie noch einmal speichern, gilt Ihre Angabe.",
                    stored="–" if stored is None else stored,
                ),
            ]
            shown.data, shown.raw_data = stored, None
        return said if changed(shown.data, said, stored) else stored


@lru_cache(maxsize=64)
def roll_call_of(pack: RulePack) -> type[RollCall]:
    """What a roll call of this rule pack asks besides its lines; at an event a number of heads for each group, no names."""
    if not pack.counts_heads:
        return RollCall
    fields: dict[str, Any] = {"groups": pack.heads}
    for group in pack.heads:
        fields[f"heads_{group.key}"] = Number(lazy_gettext(group.label), most=MOST_OF_A_GROUP, optional=True)
        fields[f"was_heads_{group.key}"] = Number("", most=MOST_OF_A_GROUP, optional=True, widget=HiddenInput())
    return type("HeadCount", (RollCall,), fields)


class FilingForm(Form):
    """Where the signed sheet lies, and how many signed. The number is counted on the paper, so no page suggests one."""

    signatures = Number(
        lazy_gettext("Unterschriften von Erwachsenen"),
        most=1000,
        description=lazy_gettext("Bitte auf dem Papier zählen, ohne die Zeilen für Gäste."),
    )
    filed_on = Day(lazy_gettext("Abgelegt am"))
    filed_by = Text(lazy_gettext("Abgelegt von"), most=120)
    place = Text(
        lazy_gettext("Wo"),
        most=160,
        description=lazy_gettext("Zum Beispiel: Kreishaus, Zimmer 214, Ordner des Kurses."),
    )

    def facts(self) -> Filed:
        """What was filled in, once the form is valid."""
        day, by, place, signatures = self.filed_on.data, self.filed_by.data, self.place.data, self.signatures.data
        if day is None or by is None or place is None or signatures is None:
            raise ValueError("Ask a form for its facts only when it is valid")
        return Filed(day, by, place, signatures)


@dataclass(frozen=True, slots=True)
class Answer:
    """A line as a form has it: one mark for the adult and each child, one pair of times and one reason for all of them."""

    marks: tuple[Mark, ...]
    arrived_at: dt.time | None = None
    left_at: dt.time | None = None
    reason: AbsenceReason | None = None

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Answer:
        """The form of what is recorded."""
        here = next((entry for entry in entries if entry.mark is Mark.PRESENT), NOTHING)
        away = next((entry for entry in entries if entry.reason is not None), NOTHING)
        return cls(tuple(entry.mark for entry in entries), here.arrived_at, here.left_at, away.reason)

    def entries(self) -> tuple[Entry, ...]:
        """What would be recorded: times belong to those present, the reason to those who excused themselves."""
        return tuple(
            Entry(
                mark,
                self.arrived_at if mark is Mark.PRESENT else None,
                self.left_at if mark is Mark.PRESENT else None,
                self.reason if mark in WITH_REASON or (mark in ABSENT and WITH_REASON.isdisjoint(self.marks)) else None,
            )
            for mark in self.marks
        )

    def token(self) -> str:
        """The whole line in one word, to compare what was shown with what is stored."""
        parts = [",".join(self.marks), _hour(self.arrived_at), _hour(self.left_at), self.reason or ""]
        return ";".join(parts).rstrip(";")

    def choice(self) -> str:
        """The family's radio button: the mark all members share, or *split*."""
        if len(set(self.marks)) > 1:
            return SPLIT
        return TOGETHER if self.marks[0] is Mark.PRESENT else self.marks[0].value


def _hour(time: dt.time | None) -> str:
    return time.strftime("%H:%M") if time else ""


@dataclass(slots=True)
class Row:
    """A line as the page shows it. `was` is what is stored; the rest may be what somebody just typed."""

    line: Line
    answer: Answer
    was: str
    arrived: str
    left: str
    errors: list[Reason]
    locked: Reason | None = None
    unreadable: bool = False  # one of the times is none: a time field could not show it


class Rows:
    """The lines of a roll call as shown, or as sent: what is wrong with them, what they change, and where they collide."""

    def __init__(
        self,
        lines: Sequence[Line],
        sent: MultiDict[str, str] | None = None,
        *,
        offered: Collection[Mark],
        reasons: Collection[str],
        family: bool,
        day: dt.date,
    ) -> None:
        self.family, self.day, self.with_reason = family, day, reasons
        recorded = {entry.mark for line in lines for entry in line.entries}
        self.marks = [mark for mark in Mark if mark in offered or mark in recorded or mark is Mark.NOT_RECORDED]
        self.doubled = _doubled(sent) if sent else set()
        self.changes: dict[Member, Entry] = {}
        self.conflicts: dict[int, Answer] = {}
        self.rows = [self._row(line, sent) for line in lines]

    def refuse(self, reasons: Sequence[Reason]) -> list[Reason]:
        """Show reasons at their line; those of no line are handed back."""
        of_row = {one.line.field: one for one in self.rows}
        for reason in reasons:
            if reason.field in of_row:
                of_row[reason.field].errors.append(reason)
        return [reason for reason in reasons if reason.field not in of_row]

    @property
    def wrong(self) -> list[Row]:
        """The lines with something to put right."""
        return [one for one in self.rows if one.errors]

    def _row(self, line: Line, sent: MultiDict[str, str] | None) -> Row:
        stored = Answer.of(line.entries)
        was = stored.token() + (DISPUTED if line.disputed else "")
        made = Row(line, stored, was, _hour(stored.arrived_at), _hour(stored.left_at), [])
        if not line.on_day:
            made.locked = day_reasons(line.entry_date, line.exit_date, self.day, field=line.field)[0]
        if sent is None:
            return made
        number = line.enrolment_id
        said = self._said(line, stored, sent, made)
        if str(number) in self.doubled:
            made.errors.append(Reason(N_("Diese Zeile kam doppelt an. Bitte senden Sie sie einmal."), field=line.field))
        if made.errors or said is None or not self._decides(line, sent):
            return made
        shown = sent.get(f"was-{number}", Answer((Mark.NOT_RECORDED,) * len(stored.marks)).token())
        if not changed(shown, said.token(), was) and not (line.disputed and shown == was):
            return made
        if made.locked:
            made.errors.append(made.locked)
        elif conflicts(shown, said.token(), was):
            self.conflicts[number] = said
        else:
            made.answer = said
            made.arrived, made.left = _hour(said.arrived_at), _hour(said.left_at)
            stored_of = dict(zip(line.members, line.entries, strict=True))
            now_said = zip(line.members, said.entries(), strict=True)
            self.changes |= {
                member: entry for member, entry in now_said if entry != stored_of[member] or member in line.disputed
            }
        return made

    def _decides(self, line: Line, sent: MultiDict[str, str]) -> bool:
        """Whether the form chose something for everybody in dispute: those have no button pressed when the page opens."""
        if not self.family or sent.get(f"family-{line.enrolment_id}") != SPLIT:
            return True
        return all(
            (f"adult-{enrolment_id}" if child_id is None else f"child-{enrolment_id}-{child_id}") in sent
            for enrolment_id, child_id in line.disputed
        )

    def _said(self, line: Line, stored: Answer, sent: MultiDict[str, str], made: Row) -> Answer | None:
        """The line as it was sent; None when nothing was. What is wrong with it stands in `made.errors`."""
        number = line.enrolment_id
        marks = (
            self._family_marks(line, stored, sent, made) if self.family else self._mark(f"mark-{number}", sent, made)
        )
        if marks is None or made.errors:
            return None
        arrived = left = reason = None
        if Mark.PRESENT in marks:
            arrived, made.arrived = self._time(f"arrived-{number}", sent, made)
            left, made.left = self._time(f"left-{number}", sent, made)
        if any(mark in self.with_reason for mark in marks):
            text = sent.get(f"reason-{number}", "")
            reason = REASONS.get(text)
            if text and reason is None:
                made.errors.append(Reason(N_("Diesen Grund gibt es nicht."), field=line.field))
        elif marks == stored.marks:
            reason = stored.reason  # found out afterwards by the office; a page that does not ask for it keeps it
        if made.errors:
            made.answer = Answer(marks, reason=reason)
        return Answer(marks, arrived, left, reason)

    def _mark(self, name: str, sent: MultiDict[str, str], made: Row) -> tuple[Mark] | None:
        text = sent.get(name)
        if text is None:
            return None
        mark = MARKS.get(text)
        if mark is None or mark not in self.marks:
            made.errors.append(Reason(N_("Dieses Zeichen gibt es hier nicht."), field=made.line.field))
            return None
        return (mark,)

    def _family_marks(
        self, line: Line, stored: Answer, sent: MultiDict[str, str], made: Row
    ) -> tuple[Mark, ...] | None:
        number = line.enrolment_id
        choice = sent.get(f"family-{number}")
        names = [f"adult-{number}", *(f"child-{number}-{child.id}" for child in line.children)]
        if choice is None and not any(name in sent for name in names):
            return None
        if choice is not None and choice != SPLIT:
            mark = FAMILY_MARKS.get(choice)
            if mark is None or mark not in self.marks:
                made.errors.append(Reason(N_("Dieses Zeichen gibt es hier nicht."), field=line.field))
                return None
            return (mark,) * len(names)
        parts = [self._mark(name, sent, made) for name in names]
        return tuple(part[0] if part else mark for part, mark in zip(parts, stored.marks, strict=True))

    def _time(self, name: str, sent: MultiDict[str, str], made: Row) -> tuple[dt.time | None, str]:
        """A time, and what the page shows of it: what was typed, as far as a page can show it."""
        text = sent.get(name, "").strip()
        time = clock_time(text) if len(text) <= LONGEST_TIME else None
        if time is not None or not text:
            return time, _hour(time)
        made.unreadable = True
        made.errors.append(Reason(N_("Bitte geben Sie eine Uhrzeit an, zum Beispiel 09:30."), field=made.line.field))
        return None, showable(text)


class Blank:
    """Markup with places held free (`@name@`). What is filled in is escaped, once, wherever it appears."""

    def __init__(self, markup: Markup) -> None:
        self.parts = PLACE.split(markup)

    def fill(self, **values: object) -> Markup:
        """The markup with these values; every second part is the name of a place."""
        safe = {name: str(escape(value)) for name, value in values.items()}
        made = self.parts.copy()
        made[1::2] = [safe[name] for name in made[1::2]]
        return Markup("".join(made))  # noqa: S704  our own template's markup, and values escaped one line above


@lru_cache(maxsize=64)
def blanks(*alike: object) -> dict[str, Blank]:
    """Where the lines that look alike on many pages are kept by their mark, once one page has rendered them."""
    return {}


def strangers(lines: Sequence[Line], sent: MultiDict[str, str]) -> bool:
    """Whether a form speaks of people who are not on this roll call: not there, or somebody else's."""
    children = {str(line.enrolment_id): {str(child.id) for child in line.children} for line in lines}
    for name in sent:
        found = OF_A_LINE.fullmatch(name)
        if found is None:
            continue
        person, family, child = found.groups()
        if person is not None and person not in children:
            return True
        if family is not None and child not in children.get(family, ()):
            return True
    return False


def _doubled(sent: MultiDict[str, str]) -> set[str]:
    """The enrolments of which a field came twice."""
    return {
        found.group(1) or found.group(2)
        for name, values in sent.lists()
        if len(values) > 1 and (found := OF_A_LINE.fullmatch(name))
    }
