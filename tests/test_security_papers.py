"""The papers for the office say what is so: every test they name is there, and nothing is logged elsewhere than they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAPERS = sorted([*(ROOT / "docs/security").glob("*.md"), ROOT / "SECURITY.md"])
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
CODE = [
    path for path in ROOT.rglob("*.py")
    if not {".venv", ".tools", "tests", "benchmarks", "node_modules"} & set(path.relative_to(ROOT).parts)
]  # fmt: skip


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_every_test_that_is_named_is_there(paper: Path) -> None:
    missing = [
        f"{file}::{name}"
        for file, name in NAMED.findall(paper.read_text(encoding="utf-8"))
        if not (ROOT / file).is_file() or (name and f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8"))
    ]
    assert missing == [], "a paper names a test that is not there"


def test_every_link_of_a_paper_leads_somewhere() -> None:
    for paper in PAPERS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", paper.read_text(encoding="utf-8")):
            assert (paper.parent / target).exists(), f"{paper.name} links to {target}"


def test_the_list_of_logs_is_complete() -> None:
    text = (ROOT / "docs/security/log-files.md").read_text(encoding="utf-8")
    for path in CODE:
        code = path.read_text(encoding="utf-8")
        assert not re.search(r"FileHandler|SysLogHandler|SMTPHandler|basicConfig\(.*filename", code), (
            f"{path} logs to a file: say so in log-files.md"
        )
        assert not re.search(r"log\.exception|exc_info=", code), f"{path} logs a failure's words: trace.where_it_failed"
        for name in re.findall(r"""getLogger\(["']([\w.]+)["']\)""", code):
            assert f"`{name}`" in text or name == "pyhanko", f"{path} logs as {name}: name it in log-files.md"
    tables = {
        name
        for path in CODE
        for name in re.findall(r'__tablename__ = "(\w*trace\w*|\w*audit\w*|\w*log)"', path.read_text(encoding="utf-8"))
    }
    assert tables <= set(re.findall(r"`(\w+)`", text)), "a table of traces that log-files.md does not name"
