"""An office with the whole catalogue, two coordinators with different scopes, two leaders, and a course of each scope."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from auth.actions import HASHER, add_user
from auth.guard import Viewer
from auth.rules import Role
from programmes.catalogue.actions import add_coordination, add_course, add_meetings
from programmes.catalogue.models import Course, Municipality, Programme, Quarter
from programmes.catalogue.report import load_catalogue
from programmes.catalogue.rules import CourseFacts, MeetingFacts

PASSWORD = "Regenschirm im Schrank"
HASHED = HASHER.hash(PASSWORD)  # once, because hashing is slow on purpose
NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
PEOPLE = {
    "mona": Role.COORDINATOR,  # all mother-child groups, everywhere
    "dora": Role.COORDINATOR,  # everything in Dreieich
    "lena": Role.LEADER,
    "lars": Role.LEADER,
    "adam": Role.ADMINISTRATOR,
    "otto": Role.OFFICER,
    "evi": Role.EVALUATOR,
}


@dataclass
class Scene:
    """What is there, by short names: ids only, so that no test holds a row of a closed session."""

    users: dict[str, int]
    programmes: dict[str, int]
    towns: dict[str, int]
    quarters: dict[str, int]
    dietzenbach: int  # Mona's course: a mother-child group in Dietzenbach
    dreieich: int  # Dora's course: social orientation in Dreieich
    shared: int  # of both: a mother-child group in Dreieich


def viewer(scene: Scene, name: str) -> Viewer:
    """Somebody of the scene, as queries know them."""
    return Viewer(scene.users[name], frozenset({PEOPLE[name]}), TODAY)


def facts(scene: Scene, programme: str, town: str, number: str, **changes: object) -> CourseFacts:
    """A course of ten Mondays from 2 March 2026."""
    what: dict[str, object] = {
        "number": number,
        "title": f"Kurs {number}",
        "programme_id": scene.programmes[programme],
        "municipality_id": scene.towns[town],
        "quarter_id": None,
        "venue": "Bürgerhaus, Raum 2",
        "language": "Deutsch",
        "places": 10,
        "starts_on": dt.date(2026, 3, 2),
        "ends_on": dt.date(2026, 5, 4),
    }
    return CourseFacts(**what | changes)  # type: ignore[arg-type]


def build(session: scoped_session[Session]) -> Scene:
    """Load the catalogue and put the scene into it."""
    load_catalogue()
    users = {}
    for name, role in PEOPLE.items():
        user = add_user(f"{name}@buero.example", name.capitalize(), [role], NOW)
        user.password_hash = HASHED
        users[name] = user.id
    programmes: dict[str, int] = {row[0]: row[1] for row in session.execute(sa.select(Programme.key, Programme.id))}
    towns: dict[str, int] = {row[0]: row[1] for row in session.execute(sa.select(Municipality.name, Municipality.id))}
    quarters: dict[str, int] = {row[0]: row[1] for row in session.execute(sa.select(Quarter.name, Quarter.id))}
    add_coordination(users["mona"], programmes["P02"], None)
    add_coordination(users["dora"], None, towns["Dreieich"])
    scene = Scene(users, programmes, towns, quarters, 0, 0, 0)
    mona, dora = viewer(scene, "mona"), viewer(scene, "dora")
    both = {"leaders": (users["lena"], users["lars"]), "first_leader": users["lars"]}
    scene.dietzenbach = _with_a_meeting(add_course(mona, facts(scene, "P02b", "Dietzenbach", "MKG-DZB", **both)))
    scene.dreieich = _with_a_meeting(add_course(dora, facts(scene, "P01a", "Dreieich", "RA-DRE")))
    scene.shared = _with_a_meeting(add_course(dora, facts(scene, "P02a", "Dreieich", "MKG-DRE")))
    return scene


def _with_a_meeting(course: Course) -> int:
    add_meetings(course, MeetingFacts(dt.date(2026, 3, 2), dt.time(9), dt.time(11)))
    return course.id
