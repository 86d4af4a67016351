"""Reads what only the first page asks: accounts that cannot work yet, and what the trace says of the last day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from auth.audit.models import Notice
from auth.audit.rules import NoticeKind
from auth.emergency.models import EmergencyAccess
from auth.models import RoleGrant, TraceEntry, User
from auth.rules import Role
from database import db
from programmes.catalogue.models import Coordination, CourseLeader

A_DAY = dt.timedelta(days=1)
EMERGENCIES_SHOWN = dt.timedelta(days=14)
REFUSALS = (403, 404, 429)


@dataclass(frozen=True)
class Idle:
    """Accounts with which nobody can work yet."""

    without_password: int
    without_scope: int
    without_course: int
    without_role: int


def idle_accounts() -> Idle:
    """Counts of active accounts that lack something. One query."""

    def has(role: Role) -> sa.ColumnElement[bool]:
        return sa.exists().where(RoleGrant.user_id == User.id, RoleGrant.role == role)

    scope = sa.exists().where(Coordination.user_id == User.id)
    leads = sa.exists().where(CourseLeader.user_id == User.id)
    any_role = sa.exists().where(RoleGrant.user_id == User.id)
    count = sa.func.count
    row = db.session.execute(
        sa.select(
            count().filter(User.password_hash.is_(None)),
            count().filter(has(Role.COORDINATOR), ~scope),
            count().filter(has(Role.LEADER), ~leads),
            count().filter(~any_role),
        ).where(User.active)
    ).one()
    return Idle(*row)


def last_emergencies(now: dt.datetime) -> list[tuple[EmergencyAccess, bool]]:
    """The emergencies of the last weeks, newest first, and whether the officer was told by e-mail. One query."""
    rows = db.session.execute(
        sa.select(EmergencyAccess, Notice.told_at)
        .join(Notice, sa.and_(Notice.about == EmergencyAccess.id, Notice.kind == NoticeKind.EMERGENCY))
        .where(EmergencyAccess.opened_at > now - EMERGENCIES_SHOWN)
        .order_by(EmergencyAccess.id.desc())
        .options(orm.joinedload(EmergencyAccess.user, innerjoin=True))
    )
    return [(opened, told_at is not None) for opened, told_at in rows]


@dataclass(frozen=True)
class LastDay:
    """What the trace holds of the last 24 hours, in numbers."""

    entries: int
    sign_ins: int
    failed: int
    refused: int
    exported: int
    newest: int | None


def last_day(now: dt.datetime) -> LastDay:
    """Counts of the trace since this time yesterday. One query."""
    count = sa.func.count
    row = db.session.execute(
        sa.select(
            count(),
            count().filter(TraceEntry.act == "sign-in"),
            count().filter(TraceEntry.act == "sign-in failed"),
            count().filter(TraceEntry.status.in_(REFUSALS)),
            count().filter(TraceEntry.rows.is_not(None)),
            sa.func.max(TraceEntry.id),
        ).where(TraceEntry.at > now - A_DAY)
    ).one()
    return LastDay(*row)
