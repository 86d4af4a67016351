"""Asking again: what is sensitive opens to whoever gave a password or a code in the last ten minutes (security.md SE-7).

A page is asked for after its question (`own.confirm`). What is sent is not lost: the question comes back with everything that was
sent in it, and its answer goes to the same door.
"""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import ValidationError, validate_csrf
from werkzeug.wrappers import Response

import clock
from auth import actions, entering, trace
from auth.forms import Proof, please_wait
from auth.queries import failures_at
from auth.rules import PROOF_LASTS, seconds_to_wait
from database import SAFE_METHODS

Answer = Response | tuple[str, int] | tuple[str, int, dict[str, str]]
NOT_PASSED_ON = {"proof", "csrf_token"}


def is_recent() -> bool:
    """Whether whoever asks has proved lately who they are."""
    return bool(clock.now() - current_user.login_session.proved_at < PROOF_LASTS)


def ask() -> Answer | None:
    """The question, in the place of what was asked for; None when what was sent holds the right answer."""
    if request.method in SAFE_METHODS:
        return redirect(url_for("own.confirm", next=request.full_path.rstrip("?")))
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return None  # not from a page of ours: it is refused for that, a moment later
    form = Proof() if "proof" in request.form else Proof(None)
    return None if "proof" in request.form and holds(form) else page(form)


def holds(form: Proof) -> bool:
    """Whether the form holds the right answer, which then counts for ten minutes. Wrong ones count as failed sign-ins in this browser."""
    subject = entering.counted_on("sign-in", current_user.login_session.browser)
    now = clock.now()
    if not form.validate():
        return False
    wait = seconds_to_wait(failures_at(subject, now), now)
    if wait:
        form.form_errors.append(please_wait(wait))
        return False
    if not actions.check_password(current_user.password_hash, form.proof.data or ""):
        trace.note("proof failed", status=422, subject_hash=subject)
        form.form_errors.append(gettext("Das ist nicht Ihr Passwort."))
        return False
    actions.prove(current_user.login_session, now)
    return True


def page(form: Proof) -> tuple[str, int]:
    """The question, with everything in it that was sent to this door."""
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_PASSED_ON]
    return render_template("own/confirm.html", form=form, sent=sent), 422
