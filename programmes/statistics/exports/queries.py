"""Reads exports: whose they are, how far, and their files. Nobody's but one's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.exc import NoResultFound

from auth.guard import Viewer
from auth.rules import Role
from database import db
from jobs import Job
from programmes.catalogue.models import Course
from programmes.statistics.exports.models import Content, ExportPiece, LongExport
from programmes.statistics.sums import countable

KEPT_FOR = dt.timedelta(hours=24)
AT_ONCE = 50  # pieces read from the database at a time: a file of any length takes the same memory


def of_job(viewer: Viewer, job_id: int) -> LongExport | None:
    """What a job makes for whoever asked; None when it has been deleted."""
    query = sa.select(LongExport).join(LongExport.job).where(Job.id == job_id, Job.by_id == viewer.id)
    return db.session.scalars(query.execution_options(viewer=viewer)).one_or_none()


def own_exports(viewer: Viewer, now: dt.datetime) -> Sequence[LongExport]:
    """The viewer's own exports of the last day that they may still have, the newest first."""
    since = sa.func.coalesce(LongExport.ready_at, Job.made_at)
    query = (
        sa.select(LongExport)
        .join(LongExport.job)
        .where(Job.by_id == viewer.id, since > now - KEPT_FOR)
        .order_by(LongExport.id.desc())
        .options(orm.contains_eager(LongExport.job))
        .execution_options(viewer=viewer)
    )
    return allowed(viewer, db.session.scalars(query).all())


def own_export(viewer: Viewer, export_id: int, now: dt.datetime) -> LongExport:
    """One of them. Raises NoResultFound."""
    for found in own_exports(viewer, now):
        if found.id == export_id:
            return found
    raise NoResultFound


def allowed(viewer: Viewer, exports: Sequence[LongExport]) -> Sequence[LongExport]:
    """Those of which everything may still be counted by the one who asked, whose role and scope may have changed since."""
    if not exports or not viewer.roles & {Role.COORDINATOR, Role.EVALUATOR}:
        return []
    countable_now = set(db.session.scalars(sa.select(Course.id).where(countable(viewer))))
    return [
        found
        for found in exports
        if (viewer.coordinates or found.is_disclosed) and countable_now.issuperset(found.question.courses or ())
    ]


def pieces(viewer: Viewer, found: LongExport, content: Content) -> Iterator[bytes]:
    """A file of an export, one piece after the other, in the order of the rows on the page."""
    of_file = sa.select(ExportPiece.place, ExportPiece.id).where(
        ExportPiece.export_id == found.id, ExportPiece.content == content
    )
    places = sorted(tuple(row) for row in db.session.execute(of_file.execution_options(viewer=viewer)))
    ids = [piece_id for _, piece_id in places]  # sorted by us: databases sort by the rules of a language
    for first in range(0, len(ids), AT_ONCE):
        some = sa.select(ExportPiece.id, ExportPiece.data).where(ExportPiece.id.in_(ids[first : first + AT_ONCE]))
        data = {row.id: row.data for row in db.session.execute(some.execution_options(viewer=viewer))}
        yield from (data[piece_id] for piece_id in ids[first : first + AT_ONCE])


def files(viewer: Viewer, found: LongExport) -> Sequence[Content]:
    """The files there are of an export; none before it is ready."""
    if found.ready_at is None:
        return []
    kinds = sa.select(ExportPiece.content).where(ExportPiece.export_id == found.id).distinct()
    return sorted(db.session.scalars(kinds.execution_options(viewer=viewer)))
