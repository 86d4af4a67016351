"""Households: who is what in them, a child with two of them, and who may fetch it."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from auth.models import TraceEntry
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import FamilyMember, Person, PickUp
from programmes.participants.rules import Custody, Relation, Sex, member_reasons
from tests.enrolment.scene import Scene, put
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

SignIn = Callable[[str], Client]
TEST = {"viewer": "test"}


@pytest.mark.parametrize(
    ("relation", "custody", "is_child", "against"),
    [
        (Relation.MOTHER, Custody.HAS_NOT, False, None),
        (Relation.GUARDIAN, Custody.HAS, False, None),
        (Relation.GUARDIAN, None, False, None),
        (Relation.GUARDIAN, Custody.HAS_NOT, False, "custody"),
        (Relation.CHILD, None, True, None),
        (Relation.FATHER, None, True, "relation"),
        (Relation.CHILD, None, False, "relation"),
    ],
)
def test_who_can_be_what(relation: Relation, custody: Custody | None, is_child: bool, against: str | None) -> None:
    assert [one.field for one in member_reasons(relation, custody, is_child=is_child)] == ([against] if against else [])


def households(
    session: sa.orm.scoped_session[sa.orm.Session], person_id: int
) -> dict[int, tuple[Relation, Custody | None]]:
    rows = session.scalars(sa.select(FamilyMember).where(FamilyMember.person_id == person_id), execution_options=TEST)
    return {one.family_id: (one.relation, one.custody) for one in rows}


def test_a_child_with_two_households(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    """Tom lives with Mia; his father Paul is entered as a person of his own, with whom he lives as well."""
    with transaction() as session:
        mia = session.get_one(Person, scene.people["mia"], execution_options=TEST)
        father = Person(
            given_name="Paul", family_name="Vater", sex=Sex.MALE, citizenships=[], languages=[], entered_at=mia.entered_at,
            entered_by_id=mia.entered_by_id,
        )  # fmt: skip
        session.add(father)
        session.flush()
        paul = father.id
    cleo, tom = signed_in("cleo"), scene.people["tom"]
    cleo.open(f"/participants/{paul}/family/new")
    page = cleo.open(f"/participants/{paul}/family/new?q=tom")
    assert f"member={tom}" in page.html
    cleo.open(f"/participants/{paul}/family/new?member={tom}")
    cleo.submit({"own_relation": "father"})
    with transaction() as session:
        assert {relation for relation, _ in households(session, tom).values()} == {Relation.CHILD}
        assert len(households(session, tom)) == 2
        [(own, (relation, _))] = households(session, paul).items()
        assert relation is Relation.FATHER
    page = cleo.open(f"/participants/{tom}")
    assert "Paul Vater" in page.main
    assert "Mia Mutter" in page.main
    cleo.open(f"/families/{own}/members/{paul}")
    cleo.submit({"relation": "father", "custody": "has_not"})
    assert "hat das Sorgerecht nicht" in cleo.open(f"/participants/{tom}").main
    assert "hat das Sorgerecht nicht" not in cleo.open(f"/participants/{scene.people['mia']}").main
    page = cleo.open(f"/participants/{paul}/family/new?member={tom}")
    assert "gehört schon zu dieser Familie" in cleo.submit(status=422).text
    cleo.open(f"/families/{own}/members/{tom}")
    cleo.submit(button="Aus der Familie nehmen")
    with transaction() as session:
        assert len(households(session, tom)) == 1


def test_nobody_leaves_whom_they_share_a_place_with(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    cleo = signed_in("cleo")
    with transaction() as session:
        [family] = households(session, scene.people["tom"])
        eva_alone = households(session, scene.people["eva"])
    for who in ("tom", "mia"):
        cleo.open(f"/families/{family}/members/{scene.people[who]}")
        answer = cleo.post(f"/families/{family}/members/{scene.people[who]}/remove")
        assert answer.status_code == 409, who
    assert cleo.post(f"/families/{next(iter(eva_alone))}/members/{scene.people['eva']}/remove").status_code == 409
    assert cleo.post(f"/families/{family}/members/{scene.people['uli']}/remove").status_code == 302
    with transaction() as session:
        assert not households(session, scene.people["uli"])
        assert households(session, scene.people["tom"])
        assert households(session, scene.people["mia"])


def test_who_may_fetch_a_child(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    cleo, lara, tom = signed_in("cleo"), signed_in("lara"), scene.people["tom"]
    cleo.open(f"/participants/{tom}/pick-up")
    cleo.submit({"name": "Oma Erna", "phone": "0170 123"})
    cleo.submit({"name": "oma erna"}, status=422)
    cleo.open(f"/participants/{tom}/pick-up")
    cleo.submit({"name": "Nachbar Nuri"})
    door = f"/courses/{scene.courses['B']}/pick-up"
    page = lara.open(door)
    assert "Oma Erna" in page.main
    assert 'href="tel:0170123"' in page.html
    assert "Uli" not in page.main, "who has no place in the course is not on its list"
    cleo.open(f"/participants/{tom}/pick-up")
    cleo.submit(button="Darf nicht mehr: Nachbar Nuri")
    assert "Nuri" not in lara.open(door).main
    assert "Nuri" in cleo.open(f"/participants/{tom}/pick-up").main, "who was allowed on which day is still known"
    with transaction() as session:
        acts = session.scalars(sa.select(TraceEntry.act).where(TraceEntry.object_id == str(scene.courses["B"]))).all()
        assert "GET family.pick_ups" in acts
        assert session.scalar(sa.select(sa.func.count()).select_from(PickUp), execution_options=TEST) == 2


def test_families_of_others_are_not_there(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        [family] = households(session, scene.people["mia"])
        put(scene, "A", "eva", EnrolmentStatus.WAITING)  # cora may know Eva now, not Mia
    cora, lena = signed_in("cora"), signed_in("lena")
    doors = (
        f"/participants/{scene.people['mia']}/family/new", f"/families/{family}/members/{scene.people['mia']}",
        f"/families/{family}/members/{scene.people['eva']}", f"/participants/{scene.people['tom']}/pick-up",
        f"/participants/{scene.people['eva']}/family/new?member={scene.people['mia']}",
    )  # fmt: skip
    assert [cora.fetch(door).status_code for door in doors] == [404] * len(doors)
    assert lena.fetch(f"/courses/{scene.courses['B']}/pick-up").status_code == 404
    assert lena.fetch(doors[0]).status_code == 404
