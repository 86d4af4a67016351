"""How far a run of the retention job is, so that a killed one goes on; since when an account is closed, and nobody's."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
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
    op.execute("ALTER TABLE erasure ADD COLUMN notes JSON")
    for name in ("blocked_at", "erased_at"):
        op.execute(f"ALTER TABLE user_account ADD COLUMN {name} {_instant()}")
    account = sa.table(
        "user_account", sa.column("blocked_at", sa.DateTime(timezone=True)), sa.column("active", sa.Boolean)
    )
    # Since when is not known any more, so their time begins now.
    op.execute(sa.update(account).where(~account.c.active).values(blocked_at=dt.datetime.now(dt.UTC)))


def downgrade() -> None:
    op.execute("ALTER TABLE erasure DROP COLUMN notes")
    for name in ("erased_at", "blocked_at"):
        op.execute(f"ALTER TABLE user_account DROP COLUMN {name}")
    op.drop_index("uq_retention_run_under_way", "retention_run")
    with op.batch_alter_table("retention_run") as table:
        table.drop_constraint(op.f("ck_retention_run_run_state"), type_="check")
        table.drop_column("state")


def _instant() -> str:
    return "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
