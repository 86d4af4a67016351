"""The county for whoever bundles it: what runs where, who waits in one's own scope, and the list that is printed for everybody."""

import datetime as dt
import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

import clock
from auth.actions import add_user
from auth.rules import Role
from programmes.catalogue import report
from programmes.catalogue.models import Course, Municipality, Programme
from programmes.catalogue.rules import Span
from programmes.enrolment.county.directory import times_of
from programmes.enrolment.county.rules import ON_THE_MAP, Standing, standing
from programmes.enrolment.rules import EnrolmentStatus
from tests.enrolment.scene import PASSWORD, SECRETS, Scene, crowd, put
from tests.paper.reading import faults, overlaps, pages_of, text_of
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION
from tests.tools.page import Page, text_of as words_of

SignedIn = Callable[[str], Client]


@pytest.fixture
def county(scene: Scene, transaction: TRANSACTION) -> Scene:
    """The scene with an evaluator, a town where nothing runs, and one person of each course who waits."""
    with transaction() as session:
        session.add(Municipality(name="Egelsbach"))
        add_user("evi@buero.example", "Evi", [Role.EVALUATOR], clock.now(), password=PASSWORD)
        put(scene, "A", "bea", EnrolmentStatus.WAITING)
        put(scene, "B", "eva", EnrolmentStatus.WAITING, ["kim"])
    return scene


def tile(page: Page, town: str) -> str:
    return next(text for text in map(words_of, page.all("li")) if text.startswith(town))


def test_every_town_of_the_county_lies_somewhere_else() -> None:
    towns = json.loads((report.HERE / "additions.json").read_text(encoding="utf-8"))["municipalities"]
    assert set(ON_THE_MAP) == {town["name"] for town in towns if "outside" not in town}
    assert len(set(ON_THE_MAP.values())) == 13


def test_courses_are_everybodys_and_who_waits_is_ones_own(signed_in: SignedIn, county: Scene) -> None:
    for name, waiting in (("cora", "1 Anmeldung wartet"), ("cleo", "1 Anmeldung wartet"), ("evi", None)):
        page = signed_in(name).open("/county")
        told = tile(page, "Dietzenbach")
        assert "2 Kurse laufen: Mutter-Kind-Gruppen, Richtig Ankommen" in told
        assert "keine Koordination" in told
        assert "hier läuft nichts" in tile(page, "Egelsbach")
        assert "Es ist auch nichts geplant." in tile(page, "Egelsbach")
        assert "In 1 von 2 Kommunen läuft etwas" in page.main
        assert (waiting or "keine Koordination") in told
        assert ("wartet" in told) is (waiting is not None)


