"""The command line of accounts: the first administrator, the way back in for one who lost everything, and the table of doors."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup
from flask_babel import force_locale

import clock
from auth import actions, guard, letters, queries, trace
from auth.factor import actions as factor_actions
from auth.rules import Role, normal_email
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


@commands.command("remove-factors")
@click.argument("email")
def remove_factors(email: str) -> None:
    """Take every second factor of one account away, for an administrator who lost the only one and whom no colleague can help.

    Sessions, known browsers, tokens and phones end with them, and the person is told by mail. At the next sign-in the password is asked
    for as ever, and a new factor is set up. Whoever asks for it: see with your own eyes that it is them.
    """
    user = queries.user_by_email(normal_email(email))
    if user is None:
        raise click.ClickException("Zu dieser Adresse gibt es kein offenes Konto.")
    factor_actions.remove(user.id)
    actions.shut_out(user.id)
    for phone in queries.devices_of(user.id):
        actions.revoke_device(phone, None, clock.now())
    trace.note("second factor removed", object_id=user.id)
    trace.with_the_change()
    db.session.commit()
    with force_locale("de"):
        letters.second_factor_changed(user.email)
    letters.wait()
    click.echo(
        f"Konto {user.id}: kein zweiter Faktor mehr, überall abgemeldet. Beim nächsten Anmelden wird ein neuer eingerichtet."
    )


@commands.command("doors")
def doors() -> None:
    """Print every address, its methods, its endpoint, and who may open it."""
    for row in guard.doors(current_app):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, (46, 10, 36, 0), strict=True)))
