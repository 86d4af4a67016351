"""Makes people: names by community, plausible ages, addresses, phones that nobody has, and families."""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from demo import clockwork
from demo.names import Community, Spelling
from programmes.catalogue.models import Municipality
from programmes.participants.models import Consent, Family, FamilyMember, Person, PrivacyNotice
from programmes.participants.privacy import NOTICE_VERSION
from programmes.participants.rules import (
    Channel,
    ConsentPurpose,
    ConsentState,
    Explained,
    Medium,
    Need,
    Precision,
    Relation,
    Sex,
)

STREETS = (
    "Lindenstraße", "Gartenstraße", "Bahnhofstraße", "Schillerstraße", "Am Bachlauf", "Kastanienallee", "Ringstraße",
    "Goethestraße", "Birkenweg", "Am Festplatz", "Waldstraße", "Rathenaustraße",
)  # fmt: skip
POSTCODES = {
    "Dietzenbach": "63128", "Dreieich": "63303", "Egelsbach": "63329", "Hainburg": "63512", "Heusenstamm": "63150",
    "Langen (Hessen)": "63225", "Mainhausen": "63533", "Mühlheim am Main": "63165", "Neu-Isenburg": "63263",
    "Obertshausen": "63179", "Rodgau": "63110", "Rödermark": "63322", "Seligenstadt": "63500",
}  # fmt: skip
CONSENT_TEXT = "2003-1"
ASKED = (ConsentPurpose.PHOTO, ConsentPurpose.FOLLOW_UP)
PHOTOS_OF = "Kurs und Abschlussfeier"
SHARES = {"phone": 0.85, "email": 0.2, "photo": 0.7, "follow_up": 0.6, "native": 0.6, "year_only": 0.3}
YEAR_ONLY = frozenset({"af", "er", "sy"})  # where papers often know the year alone


@dataclass(frozen=True)
class Household:
    """A family of the demo: one or two adults and their children."""

    family: Family
    mother: Person
    father: Person | None
    children: tuple[Person, ...]


