"""Answers: long-term series as tables of place by period, their figures, their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

import clock
from auth import trace
from auth.guard import Viewer, allow, viewer
from auth.rules import Role
from programmes.statistics.queries import exact_for
from programmes.statistics.series import actions, exchange, queries
from programmes.statistics.series.forms import FileForm, PlaceForm, SeriesForm, ValueForm, shown_again
from programmes.statistics.series.models import Series
from programmes.statistics.series.rules import (
    METHOD,
    NOTHING,
    Cell,
    Line,
    Place,
    Reported,
    SeriesKind,
    Shown,
    Standing,
    file_reasons,
    period_name,
    periods_open,
    read_lines,
    shown,
    total,
)
from wording import Refused

blueprint = Blueprint("series", __name__)
Answer = Redirect | Response | str | tuple[str, int]


@dataclass(frozen=True)
class Grid:
    """A series as one reader sees it. A place that has not reported has None in its cell, which is not zero."""

    years: Sequence[int]
    rows: Sequence[tuple[Place, Sequence[Shown | None]]]
    totals: Sequence[Shown | None]
    reported: Sequence[int]


def _grid(places: Sequence[Place], known: Mapping[Cell, Reported], *, disclose: bool) -> Grid:
    years = sorted({year for (_, year), one in known.items() if one.cases is not None})
    figures = [[known.get((place.name, year), NOTHING) for year in years] for place in places]
    columns = list(zip(*figures, strict=True)) if figures else []
    return Grid(
        years,
        [(place, [shown(one, disclose=disclose) for one in row]) for place, row in zip(places, figures, strict=True)],
        [shown(total(column), disclose=disclose) for column in columns],
        [sum(one.cases is not None for one in column) for column in columns],
    )


def _editor() -> Viewer:
    """The viewer, if they keep the series; for others there is no such page."""
    who = viewer()
    if not queries.edits(who):
        raise NotFound
    return who


def _discloses(who: Viewer) -> bool:
    return not exact_for(who) or "disclose" in request.args


@blueprint.get("/series")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def overview() -> Answer:
    """All series, and how much of their newest period is reported."""
    who = viewer()
    return render_template(
        "series/overview.html",
        found=queries.overview(who),
        edits=queries.edits(who),
        period=period_name,
        kinds=SeriesKind,
    )


@blueprint.get("/series/<int:series_id>")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def series(series_id: int) -> Answer:
    """One series: place by period, with what is counted and who says so."""
    who = viewer()
    found = queries.one(series_id)
    disclose = _discloses(who)
    known = {cell: row.reported for cell, row in queries.values(who, found).items()}
    places, edits = queries.places(who, found), queries.edits(who)
    form = PlaceForm(formdata=None, meta={"csrf": False})
    form.offer(places, found.rhythm, who.today)
    return render_template(
        "series/series.html", series=found, grid=_grid(places, known, disclose=disclose), period=period_name, form=form,
        edits=edits and not disclose, may_change=edits and not queries.has_values(found.id),
        disclose=disclose, may_see_exact=exact_for(who), method=METHOD, places=places,
        notes=[] if disclose else sorted((year, name, one.note) for (name, year), one in known.items() if one.note),
    )  # fmt: skip


@blueprint.get("/series/<int:series_id>/export.csv")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def export(series_id: int) -> Response:
    """The series as CSV: exact, to be filled in and sent back; or rounded, to be passed on."""
    who = viewer()
    found = queries.one(series_id)
    disclose = _discloses(who)
    known = {cell: row.reported for cell, row in queries.values(who, found).items()}
    years = sorted({year for _, year in known}) or [who.today.year - 1]
    places = queries.places(who, found)
    data = exchange.as_csv(found.facts, places, years, known, clock.today(), disclose=disclose)
    trace.note("export series.csv", object_id=found.id, rows=len(known))
    name = f"kursbuch-reihe-{found.key}{'-gerundet' if disclose else ''}.csv"
    return Response(
        data,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.route("/series/new", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add() -> Answer:
    """Lay down a series."""
    _editor()
    return _series_form(None, SeriesForm())


@blueprint.route("/series/<int:series_id>/edit", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def edit(series_id: int) -> Answer:
    """Change a series of which nothing is told yet."""
    _editor()
    found = queries.one(series_id)
    return _series_form(found, SeriesForm(data=shown_again(found.facts)))


def _series_form(found: Series | None, form: SeriesForm) -> Answer:
    if form.is_submitted() and form.validate():
        try:
            saved = actions.save_series(found, form.facts())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Die Reihe ist gespeichert."), "success")
            return redirect(url_for("series.series", series_id=saved.id))
    page = render_template(f"series/{'edit' if found else 'add'}.html", form=form, series=found)
    return (page, 422) if form.is_submitted() else page


@blueprint.route("/series/<int:series_id>/value", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def value(series_id: int) -> Answer:
    """What was told of one place and period: enter it, correct it, see all that was told before."""
    who = _editor()
    found = queries.one(series_id)
    place, year = _place_and_year(who, found)
    told = queries.told(found, place, year)
    holding = next((row for row in told if row.replaced_at is None), None)
    form = ValueForm()
    if not form.is_submitted():
        form.show(holding.reported if holding else NOTHING, holding.id if holding else 0)
    elif form.validate():
        try:
            changed = actions.report(
                who, found, (place, year), form.new, replaces=form.known, why=form.reason.data, now=clock.now()
            )
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            text = gettext("Der Wert ist gespeichert.") if changed else gettext("Es hat sich nichts geändert.")
            flash(text, "success" if changed else "info")
            return redirect(url_for("series.series", series_id=found.id))
    page = render_template(
        "series/value.html", series=found, place=place, year=year, period=period_name, told=told, form=form,
        needs_reason=holding is not None and holding.cases is not None,
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


def _place_and_year(who: Viewer, found: Series) -> tuple[Place, int]:
    """Those that the address names, or the first row and the period that ended last."""
    form = PlaceForm(formdata=request.args, meta={"csrf": False})
    places = queries.places(who, found)
    form.offer(places, found.rhythm, who.today)
    if not request.args and places:
        return places[0], who.today.year - 1
    if form.year.data not in periods_open(who.today.year):
        raise NotFound
    return queries.place(who, found, str(form.place.data)), form.year.data


@blueprint.route("/series/<int:series_id>/import", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def import_file(series_id: int) -> Answer:
    """Take in a file: first it is shown what it would do, line by line; then all of it or nothing."""
    who = _editor()
    found = queries.one(series_id)
    form, sent = FileForm(), request.files.get("file")
    lines: list[Line] = []
    fine = False
    if form.is_submitted() and form.validate():
        try:
            lines = _lines(who, found, form, sent)
            reasons = file_reasons(lines)
            form.refuse(reasons)
            fine = not reasons
            if fine and "apply" in request.form and not sent:
                count = actions.take_in(who, found, lines, why=form.reason.data, now=clock.now())
                flash(ngettext("Ein Wert ist übernommen.", "%(num)s Werte sind übernommen.", count), "success")
                return redirect(url_for("series.series", series_id=found.id))
        except Refused as refused:
            form.refuse(refused.reasons)
    counts = {standing: sum(line.standing is standing for line in lines) for standing in Standing}
    page = render_template(
        "series/import_file.html", series=found, form=form, lines=lines, fine=fine, counts=counts, Standing=Standing
    )
    return (page, 422) if form.is_submitted() and not fine else page


def _lines(who: Viewer, found: Series, form: FileForm, sent: FileStorage | None) -> list[Line]:
    """What the file that is sent says, or what one said when it was shown."""
    if sent:
        form.text.data = exchange.text_of(sent.read(exchange.LARGEST_FILE + 1))
        sent.close()
    known = {cell: row.reported for cell, row in queries.values(who, found).items()}
    places = [place.name for place in queries.places(who, found)]
    cells = exchange.lines_of(form.text.data or "", found.facts)
    return read_lines(cells, found.facts, places, known, who.today.year, form.reason.data)
