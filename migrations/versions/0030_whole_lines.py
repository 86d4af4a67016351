"""A line of the trace says in which roles somebody acted, by which session, from which network, in which programme, and when by a phone's clock.

Columns are added without touching a row, so triggers and chain stay as they are: a link counts a new field only where something stands in
it (auth/audit/rules.py).
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TEXTS = {"roles": 80, "session": 20, "origin": 16}


def upgrade() -> None:
    for name, most in TEXTS.items():
        check = f"CONSTRAINT ck_trace_entry_{name}_length CHECK (length({name}) <= {most})"
        op.execute(f"ALTER TABLE trace_entry ADD COLUMN {name} VARCHAR({most}) {check}")
    op.add_column("trace_entry", sa.Column("programme_id", sa.Integer(), nullable=True))
    op.add_column("trace_entry", sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in (*TEXTS, "programme_id", "claimed_at"):
        op.execute(f"ALTER TABLE trace_entry DROP COLUMN {name}")
