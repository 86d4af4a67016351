"""Decides what a funder's report holds: who counts, what is reckoned, and when it is due.

The packs are data (`funder_packs.json`), checked when they are read; code asks what a pack says, never which one it is.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

from programmes.attendance.account.rules import Account, AccountRule, reaches
from programmes.certificates.settings.rules import valid_until
from programmes.enrolment.rules import ADULT_YEARS, Education, Employment, EnrolmentStatus, Outcome
from programmes.participants.rules import Sex, age_in_months
from programmes.statistics.rules import disclosable_reasons, settled_reasons
from wording import N_, Reason, Term

SOON_DAYS = 30  # a deadline that is nearer than this is told in colour
REFUSED, UNKNOWN = "refused", "unknown"
ANSWERS: Mapping[str, frozenset[str]] = MappingProxyType({
    "education": frozenset(Education), "employment": frozenset(Employment), "outcome": frozenset(Outcome),
})  # fmt: skip
LISTED = frozenset({
    "family_name", "given_name", "municipality", "course", "units", "hours", "meetings", "sheets", "standing", "pseudonym", "sex", "entry_date",
    "exit_date", "age", "education", "employment", "outcome",
})  # fmt: skip


class Counts(Term):
    """Who counts for a funder."""

    QUALIFIED = "qualified", N_("wer den verlangten Anteil und die Pflichtmodule erreicht hat")
    ATTENDED = "attended", N_("wer mindestens einmal da war")


class Calculation(Term):
    """What is reckoned for a funder."""

    NONE = "none", N_("nichts")
    UNITS = "units", N_("Personen × UE × Satz")
    HOURS = "hours", N_("Zeitstunden je Frau")


class Line(Term):
    """What a line of the list of participants is."""

    PLACE = "place", N_("Belegung")
    PERSON = "person", N_("Person")


class Standing(Term):
    """How far somebody came in a course."""

    QUALIFIED = "qualified", N_("qualifiziert")
    ATTENDED = "attended", N_("teilgenommen")
    REGISTERED = "registered", N_("nur angemeldet")


class Due(Term):
    """Where a deadline stands."""

    OVERDUE = "overdue", N_("überfällig")
    SOON = "soon", N_("bald fällig")
    LATER = "later", N_("später fällig")
    SENT = "sent", N_("abgeschickt")
    UNKNOWN = "unknown", N_("keine Frist bekannt")


@dataclass(frozen=True)
class IndicatorClass:
    """One class of an indicator: ages in full years, or the answers that belong to it."""

    key: str
    label: str
    ages: tuple[int, int] | None = None
    values: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Indicator:
    """One question of ESF+ and its classes. Who is in no class is in no row: nothing becomes "other" (domain.md B7)."""

    key: str
    label: str
    classes: tuple[IndicatorClass, ...]

    def classes_of(self, place: Place) -> list[str]:
        """The keys of the classes somebody belongs to, or *refused* or *unknown*; may be empty (30 to 54 years)."""
        answer = place.age if self.key == "age" else getattr(place, self.key)
        if answer is None:
            return [UNKNOWN]
        if answer == REFUSED:
            return [REFUSED]
        return [
            one.key
            for one in self.classes
            if (one.ages[0] <= answer <= one.ages[1] if one.ages else answer in one.values)
        ]


@dataclass(frozen=True)
class FunderPack:
    """What one kind of funder asks for; `source` says where that was read, `exact` why the files hold exact figures."""

    key: str
    label: str
    source: str
    counts: Counts
    unit_minutes: int
    line: Line = Line.PLACE
    listed: tuple[str, ...] = ()
    calculation: Calculation = Calculation.NONE
    indicators: tuple[Indicator, ...] = ()
    exact: str | None = None
    heads: bool = False
    women_only: bool = False
    adults_only: bool = False
    hours_per_course: int | None = None
    hours_in_all: int | None = None
    units_from: int | None = None
    units_until: int | None = None
    deadline_months: int | None = None


def read_packs(facts: Mapping[str, Any]) -> dict[str, FunderPack]:
    """The packs of a file of funders' packs. One that contradicts itself stops the start."""
    indicators = {one["key"]: _read_indicator(one) for one in facts["indicators"]}
    packs: dict[str, FunderPack] = {}
    for one in facts["packs"]:
        said = {key: value for key, value in one.items() if key != "title"} | {
            "label": one["title"],
            "counts": Counts(one["counts"]),
            "line": Line(one.get("line", Line.PLACE)),
            "listed": tuple(one.get("listed", ())),
            "calculation": Calculation(one.get("calculation", Calculation.NONE)),
            "indicators": tuple(indicators[key] for key in one.get("indicators", ())),
            "exact": one["exact"]["title"] if one.get("exact") else None,
        }
        pack = FunderPack(**said)
        if pack.key in packs or not set(pack.listed) <= LISTED:
            raise ValueError(f"The funder's pack {pack.key} is there twice, or lists a column that is not there")
        if pack.exact is None and not pack.heads:
            raise ValueError(f"The funder's pack {pack.key} tells of single people: say why that is demanded (exact)")
        if pack.heads and (pack.listed or pack.indicators or pack.calculation is not Calculation.NONE):
            raise ValueError(f"The funder's pack {pack.key} counts heads: it can have no other table")
        if (pack.calculation is Calculation.HOURS) != bool(pack.hours_per_course and pack.hours_in_all):
            raise ValueError(f"The funder's pack {pack.key} must say the most hours if it reckons hours, and only then")
        packs[pack.key] = pack
    return packs


