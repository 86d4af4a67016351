"""Closing a roll call: somebody confirms what they see; who forgets is reminded; who may open it again."""

import datetime as dt

import sqlalchemy as sa

import clock
from auth.rules import Role
from programmes.attendance.models import AttendanceMark
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.rules import RulePack
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION


def closed_at(transaction: TRANSACTION, scene: Scene) -> dt.datetime | None:
    with transaction() as session:
        return session.get_one(Meeting, scene.meeting).closed_at


def fill(leader: Client, twelve: Scene) -> None:
    """Everything recorded: ten are here, one is excused, one is not."""
    one, two = twelve.people[:2]
    leader.open(twelve.page)
    leader.submit(
        {f"mark-{one}": "absent_excused", f"reason-{one}": "Arbeit", f"mark-{two}": "absent_unexcused"},
        button="Alle Übrigen anwesend",
    )


def test_the_summary_names_the_absent_and_only_a_yes_closes(
    leader: Client, twelve: Scene, transaction: TRANSACTION
) -> None:
    fill(leader, twelve)
    page = leader.submit({"note": "Beamer fehlt"}, button="Termin abschließen")
    assert page.h1 == "Termin abschließen"
    assert "10 da, 2 fehlen" in page
    assert "1 00 Yılmaz, Ayşe: entschuldigt (Arbeit)" in page
    assert "2 01 Đorđević, Snežana: unentschuldigt" in page
    assert "Beamer fehlt" in page, "what the form said is stored already"
    assert closed_at(transaction, twelve) is None
    leader.click("Zurück zur Anwesenheit")
    leader.submit({}, button="Termin abschließen")
    assert "Der Termin ist abgeschlossen. 10 da, 2 fehlen." in leader.submit(button="Ja, abschließen")
    assert closed_at(transaction, twelve) is not None
    page = leader.open(f"/meetings/{twelve.meeting}/close")
    assert "Der Termin ist schon abgeschlossen." in page
    assert leader.post(f"/meetings/{twelve.meeting}/close", {"seen": ""}).status_code == 302


def test_what_changed_meanwhile_is_shown_before_it_is_confirmed(
    leader: Client, twelve: Scene, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    fill(leader, twelve)
    leader.submit({}, button="Termin abschließen")
    other = sign_in(twelve.leader)
    other.open(twelve.page)
    other.submit({f"mark-{twelve.people[1]}": "present"}, button="Speichern")
    page = leader.submit(button="Ja, abschließen", status=409)
    assert "Inzwischen hat sich etwas geändert" in page
    assert "11 da, 1 fehlt" in page
    assert closed_at(transaction, twelve) is None
    leader.submit(button="Ja, abschließen")
    assert closed_at(transaction, twelve) is not None


def test_nothing_incomplete_is_confirmed(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    page = leader.open(f"/meetings/{twelve.meeting}/close")
    assert "Noch nicht erfasst: 12." in page
    assert "Ja, abschließen" not in page
    fill(leader, twelve)
    leader.submit({}, button="Termin abschließen")
    leader.open(twelve.page)
    leader.submit({f"mark-{twelve.people[0]}": "not_recorded"}, button="Speichern")
    leader.open(f"/meetings/{twelve.meeting}/close")
    assert leader.post(f"/meetings/{twelve.meeting}/close", {"seen": ""}).status_code == 409
    assert closed_at(transaction, twelve) is None


def test_what_is_in_dispute_is_decided_first(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    fill(leader, twelve)
    leader.submit({}, button="Termin abschließen")
    with transaction() as session:
        session.execute(
            sa.update(AttendanceMark)
            .where(AttendanceMark.enrolment_id == twelve.people[3])
            .values(disputed=True)
            .execution_options(viewer="test")
        )
    assert "Noch strittig: 1." in leader.submit(button="Ja, abschließen", status=422)
    assert closed_at(transaction, twelve) is None


def test_a_family_and_an_event_are_confirmed_too(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        group = scene.course("MKG", people=2, children=[1, 1], pack=RulePack.PARENT_CHILD)
        evening = scene.course("VR", people=0, pack=RulePack.HEAD_COUNT)
    leader = sign_in(group.leader)
    leader.open(group.page)
    one = group.people[0]
    child = group.children[one][0]
    values = {f"family-{one}": "split", f"adult-{one}": "present", f"child-{one}-{child}": "absent"}
    leader.submit(values, button="Alle Übrigen anwesend")
    page = leader.submit({}, button="Termin abschließen")
    assert "1 Familie da, 1 nur zum Teil, 0 fehlen (2 Erwachsene, 1 Kind)" in page
    assert "00 Yılmaz, Ayşe: anwesend, Ilyas nicht da" in page
    other = sign_in(evening.leader)
    other.open(evening.page)
    assert "85 waren da" in other.submit({"Erwachsene": "85"}, button="Termin abschließen")
    other.submit(button="Ja, abschließen")
    assert closed_at(transaction, evening) is not None


def test_whoever_stands_in_for_a_day_closes_but_does_not_reopen(
    leader: Client, twelve: Scene, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        second = scene.user("vertretung@office.example", Role.LEADER)
        session.get_one(Meeting, twelve.meeting).substitute_id = second.id
        scene.coordinator()
    substitute = sign_in("vertretung@office.example")
    fill(substitute, twelve)
    substitute.submit({}, button="Termin abschließen")
    page = substitute.submit(button="Ja, abschließen")
    assert "Termin wieder öffnen" not in page
    asked = {"action": "reopen", "correction": "Liste vertauscht"}
    assert substitute.post(twelve.page, asked).status_code == 422
    assert closed_at(transaction, twelve) is not None
    for who in (twelve.leader, "koordination@office.example"):
        person = sign_in(who)
        person.open(twelve.page)
        person.submit({"correction": "Liste vertauscht"}, button="Wieder öffnen")
        assert closed_at(transaction, twelve) is None
        person.open(f"/meetings/{twelve.meeting}/close")
        person.submit(button="Ja, abschließen")
    with transaction() as session:
        course = session.get_one(Course, twelve.course)
        course.starts_on, course.ends_on = (clock.today() - dt.timedelta(days=days) for days in (90, 31))
        session.get_one(Meeting, twelve.meeting).date = course.ends_on
    assert sign_in(twelve.leader).fetch(twelve.page).status_code == 404, "30 days after the end it is the office's"


def test_who_forgets_to_close_is_reminded_after_three_days_the_oldest_first(
    twelve: Scene, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        course = session.get_one(Course, twelve.course)
        for days in (1, 2, 3, 5):
            scene.meeting(course, clock.today() - dt.timedelta(days=days))
        scene.coordinator()
    for who in (twelve.leader, "koordination@office.example"):
        page = sign_in(who).open("/today")
        assert "2 Termine sind seit mindestens 3 Tagen nicht abgeschlossen" in page
        assert page.main.index("seit 5 Tagen offen") < page.main.index("seit 3 Tagen offen")
        assert "seit 2 Tagen offen" not in page
