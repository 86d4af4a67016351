"""Work that takes longer than a request and outlives a restart: one small step at a time, each a transaction of its own.

A kind of work registers a step: `@step("batch")`. The step does a little and says how far it is; what it wrote is committed
with its progress, so a killed process repeats at most the step it was in, and the step finds what is done already. What takes
long to read or to draw is made before the step, where nobody has to wait for it: `@step("export", makes=…)`. One thread of each process works (`start`, from `run.serve`); a lease in the row sees to it that only one does. Tests and the command
line work without a thread: `work_off`.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

import clock
from auth import trace
from auth.models import User
from database import Base, db, is_disk_full, one_of
from wording import N_, Term

log = logging.getLogger("kursbuch.jobs")

LEASE = dt.timedelta(seconds=60)  # longer than any step; a killed process's work is taken up after it
LEASE_TO_MAKE = dt.timedelta(minutes=3)  # longer than anything takes that is made before its step
PATIENCE = 5.0  # seconds between two looks at an empty list
KEPT = dt.timedelta(days=30)  # finished jobs stay readable this long
MOST_FAILURES = 5  # of one step in a row
DISK_FULL = "disk full"  # the message of a job that failed for it


class JobState(Term):
    """How far a job is."""

    WAITING = "waiting", N_("wartet")
    RUNNING = "running", N_("läuft")
    DONE = "done", N_("fertig")
    CANCELLED = "cancelled", N_("abgebrochen")
    FAILED = "failed", N_("gescheitert")


OPEN = (JobState.WAITING, JobState.RUNNING)


class Job(Base):
    """One piece of work. `arguments` and `message` hold ids and figures, nothing about people."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    arguments: Mapped[dict[str, Any]]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    made_at: Mapped[dt.datetime]
    state: Mapped[JobState] = mapped_column(one_of(JobState), default=JobState.WAITING, index=True)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    message: Mapped[str | None] = mapped_column(sa.String(300))
    lease: Mapped[str | None] = mapped_column(sa.String(40))
    lease_until: Mapped[dt.datetime | None]
    not_before: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    by: Mapped[User] = orm.relationship()

    @property
    def is_open(self) -> bool:
        """Whether it still goes on."""
        return self.state in OPEN


Step = Callable[..., bool]  # True: there is more to do
Makes = Callable[[Job], Any]
STEPS: dict[str, Step] = {}
MAKES: dict[str, Makes] = {}
_wake = threading.Event()


def step(kind: str, *, makes: Makes | None = None) -> Callable[[Step], Step]:
    """Register what one step of this kind does. It changes rows and `job.done`; it neither commits nor waits.

    It returns whether more is to do, and may put `job.not_before` into the future for a pause. A step holds the only write lock
    that SQLite has: what takes longer than a moment belongs into `makes`, which cannot write; the step is handed what it made.
    """

    def register(function: Step) -> Step:
        STEPS[kind] = function
        if makes:
            MAKES[kind] = makes
        return function

    return register


def ask(kind: str, arguments: dict[str, Any], *, by: int, total: int = 0) -> Job:
    """Put work on the list, in the transaction of whoever asks for it."""
    now = clock.now()
    job = Job(kind=kind, arguments=arguments, by_id=by, made_at=now, not_before=now, total=total)
    db.session.add(job)
    db.session.flush()
    return job


def cancel(job: Job) -> None:
    """Stop after the step that is being done; what is done stays done."""
    if job.is_open:
        _end(job, JobState.CANCELLED)


def hurry() -> None:
    """Look at the list now; for whoever has just put something on it."""
    _wake.set()


def _end(job: Job, state: JobState, message: str | None = None) -> None:
    job.state, job.finished_at, job.lease, job.lease_until = state, clock.now(), None, None
    job.message = message or job.message


