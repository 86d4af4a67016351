"""Changes the ways on which papers go to people without an account: personal links, letters by e-mail."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from functools import cache

import sqlalchemy as sa
from argon2.exceptions import VerificationError
from flask import current_app
from sqlalchemy import orm

import clock
import jobs
import mail as mails
import translations
from auth.actions import HASHER
from auth.guard import Viewer
from auth.queries import digest
from database import db
from jobs import Job
from programmes.certificates.delivery import queries
from programmes.certificates.delivery.models import Mail, PersonalLink
from programmes.certificates.delivery.rules import MailState, expiry, is_open, new_pin, new_secret
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateState, HandOver, file_name
from settings import Settings
from wording import N_, P_, Reason, Refused

KIND = "mail"
GREETING = P_("Guten Tag,")
BODY = P_("im Anhang ist Ihre Bescheinigung. Bitte bewahren Sie sie gut auf.")
CLOSING = P_("Mit freundlichen Grüßen")
SUBJECT = "Ihre Unterlage vom Integrationsbüro Kreis Offenbach"  # says nothing about a course


def make_link(viewer: Viewer, paper: Certificate, now: dt.datetime, *, by: int) -> tuple[PersonalLink, str, str]:
    """A new link with its secret and its PIN, which are told once; earlier links to this paper end. Raises Refused."""
    _refuse_what_does_not_hold(paper)
    for old in queries.links_of(viewer, paper.id):
        old.revoked_at = old.revoked_at or now
    secret, pin = new_secret(), new_pin()
    link = PersonalLink(
        certificate_id=paper.id, secret_hash=digest(secret), pin_hash=HASHER.hash(pin), made_at=now, made_by_id=by,
        expires_at=expiry(now, paper.enrolment.course.ends_on),
    )  # fmt: skip
    db.session.add(link)
    db.session.flush()
    return link, secret, pin


def revoke_link(link: PersonalLink, now: dt.datetime) -> None:
    """End a link."""
    link.revoked_at = link.revoked_at or now
    db.session.flush()


def opened(secret: str, pin: str, now: dt.datetime) -> tuple[PersonalLink | None, sa.Update | None]:
    """The link that secret and PIN open, and what is to be noted of the try; one answer for all that is wrong."""
    link = queries.link_by_secret(secret)
    try:
        HASHER.verify(link.pin_hash if link else _nobody(), pin)
        fits = link is not None
    except (VerificationError, ValueError):
        fits = False
    if link is None:
        return None, None
    change = sa.update(PersonalLink).where(PersonalLink.id == link.id).execution_options(viewer=Viewer.anyone())
    if not is_open(now, link.expires_at, link.revoked_at, link.failures):
        return None, None
    if not fits:
        return None, change.values(failures=PersonalLink.failures + 1)
    first = link.opened_at or now
    return link, change.values(openings=PersonalLink.openings + 1, opened_at=first, failures=0)


@cache
def _nobody() -> str:
    """The PIN of no link, so that a wrong secret takes as long as a wrong PIN."""
    return HASHER.hash("no such link")


def send(paper: Certificate, recipient: str, language: str, now: dt.datetime, *, by: int) -> Mail:
    """Put a letter with the paper on its way; it leaves when the transaction is stored. Raises Refused."""
    _refuse_what_does_not_hold(paper)
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.smtp_url:
        raise Refused(Reason(N_("E-Mail ist nicht eingerichtet (SMTP_URL, MAIL_FROM).")))
    mail = Mail(
        certificate_id=paper.id, recipient=recipient, language=language, made_at=now, made_by_id=by, next_at=now
    )
    db.session.add(mail)
    db.session.flush()
    jobs.ask(KIND, {"mail": mail.id}, by=by, total=1)
    return mail


def _refuse_what_does_not_hold(paper: Certificate) -> None:
    if paper.state is not CertificateState.VALID or paper.erased_at is not None:
        raise Refused(Reason(N_("Nur ein gültiges Papier wird übergeben.")))


@jobs.step(KIND)
def try_to_send(job: Job) -> bool:
    """One try to hand the letter to the other server. True: it is tried again later."""
    mail = db.session.scalars(
        sa.select(Mail)
        .where(Mail.id == job.arguments["mail"])
        .options(orm.joinedload(Mail.certificate, innerjoin=True).undefer(Certificate.pdf))
        .execution_options(viewer=Viewer.anyone())
    ).one_or_none()
    if mail is None or mail.state is not MailState.WAITING:
        return False
    paper, now = mail.certificate, clock.now()
    if paper.state is not CertificateState.VALID or paper.erased_at is not None:
        mail.state, mail.answer = MailState.REFUSED, "widerrufen oder ersetzt"
        return False
    mail.attempts += 1
    try:
        mails.hand_over(current_app.config["SETTINGS"], _letter(mail, paper))
    except mails.FAILURES as reason:
        mail.answer = mails.told(reason)[:300]
        again = None if mails.is_final(reason) else mails.next_try(now, mail.attempts)
        if again is None:
            mail.state = MailState.REFUSED
            return False
        mail.next_at = job.not_before = again
        return True
    mail.state, mail.sent_at, mail.answer = MailState.SENT, now, None
    job.done = 1
    if paper.handed_over_on is None:
        day = now.astimezone(clock.BERLIN).date()
        paper.handed_over_on, paper.handed_over_how, paper.handed_over_by_id = day, HandOver.EMAIL, mail.made_by_id
    return False


def _letter(mail: Mail, paper: Certificate) -> EmailMessage:
    settings: Settings = current_app.config["SETTINGS"]
    say = translations.for_people(mail.language)
    own = [] if mail.language == "de" else [say(GREETING), "", say(BODY), "", say(CLOSING), "—", ""]
    text = [*own, GREETING, "", BODY, "", CLOSING, "Integrationsbüro Kreis Offenbach"]
    letter = mails.letter(settings, mail.recipient, SUBJECT, "\n".join(text), mail.made_at, key=str(mail.id))
    name = file_name(paper.title, paper.printed_name, paper.number)
    letter.add_attachment(paper.pdf, maintype="application", subtype="pdf", filename=name)
    return letter
