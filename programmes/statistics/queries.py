"""Reads what it adds up to: some statements, whatever the size; persons are counted by the database, never in Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from auth.rules import Role
from clock import BERLIN
from database import Instant, db
from programmes.attendance.models import AttendanceMark
from programmes.attendance.queries import marks_of_course
from programmes.attendance.rules import ABSENT, CHILDCARE, DISPENSED, EXCUSED, Mark
from programmes.catalogue.models import Course, FundingProfile, Meeting, Municipality, Programme, Quarter
from programmes.catalogue.queries import coordinates, meetings_of
from programmes.catalogue.rules import PACKS, MeetingStatus
from programmes.certificates.models import Certificate
from programmes.certificates.rules import COURSE, CertificateState
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.queries import RosterLine, roster
from programmes.enrolment.rules import CAME, ENDED, EnrolmentStatus, on_day
from programmes.participants.models import Person
from programmes.participants.rules import Sex
from programmes.statistics.rules import (
    AGE_CLASSES,
    AGE_LABELS,
    FIGURE,
    MEASURES,
    OF_PEOPLE,
    SQUARE,
    UNTOLD,
    Dimension,
    Head,
    MeasureKind,
    Question,
    Row,
    Standing,
    rate,
    square,
    standings,
)
from wording import N_

TOTAL = "total"
NO_QUARTER = "none"
FAMILY_MEETINGS = "family_meetings"  # no measure: says whether a row could have families at all
Columns = list[sa.SQLColumnExpression[Any]]
Key = tuple[Any, ...]  # one value a dimension
Figures = dict[str, FIGURE]
Statement = sa.Select[*tuple[Any, ...]]


def exact_for(viewer: Viewer) -> bool:
    """Whether the viewer sees exact figures: coordinators do, of their own scope; evaluators get disclosable ones."""
    return viewer.coordinates


def countable(viewer: Viewer) -> sa.ColumnElement[bool]:
    """True for the courses that count for a viewer: their own scope, or for an evaluator the whole county."""
    if viewer.coordinates:
        return coordinates(viewer)
    return sa.true() if Role.EVALUATOR in viewer.roles else sa.false()


def _courses_asked(viewer: Viewer, question: Question) -> sa.ColumnElement[bool]:
    conditions = [countable(viewer)]
    if question.programme_id is not None:
        below = sa.select(Programme.id).where(
            sa.or_(Programme.id == question.programme_id, Programme.parent_id == question.programme_id)
        )
        conditions.append(Course.programme_id.in_(below))
    if question.funding_profile_id is not None:
        paid = sa.select(Programme.id).where(Programme.funding_profile_id == question.funding_profile_id)
        conditions.append(Course.programme_id.in_(paid))
    for column, wanted in (
        (Course.municipality_id, question.municipality_id),
        (Course.quarter_id, question.quarter_id),
        (Course.id, question.course_id),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
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


def _group(by: Dimension, month: sa.ColumnElement[int]) -> sa.SQLColumnExpression[Any]:
    """What a row is of. `month` is that of what the statement counts, as the number 202612."""
    if by in _COLUMNS:
        return _COLUMNS[by]
    if by is Dimension.AGE:
        entry = sa.func.coalesce(Enrolment.entry_date, Course.starts_on)
        years = (_as_number(entry) - _as_number(Person.birth_date)) // _written(10_000)
        classes = [(years < _written(limit), sa.literal_column(f"'{name}'", sa.String)) for limit, name in AGE_CLASSES]
        return sa.case((Person.birth_date.is_(None), sa.null()), *classes)
    return month


def _as_number(day: Any) -> sa.ColumnElement[int]:
    """A date as the number 20261231, the same in both databases."""
    year, month, of_month = (sa.cast(sa.extract(part, day), sa.Integer) for part in ("year", "month", "day"))
    return year * _written(10_000) + month * _written(100) + of_month


def _month_of(day: Any) -> sa.ColumnElement[int]:
    return _as_number(day) // _written(100)


def _written(constant: int) -> sa.ColumnElement[int]:
    """Written out, not bound: PostgreSQL would take two bound 100s for two different expressions."""
    return sa.literal_column(str(constant), sa.Integer)


def _midnight(day: dt.date) -> dt.datetime:
    """The instant at which a day begins in the county."""
    return dt.datetime.combine(day, dt.time(), BERLIN)


def _months(question: Question) -> sa.CTE:
    """The months of the period with the instants at which they begin and end, because no database but ours knows both the
    instants and the county's clock."""
    months = [(month, _midnight(first), _midnight(after)) for month, first, after in question.months()]
    return (
        sa.values(
            sa.column("month", sa.Integer), sa.column("begins", Instant), sa.column("ends", Instant), name="months"
        )
        .data(months)
        .cte("months")
    )


