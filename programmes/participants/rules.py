"""Decides about people: ages, names to print, and which two records may be one person."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from wording import N_, Reason, Term

MOST_CHILDREN_AT_ONCE = 4
YOUNGEST_MOTHER_YEARS = 10  # a child is at least so many years younger (security.md IN-6)
LIKELY = 88  # rapidfuzz points from which two names are worth a look
SAME_DAY = 8  # points for the same day of birth
LONGEST_SOUND = 40
NAMELESS = "(gelöscht)"  # stands where a name was
OLDEST_YEARS = 120
ASKS_ALLOWED = 60  # how often an account may ask in …
ASKS_WINDOW = dt.timedelta(hours=1)  # … this time whether others in the county know somebody


class Sex(Term):
    """As in ESF+ reports; None when not told."""

    FEMALE = "female", N_("weiblich")
    MALE = "male", N_("männlich")
    DIVERSE = "diverse", N_("divers")


class Precision(Term):
    """How exactly a birth date is known: only the year is honest where only the year is known."""

    DAY = "day", N_("genauer Tag")
    MONTH = "month", N_("nur Monat und Jahr")
    YEAR = "year", N_("nur Jahr")


class Relation(Term):
    """What somebody is in a family."""

    MOTHER = "mother", N_("Mutter")
    FATHER = "father", N_("Vater")
    GUARDIAN = "guardian", N_("Sorgeberechtigte Person")
    CHILD = "child", N_("Kind")


class Custody(Term):
    """Whether an adult of a family has custody of its children; being a parent does not say so. None when not asked."""

    HAS = "has", N_("hat das Sorgerecht")
    HAS_NOT = "has_not", N_("hat das Sorgerecht nicht")


class Channel(Term):
    """How somebody is reached."""

    CALL = "call", N_("Anruf")
    SMS = "sms", N_("SMS")
    EMAIL = "email", N_("E-Mail")
    LETTER = "letter", N_("Brief")
    IN_PERSON = "in_person", N_("persönlich")
    THROUGH_SOMEBODY = "through_somebody", N_("über jemand anderen")


class Need(Term):
    """What somebody needs to be able to come (domain.md B13); interpreting is never for children to do."""

    INTERPRETING = "interpreting", N_("Dolmetschen")
    CHILDCARE = "childcare", N_("Kinderbetreuung")
    TRAVEL = "travel", N_("Fahrtkosten")


class ConsentPurpose(Term):
    """What is asked apart from the course, one by one (domain.md B11)."""

    PHOTO = "photo", N_("Fotos")
    FOLLOW_UP = "follow_up", N_("Nachfrage nach dem Kurs")
    PASSING_ON = "passing_on", N_("Weitergabe an eine Stelle")
    PRESS = "press", N_("Name in der Zeitung")


class ConsentState(Term):
    """The answer of a person."""

    GIVEN = "given", N_("eingewilligt")
    REFUSED = "refused", N_("abgelehnt")
    REVOKED = "revoked", N_("widerrufen")


class Medium(Term):
    """Where photos are shown; none of them follows from another (domain.md B11)."""

    WEBSITE = "website", N_("Internetseite des Kreises")
    NEWSPAPER = "newspaper", N_("Zeitung")
    REPORT = "report", N_("Bericht des Kreises")


class Explained(Term):
    """How somebody got a text about their data."""

    IN_PRINT = "in_print", N_("als Blatt")
    ALOUD = "aloud", N_("vorgelesen und erklärt")
    INTERPRETED = "interpreted", N_("mit Dolmetschen")
    ONLINE = "online", N_("im Formular der öffentlichen Anmeldung")


IN_PERSON = tuple(one for one in Explained if one is not Explained.ONLINE)  # what the office can say it did
# What has to be named, because nobody can agree to photos or to passing on as such.
NAMED = {
    ConsentPurpose.PHOTO: N_("Bitte schreiben Sie, um welchen Anlass es geht."),
    ConsentPurpose.PASSING_ON: N_("Bitte schreiben Sie, an welche Stelle."),
    ConsentPurpose.PRESS: N_("Bitte schreiben Sie, um welchen Anlass es geht."),
}
ADULTS = frozenset({Relation.MOTHER, Relation.FATHER, Relation.GUARDIAN})


@dataclass(frozen=True)
class PersonFacts:
    """What is asked about an adult. Only a name is needed; everything else may stay unsaid.

    `called_name` is what people say, where the document says something else; `immigrated_in` a year; `contact_by` the way on which
    the person wants to be told something.
    """

    given_name: str
    family_name: str = ""
    birth_name: str | None = None
    native_name: str | None = None
    birth_date: dt.date | None = None
    birth_precision: Precision = Precision.DAY
    sex: Sex | None = None
    citizenships: tuple[str, ...] = ()
    birth_country: str | None = None
    late_resettler: bool = False
    languages: tuple[str, ...] = ()
    municipality_id: int | None = None
    address: str | None = None
    phone: str | None = None
    email: str | None = None
    called_name: str | None = None
    quarter_id: int | None = None
    immigrated_in: int | None = None
    needs: tuple[Need, ...] = ()
    contact_by: Channel | None = None
    referred_by: str | None = None


@dataclass(frozen=True)
class ChildFacts:
    """All that is kept of a child: first name, month of birth (its first day), and the sex if told (domain.md B5)."""

    given_name: str
    birth_month: dt.date
    sex: Sex | None = None


# What is told together: a date says nothing without how exactly it is known.
TOLD_WITH = {"birth_precision": "birth_date"}
MERGED = tuple(field.name for field in dataclasses.fields(PersonFacts) if field.name not in TOLD_WITH)


def is_told(value: object) -> bool:
    """Whether a field holds an answer."""
    return value not in (None, "", (), False)


def disputed(kept: PersonFacts, other: PersonFacts) -> tuple[str, ...]:
    """The fields in which two records of one person both say something, and not the same."""
    pairs = {name: (getattr(kept, name), getattr(other, name)) for name in MERGED}
    return tuple(name for name, (mine, theirs) in pairs.items() if is_told(mine) and is_told(theirs) and mine != theirs)


def merged(kept: PersonFacts, other: PersonFacts, from_other: Collection[str]) -> PersonFacts:
    """One record out of two: of what both say, the fields `from_other` as the other has them; of what one says, that."""
    taken = {
        name: getattr(other, name)
        for name in MERGED
        if is_told(getattr(other, name)) and (name in from_other or not is_told(getattr(kept, name)))
    }
    taken |= {name: getattr(other, name) for name, told in TOLD_WITH.items() if told in taken}
    return dataclasses.replace(kept, **taken)


def merge_reasons(*, same: bool, mixed: bool, outside: bool, both_in: Sequence[str]) -> list[Reason]:
    """What speaks against taking two records for one person. `both_in`: courses in which both have a place or wait for one."""
    if same:
        return [Reason(N_("Das ist dieselbe Person."))]
    if mixed:
        return [Reason(N_("Ein Kind und eine erwachsene Person sind nicht dieselbe."))]
    reasons = []
    if outside:
        text = N_(
            "Eine der beiden ist auch außerhalb Ihres Bereichs in einem Kurs. Bitte fragen Sie das Integrationsbüro."
        )
        reasons.append(Reason(text))
    if both_in:
        text = N_("Beide sind im selben Kurs ({courses}): Bitte beenden Sie zuerst eine der beiden Belegungen.")
        reasons.append(Reason(text, courses=", ".join(both_in)))
    return reasons


def age_in_months(birth: dt.date, day: dt.date) -> int:
    """Completed months of life on a day."""
    months = (day.year - birth.year) * 12 + day.month - birth.month
    return months - (day.day < birth.day)


def person_reasons(birth_date: dt.date | None, today: dt.date) -> list[Reason]:
    """What speaks against a birth date."""
    if birth_date is None:
        return []
    if birth_date > today:
        return [Reason(N_("Das Geburtsdatum liegt in der Zukunft."), field="birth_date")]
    if today.year - birth_date.year > OLDEST_YEARS:
        return [
            Reason(N_("Das Geburtsdatum liegt mehr als {years} Jahre zurück."), field="birth_date", years=OLDEST_YEARS)
        ]
    return []


def immigration_reasons(year: int | None, birth_date: dt.date | None, today: dt.date) -> list[Reason]:
    """What speaks against a year of immigration."""
    if year is None:
        return []
    if year > today.year:
        return [Reason(N_("Dieses Jahr liegt in der Zukunft."), field="immigrated_in")]
    if birth_date and year < birth_date.year:
        return [Reason(N_("Das ist vor der Geburt."), field="immigrated_in")]
    return []


def contact_reasons(contact_by: Channel | None, *, phone: bool, email: bool, address: bool) -> list[Reason]:
    """What speaks against a wanted way of being reached: what it needs has to be known."""
    lacking = (
        {
            Channel.CALL: None if phone else ("phone", N_("Für Anrufe fehlt die Telefonnummer.")),
            Channel.SMS: None if phone else ("phone", N_("Für SMS fehlt die Telefonnummer.")),
            Channel.EMAIL: None if email else ("email", N_("Für E-Mails fehlt die Adresse.")),
            Channel.LETTER: None if address else ("address", N_("Für Briefe fehlt die Anschrift.")),
        }.get(contact_by)
        if contact_by
        else None
    )
    return [Reason(lacking[1], field=lacking[0])] if lacking else []


def child_reasons(child_birth: dt.date | None, adult_birth: dt.date | None, *, field: str) -> list[Reason]:
    """What speaks against this child of this adult."""
    if child_birth and adult_birth and (child_birth.year - adult_birth.year) < YOUNGEST_MOTHER_YEARS:
        return [
            Reason(
                N_("Das Kind ist nicht mindestens {years} Jahre jünger als die erwachsene Person."),
                field=field,
                years=YOUNGEST_MOTHER_YEARS,
            )
        ]
    return []


def member_reasons(relation: Relation, custody: Custody | None, *, is_child: bool) -> list[Reason]:
    """What speaks against being this in a family."""
    if is_child and relation is not Relation.CHILD:
        return [Reason(N_("Ein Kind ist in der Familie das Kind."), field="relation")]
    if not is_child and relation is Relation.CHILD:
        return [Reason(N_("Eine erwachsene Person ist in der Familie kein Kind."), field="relation")]
    if relation is Relation.GUARDIAN and custody is Custody.HAS_NOT:
        return [Reason(N_("Eine sorgeberechtigte Person hat das Sorgerecht."), field="custody")]
    return []


@dataclass(frozen=True)
class ConsentFacts:
    """An answer. `about` is the occasion or the office that it is about, `media` where photos may be shown; `text_version` and
    `language` are those of the text it answers."""

    purpose: ConsentPurpose
    state: ConsentState
    text_version: str
    language: str
    about: str | None = None
    media: tuple[Medium, ...] = ()
    explained: Explained | None = None


def consent_reasons(held: ConsentState | None, new: ConsentState) -> list[Reason]:
    """What speaks against recording this answer after the one that holds: one revokes only what was given."""
    if new is ConsentState.REVOKED and held is not ConsentState.GIVEN:
        return [Reason(N_("Widerrufen kann man nur, was eingewilligt wurde."), field="state")]
    return []


def given_reasons(told: ConsentFacts) -> list[Reason]:
    """What a yes must say to be one: what for, and of photos where they are shown."""
    reasons = []
    if told.state is ConsentState.GIVEN:
        if told.purpose in NAMED and not told.about:
            reasons.append(Reason(NAMED[told.purpose], field="about"))
        if told.purpose is ConsentPurpose.PHOTO and not told.media:
            reasons.append(Reason(N_("Bitte wählen Sie, wo die Fotos gezeigt werden."), field="media"))
    return reasons


def giver_reasons(told: ConsentFacts, givers: Collection[int], with_custody: Collection[int]) -> list[Reason]:
    """What speaks against an answer for a child: somebody with custody gives it, and for the internet all who have it."""
    if not givers:
        return [Reason(N_("Für ein Kind antwortet, wer das Sorgerecht hat. Bitte wählen Sie, wer."), field="givers")]
    if told.state is ConsentState.GIVEN and Medium.WEBSITE in told.media and not set(with_custody) <= set(givers):
        return [Reason(N_("Fotos im Internet: Alle, die das Sorgerecht haben, müssen Ja sagen."), field="givers")]
    return []


def notice_reasons(given_on: dt.date, today: dt.date) -> list[Reason]:
    """What speaks against a day on which the notice was handed over."""
    return [Reason(N_("Dieser Tag liegt in der Zukunft."), field="given_on")] if given_on > today else []


# The words of origins.LANGUAGES that are languages of `translations.LANGUAGES`.
CODES = {
    "Arabisch": "ar", "Griechisch": "el", "Englisch": "en", "Spanisch": "es", "Farsi": "fa", "Dari": "fa", "Französisch": "fr",
    "Kroatisch": "hr", "Italienisch": "it", "Polnisch": "pl", "Russisch": "ru", "Serbisch": "sr", "Türkisch": "tr", "Ukrainisch": "uk",
}  # fmt: skip


def language_of(languages: Sequence[str]) -> str:
    """The first of somebody's languages in which the office has texts; otherwise German."""
    return next((CODES[language] for language in languages if language in CODES), "de")


