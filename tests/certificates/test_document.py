"""The certificate: what stands on it, what must not, and that every reader can read it."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import cycle, product

import pytest
from PIL import Image

from paper.archive import About
from paper.bundle import bundle
from paper.text import MissingGlyphsError
from programmes.certificates.document import CertificateFacts, Kind, missing_glyphs, render
from programmes.certificates.phrases import Voice
from tests.paper.reading import alternatives_of, faults, overlaps, pages_of, text_of
from translations import LANGUAGES, for_people

FACTS = CertificateFacts(
    kind="participation",
    title="Teilnahmebescheinigung",
    number="TB-2026-0042",
    verification_code="7F3K92QMXD4T",
    verify_url="https://kurse.example/pruefen/7F3K92QMXD4T",
    name="Şeyma Yıldız-Dağ",
    course_title="Leben in Dietzenbach",
    course_number="RA-2026-03",
    course_kind="Orientierungskurs",
    programme_title="Richtig Ankommen",
    place="Dietzenbach, Spessartviertel",
    venue="Bildungshaus",
    starts_on=date(2026, 9, 3),
    ends_on=date(2026, 12, 10),
    unit_minutes=45,
    attended_minutes=28 * 45,
    offered_minutes=40 * 45,
    meetings_attended=14,
    meetings_held=20,
    provider="AWO Kreisverband Offenbach",
    issued_on=date(2026, 12, 14),
    issued_at=datetime(2026, 12, 14, 8, 30, tzinfo=UTC),
    issued_place="Dietzenbach",
    signatories=[("Selma Demir", "Leiterin des Integrationsbüros")],
    topics=["Wohnungssuche", "Kreis Offenbach"],
    leaders=[("Nurhan Öztürk", "Sozialpädagogin"), ("Petra Weiß", None)],
)
MODULES = [(f"Modul {number}", 180, 180 if number < 8 else 0, number % 2 == 0, number < 8) for number in range(1, 9)]
TITLES: dict[Kind, str] = {
    "participation": "Teilnahmebescheinigung", "confirmation": "Teilnahmebestätigung", "qualification": "Zertifikat"
}  # fmt: skip
NAMES = {
    "Şeyma Yıldız-Dağ": None,
    "Mohammad Al-Ahmad": "محمد عبد الله الأحمد",
    "Parīsā Golchīn": "پریسا گلچین ژاله‌پور",
    "Volodymyr Jižakevyč": "Володимир Їжакевич",
    "Eléni Papadopoúlou": "Ελένη Παπαδοπούλου",
    "Nguyễn Thị Đặng Hà": None,
    "Abebe Bikila": "አበበ ቢቂላ",
}
QUALIFICATION = replace(
    FACTS, kind="qualification", title="Zertifikat", modules=MODULES, competencies=["Moderation im Konfliktfall"],
    rules=["Alle Pflichtmodule sind zu besuchen."], signatories=[("A. Beispiel", "Landrat"), ("S. Demir", "Leiterin")],
)  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), list(product(TITLES, NAMES)))
def test_every_kind_is_valid_for_every_name_and_gives_the_name_back(kind: Kind, name: str) -> None:
    facts = replace(QUALIFICATION, kind=kind, title=TITLES[kind], name=name, native_name=NAMES[name])
    assert missing_glyphs(facts) == {}
    pdf = render(facts)
    assert faults(pdf) == []
    text = text_of(pdf)
    assert name in text
    assert (NAMES[name] or name) in text
    assert TITLES[kind] in text


def test_time_made_up_is_counted_and_said() -> None:
    pages = pages_of(render(replace(FACTS, made_up_minutes=90)))
    assert len(pages) == 1
    assert "28 von 40 Unterrichtseinheiten" in pages[0]
    assert "davon nachgeholt: 2 Unterrichtseinheiten" in pages[0]
    assert "nachgeholt" not in text_of(render(FACTS))


def test_a_participation_says_what_domain_e2_asks_on_one_page() -> None:
    pages = pages_of(render(replace(FACTS, birth_date=date(1988, 3, 12), birth_name="Kaya", replaces_number="TB-7")))
    assert len(pages) == 1
    for said in (
        "28 von 40 Unterrichtseinheiten (UE, 45 Min.) – das sind 21 Std.",
        "vom 3. September bis 10. Dezember 2026",
        "Geburtsname Kaya · geboren am 12. März 1988",
        "keine Leistungsbewertung",
        "Nummer TB-2026-0042",
        "7F3K-92QM-XD4T",
        FACTS.verify_url,
        "Ersetzt Nr. TB-7",
        "Nurhan Öztürk (Sozialpädagogin)",
        "Dietzenbach, 14. Dezember 2026",
        "Leiterin des Integrationsbüros",
    ):
        assert said in pages[0]


def test_never_a_percentage() -> None:
    assert "%" not in text_of(render(QUALIFICATION))


def test_meetings_instead_of_units() -> None:
    text = text_of(render(replace(FACTS, count_by="meetings", child_names=["Elif", "Can"])))
    assert "14 von 20 Terminen" in text
    assert "gemeinsam mit Elif und Can" in text
    assert "Unterrichtseinheiten" not in text


def test_hours_of_sixty_minutes_and_fractions() -> None:
    assert "21 von 30 Zeitstunden (60 Min.)" in text_of(render(replace(FACTS, unit_minutes=60)))
    assert "26⅔ von 40" in text_of(render(replace(FACTS, attended_minutes=1200)))


def test_a_qualification_has_its_curriculum_on_the_back() -> None:
    front, back = pages_of(render(QUALIFICATION))
    assert "berufsqualifizierender Abschluss" in front
    assert "ehrenamtliche Tätigkeit" in front
    assert "Moderation im Konfliktfall" in front
    assert "A. Beispiel" in front
    assert "S. Demir" in front
    assert all(title in back for title, *_ in MODULES)
    assert "Alle Pflichtmodule sind zu besuchen." in back
    assert FACTS.number in back


def test_demonstration_data_are_marked_and_real_data_are_not() -> None:
    assert "Muster – Demonstrationsdaten" in text_of(render(replace(FACTS, demo=True)))
    assert "Muster" not in text_of(render(FACTS))


def test_two_hundred_characters_of_name_fit() -> None:
    name = ("Maria Magdalena Anastasia von Hohenlohe-Waldenburg " * 4)[:199] + "x"
    pdf = render(replace(FACTS, name=name, native_name="م" * 200, topics=["Ein langes Thema im Kurs"] * 40))
    assert faults(pdf) == []
    assert name in re.sub(r"- ", "-", text_of(pdf))


def test_what_the_front_cannot_hold_moves_to_the_back() -> None:
    many = [f"Ein recht ausführlich beschriebenes Thema Nummer {number}" for number in range(60)]
    pdf = render(replace(FACTS, topics=many, competencies=many))
    assert faults(pdf) == []
    front, *backs = pages_of(pdf)
    assert many[0] not in front
    assert "28 von 40 Unterrichtseinheiten" in front
    assert all(" ".join(backs).count(f"{entry} ") == 2 for entry in many)
    assert len(backs) > 1


def test_the_same_facts_give_the_same_bytes_also_after_storing_them() -> None:
    stored = CertificateFacts.from_json(QUALIFICATION.to_json())
    assert stored == QUALIFICATION
    assert render(stored) == render(QUALIFICATION)


def test_a_letter_without_font_is_known_before_and_refused_after() -> None:
    facts = replace(FACTS, native_name="\u0378")
    assert missing_glyphs(facts) == {"native_name": ["\u0378"]}
    with pytest.raises(MissingGlyphsError):
        render(facts)


def test_hostile_names() -> None:
    with pytest.raises(ValueError, match="cannot stand on paper"):
        render(replace(FACTS, name="Anna\0"))
    assert "Anna Öz" in text_of(render(replace(FACTS, name="\u202eAnna \u2066Öz")))


@pytest.mark.parametrize("wrong", [{"unit_minutes": 50}, {"signatories": []}, {"signatories": [("A", None)] * 3}])
def test_impossible_facts_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"unit|sign"):
        replace(FACTS, **wrong)  # type: ignore[arg-type] # the fields differ in type


LOGO = "3f"
SIGNED = [("Leitung des Integrationsbüros", "Kreis Offenbach"), ("Nurhan Öztürk", "Kursleitung")]
DAYS = [(date(2026, 9, number), "09:00", "11:15", 90) for number in (3, 10, 17)]
KINDS: dict[Kind, str] = {
    **TITLES, "module": "Modulbescheinigung", "training": "Fortbildungsbestätigung", "keepsake": "Erinnerungsurkunde",
    "days": "Bestätigung der Anwesenheitstage", "employer": "Bescheinigung für den Arbeitgeber",
}  # fmt: skip


def logo() -> bytes:
    """A picture with transparency, as offices have them."""
    file = io.BytesIO()
    Image.new("RGBA", (300, 100), (0, 80, 160, 120)).save(file, "PNG")
    return file.getvalue()


def of_kind(kind: Kind, **changes: object) -> CertificateFacts:
    known: dict[str, object] = {
        "kind": kind, "title": KINDS[kind], "days": DAYS, "recognition": "55n-4145", "child": "Elif",
        "signatories": SIGNED, "birth_date": date(1988, 3, 12), "valid_until": date(2028, 12, 31), "copy_of": "TB-1",
        "modules": MODULES[:2] if kind in ("module", "qualification") else (),
    }  # fmt: skip
    return replace(FACTS, **{**known, **changes})  # type: ignore[arg-type] # the fields differ in type


def test_every_kind_in_every_language_upright_and_across_is_valid() -> None:
    """Bundled, so that the checker is asked once; the languages take turns with the kinds."""
    papers = []
    for number, (language, landscape) in enumerate(product(LANGUAGES, (False, True))):
        kind = list(KINDS)[number % len(KINDS)]
        facts = of_kind(
            kind, second_language=language, landscape=landscape, native_name="محمد عبد الله", native_first=landscape,
            logos=[(LOGO, "Land Hessen")],
        )  # fmt: skip
        assert missing_glyphs(facts) == {}
        papers.append((language, render(facts, {LOGO: logo()}, sealable=True)))
    out = io.BytesIO()
    bundle(papers, About("Alle", "Kreis", "de-DE", FACTS.issued_at), out)
    assert faults(out.getvalue()) == []


def test_no_text_lies_upon_another() -> None:
    """Each kind alone and beside some language, both ways up, with the widest code there can be."""
    languages = cycle(LANGUAGES)
    for kind, landscape, alone in product(KINDS, (False, True), (False, True)):
        language = None if alone else next(languages)
        facts = of_kind(
            kind, second_language=language, landscape=landscape, native_name="محمد عبد الله", verification_code="W" * 26
        )
        assert overlaps(render(facts)) == [], (kind, language, landscape)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_language_stands_beside_the_german(language: str) -> None:
    pdf = render(replace(FACTS, second_language=language))
    pages = pages_of(pdf)
    assert len(pages) == 1
    assert "Teilnahmebescheinigung" in pages[0]
    assert "28 von 40 Unterrichtseinheiten" in pages[0]
    say = for_people(language)
    assert say("Teilnahmebescheinigung") in pages[0]
    assert say("Kursleitung") in pages[0]
    assert f"/Lang ({language})".encode() in pdf


def test_numbers_and_days_of_a_second_language() -> None:
    facts = replace(FACTS, attended_minutes=90 * 45 // 4, birth_date=date(1988, 3, 12))
    assert Voice(facts, "fa").day(date(1988, 3, 12)) == "۱۲ مارس ۱۹۸۸"
    assert Voice(facts, "ar").day(date(1988, 3, 12)) == "١٢ مارس ١٩٨٨"
    assert Voice(facts, "uk").day(date(1988, 3, 12)).startswith("12 березня 1988")
    assert Voice(facts, "en").number(Fraction(3, 2)) == "1.5"
    assert Voice(facts, "fa").number(Fraction(3, 2)) == "۱٫۵"
    assert Voice(facts).number(Fraction(3, 2)) == "1,5"


@pytest.mark.parametrize(
    ("kind", "said", "unsaid"),
    [
        ("days", ["Donnerstag, 10.09.2026", "09:00", "11:15", "allein die Anwesenheit"], ["Leistungsbewertung"]),
        ("employer", ["Donnerstag, 10.09.2026", "55n-4145", "Anerkannt (HBUG)"], []),
        ("module", ["Modul 1", "erfüllt"], []),
        ("keepsake", ["Elif", "dabei", "Schön, dass du dabei warst!"], ["Unterrichtseinheiten", "erfüllt", "12. März"]),
        ("participation", ["Zweitschrift von Nr. TB-1", "Gültig bis 31. Dezember 2028"], ["09:00"]),
    ],
)
def test_what_each_kind_says(kind: Kind, said: list[str], unsaid: list[str]) -> None:
    text = text_of(render(of_kind(kind)))
    assert [entry for entry in said if entry not in text] == []
    assert [entry for entry in unsaid if entry in text] == []


def test_many_days_flow_to_further_pages() -> None:
    days = [(date(2026, 9, 1) + timedelta(number), "09:00", "11:15", 90) for number in range(60)]
    pages = pages_of(render(of_kind("days", days=days)))
    assert len(pages) == 4
    assert all("Tag von bis UE" in page for page in pages[1:])
    assert all(f"{day:%d.%m.%Y}" in " ".join(pages) for day, *_ in days)


def test_own_words_stand_in_place_of_the_usual_ones() -> None:
    text = text_of(
        render(replace(FACTS, sentence="war bei allen Ausflügen dabei:", small_print="Nur mit Siegel gültig."))
    )
    assert "war bei allen Ausflügen dabei:" in text
    assert "Nur mit Siegel gültig." in text
    assert "teilgenommen" not in text
    assert "Leistungsbewertung" not in text


def test_a_logo_is_read_out_and_gives_the_same_bytes() -> None:
    facts = replace(FACTS, logos=[(LOGO, "Land Hessen")])
    pdf = render(facts, {LOGO: logo()})
    assert faults(pdf) == []
    assert "Land Hessen" in alternatives_of(pdf)
    assert pdf == render(facts, {LOGO: logo()})


@pytest.mark.parametrize("file", [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_a_logo_that_is_no_picture_is_refused(file: bytes) -> None:
    with pytest.raises(ValueError, match="no picture"):
        render(replace(FACTS, logos=[(LOGO, "Logo")]), {LOGO: file})


def test_a_logo_that_is_a_bomb_is_refused() -> None:
    file = io.BytesIO()
    Image.new("1", (9000, 9000)).save(file, "PNG")
    assert len(file.getvalue()) < 50_000
    with pytest.raises(ValueError, match="too many pixels"):
        render(replace(FACTS, logos=[(LOGO, "Logo")]), {LOGO: file.getvalue()})


def test_facts_stored_before_there_were_second_languages_still_load() -> None:
    new = ("sentence", "small_print", "landscape", "second_language", "native_first", "native_language", "logos")
    newer = ("copy_of", "days", "recognition", "child", "valid_until")
    stored = {name: value for name, value in json.loads(FACTS.to_json()).items() if name not in new + newer}
    assert CertificateFacts.from_json(json.dumps(stored)) == FACTS


def test_all_facts_survive_storing() -> None:
    facts = of_kind("days", second_language="ar", logos=[(LOGO, "Logo")])
    assert CertificateFacts.from_json(facts.to_json()) == facts
