"""Meetings that do not take place: the day that makes up for them, what a leader may say, who stands in; and the age hint."""

import datetime as dt
from collections.abc import Callable

import pytest

import clock
from auth.guard import Viewer
from auth.rules import Role
from programmes.attendance.rules import not_held_reasons
from programmes.catalogue.models import Course, Meeting, MeetingChange, Module
from programmes.catalogue.rules import (
    Change,
    MeetingFacts,
    MeetingStatus,
    RulePack,
    Span,
    replacement_reasons,
)
from programmes.enrolment.models import EnrolmentChild
from programmes.enrolment.rules import outgrows_soon
from programmes.participants.rules import Precision
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.attendance.test_roll_call import meeting_of
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

DAY = dt.date(2026, 3, 10)
A_DAY = dt.timedelta(days=1)
at = dt.time.fromisoformat


@pytest.mark.parametrize(
    ("day", "begins", "ends", "prolong", "wrong"),
    [
        ("2026-03-17", "09:00", "12:00", False, []),
        ("2026-03-10", "14:00", "17:00", False, []),  # later on the same day
        ("2026-03-10", "09:00", "12:00", False, ["date"]),  # the one that does not take place
        ("2026-03-12", "11:00", "14:00", False, ["date"]),  # there is another
        ("2026-03-12", "12:00", "14:00", False, []),
        ("2026-02-27", "09:00", "12:00", False, ["date"]),  # before the course
        ("2026-02-27", "09:00", "12:00", True, ["date"]),
        ("2026-04-01", "09:00", "12:00", False, ["date"]),  # after it …
        ("2026-04-01", "09:00", "12:00", True, []),  # … so it lasts longer
        ("2026-03-17", "12:00", "09:00", False, ["ends_at"]),
        ("2026-03-17", "09:00", "09:30", False, ["break_minutes"]),
    ],
)
def test_which_day_makes_up_for_a_meeting(day: str, begins: str, ends: str, prolong: bool, wrong: list[str]) -> None:
    facts = MeetingFacts(dt.date.fromisoformat(day), at(begins), at(ends), 30)
    cancelled = Span(DAY, at("09:00"), at("12:00"))
    other = Span(DAY + 2 * A_DAY, at("09:00"), at("12:00"))
    course = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    reasons = replacement_reasons(facts, cancelled, course, [other], prolong=prolong)
    assert [reason.field for reason in reasons] == wrong


@pytest.mark.parametrize(
    ("days", "cancelled", "closed", "there", "allowed"),
    [
        (0, False, False, False, True), (0, True, False, False, False), (0, False, True, False, False),
        (0, False, False, True, False), (-1, False, False, False, False), (1, False, False, False, False),
    ],
)  # fmt: skip
def test_when_a_leader_may_say_so(days: int, cancelled: bool, closed: bool, there: bool, allowed: bool) -> None:
    day = DAY + days * A_DAY
    reasons = not_held_reasons(day, DAY, cancelled=cancelled, closed_once=closed, somebody_there=there)
    assert (not reasons) is allowed


@pytest.fixture
def office(twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN) -> Client:
    """The coordinator of the course of twelve, whose meeting has a module and a topic."""
    with transaction() as session:
        scene.coordinator()
        meeting = session.get_one(Meeting, twelve.meeting)
        module = Module(
            programme_id=meeting.course.programme_id, number=1, title="Recht", mandatory=True, assumed=False
        )
        meeting.module, meeting.topic = module, "Mietvertrag"
    return sign_in("koordination@office.example")


def replacement(transaction: TRANSACTION, twelve: Scene) -> Meeting | None:
    with transaction() as session:
        found = session.query(Meeting).filter_by(replaces_id=twelve.meeting).one_or_none()
        session.expunge_all()
    return found


