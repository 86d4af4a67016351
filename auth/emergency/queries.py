"""Reads the ways in that were opened for an emergency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from auth.emergency.models import EmergencyAccess
from database import db


def emergency(number: int) -> EmergencyAccess:
    """One of them, with who opened it. Raises NoResultFound."""
    query = sa.select(EmergencyAccess).where(EmergencyAccess.id == number)
    return db.session.scalars(query.options(orm.joinedload(EmergencyAccess.user, innerjoin=True))).one()


def open_emergency(user_id: int, now: dt.datetime) -> EmergencyAccess | None:
    """What an account has open now."""
    query = sa.select(EmergencyAccess).where(EmergencyAccess.user_id == user_id, EmergencyAccess.ends_at > now)
    return db.session.scalars(query.order_by(EmergencyAccess.id.desc()).limit(1)).first()


def emergencies(most: int) -> Sequence[EmergencyAccess]:
    """The last ones of everybody, newest first."""
    query = sa.select(EmergencyAccess).order_by(EmergencyAccess.id.desc()).limit(most)
    return db.session.scalars(query.options(orm.joinedload(EmergencyAccess.user, innerjoin=True))).all()


def emergencies_of(user_id: int, most: int) -> Sequence[EmergencyAccess]:
    """The last ones of one account, newest first."""
    query = sa.select(EmergencyAccess).where(EmergencyAccess.user_id == user_id)
    return db.session.scalars(query.order_by(EmergencyAccess.id.desc()).limit(most)).all()
