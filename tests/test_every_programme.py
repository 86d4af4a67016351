"""Each of the report's programmes of kind core, course, event and recommended runs from its start to its paper, by settings alone.

Through the actions of every capability, as an office would go; nothing here knows one programme from another.
"""

import datetime as dt

import pytest
import sqlalchemy as sa

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
from tests.certificates.scene import IMPRINT
from tests.tools.offices import TRANSACTION

OFFICE = Viewer.office()
A_DAY = dt.timedelta(days=1)
RUN = (ProgrammeKind.CORE, ProgrammeKind.COURSE, ProgrammeKind.EVENT, ProgrammeKind.RECOMMENDED)


def open_course(programme: Programme, leader: int, today: dt.date) -> Course:
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
            course = open_course(programme, leader, clock.today())
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
