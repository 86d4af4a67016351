"""The courses around today, as pure plans: which, where, when. Whatever the day, the demo leaders have a meeting on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from demo import clockwork
from demo.clockwork import DAY

WEEK = dt.timedelta(weeks=1)
MORNING, EVENING, GROUP = "08:45–12:00", "17:30–19:45", "09:30–11:30"
PAUSE = {MORNING: 15, EVENING: 0, GROUP: 0}
SEMINARS = ""  # two modules a day, each with hours of its own

SMALL_TOWNS = (
    ("Egelsbach", "EGE", 2), ("Mainhausen", "MAI", 1), ("Hainburg", "HAI", 2), ("Seligenstadt", "SEL", 1),
    ("Heusenstamm", "HEU", 2), ("Obertshausen", "OBE", 3),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """One course around today. `hours` "" stands for one-day seminars with two modules each."""

    key: str
    prefix: str
    code: str
    title: str
    programme: str
    town: str
    venue: str
    language: str
    places: int
    dates: tuple[dt.date, ...]
    hours: str
    leaders: tuple[str, ...]
    quarter: str | None = None

    @property
    def number(self) -> str:
        """Kind, year of the first meeting, place."""
        return f"{self.prefix}-{self.dates[0].year}-{self.code}"

    @property
    def coordinator(self) -> str:
        """Who coordinates the programme."""
        return {"RA": "koordination-ra", "MKG": "koordination-mkg", "IL": "koordination-il"}.get(
            self.prefix, "koordination-kreis"
        )


def plans(today: dt.date) -> dict[str, Plan]:
    """All courses of today's office by key."""
    return {plan.key: plan for plan in (*_running(today), *_finished(today), *_planned(today))}


def number_of(course: str, today: dt.date) -> str:
    """The number of a course, given its number or the key of its plan."""
    found = plans(today).get(course)
    return found.number if found else course


def _seminars(first: dt.date, count: int = 4) -> tuple[dt.date, ...]:
    return tuple(first + WEEK * n for n in range(count))


def _saturdays(first: dt.date, count: int = 4) -> tuple[dt.date, ...]:
    return tuple(clockwork.weekly(first, first + WEEK * (count + 4), (clockwork.SATURDAY,))[:count])


