"""Passwords: which are refused, how one's own is changed, what happens when it is forgotten, and when guessing is stopped."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth import actions, letters
from auth.guessing import is_easy
from auth.models import Invitation, TraceEntry, User
from auth.rules import FAILURES_FROM_ONE_ADDRESS, Role
from tests.tools.client import Client
from tests.tools.offices import COUNTING, NEW_CLIENT, TRANSACTION
from tests.tools.postbox import Postbox
from wording import Refused

PASSWORD = "sieben kleine Zwerge"
ANOTHER = "acht große Riesen"
EMAIL = "lea.sommerfeld@office.example"
MINUTE = dt.timedelta(minutes=1)
SET_CLOCK = Callable[[dt.datetime], None]


@pytest.fixture
def lea(transaction: TRANSACTION) -> int:
    with transaction():
        return actions.add_user(EMAIL, "Lea Sommerfeld", [Role.LEADER], clock.now(), password=PASSWORD).id


@pytest.mark.parametrize(
    ("password", "easy"),
    [
        ("password1234", True), ("123456789012", True), ("qwertzuiop12", True), ("iloveyou1234", True), ("Sommer2026!!", True),
        ("integration123", True), ("Kursbuch-12345", True), ("OffenbachamMain", True), ("Ankommen-2003", True),
        ("Lea-Sommerfeld", True), ("P@ssw0rd123456", True), ("Rodgau2026!!!", True),
        ("zwölf Zeiche", False), ("korrektes Pferd 🐎 Batterie", False), (PASSWORD, False), ("Äpfel, Birnen, Zwetschgen", False),
        ("correct horse battery staple", False), ("لا أحد يعرف هذا", False), ("x" * 3 + "aB3$" * 60, True),
    ],
)  # fmt: skip
def test_what_is_guessed_easily(password: str, *, easy: bool) -> None:
    assert is_easy(password, ["Lea", "Sommerfeld"]) is easy


def test_a_long_password_is_needed_exactly(client: Client, lea: int, transaction: TRANSACTION) -> None:
    long = ("Grüße 🐎 " + "Kaffee am Montag, ")[:26] * 5
    assert len(long) >= 128
    with transaction() as session:
        actions.set_password(session.get_one(User, lea), long)
    client.open("/login")
    client.submit({"email": EMAIL, "password": long[:-1] + "x"}, status=422)
    client.submit({"email": EMAIL, "password": long[:-1]}, status=422)
    client.sign_in(EMAIL, long)


def test_ones_own_is_changed_by_who_knows_it(
    client: Client, new_client: NEW_CLIENT, lea: int, postbox: Postbox
) -> None:
    other = new_client()
    other.sign_in(EMAIL, PASSWORD)
    client.sign_in(EMAIL, PASSWORD)
    client.open("/account/password")
    client.submit({"proof": "falsch", "password": ANOTHER}, status=422)
    for refused in ("kurz", "Sommerfeld2026", "integration123"):
        assert client.submit({"proof": PASSWORD, "password": refused}, status=422).errors, refused
    assert other.fetch("/today").status_code == 200
    assert client.submit({"proof": PASSWORD, "password": ANOTHER}).address == "/account"
    assert other.fetch("/today").status_code == 302
    assert client.fetch("/today").status_code == 200
    told = postbox.text(EMAIL)
    assert "Passwort Ihres Kontos" in told
    assert "http" not in told
    assert ANOTHER not in told
    other.signed_in = False
    other.sign_in(EMAIL, ANOTHER)


def forget(client: Client, address: str) -> tuple[int, str]:
    client.open("/forgotten")
    answer = client.send({"email": address})
    page = client.open(answer.location)
    return answer.status_code, re.sub(r"\s+", " ", page.main)


def link_in(text: str) -> str:
    found = re.search(r"https://kursbuch\.kreis\.example(/welcome/[\w-]{43})\s", text)
    assert found is not None, text
    return found[1]


def test_a_forgotten_one_is_replaced_by_a_link_that_opens_once(
    client: Client, new_client: NEW_CLIENT, lea: int, postbox: Postbox
) -> None:
    assert forget(client, EMAIL.upper())[0] == 302
    older = link_in(postbox.text(EMAIL))
    forget(client, EMAIL)
    link = link_in(postbox.text(EMAIL))
    client.open(older, status=404)
    signed_in = new_client()
    signed_in.sign_in(EMAIL, PASSWORD)
    for _ in range(3):  # mail programs fetch links
        client.open(link)
    client.submit({"password": "integration123"}, status=422)
    client.submit({"password": ANOTHER})
    assert signed_in.fetch("/today").status_code == 302
    client.open(link, status=404)
    assert "geändert" in postbox.text(EMAIL)
    client.sign_in(EMAIL, ANOTHER)


def test_a_link_lasts_an_hour_and_ends_no_invitation(
    client: Client, lea: int, postbox: Postbox, set_clock: SET_CLOCK, transaction: TRANSACTION
) -> None:
    now = clock.now()
    set_clock(now)
    with transaction() as session:
        invitation = actions.invite(session.get_one(User, lea), now)
    forget(client, EMAIL)
    link = link_in(postbox.text(EMAIL))
    set_clock(now + 59 * MINUTE)
    client.open(link)
    set_clock(now + 61 * MINUTE)
    client.open(link, status=404)
    client.open(f"/welcome/{invitation}")
    client.submit({"password": ANOTHER})
    with transaction() as session:
        unused = sa.select(sa.func.count()).select_from(Invitation).where(Invitation.used_at.is_(None))
        assert session.scalar(unused) == 0, "The other link still opens"
        assert postbox.text(EMAIL)


def test_asking_tells_nothing_and_is_limited(
    client: Client, lea: int, postbox: Postbox, transaction: TRANSACTION, counting: COUNTING
) -> None:
    told = []
    for address in (EMAIL, "niemand@office.example"):
        client.open("/forgotten")
        with counting() as statements:
            answer = client.send({"email": address})
            letters.wait()
        own = [one for one in statements if "invitation" not in one.lower() and "user_account" not in one.lower()]
        told.append((answer.status_code, answer.location, len(answer.data), own))
    assert told[0] == told[1]
    for _ in range(6):
        assert forget(client, EMAIL) == forget(client, "niemand@office.example")
    letters.wait()
    assert len(postbox.taken) == 5
    with transaction() as session:
        line = session.scalars(sa.select(TraceEntry).where(TraceEntry.act == "reset asked for")).first()
        assert line is not None
        assert line.actor_id is None


def test_without_a_mail_server_the_page_says_whom_to_ask(client: Client, lea: int) -> None:
    client.open("/login")
    assert "macht Ihnen einen Link" in client.click("Passwort vergessen").main
    assert client.post("/forgotten", {"email": EMAIL}).status_code == 200


def test_guessing_at_many_accounts_from_one_address_is_stopped_whatever_it_says_of_itself(
    app: Flask, client: Client, new_client: NEW_CLIENT, lea: int, set_clock: SET_CLOCK
) -> None:
    """Nobody is fooled by X-Forwarded-For, as no proxy is trusted here; and who sits elsewhere is not shut out."""
    now = clock.now()
    set_clock(now)
    client.open("/login")
    token = client.token()

    def guess(number: int, password: str, peer: str = "203.0.113.7", address: str | None = None) -> int:
        data = {"csrf_token": token, "email": address or f"{number}@office.example", "password": password}
        forged = {
            "X-Forwarded-For": f"198.51.100.{number}",
            "X-Real-IP": f"198.51.100.{number}",
            "Forwarded": f"for=10.0.0.{number}",
        }
        return client.http.post(
            "/login", data=data, headers=forged, environ_overrides={"REMOTE_ADDR": peer}
        ).status_code

    for number in range(FAILURES_FROM_ONE_ADDRESS):
        assert guess(number, "falsch") == 422
    assert guess(101, "falsch") == 429
    assert guess(102, PASSWORD, address=EMAIL) == 429
    assert guess(103, "falsch", peer="203.0.113.8") == 422
    set_clock(now + 16 * MINUTE)
    assert guess(104, "falsch") == 422
    set_clock(now)
    assert guess(105, PASSWORD, peer="203.0.113.8", address=EMAIL) == 302


def test_ones_own_name_is_no_password(app: Flask, lea: int, transaction: TRANSACTION) -> None:
    with transaction() as session, pytest.raises(Refused):
        actions.set_password(session.get_one(User, lea), "lea.sommerfeld1")