def _claim(owner: str) -> int | None:
    """The next job that nobody holds, held now by `owner` until the lease ends; committed."""
    now = clock.now()
    free = sa.or_(Job.lease.is_(None), Job.lease == owner, Job.lease_until < now)
    found = db.session.execute(
        sa.select(Job.id, Job.kind)
        .where(Job.state.in_(OPEN), Job.not_before <= now, free)
        .order_by(Job.not_before, Job.id)
        .limit(1)
    ).one_or_none()
    if found is None:
        db.session.rollback()
        return None
    lease = LEASE_TO_MAKE if found.kind in MAKES else LEASE
    taken = db.session.scalar(
        sa.update(Job)
        .where(Job.id == found.id, Job.state.in_(OPEN), free)
        .values(lease=owner, lease_until=now + lease, state=JobState.RUNNING)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return taken


def _made(job_id: int) -> list[Any]:
    """What the step is handed besides its job; nothing for most kinds."""
    db.session.connection(execution_options={"writes": False})
    job = db.session.scalars(sa.select(Job).where(Job.id == job_id)).one()
    made = [MAKES[job.kind](job)] if job.kind in MAKES else []
    db.session.rollback()
    return made


def _do(job_id: int, owner: str) -> None:
    """One step of a job: what it wrote and how far it is, or nothing at all."""
    made = _made(job_id)
    job = db.session.scalars(sa.select(Job).where(Job.id == job_id).with_for_update()).one()
    if job.lease != owner or not job.is_open:
        db.session.rollback()
        return
    if STEPS[job.kind](job, *made):
        job.failures, job.lease_until = 0, clock.now() + LEASE
    elif job.is_open:
        _end(job, JobState.DONE)
    db.session.commit()


def _note_failure(job_id: int, owner: str, failure: Exception) -> None:
    reference = secrets.token_hex(4)
    log.error("job %s failed, reference=%s: %s", job_id, reference, trace.where_it_failed(failure))
    job = db.session.scalars(sa.select(Job).where(Job.id == job_id).with_for_update()).one()
    if job.lease == owner and job.is_open:
        job.failures += 1
        job.not_before = clock.now() + dt.timedelta(seconds=2**job.failures)
        if job.failures >= MOST_FAILURES:
            _end(job, JobState.FAILED, DISK_FULL if is_disk_full(failure) else reference)
    db.session.commit()


def work_once(owner: str) -> bool:
    """One step of whatever is next, in the application context of the caller. False: there is nothing to do now."""
    try:
        job_id = _claim(owner)
        if job_id is None:
            return False
        try:
            _do(job_id, owner)
        except Exception as failure:  # noqa: BLE001  whatever a step raises is its job's failure, not the worker's end
            db.session.rollback()
            _note_failure(job_id, owner, failure)
        return True
    finally:
        db.session.remove()


def work_off(app: Flask, most: int = 10_000) -> int:
    """Do steps until nothing is to do now; returns how many."""
    owner = f"once-{secrets.token_hex(4)}"
    try:
        for number in range(most):
            with app.app_context():
                if not work_once(owner):
                    return number
        return most
    finally:
        with app.app_context():
            let_go(owner)


def let_go(owner: str) -> None:
    """Whoever stops working leaves its jobs to the others at once."""
    db.session.execute(sa.update(Job).where(Job.lease == owner).values(lease=None, lease_until=None))
    db.session.commit()
    db.session.remove()


def tidy_up() -> None:
    """Forget jobs that ended long ago and that nothing refers to."""
    old = sa.select(Job.id).where(Job.finished_at < clock.now() - KEPT, Job.kind.in_(FORGETTABLE))
    db.session.execute(sa.delete(Job).where(Job.id.in_(old)))
    db.session.commit()


FORGETTABLE: set[str] = set()  # kinds whose rows nothing points to


class Worker:
    """The thread that works while the server serves, and sees to what is to be done every so many seconds. Stops after the step
    it is in. A chore commits what it does, and does no harm when another process does it as well."""

    def __init__(self, app: Flask, chores: Iterable[tuple[float, Callable[[], None]]] = ()) -> None:
        self._app = app
        self._chores = {chore: (seconds, 0.0) for seconds, chore in chores}  # how often, and when next
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: float = 5.0) -> None:
        """End after the step that is being done."""
        self._stopped.set()
        _wake.set()
        self._thread.join(patience)

    def _work(self) -> None:
        self._try(tidy_up)
        while not self._stopped.is_set():
            self._do_chores()
            if not self._try(lambda: work_once(self._owner)):
                _wake.wait(PATIENCE)
                _wake.clear()
        self._try(lambda: let_go(self._owner))

    def _do_chores(self) -> None:
        for chore, (seconds, due) in self._chores.items():
            if time.monotonic() >= due:
                self._chores[chore] = (seconds, time.monotonic() + seconds)
                try:
                    self._try(chore)
                except Exception as failure:  # noqa: BLE001  whatever it is, the other chores and jobs are not to blame
                    log.error("chore %s failed: %s", chore.__name__, trace.where_it_failed(failure))

    def _try(self, work: Callable[[], Any]) -> bool:
        """False too when the database is away: the worker looks again later, as it looks at an empty list."""
        try:
            with self._app.app_context():
                return bool(work())
        except DBAPIError as failure:
            log.warning("jobs wait, the database does not answer: %s", type(failure.orig).__name__)
            return False
