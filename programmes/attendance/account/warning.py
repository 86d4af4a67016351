"""Reads who is about to lose the required share: added up in the database, because the first page asks for everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer, built_once
from database import db
from programmes.attendance.account.queries import made_up_by
from programmes.attendance.account.rules import (
    WARN_BEFORE,
    WARNED,
    Outlook,
    Prospect,
    made_up_in_all,
    outlook,
    took_place,
    worst,
)
from programmes.attendance.models import AttendanceMark
from programmes.attendance.rules import DISPENSED, Mark
from programmes.catalogue.models import Course, Meeting, Module, Programme
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import Counting, MeetingStatus, PaperKind
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import EnrolmentStatus, on_day
from programmes.participants.models import Person

FEW = 500  # of so many at most a database is asked by number


class Warned(NamedTuple):
    """Somebody who cannot reach the required share any more, or would lose it within two weeks."""

    enrolment_id: int
    person_id: int
    name: str
    course_id: int
    course: str
    outlook: Outlook
    missing: int
    reachable: int
    may_miss: int


@dataclass(frozen=True)
class Warnings:
    """How many have to be warned, of how many the share is lost, and `people`: as many of them as were asked for."""

    total: int
    lost: int
    people: list[Warned]


class _Standing(NamedTuple):
    """How somebody stands who has to be warned. `credited` None: what counts so far is not read yet."""

    order: tuple[bool, int, str]
    course_id: int
    outlook: Outlook
    best: int
    credited: int | None


def warned(viewer: Viewer, most: int | None = None) -> Warnings:
    """Who has to be warned in running courses the viewer coordinates: first what is lost, then what is nearest to it.

    Who has not missed anything yet is never on it. Nine queries at most, which add up in the database; `rules.outlook` decides.
    Who is warned follows from what was missed alone, which is little, and most of a course missed as much of it; names, and what
    somebody attended, are only read of the `most` that are told.
    """
    reckoning = _Reckoning(viewer)
    total = lost = 0
    courses, last = set(reckoning.offers), None
    if most is not None:
        alike = [(one, count) for *days, count in reckoning.alike() if (one := reckoning.standing(*days)) is not None]
        total = sum(count for _, count in alike)
        lost = sum(count for one, count in alike if one.outlook is Outlook.LOST)
        orders = sorted(one.order for one, count in alike for _ in range(min(count, most)))
        last = orders[most - 1] if 0 < most <= len(orders) else None
        courses = {one.course_id for one, _ in alike if most and (last is None or one.order <= last)}
    names = _names(viewer, courses)
    told = [
        (one, names[enrolment_id], enrolment_id)
        for enrolment_id, *days in reckoning.each(courses)
        if enrolment_id in names  # without those who left while we asked
        and (one := reckoning.standing(enrolment_id, *days)) is not None
        and (last is None or one.order <= last)
    ]
    told.sort(key=lambda one: (one[0].order, one[1].name, one[2]))
    if most is None:
        total, lost = len(told), sum(one.outlook is Outlook.LOST for one, *_ in told)
    told = told[:most]
    counted = reckoning.counted([enrolment_id for one, _, enrolment_id in told if one.credited is None])
    people = []
    for one, who, enrolment_id in told:
        (_, may_miss, title), credited = one.order, one.credited
        counts = counted.get(enrolment_id, 0) if credited is None else credited
        missing, reachable = max(0, one.best - may_miss - counts), one.best - counts
        people.append(Warned(enrolment_id, *who, one.course_id, title, one.outlook, missing, reachable, may_miss))
    return Warnings(total, lost, people)


class _Reckoning:
    """What a viewer's running courses offer, and what of it is asked and known of whom."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.offers = offers = dict[int, list[_Offer]]()
        for row in db.session.execute(_offers(viewer)):
            offers.setdefault(row[0], []).append(_Offer._make(row))
        self.pairs = [course_id for course_id, meetings in offers.items() if meetings[0].counting is Counting.PAIR]
        self.dispensed: dict[int, set[int]] = {}
        for enrolment_id, meeting_id in db.session.execute(_dispensed(viewer)):
            self.dispensed.setdefault(enrolment_id, set()).add(meeting_id)
        self.mandatory: dict[int, list[int]] = {}
        for module_id, programme_id in db.session.execute(MANDATORY):
            self.mandatory.setdefault(programme_id, []).append(module_id)
        self.made_up = made_up_by(viewer, Enrolment.course_id.in_(list(offers)))
        self.by_module = [number for number, meetings in offers.items() if meetings[0].programme_id in self.mandatory]
        self.attended: dict[int, list[_Attended]] = {}
        apart = [
            *(self._ask(ATTENDED_IN, course_ids=self.by_module) if self.by_module else ()),
            *(self._ask(ATTENDED_BY, enrolment_ids=list(self.made_up)) if self.made_up else ()),
        ]
        for enrolment_id, *said in {(row[0], row[1]): row for row in apart}.values():  # some are in both
            self.attended.setdefault(enrolment_id, []).append(_Attended._make(said))
        self._offered = cache(self._offered_to)  # most of a course were offered the same …
        self._stood = cache(self._standing_of)  # … and many missed as much of it

    def each(self, course_ids: Collection[int]) -> Iterable[Any]:
        """Everybody enrolled in these courses: enrolment, course, first and last day, minutes missed."""
        return self._ask(MISSED, course_ids=list(course_ids)) if course_ids else ()

    def alike(self) -> Iterable[Any]:
        """The same of all courses, those counted together who stand alike: the enrolment is None, how many they are comes last."""
        apart = [*self.made_up, *self.dispensed]
        return self._ask(ALIKE, course_ids=list(self.offers), apart=apart, by_module=self.by_module)

    def counted(self, enrolment_ids: Sequence[int]) -> dict[int, int]:
        """Minutes that count so far."""
        found: dict[int, int] = {}
        if enrolment_ids:
            few = len(enrolment_ids) <= FEW
            attended = (
                self._ask(ATTENDED_BY, enrolment_ids=enrolment_ids)
                if few
                else self._ask(ATTENDED_IN, course_ids=list(self.offers))
            )
            for enrolment_id, _, minutes, _ in attended:
                found[enrolment_id] = found.get(enrolment_id, 0) + minutes
        return found

    def _ask(self, statement: sa.Select[*tuple[Any, ...]], **asked: Any) -> Iterable[Any]:
        asked |= {"pairs": self.pairs, "today": self.viewer.today}
        return db.session.execute(statement, asked, execution_options={"viewer": self.viewer})

    def standing(
        self, enrolment_id: int | None, course_id: int, entry: dt.date | None, leaving: dt.date | None, missed: int
    ) -> _Standing | None:
        """How somebody stands; None who need not be warned. `enrolment_id` None: somebody of whom nothing more is known."""
        first = self.offers[course_id][0]
        without = frozenset(self.dispensed.get(enrolment_id or 0, ()))
        offer = self._offered(course_id, entry, leaving, without)
        modules = self.mandatory.get(first.programme_id, ())
        extra = self.made_up.get(enrolment_id or 0, ()) if first.counts_make_up else ()
        credited = None
        if modules or extra:
            prospects = _prospects(offer.modules, self.attended.get(enrolment_id or 0, ()), dict(extra))
            stand = prospects.pop(None)
            asked = [outlook(stand, first.share)] if first.share is not None else []
            asked += [outlook(prospects[number], first.share) for number in modules if number in prospects]
            verdict, credited = worst(asked), stand.credited
        elif first.share is not None:
            verdict, stand = self._stood(offer, missed, first.share)
        else:
            return None
        if verdict not in WARNED or stand.lost <= 0:
            return None
        order = (verdict is not Outlook.LOST, stand.may_miss(first.share), first.title)
        return _Standing(order, course_id, verdict, stand.best, credited)

    def _offered_to(
        self, course_id: int, entry: dt.date | None, leaving: dt.date | None, without: frozenset[int]
    ) -> _Offered:
        return _offered(self.offers[course_id], entry, leaving, without, self.viewer.today)

    @staticmethod
    def _standing_of(offer: _Offered, missed: int, share: int) -> tuple[Outlook, Prospect]:
        # As if nothing were credited yet and all of it still open: what was missed makes no difference between the two, and
        # whoever has reached the share already could lose all that comes.
        stand = Prospect(0, offer.own - missed, offer.soon, offer.later, offer.whole)
        return outlook(stand, share), stand


