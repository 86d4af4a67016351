"""Courses that are offered publicly, and who applied for them without an account."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

PRECISION = ("day", "month", "year")
RELATION = ("mother", "father", "guardian", "child")
LENGTHS = {"ticket": 40, "given_name": 200, "family_name": 200, "phone": 60, "email": 254, "through": 60, "language": 10, "notice_version": 20}  # fmt: skip


def _in(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    op.create_table(
        "public_offer",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_public_offer_by_id")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_public_offer_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_public_offer")),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.String(length=40), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("through", sa.String(length=60), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("birth_precision", sa.String(length=40), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=True),
        sa.Column("children", sa.JSON(), nullable=False),
        sa.Column("notice_version", sa.String(length=20), nullable=False),
        sa.CheckConstraint("length(trim(given_name)) > 0", name=op.f("ck_application_name")),
        sa.CheckConstraint(
            "phone IS NOT NULL OR email IS NOT NULL OR through IS NOT NULL", name=op.f("ck_application_reachable")
        ),
        sa.CheckConstraint(_in("birth_precision", PRECISION), name=op.f("ck_application_precision")),
        sa.CheckConstraint(_in("relation", RELATION), name=op.f("ck_application_relation")),
        *(
            sa.CheckConstraint(f"length({name}) <= {most}", name=op.f(f"ck_application_{name}_length"))
            for name, most in LENGTHS.items()
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_application_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("ticket", name=op.f("uq_application_ticket")),
    )
    op.create_index("ix_application_course_id", "application", ["course_id"])
    op.create_index("ix_application_sent_at", "application", ["sent_at"])


def downgrade() -> None:
    op.drop_table("application")
    op.drop_table("public_offer")
