"""Makes the tables of a funder's report: one shape for the page, the CSV and the XLSX, so they cannot say different things."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Self

from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.rules import Sex, sort_key
from programmes.statistics.funding.rules import (
    REFUSED,
    UNKNOWN,
    Calculation,
    CourseHeld,
    FunderPack,
    Grant,
    Heads,
    Line,
    Place,
    Standing,
    belongs,
    claimed,
    hours,
    is_counted,
    one_each,
    shares,
)
from programmes.statistics.rules import Hidden, rounded
from wording import N_


class Words(str):
    """A word of ours in a cell: files say its stable key, people read its German name, as with a Term."""

    label: str

    def __new__(cls, key: str, label: str) -> Self:
        made = str.__new__(cls, key)
        made.label = label
        return made


Cell = str | int | Fraction | dt.date | Hidden | None
TOTAL = Words("total", N_("Summe"))


class Kind(StrEnum):
    """What stands in a column. `PEOPLE` are rounded where nobody demands exact figures; `INTERNAL` never leaves the page."""

    TEXT = "text"
    INTERNAL = "internal"
    DAY = "day"
    PEOPLE = "people"
    NUMBER = "number"
    UNITS = "units"
    EUROS = "euros"


@dataclass(frozen=True)
class Column:
    """A column: stable English key, German name, what stands in it."""

    key: str
    label: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Table:
    """A table of the report. `people` are those who have a line of their own in it, for the trace."""

    key: str
    label: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    people: frozenset[int] = frozenset()

    def to_give_away(self, *, exact: bool) -> Table:
        """What may leave the office: nothing internal, and people rounded unless exact figures are demanded."""
        kept = [number for number, column in enumerate(self.columns) if column.kind is not Kind.INTERNAL]

        def shown(number: int, cell: Cell) -> Cell:
            if exact or self.columns[number].kind is not Kind.PEOPLE or not isinstance(cell, int):
                return cell
            return rounded(cell)

        rows = tuple(tuple(shown(number, row[number]) for number in kept) for row in self.rows)
        return replace(self, columns=tuple(self.columns[number] for number in kept), rows=rows)


COLUMNS = MappingProxyType({
    column.key: column
    for column in (
        Column("family_name", N_("Nachname")), Column("given_name", N_("Vorname")), Column("municipality", N_("Kommune")),
        Column("course", N_("Kurs")), Column("units", N_("Besuchte UE (45 Min.)"), Kind.UNITS),
        Column("hours", N_("Besuchte Zeitstunden (60 Min.)"), Kind.UNITS), Column("meetings", N_("Termine besucht"), Kind.NUMBER),
        Column("sheets", N_("davon mit abgelegter Liste"), Kind.NUMBER),
        Column("standing", N_("Stand")), Column("pseudonym", N_("Kennung")), Column("sex", N_("Geschlecht")),
        Column("entry_date", N_("Einstieg"), Kind.DAY), Column("exit_date", N_("Ausstieg"), Kind.DAY),
        Column("age", N_("Alter")), Column("education", N_("Bildung")), Column("employment", N_("Arbeit")),
        Column("outcome", N_("Danach")),
    )
})  # fmt: skip
NOT_TOLD = Words(UNKNOWN, N_("unbekannt"))
NOT_SAID = Words(REFUSED, N_("verweigert"))
NAME = Column("name", N_("Name (nur hier)"), Kind.INTERNAL)
ASKED = frozenset({"sex", "education", "employment", "outcome"})  # nobody answered is an answer to show
BY_SEX = (
    *(Column(sex.value, sex.label, Kind.PEOPLE) for sex in Sex),
    Column("sex_unknown", N_("Geschlecht unbekannt"), Kind.PEOPLE), Column("total", N_("Summe"), Kind.PEOPLE),
)  # fmt: skip


def tables(pack: FunderPack, grant: Grant, courses: Sequence[CourseHeld], places: Sequence[Place]) -> list[Table]:
    """Everything that a pack asks for of single people, the numbers first."""
    found = [_numbers(pack, places)]
    if pack.calculation is Calculation.UNITS and grant.rate is not None:
        found.append(_amount(pack, grant, courses, places))
    if pack.calculation is Calculation.HOURS:
        found.append(_hours(pack, courses, places))
    if pack.indicators:
        found.append(_indicators(pack, places))
    if pack.listed:
        found.append(_participants(pack, courses, places))
    return found


def _sexes(people: Sequence[Place]) -> tuple[int, ...]:
    counts = tuple(sum(one.sex is sex for one in people) for sex in (*Sex, None))
    return (*counts, len(people))


def _numbers(pack: FunderPack, places: Sequence[Place]) -> Table:
    asked: tuple[tuple[Words, Callable[[Place], bool]], ...] = (
        (Words("registered", N_("angemeldet")), lambda one: True),
        (Words("attended", N_("teilgenommen")), lambda one: one.standing is not Standing.REGISTERED),
        (Words("qualified", N_("qualifiziert")), lambda one: one.standing is Standing.QUALIFIED),
        (Words("dropped_out", N_("abgebrochen")), lambda one: one.status is EnrolmentStatus.DROPPED_OUT),
        (Words("counted", N_("zählt für den Förderer")), lambda one: is_counted(pack, one)),
    )
    own = [one for one in places if belongs(pack, one)]
    rows: list[tuple[Cell, ...]] = [(name, *_sexes(one_each(filter(holds, own)))) for name, holds in asked]
    return Table("persons", N_("Personen"), (Column("standing", N_("Stand")), *BY_SEX), tuple(rows))


def table_of_heads(heads: Sequence[Heads]) -> Table:
    """What a pack of heads asks for: each course, and all of them, in which nobody counts twice."""
    columns = (
        Column("course", N_("Kurs")), Column("meetings", N_("Termine"), Kind.NUMBER),
        Column("persons", N_("Personen"), Kind.PEOPLE), Column("families", N_("Familien"), Kind.PEOPLE),
        Column("children", N_("Kinder"), Kind.PEOPLE), Column("visitors", N_("Gäste und Köpfe"), Kind.NUMBER),
    )  # fmt: skip
    rows = tuple(
        (one.course or TOTAL, one.meetings, one.persons, one.families, one.children, one.visitors) for one in heads
    )
    return Table("heads", N_("Köpfe, je Spalte für sich"), columns, rows)


def _amount(pack: FunderPack, grant: Grant, courses: Sequence[CourseHeld], places: Sequence[Place]) -> Table:
    parts = shares(pack, grant, courses, places)
    columns = (
        Column("course", N_("Kurs")), Column("registered", N_("Angemeldet"), Kind.PEOPLE),
        Column("persons", N_("Personen, die zählen"), Kind.PEOPLE), Column("units", N_("UE (45 Min.)"), Kind.UNITS),
        Column("rate_eur", N_("Satz"), Kind.EUROS), Column("amount_eur", N_("Betrag"), Kind.EUROS),
    )  # fmt: skip
    sums = sum(part.amount for part in parts)
    rows: list[tuple[Cell, ...]] = [
        (part.course.number, part.registered, part.counted, part.units, part.rate, part.amount) for part in parts
    ]
    rows.append((TOTAL, sum(part.registered for part in parts), sum(part.counted for part in parts), None, None, sums))
    if grant.ceiling is not None:
        rows.append((Words("ceiling", N_("Obergrenze")), None, None, None, None, grant.ceiling))
    rows.append((Words("claimed", N_("Abzurechnen")), None, None, None, None, claimed(parts, grant)))
    return Table("calculation", N_("Berechnung: Personen × UE × Satz"), columns, tuple(rows))


def _hours(pack: FunderPack, courses: Sequence[CourseHeld], places: Sequence[Place]) -> Table:
    number = {course.id: course.number for course in courses}
    columns = (
        COLUMNS["family_name"], COLUMNS["given_name"], COLUMNS["course"],
        Column("hours_attended", N_("Zeitstunden (60 Min.)"), Kind.UNITS), Column("hours_most", N_("Höchstens im Kurs"), Kind.NUMBER),
        Column("hours_earlier", N_("Schon vor der Förderung"), Kind.UNITS),
        Column("hours_most_in_all", N_("Höchstens in allem"), Kind.NUMBER), Column("hours_counted", N_("Zählt"), Kind.UNITS),
    )  # fmt: skip
    lines = hours(pack, places)
    rows: list[tuple[Cell, ...]] = [
        (
            one.place.family_name, one.place.given_name, number[one.place.course_id], Fraction(one.place.minutes, 60),
            pack.hours_per_course, Fraction(one.place.earlier, 60), pack.hours_in_all, Fraction(one.counted, 60),
        )
        for one in lines
    ]  # fmt: skip
    attended = Fraction(sum(one.place.minutes for one in lines), 60)
    rows.append((TOTAL, "", "", attended, None, None, None, Fraction(sum(one.counted for one in lines), 60)))
    people = frozenset(one.place.person_id for one in lines)
    return Table("calculation", N_("Berechnung: Zeitstunden je Frau"), columns, tuple(rows), people)


def _indicators(pack: FunderPack, places: Sequence[Place]) -> Table:
    people = one_each(place for place in places if is_counted(pack, place))
    rows: list[tuple[Cell, ...]] = []
    for indicator in pack.indicators:
        classes = [Words(one.key, one.label) for one in indicator.classes]
        if indicator.key != "age":
            classes.append(NOT_SAID)
        for name in (*classes, NOT_TOLD):
            own = [one for one in people if str(name) in indicator.classes_of(one)]
            rows.append((Words(indicator.key, indicator.label), name, *_sexes(own)))
    columns = (Column("indicator", N_("Indikator")), Column("class", N_("Klasse")), *BY_SEX)
    return Table("indicators", N_("Indikatoren, jede Person einmal"), columns, tuple(rows))


def _participants(pack: FunderPack, courses: Sequence[CourseHeld], places: Sequence[Place]) -> Table:
    number = {course.id: course.number for course in courses}
    own = [one for one in places if belongs(pack, one)]
    lines = sorted(
        one_each(one for one in own if is_counted(pack, one)) if pack.line is Line.PERSON else own,
        key=lambda one: (one.pseudonym,) if "pseudonym" in pack.listed else (sort_key(one.family_name, one.given_name), number[one.course_id]),
    )  # fmt: skip

    def said(key: str, one: Place) -> Cell:
        if key == "course":
            return number[one.course_id]
        if key == "units":
            return Fraction(one.minutes, pack.unit_minutes)
        if key == "hours":
            return Fraction(one.minutes, 60)
        if key == "age":
            return _age_class(one, pack)
        value: Cell = getattr(one, key)
        return NOT_TOLD if value is None and key in ASKED else value

    extra = (NAME,) if "pseudonym" in pack.listed else ()
    rows = tuple(
        (
            *(f"{one.family_name}, {one.given_name}".strip(", ") for _ in extra),
            *(said(key, one) for key in pack.listed),
        )
        for one in lines
    )
    columns, people = (*extra, *(COLUMNS[key] for key in pack.listed)), frozenset(one.person_id for one in lines)
    return Table("participants", N_("Teilnehmendenliste"), columns, rows, people)


def _age_class(place: Place, pack: FunderPack) -> Cell:
    """An age by its class, because no more is asked for; nothing for who is in none."""
    indicator = next(one for one in pack.indicators if one.key == "age")
    names = {one.key: one.label for one in indicator.classes} | {UNKNOWN: NOT_TOLD.label}
    return next((Words(one, names[one]) for one in indicator.classes_of(place)), "")
