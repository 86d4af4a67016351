"""Courses anybody may read of, a form without an account, and what the office makes of what was sent."""

import datetime as dt
import io
from collections.abc import Callable

import pypdfium2
import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth.models import TraceEntry
from programmes.enrolment.applying import actions, ticket
from programmes.enrolment.applying.models import Application, PublicOffer
from programmes.enrolment.applying.rules import FASTEST, KEPT, MOST_FROM_A_NETWORK, ApplicationFacts, Span, usual_times
from programmes.enrolment.models import Enrolment, EnrolmentChange, EnrolmentChild
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Person, PrivacyNotice
from programmes.participants.privacy import NOTICE_VERSION
from programmes.participants.rules import Channel, Explained
from tests.enrolment.scene import Scene, put
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

SignIn = Callable[[str], Client]
TEST = {"viewer": "test"}


@pytest.fixture
def offered(scene: Scene, transaction: TRANSACTION) -> Scene:
    """Both courses on the public list."""
    with transaction() as session:
        for name, user in (("A", "cora"), ("B", "cleo")):
            session.add(PublicOffer(course_id=scene.courses[name], since=clock.now(), by_id=scene.users[user]))
    return scene


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms are filled in as slowly as people do it."""
    made = ticket.make
    monkeypatch.setattr(ticket, "make", lambda course_id, now: made(course_id, now - 2 * FASTEST))


def sent(transaction: TRANSACTION) -> list[str]:
    with transaction() as session:
        return list(session.scalars(sa.select(Application.given_name).order_by(Application.id), execution_options=TEST))


def test_a_course_stands_on_the_list_only_when_somebody_put_it_there(
    signed_in: SignIn, scene: Scene, new_client: NEW_CLIENT
) -> None:
    guest, course = new_client(), scene.courses["A"]
    assert "Kurs A" not in guest.open("/offer").main
    guest.open(f"/offer/{course}", status=404)
    cora = signed_in("cora")
    cora.open(f"/courses/{course}/public")
    cora.submit(button="Öffentlich anbieten")
    page = guest.open(f"/offer/{course}")
    assert "Rathaus" in page.main
    assert "Es gibt freie Plätze." in page.main
    assert not any(name in page.html for name in ("Lena", "Ada", "Kanar"))
    assert 'dir="rtl"' in guest.open("/offer?lang=ar").html
    cora.submit(button="Nicht mehr öffentlich anbieten")
    guest.open(f"/offer/{course}/apply", status=404)


def test_who_waits_is_told_in_words(offered: Scene, new_client: NEW_CLIENT, transaction: TRANSACTION) -> None:
    with transaction():
        put(offered, "A", "bea", EnrolmentStatus.WAITING)
    page = new_client().open("/offer?town=Dietzenbach&taught=Deutsch")
    assert page.main.count("Warteliste") == 1
    assert page.main.count("Es gibt freie Plätze.") == 1


@pytest.mark.usefixtures("patient")
def test_from_the_form_to_the_queue(
    signed_in: SignIn, offered: Scene, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    """Somebody known applies with a child who is known and one who is new; sent twice it is one application."""
    guest = new_client()
    guest.open(f"/offer/{offered.courses['B']}/apply?lang=tr")
    told: dict[str, str | bool | list[str] | None] = {
        "given_name": "Eva", "family_name": "Ebert", "through": "Schwester 0171 5", "language": "tr", "relation": "mother",
        "child_1_name": "Kim", "child_2_name": "Noa", "child_2_birth": "05.2024", "needs": ["childcare"],
    }  # fmt: skip
    page = guest.submit(told, status=422)
    assert page.tree.xpath("//*[@aria-invalid]/@name") == ["child_1_birth"]
    kim = sa.select(Person.birth_date).where(Person.id == offered.people["kim"])
    with transaction() as session:
        born = session.scalars(kim, execution_options=TEST).one()
        assert born is not None
        told["child_1_birth"] = born.strftime("%m.%Y")
    first, second = guest.send(told), guest.send(told)
    assert first.location == second.location == "/offer/thanks?lang=tr"
    assert sent(transaction) == ["Eva"]
    cleo = signed_in("cleo")
    cleo.open("/participants")
    cleo.click("Öffentliche Anmeldungen")
    page = cleo.click("Eva Ebert")
    assert "Türkçe" in page.main
    cleo.submit({}, button="Anmeldung annehmen", status=422)
    cleo.submit({"who": str(offered.people["eva"])}, button="Anmeldung annehmen")
    with transaction() as session:
        enrolment = session.scalars(
            sa.select(Enrolment).where(Enrolment.person_id == offered.people["eva"]), execution_options=TEST
        ).one()
        assert enrolment.status is EnrolmentStatus.APPLIED
        assert enrolment.person.phone == "0815-4711"  # what was known stays
        children = session.scalars(
            sa.select(EnrolmentChild).where(EnrolmentChild.enrolment_id == enrolment.id), execution_options=TEST
        ).all()
        assert [child.person.given_name for child in children] == ["Kim", "Noa"]
        assert children[0].person_id == offered.people["kim"]
        step = session.scalars(
            sa.select(EnrolmentChange).where(EnrolmentChange.enrolment_id == enrolment.id), execution_options=TEST
        ).one()
        assert (step.old, step.new, step.by_id) == (None, EnrolmentStatus.APPLIED, offered.users["cleo"])
        assert "Türkisch" in (step.reason or "")
        [notice] = session.scalars(sa.select(PrivacyNotice), execution_options=TEST)
        assert (notice.person_id, notice.version, notice.language, notice.explained, notice.by_id) == (
            offered.people["eva"], NOTICE_VERSION, "Türkisch", Explained.ONLINE, None,
        )  # fmt: skip
    assert sent(transaction) == []


def application(scene: Scene, transaction: TRANSACTION, name: str, sent_at: dt.datetime) -> int:
    with transaction() as session:
        facts = ApplicationFacts(given_name=name, language="ar", through="Nachbar 069 1")
        actions.apply(scene.viewer("lena"), scene.courses["A"], name, facts, sent_at)
        query = sa.select(Application.id).where(Application.given_name == name)
        return session.scalars(query, execution_options=TEST).one_or_none() or 0


def test_only_who_coordinates_the_course_reads_and_decides(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    hour_ago = clock.now() - dt.timedelta(hours=1)
    number = application(scene, transaction, "Zoya", hour_ago)
    signed_in("cleo").open(f"/applications/{number}", status=404)
    signed_in("lena").open(f"/applications/{number}", status=404)
    cora = signed_in("cora")
    cora.open(f"/applications/{number}")
    cora.submit({"who": "new"}, button="Anmeldung annehmen")
    with transaction() as session:
        person = session.scalars(sa.select(Person).where(Person.given_name == "Zoya"), execution_options=TEST).one()
        assert (person.phone, person.contact_by) == ("Nachbar 069 1", Channel.THROUGH_SOMEBODY)
        applied = sa.select(Enrolment.applied_at).where(Enrolment.person_id == person.id)
        assert session.scalars(applied, execution_options=TEST).one() == hour_ago


def test_what_is_none_goes_and_leaves_a_word(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    number = application(scene, transaction, "Buy", clock.now())
    cora = signed_in("cora")
    cora.open(f"/applications/{number}")
    cora.submit({"reason": "nonsense"}, button="Löschen")
    assert sent(transaction) == []
    with transaction() as session:
        line = session.scalars(sa.select(TraceEntry).where(TraceEntry.act.startswith("discard application"))).one()
        assert (line.act, line.object_id) == ("discard application: nonsense", str(number))


def test_nothing_is_kept_longer_than_half_a_year(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    now = clock.now()
    with transaction() as session:
        session.add(
            Application(
                course_id=scene.courses["A"], ticket="old", sent_at=now - KEPT, given_name="Alt", family_name="", phone="1",
                language="de", needs=[], children=[], notice_version="1",
            )
        )  # fmt: skip
    assert "Alt" not in signed_in("cora").open("/applications").main
    application(scene, transaction, "Neu", now)
    assert sent(transaction) == ["Neu"]


def test_robots_get_nowhere_and_people_are_asked_once_more(
    app: Flask, offered: Scene, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    guest, course = new_client(), offered.courses["A"]
    told = {"given_name": "Ana", "phone": "069 1"}
    guest.open(f"/offer/{course}/apply")
    guest.submit(told, status=422)  # too fast
    assert guest.page.tree.xpath("//input[@name='given_name']/@value") == ["Ana"]
    with app.app_context():
        good = ticket.make(course, clock.now() - FASTEST)
        other = ticket.make(course + 1, clock.now() - FASTEST)
        stale = ticket.make(course, clock.now() - dt.timedelta(days=2))
    guest.submit(told, status=422, forge={"ticket": good, "website": "http://spam.example"})
    for wrong in (other, stale, good[:-2] + "xx", ""):
        guest.submit(told, status=422, forge={"ticket": wrong})
    guest.submit({"phone": "", "website": ""}, status=422, forge={"ticket": good})
    assert guest.page.tree.xpath("//*[@aria-invalid]/@name") == ["phone"]
    assert sent(transaction) == []
    guest.submit(told, forge={"ticket": good})
    assert sent(transaction) == ["Ana"]


@pytest.mark.usefixtures("patient")
def test_a_waiting_room_may_apply_and_a_flood_may_not(
    offered: Scene, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    guest = new_client()
    guest.open(f"/offer/{offered.courses['A']}/apply")
    guest.submit({"given_name": "Eins", "phone": "1"})
    with transaction() as session:
        line = session.scalars(sa.select(TraceEntry).where(TraceEntry.act == "apply")).one()
        same = {"at": line.at, "act": line.act, "status": 200, "request_id": "", "subject_hash": line.subject_hash}
        session.execute(sa.insert(TraceEntry), [same] * (MOST_FROM_A_NETWORK - 1))
    guest.open(f"/offer/{offered.courses['A']}/apply")
    guest.submit({"given_name": "Zuviel", "phone": "1"}, status=429)
    assert sent(transaction) == ["Eins"]


def test_the_notice_for_the_board(signed_in: SignIn, offered: Scene) -> None:
    """Read back: the course, its place in German, and the way to its form in plain letters."""
    cora, course = signed_in("cora"), offered.courses["A"]
    answer = cora.fetch(f"/courses/{course}/poster.pdf?language=tr")
    [page] = list(pypdfium2.PdfDocument(io.BytesIO(answer.data)))
    text = page.get_textpage().get_text_range()
    assert "Kurs A" in text
    assert "Rathaus" in text
    assert f"/offer/{course}?lang=tr" in text.replace("\r\n", "")


def test_usual_times() -> None:
    nine, noon, six = dt.time(9), dt.time(12), dt.time(18)
    monday = dt.date(2026, 11, 2)
    week = dt.timedelta(days=7)
    evening = Span(monday + dt.timedelta(days=2), six, dt.time(20))
    assert usual_times([Span(monday + week, nine, noon), evening, Span(monday, nine, noon)]) == [
        Span(monday, nine, noon), evening,
    ]  # fmt: skip
