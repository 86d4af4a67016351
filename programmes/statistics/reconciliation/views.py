"""Answers whether the sheets that are filed, the marks and the report say the same, meeting by meeting."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from auth.guard import allow, viewer
from auth.rules import Role
from programmes.enrolment.forms import row_number
from programmes.statistics.reconciliation import queries
from programmes.statistics.reconciliation.rules import reconciliation_reasons
from programmes.statistics.views import arguments_of, asked, page_of

blueprint = Blueprint("reconciliation", __name__)

LINES_PER_PAGE = 100


@blueprint.get("/statistics/reconciliation")
@allow(Role.COORDINATOR)
def reconciliation() -> str | tuple[str, int]:
    """The meetings of a question that differ. Paper is compared with what holds now, and by name: never for a past day, never to
    be passed on."""
    form, fine = asked()
    question = form.question() if fine else None
    reasons = reconciliation_reasons(question.first, question.last) if question else []
    if question is None or reasons:
        form.refuse(reasons)
        return page_of(form, fine=False), 422
    if form.is_to_disclose or question.known_on:
        abort(404)
    compared = queries.reconcile(viewer(), question)
    differing = [one for one in compared if one.differences]
    number = row_number(request.args.get("page")) or 1
    return render_template(
        "statistics/reconciliation.html", form=form, question=question, compared=compared, differing=differing,
        shown=differing[(number - 1) * LINES_PER_PAGE : number * LINES_PER_PAGE], arguments=arguments_of(form),
        page={
            "number": number, "pages": max(1, -(-len(differing) // LINES_PER_PAGE)), "endpoint": "reconciliation.reconciliation",
            "args": arguments_of(form),
        },
    )  # fmt: skip
