"""Decides what the settings of a paper may say: placeholders, signatories, shares."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from programmes.catalogue.rules import PaperKind
from programmes.certificates.rules import CertificateKind
from wording import N_, Reason

# What a sentence or small print may be filled with; the German word is what people type between braces.
PLACEHOLDERS = {
    "name": N_("Name, wie er auf dem Papier steht"),
    "zeitraum": N_("vom … bis …"),
    "kurs": N_("Titel des Kurses"),
    "programm": N_("Programm"),
    "ort": N_("Kommune und Quartier"),
    "besucht": N_("besuchte Einheiten"),
    "angeboten": N_("angebotene Einheiten"),
    "termine": N_("besuchte Termine"),
    "leitung": N_("Kursleitung"),
}
SEPARATOR = " | "  # between name and function of a signatory, as they are kept
MOST_SIGNATORIES = 2
OF_MAIN = {
    PaperKind.PARTICIPATION: (CertificateKind.PARTICIPATION, CertificateKind.CONFIRMATION),
    PaperKind.QUALIFICATION: (CertificateKind.QUALIFICATION, CertificateKind.CONFIRMATION),
    PaperKind.TRAINING: (CertificateKind.TRAINING, CertificateKind.CONFIRMATION),
    PaperKind.NONE: (),
}
HEAD_OF_COUNTY = ("Landrat des Kreises Offenbach", "")
HEAD_OF_OFFICE = ("Leitung des Integrationsbüros", "")
OFFICE_OF_COUNTY = ("Leitung des Integrationsbüros", "Kreis Offenbach")
LEADER = ("{leitung}", "Kursleitung")
USUAL_SIGNATORIES: dict[CertificateKind, tuple[tuple[str, str], ...]] = {
    CertificateKind.QUALIFICATION: (HEAD_OF_COUNTY, HEAD_OF_OFFICE),
    CertificateKind.DAYS: (OFFICE_OF_COUNTY,),
    CertificateKind.EMPLOYER: (OFFICE_OF_COUNTY,),
}


@dataclass(frozen=True)
class Look:
    """How one kind of paper of a programme looks and what it asks; None is as usual for its kind.

    `signatories` are (name, function); `required_share` in percent; `valid_months` from the day of issue; `recognition` the
    number under which the course is recognised as Bildungsurlaub.
    """

    title: str | None = None
    sentence: str | None = None
    small_print: str | None = None
    signatories: Sequence[tuple[str, str]] = field(default_factory=tuple)
    required_share: int | None = None
    valid_months: int | None = None
    landscape: bool = False
    recognition: str | None = None
    offered: bool = True


def kinds_of(paper: PaperKind, *, has_modules: bool, is_family: bool) -> list[CertificateKind]:
    """The kinds of paper a programme can give: its main ones, and what fits besides."""
    kinds = list(OF_MAIN[paper])
    if has_modules:
        kinds.append(CertificateKind.MODULE)
    if paper is not PaperKind.NONE:
        kinds += [CertificateKind.DAYS, CertificateKind.EMPLOYER]
    if is_family:
        kinds.append(CertificateKind.KEEPSAKE)
    return kinds


def is_offered_unasked(kind: CertificateKind) -> bool:
    """Whether a kind is given before anybody has said anything about it: not the recognised educational leave."""
    return kind is not CertificateKind.EMPLOYER


def look_reasons(look: Look, kind: CertificateKind) -> list[Reason]:
    """What speaks against these settings, each at its field."""
    reasons = []
    for name in ("sentence", "small_print"):
        reasons += _placeholder_reasons(getattr(look, name) or "", name)
    for number, (name, function) in enumerate(look.signatories, 1):
        reasons += _placeholder_reasons(name + function, f"signatory_{number}", only={"leitung"})
        if SEPARATOR.strip() in name + function:
            reasons.append(Reason(N_("Der senkrechte Strich kann hier nicht stehen."), field=f"signatory_{number}"))
    if kind is CertificateKind.EMPLOYER and look.offered and not look.recognition:
        reasons.append(
            Reason(N_("Bitte nennen Sie die Nummer der Anerkennung als Bildungsurlaub (HBUG)."), field="recognition")
        )
    return reasons


def _placeholder_reasons(text: str, field: str, only: set[str] | None = None) -> list[Reason]:
    known = ", ".join("{" + name + "}" for name in (only or PLACEHOLDERS))
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return [Reason(N_("Eine geschweifte Klammer steht allein. Bekannt sind: {known}"), field=field, known=known)]
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in (only or PLACEHOLDERS) or form or conversion:
            return [
                Reason(
                    N_("Diesen Platzhalter gibt es nicht: {name}. Bekannt sind: {known}"),
                    field=field,
                    name="{" + name[:40] + "}",
                    known=known,
                )
            ]
    return []


def filled(text: str | None, values: Mapping[str, str]) -> str | None:
    """The text with its placeholders filled; it was checked by `look_reasons` when it was written."""
    return text.format_map(values) if text else None


def valid_until(issued_on: dt.date, months: int | None) -> dt.date | None:
    """The last day of a validity of so many months: the 31st becomes the last day of a shorter month."""
    if months is None:
        return None
    year, month = divmod(issued_on.year * 12 + issued_on.month - 1 + months, 12)
    first_of_next = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(dt.date(year, month + 1, 1) + dt.timedelta(days=issued_on.day - 1), first_of_next - dt.timedelta(days=1))
