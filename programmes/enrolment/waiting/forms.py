"""Asks until when a place is offered, and how somebody was reached."""

from __future__ import annotations

from flask_babel import lazy_gettext

from fields import Day, Form, OneOf, Text
from programmes.enrolment.forms import LONGEST_REASON, NO_ILLNESSES
from programmes.enrolment.rules import Reached
from programmes.participants.rules import Channel


class OfferForm(Form):
    """Until when; out of order also why."""

    until = Day(lazy_gettext("Antwort bis"))
    reason = Text(lazy_gettext("Grund"), most=LONGEST_REASON, optional=True)


class ContactForm(Form):
    """One try to reach somebody."""

    channel = OneOf(lazy_gettext("Wie?"), Channel)
    reached = OneOf(lazy_gettext("Was kam dabei heraus?"), Reached)
    note = Text(lazy_gettext("Notiz"), most=LONGEST_REASON, optional=True, description=NO_ILLNESSES)
