"""Nobody is shut out by others who guess: a browser from which somebody has signed in answers for its own failures alone."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth import actions
from auth.factor.actions import keep_app
from auth.models import KnownBrowser, LoginSession, User
from auth.queries import known_browser
from auth.rules import KNOWN_LASTS, Role
from programmes.rights import retention
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

PASSWORD = "sieben kleine Zwerge"
ANOTHER = "acht große Riesen"
EMAIL, COLLEAGUE = "cora@office.example", "olga@office.example"
COOKIE = "kursbuch-browser"
GUESSES = 1_000
SET_CLOCK = Callable[[dt.datetime], None]


@pytest.fixture
def cora(transaction: TRANSACTION) -> int:
    with transaction():
        return actions.add_user(EMAIL, "Cora Berg", [Role.COORDINATOR], clock.now(), password=PASSWORD).id


@pytest.fixture
def now(set_clock: SET_CLOCK) -> dt.datetime:
    """The clock stands still."""
    moment = dt.datetime(2026, 11, 30, 8, 0, 10, tzinfo=dt.UTC)
    set_clock(moment)
    return moment


def secret_of(client: Client) -> str:
    cookie = client.http.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def try_it(client: Client, password: str, email: str = EMAIL) -> int:
    client.open("/login")
    client.signed_in = False
    return client.send({"email": email, "password": password}).status_code


def leave(client: Client) -> None:
    client.open("/account")
    client.sign_out()


def fail_often(client: Client, times: int = 12) -> list[int]:
    return [try_it(client, "falsch") for _ in range(times)]


@pytest.mark.parametrize("database_kind", ["sqlite"])  # a thousand take seconds; the other tests here see both
def test_a_thousand_guesses_of_strangers_shut_nobody_out(
    client: Client, new_client: NEW_CLIENT, cora: int, now: dt.datetime, set_clock: SET_CLOCK
) -> None:
    """From the office's own address and in the middle of the working day (security.md RL-2)."""
    running, home, attacker = new_client(), new_client(), new_client()
    running.sign_in(EMAIL, PASSWORD)
    home.sign_in(EMAIL, PASSWORD)
    leave(home)
    attacker.open("/login")
    token = attacker.token()
    answers = set()
    for number in range(GUESSES):
        set_clock(now + dt.timedelta(seconds=number))
        form = {"csrf_token": token, "email": EMAIL, "password": f"geraten {number}"}
        answers.add(attacker.http.post("/login", data=form).status_code)
        if number % 250 == 249:
            assert running.open("/courses").status == 200
            assert try_it(home, PASSWORD) == 302
            leave(home)
    assert answers == {422, 429}
    running.open("/account/confirm?next=/tokens")  # what asks again listens as well
    assert running.submit({"proof": PASSWORD}).address == "/tokens"
    assert try_it(client, PASSWORD) == 429, "A browser that is not known waits"
    assert try_it(home, PASSWORD) == 302


def test_a_known_browser_has_the_same_limit_of_its_own(
    client: Client, new_client: NEW_CLIENT, cora: int, now: dt.datetime
) -> None:
    client.sign_in(EMAIL, PASSWORD)
    leave(client)
    assert fail_often(client) == [422] * 10 + [429] * 2
    assert try_it(client, PASSWORD) == 429
    assert try_it(new_client(), PASSWORD) == 302, "What failed there is no stranger's failure"


def test_wrong_answers_in_a_session_count_in_its_browser(
    client: Client, new_client: NEW_CLIENT, cora: int, now: dt.datetime
) -> None:
    client.sign_in(EMAIL, PASSWORD)
    client.open("/account/confirm")
    for _ in range(10):
        client.submit({"proof": "falsch"}, status=422)
    leave(client)
    assert try_it(client, PASSWORD) == 429
    assert try_it(new_client(), PASSWORD) == 302


