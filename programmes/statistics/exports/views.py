"""Answers: how far an export is that is made in the background, and its files."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response as Redirect

import clock
import jobs
from auth.download import handed_out, new_file
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.statistics.export import CSV, XLSX, csv_head
from programmes.statistics.exports import actions, queries
from programmes.statistics.exports.models import Content
from programmes.statistics.rules import file_name
from programmes.statistics.sheet import method
from programmes.statistics.views import asked, page_of

blueprint = Blueprint("exports", __name__)

MIME = {Content.CSV: CSV, Content.XLSX: XLSX}


@blueprint.post("/statistics/exports")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def ask() -> Redirect | tuple[str, int]:
    """Ask for the table of the question in the address."""
    form, fine = asked()
    if not fine:
        return page_of(form, fine=False), 422
    language = str(get_locale() or "de")
    found = actions.start(viewer(), form.question(), disclose=form.is_to_disclose, language=language)
    jobs.hurry()
    return redirect(url_for("exports.export", long_export_id=found.id))


@blueprint.get("/statistics/exports/<int:long_export_id>")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def export(long_export_id: int) -> str:
    """How far it is, and the files when they are ready."""
    found = queries.own_export(viewer(), long_export_id, clock.now())
    return render_template(
        "exports/export.html", export=found, question=found.question, job=found.job,
        method=method(disclose=found.is_disclosed), until=found.ready_at and found.ready_at + queries.KEPT_FOR,
        files=queries.files(viewer(), found), disk_full=jobs.DISK_FULL,
    )  # fmt: skip


@blueprint.get("/statistics/exports/<int:long_export_id>/table.csv")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def table_csv(long_export_id: int) -> Response:
    """The table as CSV, as often as wanted while it is kept."""
    return _file(long_export_id, Content.CSV)


@blueprint.get("/statistics/exports/<int:long_export_id>/table.xlsx")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def table_xlsx(long_export_id: int) -> Response:
    """The table as XLSX."""
    return _file(long_export_id, Content.XLSX)


def _file(long_export_id: int, wanted: Content) -> Response:
    who = viewer()
    found = queries.own_export(who, long_export_id, clock.now())
    if wanted not in queries.files(who, found):
        abort(404)
    with new_file() as copy:
        copy.write(csv_head(found.question) if wanted is Content.CSV else b"")
        copy.writelines(queries.pieces(who, found, wanted))
    return handed_out(
        copy, MIME[wanted], file_name(found.question, wanted.value),
        act=f"export statistics.{wanted.value}", object_id=found.id, rows=found.rows,
    )  # fmt: skip


@blueprint.post("/statistics/exports/<int:long_export_id>/discard")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def discard(long_export_id: int) -> Redirect:
    """Stop making it, or delete it before its day is over."""
    actions.discard(viewer(), queries.own_export(viewer(), long_export_id, clock.now()))
    flash(gettext("Der Export ist gelöscht."), "info")
    return redirect(url_for("statistics.statistics"))
