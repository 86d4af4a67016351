"""What rule packs do in the room: their marks, their letters, dispensations, heads, a staff training without reasons."""

import datetime as dt
from dataclasses import replace

import pytest
from flask import Flask

import clock
from auth.guard import Viewer
from programmes.attendance.account.rules import AccountRule, MeetingLine, account
from programmes.attendance.rules import (
    AbsenceReason,
    Entry,
    Mark,
    MarkStatement,
    Slot,
    absent_in_a_row,
    entry_reasons,
    holding,
    is_dispensed,
    letters_of,
    marks_offered,
)
from programmes.attendance.sheet import render
from programmes.catalogue.models import Course, Meeting, MeetingChange
from programmes.catalogue.rules import Change, Counting, MeetingStatus, RulePack
from programmes.statistics import queries as statistics
from programmes.statistics.rules import Dimension, Question
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.test_roll_call import marks, meeting_of
from tests.attendance.test_sheet import SHEET
from tests.paper.reading import text_of
from tests.tools.offices import TRANSACTION

X, N, E, U, A = Mark.PRESENT, Mark.ABSENT_NOTIFIED, Mark.ABSENT_EXCUSED, Mark.ABSENT_UNEXCUSED, Mark.ABSENT
W, P = Mark.TRANSFER, Mark.PLACEMENT
DAY = dt.date(2026, 3, 10)
BEFORE = DAY - dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("pack", "on_the_day", "beforehand", "letters", "with_reason"),
    [
        (RulePack.COURSE, (X, N, E, U), (N, E), "X–EU", {N, E}),
        (RulePack.INTEGRATION_COURSE, (X, E, U, W, P), (E, W, P), "XEUWP", {E}),
        (RulePack.PARENT_CHILD, (X, N, A), (N,), "X–N", {N}),
        (RulePack.STAFF_TRAINING, (X, N, A), (N,), "X–N", set()),
        (RulePack.HEAD_COUNT, (), (), "", set()),
    ],
)
def test_what_each_pack_offers(
    pack: RulePack, on_the_day: tuple[Mark, ...], beforehand: tuple[Mark, ...], letters: str, with_reason: set[Mark]
) -> None:
    assert marks_offered(pack, DAY, DAY) == on_the_day
    assert marks_offered(pack, DAY, BEFORE) == beforehand
    assert "".join(letter for letter, _ in letters_of(pack)) == letters
    slot = Slot(DAY, dt.time(9), dt.time(12), 180)
    for mark in Mark:
        offered = mark in on_the_day or mark is Mark.NOT_RECORDED
        assert (not entry_reasons(Entry(mark), slot, pack, DAY, field="row-1")) is offered
        told = Entry(mark, reason=AbsenceReason.ILLNESS)
        assert (not entry_reasons(told, slot, pack, DAY, field="row-1")) is (mark in with_reason)


def test_a_dispensation_is_neither_here_nor_missed() -> None:
    assert {mark for mark in Mark if is_dispensed(mark)} == {W, P}
    assert absent_in_a_row([X, U, P, U]) == 2  # a day on placement neither counts nor ends it
    now = dt.datetime(2026, 3, 10, 9, tzinfo=dt.UTC)
    office = MarkStatement("a", 1, Entry(W), now, office=True)
    leader = MarkStatement("b", 2, Entry(U), now + dt.timedelta(hours=1))
    for words in ([office, leader], [leader, office]):
        held = holding(words)
        assert held is not None
        assert (held.entry.mark, held.against) == (W, ())  # it explains the absence, and no phone overwrites it


@pytest.mark.parametrize(
    ("said", "offered", "attended", "to_come"),
    [
        ([X, X, X, None], 540, 540, 180),
        ([X, E, X, None], 540, 360, 180),
        ([X, W, X, None], 360, 360, 180),
        ([X, P, P, None], 180, 180, 180),
        ([X, X, X, P], 540, 540, 0),  # said beforehand
        ([W, W, W, W], 0, 0, 0),
    ],
)
def test_the_account_leaves_out_what_somebody_was_dispensed_from(
    said: list[Mark | None], offered: int, attended: int, to_come: int
) -> None:
    lines = [
        MeetingLine(
            number, DAY + dt.timedelta(days=number), MeetingStatus.HELD if number < 3 else MeetingStatus.PLANNED, 180,
            None, None, number < 3, mark or Mark.NOT_RECORDED, 180 if mark is X else 0,
        )
        for number, mark in enumerate(said)
    ]  # fmt: skip
    rule = AccountRule(Counting.PERSON, 80, 45)
    found = account(lines, rule, DAY + dt.timedelta(days=2))
    assert (found.offered, found.attended, found.to_come) == (offered, attended, to_come)


