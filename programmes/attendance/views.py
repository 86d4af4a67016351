"""Answers: the roll call of a meeting, its history, its sheet of signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext, ngettext
from flask_login import current_user
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as AnyResponse

import clock
from auth import trace
from auth.guard import Viewer, allow, viewer
from auth.rules import Role
from programmes.attendance import actions, history as past, queries, register, sheet
from programmes.attendance.forms import (
    SPLIT,
    TOGETHER,
    Blank,
    FilingForm,
    RollCall,
    Rows,
    blanks,
    roll_call_of,
    strangers,
)
from programmes.attendance.rules import AbsenceReason, Entry, Mark, Tally, marks_offered, stamp
from programmes.attendance.telling import queries as telling
from programmes.catalogue import actions as offer, queries as catalogue
from programmes.catalogue.forms import Cancellation, CancelMeeting, ChangedMeeting, Replacement
from programmes.catalogue.models import Meeting
from programmes.catalogue.rules import Change, MeetingFacts, MeetingStatus, RulePack
from programmes.enrolment.queries import roster
from wording import N_, Refused

blueprint = Blueprint("attendance", __name__)
ACTIONS = ("save", "fill", "undo", "close", "reopen")
Answer = AnyResponse | str | tuple[str, int]

# How the marks look: icon, tone, what the counter counts them as. What they reveal follows from the rule pack.
LOOKS = {
    Mark.PRESENT: ("check", "present", "here"),
    Mark.ABSENT_NOTIFIED: ("message", "notified", "away"),
    Mark.ABSENT_EXCUSED: ("document", "notified", "away"),
    Mark.ABSENT_UNEXCUSED: ("cross", "absent", "away"),
    Mark.ABSENT: ("cross", "absent", "away"),
    Mark.TRANSFER: ("leave", "notified", "away"),
    Mark.PLACEMENT: ("place", "notified", "away"),
    Mark.NOT_RECORDED: ("open", "open", "open"),
}
TONES = {Mark.PRESENT: "success", Mark.ABSENT_UNEXCUSED: "danger", Mark.ABSENT: "danger", Mark.NOT_RECORDED: "warning"}
SIGNS = {mark: looks[0] for mark, looks in LOOKS.items()}
SHORT = {Mark.PRESENT: N_("da"), Mark.NOT_RECORDED: N_("offen")}  # five buttons in one line of a phone


@dataclass
class Call:
    """One roll call on its way through a request."""

    viewer: Viewer
    meeting: Meeting
    lines: list[queries.Line]
    form: RollCall
    rows: Rows

    @property
    def family(self) -> bool:
        return self.meeting.course.programme.is_family

    @property
    def heads_only(self) -> bool:
        return self.pack.counts_heads

    @property
    def pack(self) -> RulePack:
        return self.meeting.course.programme.rule_pack

    @property
    def tally(self) -> Tally:
        """Those enrolled on the day, counted as recorded, or as this form would have it."""
        tally, changes = Tally(), self.rows.changes
        for line in self.lines:
            if line.on_day:
                entries = zip(line.members, line.entries, strict=True)
                tally.add([changes.get(member, entry).mark for member, entry in entries])
        return tally


def _call(who: Viewer, meeting: Meeting) -> Call:
    pack = meeting.course.programme.rule_pack
    lines = [] if pack.counts_heads else queries.lines(who, meeting)
    sent = request.form if request.method == "POST" else None
    if sent and strangers(lines, sent):
        abort(404)
    form = roll_call_of(pack).of(meeting)
    offered = marks_offered(pack, meeting.date, who.today)
    rows = Rows(lines, sent, offered=offered, reasons=pack.reasons, family=pack.is_family, day=meeting.date)
    return Call(who, meeting, lines, form, rows)


def summary(tally: Tally, *, family: bool) -> str:
    """The roll call in one line: 12 da, 2 fehlen. Families, adults and children are never added."""
    away = ngettext("%(num)s fehlt", "%(num)s fehlen", tally.away)
    parts = [gettext("%(number)s da", number=tally.here), away]
    if family:
        parts[0] = ngettext("%(num)s Familie da", "%(num)s Familien da", tally.here)
        if tally.parted:
            parts.insert(1, gettext("%(number)s nur zum Teil", number=tally.parted))
    if tally.unknown:
        parts.append(gettext("%(number)s nicht erfasst", number=tally.unknown))
    text = ", ".join(parts)
    if family:
        adults = ngettext("%(num)s erwachsene Person", "%(num)s Erwachsene", tally.adults)
        children = ngettext("%(num)s Kind", "%(num)s Kinder", tally.children)
        return f"{text} ({adults}, {children})"
    return text


@blueprint.route("/meetings/<int:meeting_id>/roll-call", methods=["GET", "POST"])
@allow(Role.LEADER, Role.COORDINATOR)
def roll_call(meeting_id: int) -> Answer:
    """Who is here: one page, one thumb, in the numbers of the paper."""
    who = viewer()
    if request.method != "POST":
        call = _call(who, catalogue.meeting(who, meeting_id))
        if call.meeting.closed_at is None and call.meeting.first_closed_at is not None:
            call.form.correction.data = queries.last_reason(meeting_id, Change.REOPENED)
        return _page(call, correcting="correct" in request.args)
    action = request.form.get("action", "save")
    if action not in ACTIONS or len(request.form.getlist("action")) > 1:
        abort(400)
    return _take(_call(who, queries.meeting_to_change(who, meeting_id)), action)


def _take(call: Call, action: str) -> Answer:
    """Do what a form asks for, or show it again with what speaks against it: then nothing is saved."""
    form, rows, meeting = call.form, call.rows, call.meeting
    fine = form.validate()
    if not fine or rows.wrong:
        return _page(call, correcting=True), 422
    merged = form.take(meeting)
    if rows.conflicts or form.collided:
        return _page(call, correcting=True), 409
    confirmed = frozenset(request.form.get("note_confirmed", "").split())
    said = actions.Said(rows.changes, correction=form.correction.data, confirmed=confirmed, **merged)
    try:
        text = _do(call, action, said)
        return _done(call, text) if text else redirect(url_for("attendance.close", meeting_id=meeting.id))
    except Refused as refused:
        rest = rows.refuse(refused.reasons)
        form.refuse(rest)
        return _page(call, correcting=action != "reopen", closing=action == "close"), 422


def _do(call: Call, action: str, said: actions.Said) -> str:
    who, meeting, lines, now = call.viewer, call.meeting, call.lines, clock.now()
    if action == "reopen":
        actions.reopen(who, meeting, said.correction, now)
        return gettext("Der Termin ist wieder geöffnet.")
    if action == "fill":
        count = actions.fill(who, meeting, lines, said, now)
        if not count:
            return gettext("Alle waren schon erfasst, es wurde nichts ergänzt.")
        return gettext("Als anwesend ergänzt: %(count)s. Andere Einträge blieben, wie sie sind.", count=count)
    if action == "undo":
        count = actions.undo_filling(who, meeting, lines, said, now)
        return gettext("Zurückgenommen: %(count)s. Was einzeln erfasst wurde, blieb.", count=count)
    if action == "close":
        if meeting.closed_at is not None and not said.marks:
            return gettext("Der Termin war schon abgeschlossen.")
        actions.prepare_closing(who, meeting, lines, said, now)
        return ""
    actions.save(who, meeting, lines, said, now)
    return gettext("Gespeichert.")


def _done(call: Call, text: str) -> AnyResponse:
    if not call.heads_only:
        text = f"{text} {summary(call.tally, family=call.family)}."
    flash(text, "success")
    return redirect(url_for("attendance.roll_call", meeting_id=call.meeting.id))


@blueprint.route("/meetings/<int:meeting_id>/close", methods=["GET", "POST"])
@allow(Role.LEADER, Role.COORDINATOR)
def close(meeting_id: int) -> Answer:
    """The roll call in one line, and who is missing: whoever leads confirms what they see, or goes back."""
    who = viewer()
    meeting = queries.meeting_to_change(who, meeting_id)
    call = _call(who, meeting)
    if request.method != "POST":
        return _confirmation(call)
    if meeting.closed_at is not None:
        flash(gettext("Der Termin war schon abgeschlossen."), "info")
        return redirect(url_for("attendance.roll_call", meeting_id=meeting_id))
    if request.form.get("seen") != _seen(call):
        return _confirmation(call, changed=True), 409
    try:
        actions.close(who, meeting, call.lines, clock.now())
    except Refused:
        return _confirmation(call), 422
    return _done(call, gettext("Der Termin ist abgeschlossen."))


def _seen(call: Call) -> str:
    """What a confirmation confirms, in one word: marks, guests, note."""
    said = repr(([line.entries for line in call.lines if line.on_day], call.meeting.visitors, call.meeting.note))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _confirmation(call: Call, *, changed: bool = False) -> str:
    meeting = call.meeting
    away = [
        (line, list(zip(("", *(child.name for child in line.children)), line.entries, strict=True)))
        for line in call.lines
        if line.on_day and any(entry.mark is not Mark.PRESENT for entry in line.entries)
    ]
    trace.saw(number for line, _ in away for number in line.people)
    return render_template(
        "attendance/close.html",
        meeting=meeting,
        course=meeting.course,
        heads_only=call.heads_only,
        family=call.family,
        summary=summary(call.tally, family=call.family),
        away=away,
        reasons=actions.completeness(call.viewer, meeting, call.lines, actions.Said(visitors=meeting.visitors)),
        seen=_seen(call),
        changed=changed,
    )


def _page(call: Call, *, correcting: bool = False, closing: bool = False) -> str:
    """The roll call to fill in, or as it was closed."""
    who, meeting, rows = call.viewer, call.meeting, call.rows
    if call.lines:
        trace.saw(number for line in call.lines for number in line.people)
    cancelled = meeting.status is MeetingStatus.CANCELLED
    coordinating = who.coordinates and catalogue.may_coordinate(who, meeting.course_id)
    parts = [choice(mark, call.pack.reasons) for mark in rows.marks]
    of_line = choices(parts, family=call.family)
    is_future, language = meeting.date > who.today, str(get_locale())
    missing = {enrolment_id for enrolment_id, _ in actions.not_recorded(call.lines, rows.changes)} if closing else set()
    return render_template(
        "attendance/roll_call.html",
        meeting=meeting,
        course=meeting.course,
        form=call.form,
        rows=rows.rows,
        family=call.family,
        heads_only=call.heads_only,
        tally=call.tally,
        summary=summary(call.tally, family=call.family),
        heads_summary=_heads_summary(call),
        cancelled=cancelled,
        writable=not cancelled and (meeting.closed_at is None or correcting),
        is_future=is_future,
        choices=of_line,
        parts=parts,
        blank=Blank,
        same=blanks("line", language, is_future, call.family, *of_line),
        of_part=blanks("part", language, *parts),
        absence_reasons=absence_reasons(),
        tones=TONES,
        signs=SIGNS,
        missing=[line for line in call.lines if line.enrolment_id in missing],
        collisions=_collisions(call),
        filled=sum(bool(line.filled) for line in call.lines),
        disputes=_disputes(call),
        paper=None if call.heads_only else register.sheets(who, [meeting], call.lines)[meeting.id],
        reopens=meeting.closed_at is not None and not cancelled and queries.may_reopen(who, meeting),
        to_confirm=_to_confirm(call),
        turning=queries.growing_out(who, meeting) if coordinating and call.family and not cancelled else [],
        instead=catalogue.replacement_of(meeting.id) if cancelled else None,
        may_report=not coordinating and not actions.against_not_held(who, meeting, call.lines),
        coordinating=coordinating,
        live=_sends_itself(call, coordinating=coordinating),
    )


def _sends_itself(call: Call, *, coordinating: bool) -> bool:
    """Whether every tap on this page may go out by itself, as from a phone: it shows nothing but what is stored."""
    who, meeting, rows = call.viewer, call.meeting, call.rows
    if not rows.rows or meeting.closed_at is not None or rows.changes or rows.conflicts or rows.wrong:
        return False
    return who.leads and (not coordinating or queries.is_led(who, meeting))


def _heads_summary(call: Call) -> str:
    """An event in one line: the sum, and what it is made of."""
    total = gettext("%(count)s waren da", count=call.meeting.visitors or 0)
    heads = call.meeting.heads or {}
    parts = [f"{gettext(group.label)}: {heads[group.key]}" for group in call.pack.heads if heads.get(group.key)]
    return f"{total} ({', '.join(parts)})" if len(parts) > 1 else total


def _to_confirm(call: Call) -> tuple[str, ...]:
    """The words of a new note that its author may confirm; none while it names a child, which nobody may."""
    if not call.form.note.errors:
        return ()
    named = actions.named(call.lines, call.form.note.data)
    return () if named.children else named.doubtful


def _collisions(call: Call) -> dict[int, tuple[str, str]]:
    """Where two people say different things: what the sender chose, and who was faster."""
    collided = call.rows.conflicts
    if not collided:
        return {}
    faster = {event.enrolment_id: event.author.name for event in queries.events_of(call.viewer, call.meeting.id)}
    return {
        enrolment_id: (
            ", ".join(gettext(mark.label) for mark in dict.fromkeys(answer.marks)),
            faster.get(enrolment_id, "–"),
        )
        for enrolment_id, answer in collided.items()
    }


def _disputes(call: Call) -> dict[int, list[tuple[str, str, Entry]]]:
    """Where words of two people differ: who it is about in a family, who says so, and what; decided lines left out."""
    names = {
        member: name
        for line in call.lines
        for member, name in zip(line.members, (line.name, *(child.name for child in line.children)), strict=True)
    }
    return {
        enrolment_id: [(names[word.member] if call.family else "", word.author, word.entry) for word in words]
        for enrolment_id, words in queries.disputes(call.viewer, call.meeting, call.lines).items()
        if not any(member in call.rows.changes for member in {word.member for word in words})
    }


def absence_reasons() -> list[tuple[str, str]]:
    """The classes of reason for being away."""
    return [(reason.value, gettext(reason.label)) for reason in AbsenceReason]


class Choice(NamedTuple):
    """One radio button of a line: what it sends, says and looks like; what the counter counts; what it reveals."""

    value: str
    text: str
    icon: str
    tone: str
    counts: str
    reveals: str = ""


def choice(mark: Mark, reasons: Collection[str]) -> Choice:
    """The button of one mark; `reasons` are the marks that ask for one."""
    icon, tone, counts = LOOKS[mark]
    reveals = "times" if mark is Mark.PRESENT else "reason" if mark in reasons else ""
    text = gettext(SHORT.get(mark, mark.label)).replace(
        "schuldigt", "\u00adschuldigt"
    )  # may be parted there on a phone
    return Choice(mark.value, text, icon, tone, counts, reveals)


def choices(parts: list[Choice], *, family: bool) -> list[Choice]:
    """The radio buttons of a line: a person's marks; or a family's, which all its members share, and *split*."""
    if not family:
        return parts
    together = Choice(TOGETHER, gettext("alle da"), "pair", "present", "here", "times")
    split = Choice(SPLIT, gettext("teilen …"), "split", "split", "parts", "split")
    shared = [choice for choice in parts if choice.value != Mark.PRESENT]
    return [split, *shared] if len(shared) == len(parts) else [together, split, *shared]


@blueprint.get("/meetings/<int:meeting_id>/history")
@allow(Role.LEADER, Role.COORDINATOR)
def history(meeting_id: int) -> str:
    """Who changed what when at this meeting, from what to what, and why."""
    who = viewer()
    meeting = catalogue.meeting(who, meeting_id)
    steps, held = past.steps(who, meeting), past.held(who, meeting)
    trace.saw([*(step.person_id for step in steps), *(one.person_id for one in held)], rows=len(steps) + len(held))
    return render_template(
        "attendance/history.html",
        meeting=meeting,
        course=meeting.course,
        steps=steps,
        held=held,
        changes=past.happenings(meeting),
    )


@blueprint.get("/meetings/<int:meeting_id>/signature-sheet.pdf")
@allow(Role.LEADER, Role.COORDINATOR)
def signature_sheet(meeting_id: int) -> Response:
    """The list to sign on paper, with the numbers of the app. Whoever gets one is registered, by whatever way they came."""
    who, now, settings = viewer(), clock.now(), current_app.config["SETTINGS"]
    meeting = catalogue.meeting(who, meeting_id)
    address = settings.public_url + url_for("attendance.roll_call", meeting_id=meeting_id)
    facts, fingerprint = register.facts(who, meeting, now, address=address, demo=settings.demo)
    pdf = sheet.render(facts)
    if request.method == "GET":
        actions.hand_out(who, meeting, fingerprint, now)
    name = secure_filename(f"unterschriften-{facts.course_number}-{meeting.date.isoformat()}.pdf")
    return Response(
        pdf,
        mimetype="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name or "unterschriften.pdf"}"', "Cache-Control": "no-store",
        },
    )  # fmt: skip


@blueprint.route("/meetings/<int:meeting_id>/sheet", methods=["GET", "POST"])
@allow(Role.LEADER, Role.COORDINATOR)
def file_sheet(meeting_id: int) -> Answer:
    """The paper of one meeting: when it was handed out, where the signed one lies, how many signed."""
    who = viewer()
    meeting = queries.meeting_to_change(who, meeting_id)
    if request.form.get("action") == "take_back":
        if actions.take_back_sheet(who, meeting, clock.now()):
            flash(gettext("Die Liste gilt nicht mehr als abgelegt."), "success")
        return redirect(url_for("attendance.file_sheet", meeting_id=meeting_id))
    paper = register.sheets(who, [meeting], roster(who, meeting.course_id))[meeting.id]
    form = FilingForm(obj=paper.filed, filed_on=who.today, filed_by=current_user.name)
    if form.validate_on_submit():
        filed = form.facts()
        try:
            actions.file_sheet(who, meeting, filed, clock.now())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            return _filed(who, meeting, filed.signatures)
    page = render_template(
        "attendance/file_sheet.html",
        form=form,
        meeting=meeting,
        course=meeting.course,
        paper=paper,
        against=register.against_filing(meeting, who.today),
        prints=register.prints_of(who, meeting_id),
        stamp=stamp,
        filings=register.filings_of(who, meeting_id),
    )
    return (page, 422) if form.is_submitted() else page


def _filed(who: Viewer, meeting: Meeting, signatures: int) -> AnyResponse:
    """Say how paper and roll call compare; coordinators go on with the course's other sheets."""
    there = register.signers(who, [meeting.id]).get(meeting.id, 0)
    if meeting.closed_at is None:
        flash(gettext("Abgelegt. Verglichen wird, sobald die Anwesenheit abgeschlossen ist."), "success")
    elif signatures == there:
        flash(gettext("Abgelegt. Unterschriften und Anwesenheit stimmen überein: %(count)s.", count=there), "success")
    else:
        text = gettext(
            "Abgelegt. Auf dem Papier stehen %(signed)s Unterschriften, laut Anwesenheit waren %(there)s Erwachsene da.",
            signed=signatures,
            there=there,
        )
        flash(text, "warning")
    if who.coordinates and catalogue.may_coordinate(who, meeting.course_id):
        return redirect(url_for("attendance.reconciliation", course_id=meeting.course_id))
    return redirect(url_for("attendance.roll_call", meeting_id=meeting.id))


