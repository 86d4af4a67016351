"""Decides what a figure means and to whom it may be shown.

One table of measures serves the page, both exports and the sheet of definitions, so they cannot say different things.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Self

from programmes.attendance.rules import LETTERS, MEANING, Mark
from programmes.catalogue.rules import CourseFeature
from programmes.participants.rules import OLDEST_YEARS
from wording import N_, Reason, Term

LONGEST_PERIOD_YEARS = 60
SETTLED_AFTER = dt.timedelta(
    days=28
)  # what belongs to a period is entered by then (four weeks, as in ESF, domain.md B7)
ROUNDED_TO = 5  # as the statistical offices do (domain.md B9)
FEWEST_FOR_RATES = 20  # no rates, attendances and minutes of fewer people: they are averages once divided by the people
FORMULA_STARTS = frozenset("=+-@|%\t\r\n＝＋－＠")
NOT_SEEN = " \"'\u00a0\ufeff\u200b\u200e\u200f"  # what a spreadsheet may skip before a formula
LONG = 1_000  # rows; nobody reads more of them on a page, and nobody waits for them


class Dimension(Term):
    """What the rows of a table are."""

    PROGRAMME = "programme", N_("Programm")
    COURSE = "course", N_("Kurs")
    MUNICIPALITY = "municipality", N_("Kommune")
    QUARTER = "quarter", N_("Quartier")
    LANGUAGE = "course_language", N_("Kurssprache")
    MONTH = "month", N_("Monat")
    SEX = "sex", N_("Geschlecht")
    AGE = "age_class", N_("Alter (VHS)")
    AGE_ESF = "age_class_esf", N_("Alter (ESF+)")
    LATE_RESETTLER = "late_resettler", N_("Spätaussiedlung")
    CITIZENSHIP = "citizenship_group", N_("Staatsangehörigkeit")
    FAMILY_LANGUAGE = "family_language", N_("Familiensprache")
    EDUCATION = "education", N_("Schule und Beruf")
    EMPLOYMENT = "employment", N_("Arbeit beim Einstieg")
    EXIT_CAUSE = "exit_cause", N_("Grund des Ausstiegs")
    OUTCOME = "outcome", N_("Nach dem Kurs")


# What people are, not courses: a meeting belongs to no age. Children stand with the adult they came with.
OF_PEOPLE = MappingProxyType({
    Dimension.SEX: N_("Geschlecht der angemeldeten Person, wie sie es angegeben hat."),
    Dimension.AGE: N_("Alter der angemeldeten Person am Tag ihres Einstiegs, in den Klassen der VHS-Statistik. Ist nur das Geburtsjahr bekannt, gilt der 1. Januar."),
    Dimension.AGE_ESF: N_("Alter der angemeldeten Person am Tag ihres Einstiegs, in den Klassen von ESF+; 30 bis 54 ist dort keine eigene Klasse."),
    Dimension.CITIZENSHIP: N_("Eine Gruppe für jede Person: zuerst zählt die deutsche, dann die eines anderen Staates der EU."),
    Dimension.FAMILY_LANGUAGE: N_("Die Sprache, welche die angemeldete Person zuerst genannt hat; jede Person zählt einmal."),
    Dimension.EDUCATION: N_("Höchster Abschluss am Tag des Einstiegs. Nicht antworten wollen ist eine Antwort; keine Angabe ist keine."),
    Dimension.EMPLOYMENT: N_("Arbeit am Tag des Einstiegs, in den Klassen von ESF+."),
    Dimension.EXIT_CAUSE: N_("Warum die Belegung vorzeitig endete, als Klasse; ohne Angabe auch, wer noch da ist oder abgeschlossen hat."),
    Dimension.OUTCOME: N_("Was nach dem Kurs kam, soweit es jemand erzählt hat."),
    Dimension.LATE_RESETTLER: N_("Ob die angemeldete Person als Spätaussiedlerin oder Spätaussiedler aufgenommen ist."),
})  # fmt: skip
# Where people come from: what leaves the office says it of whole years and never of a place (domain.md B9).
OF_ORIGIN = frozenset({Dimension.CITIZENSHIP, Dimension.FAMILY_LANGUAGE})
OTHER_LANGUAGE = "other"
UNTOLD = "unknown"  # not told is a row of its own, never "other" (domain.md B7)
AGE_CLASSES = MappingProxyType({
    Dimension.AGE: ((18, "00-17"), (25, "18-24"), (35, "25-34"), (50, "35-49"), (65, "50-64"), (OLDEST_YEARS + 1, "65-99")),
    Dimension.AGE_ESF: ((18, "00-17"), (30, "18-29"), (55, "30-54"), (OLDEST_YEARS + 1, "55-99")),
})  # fmt: skip
AGE_LABELS = MappingProxyType({
    "00-17": N_("unter 18"), "18-24": N_("18 bis 24"), "25-34": N_("25 bis 34"), "35-49": N_("35 bis 49"),
    "50-64": N_("50 bis 64"), "65-99": N_("65 und älter"), "18-29": N_("18 bis 29"), "30-54": N_("30 bis 54"), "55-99": N_("55 und älter"),
})  # fmt: skip


class MeasureKind(Term):
    """How a figure is treated for disclosure: people are rounded; what they did needs enough of them; events are free."""

    EVENTS = "events", N_("Termine und Köpfe")
    PEOPLE = "people", N_("Menschen")
    ATTENDANCES = "attendances", N_("Anwesenheiten")
    MINUTES = "minutes", N_("Minuten")
    RATE = "rate", N_("Anteil")


class Topic(Term):
    """What columns that stand together are about."""

    OFFER = "offer", N_("Angebot")
    PEOPLE = "people", N_("Menschen")
    ATTENDANCE = "attendance", N_("Anwesenheit")
    OUTCOME = "outcome", N_("Verlauf")
    PAPERS = "papers", N_("Bescheinigungen")


@dataclass(frozen=True)
class Measure:
    """One column: stable English key, German name, what exactly is counted, how it is treated for disclosure, what it is about,
    whose figure it is (`persons`, `children`), and of what it is computed if there is nothing to list."""

    key: str
    label: str
    definition: str
    kind: MeasureKind
    topic: Topic
    of: str = "persons"
    follows_from: tuple[str, ...] = ()


MEASURES = (
    Measure("meetings_planned", N_("Termine angesetzt"), N_("Termine im Zeitraum, die nicht ausgefallen sind."), MeasureKind.EVENTS, Topic.OFFER),
    Measure("meetings_held", N_("Termine abgeschlossen"), N_("Angesetzte Termine, deren Anwesenheit abgeschlossen ist."), MeasureKind.EVENTS, Topic.OFFER),
    Measure("meetings_cancelled", N_("Termine ausgefallen"), N_("Ausgefallene Termine; sie zählen nirgends zum Angebot."), MeasureKind.EVENTS, Topic.OFFER),
    Measure("minutes_offered", N_("Minuten angeboten"), N_("Dauer der abgeschlossenen Termine ohne Pausen, in Minuten."), MeasureKind.EVENTS, Topic.OFFER),
    Measure("visitors", N_("Gäste und Köpfe"), N_("Gezählte Gäste ohne Platz; bei Veranstaltungen alle Köpfe."), MeasureKind.EVENTS, Topic.OFFER),
    Measure("persons", N_("Personen"), N_("Verschiedene angemeldete Personen mit mindestens einem Termin in ihrer Belegungszeit; jede einmal, auch bei mehreren Kursen. Kinder sind nicht enthalten."), MeasureKind.PEOPLE, Topic.PEOPLE),
    Measure("persons_new", N_("Davon neu"), N_("Personen, die vor dem Zeitraum in keinem der ausgewerteten Kurse einen Platz hatten. Gezählt wird nur im eigenen Bereich."), MeasureKind.PEOPLE, Topic.PEOPLE),
    Measure("persons_returning", N_("Davon wiedergekommen"), N_("Personen, die schon vor dem Zeitraum in einem der ausgewerteten Kurse einen Platz hatten. Gezählt wird nur im eigenen Bereich."), MeasureKind.PEOPLE, Topic.PEOPLE),
    Measure("enrolments", N_("Belegungen"), N_("Belegungen mit mindestens einem Termin zwischen Einstieg und Ausstieg. Eine Person mit zwei Kursen hat zwei Belegungen."), MeasureKind.PEOPLE, Topic.PEOPLE),
    Measure("families", N_("Familien"), N_("Verschiedene Familien in Eltern-Kind-Gruppen: eine je angemeldeter erwachsener Person."), MeasureKind.PEOPLE, Topic.PEOPLE),
    Measure("children", N_("Kinder"), N_("Verschiedene Kinder in Eltern-Kind-Gruppen. Familien, Personen und Kinder werden nie zusammengezählt."), MeasureKind.PEOPLE, Topic.PEOPLE),
    Measure("present", N_("Anwesend"), N_("Anwesenheiten angemeldeter Personen in abgeschlossenen Terminen (Kinder nicht enthalten)."), MeasureKind.ATTENDANCES, Topic.ATTENDANCE),
    Measure("absent_excused", N_("Gemeldet oder entschuldigt"), N_("Abwesenheiten mit Meldung oder Entschuldigung in abgeschlossenen Terminen."), MeasureKind.ATTENDANCES, Topic.ATTENDANCE),
    Measure("absent_unexcused", N_("Unentschuldigt oder nicht da"), N_("Abwesenheiten ohne Meldung in abgeschlossenen Terminen."), MeasureKind.ATTENDANCES, Topic.ATTENDANCE),
    Measure("absent_childcare", N_("Davon wegen Kinderbetreuung"), N_("Abwesenheiten in abgeschlossenen Terminen, deren Grund fehlende Kinderbetreuung war, vorhersehbar oder nicht. Sie sind in den beiden Spalten davor schon enthalten; die Kommune ist die des Kurses."), MeasureKind.ATTENDANCES, Topic.ATTENDANCE),
    Measure("not_recorded", N_("Nicht erfasst"), N_("Fehlende Einträge zu Terminen bis zum Stichtag, die noch nicht abgeschlossen sind. Nicht erfasst ist nicht abwesend."), MeasureKind.ATTENDANCES, Topic.ATTENDANCE),
    Measure("children_present", N_("Kinder anwesend"), N_("Anwesenheiten von Kindern in abgeschlossenen Terminen."), MeasureKind.ATTENDANCES, Topic.ATTENDANCE, of="children"),
    Measure("families_together", N_("Familien gemeinsam da"), N_("Abgeschlossene Termine, zu denen die angemeldete Person und mindestens ein Kind da waren, je Familie gezählt."), MeasureKind.ATTENDANCES, Topic.ATTENDANCE, of="families"),
    Measure("minutes_enrolled", N_("Personenminuten angeboten"), N_("Minuten der abgeschlossenen Termine mal Personen, die an dem Tag einen Platz hatten und nicht wegen Wechsel oder Praktikum befreit waren."), MeasureKind.MINUTES, Topic.ATTENDANCE),
    Measure("minutes_attended", N_("Personenminuten besucht"), N_("Besuchte Minuten angemeldeter Personen in abgeschlossenen Terminen."), MeasureKind.MINUTES, Topic.ATTENDANCE),
    Measure("attendance_rate", N_("Besuchsquote"), N_("Besuchte durch angebotene Personenminuten, in Prozent. Ausgefallene Termine und Tage vor Einstieg oder nach Ausstieg zählen nicht mit; entschuldigt ist nicht besucht."), MeasureKind.RATE, Topic.ATTENDANCE, follows_from=("minutes_attended", "minutes_enrolled")),
    Measure("enrolments_judged", N_("Belegungen mit verlangtem Anteil"), N_("Belegungen in Programmen, die einen Anteil verlangen, mit einem Eintrag in einem abgeschlossenen Termin des Zeitraums. Nur von ihnen lässt sich sagen, ob der Kurs regelmäßig besucht wurde."), MeasureKind.PEOPLE, Topic.ATTENDANCE),
    Measure("attended_regularly", N_("Davon regelmäßig"), N_("Belegungen, deren besuchte Minuten im Zeitraum den Anteil erreichen, den das Programm verlangt. Gezählt sind die Einträge abgeschlossener Termine, Befreiungen abgezogen; nachgeholte Zeit zählt hier nicht."), MeasureKind.PEOPLE, Topic.ATTENDANCE),
    Measure("regular_rate", N_("Regelmäßig besucht"), N_("Regelmäßig besuchte durch alle Belegungen mit verlangtem Anteil, in Prozent. Zur Weitergabe ist der Anteil aus den gerundeten Zahlen gerechnet."), MeasureKind.RATE, Topic.ATTENDANCE, of="enrolments_judged", follows_from=("attended_regularly", "enrolments_judged")),
    Measure("waiting", N_("Warten noch"), N_("Anmeldungen aus dem Zeitraum, die am Stichtag noch auf der Warteliste stehen, auch wenn schon ein Platz angeboten ist."), MeasureKind.PEOPLE, Topic.OUTCOME),
    Measure("no_shows", N_("Nicht angetreten"), N_("Belegungen, die im Zeitraum als nicht angetreten ausgetragen wurden."), MeasureKind.PEOPLE, Topic.OUTCOME),
    Measure("withdrawals", N_("Abgemeldet"), N_("Belegungen, die im Zeitraum mit einer Abmeldung endeten, auch von der Warteliste."), MeasureKind.PEOPLE, Topic.OUTCOME),
    Measure("drop_outs", N_("Abgebrochen"), N_("Belegungen, die im Zeitraum abgebrochen wurden."), MeasureKind.PEOPLE, Topic.OUTCOME),
    Measure("completions", N_("Abgeschlossen"), N_("Belegungen, die im Zeitraum regulär abgeschlossen wurden."), MeasureKind.PEOPLE, Topic.OUTCOME),
    Measure("papers_issued", N_("Ausgestellt"), N_("Bescheinigungen über den ganzen Kurs, die im Zeitraum ausgestellt wurden: ohne Ersatz und Zweitschriften, ohne widerrufene."), MeasureKind.PEOPLE, Topic.PAPERS),
    Measure("papers_handed_over", N_("Ausgehändigt"), N_("Gültige Bescheinigungen über den ganzen Kurs, die im Zeitraum ausgehändigt wurden."), MeasureKind.PEOPLE, Topic.PAPERS),
)  # fmt: skip
# How the rates of single enrolments lie (domain.md E4): figures of a whole question, so no columns of the table.
RATES = (
    Measure("rated_persons", N_("Personen mit Besuchsquote"), N_("Verschiedene angemeldete Personen, denen in abgeschlossenen Terminen Minuten angeboten wurden."), MeasureKind.PEOPLE, Topic.ATTENDANCE, of="rated_persons"),
    Measure("rates_80", N_("80 Prozent und mehr"), N_("Belegungen, deren eigene Besuchsquote im Zeitraum mindestens 80 Prozent ist."), MeasureKind.PEOPLE, Topic.ATTENDANCE, of="rated_persons"),
    Measure("rates_50", N_("50 bis unter 80 Prozent"), N_("Belegungen, deren eigene Besuchsquote im Zeitraum mindestens 50, aber unter 80 Prozent ist."), MeasureKind.PEOPLE, Topic.ATTENDANCE, of="rated_persons"),
    Measure("rates_0", N_("unter 50 Prozent"), N_("Belegungen, deren eigene Besuchsquote im Zeitraum unter 50 Prozent ist."), MeasureKind.PEOPLE, Topic.ATTENDANCE, of="rated_persons"),
    Measure("median_rate", N_("Mittlere Quote (Median)"), N_("Die Besuchsquote, über und unter der gleich viele Belegungen liegen."), MeasureKind.RATE, Topic.ATTENDANCE, of="rated_persons"),
)  # fmt: skip
RATE_CLASSES = (
    ("rates_80", 80),
    ("rates_50", 50),
    ("rates_0", 0),
)  # from the highest down: each from its percentage on
MEASURE = {measure.key: measure for measure in (*MEASURES, *RATES)}
OF_FAMILIES = frozenset({"families", "children", "children_present", "families_together"})  # zero by design elsewhere
FIGURE = int | Fraction | None
ROW_NAMES = ("row", "row2")  # of a row's part in each dimension, in addresses


@dataclass(frozen=True)
class Question:
    """What is asked: meetings from `first` to `last`, in rows by `by` and, within each, by `then`; narrowed to one of each if given.
    Counted is what was known at the end of the day `known_on`, at the instant `asked_at`, or what is known now. `courses`: of these only,
    so that a long answer can be given in portions."""

    first: dt.date
    last: dt.date
    by: Dimension
    then: Dimension | None = None
    programme_id: int | None = None
    municipality_id: int | None = None
    quarter_id: int | None = None
    course_id: int | None = None
    funding_profile_id: int | None = None
    language: str | None = None
    feature: CourseFeature | None = None
    leader_language: str | None = None
    known_on: dt.date | None = None
    asked_at: dt.datetime | None = None
    courses: Sequence[int] | None = None

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What the rows are of: one dimension, or two."""
        return (self.by, self.then) if self.then else (self.by,)

    def months(self) -> Iterator[tuple[int, dt.date, dt.date]]:
        """The months of the period: the number 202612, the first day that is asked about, and the day after the last one."""
        first, after = self.first, self.last + dt.timedelta(days=1)
        while first < after:
            following = _months_later(first.replace(day=1), 1)
            yield first.year * 100 + first.month, first, min(following, after)
            first = following

    def kept(self) -> dict[str, Any]:
        """What is asked as plain values, from which `of` makes the question again."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in said.items()
            if value is not None
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """The question that was kept."""
        return cls(**{name: READ[name](value) if name in READ else value for name, value in kept.items()})


READ: Mapping[str, Callable[[str], Any]] = MappingProxyType({
    "first": dt.date.fromisoformat, "last": dt.date.fromisoformat, "known_on": dt.date.fromisoformat,
    "asked_at": dt.datetime.fromisoformat, "by": Dimension, "then": Dimension,
    "feature": CourseFeature,
})  # fmt: skip


def file_name(question: Question, ending: str) -> str:
    """What the file of a table is called."""
    what = "-".join(question.dimensions)
    return f"kursbuch-{what}-{question.first.isoformat()}-{question.last.isoformat()}.{ending}"


@dataclass(frozen=True)
class Head:
    """What a row is about in one dimension: a stable key, and its name out of the catalogue or, if `is_said`, a word of ours
    that is still to be translated. Of a course its `course_id`, for whoever may look at what is counted."""

    key: str
    label: str
    is_said: bool = False
    course_id: int | None = None


@dataclass(frozen=True)
class Row:
    """One line of a table: what it is about in each dimension, and its figures by measure key."""

    heads: tuple[Head, ...]
    figures: Mapping[str, FIGURE]
    has_families: bool = True

    @property
    def in_addresses(self) -> dict[str, str]:
        """The row as the addresses of what stands behind its figures name it."""
        return dict(zip(ROW_NAMES, (head.key for head in self.heads), strict=False))


@dataclass(frozen=True)
class Hidden:
    """A figure that is not shown. `sign` is · for secret; a true zero is – and no secret."""

    sign: str = "·"


SECRET = Hidden()


class Unmarked(Term):
    """Why a square of person and date has no mark."""

    OUTSIDE = "outside", N_("kein Platz an diesem Tag")
    CANCELLED = "cancelled", N_("ausgefallen")
    TO_COME = "to_come", N_("noch nicht gewesen")


class Column(Term):
    """What a list of the things behind a figure says of each."""

    DAY = "day", N_("Tag")
    CHILD = "child", N_("Kind")
    PERSON = "person", N_("Name")
    ENTRY = "entry", N_("Einstieg")
    EXIT = "exit", N_("Ausstieg")
    ENDED = "ended", N_("Ende")
    APPLIED = "applied", N_("Angemeldet am")
    ISSUED = "issued", N_("Ausgestellt am")
    HANDED_OVER = "handed_over", N_("Ausgehändigt am")
    PAPER = "paper", N_("Bescheinigung")
    MARK = "mark", N_("Eintrag")
    MINUTES = "minutes", N_("Minuten")
    VISITORS = "visitors", N_("Köpfe")


SQUARE = Mark | Unmarked
SIGN = MappingProxyType(
    LETTERS | {Mark.NOT_RECORDED: "?", Unmarked.OUTSIDE: "o", Unmarked.CANCELLED: "/", Unmarked.TO_COME: ""}
)


class Standing(Term):
    """What the squares of a row add up to."""

    PRESENT = "present", N_("da")
    EXCUSED = "excused", N_("gemeldet oder entschuldigt")
    MISSED = "missed", N_("ohne Meldung gefehlt")
    DISPENSED = "dispensed", N_("befreit")
    NOT_RECORDED = "not_recorded", N_("nicht erfasst")


def square(mark: Mark | None, *, has_place: bool, cancelled: bool, is_past: bool) -> SQUARE:
    """What stands where a person's row crosses a meeting's column. Nobody has to be there on a day without a place; a day
    that is over without a mark is *not recorded*, which is not absent."""
    if cancelled:
        return Unmarked.CANCELLED
    if not has_place:
        return Unmarked.OUTSIDE
    if mark is not None and mark is not Mark.NOT_RECORDED:
        return mark
    return Mark.NOT_RECORDED if is_past else Unmarked.TO_COME


def standings(squares: Iterable[SQUARE]) -> dict[Standing, int]:
    """How often what. The sum is the number of meetings that were there for this person so far, or of which one knows already."""
    counts = dict.fromkeys(Standing, 0)
    for one in squares:
        if isinstance(one, Mark):
            counts[Standing(MEANING[one].value) if one in MEANING else Standing.NOT_RECORDED] += 1
    return counts


def dimension_reasons(by: Dimension | None, then: Dimension | None) -> list[Reason]:
    """What speaks against two dimensions together."""
    if by is not None and by is then:
        return [Reason(N_("Wählen Sie zwei verschiedene Angaben oder nur eine."), field="then")]
    return []


def period_reasons(first: dt.date | None, last: dt.date | None) -> list[Reason]:
    """What speaks against a period."""
    if first and last and last < first:
        return [Reason(N_("Das Ende des Zeitraums liegt vor seinem Anfang."), field="last")]
    if first and last and last.year - first.year > LONGEST_PERIOD_YEARS:
        return [Reason(N_("Ein Zeitraum hat höchstens {years} Jahre."), field="last", years=LONGEST_PERIOD_YEARS)]
    return []


def usual_periods(today: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """The periods that are asked for most, as (name, first day, last day): year, half-year and quarter, each and the one
    before. All of them may leave the office."""
    found = []
    for now, before, months in (
        (N_("Dieses Jahr"), N_("Voriges Jahr"), 12),
        (N_("Dieses Halbjahr"), N_("Voriges Halbjahr"), 6),
        (N_("Dieses Quartal"), N_("Voriges Quartal"), 3),
    ):
        first = dt.date(today.year, (today.month - 1) // months * months + 1, 1)
        earlier = _months_later(first, -months)
        found.append((now, first, _months_later(first, months) - dt.timedelta(days=1)))
        found.append((before, earlier, first - dt.timedelta(days=1)))
    return found


def _months_later(first: dt.date, months: int) -> dt.date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)


def moved(day: dt.date, years: int) -> dt.date:
    """The same day of another year; the last of a month stays the last."""
    after = day + dt.timedelta(days=1)
    if after.day == 1:
        return after.replace(year=after.year + years) - dt.timedelta(days=1)
    return day.replace(year=day.year + years)


def a_year_before(question: Question) -> Question:
    """The same question a year earlier: also what was known is that of a year earlier, so that both had the same time to come in."""
    known_on = moved(question.known_on, -1) if question.known_on else None
    return replace(question, first=moved(question.first, -1), last=moved(question.last, -1), known_on=known_on)


def a_year_later(month: Head) -> Head:
    """The head of the same month of the year after."""
    year, of_year = month.key.split("-")
    name = f"{int(year) + 1:04d}-{of_year}"
    return replace(month, key=name, label=name)


def present_period(first: dt.date, last: dt.date, today: dt.date, *, disclose: bool) -> tuple[dt.date, dt.date]:
    """The newest period like this one: of a quarter or half-year the present one, of anything else that of this year. To be
    passed on, the newest whose reference day is over."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = months if months in {3, 6} and not disclosable_reasons(first, last) else 12

    def later(times: int) -> tuple[dt.date, dt.date]:
        if step == 12:
            return moved(first, times), moved(last, times)
        return _months_later(first, times * step), _months_later(first, (times + 1) * step) - dt.timedelta(days=1)

    def has_come(period: tuple[dt.date, dt.date]) -> bool:
        return not settled_reasons(period[1], today) if disclose else period[0] <= today

    times = ((today.year - first.year) * 12 + today.month - first.month) // step
    while not has_come(later(times)):
        times -= 1
    return later(times)


