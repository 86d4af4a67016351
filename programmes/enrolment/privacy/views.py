"""Answers: the privacy notice and who still lacks it, consents and their end, and the sheets for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response as Redirect

import clock
import translations
from auth import trace
from auth.guard import Viewer, allow, viewer
from auth.rules import Role
from programmes.enrolment import queries as enrolments
from programmes.enrolment.privacy import queries, sheet
from programmes.enrolment.privacy.forms import ConsentForm, NoticeForm
from programmes.participants import actions, queries as people
from programmes.participants.models import FamilyMember, Person
from programmes.participants.origins import LANGUAGES as SPOKEN
from programmes.participants.privacy import CONTACTS, NOTICE, NOTICE_VERSION, QUESTIONS
from programmes.participants.rules import language_of

blueprint = Blueprint("privacy", __name__)
Answer = Redirect | str | tuple[str, int]
LANGUAGES = {"de": "Deutsch"} | translations.LANGUAGES
USUAL = "Deutsch"


@blueprint.get("/privacy")
@allow(Role.COORDINATOR)
def overview() -> str:
    """Who has not got the privacy notice yet, and both sheets without a name."""
    missing = queries.without_notice(viewer())
    trace.saw(person.id for person in missing)
    return render_template(
        "privacy/overview.html", people=missing, languages=LANGUAGES, language_of=language_of,
        courses=enrolments.courses_of_people(viewer(), [person.id for person in missing]),
    )  # fmt: skip


@blueprint.route("/participants/<int:person_id>/notice", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def give_notice(person_id: int) -> Answer:
    """Record that somebody got the privacy notice; its text and its sheet are here."""
    me = viewer()
    person = enrolments.person(me, person_id)
    form: Any = NoticeForm(data={"given_on": me.today, "language": next(iter(person.languages), USUAL)})
    if form.carried_out(
        lambda: actions.give_notice(
            me, person, NOTICE_VERSION, form.language.data, form.explained.data, form.given_on.data, clock.now()
        ),
    ):
        flash(gettext("Der Datenschutzhinweis ist festgehalten."), "success")
        return redirect(url_for("enrolment.person", person_id=person.id))
    return _ask("privacy/give_notice.html", form, person, notice=NOTICE, contacts=CONTACTS, version=NOTICE_VERSION)


@blueprint.route("/participants/<int:person_id>/consent", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def record_consent(person_id: int) -> Answer:
    """Record an answer to one question; earlier answers stay."""
    me = viewer()
    person = enrolments.person(me, person_id)
    guardians = people.guardians_of(me, person) if person.is_child else []
    form = ConsentForm(data={"language": next(iter(_spoken(person, guardians)), USUAL)})
    form.offer([(one.person_id, one.person.name) for one in guardians] if person.is_child else None)
    if form.carried_out(lambda: actions.record_consent(me, person, form.facts(), form.chosen_givers, clock.now())):
        flash(gettext("Die Antwort ist festgehalten."), "success")
        return redirect(url_for("enrolment.person", person_id=person.id))
    return _ask("privacy/record_consent.html", form, person, questions=QUESTIONS)


def _ask(template: str, form: Any, person: Person, **context: Any) -> Answer:
    trace.saw([person.id])
    page = render_template(
        template, form=form, person=person, languages=LANGUAGES, own=_own(viewer(), person), spoken=SPOKEN,
        say=translations.for_people(str(get_locale())),
        **context,
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/consents/<int:consent_id>/revoke")
@allow(Role.COORDINATOR)
def revoke(consent_id: int) -> Redirect:
    """Somebody takes back a yes. No reason is asked; the yes stays in the history."""
    me = viewer()
    consent = queries.consent(me, consent_id)
    actions.revoke_consent(me, consent, clock.now())
    flash(gettext("Die Einwilligung ist widerrufen."), "success")
    return redirect(url_for("enrolment.person", person_id=consent.person_id))


@blueprint.get("/privacy/notice.pdf")
@allow(Role.COORDINATOR)
def blank_notice() -> Response:
    """The privacy notice in a language, for the pile."""
    return _sheet(sheet.notice, "Datenschutzhinweis", sheet.Reader(_language("de")))


@blueprint.get("/privacy/consents.pdf")
@allow(Role.COORDINATOR)
def blank_questions() -> Response:
    """The questions apart from the course in a language, for the pile."""
    return _sheet(sheet.questions, "Einwilligungen", sheet.Reader(_language("de")))


@blueprint.get("/participants/<int:person_id>/notice.pdf")
@allow(Role.COORDINATOR)
def notice(person_id: int) -> Response:
    """The privacy notice for somebody, in their first language unless another one is asked for."""
    return _sheet(sheet.notice, "Datenschutzhinweis", _reader(viewer(), person_id))


@blueprint.get("/participants/<int:person_id>/consents.pdf")
@allow(Role.COORDINATOR)
def questions(person_id: int) -> Response:
    """The questions apart from the course for somebody."""
    return _sheet(sheet.questions, "Einwilligungen", _reader(viewer(), person_id))


def _language(usual: str) -> str:
    asked = request.args.get("language", "")
    return asked if asked in LANGUAGES else usual


def _reader(me: Viewer, person_id: int) -> sheet.Reader:
    person = enrolments.person(me, person_id)
    trace.note(f"print {request.endpoint}", object_id=person.id)
    trace.saw([person.id])
    return sheet.Reader(_language(_own(me, person)), person.name, person.is_child)


def _own(me: Viewer, person: Person) -> str:
    """The first language of somebody in which there are sheets; for a child, of those who answer for it."""
    return language_of(_spoken(person, people.guardians_of(me, person) if person.is_child else []))


def _spoken(person: Person, guardians: Sequence[FamilyMember]) -> list[str]:
    return [word for one in guardians for word in one.person.languages] if person.is_child else person.languages


def _sheet(draw: Callable[..., bytes], name: str, reader: sheet.Reader) -> Response:
    pdf = draw(reader, clock.now(), demo=current_app.config["SETTINGS"].demo)
    named = f'inline; filename="{name}-{reader.language}.pdf"'
    return Response(
        pdf, mimetype="application/pdf", headers={"Content-Disposition": named, "Cache-Control": "no-store"}
    )
