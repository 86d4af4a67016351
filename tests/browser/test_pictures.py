"""The README's pictures, from the demo office. Every run takes and looks at them; `make pictures` keeps them.

Whose meetings the other browser tests close (test_journey.py) is not photographed here.
"""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from demo.accounts import address
from tests.tools.browser import Pictures, Visitor

pytestmark = pytest.mark.pictures
PHONE: dict[str, Any] = {"width": 360, "height": 740, "device_scale_factor": 2}
LARGEST = 150_000  # bytes; a README should open quickly
FEWEST_COLOURS = 16
FEWEST_INKED = 0.02  # part of the picture that is not its ground


def shows_something(path: Path) -> bool:
    """Whether this is a picture of something: several colours, and not too little on its ground."""
    assert path.stat().st_size <= LARGEST, f"{path.name} has {path.stat().st_size} bytes"
    with Image.open(path) as picture:
        counted = picture.convert("RGB").getcolors(picture.width * picture.height) or []
    ground = max(count for count, _ in counted)
    everything = sum(count for count, _ in counted)
    return len(counted) >= FEWEST_COLOURS and 1 - ground / everything >= FEWEST_INKED


def heading(page: Page, text: str) -> None:
    """Waits for the page with this heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def follow(page: Page, link: str, within: Locator | None = None) -> None:
    (within or page.locator("main")).get_by_role("link", name=link).first.click()


def file_behind(page: Page, link: str) -> bytes:
    """What a link to a PDF hands out."""
    target = page.locator("main").get_by_role("link", name=link).first.get_attribute("href")
    assert target is not None
    return page.request.get(target).body()


def open_paper(page: Page, name: str) -> None:
    """From the register to the paper somebody got."""
    page.goto(f"/certificates?q={name}")
    page.locator("#register ~ *, section[aria-labelledby=register]").get_by_role("link", name="KO-").first.click()


def test_signing_in(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/login", height=620)
    assert shows_something(pictures.page(page, "sign-in"))


def test_a_leaders_day(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/today", email=address("leitung-sprache"), **PHONE)
    heading(page, "Heute")
    assert shows_something(pictures.page(page, "today-leader"))


def test_a_roll_call(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/today", email=address("leitung-sprache"), **PHONE)
    page.locator("main a.button.primary").click()
    rows = page.locator("li[data-row]")
    rows.nth(0).locator("label.present").click()
    rows.nth(1).locator("label.notified").first.click()
    rows.nth(1).locator("select").select_option(label="Krankheit")
    rows.nth(2).locator("label.present").click()
    for number in range(3, rows.count() - 1):
        rows.nth(number).locator("label.present").click()
    rows.nth(0).evaluate("row => window.scrollTo(0, row.offsetTop - 80)")
    assert shows_something(pictures.page(page, "roll-call"))


def test_a_roll_call_of_families(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/today", email=address("leitung-mkg-1"), **PHONE)
    page.locator("main a.button.primary").click()
    rows = page.locator("li[data-row]")
    rows.nth(0).locator("label.present").first.click()
    split = rows.nth(1)
    split.locator("label.split").click()
    parts = split.locator(".extra[data-when=split] fieldset")
    parts.nth(0).locator("label.present").click()
    parts.nth(1).locator("label.notified").first.click()
    split.locator("select").first.select_option(label="Krankheit")
    rows.nth(0).evaluate("row => window.scrollTo(0, row.offsetTop - 16)")
    assert shows_something(pictures.page(page, "roll-call-families"))


def test_a_signature_sheet(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/today", email=address("leitung-mkg-1"))
    page.locator("main a.button.primary").click()
    pdf = file_behind(page, "Unterschriftenliste (PDF)")
    assert shows_something(pictures.document(pdf, "signature-sheet"))


def test_a_coordinators_day(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/today", email=address("koordination-ra"))
    heading(page, "Heute")
    assert shows_something(pictures.page(page, "today-coordinator"))


def test_a_course(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/courses?state=running&q=MKG", email=address("koordination-mkg"), height=1000)
    page.locator("main table").get_by_role("link", name="Sprendlinger Norden").first.click()
    assert shows_something(pictures.page(page, "course"))


def test_the_decision_about_papers(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/certificates", email=address("koordination-il"), height=1100)
    page.locator("section[aria-labelledby=ready] tbody a").first.click()
    expect(page.get_by_role("button", name="Papiere ausstellen")).to_be_visible()
    assert shows_something(pictures.page(page, "papers"))


def test_a_certificate_and_its_proof(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/today", email=address("koordination-ra"))
    open_paper(page, "Galina Reimer")
    assert shows_something(pictures.document(file_behind(page, "PDF herunterladen"), "certificate"))
    follow(page, "Öffentliche Prüfseite")
    proof = visit(page.url, height=1060)  # as anyone sees it
    expect(proof.get_by_text("Diese Bescheinigung ist gültig")).to_be_visible()
    assert shows_something(pictures.page(proof, "verify"))


def test_a_qualification(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/today", email=address("koordination-il"))
    open_paper(page, "Samira Chraïbi")
    heading_text = page.get_by_role("heading", level=1).inner_text()
    assert heading_text.startswith("Zertifikat KO-")
    assert shows_something(pictures.document(file_behind(page, "PDF herunterladen"), "qualification"))


def test_statistics(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/statistics?by=municipality", email=address("koordination-ra"), height=830)
    heading(page, "Statistik")
    # The figures, without the dates above them: those are written as the browser's own language wants it.
    page.locator("section[aria-labelledby=table]").evaluate("section => window.scrollTo(0, section.offsetTop - 24)")
    assert shows_something(pictures.page(page, "statistics"))


def test_a_programme_with_assumptions_and_contradictions(visit: Visitor, pictures: Pictures) -> None:
    page = visit("/programmes?q=P02a", email=address("koordination-mkg"), height=1300)
    page.locator("main").get_by_role("link", name="Sprendlingen").first.click()
    expect(page.get_by_text("Annahme").first).to_be_visible()
    expect(page.get_by_role("heading", name="Widersprüche und Lücken im Bericht")).to_be_visible()
    assert shows_something(pictures.page(page, "programme"))
