"""Changes who has a place. Every change locks its course first, so that a free place is given once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db, held
from programmes.catalogue import actions as catalogue
from programmes.catalogue.models import Course
from programmes.catalogue.queries import coordinated_courses
from programmes.catalogue.rules import CourseFacts
from programmes.enrolment import queries
from programmes.enrolment.models import Enrolment, EnrolmentChange, EnrolmentChild
from programmes.enrolment.rules import (
    BEFORE_ENTRY,
    ENDED,
    HAS_PLACE,
    NOTHING_TOLD,
    EnrolmentStatus,
    ExitCause,
    Situation,
    eligibility,
    exit_reasons,
    leaves_before_entry,
    move_reasons,
    obstacles,
    promotion,
    resize_reasons,
    status_on_entry,
)
from programmes.enrolment.waiting.queries import people_ahead
from programmes.participants.models import Person
from programmes.participants.queries import children_of
from wording import N_, Reason, Refused


def lock(viewer: Viewer, course_id: int) -> Course:
    """The coordinated course, held until the transaction ends, as it is now. Raises NoResultFound."""
    query = (
        coordinated_courses(viewer)
        .where(Course.id == course_id)
        .options(orm.joinedload(Course.programme, innerjoin=True))
    )
    return db.session.scalars(held(query, Course).execution_options(populate_existing=True)).one()


def change_course(viewer: Viewer, course_id: int, facts: CourseFacts) -> None:
    """Change a course, which keeps a place for everybody who has one. Raises Refused."""
    course = lock(viewer, course_id)
    _refuse_if(resize_reasons(queries.offer_of(viewer, course).taken, facts.places))
    catalogue.change_course(viewer, course, facts)


def enrol(
    viewer: Viewer,
    course_id: int,
    person: Person,
    child_ids: Sequence[int],
    entry: dt.date,
    now: dt.datetime,
    situation: Situation | None = None,
    reason: str | None = None,
) -> Enrolment:
    """Give somebody a place, or put them on the waiting list when none is free or others wait. Raises Refused.

    `person` has been granted; the children must be of that person's family. Who does not meet the conditions of the programme is
    taken in for a reason only.
    """
    course = lock(viewer, course_id)
    family = {child.id: child for child in children_of(viewer, queries.visible_people(viewer), person)}
    children = [family[child_id] for child_id in dict.fromkeys(child_ids) if child_id in family]
    reasons = []
    if len(children) != len(set(child_ids)):
        reasons.append(Reason(N_("Bitte wählen Sie nur Kinder dieser Familie."), field="children"))
    if person.is_child:
        reasons.append(Reason(N_("Ein Kind kommt mit einer erwachsenen Person in die Gruppe."), field="person_id"))
    offer = queries.offer_of(viewer, course)
    already_in = queries.is_in(viewer, course.id, person.id)
    applicant = queries.applicant(viewer, person, course, children, situation or NOTHING_TOLD, already_in=already_in)
    _refuse_if(reasons + obstacles(applicant, offer, entry))
    unmet = eligibility(applicant, offer, entry)
    if not reason:
        _refuse_if(unmet)
    status = status_on_entry(offer)
    enrolment = Enrolment(
        course_id=course.id, person_id=person.id, status=status, applied_at=now,
        entry_date=entry if status is EnrolmentStatus.ENROLLED else None,
        education=situation and situation.education, employment=situation and situation.employment,
    )  # fmt: skip
    db.session.add(enrolment)
    db.session.flush()
    db.session.add_all(EnrolmentChild(enrolment_id=enrolment.id, person_id=child.id) for child in children)
    note(viewer, enrolment, None, reason if unmet else None, now)
    return enrolment


def promote(viewer: Viewer, enrolment_id: int, entry: dt.date, reason: str | None, now: dt.datetime) -> Enrolment:
    """Give a place to somebody who waits for one or has been offered one. Out of order, and to who does not meet the conditions
    of the programme, only with a reason. Raises Refused."""
    enrolment, course = locked(viewer, enrolment_id)
    old = enrolment.status
    may_have_place(viewer, enrolment, course, entry, reason)
    enrolment.status, enrolment.entry_date, enrolment.offered_until = EnrolmentStatus.ENROLLED, entry, None
    note(viewer, enrolment, old, reason, now)
    return enrolment


def may_have_place(viewer: Viewer, enrolment: Enrolment, course: Course, entry: dt.date, reason: str | None) -> None:
    """Whether somebody of a held course who is not in it yet may have a place from that day on. Raises Refused."""
    old = enrolment.status
    if old not in BEFORE_ENTRY:
        raise Refused(Reason(N_("Diese Person steht nicht auf der Warteliste, sondern ist: {old}."), old=old))
    offer, ahead = queries.offer_of(viewer, course), 0
    if old is EnrolmentStatus.OFFERED:
        offer = replace(offer, taken=offer.taken - 1)  # the place is held for nobody else
    else:
        ahead = people_ahead(viewer, enrolment)
    children = queries.children_enrolled(viewer, enrolment.id)
    applicant = queries.applicant(viewer, enrolment.person, course, children, enrolment.situation)
    reasons = promotion(offer, people_ahead=ahead, reason=reason)
    reasons += [why for why in obstacles(applicant, offer, entry) if why not in reasons]
    _refuse_if(reasons if reason else reasons + eligibility(applicant, offer, entry))


def leave(
    viewer: Viewer,
    enrolment_id: int,
    status: EnrolmentStatus,
    day: dt.date,
    reason: str | None,
    now: dt.datetime,
    cause: ExitCause | None = None,
) -> Enrolment:
    """Decline, withdraw, drop out, no-show or complete. What was recorded of the person stays. Raises Refused.

    Who gives a place back before the first day has never entered: the entry date goes, the history keeps it all.
    """
    enrolment, course = locked(viewer, enrolment_id)
    old = enrolment.status
    reasons = [] if status in ENDED else [Reason(N_("So kann niemand aus dem Kurs gehen."), field="status")]
    reasons += move_reasons(old, status)
    reasons += exit_reasons(enrolment.entry_date, day, viewer.today, ends_on=course.ends_on)
    if status is EnrolmentStatus.COMPLETED and enrolment.entry_date and day < enrolment.entry_date:
        reasons.append(Reason(N_("Wer noch nicht da war, kann nicht abschließen."), field="status"))
    _refuse_if(reasons)
    if leaves_before_entry(enrolment.entry_date, day, viewer.today):
        enrolment.entry_date = None
    enrolment.status, enrolment.exit_date, enrolment.exit_reason = status, day, reason
    enrolment.exit_cause = None if status is EnrolmentStatus.COMPLETED else cause
    enrolment.offered_until = enrolment.missed_since = None
    note(viewer, enrolment, old, reason, now)
    return enrolment


def take_back(viewer: Viewer, enrolment_id: int, entry: dt.date, reason: str | None, now: dt.datetime) -> Enrolment:
    """Let somebody who left come back to the same place and account: a mistake, or a change of mind. Raises Refused."""
    enrolment, course = locked(viewer, enrolment_id)
    old = enrolment.status
    offer = queries.offer_of(viewer, course)
    reasons = [] if old in ENDED else _not_gone(old)
    reasons += move_reasons(old, EnrolmentStatus.ENROLLED)
    if offer.cancelled:
        reasons.append(Reason(N_("Der Kurs ist abgesagt.")))
    if old not in HAS_PLACE:
        if queries.is_in(viewer, course.id, enrolment.person_id):
            reasons.append(
                Reason(N_("Diese Person hat in diesem Kurs schon einen Platz oder steht auf der Warteliste."))
            )
        if offer.free == 0:
            reasons.append(
                Reason(N_("Der Kurs ist voll: {taken} von {places} Plätzen."), taken=offer.taken, places=offer.places)
            )
        if offer.free and offer.waiting and not reason:
            reasons.append(Reason(N_("Auf einen Platz warten schon: {count}. Bitte begründen Sie, warum diese Person vorgeht."),
                                  field="reason", count=offer.waiting))  # fmt: skip
    _refuse_if(reasons)
    enrolment.status, enrolment.exit_date = EnrolmentStatus.ENROLLED, None
    enrolment.exit_reason = enrolment.exit_cause = None
    enrolment.entry_date = enrolment.entry_date or entry
    note(viewer, enrolment, old, reason, now)
    return enrolment


def tell_situation(viewer: Viewer, enrolment_id: int, situation: Situation) -> Enrolment:
    """Keep what somebody told about their schooling, their work, and what came after the course."""
    enrolment, _ = locked(viewer, enrolment_id)
    enrolment.education, enrolment.employment = situation.education, situation.employment
    enrolment.outcome = situation.outcome
    db.session.flush()
    return enrolment


def locked(viewer: Viewer, enrolment_id: int) -> tuple[Enrolment, Course]:
    """The enrolment as it is once its course is held."""
    course = lock(viewer, queries.enrolment(viewer, enrolment_id).course_id)
    enrolment = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.id == enrolment_id)
        .execution_options(viewer=viewer, populate_existing=True)
    ).one()
    return enrolment, course


def _not_gone(old: EnrolmentStatus) -> list[Reason]:
    return [Reason(N_("Diese Person hat den Kurs nicht verlassen, sondern ist: {old}."), old=old)]


def _refuse_if(reasons: Sequence[Reason]) -> None:
    if reasons:
        raise Refused(*reasons)


def note(
    viewer: Viewer, enrolment: Enrolment, old: EnrolmentStatus | None, reason: str | None, now: dt.datetime
) -> None:
    """Keep the step that a held enrolment has just taken."""
    db.session.add(
        EnrolmentChange(
            enrolment_id=enrolment.id,
            at=now,
            by_id=viewer.id or None,
            old=old.value if old else None,
            new=enrolment.status,
            reason=reason,
        )
    )
    db.session.flush()
