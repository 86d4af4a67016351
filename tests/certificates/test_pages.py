"""The pages of papers as a coordinator, a leader, a stranger and the public meet them."""

import datetime as dt
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth.models import TraceEntry
from database import db
from programmes.certificates import actions
from programmes.certificates.models import Certificate
from programmes.certificates.rules import FAILED_CHECKS_ALLOWED, CertificateState, grouped
from programmes.enrolment.models import Enrolment
from tests.certificates.scene import COORDINATOR, LEADER, PASSWORD, STRANGER, Scene, build, issued
from tests.tools.client import Client
from tests.tools.offices import COUNTING, NEW_CLIENT, TRANSACTION

pytestmark = pytest.mark.usefixtures("app")
Clock = Callable[[dt.datetime], None]
NOON = dt.datetime(2026, 11, 22, 11, tzinfo=dt.UTC)
HOSTILE = [
    "\x00",
    "a\ud800b",
    "😀" * 50,
    "\u202egnp.exe",
    "A" * 1_000,
    "<script>alert(1)</script>",
    "'; DROP TABLE",
    "%s{0}",
]


@pytest.fixture(autouse=True)
def today(set_clock: Clock) -> None:
    set_clock(NOON)


@pytest.fixture
def scene(transaction: TRANSACTION) -> Scene:
    """Three people: all of it, three quarters, one meeting of four."""
    with transaction():
        return build(attended=[range(4), range(3), [0]])


def signed_in(client: Client, email: str = COORDINATOR) -> Client:
    client.sign_in(email, PASSWORD)
    return client


def papers(transaction: TRANSACTION) -> list[tuple[int, str, str, CertificateState]]:
    with transaction() as session:
        query = sa.select(Certificate.id, Certificate.number, Certificate.code, Certificate.state)
        rows = session.execute(query.order_by(Certificate.id).execution_options(viewer="test"))
        return [(row.id, row.number, row.code, row.state) for row in rows]


def paper(transaction: TRANSACTION, scene: Scene, position: int = 0) -> int:
    with transaction():
        return issued(scene, position)[0].id


def trace(transaction: TRANSACTION) -> list[tuple[str, str | None, int]]:
    with transaction() as session:
        query = sa.select(TraceEntry.act, TraceEntry.object_id, TraceEntry.status).order_by(TraceEntry.id)
        return [(row.act, row.object_id, row.status) for row in session.execute(query)]


def test_the_course_page_shows_the_account_and_the_proposal(client: Client, scene: Scene) -> None:
    page = signed_in(client).open(scene.page)
    rows = {row[0]: row for row in page.rows[1:]}
    assert rows["Ayşe Yılmaz"][1] == "16 von 16 UE (45 Min.)"
    assert rows["Ciarán O’Neill"][1] == "4 von 16 UE (45 Min.)"
    assert "Teilnahmebescheinigung" in rows["Snežana Đorđević"][2]
    assert "Teilnahmebestätigung" in rows["Ciarán O’Neill"][2]
    assert "nicht erreicht, es fehlen 6:00 Std." in rows["Ciarán O’Neill"][2]
    assert "So steht es auf dem Papier" in page


