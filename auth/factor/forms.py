"""Asks for codes."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import HiddenField

from fields import Form, Text, required


class Answer(Form):
    """What a browser says about a passkey, as JSON."""

    credential = HiddenField("Passkey", [required()])


class Code(Form):
    """A code of the app, or one of the printed sheet."""

    code = Text(
        lazy_gettext("Code"),
        most=40,
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"},
    )
