"""The calendar of a month: who sees which meetings, what is free, and what falls out."""

import datetime as dt
import re
from collections.abc import Callable

import pytest

from programmes.catalogue.actions import add_meetings, cancel_meeting
from programmes.catalogue.calendar import actions
from programmes.catalogue.calendar.rules import SchoolHoliday, weeks_of
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.rules import MeetingFacts
from tests.catalogue.scene import NOW, Scene
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION
from tests.tools.page import Page, text_of

SignedIn = Callable[[str], Client]
GROUP, BOTH, ORIENTATION = "MKG-DZB", "MKG-DRE", "RA-DRE"


def days(page: Page) -> dict[int, str]:
    """What stands in the cells of the month, by day."""
    cells = [text_of(cell) for cell in page.all("td") if text_of(cell)]
    return {int(re.findall(r"(\d+)\.", cell)[0]): cell for cell in cells}


def numbers(page: Page) -> set[str]:
    return {number for number in (GROUP, BOTH, ORIENTATION) if number in page.main}


@pytest.fixture
def meet(scene: Scene, transaction: TRANSACTION) -> Callable[..., int]:
    """Add a meeting to a course."""

    def add(course_id: int, day: dt.date, substitute: str | None = None) -> int:
        with transaction() as session:
            facts = MeetingFacts(day, dt.time(17), dt.time(19))
            meeting = add_meetings(session.get_one(Course, course_id), facts)[0]
            meeting.substitute_id = scene.users[substitute] if substitute else None
            session.flush()
            return meeting.id

    return add


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("mona", {GROUP, BOTH}), ("dora", {BOTH, ORIENTATION}), ("lena", {GROUP}), ("lars", {GROUP})],
)
def test_everybody_sees_the_meetings_of_their_courses(signed_in: SignedIn, name: str, theirs: set[str]) -> None:
    page = signed_in(name).open("/calendar")
    assert page.h1 == "Kalender März 2026"
    assert numbers(page) == theirs
    assert all(f"09:00–11:00 {number}, Kurs {number}" in days(page)[2] for number in theirs)
    assert "heute" in days(page)[2]


def test_a_substitute_sees_the_one_meeting(signed_in: SignedIn, scene: Scene, meet: Callable[..., int]) -> None:
    meeting = meet(scene.dreieich, dt.date(2026, 3, 9), substitute="lena")
    page = signed_in("lena").open("/calendar")
    assert ORIENTATION in days(page)[9]
    assert f"/meetings/{meeting}" in next(to for text, to in page.links.items() if ORIENTATION in text)


def test_what_is_free_and_what_falls_out_is_said_in_words(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION, meet: Callable[..., int]
) -> None:
    day = dt.date(2026, 4, 20)
    meeting_id = meet(scene.dietzenbach, day)
    with transaction() as session:
        cancel_meeting(session.get_one(Meeting, meeting_id), "Rohrbruch", scene.users["mona"], NOW)
        actions.keep_school_holidays([SchoolHoliday(dt.date(2026, 3, 30), dt.date(2026, 4, 11), "Osterferien")])
    client = signed_in("mona")
    page = client.open("/calendar?month=2026-04")
    assert days(page)[20] == f"Montag, 20. April 17:00–19:00 {GROUP}, Kurs {GROUP} Dietzenbach fällt aus"
    assert "Feiertag: Karfreitag" in days(page)[3]
    assert "Osterferien" in days(page)[10]
    assert "Osterferien" not in days(page)[13]
    assert "1 Termin, 1 davon fällt aus. Osterferien: 30.03.–11.04.2026." in page.main
    assert client.click("März").h1 == "Kalender März 2026"
    assert client.click("April").h1 == "Kalender April 2026"
    assert client.click("Heute").h1 == "Kalender März 2026"


def test_it_can_be_narrowed(signed_in: SignedIn, scene: Scene) -> None:
    client = signed_in("mona")
    client.open("/calendar")
    assert numbers(client.submit({"Programm": "Mutter-Kind-Gruppe Sprendlingen"})) == {BOTH}
    assert client.click("April").address.endswith(f"month=2026-04&programme={scene.programmes['P02a']}")
    client.open("/calendar")
    assert numbers(client.submit({"Kommune": "Dietzenbach"})) == {GROUP}
    client.open("/calendar")
    assert numbers(client.submit({"leader": str(scene.users["lena"])}, forge={"town": ""})) == {GROUP}
    client.open("/calendar")
    assert numbers(client.submit({"Raum oder Haus": "raum 2"})) == {GROUP, BOTH}
    assert numbers(client.submit({"Raum oder Haus": "raum_2"})) == set()
    assert "In diesem Monat ist kein Termin" in client.page


@pytest.mark.parametrize("month", ["2026-13", "0001-01", "9999-12", "%00", "2026", "x" * 300])
def test_a_strange_month_is_this_one(signed_in: SignedIn, month: str) -> None:
    page = signed_in("mona").open(f"/calendar?month={month}&programme=77&town=-1&leader=x&venue={'y' * 300}")
    assert page.h1 == "Kalender März 2026"
    assert numbers(page) == {GROUP, BOTH}
    assert "Monat" in page.errors


def test_the_number_of_statements_does_not_grow(
    signed_in: SignedIn, scene: Scene, meet: Callable[..., int], counting: COUNTING
) -> None:
    client = signed_in("mona")
    counts = []
    for first in (3, 10):
        for day in range(first, first + 6):
            meet(scene.dietzenbach, dt.date(2026, 3, day))
            meet(scene.shared, dt.date(2026, 3, day))
        with counting() as statements:
            client.open("/calendar")
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 7, statements


def test_weeks_begin_on_monday_and_hold_every_day_once() -> None:
    for month in (dt.date(2026, 2, 1), dt.date(2026, 3, 1), dt.date(2024, 2, 1), dt.date(2100, 12, 1)):
        weeks = weeks_of(month)
        assert all(len(week) == 7 for week in weeks)
        inside = [day for week in weeks for day in week if day]
        assert [day.day for day in inside] == list(range(1, len(inside) + 1))
        assert all(day.weekday() == place for week in weeks for place, day in enumerate(week) if day)
