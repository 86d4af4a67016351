"""Finds the courses, people, marks and papers of an edge case in the database."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

import clock
from database import db
from demo.edge_cases import EdgeCase
from demo.plans import number_of
from programmes.attendance.models import AttendanceMark
from programmes.attendance.rules import Presence, presence
from programmes.catalogue.models import Course, Meeting
from programmes.certificates.models import Certificate
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.participants.models import Consent, Person
from programmes.participants.rules import ConsentPurpose, ConsentState

OFFICE = {"viewer": "test"}


def all_of(query: sa.Select[Any]) -> Sequence[Any]:
    return db.session.scalars(query, execution_options=OFFICE).all()


def course_of(case: EdgeCase) -> Course:
    assert case.course is not None
    number = number_of(case.course, clock.today())
    return db.session.scalars(sa.select(Course).where(Course.number == number)).one()


def person_of(case: EdgeCase) -> Person:
    given, family = case.who
    query = sa.select(Person).where(Person.given_name == given, Person.family_name == family)
    return db.session.scalars(query, execution_options=OFFICE).one()


def place_of(case: EdgeCase) -> Enrolment:
    query = sa.select(Enrolment).where(
        Enrolment.course_id == course_of(case).id, Enrolment.person_id == person_of(case).id
    )
    return db.session.scalars(query, execution_options=OFFICE).one()


def marks_of(case: EdgeCase) -> dict[dt.date, AttendanceMark]:
    query = (
        sa.select(Meeting.date, AttendanceMark)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .where(AttendanceMark.enrolment_id == place_of(case).id, AttendanceMark.child_id.is_(None))
        .order_by(Meeting.date, Meeting.starts_at)
    )
    return dict(db.session.execute(query, execution_options=OFFICE).all())


def family_on(case: EdgeCase) -> Presence:
    query = (
        sa.select(AttendanceMark)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .where(AttendanceMark.enrolment_id == place_of(case).id, Meeting.date == case.when)
    )
    marks = db.session.scalars(query, execution_options=OFFICE).all()
    adult = next(mark.mark for mark in marks if mark.child_id is None)
    return presence(adult, [mark.mark for mark in marks if mark.child_id is not None])


def children_of(case: EdgeCase) -> list[Person]:
    query = (
        sa.select(Person)
        .join(EnrolmentChild, EnrolmentChild.person_id == Person.id)
        .where(EnrolmentChild.enrolment_id == place_of(case).id)
    )
    return list(db.session.scalars(query, execution_options=OFFICE))


def papers_of(case: EdgeCase) -> list[Certificate]:
    query = sa.select(Certificate).where(Certificate.enrolment_id == place_of(case).id).order_by(Certificate.id)
    return list(db.session.scalars(query, execution_options=OFFICE))


def photo_answers(case: EdgeCase) -> list[ConsentState]:
    query = (
        sa.select(Consent.state)
        .where(Consent.person_id == person_of(case).id, Consent.purpose == ConsentPurpose.PHOTO)
        .order_by(Consent.at)
    )
    return list(db.session.scalars(query, execution_options=OFFICE))
