"""Accounts: time made up, how absences were followed up, and whether a programme counts what was made up.

The column of programmes is added and dropped in place, because other tables point to them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("called_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=160), nullable=True),
        sa.Column("proof_seen_on", sa.Date(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(note) <= 160", name=op.f("ck_follow_up_note_length")),
        sa.CheckConstraint("note IS NULL OR called_on IS NOT NULL", name=op.f("ck_follow_up_called_on")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_follow_up_enrolment_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["user_account.id"], name=op.f("fk_follow_up_entered_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_follow_up_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_enrolment_id"), ["enrolment_id"], unique=False)

    op.create_table(
        "make_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_back_reason", sa.String(length=300), nullable=True),
        sa.CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_reason IS NULL) AND (taken_back_at IS NULL) = (taken_back_by_id IS NULL)",
            name=op.f("ck_make_up_taken_back"),
        ),
        sa.CheckConstraint("length(reason) <= 300", name=op.f("ck_make_up_reason_length")),
        sa.CheckConstraint("length(taken_back_reason) <= 300", name=op.f("ck_make_up_taken_back_reason_length")),
        sa.CheckConstraint("length(what) <= 200", name=op.f("ck_make_up_what_length")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 6000", name=op.f("ck_make_up_minutes")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_make_up_enrolment_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["user_account.id"], name=op.f("fk_make_up_entered_by_id")),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_make_up_module_id")),
        sa.ForeignKeyConstraint(["taken_back_by_id"], ["user_account.id"], name=op.f("fk_make_up_taken_back_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_make_up")),
    )
    with op.batch_alter_table("make_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_make_up_enrolment_id"), ["enrolment_id"], unique=False)

    op.execute("ALTER TABLE programme ADD COLUMN counts_make_up BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE programme DROP COLUMN counts_make_up")

    with op.batch_alter_table("make_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_make_up_enrolment_id"))

    op.drop_table("make_up")
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_enrolment_id"))

    op.drop_table("follow_up")
