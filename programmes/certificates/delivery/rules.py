"""Decides how long a link holds and how many tries it has."""

from __future__ import annotations

import datetime as dt
import secrets

from wording import N_, Term

LINK_DAYS = 30  # after the end of the course or the making of the link, whichever is later (security.md CR-3)
SECRET_BYTES = 24  # 192 random bits
PIN_DIGITS = 6
TRIES = 10  # of a link; then it is closed, and the office makes a new one


class MailState(Term):
    """What became of a letter."""

    WAITING = "waiting", N_("wird gesendet")
    SENT = "sent", N_("gesendet")
    REFUSED = "refused", N_("nicht angenommen")


def new_secret() -> str:
    """What makes a link personal; nothing derived."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_pin() -> str:
    """Six digits, told separately."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def expiry(now: dt.datetime, course_ends_on: dt.date) -> dt.datetime:
    """Until when a link made now holds."""
    end = dt.datetime.combine(course_ends_on, dt.time(23, 59), dt.UTC)
    return max(now, end) + dt.timedelta(days=LINK_DAYS)


def is_open(now: dt.datetime, expires_at: dt.datetime, revoked_at: dt.datetime | None, failures: int) -> bool:
    """Whether a link still leads anywhere. Whoever asks is never told why not."""
    return revoked_at is None and failures < TRIES and now < expires_at
