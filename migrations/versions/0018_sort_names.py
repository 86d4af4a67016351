"""Names are sorted by letters as people know them, the same in every database."""

import sqlalchemy as sa
from alembic import op

from programmes.participants.rules import sort_key

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    by_letter = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    check = "CONSTRAINT ck_person_sort_key_length CHECK (length(sort_key) <= 800)"
    op.execute(f"ALTER TABLE person ADD COLUMN sort_key VARCHAR(800){by_letter} DEFAULT '' NOT NULL {check}")
    people = connection.execute(sa.text("SELECT id, family_name, given_name FROM person")).all()
    keys = [{"id": row.id, "key": sort_key(row.family_name, row.given_name)[:800]} for row in people]
    if keys:
        connection.execute(sa.text("UPDATE person SET sort_key = :key WHERE id = :id"), keys)
    op.drop_index("ix_person_family_name_given_name", "person")
    op.create_index("ix_person_sort_key", "person", ["sort_key"])


def downgrade() -> None:
    op.drop_index("ix_person_sort_key", "person")
    op.create_index("ix_person_family_name_given_name", "person", ["family_name", "given_name"])
    op.execute("ALTER TABLE person DROP COLUMN sort_key")
