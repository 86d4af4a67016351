"""Makes the preview of a list: what each row would add, what is wrong with it, and whom it is like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from auth.guard import Viewer
from programmes.catalogue import queries as catalogue
from programmes.enrolment import queries
from programmes.enrolment.lists.rules import Column, Line, Row, is_there, told
from programmes.participants import queries as people_queries
from programmes.participants.forms import PersonForm
from programmes.participants.models import Person
from programmes.participants.queries import AT_ONCE
from programmes.participants.rules import Crowd, KnownPerson, Sex, immigration_reasons, keys_of, person_reasons


def preview(viewer: Viewer, rows: Sequence[Row], columns: Mapping[int, Column]) -> tuple[list[Line], dict[int, Person]]:
    """Every row, and the people of the viewer's scope who are named in them. Nobody beyond the scope is looked for: a list would ask
    for thousands at once."""
    lines = _read(viewer, rows, columns)
    likely = _likely(viewer, lines)
    numbers = sorted({number for found in likely.values() for number in found if number > 0})
    portions = [numbers[first : first + AT_ONCE] for first in range(0, len(numbers), AT_ONCE)]
    people = {one.id: one for portion in portions for one in queries.people_by_id(viewer, portion)}
    there = {
        line.number
        for line in lines
        if any(number in people and is_there(line.facts, people[number]) for number in likely.get(line.number, ()))
    }
    return [_judged(line, likely.get(line.number, []), people, there) for line in lines], people


def _judged(line: Line, likely: Sequence[int], people: Mapping[int, Person], there: Iterable[int]) -> Line:
    return Line(
        line.number, line.facts, line.wrong, line.number in there,
        [number for number in likely if number in people], [-number for number in likely if number < 0 and -number not in there],
    )  # fmt: skip


def _read(viewer: Viewer, rows: Sequence[Row], columns: Mapping[int, Column]) -> list[Line]:
    """Each row as if somebody had typed it into the form on a person."""
    form: Any = PersonForm(MultiDict(), meta={"csrf": False})
    towns = catalogue.municipalities()
    form.offer(towns, [])
    number_of = {town.name.casefold(): str(town.id) for town in towns}
    sexes = {str(sex): str(sex) for sex in Sex}
    lines = []
    for number, cells in rows:
        said = told(columns, cells)
        unknown = []
        for column, known in ((Column.TOWN, number_of), (Column.SEX, sexes)):
            word = said.pop(column, "")
            if word.casefold() in known:
                said[column] = known[word.casefold()]
            elif word:
                unknown.append((gettext(column.label), gettext("Das kennt Kursbuch nicht: %(word)s", word=word)))
        form.process(MultiDict({str(column): text for column, text in said.items()}))
        form.validate()
        facts = form.facts()
        form.refuse(person_reasons(facts.birth_date, viewer.today))
        form.refuse(immigration_reasons(facts.immigrated_in, facts.birth_date, viewer.today))
        wrong = unknown + [(str(field.label.text), str(error)) for field in form for error in field.errors]
        lines.append(Line(number, facts, wrong))
    return lines


def _likely(viewer: Viewer, lines: Sequence[Line]) -> dict[int, list[int]]:
    """For each row that is right the people it may be, likeliest first; earlier rows have their number below zero."""
    fine = [line for line in lines if not line.wrong]
    keys = {line.number: keys_of(line.facts) for line in fine}
    days = {line.facts.birth_date for line in fine if line.facts.birth_date}
    crowd = Crowd(people_queries.alike(viewer, [key for some in keys.values() for key in some], days))
    likely = {}
    for line in fine:
        mine, born = keys[line.number], line.facts.birth_date
        likely[line.number] = [number for number, _ in crowd.likely(mine, born)]
        crowd.add(KnownPerson(-line.number, mine, born))
    return likely
