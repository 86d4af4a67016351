"""Fixtures: the running server, a real Chromium, accessibility by axe, and pictures.

A visit fails at its end if the browser's console complained: a blocked style, a missing file, an error in a script.
"""

import io
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageOps
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, StorageState, sync_playwright

from tests.tools import machine
from tests.tools.server import Server, demo_instance, temporary_folder

DEMO_PASSWORD = "Ankommen-2003"
FRESH = 300.0  # seconds
PICTURES = machine.ROOT / "docs" / "pictures"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
COLOURS = 128
FRAME = "#c9d1dc"  # white pages on a white README end somewhere
RESOLUTION = 1.5  # of 72 dots per inch

# Colours on their way from light to dark have no contrast to be judged by.
SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    .then(() => Promise.allSettled(document.getAnimations().filter(a => a instanceof CSSTransition).map(a => a.finished)))
    .then(() => null)"""

RUN = "options => axe.run(document, options).then(result => result.violations)"
KINDS = """() => {
    const ground = one => {
        if (!one) return "";
        const {backgroundColor, backgroundImage, opacity} = getComputedStyle(one);
        const own = `${backgroundColor} ${backgroundImage} ${opacity}`;
        return backgroundColor.startsWith("rgb(") ? own : `${own} on ${ground(one.parentElement)}`;
    };
    const kind = one => {
        const {color, fontSize, fontWeight, textShadow} = getComputedStyle(one);
        const isLarge = parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);  // WCAG 1.4.3 asks less of it
        return `${color} ${isLarge} ${textShadow} on ${ground(one)}`;
    };
    const shows = one => one.matches("input, select, textarea") || [...one.childNodes].some(part => part.nodeType === 3 && part.data.trim());
    const all = [...document.body.querySelectorAll("*")].filter(one => shows(one) && one.checkVisibility({visibilityProperty: true}));
    window.kinds = Map.groupBy(all, kind);
    return [...window.kinds.keys()];
}"""
RUN_ON_KINDS = """({kinds, ...options}) =>
    axe.run({include: kinds.flatMap(kind => window.kinds.get(kind))}, options).then(result => result.violations)"""

ELEMENTS = """() => [...new Set([...document.querySelectorAll("*")].map(one => {
    const said = [...one.attributes].map(({name, value}) => ["role", "type"].includes(name) ? `${name}=${value}` : name).sort();
    return `${one.parentElement?.tagName} ${one.tagName} ${one.getAttribute("class")} ${said}`;
}))]"""

VISIT = Callable[..., Page]


@pytest.fixture(scope="session")
def live(shared_folder: Path) -> Iterator[Server]:
    """`python run.py` with demo data; one for all browser tests of a worker, so a test cleans up or does not care."""
    with temporary_folder() as folder:
        server = Server(Path(folder))
        shutil.copytree(demo_instance(shared_folder), server.instance)
        with server:
            yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The distribution's Chromium, without a window."""
    program = machine.chromium()
    if program is None:
        machine.do_without("Chromium")
    if machine.driver_library() is None:
        machine.do_without("libatomic1, for the browser's driver,")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(machine.CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Kept:
    """Who has signed in already, by e-mail address: the cookies, and since when they hold. Nobody stays signed in for long."""

    states: dict[str, tuple[StorageState, float]] = field(default_factory=dict)

    def of(self, email: str) -> StorageState | None:
        """Cookies with which every page opens, also one that asks again after ten minutes."""
        state, since = self.states.get(email, (None, 0.0))
        return state if time.monotonic() - since < FRESH else None


class Visitor:
    """Opens pages as somebody, at some width, and listens to the console."""

    def __init__(self, browser: Browser, server: Server, signed_in: Kept) -> None:
        self.browser = browser
        self.server = server
        self.signed_in = signed_in
        self.complaints: list[str] = []

    def __call__(
        self,
        address: str,
        *,
        email: str | None = None,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        locale: str = "de-DE",
        new_session: bool = False,
        **options: Any,
    ) -> Page:
        """A new browser window at `address`. `email` signs a demo login in (once for all tests, or `new_session`).

        Nothing moves, so that nothing is looked at on its way. `options` are playwright's own:
        forced_colors="active", java_script_enabled=False, reduced_motion="no-preference" …
        """
        if email and not new_session and self.signed_in.of(email) is None:
            page = self._window(email=None, locale=locale)
            self.sign_in(page, email)
            self.signed_in.states[email] = page.context.storage_state(), time.monotonic()
            page.context.close()
        page = self._window(
            email=None if new_session else email,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
            **({"reduced_motion": "reduce"} | options),
        )
        if email and new_session:
            self.sign_in(page, email)
        page.goto(address)
        return page

    def sign_in(self, page: Page, email: str) -> None:
        """By the form."""
        page.goto("/login")
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(DEMO_PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda url: urlsplit(url).path != "/login")

    def _window(self, email: str | None, **options: Any) -> Page:
        state = self.signed_in.of(email) if email else None
        context = self.browser.new_context(base_url=self.server.url, storage_state=state, **options)
        context.set_default_timeout(10_000)
        page = context.new_page()
        documents: set[str] = set()
        page.on("request", lambda request: self._look(request, documents))
        page.on("console", lambda message: self._listen(message, documents))
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        return page

    def _look(self, request: Request, documents: set[str]) -> None:
        if request.is_navigation_request():
            documents.add(request.url)
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.port != self.server.port:
            self.complaints.append(f"asks another host: {request.url}")

    def _listen(self, message: ConsoleMessage, documents: set[str]) -> None:
        # Chromium also notes when the page itself is a refusal (404, 422): that is meant.
        refused = message.text.startswith("Failed to load resource") and message.location["url"] in documents
        if message.type in {"error", "warning"} and not refused:
            self.complaints.append(f"{message.location['url']}: {message.text}")


@pytest.fixture(scope="session")
def sessions_kept() -> Kept:
    """Who has signed in already."""
    return Kept()


@pytest.fixture
def visit(chromium: Browser, live: Server, sessions_kept: Kept) -> Iterator[Visitor]:
    """`page = visit("/courses", email="leitung-ra@kursbuch.example", width=360, dark=True)`."""
    visitor = Visitor(chromium, live, sessions_kept)
    before = len(chromium.contexts)
    yield visitor
    for context in chromium.contexts[before:]:
        context.close()
    if visitor.complaints:
        pytest.fail("The browser's console complains:\n" + "\n".join(visitor.complaints), pytrace=False)


def axe(page: Page, *, colours: bool = True) -> list[str]:
    """What stands against WCAG 2.1 A and AA on the page as it is now: `assert axe(page) == []`.

    Contrast takes most of its time, so a test that looks at many pages may leave it to `axe_colours`.
    """
    page.evaluate(SETTLED)
    rules = {} if colours else {"color-contrast": {"enabled": False}}
    return _axe(page, RUN, {"runOnly": {"type": "tag", "values": WCAG}, "rules": rules})


def axe_colours(page: Page, seen: set[str]) -> list[str]:
    """What is too pale among the kinds of text that this page adds to those seen before; it adds them.

    A kind is all that contrast depends on: the computed colour and size of a text, and the grounds under it down to the first
    opaque one. Only what is visible counts, so what comes to light later is looked at then. To read it settles the page.
    """
    new = [kind for kind in page.evaluate(KINDS) if kind not in seen]
    seen.update(new)
    return (
        _axe(page, RUN_ON_KINDS, {"kinds": new, "runOnly": {"type": "rule", "values": ["color-contrast"]}})
        if new
        else []
    )


def elements(page: Page) -> set[str]:
    """The kinds of elements on a page: what each is, in what it stands, its classes, and which attributes it has."""
    return set(page.evaluate(ELEMENTS))


def _axe(page: Page, run: str, options: dict[str, Any]) -> list[str]:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(Axe().axe_script)
    violations = page.evaluate(run, {"resultTypes": ["violations"]} | options)
    return [
        f"{urlsplit(page.url).path}: {violation['id']} ({violation['help']}): {node['html']} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


class Pictures:
    """Takes pictures; keeps them under docs/pictures/ when asked to (`make pictures`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def page(self, page: Page, name: str, *, full_page: bool = False) -> Path:
        """What the browser shows."""
        shot = page.screenshot(full_page=full_page, animations="disabled", caret="hide")
        return self._write(Image.open(io.BytesIO(shot)), name)

    def document(self, pdf: bytes, name: str, number: int = 0) -> Path:
        """One page of a PDF, counted from 0."""
        document = pypdfium2.PdfDocument(pdf)
        try:
            return self._write(document[number].render(scale=RESOLUTION).to_pil(), name)
        finally:
            document.close()

    def _write(self, image: Image.Image, name: str) -> Path:
        path = self.folder / f"{name}.png"
        # A palette makes a third of the size, and no difference to the eye on pages of few colours.
        framed = ImageOps.expand(image.convert("RGB"), border=2, fill=FRAME)
        framed.quantize(COLOURS).save(path, optimize=True)
        return path


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Pictures:
    """`pictures.page(page, "roll-call")`, `pictures.document(pdf, "certificate")`."""
    return Pictures(PICTURES if request.config.getoption("pictures") else tmp_path)