def test_a_tile_leads_to_the_courses_of_the_town(signed_in: SignedIn, county: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        other = session.scalars(sa.select(Municipality.id).where(Municipality.name == "Egelsbach")).one()
        programme = session.scalars(sa.select(Programme.id).where(Programme.key == "P01")).one()
        session.add(
            Course(
                number="A-2", title="Kurs in Egelsbach", programme_id=programme, municipality_id=other, venue="Halle",
                language="Deutsch", places=9, starts_on=county.today + dt.timedelta(days=9),
                ends_on=county.today + dt.timedelta(days=99), assumed=[],
            )
        )  # fmt: skip
    cora, evi = signed_in("cora"), signed_in("evi")
    assert "1 geplant, ab" in tile(cora.open("/county"), "Egelsbach")
    page = cora.click("Egelsbach")
    assert "Kurs in Egelsbach" in page.main
    assert "Kurs A" not in page.main
    assert "Egelsbach" not in evi.open("/county").links
    assert "Egelsbach" not in signed_in("cleo").open("/county").links  # none of the courses there is Cleo's


def test_the_printed_list_holds_what_takes_place_and_names_nobody(
    signed_in: SignedIn, county: Scene, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        crowd(county, "A", 2, EnrolmentStatus.ENROLLED)
        course = session.get_one(Course, county.courses["B"])
        course.title = "Bunter Spielkreis"
    evi = signed_in("evi")
    evi.open("/county")
    answer = evi.send({"Kommune": "Dietzenbach"})
    text = text_of(answer.data)
    assert answer.mimetype == "application/pdf"
    assert faults(answer.data) == []
    assert overlaps(answer.data) == []
    assert "Kurs A" in text
    assert "ausgebucht, Warteliste möglich" in text
    assert "Bunter Spielkreis" in text
    assert "Kinder von 18 bis 36 Monaten" in text
    assert "9:00–12:00 Uhr" in text
    assert "So melden Sie sich an" in text
    assert not [word for word in (*SECRETS, "Kanar", "Benali", "Mutter,") if word in text]
    with transaction() as session:
        session.get_one(Course, county.courses["B"]).cancelled_reason = "Rohrbruch"
    assert "Bunter Spielkreis" not in text_of(evi.fetch("/county/directory.pdf").data)
    long_ago = evi.fetch("/county/directory.pdf?first=2001-01-01&last=2001-12-31")
    assert "In dieser Zeit gibt es keine Kurse." in text_of(long_ago.data)
    evi.open("/county")
    assert "Das Ende liegt vor dem Beginn." in evi.submit({"Von": "2026-05-02", "Bis": "2026-05-01"}, status=422)


def test_a_long_list_says_where_its_towns_begin(signed_in: SignedIn, county: Scene, transaction: TRANSACTION) -> None:
    assert "Inhalt" not in text_of(signed_in("cora").fetch("/county/directory.pdf").data)
    with transaction() as session:
        first = session.get_one(Course, county.courses["A"])
        for number in range(12):
            town = Municipality(name=f"Stadt {number:02d}")
            session.add(town)
            session.flush()
            session.add(
                Course(
                    number=f"S-{number}", title="Kurs", programme_id=first.programme_id, municipality_id=town.id, venue="Halle",
                    language="Deutsch", places=9, starts_on=first.starts_on, ends_on=first.ends_on, assumed=[],
                )
            )  # fmt: skip
    pages = pages_of(signed_in("cora").fetch("/county/directory.pdf").data)
    assert f"Seite 1 von {len(pages)}" in pages[0]
    for number in range(12):
        page = next(place for place, text in enumerate(pages[1:], start=2) if f"Stadt {number:02d}" in text)
        assert f"Stadt {number:02d} 1 {page} " in f"{pages[0]} "


def spans(*days: str, hours: tuple[int, int] = (9, 12)) -> list[Span]:
    return [Span(dt.date.fromisoformat(day), dt.time(hours[0]), dt.time(hours[1], 15)) for day in days]


MONDAYS = ("2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30")
FRIDAYS = ("2026-03-06", "2026-03-13")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([], "Termine stehen noch nicht fest"),
        (spans("2026-03-02"), "Montag, 02.03.2026, 9:00–12:15 Uhr"),
        (spans(*MONDAYS), "Montag, 9:00–12:15 Uhr; 5 Termine"),
        (spans(*MONDAYS, *FRIDAYS), "Montag und Freitag, 9:00–12:15 Uhr; 7 Termine"),
        (spans(*MONDAYS, "2026-03-03"), "Montag, 9:00–12:15 Uhr; 6 Termine, davon einer zu anderer Zeit"),
        (
            [*spans(*MONDAYS), *spans(*MONDAYS, hours=(13, 16))],
            "Montag, 9:00–12:15 und 13:00–16:15 Uhr; 10 Termine",
        ),
        (
            spans("2026-10-05", "2026-10-06", "2026-10-07", "2026-10-08", "2026-10-09"),
            "Montag bis Freitag, 9:00–12:15 Uhr",
        ),
        (spans("2026-03-02", "2026-03-10", "2026-03-18", "2026-03-26", "2026-04-03"), "5 Termine an einzelnen Tagen"),
    ],
)
def test_times_in_words(found: list[Span], text: str) -> None:
    assert times_of(reversed(found)) == text


@pytest.mark.parametrize(
    ("places", "taken", "waiting", "said"),
    [(10, 3, 0, Standing.FREE), (10, 8, 0, Standing.FEW), (10, 8, 2, Standing.FULL), (10, 11, 0, Standing.FULL),
     (2, 1, 0, Standing.FREE), (0, 0, 0, Standing.FULL)],
)  # fmt: skip
def test_places_in_words(places: int, taken: int, waiting: int, said: Standing) -> None:
    of = {"places": places, "taken": taken, "waiting": waiting}
    assert standing(**of, is_over=False, is_open=False) is said
    assert standing(**of, is_over=True, is_open=True) is Standing.OVER
    assert standing(**of, is_over=False, is_open=True) is Standing.OPEN
