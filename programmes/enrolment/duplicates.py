"""Finds who may be the person just described: people of the viewer's scope, and whether others in the county know them."""

from __future__ import annotations

from dataclasses import dataclass

from auth.guard import Viewer
from programmes.enrolment import queries
from programmes.participants import queries as people_queries
from programmes.participants.models import Person
from programmes.participants.rules import PersonFacts, exactly_alike, keys_of, likely_duplicates

MOST_SHOWN = 10
MOST_LOOKED_AT = 500  # the likeliest of the county, to see which of them the viewer may know
ELSEWHERE = "elsewhere"  # stands for the one whom others know, who has no number here


@dataclass(frozen=True)
class Alike:
    """People of the scope who may be the same, likeliest first; and whether somebody beyond it is, of whom no more is said."""

    people: list[Person]
    elsewhere: bool = False

    @property
    def numbers(self) -> frozenset[str]:
        """What somebody has to say about all of them: that they are others."""
        return frozenset([*(str(one.id) for one in self.people), *([ELSEWHERE] if self.elsewhere else [])])


def alike(viewer: Viewer, facts: PersonFacts, *, beyond: bool) -> Alike:
    """Who may be this person; `beyond` the scope only if that is asked, and then only by name and day of birth."""
    keys = keys_of(facts)
    if not any(keys):
        return Alike([])
    known = people_queries.alike(viewer, keys, [facts.birth_date] if facts.birth_date else [])
    likely = [person_id for person_id, _ in likely_duplicates(keys, facts.birth_date, known)]
    people = queries.people_by_id(viewer, likely[:MOST_LOOKED_AT])
    foreign = exactly_alike(facts, known) - {one.id for one in people} if beyond else set()
    return Alike(people[:MOST_SHOWN], bool(foreign))
