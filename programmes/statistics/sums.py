"""The statements of the statistics, one for each kind of thing; persons are counted by the database, never in Python.

A kind says which things there are and how figures come from them; sums and the lists behind them (`rows.py`) are two ways to read it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from auth.guard import Viewer
from auth.rules import Role
from clock import BERLIN
from database import Instant, db
from programmes.attendance.models import AttendanceMark
from programmes.attendance.rules import ABSENT, CHILDCARE, DISPENSED, EXCUSED, Mark
from programmes.catalogue.models import (
    Course,
    CourseLeader,
    CourseTrait,
    LeaderLanguage,
    Meeting,
    Municipality,
    Programme,
    Quarter,
)
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import PACKS, MeetingStatus
from programmes.certificates.rules import COURSE, CertificateState
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import (
    BEFORE_ENTRY,
    CAME,
    ENDED,
    Education,
    Employment,
    EnrolmentStatus,
    ExitCause,
    Outcome,
)
from programmes.participants.models import Person
from programmes.participants.origins import LANGUAGES, CitizenshipGroup
from programmes.participants.rules import Sex
from programmes.statistics.models import known, known_again, known_papers
from programmes.statistics.rules import (
    AGE_CLASSES,
    AGE_LABELS,
    FIGURE,
    MEASURES,
    OF_PEOPLE,
    OTHER_LANGUAGE,
    UNTOLD,
    Column,
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
PLACE_MINUTES, TO_RECORD_SO_FAR = "place_minutes", "to_record_so_far"  # and from what
MINUTES_JUDGED = "minutes_judged"  # what an enrolment's attendance is measured by
SUMMED_UP = frozenset(
    measure.key for measure in MEASURES if measure.topic is not Topic.PEOPLE and measure.kind is not MeasureKind.RATE
)
ADDED = SUMMED_UP | {FAMILY_MEETINGS}  # of which the total is the sum
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
        self.programme, self.course, self.trait = known(Programme, at), known(Course, at), known(CourseTrait, at)
        self.leader, self.spoken = known(CourseLeader, at), known(LeaderLanguage, at)
        self.meeting, self.person = known(Meeting, at), known(Person, at)
        self.enrolment, self.child = known(Enrolment, at), known(EnrolmentChild, at)
        self.mark, self.certificate = known(AttendanceMark, at), known_papers(at)

    def courses_of(self, viewer: Viewer) -> sa.ColumnElement[bool]:
        """True for the courses that count for a viewer. Who may count what is asked of today, whatever was known when."""
        counted = countable(viewer)
        return counted if self.at is None else self.course.id.in_(sa.select(Course.id).where(counted).correlate(None))


def _courses_asked(viewer: Viewer, question: Question, t: Tables) -> sa.ColumnElement[bool]:
    conditions = [t.courses_of(viewer)]
    if question.programme_id is not None:
        programme = t.programme
        below = sa.select(programme.id).where(
            sa.or_(programme.id == question.programme_id, programme.parent_id == question.programme_id)
        )
        conditions.append(t.course.programme_id.in_(below))
    if question.funding_profile_id is not None:
        paid = sa.select(t.programme.id).where(t.programme.funding_profile_id == question.funding_profile_id)
        conditions.append(t.course.programme_id.in_(paid))
    if question.feature is not None:
        conditions.append(t.course.id.in_(sa.select(t.trait.course_id).where(t.trait.feature == question.feature)))
    if question.leader_language is not None:
        speaks = sa.select(t.spoken.user_id).where(t.spoken.language == question.leader_language)
        conditions.append(t.course.id.in_(sa.select(t.leader.course_id).where(t.leader.user_id.in_(speaks))))
    for column, wanted in (
        (t.course.municipality_id, question.municipality_id),
        (t.course.quarter_id, question.quarter_id),
        (t.course.id, question.course_id),
        (t.course.language, question.language),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    if question.courses is not None:
        conditions.append(t.course.id.in_(question.courses))
    return sa.and_(*conditions)


def courses_asked(viewer: Viewer, question: Question) -> list[int]:
    """All courses that are asked about, whether they met or not, in the order in which a table lists them."""
    t = Tables(known_at(question))
    asked = sa.select(t.course.id).where(_courses_asked(viewer, question, t))
    query = sa.select(Course.number, Course.id).where(Course.id.in_(asked)).execution_options(viewer=viewer)
    return [
        course_id for _, course_id in sorted((number, course_id) for number, course_id in db.session.execute(query))
    ]


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


class _month_of(FunctionElement[int]):  # noqa: N801 - used as a function
    """The month of a day as the number 202612."""

    type = sa.Integer()
    inherit_cache = True


@compiles(_month_of)
def _month_by_extract(month: _month_of, compiler: sa.Compiled, **options: Any) -> str:
    day = compiler.process(month.clauses, **options)
    return f"(CAST(EXTRACT(year FROM {day}) AS INTEGER) * 100 + CAST(EXTRACT(month FROM {day}) AS INTEGER))"


@compiles(_month_of, "sqlite")
def _month_by_letters(month: _month_of, compiler: sa.Compiled, **options: Any) -> str:
    """A day is text there, and its strftime takes as long as all the rest of a statement about marks."""
    day = compiler.process(month.clauses, **options)
    return f"(CAST(substr({day}, 1, 4) AS INTEGER) * 100 + CAST(substr({day}, 6, 2) AS INTEGER))"


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
    """Until when something had to be known to be counted: the end of the day that was asked for, or the instant; None for now."""
    return question.asked_at if question.known_on is None else _midnight(question.known_on + dt.timedelta(days=1))


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


@dataclass(frozen=True)
class Count:
    """How a figure comes from things of a kind: those of them for which the condition holds, each counted once; or the sum of an
    `amount` of theirs; or how many `different` ones of something there are among them."""

    condition: sa.ColumnElement[bool]
    amount: Any = None
    different: Any = None

    def added_up(self) -> sa.ColumnElement[int]:
        """The figure, as a column of a statement about many things."""
        if self.amount is not None:
            return sa.func.coalesce(sa.func.sum(self.amount).filter(self.condition), 0)
        each = () if self.different is None else (sa.distinct(self.different),)
        return sa.func.count(*each).filter(self.condition)


@dataclass(frozen=True)
class Kind:
    """One kind of thing that is counted. `things` is a statement that says where they are and which of them, without columns:
    sums take the figures (`counts`), lists take the things themselves, so the two cannot disagree.

    `thing` tells one from another, `month` which month it belongs to as the number 202612; `columns` what else a list shows.
    `listed` are figures that follow from others: they are never added up here, but there are things behind them. `part`: a figure is
    added up for each of these first, and then the parts; it spares the database to look at course and month of every single mark.
    """

    things: Statement
    thing: tuple[Any, ...]
    month: sa.ColumnElement[int]
    counts: Mapping[str, Count]
    columns: Mapping[Column, Any]
    listed: Mapping[str, Count] = field(default_factory=dict)
    part: Any = None


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
        for kind in self._kinds():
            for key, figures in self._read(kind, self.dimensions) if kind.counts else ():
                found.setdefault(key, nothing(of_people=self.of_people)).update(figures)
        for figures in found.values():
            _complete(figures)
        return found

    def total(self, rows: Iterable[Figures]) -> Figures:
        """What the rows come to. Everybody and everything stands in one row, but people may stand in several: they are
        counted anew."""
        total = nothing() | {FAMILY_MEETINGS: 0}
        total.update(added_up(rows))
        anew = Sums(self.viewer, self.question, (), self.met)
        kinds = [anew._people(), anew._children()]
        if self.of_people:
            kinds.append(anew._meetings())
        if Dimension.MONTH in self.dimensions and Topic.ATTENDANCE in self.topics:
            regularly = anew._regularly()  # whoever came regularly in each month is one enrolment
            kinds.append(replace(regularly, counts=regularly.listed))
        for kind in kinds:
            for _, figures in anew._read(kind, ()):
                total.update(figures)
        _complete(total)
        return total

    @cached_property
    def behind(self) -> Mapping[str, tuple[Kind, Count]]:
        """The things that each figure counts, and how."""
        return {key: (kind, count) for kind in self._kinds() for key, count in {**kind.counts, **kind.listed}.items()}

    def group(self, by: Dimension, kind: Kind) -> sa.SQLColumnExpression[Any]:
        """What a row of a dimension is of, for things of a kind."""
        return _group(by, kind.month, self)

    def with_meetings(self, found: dict[Key, Figures]) -> list[Key]:
        """The rows in which there were meetings; of what people are, all classes of each."""
        if not self.of_people:
            return [key for key, figures in found.items() if FAMILY_MEETINGS in figures]
        classes = [list(heads_of(by, ())) for by in self.dimensions if by in OF_PEOPLE]
        return [_together(self.dimensions, row, of) for row in self._offered_rows() for of in product(*classes)]

    def rows_with_meetings(self) -> int:
        """How many rows there are at least, without a sum of any."""
        classes = math.prod(len(heads_of(by, ())) for by in self.dimensions if by in OF_PEOPLE)
        meetings = self._meetings()
        groups: list[Any] = [self.group(by, meetings).label(by) for by in self.dimensions if by not in OF_PEOPLE]
        rows = meetings.things.with_only_columns(_written(1), *groups).distinct().subquery()
        query = sa.select(sa.func.count()).select_from(rows).execution_options(viewer=self.viewer)
        return classes * (db.session.scalar(query) or 0)

    def _offered_rows(self) -> list[Key]:
        dimensions = tuple(by for by in self.dimensions if by not in OF_PEOPLE)
        return [key for key, _ in self._read(self._meetings(), dimensions)]

    def _kinds(self) -> Iterator[Kind]:
        if not self.of_people:  # a meeting belongs to no class of people
            yield self._meetings()
        yield from (self._people(), self._children())
        if Topic.ATTENDANCE in self.topics:
            yield from (self._marks(), self._places(), self._marks_of_children(), self._regularly())
        if Topic.OUTCOME in self.topics:
            yield from (self._ends(), self._waiting())
        if Topic.PAPERS in self.topics:
            yield from (self._issued(), self._handed_over())

    def _read(self, kind: Kind, dimensions: tuple[Dimension, ...]) -> Iterator[tuple[Key, Figures]]:
        if kind.part is self.enrolment.id:
            query = self._by_enrolment(kind, dimensions)
        elif kind.part is not None and not self.of_people:  # who was at a meeting is of many classes
            query = self._by_meeting(kind, dimensions)
        else:
            query = self._by(kind, dimensions)
        rows = db.session.execute(query.execution_options(viewer=self.viewer))
        names = list(rows.keys())[len(dimensions) :]
        for line in rows:
            yield tuple(line[: len(dimensions)]), dict(zip(names, map(int, line[len(dimensions) :]), strict=True))

    def _by(self, kind: Kind, dimensions: tuple[Dimension, ...]) -> Statement:
        """The statement with a row for each group."""
        groups = [self.group(by, kind) for by in dimensions]
        labelled: list[Any] = [group.label(f"key_{number}") for number, group in enumerate(groups)]
        return kind.things.with_only_columns(*labelled, *_added_up(kind)).group_by(*groups)

    def _by_meeting(self, kind: Kind, dimensions: tuple[Dimension, ...]) -> Statement:
        """The same for what adds up over meetings: one sum for each meeting first, and of these the rows."""
        groups = [self.group(by, kind) for by in dimensions]
        each = kind.things.with_only_columns(kind.part.label("part"), *_added_up(kind)).group_by(kind.part).subquery()
        return (
            sa.select(*groups, *(sa.func.sum(each.c[name]).label(name) for name in kind.counts))
            .select_from(each)
            .join(self.meeting, self.meeting.id == each.c.part)
            .join(self.course, self.course.id == self.meeting.course_id)
            .group_by(*groups)
        )

    def _by_enrolment(self, kind: Kind, dimensions: tuple[Dimension, ...]) -> Statement:
        """What is recorded of each enrolment first, in each month if months are asked for, and of these the rows; with them, whether
        it came regularly: one look at the marks says both."""
        months: list[Any] = [kind.month.label("month")] if Dimension.MONTH in dimensions else []
        parts = kind.things.with_only_columns(kind.part.label("part"), *months, *_added_up(kind))
        each = parts.group_by(kind.part, *(kind.month for _ in months)).subquery()
        groups = [each.c.month if by is Dimension.MONTH else self.group(by, kind) for by in dimensions]
        names = [name for name in kind.counts if name != MINUTES_JUDGED]
        judged = self._judged(each.c.minutes_attended, each.c[MINUTES_JUDGED])
        places = (
            sa.select(
                *groups,
                *(sa.func.coalesce(sa.func.sum(each.c[name]), 0).label(name) for name in names),
                *(count.added_up().label(name) for name, count in judged.items()),
            )
            .select_from(each)
            .join(self.enrolment, self.enrolment.id == each.c.part)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
        )
        return self._with_people(places).group_by(*groups)

    def _with_people(self, query: Statement) -> Statement:
        return query.join(self.person, self.person.id == self.enrolment.person_id) if self.of_people else query

    def _meetings(self) -> Kind:
        things = (
            sa.select()
            .select_from(self.meeting)
            .join(self.course, self.course.id == self.meeting.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
            .where(self.in_period, self.courses)
        )
        held = sa.and_(self.happened, self.closed)
        counts = {
            "meetings_planned": Count(self.happened),
            "meetings_held": Count(held),
            "meetings_cancelled": Count(self.meeting.status == MeetingStatus.CANCELLED),
            "minutes_offered": Count(held, self.meeting.minutes),
            "visitors": Count(sa.and_(self.happened, self.meeting.visitors > 0), self.meeting.visitors),
            FAMILY_MEETINGS: Count(self.is_family),
        }
        columns = {
            Column.DAY: self.meeting.date,
            Column.MINUTES: self.meeting.minutes,
            Column.VISITORS: self.meeting.visitors,
        }
        return Kind(things, (self.meeting.id,), _month_of(self.meeting.date), counts, columns)

    def _people(self) -> Kind:
        """Places with a meeting on one of their days; of these, different people."""
        person, everybody, known_before = self.enrolment.person_id, sa.true(), self._known_before()
        things = (
            sa.select()
            .select_from(self.enrolment)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
        )
        counts = {
            "persons": Count(everybody, different=person),
            "persons_new": Count(~known_before, different=person),
            "enrolments": Count(everybody, different=self.enrolment.id),
            "families": Count(self.is_family, different=person),
        }
        returning = {"persons_returning": Count(known_before, different=person)}
        columns = self._place_columns()
        return Kind(*self.who_had_a_meeting(things), counts=counts, columns=columns, listed=returning)

    def _children(self) -> Kind:
        things = (
            sa.select()
            .select_from(self.child)
            .join(self.enrolment, self.enrolment.id == self.child.enrolment_id)
            .join(self.course, self.course.id == self.enrolment.course_id)
        )
        counts = {"children": Count(sa.true(), different=self.child.person_id)}
        columns = {Column.CHILD: self.child.person_id, **self._place_columns()}
        return Kind(*self.who_had_a_meeting(things), counts=counts, columns=columns)

    def _place_columns(self) -> dict[Column, Any]:
        place = self.enrolment
        return {Column.PERSON: place.person_id, Column.ENTRY: place.entry_date, Column.EXIT: place.exit_date}

    def who_had_a_meeting(self, query: Statement) -> tuple[Statement, tuple[Any, ...], sa.ColumnElement[int]]:
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
        if by_month:  # only the months of the place: to look through twenty years for each takes ten times as long
            left = sa.func.coalesce(self.enrolment.exit_date, self.question.last)
            query = query.join(months, sa.and_(last >= self.enrolment.entry_date, first <= left))
        query = query.where(self.enrolment.course_id.in_(self.met), self.enrolment.status.in_(CAME), had_one)
        return self._with_people(query), (self.enrolment.id,), months.c.month

    def _marks(self) -> Kind:
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
        things = (
            sa.select()
            .select_from(self.meeting)
            .join(self.course, self.course.id == self.meeting.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
            .join(self.mark, sa.and_(self.mark.meeting_id == self.meeting.id, self.mark.child_id.is_(None)))
            .join(self.enrolment, sa.and_(self.enrolment.id == self.mark.enrolment_id, self.on_that_day))
        )
        counts = {
            "present": Count(sa.and_(closed, mark == Mark.PRESENT)),
            "absent_excused": Count(sa.and_(closed, mark.in_(EXCUSED & ABSENT))),
            "absent_unexcused": Count(sa.and_(closed, mark.in_(ABSENT - EXCUSED))),
            "absent_childcare": Count(of_childcare),
            "minutes_attended": Count(sa.and_(closed, self.mark.minutes > 0), self.mark.minutes),
            "families_together": Count(sa.and_(closed, self.is_family, mark == Mark.PRESENT, child_here)),
            DISPENSED_MINUTES: Count(sa.and_(closed, mark.in_(DISPENSED)), self.meeting.minutes),
            MINUTES_JUDGED: Count(sa.and_(closed, mark.not_in(DISPENSED)), self.meeting.minutes),
            RECORDED_SO_FAR: Count(self.open_so_far),
        }
        columns = {
            Column.PERSON: self.enrolment.person_id,
            Column.DAY: self.meeting.date,
            Column.MARK: mark,
            Column.MINUTES: self.mark.minutes,
        }
        return replace(self._at_meetings(things, (self.mark.id,), counts, columns), part=self.enrolment.id)

    def _places(self) -> Kind:
        """What was to be recorded: a line for each adult with a place on the day of a meeting. The sums take off what is recorded
        afterwards (`_complete`), the list leaves it out: to look at every place's mark takes too long for the sums."""
        things = (
            sa.select()
            .select_from(self.meeting)
            .join(self.course, self.course.id == self.meeting.course_id)
            .join(self.enrolment, sa.and_(self.enrolment.course_id == self.course.id, self.on_that_day))
        )
        recorded = sa.exists().where(
            self.mark.meeting_id == self.meeting.id,
            self.mark.enrolment_id == self.enrolment.id,
            self.mark.child_id.is_(None),
        )
        dispensed = recorded.where(self.mark.mark.in_(DISPENSED))
        counts = {
            PLACE_MINUTES: Count(self.closed, self.meeting.minutes),
            TO_RECORD_SO_FAR: Count(self.open_so_far),
        }
        listed = {
            "minutes_enrolled": Count(sa.and_(self.closed, ~dispensed), self.meeting.minutes),
            "not_recorded": Count(sa.and_(self.open_so_far, ~recorded)),
        }
        columns = {
            Column.PERSON: self.enrolment.person_id,
            Column.DAY: self.meeting.date,
            Column.MINUTES: self.meeting.minutes,
        }
        return self._at_meetings(things, (self.meeting.id, self.enrolment.id), counts, columns, listed)

    def _marks_of_children(self) -> Kind:
        things = (
            sa.select()
            .select_from(self.meeting)
            .join(self.course, self.course.id == self.meeting.course_id)
            .join(self.mark, sa.and_(self.mark.meeting_id == self.meeting.id, self.mark.child_id.is_not(None)))
            .join(self.enrolment, sa.and_(self.enrolment.id == self.mark.enrolment_id, self.on_that_day))
        )
        child = sa.select(self.child.person_id).where(self.child.id == self.mark.child_id).scalar_subquery()
        columns = {
            Column.CHILD: child,
            Column.PERSON: self.enrolment.person_id,
            Column.DAY: self.meeting.date,
            Column.MARK: self.mark.mark,
        }
        counts = {"children_present": Count(sa.and_(self.closed, self.mark.mark == Mark.PRESENT))}
        return self._at_meetings(things, (self.mark.id,), counts, columns)

    def _at_meetings(
        self,
        things: Statement,
        thing: tuple[Any, ...],
        counts: dict[str, Count],
        columns: dict[Column, Any],
        listed: dict[str, Count] | None = None,
    ) -> Kind:
        """What was at meetings of the period that happened."""
        things = things.where(self.meeting.course_id.in_(self.met), self.in_period, self.happened)
        month = _month_of(self.meeting.date)
        return Kind(self._with_people(things), thing, month, counts, columns, listed or {}, part=self.meeting.id)

    def _judged(self, attended: Any, offered: Any) -> dict[str, Count]:
        """Which enrolments attended the share their programme asks for, of those it could be asked of (domain.md R09); of each both
        are minutes."""
        asked = sa.and_(offered > 0, Programme.required_share.is_not(None))
        enough = sa.and_(asked, attended * 100 >= offered * Programme.required_share)
        return {"enrolments_judged": Count(asked), "attended_regularly": Count(enough)}

    def _regularly(self) -> Kind:
        """The enrolments behind `_judged`. Each is added up by itself first; by month, each month is judged by itself."""
        by_month = [_month_of(self.meeting.date)] if Dimension.MONTH in self.dimensions else []
        offered = sa.case((self.mark.mark.in_(DISPENSED), _written(0)), else_=self.meeting.minutes)
        each = (
            sa.select(
                self.mark.enrolment_id,
                sa.func.sum(offered).label("offered"),
                sa.func.sum(self.mark.minutes).label("attended"),
                *(month.label("month") for month in by_month),
            )
            .select_from(self.meeting)
            .join(self.mark, sa.and_(self.mark.meeting_id == self.meeting.id, self.mark.child_id.is_(None)))
            .join(self.enrolment, sa.and_(self.enrolment.id == self.mark.enrolment_id, self.on_that_day))
            .where(self.meeting.course_id.in_(self.met), self.in_period, self.happened, self.closed)
            .group_by(self.mark.enrolment_id, *by_month)
            .subquery()
        )
        things = (
            sa.select()
            .select_from(each)
            .join(self.enrolment, self.enrolment.id == each.c.enrolment_id)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .join(Programme, Programme.id == self.course.programme_id)
        )
        month, listed = each.c.month if by_month else _written(0), self._judged(each.c.attended, each.c.offered)
        return Kind(self._with_people(things), (self.enrolment.id,), month, {}, self._place_columns(), listed)

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

    def _ends(self) -> Kind:
        """How enrolments ended in the period. Who completes a course without a day of exit leaves it on its last."""
        day, status = sa.func.coalesce(self.enrolment.exit_date, self.course.ends_on), self.enrolment.status
        things = (
            sa.select()
            .select_from(self.enrolment)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .where(status.in_(ENDED), day.between(self.question.first, self.question.last), self.courses)
        )
        counts = {
            "no_shows": Count(status == EnrolmentStatus.NO_SHOW),
            "withdrawals": Count(status == EnrolmentStatus.WITHDRAWN),
            "drop_outs": Count(status == EnrolmentStatus.DROPPED_OUT),
            "completions": Count(status == EnrolmentStatus.COMPLETED),
        }
        columns = {
            Column.PERSON: self.enrolment.person_id,
            Column.ENTRY: self.enrolment.entry_date,
            Column.ENDED: day,
        }
        return Kind(self._with_people(things), (self.enrolment.id,), _month_of(day), counts, columns)

    def _waiting(self) -> Kind:
        # Written out: only then a database sees that its index of the few who wait is meant.
        waits: sa.BindParameter[Any] = sa.bindparam("waits", sorted(BEFORE_ENTRY), expanding=True, literal_execute=True)
        things = (
            sa.select()
            .select_from(self.enrolment)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .where(self.enrolment.status.in_(waits), self.course.ends_on >= self.question.first)
        )
        columns = {Column.PERSON: self.enrolment.person_id, Column.APPLIED: self.enrolment.applied_at}
        things, month = self._at(self.enrolment.applied_at, things)
        return Kind(things, (self.enrolment.id,), month, {"waiting": Count(sa.true())}, columns)

    def _papers(self, *conditions: sa.ColumnElement[bool]) -> Statement:
        return (
            sa.select()
            .select_from(self.certificate)
            .join(self.enrolment, self.enrolment.id == self.certificate.enrolment_id)
            .join(self.course, self.course.id == self.enrolment.course_id)
            .where(self.certificate.slot == COURSE, *conditions)
        )

    def _issued(self) -> Kind:
        """Each paper once, when it was issued first: what replaces it says the same of the same course."""
        instant, first = self.certificate.issued_at, self.certificate.replaces_id.is_(None)
        things, month = self._at(instant, self._papers(first, self.certificate.state != CertificateState.REVOKED))
        columns = {
            Column.PERSON: self.enrolment.person_id,
            Column.ISSUED: instant,
            Column.PAPER: self.certificate.id,
        }
        return Kind(things, (self.certificate.id,), month, {"papers_issued": Count(sa.true())}, columns)

    def _handed_over(self) -> Kind:
        day, holds = self.certificate.handed_over_on, self.certificate.state == CertificateState.VALID
        within = day.between(self.question.first, self.question.last)
        things = self._with_people(self._papers(holds, within, self.courses))
        columns = {
            Column.PERSON: self.enrolment.person_id,
            Column.HANDED_OVER: day,
            Column.PAPER: self.certificate.id,
        }
        counts = {"papers_handed_over": Count(sa.true())}
        return Kind(things, (self.certificate.id,), _month_of(day), counts, columns)

    def _at(self, instant: Any, query: Statement) -> tuple[Statement, sa.ColumnElement[int]]:
        """The statement about instants of the period, and the month they belong to if months are asked for."""
        query = self._with_people(query.where(self.courses))
        if Dimension.MONTH in self.dimensions:
            months = _months(self.question)
            return query.join(months, sa.and_(instant >= months.c.begins, instant < months.c.ends)), months.c.month
        after = self.question.last + dt.timedelta(days=1)
        return query.where(instant >= _midnight(self.question.first), instant < _midnight(after)), _written(0)


