"""The retention job: what is kept no longer goes, each person in a transaction of its own.

So it can be killed at any moment and simply be run again: whoever is done is found done, and the run goes on where it was. It names
nobody, trusts no clock that jumped, and leaves alone whoever is in a course, waits for one, or is held. The worker runs it once a
night (`CHORES`); two processes that run it at the same time take turns, because each step holds the row of the run.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

import clock
from auth.audit.removal import remove_old_lines
from auth.guard import Viewer
from auth.models import Invitation, KnownBrowser, LoginSession
from auth.queries import account
from database import Base, db
from jobs import Job
from programmes.enrolment.applying.models import Application
from programmes.enrolment.lists.models import PeopleList
from programmes.participants.models import Family, FamilyMember
from programmes.rights import actions, queries
from programmes.rights.models import Erasure, RetentionRun
from programmes.rights.rules import PERIOD, REMOVED, Archive, ErasureState, Ground, RunState, is_time_to_run
from programmes.rights.scrub import scrub
from programmes.statistics.exports.models import LongExport
from wording import Reason

BEFORE_RESTORE = "before-restore-*.kursbuch"
LOOK_EVERY = 60.0  # seconds between two looks whether it is time
AT_A_STRETCH = 10.0  # seconds for which other work in the background waits
Does = Callable[[Viewer, dt.datetime], int]  # one small step: how much went


class ClockJumped(RuntimeError):
    """The clock cannot be trusted; nothing was deleted."""

    def __init__(self, doubt: Reason) -> None:
        super().__init__(str(doubt))


def run(now: dt.datetime, *, confirmed: bool) -> dict[str, int]:
    """Everything whose time is over, as of an instant: how much of each kind went. Raises ClockJumped."""
    run_id = begin(now, confirmed=confirmed)
    for _ in steps(run_id):
        pass
    removed = db.session.get_one(RetentionRun, run_id).removed
    db.session.rollback()
    return removed


def foretold(now: dt.datetime, *, confirmed: bool) -> dict[str, int]:
    """How much would go, changing nothing. Raises ClockJumped."""
    _trust(now, confirmed=confirmed)
    office = _office(now)
    waiting = queries.erasures(office, ErasureState.WITHHELD, most=1_000_000)
    told = {
        "erased": sum(actions.is_due(office, one) for one in waiting),
        "withheld": len(list(queries.people_kept_no_longer(office, now))),
        "accounts": len(queries.accounts_kept_no_longer(office, now)),
    }
    for key, (table, condition) in _old(office, now).items():
        counted = sa.select(sa.func.count()).select_from(table).where(condition)
        told[key] = db.session.scalar(counted.execution_options(viewer=office)) or 0
    db.session.rollback()
    told["trace"] = remove_old_lines(current_app.config["SETTINGS"].trace_years, dry=True)
    return told | {"restored": len(_old_files(now))}


def begin(now: dt.datetime, *, confirmed: bool) -> int:
    """Begin a run, or go on with the one that is not at its end; its number. Raises ClockJumped."""
    _trust(now, confirmed=confirmed)
    under_way = queries.run_under_way()
    if under_way is not None:
        under_way.as_of = max(under_way.as_of, now)
        db.session.commit()
        return under_way.id
    _look_again(_office(now))
    made = RetentionRun(at=clock.now(), as_of=now, removed=dict.fromkeys(REMOVED, 0), state=RunState.RUNNING)
    db.session.add(made)
    try:
        db.session.commit()
    except IntegrityError:  # another process began one just now
        db.session.rollback()
        return begin(now, confirmed=confirmed)
    return made.id


def steps(run_id: int) -> Iterator[None]:
    """Do one small step after another, each a transaction of its own, and whatever another process did meanwhile not again."""
    db.session.rollback()
    db.session.connection(execution_options={"writes": False})  # nobody has to wait while it is looked up
    as_of = db.session.get_one(RetentionRun, run_id).as_of
    office = _office(as_of)
    over = queries.due(office)
    old = list(queries.people_kept_no_longer(office, as_of))
    blocked = queries.accounts_kept_no_longer(office, as_of)
    db.session.rollback()
    work: list[tuple[str, Does]] = [("erased", _completes(erasure_id)) for erasure_id in over]
    work += [("withheld", _withholds(person_id)) for person_id in old]
    work += [("accounts", _erases(user_id)) for user_id in blocked]
    work += [(key, _deletes(table, condition)) for key, (table, condition) in _old(office, as_of).items()]
    work += [("restored", _removes_files), ("trace", _removes_lines)]
    for key, does in work:
        if not _step(run_id, key, does):
            return
        yield
    if any(db.session.get_one(RetentionRun, run_id).removed.values()):
        db.session.rollback()  # an open look at the database would keep its old pages
        scrub(db.engine)
    db.session.execute(sa.update(RetentionRun).where(RetentionRun.id == run_id).values(state=RunState.DONE))
    db.session.commit()


def _step(run_id: int, key: str, does: Does) -> bool:
    """One step and how much went by it, or nothing at all. False: the run is at its end already."""
    held = sa.select(RetentionRun).where(RetentionRun.id == run_id, RetentionRun.state == RunState.RUNNING)
    under_way = db.session.scalars(held.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if under_way is None:
        db.session.rollback()
        return False
    count = does(_office(under_way.as_of), under_way.as_of)
    under_way = db.session.get_one(RetentionRun, run_id)
    under_way.removed = {**under_way.removed, key: under_way.removed[key] + count}
    db.session.commit()
    return True


def _completes(erasure_id: int) -> Does:
    """Completes an erasure whose day has come."""

    def does(office: Viewer, now: dt.datetime) -> int:
        erasure = queries.erasure(office, erasure_id)
        return int(erasure.state is ErasureState.WITHHELD and actions.complete(office, erasure, now))

    return does


def _withholds(person_id: int) -> Does:
    """Makes somebody whose time is over nameless; erased for good they are when the archive has had its say."""

    def does(office: Viewer, now: dt.datetime) -> int:
        if not list(queries.people_kept_no_longer(office, now, person_id)):
            return 0
        erasure = Erasure(
            person_id=person_id, ground=Ground.PERIOD, proposed_at=now, approved_at=now, archive=Archive.OFFERED,
            offered_on=office.today,
        )  # fmt: skip
        db.session.add(erasure)
        db.session.flush()
        actions.withhold(office, erasure, now)
        actions.put_on_record(erasure)
        return 1

    return does


def _erases(user_id: int) -> Does:
    """Makes an account nameless that was closed long ago."""

    def does(office: Viewer, now: dt.datetime) -> int:
        if user_id not in queries.accounts_kept_no_longer(office, now):
            return 0
        actions.erase_account(office, account(user_id), now)
        return 1

    return does


def _deletes(table: type[Base], condition: sa.ColumnElement[bool]) -> Does:
    """Deletes rows, if there are any."""

    def does(office: Viewer, now: dt.datetime) -> int:
        gone = sa.delete(table).where(condition)
        options = {"viewer": office, "synchronize_session": False}
        return int(db.session.connection().execute(gone, execution_options=options).rowcount)

    return does


def _removes_files(office: Viewer, now: dt.datetime) -> int:
    old = _old_files(now)
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _removes_lines(_office: Viewer, _now: dt.datetime) -> int:
    return remove_old_lines(current_app.config["SETTINGS"].trace_years, dry=False)


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


def _old_files(now: dt.datetime) -> list[Path]:
    """What the database held before a backup was restored into it."""
    since = PERIOD["restored"].before(now, now.astimezone(clock.BERLIN).date()).timestamp()
    return [path for path in Path(current_app.instance_path).glob(BEFORE_RESTORE) if path.stat().st_mtime < since]


def _look_again(office: Viewer) -> None:
    """What puts erasures off may have changed, so their days may."""
    waiting = [one.id for one in queries.erasures(office, ErasureState.WITHHELD, most=1_000_000)]
    db.session.rollback()
    for erasure_id in waiting:
        actions.is_due(office, queries.erasure(office, erasure_id))
        db.session.commit()


def _trust(now: dt.datetime, *, confirmed: bool) -> None:
    doubt = queries.clock_in_doubt(now, confirmed=confirmed)
    db.session.rollback()
    if doubt is not None:
        raise ClockJumped(doubt)


def _office(now: dt.datetime) -> Viewer:
    return Viewer(0, Viewer.office().roles, now.astimezone(clock.BERLIN).date(), is_office=True)


class Night:
    """Runs the job once a night, for a few seconds at a time. The made-up people of a demo stay."""

    def __init__(self) -> None:
        self._steps: Iterator[None] | None = None

    def look(self) -> None:
        """Begin if it is time, and go on with what has begun. With a clock in doubt nothing begins; the officer's page says so."""
        if current_app.config["SETTINGS"].demo:
            return
        under_way = self._steps or self._begun()
        self._steps = None  # what fails begins anew, and finds done what is done
        until = time.monotonic() + AT_A_STRETCH
        for _ in under_way:
            if time.monotonic() >= until:
                self._steps = under_way
                return

    def _begun(self) -> Iterator[None]:
        now = clock.now()
        last, under_way = queries.last_run(), queries.run_under_way()
        db.session.rollback()
        if under_way is None and not is_time_to_run(now.astimezone(clock.BERLIN), last):
            return iter(())
        try:
            return steps(begin(now, confirmed=False))
        except ClockJumped:
            return iter(())


CHORES = ((LOOK_EVERY, Night().look),)
