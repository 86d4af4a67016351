"""Fifty at once: one free place is given once, on both databases."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

import clock
from auth.guard import Viewer
from database import db
from programmes.enrolment import actions, queries
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import EnrolmentStatus
from tests.enrolment.scene import Scene, crowd, put
from tests.tools.offices import TRANSACTION
from wording import Refused

CROWD = 50


def at_once(app: Flask, count: int, step: Callable[[int], EnrolmentStatus]) -> Counter[str]:
    """Runs `step` in as many threads at the same moment, each in a transaction of its own."""
    gate = Barrier(10)  # as many as the pool of connections can serve; the others follow as soon as one is free

    def run(number: int) -> str:
        if number < 10:
            gate.wait()
        with app.app_context():
            try:
                outcome = str(step(number))
                db.session.commit()
            except (Refused, IntegrityError) as refusal:
                db.session.rollback()
                return type(refusal).__name__
            return outcome

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(run, range(count)))


def taken(scene: Scene, course: str) -> int:
    return queries.places_of(Viewer.office(), [scene.courses[course]])[scene.courses[course]].taken


def test_one_free_place_goes_to_one_of_fifty(app: Flask, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        people = crowd(scene, "B", CROWD, EnrolmentStatus.WITHDRAWN, entered_by="cora")
        put(scene, "A", "bea", EnrolmentStatus.ENROLLED)  # two of three places are taken now
    cora = scene.viewer("cora")

    def enrol(number: int) -> EnrolmentStatus:
        person = queries.person(cora, people[number])
        return actions.enrol(cora, scene.courses["A"], person, [], scene.today, clock.now()).status

    assert at_once(app, CROWD, enrol) == {"enrolled": 1, "waiting": CROWD - 1}
    with transaction():
        assert taken(scene, "A") == 3


def test_two_who_promote_at_once_do_not_overbook(app: Flask, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        put(scene, "A", "bea", EnrolmentStatus.ENROLLED)
        people = crowd(scene, "A", 10, EnrolmentStatus.WAITING)
        waiting = [scene.enrolments[f"A-A{number}"] for number in range(len(people))]
    cora = scene.viewer("cora")

    def promote(number: int) -> EnrolmentStatus:
        return actions.promote(cora, waiting[number], scene.today, "alle zugleich", clock.now()).status

    assert at_once(app, 10, promote) == {"enrolled": 1, "Refused": 9}
    with transaction():
        assert taken(scene, "A") == 3


def test_the_same_person_is_in_a_course_once(app: Flask, scene: Scene, transaction: TRANSACTION) -> None:
    cora = scene.viewer("cora")

    def enrol(number: int) -> EnrolmentStatus:
        person = queries.person(cora, scene.people["bea"])
        return actions.enrol(cora, scene.courses["A"], person, [], scene.today, clock.now()).status

    assert at_once(app, 10, enrol) == {"enrolled": 1, "Refused": 9}


def test_the_database_refuses_a_second_open_place(app: Flask, scene: Scene, transaction: TRANSACTION) -> None:
    """The belt: past all rules."""
    with pytest.raises(IntegrityError), transaction():
        put(scene, "A", "ada", EnrolmentStatus.WAITING)
    with transaction() as session:
        open_places = session.scalar(
            sa.select(sa.func.count())
            .where(Enrolment.course_id == scene.courses["A"])
            .execution_options(viewer=Viewer.office())
        )
        assert open_places == 1
