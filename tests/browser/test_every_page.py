"""Every page of every role in a real browser: WCAG 2.1 AA by axe, at 360 and 1280 px, light and dark, and nothing cut off.

The pages are found by following links from each role's first page; one page of each address pattern is looked at. axe looks at
a page that has a new pattern or a kind of element not seen before; contrast is measured on all pages, once for each pair of a
text's colours, in each width and scheme.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from demo.accounts import STAFF
from tests.tools.browser import Visitor, axe, axe_colours, elements

ROLES = (
    "verwaltung", "koordination-ra", "koordination-mkg", "koordination-il", "koordination-dreieich", "leitung-ra",
    "leitung-mkg-1", "leitung-il", "datenschutz", "auswertung",
)  # fmt: skip
NARROW, WIDE = 360, 1280
LOOKS = ((NARROW, False), (NARROW, True), (WIDE, False), (WIDE, True))
LOOKS_AGAIN = ((NARROW, False), (WIDE, True))  # at a page without anything new
MOST_PAGES = 100
NO_PAGE = re.compile(r"\.(pdf|csv|xlsx|zip|jwt|pem|json)$|^/(static|fonts)/")


def pattern(path: str) -> str:
    """An address without its numbers: /courses/7 and /courses/8 are one kind of page."""
    return re.sub(r"/\d+(?=/|$)", "/N", path)


def links(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    paths = [urlsplit(address).path for address in found if urlsplit(address).netloc == urlsplit(page.url).netloc]
    return [path for path in paths if not NO_PAGE.search(path)]


def cut_off(page: Page) -> bool:
    """Whether the page itself scrolls sideways; tables that do so scroll within their own region."""
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
    return wider


@dataclass
class Seen:
    """What this worker has looked at: addresses, kinds of elements, and kinds of text by width and scheme."""

    addresses: set[str] = field(default_factory=set)
    elements: set[str] = field(default_factory=set)
    kinds: dict[tuple[int, bool], set[str]] = field(default_factory=lambda: {look: set() for look in LOOKS})


@pytest.fixture(scope="session")
def seen_before() -> Seen:
    """For all roles together."""
    return Seen()


def look(page: Page, seen_before: Seen) -> list[str]:
    """What is wrong with a page. In the dark only colours change."""
    complaints: list[str] = []
    address, kinds = pattern(urlsplit(page.url).path), elements(page)
    is_new = address not in seen_before.addresses or not kinds <= seen_before.elements
    seen_before.addresses.add(address)
    seen_before.elements |= kinds
    for width, dark in LOOKS if is_new else LOOKS_AGAIN:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if dark else "light")
        told = axe_colours(page, seen_before.kinds[width, dark])
        if is_new and not dark:
            told += axe(page, colours=False)
        complaints += [f"{width} px, {'dark' if dark else 'light'}: {text}" for text in told]
        if cut_off(page):
            complaints.append(f"{width} px: {urlsplit(page.url).path} scrolls sideways")
    return complaints


@pytest.mark.parametrize("key", ROLES)
def test_every_page_of_a_role(visit: Visitor, seen_before: Seen, key: str) -> None:
    email = next(account.email for account in STAFF if account.key == key)
    page = visit("/today", email=email)
    queue, known, seen = deque([page.url]), {pattern("/today")}, 0
    complaints: list[str] = []
    while queue:
        page.goto(queue.popleft())
        seen += 1
        for path in links(page):
            if pattern(path) not in known:
                known.add(pattern(path))
                queue.append(path)
        complaints += look(page, seen_before)
    assert not complaints, "\n".join(sorted(set(complaints)))
    assert 3 <= seen <= MOST_PAGES


@pytest.mark.parametrize(
    "path", ["/login", "/accessibility", "/verify", "/verify/XXXX-NOT-A-CODE", "/no-such-page", "/welcome/unknown"]
)
def test_public_pages(visit: Visitor, seen_before: Seen, path: str) -> None:
    assert look(visit(path), seen_before) == []


def test_pages_in_english_too(visit: Visitor) -> None:
    page = visit("/today", email="koordination-ra@kursbuch.example", width=360, new_session=True)
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert axe(page) == []
