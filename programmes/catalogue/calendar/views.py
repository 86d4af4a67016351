"""Answers: the calendar of a month, the days without school, and the calendars of courses."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import urlsplit

import segno
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

import clock
from auth.guard import allow, public, viewer
from auth.rules import Role
from fields import FIRST_YEAR, LAST_YEAR, showable
from programmes.catalogue import queries as catalogue
from programmes.catalogue.calendar import actions, almanac, queries
from programmes.catalogue.calendar.feed import as_ics
from programmes.catalogue.calendar.forms import MonthFilter, SchoolHolidaysForm
from programmes.catalogue.calendar.rules import (
    SchoolHoliday,
    as_lines,
    days_of,
    last_day_of,
    months_around,
    read_holidays,
    weeks_of,
)
from wording import N_, Reason

blueprint = Blueprint("calendar", __name__)
Answer = Redirect | Response | str | tuple[str, int]
NEW_FEED = "new_feed"  # in the session: what is told once, to the browser that asked for it


@blueprint.get("/calendar")
@allow(Role.COORDINATOR, Role.LEADER)
def month() -> str:
    """The meetings of a month that the viewer coordinates or leads, among the days that are free in Hessen."""
    me = viewer()
    form = MonthFilter(request.args, meta={"csrf": False})
    form.offer(
        catalogue.programmes_with_courses(me), catalogue.municipalities_with_courses(me),
        catalogue.leaders_with_courses(me) if me.coordinates else [],
    )  # fmt: skip
    form.validate()
    this_month = me.today.replace(day=1)
    first = form.month.data if form.month.data and not form.month.errors else this_month
    last, kept = last_day_of(first), form.kept
    meetings = queries.meetings_between(
        me, first, last, programme_id=kept.get("programme"), town_id=kept.get("town"), leader_id=kept.get("leader"),
        venue=kept.get("venue", ""),
    )  # fmt: skip
    school = queries.school_holidays(first, last)
    if not form.month.errors:
        form.month.data = first
    return render_template(
        "calendar/month.html", form=form, first=first, this_month=this_month, kept=kept, weeks=weeks_of(first),
        around=months_around(first, FIRST_YEAR, LAST_YEAR), meetings=meetings,
        by_day={day: list(those) for day, those in groupby(meetings, key=lambda one: one.date)},
        public=almanac.public_holidays(first, last), school=school, no_school=days_of(school),
    )  # fmt: skip


@blueprint.route("/school-holidays", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def school_holidays() -> Answer:
    """The days without school. A file and the library only add to the text; what is saved is the text."""
    form = SchoolHolidaysForm()
    kept = queries.school_holidays()
    added = False
    if not form.is_submitted():
        form.text.data = as_lines(kept)
    elif form.validate():
        found, reasons = read_holidays(form.text.data or "")
        if not reasons and "add" in request.form:
            more, reasons = _more(request.form["add"])
            if not reasons:
                added, form.text.data = True, as_lines([*found, *more])
        elif not reasons:
            actions.keep_school_holidays(found)
            flash(gettext("Die Schulferien sind gespeichert."), "success")
            return redirect(url_for("calendar.school_holidays"))
        form.refuse(reasons)
    page = render_template("calendar/school_holidays.html", form=form, kept=kept, added=added)
    return (page, 422) if form.is_submitted() and not added else page


def _more(source: str) -> tuple[list[SchoolHoliday], list[Reason]]:
    if source == "library":
        return almanac.school_holidays(clock.today().year), []
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    found, reasons = read_holidays(showable(text), "file")
    if not found and not reasons:
        reasons = [Reason(N_("Bitte wählen Sie eine Datei, in der etwas steht."), field="file")]
    return found, reasons


@blueprint.get("/courses/<int:course_id>/calendar")
@allow(Role.COORDINATOR, Role.LEADER)
def calendar(course_id: int) -> str:
    """The calendar of a course for phones: whether it has an address, and once after it was made, which."""
    course = catalogue.course(viewer(), course_id)
    told = session.pop(NEW_FEED, None)
    address = None
    if told and told["course"] == course.id:
        address = url_for("calendar.feed", token=told["secret"], _external=True)
    return render_template(
        "calendar/calendar.html",
        course=course,
        feed=queries.feed_of(course.id),
        address=address,
        code=Markup(segno.make(address, micro=False).svg_inline(scale=4, light="#fff")) if address else None,  # noqa: S704 - drawn, not typed
    )


@blueprint.post("/courses/<int:course_id>/calendar/address")
@allow(Role.COORDINATOR, Role.LEADER)
def make_feed(course_id: int) -> Redirect:
    """A new secret address; it is shown once."""
    course = catalogue.course(viewer(), course_id)
    session[NEW_FEED] = {"course": course.id, "secret": actions.make_feed(course, current_user.id, clock.now())}
    return redirect(url_for("calendar.calendar", course_id=course.id))


@blueprint.post("/courses/<int:course_id>/calendar/revoke")
@allow(Role.COORDINATOR, Role.LEADER)
def revoke_feed(course_id: int) -> Redirect:
    """Let the address lead nowhere."""
    course = catalogue.course(viewer(), course_id)
    actions.revoke_feed(course)
    flash(gettext("Die Adresse führt nirgends mehr hin."), "success")
    return redirect(url_for("calendar.calendar", course_id=course.id))


@blueprint.get("/calendar/<token>.ics")
@public
def feed(token: str) -> Response:
    """The calendar itself, for whoever holds its address. What was revoked was never there."""
    found = queries.feed_by_secret(token)
    if found is None:
        raise NotFound
    host = urlsplit(current_app.config["SETTINGS"].public_url).hostname or "kursbuch"
    answer = Response(
        as_ics(found, queries.told(found.course_id), host, gettext("Fällt aus")),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="kurs.ics"', "Cache-Control": "private, no-cache"},
    )
    answer.add_etag()
    answer.make_conditional(request)
    return answer
