"""The base of every table: names of constraints, enums as CHECKs, private rows, instants, and the one commit.

Two promises are kept here. *A private row that is asked for by no one does not load*: a statement that touches a
`Private` table must carry `.execution_options(viewer=…)` or it is refused. *Post/Redirect/Get is the transaction*: a POST
that ends in a redirect is committed once, everything else is rolled back, and a GET cannot write.
"""

from __future__ import annotations

import datetime as dt
import enum
import errno
import sqlite3
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from flask import Flask, Response, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, orm
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql import util as sql_util

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_ID = 2**31 - 1  # keys are 32-bit integers on PostgreSQL; SQLite would take more
SECONDS_TO_WAIT_FOR_A_LOCK = 10
APPEND_ONLY = "append_only"  # in a table's `info`: the database refuses to change or delete its rows
WRITTEN_BY_TRIGGERS = "written_by_triggers"  # in a table's `info`: rows appear there when others are written


class Instant(sa.types.TypeDecorator[dt.datetime]):
    """A moment in UTC. Aware in Python on both databases; naive values are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs its time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def one_of(terms: type[enum.StrEnum]) -> sa.Enum:
    """A text column that holds one value of `terms`; the database refuses any other by a named CHECK."""
    return sa.Enum(
        terms,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
        name=_snake(terms.__name__),
        length=40,
        validate_strings=True,
    )


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


class Base(orm.DeclarativeBase):
    """Every table. Text columns get a CHECK of their length, because SQLite would take any."""

    registry: ClassVar[orm.registry] = orm.registry(
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            dt.datetime: Instant(),
            list[str]: sa.JSON(),
            dict[str, Any]: sa.JSON(),
        },
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        table = cls.__table__
        if not isinstance(table, sa.Table):
            return
        if issubclass(cls, Private):
            private_tables.add(table)
        for column in table.columns:
            if isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum) and column.type.length:
                table.append_constraint(
                    sa.CheckConstraint(f"length({column.name}) <= {column.type.length}", name=f"{column.name}_length")
                )


private_tables: set[sa.FromClause] = set()  # of all `Private` models


class Private:
    """Marks a table that holds what is known about people. Its rows load only for a named viewer."""


db = SQLAlchemy(model_class=Base)


@event.listens_for(orm.Session, "do_orm_execute")
def refuse_private_rows_for_no_one(state: orm.ORMExecuteState) -> None:
    """The seat belt: a statement on a private table names its viewer, or it does not run.

    Lazy loads follow from a row that was granted (relationships point up only), so they pass. It refuses; it does not
    filter: the scope of a viewer is in the query itself, where a reader sees it.
    """
    if state.is_relationship_load or state.is_column_load or state.execution_options.get("viewer") is not None:
        return
    if not isinstance(state.statement, sa.ClauseElement):
        return
    found = sql_util.find_tables(
        state.statement, include_joins=True, include_selects=True, include_crud=True, check_columns=True
    )
    private = private_tables & set(found)
    if private:
        names = ", ".join(sorted(str(table) for table in private))
        raise PermissionError(
            f"A statement on private rows ({names}) names no viewer. Scope it to a viewer and add "
            ".execution_options(viewer=viewer)."
        )


Found = TypeVar("Found", bound="Base")


def _may_change() -> bool:
    """Whether this is a request that may change something, or no request at all."""
    return not has_request_context() or request.method not in SAFE_METHODS


def _writes(connection: Connection) -> bool:
    said = connection.get_execution_options().get("writes")
    return _may_change() if said is None else bool(said)


def wait_briefly(connection: Connection) -> None:
    """Let nobody wait longer for a lock in this transaction than SQLite lets them wait anyway; then the database is not reachable."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{SECONDS_TO_WAIT_FOR_A_LOCK}s'")


def held(query: sa.Select[Found], model: type[Base]) -> sa.Select[Found]:
    """The same rows, held until the transaction ends by whoever is about to change them; a GET only reads them.

    On PostgreSQL the rows are locked; on SQLite the transaction of a POST holds the only write lock from its beginning.
    """
    return query.with_for_update(of=model) if _may_change() else query


@event.listens_for(Engine, "connect")
def _prepare_sqlite(dbapi_connection: Any, record: Any) -> None:
    if not isinstance(dbapi_connection, sqlite3.Connection):
        return
    dbapi_connection.isolation_level = None  # we begin transactions ourselves, see below
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # NORMAL lost 109 of 300 confirmed writes in a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(f"PRAGMA busy_timeout={SECONDS_TO_WAIT_FOR_A_LOCK * 1000}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """Writers take the lock at once (no deadlock between read and write); a GET is told by the database that it reads."""
    writes = _writes(connection)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif not writes:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def is_disk_full(failure: BaseException | None) -> bool:
    """Whether this, or what it came from, is a disk that has no room left: the machine's, or that of either database."""
    if failure is None:
        return False
    told = (
        getattr(failure, "errno", None),
        getattr(failure, "sqlite_errorname", None),
        getattr(failure, "sqlstate", None),
    )
    if told[0] == errno.ENOSPC or told[1] == "SQLITE_FULL" or told[2] == "53100":
        return True
    return is_disk_full(failure.__cause__ or failure.__context__)


def is_stored(response: Response) -> bool:
    """Whether this answer to a POST means *stored*: a redirect, or JSON with a 2xx."""
    return 300 <= response.status_code < 400 or (response.is_json and 200 <= response.status_code < 300)


def init_app(app: Flask, before_commit: Callable[[], None], afterwards: Callable[[Response], None]) -> None:
    """Bind the database and make Post/Redirect/Get the transaction.

    `before_commit` may add rows to the transaction that is about to be committed; `afterwards` runs when the request's own
    transaction is over, whatever became of it.
    """
    db.init_app(app)

    @app.after_request
    def finish(response: Response) -> Response:
        if request.method not in SAFE_METHODS and is_stored(response):
            before_commit()
            db.session.commit()
        else:
            db.session.rollback()
        afterwards(response)
        return response
