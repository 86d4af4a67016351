"""Traces that stay: whose details were read, no change of what is written, a chain of hashes over it, and the way in for an emergency."""

import sqlalchemy as sa
from alembic import op

from migrations import append_only

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
LENGTHS = {"act": 80, "object_id": 120, "request_id": 32, "subject_hash": 64}
NEW = {"people": sa.Text, "device_id": sa.Integer, "emergency_id": sa.Integer}
KINDS = ("anchor", "emergency")


def _trace(*new: sa.Column, points_to_accounts: bool) -> sa.Table:
    """The table as it is before the change: SQLite copies it."""
    keys = [sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name="fk_trace_entry_actor_id")]
    metadata = sa.MetaData()
    sa.Table("user_account", metadata, sa.Column("id", sa.Integer(), primary_key=True))
    return sa.Table(
        "trace_entry",
        metadata,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=80), nullable=False),
        sa.Column("object_id", sa.String(length=120), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.String(length=32), nullable=True),
        sa.Column("subject_hash", sa.String(length=64), nullable=True),
        *new,
        *(
            sa.CheckConstraint(f"length({name}) <= {most}", name=f"ck_trace_entry_{name}_length")
            for name, most in LENGTHS.items()
        ),
        *(keys if points_to_accounts else []),
        sa.PrimaryKeyConstraint("id", name="pk_trace_entry"),
        sa.Index("ix_trace_entry_actor_id", "actor_id"),
        sa.Index("ix_trace_entry_at", "at"),
        sa.Index("ix_trace_entry_subject_hash_at", "subject_hash", "at"),
    )


def _new() -> list[sa.Column]:
    return [sa.Column(name, kind(), nullable=True) for name, kind in NEW.items()]


def upgrade() -> None:
    with op.batch_alter_table("trace_entry", copy_from=_trace(points_to_accounts=True)) as batch_op:
        batch_op.drop_constraint("fk_trace_entry_actor_id", type_="foreignkey")
        for column in _new():
            batch_op.add_column(column)
    op.create_table(
        "trace_link",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(hash) <= 64", name=op.f("ck_trace_link_hash_length")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_trace_link")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_trace_link_entry_id")),
    )
    op.create_table(
        "trace_seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("is_anchor", sa.Boolean(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(hash) <= 64", name=op.f("ck_trace_seal_hash_length")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_trace_seal")),
    )
    for table in ("trace_entry", "trace_link", "trace_seal"):
        append_only.begin(table)
    op.create_table(
        "emergency_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(reason) <= 500", name=op.f("ck_emergency_access_reason_length")),
        sa.CheckConstraint("ends_at >= opened_at", name=op.f("ck_emergency_access_period")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_emergency_access_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_access")),
    )
    op.create_index("ix_emergency_access_user_id", "emergency_access", ["user_id"])
    op.create_table(
        "officer_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("tried_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.CheckConstraint(f"kind IN ({', '.join(map(repr, KINDS))})", name=op.f("ck_officer_notice_notice_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_notice")),
        sa.UniqueConstraint("kind", "about", name=op.f("uq_officer_notice_kind_about")),
    )


def downgrade() -> None:
    op.drop_table("officer_notice")
    op.drop_table("emergency_access")
    for table in ("trace_entry", "trace_link", "trace_seal"):
        append_only.end(table)
    op.drop_table("trace_seal")
    op.drop_table("trace_link")
    with op.batch_alter_table("trace_entry", copy_from=_trace(*_new(), points_to_accounts=False)) as batch_op:
        for name in NEW:
            batch_op.drop_column(name)
        batch_op.create_foreign_key("fk_trace_entry_actor_id", "user_account", ["actor_id"], ["id"])
