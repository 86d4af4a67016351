"""Remembers long tables that are made in the background, for a day. What was asked stands in the job's arguments."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Private, one_of
from jobs import Job
from programmes.statistics.rules import Question
from wording import N_, Term


class Content(Term):
    """What a piece is of."""

    CSV = "csv", N_("CSV")
    XLSX = "xlsx", N_("XLSX")


class LongExport(Private, Base):
    """A table that somebody asked for: figures of their scope. `rows` are those counted so far, `sums` what the total is added up
    from. Gone a day after it was ready."""

    __tablename__ = "long_export"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("job.id", ondelete="CASCADE"), unique=True)
    rows: Mapped[int] = mapped_column(default=0)
    sums: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ready_at: Mapped[dt.datetime | None]
    job: Mapped[Job] = orm.relationship()

    @property
    def question(self) -> Question:
        """What was asked, as known at the instant it was asked, of the courses there were then."""
        return Question.of(self.job.arguments["question"])

    @property
    def is_disclosed(self) -> bool:
        """Whether it may leave the office."""
        return bool(self.job.arguments["disclose"])


class ExportPiece(Private, Base):
    """A part of a file. Lines of a CSV are kept with the key in their first column (`place`), because they are counted in portions
    that may each have lines of every place."""

    __tablename__ = "export_piece"

    id: Mapped[int] = mapped_column(primary_key=True)
    export_id: Mapped[int] = mapped_column(sa.ForeignKey("long_export.id", ondelete="CASCADE"), index=True)
    content: Mapped[Content] = mapped_column(one_of(Content))
    place: Mapped[str] = mapped_column(sa.String(400))
    data: Mapped[bytes] = mapped_column(sa.LargeBinary)
    export: Mapped[LongExport] = orm.relationship()
