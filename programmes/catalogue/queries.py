"""Reads the offer. One select of what a viewer may see serves list, lookup, count and export."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer, built_once
from auth.models import RoleGrant, User
from auth.rules import Role
from database import db
from programmes.catalogue.models import (
    Body,
    Contradiction,
    Coordination,
    Course,
    CourseLeader,
    CourseTrait,
    Meeting,
    MeetingChange,
    MicroProject,
    Module,
    Municipality,
    Programme,
    Quarter,
    Room,
)
from programmes.catalogue.rules import LEADER_SEES_AFTER_END, CourseFeature, MeetingStatus, ProgrammeKind, Span

CourseScope = sa.ColumnElement[bool]


def _covers(
    viewer: Viewer, programme: type[Programme], municipality_id: sa.SQLColumnExpression[int]
) -> list[CourseScope]:
    """What makes a coordination of the viewer cover this programme (or the one above it) in this municipality."""
    return [
        Coordination.user_id == viewer.id,
        sa.or_(
            Coordination.programme_id.is_(None),
            Coordination.programme_id == programme.id,
            Coordination.programme_id == programme.parent_id,
        ),
        sa.or_(Coordination.municipality_id.is_(None), Coordination.municipality_id == municipality_id),
    ]


@built_once
def coordinates(viewer: Viewer) -> CourseScope:
    """True for a course whose programme (or the programme above it) and municipality the viewer coordinates."""
    if viewer.is_office:
        return sa.true()
    if not viewer.coordinates:
        return sa.false()
    programme = orm.aliased(Programme)
    return (
        sa.exists()
        .where(programme.id == Course.programme_id, *_covers(viewer, programme, Course.municipality_id))
        .correlate(Course)
    )


def offers(viewer: Viewer) -> frozenset[tuple[int, int]]:
    """The pairs of programme and municipality in which the viewer may open courses."""
    if not viewer.coordinates:
        return frozenset()
    pairs = sa.select(Programme.id, Municipality.id).join(Municipality, sa.true())
    if not viewer.is_office:
        scope = sa.exists().where(*_covers(viewer, Programme, Municipality.id))
        pairs = pairs.where(scope.correlate(Programme, Municipality))
    return frozenset((row[0], row[1]) for row in db.session.execute(pairs))


def governed_programmes(viewer: Viewer) -> sa.Select[Programme]:
    """The programmes that the viewer coordinates as a whole, in every municipality: their rules are theirs to set."""
    if viewer.is_office:
        return sa.select(Programme)
    if not viewer.coordinates:
        return sa.select(Programme).where(sa.false())
    whole = sa.exists().where(
        Coordination.user_id == viewer.id,
        Coordination.municipality_id.is_(None),
        sa.or_(Coordination.programme_id == Programme.id, Coordination.programme_id == Programme.parent_id),
    )
    return sa.select(Programme).where(whole.correlate(Programme))


@built_once
def leads(viewer: Viewer) -> CourseScope:
    """True for a course the viewer leads, until 30 days after its end."""
    if not viewer.leads:
        return sa.false()
    return sa.and_(
        Course.ends_on >= viewer.today - LEADER_SEES_AFTER_END,
        sa.exists().where(CourseLeader.course_id == Course.id, CourseLeader.user_id == viewer.id).correlate(Course),
    )


@built_once
def coordinated_courses(viewer: Viewer) -> sa.Select[Course]:
    """The courses whose people, places and papers the viewer decides about."""
    return sa.select(Course).where(coordinates(viewer))


@built_once
def visible_courses(viewer: Viewer) -> sa.Select[Course]:
    """The courses the viewer coordinates or leads."""
    return sa.select(Course).where(sa.or_(coordinates(viewer), leads(viewer)))


@built_once
def visible_meetings(viewer: Viewer) -> sa.Select[Meeting]:
    """The meetings of visible courses, and single ones the viewer leads as a substitute."""
    scope = sa.or_(coordinates(viewer), leads(viewer))
    if viewer.leads:
        stands_in = sa.and_(Meeting.substitute_id == viewer.id, Course.ends_on >= viewer.today - LEADER_SEES_AFTER_END)
        scope = sa.or_(scope, stands_in)
    return sa.select(Meeting).join(Course, Meeting.course_id == Course.id).where(scope)


def course(viewer: Viewer, course_id: int) -> Course:
    """One visible course with its programme and place. Raises NoResultFound."""
    return db.session.scalars(
        visible_courses(viewer)
        .where(Course.id == course_id)
        .options(
            orm.joinedload(Course.programme), orm.joinedload(Course.municipality), orm.joinedload(Course.quarter),
            orm.joinedload(Course.room),
        )
    ).one()  # fmt: skip


def coordinated_course(viewer: Viewer, course_id: int) -> Course:
    """One course the viewer decides about. Raises NoResultFound."""
    return db.session.scalars(coordinated_courses(viewer).where(Course.id == course_id)).one()


WITH_COURSE = (orm.contains_eager(Meeting.course).joinedload(Course.programme), orm.joinedload(Meeting.module))


def meeting(viewer: Viewer, meeting_id: int) -> Meeting:
    """One visible meeting with its course and programme. Raises NoResultFound."""
    return db.session.scalars(_meeting(viewer), {"meeting_id": meeting_id}).one()


@built_once
def _meeting(viewer: Viewer) -> sa.Select[Meeting]:
    return visible_meetings(viewer).where(Meeting.id == sa.bindparam("meeting_id")).options(*WITH_COURSE)


def may_coordinate(viewer: Viewer, course_id: int) -> bool:
    """Whether the viewer decides about this course (and not only leads it)."""
    return db.session.scalar(sa.select(sa.exists().where(Course.id == course_id, coordinates(viewer)))) or False


def meetings_of(course_id: int) -> Sequence[Meeting]:
    """All meetings of a course in order; the caller has been granted the course."""
    return db.session.scalars(
        sa.select(Meeting)
        .where(Meeting.course_id == course_id)
        .order_by(Meeting.date, Meeting.starts_at)
        .options(orm.joinedload(Meeting.module), orm.joinedload(Meeting.substitute), orm.joinedload(Meeting.room))
    ).all()


def leaders_of(course_id: int) -> Sequence[User]:
    """Who leads a course, first leader first."""
    return db.session.scalars(
        sa.select(User)
        .join(CourseLeader, CourseLeader.user_id == User.id)
        .where(CourseLeader.course_id == course_id)
        .order_by(CourseLeader.role.desc(), User.name)
    ).all()


def replacement_of(meeting_id: int) -> Meeting | None:
    """The meeting that makes up for a granted one."""
    return db.session.scalar(sa.select(Meeting).where(Meeting.replaces_id == meeting_id))


def changes_of(meeting_id: int) -> Sequence[MeetingChange]:
    """What happened to a meeting, oldest first."""
    return db.session.scalars(
        sa.select(MeetingChange)
        .where(MeetingChange.meeting_id == meeting_id)
        .order_by(MeetingChange.id)
        .options(orm.joinedload(MeetingChange.by))
    ).all()


def programmes() -> Sequence[Programme]:
    """The whole catalogue in the report's order. It names nobody, so everybody on the staff may read it."""
    return db.session.scalars(
        sa.select(Programme).order_by(Programme.position).options(orm.joinedload(Programme.parent))
    ).all()


