"""Makes the pictures of a question, each with its table: the figures of the table of measures, as its reader may see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from flask_babel import format_date, format_decimal, gettext

from auth.guard import Viewer
from programmes.statistics.pictures import chart, queries
from programmes.statistics.pictures.chart import Panel, Quantity
from programmes.statistics.pictures.drawing import Drawing, Look
from programmes.statistics.pictures.rules import HOW_PATHWAYS_COUNT, HOW_RATES_COUNT, PATHWAYS, Pathway
from programmes.statistics.rules import (
    FIGURE,
    MEASURE,
    RATE_CLASSES,
    Dimension,
    Hidden,
    Measure,
    MeasureKind,
    Question,
    Topic,
    disclosed,
    rounded,
)
from programmes.statistics.views import Answer, answer_to
from wording import N_

Shown = FIGURE | Hidden

BELOW = N_("Die Zahlen stehen in der Tabelle darunter.")
OVER_TIME = ("meetings_held", "attendance_rate")
REACH = ("meetings_held", "persons", "families", "children")


@dataclass(frozen=True)
class Picture:
    """A drawing and the table below it: its headings, and rows whose first cell names them. `topic` is what it is about,
    `note` what else must be known to read it."""

    key: str
    topic: Topic
    drawing: Drawing
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""

    @property
    def title(self) -> str:
        return self.drawing.title


def written(value: Shown, kind: MeasureKind) -> str:
    """A figure as tables and pictures write it."""
    if value is None:
        return "x"
    if isinstance(value, Hidden):
        return value.sign
    if value == 0:
        return "–"
    number = format_decimal(float(value), "#,##0.#")
    return f"{number}\u00a0%" if kind is MeasureKind.RATE else str(number)


def gallery(viewer: Viewer, question: Question, *, hide: bool) -> list[Picture]:
    """All pictures of a question: over time (one a year), how rates lie, by municipality, ways through the programmes."""
    by_month = answer_to(replace(question, by=Dimension.MONTH, then=None), hide=hide, topics=(Topic.ATTENDANCE,))
    by_town = answer_to(replace(question, by=Dimension.MUNICIPALITY, then=None), hide=hide, topics=())
    return pictures_of(viewer, question, by_month, by_town, hide=hide)


def pictures_of(viewer: Viewer, question: Question, by_month: Answer, by_town: Answer, *, hide: bool) -> list[Picture]:
    """The pictures of answers that are known already; none where there were no meetings."""
    if not by_town.rows:
        return []
    ways = queries.pathways(viewer, question)
    return [
        *_over_time(by_month),
        _distribution(queries.rates(viewer, question), hide=hide),
        _reach(by_town),
        *(_way(pathway, ways[pathway.key], hide=hide) for pathway in PATHWAYS),
    ]


def _over_time(answer: Answer) -> list[Picture]:
    figures = {row.heads[0].key: shown for row, shown in zip(answer.rows, answer.figures, strict=True)}
    measures = [MEASURE[key] for key in OVER_TIME]
    most = max((int(_size(shown["meetings_held"]) or 0) for shown in figures.values()), default=0)
    found = []
    for year, keys in groupby(figures, key=lambda key: key[:4]):
        here = {key: figures[key] for key in keys}
        months = [dt.date(int(year), month, 1) for month in range(1, 13)]
        columns = [here.get(f"{day:%Y-%m}") for day in months]
        panels = [
            Panel(_headed(measure), [_quantity(one[measure.key], measure.kind) if one else None for one in columns], look, top)
            for measure, look, top in zip(measures, (Look.SOLID, Look.HATCHED), (most, 100), strict=True)
        ]  # fmt: skip
        drawing = chart.columns(
            gettext("Anwesenheit nach Monaten, %(year)s", year=year),
            _said(gettext("Säulen für jeden Monat: abgeschlossene Termine, darunter die Besuchsquote.")),
            [format_date(day, "LLL").rstrip(".") for day in months], panels,
        )  # fmt: skip
        rows = [
            (format_date(day, "LLLL yyyy"), *(written(one[measure.key], measure.kind) for measure in measures))
            for day, one in zip(months, columns, strict=True) if one
        ]  # fmt: skip
        headings = (gettext("Monat"), *(gettext(measure.label) for measure in measures))
        found.append(Picture(f"months-{year}", Topic.ATTENDANCE, drawing, headings, rows))
    return found


def _distribution(rates: Mapping[str, FIGURE], *, hide: bool) -> Picture:
    shown: Mapping[str, Shown] = disclosed(rates) if hide else rates
    classes, median = [MEASURE[key] for key, _ in RATE_CLASSES], MEASURE["median_rate"]
    drawing = chart.bars(
        gettext("Belegungen nach ihrer Besuchsquote"),
        _said(gettext("Drei Balken: Belegungen mit hoher, mittlerer und niedriger Besuchsquote.")),
        [(gettext(measure.label), _quantity(shown[measure.key], measure.kind)) for measure in classes],
        (Look.SOLID, Look.HATCHED, Look.OPEN),
        footnote=f"{gettext(median.label)}: {written(shown[median.key], median.kind)}",
    )
    rows = [(gettext(one.label), written(shown[one.key], one.kind)) for one in (*classes, median, MEASURE["rated_persons"])]  # fmt: skip
    headings = (gettext("Besuchsquote"), gettext("Zahl"))
    return Picture("rates", Topic.ATTENDANCE, drawing, headings, rows, gettext(HOW_RATES_COUNT))


def _reach(answer: Answer) -> Picture:
    measures = [MEASURE[key] for key in REACH]
    names = [row.heads[0].label for row in answer.rows]
    drawing = chart.side_by_side(
        gettext("Angebot und Reichweite nach Kommunen"),
        _said(gettext("Für jede Kommune vier Balken nebeneinander, jeder mit eigenem Maß: Termine, Personen, Familien, Kinder.")),
        [gettext(measure.label) for measure in measures],
        [
            (name, [_quantity(shown[measure.key], measure.kind) for measure in measures])
            for name, shown in zip(names, answer.figures, strict=True)
        ],
    )  # fmt: skip
    rows = [
        (name, *(written(shown[measure.key], measure.kind) for measure in measures))
        for name, shown in zip([*names, gettext("Summe")], [*answer.figures, answer.total], strict=True)
    ]
    headings = (gettext(Dimension.MUNICIPALITY.label), *(gettext(measure.label) for measure in measures))
    return Picture("reach", Topic.PEOPLE, drawing, headings, rows)


def _way(pathway: Pathway, people: Sequence[int], *, hide: bool) -> Picture:
    counts: list[Shown] = [rounded(count) if hide else count for count in people]
    names = [gettext(stage.label) for stage in pathway.stages]
    drawing = chart.bars(
        gettext(pathway.title),
        _said(gettext("Ein Balken für jeden Schritt des Weges: wie viele Personen ihn gegangen sind.")),
        [(name, _quantity(count, MeasureKind.PEOPLE)) for name, count in zip(names, counts, strict=True)],
        [Look.SOLID if not number else Look.HATCHED for number in range(len(names))],
        are_steps=True,
    )
    rows = [(name, written(count, MeasureKind.PEOPLE)) for name, count in zip(names, counts, strict=True)]
    return Picture(
        f"way-{pathway.key}", Topic.PEOPLE, drawing, (gettext("Schritt"), gettext("Personen")), rows,
        gettext(HOW_PATHWAYS_COUNT),
    )  # fmt: skip


def _headed(measure: Measure) -> str:
    return f"{gettext(measure.label)} (%)" if measure.kind is MeasureKind.RATE else gettext(measure.label)


def _size(value: Shown) -> float | None:
    return None if value is None or isinstance(value, Hidden) else float(value)


def _quantity(value: Shown, kind: MeasureKind) -> Quantity:
    text = written(value, kind)
    return Quantity(text.removesuffix("\u00a0%"), _size(value))


def _said(about: str) -> str:
    return f"{about} {gettext(BELOW)}"
