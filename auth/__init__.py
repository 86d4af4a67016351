"""Who you are and what you may open."""

from __future__ import annotations

from flask import Flask

from auth.audit.commands import access, seal_audit, verify_audit
from auth.audit.views import blueprint as audit
from auth.commands import commands
from auth.emergency.views import blueprint as emergency
from auth.factor.views import blueprint as factor
from auth.own.views import blueprint as own
from auth.views import blueprint


def init_app(app: Flask) -> None:
    """Add the pages and commands of accounts and of the trace."""
    for pages in (blueprint, factor, own, audit, emergency):
        app.register_blueprint(pages)
    for command in (commands, seal_audit, verify_audit, access):
        app.cli.add_command(command)