@dataclass
class Cast:
    """Whoever is met in the demo. No name is given twice."""

    rng: random.Random
    entered_by_id: int
    given_away: set[str] = field(default_factory=set)  # names that nobody gets by chance

    def adult(
        self,
        community: Community,
        sex: Sex,
        town: Municipality,
        met: dt.date,
        *,
        ages: tuple[int, int] = (22, 58),
        family_name: tuple[Spelling, Spelling] | None = None,
        name: tuple[str, str] | None = None,
        **facts: object,
    ) -> Person:
        """An adult whom the office meets on a day. `name` fixes given and family name."""
        given, family, native = self._name(community, sex, family_name, name)
        age = self.rng.randint(*ages)
        birth = clockwork.years_before(met, age) - dt.timedelta(days=self.rng.randrange(365))
        precision = Precision.DAY
        if community.key in YEAR_ONLY and self.rng.random() < SHARES["year_only"]:
            birth, precision = birth.replace(month=1, day=1), Precision.YEAR
        keep_native = native is not None and (name is not None or self.rng.random() < SHARES["native"])
        details: dict[str, object] = {
            "given_name": given, "family_name": family, "sex": sex, "birth_date": birth, "birth_precision": precision,
            "native_name": native if keep_native else None,
            "native_language": community.script if keep_native else None,
            "citizenships": [community.citizenship], "birth_country": community.birth_country,
            "late_resettler": community.key == "rd", "languages": list(community.languages),
            "municipality": town, "address": self._address(town), "phone": self._phone(),
            "email": self._email(given) if self.rng.random() < SHARES["email"] else None,
            "entered_by_id": self.entered_by_id, "entered_at": clockwork.instant(met, 10, self.rng.randrange(60)),
        }  # fmt: skip
        details["needs"] = [Need.INTERPRETING.value] if birth.day % 9 == 0 else []
        details["contact_by"] = _wish(birth.day, details["phone"], details["email"])
        return Person(**details | _before_2006(community, met) | facts)

    def child(self, community: Community, sex: Sex, born: dt.date, met: dt.date, *, given: str | None = None) -> Person:
        """A child: first name, month of birth and sex, nothing else."""
        names = community.girls if sex is Sex.FEMALE else community.boys
        return Person(
            given_name=given or self.rng.choice(names).latin,
            family_name="",
            is_child=True,
            sex=sex,
            birth_date=born.replace(day=1),
            birth_precision=Precision.MONTH,
            citizenships=[],
            languages=[],
            entered_by_id=self.entered_by_id,
            entered_at=clockwork.instant(met, 10, self.rng.randrange(60)),
        )

    def household(
        self,
        community: Community,
        town: Municipality,
        met: dt.date,
        born: tuple[dt.date, ...],
        *,
        name: tuple[str, str] | None = None,
        father: str | None = None,
        children: tuple[str, ...] = (),
        **facts: object,
    ) -> Household:
        """A mother with children born in these months; the father too, if he is named or by chance."""
        family_name = community.family(self.rng) if name is None else community.named(name[1])
        mother = self.adult(
            community, Sex.FEMALE, town, met, ages=(23, 38), family_name=family_name, name=name, **facts
        )
        kids: list[Person] = []
        for number, month in enumerate(born):
            sex = self.rng.choice((Sex.FEMALE, Sex.MALE))
            taken = {kid.given_name for kid in kids}
            while True:
                kid = self.child(community, sex, month, met, given=children[number] if children else None)
                if children or kid.given_name not in taken:
                    break
            kids.append(kid)
        him = None
        if father is not None or self.rng.random() < 0.3:
            his_name = (father, name[1]) if father is not None and name is not None else None
            him = self.adult(community, Sex.MALE, town, met, ages=(26, 44), family_name=family_name, name=his_name)
        return Household(Family(entered_at=clockwork.instant(met, 10)), mother, him, tuple(kids))

    def consents(self, person: Person, met: dt.date) -> list[Consent]:
        """What somebody answered when they came: some say yes, some no, some were not asked."""
        answers = []
        for purpose in ASKED:
            if self.rng.random() < 0.85:
                given = self.rng.random() < SHARES[purpose.value]
                state = ConsentState.GIVEN if given else ConsentState.REFUSED
                answers.append(self.consent(person, purpose, state, met))
        return answers

    def notices(self, people: Iterable[Person], met: dt.date) -> list[PrivacyNotice]:
        """Most adults got the privacy notice when they came; the others still have to."""
        return [
            PrivacyNotice(
                person=person, version=NOTICE_VERSION, language=person.languages[0], given_on=met, by_id=self.entered_by_id,
                explained=Explained.INTERPRETED if person.needs else Explained.IN_PRINT, at=clockwork.instant(met, 11),
            )
            for person in people
            if person.birth_date is not None and person.birth_date.day % 5
        ]  # fmt: skip

    def consent(self, person: Person, purpose: ConsentPurpose, state: ConsentState, day: dt.date) -> Consent:
        """One answer on one day, explained in the first language of the person."""
        return Consent(
            person=person,
            purpose=purpose,
            state=state,
            text_version=CONSENT_TEXT,
            language=person.languages[0],
            about=PHOTOS_OF if purpose is ConsentPurpose.PHOTO else None,
            media=[Medium.REPORT.value] if purpose is ConsentPurpose.PHOTO else [],
            at=clockwork.instant(day, 11),
            by_id=self.entered_by_id,
        )

    def _name(
        self,
        community: Community,
        sex: Sex,
        family_name: tuple[Spelling, Spelling] | None,
        name: tuple[str, str] | None,
    ) -> tuple[str, str, str | None]:
        if name is not None:
            self.given_away.add(" ".join(name))
            return name[0], name[1], self._script_of(community, sex, name)
        while True:
            given = self.rng.choice(community.women if sex is Sex.FEMALE else community.men)
            family = (family_name or community.family(self.rng))[sex is Sex.FEMALE]
            full = f"{given.latin} {family.latin}"
            if full not in self.given_away:
                break
        self.given_away.add(full)
        native = f"{given.native} {family.native}" if given.native and family.native else None
        return given.latin, family.latin, native

    @staticmethod
    def _script_of(community: Community, sex: Sex, name: tuple[str, str]) -> str | None:
        given = {spelling.latin: spelling.native for spelling in community.women + community.men}
        family = {pair[sex is Sex.FEMALE].latin: pair[sex is Sex.FEMALE].native for pair in community.families}
        parts = given.get(name[0]), family.get(name[1])
        return " ".join(part for part in parts if part) if all(parts) else None

    def _address(self, town: Municipality) -> str | None:
        postcode = POSTCODES.get(town.name)
        street = f"{self.rng.choice(STREETS)} {self.rng.randint(1, 90)}"
        return f"{street}, {postcode} {town.name}" if postcode else None

    def _phone(self) -> str | None:
        """From the numbers that the Bundesnetzagentur keeps free for films."""
        if self.rng.random() > SHARES["phone"]:
            return None
        mobile = self.rng.random() < 0.6
        return f"0176 040690{self.rng.randrange(100):02}" if mobile else f"069 90009{self.rng.randrange(1000):03}"

    def _email(self, given: str) -> str:
        bare = unicodedata.normalize("NFKD", given.casefold().replace("ı", "i"))
        plain = "".join(letter for letter in bare if letter.isascii() and letter.isalpha()) or "post"
        return f"{plain}.{self.rng.randrange(100, 1000)}@example.org"


def members(household: Household) -> list[FamilyMember]:
    """Who is what in this family."""
    family = household.family
    adults = [FamilyMember(family=family, person=household.mother, relation=Relation.MOTHER)]
    if household.father is not None:
        adults.append(FamilyMember(family=family, person=household.father, relation=Relation.FATHER))
    return adults + [FamilyMember(family=family, person=kid, relation=Relation.CHILD) for kid in household.children]


def _before_2006(community: Community, met: dt.date) -> dict[str, object]:
    """Serbia had not been a state of its own yet."""
    if community.birth_country != "Serbien" or met.year >= 2006:
        return {}
    return {"citizenships": ["Serbien und Montenegro"], "birth_country": "Jugoslawien"}


def _wish(number: int, phone: object, email: object) -> Channel | None:
    """How somebody wants to be reached; most have not told. `number` spreads it without a chance of its own."""
    if email and number % 2:
        return Channel.EMAIL
    if phone:
        return {0: Channel.SMS, 1: Channel.CALL, 2: Channel.SMS}.get(number % 5)
    return Channel.LETTER if number % 3 == 0 else None
