"""What a grant asks for: a funder's pack, its period and its money; and why a funder's file left the office."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = {
    "pack": "VARCHAR(40) CONSTRAINT ck_funding_profile_pack_length CHECK (length(pack) <= 40)",
    "reference": "VARCHAR(80) CONSTRAINT ck_funding_profile_reference_length CHECK (length(reference) <= 80)",
    "grant_from": "DATE",
    "grant_until": "DATE CONSTRAINT ck_funding_profile_grant CHECK (grant_until >= grant_from)",
    "rate_cents": "INTEGER CONSTRAINT ck_funding_profile_rate_cents CHECK (rate_cents BETWEEN 1 AND 100000)",
    "ceiling_cents": "INTEGER CONSTRAINT ck_funding_profile_ceiling_cents CHECK (ceiling_cents BETWEEN 1 AND 1000000000)",
    "due_on": "DATE",
    "sent_on": "DATE",
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE funding_profile ADD COLUMN {name} {kind}")
    op.create_table(
        "funder_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.CheckConstraint("length(file) <= 40", name=op.f("ck_funder_export_file_length")),
        sa.CheckConstraint("length(reason) <= 300", name=op.f("ck_funder_export_reason_length")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_funder_export_by_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["funding_profile.id"], name=op.f("fk_funder_export_profile_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funder_export")),
    )
    op.create_index(op.f("ix_funder_export_profile_id"), "funder_export", ["profile_id"])


def downgrade() -> None:
    op.drop_table("funder_export")
    for name in reversed(COLUMNS):
        op.execute(f"ALTER TABLE funding_profile DROP COLUMN {name}")
