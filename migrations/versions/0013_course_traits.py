"""How a course works, so that courses can be compared by it; and who paid for it when, since figures are narrowed by both."""

import sqlalchemy as sa
from alembic import op

from migrations import kept

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FEATURES = ("internal_staff", "external_staff", "parents_work", "home_visits", "volunteers", "materials")
KEPT: dict[str, tuple[kept.Kept, tuple[str, ...]]] = {
    "course_trait": ((("course_id", sa.Integer(), False), ("feature", sa.String(40), False)), ("course_id",)),
    "programme": ((("parent_id", sa.Integer(), True), ("funding_profile_id", sa.Integer(), True)), ()),
}


def upgrade() -> None:
    op.create_table(
        "course_trait",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column(
            "feature",
            sa.Enum(*FEATURES, name="course_feature", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_trait_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_trait")),
        sa.UniqueConstraint("course_id", "feature", name=op.f("uq_course_trait_course_id_feature")),
    )
    for table, (columns, looked_for_by) in KEPT.items():
        kept.begin(table, columns, looked_for_by)


def downgrade() -> None:
    for table in KEPT:
        kept.end(table)
    op.drop_table("course_trait")
