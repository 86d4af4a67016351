"""What names sound like, by which likely duplicates are found; lists of people on their way in."""

import json

import sqlalchemy as sa
from alembic import op

from programmes.participants.rules import name_sounds

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "name_sound",
        sa.Column("sound", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(sound) <= 40", name=op.f("ck_name_sound_sound_length")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_name_sound_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sound", "person_id", name=op.f("pk_name_sound")),
    )
    op.create_index("ix_name_sound_person_id", "name_sound", ["person_id"])
    op.create_index("ix_person_birth_date", "person", ["birth_date"])
    op.create_table(
        "people_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("encoding", sa.String(length=40), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.CheckConstraint("length(name) <= 200", name=op.f("ck_people_list_name_length")),
        sa.CheckConstraint("length(encoding) <= 40", name=op.f("ck_people_list_encoding_length")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_people_list_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_list")),
        sa.UniqueConstraint("user_id", name=op.f("uq_people_list_user_id")),
    )
    connection = op.get_bind()
    people = connection.execute(sa.text("SELECT id, name_keys FROM person")).all()
    sounds = [
        {"sound": sound, "person_id": row.id}
        for row in people
        for sound in name_sounds(json.loads(row.name_keys) if isinstance(row.name_keys, str) else row.name_keys)
    ]
    if sounds:
        connection.execute(sa.text("INSERT INTO name_sound (sound, person_id) VALUES (:sound, :person_id)"), sounds)


def downgrade() -> None:
    op.drop_index("ix_person_birth_date", "person")
    op.drop_table("name_sound")
    op.drop_table("people_list")
