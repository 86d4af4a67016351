"""Answers what it adds up to: on the page, as CSV, as XLSX."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Redirect

import clock
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from fields import showable
from programmes.catalogue.queries import coordinated_course, course as visible_course, may_coordinate
from programmes.enrolment.forms import row_number
from programmes.statistics import actions, export, queries
from programmes.statistics.forms import Ask, SaveReport, first_question
from programmes.statistics.matrix import matrix_of
from programmes.statistics.models import SavedReport
from programmes.statistics.rows import Behind
from programmes.statistics.rules import (
    FIGURE,
    MEASURE,
    MEASURES,
    OF_PEOPLE,
    ROW_NAMES,
    SIGN,
    Column,
    Head,
    Hidden,
    MeasureKind,
    Question,
    Row,
    Standing,
    Topic,
    a_year_before,
    difference,
    disclosed,
    present_period,
    settled_reasons,
    usual_periods,
)
from wording import N_

blueprint = Blueprint("statistics", __name__)

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


def arguments_of(form: Ask) -> dict[str, Any]:
    """The question as it stands in addresses, with what was not said left out."""
    asked = {key: value for key, value in request.args.items() if key in form and value and len(value) < 100}
    days = {
        day.name: day.data.isoformat() for day in (form.first, form.last) if day.data
    }  # whatever way they were typed
    return first_question(viewer()) | asked | days


def page_of(form: Ask, answer: Answer | None, save: SaveReport | None = None) -> str:
    return render_template(
        "statistics/statistics.html", form=form, answer=answer, measures=MEASURES, kinds=MeasureKind, signs=SIGNS,
        topics=Topic, totals=TOTALS, of_people=OF_PEOPLE, periods=periods(form), arguments=arguments_of(form),
        save=save or SaveReport(), saved=[_again(report) for report in queries.saved_reports(viewer())],
    )  # fmt: skip


def _again(report: SavedReport) -> tuple[SavedReport, dict[str, str], dt.date, dt.date]:
    """A saved question, its arguments about the newest period like its own with what is known by now, and its own period."""
    who, asked = viewer(), report.arguments
    first, last = (dt.date.fromisoformat(asked[end]) for end in ("first", "last"))
    disclose = not queries.exact_for(who) or "disclose" in asked
    now = [day.isoformat() for day in present_period(first, last, who.today, disclose=disclose)]
    kept = {key: value for key, value in asked.items() if key != "as_of"}
    return report, kept | dict(zip(("first", "last"), now, strict=True)), first, last


@blueprint.get("/statistics")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def statistics() -> str | tuple[str, int]:
    """Attendance by programme, place, month or what people are; by two of them together if wanted."""
    form, fine = asked()
    return page_of(form, answered(form)) if fine else (page_of(form, None), 422)


@blueprint.get("/statistics/rows")
@allow(Role.COORDINATOR)
def rows() -> str | tuple[str, int]:
    """What one figure of the table counts, by name. Figures to be passed on have nothing behind them."""
    form, fine = asked()
    if not fine:
        return page_of(form, None), 422
    measure = MEASURE.get(request.args.get("measure", "persons"))
    keys = {name: showable(request.args[name]) for name in ROW_NAMES if name in request.args}
    behind = Behind(viewer(), form.question(), tuple(keys.values()))
    if measure is None or form.is_to_disclose or not behind.has(measure):
        abort(404)
    arguments = arguments_of(form) | keys
    followed = [(MEASURE[key], behind.figure(MEASURE[key])) for key in measure.follows_from]
    listed = None if followed else behind.page(measure, row_number(request.args.get("page")) or 1)
    trace.note("read statistics.rows", object_id=measure.key, rows=len(listed.lines) if listed else 0)
    return render_template(
        "statistics/rows.html", form=form, question=form.question(), measure=measure, columns=Column,
        heads=[_said(head) for head in behind.heads], followed=followed, listed=listed,
        figure=listed.figure if listed else behind.figure(measure), arguments=arguments, question_arguments=arguments_of(form),
        page=listed and {"number": listed.number, "pages": listed.pages, "endpoint": "statistics.rows", "args": arguments | {"measure": measure.key}},
    )  # fmt: skip


@blueprint.post("/statistics/saved")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def save_report() -> Redirect | tuple[str, int]:
    """Keep the question that stands in the address."""
    form, fine = asked()
    save = SaveReport()
    if not fine or not save.validate():
        return page_of(form, answered(form) if fine else None, save), 422
    actions.save_report(viewer(), save.name.data or "", arguments_of(form), clock.now())
    flash(gettext("Die Frage ist gemerkt. Gezählt wird immer neu."), "success")
    return redirect(url_for("statistics.statistics", **arguments_of(form), _anchor="saved"))


@blueprint.post("/statistics/saved/<int:report_id>/delete")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def delete_report(report_id: int) -> Redirect:
    """Forget one of one's own questions."""
    actions.delete_report(queries.saved_report(viewer(), report_id))
    flash(gettext("Die Frage ist gelöscht."), "success")
    return redirect(url_for("statistics.statistics"))


@blueprint.get("/statistics/compare")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def compare() -> str | tuple[str, int]:
    """A question about its period and about the year before, side by side."""
    form, fine = asked()
    if not fine:
        return page_of(form, None), 422
    question, hide, topic = form.question(), form.is_to_disclose, form.topic.data or Topic.PEOPLE
    of_people = any(by in OF_PEOPLE for by in question.dimensions)
    if of_people and topic is Topic.OFFER:
        topic = Topic.PEOPLE
    measures = [measure for measure in MEASURES if measure.topic is topic]
    lines = []
    for row, before in queries.compared(viewer(), question, disclose=hide):
        now, then = (
            disclosed(one.figures, has_families=one.has_families) if hide else one.figures for one in (row, before)
        )
        cells = [
            (measure, now[measure.key], then[measure.key], difference(measure, now[measure.key], then[measure.key], disclose=hide))
            for measure in measures
        ]  # fmt: skip
        lines.append(([_said(head) for head in row.heads], cells))
    return render_template(
        "statistics/compare.html", form=form, question=question, before=a_year_before(question), measures=measures,
        lines=lines, topic=topic, topics=[one for one in Topic if not (of_people and one is Topic.OFFER)], kinds=MeasureKind,
        signs=SIGNS, arguments=arguments_of(form), method=METHOD_DISCLOSED if hide else METHOD_EXACT, hide=hide,
        is_running=question.last >= viewer().today,
    )  # fmt: skip


def _file(make: Callable[[export.Sheet], bytes], mimetype: str, ending: str) -> Response | tuple[str, int]:
    form, fine = asked()
    if not fine:
        return page_of(form, None), 422
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
    return _file(export.as_xlsx, export.XLSX, "xlsx")


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
