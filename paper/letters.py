"""What may stand on paper, and what belongs together: letters with their marks."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

JOINERS = "\u200c\u200d"  # part of how Persian and Indic words are spelt, so they stay


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """The text as it may be drawn: NFC, single spaces, without invisible controls.

    Treated safely: bidi controls and other format characters are dropped (a name must not turn round the words beside
    it), every white space becomes one space; the joiners U+200C and U+200D stay, they are spelling. Refused with a
    ValueError: NUL and other control characters, lone surrogates, noncharacters. They are damage, not spelling.
    """
    kept = []
    for sign in text:
        category = unicodedata.category(sign)
        if sign.isspace() and sign not in "\u00a0\u202f":
            kept.append(" ")
        elif category in ("Cc", "Cs") or ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF:
            raise ValueError(f"U+{ord(sign):04X} cannot stand on paper")
        elif category != "Cf" or sign in JOINERS:
            kept.append(sign)
    return " ".join(part for part in unicodedata.normalize("NFC", "".join(kept)).split(" ") if part)


def letters(text: str) -> Iterator[tuple[int, str]]:
    """Every base character together with the marks and joiners that follow it, and where it begins."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not (unicodedata.category(text[end]).startswith("M") or text[end] in JOINERS):
            yield start, text[start:end]
            start = end
