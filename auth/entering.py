"""The way in: who gave the right password is half in until the second factor is proved, and nothing opens meanwhile.

Half in is no session: the cookie, signed with our secret, says whose password was right and when. It opens the doors of
`auth/factor` alone, for ten minutes, and not after the password was changed.
"""

from __future__ import annotations

import datetime as dt

from flask import request, session
from flask_login import login_user

from auth import actions, trace
from auth.models import User
from auth.queries import digest, open_account
from auth.rules import HALF_LASTS

HALF = "half_in"


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
    """Sign somebody in: a new session with a new token."""
    _afresh()
    actions.begin_session(user, now, browser=request.headers.get("User-Agent", ""), by_two_factors=by_two_factors)
    login_user(user)
    trace.note("sign-in", actor_id=user.id)
