"""Who you are and what you may open."""

from __future__ import annotations

from flask import Flask

from auth.audit import models as _trace_tables  # noqa: F401
from auth.commands import commands
from auth.emergency import models as _emergency_tables  # noqa: F401
from auth.views import blueprint


def init_app(app: Flask) -> None:
    """Add the pages and commands of accounts."""
    app.register_blueprint(blueprint)
    app.cli.add_command(commands)
