"""A passkey as the second factor, made and used in a real browser by a virtual key, and refused where it must be."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

import clock
from auth import actions
from auth.factor.models import Authenticator, Passkey
from auth.rules import Role
from tests.tools.browser import axe
from tests.tools.cluster import free_port
from tests.tools.offices import TRANSACTION

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("database_kind", ["sqlite"]),
    # Files that are compressed on their way are closed when they are forgotten; here that is in the test's own process.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
EMAIL, PASSWORD = "cora@office.example", "sieben kleine Zwerge"


@pytest.fixture
def address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An installation as it is outside the demo, on this machine: passkeys belong to a name, so not to 127.0.0.1."""
    port = free_port()
    url = f"http://localhost:{port}"
    server = make_server("127.0.0.1", port, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with monkeypatch.context() as patch:
        patch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], second_factor=True, public_url=url))
        yield url
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A window of a machine that has a key."""
    context = new_context(chromium, address)
    page = context.new_page()
    page.set_default_timeout(10_000)
    with_key(page)
    yield page
    context.close()


def new_context(chromium: Browser, address: str) -> BrowserContext:
    """Without our typeface, which this office would have to cut first."""
    context = chromium.new_context(base_url=address)
    context.route("**/fonts/**", lambda route: route.abort())
    return context


def with_key(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options | {"automaticPresenceSimulation": True}})


def give_password(page: Page) -> None:
    page.goto("/login")
    page.locator("[name=email]").fill(EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/second-factor**")


def test_it_is_made_once_and_opens_from_then_on(
    page: Page, chromium: Browser, address: str, transaction: TRANSACTION, set_clock: Callable[[dt.datetime], None]
) -> None:
    with transaction():
        actions.add_user(EMAIL, "Cora Berg", [Role.COORDINATOR], clock.now(), password=PASSWORD)
    give_password(page)
    make = page.get_by_role("button", name="Passkey anlegen")
    expect(make).to_be_visible()
    assert axe(page) == []
    make.click()
    page.wait_for_url("**/second-factor/codes**")
    page.goto("/account")
    expect(page.locator("main")).to_contain_text("Passkey, angelegt mit")
    assert axe(page) == []
    page.get_by_role("button", name="Passkey entfernen").click()  # the last one, in a role that needs it
    expect(page.locator("main")).to_contain_text("Sie können ihn nur ersetzen.")
    page.goto("/account")
    page.get_by_role("button", name="Abmelden").click()
    give_password(page)
    use = page.get_by_role("button", name="Passkey benutzen")
    expect(use).to_be_visible()
    assert axe(page) == []
    with page.expect_request(lambda sent: sent.method == "POST") as sent:
        use.click()
    page.wait_for_url("**/today")
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Authenticator)) == 0
        assert session.scalars(sa.select(Passkey.used_at)).one() is not None

    page.goto("/second-factor/codes")
    set_clock(clock.now() + dt.timedelta(minutes=11))
    page.get_by_role("button", name="Neues Blatt machen").click()
    expect(page.locator("h1")).to_have_text("Sind Sie es noch?")
    assert axe(page) == []
    page.get_by_role("button", name="Passkey benutzen").click()
    expect(page.locator("main li .code")).to_have_count(10)

    other = new_context(chromium, address)  # another machine, whose key is not known, and what was once signed
    stranger = other.new_page()
    with_key(stranger)
    give_password(stranger)
    stranger.get_by_role("button", name="Passkey benutzen").click()
    expect(stranger.get_by_text("Der Browser hat keinen Passkey geliefert.")).to_be_visible(timeout=70_000)
    [credential] = parse_qs(sent.value.post_data or "")["credential"]
    stranger.evaluate("answer => document.querySelector('[name=credential]').value = answer", credential)
    stranger.get_by_role("button", name="Passkey benutzen").click()
    expect(stranger.locator("#error-summary")).to_contain_text("Dieser Passkey passt nicht zu Ihrem Konto.")
    stranger.goto("/today")
    assert urlsplit(stranger.url).path == "/login"
    other.close()
