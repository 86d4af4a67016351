"""Fetches the Nu HTML checker, as published on npm, without npm: one file whose hash is known here."""

from pathlib import Path

from paper import fetching

PACKAGE = "vnu-jar"
VERSION = "26.9.27"
INTEGRITY = "sha512-TkQd5DFfOaWC9ebtvozTsrH2Vaod3jYg+vrOeREzIXxBexLz9+rS2DNtjn7+RPUiZhgli0SghgBX6RJRNea0KA=="
MEMBER = "package/build/dist/vnu.jar"


def fetch(target: Path) -> None:
    """Writes the jar to `target`; ValueError if it is not the file we know."""
    fetching.fetch(PACKAGE, VERSION, INTEGRITY, MEMBER, target)
