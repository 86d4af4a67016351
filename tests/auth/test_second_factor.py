"""The second factor: an app or a printed sheet, needed by those who see or change the most, and nothing opens before it."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth import actions, letters
from auth.factor.models import Authenticator, PrintedCode
from auth.factor.rules import is_code
from auth.models import AccessToken, KnownBrowser, LoginSession, TraceEntry, User
from auth.queries import device_by_token
from auth.rules import Role, Scope, TokenLife
from tests.test_doors import TABLE
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION
from tests.tools.page import Page
from tests.tools.postbox import Postbox

PASSWORD = "sieben kleine Zwerge"
EMAIL = "cora@office.example"
MINUTE = dt.timedelta(minutes=1)
SET_CLOCK = Callable[[dt.datetime], None]


@pytest.fixture
def now(set_clock: SET_CLOCK) -> dt.datetime:
    """The clock stands still, in the middle of a code."""
    moment = dt.datetime(2026, 11, 30, 8, 0, 10, tzinfo=dt.UTC)
    set_clock(moment)
    return moment


@pytest.fixture(autouse=True)
def needed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation as it is outside the demo."""
    with monkeypatch.context() as patch:
        patch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], second_factor=True))
        yield


@pytest.fixture
def add(transaction: TRANSACTION) -> Callable[..., int]:
    """Adds an account with a password."""

    def make(email: str, *roles: Role) -> int:
        with transaction():
            return actions.add_user(email, email.partition("@")[0], roles, clock.now(), password=PASSWORD).id

    return make


def give_password(client: Client, email: str = EMAIL) -> Page:
    client.open("/login?next=/courses")
    return client.submit({"email": email, "password": PASSWORD})


def secret_on(page: Page) -> pyotp.TOTP:
    found = re.search(r'class="code">([A-Z2-7 ]{32,})<', page.html)
    assert found is not None
    return pyotp.TOTP(found[1].replace(" ", ""))


def set_up(client: Client, now: dt.datetime, email: str = EMAIL) -> tuple[pyotp.TOTP, list[str]]:
    """As somebody does on the first day; the app, and the codes to print."""
    page = give_password(client, email)
    assert page.address.startswith("/second-factor/setup")
    app = secret_on(page)
    page = client.submit({"code": app.at(now)})
    assert page.address.startswith("/second-factor/codes")
    codes = re.findall(r">([2-9a-z]{5}-[2-9a-z]{5})<", page.html)
    assert len(set(codes)) == 10
    client.signed_in = True
    return app, codes


def sign_in(client: Client, code: str, status: int = 200) -> Page:
    page = give_password(client)
    assert page.address.startswith("/second-factor?"), page.address
    return client.submit({"code": code}, status=status)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.COORDINATOR, Role.OFFICER])
def test_nothing_opens_before_it_is_set_up(
    app: Flask, client: Client, add: Callable[..., int], now: dt.datetime, role: Role
) -> None:
    add(EMAIL, role, Role.LEADER)
    give_password(client)
    for rule in app.url_map.iter_rules():
        if TABLE[rule.endpoint]:
            path = re.sub(r"<[^>]+>", "1", rule.rule)
            answer = client.http.get(path) if "GET" in (rule.methods or ()) else client.post(path)
            assert answer.status_code in {302, 401}, path
            assert answer.status_code == 401 or "/login" in answer.location, path
    client.open("/second-factor/setup")
    client.submit({"code": "000000"}, status=422)
    set_up(client, now)
    assert client.fetch("/today").status_code == 200
    assert "/login" in client.http.get("/second-factor/setup").location


def test_a_leader_may_and_then_is_asked(
    client: Client, add: Callable[..., int], now: dt.datetime, set_clock: SET_CLOCK
) -> None:
    add(EMAIL, Role.LEADER)
    client.sign_in(EMAIL, PASSWORD)
    client.open("/account")
    app = secret_on(client.click("Zweiten Faktor einrichten"))
    client.submit({"code": app.at(now)}, button="Fertig")
    client.open("/account")
    client.sign_out()
    set_clock(now + MINUTE)
    assert sign_in(client, app.at(now + MINUTE)).address == "/courses"
    client.open("/account")
    client.submit(button="Zweiten Faktor abschalten")
    client.sign_out()
    client.sign_in(EMAIL, PASSWORD)


