"""Asks how a paper looks, who pays for it, and which logos it shows."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField

from fields import Choice, Form, Number, Text
from programmes.certificates.rules import CertificateKind
from programmes.certificates.settings.rules import MOST_SIGNATORIES, Look


class LookForm(Form):
    """How one kind of paper looks. Empty is as usual."""

    offered = BooleanField(lazy_gettext("Dieses Papier wird ausgestellt"))
    title = Text(lazy_gettext("Überschrift"), most=120, optional=True)
    sentence = Text(
        lazy_gettext("Eigener Satz unter dem Namen"), most=600, optional=True, several_lines=True, render_kw={"rows": 3}
    )
    small_print = Text(
        lazy_gettext("Eigener Hinweis am Ende"), most=400, optional=True, several_lines=True, render_kw={"rows": 2}
    )
    signatory_1 = Text(lazy_gettext("Erste Unterschrift: Name"), most=120, optional=True)
    function_1 = Text(lazy_gettext("Erste Unterschrift: Funktion"), most=120, optional=True)
    signatory_2 = Text(lazy_gettext("Zweite Unterschrift: Name"), most=120, optional=True)
    function_2 = Text(lazy_gettext("Zweite Unterschrift: Funktion"), most=120, optional=True)
    required_share = Number(lazy_gettext("Verlangter Anteil am Modul (%)"), least=1, most=100, optional=True)
    valid_months = Number(lazy_gettext("Gültig so viele Monate"), least=1, most=600, optional=True)
    recognition = Text(lazy_gettext("Nummer der Anerkennung (HBUG)"), most=80, optional=True)
    landscape = BooleanField(lazy_gettext("Im Querformat"))
    version = HiddenField(default="0")

    def show(self, look: Look, version: int) -> None:
        """Fill with what is set now."""
        for name in (
            "offered",
            "title",
            "sentence",
            "small_print",
            "required_share",
            "valid_months",
            "recognition",
            "landscape",
        ):
            if name in self:
                self[name].data = getattr(look, name)
        for number, (name, function) in enumerate(look.signatories, 1):
            self[f"signatory_{number}"].data, self[f"function_{number}"].data = name, function
        self.version.data = str(version)

    def keep(self, kind: CertificateKind) -> None:
        """Ask only what this kind has."""
        if kind is not CertificateKind.MODULE:
            del self.required_share
        if kind is not CertificateKind.EMPLOYER:
            del self.recognition

    def look(self) -> Look:
        """What was filled in."""
        pairs = [
            (self[f"signatory_{number}"].data, self[f"function_{number}"].data or "")
            for number in range(1, MOST_SIGNATORIES + 1)
        ]
        return Look(
            title=self.title.data,
            sentence=self.sentence.data,
            small_print=self.small_print.data,
            signatories=tuple((name, function) for name, function in pairs if name),
            required_share=self._given("required_share"),
            valid_months=self.valid_months.data,
            landscape=bool(self.landscape.data),
            recognition=self._given("recognition"),
            offered=bool(self.offered.data),
        )

    def _given(self, name: str) -> Any:
        return self[name].data if name in self else None

    @property
    def known_version(self) -> int:
        """The version that the page showed."""
        text = str(self.version.data or "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


class FundingChoice(Form):
    """Who pays for a programme."""

    funding_profile_id = Choice(lazy_gettext("Förderprofil"), optional=True, empty=lazy_gettext("keines"))


class FundingForm(Form):
    """A funding profile."""

    name = Text(lazy_gettext("Name"), most=120)
    line = Text(
        lazy_gettext("Förderzeile auf dem Papier"),
        most=300,
        description=lazy_gettext("Zum Beispiel: Gefördert durch das Land Hessen."),
    )


class LogoForm(Form):
    """A logo for the letterhead."""

    file = FileField(lazy_gettext("Bilddatei (PNG oder JPEG)"))
    shows = Text(
        lazy_gettext("Was das Bild zeigt"),
        most=120,
        description=lazy_gettext("Wird vorgelesen, zum Beispiel: Logo des Landes Hessen."),
    )
