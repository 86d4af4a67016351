"""Signing in and out as people do it: sessions live on the server and die at logout."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth import actions
from auth.models import LoginSession, TraceEntry, User
from auth.queries import digest
from auth.rules import Role
from database import db
from run import create_app
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

PASSWORD = "sieben kleine Zwerge"


@pytest.fixture
def officer(transaction: TRANSACTION) -> str:
    with transaction():
        actions.add_user("dsb@office.example", "Doris Beck", [Role.OFFICER], clock.now(), password=PASSWORD)
    return "dsb@office.example"


def test_the_right_password_opens_and_lands_on_the_first_page(client: Client, officer: str) -> None:
    client.open("/login")
    page = client.submit({"email": officer.upper(), "password": PASSWORD})
    assert page.address.endswith("/today")


@pytest.mark.parametrize(
    ("email", "password"), [("dsb@office.example", "falsch"), ("niemand@office.example", PASSWORD)]
)
def test_a_wrong_one_does_not_tell_whether_there_is_an_account(
    client: Client, officer: str, email: str, password: str
) -> None:
    client.open("/login")
    page = client.submit({"email": email, "password": password}, status=422)
    assert "E-Mail-Adresse oder Passwort stimmt nicht." in page.main


def test_the_eleventh_failure_waits_and_successes_do_not_count(client: Client, officer: str) -> None:
    client.open("/login")
    for _ in range(10):
        client.submit({"email": officer, "password": "falsch"}, status=422)
    page = client.submit({"email": officer, "password": PASSWORD}, status=429)
    assert "Zu viele Versuche" in page.main


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(
    client: Client, officer: str, set_clock: Callable[[dt.datetime], None]
) -> None:
    now = clock.now()
    set_clock(now)
    client.open("/login")
    for _ in range(9):
        client.submit({"email": officer, "password": "falsch"}, status=422)
    for minutes in (1, 2, 4, 8, 15, 15):
        client.submit({"email": officer, "password": "falsch"}, status=422)
        for early in (0, minutes * 60 - 1):
            set_clock(now + dt.timedelta(seconds=early))
            answer = client.send({"email": officer, "password": PASSWORD})
            assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(minutes * 60 - early))
        assert "Bitte warten Sie 1 Minute." in client.submit({"email": officer, "password": "x"}, status=429).main
        now += dt.timedelta(minutes=minutes)
        set_clock(now)
    assert client.submit({"email": officer, "password": PASSWORD}).address.endswith("/today")


def test_the_wait_is_that_of_all_workers_and_outlives_a_restart(app: Flask, client: Client, officer: str) -> None:
    """Failures are counted from the trace, so another process knows them (security.md RL-1)."""
    others = [create_app(app.config["SETTINGS"]) for _ in range(3)]
    workers = [client, *map(Client, others)]
    for worker in workers:
        worker.open("/login")
    answers = [workers[number % 4].send({"email": officer, "password": "falsch"}).status_code for number in range(16)]
    assert answers == [422] * 10 + [429] * 6
    for other in others:
        with other.app_context():
            db.engine.dispose()


def test_failures_are_forgotten_after_a_quarter_of_an_hour(
    client: Client, officer: str, set_clock: Callable[[dt.datetime], None]
) -> None:
    client.open("/login")
    for _ in range(10):
        client.submit({"email": officer, "password": "falsch"}, status=422)
    set_clock(clock.now() + dt.timedelta(minutes=16))
    assert client.submit({"email": officer, "password": PASSWORD}).address.endswith("/today")


def test_a_copied_cookie_is_worthless_after_logout(app: Flask, new_client: NEW_CLIENT, officer: str) -> None:
    client = new_client()
    client.sign_in(officer, PASSWORD)
    cookie = client.http.get_cookie("kursbuch")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("kursbuch", cookie.value)
    assert thief.get("/log").status_code == 200
    client.open("/log")
    client.sign_out()
    answer = thief.get("/log")
    assert (answer.status_code, "/login" in answer.location) == (302, True)


def test_a_session_ends_after_a_working_day(
    client: Client, officer: str, set_clock: Callable[[dt.datetime], None]
) -> None:
    client.sign_in(officer, PASSWORD)
    set_clock(clock.now() + dt.timedelta(hours=10, minutes=1))
    assert client.http.get("/log").status_code == 302


def test_a_closed_account_is_out_on_the_next_click(client: Client, officer: str, transaction: TRANSACTION) -> None:
    client.sign_in(officer, PASSWORD)
    with transaction() as session:
        session.execute(sa.update(User).values(active=False))
    assert client.http.get("/log").status_code == 302


def test_signing_in_makes_a_new_session_and_keeps_no_raw_token(
    client: Client, officer: str, transaction: TRANSACTION
) -> None:
    client.open("/login")
    before = client.http.get_cookie("kursbuch")
    client.sign_in(officer, PASSWORD)
    after = client.http.get_cookie("kursbuch")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    with transaction() as session:
        stored = session.scalars(sa.select(LoginSession.token_hash)).one()
        assert len(stored) == 64
        assert "$argon2id$v=19$m=19456,t=2,p=1$" in str(session.scalars(sa.select(User.password_hash)).one())


def test_the_way_goes_on_to_where_one_wanted(client: Client, officer: str) -> None:
    client.open("/log")
    assert "/login" in client.page.address
    page = client.submit({"email": officer, "password": PASSWORD})
    assert page.address.endswith("/log")


def test_the_trace_tells_without_names(client: Client, officer: str, transaction: TRANSACTION) -> None:
    client.open("/login")
    client.submit({"email": officer, "password": "falsch"}, status=422)
    client.sign_in(officer, PASSWORD)
    assert "Doris" not in client.open("/log").main
    with transaction() as session:
        lines = session.execute(sa.select(TraceEntry.act, TraceEntry.subject_hash).order_by(TraceEntry.id)).all()
    assert [act for act, _ in lines] == ["sign-in failed", "sign-in"]
    assert lines[0].subject_hash not in {None, digest(officer)}, "anybody can try whose hash it is"


@pytest.mark.parametrize("forged", [{"csrf_token": None}, {"csrf_token": "x"}])
def test_without_csrf_nothing_happens(client: Client, officer: str, forged: dict[str, str | list[str] | None]) -> None:
    client.open("/login")
    assert client.send({"email": officer, "password": PASSWORD}, forge=forged).status_code == 400


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_other_sites_change_nothing(client: Client, headers: dict[str, str]) -> None:
    assert client.http.post("/language", data={"locale": "en"}, headers=headers).status_code == 403
