"""Signature sheets: which were handed out, and where the signed ones lie.

Both tables are new and empty: what was printed before is not known, and nothing is made up about it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sheet_filing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("filed_by", sa.String(length=120), nullable=True),
        sa.Column("place", sa.String(length=160), nullable=True),
        sa.Column("signatures", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(filed_on IS NULL AND filed_by IS NULL AND place IS NULL AND signatures IS NULL)"
            " OR (filed_on IS NOT NULL AND filed_by IS NOT NULL AND place IS NOT NULL AND signatures IS NOT NULL)",
            name=op.f("ck_sheet_filing_whole"),
        ),
        sa.CheckConstraint("length(filed_by) <= 120", name=op.f("ck_sheet_filing_filed_by_length")),
        sa.CheckConstraint("length(place) <= 160", name=op.f("ck_sheet_filing_place_length")),
        sa.CheckConstraint("signatures BETWEEN 0 AND 1000", name=op.f("ck_sheet_filing_signatures")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_sheet_filing_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_sheet_filing_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_filing")),
    )
    with op.batch_alter_table("sheet_filing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sheet_filing_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "sheet_print",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(fingerprint) <= 64", name=op.f("ck_sheet_print_fingerprint_length")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_sheet_print_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_sheet_print_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_print")),
    )
    with op.batch_alter_table("sheet_print", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sheet_print_meeting_id"), ["meeting_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sheet_print", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sheet_print_meeting_id"))

    op.drop_table("sheet_print")
    with op.batch_alter_table("sheet_filing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sheet_filing_meeting_id"))

    op.drop_table("sheet_filing")
