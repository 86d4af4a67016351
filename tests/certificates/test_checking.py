"""What a stranger may learn who holds a paper, and what a changed file gives away."""

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import jwt
import pikepdf
import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import FileStorage

import clock
from auth.guard import Viewer
from database import db
from programmes.certificates import actions, facts, office, seal
from programmes.certificates.checking import badge
from programmes.certificates.checking.rules import Expected, differences, is_family_name, read_number
from programmes.certificates.document import render
from programmes.certificates.models import PERSONAL, Certificate
from programmes.certificates.rules import CODE_ALPHABET, new_code
from tests.certificates.scene import COORDINATOR, PASSWORD, Scene, build, issued
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("KO-2026-00001", "KO-2026-00001"), ("ko 2026 00001", "KO-2026-00001"), (" KO–2026–00001 ", "KO-2026-00001"),
        ("K0-2O26-OOOO1", "KO-2026-00001"), ("KO-2026-1", None), ("KO-2026", None), ("", None), ("XX-2026-00001", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(typed: str, number: str | None) -> None:
    assert read_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "printed", "fits"),
    [
        ("Yılmaz", "Ayşe Yılmaz", True), ("yilmaz", "Ayşe Yılmaz", True), ("Ayşe", "Ayşe Yılmaz", False),
        ("García Peña", "Nuria García Peña", True), ("Peña", "Nuria García Peña", True), ("Al-Ahmad", "Mohammad Al-Ahmad", True),
        ("Zarghuna", "Zarghuna", True), ("", "Ayşe Yılmaz", False), ("x", "Ayşe Yılmaz", False), ("Müller", "Eva Mueller", True),
    ],
)  # fmt: skip
def test_the_family_name_opens_the_name(typed: str, printed: str, *, fits: bool) -> None:
    assert is_family_name(typed, [printed]) is fits


def test_what_differs_is_named() -> None:
    expected = [Expected("Name", ["Ayşe Yılmaz"]), Expected("Besucht", ["28 von 40"])]
    assert differences("… Ayşe  Yılmaz … 28 von\u00a040 …", expected) == [
        "Etwas anderes als der Text, zum Beispiel ein Bild."
    ]
    assert differences("… Ayşe Yılmaz … 40 von 40 …", expected) == ["Besucht"]
    assert differences("", expected) == ["Name", "Besucht"]


def test_codes_have_no_order_and_no_favourites() -> None:
    codes = [new_code() for _ in range(1_000)]
    assert len(set(codes)) == 1_000
    assert codes != sorted(codes)
    for place in range(26):
        assert len({code[place] for code in codes}) == len(CODE_ALPHABET)


@pytest.fixture
def key(app: Flask, tmp_path: Path) -> Iterator[seal.Key]:
    """The office seals for the time of a test."""
    app.extensions[office.EXTENSION] = seal.demo_key(tmp_path, clock.now())
    yield app.extensions[office.EXTENSION]
    del app.extensions[office.EXTENSION]


@pytest.fixture
def scene(transaction: TRANSACTION) -> Scene:
    with transaction():
        return build(attended=[range(4), range(3), [0]])


@pytest.fixture
def paper(transaction: TRANSACTION, scene: Scene, key: seal.Key) -> tuple[str, str, bytes]:
    """Code, number and bytes of a sealed paper."""
    with transaction():
        imprint = facts.Imprint("http://localhost", demo=False, seal=key)
        [made] = actions.issue(
            Viewer.office(), scene.enrolments[:1], clock.now(), by=scene.coordinator, imprint=imprint
        )
        return made.code, made.number, made.pdf


def dropped(client: Client, data: bytes, status: int = 200) -> str:
    client.open("/verify")
    sent = FileStorage(io.BytesIO(data), "paper.pdf", content_type="application/pdf")
    return client.submit(files={"file": sent}, status=status, button="Vergleichen").main


