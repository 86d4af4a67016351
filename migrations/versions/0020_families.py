"""Who has custody, and who may fetch a child."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CUSTODY = ("has", "has_not")


def upgrade() -> None:
    op.execute(
        f"ALTER TABLE family_member ADD COLUMN custody VARCHAR(40) CONSTRAINT ck_family_member_custody CHECK (custody IN {CUSTODY!r})"
    )
    op.create_table(
        "pick_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("allowed_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("ended_on >= allowed_on", name=op.f("ck_pick_up_days")),
        sa.CheckConstraint("length(name) <= 200", name=op.f("ck_pick_up_name_length")),
        sa.CheckConstraint("length(phone) <= 60", name=op.f("ck_pick_up_phone_length")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_pick_up_by_id")),
        sa.ForeignKeyConstraint(["child_id"], ["person.id"], name=op.f("fk_pick_up_child_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_up")),
    )
    op.create_index("ix_pick_up_child_id", "pick_up", ["child_id"])


def downgrade() -> None:
    op.drop_table("pick_up")
    op.execute("ALTER TABLE family_member DROP COLUMN custody")
