"""What everybody on the staff may read, and what only some see there."""

from collections.abc import Callable

import pytest

from tests.catalogue.scene import PEOPLE, Scene
from tests.tools.client import Client
from tests.tools.offices import COUNTING

SignedIn = Callable[[str], Client]


@pytest.mark.parametrize("name", PEOPLE)
def test_everybody_on_the_staff_reads_the_catalogue(signed_in: SignedIn, scene: Scene, name: str) -> None:
    client = signed_in(name)
    assert "P23" in client.open("/programmes")
    assert "nicht angegeben" in client.open(f"/programmes/{scene.programmes['P03']}")
    assert "Seligenstadt" in client.open("/places")
    assert "X18" in client.open("/report")


def test_a_programme_shows_facts_assumptions_and_contradictions(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("evi")
    page = client.open(f"/programmes/{scene.programmes['P02']}")
    assert "deutsche und nichtdeutsche Mütter mit Kleinkindern" in page
    assert "2.2 (L189–190), 3.3.2.2 (L806–882), 4 (L1242–1245)" in page
    assert "X01: „in den beiden Kommunen Sprendlingen und Dietzenbach“ (3.3.2.2)" in page
    assert "Sprendlingen ist Stadtteil von Dreieich" in page
    assert "Mutter und Kind gemeinsam Annahme" in page
    assert "18 bis 36 Monate Annahme" not in page
    assert "18 bis 36 Monate" in page
    client.click("Mutter-Kind-Gruppe Sprendlingen")
    assert "wie P02" in client.page
    assert not {"Regeln ändern", "Kurs anlegen", "Modul hinzufügen"} & set(client.page.links)


def test_context_says_that_it_runs_no_courses(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("mona")
    page = client.open(f"/programmes/{scene.programmes['P13']}")
    assert "keine Kurse" in page
    assert "Kurs anlegen" not in page.links


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ({"q": "orientierungsseminar"}, "Soziale Orientierung", "Integrationslotsinnen"),
        ({"q": "p02B"}, "Mutter-Kind-Gruppe Spessartviertel", "Mutter-Kind-Gruppe Sprendlingen"),
        ({"kind": "event"}, "Interkulturelle Wochen 2003", "Soziale Orientierung"),
        ({"q": "gibt es nicht"}, "Kein Programm gefunden", "P01"),
    ],
)
def test_the_list_can_be_narrowed(signed_in: SignedIn, query: dict[str, str], there: str, not_there: str) -> None:
    client = signed_in("evi")
    client.open("/programmes")
    page = client.submit(query)
    assert there in page.main
    assert not_there not in "".join(page.links)


def test_a_strange_filter_is_answered(signed_in: SignedIn) -> None:
    client = signed_in("evi")
    for query, status in [
        ("q=" + "x" * 500, 422),
        ("q=%00", 422),
        ("q=%EF%BF%BD", 422),  # what is left of bytes that are no text
        ("kind=nonsense", 200),
        ("q=%E2%80%AE", 422),
        ("q=a&q=b&kind=", 200),
        ("q=%F0%9F%92%A3", 200),
    ]:
        assert client.fetch(f"/programmes?{query}").status_code == status, query


def test_places_show_who_coordinates_and_where_nobody_does(signed_in: SignedIn) -> None:
    rows = {row[0].split("Quartier")[0]: row for row in signed_in("mona").open("/places").rows}
    assert rows["Dreieich"][3:] == ["Dora", "1"]
    assert rows["Dietzenbach"][3:] == ["keine Koordination", "1"]
    assert rows["Rodgau"][3:] == ["keine Koordination", "0"]
    assert {"Offenbach am Main", "Frankfurt am Main", "Niederlande"} <= set(rows)


def test_places_count_only_courses_of_ones_scope(signed_in: SignedIn) -> None:
    rows = {row[0].split("Quartier")[0]: row for row in signed_in("dora").open("/places").rows}
    assert (rows["Dreieich"][-1], rows["Dietzenbach"][-1]) == ("2", "0")


@pytest.mark.parametrize("name", ["otto", "evi"])
def test_places_name_nobody_to_those_who_see_no_names(signed_in: SignedIn, name: str) -> None:
    page = signed_in(name).open("/places")
    assert "besetzt" in page
    assert "Dora" not in page.main
    assert "Laufende Kurse" not in page


@pytest.mark.parametrize(
    ("address", "most"), [("/programmes", 4), ("/places", 6), ("/report", 6)], ids=["programmes", "places", "report"]
)
def test_lists_ask_a_fixed_number_of_questions(
    signed_in: SignedIn, counting: COUNTING, address: str, most: int
) -> None:
    client = signed_in("mona")
    with counting() as statements:
        client.open(address)
    assert len(statements) <= most, statements
