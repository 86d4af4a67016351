"""Reads what is offered in the whole county. Courses are no secret; how many wait is told of one's own scope only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.catalogue import queries as catalogue
from programmes.catalogue.models import Course, Meeting, Programme
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import MeetingStatus, Span
from programmes.enrolment.county.rules import ON_THE_MAP, Standing, standing
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import HOLDS_PLACE, QUEUES


class Offered(NamedTuple):
    """The courses of a programme, its parts included, that run in a town or are planned there."""

    town_id: int
    programme: str
    running: int
    planned: int
    next_start: dt.date | None


@dataclass(frozen=True)
class Town:
    """A town on the map. `place` is its row and column; `waiting` is None where the viewer coordinates nothing, `is_mine` says
    whether there are courses that the viewer can open."""

    id: int
    name: str
    place: tuple[int, int] | None
    in_county: bool
    waiting: int | None
    is_mine: bool
    coordinators: Sequence[str]
    offered: list[Offered] = field(default_factory=list)

    @property
    def running(self) -> int:
        """How many courses run today."""
        return sum(one.running for one in self.offered)

    @property
    def planned(self) -> int:
        """How many begin later."""
        return sum(one.planned for one in self.offered)

    @property
    def next_start(self) -> dt.date | None:
        """When the next one begins."""
        return min((one.next_start for one in self.offered if one.next_start), default=None)


def towns(viewer: Viewer) -> list[Town]:
    """The county as it lies, row by row, then places outside it. Six queries."""
    waiting, coordinators = _waiting(viewer), catalogue.coordinators()
    scope = {town_id for _, town_id in catalogue.offers(viewer)}
    mine = {town.id for town in catalogue.municipalities_with_courses(viewer)}
    found = {
        town.id: Town(
            town.id, town.name, ON_THE_MAP.get(town.name), town.in_county,
            waiting.get(town.id, 0) if town.id in scope else None, town.id in mine, coordinators.get(town.id, ()),
        )
        for town in catalogue.municipalities()
    }  # fmt: skip
    for one in _offered(viewer):
        found[one.town_id].offered.append(one)
    last = (len(found), 0)
    return sorted(found.values(), key=lambda town: (not town.in_county, town.place or last, town.name))


def _offered(viewer: Viewer) -> list[Offered]:
    whole = orm.aliased(Programme)
    name = sa.func.coalesce(whole.short_title, Programme.short_title)
    plans = Course.starts_on > viewer.today
    rows = db.session.execute(
        sa.select(
            Course.municipality_id,
            name,
            sa.func.count().filter(Course.starts_on <= viewer.today),
            sa.func.count().filter(plans),
            sa.func.min(Course.starts_on).filter(plans),
        )
        .join(Programme, Programme.id == Course.programme_id)
        .outerjoin(whole, whole.id == Programme.parent_id)
        .where(Course.cancelled_reason.is_(None), Course.ends_on >= viewer.today)
        .group_by(Course.municipality_id, name)
        .order_by(name)
    )
    return [Offered._make(row) for row in rows]


def _waiting(viewer: Viewer) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(Course.municipality_id, sa.func.count())
        .select_from(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .where(
            coordinates(viewer),
            Enrolment.status.in_(QUEUES),
            Course.cancelled_reason.is_(None),
            Course.ends_on >= viewer.today,
        )
        .group_by(Course.municipality_id)
        .execution_options(viewer=viewer)
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class Listed:
    """A course as a printed list shows it to everybody."""

    course: Course
    spans: Sequence[Span]
    standing: Standing


def listed(viewer: Viewer, first: dt.date | None, last: dt.date | None, town_id: int | None) -> list[Listed]:
    """The courses of the whole county that touch a period (its beginning is today unless said), by town, programme and day.

    Whether a course has places is no secret of its coordinator; how many wait is, so only `Standing` leaves here. Three queries.
    """
    query = (
        sa.select(Course)
        .join(Programme, Programme.id == Course.programme_id)
        .where(Course.cancelled_reason.is_(None), Course.ends_on >= (first or viewer.today))
        .options(
            orm.contains_eager(Course.programme).joinedload(Programme.parent),
            orm.contains_eager(Course.programme).joinedload(Programme.after_programme),
            orm.joinedload(Course.municipality),
            orm.joinedload(Course.quarter),
        )
    )
    if last is not None:
        query = query.where(Course.starts_on <= last)
    if town_id is not None:
        query = query.where(Course.municipality_id == town_id)
    courses = db.session.scalars(query).all()
    ids = [course.id for course in courses]
    spans, places = _spans(ids), _places(viewer, ids)
    return [
        Listed(
            course,
            spans.get(course.id, ()),
            standing(
                places=course.places,
                taken=places.get(course.id, (0, 0))[0],
                waiting=places.get(course.id, (0, 0))[1],
                is_over=course.ends_on < viewer.today,
                is_open=course.programme.rule_pack.counts_heads,
            ),
        )
        for course in sorted(courses, key=_in_order)
    ]


def _in_order(course: Course) -> tuple[bool, str, int, dt.date, str]:
    town = course.municipality
    return not town.in_county, town.name, course.programme.position, course.starts_on, course.number


def _spans(ids: Sequence[int]) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for course_id, date, starts_at, ends_at in db.session.execute(
        sa.select(Meeting.course_id, Meeting.date, Meeting.starts_at, Meeting.ends_at).where(
            Meeting.course_id.in_(ids), Meeting.status != MeetingStatus.CANCELLED
        )
    ):
        found.setdefault(course_id, []).append(Span(date, starts_at, ends_at))
    return found


def _places(viewer: Viewer, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Taken and waiting, of whatever scope."""
    rows = db.session.execute(
        sa.select(
            Enrolment.course_id,
            sa.func.count().filter(Enrolment.status.in_(HOLDS_PLACE)),
            sa.func.count().filter(Enrolment.status.in_(QUEUES)),
        )
        .where(Enrolment.course_id.in_(ids))
        .group_by(Enrolment.course_id)
        .execution_options(viewer=viewer)
    )
    return {row[0]: (row[1], row[2]) for row in rows}
