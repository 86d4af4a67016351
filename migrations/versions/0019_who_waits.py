"""Find the few who wait among the enrolments of all years."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WAITS = sa.text("status IN ('applied', 'offered', 'waiting')")


def upgrade() -> None:
    op.create_index(
        "ix_enrolment_before_entry", "enrolment", ["applied_at"], sqlite_where=WAITS, postgresql_where=WAITS
    )


def downgrade() -> None:
    op.drop_index("ix_enrolment_before_entry", "enrolment")
