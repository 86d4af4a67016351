"""Remembers the offer: the report's catalogue, places, courses and their meetings."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, one_of
from programmes.catalogue.rules import (
    PACKS,
    ZONE,
    Change,
    Counting,
    CourseFeature,
    LeaderRole,
    MeetingFacts,
    MeetingStatus,
    PaperKind,
    ProgrammeKind,
    RulePack,
    Rules,
    fold,
    net_minutes,
    pack_of,
)


class PackKey(sa.types.TypeDecorator[RulePack]):
    """A rule pack, kept by its key. Keys are data (rule_packs.json), so no CHECK lists them: an unknown one is refused here."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: RulePack | str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else pack_of(value).key

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> RulePack | None:
        return None if value is None else pack_of(value)


class Municipality(Base):
    """One of the 13 towns of the county. `report` and `contact` quote what the report of 2004 says, if anything."""

    __tablename__ = "municipality"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    report: Mapped[str | None] = mapped_column(sa.String(1000))
    contact: Mapped[str | None] = mapped_column(sa.String(200))
    section: Mapped[str | None] = mapped_column(sa.String(200))
    in_county: Mapped[bool] = mapped_column(default=True)


class Quarter(Base):
    """A part of a town; Sprendlingen is one of Dreieich."""

    __tablename__ = "quarter"

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[int] = mapped_column(sa.ForeignKey("municipality.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    report: Mapped[str | None] = mapped_column(sa.String(1000))
    municipality: Mapped[Municipality] = orm.relationship()

    __table_args__ = (sa.UniqueConstraint("municipality_id", "name"),)


class Logo(Base):
    """A picture for the letterhead of papers, re-drawn from what was sent: PNG, no transparency, nothing hidden in it."""

    __tablename__ = "logo"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    shows: Mapped[str] = mapped_column(sa.String(120))
    png: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)


class FundingProfile(Base):
    """Who pays, and what that asks of papers: the line that is printed; its logos are `FundingLogo`.

    `pack` is the key of a funder's pack (statistics/funding/funder_packs.json): what the funder's report holds. The grant runs from
    `grant_from` to `grant_until`, pays `rate_cents` and in all `ceiling_cents` at most. `due_on` is a deadline that the notice
    of the grant itself names, `sent_on` the day on which the report was sent.
    """

    __tablename__ = "funding_profile"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    line: Mapped[str] = mapped_column(sa.String(300))
    pack: Mapped[str | None] = mapped_column(sa.String(40))
    reference: Mapped[str | None] = mapped_column(sa.String(80))
    grant_from: Mapped[dt.date | None]
    grant_until: Mapped[dt.date | None]
    rate_cents: Mapped[int | None]
    ceiling_cents: Mapped[int | None]
    due_on: Mapped[dt.date | None]
    sent_on: Mapped[dt.date | None]

    __table_args__ = (
        sa.CheckConstraint("grant_until >= grant_from", name="grant"),
        sa.CheckConstraint("rate_cents BETWEEN 1 AND 100000", name="rate_cents"),
        sa.CheckConstraint("ceiling_cents BETWEEN 1 AND 1000000000", name="ceiling_cents"),
    )


class FundingLogo(Base):
    """Where a logo stands in a funding profile."""

    __tablename__ = "funding_logo"

    funding_profile_id: Mapped[int] = mapped_column(
        sa.ForeignKey("funding_profile.id", ondelete="CASCADE"), primary_key=True
    )
    logo_id: Mapped[int] = mapped_column(sa.ForeignKey("logo.id"), primary_key=True)
    position: Mapped[int]


class Programme(Base):
    """A lasting concept with its rules. `reported` holds the report's own words, field by field, never repaired.

    `assumed` names the rules that the report leaves open and somebody had to assume; the pages flag them *Annahme*.
    `required_share` is a percentage of offered minutes; None asks for no share. Ages are months on the day of a meeting.
    `funding_line` is printed where no funding profile is chosen.
    """

    __tablename__ = "programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(10), unique=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(300))
    short_title: Mapped[str] = mapped_column(sa.String(80))
    aliases: Mapped[list[str]]
    kind: Mapped[ProgrammeKind] = mapped_column(one_of(ProgrammeKind))
    reported: Mapped[dict[str, Any]]
    assumed: Mapped[list[str]]
    topics: Mapped[list[str]]
    competencies: Mapped[list[str]]
    position: Mapped[int]

    unit_minutes: Mapped[int] = mapped_column(default=45)
    rule_pack: Mapped[RulePack] = mapped_column(PackKey, default=lambda: next(iter(PACKS.values())))
    counting: Mapped[Counting] = mapped_column(one_of(Counting), default=Counting.PERSON)
    required_share: Mapped[int | None]
    late_after_minutes: Mapped[int] = mapped_column(default=15)
    paper: Mapped[PaperKind] = mapped_column(one_of(PaperKind), default=PaperKind.PARTICIPATION)
    paper_title: Mapped[str] = mapped_column(sa.String(120), default="Teilnahmebescheinigung")
    counts_meetings: Mapped[bool] = mapped_column(default=False)
    counts_make_up: Mapped[bool] = mapped_column(default=False)
    child_from_months: Mapped[int | None]
    child_until_months: Mapped[int | None]
    funding_line: Mapped[str | None] = mapped_column(sa.String(300))
    rule_version: Mapped[int] = mapped_column(default=1)
    funding_profile_id: Mapped[int | None] = mapped_column(sa.ForeignKey("funding_profile.id"))
    women_only: Mapped[bool] = mapped_column(default=False)
    after_programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id"))
    residents_only: Mapped[bool] = mapped_column(default=False)

    funding_profile: Mapped[FundingProfile | None] = orm.relationship()
    parent: Mapped[Programme | None] = orm.relationship(remote_side=[id], foreign_keys=[parent_id])
    after_programme: Mapped[Programme | None] = orm.relationship(remote_side=[id], foreign_keys=[after_programme_id])

    __table_args__ = (
        sa.CheckConstraint("unit_minutes IN (45, 60)", name="unit_minutes"),
        sa.CheckConstraint("length(rule_pack) BETWEEN 1 AND 40", name="rule_pack"),
        sa.CheckConstraint("required_share BETWEEN 1 AND 100", name="required_share"),
        sa.CheckConstraint("late_after_minutes BETWEEN 0 AND 120", name="late_after_minutes"),
        sa.CheckConstraint(
            "(child_from_months IS NULL) = (child_until_months IS NULL) AND child_from_months <= child_until_months",
            name="child_months",
        ),
    )

    @property
    def rules(self) -> Rules:
        """Its rules as plain values."""
        return Rules(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Rules)})

    @property
    def is_family(self) -> bool:
        """Whether families, not single people, have its places."""
        return self.rule_pack.is_family

    @property
    def runs_courses(self) -> bool:
        """Whether one can open a course of it. What the report only mentions can, once it gives a paper (START meetings)."""
        return self.kind is not ProgrammeKind.CONTEXT or self.paper is not PaperKind.NONE