@blueprint.get("/courses/<int:course_id>/sheets")
@allow(Role.COORDINATOR)
def reconciliation(course_id: int) -> str:
    """Paper and roll call of a whole course side by side: sheet filed, signatures, marks, difference."""
    who = viewer()
    course = catalogue.coordinated_course(who, course_id)
    compared = register.reconcile(who, course)
    return render_template(
        "attendance/reconciliation.html",
        course=course,
        heads_only=course.programme.rule_pack.counts_heads,
        waiting=[one for one in compared if one.finding.waits],
        settled=[one for one in compared if not one.finding.waits],
    )


@blueprint.app_template_global()
def outdated_sheets(meetings: Sequence[Meeting], people: register.People) -> frozenset[int]:
    """For the page of a course, which is older than attendance: the meetings ahead whose printed list does not hold."""
    return register.outdated(viewer(), meetings, people)


@blueprint.route("/meetings/<int:meeting_id>/edit", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def edit_meeting(meeting_id: int) -> Answer:
    """Move a meeting, change its subject, or name a substitute for this one day."""
    who = viewer()
    meeting = queries.coordinated_meeting(who, meeting_id)
    form = ChangedMeeting(obj=meeting)
    form.offer(meeting.course.programme_id, meeting.course.municipality_id)
    if not form.is_submitted():
        form.reason.data = None
        return render_template("attendance/edit_meeting.html", form=form, meeting=meeting, course=meeting.course)
    if form.validate():
        try:
            changed = offer.change_meeting(
                meeting,
                form.facts(),
                who.id,
                clock.now(),
                substitute_id=form.substitute_id.data,
                reason=form.reason.data,
            )
            if changed & offer.TIMES:
                actions.recount(who, meeting)
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Der Termin ist geändert."), "success")
            if changed & (offer.TIMES | {"room_id"}) and register.prints_of(who, meeting_id):
                flash(gettext("Schon gedruckte Unterschriftenlisten dieses Termins gelten nicht mehr."), "warning")
            return redirect(url_for("attendance.roll_call", meeting_id=meeting_id))
    return render_template("attendance/edit_meeting.html", form=form, meeting=meeting, course=meeting.course), 422


@blueprint.route("/meetings/<int:meeting_id>/cancel", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def cancel_meeting(meeting_id: int) -> Answer:
    """Say that a meeting does not take place, why, and what makes up for it; or that it does after all."""
    who = viewer()
    meeting = queries.coordinated_meeting(who, meeting_id)
    cancelled = meeting.status is MeetingStatus.CANCELLED
    planned = meeting.facts
    form = CancelMeeting(starts_at=planned.starts_at, ends_at=planned.ends_at)
    page = {"form": form, "meeting": meeting, "course": meeting.course}
    if not form.is_submitted():
        return render_template("attendance/cancel_meeting.html", **page)
    if cancelled or form.validate():
        try:
            if cancelled:
                offer.reinstate_meeting(meeting, who.id, clock.now())
                text = gettext("Der Termin findet statt.")
            else:
                text = _cancel(who, meeting, form, form.replacement(planned))
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(text, "success")
            page_of = "attendance.roll_call" if telling.progress(who, meeting) is None else "telling.tell"
            return redirect(url_for(page_of, meeting_id=meeting_id))
    return render_template("attendance/cancel_meeting.html", **page), 422


def _cancel(who: Viewer, meeting: Meeting, form: CancelMeeting, instead: MeetingFacts | None) -> str:
    reason, now = form.reason.data or "", clock.now()
    if instead is None:
        offer.cancel_meeting(meeting, reason, who.id, now)
        return gettext("Der Termin fällt aus. Er zählt für niemanden mehr.")
    offer.cancel_and_replace(meeting, reason, instead, who.id, now, prolong=bool(form.prolong.data))
    return gettext(
        "Der Termin fällt aus. Er zählt für niemanden mehr. Ersatz: %(day)s.", day=instead.date.strftime("%d.%m.%Y")
    )


@blueprint.route("/meetings/<int:meeting_id>/replacement", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def replace_meeting(meeting_id: int) -> Answer:
    """Find a day that makes up for a meeting that was cancelled."""
    who = viewer()
    meeting = queries.coordinated_meeting(who, meeting_id)
    planned = meeting.facts
    form = Replacement(starts_at=planned.starts_at, ends_at=planned.ends_at)
    if form.is_submitted() and form.validate():
        instead = form.replacement(planned) or planned
        try:
            made = offer.replace_meeting(meeting, instead, who.id, clock.now(), prolong=bool(form.prolong.data))
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Der Ersatztermin ist angelegt."), "success")
            return redirect(url_for("attendance.roll_call", meeting_id=made.id))
    page = render_template("attendance/replace_meeting.html", form=form, meeting=meeting, course=meeting.course)
    return (page, 422) if form.is_submitted() else page


@blueprint.route("/meetings/<int:meeting_id>/not-held", methods=["GET", "POST"])
@allow(Role.LEADER)
def report_not_held(meeting_id: int) -> Answer:
    """A leader says that today's meeting does not take place, and why."""
    who = viewer()
    meeting = queries.own_meeting(who, meeting_id)
    lines = queries.lines(who, meeting)
    form = Cancellation()
    if form.is_submitted() and form.validate():
        try:
            actions.report_not_held(who, meeting, lines, form.reason.data or "", clock.now())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Der Termin fällt aus. Die Koordination sieht es und sucht einen Ersatztermin."), "success")
            return redirect(url_for("attendance.roll_call", meeting_id=meeting_id))
    page = render_template(
        "attendance/report_not_held.html",
        form=form,
        meeting=meeting,
        course=meeting.course,
        against=actions.against_not_held(who, meeting, lines),
    )
    return (page, 422) if form.is_submitted() else page
