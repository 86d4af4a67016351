"""Changes tables where they stand, for migrations: CHECKs and NOT NULL, which SQLite cannot alter.

To recreate a table to which others point (or which points to itself) is refused by foreign keys. So the text of the table is
changed where SQLite keeps it, which moves no row: the way that https://www.sqlite.org/lang_altertable.html describes for
constraints. PostgreSQL alters them.
"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op


def set_values(table: str, name: str, change: Callable[[list[str]], list[str]], column: str | None = None) -> None:
    """Change the values that a column of a closed list may take; `name` is the list's, part of its CHECK's."""
    check = f"ck_{table}_{name}"
    values = change(re.findall("'([^']*)'", _condition(table, check)))
    _set_check(table, check, f"{column or name} IN ({', '.join(map(repr, values))})")


def set_condition(table: str, check: str, condition: str) -> None:
    """Change what a CHECK demands; every row does so already."""
    _set_check(table, check, condition)


def allow_nothing(table: str, *columns: str) -> None:
    """Let these columns be NULL."""
    _set_nullable(table, columns, nullable=True)


def demand(table: str, *columns: str) -> None:
    """These columns must hold something; every row does already."""
    _set_nullable(table, columns, nullable=False)


def _set_nullable(table: str, columns: tuple[str, ...], *, nullable: bool) -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} {'DROP' if nullable else 'SET'} NOT NULL")
        return
    sql = _sql_of(connection, table)
    for column in columns:
        found = re.search(rf'(?<=[\s,(])"?{column}"? [A-Z]+(?:\(\d+\))?(?P<demand> NOT NULL)?', sql)
        if found is None or (found["demand"] is None) == nullable:
            raise RuntimeError(f"{table}.{column} is not as it should be")
        new = found[0].removesuffix(" NOT NULL") if nullable else found[0] + " NOT NULL"
        sql = sql[: found.start()] + new + sql[found.end() :]
    _write(connection, table, sql)


def _condition(table: str, check: str) -> str:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return _found(_sql_of(connection, table), check)[0]
    query = sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name")
    return str(connection.scalar(query, {"name": check}))


def _set_check(table: str, check: str, condition: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(check), table, type_="check")
        op.create_check_constraint(op.f(check), table, condition)
        return
    sql = _sql_of(connection, table)
    found = _found(sql, check)
    _write(connection, table, sql[: found.start()] + f"CONSTRAINT {check} CHECK ({condition})" + sql[found.end() :])


def _write(connection: sa.Connection, table: str, sql: str) -> None:
    version = int(connection.exec_driver_sql("PRAGMA schema_version").scalar_one())
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (sql, table))
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")  # other connections read the schema anew …
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")  # … and so does this one
    wrong = connection.exec_driver_sql(f"PRAGMA quick_check({table})").scalars().all()
    if wrong != ["ok"]:
        raise RuntimeError(f"{table} does not hold what is stored: {wrong[0]}")


def _sql_of(connection: sa.Connection, table: str) -> str:
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    return str(connection.exec_driver_sql(query, (table,)).scalar_one())


def _found(sql: str, check: str) -> re.Match[str]:
    """Where a named CHECK stands; its brackets are at most two deep."""
    found = re.search(rf'CONSTRAINT "?{check}"? CHECK \((?:[^()]|\([^()]*\))*\)', sql)
    if found is None:
        raise RuntimeError(f"{check} is not where it should be")
    return found