def test_number_and_family_name(client: Client, paper: tuple[str, str, bytes]) -> None:
    _, number, _ = paper
    assert "Diese Bescheinigung ist gültig" in client.open(f"/verify/{number}").main
    assert "Ayşe" not in client.page.main
    page = client.submit({"Familienname auf dem Papier": "Rossi"}, button="Den ganzen Namen zeigen", status=422)
    assert "Dieser Familienname steht nicht auf dem Papier." in page.main
    assert "Ayşe Yılmaz" not in page.main
    page = client.submit({"Familienname auf dem Papier": "YILMAZ"}, button="Den ganzen Namen zeigen")
    assert "Ayşe Yılmaz" in page.main


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_file_itself_a_forged_one_and_strange_ones(
    client: Client, paper: tuple[str, str, bytes], transaction: TRANSACTION
) -> None:
    *_, pdf = paper
    text = dropped(client, pdf)
    assert "Diese Datei ist unverändert und echt." in text
    assert "Das elektronische Siegel ist in Ordnung." in text
    with transaction() as session:
        row = session.scalars(sa.select(Certificate).execution_options(viewer="test")).one()
        stored = facts.printed_facts(row)
    forged = render(dataclasses.replace(stored, name="Erika Fälscher", attended_minutes=stored.offered_minutes - 45))
    text = dropped(client, forged)
    assert "Diese Datei wurde verändert." in text
    assert "Name" in text.partition("Anders als im Original:")[2]
    assert "Besucht" in text.partition("Anders als im Original:")[2]
    assert "Das elektronische Siegel fehlt oder ist verletzt." in text
    assert "Ayşe" not in text, "whoever forges does not learn the name"
    assert "Etwas anderes als der Text" in dropped(client, pdf + b"\n%changed")
    with pikepdf.new() as empty:
        empty.add_blank_page()
        out = io.BytesIO()
        empty.save(out)
    assert "keine Bescheinigung aus Kursbuch" in dropped(client, out.getvalue(), 404)
    for strange in (b"", b"hello", b"%PDF-1.7\n" + b"\x00" * 5000, b"%PDF-" + b"[" * 50_000, b"%PDF-" + b"x" * 400_001):
        assert "kein lesbares PDF" in dropped(client, strange, 422)


def test_it_answers_in_the_language_of_the_one_who_asks(client: Client, paper: tuple[str, str, bytes]) -> None:
    code, *_ = paper
    for language, direction, said in (
        ("ar", "rtl", "هذه الشهادة صالحة"),
        ("tr", "ltr", "Bu belge geçerlidir"),
        ("uk", "ltr", "Цей документ дійсний"),
    ):
        page = client.open(f"/verify/{code}?lang={language}")
        assert (page.tree.get("lang"), page.tree.get("dir")) == (language, direction)
        assert said in page.main


def test_an_erased_person_is_nowhere_and_the_paper_still_answers(
    client: Client, app: Flask, paper: tuple[str, str, bytes], transaction: TRANSACTION
) -> None:
    code, _, pdf = paper
    with transaction() as session:
        row = session.scalars(sa.select(Certificate).execution_options(viewer="test")).one()
        actions.erase([row], clock.now())
    text = client.open(f"/verify/{code}").main
    assert "Diese Bescheinigung ist gültig" in text
    assert "Name nicht gespeichert" in text
    assert "A. Y." not in text
    assert "unverändert und echt" in dropped(client, pdf), "its SHA-256 stays"
    with app.app_context():
        row = db.session.scalars(sa.select(Certificate).execution_options(viewer="test")).one()
        assert [getattr(row, name) for name in PERSONAL] == [None] * len(PERSONAL)
        db.session.rollback()


