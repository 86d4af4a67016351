"""Days and moments of the demo: weekly meetings, holidays, instants. No clock: every day is handed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from clock import BERLIN

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
DAY = dt.timedelta(days=1)
HOLIDAYS = frozenset({(5, 1), (10, 3)})
CHRISTMAS, EPIPHANY = (12, 23), (1, 6)  # nothing meets between the two

# Hessian school holidays of the report's time, first and last day; the report does not name them (Annahme).
SCHOOL_HOLIDAYS = (
    (dt.date(2003, 4, 7), dt.date(2003, 4, 21)),
    (dt.date(2003, 7, 21), dt.date(2003, 8, 29)),
    (dt.date(2003, 10, 20), dt.date(2003, 10, 31)),
    (dt.date(2003, 12, 22), dt.date(2004, 1, 10)),
    (dt.date(2004, 4, 5), dt.date(2004, 4, 17)),
)


def instant(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """The moment at which the clock in the county shows this time."""
    return dt.datetime.combine(day, dt.time(hour, minute), BERLIN).astimezone(dt.UTC)


def after(day: dt.date, end: dt.time, minutes: int) -> dt.datetime:
    """The moment some minutes after a wall-clock time."""
    return dt.datetime.combine(day, end, BERLIN).astimezone(dt.UTC) + dt.timedelta(minutes=minutes)


def years_before(day: dt.date, years: int) -> dt.date:
    """The same day some years earlier; 28 February for a 29th that was not."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year - years, day=last)


def months_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month some months earlier."""
    index = day.year * 12 + day.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, 1)


def days(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    """Every day from first to last."""
    return (first + DAY * n for n in range((last - first).days + 1))


def weekly(first: dt.date, last: dt.date, weekdays: tuple[int, ...], *, pauses: bool = False) -> list[dt.date]:
    """The dates of some weekdays, fixed holidays and the weeks of Christmas left out, and with `pauses` the school holidays of 2003/04 too."""
    return [
        day
        for day in days(first, last)
        if day.weekday() in weekdays
        and not _is_off((day.month, day.day))
        and not (pauses and any(begin <= day <= end for begin, end in SCHOOL_HOLIDAYS))
    ]


def _is_off(day: tuple[int, int]) -> bool:
    return day in HOLIDAYS or day >= CHRISTMAS or day <= EPIPHANY


def around(today: dt.date, weekdays: tuple[int, ...], before: int, after_today: int) -> list[dt.date]:
    """`before` meetings up to yesterday, one today whatever the day is, and `after_today` from tomorrow on."""
    margin = dt.timedelta(weeks=before + after_today + 6)
    past = weekly(today - margin, today - DAY, weekdays)[-before:] if before else []
    future = weekly(today + DAY, today + margin, weekdays)[:after_today]
    return [*past, today, *future]


def two_weekdays(today: dt.date) -> tuple[int, int]:
    """Two weekdays, one of them today's; from Monday to Friday, and when today is a weekend, Tuesday and Thursday."""
    weekday = today.weekday()
    return (weekday, (weekday + 2) % 5) if weekday < SATURDAY else (TUESDAY, THURSDAY)
