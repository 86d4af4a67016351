"""Fixtures: an empty office and the demo office on both databases, people, a clock to set, a query counter.

The app is made and migrated once per database and run; after each test the database is put back (about 1 ms on SQLite,
3 ms on PostgreSQL, nothing for tests that only read).
"""

import datetime as dt
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session, scoped_session

import clock
import demo
from database import db
from run import create_app
from schema import migrate
from settings import Settings
from tests.tools import machine
from tests.tools.client import Client
from tests.tools.cluster import Cluster
from tests.tools.databases import Database, Postgres, Sqlite
from tests.tools.nu import Nu
from tests.tools.server import demo_instance

NEW_CLIENT = Callable[[], Client]
TRANSACTION = Callable[[], AbstractContextManager[scoped_session[Session]]]
COUNTING = Callable[[], AbstractContextManager[list[str]]]
CHANGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
TRACE = "INSERT INTO trace_entry"  # one for a page, whatever it shows: tests/audit/test_readings.py


@dataclass
class Office:
    """An app with its database."""

    app: Flask
    database: Database


class Offices:
    """All apps of a test run, made when first asked for."""

    def __init__(self, ends: ExitStack, shared: Path) -> None:
        self.ends = ends
        self.shared = shared
        self.folder = Path(tempfile.mkdtemp(prefix="kursbuch-tests-", dir=machine.fast_folder()))
        ends.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.made: dict[tuple[str, bool], Office] = {}
        self.failed: dict[tuple[str, bool], Exception] = {}
        self._cluster: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        """The throw-away PostgreSQL; skips the test on a machine without one."""
        if self._cluster is None:
            binaries = machine.postgres_binaries()
            if binaries is None:
                machine.do_without("PostgreSQL")
            self._cluster = Cluster(binaries, machine.fast_folder())
            self.ends.callback(self._cluster.stop)
        return self._cluster

    def database(self, kind: str) -> Database:
        """A new, empty database that can be put back."""
        if kind == "postgres":
            made: Database = Postgres(self.cluster)
        else:
            folder = self.folder / secrets.token_hex(4)
            folder.mkdir()
            made = Sqlite(folder)
        self.ends.callback(made.close)
        return made

    def settings(self, url: str, *, demo: bool = False, instance: Path | None = None) -> Settings:
        """Settings as the environment would give them."""
        environment = {
            "DEMO": "1" if demo else "0",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": url,
            "INSTANCE": str(instance or self.folder / secrets.token_hex(4)),
            "PUBLIC_URL": "http://localhost",
        }
        # Most tests are about other things than signing in: tests/auth/test_second_factor.py is about that.
        return replace(Settings.from_environment(environment), second_factor=False)

    def office(self, kind: str, *, filled: bool = False) -> Office:
        """The app on a migrated database; `filled` with the demo data. What could not be made is not tried again."""
        if (kind, filled) in self.failed:
            raise RuntimeError("The office could not be made, see the first error") from self.failed[kind, filled]
        if (kind, filled) not in self.made:
            try:
                self.made[kind, filled] = self._make(kind, filled=filled)
            except Exception as failure:
                self.failed[kind, filled] = failure
                raise
        return self.made[kind, filled]

    def _make(self, kind: str, *, filled: bool) -> Office:
        database = self.database(kind)
        instance = None
        if filled and isinstance(database, Sqlite):
            instance = self.folder / secrets.token_hex(4)
            shutil.copytree(demo_instance(self.shared), instance)
            (instance / "kursbuch.sqlite3").rename(database.path)
        app = create_app(self.settings(database.url, demo=filled, instance=instance))
        self.ends.callback(_let_go, app)
        app.testing = True  # what goes wrong in a view is raised in the test
        migrate(app)
        if filled:
            with app.app_context():
                demo.fill_if_empty(app)
        database.remember()
        return Office(app, database)


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run, the same for all its workers."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def offices(shared_folder: Path) -> Iterator[Offices]:
    """Where apps and databases come from."""
    with ExitStack() as ends:
        yield Offices(ends, shared_folder)


@pytest.fixture
def app(offices: Offices, database_kind: str) -> Iterator[Flask]:
    """Kursbuch, migrated and empty. Once on SQLite, once on PostgreSQL."""
    office = offices.office(database_kind)
    yield office.app
    office.database.restore()


@pytest.fixture
def demo_app(offices: Offices, database_kind: str) -> Iterator[Flask]:
    """Kursbuch with the demo office: all roles, courses around today, every edge case."""
    office = offices.office(database_kind, filled=True)
    yield office.app
    office.database.restore()


@pytest.fixture
def fresh_url(offices: Offices, database_kind: str) -> Callable[[], str]:
    """Addresses of new, empty databases: for migrations, backup and restore, the command line."""

    def make() -> str:
        if database_kind == "postgres":
            return offices.cluster.url(offices.cluster.create_database())
        return f"sqlite:///{offices.folder / secrets.token_hex(4)}.sqlite3"

    return make


@pytest.fixture
def settings(offices: Offices) -> Callable[..., Settings]:
    """Makes settings for an app of the test's own: settings(url, demo=True, public_url="https://…")."""

    def make(url: str = "", **changes: object) -> Settings:
        return replace(offices.settings(url), **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def nu() -> Iterator[Nu]:
    """Keeps the pages all clients see and has them checked in one go, when all tests are done."""
    checker = Nu()
    yield checker
    complaints = checker.complaints()
    if complaints:
        pytest.fail("The Nu HTML checker found:\n" + "\n".join(complaints), pytrace=False)


@pytest.fixture
def new_client(request: pytest.FixtureRequest, nu: Nu) -> NEW_CLIENT:
    """Makes as many browsers as a test has people: anna, bert = new_client(), new_client()."""
    name = "demo_app" if "demo_app" in request.fixturenames else "app"
    served: Flask = request.getfixturevalue(name)

    def make() -> Client:
        return Client(served, nu.keep)

    return make


@pytest.fixture
def client(new_client: NEW_CLIENT, app: Flask) -> Client:
    """One person's browser in the empty office."""
    return new_client()


@pytest.fixture
def demo_client(demo_app: Flask, nu: Nu) -> Client:
    """One person's browser in the demo office."""
    return Client(demo_app, nu.keep)


@pytest.fixture
def transaction(request: pytest.FixtureRequest) -> TRANSACTION:
    """`with transaction() as session:` for what a test prepares or looks up: commits, and leaves nothing open.

    Never hold it open around requests: Flask-Login keeps the user on `g`, and the next client would inherit it.
    """
    name = "demo_app" if "demo_app" in request.fixturenames else "app"
    served: Flask = request.getfixturevalue(name)

    @contextmanager
    def begin() -> Iterator[scoped_session[Session]]:
        with served.app_context():
            yield cast("scoped_session[Session]", db.session)  # the general kind, so that helpers can take it
            db.session.commit()

    return begin


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.datetime], None]:
    """Stops the clock at a moment: set_clock(datetime(2026, 3, 29, 1, 30, tzinfo=UTC))."""

    def stop(moment: dt.datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment.astimezone(dt.UTC))

    return stop


@pytest.fixture
def counting() -> COUNTING:
    """`with counting() as statements:` — the SQL that ran meanwhile, without the database's own housekeeping and the line of the
    trace that a page leaves in a transaction of its own."""

    @contextmanager
    def count() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(connection: Connection, _2: object, statement: str, *_rest: object) -> None:
            own = statement.startswith(TRACE) and connection.get_execution_options().get("writes")
            if statement.lstrip(" \n(").upper().startswith(CHANGES) and not own:
                statements.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return count