@built_once
def _running(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.and_(
        coordinates(viewer),
        Course.starts_on <= viewer.today,
        Course.ends_on >= viewer.today,
        Course.cancelled_reason.is_(None),
        sa.or_(Programme.required_share.is_not(None), Programme.paper == PaperKind.QUALIFICATION),
    )


MANDATORY = (
    sa.select(Module.id, Module.programme_id)
    .join(Programme, Programme.id == Module.programme_id)
    .where(Module.mandatory, Programme.paper == PaperKind.QUALIFICATION)
)


def _several(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, expanding=True)


_child = orm.aliased(AttendanceMark)
COUNTS = sa.or_(  # where a pair is asked for, an adult's minutes count only together with a child
    Meeting.course_id.not_in(_several("pairs")),
    sa.exists()
    .where(
        _child.meeting_id == AttendanceMark.meeting_id,
        _child.enrolment_id == AttendanceMark.enrolment_id,
        _child.child_id.is_not(None),
        _child.mark == Mark.PRESENT,
    )
    .correlate(AttendanceMark),
)
# What is recorded of adults on their own days, at meetings that took place, and does not dispense them. The courses asked for
# are the viewer's already: asking for each mark whose it is took most of the time.
RECORDED = sa.and_(
    AttendanceMark.child_id.is_(None),
    AttendanceMark.mark.not_in(DISPENSED),
    Meeting.status != MeetingStatus.CANCELLED,
    sa.or_(Meeting.closed_at.is_not(None), Meeting.status == MeetingStatus.HELD, Meeting.date < sa.bindparam("today")),
    Meeting.date >= Enrolment.entry_date,
    sa.or_(Enrolment.exit_date.is_(None), Meeting.date <= Enrolment.exit_date),
)


def _of_marks(*columns: sa.SQLColumnExpression[Any]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*columns)
        .select_from(AttendanceMark)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
        .where(RECORDED)
    )


