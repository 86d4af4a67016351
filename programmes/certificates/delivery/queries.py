"""Reads the ways on which a paper goes to its person."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from auth.queries import digest
from database import db
from programmes.catalogue.models import Course
from programmes.catalogue.queries import coordinates
from programmes.certificates.delivery.models import Mail, PersonalLink
from programmes.certificates.models import Certificate
from programmes.enrolment.models import Enrolment


def links_of(viewer: Viewer, certificate_id: int) -> Sequence[PersonalLink]:
    """The links to a paper, the newest first."""
    query = sa.select(PersonalLink).where(PersonalLink.certificate_id == certificate_id)
    return db.session.scalars(query.order_by(PersonalLink.id.desc()).execution_options(viewer=viewer)).all()


def letters_of(viewer: Viewer, certificate_id: int) -> Sequence[Mail]:
    """The letters with a paper, the newest first."""
    query = sa.select(Mail).where(Mail.certificate_id == certificate_id)
    return db.session.scalars(query.order_by(Mail.id.desc()).execution_options(viewer=viewer)).all()


def link(viewer: Viewer, link_id: int) -> PersonalLink:
    """One link of the viewer's scope. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(PersonalLink)
        .join(Certificate, Certificate.id == PersonalLink.certificate_id)
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(PersonalLink.id == link_id, coordinates(viewer))
        .execution_options(viewer=viewer)
    ).one()


def link_by_secret(secret: str) -> PersonalLink | None:
    """The link that this secret opens, whatever became of it, with its paper and the paper's bytes."""
    return db.session.scalars(
        sa.select(PersonalLink)
        .where(PersonalLink.secret_hash == digest(secret))
        .options(
            orm.joinedload(PersonalLink.certificate, innerjoin=True).options(
                orm.undefer(Certificate.pdf), orm.undefer(Certificate.facts)
            )
        )
        .execution_options(viewer=Viewer.anyone())
    ).one_or_none()
