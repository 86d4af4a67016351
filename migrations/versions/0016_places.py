"""Offers with a deadline, tries to reach people, who does not come any more, and the conditions of a programme."""

import sqlalchemy as sa
from alembic import op

from migrations.in_place import set_condition, set_values

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NEW = ("applied", "offered", "declined")
OPEN_BEFORE, OPEN = ("waiting", "enrolled", "completed"), ("applied", "waiting", "offered", "enrolled", "completed")
COLUMNS = {
    "enrolment": {
        "requeued_at": "{instant}",
        "offered_until": "DATE CONSTRAINT ck_enrolment_offered_until CHECK ((status = 'offered') = (offered_until IS NOT NULL))",
        "missed_since": "DATE",
    },
    "programme": {
        "women_only": "BOOLEAN DEFAULT false NOT NULL",
        "after_programme_id": "INTEGER CONSTRAINT fk_programme_after_programme_id REFERENCES programme (id)",
        "residents_only": "BOOLEAN DEFAULT false NOT NULL",
    },
}
CHANNELS = ("call", "sms", "email", "letter", "in_person", "through_somebody")
REACHED = ("not_reached", "message_left", "thinking", "wants", "refuses")


def upgrade() -> None:
    set_values("enrolment", "enrolment_status", lambda values: [*values, *NEW], column="status")
    set_values("enrolment_change", "enrolment_status", lambda values: [*values, *NEW], column="new")
    set_condition("enrolment", "ck_enrolment_entry_date", _entry_date("applied", "waiting", "offered"))
    _index(OPEN)
    instant = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind.format(instant=instant)}")
    op.create_table(
        "contact_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(*CHANNELS, name="channel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "reached",
            sa.Enum(*REACHED, name="reached", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.CheckConstraint("length(note) <= 300", name=op.f("ck_contact_attempt_note_length")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_contact_attempt_by_id")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_contact_attempt_enrolment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_attempt")),
    )
    op.create_index(op.f("ix_contact_attempt_enrolment_id"), "contact_attempt", ["enrolment_id"])


def downgrade() -> None:
    op.drop_table("contact_attempt")
    op.execute("UPDATE enrolment SET status = 'waiting', offered_until = NULL WHERE status IN ('applied', 'offered')")
    op.execute("UPDATE enrolment SET status = 'withdrawn' WHERE status = 'declined'")
    for name, before in (("applied", "waiting"), ("offered", "waiting"), ("declined", "withdrawn")):
        op.execute(f"UPDATE enrolment_change SET new = '{before}' WHERE new = '{name}'")  # noqa: S608 no input
    _index(OPEN_BEFORE)
    for table, columns in COLUMNS.items():
        for name in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    set_condition("enrolment", "ck_enrolment_entry_date", _entry_date("waiting"))
    for table, column in (("enrolment", "status"), ("enrolment_change", "new")):
        set_values(
            table, "enrolment_status", lambda values: [value for value in values if value not in NEW], column=column
        )


def _entry_date(*before: str) -> str:
    among = f"= '{before[0]}'" if len(before) == 1 else f"IN {before!r}"
    return f"status {among} OR entry_date IS NOT NULL OR exit_date IS NOT NULL"


def _index(statuses: tuple[str, ...]) -> None:
    op.drop_index("uq_enrolment_open", "enrolment")
    are_open = sa.text(f"status IN {statuses!r}")
    op.create_index(
        "uq_enrolment_open", "enrolment", ["course_id", "person_id"], unique=True, sqlite_where=are_open,
        postgresql_where=are_open,
    )  # fmt: skip