# Per enrolment and module: minutes that count, and minutes of the meetings of which anything is recorded.
ATTENDED = _of_marks(
    AttendanceMark.enrolment_id,
    Meeting.module_id,
    sa.func.sum(sa.case((COUNTS, AttendanceMark.minutes), else_=0)),
    sa.func.sum(Meeting.minutes),
).group_by(AttendanceMark.enrolment_id, Meeting.module_id)
ATTENDED_IN = ATTENDED.where(Meeting.course_id.in_(_several("course_ids")))
ATTENDED_BY = ATTENDED.where(AttendanceMark.enrolment_id.in_(_several("enrolment_ids")))  # an `or` would find no index
_lost = (
    _of_marks(
        AttendanceMark.enrolment_id,
        sa.func.sum(sa.case((COUNTS, Meeting.minutes - AttendanceMark.minutes), else_=Meeting.minutes)).label(
            "minutes"
        ),
    )
    .where(
        Meeting.course_id.in_(_several("course_ids")),
        sa.or_(AttendanceMark.minutes < Meeting.minutes, sa.not_(COUNTS)),
    )
    .group_by(AttendanceMark.enrolment_id)
    .subquery()
)
# Everybody enrolled in some courses: their days, and the minutes missed of meetings of which anything is recorded.
MISSED = (
    sa.select(
        Enrolment.id,
        Enrolment.course_id,
        Enrolment.entry_date,
        Enrolment.exit_date,
        sa.func.coalesce(_lost.c.minutes, 0).label("minutes"),
    )
    .outerjoin(_lost, _lost.c.enrolment_id == Enrolment.id)
    .where(Enrolment.course_id.in_(_several("course_ids")), Enrolment.status == EnrolmentStatus.ENROLLED)
)
_each = MISSED.subquery()
_apart = sa.select(
    sa.case(
        (sa.or_(_each.c.id.in_(_several("apart")), _each.c.course_id.in_(_several("by_module"))), _each.c.id)
    ).label("id"),
    _each.c.course_id,
    _each.c.entry_date,
    _each.c.exit_date,
    _each.c.minutes,
).subquery()
# The same, those counted together who stand alike: the enrolment is None, how many there are comes last.
ALIKE = sa.select(*_apart.c, sa.func.count()).group_by(*_apart.c)


class _Who(NamedTuple):
    person_id: int
    name: str


