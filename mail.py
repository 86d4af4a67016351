"""Hands e-mail to the other server, says why it was not taken, and when to try again."""

from __future__ import annotations

import datetime as dt
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from settings import Settings

PATIENCE = 20.0  # seconds for the other server
TRIES = (1, 5, 30, 120, 480, 1440)  # minutes until the next try of a letter that was not taken
FAILURES = (smtplib.SMTPException, OSError, ValueError)  # what `hand_over` may raise


def next_try(now: dt.datetime, attempts: int) -> dt.datetime | None:
    """When a letter is tried again after so many attempts; None: never."""
    return now + dt.timedelta(minutes=TRIES[attempts - 1]) if attempts <= len(TRIES) else None


def letter(
    settings: Settings, recipient: str, subject: str, text: str, made_at: dt.datetime, *, key: str
) -> EmailMessage:
    """A letter from the office that no person writes. `key` makes its number; nothing in its head says what it is about."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = settings.mail_from, recipient, subject
    made["Date"] = formatdate(made_at.timestamp())
    made["Message-ID"] = make_msgid(key, domain=urlsplit(settings.public_url).hostname or "kursbuch.example")
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    return made


def hand_over(settings: Settings, letter: EmailMessage) -> None:
    """Give a letter to the server of the settings. Raises one of FAILURES."""
    where = urlsplit(settings.smtp_url)
    host, context = where.hostname or "", ssl.create_default_context()
    secure = where.scheme == "smtps"
    port = where.port or (465 if secure else 587)
    server = (
        smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context)
        if secure
        else smtplib.SMTP(host, port, timeout=PATIENCE)
    )
    with server:
        if not secure and server.ehlo()[0] == 250 and server.has_extn("starttls"):
            server.starttls(context=context)
        elif not secure and where.username:
            raise ValueError("the server offers no encryption, so the password stays here")
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(letter)


def is_final(reason: Exception) -> bool:
    """Whether the other server says never rather than not now."""
    if isinstance(reason, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in reason.recipients.values())
    return (
        isinstance(reason, smtplib.SMTPResponseException)
        and reason.smtp_code >= 500
        and not isinstance(reason, smtplib.SMTPAuthenticationError)
    )


def told(reason: Exception) -> str:
    """What the other server said, or what happened on the way."""
    if isinstance(reason, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {text.decode(errors='replace')}" for code, text in reason.recipients.values())
    if isinstance(reason, smtplib.SMTPResponseException):
        text = reason.smtp_error
        return f"{reason.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return f"{type(reason).__name__}: {reason}"
