"""Asks why somebody is to be erased, what the archive says, and why data are still needed."""

from __future__ import annotations

from flask_babel import lazy_gettext

from fields import Day, Form, OneOf, Several, Text
from programmes.rights.rules import Archive, Ground


class ProposeForm(Form):
    """A proposal to erase somebody."""

    ground = OneOf(lazy_gettext("Warum soll gelöscht werden?"), Ground)
    archive = OneOf(
        lazy_gettext("Was sagt das Archiv?"), Archive, default=Archive.OFFERED,
        description=lazy_gettext("Vor dem Löschen ist alles dem Archiv anzubieten (HArchivG). Antwortet es ein halbes Jahr lang nicht, wird gelöscht."),
    )  # fmt: skip

    notes = Several(
        lazy_gettext("Auch diese Notizen leeren"), coerce=str,
        description=lazy_gettext("Darin steht der Familienname. Ob die Person gemeint ist, sehen nur Sie."),
    )  # fmt: skip


class ArchiveForm(Form):
    """The answer of the archive."""

    archive = OneOf(lazy_gettext("Was sagt das Archiv?"), Archive)


class HoldForm(Form):
    """Why data are still needed."""

    reason = Text(
        lazy_gettext("Wofür werden die Daten noch gebraucht?"), most=200,
        description=lazy_gettext("Zum Beispiel: Widerspruch gegen einen Bescheid. Keine Namen."),
    )  # fmt: skip
    until = Day(lazy_gettext("Längstens bis"), optional=True)