def difference(measure: Measure, now: FIGURE | Hidden, before: FIGURE | Hidden, *, disclose: bool) -> FIGURE:
    """By how much a figure grew. None where one of them is none, and of rounded figures: each may be two off, so that nothing
    looks like five people more, and the less there are the more it says."""
    if isinstance(now, Hidden) or isinstance(before, Hidden) or now is None or before is None:
        return None
    return None if disclose and measure.kind is not MeasureKind.EVENTS else now - before


def disclosable_reasons(first: dt.date | None, last: dt.date | None) -> list[Reason]:
    """What speaks against a period for disclosure: only whole quarters, half-years and years leave the office.

    Two periods that differ by a day would differ by the people of that day (domain.md B9).
    """
    if first is None or last is None:
        return []
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    starts = first.day == 1 and (first.month - 1) % min(months, 12) == 0
    ends = (last + dt.timedelta(days=1)).day == 1
    if starts and ends and (months in {3, 6} or (months > 0 and months % 12 == 0)):
        return []
    return [Reason(N_("Zur Weitergabe gibt es nur ganze Quartale, Halbjahre und Jahre."), field="last")]


def reference_day(last: dt.date) -> dt.date:
    """The day whose knowledge counts for all figures of a period that leave the office, for ever.

    Two tables of one period, one before and one after somebody was entered, would tell of that person. So there is only one.
    """
    return last + SETTLED_AFTER


