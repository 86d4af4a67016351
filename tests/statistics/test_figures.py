"""Two small courses counted by hand, asked by everybody who may ask, on both databases."""

import csv
import datetime as dt
import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import openpyxl
import pytest
import sqlalchemy as sa

import clock
from auth import actions
from auth.models import TraceEntry, User
from auth.rules import Role
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.rules import AbsenceReason, Mark
from programmes.catalogue.models import Coordination, Course, FundingProfile, Meeting, Municipality, Programme, Quarter
from programmes.catalogue.report import load_catalogue
from programmes.catalogue.rules import MeetingStatus
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateKind, CertificateState, HandOver
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import Education, EnrolmentStatus, ExitCause
from programmes.participants.models import Person
from programmes.participants.origins import LANGUAGES
from programmes.participants.rules import Sex
from programmes.statistics.models import VERSIONS
from programmes.statistics.rules import MEASURES
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION

PASSWORD = "sieben kleine Zwerge"
NOW = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)
PERIOD = "first=2026-01-01&last=2026-12-31"
SETTLED = dt.datetime(
    2027, 2, 1, 12, tzinfo=dt.UTC
)  # the reference day of 2026 is over: its figures may leave the office
CLOCK = Callable[[dt.datetime], None]


def known_since(session: sa.orm.scoped_session[sa.orm.Session], instant: dt.datetime) -> None:
    """As if all that is there had been entered at that instant: what the triggers write is the time of the database."""
    for versions in VERSIONS.values():
        session.execute(sa.delete(versions).where(versions.c.until.is_not(None)), execution_options={"viewer": "test"})
        session.execute(sa.update(versions).values(since=instant), execution_options={"viewer": "test"})


@dataclass
class Counted:
    """Builds courses, people and marks by hand."""

    session: sa.orm.scoped_session[sa.orm.Session]
    user_id: int

    def course(self, number: str, programme: str, municipality: str, title: str = "Kurs") -> Course:
        course = Course(
            number=number, title=title, venue="Rathaus", language="Deutsch", places=20, assumed=[],
            starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 31),
            programme_id=self.session.scalars(sa.select(Programme.id).where(Programme.key == programme)).one(),
            municipality_id=self.session.scalars(sa.select(Municipality.id).where(Municipality.name == municipality)).one(),
        )  # fmt: skip
        self.session.add(course)
        self.session.flush()
        return course

    def meeting(self, course: Course, day: dt.date, *, closed: bool = True, cancelled: bool = False) -> Meeting:
        meeting = Meeting(
            course_id=course.id, date=day, starts_at=dt.time(9), ends_at=dt.time(10, 30),
            status=MeetingStatus.CANCELLED if cancelled else MeetingStatus.HELD,
            cancelled_reason="Krankheit" if cancelled else None,
            closed_at=NOW if closed else None, first_closed_at=NOW if closed else None,
        )  # fmt: skip
        self.session.add(meeting)
        self.session.flush()
        return meeting

    def person(self, name: str) -> Person:
        person = Person(given_name=name, family_name="Beispiel", entered_at=NOW, citizenships=[], languages=[])
        self.session.add(person)
        self.session.flush()
        return person

    def enrol(
        self, course: Course, person: Person, *children: Person, entry: dt.date = dt.date(2026, 1, 1)
    ) -> Enrolment:
        enrolment = Enrolment(
            course_id=course.id, person_id=person.id, status=EnrolmentStatus.ENROLLED, applied_at=NOW, entry_date=entry
        )
        self.session.add(enrolment)
        self.session.flush()
        self.session.add_all(EnrolmentChild(enrolment_id=enrolment.id, person_id=child.id) for child in children)
        self.session.flush()
        return enrolment

    def mark(
        self,
        meeting: Meeting,
        enrolment: Enrolment,
        mark: Mark,
        minutes: int,
        child_id: int | None = None,
        reason: AbsenceReason | None = None,
    ) -> None:
        event = MarkEvent(
            id=str(uuid.uuid4()), meeting_id=meeting.id, enrolment_id=enrolment.id, child_id=child_id, mark=mark,
            author_id=self.user_id, recorded_at=NOW, received_at=NOW,
        )  # fmt: skip
        self.session.add(event)
        self.session.flush()
        self.session.add(
            AttendanceMark(
                meeting_id=meeting.id,
                enrolment_id=enrolment.id,
                child_id=child_id,
                mark=mark,
                minutes=minutes,
                event_id=event.id,
                absence_reason=reason,
            )
        )
        self.session.flush()


