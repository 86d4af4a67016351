"""Everything that is known about one person (Art. 15 GDPR), gathered by the register: a new column is in it without a word of code.

Left out is what is about somebody else, and what only the machine needs; staff stand as numbers of accounts, others not at all.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app

from auth.audit.acts import name_of
from auth.audit.queries import roles_in
from auth.guard import Viewer
from auth.models import RoleGrant, TraceEntry, User
from database import Base, db
from programmes.catalogue.models import Course, Meeting, Module, Municipality, Quarter
from programmes.participants.models import Person
from programmes.participants.rules import Need
from programmes.rights import erasing
from programmes.rights.rules import ACTIVITIES, BASES, REGISTER, RETENTION, Table, concerns
from wording import Term

Told = dict[str, Any]
Called = dict[str, dict[int, str]]  # by table and number
# How rows that are no people's are called where one of the person's refers to them.
CALLED: Mapping[type[Base], tuple[str, ...]] = {
    Course: ("number", "title"),
    Meeting: ("date", "starts_at"),
    Module: ("title",),
    Municipality: ("name",),
    Quarter: ("name",),
}
# Lines of the trace that are written by hand; all others are called by their door, which says what the numbers are of.
BY_HAND: Mapping[str, tuple[str, ...]] = {
    "merge people": ("person_id", "person_id"),
    "change pick-up": ("person_id",),
    "extract": ("person_id",),
}
KEYS_OF: Mapping[str, type[Term]] = {"needs": Need}  # lists of keys
OF_PEOPLE = {"person_id": "person", "enrolment_id": "enrolment", "certificate_id": "certificate"}
FORMER = "ehemals beschäftigt"  # an account without any role by now
LIST_OF_CHILDREN = ("child_names", "child")  # on the paper of an adult; they are told to the child


def gather(viewer: Viewer, person: Person, now: dt.datetime) -> Told:
    """All of it, of a granted person, as JSON knows it."""
    rows = erasing.rows_of(db.session.connection(), person.id)
    ids = {name: [row["id"] for row in rows.get(table, ())] for name, table in OF_PEOPLE.items()}
    shown = {name: some for name, some in rows.items() if not REGISTER[name].internal}
    called = _called(shown)
    tables = {
        name: [_told(REGISTER[name], Base.metadata.tables[name], row, called) for row in some]
        for name, some in shown.items()
    }
    return {
        "about": {
            "person": person.id,
            "records": ids["person_id"],
            "made_at": now.isoformat(),
            "law": "Art. 15 DSGVO, § 33 HDSIG",
        },
        "data": tables,
        "purposes": {name: _purpose(REGISTER[name]) for name in tables},
        "accesses": list(_accesses(viewer, ids)),
    }


def _purpose(table: Table) -> Told:
    bases = dict.fromkeys(column.basis for column in table.columns.values())
    return {
        "activity": ACTIVITIES[table.activity]["title"],
        "purpose": table.purpose,
        "basis": [BASES[basis] for basis in bases],
        "recipients": ACTIVITIES[table.activity]["recipients"],
        "kept": RETENTION[table.retention],
    }


def _called(rows: erasing.Rows) -> Called:
    """How everything is called that the rows refer to; one statement for each table."""
    wanted: dict[str, set[int]] = {}
    for name, some in rows.items():
        for column in Base.metadata.tables[name].c:
            for key in column.foreign_keys:
                wanted.setdefault(key.column.table.name, set()).update(
                    row[column.name] for row in some if row[column.name]
                )
    called: Called = {}
    for entity, names in CALLED.items():
        table = Base.metadata.tables[entity.__tablename__]
        query = sa.select(table.c.id, *(table.c[name] for name in names))
        found = db.session.execute(query.where(table.c.id.in_(wanted.get(table.name, ()))))
        called[table.name] = {row_id: " ".join(str(_said(part)) for part in parts) for row_id, *parts in found}
    return called


def _told(entry: Table, table: sa.Table, row: erasing.Row, called: Called) -> Told:
    told: Told = {}
    for name, column in entry.columns.items():
        value = row[name]
        if column.internal or (column.others and not isinstance(value, dict)) or value is None or value in ("", []):
            continue
        for key in table.c[name].foreign_keys:
            if key.column.table.name == User.__tablename__:
                value = f"Konto {value}"
            value = called.get(key.column.table.name, {}).get(value, value)
        if name in KEYS_OF:
            value = [KEYS_OF[name](one).label for one in value]
        told[name] = _said(_without_others(value) if column.others else value)
    return told


def _without_others(value: Any) -> Any:
    """A paper without the names of the children that came along."""
    if isinstance(value, dict):
        return {name: _without_others(part) for name, part in value.items() if name not in LIST_OF_CHILDREN}
    return [_without_others(part) for part in value] if isinstance(value, list) else value


def _said(value: Any) -> Any:
    if isinstance(value, Term):
        return value.label
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _accesses(viewer: Viewer, ids: Mapping[str, Collection[int]]) -> Iterator[Told]:
    """Who did what with the record and when, from the trace: the roles of the account, not who it is."""
    doors: dict[str, Sequence[str]] = {
        rule.endpoint: re.findall(r"<[^>]*?(\w+)>", rule.rule) for rule in current_app.url_map.iter_rules()
    }
    shown = {str(one) for one in ids["person_id"]}
    named = sa.or_(TraceEntry.object_id.is_not(None), TraceEntry.people.is_not(None))
    query = sa.select(TraceEntry).where(named).order_by(TraceEntry.id)
    lines = [
        line
        for line in db.session.scalars(query.execution_options(viewer=viewer, yield_per=500))
        if shown.intersection((line.people or "").split(","))
        or concerns(
            (line.object_id or "").split("/"), BY_HAND.get(line.act) or doors.get(line.act.rpartition(" ")[2], ()), ids
        )
    ]
    grants = sa.select(RoleGrant).where(RoleGrant.user_id.in_({line.actor_id for line in lines}))
    roles: dict[int | None, list[str]] = {}
    for grant in db.session.scalars(grants):
        roles.setdefault(grant.user_id, []).append(grant.role.label)
    for line in lines:
        acted = [role.label for role in roles_in(line.roles)] or roles.get(
            line.actor_id, [FORMER] if line.actor_id else []
        )  # old lines say no role
        yield {
            "at": line.at.isoformat(),
            "act": name_of(line.act),
            "by": ", ".join(sorted(acted)),
            "status": line.status,
        }
