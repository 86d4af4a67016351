"""Asks about people: as little as possible, and only a name must be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField
from wtforms.validators import Email, StopValidation
from wtforms.widgets import ListWidget, RadioInput

from fields import FIRST_YEAR, Choice, Form, Name, Number, OneOf, Several, Text
from programmes.participants.origins import CITIZENSHIPS, LANGUAGES, WITHOUT_STATE
from programmes.participants.rules import (
    ADULTS,
    MOST_CHILDREN_AT_ONCE,
    Channel,
    ChildFacts,
    Need,
    PersonFacts,
    Precision,
    Relation,
    Sex,
    birth_date_of,
    birth_date_text,
)

MOST_WORDS = 8
LONGEST_WORD = 80


class Pick(OneOf):
    """One member of a Term as radio buttons, none chosen beforehand."""

    widget = ListWidget(prefix_label=False)
    option_widget = RadioInput()


class BirthDate(Text):
    """A birth date as precisely as somebody knows it: `12.05.1975`, `05.1975` or `1975`."""

    def __init__(self, label: Any, *, month_needed: bool = False, optional: bool = True, **kwargs: Any) -> None:
        self.month_needed = month_needed
        super().__init__(label, most=20, optional=optional, **kwargs)

    @property
    def told(self) -> tuple[dt.date, Precision] | None:
        """The date and how exactly it is known; None when nothing was told."""
        return birth_date_of(self.data) if self.data else None

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if not self.data:
            return
        if self.told is None or self.told[0].year < FIRST_YEAR:
            raise StopValidation(gettext("Bitte geben Sie ein Datum an, zum Beispiel 12.05.1975, 05.1975 oder 1975."))
        if self.month_needed and self.told[1] is Precision.YEAR:
            raise StopValidation(gettext("Bitte geben Sie Monat und Jahr an, zum Beispiel 05.2024."))


class Words(Text):
    """Several words with commas between them; those of `known` come out as the list writes them."""

    def __init__(self, label: Any, known: Sequence[str], **kwargs: Any) -> None:
        self.known = {word.casefold(): word for word in known}
        super().__init__(label, most=MOST_WORDS * LONGEST_WORD, optional=True, **kwargs)

    def process_data(self, value: Any) -> None:
        self.data = ", ".join(value or ())

    @property
    def words(self) -> tuple[str, ...]:
        """Each word once, in the order told."""
        told = (" ".join(word.split()) for word in (self.data or "").split(","))
        return tuple(dict.fromkeys(self.known.get(word.casefold(), word) for word in told if word))

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if len(self.words) > MOST_WORDS:
            raise StopValidation(gettext("Höchstens %(most)s Angaben.", most=MOST_WORDS))
        if any(len(word) > LONGEST_WORD for word in self.words):
            raise StopValidation(gettext("Jede Angabe hat höchstens %(most)s Zeichen.", most=LONGEST_WORD))


class SimilarForm(Form):
    """As much of a person as somebody has typed so far; what is wrong in it is as if it were not there yet."""

    given_name = Name("", optional=True)
    family_name = Name("", optional=True)
    birth_name = Name("", optional=True)
    called_name = Name("", optional=True)
    native_name = Name("", most=400, optional=True)
    birth_date = BirthDate("")

    def facts(self) -> PersonFacts:
        """What was told, for the rules."""
        names = (self.given_name, self.family_name, self.birth_name, self.called_name, self.native_name)
        given, family, birth, called, native = ("" if name.errors else name.data or "" for name in names)
        birth_date, precision = (not self.birth_date.errors and self.birth_date.told) or (None, Precision.DAY)
        return PersonFacts(
            given_name=given, family_name=family, birth_name=birth, called_name=called, native_name=native,
            birth_date=birth_date, birth_precision=precision,
        )  # fmt: skip


class PersonForm(Form):
    """An adult. `someone_else` confirms that the people shown as likely duplicates (their numbers) are other people."""

    given_name = Name(
        lazy_gettext("Vorname"),
        description=lazy_gettext("Wie im Ausweis. Wer nur einen Namen hat, trägt ihn hier ein."),
        render_kw={"autocomplete": "off"},
    )
    family_name = Name(lazy_gettext("Nachname"), optional=True, render_kw={"autocomplete": "off"})
    birth_name = Name(lazy_gettext("Geburtsname"), optional=True, render_kw={"autocomplete": "off"})
    called_name = Name(
        lazy_gettext("Rufname"), optional=True, description=lazy_gettext("Wenn er anders ist als der Vorname im Ausweis."),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip
    native_name = Name(
        lazy_gettext("Name in der eigenen Schrift"), most=400, optional=True,
        render_kw={"autocomplete": "off", "dir": "auto"},
    )  # fmt: skip
    birth_date = BirthDate(
        lazy_gettext("Geburtsdatum"),
        description=lazy_gettext("So genau, wie es bekannt ist: 12.05.1975, 05.1975 oder nur 1975."),
        render_kw={"autocomplete": "off"},
    )
    sex = OneOf(lazy_gettext("Geschlecht"), Sex, optional=True, empty=lazy_gettext("keine Angabe"))
    citizenships = Words(
        lazy_gettext("Staatsangehörigkeiten"), CITIZENSHIPS,
        description=lazy_gettext("Mehrere mit Komma. Auch „staatenlos“, „ungeklärt“ oder ein früherer Staat."),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip
    birth_country = Text(lazy_gettext("Geburtsland"), most=80, optional=True, render_kw={"autocomplete": "off"})
    immigrated_in = Number(
        lazy_gettext("Eingewandert im Jahr"), least=FIRST_YEAR, most=2100, optional=True,
        description=lazy_gettext("Leer, wenn nicht bekannt oder nicht selbst eingewandert."),
    )  # fmt: skip
    late_resettler = BooleanField(lazy_gettext("Spätaussiedlerin oder Spätaussiedler"))
    languages = Words(
        lazy_gettext("Familiensprachen"), LANGUAGES, description=lazy_gettext("Mehrere mit Komma."),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip
    municipality_id = Choice(lazy_gettext("Wohnort"), optional=True, empty=lazy_gettext("keine Angabe"))
    quarter_id = Choice(lazy_gettext("Quartier"), optional=True, empty=lazy_gettext("keine Angabe"))
    contact_by = OneOf(
        lazy_gettext("Möchte erreicht werden durch"), Channel, optional=True, empty=lazy_gettext("keine Angabe")
    )
    needs = Several(lazy_gettext("Braucht"), coerce=Need)
    referred_by = Text(
        lazy_gettext("Geschickt von"), most=120, optional=True,
        description=lazy_gettext("Die Stelle, zum Beispiel die Migrationsberatung; keine Namen von Menschen."),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip
    address = Text(lazy_gettext("Straße und Hausnummer"), most=300, optional=True, render_kw={"autocomplete": "off"})
    phone = Text(lazy_gettext("Telefon"), most=60, optional=True, render_kw={"inputmode": "tel", "autocomplete": "off"})
    email = Text(
        lazy_gettext("E-Mail-Adresse"), most=254, optional=True,
        validators=[Email(message=lazy_gettext("Das ist keine E-Mail-Adresse."))],
        render_kw={"inputmode": "email", "autocomplete": "off"},
    )  # fmt: skip
    someone_else = Text("", most=400, optional=True)

    def validate_citizenships(self, field: Any) -> None:
        if len(field.words) > 1 and set(field.words) & set(WITHOUT_STATE):
            raise StopValidation(gettext("„staatenlos“ und „ungeklärt“ stehen allein."))

    def offer(self, municipalities: Sequence[Any], quarters: Sequence[Any]) -> None:
        """Name the towns and their quarters to choose from."""
        self.municipality_id.offer([(town.id, town.name) for town in municipalities])
        self.quarter_id.offer([(quarter.id, f"{quarter.municipality.name}: {quarter.name}") for quarter in quarters])
        self.needs.choices = [(need.value, gettext(need.label)) for need in Need]

    def facts(self) -> PersonFacts:
        """What was told, for the rules."""
        birth_date, precision = self.birth_date.told or (None, Precision.DAY)
        return PersonFacts(
            given_name=self.given_name.data or "", family_name=self.family_name.data or "",
            birth_name=self.birth_name.data, native_name=self.native_name.data,
            birth_date=birth_date, birth_precision=precision, sex=self.sex.data,
            citizenships=self.citizenships.words, birth_country=self.birth_country.data,
            late_resettler=bool(self.late_resettler.data), languages=self.languages.words,
            municipality_id=self.municipality_id.data, address=self.address.data, phone=self.phone.data,
            email=self.email.data, called_name=self.called_name.data, quarter_id=self.quarter_id.data,
            immigrated_in=self.immigrated_in.data, needs=tuple(self.needs.data or ()), contact_by=self.contact_by.data,
            referred_by=self.referred_by.data,
        )  # fmt: skip

    def said_to_be_others(self) -> frozenset[str]:
        """The numbers of the people whom the reader has seen and taken for others."""
        return frozenset((self.someone_else.data or "").split(","))


class ChildrenForm(Form):
    """Children of a family: up to four at once, each with first name and month of birth."""

    relation = Pick(
        lazy_gettext("Die erwachsene Person ist"),
        [relation for relation in Relation if relation in ADULTS],
        default=Relation.MOTHER,
    )

    def rows(self) -> list[tuple[int, Any, Any, Any]]:
        """Number, first name, month of birth and sex of each child."""
        return [
            (number, self[f"child_{number}_name"], self[f"child_{number}_birth"], self[f"child_{number}_sex"])
            for number in range(1, MOST_CHILDREN_AT_ONCE + 1)
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        for number, name, birth, sex in self.rows():
            if birth.data and not name.data and not name.errors:
                name.errors = [gettext("Bitte geben Sie den Vornamen des Kindes an.")]
            elif (name.data or sex.data or number == 1) and not birth.data and not birth.errors:
                birth.errors = [gettext("Bitte geben Sie Monat und Jahr an, zum Beispiel 05.2024.")]
            if (number == 1 or sex.data) and not name.data and not name.errors:
                name.errors = [gettext("Bitte geben Sie den Vornamen des Kindes an.")]
            fine = fine and not name.errors and not birth.errors
        return fine

    def children(self) -> list[ChildFacts]:
        """What was told about each child; only the month of the birth date is kept."""
        return [
            ChildFacts(name.data, birth.told[0].replace(day=1), sex.data)
            for _, name, birth, sex in self.rows()
            if name.data and birth.told
        ]


for _number in range(1, MOST_CHILDREN_AT_ONCE + 1):
    _of = {"number": _number}
    setattr(ChildrenForm, f"child_{_number}_name",
            Name(lazy_gettext("Vorname des %(number)s. Kindes", **_of), optional=True,
                 render_kw={"autocomplete": "off"}))  # fmt: skip
    setattr(ChildrenForm, f"child_{_number}_birth",
            BirthDate(lazy_gettext("Geburtsmonat des %(number)s. Kindes", **_of), month_needed=True,
                      render_kw={"autocomplete": "off", "placeholder": lazy_gettext("MM.JJJJ")}))  # fmt: skip
    setattr(ChildrenForm, f"child_{_number}_sex",
            OneOf(lazy_gettext("Geschlecht des %(number)s. Kindes", **_of), Sex, optional=True,
                  empty=lazy_gettext("keine Angabe")))  # fmt: skip


class FamilyForm(PersonForm, ChildrenForm):
    """An adult with children."""


class ChildForm(Form):
    """What is kept of one child."""

    given_name = Name(lazy_gettext("Vorname"), render_kw={"autocomplete": "off"})
    birth_date = BirthDate(
        lazy_gettext("Geburtsmonat"), month_needed=True, optional=False,
        description=lazy_gettext("Monat und Jahr, zum Beispiel 05.2024. Der Tag wird nicht gespeichert."),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip
    sex = OneOf(lazy_gettext("Geschlecht"), Sex, optional=True, empty=lazy_gettext("keine Angabe"))

    def facts(self) -> ChildFacts:
        """What was told, for the rules."""
        birth_date, _ = self.birth_date.told or (dt.date.min, None)
        return ChildFacts(self.given_name.data or "", birth_date.replace(day=1), self.sex.data)


def answers(person: Any) -> dict[str, Any]:
    """What is known about a person, as the fields of a form want it."""
    names = (
        "given_name", "family_name", "birth_name", "native_name", "sex", "citizenships", "birth_country",
        "late_resettler", "languages", "municipality_id", "address", "phone", "email", "called_name", "quarter_id", "immigrated_in",
        "contact_by", "referred_by",
    )  # fmt: skip
    told = {name: getattr(person, name) for name in names} | {"needs": [Need(key) for key in person.needs]}
    return told | {"birth_date": birth_date_text(person.birth_date, person.birth_precision)}
