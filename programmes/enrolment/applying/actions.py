"""Changes what is offered publicly, takes applications, and makes people with a place in the queue of them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from babel import Locale

import clock
from auth.guard import Viewer
from database import db, held
from programmes.catalogue.models import Course
from programmes.enrolment import queries as enrolments
from programmes.enrolment.actions import lock, note
from programmes.enrolment.applying import queries
from programmes.enrolment.applying.models import Application, PublicOffer
from programmes.enrolment.applying.rules import KEPT, ApplicationFacts
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import EnrolmentStatus, first_day, obstacles
from programmes.participants import actions as people
from programmes.participants.models import Person
from programmes.participants.privacy import NOTICE_VERSION
from programmes.participants.queries import children_of
from programmes.participants.rules import Explained, Relation
from wording import Refused

SOURCE = "öffentliche Anmeldung, Antwort auf {language}"


def offer_publicly(course: Course, by: int, now: dt.datetime) -> None:
    """Let anybody read of a course and apply for it."""
    if queries.public_offer(course.id) is None:
        db.session.add(PublicOffer(course_id=course.id, since=now, by_id=by))
        db.session.flush()


def offer_no_more(course: Course) -> None:
    """Take a course off the public list. Who has applied stays."""
    there = queries.public_offer(course.id)
    if there is not None:
        db.session.delete(there)
        db.session.flush()


def apply(
    viewer: Viewer, course_id: int, ticket: str, facts: ApplicationFacts, now: dt.datetime, *, read_in: str = "de"
) -> None:  # fmt: skip
    """Take an application; `read_in` is the code of the language of the form. The form with the same ticket, sent again, is the same
    application."""
    db.session.execute(held(sa.select(Course).where(Course.id == course_id), Course))
    if queries.is_known(viewer, ticket):
        return
    children = [{"name": child.given_name, "month": child.birth_month.isoformat()} for child in facts.children]
    db.session.add(
        Application(
            course_id=course_id, ticket=ticket, sent_at=now, given_name=facts.given_name, family_name=facts.family_name,
            phone=facts.phone, email=facts.email, through=facts.through, language=facts.language, birth_date=facts.birth_date,
            birth_precision=facts.birth_precision, needs=list(facts.needs), relation=facts.relation, children=children,
            notice_version=NOTICE_VERSION, notice_language=read_in,
        )
    )  # fmt: skip
    db.session.flush()
    delete_old(viewer, now)


def take_in(viewer: Viewer, application_id: int, known: Person | None, now: dt.datetime) -> Enrolment:
    """Make of an application a person, new or `known` (granted to the viewer), who has applied since it was sent. Raises Refused.

    Of somebody known only what was missing is added: nobody proves on a public page who they are.
    """
    course = lock(viewer, queries.application(viewer, application_id).course_id)
    application = queries.application(viewer, application_id)
    facts = queries.facts_of(application)
    person = known or people.add_person(viewer, facts.person(), now)
    if known is not None:
        told = facts.person()
        person.phone, person.email = person.phone or told.phone, person.email or told.email
        person.needs = list(dict.fromkeys([*person.needs, *told.needs]))
    children = _children(viewer, person, facts, now)
    already_in = enrolments.is_in(viewer, course.id, person.id)
    applicant = enrolments.applicant(viewer, person, course, children, already_in=already_in)
    day = first_day(course.starts_on, course.ends_on, viewer.today)
    reasons = obstacles(applicant, enrolments.offer_of(viewer, course), day)
    if reasons:
        raise Refused(*reasons)
    enrolment = Enrolment(
        course_id=course.id, person_id=person.id, status=EnrolmentStatus.APPLIED, applied_at=application.sent_at
    )
    db.session.add(enrolment)
    db.session.flush()
    db.session.add_all(EnrolmentChild(enrolment_id=enrolment.id, person_id=child.id) for child in children)
    note(viewer, enrolment, None, SOURCE.format(language=_named(application.language)), now)
    people.give_notice(
        viewer, person, application.notice_version, _named(application.notice_language), Explained.ONLINE,
        application.sent_at.astimezone(clock.BERLIN).date(), now,
    )  # fmt: skip
    discard(application)
    delete_old(viewer, now)
    return enrolment


def _named(language: str) -> str:
    return str(Locale.parse(language).get_display_name("de"))


def _children(viewer: Viewer, person: Person, facts: ApplicationFacts, now: dt.datetime) -> list[Person]:
    """The children of an application in the family of its person: those that are there, and the others added."""
    there = {
        (child.given_name.casefold(), child.birth_date): child
        for child in children_of(viewer, sa.select(Person), person)
    }
    keys = {(child.given_name.casefold(), child.birth_month): child for child in facts.children}
    new = [child for key, child in keys.items() if key not in there]
    added = people.add_children(viewer, person, facts.relation or Relation.GUARDIAN, new, now) if new else []
    return [there[key] for key in keys if key in there] + added


def discard(application: Application) -> None:
    """Delete an application."""
    db.session.delete(application)
    db.session.flush()


def delete_old(viewer: Viewer, now: dt.datetime) -> None:
    """Delete what is kept no longer; whoever sends or decides one sees to it."""
    db.session.execute(
        sa.delete(Application).where(Application.sent_at <= now - KEPT), execution_options={"viewer": viewer}
    )
