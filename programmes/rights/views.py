"""Answers people's rights: everything about them, what is still needed, and erasing them by two people."""

from __future__ import annotations

import json

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Redirect

import clock
import jobs
from auth import trace
from auth.guard import allow, viewer
from auth.queries import account
from auth.rules import Role
from fields import Form
from programmes.certificates import queries as certificates
from programmes.enrolment import queries as enrolments
from programmes.rights import actions, document, extract, queries
from programmes.rights.forms import ArchiveForm, HoldForm, ProposeForm
from programmes.rights.models import Erasure
from programmes.rights.rules import (
    GIVEN_UP_FIRST,
    NAMELESS_SINCE,
    REMOVED,
    UNDER_WAY,
    Archive,
    ErasureState,
    due_on,
    nameless_account,
    obstacles,
)
from wording import Refused

blueprint = Blueprint("rights", __name__)
Answer = Redirect | str | tuple[str, int]


@blueprint.route("/participants/<int:person_id>/rights", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def person(person_id: int) -> Answer:
    """What somebody can ask for, and why their data are still needed."""
    me = viewer()
    person = enrolments.person(me, person_id)
    form = HoldForm()
    if form.is_submitted() and form.validate():
        actions.hold(me, person.id, form.reason.data or "", form.until.data, clock.now())
        trace.note("hold", object_id=person.id)
        flash(gettext("Die Daten werden so lange nicht gelöscht."), "success")
        return redirect(url_for("rights.person", person_id=person.id))
    page = render_template(
        "rights/person.html", person=person, form=form, holds=queries.told_holds(me, person.id),
        erasure=queries.under_way(me, person.id), outdated=certificates.outdated(me, person.id),
    )  # fmt: skip
    trace.saw([person.id])
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/holds/<int:hold_id>/end")
@allow(Role.COORDINATOR)
def release(hold_id: int) -> Redirect:
    """Data are needed no longer."""
    me = viewer()
    hold = queries.hold(me, hold_id)
    actions.release(me, hold, clock.now())
    trace.note("end hold", object_id=hold.person_id)
    flash(gettext("Daran hängt keine Löschung mehr."), "info")
    return redirect(url_for("rights.erasures"))


@blueprint.get("/participants/<int:person_id>/extract.pdf")
@allow(Role.COORDINATOR, recent=True)
def extract_pdf(person_id: int) -> Response:
    """Everything about a person, to hand over (Art. 15 GDPR)."""
    me, now = viewer(), clock.now()
    person = enrolments.person(me, person_id)
    told = extract.gather(me, person, now)
    pdf = document.extract(told, person.name, now, demo=current_app.config["SETTINGS"].demo)
    return _handed_out(pdf, "application/pdf", f"auskunft-{person.id}.pdf", told)


@blueprint.get("/participants/<int:person_id>/extract.json")
@allow(Role.COORDINATOR, recent=True)
def extract_json(person_id: int) -> Response:
    """The same for a program to read."""
    me = viewer()
    person = enrolments.person(me, person_id)
    told = extract.gather(me, person, clock.now())
    text = json.dumps(told, ensure_ascii=False, indent=2).encode()
    return _handed_out(text, "application/json", f"auskunft-{person.id}.json", told)


def _handed_out(data: bytes, kind: str, name: str, told: extract.Told) -> Response:
    trace.note("extract", object_id=told["about"]["person"], rows=1)
    trace.saw(told["about"]["records"])
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, content_type=kind, headers=headers)


