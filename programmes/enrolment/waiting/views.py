"""Answers: an offer of a place with its deadline, who was called about it, and who does not come any more."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

import clock
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.enrolment import queries
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import (
    BEFORE_ENTRY,
    EnrolmentStatus,
    eligibility,
    first_day,
    obstacles,
    usual_deadline,
)
from programmes.enrolment.waiting import actions
from programmes.enrolment.waiting.forms import ContactForm, OfferForm
from programmes.enrolment.waiting.queries import contacts_of, people_ahead, visible_enrolment
from wording import Refused

blueprint = Blueprint("waiting", __name__)
Answer = Response | str | tuple[str, int]


def _page(enrolment: Enrolment, offering: OfferForm, contacting: ContactForm) -> str:
    me, course = viewer(), enrolment.course
    children = queries.children_enrolled(me, enrolment.id)
    applicant = queries.applicant(me, enrolment.person, course, children, enrolment.situation)
    offer = queries.offer_of(me, course)
    day = first_day(course.starts_on, course.ends_on, me.today)
    trace.saw([enrolment.person_id, *(child.id for child in children)])
    return render_template(
        "enrolment/offer.html", enrolment=enrolment, children=children, offer=offer, offering=offering, contacting=contacting,
        contacts=contacts_of(me, [enrolment.id]).get(enrolment.id, []), OFFERED=EnrolmentStatus.OFFERED,
        waits=enrolment.status in BEFORE_ENTRY,
        ahead=0 if enrolment.status is EnrolmentStatus.OFFERED else people_ahead(me, enrolment),
        against=obstacles(applicant, offer, day) + eligibility(applicant, offer, day),
        history=queries.changes_of(me, [enrolment.id]).get(enrolment.id, []),
    )  # fmt: skip


@blueprint.route("/enrolments/<int:enrolment_id>/offer", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def offer(enrolment_id: int) -> Answer:
    """Offer a place to somebody who waits; afterwards whatever has to do with the offer."""
    me = viewer()
    enrolment = queries.enrolment(me, enrolment_id)
    form: Any = OfferForm(data={"until": usual_deadline(enrolment.course.ends_on, me.today)})
    if form.is_submitted():
        if form.validate():
            try:
                actions.offer_place(me, enrolment.id, form.until.data, form.reason.data, clock.now())
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                flash(
                    gettext("Der Platz ist angeboten. Notieren Sie hier, wie Sie die Person erreicht haben."), "success"
                )
                return redirect(url_for("waiting.offer", enrolment_id=enrolment.id))
        return _page(enrolment, form, ContactForm(formdata=None)), 422
    return _page(enrolment, form, ContactForm(formdata=None))


@blueprint.post("/enrolments/<int:enrolment_id>/contact")
@allow(Role.COORDINATOR)
def contact(enrolment_id: int) -> Answer:
    """Keep a try to reach somebody about a place."""
    me = viewer()
    enrolment = queries.enrolment(me, enrolment_id)
    form: Any = ContactForm()
    if not form.validate():
        until = usual_deadline(enrolment.course.ends_on, me.today)
        return _page(enrolment, OfferForm(formdata=None, data={"until": until}), form), 422
    actions.record_contact(me, enrolment, form.channel.data, form.reached.data, form.note.data, clock.now())
    flash(gettext("Der Versuch ist notiert."), "success")
    return redirect(url_for("waiting.offer", enrolment_id=enrolment.id))


@blueprint.post("/enrolments/<int:enrolment_id>/offer/end")
@allow(Role.COORDINATOR)
def end_offer(enrolment_id: int) -> Response:
    """Put somebody with an open offer back on the waiting list."""
    ended = actions.end_offer(viewer(), enrolment_id, clock.now())
    flash(gettext("%(name)s steht wieder auf der Warteliste. Der Platz ist frei.", name=ended.person.name), "info")
    return redirect(url_for("enrolment.course", course_id=ended.course_id))


@blueprint.post("/enrolments/<int:enrolment_id>/missed")
@allow(Role.LEADER, Role.COORDINATOR)
def missed(enrolment_id: int) -> Response:
    """Somebody does not come any more: a hint of the leader's; only coordinators end an enrolment."""
    enrolment = visible_enrolment(viewer(), enrolment_id)
    actions.say_missed(enrolment, viewer().today)
    flash(gettext("Die Koordination sieht den Hinweis. Der Platz bleibt, bis sie entscheidet."), "info")
    return redirect(url_for("enrolment.course", course_id=enrolment.course_id))


@blueprint.post("/enrolments/<int:enrolment_id>/back")
@allow(Role.LEADER, Role.COORDINATOR)
def back(enrolment_id: int) -> Response:
    """They come again after all."""
    enrolment = visible_enrolment(viewer(), enrolment_id)
    actions.say_back(enrolment)
    flash(gettext("Der Hinweis „kommt nicht mehr“ ist weg."), "info")
    return redirect(url_for("enrolment.course", course_id=enrolment.course_id))
