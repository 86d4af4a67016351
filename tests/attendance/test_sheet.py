"""The signature list of one meeting (domain.md E1)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pypdfium2
import pytest
import segno

from paper.page import MM
from programmes.attendance.sheet import RowFacts, SheetFacts, render
from tests.paper.reading import alternatives_of, faults, pages_of, text_of

NAMES = ("Yıldız, Şeyma", "Đặng, Nguyễn Thị Hà", "Їжакевич, Володимир", "الأحمد، محمد", "አበበ ቢቂላ")
SHEET = SheetFacts(
    programme_title="Richtig Ankommen",
    course_title="Leben in Dietzenbach",
    course_number="RA-2026-03",
    provider="AWO",
    municipality="Dietzenbach",
    venue="Bildungshaus",
    leaders=["Nurhan Öztürk", "Petra Weiß"],
    held_on=date(2026, 11, 10),
    begins=time(9),
    ends=time(11, 30),
    break_minutes=15,
    net_minutes=135,
    meeting_number=12,
    meetings_total=20,
    rows=[RowFacts(number, name) for number, name in enumerate(NAMES, 1)],
    printed_at=datetime(2026, 11, 9, 14, 5, tzinfo=UTC),
    address="https://kursbuch.example/meetings/7/roll-call",
    stamp="4C7F",
    topic="Wohnungssuche",
)


def test_it_says_what_a_sheet_must_say() -> None:
    pdf = render(SHEET)
    assert faults(pdf) == []
    text = text_of(pdf)
    for said in (
        "Anwesenheitsnachweis – keine Anmeldung",
        "Dienstag, 10.11.2026",
        "09:00 bis 11:30 Uhr, Pause 15 Min.",
        "3 UE (45 Min.) = 135 Min.",
        "12 von 20",
        "Wohnungssuche",
        "wird nachgetragen, keine Aufnahme",
        "von 5",
        "Leere Felder wurden durchgestrichen",
        "Nachträgliche Unterschriften sind nicht zulässig",
        "gedruckt am 09.11.2026, 15:05 Uhr",
        "Stand 4C7F",
        "zulässig. Vermerk nach dem Termin",
        "Kommt/Geht nur bei mehr als 15 Minuten",
        "unterschreibt auf einem einzelnen Streifen",
        "Datum, Unterschrift Leitung",
        "abgelegt am",
        "Ort der Ablage",
        "Seite 1 von 1",
        *NAMES,
    ):
        assert said in text


def test_forty_people_take_three_sheets_and_the_numbers_run_on() -> None:
    pdf = render(replace(SHEET, rows=[RowFacts(number, f"Person {number:02}") for number in range(1, 41)]))
    assert faults(pdf) == []
    pages = pages_of(pdf)
    assert [page.count("Person ") for page in pages] == [16, 16, 8]
    assert "17 Person 17" in pages[1]
    assert ["keine Aufnahme" in page for page in pages] == [False, False, True]
    assert all("Unterschrift Leitung" in page and "von 40" in page for page in pages)


def test_who_is_not_enrolled_that_day_is_not_expected() -> None:
    text = text_of(render(replace(SHEET, rows=[*SHEET.rows, RowFacts(6, "Spät, Anna", absent_note="ab 12.11.")])))
    assert "(ab 12.11.)" in text
    assert "______ von 5" in text


def test_a_family_has_a_box_for_each_child_and_children_do_not_sign() -> None:
    rows = [RowFacts(1, "Yıldız, Şeyma", ["Elif", "Can"]), RowFacts(2, "Kovač, Ana", ["Lea"])]
    pdf = render(replace(SHEET, family=True, second_leader=True, rows=rows))
    assert faults(pdf) == []
    text = text_of(pdf)
    for said in ("mit Elif, Can", "mit Lea", "Mutter Elif Can andere Begleitung", "Mutter Kind andere Begleitung"):
        assert said in text
    assert "Kinder unterschreiben nicht" in text
    assert "zweite Leitung" in text
    assert "von 2 Familien" in text


def test_every_page_carries_the_code_that_opens_the_roll_call() -> None:
    """What a camera sees, module by module, and what a screen reader is told."""
    pdf = render(replace(SHEET, rows=[RowFacts(number, f"Person {number:02}") for number in range(1, 18)]))
    wanted = segno.make(SHEET.address, error="m", micro=False, mask=0, boost_error=False).matrix
    side, left, top, scale = 19 * MM, (283 - 19) * MM, 25.6 * MM, 6
    document = pypdfium2.PdfDocument(pdf)
    for sheet in document:
        seen = sheet.render(scale=scale).to_pil().convert("L")
        cell = side / len(wanted)
        middles = [(number + 0.5) * cell for number in range(len(wanted))]
        read = [[seen.getpixel(((left + x) * scale, (top + y) * scale)) < 128 for x in middles] for y in middles]
        assert read == [[bool(module) for module in row] for row in wanted]
        around = seen.crop([round(edge * scale) for edge in (left - 4 * cell, top - 4 * cell, left, top + side)])
        assert around.getextrema()[0] > 200, "the quiet zone is quiet"
    document.close()
    assert f"QR-Code zur Anwesenheit dieses Termins: {SHEET.address}" in alternatives_of(pdf)


def test_hours_of_sixty_minutes_and_another_tolerance() -> None:
    text = text_of(render(replace(SHEET, unit_minutes=60, late_after_minutes=5)))
    assert "2,25 Zeitstunden (60 Min.) = 135 Min." in text
    assert "mehr als 5 Minuten" in text


def test_who_stands_in_is_named() -> None:
    assert "Petra Weiß · Vertretung an diesem Tag: Kim Lê" in text_of(render(replace(SHEET, substitute="Kim Lê")))


def test_the_same_facts_give_the_same_bytes() -> None:
    assert render(SHEET) == render(SHEET)


def test_long_names_and_no_names() -> None:
    assert faults(render(replace(SHEET, rows=[RowFacts(1, "Hohenlohe " * 20, absent_note="bis 03.11.")]))) == []
    assert faults(render(replace(SHEET, rows=[]))) == []


def test_a_topic_without_room_says_that_it_goes_on() -> None:
    institutions = (
        "Aufgaben und Möglichkeiten der Einrichtungen (Kitas, Schulen, Erziehungsberatungsstellen, Jugendämter)"
    )
    text = text_of(render(replace(SHEET, topic=institutions, course_title=SHEET.programme_title)))
    assert "Aufgaben und Möglichkeiten der Einrichtungen" in text
    assert "Jugendämter)" not in text
    assert "… " in text
    assert text.count("Richtig Ankommen") == 1  # programme and course of one name are said once


def test_damage_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot stand on paper"):
        render(replace(SHEET, rows=[RowFacts(1, "Anna\0")]))
