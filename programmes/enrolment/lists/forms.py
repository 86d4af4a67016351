"""Asks for a list, what its columns hold, and who is who."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import HiddenField

from fields import Form, OneOf
from programmes.enrolment.lists.rules import Column, Decision, Line, is_forbidden


class FileForm(Form):
    """A file."""

    file = FileField(lazy_gettext("CSV- oder XLSX-Datei"))


class ColumnsForm(Form):
    """What each column holds."""

    @classmethod
    def of(cls, heads: Sequence[str], chosen: Mapping[int, Column]) -> ColumnsForm:
        """A list for each column to choose from, but for those that nobody may take over."""
        fields = {
            f"column_{place}": OneOf(head or lazy_gettext("Spalte %(number)s", number=place + 1), Column, optional=True,
                                     empty=lazy_gettext("auslassen"), default=chosen.get(place))
            for place, head in enumerate(heads)
            if not is_forbidden(head)
        }  # fmt: skip
        return type("Columns", (cls,), fields)()

    def choices(self) -> list[Any]:
        """The fields, one for each column."""
        return [field for field in self if field.name.startswith("column_")]

    def columns(self) -> dict[int, Column]:
        """What was chosen, by place."""
        return {int(field.name.removeprefix("column_")): field.data for field in self.choices() if field.data}


class DecisionsForm(Form):
    """Who is who. `sent` tells which list was shown: its number may serve the next one again."""

    sent = HiddenField()

    @classmethod
    def of(cls, lines: Sequence[Line], sent_at: dt.datetime) -> DecisionsForm:
        """A list for each row that has to be decided."""
        fields = {
            f"row_{line.number}": OneOf(lazy_gettext("Zeile %(number)s", number=line.number), Decision, optional=True,
                                        empty=lazy_gettext("bitte entscheiden"))
            for line in lines
            if line.is_asked
        }  # fmt: skip
        return type("Decisions", (cls,), fields)(data={"sent": sent_at.isoformat()})

    def decided(self) -> dict[int, Decision]:
        """What was said, by the number of the row."""
        chosen = [field for field in self if field.name.startswith("row_") and field.data]
        return {int(field.name.removeprefix("row_")): field.data for field in chosen}
