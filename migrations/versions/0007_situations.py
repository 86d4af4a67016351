"""School, work and what came after, at each enrolment; why somebody left, as a class; origins a database can group by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CLASSES = {
    "enrolment": {
        "exit_cause": ("illness", "childcare", "work", "moved", "other_course", "own_decision"),
        "education": ("isced_0_2", "isced_3_4", "isced_5_8", "refused"),
        "employment": ("employed", "unemployed", "long_term_unemployed", "inactive", "refused"),
        "outcome": (
            "work", "vocational_training", "retraining", "further_training", "placement", "language_course", "searching",
            "nothing", "refused",
        ),
    },
    "person": {"citizenship_group": ("german", "eu", "third_country", "none")},
}  # fmt: skip
EU_STATES = {
    "Belgien", "Bulgarien", "Dänemark", "Estland", "Finnland", "Frankreich", "Griechenland", "Irland", "Italien",
    "Kroatien", "Lettland", "Litauen", "Luxemburg", "Malta", "Niederlande", "Österreich", "Polen", "Portugal",
    "Rumänien", "Schweden", "Slowakei", "Slowenien", "Spanien", "Tschechien", "Ungarn", "Zypern",
}  # fmt: skip


def upgrade() -> None:
    for table, columns in CLASSES.items():
        for column, values in columns.items():
            allowed = ", ".join(map(repr, values))
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(40)"
                f" CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({allowed}))"
            )
    op.execute(
        "ALTER TABLE person ADD COLUMN family_language VARCHAR(80)"
        " CONSTRAINT ck_person_family_language_length CHECK (length(family_language) <= 80)"
    )
    say_where_people_come_from(op.get_bind())


def say_where_people_come_from(connection: sa.Connection) -> None:
    person = sa.table(
        "person",
        sa.column("id", sa.Integer),
        sa.column("citizenships", sa.JSON),
        sa.column("languages", sa.JSON),
        sa.column("citizenship_group", sa.String),
        sa.column("family_language", sa.String),
    )
    rows = connection.execute(sa.select(person.c.id, person.c.citizenships, person.c.languages)).all()
    changes = [
        {"row": row_id, "origin": group_of(states or []), "language": next(iter(languages or []), None)}
        for row_id, states, languages in rows
    ]
    if changes:
        connection.execute(
            person.update()
            .where(person.c.id == sa.bindparam("row"))
            .values(citizenship_group=sa.bindparam("origin"), family_language=sa.bindparam("language")),
            changes,
        )


def group_of(states: list[str]) -> str | None:
    if "Deutschland" in states:
        return "german"
    if EU_STATES.intersection(states):
        return "eu"
    if set(states) - {"staatenlos", "ungeklärt"}:
        return "third_country"
    return "none" if states else None


def downgrade() -> None:
    op.execute("ALTER TABLE person DROP COLUMN family_language")
    for table, columns in CLASSES.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
