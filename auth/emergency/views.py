"""Answers: the way in for an emergency, for the administration, and what was opened, for the officer."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

import clock
from auth import trace
from auth.emergency import actions, queries
from auth.emergency.forms import EmergencyForm
from auth.guard import allow
from auth.rules import Role
from wording import Refused

blueprint = Blueprint("emergency", __name__)
MOST_SHOWN = 20
Answer = Response | str | tuple[str, int]


@blueprint.route("/emergency", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR, recent=True)
def begin() -> Answer:
    """Read everything for an hour, for a reason that the officer is told."""
    form, now = EmergencyForm(), clock.now()
    if form.is_submitted() and form.validate():
        try:
            opened = actions.begin(current_user.id, form.reason.data or "", now)
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            trace.note("emergency opened", object_id=opened.id)
            flash(gettext("Der Notfallzugriff ist offen. Der Datenschutz wird benachrichtigt."), "warning")
            return redirect(url_for("enrolment.courses"))
    page = render_template(
        "emergency/begin.html", form=form, opened=queries.open_emergency(current_user.id, now),
        earlier=queries.emergencies_of(current_user.id, MOST_SHOWN),
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/emergency/end")
@allow(Role.ADMINISTRATOR)
def end() -> Response:
    """End it before its hour is over."""
    actions.end(current_user.id, clock.now())
    trace.note("emergency ended")
    flash(gettext("Der Notfallzugriff ist zu Ende."), "success")
    return redirect(url_for("emergency.begin"))


@blueprint.get("/emergencies")
@allow(Role.OFFICER)
def all_of_them() -> str:
    """What was opened, by whom and why; what was read meanwhile stands in the trace."""
    return render_template("emergency/all_of_them.html", emergencies=queries.emergencies(MOST_SHOWN * 5))
