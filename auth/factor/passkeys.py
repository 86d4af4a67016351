"""Passkeys in the place of codes: what a browser is asked, and whether its answer holds (WebAuthn).

The library takes a tenth of a second to load, so it is loaded when somebody uses a passkey.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from auth.factor.models import Passkey
from auth.models import User
from auth.rules import kind_of_browser
from database import db
from settings import Settings

NAME = "Kursbuch"
LONGEST_ANSWER = 8000  # letters


def can_be_used(settings: Settings) -> bool:
    """Whether browsers make passkeys for this address: it has a name, and TLS unless it is this machine."""
    host = urlsplit(settings.public_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return settings.https or host == "localhost"
    return False


def _where(settings: Settings) -> dict[str, str]:
    return {"expected_rp_id": urlsplit(settings.public_url).hostname or "", "expected_origin": settings.public_url}


def _named(keys: Sequence[Passkey]) -> list[Any]:
    of = import_module("webauthn.helpers.structs").PublicKeyCredentialDescriptor
    return [of(id=import_module("webauthn").base64url_to_bytes(key.credential)) for key in keys]


def _told(options: Any) -> tuple[str, str]:
    text = import_module("webauthn").options_to_json(options)
    return text, json.loads(text)["challenge"]


def question_for_new(settings: Settings, user: User, keys: Sequence[Passkey]) -> tuple[str, str]:
    """What a browser needs to know to make a passkey, as JSON, and the challenge in it that its answer must repeat."""
    options = import_module("webauthn").generate_registration_options(
        rp_id=_where(settings)["expected_rp_id"], rp_name=NAME, user_id=str(user.id).encode(), user_name=user.email,
        exclude_credentials=_named(keys),
    )  # fmt: skip
    return _told(options)


def question(settings: Settings, keys: Sequence[Passkey]) -> tuple[str, str]:
    """What a browser needs to know to use one of these passkeys, as JSON, and the challenge."""
    options = import_module("webauthn").generate_authentication_options(
        rp_id=_where(settings)["expected_rp_id"], allow_credentials=_named(keys)
    )
    return _told(options)


def _checked(check: str, settings: Settings, answer: str, challenge: str | None, **known: Any) -> Any:
    """What the library makes of an answer; None when it does not hold."""
    library = import_module("webauthn")
    if not challenge or len(answer) > LONGEST_ANSWER:
        return None
    try:
        return getattr(library, check)(
            credential=answer, expected_challenge=library.base64url_to_bytes(challenge), **_where(settings), **known
        )
    except Exception:  # noqa: BLE001  the answer may be anything, and the library stumbles over some of it
        return None


def add(settings: Settings, user_id: int, answer: str, challenge: str | None, browser: str, now: dt.datetime) -> bool:
    """Keep a new passkey. False: the browser's answer does not hold."""
    made = _checked("verify_registration_response", settings, answer, challenge)
    if made is None:
        return False
    encoded = import_module("webauthn.helpers").bytes_to_base64url
    db.session.add(
        Passkey(
            user_id=user_id, credential=encoded(made.credential_id), public_key=encoded(made.credential_public_key),
            uses=made.sign_count, name=kind_of_browser(browser), added_at=now,
        )
    )  # fmt: skip
    db.session.flush()
    return True


def take(settings: Settings, keys: Sequence[Passkey], answer: str, challenge: str | None, now: dt.datetime) -> bool:
    """Whether one of these passkeys has signed the challenge."""
    for key in keys:
        used = _checked(
            "verify_authentication_response", settings, answer, challenge, credential_current_sign_count=key.uses,
            credential_public_key=import_module("webauthn").base64url_to_bytes(key.public_key),
        )  # fmt: skip
        if (
            used is not None
            and import_module("webauthn.helpers").bytes_to_base64url(used.credential_id) == key.credential
        ):
            key.uses, key.used_at = used.new_sign_count, now
            return True
    return False
