"""Answers: the first page of every role, as a list of what is to be done."""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr

from flask import Blueprint, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response

import clock
from auth import trace
from auth.guard import EVERYONE, allow, public, viewer
from auth.rules import Role
from programmes.attendance import queries as attendance
from programmes.attendance.account import queries as account, warning
from programmes.attendance.rules import REMIND_AFTER_DAYS, days_open, is_overdue
from programmes.certificates import queries as certificates
from programmes.enrolment import queries as enrolment
from programmes.participants.privacy import OFFICE
from programmes.rights import queries as rights
from programmes.statistics.funding import queries as funding
from programmes.today import queries

blueprint = Blueprint("today", __name__)

REVIEWED = dt.date(
    2026, 11, 29
)  # what the page about accessibility says was compared with the pages: at least once a year


@blueprint.get("/")
@public
def start() -> Response:
    """The address people type."""
    return redirect(url_for("today.today"))


@blueprint.get("/accessibility")
@public
def accessibility() -> str:
    """What the law asks every authority to say about its site (§ 4 HVBIT)."""
    settings = current_app.config["SETTINGS"]
    return render_template(
        "today/accessibility.html",
        address=settings.public_url,
        mail=parseaddr(settings.mail_from)[1],
        office=OFFICE,
        reviewed=REVIEWED,
    )


@blueprint.get("/today")
@allow(*EVERYONE)
def today() -> str:
    """What waits for this person; one section for each of their roles, leading first."""
    who = viewer()
    tasks: dict[str, object] = {}
    if who.leads:
        tasks |= {
            "meetings": attendance.todays_meetings(who),
            "left_open": attendance.own_not_closed(who),
            "coming": attendance.next_meetings(who),
        }
    if who.coordinates:
        absent = [one for one in account.absent_twice(who) if not one.is_done]
        warned = warning.warned(who, attendance.ON_A_LIST)
        named = [one.person_id for one in absent[: attendance.ON_A_LIST]]
        named += [one.person_id for one in warned.people]
        outdated = certificates.outdated(who)
        named += [one.enrolment.person_id for one in outdated[: attendance.ON_A_LIST]]
        if named:
            trace.saw(named)
        tasks |= {
            "not_closed": attendance.not_closed(who),
            "places": enrolment.free_and_waiting(who),
            "papers": certificates.ready_to_issue(who),
            "outdated": outdated,
            "absent": absent,
            "warned": warned,
            "deadlines": [one for one in funding.deadlines(who) if one.is_urgent],
        }
    if Role.ADMINISTRATOR in who.roles:
        tasks["idle"] = queries.idle_accounts()
    if Role.OFFICER in who.roles:
        tasks |= {"last_day": queries.last_day(clock.now()), "emergencies": queries.last_emergencies(clock.now())}
        tasks |= {"proposed": rights.proposed(), "clock_doubt": rights.clock_in_doubt(clock.now())}
    return render_template(
        "today/today.html", who=who, roles=Role, on_a_list=attendance.ON_A_LIST, remind_after=REMIND_AFTER_DAYS,
        open_for=lambda day: days_open(day, who.today) if is_overdue(day, who.today) else 0, **tasks,
    )  # fmt: skip
