"""The migrated schema is the modelled one, CHECKs included, on both databases; and it goes down again."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from database import Base, db
from run import create_app
from schema import MIGRATIONS, migrate, newest, tool
from settings import Settings


@pytest.fixture
def fresh_app(fresh_url: Callable[[], str], settings: Callable[..., Settings]) -> Flask:
    return create_app(settings(fresh_url()))


def checks(engine: sa.Engine) -> dict[str, set[str]]:
    inspector = sa.inspect(engine)
    return {
        table: {str(check["name"]) for check in inspector.get_check_constraints(table)}
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_migrated_and_modelled_schema_are_one(fresh_app: Flask) -> None:
    migrate(fresh_app)
    with fresh_app.app_context():
        with db.engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        assert not differences, "Write a migration: python run.py db migrate --rev-id 000N -m '…'"
        migrated = checks(db.engine)
        for table in Base.metadata.sorted_tables:
            modelled = {str(item.name) for item in table.constraints if isinstance(item, sa.CheckConstraint)}
            assert migrated[table.name] == modelled, f"CHECKs of {table.name} differ between migration and model"
        db.engine.dispose()


def test_partial_unique_indexes_are_migrated(fresh_app: Flask) -> None:
    migrate(fresh_app)
    with fresh_app.app_context():
        found = {
            index["name"]: index["dialect_options"]
            for table in ("enrolment", "attendance_mark", "certificate")
            for index in sa.inspect(db.engine).get_indexes(table)
            if index["unique"] and index.get("dialect_options")
        }
        db.engine.dispose()
    assert {"uq_enrolment_open", "uq_attendance_mark_adult", "uq_attendance_mark_child", "uq_certificate_valid"} <= set(
        found
    )


def test_migrations_go_down_to_nothing_and_up_again(fresh_app: Flask) -> None:
    migrate(fresh_app)
    with fresh_app.app_context():
        tool(fresh_app).downgrade(revision="base")
        assert set(sa.inspect(db.engine).get_table_names()) == {"alembic_version"}
        tool(fresh_app).upgrade()
        assert set(Base.metadata.tables) <= set(sa.inspect(db.engine).get_table_names())
        db.engine.dispose()


def test_the_newest_revision_is_the_one_of_the_last_file() -> None:
    found = ScriptDirectory(str(MIGRATIONS))
    assert newest() == found.get_current_head(), "Number the file of a migration as its revision: 0007_….py"


def test_a_database_that_is_up_to_date_starts_without_the_tool(tmp_path: Path) -> None:
    start = (
        "import sys; from pathlib import Path; import run, schema; from settings import Settings;"
        f"app = run.create_app(Settings.from_environment({{'DEMO': '1', 'INSTANCE': {str(tmp_path)!r}}}));"
        "schema.migrate(app); print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run([sys.executable, "-c", start], cwd=MIGRATIONS.parent, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [one.stdout.split()[-1] for one in said] == ["True", "False"], (
        "Import it in `schema.tool` alone: it costs 0.4 s"
    )


def test_migrating_twice_changes_nothing(fresh_app: Flask) -> None:
    migrate(fresh_app)
    migrate(fresh_app)
    with fresh_app.app_context():
        db.engine.dispose()


def at(app: Flask, revision: str) -> None:
    """Bring a database up to this revision and no further."""
    with app.app_context():
        tool(app).upgrade(revision=revision)


OLD_OFFICE = (
    ("INSERT INTO programme (id, key, title, short_title, aliases, kind, reported, assumed, topics, competencies, position,"
    " unit_minutes, rule_pack, counting, late_after_minutes, paper, paper_title, counts_meetings, rule_version) VALUES"
    " (1, 'P', 'P', 'P', '[]', 'core', '{}', '[]', '[]', '[]', 1, 45, 'course', 'person', 15, 'none', '', false, 1),"
    " (2, 'E', 'E', 'E', '[]', 'event', '{}', '[]', '[]', '[]', 2, 45, 'head_count', 'person', 15, 'none', '', false, 1)"),
    "INSERT INTO municipality (id, name, in_county) VALUES (1, 'Dietzenbach', true)",
    ("INSERT INTO course (id, number, title, programme_id, municipality_id, venue, language, places, starts_on, ends_on, assumed)"
    " VALUES (1, 'P-1', 'P', 1, 1, 'V', 'D', 9, '2026-01-01', '2026-12-31', '[]'),"
    " (2, 'E-1', 'E', 2, 1, 'V', 'D', 9, '2026-01-01', '2026-12-31', '[]')"),
    ("INSERT INTO meeting (id, course_id, date, starts_at, ends_at, zone, break_minutes, minutes, excursion, status, visitors)"
    " VALUES (1, 1, '2026-03-02', '09:00:00', '12:00:00', 'Europe/Berlin', 0, 180, false, 'held', 3),"
    " (2, 2, '2026-03-02', '09:00:00', '12:00:00', 'Europe/Berlin', 0, 180, false, 'held', 42)"),
    "INSERT INTO user_account (id, email, name, active, created_at) VALUES (1, 'a@b.example', 'A', true, '2026-01-01 00:00:00')",
    "INSERT INTO meeting_change (id, meeting_id, at, by_id, what) VALUES (1, 1, '2026-03-02 12:00:00', 1, 'closed')",
    ("INSERT INTO person (id, given_name, family_name, is_child, birth_precision, citizenships, late_resettler, languages,"
    " name_keys, search, entered_at) VALUES (1, 'A', 'B', false, 'day', '[]', false, '[]', '[]', '', '2026-01-01 00:00:00')"),
    ("INSERT INTO enrolment (id, course_id, person_id, status, applied_at, entry_date) VALUES"
    " (1, 1, 1, 'enrolled', '2026-01-01 00:00:00', '2026-01-01')"),
    ("INSERT INTO mark_event (id, meeting_id, enrolment_id, mark, author_id, recorded_at, received_at) VALUES"
    " ('0', 1, 1, 'present', 1, '2026-03-02 09:00:00', '2026-03-02 09:00:00')"),
    "INSERT INTO attendance_mark (id, meeting_id, enrolment_id, mark, minutes, event_id) VALUES (1, 1, 1, 'present', 180, '0')",
)  # fmt: skip


def test_rule_packs_come_to_an_office_at_work(fresh_app: Flask) -> None:
    """CHECKs are widened under rows that point to each other, and events keep the one number they counted."""
    at(fresh_app, "0003")
    with fresh_app.app_context():
        with db.engine.connect().execution_options(writes=True) as connection:
            for statement in OLD_OFFICE:
                connection.exec_driver_sql(statement)
            connection.commit()
        tool(fresh_app).upgrade(revision="0005")
        with db.engine.connect().execution_options(writes=True) as connection:
            if connection.dialect.name == "sqlite":
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
                assert not connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            events = sa.table("meeting", sa.column("id"), sa.column("visitors"), sa.column("heads", sa.JSON))
            assert connection.execute(sa.select(events.c.visitors, events.c.heads).order_by(events.c.id)).all() == [
                (3, None), (42, {"others": 42}),
            ]  # fmt: skip
            assert connection.exec_driver_sql("SELECT mark, event_id FROM attendance_mark").all() == [("present", "0")]
            for fine in (
                "UPDATE mark_event SET mark = 'transfer'",
                "UPDATE attendance_mark SET mark = 'placement', minutes = 0",
                "UPDATE meeting_change SET what = 'replacement'",
                "UPDATE programme SET rule_pack = 'integration_course' WHERE id = 1",
            ):
                connection.exec_driver_sql(fine)
            for wrong in (
                "UPDATE mark_event SET mark = 'late'",
                "UPDATE attendance_mark SET mark = 'not_recorded'",
                "UPDATE meeting_change SET what = 'moved'",
                "UPDATE programme SET rule_pack = ''",
                "UPDATE meeting SET replaces_id = id",
                "DELETE FROM mark_event",
            ):
                with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
                    connection.exec_driver_sql(wrong)
            connection.rollback()
        db.engine.dispose()
