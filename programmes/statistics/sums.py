"""The statements of the statistics, one for each kind of thing; persons are counted by the database, never in Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import sqlalchemy as sa

from auth.guard import Viewer
from auth.rules import Role
from clock import BERLIN
from database import Instant, db
from programmes.attendance.models import AttendanceMark
from programmes.attendance.rules import ABSENT, CHILDCARE, DISPENSED, EXCUSED, Mark
from programmes.catalogue.models import Course, Meeting, Municipality, Programme, Quarter
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import PACKS, MeetingStatus
from programmes.certificates.models import Certificate
from programmes.certificates.rules import COURSE, CertificateState
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import CAME, ENDED, Education, Employment, EnrolmentStatus, ExitCause, Outcome
from programmes.participants.models import Person
from programmes.participants.origins import LANGUAGES, CitizenshipGroup
from programmes.participants.rules import Sex
from programmes.statistics.models import known, known_again
from programmes.statistics.rules import (
    AGE_CLASSES,
    AGE_LABELS,
    FIGURE,
    MEASURES,
    OF_PEOPLE,
    OTHER_LANGUAGE,
    UNTOLD,
    Dimension,
    Head,
    MeasureKind,
    Question,
    Topic,
    rate,
)
from wording import N_, Term

NO_QUARTER = "none"
# No measures: whether a row could have families at all, and what is taken off others.
FAMILY_MEETINGS, DISPENSED_MINUTES, RECORDED_SO_FAR = "family_meetings", "dispensed_minutes", "recorded_so_far"
SUMMED_UP = frozenset(
    measure.key for measure in MEASURES if measure.topic is not Topic.PEOPLE and measure.kind is not MeasureKind.RATE
)
Key = tuple[Any, ...]  # one value a dimension
Figures = dict[str, FIGURE]
Statement = sa.Select[*tuple[Any, ...]]


def countable(viewer: Viewer) -> sa.ColumnElement[bool]:
    """True for the courses that count for a viewer: their own scope, or for an evaluator the whole county."""
    if viewer.coordinates:
        return coordinates(viewer)
    return sa.true() if Role.EVALUATOR in viewer.roles else sa.false()


class Tables:
    """The tables that are counted: as they stand, or as they were known at an instant."""

    def __init__(self, at: dt.datetime | None) -> None:
        self.at = at
        self.course, self.meeting, self.person = known(Course, at), known(Meeting, at), known(Person, at)
        self.enrolment, self.child = known(Enrolment, at), known(EnrolmentChild, at)
        self.mark, self.certificate = known(AttendanceMark, at), known(Certificate, at)

    def courses_of(self, viewer: Viewer) -> sa.ColumnElement[bool]:
        """True for the courses that count for a viewer. Who may count what is asked of today, whatever was known when."""
        counted = countable(viewer)
        return counted if self.at is None else self.course.id.in_(sa.select(Course.id).where(counted).correlate(None))


def _courses_asked(viewer: Viewer, question: Question, t: Tables) -> sa.ColumnElement[bool]:
    conditions = [t.courses_of(viewer)]
    if question.programme_id is not None:
        below = sa.select(Programme.id).where(
            sa.or_(Programme.id == question.programme_id, Programme.parent_id == question.programme_id)
        )
        conditions.append(t.course.programme_id.in_(below))
    if question.funding_profile_id is not None:
        paid = sa.select(Programme.id).where(Programme.funding_profile_id == question.funding_profile_id)
        conditions.append(t.course.programme_id.in_(paid))
    for column, wanted in (
        (t.course.municipality_id, question.municipality_id),
        (t.course.quarter_id, question.quarter_id),
        (t.course.id, question.course_id),
        (t.course.language, question.language),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    return sa.and_(*conditions)


# Rows of what people are, other than ages and languages.
CLASSES: dict[Dimension, type[Term]] = {
    Dimension.SEX: Sex,
    Dimension.CITIZENSHIP: CitizenshipGroup,
    Dimension.EDUCATION: Education,
    Dimension.EMPLOYMENT: Employment,
    Dimension.EXIT_CAUSE: ExitCause,
    Dimension.OUTCOME: Outcome,
}


def _group(by: Dimension, month: sa.ColumnElement[int], t: Tables) -> sa.SQLColumnExpression[Any]:
    """What a row is of. `month` is that of what the statement counts, as the number 202612."""
    columns: dict[Dimension, sa.SQLColumnExpression[Any]] = {
        Dimension.PROGRAMME: t.course.programme_id,
        Dimension.COURSE: t.course.id,
        Dimension.MUNICIPALITY: t.course.municipality_id,
        Dimension.QUARTER: t.course.quarter_id,
        Dimension.LANGUAGE: t.course.language,
        Dimension.SEX: t.person.sex,
        Dimension.LATE_RESETTLER: t.person.late_resettler,
        Dimension.CITIZENSHIP: t.person.citizenship_group,
        Dimension.EDUCATION: t.enrolment.education,
        Dimension.EMPLOYMENT: t.enrolment.employment,
        Dimension.EXIT_CAUSE: t.enrolment.exit_cause,
        Dimension.OUTCOME: t.enrolment.outcome,
    }
    if by in columns:
        return columns[by]
    if by is Dimension.FAMILY_LANGUAGE:
        told, listed = t.person.family_language, [_word(language) for language in LANGUAGES]
        return sa.case((told.is_(None), sa.null()), (told.in_(listed), told), else_=_word(OTHER_LANGUAGE))
    if by in AGE_CLASSES:
        entry = sa.func.coalesce(t.enrolment.entry_date, t.course.starts_on)
        years = (_as_number(entry) - _as_number(t.person.birth_date)) // _written(10_000)
        classes = [(years < _written(limit), _word(name)) for limit, name in AGE_CLASSES[by]]
        return sa.case((t.person.birth_date.is_(None), sa.null()), *classes)
    return month


def _as_number(day: Any) -> sa.ColumnElement[int]:
    """A date as the number 20261231, the same in both databases."""
    year, month, of_month = (sa.cast(sa.extract(part, day), sa.Integer) for part in ("year", "month", "day"))
    return year * _written(10_000) + month * _written(100) + of_month


def _month_of(day: Any) -> sa.ColumnElement[int]:
    year, month = (sa.cast(sa.extract(part, day), sa.Integer) for part in ("year", "month"))
    return year * _written(100) + month


def _written(constant: int) -> sa.ColumnElement[int]:
    """Written out, not bound: PostgreSQL would take two bound 100s for two different expressions."""
    return sa.literal_column(str(constant), sa.Integer)


def _word(constant: str) -> sa.ColumnElement[str]:
    """The same for a word of ours, which holds no quotation mark."""
    return sa.literal_column(f"'{constant}'", sa.String)


def _midnight(day: dt.date) -> dt.datetime:
    """The instant at which a day begins in the county."""
    return dt.datetime.combine(day, dt.time(), BERLIN)


def known_at(question: Question) -> dt.datetime | None:
    """Until when something had to be known to be counted: the end of the day that was asked for; None for now."""
    return None if question.known_on is None else _midnight(question.known_on + dt.timedelta(days=1))


def _months(question: Question) -> sa.CTE:
    """The months of the period with their first and last day and the instants at which they begin and end, because no database but ours knows both the
    instants and the county's clock."""
    months = [
        (month, first, after - dt.timedelta(days=1), _midnight(first), _midnight(after))
        for month, first, after in question.months()
    ]
    return (
        sa.values(
            sa.column("month", sa.Integer),
            sa.column("first", sa.Date),
            sa.column("last", sa.Date),
            sa.column("begins", Instant),
            sa.column("ends", Instant),
            name="months",
        )
        .data(months)
        .cte("months")
    )


