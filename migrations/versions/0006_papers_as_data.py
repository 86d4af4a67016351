"""Papers as data: settings, funding profiles with logos, decisions, checked names, batches, links, letters, jobs.

The certificate gets a slot (which of somebody's papers it is), a public part that names nobody, and may lose its person.
What a person could read on a paper never changes: a trigger refuses it, but for the one way of erasing somebody.
"""

import json

import sqlalchemy as sa
from alembic import op

from migrations.in_place import allow_nothing, demand, set_values

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    change_certificates()
    set_values("programme", "paper_kind", lambda values: [*values, "training"], column="paper")
    op.execute(
        "UPDATE programme SET paper = 'training' WHERE paper = 'participation' AND paper_title = 'Fortbildungsbestätigung'"
    )
    op.create_table(
        "funding_profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("line", sa.String(length=300), nullable=False),
        sa.CheckConstraint("length(line) <= 300", name=op.f("ck_funding_profile_line_length")),
        sa.CheckConstraint("length(name) <= 120", name=op.f("ck_funding_profile_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_profile")),
        sa.UniqueConstraint("name", name=op.f("uq_funding_profile_name")),
    )
    op.create_table(
        "logo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("shows", sa.String(length=120), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(sha256) <= 64", name=op.f("ck_logo_sha256_length")),
        sa.CheckConstraint("length(shows) <= 120", name=op.f("ck_logo_shows_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logo")),
        sa.UniqueConstraint("sha256", name=op.f("uq_logo_sha256")),
    )
    op.create_table(
        "funding_logo",
        sa.Column("funding_profile_id", sa.Integer(), nullable=False),
        sa.Column("logo_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["funding_profile_id"],
            ["funding_profile.id"],
            name=op.f("fk_funding_logo_funding_profile_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["logo_id"], ["logo.id"], name=op.f("fk_funding_logo_logo_id")),
        sa.PrimaryKeyConstraint("funding_profile_id", "logo_id", name=op.f("pk_funding_logo")),
    )
    op.execute(
        "ALTER TABLE programme ADD COLUMN funding_profile_id INTEGER CONSTRAINT fk_programme_funding_profile_id REFERENCES funding_profile (id)"
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "cancelled",
                "failed",
                name="job_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(kind) <= 40", name=op.f("ck_job_kind_length")),
        sa.CheckConstraint("length(lease) <= 40", name=op.f("ck_job_lease_length")),
        sa.CheckConstraint("length(message) <= 300", name=op.f("ck_job_message_length")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_job_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_state"), ["state"], unique=False)

    op.create_table(
        "paper_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "participation",
                "confirmation",
                "qualification",
                "training",
                "module",
                "days",
                "employer",
                "keepsake",
                name="certificate_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=True),
        sa.Column("sentence", sa.String(length=600), nullable=True),
        sa.Column("small_print", sa.String(length=400), nullable=True),
        sa.Column("signatories", sa.JSON(), nullable=False),
        sa.Column("required_share", sa.Integer(), nullable=True),
        sa.Column("valid_months", sa.Integer(), nullable=True),
        sa.Column("landscape", sa.Boolean(), nullable=False),
        sa.Column("recognition", sa.String(length=80), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(recognition) <= 80", name=op.f("ck_paper_setting_recognition_length")),
        sa.CheckConstraint("length(sentence) <= 600", name=op.f("ck_paper_setting_sentence_length")),
        sa.CheckConstraint("length(small_print) <= 400", name=op.f("ck_paper_setting_small_print_length")),
        sa.CheckConstraint("length(title) <= 120", name=op.f("ck_paper_setting_title_length")),
        sa.CheckConstraint("required_share BETWEEN 1 AND 100", name=op.f("ck_paper_setting_required_share")),
        sa.CheckConstraint("valid_months BETWEEN 1 AND 600", name=op.f("ck_paper_setting_valid_months")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_paper_setting_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_setting")),
        sa.UniqueConstraint("programme_id", "kind", name=op.f("uq_paper_setting_programme_id_kind")),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_batch_course_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_batch_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("job_id", name=op.f("uq_batch_job_id")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_course_id"), ["course_id"], unique=False)

    op.create_table(
        "paper_setting_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("setting_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("old", sa.JSON(), nullable=False),
        sa.Column("new", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_paper_setting_change_by_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["paper_setting.id"], name=op.f("fk_paper_setting_change_setting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_setting_change")),
    )
    with op.batch_alter_table("paper_setting_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_setting_change_setting_id"), ["setting_id"], unique=False)

    op.create_table(
        "name_check",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=802), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(name) <= 802", name=op.f("ck_name_check_name_length")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_name_check_by_id")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_name_check_enrolment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_name_check")),
    )
    op.create_table(
        "paper_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "full", "confirm", "withhold", name="hardship", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("length(reason) <= 300", name=op.f("ck_paper_decision_reason_length")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_paper_decision_by_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_paper_decision_enrolment_id")),
        sa.ForeignKeyConstraint(
            ["taken_back_by_id"], ["user_account.id"], name=op.f("fk_paper_decision_taken_back_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_decision")),
    )
    with op.batch_alter_table("paper_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_decision_enrolment_id"), ["enrolment_id"], unique=False)
        batch_op.create_index(
            "uq_paper_decision_holds",
            ["enrolment_id"],
            unique=True,
            sqlite_where=sa.text("taken_back_at IS NULL"),
            postgresql_where=sa.text("taken_back_at IS NULL"),
        )

    op.create_table(
        "batch_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.CheckConstraint("certificate_id IS NULL OR reason IS NULL", name=op.f("ck_batch_item_outcome")),
        sa.CheckConstraint("length(reason) <= 400", name=op.f("ck_batch_item_reason_length")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_item_batch_id")),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"], name=op.f("fk_batch_item_certificate_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_batch_item_enrolment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_item")),
        sa.UniqueConstraint("batch_id", "enrolment_id", name=op.f("uq_batch_item_batch_id_enrolment_id")),
        sa.UniqueConstraint("certificate_id", name=op.f("uq_batch_item_certificate_id")),
    )
    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_item_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "sent", "refused", name="mail_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=300), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(answer) <= 300", name=op.f("ck_mail_answer_length")),
        sa.CheckConstraint("length(language) <= 5", name=op.f("ck_mail_language_length")),
        sa.CheckConstraint("length(recipient) <= 254", name=op.f("ck_mail_recipient_length")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_mail_certificate_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_mail_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_certificate_id"), ["certificate_id"], unique=False)

    op.create_table(
        "personal_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(pin_hash) <= 200", name=op.f("ck_personal_link_pin_hash_length")),
        sa.CheckConstraint("length(secret_hash) <= 64", name=op.f("ck_personal_link_secret_hash_length")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_personal_link_certificate_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_personal_link_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_personal_link_secret_hash")),
    )
    with op.batch_alter_table("personal_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_personal_link_certificate_id"), ["certificate_id"], unique=False)


