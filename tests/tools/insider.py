"""Somebody who holds the machine: the triggers that keep the trace do not stop them."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from database import db

TRIGGERS = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'trace_%'")


def lift(connection: Connection) -> list[str]:
    """Take the triggers away for this transaction, and hand back how they were made. A rollback brings them back."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return []
    triggers = connection.execute(TRIGGERS).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [made_by for _, made_by in triggers]


@contextmanager
def past_the_triggers() -> Iterator[Connection]:
    """A transaction in which the database refuses nothing, and after which it refuses again."""
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        triggers = lift(connection)
        yield connection
        for made_by in triggers:
            connection.exec_driver_sql(made_by)
