"""Events of phones: devices, what was not applied, and which words an event corrects.

Columns are added in place, in words that SQLite and PostgreSQL both understand: to recreate a table to which others point
would be refused by its foreign keys. Until now the word received last held, so every older event corrects the one before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SOURCES = "('form', 'fill', 'phone')"


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("length(name) <= 80", name=op.f("ck_device_name_length")),
        sa.CheckConstraint("length(token_hash) <= 64", name=op.f("ck_device_token_hash_length")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["user_account.id"], name=op.f("fk_device_revoked_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_device_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_user_id"), ["user_id"], unique=False)

    op.create_table(
        "held_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "stored",
                "duplicate",
                "conflict",
                "refused",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.CheckConstraint("length(event_id) <= 36", name=op.f("ck_held_event_event_id_length")),
        sa.CheckConstraint("length(reason) <= 300", name=op.f("ck_held_event_reason_length")),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_held_event_author_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_held_event_device_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_held_event_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_event")),
    )
    with op.batch_alter_table("held_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_event_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_held_event_meeting_id"), ["meeting_id"], unique=False)

    for column in (
        f"source VARCHAR(40) DEFAULT 'form' NOT NULL CONSTRAINT ck_mark_event_source CHECK (source IN {SOURCES})",
        "replaces JSON DEFAULT '[]' NOT NULL",
        "office BOOLEAN DEFAULT false NOT NULL",
        "doubtful BOOLEAN DEFAULT false NOT NULL",
        "device_id INTEGER CONSTRAINT fk_mark_event_device_id REFERENCES device (id)",
    ):
        op.execute(f"ALTER TABLE mark_event ADD COLUMN {column}")
    op.execute("ALTER TABLE attendance_mark ADD COLUMN disputed BOOLEAN DEFAULT false NOT NULL")
    say_what_was_corrected(op.get_bind())


def say_what_was_corrected(connection: sa.Connection) -> None:
    event = sa.table(
        "mark_event",
        *map(sa.column, ("id", "meeting_id", "enrolment_id", "child_id", "received_at")),
        sa.column("replaces", sa.JSON),
    )
    before = None
    rows = connection.execute(
        sa.select(event).order_by(
            event.c.meeting_id, event.c.enrolment_id, event.c.child_id, event.c.received_at, event.c.id
        )
    ).all()
    for row in rows:
        if before is not None and before[1:4] == row[1:4]:
            connection.execute(sa.update(event).where(event.c.id == row.id).values(replaces=[before.id]))
        before = row


def downgrade() -> None:
    with op.batch_alter_table("mark_event", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_mark_event_source"), type_="check")
        batch_op.drop_column("device_id")
        batch_op.drop_column("doubtful")
        batch_op.drop_column("office")
        batch_op.drop_column("replaces")
        batch_op.drop_column("source")

    with op.batch_alter_table("attendance_mark", schema=None) as batch_op:
        batch_op.drop_column("disputed")

    with op.batch_alter_table("held_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_held_event_meeting_id"))
        batch_op.drop_index(batch_op.f("ix_held_event_event_id"))

    op.drop_table("held_event")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_user_id"))

    op.drop_table("device")
