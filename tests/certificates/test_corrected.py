"""What is corrected in a person's record reaches the papers that hold: shown, on the list of what waits, replaced by one click (PR-4)."""

import datetime as dt
import unicodedata

import pytest
import sqlalchemy as sa

import clock
from auth.guard import Viewer
from database import db
from programmes.certificates import actions, queries
from programmes.certificates.facts import Wishes, corrections, printed_facts
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateState, Said, corrected
from programmes.enrolment.models import Enrolment
from programmes.participants.models import Person
from programmes.participants.rules import Precision
from tests.certificates.scene import COORDINATOR, IMPRINT, PASSWORD, STRANGER, Scene, build, issued
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

pytestmark = pytest.mark.usefixtures("app")
OFFICE = {"viewer": "test"}
BORN = dt.date(1980, 5, 17)


@pytest.mark.parametrize(
    ("printed", "today", "count"),
    [
        (Said("Ayşe Yılmaz"), Said("Ayşe Yılmaz"), 0),
        (
            Said("Ayşe Yılmaz"),
            Said(unicodedata.normalize("NFD", "Ayşe  Yılmaz")),
            0,
        ),  # stored otherwise, the same letters
        (Said("Ayşe Yılmaz"), Said("Ayşe Yilmaz"), 1),
        (Said("Ayşe Yılmaz"), Said("Ayşe Yılmaz", "عائشة", "Demir", BORN), 0),  # what nobody wanted on the paper
        (Said("Ayşe Yılmaz", "عائشة", "Demir", BORN), Said("Ayşe Yılmaz", "عائشه", "Demir", BORN), 1),
        (Said("Ayşe Yılmaz", None, "Demir", BORN), Said("Ayşe Yılmaz", None, None, None), 2),
        (Said("Ayşe Yılmaz", "عائشة", "Demir", BORN), Said("Ayşe Kaya", "عائشه", "Yılmaz", dt.date(1980, 5, 18)), 4),
    ],
)
def test_what_was_corrected(printed: Said, today: Said, count: int) -> None:
    assert len(corrected(printed, today)) == count


@pytest.fixture
def scene(transaction: TRANSACTION) -> Scene:
    """Everything that may stand on a paper stands on the first; the second has the name alone; the third is revoked."""
    with transaction() as session:
        scene = build()
        for enrolment_id in scene.enrolments:
            person = session.get_one(Enrolment, enrolment_id, execution_options=OFFICE).person
            person.birth_date, person.birth_precision = BORN, Precision.DAY
            person.native_name, person.native_language, person.birth_name = "Наташа", "Russisch", "Demir"
        session.flush()
        wishes = Wishes(birth_date=True, birth_name=True)
        actions.issue(
            Viewer.office(), scene.enrolments[:1], clock.now(), by=scene.coordinator, imprint=IMPRINT, wishes=wishes
        )
        actions.issue(
            Viewer.office(), scene.enrolments[1:2], clock.now(), by=scene.coordinator, imprint=IMPRINT,
            wishes=Wishes(native_name=False),
        )  # fmt: skip
        actions.revoke(issued(scene, 2)[0], "Versehen", clock.now(), by=scene.coordinator)
        return scene


def person(scene: Scene, position: int) -> Person:
    return db.session.get_one(Enrolment, scene.enrolments[position], execution_options=OFFICE).person


@pytest.mark.parametrize(
    ("position", "name", "value", "is_outdated"),
    [
        (0, "family_name", "Kaya", True),
        (0, "native_name", "Айше", True),
        (0, "native_name", None, True),
        (0, "birth_name", None, True),
        (0, "birth_date", dt.date(1980, 5, 18), True),
        (0, "birth_precision", Precision.YEAR, True),
        (0, "phone", "06074 1", False),
        (0, "called_name", "Ayşi", False),
        (1, "family_name", "Kaya", True),
        (1, "native_name", "Айше", False),
        (1, "birth_name", "Kaya", False),
        (1, "birth_date", dt.date(1980, 5, 18), False),
        (2, "family_name", "Kaya", False),
    ],
)
def test_the_list_and_the_rule_say_the_same(
    scene: Scene, transaction: TRANSACTION, position: int, name: str, value: object, is_outdated: bool
) -> None:
    with transaction() as session:
        assert queries.outdated(Viewer.office()) == []
        setattr(person(scene, position), name, value)
        session.flush()
        found = queries.outdated(Viewer.office())
        told = [
            paper for paper in session.scalars(sa.select(Certificate).execution_options(**OFFICE)) if corrections(paper)
        ]
        assert found == told
        assert [paper.enrolment_id for paper in found] == [scene.enrolments[position]] * is_outdated
        session.rollback()


def test_a_corrected_name_is_replaced_by_one_click(client: Client, scene: Scene, transaction: TRANSACTION) -> None:
    client.sign_in(COORDINATOR, PASSWORD)
    assert "Bescheinigung ersetzen" not in client.open("/today").main
    with transaction():
        who = person(scene, 0)
        who.family_name, who.birth_date, person_id = "Kaya", dt.date(1980, 5, 18), who.id
    assert "Bescheinigung ersetzen?" in client.open(f"/participants/{person_id}/rights").main
    page = client.open("/today")
    assert "Ayşe Kaya, KO-" in page.main
    with transaction():
        old = queries.outdated(Viewer.office())[0]
        old_id, code = old.id, old.code
    stranger = "Diese Bescheinigung ist gültig"
    assert stranger in client.open(f"/verify/{code}").main, "a paper holds until it is replaced"
    page = client.open(f"/certificates/{old_id}")
    assert "Auf dem Papier steht der Name Ayşe Yılmaz, richtig ist Ayşe Kaya." in page.main
    page = client.submit(button="Mit den berichtigten Angaben ersetzen")
    assert "Das neue Papier ist ausgestellt" in page.main
    assert "Bescheinigung ersetzen?" not in client.open("/today").main
    assert "Bescheinigung ersetzen?" not in client.open(f"/participants/{person_id}/rights").main
    assert stranger not in client.open(f"/verify/{code}").main
    with transaction() as session:
        new = session.scalars(
            sa.select(Certificate).where(Certificate.replaces_id == old_id).execution_options(**OFFICE)
        ).one()
        printed = printed_facts(new)
        assert (printed.name, printed.birth_date, new.state) == (
            "Ayşe Kaya",
            dt.date(1980, 5, 18),
            CertificateState.VALID,
        )
        assert corrections(new) == []


def test_only_who_decides_is_told(client: Client, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        person(scene, 0).family_name = "Kaya"
        [paper] = queries.outdated(Viewer.office())
        address = f"/certificates/{paper.id}"
    client.sign_in(STRANGER, PASSWORD)
    assert "Kaya" not in client.open("/today").main
    assert client.fetch(address).status_code == 404