def test_each_code_counts_once_and_only_around_its_time(
    client: Client, new_client: NEW_CLIENT, add: Callable[..., int], now: dt.datetime, set_clock: SET_CLOCK
) -> None:
    add(EMAIL, Role.COORDINATOR)
    app, _ = set_up(client, now)
    step = dt.timedelta(seconds=30)
    sign_in(new_client(), app.at(now), status=422)  # used when it was set up
    later = now + 10 * MINUTE
    set_clock(later)
    for steps in (-3, -2, 2, 3):
        sign_in(new_client(), app.at(later + steps * step), status=422)
    assert sign_in(new_client(), app.at(later - step)).address == "/courses"
    sign_in(new_client(), app.at(later - step), status=422)
    set_clock(later + 6 * MINUTE)  # the failures are forgotten
    assert sign_in(new_client(), " ".join(app.at(later + 6 * MINUTE + step))).address == "/courses"
    sign_in(new_client(), app.at(later + 6 * MINUTE), status=422)  # older than one that was used


def test_after_five_wrong_codes_nobody_listens_for_a_while(
    client: Client, new_client: NEW_CLIENT, add: Callable[..., int], now: dt.datetime, set_clock: SET_CLOCK
) -> None:
    add(EMAIL, Role.COORDINATOR)
    app, _ = set_up(client, now)
    set_clock(later := now + MINUTE)
    for number in range(5):
        sign_in(new_client(), f"{number:06}", status=422)
    page = sign_in(new_client(), app.at(later), status=429)
    assert "Zu viele falsche Codes" in page.main
    assert client.fetch("/today").status_code == 200, "Whoever is in stays in"
    set_clock(later := later + 6 * MINUTE)
    sign_in(new_client(), app.at(later))


def test_printed_codes_open_once_each_and_a_new_sheet_ends_the_old(
    client: Client, new_client: NEW_CLIENT, add: Callable[..., int], now: dt.datetime
) -> None:
    add(EMAIL, Role.COORDINATOR)
    _, codes = set_up(client, now)
    assert codes[0] not in client.open("/second-factor/codes").html
    assert sign_in(new_client(), codes[0].upper().replace("-", " ")).address == "/courses"
    sign_in(new_client(), codes[0], status=422)
    client.open("/second-factor/codes")
    new = re.findall(r">([2-9a-z]{5}-[2-9a-z]{5})<", client.submit(button="Neues Blatt machen").html)
    sign_in(new_client(), codes[1], status=422)
    for code in new[:7]:
        page = sign_in(new_client(), code)
    assert "nur noch wenige Codes" in page.html


def test_the_password_is_half_the_way_for_ten_minutes_and_for_this_account_alone(
    app: Flask, client: Client, new_client: NEW_CLIENT, add: Callable[..., int], now: dt.datetime, set_clock: SET_CLOCK,
    transaction: TRANSACTION,
) -> None:  # fmt: skip
    number = add(EMAIL, Role.COORDINATOR)
    add("olga@office.example", Role.OFFICER)
    _, codes = set_up(client, now)
    _, foreign = set_up(new_client(), now, "olga@office.example")
    sign_in(new_client(), foreign[0], status=422)
    other = new_client()
    give_password(other)
    cookie = other.http.get_cookie("kursbuch")
    assert cookie is not None
    after = other.submit({"code": codes[0]})
    assert after.address == "/courses"
    new_cookie = other.http.get_cookie("kursbuch")
    assert new_cookie is not None
    assert new_cookie.value != cookie.value
    thief = app.test_client()
    thief.set_cookie("kursbuch", cookie.value)
    assert thief.get("/today").status_code == 302
    assert thief.get("/second-factor").status_code == 200
    with transaction() as session:
        actions.set_password(session.get_one(User, number), "sieben große Zwerge")
    assert "/login" in thief.get("/second-factor").location, "The old password is still half the way"
    late = new_client()
    late.open("/login")
    late.submit({"email": EMAIL, "password": "sieben große Zwerge"})
    set_clock(now + 11 * MINUTE)
    assert "/login" in late.http.get("/second-factor").location