def _until(last: dt.date, count: int) -> tuple[dt.date, ...]:
    """`count` meetings on two weekdays, the last one on or shortly before a day."""
    weekdays = clockwork.two_weekdays(last)
    return tuple(clockwork.weekly(last - WEEK * (count // 2 + 5), last, weekdays)[-count:])


def _from(first: dt.date, count: int, weekdays: tuple[int, int]) -> tuple[dt.date, ...]:
    return tuple(clockwork.weekly(first, first + WEEK * (count // 2 + 5), weekdays)[:count])


def _not_on(today: dt.date, before: int, after: int) -> tuple[dt.date, ...]:
    """So many meetings before and after a day, on two weekdays of the week that are not its own."""
    weekdays = tuple(
        day for day in (clockwork.TUESDAY, clockwork.WEDNESDAY, clockwork.FRIDAY) if day != today.weekday()
    )[:2]
    margin = WEEK * (before + after + 6)
    past, future = (clockwork.weekly(*days, weekdays) for days in ((today - margin, today), (today, today + margin)))
    return (*past[-before:], *future[:after])


def _running(today: dt.date) -> tuple[Plan, ...]:
    weekdays = clockwork.two_weekdays(today)
    return (
        Plan("ra", "RA", "DZB", "Orientierungskurs „Soziale Orientierung“ (Arabisch)", "P01a", "Dietzenbach",
             "Bürgerhaus Dietzenbach, Raum 2", "Arabisch", 16, tuple(clockwork.around(today, weekdays, 6, 3)), MORNING,
             ("leitung-ra",)),
        Plan("ra-langen", "RA", "LAN", "Orientierungskurs „Soziale Orientierung“ (Ukrainisch)", "P01a", "Langen (Hessen)",
             "Stadthalle Langen, Clubraum", "Ukrainisch", 14, tuple(clockwork.around(today, weekdays, 4, 6)), MORNING,
             ("koordination-roedermark",)),
        Plan("sprache", "RA", "DZB-S", "Sprachkurs für Alltag und Arbeit", "P01b", "Dietzenbach", "Bürgerhaus Dietzenbach, Raum 4",
             "Deutsch", 16, tuple(clockwork.around(today, weekdays, 8, 12)), EVENING, ("leitung-sprache",)),
        Plan("mkg", "MKG", "SPR", "Mutter-Kind-Gruppe Sprendlinger Norden", "P02a", "Dreieich",
             "Nachbarschaftstreff Sprendlinger Norden", "Deutsch", 10, tuple(clockwork.around(today, weekdays, 18, 14)), GROUP,
             ("leitung-mkg-1", "leitung-mkg-2"), "Sprendlinger Norden"),
        Plan("mkg-dzb", "MKG", "DZB", "Bunter Spielkreis Spessartviertel", "P02b", "Dietzenbach",
             "Wohnung im Spessartviertel", "Deutsch", 9, tuple(clockwork.around(today, weekdays, 10, 20)), GROUP,
             ("leitung-dietzenbach",), "Spessartviertel"),
        Plan("il", "IL", "DZB", "Qualifizierung zur Integrationslotsin", "P03", "Dietzenbach", "Wohnung im Spessartviertel",
             "Deutsch", 14, _seminars(today - 2 * WEEK), SEMINARS, ("leitung-il",), "Spessartviertel"),
        Plan("il-rodgau", "IL", "ROD", "Qualifizierung zur Integrationslotsin", "P03", "Rodgau", "Sozialzentrum Rodgau, Saal",
             "Deutsch", 12, _seminars(today - WEEK), SEMINARS, ("leitung-rodgau",)),
        Plan("ra-dreieich", "RA", "SPR", "Orientierungskurs „Soziale Orientierung“ (Türkisch)", "P01a", "Dreieich",
             "Bürgerhaus Sprendlingen, Clubraum", "Türkisch", 14, tuple(clockwork.around(today, weekdays, 2, 7)), MORNING,
             ("leitung-sprache",), "Sprendlingen"),
        Plan("frauen", "DB", "DZB", "Deutschkurs mit Bewerbungstraining und EDV-Kurs für Frauen", "LOS10", "Dietzenbach",
             "Wohnung im Spessartviertel", "Deutsch", 14, _not_on(today, 7, 9), MORNING, ("leitung-sprache",),
             "Spessartviertel"),
    )  # fmt: skip


def _finished(today: dt.date) -> tuple[Plan, ...]:
    issued = Plan(
        "ra-issued", "RA", "NIS", "Orientierungskurs „Soziale Orientierung“ (Türkisch)", "P01a", "Neu-Isenburg",
        "Haus der Vereine Neu-Isenburg", "Türkisch", 14, _until(today - 5 * WEEK, 10), MORNING, ("leitung-ra",),
    )  # fmt: skip
    ready = Plan(
        "ra-ready", "RA", "MUE", "Orientierungskurs „Soziale Orientierung“ (Dari)", "P01a", "Mühlheim am Main",
        "Kulturhalle Mühlheim, Seminarraum", "Dari", 14, _until(today - 6 * DAY, 10), MORNING, ("leitung-ra",),
    )  # fmt: skip
    not_closed = Plan(
        "ra-open", "RA", "ROE", "Orientierungskurs „Soziale Orientierung“ (Rumänisch)", "P01a", "Rödermark",
        "Rathaus Ober-Roden, Sitzungszimmer", "Rumänisch", 12, _until(today - 3 * DAY, 10), MORNING, ("leitung-sprache",),
    )  # fmt: skip
    guides = Plan(
        "il-issued", "IL", "ROE", "Qualifizierung zur Integrationslotsin", "P03", "Rödermark", "Halle Urberach, Mehrzweckraum",
        "Deutsch", 14, _saturdays(today - 13 * WEEK), SEMINARS, ("leitung-il",),
    )  # fmt: skip
    half = Plan(
        "il-half", "IL", "NIS", "Qualifizierung zur Integrationslotsin", "P03", "Neu-Isenburg", "Haus der Vereine Neu-Isenburg",
        "Deutsch", 12, _saturdays(today - 7 * WEEK), SEMINARS, ("leitung-il",),
    )  # fmt: skip
    group = Plan(
        "mkg-issued", "MKG", "LAN", "Mutter-Kind-Gruppe Langen", "P02", "Langen (Hessen)", "Mütterzentrum Langen", "Deutsch", 8,
        _until(today - 8 * WEEK, 20), GROUP, ("leitung-dietzenbach",),
    )  # fmt: skip
    small = (
        Plan(f"small-{code}", "RA", f"{code}-S", "Sprachkurs in kleiner Gruppe", "P01b", town, f"Rathaus {town}", "Deutsch", 4,
             _until(today - (3 + n) * WEEK, 5), EVENING, ("leitung-sprache",))
        for n, (town, code, _) in enumerate(SMALL_TOWNS)
    )  # fmt: skip
    return issued, ready, not_closed, guides, half, group, *small


def _planned(today: dt.date) -> tuple[Plan, ...]:
    return (
        Plan("ra-planned", "RA", "ROD", "Orientierungskurs „Soziale Orientierung“ (Ukrainisch)", "P01a", "Rodgau",
             "Bürgerhaus Nieder-Roden", "Ukrainisch", 16, _from(today + 3 * WEEK, 10, (0, 4)), MORNING, ("leitung-ra",)),
        Plan("mkg-planned", "MKG", "NIS", "Mutter-Kind-Gruppe Neu-Isenburg", "P02", "Neu-Isenburg",
             "Stadtteilzentrum Neu-Isenburg", "Deutsch", 10, _from(today + 2 * WEEK, 30, (1, 3)), GROUP,
             ("leitung-dietzenbach",)),
        Plan("il-planned", "IL", "MUE", "Qualifizierung zur Integrationslotsin", "P03", "Mühlheim am Main",
             "Kulturhalle Mühlheim, Seminarraum", "Deutsch", 12, _saturdays(today + 5 * WEEK), SEMINARS, ("leitung-il",)),
        Plan("ra-cancelled", "RA", "SEL", "Orientierungskurs „Soziale Orientierung“ (Polnisch)", "P01a", "Seligenstadt",
             "Riesensaal Seligenstadt, Nebenraum", "Polnisch", 12, _from(today + 2 * WEEK, 10, (1, 3)), MORNING,
             ("leitung-sprache",)),
    )  # fmt: skip
