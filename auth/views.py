"""Answers: signing in and out, accounts, tokens."""

from __future__ import annotations

import datetime as dt
from urllib.parse import unquote

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

import clock
from auth import actions, entering, guard, letters, queries, trace
from auth.factor import actions as factor_actions
from auth.factor.queries import factors
from auth.forms import Account, Forgotten, NewPassword, NewToken, SignIn, please_wait
from auth.guard import EVERYONE, allow, public
from auth.rules import (
    FAILURES_FROM_ONE_ADDRESS,
    FAILURES_WINDOW,
    RESETS_A_DAY,
    TOKENS_BEGIN,
    Role,
    Scope,
    normal_email,
    safe_target,
    seconds_to_wait,
)
from wording import N_, Reason, Refused

blueprint = Blueprint("auth", __name__)
LOCALES = ("de", "en")
SIGN_IN_FAILED = "sign-in failed"
TOLD_ONCE = "new_token"  # in the session: what is told once, to the browser that asked for it


@blueprint.route("/login", methods=["GET", "POST"])
@public
def login() -> AnyResponse | str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Sign in. Does not tell whether an account exists."""
    target = safe_target(request.args.get("next"))
    form = SignIn()
    if not form.is_submitted():
        if current_user.is_authenticated:
            return redirect(target or url_for("today.today"))
        return render_template("auth/login.html", form=form)
    if not form.validate():
        return render_template("auth/login.html", form=form), 422
    now = clock.now()
    email = normal_email(form.email.data or "")
    browser = entering.browser_known_to(email, now)
    subject = trace.typed("sign-in", email) if browser is None else entering.counted_on("sign-in", browser)
    wait = _seconds_to_wait(subject, now, known=browser is not None)
    if wait:
        form.form_errors.append(please_wait(wait))
        return render_template("auth/login.html", form=form), 429, {"Retry-After": str(wait)}
    user = queries.user_by_email(email)
    if not actions.check_password(user.password_hash if user else None, form.password.data or "") or user is None:
        trace.note(
            SIGN_IN_FAILED,
            status=422,
            subject_hash=subject,
            object_id=trace.origin(),
            actor_id=user.id if user else None,
        )
        form.form_errors.append(gettext("E-Mail-Adresse oder Passwort stimmt nicht."))
        return render_template("auth/login.html", form=form), 422
    actions.refresh_hash(user, form.password.data or "")
    if factors(user.id):
        entering.half(user, now)
        return redirect(url_for("factor.enter", next=target))
    if guard.must_have_two_factors(queries.roles_of(user.id)):
        entering.half(user, now)
        return redirect(url_for("factor.set_up", next=target))
    entering.whole(user, now, by_two_factors=False)
    return redirect(target or url_for("today.today"))


def _seconds_to_wait(subject: str, now: dt.datetime, *, known: bool) -> int:
    """For how long nobody listens, because too many tries at one account, or from one network address, have failed (security.md RL-1).

    A browser that the account knows answers for its own failures alone (RL-2).
    """
    wait = seconds_to_wait(queries.failures_at(subject, now), now)
    return wait if known else max(wait, _address_waits(now))


def _address_waits(now: dt.datetime) -> int:
    too_many = queries.failures_from(trace.origin(), now - FAILURES_WINDOW) >= FAILURES_FROM_ONE_ADDRESS
    return int(FAILURES_WINDOW.total_seconds()) if too_many else 0


@blueprint.route("/forgotten", methods=["GET", "POST"])
@public
def forgotten() -> AnyResponse | str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Ask for a link to set a new password. The answer, and how long it takes, is the same for every address."""
    settings = current_app.config["SETTINGS"]
    form = Forgotten()
    if not form.is_submitted() or not settings.smtp_url:
        return render_template("auth/forgotten.html", form=form, can_send=bool(settings.smtp_url))
    if not form.validate():
        return render_template("auth/forgotten.html", form=form, can_send=True), 422
    now = clock.now()
    wait = _address_waits(now)
    if wait:
        form.form_errors.append(please_wait(wait))
        return render_template("auth/forgotten.html", form=form, can_send=True), 429, {"Retry-After": str(wait)}
    email = normal_email(form.email.data or "")
    subject = trace.typed("reset", email)
    asked_before = queries.failures_since(subject, now - dt.timedelta(days=1))
    trace.note("reset asked for", status=302, subject_hash=subject, object_id=trace.origin())
    if asked_before < RESETS_A_DAY:
        link = settings.public_url + unquote(url_for("auth.welcome", token=letters.TOKEN))
        text = gettext(
            "Jemand hat für Ihr Konto in Kursbuch ein neues Passwort verlangt. Mit diesem Link setzen Sie es, einmal und in der "
            "nächsten Stunde:\n\n%(link)s\n\nWaren Sie es nicht? Dann löschen Sie diese Nachricht; Ihr Passwort gilt weiter.",
            link=link,
        )  # fmt: skip
        letters.send_reset(email, gettext("Kursbuch: neues Passwort"), text)
    flash(
        gettext(
            "Wenn es zu dieser Adresse ein Konto gibt, ist gleich ein Link dorthin unterwegs. Er gilt eine Stunde."
        ),
        "info",
    )
    return redirect(url_for("auth.login"))


