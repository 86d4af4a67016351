"""Reads who is to be told of a meeting that moved or does not take place, and who knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.attendance.telling.models import Notice
from programmes.attendance.telling.rules import Appointment, Message, Step, newest, planned, way
from programmes.catalogue.models import Course, Meeting, MeetingChange
from programmes.catalogue.queries import coordinates, replacement_of
from programmes.catalogue.rules import MeetingStatus
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import HAS_PLACE, on_day
from programmes.participants.models import Person
from programmes.participants.rules import Channel, Need, language_of


@dataclass(frozen=True)
class News:
    """What there is to tell of a meeting: the change that says it last, and the message."""

    change_id: int
    message: Message


@dataclass(frozen=True)
class Line:
    """Somebody to be told, how, and what became of it: `notices` are of this news, newest first."""

    enrolment: Enrolment
    way: Channel
    language: str
    interpreting: bool
    notices: tuple[Notice, ...]

    @property
    def person(self) -> Person:
        return self.enrolment.person

    @property
    def told(self) -> Notice | None:
        """How they know it, if they do."""
        return next((one for one in self.notices if one.told_at is not None), None)

    @property
    def waiting(self) -> Notice | None:
        """An e-mail that is on its way."""
        return next((one for one in self.notices if one.told_at is None and one.failed_at is None), None)

    @property
    def failed(self) -> Notice | None:
        """An e-mail that was not taken."""
        return next((one for one in self.notices if one.failed_at is not None), None)

    @property
    def can_mail(self) -> bool:
        """Whether an e-mail is still to be sent."""
        return self.way is Channel.EMAIL and not self.notices


def told_with(meeting: Meeting) -> Meeting:
    """The meeting with which people are told of this one: the first of those that fall out because the whole course does."""
    return (_called_off(meeting) or [meeting])[0]


def _called_off(meeting: Meeting) -> Sequence[Meeting]:
    """The meetings that were cancelled with the course, in order; none if this one was not."""
    reason = meeting.course.cancelled_reason
    if reason is None or meeting.status is not MeetingStatus.CANCELLED or meeting.cancelled_reason != reason:
        return []
    return db.session.scalars(
        sa.select(Meeting)
        .where(Meeting.course_id == meeting.course_id)
        .where(Meeting.status == MeetingStatus.CANCELLED, Meeting.cancelled_reason == reason)
        .order_by(Meeting.date, Meeting.starts_at, Meeting.id)
    ).all()


def news_of(meeting: Meeting) -> News | None:
    """What there is to tell of a granted meeting, which others may be told with; None: nothing. Two queries when there is,
    one more when the course is called off."""
    rows = db.session.execute(
        sa.select(MeetingChange.id, MeetingChange.what, MeetingChange.old, MeetingChange.new).where(
            MeetingChange.meeting_id == meeting.id
        )
    )
    steps = [Step(*row) for row in rows]
    change_id = newest(steps)
    if change_id is None:
        return None
    now, is_cancelled = _appointment(meeting), meeting.status is MeetingStatus.CANCELLED
    made = replacement_of(meeting.id) if is_cancelled else None
    instead = _appointment(made) if made is not None and made.status is not MeetingStatus.CANCELLED else None
    later = tuple(one.date for one in _called_off(meeting)[1:])
    return News(change_id, Message(planned(now, steps), now, is_cancelled, instead, later))


def _appointment(meeting: Meeting) -> Appointment:
    return Appointment(meeting.date, meeting.starts_at, meeting.ends_at, meeting.place)


def people_to_tell(viewer: Viewer, meeting: Meeting, news: News) -> list[Line]:
    """Everybody with a place on one of the days that it is about, and who waits again but was told of this meeting before. Two queries.

    Only of courses that the viewer coordinates: phones and addresses are not for leaders.
    """
    notices: dict[int, list[Notice]] = {}
    for notice in db.session.scalars(
        sa.select(Notice)
        .join(MeetingChange, MeetingChange.id == Notice.change_id)
        .where(MeetingChange.meeting_id == meeting.id)
        .order_by(Notice.id.desc())
        .options(orm.joinedload(Notice.by))
        .execution_options(viewer=viewer)
    ):
        notices.setdefault(notice.enrolment_id, []).append(notice)
    enrolments = db.session.scalars(
        sa.select(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Enrolment.person)
        .where(
            coordinates(viewer),
            Enrolment.course_id == meeting.course_id,
            sa.or_(Enrolment.status.in_(HAS_PLACE), Enrolment.id.in_(notices)),
        )
        .order_by(Person.sort_key, Enrolment.id)
        .options(orm.contains_eager(Enrolment.person).joinedload(Person.municipality))
        .execution_options(viewer=viewer)
    )
    return [
        _line(one, [notice for notice in notices.get(one.id, ()) if notice.change_id == news.change_id])
        for one in enrolments
        if one.id in notices or any(on_day(one.entry_date, one.exit_date, day) for day in news.message.days)
    ]


def _line(enrolment: Enrolment, notices: Sequence[Notice]) -> Line:
    person = enrolment.person
    return Line(
        enrolment,
        way(person.contact_by, phone=person.phone, email=person.email, address=person.address),
        language_of(person.languages or ()),
        Need.INTERPRETING in person.needs,
        tuple(notices),
    )


@dataclass(frozen=True)
class Progress:
    """How many of those to be told know it. Counts name nobody, so leaders may see them."""

    told: int
    people: int


def progress(viewer: Viewer, meeting: Meeting) -> Progress | None:
    """How far people were told of a granted meeting; None: there is nothing to tell."""
    meeting = told_with(meeting)
    news = news_of(meeting)
    if news is None:
        return None
    knows = sa.exists().where(
        Notice.enrolment_id == Enrolment.id, Notice.change_id == news.change_id, Notice.told_at.is_not(None)
    )
    told_before = (
        sa.exists()
        .where(Notice.enrolment_id == Enrolment.id, Notice.change_id == MeetingChange.id)
        .where(MeetingChange.meeting_id == meeting.id)
    )
    there = [
        sa.and_(Enrolment.entry_date <= day, sa.func.coalesce(Enrolment.exit_date, day) >= day)
        for day in sorted(news.message.days)
    ]
    row = db.session.execute(
        sa.select(sa.func.count().filter(knows.correlate(Enrolment)), sa.func.count())
        .select_from(Enrolment)
        .where(
            Enrolment.course_id == meeting.course_id,
            sa.or_(sa.and_(Enrolment.status.in_(HAS_PLACE), sa.or_(*there)), told_before.correlate(Enrolment)),
        )
        .execution_options(viewer=viewer)
    ).one()
    return Progress(*row) if row[1] else None
