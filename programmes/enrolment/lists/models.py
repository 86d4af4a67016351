"""Remembers a list of people between its steps: an hour at most, and only for whoever sent it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Private
from programmes.enrolment.lists.rules import Column, Row


class PeopleList(Private, Base):
    """The list that somebody is taking in; an account has one at a time. `content` holds heads, rows, and the columns as chosen."""

    __tablename__ = "people_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), unique=True)
    sent_at: Mapped[dt.datetime]
    name: Mapped[str] = mapped_column(sa.String(200))
    encoding: Mapped[str] = mapped_column(sa.String(40))
    content: Mapped[dict[str, Any]]

    @property
    def heads(self) -> list[str]:
        """What stands above the columns."""
        return list(self.content["heads"])

    @property
    def rows(self) -> list[Row]:
        """The rows below the heads, with their numbers in the file."""
        return [(number, cells) for number, cells in self.content["rows"]]

    @property
    def columns(self) -> dict[int, Column] | None:
        """What each column holds that is taken over; None until somebody has said so."""
        chosen = self.content.get("columns")
        return None if chosen is None else {int(place): Column(key) for place, key in chosen.items()}