class Module(Base):
    """A part of a programme with minutes of its own; mandatory ones must be fulfilled for a qualification."""

    __tablename__ = "module"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    minutes: Mapped[int | None]
    mandatory: Mapped[bool] = mapped_column(default=True)
    assumed: Mapped[bool] = mapped_column(default=False)
    programme: Mapped[Programme] = orm.relationship()

    __table_args__ = (
        sa.UniqueConstraint("programme_id", "number"),
        sa.CheckConstraint("minutes BETWEEN 1 AND 60000", name="minutes"),
    )


class MicroProject(Base):
    """One of the eleven LOS sub-projects of the report."""

    __tablename__ = "micro_project"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(10), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    representation: Mapped[str] = mapped_column(sa.String(300))
    programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id"))
    programme: Mapped[Programme | None] = orm.relationship()


class Body(Base):
    """An office, partner, committee or funder that the report names."""

    __tablename__ = "body"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(10), unique=True)
    name: Mapped[str] = mapped_column(sa.String(600))
    report: Mapped[str] = mapped_column(sa.String(1000))
    meaning: Mapped[str] = mapped_column(sa.String(600))
    section: Mapped[str] = mapped_column(sa.String(200))


class Contradiction(Base):
    """A contradiction or gap of the report: shown, not repaired."""

    __tablename__ = "contradiction"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(10), unique=True)
    text: Mapped[str] = mapped_column(sa.String(1000))
    problem: Mapped[str] = mapped_column(sa.String(1000))
    handling: Mapped[str] = mapped_column(sa.String(1000))
    programme_keys: Mapped[list[str]]


