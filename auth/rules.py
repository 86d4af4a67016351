"""Decides about accounts: roles, passwords, when to stop listening to a guesser."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from wording import N_, Reason, Term

SESSION_LASTS = dt.timedelta(hours=10)  # security.md SE-4: absolute end of a working day
IDLE = dt.timedelta(minutes=30)  # security.md SE-4: nobody sits at this browser any more …
IDLE_OF_FEW = dt.timedelta(minutes=15)  # … sooner where the most can be changed or read
SEEN_EVERY = dt.timedelta(minutes=1)  # how exactly that is known
KNOWN_LASTS = dt.timedelta(days=180)  # for so long after the last sign-in there a browser is known
PROOF_LASTS = dt.timedelta(minutes=10)  # security.md SE-7: after it, what is sensitive asks again
HALF_LASTS = dt.timedelta(minutes=10)  # between the password and the second factor
INVITATION_LASTS = dt.timedelta(hours=48)  # security.md AU-6
RESET_LASTS = dt.timedelta(hours=1)  # security.md AU-6
RESETS_A_DAY = 5  # security.md RL-4: letters to one address
FAILURES_FROM_ONE_ADDRESS = 100  # security.md RL-1: a whole office may sit behind it
FAILURES_ALLOWED = 10  # security.md RL-1: per account …
FAILURES_WINDOW = dt.timedelta(minutes=15)  # … in this time; then one waits …
FIRST_WAIT = dt.timedelta(minutes=1)  # … so long after the failure, twice as long after the next, …
LONGEST_WAIT = dt.timedelta(minutes=15)  # … but never longer
FAILURES_REMEMBERED = dt.timedelta(days=1)  # of what is older the next wait knows nothing
SHORTEST_PASSWORD = 12  # security.md AU-3
LONGEST_PASSWORD = 256
TOKEN_BYTES = 32  # security.md CR-2
TOKENS_BEGIN = "kursbuch_"  # whoever finds one in a file knows what it opens
TOKEN_LETTERS_SHOWN = len(TOKENS_BEGIN) + 6  # kept to tell one from the other; 37 letters stay secret
LOCAL_WORDS = (
    "kursbuch", "integration", "integrationsbüro", "offenbach", "kreis", "dietzenbach", "dreieich", "egelsbach", "hainburg",
    "heusenstamm", "langen", "mainhausen", "mühlheim", "isenburg", "obertshausen", "rodgau", "rödermark", "seligenstadt",
    "sprendlingen", "passwort", "kennwort", "geheim", "willkommen", "ankommen", "richtig", "mutter", "kind", "gruppe", "lotse",
    "lotsin", "integrationslotse", "integrationslotsin", "koordination", "verwaltung", "sprachkurs", "deutschkurs", "teilnehmer",
    "frühling", "sommer", "herbst", "winter", "hallo", "hessen", "deutschland", "frankfurt", "eintracht", "schatz",
)  # fmt: skip


class Role(Term):
    """What somebody is in the office. One person may have several roles."""

    ADMINISTRATOR = "administrator", N_("Verwaltung")
    COORDINATOR = "coordinator", N_("Koordination")
    LEADER = "leader", N_("Kursleitung")
    OFFICER = "officer", N_("Datenschutz")
    EVALUATOR = "evaluator", N_("Auswertung")


NEED_TWO_FACTORS = frozenset({Role.ADMINISTRATOR, Role.COORDINATOR, Role.OFFICER})  # security.md AU-2
SHORT_IDLE = frozenset({Role.ADMINISTRATOR, Role.OFFICER})


def needs_two_factors(roles: frozenset[Role]) -> bool:
    """Whether a password alone does not open an account with these roles."""
    return bool(roles & NEED_TWO_FACTORS)


def idle_for(roles: frozenset[Role]) -> dt.timedelta:
    """After how long without a click a session of these roles is over."""
    return IDLE_OF_FEW if roles & SHORT_IDLE else IDLE


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


BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "FxiOS/": "Firefox", "CriOS/": "Chrome",
            "Chrome/": "Chrome", "Safari/": "Safari"}  # fmt: skip
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS X": "macOS", "CrOS": "ChromeOS",
           "Linux": "Linux"}  # fmt: skip


def kind_of_browser(user_agent: str) -> str:
    """What a browser says it is, roughly: `Firefox, Windows`; nothing when it says nothing we know."""
    said = (next((name for mark, name in kinds.items() if mark in user_agent), "") for kinds in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, said))


def heard_again(failures: Iterable[dt.datetime]) -> dt.datetime | None:
    """From when on the next guess is listened to, after these failures, the oldest first; None: they were too few to make anybody wait.

    FAILURES_ALLOWED failures within FAILURES_WINDOW make one wait; each that is heard after that doubles the wait, until for a whole
    FAILURES_WINDOW after a wait nobody has failed (security.md RL-1). So nobody is heard more than some forty times an hour.
    """
    lately: list[dt.datetime] = []
    wait, until = FIRST_WAIT, None
    for at in failures:
        if until is not None and at >= until + FAILURES_WINDOW:
            lately, wait, until = [], FIRST_WAIT, None
        lately = [*(one for one in lately if at - one < FAILURES_WINDOW), at]
        if until is not None or len(lately) >= FAILURES_ALLOWED:
            until = at + wait
            wait = min(2 * wait, LONGEST_WAIT)
    return until


def seconds_to_wait(failures: Iterable[dt.datetime], now: dt.datetime) -> int:
    """For how many seconds, rounded up, nobody listens after these failures, the oldest first; 0: the next guess is heard."""
    until = heard_again(failures)
    return 0 if until is None else max(0, math.ceil((until - now).total_seconds()))


def safe_target(target: str | None) -> str | None:
    """The path to go on to after signing in, if it lies on this site; otherwise None (security.md IN-7)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    if any(unicodedata.category(letter).startswith("C") for letter in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
