"""Reads series. Who coordinates in the whole county, and who evaluates, reads all rows; a town's coordinators read their town's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from auth.rules import Role
from database import db
from programmes.catalogue.models import Coordination, Municipality
from programmes.statistics.series.models import Series, SeriesValue
from programmes.statistics.series.rules import Cell, Place, SeriesKind

HOLDS = SeriesValue.replaced_at.is_(None)


def edits(viewer: Viewer) -> bool:
    """Whether the viewer keeps the series: those who coordinate a programme in all municipalities do."""
    if viewer.is_office or not viewer.coordinates:
        return viewer.is_office
    everywhere = sa.exists().where(Coordination.user_id == viewer.id, Coordination.municipality_id.is_(None))
    return bool(db.session.scalar(sa.select(everywhere)))


def _reads_all(viewer: Viewer) -> bool:
    return edits(viewer) or (not viewer.coordinates and Role.EVALUATOR in viewer.roles)


def towns(viewer: Viewer) -> list[Place]:
    """The municipalities of the county whose figures the viewer reads."""
    query = sa.select(Municipality.name, Municipality.id).where(Municipality.in_county).order_by(Municipality.name)
    if not _reads_all(viewer):
        query = query.where(
            sa.exists().where(Coordination.user_id == viewer.id, Coordination.municipality_id == Municipality.id)
        )
    return [Place(name, number) for name, number in db.session.execute(query)]


def places(viewer: Viewer, series: Series) -> list[Place]:
    """The rows of a series that the viewer reads: municipalities, or departments of the county's administration."""
    if series.kind is not SeriesKind.TRAINING:
        return towns(viewer)
    return [Place(name) for name in series.departments] if _reads_all(viewer) else []


def place(viewer: Viewer, series: Series, name: str) -> Place:
    """One row of a series. Raises NoResultFound."""
    for found in places(viewer, series):
        if found.name == name:
            return found
    raise sa.exc.NoResultFound


def one(series_id: int) -> Series:
    """One series. What it counts is no secret among those who may open the page. Raises NoResultFound."""
    return db.session.scalars(sa.select(Series).where(Series.id == series_id)).one()


def keys(*, but: int | None = None) -> list[str]:
    """The keys of all other series."""
    return list(db.session.scalars(sa.select(Series.key).where(Series.id != (but or 0))))


def has_values(series_id: int) -> bool:
    """Whether anything was ever told of a series, in whatever scope."""
    return bool(db.session.scalar(sa.select(sa.exists().where(SeriesValue.series_id == series_id))))


def _of(of: Sequence[Place]) -> sa.ColumnElement[bool]:
    ids = [row.municipality_id for row in of if row.municipality_id is not None]
    return sa.or_(
        SeriesValue.municipality_id.in_(ids),
        SeriesValue.department.in_([row.name for row in of if row.municipality_id is None]),
    )


def values(viewer: Viewer, series: Series) -> dict[Cell, SeriesValue]:
    """What holds in the rows that the viewer reads, by place and year."""
    of = places(viewer, series)
    names = {row.municipality_id: row.name for row in of}
    found = db.session.scalars(sa.select(SeriesValue).where(SeriesValue.series_id == series.id, HOLDS, _of(of)))
    return {(row.department or names[row.municipality_id], row.year): row for row in found}


def told(series: Series, place: Place, year: int) -> Sequence[SeriesValue]:
    """All that was ever told of one granted place and year, newest first."""
    return db.session.scalars(
        sa.select(SeriesValue)
        .where(SeriesValue.series_id == series.id, SeriesValue.year == year, _of([place]))
        .order_by(SeriesValue.id.desc())
        .options(orm.joinedload(SeriesValue.entered_by, innerjoin=True))
    ).all()


@dataclass(frozen=True)
class Overview:
    """One series in the list: of its newest period, how many of the viewer's rows have reported."""

    series: Series
    year: int | None
    reported: int
    rows: int


def overview(viewer: Viewer) -> list[Overview]:
    """All series by kind and title. Three queries, whatever the number."""
    own, everything = towns(viewer), _reads_all(viewer)
    scope = sa.or_(
        SeriesValue.municipality_id.in_([row.municipality_id for row in own]),
        sa.and_(sa.true() if everything else sa.false(), SeriesValue.department.is_not(None)),
    )
    counted: dict[int, tuple[int | None, int]] = {}
    for series_id, newest, told_of in db.session.execute(
        sa.select(SeriesValue.series_id, SeriesValue.year, sa.func.count())
        .where(HOLDS, SeriesValue.cases.is_not(None), scope)
        .group_by(SeriesValue.series_id, SeriesValue.year)
        .order_by(SeriesValue.year)
    ):
        counted[series_id] = (newest, told_of)
    order = list(SeriesKind)
    found = []
    for row in sorted(
        db.session.scalars(sa.select(Series)), key=lambda row: (order.index(row.kind), row.title, row.key)
    ):
        year, count = counted.get(row.id, (None, 0))
        of = len(own) if row.kind is not SeriesKind.TRAINING else len(row.departments) * everything
        found.append(Overview(row, year, count, of))
    return found
