"""Changes second factors, and uses codes up."""

from __future__ import annotations

import datetime as dt
import secrets

import pyotp
import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from auth.factor import keys
from auth.factor.models import Authenticator, Passkey, PrintedCode
from auth.factor.rules import CODE_LENGTH, CODE_LETTERS, CODES, normal_code, steps_now
from database import db, held


def new_secret() -> str:
    """A secret for an app, to be shown once."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, now: dt.datetime) -> int | None:
    """The step at which an app with this secret shows this code; None when it does not show it now."""
    totp = pyotp.TOTP(secret)
    shown = {step: totp.generate_otp(step) for step in steps_now(now)}
    fitting = [step for step, right in shown.items() if secrets.compare_digest(right, code)]
    return fitting[-1] if fitting else None


def add_app(user_id: int, secret: str, code: str, now: dt.datetime) -> bool:
    """Keep an app that has shown the right code, in the place of an older one. False: it has not."""
    step = step_of(secret, normal_code(code), now) if code.isascii() else None
    if step is None:
        return False
    keep_app(user_id, secret, step, now)
    return True


def keep_app(user_id: int, secret: str, step: int, now: dt.datetime) -> None:
    """Keep an app whose codes up to a step have been used."""
    db.session.execute(sa.delete(Authenticator).where(Authenticator.user_id == user_id))
    db.session.add(Authenticator(user_id=user_id, secret=keys.sealed(secret), added_at=now, last_step=step))
    db.session.flush()


def take_code(user_id: int, typed: str, now: dt.datetime) -> bool:
    """Whether somebody's app shows this code, or it stands on their sheet. Each code counts once."""
    code = normal_code(typed)
    if not code.isascii():
        return False
    return _take_from_app(user_id, code, now) or _take_from_sheet(user_id, code, now)


def _take_from_app(user_id: int, code: str, now: dt.datetime) -> bool:
    app = db.session.scalar(held(sa.select(Authenticator).where(Authenticator.user_id == user_id), Authenticator))
    if app is None:
        return False
    try:
        step = step_of(keys.opened(app.secret), code, now)
    except InvalidToken:  # the installation has another secret than when this app was added
        return False
    if step is None or step <= app.last_step:
        return False
    app.last_step = step
    return True


def _take_from_sheet(user_id: int, code: str, now: dt.datetime) -> bool:
    kept = PrintedCode.code_hash == keys.fingerprint(user_id, code)
    taken = sa.update(PrintedCode).where(kept, PrintedCode.user_id == user_id, PrintedCode.used_at.is_(None))
    return db.session.scalar(taken.values(used_at=now).returning(PrintedCode.code_hash)) is not None


def new_codes(user_id: int) -> list[str]:
    """A new sheet of codes, told once. The older sheet opens nothing any more."""
    codes = ["".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    db.session.execute(sa.delete(PrintedCode).where(PrintedCode.user_id == user_id))
    db.session.add_all(PrintedCode(code_hash=keys.fingerprint(user_id, code), user_id=user_id) for code in codes)
    db.session.flush()
    return codes


def remove_passkey(passkey: Passkey) -> None:
    """This key opens nothing any more."""
    db.session.delete(passkey)
    db.session.flush()


def remove(user_id: int) -> None:
    """Take every second factor of an account away: what was lost opens nothing any more."""
    for table in (Authenticator, PrintedCode, Passkey):
        db.session.execute(sa.delete(table).where(table.user_id == user_id))
