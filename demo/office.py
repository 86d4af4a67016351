"""The office while it is being built: looks up the catalogue, opens courses, gives places, keeps histories."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from auth.models import User
from database import db
from demo import clockwork, edge_cases, resources
from demo.accounts import hire
from demo.names import Community
from demo.people import Cast, Household, members
from programmes.attendance.rules import DISPENSED, AbsenceReason, Entry, Mark
from programmes.catalogue.models import (
    Course,
    CourseLeader,
    Meeting,
    MeetingChange,
    Module,
    Municipality,
    Programme,
    Quarter,
)
from programmes.catalogue.rules import Change, CourseFact, LeaderRole, MeetingStatus
from programmes.enrolment.models import Enrolment, EnrolmentChange, EnrolmentChild, SubGroup, SubGroupMember
from programmes.enrolment.rules import Education, Employment, EnrolmentStatus, ExitCause, Outcome
from programmes.participants.models import Person

SCHOOLING = (None, *Education)
WORK = (None, *Employment)
AFTERWARDS = (None, *Outcome)
STAFF_SINCE = dt.date(2001, 10, 15)


@dataclass
class Place:
    """One enrolment in the making. What an edge case lays down for a day stands in `said`; the rest is left to chance."""

    enrolment: Enrolment
    person: Person
    children: list[EnrolmentChild] = field(default_factory=list)
    reliability: float = 0.9
    afterwards: Outcome | None = None
    said: dict[dt.date, Entry] = field(default_factory=dict)
    children_said: dict[dt.date, tuple[Mark, ...]] = field(default_factory=dict)
    steps: list[tuple[dt.datetime, EnrolmentStatus | None, EnrolmentStatus, str | None]] = field(default_factory=list)

    def leave(
        self, day: dt.date, status: EnrolmentStatus, reason: str | None = None, cause: ExitCause | None = None
    ) -> None:
        """End this place on a day."""
        self.step(clockwork.instant(day, 16), status, reason)
        self.enrolment.exit_date, self.enrolment.exit_reason, self.enrolment.exit_cause = day, reason, cause

    def complete(self, day: dt.date) -> None:
        """The course is over, and the person stayed to its end."""
        self.step(clockwork.instant(day, 17), EnrolmentStatus.COMPLETED, None)
        self.enrolment.exit_date, self.enrolment.outcome = day, self.afterwards

    def step(self, at: dt.datetime, status: EnrolmentStatus, reason: str | None) -> None:
        """Move on, and remember it."""
        self.steps.append((at, self.enrolment.status, status, reason))
        self.enrolment.status = status


@dataclass
class Run:
    """One course in the making."""

    course: Course
    programme: Programme
    leaders: list[User]
    coordinator: User
    meetings: list[Meeting] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    left_open: set[dt.date] = field(default_factory=set)  # past meetings whose roll call nobody closed
    changes: list[tuple[Meeting, dt.datetime, User, Change, str | None, str | None, str | None]] = field(
        default_factory=list
    )
    corrections: dict[tuple[str, dt.date], tuple[Entry, str]] = field(default_factory=dict)  # by name and day

    def place_of(self, name: str) -> Place:
        """The place of somebody with this name."""
        return next(place for place in self.places if place.person.name == name)

    def on(self, day: dt.date) -> Meeting:
        """The first meeting of a day."""
        return next(meeting for meeting in self.meetings if meeting.date == day)

    def cancel(self, day: dt.date, reason: str) -> None:
        """A meeting that did not take place; it leaves the denominator."""
        meeting = self.on(day)
        meeting.status, meeting.cancelled_reason = MeetingStatus.CANCELLED, reason
        self.changes.append(
            (meeting, clockwork.instant(day, 7, 30), self.coordinator, Change.STATUS, MeetingStatus.PLANNED.value,
             MeetingStatus.CANCELLED.value, reason)
        )  # fmt: skip


class Office:
    """What every course of the demo is made with. The same seed and the same day give the same rows."""

    def __init__(self, seed: int, today: dt.date) -> None:
        self.rng = random.Random(seed)
        self.told = random.Random(seed)  # what people say of themselves, apart from the chance that makes their days
        self.today = today
        self.users = hire(self.rng, clockwork.instant(STAFF_SINCE, 9))
        self.programmes = {programme.key: programme for programme in db.session.scalars(sa.select(Programme))}
        self.towns = {town.name: town for town in db.session.scalars(sa.select(Municipality))}
        self.rooms = resources.furnish(self.towns)
        resources.describe(self.users, today)
        self.quarters = {quarter.name: quarter for quarter in db.session.scalars(sa.select(Quarter))}
        self.modules: dict[int, list[Module]] = {}
        for module in db.session.scalars(sa.select(Module).order_by(Module.programme_id, Module.number)):
            self.modules.setdefault(module.programme_id, []).append(module)
        self.cast = Cast(self.rng, self.users["koordination-kreis"].id, set(edge_cases.TAKEN))
        self.runs: dict[str, Run] = {}
        self.memberships: list[tuple[SubGroup, Place]] = []

    def add(self, row: object) -> None:
        """One more row of any table."""
        db.session.add(row)

    def course(
        self,
        number: str,
        title: str,
        programme: str,
        town: str,
        *,
        venue: str,
        language: str,
        places: int,
        dates: Sequence[dt.date],
        leaders: Sequence[str],
        coordinator: str,
        quarter: str | None = None,
        assumed: Iterable[CourseFact] = (),
    ) -> Run:
        """Open a course that lasts from the first to the last of these days."""
        course = Course(
            number=number, title=title, programme=self.programmes[programme], municipality=self.towns[town],
            quarter=self.quarters[quarter] if quarter else None, venue=venue, language=language, places=places,
            room=self.rooms.get((town, venue)), starts_on=min(dates), ends_on=max(dates), assumed=sorted(fact.value for fact in assumed),
        )  # fmt: skip
        db.session.add(course)
        run = Run(course, self.programmes[programme], [self.users[key] for key in leaders], self.users[coordinator])
        for position, user in enumerate(run.leaders):
            role = LeaderRole.CO_LEADER if position else LeaderRole.LEADER
            db.session.add(CourseLeader(course=course, user=user, role=role))
        self.runs[number] = run
        return run

    def meet(
        self,
        run: Run,
        date: dt.date,
        hours: str,
        *,
        pause: int = 0,
        topic: str | None = None,
        module: Module | None = None,
        **facts: object,
    ) -> Meeting:
        """Add a meeting, hours as „09:00–12:15“."""
        starts_at, ends_at = (dt.time.fromisoformat(time) for time in hours.split("–"))
        meeting = Meeting(
            course=run.course,
            date=date,
            starts_at=starts_at,
            ends_at=ends_at,
            break_minutes=pause,
            topic=topic,
            module=module,
            zone="Europe/Berlin",
            **facts,
        )
        db.session.add(meeting)
        run.meetings.append(meeting)
        return meeting

    def replace(self, run: Run, lost: Meeting, date: dt.date) -> Meeting:
        """Another day for a cancelled meeting of this run, found by the coordinator on the day it was cancelled."""
        hours = f"{lost.starts_at:%H:%M}–{lost.ends_at:%H:%M}"
        made = self.meet(
            run, date, hours, pause=lost.break_minutes, topic=lost.topic, module=lost.module, replaces=lost
        )
        at, who = clockwork.instant(lost.date, 8, 15), run.coordinator
        run.changes += [
            (lost, at, who, Change.REPLACEMENT, None, date.isoformat(), None),
            (made, at, who, Change.REPLACEMENT, lost.date.isoformat(), date.isoformat(), lost.cancelled_reason),
        ]
        return made

    def lay_down(self, run: Run) -> None:
        """Say what chance would decide, in the marks of a rule pack that has others than a course of the office."""
        pack = run.programme.rule_pack
        away = [mark for mark in map(Mark, pack.marks) if mark not in DISPENSED | {Mark.PRESENT}]
        for place in run.places:
            for day in dict.fromkeys(meeting.date for meeting in run.meetings if meeting.date < self.today):
                if day not in place.said:
                    mark = Mark.PRESENT if self.rng.random() < place.reliability else self.rng.choice(away)
                    place.said[day] = Entry(mark, reason=AbsenceReason.WORK if mark in pack.reasons else None)

    def enrol(
        self,
        run: Run,
        person: Person,
        *,
        entry: dt.date | None = None,
        applied: dt.date | None = None,
        status: EnrolmentStatus = EnrolmentStatus.ENROLLED,
        reason: str | None = None,
    ) -> Place:
        """Give somebody a place, or let them wait (without an entry date)."""
        begin = run.course.starts_on if entry is None else entry
        day = applied or begin - dt.timedelta(days=self.rng.randint(7, 35))
        at = clockwork.instant(min(day, self.today), 9 + self.rng.randrange(7), self.rng.randrange(60))
        enrolment = Enrolment(
            course=run.course,
            person=person,
            status=status,
            applied_at=at,
            entry_date=None if status is EnrolmentStatus.WAITING else begin,
            education=self.told.choice(SCHOOLING),
            employment=self.told.choice(WORK),
        )
        db.session.add_all([person, enrolment])
        place = Place(
            enrolment, person, reliability=self.rng.uniform(0.78, 0.98), afterwards=self.told.choice(AFTERWARDS)
        )
        place.steps.append((at, None, status, reason))
        run.places.append(place)
        return place

    def promote(self, place: Place, day: dt.date, reason: str | None) -> None:
        """Move somebody up from the waiting list."""
        place.step(clockwork.instant(day, 14), EnrolmentStatus.ENROLLED, reason)
        place.enrolment.entry_date = day

    def offer(self, place: Place, day: dt.date, until: dt.date) -> None:
        """Offer a place to somebody who waits."""
        place.step(clockwork.instant(day, 10), EnrolmentStatus.OFFERED, None)
        place.enrolment.offered_until = until

    def bring(self, run: Run, household: Household, along: Iterable[Person] | None = None, **how: object) -> Place:
        """Give a family a place; `along` are the children that come, all by default."""
        place = self.enrol(run, household.mother, **how)  # type: ignore[arg-type]
        self.admit(household)
        for kid in household.children if along is None else along:
            child = EnrolmentChild(enrolment=place.enrolment, person=kid)
            db.session.add(child)
            place.children.append(child)
        return place

    def admit(self, household: Household) -> None:
        """Write a family down."""
        db.session.add_all(members(household))
        self._tell(
            [household.mother, *([household.father] if household.father else [])], household.family.entered_at.date()
        )

    def someone(self, community: Community, run: Run, sex: object = None, **facts: object) -> Person:
        """A new adult of a community who lives where the course is, met some weeks before it."""
        met = min(run.course.starts_on, self.today) - dt.timedelta(days=self.rng.randint(8, 40))
        town = run.course.municipality
        person = self.cast.adult(community, sex, town, met, **facts)  # type: ignore[arg-type]
        db.session.add_all(self.cast.consents(person, met))
        self._tell([person], met)
        return person

    def _tell(self, people: list[Person], met: dt.date) -> None:
        """The privacy notice is new: nobody got it in 2003."""
        if self.today - met < dt.timedelta(days=400):
            db.session.add_all(self.cast.notices(people, met))

    def sub_groups(self, run: Run, merged_on: dt.date, groups: dict[str, list[Place]]) -> None:
        """Groups from the first day, which become one on a day."""
        first = run.course.starts_on
        for name, places in groups.items():
            group = SubGroup(course=run.course, name=name, valid_from=first, valid_until=merged_on - clockwork.DAY)
            db.session.add(group)
            self.memberships += [
                (group, place) for place in places if (place.enrolment.entry_date or first) < merged_on
            ]
        one = SubGroup(course=run.course, name="Deutsch", valid_from=merged_on)
        db.session.add(one)
        self.memberships += [
            (one, place) for place in run.places if (place.enrolment.exit_date or run.course.ends_on) >= merged_on
        ]

    def write_histories(self) -> None:
        """Everything so far gets its number; then what happened to places and meetings is written down."""
        db.session.flush()
        for run in self.runs.values():
            db.session.add_all(
                EnrolmentChange(enrolment_id=place.enrolment.id, at=at, by_id=run.coordinator.id,
                                old=old.value if old else None, new=new, reason=reason)
                for place in run.places for at, old, new, reason in place.steps
            )  # fmt: skip
            db.session.add_all(
                MeetingChange(meeting_id=meeting.id, at=at, by_id=user.id, what=what, old=old_value, new=new_value,
                              reason=reason)
                for meeting, at, user, what, old_value, new_value, reason in run.changes
            )  # fmt: skip
        db.session.add_all(
            SubGroupMember(sub_group_id=group.id, enrolment_id=place.enrolment.id) for group, place in self.memberships
        )
        db.session.flush()