def find_programmes(text: str | None, kind: ProgrammeKind | None) -> list[Programme]:
    """Programmes of one kind whose title, short title, key or alias contains a text; without either, all of them."""
    wanted = (text or "").casefold()
    return [
        found
        for found in programmes()
        if (kind is None or found.kind is kind)
        and any(wanted in name.casefold() for name in (found.key, found.title, found.short_title, *found.aliases))
    ]


def programme(programme_id: int) -> Programme:
    """One programme. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(Programme).where(Programme.id == programme_id).options(orm.joinedload(Programme.parent))
    ).one()


def governed_programme(viewer: Viewer, programme_id: int) -> Programme:
    """One programme whose rules the viewer sets. Raises NoResultFound."""
    return db.session.scalars(governed_programmes(viewer).where(Programme.id == programme_id)).one()


def governs(viewer: Viewer, programme_id: int) -> bool:
    """Whether the viewer sets the rules of a programme."""
    mine = governed_programmes(viewer).with_only_columns(Programme.id).where(Programme.id == programme_id)
    return db.session.scalar(mine) is not None


def parts_of(programme_id: int) -> Sequence[Programme]:
    """The sub-programmes of a programme."""
    return db.session.scalars(
        sa.select(Programme).where(Programme.parent_id == programme_id).order_by(Programme.position)
    ).all()


def has_courses(programme_id: int) -> bool:
    """Whether a programme has courses, in whatever scope."""
    return db.session.scalar(sa.select(sa.exists().where(Course.programme_id == programme_id))) or False


def modules_of(programme_id: int) -> Sequence[Module]:
    """The modules of a programme in order."""
    return db.session.scalars(
        sa.select(Module).where(Module.programme_id == programme_id).order_by(Module.number)
    ).all()


def governed_module(viewer: Viewer, module_id: int) -> Module:
    """One module of a programme whose rules the viewer sets. Raises NoResultFound."""
    mine = governed_programmes(viewer).with_only_columns(Programme.id)
    return db.session.scalars(
        sa.select(Module)
        .where(Module.id == module_id, Module.programme_id.in_(mine))
        .options(orm.joinedload(Module.programme))
    ).one()


def meetings_with_module(module_id: int) -> int:
    """How many meetings of any course carry a module."""
    return db.session.scalar(sa.select(sa.func.count()).where(Meeting.module_id == module_id)) or 0


def municipalities() -> Sequence[Municipality]:
    """The 13 towns, then places outside the county."""
    return db.session.scalars(sa.select(Municipality).order_by(Municipality.in_county.desc(), Municipality.name)).all()


def programmes_with_courses(viewer: Viewer) -> Sequence[Programme]:
    """The programmes of visible courses, in the report's order."""
    return db.session.scalars(_programmes_with_courses(viewer)).all()


