"""Letters about accounts, written and sent in the background.

How long an answer takes must not tell whether there was somebody to write to (security.md AU-7), so even looking for the account
is done here. A letter that is not taken is not tried again: a link lasts an hour, and people ask once more.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from email.message import EmailMessage

from flask import Flask, current_app
from flask_babel import gettext

import clock
import mail
from auth import actions
from auth.queries import user_by_email
from auth.rules import RESET_LASTS
from database import db
from settings import Settings

log = logging.getLogger("kursbuch")

MOST_WAITING = 200
TOKEN = "{token}"  # noqa: S105  where the secret goes in a text
Write = Callable[[], EmailMessage | None]

_waiting: queue.Queue[tuple[Flask, Write]] = queue.Queue(MOST_WAITING)
_start = threading.Lock()
_carriers: list[threading.Thread] = []


def wait() -> None:
    """Until every letter has left or was not taken; for tests."""
    _waiting.join()


def password_changed(recipient: str) -> None:
    """Tell somebody that their password is another one."""
    _notify(recipient, gettext("Das Passwort Ihres Kontos in Kursbuch wurde geändert."))


def second_factor_changed(recipient: str) -> None:
    """Tell somebody that their second factor is another one, or gone."""
    _notify(recipient, gettext("Der zweite Faktor Ihres Kontos in Kursbuch wurde geändert oder entfernt."))


def _notify(recipient: str, what: str) -> None:
    """No secrets and no links: mail is read by others."""
    settings: Settings = current_app.config["SETTINGS"]
    now, subject = clock.now(), gettext("Kursbuch: Ihr Konto")
    warning = gettext("Waren Sie es nicht? Dann sagen Sie sofort der Verwaltung Ihres Integrationsbüros Bescheid.")
    text = f"{what} {warning}"
    if settings.smtp_url:
        _later(lambda: mail.letter(settings, recipient, subject, text, now, key="account"))


def send_reset(email: str, subject: str, text: str) -> None:
    """Send a link for a new password, if this is the address of an account. `text` holds TOKEN where its secret goes."""
    settings: Settings = current_app.config["SETTINGS"]
    now = clock.now()

    def write() -> EmailMessage | None:
        user = user_by_email(email)
        if user is None:
            return None
        token = actions.invite(user, now, RESET_LASTS)
        db.session.commit()
        return mail.letter(settings, user.email, subject, text.replace(TOKEN, token), now, key="reset")

    _later(write)


def _later(write: Write) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with _start:
        if not _carriers:
            _carriers.append(threading.Thread(target=_carry, name="letters", daemon=True))
            _carriers[0].start()
    try:
        _waiting.put_nowait((app, write))
    except queue.Full:
        log.warning("a letter about an account is not sent: too many wait")


def _carry() -> None:
    while True:
        app, write = _waiting.get()
        try:
            with app.app_context():
                letter = write()
            if letter is not None:
                mail.hand_over(app.config["SETTINGS"], letter)
        except Exception as failure:  # noqa: BLE001  whatever it is, the next letter is not to blame
            log.warning("a letter about an account is not sent: %s", type(failure).__name__)
        finally:
            _waiting.task_done()
