"""Rules and modules: changed by whoever coordinates the whole programme, through the page's own form."""

from collections.abc import Callable
from datetime import date, time

import pytest

from programmes.catalogue import queries
from programmes.catalogue.actions import add_meetings, change_rules
from programmes.catalogue.models import Course, Module, Programme
from programmes.catalogue.rules import MeetingFacts
from tests.catalogue.scene import Scene
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION
from tests.tools.page import Page
from wording import Refused

SignedIn = Callable[[str], Client]
Complaints = Callable[[Page], list[str]]
GUIDES_MODULES = 8


def rules_of(scene: Scene, key: str) -> str:
    return f"/programmes/{scene.programmes[key]}/rules"


def test_saving_bumps_the_version_and_takes_the_flag_off(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    client = signed_in("mona")
    client.open(f"/programmes/{scene.programmes['P02']}")
    client.click("Regeln ändern")
    page = client.submit({"required_share": "70", "unit_minutes": "60", "confirmed": ["Unterrichtseinheit"]})
    assert "Die Regeln sind gespeichert." in page
    assert "Zeitstunde zu 60 Minuten" in page
    assert "Zeitstunde zu 60 Minuten Annahme" not in page
    assert "Fassung 2" in page
    with transaction() as session:
        programme = session.get_one(Programme, scene.programmes["P02"])
        assert (programme.required_share, programme.unit_minutes, programme.rule_version) == (70, 60, 2)
        assert "unit_minutes" not in programme.assumed
        assert "paper_title" in programme.assumed


def test_confirming_alone_is_a_change_and_saving_nothing_is_none(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    client = signed_in("mona")
    client.open(rules_of(scene, "P02"))
    assert "Es hat sich nichts geändert." in client.submit()
    client.open(rules_of(scene, "P02"))
    client.submit({"confirmed": ["Wer zählt", "Art des Papiers"]})
    with transaction() as session:
        programme = session.get_one(Programme, scene.programmes["P02"])
        assert programme.rule_version == 2
        assert not {"counting", "paper"} & set(programme.assumed)


def test_whether_made_up_time_counts_is_a_rule_of_the_programme(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    client = signed_in("mona")
    client.open(rules_of(scene, "P02"))
    page = client.submit({"counts_make_up": True}, status=422)
    assert "Wo das Papier Treffen zählt, lässt sich keine Zeit nachholen." in page
    client.submit({"counts_meetings": False})
    assert "Nachgeholte Zeitzählt" in client.page
    with transaction() as session:
        assert session.get_one(Programme, scene.programmes["P02"]).counts_make_up


def test_a_part_belongs_to_its_programme(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("mona")
    client.open(rules_of(scene, "P02a"))
    client.submit({"late_after_minutes": "20"})
    assert "20 Min." in client.page


@pytest.mark.parametrize(("name", "key"), [("mona", "P01"), ("mona", "P03"), ("dora", "P02"), ("dora", "P02a")])
def test_rules_belong_to_who_coordinates_the_whole_programme(
    signed_in: SignedIn, scene: Scene, name: str, key: str
) -> None:
    client = signed_in(name)
    assert client.fetch(rules_of(scene, key)).status_code == 404
    assert client.post(rules_of(scene, key)).status_code == 404
    assert client.post(f"/programmes/{scene.programmes[key]}/modules/new").status_code == 404
    assert "Regeln ändern" not in client.open(f"/programmes/{scene.programmes[key]}").links


@pytest.mark.parametrize("name", ["lena", "adam", "otto", "evi"])
def test_other_roles_change_no_rules(signed_in: SignedIn, scene: Scene, name: str) -> None:
    assert signed_in(name).fetch(rules_of(scene, "P02")).status_code == 404


WRONG_RULES: list[tuple[dict[str, str | list[str] | None], str]] = [
    ({"required_share": "0"}, "Verlangter Anteil in Prozent"),
    ({"required_share": "101"}, "Verlangter Anteil in Prozent"),
    ({"required_share": "achtzig"}, "Verlangter Anteil in Prozent"),
    ({"required_share": "9" * 5000}, "Verlangter Anteil in Prozent"),
    ({"late_after_minutes": None}, "Verspätung zählt ab (Minuten)"),
    ({"unit_minutes": "50"}, "Unterrichtseinheit"),
    ({"unit_minutes": ["45", "60"]}, "Unterrichtseinheit"),
    ({"paper": "diploma"}, "Art des Papiers"),
    ({"paper_title": "x" * 121}, "Überschrift des Papiers"),
    ({"paper_title": "Zerti\x00fikat"}, "Überschrift des Papiers"),
    ({"paper_title": "Zerti\u202efikat"}, "Überschrift des Papiers"),
    ({"child_until_months": ""}, "Kinder bis (Monate)"),
    ({"child_from_months": "40"}, "Kinder bis (Monate)"),
    ({"rule_pack": "course"}, "Wer zählt"),
    ({"confirmed": ["everything"]}, "Aus Bericht oder Beschluss bestätigt"),
]


def test_wrong_rules_are_told_at_their_field(signed_in: SignedIn, scene: Scene, complaints: Complaints) -> None:
    client = signed_in("mona")
    for forge, label in WRONG_RULES:
        client.open(rules_of(scene, "P02"))
        page = client.submit(forge=forge, status=422)
        assert any(found.startswith(f"{label}:") for found in complaints(page)), f"{forge}: {complaints(page)}"
    assert "Fassung 1 der Regeln" in client.open(f"/programmes/{scene.programmes['P02']}")


def test_marks_stay_where_courses_are(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("mona")
    client.open(rules_of(scene, "P02b"))
    changed = {"rule_pack": "Kurs: anwesend, entschuldigt, unentschuldigt", "counting": "jede angemeldete Person"}
    page = client.submit(changed, status=422)
    assert "Dieses Programm hat schon Kurse" in page.errors["Zeichen der Anwesenheitsliste"]
    client.open(rules_of(scene, "P02"))
    assert "gespeichert" in client.submit(changed)  # no course of its own


def test_who_is_slower_is_told(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    client = signed_in("mona")
    client.open(rules_of(scene, "P02"))
    with transaction() as session:
        programme = session.get_one(Programme, scene.programmes["P02"])
        assert change_rules(programme, programme.rules, ["paper"], version=1)  # type: ignore[list-item]
    page = client.submit({"required_share": "50"}, status=422)
    assert "Jemand hat diese Regeln inzwischen geändert" in page
    with transaction() as session:
        assert session.get_one(Programme, scene.programmes["P02"]).required_share is None


def test_modules_are_added_changed_and_deleted(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    client = signed_in("mona")
    client.open(f"/programmes/{scene.programmes['P02']}")
    client.click("Modul hinzufügen")
    client.submit({"title": "Teepause", "minutes": "30", "mandatory": True})
    client.click("Teepause")
    page = client.submit({"title": "Teepause mit Gespräch", "minutes": "", "mandatory": False}, button="Speichern")
    assert "Teepause mit Gespräch Umfang offen" in page
    assert "Fassung 3" in page
    client.click("Teepause mit Gespräch")
    page = client.submit(button="Löschen")
    assert "Das Modul ist gelöscht." in page
    with transaction():
        assert queries.modules_of(scene.programmes["P02"]) == []


def test_two_modules_cannot_have_one_number(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("mona")
    for title in ("Erstes", "Zweites"):
        client.open(f"/programmes/{scene.programmes['P02']}/modules/new")
        client.submit({"number": "1", "title": title}, status=200 if title == "Erstes" else 422)
    assert client.page.errors == {"Nummer": "Fehler: Diese Nummer hat schon das Modul „Erstes“."}


def test_a_module_with_meetings_stays(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        module = Module(programme_id=scene.programmes["P02b"], number=1, title="Spiel", mandatory=False, assumed=False)
        session.add(module)
        session.flush()
        module_id = module.id
        add_meetings(
            session.get_one(Course, scene.dietzenbach),
            MeetingFacts(date(2026, 3, 9), time(9), time(11), module_id=module_id),
        )
    client = signed_in("mona")
    page = client.open(f"/modules/{module_id}/edit")
    assert "Zu diesem Modul gehören Termine (1); deshalb bleibt es." in page
    assert client.post(f"/modules/{module_id}/delete").status_code == 409
    assert signed_in("dora").post(f"/modules/{module_id}/delete").status_code == 404
    with transaction() as session:
        assert session.get(Module, module_id) is not None


def test_modules_of_others_are_not_there(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        modules = [module.id for module in queries.modules_of(scene.programmes["P03"])]
    assert len(modules) == GUIDES_MODULES
    client = signed_in("mona")
    assert client.fetch(f"/modules/{modules[0]}/edit").status_code == 404
    assert client.post(f"/modules/{modules[0]}/delete").status_code == 404


def test_refusals_of_actions_carry_their_reasons(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        programme = session.get_one(Programme, scene.programmes["P02"])
        with pytest.raises(Refused, match="inzwischen geändert"):
            change_rules(programme, programme.rules, [], version=7)
