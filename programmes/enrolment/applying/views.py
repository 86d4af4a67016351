"""Answers: the public list of courses and its form, the notice for the board, and the applications that wait for a decision."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

import clock
import translations
from auth import trace
from auth.guard import Viewer, allow, public, viewer
from auth.queries import failures_since
from auth.rules import Role
from paper.speech import Speech
from programmes.catalogue import queries as catalogue
from programmes.enrolment import queries as enrolments
from programmes.enrolment.applying import actions, poster, queries, ticket
from programmes.enrolment.applying.facts import facts, for_whom, times
from programmes.enrolment.applying.forms import (
    LANGUAGES,
    RELATIONS,
    ApplyForm,
    DecideForm,
    DiscardForm,
    FamilyApplyForm,
)
from programmes.enrolment.applying.models import Application
from programmes.enrolment.applying.rules import (
    MOST_FOR_A_COURSE,
    MOST_FROM_A_NETWORK,
    WINDOW,
    is_too_fast,
)
from programmes.enrolment.duplicates import alike
from programmes.participants.models import Person
from programmes.participants.privacy import CONTACTS, NOTICE, NOTICE_TITLE
from programmes.participants.rules import birth_date_text
from visitors import language, shown
from wording import Refused

blueprint = Blueprint("applying", __name__)
Answer = Redirect | Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]
ACT = "apply"


@blueprint.get("/offer")
@public
def offer() -> str:
    """The courses that are offered publicly, narrowed by town and language of instruction."""
    found = queries.offered(viewer())
    towns = sorted({one.course.municipality.name for one in found})
    spoken = sorted({one.course.language for one in found})
    town, taught = request.args.get("town", ""), request.args.get("taught", "")
    if town in towns:
        found = [one for one in found if one.course.municipality.name == town]
    if taught in spoken:
        found = [one for one in found if one.course.language == taught]
    return shown(
        "applying/offer.html", found=found, towns=towns, spoken=spoken, town=town, taught=taught, times=times,
        for_whom=for_whom,
    )  # fmt: skip


@blueprint.get("/offer/<int:course_id>")
@public
def course(course_id: int) -> str:
    """One of them, with everything that somebody needs to know."""
    found = queries.one_offered(viewer(), course_id)
    return shown("applying/course.html", found=found, facts=facts(found, Speech(language())))


@blueprint.route("/offer/<int:course_id>/apply", methods=["GET", "POST"])
@public
def apply(course_id: int) -> Answer:
    """Apply for a place. Nothing in the answer depends on whether the person is known."""
    found = queries.one_offered(viewer(), course_id)
    now = clock.now()
    form: Any = FamilyApplyForm() if found.course.programme.is_family else ApplyForm()
    form.offer()
    if not form.is_submitted():
        form.ticket.data = ticket.make(course_id, now)
        form.language.data = language()
        return _form(found, form)
    sent = ticket.read(form.ticket.data or "", course_id, now)
    if sent is None:
        form.ticket.data = ticket.make(course_id, now)
    elif not is_too_fast(sent[0], now):
        if not form.validate():
            return _form(found, form)
        if _is_too_much(course_id):
            return *_form(found, form, wait=True), {"Retry-After": str(int(WINDOW.total_seconds()))}
        actions.apply(viewer(), course_id, sent[1], form.facts(), now, read_in=language())
        trace.note(ACT, object_id=course_id, subject_hash=trace.subject(ACT))
        return redirect(url_for("applying.thanks", lang=form.language.data))
    return _form(found, form, again=True)


def _is_too_much(course_id: int) -> bool:
    since = clock.now() - WINDOW
    from_here = failures_since(trace.subject(ACT), since)
    return from_here >= MOST_FROM_A_NETWORK or queries.count_since(viewer(), course_id, since) >= MOST_FOR_A_COURSE


def _form(found: queries.Offered, form: Any, *, again: bool = False, wait: bool = False) -> Any:
    page = shown(
        "applying/apply.html", found=found, form=form, wrong={} if again or wait else form.wrong(), again=again,
        wait=wait, relations=RELATIONS, notice=NOTICE, notice_title=NOTICE_TITLE, contacts=CONTACTS,
    )  # fmt: skip
    return (page, 429 if wait else 422) if form.is_submitted() else page


@blueprint.get("/offer/thanks")
@public
def thanks() -> str:
    """What happens next."""
    return shown("applying/thanks.html")


@blueprint.get("/courses/<int:course_id>/public")
@allow(Role.COORDINATOR)
def public_page(course_id: int) -> str:
    """Whether a course is offered publicly, where, and its notice for the board."""
    course = catalogue.coordinated_course(viewer(), course_id)
    return render_template(
        "applying/public_page.html", course=course, offer=queries.public_offer(course.id), languages=LANGUAGES,
        address=_address(course_id, "de"),
    )  # fmt: skip


@blueprint.post("/courses/<int:course_id>/public")
@allow(Role.COORDINATOR)
def switch(course_id: int) -> Redirect:
    """Offer a course publicly, or no more."""
    course = catalogue.coordinated_course(viewer(), course_id)
    if request.form.get("action") == "offer":
        actions.offer_publicly(course, current_user.id, clock.now())
        flash(gettext("Der Kurs steht jetzt auf der öffentlichen Liste."), "success")
    else:
        actions.offer_no_more(course)
        flash(gettext("Der Kurs steht nicht mehr auf der öffentlichen Liste."), "success")
    return redirect(url_for("applying.public_page", course_id=course.id))


def _address(course_id: int, spoken: str) -> str:
    base = current_app.config["SETTINGS"].public_url + url_for("applying.course", course_id=course_id)
    return base if spoken == "de" else f"{base}?lang={spoken}"


@blueprint.get("/courses/<int:course_id>/poster.pdf")
@allow(Role.COORDINATOR)
def board(course_id: int) -> Response:
    """The notice for the board, in German and another language."""
    course = catalogue.coordinated_course(viewer(), course_id)
    found = queries.one_offered(viewer(), course.id)
    asked = request.args.get("language", "de")
    spoken = asked if asked in translations.LANGUAGES else "de"
    pdf = poster.render(
        found, spoken, _address(course.id, spoken), clock.now(), demo=current_app.config["SETTINGS"].demo
    )
    return send_file(io.BytesIO(pdf), "application/pdf", download_name=f"Aushang-{course.number}-{spoken}.pdf")


@blueprint.get("/applications")
@allow(Role.COORDINATOR)
def applications() -> str:
    """The applications that wait for a decision, oldest first."""
    found = queries.applications(viewer())
    trace.saw([], rows=len(found))
    return render_template("applying/applications.html", applications=found, languages=LANGUAGES)


@blueprint.route("/applications/<int:application_id>", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def application(application_id: int) -> Answer:
    """One application: what was said, who it may be, and the decision."""
    me = viewer()
    found = queries.application(me, application_id)
    people = alike(me, queries.facts_of(found).person(), beyond=False).people
    form = DecideForm()
    form.offer((person.id, _described(person)) for person in people)
    if form.is_submitted() and form.validate():
        known = next((person for person in people if person.id == form.known_id), None)
        try:
            enrolment = actions.take_in(me, found.id, known, clock.now())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            trace.note("take in application", object_id=application_id)
            flash(gettext("%(name)s ist jetzt angemeldet.", name=enrolment.person.name), "success")
            return redirect(url_for("enrolment.person", person_id=enrolment.person_id))
    return _application(me, found, form, DiscardForm(formdata=None), people)


def _described(person: Person) -> str:
    born = birth_date_text(person.birth_date, person.birth_precision)
    return gettext("Das ist %(name)s", name=" · ".join(filter(None, (person.name, born, person.phone))))


def _application(
    me: Viewer, found: Application, form: DecideForm, discarding: DiscardForm, people: list[Person]
) -> Answer:
    trace.saw((person.id for person in people), rows=1 + len(people))
    page = render_template(
        "applying/application.html", application=found, told=queries.facts_of(found), form=form, discarding=discarding,
        language=LANGUAGES.get(found.language, found.language), people=people,
        courses=enrolments.courses_of_people(me, [person.id for person in people]),
        born=birth_date_text(found.birth_date, found.birth_precision),
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/applications/<int:application_id>/discard")
@allow(Role.COORDINATOR)
def discard(application_id: int) -> Answer:
    """It is no application: delete it. The trace keeps who, when and the word for why."""
    me = viewer()
    found = queries.application(me, application_id)
    form = DiscardForm()
    if form.validate():
        trace.note(f"discard application: {form.reason.data}", object_id=found.id)
        actions.discard(found)
        flash(gettext("Der Antrag ist gelöscht."), "success")
        return redirect(url_for("applying.applications"))
    people = alike(me, queries.facts_of(found).person(), beyond=False).people
    decide = DecideForm(formdata=None)
    decide.offer((person.id, _described(person)) for person in people)
    return _application(me, found, decide, form, people)
