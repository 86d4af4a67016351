"""Two records of one person become one, with everything both had, and two again."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
import jobs
from auth.guard import Viewer
from database import Base
from programmes.enrolment import queries as enrolments
from programmes.enrolment.merging import queries
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Consent, FamilyMember, Merge, Person, PickUp
from programmes.participants.rules import (
    ConsentPurpose,
    ConsentState,
    PersonFacts,
    Precision,
    Sex,
    disputed,
    merge_reasons,
    merged,
)
from tests.enrolment.scene import PASSWORD, Scene, put
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

SignIn = Callable[[str], Client]
Session = sa.orm.scoped_session[sa.orm.Session]
TEST = {"viewer": "test"}
KNOWN = PersonFacts(
    "Julia",
    "Weber",
    sex=Sex.FEMALE,
    languages=("Russisch",),
    birth_date=dt.date(1990, 1, 1),
    birth_precision=Precision.YEAR,
)


@pytest.mark.parametrize(
    ("other", "from_other", "expected"),
    [
        (PersonFacts("Julia"), (), KNOWN),
        (PersonFacts("Yuliya", phone="06074"), (), replace(KNOWN, phone="06074")),
        (PersonFacts("Yuliya", "Weber"), ("given_name",), replace(KNOWN, given_name="Yuliya")),
        (PersonFacts("Julia", birth_date=dt.date(1990, 5, 2)), ("birth_date",),
         replace(KNOWN, birth_date=dt.date(1990, 5, 2), birth_precision=Precision.DAY)),
        (PersonFacts("Julia", birth_date=dt.date(1990, 5, 2)), (), KNOWN),
        (PersonFacts("Julia", late_resettler=True), (), replace(KNOWN, late_resettler=True)),
        (PersonFacts("Julia", phone=None), ("phone",), KNOWN),  # what the other does not say is not taken from there
    ],
)  # fmt: skip
def test_one_record_out_of_two(other: PersonFacts, from_other: tuple[str, ...], expected: PersonFacts) -> None:
    assert merged(KNOWN, other, from_other) == expected


def test_what_is_asked_and_what_speaks_against() -> None:
    assert disputed(KNOWN, PersonFacts("Yuliya", languages=("Russisch",), phone="1", birth_date=dt.date(1991, 1, 1))) == (
        "given_name", "birth_date",
    )  # fmt: skip
    fine: dict[str, Any] = {"same": False, "mixed": False, "outside": False, "both_in": ()}
    assert not merge_reasons(**fine)
    for wrong in ({"same": True}, {"mixed": True}, {"outside": True}, {"both_in": ("A-1",)}):
        assert len(merge_reasons(**fine | wrong)) == 1, wrong


def twin(session: Session, scene: Scene, of: str, key: str, **facts: Any) -> int:
    """A second record of somebody of the scene, entered by the same office."""
    known = session.get_one(Person, scene.people[of], execution_options=TEST)
    values: dict[str, Any] = {
        "family_name": "",
        "citizenships": [],
        "languages": [],
        "is_child": known.is_child,
    } | facts
    made = Person(entered_by_id=known.entered_by_id or scene.users["cleo"], entered_at=known.entered_at, **values)
    session.add(made)
    session.flush()
    scene.people[key] = made.id
    return made.id


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """All rows that are about somebody, but what the merge itself leaves and who is told of it."""
    tables = {Person.__table__, *(column.table for column in queries.references())}
    return {
        str(table): sorted(map(tuple, session.execute(sa.select(table), execution_options=TEST)), key=str)
        for table in tables
    }


def test_everything_goes_over_and_comes_back(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    """Mia is there twice: once with Tom and Uli in a course, once sent by a Kita, with another child and a consent."""
    with transaction() as session:
        other = twin(
            session,
            scene,
            "mia",
            "mia2",
            given_name="Mija",
            family_name="Mutter",
            referred_by="Kita Sonne",
            native_name="Мия",
        )
        child = twin(
            session,
            scene,
            "tom",
            "ben",
            given_name="Ben",
            birth_date=dt.date(2025, 1, 1),
            birth_precision=Precision.MONTH,
        )
        [mias] = session.scalars(
            sa.select(FamilyMember).where(FamilyMember.person_id == scene.people["mia"]), execution_options=TEST
        )
        session.add_all([
            FamilyMember(family_id=mias.family_id, person_id=other, relation=mias.relation),
            Consent(person_id=other, purpose=ConsentPurpose.PHOTO, state=ConsentState.REFUSED, text_version="1", language="Russisch", at=clock.now()),
            PickUp(child_id=child, name="Oma", allowed_on=scene.today),
        ])  # fmt: skip
        put(scene, "A", "mia2", EnrolmentStatus.COMPLETED)  # in the course of another office
        put(scene, "B", "mia2", EnrolmentStatus.WITHDRAWN, ["ben"])
        before = everything(session)
    cleo, mia = signed_in("cleo"), scene.people["mia"]
    page = cleo.open(f"/participants/{mia}/merge/{other}")
    assert "außerhalb Ihres Bereichs" in page.main
    assert cleo.post(f"/participants/{mia}/merge/{other}").status_code == 422
    with transaction() as session:
        foreign = sa.delete(Enrolment).where(Enrolment.course_id == scene.courses["A"], Enrolment.person_id == other)
        session.execute(foreign, execution_options=TEST)
        before = everything(session)
    assert "Mutter, Mija" in cleo.open(f"/participants/{mia}/merge").main  # sounds alike
    assert "Mutter, Mija" in cleo.open(f"/participants/{mia}/merge?q=mutter").main
    page = cleo.open(f"/participants/{mia}/merge/{other}")
    assert "Noch ist nichts geändert" in page.main
    cleo.submit({"given_name": "other"})
    page = cleo.open(f"/participants/{mia}")
    for told in ("Mija Mutter", "Kita Sonne", "Мия", "Tom", "abgelehnt", "Zusammengeführt mit"):
        assert told in page.main, told
    assert cleo.fetch(f"/participants/{other}").status_code == 404
    assert cleo.open("/participants?q=mutter").main.count("Mutter, Mija") == 1
    with transaction() as session:
        for column in queries.references():
            left = sa.select(sa.func.count()).select_from(column.table).where(column == other)
            assert session.scalar(left, execution_options=TEST) == 0, f"{column} is not moved"
        corrected = sa.update(Person).where(Person.id == mia).values(referred_by="Schule")
        session.execute(corrected, execution_options=TEST)
    cleo.open(f"/participants/{mia}")
    cleo.submit(button="Wieder trennen")
    with transaction() as session:
        kept = session.get_one(Person, mia, execution_options=TEST)
        assert kept.referred_by == "Schule", "what was corrected since stays"
        session.execute(sa.update(Person).where(Person.id == mia).values(referred_by=None), execution_options=TEST)
        assert everything(session) == before
        assert not session.scalars(sa.select(Merge), execution_options=TEST).all()


def test_what_cannot_be_one_person(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        twin(session, scene, "mia", "mia2", given_name="Mia")
        twin(
            session,
            scene,
            "tom",
            "tom2",
            given_name="Tom",
            birth_date=dt.date(2024, 1, 1),
            birth_precision=Precision.MONTH,
        )
        put(scene, "B", "mia2", EnrolmentStatus.WAITING)
        session.add(EnrolmentChild(enrolment_id=scene.enrolments["B-mia"], person_id=scene.people["tom2"]))
    cleo, people = signed_in("cleo"), scene.people
    for one, other, why in (
        ("mia", "mia2", "im selben Kurs (B-1)"), ("tom", "tom2", "im selben Kurs (B-1)"), ("mia", "tom", "nicht dieselbe"),
        ("mia", "mia", "dieselbe Person"),
    ):  # fmt: skip
        assert why in cleo.open(f"/participants/{people[one]}/merge/{people[other]}").main
        assert cleo.post(f"/participants/{people[one]}/merge/{people[other]}").status_code == 422
    cora = signed_in("cora")
    assert cora.fetch(f"/participants/{people['ada']}/merge/{people['mia']}").status_code == 404
    assert cora.fetch(f"/participants/{people['mia']}/merge").status_code == 404


def test_after_thirty_days_the_second_record_is_gone(
    app: Flask, signed_in: SignIn, scene: Scene, transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]
) -> None:
    with transaction() as session:
        other = twin(session, scene, "mia", "mia2", given_name="Mia", family_name="Mutter")
        third = twin(session, scene, "mia", "mia3", given_name="Mia", family_name="Mutter")
    cleo, mia = signed_in("cleo"), scene.people["mia"]
    for kept, gone in ((other, third), (mia, other)):
        cleo.open(f"/participants/{kept}/merge/{gone}")
        cleo.submit()
    with transaction() as session:
        first, second = session.scalars(sa.select(Merge.id).order_by(Merge.id), execution_options=TEST)
    assert cleo.post(f"/merges/{first}/undo").status_code == 404, "first the later one: its record is nobody's now"
    jobs.work_off(app)
    with transaction() as session:
        assert session.get(Person, other, execution_options=TEST) is not None
    set_clock(clock.now() + queries.UNDO_FOR + dt.timedelta(minutes=1))
    cleo.sign_in("cleo@buero.example", PASSWORD)
    assert "Zusammengeführt mit" not in cleo.open(f"/participants/{mia}").main
    assert cleo.post(f"/merges/{second}/undo").status_code == 404
    jobs.work_off(app)
    with transaction() as session:
        left = session.scalars(sa.select(Person.id).where(Person.given_name == "Mia"), execution_options=TEST).all()
        assert left == [mia]
        assert not session.scalars(sa.select(Merge), execution_options=TEST).all()


def test_whatever_refers_to_people_goes_over() -> None:
    """A new table that belongs to somebody is found by its foreign key; a key that is part of the row's own is one of them."""
    found = {f"{column.table.name}.{column.name}" for column in queries.references()}
    assert {
        "enrolment.person_id",
        "enrolment_child.person_id",
        "family_member.person_id",
        "consent.person_id",
        "pick_up.child_id",
    } <= found
    named = {
        f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.c
        if table.name != "name_sound" and column.name.endswith("person_id") and table.info.get("written_by_triggers") is None and column.foreign_keys
    }  # fmt: skip
    assert named <= found


def test_nobody_sees_a_record_that_is_somebody_elses(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        session.get_one(Person, scene.people["bea"], execution_options=TEST).merged_into_id = scene.people["ada"]
        session.flush()
        for viewer in (scene.viewer("cora"), Viewer.office()):
            found = session.scalars(enrolments.visible_people(viewer)).all()
            assert scene.people["bea"] not in {one.id for one in found}
