"""What cannot be traced does not happen (security.md LG-7); and nobody writes lines of their own into a log."""

import csv
import io
import json
import logging
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection, Engine

import database
from auth.guard import EVERYONE, allow
from auth.models import TraceEntry, User
from database import db
from demo.accounts import PASSWORD, address
from tests.attendance.test_phone import Phone
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

EXPORTS = (
    "/statistics/export.csv?measure=enrolments",
    "/statistics/export.xlsx?measure=enrolments",
    "/county/directory.pdf",
)
FORGED = "Zq7\r\nCRITICAL kursbuch everything is fine\x1b[2K\x1b[31m\u2028\x85Zq8"


def signed_in(new_client: NEW_CLIENT, key: str) -> Client:
    client = new_client()
    client.sign_in(address(key), PASSWORD)
    return client


@contextmanager
def trace_locked(app: Flask) -> Iterator[None]:
    """Somebody else holds the trace; whoever wants to write waits for a moment and then gives up."""

    def impatient(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA busy_timeout=50")

    with app.app_context():
        engine = db.engine
    with engine.connect().execution_options(writes=True) as holder, holder.begin():
        if holder.dialect.name == "postgresql":
            holder.exec_driver_sql("LOCK TABLE trace_entry IN EXCLUSIVE MODE")
        sa.event.listen(Engine, "begin", impatient, insert=True)
        try:
            yield
        finally:
            sa.event.remove(Engine, "begin", impatient)


def test_nothing_is_exported_while_the_trace_is_locked(
    demo_app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(database, "SECONDS_TO_WAIT_FOR_A_LOCK", 1)
    monkeypatch.setitem(demo_app.config, "PROPAGATE_EXCEPTIONS", False)
    client, reader = signed_in(new_client, "koordination-mkg"), signed_in(new_client, "datenschutz")
    with transaction() as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(TraceEntry))
    with trace_locked(demo_app):
        for who, door in (*((client, door) for door in EXPORTS), (client, "/participants"), (reader, "/log.csv")):
            answer = who.fetch(door)
            assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "10"), door
            assert "attachment" not in answer.headers.get("Content-Disposition", ""), door
            assert answer.mimetype == "text/html"
        assert new_client().fetch("/readyz").status_code == 503, "whoever watches over the server is told"
    assert "The trace cannot be written" in caplog.text
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(TraceEntry)) == before
    for door in EXPORTS:
        assert client.fetch(door).status_code == 200
    assert new_client().fetch("/readyz").status_code == 200


def test_nothing_is_changed_while_the_trace_is_locked(
    demo_app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SECONDS_TO_WAIT_FOR_A_LOCK", 1)
    monkeypatch.setitem(demo_app.config, "PROPAGATE_EXCEPTIONS", False)
    client = signed_in(new_client, "verwaltung")
    client.open("/users/new")
    with trace_locked(demo_app):
        assert client.send({"name": "Neu", "email": "neu@office.example", "roles": ["leader"]}).status_code == 503
    with transaction() as session:
        assert session.scalars(sa.select(User).where(User.email == "neu@office.example")).first() is None


@allow(*EVERYONE)
def fails() -> NoReturn:
    """A page that breaks, with somebody's words in what it says."""
    raise RuntimeError(FORGED)


def is_one_line(text: str | None) -> bool:
    return not any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in text or "")


def test_whoever_sends_line_breaks_writes_one_line(
    demo_app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, caplog: pytest.LogCaptureFixture,
    signed_in_phone: Callable[[], Phone], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """In the name of a browser, an account, a person, a device, an address, and in what a phone sends."""
    caplog.set_level(logging.INFO)
    guess = new_client()
    guess.open("/login")
    guess.http.post(
        "/login",
        data={"csrf_token": guess.token(), "email": "x@office.example", "password": FORGED},
        environ_overrides={"HTTP_USER_AGENT": FORGED, "HTTP_REFERER": FORGED},
    )
    client = new_client()
    client.http.environ_base["HTTP_USER_AGENT"] = FORGED
    client.sign_in(address("koordination-mkg"), PASSWORD)
    client.open("/participants/new")
    client.send({"given_name": "A", "family_name": "B"}, forge={"given_name": FORGED, "family_name": FORGED})
    client.fetch("/participants/%0d%0aCRITICAL%1b[31m")
    client.fetch("/log?record=%0d%0aCRITICAL")
    phone = signed_in_phone()
    phone.post("/attendance/devices", {"name": FORGED})
    phone.sync({"id": "Zq7", "meeting": FORGED, "enrolment": FORGED}, {"id": FORGED, "meeting": "7\n8"})
    with monkeypatch.context() as patched:
        patched.setitem(demo_app.view_functions, "today.today", fails)
        patched.setitem(demo_app.config, "PROPAGATE_EXCEPTIONS", False)
        assert client.fetch("/today").status_code == 500
    assert "in fails" in caplog.text, "the technical log is the one that is looked at"
    phone.post("/attendance/sync", json.dumps({"events": FORGED}).encode())
    with transaction() as session:
        lines = session.scalars(sa.select(TraceEntry).order_by(TraceEntry.id)).all()
        texts = [value for line in lines for value in vars(line).values() if isinstance(value, str)]
        count = len(lines)
    assert {"sign-in failed", "sync refused", "POST enrolment.add_person"} <= set(texts)
    assert all(map(is_one_line, texts))
    assert not [text for text in texts if "Zq" in text], "ids only"
    assert not [word for word in ("Zq", "everything is fine", "\x1b") if word in caplog.text]
    reader = signed_in(new_client, "datenschutz")
    data = reader.fetch("/log.csv").data.decode("utf-8-sig")
    assert len(data.splitlines()) == len(list(csv.reader(io.StringIO(data)))) == 1 + count + 1, "and the officer's own"


@pytest.fixture
def signed_in_phone(demo_app: Flask, new_client: NEW_CLIENT) -> Callable[[], Phone]:
    return lambda: Phone(signed_in(new_client, "leitung-mkg-1"))
