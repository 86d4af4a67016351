"""Remembers second factors: nothing of them opens anything without the secret of the installation."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base


class Authenticator(Base):
    """An app that shows codes. Its secret is kept encrypted; a code of `last_step` or before has been used."""

    __tablename__ = "authenticator"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(sa.String(200))
    added_at: Mapped[dt.datetime]
    last_step: Mapped[int]


class PrintedCode(Base):
    """One line of a printed sheet. It opens once; only its keyed hash is kept."""

    __tablename__ = "printed_code"

    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    used_at: Mapped[dt.datetime | None]


class Passkey(Base):
    """A key of a computer, a phone or a stick. Only its public half is kept."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    credential: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(sa.String(2000))
    uses: Mapped[int] = mapped_column(sa.BigInteger)  # as the key counts them
    name: Mapped[str] = mapped_column(sa.String(80))
    added_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
