"""Asks who somebody is."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext
from wtforms import BooleanField, HiddenField, PasswordField
from wtforms.validators import Email, StopValidation

from auth.rules import LONGEST_PASSWORD, Role, TokenLife
from fields import Form, Name, OneOf, Several, Text, required


def please_wait(seconds: int) -> str:
    """What is said to whoever has guessed too often."""
    minutes = -(-seconds // 60)
    return ngettext(
        "Zu viele Versuche. Bitte warten Sie %(num)s Minute.",
        "Zu viele Versuche. Bitte warten Sie %(num)s Minuten.",
        minutes,
    )


class SignIn(Form):
    """E-mail and password."""

    email = Text(lazy_gettext("E-Mail-Adresse"), most=254, render_kw={"autocomplete": "username", "inputmode": "email"})
    password = PasswordField(lazy_gettext("Passwort"), [required()], render_kw={"autocomplete": "current-password"})

    def validate_password(self, field: Any) -> None:
        if len(field.data or "") > LONGEST_PASSWORD:
            raise StopValidation(gettext("So lang ist kein Passwort."))


class Proof(Form):
    """The password of whoever is signed in, or a code where that counts too. Its name is that of no other form's field, because it may stand beside one."""

    proof = PasswordField(lazy_gettext("Ihr Passwort"), [required()], render_kw={"autocomplete": "current-password"})

    def validate_proof(self, field: Any) -> None:
        if len(field.data or "") > LONGEST_PASSWORD:
            raise StopValidation(gettext("So lang ist kein Passwort."))


class ProofByPasskey(Form):
    """What a browser says about a passkey of whoever is signed in, as JSON; named apart like the other one."""

    proof_credential = HiddenField("Passkey", [required()])


class Forgotten(Form):
    """Where a link goes."""

    email = Text(lazy_gettext("E-Mail-Adresse"), most=254, render_kw={"autocomplete": "username", "inputmode": "email"})


class NewPassword(Form):
    """A password of one's own, by invitation."""

    password = PasswordField(
        lazy_gettext("Neues Passwort"),
        [required()],
        description=lazy_gettext("Mindestens 12 Zeichen. Am besten mehrere Wörter, die nicht zusammengehören."),
        render_kw={"autocomplete": "new-password"},
    )


class OwnPassword(Proof, NewPassword):
    """Another password for whoever knows the present one."""


class Account(Form):
    """An account: who it is for and in which roles."""

    name = Name(lazy_gettext("Name"), render_kw={"autocomplete": "off"})
    email = Text(
        lazy_gettext("E-Mail-Adresse"),
        most=254,
        render_kw={"inputmode": "email", "autocomplete": "off"},
        validators=[Email(message=lazy_gettext("Das ist keine E-Mail-Adresse."))],
    )
    qualification = Text(
        lazy_gettext("Qualifikation"),
        optional=True,
        description=lazy_gettext("Steht bei Kursleitungen auf der Bescheinigung, zum Beispiel „Sozialpädagogin“."),
    )
    roles = Several(lazy_gettext("Rollen"), coerce=Role)
    active = BooleanField(lazy_gettext("Konto ist offen"), default=True)

    def offer_roles(self) -> None:
        """Name the roles in the reader's language."""
        self.roles.choices = [(role.value, gettext(role.label)) for role in Role]


class NewToken(Form):
    """What a token is for, and how long it holds."""

    name = Text(
        lazy_gettext("Wofür"),
        most=80,
        description=lazy_gettext("Damit Sie den Schlüssel wiedererkennen, zum Beispiel „Quartalsbericht“."),
        render_kw={"autocomplete": "off"},
    )
    life = OneOf(lazy_gettext("Gilt"), TokenLife, default=TokenLife.QUARTER)
