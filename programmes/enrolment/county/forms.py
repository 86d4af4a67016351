"""Asks for the period of a printed list of courses."""

from __future__ import annotations

from flask_babel import lazy_gettext

from fields import Choice, Day, Form
from programmes.catalogue import queries as catalogue
from programmes.enrolment.county.rules import period_reasons


class DirectoryForm(Form):
    """From when to when, and for which town. Left empty: everything that runs or is planned."""

    first = Day(lazy_gettext("Von"), optional=True)
    last = Day(lazy_gettext("Bis"), optional=True)
    town = Choice(lazy_gettext("Kommune"), optional=True, empty=lazy_gettext("alle"))

    def offer(self) -> None:
        """Offer all places."""
        self.town.offer((town.id, town.name) for town in catalogue.municipalities())

    def asked(self) -> bool:
        """Whether it can be answered; what speaks against it stands in the form."""
        if not self.validate():
            return False
        reasons = period_reasons(self.first.data, self.last.data)
        self.refuse(reasons)
        return not reasons
