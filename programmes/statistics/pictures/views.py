"""Answers with pictures: on the page, and in the report that is printed and sent."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request
from flask_login import current_user

import clock
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.statistics.forms import Ask
from programmes.statistics.pictures import document, report
from programmes.statistics.pictures.drawing import as_svg
from programmes.statistics.pictures.gallery import gallery
from programmes.statistics.sheet import SIGNS, method
from programmes.statistics.views import asked, periods

blueprint = Blueprint("pictures", __name__)

NOT_ASKED = frozenset({"by", "then", "topic"})  # what rows and columns there are is decided by the pictures


@blueprint.get("/statistics/pictures")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def pictures() -> str | tuple[str, int]:
    """The figures of a period as pictures, each with its table."""
    form, fine = asked(ignored=NOT_ASKED)
    return _page(form, fine=True) if fine else (_page(form, fine=False), 422)


def _page(form: Ask, *, fine: bool) -> str:
    who = viewer()
    question = form.question() if fine else None
    return render_template(
        "pictures/pictures.html", form=form, question=question, svg=as_svg, signs=SIGNS, periods=periods(form),
        pictures=gallery(who, question, hide=form.is_to_disclose) if question else [],
        method=method(disclose=form.is_to_disclose), arguments=_arguments(),
    )  # fmt: skip


def _arguments() -> dict[str, str]:
    return {key: value for key, value in request.args.items() if len(value) < 100}


@blueprint.get("/statistics/report.pdf")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def report_pdf() -> Response | tuple[str, int]:
    """The report of a period (domain.md E4), as PDF/UA."""
    form, fine = asked(ignored=NOT_ASKED)
    if not fine:
        return _page(form, fine=False), 422
    question = form.question()
    facts = report.facts(
        viewer(), question, hide=form.is_to_disclose, narrowed=form.narrowed, author=current_user.name,
        created=clock.now(), demo=current_app.config["SETTINGS"].demo,
    )  # fmt: skip
    trace.note("export statistics.pdf", object_id="report", rows=facts.rows)
    name = f"kursbuch-bericht-{question.first.isoformat()}-{question.last.isoformat()}.pdf"
    return Response(
        document.render(facts),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
