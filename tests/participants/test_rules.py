"""Ages, consents, birth dates as people tell them, and who may be the same person."""

import datetime as dt

import pytest

from programmes.participants.origins import EU_STATES, STATES, CitizenshipGroup, citizenship_group
from programmes.participants.rules import (
    Channel,
    ConsentState,
    KnownPerson,
    PersonFacts,
    Precision,
    age_in_months,
    birth_date_of,
    birth_date_text,
    child_reasons,
    consent_reasons,
    contact_reasons,
    exactly_alike,
    immigration_reasons,
    is_told_exactly,
    likely_duplicates,
    name_key,
    name_sounds,
    person_reasons,
    sort_key,
)

TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("birth", "day", "months"),
    [
        ("2024-01-31", "2024-02-28", 0),  # a month is complete only when its day has come
        ("2024-01-31", "2024-02-29", 0),
        ("2024-01-31", "2024-03-01", 1),
        ("2024-02-29", "2025-02-28", 11),
        ("2024-02-29", "2025-03-01", 12),
        ("2023-11-22", "2026-11-21", 35),  # the day before the third birthday
        ("2023-11-22", "2026-11-22", 36),
        ("2025-05-22", "2026-11-22", 18),
        ("2025-05-23", "2026-11-22", 17),
        ("2026-11-22", "2026-11-22", 0),
    ],
)
def test_age_in_completed_months(birth: str, day: str, months: int) -> None:
    assert age_in_months(dt.date.fromisoformat(birth), dt.date.fromisoformat(day)) == months


@pytest.mark.parametrize(
    ("told", "date", "precision"),
    [
        ("12.05.1975", "1975-05-12", Precision.DAY),
        ("1.5.1975", "1975-05-01", Precision.DAY),
        ("1975-05-12", "1975-05-12", Precision.DAY),
        ("05.1975", "1975-05-01", Precision.MONTH),
        ("5/1975", "1975-05-01", Precision.MONTH),
        ("1975-05", "1975-05-01", Precision.MONTH),
        ("1975", "1975-01-01", Precision.YEAR),
        ("29.02.2024", "2024-02-29", Precision.DAY),
    ],
)
def test_birth_dates_are_as_exact_as_told(told: str, date: str, precision: Precision) -> None:
    assert birth_date_of(told) == (dt.date.fromisoformat(date), precision)
    assert birth_date_of(birth_date_text(dt.date.fromisoformat(date), precision)) == (
        dt.date.fromisoformat(date),
        precision,
    )


