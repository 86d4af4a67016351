"""Changes what is known about who came: takes statements, keeps them for ever, and computes from them what holds."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from auth import trace
from auth.guard import Viewer
from database import Base, db
from programmes.attendance.exchange import Claim
from programmes.attendance.models import AttendanceMark, HeldEvent, SheetFiling, SheetPrint
from programmes.attendance.queries import (
    Line,
    Place,
    events_by_id,
    held_by_id,
    last_reason,
    may_reopen,
    meeting_to_change,
    places_in,
    statements,
)
from programmes.attendance.register import against_filing, filings_of
from programmes.attendance.rules import (
    IN_ADVANCE,
    Entry,
    Filed,
    Holding,
    Mark,
    MarkStatement,
    Member,
    Named,
    Outcome,
    Slot,
    Source,
    clock_is_doubtful,
    closed_reasons,
    closing_reasons,
    correction_reasons,
    day_reasons,
    entry_reasons,
    holding,
    minutes_attended,
    named_in,
    not_held_reasons,
    note_reasons,
    same_print,
    standing,
)
from programmes.catalogue.actions import cancel_meeting
from programmes.catalogue.models import Meeting, MeetingChange
from programmes.catalogue.queries import may_coordinate
from programmes.catalogue.rules import Change, MeetingStatus
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import on_day
from wording import N_, Reason, Refused

# The bare tables: written without the unit of work, which would take half the time of a sync.
EVENTS, MARKS = Base.metadata.tables["mark_event"], Base.metadata.tables["attendance_mark"]


@dataclass
class Said:
    """What a form says of a meeting: only what it changes. `correction` is why, once the meeting was closed.

    `heads` (how many of each group, at an event) and `topic` stay as they are where nothing is said of them;
    `confirmed` are words of the note that somebody means to keep.
    """

    marks: dict[Member, Entry] = field(default_factory=dict)
    visitors: int | None = None
    note: str | None = None
    correction: str | None = None
    source: Source = Source.FORM
    heads: dict[str, int] | EllipsisType | None = ...
    topic: str | EllipsisType | None = ...
    confirmed: frozenset[str] = frozenset()


def slot_of(meeting: Meeting) -> Slot:
    """A meeting as far as minutes need it."""
    return Slot(meeting.date, meeting.starts_at, meeting.ends_at, meeting.minutes, meeting.zone)


def save(viewer: Viewer, meeting: Meeting, lines: list[Line], said: Said, now: dt.datetime) -> int:
    """Take over what the form says; how many people it changed. A closed roll call stays complete."""
    reasons = mark_reasons(viewer, meeting, lines, said.marks)
    heads = meeting.heads if said.heads is ... else said.heads
    topic = meeting.topic if said.topic is ... else said.topic
    visitors = said.visitors if heads is None else sum(heads.values())
    new, old = (visitors, heads, said.note, topic), (meeting.visitors, meeting.heads, meeting.note, meeting.topic)
    if said.note != meeting.note:
        reasons += note_reasons(named(lines, said.note), said.confirmed)
    if said.marks or new != old:
        reasons += correction_reasons(closed_once=meeting.first_closed_at is not None, correction=said.correction)
        if meeting.closed_at is not None:
            reasons += closed_reasons(sum(entry.mark is Mark.NOT_RECORDED for entry in said.marks.values()))
    if reasons:
        raise Refused(*reasons)
    if said.marks:
        correction = said.correction if meeting.first_closed_at is not None else None
        record(viewer, meeting, events(viewer, meeting, said.marks, correction, now, said.source))
    if (visitors, heads) != (meeting.visitors, meeting.heads):
        if meeting.first_closed_at is not None:
            before = meeting.visitors if meeting.heads is None else json.dumps(meeting.heads)
            after = visitors if heads is None else json.dumps(heads)
            _note_change(viewer, meeting, now, Change.VISITORS, old=before, new=after, reason=said.correction)
        meeting.visitors, meeting.heads = visitors, heads
    if said.note != meeting.note:
        if meeting.first_closed_at is not None:
            _note_change(viewer, meeting, now, Change.NOTE, reason=said.correction)
        meeting.note = said.note
    if topic != meeting.topic:
        _note_change(viewer, meeting, now, Change.TOPIC, old=meeting.topic, new=topic, reason=said.correction)
        meeting.topic = topic
    db.session.flush()
    return len(said.marks)


def named(lines: Iterable[Line], note: str | None) -> Named:
    """What a note should not say: first names of the people on this list, and illness."""
    adults, children = [], []
    for line in lines:
        family, _, given = line.name.partition(", ")
        adults.append(given or family)
        children += [child.name for child in line.children]
    return named_in(note, adults, children)


def mark_reasons(
    viewer: Viewer, meeting: Meeting, lines: Iterable[Line], marks: Mapping[Member, Entry]
) -> list[Reason]:
    """What speaks against these marks: the meeting, the person's days in the course, the programme's marks, the times."""
    if not marks:
        return []
    if meeting.status is MeetingStatus.CANCELLED:
        return [Reason(N_("Der Termin ist ausgefallen."))]
    line_of = {line.enrolment_id: line for line in lines}
    slot, pack = slot_of(meeting), meeting.course.programme.rule_pack
    reasons: list[Reason] = []
    for (enrolment_id, _), entry in marks.items():
        line = line_of[enrolment_id]
        for reason in (
            *day_reasons(line.entry_date, line.exit_date, meeting.date, field=line.field),
            *entry_reasons(entry, slot, pack, viewer.today, field=line.field),
        ):
            if reason not in reasons:  # a family's entries share their times
                reasons.append(reason)
    return reasons


def fill(viewer: Viewer, meeting: Meeting, lines: list[Line], said: Said, now: dt.datetime) -> int:
    """Save, and mark as present whoever is not recorded then; on how many lines. Never touches an entry (users_ask.md 1)."""
    if meeting.date > viewer.today:
        raise Refused(Reason(N_("Der Termin liegt in der Zukunft.")))
    rest = {member: Entry(Mark.PRESENT) for member in not_recorded(lines, said.marks)}
    save(viewer, meeting, lines, said, now)
    save(viewer, meeting, lines, replace(said, marks=rest, source=Source.FILL), now)
    said.marks |= rest
    return len({enrolment_id for enrolment_id, _ in rest})


def undo_filling(viewer: Viewer, meeting: Meeting, lines: list[Line], said: Said, now: dt.datetime) -> int:
    """Take back what the viewer's button for all the rest said, on how many lines; single entries stay."""
    if meeting.closed_at is not None:
        raise Refused(Reason(N_("Der Termin ist schon abgeschlossen.")))
    back = {member: Entry() for line in lines for member in line.filled if member not in said.marks}
    save(viewer, meeting, lines, said, now)
    save(viewer, meeting, lines, replace(said, marks=back), now)
    said.marks |= back
    return len({enrolment_id for enrolment_id, _ in back})


