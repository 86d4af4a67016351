"""The way of a person into a course and out of it, through the pages' own forms."""

import datetime as dt
from collections.abc import Callable

import pytest

from auth.guard import Viewer
from programmes.catalogue.models import Municipality, Quarter
from programmes.enrolment import queries
from programmes.enrolment.models import Enrolment, SubGroup
from programmes.enrolment.rules import EnrolmentStatus, ExitCause
from programmes.participants.models import Person
from tests.enrolment.scene import SECRETS, Scene, crowd, months_ago, put
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION
from tests.tools.page import Page

SignIn = Callable[[str], Client]
OFFICE = Viewer.office


def row(session: object, kind: type, number: int) -> object:
    return session.get(kind, number, execution_options={"viewer": OFFICE()})  # type: ignore[attr-defined]


def number_in(address: str) -> int:
    return int(address.split("?", maxsplit=1)[0].rstrip("/").split("/")[-1])


def test_a_course_with_its_people_for_a_coordinator(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        put(scene, "A", "bea", EnrolmentStatus.WAITING)
    cora = signed_in("cora")
    assert cora.open("/courses").rows[1][-2:] == ["1 von 3 Plätzen", "1 wartet"]
    page = cora.click("Kurs A")
    assert page.h1 == "Kurs A"
    assert "Annahme" in page.main
    assert "Es kann jemand nachrücken" in page.main
    assert "Kanar, Ada" in page.links
    assert "noch nicht abgeschlossen" in page.main
    assert any(text.startswith("Nachrücken") for text in page.links)


def test_a_course_never_gets_smaller_than_those_who_have_a_place(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():
        put(scene, "A", "bea", EnrolmentStatus.ENROLLED)
    cora = signed_in("cora")
    cora.open(f"/courses/{scene.courses['A']}/edit")
    page = cora.submit({"places": "1"}, status=422)
    assert "Es sind schon 2 Plätze vergeben." in page.errors["Plätze"]
    assert "2 von 2 Plätzen" in cora.submit({"places": "2"}).main


def test_leaders_receive_names_and_days_and_nothing_else(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        put(scene, "A", "bea", EnrolmentStatus.WAITING)
        session.add(SubGroup(course_id=scene.courses["A"], name="Türkisch", valid_from=scene.today))
    lena = signed_in("lena")
    for address in ("/courses", f"/courses/{scene.courses['A']}"):
        html = lena.open(address).html
        assert not [secret for secret in SECRETS if secret in html]
        assert "/participants" not in html
    assert "Kanar, Ada" in lena.page.main
    assert "Benali" not in lena.page.main  # who waits is not in the course yet
    assert not {text for text in lena.page.links if text.startswith(("Beenden", "Nachrücken", "Person aufnehmen"))}


def test_who_leads_here_and_coordinates_there_sees_only_names_here(signed_in: SignIn, scene: Scene) -> None:
    boss = signed_in("boss")
    page = boss.open(f"/courses/{scene.courses['B']}")
    assert "Mutter, Mia" in page.main
    assert "Mutter, Mia" not in page.links
    assert not [secret for secret in SECRETS if secret in page.html]


def told(page: Page) -> dict[str, str]:
    """What the form on somebody's situation shows."""
    names = ("education", "employment", "outcome")
    return {name: value for name, value in page.form_for(["outcome"]).data({}) if name in names}


def test_add_a_person_and_enrol_them(signed_in: SignIn, scene: Scene) -> None:
    cora = signed_in("cora")
    cora.open(f"/courses/{scene.courses['A']}/enrol?q=Niemand")
    assert "Niemand in Ihrem Bereich heißt so" in cora.page.main
    cora.click("Person anlegen")
    page = cora.submit({"Vorname": "Zeynep"})  # nothing else must be told
    assert page.h1 == "Person aufnehmen"
    page = cora.submit({"education": "refused"}, button="Aufnehmen")
    assert page.h1 == "Kurs A"
    assert "Zeynep hat einen Platz" in page.main
    assert "2 von 3 Plätzen" in page.main
    history = cora.click("Zeynep").main
    assert "aufgenommen, Cora" in history
    cora.click("Schule und Arbeit: Kurs A")
    assert told(cora.page) == {"education": "refused", "employment": "", "outcome": ""}  # refused is not unasked
    cora.submit({"employment": "employed", "outcome": "work"})
    cora.click("Schule und Arbeit: Kurs A")
    assert told(cora.page) == {"education": "refused", "employment": "employed", "outcome": "work"}


def test_choose_by_search(signed_in: SignIn, scene: Scene) -> None:
    cora = signed_in("cora")
    cora.open(f"/courses/{scene.courses['A']}/enrol")
    cora.submit({"q": "benaly"})
    assert "Benali, Bea" in cora.page.main
    cora.click("Wählen Benali, Bea")
    cora.submit({"entry_date": scene.today.strftime("%d.%m.%Y")})
    assert "Bea Benali hat einen Platz" in cora.page.main
    page = cora.open(f"/courses/{scene.courses['A']}/enrol?person={scene.people['bea']}")
    assert "schon einen Platz" in page.main


def test_a_full_course_means_waiting_and_says_so_before(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():
        crowd(scene, "A", 2, EnrolmentStatus.ENROLLED)
    cora = signed_in("cora")
    page = cora.open(f"/courses/{scene.courses['A']}/enrol?person={scene.people['bea']}")
    assert "Alle 3 Plätze sind vergeben. Auf der Warteliste wäre das die Nummer 1." in page.main
    page = cora.submit(button="Auf die Warteliste setzen")
    assert "steht jetzt auf der Warteliste" in page.main


def test_a_family_with_a_brother_too_old(signed_in: SignIn, scene: Scene) -> None:
    cleo = signed_in("cleo")
    page = cleo.open("/participants/new-family")
    page = cleo.submit(
        {
            "given_name": "Fatma", "family_name": "Yıldız", "relation": "mother", "child_1_name": "Ali",
            "child_1_birth": months_ago(scene.today, 24).strftime("%m.%Y"), "child_2_name": "Veli",
            "child_2_birth": months_ago(scene.today, 70).strftime("%d.%m.%Y"),
        }
    )  # fmt: skip
    fatma = number_in(page.address)
    assert "24 Monate alt" in page.main
    page = cleo.open(f"/courses/{scene.courses['B']}/enrol?person={fatma}")
    assert "Veli ist am" in page.main
    boxes = [control for form in page.forms for control in form.controls if control.get("name") == "children"]
    old = next(box for box in boxes if page.label_of(box).startswith("Veli"))
    page = cleo.submit({"children": [str(old.get("value"))]}, status=422)
    assert "die Gruppe ist für Kinder von 18 bis 36 Monaten" in page.main
    page = cleo.submit({"children": []}, status=422)
    assert "mindestens ein Kind" in page.main
    page = cleo.submit(forge={"children": [str(scene.people["tom"])]}, status=422)  # another family's child
    page = cleo.open(f"/courses/{scene.courses['B']}/enrol?person={fatma}")
    page = cleo.submit(button="Aufnehmen")  # the one that fits is chosen beforehand
    assert "Fatma Yıldız hat einen Platz" in page.main
    assert ["2. Yıldız, Fatma", "Ali"] in [cells[:2] for cells in page.rows]


def test_duplicates_are_shown_before_saving(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    cora = signed_in("cora")
    cora.open("/participants/new")
    page = cora.submit({"given_name": "Ada", "family_name": "Canar"}, status=422)
    assert "Vielleicht gibt es diese Person schon" in page.main
    assert "geboren 1971: A-1" in page.main
    assert page.links["Kanar, Ada"] == f"/participants/{scene.people['ada']}"
    page = cora.submit(status=422)  # pressing on is no answer
    page = cora.submit({"someone_else": True})
    assert page.h1 == "Ada Canar"
    with transaction():
        assert number_in(page.address) != scene.people["ada"]


def test_who_was_confirmed_is_not_who_appeared_since(signed_in: SignIn, scene: Scene) -> None:
    cora = signed_in("cora")
    cora.open("/participants/new")
    cora.submit({"given_name": "Ada", "family_name": "Kanar"}, status=422)
    page = cora.submit(forge={"someone_else": "999999"}, status=422)
    assert "Vielleicht gibt es diese Person schon" in page.main


def test_other_scopes_are_no_duplicates_here(signed_in: SignIn, scene: Scene) -> None:
    cora = signed_in("cora")
    cora.open("/participants/new")
    assert cora.submit({"given_name": "Mia", "family_name": "Mutter"}).h1 == "Mia Mutter"


def test_promotion_out_of_order_needs_a_reason(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        crowd(scene, "A", 3, EnrolmentStatus.WAITING)
    cora = signed_in("cora")
    cora.open(f"/enrolments/{scene.enrolments['A-A1']}/promote")
    page = cora.submit(status=422)
    assert "Bitte begründen Sie" in page.errors["Grund"]
    page = cora.submit({"reason": "gemischte Sprachen"})
    assert "2 von 3 Plätzen" in page.main
    cora.open(f"/enrolments/{scene.enrolments['A-A0']}/promote")
    assert "3 von 3 Plätzen" in cora.submit().main  # the first in line needs none
    cora.open(f"/enrolments/{scene.enrolments['A-A2']}/promote")
    assert "Der Kurs ist voll" in cora.submit(status=422).main
    assert "gemischte Sprachen" in cora.open(f"/participants/{scene.people['A1']}").main


def test_a_child_that_outgrew_the_group_while_waiting(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():
        put(scene, "B", "eva", EnrolmentStatus.WAITING, ["kim"])
    with transaction() as session:
        row(session, Person, scene.people["kim"]).birth_date = months_ago(scene.today, 40)  # type: ignore[attr-defined]
    cleo = signed_in("cleo")
    assert "Kim ist am" in cleo.open(f"/courses/{scene.courses['B']}").main
    cleo.open(f"/enrolments/{scene.enrolments['B-eva']}/promote")
    assert "40 Monate alt" in cleo.submit(status=422).main


@pytest.mark.parametrize("status", ["withdrawn", "dropped_out", "no_show", "completed"])
def test_leaving_keeps_everything_and_can_be_taken_back(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION, status: str
) -> None:
    cora = signed_in("cora")
    number = scene.enrolments["A-ada"]
    cora.open(f"/enrolments/{number}/leave")
    page = cora.submit({"reason": "Umzug"}, status=422)  # nothing is chosen beforehand
    assert "Was ist geschehen?: Bitte wählen Sie etwas aus der Liste." in page.main
    page = cora.submit({"status": status, "exit_date": "2003-01-01"}, status=422)
    assert "vor dem Einstieg" in page.errors["Letzter Tag"]
    page = cora.submit({"status": status, "exit_date": (scene.today + dt.timedelta(days=1)).isoformat()}, status=422)
    page = cora.submit({"status": status, "exit_date": scene.today.isoformat(), "reason": "Umzug", "cause": "moved"})
    assert "Kanar, Ada" in page.main
    with transaction() as session:
        cause = row(session, Enrolment, number).exit_cause  # type: ignore[attr-defined]
        assert cause is (None if status == "completed" else ExitCause.MOVED)
    taken = 1 if status == "completed" else 0
    assert f"{taken} von 3 Plätzen" in page.main
    cora.open(f"/enrolments/{number}/leave")
    assert "schon beendet" in cora.page.main
    cora.open(f"/enrolments/{number}/return")
    cora.submit({"reason": "falsch eingetragen"})
    assert "1 von 3 Plätzen" in cora.page.main
    with transaction() as session:
        enrolment = row(session, Enrolment, number)
        assert enrolment.status is EnrolmentStatus.ENROLLED  # type: ignore[attr-defined]
        assert enrolment.exit_cause is None  # type: ignore[attr-defined]
        steps = queries.changes_of(OFFICE(), [number])[number]
        assert [(step.new.value, step.reason) for step in steps] == [
            (status, "Umzug"),
            ("enrolled", "falsch eingetragen"),
        ]


def test_giving_a_place_back_before_the_first_day(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    cora = signed_in("cora")
    cora.open(f"/courses/{scene.courses['A']}/enrol?person={scene.people['bea']}")
    cora.submit({"entry_date": (scene.today + dt.timedelta(days=10)).isoformat()})
    cora.open(f"/participants/{scene.people['bea']}")
    cora.click("Beenden")
    page = cora.submit({"status": "withdrawn", "exit_date": scene.today.isoformat()})
    assert "Benali, Bea" not in page.main  # she never was in the course
    assert "ohne Einstieg" in cora.open(f"/participants/{scene.people['bea']}").main


def test_changing_a_name_and_a_child(signed_in: SignIn, scene: Scene) -> None:
    cleo = signed_in("cleo")
    cleo.open(f"/participants/{scene.people['mia']}/edit")
    assert "Kanariengelb" in cleo.page.html
    page = cleo.submit({"family_name": "Đorđević-Mutter", "birth_name": "Mutter", "birth_date": "1980"})
    assert page.h1 == "Mia Đorđević-Mutter"
    assert "1980" in page.main
    assert "01.01.1980" not in page.main
    cleo.open(f"/participants/{scene.people['tom']}/edit")
    page = cleo.submit({"given_name": "Tomislav", "birth_date": "17.03.2024"})
    assert "03.2024" in page.main
    assert "17.03." not in page.html  # of a child the day is not kept
    cleo.open(f"/participants/{scene.people['mia']}/children")
    page = cleo.submit({"child_1_name": "Lea", "child_1_birth": "03.2024"})
    assert "Lea" in page.main
    cleo.open(f"/participants/{scene.people['mia']}/children")
    page = cleo.submit({"child_1_name": "lea", "child_1_birth": "03.2024"}, status=422)
    assert "schon in der Familie" in page.main


def test_citizenships_of_states_that_are_gone(signed_in: SignIn, scene: Scene) -> None:
    cora = signed_in("cora")
    cora.open("/participants/new")
    page = cora.submit(
        {"given_name": "Snežana", "citizenships": "jugoslawien,  deutschland ,", "languages": "serbisch"}
    )
    assert "Jugoslawien, Deutschland" in page.main
    cora.open("/participants/new")
    page = cora.submit({"given_name": "Nadia", "citizenships": "staatenlos, Türkei"}, status=422)
    assert "stehen allein" in page.main


def test_what_somebody_needs_and_how_they_want_to_be_reached(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        here, there = (Municipality(name=name) for name in ("Langen", "Dreieich"))
        session.add_all([here, there])
        session.flush()
        north = Quarter(name="Sprendlinger Norden", municipality_id=there.id)
        session.add(north)
        session.flush()
        towns, quarter = (str(here.id), str(there.id)), str(north.id)
    cora = signed_in("cora")
    cora.open("/participants/new")
    told: dict[str, str | bool | list[str] | None] = {
            "given_name": "Nesrin", "called_name": "Nes", "needs": ["interpreting", "childcare"], "quarter_id": quarter,
            "municipality_id": towns[0], "contact_by": "sms", "immigrated_in": "1960", "birth_date": "1975",
            "referred_by": "Migrationsberatung"}  # fmt: skip
    page = cora.submit(told, status=422)
    for field, words in (
        ("Telefon", "Für SMS fehlt die Telefonnummer."), ("Quartier", "Dieses Quartier gehört zu Dreieich."),
        ("Eingewandert im Jahr", "Das ist vor der Geburt."),
    ):  # fmt: skip
        assert words in page.errors[f"{field} (freiwillig)"]
    page = cora.submit({"phone": "0151 1", "municipality_id": towns[1], "immigrated_in": "1999"})
    for words in ("Nes", "Dolmetschen, Kinderbetreuung", "Sprendlinger Norden", "SMS", "1999", "Migrationsberatung"):
        assert words in page.main
    assert "Nesrin" in cora.open("/participants?q=Nes").main
    cora.open(page.address.removesuffix("/") + "/edit")
    assert "Kinderbetreuung" in cora.submit().main  # what is there stays there
