"""Reads how the papers of a programme look. Settings are the office's, not about people, so they name no viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from database import db
from programmes.catalogue.models import FundingLogo, FundingProfile, Logo, Module, Programme
from programmes.certificates.models import PaperSetting, PaperSettingChange
from programmes.certificates.rules import CertificateKind
from programmes.certificates.settings.rules import SEPARATOR, Look, is_offered_unasked, kinds_of


def looks_of(programme: Programme) -> dict[CertificateKind, Look]:
    """Every kind of paper the programme can give, as it is set or as it is usual. Two queries."""
    rows = db.session.scalars(sa.select(PaperSetting).where(PaperSetting.programme_id == programme.id))
    known = {row.kind: look(row) for row in rows}
    return {kind: known.get(kind) or Look(offered=is_offered_unasked(kind)) for kind in possible(programme)}


def possible(programme: Programme) -> list[CertificateKind]:
    """The kinds of paper a programme can give."""
    has_modules = db.session.scalar(sa.select(sa.exists().where(Module.programme_id == programme.id)))
    return kinds_of(programme.paper, has_modules=bool(has_modules), is_family=programme.is_family)


def setting(programme_id: int, kind: CertificateKind) -> PaperSetting | None:
    """What was set for one kind of paper, if anything."""
    query = sa.select(PaperSetting).where(PaperSetting.programme_id == programme_id, PaperSetting.kind == kind)
    return db.session.scalars(query).one_or_none()


def look(row: PaperSetting) -> Look:
    """A stored setting as plain values."""
    return Look(
        title=row.title,
        sentence=row.sentence,
        small_print=row.small_print,
        signatories=tuple(_signatory(one) for one in row.signatories),
        required_share=row.required_share,
        valid_months=row.valid_months,
        landscape=row.landscape,
        recognition=row.recognition,
        offered=row.offered,
    )


def _signatory(text: str) -> tuple[str, str]:
    name, _, function = text.partition(SEPARATOR)
    return name, function


def changes(setting_id: int) -> Sequence[PaperSettingChange]:
    """What was changed, the newest first."""
    return db.session.scalars(
        sa.select(PaperSettingChange)
        .where(PaperSettingChange.setting_id == setting_id)
        .order_by(PaperSettingChange.id.desc())
        .options(orm.joinedload(PaperSettingChange.by, innerjoin=True))
    ).all()


def funding_profiles() -> Sequence[FundingProfile]:
    """All of them, by name."""
    return db.session.scalars(sa.select(FundingProfile).order_by(FundingProfile.name)).all()


def funding_profile(profile_id: int) -> FundingProfile:
    """One of them. Raises NoResultFound."""
    return db.session.scalars(sa.select(FundingProfile).where(FundingProfile.id == profile_id)).one()


def logos_of(profile_id: int | None) -> Sequence[Logo]:
    """The logos of a funding profile in their order."""
    return db.session.scalars(
        sa.select(Logo)
        .join(FundingLogo, FundingLogo.logo_id == Logo.id)
        .where(FundingLogo.funding_profile_id == profile_id)
        .order_by(FundingLogo.position)
    ).all()


def logo_counts() -> dict[int, int]:
    """How many logos each funding profile has."""
    query = sa.select(FundingLogo.funding_profile_id, sa.func.count()).group_by(FundingLogo.funding_profile_id)
    return {row[0]: row[1] for row in db.session.execute(query)}


def logo(logo_id: int) -> Logo:
    """One logo with its picture. Raises NoResultFound."""
    return db.session.scalars(sa.select(Logo).where(Logo.id == logo_id).options(orm.undefer(Logo.png))).one()


def pictures(digests: Sequence[str]) -> Mapping[str, bytes]:
    """The image files of these logos by their SHA-256."""
    if not digests:
        return {}
    rows = db.session.execute(sa.select(Logo.sha256, Logo.png).where(Logo.sha256.in_(digests)))
    return {row.sha256: row.png for row in rows}
