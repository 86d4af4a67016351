"""Sees to it that what is deleted is nowhere in the files of the database either."""

from __future__ import annotations

import time

from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPICursor

PATIENCE = 20  # looks at a database that somebody else reads just now, a quarter of a second each


class Busy(RuntimeError):
    """Somebody reads or writes all the time; to be tried again later."""


def scrub(engine: Engine) -> None:
    """Write the database anew without what was deleted, and empty its log.

    `secure_delete` overwrites deleted rows in the file of SQLite; older pages, and its log, still hold them. On PostgreSQL the rows
    are dead when nobody can see them any more, and VACUUM gives up their room.
    """
    connection = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            _scrub_sqlite(connection.cursor())
            return
        driver = connection.driver_connection
        if driver is None:
            raise Busy
        driver.autocommit = True
        try:
            driver.execute("VACUUM")
        finally:
            driver.autocommit = False
    finally:
        connection.close()


def _scrub_sqlite(cursor: DBAPICursor) -> None:
    cursor.execute("PRAGMA query_only=OFF")
    cursor.execute("VACUUM")
    for _ in range(PATIENCE):
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return
        time.sleep(0.25)
    raise Busy("Somebody reads all the time, so the log of the database could not be emptied")
