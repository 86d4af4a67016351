"""The retention job by night, killed with `kill -9`, twice at the same time, and by a clock that jumped."""

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

import backup
import clock
from clock import BERLIN
from database import Base, db
from programmes.catalogue.models import Course, Meeting
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Person
from programmes.participants.rules import Precision
from programmes.rights import ledger, queries
from programmes.rights.models import RetentionRun
from programmes.rights.retention import Night
from programmes.rights.rules import is_time_to_run
from run import create_app
from schema import migrate
from settings import Settings
from tests.enrolment.scene import PASSWORD, Scene, build
from tests.tools import machine
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

CLOCK = Callable[[dt.datetime], None]
OFFICE = {"viewer": "test"}
NEVER_CAME = 30  # people
OVER = NEVER_CAME + 4  # with Ada, Bea, and Eva with her child, by then
LATER = "2032-03-01"  # everybody's time is over but that of who is in a course
BY_CHANCE = {"version_id", "since", "until", "at", "erasure_id"}  # columns


@pytest.mark.parametrize(
    ("now", "last", "is_time"),
    [
        ("2026-11-29 02:00", "2026-11-28 02:00", True),
        ("2026-11-29 02:10", "2026-11-29 02:00", False),
        ("2026-11-29 01:59", "2026-11-28 02:00", False),
        ("2026-11-29 05:00", "2026-11-28 02:00", False),  # by day only when a night was missed
        ("2026-11-29 14:01", "2026-11-28 02:00", True),
        ("2026-11-29 02:00", None, True),
        ("2026-11-29 14:00", None, False),  # a new office has nothing to delete
        ("2026-10-25 02:30", "2026-10-25 02:10", False),  # the hour that comes twice
        ("2026-03-29 03:00", "2026-03-28 02:00", True),  # and the one that does not come
    ],
)
def test_it_is_time_once_a_night(now: str, last: str | None, is_time: bool) -> None:
    ran = last and dt.datetime.fromisoformat(last).replace(tzinfo=BERLIN)
    assert is_time_to_run(dt.datetime.fromisoformat(now).replace(tzinfo=BERLIN), ran or None) is is_time


def add_people(session: Any, scene: Scene) -> None:
    """Ada was in a course six years ago; some were never in any; Mia is in one that runs on for years."""
    for number in range(NEVER_CAME):
        session.add(
            Person(
                given_name=f"Kommtnie{number}", family_name="Nacht", birth_precision=Precision.DAY, citizenships=[], languages=[],
                entered_at=clock.now() - dt.timedelta(days=500),
            )
        )  # fmt: skip
    over, on = (session.get_one(Course, scene.courses[key]) for key in "AB")
    over.starts_on, over.ends_on = scene.today - dt.timedelta(2200), scene.today - dt.timedelta(2100)
    on.ends_on = dt.date(2033, 1, 1)
    session.execute(sa.delete(Meeting).where(Meeting.course_id == over.id))
    place = session.get_one(Enrolment, scene.enrolments["A-ada"], execution_options=OFFICE)
    place.entry_date, place.exit_date, place.status = over.starts_on, over.ends_on, EnrolmentStatus.COMPLETED


def names(app: Flask) -> list[str]:
    with app.app_context():
        found = db.session.scalars(sa.select(Person.given_name).order_by(Person.id).execution_options(**OFFICE)).all()
        db.session.remove()
    return list(found)


def withheld(app: Flask) -> int:
    return names(app).count("(gelöscht)")


def test_the_worker_runs_it_at_night_and_refuses_when_the_clock_jumped(
    app: Flask, transaction: TRANSACTION, set_clock: CLOCK, new_client: NEW_CLIENT
) -> None:
    (Path(app.instance_path) / ledger.NAME).unlink(missing_ok=True)
    with transaction() as session:
        scene = build(session)
        add_people(session, scene)
        session.execute(
            sa.text(
                "UPDATE role_grant SET role = 'officer' WHERE user_id = (SELECT id FROM user_account WHERE email = 'cora@buero.example')"
            )
        )
    night, noon = Night(), dt.datetime.combine(scene.today + dt.timedelta(1), dt.time(12), BERLIN)

    def look(at: dt.datetime) -> int:
        set_clock(at)
        with app.app_context():
            night.look()
        return withheld(app)

    assert look(noon) == 0
    assert look(noon.replace(hour=3) + dt.timedelta(days=1)) >= NEVER_CAME
    kept = names(app)
    assert "Mia" in kept
    assert look(noon.replace(hour=4) + dt.timedelta(days=1)) == kept.count("(gelöscht)")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RetentionRun)) == 1
        assert queries.run_under_way() is None
        db.session.remove()

    def officer(at: dt.datetime) -> Client:
        set_clock(at)
        otto = new_client()
        otto.sign_in("cora@buero.example", PASSWORD)
        return otto

    otto = officer(noon + dt.timedelta(days=1))
    assert "angehalten" not in otto.open("/today").main
    assert f"{NEVER_CAME} Menschen gesperrt" in otto.open("/erasures").main
    jumped = noon.replace(hour=3) + dt.timedelta(days=700)
    with transaction() as session:
        session.get_one(
            Course, scene.courses["B"]
        ).ends_on = scene.today  # by the wrong clock, everybody's time would be over
    before = names(app)
    otto = officer(jumped)
    assert "angehalten" in otto.open("/today").main
    assert "bestätigen Sie mit --now" in otto.open("/erasures").main
    look(jumped)
    assert names(app) == before
    look(jumped + dt.timedelta(days=1))  # what people did meanwhile makes the clock no better
    assert names(app) == before


