"""A leader's phone without a network: what was opened once opens again, takes marks, and sends them exactly once.

Real Chromium goes offline and back. The meetings used here belong to leaders whose roll calls no other test closes; what one
test marks, the next one finds, so each counts what it adds.
"""

import datetime as dt
import json
import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from demo.accounts import address
from tests.tools.browser import Visitor, axe
from tests.tools.server import Server

PIN = "739164"
SHELL = "/attendance/shell?l=de"
WIDTH, HEIGHT = 360, 740
SMALLEST_TARGET = 48  # px: one thumb, a toddler on the other arm
A_WHILE = 20_000  # ms: two cores, shared with others
# What Chromium notes when a network is away is what these tests are about.
EXPECTED = re.compile(r"net::ERR_|status of (401|403|409|503)")

# Everything a script of this origin can read on the phone, as one text; bytes as the letters they could be.
DUMP = """async () => {
    const text = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
        ? String.fromCharCode(...new Uint8Array(value.buffer ?? value))
        : value instanceof CryptoKey ? `key that ${value.extractable ? "can" : "cannot"} be read out`
        : Array.isArray(value) ? value.map(text)
        : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, text(v)])) : value;
    const found = { local: { ...localStorage }, session: { ...sessionStorage }, stores: {}, caches: {} };
    for (const { name } of await indexedDB.databases()) {
        const db = await new Promise((done) => { const open = indexedDB.open(name); open.onsuccess = () => done(open.result); });
        for (const store of db.objectStoreNames) {
            const all = db.transaction(store).objectStore(store).getAll();
            found.stores[store] = text(await new Promise((done) => { all.onsuccess = () => done(all.result); }));
        }
        db.close();
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) found.caches[request.url] = await (await cache.match(request)).text();
    }
    return found;
}"""


