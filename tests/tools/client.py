"""A person at a browser without JavaScript: opens pages, fills their own forms, follows links.

Every page it sees is held to the laws of page_laws.py, and kept for the Nu checker.
"""

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse

from tests.tools.page import Page, Pairs, Values
from tests.tools.page_laws import broken_headers, broken_laws

MOST_REDIRECTS = 5
ORIGIN = "http://localhost"

Files = dict[str, FileStorage]


class BrokenLaw(AssertionError):
    """A page that no one may be shown."""


class Client:
    """One person's browser, with cookies of its own."""

    def __init__(self, app: Flask, seen: Callable[[Page], None] | None = None) -> None:
        self.app = app
        self.http = app.test_client()
        self.seen = seen
        self.signed_in = False
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        """What is on the screen."""
        if self._page is None:
            raise AssertionError("No page is open yet: client.open(…) first")
        return self._page

    def open(self, address: str, status: int = 200) -> Page:
        """Types an address."""
        return self._show(self._request("GET", address), status)

    def click(self, text: str, status: int = 200) -> Page:
        """Follows the link with this text, or the only one that begins with it."""
        links = self.page.links
        found = {links[text]} if text in links else {to for name, to in links.items() if name.startswith(text)}
        if len(found) != 1:
            raise AssertionError(f"{len(found)} links {text!r} on {self.page.address}; there are: {list(links)}")
        return self.open(urljoin(self.page.address, found.pop()), status)

    def submit(
        self,
        values: Values | None = None,
        *,
        button: str | None = None,
        status: int = 200,
        forge: dict[str, str | list[str] | None] | None = None,
        files: Files | None = None,
    ) -> Page:
        """Fills the page's own form by field names or labels, presses the button, follows the redirect.

        `status` is that of the page that comes up in the end: 200, or 422 for the form shown again.
        `forge` replaces what is sent, past anything the form offers: None drops a field, a list doubles it.
        """
        response = self.send(values, button=button, forge=forge, files=files)
        return self._show(response, status)

    def send(
        self,
        values: Values | None = None,
        *,
        button: str | None = None,
        forge: dict[str, str | list[str] | None] | None = None,
        files: Files | None = None,
    ) -> TestResponse:
        """As submit, but hands back the bare answer: for redirects, downloads and refusals to look at."""
        form = self.page.form_for([*(values or {}), *(files or {})], button)
        pairs = forged(form.data(values or {}, button), forge or {})
        pressed = form.button(button)
        action = (pressed.get("formaction") if pressed is not None else None) or form.action
        address = urljoin(self.page.address, str(action))
        if form.method == "GET":
            return self._request("GET", urlsplit(address).path, query=pairs)
        return self._request("POST", address, data=pairs, files=files)

    def post(self, address: str, data: dict[str, str] | None = None) -> TestResponse:
        """Posts without a form, with the token of this session: for doors one should not find."""
        return self._request("POST", address, data=[("csrf_token", self.token()), *(data or {}).items()])

    def fetch(self, address: str) -> TestResponse:
        """The bare answer to an address: files, feeds, refusals, redirects."""
        return self._request("GET", address)

    def sign_in(self, email: str, password: str) -> Page:
        """Signs in by the form, and says so when it does not work."""
        self.open("/login")
        self.submit({"email": email, "password": password})
        if urlsplit(self.page.address).path == "/login":
            raise AssertionError(f"{email} could not sign in: {self.page.errors or self.page.main}")
        self.signed_in = True
        return self.page

    def sign_out(self) -> Page:
        """Presses the button that ends the session."""
        form = next((form for form in self.page.forms if urlsplit(form.action).path == "/logout"), None)
        if form is None:
            raise AssertionError(f"{self.page.address} offers no way to sign out")
        self.signed_in = False
        return self._show(self._request("POST", form.action, data=form.data({})), 200)

    def token(self) -> str:
        """The CSRF token of this session, from the page on the screen or else from the login page."""
        page = self._page if self._page is not None else self.open("/login")
        for form in page.forms:
            for name, value in form.data({}):
                if name == "csrf_token":
                    return value
        raise AssertionError(f"{page.address} has no form with a csrf_token")

    def _request(
        self,
        method: str,
        address: str,
        data: Pairs | None = None,
        query: Pairs | None = None,
        files: Files | None = None,
    ) -> TestResponse:
        body = MultiDict[str, str | FileStorage]([*(data or []), *(files or {}).items()])
        response = self.http.open(
            address,
            base_url=ORIGIN,
            method=method,
            data=body if method == "POST" else None,
            query_string=MultiDict(query) if query is not None else None,
            headers={"Sec-Fetch-Site": "same-origin"},  # what a browser sends along
        )
        complaints = broken_headers(
            dict(response.headers),
            response.headers.getlist("Set-Cookie"),
            signed_in=self.signed_in and _is_page(response),
        )
        if complaints:
            raise BrokenLaw(f"{method} {address} ({response.status_code}):\n  " + "\n  ".join(complaints))
        if _is_page(response):
            self._keep(_page_of(response, []))
        return response

    def _show(self, response: TestResponse, status: int) -> Page:
        redirects: list[str] = []
        while response.status_code in {301, 302, 303, 307, 308}:
            address = urljoin(response.request.url, response.headers["Location"])
            if not address.startswith(ORIGIN + "/"):
                raise AssertionError(f"{response.request.path} redirects to another host: {address}")
            redirects.append(address.removeprefix(ORIGIN))
            if len(redirects) > MOST_REDIRECTS:
                raise AssertionError(f"Redirects without end: {redirects}")
            response = self._request("GET", redirects[-1])
        if not _is_page(response):
            raise AssertionError(f"{response.request.path} answers {response.status} with {response.content_type}")
        self._page = _page_of(response, redirects)
        if response.status_code != status:
            told = self.page.errors or self.page.main[:600]
            raise AssertionError(f"{response.request.path} answers {response.status}, not {status}: {told}")
        return self.page

    def _keep(self, page: Page) -> None:
        complaints = broken_laws(page)
        if complaints:
            raise BrokenLaw(f"{page.address} ({page.status}):\n  " + "\n  ".join(complaints))
        if self.seen:
            self.seen(page)


def forged(pairs: Pairs, forge: dict[str, str | list[str] | None]) -> Pairs:
    """The pairs with some names replaced by what no form would send."""
    kept = [(name, value) for name, value in pairs if name not in forge]
    for name, value in forge.items():
        values = [] if value is None else [value] if isinstance(value, str) else value
        kept += [(name, one) for one in values]
    return kept


def _is_page(response: TestResponse) -> bool:
    return response.mimetype == "text/html" and not 300 <= response.status_code < 400


def _page_of(response: TestResponse, redirects: list[str]) -> Page:
    address = response.request.full_path.rstrip("?")
    return Page(address, response.status_code, response.get_data(as_text=True), redirects)
