"""Keeps the trace sealed, lets its anchors leave the house, and tells the data-protection officer what has to be told at once.

Chores of the worker in the background (jobs.Worker). A notice that the mail server does not take is tried until it is told; without
a mail server it waits on the officer's first page.
"""

from __future__ import annotations

import logging
from email.message import EmailMessage
from pathlib import Path

from flask import current_app

import clock
import mail
from auth.audit import actions, queries
from auth.audit.models import Notice
from auth.audit.rules import NoticeKind, Seal
from auth.emergency.queries import emergency
from auth.queries import people_with_role
from auth.rules import Role
from database import db
from settings import Settings

log = logging.getLogger("kursbuch")

SEAL_EVERY, TELL_EVERY = 600.0, 60.0  # seconds
ANCHORS_LOOKED_AT = 31  # of so many days a missing file is made again


def seal() -> None:
    """Seal what is settled, and write the files of the anchors."""
    more = True
    while more:
        more = actions.seal(clock.now())
        db.session.commit()
    folder: Path | None = current_app.config["SETTINGS"].anchors
    if folder is not None:
        for found in queries.newest_anchors(ANCHORS_LOOKED_AT):
            _write(folder / _file_name(found), found)


def _file_name(anchor: Seal) -> str:
    return f"anker-{anchor.number:06}-{anchor.until.date().isoformat()}.txt"


def _write(path: Path, anchor: Seal) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(queries.anchor(anchor).text, encoding="ascii")


def tell() -> None:
    """Send the officer what waits to be told."""
    settings: Settings = current_app.config["SETTINGS"]
    officers = people_with_role(Role.OFFICER)
    while settings.smtp_url and officers:
        notice = actions.claim(clock.now())
        db.session.commit()
        if notice is None:
            return
        try:
            for officer in officers:
                mail.hand_over(settings, _letter(settings, officer.email, notice))
        except mail.FAILURES as reason:
            log.warning("notice %s was not taken: %s", notice.id, mail.told(reason))
            return
        notice.told_at = clock.now()
        db.session.commit()


def _letter(settings: Settings, recipient: str, notice: Notice) -> EmailMessage:
    if notice.kind is NoticeKind.ANCHOR:
        found = queries.seal_by_number(notice.about)
        text = (
            "Im Anhang ist der Anker des Protokolls von heute. Bitte heben Sie ihn auf: Mit ihm lässt sich nachweisen, dass\n"
            "niemand das Protokoll geändert hat (verify-audit --anchor DATEI).\n"
        )
        made = mail.letter(
            settings, recipient, "Kursbuch: Anker des Protokolls", text, clock.now(), key=f"a{notice.id}"
        )
        made.add_attachment(queries.anchor(found).text, filename=_file_name(found))
        return made
    opened = emergency(notice.about)
    until = opened.ends_at.astimezone(clock.BERLIN)
    text = (
        f"{opened.user.name} (Konto {opened.user_id}) hat einen Notfallzugriff geöffnet, bis {until:%d.%m.%Y, %H:%M} Uhr.\n"
        f"Der Grund, und was dabei gelesen wurde: {settings.public_url}/log?emergency={opened.id}\n"
    )
    return mail.letter(settings, recipient, "Kursbuch: Notfallzugriff", text, clock.now(), key=f"e{notice.id}")


CHORES = ((SEAL_EVERY, seal), (TELL_EVERY, tell))
