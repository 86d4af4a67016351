"""Answers: how the papers of a programme look, a preview, and who pays for them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import cast

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

import clock
from auth.guard import allow, viewer
from auth.rules import Role
from fields import Form
from programmes.catalogue.models import Programme
from programmes.catalogue.queries import governed_programme, modules_of
from programmes.certificates import document, facts, office
from programmes.certificates.document import CertificateFacts
from programmes.certificates.rules import CertificateKind
from programmes.certificates.settings import actions, queries
from programmes.certificates.settings.forms import FundingChoice, FundingForm, LogoForm, LookForm
from programmes.certificates.settings.rules import PLACEHOLDERS, Look, filled, look_reasons, valid_until
from wording import Refused

blueprint = Blueprint("settings", __name__)
Answer = Redirect | Response | str | tuple[str, int]
SAMPLE_NAME, SAMPLE_LEADER = "Maria Mustermann", "Erika Beispiel"


@blueprint.route("/programmes/<int:programme_id>/papers", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def papers(programme_id: int) -> Answer:
    """The papers of a programme, and who pays for it."""
    programme = governed_programme(viewer(), programme_id)
    form = FundingChoice(obj=programme)
    form.funding_profile_id.offer((profile.id, profile.name) for profile in queries.funding_profiles())
    if form.is_submitted() and form.validate():
        actions.choose_funding(programme, form.funding_profile_id.data)
        flash(gettext("Gespeichert. Ausgestellte Papiere ändern sich nicht."), "success")
        return redirect(url_for("settings.papers", programme_id=programme.id))
    page = render_template(
        "settings/papers.html", programme=programme, looks=queries.looks_of(programme), title_of=_title_of, form=form
    )
    return (page, 422) if form.is_submitted() else page


def _title_of(programme: Programme, kind: CertificateKind, look: Look) -> str:
    main = kind.value == programme.paper.value
    return look.title or (programme.paper_title if main else gettext(kind.label))


def _kind(programme: Programme, value: str) -> CertificateKind:
    for kind in queries.possible(programme):
        if kind.value == value:
            return kind
    raise NotFound


@blueprint.route("/programmes/<int:programme_id>/papers/<kind>", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def paper(programme_id: int, kind: str) -> Answer:
    """How one kind of paper looks."""
    programme = governed_programme(viewer(), programme_id)
    chosen = _kind(programme, kind)
    form = LookForm()
    form.keep(chosen)
    row = queries.setting(programme.id, chosen)
    if form.is_submitted():
        if form.validate():
            try:
                changed = actions.save(
                    programme, chosen, form.look(), version=form.known_version, by=current_user.id, now=clock.now()
                )
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                told = gettext("Gespeichert. Ausgestellte Papiere ändern sich nicht.")
                flash(told if changed else gettext("Es hat sich nichts geändert."), "success" if changed else "info")
                return redirect(url_for("settings.papers", programme_id=programme.id))
    else:
        form.show(queries.looks_of(programme)[chosen], row.version if row else 0)
    return _paper(programme, chosen, form)


def _paper(programme: Programme, kind: CertificateKind, form: LookForm) -> Answer:
    row = queries.setting(programme.id, kind)
    page = render_template(
        "settings/paper.html",
        programme=programme,
        kind=kind,
        form=form,
        placeholders=PLACEHOLDERS,
        usual=_title_of(programme, kind, Look()),
        changes=queries.changes(row.id) if row else [],
    )
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/programmes/<int:programme_id>/papers/<kind>/preview")
@allow(Role.COORDINATOR)
def preview(programme_id: int, kind: str) -> Answer:
    """The paper as it would look, with somebody who does not exist. Nothing is stored."""
    programme = governed_programme(viewer(), programme_id)
    chosen = _kind(programme, kind)
    form = LookForm()
    form.keep(chosen)
    if not form.validate():
        return _paper(programme, chosen, form)
    look = form.look()
    reasons = look_reasons(look, chosen)
    if reasons:
        form.refuse(reasons)
        return _paper(programme, chosen, form)
    sample = _sample(programme, chosen, look, clock.now())
    problems = facts.text_reasons(sample)
    if problems:
        form.refuse(problems)
        return _paper(programme, chosen, form)
    pdf = document.render(sample, queries.pictures([digest for digest, _ in sample.logos]))
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": "inline; filename=Vorschau.pdf"})


def _sample(programme: Programme, kind: CertificateKind, look: Look, now: dt.datetime) -> CertificateFacts:
    """The facts of somebody who does not exist: forty units, of which thirty-six were attended."""
    today, unit = now.date(), programme.unit_minutes
    first, imprint, profile = today - dt.timedelta(days=60), office.imprint(), programme.funding_profile
    values = {
        "name": SAMPLE_NAME, "zeitraum": facts.period(first, today), "kurs": "Musterkurs", "programm": programme.short_title,
        "ort": "Dietzenbach", "besucht": "36", "angeboten": "40", "termine": "9", "leitung": SAMPLE_LEADER,
    }  # fmt: skip
    modules = [(module.title, 180, 180, module.mandatory, True) for module in modules_of(programme.id)]
    days = [(first + dt.timedelta(days=7 * n), "09:00", "12:00", 180) for n in range(8)]
    is_main = kind in {CertificateKind.PARTICIPATION, CertificateKind.QUALIFICATION, CertificateKind.TRAINING}
    made = CertificateFacts(
        kind=cast(document.Kind, kind.value), title=_title_of(programme, kind, look), number="KO-0000-00000",
        verification_code="0" * 26, verify_url=f"{imprint.public_url}/verify/MUSTER", name=SAMPLE_NAME,
        course_title="Musterkurs", course_number="MUSTER-1", course_kind=programme.rule_pack.on_paper,
        programme_title=programme.short_title, place="Dietzenbach", venue="Kreishaus", starts_on=first, ends_on=today,
        unit_minutes=unit, attended_minutes=36 * unit, offered_minutes=40 * unit, meetings_attended=9, meetings_held=10,
        provider=facts.PROVIDER, issued_on=today, issued_at=now, issued_place=facts.PLACE_OF_ISSUE,
        signatories=facts.signatories(kind, look, SAMPLE_LEADER), leaders=[(SAMPLE_LEADER, None)],
        count_by="meetings" if programme.counts_meetings else "minutes", language_of_instruction="Deutsch",
        topics=programme.topics if is_main else (), modules=modules if is_main else (),
        competencies=programme.competencies if kind is CertificateKind.QUALIFICATION else (),
        funder_line=profile.line if profile else programme.funding_line,
        logos=[(logo.sha256, logo.shows) for logo in queries.logos_of(programme.funding_profile_id)], demo=True,
    )  # fmt: skip
    return dataclasses.replace(
        made,
        sentence=filled(look.sentence, values),
        small_print=filled(look.small_print, values),
        landscape=look.landscape,
        recognition=look.recognition,
        valid_until=valid_until(today, look.valid_months),
        days=days if kind in {CertificateKind.DAYS, CertificateKind.EMPLOYER} else (),
    )


@blueprint.route("/funding", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def funding() -> Answer:
    """All funding profiles, and a new one."""
    form = FundingForm()
    if form.is_submitted() and form.validate():
        try:
            made = actions.save_funding(None, form.name.data or "", form.line.data or "")
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Das Förderprofil ist angelegt."), "success")
            return redirect(url_for("settings.funding_profile", profile_id=made.id))
    page = render_template(
        "settings/funding.html", profiles=queries.funding_profiles(), logos=queries.logo_counts(), form=form
    )
    return (page, 422) if form.is_submitted() else page


@blueprint.route("/funding/<int:profile_id>", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def funding_profile(profile_id: int) -> Answer:
    """One funding profile: name, line, logos."""
    profile = queries.funding_profile(profile_id)
    form = FundingForm(obj=profile)
    if form.is_submitted() and form.validate():
        try:
            actions.save_funding(profile, form.name.data or "", form.line.data or "")
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Gespeichert. Ausgestellte Papiere ändern sich nicht."), "success")
            return redirect(url_for("settings.funding_profile", profile_id=profile.id))
    return _profile(profile_id, form, LogoForm(formdata=None))


def _profile(profile_id: int, form: Form, logo: LogoForm) -> Answer:
    profile = queries.funding_profile(profile_id)
    page = render_template(
        "settings/funding_profile.html", profile=profile, logos=queries.logos_of(profile.id), form=form, logo=logo
    )
    return (page, 422) if request.method == "POST" else page


@blueprint.post("/funding/<int:profile_id>/logos")
@allow(Role.ADMINISTRATOR)
def add_logo(profile_id: int) -> Answer:
    """Add a logo to a profile."""
    profile = queries.funding_profile(profile_id)
    form = LogoForm()
    if form.validate():
        sent = request.files.get("file")
        data = b""
        if sent:
            data = sent.read(actions.LARGEST_FILE + 1)
            sent.close()
        try:
            actions.add_logo(profile, data, form.shows.data or "")
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Das Logo steht jetzt auf neuen Papieren."), "success")
            return redirect(url_for("settings.funding_profile", profile_id=profile.id))
    return _profile(profile_id, FundingForm(formdata=None, obj=profile), form)


@blueprint.post("/funding/<int:profile_id>/logos/<int:logo_id>/remove")
@allow(Role.ADMINISTRATOR)
def remove_logo(profile_id: int, logo_id: int) -> Redirect:
    """Take a logo out of a profile."""
    profile = queries.funding_profile(profile_id)
    actions.remove_logo(profile, logo_id)
    flash(gettext("Neue Papiere zeigen dieses Logo nicht mehr."), "success")
    return redirect(url_for("settings.funding_profile", profile_id=profile.id))


@blueprint.get("/logos/<int:logo_id>.png")
@allow(Role.ADMINISTRATOR)
def logo(logo_id: int) -> Response:
    """A logo as it is printed."""
    return Response(queries.logo(logo_id).png, mimetype="image/png")
