"""Takes away the part of the trace whose years are over, at the seal of an anchor, so that the chain goes on verifiably.

The database refuses to delete these rows, and shall go on refusing. So each step lifts the refusal inside of its own transaction and puts
it back before that ends, as a migration would: it takes the owner of the tables, which a visitor's request never needs to be, nobody else
writes meanwhile, and a process that is killed leaves the refusal standing. A lasting exception for old rows would have to trust the
clock of the database, and a right to delete would be there on every day of the year.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

import clock
from auth.audit import queries
from auth.audit.models import Notice, TraceLink, TraceSeal
from auth.audit.rules import REMOVED, Beginning, Seal, gone_by
from auth.emergency.models import EmergencyAccess
from auth.models import TraceEntry
from database import db

log = logging.getLogger("kursbuch")
AT_ONCE = 20_000  # entries of one step, unless one day has more: writers wait for it
TABLES = tuple(model.__tablename__ for model in (TraceEntry, TraceLink, TraceSeal))
REFUSALS = sa.text(
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table AND name LIKE :name"
)


def remove_old_lines(years: int, *, dry: bool) -> int:
    """Remove the entries that are older than these years, each step in a transaction of its own: how many go, or with `dry` would go.

    It can be stopped at any moment and run again. By the clock alone, whatever day is asked for: what goes before its time is found by
    `verify-audit`. Where the old part is not as it was it stays, as evidence, until somebody has looked.
    """
    gone, count = gone_by(clock.now(), years), 0
    db.session.rollback()
    if dry:
        begun, last = queries.beginning(), queries.next_beginning(gone)
        db.session.rollback()
        return last.links - (begun.links if begun else 0) if last else 0
    while (last := queries.next_beginning(gone, AT_ONCE)) is not None:
        broken = queries.broken([], gone, last)
        if broken is not None:
            log.error("the old part of the trace stays, it is broken at link %s: run verify-audit", broken.link)
            break
        count += _remove(last)
        db.session.commit()
    db.session.rollback()
    return count


def _remove(last: Seal) -> int:
    """Let the chain begin with this seal; emergencies of that time, and what the officer was told, go along. Returns how many entries
    went."""
    connection = db.session.connection()
    said = Beginning(last.number, last.links, queries.before(last))
    old = sa.select(TraceLink.entry_id).where(TraceLink.number <= last.links)
    with _may_be_deleted(connection):
        count = connection.execute(sa.delete(TraceEntry).where(TraceEntry.id.in_(old))).rowcount
        connection.execute(sa.delete(TraceLink).where(TraceLink.number <= last.links))
        connection.execute(sa.delete(TraceSeal).where(TraceSeal.number < last.number))
    connection.execute(sa.delete(EmergencyAccess).where(EmergencyAccess.ends_at <= last.until))
    connection.execute(sa.delete(Notice).where(Notice.made_at <= last.until))
    line = {"at": clock.now(), "act": REMOVED, "object_id": said.text, "status": 200, "rows": count}
    connection.execute(sa.insert(TraceEntry), line)
    return count


@contextmanager
def _may_be_deleted(connection: Connection) -> Iterator[None]:
    """Inside of this transaction the database lets rows of the trace be deleted; changed they cannot be even now."""
    if connection.dialect.name == "sqlite":
        lifted = [
            refusal
            for table in TABLES
            for refusal in connection.execute(REFUSALS, {"table": table, "name": f"{table}_no_delete"}).all()
        ]
        for name, _ in lifted:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield
        for _, made_by in lifted:
            connection.exec_driver_sql(made_by)
        return
    for table in TABLES:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {table}_stays")
        connection.exec_driver_sql(f"GRANT DELETE ON {table} TO CURRENT_USER")
    yield
    for table in TABLES:
        connection.exec_driver_sql(f"REVOKE DELETE ON {table} FROM CURRENT_USER")
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER {table}_stays")
