"""Asks what is to be added up."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import StopValidation

from auth.guard import Viewer
from fields import Choice, Day, Form, OneOf, Text
from programmes.catalogue.queries import municipalities, programmes
from programmes.catalogue.rules import CourseFeature
from programmes.statistics.queries import (
    courses_to_ask_about,
    exact_for,
    funders_to_ask_about,
    languages_to_ask_about,
    leader_languages_to_ask_about,
    quarters_to_ask_about,
)
from programmes.statistics.rules import (
    Dimension,
    Question,
    Topic,
    dimension_reasons,
    disclosable_reasons,
    known_on_reasons,
    last_settled_year,
    origin_reasons,
    period_reasons,
    reference_day,
    settled_reasons,
)
from wording import N_, Reason

YES, NO = ("y", "true", "1"), ("", "false", "0")  # as check boxes and programs say it


class Ask(Form):
    """The question, in the address so that it can be kept and sent on; it changes nothing, so it needs no CSRF token."""

    class Meta(FlaskForm.Meta):
        csrf = False

    first = Day(lazy_gettext("Von"))
    last = Day(lazy_gettext("Bis"))
    by = OneOf(lazy_gettext("Zeilen"), Dimension)
    then = OneOf(lazy_gettext("darin nach"), Dimension, optional=True, empty=lazy_gettext("nichts weiter"))
    topic = OneOf(lazy_gettext("Spalten"), Topic, optional=True, empty=lazy_gettext("alle"))
    programme = Choice(lazy_gettext("Programm"), optional=True, empty=lazy_gettext("alle"))
    municipality = Choice(lazy_gettext("Kommune"), optional=True, empty=lazy_gettext("alle"))
    quarter = Choice(lazy_gettext("Quartier"), optional=True, empty=lazy_gettext("alle"))
    funder = Choice(lazy_gettext("Förderprofil"), optional=True, empty=lazy_gettext("alle"))
    language = Choice(
        lazy_gettext("Kurssprache"), optional=True, empty=lazy_gettext("alle"), coerce=lambda value: value or None
    )
    feature = OneOf(lazy_gettext("Arbeitsweise"), CourseFeature, optional=True, empty=lazy_gettext("alle"))
    leader_language = Choice(
        lazy_gettext("Sprache der Leitung"), optional=True, empty=lazy_gettext("alle"), coerce=lambda value: value or None,
        description=lazy_gettext("Kurse mit einer Leitung, die diese Sprache spricht."),
    )  # fmt: skip
    course = Choice(lazy_gettext("Kurs"), optional=True, empty=lazy_gettext("alle"))
    as_of = Day(
        lazy_gettext("Stichtag"), optional=True,
        description=lazy_gettext("Was am Ende dieses Tages bekannt war. Leer: was jetzt bekannt ist."),
    )  # fmt: skip
    disclose = BooleanField(
        lazy_gettext("Zur Weitergabe"),
        description=lazy_gettext("Zahlen von Menschen werden auf 5 gerundet; nur ganze Quartale, Halbjahre und Jahre."),
        false_values=NO,
    )

    def validate_disclose(self, field: BooleanField) -> None:
        if field.raw_data and field.raw_data[0] not in (*YES, *NO):
            raise StopValidation(gettext("Erlaubt sind true und false."))

    def offer(self, viewer: Viewer) -> None:
        """Offer what the viewer may ask about; who sees no exact figures is not asked whether to give them away."""
        self.programme.offer((row.id, f"{row.key} · {row.short_title}") for row in programmes())
        self.municipality.offer((row.id, row.name) for row in municipalities())
        self.quarter.offer(quarters_to_ask_about())
        self.funder.offer(funders_to_ask_about())
        self.language.offer(languages_to_ask_about(viewer))
        self.leader_language.offer(leader_languages_to_ask_about(viewer))
        self.course.offer(courses_to_ask_about(viewer))
        self.sees_exact_figures, self.today = exact_for(viewer), viewer.today
        if not self.sees_exact_figures:
            del self.disclose

    @property
    def is_to_disclose(self) -> bool:
        """Whether the answer may only be what can leave the office."""
        return not self.sees_exact_figures or bool(self.disclose.data)

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """What the question is narrowed to: the names of the fields and of what was chosen."""
        fields = (
            self.programme, self.municipality, self.quarter, self.funder, self.language, self.leader_language, self.course,
        )  # fmt: skip
        named = [(field.label.text, dict(field.choices)[field.data]) for field in fields if field.data]
        works = [(self.feature.label.text, gettext(self.feature.data.label))] if self.feature.data else []
        return named + works

    def fine(self) -> bool:
        """Whether every field and the period make sense."""
        fine = bool(self.validate())
        first, last = self.first.data, self.last.data
        reasons = self._unclear() + period_reasons(first, last) + dimension_reasons(self.by.data, self.then.data)
        if fine and first and last and not reasons:
            fixed = reference_day(last) if self.is_to_disclose else None
            if fixed:
                reasons = disclosable_reasons(first, last) + origin_reasons(self.question())
                reasons = reasons or settled_reasons(last, self.today)
            reasons = reasons or known_on_reasons(self.as_of.data, self.today, fixed=fixed)
        self.refuse(reasons)
        return fine and not reasons

    def _unclear(self) -> list[Reason]:
        """What came twice, and what names nothing there is: no figures may pass for narrowed that are not. Lists are more lenient."""
        reasons = []
        for field in self:
            sent = field.raw_data or []
            if len(sent) > 1:
                text = N_("Dieses Feld kam doppelt an. Bitte senden Sie es einmal.")
                reasons.append(Reason(text, field=field.name))
            elif any(text.strip() for text in sent) and field.data is None and not field.errors:
                reasons.append(Reason(N_("Bitte wählen Sie etwas aus der Liste."), field=field.name))
        return reasons

    def question(self) -> Question:
        """The question of a form that is fine."""
        first, last = self.first.data, self.last.data
        if first is None or last is None:
            raise ValueError("Ask for the question only when the form is fine")
        return Question(
            first, last, self.by.data, self.then.data,
            programme_id=self.programme.data, municipality_id=self.municipality.data, quarter_id=self.quarter.data,
            course_id=self.course.data, funding_profile_id=self.funder.data, language=self.language.data, feature=self.feature.data,
            leader_language=self.leader_language.data,
            known_on=reference_day(last) if self.is_to_disclose else self.as_of.data,
        )  # fmt: skip


class SaveReport(Form):
    """The name under which a question is kept."""

    name = Text(lazy_gettext("Name"), most=120)


def first_question(viewer: Viewer) -> dict[str, str]:
    """What is shown before anybody asks: this year by programme, or the newest year that may leave the office."""
    year = viewer.today.year if exact_for(viewer) else last_settled_year(viewer.today)
    return {"first": f"{year}-01-01", "last": f"{year}-12-31", "by": Dimension.PROGRAMME.value}
