"""What the README says and time could make untrue: pictures, settings, commands, logins, links, who may read the data."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

import schema
from demo.accounts import PASSWORD, STAFF
from paper.fonts import missing_glyphs
from run import create_app
from settings import Settings
from tests.tools import machine

README = (machine.ROOT / "README.md").read_text(encoding="utf-8")
PICTURES = machine.ROOT / "docs" / "pictures"
LARGEST_PICTURES = 1_000_000  # bytes, all of them
SHORTEST_ALT = 30  # characters: what a picture shows, not what it is called
OF_A_COMMAND = {"ADMIN_PASSWORD"}  # read by one command, and explained there


class Listening(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values_given = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_given)

    def __len__(self) -> int:
        return len(self.values_given)


def rows(heading: str) -> list[list[str]]:
    """The table under a heading, without its head; each cell as written."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_picture_is_there_and_shown_once() -> None:
    shown = re.findall(r'<img align="top" src="([^"]+)" width="(\d+)" alt="([^"]+)">', README)
    assert len(shown) == README.count("<img")
    assert sorted(src for src, _, _ in shown) == sorted(f"docs/pictures/{path.name}" for path in PICTURES.iterdir())
    assert all(len(alt) >= SHORTEST_ALT for _, _, alt in shown)
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) <= LARGEST_PICTURES


def test_every_picture_is_one_the_tests_take() -> None:
    code = (machine.ROOT / "tests/browser/test_pictures.py").read_text(encoding="utf-8")
    taken = set(re.findall(r'pictures\.(?:page|document)\(.*"([a-z-]+)"', code))
    assert taken == {path.stem for path in PICTURES.iterdir()}


def test_every_setting_stands_in_the_table(tmp_path: Path) -> None:
    environment = Listening({"INSTANCE": str(tmp_path)})
    Settings.from_environment(environment)
    named = {name for first, *_ in rows("Settings") for name in re.findall(r"`([A-Z_]+)`", first)}
    assert named == environment.asked
    everywhere = set(re.findall(r"`?\b([A-Z]+_[A-Z]+|DEMO|HOST|PORT|INSTANCE)\b(?==|`)", README))
    assert everywhere <= named | OF_A_COMMAND


def test_what_stands_for_a_missing_setting_is_what_happens(tmp_path: Path) -> None:
    default = {first: second for first, second, *_ in rows("Settings")}
    settings = Settings.from_environment({"INSTANCE": str(tmp_path)})
    assert default["`HOST`, `PORT`"] == f"`{settings.host}`, `{settings.port}`"
    assert default["`TRUSTED_PROXIES`"] == f"`{settings.trusted_proxies}`"
    assert settings.public_url == f"http://{settings.host}:{settings.port}"
    assert settings.demo


def test_every_command_is_one(tmp_path: Path) -> None:
    app = create_app(Settings.from_environment({"INSTANCE": str(tmp_path)}))
    schema.tool(app)  # as run.py does for its commands
    in_the_table = [one for first, *_ in rows("Command line") for one in re.findall(r"`([^`]+)`", first)]
    in_the_text = re.findall(r"^kursbuch (.+?)(?:\s+#.*)?$", README, re.MULTILINE)
    said = [one.split() for one in in_the_table + in_the_text if one != "--help"]
    assert len(said) >= 6
    for words in said:
        command: click.Command | None = app.cli
        while isinstance(command, click.Group):
            assert words, f"{command.name} is a group: which command of it?"
            command = command.commands.get(words.pop(0))
        assert command is not None, f"{words} belongs to no command"
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options
    assert {words.split()[0] for words in in_the_table if words != "--help"} == set(app.cli.commands)


def test_every_target_of_make_is_one() -> None:
    makefile = (machine.ROOT / "Makefile").read_text(encoding="utf-8")
    said = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"run", "test", "pictures"} <= said
    assert {f"{target}:" for target in said} <= {
        line.split()[0] for line in makefile.splitlines() if line[:1].isalpha()
    }


def test_the_logins_are_those_of_the_demo() -> None:
    named = {login for first, *_ in rows("The demo") for login in re.findall(r"`([^`]+)`", first)}
    assert named <= {account.email for account in STAFF}
    assert {role for account in STAFF for role in account.roles} == {
        role for account in STAFF if account.email in named for role in account.roles
    }
    assert f"`{PASSWORD}`" in README
    assert f"All {len(STAFF)} logins" in README


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(targets) >= 5
    assert [target for target in targets if not (machine.ROOT / target).is_file()] == []


# One name for each script the README promises, beside DIN 91379.
NAMES = {
    "Arabic": "سميرة",
    "Hebrew": "שרה",
    "Georgian": "ნინო",
    "Ethiopic": "ሰላም",
    "Devanagari": "कमला",
    "Bengali": "রহিমা",
    "Tamil": "கமலா",
    "Telugu": "కమల",
    "Thai": "สมชาย",
    "Khmer": "សុខា",
    "Lao": "ສົມ",
    "Burmese": "မမ",
}


@pytest.mark.parametrize("script", NAMES)
def test_papers_print_the_scripts_it_names(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paper.fonts._system_font", lambda letter: None)
    assert script in README
    assert missing_glyphs(NAMES[script]) == []


@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are another matter there")
def test_the_data_is_its_owners_alone(tmp_path: Path) -> None:
    environment = os.environ | {"INSTANCE": str(tmp_path / "instance"), "DEMO": "1"}
    environment.pop("DATABASE_URL", None)
    subprocess.run([sys.executable, "run.py", "db", "upgrade"], cwd=machine.ROOT, env=environment, check=True)
    made = list((tmp_path / "instance").rglob("*"))
    assert any(path.suffix == ".sqlite3" for path in made)
    assert {path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077} == set()
