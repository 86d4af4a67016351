"""Reads second factors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from auth.factor.models import Authenticator, Passkey, PrintedCode
from auth.factor.rules import LIMITS
from auth.queries import failures_since
from database import db


@dataclass(frozen=True)
class Factors:
    """What somebody can prove besides the password. Printed codes stand in for one of the others, so alone they are none."""

    app: Authenticator | None
    passkeys: Sequence[Passkey]
    codes: int

    def __bool__(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def factors(user_id: int) -> Factors:
    """The second factors of one account."""
    unused = sa.select(sa.func.count()).where(PrintedCode.user_id == user_id, PrintedCode.used_at.is_(None))
    return Factors(
        db.session.get(Authenticator, user_id),
        db.session.scalars(sa.select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)).all(),
        db.session.scalar(unused) or 0,
    )


def passkey(user_id: int, passkey_id: int) -> Passkey:
    """One of somebody's own passkeys. Raises NoResultFound."""
    return db.session.scalars(sa.select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id)).one()


def seconds_to_wait(subject: str, now: dt.datetime) -> int | None:
    """For how many seconds nobody listens to further codes that are counted on a subject of the trace; None: they are heard."""
    full = [lasts for lasts, most in LIMITS if failures_since(subject, now - lasts) >= most]
    return int(full[-1].total_seconds()) if full else None
