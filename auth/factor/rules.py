"""Decides about second factors: which code counts when, and when to stop listening."""

from __future__ import annotations

import datetime as dt

from auth.rules import SHORTEST_PASSWORD

STEP = 30  # seconds for which a code of an app is shown (RFC 6238)
STEPS_AROUND = 1  # clocks differ: the code before and the one after count as well
DIGITS = 6  # of such a code
CODES = 10  # on a printed sheet
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is mistaken for something else
CODE_LENGTH = 10  # 49 bits, of which nobody gets more than fifty guesses a day
FEW_CODES = 3  # when it is time for a new sheet
LIMITS = ((dt.timedelta(minutes=5), 5), (dt.timedelta(hours=1), 20), (dt.timedelta(days=1), 50))  # security.md RL-4


def normal_code(typed: str) -> str:
    """A code as it was made, however it was typed: without blanks and dashes, in small letters."""
    return "".join(letter for letter in typed.casefold() if letter.isalnum())


def is_code(typed: str) -> bool:
    """Whether this can be a code, of an app or of a printed sheet, where a password may stand as well: those are longer."""
    code = normal_code(typed)
    if len(typed.strip()) >= SHORTEST_PASSWORD or not code.isascii():
        return False
    return (len(code) == DIGITS and code.isdecimal()) or (len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS))


def shown_code(code: str) -> str:
    """A printed code in two halves."""
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


def steps_now(now: dt.datetime) -> range:
    """The steps whose codes count now, the oldest first."""
    step = int(now.timestamp()) // STEP
    return range(step - STEPS_AROUND, step + STEPS_AROUND + 1)
