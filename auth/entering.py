"""The way in: who gave the right password is half in until the second factor is proved, and nothing opens meanwhile.

Half in is no session: the cookie, signed with our secret, says whose password was right and when. It opens the doors of
`auth/factor` alone, for ten minutes, and not after the password was changed.
"""

from __future__ import annotations

import datetime as dt

from flask import Response, after_this_request, current_app, request, session
from flask_login import login_user

from auth import actions, trace
from auth.models import KnownBrowser, User
from auth.queries import digest, known_browser, open_account
from auth.rules import HALF_LASTS, KNOWN_LASTS

HALF = "half_in"


def _cookie_of_browser() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-browser"


def browser_known_to(email: str, now: dt.datetime) -> KnownBrowser | None:
    """This browser, if the account with this (normalised) address has signed in from it before (security.md RL-2)."""
    secret = request.cookies.get(_cookie_of_browser())
    return known_browser(secret, email, now) if secret else None


def counted_on(what: str, browser: KnownBrowser) -> str:
    """Where the trace counts what fails in a known browser, so that it does not add up with the failures of strangers."""
    return trace.account(f"{what} in browser {browser.id}", browser.user_id)


def know(user: User, now: dt.datetime) -> KnownBrowser:
    """Know this browser from now on, by a secret in a cookie that outlives its sessions."""
    held, user_agent = request.cookies.get(_cookie_of_browser()), request.headers.get("User-Agent", "")
    browser, secret = actions.know_browser(user.id, held, user_agent, now)
    config = current_app.config

    @after_this_request
    def hand_over(response: Response) -> Response:
        response.set_cookie(
            _cookie_of_browser(), secret, max_age=KNOWN_LASTS, secure=config["SESSION_COOKIE_SECURE"],
            httponly=config["SESSION_COOKIE_HTTPONLY"], samesite=config["SESSION_COOKIE_SAMESITE"],
        )  # fmt: skip
        return response

    return browser


def _afresh() -> None:
    """Nothing set before is taken over but the language."""
    locale = session.get("locale")
    session.clear()
    if locale:
        session["locale"] = locale


def _password_of(user: User) -> str:
    return digest(user.password_hash or "")[:16]


def half(user: User, now: dt.datetime) -> None:
    """The password was right; the second factor is still owed."""
    _afresh()
    session[HALF] = [user.id, int(now.timestamp()), _password_of(user)]
    trace.note("password right", actor_id=user.id)


def who_is_half_in(now: dt.datetime) -> User | None:
    """Whose password this browser has given in the last ten minutes."""
    user_id, since, password = session.get(HALF) or (0, 0, "")
    if not 0 <= now.timestamp() - since < HALF_LASTS.total_seconds():
        return None
    user = open_account(user_id)
    return user if user is not None and _password_of(user) == password else None


def whole(user: User, now: dt.datetime, *, by_two_factors: bool) -> None:
    """Sign somebody in: a new session with a new token, in a browser that is known from now on."""
    _afresh()
    actions.begin_session(user, know(user, now), now, by_two_factors=by_two_factors)
    login_user(user)
    trace.note("sign-in", actor_id=user.id)