class _Sums:
    """One question's statements, with the rows of some of its dimensions; with none, one row of totals, which counts people
    anew because a person may stand in several rows."""

    def __init__(self, viewer: Viewer, question: Question, dimensions: tuple[Dimension, ...]) -> None:
        self.viewer = viewer
        self.question = question
        self.dimensions = dimensions
        self.of_people = any(by in OF_PEOPLE for by in dimensions)
        self.courses = _courses_asked(viewer, question)
        self.in_period = Meeting.date.between(question.first, question.last)
        self.is_family = Programme.rule_pack.in_([pack for pack in PACKS.values() if pack.is_family])
        self.happened = Meeting.status != MeetingStatus.CANCELLED
        self.closed = sa.and_(self.happened, Meeting.closed_at.is_not(None))

    def figures(self) -> dict[Key, Figures]:
        """All figures by row."""
        of_people = (
            self._people(),
            self._children(),
            self._ends(),
            self._waiting(),
            self._issued(),
            self._handed_over(),
        )
        found: dict[Key, Figures] = {}
        for query in of_people if self.of_people else (self._offered(self.dimensions), *of_people):
            for key, figures in self._read(query):
                found.setdefault(key, nothing(of_people=self.of_people)).update(figures)
        for figures in found.values():
            figures["persons_returning"] = int(figures["persons"] or 0) - int(figures["persons_new"] or 0)
            figures["attendance_rate"] = rate(
                int(figures["minutes_attended"] or 0), int(figures["minutes_enrolled"] or 0)
            )
        return found

    def with_meetings(self, found: dict[Key, Figures]) -> list[Key]:
        """The rows in which there were meetings; of what people are, all classes of each."""
        if not self.of_people:
            return [key for key, figures in found.items() if FAMILY_MEETINGS in figures]
        classes = [list(_heads(by, ())) for by in self.dimensions if by in OF_PEOPLE]
        return [_together(self.dimensions, row, of) for row in self._offered_rows() for of in product(*classes)]

    def _offered_rows(self) -> list[Key]:
        dimensions = tuple(by for by in self.dimensions if by not in OF_PEOPLE)
        return [key for key, _ in self._read(self._offered(dimensions), len(dimensions))]

    def _read(self, query: Statement, width: int | None = None) -> Iterator[tuple[Key, Figures]]:
        width = len(self.dimensions) if width is None else width
        answer = db.session.execute(query)
        names = list(answer.keys())[width:]
        for line in answer:
            yield tuple(line[:width]), dict(zip(names, map(int, line[width:]), strict=True))

    def _by(
        self, month: sa.ColumnElement[int], query: Statement, dimensions: tuple[Dimension, ...] | None = None
    ) -> Statement:
        """The statement with a row for each group, narrowed to the courses asked about."""
        groups = [_group(by, month) for by in (self.dimensions if dimensions is None else dimensions)]
        figures = list(query.selected_columns)
        query = query.with_only_columns(
            *(group.label(f"key_{number}") for number, group in enumerate(groups)), *figures
        )
        return query.where(self.courses).group_by(*groups).execution_options(viewer=self.viewer)

    def _with_people(self, query: Statement) -> Statement:
        return query.join(Person, Person.id == Enrolment.person_id) if self.of_people else query

    def _offered(self, dimensions: tuple[Dimension, ...]) -> Statement:
        query = (
            sa.select(
                sa.func.count().filter(self.happened).label("meetings_planned"),
                sa.func.count().filter(self.closed).label("meetings_held"),
                sa.func.count().filter(Meeting.status == MeetingStatus.CANCELLED).label("meetings_cancelled"),
                _sum(self.closed, Meeting.minutes).label("minutes_offered"),
                _sum(self.happened, sa.func.coalesce(Meeting.visitors, 0)).label("visitors"),
                sa.func.count().filter(self.is_family).label(FAMILY_MEETINGS),
            )
            .select_from(Meeting)
            .join(Course, Course.id == Meeting.course_id)
            .join(Programme, Programme.id == Course.programme_id)
            .where(self.in_period)
        )
        return self._by(_month_of(Meeting.date), query, dimensions)

    def _people(self) -> Statement:
        of_adult = sa.and_(
            AttendanceMark.meeting_id == Meeting.id,
            AttendanceMark.enrolment_id == Enrolment.id,
            AttendanceMark.child_id.is_(None),
        )
        closed, mark = self.closed, AttendanceMark.mark
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
        not_recorded = sa.and_(Meeting.closed_at.is_(None), Meeting.date <= self.viewer.today, mark.is_(None))
        of_childcare = sa.and_(closed, mark.in_(ABSENT), AttendanceMark.absence_reason.in_(CHILDCARE))
        person = sa.distinct(Enrolment.person_id)
        query = (
            sa.select(
                sa.func.count(person).label("persons"),
                sa.func.count(person).filter(Enrolment.person_id.not_in(self._known_before())).label("persons_new"),
                sa.func.count(sa.distinct(Enrolment.id)).label("enrolments"),
                sa.func.count(person).filter(self.is_family).label("families"),
                sa.func.count().filter(closed, mark == Mark.PRESENT).label("present"),
                sa.func.count().filter(closed, mark.in_(EXCUSED & ABSENT)).label("absent_excused"),
                sa.func.count().filter(closed, mark.in_(ABSENT - EXCUSED)).label("absent_unexcused"),
                sa.func.count().filter(of_childcare).label("absent_childcare"),
                sa.func.count().filter(not_recorded).label("not_recorded"),
                _sum(sa.and_(closed, to_attend), Meeting.minutes).label("minutes_enrolled"),
                _sum(closed, AttendanceMark.minutes).label("minutes_attended"),
                sa.func.count()
                .filter(closed, self.is_family, mark == Mark.PRESENT, child_here)
                .label("families_together"),
            )
            .select_from(Meeting)
            .join(Course, Course.id == Meeting.course_id)
            .join(Programme, Programme.id == Course.programme_id)
            .join(Enrolment, _ON_THAT_DAY)
            .outerjoin(AttendanceMark, of_adult)
            .where(self.in_period, self.happened)
        )
        return self._by(_month_of(Meeting.date), self._with_people(query))

    def _known_before(self) -> Statement:
        """Who had a place before the period, in the courses that the viewer counts: of others nobody is told anything."""
        earlier = orm.aliased(Enrolment)
        counted = sa.select(Course.id).where(countable(self.viewer)).correlate(None)
        return sa.select(earlier.person_id).where(
            earlier.status.in_(CAME), earlier.entry_date < self.question.first, earlier.course_id.in_(counted)
        )

    def _children(self) -> Statement:
        of_child = sa.and_(AttendanceMark.meeting_id == Meeting.id, AttendanceMark.child_id == EnrolmentChild.id)
        here = sa.func.count().filter(self.closed, AttendanceMark.mark == Mark.PRESENT)
        query = (
            sa.select(
                sa.func.count(sa.distinct(EnrolmentChild.person_id)).label("children"), here.label("children_present")
            )
            .select_from(Meeting)
            .join(Course, Course.id == Meeting.course_id)
            .join(Enrolment, _ON_THAT_DAY)
            .join(EnrolmentChild, EnrolmentChild.enrolment_id == Enrolment.id)
            .outerjoin(AttendanceMark, of_child)
            .where(self.in_period, self.happened)
        )
        return self._by(_month_of(Meeting.date), self._with_people(query))

    def _ends(self) -> Statement:
        """How enrolments ended in the period. Who completes a course without a day of exit leaves it on its last."""
        day = sa.func.coalesce(Enrolment.exit_date, Course.ends_on)
        query = (
            sa.select(
                *(
                    sa.func.count().filter(Enrolment.status == status).label(key)
                    for key, status in (
                        ("no_shows", EnrolmentStatus.NO_SHOW),
                        ("withdrawals", EnrolmentStatus.WITHDRAWN),
                        ("drop_outs", EnrolmentStatus.DROPPED_OUT),
                        ("completions", EnrolmentStatus.COMPLETED),
                    )
                )
            )
            .select_from(Enrolment)
            .join(Course, Course.id == Enrolment.course_id)
            .where(Enrolment.status.in_(ENDED), day.between(self.question.first, self.question.last))
        )
        return self._by(_month_of(day), self._with_people(query))

    def _waiting(self) -> Statement:
        query = (
            sa.select(sa.func.count().label("waiting"))
            .select_from(Enrolment)
            .join(Course, Course.id == Enrolment.course_id)
            .where(Enrolment.status == EnrolmentStatus.WAITING)
        )
        return self._at(Enrolment.applied_at, self._with_people(query))

    def _papers(self, name: str, *conditions: sa.ColumnElement[bool]) -> Statement:
        query = (
            sa.select(sa.func.count().label(name))
            .select_from(Certificate)
            .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
            .join(Course, Course.id == Enrolment.course_id)
            .where(Certificate.slot == COURSE, *conditions)
        )
        return self._with_people(query)

    def _issued(self) -> Statement:
        """Each paper once, when it was issued first: what replaces it says the same of the same course."""
        first = Certificate.replaces_id.is_(None)
        return self._at(
            Certificate.issued_at, self._papers("papers_issued", first, Certificate.state != CertificateState.REVOKED)
        )

    def _handed_over(self) -> Statement:
        day, holds = Certificate.handed_over_on, Certificate.state == CertificateState.VALID
        within = day.between(self.question.first, self.question.last)
        return self._by(_month_of(day), self._papers("papers_handed_over", holds, within))

    def _at(self, instant: Any, query: Statement) -> Statement:
        """The statement about instants of the period; by month if months are asked for."""
        if Dimension.MONTH in self.dimensions:
            months = _months(self.question)
            query = query.join(months, sa.and_(instant >= months.c.begins, instant < months.c.ends))
            return self._by(months.c.month, query)
        after = self.question.last + dt.timedelta(days=1)
        within = sa.and_(instant >= _midnight(self.question.first), instant < _midnight(after))
        return self._by(_written(0), query.where(within))


