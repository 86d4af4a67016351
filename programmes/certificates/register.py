"""Reads issued papers: the register, one paper, and the paper behind a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.catalogue.models import Course
from programmes.catalogue.queries import coordinates
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateState
from programmes.enrolment.models import Enrolment
from programmes.enrolment.queries import WITHHELD
from programmes.participants.models import Person
from programmes.participants.rules import name_key
from wording import N_, Term

PAPERS_PER_PAGE = 50
MOST_WORDS = 8  # of a search; more are left aside


class Shelf(Term):
    """Parts of the register of papers."""

    WAITING = "waiting", N_("noch nicht übergeben")
    VALID = "valid", N_("gültig")
    REPLACED = "replaced", N_("ersetzt")
    REVOKED = "revoked", N_("widerrufen")


SHELVES = {
    Shelf.VALID: CertificateState.VALID,
    Shelf.REPLACED: CertificateState.REPLACED,
    Shelf.REVOKED: CertificateState.REVOKED,
}


def coordinated_certificates(viewer: Viewer) -> sa.Select[Certificate]:
    """The papers of the courses the viewer decides about, whatever became of them."""
    return (
        sa.select(Certificate)
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .join(Course, Course.id == Enrolment.course_id)
        .where(coordinates(viewer), Enrolment.person_id.not_in(WITHHELD))
        .execution_options(viewer=viewer)
    )


def certificate(viewer: Viewer, certificate_id: int) -> Certificate:
    """One paper of the viewer's scope with its course and its facts. Raises NoResultFound."""
    return db.session.scalars(
        coordinated_certificates(viewer)
        .where(Certificate.id == certificate_id)
        .options(
            orm.undefer(Certificate.facts),
            orm.contains_eager(Certificate.enrolment).options(
                orm.contains_eager(Enrolment.course).joinedload(Course.programme), orm.joinedload(Enrolment.person)
            ),
            orm.joinedload(Certificate.issued_by),
            orm.joinedload(Certificate.replaces),
        )
    ).one()


def replacement_of(viewer: Viewer, certificate_id: int) -> Certificate | None:
    """The paper that came after this one."""
    return db.session.scalars(
        coordinated_certificates(viewer).where(Certificate.replaces_id == certificate_id)
    ).one_or_none()


@dataclass(frozen=True)
class Page:
    """One page of the register."""

    papers: Sequence[Certificate]
    total: int
    number: int
    pages: int


def certificate_page(viewer: Viewer, words: str, shelf: Shelf | None, number: int) -> Page:
    """The register: papers not yet handed over first, then the newest.

    `words` are looked for in numbers, printed names and today's names, in any order and spelling. Two queries.
    """
    query = coordinated_certificates(viewer).join(Person, Person.id == Enrolment.person_id)
    for word in words.split()[:MOST_WORDS]:
        key = name_key(word)
        query = query.where(
            sa.or_(
                Certificate.number.icontains(word, autoescape=True),
                Certificate.printed_name.icontains(word, autoescape=True),
                Person.search.contains(word.casefold(), autoescape=True),
                Person.search.contains(key, autoescape=True) if key else sa.false(),
            )
        )
    not_given = sa.and_(Certificate.state == CertificateState.VALID, Certificate.handed_over_on.is_(None))
    if shelf is Shelf.WAITING:
        query = query.where(not_given)
    elif shelf is not None:
        query = query.where(Certificate.state == SHELVES[shelf])
    total = db.session.scalar(query.with_only_columns(sa.func.count(Certificate.id))) or 0
    pages = max(1, -(-total // PAPERS_PER_PAGE))
    number = max(1, min(number, pages))
    rows = db.session.scalars(
        query.order_by(sa.case((not_given, 0), else_=1), Certificate.issued_at.desc(), Certificate.id.desc())
        .offset((number - 1) * PAPERS_PER_PAGE)
        .limit(PAPERS_PER_PAGE)
        .options(orm.contains_eager(Certificate.enrolment).contains_eager(Enrolment.course))
    ).all()
    return Page(rows, total, number, pages)


def by_code(code: str) -> Certificate | None:
    """The paper behind a verification code, for anyone who holds the code; the page decides how little of it is shown."""
    return db.session.scalars(
        sa.select(Certificate).where(Certificate.code == code).execution_options(viewer=Viewer.anyone())
    ).one_or_none()
