"""Who you are and what you may open."""

from __future__ import annotations

from flask import Flask

from auth.commands import commands
from auth.factor.views import blueprint as factor
from auth.own.views import blueprint as own
from auth.views import blueprint


def init_app(app: Flask) -> None:
    """Add the pages and commands of accounts."""
    for part in (blueprint, factor, own):
        app.register_blueprint(part)
    app.cli.add_command(commands)
