"""Reads what it adds up to. Six statements, whatever the size; persons are counted by the database, never in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from auth.guard import Viewer
from auth.rules import Role
from database import db
from programmes.attendance.models import AttendanceMark
from programmes.attendance.rules import ABSENT, CHILDCARE, DISPENSED, EXCUSED, Mark
from programmes.catalogue.models import Course, Meeting, Municipality, Programme, Quarter
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import PACKS, MeetingStatus
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import CAME
from programmes.participants.models import Person
from programmes.participants.rules import Sex
from programmes.statistics.rules import (
    AGE_CLASSES,
    AGE_LABELS,
    FIGURE,
    MEASURES,
    OF_PEOPLE,
    UNTOLD,
    Dimension,
    MeasureKind,
    Question,
    Row,
    rate,
)
from wording import N_

TOTAL = "total"
NO_QUARTER = "none"
FAMILY_MEETINGS = "family_meetings"  # no measure: says whether a row could have families at all
Columns = list[sa.SQLColumnExpression[Any]]


def exact_for(viewer: Viewer) -> bool:
    """Whether the viewer sees exact figures: coordinators do, of their own scope; evaluators get disclosable ones."""
    return viewer.coordinates


def countable(viewer: Viewer) -> sa.ColumnElement[bool]:
    """True for the courses that count for a viewer: their own scope, or for an evaluator the whole county."""
    if viewer.coordinates:
        return coordinates(viewer)
    return sa.true() if Role.EVALUATOR in viewer.roles else sa.false()


def _asked(viewer: Viewer, question: Question) -> sa.ColumnElement[bool]:
    conditions = [countable(viewer), Meeting.date.between(question.first, question.last)]
    if question.programme_id is not None:
        below = sa.select(Programme.id).where(
            sa.or_(Programme.id == question.programme_id, Programme.parent_id == question.programme_id)
        )
        conditions.append(Course.programme_id.in_(below))
    if question.municipality_id is not None:
        conditions.append(Course.municipality_id == question.municipality_id)
    if question.course_id is not None:
        conditions.append(Course.id == question.course_id)
    return sa.and_(*conditions)


_COLUMNS: dict[Dimension, sa.SQLColumnExpression[Any]] = {
    Dimension.PROGRAMME: Course.programme_id,
    Dimension.COURSE: Course.id,
    Dimension.MUNICIPALITY: Course.municipality_id,
    Dimension.QUARTER: Course.quarter_id,
    Dimension.LANGUAGE: Course.language,
    Dimension.SEX: Person.sex,
    Dimension.LATE_RESETTLER: Person.late_resettler,
}


def _group(by: Dimension) -> sa.SQLColumnExpression[Any]:
    if by in _COLUMNS:
        return _COLUMNS[by]
    if by is Dimension.AGE:
        years = (_as_number(Enrolment.entry_date) - _as_number(Person.birth_date)) // _written(10_000)
        classes = [(years < _written(limit), sa.literal_column(f"'{name}'", sa.String)) for limit, name in AGE_CLASSES]
        return sa.case((Person.birth_date.is_(None), sa.null()), *classes)
    return _as_number(Meeting.date) // _written(100)


def _as_number(day: Any) -> sa.ColumnElement[int]:
    """A date as the number 20261231, the same in both databases."""
    year, month, of_month = (sa.cast(sa.extract(part, day), sa.Integer) for part in ("year", "month", "day"))
    return year * _written(10_000) + month * _written(100) + of_month


def _written(constant: int) -> sa.ColumnElement[int]:
    """Written out, not bound: PostgreSQL would take two bound 100s for two different expressions."""
    return sa.literal_column(str(constant), sa.Integer)


def _figures(
    viewer: Viewer, question: Question, group: sa.SQLColumnExpression[Any] | None
) -> dict[Any, dict[str, FIGURE]]:
    """Figures by group; with `group` None one row of totals, counted anew because a person may stand in several rows."""
    key: Columns = [(sa.literal(TOTAL) if group is None else group).label("key")]
    grouped: Columns = [] if group is None else [group]
    of_people = group is not None and question.by in OF_PEOPLE
    asked = _asked(viewer, question)
    not_cancelled = Meeting.status != MeetingStatus.CANCELLED
    closed = sa.and_(not_cancelled, Meeting.closed_at.is_not(None))

    def sums(condition: sa.ColumnElement[bool], what: Any) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(what).filter(condition), 0)

    is_family = Programme.rule_pack.in_([pack for pack in PACKS.values() if pack.is_family])
    offered = (
        sa.select(
            *key,
            sa.func.count().filter(not_cancelled).label("meetings_planned"),
            sa.func.count().filter(closed).label("meetings_held"),
            sa.func.count().filter(Meeting.status == MeetingStatus.CANCELLED).label("meetings_cancelled"),
            sums(closed, Meeting.minutes).label("minutes_offered"),
            sums(not_cancelled, sa.func.coalesce(Meeting.visitors, 0)).label("visitors"),
            sa.func.count().filter(is_family).label(FAMILY_MEETINGS),
        )
        .select_from(Meeting)
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(asked)
        .group_by(*grouped)
    )
    on_that_day = sa.and_(
        Enrolment.course_id == Course.id,
        Enrolment.status.in_(CAME),
        Enrolment.entry_date <= Meeting.date,
        sa.or_(Enrolment.exit_date.is_(None), Enrolment.exit_date >= Meeting.date),
    )
    of_adult = sa.and_(
        AttendanceMark.meeting_id == Meeting.id,
        AttendanceMark.enrolment_id == Enrolment.id,
        AttendanceMark.child_id.is_(None),
    )
    mark = AttendanceMark.mark
    to_attend = sa.or_(mark.is_(None), mark.not_in(DISPENSED))
    there = sa.alias(AttendanceMark.__table__, "child_mark")
    child_here = (
        sa.exists()
        .where(
            there.c.meeting_id == Meeting.id,
            there.c.enrolment_id == Enrolment.id,
            there.c.child_id.is_not(None),
            there.c.mark == Mark.PRESENT,
        )
        .correlate(Meeting, Enrolment)
    )
    people = (
        sa.select(
            *key,
            sa.func.count(sa.distinct(Enrolment.person_id)).label("persons"),
            sa.func.count(sa.distinct(Enrolment.id)).label("enrolments"),
            sa.func.count(sa.distinct(Enrolment.person_id)).filter(is_family).label("families"),
            sa.func.count().filter(closed, mark == Mark.PRESENT).label("present"),
            sa.func.count().filter(closed, mark.in_(EXCUSED & ABSENT)).label("absent_excused"),
            sa.func.count().filter(closed, mark.in_(ABSENT - EXCUSED)).label("absent_unexcused"),
            sa.func.count()
            .filter(closed, mark.in_(ABSENT), AttendanceMark.absence_reason.in_(CHILDCARE))
            .label("absent_childcare"),
            sa.func.count()
            .filter(Meeting.closed_at.is_(None), Meeting.date <= viewer.today, mark.is_(None))
            .label("not_recorded"),
            sums(sa.and_(closed, to_attend), Meeting.minutes).label("minutes_enrolled"),
            sums(closed, AttendanceMark.minutes).label("minutes_attended"),
            sa.func.count().filter(closed, is_family, mark == Mark.PRESENT, child_here).label("families_together"),
        )
        .select_from(Meeting)
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .join(Enrolment, on_that_day)
        .outerjoin(AttendanceMark, of_adult)
        .where(asked, not_cancelled)
        .group_by(*grouped)
        .execution_options(viewer=viewer)
    )
    of_child = sa.and_(AttendanceMark.meeting_id == Meeting.id, AttendanceMark.child_id == EnrolmentChild.id)
    children = (
        sa.select(
            *key,
            sa.func.count(sa.distinct(EnrolmentChild.person_id)).label("children"),
            sa.func.count().filter(closed, mark == Mark.PRESENT).label("children_present"),
        )
        .select_from(Meeting)
        .join(Course, Course.id == Meeting.course_id)
        .join(Enrolment, on_that_day)
        .join(EnrolmentChild, EnrolmentChild.enrolment_id == Enrolment.id)
        .outerjoin(AttendanceMark, of_child)
        .where(asked, not_cancelled)
        .group_by(*grouped)
        .execution_options(viewer=viewer)
    )
    if of_people:  # a meeting belongs to no class of people
        people = people.join(Person, Person.id == Enrolment.person_id)
        children = children.join(Person, Person.id == Enrolment.person_id)
    found: dict[Any, dict[str, FIGURE]] = {}
    for query in (people, children) if of_people else (offered, people, children):
        for line in db.session.execute(query).mappings():
            figures = found.setdefault(line["key"], _nothing(of_people=of_people))
            figures.update({name: int(value) for name, value in line.items() if name != "key"})
    for figures in found.values():
        figures["attendance_rate"] = rate(int(figures["minutes_attended"] or 0), int(figures["minutes_enrolled"] or 0))
    return found


def _nothing(*, of_people: bool = False) -> dict[str, FIGURE]:
    """The figures of a row in which nothing is counted yet."""
    cannot_be = {MeasureKind.EVENTS, MeasureKind.RATE} if of_people else {MeasureKind.RATE}
    return {measure.key: None if measure.kind in cannot_be else 0 for measure in MEASURES}


def _labels(by: Dimension, keys: Sequence[Any]) -> dict[Any, tuple[str, str]]:
    """Stable key and name of each row."""
    untold = {None: (UNTOLD, N_("keine Angabe"))}
    if by is Dimension.MONTH:
        return {key: (f"{key // 100:04d}-{key % 100:02d}",) * 2 for key in keys}
    if by is Dimension.LANGUAGE:
        return {key: (key, key) for key in keys}
    if by is Dimension.SEX:
        return {sex: (sex.value, sex.label) for sex in Sex} | untold
    if by is Dimension.AGE:
        return {key: (key, label) for key, label in AGE_LABELS.items()} | untold
    if by is Dimension.LATE_RESETTLER:
        return {True: ("yes", N_("ja")), False: ("no", N_("nein"))}
    if by is Dimension.QUARTER:
        places = sa.select(Quarter.id, Municipality.name, Quarter.name).join(Quarter.municipality)
        found = {key: f"{town}, {name}" for key, town, name in db.session.execute(places)}
        return {key: (name, name) for key, name in found.items()} | {None: (NO_QUARTER, N_("ohne Quartier"))}
    if by is Dimension.PROGRAMME:
        rows = db.session.execute(sa.select(Programme.id, Programme.key, Programme.short_title)).all()
    elif by is Dimension.COURSE:
        rows = db.session.execute(sa.select(Course.id, Course.number, Course.title).where(Course.id.in_(keys))).all()
    else:
        rows = db.session.execute(sa.select(Municipality.id, Municipality.name, Municipality.name)).all()
    return {row_id: (key, label) for row_id, key, label in rows}


def table(viewer: Viewer, question: Question) -> tuple[list[Row], Row]:
    """The rows of the table and its total. The total of persons is not their sum: who is in two rows counts once."""
    by_group = _figures(viewer, question, _group(question.by))
    labels = _labels(question.by, list(by_group))
    if question.by in OF_PEOPLE:  # all classes, always: that a row is there must not say that somebody is in it
        for key in labels:
            by_group.setdefault(key, _nothing(of_people=True))
    said = question.by in OF_PEOPLE
    rows = [_row(*labels[key], figures, is_said=said or key is None) for key, figures in by_group.items()]
    rows.sort(key=lambda row: row.key)
    return rows, _row(TOTAL, TOTAL, _figures(viewer, question, None).get(TOTAL) or _nothing())


def _row(key: str, label: str, figures: dict[str, FIGURE], *, is_said: bool = False) -> Row:
    return Row(key, label, figures, has_families=figures.pop(FAMILY_MEETINGS, None) != 0, is_said=is_said)


def courses_to_ask_about(viewer: Viewer) -> Sequence[tuple[int, str]]:
    """The courses of the viewer's scope, newest first, to narrow the question."""
    rows = db.session.execute(
        sa.select(Course.id, Course.number, Course.title)
        .where(countable(viewer))
        .order_by(Course.starts_on.desc(), Course.number)
    )
    return [(course_id, f"{number} · {title}") for course_id, number, title in rows]
