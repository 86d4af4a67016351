"""Which details of people a door shows: said once in a table (programmes/access.py), hung on the view beside its roles.

`python run.py access` prints the whole table: doors × roles × whose × fields (security.md AC-1), for programs with `--json`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from flask import Flask, current_app

from auth.audit.acts import door_of
from auth.guard import door, doors
from auth.rules import Role
from wording import N_, Term

LABEL = "_what_it_shows"


class Field(Term):
    """A kind of detail by which somebody is known, or could be harmed."""

    NAME = "name", N_("Name")
    BIRTH = "birth", N_("Geburtsdatum")
    ORIGIN = "origin", N_("Herkunft und Sprachen")
    CONTACT = "contact", N_("Anschrift, Telefon, E-Mail")
    PICK_UP = "pick_up", N_("wer ein Kind abholen darf")
    NOTES = "notes", N_("Bemerkungen und Begründungen in freien Worten")


class Reach(Term):
    """Whose details: how far a role reaches behind the doors that open to it."""

    SCOPE = "scope", N_("die Menschen der Kurse, die man koordiniert")
    OWN_COURSES = "own_courses", N_("die Menschen der Kurse, die man leitet, bis 30 Tage nach ihrem Ende")
    ERASURES = "erasures", N_("die Löschungen, über die man entscheidet, ohne Namen")


REACH = {Role.COORDINATOR: Reach.SCOPE, Role.LEADER: Reach.OWN_COURSES, Role.OFFICER: Reach.ERASURES}
Shown = Mapping[Role, frozenset[Field]]  # what each role sees; roles that see nobody are left out


def hang(app: Flask, table: Mapping[str, Shown]) -> None:
    """Hang the table on the views. Raises KeyError for a door that is not there."""
    for endpoint, shown in table.items():
        setattr(app.view_functions[endpoint], LABEL, shown)


def shown_at(app: Flask, endpoint: str) -> Shown:
    """What a door shows of people, to whom; empty: nothing."""
    return getattr(app.view_functions.get(endpoint), LABEL, {})


def fields_of_act(act: str, roles: Collection[Role] = ()) -> list[Field]:
    """What somebody could read in these roles by the act that a line of the trace names; of an older line, which says no role, in any."""
    shown = shown_at(current_app, door_of(act))
    found = [fields for role, fields in shown.items() if role in roles or not roles]
    return sorted(frozenset().union(*found), key=list(Field).index)


class Row(NamedTuple):
    """One role at one door: what it may, whose details it sees there, which, and what the door is for."""

    address: str
    methods: str
    endpoint: str
    role: str
    reach: str
    fields: str
    purpose: str


def rows(app: Flask) -> Iterator[Row]:
    """The whole table, in the order of addresses."""
    for address, methods, endpoint, _ in doors(app):
        purpose = (app.view_functions[endpoint].__doc__ or "").strip().splitlines()
        shown = shown_at(app, endpoint)
        for role in sorted(door(app, endpoint) or [PUBLIC_ROLE]):
            fields = shown.get(role, frozenset()) if isinstance(role, Role) else frozenset()
            names = ", ".join(field.value for field in Field if field in fields)
            reach = REACH[role].value if isinstance(role, Role) and fields else ""
            yield Row(address, methods, endpoint, str(role), reach, names, purpose[0] if purpose else "")


def as_markdown(app: Flask) -> str:
    """The table as docs/access.md has it."""
    reach = "\n".join(f"* `{one.value}`: {one.label}" for one in Reach)
    kinds = "\n".join(f"* `{one.value}`: {one.label}" for one in Field)
    lines = "\n".join(
        "| " + " | ".join(f"`{cell}`" if cell and place in {0, 2} else cell for place, cell in enumerate(row)) + " |"
        for row in rows(app)
    )
    return HEAD.format(reach=reach, kinds=kinds, lines=lines)


PUBLIC_ROLE = "public"
HEAD = """# Doors, roles, and what they show

Written by `python run.py access --write docs/access.md` from the labels of the views and the table in `programmes/access.py`; a test
opens every door in every role and compares. Who is not named for a door finds none there (404). Without a row of their own nobody
sees any details: the administration and the data-protection officer see no participants, unless an emergency is opened, for an hour,
which the officer is told.

Whose:

{reach}

What:

{kinds}

| address | methods | endpoint | role | whose | fields | what for |
|---|---|---|---|---|---|---|
{lines}
"""
