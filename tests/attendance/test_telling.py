"""Who is told that a meeting moved or does not take place: by the way they want, by a real mail server, and counted."""

import datetime as dt
import email
from email import policy

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
import jobs
import translations
from programmes.attendance.telling.models import Notice
from programmes.attendance.telling.rules import Appointment, Message, Step, newest, planned, way
from programmes.catalogue.models import Course, Meeting, Room
from programmes.catalogue.rules import Change
from programmes.enrolment.models import Enrolment
from programmes.participants.rules import Channel, Need, language_of
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.certificates.test_delivery import Postbox, postbox
from tests.paper.reading import faults, text_of as printed_text
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION
from tests.tools.page import text_of

__all__ = ["postbox"]
OFFICE = {"viewer": "test"}
DAY = dt.date(2026, 3, 12)
NINE, NOON = dt.time(9), dt.time(12)
NOW = Appointment(DAY, NINE, NOON, "Bürgerhaus")
LATER = Appointment(dt.date(2026, 3, 19), dt.time(10), dt.time(13), "Rathaus")


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (Message(NOW, NOW, is_cancelled=True), ["der Termin am 12.03.2026 um 09:00 Uhr fällt aus."]),
        (
            Message(NOW, NOW, is_cancelled=True, instead=LATER),
            [
                "der Termin am 12.03.2026 um 09:00 Uhr fällt aus.",
                "Der Ersatztermin ist am 19.03.2026 von 10:00 bis 13:00 Uhr.",
                "Treffpunkt: Rathaus",
            ],
        ),
        (
            Message(NOW, LATER),
            [
                "der Termin am 12.03.2026 um 09:00 Uhr ist verlegt. Er ist jetzt am 19.03.2026 von 10:00 bis 13:00 Uhr.",
                "Treffpunkt: Rathaus",
            ],
        ),
        (Message(NOW, NOW), ["der Termin am 12.03.2026 um 09:00 Uhr findet statt.", "Treffpunkt: Bürgerhaus"]),
    ],
)
def test_what_people_are_told(message: Message, says: list[str]) -> None:
    assert message.lines() == says
    for language in translations.LANGUAGES:  # every language fills the same fields
        told = message.text(translations.for_people(language))
        assert "12.03.2026" in told
        assert "{" not in told


def test_the_first_plan_is_the_one_that_everybody_knows() -> None:
    steps = [
        Step(3, Change.TOPIC, None, "Schule"),
        Step(4, Change.DATE, "2026-03-05", "2026-03-12"),
        Step(5, Change.STARTS_AT, "08:30:00", "09:00:00"),
        Step(6, Change.DATE, "2026-03-12", "2026-03-19"),
        Step(7, Change.NOTE, None, "x"),
    ]
    assert planned(LATER, steps) == Appointment(dt.date(2026, 3, 5), dt.time(8, 30), dt.time(13), "Rathaus")
    assert newest(steps) == 6
    assert newest(steps[:1]) is None
    assert newest([Step(8, Change.REPLACEMENT, "2026-03-12", "2026-03-19")]) is None, (
        "told of the meeting it makes up for"
    )
    assert newest([Step(9, Change.STATUS, "planned", "held")]) is None


@pytest.mark.parametrize(
    ("wanted", "has", "how"),
    [
        (Channel.SMS, {"phone"}, Channel.SMS),
        (Channel.EMAIL, {"phone", "email"}, Channel.EMAIL),
        (Channel.EMAIL, {"phone"}, Channel.CALL),
        (Channel.LETTER, set(), Channel.IN_PERSON),
        (Channel.THROUGH_SOMEBODY, {"phone"}, Channel.THROUGH_SOMEBODY),
        (None, {"phone", "email"}, Channel.CALL),
        (None, {"email"}, Channel.IN_PERSON),
    ],
)
def test_everybody_is_told_as_they_want_if_that_can_be_done(
    wanted: Channel | None, has: set[str], how: Channel
) -> None:
    assert way(wanted, **{what: "x" if what in has else None for what in ("phone", "email", "address")}) is how


