"""Decides what of a paper anybody may learn, and whether a file says what the paper says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from programmes.certificates.rules import read_code
from programmes.participants.rules import name_key
from wording import P_

NUMBER = re.compile(r"KO\s*-?\s*(\d{4})\s*-?\s*(\d{5,})", re.IGNORECASE)
LOOK_ALIKE = str.maketrans("OIL", "011")
SHORTEST_NAME = 2  # letters; a family may be called Ng

# What may differ between a file and the paper it claims to be, in words that anybody reads.
TITLE, NUMBER_ON_IT, NAME, COURSE = P_("Papier"), P_("Nummer"), P_("Name"), P_("Kurs")
PERIOD, AMOUNT, ISSUED = P_("Zeitraum"), P_("Besucht"), P_("Ausgestellt am")
SOMETHING = P_("Etwas anderes als der Text, zum Beispiel ein Bild.")


def read_number(text: str) -> str | None:
    """A number as people type it: any case, letters for digits, with or without hyphens. None when it cannot be one."""
    bare = unicodedata.normalize("NFKC", text).strip().upper().replace("–", "-").replace("K0", "KO", 1)
    head, tail = bare[:2], bare[2:].translate(LOOK_ALIKE)
    found = NUMBER.fullmatch(head + tail)
    return f"KO-{found[1]}-{found[2]}" if found else None


def found_in(text: str) -> tuple[str | None, str | None]:
    """Number and code that a text mentions, as far as it mentions them."""
    number = NUMBER.search(text)
    codes = (read_code(word) for word in re.findall(r"(?:[0-9A-Z]{2,4}[- ]?){6,9}", text))
    return f"KO-{number[1]}-{number[2]}" if number else None, next(filter(None, codes), None)


def is_family_name(typed: str, printed: Iterable[str]) -> bool:
    """Whether somebody who types this holds the paper: it is the end of a name on it, in whatever spelling."""
    key = name_key(typed)
    if len(key) < SHORTEST_NAME:
        return False
    for name in printed:
        words = name.split()
        ends = (" ".join(words[start:]) for start in range(min(1, len(words) - 1), len(words)))
        if any(name_key(end) == key for end in ends):
            return True
    return False


@dataclass(frozen=True)
class Expected:
    """What must stand in a file for it to be the paper: a label for people, and the words."""

    label: str
    words: Sequence[str]


def differences(text: str, expected: Iterable[Expected]) -> list[str]:
    """The labels of what is not in the text; without a difference in words it is something else."""
    seen = tidy(text)
    wrong = [one.label for one in expected if not all(tidy(word) in seen for word in one.words)]
    return list(dict.fromkeys(wrong)) or [SOMETHING]


def tidy(text: str) -> str:
    """Letters and digits only: readers of PDFs put white space and marks of direction where they like."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter)[0] in "LMN"
    ).casefold()
