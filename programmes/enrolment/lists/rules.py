"""Decides what a list of people means: where its heads are, what its columns hold, and what may not be in any."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from programmes.participants.rules import PersonFacts, Precision, plain
from wording import N_, Term

KEPT_FOR = dt.timedelta(hours=1)  # security.md UP-5
LARGEST_FILE = 900_000  # bytes; a request has at most a million
MOST_ROWS, MOST_COLUMNS = 5_000, 60  # security.md UP-1
LONGEST_CELL = 500
HEAD_WITHIN = 20  # rows from the top
Row = tuple[int, list[str]]  # its number in the file, its cells


class Column(Term):
    """What a column may hold: the fields of the form on a person. Nothing else is taken over."""

    GIVEN_NAME = "given_name", N_("Vorname")
    FAMILY_NAME = "family_name", N_("Nachname")
    BIRTH_NAME = "birth_name", N_("Geburtsname")
    CALLED_NAME = "called_name", N_("Rufname")
    NATIVE_NAME = "native_name", N_("Name in der eigenen Schrift")
    BIRTH_DATE = "birth_date", N_("Geburtsdatum")
    SEX = "sex", N_("Geschlecht")
    CITIZENSHIPS = "citizenships", N_("Staatsangehörigkeiten")
    BIRTH_COUNTRY = "birth_country", N_("Geburtsland")
    LANGUAGES = "languages", N_("Familiensprachen")
    IMMIGRATED_IN = "immigrated_in", N_("Eingewandert im Jahr")
    TOWN = "municipality_id", N_("Wohnort")
    ADDRESS = "address", N_("Straße und Hausnummer")
    PHONE = "phone", N_("Telefon")
    EMAIL = "email", N_("E-Mail-Adresse")
    REFERRED_BY = "referred_by", N_("Geschickt von")


class Decision(Term):
    """What somebody says of a row that is like a person who is there, or like another row."""

    SAME = "same", N_("ist dieselbe Person")
    OTHER = "other", N_("ist jemand anders")
    LEAVE_OUT = "leave_out", N_("auslassen")


# Words in heads, as `_bare` leaves them.
HEADS: Mapping[Column, str] = {
    Column.GIVEN_NAME: "vorname vornamen rufvorname givenname firstname forename",
    Column.FAMILY_NAME: "nachname familienname zuname name surname lastname familyname",
    Column.BIRTH_NAME: "geburtsname maedchenname geborene geb birthname maidenname",
    Column.CALLED_NAME: "rufname calledname nickname",
    Column.NATIVE_NAME: "originalschrift eigeneschrift nameindereigenenschrift nativename",
    Column.BIRTH_DATE: "geburtsdatum gebdatum geburtstag geboren geborenam gebdat jahrgang geburtsjahr birthdate dateofbirth birthday dob",
    Column.SEX: "geschlecht sex gender mw wm mwd anrede",
    Column.CITIZENSHIPS: "staatsangehoerigkeit staatsangehoerigkeiten nationalitaet nation citizenship nationality",
    Column.BIRTH_COUNTRY: "geburtsland herkunftsland herkunft birthcountry countryofbirth countryoforigin",
    Column.LANGUAGES: "sprache sprachen familiensprache familiensprachen muttersprache language languages mothertongue",
    Column.IMMIGRATED_IN: "einreisejahr eingewandert eingewandertimjahr eingereist zuzugsjahr immigratedin yearofimmigration",
    Column.TOWN: "wohnort ort stadt gemeinde kommune town city municipality",
    Column.ADDRESS: "adresse anschrift strasse strassehausnummer strasseundhausnummer strassehnr strassenr address street",
    Column.PHONE: "telefon telefonnummer telnr tel handy handynummer mobil mobilnummer rufnummer phone mobile cell phonenumber",
    Column.EMAIL: "email emailadresse mail mailadresse emailaddress",
    Column.REFERRED_BY: "geschicktvon vermitteltvon vermittlung referredby",
}
_OF_HEAD = {word: column for column, words in HEADS.items() for word in words.split()}
# domain.md B11: never asked, so never taken over, whatever the list was made for.
FORBIDDEN = (
    "aufenthalt", "duldung", "asyl", "auslaenderrecht", "auslaenderzentral", "azr", "visum", "residence", "visa", "immigrationstatus",
    "religion", "konfession", "glaube", "faith", "gesundheit", "krank", "behinder", "diagnos", "attest", "schwanger", "medizin",
    "health", "illness", "disab", "pregnan", "ethni",
)  # fmt: skip
SEXES = {
    "female": "w weiblich f frau female woman", "male": "m maennlich mann herr male man", "diverse": "d divers diverse x",
}  # fmt: skip
_SEX_OF = {word: value for value, words in SEXES.items() for word in words.split()}


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", plain(text))


def is_forbidden(head: str) -> bool:
    """Whether a column is about what nobody asks here."""
    return any(word in _bare(head) for word in FORBIDDEN)


def guessed(heads: Sequence[str]) -> list[Column | None]:
    """What each column seems to hold; each thing once, the first column of it."""
    found: list[Column | None] = []
    for head in heads:
        column = None if is_forbidden(head) else _OF_HEAD.get(_bare(head))
        found.append(None if column in found else column)
    return found


def place_of_head(rows: Sequence[Row]) -> int | None:
    """Which row has the heads, below titles and merged cells: the one in which most are understood, a name among them."""
    sums = []
    for place, (_, cells) in enumerate(rows[:HEAD_WITHIN]):
        columns = [column for column in guessed(cells) if column]
        if {Column.GIVEN_NAME, Column.FAMILY_NAME} & set(columns) and len(columns) > 1:
            sums.append((-len(columns), place))
    return min(sums)[1] if sums else None


def without_forbidden(heads: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """The rows, with nothing in the columns that nobody may keep."""
    out = {place for place, head in enumerate(heads) if is_forbidden(head)}
    return [(number, ["" if place in out else cell for place, cell in enumerate(cells)]) for number, cells in rows]


def told(columns: Mapping[int, Column], cells: Sequence[str]) -> dict[Column, str]:
    """What a row says, as a form would send it. Whoever has one name only has it as given name."""
    found = {column: cells[place] for place, column in columns.items() if place < len(cells) and cells[place]}
    if Column.SEX in found:
        found[Column.SEX] = _SEX_OF.get(_bare(found[Column.SEX]), found[Column.SEX])
    for several in (Column.CITIZENSHIPS, Column.LANGUAGES):
        if several in found:
            found[several] = re.sub(r"\s*[;/]\s*", ", ", found[several])
    if Column.GIVEN_NAME not in found and Column.FAMILY_NAME in found:
        found[Column.GIVEN_NAME] = found.pop(Column.FAMILY_NAME)
    return found


def is_there(facts: PersonFacts, person: Any) -> bool:
    """Whether a row says of somebody only what is known: name and day of birth, or, where no day is told, everything it says."""
    exact = facts.birth_date is not None and facts.birth_precision is Precision.DAY
    names = ("given_name", "family_name", "birth_date", "birth_precision")
    said = {name: getattr(facts, name) for name in names}
    if not exact:
        said |= {name: value for name, value in vars(facts).items() if value not in (None, "", (), False)}
    return all(
        getattr(person, name) == (list(value) if isinstance(value, tuple) else value) for name, value in said.items()
    )


@dataclass(frozen=True)
class Line:
    """One row: what it says, what is wrong with it (field, sentence), whether somebody is there already of whom it says only what is
    known, and whom and which rows it is like."""

    number: int
    facts: PersonFacts
    wrong: Sequence[tuple[str, str]] = ()
    there: bool = False
    people: Sequence[int] = ()
    rows: Sequence[int] = ()

    @property
    def name(self) -> str:
        return ", ".join(part for part in (self.facts.family_name, self.facts.given_name) if part)

    @property
    def is_asked(self) -> bool:
        """Whether somebody has to decide."""
        return not self.wrong and not self.there and bool(self.people or self.rows)

    @property
    def is_new(self) -> bool:
        return not self.wrong and not self.there and not self.is_asked
