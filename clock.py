"""The one place that asks what time it is, so that rules can be handed it and tests can set it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def now() -> dt.datetime:
    """This instant, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The date on the wall in the county."""
    return now().astimezone(BERLIN).date()
