"""What phones fetch and send: every event for itself, the author from the session, the same result in any order."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import clock
from auth.guard import Viewer
from auth.models import Device, TraceEntry, User
from auth.rules import Role
from database import db
from programmes.attendance import exchange
from programmes.attendance.models import AttendanceMark, HeldEvent, MarkEvent
from programmes.attendance.rules import Mark, Outcome, Source
from programmes.catalogue.models import Course, CourseLeader, Meeting
from programmes.catalogue.rules import RulePack
from programmes.enrolment.models import Enrolment
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.tools.client import ORIGIN, Client
from tests.tools.offices import TRANSACTION

BERLIN = ZoneInfo("Europe/Berlin")


class Phone:
    """Somebody's phone: fetches and sends with the session of a browser."""

    def __init__(self, client: Client, device: str | None = None) -> None:
        self.client, self.device = client, device
        self.csrf = client.token()

    def get(self, address: str) -> Any:
        return self.client.http.get(address, base_url=ORIGIN, headers={"Accept": "application/json"})

    def post(self, address: str, body: object, **headers: str) -> Any:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        mine = {"X-CSRFToken": self.csrf, "Sec-Fetch-Site": "same-origin", "Accept": "application/json"}
        if self.device:
            mine["X-Device"] = self.device
        return self.client.http.post(
            address, base_url=ORIGIN, data=sent, content_type="application/json", headers=mine | headers
        )

    def sync(self, *events: object) -> list[dict[str, Any]]:
        response = self.post("/attendance/sync", {"events": events})
        assert response.status_code == 200, response.text
        return list(response.json["results"])

    def statuses(self, *events: object) -> list[str]:
        return [one["status"] for one in self.sync(*events)]


@pytest.fixture
def phone(leader: Client) -> Phone:
    return Phone(leader)


def event(where: Scene, person: int, mark: object = "present", **more: object) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "meeting": where.meeting,
        "enrolment": person,
        "member": None,
        "mark": mark,
        "arrived_at": None,
        "left_at": None,
        "recorded_at": clock.now().isoformat(),
    } | more


def rows(transaction: TRANSACTION, model: Any) -> list[Any]:
    with transaction() as session:
        found = session.scalars(sa.select(model).execution_options(viewer=Viewer.office())).all()
        session.expunge_all()
        return list(found)


def holds(transaction: TRANSACTION) -> dict[tuple[int, int | None], tuple[Mark, bool]]:
    return {(row.enrolment_id, row.child_id): (row.mark, row.disputed) for row in rows(transaction, AttendanceMark)}


def test_a_day_holds_what_a_roll_call_needs_and_nothing_else(phone: Phone, twelve: Scene) -> None:
    answer = phone.get(f"/attendance/day?date={clock.today()}")
    assert answer.headers["Cache-Control"] == "no-store"
    [meeting] = answer.json["meetings"]
    assert {"id", "course", "starts_at", "ends_at", "closed", "roster"} <= set(meeting)
    assert meeting["starts_at"] == dt.datetime.combine(clock.today(), scene.START, BERLIN).isoformat()
    assert [one["enrolment"] for one in meeting["roster"]] == twelve.people
    assert {"enrolment", "member", "name"} <= set(meeting["roster"][0])
    assert meeting["roster"][0]["name"] == "Ayşe 0."
    for secret in ("Yılmaz", "birth", "Laufacher", "citizen"):
        assert secret not in answer.text
    assert phone.get(f"/attendance/day?date={clock.today() + dt.timedelta(days=1)}").json["meetings"] == []


@pytest.mark.parametrize(
    "question", ["date=heute", "date=2026-02-30", "date=9999-12-31", "date=0001-01-01", "days=8", "days=0"]
)
def test_strange_days_are_refused(phone: Phone, question: str) -> None:
    assert phone.get(f"/attendance/day?{question}").status_code == 400


