"""Changes who is offered a place: offers with a deadline, tries to reach people, and who does not come any more."""

from __future__ import annotations

import datetime as dt

from auth.guard import Viewer
from database import db
from programmes.enrolment.actions import locked, may_have_place, note
from programmes.enrolment.models import ContactAttempt, Enrolment
from programmes.enrolment.rules import (
    EnrolmentStatus,
    Reached,
    first_day,
    offer_reasons,
)
from programmes.participants.rules import Channel
from wording import N_, Reason, Refused


def offer_place(viewer: Viewer, enrolment_id: int, until: dt.date, reason: str | None, now: dt.datetime) -> Enrolment:
    """Hold a place for somebody who waits, until a day; like a place itself, out of order only with a reason. Raises Refused."""
    enrolment, course = locked(viewer, enrolment_id)
    old = enrolment.status
    if old is EnrolmentStatus.OFFERED:
        raise Refused(Reason(N_("Der Platz ist schon angeboten.")))
    may_have_place(viewer, enrolment, course, first_day(course.starts_on, course.ends_on, viewer.today), reason)
    reasons = offer_reasons(until, course.ends_on, viewer.today)
    if reasons:
        raise Refused(*reasons)
    enrolment.status, enrolment.offered_until = EnrolmentStatus.OFFERED, until
    note(viewer, enrolment, old, reason, now)
    return enrolment


def end_offer(viewer: Viewer, enrolment_id: int, now: dt.datetime) -> Enrolment:
    """Put somebody with an open offer back on the waiting list: at the end when the deadline is over, otherwise where they stood,
    for then it was the office that took the offer back. Raises Refused."""
    enrolment, _ = locked(viewer, enrolment_id)
    if enrolment.status is not EnrolmentStatus.OFFERED or enrolment.offered_until is None:
        raise Refused(Reason(N_("Dieser Person ist kein Platz angeboten.")))
    lapsed = enrolment.offered_until < viewer.today
    if lapsed:
        enrolment.requeued_at = now
    enrolment.status, enrolment.offered_until = EnrolmentStatus.WAITING, None
    why = N_("Frist verstrichen, ohne Antwort") if lapsed else N_("Angebot zurückgenommen")
    note(viewer, enrolment, EnrolmentStatus.OFFERED, why, now)
    return enrolment


def record_contact(
    viewer: Viewer, enrolment: Enrolment, channel: Channel, reached: Reached, words: str | None, now: dt.datetime
) -> ContactAttempt:
    """Keep a try to reach somebody of a granted enrolment."""
    attempt = ContactAttempt(
        enrolment_id=enrolment.id, at=now, by_id=viewer.id, channel=channel, reached=reached, note=words
    )
    db.session.add(attempt)
    db.session.flush()
    return attempt


def say_missed(enrolment: Enrolment, today: dt.date) -> None:
    """Whoever leads the course says that somebody does not come any more; the office decides what follows. Raises Refused."""
    if enrolment.status is not EnrolmentStatus.ENROLLED:
        raise Refused(Reason(N_("Diese Person ist nicht mehr im Kurs.")))
    enrolment.missed_since = enrolment.missed_since or today
    db.session.flush()


def say_back(enrolment: Enrolment) -> None:
    """They come again after all."""
    enrolment.missed_since = None
    db.session.flush()
