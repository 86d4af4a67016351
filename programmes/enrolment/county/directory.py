"""Gathers the printed list of courses: what anybody in the county could join, in German, as the people who read it are told."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from paper.german import WEEKDAYS, day
from programmes.catalogue.models import Course
from programmes.catalogue.rules import Span
from programmes.enrolment.county.queries import Listed

MOST_SINGLE_DAYS = 4  # that are named one by one
NOT_SAID = (None, "", "–", "nicht angegeben")  # how the report of 2004 leaves something open
Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Entry:
    """A course: its first and last day, what is said of its places, and what there is to know, each with its name."""

    title: str
    days: Sequence[str]
    places: str
    facts: Facts


@dataclass(frozen=True)
class Chapter:
    """The courses in a town, by programme."""

    town: str
    programmes: Sequence[tuple[str, Sequence[Entry]]]

    @property
    def entries(self) -> int:
        """How many courses there are."""
        return sum(len(entries) for _, entries in self.programmes)


@dataclass(frozen=True)
class DirectoryFacts:
    """Everything that the list says. `period` is what was asked for in words; `created` an instant."""

    period: str
    chapters: Sequence[Chapter]
    contact: str
    demo: bool
    created: dt.datetime

    @property
    def entries(self) -> int:
        """How many courses there are."""
        return sum(chapter.entries for chapter in self.chapters)


def facts(
    found: Sequence[Listed], first: dt.date | None, last: dt.date | None, *, mail: str, demo: bool, created: dt.datetime
) -> DirectoryFacts:
    """The list of these courses, which are in order. `mail` is the address of the office, if it has one."""
    office = "Integrationsbüro des Kreises Offenbach, Kreishaus Dietzenbach"
    return DirectoryFacts(
        _period(first, last),
        [
            Chapter(
                town,
                [
                    (programme, [_entry(one) for one in those])
                    for programme, those in groupby(here, key=lambda one: one.course.programme.short_title)
                ],
            )
            for town, here in groupby(found, key=lambda one: one.course.municipality.name)
        ],
        ", ".join(filter(None, (office, mail))),
        demo,
        created,
    )


def _period(first: dt.date | None, last: dt.date | None) -> str:
    if first and last:
        return f"vom {day(first)} bis {day(last)}"
    if first:
        return f"ab {day(first)}"
    return f"bis {day(last)}" if last else "laufende und geplante Kurse"


def _entry(one: Listed) -> Entry:
    course = one.course
    quarter = [course.quarter.name] if course.quarter and course.quarter.name not in course.venue else []
    told = [
        ("Wann", times_of(one.spans)),
        ("Wo", ", ".join([course.venue, *quarter])),
        ("Sprache", course.language),
        ("Für wen", for_whom(course)),
        ("Kursnummer", course.number),
    ]
    if course.starts_on == course.ends_on:
        days = [f"am {course.starts_on:%d.%m.%Y}"]
    else:
        days = [f"ab {course.starts_on:%d.%m.%Y}", f"bis {course.ends_on:%d.%m.%Y}"]
    return Entry(course.title, days, one.standing.label, [(name, text) for name, text in told if text])


def times_of(spans: Iterable[Span]) -> str:
    """When a course meets: "Montag und Freitag, 9:00–12:15 Uhr; 12 Termine"; a few single days by their dates.

    A weekday on which it meets at the same time twice or more is its rhythm; what is besides is only counted.
    """
    found = sorted(spans, key=lambda span: (span.date, span.starts_at))
    if not found:
        return "Termine stehen noch nicht fest"
    if block := _block(found):
        return block
    if len(found) <= MOST_SINGLE_DAYS:
        return "; ".join(
            f"{WEEKDAYS[one.date.weekday()]}, {one.date:%d.%m.%Y}, {_hours(one.starts_at, one.ends_at)} Uhr"
            for one in found
        )
    often = Counter((one.starts_at, one.ends_at, one.date.weekday()) for one in found)
    by_hours, by_weekdays = dict[str, list[int]](), dict[tuple[int, ...], list[str]]()
    for starts_at, ends_at, weekday in sorted(slot for slot, times in often.items() if times > 1):
        by_hours.setdefault(_hours(starts_at, ends_at), []).append(weekday)
    for text, weekdays in by_hours.items():
        by_weekdays.setdefault(tuple(weekdays), []).append(text)
    if not by_weekdays:
        return f"{len(found)} Termine an einzelnen Tagen"
    lines = [f"{_weekdays(weekdays)}, {' und '.join(texts)} Uhr" for weekdays, texts in sorted(by_weekdays.items())]
    besides = sum(times for times in often.values() if times == 1)
    other = f", davon {'einer' if besides == 1 else besides} zu anderer Zeit" if besides else ""
    return f"{'; '.join(lines)}; {len(found)} Termine{other}"


def _block(found: Sequence[Span]) -> str | None:
    """Three days or more at a stretch, always at the same time: a week of training leave."""
    follow = all(two.date - one.date == dt.timedelta(days=1) for one, two in pairwise(found))
    if len(found) < 3 or not follow or len({(one.starts_at, one.ends_at) for one in found}) > 1:
        return None
    return f"{WEEKDAYS[found[0].date.weekday()]} bis {WEEKDAYS[found[-1].date.weekday()]}, {_hours(found[0].starts_at, found[0].ends_at)} Uhr"


def _hours(starts_at: dt.time, ends_at: dt.time) -> str:
    return f"{starts_at.hour}:{starts_at:%M}–{ends_at.hour}:{ends_at:%M}"


def _weekdays(numbers: Sequence[int]) -> str:
    names = [WEEKDAYS[number] for number in numbers]
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{names[0]} bis {names[-1]}"
    return " und ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def for_whom(course: Course) -> str:
    """Whom a course is for: the target group of its programme in the report's words, and the conditions of its places."""
    programme = course.programme
    months = (programme.child_from_months, programme.child_until_months)
    parts = [
        _target(programme.reported.get("target"))
        or (_target(programme.parent.reported.get("target")) if programme.parent else None),
        "nur Frauen" if programme.women_only else None,
        "Kinder von {} bis {} Monaten".format(*months) if programme.is_family and months[0] is not None else None,
        f"nur Menschen aus {course.municipality.name}" if programme.residents_only else None,
        f"nach „{programme.after_programme.short_title}“" if programme.after_programme else None,
    ]
    return "; ".join(filter(None, parts))


def _target(said: str | None) -> str | None:
    return None if said in NOT_SAID or (said or "").startswith("wie ") else said
