"""The demo office as a whole, on ordinary and on awkward days."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
import demo
from auth.guard import Viewer
from auth.models import User
from auth.queries import roles_of
from auth.rules import Role
from database import Base, db
from demo import building, edge_cases
from demo.accounts import STAFF, address
from demo.bulk import ROLL_CALL, build_bulk
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.register import reconcile
from programmes.attendance.rules import Entry, Finding, Mark, Slot, minutes_attended
from programmes.catalogue.models import Course, Meeting, Programme
from programmes.catalogue.queries import visible_meetings
from programmes.catalogue.report import load_catalogue
from programmes.catalogue.rules import PACKS, MeetingStatus, RulePack
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import CAME, HAS_PLACE, EnrolmentStatus, on_day
from programmes.participants.models import Person
from programmes.participants.rules import age_in_months

ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"])
OFFICE = {"viewer": "test"}
AWKWARD_DAYS = [
    None,  # today, from another seed
    dt.date(2026, 3, 29),  # a Sunday, and the clocks go forward
    dt.date(2028, 1, 1),  # a Saturday, and a holiday
    dt.date(2028, 2, 29),
]
LEADERS = [account for account in STAFF if Role.LEADER in account.roles]
RANDOM = {  # codes and secrets stay unguessable, papers carry their code, and a seal is another every time
    "certificate": {"code", "facts", "pdf", "sha256", "public"},
    "personal_link": {"secret_hash", "pin_hash"},
    "programme_version": {"version_id"},  # the catalogue stays, and its versions are counted on
}


@contextmanager
def office_of(app: Flask, today: dt.date, *, seed: int) -> Iterator[building.Office]:
    with app.app_context():
        load_catalogue()
        yield demo.build(seed, today, papers=False)
        db.session.remove()


def rows() -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if column.name not in RANDOM.get(table.name, ())]
            key = [column for column in table.primary_key if column in columns] or columns
            found[table.name] = [tuple(row) for row in connection.execute(sa.select(*columns).order_by(*key))]
    return found


@ON_SQLITE
def test_built_anew_from_the_same_seed_on_the_same_day_it_has_the_same_rows(
    demo_app: Flask, database_kind: str
) -> None:
    """The first start built its office in another process, so nothing may hang on its hashing."""
    with demo_app.app_context():
        first = rows()
    anew = demo_app.test_cli_runner().invoke(args=["demo", "--seed", "2004", "--replace"])
    assert anew.exit_code == 0, anew.output
    assert "(seed 2004)" in anew.output
    assert address("verwaltung") in anew.output
    with demo_app.app_context():
        second = rows()
        assert first.keys() == second.keys()
        for table, content in first.items():
            assert content == second[table], table


@ON_SQLITE
@pytest.mark.parametrize("day", AWKWARD_DAYS, ids=str)
def test_every_day_is_a_good_day_for_the_demo(
    app: Flask, demo_app: Flask, database_kind: str, day: dt.date | None
) -> None:
    today = day or clock.today()
    with demo_app.app_context():
        people = rows()["person"]
    with office_of(app, today, seed=building.SEED if day else 7):
        assert day or rows()["person"] != people
        every_leader_has_an_open_meeting(today)
        nothing_is_recorded_outside_of_anybodys_days()
        closed_roll_calls_are_complete()
        marks_add_up()
        children_are_of_the_groups_age()
        nothing_has_happened_after(today)
        places_are_kept()
        meetings_lie_in_their_courses()
        running_courses_are_of_a_believable_size(today)
        sheets_are_in_order_but_for_a_few(today)


def sheets_are_in_order_but_for_a_few(today: dt.date) -> None:
    office = Viewer(0, frozenset(Role), today, is_office=True)
    courses = sa.select(Course).where(Course.programme.has(Programme.rule_pack != RulePack.HEAD_COUNT))
    found = [one.finding for course in db.session.scalars(courses) for one in reconcile(office, course)]
    assert (found.count(Finding.DIFFERENCE), found.count(Finding.OUTDATED)) == (1, 1)
    assert 2 <= found.count(Finding.MISSING) <= 25
    assert found.count(Finding.RIGHT) > 100


def every_leader_has_an_open_meeting(today: dt.date) -> None:
    for account in LEADERS:
        user_id = db.session.scalars(sa.select(User.id).where(User.email == address(account.key))).one()
        viewer = Viewer(user_id, roles_of(user_id), today)
        leads = visible_meetings(Viewer(user_id, frozenset({Role.LEADER}), today))
        meetings = db.session.scalars(leads.where(Meeting.date == today)).all()
        assert meetings, f"{account.key} has nothing to do on {today:%A, %d %B %Y}"
        assert all(meeting.status is MeetingStatus.PLANNED and meeting.closed_at is None for meeting in meetings)
        assert viewer.leads


def marked() -> Any:
    return db.session.execute(
        sa.select(AttendanceMark, Meeting, Enrolment)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id)
        .join(Enrolment, Enrolment.id == AttendanceMark.enrolment_id),
        execution_options=OFFICE,
    ).all()


def nothing_is_recorded_outside_of_anybodys_days() -> None:
    for mark, meeting, enrolment in marked():
        assert on_day(enrolment.entry_date, enrolment.exit_date, meeting.date), (mark.id, meeting.date)
        assert enrolment.course_id == meeting.course_id
        assert meeting.status is not MeetingStatus.CANCELLED


def closed_roll_calls_are_complete() -> None:
    recorded = {(mark.meeting_id, mark.enrolment_id, mark.child_id) for mark, _, _ in marked()}
    children = defaultdict(list)
    for child in db.session.scalars(sa.select(EnrolmentChild), execution_options=OFFICE):
        children[child.enrolment_id].append(child.id)
    lines = defaultdict(list)
    for enrolment in db.session.scalars(
        sa.select(Enrolment).where(Enrolment.status.in_(CAME | {EnrolmentStatus.NO_SHOW})), execution_options=OFFICE
    ):
        lines[enrolment.course_id].append(enrolment)
    left_open = 0
    for meeting in db.session.scalars(sa.select(Meeting).options(sa.orm.joinedload(Meeting.course))):
        if meeting.closed_at is None:
            left_open += meeting.status is MeetingStatus.PLANNED
            continue
        assert meeting.status is MeetingStatus.HELD
        assert meeting.first_closed_at is not None
        for enrolment in lines[meeting.course_id]:
            if on_day(enrolment.entry_date, enrolment.exit_date, meeting.date):
                for child_id in (None, *children[enrolment.id]):
                    assert (meeting.id, enrolment.id, child_id) in recorded, (meeting.course.number, meeting.date)
    assert left_open


def marks_add_up() -> None:
    events = {event.id: event for event in db.session.scalars(sa.select(MarkEvent), execution_options=OFFICE)}
    late_after = sa.select(Course.id, Programme.late_after_minutes).join(Programme, Programme.id == Course.programme_id)
    tolerance = dict(db.session.execute(late_after).all())
    for mark, meeting, _ in marked():
        event = events[mark.event_id]
        assert (event.mark, event.arrived_at, event.left_at, event.absence_reason) == (
            mark.mark, mark.arrived_at, mark.left_at, mark.absence_reason,
        )  # fmt: skip
        entry = Entry(mark.mark, mark.arrived_at, mark.left_at, mark.absence_reason)
        slot = Slot(meeting.date, meeting.starts_at, meeting.ends_at, meeting.minutes, meeting.zone)
        assert mark.minutes == minutes_attended(entry, slot, tolerance[meeting.course_id])
        assert mark.mark is not Mark.NOT_RECORDED


def children_are_of_the_groups_age() -> None:
    grows_out = edge_cases.TURNS_36.name
    adult, child = sa.orm.aliased(Person), sa.orm.aliased(Person)
    ages = db.session.execute(
        sa.select(adult.given_name, adult.family_name, child.birth_date, Meeting.date)
        .select_from(AttendanceMark)
        .join(EnrolmentChild, EnrolmentChild.id == AttendanceMark.child_id)
        .join(child, child.id == EnrolmentChild.person_id)
        .join(Enrolment, Enrolment.id == EnrolmentChild.enrolment_id)
        .join(adult, adult.id == Enrolment.person_id)
        .join(Meeting, Meeting.id == AttendanceMark.meeting_id),
        execution_options=OFFICE,
    ).all()
    assert ages
    for given, family, born, day in ages:
        assert born is not None
        months = age_in_months(born, day)
        assert 18 <= months < 36 or f"{given} {family}" == grows_out, (given, family, months)


def nothing_has_happened_after(today: dt.date) -> None:
    for _, meeting, _ in marked():
        assert meeting.date < today
    midnight = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), dt.UTC)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name in {
                "at",
                "applied_at",
                "received_at",
                "entered_at",
                "closed_at",
                "created_at",
                "printed_at",
            }:
                latest = db.session.scalar(sa.select(sa.func.max(column)), execution_options=OFFICE)
                assert latest is None or latest < midnight, (column, latest)


def places_are_kept() -> None:
    taken = dict(
        db.session.execute(
            sa.select(Enrolment.course_id, sa.func.count())
            .where(Enrolment.status.in_(HAS_PLACE))
            .group_by(Enrolment.course_id),
            execution_options=OFFICE,
        ).all()
    )
    for course in db.session.scalars(sa.select(Course)):
        assert taken.get(course.id, 0) <= course.places, course.number


def meetings_lie_in_their_courses() -> None:
    for meeting in db.session.scalars(sa.select(Meeting).options(sa.orm.joinedload(Meeting.course))):
        assert meeting.course.starts_on <= meeting.date <= meeting.course.ends_on
        assert 0 < meeting.minutes <= 12 * 60


def running_courses_are_of_a_believable_size(today: dt.date) -> None:
    rows = db.session.execute(
        sa.select(Course.number, sa.func.count())
        .join(Enrolment, Enrolment.course_id == Course.id)
        .where(Course.starts_on <= today, Course.ends_on >= today, Enrolment.status.in_(HAS_PLACE))
        .group_by(Course.number),
        execution_options=OFFICE,
    ).all()
    assert len(rows) >= 6
    assert all(8 <= count <= 16 for _, count in rows), rows


@ON_SQLITE
def test_the_big_office_of_the_benchmarks(app: Flask, database_kind: str) -> None:
    today = dt.date(2026, 11, 18)
    with app.app_context():
        load_catalogue()
        build_bulk(1, today, courses=8, enrolments=200)
        sizes = db.session.execute(
            sa.select(Course.number, sa.func.count())
            .join(Enrolment, Enrolment.course_id == Course.id)
            .group_by(Course.number)
            .order_by(Course.number),
            execution_options=OFFICE,
        ).all()
        assert len(sizes) == 8
        assert sizes[0][1] == ROLL_CALL
        assert sum(count for _, count in sizes) == 200
        closed_roll_calls_are_complete()
        nothing_has_happened_after(today)
        db.session.remove()


def test_every_pack_is_seen_and_offers_what_was_said(demo_app: Flask) -> None:
    with demo_app.app_context():
        seen = set(db.session.scalars(sa.select(Programme.rule_pack).join(Course).distinct()))
        assert seen == set(PACKS.values())
        said = db.session.execute(
            sa.select(Programme.rule_pack, AttendanceMark.mark)
            .join(Course, Course.programme_id == Programme.id)
            .join(Meeting, Meeting.course_id == Course.id)
            .join(AttendanceMark, AttendanceMark.meeting_id == Meeting.id)
            .distinct(),
            execution_options=OFFICE,
        ).all()
        assert not [(pack.key, mark) for pack, mark in said if mark not in pack.marks]
        db.session.remove()


def test_nobody_is_marked_at_an_event_that_counts_heads(demo_app: Flask) -> None:
    with demo_app.app_context():
        events = sa.select(Course.id).where(Course.programme.has(rule_pack=RulePack.HEAD_COUNT))
        people = db.session.scalar(
            sa.select(sa.func.count()).select_from(Enrolment).where(Enrolment.course_id.in_(events)),
            execution_options=OFFICE,
        )
        heads = db.session.scalars(sa.select(Meeting.visitors).where(Meeting.course_id.in_(events))).all()
        assert people == 0
        assert len(heads) == 63 + 3 + 1 + 1
        assert all(heads)
        week = sa.select(Meeting).join(Course).where(Course.number == "IKW-2003")
        assert all(set(one.heads or ()) == {"adults", "youths", "children"} for one in db.session.scalars(week))
        db.session.remove()
