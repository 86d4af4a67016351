"""Changes series: lays them down, takes figures in. What was told is never overwritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from auth.guard import Viewer
from database import db
from programmes.statistics.series import queries
from programmes.statistics.series.models import Series, SeriesValue
from programmes.statistics.series.rules import (
    NOTHING,
    Cell,
    Line,
    Place,
    Reported,
    SeriesFacts,
    Standing,
    file_reasons,
    report_reasons,
    series_reasons,
)
from wording import N_, Reason, Refused


def save_series(series: Series | None, facts: SeriesFacts) -> Series:
    """Lay down a series, or change one of which nothing was told yet. Raises Refused."""
    if series is not None and queries.has_values(series.id):
        raise Refused(
            Reason(N_("Diese Reihe hat schon Werte. Wer anders zählt, legt eine neue an: Zwei Definitionen mischen sich nie."))
        )  # fmt: skip
    reasons = series_reasons(facts, queries.keys(but=series.id if series else None))
    if reasons:
        raise Refused(*reasons)
    if series is None:
        series = Series()
        db.session.add(series)
    for name, value in vars(facts).items():
        setattr(series, name, list(value) if isinstance(value, tuple) else value)
    db.session.flush()
    return series


def report(
    viewer: Viewer,
    series: Series,
    cell: tuple[Place, int],
    new: Reported,
    *,
    replaces: int,
    why: str | None,
    now: dt.datetime,
) -> bool:
    """Tell a figure, correct it, or take it back (no cases). `replaces` is the row that the page showed, 0 for none.

    False when it changes nothing. Raises Refused with reasons, or when somebody was faster.
    """
    place, year = cell
    holding = queries.values(viewer, series).get((place.name, year))
    if (holding.id if holding else 0) != replaces:
        raise Refused(Reason(N_("Jemand hat das inzwischen geändert. Bitte laden Sie die Seite neu.")))
    old = holding.reported if holding else NOTHING
    reasons = report_reasons(new, old, why)
    if reasons:
        raise Refused(*reasons)
    if new == old:
        return False
    _write(viewer, series, cell, new, holding, why, now)
    return True


def take_in(viewer: Viewer, series: Series, lines: Sequence[Line], *, why: str | None, now: dt.datetime) -> int:
    """Take in all lines of a file, or none. Says how many figures are new or changed; Raises Refused if a line is wrong."""
    reasons = file_reasons(lines)
    if reasons:
        raise Refused(*reasons)
    known: Mapping[Cell, SeriesValue] = queries.values(viewer, series)
    places = {place.name: place for place in queries.places(viewer, series)}
    count = 0
    for line in lines:
        if line.cell is not None and line.standing in {Standing.NEW, Standing.CORRECTED}:
            name, year = line.cell
            corrects = why if line.standing is Standing.CORRECTED else None
            _write(viewer, series, (places[name], year), line.new, known.get(line.cell), corrects, now)
            count += 1
    return count


def _write(
    viewer: Viewer, series: Series, cell: tuple[Place, int], new: Reported, holding: SeriesValue | None, why: str | None,
    now: dt.datetime,
) -> None:  # fmt: skip
    place, year = cell
    if holding is not None:
        holding.replaced_at = now
        db.session.flush()
    db.session.add(
        SeriesValue(
            series_id=series.id, municipality_id=place.municipality_id,
            department=place.name if place.municipality_id is None else None,
            year=year, cases=new.cases, of_all=new.of_all, note=new.note, reason=why, entered_at=now, entered_by_id=viewer.id,
        )
    )  # fmt: skip
    db.session.flush()
