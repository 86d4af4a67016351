"""Who saw what between … and …, exactly; and the way in for an emergency, which the officer is told."""

import csv
import datetime as dt
import io
import json
import threading
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
import jobs
import mail
import officer
from auth.audit.queries import people_in
from auth.audit.rules import read_anchors
from auth.emergency.models import EmergencyAccess
from auth.models import TraceEntry, User
from demo.accounts import PASSWORD, address
from programmes.attendance.models import AttendanceMark
from programmes.enrolment.models import Enrolment
from programmes.participants.models import Person
from settings import Settings
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

A_MINUTE = dt.timedelta(minutes=1)
READ = 7


def signed_in(new_client: NEW_CLIENT, key: str) -> Client:
    client = new_client()
    client.sign_in(address(key), PASSWORD)
    return client


def local(moment: dt.datetime) -> dict[str, str]:
    there = moment.astimezone(clock.BERLIN)
    return {"first": there.date().isoformat(), "last": there.date().isoformat(), "time": there.strftime("%H:%M")}


def test_who_saw_what_between_two_moments(
    demo_app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]
) -> None:
    """Two people read, at different times; the officer asks for one of them, for some minutes."""
    nine = clock.now().replace(hour=9, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)
    with transaction() as session:
        placed = sa.select(Enrolment.person_id).join(AttendanceMark, AttendanceMark.enrolment_id == Enrolment.id)
        adults = sa.select(Person.id).where(Person.id.in_(placed)).order_by(Person.id)
        everybody = session.scalars(adults.execution_options(viewer="test")).all()
        reader = session.scalars(sa.select(User.id).where(User.email == address("koordination-mkg"))).one()
    set_clock(nine)
    thief, other = signed_in(new_client, "koordination-mkg"), signed_in(new_client, "koordination-ra")
    opened: list[int] = []
    for number in everybody:
        set_clock(nine + len(opened) * A_MINUTE)
        if len(opened) < READ and thief.fetch(f"/participants/{number}").status_code == 200:
            opened.append(number)
    for number in everybody[:20]:
        other.fetch(f"/participants/{number}")
    set_clock(nine + dt.timedelta(hours=2))
    thief.fetch("/participants")
    assert len(opened) == READ

    asking = signed_in(new_client, "datenschutz")
    begin, end = local(nine), local(nine + 30 * A_MINUTE)
    query = f"account={reader}&sort=seen&first={begin['first']}&first_time={begin['time']}&last={end['last']}&last_time={end['time']}"
    answer = asking.fetch(f"/log.csv?{query}")
    lines = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert [(line["act"], line["record"]) for line in lines] == [
        ("GET enrolment.person", str(number)) for number in opened
    ]
    page = asking.open(f"/log/people?{query}")
    with transaction() as session:
        entries = session.scalars(
            sa.select(TraceEntry).where(TraceEntry.actor_id == reader, TraceEntry.at < nine + 30 * A_MINUTE)
        )
        seen = {number for entry in entries for number in people_in(entry.people)}
    assert set(opened) <= seen
    assert {int(text) for text in page.links if text.isdigit()} == seen
    assert "Geburtsdatum" in page.main
    page = asking.open(f"/log?{query}&person={opened[2]}")
    assert page.main.count("GET enrolment.person") >= 1
    assert asking.fetch(f"/log?{query}&person=x").status_code == 422
    assert asking.fetch("/log?first=2026-02-02&last=2026-01-01").status_code == 422


