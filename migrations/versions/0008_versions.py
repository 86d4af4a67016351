"""Every state of every row that is counted, from when until when; written by triggers, so that no code can forget to.

What is there already counts as known since ever: nobody can say any more since when it was.
"""

import sqlalchemy as sa
from alembic import op

from database import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# (name, type, may be NULL)
WORD = sa.String(40)
COLUMNS: dict[str, tuple[tuple[str, sa.types.TypeEngine, bool], ...]] = {
    "course": (
        ("programme_id", sa.Integer(), False), ("municipality_id", sa.Integer(), False), ("quarter_id", sa.Integer(), True),
        ("language", sa.String(80), False), ("starts_on", sa.Date(), False), ("ends_on", sa.Date(), False),
    ),
    "meeting": (
        ("course_id", sa.Integer(), False), ("date", sa.Date(), False), ("minutes", sa.Integer(), False),
        ("status", WORD, False), ("closed_at", Instant(), True), ("visitors", sa.Integer(), True),
    ),
    "person": (
        ("sex", WORD, True), ("birth_date", sa.Date(), True), ("late_resettler", sa.Boolean(), False),
        ("citizenship_group", WORD, True), ("family_language", sa.String(80), True),
    ),
    "enrolment": (
        ("course_id", sa.Integer(), False), ("person_id", sa.Integer(), False), ("status", WORD, False),
        ("applied_at", Instant(), False), ("entry_date", sa.Date(), True), ("exit_date", sa.Date(), True),
        ("exit_cause", WORD, True), ("education", WORD, True), ("employment", WORD, True), ("outcome", WORD, True),
    ),
    "enrolment_child": (("enrolment_id", sa.Integer(), False), ("person_id", sa.Integer(), False)),
    "attendance_mark": (
        ("meeting_id", sa.Integer(), False), ("enrolment_id", sa.Integer(), False), ("child_id", sa.Integer(), True),
        ("mark", WORD, False), ("minutes", sa.Integer(), False), ("absence_reason", WORD, True),
    ),
    "certificate": (
        ("enrolment_id", sa.Integer(), True), ("slot", WORD, False), ("replaces_id", sa.Integer(), True), ("state", WORD, False),
        ("issued_at", Instant(), False), ("handed_over_on", sa.Date(), True),
    ),
}  # fmt: skip
LOOKED_FOR_BY = {
    "course": ("programme_id",), "meeting": ("course_id",), "person": (), "enrolment": ("course_id", "person_id"),
    "enrolment_child": ("enrolment_id",), "attendance_mark": ("meeting_id",), "certificate": ("enrolment_id",),
}  # fmt: skip
EVER = "1900-01-01 00:00:00.000000"


def upgrade() -> None:
    for table, columns in COLUMNS.items():
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
        zone = "" if is_sqlite() else "+00"
        op.execute(f"INSERT INTO {versions} ({names}, since) SELECT {names}, '{EVER}{zone}' FROM {table}")  # noqa: S608 no input
        op.create_index(f"ix_{versions}_id", versions, ["id"])
        for column in LOOKED_FOR_BY[table]:
            op.create_index(f"ix_{versions}_{column}", versions, [column])
        op.create_index(
            f"uq_{versions}_current", versions, ["id"], unique=True,
            sqlite_where=sa.text("until IS NULL"), postgresql_where=sa.text("until IS NULL"),
        )  # fmt: skip
        watch(table, [name for name, *_ in columns])


def watch(table: str, columns: list[str]) -> None:
    names = ["id", *columns]
    said, new = ", ".join(names), ", ".join(f"NEW.{name}" for name in names)
    differ = "IS NOT" if is_sqlite() else "IS DISTINCT FROM"
    changed = " OR ".join(f"OLD.{name} {differ} NEW.{name}" for name in columns)
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'" if is_sqlite() else "clock_timestamp()"
    end = f"UPDATE {table}_version SET until = {now} WHERE id = OLD.id AND until IS NULL;"  # noqa: S608 no input
    begin = f"INSERT INTO {table}_version ({said}, since) VALUES ({new}, {now});"  # noqa: S608 no input
    if is_sqlite():
        for event, condition, does in (
            ("INSERT", "", begin),
            (f"UPDATE OF {', '.join(columns)}", f"WHEN {changed}", f"{end} {begin}"),
            ("DELETE", "", end),
        ):
            name = f"{table}_known_{event.split()[0].lower()}"
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} {condition} BEGIN {does} END")
        return
    op.execute(
        f"CREATE FUNCTION {table}_known() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP <> 'INSERT' THEN {end} END IF; IF TG_OP <> 'DELETE' THEN {begin} END IF; RETURN NULL; END $$"
    )
    call = f"FOR EACH ROW {{}} EXECUTE FUNCTION {table}_known()"
    op.execute(f"CREATE TRIGGER {table}_known AFTER INSERT OR DELETE ON {table} {call.format('')}")
    op.execute(f"CREATE TRIGGER {table}_known_update AFTER UPDATE ON {table} {call.format(f'WHEN ({changed})')}")


def downgrade() -> None:
    for table in COLUMNS:
        if is_sqlite():
            for event in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {table}_known_{event}")
        else:
            for name in (f"{table}_known", f"{table}_known_update"):
                op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {table}_known()")
        op.drop_table(f"{table}_version")


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
