"""Remembers who is being erased and how far that is, what is set aside meanwhile, what has to wait, and when the retention job ran."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, Private, one_of
from programmes.participants.models import Person
from programmes.rights.rules import UNDER_WAY, Archive, ErasureState, Ground, RunState

_UNDER_WAY = sa.text(f"state IN ({', '.join(repr(state.value) for state in sorted(UNDER_WAY))})")
_RUNNING = sa.text(f"state = '{RunState.RUNNING.value}'")


class Erasure(Private, Base):
    """That somebody is to be erased: proposed by one, approved by another, done when nothing puts it off any more.

    It names nobody, and stays as the proof that it was done: `removed` counts what went, by table. `notes` are sentences about others
    that name the person and go as well, each by table, column and number. `due_on` is None while a hold has
    no end. Nobody proposed what the retention job found. `ended_at`: when it was done or undone.
    """

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    ground: Mapped[Ground] = mapped_column(one_of(Ground))
    state: Mapped[ErasureState] = mapped_column(one_of(ErasureState), default=ErasureState.PROPOSED)
    proposed_at: Mapped[dt.datetime]
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    approved_at: Mapped[dt.datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    archive: Mapped[Archive | None] = mapped_column(one_of(Archive))
    offered_on: Mapped[dt.date | None]
    due_on: Mapped[dt.date | None]
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    removed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    notes: Mapped[list[str] | None] = mapped_column(sa.JSON)
    person: Mapped[Person] = orm.relationship()
    proposed_by: Mapped[User | None] = orm.relationship(foreign_keys=[proposed_by_id])

    __table_args__ = (
        sa.Index("uq_erasure_under_way", "person_id", unique=True, sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
        sa.CheckConstraint("state = 'proposed' OR approved_at IS NOT NULL OR ended_at IS NOT NULL", name="approved_at"),
        sa.CheckConstraint("(state IN ('done', 'undone')) = (ended_at IS NOT NULL)", name="ended_at"),
    )  # fmt: skip

    @property
    def number(self) -> str:
        """What it is called on paper."""
        return f"L-{self.proposed_at.year}-{self.id:05d}"


class SetAside(Private, Base):
    """What an erasure took away and can still give back: rows as they were, by table. Gone when it is done."""

    __tablename__ = "set_aside"

    erasure_id: Mapped[int] = mapped_column(sa.ForeignKey("erasure.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[dict[str, Any]]


class LegalHold(Private, Base):
    """Why somebody's data are still needed, until a day or until somebody ends it."""

    __tablename__ = "legal_hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(200))
    until: Mapped[dt.date | None]
    set_at: Mapped[dt.datetime]
    set_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    ended_at: Mapped[dt.datetime | None]


class RetentionRun(Base):
    """A run of the retention job: when it began, as of which instant, and how much went so far. One at a time is under way."""

    __tablename__ = "retention_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    as_of: Mapped[dt.datetime]
    removed: Mapped[dict[str, Any]]
    state: Mapped[RunState] = mapped_column(one_of(RunState))

    __table_args__ = (
        sa.Index("uq_retention_run_under_way", "state", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    )
