"""A session that ends while somebody types: a warning in time, one click to stay, and nothing typed is lost."""

from playwright.sync_api import Page, Route, expect

from tests.tools.browser import DEMO_PASSWORD, Visitor, axe

LEADER = "leitung-sprache@kursbuch.example"
TYPED = "acht große Riesen"


def soon_over(route: Route) -> None:
    """What the server says two minutes before the end, which no test waits for."""
    if route.request.method != "GET":
        route.continue_()
        return
    real = route.fetch()
    route.fulfill(response=real, json=real.json() | {"seconds": 120})


def test_the_warning_and_one_key_to_stay(visit: Visitor) -> None:
    page = visit("/account/password", email=LEADER, new_session=True)
    page.clock.install()
    page.reload()
    page.route("**/account/session", soon_over)
    with page.expect_response(lambda answer: answer.request.method == "POST"):  # whoever types is there
        page.locator("#password").fill(TYPED)
        page.clock.fast_forward("01:30")
    page.clock.fast_forward("26:00")
    expect(page.locator("#session")).to_be_hidden()
    page.clock.fast_forward("01:45")
    expect(page.get_by_role("alertdialog", name="Sind Sie noch da?")).to_be_visible()
    expect(page.get_by_role("button", name="Angemeldet bleiben")).to_be_focused()
    assert axe(page) == []
    with page.expect_response(lambda answer: answer.request.method == "POST") as extended:
        page.keyboard.press("Enter")
    assert extended.value.status == 302
    expect(page.locator("#session")).to_be_hidden()
    expect(page.locator("#password")).to_have_value(TYPED)


def sign_in_beside(page: Page, visit: Visitor) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Anmelden (neues Fenster)").click()
    visit.sign_in(opened.value, LEADER)
    opened.value.close()


def test_what_was_typed_is_covered_and_comes_back(visit: Visitor) -> None:
    page = visit("/account/password", email=LEADER, new_session=True)
    page.clock.install()
    page.reload()
    page.locator("#password").fill(TYPED)
    page.context.clear_cookies()
    page.clock.fast_forward("31:00")
    expect(page.get_by_role("alertdialog")).to_contain_text("Sie sind abgemeldet")
    expect(page.locator("main")).to_be_hidden()
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    sign_in_beside(page, visit)
    again = page.get_by_role("button", name="Ich bin wieder angemeldet")
    if again.is_visible():  # coming back to the window is enough where it was out of sight
        again.click()
    expect(page.locator("#password")).to_have_value(TYPED)
    page.locator("#proof").fill(DEMO_PASSWORD + "x")
    page.locator("main form button").click()
    expect(page.locator("#error-summary")).to_contain_text(
        "Das ist nicht Ihr Passwort."
    )  # the new session took the form
    assert {text.partition(": ")[2][:23] for text in visit.complaints} <= {"Failed to load resource"}, visit.complaints
    visit.complaints.clear()  # that the session is over is an answer the browser notes
