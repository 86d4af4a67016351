"""Decides about accounts: roles, passwords, when to stop listening to a guesser."""

from __future__ import annotations

import datetime as dt
import unicodedata
from urllib.parse import urlsplit

from wording import N_, Reason, Term

SESSION_LASTS = dt.timedelta(hours=10)  # security.md SE-4: absolute end of a working day
INVITATION_LASTS = dt.timedelta(hours=48)  # security.md AU-6
FAILURES_ALLOWED = 10  # security.md RL-1: per account …
FAILURES_WINDOW = dt.timedelta(minutes=15)  # … in this time
SHORTEST_PASSWORD = 12  # security.md AU-3
LONGEST_PASSWORD = 256
TOKEN_BYTES = 32  # security.md CR-2
TOKENS_BEGIN = "kursbuch_"  # whoever finds one in a file knows what it opens
TOKEN_LETTERS_SHOWN = len(TOKENS_BEGIN) + 6  # kept to tell one from the other; 37 letters stay secret
LOCAL_WORDS = ("kursbuch", "integration", "offenbach", "dietzenbach", "dreieich", "passwort", "ankommen")


class Role(Term):
    """What somebody is in the office. One person may have several roles."""

    ADMINISTRATOR = "administrator", N_("Verwaltung")
    COORDINATOR = "coordinator", N_("Koordination")
    LEADER = "leader", N_("Kursleitung")
    OFFICER = "officer", N_("Datenschutz")
    EVALUATOR = "evaluator", N_("Auswertung")


class Scope(Term):
    """What a program may do that holds somebody's token; never more than its owner may."""

    STATISTICS = "statistics", N_("Statistik lesen")


class TokenLife(Term):
    """For how many days a token opens anything: a year at most."""

    MONTH = "30", N_("30 Tage")
    QUARTER = "90", N_("90 Tage")
    YEAR = "365", N_("1 Jahr")

    @property
    def duration(self) -> dt.timedelta:
        return dt.timedelta(days=int(self.value))


def normal_email(address: str) -> str:
    """The form in which an address is stored and looked up."""
    return unicodedata.normalize("NFC", address).strip().casefold()


def password_reasons(password: str, email: str) -> list[Reason]:
    """What speaks against this password (security.md AU-3). No rules of composition; length counts."""
    reasons = []
    if len(password) < SHORTEST_PASSWORD:
        reasons.append(
            Reason(N_("Das Passwort braucht mindestens {least} Zeichen."), field="password", least=SHORTEST_PASSWORD)
        )
    if len(password) > LONGEST_PASSWORD:
        reasons.append(
            Reason(N_("Das Passwort darf höchstens {most} Zeichen haben."), field="password", most=LONGEST_PASSWORD)
        )
    bare = "".join(letter for letter in password.casefold() if letter.isalpha())
    if bare and (bare in LOCAL_WORDS or bare == "".join(filter(str.isalpha, email.partition("@")[0].casefold()))):
        reasons.append(Reason(N_("Dieses Passwort errät man zu leicht. Nehmen Sie mehrere Wörter."), field="password"))
    if password and len(set(password)) < 5:
        reasons.append(
            Reason(N_("Das Passwort wiederholt wenige Zeichen. Nehmen Sie mehrere Wörter."), field="password")
        )
    return reasons


def locked_out(failures: int) -> bool:
    """Whether so many failures in the window stop further guesses at this account."""
    return failures >= FAILURES_ALLOWED


def safe_target(target: str | None) -> str | None:
    """The path to go on to after signing in, if it lies on this site; otherwise None (security.md IN-7)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    if any(unicodedata.category(letter).startswith("C") for letter in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
