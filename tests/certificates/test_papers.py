"""Issuing: numbers without doubles or gaps, facts and bytes that never change, accounts that cost the same for everybody."""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError, NoResultFound

import clock
from auth.guard import Viewer
from auth.models import User
from auth.rules import Role
from database import db
from programmes.attendance.models import AttendanceMark
from programmes.catalogue.models import Course, Meeting, Programme
from programmes.catalogue.rules import PaperKind
from programmes.certificates import actions, queries, register
from programmes.certificates.facts import Wishes
from programmes.certificates.models import Certificate, CertificateCounter
from programmes.certificates.rules import CertificateKind, CertificateState, HandOver, Renewal
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import EnrolmentStatus
from tests.certificates.scene import IMPRINT, STRANGER, Scene, build, issued, user
from tests.tools.offices import COUNTING, TRANSACTION

Clock = Callable[[dt.datetime], None]
pytestmark = pytest.mark.usefixtures("app")
NOON = dt.datetime(2026, 11, 22, 11, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def today(set_clock: Clock) -> None:
    set_clock(NOON)


def every_paper() -> list[Certificate]:
    query = sa.select(Certificate).order_by(Certificate.id).execution_options(viewer="test")
    return list(db.session.scalars(query))


def the_enrolment(identifier: int) -> Enrolment:
    return db.session.scalars(
        sa.select(Enrolment).where(Enrolment.id == identifier).execution_options(viewer="test")
    ).one()


def test_everybody_gets_the_paper_they_earned(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(attended=[range(4), range(3), [0]])
        papers = issued(scene, 0, 1, 2)
        assert [paper.kind for paper in papers] == [
            CertificateKind.PARTICIPATION, CertificateKind.PARTICIPATION, CertificateKind.CONFIRMATION,
        ]  # fmt: skip
        assert [paper.number for paper in papers] == ["KO-2026-00001", "KO-2026-00002", "KO-2026-00003"]
        assert papers[2].title == "Teilnahmebestätigung"
        printed, basis = papers[2].facts["paper"], papers[2].facts["basis"]
        assert (printed["attended_minutes"], printed["offered_minutes"]) == (180, 720)
        assert (basis["rule_version"], basis["decided_by"]) == (1, scene.coordinator)
        assert [meeting["counted"] for meeting in basis["meetings"]] == [180, 0, 0, 0]
        assert [meeting["id"] for meeting in basis["meetings"]] == scene.meetings
        assert all(paper.pdf.startswith(b"%PDF") for paper in papers)
        assert all(paper.sha256 == hashlib.sha256(paper.pdf).hexdigest() for paper in papers)


def test_a_historic_paper_carries_its_own_day_and_year(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build()
        for course in db.session.scalars(sa.select(Course)):
            course.starts_on, course.ends_on = dt.date(2003, 10, 13), dt.date(2003, 11, 14)
        for day, meeting in enumerate(db.session.scalars(sa.select(Meeting).order_by(Meeting.id))):
            meeting.date = dt.date(2003, 11, 11 + day)
        for identifier in scene.enrolments:
            the_enrolment(identifier).entry_date = dt.date(2003, 10, 13)
        db.session.flush()
        now = dt.datetime(2003, 11, 20, 9, tzinfo=dt.UTC)
        [paper] = actions.issue(Viewer.office(), scene.enrolments[:1], now, by=scene.coordinator, imprint=IMPRINT)
        assert paper.number == "KO-2003-00001"
        assert paper.facts["paper"]["issued_on"] == "2003-11-20"
        assert issued(scene, 1)[0].number == "KO-2026-00001"


def test_a_late_entry_is_told_truthfully(transaction: TRANSACTION) -> None:
    """Attended of the whole course; the period is her own."""
    with transaction():
        scene = build(people=1, attended=[[2, 3]])
        enrolment = the_enrolment(scene.enrolments[0])
        enrolment.entry_date = enrolment.course.starts_on + dt.timedelta(days=2)
        [paper] = issued(scene, 0)
        printed = paper.facts["paper"]
        assert (printed["attended_minutes"], printed["offered_minutes"]) == (360, 720)
        assert printed["starts_on"] == enrolment.entry_date.isoformat()
        assert [meeting["enrolled"] for meeting in paper.facts["basis"]["meetings"]] == [False, False, True, True]


def test_a_family_is_counted_in_pairs(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build("MKG", people=2, is_family=True, required_share=None, attended=[range(4), range(4)],
                      together=[[0, 1, 2], []])  # fmt: skip
        of = queries.accounts(Viewer.office(), scene.course, clock.today())
        found = {candidate.enrolment.id: candidate for candidate in of.candidates}
        candidates = [found[identifier] for identifier in scene.enrolments]
        assert [candidate.account.meetings_attended for candidate in candidates] == [3, 0]
        assert [candidate.decision.is_ready for candidate in candidates] == [True, False]
        [paper] = issued(scene, 0)
        assert (paper.facts["paper"]["count_by"], paper.facts["paper"]["child_names"]) == ("meetings", [])


def test_wishes_decide_what_else_is_printed(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build("MKG", people=1, is_family=True, required_share=None)
        person = the_enrolment(scene.enrolments[0]).person
        person.birth_date, person.birth_name, person.native_name = dt.date(1988, 3, 12), "Demir", "عائشة"
        wishes = Wishes(birth_date=True, birth_name=True, children=True)
        [paper] = actions.issue(
            Viewer.office(), scene.enrolments, clock.now(), by=scene.coordinator, imprint=IMPRINT, wishes=wishes
        )
        printed = paper.facts["paper"]
        assert (printed["birth_date"], printed["birth_name"]) == ("1988-03-12", "Demir")
        assert (printed["native_name"], printed["child_names"]) == ("عائشة", ["Ilyas"])


def test_a_letter_that_no_font_draws_stops_the_paper_with_a_reason(transaction: TRANSACTION) -> None:
    with transaction() as session:
        scene = build(people=2)
        the_enrolment(scene.enrolments[0]).person.family_name = "Y\U00012000lmaz"  # cuneiform
        with pytest.raises(actions.Refused, match="die keine Schrift zeichnet: \U00012000"):
            issued(scene, 0, 1)
        assert every_paper() == []
        assert session.scalar(sa.select(sa.func.count()).select_from(CertificateCounter)) == 0


def test_a_native_name_that_no_font_draws_is_left_out(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(people=1)
        the_enrolment(scene.enrolments[0]).person.native_name = "\U00012000"
        assert issued(scene, 0)[0].facts["paper"]["native_name"] is None


def test_a_refusal_in_a_batch_leaves_no_gap(app: Flask, transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(people=3, attended=[range(4), [], range(4)])
    with app.app_context():
        with pytest.raises(actions.Refused, match="Kein Termin wurde besucht"):
            issued(scene, 0, 1, 2)
        db.session.rollback()
        issued(scene, 0)
        db.session.rollback()  # the server broke down before the answer
    with transaction():
        assert [paper.number for paper in issued(scene, 2, 0)] == ["KO-2026-00001", "KO-2026-00002"]


def test_nobody_gets_two_papers_and_strangers_get_none(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(people=1)
        issued(scene, 0)
        with pytest.raises(actions.Refused, match="schon ausgestellt"):
            issued(scene, 0)
        stranger = Viewer(user(STRANGER).id, frozenset({Role.COORDINATOR}), clock.today())
        for identifier in (*scene.enrolments, 2**31 - 1):
            with pytest.raises(NoResultFound):
                actions.issue(stranger, [identifier], clock.now(), by=stranger.id, imprint=IMPRINT)


def test_who_only_waits_gets_a_reason(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(people=1)
        the_enrolment(scene.enrolments[0]).status = EnrolmentStatus.WAITING
        with pytest.raises(actions.Refused, match="keinen Platz"):
            issued(scene, 0)


def test_parallel_issuing_doubles_no_number(app: Flask, transaction: TRANSACTION) -> None:
    with transaction():
        scenes = [build(f"P{number}", people=3) for number in range(4)]
    start, errors = threading.Barrier(len(scenes)), []

    def work(scene: Scene) -> None:
        with app.app_context():
            start.wait()
            try:
                for position in range(3):
                    issued(scene, position)
                    db.session.commit()
            except Exception as error:  # noqa: BLE001 - whatever it was, the test must tell
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(scene,)) for scene in scenes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with transaction():
        assert sorted(paper.number for paper in every_paper()) == [f"KO-2026-{n:05}" for n in range(1, 13)]


def test_two_at_once_issue_one_paper(app: Flask, transaction: TRANSACTION) -> None:
    """A second press of the button in the same moment meets the unique index, and leaves no gap."""
    with transaction():
        scene = build(people=2)
    start, refused = threading.Barrier(2), []

    def work() -> None:
        with app.app_context():
            start.wait()
            try:
                issued(scene, 0)
                db.session.commit()
            except (actions.Refused, IntegrityError) as error:
                refused.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with transaction():
        issued(scene, 1)
        assert [paper.number for paper in every_paper()] == ["KO-2026-00001", "KO-2026-00002"]


FROZEN = {
    "number": "KO-2026-99999", "code": "0" * 26, "printed_name": "Jemand", "facts": {}, "pdf": b"", "sha256": "0",
    "issued_at": NOON, "title": "Zeugnis", "kind": CertificateKind.QUALIFICATION,
}  # fmt: skip


@pytest.mark.parametrize("name", FROZEN)
def test_an_issued_paper_refuses_to_change(app: Flask, transaction: TRANSACTION, name: str) -> None:
    with transaction():
        issued(build(people=1), 0)
    with app.app_context():
        [paper] = every_paper()
        setattr(paper, name, FROZEN[name] if name != "issued_at" else NOON + dt.timedelta(days=1))
        with pytest.raises(PermissionError, match="never changes"):
            db.session.flush()
        db.session.rollback()


def test_an_issued_paper_refuses_to_go(app: Flask, transaction: TRANSACTION) -> None:
    with transaction():
        issued(build(people=1), 0)
    with app.app_context():
        db.session.delete(every_paper()[0])
        with pytest.raises(PermissionError, match="never deleted"):
            db.session.flush()
        db.session.rollback()


def test_bytes_stay_when_everything_around_them_is_renamed(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(people=1)
        [paper] = issued(scene, 0)
        before, facts = paper.pdf, paper.facts
    with transaction():
        person = the_enrolment(scene.enrolments[0]).person
        person.given_name, person.family_name = "Ganz", "Anders"
        for programme in db.session.scalars(sa.select(Programme)):
            programme.title = programme.short_title = programme.paper_title = "Umbenannt"
            programme.rule_version, programme.required_share = 2, 100
        for course in db.session.scalars(sa.select(Course)):
            course.title = "Umbenannt"
        for leader in db.session.scalars(sa.select(User)):
            leader.name = "Umbenannt"
        db.session.execute(
            sa.update(AttendanceMark).values(minutes=0).execution_options(viewer="test", synchronize_session=False)
        )
    with transaction():
        [paper] = every_paper()
        assert paper.pdf == before
        assert paper.facts == facts
        assert paper.sha256 == hashlib.sha256(before).hexdigest()
        assert paper.printed_name == "Ayşe Yılmaz"


def test_a_new_name_makes_a_new_paper_that_refers_to_the_old(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(people=1)
        [old] = issued(scene, 0)
        person = old.enrolment.person
        person.family_name, person.birth_name = "Weber", "Yılmaz"
        for course in db.session.scalars(sa.select(Course)):
            course.title = "Umbenannt"
        new = actions.replace(Viewer.office(), old, "Heirat", clock.now(), by=scene.coordinator, imprint=IMPRINT)
        assert (old.state, old.state_reason, old.state_by_id) == (
            CertificateState.REPLACED,
            "Heirat",
            scene.coordinator,
        )
        assert (new.number, new.replaces_id, new.printed_name) == ("KO-2026-00002", old.id, "Ayşe Weber")
        assert new.code != old.code
        printed = new.facts["paper"]
        assert (printed["replaces_number"], printed["course_title"]) == (old.number, "Kurs RA")
        assert printed["attended_minutes"] == old.facts["paper"]["attended_minutes"]
        assert new.facts["basis"]["replacement"]["why"] == "Heirat"
        with pytest.raises(actions.Refused, match="ersetzt"):
            actions.replace(Viewer.office(), old, "noch einmal", clock.now(), by=scene.coordinator, imprint=IMPRINT)


def test_an_error_is_replaced_by_what_is_true_now(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(people=1)
        [old] = issued(scene, 0)
        gone = sa.delete(AttendanceMark).where(AttendanceMark.meeting_id.in_(scene.meetings[1:]))
        db.session.execute(gone.execution_options(viewer="test", synchronize_session=False))
        new = actions.replace(
            Viewer.office(), old, "Falsche Termine", clock.now(), by=scene.coordinator, imprint=IMPRINT,
            renewal=Renewal.WHOLE,
        )  # fmt: skip
        assert new.kind is CertificateKind.CONFIRMATION
        assert new.facts["paper"]["attended_minutes"] == 180


def test_after_revoking_a_new_paper_can_be_issued(transaction: TRANSACTION) -> None:
    with transaction():
        scene = build(people=1)
        [paper] = issued(scene, 0)
        actions.revoke(paper, "Verwechslung", clock.now(), by=scene.coordinator)
        with pytest.raises(actions.Refused, match="gültiges Papier"):
            actions.hand_over([paper], clock.today(), HandOver.POST, by=scene.coordinator, today=clock.today())
        assert issued(scene, 0)[0].number == "KO-2026-00002"


def test_ready_to_issue_agrees_with_the_decisions(transaction: TRANSACTION) -> None:
    with transaction():
        scenes = [
            build("A", people=4, attended=[range(4), [1], [], range(4)]),
            build("B", people=2, open_ones=[1]),
            build("C", people=2, ends_in=3, open_ones=[3]),
            build("D", people=2, paper=PaperKind.NONE),
            build("E", people=3, is_family=True, required_share=None, together=[[0], [], range(4)]),
            build("F", people=2, cancelled=[0, 1], attended=[[0, 1], [2]]),
            build("G", people=1, ends_in=0),
            build("H", people=1, modules=[True, False], paper=PaperKind.QUALIFICATION),
            build("I", people=1, ends_in=5),
        ]
        issued(scenes[0], 0)
        viewer = Viewer.office()
        found = {line.course.id: line.papers for line in queries.ready_to_issue(viewer)}
        decided = {
            scene.course: sum(
                candidate.decision.is_ready
                for candidate in queries.accounts(viewer, scene.course, viewer.today).candidates
            )
            for scene in scenes
        }
        assert found == {course: papers for course, papers in decided.items() if papers}
        assert [found.get(scene.course, 0) for scene in scenes] == [2, 0, 0, 0, 2, 1, 1, 1, 0]
        stranger = Viewer(user(STRANGER).id, frozenset({Role.COORDINATOR}), clock.today())
        assert queries.ready_to_issue(stranger) == []
        assert register.certificate_page(stranger, "", None, 1).total == 0


def test_accounts_cost_the_same_for_two_and_for_forty(transaction: TRANSACTION, counting: COUNTING) -> None:
    with transaction():
        few, many = build("A", people=2, modules=[True]), build("B", people=40, modules=[True])
        user_id = few.coordinator
    counted = []
    for scene in (few, many):
        with transaction(), counting() as statements:
            viewer = Viewer(user_id, frozenset({Role.COORDINATOR}), clock.today())
            of = queries.accounts(viewer, scene.course, clock.today())
            assert all(candidate.enrolment.person.name for candidate in of.candidates)
        counted.append(len(statements))
    assert counted == [13, 13]