@pytest.fixture
def letters(demo_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[EmailMessage]:
    """What the mail server is handed; it refuses the first letter."""
    settings: Settings = demo_app.config["SETTINGS"]
    changed = {"smtp_url": "smtp://mail.example", "mail_from": "kursbuch@office.example", "anchors": tmp_path}
    monkeypatch.setitem(demo_app.config, "SETTINGS", Settings(**{**settings.__dict__, **changed}))
    taken: list[EmailMessage] = []
    tries = iter(range(100))

    def hand_over(_settings: Settings, letter: EmailMessage) -> None:
        if next(tries) == 0:
            raise OSError("not now")
        taken.append(letter)

    monkeypatch.setattr(mail, "hand_over", hand_over)
    return taken


def test_an_emergency_opens_reading_for_an_hour_and_is_told(
    demo_app: Flask,
    new_client: NEW_CLIENT,
    transaction: TRANSACTION,
    set_clock: Callable[[dt.datetime], None],
    letters: list[EmailMessage],
) -> None:
    now = clock.now()
    set_clock(now)
    admin = signed_in(new_client, "verwaltung")
    assert admin.fetch("/participants").status_code == 404
    admin.open("/emergency")
    admin.submit({"reason": "kurz"}, status=422)
    page = admin.submit({"reason": "Die Koordination ist krank, ein Kind wird gesucht."})
    assert "Notfallzugriff bis" in page.html
    with transaction() as session:
        adults = sa.select(Person.id).where(Person.is_child.is_(False)).order_by(Person.id)
        number = session.scalars(adults.limit(1).execution_options(viewer="test")).one()
    assert admin.fetch(f"/participants/{number}").status_code == 200
    admin.open(f"/participants/{number}/edit")
    assert admin.send({"phone": "069 1"}).status_code == 404, "reading only"
    with transaction() as session:
        opened = session.scalars(sa.select(sa.func.max(EmergencyAccess.id))).one()
        query = sa.select(TraceEntry.act, TraceEntry.object_id).where(TraceEntry.emergency_id == opened)
        lines = session.execute(query).all()
    assert "GET enrolment.courses" in [line.act for line in lines], "what shows nobody as well"
    assert ("GET enrolment.person", str(number)) in [(line.act, line.object_id) for line in lines]

    with demo_app.app_context():
        officer.tell()
    assert not letters, "the server did not take it"
    set_clock(now + 11 * A_MINUTE)
    with demo_app.app_context():
        officer.tell()
        officer.tell()
    [letter] = letters
    assert letter["To"] == address("datenschutz")
    assert f"/log?emergency={opened}" in letter.get_content()
    asking = signed_in(new_client, "datenschutz")
    assert "ein Kind wird gesucht" in asking.page.main
    assert "GET enrolment.person" in asking.open(f"/log?emergency={opened}").main
    assert "ein Kind wird gesucht" in asking.open("/emergencies").main

    set_clock(now + 61 * A_MINUTE)
    admin = signed_in(new_client, "verwaltung")  # nobody sat there for an hour
    assert admin.fetch(f"/participants/{number}").status_code == 404, "it ends by itself"


def test_ended_before_its_hour(demo_app: Flask, new_client: NEW_CLIENT) -> None:
    admin = signed_in(new_client, "verwaltung")
    admin.open("/emergency")
    admin.submit({"reason": "Die Koordination ist krank."})
    assert admin.fetch("/participants").status_code == 200
    admin.open("/emergency")
    admin.submit(button="Jetzt beenden")
    assert admin.fetch("/participants").status_code == 404


def test_an_anchor_leaves_the_house_every_day(
    demo_app: Flask,
    set_clock: Callable[[dt.datetime], None],
    letters: list[EmailMessage],
    new_client: NEW_CLIENT,
    tmp_path: Path,
) -> None:
    now = clock.now()
    signed_in(new_client, "datenschutz")
    for hours in (1, 2, 26):
        set_clock(now + dt.timedelta(hours=hours))
        with demo_app.app_context():
            officer.seal()
            officer.tell()
    files = sorted(tmp_path.glob("anker-*.txt"))
    assert len(files) == 2
    attached = [part.get_content() for letter in letters for part in letter.iter_attachments()]
    assert sorted(attached) == sorted(file.read_text() for file in files)
    anchors = [read_anchors(file.read_text())[0] for file in files]
    assert anchors[1].first == anchors[0].first + len(anchors[0].marks)
    checked = demo_app.test_cli_runner().invoke(args=["verify-audit", *(f"--anchor={file}" for file in files)])
    assert checked.output.startswith("OK"), checked.output


def test_the_worker_sees_to_its_chores(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()

    def broken() -> None:
        raise RuntimeError("Zq7")

    worker = jobs.Worker(app, [(600, broken), (600, done.set)])
    worker.start()
    assert done.wait(20), "one chore that fails keeps the others from nothing"
    worker.stop()
    assert "chore broken failed" in caplog.text


def test_the_table_of_access_is_written_down(app: Flask) -> None:
    runner = app.test_cli_runner()
    written = Path(__file__).parents[2].joinpath("docs/access.md").read_text(encoding="utf-8")
    assert runner.invoke(args=["access"]).output == written, "python run.py access --write docs/access.md"
    rows = [json.loads(line) for line in runner.invoke(args=["access", "--json"]).output.splitlines()]
    leaders = {field for row in rows if row["role"] == "leader" for field in row["fields"].split(", ") if field}
    assert leaders == {"name", "pick_up"}
    others = {"administrator", "officer", "evaluator", "public"}
    seen = [(row["role"], row["endpoint"], row["fields"]) for row in rows if row["role"] in others and row["fields"]]
    assert seen == [("officer", "rights.erasure", "notes")], "why an erasure waits, of somebody without a name"
