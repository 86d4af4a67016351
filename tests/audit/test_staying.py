"""What is written into the trace stays: the database refuses to change it, and a restore does not take it away."""

from pathlib import Path

import click
import pytest
import sqlalchemy as sa
from flask import Flask

import backup
import clock
from auth.audit import actions, queries
from auth.audit.rules import gone_by
from auth.models import TraceEntry
from database import APPEND_ONLY, Base, db
from tests.tools.insider import past_the_triggers
from tests.tools.offices import TRANSACTION

LINE = {"at": clock.now(), "act": "sign-in", "status": 200}
TABLES = ("trace_entry", "trace_link", "trace_seal")


def test_the_database_refuses_to_change_it(app: Flask, transaction: TRANSACTION) -> None:
    assert {table.name for table in Base.metadata.sorted_tables if APPEND_ONLY in table.info} == set(TABLES)
    with transaction() as session:
        session.execute(sa.insert(TraceEntry), [LINE, LINE])
        actions.seal(clock.now() + actions.SETTLED)
    with app.app_context(), db.engine.connect().execution_options(writes=True) as connection:
        for table in TABLES:
            for change in (
                f"UPDATE {table} SET {'id' if table == 'trace_entry' else 'number'} = 7",
                f"DELETE FROM {table}",
            ):
                with pytest.raises(sa.exc.DBAPIError, match=r"new rows only|permission denied"), connection.begin():
                    connection.exec_driver_sql(change)
    with transaction():
        assert queries.extent() == (2, 2, 1)
        assert queries.broken([], gone_by(clock.now(), 3)) is None


def test_a_restore_leaves_what_happened_since(demo_app: Flask, transaction: TRANSACTION, tmp_path: Path) -> None:
    with transaction() as session:
        session.execute(sa.insert(TraceEntry), [LINE, LINE])
    with demo_app.app_context():
        backup.save(tmp_path / "friday.kursbuch")
        db.session.remove()
    with transaction() as session:
        session.execute(sa.insert(TraceEntry), LINE | {"act": "after the backup"})
    with demo_app.app_context():
        backup.load(tmp_path / "friday.kursbuch")
        acts = db.session.scalars(sa.select(TraceEntry.act).order_by(TraceEntry.id)).all()
        assert acts[-2:] == ["after the backup", "restore"]
        db.session.rollback()
        with past_the_triggers() as connection:
            connection.execute(sa.update(TraceEntry).values(act="another office"))
        with pytest.raises(click.ClickException, match="nichts geändert"):
            backup.load(tmp_path / "friday.kursbuch")
        db.session.remove()
