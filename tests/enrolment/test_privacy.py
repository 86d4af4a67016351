"""Who was told what happens to their data, who said yes to what, and the sheets for both."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

import clock
from programmes.enrolment import views as people_views
from programmes.enrolment.privacy import queries
from programmes.participants.models import Consent, ConsentGiver, FamilyMember, Person, PrivacyNotice
from programmes.participants.privacy import NOTICE_VERSION, QUESTIONS
from programmes.participants.rules import ConsentPurpose, Custody, Relation
from tests.enrolment.scene import Scene
from tests.paper.reading import faults, overlaps, pages_of
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION
from tests.tools.page import Values

SignIn = Callable[[str], Client]
TEST = {"viewer": "test"}
MISSING = "Datenschutzhinweis fehlt noch"


def test_the_notice_is_a_task_until_it_was_given(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    cora, ada = signed_in("cora"), scene.people["ada"]
    assert MISSING in cora.open(f"/courses/{scene.courses['A']}/enrol?person={scene.people['bea']}").main
    cora.open("/participants")
    page = cora.click("Datenschutzhinweis und Blätter")
    assert "Kanar, Ada" in page.main
    assert "Mutter" not in page.main
    assert "Benali" not in page.main  # in no course yet: her own page says it
    page = cora.click("Hinweis geben: Ada Kanar")
    assert not page.tree.xpath("//main//input[@checked]")
    tomorrow = (scene.today + dt.timedelta(days=1)).isoformat()
    told = {"explained": "interpreted", "language": "Dari"}
    assert "in der Zukunft" in cora.submit({**told, "given_on": tomorrow}, status=422).main
    page = cora.submit({**told, "given_on": scene.today.isoformat()})
    assert MISSING not in page.main
    assert f"Fassung {NOTICE_VERSION} auf Dari, mit Dolmetschen" in page.main
    with transaction() as session:
        [notice] = session.scalars(sa.select(PrivacyNotice), execution_options=TEST)
        assert (notice.person_id, notice.by_id, notice.given_on) == (ada, scene.users["cora"], scene.today)
    assert "Kanar, Ada" not in cora.open("/privacy").main
    for module in (queries, people_views):
        monkeypatch.setattr(module, "NOTICE_VERSION", "the next")
    assert "Kanar, Ada" in cora.open("/privacy").main
    assert "Der neue " + MISSING in cora.open(f"/participants/{ada}").main


def test_consents(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    cora = signed_in("cora")
    cora.open(f"/participants/{scene.people['ada']}")
    cora.click("Antwort festhalten")
    page = cora.submit(status=422)
    assert (
        page.main.count("Bitte wählen Sie etwas aus der Liste.") == 6
    )  # in three fields and above them; nothing is ticked beforehand
    assert not page.tree.xpath("//main//input[@checked]")
    told = {"purpose": "photo", "state": "given", "explained": "aloud", "language": "Türkisch"}
    page = cora.submit(told, status=422)
    assert page.tree.xpath("//p[@class='error']/ancestor::*[starts-with(@id, 'about') or starts-with(@id, 'media')]")
    cora.submit({**told, "about": "Sommerfest", "media": ["report"]})
    assert "eingewilligt" in cora.page.main
    page = cora.submit(button="Widerrufen: Fotos Sommerfest")
    assert "widerrufen" in page.main
    assert "Frühere Antworten" in page.main
    assert "auf Türkisch" in page.main
    cora.click("Antwort festhalten")
    cora.submit({**told, "about": "Sommerfest", "state": "refused"})
    with transaction() as session:
        query = sa.select(Consent).order_by(Consent.id)
        answers = session.scalars(query, execution_options=TEST).all()
        assert [one.state.value for one in answers] == ["given", "revoked", "refused"]
        refused = answers[-1].id
        assert {one.text_version for one in answers} == {QUESTIONS[ConsentPurpose.PHOTO].version}
    again = cora.post(f"/consents/{refused}/revoke")
    assert again.status_code == 409
    assert "Widerrufen kann man nur" in again.get_data(as_text=True)


def test_for_a_child_those_with_custody_answer(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    """One is enough for a report, all are needed for the internet; who has no custody is not asked."""
    tom, mia = scene.people["tom"], scene.people["mia"]
    with transaction() as session:
        family = sa.select(FamilyMember).where(FamilyMember.person_id == mia)
        mother = session.scalars(family, execution_options=TEST).one()
        mother.custody = Custody.HAS
        others = [
            Person(
                given_name=name,
                citizenships=[],
                languages=[],
                entered_by_id=scene.users["cleo"],
                entered_at=clock.now(),
            )
            for name in ("Vater", "Fremder")
        ]
        session.add_all(others)
        session.flush()
        for other, custody in zip(others, (Custody.HAS, Custody.HAS_NOT), strict=True):
            session.add(
                FamilyMember(family_id=mother.family_id, person_id=other.id, relation=Relation.FATHER, custody=custody)
            )
        father = others[0].id
    cleo = signed_in("cleo")
    page = cleo.open(f"/participants/{tom}/consent")
    assert "Fremder" not in page.main
    told: Values = {
        "purpose": "photo",
        "about": "Sommerfest",
        "state": "given",
        "explained": "in_print",
        "language": "Deutsch",
    }
    assert "wer das Sorgerecht hat" in cleo.submit({**told, "media": ["report"]}, status=422).main
    everywhere: Values = {**told, "media": ["report", "website"]}
    assert "müssen Ja sagen" in cleo.submit({**everywhere, "givers": [str(mia)]}, status=422).main
    page = cleo.submit({**everywhere, "givers": [str(mia), str(father)]})
    assert "von Mia Mutter, Vater" in page.main
    with transaction() as session:
        answered = session.scalars(sa.select(ConsentGiver.person_id), execution_options=TEST).all()
        assert sorted(answered) == sorted([mia, father])


def test_an_answer_of_somebody_elses_people_is_not_there(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    cleo = signed_in("cleo")
    cleo.open(f"/participants/{scene.people['mia']}/consent")
    cleo.submit({"purpose": "follow_up", "state": "given", "explained": "aloud", "language": "Deutsch"})
    with transaction() as session:
        number = session.scalars(sa.select(Consent.id), execution_options=TEST).one()
    assert signed_in("cora").post(f"/consents/{number}/revoke").status_code == 404
    assert cleo.post(f"/consents/{number}/revoke").location == f"/participants/{scene.people['mia']}"


def test_the_sheets_read_back(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    """Each page in the person's language, German for the office; the first language is taken unless another is asked for."""
    with transaction() as session:
        session.get_one(Person, scene.people["ada"], execution_options=TEST).languages = ["Paschtu", "Arabisch"]
    cora, ada = signed_in("cora"), f"/participants/{scene.people['ada']}"
    front, back = pages_of(cora.fetch(f"{ada}/notice.pdf").data)
    assert "بياناتكم" in front
    assert "Ada Kanar" in front
    assert "§ 3 HDSIG" in back
    assert "Hessischen Beauftragten" in back
    [page] = pages_of(cora.fetch(f"{ada}/consents.pdf").data)
    for word in ("الصور", "نعم", "التوقيع", "Dürfen wir Fotos zeigen", "Unterschrift", "Ada Kanar"):
        assert word in page, word
    longest = cora.fetch("/privacy/consents.pdf?language=es").data
    assert len(pages_of(longest)) == 1
    assert not overlaps(longest)
    for door in ("notice", "consents"):
        assert not faults(cora.fetch(f"/privacy/{door}.pdf?language=ar").data)
