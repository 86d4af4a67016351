"""Decides about days: those on which no course meets (school holidays as lines of text), the weeks of a month, and what an
event of a calendar says."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from programmes.catalogue.rules import Change
from wording import N_, Reason

LONGEST_NAME = 80
LONGEST_HOLIDAYS = dt.timedelta(days=100)  # longer ones are a slip of the keyboard
MOST_HOLIDAYS = 400  # rows: sixty school years
SECRET_BYTES = 24  # 192 random bits
TELLS = frozenset(
    {Change.STATUS, Change.DATE, Change.STARTS_AT, Change.ENDS_AT, Change.TOPIC, Change.MODULE, Change.REPLACEMENT}
)  # changes of a meeting that its event shows: each raises SEQUENCE (RFC 5545, 3.8.7.4)


@dataclass(frozen=True, order=True)
class SchoolHoliday:
    """Days without school, first and last included."""

    first_day: dt.date
    last_day: dt.date
    name: str


def read_day(text: str) -> dt.date | None:
    """`22.11.2026` or `2026-11-22` as a day; None when it is none."""
    for pattern in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            return dt.datetime.strptime(text.strip(), pattern).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    return None


def read_holidays(text: str, field: str = "text") -> tuple[list[SchoolHoliday], list[Reason]]:
    """The holidays that the lines of a table say (name, first day, last day), in order and each once; and what is wrong with it.

    Separated by semicolons, tabs or commas, as spreadsheets write and paste them; a heading may stand above. `field` is
    the one of the form that the table came by.
    """
    lines = [line for line in text.splitlines() if line.strip(" ;,\t")]
    found, reasons = set[SchoolHoliday](), list[Reason]()
    for number, line in enumerate(lines, start=1):
        cells = _cells(line)
        days = [read_day(cell) for cell in cells[1:3]]
        if number == 1 and len(cells) == 3 and not any(re.search(r"\d", cell) for cell in cells):
            continue
        if len(cells) != 3 or not 0 < len(cells[0]) <= LONGEST_NAME or days[0] is None or days[1] is None:
            reasons.append(
                Reason(
                    N_("Zeile {number}: Erwartet wird zum Beispiel „Herbstferien;05.10.2026;17.10.2026“."),
                    field=field,
                    number=number,
                )
            )
        elif not dt.timedelta() <= days[1] - days[0] <= LONGEST_HOLIDAYS:
            reasons.append(
                Reason(
                    N_("Zeile {number}: Der letzte Tag liegt vor dem ersten, oder mehr als {most} Tage danach."),
                    field=field,
                    number=number,
                    most=LONGEST_HOLIDAYS.days,
                )
            )
        else:
            found.add(SchoolHoliday(days[0], days[1], cells[0]))
    if len(found) > MOST_HOLIDAYS:
        reasons.append(Reason(N_("Das sind mehr als {most} Zeilen."), field=field, most=MOST_HOLIDAYS))
    return sorted(found), reasons


def _cells(line: str) -> list[str]:
    separator = next((sign for sign in ";\t," if sign in line), ";")
    return [cell.strip().strip('"').strip() for cell in line.split(separator)]


def as_lines(holidays: Iterable[SchoolHoliday]) -> str:
    """Holidays as lines that `read_holidays` understands."""
    return "\n".join(f"{one.name};{one.first_day:%d.%m.%Y};{one.last_day:%d.%m.%Y}" for one in sorted(set(holidays)))


def runs(named: Iterable[tuple[dt.date, str]]) -> list[SchoolHoliday]:
    """Single days without school as stretches: days of one name that follow one another."""
    found: list[SchoolHoliday] = []
    for day, name in sorted(named):
        if found and found[-1].name == name and day - found[-1].last_day == dt.timedelta(days=1):
            found[-1] = SchoolHoliday(found[-1].first_day, day, name)
        else:
            found.append(SchoolHoliday(day, day, name))
    return found


def days_of(holidays: Sequence[SchoolHoliday]) -> dict[dt.date, str]:
    """Every day without school, by name."""
    return {
        one.first_day + dt.timedelta(days=number): one.name
        for one in holidays
        for number in range((one.last_day - one.first_day).days + 1)
    }


def weeks_of(month: dt.date) -> list[list[dt.date | None]]:
    """The weeks of the month that begins on this day, Monday to Sunday; None for a day of the month before or after."""
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return [[day if day.month == month.month else None for day in week] for week in weeks]


def last_day_of(month: dt.date) -> dt.date:
    """The last day of a month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def months_around(month: dt.date, first_year: int, last_year: int) -> tuple[dt.date | None, dt.date | None]:
    """The month before and the month after, if they lie in these years."""
    before, after = (month - dt.timedelta(days=1)).replace(day=1), last_day_of(month) + dt.timedelta(days=1)
    return (before if before.year >= first_year else None, after if after.year <= last_year else None)


def new_secret() -> str:
    """What makes the address of a calendar secret; nothing derived."""
    return secrets.token_urlsafe(SECRET_BYTES)


def event_id(meeting_id: int, host: str) -> str:
    """The UID of a meeting's event: the same for ever, and of this office only."""
    return f"meeting-{meeting_id}@{host}"
