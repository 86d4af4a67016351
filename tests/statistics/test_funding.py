"""A funder's report end to end: a course counted by hand, its files, and who has no door here."""

import csv
import datetime as dt
import io
import re

import openpyxl
import pytest
import sqlalchemy as sa

import clock
from auth.guard import Viewer
from auth.models import TraceEntry, User
from auth.rules import Role
from database import db
from programmes.attendance import register
from programmes.attendance.models import AttendanceMark, SheetFiling, SheetPrint
from programmes.attendance.rules import Mark
from programmes.catalogue.models import Coordination, Course, FundingProfile, Meeting, Municipality
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import Education, Employment
from programmes.participants.models import Person
from programmes.participants.rules import Sex
from programmes.statistics.funding.models import FunderExport
from programmes.statistics.models import VERSIONS
from programmes.statistics.rules import Dimension, Question
from tests.certificates import scene as finished
from tests.certificates.scene import COORDINATOR, LEADER, PASSWORD, STRANGER
from tests.statistics.test_figures import CLOCK, NOW, PASSWORD as PASSWORD_2026, SETTLED, Counted, counted, known_since
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

ADMINISTRATOR, EVALUATOR, TOWN = "verwaltung@office.example", "auswertung@office.example", "kommune@office.example"
OFFICE = {"viewer": "test"}
YEAR = Question(dt.date(2026, 1, 1), dt.date(2026, 12, 31), Dimension.COURSE)
__all__ = ["counted"]


def fund(pack: str = "wir", **more: object) -> FundingProfile:
    year = clock.today().year
    profile = FundingProfile(
        name=f"Förderer {pack}", line="-", pack=pack, reference="=A-1", grant_from=dt.date(year - 1, 1, 1),
        grant_until=dt.date(year + 1, 12, 31), **more,
    )  # fmt: skip
    db.session.add(profile)
    db.session.flush()
    return profile


def pays(profile: FundingProfile, *scenes: finished.Scene) -> None:
    for scene in scenes:
        db.session.get_one(Course, scene.course).programme.funding_profile = profile
    db.session.flush()


def people(scene: finished.Scene) -> list[Person]:
    query = (
        sa.select(Person).join(Enrolment, Enrolment.person_id == Person.id).where(Enrolment.id.in_(scene.enrolments))
    )
    return list(db.session.scalars(query.order_by(Enrolment.id), execution_options=OFFICE))


def file_sheets(scene: finished.Scene) -> None:
    """Every sheet is printed, signed by those who were there, and filed."""
    by = db.session.get_one(User, scene.coordinator)
    for number in scene.meetings:
        meeting = db.session.get_one(Meeting, number)
        there = register.signers(Viewer.office(), [number]).get(number, 0)
        _, fingerprint = register.facts(Viewer.office(), meeting, clock.now(), address="-", demo=False)
        db.session.add_all(
            [
                SheetPrint(meeting_id=number, printed_at=clock.now(), by_id=by.id, fingerprint=fingerprint),
                SheetFiling(
                    meeting_id=number, recorded_at=clock.now(), by_id=by.id, filed_on=clock.today(), filed_by="-",
                    place="Ordner 1", signatures=there,
                ),
            ]
        )  # fmt: skip
    db.session.flush()


def rows(answer_data: bytes) -> list[dict[str, str]]:
    assert answer_data.startswith(b"\xef\xbb\xbf")
    assert answer_data.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(answer_data.decode("utf-8-sig")), delimiter=";"))


def taken(client: Client, file: str, reason: str) -> bytes:
    """The file that comes of the form on the screen: the reason is stored first, then the file is fetched."""
    address = client.send({"file": file, "reason": reason}).headers["Location"]
    with client.fetch(address) as answer:
        assert answer.status_code == 200
        return answer.data


