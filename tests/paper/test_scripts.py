"""Names of 160 nations: drawn, valid, and given back letter by letter by two independent readers."""

import shutil
import subprocess
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest

from paper.archive import About
from paper.fonts import Cut, Han, font_for, han_of, missing_glyphs
from paper.page import Paper
from paper.text import shape
from tests.paper.reading import faults, pages_of
from tests.tools.machine import do_without

NAMES = {
    "DIN one": "S̛̄igrid Ḫan K͟hān C̕ēḳ",
    "DIN two": "J̌ān M̐īra P̕et’ros Ł̇ucja",
    "DIN three": "Ğazʾālī ʿAbd aṯ-Ṯānī",
    "Vietnamese": "Nguyễn Thị Đặng Hà",
    "Vietnamese decomposed": "Tra\u0302̀n Thị U\u031b́c",
    "Polish": "Łucja Żółć-Świętosławska",
    "Turkish": "İpek Iğdır Şeyma Yıldız",
    "Welsh": "Tŵm Ŷnyr",
    "Latvian": "Ģirts Ķēniņš Ļuda",
    "Icelandic": "Þórður Æðey",
    "Maltese": "Ġorġ Ħaġar",
    "Azeri": "Əliyəva Güləşən",
    "Romanian": "Ștefan Țurcanu",
    "Hausa": "Ɗan Ƙasim Ɓala",
    "Apostrophe": "N’Diaye O'Neill Ta‘īr",
    "Hyphen": "Anne-Marie d’Aubigné-Müller",
    "One letter": "O",
    "No family": "Suharto",
    "Roman": "Karl III. (jun.)",
    "Initial": "J. R. R. Öz",
    "Arabic": "محمد عبد الله الأحمد",
    "Lam alef": "علاء الإسلام لآلئ",
    "Arabic vowels": "مُحَمَّد بِن عَلِيّ",
    "Arabic digits": "محمد ١٢ الثاني",
    "Arabic bracket": "سارة (أم علي) حسن",
    "Arabic Latin": "Ahmad أحمد Al-Hasan الحسن",
    "Persian": "پریسا گلچین ژاله\u200cپور",
    "Dari": "حمیدالله کریم\u200cزاده",
    "Urdu": "ذوالفقار علی بھٹو ڈاکٹر ٹیپو",
    "Pashto": "ګلالۍ ښاپېرۍ څرګند ځلمی ړنګ ږمنځ",
    "Sorani": "هێمن ڕەسوڵ گوڵاڵە ڤیان",
    "Uyghur": "ئەركىن ئالىم ۋېلى",
    "Hebrew": "אברהם בן־דוד",
    "Hebrew points": "שָׁרָה לֵוִי",
    "Hebrew brackets": "יעל (רחל) 3",
    "Cyrillic": "Володимир Їжакевич",
    "Serbian": "Љубица Ђорђевић Џејн",
    "Kazakh": "Әсем Құрманғали",
    "Tajik": "Ҷамшед Ғаффоров",
    "Greek": "Ελένη Παπαδοπούλου",
    "Greek polytonic": "Ἑλένη Ὦνος",
    "Armenian": "Արմեն Հակոբյան",
    "Armenian ligature": "և Անահիտ Մխիթարյան",
    "Georgian": "ნინო ბერიძე",
    "Amharic": "አበበ ቢቂላ",
    "Tigrinya": "ብርኽቲ ገብረመድህን",
    "Tifinagh": "ⵜⵉⴼⵉⵏⴰⵖ ⵎⴰⵙⵙⵉⵏⵉⵙⵙⴰ",
    "Hindi": "श्रीकृष्ण त्रिपाठी",
    "Marathi": "ज्ञानेश्वर क्षीरसागर",
    "Bengali": "কৃষ্ণেন্দু চট্টোপাধ্যায়",
    "Punjabi": "ਹਰਪ੍ਰੀਤ ਸਿੰਘ",
    "Gujarati": "કૃષ્ણા પટેલ",
    "Tamil": "கிருஷ்ணமூர்த்தி",
    "Telugu": "శ్రీనివాస్ రెడ్డి",
    "Kannada": "ಕೃಷ್ಣ ರಾವ್",
    "Malayalam": "ശ്രീകുമാർ നായർ",
    "Sinhala": "ශ්\u200dරීමතී පෙරේරා",
    "Thai": "ณัฐวุฒิ ศรีสุข",
    "Lao": "ສົມສັກ ພົມມະຈັນ",
    "Khmer": "ម៉េង ហុង",
    "Khmer stacked": "ស្រីមុំ ព្រះ",
    "Burmese": "အောင်ဆန်းစုကြည်",
    "Chinese": "王小明",
    "Chinese traditional": "張國榮",
    "Japanese": "佐藤 さくら",
    "Japanese kanji": "渡邊 直美",
    "Korean": "김철수",
    "Korean hanja": "李明博 이명박",
    "Two hundred characters": "Maria Magdalena " * 12 + "Hohenlohe",
}
# What a reader makes wrong of right bytes. PDFium (Chrome) turns brackets round among right-to-left letters although
# they are turned already; poppler has two spaces before a number among Arabic letters, and none behind it.
PDFIUM_MIRRORS = {"Arabic bracket", "Hebrew brackets"}
POPPLER_SPACES = {"Arabic digits"}


