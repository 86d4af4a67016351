"""Changes what is known about people and families. The caller has been granted whom it hands over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from auth.guard import Viewer
from database import db
from programmes.participants import queries
from programmes.participants.models import Consent, ConsentGiver, Family, FamilyMember, NameSound, Person, PrivacyNotice
from programmes.participants.rules import (
    ADULTS,
    NAMELESS,
    ChildFacts,
    ConsentFacts,
    ConsentPurpose,
    ConsentState,
    Custody,
    Explained,
    PersonFacts,
    Precision,
    Relation,
    child_reasons,
    consent_reasons,
    contact_reasons,
    given_reasons,
    giver_reasons,
    immigration_reasons,
    notice_reasons,
    person_reasons,
)
from wording import N_, Reason, Refused


def empty(viewer: Viewer, person_id: int, now: dt.datetime) -> None:
    """Leave nothing of a record but its number, which nobody else may ever get: the trace and the record of erasures go by it."""
    values: dict[str, Any] = {
        column.name: None if column.nullable else [] if isinstance(column.type, sa.JSON) else ""
        for column in Person.__table__.c
        if column.nullable or isinstance(column.type, sa.JSON) or column.name in {"family_name", "sort_key", "search"}
    }
    del values["merged_into_id"]
    values |= {"given_name": NAMELESS, "late_resettler": False, "withheld_at": now}
    options = {"viewer": viewer, "synchronize_session": False}
    db.session.execute(sa.update(Person).where(Person.id == person_id).values(values), execution_options=options)
    db.session.execute(sa.delete(NameSound).where(NameSound.person_id == person_id), execution_options=options)
    db.session.expire_all()


def add_person(viewer: Viewer, facts: PersonFacts, now: dt.datetime) -> Person:
    """Add an adult. Raises Refused."""
    _refuse_if(_reasons(viewer, facts))
    person = Person(entered_by_id=viewer.id or None, entered_at=now)
    _write(person, facts)
    db.session.add(person)
    db.session.flush()
    return person


def add_people(viewer: Viewer, many: Sequence[PersonFacts], now: dt.datetime) -> None:
    """Add many adults at once, all or nobody. Raises Refused."""
    people = []
    for facts in many:
        _refuse_if(_reasons(viewer, facts))
        person = Person(entered_by_id=viewer.id or None, entered_at=now)
        _write(person, facts)
        people.append(person)
    db.session.add_all(people)
    db.session.flush()


def change_person(viewer: Viewer, person: Person, facts: PersonFacts) -> None:
    """Change what is known about an adult. Papers issued under an old name stay as they are. Raises Refused."""
    _refuse_if(_reasons(viewer, facts))
    _write(person, facts)
    db.session.flush()


def change_child(viewer: Viewer, person: Person, facts: ChildFacts) -> None:
    """Change what is known about a child. Raises Refused."""
    _refuse_if(person_reasons(facts.birth_month, viewer.today))
    person.given_name, person.birth_date, person.sex = facts.given_name, facts.birth_month, facts.sex
    db.session.flush()


def add_family(
    viewer: Viewer, facts: PersonFacts, relation: Relation, children: Sequence[ChildFacts], now: dt.datetime
) -> Person:
    """Add an adult with children and return the adult. Raises Refused."""
    adult = add_person(viewer, facts, now)
    add_children(viewer, adult, relation, children, now)
    return adult


def add_children(
    viewer: Viewer, adult: Person, relation: Relation, children: Sequence[ChildFacts], now: dt.datetime
) -> list[Person]:
    """Add children to the family of an adult; without one yet, it is founded with this relation. Raises Refused.

    The same child (first name, month) is not entered into one family twice.
    """
    family = queries.children_of(viewer, sa.select(Person), adult)
    known = {(child.given_name.casefold(), child.birth_date) for child in family}
    reasons = [Reason(N_("Ein Kind hat hier keine eigenen Kinder."))] if adult.is_child else []
    for number, child in enumerate(children, start=1):
        field = f"child_{number}_birth"
        for reason in person_reasons(child.birth_month, viewer.today):
            reasons.append(Reason(reason.text, field=field, **reason.values))
        reasons += child_reasons(child.birth_month, adult.birth_date, field=field)
        if (child.given_name.casefold(), child.birth_month) in known:
            reasons.append(Reason(N_("Dieses Kind steht schon in der Familie."), field=f"child_{number}_name"))
        known.add((child.given_name.casefold(), child.birth_month))
    _refuse_if(reasons)
    family_id = _family_of(viewer, adult, relation, now)
    added = [
        Person(
            given_name=child.given_name, is_child=True, birth_date=child.birth_month, birth_precision=Precision.MONTH,
            sex=child.sex, citizenships=[], languages=[], entered_by_id=viewer.id or None, entered_at=now,
        )
        for child in children
    ]  # fmt: skip
    db.session.add_all(added)
    db.session.flush()
    db.session.add_all(
        FamilyMember(family_id=family_id, person_id=child.id, relation=Relation.CHILD) for child in added
    )
    db.session.flush()
    return added


def give_notice(
    viewer: Viewer, person: Person, version: str, language: str, explained: Explained, given_on: dt.date, now: dt.datetime,
) -> PrivacyNotice:  # fmt: skip
    """Record that somebody got the privacy notice (`explained` ONLINE: in the public form). Raises Refused."""
    _refuse_if(notice_reasons(given_on, viewer.today))
    notice = PrivacyNotice(
        person_id=person.id, version=version, language=language, explained=explained, given_on=given_on, at=now,
        by_id=None if explained is Explained.ONLINE else viewer.id or None,
    )  # fmt: skip
    db.session.add(notice)
    db.session.flush()
    return notice


def record_consent(
    viewer: Viewer, person: Person, told: ConsentFacts, givers: Sequence[int], now: dt.datetime
) -> Consent:
    """Add an answer; earlier ones stay, the newest holds. For a child, `givers` are the numbers of those who answered. Raises Refused."""
    held = queries.consent_that_holds(viewer, person, told.purpose, told.about)
    reasons = consent_reasons(held.state if held else None, told.state) + given_reasons(told)
    if person.is_child:
        guardians = queries.guardians_of(viewer, person)
        with_custody = [one.person_id for one in guardians if one.custody is Custody.HAS]
        givers = [one.person_id for one in guardians if one.person_id in givers]
        reasons += giver_reasons(told, givers, with_custody)
    _refuse_if(reasons)
    return _answer(viewer, person.id, told, givers if person.is_child else (), now)


def revoke_consent(viewer: Viewer, consent: Consent, now: dt.datetime) -> Consent:
    """Take back a yes, with one word and without a reason. Raises Refused."""
    held = queries.consent_that_holds(viewer, consent.person, consent.purpose, consent.about)
    _refuse_if(consent_reasons(held.state if held else None, ConsentState.REVOKED))
    told = ConsentFacts(consent.purpose, ConsentState.REVOKED, consent.text_version, consent.language, consent.about)
    return _answer(viewer, consent.person_id, told, (), now)


def _answer(viewer: Viewer, person_id: int, told: ConsentFacts, givers: Sequence[int], now: dt.datetime) -> Consent:
    media = list(told.media) if told.purpose is ConsentPurpose.PHOTO else []
    consent = Consent(person_id=person_id, at=now, by_id=viewer.id or None, **asdict(told) | {"media": media})
    db.session.add(consent)
    db.session.flush()
    db.session.add_all(ConsentGiver(consent_id=consent.id, person_id=number) for number in givers)
    db.session.flush()
    return consent


def _refuse_if(reasons: Sequence[Reason]) -> None:
    if reasons:
        raise Refused(*reasons)


def _reasons(viewer: Viewer, facts: PersonFacts) -> list[Reason]:
    reasons = person_reasons(facts.birth_date, viewer.today)
    reasons += immigration_reasons(facts.immigrated_in, facts.birth_date, viewer.today)
    reasons += contact_reasons(
        facts.contact_by, phone=bool(facts.phone), email=bool(facts.email), address=bool(facts.address)
    )
    if facts.quarter_id is not None:
        town = queries.town_of_quarter(facts.quarter_id)
        if town.id != facts.municipality_id:
            reasons.append(Reason(N_("Dieses Quartier gehört zu {town}."), field="quarter_id", town=town.name))
    return reasons


def _write(person: Person, facts: PersonFacts) -> None:
    for name, value in asdict(facts).items():
        setattr(person, name, list(value) if isinstance(value, tuple) else value)


def _family_of(viewer: Viewer, adult: Person, relation: Relation, now: dt.datetime) -> int:
    for household in queries.households_of(viewer, adult):
        if household.relation in ADULTS:
            return household.family_id
    family = Family(entered_at=now)
    db.session.add(family)
    db.session.flush()
    db.session.add(FamilyMember(family_id=family.id, person_id=adult.id, relation=relation))
    db.session.flush()
    return family.id
