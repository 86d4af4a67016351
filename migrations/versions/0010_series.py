"""Long-term series, and every figure that was ever told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "school_entry_deferral",
                "language_assessment",
                "staff_training",
                "other",
                name="series_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("definition", sa.String(length=1000), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column(
            "rhythm",
            sa.Enum("school_year", "year", name="rhythm", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "unit",
            sa.Enum(
                "children", "families", "persons", name="unit", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("instrument", sa.String(length=80), nullable=True),
        sa.Column("version", sa.String(length=80), nullable=True),
        sa.Column("assessed_language", sa.String(length=80), nullable=True),
        sa.Column("ages", sa.String(length=80), nullable=True),
        sa.Column("departments", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'language_assessment') = (instrument IS NOT NULL) AND (kind = 'language_assessment') = (version IS NOT NULL) AND (kind = 'language_assessment') = (assessed_language IS NOT NULL) AND (kind = 'language_assessment') = (ages IS NOT NULL)",
            name=op.f("ck_series_instrument"),
        ),
        sa.CheckConstraint("length(ages) <= 80", name=op.f("ck_series_ages_length")),
        sa.CheckConstraint("length(assessed_language) <= 80", name=op.f("ck_series_assessed_language_length")),
        sa.CheckConstraint("length(definition) <= 1000", name=op.f("ck_series_definition_length")),
        sa.CheckConstraint("length(instrument) <= 80", name=op.f("ck_series_instrument_length")),
        sa.CheckConstraint("length(key) <= 40", name=op.f("ck_series_key_length")),
        sa.CheckConstraint("length(source) <= 300", name=op.f("ck_series_source_length")),
        sa.CheckConstraint("length(title) <= 200", name=op.f("ck_series_title_length")),
        sa.CheckConstraint("length(version) <= 80", name=op.f("ck_series_version_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("key", name=op.f("uq_series_key")),
    )
    op.create_table(
        "series_value",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=True),
        sa.Column("department", sa.String(length=100), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=True),
        sa.Column("of_all", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(municipality_id IS NULL) <> (department IS NULL)", name=op.f("ck_series_value_place")),
        sa.CheckConstraint("cases BETWEEN 0 AND 1000000", name=op.f("ck_series_value_cases")),
        sa.CheckConstraint(
            "cases IS NOT NULL OR (of_all IS NULL AND reason IS NOT NULL)", name=op.f("ck_series_value_taken_back")
        ),
        sa.CheckConstraint("length(department) <= 100", name=op.f("ck_series_value_department_length")),
        sa.CheckConstraint("length(note) <= 300", name=op.f("ck_series_value_note_length")),
        sa.CheckConstraint("length(reason) <= 300", name=op.f("ck_series_value_reason_length")),
        sa.CheckConstraint("of_all BETWEEN cases AND 1000000", name=op.f("ck_series_value_of_all")),
        sa.CheckConstraint("year BETWEEN 1990 AND 2100", name=op.f("ck_series_value_year")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["user_account.id"], name=op.f("fk_series_value_entered_by_id")),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_series_value_municipality_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_series_value_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_value")),
    )
    with op.batch_alter_table("series_value", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_value_series_id"), ["series_id"], unique=False)
        batch_op.create_index(
            "uq_series_value_department",
            ["series_id", "department", "year"],
            unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        )
        batch_op.create_index(
            "uq_series_value_municipality",
            ["series_id", "municipality_id", "year"],
            unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("series_value", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_series_value_municipality",
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_series_value_department",
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_series_value_series_id"))

    op.drop_table("series_value")
    op.drop_table("series")
