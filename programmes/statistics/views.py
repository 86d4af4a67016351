"""Answers what it adds up to: on the page, as CSV, as XLSX."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Redirect

import clock
from auth import trace
from auth.download import handed_out, new_file
from auth.guard import allow, viewer
from auth.rules import Role
from fields import showable
from programmes.catalogue.queries import coordinated_course, course as visible_course, may_coordinate
from programmes.enrolment.forms import row_number
from programmes.statistics import actions, queries
from programmes.statistics.export import CSV, XLSX, Line, as_xlsx, csv_head, csv_lines, line, matrix_as_csv
from programmes.statistics.exports.queries import own_exports
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
    Hidden,
    MeasureKind,
    Question,
    Row,
    Standing,
    Topic,
    a_year_before,
    difference,
    file_name,
    present_period,
    settled_reasons,
    usual_periods,
)
from programmes.statistics.sheet import SIGNS, TOTALS, method, said, sheet, shown, total_line
from wording import N_, Reason, Refused

blueprint = Blueprint("statistics", __name__)

TOO_LONG = Reason(
    N_(
        "Diese Tabelle ist zu lang. Fragen Sie nach weniger, oder lassen Sie sie auf der Seite Statistik im Hintergrund erstellen."
    )
)


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
        """How it was counted."""
        return method(disclose=self.is_disclosed)


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
    rows = [replace(row, heads=tuple(map(said, row.heads))) for row in rows]
    return Answer(question, rows, [shown(row, disclose=hide) for row in rows], shown(total, disclose=hide), hide)


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


def page_of(form: Ask, save: SaveReport | None = None, *, fine: bool) -> str:
    """The page of the question: with its answer if it makes sense and nobody has to wait long for it."""
    too_long = fine and _is_long(form)
    answer = answered(form) if fine and not too_long else None
    return render_template(
        "statistics/statistics.html", form=form, answer=answer, measures=MEASURES, kinds=MeasureKind, signs=SIGNS,
        topics=Topic, totals=TOTALS, of_people=OF_PEOPLE, periods=periods(form), arguments=arguments_of(form),
        save=save or SaveReport(), saved=[_again(report) for report in queries.saved_reports(viewer())],
        too_long=too_long, exports=own_exports(viewer(), clock.now()),
    )  # fmt: skip


def _is_long(form: Ask) -> bool:
    """Whether nobody should wait for the answer to a question that makes sense."""
    return queries.is_long(viewer(), form.question(), len(form.course.choices))


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
    return page_of(form, fine=True) if fine else (page_of(form, fine=False), 422)


@blueprint.get("/statistics/rows")
@allow(Role.COORDINATOR)
def rows() -> str | tuple[str, int]:
    """What one figure of the table counts, by name. Figures to be passed on have nothing behind them."""
    form, fine = asked()
    if not fine:
        return page_of(form, fine=False), 422
    measure = MEASURE.get(request.args.get("measure", "persons"))
    keys = {name: showable(request.args[name]) for name in ROW_NAMES if name in request.args}
    behind = Behind(viewer(), form.question(), tuple(keys.values()))
    if measure is None or form.is_to_disclose or not behind.has(measure):
        abort(404)
    arguments = arguments_of(form) | keys
    followed = [(MEASURE[key], behind.figure(MEASURE[key])) for key in measure.follows_from]
    listed = None if followed else behind.page(measure, row_number(request.args.get("page")) or 1)
    trace.note("read statistics.rows", object_id=measure.key, rows=len(listed.lines) if listed else 0)
    trace.saw(number for line in (listed.lines if listed else ()) for number in line.people)
    return render_template(
        "statistics/rows.html", form=form, question=form.question(), measure=measure, columns=Column,
        heads=[said(head) for head in behind.heads], followed=followed, listed=listed,
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
        return page_of(form, save, fine=fine), 422
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
        return page_of(form, fine=False), 422
    if _is_long(form):
        raise Refused(TOO_LONG)
    question, hide, topic = form.question(), form.is_to_disclose, form.topic.data or Topic.PEOPLE
    of_people = any(by in OF_PEOPLE for by in question.dimensions)
    if of_people and topic is Topic.OFFER:
        topic = Topic.PEOPLE
    measures = [measure for measure in MEASURES if measure.topic is topic]
    lines = []
    for row, before in queries.compared(viewer(), question, disclose=hide):
        now, then = shown(row, disclose=hide), shown(before, disclose=hide)
        cells = [
            (measure, now[measure.key], then[measure.key], difference(measure, now[measure.key], then[measure.key], disclose=hide))
            for measure in measures
        ]  # fmt: skip
        lines.append(([said(head) for head in row.heads], cells))
    return render_template(
        "statistics/compare.html", form=form, question=question, before=a_year_before(question), measures=measures,
        lines=lines, topic=topic, topics=[one for one in Topic if not (of_people and one is Topic.OFFER)], kinds=MeasureKind,
        signs=SIGNS, arguments=arguments_of(form), method=method(disclose=hide), hide=hide,
        is_running=question.last >= viewer().today,
    )  # fmt: skip


def _file(
    ending: str, kind: str, write: Callable[[Answer, list[Line], IO[bytes]], object]
) -> Response | tuple[str, int]:
    form, fine = asked()
    if not fine:
        return page_of(form, fine=False), 422
    if _is_long(form):
        raise Refused(TOO_LONG)
    answer = answered(form)
    question = answer.question
    lines = [line(row.heads, figures) for row, figures in zip(answer.rows, answer.figures, strict=True)]
    with new_file() as file:
        write(answer, [*lines, total_line(question, answer.total)], file)
    return handed_out(
        file, kind, file_name(question, ending),
        act=f"export statistics.{ending}", object_id="-".join(question.dimensions), rows=len(lines),
    )  # fmt: skip


@blueprint.get("/statistics/export.csv")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def export_csv() -> Response | tuple[str, int]:
    """The table of the page as CSV."""

    def write(answer: Answer, lines: list[Line], file: IO[bytes]) -> None:
        file.write(csv_head(answer.question) + csv_lines(lines, answer.question, answer.as_of))

    return _file("csv", CSV, write)


@blueprint.get("/statistics/export.xlsx")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def export_xlsx() -> Response | tuple[str, int]:
    """The table of the page as XLSX, with its definitions."""

    def write(answer: Answer, lines: list[Line], file: IO[bytes]) -> None:
        as_of, hide = answer.as_of, answer.is_disclosed
        as_xlsx(sheet(answer.question, lines, len(answer.rows), as_of=as_of, disclose=hide), file)

    return _file("xlsx", XLSX, write)


@blueprint.get("/courses/<int:course_id>/attendance")
@allow(Role.COORDINATOR, Role.LEADER)
def matrix(course_id: int) -> str:
    """Everybody in a course against all its dates: names and marks only, so that leaders may read it too."""
    who = viewer()
    course = visible_course(who, course_id)
    found = matrix_of(who, course)
    trace.saw(row.person_id for row in found.rows)
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
    trace.saw(row.person_id for row in found.rows)
    with new_file() as file:
        file.write(matrix_as_csv(found))
    name = f"kursbuch-anwesenheit-{course.id}.csv"
    return handed_out(file, CSV, name, act="export matrix.csv", object_id=course.id, rows=len(found.rows))