def completeness(viewer: Viewer, meeting: Meeting, lines: list[Line], said: Said) -> list[Reason]:
    """What speaks against closing the roll call as it would be after these changes."""
    if meeting.closed_at is not None:
        return [Reason(N_("Der Termin ist schon abgeschlossen."))]
    open_lines = {enrolment_id for enrolment_id, _ in not_recorded(lines, said.marks)}
    cancelled = meeting.status is MeetingStatus.CANCELLED
    disputed = sum(not line.disputed <= said.marks.keys() for line in lines)
    reasons = closing_reasons(meeting.date, viewer.today, len(open_lines), cancelled, disputed)
    pack = meeting.course.programme.rule_pack
    if pack.counts_heads and not said.heads:
        reasons.append(Reason(N_("Bitte tragen Sie ein, wie viele da waren."), field=f"heads_{pack.heads[0].key}"))
    return reasons


def prepare_closing(viewer: Viewer, meeting: Meeting, lines: list[Line], said: Said, now: dt.datetime) -> None:
    """Save, if the roll call is complete then: it only waits for somebody to confirm it."""
    reasons = completeness(viewer, meeting, lines, said)
    if reasons:
        raise Refused(*reasons)
    save(viewer, meeting, lines, said, now)


def close(viewer: Viewer, meeting: Meeting, lines: list[Line], now: dt.datetime) -> None:
    """Confirm that the roll call is complete: the meeting was held. Nobody may be left *not recorded* or in dispute."""
    reasons = completeness(viewer, meeting, lines, Said(visitors=meeting.visitors))
    if reasons:
        raise Refused(*reasons)
    meeting.closed_at = now
    meeting.first_closed_at = meeting.first_closed_at or now
    meeting.status = MeetingStatus.HELD
    _note_change(viewer, meeting, now, Change.CLOSED)
    db.session.flush()


