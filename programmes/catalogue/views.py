"""Answers: the report's catalogue, rules, places, and the courses and meetings that are offered."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

import clock
from auth.guard import EVERYONE, allow, viewer
from auth.queries import account, roles_of
from auth.rules import Role
from programmes.catalogue import actions, queries
from programmes.catalogue.forms import (
    Cancellation,
    ModuleForm,
    NewCourse,
    ProgrammeFilter,
    ProgrammeForm,
    RulesForm,
    ScopeForm,
)
from programmes.catalogue.rules import ProgrammeKind
from wording import Refused

blueprint = Blueprint("catalogue", __name__)
Answer = Response | str | tuple[str, int]


@blueprint.get("/programmes")
@allow(*EVERYONE)
def programmes() -> Answer:
    """The report's programmes by kind."""
    form = ProgrammeFilter(request.args, meta={"csrf": False})
    fine = form.validate()
    found = queries.find_programmes(form.q.data, form.kind.data) if fine else []
    order = list(ProgrammeKind)
    found.sort(key=lambda programme: (order.index(programme.kind), programme.key))
    groups = [(kind, list(group)) for kind, group in groupby(found, key=lambda programme: programme.kind)]
    page = render_template("catalogue/programmes.html", form=form, groups=groups, count=len(found))
    return page if fine else (page, 422)


