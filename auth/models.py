"""Remembers accounts, their roles, their sessions and tokens, and the trace of what was done."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.rules import Role, Scope
from database import APPEND_ONLY, Base, one_of


class SignedIn:
    """What the guard knows of a signed-in account besides its row, and what Flask-Login asks of it."""

    is_authenticated = True
    is_active = True  # only active accounts are ever loaded
    is_anonymous = False
    session_token: str | None = None
    login_session: LoginSession | None = None  # of the browser that asks; None for programs
    access_token: AccessToken | None = None  # with which a program asks in their name
    roles: frozenset[Role] = frozenset()

    def get_id(self) -> str | None:
        """What the cookie holds: the secret of this session, not the number of the account."""
        return self.session_token


class User(SignedIn, Base):
    """Somebody who signs in. Participants have no account.

    `blocked_at`: since when it is closed. `erased_at`: since when it is nobody's, and only its number says who did what
    (programmes/rights/leaving.py); it never opens again.
    """

    __allow_unmapped__ = True

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    qualification: Mapped[str | None] = mapped_column(sa.String(200))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]
    blocked_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None]


class RoleGrant(Base):
    """One role of one account."""

    __tablename__ = "role_grant"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(one_of(Role), primary_key=True)


class KnownBrowser(Base):
    """A browser from which somebody has signed in, whether they are signed in there now or not. It holds a secret of its own, of which
    only the SHA-256 is kept.

    Wrong passwords from it are counted apart from those of strangers, so nobody is shut out of their own desk by others who guess
    (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). A browser at a counter is known to several people, with one secret.
    """

    __tablename__ = "known_browser"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[str] = mapped_column(sa.String(60))
    signed_in_at: Mapped[dt.datetime]

    __table_args__ = (sa.UniqueConstraint("secret_hash", "user_id"),)


class LoginSession(Base):
    """A signed-in browser. The row dies at logout, and with it the cookie. Only the token's SHA-256 is kept.

    `seen_at` is when its owner last did something, to the minute; `proved_at` when they last gave a password or a code.
    """

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    proved_at: Mapped[dt.datetime]
    by_two_factors: Mapped[bool]
    browser_id: Mapped[int] = mapped_column(sa.ForeignKey("known_browser.id", ondelete="CASCADE"), unique=True)
    browser: Mapped[KnownBrowser] = orm.relationship()


class Device(Base):
    """Somebody's own phone that may keep the next days' roll calls (security.md SY-7 to SY-9).

    Only the token's SHA-256 is kept. A revoked phone empties itself when it next speaks to the server.
    """

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    added_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))


class AccessToken(Base):
    """With it a program asks in its owner's name, at the doors of one scope only. Only the SHA-256 is kept of it."""

    __tablename__ = "access_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    scope: Mapped[Scope] = mapped_column(one_of(Scope))
    prefix: Mapped[str] = mapped_column(sa.String(20))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_on: Mapped[dt.date | None]
    revoked_at: Mapped[dt.datetime | None]


class Invitation(Base):
    """A single-use link with which somebody sets their own password. Opening it uses nothing up."""

    __tablename__ = "invitation"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    user: Mapped[User] = orm.relationship()


class TraceEntry(Base):
    """Who did what to which record, and how it ended: ids only, never content (security.md LG-1 to LG-3).

    It refers to nothing by a key, so that nothing that goes takes a line along. `people` holds the ids of those whose details
    were shown, each between commas, `rows` how many rows that were. `roles` are those in which the actor acted, `session` tells the
    browser or the program (auth/trace.py), `origin` the network as a hash of the day, `programme_id` the programme of the course or
    place in question, `claimed_at` when it happened by the clock of a phone.
    """

    __tablename__ = "trace_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    act: Mapped[str] = mapped_column(sa.String(80))
    object_id: Mapped[str | None] = mapped_column(sa.String(120))
    status: Mapped[int]
    rows: Mapped[int | None]
    request_id: Mapped[str | None] = mapped_column(sa.String(32))
    subject_hash: Mapped[str | None] = mapped_column(sa.String(64))
    people: Mapped[str | None] = mapped_column(sa.Text())
    device_id: Mapped[int | None]
    emergency_id: Mapped[int | None]
    roles: Mapped[str | None] = mapped_column(sa.String(80))
    session: Mapped[str | None] = mapped_column(sa.String(20))
    origin: Mapped[str | None] = mapped_column(sa.String(16))
    programme_id: Mapped[int | None]
    claimed_at: Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index("ix_trace_entry_subject_hash_at", "subject_hash", "at"),
        {"info": {APPEND_ONLY: True}},
    )
