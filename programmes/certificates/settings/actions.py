"""Changes how papers look, and keeps what they looked like before. Issued papers never look at it again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import warnings

from PIL import Image, UnidentifiedImageError

from database import db
from programmes.catalogue.models import FundingLogo, FundingProfile, Logo, Programme
from programmes.certificates.models import PaperSetting, PaperSettingChange
from programmes.certificates.rules import CertificateKind
from programmes.certificates.settings import queries
from programmes.certificates.settings.rules import SEPARATOR, Look, look_reasons
from wording import N_, Reason, Refused

LARGEST_FILE = 700_000  # bytes
MOST_PIXELS = 4_000_000
KEPT_WIDTH, KEPT_HEIGHT = 1000, 400  # pixels: 600 dpi at the size that papers print
FORMATS = ("PNG", "JPEG")


def save(
    programme: Programme, kind: CertificateKind, look: Look, *, version: int, by: int, now: dt.datetime
) -> PaperSetting | None:
    """Store a look; None when it changes nothing. Raises Refused with reasons, or when somebody was faster."""
    reasons = look_reasons(look, kind)
    if reasons:
        raise Refused(*reasons)
    row = queries.setting(programme.id, kind)
    if (row.version if row else 0) != version:
        raise Refused(Reason(N_("Jemand hat das inzwischen geändert. Bitte laden Sie die Seite neu.")))
    old = queries.look(row) if row else Look()
    if row and old == look:
        return None
    if row is None:
        row = PaperSetting(programme_id=programme.id, kind=kind, signatories=[], version=0)
        db.session.add(row)
    for name, value in vars(look).items():
        setattr(row, name, value)
    row.signatories = [f"{name}{SEPARATOR}{function}" for name, function in look.signatories]
    row.version += 1
    db.session.flush()
    change = {"old": dataclasses.asdict(old), "new": dataclasses.asdict(look)}
    db.session.add(PaperSettingChange(setting_id=row.id, at=now, by_id=by, **change))
    db.session.flush()
    return row


def choose_funding(programme: Programme, profile_id: int | None) -> None:
    """Say who pays for a programme. Raises NoResultFound."""
    programme.funding_profile_id = queries.funding_profile(profile_id).id if profile_id else None
    db.session.flush()


def save_funding(profile: FundingProfile | None, name: str, line: str) -> FundingProfile:
    """Add or change a funding profile. Raises Refused when another has its name."""
    if any(other.name == name and other is not profile for other in queries.funding_profiles()):
        raise Refused(Reason(N_("Ein Förderprofil mit diesem Namen gibt es schon."), field="name"))
    if profile is None:
        profile = FundingProfile(name=name, line=line)
        db.session.add(profile)
    profile.name, profile.line = name, line
    db.session.flush()
    return profile


def add_logo(profile: FundingProfile, data: bytes, shows: str) -> Logo:
    """Add a logo at the end of a profile's row. Raises Refused where the file is no picture that can be printed."""
    png = redrawn(data)
    digest = hashlib.sha256(png).hexdigest()
    if any(one.sha256 == digest for one in queries.logos_of(profile.id)):
        raise Refused(Reason(N_("Dieses Logo steht schon in diesem Profil."), field="file"))
    logo = db.session.query(Logo).filter_by(sha256=digest).first()
    if logo is None:
        logo = Logo(sha256=digest, shows=shows, png=png)
        db.session.add(logo)
        db.session.flush()
    last = db.session.query(FundingLogo).filter_by(funding_profile_id=profile.id).count()
    db.session.add(FundingLogo(funding_profile_id=profile.id, logo_id=logo.id, position=last + 1))
    db.session.flush()
    return logo


def remove_logo(profile: FundingProfile, logo_id: int) -> None:
    """Take a logo out of a profile; papers that were issued with it keep it, and so does the store of logos."""
    db.session.query(FundingLogo).filter_by(funding_profile_id=profile.id, logo_id=logo_id).delete()
    db.session.flush()


def redrawn(data: bytes) -> bytes:
    """A PNG of our own making from what was sent: decided by content, not by name; small enough to print, nothing hidden.

    Raises Refused for anything but PNG and JPEG, for files and pictures that are too large, and for broken ones.
    """
    if len(data) > LARGEST_FILE:
        raise Refused(Reason(N_("Das Bild ist zu groß: höchstens {most} kB."), field="file", most=LARGEST_FILE // 1000))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Refused(
                        Reason(
                            N_("Das Bild hat zu viele Bildpunkte: höchstens {most} Millionen."),
                            field="file",
                            most=MOST_PIXELS // 1_000_000,
                        )
                    )
                picture = image.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(
            Reason(N_("Das ist kein Bild, das gedruckt werden kann. Bitte PNG oder JPEG."), field="file")
        ) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Refused(Reason(N_("Das Bild ist beschädigt."), field="file")) from None
    picture.thumbnail((KEPT_WIDTH, KEPT_HEIGHT))
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    out = io.BytesIO()
    flat.save(out, "PNG")
    return out.getvalue()
