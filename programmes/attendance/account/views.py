"""Answers: the account of one enrolment and of a course, and who stays away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

import clock
from auth import trace
from auth.guard import Viewer, allow, viewer
from auth.rules import Role
from programmes.attendance.account import actions, queries, warning
from programmes.attendance.account.forms import FollowUpForm, MakeUpForm, TakeBackForm, asking_about
from programmes.attendance.account.models import MakeUp
from programmes.attendance.account.queries import Absence, Days
from programmes.attendance.account.rules import (
    Outlook,
    absence_marks,
    counted_minutes,
    missing_minutes,
    outlook_of,
    proof_is_due,
    warnings,
)
from programmes.catalogue import queries as catalogue
from programmes.enrolment import queries as enrolments
from programmes.enrolment.models import Enrolment
from wording import Refused

blueprint = Blueprint("account", __name__)
Answer = Response | str | tuple[str, int]
TONES = {
    Outlook.FREE: "", Outlook.REACHED: "success", Outlook.OPEN: "info", Outlook.AT_RISK: "warning", Outlook.LOST: "danger",
}  # fmt: skip


@blueprint.get("/courses/<int:course_id>/accounts")
@allow(Role.LEADER, Role.COORDINATOR)
def course_accounts(course_id: int) -> str:
    """Hours of everybody in a course: sums only, so that leaders may read them too."""
    who = viewer()
    course = catalogue.course(who, course_id)
    rule = queries.rule_of(course.programme)
    roster = enrolments.roster(who, course.id)
    trace.saw(line.person_id for line in roster)
    places = [Days(line.enrolment_id, line.entry_date, line.exit_date) for line in roster]
    ledgers = queries.ledgers(who, course.id, rule, places, who.today)
    return render_template(
        "account/course_accounts.html",
        course=course,
        rule=rule,
        roster=roster,
        accounts={key: ledger.account for key, ledger in ledgers.items()},
        outlooks={key: outlook_of(ledger.account, rule) for key, ledger in ledgers.items()},
        missing=lambda account: missing_minutes(account, rule.required_share),
        tones=TONES,
        decides=catalogue.may_coordinate(who, course.id),
    )


@blueprint.route("/enrolments/<int:enrolment_id>/account", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def account(enrolment_id: int) -> Answer:
    """One enrolment's account per module, what is still possible, and time made up."""
    who = viewer()
    enrolment = queries.enrolment_to_change(who, enrolment_id)
    form = MakeUpForm(data={"held_on": who.today})
    if not form.is_submitted():
        return _account(who, enrolment)
    form.offer(queries.ledger_of(who, enrolment, who.today)[1].account.modules)
    if form.validate():
        said = actions.MadeUpTime(
            form.minutes.data or 0, form.held_on.data or who.today, form.module_id.data, form.what.data or "",
            form.reason.data or "",
        )  # fmt: skip
        try:
            actions.make_up(who, enrolment.id, said, clock.now())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Die nachgeholte Zeit ist eingetragen."), "success")
            return redirect(url_for("account.account", enrolment_id=enrolment.id))
    return _account(who, enrolment, form=form)


@blueprint.post("/enrolments/<int:enrolment_id>/account/take-back")
@allow(Role.COORDINATOR)
def take_back(enrolment_id: int) -> Answer:
    """Take back what was entered as made up, with a reason."""
    who = viewer()
    enrolment = queries.enrolment_to_change(who, enrolment_id)
    wrong = TakeBackForm()
    wrong.offer(_counting(queries.make_ups(who, enrolment.id)))
    if wrong.validate():
        try:
            actions.take_back(
                who, enrolment.id, wrong.make_up_id.data or 0, wrong.take_back_reason.data or "", clock.now()
            )
        except Refused as refused:
            wrong.refuse(refused.reasons)
        else:
            flash(gettext("Der Eintrag ist zurückgenommen; er zählt nicht mehr."), "success")
            return redirect(url_for("account.account", enrolment_id=enrolment.id))
    return _account(who, enrolment, wrong=wrong)


def _account(
    who: Viewer, enrolment: Enrolment, *, form: MakeUpForm | None = None, wrong: TakeBackForm | None = None
) -> Answer:
    """The page, with the form that was sent; the other is new."""
    rule, ledger = queries.ledger_of(who, enrolment, who.today)
    entries = queries.make_ups(who, enrolment.id)
    sent = next((one for one in (wrong, form) if one is not None and one.is_submitted()), None)
    if form is None:
        form = MakeUpForm(formdata=None, data={"held_on": who.today})
        form.offer(ledger.account.modules)
    trace.saw([enrolment.person_id])
    if wrong is None:
        wrong = TakeBackForm(formdata=None)
        wrong.offer(_counting(entries))
    page = render_template(
        "account/account.html",
        enrolment=enrolment,
        course=enrolment.course,
        rule=rule,
        account=ledger.account,
        lines=[(line, counted_minutes(line, rule.counting)) for line in ledger.lines],
        entries=entries,
        outlook=outlook_of(ledger.account, rule),
        warnings=warnings(ledger.account, rule),
        missing=missing_minutes(ledger.account, rule.required_share),
        tones=TONES,
        form=form,
        wrong=wrong,
        sent=sent,
    )
    return (page, 422) if sent is not None else page


def _counting(entries: Sequence[MakeUp]) -> list[tuple[int, dt.date, int, str]]:
    return [
        (entry.id, entry.held_on, entry.minutes, f"{entry.module.title}, {entry.what}" if entry.module else entry.what)
        for entry in entries
        if entry.taken_back_at is None
    ]


@blueprint.get("/absences")
@allow(Role.COORDINATOR)
def absences() -> str:
    """Who stays away, and whose required share is in danger: what to ask after this week."""
    who = viewer()
    found = sorted(queries.absent_twice(who), key=lambda one: (one.is_done, -one.times))
    warned = warning.warned(who).people
    trace.saw(one.person_id for one in found)
    trace.saw(one.person_id for one in warned)
    return render_template("account/absences.html", absences=found, warned=warned, tones=TONES)


@blueprint.route("/enrolments/<int:enrolment_id>/absence", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def absence(enrolment_id: int) -> Answer:
    """What somebody has just missed in a row: ask, write the reason down as a class, and settle it."""
    who = viewer()
    enrolment = queries.enrolment_to_change(who, enrolment_id)
    found = queries.absence(who, enrolment)
    form = asking_about(found.missed, absence_marks(enrolment.course.programme.rule_pack))
    if not form.is_submitted():
        return _absence(who, enrolment, found, form)
    if form.validate() and not form.collides():
        said = actions.Step(
            {one.meeting_id: form.entry(one) for one in found.missed}, form.called_on.data, form.note.data,
            form.proof_seen_on.data, bool(form.done.data),
        )  # fmt: skip
        try:
            actions.follow_up(who, enrolment.id, said, clock.now())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Gespeichert. Die alten Einträge bleiben in der Geschichte der Termine."), "success")
            if said.done:
                return redirect(url_for("account.absences"))
            return redirect(url_for("account.absence", enrolment_id=enrolment.id))
    return _absence(who, enrolment, found, form), 422


def _absence(who: Viewer, enrolment: Enrolment, found: Absence, form: FollowUpForm) -> str:
    trace.saw([enrolment.person_id])
    return render_template(
        "account/absence.html",
        enrolment=enrolment,
        course=enrolment.course,
        found=found,
        form=form,
        steps=queries.steps(who, enrolment.id),
        proof_due=proof_is_due([one.reason for one in found.missed]),
    )