@pytest.mark.parametrize(
    "told", ["29.02.2023", "13.1975", "31.04.2020", "gestern", "0000", "٠١.٠١.1975", "12.05.75", "1-2-3"]
)
def test_no_date_is_made_of_what_is_none(told: str) -> None:
    assert birth_date_of(told) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hassan", "Hasan"),
        ("Юлия", "Julia"),
        ("Юлия", "Yuliya"),
        ("Müller", "Mueller"),
        ("Müller", "Muller"),
        ("Yıldız", "Yildiz"),
        ("Dschamila", "Jamila"),
        ("Çelik", "Celik"),
        ("Wójcik", "Wojcik"),
        ("Александр", "Aleksandr"),
        ("Weiß", "Weiss"),
        ("Zoé", "Zoe"),
        ("Hassan Omar", "Omar Hasan"),
    ],
)
def test_names_meet_across_spellings(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Ali", "Aylin"), ("Maria Rossi", "Mario Russo"), ("Öztürk", "Yılmaz")])
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("mine", "birth", "theirs", "their_birth", "likely"),
    [
        ("Fatma Hassan", "1980-03-04", "Fatma Hasan", "1980-03-04", True),
        ("Юлия Иванова", None, "Julia Ivanova", "1975-02-02", True),  # birth date unknown here
        ("Anna Müller", "1980-03-04", "Anna Mueller", None, True),
        ("Müller Anna", "1980-03-04", "Anna Müller", "1980-03-04", True),  # swapped
        ("Omar Said", "1970-01-01", "Omar Said", "1972-06-30", True),  # 1 January stands in for unknown
        ("Omar Said", "1970-02-01", "Omar Said", "1990-06-30", False),  # father and son, perhaps
        ("Anna Müller", "1980-03-04", "Anna Schmidt", "1980-03-04", False),
        ("Ayşe Yılmaz", "1980-03-04", "Ayse Yilmaz", "1980-03-05", True),  # a slip in the date
        ("Ayşe Yılmaz", "1980-03-04", "Mehmet Demir", "1980-03-04", False),
        ("Mohammed Ali", "1980-03-04", "Muhamad Ali", "1980-03-04", True),
        ("Mohammed Ahmadi", None, "Mohamad Ahmadi", "1980-03-04", True),
        ("Abdelkader Benali", "1980-03-04", "Abdulkader Benali", None, True),
        ("Christina Schmidt", None, "Kristina Schmitt", None, True),  # both names written otherwise
        ("Yuliya Kovalchuk", "1990-07-01", "Юлия Ковальчук", "1990-07-01", True),
        ("Oleksandr Shevchenko", "1990-07-01", "Alexander Schewtschenko", "1990-07-01", True),
        ("Xhevahire Krasniqi", None, "Xhevahire Krasnici", None, True),
        ("Meier Anna Lena", "1990-07-01", "Anna-Lena Meyer", "1990-07-01", True),  # swapped, hyphen, spelling
        (
            "Maria Garcia Lopez",
            None,
            "María García",
            "1990-07-01",
            False,
        ),  # one of two family names: too little without a day
        ("Fatma Hassan", "1980-03-04", "Fatma Yılmaz", "1980-03-04", False),  # another family name, no birth name told
        ("Ali Kaya", "1990-07-01", "Ali Kaya", "1991-06-30", True),  # a slip in the year
        ("Ali Kaya", "1990-07-01", "Ali Kaya", "1993-07-01", False),
    ],
)
def test_likely_duplicates(mine: str, birth: str | None, theirs: str, their_birth: str | None, likely: bool) -> None:
    def date(text: str | None) -> dt.date | None:
        return dt.date.fromisoformat(text) if text else None

    known = KnownPerson(7, (name_key(theirs),), date(their_birth))
    assert bool(likely_duplicates((name_key(mine),), date(birth), [known])) is likely
    if likely:  # the index offers them to the comparison
        same_sound = name_sounds([name_key(mine)]) & name_sounds([name_key(theirs)])
        assert same_sound or (birth and birth == their_birth)


@pytest.mark.parametrize(
    ("given", "family", "birth", "precision", "exactly"),
    [
        ("Ada", "Kanar", "1971-05-12", Precision.DAY, True),
        ("Ada", "", "1971-05-12", Precision.DAY, False),
        ("Ada", "Kanar", None, Precision.DAY, False),
        ("Ada", "Kanar", "1971-05-01", Precision.MONTH, False),
        ("Ada", "Kanar", "1971-01-01", Precision.DAY, False),  # stands in for unknown
    ],
)
def test_only_who_is_told_exactly_is_asked_for_elsewhere(
    given: str, family: str, birth: str | None, precision: Precision, exactly: bool
) -> None:
    day = dt.date.fromisoformat(birth) if birth else None
    assert is_told_exactly(PersonFacts(given, family, birth_date=day, birth_precision=precision)) is exactly


def test_exactly_alike_is_the_name_however_written_and_the_very_day() -> None:
    day = dt.date(1980, 3, 4)
    known = [
        KnownPerson(1, (name_key("Fatma Hasan"),), day),
        KnownPerson(2, (name_key("Fatma Hasan"),), day + dt.timedelta(days=1)),
        KnownPerson(3, (name_key("Fatma Hasani"),), day),
        KnownPerson(4, (name_key("Fatma Yılmaz"), name_key("Fatma Hassan")), day),
    ]
    assert exactly_alike(PersonFacts("Fatma", "Hassan", birth_date=day), known) == {1, 4}


def test_a_married_name_is_found_by_the_birth_name() -> None:
    known = KnownPerson(7, (name_key("Elena Schmidt"), name_key("Elena Petrowa")), dt.date(1980, 3, 4))
    assert likely_duplicates((name_key("Елена Петрова"),), None, [known]) == [(7, 100)]


def test_the_likeliest_comes_first() -> None:
    known = [
        KnownPerson(1, (name_key("Fatma Hassani"),), None),
        KnownPerson(2, (name_key("Fatma Hassan"),), dt.date(1980, 3, 4)),
    ]
    assert [one for one, _ in likely_duplicates((name_key("Fatma Hasan"),), dt.date(1980, 3, 4), known)] == [2, 1]


