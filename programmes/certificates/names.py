"""So steht es auf dem Papier: whose name is to be checked with the person, on a page and on a sheet to print (domain.md D7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from auth.guard import Viewer
from database import db
from paper.archive import About, Element
from paper.fonts import Cut
from paper.page import MM, Align, Paper
from paper.text import fit, shape
from programmes.catalogue.models import Course
from programmes.catalogue.queries import coordinates, leads
from programmes.certificates.facts import native_name
from programmes.certificates.models import NameCheck
from programmes.certificates.queries import ON_THE_PAGE, name_as_printed
from programmes.enrolment.models import Enrolment
from programmes.participants.models import Person

LEFT, RIGHT, TOP, BOTTOM = 20 * MM, 190 * MM, 46 * MM, 275 * MM
ROW = 17 * MM


@dataclass(frozen=True)
class Named:
    """One person of the list. `printed` is what is compared when somebody ticks it."""

    enrolment_id: int
    person_id: int
    number: int
    name: str
    native_name: str | None
    printed: str
    is_checked: bool


def _seen_by(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.or_(coordinates(viewer), leads(viewer))


def enrolment(viewer: Viewer, enrolment_id: int) -> Enrolment:
    """A place in a course that the viewer coordinates or leads. Raises NoResultFound."""
    return db.session.scalars(
        sa.select(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.id == enrolment_id, Enrolment.status.in_(ON_THE_PAGE), _seen_by(viewer))
        .options(orm.joinedload(Enrolment.person, innerjoin=True))
        .execution_options(viewer=viewer)
    ).one()


def people(viewer: Viewer, course_id: int) -> tuple[Course, Sequence[Named]]:
    """The course and everybody who had a place, in the order of the roster; names only. Two queries. Raises NoResultFound."""
    course = db.session.scalars(sa.select(Course).where(Course.id == course_id, _seen_by(viewer))).one()
    rows = db.session.execute(
        sa.select(Enrolment, NameCheck.name)
        .outerjoin(NameCheck, NameCheck.enrolment_id == Enrolment.id)
        .where(Enrolment.course_id == course_id, Enrolment.status.in_(ON_THE_PAGE), Enrolment.entry_date.is_not(None))
        .join(Person, Person.id == Enrolment.person_id)
        .order_by(Enrolment.entry_date, Person.sort_key, Enrolment.id)
        .options(orm.joinedload(Enrolment.person, innerjoin=True))
        .execution_options(viewer=viewer)
    ).all()
    found = []
    for number, (place, checked) in enumerate(rows, 1):
        printed = name_as_printed(place.person)
        found.append(
            Named(
                place.id,
                place.person_id,
                number,
                place.person.name,
                native_name(place.person),
                printed,
                checked == printed,
            )
        )
    return course, found


def sheet(course: Course, named: Sequence[Named], now: dt.datetime, *, demo: bool) -> bytes:
    """The list to print: a row a person, large, with a box to tick and room to correct."""
    title = f"So steht es auf dem Papier – {course.number}"
    paper = Paper(About(title, "Kreis Offenbach · Integrationsbüro", "de-DE", now))
    per_page = int((BOTTOM - TOP) / ROW)
    pages = max(1, -(-len(named) // per_page))
    for page in range(pages):
        if page:
            paper.new_page()
        paper.line("H1" if not page else "P", LEFT, 24 * MM, "So steht es auf dem Papier – stimmt das?", 20, Cut.BOLD)
        paper.line("P", LEFT, 32 * MM, f"{course.title} · {course.number}", 11)
        paper.line("P", LEFT, 39 * MM, "Bitte mit jeder Person prüfen. Was nicht stimmt, daneben berichtigen.", 10)
        with paper.element("Table"):
            for position, one in enumerate(named[page * per_page : (page + 1) * per_page]):
                _row(paper, one, TOP + position * ROW)
        if demo:
            paper.furniture(RIGHT, 286 * MM, "Muster – Demonstrationsdaten", 8, align=Align.RIGHT)
        paper.furniture(LEFT, 286 * MM, f"Seite {page + 1} von {pages}", 8)
    return paper.finish()


def _row(paper: Paper, one: Named, top: float) -> None:
    paper.rule(LEFT, top + ROW, RIGHT, top + ROW, 0.4, 0.6)
    paper.box(RIGHT - 9 * MM, top + 4 * MM, 7 * MM, 7 * MM, 1.0)
    with paper.element("TR"):
        paper.line("TH", LEFT, top + 9 * MM, f"{one.number}", 11, scope="Row")
        width = 105 * MM
        with paper.marked(Element("TD")):
            size, lines = fit(one.name, (16, 14, 12, 10), width, 1, Cut.BOLD)
            paper.draw(lines[0], LEFT + 10 * MM, top + 8.5 * MM, size)
            if one.native_name:
                paper.draw(shape(one.native_name), LEFT + 10 * MM, top + 14 * MM, 12)
        paper.line("TD", RIGHT - 12 * MM, top + 9 * MM, "stimmt", 9, align=Align.RIGHT)