def test_codes_are_counted_apart_as_well(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client: Client, new_client: NEW_CLIENT, cora: int, now: dt.datetime,
    transaction: TRANSACTION, set_clock: SET_CLOCK,
) -> None:  # fmt: skip
    """Even whoever knows the password cannot shut its owner out by wrong codes."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], second_factor=True))
    phone = pyotp.TOTP(pyotp.random_base32())
    with transaction():
        keep_app(cora, phone.secret, 0, now)

    def code(browser: Client, typed: str) -> int:
        browser.open("/login")
        browser.submit({"email": EMAIL, "password": PASSWORD})
        return browser.send({"code": typed}).status_code

    assert code(client, phone.at(now)) == 302
    leave(client)
    attacker = new_client()
    assert [code(attacker, f"{number:06}") for number in range(6)] == [422] * 5 + [429]
    set_clock(later := now + dt.timedelta(minutes=1))
    assert code(new_client(), phone.at(later)) == 429
    assert code(client, phone.at(later)) == 302


def test_it_is_known_to_its_owner_alone_and_a_counter_to_several(
    client: Client, new_client: NEW_CLIENT, cora: int, now: dt.datetime, transaction: TRANSACTION
) -> None:
    with transaction():
        actions.add_user(COLLEAGUE, "Olga Dorn", [Role.COORDINATOR], now, password=PASSWORD)
    fail_often(new_client(), 10)
    client.sign_in(COLLEAGUE, PASSWORD)
    leave(client)
    assert try_it(client, PASSWORD) == 429, "Olga's browser is a stranger to Cora"
    with transaction():
        browser, secret = actions.know_browser(cora, secret_of(client), "", now)
        assert browser.user_id == cora
    client.http.set_cookie(COOKIE, secret)
    assert try_it(client, PASSWORD) == 302
    leave(client)
    fail_often(client)
    assert try_it(client, PASSWORD, COLLEAGUE) == 302, "Cora's failures at the counter are not Olga's"


def test_its_secret_is_another_one_after_every_sign_in_and_kept_as_a_hash(
    client: Client, new_client: NEW_CLIENT, cora: int, transaction: TRANSACTION
) -> None:
    planted = new_client()
    planted.http.set_cookie(COOKIE, "x" * 43)
    planted.sign_in(EMAIL, PASSWORD)
    first = secret_of(planted)
    assert first != "x" * 43
    leave(planted)
    planted.sign_in(EMAIL, PASSWORD)
    second = secret_of(planted)
    with transaction() as session:
        assert known_browser(first, EMAIL, clock.now()) is None
        assert known_browser(second, EMAIL, clock.now()) is not None
        [stored] = session.scalars(sa.select(KnownBrowser.secret_hash)).all()
        assert len(stored) == 64
        assert second not in stored


@pytest.mark.parametrize(("https", "name"), [(True, "__Host-kursbuch-browser"), (False, COOKIE)])
def test_its_cookie_is_flagged_as_the_sessions(
    app: Flask, monkeypatch: pytest.MonkeyPatch, new_client: NEW_CLIENT, cora: int, *, https: bool, name: str
) -> None:
    monkeypatch.setitem(app.config, "SESSION_COOKIE_NAME", name.removesuffix("-browser"))
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", https)
    http = app.test_client()
    where = "https://localhost" if https else "http://localhost"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', http.get("/login", base_url=where).text)
    assert token is not None
    answer = http.post("/login", base_url=where, data={"csrf_token": token[1], "email": EMAIL, "password": PASSWORD})
    [cookie] = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{name}=")]
    said = set(cookie.split("; ")[1:])
    assert {"HttpOnly", "Path=/", "SameSite=Lax", f"Max-Age={KNOWN_LASTS.days * 86_400}"} <= said
    assert ("Secure" in said) is https
    assert "Domain" not in cookie


def shut(user: User) -> None:
    actions.change_user(user, 0, name=user.name, qualification=None, roles=frozenset({Role.COORDINATOR}), active=False)
    user.active = True


@pytest.mark.parametrize(
    "ending",
    [
        shut,
        lambda user: actions.set_password(user, PASSWORD),
        lambda user: actions.forget_browsers(user.id),
    ],
    ids=["account blocked and opened again", "password set anew", "all browsers ended"],
)
def test_what_ends_sessions_ends_this_too(
    client: Client, new_client: NEW_CLIENT, cora: int, now: dt.datetime, transaction: TRANSACTION,
    ending: Callable[[User], None],
) -> None:  # fmt: skip
    client.sign_in(EMAIL, PASSWORD)
    assert client.fetch("/courses").status_code == 200
    with transaction() as session:
        ending(session.get_one(User, cora))
        assert session.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 0
    assert client.fetch("/courses").status_code == 302
    fail_often(new_client(), 10)
    assert try_it(client, PASSWORD) == 429


def test_one_sees_ones_browsers_and_ends_them(client: Client, new_client: NEW_CLIENT, cora: int) -> None:
    lost = new_client()
    lost.http.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/140"
    lost.sign_in(EMAIL, PASSWORD)
    leave(lost)
    client.sign_in(EMAIL, PASSWORD)
    page = client.open("/account")
    assert re.search(r"Firefox, Windows.*abgemeldet", page.main, re.DOTALL)
    client.submit(button="Beenden")
    assert "Firefox" not in client.open("/account").main
    fail_often(new_client(), 10)
    assert try_it(lost, PASSWORD) == 429


def test_a_new_password_by_link_gets_one_in_during_an_attack(
    client: Client, new_client: NEW_CLIENT, cora: int, now: dt.datetime, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        link = actions.invite(session.get_one(User, cora), now)
    fail_often(new_client(), 10)
    client.open(f"/welcome/{link}")
    client.submit({"password": ANOTHER})
    assert try_it(client, ANOTHER) == 302
    assert try_it(new_client(), ANOTHER) == 429


def test_after_180_days_without_sign_in_it_is_a_stranger_again_and_goes(
    client: Client, new_client: NEW_CLIENT, cora: int, now: dt.datetime, set_clock: SET_CLOCK, transaction: TRANSACTION
) -> None:
    client.sign_in(EMAIL, PASSWORD)
    leave(client)
    set_clock(last := now + KNOWN_LASTS - dt.timedelta(seconds=30))
    fail_often(new_client(), 10)
    with transaction():
        assert retention.run(last, confirmed=True)["browsers"] == 0
    assert try_it(client, "falsch") == 422
    set_clock(over := now + KNOWN_LASTS)
    assert try_it(client, PASSWORD) == 429
    with transaction() as session:
        assert retention.foretold(over, confirmed=True)["browsers"] == 1
        assert retention.run(over, confirmed=True)["browsers"] == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(KnownBrowser)) == 0