@pytest.fixture
def counted(transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]) -> None:
    set_clock(NOW)
    with transaction():
        load_catalogue()
    with transaction() as session:
        coordinator = actions.add_user("ra@o.example", "Rita A.", [Role.COORDINATOR], clock.now(), password=PASSWORD)
        other = actions.add_user("il@o.example", "Ilse L.", [Role.COORDINATOR], clock.now(), password=PASSWORD)
        actions.add_user("eva@o.example", "Eva Luator", [Role.EVALUATOR], clock.now(), password=PASSWORD)
        leader = actions.add_user("le@o.example", "Lea D.", [Role.LEADER], clock.now(), password=PASSWORD)
        keys = {row.key: row.id for row in session.execute(sa.select(Programme.key, Programme.id))}
        session.add_all(
            [
                Coordination(user_id=coordinator.id, programme_id=keys["P01"]),
                Coordination(user_id=coordinator.id, programme_id=keys["P02"]),
                Coordination(user_id=other.id, programme_id=keys["P03"]),
            ]
        )
        build = Counted(session, leader.id)
        course = build.course("RA-1", "P01a", "Dietzenbach", title="=1+1 Kurs")
        january = build.meeting(course, dt.date(2026, 1, 12))
        february = build.meeting(course, dt.date(2026, 2, 9))
        build.meeting(course, dt.date(2026, 2, 16), cancelled=True)
        march = build.meeting(course, dt.date(2026, 3, 16), closed=False)
        anna, bert, late = (build.person(name) for name in ("Anna", "Bert", "Leyla"))
        places = [
            build.enrol(course, anna),
            build.enrol(course, bert),
            build.enrol(course, late, entry=dt.date(2026, 2, 1)),
        ]
        build.mark(january, places[0], Mark.PRESENT, 90)
        childcare = AbsenceReason.CHILDCARE_FORESEEABLE, AbsenceReason.CHILDCARE_UNFORESEEABLE
        build.mark(january, places[1], Mark.ABSENT_EXCUSED, 0, reason=childcare[1])
        build.mark(february, places[0], Mark.PRESENT, 60)
        build.mark(february, places[1], Mark.ABSENT_UNEXCUSED, 0, reason=childcare[0])
        build.mark(february, places[2], Mark.PRESENT, 90)
        build.mark(march, places[0], Mark.PRESENT, 90)  # not closed: counts nowhere but as recorded
        group = build.course("MK-1", "P02a", "Dreieich")
        meeting = build.meeting(group, dt.date(2026, 1, 14))
        twins = (build.person("Ela"), build.person("Can"))
        family = build.enrol(group, anna, *twins)
        build.mark(meeting, family, Mark.PRESENT, 90)
        children = session.scalars(
            sa.select(EnrolmentChild.id).order_by(EnrolmentChild.id).execution_options(viewer="test")
        ).all()
        build.mark(meeting, family, Mark.PRESENT, 90, children[0])
        build.mark(meeting, family, Mark.PRESENT, 90, children[1])
        known_since(session, NOW)


