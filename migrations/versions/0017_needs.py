"""What people are called, need, and how they want to be reached; in which quarter they live and who sent them."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CHANNELS = ("call", "sms", "email", "letter", "in_person", "through_somebody")
COLUMNS = {
    "called_name": "VARCHAR(200) CONSTRAINT ck_person_called_name_length CHECK (length(called_name) <= 200)",
    "immigrated_in": "INTEGER",
    "quarter_id": "INTEGER CONSTRAINT fk_person_quarter_id REFERENCES quarter (id)",
    "contact_by": f"VARCHAR(40) CONSTRAINT ck_person_channel CHECK (contact_by IN {CHANNELS!r})",
    "needs": "JSON DEFAULT '[]' NOT NULL",
    "referred_by": "VARCHAR(120) CONSTRAINT ck_person_referred_by_length CHECK (length(referred_by) <= 120)",
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE person ADD COLUMN {name} {kind}")


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.execute(f"ALTER TABLE person DROP COLUMN {name}")