def against_not_held(viewer: Viewer, meeting: Meeting, lines: Iterable[Line]) -> list[Reason]:
    """What speaks against a leader's saying that this meeting did not take place."""
    return not_held_reasons(
        meeting.date,
        viewer.today,
        cancelled=meeting.status is MeetingStatus.CANCELLED,
        closed_once=meeting.first_closed_at is not None,
        somebody_there=any(entry.mark is Mark.PRESENT for line in lines for entry in line.entries),
    )


def report_not_held(viewer: Viewer, meeting: Meeting, lines: Iterable[Line], reason: str, now: dt.datetime) -> None:
    """A leader says that the meeting does not take place today. A day that makes up for it is found by the office."""
    reasons = against_not_held(viewer, meeting, lines)
    if reasons:
        raise Refused(*reasons)
    cancel_meeting(meeting, reason, viewer.id, now)


def reopen(viewer: Viewer, meeting: Meeting, reason: str | None, now: dt.datetime) -> None:
    """Open a closed roll call again, with a reason: for who leads the course or coordinates it. What was recorded stays."""
    if meeting.closed_at is None:
        raise Refused(Reason(N_("Der Termin ist nicht abgeschlossen.")))
    if not may_reopen(viewer, meeting):
        raise Refused(Reason(N_("Wieder öffnen können ihn die Kursleitung und die Koordination."), field="correction"))
    if not reason:
        raise Refused(Reason(N_("Bitte begründen Sie, warum der Termin wieder geöffnet wird."), field="correction"))
    meeting.closed_at = None
    _note_change(viewer, meeting, now, Change.REOPENED, reason=reason)
    db.session.flush()


def hand_out(viewer: Viewer, meeting: Meeting, fingerprint: str, now: dt.datetime) -> None:
    """Register a signature sheet that is being handed out. Asked for by a GET, so the row is left behind (auth/trace.py)."""
    last = db.session.execute(
        sa.select(SheetPrint.fingerprint, SheetPrint.by_id, SheetPrint.printed_at)
        .where(SheetPrint.meeting_id == meeting.id)
        .order_by(SheetPrint.id.desc())
        .limit(1)
        .execution_options(viewer=viewer)
    ).first()
    if same_print((last[0], last[1], last[2]) if last else None, fingerprint, viewer.id, now):
        return
    row = {"meeting_id": meeting.id, "printed_at": now, "by_id": viewer.id, "fingerprint": fingerprint}
    trace.leave(sa.insert(SheetPrint).values(row))
    trace.note("signature sheet printed", object_id=meeting.id)


def file_sheet(viewer: Viewer, meeting: Meeting, filed: Filed, now: dt.datetime) -> bool:
    """Say where the signed sheet lies and how many signed; says whether that is news. Raises Refused."""
    reasons = against_filing(meeting, viewer.today, filed.filed_on)
    if reasons:
        raise Refused(*reasons)
    last = next(iter(filings_of(viewer, meeting.id)), None)
    if last is not None and filed == (last.filed_on, last.filed_by, last.place, last.signatures):
        return False
    _say_of_sheet(viewer, meeting, now, **filed._asdict())
    return True


def take_back_sheet(viewer: Viewer, meeting: Meeting, now: dt.datetime) -> bool:
    """Say that the sheet is not filed after all; what was said stays readable. Says whether that is news."""
    last = next(iter(filings_of(viewer, meeting.id)), None)
    if last is None or last.filed_on is None:
        return False
    _say_of_sheet(viewer, meeting, now)
    return True


