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


class Warned(NamedTuple):
    """Somebody who cannot reach the required share any more, or would lose it within two weeks."""

    enrolment_id: int
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
    enrolment_id: int
    course_id: int
    outlook: Outlook
    best: int
    credited: int | None


def warned(viewer: Viewer, most: int | None = None) -> Warnings:
    """Who has to be warned in running courses the viewer coordinates: first what is lost, then what is nearest to it.

    Who has not missed anything yet is never on it. Eight queries, which add up in the database; `rules.outlook` decides. Who is
    warned follows from what was missed alone, which is little; what somebody attended is only read of the `most` that are told.
    """
    offers: dict[int, list[_Offer]] = {}
    for row in db.session.execute(_offers(viewer)):
        offers.setdefault(row[0], []).append(_Offer._make(row))
    found = _standings(viewer, offers)
    told = found
    if most is not None and len(found) > most:
        last = sorted(one.order for one in found)[most - 1]
        told = [one for one in found if one.order <= last]
    names = _names(viewer, {one.course_id for one in told})
    told = [one for one in told if one.enrolment_id in names]  # without those who left while we asked
    told = sorted(told, key=lambda one: (one.order, names[one.enrolment_id]))[:most]
    asked = {one.enrolment_id for one in told if one.credited is None}
    scope = (
        AttendanceMark.enrolment_id.in_(asked)
        if most is not None
        else Meeting.course_id.in_({one.course_id for one in told})
    )
    counted: dict[int, int] = {}
    for enrolment_id, _, minutes, _ in db.session.execute(_attended(viewer, scope, _pairs(offers))) if asked else ():
        counted[enrolment_id] = counted.get(enrolment_id, 0) + minutes
    people = []
    for (_, may_miss, title), enrolment_id, course_id, verdict, best, credited in told:
        counts = counted.get(enrolment_id, 0) if credited is None else credited
        missing, reachable = max(0, best - may_miss - counts), best - counts
        people.append(
            Warned(enrolment_id, names[enrolment_id], course_id, title, verdict, missing, reachable, may_miss)
        )
    return Warnings(len(found), sum(one.outlook is Outlook.LOST for one in found), people)


def _pairs(offers: Mapping[int, Sequence[_Offer]]) -> list[int]:
    return [course_id for course_id, meetings in offers.items() if meetings[0].counting is Counting.PAIR]


def _standings(viewer: Viewer, offers: Mapping[int, Sequence[_Offer]]) -> list[_Standing]:
    """Everybody who has to be warned, in no order."""
    dispensed: dict[int, set[int]] = {}
    for enrolment_id, meeting_id in db.session.execute(_dispensed(viewer)):
        dispensed.setdefault(enrolment_id, set()).add(meeting_id)
    mandatory: dict[int, list[int]] = {}
    for module_id, programme_id in db.session.execute(MANDATORY):
        mandatory.setdefault(programme_id, []).append(module_id)
    made_up = made_up_by(viewer, Enrolment.course_id.in_(list(offers)))
    by_module = [course_id for course_id, meetings in offers.items() if meetings[0].programme_id in mandatory]
    attended: dict[int, list[_Attended]] = {}
    if by_module or made_up:
        some = sa.or_(Meeting.course_id.in_(by_module), AttendanceMark.enrolment_id.in_(list(made_up)))
        for enrolment_id, *said in db.session.execute(_attended(viewer, some, _pairs(offers))):
            attended.setdefault(enrolment_id, []).append(_Attended._make(said))

    @cache  # most of a course were offered the same …
    def offered(course_id: int, entry: dt.date | None, leaving: dt.date | None, without: frozenset[int]) -> _Offered:
        return _offered(offers[course_id], entry, leaving, without, viewer.today)

    @cache  # … and many missed as much of it
    def standing(offer: _Offered, missed: int, share: int | None) -> tuple[Outlook, Prospect]:
        # As if nothing were credited but all of it still open: what is missed makes no difference between the two, and
        # whoever has reached the share already could lose all that comes.
        stand = Prospect(0, offer.own - missed, offer.soon, offer.later, offer.whole)
        return outlook(stand, share), stand

    nothing: frozenset[int] = frozenset()
    found = []
    for enrolment_id, course_id, entry, leaving, missed in db.session.execute(
        _missed(viewer, list(offers), _pairs(offers))
    ):
        first = offers[course_id][0]
        without = frozenset(dispensed[enrolment_id]) if enrolment_id in dispensed else nothing
        offer = offered(course_id, entry, leaving, without)
        modules = mandatory.get(first.programme_id, ())
        extra = made_up.get(enrolment_id, ()) if first.counts_make_up else ()
        credited = None
        if modules or extra:
            prospects = _prospects(offer.modules, attended.get(enrolment_id, ()), dict(extra))
            stand = prospects.pop(None)
            asked = [outlook(stand, first.share)] if first.share is not None else []
            asked += [outlook(prospects[number], first.share) for number in modules if number in prospects]
            verdict, credited = worst(asked), stand.credited
        elif first.share is not None:
            verdict, stand = standing(offer, missed, first.share)
        else:
            continue
        if verdict in WARNED and stand.lost > 0:
            order = (verdict is not Outlook.LOST, stand.may_miss(first.share), first.title)
            found.append(_Standing(order, enrolment_id, course_id, verdict, stand.best, credited))
    return found


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


