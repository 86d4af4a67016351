"""Reads the list that a viewer is taking in."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from auth.guard import Viewer
from database import db
from programmes.enrolment.lists.models import PeopleList
from programmes.enrolment.lists.rules import KEPT_FOR


def one(viewer: Viewer, list_id: int, now: dt.datetime) -> PeopleList:
    """The viewer's list, if this is its number. Raises NoResultFound."""
    kept = own(viewer, now)
    if kept is None or kept.id != list_id:
        raise NoResultFound
    return kept


def own(viewer: Viewer, now: dt.datetime) -> PeopleList | None:
    """The viewer's list, while its hour lasts."""
    query = sa.select(PeopleList).where(PeopleList.user_id == viewer.id, PeopleList.sent_at > now - KEPT_FOR)
    return db.session.scalars(query.execution_options(viewer=viewer)).one_or_none()
