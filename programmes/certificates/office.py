"""What this installation puts on papers: its address, and its seal, loaded once."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from flask import Flask, current_app

import clock
from programmes.certificates import seal
from programmes.certificates.facts import Imprint
from settings import Settings, Unsafe

EXTENSION = "kursbuch.seal"


def init_app(app: Flask) -> None:
    """Refuse to start with a key that cannot be used: nobody would notice that papers leave unsealed."""
    settings: Settings = app.config["SETTINGS"]
    if settings.seal_key:
        try:
            app.extensions[EXTENSION] = seal.load(settings.seal_key, settings.seal_passphrase, clock.now())
        except seal.KeyProblem as problem:
            raise Unsafe(f"Kursbuch does not start: SEAL_KEY: {problem}") from None


def key() -> seal.Key | None:
    """The key that papers are sealed with; the demo makes its own when it first needs it; None: papers are not sealed."""
    settings: Settings = current_app.config["SETTINGS"]
    kept: dict[str, Any] = current_app.extensions
    if EXTENSION not in kept and settings.demo:
        kept[EXTENSION] = seal.demo_key(settings.instance / "seal", clock.now())
    found: seal.Key | None = kept.get(EXTENSION)
    return found


def imprint() -> Imprint:
    """What is added to every paper."""
    settings: Settings = current_app.config["SETTINGS"]
    return Imprint(settings.public_url, settings.demo, key())


def certificates() -> list[x509.Certificate]:
    """The public certificates of the office's keys: today's, and earlier ones, which lie beside the key as `*.pem`."""
    settings: Settings = current_app.config["SETTINGS"]
    now = key()
    if now is None:
        return []
    folder = settings.seal_key.parent if settings.seal_key else settings.instance / "seal"
    return [now.certificate, *now.chain, *seal.certificates_in(folder)]
