"""Cut Fira Sans into small web fonts: `python -m typeface FOLDER`.

A program of its own, because fontTools is slow to import and is needed once in the life of an installation.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

CUTS = {"regular": "FiraSans-Regular.ttf", "semibold": "FiraSans-SemiBold.ttf"}
SOURCE = Path(str(files("fontpkg_fira_sans"))) / "files"


def _letters(*ranges: tuple[int, int]) -> frozenset[int]:
    return frozenset(code for first, last in ranges for code in range(first, last + 1))


# The same ranges stand as `unicode-range` in static/kursbuch.css. Combining marks travel with the letters they sit on:
# a mark from another file would not find its place.
EVERY_PAGE = _letters(
    (0x20, 0x7E), (0xA0, 0x17F), (0x300, 0x36F), (0x2000, 0x206F), (0x20AC, 0x20AC), (0x2122, 0x2122), (0x2190, 0x2193),
    (0x2212, 0x2212), (0x2264, 0x2265),
)  # fmt: skip
NAMES = _letters((0x180, 0x2FF), (0x370, 0x45F), (0x490, 0x4FF), (0x1E00, 0x1EFF))
PARTS = {"": EVERY_PAGE, "-names": NAMES}

FEATURES = ["ccmp", "kern", "locl", "mark", "mkmk", "tnum"]


def cut(source: Path, letters: frozenset[int], target: Path) -> None:
    """Write the letters of one font file as WOFF2; the target appears complete or not at all."""
    options = Options()
    options.layout_features = FEATURES
    options.hinting = False
    font = TTFont(source)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = "woff2"
    descriptor, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            font.save(file)
        unfinished.chmod(0o644)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def main(folder: Path, prefix: str) -> None:
    """Write every cut into the folder, named `<prefix>-<cut><part>.woff2`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in CUTS.items():
        for part, letters in PARTS.items():
            cut(SOURCE / file, letters, folder / f"{prefix}-{name}{part}.woff2")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
