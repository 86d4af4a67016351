"""Configuration by environment only, with clear refusals; checked on the real command where it matters."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from settings import HERE, Settings, Unsafe

STRONG = "k3Zq-9xTfLw2_vBn8RmYp0sHdJcAeUiO7gQ1"


def settings(tmp_path: Path, **environ: str) -> Settings:
    return Settings.from_environment({"INSTANCE": str(tmp_path), **environ})


def test_an_untouched_machine_starts_the_demo_on_loopback(tmp_path: Path) -> None:
    untouched = settings(tmp_path)
    assert (untouched.demo, untouched.host, untouched.port) == (True, "127.0.0.1", 5000)
    assert untouched.database_url == f"sqlite:///{tmp_path / 'kursbuch.sqlite3'}"
    assert stat.S_IMODE((tmp_path / "demo_secret").stat().st_mode) == 0o600
    assert settings(tmp_path).secret_key == untouched.secret_key


@pytest.mark.parametrize(
    "environ",
    [
        {"DEMO": "0"},
        {"DEMO": "0", "SECRET_KEY": "short"},
        {"SECRET_KEY": "a" * 64},
        {"SECRET_KEY": "0123456789"},
        {"DEMO": "perhaps"},
        {"PORT": "http"},
        {"PORT": "0"},
        {"PORT": "70000"},
        {"DATABASE_URL": "mysql://root@localhost/x"},
        {"PUBLIC_URL": "kursbuch.example"},
        {"PUBLIC_URL": "javascript:alert(1)"},
        {"TRUSTED_PROXIES": "-1"},
        {"SECRET_KEY": STRONG, "SECOND_FACTOR": "0"},
    ],
)
def test_what_is_unsafe_does_not_start(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(Unsafe):
        settings(tmp_path, **environ)


def test_a_strong_key_leaves_demo_mode(tmp_path: Path) -> None:
    assert settings(tmp_path, SECRET_KEY=STRONG).demo is False


def test_only_the_demo_does_without_the_second_factor_unless_it_is_switched_on(tmp_path: Path) -> None:
    assert settings(tmp_path, SECRET_KEY=STRONG).second_factor is True
    assert settings(tmp_path).second_factor is False
    assert settings(tmp_path, SECOND_FACTOR="1").second_factor is True


@pytest.mark.parametrize("url", ["postgresql://u:p@h/db", "postgres://u:p@h/db"])
def test_the_database_address_switches_the_database_and_nothing_else(tmp_path: Path, url: str) -> None:
    here, there = settings(tmp_path), settings(tmp_path, DATABASE_URL=url)
    assert there.database_url == "postgresql+psycopg://u:p@h/db"
    assert (there.demo, there.secret_key, there.public_url) == (here.demo, here.secret_key, here.public_url)


def test_https_in_the_public_address_makes_cookies_secure(tmp_path: Path) -> None:
    assert (
        settings(tmp_path, PUBLIC_URL="https://kursbuch.kreis.example/").public_url == "https://kursbuch.kreis.example"
    )
    assert settings(tmp_path, PUBLIC_URL="https://kursbuch.kreis.example").https


def run(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "run.py", *arguments],
        cwd=HERE,
        env={"PATH": os.environ["PATH"], "INSTANCE": str(tmp_path), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_real_command_refuses_with_a_clear_message(tmp_path: Path) -> None:
    answer = run(tmp_path, DEMO="0")
    assert answer.returncode == 2
    assert "SECRET_KEY" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_production_has_no_account_until_the_command_line_makes_one(tmp_path: Path) -> None:
    production = {"SECRET_KEY": STRONG}
    assert run(tmp_path, "db", "upgrade", **production).returncode == 0
    weak = run(
        tmp_path, "auth", "create-admin", "--email", "a@b.example", "--name", "A", "--password", "kurz", **production
    )
    assert weak.returncode == 1
    assert "mindestens 12 Zeichen" in weak.stderr
    made = run(
        tmp_path, "auth", "create-admin", "--email", "leitung@kreis.example", "--name", "Leitung",
        ADMIN_PASSWORD="ein langes Passwort hier", **production,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    again = run(
        tmp_path, "auth", "create-admin", "--email", "Leitung@kreis.example", "--name", "Leitung",
        ADMIN_PASSWORD="ein langes Passwort hier", **production,
    )  # fmt: skip
    assert again.returncode == 1


def test_help_lists_every_command(tmp_path: Path) -> None:
    listed = run(tmp_path, "--help").stdout
    for command in ("auth", "backup", "db", "demo", "restore"):
        assert command in listed
