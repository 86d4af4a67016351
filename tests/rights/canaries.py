"""Words that stand nowhere else, in everything that is known about some people."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from database import Base
from programmes.rights import erasing
from programmes.rights.rules import REGISTER, Disposal

PERSON = Base.metadata.tables["person"]
FROZEN = {"certificate"}  # nobody can write a word into a paper


def somebody_with(connection: Connection, name: str) -> int | None:
    """The number of somebody of whom this table tells something; None if it is empty."""
    table = Base.metadata.tables[name]
    rows: sa.FromClause = table
    column = table.c[REGISTER[name].of[0]]
    while (parent := next(iter(column.foreign_keys)).column.table) is not PERSON:
        rows = rows.join(parent, parent.c.id == column)
        column = parent.c[REGISTER[parent.name].of[0]]
    query = sa.select(column).select_from(rows).where(*(table.c[later].is_(None) for later in REGISTER[name].of[1:]))
    found: int | None = connection.scalar(query.limit(1))
    return found


def mark(connection: Connection, person_ids: Iterable[int], word: str) -> dict[str, tuple[str, str]]:
    """Write `word`, table and column into every text of these people that is not to stay; the texts, with table and column."""
    written: dict[str, tuple[str, str]] = {}
    for person_id in person_ids:
        for name, rows in erasing.rows_of(connection, person_id).items():
            table = Base.metadata.tables[name]
            for row in rows if name not in FROZEN else ():
                values = {column.name: text for column in table.c if (text := _text(column, word, row)) is not None}
                if values:
                    connection.execute(sa.update(table).where(*erasing.key_of(table, row)).values(values))
                    written |= {text: (name, column) for column, text in values.items()}
    return written


def _text(column: sa.Column[Any], word: str, row: erasing.Row) -> Any:
    entry = REGISTER[column.table.name]
    goes = entry.on_erasure is Disposal.REMOVE or entry.columns[column.name].on_erasure is Disposal.REMOVE
    if not goes or column.primary_key or column.foreign_keys:
        return None
    if not isinstance(column.type, sa.String) or isinstance(column.type, sa.Enum):
        return None
    if row[column.name] is None and column.table is not PERSON:  # a CHECK may want it so
        return None
    if any(isinstance(part, sa.UniqueConstraint) and column.name in part.columns for part in column.table.constraints):
        return None
    text = f"{word}-{column.table.name}.{column.name}"
    return text[: column.type.length or 200]