def _read_indicator(facts: Mapping[str, Any]) -> Indicator:
    classes = tuple(
        IndicatorClass(
            one["key"], one["title"], tuple(one["ages"]) if "ages" in one else None, frozenset(one.get("values", ()))
        )
        for one in facts["classes"]
    )
    known = ANSWERS.get(facts["key"])
    for one in classes:
        if (one.ages is None) == (known is None) or not one.values <= (known or frozenset()):
            raise ValueError(f"The class {one.key} of {facts['key']} must name ages, or answers that there are")
    return Indicator(facts["key"], facts["title"], classes)


PACKS = read_packs(json.loads((Path(__file__).parent / "funder_packs.json").read_text(encoding="utf-8")))


def pack_of(key: str | None) -> FunderPack | None:
    """The pack that a profile has chosen, if any. Raises LookupError: what was chosen must stay in the file."""
    if key is None:
        return None
    if key not in PACKS:
        raise LookupError(f"funder_packs.json has no pack {key!r}, but a funding profile has chosen it")
    return PACKS[key]


@dataclass(frozen=True)
class Grant:
    """What was granted: days, money in cents (`rate` for one person and unit, `ceiling` for all), the deadline that the
    notice names, if any, and when the report was sent."""

    first: dt.date | None = None
    last: dt.date | None = None
    rate: int | None = None
    ceiling: int | None = None
    due_on: dt.date | None = None
    sent_on: dt.date | None = None


def grant_reasons(grant: Grant, today: dt.date) -> list[Reason]:
    """What speaks against a grant."""
    reasons = []
    if grant.first and grant.last and grant.last < grant.first:
        reasons.append(Reason(N_("Das Ende der Förderung liegt vor ihrem Anfang."), field="grant_until"))
    if grant.due_on and grant.first and grant.due_on < grant.first:
        reasons.append(Reason(N_("Die Frist liegt vor dem Anfang der Förderung."), field="due_on"))
    if grant.sent_on and grant.sent_on > today:
        reasons.append(Reason(N_("Der Tag liegt in der Zukunft."), field="sent_on"))
    return reasons


def deadline(pack: FunderPack | None, grant: Grant) -> dt.date | None:
    """The last day for the report: what the notice says, or so many months after the end of the grant; None if unknown."""
    if grant.due_on or pack is None or grant.last is None:
        return grant.due_on
    return valid_until(grant.last, pack.deadline_months)


def due(day: dt.date | None, grant: Grant, today: dt.date) -> Due:
    """Where a deadline stands today."""
    if grant.sent_on is not None:
        return Due.SENT
    if day is None:
        return Due.UNKNOWN
    if day < today:
        return Due.OVERDUE
    return Due.SOON if (day - today).days <= SOON_DAYS else Due.LATER


@dataclass(frozen=True)
class CourseHeld:
    """One course as far as it was held in the period of the grant: closed meetings and their minutes."""

    id: int
    number: str
    title: str
    meetings: int
    minutes: int


@dataclass(frozen=True)
class Heads:
    """Who came to one course, or (`course` None) to all of them: people who were at a closed meeting at least once, of them those
    of families, the children who came along, and everybody counted without a name."""

    course: str | None
    meetings: int
    persons: int
    families: int
    children: int
    visitors: int


@dataclass(frozen=True)
class Place:
    """One enrolment as a funder's report needs it; minutes, meetings and sheets are those of the period of the grant.

    `age` in full years on the day of entry; `children` are the numbers of the children who come along; `earlier` are minutes of
    the same person before the period, in courses of the same kind of funder.
    """

    course_id: int
    person_id: int
    pseudonym: str = ""
    family_name: str = ""
    given_name: str = ""
    municipality: str = ""
    sex: Sex | None = None
    age: int | None = None
    is_child: bool = False
    status: EnrolmentStatus = EnrolmentStatus.ENROLLED
    entry_date: dt.date | None = None
    exit_date: dt.date | None = None
    minutes: int = 0
    meetings: int = 0
    sheets: int = 0
    qualified: bool = False
    education: Education | None = None
    employment: Employment | None = None
    outcome: Outcome | None = None
    children: tuple[int, ...] = ()
    earlier: int = 0

    @property
    def standing(self) -> Standing:
        """How far this person came."""
        if not self.meetings:
            return Standing.REGISTERED
        return Standing.QUALIFIED if self.qualified else Standing.ATTENDED


