"""Asks who gets a place, who moves up, and who leaves when and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext
from wtforms import HiddenField

from fields import Choice, Day, Form, OneOf, Several, Text
from programmes.catalogue.rules import CourseState
from programmes.enrolment.rules import ENDED, Education, Employment, EnrolmentStatus, ExitCause, Outcome
from programmes.participants.forms import Pick

LONGEST_REASON = 300
LONGEST_SEARCH = 200
LARGEST_NUMBER = 2**31 - 1  # of a row; PostgreSQL refuses to look for larger ones
NO_ILLNESSES = lazy_gettext("Keine Krankheiten und nichts über Dritte.")


SCHOOLING, WORK_BEFORE = lazy_gettext("Schule und Beruf"), lazy_gettext("Arbeit beim Einstieg")
NOT_ASKED = lazy_gettext("nicht gefragt oder nicht bekannt")


class EnrolForm(Form):
    """One person, the children who come along, and the first day."""

    person_id = HiddenField()
    children = Several(lazy_gettext("Welche Kinder kommen mit?"))
    entry_date = Day(lazy_gettext("Erster Tag"))
    education = OneOf(SCHOOLING, Education, optional=True, empty=NOT_ASKED)
    employment = OneOf(WORK_BEFORE, Employment, optional=True, empty=NOT_ASKED)
    reason = Text(
        lazy_gettext("Trotzdem aufnehmen, weil"), most=LONGEST_REASON, optional=True,
        description=lazy_gettext("Nur wenn eine Bedingung des Programms nicht erfüllt ist. Der Grund bleibt in der Geschichte stehen."),
    )  # fmt: skip

    def offer(self, children: Iterable[tuple[int, str]]) -> None:
        """Name the children to choose from."""
        self.children.choices = list(children)


class PromoteForm(Form):
    """The first day of somebody who moves up; out of order also why."""

    entry_date = Day(lazy_gettext("Erster Tag"))
    reason = Text(lazy_gettext("Grund"), most=LONGEST_REASON, optional=True)


class LeaveForm(Form):
    """How, when and why somebody leaves."""

    status = Pick(lazy_gettext("Was ist geschehen?"), ENDED)
    exit_date = Day(lazy_gettext("Letzter Tag"))
    cause = OneOf(
        lazy_gettext("Warum?"), ExitCause, optional=True, empty=lazy_gettext("nicht bekannt"),
        description=lazy_gettext("Zählt in der Statistik; nicht, wenn jemand abschließt."),
    )  # fmt: skip
    reason = Text(lazy_gettext("Grund"), most=LONGEST_REASON, optional=True, description=NO_ILLNESSES)

    def offer(self, statuses: Iterable[EnrolmentStatus]) -> None:
        """Name what can happen from here."""
        self.status.members = {str(status): status for status in statuses}


class SituationForm(Form):
    """What somebody told at their entry and after the course."""

    education = OneOf(SCHOOLING, Education, optional=True, empty=NOT_ASKED)
    employment = OneOf(WORK_BEFORE, Employment, optional=True, empty=NOT_ASKED)
    outcome = OneOf(lazy_gettext("Nach dem Kurs"), Outcome, optional=True, empty=NOT_ASKED)


class TakeBackForm(Form):
    """Since when somebody who left is back, and why."""

    entry_date = Day(lazy_gettext("Erster Tag"))
    reason = Text(lazy_gettext("Grund"), most=LONGEST_REASON, description=NO_ILLNESSES)


class Search(Text):
    """Words to search for. What cannot be searched for is not shown again either: the message says what was wrong."""

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if self.errors:
            self.data = None


class SearchForm(Form):
    """Words to find people by. Sent by GET, so it carries no token."""

    q = Search(lazy_gettext("Name"), most=LONGEST_SEARCH, optional=True, render_kw={"autocomplete": "off"})

    @property
    def text(self) -> str:
        """The words, if they can be searched for."""
        return (self.q.data or "") if self.validate() else ""


class CourseFilter(Form):
    """What narrows the list of courses. Wrong values narrow nothing, and say so."""

    q = Search(lazy_gettext("Suche"), most=LONGEST_SEARCH, optional=True, render_kw={"autocomplete": "off"})
    state = OneOf(lazy_gettext("Stand"), CourseState, optional=True, empty=lazy_gettext("alle"))
    programme = Choice(lazy_gettext("Programm"), optional=True, empty=lazy_gettext("alle"))
    town = Choice(lazy_gettext("Kommune"), optional=True, empty=lazy_gettext("alle"))

    def offer(self, programmes: Iterable[Any], towns: Iterable[Any]) -> None:
        """Name the programmes and towns to choose from."""
        self.programme.offer([(programme.id, programme.short_title) for programme in programmes])
        self.town.offer([(town.id, town.name) for town in towns])


def row_number(text: Any) -> int | None:
    """A row's number out of an address or a hidden field; None when it is none."""
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) < 11):
        return None
    return int(text) if int(text) <= LARGEST_NUMBER else None
