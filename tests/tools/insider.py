"""Somebody who holds the machine: the triggers that keep the trace do not stop them."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from database import db


@contextmanager
def past_the_triggers() -> Iterator[Connection]:
    """A transaction in which the database refuses nothing, and after which it refuses again."""
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
            return
        triggers = connection.execute(
            sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'trace_%'")
        ).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield connection
        for _, made_by in triggers:
            connection.exec_driver_sql(made_by)
