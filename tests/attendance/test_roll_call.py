"""The roll call through the page's own form: marks, bulk, closing, corrections, two leaders at once."""

import datetime as dt

import pytest
import sqlalchemy as sa

import clock
from auth.guard import Viewer
from auth.rules import Role
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.rules import Mark
from programmes.catalogue.models import Course, Meeting, MeetingChange
from programmes.catalogue.rules import MeetingStatus, RulePack
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.tools.client import Client
from tests.tools.offices import COUNTING, NEW_CLIENT, TRANSACTION

NOBODY = "not_recorded"


def marks(transaction: TRANSACTION, scene: Scene) -> dict[tuple[int, int | None], AttendanceMark]:
    with transaction() as session:
        rows = session.scalars(
            sa.select(AttendanceMark)
            .where(AttendanceMark.meeting_id == scene.meeting)
            .execution_options(viewer=Viewer.office())
        ).all()
        session.expunge_all()
    return {(row.enrolment_id, row.child_id): row for row in rows}


def events(transaction: TRANSACTION, scene: Scene) -> list[MarkEvent]:
    with transaction() as session:
        rows = session.scalars(
            sa.select(MarkEvent)
            .where(MarkEvent.meeting_id == scene.meeting)
            .order_by(MarkEvent.received_at)
            .execution_options(viewer=Viewer.office())
        ).all()
        session.expunge_all()
    return list(rows)


def meeting_of(transaction: TRANSACTION, scene: Scene) -> Meeting:
    with transaction() as session:
        meeting = session.get_one(Meeting, scene.meeting)
        session.expunge_all()
    return meeting