class Run:
    """`python run.py retention` as a process of its own."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.config["SETTINGS"]
        own = {
            "DEMO": "0", "SECRET_KEY": settings.secret_key, "DATABASE_URL": settings.database_url, "INSTANCE": str(settings.instance),
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "run.py", "retention", "--now", LATER], cwd=machine.ROOT, env=os.environ | own,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def killed_at(self, record: Path, lines: int) -> None:
        """SIGKILL as soon as so many erasures are on record, which they are just before they are in the database."""
        while not record.exists() or record.read_bytes().count(b"\n") < lines:
            assert self._process.poll() is None, "it ended before it was killed"
            time.sleep(0.001)
        self._process.kill()
        self._process.communicate()
        assert self._process.returncode == -9

    def ended(self) -> str:
        """What it said at its own end."""
        said, _ = self._process.communicate(timeout=120)
        assert self._process.returncode == 0, said
        return said


def _without_numbers(value: Any) -> Any:
    """What is set aside, without the erasure itself: a killed one uses up a number."""
    if not isinstance(value, dict) or "rows" not in value:
        return value
    return {**value, "rows": {name: rows for name, rows in value["rows"].items() if name != "erasure"}}


def everything(app: Flask) -> dict[str, list[list[tuple[str, str]]]]:
    """All that is in the database, but what time or chance made."""
    with app.app_context():
        found = {
            table.name: sorted(
                [
                    (name, json.dumps(_without_numbers(value), sort_keys=True, default=repr))
                    for name, value in row.items()
                    if name not in BY_CHANCE and (name != "id" or table.name != "erasure")
                ]
                for row in db.session.connection().execute(sa.select(table)).mappings()
                if table.name != "retention_run" or any(row["removed"].values())  # one of two may find nothing to do
            )
            for table in Base.metadata.sorted_tables
        }
        db.session.remove()
    return found


def halves(app: Flask) -> int:
    """How many are done; each wholly: nameless, with an erasure, and with what can be put back."""
    with app.app_context():
        nameless = set(db.session.scalars(sa.text("SELECT id FROM person WHERE withheld_at IS NOT NULL")))
        erasures = (
            "SELECT e.person_id FROM erasure e JOIN set_aside s ON s.erasure_id = e.id WHERE e.state = 'withheld'"
        )
        assert sorted(db.session.scalars(sa.text(erasures))) == sorted(nameless)
        told = db.session.scalars(sa.text("SELECT id FROM person WHERE given_name = '(gelöscht)' AND search = ''"))
        assert set(told) == nameless
        db.session.remove()
    return len(nameless)


def test_killed_with_kill_9_at_any_moment_it_ends_as_if_it_never_had_been(
    fresh_url: Callable[[], str], settings: Callable[..., Settings], tmp_path: Path
) -> None:
    """Killed three times; then two processes at once see it to its end."""
    killed, whole = (create_app(settings(fresh_url())) for _ in range(2))
    path = tmp_path / "before.kursbuch"
    for each in (killed, whole):
        migrate(each)
    with killed.app_context():
        session = cast("scoped_session[Session]", db.session)
        add_people(session, build(session))
        session.commit()
        backup.save(path)
        session.remove()
    with whole.app_context():
        backup.load(path)
        db.session.remove()
    said = whole.test_cli_runner().invoke(args=["retention", "--now", LATER]).output
    assert withheld(whole) == OVER

    for lines in (1, 8, 16):
        Run(killed).killed_at(Path(killed.instance_path) / ledger.NAME, lines)
        assert lines - 3 <= halves(killed) < OVER
    assert said in [process.ended() for process in (Run(killed), Run(killed))], "what went is counted together"
    expected, found = everything(whole), everything(killed)
    assert {name for name in expected if found[name] != expected[name]} == {"trace_entry"}, "of restoring the other"
    first, second = (
        sorted(one.person_id for one in ledger.erased(Path(each.instance_path))) for each in (killed, whole)
    )
    assert len(first) == OVER
    assert first == second
    for each in (killed, whole):
        with each.app_context():
            db.engine.dispose()