class Coordination(Base):
    """What somebody coordinates: a programme (with its parts), a municipality, or a programme in a municipality."""

    __tablename__ = "coordination"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    programme_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme.id"))
    municipality_id: Mapped[int | None] = mapped_column(sa.ForeignKey("municipality.id"))
    programme: Mapped[Programme | None] = orm.relationship()
    municipality: Mapped[Municipality | None] = orm.relationship()

    __table_args__ = (
        sa.UniqueConstraint("user_id", "programme_id", "municipality_id"),
        sa.CheckConstraint("programme_id IS NOT NULL OR municipality_id IS NOT NULL", name="scope"),
    )


class Room(Base):
    """Where courses meet. `places` are seats for people, children included; None: nobody has told. The name says house and room."""

    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True)
    municipality_id: Mapped[int] = mapped_column(sa.ForeignKey("municipality.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    places: Mapped[int | None]
    childcare: Mapped[bool] = mapped_column(default=False)
    step_free: Mapped[bool] = mapped_column(default=False)
    municipality: Mapped[Municipality] = orm.relationship()

    __table_args__ = (
        sa.UniqueConstraint("municipality_id", "name"),
        sa.CheckConstraint("places BETWEEN 1 AND 1000", name="places"),
    )


class Course(Base):
    """One run of a programme. `places` counts people, or families in a family programme. Dates are local days.

    `venue` is printed as it is typed, whether there is a record of the room or not; `venue_key` is by what two of them are compared.
    `assumed` names the facts of this course that somebody assumed (*Annahme*), because the report leaves them open.
    """

    __tablename__ = "course"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"), index=True)
    municipality_id: Mapped[int] = mapped_column(sa.ForeignKey("municipality.id"), index=True)
    quarter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("quarter.id"))
    venue: Mapped[str] = mapped_column(sa.String(200))
    venue_key: Mapped[str] = mapped_column(sa.String(600), default="")
    room_id: Mapped[int | None] = mapped_column(sa.ForeignKey("room.id"), index=True)
    language: Mapped[str] = mapped_column(sa.String(80))
    places: Mapped[int]
    starts_on: Mapped[dt.date] = mapped_column(index=True)
    ends_on: Mapped[dt.date] = mapped_column(index=True)
    cancelled_reason: Mapped[str | None] = mapped_column(sa.String(300))
    assumed: Mapped[list[str]]
    programme: Mapped[Programme] = orm.relationship()
    municipality: Mapped[Municipality] = orm.relationship()
    quarter: Mapped[Quarter | None] = orm.relationship()
    room: Mapped[Room | None] = orm.relationship()

    __table_args__ = (
        sa.CheckConstraint("ends_on >= starts_on", name="dates"),
        sa.CheckConstraint("places BETWEEN 0 AND 1000", name="places"),
    )


@event.listens_for(Course, "before_insert")
@event.listens_for(Course, "before_update")
def _keep_venue_key_in_step(mapper: orm.Mapper[Course], connection: sa.Connection, course: Course) -> None:
    course.venue_key = fold(course.venue)[:600]


class LeaderContract(Base):
    """From when until when somebody who leads courses has a contract; a day that nobody has told is no limit. What they have learned
    stands in their account, because papers say it."""

    __tablename__ = "leader_contract"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    starts_on: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None]

    __table_args__ = (sa.CheckConstraint("ends_on >= starts_on", name="dates"),)


class LeaderLanguage(Base):
    """One language that somebody who leads courses speaks."""

    __tablename__ = "leader_language"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(sa.String(80))

    __table_args__ = (sa.UniqueConstraint("user_id", "language"),)


class CourseLeader(Base):
    """Who leads a course."""

    __tablename__ = "course_leader"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    role: Mapped[LeaderRole] = mapped_column(one_of(LeaderRole), default=LeaderRole.LEADER)
    user: Mapped[User] = orm.relationship()
    course: Mapped[Course] = orm.relationship()

    __table_args__ = (sa.UniqueConstraint("course_id", "user_id"),)


