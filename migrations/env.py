"""Runs migrations on the application's own database, in one transaction where the database can."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from database import Base, Instant, db


def render_item(type_: str, item: object, autogen_context: object) -> str | bool:
    """Write our own types as what they are to the database, so that a migration never imports the application."""
    if type_ == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Run what is asked for on this connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        **{
            key: value
            for key, value in current_app.extensions["migrate"].configure_args.items()
            if key not in {"render_as_batch", "compare_type"}
        },
    )
    with context.begin_transaction():
        context.run_migrations()


with db.engine.connect().execution_options(writes=True) as connection:
    migrate(connection)
    connection.commit()
