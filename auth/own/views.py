"""Answers: one's own account, and who one is once more."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

import clock
from auth import actions, guard, letters, proving, queries
from auth.factor.queries import factors
from auth.forms import OwnPassword, Proof
from auth.guard import EVERYONE, allow
from auth.rules import KNOWN_LASTS, safe_target
from wording import Refused

blueprint = Blueprint("own", __name__, url_prefix="/account")


@blueprint.get("")
@allow(*EVERYONE)
def account() -> str:
    """One's own account: how it is opened, and where it is open."""
    return render_template(
        "own/account.html",
        own=factors(current_user.id),
        must=guard.must_have_two_factors(current_user.roles),
        browsers=queries.browsers_of(current_user.id, clock.now()),
        known_days=KNOWN_LASTS.days,
        this=current_user.login_session.browser_id,
        phones=queries.devices_of(current_user.id),
    )


@blueprint.route("/password", methods=["GET", "POST"])
@allow(*EVERYONE)
def password() -> Response | str | tuple[str, int]:
    """Another password, for whoever knows the present one. Every other browser is out on its next click."""
    form = OwnPassword()
    if not form.is_submitted():
        return render_template("own/password.html", form=form)
    if not proving.holds(form):
        return render_template("own/password.html", form=form), 422
    try:
        actions.set_password(current_user, form.password.data or "", here=current_user.login_session.browser_id)
    except Refused as refused:
        form.refuse(refused.reasons)
        return render_template("own/password.html", form=form), 422
    letters.password_changed(current_user.email)
    flash(gettext("Ihr Passwort ist geändert. Alle anderen Browser sind abgemeldet."), "success")
    return redirect(url_for("own.account"))


@blueprint.post("/browsers/<int:browser_id>/end")
@allow(*EVERYONE)
def end_browser(browser_id: int) -> Response:
    """Know one of one's own browsers no longer: it is out on its next click."""
    actions.forget_browser(queries.browser_of(current_user.id, browser_id))
    flash(gettext("Der Browser ist abgemeldet und vergessen."), "success")
    return redirect(url_for("own.account"))


@blueprint.post("/browsers/end")
@allow(*EVERYONE)
def end_others() -> Response:
    """Know none of one's own browsers any longer but this one."""
    actions.forget_browsers(current_user.id, current_user.login_session.browser_id)
    flash(gettext("Alle anderen Browser sind abgemeldet und vergessen."), "success")
    return redirect(url_for("own.account"))


@blueprint.route("/session", methods=["GET", "POST"])
@allow(*EVERYONE)
def session() -> Response:
    """For how long one stays signed in. To send it says that somebody is still there; to ask it does not (static/session.js)."""
    if request.method == "POST":
        actions.seen(current_user.login_session, clock.now())
        return redirect(url_for("own.session"))
    left = guard.seconds_left(still_there=False)
    return jsonify(user=current_user.id, seconds=left, csrf_token=generate_csrf())


@blueprint.route("/confirm", methods=["GET", "POST"])
@allow(*EVERYONE)
def confirm() -> Response | str | tuple[str, int]:
    """Who one is, before a page that asks again."""
    if request.method != "POST":
        return proving.page(None)
    answer = proving.answer() or Proof()
    if not proving.proves(answer):
        return proving.page(answer), 422
    return redirect(safe_target(request.args.get("next")) or url_for("own.account"))
