"""Answers: a course's meetings from a rule, first shown with what is left out and what clashes, then added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.catalogue import queries as catalogue
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.rules import Span
from programmes.enrolment.schedule import actions, queries
from programmes.enrolment.schedule.forms import RuleForm
from programmes.enrolment.schedule.rules import (
    LONGER,
    Clash,
    Plan,
    last_day,
    plan,
    plan_reasons,
    rule_reasons,
    suggestion,
)
from wording import N_, Reason, Refused

blueprint = Blueprint("schedule", __name__)
Answer = Response | str | tuple[str, int]


@dataclass(frozen=True)
class Preview:
    """What a rule comes to, how far it would go if the course lasted longer, and what clashes."""

    plan: Plan
    longer: Plan | None
    clashes: list[Clash]


@blueprint.route("/courses/<int:course_id>/meetings/new", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add_meetings(course_id: int) -> Answer:
    """Meetings of a course from a rule: what would be added is shown first; then all of it is, or nothing."""
    course = catalogue.coordinated_course(viewer(), course_id)
    meetings = catalogue.meetings_of(course.id)
    planned = [meeting.facts for meeting in meetings if not meeting.cancelled_reason]
    form = RuleForm(data=suggestion(course.starts_on, course.ends_on, planned) | {"units": _units(course)})
    form.offer(course.programme_id, course.municipality_id)
    preview = None
    if form.is_submitted() and form.validate():
        try:
            preview = _preview(course, meetings, form)
            if "save" in request.form and form.seen.data == preview.plan.mark:
                added = actions.add(course, preview.plan, prolong=bool(form.prolong.data))
                flash(ngettext("Ein Termin ist angelegt.", "%(num)s Termine sind angelegt.", len(added)), "success")
                return redirect(url_for("enrolment.course", course_id=course.id))
            if "save" in request.form:
                form.refuse(
                    [Reason(N_("Das sind andere Termine als die gezeigten. Bitte sehen Sie sie sich noch einmal an."))]
                )
            form.seen.data = preview.plan.mark
        except Refused as refused:
            form.refuse(refused.reasons)
    if preview is not None:
        trace.saw(number for clash in preview.clashes for number in clash.people)
    page = render_template(
        "schedule/add_meetings.html", form=form, course=course, meetings=meetings, preview=preview,
        unit_minutes=course.programme.unit_minutes,
    )  # fmt: skip
    return (page, 422) if form.errors else page


def _units(course: Course) -> int | None:
    """What the modules of the programme come to, if they come to whole units."""
    minutes = [module.minutes for module in catalogue.modules_of(course.programme_id)]
    if not minutes or None in minutes:
        return None
    units, rest = divmod(sum(one or 0 for one in minutes), course.programme.unit_minutes)
    return units if not rest else None


def _preview(course: Course, meetings: Sequence[Meeting], form: RuleForm) -> Preview:
    """What comes of the rule. Raises Refused when nothing does."""
    if course.cancelled_reason is not None:
        raise Refused(Reason(N_("Der Kurs ist abgesagt.")))
    rule, prolong = form.rule(course.programme.unit_minutes), bool(form.prolong.data)
    _refuse(rule_reasons(rule, course.starts_on, course.ends_on, prolong=prolong))
    off = queries.days_off(course.starts_on, course.ends_on + LONGER, school=bool(form.skip_school.data))
    off |= {one.date: Reason(N_("Hier ist ein Termin ausgefallen.")) for one in meetings if one.cancelled_reason}
    there = [one for one in meetings if not one.cancelled_reason]
    taken = [Span(one.date, one.starts_at, one.ends_at) for one in there]
    before = sum(one.minutes for one in there)
    found = plan(rule, last_day(rule, course.ends_on, prolong=prolong), off, taken, before)
    _refuse(plan_reasons(found))
    leaders = [leader.id for leader in catalogue.leaders_of(course.id)]
    facts, childcare = [slot.facts for slot in found.slots], queries.needs_childcare(viewer(), course.id)
    longer = plan(rule, course.ends_on + LONGER, off, taken, before) if found.ran_out and rule.weekdays else None
    return Preview(found, longer, queries.clashes_of(viewer(), course, leaders, facts, childcare=childcare))


def _refuse(reasons: list[Reason]) -> None:
    if reasons:
        raise Refused(*reasons)
