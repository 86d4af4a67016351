"""The number of somebody who is erased is never anybody else's: the trace and the record of erasures go by numbers."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import backup
import clock
import jobs
from auth.actions import add_user
from auth.guard import Viewer
from auth.rules import Role
from database import db
from programmes.enrolment.merging import queries as merging
from programmes.enrolment.merging.actions import merge
from programmes.participants.actions import empty
from programmes.participants.models import NameSound, Person
from programmes.rights import actions, erasing, ledger
from tests.enrolment.scene import PASSWORD, Scene, build
from tests.rights.test_erasing import everything
from tests.tools.offices import TRANSACTION

OFFICE = {"viewer": "test"}


@pytest.fixture
def scene(transaction: TRANSACTION, app: Flask) -> Scene:
    (Path(app.instance_path) / ledger.NAME).unlink(missing_ok=True)
    with transaction() as session:
        return build(session)


def add(name: str) -> int:
    person = Person(given_name=name, family_name="Neu", citizenships=[], languages=[], entered_at=clock.now())
    db.session.add(person)
    db.session.flush()
    return person.id


def test_the_number_of_the_newest_person_stays_taken(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        newest = add("Neu")
        actions.erase_at_once(Viewer.office(), newest, clock.now())
        assert add("Neuer") > newest


def test_an_absorbed_record_keeps_its_number_and_nothing_else(
    app: Flask, scene: Scene, transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]
) -> None:
    cora = scene.viewer("cora")
    with transaction() as session:
        kept, gone = session.get_one(Person, scene.people["bea"], execution_options=OFFICE), add("Bea")
        merge(cora, kept, session.get_one(Person, gone, execution_options=OFFICE), (), clock.now())
    set_clock(clock.now() + merging.UNDO_FOR + dt.timedelta(minutes=1))
    jobs.work_off(app)
    with transaction() as session:
        row = (
            session.execute(sa.select(Person.__table__).where(Person.id == gone).execution_options(**OFFICE))
            .mappings()
            .one()
        )
        told = {name: value for name, value in row.items() if value not in (None, "", [], False)}
        assert set(told) == {"id", "given_name", "birth_precision", "entered_at", "merged_into_id", "withheld_at"}
        assert told["given_name"] == "(gelöscht)"
        sounds = sa.select(NameSound).where(NameSound.person_id == gone).execution_options(**OFFICE)
        assert session.scalars(sounds).all() == []
        assert add("Neuer") > gone
        before = everything(session.connection())
        content, _ = erasing.set_aside(session.connection(), scene.people["bea"], clock.now())
        assert [one["id"] for one in content["rows"]["person"]] == [scene.people["bea"], gone]
        erasing.put_back(session.connection(), content)
        assert everything(session.connection()) == before


def test_an_absorbed_record_is_erased_with_the_person_and_its_number_stays_taken(
    scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        session.get_one(Person, scene.people["ada"], execution_options=OFFICE).merged_into_id = None
        gone = add("Bea")
        session.get_one(Person, gone, execution_options=OFFICE).merged_into_id = scene.people["bea"]
        session.flush()
        actions.erase_at_once(Viewer.office(), scene.people["bea"], clock.now())
        names = session.execute(
            sa.select(Person.given_name, Person.search).where(Person.id == gone).execution_options(**OFFICE)
        ).one()
        assert tuple(names) == ("(gelöscht)", "")
        assert add("Neuer") > gone
        empty(Viewer.office(), gone, clock.now())  # twice changes nothing


def test_whom_a_restored_backup_does_not_know_keeps_the_number(
    app: Flask, scene: Scene, transaction: TRANSACTION, tmp_path: Path
) -> None:
    """Otherwise the next person got the number, and the next restored backup erased them for somebody else."""
    path = tmp_path / "friday.kursbuch"
    with app.app_context():
        backup.save(path)
        db.session.remove()
    with transaction() as session:
        person = add("Neu")
        actions.erase_at_once(Viewer.office(), person, clock.now())
        user = add_user("neu@buero.example", "Neu", [Role.LEADER], clock.now(), password=PASSWORD)
        user_id = user.id
        actions.erase_account(Viewer.office(), user, clock.now())
        session.flush()
    for _ in range(2):
        with app.app_context():
            backup.load(path)
            db.session.remove()
        with transaction() as session:
            found = session.execute(
                sa.select(Person.given_name, Person.withheld_at).where(Person.id == person).execution_options(**OFFICE)
            ).one()
            assert found.given_name == "(gelöscht)"
            assert found.withheld_at is not None
            assert add("Neuer") > person
            assert add_user("neuer@buero.example", "Neuer", [Role.LEADER], clock.now(), password=PASSWORD).id > user_id
            session.rollback()