def _added_up(kind: Kind) -> list[sa.Label[int]]:
    return [count.added_up().label(name) for name, count in kind.counts.items()]


def added_up(rows: Iterable[Figures]) -> dict[str, int]:
    """The sums of everything that stands in one row only."""
    sums: dict[str, int] = {}
    for figures in rows:
        for name in ADDED & figures.keys():
            sums[name] = sums.get(name, 0) + int(figures[name] or 0)
    return sums


def _complete(figures: Figures) -> None:
    """Derive what follows from other figures. What was to be recorded loses what is, and the meetings nobody had to attend."""
    for name, all_of_them, taken_off in (
        ("minutes_enrolled", PLACE_MINUTES, DISPENSED_MINUTES),
        ("not_recorded", TO_RECORD_SO_FAR, RECORDED_SO_FAR),
    ):
        here = int(figures.pop(all_of_them, 0) or 0) - int(figures.pop(taken_off, 0) or 0)
        figures[name] = int(figures[name] or 0) + here
    figures["persons_returning"] = int(figures["persons"] or 0) - int(figures["persons_new"] or 0)
    figures["regular_rate"] = rate(int(figures["attended_regularly"] or 0), int(figures["enrolments_judged"] or 0))
    figures["attendance_rate"] = rate(int(figures["minutes_attended"] or 0), int(figures["minutes_enrolled"] or 0))


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


def row_of(sums: Sums, by: Dimension, key: str) -> tuple[Any, Head] | None:
    """What a row of a dimension is of, by the key of its head; None if the viewer has no such row."""
    keys: Iterable[Any] = ()
    if by is Dimension.COURSE:
        keys = db.session.scalars(sa.select(Course.id).where(Course.number == key, countable(sums.viewer))).all()
    elif by is Dimension.LANGUAGE:
        spoken = sa.select(sums.course.language).where(sums.courses).distinct().execution_options(viewer=sums.viewer)
        keys = db.session.scalars(spoken).all()
    elif by is Dimension.MONTH:
        keys = [month for month, _, _ in sums.question.months()]
    return next(((value, head) for value, head in heads_of(by, keys).items() if head.key == key), None)


def _together(dimensions: Sequence[Dimension], offered: Key, of_people: Key) -> Key:
    """One key of a row from its part about courses and its part about people, in the order of the dimensions."""
    courses, people = iter(offered), iter(of_people)
    return tuple(next(people if by in OF_PEOPLE else courses) for by in dimensions)
