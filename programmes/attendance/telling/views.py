"""Answers: who is to be told that a meeting moved or does not take place, and who knows it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

import clock
import jobs
import translations
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.attendance.queries import coordinated_meeting
from programmes.attendance.telling import actions, letter, queries
from programmes.attendance.telling.rules import Message
from programmes.catalogue.models import Meeting
from programmes.participants.rules import Channel

blueprint = Blueprint("telling", __name__)


@blueprint.get("/meetings/<int:meeting_id>/tell")
@allow(Role.COORDINATOR)
def tell(meeting_id: int) -> str:
    """The people to tell, by the way they want, and the words to tell them."""
    meeting = _told_with(meeting_id)
    news = queries.news_of(meeting)
    lines = queries.people_to_tell(viewer(), meeting, news) if news else []
    trace.saw(line.person.id for line in lines)
    spoken = sorted({line.language for line in lines} - {"de"})
    return render_template(
        "telling/tell.html",
        meeting=meeting,
        course=meeting.course,
        message=news and news.message,
        groups=[(way, group) for way in Channel if (group := [line for line in lines if line.way is way])],
        told=sum(line.told is not None for line in lines),
        people=len(lines),
        to_mail=sum(line.can_mail for line in lines),
        languages=translations.LANGUAGES,
        texts=[(code, news.message.text(translations.for_people(code))) for code in ("de", *spoken)] if news else [],
        is_right_to_left=translations.is_right_to_left,
    )


@blueprint.post("/meetings/<int:meeting_id>/tell/mail")
@allow(Role.COORDINATOR)
def send(meeting_id: int) -> Response:
    """Send an e-mail to everybody who wants one."""
    meeting = _told_with(meeting_id)
    news = queries.news_of(meeting) or abort(404)
    count = actions.send(viewer(), news, queries.people_to_tell(viewer(), meeting, news), clock.now())
    trace.note("send telling.tell", object_id=meeting.id)
    jobs.hurry()
    flash(ngettext("Eine E-Mail ist auf dem Weg.", "%(num)s E-Mails sind auf dem Weg.", count), "success")
    return redirect(url_for("telling.tell", meeting_id=meeting.id))


@blueprint.post("/meetings/<int:meeting_id>/tell/<int:enrolment_id>")
@allow(Role.COORDINATOR)
def reached(meeting_id: int, enrolment_id: int) -> Response:
    """Somebody knows it now."""
    meeting = _told_with(meeting_id)
    news, line = _line(meeting, enrolment_id)
    actions.reached(viewer(), news, line, clock.now())
    flash(gettext("%(name)s weiß Bescheid.", name=line.person.name), "success")
    return redirect(url_for("telling.tell", meeting_id=meeting.id))


@blueprint.post("/meetings/<int:meeting_id>/tell/<int:enrolment_id>/not")
@allow(Role.COORDINATOR)
def not_reached(meeting_id: int, enrolment_id: int) -> Response:
    """Somebody was ticked by mistake."""
    meeting = _told_with(meeting_id)
    _, line = _line(meeting, enrolment_id)
    actions.not_reached(line)
    flash(gettext("%(name)s weiß noch nicht Bescheid.", name=line.person.name), "success")
    return redirect(url_for("telling.tell", meeting_id=meeting.id))


@blueprint.get("/meetings/<int:meeting_id>/tell/letters.pdf")
@allow(Role.COORDINATOR)
def letters(meeting_id: int) -> Response:
    """The letters to those who want one and do not know it yet."""
    meeting, now = _told_with(meeting_id), clock.now()
    news = queries.news_of(meeting)
    lines = queries.people_to_tell(viewer(), meeting, news) if news else []
    waiting = [line for line in lines if line.way is Channel.LETTER and line.told is None]
    if news is None or not waiting:
        abort(404)
    pdf = letter.render([_letter(news.message, line) for line in waiting], viewer().today, now)
    trace.saw(line.person.id for line in waiting)
    return Response(
        pdf,
        mimetype="application/pdf",
        headers={"Content-Disposition": 'inline; filename="briefe.pdf"', "Cache-Control": "no-store"},
    )


def _told_with(meeting_id: int) -> Meeting:
    return queries.told_with(coordinated_meeting(viewer(), meeting_id))


def _line(meeting: Meeting, enrolment_id: int) -> tuple[queries.News, queries.Line]:
    news = queries.news_of(meeting) or abort(404)
    lines = queries.people_to_tell(viewer(), meeting, news)
    return news, next((one for one in lines if one.enrolment.id == enrolment_id), None) or abort(404)


def _letter(message: Message, line: queries.Line) -> letter.Letter:
    person = line.person
    own = None if line.language == "de" else message.text(translations.for_people(line.language))
    address, town = person.address or "", person.municipality.name if person.municipality else ""
    lines = [person.name, *address.split(", "), "" if town in address else town]
    return letter.Letter(tuple(part for part in lines if part), line.language, own, message.text())


@blueprint.app_template_global()
def told_so_far(meeting: Meeting) -> queries.Progress | None:
    """For the page of a meeting: how many of those to be told know it."""
    return queries.progress(viewer(), meeting)