def test_a_mark_is_an_event_and_the_page_shows_it(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    first, second, third = twelve.people[:3]
    leader.open(twelve.page)
    page = leader.submit(
        {
            f"mark-{first}": "present", f"arrived-{first}": "09:20", f"mark-{second}": "absent_excused",
            f"reason-{second}": "illness", f"mark-{third}": "absent_unexcused",
        },
        button="Speichern",
    )  # fmt: skip
    assert "1 da, 2 fehlen, 9 nicht erfasst" in page
    stored = marks(transaction, twelve)
    assert len(stored) == 3
    assert (stored[first, None].mark, stored[first, None].minutes) == (Mark.PRESENT, 160)
    assert stored[second, None].absence_reason == "illness"
    kept = events(transaction, twelve)
    assert len({event.id for event in kept}) == 3
    assert all(event.recorded_at == event.received_at for event in kept)
    assert meeting_of(transaction, twelve).status is MeetingStatus.PLANNED, "held is what is closed"


def test_saving_the_page_as_it_stands_writes_nothing(
    leader: Client, twelve: Scene, transaction: TRANSACTION, counting: COUNTING
) -> None:
    leader.open(twelve.page)
    leader.submit({f"mark-{twelve.people[0]}": "absent_notified"}, button="Speichern")
    with counting() as statements:
        leader.send({}, button="Speichern")
    assert not [text for text in statements if "mark" in text and not text.lstrip().startswith("SELECT")]
    assert len(events(transaction, twelve)) == 1


def test_bulk_touches_only_who_is_not_recorded(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    """users_ask.md 1: "set all" must not wipe excuses entered earlier, nor those on the form itself."""
    earlier, now = twelve.people[4], twelve.people[7]
    leader.open(twelve.page)
    leader.submit({f"mark-{earlier}": "absent_excused"}, button="Speichern")
    page = leader.submit({f"mark-{now}": "absent_notified"}, button="Alle Übrigen anwesend")
    assert "Als anwesend ergänzt: 10" in page
    stored = marks(transaction, twelve)
    assert stored[earlier, None].mark is Mark.ABSENT_EXCUSED
    assert stored[now, None].mark is Mark.ABSENT_NOTIFIED
    assert sum(row.mark is Mark.PRESENT for row in stored.values()) == 10
    page = leader.submit({}, button="Alle Übrigen zurücknehmen")
    assert "Zurückgenommen: 10" in page
    assert set(marks(transaction, twelve)) == {(earlier, None), (now, None)}, "what was recorded one by one stays"


def test_closing_waits_for_everybody_and_names_who_is_missing(
    leader: Client, twelve: Scene, transaction: TRANSACTION
) -> None:
    *most, last = twelve.people
    leader.open(twelve.page)
    page = leader.submit({f"mark-{one}": "present" for one in most}, button="Termin abschließen", status=422)
    assert "Noch nicht erfasst: 1" in page
    assert f"#row-{last}" in page.links.values()
    assert page.by_id(f"row-{last}") is not None
    assert not marks(transaction, twelve), "a refusal saves nothing …"
    page = leader.submit({f"mark-{last}": "absent_notified"}, button="Termin abschließen")  # … and forgets nothing
    assert "11 da, 1 fehlt" in page
    assert meeting_of(transaction, twelve).closed_at is None, "only a confirmation closes it"
    assert "11 da, 1 fehlt" in leader.submit({}, button="Ja, abschließen")
    meeting = meeting_of(transaction, twelve)
    assert meeting.closed_at is not None
    assert meeting.closed_at == meeting.first_closed_at
    assert meeting.status is MeetingStatus.HELD
    with pytest.raises(AssertionError, match="No button"):
        leader.submit({}, button="Speichern")


def close(leader: Client, twelve: Scene) -> None:
    leader.open(twelve.page)
    leader.submit({f"mark-{twelve.people[0]}": "absent_unexcused"}, button="Alle Übrigen anwesend")
    leader.submit({}, button="Termin abschließen")
    leader.submit({}, button="Ja, abschließen")


def test_a_correction_needs_a_reason_and_keeps_the_old_entry(
    leader: Client, twelve: Scene, transaction: TRANSACTION
) -> None:
    close(leader, twelve)
    late = {f"mark-{twelve.people[0]}": "absent_excused", f"reason-{twelve.people[0]}": "illness"}
    leader.click("Berichtigen")
    page = leader.submit(late, button="Speichern", status=422)
    assert "Begründung" in page.errors
    leader.submit({"correction": "Attest gesehen"}, button="Speichern")
    assert marks(transaction, twelve)[twelve.people[0], None].mark is Mark.ABSENT_EXCUSED
    said = [event for event in events(transaction, twelve) if event.enrolment_id == twelve.people[0]]
    assert [(event.mark, event.correction) for event in said] == [
        (Mark.ABSENT_UNEXCUSED, None), (Mark.ABSENT_EXCUSED, "Attest gesehen"),
    ]  # fmt: skip
    page = leader.open(f"/meetings/{twelve.meeting}/history")
    row = next(row for row in page.rows if "Attest gesehen" in row)
    assert row[3:] == ["unentschuldigt", "entschuldigt, Krankheit", "Attest gesehen"]


def test_a_closed_roll_call_stays_complete(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    close(leader, twelve)
    leader.click("Berichtigen")
    page = leader.submit({f"mark-{twelve.people[0]}": NOBODY, "correction": "Irrtum"}, button="Speichern", status=422)
    assert "erst wieder, wenn der Termin wieder geöffnet ist" in page
    assert marks(transaction, twelve)[twelve.people[0], None].mark is Mark.ABSENT_UNEXCUSED


def test_reopening_needs_a_reason_and_so_does_what_follows(
    leader: Client, twelve: Scene, transaction: TRANSACTION
) -> None:
    close(leader, twelve)
    assert "Bitte begründen Sie" in leader.submit({}, button="Wieder öffnen", status=422)
    leader.submit({"correction": "Liste vertauscht"}, button="Wieder öffnen")
    meeting = meeting_of(transaction, twelve)
    assert meeting.closed_at is None
    assert meeting.first_closed_at is not None
    changed = {f"mark-{twelve.people[1]}": NOBODY}
    leader.submit(changed | {"correction": ""}, button="Speichern", status=422)
    leader.open(twelve.page)
    leader.submit(changed, button="Speichern")  # the reason of reopening stands in the field already
    assert (twelve.people[1], None) not in marks(transaction, twelve), "not recorded again, and still in the history:"
    assert events(transaction, twelve)[-1].correction == "Liste vertauscht"
    with transaction() as session:
        assert [change.what for change in session.query(MeetingChange).order_by(MeetingChange.id)] == [
            "closed", "reopened",
        ]  # fmt: skip


def test_two_leaders_at_once(twelve: Scene, transaction: TRANSACTION, leader: Client, sign_in: SIGN_IN) -> None:
    with transaction() as session:
        second = scene.user("zweite@office.example", Role.LEADER)
        meeting = session.get_one(Meeting, twelve.meeting)
        meeting.substitute_id = second.id
    other = sign_in("zweite@office.example")
    same, mine, theirs, both = twelve.people[:4]
    leader.open(twelve.page)
    other.open(twelve.page)
    other.submit(
        {f"mark-{theirs}": "absent_excused", f"mark-{both}": "absent_excused", f"mark-{same}": "present"},
        button="Speichern",
    )
    page = leader.submit(
        {f"mark-{mine}": "present", f"mark-{both}": "absent_unexcused", f"mark-{same}": "present"},
        button="Speichern", status=409,
    )  # fmt: skip
    assert "Zweite hat inzwischen etwas anderes gespeichert" in page
    assert "unentschuldigt" in page.errors[next(label for label in page.errors if "Benali" in label)]
    stored = marks(transaction, twelve)
    assert stored[both, None].mark is Mark.ABSENT_EXCUSED, "nothing is overwritten silently"
    assert (mine, None) not in stored
    leader.submit({}, button="Speichern")
    stored = marks(transaction, twelve)
    assert stored[both, None].mark is Mark.ABSENT_EXCUSED, "what is saved holds until somebody chooses again"
    assert stored[mine, None].mark is Mark.PRESENT, "the rest of the form was kept"
    assert stored[theirs, None].mark is Mark.ABSENT_EXCUSED, "a row that only repeats the page changes nothing"
    leader.submit({f"mark-{both}": "absent_unexcused"}, button="Speichern")
    assert marks(transaction, twelve)[both, None].mark is Mark.ABSENT_UNEXCUSED
    assert len([event for event in events(transaction, twelve) if event.enrolment_id == same]) == 1


def test_a_form_that_lay_open_while_the_meeting_was_closed(
    leader: Client, twelve: Scene, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    late = sign_in(twelve.leader)
    late.open(twelve.page)
    close(leader, twelve)
    assert "war schon abgeschlossen" in late.submit({}, button="Termin abschließen")
    late.open(twelve.page + "?correct=1")
    page = late.submit({f"mark-{twelve.people[0]}": "present"}, button="Speichern", status=422)
    assert "war schon abgeschlossen" in page
    assert marks(transaction, twelve)[twelve.people[0], None].mark is Mark.ABSENT_UNEXCUSED


def test_people_before_entry_and_after_exit_cannot_be_marked(
    leader: Client, twelve: Scene, transaction: TRANSACTION
) -> None:
    tomorrow, yesterday = clock.today() + dt.timedelta(days=1), clock.today() - dt.timedelta(days=1)
    with transaction() as session:
        course = session.get_one(Course, twelve.course)
        early, gone = (
            scene.enrol(course, number, entry=entry, leaving=leaving).id
            for number, entry, leaving in ((40, tomorrow, None), (41, course.starts_on, yesterday))
        )
    page = leader.open(twelve.page)
    assert f"Erst ab {tomorrow:%d.%m.%Y} im Kurs." in page
    assert f"Nur bis {yesterday:%d.%m.%Y} im Kurs." in page
    for enrolment in (early, gone):
        page = leader.submit({}, button="Speichern", forge={f"mark-{enrolment}": "present"}, status=422)
        assert "im Kurs" in page.by_id(f"row-{enrolment}").text_content()  # type: ignore[union-attr]
        leader.open(twelve.page)
    assert not marks(transaction, twelve)
    leader.submit({}, button="Alle Übrigen anwesend")
    assert len(marks(transaction, twelve)) == 12
    leader.submit({}, button="Termin abschließen")


def test_before_its_day_a_meeting_takes_notices_only(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        session.get_one(Meeting, twelve.meeting).date = clock.today() + dt.timedelta(days=2)
    one = twelve.people[0]
    page = leader.open(twelve.page)
    assert "Alle Übrigen anwesend" not in page
    leader.submit({f"mark-{one}": "absent_notified", f"reason-{one}": "work"}, button="Speichern")
    assert marks(transaction, twelve)[one, None].mark is Mark.ABSENT_NOTIFIED
    leader.submit({}, forge={f"mark-{twelve.people[1]}": "present"}, status=422)
    leader.submit({}, forge={"action": "fill"}, status=422)
    leader.submit({}, forge={"action": "close"}, status=422)


def test_a_cancelled_meeting_takes_no_marks(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    leader.open(twelve.page)
    with transaction() as session:
        meeting = session.get_one(Meeting, twelve.meeting)
        meeting.status, meeting.cancelled_reason = MeetingStatus.CANCELLED, "Wasserschaden"
    page = leader.submit({f"mark-{twelve.people[0]}": "present"}, button="Speichern", status=422)
    assert "Wasserschaden" in page
    assert not marks(transaction, twelve)


def test_visitors_and_note(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    leader.open(twelve.page)
    leader.submit({"visitors": "3", "note": "Beamer fehlt.\nNächstes Mal Raum 2."}, button="Speichern")
    meeting = meeting_of(transaction, twelve)
    assert (meeting.visitors, meeting.note) == (3, "Beamer fehlt.\nNächstes Mal Raum 2.")
    leader.submit({}, button="Speichern")
    assert meeting_of(transaction, twelve).note == "Beamer fehlt.\nNächstes Mal Raum 2."


def test_a_number_that_changed_meanwhile_is_shown_first(
    leader: Client, twelve: Scene, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    other = sign_in(twelve.leader)
    leader.open(twelve.page)
    other.open(twelve.page)
    other.submit({"visitors": "3"}, button="Speichern")
    page = leader.submit({"visitors": "5"}, button="Speichern", status=409)
    assert "Inzwischen steht hier etwas anderes: „3“" in page
    assert meeting_of(transaction, twelve).visitors == 3
    leader.submit({}, button="Speichern")
    assert meeting_of(transaction, twelve).visitors == 5


def test_an_event_counts_heads(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        evening = scene.course("VR", people=0, pack=RulePack.HEAD_COUNT)
    leader = sign_in(evening.leader)
    leader.open(evening.page)
    page = leader.submit({}, button="Termin abschließen", status=422)
    assert "wie viele da waren" in page.errors["Erwachsene"]
    leader.submit({"Erwachsene": "60", "Kinder": "25"}, button="Termin abschließen")
    page = leader.submit({}, button="Ja, abschließen")
    assert "85 waren da (Erwachsene: 60, Kinder: 25)" in page
    meeting = meeting_of(transaction, evening)
    assert meeting.status is MeetingStatus.HELD
    assert (meeting.visitors, meeting.heads) == (85, {"adults": 60, "children": 25})


@pytest.mark.parametrize("people", [2, 40])
def test_the_number_of_queries_does_not_grow(
    people: int, transaction: TRANSACTION, sign_in: SIGN_IN, counting: COUNTING
) -> None:
    with transaction():
        group = scene.course("RA", people=people)
        family = scene.course("MKG", people=people, children=[1] * people, pack=RulePack.PARENT_CHILD)
    for one in (group, family):
        leader = sign_in(one.leader)
        with counting() as statements:
            leader.open(one.page)
        assert len(statements) == 6, "session, meeting, roster, children, marks, paper"
        with counting() as statements:
            leader.send({}, button="Alle Übrigen anwesend")
        assert len(statements) == 9, "the same, what was said, events, marks, meeting … whatever the number of people"
        leader.open(one.page)
        with counting() as statements:
            leader.open(f"/meetings/{one.meeting}/history")
        assert len(statements) == 7


def test_only_those_of_the_course_open_it(
    twelve: Scene, transaction: TRANSACTION, sign_in: SIGN_IN, new_client: NEW_CLIENT
) -> None:
    with transaction() as session:
        other = scene.course("IL", people=2)
        elsewhere = scene.coordinator("fern@office.example", session.get_one(Course, other.course).programme_id)
        scene.coordinator()
        assert elsewhere.id
    for path in ("roll-call", "history", "signature-sheet.pdf", "sheet", "edit", "cancel"):
        address = f"/meetings/{twelve.meeting}/{path}"
        assert sign_in(other.leader).fetch(address).status_code == 404
        assert sign_in("fern@office.example").fetch(address).status_code == 404
        assert sign_in("koordination@office.example").fetch(address).status_code == 200
        mine = sign_in(twelve.leader).fetch(address).status_code
        assert mine == (404 if path in {"edit", "cancel"} else 200)
        assert new_client().fetch(address).status_code == 302


def test_the_sheet_of_signatures_is_a_pdf_with_a_safe_name(leader: Client, twelve: Scene) -> None:
    answer = leader.fetch(f"/meetings/{twelve.meeting}/signature-sheet.pdf")
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == f'inline; filename="unterschriften-RA-1-{clock.today()}.pdf"'