def test_who_gets_a_role_that_needs_it_signs_in_anew(
    client: Client, add: Callable[..., int], now: dt.datetime, transaction: TRANSACTION
) -> None:
    number = add(EMAIL, Role.LEADER)
    client.sign_in(EMAIL, PASSWORD)
    with transaction() as session:
        actions.set_roles(session.get_one(User, number), [Role.LEADER, Role.COORDINATOR])
    client.open("/courses")
    assert client.page.address.startswith("/login")
    client.signed_in = False
    set_up(client, now)


def test_the_administration_removes_a_lost_one_but_not_its_own(
    client: Client, new_client: NEW_CLIENT, add: Callable[..., int], now: dt.datetime, transaction: TRANSACTION
) -> None:
    lost, chief = add(EMAIL, Role.COORDINATOR), add("chef@office.example", Role.ADMINISTRATOR)
    victim = new_client()
    set_up(victim, now)
    set_up(client, now, "chef@office.example")
    assert client.post("/second-factor/remove").status_code == 409
    assert client.post(f"/users/{chief}/second-factor/remove").status_code == 409
    assert victim.post(f"/users/{chief}/second-factor/remove").status_code == 404
    client.open(f"/users/{lost}")
    client.submit(button="Zweiten Faktor entfernen")
    assert victim.fetch("/today").status_code == 302
    set_up(new_client(), now)
    with transaction() as session:
        line = session.scalars(sa.select(TraceEntry).where(TraceEntry.act == "second factor removed")).one()
        assert (line.actor_id, line.object_id) == (chief, str(lost))


@pytest.mark.parametrize(
    ("typed", "code"),
    [("123456", True), ("123 456", True), (" 123456 ", True), ("abcde-fghjk", True), ("ABCDE FGHJK", True), ("abcdefghjk", True),
     ("12345", False), ("1234567", False), ("abcde-fghil", False), ("", False), ("１２３４５６", False), (PASSWORD, False),
     ("Ankommen-2003", False), ("a b c d e f g h j k", False)],
)  # fmt: skip
def test_what_can_be_a_code_where_a_password_may_stand(typed: str, *, code: bool) -> None:
    assert is_code(typed) is code


def test_what_asks_again_takes_a_code_once_and_loses_nothing(
    client: Client, new_client: NEW_CLIENT, add: Callable[..., int], now: dt.datetime, set_clock: SET_CLOCK
) -> None:
    add(EMAIL, Role.ADMINISTRATOR)
    app, codes = set_up(client, now)
    client.open("/users/new")
    set_clock(later := now + 11 * MINUTE)
    page = client.submit({"name": "Lea Sommer", "email": "keine Adresse", "roles": ["leader"]}, status=422)
    assert page.h1 == "Sind Sie es noch?"
    assert "Ihr Passwort oder ein Code" in page.main
    client.submit({"proof": app.at(later - MINUTE)}, status=422)
    page = client.submit({"proof": app.at(later)}, status=422)
    assert "Das ist keine E-Mail-Adresse." in page.main, "The form itself is answered, with what was sent"
    assert "Lea Sommer" in page.html
    client.submit({"email": "lea@office.example"})
    sign_in(new_client(), app.at(later), status=422)  # used up, though nothing was stored with it
    set_clock(later := later + 11 * MINUTE)
    client.open("/users/new")
    client.submit({"proof": app.at(later - 11 * MINUTE)}, status=422)
    assert client.submit({"proof": codes[0].upper()}).address == "/users/new"
    sign_in(new_client(), codes[0], status=422)


