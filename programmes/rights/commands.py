"""The command line of people's rights: what the register says, the retention job, erasing and telling one person."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import NoResultFound

import backup
import clock
from auth.guard import Viewer
from database import db
from programmes.enrolment.queries import person as visible_person
from programmes.rights import actions, extract, queries, record, restoring, retention
from programmes.rights.rules import FEWEST_ALIKE, GIVEN_UP_FIRST, REMOVED
from programmes.rights.scrub import scrub
from wording import Refused

commands = AppGroup("rights", help="What is kept about whom, and why.")


@commands.command("record")
def print_record() -> None:
    """Print the record of processing (Art. 30 GDPR) as Markdown."""
    click.echo(record.record())


@commands.command("information")
def print_information() -> None:
    """Print what participants are told (Art. 13 GDPR) as Markdown."""
    click.echo(record.information())


@commands.command("groups")
def print_groups() -> None:
    """Print of how few people what is left of somebody erased could be (security.md PR-6)."""
    left = queries.left_of_erased()
    rare = [one for one in left if one.is_rare]
    click.echo(f"{len(left):6}  Menschen gelöscht oder gesperrt")
    click.echo(
        f"{min((one.alike for one in left), default=0):6}  Menschen in der kleinsten Gruppe mit denselben Angaben"
    )
    click.echo(f"{len(rare):6}  in Gruppen unter {FEWEST_ALIKE}: Ihre Angaben braucht noch eine Zahl")
    for name, label in GIVEN_UP_FIRST.items():
        count = sum(name in one.given_up for one in rare)
        if count:
            click.echo(f"{count:6}  davon kämen ohne {label} in größere Gruppen")


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Say what would go, and leave everything as it is.")
@click.option(
    "--now", "day", type=click.DateTime(["%Y-%m-%d"]), help="As of this day; confirms that the clock did not jump."
)
@with_appcontext
def retention_command(dry_run: bool, day: dt.datetime | None) -> None:
    """Delete what is kept no longer, as the server does every night. Can be stopped at any moment and run again."""
    now = clock.now()
    if day is not None and day.date() != clock.today():
        now = dt.datetime.combine(day.date(), dt.time(12), clock.BERLIN)
    try:
        removed = (retention.foretold if dry_run else retention.run)(now, confirmed=day is not None)
    except retention.ClockJumped as jumped:
        raise click.ClickException(str(jumped)) from None
    for key, count in removed.items():
        click.echo(f"{count:6}  {REMOVED[key]}")
    if dry_run:
        click.echo("Probelauf: Es wurde nichts gelöscht.")


@click.command("erase")
@click.argument("person_id", type=int)
@click.confirmation_option(prompt="Das lässt sich nicht zurücknehmen. Löschen?")
@with_appcontext
def erase_command(person_id: int) -> None:
    """Erase the person with this number at once and for good."""
    office = Viewer.office()
    try:
        erasure = actions.erase_at_once(office, _person_id(office, person_id), clock.now())
    except Refused as refused:
        raise click.ClickException(str(refused)) from None
    number = erasure.number
    db.session.commit()
    scrub(db.engine)
    click.echo(f"Gelöscht: {number}")


@click.command("export-person")
@click.argument("person_id", type=int)
@click.option(
    "--to", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write it there, not to the screen."
)
@with_appcontext
def export_command(person_id: int, path: Path | None) -> None:
    """Everything that is known about the person with this number, as JSON (Art. 15 GDPR)."""
    office = Viewer.office()
    try:
        told = extract.gather(office, visible_person(office, person_id), clock.now())
    except NoResultFound:
        raise click.ClickException(f"Es gibt niemanden mit der Nummer {person_id}.") from None
    text = json.dumps(told, ensure_ascii=False, indent=2)
    if path is None:
        click.echo(text)
    else:
        path.write_text(text, encoding="utf-8")


def _person_id(office: Viewer, person_id: int) -> int:
    """The number of somebody who is there, or who waits for the end of an erasure."""
    try:
        return visible_person(office, person_id).id
    except NoResultFound:
        if queries.under_way(office, person_id) is None:
            raise click.ClickException(f"Es gibt niemanden mit der Nummer {person_id}.") from None
        return person_id


def init_app(app: Flask) -> None:
    """Add the commands; those that restore a backup catch up on what was erased since."""
    backup.repeated_after_restore(restoring.repeat)
    app.cli.add_command(commands)
    for command in (retention_command, erase_command, export_command):
        app.cli.add_command(command)
