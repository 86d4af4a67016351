"""Browsers from which somebody has signed in are known, so that strangers who guess do not shut their owner out.

Nobody stays signed in over this migration: sessions last a working day at most, and none of them says which browser it is in.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["user_account.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"
    )


def _at_most(table: str, **lengths: int) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(f"length({name}) <= {most}", name=op.f(f"ck_{table}_{name}_length"))
        for name, most in lengths.items()
    ]


def _create_sessions(*how_it_is_known: sa.Column[object] | sa.Constraint) -> None:
    op.drop_table("login_session")
    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _instant("started_at"),
        _instant("expires_at"),
        _instant("seen_at"),
        _instant("proved_at"),
        sa.Column("by_two_factors", sa.Boolean(), nullable=False),
        *how_it_is_known,
        *_at_most("login_session", token_hash=64),
        _of_account("login_session"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    op.create_index(op.f("ix_login_session_user_id"), "login_session", ["user_id"])


def upgrade() -> None:
    op.create_table(
        "known_browser",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        _instant("signed_in_at"),
        *_at_most("known_browser", secret_hash=64, kind=60),
        _of_account("known_browser"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_browser")),
        sa.UniqueConstraint("secret_hash", "user_id", name=op.f("uq_known_browser_secret_hash_user_id")),
    )
    op.create_index(op.f("ix_known_browser_user_id"), "known_browser", ["user_id"])
    _create_sessions(
        sa.Column("browser_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["browser_id"], ["known_browser.id"], name=op.f("fk_login_session_browser_id"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("browser_id", name=op.f("uq_login_session_browser_id")),
    )


def downgrade() -> None:
    _create_sessions(sa.Column("browser", sa.String(length=60), nullable=False), *_at_most("login_session", browser=60))
    op.drop_table("known_browser")
