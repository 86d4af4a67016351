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

from auth.guard import Viewer
from auth.models import TraceEntry, User
from auth.queries import roles_of
from database import Base, db
from programmes.catalogue.models import Course, Meeting, Module, Municipality, Quarter
from programmes.participants.models import Person
from programmes.participants.rules import Need
from programmes.rights import erasing
from programmes.rights.rules import ACTIVITIES, BASES, REGISTER, RETENTION, Table, concerns
from wording import Term

Told = dict[str, Any]
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
LIST_OF_CHILDREN = ("child_names", "child")  # on the paper of an adult; they are told to the child


def gather(viewer: Viewer, person: Person, now: dt.datetime) -> Told:
    """All of it, of a granted person, as JSON knows it."""
    rows = erasing.rows_of(db.session.connection(), person.id)
    ids = {name: [row["id"] for row in rows.get(table, ())] for name, table in OF_PEOPLE.items()}
    tables = {
        name: [_told(REGISTER[name], Base.metadata.tables[name], row) for row in rows[name]]
        for name in rows
        if not REGISTER[name].internal
    }
    return {
        "about": {"person": person.id, "made_at": now.isoformat(), "law": "Art. 15 DSGVO, § 33 HDSIG"},
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


def _told(entry: Table, table: sa.Table, row: erasing.Row) -> Told:
    told: Told = {}
    for name, column in entry.columns.items():
        if column.internal or (column.others and not isinstance(row[name], dict)):
            continue
        value = row[name]
        if value is None or value in ("", []):
            continue
        told[name] = _plain(table.c[name], _without_others(value) if column.others else value)
    return told


def _without_others(value: Any) -> Any:
    """A paper without the names of the children that came along."""
    if isinstance(value, dict):
        return {name: _without_others(part) for name, part in value.items() if name not in LIST_OF_CHILDREN}
    return [_without_others(part) for part in value] if isinstance(value, list) else value


def _plain(column: sa.Column[Any], value: Any) -> Any:
    for key in column.foreign_keys:
        for entity, names in CALLED.items():
            if key.column.table is Base.metadata.tables[entity.__tablename__]:
                return _called(key.column.table, names, value)
        if key.column.table is Base.metadata.tables[User.__tablename__]:
            return f"Konto {value}"
    if isinstance(value, Term):
        return value.label
    if column.name in KEYS_OF:
        return [KEYS_OF[column.name](key).label for key in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def _called(table: sa.Table, names: Collection[str], row_id: int) -> str:
    row = db.session.execute(sa.select(*(table.c[name] for name in names)).where(table.c.id == row_id)).one()
    return " ".join(value.isoformat() if isinstance(value, dt.date | dt.time) else str(value) for value in row)


def _accesses(viewer: Viewer, ids: Mapping[str, Collection[int]]) -> Iterator[Told]:
    """Who did what with the record and when, from the trace: the roles of the account, not who it is."""
    rules = {rule.endpoint: re.findall(r"<[^>]*?(\w+)>", rule.rule) for rule in current_app.url_map.iter_rules()}
    numbers = {str(one) for some in ids.values() for one in some}
    roles: dict[int, str] = {}
    lines = sa.select(TraceEntry).where(TraceEntry.object_id.is_not(None)).order_by(TraceEntry.id)
    for line in db.session.scalars(lines.execution_options(viewer=viewer, yield_per=500)):
        parts = (line.object_id or "").split("/")
        if not numbers.intersection(parts):
            continue
        names: Sequence[str] = BY_HAND.get(line.act) or rules.get(line.act.rpartition(" ")[2], [])
        if concerns(parts, names, ids):
            if line.actor_id is not None and line.actor_id not in roles:
                roles[line.actor_id] = ", ".join(sorted(role.label for role in roles_of(line.actor_id)))
            yield {
                "at": line.at.isoformat(),
                "act": line.act,
                "by": roles.get(line.actor_id or 0, ""),
                "status": line.status,
            }
