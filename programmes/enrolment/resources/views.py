"""Answers: who leads courses and what they can, and the rooms in which courses meet."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from auth.guard import allow, viewer
from auth.rules import Role
from programmes.catalogue import queries as catalogue
from programmes.enrolment.resources import actions, queries
from programmes.enrolment.resources.forms import LeaderForm, NewRoom, RoomForm
from programmes.participants.origins import LANGUAGES
from wording import Refused

blueprint = Blueprint("resources", __name__)
Answer = Response | str | tuple[str, int]


@blueprint.get("/leaders")
@allow(Role.ADMINISTRATOR, Role.COORDINATOR)
def leaders() -> str:
    """Who leads courses: what they have learned, which languages they speak, how long their contract is."""
    return render_template("resources/leaders.html", leaders=queries.leaders(viewer()))


@blueprint.route("/leaders/<int:leader_id>/edit", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR, Role.COORDINATOR)
def edit_leader(leader_id: int) -> Answer:
    """Say what somebody who leads courses can, and how long their contract is."""
    user = queries.leader(viewer(), leader_id)
    languages = [spoken.language for spoken in queries.languages_of(user.id)]
    form = LeaderForm(obj=queries.contract_of(user.id), data={"languages": languages})
    if form.is_submitted() and form.validate():
        try:
            actions.tell_leader(user, form.languages.words, form.starts_on.data, form.ends_on.data)
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("%(name)s: gespeichert.", name=user.name), "success")
            return redirect(url_for("resources.leaders"))
    page = render_template("resources/edit_leader.html", form=form, user=user, languages=LANGUAGES)
    return (page, 422) if form.is_submitted() else page


@blueprint.get("/rooms")
@allow(Role.COORDINATOR)
def rooms() -> str:
    """The rooms of one's towns: how many people they hold, childcare, steps."""
    return render_template("resources/rooms.html", rooms=catalogue.rooms(queries.towns(viewer())))


@blueprint.route("/rooms/new", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add_room() -> Answer:
    """Add a room."""
    form = NewRoom()
    form.offer(queries.towns(viewer()))
    if form.is_submitted() and form.validate():
        try:
            actions.save_room(
                viewer(), None, form.municipality_id.data or 0, form.name.data or "", form.places.data,
                childcare=bool(form.childcare.data), step_free=bool(form.step_free.data),
            )  # fmt: skip
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Der Raum ist eingetragen."), "success")
            return redirect(url_for("resources.rooms"))
    page = render_template("resources/add_room.html", form=form)
    return (page, 422) if form.is_submitted() else page


@blueprint.route("/rooms/<int:room_id>/edit", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def edit_room(room_id: int) -> Answer:
    """Describe a room anew."""
    room = queries.room(viewer(), room_id)
    form = RoomForm(obj=room)
    if form.is_submitted() and form.validate():
        try:
            actions.save_room(
                viewer(), room, room.municipality_id, form.name.data or "", form.places.data,
                childcare=bool(form.childcare.data), step_free=bool(form.step_free.data),
            )  # fmt: skip
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Der Raum ist geändert."), "success")
            return redirect(url_for("resources.rooms"))
    page = render_template("resources/edit_room.html", form=form, room=room)
    return (page, 422) if form.is_submitted() else page
