"""Asks what a series counts, what was told of one place and period, and for a file of figures."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import HiddenField

from fields import Choice, Form, Number, OneOf, Text
from programmes.statistics.series.rules import (
    LONGEST_NOTE,
    MOST_CASES,
    Place,
    Reported,
    Rhythm,
    SeriesFacts,
    SeriesKind,
    Unit,
    period_name,
    periods_open,
)


class SeriesForm(Form):
    """What a series counts. What belongs to another kind of series is left out."""

    kind = OneOf(lazy_gettext("Was gezählt wird"), SeriesKind)
    title = Text(lazy_gettext("Titel"), most=200)
    key = Text(
        lazy_gettext("Kürzel"),
        most=40,
        description=lazy_gettext("Steht in jeder Zeile der Dateien, zum Beispiel KISS-2."),
    )
    definition = Text(
        lazy_gettext("Definition"),
        most=1000,
        several_lines=True,
        render_kw={"rows": 3},
        description=lazy_gettext("Was genau ist ein Fall, und wovon ist er ein Teil?"),
    )
    source = Text(lazy_gettext("Quelle"), most=300, description=lazy_gettext("Wer zählt und meldet."))
    rhythm = OneOf(lazy_gettext("Zeitraum"), Rhythm)
    unit = OneOf(lazy_gettext("Einheit"), Unit)
    instrument = Text(lazy_gettext("Verfahren"), most=80, optional=True)
    version = Text(lazy_gettext("Version des Verfahrens"), most=80, optional=True)
    assessed_language = Text(lazy_gettext("Erhobene Sprache"), most=80, optional=True)
    ages = Text(lazy_gettext("Alter der Kinder"), most=80, optional=True)
    departments = Text(
        lazy_gettext("Fachdienste"),
        most=4000,
        optional=True,
        several_lines=True,
        render_kw={"rows": 4},
        description=lazy_gettext("Einer in jeder Zeile."),
    )

    def facts(self) -> SeriesFacts:
        """What was filled in."""
        is_assessment = self.kind.data is SeriesKind.ASSESSMENT
        names = (self.departments.data or "").splitlines() if self.kind.data is SeriesKind.TRAINING else []
        return SeriesFacts(
            key=self.key.data or "", title=self.title.data or "", kind=self.kind.data, definition=self.definition.data or "",
            source=self.source.data or "", rhythm=self.rhythm.data, unit=self.unit.data,
            instrument=self.instrument.data if is_assessment else None,
            version=self.version.data if is_assessment else None,
            assessed_language=self.assessed_language.data if is_assessment else None,
            ages=self.ages.data if is_assessment else None,
            departments=tuple(name.strip() for name in names if name.strip()),
        )  # fmt: skip


def shown_again(facts: SeriesFacts) -> dict[str, object]:
    """The fields of a series that is there."""
    return vars(facts) | {"departments": "\n".join(facts.departments)}


class PlaceForm(Form):
    """Which place and period a figure is of."""

    place = Choice(lazy_gettext("Zeile"), coerce=lambda value: value or None)
    year = Choice(lazy_gettext("Zeitraum"))

    def offer(self, places: list[Place], rhythm: Rhythm, today: dt.date) -> None:
        """The rows that the viewer keeps, and the periods of which something can be told, newest first."""
        self.place.offer((place.name, place.name) for place in places)
        self.year.offer((year, period_name(rhythm, year)) for year in reversed(periods_open(today.year)))


class ValueForm(Form):
    """What was told of one place and period. `replaces` is what the page showed."""

    cases = Number(
        lazy_gettext("Fälle"),
        most=MOST_CASES,
        optional=True,
        description=lazy_gettext("Keine Fälle sind eine 0. Leer nimmt zurück, was gemeldet war."),
    )
    of_all = Number(
        lazy_gettext("Von allen"),
        most=MOST_CASES,
        optional=True,
        description=lazy_gettext("Wie viele es zusammen waren, wenn es gemeldet ist. Daraus folgt der Anteil."),
    )
    note = Text(
        lazy_gettext("Anmerkung"),
        most=LONGEST_NOTE,
        optional=True,
        description=lazy_gettext("Keine Namen und nichts, woran jemand zu erkennen ist."),
    )
    reason = Text(lazy_gettext("Grund der Änderung"), most=300, optional=True)
    replaces = HiddenField(default="0")

    def show(self, reported: Reported, row_id: int) -> None:
        """Fill with what holds now."""
        self.cases.data, self.of_all.data, self.note.data = reported.cases, reported.of_all, reported.note
        self.replaces.data = str(row_id)

    @property
    def new(self) -> Reported:
        """What was filled in."""
        return Reported(self.cases.data, self.of_all.data, self.note.data)

    @property
    def known(self) -> int:
        """The row that the page showed; -1 where no page says that."""
        text = str(self.replaces.data or "0")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else -1


class FileForm(Form):
    """A file of figures: first read and shown (`text` keeps what it said), then taken in."""

    file = FileField(
        lazy_gettext("CSV-Datei"),
        description=lazy_gettext(
            "Am einfachsten: die CSV-Datei dieser Reihe laden, ausfüllen und hier wieder hochladen."
        ),
    )
    reason = Text(
        lazy_gettext("Grund der Änderung"),
        most=300,
        optional=True,
        description=lazy_gettext("Nur, wenn die Datei etwas anderes sagt, als schon da ist."),
    )
    text = HiddenField()
