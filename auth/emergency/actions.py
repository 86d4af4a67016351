"""Opens the way in for an emergency, and ends it."""

from __future__ import annotations

import datetime as dt

from auth.audit.actions import tell
from auth.audit.rules import NoticeKind
from auth.emergency.models import EmergencyAccess
from auth.emergency.queries import open_emergency
from auth.emergency.rules import LASTS
from database import db
from wording import N_, Reason, Refused


def begin(user_id: int, reason: str, now: dt.datetime) -> EmergencyAccess:
    """Let an account read everything for an hour; the officer is told. Raises Refused."""
    if open_emergency(user_id, now) is not None:
        raise Refused(Reason(N_("Ein Notfallzugriff ist schon offen.")))
    opened = EmergencyAccess(user_id=user_id, reason=reason, opened_at=now, ends_at=now + LASTS)
    db.session.add(opened)
    db.session.flush()
    tell(NoticeKind.EMERGENCY, opened.id, now)
    return opened


def end(user_id: int, now: dt.datetime) -> None:
    """End it before its hour is over."""
    opened = open_emergency(user_id, now)
    if opened is not None:
        opened.ends_at = now
        db.session.flush()
