"""English is the second language: complete, with the same placeholders, and with no German left on its pages."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin

import pytest
import sqlalchemy as sa
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

from database import db
from demo.accounts import PASSWORD, address
from tests.tools.client import Client
from tests.tools.machine import ROOT
from tests.tools.offices import Offices
from tests.tools.page import Page, attribute, tidy
from translations import LANGUAGES

FOR_PEOPLE = "P_"
ENGLISH = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|\{\w*\}")
EDGES = re.compile(r"^\s+|\s+$")
TOLD = ("aria-label", "alt", "placeholder", "title", "data-label", "content")  # attributes that somebody reads or hears
PUNCTUATION = " .,:;()·–"
LONG = 12  # letters from which a German text cannot be an accident inside of another one
Id = str | tuple[str, ...]
LOGINS = (
    "leitung-ra",
    "leitung-mkg-1",
    "koordination-ra",
    "koordination-mkg",
    "koordination-il",
    "verwaltung",
    "datenschutz",
    "auswertung",
)
STARTS = (
    "/today",
    "/statistics?first=2003-01-01&last=2003-12-31&by=month&disclose=y",
    "/verify/NOBODYS-CODE",
    "/nowhere",
)
OF_EACH_KIND = 2  # pages that differ only in a number: /courses/7 and /courses/8


def collected(commands: Iterable[str]) -> set[Id]:
    """The German texts of the sources under these keywords, collected as `make translations` does it."""
    keywords = parse_keywords(commands)
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(ROOT, methods, options, keywords, comment_tags=())
    return {text for _, _, text, _, _ in found}


def keywords_of_the_makefile() -> set[str]:
    return set(re.findall(r"-k (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def sources() -> set[Id]:
    """What the pages of the office say."""
    return collected(keywords_of_the_makefile() - {FOR_PEOPLE})


@pytest.fixture(scope="module")
def for_people() -> set[Id]:
    """What participants read in languages of their own."""
    return collected({FOR_PEOPLE} & keywords_of_the_makefile())


@pytest.fixture(scope="module")
def english() -> Catalog:
    """The English catalogue as it is kept."""
    with ENGLISH.open("rb") as po:
        return read_po(po, locale="en")


def messages(catalogue: Catalog) -> list[Message]:
    """Its entries, without the header."""
    return [message for message in catalogue if message.id]


def forms(message: Message) -> list[tuple[str, str]]:
    """German and English, for singular and plural."""
    german, translated = (
        [text] if isinstance(text, str) else list(text or ()) for text in (message.id, message.string)
    )
    return list(zip(german, translated, strict=True))


def listed(texts: Iterable[object]) -> str:
    """For the failure: one a line."""
    return "\n  ".join(sorted(map(str, texts)))


def test_english_is_complete(sources: set[Id], english: Catalog) -> None:
    assert len(sources) > 900
    done = {
        message.id for message in messages(english) if not message.fuzzy and all(text for _, text in forms(message))
    }
    missing = sources - done
    assert not missing, f"No English yet; run `make translations`, then translate:\n  {listed(missing)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_participants_read_is_said_in_all_their_languages(for_people: set[Id], language: str) -> None:
    with (ROOT / "translations" / language / "LC_MESSAGES" / "people.po").open("rb") as po:
        catalogue = read_po(po, locale=language)
    done = {message.id for message in messages(catalogue) if message.string and not message.fuzzy}
    assert for_people - done == set(), f"Not said in {LANGUAGES[language]} yet: run `make translations`, then translate"
    assert done - for_people == set(), "Said nowhere any more: run `make translations`"
    for message in messages(catalogue):
        for german, translated in forms(message):
            assert Counter(PLACEHOLDER.findall(german)) == Counter(PLACEHOLDER.findall(translated)), german
            assert EDGES.findall(german) == EDGES.findall(translated), german


def test_nothing_is_kept_that_nobody_says(sources: set[Id], english: Catalog) -> None:
    left = {message.id for message in messages(english)} - sources | set(english.obsolete)
    assert not left, f"Said nowhere any more; run `make translations`:\n  {listed(left)}"


def test_both_languages_have_the_same_places_to_fill(english: Catalog) -> None:
    for message in messages(english):
        assert not [str(error) for error in message.check(english)], message.id
        for german, translated in forms(message):
            assert Counter(PLACEHOLDER.findall(german)) == Counter(PLACEHOLDER.findall(translated)), german
            assert EDGES.findall(german) == EDGES.findall(translated), german  # " mit " stands between two names


def test_german_quotation_marks_stay_in_german(english: Catalog) -> None:
    assert not [german for message in messages(english) for german, text in forms(message) if "„" in text]


def read_or_heard(page: Page) -> Iterator[str]:
    """Every text of a page by itself: what stands on it, and what a screen reader says."""
    for element in page.all("*"):
        if element.tag not in {"script", "style", "bdi"}:
            yield from (element.text or "", *(child.tail or "" for child in element))
        if element.tag != "meta" or element.get("name") == "description":
            yield from (attribute(element, name) for name in TOLD)


class Leftovers:
    """Finds German texts of ours on an English page. What the database says, the report above all, stays as it is."""

    def __init__(self, english: Catalog, own: set[str]) -> None:
        self.own = own
        self.whole: set[str] = set()
        self.known: dict[str, bool] = {}  # most texts stand on many pages
        parts: set[str] = set()
        said = {text for message in messages(english) for _, text in forms(message)}
        for message in messages(english):
            for german, translated in forms(message):
                if german != translated and german not in said:
                    pieces = [piece.strip(PUNCTUATION) for piece in PLACEHOLDER.split(german)]
                    self.whole.add(german.strip(PUNCTUATION))
                    parts |= {piece for piece in pieces if len(piece) >= LONG}
        self.parts = sorted(parts)

    def on(self, page: Page) -> set[str]:
        """What is left."""
        return {text for text in filter(None, map(tidy, read_or_heard(page))) if self.is_left(text)}

    def is_left(self, text: str) -> bool:
        """Whether a text should have been said in English."""
        if text not in self.known:
            ours = text.strip(PUNCTUATION)
            is_german = ours not in self.own and (ours in self.whole or any(part in text for part in self.parts))
            self.known[text] = is_german and not any(own in text for own in self.own if len(own) >= LONG)
        return self.known[text]


def leaves(value: object) -> Iterator[str]:
    """All texts in a column, JSON or not."""
    if isinstance(value, str):
        yield tidy(value).strip(PUNCTUATION)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)


@pytest.fixture(scope="module")
def leftovers(offices: Offices, english: Catalog) -> Leftovers:
    """Knows all texts of the database."""
    with offices.office("sqlite", filled=True).app.app_context():
        tables = [
            db.session.execute(sa.select(table).execution_options(viewer="test")).all()
            for table in db.metadata.sorted_tables
        ]
        own = {text for rows in tables for row in rows for value in row for text in leaves(value)}
    return Leftovers(english, own)


def pages(client: Client) -> Iterator[Page]:
    """What this person finds by following links, some of each kind."""
    waiting, known, kinds = list(STARTS), set(STARTS), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        response = client.fetch(path)
        if response.mimetype != "text/html" or response.status_code in {301, 302, 303}:
            response.close()  # or its file stays open
            continue
        page = Page(path, response.status_code, response.get_data(as_text=True))
        yield page
        for link in page.all("a"):
            to = urljoin(path, attribute(link, "href")).partition("#")[0]
            kind = re.sub(r"[0-9]+|\?.*", "N", to)
            another_language = "lang=" in to  # of the public pages, asked for by name
            if to.startswith("/") and to not in known and kinds[kind] < OF_EACH_KIND and not another_language:
                known.add(to)
                kinds[kind] += 1
                waiting.append(to)


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("login", LOGINS)
def test_no_german_is_left(demo_client: Client, leftovers: Leftovers, login: str) -> None:
    assert leftovers.on(demo_client.open("/login")), "the search would not find a thing"
    assert demo_client.submit(button="English").h1 == "Sign in"
    demo_client.sign_in(address(login), PASSWORD)  # the choice of language survives it
    left: dict[str, set[str]] = {}
    for page in pages(demo_client):
        assert page.tree.get("lang") == "en"
        for text in leftovers.on(page):
            left.setdefault(text, set()).add(page.address)
    assert not left


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_language_is_chosen_at_the_foot_of_every_page(demo_client: Client) -> None:
    demo_client.sign_in(address("leitung-ra"), PASSWORD)
    here = demo_client.open("/courses?q=Orientierung").address
    assert demo_client.page.h1 == "Kurse"
    assert demo_client.submit(button="English").h1 == "Courses"
    assert demo_client.page.address == here
    assert demo_client.open("/today").h1 == "Today"
    assert demo_client.submit(button="Deutsch").h1 == "Heute"
