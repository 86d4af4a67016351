"""Remembers which courses anybody may read of, and who applied without an account until somebody has decided."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Private, one_of
from programmes.catalogue.models import Course
from programmes.participants.rules import Precision, Relation


class PublicOffer(Base):
    """A course that is offered publicly, with its place and times. Without this row it is not: that is the usual."""

    __tablename__ = "public_offer"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    course: Mapped[Course] = orm.relationship()


class Application(Private, Base):
    """What somebody sent by the public form and nobody has decided about yet; then it is deleted.

    `ticket` is that of the form, which is taken once. `language` is the code of the one in which to answer, `notice_version` and
    `notice_language` say which privacy notice the form showed. `children` are first names and months of birth (ISO dates), `needs` keys of Need.
    """

    __tablename__ = "application"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("course.id", ondelete="CASCADE"), index=True)
    ticket: Mapped[str] = mapped_column(sa.String(40), unique=True)
    sent_at: Mapped[dt.datetime] = mapped_column(index=True)
    given_name: Mapped[str] = mapped_column(sa.String(200))
    family_name: Mapped[str] = mapped_column(sa.String(200))
    phone: Mapped[str | None] = mapped_column(sa.String(60))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    through: Mapped[str | None] = mapped_column(sa.String(60))
    language: Mapped[str] = mapped_column(sa.String(10))
    birth_date: Mapped[dt.date | None]
    birth_precision: Mapped[Precision] = mapped_column(one_of(Precision), default=Precision.DAY)
    needs: Mapped[list[str]]
    relation: Mapped[Relation | None] = mapped_column(one_of(Relation))
    children: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    notice_version: Mapped[str] = mapped_column(sa.String(20))
    notice_language: Mapped[str] = mapped_column(sa.String(10), default="de")
    course: Mapped[Course] = orm.relationship()

    __table_args__ = (
        sa.CheckConstraint("length(trim(given_name)) > 0", name="name"),
        sa.CheckConstraint("phone IS NOT NULL OR email IS NOT NULL OR through IS NOT NULL", name="reachable"),
    )

    @property
    def name(self) -> str:
        """Given name first."""
        return f"{self.given_name} {self.family_name}".strip()
