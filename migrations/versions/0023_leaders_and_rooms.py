"""What courses need to be held: rooms, and what those who lead can and until when; figures are narrowed by the languages they speak.

And who was told that a meeting moved or does not take place.
"""

import sqlalchemy as sa
from alembic import op

from database import Instant
from migrations import kept
from migrations.in_place import set_values
from programmes.catalogue.rules import fold

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

CHANNELS = ("call", "sms", "email", "letter", "in_person", "through_somebody")
ROLES = ("leader", "co_leader")
COLUMNS = {
    "course": {
        "venue_key": "VARCHAR(600) DEFAULT '' NOT NULL CONSTRAINT ck_course_venue_key_length CHECK (length(venue_key) <= 600)",
        "room_id": "INTEGER CONSTRAINT fk_course_room_id REFERENCES room (id)",
    },
    "meeting": {"room_id": "INTEGER CONSTRAINT fk_meeting_room_id REFERENCES room (id)"},
}
KEPT: dict[str, tuple[kept.Kept, tuple[str, ...]]] = {
    "course_leader": ((("course_id", sa.Integer(), False), ("user_id", sa.Integer(), False)), ("course_id",)),
    "leader_language": ((("user_id", sa.Integer(), False), ("language", sa.String(80), False)), ("user_id",)),
}


def upgrade() -> None:
    op.create_table(
        "room",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("childcare", sa.Boolean(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(name) <= 200", name=op.f("ck_room_name_length")),
        sa.CheckConstraint("places BETWEEN 1 AND 1000", name=op.f("ck_room_places")),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_room_municipality_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("municipality_id", "name", name=op.f("uq_room_municipality_id_name")),
    )
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
        op.create_index(f"ix_{table}_room_id", table, ["room_id"])
    connection = op.get_bind()
    courses = connection.execute(sa.text("SELECT id, venue FROM course")).all()
    keys = [{"id": row.id, "key": fold(row.venue)[:600]} for row in courses]
    if keys:
        connection.execute(sa.text("UPDATE course SET venue_key = :key WHERE id = :id"), keys)
    set_values("meeting_change", "change", lambda values: [*values, "room_id"], column="what")
    op.create_table(
        "leader_contract",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_leader_contract_dates")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_leader_contract_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_leader_contract")),
    )
    op.create_table(
        "leader_language",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=80), nullable=False),
        sa.CheckConstraint("length(language) <= 80", name=op.f("ck_leader_language_language_length")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_leader_language_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leader_language")),
        sa.UniqueConstraint("user_id", "language", name=op.f("uq_leader_language_user_id_language")),
    )
    _make_course_leader_anew(
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_leader")),
        sa.UniqueConstraint("course_id", "user_id", name=op.f("uq_course_leader_course_id_user_id")),
    )
    for table, (columns, looked_for_by) in KEPT.items():
        kept.begin(table, columns, looked_for_by)
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(*CHANNELS, name="channel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("failed_at", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=300), nullable=True),
        sa.CheckConstraint("length(answer) <= 300", name=op.f("ck_notice_answer_length")),
        sa.CheckConstraint("told_at IS NULL OR failed_at IS NULL", name=op.f("ck_notice_failed_at")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_notice_by_id")),
        sa.ForeignKeyConstraint(["change_id"], ["meeting_change.id"], name=op.f("fk_notice_change_id")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_notice_enrolment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "change_id", "enrolment_id", "channel", name=op.f("uq_notice_change_id_enrolment_id_channel")
        ),
    )
    op.create_index("ix_notice_change_id", "notice", ["change_id"])
    op.create_index("ix_notice_enrolment_id", "notice", ["enrolment_id"])


def downgrade() -> None:
    op.drop_table("notice")
    for table in KEPT:
        kept.end(table)
    _make_course_leader_anew(sa.PrimaryKeyConstraint("course_id", "user_id", name=op.f("pk_course_leader")))
    op.drop_table("leader_language")
    op.drop_table("leader_contract")
    op.execute("DELETE FROM meeting_change WHERE what = 'room_id'")
    set_values("meeting_change", "change", lambda values: [old for old in values if old != "room_id"], column="what")
    for table, columns in COLUMNS.items():
        op.drop_index(f"ix_{table}_room_id", table)
        for name in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    op.drop_table("room")


def _make_course_leader_anew(*parts: sa.schema.SchemaItem) -> None:
    """Nothing points to this table, so it can be written out, dropped and filled again: to keep versions, a row needs a number."""
    leader = sa.table("course_leader", *map(sa.column, ("course_id", "user_id", "role")))
    there = op.get_bind().execute(sa.select(leader).order_by(leader.c.course_id, leader.c.user_id)).all()
    op.drop_table("course_leader")
    op.create_table(
        "course_leader",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(*ROLES, name="leader_role", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_leader_course_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_course_leader_user_id")),
        *parts,
    )
    op.create_index("ix_course_leader_user_id", "course_leader", ["user_id"])
    if there:
        op.bulk_insert(leader, [row._asdict() for row in there])