@pytest.mark.parametrize(
    "change", ["number = 'X'", "printed_name = 'X'", "facts = '{}'", "pdf = NULL", "sha256 = 'x'", "public = '{}'", "slot = 'x'", "enrolment_id = NULL, erased_at = CURRENT_TIMESTAMP"]
)  # fmt: skip
def test_the_database_itself_refuses_to_change_a_paper(
    app: Flask, transaction: TRANSACTION, scene: Scene, change: str
) -> None:
    with transaction():
        issued(scene, 0)
    with app.app_context(), db.engine.connect().execution_options(writes=True) as connection:
        with pytest.raises(sa.exc.IntegrityError, match="never changes"):
            connection.exec_driver_sql(f"UPDATE certificate SET {change}")
        connection.rollback()
        connection.exec_driver_sql("UPDATE certificate SET handed_over_on = '2026-01-01', handed_over_how = 'post'")
        connection.rollback()


def test_a_second_copy_is_marked_and_ends_with_its_original(
    app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, scene: Scene
) -> None:
    with transaction():
        number = issued(scene, 0)[0].id
    client = new_client()
    client.sign_in(COORDINATOR, PASSWORD)
    client.open(f"/certificates/{number}")
    page = client.submit(button="Zweitschrift ausstellen")
    assert "Die Zweitschrift" in page
    with transaction() as session:
        first, copy = session.scalars(
            sa.select(Certificate).order_by(Certificate.id).execution_options(viewer="test")
        ).all()
        assert facts.printed_facts(copy).copy_of == first.number
        assert copy.number != first.number
        code = copy.code
        actions.revoke(first, "Verwechslung", clock.now(), by=scene.coordinator)
    assert "widerrufen" in client.open(f"/verify/{code}").main


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_damaged_store_is_noticed(client: Client, app: Flask, transaction: TRANSACTION, scene: Scene) -> None:
    with transaction():
        number = issued(scene, 0)[0].id
    with app.app_context(), db.engine.connect().execution_options(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER certificate_frozen")
        connection.exec_driver_sql("UPDATE certificate SET pdf = x'00'")
        connection.commit()
    client.sign_in(COORDINATOR, PASSWORD)
    answer = client.fetch(f"/certificates/{number}.pdf")
    assert answer.status_code == 409
    assert "beschädigt" in answer.text


def test_the_open_badge_is_verified_by_a_public_library(new_client: NEW_CLIENT, paper: tuple[str, str, bytes]) -> None:
    _, number, _ = paper
    client = new_client()
    client.sign_in(COORDINATOR, PASSWORD)
    token = client.fetch("/certificates/1.badge.jwt").text
    anyone = new_client()
    keys = jwt.PyJWKSet.from_dict(anyone.fetch("/verify/keys.json").get_json())
    told = jwt.decode(token, keys.keys[0].key, algorithms=[badge.ALGORITHM])
    assert {"VerifiableCredential", "OpenBadgeCredential"} == set(told["type"])
    assert told["issuer"]["id"] == anyone.fetch("/verify/issuer").get_json()["id"]
    assert told["credentialSubject"]["achievement"]["name"] == "Kurs RA"
    assert number in told["credentialSubject"]["achievement"]["criteria"]["narrative"]
    assert "birth" not in str(told)
    assert anyone.fetch(told["credentialStatus"]["id"].removeprefix("http://localhost")).get_json()["status"] == "valid"
    head, body, signature = token.split(".")
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(f"{head}.{body[:-4]}AAAA.{signature}", keys.keys[0].key, algorithms=[badge.ALGORITHM])


def test_ten_thousand_wrong_codes_find_nothing_and_are_stopped(app: Flask, paper: tuple[str, str, bytes]) -> None:
    browser, answers = app.test_client(), set()
    for number in range(40):
        answers.add(browser.get(f"/verify/{new_code()}", headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code)
    assert answers == {404, 429}
    with app.app_context():
        real = set(db.session.scalars(sa.select(Certificate.code).execution_options(viewer="test")))
        db.session.rollback()
    assert not real & {new_code() for _ in range(10_000)}
