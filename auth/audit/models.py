"""Remembers the chain over the trace, and what the data-protection officer has been told."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from auth.audit.rules import NoticeKind
from database import APPEND_ONLY, Base, one_of


class TraceLink(Base):
    """One entry in the chain. Its hash is over the entry and over the link before it; numbers go up without a gap.

    It refers to its entry by no key: an entry that is gone must be missed, not forgotten along with it.
    """

    __tablename__ = "trace_link"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64))

    __table_args__ = ({"info": {APPEND_ONLY: True}},)


class TraceSeal(Base):
    """Says that all entries up to a moment are in the chain, which has so many links then. The chain goes on from its hash."""

    __tablename__ = "trace_seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[dt.datetime]
    links: Mapped[int]
    is_anchor: Mapped[bool]
    hash: Mapped[str] = mapped_column(sa.String(64))

    __table_args__ = ({"info": {APPEND_ONLY: True}},)


class Notice(Base):
    """Something the officer is told by e-mail: an anchor of the chain, or a way in that was opened. Tried until it is told."""

    __tablename__ = "officer_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(one_of(NoticeKind))
    about: Mapped[int]
    made_at: Mapped[dt.datetime]
    tried_at: Mapped[dt.datetime | None]
    told_at: Mapped[dt.datetime | None]

    __table_args__ = (sa.UniqueConstraint("kind", "about"),)
