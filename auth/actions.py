"""Changes accounts, sessions, tokens and passwords."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

import clock
from auth import trace
from auth.guessing import is_easy
from auth.models import AccessToken, Device, Invitation, KnownBrowser, LoginSession, RoleGrant, User
from auth.queries import devices_of, digest, is_last_administrator, roles_of
from auth.rules import (
    INVITATION_LASTS,
    SEEN_EVERY,
    SESSION_LASTS,
    TOKEN_BYTES,
    TOKEN_LETTERS_SHOWN,
    TOKENS_BEGIN,
    Role,
    Scope,
    TokenLife,
    kind_of_browser,
    normal_email,
    password_reasons,
)
from database import db
from wording import N_, Reason, Refused

LONGEST_DEVICE_NAME = 80
PHONE_SEEN_EVERY = dt.timedelta(hours=1)
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # security.md CR-1
COSTS = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
NOBODYS_HASH = f"$argon2id$v=19${COSTS}${'A' * 22}${'A' * 43}"  # of no password; made here it took 40 ms of every start


def check_password(stored: str | None, password: str) -> bool:
    """Whether the password fits. Takes as long when there is no such account, so that time tells nothing."""
    try:
        return HASHER.verify(stored or NOBODYS_HASH, password) and stored is not None
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def know_browser(user_id: int, secret: str | None, user_agent: str, now: dt.datetime) -> tuple[KnownBrowser, str]:
    """Know from now on the browser in which somebody has just signed in, and return it with its new secret.

    `secret` is what it has held so far; whoever has a copy of that holds nothing any more.
    """
    new = secrets.token_urlsafe(32)
    if secret:
        held = sa.update(KnownBrowser).where(KnownBrowser.secret_hash == digest(secret))
        db.session.execute(held.values(secret_hash=digest(new)))
    own = sa.select(KnownBrowser).where(KnownBrowser.secret_hash == digest(new), KnownBrowser.user_id == user_id)
    browser = db.session.scalar(own)
    if browser is None:
        browser = KnownBrowser(user_id=user_id, secret_hash=digest(new))
        db.session.add(browser)
    browser.kind, browser.signed_in_at = kind_of_browser(user_agent), now
    db.session.flush()
    return browser, new


def begin_session(user: User, browser: KnownBrowser, now: dt.datetime, *, by_two_factors: bool) -> str:
    """Open a new session, in the place of an older one in this browser, and return its token, which is kept nowhere but in its cookie."""
    token = secrets.token_urlsafe(32)
    over = sa.or_(LoginSession.expires_at <= now, LoginSession.browser_id == browser.id)
    db.session.execute(sa.delete(LoginSession).where(over))
    login = LoginSession(
        token_hash=digest(token), user_id=user.id, started_at=now, expires_at=now + SESSION_LASTS, seen_at=now,
        proved_at=now, by_two_factors=by_two_factors, browser_id=browser.id,
    )  # fmt: skip
    db.session.add(login)
    db.session.flush()
    user.session_token, user.login_session = token, login
    return token


def refresh_hash(user: User, password: str) -> None:
    """Hash a password that has just proved right anew, when our parameters have risen since (security.md CR-1)."""
    if user.password_hash is not None and HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = HASHER.hash(password)


def end_session(token: str) -> None:
    """End one session; its cookie opens nothing any more."""
    db.session.execute(sa.delete(LoginSession).where(LoginSession.token_hash == digest(token)))


def seen(login: LoginSession, now: dt.datetime) -> None:
    """Note that somebody sits at this browser. Who only reads cannot write, so it is left with the trace."""
    if now - login.seen_at >= SEEN_EVERY:
        trace.leave(sa.update(LoginSession).where(LoginSession.id == login.id).values(seen_at=now))


def prove(login: LoginSession, now: dt.datetime) -> None:
    """Note that somebody has just proved who they are, whatever becomes of what they wanted with it."""
    trace.leave(sa.update(LoginSession).where(LoginSession.id == login.id).values(proved_at=now))


def forget_browser(browser: KnownBrowser) -> None:
    """Know one browser no longer; whoever is signed in there is out on the next click."""
    db.session.delete(browser)
    db.session.flush()


def forget_browsers(user_id: int, but: int | None = None) -> None:
    """Know no browser of an account any longer (but one, if given). Their sessions end with them."""
    db.session.execute(sa.delete(KnownBrowser).where(KnownBrowser.user_id == user_id, KnownBrowser.id != (but or 0)))


def shut_out(user_id: int, but: int | None = None) -> None:
    """Forget every browser of an account (but one, if given), and end every token: they stay dead when the account opens again."""
    forget_browsers(user_id, but)
    db.session.execute(
        sa.update(AccessToken)
        .where(AccessToken.user_id == user_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def add_user(
    email: str,
    name: str,
    roles: Iterable[Role],
    now: dt.datetime,
    *,
    password: str | None = None,
    qualification: str | None = None,
) -> User:
    """Add an account. Without a password it opens only by an invitation. Raises Refused."""
    email = normal_email(email)
    if db.session.scalar(sa.select(User.id).where(User.email == email)) is not None:
        raise Refused(Reason(N_("Diese E-Mail-Adresse hat schon ein Konto."), field="email"))
    user = User(email=email, name=name, qualification=qualification, created_at=now, active=True)
    db.session.add(user)
    db.session.flush()
    if password is not None:
        set_password(user, password)
    set_roles(user, roles)
    return user


def set_password(user: User, password: str, *, here: int | None = None) -> None:
    """Set a password, which ends all sessions and tokens of the account and forgets its browsers, but the one (its number) in which it
    is set, if given. Raises Refused."""
    reasons = password_reasons(password, user.email)
    if not reasons and is_easy(password, (*re.split(r"\W+", user.name), *re.split(r"\W+", user.email))):
        reasons = [Reason(N_("Dieses Passwort errät man zu leicht. Nehmen Sie mehrere Wörter."), field="password")]
    if reasons:
        raise Refused(*reasons)
    user.password_hash = HASHER.hash(password)
    shut_out(user.id, here)


def set_roles(user: User, roles: Iterable[Role]) -> None:
    """Give an account exactly these roles."""
    db.session.execute(sa.delete(RoleGrant).where(RoleGrant.user_id == user.id))
    db.session.add_all(RoleGrant(user_id=user.id, role=role) for role in sorted(set(roles)))
    db.session.flush()


def block(user: User, actor_id: int) -> None:
    """End all that opens this account: sessions, tokens, phones, links. None of it comes to life again with the account."""
    user.active = False
    shut_out(user.id)
    db.session.execute(sa.delete(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None)))
    for phone in devices_of(user.id):
        revoke_device(phone, actor_id, clock.now())


def change_user(
    user: User, actor_id: int, *, name: str, qualification: str | None, roles: frozenset[Role], active: bool
) -> None:
    """Change an account. Nobody changes their own roles; the last administrator stays. Raises Refused."""
    before = roles_of(user.id)
    if user.id == actor_id and (roles != before or not active):
        raise Refused(Reason(N_("Ihre eigenen Rollen ändert jemand anders."), field="roles"))
    if (Role.ADMINISTRATOR not in roles or not active) and is_last_administrator(user.id):
        raise Refused(Reason(N_("Das letzte Verwaltungskonto muss bleiben."), field="roles"))
    if active is not user.active:
        user.blocked_at = None if active else clock.now()
    user.name, user.qualification, user.active = name, qualification, active
    set_roles(user, roles)
    if not active:
        block(user, actor_id)


def invite(user: User, now: dt.datetime, lasts: dt.timedelta = INVITATION_LASTS) -> str:
    """Make a fresh single-use token with which the person sets a password; older ones die, but for those that last longer.

    So nobody ends the link that the administration handed out by asking for another one in somebody's name.
    """
    token = secrets.token_urlsafe(32)
    older = sa.delete(Invitation).where(Invitation.user_id == user.id, Invitation.expires_at <= now + lasts)
    db.session.execute(older)
    db.session.add(Invitation(token_hash=digest(token), user_id=user.id, expires_at=now + lasts))
    db.session.flush()
    return token


def accept_invitation(invitation: Invitation, password: str, now: dt.datetime) -> User:
    """Set the password and use the invitation up, with every other one of this person. Raises Refused."""
    set_password(invitation.user, password)
    unused = sa.update(Invitation).where(Invitation.user_id == invitation.user_id, Invitation.used_at.is_(None))
    db.session.execute(unused.values(used_at=now))
    return invitation.user


def add_device(user_id: int, name: str, now: dt.datetime) -> tuple[Device, str]:
    """Register somebody's phone and return it with its token, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    shown = " ".join("".join(letter for letter in name if letter.isprintable()).split())[:LONGEST_DEVICE_NAME]
    device = Device(token_hash=digest(token), user_id=user_id, name=shown or "Telefon", added_at=now, seen_at=now)
    db.session.add(device)
    db.session.flush()
    return device, token


