"""Asks the library `holidays` which days are free in Hessen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache

from holidays import country_holidays

from programmes.catalogue.calendar.rules import SchoolHoliday, runs

COUNTRY, STATE, LANGUAGE = "DE", "HE", "de"


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


def school_holidays(years: Iterable[int]) -> list[SchoolHoliday]:
    """Hessen's school holidays as far as the library knows them: to be looked through, not to be believed."""
    known = country_holidays(COUNTRY, subdiv=STATE, language=LANGUAGE, years=years, categories=("school",))
    return runs(known.items())
