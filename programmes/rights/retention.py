"""The retention job: what is kept no longer goes, each person in a transaction of its own.

So it can be killed at any moment and simply be run again: whoever is done is found done. It names nobody, trusts no clock that jumped,
and leaves alone whoever is in a course, waits for one, or is held.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

import clock
from auth.audit.removal import remove_old_lines
from auth.guard import Viewer
from auth.models import Invitation, KnownBrowser, LoginSession
from database import Base, db
from jobs import Job
from programmes.enrolment.applying.models import Application
from programmes.enrolment.lists.models import PeopleList
from programmes.participants.models import Family, FamilyMember
from programmes.rights import actions, queries
from programmes.rights.models import Erasure, RetentionRun
from programmes.rights.rules import PERIOD, Archive, ErasureState, Ground, clock_doubt
from programmes.rights.scrub import scrub
from programmes.statistics.exports.models import LongExport

BEFORE_RESTORE = "before-restore-*.kursbuch"


class ClockJumped(RuntimeError):
    """The clock cannot be trusted; nothing was deleted."""


def run(now: dt.datetime, *, confirmed: bool, dry: bool) -> dict[str, int]:
    """Everything whose time is over, as of an instant: how much of each kind goes, or with `dry` would go. Raises ClockJumped."""
    doubt = clock_doubt(now, queries.newest_event(), confirmed=confirmed)
    if doubt is not None:
        raise ClockJumped(doubt)
    db.session.rollback()
    office = Viewer(0, Viewer.office().roles, now.astimezone(clock.BERLIN).date(), is_office=True)
    removed = {"erased": _complete(office, now, dry=dry), "withheld": _withhold(office, now, dry=dry)}
    removed |= {key: _delete(gone, office, dry=dry) for key, gone in _old(office, now).items()}
    removed["restored"] = _old_files(now, dry=dry)
    removed["trace"] = remove_old_lines(current_app.config["SETTINGS"].trace_years, dry=dry)
    if not dry:
        db.session.add(RetentionRun(at=clock.now(), as_of=now, removed=removed))
        db.session.commit()
        scrub(db.engine)
    return removed


def _complete(office: Viewer, now: dt.datetime, *, dry: bool) -> int:
    """Erasures whose day has come."""
    waiting = [one.id for one in queries.erasures(office, ErasureState.WITHHELD, most=1_000_000)]
    db.session.rollback()
    count = 0
    for erasure_id in reversed(waiting):
        erasure = queries.erasure(office, erasure_id)
        count += actions.is_due(office, erasure) if dry else actions.complete(office, erasure, now)
        _end(dry=dry)
    return count


def _withhold(office: Viewer, now: dt.datetime, *, dry: bool) -> int:
    """People whose time is over are made nameless, and erased for good when the archive has had its say."""
    over = list(queries.people_kept_no_longer(office, now))
    db.session.rollback()
    for person_id in [] if dry else over:
        erasure = Erasure(
            person_id=person_id, ground=Ground.PERIOD, proposed_at=now, approved_at=now, archive=Archive.OFFERED,
            offered_on=office.today,
        )  # fmt: skip
        db.session.add(erasure)
        db.session.flush()
        actions.withhold(office, erasure, now)
        actions.put_on_record(erasure)
        db.session.commit()
    return len(over)


def _old(office: Viewer, now: dt.datetime) -> dict[str, tuple[type[Base], sa.ColumnElement[bool]]]:
    """What else is kept no longer: of which table, and which rows."""

    def before(key: str) -> dt.datetime:
        return PERIOD[key].before(now, office.today)

    asked = sa.select(Job.made_at).where(Job.id == LongExport.job_id).scalar_subquery()
    somebody = sa.exists().where(FamilyMember.family_id == Family.id)
    return {
        "applications": (Application, Application.sent_at <= before("applications")),
        "lists": (PeopleList, PeopleList.sent_at <= before("lists")),
        "exports": (LongExport, sa.func.coalesce(LongExport.ready_at, asked) <= before("exports")),
        "sessions": (LoginSession, LoginSession.expires_at <= before("sessions")),
        "browsers": (KnownBrowser, KnownBrowser.signed_in_at <= before("browsers")),
        "invitations": (Invitation, Invitation.expires_at <= before("invitations")),
        "families": (Family, ~somebody),
    }


def _delete(gone: tuple[type[Base], sa.ColumnElement[bool]], office: Viewer, *, dry: bool) -> int:
    table, condition = gone
    counted = sa.select(sa.func.count()).select_from(table).where(condition)
    count = db.session.scalar(counted.execution_options(viewer=office)) or 0
    if count and not dry:
        db.session.execute(
            sa.delete(table).where(condition),
            execution_options={"viewer": office, "synchronize_session": False},
        )
    _end(dry=dry)
    return count


def _old_files(now: dt.datetime, *, dry: bool) -> int:
    """What the database held before a backup was restored into it."""
    since = PERIOD["restored"].before(now, now.astimezone(clock.BERLIN).date()).timestamp()
    old = [path for path in Path(current_app.instance_path).glob(BEFORE_RESTORE) if path.stat().st_mtime < since]
    for path in [] if dry else old:
        path.unlink()
    return len(old)


def _end(*, dry: bool) -> None:
    end: Callable[[], None] = db.session.rollback if dry else db.session.commit
    end()