def test_wrong_codes_are_limited_there_as_at_the_door(
    client: Client, add: Callable[..., int], now: dt.datetime, set_clock: SET_CLOCK, transaction: TRANSACTION
) -> None:
    add(EMAIL, Role.ADMINISTRATOR)
    app, _ = set_up(client, now)
    set_clock(later := now + 11 * MINUTE)
    client.open("/users/new")
    for number in range(5):
        client.submit({"proof": f"{number:06}"}, status=422)
    assert "Zu viele Versuche" in client.submit({"proof": app.at(later)}, status=422).main
    with transaction() as session:
        failed = sa.select(sa.func.count()).select_from(TraceEntry).where(TraceEntry.act == "proof failed")
        assert session.scalar(failed) == 5
    assert client.submit({"proof": PASSWORD}).address == "/users/new", "The password is counted for itself"


def test_another_password_takes_the_present_one_and_no_code(
    client: Client, add: Callable[..., int], now: dt.datetime, set_clock: SET_CLOCK
) -> None:
    add(EMAIL, Role.ADMINISTRATOR)
    app, _ = set_up(client, now)
    set_clock(later := now + MINUTE)
    client.open("/account/password")
    page = client.submit({"proof": app.at(later), "password": "acht große Riesen"}, status=422)
    assert "Das ist nicht Ihr Passwort." in page.main


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_nothing_in_the_database_opens_anything(
    client: Client, add: Callable[..., int], now: dt.datetime, transaction: TRANSACTION
) -> None:
    add(EMAIL, Role.COORDINATOR)
    app, codes = set_up(client, now)
    assert app.secret not in client.open("/account").html
    assert secret_on(client.open("/second-factor/app")).secret != app.secret
    with transaction() as session:
        assert session.scalars(sa.select(LoginSession.by_two_factors)).all() == [True]
        assert session.scalar(sa.select(sa.func.count()).select_from(PrintedCode)) == 10
        assert session.scalars(sa.select(Authenticator.secret)).one()
        file = Path(session.get_bind().engine.url.database or "")
    stored = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
    assert EMAIL.encode() in stored
    for secret in (app.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert secret.encode() not in stored


def test_the_command_line_helps_who_lost_the_only_one(
    app: Flask, client: Client, new_client: NEW_CLIENT, add: Callable[..., int], now: dt.datetime,
    transaction: TRANSACTION, postbox: Postbox,
) -> None:  # fmt: skip
    chief = add("chef@office.example", Role.ADMINISTRATOR, Role.COORDINATOR)
    add(EMAIL, Role.ADMINISTRATOR)
    colleague = new_client()
    set_up(colleague, now)
    _, codes = set_up(client, now, "chef@office.example")
    letters.wait()
    postbox.taken.clear()
    with transaction():
        _, phone = actions.add_device(chief, "Telefon", now)
        actions.add_token(chief, "Bericht", Scope.STATISTICS, TokenLife.MONTH, now)
    runner = app.test_cli_runner()
    unknown = runner.invoke(args=["auth", "remove-factors", "niemand@office.example"])
    assert unknown.exit_code == 1
    assert client.fetch("/today").status_code == 200
    done = runner.invoke(args=["auth", "remove-factors", " Chef@office.example"])
    assert done.exit_code == 0, done.output
    assert client.fetch("/today").status_code == 302
    assert colleague.fetch("/today").status_code == 200
    with transaction() as session:
        line = session.scalars(sa.select(TraceEntry).where(TraceEntry.act == "second factor removed")).one()
        assert (line.actor_id, line.object_id) == (None, str(chief))
        assert session.scalar(sa.select(KnownBrowser).where(KnownBrowser.user_id == chief)) is None
        assert session.scalars(sa.select(AccessToken.revoked_at)).one() is not None
        device = device_by_token(phone)
        assert device is not None
        assert device.revoked_at is not None
    assert "zweite Faktor Ihres Kontos" in postbox.text("chef@office.example")
    client.signed_in = False
    set_up(client, now, "chef@office.example")  # with the old password, and nothing else
    assert client.post("/second-factor", {"code": codes[0]}).status_code == 302
