"""What is kept of second factors is sealed with the secret of the installation: a copy of the database opens nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet
from flask import current_app


def _key(purpose: str) -> bytes:
    return hmac.new(str(current_app.config["SECRET_KEY"]).encode(), purpose.encode(), hashlib.sha256).digest()


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key("second factor: secrets of apps")))


def sealed(secret: str) -> str:
    """A secret as it is kept."""
    return _box().encrypt(secret.encode()).decode()


def opened(kept: str) -> str:
    """The secret again. Raises InvalidToken when the installation has another secret now."""
    return _box().decrypt(kept).decode()


def fingerprint(user_id: int, code: str) -> str:
    """What is kept of a printed code."""
    return hmac.new(_key("second factor: printed codes"), f"{user_id} {code}".encode(), hashlib.sha256).hexdigest()
