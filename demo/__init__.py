"""The believable office that `demo --seed N` builds: fictitious people in the county's real programmes."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import clock
from database import db
from demo import building
from demo.accounts import DOMAIN, give_second_factors, logins
from demo.building import SEED, build
from programmes.catalogue.report import load_catalogue
from settings import Settings, Unsafe

__all__ = ["build", "fill_if_empty", "init_app", "logins", "refuse_demo_data"]


@click.command("demo")
@click.option("--seed", default=SEED, show_default=True, help="Another number, other people.")
@click.option("--replace", is_flag=True, help="Wipe the demo data that is there and build it anew.")
@with_appcontext
def command(seed: int, replace: bool) -> None:
    """Build an office of fictitious people around today."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.demo:
        raise click.ClickException("Only in demo mode: set DEMO=1, and a database of its own.")
    _refuse_real_people()
    if building.demo_accounts():
        if not replace:
            raise click.ClickException("There is a demo office already. --replace wipes it and builds it anew.")
        building.wipe()
    load_catalogue()
    office = build(seed, clock.today())
    people = sum(len(run.places) for run in office.runs.values())
    click.echo(f"{len(office.runs)} Kurse, {people} Belegungen (seed {seed}).")
    click.echo(logins(second_factor=settings.second_factor))


def init_app(app: Flask) -> None:
    """Add the command."""
    app.cli.add_command(command)


def fill_if_empty(app: Flask) -> None:
    """Build the office if there are no accounts. Raises Unsafe on a database that somebody really works with."""
    _refuse_real_people()
    if not building.demo_accounts():
        load_catalogue()
        build(SEED, clock.today())
    settings: Settings = app.config["SETTINGS"]
    if settings.second_factor:
        give_second_factors(clock.now())
        db.session.commit()


def refuse_demo_data() -> None:
    """Raises Unsafe when a production start finds demo accounts, whose password everybody knows."""
    if building.demo_accounts():
        raise Unsafe(
            f"Kursbuch does not start: this database holds demo accounts (…@{DOMAIN}) with a known password.\n"
            "Give DATABASE_URL or INSTANCE a database of its own, or set DEMO=1 to go on with the demo."
        )


def _refuse_real_people() -> None:
    if building.real_accounts():
        raise Unsafe(
            "Kursbuch does not start in demo mode: this database holds accounts that are not of the demo.\n"
            "Set SECRET_KEY (and DEMO=0) to work with it, or give the demo a database of its own (INSTANCE or DATABASE_URL)."
        )