def test_birth_dates_lie_in_a_life_before_today() -> None:
    assert person_reasons(None, TODAY) == []
    assert person_reasons(TODAY, TODAY) == []
    assert person_reasons(TODAY + dt.timedelta(days=1), TODAY)[0].field == "birth_date"
    assert person_reasons(dt.date(1905, 1, 1), TODAY)[0].field == "birth_date"


def test_a_child_is_younger_than_its_mother() -> None:
    assert child_reasons(dt.date(2000, 1, 1), dt.date(1995, 1, 1), field="x")[0].field == "x"
    assert child_reasons(dt.date(2024, 1, 1), dt.date(1995, 1, 1), field="x") == []
    assert child_reasons(dt.date(2024, 1, 1), None, field="x") == []


@pytest.mark.parametrize(
    ("held", "new", "fine"),
    [
        (None, ConsentState.GIVEN, True),
        (None, ConsentState.REFUSED, True),
        (None, ConsentState.REVOKED, False),
        (ConsentState.REFUSED, ConsentState.REVOKED, False),
        (ConsentState.GIVEN, ConsentState.REVOKED, True),
        (ConsentState.REVOKED, ConsentState.GIVEN, True),
    ],
)
def test_only_what_was_given_is_revoked(held: ConsentState | None, new: ConsentState, fine: bool) -> None:
    assert (consent_reasons(held, new) == []) is fine


@pytest.mark.parametrize(
    ("citizenships", "group"),
    [
        ([], None),  # not told is not "other"
        (["Polen"], CitizenshipGroup.EU),
        (["Türkei"], CitizenshipGroup.THIRD_COUNTRY),
        (["Jugoslawien"], CitizenshipGroup.THIRD_COUNTRY),  # a state that is gone was never in the union
        (["Kasachstan", "Deutschland"], CitizenshipGroup.GERMAN),
        (["Türkei", "Bulgarien"], CitizenshipGroup.EU),
        (["staatenlos"], CitizenshipGroup.NONE),
        (["ungeklärt", "Syrien"], CitizenshipGroup.THIRD_COUNTRY),
    ],
)
def test_groups_of_citizenships(citizenships: list[str], group: CitizenshipGroup | None) -> None:
    assert citizenship_group(citizenships) is group


def test_the_states_of_the_union_are_states_to_choose() -> None:
    assert len(EU_STATES) == 26  # and Germany
    assert set(STATES) >= EU_STATES


@pytest.mark.parametrize(
    ("contact_by", "known", "field"),
    [
        (None, set(), None),
        (Channel.CALL, set(), "phone"),
        (Channel.CALL, {"phone"}, None),
        (Channel.SMS, {"email"}, "phone"),
        (Channel.EMAIL, {"phone"}, "email"),
        (Channel.LETTER, {"phone", "email"}, "address"),
        (Channel.LETTER, {"address"}, None),
        (Channel.IN_PERSON, set(), None),
        (Channel.THROUGH_SOMEBODY, set(), None),
    ],
)
def test_what_a_way_of_being_reached_needs(contact_by: Channel | None, known: set[str], field: str | None) -> None:
    said = {name: name in known for name in ("phone", "email", "address")}
    assert [why.field for why in contact_reasons(contact_by, **said)] == ([field] if field else [])


@pytest.mark.parametrize(("year", "fine"), [(None, True), (1974, False), (1975, True), (2026, True), (2027, False)])
def test_the_year_of_immigration(year: int | None, fine: bool) -> None:
    assert (not immigration_reasons(year, dt.date(1975, 1, 1), dt.date(2026, 11, 29))) is fine


def test_lists_go_by_letters_as_people_know_them() -> None:
    in_order = [
        ("Bauer", "Zoë"), ("Çakır", "Ayşe"), ("Daum", "Eva"), ("", "Madonna"), ("Meier", "Zoë"), ("Meier-Koch", "Ada"),
        ("Müller", "Ada"), ("Mueller", "Jan"), ("Müller", "Karl"), ("Юсуфов", "Али"), ("Ziegler", "Uwe"), ("علي", "حسن"),
    ]  # fmt: skip
    keys = [sort_key(*name) for name in in_order]
    assert keys == sorted(keys)
