"""Asks the library `holidays` which days are free in Hessen."""

from __future__ import annotations

import datetime as dt
from functools import cache

from holidays import country_holidays

from programmes.catalogue.calendar.rules import SchoolHoliday, runs

COUNTRY, STATE, LANGUAGE = "DE", "HE", "de"
YEARS_AHEAD = 3  # for which the library is asked for school holidays


def public_holidays(first: dt.date, last: dt.date) -> dict[dt.date, str]:
    """Hessen's public holidays from a first to a last day, by name."""
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in _of_year(year).items()
        if first <= day <= last
    }


@cache
def _of_year(year: int) -> dict[dt.date, str]:
    return dict(country_holidays(COUNTRY, subdiv=STATE, language=LANGUAGE, years=year))


def school_holidays(year: int) -> list[SchoolHoliday]:
    """Hessen's school holidays from a year on, as far as the library knows them: to be looked through, not to be believed."""
    years = range(year, year + YEARS_AHEAD + 1)
    known = country_holidays(COUNTRY, subdiv=STATE, language=LANGUAGE, years=years, categories=("school",))
    return runs(known.items())