def birth_date_of(text: str) -> tuple[dt.date, Precision] | None:
    """A birth date as precisely as somebody knows it: `12.5.1975`, `05.1975`, `1975`, or the same as ISO dates.

    What is not known counts as the first: the year 1975 is stored as 1 January 1975 with its precision.
    """
    patterns = (
        (r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})", Precision.DAY),
        (r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})", Precision.DAY),
        (r"(?P<m>\d{1,2})[./]\s?(?P<y>\d{4})", Precision.MONTH),
        (r"(?P<y>\d{4})-(?P<m>\d{1,2})", Precision.MONTH),
        (r"(?P<y>\d{4})", Precision.YEAR),
    )
    for pattern, precision in patterns:
        found = re.fullmatch(pattern, text.strip(), re.ASCII)
        if found:
            parts = {name: int(number) for name, number in found.groupdict().items()}
            try:
                return dt.date(parts["y"], parts.get("m", 1), parts.get("d", 1)), precision
            except ValueError:
                return None
    return None


def birth_date_text(birth_date: dt.date | None, precision: Precision) -> str:
    """The same way round: what `birth_date_of` reads."""
    if birth_date is None:
        return ""
    pattern = {Precision.DAY: "%d.%m.%Y", Precision.MONTH: "%m.%Y", Precision.YEAR: "%Y"}[precision]
    return birth_date.strftime(pattern)