def _names(viewer: Viewer, course_ids: Collection[int]) -> dict[int, str]:
    """The names of those enrolled in some of the viewer's courses, by enrolment."""
    rows = db.session.execute(
        sa.select(Enrolment.id, Person.family_name, Person.given_name)
        .join(Person, Person.id == Enrolment.person_id)
        .where(Enrolment.course_id.in_(course_ids), Enrolment.status == EnrolmentStatus.ENROLLED)
        .execution_options(viewer=viewer)
    )
    return {row[0]: ", ".join(part for part in row[1:] if part) for row in rows}


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


def _attended(viewer: Viewer, scope: sa.ColumnElement[bool], pairs: Collection[int]) -> sa.Select[*tuple[Any, ...]]:
    """Per enrolment and module: minutes that count, and minutes of the meetings of which anything is recorded."""
    return _recorded(
        viewer,
        scope,
        AttendanceMark.enrolment_id,
        Meeting.module_id,
        sa.func.sum(sa.case((_counts(pairs), AttendanceMark.minutes), else_=0)),
        sa.func.sum(Meeting.minutes),
    ).group_by(AttendanceMark.enrolment_id, Meeting.module_id)


def _missed(viewer: Viewer, course_ids: Sequence[int], pairs: Collection[int]) -> sa.Select[*tuple[Any, ...]]:
    """Everybody enrolled in these courses, with their days and the minutes missed of meetings of which anything is recorded."""
    counts = _counts(pairs)
    part = sa.case((counts, Meeting.minutes - AttendanceMark.minutes), else_=Meeting.minutes)
    missed = (
        _recorded(
            viewer,
            sa.and_(
                Meeting.course_id.in_(course_ids),
                sa.or_(AttendanceMark.minutes < Meeting.minutes, sa.not_(counts)),
            ),
            AttendanceMark.enrolment_id,
            sa.func.sum(part).label("minutes"),
        )
        .group_by(AttendanceMark.enrolment_id)
        .subquery()
    )
    return (
        sa.select(
            Enrolment.id,
            Enrolment.course_id,
            Enrolment.entry_date,
            Enrolment.exit_date,
            sa.func.coalesce(missed.c.minutes, 0),
        )
        .outerjoin(missed, missed.c.enrolment_id == Enrolment.id)
        .where(Enrolment.course_id.in_(course_ids), Enrolment.status == EnrolmentStatus.ENROLLED)
        .execution_options(viewer=viewer)
    )


def _counts(pairs: Collection[int]) -> sa.ColumnElement[bool]:
    """Whether a mark's minutes count: in `pairs` an adult's only together with a child."""
    child = orm.aliased(AttendanceMark)
    together = sa.exists().where(
        child.meeting_id == AttendanceMark.meeting_id,
        child.enrolment_id == AttendanceMark.enrolment_id,
        child.child_id.is_not(None),
        child.mark == Mark.PRESENT,
    )
    return sa.or_(Meeting.course_id.not_in(pairs), together.correlate(AttendanceMark))


def _recorded(
    viewer: Viewer, scope: sa.ColumnElement[bool], *columns: sa.SQLColumnExpression[Any]
) -> sa.Select[*tuple[Any, ...]]:
    """What is recorded of adults on their own days, at meetings that took place, and does not dispense them.

    The courses are the viewer's already: asking for each mark whose it is took most of the time.
    """
    return (
        sa.select(*columns)
        .select_from(AttendanceMark)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
        .where(
            scope,
            AttendanceMark.child_id.is_(None),
            AttendanceMark.mark.not_in(DISPENSED),
            Meeting.status != MeetingStatus.CANCELLED,
            sa.or_(Meeting.closed_at.is_not(None), Meeting.status == MeetingStatus.HELD, Meeting.date < viewer.today),
            Meeting.date >= Enrolment.entry_date,
            sa.or_(Enrolment.exit_date.is_(None), Meeting.date <= Enrolment.exit_date),
        )
        .execution_options(viewer=viewer)
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
