"""Somebody who left is nobody from then on; what they did stays readable, and a restored backup does not bring them back."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import backup
import clock
import jobs
from auth.actions import add_device, add_token, add_user, begin_session, invite, know_browser
from auth.factor.actions import keep_app, new_codes
from auth.factor.models import Passkey
from auth.guard import Viewer
from auth.models import AccessToken, Invitation, LoginSession, RoleGrant, User
from auth.queries import user_of_session
from auth.rules import Role, Scope, TokenLife
from clock import BERLIN
from database import db
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.catalogue.models import Coordination, Course, CourseLeader
from programmes.rights import leaving, ledger, queries, retention
from programmes.rights.rules import REGISTER, Disposal, account_obstacles
from programmes.rights.scrub import scrub
from programmes.statistics.models import SavedReport
from tests.enrolment.scene import PASSWORD, Scene, build
from tests.rights.test_erasing import found_in_the_database
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

BOSS, WORD = "anna@buero.example", "Rotkehlchen"
OFFICE = {"viewer": "test"}


@pytest.fixture
def scene(transaction: TRANSACTION, app: Flask) -> Scene:
    """Everything that can be an account's own is Lena's; she and Cora lead and coordinate."""
    (Path(app.instance_path) / ledger.NAME).unlink(missing_ok=True)
    now = clock.now()
    with transaction() as session:
        scene = build(session)
        add_user(BOSS, "Anna", [Role.ADMINISTRATOR], now, password=PASSWORD)
        lena = session.get_one(User, scene.users["lena"])
        lena.name, lena.email, lena.qualification = f"Lena {WORD}", f"{WORD.lower()}@buero.example", WORD
        add_device(lena.id, WORD, now)
        add_token(lena.id, WORD, Scope.STATISTICS, next(iter(TokenLife)), now)
        invite(lena, now)
        keep_app(lena.id, "GEHEIM", 1, now)
        new_codes(lena.id)
        session.add(
            Passkey(user_id=lena.id, credential="YQ", public_key="k", uses=1, name=WORD, added_at=now, used_at=now)
        )
        session.add(SavedReport(owner_id=lena.id, name=WORD, arguments={}, saved_at=now))
        session.add(
            Coordination(user_id=lena.id, programme_id=session.get_one(Course, scene.courses["A"]).programme_id)
        )
        return scene


def signed_in(new_client: NEW_CLIENT, email: str) -> Client:
    client = new_client()
    client.sign_in(email, PASSWORD)
    return client


@pytest.mark.parametrize(
    ("against", "count"),
    [({}, 0), ({"is_own": True}, 1), ({"is_last": True}, 1), ({"courses": ["A-1", "A-2"], "is_own": True}, 3)],
)
def test_what_stands_against_it(against: dict[str, object], count: int) -> None:
    told = {"is_own": False, "is_last": False, "courses": []} | against
    assert len(account_obstacles(**told)) == count  # type: ignore[arg-type]


def test_who_left_is_nobody_and_what_they_did_stays(
    app: Flask, new_client: NEW_CLIENT, scene: Scene, transaction: TRANSACTION
) -> None:
    lena_id = scene.users["lena"]
    anna = signed_in(new_client, BOSS)
    meeting = f"/courses/{scene.courses['A']}"
    with transaction() as session:
        browser, _ = know_browser(lena_id, None, "", clock.now())
        token = begin_session(session.get_one(User, lena_id), browser, clock.now(), by_two_factors=True)
        before = session.scalar(sa.select(sa.func.count()).select_from(CourseLeader))
    anna.open(f"/users/{lena_id}/erase")
    assert "Die Person leitet noch den Kurs A-1" in anna.page.main
    assert anna.post(f"/users/{lena_id}/erase").status_code == 422
    own = anna.open(f"/users/{1 + max(scene.users.values())}/erase").main
    assert "Ihr eigenes Konto löscht jemand anders" in own
    assert "Das letzte Verwaltungskonto muss bleiben" in own
    with transaction() as session:
        session.get_one(Course, scene.courses["A"]).ends_on = scene.today - dt.timedelta(days=1)
    anna.open(f"/users/{lena_id}")
    anna.open(f"/users/{lena_id}/erase")
    page = anna.submit(button="Konto endgültig löschen")
    assert WORD not in page.main
    jobs.work_off(app)
    for address in (f"/users/{lena_id}", f"/users/{lena_id}/erase"):
        assert anna.fetch(address).status_code == 404
    assert f"ehemals beschäftigt (Konto {lena_id})" in signed_in(new_client, "cora@buero.example").open(meeting).main
    with transaction() as session:
        assert user_of_session(token, clock.now()) is None, "she is out on the next click"
        for table in (AccessToken, Invitation, LoginSession, RoleGrant, Coordination):
            rows = session.scalars(sa.select(sa.func.count()).select_from(table).where(table.user_id == lena_id))
            assert rows.one() == 0, table
        assert session.scalar(sa.select(sa.func.count()).select_from(SavedReport)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(CourseLeader)) == before
        db.session.rollback()
        scrub(db.engine)
        assert not found_in_the_database(WORD)
        assert not found_in_the_database(WORD.lower())


def test_the_register_says_what_becomes_of_every_column_of_an_account(
    app: Flask, scene: Scene, transaction: TRANSACTION
) -> None:
    """What leads to an account is either their own, and goes, or says who did what, and stays."""
    own = {table.name for table, _ in leaving.own_rows()}
    acts = {f"{table.name}.{column.name}" for table, column in leaving.acts()}
    assert {"passkey", "saved_report", "coordination", "device", "access_token"} <= own
    assert {"mark_event.author_id", "course_leader.user_id", "certificate.issued_by_id", "device.user_id"} <= acts
    for name in ("authenticator", "passkey", "printed_code", "login_session", "access_token", "invitation"):
        assert REGISTER[name].on_erasure is Disposal.REMOVE
    for table, column in leaving.acts():
        assert REGISTER[table.name].on_erasure is Disposal.KEEP or REGISTER[table.name].is_of_people, column


def test_marks_of_who_left_count_as_before(demo_app: Flask, transaction: TRANSACTION) -> None:
    with transaction() as session:
        author = session.scalars(sa.select(MarkEvent.author_id).limit(1).execution_options(**OFFICE)).one()
        before = [
            session.scalar(sa.select(sa.func.count()).select_from(table).execution_options(**OFFICE))
            for table in (MarkEvent, AttendanceMark)
        ]
        leaving.make_nameless(session.connection(), author, clock.now())
        after = [
            session.scalar(sa.select(sa.func.count()).select_from(table).execution_options(**OFFICE))
            for table in (MarkEvent, AttendanceMark)
        ]
        assert before == after
        assert (
            session.scalars(sa.select(User.name).where(User.id == author)).one()
            == f"ehemals beschäftigt (Konto {author})"
        )


def test_closed_for_a_year_it_goes_by_itself_and_a_restored_backup_does_it_again(
    app: Flask,
    new_client: NEW_CLIENT,
    scene: Scene,
    transaction: TRANSACTION,
    tmp_path: Path,
    set_clock: Callable[[dt.datetime], None],
) -> None:
    anna, lara, path = signed_in(new_client, BOSS), scene.users["lara"], tmp_path / "friday.kursbuch"
    anna.open(f"/users/{lara}")
    anna.submit({"active": False}, button="Speichern")
    with transaction() as session:
        assert session.get_one(User, lara).blocked_at is not None
        session.get_one(Course, scene.courses["B"]).ends_on = scene.today + dt.timedelta(days=380)
    with app.app_context():
        backup.save(path)
        db.session.remove()
    later = dt.datetime.combine(scene.today, dt.time(12), BERLIN) + dt.timedelta(days=370)
    with transaction() as session:
        office = Viewer(0, Viewer.office().roles, later.date(), is_office=True)
        assert queries.accounts_kept_no_longer(office, later) == [], "Lara still leads a course"
        session.get_one(Course, scene.courses["B"]).ends_on = scene.today
    with app.app_context():
        assert retention.foretold(later, confirmed=True)["accounts"] == 1
        assert retention.run(later, confirmed=True)["accounts"] == 1
        db.session.remove()
        backup.load(path)
        db.session.remove()
    with transaction() as session:
        assert session.get_one(User, lara).name == f"ehemals beschäftigt (Konto {lara})"
        assert session.get_one(User, lara).erased_at is not None
        assert session.get_one(User, scene.users["lena"]).erased_at is None
