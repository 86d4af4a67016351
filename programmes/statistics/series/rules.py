"""Decides what a long-term series is, which figures it takes, how a file of them is understood, and what of them may leave
the office.

A series is one thing counted in one way for many years (domain.md R01, R02, R15). Another definition, another instrument or
another version of it is another series: figures of two series are never added or drawn together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from programmes.statistics.rules import Hidden, disclosed_share, rounded
from wording import N_, Reason, Term

FIRST_YEAR = 1990
MOST_CASES = 1_000_000
LONGEST_NOTE = 300
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
PERIOD = re.compile(r"(\d{4})(?:/(\d{2}|\d{4}))?", re.ASCII)
NUMBER = re.compile(r"\d{1,7}", re.ASCII)


class SeriesKind(Term):
    """What is counted."""

    DEFERRAL = "school_entry_deferral", N_("Rückstellungen bei der Einschulung")
    ASSESSMENT = "language_assessment", N_("Sprachstandserhebung")
    TRAINING = "staff_training", N_("Fortbildung nach Fachdienst")
    OTHER = "other", N_("Andere Zählung")


class Rhythm(Term):
    """What one figure covers."""

    SCHOOL_YEAR = "school_year", N_("Schuljahr")
    YEAR = "year", N_("Kalenderjahr")


class Unit(Term):
    """Who is counted. A percentage is never entered: it follows from the cases and all of whom they are a part."""

    CHILDREN = "children", N_("Kinder")
    FAMILIES = "families", N_("Familien")
    PERSONS = "persons", N_("Personen")


@dataclass(frozen=True)
class SeriesFacts:
    """What a coordinator says about a series. `instrument`, its `version`, the `assessed_language` and the `ages` belong to
    language assessments, which are comparable only where all four are the same (domain.md B14); `departments` to staff
    training, whose rows they are. All other series have a row for each municipality of the county."""

    key: str
    title: str
    kind: SeriesKind
    definition: str
    source: str
    rhythm: Rhythm
    unit: Unit
    instrument: str | None = None
    version: str | None = None
    assessed_language: str | None = None
    ages: str | None = None
    departments: tuple[str, ...] = ()


OF_ASSESSMENTS = ("instrument", "version", "assessed_language", "ages")
MOST_DEPARTMENTS = 60
LONGEST_DEPARTMENT = 100


@dataclass(frozen=True)
class Place:
    """What a row is about: a municipality, or (without an id) a department."""

    name: str
    municipality_id: int | None = None


@dataclass(frozen=True)
class Reported:
    """What was told of one place and period: how many cases and, where told, of how many. No `cases`: not reported."""

    cases: int | None
    of_all: int | None = None
    note: str | None = None


Cell = tuple[str, int]  # name of the place, (first) year of the period
NOTHING = Reported(None)


def series_reasons(facts: SeriesFacts, taken: Collection[str]) -> list[Reason]:
    """What speaks against a series; `taken` are the keys of the others."""
    reasons = []
    if not KEY.fullmatch(facts.key):
        reasons.append(
            Reason(N_("Ein Kürzel hat nur Buchstaben, Ziffern und Striche, zum Beispiel KISS-2."), field="key")
        )
    elif facts.key.casefold() in {key.casefold() for key in taken}:
        reasons.append(Reason(N_("Dieses Kürzel hat schon eine andere Reihe."), field="key"))
    if facts.kind is SeriesKind.ASSESSMENT:
        reasons += [
            Reason(N_("Ohne diese Angabe ist eine Sprachstandserhebung mit keiner anderen zu vergleichen."), field=name)
            for name in OF_ASSESSMENTS
            if not getattr(facts, name)
        ]
    names = [name.casefold() for name in facts.departments]
    if facts.kind is SeriesKind.TRAINING and not names:
        reasons.append(Reason(N_("Nennen Sie die Fachdienste, einen in jeder Zeile."), field="departments"))
    if len(names) > MOST_DEPARTMENTS or any(len(name) > LONGEST_DEPARTMENT for name in names):
        reasons.append(
            Reason(
                N_("Höchstens {most} Fachdienste mit je {length} Zeichen."),
                field="departments", most=MOST_DEPARTMENTS, length=LONGEST_DEPARTMENT,
            )
        )  # fmt: skip
    if len(set(names)) < len(names):
        reasons.append(Reason(N_("Ein Fachdienst steht zweimal da."), field="departments"))
    return reasons


def periods_open(today_year: int) -> range:
    """The years (or first years of school years) of which something can be told."""
    return range(FIRST_YEAR, today_year + 1)


def period_name(rhythm: Rhythm, year: int) -> str:
    """2003/04, or 2003."""
    return f"{year}/{(year + 1) % 100:02d}" if rhythm is Rhythm.SCHOOL_YEAR else str(year)


def period_key(rhythm: Rhythm, year: int) -> str:
    """2003/2004, or 2003: in files, because a spreadsheet takes 2003/04 for April."""
    return f"{year}/{year + 1}" if rhythm is Rhythm.SCHOOL_YEAR else str(year)


def read_period(rhythm: Rhythm, text: str) -> int | None:
    """The year of a period as it is named, here or in a file; None when it is no period of this rhythm."""
    found = PERIOD.fullmatch(text.strip())
    if found is None or (found[2] is not None) != (rhythm is Rhythm.SCHOOL_YEAR):
        return None
    year = int(found[1])
    return year if found[2] is None or found[2] in {str(year + 1), f"{(year + 1) % 100:02d}"} else None


def report_reasons(new: Reported, old: Reported, why: str | None) -> list[Reason]:
    """What speaks against telling `new` where `old` was told before. A correction says why."""
    if new.cases is None and (old.cases is None or new.of_all is not None):
        return [Reason(N_("Bitte tragen Sie die Zahl der Fälle ein; keine Fälle sind eine 0."), field="cases")]
    reasons = []
    if new.cases is not None and new.of_all is not None and new.of_all < new.cases:
        reasons.append(Reason(N_("Das sind mehr Fälle als alle zusammen."), field="of_all"))
    if old.cases is not None and new != old and not why:
        reasons.append(Reason(N_("Hier stand schon etwas: Bitte begründen Sie die Änderung."), field="reason"))
    return reasons


class Standing(Term):
    """What a line of a file does to a series."""

    NEW = "new", N_("neu")
    CORRECTED = "corrected", N_("geändert")
    SAME = "same", N_("unverändert")
    EMPTY = "empty", N_("leer")
    WRONG = "wrong", N_("geht nicht")


@dataclass(frozen=True)
class Line:
    """One line of a file, understood. `number` is its row in a spreadsheet, the heads being row 1."""

    number: int
    place: str
    period: str
    new: Reported
    old: Reported
    standing: Standing
    reasons: tuple[Reason, ...] = ()
    cell: Cell | None = None


def read_lines(
    lines: Iterable[Mapping[str, str]],
    facts: SeriesFacts,
    places: Collection[str],
    known: Mapping[Cell, Reported],
    today_year: int,
    why: str | None,
) -> list[Line]:
    """What the lines of a file (by the keys of their heads) mean for a series. An empty line takes nothing away; Langen is
    Langen (Hessen)."""
    found: list[Line] = []
    said: dict[Cell, int] = {}
    names = {short.casefold(): name for name in places for short in (name.partition(" (")[0], name)}
    for number, line in enumerate(lines, start=2):
        if not any(line.values()):
            continue
        place, period, reasons = line["place"], line["period"], []
        if line["series"] != facts.key:
            reasons.append(Reason(N_("gehört zu einer anderen Reihe: {key}"), key=line["series"] or "–"))
        name, year = names.get(place.casefold()), read_period(facts.rhythm, period)
        if name is None:
            reasons.append(Reason(N_("„{place}“ ist keine Zeile dieser Reihe"), place=place))
        if year is None:
            example = period_key(facts.rhythm, today_year - 1)
            reasons.append(Reason(N_("„{period}“ ist kein Zeitraum wie {example}"), period=period, example=example))
        elif year not in periods_open(today_year):
            reasons.append(Reason(N_("Zeiträume gehen von {first} bis {last}"), first=FIRST_YEAR, last=today_year))
        numbers: dict[str, int | None] = {}
        for key in ("cases", "of_all"):
            numbers[key] = int(line[key]) if NUMBER.fullmatch(line[key]) else None
            if (line[key] and numbers[key] is None) or (numbers[key] or 0) > MOST_CASES:
                reasons.append(Reason(N_("„{text}“ ist keine ganze Zahl bis 1000000"), text=line[key]))
        if len(line["note"]) > LONGEST_NOTE:
            reasons.append(Reason(N_("Die Anmerkung hat mehr als {most} Zeichen"), most=LONGEST_NOTE))
        new, old, cell = Reported(numbers["cases"], numbers["of_all"], line["note"] or None), NOTHING, None
        if name is not None and year is not None:
            cell = (name, year)
            old = known.get(cell, NOTHING)
            if cell in said:
                reasons.append(Reason(N_("steht schon in Zeile {number}"), number=said[cell]))
            said.setdefault(cell, number)
        found.append(Line(number, place, period, new, old, *_standing(new, old, reasons, why), cell))
    return found


def _standing(
    new: Reported, old: Reported, reasons: list[Reason], why: str | None
) -> tuple[Standing, tuple[Reason, ...]]:
    if not reasons and new == NOTHING:
        return Standing.EMPTY, ()
    if not reasons and new == old:
        return Standing.SAME, ()
    if new.cases is None:  # a file takes nothing back
        old = NOTHING
    reasons = reasons or report_reasons(new, old, why)
    if reasons:
        return Standing.WRONG, tuple(reasons)
    return (Standing.NEW if old.cases is None else Standing.CORRECTED), ()


def file_reasons(lines: Collection[Line]) -> list[Reason]:
    """What speaks against taking in a file: one line that is wrong keeps all of it out."""
    wrong = sum(line.standing is Standing.WRONG for line in lines)
    if wrong:
        return [Reason(N_("Es wurde nichts übernommen. Zeilen, die nicht gehen: {count}."), field="file", count=wrong)]
    return [] if lines else [Reason(N_("In dieser Datei steht keine Zeile mit Werten."), field="file")]


@dataclass(frozen=True)
class Shown:
    """A figure as a reader may see it; `share` in percent, None where it was not told of how many."""

    cases: int | Hidden
    of_all: int | Hidden | None = None
    share: Fraction | Hidden | None = None


def shown(reported: Reported, *, disclose: bool) -> Shown | None:
    """What a reader sees of a figure; None where nothing is reported, which is not zero.

    To be passed on (`disclose`), cases and all are rounded as everywhere, and the share is worked out from what is shown: it says
    no more than the two numbers do. It needs 20 of whom it is a part.
    """
    cases, of_all = reported.cases, reported.of_all
    if cases is None:
        return None
    if not disclose:
        return Shown(cases, of_all, Fraction(cases * 100, of_all) if of_all else None)
    if of_all is None:
        return Shown(rounded(cases))
    return Shown(rounded(cases), rounded(of_all), disclosed_share(cases, of_all))


def total(figures: Sequence[Reported]) -> Reported:
    """What the reported figures of one period come to. Of how many is told only if every one of them tells it."""
    told = [one for one in figures if one.cases is not None]
    if not told:
        return NOTHING
    parts = [one.of_all for one in told if one.of_all is not None]
    return Reported(sum(one.cases or 0 for one in told), sum(parts) if len(parts) == len(told) else None)


METHOD = N_(
    "Zur Weitergabe: Alle Zahlen sind auf Vielfache von 5 gerundet, auch die Summen, jede für sich. Anteile gibt es erst ab 20 "
    "Menschen; sie sind aus den gerundeten Zahlen gerechnet."
)
