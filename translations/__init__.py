"""What is said in other languages. Catalogues (.po) are kept; what is made from them (.mo) is made on the machine.

Two kinds: `messages.po`, the pages of the office in English, and `people.po`, what participants read on papers and public
pages in one of their own languages (marked `P_` where it is written).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).resolve().parent

# What the participants of the county read besides German, each by its own name.
LANGUAGES = {
    "ar": "العربية",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "fa": "فارسی / دری",
    "fr": "Français",
    "hr": "Hrvatski",
    "it": "Italiano",
    "pl": "Polski",
    "ru": "Русский",
    "sr": "Српски",
    "tr": "Türkçe",
    "uk": "Українська",
}


def compiled(instance: Path) -> Path:
    """The folder of compiled catalogues, made anew where a catalogue is newer."""
    folder = instance / "translations"
    for source in HERE.glob("*/LC_MESSAGES/messages.po"):
        target = (folder / source.relative_to(HERE)).with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as po:
            catalogue = read_po(po, locale=source.parent.parent.name)
        fresh = target.with_suffix(".new")
        with fresh.open("wb") as mo:
            write_mo(mo, catalogue)
        fresh.replace(target)
    return folder


def for_people(language: str) -> Callable[[str], str]:
    """Says German texts marked `P_` in one of LANGUAGES; in German where the catalogue lacks one, or for "de"."""
    return _people(language).__getitem__ if language in LANGUAGES else str


def is_right_to_left(language: str) -> bool:
    """Whether a language is written from right to left."""
    return Locale.parse(language).text_direction == "rtl"


class _Catalogue(dict[str, str]):
    """German text -> the same in one language; what is missing is said in German."""

    def __missing__(self, text: str) -> str:
        return text


@cache
def _people(language: str) -> _Catalogue:
    path = HERE / language / "LC_MESSAGES" / "people.po"
    if not path.exists():
        return _Catalogue()
    with path.open("rb") as po:
        return _Catalogue(
            {str(entry.id): str(entry.string) for entry in read_po(po, locale=language) if entry.id and entry.string}
        )
