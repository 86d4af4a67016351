"""Each of the report's programmes of kind core, course, event and recommended runs from its start to its paper, by settings alone.

Through the actions of every capability, as an office would go; nothing here knows one programme from another. Then the core
programmes, one of each kind, what is context until somebody gives it a paper, and a committee that the report only
mentions, through the pages of the office.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth.actions import add_user
from auth.guard import Viewer
from auth.rules import Role
from database import db
from programmes.attendance import actions as attendance, queries as attended
from programmes.catalogue.actions import add_course, add_meetings
from programmes.catalogue.models import Course, Meeting, Module, Municipality, Programme
from programmes.catalogue.report import load_catalogue
from programmes.catalogue.rules import CourseFacts, MeetingFacts, PaperKind, ProgrammeKind
from programmes.certificates import actions as certificates
from programmes.certificates.queries import accounts
from programmes.enrolment.actions import enrol
from programmes.enrolment.queries import visible_people
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.actions import add_family, add_person
from programmes.participants.queries import children_of
from programmes.participants.rules import ChildFacts, PersonFacts, Relation
from programmes.statistics.queries import table
from programmes.statistics.rules import Dimension, Question
from tests.catalogue.scene import HASHED, PASSWORD
from tests.certificates.scene import IMPRINT
from tests.paper.reading import text_of
from tests.test_journey import (
    MORNING,
    enrol_new_family,
    enrol_new_person,
    give_scope,
    open_course,
    plan_meetings,
)
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION
from tests.tools.page import Value, attribute

OFFICE = Viewer.office()
A_DAY = dt.timedelta(days=1)
RUN = (ProgrammeKind.CORE, ProgrammeKind.COURSE, ProgrammeKind.EVENT, ProgrammeKind.RECOMMENDED)


def a_course(programme: Programme, leader: int, today: dt.date) -> Course:
    """A course that ended yesterday; a meeting for each module, or two."""
    town = db.session.scalars(sa.select(Municipality).order_by(Municipality.id)).first()
    assert town is not None
    modules = db.session.scalars(
        sa.select(Module).where(Module.programme_id == programme.id).order_by(Module.number)
    ).all()
    length = max(2, len(modules))
    first = today - length * A_DAY
    course = add_course(OFFICE, CourseFacts(
        f"{programme.key}-1", programme.short_title, programme.id, town.id, None, "Kreishaus", "Deutsch", 10, first, today - A_DAY,
        leaders=(leader,),
    ))  # fmt: skip
    for number in range(length):
        module = modules[number].id if modules else None
        add_meetings(course, MeetingFacts(first + number * A_DAY, dt.time(9), dt.time(12), module_id=module))
    return course


def take_part(course: Course, today: dt.date) -> None:
    """Two adults (in a family group each with a child of the right age); or at an event, nobody by name."""
    programme, born = course.programme, course.starts_on
    for name in () if programme.rule_pack.counts_heads else ("Ayşe", "Olena"):
        facts = PersonFacts(name, "Yılmaz")
        if programme.is_family:
            months = (programme.child_from_months or 0) + 3
            month = born.year * 12 + born.month - 1 - months
            child = ChildFacts(f"Kind von {name}", dt.date(month // 12, month % 12 + 1, 1))
            person = add_family(OFFICE, facts, Relation.MOTHER, [child], clock.now())
            children = [one.id for one in children_of(OFFICE, visible_people(OFFICE), person)]
        else:
            person, children = add_person(OFFICE, facts, clock.now()), []
        made = enrol(
            OFFICE, course.id, person, children, course.starts_on, clock.now(), reason="Der Test nimmt alle auf"
        )
        assert made.status is EnrolmentStatus.ENROLLED


def hold(course: Course, leader: int) -> None:
    """Every meeting takes place, with everybody there, and is closed."""
    who = Viewer(leader, frozenset({Role.LEADER}), clock.today())
    pack = course.programme.rule_pack
    for number in db.session.scalars(
        sa.select(Meeting.id).where(Meeting.course_id == course.id).order_by(Meeting.date)
    ):
        meeting = attended.meeting_to_change(who, number)
        if pack.counts_heads:
            said = attendance.Said(heads={group.key: 7 for group in pack.heads})
            attendance.save(who, meeting, [], said, clock.now())
        else:
            attendance.fill(who, meeting, attended.lines(who, meeting), attendance.Said(), clock.now())
        attendance.close(who, meeting, attended.lines(who, meeting), clock.now())


def issue(course: Course, by: int) -> list[str]:
    """The headings of the papers that everybody gets."""
    people = [one.enrolment.id for one in accounts(OFFICE, course.id, clock.today()).candidates]
    papers = certificates.issue(OFFICE, people, clock.now(), by=by, imprint=IMPRINT)
    assert all(paper.pdf.startswith(b"%PDF-") for paper in papers)
    return [paper.facts["paper"]["title"] for paper in papers]


@pytest.mark.parametrize("database_kind", ["sqlite"])  # nothing here asks a database what other tests do not ask both
def test_every_programme_runs_from_start_to_paper(transaction: TRANSACTION, database_kind: str) -> None:
    with transaction():
        load_catalogue()
        leader = add_user("leitung@kreis.example", "Lea D.", [Role.LEADER], clock.now()).id
        keys = list(
            db.session.scalars(sa.select(Programme.key).where(Programme.kind.in_(RUN)).order_by(Programme.position))
        )
    assert len(keys) >= 20
    for key in keys:
        with transaction():
            programme = db.session.scalars(sa.select(Programme).where(Programme.key == key)).one()
            course = a_course(programme, leader, clock.today())
            take_part(course, clock.today())
            hold(course, leader)
            if programme.paper is not PaperKind.NONE:
                assert issue(course, leader) == [programme.paper_title] * 2, key
            figures = table(
                OFFICE,
                Question(course.starts_on, course.ends_on, Dimension.COURSE, course_id=course.id),
                disclose=False,
            )[1]
            counted = figures.figures["visitors" if programme.rule_pack.counts_heads else "persons"]
            assert counted, key


@dataclass(frozen=True)
class Way:
    """How an office runs a programme: where, on which days (rules of `schedule`), and what it says on its rules page before."""

    programme: str
    town: str
    plans: tuple[dict[str, Value], ...]
    meetings: int = 1
    paper: str = ""
    rules: dict[str, Value] = field(default_factory=dict)
    heads: dict[str, Value] = field(default_factory=dict)


ONCE: dict[str, Value] = {}
BLOCK: dict[str, Value] = {"weekdays": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"], "units": "20"}
MODULES: tuple[dict[str, Value], ...] = tuple(
    {"date": f"{number + 1:02d}.03.2026", "module_id": str(number)} for number in range(1, 9)
)
THREE_A_YEAR: dict[str, Value] = {"days": "09.03.2026, 16.03.2026"}
WEEK = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
WAYS = (
    Way("P01a Soziale Orientierung", "Dietzenbach", (ONCE,), paper="Teilnahmebescheinigung"),
    Way("P02a Mutter-Kind-Gruppe Sprendlingen", "Dreieich", (ONCE,), paper="Teilnahmebestätigung"),
    Way("P03 Integrationslotsinnen", "Dietzenbach", MODULES, 8, paper="Zertifikat"),
    Way("P09 Bildungsurlaub Niederlande", "Niederlande", (BLOCK,), 5, paper="Teilnahmebestätigung"),
    Way("P14 Supervision Ausländerbehörde", "Dietzenbach", (ONCE,), paper="Fortbildungsbestätigung"),
    Way("P07 Von Europa lernen", "Dietzenbach", (THREE_A_YEAR,), 3, heads={"Erwachsene": "64"}),
    Way("P06 START-Stipendien", "Dietzenbach", (ONCE,), paper="Bestätigung START", rules={
        "rule_pack": "Fortbildung von Fachkräften: anwesend, gemeldet, nicht da", "paper": "Teilnahmebescheinigung",
        "paper_title": "Bestätigung START",
    }),
    Way("KIF Kreisintegrationsforum", "Dietzenbach", (THREE_A_YEAR,), 3,
        rules={"rule_pack": "Gremium: Köpfe je Kommune", "paper": "kein Papier"},
        heads={"Dreieich": "2", "Langen (Hessen)": "1", "Landrat und Gäste": "3"}),
)  # fmt: skip
NAMES = ("Aylin Demir", "Bahar Ersoy", "Carmen Lopez", "Dunja Petrović", "Elif Şahin", "Farah Haddad", "Galina Orlowa",
         "Hatice Güneş")  # fmt: skip


@pytest.fixture
def people(
    app: Flask, transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]
) -> tuple[Client, Client, Client]:
    """An administrator, a coordinator without anything to coordinate yet, and a leader, signed in to a new office."""
    set_clock(MORNING)
    staff = ((Role.ADMINISTRATOR, "Wiebke Amt"), (Role.COORDINATOR, "Carla Kreis"), (Role.LEADER, "Lena Leitet"))
    with transaction():
        load_catalogue()
        for role, name in staff:
            add_user(f"{role.value}@kreis.example", name, [role], clock.now()).password_hash = HASHED
    clients = [Client(app) for _ in staff]  # their pages are checked where they are tested
    for (role, _), client in zip(staff, clients, strict=True):
        client.sign_in(f"{role.value}@kreis.example", PASSWORD)
    return clients[0], clients[1], clients[2]


def close_roll_calls(leader: Client, course: str, way: Way) -> None:
    """Everybody is there, at every meeting; or so many heads, at the first one."""
    meetings = list(dict.fromkeys(to for to in leader.open(course).links.values() if to.endswith("/roll-call")))
    assert len(meetings) == way.meetings
    for meeting in meetings[:1] if way.heads else meetings:
        page = leader.open(meeting)
        rows = [attribute(row, "id")[4:] for row in page.all("li") if attribute(row, "id").startswith("row-")]
        family = any(attribute(control, "name").startswith("family-") for control in page.all("input"))
        there = {f"family-{row}" if family else f"mark-{row}": "together" if family else "present" for row in rows}
        leader.submit(way.heads or there, button="Termin abschließen")
        leader.submit(button="Ja, abschließen")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_office_runs_them_through_its_pages(people: tuple[Client, Client, Client], database_kind: str) -> None:
    administrator, coordinator, leader = people
    administrator.open("/programmes")
    administrator.click("Programm anlegen")
    forum: dict[str, Value] = {
        "Kürzel": "KIF",
        "Name": "Kreisintegrationsforum",
        "Kurzer Name": "Kreisintegrationsforum",
    }
    assert "im Bericht von 2004 steht es nicht" in administrator.submit(forum | {"Art": "Veranstaltung"})
    administrator.open("/programmes/new")
    assert "schon ein anderes Programm" in administrator.submit(forum, status=422)
    administrator.open("/users")
    administrator.click("Carla Kreis")
    give_scope(administrator, *(way.programme for way in WAYS))
    for way, name in zip(WAYS, NAMES, strict=True):
        key, _, title = way.programme.partition(" ")
        if way.rules:
            coordinator.open(f"/programmes?q={key}")
            coordinator.click(title)
            coordinator.click("Regeln ändern")
            coordinator.submit(way.rules)
        course = open_course(coordinator, title, f"{key}-2026", way.programme, way.town)
        for rule in way.plans:
            told: dict[str, Value] = {"date": "02.03.2026", "units": "", "weekdays": [], **rule}
            day = str(told.pop("date"))
            plan_meetings(coordinator, course, day, "09:00", "12:00", break_minutes="0", **told)
        if key == "P02a":
            enrol_new_family(coordinator, course, name, {"Ilyas": "05.2024"}, entry_date="2026-03-02")
        elif not way.heads:
            enrol_new_person(coordinator, course, name)
        close_roll_calls(leader, course, way)
        page = coordinator.open(course)
        if way.heads:
            assert [
                group for group, count in way.heads.items() if f"{group}{count}, an 1 Termin" not in page.main
            ] == []
            continue
        coordinator.click("Bescheinigungen")
        coordinator.submit(button="1 Papier ausstellen")
        coordinator.click("KO-2026-")
        pdf = coordinator.fetch(coordinator.page.links["PDF herunterladen"]).data
        assert way.paper in text_of(pdf), way.programme


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_sixty_three_events_of_the_intercultural_weeks(
    people: tuple[Client, Client, Client], database_kind: str
) -> None:
    """11 September to 11 October 2003: every day in the morning and in the evening, and one besides (domain.md A1, P08)."""
    administrator, coordinator, _ = people
    administrator.open("/users")
    administrator.click("Carla Kreis")
    give_scope(administrator, "P08 Interkulturelle Wochen 2003")
    course = open_course(coordinator, "Menschen und Kulturen", "IKW", "P08 Interkulturelle Wochen 2003", "Dietzenbach")
    coordinator.click("Kurs ändern")
    coordinator.submit({"Erster Tag": "2003-09-11", "Letzter Tag": "2003-10-11"})
    for begins, ends, weekdays in (("09:00", "12:00", WEEK), ("19:00", "21:30", WEEK), ("15:00", "18:00", [])):
        plan_meetings(coordinator, course, "11.09.2003", begins, ends, break_minutes="0", weekdays=weekdays)
    assert "41 Termine" in coordinator.open("/calendar?month=2003-09")
    assert "Feiertag: Tag der Deutschen Einheit" in coordinator.open("/calendar?month=2003-10")
    roll_calls = {attribute(link, "href") for link in coordinator.open(course).all("a")}
    assert sum(to.endswith("/roll-call") for to in roll_calls) == 61  # a rule leaves the holiday out, twice
