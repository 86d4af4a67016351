"""Who is in two courses at once is told to whoever coordinates both, and to nobody else."""

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa

from programmes.catalogue.models import Coordination, Course, Meeting, Programme
from programmes.enrolment.rules import EnrolmentStatus
from tests.enrolment.scene import Scene, put
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION

SignedIn = Callable[[str], Client]
ROOM = "Im selben Raum ist zur selben Zeit der Kurs B-1."
PEOPLE = "Teilnehmende sind zur selben Zeit im Kurs B-1: Kanar, Ada; Tom"


def test_people_in_two_courses_are_told_to_who_coordinates_both(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION, counting: COUNTING
) -> None:
    with transaction():
        put(scene, "B", "ada", EnrolmentStatus.ENROLLED)
        put(scene, "A", "tom", EnrolmentStatus.ENROLLED)  # comes along to B as a child
        put(scene, "A", "bea", EnrolmentStatus.WAITING)
        put(scene, "B", "bea", EnrolmentStatus.ENROLLED)  # waits for one of them only
    address = f"/courses/{scene.courses['A']}"
    cora = signed_in("cora")
    page = cora.open(address)
    assert ROOM in page.main
    assert "Teilnehmende sind" not in page.main
    assert "Überschneidungen" not in signed_in("lena").open(address).main
    with counting() as before:
        cora.fetch(address)
    with transaction() as session:
        families = session.scalars(sa.select(Programme.id).where(Programme.key == "P02")).one()
        session.add(Coordination(user_id=scene.users["cora"], programme_id=families))
        for course in scene.courses.values():
            later = scene.today + dt.timedelta(days=14)
            session.add(Meeting(course_id=course, date=later, starts_at=dt.time(9), ends_at=dt.time(12)))
    shown = cora.open(address).main
    today, next_week = scene.today, scene.today + dt.timedelta(days=7)
    later = scene.today + dt.timedelta(days=14)
    assert f"{PEOPLE} {today:%d.%m.%Y}, {next_week:%d.%m.%Y}, {later:%d.%m.%Y}" in " ".join(shown.split())
    with counting() as after:
        cora.fetch(address)
    assert len(after) == len(before)
    with transaction() as session:
        session.get_one(Course, scene.courses["B"]).venue = "Bürgerhaus"
    cora.open(f"{address}/meetings/new")
    page = cora.submit(
        {"date": f"{scene.today + dt.timedelta(days=15)}", "starts_at": "13:00", "ends_at": "14:00", "weekdays": []}
    )
    assert "1 Termin anlegen" in page.main
    assert not any(text in page.main for text in ("Im selben Raum", "Teilnehmende sind"))
