"""What the server hands to a phone that wants to work without a network. The phone itself: tests/browser/test_offline.py."""

import json
import re
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from flask import Flask

from programmes.attendance.rules import Mark
from run import create_app
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.tools.client import ORIGIN, Client
from tests.tools.offices import TRANSACTION
from tests.tools.page import attribute


class Got(NamedTuple):
    """An answer that was read and closed."""

    status: int
    kept: str
    mimetype: str
    text: str


def get(client: Client, address: str) -> Got:
    """Files are sent as they lie on the disk, so the answer has to be closed."""
    with client.http.get(address, base_url=ORIGIN) as answer:
        text = answer.get_data().decode(errors="replace")
        return Got(answer.status_code, answer.headers.get("Cache-Control", ""), answer.mimetype or "", text)


def told(answer: str) -> dict[str, Any]:
    """What the server tells the worker, in its first line."""
    found: dict[str, Any] = json.loads(re.fullmatch(r"const KURSBUCH = (.*);", answer.splitlines()[0]).group(1))  # type: ignore[union-attr]
    return found


def test_the_worker_is_asked_for_anew_and_everything_it_keeps_is_there(client: Client) -> None:
    answer = get(client, "/sw.js")
    assert answer.kept == "no-cache"
    assert answer.mimetype == "text/javascript"
    keeps = told(answer.text)
    for address in (keeps["shell"], *keeps["files"]):
        assert get(client, address).status == 200, address
    for address in keeps["files"]:
        assert "immutable" in get(client, address).kept, f"{address} is not versioned"
    assert told(get(client, "/sw.js?l=en").text)["version"] != keeps["version"]


def test_the_worker_can_be_told_to_end(app: Flask) -> None:
    without = create_app(replace(app.config["SETTINGS"], offline=False))
    answer = without.test_client().get("/sw.js")
    assert told(answer.text) == {"off": True}
    assert "unregister" in answer.text


def test_modules_fit_each_other(client: Client) -> None:
    """They import each other as neighbours, so a page of another version gets them too, but does not keep them."""
    modules = [address for address in told(get(client, "/sw.js").text)["files"] if address.startswith("/phone/")]
    names = {address.rpartition("/")[2] for address in modules}
    for address in modules:
        text = get(client, address).text
        assert set(re.findall(r'(?:from|import\()\s*"\./([^"]+)"', text)) <= names
    other = get(client, "/phone/an-older-one/store.js")
    assert (other.status, other.kept) == (200, "no-cache")
    assert get(client, "/phone/x/worker.js").status == 404
    assert get(client, "/phone/x/nothing.js").status == 404


def test_the_page_a_phone_keeps_is_the_same_for_everybody(client: Client, leader: Client) -> None:
    anyone = get(client, "/attendance/shell?l=de").text
    leader.open("/today")
    assert get(leader, "/attendance/shell?l=de").text == anyone
    assert "csrf" not in anyone
    assert get(leader, "/attendance/shell?l=nonsense").text == anyone


def test_the_page_a_phone_keeps_has_a_button_for_every_mark(client: Client) -> None:
    buttons = [control for control in client.open("/attendance/shell").all("input") if control.get("data-counts")]
    assert {mark.value for mark in Mark} <= {attribute(button, "value") for button in buttons}


def test_the_manifest_names_icons_that_are_there(client: Client) -> None:
    answer = get(client, "/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    found = json.loads(answer.text)
    assert (found["start_url"], found["display"]) == ("/today", "standalone")
    assert {icon["purpose"] for icon in found["icons"]} == {"any", "maskable"}
    for icon in found["icons"]:
        image = get(client, icon["src"])
        assert (image.status, image.mimetype) == (200, icon["type"])


def test_only_a_leaders_pages_carry_what_a_phone_needs(
    twelve: Scene, leader: Client, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction():
        email = scene.coordinator().email
    assert leader.open("/today").all("body")[0].get("data-user")
    office = sign_in(email).open("/today")
    assert office.all("body")[0].get("data-user") is None
    assert not [script for script in office.all("script") if "/phone/" in attribute(script, "src")]


def test_a_roll_call_sends_itself_for_its_leaders(
    twelve: Scene, leader: Client, transaction: TRANSACTION, sign_in: SIGN_IN
) -> None:
    with transaction():
        email = scene.coordinator().email
    meeting = [form.get("data-meeting") for form in leader.open(twelve.page).all("form")]
    assert str(twelve.meeting) in meeting
    assert not any(form.get("data-meeting") for form in sign_in(email).open(twelve.page).all("form"))


def test_what_one_person_recorded_is_not_stored_for_another(leader: Client) -> None:
    day = json.loads(get(leader, "/attendance/day").text)

    def sync(claimed: object) -> int:
        headers = {"X-CSRFToken": day["csrf_token"], "X-User": str(claimed)}
        return leader.http.post("/attendance/sync", base_url=ORIGIN, json={"events": []}, headers=headers).status_code

    assert (sync(day["user"]), sync(day["user"] + 1), sync("nobody")) == (200, 409, 409)


@pytest.mark.parametrize(("field", "expected"), [({}, '"cache"'), ({"empty": "1"}, '"cache", "storage"')])
def test_signing_out_clears_the_storage_only_when_the_page_says_that_nothing_waits(
    leader: Client, field: dict[str, str], expected: str
) -> None:
    answer = leader.http.post("/logout", base_url=ORIGIN, data={"csrf_token": leader.token()} | field)
    assert answer.headers["Clear-Site-Data"] == expected
