"""Batches: one paper per transaction, cancelled, resumed, never doubled; the files they end in; jobs that go wrong."""

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa
from flask import Flask

import clock
import jobs
from auth.models import RoleGrant
from database import db
from jobs import Job, JobState
from programmes.certificates.models import Certificate
from tests.certificates.scene import COORDINATOR, PASSWORD, STRANGER, Scene, build
from tests.paper.reading import faults
from tests.tools import machine
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

PEOPLE = 8


@pytest.fixture
def scene(transaction: TRANSACTION) -> Scene:
    with transaction():
        return build(people=PEOPLE)


@pytest.fixture
def coordinator(client: Client, scene: Scene) -> Client:
    client.sign_in(COORDINATOR, PASSWORD)
    client.open(scene.page)
    return client


def numbers(app: Flask) -> list[str]:
    with app.app_context():
        found = db.session.scalars(
            sa.select(Certificate.number).order_by(Certificate.number).execution_options(viewer="test")
        )
        return list(found)


def test_many_papers_become_a_batch_that_ends_in_two_files(
    app: Flask, coordinator: Client, new_client: NEW_CLIENT
) -> None:
    page = coordinator.submit(button=f"Alle {PEOPLE} Papiere ausstellen")
    assert page.h1 == "Papiere werden ausgestellt"
    assert f"0 von {PEOPLE}" in page.main
    assert numbers(app) == [], "nothing is issued while somebody waits"
    assert jobs.work_off(app, 3) == 3
    assert f"3 von {PEOPLE}" in coordinator.open(page.address).main
    jobs.work_off(app)
    page = coordinator.open(page.address)
    assert f"{PEOPLE} Papiere sind ausgestellt." in page.main
    assert len(set(numbers(app))) == PEOPLE
    packed = zipfile.ZipFile(io.BytesIO(coordinator.fetch(f"{page.address}/papers.zip").data))
    assert len(packed.namelist()) == PEOPLE
    assert packed.testzip() is None
    printed = coordinator.fetch(f"{page.address}/papers.pdf")
    assert printed.headers["Cache-Control"] == "no-store"
    with pikepdf.open(io.BytesIO(printed.data)) as pdf, pdf.open_outline() as outline:
        assert len(pdf.pages) == PEOPLE
        assert len(outline.root) == PEOPLE
    assert faults(printed.data) == []
    stranger = new_client()
    stranger.sign_in(STRANGER, PASSWORD)
    for path in ("", "/papers.zip", "/papers.pdf"):
        assert stranger.fetch(page.address + path).status_code == 404


def test_twice_asked_is_one_batch_and_what_is_issued_stays_when_it_is_cancelled(
    app: Flask, coordinator: Client, scene: Scene
) -> None:
    first = coordinator.submit(button=f"Alle {PEOPLE} Papiere ausstellen").address
    coordinator.open(scene.page)
    assert coordinator.submit(button=f"Alle {PEOPLE} Papiere ausstellen").address == first
    jobs.work_off(app, 2)
    coordinator.open(first)
    page = coordinator.submit(button="Abbrechen")
    assert "2 Papiere sind ausgestellt und bleiben es." in page.main
    assert jobs.work_off(app) == 0
    assert len(numbers(app)) == 2
    coordinator.open(scene.page)
    coordinator.submit(button=f"Alle {PEOPLE - 2} Papiere ausstellen")
    jobs.work_off(app)
    assert len(set(numbers(app))) == PEOPLE


def test_who_may_not_any_more_issues_nothing_more(
    app: Flask, coordinator: Client, transaction: TRANSACTION, scene: Scene
) -> None:
    coordinator.submit(button=f"Alle {PEOPLE} Papiere ausstellen")
    jobs.work_off(app, 1)
    with transaction() as session:
        session.execute(sa.delete(RoleGrant).where(RoleGrant.user_id == scene.coordinator))
    jobs.work_off(app)
    assert len(numbers(app)) == 1
    with app.app_context():
        job = db.session.scalars(sa.select(Job)).one()
        assert (job.state, job.done) == (JobState.DONE, PEOPLE)
        db.session.rollback()


def test_a_lease_is_held_by_one_and_runs_out(
    app: Flask, coordinator: Client, set_clock: Callable[[dt.datetime], None]
) -> None:
    now = clock.now()
    coordinator.submit(button=f"Alle {PEOPLE} Papiere ausstellen")
    with app.app_context():
        assert jobs._claim("one") is not None
        assert jobs._claim("another") is None, "two never do the same step"
        db.session.remove()
    set_clock(now + jobs.LEASE + dt.timedelta(seconds=5))
    with app.app_context():
        assert jobs.work_once("another")
    assert len(numbers(app)) == 1


def test_a_step_that_keeps_failing_ends_its_job_and_no_other(
    app: Flask, coordinator: Client, scene: Scene, transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch, set_clock: Callable[[dt.datetime], None]
) -> None:  # fmt: skip
    def broken(job: Job) -> bool:
        raise RuntimeError("Ayşe Yılmaz")

    monkeypatch.setitem(jobs.STEPS, "broken", broken)
    with transaction():
        jobs.ask("broken", {}, by=scene.coordinator)
    now = clock.now()
    for minute in range(jobs.MOST_FAILURES + 1):
        set_clock(now + dt.timedelta(minutes=minute))
        jobs.work_off(app, 1)
    with app.app_context():
        job = db.session.scalars(sa.select(Job)).one()
        assert job.state is JobState.FAILED
        assert "Ayşe" not in (job.message or ""), "a reference, nothing about people"
        db.session.rollback()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_killed_in_the_middle_it_goes_on_without_doubling_a_number(app: Flask, coordinator: Client) -> None:
    """A process of its own works, is killed, and another takes up what it left."""
    coordinator.submit(button=f"Alle {PEOPLE} Papiere ausstellen")
    settings = app.config["SETTINGS"]
    environment = os.environ | {
        "DATABASE_URL": settings.database_url, "INSTANCE": str(settings.instance), "SECRET_KEY": settings.secret_key, "DEMO": "0",
    }  # fmt: skip
    work = "import run, jobs; from settings import Settings; app = run.create_app(Settings.from_environment()); jobs.work_off(app)"
    with subprocess.Popen([sys.executable, "-c", work], cwd=machine.ROOT, env=environment) as process:
        deadline = time.monotonic() + 60
        while len(numbers(app)) < 2 and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    before = numbers(app)
    assert 2 <= len(before) <= PEOPLE
    with app.app_context():  # instead of waiting for its lease to run out
        db.session.execute(sa.update(Job).values(lease_until=clock.now() - dt.timedelta(seconds=1)))
        db.session.commit()
    jobs.work_off(app)
    after = numbers(app)
    assert set(before) <= set(after)
    assert after == [f"KO-{clock.today().year}-{number:05d}" for number in range(1, PEOPLE + 1)], "no gap, none doubled"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_thread_works_while_the_server_serves(app: Flask, coordinator: Client) -> None:
    coordinator.submit(button=f"Alle {PEOPLE} Papiere ausstellen")
    worker = jobs.Worker(app)
    worker.start()
    deadline = time.monotonic() + 30
    while len(numbers(app)) < PEOPLE and time.monotonic() < deadline:
        time.sleep(0.05)
    worker.stop()
    assert len(numbers(app)) == PEOPLE
    assert Path(machine.ROOT, "jobs.py").exists()
