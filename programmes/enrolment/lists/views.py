"""Answers: a list of people from another office, taken in step by step: the file, its columns, what it would add."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

import clock
from auth import trace
from auth.guard import Viewer, allow, viewer
from auth.rules import Role
from programmes.enrolment import queries as enrolments
from programmes.enrolment.lists import actions, queries, reading
from programmes.enrolment.lists.forms import ColumnsForm, DecisionsForm, FileForm
from programmes.enrolment.lists.models import PeopleList
from programmes.enrolment.lists.preview import preview
from programmes.enrolment.lists.rules import (
    KEPT_FOR,
    MOST_ROWS,
    guessed,
    is_forbidden,
    place_of_head,
    without_forbidden,
)
from programmes.participants.queries import AT_ONCE
from wording import N_, Reason, Refused

blueprint = Blueprint("lists", __name__)
Answer = Response | str | tuple[str, int]
MOST_SHOWN = 50  # of the rows about which there is nothing to say


@blueprint.route("/participants/import", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def send() -> Answer:
    """Send a list. It is kept for an hour, in the place of an earlier one."""
    me = viewer()
    form, sent = FileForm(), request.files.get("file")
    if form.is_submitted() and form.validate():
        try:
            kept = _keep(me, sent.filename or "" if sent else "", sent.read() if sent else b"")
            trace.note("send a list of people", object_id=kept.id)
            return redirect(url_for("lists.columns", list_id=kept.id))
        except Refused as refused:
            form.refuse(refused.reasons)
    page = render_template("lists/send.html", form=form, kept=queries.own(me, clock.now()), most=MOST_ROWS)
    return (page, 422) if form.is_submitted() else page


def _keep(me: Viewer, name: str, data: bytes) -> PeopleList:
    sheet = reading.read(name, data)
    place = place_of_head(sheet.rows)
    if place is None:
        raise Refused(Reason(N_(
            "Wir finden keine Überschriften. Bitte schreiben Sie über jede Spalte, was darin steht, zum Beispiel: Vorname, "
            "Nachname, Geburtsdatum."
        ), field="file"))  # fmt: skip
    heads, rows = sheet.rows[place][1], sheet.rows[place + 1 :]
    if not rows:
        raise Refused(Reason(N_("Unter den Überschriften steht nichts."), field="file"))
    return actions.keep(me, name, sheet.encoding, heads, without_forbidden(heads, rows), clock.now())


@blueprint.route("/participants/import/<int:list_id>/columns", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def columns(list_id: int) -> Answer:
    """Say what the columns hold. What is chosen beforehand follows from their heads."""
    me = viewer()
    kept = queries.one(me, list_id, clock.now())
    guess = {place: column for place, column in enumerate(guessed(kept.heads)) if column}
    form = ColumnsForm.of(kept.heads, guess if kept.columns is None else kept.columns)
    if form.is_submitted() and form.validate():
        try:
            actions.choose(kept, form.columns())
            return redirect(url_for("lists.look", list_id=kept.id))
        except Refused as refused:
            form.refuse(refused.reasons)
    trace.saw([], rows=min(1, len(kept.rows)))  # the samples below the heads
    page = render_template(
        "lists/columns.html", form=form, kept=kept, forbidden=[head for head in kept.heads if is_forbidden(head)],
        samples={place: next((cells[place] for _, cells in kept.rows if place < len(cells) and cells[place]), "")
                 for place in range(len(kept.heads))},
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


@blueprint.route("/participants/import/<int:list_id>/preview", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def look(list_id: int) -> Answer:
    """See what the list would add, decide about those who may be there already, then take in all of it or nothing."""
    me = viewer()
    kept = queries.one(me, list_id, clock.now())
    if kept.columns is None:
        return redirect(url_for("lists.columns", list_id=kept.id))
    lines, people = preview(me, kept.rows, kept.columns)
    form = DecisionsForm.of(lines, kept.sent_at)
    there = sum(line.there for line in lines)
    if form.is_submitted() and form.validate():
        try:
            if form.sent.data != kept.sent_at.isoformat():
                raise Refused(Reason(N_("Inzwischen haben Sie eine andere Datei gesendet. Bitte sehen Sie sie an.")))
            added = actions.take_in(me, lines, form.decided(), clock.now())
            trace.note("take in a list of people", object_id=list_id, rows=added)
            flash(_taken_in(added, there, len(lines)), "success")
            return redirect(url_for("enrolment.people"))
        except Refused as refused:
            form.refuse(refused.reasons)
    asked = [line for line in lines if line.is_asked]
    numbers = list(dict.fromkeys(number for line in asked for number in line.people))[:AT_ONCE]
    trace.saw((number for line in asked for number in line.people), rows=len(lines))
    page = render_template(
        "lists/look.html", form=form, kept=kept, wrong=[line for line in lines if line.wrong], asked=asked, people=people,
        courses=enrolments.courses_of_people(me, numbers), there=there, most=MOST_SHOWN,
        new=[line for line in lines if line.is_new], until=kept.sent_at + KEPT_FOR,
        left_out=[head for place, head in enumerate(kept.heads) if head and place not in kept.columns],
    )  # fmt: skip
    return (page, 422) if form.is_submitted() else page


def _taken_in(added: int, there: int, rows: int) -> str:
    return " ".join([
        ngettext("Eine Person ist aufgenommen.", "%(num)s Personen sind aufgenommen.", added),
        *([ngettext("Eine war schon da.", "%(num)s waren schon da.", there)] if there else []),
        *([gettext("%(count)s sind ausgelassen.", count=rows - added - there)] if rows > added + there else []),
    ])  # fmt: skip


@blueprint.post("/participants/import/<int:list_id>/forget")
@allow(Role.COORDINATOR)
def forget(list_id: int) -> Response:
    """Delete the list before its hour is over."""
    me = viewer()
    queries.one(me, list_id, clock.now())
    actions.forget(me)
    flash(gettext("Die Liste ist gelöscht. Niemand ist aufgenommen."), "success")
    return redirect(url_for("enrolment.people"))