_ON_THAT_DAY = sa.and_(
    Enrolment.course_id == Course.id,
    Enrolment.status.in_(CAME),
    Enrolment.entry_date <= Meeting.date,
    sa.or_(Enrolment.exit_date.is_(None), Enrolment.exit_date >= Meeting.date),
)


def _sum(condition: sa.ColumnElement[bool], what: Any) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(what).filter(condition), 0)


def nothing(*, of_people: bool = False) -> Figures:
    """The figures of a row in which nothing is counted yet."""
    cannot_be = {MeasureKind.EVENTS, MeasureKind.RATE} if of_people else {MeasureKind.RATE}
    return {measure.key: None if measure.kind in cannot_be else 0 for measure in MEASURES}


def _heads(by: Dimension, keys: Iterable[Any]) -> dict[Any, Head]:
    """The head of each row of a dimension; of what people are, all there can be."""
    untold = {None: Head(UNTOLD, N_("keine Angabe"), is_said=True)}
    if by is Dimension.MONTH:
        return {key: Head(f"{key // 100:04d}-{key % 100:02d}", f"{key // 100:04d}-{key % 100:02d}") for key in keys}
    if by is Dimension.LANGUAGE:
        return {key: Head(key, key) for key in keys}
    if by is Dimension.SEX:
        return {sex: Head(sex.value, sex.label, is_said=True) for sex in Sex} | untold
    if by is Dimension.AGE:
        return {key: Head(key, label, is_said=True) for key, label in AGE_LABELS.items()} | untold
    if by is Dimension.LATE_RESETTLER:
        return {True: Head("yes", N_("ja"), is_said=True), False: Head("no", N_("nein"), is_said=True)}
    if by is Dimension.QUARTER:
        places = sa.select(Quarter.id, Municipality.name, Quarter.name).join(Quarter.municipality)
        found = {key: f"{town}, {name}" for key, town, name in db.session.execute(places)}
        nowhere = Head(NO_QUARTER, N_("ohne Quartier"), is_said=True)
        return {key: Head(name, name) for key, name in found.items()} | {None: nowhere}
    if by is Dimension.PROGRAMME:
        rows = db.session.execute(sa.select(Programme.id, Programme.key, Programme.short_title)).all()
    elif by is Dimension.COURSE:
        asked = Course.id.in_(list(keys))
        courses = db.session.execute(sa.select(Course.id, Course.number, Course.title).where(asked))
        return {row_id: Head(number, title, course_id=row_id) for row_id, number, title in courses}
    else:
        rows = db.session.execute(sa.select(Municipality.id, Municipality.name, Municipality.name)).all()
    return {row_id: Head(key, label) for row_id, key, label in rows}