def _courses_that_met(viewer: Viewer, question: Question, t: Tables) -> sa.BindParameter[Any]:
    """The courses asked about that had a meeting in the period. Read once and written into the statements as numbers: from a
    hundred courses out of twenty years every database finds the short way to their people and marks."""
    query = (
        sa.select(t.meeting.course_id)
        .distinct()
        .join(t.course, t.course.id == t.meeting.course_id)
        .where(t.meeting.date.between(question.first, question.last), _courses_asked(viewer, question, t))
        .execution_options(viewer=viewer)
    )
    return sa.bindparam("met", list(db.session.scalars(query)), expanding=True, literal_execute=True, unique=True)


class Sums(Tables):
    """One question's statements, with the rows of some of its dimensions, or of none. What was offered and whom it reached is
    always asked; of the other `topics` only what is wanted."""

    def __init__(
        self,
        viewer: Viewer,
        question: Question,
        dimensions: tuple[Dimension, ...],
        met: sa.BindParameter[Any] | None = None,
        topics: Collection[Topic] = tuple(Topic),
    ) -> None:
        super().__init__(known_at(question))
        self.viewer = viewer
        self.topics = topics
        self.question = question
        self.dimensions = dimensions
        self.of_people = any(by in OF_PEOPLE for by in dimensions)
        self.courses = _courses_asked(viewer, question, self)
        self.met = _courses_that_met(viewer, question, self) if met is None else met
        self.in_period = self.meeting.date.between(question.first, question.last)
        self.is_family = Programme.rule_pack.in_([pack for pack in PACKS.values() if pack.is_family])
        self.happened = self.meeting.status != MeetingStatus.CANCELLED
        self.closed = self.meeting.closed_at.is_not(
            None
        )  # of a meeting that happened; a cancelled one is never asked this
        self.on_that_day = sa.and_(
            self.enrolment.status.in_(CAME),
            self.enrolment.entry_date <= self.meeting.date,
            sa.or_(self.enrolment.exit_date.is_(None), self.enrolment.exit_date >= self.meeting.date),
        )
        self.open_so_far = sa.and_(
            self.meeting.closed_at.is_(None), self.meeting.date <= (question.known_on or viewer.today)
        )

    def figures(self) -> dict[Key, Figures]:
        """All figures by row."""
        found: dict[Key, Figures] = {}
        for query in self._statements():
            for key, figures in self.read(query):
                found.setdefault(key, nothing(of_people=self.of_people)).update(figures)
        for figures in found.values():
            _complete(figures)
        return found

    def total(self, rows: Iterable[Figures]) -> Figures:
        """What the rows come to. Everybody and everything stands in one row, but people may stand in several: they are
        counted anew."""
        total = nothing() | {FAMILY_MEETINGS: 0}
        for figures in rows:
            for name in (SUMMED_UP | {FAMILY_MEETINGS}) & figures.keys():
                total[name] = int(total.get(name) or 0) + int(figures[name] or 0)
        anew = Sums(self.viewer, self.question, (), self.met)
        queries = [anew._people(), anew._children()]
        if self.of_people:
            queries.append(anew._offered(()))
        if Dimension.MONTH in self.dimensions and Topic.ATTENDANCE in self.topics:
            queries.append(anew._regularly())  # whoever came regularly in each month is one enrolment
        for query in queries:
            for _, figures in anew.read(query):
                total.update(figures)
        _complete(total)
        return total

    def _statements(self) -> Iterator[Statement]:
        if not self.of_people:  # a meeting belongs to no class of people
            yield self._offered(self.dimensions)
        yield from (self._people(), self._children())
        if Topic.ATTENDANCE in self.topics:
            yield from (self._attendances(), self._rosters(), self._children_present(), self._regularly())
        if Topic.OUTCOME in self.topics:
            yield from (self._ends(), self._waiting())
        if Topic.PAPERS in self.topics:
            yield from (self._issued(), self._handed_over())

    def with_meetings(self, found: dict[Key, Figures]) -> list[Key]:
        """The rows in which there were meetings; of what people are, all classes of each."""
        if not self.of_people:
            return [key for key, figures in found.items() if FAMILY_MEETINGS in figures]
        classes = [list(heads_of(by, ())) for by in self.dimensions if by in OF_PEOPLE]
        return [_together(self.dimensions, row, of) for row in self._offered_rows() for of in product(*classes)]

    def _offered_rows(self) -> list[Key]:
        dimensions = tuple(by for by in self.dimensions if by not in OF_PEOPLE)
        return [key for key, _ in self.read(self._offered(dimensions), len(dimensions))]

    def read(self, query: Statement, width: int | None = None) -> Iterator[tuple[Key, Figures]]:
        width = len(self.dimensions) if width is None else width
        answer = db.session.execute(query)
        names = list(answer.keys())[width:]
        for line in answer:
            yield tuple(line[:width]), dict(zip(names, map(int, line[width:]), strict=True))

    def _by(
        self, month: sa.ColumnElement[int], query: Statement, dimensions: tuple[Dimension, ...] | None = None
    ) -> Statement:
        """The statement with a row for each group, narrowed to the courses asked about."""
        groups = [_group(by, month, self) for by in (self.dimensions if dimensions is None else dimensions)]
        figures = list(query.selected_columns)
        query = query.with_only_columns(
            *(group.label(f"key_{number}") for number, group in enumerate(groups)), *figures
        )
        return query.where(self.courses).group_by(*groups).execution_options(viewer=self.viewer)

    def _by_meeting(self, query: Statement) -> Statement:
        """The same for what adds up over meetings: one sum for each meeting first, and of these the rows. It spares the
        database to look at course and month of every single mark; a year of the county takes a third of the time."""
        month, names = _month_of(self.meeting.date), [str(figure.key) for figure in query.selected_columns]
        query = query.where(self.meeting.course_id.in_(self.met), self.in_period, self.happened)
        if self.of_people:  # who was at a meeting is of many classes
            return self._by(month, self._with_people(query))
        sums = (
            query.with_only_columns(self.meeting.id.label("meeting_id"), *query.selected_columns)
            .group_by(self.meeting.id)
            .subquery()
        )
        groups = [_group(by, month, self) for by in self.dimensions]
        return (
            sa.select(*groups, *(sa.func.sum(sums.c[name]).label(name) for name in names))
            .select_from(sums)
            .join(self.meeting, self.meeting.id == sums.c.meeting_id)
            .join(self.course, self.course.id == self.meeting.course_id)
            .group_by(*groups)
            .execution_options(viewer=self.viewer)
        )

    def _with_people(self, query: Statement) -> Statement:
        return query.join(self.person, self.person.id == self.enrolment.person_id) if self.of_people else query

    def _offered(self, dimensions: tuple[Dimension, ...]) -> Statement:
        query = (
            sa.select(
                sa.func.count().filter(self.happened).label("meetings_planned"),
                sa.func.count().filter(self.happened, self.closed).label("meetings_held"),
                sa.func.count().filter(self.meeting.status == MeetingStatus.CANCELLED).label("meetings_cancelled"),
                _sum(sa.and_(self.happened, self.closed), self.meeting.minutes).label("minutes_offered"),
                _sum(self.happened, sa.func.coalesce(self.meeting.visitors, 0)).label("visitors"),
                sa.func.count().filter(self.is_family).label(FAMILY_MEETINGS),
            )
            .select_from(self.meeting)
            .join(self.course, self.course.id == self.meeting.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
            .where(self.in_period)
        )
        return self._by(_month_of(self.meeting.date), query, dimensions)

    def _people(self) -> Statement:
        """Different people, each with a meeting on a day of their place."""
        person = sa.distinct(self.enrolment.person_id)
        query = (
            sa.select(
                sa.func.count(person).label("persons"),
                sa.func.count(person).filter(~self._known_before()).label("persons_new"),
                sa.func.count(sa.distinct(self.enrolment.id)).label("enrolments"),
                sa.func.count(person).filter(self.is_family).label("families"),
            )
            .select_from(self.enrolment)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
        )
        return self.who_had_a_meeting(query)

    def _children(self) -> Statement:
        query = (
            sa.select(sa.func.count(sa.distinct(self.child.person_id)).label("children"))
            .select_from(self.child)
            .join(self.enrolment, self.enrolment.id == self.child.enrolment_id)
            .join(self.course, self.course.id == self.enrolment.course_id)
        )
        return self.who_had_a_meeting(query)

    def who_had_a_meeting(self, query: Statement) -> Statement:
        """Narrowed to enrolments with a meeting, by month if months are asked for. Whether there was one is looked up: to join
        all meetings first and count different people afterwards would take ten times as long."""
        months = _months(self.question)
        by_month = Dimension.MONTH in self.dimensions
        first = months.c.first if by_month else sa.literal(self.question.first)
        last = months.c.last if by_month else sa.literal(self.question.last)
        had_one = sa.exists().where(
            self.meeting.course_id == self.enrolment.course_id,
            self.happened,
            self.meeting.date.between(first, last),
            self.meeting.date >= self.enrolment.entry_date,
            sa.or_(self.enrolment.exit_date.is_(None), self.meeting.date <= self.enrolment.exit_date),
        )
        if by_month:
            query = query.join(months, sa.true())
        query = query.where(self.enrolment.course_id.in_(self.met), self.enrolment.status.in_(CAME), had_one)
        return self._by(months.c.month, self._with_people(query))

    def _attendances(self) -> Statement:
        """What is recorded of adults on the days of their places."""
        closed, mark = self.closed, self.mark.mark
        there = known_again(AttendanceMark, self.at)
        child_here = (
            sa.exists()
            .where(
                there.meeting_id == self.meeting.id,
                there.enrolment_id == self.enrolment.id,
                there.child_id.is_not(None),
                there.mark == Mark.PRESENT,
            )
            .correlate(self.meeting, self.enrolment)
        )
        of_childcare = sa.and_(closed, mark.in_(ABSENT), self.mark.absence_reason.in_(CHILDCARE))
        query = (
            sa.select(
                sa.func.count().filter(closed, mark == Mark.PRESENT).label("present"),
                sa.func.count().filter(closed, mark.in_(EXCUSED & ABSENT)).label("absent_excused"),
                sa.func.count().filter(closed, mark.in_(ABSENT - EXCUSED)).label("absent_unexcused"),
                sa.func.count().filter(of_childcare).label("absent_childcare"),
                _sum(closed, self.mark.minutes).label("minutes_attended"),
                sa.func.count()
                .filter(closed, self.is_family, mark == Mark.PRESENT, child_here)
                .label("families_together"),
                _sum(sa.and_(closed, mark.in_(DISPENSED)), self.meeting.minutes).label(DISPENSED_MINUTES),
                sa.func.count().filter(self.open_so_far).label(RECORDED_SO_FAR),
            )
            .select_from(self.meeting)
            .join(self.course, self.course.id == self.meeting.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
            .join(self.mark, sa.and_(self.mark.meeting_id == self.meeting.id, self.mark.child_id.is_(None)))
            .join(self.enrolment, sa.and_(self.enrolment.id == self.mark.enrolment_id, self.on_that_day))
        )
        return self._by_meeting(query)

    def _rosters(self) -> Statement:
        """What was to be recorded: a line for each adult with a place on the day of a meeting."""
        query = (
            sa.select(
                _sum(self.closed, self.meeting.minutes).label("minutes_enrolled"),
                sa.func.count().filter(self.open_so_far).label("not_recorded"),
            )
            .select_from(self.meeting)
            .join(self.course, self.course.id == self.meeting.course_id)
            .join(self.enrolment, sa.and_(self.enrolment.course_id == self.course.id, self.on_that_day))
        )
        return self._by_meeting(query)

    def _children_present(self) -> Statement:
        query = (
            sa.select(sa.func.count().filter(self.closed, self.mark.mark == Mark.PRESENT).label("children_present"))
            .select_from(self.meeting)
            .join(self.course, self.course.id == self.meeting.course_id)
            .join(self.mark, sa.and_(self.mark.meeting_id == self.meeting.id, self.mark.child_id.is_not(None)))
            .join(self.enrolment, sa.and_(self.enrolment.id == self.mark.enrolment_id, self.on_that_day))
        )
        return self._by_meeting(query)

    def _regularly(self) -> Statement:
        """Enrolments that attended the share their programme asks for, of those it could be asked of (domain.md R09). Each is
        added up by itself first; by month, each month is judged by itself."""
        month = _month_of(self.meeting.date)
        by_month = [month] if Dimension.MONTH in self.dimensions else []
        offered = sa.case((self.mark.mark.in_(DISPENSED), _written(0)), else_=self.meeting.minutes)
        each = (
            sa.select(
                self.mark.enrolment_id,
                sa.func.sum(offered).label("offered"),
                sa.func.sum(self.mark.minutes).label("attended"),
                *(column.label("month") for column in by_month),
            )
            .select_from(self.meeting)
            .join(self.mark, sa.and_(self.mark.meeting_id == self.meeting.id, self.mark.child_id.is_(None)))
            .join(self.enrolment, sa.and_(self.enrolment.id == self.mark.enrolment_id, self.on_that_day))
            .where(self.meeting.course_id.in_(self.met), self.in_period, self.happened, self.closed)
            .group_by(self.mark.enrolment_id, *by_month)
            .subquery()
        )
        enough = each.c.attended * 100 >= each.c.offered * Programme.required_share
        query = (
            sa.select(
                sa.func.count().label("enrolments_judged"),
                sa.func.count().filter(enough).label("attended_regularly"),
            )
            .select_from(each)
            .join(self.enrolment, self.enrolment.id == each.c.enrolment_id)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
            .where(each.c.offered > 0, Programme.required_share.is_not(None))
        )
        return self._by(each.c.month if by_month else month, self._with_people(query))

    def _known_before(self) -> sa.Exists:
        """Who had a place before the period, in the courses that the viewer counts: of others nobody is told anything."""
        earlier = known_again(Enrolment, self.at)
        counted = sa.select(Course.id).where(countable(self.viewer)).correlate(None)
        return (
            sa.exists()
            .where(
                earlier.person_id == self.enrolment.person_id,
                earlier.status.in_(CAME),
                earlier.entry_date < self.question.first,
                earlier.course_id.in_(counted),
            )
            .correlate(self.enrolment)
        )

    def _ends(self) -> Statement:
        """How enrolments ended in the period. Who completes a course without a day of exit leaves it on its last."""
        day = sa.func.coalesce(self.enrolment.exit_date, self.course.ends_on)
        query = (
            sa.select(
                *(
                    sa.func.count().filter(self.enrolment.status == status).label(key)
                    for key, status in (
                        ("no_shows", EnrolmentStatus.NO_SHOW),
                        ("withdrawals", EnrolmentStatus.WITHDRAWN),
                        ("drop_outs", EnrolmentStatus.DROPPED_OUT),
                        ("completions", EnrolmentStatus.COMPLETED),
                    )
                )
            )
            .select_from(self.enrolment)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .where(self.enrolment.status.in_(ENDED), day.between(self.question.first, self.question.last))
        )
        return self._by(_month_of(day), self._with_people(query))

    def _waiting(self) -> Statement:
        query = (
            sa.select(sa.func.count().label("waiting"))
            .select_from(self.enrolment)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .where(self.enrolment.status == EnrolmentStatus.WAITING, self.course.ends_on >= self.question.first)
        )
        return self._at(self.enrolment.applied_at, self._with_people(query))

    def _papers(self, name: str, *conditions: sa.ColumnElement[bool]) -> Statement:
        query = (
            sa.select(sa.func.count().label(name))
            .select_from(self.certificate)
            .join(self.enrolment, self.enrolment.id == self.certificate.enrolment_id)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .where(self.certificate.slot == COURSE, *conditions)
        )
        return self._with_people(query)

    def _issued(self) -> Statement:
        """Each paper once, when it was issued first: what replaces it says the same of the same course."""
        first = self.certificate.replaces_id.is_(None)
        return self._at(
            self.certificate.issued_at,
            self._papers("papers_issued", first, self.certificate.state != CertificateState.REVOKED),
        )

    def _handed_over(self) -> Statement:
        day, holds = self.certificate.handed_over_on, self.certificate.state == CertificateState.VALID
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


def _complete(figures: Figures) -> None:
    """Derive what follows from other figures. What was to be recorded loses what is, and the meetings nobody had to attend."""
    figures["minutes_enrolled"] = int(figures["minutes_enrolled"] or 0) - int(figures.pop(DISPENSED_MINUTES, 0) or 0)
    figures["not_recorded"] = int(figures["not_recorded"] or 0) - int(figures.pop(RECORDED_SO_FAR, 0) or 0)
    figures["persons_returning"] = int(figures["persons"] or 0) - int(figures["persons_new"] or 0)
    figures["regular_rate"] = rate(int(figures["attended_regularly"] or 0), int(figures["enrolments_judged"] or 0))
    figures["attendance_rate"] = rate(int(figures["minutes_attended"] or 0), int(figures["minutes_enrolled"] or 0))


def _sum(condition: sa.ColumnElement[bool], what: Any) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(what).filter(condition), 0)


def nothing(*, of_people: bool = False) -> Figures:
    """The figures of a row in which nothing is counted yet."""
    cannot_be = {MeasureKind.EVENTS, MeasureKind.RATE} if of_people else {MeasureKind.RATE}
    return {measure.key: None if measure.kind in cannot_be else 0 for measure in MEASURES}


def heads_of(by: Dimension, keys: Iterable[Any]) -> dict[Any, Head]:
    """The head of each row of a dimension; of what people are, all there can be."""
    untold = {None: Head(UNTOLD, N_("keine Angabe"), is_said=True)}
    if by is Dimension.MONTH:
        return {key: Head(f"{key // 100:04d}-{key % 100:02d}", f"{key // 100:04d}-{key % 100:02d}") for key in keys}
    if by is Dimension.LANGUAGE:
        return {key: Head(key, key) for key in keys}
    if by in CLASSES:
        return {member: Head(member.value, member.label, is_said=True) for member in CLASSES[by]} | untold
    if by in AGE_CLASSES:
        return {key: Head(key, AGE_LABELS[key], is_said=True) for _, key in AGE_CLASSES[by]} | untold
    if by is Dimension.FAMILY_LANGUAGE:
        other = {OTHER_LANGUAGE: Head(OTHER_LANGUAGE, N_("weitere"), is_said=True)}
        return {language: Head(language, language) for language in LANGUAGES} | other | untold
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


def _together(dimensions: Sequence[Dimension], offered: Key, of_people: Key) -> Key:
    """One key of a row from its part about courses and its part about people, in the order of the dimensions."""
    courses, people = iter(offered), iter(of_people)
    return tuple(next(people if by in OF_PEOPLE else courses) for by in dimensions)
