"""Changes who knows of a meeting that moved or does not take place: e-mails, and what somebody has told on other ways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import orm

import clock
import jobs
import mail
import translations
from auth.guard import Viewer
from database import db
from jobs import Job
from programmes.attendance.telling import queries
from programmes.attendance.telling.models import Notice
from programmes.attendance.telling.queries import Line, News
from programmes.attendance.telling.rules import Message
from programmes.catalogue.models import Meeting
from programmes.enrolment.models import Enrolment
from programmes.participants.rules import Channel, language_of
from settings import Settings
from wording import N_, Reason, Refused

KIND = "notice"
SUBJECT = "Nachricht vom Integrationsbüro Kreis Offenbach"  # says nothing about a course


def send(viewer: Viewer, news: News, lines: Sequence[Line], now: dt.datetime) -> int:
    """Put an e-mail on its way to everybody who wants one and has none yet; says how many. They leave when the transaction is stored.
    Raises Refused."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.smtp_url:
        raise Refused(Reason(N_("E-Mail ist nicht eingerichtet (SMTP_URL, MAIL_FROM).")))
    made = [_notice(viewer, news, line, Channel.EMAIL, now) for line in lines if line.can_mail]
    db.session.add_all(made)
    db.session.flush()
    for notice in made:
        jobs.ask(KIND, {"notice": notice.id}, by=viewer.id, total=1)
    return len(made)


def reached(viewer: Viewer, news: News, line: Line, now: dt.datetime) -> None:
    """Somebody was told, on their way; whoever wanted an e-mail was called. Twice is once."""
    if line.told is not None:
        return
    made = _notice(viewer, news, line, Channel.CALL if line.way is Channel.EMAIL else line.way, now)
    made.told_at = now
    db.session.add(made)
    db.session.flush()


def not_reached(line: Line) -> None:
    """Take back that somebody was told; what was sent by e-mail stays sent."""
    if line.told is not None and line.told.channel is not Channel.EMAIL:
        db.session.delete(line.told)
        db.session.flush()


def _notice(viewer: Viewer, news: News, line: Line, channel: Channel, now: dt.datetime) -> Notice:
    return Notice(
        change_id=news.change_id, enrolment_id=line.enrolment.id, channel=channel, made_at=now, by_id=viewer.id
    )


@jobs.step(KIND)
def try_to_tell(job: Job) -> bool:
    """One try to hand an e-mail about a meeting to the other server. True: it is tried again later."""
    notice = db.session.scalars(
        sa.select(Notice)
        .where(Notice.id == job.arguments["notice"])
        .options(
            orm.joinedload(Notice.enrolment, innerjoin=True).joinedload(Enrolment.person, innerjoin=True),
            orm.joinedload(Notice.change, innerjoin=True),
        )
        .execution_options(viewer=Viewer.anyone())
    ).one_or_none()
    if notice is None or notice.told_at is not None or notice.failed_at is not None:
        return False
    now, person = clock.now(), notice.enrolment.person
    news = queries.news_of(db.session.get_one(Meeting, notice.change.meeting_id))
    if news is None or news.change_id != notice.change_id or not person.email:
        notice.failed_at, notice.answer = now, "überholt"
        return False
    notice.attempts += 1
    settings: Settings = current_app.config["SETTINGS"]
    text = written(news.message, language_of(person.languages or ()))
    try:
        mail.hand_over(
            settings, mail.letter(settings, person.email, SUBJECT, text, notice.made_at, key=f"n{notice.id}")
        )
    except mail.FAILURES as reason:
        notice.answer = mail.told(reason)[:300]
        again = None if mail.is_final(reason) else mail.next_try(now, notice.attempts)
        if again is None:
            notice.failed_at = now
            return False
        job.not_before = again
        return True
    notice.told_at, notice.answer = now, None
    job.done = 1
    return False


def written(message: Message, language: str) -> str:
    """The e-mail: in somebody's own language, then in German."""
    german = f"{message.text()}\nIntegrationsbüro Kreis Offenbach"
    return german if language == "de" else f"{message.text(translations.for_people(language))}\n—\n{german}"