def test_marks_arrive_once(phone: Phone, twelve: Scene, transaction: TRANSACTION) -> None:
    events = [event(twelve, person) for person in twelve.people]
    assert phone.statuses(*events) == ["stored"] * 12
    assert phone.statuses(*events) == ["duplicate"] * 12
    assert holds(transaction) == {(person, None): (Mark.PRESENT, False) for person in twelve.people}
    stored = rows(transaction, MarkEvent)
    assert {one.id for one in stored} == {one["id"] for one in events}
    assert {one.source for one in stored} == {Source.PHONE}
    assert not any(one.doubtful for one in stored)


def test_the_same_number_with_other_content_is_a_conflict_and_both_are_kept(
    phone: Phone, twelve: Scene, transaction: TRANSACTION
) -> None:
    first = event(twelve, twelve.people[0])
    altered = first | {"mark": "absent_excused"}
    assert phone.statuses(first, altered) == ["stored", "conflict"]
    assert phone.statuses(altered) == ["conflict"]
    [kept] = rows(transaction, HeldEvent)
    assert (kept.event_id, kept.outcome, kept.content["mark"]) == (first["id"], Outcome.CONFLICT, "absent_excused")
    assert holds(transaction) == {(twelve.people[0], None): (Mark.PRESENT, False)}


def test_one_bad_event_blocks_no_other(phone: Phone, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        other = scene.course("MKG", people=1)
    good = event(twelve, twelve.people[0])
    bad: list[object] = [
        None, [], "x", 5, {}, {"id": "x"},
        event(twelve, twelve.people[1], id="not-a-uuid"),
        event(twelve, twelve.people[1], mark="dancing"),
        event(twelve, twelve.people[1], mark=["present"]),
        event(twelve, twelve.people[1], mark="absent"),  # not of this programme
        event(twelve, twelve.people[1], meeting=2**63),
        event(twelve, twelve.people[1], meeting=True),
        event(twelve, twelve.people[1], meeting="1"),
        event(twelve, twelve.people[1], meeting=999_999),
        event(twelve, 999_999),
        event(twelve, twelve.people[1], member=999_999),
        event(twelve, twelve.people[1], member="x"),
        event(twelve, twelve.people[1], arrived_at="25:00"),
        event(twelve, twelve.people[1], arrived_at=9),
        event(twelve, twelve.people[1], arrived_at="23:00"),  # after the meeting
        event(twelve, twelve.people[1], reason="plague"),
        event(twelve, twelve.people[1], recorded_at="yesterday"),
        event(twelve, twelve.people[1], recorded_at=None),
        event(twelve, twelve.people[1], replaces="x"),
        event(twelve, twelve.people[1], replaces=["\u0000"]),
        event(other, other.people[0]),  # somebody else's meeting
        event(twelve, other.people[0]),  # somebody else's person
    ]  # fmt: skip
    results = phone.sync(good, *bad)
    assert [one["status"] for one in results] == ["stored"] + ["refused"] * len(bad)
    assert all(one["reason"] for one in results[1:])
    assert holds(transaction) == {(twelve.people[0], None): (Mark.PRESENT, False)}
    assert len([one for one in rows(transaction, TraceEntry) if one.act == "sync refused"]) == len(bad)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"null", 400), (b"[]", 400), (b"{", 400), (b'{"events": 1}', 400), (b'{"events": []}', 200),
        (b'{"events": [' * 21 + b"]}" * 21, 400), (b"[" * 20_000, 400), (b'{"events": [NaN]}', 400),
        (b'{"events": [Infinity]}', 400), (b'{"events": [], "events": []}', 400), (b'{"events": [' + b"9" * 5000 + b"]}", 400),
        (b'{"events": [' + b",".join([b"1"] * 501) + b"]}", 400), (b'{"events": ["\xed\xa0\x80"]}', 400),
        (b'{"events": ["\\ud800", "' + b"[" * 30 + b'"]}', 200), (b" " * 1_000_001, 413),
    ],
)  # fmt: skip
def test_messages_are_read_strictly(phone: Phone, body: bytes, status: int) -> None:
    assert phone.post("/attendance/sync", body).status_code == status


