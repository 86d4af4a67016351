"""Backup and restore: one file, the same for both databases.

The backup is an SQLite database with every table of Kursbuch, made in one consistent read while the office goes on working.
It restores into SQLite as into PostgreSQL, so it is also the way from one to the other. The trace is put back into a database that
has none; where it has gone on since the backup, it stays: what happened has happened.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.engine import Connection, Engine

import clock
import schema
from auth.models import KnownBrowser, LoginSession, TraceEntry
from database import APPEND_ONLY, WRITTEN_BY_TRIGGERS, Base, db

ROWS_AT_A_TIME = 500
LEFT_OUT = {
    KnownBrowser.__tablename__,
    LoginSession.__tablename__,
}  # nobody is signed in, or known by a lost browser, after a restore
REVISION = sa.table("kursbuch_backup", sa.column("revision", sa.String))


Again = Callable[[Connection], int]
_repeated: list[Again] = []


def repeated_after_restore(again: Again) -> None:
    """Hand in what a restored backup has to catch up on, in the transaction in which it is put back: who was erased since
    (security.md PR-9). What an erasure is comes later in the house."""
    if again not in _repeated:
        _repeated.append(again)


class NotABackup(click.ClickException):
    """The file is no backup of this version of Kursbuch; nothing was changed."""


def _engine(path: Path, *, only_read: bool = False) -> Engine:
    """A plain SQLite file, outside the application's own settings; read as it lies there, even on a disc."""
    if not only_read:
        return sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    unchanging = {"mode": "ro", "immutable": "1", "uri": "true"}
    url = sa.URL.create("sqlite", database=path.resolve().as_uri(), query=unchanging)
    return sa.create_engine(url, poolclass=sa.NullPool)


def _tables() -> list[sa.Table]:
    """The tables in the order in which they are put back: what triggers write comes last, over what they wrote meanwhile."""
    kept = (table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT)
    return sorted(kept, key=lambda table: WRITTEN_BY_TRIGGERS in table.info)


def _copy(table: sa.Table, source: Connection, target: Connection) -> int:
    """Copy all rows in the order of their keys, so that a row that refers to an older one finds it there."""
    count = 0
    if WRITTEN_BY_TRIGGERS in table.info:
        target.execute(sa.delete(table))
    rows = source.execution_options(yield_per=ROWS_AT_A_TIME).execute(sa.select(table).order_by(*table.primary_key))
    for part in rows.mappings().partitions():
        target.execute(sa.insert(table), [dict(row) for row in part])
        count += len(part)
    return count


def save(path: Path) -> int:
    """Write a backup to `path` (replaced only when the new one is complete; readable by its owner alone). Returns rows."""
    fresh = path.with_name(path.name + ".part")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    target_engine = _engine(fresh)
    try:
        with db.engine.connect() as source, target_engine.connect() as target:
            if source.dialect.name == "postgresql":
                source = source.execution_options(isolation_level="REPEATABLE READ")
            with target.begin():
                Base.metadata.create_all(target)
                target.exec_driver_sql("CREATE TABLE kursbuch_backup (revision TEXT)")
                target.execute(sa.insert(REVISION), {"revision": schema.revision(source)})
                count = sum(_copy(table, source, target) for table in _tables())
        target_engine.dispose()
        checked = sqlite3.connect(fresh)
        try:
            checked.execute("PRAGMA journal_mode=DELETE")  # one file, no -wal beside it
            if checked.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise click.ClickException("Die Sicherung ist beschädigt und wurde verworfen.")
        finally:
            checked.close()
        with fresh.open("rb+") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        target_engine.dispose()
        for leftover in (fresh, fresh.with_name(fresh.name + "-wal"), fresh.with_name(fresh.name + "-shm")):
            leftover.unlink(missing_ok=True)
    return count


def load(path: Path) -> int:
    """Put a backup in place of everything in the database, in one transaction. Returns rows. Raises NotABackup."""
    source_engine = _engine(path, only_read=True)
    made_by = _made_by(source_engine)
    with (
        source_engine.connect() as source,
        db.engine.connect().execution_options(writes=True) as target,
        target.begin(),
    ):
        here = schema.revision(target)
        if made_by != here:
            raise NotABackup(
                f"Die Sicherung gehört zu Stand {made_by}, die Datenbank hat Stand {here}. Bitte zuerst "
                "`db upgrade`, oder mit der Version zurückspielen, die sie gemacht hat. Es wurde nichts geändert."
            )
        stays = _has_gone_on(source, target)
        for table in reversed(Base.metadata.sorted_tables):
            if APPEND_ONLY not in table.info:
                target.execute(sa.delete(table))
        count = sum(_copy(table, source, target) for table in _tables() if not (stays and APPEND_ONLY in table.info))
        _continue_numbers(target)
        for again in _repeated:
            again(target)
        _continue_numbers(target)
        target.execute(sa.insert(TraceEntry), {"at": clock.now(), "act": "restore", "status": 200, "rows": count})
    return count


def _has_gone_on(source: Connection, target: Connection) -> bool:
    """Whether the trace here is that of the backup and what came after; False: there is none here. Raises NotABackup."""
    if target.scalar(sa.select(sa.func.count()).select_from(TraceEntry)) == 0:
        return False
    last = sa.select(TraceEntry.id, TraceEntry.at, TraceEntry.act, TraceEntry.request_id)
    theirs = source.execute(last.order_by(TraceEntry.id.desc()).limit(1)).first()
    if theirs is None or target.execute(last.where(TraceEntry.id == theirs.id)).first() == theirs:
        return True
    raise NotABackup(
        "Diese Datenbank hat ein Protokoll, das nicht zu dieser Sicherung gehört, und ein Protokoll wird nie gelöscht. Bitte in "
        "eine neue, leere Datenbank zurückspielen. Es wurde nichts geändert."
    )


def _made_by(source_engine: Engine) -> str | None:
    """The revision of the database a backup was made of."""
    try:
        with source_engine.connect() as source:
            return source.scalar(sa.select(REVISION.c.revision))
    except sa.exc.DatabaseError:
        raise NotABackup("Das ist keine Sicherung von Kursbuch. Es wurde nichts geändert.") from None


def _continue_numbers(connection: Connection) -> None:
    """PostgreSQL counts keys apart from the rows; go on after the largest one."""
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        column: sa.Column[Any] | None = table.autoincrement_column
        if column is not None:
            largest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            connection.execute(
                sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, column.name), largest, sa.false()))
            )


@click.command("backup")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def backup_command(path: Path) -> None:
    """Write a backup of everything to PATH while the office goes on working."""
    click.echo(f"{save(path)} Zeilen gesichert: {path}")


@click.command("restore")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_appcontext
def restore_command(path: Path) -> None:
    """Put the backup PATH in place of everything in the database. Everybody is signed out.

    What was there before is kept in the instance folder, so that the wrong file is no catastrophe.
    """
    kept = Path(current_app.instance_path) / f"before-restore-{clock.now():%Y%m%dT%H%M%S}.kursbuch"
    save(kept)
    click.echo(f"Der bisherige Stand liegt in {kept}")
    click.echo(f"{load(path)} Zeilen zurückgespielt: {path}")


def init_app(app: Flask) -> None:
    """Add the two commands."""
    app.cli.add_command(backup_command)
    app.cli.add_command(restore_command)