def test_a_cancelled_meeting_is_made_up_for(
    office: Client, twelve: Scene, leader: Client, transaction: TRANSACTION
) -> None:
    office.open(twelve.page)
    office.click("Termin fällt aus")
    assert office.page.by_id("starts_at") is not None
    day = clock.today() + 7 * A_DAY
    page = office.submit({"Grund": "Wasserschaden", "Ersatztermin am": day.isoformat()})
    assert f"Ersatz: {day:%d.%m.%Y}" in page
    made, lost = replacement(transaction, twelve), meeting_of(transaction, twelve)
    assert made is not None
    assert (made.date, made.starts_at, made.ends_at, made.break_minutes) == (day, lost.starts_at, lost.ends_at, 0)
    assert (made.module_id, made.topic, made.minutes) == (lost.module_id, "Mietvertrag", 180)
    assert (lost.status, lost.cancelled_reason) == (MeetingStatus.CANCELLED, "Wasserschaden")
    office.open(f"/meetings/{twelve.meeting}/roll-call")
    assert "Ersatztermin:" in office.page
    assert "Ersatztermin anlegen" not in office.page.links
    page = leader.open(f"/meetings/{made.id}/roll-call")
    assert f"Ersatz für den ausgefallenen Termin am {lost.date:%d.%m.%Y}" in page
    assert "Ersatztermin" in leader.open(f"/meetings/{made.id}/history")
    with transaction() as session:
        changes = session.query(MeetingChange).filter_by(what=Change.REPLACEMENT).order_by(MeetingChange.id).all()
        assert [(change.meeting_id, change.old, change.new) for change in changes] == [
            (twelve.meeting, None, day.isoformat()), (made.id, lost.date.isoformat(), day.isoformat()),
        ]  # fmt: skip
    office.open(f"/meetings/{twelve.meeting}/cancel")
    page = office.submit(button="Termin findet statt", status=422)
    assert "Es gibt einen Ersatztermin" in page
    office.open(f"/meetings/{made.id}/cancel")
    office.submit({"Grund": "Raum belegt"})
    office.open(f"/meetings/{twelve.meeting}/cancel")
    office.submit(button="Termin findet statt")
    assert meeting_of(transaction, twelve).status is MeetingStatus.PLANNED


def test_a_replacement_that_does_not_fit_cancels_nothing(
    office: Client, twelve: Scene, transaction: TRANSACTION
) -> None:
    taken = clock.today() + 2 * A_DAY
    with transaction() as session:
        course = session.get_one(Course, twelve.course)
        scene.meeting(course, taken)
        last = course.ends_on
    office.open(f"/meetings/{twelve.meeting}/cancel")
    for day, told in ((taken, "schon einen Termin"), (last + A_DAY, "Der Kurs endet am"), (clock.today(), "der ausfällt"),
                      (clock.today() - 60 * A_DAY, "außerhalb des Kurses")):  # fmt: skip
        page = office.submit({"Grund": "Sturm", "Ersatztermin am": day.isoformat()}, status=422)
        assert told in page.errors["Ersatztermin am"]
        assert meeting_of(transaction, twelve).status is MeetingStatus.PLANNED
    assert "Beginn" in office.submit({"Beginn": "viertel neun"}, status=422).errors
    page = office.submit(
        {
            "Ersatztermin am": (last + A_DAY).isoformat(),
            "Beginn": "10:00",
            "Der Kurs dauert dann bis zu diesem Tag": True,
        }
    )
    made = replacement(transaction, twelve)
    assert made is not None
    assert (made.date, made.starts_at) == (last + A_DAY, at("10:00"))
    with transaction() as session:
        assert session.get_one(Course, twelve.course).ends_on == last + A_DAY


