"""Reads who has a place, who waits, and which people a viewer may know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer, built_once
from database import db
from programmes.catalogue.models import Course, Programme
from programmes.catalogue.queries import coordinated_courses, coordinates, visible_courses
from programmes.catalogue.rules import PACKS
from programmes.enrolment.applying.models import Application
from programmes.enrolment.models import (
    Enrolment,
    EnrolmentChange,
    EnrolmentChild,
    SubGroup,
    SubGroupMember,
)
from programmes.enrolment.rules import (
    CAME,
    HAS_PLACE,
    HOLDS_PLACE,
    NOTHING_TOLD,
    QUEUES,
    STILL_OPEN,
    Applicant,
    EnrolmentStatus,
    Funded,
    Offer,
    Situation,
)
from programmes.participants.models import FamilyMember, Person
from programmes.participants.rules import Need

SOMEBODY = (Person.merged_into_id.is_(None), Person.withheld_at.is_(None))
_withheld = orm.aliased(Person)
WITHHELD = sa.select(_withheld.id).where(_withheld.withheld_at.is_not(None))


@built_once
def visible_people(viewer: Viewer) -> sa.Select[Person]:
    """The people a coordinator may know: in a course of their scope (also as a child), of such a family, or entered by them.
    A record that turned out to be somebody else's is nobody's, as is that of somebody who is being erased."""
    if viewer.is_office:
        return sa.select(Person).where(*SOMEBODY).execution_options(viewer=viewer)
    if not viewer.coordinates:
        return sa.select(Person).where(sa.false()).execution_options(viewer=viewer)
    mine = coordinated_courses(viewer).with_only_columns(Course.id)
    enrolled = sa.union_all(
        sa.select(Enrolment.person_id).where(Enrolment.course_id.in_(mine)),
        sa.select(EnrolmentChild.person_id)
        .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
        .where(Enrolment.course_id.in_(mine)),
        sa.select(Person.id).where(Person.entered_by_id == viewer.id),
    ).subquery()
    known = orm.aliased(FamilyMember)
    relatives = (
        sa.select(FamilyMember.person_id)
        .join(known, known.family_id == FamilyMember.family_id)
        .where(known.person_id.in_(sa.select(enrolled.c.person_id)))
    )
    return (
        sa.select(Person)
        .where(
            *SOMEBODY,
            sa.or_(Person.id.in_(sa.select(enrolled.c.person_id)), Person.id.in_(relatives)),
        )
        .execution_options(viewer=viewer)
    )


@built_once
def visible_one_by_one(viewer: Viewer) -> sa.Select[Person]:
    """The same people as `visible_people`, asked person by person: for statements that name a few of them, among many thousands."""
    if viewer.is_office or not viewer.coordinates:
        return visible_people(viewer)
    member, relative = orm.aliased(FamilyMember), orm.aliased(FamilyMember)
    of_family = sa.exists().where(
        member.person_id == Person.id, relative.family_id == member.family_id, _is_known(viewer, relative.person_id)
    )
    known = sa.or_(_is_known(viewer, Person.id), of_family)
    return sa.select(Person).where(*SOMEBODY, known).execution_options(viewer=viewer)


def _is_known(viewer: Viewer, person_id: Any) -> sa.ColumnElement[bool]:
    mine = coordinated_courses(viewer).with_only_columns(Course.id)
    place, of_child, entered = orm.aliased(Enrolment), orm.aliased(Enrolment), orm.aliased(Person)
    return sa.or_(
        sa.exists().where(place.person_id == person_id, place.course_id.in_(mine)),
        sa.exists().where(
            EnrolmentChild.person_id == person_id, of_child.id == EnrolmentChild.enrolment_id, of_child.course_id.in_(mine)
        ),
        sa.exists().where(entered.id == person_id, entered.entered_by_id == viewer.id),
    )  # fmt: skip


def person(viewer: Viewer, person_id: int) -> Person:
    """One person the viewer may know. Raises NoResultFound."""
    return db.session.scalars(
        visible_one_by_one(viewer).where(Person.id == person_id).options(orm.joinedload(Person.municipality))
    ).one()


@built_once
def coordinated_enrolments(viewer: Viewer) -> sa.Select[Enrolment]:
    """The enrolments the viewer decides about, whatever became of them; of people who are erased nobody decides anything."""
    return (
        sa.select(Enrolment)
        .join(Course, Enrolment.course_id == Course.id)
        .where(coordinates(viewer), Enrolment.person_id.not_in(WITHHELD))
        .execution_options(viewer=viewer)
    )


def enrolment(viewer: Viewer, enrolment_id: int) -> Enrolment:
    """One enrolment the viewer decides about, with person, course and programme. Raises NoResultFound."""
    return db.session.scalars(
        coordinated_enrolments(viewer)
        .where(Enrolment.id == enrolment_id)
        .options(orm.joinedload(Enrolment.person), orm.contains_eager(Enrolment.course).joinedload(Course.programme))
    ).one()


@dataclass(frozen=True)
class RosterChild:
    """A child on the roster: its own line in the roll call. Leaders see the first name only."""

    id: int  # of the EnrolmentChild
    name: str
    person_id: int


@dataclass(frozen=True)
class RosterLine:
    """One place on the roster, as leaders may see it: number (same as on paper), name, days, and whether the leader said
    that they do not come any more; nothing else. Who is erased keeps the number, and has no page any more."""

    number: int
    enrolment_id: int
    person_id: int
    name: str
    status: EnrolmentStatus
    entry_date: dt.date | None
    exit_date: dt.date | None
    children: tuple[RosterChild, ...] = ()
    missed_since: dt.date | None = None
    is_erased: bool = False

    @property
    def people(self) -> tuple[int, ...]:
        """Whose names the line shows, for the trace."""
        return (self.person_id, *(child.person_id for child in self.children))


OF_COURSES = Enrolment.course_id.in_(sa.bindparam("course_ids", expanding=True))
CHILDREN_ON_ROSTERS = (
    sa.select(EnrolmentChild.enrolment_id, EnrolmentChild.id, Person.given_name, Person.id)
    .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
    .join(Person, Person.id == EnrolmentChild.person_id)
    .where(OF_COURSES)
    .order_by(EnrolmentChild.id)
)
ON_ROSTERS = (
    sa.select(
        Enrolment.course_id,
        Enrolment.id,
        Enrolment.person_id,
        Enrolment.status,
        Enrolment.entry_date,
        Enrolment.exit_date,
        Enrolment.missed_since,
        Person.family_name,
        Person.given_name,
        Person.withheld_at.is_not(None).label("is_erased"),
    )
    .join(Person, Person.id == Enrolment.person_id)
    .where(OF_COURSES, Enrolment.status.in_(CAME | {EnrolmentStatus.NO_SHOW}), Enrolment.entry_date.is_not(None))
    .order_by(Enrolment.entry_date, Person.sort_key, Enrolment.id)
)


def roster(viewer: Viewer, course_id: int) -> list[RosterLine]:
    """Everybody who has or had a place in a visible course. First cohort by name, later entrants after it, so that the
    numbers on paper stay the numbers in the app. Two queries, whatever the size."""
    return rosters(viewer, [course_id]).get(course_id, [])


def rosters(viewer: Viewer, course_ids: Collection[int]) -> dict[int, list[RosterLine]]:
    """The rosters of several visible courses, by course. Two queries, however many they are."""
    asked = {"course_ids": list(course_ids)}
    children: dict[int, list[RosterChild]] = {}
    for enrolment_id, child_id, name, person_id in db.session.execute(
        CHILDREN_ON_ROSTERS, asked, execution_options={"viewer": viewer}
    ):
        children.setdefault(enrolment_id, []).append(RosterChild(child_id, name, person_id))
    found: dict[int, list[RosterLine]] = {}
    for row in db.session.execute(ON_ROSTERS, asked, execution_options={"viewer": viewer}):
        lines = found.setdefault(row.course_id, [])
        name = _sorted_name(row.family_name, row.given_name)
        days = (row.entry_date, row.exit_date)
        own = tuple(children.get(row.id, ()))
        lines.append(
            RosterLine(
                len(lines) + 1, row.id, row.person_id, name, row.status, *days, own, row.missed_since, row.is_erased
            )
        )
    return found


def _sorted_name(family_name: str, given_name: str) -> str:
    return ", ".join(part for part in (family_name, given_name) if part)


@dataclass(frozen=True)
class Places:
    """How full a course is. Families, not heads, in a family course."""

    taken: int = 0
    waiting: int = 0


def places_of(viewer: Viewer, course_ids: Sequence[int] | None = None) -> dict[int, Places]:
    """Taken and waiting per visible course, in one query."""
    query, asked = _places(viewer), {}
    if course_ids is not None:
        query, asked = _places_of_some(viewer), {"course_ids": list(course_ids)}
    return {row[0]: Places(row[1], row[2]) for row in db.session.execute(query, asked)}


@built_once
def _places(viewer: Viewer) -> sa.Select[int, int, int]:
    return (
        sa.select(
            Enrolment.course_id,
            sa.func.count().filter(Enrolment.status.in_(HOLDS_PLACE)),
            sa.func.count().filter(Enrolment.status.in_(QUEUES)),
        )
        .where(Enrolment.course_id.in_(visible_courses(viewer).with_only_columns(Course.id)))
        .group_by(Enrolment.course_id)
        .execution_options(viewer=viewer)
    )


@built_once
def _places_of_some(viewer: Viewer) -> sa.Select[int, int, int]:
    return _places(viewer).where(OF_COURSES)


def offer_of(viewer: Viewer, course: Course) -> Offer:
    """What a course has to give, with the conditions of its programme."""
    places = places_of(viewer, [course.id]).get(course.id, Places())
    programme = course.programme
    return Offer(
        is_family=programme.is_family,
        ends_on=course.ends_on,
        cancelled=course.cancelled_reason is not None,
        places=course.places,
        taken=places.taken,
        waiting=places.waiting,
        child_from_months=programme.child_from_months,
        child_until_months=programme.child_until_months,
        starts_on=course.starts_on,
        heads_only=programme.rule_pack.counts_heads,
        women_only=programme.women_only,
        after_programme=programme.after_programme.short_title if programme.after_programme else None,
        only_town=course.municipality.name if programme.residents_only else None,
    )


def completed_before(viewer: Viewer, course: Course, person_ids: Collection[int]) -> frozenset[int]:
    """Who of these granted people has completed the programme that comes before a course's own; nobody if none does."""
    before = course.programme.after_programme_id
    if before is None:
        return frozenset()
    done = (
        sa.select(Enrolment.person_id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(
            Enrolment.person_id.in_(person_ids),
            Enrolment.status == EnrolmentStatus.COMPLETED,
            Course.programme_id == before,
        )
    )
    return frozenset(db.session.scalars(done.execution_options(viewer=viewer)))


FundedPeople = Callable[[Viewer, Course, Collection[int]], Mapping[int, Funded]]
_asked_by_funder: list[FundedPeople] = []


def asked_by_funder(answer: FundedPeople) -> FundedPeople:
    """Marks what says of granted people what who pays for a course asks of them. Hours that are used up are known from attendance,
    which comes later than enrolment; so the answer is handed in from there."""
    _asked_by_funder.append(answer)
    return answer


def funded(viewer: Viewer, course: Course, person_ids: Collection[int]) -> dict[int, Funded]:
    """What who pays for a course asks of these granted people, by person; of nobody if nobody asks."""
    return {
        person_id: asked
        for answer in _asked_by_funder
        for person_id, asked in answer(viewer, course, person_ids).items()
    }


def applicant(
    viewer: Viewer,
    person: Person,
    course: Course,
    children: Iterable[Person],
    situation: Situation = NOTHING_TOLD,
    *,
    already_in: bool = False,
) -> Applicant:
    """A granted person as somebody who wants a place in a course, with these children."""
    asked = funded(viewer, course, [person.id]).get(person.id)
    completed = completed_before(viewer, course, [person.id])
    return applicant_of(person, children, completed, asked, situation, already_in=already_in)


def applicant_of(
    person: Person,
    children: Iterable[Person],
    completed: Collection[int],
    asked: Funded | None,
    situation: Situation,
    *,
    already_in: bool = False,
) -> Applicant:
    """The same where it is known already who has completed what comes before, and what who pays asks."""
    named = tuple((child.given_name, child.birth_date) for child in children)
    town = person.municipality.name if person.municipality else None
    return Applicant(
        already_in, named, sex=person.sex, town=town, after=person.id in completed, birth_date=person.birth_date,
        funded=asked, situation=situation,
    )  # fmt: skip


class FreeAndWaiting(NamedTuple):
    """A course with free places, with people who wait for one, or with something to decide: offers whose deadline is over
    (`lapsed`), people who do not come any more, as their leader says (`missed`), and what came in by the public form
    (`applications`)."""

    course_id: int
    number: str
    title: str
    starts_on: dt.date
    places: int
    taken: int
    waiting: int
    lapsed: int
    missed: int
    applications: int

    @property
    def is_to_decide(self) -> bool:
        """Whether somebody waits for a word of the office."""
        return bool(self.lapsed or self.missed or self.applications)

    @property
    def free(self) -> int:
        return max(0, self.places - self.taken)

    @property
    def possible(self) -> int:
        """How many of those who wait could move up now."""
        return min(self.free, self.waiting)


def free_and_waiting(viewer: Viewer) -> list[FreeAndWaiting]:
    """Running and planned courses of the viewer with places to give, people waiting, or something to decide. One query.

    First where something is to be decided or somebody can move up, then where somebody waits, then what begins soonest.
    """
    found = [FreeAndWaiting._make(row) for row in db.session.execute(_free_and_waiting(viewer))]
    return sorted(found, key=lambda one: (not one.is_to_decide, not one.possible, not one.waiting))


@built_once
def _free_and_waiting(viewer: Viewer) -> sa.Select[int, str, str, dt.date, int, int, int, int, int, int]:
    counts = (
        sa.select(
            Enrolment.course_id,
            sa.func.count().filter(Enrolment.status.in_(HOLDS_PLACE)).label("taken"),
            sa.func.count().filter(Enrolment.status.in_(QUEUES)).label("waiting"),
            sa.func.count().filter(Enrolment.offered_until < viewer.today).label("lapsed"),
            sa.func.count().filter(Enrolment.missed_since.is_not(None)).label("missed"),
        )
        .group_by(Enrolment.course_id)
        .subquery()
    )
    taken, waiting, lapsed, missed = (
        sa.func.coalesce(counts.c[name], 0) for name in ("taken", "waiting", "lapsed", "missed")
    )
    applied = sa.select(sa.func.count()).where(Application.course_id == Course.id).correlate(Course).scalar_subquery()
    return (
        sa.select(
            Course.id,
            Course.number,
            Course.title,
            Course.starts_on,
            Course.places,
            taken,
            waiting,
            lapsed,
            missed,
            applied,
        )
        .join(Programme, Programme.id == Course.programme_id)
        .outerjoin(counts, counts.c.course_id == Course.id)
        .where(
            coordinates(viewer),
            Course.cancelled_reason.is_(None),
            Course.ends_on >= viewer.today,
            Programme.rule_pack.not_in([pack for pack in PACKS.values() if pack.counts_heads]),
            sa.or_(taken < Course.places, waiting > 0, lapsed > 0, missed > 0, applied > 0),
        )
        .order_by(Course.starts_on, Course.number)
        .execution_options(viewer=viewer)
    )


def people_by_id(viewer: Viewer, ids: Sequence[int]) -> list[Person]:
    """These people, in this order, as far as the viewer may know them."""
    found = {one.id: one for one in db.session.scalars(visible_one_by_one(viewer).where(Person.id.in_(ids)))}
    return [found[one] for one in ids if one in found]


def courses_of_people(viewer: Viewer, ids: Sequence[int]) -> dict[int, list[Enrolment]]:
    """The enrolments the viewer decides about of each of these people, also as a child; newest first. One query."""
    own, as_child = orm.aliased(Enrolment), orm.aliased(EnrolmentChild)
    rows = db.session.execute(
        coordinated_enrolments(viewer)
        .outerjoin(EnrolmentChild, EnrolmentChild.enrolment_id == Enrolment.id)
        .add_columns(EnrolmentChild.person_id)
        .where(
            Enrolment.id.in_(
                sa.union_all(
                    sa.select(own.id).where(own.person_id.in_(ids)),
                    sa.select(as_child.enrolment_id).where(as_child.person_id.in_(ids)),
                )
            )
        )
        .options(orm.contains_eager(Enrolment.course))
        .order_by(Course.starts_on.desc(), Enrolment.id.desc())
    )
    found: dict[int, list[Enrolment]] = {}
    for enrolment, child_id in rows:
        for person_id in {enrolment.person_id, child_id} & set(ids):
            lines = found.setdefault(person_id, [])
            if enrolment not in lines:
                lines.append(enrolment)
    return found


def changes_of(viewer: Viewer, enrolment_ids: Sequence[int]) -> dict[int, list[EnrolmentChange]]:
    """The history of granted enrolments, oldest step first. One query."""
    found: dict[int, list[EnrolmentChange]] = {}
    for change in db.session.scalars(
        sa.select(EnrolmentChange)
        .where(EnrolmentChange.enrolment_id.in_(enrolment_ids))
        .order_by(EnrolmentChange.id)
        .options(orm.joinedload(EnrolmentChange.by))
        .execution_options(viewer=viewer)
    ):
        found.setdefault(change.enrolment_id, []).append(change)
    return found


def is_in(viewer: Viewer, course_id: int, person_id: int) -> bool:
    """Whether somebody has a place in a course, or waits for one."""
    return bool(
        db.session.scalar(
            sa.select(
                sa.exists().where(
                    Enrolment.course_id == course_id,
                    Enrolment.person_id == person_id,
                    Enrolment.status.in_(STILL_OPEN),
                )
            ).execution_options(viewer=viewer)
        )
    )


def children_enrolled(viewer: Viewer, enrolment_id: int) -> Sequence[Person]:
    """The children that come along with a granted enrolment."""
    return db.session.scalars(
        sa.select(Person)
        .join(EnrolmentChild, EnrolmentChild.person_id == Person.id)
        .where(EnrolmentChild.enrolment_id == enrolment_id)
        .order_by(EnrolmentChild.id)
        .execution_options(viewer=viewer)
    ).all()


def children_of_course(viewer: Viewer, course_id: int, day: dt.date) -> list[tuple[Person, Person]]:
    """The children that come along to a coordinated course on a day, each with the adult who has the place. One query."""
    child, adult = orm.aliased(Person), orm.aliased(Person)
    rows = db.session.execute(
        sa.select(child, adult)
        .select_from(EnrolmentChild)
        .join(child, child.id == EnrolmentChild.person_id)
        .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
        .join(adult, adult.id == Enrolment.person_id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(
            Enrolment.course_id == course_id,
            Enrolment.status.in_(HAS_PLACE),
            Enrolment.entry_date <= day,
            sa.or_(Enrolment.exit_date.is_(None), Enrolment.exit_date > day),
            coordinates(viewer),
        )
        .order_by(adult.sort_key, EnrolmentChild.id)
        .execution_options(viewer=viewer)
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True)
class Behind:
    """The person behind a line of the roster, and whether they have a place and need childcare."""

    person_id: int
    needs_childcare: bool


def persons_on_roster(viewer: Viewer, course_id: int) -> dict[int, Behind]:
    """Which person stands behind each enrolment of a coordinated course."""
    rows = db.session.execute(
        coordinated_enrolments(viewer)
        .join(Person, Person.id == Enrolment.person_id)
        .with_only_columns(Enrolment.id, Enrolment.person_id, Enrolment.status, Person.needs)
        .where(Enrolment.course_id == course_id)
    )
    return {row.id: Behind(row.person_id, row.status in HAS_PLACE and Need.CHILDCARE in row.needs) for row in rows}


@dataclass(frozen=True)
class Group:
    """A sub-group of a course for some time, with its members as the roster has them."""

    name: str
    valid_from: dt.date
    valid_until: dt.date | None
    members: tuple[str, ...]


def sub_groups(viewer: Viewer, course_id: int) -> list[Group]:
    """The sub-groups of a visible course, earliest first. Two queries."""
    visible = visible_courses(viewer).with_only_columns(Course.id)
    groups = db.session.scalars(
        sa.select(SubGroup)
        .where(SubGroup.course_id == course_id, SubGroup.course_id.in_(visible))
        .order_by(SubGroup.valid_from, SubGroup.name)
        .execution_options(viewer=viewer)
    ).all()
    members: dict[int, list[str]] = {}
    if groups:
        for group_id, family_name, given_name in db.session.execute(
            sa.select(SubGroupMember.sub_group_id, Person.family_name, Person.given_name)
            .join(Enrolment, Enrolment.id == SubGroupMember.enrolment_id)
            .join(Person, Person.id == Enrolment.person_id)
            .where(SubGroupMember.sub_group_id.in_([group.id for group in groups]))
            .order_by(Person.sort_key)
            .execution_options(viewer=viewer)
        ):
            members.setdefault(group_id, []).append(_sorted_name(family_name, given_name))
    return [
        Group(group.name, group.valid_from, group.valid_until, tuple(members.get(group.id, ()))) for group in groups
    ]
