"""Who was told what happens to their data; answers that say what they are about and who gave them for a child."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BEFORE, NEW = ("photo", "follow_up"), ("passing_on", "press")
EXPLAINED = ("in_print", "aloud", "interpreted", "online")
COLUMNS = {
    "about": "VARCHAR(200) CONSTRAINT ck_consent_about_length CHECK (length(about) <= 200)",
    "media": "JSON DEFAULT '[]' NOT NULL",
    "explained": f"VARCHAR(40) CONSTRAINT ck_consent_explained CHECK (explained IN {EXPLAINED!r})",
}


def upgrade() -> None:
    _allow(BEFORE + NEW)
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE consent ADD COLUMN {name} {kind}")
    op.execute(
        "ALTER TABLE application ADD COLUMN notice_language VARCHAR(10) DEFAULT 'de' NOT NULL"
        " CONSTRAINT ck_application_notice_language_length CHECK (length(notice_language) <= 10)"
    )
    op.create_table(
        "consent_giver",
        sa.Column("consent_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consent.id"], name=op.f("fk_consent_giver_consent_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_consent_giver_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("consent_id", "person_id", name=op.f("pk_consent_giver")),
    )
    op.create_index("ix_consent_giver_person_id", "consent_giver", ["person_id"])
    op.create_table(
        "privacy_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column(
            "explained",
            sa.Enum(*EXPLAINED, name="explained", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("length(language) <= 40", name=op.f("ck_privacy_notice_language_length")),
        sa.CheckConstraint("length(version) <= 20", name=op.f("ck_privacy_notice_version_length")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_privacy_notice_by_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_privacy_notice_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_notice")),
    )
    op.create_index("ix_privacy_notice_person_id", "privacy_notice", ["person_id"])


def downgrade() -> None:
    op.drop_table("privacy_notice")
    op.drop_table("consent_giver")
    op.execute("ALTER TABLE application DROP COLUMN notice_language")
    for name in reversed(COLUMNS):
        op.execute(f"ALTER TABLE consent DROP COLUMN {name}")
    op.execute("DELETE FROM consent WHERE purpose IN ('passing_on', 'press')")
    _allow(BEFORE)


def _allow(purposes: tuple[str, ...]) -> None:
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_consent_consent_purpose"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_consent_consent_purpose"), f"purpose IN {purposes!r}")
