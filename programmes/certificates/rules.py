"""Decides who earned what paper, on which account of minutes."""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from programmes.attendance.account.rules import (
    Account,
    AccountRule,
    ModuleAccount,
    Outlook,
    as_hours,
    can_still_reach,
    missing_minutes,
    reaches,
)
from programmes.catalogue.rules import Counting, PaperKind
from wording import N_, Reason, Term

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U to mistake
CODE_LENGTH = 26  # 130 random bits (security.md CR-4)
LONGEST_TYPED_CODE = 200  # with spaces and hyphens; nobody types more, so nobody makes us read more
FAILED_CHECKS_ALLOWED = 30  # per address; a whole school may sit behind one, so failures only, and many …
FAILED_CHECKS_WINDOW = dt.timedelta(minutes=15)  # … in this time (security.md RL-4)


class CertificateKind(Term):
    """Which paper it is (domain.md B6, E2, E3). A *Bestätigung* says truthfully what was attended when the share is not reached."""

    PARTICIPATION = "participation", N_("Teilnahmebescheinigung")
    CONFIRMATION = "confirmation", N_("Teilnahmebestätigung")
    QUALIFICATION = "qualification", N_("Zertifikat")
    TRAINING = "training", N_("Fortbildungsbestätigung")
    MODULE = "module", N_("Modulbescheinigung")
    DAYS = "days", N_("Bestätigung der Anwesenheitstage")
    EMPLOYER = "employer", N_("Bescheinigung für den Arbeitgeber")
    KEEPSAKE = "keepsake", N_("Erinnerungsurkunde")


# The paper that a course ends in: somebody has one of them. The others are given besides, when somebody asks for them.
MAIN = frozenset(
    {
        CertificateKind.PARTICIPATION,
        CertificateKind.CONFIRMATION,
        CertificateKind.QUALIFICATION,
        CertificateKind.TRAINING,
    }
)
MAIN_OF = {
    PaperKind.PARTICIPATION: CertificateKind.PARTICIPATION,
    PaperKind.QUALIFICATION: CertificateKind.QUALIFICATION,
    PaperKind.TRAINING: CertificateKind.TRAINING,
}
OF_A_CHILD = "child:"  # begins the slot of a child's keepsake, with its number
COURSE = "course"  # the slot of the main paper; an enrolment has one valid paper in each slot


class CertificateState(Term):
    """Whether an issued paper still holds. The paper itself never changes."""

    VALID = "valid", N_("gültig")
    REPLACED = "replaced", N_("ersetzt")
    REVOKED = "revoked", N_("widerrufen")


class HandOver(Term):
    """How a paper came to its person (domain.md D7)."""

    CEREMONY = "ceremony", N_("bei der Übergabefeier")
    COLLECTED = "collected", N_("persönlich abgeholt")
    LEADER = "leader", N_("durch die Kursleitung")
    POST = "post", N_("mit der Post")
    EMAIL = "email", N_("per E-Mail")
    LINK = "link", N_("über einen persönlichen Link")


class Hardship(Term):
    """How a coordinator decides one case otherwise than the rule."""

    FULL = "full", N_("Das Papier des Programms, obwohl etwas fehlt (Härtefall)")
    CONFIRM = "confirm", N_("Nur die Bestätigung der besuchten Zeit")
    WITHHOLD = "withhold", N_("Vorerst kein Papier")


class Renewal(Term):
    """What a replacement changes."""

    NAME = "name", N_("Nur die Angaben zur Person: alles andere bleibt wie auf dem alten Papier")
    WHOLE = "whole", N_("Fehler im Papier: Anwesenheit, Kurs und Name werden neu gelesen")


@dataclass(frozen=True, kw_only=True)
class Conditions(AccountRule):
    """The programme's rule at the moment of asking: what the account counts, and which paper it may earn."""

    paper: PaperKind
    rule_version: int


def course_over(ends_on: dt.date, cancelled: bool, meetings_to_come: int, today: dt.date) -> bool:
    """Whether nothing more will be offered: the last day is here (or the course is called off) and no meeting is to come."""
    return (cancelled or ends_on <= today) and meetings_to_come == 0


@dataclass(frozen=True)
class Decision:
    """Which paper, or none yet. `against` are reasons why not now; `why` what the paper is based on, to be read."""

    kind: CertificateKind | None
    against: tuple[Reason, ...]
    why: tuple[Reason, ...]

    @property
    def is_ready(self) -> bool:
        return self.kind is not None


