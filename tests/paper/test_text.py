"""Letters on paper: cleaned, shaped, wrapped; refused where no font draws them."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from paper.archive import About
from paper.fonts import Cut, missing_glyphs
from paper.letters import clean
from paper.page import Paper
from paper.text import MissingGlyphsError, fit, measure, shape, wrap
from tests.paper.reading import faults, pages_of, text_of

NAMES = {
    "Latin": "S̛̄igrid Ḫan K͟hān Łucja",
    "Turkish": "Şeyma Yıldız-Dağ",
    "Arabic": "محمد عبد الله الأحمد",
    "Persian": "پریسا گلچین ژاله‌پور",
    "Cyrillic": "Володимир Їжакевич",
    "Greek": "Ελένη Παπαδοπούλου",
    "Vietnamese": "Nguyễn Thị Đặng Hà",
    "Amharic": "አበበ ቢቂላ",
    "Hebrew": "אברהם בן־דוד",
    "Georgian": "ნინო ბერიძე",
    "Hindi": "श्रीकृष्ण त्रिपाठी",
    "Bengali": "কৃষ্ণেন্দু চট্টোপাধ্যায়",
    "Tamil": "கிருஷ்ணமூர்த்தி",
    "Thai": "ณัฐวุฒิ ศรีสุข",
    "Khmer": "ម៉េង ហុង",
}
UNASSIGNED = "\u0378"


def paper() -> Paper:
    return Paper(About("Namen", "Kreis Offenbach", "de-DE", datetime(2026, 11, 22, 10, tzinfo=UTC)))


def named(*names: str) -> bytes:
    sheet = paper()
    for number, name in enumerate(names):
        sheet.line("H1" if number == 0 else "P", 60, 60 + 30 * number, name, 16)
        sheet.line("P", 330, 60 + 30 * number, name, 14, Cut.BOLD)
    return sheet.finish()


@pytest.mark.parametrize("script", NAMES)
def test_a_name_of_any_script_is_valid_and_can_be_copied_out(script: str) -> None:
    pdf = named(NAMES[script])
    assert faults(pdf) == []
    assert text_of(pdf).count(unicodedata.normalize("NFC", NAMES[script])) == 2


def test_all_scripts_on_one_page() -> None:
    assert faults(named(*NAMES.values())) == []


def test_the_same_calls_give_the_same_bytes() -> None:
    assert named(*NAMES.values()) == named(*NAMES.values())


def test_many_threads_draw_the_same_page() -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: named(*NAMES.values()), range(16)))) == 1


def test_no_stream_ends_in_a_line_end() -> None:
    """About one stream in 128 would; forty documents hold some 400 streams."""
    for number in range(40):
        pdf = named(f"Teilnehmerin {number:03}")
        assert b"\r\nendstream" not in pdf
        assert b"\n\nendstream" not in pdf


def test_an_arabic_paragraph_begins_on_the_right_and_stays_in_its_column() -> None:
    arabic = "يرجى الحضور إلى الدورة في الموعد المحدد. " * 6
    lines = wrap(arabic, 12, 300)
    assert len(lines) > 3
    assert all(line.right_to_left and line.width * 12 / 1000 <= 300 for line in lines)
    sheet = paper()
    sheet.paragraph(60, 80, 300, arabic, 12, 18)
    assert faults(sheet.finish()) == []


def test_brackets_beside_arabic_stay_on_their_side() -> None:
    glyphs = "".join(glyph.text for glyph in shape("Kurs A1 (محمد 12/2026) Berlin").glyphs).replace("\u200e", "")
    assert glyphs.startswith("Kurs A1 (12/2026 ")
    assert glyphs.endswith(") Berlin")


@pytest.mark.parametrize("text", ["x" * 200, "Wort " * 40, "م" * 200])
def test_long_text_is_broken_into_lines_that_fit(text: str) -> None:
    assert all(line.width * 11 / 1000 <= 200.001 for line in wrap(text, 11, 200))


def test_fit_takes_the_largest_size_with_few_enough_lines() -> None:
    size, lines = fit(
        "Maria Magdalena von Hohenlohe", (30, 20, 10), measure("Maria Magdalena von Hohenlohe", 21), 1, Cut.REGULAR
    )
    assert (size, len(lines)) == (20, 1)


def test_a_letter_without_font_is_reported_and_refused() -> None:
    assert missing_glyphs(f"Anna {UNASSIGNED}{UNASSIGNED} Ö") == [UNASSIGNED]
    with pytest.raises(MissingGlyphsError, match=r"U\+0378"):
        named(f"Anna {UNASSIGNED}")


@pytest.mark.parametrize("name", NAMES.values())
def test_nothing_is_missing_in_real_names(name: str) -> None:
    assert missing_glyphs(name) == []


@pytest.mark.parametrize("damage", ["\0", "\x07", "\x1b", "\x7f", "\ud800", "\ufffe", "\ufdd0", "\U0001ffff"])
def test_damage_is_refused(damage: str) -> None:
    with pytest.raises(ValueError, match="cannot stand on paper"):
        clean(f"Anna{damage}Öz")


def test_what_cannot_be_seen_is_dropped_and_spelling_is_kept() -> None:
    assert clean("\u202eAnna\u2066\u200f Öz\ufeff\u00ad") == "Anna Öz"
    assert clean("Anna\n\tO\u0308z ") == "Anna Öz"
    assert clean("ژاله\u200cپور") == "ژاله\u200cپور"


def test_markup_in_a_title_is_text() -> None:
    sheet = Paper(About("<b>&amp; ]]> (\\", "Kreis", "de-DE", datetime(2026, 1, 1, tzinfo=UTC)))
    sheet.line("H1", 60, 60, "</x> (\\) %PDF", 12)
    pdf = sheet.finish()
    assert faults(pdf) == []
    assert "</x> (\\) %PDF" in text_of(pdf)


def test_several_pages_keep_their_own_marks() -> None:
    sheet = paper()
    for number in range(3):
        if number:
            sheet.new_page()
        sheet.line("H1" if number == 0 else "P", 60, 60, f"Blatt {number}", 12)
        sheet.furniture(60, 800, f"Seite {number}", 9)
    pdf = sheet.finish()
    assert faults(pdf) == []
    assert pages_of(pdf) == [f"Blatt {number} Seite {number}" for number in range(3)]


def test_a_document_needs_an_instant_with_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        About("Titel", "Kreis", "de-DE", datetime(2026, 1, 1))  # noqa: DTZ001 - the missing zone is what is tested
