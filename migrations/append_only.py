"""Triggers by which a table takes new rows only, for migrations: UPDATE and DELETE are refused, on PostgreSQL TRUNCATE as well.

Whoever holds the machine can take them away again; that is what the chain of hashes is for (auth/audit/rules.py).
"""

from alembic import op

REFUSED = ("update", "delete")


def begin(table: str) -> None:
    """Refuse every change of what is written."""
    if _is_sqlite():
        for event in REFUSED:
            op.execute(
                f"CREATE TRIGGER {table}_no_{event} BEFORE {event.upper()} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} takes new rows only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{table} takes new rows only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_stays()"
    )
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC, CURRENT_USER")


def end(table: str) -> None:
    """Let rows be changed again."""
    if _is_sqlite():
        for event in REFUSED:
            op.execute(f"DROP TRIGGER {table}_no_{event}")
        return
    op.execute(f"DROP TRIGGER {table}_stays ON {table}")
    op.execute(f"DROP FUNCTION {table}_stays()")
    op.execute(f"GRANT UPDATE, DELETE, TRUNCATE ON {table} TO CURRENT_USER")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