def test_a_running_course_says_once_what_is_in_the_way(client: Client, transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(ends_in=2, open_ones=[1, 2, 3], attended=[[0]] * 3)
    page = signed_in(client).open(scene.page)
    assert page.text.count("Der Kurs läuft noch. Termine, die noch kommen: 3.") == 1
    assert "noch erreichbar" in page.text.lower()
    assert "12 UE (45 Min.)" in page
    assert not [form for form in page.forms if "issue-all" in form.action]


def test_issue_one_by_its_button(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    signed_in(client).open(scene.page)
    page = client.submit(button="Ausstellen: Ayşe Yılmaz")
    assert page.h1 == "Teilnahmebescheinigung KO-2026-00001"
    assert "Gültig, noch nicht übergeben" in page
    client.open(scene.page)
    again = client.post(f"/enrolments/{scene.enrolments[0]}/certificate")
    assert again.status_code == 302  # pressed twice: the same paper, not a second one
    assert [number for _, number, _, _ in papers(transaction)] == ["KO-2026-00001"]


def test_issue_all_who_are_ready_once(client: Client, transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(attended=[range(4), [], [0]])
    signed_in(client).open(scene.page)
    stale = client.page
    page = client.submit(button="Alle 2 Papiere ausstellen")
    assert "2 Papiere sind ausgestellt." in page
    assert "Alle" not in " ".join(page.button_text(button) for button in page.all("button"))
    client._page = stale
    assert "Es gab nichts auszustellen." in client.submit(button="Alle 2 Papiere ausstellen")
    assert len(papers(transaction)) == 2
    assert ("certificates issued", str(scene.course), 302) in trace(transaction)


def test_a_single_paper_with_what_its_owner_wants(client: Client, transaction: TRANSACTION) -> None:
    with transaction() as session:
        scene = build("MKG", people=1, is_family=True, required_share=None)
        person = session.scalars(sa.select(Enrolment).execution_options(viewer="test")).one().person
        person.birth_date, person.native_name = dt.date(1988, 3, 12), "عائشة"
    page = signed_in(client).open(f"/enrolments/{scene.enrolments[0]}/certificate")
    assert page.form_for(["birth_date"]).labels[1:] == [
        "Geburtsdatum auf das Papier drucken", "Vornamen der Kinder auf das Papier drucken",
        "Namen in eigener Schrift weglassen", "Namen in eigener Schrift groß drucken, den in lateinischer darunter",
        "Zweite Sprache auf dem Papier",
    ]  # fmt: skip
    page = client.submit({"birth_date": True, "no_native_name": True}, button="Papier ausstellen")
    assert "12.03.1988" in page
    assert "عائشة" not in page
    assert "Ilyas" not in page


def test_who_is_not_ready_cannot_be_issued_even_by_force(client: Client, transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(attended=[[], range(4), range(4)])
    page = signed_in(client).open(f"/enrolments/{scene.enrolments[0]}/certificate")
    assert "Kein Termin wurde besucht." in page
    response = client.send(button="Papier ausstellen")
    assert response.status_code == 422
    assert papers(transaction) == []


def addresses(scene: Scene, certificate_id: int) -> list[tuple[str, str]]:
    return [
        ("GET", scene.page), ("POST", f"{scene.page}/issue-all"),
        ("GET", f"/enrolments/{scene.enrolments[1]}/certificate"), ("POST", f"/enrolments/{scene.enrolments[1]}/certificate"),
        ("GET", f"/certificates/{certificate_id}"), ("GET", f"/certificates/{certificate_id}.pdf"),
        ("POST", f"/certificates/{certificate_id}/hand-over"), ("POST", f"/certificates/{certificate_id}/replace"),
        ("POST", f"/certificates/{certificate_id}/revoke"),
    ]  # fmt: skip


@pytest.mark.parametrize("who", [LEADER, STRANGER])
def test_leaders_and_strangers_find_nothing(client: Client, transaction: TRANSACTION, scene: Scene, who: str) -> None:
    certificate_id = paper(transaction, scene)
    signed_in(client, who).open("/today")
    for method, address in addresses(scene, certificate_id):
        response = client.fetch(address) if method == "GET" else client.post(address)
        assert response.status_code == 404, f"{method} {address}"
    assert len(papers(transaction)) == 1
    if who == STRANGER:
        assert "KO-2026" not in client.open("/certificates")


def test_the_download_is_the_stored_paper_and_leaves_a_line(
    client: Client, transaction: TRANSACTION, scene: Scene
) -> None:
    certificate_id = paper(transaction, scene)
    signed_in(client).open(f"/certificates/{certificate_id}")
    first = client.fetch(client.page.links["PDF herunterladen"])
    with transaction() as session:
        person = (
            session.scalars(
                sa.select(Enrolment).where(Enrolment.id == scene.enrolments[0]).execution_options(viewer="test")
            )
            .one()
            .person
        )
        person.given_name, person.family_name = "Ganz", "Anders"
    second = client.fetch(f"/certificates/{certificate_id}.pdf")
    assert first.data == second.data
    assert first.data.startswith(b"%PDF")
    assert first.mimetype == "application/pdf"
    assert first.headers["Cache-Control"] == "no-store"
    disposition = first.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=")
    assert f"filename*=UTF-8''{quote('Teilnahmebescheinigung Ayşe Yılmaz KO-2026-00001.pdf')}" in disposition
    lines = trace(transaction)
    assert lines.count(("certificate downloaded", str(certificate_id), 200)) == 2
    assert not re.search("Ayşe|Yılmaz|Anders", str(lines))


def test_hand_over(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    address = f"/certificates/{paper(transaction, scene)}"
    signed_in(client).open(address)
    page = client.submit({"handed_over_on": "2026-11-23", "handed_over_how": "post"}, status=422)
    assert page.errors["Übergeben am"].endswith("Der Tag liegt in der Zukunft.")
    page = client.submit({"handed_over_on": "2026-11-22", "handed_over_how": "collected"})
    assert "Gültig, übergeben am 22.11.2026 (persönlich abgeholt)" in page
    assert "Übergabe vermerken" not in page
    assert (
        client.post(f"{address}/hand-over", {"handed_over_on": "2026-11-22", "handed_over_how": "post"}).status_code
        == 422
    )


def test_hand_over_to_several_as_after_a_ceremony(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    signed_in(client).open(scene.page)
    client.submit(button="Alle 3 Papiere ausstellen")
    numbers = [number for number, *_ in papers(transaction)]
    button, on = "Übergabe vermerken", {"handed_over_on": "2026-11-22", "handed_over_how": "ceremony"}
    assert "Bitte wählen Sie etwas aus der Liste." in client.submit({**on}, button=button, status=422)
    one = str(numbers[0])
    page = client.submit({**on, "handed_over_on": "2026-11-23", "papers": [one]}, button=button, status=422)
    assert page.errors["Übergeben am"].endswith("Der Tag liegt in der Zukunft.")
    assert "1 Übergabe ist vermerkt." in client.submit({**on, "papers": [one]}, button=button)
    assert client.post(f"{scene.page}/hand-over", {**on, "papers": one}).status_code == 422  # she has it already
    page = client.submit({**on, "papers": list(map(str, numbers[1:]))}, button=button)
    assert "2 Übergaben sind vermerkt." in page
    assert "Übergabe an mehrere" not in page


def test_replace_by_the_form(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    certificate_id = paper(transaction, scene)
    signed_in(client).open(f"/certificates/{certificate_id}")
    assert "Grund" in client.submit({"replace_reason": ""}, button="Neues Papier ausstellen", status=422).errors
    page = client.submit({"replace_reason": "Heirat"}, button="Neues Papier ausstellen")
    assert page.h1 == "Teilnahmebescheinigung KO-2026-00002"
    assert page.links["KO-2026-00001"] == f"/certificates/{certificate_id}"
    page = client.click("KO-2026-00001")
    assert "Ersetzt am 22.11.2026" in page
    assert "Heirat" in page
    # To sign out, to change the language, to stay signed in: nothing more happens to this paper.
    assert len(page.forms) == 3


def test_revoke_by_the_form(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    signed_in(client).open(f"/certificates/{paper(transaction, scene)}")
    page = client.submit({"revoke_reason": "Verwechslung"}, button="Papier widerrufen")
    assert "Widerrufen am 22.11.2026" in page
    client.open(scene.page)
    assert "Das Papier KO-2026-00002 ist ausgestellt." in client.submit(button="Ausstellen: Ayşe Yılmaz")


@pytest.mark.parametrize("name", ["replace", "revoke"])
@pytest.mark.parametrize(
    "text", [text for text in (*HOSTILE, "a\ufffdb") if not text.startswith(("<", "'", "%", "a\ud800", "\x00"))]
)
def test_hostile_reasons_are_told_at_their_field(
    client: Client, transaction: TRANSACTION, scene: Scene, name: str, text: str
) -> None:
    address = f"/certificates/{paper(transaction, scene)}"
    signed_in(client).open(address)
    response = client.send(button="Papier widerrufen" if name == "revoke" else "Neues Papier ausstellen",
                           forge={f"{name}_reason": text})  # fmt: skip
    assert response.status_code in ({302, 422} if text.startswith("😀") else {422})


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'; DROP TABLE certificate; --", "%s{0}%(x)s"])
def test_odd_reasons_are_kept_as_they_are(client: Client, transaction: TRANSACTION, scene: Scene, text: str) -> None:
    signed_in(client).open(f"/certificates/{paper(transaction, scene)}")
    assert text in client.submit({"revoke_reason": text}, button="Papier widerrufen")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("hand-over", {"handed_over_on": "2026-11-22", "handed_over_how": ["post", "leader"]}),
        ("hand-over", {"handed_over_on": "gestern", "handed_over_how": "post"}),
        ("hand-over", {"handed_over_on": "9999-12-31", "handed_over_how": "post"}),
        ("hand-over", {"handed_over_on": "2026-11-22", "handed_over_how": "pigeon"}),
        ("hand-over", {"handed_over_on": None, "handed_over_how": None}),
        ("replace", {"renewal": "nothing", "replace_reason": "x"}),
        ("replace", {"renewal": "name", "replace_reason": ["x", "y"]}),
        ("revoke", {"revoke_reason": None}),
    ],
)
def test_malformed_forms_change_nothing(
    client: Client, transaction: TRANSACTION, scene: Scene, name: str, values: dict[str, str | list[str] | None]
) -> None:
    signed_in(client).open(f"/certificates/{paper(transaction, scene)}")
    buttons = {"hand-over": "Übergabe", "replace": "Neues Papier", "revoke": "Papier widerrufen"}
    assert client.send(button=buttons[name], forge=values).status_code == 422
    [(_, _, _, state)] = papers(transaction)
    assert state is CertificateState.VALID


def test_too_much_at_once_is_refused(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    signed_in(client).open(f"/certificates/{paper(transaction, scene)}")
    response = client.send(button="Papier widerrufen", forge={"revoke_reason": "x" * 1_100_000})
    assert response.status_code == 413


def test_the_register_finds_names_and_numbers(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    with transaction() as session:
        [first, second, third] = issued(scene, 0, 1, 2)
        first.enrolment.person.family_name = "Weber"
        actions.revoke(second, "Verwechslung", clock.now(), by=scene.coordinator)
        session.flush()
        numbers = [first.number, second.number, third.number]

    def found(**words: str) -> list[str]:
        page = client.open("/certificates?" + "&".join(f"{name}={quote(value)}" for name, value in words.items()))
        return sorted(number for number in numbers if number in page.text)

    signed_in(client)
    assert found() == numbers
    assert found(q="Yılmaz") == numbers[:1]  # as printed
    assert found(q="weber ayse") == numbers[:1]  # as she is called today, typed without a Turkish keyboard
    assert found(q="dordevic") == found(q="Đorđević") == numbers[1:2]
    assert found(q="00003") == numbers[2:]
    assert found(q="%") == []
    assert found(shelf="waiting") == [numbers[0], numbers[2]]
    assert found(shelf="revoked") == [numbers[1]]
    for query in ("page=99999999", "page=x", "page=-1", "page=" + "9" * 500, "shelf=nothing", "q=a&q=b"):
        client.open(f"/certificates?{query}")
    for query in ("q=" + "x" * 500, "q=%E2%80%AE"):
        client.open(f"/certificates?{query}", status=422)


def test_the_register_names_courses_with_papers_ready(client: Client, scene: Scene) -> None:
    page = signed_in(client).open("/certificates")
    assert page.rows[1][:2] == ["Kurs RA", "RA-1"]
    assert page.rows[1][-1] == "3"
    assert client.click("Kurs RA").h1 == "Bescheinigungen für Kurs RA"


def test_pages_cost_the_same_for_two_and_for_forty(
    client: Client, transaction: TRANSACTION, counting: COUNTING
) -> None:
    counted: dict[str, set[int]] = {}
    for key, people in (("A", 2), ("B", 40)):
        with transaction():
            scene = build(key, people=people, modules=[True])
        if not client.signed_in:
            signed_in(client)
        for name, address in (("course", scene.page), ("register", "/certificates")):
            with counting() as statements:
                client.open(address)
            counted.setdefault(name, set()).add(len(statements))
        with transaction():
            issued(scene, *range(people))
        for name, address in (("issued", scene.page), ("filled", "/certificates")):
            with counting() as statements:
                client.open(address)
            counted.setdefault(name, set()).add(len(statements))
    assert all(len(counts) == 1 for counts in counted.values()), counted


def check(client: Client, code: str, status: int = 200) -> str:
    return client.open(f"/verify/{quote(code, errors='surrogatepass')}", status).main


def test_a_code_shows_what_is_on_the_paper_and_no_name(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    paper(transaction, scene)
    [(_, number, code, _)] = papers(transaction)
    text = check(client, code)
    for shown in ("Diese Bescheinigung ist gültig", number, "Teilnahmebescheinigung", "A. Y.", "Kurs RA", "16 von 16 Unterrichtseinheiten (UE, 45 Min.)",
                  "22. November 2026, Dietzenbach", "18. November 2026 – 21. November 2026"):  # fmt: skip
        assert shown in text
    assert "Ayşe" not in text
    assert "Yılmaz" not in text
    for typed in (
        code.lower(),
        grouped(code),
        grouped(code).replace(" ", "-"),
        code.replace("0", "O").replace("1", "l"),
    ):
        assert "Diese Bescheinigung ist gültig" in check(client, typed)
    client.open("/verify")
    assert "Diese Bescheinigung ist gültig" in client.submit({"Nummer oder Prüfcode": grouped(code)}, button="Prüfen")


def test_a_code_tells_replaced_and_revoked(client: Client, transaction: TRANSACTION, scene: Scene) -> None:
    with transaction():
        [first, second] = issued(scene, 0, 1)
        new = actions.replace(
            actions.Viewer.office(), first, "Heirat", clock.now(), by=scene.coordinator,
            imprint=actions.Imprint("https://kursbuch.example", demo=False),
        )  # fmt: skip
        actions.revoke(second, "Verwechslung", clock.now(), by=scene.coordinator)
        old, gone, valid = first.code, second.code, new.code
    assert "Diese Bescheinigung wurde ersetzt" in check(client, old)
    assert "Diese Bescheinigung ist widerrufen" in check(client, gone)
    assert "Verwechslung" not in check(client, gone)
    assert "Diese Bescheinigung ist gültig" in check(client, valid)


STRANGE_CODES = ["0" * 26, "a/b/c", "KO-2026-00001", "..", "x" * 100_000, "%00", "\u0000" * 26, "\x00a/\x00b"]


@pytest.mark.parametrize("code", [*HOSTILE, *STRANGE_CODES])
def test_unknown_and_malformed_codes_look_alike(app: Flask, code: str) -> None:
    """Compared without the token and the address that the page repeats, if it can, for the change of language."""
    browser, pages = app.test_client(), []
    typed = quote(code, errors="surrogatepass")
    for address in ("/verify/" + "Z" * 26, f"/verify/{typed}", f"/verify?code={typed}"):
        response = browser.get(address)
        assert response.status_code == 404, address
        html = re.sub(r'<input[^>]* name="next"[^>]*>', "", response.text)
        pages.append(re.sub(r'(name="(?:csrf_token|csrf-token)" (?:value|content)=)"[^"]*"', r"\1", html))
    unknown, *others = pages
    assert "Diese Nummer oder dieser Code ist unbekannt" in unknown
    assert others == [unknown] * 2 or code == ".."  # a browser leaves /verify with two dots


def test_guessing_is_stopped_by_its_failures(
    app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, scene: Scene, set_clock: Clock
) -> None:
    paper(transaction, scene)
    [(_, _, code, _)] = papers(transaction)
    client = new_client()
    for number in range(FAILED_CHECKS_ALLOWED):
        assert client.fetch(f"/verify/guess-{number}").status_code == 404
    response = client.fetch(f"/verify/{code}")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "900"
    assert "warten Sie eine Viertelstunde" in response.get_data(as_text=True)
    elsewhere = app.test_client().get(f"/verify/{code}", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200
    with transaction() as session:
        lines = session.execute(sa.select(TraceEntry.subject_hash, TraceEntry.object_id, TraceEntry.act)).all()
    assert len({line.subject_hash for line in lines if line.act == "verify failed"}) == 1
    assert "127.0.0.1" not in str(lines)
    assert "guess" not in str(lines)
    set_clock(NOON + dt.timedelta(minutes=16))
    assert client.fetch(f"/verify/{code}").status_code == 200


def test_a_second_address_of_the_same_household_is_the_same_guesser(app: Flask) -> None:
    browser = app.test_client()
    for number in range(FAILED_CHECKS_ALLOWED):
        address = f"2001:db8:1:2::{number:x}"
        assert browser.get("/verify/guess", environ_base={"REMOTE_ADDR": address}).status_code == 404
    assert browser.get("/verify/guess", environ_base={"REMOTE_ADDR": "2001:db8:1:2:ffff::1"}).status_code == 429
    assert browser.get("/verify/guess", environ_base={"REMOTE_ADDR": "2001:db8:1:3::1"}).status_code == 404
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(TraceEntry)) == FAILED_CHECKS_ALLOWED + 1
        db.session.rollback()
