"""A finished course for tests of papers: built row by row, so that every number on the paper is known beforehand."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from flask_sqlalchemy.session import Session
from sqlalchemy.orm import scoped_session

import clock
from auth.actions import HASHER
from auth.guard import Viewer
from auth.models import RoleGrant, User
from auth.rules import Role
from database import db
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.rules import Mark
from programmes.catalogue.models import (
    Coordination,
    Course,
    CourseLeader,
    Meeting,
    Module,
    Municipality,
    Programme,
)
from programmes.catalogue.rules import Counting, MeetingStatus, PaperKind, ProgrammeKind, RulePack
from programmes.certificates import actions
from programmes.certificates.facts import Imprint
from programmes.certificates.models import Certificate
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Person

PASSWORD = "drei kleine Schweinchen"
COORDINATOR, STRANGER, LEADER = "koordination@office.example", "fremd@office.example", "leitung@office.example"
IMPRINT = Imprint("https://kursbuch.example", demo=False)
NAMES = (
    ("Ayşe", "Yılmaz"), ("Snežana", "Đorđević"), ("Ciarán", "O’Neill"), ("Fatima", "Benali"), ("Małgorzata", "Kowalska"),
    ("Giulia", "Rossi"), ("Olga", "Weber"), ("Lucía", "García"),
)  # fmt: skip
Database = scoped_session[Session]


@dataclass
class Scene:
    """What a test needs to know of the course it has built."""

    course: int
    coordinator: int
    enrolments: list[int] = field(default_factory=list)  # in the order of the list
    meetings: list[int] = field(default_factory=list)

    @property
    def page(self) -> str:
        return f"/courses/{self.course}/certificates"


@lru_cache
def _hash() -> str:
    return str(HASHER.hash(PASSWORD))


def user(email: str, *roles: Role) -> User:
    """Somebody who can sign in with PASSWORD; made once."""
    found = db.session.query(User).filter_by(email=email).first()
    if found is not None:
        return found
    made = User(
        email=email,
        name=email.split("@", maxsplit=1)[0].title(),
        password_hash=_hash(),
        active=True,
        created_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    db.session.add_all(RoleGrant(user_id=made.id, role=role) for role in roles)
    return made


def build(
    key: str = "RA",
    *,
    people: int = 3,
    attended: Sequence[Sequence[int]] = (),
    minutes: int = 180,
    meetings: int = 4,
    required_share: int | None = 75,
    paper: PaperKind = PaperKind.PARTICIPATION,
    modules: Sequence[bool] = (),
    is_family: bool = False,
    together: Sequence[Sequence[int]] | None = None,
    ends_in: int = -1,
    open_ones: Sequence[int] = (),
    cancelled: Sequence[int] = (),
    coordinator: str = COORDINATOR,
) -> Scene:
    """A course that ended yesterday (`ends_in` days from today), one meeting a day, all closed but `open_ones`.

    `attended[person]` are the positions of the meetings somebody came to (default: all); in a family course `together` says
    to which the child came as well. `modules` says of each whether it is mandatory; meetings go through them in turn.
    """
    me = user(coordinator, Role.COORDINATOR)
    user(STRANGER, Role.COORDINATOR)
    leader = user(LEADER, Role.LEADER)
    programme = Programme(
        key=key, title=f"Programm {key}", short_title=f"Programm {key}", aliases=[], kind=ProgrammeKind.CORE, reported={},
        assumed=[], topics=["Schule", "Gesundheit"], competencies=["Vermittlung"], position=1, required_share=required_share,
        paper=paper, paper_title="Zertifikat" if paper is PaperKind.QUALIFICATION else "Teilnahmebescheinigung",
        rule_pack=RulePack.PARENT_CHILD if is_family else RulePack.COURSE,
        counting=Counting.PAIR if is_family else Counting.PERSON, counts_meetings=is_family,
    )  # fmt: skip
    town = db.session.query(Municipality).first() or Municipality(name="Dietzenbach")
    db.session.add_all([programme, town])
    db.session.flush()
    db.session.add(Coordination(user_id=me.id, programme_id=programme.id))
    last = clock.today() + dt.timedelta(days=ends_in)
    first = last - dt.timedelta(days=meetings - 1)
    course = Course(
        number=f"{key}-1", title=f"Kurs {key}", programme=programme, municipality=town, venue="Laufacher Straße 9",
        language="Deutsch", places=60, starts_on=first, ends_on=last, assumed=[],
    )  # fmt: skip
    db.session.add(course)
    db.session.flush()
    db.session.add(CourseLeader(course_id=course.id, user_id=leader.id))
    parts = [
        Module(programme_id=programme.id, number=number, title=f"Modul {number}", mandatory=mandatory)
        for number, mandatory in enumerate(modules, start=1)
    ]
    db.session.add_all(parts)
    dates = [
        _meeting(course, first + dt.timedelta(days=position), minutes, parts[position % len(parts)] if parts else None,
                 is_open=position in open_ones, is_cancelled=position in cancelled)
        for position in range(meetings)
    ]  # fmt: skip
    db.session.flush()
    scene = Scene(course.id, me.id, meetings=[meeting.id for meeting in dates])
    for number in range(people):
        came = attended[number] if number < len(attended) else range(meetings)
        enrolment = enrol(course, number)
        for position in came:
            mark(dates[position], enrolment, leader)
        if is_family:
            child = EnrolmentChild(enrolment=enrolment, person=person("Ilyas", "", is_child=True))
            db.session.add(child)
            db.session.flush()
            for position in together[number] if together else came:
                mark(dates[position], enrolment, leader, child)
        scene.enrolments.append(enrolment.id)
    db.session.flush()
    return scene


def _meeting(
    course: Course, day: dt.date, minutes: int, module: Module | None, *, is_open: bool, is_cancelled: bool
) -> Meeting:
    closed = None if is_open or is_cancelled else clock.now()
    status = MeetingStatus.CANCELLED if is_cancelled else MeetingStatus.HELD if closed else MeetingStatus.PLANNED
    made = Meeting(
        course=course, date=day, starts_at=dt.time(9), ends_at=dt.time(9 + minutes // 60, minutes % 60), module=module,
        status=status, cancelled_reason="Krankheit" if is_cancelled else None, closed_at=closed, first_closed_at=closed,
    )  # fmt: skip
    db.session.add(made)
    return made


def person(given_name: str, family_name: str, *, is_child: bool = False) -> Person:
    made = Person(
        given_name=given_name, family_name=family_name, is_child=is_child, citizenships=[], languages=[], name_keys=[],
        search="", entered_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def enrol(course: Course, number: int) -> Enrolment:
    given_name, family_name = NAMES[number % len(NAMES)]
    more = "" if number < len(NAMES) else f" {number}"
    made = Enrolment(
        course=course, person=person(given_name, family_name + more), status=EnrolmentStatus.ENROLLED,
        applied_at=clock.now(), entry_date=course.starts_on,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def mark(meeting: Meeting, enrolment: Enrolment, author: User, child: EnrolmentChild | None = None) -> None:
    """Present from beginning to end."""
    db.session.flush()
    event = MarkEvent(
        id=str(uuid.uuid4()), meeting_id=meeting.id, enrolment_id=enrolment.id, child_id=child.id if child else None,
        mark=Mark.PRESENT, author_id=author.id, recorded_at=clock.now(), received_at=clock.now(),
    )  # fmt: skip
    db.session.add(event)
    db.session.flush()
    db.session.add(
        AttendanceMark(
            meeting_id=meeting.id, enrolment_id=enrolment.id, child_id=child.id if child else None, mark=Mark.PRESENT,
            minutes=meeting.minutes, event_id=event.id,
        )
    )  # fmt: skip


def issued(scene: Scene, *positions: int) -> list[Certificate]:
    """Papers of these people, issued by the coordinator now."""
    chosen = [scene.enrolments[position] for position in positions]
    return actions.issue(Viewer.office(), chosen, clock.now(), by=scene.coordinator, imprint=IMPRINT)
