"""Who you are and what you may open."""

from __future__ import annotations

from flask import Flask

from auth.commands import commands
from auth.views import blueprint


def init_app(app: Flask) -> None:
    """Add the pages and commands of accounts."""
    app.register_blueprint(blueprint)
    app.cli.add_command(commands)
