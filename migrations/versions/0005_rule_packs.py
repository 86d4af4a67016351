"""Rule packs as data, two more marks (transfer, placement), heads by group, and meetings that make up for cancelled ones.

Which marks there are stands in CHECKs. SQLite cannot alter one, and to recreate a table to which others point would be refused
by their foreign keys. So the text of the table is changed where SQLite keeps it, which moves no row: the way that
https://www.sqlite.org/lang_altertable.html describes for constraints. PostgreSQL drops the CHECK and adds it anew. The values
that are there already are read from the database and kept, so other migrations may come before or after this one.
"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MARKS = ("transfer", "placement")
CHANGES = ("replacement",)
PACKS = ("course", "parent_child", "head_count")
WITHOUT_GROUP = "others"  # the group of heads of whom only the sum was counted


def upgrade() -> None:
    for table in ("mark_event", "attendance_mark"):
        set_values(table, "mark", lambda values: [*values, *(new for new in MARKS if new not in values)])
    set_values("meeting_change", "change", lambda values: [*values, *CHANGES], column="what")
    set_check("programme", "ck_programme_rule_pack", "length(rule_pack) BETWEEN 1 AND 40")
    op.execute("ALTER TABLE meeting ADD COLUMN heads JSON")
    op.execute(
        "ALTER TABLE meeting ADD COLUMN replaces_id INTEGER CONSTRAINT fk_meeting_replaces_id REFERENCES meeting (id)"
        " CONSTRAINT ck_meeting_replaces_id CHECK (replaces_id <> id)"
    )
    op.create_index("uq_meeting_replaces_id", "meeting", ["replaces_id"], unique=True)
    say_whom_events_counted(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index("uq_meeting_replaces_id")
        batch_op.drop_constraint(batch_op.f("ck_meeting_replaces_id"), type_="check")
        batch_op.drop_column("replaces_id")
        batch_op.drop_column("heads")
    op.execute(
        "UPDATE programme SET rule_pack = 'course' WHERE rule_pack NOT IN ('course', 'parent_child', 'head_count')"
    )
    set_check("programme", "ck_programme_rule_pack", among("rule_pack", list(PACKS)))
    op.execute("DELETE FROM meeting_change WHERE what = 'replacement'")
    set_values("meeting_change", "change", lambda values: [old for old in values if old not in CHANGES], column="what")
    for table in ("attendance_mark", "mark_event"):
        marks = sa.table(table, sa.column("mark"))
        op.execute(sa.update(marks).where(marks.c.mark.in_(MARKS)).values(mark="absent_excused"))
        set_values(table, "mark", lambda values: [old for old in values if old not in MARKS])


def say_whom_events_counted(connection: sa.Connection) -> None:
    """Until now events counted one number of heads."""
    meeting = sa.table("meeting", *map(sa.column, ("id", "course_id", "visitors")), sa.column("heads", sa.JSON))
    course = sa.table("course", *map(sa.column, ("id", "programme_id")))
    programme = sa.table("programme", *map(sa.column, ("id", "rule_pack")))
    events = (
        sa.select(course.c.id)
        .join_from(course, programme, programme.c.id == course.c.programme_id)
        .where(programme.c.rule_pack == "head_count")
    )
    counted = sa.select(meeting.c.id, meeting.c.visitors).where(
        meeting.c.visitors.is_not(None), meeting.c.course_id.in_(events)
    )
    for row in connection.execute(counted).all():
        heads = {WITHOUT_GROUP: row.visitors}
        connection.execute(sa.update(meeting).where(meeting.c.id == row.id).values(heads=heads))


def among(column: str, values: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def set_values(table: str, name: str, change: Callable[[list[str]], list[str]], column: str | None = None) -> None:
    """Change the values that a column of a closed list may take."""
    check = f"ck_{table}_{name}"
    values = re.findall("'([^']*)'", text_of(table, check))
    set_check(table, check, among(column or name, change(values)))


def text_of(table: str, check: str) -> str:
    """The condition of a CHECK, as the database has it."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return _found(_sql_of(connection, table), check)[0]
    text = connection.scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": check}
    )
    return str(text)


def set_check(table: str, check: str, condition: str) -> None:
    """Give a CHECK another condition and leave every row where it is."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(check), table, type_="check")
        op.create_check_constraint(op.f(check), table, condition)
        return
    sql = _sql_of(connection, table)
    found = _found(sql, check)
    new = sql[: found.start()] + f"CONSTRAINT {check} CHECK ({condition})" + sql[found.end() :]
    version = int(connection.exec_driver_sql("PRAGMA schema_version").scalar_one())
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (new, table))
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")  # other connections read the schema anew …
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")  # … and so does this one
    wrong = connection.exec_driver_sql(f"PRAGMA quick_check({table})").scalars().all()
    if wrong != ["ok"]:
        raise RuntimeError(f"{check} does not hold for what is stored: {wrong[0]}")


def _sql_of(connection: sa.Connection, table: str) -> str:
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    return str(connection.exec_driver_sql(query, (table,)).scalar_one())


def _found(sql: str, check: str) -> re.Match[str]:
    """Where a named CHECK stands; its brackets are at most two deep."""
    found = re.search(rf'CONSTRAINT "?{check}"? CHECK \((?:[^()]|\([^()]*\))*\)', sql)
    if found is None:
        raise RuntimeError(f"{check} is not where it should be")
    return found
