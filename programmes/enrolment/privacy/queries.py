"""Reads who has not been told yet what happens to their data, and the answers a viewer may change."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.catalogue.models import Course
from programmes.enrolment.models import Enrolment
from programmes.enrolment.queries import coordinated_enrolments, visible_one_by_one
from programmes.enrolment.rules import STILL_OPEN
from programmes.participants.models import Consent, Person, PrivacyNotice
from programmes.participants.privacy import NOTICE_VERSION


def has_notice(viewer: Viewer, person: Person) -> bool:
    """Whether a granted person has been given the privacy notice as it is now."""
    query = sa.select(sa.exists().where(PrivacyNotice.person_id == person.id, PrivacyNotice.version == NOTICE_VERSION))
    return bool(db.session.scalar(query.execution_options(viewer=viewer)))


def without_notice(viewer: Viewer) -> list[Person]:
    """Adults who have, wait for or were offered a place in a course of the viewer that is not over, and have not been given the privacy
    notice as it is now; by name. One query."""
    here = (
        coordinated_enrolments(viewer)
        .where(Enrolment.status.in_(STILL_OPEN), Course.ends_on >= viewer.today, Course.cancelled_reason.is_(None))
        .with_only_columns(Enrolment.person_id)
    )
    told = sa.exists().where(PrivacyNotice.person_id == Person.id, PrivacyNotice.version == NOTICE_VERSION)
    return list(
        db.session.scalars(
            sa.select(Person)
            .where(Person.id.in_(here), Person.merged_into_id.is_(None), ~told)
            .order_by(Person.sort_key, Person.id)
            .execution_options(viewer=viewer)
        )
    )


def consent(viewer: Viewer, consent_id: int) -> Consent:
    """An answer of somebody the viewer may know. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(Consent)
        .join(Consent.person)
        .where(Consent.id == consent_id, Person.id.in_(visible_one_by_one(viewer).with_only_columns(Person.id)))
        .options(orm.contains_eager(Consent.person))
        .execution_options(viewer=viewer)
    ).one()
