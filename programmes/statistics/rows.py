"""What a figure counts, one by one: the same things that `sums.py` adds up, with their names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.engine import RowMapping

from auth.guard import Viewer
from clock import BERLIN
from database import db
from programmes.catalogue.models import Course
from programmes.certificates.models import Certificate
from programmes.participants.models import Person
from programmes.statistics.rules import FIGURE, MEASURE, Column, Measure, MeasureKind, Question, rate
from programmes.statistics.sums import Count, Kind, Statement, Sums, row_of

LINES_PER_PAGE = 100
WHO = (Column.CHILD, Column.PERSON)
WHEN = (Column.DAY, Column.ENDED, Column.APPLIED, Column.ISSUED, Column.HANDED_OVER)


@dataclass(frozen=True)
class Line:
    """One of the things that are counted. Lines of one number count once: the same person in another course."""

    number: int
    course_id: int
    course_number: str
    course_title: str
    person_id: int | None
    people: tuple[int | None, ...]
    paper_id: int | None
    cells: Mapping[Column, Any]


@dataclass(frozen=True)
class Counted:
    """One page of what a figure counts. `figure` is made of the lines alone, of which there are `total`."""

    figure: int
    is_sum: bool
    columns: tuple[Column, ...]
    lines: Sequence[Line]
    total: int
    number: int
    pages: int


class Behind:
    """One row of a question's table, or with no keys its total: what stands behind the figures in it."""

    def __init__(self, viewer: Viewer, question: Question, keys: tuple[str, ...]) -> None:
        self.viewer = viewer
        self.sums = Sums(viewer, question, question.dimensions if keys else ())
        found = [row_of(self.sums, by, key) for by, key in zip(self.sums.dimensions, keys, strict=False)]
        rows = [row for row in found if row]
        self.is_there = len(rows) == len(keys) == len(self.sums.dimensions)
        self.values, self.heads = [value for value, _ in rows], tuple(head for _, head in rows)

    def has(self, measure: Measure) -> bool:
        """Whether the row is one of this table and has this figure: meetings belong to no class of people."""
        known = measure.key in self.sums.behind or bool(measure.follows_from)
        return self.is_there and known and not (self.sums.of_people and measure.kind is MeasureKind.EVENTS)

    def figure(self, measure: Measure) -> FIGURE:
        """The figure by itself, counted once more from what stands behind it."""
        if measure.follows_from:
            attended, enrolled = (int(self.figure(MEASURE[key]) or 0) for key in measure.follows_from)
            return rate(attended, enrolled)
        _, count, lines = self._lines(measure)
        return self._counted(count, lines)[0]

    def page(self, measure: Measure, number: int) -> Counted:
        """One page of the things that a figure counts. Two statements."""
        kind, count, lines = self._lines(measure)
        figure, total = self._counted(count, lines)
        pages = max(1, -(-total // LINES_PER_PAGE))
        number = max(1, min(number, pages))
        found = db.session.execute(
            lines.order_by("number", "course_number", *kind.thing)
            .limit(LINES_PER_PAGE)
            .offset((number - 1) * LINES_PER_PAGE)
        )
        shown = [_line(row, kind) for row in found.mappings()]
        return Counted(figure, count.amount is not None, tuple(kind.columns), shown, total, number, pages)

    def _counted(self, count: Count, lines: Statement) -> tuple[int, int]:
        """The figure and the number of lines."""
        rows = lines.subquery()
        figure = sa.func.max(rows.c.number) if count.amount is None else sa.func.sum(rows.c.amount)
        counted = sa.select(sa.func.coalesce(figure, 0), sa.func.count()).select_from(rows)
        found, total = db.session.execute(counted.execution_options(viewer=self.viewer)).one()
        return int(found), total

    def _lines(self, measure: Measure) -> tuple[Kind, Count, Statement]:
        kind, count = self.sums.behind[measure.key]
        course, query = orm.aliased(Course), kind.things.where(count.condition)
        query = query.join(course, course.id == self.sums.course.id)
        for by, value in zip(self.sums.dimensions, self.values, strict=True):
            query = query.where(self.sums.group(by, kind) == value)
        columns: dict[str, Any] = {column.value: what for column, what in kind.columns.items()}
        order: list[Any] = []
        for who in (column for column in WHO if column in kind.columns):  # names are those of today, if still known
            person = orm.aliased(Person)
            query = query.outerjoin(person, person.id == kind.columns[who])
            order += [person.family_name, person.given_name]
            columns |= {f"{who}_family": person.family_name, f"{who}_given": person.given_name}
            columns[who] = sa.case((person.withheld_at.is_(None), person.id))  # whoever is erased has no page
        if Column.PAPER in kind.columns:
            paper = orm.aliased(Certificate)
            query = query.outerjoin(paper, paper.id == kind.columns[Column.PAPER])
            columns["paper_number"] = paper.number
        if count.different is None:
            when = [what for column, what in kind.columns.items() if column in WHEN]
            order = [*when, course.number, *order, *kind.thing]
        else:
            order = [*order[:2], count.different]
        lines = query.with_only_columns(
            sa.func.dense_rank().over(order_by=order).label("number"),
            sa.literal(1).label("amount") if count.amount is None else count.amount.label("amount"),
            course.id.label("course_id"), course.number.label("course_number"), course.title.label("course_title"),
            *(what.label(name) for name, what in columns.items()),
        ).execution_options(viewer=self.viewer)  # fmt: skip
        return kind, count, lines


def _line(row: RowMapping, kind: Kind) -> Line:
    cells = {column: row[column.value] for column in kind.columns}
    for column, value in cells.items():
        if isinstance(value, dt.datetime):
            cells[column] = value.astimezone(BERLIN).date()
        elif column in WHO:
            cells[column] = ", ".join(part for part in (row[f"{column}_family"], row[f"{column}_given"]) if part)
        elif column is Column.PAPER:
            cells[column] = row["paper_number"]
    return Line(
        row["number"], row["course_id"], row["course_number"], row["course_title"],
        row.get("person"), tuple(row[who.value] for who in WHO if who in kind.columns), row.get("paper"), cells,
    )  # fmt: skip