def device_seen(device: Device, now: dt.datetime) -> None:
    """Note that a phone spoke; once an hour is exact enough."""
    if now - device.seen_at >= PHONE_SEEN_EVERY:
        device.seen_at = now


def revoke_device(device: Device, by: int | None, now: dt.datetime) -> None:
    """Take a phone's right to keep roll calls away (`by` None: from the command line): it empties itself when it next speaks."""
    if device.revoked_at is None:
        device.revoked_at, device.revoked_by_id = now, by


def add_token(user_id: int, name: str, scope: Scope, life: TokenLife, now: dt.datetime) -> tuple[AccessToken, str]:
    """Make a token of somebody's own and return it with its secret, which is kept nowhere."""
    secret = TOKENS_BEGIN + secrets.token_urlsafe(TOKEN_BYTES)
    token = AccessToken(
        user_id=user_id, name=name, scope=scope, prefix=secret[:TOKEN_LETTERS_SHOWN], token_hash=digest(secret),
        created_at=now, expires_at=now + life.duration,
    )  # fmt: skip
    db.session.add(token)
    db.session.flush()
    return token, secret


def revoke_token(token: AccessToken, now: dt.datetime) -> None:
    """End a token; the program that holds it gets no further answer."""
    if token.revoked_at is None:
        token.revoked_at = now


def token_used(token: AccessToken, today: dt.date) -> None:
    """Note on which day a token was used last. Who only reads cannot write, so it is left with the trace."""
    if token.used_on != today:
        trace.leave(sa.update(AccessToken).where(AccessToken.id == token.id).values(used_on=today))
