"""Days without school, and secret addresses of calendars."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "school_holiday",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_school_holiday_days")),
        sa.CheckConstraint("length(name) <= 80", name=op.f("ck_school_holiday_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_holiday")),
        sa.UniqueConstraint("first_day", "last_day", "name", name=op.f("uq_school_holiday_first_day_last_day_name")),
    )
    op.create_index(op.f("ix_school_holiday_last_day"), "school_holiday", ["last_day"], unique=False)
    op.create_table(
        "course_feed",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(secret_hash) <= 64", name=op.f("ck_course_feed_secret_hash_length")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_feed_course_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_course_feed_made_by_id")),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_course_feed")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_course_feed_secret_hash")),
    )


def downgrade() -> None:
    op.drop_table("course_feed")
    op.drop_index(op.f("ix_school_holiday_last_day"), table_name="school_holiday")
    op.drop_table("school_holiday")
