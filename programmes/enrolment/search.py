"""Finds courses and people by words, page by page. The scopes are those of `queries`."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer, built_once
from database import db
from programmes.catalogue.models import Course, Municipality, Programme, Quarter
from programmes.catalogue.queries import visible_courses
from programmes.catalogue.rules import CourseState
from programmes.enrolment.queries import visible_one_by_one, visible_people
from programmes.participants.models import Person
from programmes.participants.rules import name_key

LINES_PER_PAGE = 50
MOST_WORDS = 8  # of a search; more are left aside
MOST_TO_ENROL = 20
FEW = 500  # people whose names match: beyond, the scope is asked as a whole
STATES_IN_ORDER = (CourseState.RUNNING, CourseState.PLANNED, CourseState.FINISHED, CourseState.CANCELLED)

T = TypeVar("T")


@dataclass(frozen=True)
class Slice(Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    total: int
    number: int
    pages: int


def _slice(query: sa.Select[T], number: int) -> Slice[T]:
    total = db.session.scalar(query.with_only_columns(sa.func.count()).order_by(None)) or 0
    pages = max(1, -(-total // LINES_PER_PAGE))
    number = max(1, min(number, pages))
    rows = db.session.scalars(query.limit(LINES_PER_PAGE).offset((number - 1) * LINES_PER_PAGE))
    return Slice(rows.all(), total, number, pages)


def _in_state(state: CourseState, today: dt.date) -> sa.ColumnElement[bool]:
    cancelled = Course.cancelled_reason.is_not(None)
    if state is CourseState.CANCELLED:
        return cancelled
    when = {
        CourseState.PLANNED: Course.starts_on > today,
        CourseState.RUNNING: sa.and_(Course.starts_on <= today, Course.ends_on >= today),
        CourseState.FINISHED: Course.ends_on < today,
    }[state]
    return sa.and_(sa.not_(cancelled), when)


def courses(
    viewer: Viewer, *, state: CourseState | None = None, programme_id: int | None = None, town_id: int | None = None,
    text: str = "", page: int = 1,
) -> Slice[Course]:  # fmt: skip
    """Visible courses: what runs first, then what is planned, then the past. Two queries, whatever the size."""
    query = _courses(viewer)
    if state is not None:
        query = query.where(_in_state(state, viewer.today))
    if programme_id is not None:
        query = query.where(sa.or_(Programme.id == programme_id, Programme.parent_id == programme_id))
    if town_id is not None:
        query = query.where(Course.municipality_id == town_id)
    for word in text.split()[:MOST_WORDS]:
        query = query.where(
            sa.or_(
                *(
                    column.icontains(word, autoescape=True)
                    for column in (Course.number, Course.title, Course.venue, Programme.short_title, Municipality.name)
                )
            )
        )
    return _slice(query, page)


@built_once
def _courses(viewer: Viewer) -> sa.Select[Course]:
    return (
        visible_courses(viewer)
        .join(Programme, Programme.id == Course.programme_id)
        .join(Municipality, Municipality.id == Course.municipality_id)
        .options(
            orm.contains_eager(Course.programme).load_only(Programme.short_title),
            orm.contains_eager(Course.municipality).load_only(Municipality.name),
            orm.joinedload(Course.quarter).load_only(Quarter.name),
        )
        .order_by(
            sa.case(*((_in_state(one, viewer.today), rank) for rank, one in enumerate(STATES_IN_ORDER)), else_=9),
            Course.starts_on.desc(), Course.number,
        )
        .execution_options(viewer=viewer)
    )  # fmt: skip


def _matches(text: str) -> list[sa.ColumnElement[bool]]:
    """Each word of a search as written, or as it sounds (`name_key`)."""
    conditions = []
    for word in unicodedata.normalize("NFC", text).casefold().split()[:MOST_WORDS]:
        sounds = [Person.search.contains(part, autoescape=True) for part in name_key(word).split()]
        written = Person.search.contains(word, autoescape=True)
        conditions.append(sa.or_(written, sa.and_(*sounds)) if sounds else written)
    return conditions


def people(viewer: Viewer, text: str = "", page: int = 1) -> Slice[Person]:
    """The people the viewer may know, by name; children only when searched for. Two queries for a page that is there, whatever the size."""
    query = _found(viewer, text) if text else visible_people(viewer).where(Person.is_child.is_(False))
    return _people(viewer, query, page)


def _people(viewer: Viewer, query: sa.Select[Person], number: int) -> Slice[Person]:
    """A page and the total in one statement: to find out who is in the scope is what takes long, so it is done once."""
    found = query.with_only_columns(Person.id, Person.sort_key).cte("found")
    total = sa.select(sa.func.count()).select_from(found).scalar_subquery()
    ids = sa.select(found.c.id).order_by(found.c.sort_key, found.c.id).limit(LINES_PER_PAGE)

    def ask(number: int) -> Sequence[Any]:
        return db.session.execute(
            sa.select(Person, total)
            .where(Person.id.in_(ids.offset((number - 1) * LINES_PER_PAGE)))
            .options(orm.joinedload(Person.municipality))
            .order_by(Person.sort_key, Person.id)
            .execution_options(viewer=viewer)
        ).all()

    rows = ask(number) or ask(1)
    pages = max(1, -(-(rows[0][1] if rows else 0) // LINES_PER_PAGE))
    if number > pages:
        number, rows = pages, ask(pages)
    return Slice([row[0] for row in rows], rows[0][1] if rows else 0, number, pages)


def _found(viewer: Viewer, text: str) -> sa.Select[Person]:
    """Names are looked through first, because few are meant and many thousands may be in the scope."""
    matching = sa.select(Person.id).where(*_matches(text)).limit(FEW + 1).execution_options(viewer=viewer)
    ids = db.session.scalars(matching).all()
    if len(ids) > FEW:
        return visible_people(viewer).where(*_matches(text))
    return visible_one_by_one(viewer).where(Person.id.in_(ids))


def adults_to_enrol(viewer: Viewer, text: str, most: int = MOST_TO_ENROL) -> Sequence[Person]:
    """Adults the viewer may know whose names match."""
    return db.session.scalars(
        _found(viewer, text).where(Person.is_child.is_(False)).order_by(Person.sort_key, Person.id).limit(most)
    ).all()
