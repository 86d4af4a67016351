"""Answers: which records are one person, what becomes of them, and the way back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

import clock
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.enrolment import queries as enrolments, search
from programmes.enrolment.duplicates import alike
from programmes.enrolment.forms import SearchForm
from programmes.enrolment.merging import actions, queries
from programmes.enrolment.merging.forms import MergeForm
from programmes.participants.forms import ChildForm, PersonForm
from programmes.participants.models import Person
from programmes.participants.queries import facts_of, family_members, households_of
from programmes.participants.rules import PersonFacts, birth_date_text, disputed
from wording import Refused, Term

blueprint = Blueprint("merging", __name__)
Answer = Response | str | tuple[str, int]
MOST_FOUND = 20


@blueprint.get("/participants/<int:person_id>/merge")
@allow(Role.COORDINATOR)
def choose(person_id: int) -> str:
    """Find the other record of the same person: first those whose names sound alike."""
    me = viewer()
    person = enrolments.person(me, person_id)
    finder = SearchForm(request.args, meta={"csrf": False})
    if finder.text or person.is_child:
        likely = search.people(me, finder.text or person.name).items[: MOST_FOUND + 1]
    else:
        likely = alike(me, facts_of(person), beyond=False).people
    found = [one for one in likely if one.id != person.id and one.is_child == person.is_child]
    trace.saw([person.id, *(one.id for one in found)])
    return render_template(
        "merging/choose.html", person=person, finder=finder, found=found,
        courses=enrolments.courses_of_people(me, [one.id for one in found]),
    )  # fmt: skip


@blueprint.route("/participants/<int:person_id>/merge/<int:other_id>", methods=["GET", "POST"])
@allow(Role.COORDINATOR, recent=True)
def merge(person_id: int, other_id: int) -> Answer:
    """What would come of two records, before it does; of what both say differently, somebody decides."""
    me = viewer()
    kept, other = enrolments.person(me, person_id), enrolments.person(me, other_id)
    mine, theirs = facts_of(kept), facts_of(other)
    form: Any = MergeForm()
    labels = {field.name: field.label.text for field in (ChildForm if kept.is_child else PersonForm)()}
    questions = disputed(mine, theirs)
    form.ask(labels, {name: (_said(kept, mine, name), _said(other, theirs, name)) for name in questions})
    against = actions.reasons_against(me, kept, other)
    if form.is_submitted() and form.validate():
        try:
            done = actions.merge(me, kept, other, form.from_other(), clock.now())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            trace.note("merge people", object_id=f"{kept.id}/{other.id}")
            flash(gettext("Zusammengeführt. Das lässt sich 30 Tage lang zurücknehmen."), "success")
            return redirect(url_for("enrolment.person", person_id=done.kept_id))
    courses = enrolments.courses_of_people(me, [kept.id, other.id])
    families = {one.id: [relative.person for relative in family_members(
        me, enrolments.visible_people(me), [household.family_id for household in households_of(me, one)]
    ) if relative.person_id != one.id] for one in (kept, other)}  # fmt: skip
    trace.saw([kept.id, other.id, *(relative.id for relatives in families.values() for relative in relatives)])
    page = render_template(
        "merging/merge.html", form=form, kept=kept, other=other, against=against, courses=courses,
        questions=[form[name] for name in questions], families=families,
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/merges/<int:merge_id>/undo")
@allow(Role.COORDINATOR, recent=True)
def undo(merge_id: int) -> Response:
    """Two people again."""
    done = queries.merge(viewer(), merge_id, clock.now())
    kept_id = done.kept_id
    other = actions.undo(viewer(), done)
    trace.note("undo merge", object_id=f"{kept_id}/{other.id}")
    flash(gettext("Es sind wieder zwei Personen."), "info")
    return redirect(url_for("enrolment.person", person_id=kept_id))


def _said(person: Person, facts: PersonFacts, name: str) -> str:
    """An answer in words."""
    value = getattr(facts, name)
    if name == "birth_date":
        return birth_date_text(facts.birth_date, facts.birth_precision)
    if isinstance(value, tuple):
        return ", ".join(_word(one) for one in value)
    if name == "municipality_id":
        return person.municipality.name if person.municipality else ""
    if name == "quarter_id":
        return person.quarter.name if person.quarter else ""
    return _word(value)


def _word(value: object) -> str:
    return gettext(value.label) if isinstance(value, Term) else str(value)
