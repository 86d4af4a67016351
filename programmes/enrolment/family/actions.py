"""Changes who belongs to a family, who has custody, and who may fetch a child. Everybody handed over has been granted."""

from __future__ import annotations

import datetime as dt

from auth.guard import Viewer
from database import db
from programmes.enrolment.family import queries
from programmes.enrolment.queries import visible_people
from programmes.participants.models import Family, FamilyMember, Person, PickUp
from programmes.participants.queries import family_members, households_of
from programmes.participants.rules import ADULTS, Custody, Relation, child_reasons, member_reasons
from wording import N_, Reason, Refused


def found_family(viewer: Viewer, adult: Person, relation: Relation, now: dt.datetime) -> int:
    """A family of one adult who has none yet; its number. Raises Refused."""
    if adult.is_child:
        raise Refused(Reason(N_("Eine Familie beginnt mit einer erwachsenen Person.")))
    family = Family(entered_at=now)
    db.session.add(family)
    db.session.flush()
    db.session.add(FamilyMember(family_id=family.id, person_id=adult.id, relation=relation))
    db.session.flush()
    return family.id


def add_member(
    viewer: Viewer, family_id: int, person: Person, relation: Relation, custody: Custody | None
) -> FamilyMember:
    """Add somebody to a family, a child perhaps to its second household. Raises Refused."""
    reasons = member_reasons(relation, custody, is_child=person.is_child)
    if any(one.family_id == family_id for one in households_of(viewer, person)):
        reasons.append(Reason(N_("{name} gehört schon zu dieser Familie."), name=person.name))
    for one in family_members(viewer, visible_people(viewer), [family_id]):
        if person.is_child and one.relation in ADULTS:
            reasons += child_reasons(person.birth_date, one.person.birth_date, field="relation")
        elif not person.is_child and one.relation is Relation.CHILD:
            reasons += child_reasons(one.person.birth_date, person.birth_date, field="relation")
    if reasons:
        raise Refused(*reasons)
    member = FamilyMember(family_id=family_id, person_id=person.id, relation=relation, custody=custody)
    db.session.add(member)
    db.session.flush()
    return member


def change_member(member: FamilyMember, relation: Relation, custody: Custody | None) -> None:
    """Say anew what somebody is in a family. Raises Refused."""
    reasons = member_reasons(relation, custody, is_child=member.person.is_child)
    if reasons:
        raise Refused(*reasons)
    member.relation, member.custody = relation, custody
    db.session.flush()


def remove_member(viewer: Viewer, member: FamilyMember) -> None:
    """Take somebody out of a family. Whoever shares a place in a course with somebody of it stays until that has ended, and children
    are not left alone. Raises Refused."""
    family = family_members(viewer, visible_people(viewer), [member.family_id])
    others = [one for one in family if one.person_id != member.person_id]
    adults = [one for one in others if one.relation in ADULTS]
    children = [one for one in others if one.relation is Relation.CHILD]
    if member.relation in ADULTS and children and not adults:
        raise Refused(Reason(N_("In der Familie bleiben Kinder: Dann bleibt auch mindestens eine erwachsene Person.")))
    parted = ([member], adults) if member.relation is Relation.CHILD else (children, [member])
    together = queries.come_along(viewer, *([one.person_id for one in side] for side in parted))
    if together:
        text = N_("{names}: Dieser Platz in einem Kurs gehört beiden zusammen. Bitte beenden Sie ihn zuerst.")
        raise Refused(Reason(text, names=", ".join(together)))
    family_id = member.family_id
    db.session.delete(member)
    db.session.flush()
    if not others:
        db.session.delete(db.session.get_one(Family, family_id, execution_options={"viewer": viewer}))
        db.session.flush()


def allow_pick_up(viewer: Viewer, child: Person, name: str, phone: str | None) -> PickUp:
    """Keep who may fetch a child from today on. Raises Refused."""
    if not child.is_child:
        raise Refused(Reason(N_("Abgeholt werden nur Kinder.")))
    known = {one.name.casefold() for one in queries.pick_ups(viewer, child) if one.ended_on is None}
    if name.casefold() in known:
        raise Refused(Reason(N_("{name} darf das Kind schon abholen."), field="name", name=name))
    allowed = PickUp(child_id=child.id, name=name, phone=phone, allowed_on=viewer.today, by_id=viewer.id or None)
    db.session.add(allowed)
    db.session.flush()
    return allowed


def end_pick_up(viewer: Viewer, allowed: PickUp) -> None:
    """From now on this person may not fetch the child any more."""
    allowed.ended_on = allowed.ended_on or viewer.today
    db.session.flush()
