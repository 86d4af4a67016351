"""Reads the list that a viewer is taking in."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from auth.guard import Viewer
from database import db
from programmes.enrolment.lists.models import PeopleList
from programmes.enrolment.lists.rules import KEPT_FOR


def own(viewer: Viewer, now: dt.datetime) -> PeopleList | None:
    """The viewer's list, while its hour lasts."""
    query = sa.select(PeopleList).where(PeopleList.user_id == viewer.id, PeopleList.sent_at > now - KEPT_FOR)
    return db.session.scalars(query.execution_options(viewer=viewer)).one_or_none()
