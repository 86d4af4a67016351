"""The command line of accounts: the first administrator, and the table of doors."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

import clock
from auth import actions, guard
from auth.rules import Role
from database import db
from wording import Refused

commands = AppGroup("auth", help="Accounts and doors.")


@commands.command("create-admin")
@click.option("--email", prompt="E-Mail", help="Address to sign in with.")
@click.option("--name", prompt="Name", help="Name as others see it.")
@click.option(
    "--password",
    prompt="Passwort",
    hide_input=True,
    confirmation_prompt=True,
    envvar="ADMIN_PASSWORD",
    help="At least 12 characters. Better left out: it is asked for, or read from ADMIN_PASSWORD.",
)
def create_admin(email: str, name: str, password: str) -> None:
    """Make an administrator, the account that makes all others."""
    try:
        user = actions.add_user(email, name, [Role.ADMINISTRATOR], clock.now(), password=password)
    except Refused as refused:
        raise click.ClickException(str(refused)) from None
    db.session.commit()
    click.echo(f"Konto {user.id} angelegt: {user.email} (Verwaltung)")


@commands.command("doors")
def doors() -> None:
    """Print every address, its methods, its endpoint, and who may open it."""
    for row in guard.doors(current_app):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, (46, 10, 36, 0), strict=True)))
