"""Which font draws this letter: found on first use, never at import, each font read once.

The chain is: Noto Sans (all of DIN 91379, the letters a German authority must be able to print), FiraGO (Arabic,
Hebrew, Georgian; one glyph per letter, so the text can be copied out again), Noto of the remaining scripts, Noto Sans of
the four ways to write Han characters, and last whatever the system's font folders offer, which is never required.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import RLock

import pymupdf_fonts
import uharfbuzz as hb
from fontTools.unicodedata import script

from paper.fetching import FONTS
from paper.letters import JOINERS, clean, letters


class Han(Enum):
    """The country whose forms of the Han characters are drawn: one code point, up to four shapes."""

    CHINA = "SC"
    TAIWAN = "TC"
    JAPAN = "JP"
    KOREA = "KR"


class Cut(Enum):
    """A cut of the typeface; a script without bold or italic falls back to its regular cut."""

    REGULAR = "regular"
    BOLD = "bold"
    ITALIC = "italic"


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """One readable font: its outlines, its shaper and the code points it covers.

    `scale` turns font units into thousandths of an em, the unit of PDF text. `weight` is the pinned `wght` axis of a
    variable font (400 or 700), None for a static one.
    """

    name: str
    face: hb.Face
    shaper: hb.Font
    coverage: frozenset[int]
    scale: float
    weight: float | None

    def covers(self, letter: str) -> bool:
        """Can this font draw the letter and all its marks?"""
        return all(ord(sign) in self.coverage for sign in letter)


# the underscore names are all the package has; requirements.txt pins it for that reason
_BUNDLED: dict[Cut, tuple[Callable[[], bytes], ...]] = {
    Cut.REGULAR: (pymupdf_fonts._notos, pymupdf_fonts._figo),
    Cut.BOLD: (pymupdf_fonts._notosbo, pymupdf_fonts._figbo),
    Cut.ITALIC: (pymupdf_fonts._notosit, pymupdf_fonts._figit),
}
_PACKAGES = ("justmytype_intl_africa", "justmytype_intl_south_asia", "justmytype_intl_sea", "manimgx_fonts")
_HAN_PACKAGE = "justmytype_intl_cjk"
_WEIGHT = {Cut.REGULAR: 400.0, Cut.BOLD: 700.0, Cut.ITALIC: 400.0}
# one face of a family is enough, and colour or outline-less fonts cannot be embedded
_UNSUITABLE = ("Bold", "Italic", "Oblique", "Light", "Thin", "Black", "Medium", "Condensed", "Mono", "Emoji", "UI")
_RESTRICTED = 0x0002 | 0x0100  # OS/2 fsType: no embedding; no subsetting
_LOCK = RLock()


def missing_glyphs(text: str) -> list[str]:
    """The letters (with their marks) of `text` that no font draws, each once; an empty list is a yes.

    Raises ValueError for text that `letters.clean` refuses.
    """
    found = dict.fromkeys(letter for _, letter in letters(clean(text)))
    return [letter for letter in found if font_for(letter.strip(JOINERS), Cut.REGULAR) is None]


def han_of(text: str, language: str | None = None) -> Han:
    """Whose Han characters a text means: as its language says ("ja", "zh-TW"), else as kana or Hangul beside them tell."""
    tag = (language or "").lower()
    if tag.startswith("ja"):
        return Han.JAPAN
    if tag.startswith("ko"):
        return Han.KOREA
    if tag.startswith("zh"):
        return Han.TAIWAN if any(part in tag for part in ("hant", "tw", "hk", "mo")) else Han.CHINA
    scripts = {script(sign) for sign in text}
    if scripts & {"Hira", "Kana"}:
        return Han.JAPAN
    return Han.KOREA if "Hang" in scripts else Han.CHINA


@lru_cache(maxsize=8192)
def font_for(letter: str, cut: Cut, han: Han = Han.CHINA) -> Font | None:
    """The first font of the chain that draws the letter together with its marks, or None."""
    with _LOCK:
        return next((font for font in _chain(cut, han) if font.covers(letter)), None) or _system_font(letter)


def _chain(cut: Cut, han: Han) -> Iterator[Font]:
    for number in range(len(_BUNDLED[cut])):
        yield _bundled(cut, number)
    for path in _packaged_paths():
        yield _opened(path, cut)
    for path in _han_paths(han):
        yield _opened(path, cut)
    if cut is not Cut.REGULAR:
        yield from _chain(Cut.REGULAR, han)


@cache
def _bundled(cut: Cut, number: int) -> Font:
    return _font(hb.Face(hb.Blob(_BUNDLED[cut][number]())), cut)


@cache
def _opened(path: Path, cut: Cut) -> Font:
    return _font(hb.Face(hb.Blob.from_file_path(str(path))), cut)


@cache
def _packaged_paths() -> tuple[Path, ...]:
    found = [path for package in _PACKAGES for path in _files_of(package)] + sorted(FONTS.glob("*.ttf"))
    return tuple(path for path in found if not any(word in path.stem for word in _UNSUITABLE))


@cache
def _han_paths(first: Han) -> tuple[Path, ...]:
    """The fonts of Han characters, beginning with the country asked for; then China's, which has the most."""
    order = [first.value, *(han.value for han in Han if han is not first)]
    paths = {path.name.removeprefix("NotoSans")[:2]: path for path in _files_of(_HAN_PACKAGE)}
    return tuple(paths[name] for name in order if name in paths)


def _files_of(package: str) -> list[Path]:
    spec = find_spec(package)
    return sorted(Path(spec.origin).parent.rglob("*.ttf")) if spec and spec.origin else []


@cache
def _system_paths() -> tuple[Path, ...]:
    """TrueType files of the system, Noto first; sorted, so that one machine always answers the same."""
    home = Path.home()
    folders = {
        "win32": (Path(os.environ.get("WINDIR", "C:/Windows"), "Fonts"),),
        "darwin": (Path("/Library/Fonts"), Path("/System/Library/Fonts"), home / "Library/Fonts"),
    }.get(sys.platform, (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts"))
    found = {path for folder in folders for path in folder.rglob("*.ttf")}
    suitable = (path for path in found if not any(word in path.stem for word in _UNSUITABLE))
    return tuple(sorted(suitable, key=lambda path: (not path.stem.startswith("Noto"), path.name, str(path))))


@lru_cache(maxsize=4096)
def _system_font(letter: str) -> Font | None:
    for path in _system_paths():
        try:
            face = hb.Face(hb.Blob.from_file_path(str(path)))
        except (OSError, hb.HarfBuzzError):
            continue  # a broken or unreadable file in a system folder is not our affair
        if _embeddable(face) and all(hb.Font(face).get_nominal_glyph(ord(sign)) for sign in letter):
            return _opened(path, Cut.REGULAR)
    return None


def _embeddable(face: hb.Face) -> bool:
    if not {"glyf", "OS/2"} <= set(face.table_tags):
        return False
    return not int.from_bytes(face.reference_table("OS/2").data[8:10]) & _RESTRICTED


def _font(face: hb.Face, cut: Cut) -> Font:
    shaper = hb.Font(face)
    weight = _WEIGHT[cut] if any(axis.tag == "wght" for axis in face.axis_infos) else None
    if weight is not None:
        shaper.set_variations({"wght": weight})  # the default instance of some Noto fonts is Thin
    name = "".join(sign for sign in face.get_name(hb.OTNameIdPredefined.POSTSCRIPT_NAME) or "Font" if sign.isalnum())
    return Font(name, face, shaper, frozenset(face.unicodes), 1000 / face.upem, weight)
