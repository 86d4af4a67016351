"""Meetings from a rule, shown before they are added, and the calendars and school holidays around them, by their own forms."""

import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import icalendar
import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage

from programmes.catalogue import queries
from programmes.catalogue.actions import add_course, add_meetings, cancel_meeting
from programmes.catalogue.calendar import queries as calendars
from programmes.catalogue.calendar.models import CourseFeed
from programmes.catalogue.models import Course, Meeting, Room
from programmes.catalogue.rules import MeetingFacts
from tests.catalogue.scene import NOW, Scene, facts, viewer
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION
from tests.tools.page import Value, text_of

SignedIn = Callable[[str], Client]
D: TypeAlias = dt.date
T: TypeAlias = dt.time
MONDAYS: dict[str, Value] = {
    "date": "2026-03-09", "starts_at": "09:00", "ends_at": "11:00", "break_minutes": "0", "weekdays": ["Montag"],
}  # fmt: skip


def days(transaction: TRANSACTION, course_id: int) -> list[D]:
    with transaction():
        return [meeting.date for meeting in queries.meetings_of(course_id)]


def test_the_reports_own_course(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    first, last = D(2003, 10, 13), D(2003, 11, 14)
    with transaction():
        what = facts(scene, "P01a", "Dreieich", "RA-2003", starts_on=first, ends_on=last)
        course_id = add_course(viewer(scene, "dora"), what).id
    client = signed_in("dora")
    client.open(f"/courses/{course_id}")
    client.click("Termine anlegen")
    page = client.submit(
        {
            "starts_at": "09:00",
            "ends_at": "12:15",
            "weekdays": ["Montag", "Freitag"],
            "units": "40",
            "topic": "Ämter und Behörden",
        }
    )  # fmt: skip
    assert "Der Kurs bietet dann zusammen 40 UE (45 Min.)." in page.main
    assert len(page.rows) == 1 + 10
    assert days(transaction, course_id) == [], "a preview adds nothing"
    assert "10 Termine sind angelegt." in client.submit(button="10 Termine anlegen")
    with transaction():
        meetings = queries.meetings_of(course_id)
        assert [meetings[0].date, meetings[-1].date] == [first, last]
        assert {(meeting.date.weekday(), meeting.minutes, meeting.topic) for meeting in meetings} == {
            (0, 180, "Ämter und Behörden"), (4, 180, "Ämter und Behörden"),
        }  # fmt: skip
    again = client.open(f"/courses/{course_id}/meetings/new")
    chosen = [
        box.get("value")
        for box in again.all("input")
        if box.get("name") == "weekdays" and box.get("checked") is not None
    ]
    assert chosen == ["0", "4"], "the form begins with the rhythm that is there"


def test_what_is_left_out_is_said_and_the_hours_are_filled_after_it(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    course_id = scene.dietzenbach  # until 4 May 2026; Easter Monday is 6 April
    with transaction() as session:
        course = session.get_one(Course, course_id)
        add_meetings(course, MeetingFacts(D(2026, 3, 23), T(10), T(10, 30)))
        lost = add_meetings(course, MeetingFacts(D(2026, 3, 16), T(9), T(11)))[0]
        cancel_meeting(lost, "krank", scene.users["mona"], NOW)
    office = signed_in("adam")
    office.open("/school-holidays")
    office.submit({"text": "Osterferien;30.03.2026;04.04.2026"})
    client = signed_in("mona")
    client.open(f"/courses/{course_id}/meetings/new")
    page = client.submit(MONDAYS | {"skip_school": True, "units": "14"})
    left_out = [text_of(line) for line in page.all("li") if re.match(r"Mo\.? \d\d\.\d\d\.2026:", text_of(line))]
    assert [line.partition(": ")[2] for line in left_out] == [
        "Hier ist ein Termin ausgefallen.",
        "Am 23.03.2026 hat der Kurs schon einen Termin von 10:00 bis 10:30 Uhr.",
        "Schulferien: Osterferien",
        "Gesetzlicher Feiertag: Ostermontag",
    ]
    # 14 units are 630 minutes: 120 + 30 are there, so four times 120 fill them to the minute
    assert [row[0] for row in page.rows[1:]] == ["Mo. 09.03.2026", "Mo. 13.04.2026", "Mo. 20.04.2026", "Mo. 27.04.2026"]
    client.submit(button="4 Termine anlegen")
    assert len(days(transaction, course_id)) == 3 + 4
    client.open(f"/courses/{course_id}/meetings/new")
    client.submit(MONDAYS | {"date": "2026-03-16", "weekdays": []})  # meant as it is said, but then it is the same one
    assert "Lassen Sie ihn doch stattfinden" in client.submit(button="1 Termin anlegen", status=422)


def test_a_course_that_is_too_short_says_so_and_may_last_longer(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    client = signed_in("dora")
    client.open(f"/courses/{scene.dreieich}/meetings/new")  # has one meeting, and ends on 4 May 2026
    asked = MONDAYS | {"ends_at": "12:15", "break_minutes": "15", "units": "40"}
    page = client.submit(asked)
    assert "Es fehlen 5,33 UE (45 Min.)" in page.main
    assert "Genau voll wird der Kurs am 18.05.2026" in page.main
    page = client.submit({"prolong": True}, button="Vorschau ansehen")
    assert "Der Kurs dauert dann bis zum 18.05.2026." in page.main
    assert page.rows[-1][1].endswith("kürzer")
    client.submit(button="10 Termine anlegen")
    with transaction() as session:
        assert session.get_one(Course, scene.dreieich).ends_on == D(2026, 5, 18)
        assert sum(meeting.minutes for meeting in queries.meetings_of(scene.dreieich)) == 40 * 45


def test_only_what_was_shown_is_added(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    client = signed_in("mona")
    client.open(f"/courses/{scene.dietzenbach}/meetings/new")
    page = client.submit(MONDAYS | {"ends_at": "12:00"}, forge={"save": "yes"}, status=422)
    assert "Das sind andere Termine als die gezeigten." in page
    page = client.submit({"ends_at": "11:30"}, button="8 Termine anlegen", status=422)
    assert "11:30" in page.rows[1][1]
    with transaction() as session:  # meanwhile somebody adds one of them
        add_meetings(session.get_one(Course, scene.dietzenbach), MeetingFacts(D(2026, 3, 9), T(9), T(11)))
    page = client.submit(button="8 Termine anlegen", status=422)
    assert "Am 09.03.2026 hat der Kurs schon einen Termin" in page.main
    assert len(days(transaction, scene.dietzenbach)) == 2
    client.submit(button="7 Termine anlegen")
    assert len(days(transaction, scene.dietzenbach)) == 9


def test_leaders_rooms_and_holidays_warn_and_do_not_refuse(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():  # Dora's course, in Mona's room and with one of her leaders, which Mona cannot open
        what = facts(
            scene,
            "P01a",
            "Dreieich",
            "RA-2",
            leaders=(scene.users["lena"],),
            venue="bürgerhaus, raum 2",
            ends_on=D(2026, 6, 1),
        )
        other = add_course(viewer(scene, "dora"), what)
        add_meetings(other, MeetingFacts(D(2026, 3, 16), T(10), T(12)), MeetingFacts(D(2026, 3, 23), T(11), T(12)))
    client = signed_in("mona")
    client.open(f"/courses/{scene.dietzenbach}/meetings/new")
    page = client.submit(MONDAYS | {"weekdays": [], "days": "16.03.2026 23.03.2026 06.04.2026"})
    warned = re.sub(r"\s+", " ", page.main)
    assert "Die Leitung hat zur selben Zeit den Kurs RA-2: Lena 16.03.2026" in warned
    assert "Gesetzlicher Feiertag: Ostermontag 06.04.2026" in warned
    assert "Im selben Raum" not in warned  # it is in another town
    assert ["Überschneidung" in row[1] for row in page.rows[1:]] == [False, True, False, True]
    page = client.submit(button="4 Termine anlegen")
    assert "Die Leitung hat zur selben Zeit den Kurs RA-2: Lena 16.03.2026" in re.sub(r"\s+", " ", page.main)
    assert "Überschneidungen" not in signed_in("lena").open(f"/courses/{scene.dietzenbach}").main
    mona = signed_in("mona")
    mona.open(f"/courses/{scene.shared}/meetings/new")
    shared = mona.submit(MONDAYS | {"date": "2026-03-16", "weekdays": []})
    assert "Im selben Raum ist zur selben Zeit der Kurs RA-2." in shared.main


def test_rooms_and_contracts_on_record_warn_too(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    mona = signed_in("mona")
    mona.open("/leaders")
    mona.click("Lena")
    mona.submit({"languages": "dari, Türkisch", "ends_on": "2026-03-10"})
    mona.click("Lena")
    page = mona.submit({"starts_on": "2026-04-01"}, status=422)
    assert "bevor er beginnt" in page.errors["Vertrag bis (freiwillig)"]
    assert "Dari, Türkisch" in mona.open("/leaders").main  # as the list writes it
    mona.open("/rooms/new")
    mona.submit({"municipality_id": "Dietzenbach", "name": "Ärztehaus", "places": "19"})
    mona.open("/rooms/new")
    page = mona.submit({"municipality_id": "Dietzenbach", "name": "Ärztehaus"}, status=422)
    assert "gibt es in der Kommune schon" in page.errors["Haus und Raum"]
    mona.open(f"/courses/{scene.dietzenbach}/edit")
    page = mona.submit({"municipality_id": "Dreieich", "room_id": "Dietzenbach: Ärztehaus"}, status=422)
    assert "in einer anderen Kommune" in page.errors["Raum (freiwillig)"]
    mona.submit({"municipality_id": "Dietzenbach", "venue": "ÄRZTEHAUS", "room_id": "Dietzenbach: Ärztehaus"})
    with transaction() as session:  # one in the same room that nobody has a record of, one in another room of a record
        room = session.scalars(sa.select(Room).where(Room.name == "Ärztehaus")).one()
        other = Room(municipality_id=room.municipality_id, name="Ärztehaus, Keller", places=40, childcare=True)
        session.add(other)
        session.flush()
        for number, record in (("MKG-2", None), ("MKG-3", other.id), ("MKG-4", room.id)):
            venue = "anderswo" if record == room.id else "ärztehaus"
            what = facts(scene, "P02b", "Dietzenbach", number, venue=venue, room_id=record)
            add_meetings(add_course(viewer(scene, "mona"), what), MeetingFacts(D(2026, 3, 16), T(10), T(12)))
    mona.open(f"/courses/{scene.dietzenbach}/meetings/new")
    mona.submit(MONDAYS | {"weekdays": [], "days": "16.03.2026"})
    warned = re.sub(r"\s+", " ", mona.submit(button="2 Termine anlegen").main)
    assert "Außerhalb des Vertrags der Leitung: Lena 16.03.2026" in warned  # and Lars has told no dates
    assert "Im selben Raum ist zur selben Zeit der Kurs MKG-2. 16.03.2026" in warned
    assert "Kurs MKG-3" not in warned
    assert "Im selben Raum ist zur selben Zeit der Kurs MKG-4. 16.03.2026" in warned
    assert "Der Raum Ärztehaus hat weniger Plätze, als der Kurs braucht. 02.03.2026, 09.03.2026, 16.03.2026" in warned
    assert "Im Raum Ärztehaus gibt es keine Kinderbetreuung. Der Kurs braucht sie." in warned
    with transaction() as session:
        moved = session.scalars(
            sa.select(Meeting.id).where(Meeting.course_id == scene.dietzenbach, Meeting.date == D(2026, 3, 16))
        ).one()
    mona.open(f"/meetings/{moved}/edit")
    mona.submit({"room_id": "Ärztehaus, Keller"})
    warned = re.sub(r"\s+", " ", mona.open(f"/courses/{scene.dietzenbach}").main)
    assert [number for number in ("MKG-2", "MKG-3", "MKG-4") if f"der Kurs {number}." in warned] == ["MKG-3"]
    assert "als der Kurs braucht. 02.03.2026, 09.03.2026 Im Raum" in warned


def test_a_coordinator_knows_their_own_leaders_and_towns(signed_in: SignedIn, scene: Scene) -> None:
    dora, adam = signed_in("dora"), signed_in("adam")
    assert "Niemand leitet hier Kurse" in dora.open("/leaders").main
    assert dora.fetch(f"/leaders/{scene.users['lena']}/edit").status_code == 404
    assert {"Lars", "Lena"} <= {row[0] for row in adam.open("/leaders").rows}
    assert adam.fetch(f"/leaders/{scene.users['mona']}/edit").status_code == 404  # leads nothing
    signed_in("mona").open("/rooms/new")
    dora.open("/rooms/new")
    dora.submit({"municipality_id": "Dreieich", "name": "Winkelsmühle"})
    assert "Winkelsmühle" in signed_in("mona").open("/rooms").main  # mother-child groups are everywhere


def test_a_calendar_is_read_by_whoever_has_its_address(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION, new_client: NEW_CLIENT
) -> None:
    with transaction() as session:
        course = session.get_one(Course, scene.dietzenbach)
        lost = add_meetings(course, MeetingFacts(D(2026, 3, 30), T(9), T(11), topic="Spiele; Lieder"))[0]
        cancel_meeting(lost, "Lena ist krank", scene.users["mona"], NOW)
    leader, anyone = signed_in("lena"), new_client()
    leader.open(f"/courses/{scene.dietzenbach}")
    leader.click("Kalender für das Telefon")
    page = leader.submit(button="Neue Adresse machen")
    shown = re.search(r"http://\S+/calendar/\S+\.ics", page.main.replace("\u200b", ""))
    assert shown is not None
    address = urlsplit(shown.group()).path
    assert page.all("svg"), "the address is there as a picture too"
    assert address not in leader.open(f"/courses/{scene.dietzenbach}/calendar").text  # told once
    answer = anyone.fetch(address)
    assert answer.mimetype == "text/calendar"
    assert anyone.fetch(address).data == answer.data, "nothing happened, so it says the same"
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
    events: list[Any] = calendar.walk("VEVENT")
    assert [(str(event["STATUS"]), int(event["SEQUENCE"]), str(event["SUMMARY"])) for event in events] == [
        ("CONFIRMED", 0, "Kurs MKG-DZB"),
        ("CANCELLED", 1, "Fällt aus: Kurs MKG-DZB"),
    ]
    starts = [event["DTSTART"].dt for event in events]
    assert [start.isoformat() for start in starts] == ["2026-03-02T09:00:00+01:00", "2026-03-30T09:00:00+02:00"]
    assert str(events[1]["DESCRIPTION"]) == "Spiele; Lieder"
    assert events[0]["UID"] == f"meeting-{_ids(transaction, scene.dietzenbach)[0]}@localhost"
    for name in ("Lena", "Lars", "Mona", "krank"):
        assert name.encode() not in answer.data
    leader.submit(button="Adresse beenden")
    assert anyone.fetch(address).status_code == 404
    leader.submit(button="Neue Adresse machen")
    assert anyone.fetch(address).status_code == 404
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CourseFeed)) == 1


def _ids(transaction: TRANSACTION, course_id: int) -> list[int]:
    with transaction() as session:
        return list(session.scalars(sa.select(Meeting.id).where(Meeting.course_id == course_id).order_by(Meeting.date)))


@pytest.mark.usefixtures("scene")
def test_school_holidays_come_from_the_library_or_a_file_and_are_corrected(
    signed_in: SignedIn, transaction: TRANSACTION
) -> None:
    client = signed_in("adam")
    client.open("/places")
    client.click("Schulferien")
    page = client.submit(button="Aus der Liste")
    assert "Noch nicht gespeichert" in page
    assert "Herbstferien;05.10.2026;17.10.2026" in page.text
    with transaction():
        assert calendars.school_holidays() == []
    file = FileStorage(
        io.BytesIO("Name;Von;Bis\r\nBeweglicher Tag im März;2026-03-13;13.03.2026".encode("cp1252")), "a.csv"
    )
    page = client.submit(button="Aus der Datei", files={"file": file})
    assert "Beweglicher Tag im März;13.03.2026;13.03.2026" in page.text
    client.submit(button="Speichern")
    with transaction():
        kept = calendars.school_holidays(D(2026, 10, 1), D(2026, 10, 31))
    assert [one.name for one in kept] == ["Herbstferien"]
    page = client.submit({"text": "Herbstferien;05.10.2026"}, status=422)
    assert "Zeile 1: Erwartet wird" in page
    client.submit({"text": ""})
    with transaction():
        assert calendars.school_holidays() == []
