"""Asks for the days without school."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf.file import FileField

from fields import Form, Text


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
