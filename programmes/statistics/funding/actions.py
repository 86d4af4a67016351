"""Changes what a grant says, and remembers why a file left the office."""

from __future__ import annotations

import datetime as dt

from auth.guard import Viewer
from database import db
from programmes.catalogue.models import FundingProfile
from programmes.statistics.funding.models import FunderExport
from programmes.statistics.funding.queries import grant
from programmes.statistics.funding.rules import Grant, grant_reasons
from wording import Refused


def save_grant(
    profile: FundingProfile, pack: str | None, reference: str | None, granted: Grant, today: dt.date
) -> bool:
    """Store the pack and the grant of a profile; False when nothing changes. Raises Refused with reasons."""
    reasons = grant_reasons(granted, today)
    if reasons:
        raise Refused(*reasons)
    if (profile.pack, profile.reference, grant(profile)) == (pack, reference, granted):
        return False
    profile.pack, profile.reference = pack, reference
    profile.grant_from, profile.grant_until = granted.first, granted.last
    profile.rate_cents, profile.ceiling_cents = granted.rate, granted.ceiling
    profile.due_on, profile.sent_on = granted.due_on, granted.sent_on
    db.session.flush()
    return True


def ask_for_file(viewer: Viewer, profile: FundingProfile, file: str, reason: str, now: dt.datetime) -> FunderExport:
    """Remember which file somebody takes away from a visible profile, and why; it is theirs to fetch on the same day."""
    asked = FunderExport(profile_id=profile.id, at=now, by_id=viewer.id, file=file, reason=reason)
    db.session.add(asked)
    db.session.flush()
    return asked
