"""Asks for the days without school, and for the month of a calendar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf.file import FileField

from fields import Choice, Form, Month, Text


class MonthFilter(Form):
    """Which month, and what narrows it. Wrong values narrow nothing, and say so."""

    month = Month(lazy_gettext("Monat"), optional=True)
    programme = Choice(lazy_gettext("Programm"), optional=True, empty=lazy_gettext("alle"))
    town = Choice(lazy_gettext("Kommune"), optional=True, empty=lazy_gettext("alle"))
    leader = Choice(lazy_gettext("Leitung"), optional=True, empty=lazy_gettext("alle"))
    venue = Text(lazy_gettext("Raum oder Haus"), most=200, optional=True)

    def offer(self, programmes: Iterable[Any], towns: Iterable[Any], leaders: Iterable[Any]) -> None:
        """Name what there is to choose from."""
        self.programme.offer([(one.id, one.short_title) for one in programmes])
        self.town.offer([(one.id, one.name) for one in towns])
        self.leader.offer([(one.id, one.name) for one in leaders])

    @property
    def kept(self) -> dict[str, Any]:
        """What narrows the month, by the names of the fields."""
        fields = (self.programme, self.town, self.leader, self.venue)
        return {one.name: one.data for one in fields if one.data and not one.errors}


class SchoolHolidaysForm(Form):
    """All school holidays as lines of one text: typed, pasted, read from a file or from the library, and saved as a whole."""

    text = Text(
        lazy_gettext("Schulferien"),
        most=40_000,
        optional=True,
        several_lines=True,
        description=lazy_gettext("Je Zeile: Name;erster Tag;letzter Tag. Gespeichert wird genau, was hier steht."),
        render_kw={"rows": 16},
    )
    file = FileField(
        lazy_gettext("CSV-Datei"), description=lazy_gettext("Mit denselben drei Spalten. Kommt zum Text oben dazu.")
    )
