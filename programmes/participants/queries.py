"""Reads what is known about a person. Whom a viewer may know at all is decided by `enrolment.queries.visible_people`."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.catalogue.models import Municipality, Quarter
from programmes.participants.models import Consent, ConsentGiver, FamilyMember, NameSound, Person, PrivacyNotice
from programmes.participants.rules import (
    ADULTS,
    ConsentPurpose,
    Custody,
    KnownPerson,
    Need,
    PersonFacts,
    Relation,
    name_sounds,
)

PeopleScope = sa.Select[Person]
AT_ONCE = 10_000  # values of a statement: no database takes any number of them, and a list of names brings many


def alike(viewer: Viewer, keys: Sequence[str], birth_dates: Collection[dt.date]) -> list[KnownPerson]:
    """The adults of the whole county whom `likely_duplicates` may find for one of these, by index, whatever their number. Whom of them
    the viewer may know is asked afterwards, of the few that are found."""
    sounds, days = list(name_sounds(keys)), list(birth_dates)
    found: dict[int, KnownPerson] = {}
    for first in range(0, max(len(sounds), len(days), 1), AT_ONCE):
        sounding = sa.select(NameSound.person_id).where(NameSound.sound.in_(sounds[first : first + AT_ONCE]))
        born = sa.select(Person.id).where(Person.birth_date.in_(days[first : first + AT_ONCE]))
        rows = db.session.execute(
            sa.select(Person.id, Person.name_keys, Person.birth_date)
            .where(Person.id.in_(sa.union(sounding, born)), Person.is_child.is_(False), Person.merged_into_id.is_(None))
            .execution_options(viewer=viewer)
        )
        found |= {row.id: KnownPerson(row.id, tuple(row.name_keys), row.birth_date) for row in rows}
    return list(found.values())


def households_of(viewer: Viewer, person: Person) -> Sequence[FamilyMember]:
    """What a granted person is in which families, oldest family first."""
    return db.session.scalars(
        sa.select(FamilyMember)
        .where(FamilyMember.person_id == person.id)
        .order_by(FamilyMember.family_id)
        .execution_options(viewer=viewer)
    ).all()


def family_members(viewer: Viewer, scope: PeopleScope, family_ids: Sequence[int]) -> Sequence[FamilyMember]:
    """The members of these families whom the scope contains: adults first, then children by age."""
    return db.session.scalars(
        sa.select(FamilyMember)
        .join(Person, Person.id == FamilyMember.person_id)
        .where(
            FamilyMember.family_id.in_(family_ids),
            FamilyMember.person_id.in_(scope.with_only_columns(Person.id)),
        )
        .order_by(FamilyMember.family_id, Person.is_child, Person.birth_date, Person.given_name, Person.id)
        .options(orm.contains_eager(FamilyMember.person))
        .execution_options(viewer=viewer)
    ).all()


def children_of(viewer: Viewer, scope: PeopleScope, person: Person) -> Sequence[Person]:
    """The children of the families in which a granted person is an adult, as far as the scope goes, oldest first."""
    adult, child = orm.aliased(FamilyMember), orm.aliased(FamilyMember)
    return db.session.scalars(
        scope.where(
            Person.id.in_(
                sa.select(child.person_id)
                .join(adult, adult.family_id == child.family_id)
                .where(adult.person_id == person.id, adult.relation.in_(ADULTS), child.relation == Relation.CHILD)
            )
        )
        .order_by(Person.birth_date, Person.given_name, Person.id)
        .execution_options(viewer=viewer)
    ).all()


def consents_of(viewer: Viewer, person: Person) -> Sequence[Consent]:
    """All answers of a granted person, newest first."""
    return db.session.scalars(
        sa.select(Consent)
        .where(Consent.person_id == person.id)
        .order_by(Consent.id.desc())
        .options(orm.joinedload(Consent.by))
        .execution_options(viewer=viewer)
    ).all()


def givers_of(viewer: Viewer, consents: Sequence[Consent]) -> dict[int, list[Person]]:
    """Who answered for a child, by the number of the answer."""
    found: dict[int, list[Person]] = {}
    for one in db.session.scalars(
        sa.select(ConsentGiver)
        .where(ConsentGiver.consent_id.in_([consent.id for consent in consents]))
        .order_by(ConsentGiver.person_id)
        .options(orm.joinedload(ConsentGiver.person))
        .execution_options(viewer=viewer)
    ):
        found.setdefault(one.consent_id, []).append(one.person)
    return found


def holding(consents: Sequence[Consent]) -> dict[ConsentPurpose, list[Consent]]:
    """Of answers, newest first, those that hold, by purpose: the newest about each occasion or office."""
    found: dict[ConsentPurpose, dict[str, Consent]] = {purpose: {} for purpose in ConsentPurpose}
    for consent in consents:
        found[consent.purpose].setdefault((consent.about or "").casefold(), consent)
    return {purpose: list(answers.values()) for purpose, answers in found.items()}


def consent_that_holds(viewer: Viewer, person: Person, purpose: ConsentPurpose, about: str | None) -> Consent | None:
    """The newest answer to one question."""
    answers = holding(consents_of(viewer, person))[purpose]
    return next((one for one in answers if (one.about or "").casefold() == (about or "").casefold()), None)


def notices_of(viewer: Viewer, person: Person) -> Sequence[PrivacyNotice]:
    """When a granted person was given the privacy notice, the latest first."""
    return db.session.scalars(
        sa.select(PrivacyNotice)
        .where(PrivacyNotice.person_id == person.id)
        .order_by(PrivacyNotice.given_on.desc(), PrivacyNotice.id.desc())
        .options(orm.joinedload(PrivacyNotice.by))
        .execution_options(viewer=viewer)
    ).all()


def guardians_of(viewer: Viewer, child: Person) -> Sequence[FamilyMember]:
    """The adults of a granted child's families, but for those who do not have custody. Each once."""
    member = orm.aliased(FamilyMember)
    rows = db.session.scalars(
        sa.select(FamilyMember)
        .join(Person, Person.id == FamilyMember.person_id)
        .join(member, member.family_id == FamilyMember.family_id)
        .where(
            member.person_id == child.id,
            FamilyMember.relation.in_(ADULTS),
            FamilyMember.custody.is_distinct_from(Custody.HAS_NOT),
        )
        .order_by(FamilyMember.family_id, FamilyMember.person_id)
        .options(orm.contains_eager(FamilyMember.person))
        .execution_options(viewer=viewer)
    )
    return list({one.person_id: one for one in rows}.values())


def town_of_quarter(quarter_id: int) -> Municipality:
    """The town a quarter belongs to. Raises NoResultFound."""
    query = sa.select(Municipality).join(Quarter, Quarter.municipality_id == Municipality.id)
    return db.session.scalars(query.where(Quarter.id == quarter_id)).one()


def facts_of(person: Person) -> PersonFacts:
    """What is known about a person, for the rules."""
    told = {field.name: getattr(person, field.name) for field in dataclasses.fields(PersonFacts)}
    listed = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
    return PersonFacts(**told | listed | {"needs": tuple(Need(key) for key in person.needs)})
