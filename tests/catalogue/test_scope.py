"""Who coordinates what: given and taken by administrators, in force at once."""

from collections.abc import Callable

import pytest

from programmes.catalogue import queries
from tests.catalogue.scene import Scene, viewer
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

SignedIn = Callable[[str], Client]


def test_a_scope_is_given_and_taken(signed_in: SignedIn, scene: Scene) -> None:
    adam, dora = signed_in("adam"), signed_in("dora")
    assert dora.fetch(f"/courses/{scene.dietzenbach}/edit").status_code == 404
    adam.open(f"/users/{scene.users['dora']}")
    adam.click("Zuständigkeit")
    page = adam.submit({"programme_id": "P02 Mutter-Kind-Gruppen", "municipality_id": "Dietzenbach"})
    assert ["Mutter-Kind-Gruppen", "Dietzenbach", "Beenden"] in page.rows
    assert dora.fetch(f"/courses/{scene.dietzenbach}/edit").status_code == 200
    with_remove = [form.action for form in page.forms if form.action.endswith("/remove")]
    assert adam.post(with_remove[-1]).status_code == 302
    assert dora.fetch(f"/courses/{scene.dietzenbach}/edit").status_code == 404


def test_nothing_and_the_same_again_are_refused(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("adam")
    client.open(f"/users/{scene.users['dora']}/scope")
    assert "Bitte wählen Sie ein Programm, eine Kommune oder beides." in client.submit(
        {"programme_id": "alle Programme"}, status=422
    )
    assert "schon zuständig" in client.submit({"municipality_id": "Dreieich"}, status=422)
    client.submit(forge={"programme_id": "999999"}, button="Hinzufügen", status=422)
    client.submit(forge={"municipality_id": "9223372036854775808"}, button="Hinzufügen", status=422)


def test_a_leader_may_have_a_scope_but_is_told_that_it_does_nothing(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("adam")
    page = client.open(f"/users/{scene.users['lena']}/scope")
    assert "Dieses Konto koordiniert nicht" in page
    assert "Dieses Konto koordiniert nicht" not in client.open(f"/users/{scene.users['mona']}/scope")


@pytest.mark.parametrize("name", ["mona", "lena", "otto", "evi"])
def test_only_administrators_give_scopes(signed_in: SignedIn, scene: Scene, name: str) -> None:
    client = signed_in(name)
    assert client.fetch(f"/users/{scene.users[name]}/scope").status_code == 404
    assert client.post(f"/users/{scene.users[name]}/scope", {"programme_id": "1"}).status_code == 404


def test_a_scope_is_removed_under_its_own_account_only(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():
        of_mona = queries.coordinations(scene.users["mona"])[0].id
    client = signed_in("adam")
    assert client.post(f"/users/{scene.users['dora']}/scope/{of_mona}/remove").status_code == 404
    assert client.fetch("/users/999999/scope").status_code == 404


def test_scopes_offer_programmes_with_their_parts(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        keys = {identifier: key for key, identifier in scene.programmes.items()}
        mona = queries.offers(viewer(scene, "mona"))
        assert {keys[programme] for programme, _ in mona} == {"P02", "P02a", "P02b"}
        assert len({town for _, town in mona}) == 16
        dora = queries.offers(viewer(scene, "dora"))
        assert {town for _, town in dora} == {scene.towns["Dreieich"]}
        assert len({programme for programme, _ in dora}) == 37
        assert queries.offers(viewer(scene, "lena")) == frozenset()
        assert queries.governs(viewer(scene, "mona"), scene.programmes["P02a"])
        assert not queries.governs(viewer(scene, "dora"), scene.programmes["P02a"])
