"""Answers: the county as its towns lie, and the printed list of its courses."""

from __future__ import annotations

from email.utils import parseaddr

from flask import Blueprint, Response, current_app, render_template, request

import clock
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.enrolment.county import directory, document, queries
from programmes.enrolment.county.forms import DirectoryForm

blueprint = Blueprint("county", __name__)


@blueprint.get("/county")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def overview() -> str:
    """What runs where in the county, for whoever bundles and connects it.

    The report's wishes, as domain.md A10 has them. R12: "alle 13 Kommunen beteiligen; je Kommune Integrationsbeauftragte/r",
    for which a system needs "Mandanten-/Kommunenbezug in jedem Datensatz; Vertretung, wenn vakant". R13:
    "Koordination/Bündelung auf Kreisebene, Vernetzung bestehender Maßnahmen", that is a "kreisweites Kursverzeichnis auch
    für Partnerträger". So it says plainly where nobody coordinates and where nothing runs.
    """
    form = DirectoryForm(None, meta={"csrf": False})
    form.offer()
    return _page(form)


def _page(form: DirectoryForm) -> str:
    me = viewer()
    towns = queries.towns(me)
    return render_template(
        "county/overview.html", form=form, inside=[town for town in towns if town.in_county],
        outside=[town for town in towns if not town.in_county and town.offered], shows_names=me.coordinates,
    )  # fmt: skip


@blueprint.get("/county/directory.pdf")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def directory_pdf() -> Response | tuple[str, int]:
    """The list of all courses of the county for handing out (domain.md R13, R21), as PDF/UA. Cancelled ones are not in it."""
    form = DirectoryForm(request.args, meta={"csrf": False})
    form.offer()
    if not form.asked():
        return _page(form), 422
    first, last = form.first.data, form.last.data
    found = queries.listed(viewer(), first, last, form.town.data)
    settings = current_app.config["SETTINGS"]
    facts = directory.facts(
        found, first, last, mail=parseaddr(settings.mail_from)[1], demo=settings.demo, created=clock.now()
    )
    trace.note("export directory.pdf", object_id="directory", rows=facts.entries)
    return Response(
        document.render(facts),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="kursverzeichnis-{clock.today().isoformat()}.pdf"'},
    )