@blueprint.route("/participants/<int:person_id>/erase", methods=["GET", "POST"])
@allow(Role.COORDINATOR, recent=True)
def erase(person_id: int) -> Answer:
    """What would go, what would stay, what stands against it; then a proposal, about which somebody else decides."""
    me = viewer()
    person = enrolments.person(me, person_id)
    form = ProposeForm()
    mentions, others = queries.mentions(me, person)
    form.notes.choices = [(one.key, f"{one.course}, {one.date:%d.%m.%Y}: {one.text}") for one in mentions]
    if form.is_submitted() and form.validate():
        try:
            proposed = actions.propose(
                me, person, form.ground.data, form.archive.data, clock.now(), form.notes.data or ()
            )
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            trace.note("propose erasure", object_id=person.id)
            flash(gettext("Vorgeschlagen. Der Datenschutz entscheidet darüber."), "success")
            return redirect(url_for("rights.erasure", erasure_id=proposed.id))
    holds, there = queries.holds(me, person.id), queries.under_way(me, person.id)
    trace.saw([person.id])
    page = render_template(
        "rights/erase.html", person=person, form=form, changes=queries.preview(person), holds=holds,
        against=obstacles(queries.ties_of(me, [person.id])[person.id], me.today, is_under_way=there is not None),
        due=due_on(me.today, None, Archive.WAIVED, holds), mentions=mentions, others=others,
        sheets=queries.sheets_of(me, person.id), left=queries.left_of(person.id), traits=GIVEN_UP_FIRST,
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


@blueprint.route("/users/<int:user_id>/erase", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR, recent=True)
def erase_account(user_id: int) -> Answer:
    """What would go of a member of staff who left, what would stay, what stands against it; then it is done, for good."""
    me = viewer()
    user = account(user_id)
    form = Form()
    if form.is_submitted() and form.validate():
        try:
            actions.erase_account(me, user, clock.now())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            trace.note("erase account", object_id=user_id)
            jobs.ask(actions.SCRUB, {}, by=me.id)
            jobs.hurry()
            flash(
                gettext(
                    "Das Konto ist gelöscht. Was damit getan wurde, trägt weiter die Nummer %(number)s.", number=user_id
                ),
                "success",
            )
            return redirect(url_for("auth.users"))
    page = render_template(
        "rights/erase_account.html", account=user, form=form, changes=queries.preview_of_account(user_id),
        against=queries.against_erasing_account(me, user_id), called=nameless_account(user_id)[0],
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


@blueprint.get("/erasures")
@allow(Role.COORDINATOR, Role.OFFICER)
def erasures() -> str:
    """What is proposed, what waits for its day, and what is done; names nobody."""
    me = viewer()
    return render_template(
        "rights/erasures.html", open=queries.erasures(me, *UNDER_WAY),
        ended=queries.erasures(me, ErasureState.DONE, ErasureState.UNDONE),
        is_officer=Role.OFFICER in me.roles, run=queries.newest_run(), doubt=queries.clock_in_doubt(clock.now()), kinds=REMOVED,
    )  # fmt: skip


@blueprint.get("/erasures/<int:erasure_id>")
@allow(Role.COORDINATOR, Role.OFFICER)
def erasure(erasure_id: int) -> str:
    """One erasure, and what can be done about it now. An officer learns how much it is, not who."""
    found = queries.erasure(viewer(), erasure_id)
    return _page(found, ArchiveForm(archive=found.archive))


def _page(found: Erasure, form: ArchiveForm) -> str:
    me, is_open = viewer(), found.state is ErasureState.PROPOSED
    ties = queries.ties_of(me, [found.person_id])[found.person_id]
    return render_template(
        "rights/erasure.html", erasure=found, form=form, states=ErasureState, under_way=UNDER_WAY,
        changes=queries.preview(found.person) if is_open else [],
        holds=queries.holds(me, found.person_id) if found.state in UNDER_WAY else [],
        against=obstacles(ties, me.today) if is_open else [], is_own=found.proposed_by_id == me.id,
        knows=me.coordinates and is_open, traits=GIVEN_UP_FIRST,
        left=None if found.state is ErasureState.UNDONE else queries.left_of(found.person_id),
        is_nameless=found.state in NAMELESS_SINCE,
    )  # fmt: skip


@blueprint.post("/erasures/<int:erasure_id>/approve")
@allow(Role.OFFICER, recent=True)
def approve(erasure_id: int) -> Redirect:
    """The second person says yes: the person is nowhere from now on."""
    me = viewer()
    found = queries.erasure(me, erasure_id)
    actions.approve(me, found, clock.now())
    trace.note("approve erasure", object_id=found.person_id)
    jobs.hurry()
    flash(gettext("Freigegeben. Die Person ist ab jetzt gesperrt und zählt nur noch mit."), "success")
    return redirect(url_for("rights.erasure", erasure_id=found.id))


@blueprint.post("/erasures/<int:erasure_id>/undo")
@allow(Role.COORDINATOR, Role.OFFICER)
def undo(erasure_id: int) -> Redirect:
    """Everything as it was."""
    me = viewer()
    found = queries.erasure(me, erasure_id)
    actions.reject(me, found, clock.now())
    trace.note("undo erasure", object_id=found.person_id)
    flash(gettext("Zurückgenommen. Alles ist wieder, wie es war."), "success")
    return redirect(url_for("rights.erasure", erasure_id=found.id))


@blueprint.post("/erasures/<int:erasure_id>/traits")
@allow(Role.OFFICER, recent=True)
def give_up(erasure_id: int) -> Redirect:
    """Less is left of somebody, because too few people are alike."""
    me = viewer()
    found = queries.erasure(me, erasure_id)
    actions.give_up(me, found, clock.now())
    trace.note("give up traits", object_id=found.person_id)
    flash(gettext("Gelöscht. Die Person zählt dort jetzt unter „keine Angabe“."), "success")
    return redirect(url_for("rights.erasure", erasure_id=found.id))


@blueprint.post("/erasures/<int:erasure_id>/archive")
@allow(Role.COORDINATOR, Role.OFFICER)
def archive(erasure_id: int) -> Redirect | tuple[str, int]:
    """What the archive said."""
    me = viewer()
    found = queries.erasure(me, erasure_id)
    form = ArchiveForm()
    if not form.validate():
        return _page(found, form), 422
    actions.answer_of_archive(me, found, form.archive.data)
    trace.note("archive's answer", object_id=found.person_id)
    flash(gettext("Gespeichert."), "success")
    return redirect(url_for("rights.erasure", erasure_id=found.id))


@blueprint.get("/erasures/<int:erasure_id>.pdf")
@allow(Role.COORDINATOR, Role.OFFICER)
def proof(erasure_id: int) -> Response:
    """The certificate of deletion."""
    found = queries.erasure(viewer(), erasure_id)
    if found.state is not ErasureState.DONE:
        abort(404)
    pdf = document.deletion(
        found, queries.left_of(found.person_id), clock.now(), demo=current_app.config["SETTINGS"].demo
    )
    headers = {
        "Content-Disposition": f'attachment; filename="loeschung-{found.number}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, content_type="application/pdf", headers=headers)