def test_somebody_is_told_in_the_first_language_that_there_is() -> None:
    assert [language_of(spoken) for spoken in (["Zazaki", "Dari", "Englisch"], ["Zazaki"], [])] == ["fa", "de", "de"]


@pytest.fixture
def office(twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN) -> Client:
    """A coordinator; of the twelve, five have told how they want to be reached, and one comes only in a week."""
    with transaction() as session:
        scene.coordinator()
        course = session.get_one(Course, twelve.course)
        scene.enrol(course, 12, entry=clock.today() + dt.timedelta(days=7))
        people = [session.get_one(Enrolment, number, execution_options=OFFICE).person for number in twelve.people]
        ayse, snezana, ciaran, fatima, malgorzata = people[:5]
        ayse.contact_by, ayse.email, ayse.languages = Channel.EMAIL, "ayse@example.org", ["Türkisch"]
        snezana.contact_by, snezana.phone, snezana.languages = Channel.SMS, "0151 1234567", ["Serbisch"]
        ciaran.phone = "06074 112233"
        fatima.contact_by, fatima.needs, fatima.phone = Channel.CALL, [Need.INTERPRETING.value], "0160 7654321"
        malgorzata.contact_by, malgorzata.address = Channel.LETTER, "Am Wald 3"
    return sign_in("koordination@office.example")


def test_who_is_told_that_a_meeting_moved(
    app: Flask,
    office: Client,
    leader: Client,
    twelve: Scene,
    postbox: Postbox,
    transaction: TRANSACTION,
    counting: COUNTING,
) -> None:
    tell, moved = f"/meetings/{twelve.meeting}/tell", clock.today() + dt.timedelta(days=1)
    assert "Nichts zu sagen" in office.open(tell).main
    assert "Bescheid" not in office.open(twelve.page).main
    leader.fetch(f"/meetings/{twelve.meeting}/signature-sheet.pdf")
    office.open(f"/meetings/{twelve.meeting}/edit")
    assert "gelten nicht mehr" in office.submit({"date": moved.isoformat(), "starts_at": "10:00"})
    page = leader.open(twelve.page)
    assert "Liste überholt" in page.main
    assert "0 von 12 Personen wissen Bescheid" in page.main
    assert "Wem noch" not in page.main
    office.open(twelve.page)
    page = office.click("Wem noch Bescheid zu sagen ist")
    assert f"ist verlegt. Er ist jetzt am {moved:%d.%m.%Y} von 10:00 bis 12:00 Uhr." in page.main
    groups = [text.split(" (")[0] for text in map(text_of, page.all("h2")) if "(" in text]
    assert groups == ["Anruf", "SMS", "E-Mail", "Brief", "persönlich"]
    assert "braucht Dolmetschen" in page.main
    assert "0160 7654321" in page.main
    assert len([row for row in page.rows if row[0] != "Name"]) == 12
    office.submit(button="1 E-Mail senden")
    assert postbox.letters == []
    jobs.work_off(app)
    [raw] = postbox.letters
    letter = email.message_from_bytes(raw, policy=policy.default)
    text = letter.get_content()
    assert letter["To"] == "ayse@example.org"
    assert text.startswith(translations.for_people("tr")("Guten Tag,"))
    assert f"Er ist jetzt am {moved:%d.%m.%Y}" in text
    assert "Kurs" not in letter["Subject"] + text.replace("Kursbuch", "")
    assert "1 von 12" in leader.open(twelve.page).main
    page = office.open(tell)
    assert "E-Mail senden" not in page.main
    office.submit(button="Erreicht 03 Benali, Fatima")
    with counting() as few:
        assert "2 von 12 Personen wissen Bescheid" in office.open(tell).main
    with transaction() as session:
        told = session.scalars(sa.select(Notice).order_by(Notice.id).execution_options(**OFFICE)).all()
        assert [(one.channel, one.told_at is not None, one.by.email) for one in told] == [
            (Channel.EMAIL, True, "koordination@office.example"), (Channel.CALL, True, "koordination@office.example"),
        ]  # fmt: skip
        course = session.get_one(Course, twelve.course)
        for number in range(13, 25):
            scene.enrol(course, number)
    with counting() as many:
        assert "2 von 24" in office.open(tell).main
    assert len(many) == len(few)
    pdf = office.fetch(f"{tell}/letters.pdf")
    assert faults(pdf.data) == []
    printed = printed_text(pdf.data)
    assert "Kowalska" in printed
    assert "Am Wald 3" in printed
    assert f"Er ist jetzt am {moved:%d.%m.%Y}" in " ".join(printed.split())
    assert "Benali" not in printed
    office.open(tell)
    office.submit(button="Erreicht 04 Kowalska, Małgorzata")
    assert office.fetch(f"{tell}/letters.pdf").status_code == 404, "no letter is left"
    with transaction() as session:  # who has left since, and was told, is told again
        fatima = session.get_one(Enrolment, twelve.people[3], execution_options=OFFICE)
        fatima.exit_date = clock.today() - dt.timedelta(days=1)
        rathaus = Room(municipality_id=fatima.course.municipality_id, name="Rathaus, Saal 1")
        session.add(rathaus)
    office.open(f"/meetings/{twelve.meeting}/edit")
    office.submit({"room_id": "Rathaus, Saal 1"})
    page = office.open(tell)
    assert "0 von 24" in page.main, "another room is news"
    assert "Treffpunkt: Rathaus, Saal 1" in page.main
    assert "Benali, Fatima" in page.main