# German office transliterations of letters that NFKD leaves whole, and of Cyrillic (close to ISO 9 as passports print it).
_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h",
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "e", "ж": "zh", "з": "z",
        "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
        "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    }
)  # fmt: skip
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_SAME_SOUND = (
    ("yu", "ju"), ("ya", "ja"), ("iu", "ju"), ("ia", "ja"), ("kh", "h"), ("dsch", "j"), ("tsch", "ch"),
    ("sch", "sh"), ("ou", "u"), ("ph", "f"), ("w", "v"), ("y", "i"), ("j", "i"), ("q", "k"), ("c", "k"), ("ae", "a"),
    ("oe", "o"), ("ue", "u"), ("zh", "sh"),
)  # fmt: skip


def plain(text: str) -> str:
    """A text in small letters without accents, Cyrillic in Latin ones: Ayşe and Ayse, Müller and Mueller meet here."""
    text = unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS).translate(_LETTERS)
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def sort_key(family_name: str, given_name: str) -> str:
    """What lists of names go by, the same in every database: Çakır after Bauer and before Daum, Müller where Mueller stands, and
    Meier before Meier-Koch (DIN 5007, for names)."""
    return ", ".join(plain(part) for part in (family_name, given_name) if part)


def name_key(name: str) -> str:
    """A name as it sounds across transliterations: Hassan and Hasan, Юлия and Julia, Müller and Mueller meet here."""
    text = plain(name)
    text = re.sub(r"[^\w]+", " ", text)
    for old, new in _SAME_SOUND:
        text = text.replace(old, new)
    text = re.sub(r"(\w)\1+", r"\1", text)
    return " ".join(sorted(text.split()))