@built_once
def _programmes_with_courses(viewer: Viewer) -> sa.Select[Programme]:
    return (
        sa.select(Programme)
        .options(orm.load_only(Programme.short_title))
        .where(Programme.id.in_(visible_courses(viewer).with_only_columns(Course.programme_id)))
        .order_by(Programme.position)
    )


def municipalities_with_courses(viewer: Viewer) -> Sequence[Municipality]:
    """The towns of visible courses, by name."""
    return db.session.scalars(_municipalities_with_courses(viewer)).all()


@built_once
def _municipalities_with_courses(viewer: Viewer) -> sa.Select[Municipality]:
    return (
        sa.select(Municipality)
        .options(orm.load_only(Municipality.name))
        .where(Municipality.id.in_(visible_courses(viewer).with_only_columns(Course.municipality_id)))
        .order_by(Municipality.name)
    )


def leaders_with_courses(viewer: Viewer) -> Sequence[User]:
    """Who leads visible courses, by name."""
    return db.session.scalars(_leaders_with_courses(viewer)).all()


@built_once
def _leaders_with_courses(viewer: Viewer) -> sa.Select[User]:
    mine = visible_courses(viewer).with_only_columns(Course.id)
    leading = sa.select(CourseLeader.user_id).where(CourseLeader.course_id.in_(mine))
    return sa.select(User).options(orm.load_only(User.name)).where(User.id.in_(leading)).order_by(User.name)


def quarters() -> Sequence[Quarter]:
    """All quarters with their towns."""
    return db.session.scalars(
        sa.select(Quarter).order_by(Quarter.name).options(orm.joinedload(Quarter.municipality))
    ).all()


def rooms(municipality_ids: Collection[int]) -> Sequence[Room]:
    """The rooms of some towns, with their towns."""
    return db.session.scalars(
        sa.select(Room)
        .join(Room.municipality)
        .where(Room.municipality_id.in_(municipality_ids))
        .order_by(Municipality.name, Room.name)
        .options(orm.contains_eager(Room.municipality))
    ).all()