@blueprint.post("/logout")
@allow(*EVERYONE)
def logout() -> AnyResponse:
    """Sign out: the session's row dies, and with it every copy of the cookie."""
    trace.note("sign-out")
    actions.end_session(current_user.get_id())
    logout_user()
    session.clear()
    flash(gettext("Sie sind abgemeldet."), "success")
    response = redirect(url_for("auth.login"))
    # The page's script says when nothing on this device waits to be sent any more; only then may its storage go.
    response.headers["Clear-Site-Data"] = '"cache", "storage"' if "empty" in request.form else '"cache"'
    return response


@blueprint.post("/language")
@public
def language() -> AnyResponse:
    """Show the pages in German or English."""
    locale = request.form.get("locale")
    if locale not in LOCALES:
        abort(400)
    session["locale"] = locale
    return redirect(safe_target(request.form.get("next")) or url_for("today.today"))


@blueprint.get("/users")
@allow(Role.ADMINISTRATOR)
def users() -> str:
    """All accounts."""
    return render_template("auth/users.html", accounts=queries.accounts())


@blueprint.route("/users/new", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR, recent=True)
def add_user() -> AnyResponse | str | tuple[str, int]:
    """Add an account; its owner sets the password by a single-use link."""
    form = Account()
    form.offer_roles()
    if form.is_submitted():
        if form.validate():
            try:
                user = actions.add_user(
                    form.email.data or "",
                    form.name.data or "",
                    form.roles.data or [],
                    clock.now(),
                    qualification=form.qualification.data,
                )
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                return _hand_over_link(user.id, actions.invite(user, clock.now()))
        return render_template("auth/user.html", form=form, account=None), 422
    return render_template("auth/user.html", form=form, account=None)


@blueprint.route("/users/<int:user_id>", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR, recent=True)
def user(user_id: int) -> AnyResponse | str | tuple[str, int]:
    """Change an account: name, roles, open or closed. The password is its owner's own affair."""
    account = queries.account(user_id)
    account.roles = queries.roles_of(user_id)
    form = Account(obj=account)
    form.offer_roles()
    known = {"own": factors(user_id) if user_id != current_user.id else None,
             "browsers": queries.browsers_of(user_id, clock.now())}  # fmt: skip
    if not form.is_submitted():
        return render_template("auth/user.html", form=form, account=account, **known)
    form.email.data = account.email
    if form.validate():
        try:
            actions.change_user(
                account,
                current_user.id,
                name=form.name.data or "",
                qualification=form.qualification.data,
                roles=frozenset(form.roles.data or []),
                active=bool(form.active.data),
            )
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Das Konto ist geändert."), "success")
            return redirect(url_for("auth.user", user_id=account.id))
    return render_template("auth/user.html", form=form, account=account, **known), 422


