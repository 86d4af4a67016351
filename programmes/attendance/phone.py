"""Answers phones: what lies ahead, what they recorded, and whether they may keep it (security.md 1.12)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, flash, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

import clock
from auth import actions as accounts, queries as auth_queries, trace
from auth.guard import allow, public, viewer
from auth.models import Device
from auth.rules import Role
from fields import sentence
from programmes.attendance import actions, exchange, queries
from programmes.attendance.queries import Line
from programmes.attendance.rules import MarkStatement, Member, Outcome, display_names, marks_offered, standing
from programmes.catalogue.models import Meeting
from programmes.catalogue.rules import MeetingStatus
from wording import Reason

blueprint = Blueprint("phone", __name__, url_prefix="/attendance")
Said = Mapping[Member, Sequence[MarkStatement]]
MOST_DAYS = 7  # security.md SY-7


@blueprint.get("/day")
@allow(Role.LEADER, Role.COORDINATOR)
def day() -> Response:
    """The viewer's own meetings of a day, or of up to seven, with their rosters: names as short as they stay apart."""
    who = viewer()
    first, days = _date(request.args.get("date", who.today.isoformat())), request.args.get("days", 1, type=int)
    if first is None or not 1 <= days <= MOST_DAYS:
        abort(400)
    meetings = queries.led_between(who, first, first + dt.timedelta(days=days - 1))
    lines = queries.lines_of(who, meetings)
    said = queries.statements_of(who, [meeting.id for meeting in meetings])
    told = [_told(who.today, meeting, lines[meeting.id], said.get(meeting.id, {})) for meeting in meetings]
    device = _known_device()
    g.device_id = device and device.id
    trace.note("read phone.day", object_id=first, rows=sum(len(one["roster"]) for one in told))
    trace.saw(number for some in lines.values() for line in some if line.on_day for number in line.people)
    return jsonify(meetings=told, now=clock.now().isoformat(), user=who.id, csrf_token=generate_csrf())


def _date(text: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return found if dt.date(1900, 1, 1) <= found <= dt.date(9000, 1, 1) else None


def _told(today: dt.date, meeting: Meeting, lines: list[Line], said: Said) -> dict[str, Any]:
    programme = meeting.course.programme
    begins, ends = (
        dt.datetime.combine(meeting.date, time, clock.BERLIN).isoformat()
        for time in (meeting.starts_at, meeting.ends_at)
    )
    here = [line for line in lines if line.on_day]
    names = dict(zip((line.enrolment_id for line in lines), display_names([line.name for line in lines]), strict=True))
    return {
        "id": meeting.id,
        "course": meeting.course.title,
        "date": meeting.date.isoformat(),
        "starts_at": begins,
        "ends_at": ends,
        "closed": meeting.closed_at is not None,
        "cancelled": meeting.status is MeetingStatus.CANCELLED,
        "family": programme.is_family,
        "marks": list(marks_offered(programme.rule_pack, meeting.date, today)),
        "roster": [member for line in here for member in _members(line, names[line.enrolment_id], said)],
    }


def _members(line: Line, name: str, said: Said) -> list[dict[str, Any]]:
    names = [name, *(child.name for child in line.children)]
    return [
        {
            "enrolment": enrolment_id,
            "member": child_id,
            "number": line.number,
            "name": called,
            "mark": entry.mark,
            "arrived_at": entry.arrived_at and entry.arrived_at.strftime("%H:%M"),
            "left_at": entry.left_at and entry.left_at.strftime("%H:%M"),
            "reason": entry.reason,
            "disputed": (enrolment_id, child_id) in line.disputed,
            "events": [word.id for word in standing(said.get((enrolment_id, child_id), ()))],
        }
        for (enrolment_id, child_id), called, entry in zip(line.members, names, line.entries, strict=True)
    ]


@blueprint.post("/sync")
@allow(Role.LEADER, Role.COORDINATOR)
def sync() -> Response | tuple[Response, int]:
    """Take what a phone recorded. Each event gets its own answer; *stored* is said only after the commit.

    A phone that names the account under which it recorded (X-User) is taken at its word: what one person recorded is
    never stored under the name of another who has signed in since.
    """
    who, now = viewer(), clock.now()
    if request.headers.get("X-User", str(who.id)) != str(who.id):
        return jsonify(error="recorded under another account"), 409
    device = _device(now)
    if device is not None and device.revoked_at is not None:
        trace.note("sync of a revoked phone", status=403, object_id=device.id)
        return jsonify(wipe=True, error="revoked"), 403
    try:
        sent = exchange.events(request.get_data())
    except exchange.Malformed as problem:
        return jsonify(error=str(problem)), 400
    read = [exchange.claim(event, now) for event in sent]
    claims = [one for one in read if isinstance(one, exchange.Claim)]
    answers = iter(actions.take(who, claims, device.id if device else None, now))
    results = [
        _result(
            exchange.id_of(event), actions.Answer(Outcome.REFUSED, one) if isinstance(one, Reason) else next(answers)
        )
        for event, one in zip(sent, read, strict=True)
    ]
    refused = sum(one["status"] == Outcome.REFUSED for one in results)
    newest = max((one.recorded_at for one in claims), default=None)
    trace.note("sync", object_id=f"{len(results)} events, {refused} refused", rows=len(results), claimed_at=newest)
    for event, claimed, one in zip(sent, read, results, strict=True):
        if one["status"] in {Outcome.REFUSED, Outcome.CONFLICT}:
            trace.note(
                f"sync {one['status']}", status=409, object_id="/".join(map(str, exchange.numbers(event))),
                claimed_at=claimed.recorded_at if isinstance(claimed, exchange.Claim) else None,
            )  # fmt: skip
    return jsonify(results=results)


def _result(event_id: str | None, answer: actions.Answer) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": event_id,
        "status": answer.outcome,
        "reason": sentence(answer.reason) if answer.reason else None,
    }
    if answer.against:
        told["against"] = [auth_queries.name_of(user_id) for user_id in answer.against]
    return told


