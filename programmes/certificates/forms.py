"""Asks what is to stand on a paper, how it was handed over, why it is replaced or revoked, and which code is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.widgets import ListWidget, RadioInput

import translations
from fields import Choice, Day, Form, OneOf, Several, Text
from programmes.certificates.queries import Candidate
from programmes.certificates.register import Shelf
from programmes.certificates.rules import MAIN, CertificateKind, HandOver, Hardship, Renewal
from programmes.certificates.settings.rules import Look


class SecondLanguage(Choice):
    """A language beside German, as its speakers call it."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, optional=True, empty=lazy_gettext("nur Deutsch"), coerce=_text, **kwargs)
        self.offer(translations.LANGUAGES.items())


def _text(value: Any) -> str | None:
    return str(value) if value else None


class Issue(Form):
    """What the person wants on their paper, and what they do not. Nothing ticked is the usual paper."""

    birth_date = BooleanField(lazy_gettext("Geburtsdatum auf das Papier drucken"))
    birth_name = BooleanField(lazy_gettext("Geburtsnamen auf das Papier drucken"))
    children = BooleanField(lazy_gettext("Vornamen der Kinder auf das Papier drucken"))
    no_native_name = BooleanField(lazy_gettext("Namen in eigener Schrift weglassen"))
    native_first = BooleanField(lazy_gettext("Namen in eigener Schrift groß drucken, den in lateinischer darunter"))
    language = SecondLanguage(lazy_gettext("Zweite Sprache auf dem Papier"))

    def keep(self, *, birth_date: bool, birth_name: bool, children: bool, native_name: bool) -> None:
        """Ask only what this person has to decide."""
        for name, asked in (
            ("birth_date", birth_date),
            ("birth_name", birth_name),
            ("children", children),
            ("no_native_name", native_name),
            ("native_first", native_name),
        ):
            if not asked:
                del self[name]

    def wants(self, name: str) -> bool:
        """Whether a box was asked and ticked."""
        return name in self and bool(self[name].data)


class Given(Form):
    """When and how a paper came to its person."""

    handed_over_on = Day(lazy_gettext("Übergeben am"))
    handed_over_how = OneOf(lazy_gettext("Wie"), HandOver)


class Replacement(Form):
    """Why a paper is replaced, and what the new one changes."""

    renewal = OneOf(
        lazy_gettext("Was ist neu?"),
        Renewal,
        default=Renewal.NAME,
        widget=ListWidget(prefix_label=False),
        option_widget=RadioInput(),
    )
    replace_reason = Text(
        lazy_gettext("Grund"),
        most=300,
        description=lazy_gettext("Zum Beispiel: Namensänderung nach Heirat, Schreibfehler im Namen."),
    )


class Revocation(Form):
    """Why a paper no longer holds."""

    revoke_reason = Text(
        lazy_gettext("Grund des Widerrufs"),
        most=300,
        description=lazy_gettext("Bleibt im Haus; öffentlich steht nur „widerrufen“."),
    )


class Search(Form):
    """Which papers to list; in the address, and it changes nothing, so it needs no CSRF token."""

    class Meta(FlaskForm.Meta):
        csrf = False

    q = Text(lazy_gettext("Name oder Nummer"), most=100, optional=True)
    shelf = OneOf(lazy_gettext("Welche"), Shelf, optional=True, empty=lazy_gettext("alle"))


class Decide(Form):
    """How one case is decided otherwise than the rule."""

    verdict = OneOf(lazy_gettext("Entscheidung"), Hardship)
    reason = Text(lazy_gettext("Grund"), most=300, description=lazy_gettext("Steht im Nachweis, nicht auf dem Papier."))


class Besides(Form):
    """A paper besides the main one, and in which second language."""

    paper = Choice(lazy_gettext("Papier"), coerce=_text)
    language = SecondLanguage(lazy_gettext("Zweite Sprache"))

    def offer(self, looks: Mapping[CertificateKind, Look], candidate: Candidate) -> None:
        """What this person can get: "days", "module:7", "keepsake:0"."""
        choices: list[tuple[str, str]] = []
        for kind, look in looks.items():
            if kind in MAIN or not look.offered:
                continue
            label = look.title or gettext(kind.label)
            if kind is CertificateKind.MODULE:
                parts = [part for part in candidate.account.modules if part.credited and not part.to_come]
                choices += [(f"{kind.value}:{part.module_id}", f"{label}: {part.title}") for part in parts]
            elif kind is CertificateKind.KEEPSAKE:
                choices += [(f"{kind.value}:{n}", f"{label}: {name}") for n, name in enumerate(candidate.children)]
            elif candidate.days_attended:
                choices.append((kind.value, label))
        self.paper.offer(choices)


class GivenToSeveral(Given):
    """When and how several papers came to their people."""

    papers = Several(lazy_gettext("Wer hat das Papier bekommen?"), optional=False)