@blueprint.post("/users/<int:user_id>/second-factor/remove")
@allow(Role.ADMINISTRATOR, recent=True)
def remove_second_factor(user_id: int) -> AnyResponse:
    """A colleague's second factor is lost; they set up another one before anything opens again. Nobody removes their own here."""
    account = queries.account(user_id)
    if account.id == current_user.id:
        raise Refused(Reason(N_("Ihren eigenen zweiten Faktor ersetzen Sie unter „Mein Konto“.")))
    factor_actions.remove(account.id)
    actions.forget_browsers(account.id)
    trace.note("second factor removed", object_id=account.id)
    letters.second_factor_changed(account.email)
    flash(gettext("Der zweite Faktor ist entfernt."), "success")
    return redirect(url_for("auth.user", user_id=user_id))


@blueprint.post("/users/<int:user_id>/sessions/end")
@allow(Role.ADMINISTRATOR)
def end_sessions(user_id: int) -> AnyResponse:
    """Sign an account out everywhere and forget its browsers; it may sign in again."""
    actions.forget_browsers(queries.account(user_id).id)
    flash(gettext("Das Konto ist überall abgemeldet."), "success")
    return redirect(url_for("auth.user", user_id=user_id))


@blueprint.post("/users/<int:user_id>/invitation")
@allow(Role.ADMINISTRATOR, recent=True)
def invite(user_id: int) -> AnyResponse:
    """Make a fresh link with which the person sets a new password."""
    return _hand_over_link(user_id, actions.invite(queries.account(user_id), clock.now()))


def _hand_over_link(user_id: int, token: str) -> AnyResponse:
    flash(
        gettext(
            "Geben Sie diesen Link persönlich weiter. Er gilt einmal und 48 Stunden: %(link)s",
            link=url_for("auth.welcome", token=token, _external=True),
        ),
        "info",
    )
    return redirect(url_for("auth.user", user_id=user_id))


@blueprint.route("/welcome/<token>", methods=["GET", "POST"])
@public
def welcome(token: str) -> AnyResponse | str | tuple[str, int]:
    """Set one's own password. Opening the link uses nothing up; sending the form does."""
    invitation = queries.open_invitation(token, clock.now())
    form = NewPassword()
    if not form.is_submitted():
        return render_template("auth/welcome.html", form=form, email=invitation.user.email)
    if form.validate():
        try:
            owner = actions.accept_invitation(invitation, form.password.data or "", clock.now())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            entering.know(owner, clock.now())  # the link proves enough to get in from here, whoever guesses meanwhile
            letters.password_changed(owner.email)
            flash(gettext("Ihr Passwort ist gesetzt. Bitte melden Sie sich an."), "success")
            return redirect(url_for("auth.login"))
    return render_template("auth/welcome.html", form=form, email=invitation.user.email), 422


@blueprint.route("/tokens", methods=["GET", "POST"])
@allow(Role.COORDINATOR, Role.EVALUATOR, recent=True)
def tokens() -> AnyResponse | str | tuple[str, int]:
    """One's own tokens; a new one is shown once."""
    form = NewToken()
    if form.validate_on_submit():
        token, secret = actions.add_token(
            current_user.id, form.name.data or "", Scope.STATISTICS, form.life.data, clock.now()
        )
        trace.note("token made", object_id=token.id)
        session[TOLD_ONCE] = secret
        return redirect(url_for("auth.tokens"))
    told = None if form.is_submitted() else session.pop(TOLD_ONCE, None)
    own = queries.tokens_of(current_user.id)
    page = render_template("auth/tokens.html", form=form, secret=told, tokens=own, mark=TOKENS_BEGIN, now=clock.now())
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/tokens/<int:token_id>/revoke")
@allow(Role.COORDINATOR, Role.EVALUATOR)
def revoke_token(token_id: int) -> AnyResponse:
    """End one of one's own tokens."""
    actions.revoke_token(queries.token_of(current_user.id, token_id), clock.now())
    flash(gettext("Der Schlüssel öffnet nichts mehr."), "success")
    return redirect(url_for("auth.tokens"))


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """The database can be written."""
    if queries.can_write():
        return Response("ok\n", mimetype="text/plain")
    return Response("not ready\n", status=503, mimetype="text/plain", headers={"Retry-After": "10"})
