"""Answers a funder: what was granted, the report, and the files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

import clock
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from fields import sentence
from programmes.catalogue.models import FundingProfile
from programmes.statistics.export import XLSX
from programmes.statistics.funding import actions, files, queries
from programmes.statistics.funding.forms import ExportForm, GrantForm
from programmes.statistics.funding.rules import PACKS, FunderPack, Grant, giving_reasons, remarks, report_reasons
from programmes.statistics.funding.tables import Table, table_of_heads, tables
from programmes.statistics.rules import reference_day
from wording import N_, Reason, Refused

blueprint = Blueprint("funding", __name__)
Answer = Redirect | Response | str | tuple[str, int]
EVERYTHING = "all.xlsx"
ROUNDED = N_("Zahlen von Menschen sind in der Datei auf Vielfache von 5 gerundet: Niemand verlangt sie genau.")


@dataclass(frozen=True)
class Report:
    """A report that can be put together: its tables, and what one should know before sending it."""

    tables: list[Table]
    remarks: list[Reason]
    twice: list[queries.Twice]
    files: list[tuple[str, str]]

    def file(self, name: str, pack: FunderPack) -> list[Table]:
        """The tables that go into a file, as they may leave the office."""
        return [
            table.to_give_away(exact=pack.exact is not None)
            for table in self.tables
            if name in {EVERYTHING, f"{table.key}.csv"}
        ]


def _known_on(pack: FunderPack, grant: Grant) -> dt.date | None:
    """What a file holds was known at the end of this day; None: it holds what is known now."""
    return None if pack.exact or grant.last is None else reference_day(grant.last)


def _report(profile: FundingProfile, pack: FunderPack, grant: Grant, known_on: dt.date | None = None) -> Report:
    found = queries.facts(viewer(), profile, str(current_app.config["SECRET_KEY"]))
    if pack.heads:
        made = [table_of_heads(queries.heads(viewer(), profile, known_on))]
    else:
        made = tables(pack, grant, found.courses, found.places)
    known = remarks(
        pack, grant, found.courses, found.places,
        outside=found.outside, twice=len(found.twice), not_closed=found.not_closed,
    )  # fmt: skip
    offered = [(f"{table.key}.csv", f"{gettext(table.label)} (CSV)") for table in made]
    return Report(made, known, found.twice, [(EVERYTHING, gettext("Alles (XLSX)")), *reversed(offered)])


def _page(profile: FundingProfile, form: ExportForm, report: Report | None) -> str:
    pack, grant = queries.pack(profile), queries.grant(profile)
    named = [number for table in report.tables for number in table.people] if report else []
    named += [one.person_id for one in report.twice] if report else []
    if named:
        trace.saw(named)
    return render_template(
        "funding/report.html", profile=profile, pack=pack, grant=grant, deadline=queries.deadline_of(profile, viewer().today),
        missing=report_reasons(pack, grant), waits=giving_reasons(pack, grant, viewer().today), known_on=_known_on(pack, grant),
        report=report, form=form, exports=queries.exports(profile.id), rounded=ROUNDED,
    )  # fmt: skip


@blueprint.get("/funding/reports")
@allow(Role.COORDINATOR)
def reports() -> str:
    """All funding profiles with a report, the most urgent first."""
    return render_template("funding/reports.html", deadlines=queries.deadlines(viewer()))


@blueprint.get("/funding/<int:profile_id>/report")
@allow(Role.COORDINATOR)
def report(profile_id: int) -> str:
    """The report of one funding profile, in the viewer's scope."""
    profile = queries.profile(viewer(), profile_id)
    pack, grant = queries.pack(profile), queries.grant(profile)
    form, made = ExportForm(formdata=None), None
    if not report_reasons(pack, grant):
        made = _report(profile, pack, grant)
        form.offer(made.files)
    return _page(profile, form, made)


