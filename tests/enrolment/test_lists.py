"""Lists of people from other offices: real files through the pages' own forms, all or nothing, and files that mean harm."""

import datetime as dt
import io
import time
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage

import jobs
from auth.guard import Viewer
from database import db
from programmes.enrolment.lists import reading
from programmes.enrolment.lists.models import PeopleList
from programmes.enrolment.lists.rules import KEPT_FOR, Column, guessed, is_forbidden, place_of_head, told
from programmes.participants.models import Person
from programmes.participants.rules import Precision, Sex
from tests.enrolment.scene import Scene
from tests.tools.client import Client
from tests.tools.figures import note
from tests.tools.offices import TRANSACTION
from tests.tools.page import Page
from wording import Refused

SignIn = Callable[[str], Client]
OFFICE = {"viewer": Viewer.office()}
HEADS = "Nachname;Vorname;Geb.-Datum;Geschlecht;Sprachen;Wohnort;Tel.;Aufenthaltstitel;Bemerkung"
PEOPLE = f"""Integrationsbüro Musterstadt;;;;;;;;
Liste der Angemeldeten;;;;;;;;

{HEADS}
Müller;Zoë;12.05.1975;w;Deutsch/Türkisch;Dietzenbach;06103 1234;Duldung;=1+1
Öztürk;Çiğdem;05.1980;;Kurdisch;;;;
;;;;;;;;
Ёлкин;Пётр;1975;m;;;;;
"""


def a_file(data: bytes | str, name: str = "liste.csv") -> dict[str, FileStorage]:
    return {"file": FileStorage(io.BytesIO(data if isinstance(data, bytes) else data.encode()), filename=name)}


