"""A browser as far as time is concerned: one kept connection, cookies, the fields of a form."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from demo.accounts import PASSWORD, address

HEADERS = {"Accept-Encoding": "gzip, deflate, br", "Sec-Fetch-Site": "same-origin"}
Fields = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took from the first byte sent to the last byte read."""

    status: int
    body: bytes
    encoding: str
    milliseconds: float
    headers: Message = field(default_factory=Message)


class Visitor:
    """Somebody at a browser."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = http.client.HTTPConnection(host, port)
        self.cookies: SimpleCookie = SimpleCookie()

    def get(self, path: str, **headers: str) -> Answer:
        """Open an address."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: Mapping[str, str | Sequence[str]], **headers: str) -> Answer:
        """Send a form; a redirect is not followed. A field may have several values."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
        return self._ask("POST", path, urlencode(fields, doseq=True), headers)

    def read(self, path: str) -> str:
        """The text of a page, uncompressed."""
        answer = self.get(path, **{"Accept-Encoding": "identity"})
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        return answer.body.decode()

    def sign_in(self, key: str) -> None:
        """As one of the demo's staff."""
        answer = self.post("/login", fields_of(self.read("/login")) | {"email": address(key), "password": PASSWORD})
        if answer.status != 302:
            raise RuntimeError(f"{key} could not sign in: {answer.status}")

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        started = time.perf_counter()
        self.connection.request(method, path, body, HEADERS | {"Cookie": cookies} | headers)
        response = self.connection.getresponse()
        content = response.read()
        milliseconds = (time.perf_counter() - started) * 1000
        for cookie in response.headers.get_all("Set-Cookie", []):
            self.cookies.load(cookie)
        return Answer(
            response.status, content, response.headers.get("Content-Encoding", ""), milliseconds, response.headers
        )


def fields_of(page: str) -> Fields:
    """The fields of all forms of a page that are filled in already: what a browser would send of them."""
    return _Fields(page).found


class _Fields(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Fields = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name, kind = given.get("name"), given.get("type")
        if tag != "input" or not name or (kind in {"radio", "checkbox"} and "checked" not in given):
            return
        self.found.setdefault(name, given.get("value") or "")
