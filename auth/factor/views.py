"""Answers: the second factor at the door, and setting it up."""

from __future__ import annotations

import pyotp
import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

import clock
from auth import actions as accounts, entering, guard, letters, trace
from auth.factor import actions, passkeys, queries
from auth.factor.forms import Answer, Code
from auth.factor.rules import FEW_CODES, shown_code
from auth.guard import EVERYONE, allow, public
from auth.models import User
from auth.queries import roles_of
from auth.rules import safe_target
from wording import N_, Reason, Refused

blueprint = Blueprint("factor", __name__, url_prefix="/second-factor")
NEW_SECRET, NEW_CODES, CHALLENGE = (
    "new_app",
    "new_codes",
    "challenge",
)  # in the session: what is told once, to the browser that asked for it
ISSUER = "Kursbuch"


def _target() -> str | None:
    return safe_target(request.args.get("next"))


@blueprint.route("", methods=["GET", "POST"])
@public
def enter() -> Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """The second step of signing in, for whoever has just given the right password."""
    now = clock.now()
    user = entering.who_is_half_in(now)
    if user is None:
        return redirect(url_for("auth.login", next=_target()))
    own = queries.factors(user.id)
    if not own:
        return redirect(url_for("factor.set_up", next=_target()))
    form = Answer() if "credential" in request.form else Code()
    if not form.is_submitted():
        return _question(form, own)
    if not form.validate():
        return _question(form, own), 422
    browser = entering.browser_known_to(user.email, now)
    what = "second factor"
    subject = trace.account(what, user.id) if browser is None else entering.counted_on(what, browser)
    wait = queries.seconds_to_wait(subject, now)
    if wait is not None:
        form.form_errors.append(gettext("Zu viele falsche Codes. Bitte warten Sie, oder fragen Sie die Verwaltung."))
        return _question(form, own), 429, {"Retry-After": str(wait)}
    if not _is_proved(form, user, own):
        trace.note("second factor failed", status=422, actor_id=user.id, subject_hash=subject)
        return _question(form, own), 422
    target = _target()
    entering.whole(user, now, by_two_factors=True)
    if queries.factors(user.id).codes <= FEW_CODES:
        flash(
            gettext("Auf Ihrem Blatt sind nur noch wenige Codes. Drucken Sie unter „Mein Konto“ ein neues."), "warning"
        )
    return redirect(target or url_for("today.today"))


def _is_proved(form: Code | Answer, user: User, own: queries.Factors) -> bool:
    now = clock.now()
    if isinstance(form, Answer):
        settings = current_app.config["SETTINGS"]
        proved = passkeys.take(settings, own.passkeys, form.credential.data or "", session.pop(CHALLENGE, None), now)
        if not proved:
            form.form_errors.append(gettext("Dieser Passkey passt nicht zu Ihrem Konto."))
        return proved
    proved = actions.take_code(user.id, form.code.data or "", now)
    if not proved:
        form.refuse([Reason(N_("Dieser Code gilt nicht, oder nicht mehr. Nehmen Sie den nächsten."), field="code")])
    return proved


def _question(form: Code | Answer, own: queries.Factors) -> str:
    settings = current_app.config["SETTINGS"]
    passkey = None
    if own.passkeys and passkeys.can_be_used(settings):
        options, session[CHALLENGE] = passkeys.question(settings, own.passkeys)
        passkey = "get", options
    code = form if isinstance(form, Code) else Code(None)
    return render_template("factor/enter.html", form=code, wrong=form, own=own, passkey=passkey)


@blueprint.route("/setup", methods=["GET", "POST"])
@public
def set_up() -> Response | str | tuple[str, int]:
    """The first second factor of an account that needs one: nothing else opens before."""
    now = clock.now()
    user = entering.who_is_half_in(now)
    if user is None:
        return redirect(url_for("auth.login", next=_target()))
    if queries.factors(user.id):  # whoever has one proves it
        return redirect(url_for("factor.enter", next=_target()))
    form = Answer() if "credential" in request.form else Code()
    if not form.is_submitted():
        return _page(form, user)
    if not form.validate() or not _is_new(form, user):
        return _page(form, user), 422
    target = _target()
    entering.whole(user, now, by_two_factors=True)
    return _hand_over_codes(user, target)