def workbook(rows: list[list[object]], merge: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    if merge:
        book.active.merge_cells(merge)  # type: ignore[union-attr]
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def send(client: Client, data: bytes | str, name: str = "liste.csv", status: int = 200) -> Page:
    """Sends a file and takes the columns as they are guessed."""
    client.open("/participants/import")
    page = client.submit(files=a_file(data, name), button="Ansehen", status=status)
    return client.submit(button="Weiter") if status == 200 else page


def people_named(*family_names: str) -> list[Person]:
    query = sa.select(Person).where(Person.family_name.in_(family_names)).order_by(Person.id)
    return list(db.session.scalars(query.execution_options(**OFFICE)))


def test_a_list_of_an_office_is_taken_in_and_a_second_time_adds_nobody(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    cora = signed_in("cora")
    cora.open("/participants")
    cora.click("Liste übernehmen")
    page = cora.submit(files=a_file(PEOPLE), button="Ansehen")
    assert "Das wird nicht gelesen" in page.main
    assert "Duldung" not in page.html
    page = cora.submit(button="Weiter")
    assert "3 Personen sind neu" in page.main
    assert "Ausgelassene Spalten: Aufenthaltstitel, Bemerkung" in page.main
    assert ["5", "Müller, Zoë", "1975"] in page.rows
    page = cora.submit(button="Übernehmen")
    assert "3 Personen sind aufgenommen." in page.main
    with transaction() as session:
        zoe, cigdem, pjotr = people_named("Müller", "Öztürk", "Ёлкин")
        assert (zoe.birth_date, zoe.sex, zoe.languages) == (dt.date(1975, 5, 12), Sex.FEMALE, ["Deutsch", "Türkisch"])
        assert (zoe.municipality and zoe.municipality.name, zoe.phone, zoe.entered_by_id) == (
            "Dietzenbach",
            "06103 1234",
            scene.users["cora"],
        )
        assert (cigdem.birth_precision, pjotr.birth_precision) == (Precision.MONTH, Precision.YEAR)
        assert session.scalars(sa.select(PeopleList).execution_options(**OFFICE)).all() == []
    for data in (PEOPLE, PEOPLE.replace(";", "\t").encode("utf-8-sig")):
        page = send(cora, data)
        assert "3 Personen sind schon da" in page.main
        assert "3 waren schon da." in cora.submit(button="Übernehmen").main
    with transaction():
        assert len(people_named("Müller", "Öztürk", "Ёлкин")) == 3


def test_encodings_and_workbooks_say_the_same() -> None:
    plain = PEOPLE.replace("Ёлкин;Пётр", "Łukasz;Jan").replace("Ł", "Z").replace("Çiğdem", "Çigdem")
    latin = reading.read("A.CSV", plain.encode("cp1252"))
    assert latin.encoding == "Windows-1252"
    assert (
        latin.rows
        == reading.read("a.csv", plain.encode("utf-8-sig")).rows
        == reading.read("a.txt", plain.encode()).rows
    )
    cells: list[list[object]] = [[cell or None for cell in line.split(";")] for line in plain.splitlines()]
    cells[4][2] = dt.datetime(1975, 5, 12)  # noqa: DTZ001  as Excel has it
    cells[7][2] = 1975.0
    book = reading.read("x.xlsx", workbook(cells, merge="A1:I1"))
    assert place_of_head(book.rows) == place_of_head(latin.rows) == 2
    assert book.rows[3] == (
        5,
        [*latin.rows[3][1][:2], "1975-05-12", *latin.rows[3][1][3:8]],
    )  # a formula without a value is empty
    assert book.rows[5] == latin.rows[5]


def test_commas_in_a_cell_do_not_part_it() -> None:
    text = "Vorname;Nachname;Sprachen\nAli;Kaya;Arabisch, Kurdisch, Englisch\nEva;Ott;Deutsch, Polnisch, Russisch, Türkisch\n"
    assert [len(cells) for _, cells in reading.read("a.csv", text.encode()).rows] == [3, 3, 3]
    with pytest.raises(Refused):
        reading.read("a.csv", b"\xef\xbb\xbf<html><body>no list</body></html>")


def test_one_wrong_row_keeps_everybody_out(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    cora = signed_in("cora")
    page = send(
        cora, "Vorname,Nachname,Geburtsdatum,Ort\nAnna,Ameise,1980,Dietzenbach\nBodo,Biene,31.02.1980,Atlantis\n"
    )
    assert any(
        cells[:2] == ["3", "Biene, Bodo"]
        and "Geburtsdatum" in cells[2]
        and "Wohnort: Das kennt Kursbuch nicht: Atlantis" in cells[2]
        for cells in page.rows
    )
    assert "Übernehmen" not in [page.button_text(button) for button in page.all("button")]
    token = cora.token()
    answer = cora.http.post(
        page.address,
        data={"csrf_token": token, "sent": "1"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 422
    with transaction():
        assert people_named("Ameise") == []


def test_who_may_be_there_already_is_decided_row_by_row(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    cora = signed_in("cora")
    page = send(
        cora,
        "Name;Vorname;Geburtstag\nCanar;Ada;1971\nBenali;Bea;12.05.1971\nMutter;Mia;12.05.1971\nMuter;Mia;12.05.1971\n",
    )
    assert "Zeile 4 dieser Liste" in page.main  # Mia is of another scope, but stands here twice
    assert page.links["Kanar, Ada"] == f"/participants/{scene.people['ada']}"
    assert "1 Person ist schon da" in page.main
    assert f"/participants/{scene.people['mia']}" not in page.html
    page = cora.submit({"row_2": "same"}, status=422)
    assert "Bitte entscheiden Sie" in page.errors["Zeile 5"]
    page = cora.submit({"row_2": "same", "row_5": "leave_out"})
    assert "Eine Person ist aufgenommen. Eine war schon da. 2 sind ausgelassen." in page.main
    with transaction():
        assert [one.entered_by_id for one in people_named("Mutter", "Muter", "Canar")] == [
            scene.users["cleo"],
            scene.users["cora"],
        ]


def test_a_list_is_there_for_whoever_sent_it_and_for_an_hour(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    cora, cleo = signed_in("cora"), signed_in("cleo")
    send(cora, PEOPLE)
    shown = cora.page
    for address in (shown.address, shown.address.replace("preview", "columns")):
        cora.open(address)
        cleo.open(address, status=404)
    assert cleo.post(shown.address.replace("preview", "forget")).status_code == 404
    send(cora, PEOPLE.replace("Zoë", "Zoé"))  # in another window
    answer = cora.http.post(
        shown.address,
        data=dict(shown.form_for(["sent"]).data({})),
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code in {404, 422}  # a database may give the number of the one that is gone to the next
    with transaction() as session:
        kept = session.scalars(sa.select(PeopleList).execution_options(**OFFICE)).one()
        kept.sent_at -= KEPT_FOR
        for job in session.scalars(sa.select(jobs.Job)):
            job.made_at -= KEPT_FOR
        number = kept.id
    cora.open(f"/participants/import/{number}/preview", status=404)
    jobs.work_off(cora.app)
    with transaction() as session:
        assert session.scalars(sa.select(PeopleList).execution_options(**OFFICE)).all() == []


def zipped(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def changed(member: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook in which one member is something else."""
    with zipfile.ZipFile(io.BytesIO(workbook([["Vorname", "Nachname"], ["Ada", "Kanar"]]))) as archive:
        return zipped(
            {name: change(archive.read(name)) if name == member else archive.read(name) for name in archive.namelist()}
        )


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def hostile() -> dict[str, tuple[str, bytes, str]]:
    """Name, content, and a word of the reason."""
    bomb = lambda data: data + b" " * 60_000_000  # noqa: E731
    return {
        "empty": ("a.csv", b"", "etwas steht"),
        "blank": ("a.csv", b" \r\n\r\n", "etwas steht"),
        "no name": ("", b"", "CSV- oder XLSX-Datei"),
        "pdf": ("a.pdf", b"%PDF-1.7", "CSV- oder XLSX-Datei"),
        "pdf as csv": ("a.csv", b"%PDF-1.7\n1 0 obj", "keine CSV-Datei"),
        "xlsx as csv": ("a.csv", workbook([["Vorname"]]), "keine CSV-Datei"),
        "csv as xlsx": ("a.xlsx", PEOPLE.encode(), "keine XLSX-Datei"),
        "html as csv": ("a.csv", b"<html><table>", "keine CSV-Datei"),
        "zeros": ("a.csv", b"Vorname;Nachname\nA\x00;B", "keine CSV-Datei"),
        "old excel": ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "alten Format"),
        "macros": ("a.xlsm", b"PK", "CSV- oder XLSX-Datei"),
        "too large": ("a.csv", b"x" * 900_001, "zu groß"),
        "many rows": ("a.csv", b"Vorname;Nachname\n" + b"a;b\n" * 5_100, "zu viele Zeilen"),
        "a million rows": ("a.csv", b"\n" * 899_000 + b"a;b", "zu viele Zeilen"),
        "many columns": ("a.csv", b";".join([b"x"] * 10_000), "zu viele Spalten"),
        "many columns of a workbook": ("a.xlsx", workbook([["x"] * 10_000]), "zu viele Spalten"),
        "a row far below": ("a.xlsx", changed(SHEET, lambda data: data.replace(b'<row r="2"', b'<row r="1048576"')), "zu viele Zeilen"),
        "zip bomb": ("a.xlsx", changed(SHEET, bomb), "ausgepackt viel zu groß"),
        "many members": ("a.xlsx", zipped({f"xl/{number}.xml": b"" for number in range(101)}), "ausgepackt viel zu groß"),
        "laughs": ("a.xlsx", changed(SHEET, lambda data: LAUGHS + data[data.index(b"<worksheet") :]), "beschädigt"),
        "half a sheet": ("a.xlsx", changed(SHEET, lambda data: data[: len(data) // 2]), "beschädigt"),
        "half a file": ("a.xlsx", workbook([["Vorname"]])[:3000], "beschädigt"),
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(hostile()))
def test_files_that_mean_harm_end_with_a_reason(kind: str) -> None:
    name, data, reason = hostile()[kind]
    started = time.monotonic()
    with pytest.raises(Refused) as refused:
        reading.read(name, data)
    assert time.monotonic() - started < reading.SECONDS + 5  # the limit itself is the reader's
    assert reason in refused.value.reasons[0].text.format(**refused.value.reasons[0].values)
    note("files", kind, 1)


def test_a_refused_file_is_refused_on_the_page(signed_in: SignIn, scene: Scene) -> None:
    cora = signed_in("cora")
    page = send(cora, "Farbe;Form\nrot;rund\n", status=422)
    assert "Wir finden keine Überschriften" in page.main
    assert "Unter den Überschriften steht nichts" in send(cora, "Vorname;Nachname;Ort\n", status=422).main
    assert "Eine Liste wartet noch" not in cora.open("/participants/import").main


def test_formulas_stay_text_and_heads_are_understood() -> None:
    rows = reading.read("a.csv", b"First name,Surname,DOB,Religion\n=1+1,+49,-1,x\n@SUM(A1),b,,\n").rows
    assert rows[1][1] == ["=1+1", "+49", "-1", "x"]
    assert guessed(rows[0][1]) == [Column.GIVEN_NAME, Column.FAMILY_NAME, Column.BIRTH_DATE, None]
    assert all(
        is_forbidden(head)
        for head in ("Religion", "Aufenthaltsstatus", "AZR-Nr.", "Schwerbehindert?", "Gesundheitl. Einschränkung")
    )
    assert not any(
        is_forbidden(head) for head in ("Vorname", "Wohnort", "Muttersprache", "Herkunftsland", "Medienkompetenz")
    )
    assert told({0: Column.FAMILY_NAME, 1: Column.SEX}, ["Madonna", "Frau"]) == {
        Column.GIVEN_NAME: "Madonna",
        Column.SEX: "female",
    }
