"""Decides how long the way in for an emergency stays open."""

from __future__ import annotations

import datetime as dt

LASTS = dt.timedelta(minutes=60)  # security.md AC-10
SHORTEST_REASON = 15  # letters: a sentence, not a dot
LONGEST_REASON = 500