def downgrade() -> None:
    op.execute("ALTER TABLE programme DROP COLUMN funding_profile_id")
    op.execute("UPDATE programme SET paper = 'participation' WHERE paper = 'training'")
    set_values("programme", "paper_kind", lambda values: [old for old in values if old != "training"], column="paper")
    with op.batch_alter_table("personal_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_personal_link_certificate_id"))

    op.drop_table("personal_link")
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_certificate_id"))

    op.drop_table("mail")
    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batch_item_batch_id"))

    op.drop_table("batch_item")
    with op.batch_alter_table("paper_decision", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_paper_decision_holds",
            sqlite_where=sa.text("taken_back_at IS NULL"),
            postgresql_where=sa.text("taken_back_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_paper_decision_enrolment_id"))

    op.drop_table("paper_decision")
    op.drop_table("name_check")
    with op.batch_alter_table("paper_setting_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_setting_change_setting_id"))

    op.drop_table("paper_setting_change")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batch_course_id"))

    op.drop_table("batch")
    op.drop_table("paper_setting")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_state"))

    op.drop_table("job")
    op.drop_table("funding_logo")
    op.drop_table("logo")
    op.drop_table("funding_profile")
    restore_certificates()


KINDS = ("training", "module", "days", "employer", "keepsake")
WAYS = ("email", "link")
FROZEN = (
    "number",
    "code",
    "slot",
    "kind",
    "title",
    "public",
    "sha256",
    "issued_at",
    "issued_by_id",
    "replaces_id",
    "copy_of_id",
)
PERSONAL = ("enrolment_id", "printed_name", "facts", "pdf")
MESSAGE = "an issued certificate never changes"


