"""Asks why somebody has to see people's data whose work it is not."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext
from wtforms.validators import StopValidation

from auth.emergency.rules import LONGEST_REASON, SHORTEST_REASON
from fields import Form, Text


class EmergencyForm(Form):
    """The reason, in a sentence."""

    reason = Text(
        lazy_gettext("Warum ist das nötig?"), most=LONGEST_REASON, several_lines=True,
        description=lazy_gettext("In einem Satz, ohne Namen. Der Datenschutz liest ihn."),
    )  # fmt: skip

    def validate_reason(self, field: Text) -> None:
        if len(field.data or "") < SHORTEST_REASON:
            raise StopValidation(gettext("Bitte schreiben Sie einen ganzen Satz."))