def _names(viewer: Viewer, course_ids: Collection[int]) -> dict[int, _Who]:
    """Those enrolled in some of the viewer's courses, by enrolment."""
    rows = db.session.execute(
        sa.select(Enrolment.id, Person.id, Person.family_name, Person.given_name)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id.in_(course_ids), Enrolment.status == EnrolmentStatus.ENROLLED)
        .execution_options(viewer=viewer)
    )
    return {row[0]: _Who(row[1], ", ".join(part for part in row[2:] if part)) for row in rows}


class _Offer(NamedTuple):
    """One meeting as far as a sum needs it."""

    course_id: int
    meeting_id: int
    date: dt.date
    status: MeetingStatus
    minutes: int
    module_id: int | None
    closed: bool
    counting: Counting
    programme_id: int
    share: int | None
    counts_make_up: bool
    title: str


class _Attended(NamedTuple):
    """Of one module: minutes that count, and minutes of the meetings of which anything is recorded."""

    module_id: int | None
    counted: int
    recorded: int


@built_once
def _offers(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Meeting.course_id,
            Meeting.id,
            Meeting.date,
            Meeting.status,
            Meeting.minutes,
            Meeting.module_id,
            Meeting.closed_at.is_not(None),
            Programme.counting,
            Programme.id,
            Programme.required_share,
            Programme.counts_make_up,
            Course.title,
        )
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(_running(viewer), Meeting.status != MeetingStatus.CANCELLED)
    )


@built_once
def _dispensed(viewer: Viewer) -> sa.Select[int, int]:
    """What somebody was dispensed from, which leaves their offer."""
    return (
        sa.select(AttendanceMark.enrolment_id, AttendanceMark.meeting_id)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(_running(viewer), AttendanceMark.child_id.is_(None), AttendanceMark.mark.in_(DISPENSED))
        .execution_options(viewer=viewer)
    )


class _Sum(NamedTuple):
    """Minutes that one module offers somebody: in all, held on own days, held at all, within the warning, later."""

    module_id: int | None
    whole: int
    own: int
    held: int
    soon: int
    later: int


@dataclass(frozen=True, eq=False)
class _Offered:
    """What a course offers somebody: module by module, and in all."""

    modules: tuple[_Sum, ...]
    whole: int
    own: int
    soon: int
    later: int


def _offered(
    meetings: Iterable[_Offer], entry: dt.date | None, leaving: dt.date | None, without: frozenset[int], today: dt.date
) -> _Offered:
    """What a course offers somebody with these days, module by module."""
    sums: dict[int | None, list[int]] = {}
    for meeting in meetings:
        if meeting.meeting_id in without:
            continue
        of_module = sums.setdefault(meeting.module_id, [0, 0, 0, 0, 0])
        of_module[0] += meeting.minutes
        here = on_day(entry, leaving, meeting.date)
        if took_place(meeting.closed, meeting.status, meeting.date, today):
            of_module[1] += meeting.minutes if here else 0
            of_module[2] += meeting.minutes
        elif here:
            of_module[3 if meeting.date <= today + WARN_BEFORE else 4] += meeting.minutes
    modules = tuple(_Sum(module_id, *minutes) for module_id, minutes in sums.items())
    return _Offered(
        modules,
        whole=sum(one.whole for one in modules),
        own=sum(one.own for one in modules),
        soon=sum(one.soon for one in modules),
        later=sum(one.later for one in modules),
    )


def _prospects(
    sums: Iterable[_Sum], attended: Iterable[_Attended], made_up: Mapping[int | None, int]
) -> dict[int | None, Prospect]:
    """How each module stands, and under None the whole course."""
    said = {one.module_id: (one.counted, one.recorded) for one in attended}
    found: dict[int | None, Prospect] = {}
    missed_in_all = made_up_of_modules = 0
    for module_id, whole, own, offered, soon, later in sums:
        counted, recorded = said.get(module_id, (0, 0))
        missed = offered - counted - (own - recorded)
        missed_in_all += missed
        extra = min(made_up.get(module_id, 0), missed) if module_id is not None else 0
        made_up_of_modules += extra
        found[module_id] = Prospect(counted + extra, own - recorded, soon, later, whole)
    parts = list(found.values())
    extra = made_up_in_all([made_up_of_modules], made_up.get(None, 0), missed_in_all) - made_up_of_modules
    found[None] = Prospect(
        sum(part.credited for part in parts) + extra,
        sum(part.pending for part in parts),
        sum(part.soon for part in parts),
        sum(part.later for part in parts),
        sum(part.whole for part in parts),
    )
    return found
