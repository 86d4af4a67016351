"""Asks, in the visitor's language, who wants to come and how to reach them; and in the office, what becomes of it.

Labels and complaints of the public form are marked `P_`: its template says them in the language of the visitor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext
from wtforms import HiddenField
from wtforms.validators import Email
from wtforms.widgets import ListWidget, RadioInput

import translations
from fields import Choice, Form, Name, Several, Text
from programmes.enrolment.applying.rules import ApplicationFacts, Rejection
from programmes.participants.forms import BirthDate, ChildrenForm, Pick
from programmes.participants.rules import Need, Precision, Relation
from wording import P_

NEW = "new"
NEEDS = {
    Need.INTERPRETING: P_("Dolmetschen"),
    Need.CHILDCARE: P_("Kinderbetreuung"),
    Need.TRAVEL: P_("Fahrtkosten"),
}
RELATIONS = {
    Relation.MOTHER: P_("Mutter"),
    Relation.FATHER: P_("Vater"),
    Relation.GUARDIAN: P_("Sorgeberechtigte Person"),
}
OTHERWISE = P_("Bitte prüfen Sie diese Angabe.")
WRONG = {
    "website": P_("Bitte lassen Sie dieses Feld leer."),
    "given_name": P_("Bitte schreiben Sie Ihren Vornamen."),
    "phone": P_("Bitte schreiben Sie, wie wir Sie erreichen. Eine Angabe genügt."),
    "birth_date": P_("Bitte schreiben Sie zum Beispiel 1990 oder 12.05.1990."),
    "relation": P_("Bitte wählen Sie etwas aus."),
    "child": P_("Bitte schreiben Sie den Vornamen, den Monat und das Jahr, zum Beispiel 05.2024."),
}
LANGUAGES = {"de": "Deutsch"} | translations.LANGUAGES


class ApplyForm(Form):
    """As little as it takes to answer. Nothing about residence, religion or health, and no picture puzzle:
    `website` is for robots, and shown to people only where their browser has filled it in."""

    ticket = HiddenField()
    website = Text(WRONG["website"], optional=True, render_kw={"autocomplete": "off"})
    given_name = Name(P_("Vorname"), render_kw={"autocomplete": "given-name", "dir": "auto"})
    family_name = Name(P_("Nachname"), optional=True, render_kw={"autocomplete": "family-name", "dir": "auto"})
    phone = Text(P_("Telefon"), most=60, optional=True, render_kw={"type": "tel", "autocomplete": "tel", "dir": "ltr"})
    email = Text(
        P_("E-Mail-Adresse"), most=254, optional=True, validators=[Email()],
        render_kw={"type": "email", "autocomplete": "email", "dir": "ltr"},
    )  # fmt: skip
    through = Text(P_("Über eine andere Person: Name und Telefon"), most=60, optional=True, render_kw={"dir": "auto"})
    language = Choice(P_("In welcher Sprache sollen wir antworten?"), coerce=str)
    birth_date = BirthDate(
        P_("Geburtsjahr oder Geburtsdatum"), description=P_("Zum Beispiel 1990 oder 12.05.1990."),
        render_kw={"autocomplete": "bday", "dir": "ltr"},
    )  # fmt: skip
    needs = Several(P_("Was brauchen Sie, damit Sie kommen können?"), coerce=Need)

    def offer(self) -> None:
        """Say what there is to choose from."""
        self.language.offer(LANGUAGES.items())
        self.needs.choices = [(need.value, text) for need, text in NEEDS.items()]

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if self.website.data:
            self.website.errors = [WRONG["website"]]
        if not self.facts().is_reachable and not self.phone.errors:
            self.phone.errors = [WRONG["phone"]]
        return fine and not self.website.errors and not self.phone.errors

    def wrong(self) -> dict[str, str]:
        """What is wrong, field by field in the order of the page, as a text marked P_."""
        wrong = [field.name for field in self if field.errors]
        wrong.sort(key=lambda name: name.startswith(("relation", "child")))
        return {name: WRONG.get("child" if name.startswith("child") else name, OTHERWISE) for name in wrong}

    def facts(self) -> ApplicationFacts:
        """What was told."""
        birth_date, precision = self.birth_date.told or (None, Precision.DAY)
        return ApplicationFacts(
            given_name=self.given_name.data or "", family_name=self.family_name.data or "", phone=self.phone.data,
            email=self.email.data, through=self.through.data, language=self.language.data, birth_date=birth_date,
            birth_precision=precision, needs=tuple(self.needs.data or ()),
        )  # fmt: skip


class FamilyApplyForm(ApplyForm, ChildrenForm):
    """Somebody who comes with children: their first names and months of birth."""

    def facts(self) -> ApplicationFacts:
        return replace(super().facts(), relation=self.relation.data, children=tuple(self.children()))


class Who(Choice):
    """One of several people, or somebody new, as radio buttons."""

    widget = ListWidget(prefix_label=False)
    option_widget = RadioInput()


class DecideForm(Form):
    """Who has applied. Nothing is chosen beforehand."""

    who = Who(lazy_gettext("Wer ist das?"), coerce=str)

    def offer(self, people: Iterable[tuple[int, str]]) -> None:
        """Name the people who may be meant; it may always be somebody new."""
        self.who.offer([*((str(number), text) for number, text in people), (NEW, lazy_gettext("Neu aufnehmen"))])

    @property
    def known_id(self) -> int | None:
        """The number of the person it is; None: somebody new."""
        return None if self.who.data == NEW else int(self.who.data)


class DiscardForm(Form):
    """Why it is no application."""

    reason = Pick(lazy_gettext("Warum ist das kein Antrag?"), Rejection)
