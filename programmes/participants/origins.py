"""What people may call where they come from: states (also those that no longer exist) and languages, to pick from.

Suggestions, not a fence: another word is stored as it was said. Stored in German; what is *not known* is told apart from
*no state*.
"""

from __future__ import annotations

from collections.abc import Sequence

from wording import N_, Term

STATES = (
    "Afghanistan", "Ägypten", "Albanien", "Algerien", "Andorra", "Angola", "Antigua und Barbuda", "Äquatorialguinea",
    "Argentinien", "Armenien", "Aserbaidschan", "Äthiopien", "Australien", "Bahamas", "Bahrain", "Bangladesch",
    "Barbados", "Belarus", "Belgien", "Belize", "Benin", "Bhutan", "Bolivien", "Bosnien und Herzegowina", "Botsuana",
    "Brasilien", "Brunei", "Bulgarien", "Burkina Faso", "Burundi", "Cabo Verde", "Chile", "China", "Costa Rica",
    "Côte d’Ivoire", "Dänemark", "Deutschland", "Dominica", "Dominikanische Republik", "Dschibuti", "Ecuador",
    "El Salvador", "Eritrea", "Estland", "Eswatini", "Fidschi", "Finnland", "Frankreich", "Gabun", "Gambia",
    "Georgien", "Ghana", "Grenada", "Griechenland", "Guatemala", "Guinea", "Guinea-Bissau", "Guyana", "Haiti",
    "Honduras", "Indien", "Indonesien", "Irak", "Iran", "Irland", "Island", "Israel", "Italien", "Jamaika", "Japan",
    "Jemen", "Jordanien", "Kambodscha", "Kamerun", "Kanada", "Kasachstan", "Katar", "Kenia", "Kirgisistan",
    "Kiribati", "Kolumbien", "Komoren", "Kongo-Brazzaville", "Kongo-Kinshasa", "Kosovo", "Kroatien", "Kuba", "Kuwait",
    "Laos", "Lesotho", "Lettland", "Libanon", "Liberia", "Libyen", "Liechtenstein", "Litauen", "Luxemburg",
    "Madagaskar", "Malawi", "Malaysia", "Malediven", "Mali", "Malta", "Marokko", "Marshallinseln", "Mauretanien",
    "Mauritius", "Mexiko", "Mikronesien", "Moldau", "Monaco", "Mongolei", "Montenegro", "Mosambik", "Myanmar",
    "Namibia", "Nauru", "Nepal", "Neuseeland", "Nicaragua", "Niederlande", "Niger", "Nigeria", "Nordkorea",
    "Nordmazedonien", "Norwegen", "Oman", "Österreich", "Pakistan", "Palästinensische Gebiete", "Palau", "Panama",
    "Papua-Neuguinea", "Paraguay", "Peru", "Philippinen", "Polen", "Portugal", "Ruanda", "Rumänien", "Russland",
    "Salomonen", "Sambia", "Samoa", "San Marino", "São Tomé und Príncipe", "Saudi-Arabien", "Schweden", "Schweiz",
    "Senegal", "Serbien", "Seychellen", "Sierra Leone", "Simbabwe", "Singapur", "Slowakei", "Slowenien", "Somalia",
    "Spanien", "Sri Lanka", "St. Kitts und Nevis", "St. Lucia", "St. Vincent und die Grenadinen", "Südafrika",
    "Sudan", "Südkorea", "Südsudan", "Suriname", "Syrien", "Tadschikistan", "Taiwan", "Tansania", "Thailand",
    "Timor-Leste", "Togo", "Tonga", "Trinidad und Tobago", "Tschad", "Tschechien", "Tunesien", "Türkei",
    "Turkmenistan", "Tuvalu", "Uganda", "Ukraine", "Ungarn", "Uruguay", "Usbekistan", "Vanuatu", "Vatikanstadt",
    "Venezuela", "Vereinigte Arabische Emirate", "Vereinigte Staaten", "Vereinigtes Königreich", "Vietnam",
    "Zentralafrikanische Republik", "Zypern",
)  # fmt: skip

# Citizenships that papers still carry, though the states are gone, and two answers that are none.
FORMER_STATES = ("Jugoslawien", "Serbien und Montenegro", "Sowjetunion", "Tschechoslowakei")
WITHOUT_STATE = ("staatenlos", "ungeklärt")
GERMANY = "Deutschland"
EU_STATES = frozenset({  # without Germany; since the United Kingdom left, on 1 February 2020
    "Belgien", "Bulgarien", "Dänemark", "Estland", "Finnland", "Frankreich", "Griechenland", "Irland", "Italien",
    "Kroatien", "Lettland", "Litauen", "Luxemburg", "Malta", "Niederlande", "Österreich", "Polen", "Portugal",
    "Rumänien", "Schweden", "Slowakei", "Slowenien", "Spanien", "Tschechien", "Ungarn", "Zypern",
})  # fmt: skip
CITIZENSHIPS = STATES + FORMER_STATES + WITHOUT_STATE
COUNTRIES = STATES + FORMER_STATES

LANGUAGES = (
    "Albanisch", "Amharisch", "Arabisch", "Armenisch", "Aserbaidschanisch", "Bengalisch", "Berberisch", "Bosnisch",
    "Bulgarisch", "Chinesisch", "Dari", "Deutsch", "Englisch", "Estnisch", "Farsi", "Französisch", "Georgisch",
    "Griechisch", "Hebräisch", "Hindi", "Italienisch", "Kasachisch", "Kroatisch", "Kurdisch (Kurmandschi)",
    "Kurdisch (Sorani)", "Lettisch", "Litauisch", "Mazedonisch", "Niederländisch", "Paschtu", "Polnisch",
    "Portugiesisch", "Punjabi", "Romanes", "Rumänisch", "Russisch", "Serbisch", "Slowakisch", "Slowenisch", "Somali",
    "Spanisch", "Tagalog", "Tamil", "Thailändisch", "Tigrinya", "Tschechisch", "Türkisch", "Ukrainisch", "Ungarisch",
    "Urdu", "Usbekisch", "Vietnamesisch", "Zazaki",
)  # fmt: skip


class CitizenshipGroup(Term):
    """Which of these groups somebody's citizenships put them into; the groups funders and the county ask for (domain.md E4)."""

    GERMAN = "german", N_("deutsch, auch mit weiterer")
    EU = "eu", N_("anderer Staat der EU")
    THIRD_COUNTRY = "third_country", N_("Staat außerhalb der EU")
    NONE = "none", N_("staatenlos oder ungeklärt")


def citizenship_group(citizenships: Sequence[str]) -> CitizenshipGroup | None:
    """The group of somebody with these citizenships; None when they told none. The German one counts before all others, one of
    the European Union before those of third countries."""
    for group, states in (
        (CitizenshipGroup.GERMAN, frozenset({GERMANY})),
        (CitizenshipGroup.EU, EU_STATES),
        (CitizenshipGroup.THIRD_COUNTRY, frozenset(citizenships) - frozenset(WITHOUT_STATE)),
    ):
        if states.intersection(citizenships):
            return group
    return CitizenshipGroup.NONE if citizenships else None