def _say_of_sheet(viewer: Viewer, meeting: Meeting, now: dt.datetime, **said: Any) -> None:
    db.session.add(SheetFiling(meeting_id=meeting.id, recorded_at=now, by_id=viewer.id, **said))
    db.session.flush()


def not_recorded(lines: Iterable[Line], changes: Mapping[Member, Entry]) -> list[Member]:
    """Everybody enrolled on the day of whom nothing would be recorded after these changes."""
    return [
        member
        for line in lines
        if line.on_day
        for member, entry in zip(line.members, line.entries, strict=True)
        if changes.get(member, entry).mark is Mark.NOT_RECORDED
    ]


def events(
    viewer: Viewer,
    meeting: Meeting,
    changes: Mapping[Member, Entry],
    correction: str | None,
    now: dt.datetime,
    source: Source = Source.FORM,
) -> list[dict[str, Any]]:
    """Changes of a web form as events: made here and now, so device time and server time are one.

    The form showed what stands, so these events correct it, whatever it is: `record` fills in `replaces`.
    """
    office = viewer.coordinates and may_coordinate(viewer, meeting.course_id)
    return [
        {
            "id": str(uuid.uuid4()),
            "meeting_id": meeting.id,
            "enrolment_id": enrolment_id,
            "child_id": child_id,
            "mark": entry.mark,
            "arrived_at": entry.arrived_at,
            "left_at": entry.left_at,
            "absence_reason": entry.reason,
            "correction": correction,
            "author_id": viewer.id,
            "recorded_at": now,
            "received_at": now,
            "source": source,
            "replaces": None,
            "office": office,
            "doubtful": False,
            "device_id": None,
        }
        for (enrolment_id, child_id), entry in changes.items()
    ]


def record(viewer: Viewer, meeting: Meeting, new: list[dict[str, Any]]) -> dict[Member, Holding]:
    """Keep events of one meeting, bring what holds in step, and tell what now holds of everybody they speak of."""
    enrolments = sorted({event["enrolment_id"] for event in new})
    said = statements(viewer, meeting.id, enrolments)
    if said:
        db.session.execute(
            sa.delete(AttendanceMark)
            .where(AttendanceMark.meeting_id == meeting.id, AttendanceMark.enrolment_id.in_(enrolments))
            .execution_options(viewer=viewer, synchronize_session=False)
        )
    for event in new:
        known = said.setdefault((event["enrolment_id"], event["child_id"]), [])
        if event["replaces"] is None:
            event["replaces"] = sorted(one.id for one in standing(known))
        known.append(
            MarkStatement(
                event["id"],
                event["author_id"],
                Entry(event["mark"], event["arrived_at"], event["left_at"], event["absence_reason"]),
                event["recorded_at"],
                frozenset(event["replaces"]),
                event["source"],
                event["office"],
                event["doubtful"],
            )
        )
    db.session.execute(sa.insert(EVENTS), new, execution_options={"viewer": viewer})
    holds = {member: held for member, known in said.items() if (held := holding(known)) is not None}
    if holds:
        marks = _marks(meeting, holds)
        db.session.execute(sa.insert(MARKS), marks, execution_options={"viewer": viewer})
    return holds


def _marks(meeting: Meeting, holds: Mapping[Member, Holding]) -> list[dict[str, Any]]:
    """What holds as rows, with the minutes that count; who is not recorded has none."""
    slot, tolerance = slot_of(meeting), meeting.course.programme.late_after_minutes
    return [
        {
            "meeting_id": meeting.id,
            "enrolment_id": enrolment_id,
            "child_id": child_id,
            "mark": held.entry.mark,
            "arrived_at": held.entry.arrived_at,
            "left_at": held.entry.left_at,
            "absence_reason": held.entry.reason,
            "minutes": minutes_attended(held.entry, slot, tolerance),
            "event_id": held.statement.id,
            "disputed": bool(held.against),
        }
        for (enrolment_id, child_id), held in holds.items()
    ]


@dataclass(frozen=True)
class Answer:
    """What became of one event of a phone. `against`: who says otherwise, when its word is stored but disputed."""

    outcome: Outcome
    reason: Reason | None = None
    against: tuple[int, ...] = ()


def take(viewer: Viewer, claims: Sequence[Claim], device_id: int | None, now: dt.datetime) -> list[Answer]:
    """Take over what a phone recorded, each event for itself; the answers in the same order.

    Meetings are held in the order of their numbers, so that two phones never wait for each other. Whatever of one's own
    meetings is not applied is kept as it came.
    """
    answers: dict[int, Answer] = {}
    by_meeting: dict[int, list[int]] = {}
    for number, one in enumerate(claims):
        by_meeting.setdefault(one.meeting_id, []).append(number)
    for meeting_id, numbers in sorted(by_meeting.items()):
        try:
            meeting = meeting_to_change(viewer, meeting_id)
        except NoResultFound:
            answers |= dict.fromkeys(numbers, Answer(Outcome.REFUSED, NOT_YOURS))
            continue
        told = _take_of_meeting(viewer, meeting, [claims[number] for number in numbers], device_id, now)
        answers |= dict(zip(numbers, told, strict=True))
    db.session.flush()
    return [answers[number] for number in range(len(claims))]


NOT_YOURS = Reason(N_("Diesen Termin gibt es nicht, oder er gehört nicht zu Ihrem Bereich."))
NOBODY = Reason(N_("Diese Person steht nicht auf der Liste dieses Kurses."))
OTHER_CONTENT = Reason(N_("Unter dieser Nummer ist schon etwas anderes gespeichert. Beides bleibt erhalten."))
CLOSED = Reason(N_("Der Termin ist abgeschlossen. Eine Berichtigung braucht eine Begründung."))
SAID = ("meeting_id", "enrolment_id", "child_id", "mark", "arrived_at", "left_at", "absence_reason", "recorded_at")


def _take_of_meeting(
    viewer: Viewer, meeting: Meeting, claims: Sequence[Claim], device_id: int | None, now: dt.datetime
) -> list[Answer]:
    ids = [one.id for one in claims]
    stored = {
        event.id: (event.author_id, {name: getattr(event, name) for name in SAID})
        for event in events_by_id(viewer, ids)
    }
    places = places_in(viewer, meeting.course_id, {one.enrolment_id for one in claims})
    office = viewer.coordinates and may_coordinate(viewer, meeting.course_id)
    begins = dt.datetime.combine(meeting.date, meeting.starts_at, ZoneInfo(meeting.zone))
    correction = last_reason(meeting.id, Change.REOPENED) if meeting.first_closed_at is not None else None
    answers: list[Answer] = []
    new: list[dict[str, Any]] = []
    for one in claims:
        said = {
            "meeting_id": meeting.id,
            "enrolment_id": one.enrolment_id,
            "child_id": one.child_id,
            "mark": one.entry.mark,
            "arrived_at": one.entry.arrived_at,
            "left_at": one.entry.left_at,
            "absence_reason": one.entry.reason,
            "recorded_at": one.recorded_at,
        }
        if one.id in stored:
            answer = Answer(Outcome.DUPLICATE)
            if stored[one.id] != (viewer.id, said):
                answer = Answer(Outcome.CONFLICT, OTHER_CONTENT)
        else:
            reasons = _refusals(viewer, meeting, places.get(one.enrolment_id), one)
            answer = Answer(Outcome.REFUSED, reasons[0]) if reasons else Answer(Outcome.STORED)
        answers.append(answer)
        if answer.outcome is Outcome.STORED:
            stored[one.id] = (viewer.id, said)
            new.append(
                said
                | {
                    "id": one.id,
                    "correction": correction,
                    "author_id": viewer.id,
                    "received_at": now,
                    "source": Source.PHONE,
                    "replaces": list(one.replaces),
                    "office": office,
                    "doubtful": one.clock_is_odd or clock_is_doubtful(one.recorded_at, begins, now),
                    "device_id": device_id,
                }
            )
    _hold(
        viewer, meeting, [pair for pair in zip(claims, answers, strict=True) if pair[1].outcome in HELD], device_id, now
    )
    if new:
        holds = record(viewer, meeting, new)
        answers = [_disputed(viewer, answer, holds.get((one.enrolment_id, one.child_id)))
                   for answer, one in zip(answers, claims, strict=True)]  # fmt: skip
    return answers


def _disputed(viewer: Viewer, answer: Answer, now_holds: Holding | None) -> Answer:
    """The answer, and who says otherwise."""
    if answer.outcome is not Outcome.STORED or now_holds is None or not now_holds.against:
        return answer
    others = {word.author_id for word in (now_holds.statement, *now_holds.against)} - {viewer.id}
    return Answer(Outcome.STORED, against=tuple(sorted(others)))


def _refusals(viewer: Viewer, meeting: Meeting, place: Place | None, one: Claim) -> list[Reason]:
    """What speaks against applying an event of a phone."""
    if meeting.status is MeetingStatus.CANCELLED:
        return [Reason(N_("Der Termin ist ausgefallen."))]
    if place is None or (one.child_id is not None and one.child_id not in place.children):
        return [NOBODY]
    reasons = day_reasons(place.entry_date, place.exit_date, meeting.date)
    if meeting.closed_at is not None:
        reasons.append(CLOSED)
    pack = meeting.course.programme.rule_pack
    return reasons + entry_reasons(one.entry, slot_of(meeting), pack, viewer.today, field="mark")


HELD = frozenset({Outcome.CONFLICT, Outcome.REFUSED})


def _hold(
    viewer: Viewer, meeting: Meeting, pairs: Sequence[tuple[Claim, Answer]], device_id: int | None, now: dt.datetime
) -> None:
    """Keep what is not applied, as it came; the same once."""
    if not pairs:
        return
    known = [(event.event_id, event.content) for event in held_by_id(viewer, [one.id for one, _ in pairs])]
    for one, answer in pairs:
        if (one.id, one.content) in known:
            continue
        known.append((one.id, one.content))
        db.session.add(
            HeldEvent(
                event_id=one.id,
                meeting_id=meeting.id,
                author_id=viewer.id,
                device_id=device_id,
                received_at=now,
                outcome=answer.outcome,
                reason=str(answer.reason or "")[:300],
                content=one.content,
            )
        )


def recount(viewer: Viewer, meeting: Meeting) -> None:
    """Compute the minutes of all marks of a meeting anew, after its times were changed.

    Refused when somebody is recorded who would not be in the course on the new day, or as present in the future.
    """
    db.session.flush()  # a changed meeting learns its minutes when it is written
    slot, tolerance = slot_of(meeting), meeting.course.programme.late_after_minutes
    marks = db.session.execute(
        sa.select(
            AttendanceMark.id,
            AttendanceMark.mark,
            AttendanceMark.arrived_at,
            AttendanceMark.left_at,
            AttendanceMark.minutes,
            Enrolment.entry_date,
            Enrolment.exit_date,
        )
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id)
        .where(AttendanceMark.meeting_id == meeting.id)
        .execution_options(viewer=viewer)
    ).all()
    if not all(on_day(mark.entry_date, mark.exit_date, meeting.date) for mark in marks):
        raise Refused(Reason(N_("Es sind Personen erfasst, die an diesem Tag nicht im Kurs sind."), field="date"))
    if meeting.date > viewer.today and not all(mark.mark in IN_ADVANCE for mark in marks):
        raise Refused(
            Reason(N_("Es ist schon Anwesenheit erfasst: Der Termin kann nicht in die Zukunft wandern."), field="date")
        )
    new = [
        {"id": mark.id, "minutes": minutes}
        for mark in marks
        if (minutes := minutes_attended(Entry(mark.mark, mark.arrived_at, mark.left_at), slot, tolerance))
        != mark.minutes
    ]
    if new:
        db.session.execute(sa.update(AttendanceMark).execution_options(viewer=viewer), new)


def _note_change(
    viewer: Viewer,
    meeting: Meeting,
    now: dt.datetime,
    what: Change,
    *,
    old: object = None,
    new: object = None,
    reason: str | None = None,
) -> None:
    db.session.add(
        MeetingChange(
            meeting_id=meeting.id,
            at=now,
            by_id=viewer.id,
            what=what,
            old=None if old is None else str(old),
            new=None if new is None else str(new),
            reason=reason,
        )
    )
