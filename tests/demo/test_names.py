"""Names of the demo: enough of them, spelled as people spell them, in their own script where they have one."""

import unicodedata

import pytest

from demo import newer_names
from demo.names import COMMUNITIES, GREEK, POLISH, RUSSIAN_GERMAN, Community, Spelling
from programmes.participants.origins import CITIZENSHIPS, COUNTRIES, LANGUAGES

NEWER = [value for value in vars(newer_names).values() if isinstance(value, Community)]
ALL = [*COMMUNITIES, *NEWER]
SCRIPTS = {
    "sr": "CYRILLIC", "ru": "CYRILLIC", "uk": "CYRILLIC", "el": "GREEK", "ar": "ARABIC", "fa-AF": "ARABIC", "ti": "ETHIOPIC",
    "am": "ETHIOPIC",
}  # fmt: skip
LEAST = 15


def spellings(community: Community) -> list[Spelling]:
    families = [form for pair in community.families for form in pair]
    return [*community.women, *community.men, *families, *community.girls, *community.boys]


@pytest.mark.parametrize("community", ALL, ids=lambda community: community.key)
def test_there_are_names_enough(community: Community) -> None:
    for names in (community.women, community.men, community.families):
        assert len(set(names)) >= LEAST
        assert len(set(names)) == len(names), "the same name twice"


@pytest.mark.parametrize("community", ALL, ids=lambda community: community.key)
def test_every_name_is_written_in_its_own_script_too(community: Community) -> None:
    for spelling in spellings(community):
        assert unicodedata.is_normalized("NFC", spelling.latin + (spelling.native or ""))
        assert all(unicodedata.name(letter).startswith("LATIN") or letter in " '-" for letter in spelling.latin)
        if community.script is None:
            assert spelling.native is None
        else:
            letters = (spelling.native or "?").replace(" ", "")
            assert all(unicodedata.name(letter).startswith(SCRIPTS[community.script]) for letter in letters), spelling


@pytest.mark.parametrize("community", ALL, ids=lambda community: community.key)
def test_states_and_languages_are_those_the_forms_offer(community: Community) -> None:
    assert community.citizenship in CITIZENSHIPS
    assert community.birth_country in COUNTRIES
    assert set(community.languages) <= set(LANGUAGES)


def test_women_carry_the_form_of_the_name_that_is_theirs() -> None:
    hers = {his.latin: hers.latin for community in (POLISH, GREEK, RUSSIAN_GERMAN) for his, hers in community.families}
    assert hers["Kowalski"] == "Kowalska"
    assert hers["Zieliński"] == "Zielińska"
    assert hers["Papadopoulos"] == "Papadopoulou"
    assert hers["Karagiannis"] == "Karagianni"
    assert hers["Iwanow"] == "Iwanowa"
    assert (hers["Wójcik"], hers["Penner"], hers["Oikonomou"]) == ("Wójcik", "Penner", "Oikonomou")
    assert not any(name.endswith(("ski", "cki", "dzki")) for name in hers.values())
    assert all(hers.latin.endswith(("ou", "i", "a")) for _, hers in GREEK.families)
