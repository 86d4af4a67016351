"""Remembers long-term series and every figure that was ever told of them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, one_of
from programmes.catalogue.models import Municipality
from programmes.statistics.series.rules import Reported, Rhythm, SeriesFacts, SeriesKind, Unit


class Series(Base):
    """One thing counted in one way for many years, with its definition and source; see `SeriesFacts`."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[SeriesKind] = mapped_column(one_of(SeriesKind))
    definition: Mapped[str] = mapped_column(sa.String(1000))
    source: Mapped[str] = mapped_column(sa.String(300))
    rhythm: Mapped[Rhythm] = mapped_column(one_of(Rhythm))
    unit: Mapped[Unit] = mapped_column(one_of(Unit))
    instrument: Mapped[str | None] = mapped_column(sa.String(80))
    version: Mapped[str | None] = mapped_column(sa.String(80))
    assessed_language: Mapped[str | None] = mapped_column(sa.String(80))
    ages: Mapped[str | None] = mapped_column(sa.String(80))
    departments: Mapped[list[str]]

    __table_args__ = (
        sa.CheckConstraint(
            "(kind = 'language_assessment') = (instrument IS NOT NULL)"
            " AND (kind = 'language_assessment') = (version IS NOT NULL)"
            " AND (kind = 'language_assessment') = (assessed_language IS NOT NULL)"
            " AND (kind = 'language_assessment') = (ages IS NOT NULL)",
            name="instrument",
        ),
    )

    @property
    def facts(self) -> SeriesFacts:
        """What was said about it, as plain values."""
        return SeriesFacts(
            key=self.key, title=self.title, kind=self.kind, definition=self.definition, source=self.source, rhythm=self.rhythm,
            unit=self.unit, instrument=self.instrument, version=self.version, assessed_language=self.assessed_language,
            ages=self.ages, departments=tuple(self.departments),
        )  # fmt: skip


class SeriesValue(Base):
    """What was told of one place and period. A correction adds a row and says when the one before it ceased to hold
    (`replaced_at`), so old and new, who, when and why stand side by side. `year` is the first of a school year; without
    `cases` it says that what was told before is taken back. These are aggregates: they refer to nobody."""

    __tablename__ = "series_value"

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id"), index=True)
    municipality_id: Mapped[int | None] = mapped_column(sa.ForeignKey("municipality.id"))
    department: Mapped[str | None] = mapped_column(sa.String(100))
    year: Mapped[int]
    cases: Mapped[int | None]
    of_all: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(sa.String(300))
    reason: Mapped[str | None] = mapped_column(sa.String(300))
    entered_at: Mapped[dt.datetime]
    entered_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    replaced_at: Mapped[dt.datetime | None]
    series: Mapped[Series] = orm.relationship()
    municipality: Mapped[Municipality | None] = orm.relationship()
    entered_by: Mapped[User] = orm.relationship()

    __table_args__ = (
        sa.Index(
            "uq_series_value_municipality", "series_id", "municipality_id", "year", unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"), postgresql_where=sa.text("replaced_at IS NULL"),
        ),
        sa.Index(
            "uq_series_value_department", "series_id", "department", "year", unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"), postgresql_where=sa.text("replaced_at IS NULL"),
        ),
        sa.CheckConstraint("(municipality_id IS NULL) <> (department IS NULL)", name="place"),
        sa.CheckConstraint("year BETWEEN 1990 AND 2100", name="year"),
        sa.CheckConstraint("cases BETWEEN 0 AND 1000000", name="cases"),
        sa.CheckConstraint("of_all BETWEEN cases AND 1000000", name="of_all"),
        sa.CheckConstraint("cases IS NOT NULL OR (of_all IS NULL AND reason IS NOT NULL)", name="taken_back"),
    )  # fmt: skip

    @property
    def reported(self) -> Reported:
        """What it tells, as plain values."""
        return Reported(self.cases, self.of_all, self.note)