def test_transfer_and_placement_on_the_page_and_in_figures(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        course = scene.course("INT", people=4, pack=RulePack.INTEGRATION_COURSE)
    leader = sign_in(course.leader)
    page = leader.open(course.page)
    assert "gemeldet" not in page.main
    one, two, three, four = course.people
    leader.submit({f"mark-{one}": "present", f"mark-{two}": "transfer", f"mark-{three}": "placement", f"mark-{four}": "absent_unexcused"},
                  button="Termin abschließen")  # fmt: skip
    leader.submit({}, button="Ja, abschließen")
    stored = {enrolment: row.mark for (enrolment, _), row in marks(transaction, course).items()}
    assert stored == {one: X, two: W, three: P, four: U}
    assert {"Wechsel", "Praktikum"} <= set(leader.page.main.split())
    day = clock.today()
    with transaction():
        everything = Question(day, day, Dimension.COURSE)
        _, total = statistics.table(Viewer.office(), everything, disclose=False)
    assert (total.figures["minutes_enrolled"], total.figures["minutes_attended"]) == (360, 180)
    assert (total.figures["absent_excused"], total.figures["absent_unexcused"]) == (0, 1)


def test_a_placement_is_said_beforehand(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction() as session:
        course = scene.course("INT", people=2, pack=RulePack.INTEGRATION_COURSE)
        later = scene.meeting(session.get_one(Course, course.course), clock.today() + dt.timedelta(days=3))
        course.meeting = later.id
    leader = sign_in(course.leader)
    leader.open(course.page)
    leader.submit({f"mark-{course.people[0]}": "placement"}, button="Speichern")
    assert marks(transaction, course)[course.people[0], None].mark is P


def test_a_training_of_staff_asks_for_no_reason(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        course = scene.course("IK", people=1, pack=RulePack.STAFF_TRAINING)
    one = course.people[0]
    leader = sign_in(course.leader)
    leader.open(course.page)
    leader.submit({f"mark-{one}": "absent_notified"}, forge={f"reason-{one}": "illness"}, button="Speichern")
    assert marks(transaction, course)[one, None].absence_reason is None
    leader.submit({}, forge={f"mark-{one}": "absent_unexcused"}, button="Speichern", status=422)


def test_heads_of_an_event_are_corrected_with_a_reason(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        evening = scene.course("VR", people=0, pack=RulePack.HEAD_COUNT)
    leader, other = sign_in(evening.leader), sign_in(evening.leader)
    leader.open(evening.page)
    other.open(evening.page)
    leader.submit({"Erwachsene": "40", "Jugendliche": "0"}, button="Termin abschließen")
    leader.submit({}, button="Ja, abschließen")
    page = other.submit({"Erwachsene": "41"}, button="Speichern", status=409)
    assert "Inzwischen steht hier etwas anderes: „40“" in page.errors["Erwachsene"]
    other.submit({"Ohne Angabe": "2", "correction": "Verzählt"}, button="Speichern")
    meeting = meeting_of(transaction, evening)
    assert (meeting.visitors, meeting.heads) == (43, {"adults": 41, "youths": 0, "others": 2})
    leader.open(evening.page + "?correct=1")
    other.open(evening.page + "?correct=1")
    other.submit({"Ohne Angabe": "3", "correction": "Verzählt"}, button="Speichern")
    leader.submit({"Kinder": "5", "correction": "Nachgezählt"}, button="Speichern")  # another group: no collision
    assert meeting_of(transaction, evening).heads == {"adults": 41, "youths": 0, "children": 5, "others": 3}
    page = other.open(f"/meetings/{evening.meeting}/history")
    assert "Erwachsene: 40" in page
    assert "Erwachsene: 41, Jugendliche: 0, Ohne Angabe: 2" in page
    with transaction() as session:
        changes = session.query(MeetingChange).filter_by(what=Change.VISITORS).order_by(MeetingChange.id)
        assert [change.reason for change in changes] == ["Verzählt", "Verzählt", "Nachgezählt"]
    for wrong in ("-1", "10001", "viele"):
        other.open(evening.page + "?correct=1")
        other.submit({"Kinder": wrong, "correction": "x"}, button="Speichern", status=422)


def test_the_page_of_an_event_adds_up_its_heads(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction() as session:
        evening = scene.course("VR", people=0, pack=RulePack.HEAD_COUNT)
        course = session.get_one(Course, evening.course)
        for days, heads in ((0, {"adults": 40, "children": 3}), (1, {"adults": 20}), (2, None)):
            meeting = scene.meeting(course, clock.today() + dt.timedelta(days=days), (dt.time(19), dt.time(21)))
            meeting.heads = heads
    page = sign_in(evening.leader).open(f"/courses/{evening.course}")
    for told in ("Zusammen63", "Erwachsene60", "Jugendliche0", "Kinder3", "Ohne Angabe0"):
        assert told in page.main


def test_the_letters_of_a_pack_stand_on_its_sheet() -> None:
    text = text_of(render(replace(SHEET, letters=letters_of(RulePack.INTEGRATION_COURSE), signed_once_a_day=True)))
    assert "X/E/U/W/P" in text
    assert "X anwesend · E entschuldigt · U unentschuldigt · W Wechsel · P Praktikum" in text
    assert "eine am Tag" in text
    text = text_of(render(SHEET))
    assert "X/–/E/U" in text
    assert "eine am Tag" not in text


def test_the_sum_of_heads_is_kept_in_step(app: Flask, transaction: TRANSACTION) -> None:
    with transaction() as session:
        evening = scene.course("VR", people=0, pack=RulePack.HEAD_COUNT)
        meeting = session.get_one(Meeting, evening.meeting)
        meeting.heads = {"adults": 3, "children": 4}
        session.flush()
        assert meeting.visitors == 7
        everything = Question(meeting.date, meeting.date, Dimension.COURSE)
        assert statistics.table(Viewer.office(), everything, disclose=False)[1].figures["visitors"] == 7
