"""A backup restores into an empty database of either kind, to the last byte of the last certificate."""

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import sqlalchemy as sa
from flask import Flask

import backup
from auth.models import KnownBrowser, LoginSession, TraceEntry, User
from database import Base, db
from run import create_app
from schema import migrate
from settings import Settings


def contents(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: [
                tuple(map(repr, row)) for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in Base.metadata.sorted_tables
            if table.name not in {KnownBrowser.__tablename__, LoginSession.__tablename__, TraceEntry.__tablename__}
        }


@pytest.fixture
def other_app(fresh_url: Callable[[], str], settings: Callable[..., Settings]) -> Flask:
    app = create_app(settings(fresh_url(), demo=True))
    migrate(app)
    return app


def test_there_and_back(demo_app: Flask, other_app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "friday.kursbuch"
    with demo_app.app_context():
        saved = backup.save(path)
        db.session.remove()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o400)
    with other_app.app_context():
        assert backup.load(path) == saved
        db.session.add(User(email="new@office.example", name="New", created_at=backup.clock.now()))
        db.session.flush()  # the next number is free
        db.session.rollback()
    assert contents(other_app) == contents(demo_app)
    assert list(tmp_path.iterdir()) == [path]
    with other_app.app_context():
        db.engine.dispose()


def test_what_is_no_backup_changes_nothing(demo_app: Flask, tmp_path: Path) -> None:
    before = contents(demo_app)
    letter = tmp_path / "letter.odt"
    letter.write_bytes(b"PK\x03\x04 no database")
    stranger = tmp_path / "stranger.sqlite3"
    connection = sqlite3.connect(stranger)
    connection.execute("CREATE TABLE kursbuch_backup (revision TEXT)")
    connection.execute("INSERT INTO kursbuch_backup VALUES ('9999')")
    connection.commit()
    connection.close()
    with demo_app.app_context():
        for path in (letter, stranger):
            with pytest.raises(click.ClickException, match="nichts geändert"):
                backup.load(path)
        db.session.remove()
    assert contents(demo_app) == before


def test_the_command_keeps_what_was_there(demo_app: Flask, tmp_path: Path) -> None:
    runner = demo_app.test_cli_runner()
    path = tmp_path / "now.kursbuch"
    assert runner.invoke(args=["backup", str(path)]).exit_code == 0
    restored = runner.invoke(args=["restore", str(path)])
    assert restored.exit_code == 0, restored.output
    assert list(Path(demo_app.instance_path).glob("before-restore-*.kursbuch"))


def test_there_is_something_to_back_up(demo_app: Flask) -> None:
    rows = contents(demo_app)
    assert rows["certificate"]
    assert rows["mark_event"]
