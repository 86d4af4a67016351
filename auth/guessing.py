"""How easily a password is guessed, without asking anybody outside: by the lists of zxcvbn, which it brings along.

They take a twentieth of a second to load, so they are loaded when somebody sets a password.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from auth.rules import LOCAL_WORDS

FEWEST_GUESSES = 10**9  # "Kursbuch-12345" takes a tenth of that
LOOKED_AT = 72  # letters: what is hard to guess so far stays so, and looking takes longer with every letter


def is_easy(password: str, own_words: Iterable[str]) -> bool:
    """Whether a guesser who knows the office and the person needs few tries."""
    known = [word.casefold() for word in (*LOCAL_WORDS, *own_words) if len(word) > 2]
    found = import_module("zxcvbn").zxcvbn(password[:LOOKED_AT], known)
    return bool(found["guesses"] < FEWEST_GUESSES)