def test_who_says_it_follows_from_the_session(
    phone: Phone, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction():
        scene.course("MKG", people=1)
    stranger = Phone(sign_in("leitung-mkg@office.example"))
    one = event(twelve, twelve.people[0], author=1, author_id=1, marker="leitung-ra@office.example")
    assert stranger.statuses(one) == ["refused"]
    assert phone.statuses(one) == ["stored"]
    assert stranger.statuses(one) == ["refused"], "a number that is taken tells a stranger nothing"


def test_without_session_or_token_nothing_is_taken(phone: Phone, twelve: Scene, transaction: TRANSACTION) -> None:
    one = {"events": [event(twelve, twelve.people[0])]}
    assert phone.post("/attendance/sync", one, **{"X-CSRFToken": "forged"}).status_code == 400
    assert phone.post("/attendance/sync", one, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    phone.client.sign_out()
    assert phone.post("/attendance/sync", one).status_code == 401
    assert phone.get("/attendance/day").status_code == 401
    assert rows(transaction, MarkEvent) == []


def test_two_leaders_who_differ_are_shown_and_decided_by_a_person(
    phone: Phone, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction() as session:
        second = scene.user("zweite@office.example", Role.LEADER)
        session.add(CourseLeader(course_id=twelve.course, user_id=second.id))
    other = Phone(sign_in("zweite@office.example"))
    person, *rest = twelve.people
    [first] = phone.sync(event(twelve, person))
    [answer] = other.sync(event(twelve, person, "absent_unexcused"))
    assert "against" not in first
    assert (answer["status"], answer["against"]) == ("stored", ["Leitung-Ra"])
    assert holds(transaction) == {(person, None): (Mark.PRESENT, True)}
    page = phone.client.open(twelve.page)
    assert "Zwei Angaben widersprechen sich" in page
    assert "Leitung-Ra: anwesend" in page
    assert "Zweite: unentschuldigt" in page
    marks = {f"mark-{one}": "present" for one in rest}
    assert "Noch strittig: 1" in phone.client.submit(marks, button="Termin abschließen", status=422)
    page = phone.client.submit({**marks, f"mark-{person}": "absent_unexcused"}, button="Termin abschließen")
    assert "11 da, 1 fehlt" in page
    assert holds(transaction)[person, None] == (Mark.ABSENT_UNEXCUSED, False)
    assert len([one for one in rows(transaction, MarkEvent) if one.enrolment_id == person]) == 3


def test_agreeing_with_what_holds_settles_a_dispute(
    phone: Phone, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction() as session:
        second = scene.user("zweite@office.example", Role.LEADER)
        session.add(CourseLeader(course_id=twelve.course, user_id=second.id))
    person = twelve.people[0]
    phone.sync(event(twelve, person))
    Phone(sign_in("zweite@office.example")).sync(event(twelve, person, "absent_unexcused"))
    phone.client.open(twelve.page)
    phone.client.submit({}, button="Speichern")
    assert holds(transaction)[person, None] == (Mark.PRESENT, True), "nobody decided"
    phone.client.submit({f"mark-{person}": "present"}, button="Speichern")
    assert holds(transaction)[person, None] == (Mark.PRESENT, False)


def test_an_excuse_of_the_office_is_never_overwritten_by_a_late_phone(
    phone: Phone, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction():
        scene.coordinator()
    office = sign_in("koordination@office.example")
    first, second = twelve.people[:2]
    late = [event(twelve, first, "absent_unexcused"), event(twelve, second)]
    office.open(twelve.page)
    office.submit({f"mark-{first}": "absent_excused", f"mark-{second}": "absent_notified"}, button="Speichern")
    seen = {one.enrolment_id: [one.id] for one in rows(transaction, MarkEvent)}
    assert phone.statuses(*late) == ["stored", "stored"]
    assert phone.statuses(event(twelve, second, replaces=seen[second])) == ["stored"]
    assert holds(transaction) == {
        (first, None): (Mark.ABSENT_EXCUSED, False),  # the excuse explains the absence
        (second, None): (Mark.ABSENT_NOTIFIED, True),  # excused, yet seen: somebody has to look
    }


def test_any_order_of_six_events_from_two_phones_gives_the_same_result(
    phone: Phone, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN, app: Any
) -> None:
    with transaction() as session:
        second = scene.user("zweite@office.example", Role.LEADER)
        session.add(CourseLeader(course_id=twelve.course, user_id=second.id))
    phones = (phone, Phone(sign_in("zweite@office.example")))
    now = clock.now()
    told = [(0, "present", 0), (1, "absent_excused", 1), (0, "absent_notified", 2), (1, "present", 3), (1, "not_recorded", 4),
            (0, "present", 5)]  # fmt: skip
    results = set()
    orders = list(permutations(range(6)))
    for number, order in enumerate(orders[:: len(orders) // 40]):
        person = twelve.people[number % 12]
        for which in order:
            who, mark, second_ = told[which]
            when = (now - dt.timedelta(minutes=9) + dt.timedelta(seconds=second_)).isoformat()
            assert phones[who].statuses(event(twelve, person, mark, recorded_at=when)) == ["stored"]
        results.add(holds(transaction)[person, None])
        with transaction() as session:
            for model in (AttendanceMark, MarkEvent):
                session.execute(sa.delete(model).execution_options(viewer=Viewer.office()))
    assert results == {(Mark.PRESENT, False)}


@pytest.mark.parametrize(
    "claimed",
    ["2023-11-24T09:00:00+01:00", "2029-11-24T09:00:00+01:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-24T09:00:00"],
)  # fmt: skip
def test_a_wrong_clock_loses_nothing(phone: Phone, twelve: Scene, transaction: TRANSACTION, claimed: str) -> None:
    assert phone.statuses(event(twelve, twelve.people[0], recorded_at=claimed)) == ["stored"]
    [kept] = rows(transaction, MarkEvent)
    assert kept.doubtful
    assert kept.meeting_id == twelve.meeting
    assert abs(kept.received_at - clock.now()) < dt.timedelta(minutes=1)


def test_at_the_far_end_of_the_world_clocks_are_right(phone: Phone, twelve: Scene, transaction: TRANSACTION) -> None:
    here = clock.now().astimezone(dt.timezone(dt.timedelta(hours=14)))
    with transaction() as session:
        meeting = session.get(Meeting, twelve.meeting)
        assert meeting is not None
        near = clock.now().astimezone(BERLIN)
        meeting.starts_at = (near - dt.timedelta(minutes=1)).time() if near.hour else dt.time(0, 0)
        meeting.ends_at = dt.time(23, 59)
    assert phone.statuses(event(twelve, twelve.people[0], recorded_at=here.isoformat())) == ["stored"]
    [kept] = rows(transaction, MarkEvent)
    assert not kept.doubtful


REFUSED: dict[str, Callable[[Scene], None]] = {}


def refused(why: str) -> Callable[[Callable[[Scene], None]], None]:
    return lambda prepare: REFUSED.update({why: prepare})


@refused("Der Termin ist ausgefallen")
def _cancelled(where: Scene) -> None:
    meeting = db.session.get(Meeting, where.meeting)
    assert meeting is not None
    meeting.status, meeting.cancelled_reason = "cancelled", "Wasserschaden"  # type: ignore[assignment]


@refused("Der Termin ist abgeschlossen")
def _closed(where: Scene) -> None:
    meeting = db.session.get(Meeting, where.meeting)
    assert meeting is not None
    meeting.closed_at = meeting.first_closed_at = clock.now()


@refused("Erst ab")
def _enrolled_later(where: Scene) -> None:
    enrolment = db.session.get(Enrolment, where.people[0], execution_options={"viewer": Viewer.office()})
    assert enrolment is not None
    enrolment.entry_date = clock.today() + dt.timedelta(days=1)


@refused("gehört nicht zu Ihrem Bereich")
def _ended(where: Scene) -> None:
    course = db.session.get(Course, where.course)
    assert course is not None
    course.starts_on, course.ends_on = clock.today() - dt.timedelta(days=90), clock.today() - dt.timedelta(days=31)


@pytest.mark.parametrize("why", REFUSED)
def test_what_cannot_be_recorded_says_why_and_is_kept(
    phone: Phone, twelve: Scene, transaction: TRANSACTION, why: str
) -> None:
    with transaction():
        REFUSED[why](twelve)
    one = event(twelve, twelve.people[0])
    for _ in range(2):
        [answer] = phone.sync(one)
        assert answer["status"] == "refused"
        assert why in answer["reason"]
    assert rows(transaction, MarkEvent) == []
    kept = rows(transaction, HeldEvent)
    assert [item.event_id for item in kept] == ([] if "Bereich" in why else [one["id"]])
    if kept:
        page = phone.client.open(f"/meetings/{twelve.meeting}/history")
        assert "nicht übernommen" in page
        assert why in page


def test_a_family_is_marked_one_by_one(app: Any, transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        where = scene.course("MKG", people=2, children=(2, 1), pack=RulePack.PARENT_CHILD)
    phone = Phone(sign_in(where.leader))
    [meeting] = phone.get("/attendance/day").json["meetings"]
    assert meeting["family"]
    mother, *children = [one for one in meeting["roster"] if one["enrolment"] == where.people[0]]
    assert [one["member"] for one in (mother, *children)] == [None, *where.children[where.people[0]]]
    foreign = where.children[where.people[1]][0]
    events = [event(where, one["enrolment"], member=one["member"]) for one in (mother, *children)]
    assert phone.statuses(*events, event(where, where.people[0], member=foreign)) == ["stored"] * 3 + ["refused"]
    assert phone.statuses(event(where, where.people[1], "absent_unexcused")) == ["refused"], "a voluntary group"
    assert len(holds(transaction)) == 3


def test_five_hundred_at_once(phone: Phone, twelve: Scene, transaction: TRANSACTION) -> None:
    marks = [event(twelve, twelve.people[number % 12]) for number in range(exchange.MOST_EVENTS)]
    assert set(phone.statuses(*marks)) == {"stored"}
    assert len(rows(transaction, MarkEvent)) == exchange.MOST_EVENTS


def test_a_revoked_phone_is_told_to_empty_itself(
    phone: Phone, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    made = phone.post("/attendance/devices", {"name": "Mein Telefon\u0000\u202e" + "x" * 100})
    assert made.status_code == 201
    registered = Phone(phone.client, made.json["token"])
    assert registered.statuses(event(twelve, twelve.people[0])) == ["stored"]
    with transaction() as session:
        [device] = session.scalars(sa.select(Device))
        assert made.json["token"] not in (device.token_hash, device.name)
        assert (device.name, len(device.name)) == (("Mein Telefon" + "x" * 100)[:80], 80)
        device.revoked_at = clock.now()
    response = registered.post("/attendance/sync", {"events": [event(twelve, twelve.people[1])]})
    assert (response.status_code, response.json["wipe"]) == (403, True)
    asking = {"X-Device": made.json["token"], "Accept": "application/json"}
    phone.client.sign_out()
    assert phone.client.http.get("/attendance/contact", headers=asking).json == {"wipe": True}
    assert phone.client.http.get("/attendance/contact", headers={"X-Device": "unknown"}).json == {"wipe": True}
    assert len(rows(transaction, MarkEvent)) == 1


def test_a_leader_and_their_coordinator_see_and_revoke_phones_and_strangers_do_not(
    phone: Phone, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction():
        scene.coordinator()
        scene.course("MKG", people=1)
    mine = phone.post("/attendance/devices", {"name": "Anns Telefon"}).json["id"]
    other = phone.post("/attendance/devices", {"name": "Altes Telefon"}).json["id"]
    stranger = sign_in("leitung-mkg@office.example")
    assert "Anns Telefon" not in stranger.open("/attendance/devices")
    assert stranger.post(f"/attendance/devices/{mine}/revoke").status_code == 404
    office = sign_in("koordination@office.example")
    assert "Anns Telefon" in office.open("/attendance/devices")
    assert office.post(f"/attendance/devices/{mine}/revoke").status_code == 302
    assert phone.client.post(f"/attendance/devices/{other}/revoke").status_code == 302
    assert "gesperrt" in phone.client.open("/attendance/devices")


def test_a_phone_in_use_may_keep_what_it_has(phone: Phone) -> None:
    token = phone.post("/attendance/devices", {}).json["token"]
    assert phone.client.http.get("/attendance/contact", headers={"X-Device": token}).json == {"wipe": False}


def test_a_database_that_cannot_be_written_asks_to_come_again(
    phone: Phone, twelve: Scene, transaction: TRANSACTION
) -> None:
    """The phone keeps its queue, and all of it arrives once when the database is well again."""

    def refuse(connection: sa.Connection) -> None:
        sql = "PRAGMA query_only=ON" if connection.dialect.name == "sqlite" else "SET TRANSACTION READ ONLY"
        connection.exec_driver_sql(sql)

    one = event(twelve, twelve.people[0])
    sa.event.listen(Engine, "begin", refuse)
    try:
        response = phone.post("/attendance/sync", {"events": [one]})
    finally:
        sa.event.remove(Engine, "begin", refuse)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
    assert rows(transaction, MarkEvent) == []
    assert phone.statuses(one) == ["stored"]


def test_the_trace_says_when_it_happened_by_the_clock_of_the_phone(
    phone: Phone, twelve: Scene, transaction: TRANSACTION
) -> None:
    """Of all that was sent at once the newest, of what was refused its own (security.md LG-2)."""
    phone.device = phone.post("/attendance/devices", {"name": "Telefon"}).json["token"]
    early, late = (clock.now() - dt.timedelta(minutes=minutes) for minutes in (90, 30))
    phone.sync(
        event(twelve, twelve.people[0], recorded_at=early.isoformat()),
        event(twelve, twelve.people[1], recorded_at=late.isoformat()),
        event(twelve, 999_999, recorded_at=early.isoformat()),
    )
    [device] = rows(transaction, Device)
    lines = {line.act: line for line in rows(transaction, TraceEntry) if line.act.startswith("sync")}
    assert {act: line.claimed_at for act, line in lines.items()} == {"sync": late, "sync refused": early}
    assert {(line.device_id, line.roles) for line in lines.values()} == {(device.id, "leader")}


def test_of_a_lost_phone_the_officer_reads_whom_it_knows(
    phone: Phone, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    """Exactly those on the phone, with what it shows of them; and all of the account with those that were opened (security.md PR-11)."""
    with transaction() as session:
        leader = session.get_one(User, session.scalars(sa.select(CourseLeader.user_id)).one())
        other = scene.course("RB", leaders=[leader], people=7, day=clock.today() + dt.timedelta(days=20))
        scene.user("datenschutz@office.example", Role.OFFICER)
        account = leader.id
        of = sa.select(Enrolment.course_id, Enrolment.person_id).execution_options(viewer="test")
        people = [(row.course_id, row.person_id) for row in session.execute(of)]
    bundle = {person for course, person in people if course == twelve.course}
    opened = {person for course, person in people if course == other.course}
    assert (len(bundle), len(opened)) == (12, 7)
    added = phone.post("/attendance/devices", {"name": "Telefon"}).json
    phone.device = added["token"]
    mine = {"Accept": "application/json", "X-Device": phone.device}
    assert phone.client.http.get("/attendance/day?days=7", base_url=ORIGIN, headers=mine).status_code == 200
    phone.client.open(f"/courses/{other.course}")
    officer = sign_in("datenschutz@office.example")

    def seen(query: str) -> set[int]:
        return {int(text) for text in officer.open(f"/log/people?{query}").links if text.isdigit()}

    assert seen(f"device={added['id']}") == bundle
    assert "Namenslisten aufs Telefon geholt (Name)" in officer.page.main
    assert seen(f"account={account}") == bundle | opened
    assert seen(f"device={added['id'] + 1}") == set()
    assert "Kurs mit Teilnehmenden (Name)" in officer.open(f"/log/people?account={account}").main, "no origin: a leader"