def bodies() -> Sequence[Body]:
    """Offices, partners, committees and funders of the report."""
    return db.session.scalars(sa.select(Body).order_by(Body.key)).all()


def micro_projects() -> Sequence[MicroProject]:
    """The eleven LOS sub-projects."""
    return db.session.scalars(
        sa.select(MicroProject).order_by(MicroProject.key).options(orm.joinedload(MicroProject.programme))
    ).all()


def contradictions() -> Sequence[Contradiction]:
    """X01 to X18 of the report."""
    return db.session.scalars(sa.select(Contradiction).order_by(Contradiction.key)).all()


def contradictions_of(programme: Programme) -> list[Contradiction]:
    """The contradictions and gaps of the report that concern a programme."""
    return [found for found in contradictions() if programme.key in found.programme_keys]


def running_courses(viewer: Viewer) -> dict[int, int]:
    """How many visible courses are running today, by municipality."""
    rows = db.session.execute(
        visible_courses(viewer)
        .with_only_columns(Course.municipality_id, sa.func.count())
        .where(Course.starts_on <= viewer.today, Course.ends_on >= viewer.today, Course.cancelled_reason.is_(None))
        .group_by(Course.municipality_id)
    )
    return {row[0]: row[1] for row in rows}


def coordinators() -> dict[int, list[str]]:
    """Who coordinates each municipality today, by name. Programme coordinators, who act everywhere, are not meant."""
    rows = db.session.execute(
        sa.select(Municipality.id, User.name)
        .distinct()
        .join(Coordination, Coordination.municipality_id == Municipality.id)
        .join(User, User.id == Coordination.user_id)
        .join(RoleGrant, sa.and_(RoleGrant.user_id == User.id, RoleGrant.role == Role.COORDINATOR))
        .where(User.active)
        .order_by(User.name)
    )
    names: dict[int, list[str]] = {}
    for municipality_id, name in rows:
        names.setdefault(municipality_id, []).append(name)
    return names


def number_taken(number: str, course_id: int | None) -> bool:
    """Whether another course has this number, in whatever scope: numbers are unique in the office."""
    query = sa.select(Course.id).where(Course.number == number, Course.id != (course_id or 0))
    return db.session.scalar(query) is not None


def course_leaders(course_id: int) -> Sequence[CourseLeader]:
    """Who leads a course and how, first leader first."""
    return db.session.scalars(
        sa.select(CourseLeader)
        .join(User, User.id == CourseLeader.user_id)
        .where(CourseLeader.course_id == course_id)
        .order_by(CourseLeader.role.desc(), User.name)
        .options(orm.contains_eager(CourseLeader.user))
    ).all()


def features_of(course_id: int) -> list[CourseFeature]:
    """The features of a granted course, in the order of the list."""
    found = set(db.session.scalars(sa.select(CourseTrait.feature).where(CourseTrait.course_id == course_id)))
    return [feature for feature in CourseFeature if feature in found]


def spans_of(course_id: int, *, but: int | None = None) -> list[Span]:
    """When a course meets, cancelled meetings and the one that is about to move left out."""
    rows = db.session.execute(
        sa.select(Meeting.date, Meeting.starts_at, Meeting.ends_at).where(
            Meeting.course_id == course_id, Meeting.status != MeetingStatus.CANCELLED, Meeting.id != (but or 0)
        )
    )
    return [Span(*row) for row in rows]


def coordination(user_id: int, coordination_id: int) -> Coordination:
    """One thing that somebody coordinates. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(Coordination).where(Coordination.user_id == user_id, Coordination.id == coordination_id)
    ).one()


def coordinations(user_id: int) -> Sequence[Coordination]:
    """What somebody coordinates."""
    return db.session.scalars(
        sa.select(Coordination)
        .where(Coordination.user_id == user_id)
        .order_by(Coordination.id)
        .options(orm.joinedload(Coordination.programme), orm.joinedload(Coordination.municipality))
    ).all()


def is_family(course: Course) -> bool:
    """Whether families have the places of a course."""
    return course.programme.is_family