def keys_of(facts: PersonFacts) -> tuple[str, ...]:
    """How the names sound that somebody has, had before, or is called by; each once."""
    given, family = facts.given_name, facts.family_name
    names = [f"{given} {family}"]
    names += [f"{given} {facts.birth_name}"] if facts.birth_name else []
    names += [f"{facts.called_name} {family}"] if facts.called_name else []
    names += [facts.native_name] if facts.native_name else []
    return tuple(dict.fromkeys(name_key(name) for name in names))


_VOICELESS = str.maketrans("bdgvz", "ptkfs", "aeiouh")
_BEGINS_OPEN = re.compile("[aeiouh]")


def name_sounds(keys: Iterable[str]) -> frozenset[str]:
    """What an index finds likely names by: of each word of a `name_key` the beginning and its hard consonants. Names that are likely
    the same have at least one of them in common: Schmidt and Schmitt, Christina and Kristina, Mohammed and Muhamad meet here."""
    return frozenset(_sound(word) for key in keys for word in key.split())


def _sound(word: str) -> str:
    begins = "a" if _BEGINS_OPEN.match(word) else ""
    return re.sub(r"(.)\1+", r"\1", begins + word.translate(_VOICELESS))[:LONGEST_SOUND]


@dataclass(frozen=True)
class KnownPerson:
    """As much of a person as the comparison needs. `keys` are the `name_key`s of all their names."""

    id: int
    keys: tuple[str, ...]
    birth_date: dt.date | None


