"""The schema: which one the database has, which one is newest, and the way there.

Alembic brings a template engine, a highlighter and a parser of configuration files with it, a third of the whole start. So it
is loaded when there is something to migrate, and with the commands; a database that is up to date only says its revision.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

from database import db

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
NOTED = sa.table("alembic_version", sa.column("version_num", sa.String))


def revision(connection: Connection) -> str | None:
    """The revision of this database, as Alembic notes it; None for an empty one."""
    if not sa.inspect(connection).has_table(NOTED.name):
        return None
    return connection.scalar(sa.select(NOTED.c.version_num))


def newest() -> str:
    """The revision of the last migration: their files are numbered in order (`0006_papers_as_data.py`)."""
    return max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def migrate(app: Flask) -> None:
    """Bring the database to the newest schema, if it is not there yet."""
    with app.app_context():
        with db.engine.connect() as connection:
            current = revision(connection)
        if current != newest():
            tool(app).upgrade()


def tool(app: Flask) -> Any:
    """Flask-Migrate, made ready for this application."""
    flask_migrate = import_module("flask_migrate")
    if "migrate" not in app.extensions:
        flask_migrate.Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)
    return flask_migrate
