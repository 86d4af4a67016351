"""Every state of every row that is counted, from when until when; written by triggers, so that no code can forget to."""

import sqlalchemy as sa

from database import Instant
from migrations import kept

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# (name, type, may be NULL)
WORD = sa.String(40)
COLUMNS: dict[str, tuple[tuple[str, sa.types.TypeEngine, bool], ...]] = {
    "course": (
        ("programme_id", sa.Integer(), False), ("municipality_id", sa.Integer(), False), ("quarter_id", sa.Integer(), True),
        ("language", sa.String(80), False), ("starts_on", sa.Date(), False), ("ends_on", sa.Date(), False),
    ),
    "meeting": (
        ("course_id", sa.Integer(), False), ("date", sa.Date(), False), ("minutes", sa.Integer(), False),
        ("status", WORD, False), ("closed_at", Instant(), True), ("visitors", sa.Integer(), True),
    ),
    "person": (
        ("sex", WORD, True), ("birth_date", sa.Date(), True), ("late_resettler", sa.Boolean(), False),
        ("citizenship_group", WORD, True), ("family_language", sa.String(80), True),
    ),
    "enrolment": (
        ("course_id", sa.Integer(), False), ("person_id", sa.Integer(), False), ("status", WORD, False),
        ("applied_at", Instant(), False), ("entry_date", sa.Date(), True), ("exit_date", sa.Date(), True),
        ("exit_cause", WORD, True), ("education", WORD, True), ("employment", WORD, True), ("outcome", WORD, True),
    ),
    "enrolment_child": (("enrolment_id", sa.Integer(), False), ("person_id", sa.Integer(), False)),
    "attendance_mark": (
        ("meeting_id", sa.Integer(), False), ("enrolment_id", sa.Integer(), False), ("child_id", sa.Integer(), True),
        ("mark", WORD, False), ("minutes", sa.Integer(), False), ("absence_reason", WORD, True),
    ),
    "certificate": (
        ("enrolment_id", sa.Integer(), True), ("slot", WORD, False), ("replaces_id", sa.Integer(), True), ("state", WORD, False),
        ("issued_at", Instant(), False), ("handed_over_on", sa.Date(), True),
    ),
}  # fmt: skip
LOOKED_FOR_BY = {
    "course": ("programme_id",), "meeting": ("course_id",), "person": (), "enrolment": ("course_id", "person_id"),
    "enrolment_child": ("enrolment_id",), "attendance_mark": ("meeting_id",), "certificate": ("enrolment_id",),
}  # fmt: skip


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        kept.begin(table, columns, LOOKED_FOR_BY[table])


def downgrade() -> None:
    for table in COLUMNS:
        kept.end(table)
