"""Answers what it adds up to: on the page, as CSV, as XLSX."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

import clock
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.catalogue.queries import coordinated_course, course as visible_course, may_coordinate
from programmes.statistics import export, queries
from programmes.statistics.forms import Ask, first_question
from programmes.statistics.matrix import matrix_of
from programmes.statistics.rules import (
    FIGURE,
    MEASURES,
    OF_PEOPLE,
    SIGN,
    Head,
    Hidden,
    MeasureKind,
    Question,
    Row,
    Standing,
    Topic,
    disclosed,
    settled_reasons,
    usual_periods,
)
from wording import N_

blueprint = Blueprint("statistics", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIGNS = (
    ("–", N_("genau null")),
    ("·", N_("geheim: niemand oder zu wenige Menschen")),
    ("x", N_("nicht sinnvoll: nichts angeboten, oder nicht nach Menschen zu teilen")),
)
METHOD_EXACT = N_("Genaue Zahlen des eigenen Bereichs. Nicht zur Weitergabe.")
METHOD_DISCLOSED = N_(
    "Zur Weitergabe: Zahlen von Menschen sind auf Vielfache von 5 gerundet, auch die Summen, jede für sich; Anwesenheiten, "
    "Minuten und Quoten erscheinen erst ab 20 Personen."
)
TOTALS = N_("Die Summe zählt Personen, Familien und Kinder neu: Wer in zwei Zeilen steht, zählt in der Summe einmal.")


@dataclass(frozen=True)
class Answer:
    """A question with its answer, as it may be shown to the one who asked."""

    question: Question
    rows: list[Row]
    figures: list[Mapping[str, FIGURE | Hidden]]
    total: Mapping[str, FIGURE | Hidden]
    is_disclosed: bool

    @property
    def is_of_people(self) -> bool:
        """Whether rows are of what people are: meetings belong to none of them."""
        return any(by in OF_PEOPLE for by in self.question.dimensions)

    @property
    def as_of(self) -> dt.date:
        """The day whose knowledge is counted."""
        return self.question.known_on or clock.today()

    @property
    def method(self) -> str:
        return METHOD_DISCLOSED if self.is_disclosed else METHOD_EXACT


def asked(*, ignored: Collection[str] = ()) -> tuple[Ask, bool]:
    """The question in the address, but for the fields that do not matter here, and whether it makes sense."""
    reader = viewer()
    arguments = MultiDict((key, value) for key, value in request.args.items(multi=True) if key not in ignored)
    for key, value in first_question(reader).items():
        arguments.setdefault(key, value)
    form = Ask(formdata=arguments)
    form.offer(reader)
    return form, form.fine()


def answered(form: Ask) -> Answer:
    """The answer to a question that makes sense, as its viewer may see it."""
    return answer_to(form.question(), hide=form.is_to_disclose)


def answer_to(question: Question, *, hide: bool, topics: Collection[Topic] = tuple(Topic)) -> Answer:
    """The answer as whoever asks may see it; `hide` what must not leave the office."""
    rows, total = queries.table(viewer(), question, disclose=hide, topics=topics)
    rows = [replace(row, heads=tuple(_said(head) for head in row.heads)) for row in rows]

    def shown(row: Row) -> Mapping[str, FIGURE | Hidden]:
        return disclosed(row.figures, has_families=row.has_families) if hide else row.figures

    return Answer(question, rows, [shown(row) for row in rows], shown(total), hide)


def _said(head: Head) -> Head:
    return replace(head, label=gettext(head.label)) if head.is_said else head


def periods(form: Ask) -> list[tuple[str, dt.date, dt.date]]:
    """The usual periods, as (name, first day, last day), of which there is an answer."""
    today = viewer().today
    return [one for one in usual_periods(today) if not form.is_to_disclose or not settled_reasons(one[2], today)]


def _page(form: Ask, answer: Answer | None) -> str:
    return render_template(
        "statistics/statistics.html", form=form, answer=answer, measures=MEASURES, kinds=MeasureKind, signs=SIGNS,
        topics=Topic, totals=TOTALS, of_people=OF_PEOPLE, periods=periods(form), export_arguments={key: value for key, value in request.args.items() if len(value) < 100},
    )  # fmt: skip


@blueprint.get("/statistics")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def statistics() -> str | tuple[str, int]:
    """Attendance by programme, place, month or what people are; by two of them together if wanted."""
    form, fine = asked()
    return _page(form, answered(form)) if fine else (_page(form, None), 422)


def _file(make: Callable[[export.Sheet], bytes], mimetype: str, ending: str) -> Response | tuple[str, int]:
    form, fine = asked()
    if not fine:
        return _page(form, None), 422
    answer = answered(form)
    question = answer.question
    notes = [
        (gettext("Zeitraum"), f"{question.first.isoformat()} – {question.last.isoformat()}"),
        (gettext("Stichtag"), answer.as_of.isoformat()),
        (gettext("Verfahren"), gettext(answer.method)),
        (gettext("Summen"), gettext(TOTALS)),
        *((sign, gettext(meaning)) for sign, meaning in SIGNS),
        *((gettext(by.label), gettext(OF_PEOPLE[by])) for by in question.dimensions if by in OF_PEOPLE),
        *((f"{gettext(measure.label)} ({measure.key})", gettext(measure.definition)) for measure in MEASURES),
    ]
    sheet = export.Sheet(
        title=gettext("Anwesenheit"),
        headings=[(by.value, gettext(by.label)) for by in question.dimensions], key_name=gettext("Kürzel"),
        rows=answer.rows, figures=answer.figures, total=answer.total, total_label=gettext("Summe"),
        names={measure.key: gettext(measure.label) for measure in MEASURES}, notes=notes,
        definitions_title=gettext("Definitionen"), first=question.first, last=question.last, as_of=answer.as_of,
    )  # fmt: skip
    trace.note(f"export statistics.{ending}", object_id="-".join(question.dimensions), rows=len(answer.rows))
    name = f"kursbuch-{'-'.join(question.dimensions)}-{question.first.isoformat()}-{question.last.isoformat()}.{ending}"
    return Response(
        make(sheet), content_type=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@blueprint.get("/statistics/export.csv")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def export_csv() -> Response | tuple[str, int]:
    """The table of the page as CSV."""
    return _file(export.as_csv, "text/csv; charset=utf-8", "csv")


@blueprint.get("/statistics/export.xlsx")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def export_xlsx() -> Response | tuple[str, int]:
    """The table of the page as XLSX, with its definitions."""
    return _file(export.as_xlsx, XLSX, "xlsx")


@blueprint.get("/courses/<int:course_id>/attendance")
@allow(Role.COORDINATOR, Role.LEADER)
def matrix(course_id: int) -> str:
    """Everybody in a course against all its dates: names and marks only, so that leaders may read it too."""
    who = viewer()
    course = visible_course(who, course_id)
    found = matrix_of(who, course)
    used = {square for row in found.rows for square in row.squares}
    signs = [(sign, square.label) for square, sign in SIGN.items() if square in used]
    return render_template(
        "statistics/matrix.html", course=course, matrix=found, standings=Standing, sign=SIGN, signs=signs,
        may_take_away=may_coordinate(who, course.id),
    )  # fmt: skip


@blueprint.get("/courses/<int:course_id>/attendance.csv")
@allow(Role.COORDINATOR)
def matrix_csv(course_id: int) -> Response:
    """The same as CSV, for coordinators: it takes names out of the house, so it is traced."""
    who = viewer()
    course = coordinated_course(who, course_id)
    found = matrix_of(who, course)
    trace.note("export matrix.csv", object_id=course.id, rows=len(found.rows))
    name = f"kursbuch-anwesenheit-{course.id}.csv"
    return Response(
        export.matrix_as_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
