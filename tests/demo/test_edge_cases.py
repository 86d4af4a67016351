"""Every edge case of domain.md A13 is in the demo office, where `demo/edge_cases.py` and `docs/demo.md` say."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

import clock
from auth.guard import Viewer
from auth.models import User
from auth.queries import roles_of
from database import db
from demo import edge_cases
from demo.accounts import STAFF, address
from demo.edge_cases import EDGE_CASES, EdgeCase
from demo.plans import SMALL_TOWNS, number_of
from programmes.attendance.account import queries as account, warning
from programmes.attendance.account.rules import Outlook, outlook_of
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.register import reconcile
from programmes.attendance.rules import AbsenceReason, Finding, Mark, Presence, absent_in_a_row
from programmes.catalogue.models import Coordination, Course, Meeting, MeetingChange, Municipality, Programme
from programmes.catalogue.rules import MeetingStatus
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateKind, CertificateState
from programmes.enrolment.models import Enrolment, EnrolmentChange, SubGroup, SubGroupMember
from programmes.enrolment.queries import coordinated_enrolments
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import FamilyMember, Person
from programmes.participants.rules import ConsentState, Relation, age_in_months
from tests.demo.finding import (
    OFFICE,
    all_of,
    children_of,
    course_of,
    family_on,
    marks_of,
    papers_of,
    person_of,
    photo_answers,
    place_of,
)


@pytest.fixture(autouse=True)
def demo_office(demo_app: Flask) -> Iterator[None]:
    """Every test reads the demo office."""
    with demo_app.app_context():
        yield
        db.session.remove()


def test_every_case_is_tested_and_told() -> None:
    told = (Path(__file__).resolve().parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")
    for case in EDGE_CASES:
        assert case.what in told, f"docs/demo.md does not tell of {case.key}: {case.what}"


@pytest.mark.parametrize(
    "case", [case for case in EDGE_CASES if case.course and case.person], ids=lambda case: case.key
)
def test_the_login_of_a_case_may_see_it(case: EdgeCase) -> None:
    user_id = db.session.scalars(sa.select(User.id).where(User.email == address(case.login))).one()
    viewer = Viewer(user_id, roles_of(user_id), clock.today())
    visible = coordinated_enrolments(viewer).where(Enrolment.id == place_of(case).id)
    assert db.session.scalars(visible).one_or_none() is not None


def test_entry_after_the_course_began() -> None:
    case = edge_cases.LATE_ENTRY
    place = place_of(case)
    assert place.entry_date == case.when > course_of(case).starts_on
    assert min(marks_of(case)) == case.when


def test_twenty_minutes_late() -> None:
    mark = marks_of(edge_cases.LATE)[edge_cases.LATE.when]
    meeting = db.session.get_one(Meeting, mark.meeting_id)
    assert mark.mark is Mark.PRESENT
    assert mark.arrived_at is not None
    assert (
        mark.arrived_at.hour - meeting.starts_at.hour
    ) * 60 + mark.arrived_at.minute - meeting.starts_at.minute == 20
    assert mark.minutes == meeting.minutes - 20


def test_sick_first_notified_then_excused() -> None:
    marks = marks_of(edge_cases.SICK)
    ill = [mark for day, mark in marks.items() if day >= edge_cases.SICK.when][:5]
    assert [mark.mark for mark in ill] == [Mark.ABSENT_NOTIFIED] * 3 + [Mark.ABSENT_EXCUSED] * 2
    assert {mark.absence_reason for mark in ill} == {AbsenceReason.ILLNESS}


def test_unexcused() -> None:
    assert marks_of(edge_cases.UNEXCUSED)[edge_cases.UNEXCUSED.when].mark is Mark.ABSENT_UNEXCUSED


def test_no_show() -> None:
    assert place_of(edge_cases.NO_SHOW).status is EnrolmentStatus.NO_SHOW
    assert {mark.mark for mark in marks_of(edge_cases.NO_SHOW).values()} == {Mark.ABSENT_UNEXCUSED}
    assert not papers_of(edge_cases.NO_SHOW)


def test_a_late_resettler_is_german() -> None:
    person = person_of(edge_cases.RESETTLER)
    assert person.late_resettler
    assert person.citizenships == ["Deutschland"]
    assert person.birth_country != "Deutschland"


def test_a_changed_name_has_a_new_certificate() -> None:
    old, new = papers_of(edge_cases.RENAMED)
    assert (old.state, new.state) == (CertificateState.REPLACED, CertificateState.VALID)
    assert old.printed_name == "Jelena Morosowa"
    assert new.printed_name == edge_cases.RENAMED.name
    assert new.replaces_id == old.id
    assert new.code != old.code


def test_excursion() -> None:
    course = course_of(edge_cases.EXCURSION)
    query = sa.select(Meeting.date).where(Meeting.course_id == course.id, Meeting.excursion)
    assert db.session.scalars(query).all() == [edge_cases.EXCURSION.when]


def test_the_orientation_course_has_exactly_forty_units() -> None:
    course = course_of(edge_cases.LATE)
    meetings = db.session.scalars(sa.select(Meeting).where(Meeting.course_id == course.id).order_by(Meeting.date)).all()
    assert (meetings[0].date, meetings[-1].date) == (dt.date(2003, 10, 13), dt.date(2003, 11, 14))
    assert (len(meetings), sum(meeting.minutes for meeting in meetings)) == (10, 40 * 45)
    assert {"meetings", "language"} <= set(course.assumed)


def test_mother_without_her_child() -> None:
    assert family_on(edge_cases.MOTHER_ALONE) is Presence.ADULT_ALONE


def test_child_brought_by_the_father() -> None:
    assert family_on(edge_cases.WITH_FATHER) is Presence.CHILD_WITH_OTHER
    family = sa.select(FamilyMember.family_id).where(FamilyMember.person_id == person_of(edge_cases.WITH_FATHER).id)
    relations = all_of(sa.select(FamilyMember.relation).where(FamilyMember.family_id.in_(family)))
    assert set(relations) == {Relation.MOTHER, Relation.FATHER, Relation.CHILD}


def test_twins() -> None:
    one, other = children_of(edge_cases.TWINS)
    assert one.birth_date == other.birth_date
    assert one.given_name != other.given_name


def test_a_child_turns_36_months_in_the_course() -> None:
    [child] = children_of(edge_cases.TURNS_36)
    assert child.birth_date is not None
    ages = [age_in_months(child.birth_date, day) for day in marks_of(edge_cases.TURNS_36)]
    assert min(ages) < 36 <= max(ages)
    assert age_in_months(child.birth_date, edge_cases.TURNS_36.when) == 36


def test_a_citizenship_of_a_state_that_is_gone() -> None:
    assert person_of(edge_cases.YUGOSLAVIA).citizenships == ["Jugoslawien"]


def test_a_substitute_led() -> None:
    case = edge_cases.SUBSTITUTE
    query = sa.select(Meeting).where(Meeting.course_id == course_of(case).id, Meeting.date == case.when)
    meeting = db.session.scalars(query.options(orm.joinedload(Meeting.substitute))).one()
    assert meeting.substitute is not None
    authors = all_of(sa.select(MarkEvent.author_id).where(MarkEvent.meeting_id == meeting.id))
    assert set(authors) == {meeting.substitute_id}


def test_four_language_groups_become_one() -> None:
    course = course_of(edge_cases.MERGING)
    groups = db.session.scalars(
        sa.select(SubGroup).where(SubGroup.course_id == course.id).order_by(SubGroup.id), execution_options=OFFICE
    ).all()
    *four, one = groups
    day = edge_cases.MERGING.when
    assert len(four) == 4
    assert {group.valid_until for group in four} == {day - dt.timedelta(days=1)}
    assert (one.name, one.valid_from, one.valid_until) == ("Deutsch", day, None)
    for group in groups:
        assert all_of(sa.select(SubGroupMember.enrolment_id).where(SubGroupMember.sub_group_id == group.id)), group.name


def test_an_older_sibling_is_family_but_not_in_the_group() -> None:
    case = edge_cases.SIBLING
    family = sa.select(FamilyMember.family_id).where(FamilyMember.person_id == person_of(case).id)
    query = (
        sa.select(Person)
        .join(FamilyMember, FamilyMember.person_id == Person.id)
        .where(FamilyMember.family_id.in_(family), FamilyMember.relation == Relation.CHILD)
    )
    kids = {kid.given_name: kid for kid in db.session.scalars(query, execution_options=OFFICE)}
    assert [child.given_name for child in children_of(case)] == ["Luka"]
    sibling = kids["Jovana"]
    assert sibling.birth_date is not None
    assert age_in_months(sibling.birth_date, course_of(case).starts_on) > 36
    visitors = sa.select(Meeting.visitors).where(Meeting.course_id == course_of(case).id, Meeting.date == case.when)
    assert db.session.scalars(visitors).one() == 1


def test_a_cancelled_meeting() -> None:
    case = edge_cases.CANCELLED
    query = sa.select(Meeting).where(Meeting.course_id == course_of(case).id, Meeting.date == case.when)
    meeting = db.session.scalars(query).one()
    assert meeting.status is MeetingStatus.CANCELLED
    assert meeting.cancelled_reason
    assert not all_of(sa.select(AttendanceMark.id).where(AttendanceMark.meeting_id == meeting.id))


def test_from_the_group_to_the_guides() -> None:
    case = edge_cases.ONWARD
    query = (
        sa.select(Course.number)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(Enrolment.person_id == person_of(case).id, Enrolment.status == EnrolmentStatus.COMPLETED)
        .order_by(Course.starts_on)
    )
    assert all_of(query) == [edge_cases.DZB, edge_cases.IL]
    assert [paper.kind for paper in papers_of(case)] == [CertificateKind.QUALIFICATION]


def test_the_guides_have_32_units_in_eight_modules_on_four_days() -> None:
    course = course_of(edge_cases.ONWARD)
    meetings = db.session.scalars(sa.select(Meeting).where(Meeting.course_id == course.id)).all()
    assert sum(meeting.minutes for meeting in meetings) == 32 * 45
    assert len({meeting.module_id for meeting in meetings}) == 8
    assert len({meeting.date for meeting in meetings}) == 4


def test_absent_from_the_ceremony() -> None:
    [paper] = papers_of(edge_cases.NOT_AT_CEREMONY)
    assert paper.state is CertificateState.VALID
    assert paper.handed_over_on is None
    course = course_of(edge_cases.NOT_AT_CEREMONY)
    others = all_of(
        sa.select(Certificate.handed_over_on)
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .where(Enrolment.course_id == course.id, Certificate.id != paper.id)
    )
    assert others
    assert None not in others


def test_photos_refused_and_revoked() -> None:
    assert photo_answers(edge_cases.PHOTO_REFUSED) == [ConsentState.REFUSED]
    assert photo_answers(edge_cases.PHOTO_REVOKED) == [ConsentState.GIVEN, ConsentState.REVOKED]


def test_one_woman_in_two_courses() -> None:
    case = edge_cases.TWO_COURSES
    query = sa.select(Course.number).join(Enrolment, Enrolment.course_id == Course.id)
    numbers = all_of(query.where(Enrolment.person_id == person_of(case).id))
    assert set(numbers) == {number_of("ra", clock.today()), number_of("sprache", clock.today())}


def test_promoted_out_of_order_with_a_reason() -> None:
    promoted, waiting = place_of(edge_cases.OUT_OF_ORDER), place_of(edge_cases.STILL_WAITING)
    assert promoted.status is EnrolmentStatus.ENROLLED
    assert waiting.status is EnrolmentStatus.WAITING
    assert waiting.applied_at < promoted.applied_at
    changes = db.session.scalars(
        sa.select(EnrolmentChange).where(EnrolmentChange.enrolment_id == promoted.id).order_by(EnrolmentChange.id),
        execution_options=OFFICE,
    ).all()
    assert [(change.old, change.new) for change in changes] == [
        (None, EnrolmentStatus.WAITING),
        ("waiting", EnrolmentStatus.ENROLLED),
    ]
    assert "Erstsprachen" in (changes[1].reason or "")


def test_the_group_with_a_waiting_list_is_full() -> None:
    course = course_of(edge_cases.STILL_WAITING)
    query = (
        sa.select(Enrolment.status, sa.func.count()).where(Enrolment.course_id == course.id).group_by(Enrolment.status)
    )
    counts = dict(db.session.execute(query, execution_options=OFFICE).all())
    assert counts[EnrolmentStatus.ENROLLED] == course.places
    assert counts[EnrolmentStatus.WAITING] >= 2


def test_absent_twice_in_a_row() -> None:
    assert absent_in_a_row([mark.mark for mark in marks_of(edge_cases.TWICE_ABSENT).values()]) >= 2


def account_of(case: EdgeCase) -> tuple[account.AccountRule, account.Ledger]:
    place = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.id == place_of(case).id)
        .options(orm.joinedload(Enrolment.course).joinedload(Course.programme)),
        execution_options=OFFICE,
    ).one()
    return account.ledger_of(Viewer.office(), place, clock.today())


def test_a_share_is_lost_or_in_danger() -> None:
    told = {one.enrolment_id: one.outlook for one in warning.warned(Viewer.office()).people}
    assert told[place_of(edge_cases.SHARE_LOST).id] is Outlook.LOST
    assert told[place_of(edge_cases.SHARE_AT_RISK).id] is Outlook.AT_RISK


def test_an_absence_was_followed_up() -> None:
    place = place_of(edge_cases.FOLLOWED_UP)
    found = next(one for one in account.absent_twice(Viewer.office()) if one.enrolment_id == place.id)
    assert found.is_done
    assert found.reasons == (AbsenceReason.CHILDCARE_UNFORESEEABLE,)
    assert found.last_step is not None
    assert found.last_step.proof_seen_on is not None
    open_one = place_of(edge_cases.TWICE_ABSENT).id
    assert not next(one for one in account.absent_twice(Viewer.office()) if one.enrolment_id == open_one).is_done


def test_missed_time_was_made_up() -> None:
    rule, ledger = account_of(edge_cases.MADE_UP)
    made_up = [module for module in ledger.account.modules if module.made_up]
    assert made_up
    assert all(module.fulfilled and not module.attended for module in made_up)
    assert outlook_of(ledger.account, rule) is not Outlook.LOST
    _, ledger = account_of(edge_cases.MADE_UP_TALK)
    assert (ledger.account.made_up, ledger.account.entered) == (90, 90)
    entries = account.make_ups(Viewer.office(), place_of(edge_cases.MADE_UP_TALK).id)
    assert sorted(entry.taken_back_reason or "" for entry in entries) == ["", "Doppelt eingetragen"]


def test_a_correction_keeps_what_was_said_before() -> None:
    place = place_of(edge_cases.CORRECTED)
    events = db.session.scalars(
        sa.select(MarkEvent).where(MarkEvent.enrolment_id == place.id).order_by(MarkEvent.received_at),
        execution_options=OFFICE,
    ).all()
    correction = next(event for event in events if event.correction)
    before = next(event for event in events if event.meeting_id == correction.meeting_id)
    assert (before.mark, correction.mark) == (Mark.ABSENT_UNEXCUSED, Mark.ABSENT_EXCUSED)
    what = db.session.scalars(
        sa.select(MeetingChange.what)
        .where(MeetingChange.meeting_id == correction.meeting_id)
        .order_by(MeetingChange.id)
    ).all()
    assert what == ["closed", "reopened", "closed"]


@pytest.mark.parametrize(
    ("case", "finding"),
    [
        (edge_cases.SHEET_MISSING, Finding.MISSING),
        (edge_cases.SHEET_DIFFERS, Finding.DIFFERENCE),
        (edge_cases.SHEET_OUTDATED, Finding.OUTDATED),
    ],
    ids=lambda value: getattr(value, "key", ""),
)
def test_sheets_that_are_not_in_order(case: EdgeCase, finding: Finding) -> None:
    compared = reconcile(Viewer.office(), course_of(case))
    assert [one.finding for one in compared if one.finding.waits] == [
        Finding.MISSING,
        Finding.DIFFERENCE,
        Finding.OUTDATED,
    ]
    found = next(one for one in compared if one.finding is finding)
    assert found.difference == (-1 if finding is Finding.DIFFERENCE else 0)
    assert Finding.RIGHT in {one.finding for one in compared}
    assert found.sheet.printed is not None


def test_a_child_is_soon_36_months_old() -> None:
    [child] = children_of(edge_cases.SOON_36)
    assert child.birth_date is not None
    today = clock.today()
    assert age_in_months(child.birth_date, today) == 35
    assert age_in_months(child.birth_date, today + dt.timedelta(days=31)) == 36


def test_somebody_with_one_name() -> None:
    assert person_of(edge_cases.ONE_NAME).sorted_name == "Zarghuna"


def test_transfer_and_placement() -> None:
    came = [mark.mark for mark in marks_of(edge_cases.TRANSFER).values()]
    assert (came[:2], came[2:]) == ([Mark.TRANSFER] * 2, [Mark.PRESENT] * (len(came) - 2))
    works = [mark.mark for mark in marks_of(edge_cases.PLACEMENT).values()]
    assert works.count(Mark.PLACEMENT) == 2
    offered = set(course_of(edge_cases.TRANSFER).programme.rule_pack.marks)
    said = sa.select(AttendanceMark.mark).join(Meeting).where(Meeting.course_id == course_of(edge_cases.TRANSFER).id)
    assert {mark.value for mark in all_of(said)} <= offered


def test_a_meeting_was_made_up_for() -> None:
    course = course_of(edge_cases.REPLACED)
    made = db.session.scalars(
        sa.select(Meeting).where(Meeting.course_id == course.id, Meeting.replaces_id.is_not(None))
    ).one()
    assert made.replaces is not None
    assert made.replaces.status is MeetingStatus.CANCELLED
    assert clock.today() < made.date <= course.ends_on
    assert made.topic == made.replaces.topic


def test_nine_of_thirteen_towns_have_no_coordination_of_their_own() -> None:
    towns = set(db.session.scalars(sa.select(Municipality.name).where(Municipality.in_county)))
    covered = set(
        db.session.scalars(
            sa.select(Municipality.name).join(Coordination, Coordination.municipality_id == Municipality.id)
        )
    )
    assert len(towns) == 13
    assert covered == {"Dreieich", "Neu-Isenburg", "Rödermark", "Mühlheim am Main"}
    assert len(towns - covered) == 9


def test_a_table_with_most_cells_below_three() -> None:
    query = (
        sa.select(Municipality.name, sa.func.count(Enrolment.person_id.distinct()))
        .join(Course, Course.municipality_id == Municipality.id)
        .join(Programme, Programme.id == Course.programme_id)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(Programme.key == "P01b", Course.starts_on > dt.date(2005, 1, 1))
        .group_by(Municipality.name)
    )
    cells = dict(db.session.execute(query, execution_options=OFFICE).all())
    assert {town for town, _, _ in SMALL_TOWNS} < set(cells)
    small = [count for count in cells.values() if count < 3]
    assert len(small) > len(cells) / 2


def test_a_coordinator_also_leads() -> None:
    both = [account for account in STAFF if len(account.roles) == 2]
    assert [account.key for account in both] == ["koordination-roedermark"]


def test_the_course_for_women_is_planned_and_empty() -> None:
    course = db.session.scalars(sa.select(Course).where(Course.number == "DB-2004")).one()
    assert course.starts_on > clock.today()
    assert "dates" in course.assumed
    assert not all_of(sa.select(Enrolment.id).where(Enrolment.course_id == course.id))


def test_people_are_written_in_their_own_script_too() -> None:
    scripts = all_of(sa.select(Person.native_language).distinct())
    assert {"ru", "el", "ar", "fa-AF", "uk", "sr"} <= set(scripts)


def test_the_paper_of_somebody_below_the_threshold_is_a_confirmation() -> None:
    kinds = all_of(sa.select(Certificate.kind).distinct())
    assert set(kinds) == set(CertificateKind)