def _known_device() -> Device | None:
    """The registered phone that speaks, if it says so. Somebody else's counts as none."""
    token = request.headers.get("X-Device")
    device = auth_queries.device_by_token(token) if token else None
    return device if device is not None and device.user_id == viewer().id else None


def _device(now: dt.datetime) -> Device | None:
    """The same; seen now."""
    device = _known_device()
    if device is not None:
        g.device_id = device.id
        accounts.device_seen(device, now)
    return device


@blueprint.post("/devices")
@allow(Role.LEADER, Role.COORDINATOR)
def add_device() -> tuple[Response, int]:
    """Let this phone keep roll calls. Its token is told once."""
    message = request.get_json(silent=True)
    name = message.get("name") if isinstance(message, dict) else None
    device, token = accounts.add_device(viewer().id, name if isinstance(name, str) else "", clock.now())
    return jsonify(id=device.id, token=token), 201


@blueprint.get("/devices")
@allow(Role.LEADER, Role.COORDINATOR)
def devices() -> str:
    """The phones that may keep roll calls: one's own, and for coordinators those of their leaders."""
    return render_template("phone/devices.html", devices=queries.devices(viewer()))


@blueprint.post("/devices/<int:device_id>/revoke")
@allow(Role.LEADER, Role.COORDINATOR, recent=True)
def revoke_device(device_id: int) -> Response:
    """A phone is lost, or somebody no longer leads."""
    who = viewer()
    accounts.revoke_device(queries.device(who, device_id), who.id, clock.now())
    flash(gettext("Das Telefon ist gesperrt. Es leert sich, sobald es sich wieder meldet."), "success")
    return redirect(url_for("phone.devices"))


@blueprint.get("/contact")
@public
def contact() -> Response:
    """Whether a phone must empty itself. Needs no session: a lost phone has none any more."""
    token = request.headers.get("X-Device")
    device = auth_queries.device_by_token(token) if token else None
    return jsonify(wipe=device is None or device.revoked_at is not None)
