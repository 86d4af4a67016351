"""How far a run of the retention job is, so that a killed one goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0028"
branch_labels = None
depends_on = None

RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    with op.batch_alter_table("retention_run") as table:
        table.add_column(sa.Column("state", sa.String(length=40), nullable=True))
    op.execute("UPDATE retention_run SET state = 'done'")
    with op.batch_alter_table("retention_run") as table:
        table.alter_column("state", existing_type=sa.String(length=40), nullable=False)
        table.create_check_constraint(op.f("ck_retention_run_run_state"), "state IN ('running', 'done')")
    op.create_index(
        "uq_retention_run_under_way",
        "retention_run",
        ["state"],
        unique=True,
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )


def downgrade() -> None:
    op.drop_index("uq_retention_run_under_way", "retention_run")
    with op.batch_alter_table("retention_run") as table:
        table.drop_constraint(op.f("ck_retention_run_run_state"), type_="check")
        table.drop_column("state")
