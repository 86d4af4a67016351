"""Asks what was made up, and what came of asking after somebody who stayed away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import format_date, gettext, lazy_gettext
from wtforms import BooleanField, HiddenField

from fields import Choice, Day, Form, Number, OneOf, Text
from programmes.attendance.account.queries import Missed, entry_of
from programmes.attendance.account.rules import ModuleAccount
from programmes.attendance.rules import AbsenceReason, Entry, Mark, changed, conflicts

LONGEST_NOTE = 160
NO_ILLNESSES = lazy_gettext("Keine Krankheiten und nichts über Dritte.")


class MakeUpForm(Form):
    """Time that was made up: how much, when, in which module, what, and why it counts."""

    minutes = Number(lazy_gettext("Minuten"), least=1, most=6000)
    held_on = Day(lazy_gettext("Tag"))
    module_id = Choice(lazy_gettext("Modul"), optional=True, empty=lazy_gettext("keinem Modul zugeordnet"))
    what = Text(
        lazy_gettext("Was wurde nachgeholt?"),
        description=lazy_gettext("Zum Beispiel: Gespräch zum Thema Schule, Besuch im Parallelkurs."),
    )
    reason = Text(lazy_gettext("Warum zählt es?"), most=300, description=NO_ILLNESSES)

    def offer(self, modules: Iterable[ModuleAccount]) -> None:
        """Name the modules in which something was missed, and how much of it can still be made up."""
        self.module_id.offer(
            (
                module.module_id,
                gettext("%(module)s (bis %(most)s Min.)", module=module.title, most=module.can_be_made_up),
            )
            for module in modules
            if module.can_be_made_up
        )


class TakeBackForm(Form):
    """An entry that was wrong, and why."""

    make_up_id = Choice(lazy_gettext("Welcher Eintrag?"))
    take_back_reason = Text(lazy_gettext("Grund"), most=300, description=NO_ILLNESSES)

    def offer(self, entries: Iterable[tuple[int, dt.date, int, str]]) -> None:
        """Name what still counts: number, day, minutes, what was made up."""
        self.make_up_id.offer(
            (
                number,
                gettext(
                    "%(day)s, %(minutes)s Min.: %(what)s",
                    day=format_date(day, "dd.MM.yyyy"),
                    minutes=minutes,
                    what=what,
                ),
            )
            for number, day, minutes, what in entries
        )


class FollowUpForm(Form):
    """A call and a proof; the marks and reasons of the missed meetings are fields of their own (`asking_about`)."""

    called_on = Day(lazy_gettext("Gespräch am"), optional=True)
    note = Text(
        lazy_gettext("Notiz zum Gespräch"),
        most=LONGEST_NOTE,
        optional=True,
        description=lazy_gettext("Kurz: wer hat angerufen, was ist vereinbart. Keine Krankheiten, keine Diagnosen."),
    )
    proof_seen_on = Day(
        lazy_gettext("Nachweis gesehen am"),
        optional=True,
        description=lazy_gettext("Nur der Tag. Der Nachweis selbst wird nicht aufbewahrt."),
    )
    done = BooleanField(lazy_gettext("Erledigt: kommt nicht mehr auf die Liste, bis wieder ein Termin versäumt wird"))
    missed: Sequence[Missed] = ()

    def field_of(self, kind: str, one: Missed) -> Any:
        """The field about one missed meeting: its `mark`, its `reason`, or what the page showed (`was`)."""
        return self[f"{kind}_{one.meeting_id}"]

    def entry(self, one: Missed) -> Entry:
        """What shall be recorded of a missed meeting. What only repeats the page keeps what is stored."""
        said = Entry(self.field_of("mark", one).data, reason=self.field_of("reason", one).data)
        stored = entry_of(one)
        return said if changed(self.field_of("was", one).data, token(said), token(stored)) else stored

    def collides(self) -> bool:
        """Whether somebody corrected one of these meetings since the page was shown; then the form says so."""
        found = False
        for one in self.missed:
            said = Entry(self.field_of("mark", one).data, reason=self.field_of("reason", one).data)
            was = self.field_of("was", one)
            if conflicts(was.data, token(said), token(entry_of(one))):
                field, found = self.field_of("mark", one), True
                field.errors = [
                    *field.errors,
                    gettext("Jemand hat das inzwischen geändert. Bitte sehen Sie noch einmal hin."),
                ]
                was.data, was.raw_data = token(entry_of(one)), None
        return found


def token(entry: Entry) -> str:
    """A mark and its reason in one word, to compare what was shown with what is stored."""
    return f"{entry.mark};{entry.reason or ''}"


def asking_about(missed: Sequence[Missed], marks: Sequence[Mark]) -> FollowUpForm:
    """The form for somebody who missed these meetings; a mark that this programme no longer offers stays possible."""
    fields: dict[str, Any] = {"missed": tuple(missed)}
    for one in missed:
        day = format_date(one.date, "dd.MM.yyyy")
        offered = [*marks, *([] if one.mark in marks else [one.mark])]
        fields |= {
            f"mark_{one.meeting_id}": OneOf(
                lazy_gettext("Zeichen am %(day)s", day=day), offered, default=one.mark
            ),
            f"reason_{one.meeting_id}": OneOf(
                lazy_gettext("Grund am %(day)s", day=day), AbsenceReason, optional=True,
                empty=lazy_gettext("noch nicht bekannt"), default=one.reason,
            ),
            f"was_{one.meeting_id}": HiddenField(default=token(entry_of(one))),
        }  # fmt: skip
    made: type[FollowUpForm] = type("FollowUpFormOfSomebody", (FollowUpForm,), fields)
    return made()
