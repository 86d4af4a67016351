"""Answers: households and who is what in them, and who may fetch a child."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

import clock
from auth import trace
from auth.guard import Viewer, allow, viewer
from auth.rules import Role
from programmes.catalogue import queries as catalogue
from programmes.enrolment import queries as enrolments, search
from programmes.enrolment.family import actions, queries
from programmes.enrolment.family.forms import MemberForm, PickUpForm
from programmes.enrolment.forms import SearchForm, row_number
from programmes.participants import queries as people
from programmes.participants.models import FamilyMember, Person
from programmes.participants.rules import Relation
from wording import Refused

blueprint = Blueprint("family", __name__)
Answer = Response | str | tuple[str, int]
MOST_FOUND = 8


def _households(me: Viewer, person: Person) -> dict[int, list[FamilyMember]]:
    numbers = [one.family_id for one in people.households_of(me, person)]
    found: dict[int, list[FamilyMember]] = {number: [] for number in numbers}
    for one in people.family_members(me, enrolments.visible_people(me), numbers):
        found[one.family_id].append(one)
    return found


@blueprint.route("/participants/<int:person_id>/family/new", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add_member(person_id: int) -> Answer:
    """Find somebody who is there already, then say what they are in the family of a person."""
    me = viewer()
    person = enrolments.person(me, person_id)
    households = _households(me, person)
    chosen = row_number(request.args.get("member"))
    member = enrolments.person(me, chosen) if chosen is not None else None
    form: Any = MemberForm()
    form.household.offer((number, _named(members)) for number, members in households.items())
    if len(households) < 2:
        del form.household
    if households:
        del form.own_relation
    if member is not None and member.is_child:
        del form.relation, form.custody
    if member is not None and form.is_submitted() and form.validate():
        try:
            number = form.household.data if "household" in form else next(iter(households), None)
            if number is None:
                number = actions.found_family(me, person, form.own_relation.data, clock.now())
            relation = Relation.CHILD if member.is_child else form.relation.data
            actions.add_member(me, number, member, relation, None if member.is_child else form.custody.data)
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            trace.note("change family", object_id=number)
            flash(gettext("%(name)s gehört jetzt zur Familie.", name=member.name), "success")
            return redirect(url_for("enrolment.person", person_id=person.id))
    finder = SearchForm(request.args, meta={"csrf": False})
    found = search.people(me, finder.text).items[:MOST_FOUND] if member is None and finder.text else []
    found = [one for one in found if one.id != person.id]
    chooses = member is not None and "household" in form
    trace.saw(one.person_id for members in households.values() for one in members if chooses)
    trace.saw([person.id, *(one.id for one in found), *([member.id] if member else [])])
    page = render_template(
        "family/add_member.html", form=form, person=person, member=member, finder=finder, found=found, most=MOST_FOUND,
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


def _named(members: list[FamilyMember]) -> str:
    return ", ".join(one.person.name for one in members)


@blueprint.route("/families/<int:family_id>/members/<int:person_id>", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def member(family_id: int, person_id: int) -> Answer:
    """What an adult is in a family, and whether they have custody."""
    me = viewer()
    found = queries.member(me, family_id, person_id)
    form: Any = MemberForm(obj=found)
    del form.household, form.own_relation
    if found.person.is_child:
        del form.relation, form.custody
    if form.is_submitted() and not found.person.is_child and form.validate():
        try:
            actions.change_member(found, form.relation.data, form.custody.data)
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            trace.note("change family", object_id=family_id)
            flash(gettext("Gespeichert."), "success")
            return redirect(url_for("enrolment.person", person_id=person_id))
    trace.saw([person_id])
    page = render_template("family/member.html", form=form, member=found)
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/families/<int:family_id>/members/<int:person_id>/remove")
@allow(Role.COORDINATOR)
def remove_member(family_id: int, person_id: int) -> Response:
    """Take somebody out of a family. The person stays, with their courses."""
    me = viewer()
    found = queries.member(me, family_id, person_id)
    actions.remove_member(me, found)
    trace.note("change family", object_id=family_id)
    flash(gettext("%(name)s gehört nicht mehr zu dieser Familie.", name=found.person.name), "info")
    return redirect(url_for("enrolment.person", person_id=person_id))


@blueprint.route("/participants/<int:person_id>/pick-up", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def pick_up(person_id: int) -> Answer:
    """Who may fetch a child besides those who have custody."""
    me = viewer()
    child = enrolments.person(me, person_id)
    form: Any = PickUpForm()
    if form.is_submitted() and form.validate():
        try:
            actions.allow_pick_up(me, child, form.name.data, form.phone.data)
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            trace.note("change pick-up", object_id=child.id)
            flash(gettext("%(name)s darf das Kind abholen.", name=form.name.data), "success")
            return redirect(url_for("family.pick_up", person_id=child.id))
    trace.saw([child.id])
    page = render_template("family/pick_up.html", form=form, child=child, allowed=queries.pick_ups(me, child))
    return (page, 422) if form.is_submitted() else page


@blueprint.post("/pick-up/<int:pick_up_id>/end")
@allow(Role.COORDINATOR)
def end_pick_up(pick_up_id: int) -> Response:
    """Somebody may not fetch a child any more."""
    me = viewer()
    allowed = queries.pick_up(me, pick_up_id)
    actions.end_pick_up(me, allowed)
    trace.note("change pick-up", object_id=allowed.child_id)
    flash(gettext("%(name)s darf das Kind nicht mehr abholen.", name=allowed.name), "info")
    return redirect(url_for("family.pick_up", person_id=allowed.child_id))


@blueprint.get("/courses/<int:course_id>/pick-up")
@allow(Role.COORDINATOR, Role.LEADER)
def pick_ups(course_id: int) -> str:
    """Who may fetch which child of a course: whoever leads it has to know at the door."""
    me = viewer()
    course = catalogue.course(me, course_id)
    found = queries.fetched(me, course.id)
    trace.saw((number for one in found for number in one.people), rows=len(found))
    return render_template("family/pick_ups.html", course=course, children=found)
