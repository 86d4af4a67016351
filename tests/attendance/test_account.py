"""The account of an enrolment, the warnings, and asking after the absent, through the pages' own forms."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

import clock
from auth.guard import Viewer
from auth.rules import Role
from programmes.attendance.account import queries, warning
from programmes.attendance.account.models import FollowUp, MakeUp
from programmes.attendance.account.rules import WARNED, outlook_of
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.rules import AbsenceReason, Mark
from programmes.catalogue.models import Course, Meeting, Module
from programmes.catalogue.rules import MeetingStatus, PaperKind, RulePack
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import EnrolmentStatus
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION
from tests.tools.page import Page, text_of

X, E, U, OPEN = Mark.PRESENT, Mark.ABSENT_EXCUSED, Mark.ABSENT_UNEXCUSED, None
COORDINATOR = "koordination@office.example"


@dataclass
class Record:
    """A course with closed meetings before today, and planned ones after it."""

    course: int
    leader: str
    people: list[int]
    past: list[int] = field(default_factory=list)

    def account(self, position: int = 0) -> str:
        return f"/enrolments/{self.people[position]}/account"

    def absence(self, position: int = 0) -> str:
        return f"/enrolments/{self.people[position]}/absence"


def build(
    session: sa.orm.scoped_session[sa.orm.Session], marks: Sequence[Sequence[Mark | None]], *, key: str = "RA",
    share: int | None = 80, makes_up: bool = True, ahead: Sequence[int] = (), modules: Sequence[bool] = (),
    pack: RulePack = RulePack.COURSE,
) -> Record:  # fmt: skip
    """`marks[person][meeting]` of closed meetings, the last of them yesterday; `ahead` are days of planned ones."""
    length = len(marks[0])
    children = [1] * len(marks) if pack is RulePack.PARENT_CHILD else ()
    made = scene.course(key, people=len(marks), children=children, pack=pack)
    course = session.get_one(Course, made.course)
    programme = course.programme
    programme.required_share, programme.counts_make_up = share, makes_up
    if modules:
        programme.paper = PaperKind.QUALIFICATION
    parts = [
        Module(programme_id=programme.id, number=number, title=f"Modul {number}", mandatory=mandatory)
        for number, mandatory in enumerate(modules, start=1)
    ]
    session.add_all(parts)
    session.flush()
    today = session.get_one(Meeting, made.meeting)
    today.status, today.cancelled_reason = MeetingStatus.CANCELLED, "Feiertag"  # only the built ones count
    leader = scene.user(f"wer-{key.lower()}@office.example", Role.LEADER)
    record = Record(made.course, made.leader, made.people)
    for position in range(length):
        meeting = scene.meeting(course, clock.today() - dt.timedelta(days=length - position))
        meeting.module_id = parts[position % len(parts)].id if parts else None
        record.past.append(meeting.id)
        meeting.status, meeting.closed_at, meeting.first_closed_at = MeetingStatus.HELD, clock.now(), clock.now()
        session.flush()
        for person, said in zip(made.people, marks, strict=True):
            for child in (None, *made.children[person]):
                mark = said[position]
                if mark is not None:
                    write(session, meeting, person, mark, leader.id, child)
    for number, days in enumerate(ahead):
        meeting = scene.meeting(course, clock.today() + dt.timedelta(days=days))
        meeting.module_id = parts[number % len(parts)].id if parts else None
    course.ends_on = max(course.ends_on, clock.today() + dt.timedelta(days=max(ahead, default=0)))
    session.flush()
    return record


def write(
    session: sa.orm.scoped_session[sa.orm.Session], meeting: Meeting, enrolment_id: int, mark: Mark, author_id: int,
    child_id: int | None = None,
) -> None:  # fmt: skip
    event = MarkEvent(
        id=str(uuid.uuid4()), meeting_id=meeting.id, enrolment_id=enrolment_id, child_id=child_id, mark=mark,
        author_id=author_id, recorded_at=clock.now(), received_at=clock.now(),
    )  # fmt: skip
    session.add(event)
    session.flush()
    minutes = meeting.minutes if mark is X else 0
    session.add(
        AttendanceMark(meeting_id=meeting.id, enrolment_id=enrolment_id, child_id=child_id, mark=mark, minutes=minutes,
                       event_id=event.id)
    )  # fmt: skip
    session.flush()


MAKE = Callable[..., Record]


@pytest.fixture
def record(transaction: TRANSACTION) -> MAKE:
    """Makes a course, and a coordinator of its town."""

    def make(marks: Sequence[Sequence[Mark | None]], **how: object) -> Record:
        with transaction() as session:
            made = build(session, marks, **how)  # type: ignore[arg-type]
            scene.coordinator()
        return made

    return make


def row(client: Client, name: str) -> list[str]:
    return next(cells for cells in client.page.rows if name in cells[0])


def options(page: Page, name: str) -> list[str]:
    found = page.by_id(name)
    assert found is not None
    return [text_of(option) for option in found.iter("option")]


def test_the_account_says_what_was_attended_and_what_is_still_possible(record: MAKE, sign_in: SIGN_IN) -> None:
    made = record([[X, E, U, OPEN, X]], ahead=[2, 20])
    page = sign_in(COORDINATOR).open(made.account())
    for term, value in (
        ("Bisher angeboten", "20 UE"), ("Besucht", "8 UE"), ("Entschuldigt versäumt", "4 UE"), ("Noch nicht erfasst", "4 UE"),
        ("Verlangt", "80 % von 28 UE"), ("Es fehlen noch", "14,4 UE"), ("Noch erreichbar", "8 UE (45 Min.) in 2 Terminen"),
    ):  # fmt: skip
        assert f"{term}{value}" in page, term
    assert "80 % sind nicht mehr erreichbar" in page
    assert "Bis zu 6 Std. können nachgeholt werden" in page


def test_time_is_made_up_and_taken_back(record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION) -> None:
    made = record([[X, E, X, X]], modules=[True, True])
    coordinator = sign_in(COORDINATOR)
    page = coordinator.open(made.account())
    assert "Pflichtmodule, die nicht mehr erreichbar sind: Modul 2." in page
    said = {
        "minutes": "181",
        "module_id": "Modul 2",
        "what": "Besuch im Parallelkurs",
        "reason": "Entschuldigt versäumt",
    }
    said["module_id"] = next(option for option in options(page, "module_id") if option.startswith("Modul 2"))
    page = coordinator.submit(said, button="Eintragen", status=422)
    assert "Höchstens 180 Minuten" in page.errors["Minuten"]
    future = (clock.today() + dt.timedelta(days=1)).isoformat()
    assert "Zukunft" in coordinator.submit({"minutes": "180", "held_on": future}, button="Eintragen", status=422)
    page = coordinator.submit({"held_on": clock.today().isoformat()}, button="Eintragen")
    assert "Die nachgeholte Zeit ist eingetragen." in page
    assert "Alles Verlangte ist erreicht." in page
    assert row(coordinator, "Modul 2")[1:6] == ["8", "4", "4", "4", "0"]
    assert "Bisher wurde nichts versäumt" not in page
    page = coordinator.submit({"take_back_reason": "Falsche Person"}, button="Zurücknehmen")
    assert "Pflichtmodule, die nicht mehr erreichbar sind: Modul 2." in page
    assert "zurückgenommen von Koordination" in page
    with transaction() as session:
        [entry] = session.scalars(sa.select(MakeUp).execution_options(viewer="test"))
        assert (entry.minutes, entry.taken_back_reason) == (180, "Falsche Person"), "kept, with its reason"
    coordinator.open(made.account())
    with pytest.raises(AssertionError, match="No button"):
        coordinator.submit({}, button="Zurücknehmen")


def test_where_the_programme_does_not_count_it_nothing_is_made_up(record: MAKE, sign_in: SIGN_IN) -> None:
    made = record([[X, E]], makes_up=False)
    coordinator = sign_in(COORDINATOR)
    assert "In diesem Programm zählt nachgeholte Zeit nicht." in coordinator.open(made.account())
    data = {"minutes": "60", "held_on": clock.today().isoformat(), "what": "x", "reason": "x"}
    assert coordinator.post(made.account(), data).status_code == 422


def test_a_paper_counts_what_was_made_up_and_says_so(record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION) -> None:
    made = record([[X, X, X, E]])
    with transaction() as session:
        session.get_one(Course, made.course).ends_on = clock.today()
    coordinator = sign_in(COORDINATOR)
    page = coordinator.open(f"/courses/{made.course}/certificates")
    assert "Teilnahmebestätigung" in page
    coordinator.open(made.account())
    coordinator.submit({"minutes": "90", "what": "Gespräch", "reason": "Entschuldigt"}, button="Eintragen")
    page = coordinator.open(f"/courses/{made.course}/certificates")
    assert "14 von 16 UE" in page
    assert "davon nachgeholt: 2 UE" in page
    assert "Nachgeholt sind 1:30 Std.; sie sind mitgezählt." in page
    coordinator.submit(button="1 Papier ausstellen")
    with transaction() as session:
        facts = session.execute(sa.text("SELECT facts FROM certificate")).scalar_one()
    assert '"made_up_minutes": 90' in (facts if isinstance(facts, str) else str(facts).replace("'", '"'))
    assert "Teilnahmebescheinigung" in coordinator.open(f"/courses/{made.course}/certificates")


def test_leaders_read_sums_of_their_own_course_and_no_more(
    record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    made = record([[X, X, U], [X, E, E]], ahead=[1])
    with transaction():
        other = scene.course("IL")
    leader = sign_in(made.leader)
    leader.open(f"/courses/{made.course}")
    page = leader.click("Konten der Zeiten")
    assert row(leader, "Đorđević")[1:7] == ["12", "4", "8", "0", "8,8", "4"]
    assert not [address for address in page.links.values() if "/enrolments/" in address]
    for path in (made.account(), made.absence(), "/absences"):
        assert leader.fetch(path).status_code == 404
    assert sign_in(other.leader).fetch(f"/courses/{made.course}/accounts").status_code == 404


def test_another_coordinator_finds_none_of_it(record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION) -> None:
    made = record([[U, U]])
    with transaction() as session:
        other = scene.course("IL")
        scene.coordinator("fern@office.example", session.get_one(Course, other.course).programme_id)
    stranger = sign_in("fern@office.example")
    for path in (made.account(), made.absence(), f"/courses/{made.course}/accounts"):
        assert stranger.fetch(path).status_code == 404
    assert stranger.post(f"{made.account()}/take-back", {"make_up_id": "1"}).status_code == 404
    assert "Yılmaz" not in stranger.open("/absences")


def test_who_only_waits_has_no_account(record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION) -> None:
    made = record([[X]])
    with transaction() as session:
        place = session.get_one(Enrolment, made.people[0], execution_options={"viewer": "test"})
        place.status, place.entry_date = EnrolmentStatus.WAITING, None
    for path in (made.account(), made.absence()):
        assert sign_in(COORDINATOR).fetch(path).status_code == 404


def test_the_first_page_warns_of_what_is_lost_before_what_is_in_danger(record: MAKE, sign_in: SIGN_IN) -> None:
    record([[X, X, X, U], [U, U, X, X], [X, X, X, X]], ahead=[1, 3])
    coordinator = sign_in(COORDINATOR)
    page = coordinator.open("/today")
    names = [cells[0] for cells in page.rows if cells[2:3] in (["nicht mehr erreichbar"], ["in Gefahr"])]
    assert [name.split()[1].strip(",") for name in names] == ["Đorđević", "Yılmaz"], "and not who missed nothing"
    assert "Anteil in Gefahr" in page
    assert "Konto von" in coordinator.click(names[0])


def test_nobody_is_warned_of_what_they_were_dispensed_from(record: MAKE, sign_in: SIGN_IN) -> None:
    away = Mark.TRANSFER
    record([[X, away, away, X], [X, away, U, U]], ahead=[1], pack=RulePack.INTEGRATION_COURSE)
    page = sign_in(COORDINATOR).open("/today")
    told = [cells for cells in page.rows if cells[2:3] in (["nicht mehr erreichbar"], ["in Gefahr"])]
    assert [cells[0].split()[1].strip(",") for cells in told] == ["Đorđević"], "a transfer leaves the offer"


def test_sums_of_the_database_and_the_rule_say_the_same(transaction: TRANSACTION, demo_app: object) -> None:
    """The first page adds up in the database; the account of each person by the rule."""
    compared = 0
    with transaction() as session:
        viewer = Viewer.office()
        everybody = warning.warned(viewer)
        for most in (0, 1, 5, everybody.total):
            first = warning.warned(viewer, most)
            assert first.people == everybody.people[:most]
            assert (first.total, first.lost) == (len(everybody.people), everybody.lost)
        told = {one.enrolment_id: one for one in everybody.people}
        running = session.scalars(
            sa.select(Course).where(Course.starts_on <= viewer.today, Course.ends_on >= viewer.today)
        ).all()
        for course in running:
            rule = queries.rule_of(course.programme)
            places = session.scalars(
                sa.select(Enrolment)
                .where(Enrolment.course_id == course.id, Enrolment.status == EnrolmentStatus.ENROLLED)
                .execution_options(viewer=viewer)
            ).all()
            days = [queries.Days(place.id, place.entry_date, place.exit_date) for place in places]
            for key, ledger in queries.ledgers(viewer, course.id, rule, days, viewer.today).items():
                account, compared = ledger.account, compared + 1
                expected = outlook_of(account, rule)
                if expected in WARNED and account.prospect.lost:
                    one = told.pop(key)
                    assert (one.outlook, one.may_miss) == (expected, account.prospect.may_miss(rule.required_share))
                    assert one.reachable == account.reachable + account.pending
                else:
                    assert key not in told
    assert not told
    assert compared > 50


@pytest.mark.parametrize("people", [2, 40])
def test_queries_do_not_grow_with_people(people: int, record: MAKE, sign_in: SIGN_IN, counting: COUNTING) -> None:
    made = record([[X, U, U]] * people, modules=[True], ahead=[1])
    coordinator = sign_in(COORDINATOR)
    coordinator.open("/absences")
    counted = {}
    for path in ("/absences", "/today", f"/courses/{made.course}/accounts", made.account(), made.absence()):
        with counting() as statements:
            coordinator.open(path)
        counted[path.rsplit("/", maxsplit=1)[-1]] = len(statements)
    assert counted == {"absences": 11, "today": 17, "accounts": 9, "account": 7, "absence": 5}


def to_ask(client: Client) -> list[str]:
    """Whom the first page lists as absent twice in a row."""
    section = client.open("/today").by_id("absent")
    return [] if section is None else [cells[0] for cells in client.page.rows if len(cells) == 4 and cells[2].isdigit()]


def events_of(transaction: TRANSACTION, meeting_id: int) -> list[MarkEvent]:
    with transaction() as session:
        found = session.scalars(
            sa.select(MarkEvent).where(MarkEvent.meeting_id == meeting_id).order_by(MarkEvent.received_at)
            .execution_options(viewer="test")
        ).all()  # fmt: skip
        session.expunge_all()
    return list(found)


def test_an_absence_is_followed_up(record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION) -> None:
    made = record([[X, U, U], [X, X, X]])
    _, first, second = made.past
    coordinator = sign_in(COORDINATOR)
    assert to_ask(coordinator) == ["00 Yılmaz, Ayşe"]
    page = coordinator.open(made.absence())
    assert "2 Mal in Folge nicht da" in page
    assert "Erledigt ist es, wenn" in coordinator.submit({"done": True}, status=422)
    page = coordinator.submit({"note": "ruft zurück", "done": False}, status=422)
    assert "Wann war das Gespräch?" in page.errors["Gespräch am (freiwillig)"]
    childcare, foreseeable = "Kinderbetreuung, unvorhergesehen", "Kinderbetreuung, vorhersehbar"
    coordinator.submit(
        {
            f"mark_{first}": "entschuldigt", f"reason_{first}": childcare, f"reason_{second}": foreseeable,
            "called_on": clock.today().isoformat(), "note": "Hat angerufen", "proof_seen_on": clock.today().isoformat(),
            "done": True,
        }
    )  # fmt: skip
    assert "Gespeichert" in coordinator.page
    assert row(coordinator, "Yılmaz")[5:] == [
        "Kinderbetreuung, unvorhergesehen, Kinderbetreuung, vorhersehbar",
        "erledigt",
    ]
    said = [event for event in events_of(transaction, first) if event.enrolment_id == made.people[0]]
    assert [(event.mark, event.absence_reason) for event in said] == [
        (U, None), (E, AbsenceReason.CHILDCARE_UNFORESEEABLE),
    ]  # fmt: skip
    assert said[1].correction == f"Nachgefragt am {clock.today():%d.%m.%Y}"
    assert said[1].replaces == [said[0].id]
    assert to_ask(coordinator) == [], "settled"
    history = coordinator.open(f"/meetings/{second}/history")
    assert "unentschuldigt, Kinderbetreuung, vorhersehbar" in history
    assert "Hat angerufen" not in history, "the note of the call stays with the office"
    page = coordinator.open(made.absence())
    assert "Erledigt am" in page
    assert "Hat angerufen" in page


def test_who_misses_another_meeting_is_on_the_list_again(
    record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    made = record([[X, U, U]])
    coordinator = sign_in(COORDINATOR)
    coordinator.open(made.absence())
    coordinator.submit({f"reason_{one}": "Arbeit" for one in made.past[1:]} | {"done": True})
    assert "erledigt" in coordinator.page
    with transaction() as session:
        course = session.get_one(Course, made.course)
        meeting = scene.meeting(course, clock.today(), (dt.time(14), dt.time(16)))
        meeting.status, meeting.closed_at, meeting.first_closed_at = MeetingStatus.HELD, clock.now(), clock.now()
        session.flush()
        author = session.scalars(sa.select(MarkEvent.author_id).execution_options(viewer="test")).first()
        assert author is not None
        write(session, meeting, made.people[0], U, author)
    coordinator.open("/absences")
    assert row(coordinator, "Yılmaz")[3] == "3"
    assert row(coordinator, "Yılmaz")[6] == "nachgefragt"
    assert to_ask(coordinator) == ["00 Yılmaz, Ayşe"]


def test_two_who_correct_the_same_absence(record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION) -> None:
    made = record([[X, U, U]])
    last = made.past[-1]
    one, other = sign_in(COORDINATOR), sign_in(COORDINATOR)
    one.open(made.absence())
    other.open(made.absence())
    other.submit({f"mark_{last}": "entschuldigt", f"reason_{last}": "Arbeit"})
    page = one.submit({f"reason_{last}": "Umzug"}, status=422)
    assert "Jemand hat das inzwischen geändert" in page
    one.submit({}, status=200)
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count(FollowUp.id)).execution_options(viewer="test")) == 2


def test_a_reason_found_out_by_the_office_survives_a_correction_of_somebody_else(
    record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    made = record([[X, U, U], [X, X, X]])
    last = made.past[-1]
    coordinator = sign_in(COORDINATOR)
    coordinator.open(made.absence())
    coordinator.submit({f"reason_{last}": "eigene Entscheidung"})
    leader = sign_in(made.leader)
    leader.open(f"/meetings/{last}/roll-call?correct=1")
    leader.submit({f"mark-{made.people[1]}": "absent_unexcused", "correction": "Verwechselt"}, button="Speichern")
    with transaction() as session:
        marks = session.scalars(
            sa.select(AttendanceMark).where(AttendanceMark.meeting_id == last).order_by(AttendanceMark.enrolment_id)
            .execution_options(viewer="test")
        ).all()  # fmt: skip
        assert [(mark.mark, mark.absence_reason) for mark in marks] == [(U, AbsenceReason.OWN_DECISION), (U, None)]
    assert len(events_of(transaction, last)) == 4


def test_a_family_is_asked_as_one(record: MAKE, sign_in: SIGN_IN, transaction: TRANSACTION) -> None:
    away = Mark.ABSENT
    made = record([[away, away]], pack=RulePack.PARENT_CHILD, share=None)
    coordinator = sign_in(COORDINATOR)
    page = coordinator.open(made.absence())
    assert options(page, f"mark_{made.past[0]}") == ["gemeldet", "nicht da"], "no unexcused in a voluntary group"
    coordinator.submit({f"mark_{made.past[0]}": "gemeldet", f"reason_{made.past[0]}": "Krankheit"})
    said = [event.absence_reason for event in events_of(transaction, made.past[0]) if event.office]
    assert said == [AbsenceReason.ILLNESS, AbsenceReason.ILLNESS]


def test_nobody_is_asked_who_was_there(record: MAKE, sign_in: SIGN_IN) -> None:
    made = record([[U, U, X]])
    coordinator = sign_in(COORDINATOR)
    assert "Zuletzt war diese Person da" in coordinator.open(made.absence())
    assert coordinator.post(made.absence(), {"called_on": clock.today().isoformat()}).status_code == 422
