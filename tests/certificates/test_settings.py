"""Papers as data: what may be set, what a setting changes, and what it never touches."""

import datetime as dt
import io
import struct
import zlib

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.datastructures import FileStorage

import clock
from auth.guard import Viewer
from auth.rules import Role
from programmes.catalogue.models import FundingProfile, Programme
from programmes.catalogue.rules import PaperKind
from programmes.certificates import actions, facts, queries
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateKind, Hardship
from programmes.certificates.settings.actions import redrawn
from programmes.certificates.settings.rules import Look, filled, kinds_of, look_reasons, valid_until
from tests.certificates.scene import COORDINATOR, LEADER, PASSWORD, Scene, build, issued, user
from tests.paper.reading import text_of
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION
from wording import Refused

K = CertificateKind


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("hat vom {zeitraum} am Kurs {kurs} teilgenommen", False), ("", False), ("100 % dabei", False), ("{{eckig}}", False),
        ("{alter}", True), ("{name", True), ("name}", True), ("{}", True), ("{0}", True), ("{name.__class__}", True),
        ("{name!r}", True), ("{name:>9999999}", True), ("{kurs[0]}", True),
    ],
)  # fmt: skip
def test_placeholders_are_a_closed_list(text: str, *, wrong: bool) -> None:
    reasons = look_reasons(Look(sentence=text), K.PARTICIPATION)
    assert [reason.field for reason in reasons] == (["sentence"] if wrong else [])


