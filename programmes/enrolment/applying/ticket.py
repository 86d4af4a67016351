"""A form's ticket: when it was shown and for which course, signed, so that robots cannot make one and a double click sends it once."""

from __future__ import annotations

import datetime as dt
import secrets

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from programmes.enrolment.applying.rules import is_stale

BYTES = 16


def make(course_id: int, now: dt.datetime) -> str:
    """A new one."""
    return _signer().dumps([course_id, int(now.timestamp()), secrets.token_urlsafe(BYTES)])


def read(text: str, course_id: int, now: dt.datetime) -> tuple[dt.datetime, str] | None:
    """When the form was shown, and its number; None where it is no ticket of ours for this course, or an old one."""
    try:
        course, seconds, number = _signer().loads(text[:200])
    except (BadSignature, ValueError):
        return None
    shown_at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return None if course != course_id or is_stale(shown_at, now) else (shown_at, number)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="application")
