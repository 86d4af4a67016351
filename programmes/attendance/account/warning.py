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


def warned(viewer: Viewer) -> list[Warned]:
    """Who has to be warned in running courses the viewer coordinates: first what is lost, then what is nearest to it.

    Who has not missed anything yet is never on it. Six queries, which add up in the database; `rules.outlook` decides.
    """
    offers: dict[int, list[_Offer]] = {}
    for row in db.session.execute(_offers(viewer)):
        offers.setdefault(row[0], []).append(_Offer._make(row))
    attended: dict[int, list[_Attended]] = {}
    pairs = [course_id for course_id, meetings in offers.items() if meetings[0].counting is Counting.PAIR]
    for enrolment_id, module_id, counted, recorded in db.session.execute(_attended(viewer, list(offers), pairs)):
        attended.setdefault(enrolment_id, []).append(_Attended(module_id, counted, recorded))
    dispensed: dict[int, set[int]] = {}
    for enrolment_id, meeting_id in db.session.execute(_dispensed(viewer)):
        dispensed.setdefault(enrolment_id, set()).add(meeting_id)
    made_up = made_up_by(viewer, Enrolment.course_id.in_(list(offers)))
    mandatory: dict[int, list[int]] = {}
    for module_id, programme_id in db.session.execute(
        sa.select(Module.id, Module.programme_id)
        .join(Programme, Programme.id == Module.programme_id)
        .where(Module.mandatory, Programme.paper == PaperKind.QUALIFICATION)
    ):
        mandatory.setdefault(programme_id, []).append(module_id)

    @cache  # most of a course were offered the same
    def offered(course_id: int, entry: dt.date | None, leaving: dt.date | None, without: frozenset[int]) -> _Offered:
        return _offered(offers.get(course_id, ()), entry, leaving, without, viewer.today)

    @cache  # … and many attended as much of it
    def standing(offer: _Offered, counted: int, recorded: int, share: int) -> tuple[Outlook, Prospect]:
        stand = Prospect(counted, offer.own - recorded, offer.soon, offer.later, offer.whole)
        return outlook(stand, share), stand

    nothing: frozenset[int] = frozenset()
    found = []
    for person in db.session.execute(_people(viewer)):
        enrolment_id, course_id, entry, leaving, family_name, given_name, title, programme_id, share, counts = person
        without = frozenset(dispensed[enrolment_id]) if enrolment_id in dispensed else nothing
        offer = offered(course_id, entry, leaving, without)
        said = attended.get(enrolment_id, ())
        modules = mandatory.get(programme_id, ())
        extra = made_up.get(enrolment_id, ()) if counts else ()
        if modules or extra:
            prospects = _prospects(offer.modules, said, dict(extra))
            stand = prospects.pop(None)
            asked = [outlook(stand, share)] if share is not None else []
            asked += [outlook(prospects[number], share) for number in modules if number in prospects]
            verdict = worst(asked)
        elif share is not None:
            counted = recorded = 0
            for one in said:
                counted += one.counted
                recorded += one.recorded
            verdict, stand = standing(offer, counted, recorded, share)
        else:
            continue
        if verdict in WARNED and stand.lost > 0:
            may_miss = stand.may_miss(share)
            missing = max(0, stand.best - may_miss - stand.credited)
            name = ", ".join(part for part in (family_name, given_name) if part)
            reachable = stand.best - stand.credited
            found.append(Warned(enrolment_id, name, course_id, title, verdict, missing, reachable, may_miss))
    return sorted(found, key=lambda one: (one.outlook is not Outlook.LOST, one.may_miss, one.course, one.name))


@built_once
def _running(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.and_(
        coordinates(viewer),
        Course.starts_on <= viewer.today,
        Course.ends_on >= viewer.today,
        Course.cancelled_reason.is_(None),
        sa.or_(Programme.required_share.is_not(None), Programme.paper == PaperKind.QUALIFICATION),
    )


@built_once
def _people(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Enrolment.id,
            Enrolment.course_id,
            Enrolment.entry_date,
            Enrolment.exit_date,
            Person.family_name,
            Person.given_name,
            Course.title,
            Programme.id.label("programme_id"),
            Programme.required_share,
            Programme.counts_make_up,
        )
        .join(Person, Person.id == Enrolment.person_id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(_running(viewer), Enrolment.status == EnrolmentStatus.ENROLLED)
        .execution_options(viewer=viewer)
    )


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
        )
        .join(Course, Course.id == Meeting.course_id)
        .join(Programme, Programme.id == Course.programme_id)
        .where(_running(viewer), Meeting.status != MeetingStatus.CANCELLED)
    )


def _attended(viewer: Viewer, course_ids: Sequence[int], pairs: Collection[int]) -> sa.Select[*tuple[Any, ...]]:
    """Per enrolment and module: minutes that count, and minutes of the meetings of which anything is recorded.

    The courses are the viewer's already: asking for each mark whose it is took most of the time. In `pairs` an adult counts
    only together with a child.
    """
    child = orm.aliased(AttendanceMark)
    together = sa.exists().where(
        child.meeting_id == AttendanceMark.meeting_id,
        child.enrolment_id == AttendanceMark.enrolment_id,
        child.child_id.is_not(None),
        child.mark == Mark.PRESENT,
    )
    counts = sa.or_(Meeting.course_id.not_in(pairs), together.correlate(AttendanceMark))
    return (
        sa.select(
            AttendanceMark.enrolment_id,
            Meeting.module_id,
            sa.func.sum(sa.case((counts, AttendanceMark.minutes), else_=0)),
            sa.func.sum(Meeting.minutes),
        )
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
        .where(
            Meeting.course_id.in_(course_ids),
            AttendanceMark.child_id.is_(None),
            AttendanceMark.mark.not_in(DISPENSED),
            Meeting.status != MeetingStatus.CANCELLED,
            sa.or_(Meeting.closed_at.is_not(None), Meeting.status == MeetingStatus.HELD, Meeting.date < viewer.today),
            Meeting.date >= Enrolment.entry_date,
            sa.or_(Enrolment.exit_date.is_(None), Meeting.date <= Enrolment.exit_date),
        )
        .group_by(AttendanceMark.enrolment_id, Meeting.module_id)
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
