"""The command line of the trace: seal it, take an anchor away, check that nothing was changed; and the table of who sees what."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

import clock
from auth.audit import actions, queries
from auth.audit.fields import as_markdown, rows
from auth.audit.rules import Anchor, gone_by, read_anchors
from database import db

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("seal-audit")
@click.option("--anchor", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write an anchor to this file.")
@with_appcontext
def seal_audit(path: Path | None) -> None:
    """Seal what is in the trace and older than five minutes, as the server does every ten minutes.

    An anchor holds the whole chain. Keep it where nobody reaches it who can reach the database.
    """
    more = True
    while more:
        more = actions.seal(clock.now())
        db.session.commit()
    entries, links, seals = queries.extent()
    click.echo(f"{links} von {entries} Einträgen versiegelt, {seals} Siegel.")
    anchor = queries.whole_anchor()
    if path and anchor:
        path.write_text(anchor.text, encoding="ascii")
        click.echo(f"Anker: {path}")


@click.command("verify-audit")
@click.option("--anchor", "paths", type=FILE, multiple=True, help="A file with anchors from outside; may be repeated.")
@click.option("--years", type=click.IntRange(1, 10), help="For how long entries are kept, where that is no longer so.")
@with_appcontext
def verify_audit(paths: tuple[Path, ...], years: int | None) -> None:
    """Check the chain over the trace, and say which entry is the first that is not as it was.

    Without an anchor from outside neither a chain that was cut off nor one that was made anew can be found.
    """
    anchors = [anchor for path in paths for anchor in _anchors(path)]
    gone = gone_by(clock.now(), years or current_app.config["SETTINGS"].trace_years)
    broken = queries.broken(anchors, gone)
    if broken is None:
        entries, links, seals = queries.extent()
        click.echo(f"OK: {links} von {entries} Einträgen versiegelt, {seals} Siegel, {len(anchors)} Anker stimmen.")
        begun = queries.beginning()
        if begun is not None:
            click.echo(
                f"Was älter ist als Siegel {begun.seal}, ist gelöscht, weil seine Frist um war: {begun.links} Einträge."
            )
        return
    place = f"Eintrag {broken.entry_id}" if broken.entry_id is not None else "Der Eintrag"
    link = f" (Glied {broken.link} der Kette)" if broken.link is not None else ""
    raise click.ClickException(f"{place}{link}: {broken.what}")


def _anchors(path: Path) -> list[Anchor]:
    try:
        return read_anchors(path.read_text(encoding="utf-8"))
    except ValueError:
        raise click.ClickException(f"{path} ist kein Anker, oder nur ein Teil davon.") from None


@click.command("access")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--write", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file instead.")
@with_appcontext
def access(path: Path | None, *, as_json: bool) -> None:
    """Print the table of doors: for each role whose details it shows, and which."""
    if as_json:
        text = "".join(json.dumps(row._asdict(), ensure_ascii=False) + "\n" for row in rows(current_app))
    else:
        text = as_markdown(current_app)
    if path:
        path.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)
