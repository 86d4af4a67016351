"""Who you are and what you may open."""

from __future__ import annotations

from flask import Flask

from auth.audit.commands import seal_audit, verify_audit
from auth.commands import commands
from auth.emergency import models as _emergency_tables  # noqa: F401
from auth.factor.views import blueprint as factor
from auth.own.views import blueprint as own
from auth.views import blueprint


def init_app(app: Flask) -> None:
    """Add the pages and commands of accounts and of the trace."""
    for part in (blueprint, factor, own):
        app.register_blueprint(part)
    for command in (commands, seal_audit, verify_audit):
        app.cli.add_command(command)