def is_qualified(account: Account, rule: AccountRule) -> bool:
    """Whether somebody reached the required share of the whole course and, of a qualification, every mandatory module."""
    lacking = rule.needs_modules and any(one.mandatory and not one.fulfilled for one in account.modules)
    return reaches(account, rule.required_share) and not lacking


def age_on(birth: dt.date | None, day: dt.date | None) -> int | None:
    """Full years on a day; None where the birth date is not known."""
    return age_in_months(birth, day) // 12 if birth and day else None


def belongs(pack: FunderPack, place: Place) -> bool:
    """Whether somebody is of the funder's target group. Who did not tell their sex is not taken for a woman."""
    if pack.women_only and place.sex is not Sex.FEMALE:
        return False
    is_minor = place.is_child or (place.age is not None and place.age < ADULT_YEARS)
    return not (pack.adults_only and is_minor)


def is_counted(pack: FunderPack, place: Place) -> bool:
    """Whether a place counts for the funder: target group, and came or qualified. Registered alone is never enough."""
    enough = {Standing.QUALIFIED} if pack.counts is Counts.QUALIFIED else {Standing.QUALIFIED, Standing.ATTENDED}
    return belongs(pack, place) and place.standing in enough


def one_each(places: Iterable[Place]) -> list[Place]:
    """One record for each person: the answers of the first entry, the end and outcome of the last, all minutes together."""
    of_person: dict[int, list[Place]] = {}
    for place in sorted(places, key=lambda one: (one.entry_date or dt.date.max, one.course_id)):
        of_person.setdefault(place.person_id, []).append(place)
    return [_together(own) for own in of_person.values()]


def _together(own: Sequence[Place]) -> Place:
    first = own[0]
    ends = [one.exit_date for one in own]
    return Place(**vars(first) | {
        "status": own[-1].status, "outcome": own[-1].outcome,
        "exit_date": None if None in ends else max(end for end in ends if end),
        "minutes": sum(one.minutes for one in own), "meetings": sum(one.meetings for one in own),
        "sheets": sum(one.sheets for one in own), "qualified": any(one.qualified for one in own),
        "children": tuple(dict.fromkeys(child for one in own for child in one.children)),
    })  # fmt: skip


@dataclass(frozen=True)
class Share:
    """The part of one course in the amount: persons × units × rate, in cents, rounded down."""

    course: CourseHeld
    registered: int
    counted: int
    units: Fraction
    rate: int

    @property
    def amount(self) -> int:
        return int(self.counted * self.units * self.rate)


def shares(pack: FunderPack, grant: Grant, courses: Sequence[CourseHeld], places: Sequence[Place]) -> list[Share]:
    """The amount course by course; empty where nothing like that is reckoned, or no rate is known."""
    if pack.calculation is not Calculation.UNITS or grant.rate is None:
        return []
    return [
        Share(
            course,
            sum(one.course_id == course.id for one in places),
            sum(one.course_id == course.id and is_counted(pack, one) for one in places),
            Fraction(course.minutes, pack.unit_minutes),
            grant.rate,
        )
        for course in courses
    ]


def claimed(parts: Iterable[Share], grant: Grant) -> int:
    """What can be claimed, in cents: the sum of all courses up to the ceiling."""
    amount = sum(part.amount for part in parts)
    return amount if grant.ceiling is None else min(amount, grant.ceiling)


@dataclass(frozen=True)
class Hours:
    """The minutes of one woman in one course, and how many of them can be funded: so many a course, so many in all."""

    place: Place
    counted: int


def hours(pack: FunderPack, places: Sequence[Place]) -> list[Hours]:
    """Clock hours of everybody who counts, in the order of their courses; what came before the grant is used up already."""
    if not pack.hours_per_course or not pack.hours_in_all:
        return []
    left: dict[int, int] = {}
    found = []
    for place in sorted(places, key=lambda one: (one.family_name, one.given_name, one.person_id, one.course_id)):
        if is_counted(pack, place):
            rest = left.get(place.person_id, max(0, pack.hours_in_all * 60 - place.earlier))
            counted = min(place.minutes, pack.hours_per_course * 60, rest)
            left[place.person_id] = rest - counted
            found.append(Hours(place, counted))
    return found


