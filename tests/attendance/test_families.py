"""A mother-child group: one line for a family, one tap for the pair, one more to split it; three numbers, never added."""

import pytest
from flask import Flask

from programmes.attendance.rules import Mark
from programmes.catalogue.rules import RulePack
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.attendance.test_roll_call import events, marks
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION


@pytest.fixture
def group(app: Flask, transaction: TRANSACTION) -> Scene:
    """Four families, the second with twins."""
    with transaction():
        return scene.course("MKG", people=4, children=[1, 2, 1, 1], pack=RulePack.PARENT_CHILD)


@pytest.fixture
def leader(group: Scene, sign_in: SIGN_IN) -> Client:
    return sign_in(group.leader)


def test_one_choice_marks_the_whole_family(leader: Client, group: Scene, transaction: TRANSACTION) -> None:
    pair, twins, away, _ = group.people
    leader.open(group.page)
    page = leader.submit(
        {
            f"family-{pair}": "together", f"family-{twins}": "together", f"family-{away}": "absent_notified",
            f"reason-{away}": "childcare_unforeseeable",
        },
        button="Speichern",
    )  # fmt: skip
    assert "2 Familien da, 1 fehlt, 1 nicht erfasst (2 Erwachsene, 3 Kinder)" in page
    stored = marks(transaction, group)
    assert {child for enrolment, child in stored if enrolment == twins} == {None, *group.children[twins]}
    assert all(stored[twins, child].minutes == 180 for child in (None, *group.children[twins]))
    assert stored[away, group.children[away][0]].absence_reason == "childcare_unforeseeable"


def test_split_records_everybody_by_themselves(leader: Client, group: Scene, transaction: TRANSACTION) -> None:
    """The mother without her child; the child brought by somebody else; one twin ill."""
    alone, twins, brought, _ = group.people
    first, second = group.children[twins]
    leader.open(group.page)
    page = leader.submit(
        {
            f"family-{alone}": "split", f"adult-{alone}": "present", f"child-{alone}-{group.children[alone][0]}": "absent",
            f"family-{twins}": "split", f"adult-{twins}": "present", f"child-{twins}-{first}": "present",
            f"child-{twins}-{second}": "absent_notified", f"arrived-{twins}": "10:00",
            f"family-{brought}": "split", f"adult-{brought}": "absent",
            f"child-{brought}-{group.children[brought][0]}": "present",
        },
        button="Speichern",
    )  # fmt: skip
    assert "1 Familie da, 2 nur zum Teil, 0 fehlen, 1 nicht erfasst (2 Erwachsene, 2 Kinder)" in page
    stored = marks(transaction, group)
    assert stored[alone, None].mark is Mark.PRESENT
    assert stored[alone, group.children[alone][0]].mark is Mark.ABSENT
    assert stored[twins, first].minutes == stored[twins, None].minutes == 120
    assert stored[twins, second].mark is Mark.ABSENT_NOTIFIED
    assert stored[twins, second].minutes == 0
    assert len(events(transaction, group)) == 7
    leader.submit({}, button="Speichern")
    assert len(events(transaction, group)) == 7, "a split family that is sent again as it stands says nothing new"


def test_bulk_completes_a_family_and_closing_asks_for_every_child(
    leader: Client, group: Scene, transaction: TRANSACTION
) -> None:
    one, *_ = group.people
    child = group.children[one][0]
    leader.open(group.page)
    leader.submit({f"family-{one}": "split", f"adult-{one}": "present"}, button="Speichern")
    page = leader.submit(
        {f"family-{other}": "together" for other in group.people[1:]}, button="Termin abschließen", status=422
    )
    assert "Noch nicht erfasst: 1" in page
    page = leader.submit({}, button="Alle Übrigen anwesend")
    assert "Als anwesend ergänzt: 1." in page
    assert marks(transaction, group)[one, child].mark is Mark.PRESENT
    leader.submit({}, button="Termin abschließen")
    page = leader.submit({}, button="Ja, abschließen")
    assert "4 Familien da, 0 fehlen (4 Erwachsene, 5 Kinder)" in page


def test_a_voluntary_group_knows_no_unexcused(leader: Client, group: Scene, transaction: TRANSACTION) -> None:
    page = leader.open(group.page)
    assert "unentschuldigt" not in page.main.replace("\xad", "")
    for value in ("absent_unexcused", "absent_excused"):
        leader.open(group.page)
        leader.submit({}, forge={f"family-{group.people[0]}": value}, status=422)
    assert not marks(transaction, group)


def test_another_familys_child_is_not_there(leader: Client, group: Scene, transaction: TRANSACTION) -> None:
    mine, other = group.people[:2]
    leader.open(group.page)
    answer = leader.send({}, forge={f"child-{mine}-{group.children[other][0]}": "present"})
    assert answer.status_code == 404
    assert not marks(transaction, group)
