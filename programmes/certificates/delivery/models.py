"""Remembers how papers are to reach people without an account: personal links, and letters by e-mail."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Private, one_of
from programmes.certificates.delivery.rules import MailState
from programmes.certificates.models import Certificate


class PersonalLink(Private, Base):
    """A way to one paper: a secret (only its SHA-256 is kept) and a PIN that is told separately (kept by Argon2id)."""

    __tablename__ = "personal_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    pin_hash: Mapped[str] = mapped_column(sa.String(200))
    made_at: Mapped[dt.datetime]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[dt.datetime | None]
    openings: Mapped[int] = mapped_column(default=0)
    certificate: Mapped[Certificate] = orm.relationship()


class Mail(Private, Base):
    """A paper on its way by e-mail: stored with the wish to send it, tried until the other server takes or refuses it."""

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(sa.ForeignKey("certificate.id", ondelete="CASCADE"), index=True)
    recipient: Mapped[str] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(5))
    made_at: Mapped[dt.datetime]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    state: Mapped[MailState] = mapped_column(one_of(MailState), default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[dt.datetime]
    answer: Mapped[str | None] = mapped_column(sa.String(300))
    sent_at: Mapped[dt.datetime | None]
    certificate: Mapped[Certificate] = orm.relationship()
