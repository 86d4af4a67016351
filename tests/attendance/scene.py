"""A small office for tests of the roll call: two courses that know nothing of each other, their leaders, a coordinator."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import clock
from auth.actions import HASHER
from auth.models import RoleGrant, User
from auth.rules import Role
from database import db
from programmes.catalogue.models import Coordination, Course, CourseLeader, Meeting, Municipality, Programme
from programmes.catalogue.rules import Counting, ProgrammeKind, RulePack
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Person
from tests.tools.client import Client

PASSWORD = "drei kleine Schweinchen"
START, END = dt.time(9), dt.time(12)
NAMES = (
    "Yılmaz Ayşe", "Đorđević Snežana", "O’Neill Ciarán", "Benali Fatima", "Kowalska Małgorzata", "Rossi Giulia", "Weber Olga",
    "García Lucía", "Ahmadi Zahra", "Papadopoulou Eleni", "Horvat Ivana", "Schmidt Irina",
)  # fmt: skip


@dataclass
class Scene:
    """What a test needs to know of a course it has built."""

    course: int
    meeting: int
    leader: str
    people: list[int] = field(default_factory=list)  # enrolments in the order of the paper
    children: dict[int, list[int]] = field(default_factory=dict)

    @property
    def page(self) -> str:
        return f"/meetings/{self.meeting}/roll-call"


@lru_cache
def _hash() -> str:
    return str(HASHER.hash(PASSWORD))


def user(email: str, *roles: Role) -> User:
    """Somebody who can sign in with PASSWORD."""
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


def programme(key: str, pack: RulePack = RulePack.COURSE, late_after_minutes: int = 15) -> Programme:
    made = Programme(
        key=key, title=f"Programm {key}", short_title=key, aliases=[], kind=ProgrammeKind.CORE, reported={}, assumed=[],
        topics=[], competencies=[], position=1, rule_pack=pack, late_after_minutes=late_after_minutes,
        counting=Counting.PAIR if pack is RulePack.PARENT_CHILD else Counting.PERSON,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def course(
    key: str = "RA",
    *,
    leaders: Sequence[User] = (),
    people: int = 12,
    children: Sequence[int] = (),
    pack: RulePack = RulePack.COURSE,
    day: dt.date | None = None,
    times: tuple[dt.time, dt.time] = (START, END),
    break_minutes: int = 0,
) -> Scene:
    """A course around `day` (today), with one meeting on it; `children` says how many come along with each person."""
    day = day or clock.today()
    town = db.session.query(Municipality).first() or Municipality(name="Dietzenbach")
    db.session.add(town)
    made = Course(
        number=f"{key}-1", title=f"Kurs {key}", programme=programme(key, pack), municipality=town, venue="Laufacher Straße 9",
        language="Deutsch", places=60, starts_on=day - dt.timedelta(days=20), ends_on=day + dt.timedelta(days=20), assumed=[],
    )  # fmt: skip
    db.session.add(made)
    leaders = leaders or [user(f"leitung-{key.lower()}@office.example", Role.LEADER)]
    db.session.flush()
    db.session.add_all(CourseLeader(course_id=made.id, user_id=leader.id) for leader in leaders)
    scene = Scene(made.id, meeting(made, day, times, break_minutes).id, leaders[0].email)
    for number in range(people):
        enrolment = enrol(made, number)
        scene.people.append(enrolment.id)
        brought = children[number] if number < len(children) else 0
        scene.children[enrolment.id] = [_child(enrolment, which).id for which in range(brought)]
    return scene


def meeting(
    course: Course, day: dt.date, times: tuple[dt.time, dt.time] = (START, END), break_minutes: int = 0
) -> Meeting:
    made = Meeting(course=course, date=day, starts_at=times[0], ends_at=times[1], break_minutes=break_minutes)
    db.session.add(made)
    db.session.flush()
    return made


def person(family_name: str, given_name: str, *, is_child: bool = False) -> Person:
    made = Person(
        given_name=given_name, family_name=family_name, is_child=is_child, citizenships=[], languages=[], name_keys=[],
        search="", entered_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def enrol(course: Course, number: int, *, entry: dt.date | None = None, leaving: dt.date | None = None) -> Enrolment:
    family_name, given_name = NAMES[number % len(NAMES)].split(" ", 1)
    made = Enrolment(
        course=course, person=person(f"{number:02} {family_name}", given_name), status=EnrolmentStatus.ENROLLED,
        applied_at=clock.now(), entry_date=entry or course.starts_on, exit_date=leaving,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def _child(enrolment: Enrolment, which: int) -> EnrolmentChild:
    made = EnrolmentChild(enrolment=enrolment, person=person("", ("Ilyas", "Amira", "Noor")[which], is_child=True))
    db.session.add(made)
    db.session.flush()
    return made


def coordinator(email: str = "koordination@office.example", programme_id: int | None = None) -> User:
    """Coordinates one programme, or all of Dietzenbach."""
    made = user(email, Role.COORDINATOR)
    town = db.session.query(Municipality).first()
    assert town is not None
    scope = {"programme_id": programme_id} if programme_id else {"municipality_id": town.id}
    db.session.add(Coordination(user_id=made.id, **scope))
    db.session.flush()
    return made


def signed_in(client: Client, email: str) -> Client:
    """A browser in which this person has signed in."""
    client.open("/login")
    client.submit({"email": email, "password": PASSWORD}, status=200)
    client.signed_in = True
    return client
