"""Offers of places through the pages' own forms: deadline, calls, answers, and who does not come any more."""

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa

import clock
from auth.guard import Viewer
from programmes.catalogue.models import Course
from programmes.enrolment import actions, queries
from programmes.enrolment.models import ContactAttempt, Enrolment, EnrolmentChange
from programmes.enrolment.rules import EnrolmentStatus, ExitCause, Reached
from programmes.enrolment.waiting.actions import offer_place
from programmes.enrolment.waiting.queries import waiting_list
from programmes.participants.models import Person
from programmes.participants.rules import Channel, Sex
from tests.enrolment.scene import Scene, months_ago, put
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

SignIn = Callable[[str], Client]
TEST = {"viewer": "test"}
A_DAY = dt.timedelta(days=1)


def enrolment(session: sa.orm.scoped_session[sa.orm.Session], number: int) -> Enrolment:
    return session.get_one(Enrolment, number, execution_options=TEST)


def test_the_next_is_offered_the_place_called_and_takes_it(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():
        first, second = (put(scene, "A", name, EnrolmentStatus.WAITING) for name in ("bea", "eva"))
    cora, course = signed_in("cora"), f"/courses/{scene.courses['A']}"
    page = cora.open(course)
    assert "Wer ein Angebot verstreichen lässt, stellt sich hinten an." in page.main
    page = cora.submit(button="Bea Benali den Platz anbieten")
    assert "Antwort bis" in page.main
    assert "0815-4711" in page.main
    twice = cora.post(f"/enrolments/{first}/offer", {"until": str(clock.today() + A_DAY)})  # a double click
    assert twice.status_code == 422
    assert "Der Platz ist schon angeboten." in twice.get_data(as_text=True)
    cora.open(f"/enrolments/{first}/offer")
    cora.submit(
        {"channel": Channel.CALL, "reached": Reached.MESSAGE_LEFT, "note": "Mailbox"}, button="Versuch notieren"
    )
    page = cora.open(course)
    assert "2 von 3 Plätzen" in page.main  # the offered one is nobody else's
    assert "Anruf, Nachricht hinterlassen" in page.main
    cora.open(f"/enrolments/{first}/promote")
    assert "Bea Benali hat jetzt einen Platz" in cora.submit().text
    with transaction() as session:
        assert enrolment(session, first).offered_until is None
        steps = [(one.old, str(one.new)) for one in queries.changes_of(Viewer.office(), [first])[first]]
        assert steps == [("waiting", "offered"), ("offered", "enrolled")]
        [call] = session.scalars(sa.select(ContactAttempt), execution_options=TEST)
        assert (call.enrolment_id, call.note, call.by_id) == (first, "Mailbox", scene.users["cora"])
        assert enrolment(session, second).status is EnrolmentStatus.WAITING


def test_who_does_not_answer_waits_again_at_the_end(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        first, second = (put(scene, "A", name, EnrolmentStatus.WAITING) for name in ("bea", "eva"))
        offer_place(Viewer.office(), first, clock.today(), None, clock.now())
        enrolment(session, first).offered_until = clock.today() - A_DAY
    cora = signed_in("cora")
    assert "1 Angebot ohne Antwort" in cora.open("/today").main
    assert "Frist vorbei" in cora.open(f"/courses/{scene.courses['A']}").main
    cora.open(f"/enrolments/{first}/offer")
    assert "steht wieder auf der Warteliste" in cora.submit(button="Keine Antwort: hinten anstellen").text
    with transaction() as session:
        order = [one.id for one in waiting_list(scene.viewer("cora"), scene.courses["A"])]
        assert order == [second, first]
        changes = session.scalars(
            sa.select(EnrolmentChange.reason).order_by(EnrolmentChange.id), execution_options=TEST
        )
        assert list(changes)[-1] == "Frist verstrichen, ohne Antwort"


def test_an_offer_that_the_office_takes_back_costs_nobody_their_turn(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():
        first, second = (put(scene, "A", name, EnrolmentStatus.WAITING) for name in ("bea", "eva"))
        offer_place(Viewer.office(), first, clock.today() + A_DAY, None, clock.now())
    cora = signed_in("cora")
    cora.open(f"/enrolments/{first}/offer")
    cora.submit(button="Angebot zurücknehmen")
    with transaction():
        order = [one.id for one in waiting_list(scene.viewer("cora"), scene.courses["A"])]
        assert order == [first, second]


def test_out_of_order_and_too_late_are_refused_and_declining_frees_the_place(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():
        first, second = (put(scene, "A", name, EnrolmentStatus.WAITING) for name in ("bea", "eva"))
    cora = signed_in("cora")
    cora.open(f"/enrolments/{second}/offer")
    page = cora.submit({"until": str(clock.today() + 3 * A_DAY)}, status=422)
    assert "Länger warten schon: 1." in page.errors["Grund"]
    page = cora.submit({"until": str(clock.today() - A_DAY), "reason": "gemischte Sprachen"}, status=422)
    assert "schon vorbei" in page.errors["Antwort bis"]
    cora.submit({"until": str(clock.today() + 3 * A_DAY), "reason": "gemischte Sprachen"})
    cora.open(f"/enrolments/{second}/leave")
    cora.submit({"status": EnrolmentStatus.DECLINED, "exit_date": str(clock.today()), "cause": ExitCause.OTHER_COURSE})
    with transaction() as session:
        assert enrolment(session, second).status is EnrolmentStatus.DECLINED
        assert queries.places_of(Viewer.office(), [scene.courses["A"]])[scene.courses["A"]].taken == 1
        assert enrolment(session, first).status is EnrolmentStatus.WAITING


def test_nobody_is_passed_over_without_a_decision(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    """A child that has outgrown the group while waiting: the page says so, offers nothing, and moves nobody past them."""
    with transaction() as session:
        waits = put(scene, "B", "eva", EnrolmentStatus.WAITING, ["kim"])
        kim = session.get_one(Person, scene.people["kim"], execution_options=TEST)
        kim.birth_date = months_ago(scene.today, 40)
    cleo, course = signed_in("cleo"), scene.courses["B"]
    page = cleo.open(f"/courses/{course}")
    assert "kann den Platz nicht bekommen" in page.main
    assert "jung genug bis" in page.main
    assert "den Platz anbieten" not in page.main
    cleo.open(f"/enrolments/{waits}/offer")
    page = cleo.submit({"until": str(clock.today() + A_DAY)}, status=422)
    assert "40 Monate alt" in page.text
    with transaction() as session:
        assert enrolment(session, waits).status is EnrolmentStatus.WAITING


def test_a_condition_of_the_programme_gives_way_to_a_reason_that_is_kept(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        programme = session.get_one(Course, scene.courses["A"]).programme
        programme.women_only = programme.residents_only = True
    cora = signed_in("cora")
    page = cora.open(f"/courses/{scene.courses['A']}/enrol?person={scene.people['bea']}")
    assert "Der Kurs ist für Frauen" in page.main
    page = cora.submit(status=422)
    assert "für Menschen aus Dietzenbach" in page.text
    cora.submit({"reason": "zieht nächste Woche her"})
    with transaction() as session:
        change = session.scalars(
            sa.select(EnrolmentChange).order_by(EnrolmentChange.id.desc()), execution_options=TEST
        ).first()
        assert change is not None
        assert (change.new, change.reason) == (EnrolmentStatus.ENROLLED, "zieht nächste Woche her")


def test_what_comes_before_counts_when_it_is_completed(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        before, after = (session.get_one(Course, scene.courses[key]) for key in "BA")
        after.programme.after_programme_id = before.programme_id
        ada = session.get_one(Person, scene.people["bea"], execution_options=TEST)
        office = Viewer.office()
        assert queries.completed_before(office, after, [ada.id]) == frozenset()
        put(scene, "B", "bea", EnrolmentStatus.COMPLETED)
        assert queries.completed_before(office, after, [ada.id]) == {ada.id}
        ada.sex = Sex.FEMALE
        made = actions.enrol(office, after.id, ada, [], scene.today, clock.now())
        assert made.status is EnrolmentStatus.ENROLLED


def test_a_leader_says_who_does_not_come_any_more_and_only_the_office_decides(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    lena, cora, course = signed_in("lena"), signed_in("cora"), f"/courses/{scene.courses['A']}"
    lena.open(course)
    page = lena.submit(button="Kommt nicht mehr: Kanar, Ada")
    assert "kommt nicht mehr, seit" in page.main
    assert "1 kommt nicht mehr" in cora.open("/today").main
    assert "kommt nicht mehr, seit" in cora.open(course).main
    with transaction() as session:
        assert enrolment(session, scene.enrolments["A-ada"]).status is EnrolmentStatus.ENROLLED
    cora.submit(button="Kommt wieder: Kanar, Ada")
    assert "kommt nicht mehr, seit" not in lena.open(course).main
    lara = signed_in("lara")
    assert lara.post(f"/enrolments/{scene.enrolments['A-ada']}/missed").status_code == 404
