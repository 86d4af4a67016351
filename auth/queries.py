"""Reads accounts, sessions and tokens, and counts what failed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from auth.models import AccessToken, Device, Invitation, KnownBrowser, LoginSession, RoleGrant, TraceEntry, User
from auth.rules import FAILURES_REMEMBERED, KNOWN_LASTS, Role, Scope, idle_for
from database import db, wait_briefly


def digest(secret: str) -> str:
    """SHA-256 of a random secret; what we keep of sessions, invitations and tokens."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


OF_SESSION = (  # every page asks it, so it is put together once
    sa.select(User, LoginSession, RoleGrant.role)
    .join(LoginSession, LoginSession.user_id == User.id)
    .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
    .where(
        LoginSession.token_hash == sa.bindparam("token_hash"),
        LoginSession.expires_at > sa.bindparam("now"),
        User.active,
    )
)


def user_of_session(token: str, now: dt.datetime) -> User | None:
    """The active account behind a session's token, with its roles; None when the session is over, or nobody sits there."""
    rows = db.session.execute(OF_SESSION, {"token_hash": digest(token), "now": now}).all()
    if not rows:
        return None
    user: User = rows[0][0]
    user.roles = frozenset(role for _, _, role in rows if role is not None)
    user.session_token, user.login_session = token, rows[0][1]
    return user if now - rows[0][1].seen_at < idle_for(user.roles) else None


def browsers_of(user_id: int, now: dt.datetime) -> Sequence[tuple[KnownBrowser, LoginSession | None]]:
    """The browsers from which somebody has signed in, each with the session that is open there; the newest sign-in first."""
    open_there = sa.and_(
        LoginSession.browser_id == KnownBrowser.id,
        LoginSession.expires_at > now,
        LoginSession.seen_at > now - idle_for(roles_of(user_id)),
    )
    rows = db.session.execute(
        sa.select(KnownBrowser, LoginSession)
        .outerjoin(LoginSession, open_there)
        .where(KnownBrowser.user_id == user_id, KnownBrowser.signed_in_at > now - KNOWN_LASTS)
        .order_by(KnownBrowser.signed_in_at.desc(), KnownBrowser.id.desc())
    )
    return [(browser, login) for browser, login in rows]


def browser_of(user_id: int, browser_id: int) -> KnownBrowser:
    """One of somebody's own browsers. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(KnownBrowser).where(KnownBrowser.id == browser_id, KnownBrowser.user_id == user_id)
    ).one()


def known_browser(secret: str, email: str, now: dt.datetime) -> KnownBrowser | None:
    """The browser that holds this secret, if the active account with this (normalised) address has signed in from it."""
    return db.session.scalar(
        sa.select(KnownBrowser)
        .join(User, User.id == KnownBrowser.user_id)
        .where(
            KnownBrowser.secret_hash == digest(secret),
            KnownBrowser.signed_in_at > now - KNOWN_LASTS,
            User.email == email,
            User.active,
        )
    )


def owner_of_token(token: str, scope: Scope, now: dt.datetime) -> User | None:
    """The active account in whose name a program asks, with its roles of today; None when the token does not hold for this."""
    rows = db.session.execute(
        sa.select(User, AccessToken, RoleGrant.role)
        .join(AccessToken, AccessToken.user_id == User.id)
        .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            AccessToken.token_hash == digest(token),
            AccessToken.expires_at > now,
            AccessToken.revoked_at.is_(None),
            User.active,
        )
    ).all()
    if not rows or rows[0][1].scope is not scope:
        return None
    user: User = rows[0][0]
    user.access_token = rows[0][1]
    user.roles = frozenset(role for _, _, role in rows if role is not None)
    return user


def tokens_of(user_id: int) -> Sequence[AccessToken]:
    """Somebody's tokens, also those that open nothing any more; the newest first."""
    return db.session.scalars(
        sa.select(AccessToken).where(AccessToken.user_id == user_id).order_by(AccessToken.id.desc())
    ).all()


def token_of(user_id: int, token_id: int) -> AccessToken:
    """One of somebody's own tokens. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(AccessToken).where(AccessToken.id == token_id, AccessToken.user_id == user_id)
    ).one()


def device_by_token(token: str) -> Device | None:
    """The phone that holds this token, revoked or not, as long as its owner's account is active."""
    return db.session.scalar(
        sa.select(Device).join(User, User.id == Device.user_id).where(Device.token_hash == digest(token), User.active)
    )


