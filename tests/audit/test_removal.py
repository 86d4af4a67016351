"""Lines of the trace go when their years are over, at a seal, and nothing else does (security.md LG-7)."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine

import clock
from auth import actions as accounts
from auth.audit import actions, queries, removal
from auth.audit.models import Notice
from auth.audit.removal import remove_old_lines
from auth.audit.rules import REMOVED, NoticeKind, gone_by, read_beginning
from auth.emergency.models import EmergencyAccess
from auth.emergency.rules import LASTS
from auth.models import TraceEntry
from auth.rules import Role
from database import db
from tests.tools.insider import past_the_triggers
from tests.tools.offices import TRANSACTION

YEARS, DAYS, A_DAY = 3, 5, 4  # days that are over, and lines of each
TABLES = ("trace_entry", "trace_link", "trace_seal")


@pytest.mark.parametrize(
    ("text", "seal", "links"), [("7/120/ab", 7, 120), ("7", 7, -1), ("x/y/z", -1, -1), (None, -1, -1)]
)
def test_reading_where_a_chain_begins(text: str | None, seal: int, links: int) -> None:
    assert read_beginning(text)[:2] == (seal, links)
    assert text is None or text.count("/") < 2 or seal < 0 or read_beginning(text).text == text


@pytest.fixture
def old_trace(app: Flask) -> list[str]:
    """Some days that are over and two that are not, each sealed; the anchors of all of them."""
    over = gone_by(clock.now(), YEARS)
    evenings = [over - dt.timedelta(days=1 + 2 * back) for back in reversed(range(DAYS))]
    evenings += [over + dt.timedelta(days=30), clock.now() - dt.timedelta(days=1)]
    kept = []
    with app.app_context():
        for evening in evenings:
            times = [evening - dt.timedelta(minutes=1 + number) for number in range(A_DAY)]
            lines = [{"at": at, "act": "GET enrolment.person", "object_id": "5", "status": 200} for at in times]
            db.session.execute(sa.insert(TraceEntry), lines)
            db.session.flush()
            actions.seal(evening + actions.SETTLED)
            seal = queries.last_anchor()
            assert seal is not None
            kept.append(queries.anchor(seal).text)
        user = accounts.add_user("admin@office.example", "A", [Role.ADMINISTRATOR], clock.now())
        for at, why in ((evenings[0], "Damals"), (evenings[-1], "Neulich")):
            db.session.add(EmergencyAccess(user_id=user.id, reason=why, opened_at=at - LASTS, ends_at=at))
        db.session.commit()
        db.session.remove()
    return kept


def is_still_refused(app: Flask) -> bool:
    with app.app_context(), db.engine.connect().execution_options(writes=True) as connection:
        for table in TABLES:
            column = "id" if table == "trace_entry" else "number"
            for change in (f"UPDATE {table} SET {column} = 7", f"DELETE FROM {table}"):
                with pytest.raises(sa.exc.DBAPIError, match=r"new rows only|permission denied"), connection.begin():
                    connection.exec_driver_sql(change)
            if connection.dialect.name == "postgresql":
                with connection.begin():
                    granted = sa.text(
                        "SELECT privilege_type FROM pg_class, aclexplode(relacl) WHERE oid = CAST(:name AS regclass)"
                    )
                    trigger = sa.text("SELECT tgenabled FROM pg_trigger WHERE tgname = :name")
                    rights = set(connection.scalars(granted, {"name": table}))
                    assert "INSERT" in rights
                    assert not rights & {"DELETE", "UPDATE", "TRUNCATE"}
                    assert connection.scalar(trigger, {"name": f"{table}_stays"}) == "O"
    return True


def test_the_nightly_run_removes_what_is_over_once(app: Flask, old_trace: list[str], tmp_path: Path) -> None:
    runner, file, new = app.test_cli_runner(), tmp_path / "anchors.txt", tmp_path / "new.txt"
    file.write_text("\n".join(old_trace))
    today = f"--now={clock.today()}"
    assert f"{DAYS * A_DAY:6}  Zeilen des Protokolls" in runner.invoke(args=["retention", "--dry-run", today]).output
    with app.app_context():
        assert queries.extent() == ((DAYS + 2) * A_DAY, (DAYS + 2) * A_DAY, DAYS + 2)
        db.session.remove()
    assert f"{DAYS * A_DAY:6}  Zeilen des Protokolls" in runner.invoke(args=["retention", today]).output
    assert is_still_refused(app)
    assert "     0  Zeilen des Protokolls" in runner.invoke(args=["retention", today]).output
    with app.app_context():
        assert queries.extent() == (2 * A_DAY + 1, 2 * A_DAY, 3), "what is left, and the line that says so"
        assert queries.broken([], gone_by(clock.now(), YEARS)) is None, "before that line is sealed"
        assert db.session.scalars(sa.select(EmergencyAccess.reason)).all() == ["Neulich"]
        assert set(db.session.scalars(sa.select(Notice.about).where(Notice.kind == NoticeKind.ANCHOR))) == {5, 6, 7}
        actions.seal(clock.now() + actions.SETTLED)
        db.session.commit()
        db.session.remove()
    assert runner.invoke(args=["seal-audit", "--anchor", str(new)]).exit_code == 0
    checked = runner.invoke(args=["verify-audit", f"--anchor={file}", f"--anchor={new}"])
    assert checked.output.startswith("OK: 9 von 9"), checked.output
    assert f"{DAYS * A_DAY} Einträge" in checked.output
    longer = runner.invoke(args=["verify-audit", "--years", "5", f"--anchor={file}"])
    assert "bevor die Frist um war" in longer.output, "of an office that keeps them for five years"


def test_a_run_that_is_stopped_leaves_everything_and_goes_on_later(
    app: Flask, old_trace: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step by step, and the third of them dies with everything done but its line."""
    monkeypatch.setattr(removal, "AT_ONCE", 1)
    lines = iter(range(100))

    def die(_connection: object, _cursor: object, statement: str, parameters: object, *_more: object) -> None:
        if statement.startswith("INSERT INTO trace_entry") and REMOVED in str(parameters) and next(lines) == 2:
            raise KeyboardInterrupt

    with app.app_context():
        sa.event.listen(Engine, "before_cursor_execute", die)
        try:
            with pytest.raises(KeyboardInterrupt):
                remove_old_lines(YEARS, dry=False)
        finally:
            sa.event.remove(Engine, "before_cursor_execute", die)
        db.session.rollback()
        assert queries.extent() == ((DAYS + 2 - 2) * A_DAY + 2, (DAYS + 2 - 2) * A_DAY, DAYS + 2 - 1)
        assert queries.broken([], gone_by(clock.now(), YEARS)) is None
        db.session.remove()
    assert is_still_refused(app)
    with app.app_context():
        assert remove_old_lines(YEARS, dry=True) == (DAYS - 2) * A_DAY
        assert remove_old_lines(YEARS, dry=False) == (DAYS - 2) * A_DAY
        assert queries.broken([], gone_by(clock.now(), YEARS)) is None
        db.session.remove()


def test_what_is_broken_stays_until_somebody_has_looked(
    app: Flask, old_trace: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context():
        with past_the_triggers() as connection:
            connection.execute(sa.update(TraceEntry).where(TraceEntry.id == A_DAY + 1).values(object_id="6"))
        assert remove_old_lines(YEARS, dry=False) == 0
        broken = queries.broken([], gone_by(clock.now(), YEARS))
        assert broken is not None
        assert broken.entry_id == A_DAY + 1
        db.session.remove()
    assert "run verify-audit" in caplog.text


def test_a_young_trace_loses_nothing(app: Flask, transaction: TRANSACTION) -> None:
    with transaction() as session:
        session.execute(sa.insert(TraceEntry), {"at": clock.now(), "act": "sign-in", "status": 200})
        actions.seal(clock.now() + actions.SETTLED)
    with app.app_context():
        assert remove_old_lines(1, dry=False) == 0
        assert queries.extent() == (1, 1, 1)
        db.session.remove()
