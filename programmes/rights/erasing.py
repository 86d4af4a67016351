"""Takes a person out of the database: who they were goes, what is counted stays.

What goes and what stays says the register, for every column; whose a row is, its foreign keys. First everything is *set aside*: from then
on the person is nowhere any more, and still counted, and it can all be put back. *Forgetting* it afterwards is the end: what was set
aside is deleted, and papers say no more than that they are genuine. Works on a connection, because a restored backup has to do it
before anybody can ask.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clock import BERLIN
from database import Base, Instant
from programmes.attendance.models import AttendanceMark
from programmes.attendance.rules import CHILDCARE
from programmes.catalogue.models import Course
from programmes.certificates.models import PERSONAL, Certificate
from programmes.certificates.rules import OF_A_CHILD
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.participants.models import Family, FamilyMember, Person
from programmes.participants.origins import LANGUAGES
from programmes.participants.rules import NAMELESS, Precision
from programmes.rights.models import LegalHold
from programmes.rights.rules import (
    NO_TRAIT,
    REGISTER,
    Disposal,
    Table,
    Traits,
    coarser_reason,
    is_theirs,
    left_of,
    names_somebody,
    note_of,
)
from programmes.statistics.models import VERSIONS

Row = dict[str, Any]
Rows = dict[str, list[Row]]
AT_ONCE = 500  # numbers in one statement

PERSON = Base.metadata.tables[Person.__tablename__]
PAPER = Base.metadata.tables[Certificate.__tablename__]
PLACE = Base.metadata.tables[Enrolment.__tablename__]
NEVER_PUT_BACK = {"people_list"}  # gone within the hour anyway


def rows_of(connection: Connection, person_id: int) -> Rows:
    """Every row that tells something of a person, by table, each table after those it refers to. What else was once taken for
    somebody else and is this person (merges) belongs to it."""
    found: Rows = {PERSON.name: _records(connection, person_id)}
    for table in Base.metadata.sorted_tables:
        entry = REGISTER[table.name]
        if table is PERSON or not entry.of or not entry.is_of_people:
            continue
        if entry.of == ("names",):
            rows = _named(connection, table, found[PERSON.name])
        elif entry.of[0].startswith("content."):
            rows = _told(connection, table, found)
        else:
            rows = _referring(connection, table, entry, found)
        if rows:
            found[table.name] = rows
    return found


def _select(connection: Connection, query: sa.Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _records(connection: Connection, person_id: int) -> list[Row]:
    """The record of the person, and those that turned out to be the same one."""
    rows = _select(connection, sa.select(PERSON).where(PERSON.c.id == person_id))
    ids = [row["id"] for row in rows]
    while ids:
        absorbed = _select(connection, sa.select(PERSON).where(PERSON.c.merged_into_id.in_(ids)).order_by(PERSON.c.id))
        rows, ids = rows + absorbed, [row["id"] for row in absorbed]
    return rows


def _referring(connection: Connection, table: sa.Table, entry: Table, found: Rows) -> list[Row]:
    """The rows whose column leads to what is found already; of several the last one that is filled in."""
    rows = []
    for number, name in enumerate(entry.of):
        column = table.c[name]
        parent = next(iter(column.foreign_keys)).column.table.name
        later = [table.c[other].is_(None) for other in entry.of[number + 1 :]]
        for some in _portions([row["id"] for row in found.get(parent, ())]):
            rows += _select(connection, sa.select(table).where(column.in_(some), *later).order_by(*table.primary_key))
    return rows


def _told(connection: Connection, table: sa.Table, found: Rows) -> list[Row]:
    """What a phone sent says in its content whose it is."""
    ids = {
        "enrolment": {row["id"] for row in found.get("enrolment", ())},
        "member": {row["id"] for row in found.get("enrolment_child", ())},
    }
    return [
        row
        for row in _select(connection, sa.select(table).order_by(*table.primary_key))
        if row["content"].get("member") in ids["member"]
        or (row["content"].get("member") is None and row["content"].get("enrolment") in ids["enrolment"])
    ]


def _named(connection: Connection, table: sa.Table, records: Sequence[Row]) -> list[Row]:
    """What holds names before anybody has said whose they are."""
    rows = _select(connection, sa.select(table).order_by(*table.primary_key))
    if "content" in table.c:
        return [row for row in rows if any(names_somebody(row["content"].get("rows", ()), one) for one in records)]
    return [row for row in rows if any(is_theirs(row, one) for one in records)]


def set_aside(
    connection: Connection, person_id: int, now: dt.datetime, notes: Iterable[str] = ()
) -> tuple[dict[str, Any], dict[str, int]]:
    """Make the person nameless, and empty notes that name them. What was there before, for `put_back`, and how many rows of each table
    go or change."""
    rows = rows_of(connection, person_id)
    entries = _first_days(connection, rows)
    versions = _versions_of(connection, rows)
    papers = papers_of(connection, rows)
    content = {"rows": _plain(rows), "versions": _plain(versions), "papers": papers}
    changed = {PAPER.name: len(papers)} if papers else {}
    for table in reversed(Base.metadata.sorted_tables):
        for row in rows.get(table.name, ()):
            if table is PAPER:
                continue
            if _goes(table):
                connection.execute(sa.delete(table).where(*key_of(table, row)))
            else:
                counted = entries if table is not PERSON or row["id"] == person_id else ()
                values = _nameless(table, row, counted) | ({"withheld_at": now} if table is PERSON else {})
                if values:
                    connection.execute(sa.update(table).where(*key_of(table, row)).values(values))
                else:
                    continue
            changed[table.name] = changed.get(table.name, 0) + 1
    _coarsen_versions(connection, versions, entries)
    content["notes"] = {key: _written(connection, key, NAMELESS) for key in notes}
    return content, changed


def _written(connection: Connection, key: str, text: str) -> str | None:
    """Write a note; what stood there, None if nobody can say any more."""
    name, column, row_id = note_of(key)
    table = Base.metadata.tables[name]
    before: str | None = connection.scalar(sa.select(table.c[column]).where(table.c.id == row_id))
    if before is not None:
        connection.execute(sa.update(table).where(table.c.id == row_id).values({column: text}))
    return before


def put_back(connection: Connection, content: Mapping[str, Any]) -> None:
    """Everything as it was. What triggers wrote meanwhile is put back last, over what they write now."""
    for table in Base.metadata.sorted_tables:
        for stored in content["rows"].get(table.name, ()):
            row = _typed(table, stored)
            if table.name in NEVER_PUT_BACK or table is PAPER:
                continue
            if _goes(table):
                connection.execute(sa.insert(table).values(row))
            else:
                entry = REGISTER[table.name]
                names = entry.disposed(Disposal.REMOVE) + entry.disposed(Disposal.GENERALISE)
                values = {name: row[name] for name in names} | (
                    {"withheld_at": row["withheld_at"]} if table is PERSON else {}
                )
                if values:
                    connection.execute(sa.update(table).where(*key_of(table, row)).values(values))
    for key, text in content.get("notes", {}).items():
        if text is not None:
            _written(connection, key, text)
    for name, kept in content["versions"].items():
        table = Base.metadata.tables[name]
        for some in _portions(sorted({row["id"] for row in kept})):
            connection.execute(sa.delete(table).where(table.c.id.in_(some)))
        for stored in kept:
            connection.execute(sa.insert(table).values(_typed(table, stored)))


def keep_number(connection: Connection, person_id: int, at: dt.datetime) -> None:
    """A nameless record for somebody erased whom a restored backup does not know yet: nobody else gets the number."""
    empty = dict.fromkeys(("family_name", "sort_key", "search"), "")
    lists: dict[str, list[str]] = {name: [] for name in ("citizenships", "languages", "needs", "name_keys")}
    connection.execute(
        sa.insert(PERSON).values(
            id=person_id, given_name=NAMELESS, birth_precision=Precision.YEAR, is_child=False, late_resettler=False,
            entered_at=_coarser("entered_at", at, ()), withheld_at=at, **empty, **lists,
        )
    )  # fmt: skip


def forget(connection: Connection, person_id: int, content: Mapping[str, Any], now: dt.datetime) -> None:
    """The end, when what was set aside is deleted: nobody's papers are anybody's any more, and nothing says why it took so long."""
    holds = Base.metadata.tables[LegalHold.__tablename__]
    connection.execute(sa.delete(holds).where(holds.c.person_id == person_id))
    _forget_papers(connection, content["papers"], now)


def left_of_all(connection: Connection, *among: sa.ColumnElement[bool]) -> dict[int, Traits]:
    """What is left of everybody who is erased, and would be of everybody else, by number."""
    course = Base.metadata.tables[Course.__tablename__]
    began = sa.select(PLACE.c.person_id, sa.func.coalesce(PLACE.c.entry_date, course.c.starts_on)).distinct()
    began = began.join_from(PLACE, course, course.c.id == PLACE.c.course_id)
    people = sa.select(PERSON.c.id, PERSON.c.withheld_at, *(PERSON.c[name] for name in Traits._fields))
    people = people.where(PERSON.c.merged_into_id.is_(None), *among)
    days: dict[int, set[dt.date]] = {}
    for person_id, day in connection.execute(began.where(PLACE.c.person_id.in_(people.with_only_columns(PERSON.c.id)))):
        days.setdefault(person_id, set()).add(day)
    return {
        person_id: Traits(*told) if withheld_at else left_of(Traits(*told), days.get(person_id, ()), LANGUAGES)
        for person_id, withheld_at, *told in connection.execute(people)
    }


def give_up(connection: Connection, person_id: int, names: Collection[str]) -> None:
    """Take traits away from what is left of somebody, also from what was known of them on past days, under whatever number."""
    less = {name: getattr(NO_TRAIT, name) for name in names}
    people = [row["id"] for row in _records(connection, person_id)]
    for table in (PERSON, VERSIONS[Person]):
        connection.execute(sa.update(table).where(table.c.id.in_(people)).values(less))


def remove_empty_families(connection: Connection) -> int:
    """Families nobody is in any more."""
    family, member = (Base.metadata.tables[one.__tablename__] for one in (Family, FamilyMember))
    gone = sa.delete(family).where(~sa.exists().where(member.c.family_id == family.c.id))
    return connection.execute(gone).rowcount


def _goes(table: sa.Table) -> bool:
    """Whether whole rows go. Records of people stay, nameless, also those that were absorbed: SQLite would give the number of one that
    goes to the next person, and the trace and the record of erasures go by numbers."""
    return REGISTER[table.name].on_erasure is Disposal.REMOVE


def key_of(table: sa.Table, row: Row) -> list[sa.ColumnElement[bool]]:
    """The conditions that only this row meets."""
    return [column == row[column.name] for column in table.primary_key]


def _nameless(table: sa.Table, row: Row, entries: Collection[dt.date]) -> Row:
    """What changes in a row that stays."""
    entry = REGISTER[table.name]
    values = {name: _nothing(table.c[name]) for name in entry.disposed(Disposal.REMOVE)}
    values |= {name: _coarser(name, row[name], entries) for name in entry.disposed(Disposal.GENERALISE)}
    if table is PERSON:
        values["given_name"] = NAMELESS
    return {name: value for name, value in values.items() if value != row[name]}


def _nothing(column: sa.Column[Any]) -> Any:
    if column.nullable:
        return None
    return [] if isinstance(column.type, sa.JSON) else ""


def _coarser(name: str, value: Any, entries: Collection[dt.date]) -> Any:
    if name in Traits._fields:
        return getattr(left_of(NO_TRAIT._replace(**{name: value}), entries, LANGUAGES), name)
    if name == "birth_precision":
        return Precision.YEAR
    if name == "entered_at":
        return dt.datetime(value.astimezone(BERLIN).year, 1, 1, tzinfo=BERLIN)
    return coarser_reason(value, CHILDCARE)


def _first_days(connection: Connection, rows: Rows) -> set[dt.date]:
    """The days on which somebody's age counts, whatever was known when: their first ones, else those of the courses. Without any,
    no figure of any day counts what they are."""
    days: set[dt.date] = set()
    course, versions = Base.metadata.tables[Course.__tablename__], VERSIONS[Enrolment]
    for places, courses, column, of in (
        (PLACE, course, PLACE.c.id, Enrolment),
        (versions, course, versions.c.id, Enrolment),
        (versions, VERSIONS[Course], versions.c.id, Enrolment),
        (versions, course, versions.c.person_id, Person),
    ):
        query = sa.select(sa.func.coalesce(places.c.entry_date, courses.c.starts_on)).distinct()
        query = query.join_from(places, courses, courses.c.id == places.c.course_id)
        for some in _portions([row["id"] for row in rows.get(of.__tablename__, ())]):
            days |= set(connection.scalars(query.where(column.in_(some))))
    return days


def _versions_of(connection: Connection, rows: Rows) -> Rows:
    """The earlier states of what is about to change, as they are kept for questions about past days; also those of records that were
    merged into this one, and deleted, long ago."""
    people = {row["id"] for row in rows.get(PERSON.name, ())}
    for entity, of in ((Enrolment, "enrolment"), (EnrolmentChild, "enrolment_child")):
        places = VERSIONS[entity]
        there = sa.exists().where(PERSON.c.id == places.c.person_id)
        for some in _portions([row["id"] for row in rows.get(of, ())]):
            people |= set(connection.scalars(sa.select(places.c.person_id).where(places.c.id.in_(some), ~there)))
    marks, found = VERSIONS[AttendanceMark], Rows()
    told = sa.and_(marks.c.absence_reason.is_not(None), marks.c.absence_reason.not_in(CHILDCARE))
    with_reason: set[int] = set()
    for some in _portions([row["id"] for row in rows.get("attendance_mark", ())]):
        with_reason |= set(connection.scalars(sa.select(marks.c.id).where(marks.c.id.in_(some), told)))
    for versions, ids in ((VERSIONS[Person], people), (marks, with_reason)):
        found[versions.name] = [
            row
            for some in _portions(sorted(ids))
            for row in _select(connection, sa.select(versions).where(versions.c.id.in_(some)).order_by("version_id"))
        ]
    return found


def _coarsen_versions(connection: Connection, kept: Rows, entries: Collection[dt.date]) -> None:
    for name, rows in kept.items():
        table = Base.metadata.tables[name]
        for row in rows:
            values = _nameless(table, row, entries)
            if values:
                connection.execute(sa.update(table).where(*key_of(table, row)).values(values))


def _forget_papers(connection: Connection, papers: Sequence[int], now: dt.datetime) -> None:
    """Papers keep number, code and what anybody may read; that they were issued goes on being counted where they were, by day, without
    saying which paper it was."""
    versions = VERSIONS[Certificate]
    number = min(0, connection.scalar(sa.select(sa.func.min(versions.c.id))) or 0)
    for paper in papers:
        counted = _select(connection, sa.select(versions).where(versions.c.id == paper))
        values: Row = dict.fromkeys(PERSONAL) | {"erased_at": now, "state_reason": None}
        connection.execute(sa.update(PAPER).where(PAPER.c.id == paper).values(values))
        number -= 1
        for row in counted:
            when = {name: _day_of(row[name]) for name in ("issued_at", "since", "until")}
            replaces = None if row["replaces_id"] is None else 0
            connection.execute(
                sa.update(versions).where(*key_of(versions, row)).values(id=number, replaces_id=replaces, **when)
            )


def papers_of(connection: Connection, rows: Rows) -> list[int]:
    """Their papers; of a child the keepsakes, which hang on the place of the adult it came with."""
    places = sa.select(PAPER.c.id).where(PAPER.c.slot.startswith(OF_A_CHILD))
    keepsakes: list[int] = []
    for child in rows.get("enrolment_child", ()):
        named = PAPER.c.printed_name == rows[PERSON.name][0]["given_name"]
        keepsakes += connection.scalars(places.where(PAPER.c.enrolment_id == child["enrolment_id"], named))
    return [row["id"] for row in rows.get(PAPER.name, ())] + keepsakes


def _day_of(instant: dt.datetime | None) -> dt.datetime | None:
    """The beginning of a day in the county: nobody asks for more of what was known when."""
    if instant is None:
        return None
    return dt.datetime.combine(instant.astimezone(BERLIN).date(), dt.time(), BERLIN)


def _portions(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(ids), AT_ONCE):
        yield ids[first : first + AT_ONCE]


def _plain(rows: Rows) -> Rows:
    """Rows as JSON can keep them."""

    def said(value: Any) -> str:
        return str(value.isoformat())

    papers = {PAPER.name}  # they stay where they are until the end, and hold bytes
    kept: Rows = json.loads(json.dumps({name: rows[name] for name in rows if name not in papers}, default=said))
    return kept


def _typed(table: sa.Table, row: Row) -> Row:
    """A row as the database takes it."""
    return {name: _read(table.c[name].type, value) for name, value in row.items()}


def _read(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Instant):
        return dt.datetime.fromisoformat(value)
    if isinstance(kind, sa.Date):
        return dt.date.fromisoformat(value)
    return dt.time.fromisoformat(value) if isinstance(kind, sa.Time) else value
