"""Reads what only pictures show: how the rates of single enrolments lie, and who went on to another programme."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.attendance.rules import DISPENSED
from programmes.catalogue.models import Course, Programme
from programmes.catalogue.rules import PACKS
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import CAME
from programmes.statistics.models import known_again
from programmes.statistics.pictures.rules import PATHWAYS, Stage
from programmes.statistics.rules import FIGURE, RATE_CLASSES, Question
from programmes.statistics.sums import Sums, countable


def rates(viewer: Viewer, question: Question) -> dict[str, FIGURE]:
    """How many enrolments lie in each class of attendance rates, with the median and how many people they are: the figures
    of `rules.RATES`. Sorted and counted by the database. One statement, and one for the courses that met."""
    sums = Sums(viewer, question, ())
    dispensed = sa.func.coalesce(sums.mark.mark.in_(DISPENSED), sa.false())
    of_each = (
        sa.select(
            sums.enrolment.person_id,
            sa.func.coalesce(sa.func.sum(sums.mark.minutes), 0).label("attended"),
            sa.func.coalesce(sa.func.sum(sums.meeting.minutes).filter(~dispensed), 0).label("offered"),
        )
        .select_from(sums.meeting)
        .join(sums.enrolment, sa.and_(sums.enrolment.course_id == sums.meeting.course_id, sums.on_that_day))
        .outerjoin(
            sums.mark,
            sa.and_(
                sums.mark.meeting_id == sums.meeting.id,
                sums.mark.enrolment_id == sums.enrolment.id,
                sums.mark.child_id.is_(None),
            ),
        )
        .where(sums.meeting.course_id.in_(sums.met), sums.in_period, sums.happened, sums.closed)
        .group_by(sums.enrolment.id, sums.enrolment.person_id)
        .subquery()
    )
    percent = sa.cast(of_each.c.attended, sa.Float) * 100 / of_each.c.offered
    sorted_ = (
        sa.select(
            of_each,
            percent.label("percent"),
            sa.func.row_number().over(order_by=percent).label("place"),
            sa.func.count().over().label("places"),
        )
        .where(of_each.c.offered > 0)
        .subquery()
    )
    hundredfold, offered, twice = sorted_.c.attended * 100, sorted_.c.offered, sorted_.c.place * 2
    above: sa.ColumnElement[bool] = sa.false()
    classes = []
    for key, least in RATE_CLASSES:  # compared as whole numbers: exactly 80 % is 80 %
        reaches = hundredfold >= offered * least
        classes.append(sa.func.count().filter(reaches, ~above).label(key))
        above = reaches
    in_the_middle = twice.between(sorted_.c.places, sorted_.c.places + 2)  # one of them, or two
    query = sa.select(
        sa.func.count(sa.distinct(sorted_.c.person_id)).label("rated_persons"),
        *classes,
        sa.func.avg(sorted_.c.percent).filter(in_the_middle).label("median_rate"),
    )
    found = dict(db.session.execute(query, execution_options={"viewer": viewer}).mappings().one())
    median = found.pop("median_rate")
    return found | {"median_rate": None if median is None else Fraction(median)}


def pathways(viewer: Viewer, question: Question) -> dict[str, list[int]]:
    """How many different people reached each stage of each pathway. One statement each, and one for the courses that met."""
    sums = Sums(viewer, question, ())
    found = {}
    for pathway in PATHWAYS:
        first, *later = pathway.stages
        person = sa.distinct(sums.enrolment.person_id)
        went_on = [
            sa.func.count(person).filter(_went_on(sums, sums.enrolment, later[:number])).label(f"stage_{number}")
            for number in range(1, len(later) + 1)
        ]
        places = (
            sa.select()
            .select_from(sums.enrolment)
            .where(sums.enrolment.course_id.in_(_courses_of(sums, first)))
            .join(sums.course, sums.course.id == sums.enrolment.course_id)
        )
        query, *_ = sums.who_had_a_meeting(places)
        counts = query.with_only_columns(sa.func.count(person).label("stage_0"), *went_on)
        found[pathway.key] = list(map(int, db.session.execute(counts, execution_options={"viewer": viewer}).one()))
    return found


def _went_on(sums: Sums, before: Any, stages: Sequence[Stage]) -> sa.ColumnElement[bool]:
    """Who had a place of the next stage that began later, and from there one of the stage after it, or such an outcome."""
    stage, *later = stages
    if stage.outcomes:
        return before.outcome.in_(stage.outcomes)
    place = known_again(Enrolment, sums.at)
    reached = sa.exists().where(
        place.person_id == before.person_id,
        place.status.in_(CAME),
        place.entry_date > before.entry_date,
        place.entry_date <= (sums.question.known_on or sums.viewer.today),
        place.course_id.in_(_courses_of(sums, stage)),
        *([_went_on(sums, place, later)] if later else []),
    )
    return reached.correlate(before)


def _courses_of(sums: Sums, stage: Stage) -> sa.Select[Any]:
    """The courses of a stage that count for the viewer: of others nobody is told anything."""
    parent, course = orm.aliased(Programme), known_again(Course, sums.at)
    courses = (
        sa.select(course.id)
        .join(Programme, Programme.id == course.programme_id)
        .outerjoin(parent, parent.id == Programme.parent_id)
        .where(course.id.in_(sa.select(Course.id).where(countable(sums.viewer)).correlate(None)))
        .correlate(None)
    )
    if stage.is_of_families:
        return courses.where(Programme.rule_pack.in_([pack for pack in PACKS.values() if pack.is_family]))
    return courses.where(sa.or_(Programme.key.in_(stage.programmes), parent.key.in_(stage.programmes)))