@blueprint.route("/app", methods=["GET", "POST"])
@allow(*EVERYONE, recent=True)
def add_app() -> Response | str | tuple[str, int]:
    """An app of one's own, in the place of an older one, or a further passkey. Other browsers sign in anew."""
    form = Answer() if "credential" in request.form else Code()
    if not form.is_submitted():
        return _page(form, current_user)
    if not form.validate() or not _is_new(form, current_user):
        return _page(form, current_user), 422
    accounts.forget_browsers(current_user.id, current_user.login_session.browser_id)
    current_user.login_session.by_two_factors = True
    flash(gettext("Ihr zweiter Faktor gilt. Beim nächsten Anmelden fragen wir danach."), "success")
    return _hand_over_codes(current_user, None)


def _is_new(form: Code | Answer, user: User) -> bool:
    """Whether the app already shows the right code, or the browser has made a passkey; then it is kept."""
    if isinstance(form, Answer):
        settings, browser = current_app.config["SETTINGS"], request.headers.get("User-Agent", "")
        added = passkeys.add(
            settings, user.id, form.credential.data or "", session.pop(CHALLENGE, None), browser, clock.now()
        )
        if not added:
            form.form_errors.append(
                gettext("Dieser Passkey ist nicht richtig angekommen. Versuchen Sie es noch einmal.")
            )
    else:
        secret = session.get(NEW_SECRET)
        added = secret is not None and actions.add_app(user.id, secret, form.code.data or "", clock.now())
        if not added:
            form.refuse([Reason(N_("Das ist nicht der Code, den die App jetzt zeigt."), field="code")])
    if added:
        session.pop(NEW_SECRET, None)
        trace.note("second factor added", actor_id=user.id)
        letters.second_factor_changed(user.email)
    return added


def _page(form: Code | Answer, user: User) -> str:
    settings = current_app.config["SETTINGS"]
    secret = session.setdefault(NEW_SECRET, actions.new_secret())
    address = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
    passkey = None
    if passkeys.can_be_used(settings):
        options, session[CHALLENGE] = passkeys.question_for_new(settings, user, queries.factors(user.id).passkeys)
        passkey = "create", options
    return render_template(
        "factor/set_up.html",
        form=form if isinstance(form, Code) else Code(None),
        wrong=form,
        secret=secret,
        passkey=passkey,
        must=guard.must_have_two_factors(user.roles or roles_of(user.id)),
        code=Markup(segno.make(address, micro=False).svg_inline(scale=4, light="#fff")),  # noqa: S704 - drawn, not typed
    )


def _hand_over_codes(user: User, target: str | None) -> Response:
    session[NEW_CODES] = actions.new_codes(user.id)
    return redirect(url_for("factor.codes", next=target))


@blueprint.route("/codes", methods=["GET", "POST"])
@allow(*EVERYONE, recent=True)
def codes() -> Response | str:
    """The printed sheet: ten codes for the day on which the phone is lost. Shown once; a new sheet ends the older one."""
    if request.method == "POST":
        if not queries.factors(current_user.id):
            raise Refused(
                Reason(N_("Codes ersetzen nur eine App oder einen Passkey. Richten Sie zuerst das eine ein."))
            )
        return _hand_over_codes(current_user, None)
    told = [shown_code(code) for code in session.pop(NEW_CODES, [])]
    return render_template(
        "factor/codes.html", told=told, own=queries.factors(current_user.id), target=_target(), printed_on=clock.today()
    )


@blueprint.post("/passkeys/<int:passkey_id>/remove")
@allow(*EVERYONE, recent=True)
def remove_passkey(passkey_id: int) -> Response:
    """A key that is lost or given away. The last second factor stays where the role needs one."""
    passkey, own = queries.passkey(current_user.id, passkey_id), queries.factors(current_user.id)
    if own.app is None and len(own.passkeys) == 1 and guard.must_have_two_factors(current_user.roles):
        raise Refused(Reason(N_("In Ihrer Rolle brauchen Sie den zweiten Faktor. Sie können ihn nur ersetzen.")))
    actions.remove_passkey(passkey)
    letters.second_factor_changed(current_user.email)
    flash(gettext("Dieser Passkey öffnet nichts mehr."), "success")
    return redirect(url_for("own.account"))


@blueprint.post("/remove")
@allow(*EVERYONE, recent=True)
def remove() -> Response:
    """Do without a second factor, where the role allows it."""
    if guard.must_have_two_factors(current_user.roles):
        raise Refused(Reason(N_("In Ihrer Rolle brauchen Sie den zweiten Faktor. Sie können ihn nur ersetzen.")))
    actions.remove(current_user.id)
    letters.second_factor_changed(current_user.email)
    accounts.forget_browsers(current_user.id, current_user.login_session.browser_id)
    flash(gettext("Zum Anmelden genügt wieder das Passwort."), "success")
    return redirect(url_for("own.account"))
