"""Reads what is offered publicly, for anybody, and the applications that a coordinator has to decide about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

import clock
from auth.guard import Viewer
from database import db
from programmes.catalogue.models import Course, Meeting, Programme
from programmes.catalogue.queries import coordinates
from programmes.catalogue.rules import PACKS, MeetingStatus
from programmes.enrolment.applying.models import Application, PublicOffer
from programmes.enrolment.applying.rules import KEPT, ApplicationFacts, Span
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import HOLDS_PLACE, QUEUES
from programmes.participants.rules import ChildFacts, Need


@dataclass(frozen=True)
class Offered:
    """A course as anybody may know it: never how many people are in it, only whether a place is free for the next."""

    course: Course
    is_free: bool
    meetings: Sequence[Span]


def offered(viewer: Viewer, course_id: int | None = None) -> list[Offered]:
    """The courses that are offered publicly and not over, or one of them; what begins first stands first. Two queries."""
    in_course = Enrolment.course_id == Course.id
    taken, waiting = (
        sa.select(sa.func.count())
        .select_from(Enrolment)
        .where(in_course, Enrolment.status.in_(statuses))
        .scalar_subquery()
        for statuses in (HOLDS_PLACE, QUEUES)
    )
    query = (
        sa.select(Course, sa.and_(taken < Course.places, waiting == 0))
        .join(PublicOffer, PublicOffer.course_id == Course.id)
        .join(Course.programme)
        .where(
            Course.cancelled_reason.is_(None),
            Course.ends_on >= viewer.today,
            Programme.rule_pack.not_in([pack for pack in PACKS.values() if pack.counts_heads]),
        )
        .options(
            orm.contains_eager(Course.programme).joinedload(Programme.after_programme),
            orm.joinedload(Course.municipality),
            orm.joinedload(Course.quarter),
        )
        .order_by(Course.starts_on, Course.number)
        .execution_options(viewer=viewer)
    )
    if course_id is not None:
        query = query.where(Course.id == course_id)
    rows = db.session.execute(query).all()
    meetings = _meetings_ahead([row[0].id for row in rows], viewer.today)
    return [Offered(row[0], bool(row[1]), meetings.get(row[0].id, [])) for row in rows]


def _meetings_ahead(course_ids: Sequence[int], today: dt.date) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for row in db.session.execute(
        sa.select(Meeting.course_id, Meeting.date, Meeting.starts_at, Meeting.ends_at)
        .where(Meeting.course_id.in_(course_ids), Meeting.date >= today, Meeting.status != MeetingStatus.CANCELLED)
        .order_by(Meeting.date, Meeting.starts_at)
    ):
        found.setdefault(row[0], []).append(Span(row[1], row[2], row[3]))
    return found


def one_offered(viewer: Viewer, course_id: int) -> Offered:
    """One of them. Raises NoResultFound: what is not offered is not there."""
    found = offered(viewer, course_id)
    if not found:
        raise sa.exc.NoResultFound
    return found[0]


def public_offer(course_id: int) -> PublicOffer | None:
    """Whether and since when a granted course is offered publicly."""
    return db.session.get(PublicOffer, course_id)


def is_known(viewer: Viewer, ticket: str) -> bool:
    """Whether the form with this ticket has been taken."""
    query = sa.select(sa.exists().where(Application.ticket == ticket))
    return bool(db.session.scalar(query.execution_options(viewer=viewer)))


def count_since(viewer: Viewer, course_id: int, moment: dt.datetime) -> int:
    """How many applied for a course since then."""
    query = sa.select(sa.func.count()).where(Application.course_id == course_id, Application.sent_at > moment)
    return db.session.scalar(query.execution_options(viewer=viewer)) or 0


def _open(viewer: Viewer) -> sa.Select[Application]:
    """What is older than applications are kept is gone, even where nothing has deleted it yet."""
    return (
        sa.select(Application)
        .join(Application.course)
        .where(coordinates(viewer), Application.sent_at > clock.now() - KEPT)
        .options(orm.contains_eager(Application.course).joinedload(Course.programme))
        .execution_options(viewer=viewer)
    )


def applications(viewer: Viewer) -> Sequence[Application]:
    """The open applications for courses the viewer coordinates, in the order they came."""
    return db.session.scalars(_open(viewer).order_by(Application.sent_at, Application.id)).all()


def application(viewer: Viewer, application_id: int) -> Application:
    """One of them. Raises NoResultFound."""
    return db.session.scalars(_open(viewer).where(Application.id == application_id)).one()


def facts_of(found: Application) -> ApplicationFacts:
    """What was said in an application."""
    return ApplicationFacts(
        given_name=found.given_name, family_name=found.family_name, phone=found.phone, email=found.email,
        through=found.through, language=found.language, birth_date=found.birth_date, birth_precision=found.birth_precision,
        needs=tuple(Need(key) for key in found.needs), relation=found.relation,
        children=tuple(ChildFacts(child["name"], dt.date.fromisoformat(child["month"])) for child in found.children),
    )  # fmt: skip