def settled_reasons(last: dt.date, today: dt.date) -> list[Reason]:
    """What speaks against giving figures of a period away: that its reference day is not over yet."""
    day = reference_day(last)
    if day < today:
        return []
    return [
        Reason(
            N_(
                "Zur Weitergabe gibt es diesen Zeitraum erst nach seinem Stichtag, dem {day}: Vorher kommen noch Einträge hinzu."
            ),
            field="last",
            day=day.strftime("%d.%m.%Y"),
        )
    ]


def last_settled_year(today: dt.date) -> int:
    """The newest year of which figures may leave the office."""
    year = today.year - 1
    return year if not settled_reasons(dt.date(year, 12, 31), today) else year - 1


def known_on_reasons(known_on: dt.date | None, today: dt.date, *, fixed: dt.date | None = None) -> list[Reason]:
    """What speaks against asking what was known at the end of this day. `fixed`: the only day there is to ask about."""
    if known_on is None:
        return []
    if fixed is not None and known_on != fixed:
        text = N_("Zur Weitergabe gilt für diesen Zeitraum immer der Stichtag {day}.")
        return [Reason(text, field="as_of", day=fixed.strftime("%d.%m.%Y"))]
    if known_on >= today:
        return [
            Reason(
                N_("Ein Stichtag ist ein Tag, der vorbei ist. Ohne Stichtag gilt, was jetzt bekannt ist."),
                field="as_of",
            )
        ]
    return []