def change_certificates() -> None:
    set_values("certificate", "certificate_kind", lambda values: [*values, *KINDS], column="kind")
    set_values("certificate", "hand_over", lambda values: [*values, *WAYS], column="handed_over_how")
    allow_nothing("certificate", "enrolment_id", "printed_name", "facts", "pdf")
    op.execute(
        "ALTER TABLE certificate ADD COLUMN slot VARCHAR(40) CONSTRAINT ck_certificate_slot_length CHECK (length(slot) <= 40)"
    )
    op.execute("ALTER TABLE certificate ADD COLUMN public JSON")
    op.execute(
        "ALTER TABLE certificate ADD COLUMN copy_of_id INTEGER CONSTRAINT fk_certificate_copy_of_id REFERENCES certificate (id)"
    )
    moment = "DATETIME" if is_sqlite() else "TIMESTAMP WITH TIME ZONE"
    op.execute(
        f"ALTER TABLE certificate ADD COLUMN erased_at {moment} CONSTRAINT ck_certificate_erased_at"
        " CHECK ((enrolment_id IS NULL) = (erased_at IS NOT NULL))"
    )
    say_what_is_public(op.get_bind())
    demand("certificate", "slot", "public")
    op.drop_index("uq_certificate_valid", table_name="certificate")
    op.create_index(
        "uq_certificate_valid",
        "certificate",
        ["enrolment_id", "slot"],
        unique=True,
        sqlite_where=sa.text("state = 'valid'"),
        postgresql_where=sa.text("state = 'valid'"),
    )
    op.create_index("ix_certificate_copy_of_id", "certificate", ["copy_of_id"], unique=False)
    freeze()


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def say_what_is_public(connection: sa.Connection) -> None:
    """What anybody may read of the papers that are there, taken from what stands on them."""
    table = sa.table(
        "certificate", sa.column("id"), sa.column("facts", sa.JSON), sa.column("public", sa.JSON), sa.column("slot")
    )
    told = (
        "title",
        "number",
        "course_title",
        "starts_on",
        "ends_on",
        "issued_on",
        "issued_place",
        "unit_minutes",
        "count_by",
        "attended_minutes",
        "offered_minutes",
        "meetings_attended",
        "meetings_held",
    )
    for row in connection.execute(sa.select(table.c.id, table.c.facts)).all():
        facts = row.facts if isinstance(row.facts, dict) else json.loads(row.facts)
        public = {name: facts["paper"].get(name) for name in told}
        connection.execute(sa.update(table).where(table.c.id == row.id).values(public=public, slot="course"))


def freeze() -> None:
    """Whoever changes an issued paper is refused by the database itself."""
    same = "IS" if is_sqlite() else "IS NOT DISTINCT FROM"
    text = {"public", "facts"}  # PostgreSQL cannot compare JSON

    def unchanged(column: str) -> str:
        cast = "::text" if column in text and not is_sqlite() else ""
        return f"NEW.{column}{cast} {same} OLD.{column}{cast}"

    frozen = " AND ".join(map(unchanged, FROZEN))
    kept = " AND ".join(map(unchanged, PERSONAL))
    gone = " AND ".join(f"NEW.{column} IS NULL" for column in PERSONAL)
    broken = f"NOT ({frozen} AND (({kept}) OR ({gone} AND NEW.erased_at IS NOT NULL)))"
    if is_sqlite():
        op.execute(
            f"CREATE TRIGGER certificate_frozen BEFORE UPDATE ON certificate WHEN {broken}"
            f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION certificate_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {broken} THEN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'; END IF;"
        " RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER certificate_frozen BEFORE UPDATE ON certificate FOR EACH ROW EXECUTE FUNCTION certificate_frozen()"
    )


def restore_certificates() -> None:
    """What the earlier state cannot hold is dropped: papers besides the main one, second copies, papers of erased people."""
    if is_sqlite():
        op.execute("DROP TRIGGER certificate_frozen")
    else:
        op.execute("DROP TRIGGER certificate_frozen ON certificate")
        op.execute("DROP FUNCTION certificate_frozen()")
    op.execute("UPDATE certificate SET copy_of_id = NULL")
    op.execute("DELETE FROM certificate WHERE slot <> 'course' OR erased_at IS NOT NULL")
    op.execute("UPDATE certificate SET kind = 'participation' WHERE kind = 'training'")
    op.execute("UPDATE certificate SET handed_over_how = 'collected' WHERE handed_over_how IN ('email', 'link')")
    op.drop_index("uq_certificate_valid", table_name="certificate")
    op.drop_index("ix_certificate_copy_of_id", table_name="certificate")
    for column in ("erased_at", "copy_of_id", "public", "slot"):
        op.execute(f"ALTER TABLE certificate DROP COLUMN {column}")
    op.create_index(
        "uq_certificate_valid",
        "certificate",
        ["enrolment_id"],
        unique=True,
        sqlite_where=sa.text("state = 'valid'"),
        postgresql_where=sa.text("state = 'valid'"),
    )
    demand("certificate", "enrolment_id", "printed_name", "facts", "pdf")
    set_values("certificate", "certificate_kind", lambda v: [old for old in v if old not in KINDS], column="kind")
    set_values("certificate", "hand_over", lambda v: [old for old in v if old not in WAYS], column="handed_over_how")
