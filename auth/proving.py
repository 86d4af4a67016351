"""Asking again: what is sensitive opens to whoever gave a password, a code or a passkey in the last ten minutes (security.md SE-7).

A page is asked for after its question (`own.confirm`). What is sent is not lost: the question comes back with everything that was
sent in it, and its answer goes to the same door.
"""

from __future__ import annotations

from flask import current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import ValidationError, validate_csrf
from werkzeug.wrappers import Response

import clock
from auth import actions, entering, trace
from auth.factor import actions as factor_actions, passkeys
from auth.factor.queries import Factors, factors, seconds_to_wait as seconds_to_wait_with_codes
from auth.factor.rules import is_code
from auth.forms import Proof, ProofByPasskey, please_wait
from auth.queries import failures_at
from auth.rules import PROOF_LASTS, seconds_to_wait
from database import SAFE_METHODS, db

Answer = Response | tuple[str, int] | tuple[str, int, dict[str, str]]
PASSWORD_OR_CODE, PASSKEY = "proof", "proof_credential"  # fields of the answer
NOT_PASSED_ON = {PASSWORD_OR_CODE, PASSKEY, "csrf_token"}
CHALLENGE = "proof_challenge"  # in the session; apart from that of a passkey that is being made


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
    form = answer()
    if form is None or not proves(form):
        return page(form), 422
    db.session.commit()  # a code is used up whatever becomes of what was sent with it, and nothing else has changed yet
    return None


def answer() -> Proof | ProofByPasskey | None:
    """What was answered; None: nothing yet."""
    if PASSKEY in request.form:
        return ProofByPasskey()
    return Proof() if PASSWORD_OR_CODE in request.form else None


def proves(form: Proof | ProofByPasskey) -> bool:
    """Whether the form holds a right answer: a password, or a second factor of those that this account has."""
    own = factors(current_user.id)
    if isinstance(form, ProofByPasskey) or (own and is_code(form.proof.data or "")):
        return _holds_factor(form, own)
    return holds(form)


def holds(form: Proof) -> bool:
    """Whether the form holds the right password, which then counts for ten minutes. Wrong ones count as failed sign-ins in this browser."""
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


def _holds_factor(form: Proof | ProofByPasskey, own: Factors) -> bool:
    """The same of a code or a passkey. Wrong ones count as wrong ones at the door in this browser."""
    subject = entering.counted_on("second factor", current_user.login_session.browser)
    now = clock.now()
    if not form.validate():
        return False
    wait = seconds_to_wait_with_codes(subject, now)
    if wait is not None:
        form.form_errors.append(please_wait(wait))
        return False
    if isinstance(form, ProofByPasskey):
        settings, challenge = current_app.config["SETTINGS"], session.pop(CHALLENGE, None)
        right = passkeys.take(settings, own.passkeys, form.proof_credential.data or "", challenge, now)
        wrong = gettext("Dieser Passkey passt nicht zu Ihrem Konto.")
    else:
        right = factor_actions.take_code(current_user.id, form.proof.data or "", now)
        wrong = gettext("Dieser Code gilt nicht, oder nicht mehr. Nehmen Sie den nächsten.")
    if not right:
        trace.note("proof failed", status=422, subject_hash=subject)
        form.form_errors.append(wrong)
        return False
    actions.prove(current_user.login_session, now)
    return True


def page(wrong: Proof | ProofByPasskey | None) -> str:
    """The question, with everything in it that was sent to this door. `wrong`: an answer that was none."""
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_PASSED_ON]
    settings, own, passkey = current_app.config["SETTINGS"], factors(current_user.id), None
    if own.passkeys and passkeys.can_be_used(settings):
        options, session[CHALLENGE] = passkeys.question(settings, own.passkeys)
        passkey = "get", options
    form = wrong if isinstance(wrong, Proof) else Proof(None)
    return render_template("own/confirm.html", form=form, wrong=wrong or form, sent=sent, own=own, passkey=passkey)
