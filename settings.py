"""Configuration: from the environment only, checked before anything starts."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
SHORTEST_SECRET = 32
FEWEST_DIFFERENT_CHARACTERS = 10


class Unsafe(SystemExit):
    """A setting with which Kursbuch refuses to start; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """What one installation decides. All of it comes from the environment (see the table in the README).

    `demo`: fictitious people, known passwords, a banner on every page. `public_url`: the address people type, without a
    slash at its end; printed on certificates, and `https` makes cookies `Secure`. `trusted_proxies`: how many proxies in
    front are ours. `offline`: whether phones may keep roll calls; without it they give up worker and lists at their next
    visit, and still send what they recorded. `seal_key`: the PKCS#12 file with the key that papers are sealed with, and
    `seal_passphrase` its passphrase; earlier certificates lie beside it. `smtp_url` and `mail_from`: how letters leave.
    `anchors`: the folder for the daily anchors of the trace, best one that lies on another machine; `trace_years`: for how
    many years its lines are kept.
    `second_factor`: whether administration, coordinators and officers need one; only a demo may do without.
    """

    demo: bool
    secret_key: str
    database_url: str
    instance: Path
    host: str
    port: int
    public_url: str
    trusted_proxies: int
    offline: bool = True
    seal_key: Path | None = None
    seal_passphrase: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    anchors: Path | None = None
    trace_years: int = 3
    second_factor: bool = True

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read and check the environment.

        Demo mode is what an untouched machine starts in; giving a SECRET_KEY, or DEMO=0, leaves it.
        Raises Unsafe where a setting is missing, malformed or weak.
        """
        instance = Path(environ.get("INSTANCE") or HERE / "instance").resolve()
        secret_key = environ.get("SECRET_KEY", "")
        demo = _yes_or_no(environ, "DEMO", default=not secret_key)
        host = environ.get("HOST") or "127.0.0.1"
        port = _number(environ, "PORT", 5000, 1, 65535)
        instance.mkdir(parents=True, exist_ok=True)
        if demo and not secret_key:
            secret_key = _demo_secret(instance)
        elif _weak(secret_key):
            raise Unsafe(
                "Kursbuch does not start: SECRET_KEY is missing or weak. Make one with\n"
                '    python -c "import secrets; print(secrets.token_urlsafe(48))"\n'
                "and set it in the environment, or set DEMO=1 to try Kursbuch with fictitious people."
            )
        shown_host = f"[{host}]" if ":" in host else host
        public_url = (environ.get("PUBLIC_URL") or f"http://{shown_host}:{port}").rstrip("/")
        parts = urlsplit(public_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise Unsafe(f"Kursbuch does not start: PUBLIC_URL is not a web address: {public_url!r}")
        smtp_url, mail_from = environ.get("SMTP_URL", ""), environ.get("MAIL_FROM", "")
        if smtp_url and (urlsplit(smtp_url).scheme not in {"smtp", "smtps"} or not urlsplit(smtp_url).hostname):
            raise Unsafe("Kursbuch does not start: SMTP_URL must be smtp://user:password@host:587 or smtps://…")
        if bool(smtp_url) != bool(mail_from):
            raise Unsafe("Kursbuch does not start: SMTP_URL and MAIL_FROM belong together")
        second_factor = _yes_or_no(environ, "SECOND_FACTOR", default=not demo)
        if not second_factor and not demo:
            raise Unsafe("Kursbuch does not start: only a demo may do without the second factor (SECOND_FACTOR, DEMO)")
        return cls(
            demo=demo,
            secret_key=secret_key,
            database_url=_database_url(environ.get("DATABASE_URL", ""), instance),
            instance=instance,
            host=host,
            port=port,
            public_url=public_url,
            trusted_proxies=_number(environ, "TRUSTED_PROXIES", 0, 0, 5),
            offline=_yes_or_no(environ, "OFFLINE", default=True),
            seal_key=Path(environ["SEAL_KEY"]) if environ.get("SEAL_KEY") else None,
            seal_passphrase=environ.get("SEAL_PASSPHRASE", ""),
            smtp_url=smtp_url,
            mail_from=mail_from,
            anchors=Path(environ["ANCHORS"]) if environ.get("ANCHORS") else instance / "anchors",
            trace_years=_number(environ, "TRACE_YEARS", 3, 1, 10),
            second_factor=second_factor,
        )

    @property
    def https(self) -> bool:
        """Whether people reach Kursbuch over TLS, so that cookies may be `Secure`."""
        return self.public_url.startswith("https://")


def _weak(secret: str) -> bool:
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_DIFFERENT_CHARACTERS


def _yes_or_no(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, "").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        raise Unsafe(f"Kursbuch does not start: {name} must be 1 or 0, not {value!r}")
    return default


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = environ.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and least <= int(value[:9]) <= most):
        raise Unsafe(f"Kursbuch does not start: {name} must be a number from {least} to {most}, not {value!r}")
    return int(value)


def _database_url(url: str, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'kursbuch.sqlite3'}"
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    raise Unsafe("Kursbuch does not start: DATABASE_URL must begin with postgresql:// or sqlite:///")


def _demo_secret(instance: Path) -> str:
    """A secret of this machine's own, so that even demo cookies cannot be forged with a shipped key."""
    path = instance / "demo_secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret
