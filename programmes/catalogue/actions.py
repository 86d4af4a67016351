"""Changes the offer: courses and their leaders, meetings, rules and modules of programmes, who coordinates what."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from auth.guard import Viewer
from database import db
from programmes.catalogue import queries
from programmes.catalogue.models import (
    Coordination,
    Course,
    CourseLeader,
    CourseTrait,
    Meeting,
    MeetingChange,
    Module,
    Programme,
    Quarter,
)
from programmes.catalogue.rules import (
    ZONE,
    Change,
    CourseFacts,
    LeaderRole,
    MeetingFacts,
    MeetingStatus,
    ModuleFacts,
    ProgrammeFacts,
    RuleName,
    Rules,
    Span,
    correction_reasons,
    course_reasons,
    leader_reasons,
    meeting_reasons,
    overlap_reasons,
    replacement_reasons,
    rule_reasons,
)
from wording import N_, Reason, Refused

TIMES = frozenset({"date", "starts_at", "ends_at", "break_minutes"})  # a change of these changes what a meeting offers


def add_course(viewer: Viewer, facts: CourseFacts) -> Course:
    """Open a course within the viewer's scope. Raises Refused."""
    _refuse(_course_reasons(viewer, facts, None))
    course = Course(programme_id=facts.programme_id)
    _write_course(course, facts)
    db.session.add(course)
    db.session.flush()
    _write_leaders(course, facts)
    _write_features(course, facts)
    return course


def change_course(viewer: Viewer, course: Course, facts: CourseFacts) -> None:
    """Change a course and its leaders; it stays within the viewer's scope. Raises Refused."""
    _refuse(_course_reasons(viewer, facts, course.id))
    _write_course(course, facts)
    _write_leaders(course, facts)
    _write_features(course, facts)


def _course_reasons(viewer: Viewer, facts: CourseFacts, course_id: int | None) -> list[Reason]:
    days = [span.date for span in queries.spans_of(course_id)] if course_id is not None else []
    reasons = course_reasons(facts.starts_on, facts.ends_on, days)
    reasons += leader_reasons(facts.leaders, facts.first_leader)
    if (facts.programme_id, facts.municipality_id) not in queries.offers(viewer):
        reasons.append(
            Reason(N_("Dieses Programm gehört in dieser Kommune nicht zu Ihrem Bereich."), field="municipality_id")
        )
    if facts.quarter_id is not None:
        quarter = db.session.get(Quarter, facts.quarter_id)
        if quarter is None or quarter.municipality_id != facts.municipality_id:
            reasons.append(Reason(N_("Das Quartier liegt in einer anderen Kommune."), field="quarter_id"))
    if facts.room_id is not None and facts.room_id not in {room.id for room in queries.rooms([facts.municipality_id])}:
        reasons.append(Reason(N_("Der Raum liegt in einer anderen Kommune."), field="room_id"))
    if queries.number_taken(facts.number, course_id):
        reasons.append(Reason(N_("Diese Kursnummer gibt es schon."), field="number"))
    return reasons


def _write_course(course: Course, facts: CourseFacts) -> None:
    course.number, course.title = facts.number, facts.title
    course.municipality_id, course.quarter_id, course.venue = facts.municipality_id, facts.quarter_id, facts.venue
    course.room_id, course.language, course.places = facts.room_id, facts.language, facts.places
    course.starts_on, course.ends_on = facts.starts_on, facts.ends_on
    course.assumed = sorted(fact.value for fact in facts.assumed)


def _write_leaders(course: Course, facts: CourseFacts) -> None:
    """Give a course exactly these leaders; only what changes is written, for each state is kept (programmes/statistics/models.py).
    When one is named first, the others stand in the second row."""
    there = {leader.user_id: leader for leader in queries.course_leaders(course.id)}
    for user_id in there.keys() - set(facts.leaders):
        db.session.delete(there[user_id])
    for user_id in dict.fromkeys(facts.leaders):
        role = LeaderRole.LEADER if facts.first_leader in (None, user_id) else LeaderRole.CO_LEADER
        if user_id in there:
            there[user_id].role = role
        else:
            db.session.add(CourseLeader(course_id=course.id, user_id=user_id, role=role))
    db.session.flush()


def _write_features(course: Course, facts: CourseFacts) -> None:
    """Only what changes is written: each state of a feature is kept (programmes/statistics/models.py)."""
    had = set(queries.features_of(course.id))
    gone = sa.delete(CourseTrait).where(
        CourseTrait.course_id == course.id, CourseTrait.feature.in_(had - facts.features)
    )
    db.session.execute(gone)
    db.session.add_all(CourseTrait(course_id=course.id, feature=feature) for feature in sorted(facts.features - had))
    db.session.flush()


def cancel_course(course: Course, reason: str, by: int, now: dt.datetime, today: dt.date) -> Meeting | None:
    """Call a course off, and with it every meeting from today on that is still planned; the first of them. Raises Refused."""
    if course.cancelled_reason is not None:
        raise Refused(Reason(N_("Der Kurs ist schon abgesagt.")))
    course.cancelled_reason = reason
    planned = [
        meeting for meeting in _meetings_from(course, today)
        if meeting.status is MeetingStatus.PLANNED and meeting.first_closed_at is None
    ]  # fmt: skip
    for meeting in planned:
        cancel_meeting(meeting, reason, by, now)
    return next(iter(planned), None)


def reinstate_course(course: Course, by: int, now: dt.datetime, today: dt.date) -> None:
    """Take the cancellation back, for the course and for the coming meetings that were cancelled with it. Raises Refused."""
    if course.cancelled_reason is None:
        raise Refused(Reason(N_("Der Kurs ist nicht abgesagt.")))
    for meeting in _meetings_from(course, today):
        if meeting.status is MeetingStatus.CANCELLED and meeting.cancelled_reason == course.cancelled_reason:
            reinstate_meeting(meeting, by, now)
    course.cancelled_reason = None
    db.session.flush()


def _meetings_from(course: Course, today: dt.date) -> Sequence[Meeting]:
    of_course = sa.select(Meeting).where(Meeting.course_id == course.id, Meeting.date >= today)
    return db.session.scalars(of_course.order_by(Meeting.date, Meeting.starts_at, Meeting.id)).all()


def add_meetings(course: Course, *facts: MeetingFacts) -> list[Meeting]:
    """Add meetings to a course: all of them or none. Raises Refused."""
    if course.cancelled_reason is not None:
        raise Refused(Reason(N_("Der Kurs ist abgesagt.")))
    spans = [Span(one.date, one.starts_at, one.ends_at) for one in facts]
    reasons = [reason for one in facts for reason in _meeting_reasons(course, one)]
    _refuse(reasons + overlap_reasons(spans, queries.spans_of(course.id)) + _same_start(course, spans))
    meetings = [Meeting(course_id=course.id, **dataclasses.asdict(one)) for one in facts]
    db.session.add_all(meetings)
    db.session.flush()
    return meetings


def change_meeting(
    meeting: Meeting,
    facts: MeetingFacts,
    by: int,
    now: dt.datetime,
    *,
    substitute_id: int | None = None,
    reason: str | None = None,
) -> frozenset[str]:
    """Change a meeting and keep what it was; returns the names of the fields that changed. Raises Refused.

    When the answer touches `TIMES`, the meeting offers other minutes (`meeting.minutes` is already new), and whoever
    calls this recomputes the attended minutes of its marks. A closed roll call must be reopened first; one that was ever
    closed needs a reason.
    """
    _refuse(correction_reasons(meeting.first_closed_at is not None, meeting.closed_at is not None, reason))
    reasons = _meeting_reasons(meeting.course, facts)
    span = Span(facts.date, facts.starts_at, facts.ends_at)
    if meeting.status is not MeetingStatus.CANCELLED:
        reasons += overlap_reasons([span], queries.spans_of(meeting.course_id, but=meeting.id))
    _refuse(reasons + _same_start(meeting.course, [span], but=meeting.id))
    new = dataclasses.asdict(facts) | {"substitute_id": substitute_id}
    changed = [name for name, value in new.items() if getattr(meeting, name) != value]
    for name in changed:
        _note(meeting, by, now, Change(name), old=getattr(meeting, name), new=new[name], reason=reason)
        setattr(meeting, name, new[name])
    db.session.flush()
    return frozenset(changed)


def cancel_meeting(meeting: Meeting, reason: str, by: int, now: dt.datetime) -> None:
    """Cancel a meeting; it leaves what the course offers, its marks are kept. A closed one must be reopened. Raises Refused."""
    if meeting.status is MeetingStatus.CANCELLED:
        raise Refused(Reason(N_("Der Termin ist schon ausgefallen.")))
    _refuse(correction_reasons(meeting.first_closed_at is not None, meeting.closed_at is not None, reason))
    _note(meeting, by, now, Change.STATUS, old=meeting.status, new=MeetingStatus.CANCELLED, reason=reason)
    meeting.status, meeting.cancelled_reason = MeetingStatus.CANCELLED, reason
    db.session.flush()


def cancel_and_replace(
    meeting: Meeting, reason: str, facts: MeetingFacts, by: int, now: dt.datetime, *, prolong: bool
) -> Meeting:
    """Cancel a meeting and make up for it on another day: both, or neither. Raises Refused."""
    _refuse(_replacement_reasons(meeting, facts, prolong))
    cancel_meeting(meeting, reason, by, now)
    return replace_meeting(meeting, facts, by, now, prolong=prolong)


def replace_meeting(meeting: Meeting, facts: MeetingFacts, by: int, now: dt.datetime, *, prolong: bool) -> Meeting:
    """Make up for a cancelled meeting on another day, if need be by prolonging the course. Raises Refused."""
    if meeting.status is not MeetingStatus.CANCELLED:
        raise Refused(Reason(N_("Der Termin ist nicht ausgefallen.")))
    _refuse(_replacement_reasons(meeting, facts, prolong))
    if prolong:
        meeting.course.ends_on = max(meeting.course.ends_on, facts.date)
    made = Meeting(course_id=meeting.course_id, replaces_id=meeting.id, **dataclasses.asdict(facts))
    db.session.add(made)
    db.session.flush()
    _note(meeting, by, now, Change.REPLACEMENT, old=None, new=facts.date, reason=None)
    _note(made, by, now, Change.REPLACEMENT, old=meeting.date, new=facts.date, reason=meeting.cancelled_reason)
    db.session.flush()
    return made


def _replacement_reasons(meeting: Meeting, facts: MeetingFacts, prolong: bool) -> list[Reason]:
    course = meeting.course
    if course.cancelled_reason is not None:
        return [Reason(N_("Der Kurs ist abgesagt."))]
    already = queries.replacement_of(meeting.id)
    if already is not None:
        return [Reason(N_("Dafür gibt es schon einen Ersatztermin am {day}."), day=already.date.strftime("%d.%m.%Y"))]
    own = Span(meeting.date, meeting.starts_at, meeting.ends_at)
    others = queries.spans_of(course.id, but=meeting.id)
    reasons = replacement_reasons(facts, own, (course.starts_on, course.ends_on), others, prolong=prolong)
    return reasons + _same_start(course, [Span(facts.date, facts.starts_at, facts.ends_at)], but=meeting.id)


def reinstate_meeting(meeting: Meeting, by: int, now: dt.datetime) -> None:
    """Let a cancelled meeting take place after all, unless another makes up for it. Raises Refused."""
    if meeting.status is not MeetingStatus.CANCELLED:
        raise Refused(Reason(N_("Der Termin ist nicht ausgefallen.")))
    instead = queries.replacement_of(meeting.id)
    if instead is not None and instead.status is not MeetingStatus.CANCELLED:
        day = instead.date.strftime("%d.%m.%Y")
        raise Refused(Reason(N_("Es gibt einen Ersatztermin am {day}. Sagen Sie zuerst diesen ab."), day=day))
    span = Span(meeting.date, meeting.starts_at, meeting.ends_at)
    _refuse(overlap_reasons([span], queries.spans_of(meeting.course_id, but=meeting.id)))
    _note(meeting, by, now, Change.STATUS, old=meeting.status, new=MeetingStatus.PLANNED, reason=None)
    meeting.status, meeting.cancelled_reason = MeetingStatus.PLANNED, None
    db.session.flush()


def _meeting_reasons(course: Course, facts: MeetingFacts) -> list[Reason]:
    return meeting_reasons(
        facts.date,
        facts.starts_at,
        facts.ends_at,
        facts.break_minutes,
        course.starts_on,
        course.ends_on,
        ZONE,
    )


def _same_start(course: Course, spans: Sequence[Span], but: int | None = None) -> list[Reason]:
    """Cancelled meetings keep their place: a second one cannot begin at the same time of the same day."""
    cancelled = db.session.execute(
        sa.select(Meeting.date, Meeting.starts_at).where(
            Meeting.course_id == course.id, Meeting.status == MeetingStatus.CANCELLED, Meeting.id != (but or 0)
        )
    )
    begun = {(row.date, row.starts_at) for row in cancelled}
    return [
        Reason(
            N_(
                "Am {day} ist um {time} Uhr ein Termin ausgefallen. Lassen Sie ihn doch stattfinden, oder beginnen Sie später."
            ),
            field="date",
            day=span.date.strftime("%d.%m.%Y"),
            time=span.starts_at.strftime("%H:%M"),
        )
        for span in spans
        if (span.date, span.starts_at) in begun
    ]


def _note(
    meeting: Meeting, by: int, now: dt.datetime, what: Change, *, old: object, new: object, reason: str | None
) -> None:
    old_text, new_text = (None if value is None else str(value)[:200] for value in (old, new))
    db.session.add(
        MeetingChange(meeting_id=meeting.id, at=now, by_id=by, what=what, old=old_text, new=new_text, reason=reason)
    )


def add_programme(facts: ProgrammeFacts) -> Programme:
    """Add a programme after those of the report, with the rules of a course until somebody sets others. Raises Refused."""
    there = queries.programmes()
    if any(one.key.casefold() == facts.key.casefold() for one in there):
        raise Refused(Reason(N_("Dieses Kürzel hat schon ein anderes Programm."), field="key"))
    position = max((one.position for one in there), default=0) + 1
    programme = Programme(
        **dataclasses.asdict(facts), position=position, aliases=[], reported={}, assumed=[], topics=[], competencies=[]
    )
    db.session.add(programme)
    db.session.flush()
    return programme


def change_rules(programme: Programme, rules: Rules, confirmed: Collection[RuleName], *, version: int) -> bool:
    """Set the rules of a programme; what is confirmed is no assumption any more. Says whether anything changed.

    `version` is the one that was on the screen: who was slower is told so. Raises Refused.
    """
    if version != programme.rule_version:
        raise Refused(
            Reason(N_("Jemand hat diese Regeln inzwischen geändert. Bitte sehen Sie sie sich noch einmal an."))
        )
    _refuse(rule_reasons(rules, has_courses=queries.has_courses(programme.id), pack_before=programme.rule_pack))
    still_assumed = [name for name in programme.assumed if name not in set(confirmed)]
    if rules == programme.rules and still_assumed == programme.assumed:
        return False
    for field in dataclasses.fields(rules):
        setattr(programme, field.name, getattr(rules, field.name))
    programme.assumed = still_assumed
    _new_version(programme)
    return True


def _new_version(programme: Programme) -> None:
    programme.rule_version += 1
    db.session.flush()


def save_module(programme: Programme, module: Module | None, facts: ModuleFacts) -> Module:
    """Add a module to a programme, or change one. Raises Refused."""
    for other in queries.modules_of(programme.id):
        if other.number == facts.number and other is not module:
            raise Refused(Reason(N_("Diese Nummer hat schon das Modul „{title}“."), field="number", title=other.title))
    if module is None:
        module = Module(programme_id=programme.id)
        db.session.add(module)
    for name, value in dataclasses.asdict(facts).items():
        setattr(module, name, value)
    _new_version(programme)
    return module


def deletion_reasons(module: Module) -> list[Reason]:
    """What speaks against taking a module out of its programme."""
    used = queries.meetings_with_module(module.id)
    if not used:
        return []
    return [Reason(N_("Zu diesem Modul gehören Termine ({count}); deshalb bleibt es."), count=used)]


def delete_module(module: Module) -> None:
    """Take a module out of its programme. Raises Refused when a meeting carries it."""
    _refuse(deletion_reasons(module))
    programme = module.programme
    db.session.delete(module)
    _new_version(programme)


def add_coordination(user_id: int, programme_id: int | None, municipality_id: int | None) -> Coordination:
    """Let somebody coordinate a programme, a municipality, or a programme in a municipality. Raises Refused."""
    if programme_id is None and municipality_id is None:
        raise Refused(Reason(N_("Bitte wählen Sie ein Programm, eine Kommune oder beides."), field="programme_id"))
    for there in queries.coordinations(user_id):
        if (there.programme_id, there.municipality_id) == (programme_id, municipality_id):
            raise Refused(Reason(N_("Dafür ist dieses Konto schon zuständig."), field="programme_id"))
    coordination = Coordination(user_id=user_id, programme_id=programme_id, municipality_id=municipality_id)
    db.session.add(coordination)
    db.session.flush()
    return coordination


def remove_coordination(coordination: Coordination) -> None:
    """End a responsibility."""
    db.session.delete(coordination)
    db.session.flush()


def _refuse(reasons: Sequence[Reason]) -> None:
    if reasons:
        raise Refused(*reasons)