class CourseTrait(Base):
    """One feature that a course has."""

    __tablename__ = "course_trait"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"))
    feature: Mapped[CourseFeature] = mapped_column(one_of(CourseFeature))

    __table_args__ = (sa.UniqueConstraint("course_id", "feature"),)


class Meeting(Base):
    """One dated meeting. Times are wall-clock in `zone`; `minutes` is what it offers, break taken off, kept in step.

    `visitors` counts guests and siblings without a place, or the heads at an event; of an event `heads` says how many of
    each group, and `visitors` is kept as their sum. `room_id` is told where it is another room than the course's. `replaces` is the cancelled meeting this one makes up for. `closed_at`
    says that the roll call is complete; `first_closed_at` stays when it is reopened, and from then on every correction
    needs a reason.
    """

    __tablename__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id"), index=True)
    date: Mapped[dt.date] = mapped_column(index=True)
    starts_at: Mapped[dt.time]
    ends_at: Mapped[dt.time]
    zone: Mapped[str] = mapped_column(sa.String(40), default=ZONE)
    break_minutes: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int]
    module_id: Mapped[int | None] = mapped_column(sa.ForeignKey("module.id"))
    topic: Mapped[str | None] = mapped_column(sa.String(200))
    excursion: Mapped[bool] = mapped_column(default=False)
    room_id: Mapped[int | None] = mapped_column(sa.ForeignKey("room.id"), index=True)
    status: Mapped[MeetingStatus] = mapped_column(one_of(MeetingStatus), default=MeetingStatus.PLANNED)
    cancelled_reason: Mapped[str | None] = mapped_column(sa.String(300))
    substitute_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    visitors: Mapped[int | None]
    heads: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("meeting.id"))
    note: Mapped[str | None] = mapped_column(sa.String(500))
    closed_at: Mapped[dt.datetime | None]
    first_closed_at: Mapped[dt.datetime | None]
    course: Mapped[Course] = orm.relationship()
    module: Mapped[Module | None] = orm.relationship()
    room: Mapped[Room | None] = orm.relationship()
    substitute: Mapped[User | None] = orm.relationship()
    replaces: Mapped[Meeting | None] = orm.relationship(remote_side=[id])

    __table_args__ = (
        sa.UniqueConstraint("course_id", "date", "starts_at"),
        sa.Index("uq_meeting_replaces_id", "replaces_id", unique=True),
        sa.CheckConstraint("replaces_id <> id", name="replaces_id"),
        sa.CheckConstraint("ends_at > starts_at", name="times"),
        sa.CheckConstraint("break_minutes >= 0", name="break_minutes"),
        sa.CheckConstraint("minutes >= 0", name="minutes"),
        sa.CheckConstraint("visitors BETWEEN 0 AND 100000", name="visitors"),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_reason IS NOT NULL)", name="cancelled_reason"),
        sa.CheckConstraint("closed_at IS NULL OR first_closed_at IS NOT NULL", name="first_closed_at"),
    )

    @property
    def place(self) -> str:
        """Where it is, as it is printed: another room by its name."""
        return self.room.name if self.room is not None else self.course.venue

    @property
    def facts(self) -> MeetingFacts:
        """What a coordinator said about it, as plain values."""
        return MeetingFacts(**{field.name: getattr(self, field.name) for field in dataclasses.fields(MeetingFacts)})


@event.listens_for(Meeting, "before_insert")
@event.listens_for(Meeting, "before_update")
def _keep_sums_in_step(mapper: orm.Mapper[Meeting], connection: sa.Connection, meeting: Meeting) -> None:
    meeting.minutes = net_minutes(
        meeting.date, meeting.starts_at, meeting.ends_at, meeting.break_minutes or 0, meeting.zone or ZONE
    )
    if meeting.heads is not None:
        meeting.visitors = sum(meeting.heads.values())


class MeetingChange(Base):
    """What happened to a meeting and why: closed, reopened, cancelled, moved. Only ever added to."""

    __tablename__ = "meeting_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    what: Mapped[Change] = mapped_column(one_of(Change))
    old: Mapped[str | None] = mapped_column(sa.String(200))
    new: Mapped[str | None] = mapped_column(sa.String(200))
    reason: Mapped[str | None] = mapped_column(sa.String(300))
    by: Mapped[User] = orm.relationship()
