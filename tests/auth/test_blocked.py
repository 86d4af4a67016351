"""Whoever is blocked is out at the next click, everywhere, and nothing of it comes back with the account (security.md AU-9)."""

from dataclasses import replace

import pytest
from flask import Flask

import clock
from auth import actions
from auth.factor.actions import keep_app
from auth.models import User
from auth.rules import Role, Scope, TokenLife
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

PASSWORD = "sieben kleine Zwerge"
EMAIL = "cora@office.example"
BY_SCRIPT = {"Accept": "application/json"}


def test_every_way_in_is_shut_and_stays_shut(
    app: Flask, client: Client, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    with transaction():
        number = actions.add_user(EMAIL, "Cora", [Role.COORDINATOR, Role.LEADER], clock.now(), password=PASSWORD).id
        actions.add_user("chef@office.example", "Chef", [Role.ADMINISTRATOR], clock.now(), password=PASSWORD)
    desk, home = new_client(), new_client()
    for browser in (desk, home):
        browser.sign_in(EMAIL, PASSWORD)
    with transaction() as session:
        _, phone = actions.add_device(number, "Telefon", clock.now())
        _, program = actions.add_token(number, "Bericht", Scope.STATISTICS, TokenLife.MONTH, clock.now())
        link = actions.invite(session.get_one(User, number), clock.now())

    def opened() -> dict[str, int | bool]:
        """What answers, and how."""
        bearer = {"Authorization": f"Bearer {program}"}
        contact = app.test_client().get("/attendance/contact", headers=BY_SCRIPT | {"X-Device": phone})
        return {
            "desk": desk.http.get("/courses").status_code,
            "home": home.http.get("/courses").status_code,
            "what a script asks": home.http.get("/attendance/day", headers=BY_SCRIPT | {"X-Device": phone}).status_code,
            "program": app.test_client().get("/api/openapi.json", headers=bearer).status_code,
            "link": app.test_client().get(f"/welcome/{link}").status_code,
            "phone is emptied": contact.get_json()["wipe"],
        }

    everything = {
        "desk": 200, "home": 200, "what a script asks": 200, "program": 200, "link": 200, "phone is emptied": False,
    }  # fmt: skip
    nothing = {
        "desk": 302, "home": 302, "what a script asks": 401, "program": 401, "link": 404, "phone is emptied": True,
    }  # fmt: skip
    assert opened() == everything
    client.sign_in("chef@office.example", PASSWORD)
    client.open(f"/users/{number}")
    client.submit({"active": False})
    assert opened() == nothing
    sync = home.http.post("/attendance/sync", json={"events": []}, headers=BY_SCRIPT | {"X-Device": phone})
    assert sync.status_code == 401
    stranger = new_client()
    stranger.open("/login")
    stranger.submit({"email": EMAIL, "password": PASSWORD}, status=422)
    client.open(f"/users/{number}")
    client.submit({"active": True})
    assert opened() == nothing


def test_half_the_way_in_ends_as_well(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client: Client, transaction: TRANSACTION
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], second_factor=True))
    with transaction():
        number = actions.add_user(EMAIL, "Cora", [Role.COORDINATOR], clock.now(), password=PASSWORD).id
        keep_app(number, "A" * 32, 0, clock.now())
    client.open("/login")
    assert client.submit({"email": EMAIL, "password": PASSWORD}).address == "/second-factor"
    with transaction() as session:
        actions.block(session.get_one(User, number), number)
    assert "/login" in client.http.get("/second-factor").location
