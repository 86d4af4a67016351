"""A course leader on a phone: from Heute to a closed roll call, thumb by thumb, with and without JavaScript.

Each test closes a meeting of the demo for good, so each has a leader of its own.
"""

import re

from playwright.sync_api import Locator, Page, expect

from tests.tools.browser import Visitor

WIDTH = 360
SMALLEST_TARGET = 44  # px, for a thumb
MOST_PEOPLE, MOST_TAPS = 12, 14


class Thumb:
    """Taps, and counts."""

    def __init__(self) -> None:
        self.taps = 0

    def __call__(self, target: Locator) -> None:
        target.page.wait_for_load_state()  # what a thumb aims at has its style
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET, f"{target} is {box['width']} × {box['height']}"
        target.tap()
        self.taps += 1


def people(page: Page) -> list[Locator]:
    """The lines that can be marked."""
    return page.locator("li[data-row]").all()


def fits(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide <= WIDTH


def open_todays_meeting(page: Page, thumb: Thumb) -> None:
    """The first button of the first page leads to the roll call that is due."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Heute")
    thumb(page.locator("main a.button.primary"))
    expect(page.get_by_role("button", name="Termin abschließen")).to_be_visible()
    assert fits(page)


def test_one_tap_for_each_person_and_two_for_the_meeting(visit: Visitor) -> None:
    leader, thumb = "leitung-ra@kursbuch.example", Thumb()
    page = visit("/today", email=leader, width=WIDTH, has_touch=True)
    page.get_by_role("button", name="Nicht auf diesem Gerät").tap()  # asked once, not part of any day
    open_todays_meeting(page, thumb)
    rows = people(page)
    for row in rows:
        thumb(row.locator("label.present"))
    expect(page.locator("[data-count=here]")).to_have_text(str(len(rows)))  # the script counts along
    expect(page.locator("[data-count=open]")).to_have_text("0")
    thumb(page.get_by_role("button", name="Termin abschließen"))
    expect(page.get_by_text(f"{len(rows)} da, 0 fehlen")).to_be_visible()
    assert thumb.taps == len(rows) + MOST_TAPS - MOST_PEOPLE  # everything is stored by now
    thumb(page.get_by_role("button", name="Ja, abschließen"))
    expect(page.get_by_text("Der Termin ist abgeschlossen.")).to_be_visible()
    assert len(rows) >= MOST_PEOPLE


def test_without_javascript_the_bulk_button_leaves_what_is_there(visit: Visitor) -> None:
    leader, thumb = "leitung-il@kursbuch.example", Thumb()
    page = visit("/today", email=leader, width=WIDTH, has_touch=True, java_script_enabled=False)
    open_todays_meeting(page, thumb)
    rows = people(page)
    excused = rows[1].locator(".roll-name").inner_text()
    thumb(rows[1].locator("label.notified").first)
    thumb(rows[2].locator("label.absent").first)
    thumb(page.get_by_role("button", name="Alle Übrigen anwesend"))
    expect(page.get_by_text(f"Als anwesend ergänzt: {len(rows) - 2}.")).to_be_visible()
    expect(people(page)[1].locator("label.notified input").first).to_be_checked()
    assert people(page)[1].locator(".roll-name").inner_text() == excused
    thumb(page.get_by_role("button", name="Termin abschließen"))
    thumb(page.get_by_role("button", name="Ja, abschließen"))
    expect(page.get_by_text(re.compile(rf"{len(rows) - 2} da, 2 fehlen")).first).to_be_visible()
    expect(page.locator("li[data-row]")).to_have_count(0)  # closed: to be read, no longer to be filled in
    assert thumb.taps == 6
    assert fits(page)
    thumb(page.get_by_role("link", name="Kursbuch"))
    expect(page.locator("main a.button.primary")).to_contain_text("Anwesenheit erfassen")  # the next module of today
