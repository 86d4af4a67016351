"""Asks which part of the trace somebody wants to read."""

from __future__ import annotations

import datetime as dt
import ipaddress

from flask_babel import gettext, lazy_gettext
from wtforms.validators import StopValidation

import clock
from auth.audit.rules import Narrowed, Sort
from database import LARGEST_ID
from fields import Clock, Day, Form, Number, OneOf, Text


class LogFilter(Form):
    """Between when and when, by whom, about whom, what. Every part may be left out."""

    first = Day(lazy_gettext("Vom"), optional=True)
    first_time = Clock(lazy_gettext("ab Uhr"), optional=True)
    last = Day(lazy_gettext("Bis"), optional=True)
    last_time = Clock(lazy_gettext("bis einschließlich Uhr"), optional=True)
    sort = OneOf(lazy_gettext("Vorgang"), Sort, optional=True, empty=lazy_gettext("alle"))
    account = Number(lazy_gettext("Konto Nr."), least=1, most=LARGEST_ID, optional=True)
    person = Number(lazy_gettext("Person Nr."), least=1, most=LARGEST_ID, optional=True)
    record = Text(lazy_gettext("Datensatz"), most=120, optional=True)
    device = Number(lazy_gettext("Telefon Nr."), least=1, most=LARGEST_ID, optional=True)
    emergency = Number(lazy_gettext("Notfallzugriff Nr."), least=1, most=LARGEST_ID, optional=True)
    session_key = Text(lazy_gettext("Sitzung"), most=20, optional=True)
    programme = Number(lazy_gettext("Programm Nr."), least=1, most=LARGEST_ID, optional=True)
    address = Text(lazy_gettext("IP-Adresse"), most=45, optional=True)

    def validate_last(self, field: Day) -> None:
        if field.data and self.first.data and field.data < self.first.data:
            raise StopValidation(gettext("Das Ende liegt vor dem Anfang."))

    def validate_address(self, field: Text) -> None:
        try:
            ipaddress.ip_address(field.data or "::")
        except ValueError:
            raise StopValidation(gettext("Das ist keine IP-Adresse.")) from None

    @property
    def narrowed(self) -> Narrowed:
        """What was asked, with the times on the wall in the county as moments: the last minute belongs to it."""
        since = until = None
        if self.first.data:
            since = dt.datetime.combine(self.first.data, self.first_time.data or dt.time.min, clock.BERLIN)
        if self.last.data:
            end = self.last_time.data or dt.time(23, 59)
            until = dt.datetime.combine(self.last.data, end, clock.BERLIN).astimezone(dt.UTC) + dt.timedelta(minutes=1)
        return Narrowed(
            since, until, self.sort.data, self.account.data, self.person.data, self.record.data, self.device.data,
            self.emergency.data, self.session_key.data, self.programme.data, self.address.data,
        )  # fmt: skip

    @property
    def arguments(self) -> dict[str, object]:
        """The same as it stands in addresses."""
        said = {field.name: field for field in self if field.data is not None and not field.errors}
        return {name: field._value() if hasattr(field, "_value") else field.data for name, field in said.items()}
