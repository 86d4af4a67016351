"""Gathers what the report of a period says (domain.md E4): the figures of the page, in its reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from flask_babel import format_date, format_datetime, get_locale, gettext

from auth.guard import Viewer
from programmes.statistics.pictures.gallery import Picture, pictures_of, written
from programmes.statistics.pictures.rules import HOW_PATHWAYS_COUNT, is_whole_years, version_of_definitions
from programmes.statistics.rules import (
    MEASURES,
    OF_FAMILIES,
    OF_PEOPLE,
    RATES,
    Dimension,
    Measure,
    Question,
    Topic,
    origin_reasons,
)
from programmes.statistics.sheet import SIGNS, TOTALS, method
from programmes.statistics.views import Answer, answer_to
from wording import N_

Facts = Sequence[tuple[str, str]]

SECTIONS = (
    (N_("Angebot"), (Topic.OFFER,)),
    (N_("Reichweite"), (Topic.PEOPLE,)),
    (N_("Anwesenheit"), (Topic.ATTENDANCE,)),
    (N_("Verlauf und Bescheinigungen"), (Topic.OUTCOME, Topic.PAPERS)),
)
COMPOSITION = (
    Dimension.SEX, Dimension.AGE, Dimension.LATE_RESETTLER, Dimension.EDUCATION, Dimension.EMPLOYMENT, Dimension.CITIZENSHIP,
)  # fmt: skip
WHOLE_YEARS_ONLY = N_("Wer die Menschen sind, steht nur in Berichten über ganze Programmjahre (Januar bis Dezember).")


@dataclass(frozen=True)
class Table:
    """Figures as they are written; the first cell of a row names it."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Section:
    """A part of the report. `note` stands where there is no table, or says how to read them."""

    title: str
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    note: str = ""


@dataclass(frozen=True)
class ReportFacts:
    """Everything that the report says. `cover` and `definitions` are names and what they mean; `created` is an instant."""

    title: str
    period: str
    cover: Facts
    method: Sequence[str]
    sections: Sequence[Section]
    annex_title: str
    definitions_title: str
    definitions: Facts
    signs_title: str
    signs: Facts
    method_title: str
    page: str
    demo: str
    language: str
    created: dt.datetime

    @property
    def rows(self) -> int:
        """How many rows of figures it has."""
        return sum(
            len(one.rows) for part in self.sections for one in chain[Table | Picture](part.tables, part.pictures)
        )


def facts(
    viewer: Viewer, question: Question, *, hide: bool, narrowed: Facts, author: str, created: dt.datetime, demo: bool
) -> ReportFacts:
    """The report as whoever asks may see it; `narrowed` names the filters."""
    answers = [
        answer_to(replace(question, by=by, then=None), hide=hide)
        for by in (Dimension.PROGRAMME, Dimension.MUNICIPALITY)
    ]
    by_month = answer_to(replace(question, by=Dimension.MONTH, then=None), hide=hide, topics=(Topic.ATTENDANCE,))
    pictures = pictures_of(viewer, question, by_month, answers[-1], hide=hide)
    sections = [
        Section(
            gettext(title),
            [_table(answer, _columns(topic)) for topic in topics for answer in answers if answer.rows],
            [picture for picture in pictures if picture.topic in topics],
            "" if answers[0].rows else gettext("In diesem Zeitraum gibt es keine Termine."),
        )
        for title, topics in SECTIONS
    ]
    sections.insert(3, _composition(question, hide=hide))
    period = f"{format_date(question.first, 'dd.MM.yyyy')} – {format_date(question.last, 'dd.MM.yyyy')}"
    everything = gettext("alles, was im eigenen Bereich liegt") if viewer.coordinates else gettext("der ganze Kreis")
    return ReportFacts(
        title=gettext("Statistikbericht"),
        period=period,
        cover=[
            (gettext("Zeitraum"), period),
            (gettext("Stichtag"), format_date(question.known_on or viewer.today, "dd.MM.yyyy")),
            *(narrowed or [(gettext("Bereich"), everything)]),
            (gettext("Verwendung"), gettext("Zur Weitergabe") if hide else gettext("Nur intern, nicht zur Weitergabe")),
            (gettext("Stand der Definitionen"), version_of_definitions()),
            (gettext("Erstellt von"), author),
            (gettext("Erstellt am"), format_datetime(created, "dd.MM.yyyy, HH:mm")),
        ],
        method=[gettext(method(disclose=hide)), gettext(TOTALS)],
        sections=sections,
        annex_title=gettext("Anhang"),
        definitions_title=gettext("Definitionen"),
        definitions=[
            *((gettext(measure.label), gettext(measure.definition)) for measure in (*MEASURES, *RATES)),
            (gettext("Wege"), gettext(HOW_PATHWAYS_COUNT)),
            *((gettext(by.label), gettext(OF_PEOPLE[by])) for by in COMPOSITION),
        ],
        signs_title=gettext("Zeichen"),
        signs=[(sign, gettext(meaning)) for sign, meaning in SIGNS],
        method_title=gettext("Verfahren"),
        page=gettext("Seite {number} von {pages}"),
        demo=gettext("Muster – Demonstrationsdaten") if demo else "",
        language=str(get_locale()),
        created=created,
    )


def _composition(question: Question, *, hide: bool) -> Section:
    title = gettext("Zusammensetzung")
    if not is_whole_years(question.first, question.last):
        return Section(title, note=gettext(WHOLE_YEARS_ONLY))
    questions = [replace(question, by=by, then=None) for by in COMPOSITION]
    answers = [answer_to(one, hide=hide, topics=()) for one in questions if not (hide and origin_reasons(one))]
    adults = [
        measure for measure in _columns(Topic.PEOPLE) if measure.key not in OF_FAMILIES
    ]  # who told something of themselves
    return Section(title, [_table(answer, adults) for answer in answers if answer.rows])


def _columns(topic: Topic) -> list[Measure]:
    return [measure for measure in MEASURES if measure.topic is topic]


def _table(answer: Answer, measures: Sequence[Measure]) -> Table:
    by = gettext(answer.question.by.label)
    lines = [
        *((row.heads[0].label, shown) for row, shown in zip(answer.rows, answer.figures, strict=True)),
        (gettext("Summe"), answer.total),
    ]
    about = gettext(measures[0].topic.label)
    return Table(
        gettext("%(about)s nach %(what)s", about=about, what=by),
        (by, *(gettext(measure.label) for measure in measures)),
        [(name, *(written(shown[measure.key], measure.kind) for measure in measures)) for name, shown in lines],
    )
