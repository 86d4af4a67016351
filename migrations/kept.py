"""Triggers that keep every state of a row in its table of versions, for migrations (programmes/statistics/models.py).

A row says from when until when it was so. What is there when a table begins to be kept counts as known since ever: nobody can
say any more since when it was.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from database import Instant

Kept = Sequence[tuple[str, sa.types.TypeEngine, bool]]  # name, type, whether it may be NULL
EVER = "1900-01-01 00:00:00.000000"


def begin(table: str, columns: Kept, looked_for_by: Sequence[str]) -> None:
    """Make the table of versions, take over what there is, and watch."""
    versions = f"{table}_version"
    op.create_table(
        versions,
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, kind, nullable=may_be_null) for name, kind, may_be_null in columns),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("version_id", name=op.f(f"pk_{versions}")),
    )
    names = ", ".join(("id", *(name for name, *_ in columns)))
    zone = "" if _is_sqlite() else "+00"
    op.execute(f"INSERT INTO {versions} ({names}, since) SELECT {names}, '{EVER}{zone}' FROM {table}")  # noqa: S608 no input
    op.create_index(f"ix_{versions}_id", versions, ["id"])
    for column in looked_for_by:
        op.create_index(f"ix_{versions}_{column}", versions, [column])
    op.create_index(
        f"uq_{versions}_current", versions, ["id"], unique=True,
        sqlite_where=sa.text("until IS NULL"), postgresql_where=sa.text("until IS NULL"),
    )  # fmt: skip
    _watch(table, [name for name, *_ in columns])


def end(table: str) -> None:
    """Stop watching and forget all versions."""
    if _is_sqlite():
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER {table}_known_{event}")
    else:
        for name in (f"{table}_known", f"{table}_known_update"):
            op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {table}_known()")
    op.drop_table(f"{table}_version")


def _watch(table: str, columns: Sequence[str]) -> None:
    names = ["id", *columns]
    said, new = ", ".join(names), ", ".join(f"NEW.{name}" for name in names)
    differ = "IS NOT" if _is_sqlite() else "IS DISTINCT FROM"
    changed = " OR ".join(f"OLD.{name} {differ} NEW.{name}" for name in columns)
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'" if _is_sqlite() else "clock_timestamp()"
    over = f"UPDATE {table}_version SET until = {now} WHERE id = OLD.id AND until IS NULL;"  # noqa: S608 no input
    so = f"INSERT INTO {table}_version ({said}, since) VALUES ({new}, {now});"  # noqa: S608 no input
    if _is_sqlite():
        for event, condition, does in (
            ("INSERT", "", so),
            (f"UPDATE OF {', '.join(columns)}", f"WHEN {changed}", f"{over} {so}"),
            ("DELETE", "", over),
        ):
            name = f"{table}_known_{event.split()[0].lower()}"
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} {condition} BEGIN {does} END")
        return
    op.execute(
        f"CREATE FUNCTION {table}_known() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP <> 'INSERT' THEN {over} END IF; IF TG_OP <> 'DELETE' THEN {so} END IF; RETURN NULL; END $$"
    )
    call = f"FOR EACH ROW {{}} EXECUTE FUNCTION {table}_known()"
    op.execute(f"CREATE TRIGGER {table}_known AFTER INSERT OR DELETE ON {table} {call.format('')}")
    op.execute(f"CREATE TRIGGER {table}_known_update AFTER UPDATE ON {table} {call.format(f'WHEN ({changed})')}")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
