"""A question about a past day is answered as it was then; what is given away of a period never changes again."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from auth.guard import Viewer
from auth.models import User
from programmes.attendance.models import AttendanceMark
from programmes.attendance.rules import Mark
from programmes.catalogue.models import (
    Course,
    CourseLeader,
    CourseTrait,
    FundingProfile,
    LeaderLanguage,
    Meeting,
    Municipality,
)
from programmes.catalogue.rules import CourseFeature
from programmes.enrolment.models import Enrolment
from programmes.participants.models import Person
from programmes.participants.rules import Sex
from programmes.statistics import queries
from programmes.statistics.models import KEPT, VERSIONS
from programmes.statistics.rules import Dimension, Question
from tests.statistics.test_figures import (
    CLOCK,
    NOW,
    PASSWORD,
    PERIOD,
    SETTLED,
    Counted,
    counted,
    known_since,
    moved_on,
)
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

__all__ = ["counted", "moved_on"]
SPRING = dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC)
YEAR = Question(dt.date(2026, 1, 1), dt.date(2026, 12, 31), Dimension.COURSE)


def csv(client: Client, query: str) -> bytes:
    answer = client.fetch(f"/statistics/export.csv?{PERIOD}&{query}")
    assert answer.status_code == 200
    return answer.data


def a_person(session: sa.orm.scoped_session[sa.orm.Session], name: str) -> Person:
    query = sa.select(Person).where(Person.given_name == name).execution_options(viewer="test")
    return session.scalars(query).one()


def lead(session: sa.orm.scoped_session[sa.orm.Session], course: Course, language: str) -> None:
    """Somebody leads the course who speaks this language."""
    user_id = session.scalars(sa.select(User.id).where(User.email == "le@o.example")).one()
    session.add_all([
        CourseLeader(course_id=course.id, user_id=user_id), LeaderLanguage(user_id=user_id, language=language)
    ])  # fmt: skip


def support(session: sa.orm.scoped_session[sa.orm.Session]) -> int:
    """RA-1 has volunteers, a leader who speaks Dari, and somebody who pays, whose number this is."""
    course = session.scalars(sa.select(Course).where(Course.number == "RA-1")).one()
    profile = FundingProfile(name="Stiftung", line="gefördert")
    session.add_all([profile, CourseTrait(course_id=course.id, feature=CourseFeature.VOLUNTEERS)])
    lead(session, course, "Dari")
    session.flush()
    course.programme.funding_profile_id = profile.id
    session.flush()
    known_since(session, NOW)
    return profile.id


def correct_everything(session: sa.orm.scoped_session[sa.orm.Session]) -> None:
    """One correction of each kind: a mark, a day, a place, what somebody is, a mark that nobody made; a course of another town
    that works in another way, for which nobody pays, and whose leader does not speak that language after all."""
    course = session.scalars(sa.select(Course).where(Course.number == "RA-1")).one()
    course.programme.funding_profile_id = None
    session.execute(sa.delete(CourseTrait))
    session.add(CourseTrait(course_id=course.id, feature=CourseFeature.MATERIALS))
    session.execute(sa.delete(LeaderLanguage))
    session.execute(sa.delete(CourseLeader))
    lead(session, course, "Farsi")
    course.municipality_id = session.scalars(sa.select(Municipality.id).where(Municipality.name == "Dreieich")).one()
    meeting = session.scalars(sa.select(Meeting).where(Meeting.course_id == course.id).order_by(Meeting.date)).first()
    assert meeting is not None
    meeting.ends_at = dt.time(11)
    person = a_person(session, "Bert")
    person.sex = Sex.MALE
    for place in session.scalars(
        sa.select(Enrolment).where(Enrolment.person_id == person.id).execution_options(viewer="test")
    ):
        place.exit_date = dt.date(2026, 1, 31)
    mark = session.scalars(
        sa.select(AttendanceMark).where(AttendanceMark.mark == Mark.PRESENT).order_by(AttendanceMark.id)
        .execution_options(viewer="test")
    ).first()  # fmt: skip
    assert mark is not None
    mark.mark, mark.minutes = Mark.ABSENT_UNEXCUSED, 0
    of_child = session.scalars(
        sa.select(AttendanceMark).where(AttendanceMark.child_id.is_not(None)).order_by(AttendanceMark.id)
        .execution_options(viewer="test")
    ).first()  # fmt: skip
    session.delete(of_child)
    session.flush()


@pytest.mark.usefixtures("counted")
def test_the_same_question_about_a_past_day_has_the_same_answer_after_corrections(
    client: Client, transaction: TRANSACTION, set_clock: CLOCK
) -> None:
    set_clock(SPRING)
    client.sign_in("ra@o.example", PASSWORD)
    with transaction() as session:
        narrowed = f"course&funder={support(session)}", "course&feature=volunteers", "course&leader_language=Dari"
    everything = "course&then=month", "municipality", "sex", "age_class", *narrowed
    questions = [f"by={by}&as_of=2026-03-31" for by in everything]
    before, now = [csv(client, question) for question in questions], csv(client, "by=municipality")
    assert b";2026-03-31;" in before[0]
    assert all(b"RA-1" in narrow and b"MK-1" not in narrow for narrow in before[-3:])
    assert before[1] == now.replace(b"2026-04-10", b"2026-03-31")
    with transaction() as session:
        correct_everything(session)
    assert [csv(client, question) for question in questions] == before
    assert csv(client, "by=municipality") != now
    earlier = csv(client, "by=course&as_of=2026-03-19").decode("utf-8-sig")  # the day before anything was entered
    assert [line.split(";")[0] for line in earlier.splitlines()] == ["course", "total"]


@pytest.mark.usefixtures("counted")
def test_only_days_that_are_over_can_be_asked_about(client: Client, set_clock: CLOCK) -> None:
    set_clock(SPRING)
    client.sign_in("ra@o.example", PASSWORD)
    for day in ("2026-04-10", "2026-12-31"):
        page = client.open(f"/statistics?{PERIOD}&by=course&as_of={day}", status=422)
        assert "ein Tag, der vorbei ist" in page.errors["Stichtag"]
    assert "Stand: 09.04.2026" in client.open(f"/statistics?{PERIOD}&by=course&as_of=2026-04-09")


def test_what_is_kept_cannot_disagree_with_what_is_counted(
    client: Client, moved_on: None, transaction: TRANSACTION
) -> None:
    """Everything known by now is what holds now, in every table: figures of a past day rest on the same rules."""
    with transaction() as session:
        correct_everything(session)
    later = dt.date(2099, 12, 31)  # when all of it is known, whatever the clock of the machine says
    with transaction():
        viewer = replace(Viewer.office(), today=later)
        pairs = [*((by, None) for by in Dimension), (Dimension.COURSE, Dimension.MONTH)]
        for by, then in pairs:
            question = replace(YEAR, by=by, then=then)
            now = queries.table(viewer, question, disclose=False)
            assert queries.table(viewer, replace(question, known_on=later), disclose=False) == now, (by, then)


def test_every_column_that_is_kept_is_watched(client: Client, moved_on: None, transaction: TRANSACTION) -> None:
    """The newest version of every row is the row: a column that is counted but not watched would show here."""
    with transaction() as session:
        correct_everything(session)
    with transaction() as session:
        for entity, versions in VERSIONS.items():
            names = ("id", *KEPT[entity])
            rows = session.execute(
                sa.select(*(entity.__table__.c[name] for name in names)).order_by(entity.__table__.c.id)
                .execution_options(viewer="test")
            ).all()  # fmt: skip
            kept = session.execute(
                sa.select(*(versions.c[name] for name in names)).where(versions.c.until.is_(None)).order_by(versions.c.id)
                .execution_options(viewer="test")
            ).all()  # fmt: skip
            assert rows, entity
            assert [tuple(row) for row in rows] == [tuple(row) for row in kept], entity


def published(client: Client) -> dict[str, bytes]:
    """What there is to give away of the year: a table of each dimension, and of some two together."""
    pairs = [*((by, None) for by in Dimension), (Dimension.COURSE, Dimension.SEX), (Dimension.COURSE, Dimension.MONTH)]
    shown = {}
    for by, then in [*pairs, (Dimension.PROGRAMME, Dimension.CITIZENSHIP)]:
        shown[f"{by} {then}"] = csv(client, f"by={by}&then={then or ''}")
    return shown


def test_one_person_more_changes_no_table_that_was_given_away(
    client: Client, moved_on: None, transaction: TRANSACTION, set_clock: CLOCK
) -> None:
    """Nor do six: what is entered after the reference day belongs to no table of that period any more."""
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    before = published(client)
    assert len(before) > len(Dimension)
    with transaction() as session:
        build = Counted(session, session.scalars(sa.select(User.id).where(User.email == "le@o.example")).one())
        course = session.scalars(sa.select(Course).where(Course.number == "RA-1")).one()
        meeting = session.scalars(
            sa.select(Meeting).where(Meeting.course_id == course.id).order_by(Meeting.date)
        ).first()
        assert meeting is not None
        for number in range(6):
            person = build.person(f"Spät{number}")
            person.sex, person.citizenships, person.languages = Sex.DIVERSE, ["Mexiko"], ["Spanisch"]
            build.mark(meeting, build.enrol(course, person), Mark.PRESENT, 90)
        for versions in VERSIONS.values():
            late = sa.update(versions).where(versions.c.since > NOW).values(since=SETTLED)
            session.execute(late, execution_options={"viewer": "test"})
    assert published(client) == before


@pytest.mark.usefixtures("counted")
def test_nothing_is_given_away_before_its_reference_day(client: Client, set_clock: CLOCK) -> None:
    set_clock(dt.datetime(2027, 1, 28, 22, 59, tzinfo=dt.UTC))  # one minute before the day is over in the county
    client.sign_in("eva@o.example", PASSWORD)
    page = client.open(f"/statistics?{PERIOD}&by=course", status=422)
    assert "nach seinem Stichtag, dem 28.01.2027" in page.errors["Bis"]
    assert client.fetch(f"/statistics/export.csv?{PERIOD}&by=course").status_code == 422
    assert "01.01.2025 – 31.12.2025" in client.open("/statistics")  # what there is instead
    set_clock(dt.datetime(2027, 1, 28, 23, 0, tzinfo=dt.UTC))
    client.open(f"/statistics?{PERIOD}&by=course")
    page = client.open(f"/statistics?{PERIOD}&by=course&as_of=2027-01-27", status=422)
    assert "immer der Stichtag 28.01.2027" in page.errors["Stichtag"]
