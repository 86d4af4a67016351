"""With a token a program asks in somebody's name: at the doors labelled for it, as long as it and its owner's right last."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

import clock
from auth import actions, guard
from auth.models import AccessToken, TraceEntry, User
from auth.queries import digest
from auth.rules import FAILURES_ALLOWED, Role, Scope, TokenLife
from tests.test_doors import FOR_PROGRAMS
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

PASSWORD = "sieben kleine Zwerge"
EMAIL = "eva@office.example"
DOOR = "/api/statistics"
REFUSED = 'Bearer realm="Kursbuch API", error=invalid_token'


@pytest.fixture
def new_token(transaction: TRANSACTION) -> Callable[[], str]:
    """Makes tokens of an evaluator, who has an account from the first one on."""

    def make() -> str:
        with transaction() as session:
            owner = session.scalars(sa.select(User).where(User.email == EMAIL)).first()
            owner = owner or actions.add_user(EMAIL, "Eva L.", [Role.EVALUATOR], clock.now(), password=PASSWORD)
            return actions.add_token(owner.id, "Bericht", Scope.STATISTICS, TokenLife.MONTH, clock.now())[1]

    return make


def ask(app: Flask, token: str, address: str = DOOR, method: str = "GET", cookie: str = "") -> TestResponse:
    """As a program does; with the cookie of a browser if wanted."""
    headers = {"Authorization": f"Bearer {token}"} | ({"Cookie": f"kursbuch={cookie}"} if cookie else {})
    return app.test_client(use_cookies=False).open(address, method=method, headers=headers)


def refused(answer: TestResponse) -> bool:
    return (answer.status_code, answer.headers.get("WWW-Authenticate"), answer.is_json) == (401, REFUSED, True)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_new_token_is_shown_once_and_kept_as_a_hash(
    client: Client, app: Flask, new_token: Callable[[], str], transaction: TRANSACTION
) -> None:
    new_token()
    client.sign_in(EMAIL, PASSWORD)
    client.open("/tokens")
    client.submit({"name": " "}, button="Schlüssel machen", status=422)
    shown = client.submit({"name": "Quartalsbericht", "life": "365"}, button="Schlüssel machen").html
    [secret] = re.findall(r"kursbuch_[\w-]{43}", shown.replace("<wbr>", ""))
    assert ask(app, secret).status_code == 200
    assert secret[-12:] not in client.open("/tokens").html
    with transaction() as session:
        kept = session.scalars(sa.select(AccessToken).where(AccessToken.name == "Quartalsbericht")).one()
        assert kept.used_on == clock.today()
        assert kept.expires_at - kept.created_at == dt.timedelta(days=365)
        assert "token made" in session.scalars(sa.select(TraceEntry.act)).all()
        file, prefix, token_hash = Path(session.get_bind().engine.url.database or ""), kept.prefix, kept.token_hash
    stored = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
    assert token_hash.encode() in stored
    assert prefix.encode() in stored
    assert secret[len(prefix) :].encode() not in stored


def test_what_is_no_token_that_holds_is_refused(
    app: Flask, new_token: Callable[[], str], set_clock: Callable[[dt.datetime], None]
) -> None:
    token = new_token()
    assert ask(app, token).status_code == 200
    for wrong in (token[:-1], token.upper(), "", "x" * 5000, "a=b", f'"{token}"', "\xe4"):
        assert refused(ask(app, wrong)), wrong[:60]
    set_clock(clock.now() + dt.timedelta(days=30, minutes=1))
    assert refused(ask(app, token))
    nothing = app.test_client().get(DOOR)
    assert (nothing.status_code, nothing.headers["WWW-Authenticate"]) == (401, 'Bearer realm="Kursbuch API"')


def test_its_owner_ends_it_and_nobody_else_does(
    app: Flask, client: Client, new_token: Callable[[], str], transaction: TRANSACTION
) -> None:
    token = new_token()
    with transaction() as session:
        actions.add_user("rita@office.example", "Rita A.", [Role.COORDINATOR], clock.now(), password=PASSWORD)
        door = f"/tokens/{session.scalars(sa.select(AccessToken.id)).one()}/revoke"
    client.sign_in("rita@office.example", PASSWORD)
    assert client.post(door).status_code == 404
    assert ask(app, token).status_code == 200
    client.sign_out()
    client.sign_in(EMAIL, PASSWORD)
    assert client.post(door).status_code == 302
    assert refused(ask(app, token))
    assert "beendet" in client.open("/tokens").main


def test_it_is_worth_what_its_owner_is_today(
    app: Flask, new_token: Callable[[], str], transaction: TRANSACTION
) -> None:
    token = new_token()

    def change(roles: set[Role], *, active: bool = True) -> None:
        with transaction() as session:
            owner = session.scalars(sa.select(User).where(User.email == EMAIL)).one()
            actions.change_user(owner, 0, name="Eva", qualification=None, roles=frozenset(roles), active=active)

    change({Role.LEADER, Role.OFFICER})
    assert ask(app, token).status_code == 403
    change({Role.EVALUATOR, Role.OFFICER})
    assert ask(app, token).status_code == 200
    change({Role.EVALUATOR}, active=False)
    assert refused(ask(app, token))
    change({Role.EVALUATOR})
    assert refused(ask(app, token)), "It comes to life again with the account"
    token = new_token()
    with transaction() as session:
        actions.set_password(session.scalars(sa.select(User).where(User.email == EMAIL)).one(), PASSWORD)
    assert refused(ask(app, token)), "Whoever knew the old password keeps a token"


def test_it_opens_no_other_door(
    app: Flask, client: Client, new_token: Callable[[], str], transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even with the cookie of somebody for whom it opens, and none that everybody may open."""
    token = new_token()
    with transaction():
        actions.add_user("chef@office.example", "Chef", list(Role), clock.now(), password=PASSWORD)
    client.sign_in("chef@office.example", PASSWORD)
    kept = client.http.get_cookie("kursbuch")
    assert kept is not None
    knocked = 0
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "HEAD", "POST", "OPTIONS"}):
            if rule.endpoint in FOR_PROGRAMS:
                continue
            answer = ask(app, token, address, method, kept.value)
            assert answer.status_code == 404, f"{method} {rule.rule}"
            assert answer.is_json, f"{method} {rule.rule}"
            assert "Set-Cookie" not in answer.headers, f"{method} {rule.rule}"
            knocked += 1
    assert knocked > 200
    for endpoint in FOR_PROGRAMS:
        monkeypatch.setattr(app.view_functions[endpoint], guard.TOKEN_LABEL, "another scope")
    assert refused(ask(app, token)), "A token of one scope opens a door of another"
    assert refused(ask(app, token, cookie=kept.value)), "The cookie counts where the token does not"
    client.signed_in = False
    assert client.fetch("/tokens").status_code == 200, "A program's request ended the browser's session"


def test_wrong_ones_are_counted_and_shut_nobody_else_out(
    app: Flask, new_token: Callable[[], str], transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]
) -> None:
    set_clock(clock.now())
    for number in range(FAILURES_ALLOWED):
        assert refused(ask(app, f"kursbuch_{number}"))
    answer = ask(app, "kursbuch_x")
    assert (answer.status_code, answer.headers["Retry-After"], answer.is_json) == (429, "60", True)
    assert ask(app, new_token()).status_code == 200
    with transaction() as session:
        lines = session.scalars(sa.select(TraceEntry.subject_hash).where(TraceEntry.act == "token refused")).all()
    assert len(lines) == FAILURES_ALLOWED
    assert digest("kursbuch_1") not in lines