def report_reasons(pack: FunderPack, grant: Grant) -> list[Reason]:
    """What is missing before a report can be put together."""
    reasons = []
    if grant.first is None or grant.last is None:
        reasons.append(Reason(N_("Es fehlt der Zeitraum der Förderung.")))
    if pack.calculation is Calculation.UNITS and grant.rate is None:
        reasons.append(Reason(N_("Es fehlt der Satz je Person und UE.")))
    return reasons


def giving_reasons(pack: FunderPack, grant: Grant, today: dt.date) -> list[Reason]:
    """What speaks against giving a file away that could be put together: where nobody demands exact figures, heads leave the office
    as all statistics do, in whole quarters and as known on the one reference day of their period."""
    if pack.exact is not None or grant.first is None or grant.last is None:
        return []
    return disclosable_reasons(grant.first, grant.last) or settled_reasons(grant.last, today)


def remarks(
    pack: FunderPack,
    grant: Grant,
    courses: Sequence[CourseHeld],
    places: Sequence[Place],
    *,
    outside: int,
    twice: int,
    not_closed: int,
) -> list[Reason]:
    """What whoever sends the report should know before. `outside` are courses of the profile that the viewer does not
    coordinate, `twice` times that somebody was in two funded courses at once, `not_closed` meetings that are over."""
    found = []
    if outside:
        found.append(
            Reason(
                N_("Nicht enthalten, weil außerhalb Ihres Bereichs: {count} Kurse dieses Förderprofils."), count=outside
            )
        )
    if twice:
        found.append(
            Reason(
                N_(
                    "Zur selben Zeit in zwei geförderten Kursen: {count} Fälle. Keine Stunde darf doppelt gefördert werden."
                ),
                count=twice,
            )
        )
    if not_closed:
        found.append(Reason(N_("Noch nicht abgeschlossene Termine: {count}. Sie zählen nicht mit."), count=not_closed))
    registered, counted = len(places), sum(is_counted(pack, one) for one in places)
    if pack.counts is Counts.QUALIFIED and counted < registered:
        found.append(
            Reason(
                N_("Gerechnet wird mit {counted} qualifizierten, nicht mit {registered} angemeldeten Personen."),
                counted=counted,
                registered=registered,
            )
        )
    found += _about_target_group(pack, places)
    missing = sum(one.meetings - one.sheets for one in places if is_counted(pack, one)) if pack.listed else 0
    if missing and "sheets" in pack.listed:
        found.append(
            Reason(N_("Anwesenheiten ohne abgelegte Liste: {count}. Der Abgleich nennt die Termine."), count=missing)
        )
    for course in courses:
        units = Fraction(course.minutes, pack.unit_minutes)
        if pack.units_from and pack.units_until and not pack.units_from <= units <= pack.units_until:
            found.append(
                Reason(
                    N_("{course} hat {units} UE; gefördert werden {first} bis {last} UE."),
                    course=course.number,
                    units=f"{float(units):.4g}".replace(".", ","),
                    first=pack.units_from,
                    last=pack.units_until,
                )
            )
    parts = shares(pack, grant, courses, places)
    if grant.ceiling is not None and sum(part.amount for part in parts) > grant.ceiling:
        found.append(Reason(N_("Der Betrag liegt über der Obergrenze und wird gekürzt.")))
    capped = sum(one.counted < one.place.minutes for one in hours(pack, places))
    if capped:
        found.append(
            Reason(N_("Über der Höchstzahl der Stunden: {count} Belegungen; gezählt wird nur bis dahin."), count=capped)
        )
    return found


def _about_target_group(pack: FunderPack, places: Sequence[Place]) -> list[Reason]:
    found = []
    others = len({one.person_id for one in places if one.meetings and not belongs(pack, one)})
    if pack.women_only and others:
        found.append(Reason(N_("Nicht gezählt, weil nicht als Frau eingetragen: {count} Personen."), count=others))
    if pack.adults_only and others:
        found.append(
            Reason(
                N_("Nicht gezählt, weil am Einstiegstag unter 18: {count} Personen. Kinder sind keine Zielgruppe."),
                count=others,
            )
        )
    along = len({child for one in places for child in one.children})
    if pack.adults_only and along:
        found.append(
            Reason(
                N_("Mitgekommene Kinder: {count}. Sie sind keine Zielgruppe und stehen in keiner Zahl."), count=along
            )
        )
    at_entry = [one for one in pack.indicators if one.key != "outcome"]
    unknown = sum(
        any(UNKNOWN in indicator.classes_of(one) for indicator in at_entry)
        for one in one_each(place for place in places if is_counted(pack, place))
    )
    if unknown:
        found.append(
            Reason(
                N_("Bei {count} Personen fehlt eine Angabe zum Einstieg: Der Förderer kann sie so nicht zählen."),
                count=unknown,
            )
        )
    return found
