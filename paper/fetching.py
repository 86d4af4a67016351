"""Fetches the one font that no Python package has: `python -m paper.fetching`, once, when Kursbuch is installed.

It comes from the npm registry without npm, as one file whose hash is known here, and lies beside the installed packages.
Without network everything works but names in Tifinagh, which are then refused as any letter that no font draws.
"""

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

FONTS = Path(sys.prefix) / "share" / "kursbuch" / "fonts"
PUBLIC_REGISTRY = "https://registry.npmjs.org/"

_PACKAGE, _VERSION = "@expo-google-fonts/noto-sans-tifinagh", "0.4.1"
_INTEGRITY = "sha512-62BlriGoJfUY0GA9nyLoBEFrAhVHdxowsI4POuojm2qUYIKHW1blUw1z/sJpBUd7/Dm7YEoXRVJcF4qm6e6qrA=="
_MEMBER = "package/400Regular/NotoSansTifinagh_400Regular.ttf"


def registry() -> str:
    """Where this machine's owner wants npm packages to come from."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if address := os.environ.get(name):
            return address
    npm = shutil.which("npm")
    if npm:
        asked = [npm, "config", "get", "registry"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - nothing of it is input
        if answer.stdout.startswith("https://"):
            return answer.stdout.strip()
    return PUBLIC_REGISTRY


def fetch(package: str, version: str, integrity: str, member: str, target: Path) -> None:
    """Write one file of an npm package to `target`, complete or not at all.

    Raises ValueError if the package is not the one whose hash is given, OSError where it cannot be had.
    """
    address = f"{registry().rstrip('/')}/{package}/-/{package.rsplit('/', 1)[-1]}-{version}.tgz"
    with urllib.request.urlopen(address, timeout=120) as answer:  # noqa: S310 - an address of ours, and a hash
        packed = answer.read()
    if "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode() != integrity:
        raise ValueError(f"{package} {version} is not the file whose hash is known")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        found = archive.extractfile(member)
        if found is None:
            raise ValueError(f"{package} {version} has no {member}")
        target.parent.mkdir(parents=True, exist_ok=True)
        # written aside and renamed, so that nobody finds half a file
        unfinished = target.with_suffix(".part")
        unfinished.write_bytes(found.read())
        unfinished.replace(target)


def main() -> None:
    """Fetch what is missing; say in one line what stays missing."""
    target = FONTS / "NotoSansTifinagh-Regular.ttf"
    if target.exists():
        return
    try:
        fetch(_PACKAGE, _VERSION, _INTEGRITY, _MEMBER, target)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"Left out: the font for Tifinagh ({error}). With a network: python -m paper.fetching\n")


if __name__ == "__main__":
    main()