@blueprint.route("/programmes/new", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def add_programme() -> Answer:
    """Add what the report does not have as a programme: a committee that meets, a course of today."""
    form = ProgrammeForm()
    form.offer()
    if form.is_submitted():
        if form.validate():
            try:
                found = actions.add_programme(form.facts())
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                flash(gettext("Das Programm ist angelegt. Wer es koordiniert, setzt seine Regeln."), "success")
                return redirect(url_for("catalogue.programme", programme_id=found.id))
        return render_template("catalogue/add_programme.html", form=form), 422
    return render_template("catalogue/add_programme.html", form=form)


@blueprint.get("/programmes/<int:programme_id>")
@allow(*EVERYONE)
def programme(programme_id: int) -> Answer:
    """One programme: what the report says, what was assumed, and what contradicts itself."""
    found = queries.programme(programme_id)
    return render_template(
        "catalogue/programme.html",
        programme=found,
        parts=queries.parts_of(found.id),
        modules=queries.modules_of(found.id),
        contradictions=queries.contradictions_of(found),
        governs=queries.governs(viewer(), found.id),
        may_open_course=found.runs_courses and any(pair[0] == found.id for pair in queries.offers(viewer())),
    )


@blueprint.route("/programmes/<int:programme_id>/rules", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def rules(programme_id: int) -> Answer:
    """The rules of a programme, for whoever coordinates all of it."""
    found = queries.governed_programme(viewer(), programme_id)
    form = RulesForm(obj=found)
    form.offer(found.id, found.assumed)
    if form.is_submitted():
        if form.validate():
            try:
                confirmed = form.confirmed.data or []
                changed = actions.change_rules(found, form.rules(), confirmed, version=form.rule_version.data or 0)
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                text = gettext("Die Regeln sind gespeichert.") if changed else gettext("Es hat sich nichts geändert.")
                flash(text, "success" if changed else "info")
                return redirect(url_for("catalogue.programme", programme_id=found.id))
        return render_template("catalogue/rules.html", form=form, programme=found), 422
    return render_template("catalogue/rules.html", form=form, programme=found)


@blueprint.route("/programmes/<int:programme_id>/modules/new", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add_module(programme_id: int) -> Answer:
    """Add a module to a programme."""
    found = queries.governed_programme(viewer(), programme_id)
    last = max((module.number for module in queries.modules_of(found.id)), default=0)
    form = ModuleForm(data={"number": last + 1})
    if form.is_submitted():
        if form.validate():
            try:
                actions.save_module(found, None, form.facts())
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                flash(gettext("Das Modul ist angelegt."), "success")
                return redirect(url_for("catalogue.programme", programme_id=found.id))
        return render_template("catalogue/add_module.html", form=form, programme=found), 422
    return render_template("catalogue/add_module.html", form=form, programme=found)


@blueprint.route("/modules/<int:module_id>/edit", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def edit_module(module_id: int) -> Answer:
    """Change a module, or take it out."""
    module = queries.governed_module(viewer(), module_id)
    form = ModuleForm(obj=module)
    page = {"form": form, "module": module, "programme": module.programme}
    if form.is_submitted():
        if form.validate():
            try:
                actions.save_module(module.programme, module, form.facts())
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                flash(gettext("Das Modul ist geändert."), "success")
                return redirect(url_for("catalogue.programme", programme_id=module.programme_id))
        return render_template("catalogue/edit_module.html", **page, reasons=[]), 422
    return render_template("catalogue/edit_module.html", **page, reasons=actions.deletion_reasons(module))


@blueprint.post("/modules/<int:module_id>/delete")
@allow(Role.COORDINATOR)
def delete_module(module_id: int) -> Answer:
    """Take a module out of its programme."""
    module = queries.governed_module(viewer(), module_id)
    programme_id = module.programme_id
    actions.delete_module(module)
    flash(gettext("Das Modul ist gelöscht."), "success")
    return redirect(url_for("catalogue.programme", programme_id=programme_id))


@blueprint.get("/places")
@allow(*EVERYONE)
def places() -> Answer:
    """The 13 towns, their quarters, who coordinates them, and how many courses are running there."""
    who = viewer()
    quarters = {
        town_id: list(group)
        for town_id, group in groupby(
            sorted(queries.quarters(), key=lambda quarter: quarter.municipality_id),
            key=lambda quarter: quarter.municipality_id,
        )
    }
    return render_template(
        "catalogue/places.html",
        towns=queries.municipalities(),
        quarters=quarters,
        coordinators=queries.coordinators(),
        shows_names=bool(who.roles & {Role.ADMINISTRATOR, Role.COORDINATOR, Role.LEADER}),
        running=queries.running_courses(who) if who.coordinates or who.leads else None,
    )


@blueprint.get("/report")
@allow(*EVERYONE)
def report() -> Answer:
    """What the report says beside its programmes: contradictions, sub-projects, bodies."""
    return render_template(
        "catalogue/report.html",
        contradictions=queries.contradictions(),
        programmes={programme.key: programme for programme in queries.programmes()},
        micro_projects=queries.micro_projects(),
        bodies=queries.bodies(),
    )


@blueprint.route("/courses/new", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add_course() -> Answer:
    """Open a course within one's scope."""
    who = viewer()
    form = NewCourse(data={"programme_id": request.args.get("programme", type=int)})
    form.offer(who)
    if form.is_submitted():
        if form.validate():
            try:
                course = actions.add_course(who, form.facts(form.programme_id.data or 0))
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                flash(gettext("Der Kurs ist angelegt. Jetzt fehlen noch seine Termine."), "success")
                return redirect(url_for("enrolment.course", course_id=course.id))
        return render_template("catalogue/add_course.html", form=form), 422
    return render_template("catalogue/add_course.html", form=form)


@blueprint.route("/courses/<int:course_id>/cancel", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def cancel_course(course_id: int) -> Answer:
    """Call a course off, with a reason."""
    course = queries.coordinated_course(viewer(), course_id)
    form = Cancellation()
    if form.is_submitted():
        if form.validate():
            try:
                first = actions.cancel_course(
                    course, form.reason.data or "", current_user.id, clock.now(), clock.today()
                )
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                flash(gettext("Der Kurs ist abgesagt."), "success")
                if first is not None:
                    return redirect(url_for("telling.tell", meeting_id=first.id))
                return redirect(url_for("enrolment.course", course_id=course.id))
        return render_template("catalogue/cancel_course.html", form=form, course=course), 422
    return render_template("catalogue/cancel_course.html", form=form, course=course)


@blueprint.post("/courses/<int:course_id>/reinstate")
@allow(Role.COORDINATOR)
def reinstate_course(course_id: int) -> Answer:
    """Take the cancellation of a course back."""
    course = queries.coordinated_course(viewer(), course_id)
    actions.reinstate_course(course, current_user.id, clock.now(), clock.today())
    flash(gettext("Der Kurs findet doch statt."), "success")
    return redirect(url_for("enrolment.course", course_id=course.id))


@blueprint.route("/users/<int:user_id>/scope", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR, recent=True)
def scope(user_id: int) -> Answer:
    """What somebody coordinates."""
    user = account(user_id)
    form = ScopeForm()
    form.offer()
    page = {"form": form, "user": user, "is_coordinator": Role.COORDINATOR in roles_of(user.id)}
    if form.is_submitted():
        if form.validate():
            try:
                actions.add_coordination(user.id, form.programme_id.data, form.municipality_id.data)
            except Refused as refused:
                form.refuse(refused.reasons)
            else:
                flash(gettext("Die Zuständigkeit ist eingetragen."), "success")
                return redirect(url_for("catalogue.scope", user_id=user.id))
        return render_template("catalogue/scope.html", **page, coordinations=queries.coordinations(user.id)), 422
    return render_template("catalogue/scope.html", **page, coordinations=queries.coordinations(user.id))


@blueprint.post("/users/<int:user_id>/scope/<int:coordination_id>/remove")
@allow(Role.ADMINISTRATOR, recent=True)
def remove_scope(user_id: int, coordination_id: int) -> Answer:
    """End a responsibility."""
    actions.remove_coordination(queries.coordination(user_id, coordination_id))
    flash(gettext("Die Zuständigkeit ist beendet."), "success")
    return redirect(url_for("catalogue.scope", user_id=user_id))