def test_what_is_filled_and_until_when_it_is_valid() -> None:
    assert filled("Kurs {kurs}", {"kurs": "A {b}"}) == "Kurs A {b}"
    assert filled(None, {}) is None
    for issued_on, months, last in (
        (dt.date(2026, 11, 27), 12, dt.date(2027, 11, 27)), (dt.date(2026, 8, 31), 6, dt.date(2027, 2, 28)),
        (dt.date(2026, 12, 31), 12, dt.date(2027, 12, 31)), (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
    ):  # fmt: skip
        assert valid_until(issued_on, months) == last
    assert valid_until(dt.date(2026, 1, 1), None) is None


@pytest.mark.parametrize(
    ("paper", "has_modules", "is_family", "kinds"),
    [
        (PaperKind.PARTICIPATION, False, False, {K.PARTICIPATION, K.CONFIRMATION, K.DAYS, K.EMPLOYER}),
        (PaperKind.QUALIFICATION, True, False, {K.QUALIFICATION, K.CONFIRMATION, K.MODULE, K.DAYS, K.EMPLOYER}),
        (PaperKind.PARTICIPATION, False, True, {K.PARTICIPATION, K.CONFIRMATION, K.DAYS, K.EMPLOYER, K.KEEPSAKE}),
        (PaperKind.TRAINING, False, False, {K.TRAINING, K.CONFIRMATION, K.DAYS, K.EMPLOYER}),
        (PaperKind.NONE, False, False, set()),
    ],
)  # fmt: skip
def test_which_papers_a_programme_can_give(
    paper: PaperKind, kinds: set[K], *, has_modules: bool, is_family: bool
) -> None:
    assert set(kinds_of(paper, has_modules=has_modules, is_family=is_family)) == kinds


def picture(kind: str, size: tuple[int, int] = (60, 30), mode: str = "RGBA") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 400 million pixels."""
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunks = (b"IHDR" + head, b"IDAT" + zlib.compress(b"\x00" * 1000), b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", picture("GIF", mode="RGB"), picture("PNG")[:60],
     bomb(), b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, b"x" * 800_000],
)  # fmt: skip
def test_what_is_no_logo_is_refused_at_its_field(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        redrawn(data)
    assert [reason.field for reason in refused.value.reasons] == ["file"]


def test_a_logo_is_drawn_anew() -> None:
    for data in (picture("PNG"), picture("JPEG", mode="RGB"), picture("PNG", (2000, 500))):
        with Image.open(io.BytesIO(redrawn(data))) as image:
            assert (image.format, image.mode) == ("PNG", "RGB")
            assert image.width <= 1000
            assert not image.info


@pytest.fixture
def scene(transaction: TRANSACTION) -> Scene:
    with transaction():
        return build(attended=[range(4), range(3), [0]], modules=[True, False])


@pytest.fixture
def coordinator(client: Client, scene: Scene) -> Client:
    client.sign_in(COORDINATOR, PASSWORD)
    return client


def programme(transaction: TRANSACTION) -> int:
    with transaction() as session:
        return session.scalars(sa.select(Programme.id)).one()


def test_a_setting_changes_new_papers_and_never_an_issued_one(
    coordinator: Client, transaction: TRANSACTION, scene: Scene
) -> None:
    with transaction():
        before = issued(scene, 0)[0]
        kept = (before.pdf, before.sha256, before.facts)
    path = f"/programmes/{programme(transaction)}/papers"
    coordinator.open(path)
    coordinator.click("Teilnahmebescheinigung")
    new: dict[str, str | bool | list[str] | None] = {
        "title": "Urkunde", "sentence": "war {zeitraum} in {ort}: {besucht} von {angeboten}", "small_print": "Alles Gute!",
        "signatory_1": "Quer Linski", "function_1": "Landrat", "valid_months": "24", "landscape": True,
    }  # fmt: skip
    assert "Ausgestellte Papiere ändern sich nicht." in coordinator.submit(new, button="Speichern")
    assert coordinator.open(f"{path}/participation").main.count("Verlauf") == 1
    with transaction() as session:
        after = issued(scene, 1)[0]
        text = text_of(after.pdf)
        for said in ("Urkunde", "in Dietzenbach: 12 von 16", "Alles Gute!", "Quer Linski", "Gültig bis"):
            assert said in text
        session.expire_all()
        row = session.scalars(
            sa.select(Certificate).order_by(Certificate.id).limit(1).execution_options(viewer="test")
        ).one()
        assert (row.pdf, row.sha256, row.facts) == kept


def test_a_preview_stores_nothing_and_two_at_once_are_told(
    coordinator: Client, transaction: TRANSACTION, scene: Scene
) -> None:
    path = f"/programmes/{programme(transaction)}/papers/participation"
    coordinator.open(path)
    answer = coordinator.send({"title": "Probe"}, button="Vorschau (PDF)")
    assert answer.mimetype == "application/pdf"
    assert "Probe" in text_of(answer.data)
    assert "Muster" in text_of(answer.data)
    assert "Probe" not in coordinator.open(path).html
    page = coordinator.submit({"sentence": "{unbekannt}"}, button="Vorschau (PDF)", status=422)
    assert any("{unbekannt}" in error for error in page.errors.values())
    coordinator.open(path)
    stale = coordinator.page
    coordinator.submit({"title": "Erste"}, button="Speichern")
    coordinator._page = stale
    page = coordinator.submit({"title": "Zweite"}, button="Speichern", status=422)
    assert "Jemand hat das inzwischen geändert" in page.main


def test_a_funding_profile_with_its_logo_stands_on_new_papers(
    new_client: NEW_CLIENT, coordinator: Client, transaction: TRANSACTION, scene: Scene
) -> None:
    with transaction():
        user("verwaltung@office.example", Role.ADMINISTRATOR)
    office = new_client()
    office.sign_in("verwaltung@office.example", PASSWORD)
    office.open("/funding")
    office.submit({"name": "Land", "line": "Gefördert durch das Land Hessen"}, button="Anlegen")
    sent = FileStorage(io.BytesIO(b"no picture"), "logo.png", content_type="image/png")
    page = office.submit({"shows": "Wappen"}, files={"file": sent}, button="Logo hinzufügen", status=422)
    assert "kein Bild" in page.main
    sent = FileStorage(io.BytesIO(picture("PNG")), "logo.png", content_type="image/png")
    assert "neuen Papieren" in office.submit({"shows": "Wappen"}, files={"file": sent}, button="Logo hinzufügen")
    coordinator.open(f"/programmes/{programme(transaction)}/papers")
    coordinator.submit({"funding_profile_id": "Land"}, button="Speichern")
    with transaction() as session:
        paper = issued(scene, 0)[0]
        assert "Gefördert durch das Land Hessen" in text_of(paper.pdf)
        assert facts.printed_facts(paper).logos
        assert b"/Image" in paper.pdf
        assert session.scalars(sa.select(FundingProfile.name)).one() == "Land"


def test_hardship_changes_the_paper_and_not_a_minute(
    coordinator: Client, transaction: TRANSACTION, scene: Scene
) -> None:
    coordinator.open(f"/enrolments/{scene.enrolments[2]}/certificate")
    assert "Teilnahmebestätigung" in coordinator.page.main
    coordinator.submit({"verdict": Hardship.FULL.label, "reason": "Krankenhaus"}, button="Entscheidung vermerken")
    page = coordinator.open(f"/enrolments/{scene.enrolments[2]}/certificate")
    assert "Härtefall" in page.main
    assert "Krankenhaus" in page.main
    coordinator.submit(button="Papier ausstellen")
    with transaction() as session:
        paper = session.scalars(sa.select(Certificate).execution_options(viewer="test")).one()
        assert paper.kind is K.PARTICIPATION
        assert facts.printed_facts(paper).attended_minutes == 180
        assert paper.facts["basis"]["hardship"] == {"verdict": "full", "why": "Krankenhaus"}
        assert "Krankenhaus" not in text_of(paper.pdf)


def test_a_withheld_paper_waits_until_the_rule_decides_again(coordinator: Client, scene: Scene) -> None:
    path = f"/enrolments/{scene.enrolments[0]}/certificate"
    coordinator.open(path)
    coordinator.submit(
        {"verdict": Hardship.WITHHOLD.label, "reason": "Name wird geklärt"}, button="Entscheidung vermerken"
    )
    assert "vorerst kein Papier auszustellen" in coordinator.open(path).main
    coordinator.submit(button="Wieder nach der Regel")
    assert "vorerst kein Papier auszustellen" not in coordinator.open(path).main
    page = coordinator.submit({"reason": "  "}, button="Entscheidung vermerken", status=422)
    assert "Bitte füllen Sie dieses Feld aus." in page.errors["Grund"]


def test_papers_besides_the_main_one(coordinator: Client, transaction: TRANSACTION, scene: Scene) -> None:
    path = f"/enrolments/{scene.enrolments[2]}/certificate"
    coordinator.open(path)
    page = coordinator.submit({"besides-paper": "Modulbescheinigung: Modul 1"}, button="Weiteres Papier ausstellen")
    assert "ist ausgestellt" in page
    coordinator.open(path)
    page = coordinator.submit(
        {"besides-paper": "Modulbescheinigung: Modul 1"}, button="Weiteres Papier ausstellen", status=422
    )
    assert "schon ausgestellt" in page.main
    coordinator.open(path)
    coordinator.submit(
        {"besides-paper": "Bestätigung der Anwesenheitstage", "besides-language": "Türkçe"},
        button="Weiteres Papier ausstellen",
    )
    with transaction() as session:
        rows = session.scalars(sa.select(Certificate).order_by(Certificate.id).execution_options(viewer="test")).all()
        assert [(row.kind, row.slot.partition(":")[0]) for row in rows] == [(K.MODULE, "module"), (K.DAYS, "days")]
        assert len(facts.printed_facts(rows[1]).days) == 1
        assert facts.printed_facts(rows[1]).second_language == "tr"
        of = queries.accounts(Viewer.office(), scene.course, clock.today())
        assert of.candidates[2].decision.is_ready or of.candidates[0].decision.is_ready, (
            "the main paper is still to come"
        )
    answer = coordinator.post(f"/enrolments/{scene.enrolments[2]}/besides", {"besides-paper": "keepsake:0"})
    assert answer.status_code == 422


def test_names_are_ticked_off_with_their_people_and_a_change_unticks_them(
    new_client: NEW_CLIENT, client: Client, transaction: TRANSACTION, scene: Scene
) -> None:
    leader = new_client()
    leader.sign_in(LEADER, PASSWORD)
    path = f"/courses/{scene.course}/names"
    page = leader.open(path)
    assert "0 von 3 geprüft" in page.main
    leader.submit(button="Stimmt Ayşe Yılmaz")
    assert "1 von 3 geprüft" in leader.page.main
    sheet = leader.fetch(f"{path}.pdf")
    assert "Snežana Đorđević" in text_of(sheet.data)
    with transaction() as session:
        [(_, one)] = actions._candidates(Viewer.office(), scene.enrolments[:1], clock.today())
        assert one.name_is_checked
        one.enrolment.person.family_name = "Yıldız"
        session.flush()
    assert "0 von 3 geprüft" in leader.open(path).main
    client.sign_in(COORDINATOR, PASSWORD)
    answer = client.post(f"/enrolments/{scene.enrolments[0]}/name-check", {"name": "Ayşe Yılmaz"})
    assert answer.status_code == 409, "somebody changed it meanwhile"
    assert "noch nicht mit" in client.open(scene.page).main