def export(client: Client, query: str) -> list[dict[str, str]]:
    answer = client.fetch(f"/statistics/export.csv?{query}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in answer.data
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.usefixtures("counted")
def test_by_course_counted_by_hand(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    rows = {row["course"]: row for row in export(client, f"{PERIOD}&by=course")}
    assert set(rows) == {"RA-1", "MK-1", "total"}
    expected = {
        "meetings_planned": 3, "meetings_held": 2, "meetings_cancelled": 1, "minutes_offered": 180, "persons": 3,
        "enrolments": 3, "families": 0, "children": 0, "present": 3, "absent_excused": 1, "absent_unexcused": 1,
        "absent_childcare": 2, "not_recorded": 2, "minutes_enrolled": 90 * 5, "minutes_attended": 240,
    }  # fmt: skip
    assert {key: int(rows["RA-1"][key]) for key in expected} == expected
    assert float(rows["RA-1"]["attendance_rate"]) == pytest.approx(53.3)
    group = {"persons": 1, "families": 1, "children": 2, "present": 1, "children_present": 2, "families_together": 1}
    assert {key: int(rows["MK-1"][key]) for key in group} == group
    assert rows["RA-1"]["course_label"] == "'=1+1 Kurs"
    assert rows["RA-1"]["as_of"] == "2026-03-20"


@pytest.mark.usefixtures("counted")
def test_a_person_in_two_courses_is_one_person_and_two_enrolments(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    total = export(client, f"{PERIOD}&by=course")[-1]
    assert (total["course"], total["persons"], total["enrolments"], total["children"]) == ("total", "3", "4", "2")


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("programme", ["P01a", "P02a"]),
        ("municipality", ["Dietzenbach", "Dreieich"]),
        ("month", ["2026-01", "2026-02", "2026-03"]),
        ("course_language", ["Deutsch"]),
        ("quarter", ["none"]),
    ],
)
def test_other_dimensions(client: Client, by: str, keys: list[str]) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    assert [row[by] for row in export(client, f"{PERIOD}&by={by}")] == [*keys, "total"]


@pytest.mark.usefixtures("counted")
def test_by_what_people_are(client: Client, transaction: TRANSACTION, set_clock: CLOCK) -> None:
    """A meeting belongs to no class of people; who told nothing has a row; classes without anybody are there too."""
    with transaction() as session:
        people = {
            person.given_name: person for person in session.scalars(sa.select(Person).execution_options(viewer="test"))
        }
        people["Anna"].sex, people["Anna"].birth_date = Sex.FEMALE, dt.date(1991, 1, 1)  # 35 on the day of her entry
        people["Bert"].sex, people["Bert"].birth_date = Sex.MALE, dt.date(2008, 1, 2)  # 18 the day after
        people["Bert"].late_resettler = True
        people["Anna"].citizenships, people["Bert"].citizenships = ["Türkei", "Deutschland"], ["Jugoslawien"]
        people["Anna"].languages, people["Bert"].languages = ["Türkisch", "Deutsch"], ["Donauschwäbisch"]
        places = session.scalars(
            sa.select(Enrolment).join(Course).where(Course.number == "RA-1").execution_options(viewer="test")
        )
        for place in places:
            place.education = Education.REFUSED if place.person.given_name == "Anna" else None
            place.exit_cause = ExitCause.MOVED if place.person.given_name == "Bert" else None
    client.sign_in("ra@o.example", PASSWORD)

    def told(by: str, measure: str) -> dict[str, str]:
        return {row[by]: row[measure] for row in export(client, f"{PERIOD}&by={by}")}

    assert told("sex", "persons") == {"diverse": "0", "female": "1", "male": "1", "unknown": "1", "total": "3"}
    ages = {"00-17": "1", "18-24": "0", "25-34": "0", "35-49": "1", "50-64": "0", "65-99": "0", "unknown": "1"}
    assert told("age_class", "persons") == ages | {"total": "3"}
    assert told("age_class_esf", "persons") == {
        "00-17": "1", "18-29": "0", "30-54": "1", "55-99": "0", "unknown": "1", "total": "3",
    }  # fmt: skip
    assert told("citizenship_group", "persons") == {
        "german": "1", "eu": "0", "third_country": "1", "none": "0", "unknown": "1", "total": "3",
    }  # fmt: skip
    assert told("family_language", "persons") == {"Türkisch": "1", "other": "1", "unknown": "1", "total": "3"}
    schooling = told("education", "enrolments")
    assert (schooling["refused"], schooling["unknown"], schooling["total"]) == ("1", "3", "4")  # refused is not unknown
    assert told("exit_cause", "persons")["moved"] == "1"
    assert told("late_resettler", "persons") == {"no": "2", "yes": "1", "total": "3"}
    assert told("sex", "meetings_held") == dict.fromkeys(("diverse", "female", "male", "unknown"), "x") | {"total": "3"}
    assert told("sex", "children") == {"diverse": "0", "female": "2", "male": "0", "unknown": "0", "total": "2"}
    assert "weiblich" in client.open(f"/statistics?{PERIOD}&by=sex")
    client.sign_out()
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    shown = told("sex", "persons")
    assert set(shown.values()) == {"·", "5"}
    assert shown["diverse"] == shown["male"]  # nobody and one look alike
    languages = told("family_language", "persons")
    assert len(languages) == len(LANGUAGES) + 3  # that a language stands there says nothing of anybody
    assert set(languages.values()) == {"·", "5"}


@pytest.mark.usefixtures("counted")
def test_who_came_regularly_counted_by_hand(client: Client, transaction: TRANSACTION, set_clock: CLOCK) -> None:
    """80 % are asked for: Anna has 150 of 180 minutes, Leyla 90 of 90; Bert has none, and was dispensed in January."""
    with transaction() as session:
        session.execute(sa.update(Programme).values(required_share=None))
        session.execute(sa.update(Programme).where(Programme.key == "P01a").values(required_share=80))
        excused = sa.select(AttendanceMark).where(AttendanceMark.mark == Mark.ABSENT_EXCUSED)
        mark = session.scalars(excused.execution_options(viewer="test")).one()
        mark.mark, mark.absence_reason = Mark.PLACEMENT, None
        session.flush()
        known_since(session, NOW)
    client.sign_in("ra@o.example", PASSWORD)

    def told(by: str) -> dict[str, tuple[str, ...]]:
        keys = ("enrolments_judged", "attended_regularly", "regular_rate")
        return {row[by]: tuple(row[key] for key in keys) for row in export(client, f"{PERIOD}&by={by}")}

    assert told("course") == {"RA-1": ("3", "2", "66.7"), "MK-1": ("0", "0", "x"), "total": ("3", "2", "66.7")}
    assert told("month") == {  # each month by itself, the total over all of them: Anna came too little in February
        "2026-01": ("1", "1", "100.0"), "2026-02": ("3", "1", "33.3"), "2026-03": ("0", "0", "x"), "total": ("3", "2", "66.7"),
    }  # fmt: skip
    assert told("sex")["unknown"] == ("3", "2", "66.7")
    client.sign_out()
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    assert told("course")["RA-1"] == ("5", "·", "·")


@pytest.mark.usefixtures("counted")
def test_two_dimensions_together(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    lines = export(client, f"{PERIOD}&by=course&then=month")
    found = {
        (line["course"], line["month"]): (line["meetings_held"], line["persons"], line["present"]) for line in lines
    }
    assert found == {
        ("MK-1", "2026-01"): ("1", "1", "1"),
        ("RA-1", "2026-01"): ("1", "2", "1"),
        ("RA-1", "2026-02"): ("1", "3", "2"),
        ("RA-1", "2026-03"): ("0", "3", "0"),
        ("total", ""): ("3", "3", "4"),
    }
    assert (lines[1]["course_label"], lines[1]["month_label"]) == ("'=1+1 Kurs", "2026-01")
    assert client.open(f"/statistics?{PERIOD}&by=course&then=month").rows[-1][0] == "Summe"
    both = export(client, f"{PERIOD}&by=course&then=sex")
    assert [(line["course"], line["sex"]) for line in both[:4]] == [
        ("MK-1", "diverse"), ("MK-1", "female"), ("MK-1", "male"), ("MK-1", "unknown"),
    ]  # fmt: skip
    assert {line["meetings_held"] for line in both[:-1]} == {"x"}
    people = export(client, f"{PERIOD}&by=sex&then=late_resettler")
    assert len(people) == 4 * 2 + 1
    page = client.open(f"/statistics?{PERIOD}&by=month&then=month", status=422)
    assert "Wählen Sie zwei verschiedene Angaben" in page.errors["darin nach"]


@pytest.fixture
def moved_on(counted: None, transaction: TRANSACTION) -> None:
    """What came of it: Bert dropped out, Leyla waits for another course, Anna has her paper and was in a course before."""
    with transaction() as session:
        build = Counted(session, session.scalars(sa.select(User.id).where(User.email == "le@o.example")).one())
        people = {one.given_name: one for one in session.scalars(sa.select(Person).execution_options(viewer="test"))}
        places = {
            one.person.given_name: one
            for one in session.scalars(
                sa.select(Enrolment).join(Course).where(Course.number == "RA-1").execution_options(viewer="test")
            )
        }
        places["Bert"].status, places["Bert"].exit_date = EnrolmentStatus.DROPPED_OUT, dt.date(2026, 4, 30)
        places["Bert"].exit_reason = "Arbeit"
        earlier = build.course("RA-0", "P01a", "Dietzenbach")
        earlier.starts_on, earlier.ends_on = dt.date(2025, 9, 1), dt.date(2025, 12, 1)
        build.enrol(earlier, people["Anna"], entry=dt.date(2025, 9, 1)).exit_date = dt.date(2025, 12, 1)
        elsewhere = build.course("IL-0", "P03", "Dreieich")  # not in Rita's scope
        build.enrol(elsewhere, people["Leyla"], entry=dt.date(2025, 9, 1))
        session.add(
            Enrolment(
                course_id=build.course("RA-2", "P01a", "Dietzenbach").id, person_id=people["Leyla"].id,
                status=EnrolmentStatus.WAITING, applied_at=dt.datetime(2026, 1, 31, 23, 30, tzinfo=dt.UTC),
            )
        )  # fmt: skip
        first, holds, lost = (
            Certificate(
                number=f"KB-2026-{number}", code=str(number) * 26, enrolment_id=places[name].id, slot="course",
                kind=CertificateKind.PARTICIPATION, title="Bescheinigung", printed_name=name, public={}, facts={}, pdf=b"",
                sha256="", issued_at=issued, issued_by_id=build.user_id, state=state, state_at=at,
            )
            for number, name, issued, state, at in (
                (1, "Anna", dt.datetime(2026, 2, 28, 23, 30, tzinfo=dt.UTC), CertificateState.REPLACED, NOW),
                (2, "Anna", NOW, CertificateState.VALID, None),
                (3, "Bert", NOW, CertificateState.REVOKED, NOW),
            )
        )  # fmt: skip
        session.add_all([first, lost])
        session.flush()
        holds.replaces_id = first.id
        holds.handed_over_on, holds.handed_over_how = dt.date(2026, 4, 2), HandOver.COLLECTED
        session.add(holds)
        session.flush()
        known_since(session, NOW)


@pytest.mark.usefixtures("moved_on")
def test_what_came_of_it(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    rows = {row["month"]: row for row in export(client, f"{PERIOD}&by=month&municipality=&programme=")}
    expected = {  # in the county it was February, and March, when it was still January and February in UTC
        "waiting": {"2026-02": "1", "total": "1"},
        "drop_outs": {"2026-04": "1", "total": "1"},
        "papers_issued": {"2026-03": "1", "total": "1"},
        "papers_handed_over": {"2026-04": "1", "total": "1"},
        "no_shows": {}, "withdrawals": {}, "completions": {},
    }  # fmt: skip
    for measure, counts in expected.items():
        assert {month: row[measure] for month, row in rows.items() if row[measure] != "0"} == counts, measure


@pytest.mark.usefixtures("moved_on")
def test_who_came_back_is_told_of_ones_own_scope_only(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    total = export(client, f"{PERIOD}&by=course")[-1]
    assert (total["persons"], total["persons_new"], total["persons_returning"]) == ("3", "2", "1")


@pytest.mark.usefixtures("moved_on")
def test_what_goes_out_has_no_row_that_is_there_for_one_person(client: Client, set_clock: CLOCK) -> None:
    """In April there were no meetings: a row would say that somebody's course ended."""
    set_clock(SETTLED)
    client.sign_in("ra@o.example", PASSWORD)
    assert [row["month"] for row in export(client, f"{PERIOD}&by=month")] == [
        "2026-01",
        "2026-02",
        "2026-03",
        "2026-04",
        "total",
    ]
    shown = export(client, f"{PERIOD}&by=month&disclose=y")
    assert [row["month"] for row in shown] == ["2026-01", "2026-02", "2026-03", "total"]
    assert {row["drop_outs"] for row in shown} == {"·"}


@pytest.mark.usefixtures("counted")
def test_narrowed_to_a_quarter_or_a_funder(client: Client, transaction: TRANSACTION) -> None:
    with transaction() as session:
        quarter = session.scalars(
            sa.select(Quarter).join(Municipality).where(Municipality.name == "Dietzenbach")
        ).first()
        profile = FundingProfile(name="Landesprogramm", line="gefördert")
        session.add(profile)
        session.flush()
        course = session.scalars(sa.select(Course).where(Course.number == "RA-1")).one()
        assert quarter is not None
        course.quarter_id, course.programme.funding_profile_id = quarter.id, profile.id
        numbers = quarter.id, profile.id
    client.sign_in("ra@o.example", PASSWORD)
    for query in (f"quarter={numbers[0]}", f"funder={numbers[1]}"):
        assert [row["course"] for row in export(client, f"{PERIOD}&by=course&{query}")] == ["RA-1", "total"]
    assert "Landesprogramm" in client.open("/statistics").text


@pytest.mark.usefixtures("counted")
def test_narrowed_to_how_courses_work(client: Client, transaction: TRANSACTION) -> None:
    with transaction() as session:
        group = session.scalars(sa.select(Course.id).where(Course.number == "MK-1")).one()
    client.sign_in("ra@o.example", PASSWORD)
    for features, found in ((["parents_work", "home_visits"], ["MK-1", "total"]), (["materials"], ["total"])):
        client.open(f"/courses/{group}/edit")
        client.submit({"features": features})
        assert [row["course"] for row in export(client, f"{PERIOD}&by=course&feature=home_visits")] == found
    assert "Arbeitsweise" in client.open("/statistics").main


@pytest.mark.usefixtures("counted")
def test_what_goes_out_has_whole_quarters(client: Client, set_clock: CLOCK) -> None:
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    assert client.fetch("/statistics/export.csv?first=2026-01-01&last=2026-01-31&by=course").status_code == 422
    page = client.open("/statistics?first=2026-01-01&last=2026-01-31&by=course", status=422)
    assert "Zur Weitergabe gibt es nur ganze Quartale" in page.errors["Bis"]
    client.sign_out()
    client.sign_in("ra@o.example", PASSWORD)
    client.open("/statistics?first=2026-01-01&last=2026-01-31&by=course")
    client.open("/statistics?first=2026-01-01&last=2026-01-31&by=course&disclose=y", status=422)


@pytest.mark.usefixtures("counted")
def test_childcare_as_a_cause_is_counted_by_municipality(client: Client, set_clock: CLOCK) -> None:
    """domain.md D5: the number that decision makers need; to others it goes rounded, or not at all."""
    client.sign_in("ra@o.example", PASSWORD)
    rows = {row["municipality"]: row["absent_childcare"] for row in export(client, f"{PERIOD}&by=municipality")}
    assert rows == {"Dietzenbach": "2", "Dreieich": "0", "total": "2"}
    assert "Davon wegen Kinderbetreuung" in client.open(f"/statistics?{PERIOD}&by=municipality")
    client.sign_out()
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    hidden = {row["municipality"]: row["absent_childcare"] for row in export(client, f"{PERIOD}&by=municipality")}
    assert hidden["Dietzenbach"] == "·"


@pytest.mark.usefixtures("counted")
def test_another_scope_counts_nothing_of_it(client: Client) -> None:
    client.sign_in("il@o.example", PASSWORD)
    rows = export(client, f"{PERIOD}&by=course")
    assert [row["course"] for row in rows] == ["total"]
    assert rows[0]["persons"] == "0"
    page = client.open("/statistics")
    assert "RA-1" not in page.text


@pytest.mark.usefixtures("counted")
def test_the_evaluator_gets_disclosable_figures_only(
    client: Client, transaction: TRANSACTION, set_clock: CLOCK
) -> None:
    with transaction() as session:
        dietzenbach = session.scalars(sa.select(Municipality.id).where(Municipality.name == "Dietzenbach")).one()
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    rows = {row["course"]: row for row in export(client, f"{PERIOD}&by=course&disclose=")}
    assert (rows["RA-1"]["persons"], rows["RA-1"]["absent_excused"], rows["RA-1"]["families"]) == ("5", "·", "0")
    assert (rows["RA-1"]["minutes_attended"], rows["RA-1"]["attendance_rate"]) == ("·", "·")
    assert rows["RA-1"]["meetings_planned"] == "3"
    [adults, total] = export(client, f"{PERIOD}&by=programme&municipality={dietzenbach}")
    assert (adults["families"], total["families"]) == ("0", "0")  # there could be none, so zero is no secret


@pytest.mark.usefixtures("counted")
def test_page_csv_and_xlsx_say_the_same(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    page = client.open(f"/statistics?{PERIOD}&by=course")
    lines = export(client, f"{PERIOD}&by=course")
    answer = client.fetch(f"/statistics/export.xlsx?{PERIOD}&by=course")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["Anwesenheit", "Definitionen"]
    sheet = list(book["Anwesenheit"].iter_rows(values_only=True))
    for line, cells in zip(lines, sheet[1:], strict=True):
        for measure, cell in zip(MEASURES, cells[2:], strict=True):
            assert line[measure.key] == ("x" if cell == "x" else str(cell)) or float(line[measure.key]) == cell
    titles = [cell.value for cell in book["Anwesenheit"]["B"]]
    assert "=1+1 Kurs" in titles
    assert all(cell.data_type != "f" for row in book["Anwesenheit"].iter_rows() for cell in row)
    assert page.rows[-1][0] == "Summe"
    terms = [row[0] for row in book["Definitionen"].iter_rows(values_only=True)]
    assert all(any(measure.key in str(term) for term in terms) for measure in MEASURES)


@pytest.mark.usefixtures("counted")
def test_an_export_leaves_a_trace(client: Client, transaction: TRANSACTION) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    export(client, f"{PERIOD}&by=course")
    with transaction() as session:
        entry = session.scalars(sa.select(TraceEntry).order_by(TraceEntry.id.desc())).first()
        assert entry is not None
        assert (entry.act, entry.rows) == ("export statistics.csv", 2)


NONSENSE = (
    "first=2026-12-31&last=2026-01-01", "first=1900-01-01&last=2100-01-01", "by=nationality", "first=gestern", "course=999999",
    "course=9223372036854775808", "programme=-1", "municipality=x", "first=2026-02-30", "by=", "first=0001-01-01",
    "course=%ED%A0%80", "first=%00",
)  # fmt: skip


@pytest.mark.usefixtures("counted")
def test_what_makes_no_sense_is_said_at_the_field(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    for address in ("/statistics", "/statistics/export.csv", "/statistics/export.xlsx"):
        for query in NONSENSE:
            client.open(f"{address}?{query}", status=422)
            assert client.page.errors, query


@pytest.mark.usefixtures("counted")
def test_a_course_outside_the_scope_is_as_unknown_as_none(client: Client) -> None:
    client.sign_in("il@o.example", PASSWORD)
    here, nowhere = (client.open(f"/statistics?course={number}", status=422).errors for number in (1, 999))
    assert here == nowhere


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("address", ["/statistics", "/statistics/export.csv", "/statistics/export.xlsx"])
def test_leaders_find_no_statistics(client: Client, address: str) -> None:
    client.sign_in("le@o.example", PASSWORD)
    assert client.fetch(address).status_code == 404


@pytest.mark.usefixtures("counted")
def test_the_number_of_statements_does_not_grow(client: Client, counting: COUNTING) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    client.fetch("/statistics")
    with counting() as few:
        client.fetch(f"/statistics?{PERIOD}&by=programme")
    with counting() as many:
        client.fetch(f"/statistics?{PERIOD}&by=course")
    assert len(few) == len(many) <= 26


@pytest.mark.usefixtures("counted")
def test_person_by_date_counted_by_hand(client: Client, transaction: TRANSACTION) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    client.open(f"/statistics?{PERIOD}&by=course")
    page = client.click("=1+1 Kurs")
    assert page.rows[1:] == [
        ["1. Beispiel, Anna", "3", "0", "0", "0", "0", "X", "X", "/", "X"],
        ["2. Beispiel, Bert", "0", "1", "1", "0", "1", "E", "U", "/", "?"],
        ["3. Beispiel, Leyla", "1", "0", "0", "0", "1", "o", "X", "/", "?"],
        ["Da", "", "1", "2", "0", "1"],
    ]
    assert "/ ausgefallen" in page.main
    assert "? nicht erfasst" in page.main
    answer = client.fetch(page.links["CSV"])
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert lines[0][:4] == ["number", "name", "child", "2026-01-12T09:00"]
    assert lines[3][:7] == ["3", "Beispiel, Leyla", "no", "outside", "present", "cancelled", "not_recorded"]
    with transaction() as session:
        entry = session.scalars(sa.select(TraceEntry).order_by(TraceEntry.id.desc())).first()
        assert entry is not None
        assert (entry.act, entry.rows) == ("export matrix.csv", 3)


@pytest.mark.usefixtures("counted")
def test_children_have_a_row_below_their_adult(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    client.open(f"/statistics?{PERIOD}&by=course")
    rows = client.click("Kurs").rows
    assert [(row[0], row[-1]) for row in rows[1:]] == [
        ("1. Beispiel, Anna", "X"), ("Kind Ela", "X"), ("Kind Can", "X"), ("Erwachsene da", "1"), ("Kinder da", "2"),
    ]  # fmt: skip
