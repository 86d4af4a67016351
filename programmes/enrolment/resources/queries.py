"""Reads what courses need to be held: who leads them and what they can, and the rooms of one's towns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from auth.models import RoleGrant, User
from auth.rules import Role
from database import db
from programmes.catalogue.models import Course, CourseLeader, LeaderContract, LeaderLanguage, Meeting, Room
from programmes.catalogue.queries import coordinates, offers
from programmes.catalogue.rules import MeetingStatus


@dataclass(frozen=True)
class Leading:
    """Somebody who leads courses: their contract, what they speak, how many courses of the viewer's they lead that are not over, and how many
    coming meetings they stand in for somebody."""

    user: User
    contract: LeaderContract | None
    languages: tuple[str, ...]
    courses: int
    stands_in: int


def _known_leaders(viewer: Viewer) -> sa.Select[User]:
    """Administrators know all who may lead courses, coordinators those who lead or stand in within their scope."""
    leaders = sa.select(User).where(
        User.active, sa.exists().where(RoleGrant.user_id == User.id, RoleGrant.role == Role.LEADER).correlate(User)
    )
    if viewer.is_office or Role.ADMINISTRATOR in viewer.roles:
        return leaders
    mine = sa.select(Course.id).where(coordinates(viewer))
    leads = sa.select(CourseLeader.user_id).where(CourseLeader.course_id.in_(mine))
    stands_in = sa.select(Meeting.substitute_id).where(Meeting.course_id.in_(mine), Meeting.substitute_id.is_not(None))
    return leaders.where(User.id.in_(sa.union(leads, stands_in)))


def leaders(viewer: Viewer) -> list[Leading]:
    """The leaders whom the viewer knows, by name. Four queries."""
    known = db.session.execute(
        _known_leaders(viewer)
        .add_columns(LeaderContract)
        .outerjoin(LeaderContract, LeaderContract.user_id == User.id)
        .order_by(User.name, User.id)
    ).all()
    ids = [user.id for user, _ in known]
    languages: dict[int, list[str]] = {}
    for user_id, language in db.session.execute(
        sa.select(LeaderLanguage.user_id, LeaderLanguage.language)
        .where(LeaderLanguage.user_id.in_(ids))
        .order_by(LeaderLanguage.id)
    ):
        languages.setdefault(user_id, []).append(language)
    courses = _count(
        sa.select(CourseLeader.user_id, sa.func.count())
        .join(Course, Course.id == CourseLeader.course_id)
        .where(
            CourseLeader.user_id.in_(ids),
            coordinates(viewer),
            Course.ends_on >= viewer.today,
            Course.cancelled_reason.is_(None),
        )
        .group_by(CourseLeader.user_id)
    )
    stands_in = _count(
        sa.select(Meeting.substitute_id, sa.func.count())
        .join(Course, Course.id == Meeting.course_id)
        .where(
            Meeting.substitute_id.in_(ids),
            coordinates(viewer),
            Meeting.date >= viewer.today,
            Meeting.status != MeetingStatus.CANCELLED,
        )
        .group_by(Meeting.substitute_id)
    )
    return [
        Leading(user, contract, tuple(languages.get(user.id, ())), courses.get(user.id, 0), stands_in.get(user.id, 0))
        for user, contract in known
    ]


def _count(query: sa.Select[*tuple[Any, ...]]) -> dict[int, int]:
    return {row[0]: row[1] for row in db.session.execute(query)}


def leader(viewer: Viewer, user_id: int) -> User:
    """One leader whom the viewer knows. Raises NoResultFound."""
    return db.session.scalars(_known_leaders(viewer).where(User.id == user_id)).one()


def contract_of(user_id: int) -> LeaderContract | None:
    """The contract of a granted leader, if its days were told."""
    return db.session.get(LeaderContract, user_id)


def languages_of(user_id: int) -> Sequence[LeaderLanguage]:
    """What a granted leader speaks, in the order told."""
    return db.session.scalars(
        sa.select(LeaderLanguage).where(LeaderLanguage.user_id == user_id).order_by(LeaderLanguage.id)
    ).all()


def towns(viewer: Viewer) -> frozenset[int]:
    """The towns in which the viewer may open courses: their rooms are theirs to describe."""
    return frozenset(town for _, town in offers(viewer))


def room(viewer: Viewer, room_id: int) -> Room:
    """One room of the viewer's towns. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(Room)
        .where(Room.id == room_id, Room.municipality_id.in_(towns(viewer)))
        .options(orm.joinedload(Room.municipality))
    ).one()


def is_taken(municipality_id: int, name: str, but: int | None) -> bool:
    """Whether another room of the town has this name."""
    query = sa.select(Room.id).where(
        Room.municipality_id == municipality_id, Room.name == name, Room.id != (but or 0)
    )  # fmt: skip
    return db.session.scalar(query) is not None
