"""Courses and meetings: planned inside one's scope, through the page's own forms; everything else is not there."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
import sqlalchemy as sa

from programmes.catalogue import queries
from programmes.catalogue.actions import (
    TIMES,
    add_course,
    add_meetings,
    cancel_meeting,
    change_meeting,
    reinstate_meeting,
)
from programmes.catalogue.models import Course, Meeting, MeetingChange
from programmes.catalogue.rules import LeaderRole, MeetingFacts, MeetingStatus
from tests.catalogue.scene import NOW, Scene, facts, viewer
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION
from tests.tools.page import Page, Value, attribute, text_of
from wording import Refused

SignedIn = Callable[[str], Client]
Complaints = Callable[[Page], list[str]]
NEW: dict[str, Value] = {
    "programme_id": "P02 Mutter-Kind-Gruppen",
    "number": "MKG-ROD-1",
    "title": "Bunter Spielkreis Rodgau",
    "municipality_id": "Rodgau",
    "venue": "Haus der Begegnung",
    "language": "Deutsch",
    "places": "10",
    "starts_on": "2026-04-13",
    "ends_on": "2026-07-31",
    "leaders": ["Lena", "Lars"],
    "first_leader": "Lena",
    "assumptions": ["Plätze"],
}


def course_by(transaction: TRANSACTION, number: str) -> dict[str, Any] | None:
    with transaction() as session:
        course = session.scalar(sa.select(Course).where(Course.number == number))
        if course is None:
            return None
        leaders = [(leader.user.name, leader.role) for leader in queries.course_leaders(course.id)]
        return {column.key: getattr(course, column.key) for column in Course.__table__.columns} | {"leaders": leaders}


def test_a_coordinator_opens_a_course(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    client = signed_in("mona")
    client.open(f"/programmes/{scene.programmes['P02']}")
    client.click("Kurs anlegen")
    page = client.submit(NEW | {"programme_id": "P02 Mutter-Kind-Gruppen"})
    assert "Der Kurs ist angelegt." in page
    course = course_by(transaction, "MKG-ROD-1")
    assert course is not None
    assert course["municipality_id"] == scene.towns["Rodgau"]
    assert course["starts_on"] == date(2026, 4, 13)
    assert course["assumed"] == ["places"]
    assert course["leaders"] == [("Lena", LeaderRole.LEADER), ("Lars", LeaderRole.CO_LEADER)]


def test_the_choice_ends_where_the_scope_ends(signed_in: SignedIn) -> None:
    client = signed_in("mona")
    offered = choices(client.open("/courses/new"), "programme_id")
    assert [text.split()[0] for text in offered] == ["P02", "P02a", "P02b"]
    assert choices(signed_in("dora").open("/courses/new"), "municipality_id") == ["Dreieich"]


def choices(page: Page, name: str) -> list[str]:
    select = next(select for select in page.all("select") if attribute(select, "name") == name)
    return [text_of(option) for option in select.iter("option")]


@pytest.mark.parametrize(
    ("name", "programme", "town"),
    [("mona", "P01a", "Rodgau"), ("mona", "P13", "Rodgau"), ("dora", "P02", "Rodgau"), ("dora", "P01", "Dietzenbach")],
)
def test_a_course_outside_the_scope_is_refused(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION, name: str, programme: str, town: str
) -> None:
    client = signed_in(name)
    client.open("/courses/new")
    plain = {key: value for key, value in NEW.items() if key not in {"programme_id", "municipality_id"}}
    forge: dict[str, str | list[str] | None] = {
        "programme_id": str(scene.programmes[programme]),
        "municipality_id": str(scene.towns[town]),
    }
    client.submit(plain, forge=forge, status=422)
    assert course_by(transaction, "MKG-ROD-1") is None
    if programme != "P13":  # the action refuses too, whatever the form would let pass
        with transaction(), pytest.raises(Refused, match="Bereich"):
            add_course(viewer(scene, name), facts(scene, programme, town, "MKG-ROD-1"))


WRONG_COURSES: list[tuple[dict[str, str | list[str] | None], str]] = [
    ({"number": "MKG-DZB"}, "Kursnummer"),  # exists, in whatever scope
    ({"number": "x" * 41}, "Kursnummer"),
    ({"number": ""}, "Kursnummer"),
    ({"title": None}, "Titel"),
    ({"title": ["a", "b"]}, "Titel"),
    ({"title": "Kurs \ufffd"}, "Titel"),
    ({"title": "\x00"}, "Titel"),
    ({"venue": "x" * 201}, "Ort"),
    ({"places": "-1"}, "Plätze"),
    ({"places": "1001"}, "Plätze"),
    ({"places": "9223372036854775808"}, "Plätze"),
    ({"places": "viele"}, "Plätze"),
    ({"starts_on": "gestern"}, "Erster Tag"),
    ({"starts_on": "0001-01-01"}, "Erster Tag"),
    ({"ends_on": "2026-04-12"}, "Letzter Tag"),
    ({"ends_on": "2026-02-30"}, "Letzter Tag"),
    ({"municipality_id": "9223372036854775808"}, "Kommune"),
    ({"municipality_id": "Rodgau"}, "Kommune"),
    ({"programme_id": ""}, "Programm"),
    ({"leaders": ["999999"]}, "Kursleitung"),
    ({"leaders": ["lena"]}, "Kursleitung"),
    ({"first_leader": "999999"}, "Zuerst genannt"),
    ({"assumptions": ["everything"]}, "Davon angenommen"),
]


def test_a_wrong_course_is_told_at_its_field(
    signed_in: SignedIn, transaction: TRANSACTION, complaints: Complaints
) -> None:
    client = signed_in("mona")
    for forge, label in WRONG_COURSES:
        client.open("/courses/new")
        page = client.submit(NEW, forge=forge, status=422)
        assert any(found.startswith(f"{label}:") for found in complaints(page)), f"{forge}: {complaints(page)}"
    assert course_by(transaction, "MKG-ROD-1") is None


def test_what_is_no_number_and_no_day_is_shown_again_as_it_was_typed(signed_in: SignedIn) -> None:
    client = signed_in("mona")
    client.open("/courses/new")
    page = client.submit(
        NEW, forge={"places": "viele\x00", "starts_on": "gestern", "ends_on": "2026-07-01"}, status=422
    )
    shown = {field.get("name"): (field.get("type"), field.get("value")) for field in page.all("input")}
    assert shown["places"] == ("text", "viele\ufffd"), "a browser would drop it from a field for numbers"
    assert shown["starts_on"] == ("text", "gestern")
    assert shown["ends_on"] == ("date", "2026-07-01")


def test_a_quarter_lies_in_its_town(signed_in: SignedIn) -> None:
    client = signed_in("mona")
    client.open("/courses/new")
    page = client.submit(NEW | {"quarter_id": "Dreieich: Sprendlingen"}, status=422)
    assert "Das Quartier liegt in einer anderen Kommune." in page
    assert "Der Kurs ist angelegt." in client.submit(
        NEW | {"quarter_id": "Dreieich: Sprendlingen", "municipality_id": "Dreieich"}
    )


def test_who_is_named_first_must_lead(signed_in: SignedIn) -> None:
    client = signed_in("mona")
    client.open("/courses/new")
    page = client.submit(NEW | {"leaders": ["Lena"], "first_leader": "Lars"}, status=422)
    assert "Wer zuerst genannt wird, muss den Kurs auch leiten." in page


def test_only_people_who_lead_courses_are_offered(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("mona")
    client.open("/courses/new")
    client.submit(NEW, forge={"leaders": [str(scene.users["adam"])]}, status=422)


def test_a_course_is_changed(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    client = signed_in("mona")
    page = client.open(f"/courses/{scene.dietzenbach}/edit")
    assert "Lars" in page
    client.submit({"title": "Gruppe am Vormittag", "leaders": ["Lena"], "first_leader": "alle gleichrangig"})
    course = course_by(transaction, "MKG-DZB")
    assert course is not None
    assert (course["title"], course["leaders"]) == ("Gruppe am Vormittag", [("Lena", LeaderRole.LEADER)])
    assert course["programme_id"] == scene.programmes["P02b"]


def test_dates_keep_room_for_the_meetings_there_are(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("mona")
    client.open(f"/courses/{scene.dietzenbach}/edit")
    page = client.submit({"starts_on": "2026-03-03"}, status=422)
    assert "Am 02.03.2026 ist schon ein Termin." in page.errors["Erster Tag"]


def test_a_course_cannot_be_moved_out_of_the_scope(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("dora")
    client.open(f"/courses/{scene.shared}/edit")
    client.submit(forge={"municipality_id": str(scene.towns["Rodgau"])}, status=422)


ADDRESSES = ("edit", "cancel", "meetings/new", "reinstate")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("name", "mine", "others"), [("mona", "shared", "dreieich"), ("dora", "shared", "dietzenbach")]
)
def test_two_coordinators_plan_their_own(
    signed_in: SignedIn, scene: Scene, name: str, mine: str, others: str, address: str
) -> None:
    client = signed_in(name)
    foreign = f"/courses/{getattr(scene, others)}/{address}"
    own = f"/courses/{getattr(scene, mine)}/{address}"
    assert client.fetch(foreign).status_code in {404, 405}
    assert client.post(foreign).status_code == 404
    assert client.post(own).status_code in {409, 422}
    assert client.fetch("/courses/9223372036854775808/edit").status_code == 404


@pytest.mark.parametrize("name", ["lena", "adam", "otto", "evi"])
def test_other_roles_plan_nothing(signed_in: SignedIn, scene: Scene, name: str) -> None:
    client = signed_in(name)
    for address in ("new", *(f"{scene.dietzenbach}/{address}" for address in ADDRESSES)):
        assert client.post(f"/courses/{address}").status_code == 404


def test_calling_a_course_off_takes_its_coming_meetings_along(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        course = session.get_one(Course, scene.dietzenbach)
        mondays = (date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23))
        meetings = add_meetings(course, *(MeetingFacts(day, time(9), time(11)) for day in mondays))
        cancel_meeting(meetings[0], "Feiertag", scene.users["mona"], NOW)
    client = signed_in("mona")
    client.open(f"/courses/{scene.dietzenbach}/cancel")
    client.submit(status=422)
    assert "Der Kurs ist abgesagt." in client.submit({"reason": "zu wenige Anmeldungen"})
    assert states(transaction, scene.dietzenbach) == [
        "zu wenige Anmeldungen",
        "Feiertag",
        "zu wenige Anmeldungen",
        "zu wenige Anmeldungen",
    ]
    assert client.post(f"/courses/{scene.dietzenbach}/meetings/new").status_code == 422
    client.open(f"/courses/{scene.dietzenbach}/cancel")
    client.submit(button="Kurs findet doch statt")
    assert states(transaction, scene.dietzenbach) == [None, "Feiertag", None, None]
    assert client.post(f"/courses/{scene.dietzenbach}/reinstate").status_code == 409


def states(transaction: TRANSACTION, course_id: int) -> list[str | None]:
    with transaction():
        return [meeting.cancelled_reason for meeting in queries.meetings_of(course_id)]


MEETING: dict[str, Value] = {
    "date": "2026-03-09",
    "starts_at": "09:00",
    "ends_at": "11:00",
    "break_minutes": "15",
    "topic": "Spiele",
}


WRONG_MEETINGS: list[tuple[dict[str, str | list[str] | None], str]] = [
    ({"date": "2026-03-02"}, "Erster Tag"),  # there is one from 9 to 11
    ({"date": "2026-05-05"}, "Erster Tag"),
    ({"date": ""}, "Erster Tag"),
    ({"ends_at": "08:00"}, "Ende"),
    ({"starts_at": "25:00"}, "Beginn"),
    ({"starts_at": "neun"}, "Beginn"),
    ({"break_minutes": "120"}, "Pause in Minuten"),
    ({"break_minutes": "-5"}, "Pause in Minuten"),
    ({"weekdays": ["7"]}, "Jede Woche am"),
    ({"every_weeks": "0"}, "Alle wie viele Wochen"),
    ({"days": "2026-03-16, bald"}, "Einzelne Tage dazu"),
    ({"days": "05.05.2026"}, "Einzelne Tage dazu"),
    ({"units": "-1"}, "Bis zum Umfang von"),
    ({"units": "2"}, "Bis zum Umfang von"),  # the meeting that is there has two and two thirds
    ({"last": "halb"}, "Ist der letzte Termin länger als der Rest"),
    ({"topic": "x" * 201}, "Thema"),
    ({"topic": "a\x07b"}, "Thema"),
]


def test_a_wrong_meeting_is_told_at_its_field(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION, complaints: Complaints
) -> None:
    client = signed_in("mona")
    for forge, label in WRONG_MEETINGS:
        client.open(f"/courses/{scene.dietzenbach}/meetings/new")
        page = client.submit(MEETING, forge=forge, status=422)
        assert any(found.startswith(f"{label}:") for found in complaints(page)), f"{forge}: {complaints(page)}"
    assert len(states(transaction, scene.dietzenbach)) == 1


def test_a_module_of_another_programme_is_refused(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        foreign = queries.modules_of(scene.programmes["P03"])[0].id
    client = signed_in("mona")
    client.open(f"/courses/{scene.dietzenbach}/meetings/new")
    client.submit(MEETING, forge={"module_id": str(foreign)}, status=422)


def only_meeting(scene: Scene) -> Meeting:
    return queries.meetings_of(scene.dietzenbach)[0]


def changes(meeting: Meeting) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(change.what, change.old, change.new, change.reason) for change in queries.changes_of(meeting.id)]


def test_a_changed_meeting_remembers_what_it_was(scene: Scene, transaction: TRANSACTION) -> None:
    mona = scene.users["mona"]
    with transaction():
        meeting = only_meeting(scene)
        new = MeetingFacts(date(2026, 3, 3), time(9), time(12), break_minutes=20, topic="Spiele")
        changed = change_meeting(meeting, new, mona, NOW, substitute_id=scene.users["lars"])
        assert changed == {"date", "ends_at", "break_minutes", "topic", "substitute_id"}
        assert changed & TIMES
        assert meeting.minutes == 160
        assert sorted(changes(meeting)) == [
            ("break_minutes", "0", "20", None),
            ("date", "2026-03-02", "2026-03-03", None),
            ("ends_at", "11:00:00", "12:00:00", None),
            ("substitute_id", None, str(scene.users["lars"]), None),
            ("topic", None, "Spiele", None),
        ]
        assert change_meeting(meeting, new, mona, NOW, substitute_id=scene.users["lars"]) == frozenset()


def test_a_meeting_that_was_closed_needs_a_reason(scene: Scene, transaction: TRANSACTION) -> None:
    mona = scene.users["mona"]
    new = MeetingFacts(date(2026, 3, 2), time(9), time(10))
    with transaction():
        meeting = only_meeting(scene)
        meeting.status, meeting.closed_at, meeting.first_closed_at = MeetingStatus.HELD, NOW, NOW
        with pytest.raises(Refused, match="abgeschlossen"):
            change_meeting(meeting, new, mona, NOW, reason="früher Schluss")
        with pytest.raises(Refused, match="abgeschlossen"):
            cancel_meeting(meeting, "krank", mona, NOW)
        meeting.closed_at = None
        with pytest.raises(Refused, match="begründen"):
            change_meeting(meeting, new, mona, NOW)
        assert change_meeting(meeting, new, mona, NOW, reason="früher Schluss") == {"ends_at"}
        assert changes(meeting) == [("ends_at", "11:00:00", "10:00:00", "früher Schluss")]


def test_a_cancelled_meeting_can_take_place_after_all(scene: Scene, transaction: TRANSACTION) -> None:
    mona = scene.users["mona"]
    with transaction() as session:
        meeting = only_meeting(scene)
        cancel_meeting(meeting, "krank", mona, NOW)
        with pytest.raises(Refused, match="schon ausgefallen"):
            cancel_meeting(meeting, "krank", mona, NOW)
        with pytest.raises(Refused, match="doch stattfinden"):  # the same start of the same day is taken
            add_meetings(meeting.course, MeetingFacts(date(2026, 3, 2), time(9), time(11)))
        add_meetings(meeting.course, MeetingFacts(date(2026, 3, 2), time(10), time(12)))
        with pytest.raises(Refused, match="10:00 bis 12:00"):
            reinstate_meeting(meeting, mona, NOW)
        session.delete(queries.meetings_of(scene.dietzenbach)[1])
        session.flush()
        reinstate_meeting(meeting, mona, NOW)
        assert meeting.status is MeetingStatus.PLANNED
        assert changes(meeting) == [
            ("status", "planned", "cancelled", "krank"),
            ("status", "cancelled", "planned", None),
        ]
        assert session.scalar(sa.select(sa.func.count()).select_from(MeetingChange)) == 2
        with pytest.raises(Refused, match="nicht ausgefallen"):
            reinstate_meeting(meeting, mona, NOW)