def origin_reasons(question: Question) -> list[Reason]:
    """What speaks against giving away where people come from: below a programme's year it could be said of single people."""
    if not OF_ORIGIN.intersection(question.dimensions):
        return []
    narrower = (
        question.municipality_id,
        question.quarter_id,
        question.course_id,
        question.funding_profile_id,
        question.language,
        question.feature,
        question.leader_language,
    )
    together = (
        set(question.dimensions) - OF_ORIGIN <= {Dimension.PROGRAMME}
        and len(OF_ORIGIN.intersection(question.dimensions)) == 1
    )
    whole_years = (question.first.month, question.last.month) == (1, 12)
    if together and whole_years and narrower == (None,) * len(narrower):
        return []
    return [
        Reason(
            N_(
                "Staatsangehörigkeit und Familiensprache gibt es zur Weitergabe nur für ganze Jahre und den ganzen Kreis, allein oder nach Programm."
            ),
            field="by",
        )
    ]


def rate(attended: int, enrolled: int) -> Fraction | None:
    """Attended part of what was offered (person-minutes, enrolments) in percent; None where nothing was offered."""
    return Fraction(attended * 100, enrolled) if enrolled else None


def rounded(count: int) -> int | Hidden:
    """A count of people for disclosure: the nearest multiple of 5. None, one and two look alike: that nobody of a town was
    there says something of everybody of that town."""
    nearest = (count + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO
    return nearest or SECRET


def disclosed_share(part: int, whole: int) -> Fraction | Hidden:
    """What part of the people it was in whole percent, as it may leave the office: of 20 and more, and worked out from the
    rounded counts. From exact ones, 5 % of about twenty would tell of the one person that `rounded` hides."""
    shown, of = rounded(part), rounded(whole)
    if whole < FEWEST_FOR_RATES or isinstance(shown, Hidden) or isinstance(of, Hidden):
        return SECRET
    return Fraction(round(Fraction(shown * 100, of)))


def disclosed(figures: Mapping[str, FIGURE], *, has_families: bool = True) -> dict[str, FIGURE | Hidden]:
    """The figures of one row as they may leave the office: no cell names a person.

    Every count of people is rounded by itself, totals too. Attendances, minutes and rates are shown of 20 people and more,
    or where no meeting was held at all. Zero is shown only where nothing else was possible: no families where none are asked.
    """
    shown: dict[str, FIGURE | Hidden] = {}
    for key, value in figures.items():
        measure = MEASURE[key]
        if measure.kind is MeasureKind.EVENTS:
            shown[key] = value
        elif key in OF_FAMILIES and not has_families:
            shown[key] = 0
        elif measure.kind is MeasureKind.PEOPLE:
            shown[key] = rounded(int(value or 0))
        elif int(figures.get(measure.of) or 0) < FEWEST_FOR_RATES:
            shown[key] = SECRET
        elif value is None:
            shown[key] = None
        elif measure.kind is MeasureKind.ATTENDANCES:
            shown[key] = rounded(int(value))
        elif measure.kind is MeasureKind.MINUTES:
            shown[key] = round(int(value), -2)
        elif key == "regular_rate":
            shown[key] = disclosed_share(
                int(figures["attended_regularly"] or 0), int(figures["enrolments_judged"] or 0)
            )
        else:
            shown[key] = Fraction(round(value))
    return shown


def defused(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula: an apostrophe before what could start one.

    A text that already begins with an apostrophe gets one more, so that taking one away gives every original back.
    """
    if text[:1].isalnum():  # most are; it spares looking closer
        return text
    if text[:1] in FORMULA_STARTS or text[:1] == "'" or text.lstrip(NOT_SEEN)[:1] in FORMULA_STARTS:
        return f"'{text}"
    return text