class Phone:
    """One phone: a browser profile of its own, offline or not, and somebody signed in."""

    def __init__(self, visitor: Visitor, email: str, *, dark: bool = False) -> None:
        self.visitor, self.email, self.server = visitor, email, visitor.server
        self.context: BrowserContext = visitor.browser.new_context(
            base_url=visitor.server.url, viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, locale="de-DE",
            color_scheme="dark" if dark else "light", reduced_motion="reduce",
        )  # fmt: skip
        self.context.set_default_timeout(A_WHILE)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: visitor.complaints.append(f"{self.page.url}: {error.stack}"))
        self.taps = 0

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not EXPECTED.search(message.text):
            self.visitor.complaints.append(f"{message.location['url']}: {message.text}")

    def sign_in(self, email: str | None = None) -> None:
        self.visitor.sign_in(self.page, email or self.email)

    def take_lists_along(self) -> None:
        """Signed in, a PIN chosen, the worker in charge, the lists here."""
        self.sign_in()
        self.page.locator("#new-pin-field").fill(PIN)
        self.tap(self.page.get_by_role("button", name="PIN speichern"))
        expect(self.page.locator("#new-pin")).to_be_hidden()
        self.wait(lambda: bool(self.stores().get("lists")))
        self.until("navigator.serviceWorker.controller !== null")
        self.until(
            "navigator.serviceWorker.getRegistrations().then(all => all.length === 2 && all.every(one => one.active))"
        )
        self.taps = 0

    def decline(self) -> None:
        self.sign_in()
        self.page.get_by_role("button", name="Nicht auf diesem Gerät").tap()

    def offline(self) -> None:
        self.context.set_offline(True)

    def online(self) -> None:
        self.context.set_offline(False)

    def unlock(self, pin: str = PIN) -> None:
        self.page.locator("#pin").fill(pin)

    def tap(self, target: Locator) -> None:
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET, f"{target} is {box['width']} × {box['height']}"
        target.tap()
        self.taps += 1

    def open_roll_call(self, number: int = 0) -> None:
        """A meeting of today, by its button."""
        self.tap(self.page.locator("main .meetings .today a.button").nth(number))
        expect(self.page.locator("form[data-live=on]")).to_be_visible()

    def rows(self) -> list[Locator]:
        return self.page.locator("li[data-row]").all()

    def mark_differently(self, row: Locator) -> str:
        """One tap on another mark than the row has; which one."""
        tone = "absent" if row.locator("label.present input").is_checked() else "present"
        self.tap(row.locator(f"label.{tone}").last)
        self.written()
        return str(row.locator("input:checked").first.get_attribute("value"))

    def written(self) -> None:
        """A tap takes some milliseconds to the disk; a person takes longer to leave the page."""
        expect(self.page.locator("form[data-writing]")).to_have_count(0)

    def marks(self) -> list[str]:
        return [str(row.locator("input:checked").first.get_attribute("value")) for row in self.rows()]

    def dump(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(DUMP)
        return found

    def stores(self) -> dict[str, list[Any]]:
        stores: dict[str, list[Any]] = self.dump()["stores"]
        return stores

    def kept_pages(self) -> set[str]:
        """What lies in Cache Storage besides scripts, styles and fonts."""
        files = re.compile("/(static|phone|fonts)/")
        return {name.removeprefix(self.server.url) for name in self.dump()["caches"] if not files.search(name)}

    def waiting(self) -> int:
        return sum(one["state"] == "waiting" for one in self.stores().get("queue", []))

    def wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + A_WHILE / 1000
        while not until():
            assert time.monotonic() < deadline, "waited in vain"
            self.page.wait_for_timeout(100)

    def until(self, script: str) -> None:
        """Until this is true in the page."""
        self.wait(lambda: bool(self.page.evaluate(script)))

    def all_sent(self) -> None:
        self.wait(lambda: self.waiting() == 0)

    def recorded(self) -> int:
        """How many events of this leader's phones the office has."""
        path = self.server.folder / "instance" / "kursbuch.sqlite3"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            (number,) = connection.execute(
                "SELECT count(*) FROM mark_event JOIN user_account ON user_account.id = author_id"
                " WHERE email = ? AND source = 'phone'",
                [self.email],
            ).fetchone()
        return int(number)


@pytest.fixture
def phone(visit: Visitor) -> Callable[..., Phone]:
    """`phone("leitung-rodgau")`: a new phone in her hand. The console is listened to, as with every visit."""
    return lambda key, **options: Phone(visit, address(key), **options)


def names_of(phone: Phone) -> set[str]:
    """Every word of every name on the leader's lists, as the office writes and as the phone shows them."""
    told = phone.page.request.get("/attendance/day?days=7").json()
    words = {word for meeting in told["meetings"] for one in meeting["roster"] for word in one["name"].split()}
    for meeting in told["meetings"]:
        page = phone.page.request.get(f"/meetings/{meeting['id']}/roll-call").text()
        words |= {
            word
            for name in re.findall(r'<p class="roll-name"><bdi>([^<]+)', page)
            for word in re.split(r"[\s,.]+", name)
        }
    return {word for word in words if len(word) > 3}


PHONE = Callable[..., Phone]


def test_twelve_people_without_a_network_in_fourteen_taps(phone: PHONE) -> None:
    one = phone("leitung-sprache")
    one.take_lists_along()
    before = one.recorded()
    one.offline()
    one.page.goto("/today")
    one.unlock()
    one.open_roll_call(1)
    rows = one.rows()[:12]
    assert len(rows) == 12
    said = [one.mark_differently(row) for row in rows]
    assert one.taps <= 14
    expect(one.page.locator("[data-unsent]")).to_have_text("12 warten")
    assert one.waiting() == 12

    one.page.reload()
    one.unlock()
    expect(one.page.locator("form[data-live=on]")).to_be_visible()
    assert one.marks()[:12] == said
    expect(one.page.locator("[data-unsent]")).to_have_text("12 warten")
    one.tap(one.page.locator(".brand"))
    expect(one.page.locator("#strip")).to_contain_text("12 Einträge warten")
    assert one.recorded() == before

    one.online()
    one.all_sent()
    assert one.recorded() == before + 12
    one.page.goto("/today")  # from the server again
    one.open_roll_call(1)
    assert one.marks()[:12] == said
    one.page.wait_for_timeout(1500)
    assert one.recorded() == before + 12


def test_online_every_tap_is_sent_by_itself(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.decline()
    one.open_roll_call()
    before = one.recorded()
    expect(one.page.get_by_role("button", name="Speichern")).to_be_hidden()
    said = [one.mark_differently(row) for row in one.rows()[:3]]
    one.all_sent()
    expect(one.page.locator("[data-unsent]")).to_have_text("gesendet")
    assert one.recorded() == before + 3
    one.page.reload()
    assert one.marks()[:3] == said
    # Again on somebody who is marked already: a correction, not a dispute.
    one.mark_differently(one.rows()[0])
    one.all_sent()
    one.page.reload()
    expect(one.page.get_by_text("Zwei Angaben widersprechen sich")).to_have_count(0)


def test_thirty_marks_survive_a_reload_a_lost_session_and_a_new_worker(phone: PHONE) -> None:
    """All that an unlucky phone meets between the flat and the office; in the end thirty marks are there, once."""
    one = phone("leitung-rodgau")
    one.take_lists_along()
    before = one.recorded()
    one.offline()
    one.page.goto("/today")
    one.unlock()
    one.open_roll_call()
    people = len(one.rows())
    for number in range(20):
        one.mark_differently(one.rows()[number % people])
    one.page.reload()
    one.unlock()
    expect(one.page.locator("form[data-live=on]")).to_be_visible()
    for number in range(10):
        one.mark_differently(one.rows()[number % people])
    one.context.clear_cookies()
    one.online()
    expect(one.page.locator("[data-why]")).to_contain_text("Anmelden")
    assert one.waiting() == 30

    # A new version of the worker: another script, taken over at once.
    for scope in ("/today", "/meetings/"):
        one.page.evaluate("scope => navigator.serviceWorker.register('/sw.js?l=en', { scope }).then(() => null)", scope)
    one.until("navigator.serviceWorker.controller.scriptURL.endsWith('l=en')")
    one.until("caches.keys().then(names => names.length === 1)")
    assert one.waiting() == 30
    one.page.reload()  # sends to the page to sign in, which says what waits
    expect(one.page.locator("#strip")).to_contain_text("30 Einträge warten")
    assert one.recorded() == before
    one.sign_in()
    one.all_sent()
    assert one.recorded() == before + 30


def test_a_server_that_is_away_keeps_everything_waiting(phone: PHONE, live: Server) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    one.open_roll_call()
    before = one.recorded()
    live.stop()
    try:
        one.mark_differently(one.rows()[2])
        one.page.wait_for_timeout(2500)
        assert one.waiting() == 1
        one.page.reload()
        expect(one.page.locator("#pin")).to_be_visible()
    finally:
        live.__enter__()
    one.page.goto("/today")
    one.all_sent()
    assert one.recorded() == before + 1


def test_a_slow_network_shows_the_phones_own_page_until_the_servers_is_there(phone: PHONE, live: Server) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    menu = one.page.get_by_text("Menü", exact=True)  # only the server's page has one
    live.pause()
    try:
        started = time.monotonic()
        one.page.goto("/today")
        expect(one.page.locator("#pin")).to_be_visible()
        assert time.monotonic() - started < 4  # patience is 0.5 s
    finally:
        live.resume()
    expect(menu).to_be_visible()

    live.pause()
    try:
        one.page.goto("/today")
        one.unlock()
        expect(one.page.locator("main .meetings").first).to_be_visible()
    finally:
        live.resume()
    expect(one.page.locator("[data-strip=reload]")).to_be_visible()  # whoever is at work here is asked
    expect(menu).to_be_hidden()
    assert one.kept_pages() == {SHELL}  # what came late is nowhere but in memory


def test_nothing_on_the_phone_names_anybody(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    one.open_roll_call()
    one.mark_differently(one.rows()[0])
    one.all_sent()
    one.offline()
    one.page.goto("/today")
    one.unlock()
    one.open_roll_call()
    one.mark_differently(one.rows()[1])
    found = json.dumps(one.dump(), ensure_ascii=False)
    one.online()
    names = names_of(one)
    assert len(names) > 10
    assert not [name for name in names if name in found]
    assert one.email not in found
    stores = one.stores()
    assert stores["lists"]
    assert "key that cannot be read out" in stores["meta"]
    assert not re.search("key that can be read out", json.dumps(stores))
    assert one.kept_pages() == {SHELL}


def test_ten_wrong_pins_take_the_names_and_leave_the_marks(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    before = one.recorded()
    one.offline()
    one.page.goto("/today")
    one.unlock()
    one.open_roll_call()
    one.mark_differently(one.rows()[0])
    one.page.reload()
    for left in range(9, 0, -1):
        one.unlock("000000")
        expect(one.page.locator("#pin-error")).to_contain_text(f"Noch {left} Versuch")
    one.unlock("000000")
    expect(one.page.locator("#pin-error")).to_contain_text("Zehnmal falsch")
    stores = one.stores()
    assert stores["lists"] == []
    assert "privateKey" not in stores["people"][0]
    assert one.waiting() == 1
    one.page.reload()
    expect(one.page.get_by_text("Auf diesem Gerät liegen keine Listen")).to_be_visible()
    one.online()
    one.all_sent()
    assert one.recorded() == before + 1


def test_after_three_days_the_names_are_gone_and_the_marks_are_sent(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    before = one.recorded()
    one.offline()
    one.page.goto("/today")
    one.unlock()
    one.open_roll_call()
    one.mark_differently(one.rows()[0])
    now = dt.datetime.now(dt.UTC)
    one.page.clock.set_fixed_time(now + dt.timedelta(hours=71))
    one.page.reload()
    expect(one.page.locator("#pin")).to_be_visible()
    one.page.clock.set_fixed_time(now)  # a clock set back does not make the list younger: it is not shown at all
    one.page.reload()
    expect(one.page.get_by_text("Die Uhr dieses Geräts wurde zurückgestellt")).to_be_visible()
    one.page.clock.set_fixed_time(now + dt.timedelta(hours=73))
    one.page.reload()
    expect(one.page.get_by_text("Die Listen sind älter als drei Tage")).to_be_visible()
    assert one.stores()["lists"] == []
    assert one.waiting() == 1
    one.page.clock.set_fixed_time(now)
    one.online()
    one.all_sent()
    assert one.recorded() == before + 1
    one.page.goto("/today")  # and the lists come back by themselves, under the same PIN
    one.wait(lambda: bool(one.stores()["lists"]))
    one.offline()
    one.page.goto("/today")
    one.unlock()
    expect(one.page.locator(".meetings .today").first).to_be_visible()


def test_a_phone_that_is_locked_empties_itself(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    one.offline()
    one.page.goto("/today")
    office = phone("leitung-rodgau")  # she takes another device to lock the lost one
    office.sign_in()
    office.page.goto("/attendance/devices")
    for _ in range(office.page.get_by_role("button", name="Sperren").count()):
        office.page.get_by_role("button", name="Sperren").first.click()
        office.page.wait_for_load_state()
    one.context.clear_cookies()  # no session is needed for this
    one.online()
    expect(one.page.get_by_text("Dieses Gerät wurde geleert")).to_be_visible()
    one.wait(lambda: not any(one.stores().values()) and one.dump()["caches"] == {})
    assert one.page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0


def test_signing_out_asks_when_something_waits_and_leaves_nothing_behind(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    one.open_roll_call()
    before = one.recorded()
    one.page.route("**/attendance/sync", lambda route: route.fulfill(status=503, headers={"Retry-After": "60"}))
    one.mark_differently(one.rows()[0])
    one.page.goto("/today")
    expect(one.page.locator("#strip")).to_contain_text("1 Eintrag wartet")
    leave = one.page.get_by_role("button", name="Abmelden", exact=True)
    dialog = one.page.locator("#leaving")
    one.tap(one.page.get_by_text("Menü", exact=True))
    one.tap(leave)
    expect(dialog).to_contain_text("1 Eintrag wartet")
    assert axe(one.page) == []
    one.tap(dialog.get_by_role("button", name="Senden und abmelden"))
    expect(dialog.get_by_text("Das Senden ging nicht.")).to_be_visible()
    one.tap(dialog.get_by_role("button", name="Angemeldet bleiben"))
    expect(dialog).to_be_hidden()
    one.tap(leave)
    one.tap(dialog.get_by_role("button", name="Trotzdem abmelden"))
    one.page.wait_for_url("**/login")
    expect(one.page.locator("#strip")).to_contain_text("1 Eintrag wartet")
    assert one.stores()["lists"] == []
    assert one.waiting() == 1
    one.page.unroute("**/attendance/sync")
    one.sign_in()
    one.all_sent()
    assert one.recorded() == before + 1

    one.page.get_by_role("button", name="Nicht auf diesem Gerät").tap()
    one.tap(one.page.get_by_text("Menü", exact=True))
    one.tap(leave)
    one.page.wait_for_url("**/login")
    found = one.dump()
    assert not any(found["stores"].values())
    assert found["caches"] == {}
    assert found["local"] == {}


def test_another_account_on_the_same_phone(phone: PHONE) -> None:
    one, other = phone("leitung-rodgau"), address("leitung-dietzenbach")
    one.take_lists_along()
    before = one.recorded()
    one.offline()
    one.page.goto("/today")
    one.unlock()
    one.open_roll_call()
    one.mark_differently(one.rows()[0])
    one.context.clear_cookies()
    one.online()
    one.page.goto("/login")
    one.sign_in(other)
    expect(one.page.locator("#strip")).to_contain_text("1 Eintrag einer anderen Anmeldung")
    assert one.stores()["lists"] == []
    one.page.get_by_role("button", name="Nicht auf diesem Gerät").tap()
    one.page.reload()
    one.page.wait_for_timeout(2500)
    assert one.waiting() == 1
    one.tap(one.page.get_by_text("Menü", exact=True))
    one.page.get_by_role("button", name="Abmelden", exact=True).tap()
    one.page.wait_for_url("**/login")
    assert one.waiting() == 1
    one.sign_in()
    one.all_sent()
    assert one.recorded() == before + 1


def test_all_the_rest_can_be_taken_back(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.decline()
    one.open_roll_call(1)
    one.tap(one.rows()[0].locator("label.notified").first)
    before = one.marks()
    assert "not_recorded" in before
    one.tap(one.page.get_by_role("button", name="Alle Übrigen anwesend"))
    after = one.marks()
    assert after == [mark if mark != "not_recorded" else "present" for mark in before]
    one.tap(one.page.get_by_role("button", name="Rückgängig"))
    assert one.marks() == before
    one.all_sent()
    one.page.reload()
    assert one.marks() == before


def test_families_without_a_network(phone: PHONE) -> None:
    one = phone("leitung-dietzenbach")
    one.take_lists_along()
    before = one.recorded()
    one.offline()
    one.page.goto("/today")
    one.unlock()
    one.open_roll_call()
    rows = one.rows()
    one.tap(rows[0].locator("label.present").first)  # mother and child in one tap
    one.tap(rows[1].locator("label.split"))
    parts = rows[1].locator("[data-when=split] fieldset")
    one.tap(parts.nth(0).locator("label.present"))
    one.tap(parts.nth(1).locator("label.notified"))
    children = rows[0].locator("[data-when=split] fieldset").count() - 1
    one.written()
    assert one.waiting() == 1 + children + 2
    one.page.reload()
    one.unlock()
    expect(one.page.locator("form[data-live=on]")).to_be_visible()
    assert one.marks()[:2] == ["together", "split"]
    assert axe(one.page) == []
    one.online()
    one.all_sent()
    assert one.recorded() == before + 1 + children + 2
    one.page.goto("/today")
    one.open_roll_call()
    assert one.marks()[:2] == ["together", "split"]


def test_one_person_at_a_time(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.decline()
    one.open_roll_call(1)
    page = one.page
    one.tap(page.get_by_role("button", name="Einzeln zeigen"))
    shown = page.locator("li[data-row]:visible")
    expect(shown).to_have_count(1)
    assert axe(page) == []
    for label in shown.locator("fieldset").first.locator("label").all():
        box = label.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET
        assert box["y"] + box["height"] <= HEIGHT, "nobody scrolls for an answer"
    place = page.locator("[data-place]")
    one.tap(page.get_by_role("button", name="Weiter"))
    number = int(place.inner_text().split()[0])
    assert number >= 2
    one.tap(page.get_by_role("button", name="Zurück"))
    expect(place).to_have_text(re.compile(f"^{number - 1} von"))

    def swipe(by: int) -> None:
        box = shown.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + 20
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + by, y + 4, steps=5)
        page.mouse.up()

    swipe(-120)
    expect(place).to_have_text(re.compile(f"^{number} von"))
    swipe(120)
    expect(place).to_have_text(re.compile(f"^{number - 1} von"))
    page.get_by_role("button", name="Weiter").focus()
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text(re.compile(f"^{number} von"))
    one.mark_differently(shown)  # a thumb that has chosen wants the next person
    expect(place).to_have_text(re.compile(f"^{number + 1} von"))
    one.all_sent()
    page.reload()
    expect(page.locator("li[data-row]:visible")).to_have_count(1)  # remembered
    one.tap(page.get_by_role("button", name="Als Liste zeigen"))
    assert page.locator("li[data-row]:visible").count() > 1


def test_what_the_office_refuses_stays_until_it_was_read(phone: PHONE) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    one.offline()
    one.page.goto("/today")
    one.unlock()
    one.open_roll_call()
    one.mark_differently(one.rows()[0])
    one.page.route(
        "**/attendance/sync",
        lambda route: route.fulfill(
            json={
                "results": [
                    {"id": event["id"], "status": "refused", "reason": "Der Termin ist abgeschlossen."}
                    for event in route.request.post_data_json["events"]
                ]
            }
        ),
    )
    one.online()
    problems = one.page.locator("#problems")
    expect(problems).to_contain_text("Der Termin ist abgeschlossen.")
    one.page.goto("/today")
    expect(problems).to_contain_text("Nr. 1")
    assert axe(one.page) == []
    one.tap(problems.get_by_role("button", name="Verstanden"))
    expect(problems).to_be_hidden()
    one.page.reload()
    expect(problems).to_be_hidden()


def test_the_office_can_switch_it_off(phone: PHONE, live: Server) -> None:
    one = phone("leitung-rodgau")
    one.take_lists_along()
    live.stop()
    live.environment["OFFLINE"] = "0"
    try:
        live.__enter__()
        one.page.goto("/today")
        one.wait(lambda: one.page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0)
        one.wait(lambda: one.dump()["caches"] == {} and one.stores()["lists"] == [])
    finally:
        live.stop()
        del live.environment["OFFLINE"]
        live.__enter__()


def test_closing_waits_until_everything_is_sent(phone: PHONE) -> None:
    one = phone("leitung-dietzenbach")
    one.decline()
    one.open_roll_call()
    page = one.page
    for row in one.rows():
        one.tap(row.locator("label.present").first)
    one.offline()
    one.tap(one.rows()[0].locator("label.notified").first)
    one.tap(page.get_by_role("button", name="Termin abschließen"))
    expect(page.locator("[data-why]")).to_contain_text("Abschließen geht erst mit Netz.")
    one.online()
    one.all_sent()
    one.tap(page.get_by_role("button", name="Termin abschließen"))
    one.tap(page.get_by_role("button", name="Ja, abschließen"))
    expect(page.get_by_text("Der Termin ist abgeschlossen.")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_every_screen_of_the_phone_is_accessible(phone: PHONE, dark: bool) -> None:
    one = phone("leitung-rodgau", dark=dark)
    page = one.page
    one.sign_in()
    expect(page.locator("#new-pin")).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.evaluate("indexedDB.databases().then(() => null)")
    page.goto("/today")
    one.page.locator("#new-pin-field").fill("123456")
    one.tap(page.get_by_role("button", name="PIN speichern"))
    expect(page.get_by_text("Diese PIN ist zu leicht zu erraten.")).to_be_visible()
    assert axe(page) == []
    page.locator("#new-pin-field").fill(PIN)
    one.tap(page.get_by_role("button", name="PIN speichern"))
    one.wait(lambda: bool(one.stores().get("lists")))
    one.until(
        "navigator.serviceWorker.getRegistrations().then(all => all.length === 2 && all.every(one => one.active))"
    )
    one.offline()
    page.goto("/today")
    assert axe(page) == []
    one.unlock("000000")
    expect(page.locator("#pin-error")).to_be_visible()
    assert axe(page) == []
    one.unlock()
    expect(page.locator(".meetings .today").first).to_be_visible()
    assert axe(page) == []
    one.open_roll_call()
    one.mark_differently(one.rows()[0])
    assert axe(page) == []
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= WIDTH
    page.goto("/meetings/1/roll-call")
    one.unlock()
    expect(page.get_by_text("Dieser Termin ist nicht auf diesem Gerät")).to_be_visible()
    assert axe(page) == []
