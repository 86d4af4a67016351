"""Long tables that are made in the background and kept for a day."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "long_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_long_export_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_long_export")),
        sa.UniqueConstraint("job_id", name=op.f("uq_long_export_job_id")),
    )
    op.create_table(
        "export_piece",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("export_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(40), nullable=False),
        sa.Column("place", sa.String(400), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("content IN ('csv', 'xlsx')", name=op.f("ck_export_piece_content")),
        sa.CheckConstraint("length(place) <= 400", name=op.f("ck_export_piece_place_length")),
        sa.ForeignKeyConstraint(
            ["export_id"], ["long_export.id"], name=op.f("fk_export_piece_export_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_piece")),
    )
    op.create_index(op.f("ix_export_piece_export_id"), "export_piece", ["export_id"])


def downgrade() -> None:
    op.drop_table("export_piece")
    op.drop_table("long_export")
