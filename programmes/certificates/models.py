"""Remembers issued papers: frozen facts and bytes, a number, and whether they still hold."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, Private, one_of
from programmes.catalogue.models import Programme
from programmes.certificates.rules import COURSE, CertificateKind, CertificateState, HandOver, Hardship
from programmes.enrolment.models import Enrolment


class Certificate(Private, Base):
    """A paper as it was handed out. `facts` and `pdf` never change; `sha256` proves it. Only state and hand-over move on.

    `facts` holds two things: `paper`, every word that is printed (`document.CertificateFacts`), and `basis`, what it rests
    on: the rule and its version, the account, the minutes of every meeting, and who decided. `public` is what anybody may
    read who holds number or code; it names nobody and stays when the person is erased (`erased_at`). `slot` says which of
    somebody's papers it is: "course" for the one that the course ends in, "module:7", "days", "employer", "child:3", "copy:2".
    Columns that name the person may be NULL for one reason only, so whoever reads them asks `erased_at` first.
    """

    __tablename__ = "certificate"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    code: Mapped[str] = mapped_column(sa.String(26), unique=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True, nullable=True)
    slot: Mapped[str] = mapped_column(sa.String(40), default=COURSE)
    kind: Mapped[CertificateKind] = mapped_column(one_of(CertificateKind))
    title: Mapped[str] = mapped_column(sa.String(120))
    printed_name: Mapped[str] = mapped_column(sa.String(401), nullable=True)
    public: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON(none_as_null=True), deferred=True, nullable=True)
    pdf: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, nullable=True)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    issued_at: Mapped[dt.datetime]
    issued_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    state: Mapped[CertificateState] = mapped_column(one_of(CertificateState), default=CertificateState.VALID)
    state_reason: Mapped[str | None] = mapped_column(sa.String(300))
    state_at: Mapped[dt.datetime | None]
    state_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), unique=True)
    copy_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("certificate.id"), index=True)
    erased_at: Mapped[dt.datetime | None]
    handed_over_on: Mapped[dt.date | None]
    handed_over_how: Mapped[HandOver | None] = mapped_column(one_of(HandOver))
    handed_over_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    enrolment: Mapped[Enrolment] = orm.relationship()
    issued_by: Mapped[User] = orm.relationship(foreign_keys=[issued_by_id])
    state_by: Mapped[User | None] = orm.relationship(foreign_keys=[state_by_id])
    handed_over_by: Mapped[User | None] = orm.relationship(foreign_keys=[handed_over_by_id])
    replaces: Mapped[Certificate | None] = orm.relationship(remote_side=[id], foreign_keys=[replaces_id])
    copy_of: Mapped[Certificate | None] = orm.relationship(remote_side=[id], foreign_keys=[copy_of_id])

    __table_args__ = (
        sa.Index(
            "uq_certificate_valid",
            "enrolment_id",
            "slot",
            unique=True,
            sqlite_where=sa.text("state = 'valid'"),
            postgresql_where=sa.text("state = 'valid'"),
        ),
        sa.CheckConstraint("(state = 'valid') = (state_at IS NULL)", name="state_at"),
        sa.CheckConstraint("(enrolment_id IS NULL) = (erased_at IS NOT NULL)", name="erased_at"),
        sa.CheckConstraint("(handed_over_on IS NULL) = (handed_over_how IS NULL)", name="handed_over"),
    )


class CertificateCounter(Base):
    """The last running number of a year. Counted up in the transaction of the paper: a rollback leaves no gap."""

    __tablename__ = "certificate_counter"

    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class PaperSetting(Base):
    """How one kind of paper of a programme looks and what it asks. What is None is as usual for its kind.

    `sentence` and `small_print` may hold the placeholders of `settings.rules`. `required_share` (percent) and `valid_months`
    belong to papers besides the main one, whose share is the programme's. Issued papers never look at it again.
    """

    __tablename__ = "paper_setting"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("programme.id"))
    kind: Mapped[CertificateKind] = mapped_column(one_of(CertificateKind))
    offered: Mapped[bool] = mapped_column(default=True)
    title: Mapped[str | None] = mapped_column(sa.String(120))
    sentence: Mapped[str | None] = mapped_column(sa.String(600))
    small_print: Mapped[str | None] = mapped_column(sa.String(400))
    signatories: Mapped[list[str]]
    required_share: Mapped[int | None]
    valid_months: Mapped[int | None]
    landscape: Mapped[bool] = mapped_column(default=False)
    recognition: Mapped[str | None] = mapped_column(sa.String(80))
    version: Mapped[int] = mapped_column(default=1)
    programme: Mapped[Programme] = orm.relationship()

    __table_args__ = (
        sa.UniqueConstraint("programme_id", "kind"),
        sa.CheckConstraint("required_share BETWEEN 1 AND 100", name="required_share"),
        sa.CheckConstraint("valid_months BETWEEN 1 AND 600", name="valid_months"),
    )


class PaperSettingChange(Base):
    """What a paper looked like before, and who changed it. Only ever added to."""

    __tablename__ = "paper_setting_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    setting_id: Mapped[int] = mapped_column(sa.ForeignKey("paper_setting.id"), index=True)
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    old: Mapped[dict[str, Any]]
    new: Mapped[dict[str, Any]]
    by: Mapped[User] = orm.relationship()


class PaperDecision(Private, Base):
    """A coordinator decided one case otherwise than the rule, with a reason (domain.md D7). Minutes stay what they are."""

    __tablename__ = "paper_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id"), index=True)
    verdict: Mapped[Hardship] = mapped_column(one_of(Hardship))
    reason: Mapped[str] = mapped_column(sa.String(300))
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    taken_back_at: Mapped[dt.datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    by: Mapped[User] = orm.relationship(foreign_keys=[by_id])

    __table_args__ = (
        sa.Index(
            "uq_paper_decision_holds",
            "enrolment_id",
            unique=True,
            sqlite_where=sa.text("taken_back_at IS NULL"),
            postgresql_where=sa.text("taken_back_at IS NULL"),
        ),
    )


class NameCheck(Private, Base):
    """Somebody read their name as it will be printed and said that it is right. A name changed since is unchecked again."""

    __tablename__ = "name_check"

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(802))
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))


FROZEN = (
    "number", "code", "slot", "kind", "title", "public", "sha256", "issued_at", "issued_by_id", "replaces_id", "copy_of_id",
)  # fmt: skip
PERSONAL = (
    "enrolment_id",
    "printed_name",
    "facts",
    "pdf",
)  # gone, all at once, when the person is erased; else frozen too


@event.listens_for(Certificate, "before_update")
def _refuse_to_change_a_paper(mapper: orm.Mapper[Certificate], connection: sa.Connection, paper: Certificate) -> None:
    state = orm.attributes.instance_state(paper)
    frozen = FROZEN if state.attrs["erased_at"].history.has_changes() else FROZEN + PERSONAL
    changed = [name for name in frozen if state.attrs[name].history.has_changes()]
    if changed:
        raise PermissionError(f"An issued certificate never changes ({', '.join(changed)}); issue a replacement")


@event.listens_for(Certificate, "before_delete")
def _refuse_to_lose_a_paper(mapper: orm.Mapper[Certificate], connection: sa.Connection, paper: Certificate) -> None:
    raise PermissionError("An issued certificate is never deleted; revoke it, so that its code still answers")
