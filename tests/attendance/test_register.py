"""The register of signature sheets through its own pages: handed out, outdated, filed, compared with the roll call."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

import clock
from auth.guard import Viewer
from auth.models import TraceEntry
from auth.rules import Role
from programmes.attendance.models import SheetFiling, SheetPrint
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.rules import MeetingStatus, RulePack
from programmes.enrolment.models import Enrolment
from programmes.participants.models import Person
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.paper.reading import text_of
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION
from tests.tools.page import Page

SET_CLOCK = Callable[[dt.datetime], None]
OFFICE = {"viewer": "test"}
WHERE = {"place": "Kreishaus, Zimmer 214"}


def pdf_of(scene: Scene) -> str:
    return f"/meetings/{scene.meeting}/signature-sheet.pdf"


def sheet_of(scene: Scene) -> str:
    return f"/meetings/{scene.meeting}/sheet"


def prints(transaction: TRANSACTION, scene: Scene) -> list[SheetPrint]:
    with transaction() as session:
        query = sa.select(SheetPrint).where(SheetPrint.meeting_id == scene.meeting).order_by(SheetPrint.id)
        rows = session.scalars(query, execution_options=OFFICE).all()
        session.expunge_all()
    return list(rows)


def filings(transaction: TRANSACTION, scene: Scene) -> list[SheetFiling]:
    with transaction() as session:
        query = sa.select(SheetFiling).where(SheetFiling.meeting_id == scene.meeting).order_by(SheetFiling.id)
        rows = session.scalars(query, execution_options=OFFICE).all()
        session.expunge_all()
    return list(rows)


def join(transaction: TRANSACTION, scene_: Scene, entry: dt.date | None = None) -> None:
    with transaction() as session:
        scene.enrol(session.get_one(Course, scene_.course), len(scene_.people), entry=entry)


def close(leader: Client, twelve: Scene, away: int) -> None:
    """Everybody there but the first few, and closed."""
    leader.open(twelve.page)
    leader.submit({f"mark-{one}": "absent_notified" for one in twelve.people[:away]}, button="Alle Übrigen anwesend")
    leader.submit({}, button="Termin abschließen")
    leader.submit({}, button="Ja, abschließen")


def file(client: Client, twelve: Scene, signatures: int, status: int = 200, **values: str) -> Page:
    client.open(sheet_of(twelve))
    return client.submit({"signatures": str(signatures), **WHERE, **values}, status=status)


def test_whoever_gets_a_sheet_is_registered(
    leader: Client, twelve: Scene, transaction: TRANSACTION, set_clock: SET_CLOCK
) -> None:
    assert "Liste nicht gedruckt" in leader.open(twelve.page)
    text = text_of(leader.fetch(pdf_of(twelve)).data)
    (first,) = prints(transaction, twelve)
    assert f"Stand {first.fingerprint[:4].upper()}" in text
    page = leader.open(twelve.page)
    assert "Liste gedruckt" in page
    assert f"von Leitung-Ra (Stand {first.fingerprint[:4].upper()})" in page
    with transaction() as session:
        lines = session.scalars(sa.select(TraceEntry).where(TraceEntry.act == "signature sheet printed")).all()
        assert [line.object_id for line in lines] == [str(twelve.meeting)]
    leader.fetch(pdf_of(twelve))  # the viewer loads it once more
    leader.http.head(pdf_of(twelve), base_url="http://localhost")
    assert len(prints(transaction, twelve)) == 1
    set_clock(clock.now() + dt.timedelta(minutes=11))
    leader.fetch(pdf_of(twelve))
    assert len(prints(transaction, twelve)) == 2, "the same list, handed out a second time"
    assert len(leader.open(sheet_of(twelve)).rows) == 3


def test_a_sheet_that_cannot_be_registered_is_not_handed_out(
    leader: Client, twelve: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader.app.testing = False
    monkeypatch.setattr("auth.trace.db", None)
    try:
        answer = leader.http.get(pdf_of(twelve), base_url="http://localhost")
    finally:
        leader.app.testing = True
    assert answer.status_code == 500
    assert b"%PDF" not in answer.data


def test_a_change_of_the_list_makes_the_print_outdated(
    leader: Client, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    leader.fetch(pdf_of(twelve))
    join(transaction, twelve, entry=clock.today() + dt.timedelta(days=1))
    assert "überholt" not in leader.open(twelve.page), "who comes tomorrow signs nothing today"
    join(transaction, twelve)
    page = leader.open(twelve.page)
    assert "Liste überholt" in page
    assert "Bitte neu drucken" in page
    assert "gedruckte Liste überholt" in leader.open(f"/courses/{twelve.course}")
    leader.fetch(pdf_of(twelve))
    assert "überholt" not in leader.open(twelve.page)
    assert "überholt" not in leader.open(f"/courses/{twelve.course}")
    rows = leader.open(sheet_of(twelve)).rows
    assert [row[3] for row in rows[1:]] == ["ja", "überholt"]
    with transaction() as session:
        person = session.get_one(Enrolment, twelve.people[0], execution_options=OFFICE).person
        session.get_one(Person, person.id, execution_options=OFFICE).family_name = "Neuname"
    assert "Liste überholt" in leader.open(twelve.page), "another name is another list"


def test_moving_a_meeting_speaks_of_printed_sheets_only_where_there_are_any(
    leader: Client, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction():
        scene.coordinator()
    coordinator = sign_in("koordination@office.example")
    edit = f"/meetings/{twelve.meeting}/edit"
    coordinator.open(edit)
    assert "gelten nicht mehr" not in coordinator.submit({"ends_at": "12:15"})
    leader.fetch(pdf_of(twelve))
    coordinator.open(edit)
    page = coordinator.submit({"ends_at": "12:30"})
    assert "gelten nicht mehr" in page
    assert "Liste überholt" in page


def test_a_leader_files_the_sheet_and_corrects_it(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    close(leader, twelve, away=2)
    leader.open(twelve.page)
    page = leader.click("Liste ablegen")
    assert "Noch nicht gedruckt" in page, "a sheet may come from before there was a register"
    page = leader.submit({"signatures": "11", **WHERE})
    assert "stehen 11 Unterschriften, laut Anwesenheit waren 10 Erwachsene da" in page
    assert "Liste abgelegt" in page
    assert "Kreishaus, Zimmer 214 (11 Unterschriften)" in page
    page = leader.click("Ablage und Drucke")
    page = leader.submit({"signatures": "10"})
    assert "stimmen überein: 10" in page
    leader.open(sheet_of(twelve))
    leader.submit({})
    said = filings(transaction, twelve)
    assert [one.signatures for one in said] == [11, 10], "both are kept; saying it again is no news"
    assert {one.filed_by for one in said} == {"Leitung-Ra"}
    rows = leader.open(sheet_of(twelve)).rows
    assert [row[-1] for row in rows[-2:]] == ["10", "11"]
    page = leader.submit({}, button="Doch nicht abgelegt")
    assert "gilt nicht mehr als abgelegt" in page
    assert "Liste nicht gedruckt" in page
    assert len(filings(transaction, twelve)) == 3
    leader.post(sheet_of(twelve), {"action": "take_back"})
    assert len(filings(transaction, twelve)) == 3, "what is not filed cannot be taken back"


def test_what_cannot_be_filed(leader: Client, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    tomorrow = (clock.today() + dt.timedelta(days=1)).isoformat()
    assert "liegt in der Zukunft" in file(leader, twelve, 12, 422, filed_on=tomorrow)
    yesterday = (clock.today() - dt.timedelta(days=1)).isoformat()
    assert "erst nach dem Termin" in file(leader, twelve, 12, 422, filed_on=yesterday)
    for wrong in ({"signatures": "-1"}, {"signatures": "zwölf"}, {"place": ""}, {"place": "x" * 161}, {"filed_by": ""}):
        leader.open(sheet_of(twelve))
        leader.submit({"signatures": "12", **WHERE, **wrong}, status=422)
    with transaction() as session:
        meeting = session.get_one(Meeting, twelve.meeting)
        meeting.status, meeting.cancelled_reason = MeetingStatus.CANCELLED, "Wasserschaden"
        scene.course("FEST", people=0, pack=RulePack.HEAD_COUNT)
        ahead = scene.course("BALD", people=2, day=clock.today() + dt.timedelta(days=3))
    assert "Der Termin ist ausgefallen" in leader.open(sheet_of(twelve))
    answer = leader.post(
        sheet_of(twelve), {"signatures": "12", "filed_on": clock.today().isoformat(), "filed_by": "Ich", **WHERE}
    )
    assert answer.status_code == 422
    assert not filings(transaction, twelve)
    assert "liegt in der Zukunft" in sign_in(ahead.leader).open(sheet_of(ahead))


def test_the_database_refuses_half_a_filing(twelve: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        by = scene.coordinator()
        half = SheetFiling(meeting_id=twelve.meeting, recorded_at=clock.now(), by_id=by.id, filed_on=clock.today())
        session.add(half)
        with pytest.raises(IntegrityError, match="ck_sheet_filing_whole"):
            session.flush()
        session.rollback()


def test_reconciliation_says_what_is_missing_first(
    twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN, set_clock: SET_CLOCK
) -> None:
    today = clock.today()
    with transaction() as session:
        scene.coordinator()
        course = session.get_one(Course, twelve.course)
        days = {name: today + dt.timedelta(days=gap) for name, gap in
                {"right": -9, "cancelled": -8, "missing": -7, "wrong": -6, "open": -5, "next": 4}.items()}  # fmt: skip
        other = {
            name: Scene(course.id, scene.meeting(course, day).id, twelve.leader, twelve.people)
            for name, day in days.items()
        }
        gone = session.get_one(Meeting, other["cancelled"].meeting)
        gone.status, gone.cancelled_reason = MeetingStatus.CANCELLED, "Wasserschaden"
    leader, coordinator = sign_in(twelve.leader), sign_in("koordination@office.example")
    for name, away in (("right", 3), ("wrong", 2), ("missing", 1)):
        close(leader, other[name], away)
    assert "stimmen überein: 9" in file(leader, other["right"], 9)
    page = file(coordinator, other["wrong"], 9)
    assert page.address == f"/courses/{twelve.course}/sheets", "a coordinator goes on with the other sheets"
    file(coordinator, other["open"], 12)
    leader.fetch(pdf_of(other["next"]))
    join(transaction, twelve)
    coordinator.open(f"/courses/{twelve.course}")
    page = coordinator.click("Listen abgleichen")
    found = {row[0].split()[1].rstrip(","): row[1:6] for row in page.rows if row[0] != "Termin"}
    told = [
        (found[f"{days[name]:%d.%m.%Y}"], name) for name in ("missing", "wrong", "open", "next", "right", "cancelled")
    ]
    assert [(row[0], row[2], row[3], row[4]) for row, _ in told] == [
        ("Liste fehlt", "", "11", ""),
        ("Zahlen weichen ab", "9", "10", "−1"),
        ("Anwesenheit noch offen", "12", "", ""),
        ("neu drucken", "", "", ""),
        ("stimmt", "9", "9", "0"),
        ("ausgefallen", "", "", ""),
    ]
    expected = [days[name] for name in ("missing", "wrong", "open", "next", "right", "cancelled")] + [today]
    assert list(found) == [f"{day:%d.%m.%Y}" for day in expected], "what is missing first, then day by day"
    coordinator.click("Ablegen")
    assert coordinator.page.address == sheet_of(other["missing"])


def test_in_a_group_whoever_brought_the_child_has_signed(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        group = scene.course("MKG", people=3, children=[1, 2, 1], pack=RulePack.PARENT_CHILD)
    leader = sign_in(group.leader)
    first, second, third = group.people
    (child,) = group.children[third]
    leader.open(group.page)
    leader.submit(
        {
            f"family-{first}": "together", f"family-{second}": "absent_notified", f"family-{third}": "split",
            f"adult-{third}": "absent_notified", f"child-{third}-{child}": "present",
        },
        button="Termin abschließen",
    )  # fmt: skip
    leader.submit({}, button="Ja, abschließen")
    assert "stimmen überein: 2" in file(leader, group, 2)


def test_a_course_without_meetings_or_names_says_so(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction() as session:
        event = scene.course("FEST", people=0, pack=RulePack.HEAD_COUNT)
        ahead = scene.course("BALD", people=2, day=clock.today() + dt.timedelta(days=3))
        empty = scene.course("LEER", people=2)
        session.delete(session.get_one(Meeting, empty.meeting))
        scene.coordinator()
    coordinator = sign_in("koordination@office.example")
    assert "werden nur Köpfe gezählt" in coordinator.open(f"/courses/{event.course}/sheets")
    assert "Noch keine Termine" in coordinator.open(f"/courses/{empty.course}/sheets")
    assert "Noch ist keine Liste fällig" in coordinator.open(f"/courses/{ahead.course}/sheets")
    page = coordinator.open(event.page)
    assert "Unterschriftenliste" not in page
    assert "nur Köpfe" in coordinator.open(sheet_of(event))


def test_only_those_who_decide_compare(twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction() as session:
        other = scene.course("IL", people=2)
        scene.coordinator("fern@office.example", session.get_one(Course, other.course).programme_id)
        scene.coordinator()
        stand_in = scene.user("vertretung@office.example", Role.LEADER)
        session.get_one(Meeting, twelve.meeting).substitute_id = stand_in.id
    address = f"/courses/{twelve.course}/sheets"
    assert sign_in("koordination@office.example").fetch(address).status_code == 200
    for email in ("fern@office.example", other.leader, twelve.leader):
        assert sign_in(email).fetch(address).status_code == 404
    for email in ("fern@office.example", other.leader):
        stranger = sign_in(email)
        assert stranger.fetch(sheet_of(twelve)).status_code == 404
        assert stranger.post(sheet_of(twelve), {"action": "take_back"}).status_code == 404
        assert stranger.fetch(pdf_of(twelve)).status_code == 404
    assert not prints(transaction, twelve)
    assert "Abgelegt." in file(sign_in("vertretung@office.example"), twelve, 12), "who stood in holds the paper"


@pytest.mark.parametrize("meetings", [2, 40])
def test_the_number_of_queries_does_not_grow(
    meetings: int, twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN, counting: COUNTING
) -> None:
    with transaction() as session:
        course = session.get_one(Course, twelve.course)
        by = scene.coordinator()
        for number in range(1, meetings):
            made = scene.meeting(
                course, clock.today() - dt.timedelta(days=20 - number % 40), (dt.time(number % 12), dt.time(23))
            )
            session.add(SheetPrint(meeting_id=made.id, printed_at=clock.now(), by_id=by.id, fingerprint="a" * 64))
            session.add(
                SheetFiling(meeting_id=made.id, recorded_at=clock.now(), by_id=by.id, filed_on=clock.today(),
                            filed_by="Olga", place="Ordner", signatures=3)
            )  # fmt: skip
    coordinator = sign_in("koordination@office.example")
    with counting() as statements:
        coordinator.open(f"/courses/{twelve.course}/sheets")
    assert len(statements) == 8, "session, course, programme, meetings, roster, children, papers, marks"


def test_the_office_reads_only_for_somebody(twelve: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        with pytest.raises(PermissionError):
            session.scalars(sa.select(SheetPrint)).all()
        assert session.scalars(sa.select(SheetPrint).execution_options(viewer=Viewer.office())).all() == []
