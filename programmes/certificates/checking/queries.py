"""Reads the paper behind a number, a code or a file, for anyone who holds it; the page decides how little of it is shown."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from programmes.certificates.checking.rules import found_in, read_number
from programmes.certificates.models import Certificate
from programmes.certificates.rules import read_code


def _paper(condition: sa.ColumnElement[bool]) -> Certificate | None:
    return db.session.scalars(
        sa.select(Certificate)
        .where(condition)
        .options(orm.undefer(Certificate.facts))
        .execution_options(viewer=Viewer.anyone())
    ).one_or_none()


def by_text(text: str) -> Certificate | None:
    """The paper whose code or number somebody typed."""
    code = read_code(text)
    if code:
        return _paper(Certificate.code == code)
    number = read_number(text)
    return _paper(Certificate.number == number) if number else None


def by_digest(sha256: str) -> Certificate | None:
    """The paper that is this file, byte for byte."""
    return db.session.scalars(
        sa.select(Certificate)
        .where(Certificate.sha256 == sha256)
        .options(orm.undefer(Certificate.facts))
        .limit(1)
        .execution_options(viewer=Viewer.anyone())
    ).first()


def claimed_by(text: str) -> Certificate | None:
    """The paper that a text claims to be: by its code, else by its number."""
    number, code = found_in(text)
    found = _paper(Certificate.code == code) if code else None
    return found or (_paper(Certificate.number == number) if number else None)
