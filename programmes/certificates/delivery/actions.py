"""Changes the ways on which papers go to people without an account: personal links, letters by e-mail."""

from __future__ import annotations

import datetime as dt
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from argon2.exceptions import VerificationError
from flask import current_app
from sqlalchemy import orm

import clock
import jobs
import translations
from auth.actions import HASHER
from auth.guard import Viewer
from auth.queries import digest
from database import db
from jobs import Job
from programmes.certificates.delivery import queries
from programmes.certificates.delivery.models import Mail, PersonalLink
from programmes.certificates.delivery.rules import MailState, expiry, is_open, new_pin, new_secret, next_try
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateState, HandOver, file_name
from settings import Settings
from wording import N_, P_, Reason, Refused

KIND = "mail"
PATIENCE = 20.0  # seconds for the other server
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
        _hand_over(current_app.config["SETTINGS"], _letter(mail, paper))
    except (smtplib.SMTPException, OSError, ValueError) as reason:
        mail.answer = _told(reason)[:300]
        again = None if _is_final(reason) else next_try(now, mail.attempts)
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
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = settings.mail_from, mail.recipient, SUBJECT
    letter["Date"] = formatdate(mail.made_at.timestamp())
    letter["Message-ID"] = make_msgid(str(mail.id), domain=urlsplit(settings.public_url).hostname or "kursbuch.example")
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n".join(text))
    name = file_name(paper.title, paper.printed_name, paper.number)
    letter.add_attachment(paper.pdf, maintype="application", subtype="pdf", filename=name)
    return letter


def _hand_over(settings: Settings, letter: EmailMessage) -> None:
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


def _is_final(reason: Exception) -> bool:
    """Whether the other server says never rather than not now."""
    if isinstance(reason, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in reason.recipients.values())
    return (
        isinstance(reason, smtplib.SMTPResponseException)
        and reason.smtp_code >= 500
        and not isinstance(reason, smtplib.SMTPAuthenticationError)
    )


def _told(reason: Exception) -> str:
    if isinstance(reason, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {text.decode(errors='replace')}" for code, text in reason.recipients.values())
    if isinstance(reason, smtplib.SMTPResponseException):
        text = reason.smtp_error
        return f"{reason.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return f"{type(reason).__name__}: {reason}"
