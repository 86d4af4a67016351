"""Two coordinators, two leaders, two courses (single people here, families there), and the people in them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session, scoped_session

import clock
from auth.actions import add_user
from auth.guard import Viewer
from auth.models import User
from auth.rules import Role
from database import db
from programmes.catalogue.models import Coordination, Course, CourseLeader, Meeting, Municipality, Programme
from programmes.catalogue.rules import Counting, ProgrammeKind, RulePack
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Family, FamilyMember, Person
from programmes.participants.rules import Precision, Relation

PASSWORD = "Sieben-Zwerge-im-Wald"
SECRETS = ("1971", "Kanariengelb", "Papageiisch", "Zeisigweg", "Amselland", "zaunkoenig@", "0815-4711")


@dataclass
class Scene:
    """Numbers of what was built; logins are `<name>@buero.example`."""

    today: dt.date
    users: dict[str, int] = field(default_factory=dict)
    courses: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    enrolments: dict[str, int] = field(default_factory=dict)

    def viewer(self, name: str) -> Viewer:
        roles = {"boss": {Role.COORDINATOR, Role.LEADER}}.get(
            name, {Role.COORDINATOR if name[0] == "c" else Role.LEADER}
        )
        return Viewer(self.users[name], frozenset(roles), self.today)


def months_ago(day: dt.date, months: int) -> dt.date:
    """The first of the month, so many months before a day."""
    whole = day.year * 12 + day.month - 1 - months
    return dt.date(whole // 12, whole % 12 + 1, 1)


def build(session: scoped_session[Session]) -> Scene:
    """Fill an empty office."""
    today = clock.today()
    scene = Scene(today)
    singles = Programme(
        key="P01", title="Richtig Ankommen", short_title="Richtig Ankommen", aliases=[], kind=ProgrammeKind.CORE,
        reported={}, assumed=[], topics=[], competencies=[], position=1,
    )  # fmt: skip
    families = Programme(
        key="P02", title="Mutter-Kind-Gruppen", short_title="Mutter-Kind-Gruppen", aliases=[], kind=ProgrammeKind.CORE,
        reported={}, assumed=[], topics=[], competencies=[], position=2, rule_pack=RulePack.PARENT_CHILD,
        counting=Counting.PAIR, child_from_months=18, child_until_months=36,
    )  # fmt: skip
    town = Municipality(name="Dietzenbach")
    session.add_all([singles, families, town])
    session.flush()
    for name, programme in (("cora", singles), ("cleo", families)):
        _user(scene, name, [Role.COORDINATOR])
        session.add(Coordination(user_id=scene.users[name], programme_id=programme.id))
    for name in ("lena", "lara"):
        _user(scene, name, [Role.LEADER])
    _user(scene, "boss", [Role.COORDINATOR, Role.LEADER])
    session.add(Coordination(user_id=scene.users["boss"], programme_id=singles.id))
    start, end = today - dt.timedelta(days=30), today + dt.timedelta(days=60)
    for key, programme, places, leader in (("A", singles, 3, "lena"), ("B", families, 2, "lara")):
        course = Course(
            number=f"{key}-1", title=f"Kurs {key}", programme_id=programme.id, municipality_id=town.id, venue="Rathaus",
            language="Deutsch", places=places, starts_on=start, ends_on=end, assumed=["language"],
        )  # fmt: skip
        session.add(course)
        session.flush()
        scene.courses[key] = course.id
        session.add(CourseLeader(course_id=course.id, user_id=scene.users[leader]))
        for days in (-7, 0, 7):
            session.add(
                Meeting(
                    course_id=course.id, date=today + dt.timedelta(days=days), starts_at=dt.time(9), ends_at=dt.time(12)
                )
            )
    session.add(CourseLeader(course_id=scene.courses["B"], user_id=scene.users["boss"]))
    _person(scene, "ada", "Ada", "Kanar", entered_by="cora")
    _person(scene, "bea", "Bea", "Benali", entered_by="cora")
    _person(scene, "mia", "Mia", "Mutter", entered_by="cleo")
    _child(scene, "mia", "tom", "Tom", months_ago(today, 24))
    _child(scene, "mia", "uli", "Uli", months_ago(today, 60))
    _person(scene, "eva", "Eva", "Ebert", entered_by="cleo")
    _child(scene, "eva", "kim", "Kim", months_ago(today, 20))
    put(scene, "A", "ada", EnrolmentStatus.ENROLLED)
    put(scene, "B", "mia", EnrolmentStatus.ENROLLED, ["tom"])
    session.flush()
    return scene


def _user(scene: Scene, name: str, roles: Sequence[Role]) -> None:
    user: User = add_user(f"{name}@buero.example", name.title(), roles, clock.now(), password=PASSWORD)
    scene.users[name] = user.id


def _person(scene: Scene, key: str, given_name: str, family_name: str, *, entered_by: str) -> None:
    """Somebody whose private facts are all canaries (SECRETS)."""
    person = Person(
        given_name=given_name, family_name=family_name, birth_date=dt.date(1971, 5, 12), citizenships=["Kanariengelb"],
        languages=["Papageiisch"], address="Zeisigweg 7", birth_country="Amselland", email="zaunkoenig@example.org",
        phone="0815-4711", entered_by_id=scene.users[entered_by], entered_at=clock.now(),
    )  # fmt: skip
    db.session.add(person)
    db.session.flush()
    scene.people[key] = person.id


def _child(scene: Scene, adult: str, key: str, given_name: str, birth: dt.date) -> None:
    child = Person(
        given_name=given_name, is_child=True, birth_date=birth, birth_precision=Precision.MONTH, citizenships=[],
        languages=[], entered_at=clock.now(),
    )  # fmt: skip
    db.session.add(child)
    db.session.flush()
    scene.people[key] = child.id
    options = {"viewer": Viewer.office()}
    member = (
        db.session.query(FamilyMember).filter_by(person_id=scene.people[adult]).execution_options(**options).first()
    )
    if member is None:
        family = Family(entered_at=clock.now())
        db.session.add(family)
        db.session.flush()
        member = FamilyMember(family_id=family.id, person_id=scene.people[adult], relation=Relation.MOTHER)
        db.session.add(member)
    db.session.add(FamilyMember(family_id=member.family_id, person_id=child.id, relation=Relation.CHILD))
    db.session.flush()


def put(scene: Scene, course: str, person: str, status: EnrolmentStatus, children: Sequence[str] = ()) -> int:
    """Put somebody into a course, past all rules."""
    enrolment = Enrolment(
        course_id=scene.courses[course], person_id=scene.people[person], status=status, applied_at=clock.now(),
        entry_date=None if status is EnrolmentStatus.WAITING else scene.today - dt.timedelta(days=20),
    )  # fmt: skip
    db.session.add(enrolment)
    db.session.flush()
    scene.enrolments[f"{course}-{person}"] = enrolment.id
    for child in children:
        db.session.add(EnrolmentChild(enrolment_id=enrolment.id, person_id=scene.people[child]))
    db.session.flush()
    return enrolment.id


def crowd(scene: Scene, course: str, count: int, status: EnrolmentStatus, entered_by: str = "cora") -> list[int]:
    """Many people at once, numbered; returns their numbers."""
    found = []
    for number in range(count):
        key = f"{course}{number}"
        _person(scene, key, f"Person{number:03d}", f"Menge{course}", entered_by=entered_by)
        put(scene, course, key, status)
        found.append(scene.people[key])
    return found