def decide(
    account: Account,
    conditions: Conditions,
    *,
    ends_on: dt.date,
    over: bool,
    already_issued: bool,
    hardship: Hardship | None = None,
) -> Decision:
    """Which paper this account earns. Somebody below the share gets a truthful confirmation, not a refusal (domain.md D7).

    A coordinator's decision in a single case comes after the rule: it changes which paper, never what it says was attended.
    """
    reached = reaches(account, conditions.required_share)
    missing = [module for module in account.modules if module.mandatory and not module.fulfilled]
    why = [
        *_about_share(account, conditions, reached),
        *_about_modules(account, conditions),
        *_about_make_up(account, conditions),
    ]
    against = _against(account, conditions, ends_on, over, already_issued)
    if hardship is Hardship.WITHHOLD and not already_issued:
        against.append(Reason(N_("Die Koordination hat entschieden, vorerst kein Papier auszustellen.")))
    if against:
        return Decision(None, tuple(against), tuple(why))
    earned = reached and (not missing or conditions.paper is not PaperKind.QUALIFICATION)
    if hardship is Hardship.FULL and not earned:
        why.append(Reason(N_("Die Koordination hat als Härtefall entschieden, das Papier des Programms auszustellen.")))
        earned = True
    if hardship is Hardship.CONFIRM and earned:
        why.append(Reason(N_("Die Koordination hat entschieden, nur die besuchte Zeit zu bestätigen.")))
        earned = False
    kind = MAIN_OF[conditions.paper] if earned else CertificateKind.CONFIRMATION
    if kind is CertificateKind.CONFIRMATION:
        why.append(Reason(N_("Die Bestätigung nennt die tatsächlich besuchte Zeit.")))
    return Decision(kind, (), tuple(why))


def _against(
    account: Account, conditions: Conditions, ends_on: dt.date, over: bool, already_issued: bool
) -> list[Reason]:
    reasons = []
    if already_issued:
        reasons.append(Reason(N_("Ein gültiges Papier ist schon ausgestellt.")))
    if conditions.paper is PaperKind.NONE:
        reasons.append(Reason(N_("Dieses Programm gibt kein Papier.")))
    if account.meetings_to_come:
        reasons.append(
            Reason(N_("Der Kurs läuft noch. Termine, die noch kommen: {count}."), count=account.meetings_to_come)
        )
    elif not over:
        reasons.append(Reason(N_("Der Kurs läuft noch bis {day}."), day=ends_on.strftime("%d.%m.%Y")))
    if account.not_closed:
        reasons.append(Reason(N_("Noch nicht abgeschlossene Termine: {count}."), count=account.not_closed))
    if account.meetings_attended == 0:
        together = conditions.counting is Counting.PAIR
        reasons.append(
            Reason(
                N_("Kein Termin wurde gemeinsam mit dem Kind besucht.")
                if together
                else N_("Kein Termin wurde besucht.")
            )
        )
    return reasons


def _about_share(account: Account, conditions: Conditions, reached: bool) -> list[Reason]:
    required = conditions.required_share
    if required is None:
        return []
    if reached:
        return [Reason(N_("Verlangt sind {required} % der angebotenen Zeit: erreicht."), required=required)]
    missing = as_hours(missing_minutes(account, required))
    if not account.to_come:
        return [
            Reason(
                N_("Verlangt sind {required} % der angebotenen Zeit: nicht erreicht, es fehlen {missing} Std."),
                required=required,
                missing=missing,
            )
        ]
    text = (
        N_("Verlangt sind {required} %: es fehlen noch {missing} Std., erreichbar sind {reachable} Std.")
        if can_still_reach(account, required)
        else N_(
            "Verlangt sind {required} %: nicht mehr erreichbar. Es fehlen {missing} Std., es kommen {reachable} Std."
        )
    )
    return [Reason(text, required=required, missing=missing, reachable=as_hours(account.reachable))]


def _about_modules(account: Account, conditions: Conditions) -> list[Reason]:
    if conditions.paper is not PaperKind.QUALIFICATION:
        return []
    lacking = [module for module in account.modules if module.mandatory and not module.fulfilled]
    never = [module.title for module in lacking if not module.offered and not module.to_come]
    within_reach = [module.title for module in lacking if module.outlook in {Outlook.OPEN, Outlook.AT_RISK}]
    missed = [module.title for module in lacking if module.title not in {*never, *within_reach}]
    reasons = []
    if never:
        reasons.append(
            Reason(N_("Pflichtmodule, die der Kurs nicht angeboten hat: {modules}."), modules=", ".join(never))
        )
    if missed:
        reasons.append(Reason(N_("Pflichtmodule, die fehlen: {modules}."), modules=", ".join(missed)))
    if within_reach:
        reasons.append(Reason(N_("Pflichtmodule, die noch erreichbar sind: {count}."), count=len(within_reach)))
    if not lacking and any(module.mandatory for module in account.modules):
        reasons.append(Reason(N_("Alle Pflichtmodule sind erfüllt.")))
    return reasons


def _about_make_up(account: Account, conditions: Conditions) -> list[Reason]:
    if not account.entered:
        return []
    if not conditions.counts_make_up:
        return [Reason(N_("Nachgeholte Zeit zählt in diesem Programm nicht."))]
    return [Reason(N_("Nachgeholt sind {minutes} Std.; sie sind mitgezählt."), minutes=as_hours(account.made_up))]


