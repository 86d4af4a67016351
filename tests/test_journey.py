"""The main chain as one story: accounts, courses, people, roll calls, papers, figures, each through the pages' own forms.

It is Monday, 16 March 2026. The office is new: it has the catalogue of the report and one administrator.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable

import openpyxl
import pytest

import clock
from auth import actions
from auth.rules import Role
from programmes.catalogue.report import load_catalogue
from programmes.statistics.rules import MEASURES
from tests.paper import reading
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION
from tests.tools.page import Value, attribute, text_of

pytestmark = pytest.mark.usefixtures("app")
MORNING = dt.datetime(2026, 3, 16, 7, 30, tzinfo=dt.UTC)  # 08:30 in Dietzenbach
PASSWORD = "sieben kleine Zwerge"
COURSE, GROUP = "Ankommen im Kreis", "Bunter Spielkreis"
SEYMA, AHMAD, OLENA = "Şeyma Yıldız", "Ahmad Karimi", "Olena Kowalenko"
PRESENT, NOTIFIED, UNEXCUSED = "present", "absent_notified", "absent_unexcused"
LOOKED_AT = (
    "Termine abgeschlossen", "Minuten angeboten", "Personen", "Belegungen", "Familien", "Kinder", "Anwesend",
    "Gemeldet oder entschuldigt", "Unentschuldigt oder nicht da", "Nicht erfasst", "Personenminuten angeboten",
    "Personenminuten besucht", "Besuchsquote",
)  # fmt: skip


@pytest.fixture
def administrator(new_client: NEW_CLIENT, transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]) -> Client:
    """The one account that the command line made, signed in to an otherwise empty office."""
    set_clock(MORNING)
    with transaction():
        load_catalogue()
        actions.add_user("leitstelle@kreis.example", "Wiebke Amt", [Role.ADMINISTRATOR], clock.now(), password=PASSWORD)
    client = new_client()
    client.sign_in("leitstelle@kreis.example", PASSWORD)
    return client


def test_from_enrolment_to_certificate(administrator: Client, new_client: NEW_CLIENT) -> None:
    coordinator, leader, anyone = new_client(), new_client(), new_client()

    # Verwaltung: two accounts by invitation, and what the coordinator is responsible for.
    hire(administrator, coordinator, "Carla Koordiniert", "carla@kreis.example", "Koordination")
    give_scope(administrator, "P02a Mutter-Kind-Gruppe Sprendlingen", "P01a Soziale Orientierung")
    hire(administrator, leader, "Lena Leitet", "lena@kreis.example", "Kursleitung")
    administrator.open("/courses", status=404)  # whoever runs the accounts reads nothing about courses

    # Koordination: a course with three meetings, and the people who come.
    assert "Noch kein Kurs" in coordinator.open("/courses")
    course = open_course(coordinator, COURSE, "RA-2026-01", "P01a Soziale Orientierung", "Dietzenbach")
    plan_meetings(
        coordinator, course, "02.03.2026", "09:00", "12:15", break_minutes="15", units="12", weekdays=["Montag"]
    )
    assert "16.03.2026" in coordinator.page
    enrol_new_person(coordinator, course, SEYMA, birth_date="12.05.1991", citizenships="Türkei", languages="Türkisch")
    enrol_new_person(coordinator, course, AHMAD, native_name="احمد کریمی")
    enrol_new_person(coordinator, course, OLENA)
    duplicate_is_noticed(coordinator, course, "Seyma", "Yildiz", known="Yıldız, Şeyma")
    assert "3 von 12 Plätzen" in coordinator.open(course)

    group = open_course(coordinator, GROUP, "MKG-2026-01", "P02a Mutter-Kind-Gruppe Sprendlingen", "Dreieich")
    plan_meetings(coordinator, group, "16.03.2026", "15:00", "17:00")
    enrol_new_family(coordinator, group, "Naïma Benali", {"Ilyas": "05.2024", "Inès": "05.2024"})
    assert coordinator.page.rows[1][:2] == ["1. Benali, Naïma", "Ilyas, Inès"]

    # Kursleitung: today's meeting in one tap, then what was left open.
    leader.open("/today")
    assert "12.05.1991" not in leader.click(f"Anwesenheit erfassen: {COURSE}, 16.03.2026")
    arrived = {f"arrived-{line(leader, SEYMA)}": "09:30"}
    leader.submit({mark(leader, SEYMA): PRESENT, **arrived, mark(leader, AHMAD): UNEXCUSED}, button="Speichern")
    assert "1 da, 1 fehlt, 1 nicht erfasst" in leader.page
    leader.submit(button="Termin abschließen", status=422)
    assert "Kowalenko, Olena: nicht erfasst" in leader.page.main
    leader.submit(button="Alle Übrigen anwesend")
    assert "Als anwesend ergänzt: 1" in leader.page  # and nobody else's entry was touched
    leader.submit(button="Termin abschließen")
    leader.submit(button="Ja, abschließen")
    assert "2 da, 1 fehlt" in leader.page
    leader.submit(button="Wieder öffnen", status=422)  # not without a reason

    leader.open("/today")
    leader.click(f"Abschließen: {COURSE}, 02.03.2026")
    reason = {f"reason-{line(leader, OLENA)}": "Krankheit"}
    leader.submit({mark(leader, OLENA): NOTIFIED, **reason}, button="Alle Übrigen anwesend")
    leader.submit(button="Termin abschließen")
    leader.submit(button="Ja, abschließen")
    leader.open("/today")
    leader.click(f"Abschließen: {COURSE}, 09.03.2026")
    leader.submit({mark(leader, AHMAD): UNEXCUSED}, button="Alle Übrigen anwesend")
    leader.submit(button="Termin abschließen")
    leader.submit(button="Ja, abschließen")

    leader.open("/today")
    leader.click(f"Anwesenheit erfassen: {GROUP}, 16.03.2026")
    family = line(leader, "Benali, Naïma")
    leader.submit({f"family-{family}": "teilen …", f"adult-{family}": PRESENT, "Ilyas": PRESENT, "Inès": NOTIFIED})
    assert "1 Familie da, 0 fehlen (1 erwachsene Person, 1 Kind)" in leader.page  # never added up
    leader.submit(button="Termin abschließen")
    leader.submit(button="Ja, abschließen")

    # Koordination: the account of minutes, the reasons, the papers.
    coordinator.open("/today")
    assert coordinator.click(COURSE).h1 == f"Bescheinigungen für {COURSE}"
    assert accounts(coordinator) == {
        SEYMA: ("11,33 von 12 UE", "Teilnahmebescheinigung"),
        AHMAD: ("4 von 12 UE", "Teilnahmebestätigung"),
        OLENA: ("8 von 12 UE", "Teilnahmebestätigung"),
    }
    coordinator.submit(button="Alle 3 Papiere ausstellen")
    assert "3 Papiere sind ausgestellt." in coordinator.page
    coordinator.open("/certificates?q=Yıldız")
    coordinator.click("KO-2026-0000")
    pdf = download(coordinator, "PDF herunterladen")
    assert pdf == download(coordinator, "PDF herunterladen")
    assert pdf.startswith(b"%PDF-")
    text = reading.text_of(pdf)
    assert SEYMA in text
    assert "Teilnahmebescheinigung" in text

    # Anyone: is this paper genuine?
    code = coordinator.page.links["Öffentliche Prüfseite"]
    assert "Diese Bescheinigung ist gültig" in anyone.open(code)
    assert SEYMA not in anyone.page
    assert "Ş. Y." in anyone.page
    assert "Diese Nummer oder dieser Code ist unbekannt" in anyone.open(
        "/verify/0000-0000-0000-0000-0000-0000-00", status=404
    )
    anyone.submit({"code": code.rpartition("/")[2].lower()})
    assert "Diese Bescheinigung ist gültig" in anyone.page

    # Koordination: what it adds up to, on the page, as CSV and as XLSX.
    coordinator.open("/statistics")
    figures = csv_figures(coordinator)
    assert figures == xlsx_figures(coordinator)
    assert figures["P01a"] == {
        "Termine abgeschlossen": 3, "Minuten angeboten": 540, "Personen": 3, "Belegungen": 3, "Familien": 0, "Kinder": 0,
        "Anwesend": 6, "Gemeldet oder entschuldigt": 1, "Unentschuldigt oder nicht da": 2, "Nicht erfasst": 0,
        "Personenminuten angeboten": 1620, "Personenminuten besucht": 1050, "Besuchsquote": 64.8,
    }  # fmt: skip
    assert figures["P02a"] | {"Familien": 1, "Kinder": 2, "Anwesend": 1, "Personen": 1} == figures["P02a"]
    assert figures["total"] | {"Personen": 4, "Familien": 1, "Kinder": 2, "Anwesend": 7} == figures["total"]

    # Everybody stays within their own walls, and what is signed out stays out.
    leader.open("/statistics", status=404)
    leader.open("/certificates", status=404)
    leader.open("/participants", status=404)
    leader.open("/today")
    cookie = leader.http.get_cookie("kursbuch")
    leader.sign_out()
    assert cookie is not None
    leader.http.set_cookie("kursbuch", cookie.value)  # a copy that somebody kept
    assert leader.open("/today").h1 == "Anmelden"


def hire(administrator: Client, newcomer: Client, name: str, email: str, role: str) -> None:
    """An account with one role; its owner follows the link, sets a password and signs in."""
    administrator.open("/users")
    administrator.click("Konto anlegen")
    administrator.submit({"Name": name, "E-Mail-Adresse": email, "Rollen": [role]})
    link = re.search(r"http://localhost(/welcome/\S+)", administrator.page.main)
    assert link is not None
    newcomer.open(link[1])
    newcomer.submit({"Neues Passwort": "kurz"}, status=422)
    newcomer.submit({"Neues Passwort": PASSWORD})
    newcomer.open(link[1], status=404)  # it worked once
    newcomer.sign_in(email, PASSWORD)
    assert newcomer.page.h1 == "Heute"


def give_scope(administrator: Client, *programmes_given: str) -> None:
    """From the page of an account on to what it coordinates."""
    administrator.click("Zuständigkeit")
    for programme in programmes_given:
        administrator.submit({"Programm": programme, "Kommune": "alle Kommunen"})
    assert len(administrator.page.rows) == 1 + len(programmes_given)


def open_course(coordinator: Client, title: str, number: str, programme: str, town: str) -> str:
    """A course of two weeks that ends today, led by Lena. Returns its address."""
    coordinator.open("/courses")
    coordinator.click("Kurs anlegen")
    facts = {"programme_id": programme, "number": number, "title": title, "municipality_id": town, "places": "12"}
    place: dict[str, Value] = {"venue": "Bürgerhaus, Raum 2", "language": "Deutsch", "leaders": ["Lena Leitet"]}
    coordinator.submit({**place, **facts, "starts_on": "2026-03-02", "ends_on": "16.03.2026"})
    assert "Der Kurs ist angelegt." in coordinator.page
    return coordinator.page.address


def plan_meetings(coordinator: Client, course: str, day: str, begins: str, ends: str, **more: Value) -> None:
    coordinator.open(course)
    coordinator.click("Termine anlegen")
    coordinator.submit({"Erster Tag": day, "Beginn": begins, "Ende": ends, **more})
    coordinator.submit()  # what the preview shows


def enrol_new_person(coordinator: Client, course: str, name: str, **facts: str) -> None:
    """Looks for somebody, finds nobody, and adds them; they have their place since the first day."""
    given_name, family_name = name.split()
    coordinator.open(course)
    coordinator.click("Person aufnehmen")
    coordinator.submit({"q": family_name})
    assert "Niemand in Ihrem Bereich heißt so" in coordinator.page
    coordinator.click("Person anlegen")
    coordinator.submit({"Vorname": given_name, "Nachname": family_name, **facts})
    coordinator.submit({"Erster Tag": "2026-03-02"}, button="Aufnehmen")
    assert f"{name} hat einen Platz ab 02.03.2026." in coordinator.page


def duplicate_is_noticed(coordinator: Client, course: str, given_name: str, family_name: str, known: str) -> None:
    """The same person in another spelling: nothing is saved, and the link leads to the one who is there already."""
    coordinator.open(course)
    coordinator.click("Person aufnehmen")
    coordinator.click("Person anlegen")
    coordinator.submit({"Vorname": given_name, "Nachname": family_name}, status=422)
    assert "Vielleicht gibt es diese Person schon" in coordinator.page
    coordinator.click(known)
    assert "schon einen Platz" in coordinator.page


def enrol_new_family(
    coordinator: Client, course: str, name: str, children: dict[str, str], **told_at_last: Value
) -> None:
    given_name, family_name = name.split()
    coordinator.open(course)
    coordinator.click("Familie aufnehmen")
    coordinator.click("Familie anlegen")
    told = {"given_name": given_name, "family_name": family_name}
    for number, (child, birth) in enumerate(children.items(), start=1):
        told |= {f"child_{number}_name": child, f"child_{number}_birth": birth}
    coordinator.submit(told)
    coordinator.submit(
        told_at_last, button="Aufnehmen"
    )  # both children are ticked: they are old enough, and not too old
    assert "hat einen Platz" in coordinator.page


def line(leader: Client, name: str) -> int:
    """The number of somebody's line on the roll call."""
    family_first = name if "," in name else ", ".join(reversed(name.split()))
    for row in leader.page.all("li"):
        if attribute(row, "id").startswith("row-") and family_first in text_of(row):
            return int(attribute(row, "id").removeprefix("row-"))
    raise AssertionError(f"No line for {family_first} on {leader.page.address}")