def table(viewer: Viewer, question: Question, *, disclose: bool) -> tuple[list[Row], Row]:
    """The rows of the table and its total. The total of persons is not their sum: who is in two rows counts once.

    That a row is there must not say that somebody is in it. So of what people are all classes stand there, and what may leave
    the office (`disclose`) has the rows in which there were meetings, no others.
    """
    sums = _Sums(viewer, question, question.dimensions)
    by_key = sums.figures()
    keys = sums.with_meetings(by_key)
    if not disclose:
        keys = list(dict.fromkeys([*keys, *by_key]))
    heads = [_heads(by, {key[number] for key in keys}) for number, by in enumerate(question.dimensions)]
    rows = [
        _row(
            tuple(names[part] for names, part in zip(heads, key, strict=True)),
            by_key.get(key) or nothing(of_people=sums.of_people),
        )
        for key in keys
    ]
    rows.sort(key=lambda row: [head.key for head in row.heads])
    return rows, _row((Head(TOTAL, TOTAL),), _Sums(viewer, question, ()).figures()[()])


def _together(dimensions: Sequence[Dimension], offered: Key, of_people: Key) -> Key:
    """One key of a row from its part about courses and its part about people, in the order of the dimensions."""
    courses, people = iter(offered), iter(of_people)
    return tuple(next(people if by in OF_PEOPLE else courses) for by in dimensions)