def test_a_meeting_that_falls_out_counts_for_nobody_and_everybody_hears_of_it(
    office: Client, twelve: Scene, postbox: Postbox, app: Flask, transaction: TRANSACTION
) -> None:
    accounts = f"/courses/{twelve.course}/accounts"
    before = office.open(accounts).main
    office.open(f"/meetings/{twelve.meeting}/cancel")
    day = clock.today() + dt.timedelta(days=3)
    office.submit({"reason": "Wasserschaden", "date": day.isoformat(), "ends_at": "11:15"})
    assert office.open(accounts).main != before
    page = office.open(f"/meetings/{twelve.meeting}/tell")
    assert "fällt aus." in page.main
    assert f"Der Ersatztermin ist am {day:%d.%m.%Y} von 09:00 bis 11:15 Uhr." in page.main
    assert "Wasserschaden" not in page.main
    with transaction() as session:
        made = session.scalars(sa.select(Meeting.id).where(Meeting.replaces_id == twelve.meeting)).one()
    assert "Nichts zu sagen" in office.open(f"/meetings/{made}/tell").main
    postbox.answer = "550 5.1.1 no such user"
    office.open(f"/meetings/{twelve.meeting}/tell")
    office.submit(button="1 E-Mail senden")
    jobs.work_off(app)
    page = office.open(f"/meetings/{twelve.meeting}/tell")
    assert "E-Mail nicht angenommen" in page.main
    office.submit(button="Erreicht 00 Yılmaz, Ayşe")
    assert "1 von 12" in office.open(f"/meetings/{twelve.meeting}/tell").main


def test_a_course_that_is_called_off_is_told_once(
    office: Client, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction() as session:
        course = session.get_one(Course, twelve.course)
        days = [clock.today() + dt.timedelta(days=days) for days in (2, 5, 9)]
        for day in days:
            scene.meeting(course, day)
        course.ends_on = max(course.ends_on, days[-1])
    office.open(f"/courses/{twelve.course}/cancel")
    page = office.submit({"reason": "Leiterin erkrankt"})
    assert page.h1 == "Bescheid sagen"
    assert "fällt aus." in page.main
    assert f"Auch alle weiteren Termine bis zum {days[-1]:%d.%m.%Y} fallen aus." in page.main
    assert len([row for row in page.rows if row[0] != "Name"]) == 13, "also who would have come only in a week"
    assert "1 von 13" in office.submit(button="Erreicht 03 Benali, Fatima").main
    with transaction() as session:
        last = session.scalars(sa.select(Meeting.id).where(Meeting.date == days[-1])).one()
    assert "1 von 13" in office.open(twelve.page.replace(str(twelve.meeting), str(last))).main, (
        "who knows of one knows of all"
    )
    page = office.open(f"/meetings/{last}/tell")
    assert "1 von 13" in page.main
    assert "0 von 13" in office.submit(button="Doch nicht erreicht 03 Benali, Fatima").main
