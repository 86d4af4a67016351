"""Who is being erased and what is set aside meanwhile, what has to wait, and when the retention job ran."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

GROUND = ("request", "period", "mistake")
STATE = ("proposed", "withheld", "done", "undone")
ARCHIVE = ("offered", "declined", "taken", "waived")
UNDER_WAY = sa.text("state IN ('proposed', 'withheld')")


def _in(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    op.execute(f"ALTER TABLE person ADD COLUMN withheld_at {_instant()}")
    op.create_index("ix_person_withheld_at", "person", ["withheld_at"])
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("archive", sa.String(length=40), nullable=True),
        sa.Column("offered_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.CheckConstraint(_in("ground", GROUND), name=op.f("ck_erasure_ground")),
        sa.CheckConstraint(_in("state", STATE), name=op.f("ck_erasure_erasure_state")),
        sa.CheckConstraint(_in("archive", ARCHIVE), name=op.f("ck_erasure_archive")),
        sa.CheckConstraint(
            "state = 'proposed' OR approved_at IS NOT NULL OR ended_at IS NOT NULL", name=op.f("ck_erasure_approved_at")
        ),
        sa.CheckConstraint("(state IN ('done', 'undone')) = (ended_at IS NOT NULL)", name=op.f("ck_erasure_ended_at")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erasure_person_id"), ondelete="CASCADE"),
        *(
            sa.ForeignKeyConstraint([column], ["user_account.id"], name=op.f(f"fk_erasure_{column}"))
            for column in ("proposed_by_id", "approved_by_id", "ended_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_person_id", "erasure", ["person_id"])
    op.create_index(
        "uq_erasure_under_way",
        "erasure",
        ["person_id"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_table(
        "set_aside",
        sa.Column("erasure_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["erasure.id"], name=op.f("fk_set_aside_erasure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(reason) <= 200", name=op.f("ck_legal_hold_reason_length")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_legal_hold_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["set_by_id"], ["user_account.id"], name=op.f("fk_legal_hold_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_person_id", "legal_hold", ["person_id"])
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )


def downgrade() -> None:
    for table in ("retention_run", "legal_hold", "set_aside", "erasure"):
        op.drop_table(table)
    op.drop_index("ix_person_withheld_at", "person")
    op.execute("ALTER TABLE person DROP COLUMN withheld_at")


def _instant() -> str:
    return "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