def _row(heads: tuple[Head, ...], figures: Figures) -> Row:
    return Row(heads, figures, has_families=figures.pop(FAMILY_MEETINGS, None) != 0)


@dataclass(frozen=True)
class MatrixRow:
    """One person of a course against its meetings: an adult, or a child below the one it comes with."""

    number: int
    name: str
    is_child: bool
    squares: tuple[SQUARE, ...]

    @property
    def counts(self) -> dict[Standing, int]:
        """How often what."""
        return standings(self.squares)


@dataclass(frozen=True)
class Matrix:
    """Person by date, with how many were there on each date."""

    meetings: Sequence[Meeting]
    rows: Sequence[MatrixRow]

    def present(self, *, children: bool) -> list[int]:
        """How many adults, or children, were there at each meeting."""
        rows = [row.squares for row in self.rows if row.is_child is children]
        return [sum(row[column] is Mark.PRESENT for row in rows) for column in range(len(self.meetings))]


def matrix(viewer: Viewer, course: Course) -> Matrix:
    """Everybody who came to a granted course against all its meetings. Four statements, whatever the size."""
    meetings = meetings_of(course.id)
    marks = {(row.meeting_id, row.enrolment_id, row.child_id): row.mark for row in marks_of_course(viewer, course.id)}

    def squares(line: RosterLine, child_id: int | None) -> tuple[SQUARE, ...]:
        return tuple(
            square(
                marks.get((meeting.id, line.enrolment_id, child_id)),
                has_place=on_day(line.entry_date, line.exit_date, meeting.date),
                cancelled=meeting.status is MeetingStatus.CANCELLED,
                is_past=meeting.date <= viewer.today,
            )
            for meeting in meetings
        )

    rows = []
    for line in roster(viewer, course.id):
        if line.status in CAME:
            rows.append(MatrixRow(line.number, line.name, False, squares(line, None)))
            rows += [MatrixRow(line.number, child.name, True, squares(line, child.id)) for child in line.children]
    return Matrix(meetings, rows)


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
