"""Finds every page and form that a person can reach by following links, one of each kind, without a table of addresses."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.tools.client import ORIGIN, Client
from tests.tools.page import Form, Page, attribute, kind_of

MOST_OF_A_KIND = 5  # pages of one kind that are opened: they may show different forms
HEAVY = re.compile(r"\.pdf$|^/(static|fonts)/")


def kind_of_address(text: str) -> str:
    """An address or a field's name without its numbers and codes: /courses/7 and /courses/8 are of one kind."""
    return re.sub(r"\b[0-9A-Z]{26}\b|\d+", "N", text)


@dataclass(frozen=True)
class Reader:
    """Somebody signed in, whose cookie stays as it is whatever is answered."""

    http: FlaskClient
    cookie: str

    @classmethod
    def of(cls, client: Client) -> "Reader":
        """The same session as a client's."""
        cookie = client.http.get_cookie("kursbuch")
        return cls(client.app.test_client(use_cookies=False), f"kursbuch={cookie.value}" if cookie else "")

    def send(self, method: str, address: str, body: bytes = b"", kind: str = "", token: str = "") -> TestResponse:
        """The bare answer. `address` and `body` go out as they are, whatever bytes they hold; the token in a header."""
        path, _, query = address.partition("?")
        return self.http.open(
            path,
            base_url=ORIGIN,
            method=method,
            query_string=query,
            data=body or None,
            content_type=kind or None,
            headers={"Cookie": self.cookie} | ({"X-CSRFToken": token} if token else {}),
        )


@dataclass(frozen=True)
class Found:
    """A form, who found it, and the endpoint that takes it."""

    reader: Reader
    form: Form
    door: str

    @property
    def address(self) -> str:
        """Where it is sent to."""
        return target(self.form)

    @property
    def kind(self) -> tuple[str, str, frozenset[str]]:
        """Forms of one kind ask the same of the same door."""
        names = {kind_of_address(attribute(control, "name")) for control in self.form.controls}
        names |= {f"{attribute(button, 'name')}={attribute(button, 'value')}" for button in self.form.buttons}
        return self.form.method, self.door, frozenset(names)


@dataclass
class Crawl:
    """What was found: one form of each kind, and one address of each kind with the parameters it was linked with, and
    the kinds that are files."""

    app: Flask
    forms: dict[tuple[str, str, frozenset[str]], Found] = field(default_factory=dict)
    addresses: dict[str, tuple[Reader, str]] = field(default_factory=dict)
    parameters: dict[str, set[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def explore(self, client: Client, *starts: str, follow: bool = True) -> None:
        """Follow the links of one person, and search for an a. What is not theirs is passed by."""
        reader = Reader.of(client)
        queue, known, opened = deque(starts), set(starts), Counter[str]()
        while queue:
            address = queue.popleft()
            answer = reader.send("GET", address)
            if answer.status_code != 200:
                continue
            path = urlsplit(address).path
            self.addresses.setdefault(kind_of_address(path), (reader, path))
            if answer.mimetype != "text/html":
                answer.close()  # or its file stays open
                self.files.add(kind_of_address(path))
                continue
            page = Page(address, 200, answer.get_data(as_text=True))
            for form in page.forms:
                found = Found(reader, form, self.door(target(form), form.method))
                self.forms.setdefault(found.kind, found)
            for kind, links in _by_kind(self._links(page)).items() if follow else ():
                if kind.partition("?")[0] in self.files:  # a file leads nowhere: one is enough
                    continue
                for link in _some(links):
                    if link not in known and opened[kind] < MOST_OF_A_KIND:
                        opened[kind] += 1
                        known.add(link)
                        queue.append(link)

    def door(self, address: str, method: str) -> str:
        """The endpoint an address leads to."""
        endpoint, _ = self.app.url_map.bind("localhost").match(urlsplit(address).path, method=method)
        return str(endpoint)

    def _links(self, page: Page) -> Iterator[str]:
        for form in page.forms:
            for control in form.controls:
                if form.method == "GET" and kind_of(control) in {"text", "search"}:
                    yield f"{urlsplit(path_of(page, form.action)).path}?{attribute(control, 'name')}=a"
        for element in page.all("a"):
            link = path_of(page, attribute(element, "href"))
            if not link or HEAVY.search(urlsplit(link).path):
                continue
            path, query = urlsplit(link).path, urlsplit(link).query
            self.parameters.setdefault(kind_of_address(path), set()).update(name for name, _ in parse_qsl(query))
            yield link


def target(form: Form) -> str:
    """Where a form is sent to."""
    return path_of(form.page, form.action)


def path_of(page: Page, link: str) -> str:
    """Where a link of a page leads on this site; empty when it leads elsewhere."""
    parts = urlsplit(urljoin(ORIGIN + page.address, link))
    if f"{parts.scheme}://{parts.netloc}" != ORIGIN:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _by_kind(links: Iterable[str]) -> dict[str, list[str]]:
    """Links of one kind ask the same page the same; whatever the answers: each figure of the statistics asks for another."""
    sorted_out: dict[str, list[str]] = {}
    for link in links:
        path, query = urlsplit(link).path, urlsplit(link).query
        names = "&".join(sorted({name for name, _ in parse_qsl(query)}))
        sorted_out.setdefault(f"{kind_of_address(path)}?{names}", []).append(link)
    return sorted_out


def _some(links: list[str]) -> list[str]:
    """The first, the one in the middle and the last: lists are sorted, and their ends differ most."""
    return [links[0], links[len(links) // 2], links[-1]]