def mark(leader: Client, name: str) -> str:
    """The name of the field that says whether somebody is there."""
    return f"mark-{line(leader, name)}"


def accounts(coordinator: Client) -> dict[str, tuple[str, str]]:
    """Per person what they attended, and the paper proposed, from the table of the page."""
    found = {}
    for name, attended, proposal, *_ in coordinator.page.rows[1:]:
        person = next(known for known in (SEYMA, AHMAD, OLENA) if name.startswith(known))
        units = re.match(r"[\d,]+ von [\d,]+ UE", attended)
        assert units is not None, attended
        found[person] = (units[0], proposal.split()[0])
    return found


def download(client: Client, link: str) -> bytes:
    answer = client.fetch(client.page.links[link])
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.data


def csv_figures(coordinator: Client) -> dict[str, dict[str, float]]:
    """The CSV of the page by programme, its figures under their German names."""
    data = download(coordinator, "CSV")
    assert data.startswith(b"\xef\xbb\xbf")
    names = {measure.key: measure.label for measure in MEASURES}
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
    return {
        row["programme"]: {
            names[key]: float(value) for key, value in row.items() if key in names and names[key] in LOOKED_AT
        }
        for row in rows
    }


def xlsx_figures(coordinator: Client) -> dict[str, dict[str, float]]:
    """The same from the first sheet of the XLSX; the second one holds the definitions."""
    book = openpyxl.load_workbook(io.BytesIO(download(coordinator, "XLSX mit Definitionen")))
    table, definitions = book.worksheets
    assert definitions.title == "Definitionen"
    head, *rows = table.iter_rows(values_only=True)
    return {
        str(row[0]): {str(name): float(str(value)) for name, value in zip(head, row, strict=True) if name in LOOKED_AT}
        for row in rows
    }