def devices_of(user_id: int) -> Sequence[Device]:
    """Somebody's phones that may keep roll calls, the one seen last first."""
    return db.session.scalars(
        sa.select(Device)
        .where(Device.user_id == user_id, Device.revoked_at.is_(None))
        .order_by(Device.seen_at.desc(), Device.id)
    ).all()


def open_account(user_id: int) -> User | None:
    """The active account with this number."""
    return db.session.scalar(sa.select(User).where(User.id == user_id, User.active))


def user_by_email(email: str) -> User | None:
    """The active account with this (normalised) address."""
    return db.session.scalar(sa.select(User).where(User.email == email, User.active))


def failures_since(subject_hash: str, moment: dt.datetime) -> int:
    """Failed sign-ins for one address since a moment."""
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(TraceEntry)
            .where(TraceEntry.subject_hash == subject_hash, TraceEntry.at > moment)
        )
        or 0
    )


def failures_at(subject_hash: str, now: dt.datetime) -> Sequence[dt.datetime]:
    """When sign-ins, or what else is counted so, failed lately, the oldest first."""
    return db.session.scalars(
        sa.select(TraceEntry.at)
        .where(TraceEntry.subject_hash == subject_hash, TraceEntry.at > now - FAILURES_REMEMBERED)
        .order_by(TraceEntry.at)
    ).all()


def failures_from(origin: str, moment: dt.datetime) -> int:
    """Failed sign-ins and askings for links from one network address since a moment."""
    lines = sa.select(sa.func.count()).select_from(TraceEntry)
    return db.session.scalar(lines.where(TraceEntry.at > moment, TraceEntry.object_id == origin)) or 0


def accounts() -> Sequence[tuple[User, list[Role]]]:
    """All accounts that are somebody's by name, each with its roles."""
    roles: dict[int, list[Role]] = {}
    for grant in db.session.scalars(sa.select(RoleGrant)):
        roles.setdefault(grant.user_id, []).append(grant.role)
    users = db.session.scalars(sa.select(User).where(User.erased_at.is_(None)).order_by(User.name, User.id))
    return [(user, sorted(roles.get(user.id, []))) for user in users]


def account(user_id: int) -> User:
    """One account that is somebody's. Raises NoResultFound."""
    return db.session.scalars(sa.select(User).where(User.id == user_id, User.erased_at.is_(None))).one()


def is_last_administrator(user_id: int) -> bool:
    """Whether nobody else could manage accounts."""
    administrators = (
        sa.select(User.id)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.role == Role.ADMINISTRATOR, User.active)
    )
    return db.session.scalars(administrators).all() == [user_id]


def name_of(user_id: int) -> str | None:
    """What somebody is called; None: there is no such account."""
    return db.session.scalar(sa.select(User.name).where(User.id == user_id))


def roles_of(user_id: int) -> frozenset[Role]:
    """The roles of one account."""
    return frozenset(db.session.scalars(sa.select(RoleGrant.role).where(RoleGrant.user_id == user_id)))


def people_with_role(role: Role) -> Sequence[User]:
    """Active accounts that have a role, by name."""
    return db.session.scalars(
        sa.select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.role == role, User.active)
        .order_by(User.name, User.id)
    ).all()


def open_invitation(token: str, now: dt.datetime) -> Invitation:
    """The unused, unexpired invitation behind a token. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(Invitation).where(
            Invitation.token_hash == digest(token), Invitation.used_at.is_(None), Invitation.expires_at > now
        )
    ).one()


def can_write() -> bool:
    """Whether the database is there, migrated, and takes a line of the trace (which is none, and rolled back): without it nothing is
    shown."""
    try:
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin() as transaction:
            wait_briefly(connection)
            nothing = sa.select(TraceEntry.at, TraceEntry.act, TraceEntry.status).where(sa.false())
            connection.execute(sa.insert(TraceEntry).from_select(["at", "act", "status"], nothing))
            transaction.rollback()
    except sa.exc.SQLAlchemyError:
        return False
    return True