def besides_reasons(
    kind: CertificateKind, *, days_attended: int, module: ModuleAccount | None = None, share: int | None = None
) -> list[Reason]:
    """What speaks against a paper besides the main one. A module's is given when its share was attended, the course may run on.

    `share` is the percentage that a module confirmation asks for; without one some attendance will do.
    """
    if kind is CertificateKind.MODULE:
        if module is None or not module.attended + module.made_up:
            return [Reason(N_("Von diesem Modul wurde nichts besucht."))]
        if module.to_come:
            return [Reason(N_("Das Modul ist noch nicht zu Ende."))]
        if share is not None and (module.attended + module.made_up) * 100 < share * module.offered:
            return [Reason(N_("Vom Modul verlangt ({required} %): nicht erreicht."), required=share)]
        return []
    return [] if days_attended else [Reason(N_("Kein Termin wurde besucht."))]


def hand_over_reasons(
    state: CertificateState, issued_on: dt.date, on: dt.date, today: dt.date, already: dt.date | None
) -> list[Reason]:
    """What speaks against noting that a paper was handed over on a day."""
    if state is not CertificateState.VALID:
        return [Reason(N_("Nur ein gültiges Papier wird übergeben."))]
    if already is not None:
        return [Reason(N_("Dieses Papier ist schon am {day} übergeben."), day=already.strftime("%d.%m.%Y"))]
    if on > today:
        return [Reason(N_("Der Tag liegt in der Zukunft."), field="handed_over_on")]
    if on < issued_on:
        return [
            Reason(
                N_("Der Tag liegt vor der Ausstellung am {day}."),
                field="handed_over_on",
                day=issued_on.strftime("%d.%m.%Y"),
            )
        ]
    return []


def change_reasons(state: CertificateState) -> list[Reason]:
    """What speaks against replacing or revoking a paper in this state."""
    if state is CertificateState.VALID:
        return []
    return [Reason(N_("Nur ein gültiges Papier kann ersetzt oder widerrufen werden; dieses ist {state}."), state=state)]


class Said(NamedTuple):
    """What a paper says of who somebody is, or would say today. None of a printed one: it does not stand there."""

    name: str
    native_name: str | None = None
    birth_name: str | None = None
    birth_date: dt.date | None = None


CORRECTED = (  # in the order of the fields
    N_("Auf dem Papier steht der Name {printed}, richtig ist {today}."),
    N_("Auf dem Papier steht in eigener Schrift {printed}, richtig ist {today}."),
    N_("Auf dem Papier steht der Geburtsname {printed}, richtig ist {today}."),
    N_("Auf dem Papier steht das Geburtsdatum {printed}, richtig ist {today}."),
)


def corrected(printed: Said, today: Said) -> list[Reason]:
    """What of an issued paper was corrected since, so that it should be replaced (security.md PR-4). What its owner did not want
    on it cannot be wrong there; letters that are only stored in another way are the same letters."""
    return [
        Reason(sentence, printed=_written(there), today=_written(here))
        for sentence, there, here in zip(CORRECTED, printed, today, strict=True)
        if there is not None and _written(there) != _written(here)
    ]


def _written(value: str | dt.date | None) -> str:
    if isinstance(value, dt.date):
        return value.strftime("%d.%m.%Y")
    return " ".join(unicodedata.normalize("NFC", value or "").split()) or "–"


def new_code() -> str:
    """A verification code: 130 random bits, nothing derived."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def read_code(text: str) -> str | None:
    """A code as people type it: any case, with spaces and hyphens, O for 0, I and L for 1. None when it cannot be one."""
    if len(text) > LONGEST_TYPED_CODE:
        return None
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", text)
        if not letter.isspace() and unicodedata.category(letter) != "Pd"
    )
    code = bare.upper().translate(str.maketrans("OIL", "011"))
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET) else None


def grouped(code: str) -> str:
    """A code in groups of four, easier to read and type."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def number(year: int, running: int) -> str:
    """The number of a paper: year and running number, not a secret."""
    return f"KO-{year}-{running:05d}"


def masked(name: str) -> str:
    """A name by its initials, each letter with its marks: enough to compare with the paper in hand, not to learn a name."""
    return " ".join(filter(None, (_initial(word) for word in unicodedata.normalize("NFC", name).split())))


def _initial(word: str) -> str:
    for position, letter in enumerate(word):
        if unicodedata.category(letter).startswith("L"):
            end = position + 1
            while end < len(word) and unicodedata.category(word[end]).startswith("M"):
                end += 1
            return word[position:end] + "."
    return ""


def file_name(title: str, name: str, number: str) -> str:
    """What a downloaded paper is called: what it is and for whom, in letters that every file system takes."""
    text = unicodedata.normalize("NFC", f"{title} {name} {number}")
    safe = "".join(letter for letter in text if letter in " -" or unicodedata.category(letter)[0] in "LMN")
    words = " ".join(safe.split())
    most = 120 - len(number)
    return (words if len(words) <= 120 else f"{words[:most].rstrip()} {number}") + ".pdf"
