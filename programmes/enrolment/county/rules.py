"""Decides how the county is shown: where its towns lie, and what is said of a course's places."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from wording import N_, Reason, Term

# Where the 13 towns lie in the county, as row and column: Neu-Isenburg in the north-west, Mainhausen in the south-east.
ON_THE_MAP: Mapping[str, tuple[int, int]] = {
    "Neu-Isenburg": (1, 1), "Mühlheim am Main": (1, 3),
    "Dreieich": (2, 1), "Heusenstamm": (2, 2), "Obertshausen": (2, 3), "Hainburg": (2, 4),
    "Langen (Hessen)": (3, 1), "Dietzenbach": (3, 2), "Rodgau": (3, 3), "Seligenstadt": (3, 4),
    "Egelsbach": (4, 1), "Rödermark": (4, 2), "Mainhausen": (4, 4),
}  # fmt: skip

FEW_PLACES = 2  # free ones: whoever reads a printed list may come too late


class Standing(Term):
    """What a printed list says of the places of a course. No numbers: paper is old when it is read."""

    FREE = "free", "Plätze frei"
    FEW = "few", "noch wenige Plätze frei"
    FULL = "full", "ausgebucht, Warteliste möglich"
    OPEN = "open", "offen für alle, ohne Anmeldung"
    OVER = "over", "beendet"


def standing(*, places: int, taken: int, waiting: int, is_over: bool, is_open: bool) -> Standing:
    """Free is a place that nobody holds and nobody waits for."""
    if is_over:
        return Standing.OVER
    if is_open:
        return Standing.OPEN
    free = places - taken - waiting
    if free <= 0:
        return Standing.FULL
    return Standing.FEW if free <= FEW_PLACES < places else Standing.FREE


def period_reasons(first: dt.date | None, last: dt.date | None) -> list[Reason]:
    """What speaks against a period; both ends may be left open."""
    if first and last and last < first:
        return [Reason(N_("Das Ende liegt vor dem Beginn."), field="last")]
    return []
