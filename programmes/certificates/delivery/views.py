"""Answers: links and letters of a paper, and the public page that a personal link opens."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, session, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

import clock
import jobs
from auth import trace
from auth.guard import allow, public, viewer
from auth.queries import failures_since
from auth.rules import Role
from programmes.certificates import register
from programmes.certificates.delivery import actions, queries
from programmes.certificates.delivery.forms import Letter
from programmes.certificates.rules import FAILED_CHECKS_ALLOWED, FAILED_CHECKS_WINDOW, CertificateState, file_name
from visitors import shown
from wording import Refused

blueprint = Blueprint("delivery", __name__)
NEW_LINK = "new_link"  # in the session: what is told once, to the browser that asked for it
Answer = Redirect | Response | str | tuple[str, int]


@blueprint.get("/certificates/<int:certificate_id>/delivery")
@allow(Role.COORDINATOR)
def delivery(certificate_id: int) -> Answer:
    """How a paper goes to somebody without an account: links, letters, and what became of them."""
    return _delivery(certificate_id, Letter(formdata=None))


def _delivery(certificate_id: int, form: Letter) -> Answer:
    paper = register.certificate(viewer(), certificate_id)
    if not form.is_submitted() and paper.erased_at is None:
        form.recipient.data = paper.enrolment.person.email
    told: dict[str, Any] | None = session.pop(NEW_LINK, None) if request.method == "GET" else None
    if told and told["certificate"] != paper.id:
        told = None
    trace.saw([paper.enrolment.person_id])
    page = render_template(
        "delivery/delivery.html",
        paper=paper,
        form=form,
        links=queries.links_of(viewer(), paper.id),
        letters=queries.letters_of(viewer(), paper.id),
        address=url_for("delivery.paper", _external=True) + f"#{told['secret']}" if told else None,
        pin=told and told["pin"],
        now=clock.now(),
        is_open=actions.is_open,
    )
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/certificates/<int:certificate_id>/link")
@allow(Role.COORDINATOR)
def make_link(certificate_id: int) -> Redirect:
    """A new personal link; its secret and its PIN are shown once."""
    paper = register.certificate(viewer(), certificate_id)
    _, secret, pin = actions.make_link(viewer(), paper, clock.now(), by=current_user.id)
    session[NEW_LINK] = {"certificate": paper.id, "secret": secret, "pin": pin}
    return redirect(url_for("delivery.delivery", certificate_id=paper.id))


@blueprint.post("/links/<int:link_id>/revoke")
@allow(Role.COORDINATOR)
def revoke_link(link_id: int) -> Redirect:
    """End a link."""
    link = queries.link(viewer(), link_id)
    actions.revoke_link(link, clock.now())
    flash(gettext("Der Link führt nirgends mehr hin."), "success")
    return redirect(url_for("delivery.delivery", certificate_id=link.certificate_id))


@blueprint.post("/certificates/<int:certificate_id>/mail")
@allow(Role.COORDINATOR)
def send(certificate_id: int) -> Answer:
    """Send the paper by e-mail."""
    form = Letter()
    if form.validate():
        paper = register.certificate(viewer(), certificate_id)
        try:
            actions.send(paper, form.recipient.data or "", form.language.data or "de", clock.now(), by=current_user.id)
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            jobs.hurry()
            flash(gettext("Die E-Mail ist auf dem Weg."), "success")
            return redirect(url_for("delivery.delivery", certificate_id=certificate_id))
    return _delivery(certificate_id, form)


@blueprint.get("/paper")
@public
def paper() -> str:
    """What a personal link opens. The secret stands behind the # and never reaches a server by opening the address."""
    return shown("delivery/paper.html", refused=False)


@blueprint.post("/paper")
@public
def open_paper() -> Answer:
    """The paper, for secret and PIN. Wrong, revoked, expired, replaced: one answer."""
    who = trace.subject("paper")
    if failures_since(who, clock.now() - FAILED_CHECKS_WINDOW) >= FAILED_CHECKS_ALLOWED:
        return shown("delivery/paper.html", refused=True), 429
    secret, pin = request.form.get("secret", "")[:200], request.form.get("pin", "")[:20]
    link, noted = actions.opened(secret.strip().rsplit("#", maxsplit=1)[-1], pin.strip(), clock.now())
    if noted is not None:
        trace.leave(noted)
    if link is None or link.certificate.state is not CertificateState.VALID or link.certificate.erased_at is not None:
        trace.note("link failed", status=404, subject_hash=who)
        return shown("delivery/paper.html", refused=True), 404
    found = link.certificate
    trace.note("paper opened", object_id=found.id)
    trace.saw([found.enrolment.person_id])  # whoever holds the link: it may have gone astray
    response = send_file(
        io.BytesIO(found.pdf),
        "application/pdf",
        as_attachment=True,
        download_name=file_name(found.title, found.printed_name, found.number),
        etag=False,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
