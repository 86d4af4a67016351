"""Remembers what was asked, and what was known when, so that a question about a past day is answered again as it was answered then.

Of every row that is counted each state is kept, from `since` until `until`, in a table of versions. Triggers of the database write
them (migrations/kept.py), so no code can forget to. They hold what figures are made of, no names and no words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from database import WRITTEN_BY_TRIGGERS, Base, Instant, private_tables
from programmes.attendance.models import AttendanceMark
from programmes.catalogue.models import Course, CourseLeader, CourseTrait, LeaderLanguage, Meeting, Programme
from programmes.certificates.models import Certificate
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.participants.models import Person


class SavedReport(Base):
    """A question that somebody wants to ask again: its arguments as they stand in the address. Its answer is never kept: who asks
    again gets what they may see then. Only its owner knows of it."""

    __tablename__ = "saved_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    arguments: Mapped[dict[str, Any]]
    saved_at: Mapped[dt.datetime]


# What is kept of each table.
KEPT: Mapping[type[Base], tuple[str, ...]] = MappingProxyType({
    Programme: ("parent_id", "funding_profile_id"),
    Course: ("programme_id", "municipality_id", "quarter_id", "language", "starts_on", "ends_on"),
    CourseTrait: ("course_id", "feature"),
    CourseLeader: ("course_id", "user_id"),
    LeaderLanguage: ("user_id", "language"),
    Meeting: ("course_id", "date", "minutes", "status", "closed_at", "visitors"),
    Person: ("sex", "birth_date", "late_resettler", "citizenship_group", "family_language"),
    Enrolment: (
        "course_id", "person_id", "status", "applied_at", "entry_date", "exit_date", "exit_cause", "education",
        "employment", "outcome",
    ),
    EnrolmentChild: ("enrolment_id", "person_id"),
    AttendanceMark: ("meeting_id", "enrolment_id", "child_id", "mark", "minutes", "absence_reason"),
    Certificate: ("enrolment_id", "slot", "replaces_id", "state", "issued_at", "handed_over_on"),
})  # fmt: skip

LOOKED_FOR_BY = MappingProxyType({
    Programme: (), Course: ("programme_id",), CourseTrait: ("course_id",), CourseLeader: ("course_id",),
    LeaderLanguage: ("user_id",), Meeting: ("course_id",), Person: (),
    Enrolment: ("course_id", "person_id"), EnrolmentChild: ("enrolment_id",), AttendanceMark: ("meeting_id",),
    Certificate: ("enrolment_id",),
})  # fmt: skip


def _plain(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """The type without its list of values: what was once a value stays one."""
    return sa.String(kind.length) if isinstance(kind, sa.Enum) else kind


def _versions_of(entity: type[Base]) -> sa.Table:
    table = entity.metadata.tables[entity.__tablename__]
    name, columns = f"{table.name}_version", [table.c[key] for key in KEPT[entity]]
    versions = sa.Table(
        name,
        Base.metadata,
        sa.Column("version_id", sa.Integer, primary_key=True),
        sa.Column("id", sa.Integer, nullable=False),
        *(sa.Column(column.name, _plain(column.type), nullable=column.nullable) for column in columns),
        sa.Column("since", Instant, nullable=False),
        sa.Column("until", Instant),
        sa.Index(
            f"uq_{name}_current", "id", unique=True,
            sqlite_where=sa.text("until IS NULL"), postgresql_where=sa.text("until IS NULL"),
        ),
        sa.Index(f"ix_{name}_id", "id"),
        *(sa.Index(f"ix_{name}_{key}", key) for key in LOOKED_FOR_BY[entity]),
        info={WRITTEN_BY_TRIGGERS: True},
    )  # fmt: skip
    private_tables.add(versions)
    return versions


VERSIONS = MappingProxyType({entity: _versions_of(entity) for entity in KEPT})


Entity = TypeVar("Entity", bound=Base)


def known(entity: type[Entity], at: dt.datetime | None) -> type[Entity]:
    """The rows of a table as they were known at an instant, to be used in a statement in the table's place; the table
    itself for None. Only the columns that are kept can be asked for."""
    if at is None:
        return entity
    versions = VERSIONS[entity]
    columns = [
        sa.type_coerce(versions.c[name], entity.__table__.c[name].type).label(name) for name in ("id", *KEPT[entity])
    ]
    then = versions.c.since < at, sa.or_(versions.c.until.is_(None), versions.c.until >= at)
    rows = sa.select(*columns).where(*then).subquery()
    return orm.aliased(entity, rows, adapt_on_names=True)


def known_papers(at: dt.datetime | None) -> type[Certificate]:
    """Papers as they were known. Those of people who are erased count as well: only their versions say where they belong, under a
    number below zero that no paper has (programmes/rights/erasing.py)."""
    if at is not None:
        return known(Certificate, at)
    versions, names = VERSIONS[Certificate], ("id", *KEPT[Certificate])
    papers = Certificate.__table__
    erased = (versions.c.id < 0, versions.c.until.is_(None))
    rows = sa.union_all(
        sa.select(*(papers.c[name].label(name) for name in names)).where(papers.c.enrolment_id.is_not(None)),
        sa.select(*(sa.type_coerce(versions.c[name], papers.c[name].type).label(name) for name in names)).where(
            *erased
        ),
    )
    return orm.aliased(Certificate, rows.subquery(), adapt_on_names=True)


def known_again(entity: type[Entity], at: dt.datetime | None) -> type[Entity]:
    """The same once more, for a statement that looks at a table twice."""
    return known(entity, at) if at is not None else orm.aliased(entity)
