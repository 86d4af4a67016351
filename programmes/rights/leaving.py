"""Takes a member of staff out of the database: who they were goes, what they did stays with the number of the account.

What goes says the register, of every table whose `of` leads to an account. Marks, closings, papers and the trace keep the number, so
that it stays plain that one person did all of it; names that are printed on papers stay there, because papers never change. Works on a
connection, because a restored backup has to do it before anybody can sign in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from auth.models import User
from database import Base
from programmes.rights.rules import REGISTER, Disposal, nameless_account

ACCOUNT = Base.metadata.tables[User.__tablename__]


def own_rows() -> Iterator[tuple[sa.Table, sa.Column[int]]]:
    """The tables that hold something of an account's own, each before those it refers to, and by which column."""
    for table in reversed(Base.metadata.sorted_tables):
        entry = REGISTER[table.name]
        if entry.about == "staff" and entry.of and table is not ACCOUNT:
            yield table, table.c[entry.of[0]]


def acts() -> Iterator[tuple[sa.Table, sa.Column[int]]]:
    """The columns that say which account did or is something, where it stays."""
    own = {column for table, column in own_rows() if REGISTER[table.name].on_erasure is Disposal.REMOVE}
    for table in Base.metadata.sorted_tables:
        for column in table.c:
            if column not in own and any(key.column.table is ACCOUNT for key in column.foreign_keys):
                yield table, column


def make_nameless(connection: Connection, user_id: int, now: dt.datetime) -> None:
    """From now on the account is nobody's and opens nothing."""
    for table, column in own_rows():
        entry = REGISTER[table.name]
        if entry.on_erasure is Disposal.REMOVE:
            connection.execute(sa.delete(table).where(column == user_id))
        elif names := entry.disposed(Disposal.REMOVE):
            empty = {name: None if table.c[name].nullable else "" for name in names}
            connection.execute(sa.update(table).where(column == user_id).values(empty))
    name, email = nameless_account(user_id)
    connection.execute(
        sa.update(ACCOUNT)
        .where(ACCOUNT.c.id == user_id)
        .values(
            **dict.fromkeys(REGISTER[ACCOUNT.name].disposed(Disposal.REMOVE)),
            name=name, email=email, active=False, erased_at=now, blocked_at=sa.func.coalesce(ACCOUNT.c.blocked_at, now),
        )
    )  # fmt: skip


def keep_number(connection: Connection, user_id: int, at: dt.datetime) -> None:
    """A nameless account for somebody erased whom a restored backup does not know yet: nobody else gets the number."""
    name, email = nameless_account(user_id)
    made = sa.insert(ACCOUNT).values(
        id=user_id, name=name, email=email, active=False, created_at=at, blocked_at=at, erased_at=at
    )
    connection.execute(made)
