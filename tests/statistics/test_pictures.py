"""Pictures and the report: counted by hand on both databases; page, picture and paper say the same, to everybody what is theirs."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given, strategies as st

from auth.models import TraceEntry, User
from paper.archive import About
from paper.page import Align, Paper
from programmes.attendance.rules import Mark
from programmes.catalogue.models import Coordination, Programme
from programmes.enrolment.rules import Outcome
from programmes.participants.models import Person
from programmes.statistics.pictures.chart import Panel, Quantity, columns
from programmes.statistics.pictures.drawing import Bar, Drawing, DrawingBlock, Look, Words, as_svg
from programmes.statistics.pictures.rules import is_whole_years
from tests.paper.reading import alternatives_of, faults, overlaps, text_of
from tests.statistics import test_figures
from tests.statistics.test_figures import CLOCK, NONSENSE, NOW, PASSWORD, PERIOD, SETTLED, Counted, known_since
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION
from tests.tools.page import Page, attribute, tidy

counted = test_figures.counted  # the fixture
RATES, REACH, GUIDES, MODULES = "rates", "reach", "way-guides", "way-modules"


@pytest.fixture
def on_their_ways(counted: None, transaction: TRANSACTION) -> None:
    """Rita has all three programmes. Anna went from the group to the guides, Bert to the second module; Leyla was there before
    the first, and Anna will only be there in May. Bert's second course is attended to exactly 80 percent, Leyla's to 50."""
    with transaction() as session:
        build = Counted(session, session.scalars(sa.select(User.id).where(User.email == "le@o.example")).one())
        rita = session.scalars(sa.select(User).where(User.email == "ra@o.example")).one()
        guides = session.scalars(sa.select(Programme.id).where(Programme.key == "P03")).one()
        session.add(Coordination(user_id=rita.id, programme_id=guides))
        one = {one.given_name: one for one in session.scalars(sa.select(Person).execution_options(viewer="test"))}
        build.enrol(build.course("IL-1", "P03", "Dreieich"), one["Anna"], entry=dt.date(2026, 2, 1))
        second = build.course("RA-2", "P01b", "Rodgau")
        bert = build.enrol(second, one["Bert"], entry=dt.date(2026, 3, 1))
        leyla = build.enrol(second, one["Leyla"])
        build.enrol(second, one["Anna"], entry=dt.date(2026, 5, 1))
        meeting = build.meeting(second, dt.date(2026, 3, 17))
        build.mark(meeting, bert, Mark.PRESENT, 72)
        build.mark(meeting, leyla, Mark.PRESENT, 45)
        bert.outcome, leyla.outcome = Outcome.WORK, Outcome.VOCATIONAL_TRAINING
        session.flush()
        known_since(session, NOW)


def shown(page: Page) -> dict[str, tuple[list[str], list[list[str]]]]:
    """Of every picture the words in it, and the rows of the table below it."""
    found = {}
    for section in page.all("section"):
        drawings = list(section.iter("svg"))
        drawing = next((one for one in drawings if attribute(one, "class") == "chart"), None)
        if drawing is not None:
            words = [tidy(str(text.text_content())) for text in drawing.iter("text")]
            rows = [[tidy(str(cell.text_content())) for cell in row] for body in section.iter("tbody") for row in body]
            found[attribute(section, "aria-labelledby")] = (words, rows)
    return found


def numbers(texts: list[str]) -> list[str]:
    return [
        text.removesuffix(" %").replace("\u00a0", "") for text in texts if re.fullmatch(r"[\d.,]+(\s%)?|[·–x]", text)
    ]


@pytest.mark.usefixtures("on_their_ways")
def test_counted_by_hand(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    pictures = shown(client.open(f"/statistics/pictures?{PERIOD}"))
    # RA-1: Anna 150 of 180 minutes, Bert 0 of 180, Leyla 90 of 90; MK-1: Anna 90 of 90; RA-2: Bert 72 and Leyla 45 of 90
    assert pictures[RATES][1] == [
        ["80 Prozent und mehr", "4"], ["50 bis unter 80 Prozent", "1"], ["unter 50 Prozent", "1"], ["Mittlere Quote (Median)", "81,7 %"],
        ["Personen mit Besuchsquote", "3"],
    ]  # fmt: skip
    assert [row[1] for row in pictures[GUIDES][1]] == ["1", "1"]
    assert [row[1] for row in pictures[MODULES][1]] == ["3", "1", "1"]
    assert pictures[REACH][1] == [
        ["Dietzenbach", "2", "3", "–", "–"], ["Dreieich", "1", "1", "1", "2"], ["Rodgau", "1", "2", "–", "–"],
        ["Summe", "4", "3", "1", "2"],
    ]  # fmt: skip
    assert pictures["months-2026"][1][:2] == [["Januar 2026", "2", "66,7 %"], ["Februar 2026", "1", "55,6 %"]]


@pytest.mark.usefixtures("on_their_ways")
def test_picture_table_and_paper_say_the_same(client: Client, transaction: TRANSACTION) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    page = client.open(f"/statistics/pictures?{PERIOD}")
    pictures = shown(page)
    assert list(pictures) == ["months-2026", RATES, REACH, GUIDES, MODULES]
    answer = client.fetch(f"/statistics/report.pdf?{PERIOD}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert faults(answer.data) == []
    assert overlaps(answer.data) == []
    paper = text_of(answer.data)
    for name, (words, rows) in pictures.items():
        tabled = numbers([cell for row in rows if row[0] != "Summe" for cell in row[1:]])
        if name != RATES:  # its median stands in a sentence
            assert sorted(numbers(words)) == sorted(tabled), name
        for text in (*words, *(cell for row in rows for cell in row)):
            assert text.split()[0] in paper, (name, text)
        title, about = page.ids[f"picture-{name}-title"].text, page.ids[f"picture-{name}-about"].text
        assert f"{title}. {about}" in alternatives_of(answer.data)
        assert paper.count(str(title)) >= 1
    for said in (
        "Statistikbericht", "Nur intern, nicht zur Weitergabe", "Erstellt von Rita A.", "Stichtag 20.03.2026", "1 Angebot",
        "5 Verlauf und Bescheinigungen", "Menschen nach Geschlecht", "keine Angabe", "Anhang", "Seite 1 von",
    ):  # fmt: skip
        assert said in paper
    with transaction() as session:
        entry = session.scalars(sa.select(TraceEntry).order_by(TraceEntry.id.desc())).first()
        assert entry is not None
        assert entry.act == "export statistics.pdf"
        assert (entry.rows or 0) >= sum(len(rows) for _, rows in pictures.values())


@pytest.mark.usefixtures("on_their_ways")
def test_the_evaluator_gets_disclosable_figures_only(client: Client, set_clock: CLOCK) -> None:
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    pictures = shown(client.open(f"/statistics/pictures?{PERIOD}&disclose="))
    assert numbers(pictures[RATES][0]) == ["5", "·", "·"]
    assert [row[1] for row in pictures[RATES][1]] == ["5", "·", "·", "·", "5"]
    assert [numbers(pictures[way][0]) for way in (GUIDES, MODULES)] == [["·", "·"], ["5", "·", "·"]]
    assert [row[2] for row in pictures["months-2026"][1]] == ["·", "·", "·"]
    assert pictures[REACH][1][0] == ["Dietzenbach", "2", "5", "–", "–"]
    paper = text_of(client.fetch(f"/statistics/report.pdf?{PERIOD}").data)
    assert "Zur Weitergabe" in paper
    for secret in ("81,7", "66,7", "55,6", "53,3", "Nicht zur Weitergabe"):
        assert secret not in paper


@pytest.mark.usefixtures("counted")
def test_who_people_are_is_told_of_whole_years(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    paper = text_of(client.fetch("/statistics/report.pdf?first=2026-01-01&last=2026-03-31").data)
    assert "nur in Berichten über ganze Programmjahre" in paper
    assert "Menschen nach Geschlecht" not in paper
    assert is_whole_years(dt.date(2025, 1, 1), dt.date(2026, 12, 31))
    nothing = text_of(client.fetch("/statistics/report.pdf?first=2001-01-01&last=2001-12-31").data)
    assert "In diesem Zeitraum gibt es keine Termine." in nothing


@pytest.mark.usefixtures("counted")
def test_what_makes_no_sense_is_said_at_the_field(client: Client) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    for address in ("/statistics/pictures", "/statistics/report.pdf"):
        for query in NONSENSE:
            if not query.startswith("by="):  # pictures decide their rows themselves
                client.open(f"{address}?{query}", status=422)
                assert client.page.errors, query
    client.open("/statistics/pictures?first=2026-01-01&last=2026-01-31&disclose=y", status=422)


@pytest.mark.usefixtures("counted")
def test_the_number_of_statements_does_not_grow(client: Client, counting: COUNTING) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    client.fetch("/statistics/pictures")
    with counting() as page:
        client.fetch(f"/statistics/pictures?{PERIOD}")
    with counting() as report:
        client.fetch(f"/statistics/report.pdf?{PERIOD}")
    assert (len(page) <= 40, len(report) <= 110) == (True, True), (len(page), len(report))


def test_words_of_any_script_stand_where_they_should() -> None:
    drawing = Drawing("Orte", "Zwei Orte.", 40, (Words(0, 14, "الزيتونة"), Words(360, 34, "Łódź", Align.RIGHT)))
    svg = as_svg(drawing, "places")
    assert 'text-anchor="end" direction="rtl">الزيتونة' in svg  # its left end on the left
    assert 'text-anchor="end">Łódź' in svg
    paper = Paper(About("Orte", "Kreis", "de-DE", NOW))
    paper.line("H1", 50, 50, "Orte", 12)
    DrawingBlock(drawing, 300, 300).draw(paper, 50, 100)
    pdf = paper.finish()
    assert faults(pdf) == []
    assert "الزيتونة" in text_of(pdf)


@given(st.floats(0, 300), st.floats(0.5, 60), st.floats(0.5, 60), st.sampled_from(list(Look)))
def test_what_fills_a_bar_stays_inside(x: float, width: float, height: float, look: Look) -> None:
    for left, top, right, bottom in Bar(x, 10, width, height, look).strokes():
        assert all(x - 1e-6 <= side <= x + width + 1e-6 for side in (left, right))
        assert all(10 - 1e-6 <= side <= 10 + height + 1e-6 for side in (top, bottom))


def test_what_is_secret_has_no_bar() -> None:
    months = [Quantity("5", 5.0), Quantity("·"), Quantity("x"), Quantity("–", 0.0), None]
    drawing = columns("Zeit", "Säulen.", list("ABCDE"), [Panel("Termine", months, Look.HATCHED)])
    assert len(list(_bars(drawing))) == 1
    assert drawing.words == ["Termine", "5", "A", "·", "B", "x", "C", "–", "D", "E"]


def _bars(drawing: Drawing) -> Iterator[Bar]:
    return (mark for mark in drawing.marks if isinstance(mark, Bar))