def likely_duplicates(
    keys: Iterable[str], birth_date: dt.date | None, known: Iterable[KnownPerson]
) -> list[tuple[int, int]]:
    """(id, points 0–100) of those who may be the same person, most likely first.

    Names are compared in any order and spelling; a birth date that differs by more than a year speaks against it, a missing
    one or 1 January (the usual stand-in for *unknown*) does not.
    """
    crowd = Crowd(known)
    return crowd.judged(likely_names(keys, crowd.by_key), birth_date)


def likely_names(keys: Iterable[str], theirs: Iterable[str]) -> dict[str, float]:
    """Those of their `name_key`s that may be the same name as one of these keys, with points 0–100. A key has its words in order, so
    the order in which somebody says their names plays no part."""
    found: dict[str, float] = {}
    choices = list(theirs)
    for mine in keys:
        alike = process.extract(mine, choices, scorer=fuzz.ratio, score_cutoff=LIKELY - SAME_DAY, limit=None)
        for name, points, _ in alike:
            found[name] = max(points, found.get(name, 0.0))
    return found


class Crowd:
    """Many people, to be compared with many others: each name once, whoever has it."""

    def __init__(self, known: Iterable[KnownPerson] = ()) -> None:
        self.by_key: dict[str, list[KnownPerson]] = {}
        self._by_sound: dict[str, set[str]] = {}
        self._by_day: dict[dt.date, set[str]] = {}
        for one in known:
            self.add(one)

    def add(self, one: KnownPerson) -> None:
        """One more; as many as there are, each is added quickly."""
        for key in one.keys:
            if key not in self.by_key:
                for sound in name_sounds([key]):
                    self._by_sound.setdefault(sound, set()).add(key)
            self.by_key.setdefault(key, []).append(one)
            if one.birth_date:
                self._by_day.setdefault(one.birth_date, set()).add(key)

    def likely(self, keys: Sequence[str], birth_date: dt.date | None) -> list[tuple[int, int]]:
        """What `likely_duplicates` says of those who sound alike or were born on this day."""
        near = [self._by_sound.get(sound, set()) for sound in name_sounds(keys)]
        near += [self._by_day.get(birth_date, set())] if birth_date else []
        return self.judged(likely_names(keys, set().union(*near)), birth_date)

    def judged(self, names: Mapping[str, float], birth_date: dt.date | None) -> list[tuple[int, int]]:
        """Whoever has one of these names, by what the days of birth say."""
        best: dict[int, tuple[float, KnownPerson]] = {}
        for name, points in names.items():
            for person in self.by_key[name]:
                if person.id not in best or points > best[person.id][0]:
                    best[person.id] = (points, person)
        judged = [(person.id, points + _speaks(birth_date, person.birth_date)) for points, person in best.values()]
        found = [(number, min(100, round(points))) for number, points in judged if points >= LIKELY]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def _speaks(mine: dt.date | None, theirs: dt.date | None) -> int:
    """Points for or against two people being one, from the days they were born."""
    if mine is None or theirs is None:
        return 0
    if mine == theirs:
        return SAME_DAY
    if _is_stand_in(mine) or _is_stand_in(theirs):
        return 0
    return -6 if abs((mine - theirs).days) <= 366 else -30


def is_told_exactly(facts: PersonFacts) -> bool:
    """Whether somebody is described well enough to ask who else in the county knows them: both names and the day of birth. 1 January
    is no day that is known."""
    return (
        bool(facts.given_name and facts.family_name and facts.birth_date)
        and facts.birth_precision is Precision.DAY
        and not _is_stand_in(facts.birth_date or dt.date.min)
    )


def exactly_alike(facts: PersonFacts, known: Iterable[KnownPerson]) -> set[int]:
    """Those who have one of these names, however it is written, and were born on this very day."""
    keys = set(keys_of(facts))
    return {one.id for one in known if one.birth_date == facts.birth_date and not keys.isdisjoint(one.keys)}


def _is_stand_in(birth_date: dt.date) -> bool:
    return (birth_date.day, birth_date.month) == (1, 1)