@pytest.fixture
def wir(transaction: TRANSACTION) -> tuple[finished.Scene, int]:
    """Four meetings of 180 minutes: 16 UE. Three people, of whom two reach three quarters; one name is a formula."""
    with transaction():
        scene = finished.build("IL", attended=[range(4), range(3), [0]], required_share=75)
        first, second, third = people(scene)
        first.family_name, first.sex, second.sex, third.sex = "=1+1", Sex.FEMALE, Sex.MALE, Sex.FEMALE
        profile = fund(rate_cents=1250, ceiling_cents=35_000)
        pays(profile, scene)
        for role, email in ((Role.ADMINISTRATOR, ADMINISTRATOR), (Role.EVALUATOR, EVALUATOR)):
            finished.user(email, role)
        return scene, profile.id


def test_report_and_files(client: Client, wir: tuple[finished.Scene, int], transaction: TRANSACTION) -> None:
    _, number = wir
    client.sign_in(COORDINATOR, PASSWORD)
    page = client.open(f"/funding/{number}/report")
    for part in (
        "2 qualifizierten, nicht mit 3 angemeldeten",
        "400,00",
        "350,00",
        "IL-1 hat 16 UE",
        "Genaue Zahlen.",
    ):
        assert part in page.text, part
    assert client.send({"file": "participants.csv", "reason": "  "}).status_code == 422
    with transaction() as session:
        assert not session.scalars(sa.select(FunderExport)).all()
    listed = rows(taken(client, "participants.csv", "Nachweis an das RP"))
    assert [(one["family_name"], one["units"], one["meetings"], one["sheets"], one["standing"]) for one in listed] == [
        ("'=1+1", "16.0", "4", "0", "qualified"), ("Đorđević", "12.0", "3", "0", "qualified"),
        ("O’Neill", "4.0", "1", "0", "attended"),
    ]  # fmt: skip
    assert {(one["reference"], one["as_of"], one["method"]) for one in listed} == {
        ("'=A-1", clock.today().isoformat(), "exact")
    }
    reckoned = rows(taken(client, "calculation.csv", "Nachweis"))
    assert [(one["course"], one["persons"], one["units"], one["rate_eur"], one["amount_eur"]) for one in reckoned] == [
        ("IL-1", "2", "16.0", "12.50", "400.00"), ("total", "2", "", "", "400.00"),
        ("ceiling", "", "", "", "350.00"), ("claimed", "", "", "", "350.00"),
    ]  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(taken(client, "all.xlsx", "Nachweis")))
    cell = book["Teilnehmendenliste"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    with transaction() as session:
        kept = {str(one.id): one for one in session.scalars(sa.select(FunderExport))}
        traced = session.scalars(sa.select(TraceEntry).where(TraceEntry.act.like("export funding%"))).all()
        assert {one.object_id for one in traced} == {f"{number}/{reason}" for reason in kept}
        [first] = [one for one in traced if one.act == "export funding wir participants.csv"]
        assert first.rows == 3
        assert kept[str(first.object_id).split("/")[1]].reason == "Nachweis an das RP"
        assert not any("RP" in str(vars(one)) for one in traced), "The trace names the reason, it does not hold it"
    assert "Nachweis an das RP" in client.open(f"/funding/{number}/report").text
    with transaction() as session:
        mine, old, other = sorted(kept)
        session.get_one(FunderExport, int(old)).at -= dt.timedelta(days=1)
        session.get_one(FunderExport, int(other)).by_id = session.scalars(
            sa.select(User.id).where(User.email == STRANGER)
        ).one()
    assert [client.fetch(f"/funding/exports/{one}").status_code for one in (mine, old, other)] == [200, 404, 404]


def test_who_has_no_door_here(
    client: Client, wir: tuple[finished.Scene, int], new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    _, number = wir
    report = f"/funding/{number}/report"
    for email in (STRANGER, LEADER, EVALUATOR, ADMINISTRATOR):
        stranger = new_client()
        stranger.sign_in(email, PASSWORD)
        assert stranger.fetch(report).status_code == 404, email
        assert (
            stranger.post(f"/funding/{number}/export", {"file": "participants.csv", "reason": "x"}).status_code == 404
        )
    with transaction() as session:  # somebody of another town knows the profile by a course of their own, and no more
        elsewhere = finished.build("IL2", people=1, coordinator=TOWN)
        course = session.get_one(Course, elsewhere.course)
        course.municipality = Municipality(name="Langen")
        session.flush()
        session.execute(sa.delete(Coordination).where(Coordination.user_id == elsewhere.coordinator))
        session.add(Coordination(user_id=elsewhere.coordinator, municipality_id=course.municipality_id))
        course.programme.funding_profile_id = number
    client.sign_in(TOWN, PASSWORD)
    text = client.open(report).text
    assert "außerhalb Ihres Bereichs: 1" in text
    assert "=1+1" not in text


def test_a_grant_and_its_deadline_on_the_first_page(
    client: Client, wir: tuple[finished.Scene, int], new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    _, number = wir
    today = clock.today()
    office, coordinator = new_client(), client
    office.sign_in(ADMINISTRATOR, PASSWORD)
    coordinator.sign_in(COORDINATOR, PASSWORD)
    assert "Förderer wir" not in coordinator.open("/today").text
    page = f"/funding/{number}/grant"
    office.open(page)
    office.submit({"grant_until": "2000-01-01", "rate": "zwölf"}, status=422)
    office.open(page)
    office.submit(
        {"rate": "9,5", "ceiling": "1.012,50", "due_on": (today - dt.timedelta(days=3)).isoformat(), "pack": "esf"}
    )
    with transaction() as session:
        profile = session.get_one(FundingProfile, number)
        assert (profile.rate_cents, profile.ceiling_cents, profile.pack) == (950, 101_250, "esf")
    text = coordinator.open("/today").text
    assert "seit 3 Tagen" in text
    assert "Förderer wir" in text
    listed = coordinator.open(f"/funding/{number}/report").rows[-3:]
    assert all(re.fullmatch("P[0-9A-F]{10}", line[1]) for line in listed)
    assert len({line[1] for line in listed}) == 3
    office.open(page)
    office.submit({"sent_on": today.isoformat()})
    assert "Förderer wir" not in coordinator.open("/today").text


def test_the_same_hour_is_not_funded_twice(client: Client, transaction: TRANSACTION) -> None:
    """Two courses on the same days at the same hours, each with a funder of its own; one person is in both."""
    with transaction() as session:
        one, other = finished.build("A", people=2), finished.build("B", people=1)
        [first, _], [again] = people(one), people(other)
        session.get_one(Enrolment, other.enrolments[0], execution_options=OFFICE).person_id = first.id
        pays(profile := fund(rate_cents=1250), one)
        pays(fund("heads"), other)
        number = profile.id
        assert again.id != first.id
    client.sign_in(COORDINATOR, PASSWORD)
    text = client.open(f"/funding/{number}/report").text
    assert "in zwei geförderten Kursen: 4 Fälle" in text
    assert "B-1" in text


def test_who_used_up_the_hours_of_a_funder_gets_a_place_for_a_reason_only(
    client: Client, transaction: TRANSACTION
) -> None:
    """MiA pays 102 hours of one woman, in all courses that it pays for together (domain.md B2)."""
    with transaction() as session:
        before, course = finished.build("A", people=2, minutes=540), finished.build("B", people=0, ends_in=30)
        pays(fund("mia"), before, course)
        tired, fresh = people(before)
        tired.sex = fresh.sex = Sex.FEMALE
        marks = sa.select(AttendanceMark).where(AttendanceMark.enrolment_id == before.enrolments[0])
        for mark in session.scalars(marks, execution_options=OFFICE):
            mark.minutes = 6120 // 4
        number, used_up, other = course.course, tired.id, fresh.id
    client.sign_in(COORDINATOR, PASSWORD)
    enrol = f"/courses/{number}/enrol?person="
    assert "102 Stunden" not in client.open(f"{enrol}{other}").main
    assert "diese Person hat schon 102 davon besucht" in client.open(f"{enrol}{used_up}").main
    assert "102 Stunden" in client.submit(status=422).text
    client.submit({"reason": "Die Kommune übernimmt den Kurs."})
    with transaction() as session:
        taken_in = sa.select(Enrolment.person_id).where(Enrolment.course_id == number)
        assert session.scalars(taken_in, execution_options=OFFICE).all() == [used_up]


def test_an_answer_that_a_funder_demands_is_asked_and_may_be_refused(client: Client, transaction: TRANSACTION) -> None:
    with transaction() as session:
        scene = finished.build("A", people=0, ends_in=30)
        pays(fund("esf"), scene)
        person = finished.person("Ada", "Lovelace")
        person.entered_by_id = scene.coordinator
        session.flush()
        number, who = scene.course, person.id
    client.sign_in(COORDINATOR, PASSWORD)
    page = client.open(f"/courses/{number}/enrol?person={who}")
    assert "Förderer esf verlangt hier Antworten" in page.main
    assert "spricht dagegen" not in page.main
    page = client.submit({"education": "refused"}, status=422)
    assert list(page.errors) == ["Arbeit beim Einstieg"]
    client.submit({"education": "refused", "employment": "refused"})
    with transaction() as session:
        [place] = session.scalars(sa.select(Enrolment), execution_options=OFFICE)
        assert (place.education, place.employment) == (Education.REFUSED, Employment.REFUSED)


@pytest.mark.usefixtures("counted")
def test_heads_that_were_given_away_never_change_again(
    client: Client, transaction: TRANSACTION, set_clock: CLOCK
) -> None:
    """A foundation gets the heads of its grant as known on the one reference day, rounded, whatever is corrected afterwards."""
    with transaction() as session:
        profile = fund("heads")
        profile.grant_from, profile.grant_until = YEAR.first, YEAR.last
        for course in session.scalars(sa.select(Course)):
            course.programme.funding_profile = profile
        session.flush()
        number = profile.id
        known_since(session, NOW)
    client.sign_in("ra@o.example", PASSWORD_2026)
    page = f"/funding/{number}/report"
    assert "nach seinem Stichtag, dem 28.01.2027" in client.open(page).text
    assert client.post(f"/funding/{number}/export", {"file": "heads.csv", "reason": "x"}).status_code == 409
    set_clock(SETTLED)
    client.sign_in("ra@o.example", PASSWORD_2026)
    shown = [line for line in client.open(page).rows if line[0] in {"MK-1", "RA-1", "Summe"}]
    assert shown == [
        ["MK-1", "1", "1", "1", "2", "–"],
        ["RA-1", "2", "2", "–", "–", "–"],
        ["Summe", "3", "2", "1", "2", "–"],
    ]
    before = taken(client, "heads.csv", "Nachweis")
    told = {one["course"]: (one["persons"], one["children"], one["meetings"]) for one in rows(before)}
    assert told == {"RA-1": ("·", "·", "2"), "MK-1": ("·", "·", "1"), "total": ("·", "·", "3")}
    assert {(one["as_of"], one["method"]) for one in rows(before)} == {("2027-01-28", "rounded")}
    with transaction() as session:
        build = Counted(session, session.scalars(sa.select(User.id).where(User.email == "le@o.example")).one())
        course = session.scalars(sa.select(Course).where(Course.number == "RA-1")).one()
        meeting = build.meeting(course, dt.date(2026, 5, 4))
        for late in range(6):
            build.mark(meeting, build.enrol(course, build.person(f"Spät{late}")), Mark.PRESENT, 90)
        for versions in VERSIONS.values():
            since = sa.update(versions).where(versions.c.since > NOW).values(since=SETTLED)
            session.execute(since, execution_options={"viewer": "test"})
    assert ["RA-1", "3", "8", "–", "–", "–"] in client.open(page).rows
    assert taken(client, "heads.csv", "noch einmal") == before
    book = openpyxl.load_workbook(io.BytesIO(taken(client, "all.xlsx", "Nachweis")))
    notes = {str(row[0].value): str(row[1].value) for row in book["Hinweise"]}
    assert notes["Stichtag"] == "2027-01-28"
    assert "Bitte beachten" not in notes, "What to know before sending holds exact numbers"