@blueprint.post("/funding/<int:profile_id>/export")
@allow(Role.COORDINATOR, recent=True)
def export(profile_id: int) -> Answer:
    """Ask for a file of the report, for a reason that is kept."""
    who = viewer()
    profile = queries.profile(who, profile_id)
    pack, grant = queries.pack(profile), queries.grant(profile)
    missing = report_reasons(pack, grant) or giving_reasons(pack, grant, who.today)
    if missing:
        raise Refused(*missing)
    made = _report(profile, pack, grant)
    form = ExportForm()
    form.offer(made.files)
    if not form.validate():
        return _page(profile, form, made), 422
    asked = actions.ask_for_file(who, profile, str(form.file.data), form.reason.data or "", clock.now())
    return redirect(url_for("funding.file", export_id=asked.id))


@blueprint.get("/funding/exports/<int:export_id>")
@allow(Role.COORDINATOR, recent=True)
def file(export_id: int) -> Response:
    """The file that the viewer has just given a reason for. It is traced by the number of the reason, whenever it is fetched."""
    who = viewer()
    asked = queries.asked_today(who, export_id)
    profile = queries.profile(who, asked.profile_id)
    pack, grant = queries.pack(profile), queries.grant(profile)
    if grant.first is None or grant.last is None or giving_reasons(pack, grant, who.today):
        raise NotFound  # what was granted has changed since
    known_on = _known_on(pack, grant)
    made = _report(profile, pack, grant, known_on)
    chosen = made.file(asked.file, pack)
    if not chosen:
        raise NotFound
    as_of, exact = known_on or who.today, pack.exact is not None
    given = files.Given(profile.reference or "", grant.first, grant.last, as_of, exact=exact)
    if asked.file == EVERYTHING:
        notes = _notes(profile, pack, given, made)
        content, mimetype = files.as_xlsx(chosen, notes, profile.name, gettext, gettext("Hinweise")), XLSX
    else:
        content, mimetype = files.as_csv(chosen[0], given), "text/csv; charset=utf-8"
    rows = sum(len(table.rows) for table in chosen)
    trace.saw(number for table in chosen for number in table.people)
    trace.note(f"export funding {pack.key} {asked.file}", object_id=f"{profile.id}/{asked.id}", rows=rows)
    name = f"kursbuch-{pack.key}-{profile.id}-{given.as_of.isoformat()}-{asked.file}"
    return Response(content, content_type=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _notes(profile: FundingProfile, pack: FunderPack, given: files.Given, report: Report) -> list[tuple[str, str]]:
    return [
        (gettext("Förderprofil"), profile.name),
        (gettext("Was der Förderer verlangt"), gettext(pack.label)),
        (gettext("Aktenzeichen des Bescheids"), given.reference or "–"),
        (gettext("Zeitraum"), f"{given.first.isoformat()} – {given.last.isoformat()}"),
        (gettext("Stichtag"), given.as_of.isoformat()),
        (gettext("Verfahren"), gettext(pack.exact) if pack.exact else gettext(ROUNDED)),
        (gettext("Es zählt"), gettext(pack.counts.label)),
        (gettext("Quelle der Regeln"), pack.source),
        # What should be known before sending holds exact numbers of people.
        *((gettext("Bitte beachten"), sentence(one)) for one in report.remarks if given.exact),
    ]


@blueprint.route("/funding/<int:profile_id>/grant", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def grant(profile_id: int) -> Answer:
    """What a funder asks for and has granted."""
    profile = queries.any_profile(profile_id)
    form = GrantForm()
    form.pack.offer((one.key, gettext(one.label)) for one in PACKS.values())
    if form.is_submitted():
        if form.validate():
            try:
                changed = actions.save_grant(profile, form.pack.data, form.reference.data, form.grant, viewer().today)
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                told = gettext("Die Förderung ist gespeichert.") if changed else gettext("Es hat sich nichts geändert.")
                flash(told, "success" if changed else "info")
                return redirect(url_for("settings.funding_profile", profile_id=profile.id))
    else:
        form.show(profile.pack, profile.reference, queries.grant(profile))
    page = render_template("funding/grant.html", profile=profile, form=form)
    return (page, 422) if form.is_submitted() else page
