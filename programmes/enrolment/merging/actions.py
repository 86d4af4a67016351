"""Takes two records for one person, and takes that back."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

import clock
import jobs
from auth.guard import Viewer
from database import db
from programmes.enrolment.merging import queries
from programmes.participants.actions import empty
from programmes.participants.models import FamilyMember, Merge, Person
from programmes.participants.queries import facts_of
from programmes.participants.rules import Custody, PersonFacts, Relation, merge_reasons, merged
from wording import N_, Reason, Refused

END = "merge-end"


def reasons_against(viewer: Viewer, kept: Person, other: Person) -> list[Reason]:
    """What speaks against taking these granted records for one person."""
    return merge_reasons(
        same=kept.id == other.id, mixed=kept.is_child != other.is_child,
        outside=queries.is_outside(viewer, [kept.id, other.id]), both_in=queries.both_in(viewer, kept, other),
    )  # fmt: skip


def merge(viewer: Viewer, kept: Person, other: Person, from_other: Collection[str], now: dt.datetime) -> Merge:
    """One person from now on: everything of the other record goes over to the kept one, of what both say the fields `from_other`
    as the other has them. Raises Refused."""
    queries.held_people(viewer, kept, other)
    reasons = reasons_against(viewer, kept, other)
    if kept.merged_into_id is not None or other.merged_into_id is not None:
        reasons.append(Reason(N_("Eine der beiden ist inzwischen schon zusammengeführt.")))
    if reasons:
        raise Refused(*reasons)
    dropped = _drop_doubled(viewer, kept, other)
    moved = _move(other.id, kept.id)
    before = facts_of(kept)
    after = merged(before, facts_of(other), from_other)
    changed = {name: _written(value) for name, value in _facts(before).items() if value != getattr(after, name)}
    for name in changed:
        setattr(kept, name, _stored(getattr(after, name)))
    other.merged_into_id = kept.id
    done = Merge(
        kept_id=kept.id, absorbed_id=other.id, at=now, by_id=viewer.id or None, moved=moved, dropped=dropped, before=changed
    )  # fmt: skip
    db.session.add(done)
    db.session.flush()
    db.session.expire_all()
    if viewer.id:
        jobs.ask(END, {"merge": done.id}, by=viewer.id).not_before = now + queries.UNDO_FOR
    return done


def undo(viewer: Viewer, done: Merge) -> Person:
    """Two people again. What went over goes back, unless it belongs to somebody else by now; what was changed since stays."""
    kept, other = (_person(viewer, person_id) for person_id in (done.kept_id, done.absorbed_id))
    queries.held_people(viewer, kept, other)
    if kept.merged_into_id is not None:
        raise Refused(Reason(N_("Bitte nehmen Sie zuerst die spätere Zusammenführung zurück.")))
    for name, value in done.before.items():
        if getattr(kept, name) == getattr(other, name):
            setattr(kept, name, _read(name, value))
    other.merged_into_id = None
    for table, column, key in done.moved:
        _give(table, column, key, kept.id, other.id)
    db.session.add_all(
        FamilyMember(
            family_id=family_id, person_id=other.id, relation=Relation(relation), custody=custody and Custody(custody)
        )
        for family_id, relation, custody in done.dropped
    )
    db.session.delete(done)
    db.session.flush()
    db.session.expire_all()
    return other


@jobs.step(END)
def end(job: jobs.Job) -> bool:
    """When a merge cannot be undone any more, what the absorbed record and the merge remember goes; the number stays taken."""
    office = Viewer.office()
    done = db.session.get(Merge, job.arguments["merge"], execution_options={"viewer": office})
    if done is None:
        return False
    if clock.now() < done.at + queries.UNDO_FOR:
        job.not_before = done.at + queries.UNDO_FOR
        return True
    absorbed = done.absorbed_id
    db.session.delete(done)
    db.session.flush()
    empty(office, absorbed, clock.now())
    return False


def _person(viewer: Viewer, person_id: int) -> Person:
    return db.session.get_one(Person, person_id, execution_options={"viewer": viewer})


def _drop_doubled(viewer: Viewer, kept: Person, other: Person) -> list[Any]:
    """Both in one family: one of them is enough."""
    own = sa.select(FamilyMember.family_id).where(FamilyMember.person_id == kept.id)
    doubled = sa.select(FamilyMember).where(FamilyMember.person_id == other.id, FamilyMember.family_id.in_(own))
    dropped = []
    for one in db.session.scalars(doubled.execution_options(viewer=viewer)).all():
        dropped.append([one.family_id, one.relation, one.custody])
        db.session.delete(one)
    db.session.flush()
    return dropped


def _move(old: int, new: int) -> list[Any]:
    moved = []
    for column in queries.references():
        keys = [key for key in column.table.primary_key if key is not column]
        query = sa.select(*keys).where(column == old).order_by(*keys).execution_options(viewer=Viewer.office())
        for row in db.session.execute(query).all():
            key = dict(zip((one.name for one in keys), row, strict=True))
            moved.append([column.table.name, column.name, key])
            _give(column.table.name, column.name, key, old, new)
    return moved


def _give(table: str, column: str, key: dict[str, Any], old: int, new: int) -> None:
    own = Person.metadata.tables[table]
    mine = sa.and_(own.c[column] == old, *(own.c[name] == value for name, value in key.items()))
    db.session.execute(sa.update(own).where(mine).values({column: new}), execution_options={"viewer": Viewer.office()})


def _facts(facts: PersonFacts) -> dict[str, Any]:
    return {field.name: getattr(facts, field.name) for field in dataclasses.fields(facts)}


def _stored(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else _stored(value)


def _read(name: str, value: Any) -> Any:
    kind = Person.__table__.c[name].type
    if value is None:
        return None
    if isinstance(kind, sa.Date):
        return dt.date.fromisoformat(value)
    return kind.enum_class(value) if isinstance(kind, sa.Enum) and kind.enum_class else value
