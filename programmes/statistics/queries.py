"""Reads what it adds up to, and what there is to ask about."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from auth.guard import Viewer
from database import db
from programmes.catalogue.models import Course, FundingProfile, LeaderLanguage, Municipality, Quarter
from programmes.statistics.models import VERSIONS, SavedReport
from programmes.statistics.rules import (
    LONG,
    MEASURE,
    OF_PEOPLE,
    Dimension,
    Head,
    Question,
    Row,
    Topic,
    a_year_before,
    a_year_later,
)
from programmes.statistics.sums import FAMILY_MEETINGS, Figures, Sums, countable, heads_of, nothing

TOTAL = "total"
NOWHERE: sa.BindParameter[Any] = sa.bindparam(
    "met", [], expanding=True
)  # rows are there for their meetings, not for people


def exact_for(viewer: Viewer) -> bool:
    """Whether the viewer sees exact figures: coordinators do, of their own scope; evaluators get disclosable ones."""
    return viewer.coordinates


def table(
    viewer: Viewer, question: Question, *, disclose: bool, topics: Collection[Topic] = tuple(Topic)
) -> tuple[list[Row], Row]:
    """The rows of the table and its total, with the columns of these topics (offer and people always). The total of persons is
    not their sum: who is in two rows counts once."""
    sums = Sums(viewer, question, question.dimensions, topics=topics)
    rows, figures = rows_of(sums, disclose=disclose)
    return rows, total_of(sums, figures)


def rows_of(sums: Sums, *, disclose: bool) -> tuple[list[Row], Iterable[Figures]]:
    """The rows of a table, and what its total is added up from.

    That a row is there must not say that somebody is in it. So of what people are all classes stand there, and what may leave
    the office (`disclose`) has the rows in which there were meetings, no others.
    """
    by_key = sums.figures()
    keys = sums.with_meetings(by_key)
    if not disclose:
        keys = list(dict.fromkeys([*keys, *by_key]))
        if Dimension.FAMILY_LANGUAGE in sums.dimensions:  # fifty rows of nobody help nobody
            keys = [key for key in keys if key in by_key]
    heads = [heads_of(by, {key[number] for key in keys}) for number, by in enumerate(sums.dimensions)]
    rows = [
        _row(
            tuple(names[part] for names, part in zip(heads, key, strict=True)),
            by_key.get(key) or nothing(of_people=sums.of_people),
            sums.topics,
        )
        for key in keys
    ]
    rows.sort(key=_keys)
    return rows, by_key.values()


def total_of(sums: Sums, figures: Iterable[Figures]) -> Row:
    """The total of a table, people counted anew."""
    return _row((Head(TOTAL, TOTAL),), sums.total(figures), sums.topics)


def is_long(viewer: Viewer, question: Question, courses: int) -> bool:
    """Whether a table is too long to wait for. The database is asked only where `courses`, as many as there are to ask about,
    could have so many rows."""
    most = [
        len(heads_of(by, ())) if by in OF_PEOPLE else len(list(question.months())) if by is Dimension.MONTH else courses
        for by in question.dimensions
    ]
    if math.prod(most) <= LONG:
        return False
    return Sums(viewer, question, question.dimensions, NOWHERE).rows_with_meetings() > LONG


def compared(viewer: Viewer, question: Question, *, disclose: bool) -> list[tuple[Row, Row]]:
    """Each row in the period and a year before, the total last. A month stands beside the same month of the year before; where
    only one of the two has a row, nothing was counted in the other."""
    now, total = table(viewer, question, disclose=disclose)
    before, total_before = table(viewer, a_year_before(question), disclose=disclose)
    none = nothing(of_people=any(by in OF_PEOPLE for by in question.dimensions))
    pairs = {_keys(row): (row, replace(row, figures=none)) for row in now}
    for row in before:
        heads = tuple(
            a_year_later(head) if by is Dimension.MONTH else head
            for by, head in zip(question.dimensions, row.heads, strict=True)
        )
        here = replace(row, heads=heads, figures=none)
        pairs[_keys(here)] = (pairs.get(_keys(here), (here,))[0], row)
    return [*(pairs[keys] for keys in sorted(pairs)), (total, total_before)]


def _keys(row: Row) -> tuple[str, ...]:
    return tuple(head.key for head in row.heads)


def _row(heads: tuple[Head, ...], figures: Figures, topics: Collection[Topic]) -> Row:
    asked = {Topic.OFFER, Topic.PEOPLE, *topics}
    told = {key: figure for key, figure in figures.items() if key in MEASURE and MEASURE[key].topic in asked}
    return Row(heads, told, has_families=figures.get(FAMILY_MEETINGS) != 0)


def saved_reports(viewer: Viewer) -> Sequence[SavedReport]:
    """The viewer's own questions."""
    return db.session.scalars(
        sa.select(SavedReport).where(SavedReport.owner_id == viewer.id).order_by(SavedReport.name, SavedReport.id)
    ).all()


def saved_report(viewer: Viewer, report_id: int) -> SavedReport:
    """One of the viewer's own questions. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(SavedReport).where(SavedReport.owner_id == viewer.id, SavedReport.id == report_id)
    ).one()


def quarters_to_ask_about() -> Sequence[tuple[int, str]]:
    """All quarters with their towns."""
    places = sa.select(Quarter.id, Municipality.name, Quarter.name).join(Quarter.municipality)
    return [
        (quarter_id, f"{town}, {name}")
        for quarter_id, town, name in db.session.execute(places.order_by(Municipality.name, Quarter.name))
    ]


def funders_to_ask_about() -> Sequence[tuple[int, str]]:
    """The funding profiles."""
    profiles = db.session.execute(sa.select(FundingProfile.id, FundingProfile.name).order_by(FundingProfile.name))
    return [(profile_id, name) for profile_id, name in profiles]


def courses_to_ask_about(viewer: Viewer) -> Sequence[tuple[int, str]]:
    """The courses of the viewer's scope, newest first, to narrow the question."""
    rows = db.session.execute(
        sa.select(Course.id, Course.number, Course.title)
        .where(countable(viewer))
        .order_by(Course.starts_on.desc(), Course.number)
    )
    return [(course_id, f"{number} · {title}") for course_id, number, title in rows]


def leader_languages_to_ask_about(viewer: Viewer) -> Sequence[tuple[str, str]]:
    """All languages that leaders of courses ever spoke: a question about a past day is asked in the words of that day."""
    language = VERSIONS[LeaderLanguage].c.language
    spoken = sa.select(language).distinct().order_by(language).execution_options(viewer=viewer)
    return [(one, one) for one in db.session.scalars(spoken)]


def languages_to_ask_about(viewer: Viewer) -> Sequence[tuple[str, str]]:
    """The languages in which courses of the viewer's scope are held."""
    spoken = db.session.scalars(
        sa.select(Course.language).where(countable(viewer)).distinct().order_by(Course.language)
    )
    return [(language, language) for language in spoken]