@pytest.fixture(scope="module")
def document() -> bytes:
    """A page a name."""
    paper = Paper(About("Namen", "Kreis Offenbach", "de-DE", datetime(2026, 11, 22, 10, tzinfo=UTC)))
    for number, name in enumerate(NAMES.values()):
        if number:
            paper.new_page()
        paper.paragraph(60, 60, 470, name, 16, 22, role="H1" if number == 0 else "P")
        paper.paragraph(60, 300, 470, name, 14, 20, Cut.BOLD)
    return paper.finish()


def plain(text: str) -> str:
    """As a person compares names: NFC, white space joined, without marks of direction."""
    shown = "".join(sign for sign in text if unicodedata.category(sign) != "Cf" or sign in "\u200c\u200d")
    return unicodedata.normalize("NFC", " ".join(shown.split()))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_letter_is_missing_in_any_cut(name: str) -> None:
    assert missing_glyphs(name) == []
    assert shape(name, Cut.BOLD).width > 0


def test_a_document_of_all_scripts_is_valid(document: bytes) -> None:
    assert faults(document) == []


def test_chromes_reader_gives_every_name_back(document: bytes) -> None:
    wrong = {
        case: said
        for (case, name), said in zip(NAMES.items(), pages_of(document), strict=True)
        if plain(said).count(plain(name)) != 2
    }
    assert wrong.keys() == PDFIUM_MIRRORS, wrong


def test_pdftotext_gives_every_name_back(document: bytes, tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        do_without("pdftotext")
    file = tmp_path / "names.pdf"
    file.write_bytes(document)
    said = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, encoding="utf-8", check=True).stdout
    wrong = {
        case: page
        for (case, name), page in zip(NAMES.items(), said.split("\f"), strict=False)
        if plain(page).count(plain(name)) != 2
    }
    assert wrong.keys() == POPPLER_SPACES, wrong


def test_a_name_can_be_searched_for(document: bytes) -> None:
    pdf = pypdfium2.PdfDocument(document)
    try:
        for number, case in enumerate(NAMES):
            if case in {"Arabic", "Persian", "Khmer", "Hindi", "Japanese", "Armenian", "Vietnamese"}:
                assert pdf[number].get_textpage().search(plain(NAMES[case])).get_next(), case
    finally:
        pdf.close()


@pytest.mark.parametrize(
    ("text", "language", "han"),
    [
        ("王小明", None, Han.CHINA), ("王小明", "zh-TW", Han.TAIWAN), ("王小明", "zh-Hant", Han.TAIWAN),
        ("渡邊 直美", "ja", Han.JAPAN), ("佐藤 さくら", None, Han.JAPAN), ("李明博 이명박", None, Han.KOREA),
        ("李明博", "ko", Han.KOREA), ("Anna", "de", Han.CHINA),
    ],
)  # fmt: skip
def test_han_characters_are_drawn_as_their_country_writes_them(text: str, language: str | None, han: Han) -> None:
    assert han_of(text, language) is han


def test_one_character_has_other_shapes_elsewhere_and_is_never_thin() -> None:
    found = {han: font_for("直", Cut.REGULAR, han) for han in Han}
    assert len({font.name for font in found.values() if font}) == len(Han)
    assert all(font and font.weight == 400 for font in found.values())
    assert shape("直", language="ja").glyphs[0].font is found[Han.JAPAN]
