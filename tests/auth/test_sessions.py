"""How long one stays signed in, where, and who ends it; and what asks again for the password."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth import actions, guard
from auth.models import TraceEntry
from auth.rules import Role, kind_of_browser
from tests.tools.client import Client
from tests.tools.offices import COUNTING, NEW_CLIENT, TRANSACTION

PASSWORD = "sieben kleine Zwerge"
MINUTE = dt.timedelta(minutes=1)
SET_CLOCK = Callable[[dt.datetime], None]
BY_SCRIPT = {"Accept": "application/json"}
PEOPLE = {
    "lea@office.example": Role.LEADER,
    "cora@office.example": Role.COORDINATOR,
    "olga@office.example": Role.OFFICER,
    "chef@office.example": Role.ADMINISTRATOR,
}


@pytest.fixture
def people(transaction: TRANSACTION) -> dict[str, int]:
    """One account of each role, by address."""
    with transaction():
        return {
            email: actions.add_user(email, email[:4], [role], clock.now(), password=PASSWORD).id
            for email, role in PEOPLE.items()
        }


@pytest.fixture
def now(set_clock: SET_CLOCK) -> dt.datetime:
    """The clock stands still."""
    moment = dt.datetime(2026, 11, 30, 8, 0, tzinfo=dt.UTC)
    set_clock(moment)
    return moment


def signed_in(client: Client) -> bool:
    return client.http.get("/account").status_code == 200


@pytest.mark.parametrize(("email", "minutes"), [*zip(PEOPLE, (30, 30, 15, 15), strict=True)])
def test_a_browser_at_which_nobody_sits_is_signed_out(
    client: Client, people: dict[str, int], now: dt.datetime, set_clock: SET_CLOCK, email: str, minutes: int
) -> None:
    client.sign_in(email, PASSWORD)
    for clicked in range(1, 3):  # every click counts anew
        set_clock(now + clicked * (minutes - 1) * MINUTE)
        assert signed_in(client)
    set_clock(now + (2 * (minutes - 1) + minutes) * MINUTE)
    assert not signed_in(client)


@pytest.mark.parametrize("headers", [BY_SCRIPT, {"Sec-Fetch-Dest": "empty"}])
def test_what_a_script_asks_by_itself_keeps_nobody_signed_in(
    client: Client, people: dict[str, int], now: dt.datetime, set_clock: SET_CLOCK, headers: dict[str, str]
) -> None:
    client.sign_in("lea@office.example", PASSWORD)
    for minute in range(2, 30, 9):
        set_clock(now + minute * MINUTE)
        for path in ("/account/session", "/attendance/day", "/today"):
            assert client.http.get(path, headers=headers).status_code == 200
    assert client.http.get("/account/session", headers=BY_SCRIPT).get_json()["seconds"] == 60
    set_clock(now + 31 * MINUTE)
    assert client.http.get("/account/session", headers=BY_SCRIPT).status_code == 401


def test_one_click_extends_until_the_working_day_ends(
    client: Client, people: dict[str, int], now: dt.datetime, set_clock: SET_CLOCK
) -> None:
    client.sign_in("lea@office.example", PASSWORD)
    token = client.token()
    for minute in range(28, 10 * 60, 28):
        set_clock(now + minute * MINUTE)
        answer = client.http.post("/account/session", headers=BY_SCRIPT | {"X-CSRFToken": token}, follow_redirects=True)
        assert answer.get_json()["seconds"] == min(30, 600 - minute) * 60
        assert answer.get_json()["user"] == people["lea@office.example"]
    assert client.http.post("/account/session", headers=BY_SCRIPT).status_code == 400
    set_clock(now + 10 * 60 * MINUTE)
    assert not signed_in(client)


def test_who_was_seen_is_written_once_a_minute(
    client: Client, people: dict[str, int], now: dt.datetime, set_clock: SET_CLOCK, transaction: TRANSACTION,
    counting: COUNTING,
) -> None:  # fmt: skip
    client.sign_in("lea@office.example", PASSWORD)
    written = []
    for second in (59, 60, 61, 119, 120):
        set_clock(now + dt.timedelta(seconds=second))
        with counting() as statements:
            client.open("/account")
        written.append(sum(one.startswith("UPDATE login_session") for one in statements))
    assert written == [0, 1, 0, 0, 1]


def test_one_sees_where_one_is_signed_in_and_ends_it(
    client: Client, new_client: NEW_CLIENT, people: dict[str, int]
) -> None:
    others = [new_client() for _ in range(3)]
    for number, other in enumerate(others):
        other.http.environ_base["HTTP_USER_AGENT"] = f"Mozilla/5.0 (Windows NT 10.0) Firefox/{number}"
        other.sign_in("lea@office.example", PASSWORD)
    client.sign_in("lea@office.example", PASSWORD)
    page = client.open("/account")
    assert page.main.count("Firefox, Windows") == 3
    assert page.main.count("dieser Browser") == 1
    doors = [form.action for form in page.forms if form.action.endswith("/end")]
    mine = next(door for door in doors if door != "/account/browsers/end")
    stranger = new_client()
    stranger.sign_in("cora@office.example", PASSWORD)
    assert stranger.post(mine).status_code == 404
    assert client.post(mine).status_code == 302
    assert sorted(map(signed_in, others)) == [False, True, True]
    client.submit(button="Alle anderen beenden")
    assert list(map(signed_in, [*others, client, stranger])) == [False, False, False, True, True]


def test_the_administration_signs_somebody_out_everywhere(
    client: Client, new_client: NEW_CLIENT, people: dict[str, int]
) -> None:
    victim = new_client()
    victim.sign_in("cora@office.example", PASSWORD)
    client.sign_in("chef@office.example", PASSWORD)
    client.open(f"/users/{people['cora@office.example']}")
    client.submit(button="Überall abmelden")
    assert (signed_in(victim), signed_in(client)) == (False, True)


def test_what_is_sensitive_asks_again_after_ten_minutes_and_loses_nothing(
    client: Client, people: dict[str, int], now: dt.datetime, set_clock: SET_CLOCK, transaction: TRANSACTION
) -> None:
    client.sign_in("chef@office.example", PASSWORD)
    door = f"/users/{people['lea@office.example']}"
    client.open(door)
    set_clock(now + 11 * MINUTE)
    page = client.submit({"qualification": "Lehrerin", "roles": ["leader", "coordinator"]}, status=422)
    assert page.h1 == "Sind Sie es noch?"
    client.submit({"proof": "falsch"}, status=422)
    with transaction() as session:
        assert session.scalars(sa.select(TraceEntry.act).order_by(TraceEntry.id.desc())).first() == "proof failed"
    page = client.submit({"proof": PASSWORD})
    assert "Das Konto ist geändert." in page.html
    assert page.form_for(["qualification"]).data({}).count(("roles", "coordinator")) == 1
    assert "Lehrerin" in page.html
    set_clock(now + 20 * MINUTE)
    client.open(door)
    set_clock(now + 22 * MINUTE)
    assert client.open(door).address.startswith("/account/confirm?next=")
    client.submit({"proof": "falsch"}, status=422)
    assert client.submit({"proof": PASSWORD}).address == door


def test_guessing_the_answer_ends_as_guessing_at_the_door_does(
    client: Client, people: dict[str, int], now: dt.datetime
) -> None:
    client.sign_in("chef@office.example", PASSWORD)
    client.open("/account/confirm?next=//evil.example")
    for _ in range(10):
        client.submit({"proof": "falsch"}, status=422)
    assert "Zu viele Versuche" in client.submit({"proof": PASSWORD}, status=422).main


def test_a_question_of_another_site_is_not_asked(
    client: Client, people: dict[str, int], now: dt.datetime, set_clock: SET_CLOCK
) -> None:
    client.sign_in("chef@office.example", PASSWORD)
    set_clock(now + 11 * MINUTE)
    assert client.http.post("/users/new", data={"name": "x", "proof": PASSWORD}).status_code == 400


def test_the_doors_that_ask_again(app: Flask) -> None:
    """What a stolen open session must not do stands here once more."""
    asking = {rule.endpoint for rule in app.url_map.iter_rules() if guard.asks_again(app, rule.endpoint)}
    assert asking == {
        "auth.add_user", "auth.invite", "auth.remove_second_factor", "auth.tokens", "auth.user", "catalogue.remove_scope",
        "catalogue.scope", "emergency.begin", "factor.add_app", "factor.codes", "factor.remove", "factor.remove_passkey", "funding.export", "funding.file", "merging.merge",
        "merging.undo", "phone.revoke_device", "rights.approve", "rights.erase", "rights.erase_account", "rights.extract_json", "rights.extract_pdf",
        "rights.give_up",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8", ""),
        ("<script>", ""),
    ],
)  # fmt: skip
def test_a_browser_is_known_roughly(said: str, kind: str) -> None:
    assert kind_of_browser(said) == kind
