"""Asks for the rule by which a course meets."""

from __future__ import annotations

from babel.dates import get_day_names
from flask_babel import get_locale, gettext, lazy_gettext
from wtforms import BooleanField, HiddenField
from wtforms.validators import ValidationError

from fields import Clock, Day, Number, OneOf, Several, Text
from programmes.catalogue.forms import MeetingForm
from programmes.enrolment.schedule.rules import LastMeeting, Rule, read_days


class RuleForm(MeetingForm):
    """When a course meets. `seen` is the mark of the plan that was shown."""

    date = Day(
        lazy_gettext("Erster Tag"), description=lazy_gettext("Ohne Wochentag unten: ein Termin an genau diesem Tag.")
    )
    starts_at = Clock(lazy_gettext("Beginn"))
    ends_at = Clock(lazy_gettext("Ende"))
    weekdays = Several(
        lazy_gettext("Jede Woche am"),
        description=lazy_gettext("Montag bis Freitag angekreuzt ergibt eine Blockwoche."),
    )
    every_weeks = Number(lazy_gettext("Alle wie viele Wochen"), least=1, most=8, default=1)
    days = Text(
        lazy_gettext("Einzelne Tage dazu"),
        most=600,
        optional=True,
        description=lazy_gettext("Zum Beispiel 14.03.2026, 21.03.2026. Sie gelten auch an Feiertagen."),
    )
    units = Number(lazy_gettext("Bis zum Umfang von"), least=1, most=2000, optional=True)
    last = OneOf(lazy_gettext("Ist der letzte Termin länger als der Rest"), LastMeeting, default=LastMeeting.SHORTER)
    prolong = BooleanField(lazy_gettext("Reichen die Tage nicht, dauert der Kurs länger"))
    skip_school = BooleanField(
        lazy_gettext("Schulferien auslassen"),
        description=lazy_gettext("So, wie die Verwaltung sie eingetragen hat. Feiertage fallen immer weg."),
    )
    seen = HiddenField()

    def offer(self, programme_id: int, municipality_id: int) -> None:
        """Offer also the days of the week."""
        super().offer(programme_id, municipality_id)
        self.weekdays.choices = sorted(get_day_names(locale=get_locale()).items())

    def validate_days(self, field: Text) -> None:
        """Every word is a day."""
        wrong = read_days(field.data or "")[1]
        if wrong:
            raise ValidationError(gettext("Das ist kein Tag: %(text)s", text=wrong[0]))

    def rule(self, unit_minutes: int) -> Rule:
        """What was filled in, once the form is valid."""
        return Rule(
            self.facts(),
            frozenset(self.weekdays.data or ()),
            self.every_weeks.data or 1,
            read_days(self.days.data or "")[0],
            self.units.data * unit_minutes if self.units.data else None,
            self.last.data or LastMeeting.SHORTER,
        )
