"""Databases to be thrown away: migrated once, put back after every test.

Both kinds know cheaply whether anything was written since, so a test that only reads pays nothing.
"""

import secrets
import sqlite3
import time
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

from tests.tools.cluster import Cluster

PATIENCE = 5.0
OPEN_TRANSACTION = (
    "A transaction of the test before is still open. Close it: `with app.app_context()` must end before the test does."
)


class Database(Protocol):
    """What the fixtures need of a database, whichever kind."""

    kind: str
    url: str

    def remember(self) -> None:
        """Takes the present state as the one to return to."""

    def restore(self) -> None:
        """Returns to it."""

    def fresh(self) -> str:
        """The address of a new, empty database of the same kind: for migrations, backups, command lines."""

    def close(self) -> None:
        """Lets go of it."""


class Sqlite:
    """A file, put back page by page from a copy in memory."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "test.sqlite3"
        self.url = f"sqlite:///{self.path}"
        self.template = sqlite3.connect(":memory:", check_same_thread=False)
        self.own: sqlite3.Connection | None = None
        self.version = -1

    def remember(self) -> None:
        self.own = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self.own.execute("PRAGMA busy_timeout=0")
        self.own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.own.backup(self.template)
        self.version = self._data_version()

    def restore(self) -> None:
        if self.own is None or self._data_version() == self.version:
            return
        # Python's backup() waits for a lock without end, so we look first.
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.own.execute("BEGIN IMMEDIATE")
                self.own.execute("ROLLBACK")
                break
            except sqlite3.OperationalError as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(OPEN_TRANSACTION) from error
                time.sleep(0.05)
        self.template.backup(self.own)
        self.version = self._data_version()

    def _data_version(self) -> int:
        """Changes when another connection has changed the file."""
        if self.own is None:
            return -1
        version: int = self.own.execute("PRAGMA data_version").fetchone()[0]
        return version

    def fresh(self) -> str:
        return f"sqlite:///{self.folder / secrets.token_hex(4)}.sqlite3"

    def close(self) -> None:
        if self.own is not None:
            self.own.close()
        self.template.close()


# Deletes what was added, brings back what was seeded, winds the sequences back: one round trip, and only for tables
# that changed. Rows with a later transaction number than the snapshot are new; a different count means some are gone.
RESTORE = """
CREATE FUNCTION snapshot.restore() RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept record; changed boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR kept IN SELECT * FROM snapshot.kept LOOP
        IF kept.rows = 0 THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', kept.name) INTO changed;
        ELSE
            EXECUTE format('SELECT count(*) <> $1 OR bool_or(xmin::text::bigint >= $2) FROM public.%I', kept.name)
                INTO changed USING kept.rows, kept.since;
        END IF;
        IF changed THEN
            EXECUTE format('DELETE FROM public.%I', kept.name);
            IF kept.rows > 0 THEN
                EXECUTE format('INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM snapshot.%1$I',
                               kept.name, kept.columns);
            END IF;
        END IF;
    END LOOP;
    PERFORM setval(format('public.%I', was.name)::regclass, was.value, was.called)
       FROM snapshot.sequences was JOIN pg_sequences now ON now.schemaname = 'public' AND now.sequencename = was.name
      WHERE now.last_value IS DISTINCT FROM CASE WHEN was.called THEN was.value END;
END $$
"""

SEQUENCES = """
CREATE TABLE snapshot.sequences AS
SELECT sequencename::text AS name, coalesce(last_value, start_value) AS value, last_value IS NOT NULL AS called
  FROM pg_sequences WHERE schemaname = 'public'
"""

COLUMNS = """
SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
"""


class Postgres:
    """A database of the throw-away cluster."""

    kind = "postgres"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.name = cluster.create_database()
        self.url = cluster.url(self.name)
        self.own: psycopg.Connection | None = None
        self.position = ""

    def remember(self) -> None:
        self.own = psycopg.connect(self.cluster.url(self.name), autocommit=True)
        self.own.execute(f"SET lock_timeout = '{int(PATIENCE)}s'")
        self.own.execute("CREATE SCHEMA snapshot")
        self.own.execute("CREATE TABLE snapshot.kept (name text, columns text, rows bigint, since bigint)")
        tables = self.own.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in tables:
            self._keep(self.own, name)
        self.own.execute(SEQUENCES)
        self.own.execute(RESTORE)
        # From here on every row written has a later transaction number.
        self.own.execute("UPDATE snapshot.kept SET since = txid_current() & (2 ^ 32)::bigint - 1")
        self.position = self._position()

    def _keep(self, connection: psycopg.Connection, name: str) -> None:
        table = sql.Identifier("public", name)
        columns = connection.execute(COLUMNS, [name]).fetchone()
        rows = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()
        connection.execute(
            "INSERT INTO snapshot.kept VALUES (%s, %s, %s, 0)", [name, columns and columns[0], rows and rows[0]]
        )
        connection.execute(
            sql.SQL("CREATE TABLE {} AS TABLE {}").format(sql.Identifier("snapshot", name), table),
        )

    def restore(self) -> None:
        if self.own is None or self._position() == self.position:
            return
        try:
            self.own.execute("SELECT snapshot.restore()")
        except psycopg.errors.LockNotAvailable as error:
            raise RuntimeError(OPEN_TRANSACTION) from error
        # Rows brought back carry the number of the restoring transaction.
        self.own.execute("UPDATE snapshot.kept SET since = txid_current() & (2 ^ 32)::bigint - 1 WHERE rows > 0")
        self.position = self._position()

    def _position(self) -> str:
        """Where the log of changes stands: unmoved means nothing was written."""
        if self.own is None:
            return ""
        row = self.own.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
        return str(row and row[0])

    def fresh(self) -> str:
        return self.cluster.url(self.cluster.create_database())

    def close(self) -> None:
        if self.own is not None:
            self.own.close()
