"""What Kursbuch is made of: every package is asked for with a reason, pinned with the hashes of its files, and licensed."""

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tools.licences import ROOT, Pin, licences, locked, page

WANTED = re.compile(r"^(?P<name>[^=\s]+)==(?P<version>\S+)\s+# (?P<why>\S.*)$")
# What they allow: use by an authority, unchanged, with its sources named. No licence that asks to publish what runs beside it.
REFUSED = re.compile(r"AGPL|Affero|(?<!L)GPL-[23]|SSPL|Commons Clause|UNKNOWN|proprietary", re.IGNORECASE)


def wanted(name: str) -> set[Pin]:
    """One of the files in which people write what is needed."""
    found = set()
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-r ")):
            match = WANTED.match(line)
            assert match, f"{name}: pin it and say what it is for: {line}"
            found.add(Pin(canonicalize_name(Requirement(match["name"]).name), match["version"]))
    return found


@pytest.mark.parametrize("kind", ["requirements", "requirements-dev"])
def test_everything_asked_for_is_locked_by_hash(kind: str) -> None:
    asked, pinned = wanted(f"{kind}.txt"), locked(f"{kind}.lock")
    assert asked <= pinned, "run make lock"
    text = (ROOT / f"{kind}.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert len(entries) == len(pinned)


def test_what_is_installed_is_what_is_locked() -> None:
    assert locked() <= locked("requirements-dev.lock"), "what runs and what is tested are the same"
    installed = {canonicalize_name(one.name): one.version for one in importlib.metadata.distributions()}
    pins = [pin for pin in locked("requirements-dev.lock", here=True) if pin.name in installed]
    assert len(pins) > 100
    assert [pin for pin in pins if installed[canonicalize_name(pin.name)] != pin.version] == [], (
        "make prepare installs what is locked"
    )


def test_licences_are_listed_and_none_is_refused() -> None:
    assert [line for line in licences() if REFUSED.search(line[2])] == []
    assert (ROOT / "docs/security/licences.md").read_text(encoding="utf-8") == page(), "run make lock"


def test_the_bill_of_materials_names_everything_with_its_hash(tmp_path: Path) -> None:
    made = tmp_path / "sbom.json"
    tool = Path(sys.executable).with_name("cyclonedx-py")
    subprocess.run([tool, "requirements", "--output-reproducible", "--output-file", made, "requirements.lock"],
                   check=True, cwd=ROOT, capture_output=True)  # fmt: skip
    listed = json.loads(made.read_text(encoding="utf-8"))
    assert listed["bomFormat"] == "CycloneDX"
    parts = {Pin(canonicalize_name(part["name"]), part["version"]) for part in listed["components"]}
    assert parts == locked()
    hashed = [part for part in listed["components"] if any(ref.get("hashes") for ref in part["externalReferences"])]
    assert len(hashed) == len(parts)