def test_a_replacement_can_follow_later(office: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    office.open(f"/meetings/{twelve.meeting}/replacement")
    day = (clock.today() + 3 * A_DAY).isoformat()
    page = office.submit({"Ersatztermin am": day}, status=422)
    assert "Der Termin ist nicht ausgefallen" in page
    office.open(f"/meetings/{twelve.meeting}/cancel")
    office.submit({"Grund": "Sturm"})
    office.click("Ersatztermin anlegen")
    assert "Ersatztermin am" in office.submit({}, status=422).errors
    office.submit({"Ersatztermin am": day})
    made = replacement(transaction, twelve)
    assert made is not None
    office.open(f"/meetings/{twelve.meeting}/replacement")
    page = office.submit({"Ersatztermin am": (clock.today() + 5 * A_DAY).isoformat()}, status=422)
    assert "schon einen Ersatztermin" in page


def test_a_leader_says_that_todays_meeting_does_not_take_place(
    twelve: Scene, leader: Client, office: Client, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    leader.open(twelve.page)
    leader.click("Termin fällt heute aus")
    assert "Grund" in leader.submit({}, status=422).errors
    page = leader.submit({"Grund": "Heizung ausgefallen"})
    assert "Dieser Termin ist ausgefallen" in page
    assert "Heizung ausgefallen" in page
    assert {"Termin fällt heute aus", "Ersatztermin anlegen"}.isdisjoint(page.links)
    with transaction() as session:
        (change,) = session.query(MeetingChange).filter_by(what=Change.STATUS)
        assert (change.by.email, change.reason) == (twelve.leader, "Heizung ausgefallen")
    assert leader.post(f"/meetings/{twelve.meeting}/cancel").status_code == 404, "to take it back is the office's"
    assert "schon ausgefallen" in leader.open(f"/meetings/{twelve.meeting}/not-held")
    office.open(twelve.page)
    assert "Ersatztermin anlegen" in office.page.links


def test_a_leader_says_it_of_own_meetings_of_the_day_only(
    twelve: Scene, leader: Client, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction() as session:
        course = session.get_one(Course, twelve.course)
        others = [scene.meeting(course, clock.today() + days * A_DAY).id for days in (-1, 1)]
        stranger = scene.course("IL", people=1)
        scene.coordinator()
    for meeting_id in others:
        page = leader.open(f"/meetings/{meeting_id}/not-held")
        assert "nur am Tag des Termins" in page
        assert leader.post(f"/meetings/{meeting_id}/not-held", {"reason": "Sturm"}).status_code == 422
        assert "Termin fällt heute aus" not in leader.open(f"/meetings/{meeting_id}/roll-call").links
    away = sign_in(stranger.leader)
    assert away.fetch(f"/meetings/{twelve.meeting}/not-held").status_code == 404
    assert away.post(f"/meetings/{twelve.meeting}/not-held", {"reason": "x"}).status_code == 404
    assert sign_in("koordination@office.example").fetch(f"/meetings/{twelve.meeting}/not-held").status_code == 404
    leader.open(twelve.page)
    leader.submit({f"mark-{twelve.people[0]}": "present"}, button="Speichern")
    assert "Termin fällt heute aus" not in leader.page.links
    assert leader.post(f"/meetings/{twelve.meeting}/not-held", {"reason": "Sturm"}).status_code == 422
    assert meeting_of(transaction, twelve).status is MeetingStatus.PLANNED


def test_who_stands_in_sees_exactly_that_meeting(
    office: Client, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction() as session:
        scene.user("vertretung@office.example", Role.LEADER)
        next_one = scene.meeting(session.get_one(Course, twelve.course), clock.today() + A_DAY).id
    substitute = sign_in("vertretung@office.example")
    assert substitute.fetch(twelve.page).status_code == 404
    office.open(f"/meetings/{twelve.meeting}/edit")
    office.submit({"Vertretung": "Vertretung"})
    substitute.open(twelve.page)
    substitute.submit({f"mark-{twelve.people[0]}": "present"}, button="Speichern")
    for address in ("history", "signature-sheet.pdf"):
        assert substitute.fetch(f"/meetings/{twelve.meeting}/{address}").status_code == 200
    for address in (f"/meetings/{next_one}/roll-call", f"/courses/{twelve.course}", f"/meetings/{next_one}/not-held"):
        assert substitute.fetch(address).status_code == 404, address
    assert f"/meetings/{twelve.meeting}/roll-call" in substitute.open("/today").links.values()


@pytest.mark.parametrize(
    ("birth", "precision", "day", "soon"),
    [
        ("2023-04-01", Precision.MONTH, "2026-03-01", False),  # 31 days
        ("2023-04-01", Precision.MONTH, "2026-03-02", True),
        ("2023-04-01", Precision.MONTH, "2026-04-15", True),  # some day of this month
        ("2023-04-01", Precision.MONTH, "2026-04-30", False),
        ("2023-04-01", Precision.MONTH, "2026-05-01", False),
        ("2023-04-20", Precision.DAY, "2026-03-20", False),
        ("2023-04-20", Precision.DAY, "2026-03-21", True),
        ("2023-04-20", Precision.DAY, "2026-04-20", False),
        ("2024-02-29", Precision.DAY, "2027-02-01", True),
        ("2023-12-01", Precision.MONTH, "2026-12-01", True),
        ("2023-01-01", Precision.YEAR, "2025-12-20", False),
        (None, Precision.DAY, "2026-03-20", False),
    ],
)
def test_who_outgrows_the_group_soon(birth: str | None, precision: Precision, day: str, soon: bool) -> None:
    born = dt.date.fromisoformat(birth) if birth else None
    assert outgrows_soon(born, precision, 36, dt.date.fromisoformat(day)) is soon


def test_only_the_office_is_reminded_of_the_kita(
    transaction: TRANSACTION, sign_in: SIGN_IN, set_clock: Callable[[dt.datetime], None]
) -> None:
    set_clock(dt.datetime(2026, 3, 10, 10, tzinfo=dt.UTC))
    with transaction() as session:
        group = scene.course("MKG", people=3, children=[1, 1, 1], pack=RulePack.PARENT_CHILD)
        course = session.get_one(Course, group.course)
        course.programme.child_from_months, course.programme.child_until_months = 18, 36
        for enrolment, born in zip(group.people, (dt.date(2023, 4, 1), dt.date(2024, 4, 1), None), strict=True):
            child = session.get_one(
                EnrolmentChild, group.children[enrolment][0], execution_options={"viewer": Viewer.office()}
            ).person
            child.birth_date, child.birth_precision = born, Precision.MONTH
        scene.coordinator()
    office = sign_in("koordination@office.example")
    page = office.open(group.page)
    assert "Kita-Übergang besprechen Ilyas (00 Yılmaz, Ayşe)" in page
    assert "01 Đorđević, Snežana)" not in page
    assert "Kita" not in sign_in(group.leader).open(group.page), "a leader's list says nothing of when a child was born"
