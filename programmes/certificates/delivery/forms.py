"""Asks to whom a paper goes by e-mail, and whether its owner wants that."""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField
from wtforms.validators import InputRequired, StopValidation

from fields import Form, Text
from programmes.certificates.forms import SecondLanguage


class Address(Text):
    """An e-mail address; the domain is not asked."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        try:
            validate_email(self.data or "", check_deliverability=False)
        except EmailNotValidError:
            raise StopValidation(gettext("Das ist keine E-Mail-Adresse.")) from None


class Letter(Form):
    """To whom, in which language besides German, and that it is wished."""

    recipient = Address(lazy_gettext("E-Mail-Adresse"), most=254, render_kw={"autocomplete": "off"})
    language = SecondLanguage(lazy_gettext("Sprache neben Deutsch"))
    wished = BooleanField(
        lazy_gettext("Die Person wünscht das; sie weiß, dass E-Mail nicht verschlüsselt ist."),
        validators=[InputRequired(lazy_gettext("Ohne diesen Wunsch geht keine E-Mail hinaus."))],
    )
