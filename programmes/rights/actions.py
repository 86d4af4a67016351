"""Proposes, approves, undoes and completes erasures, and puts them off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

import clock
import jobs
from auth.guard import Viewer
from auth.models import User
from database import db
from programmes.participants.models import Person
from programmes.rights import erasing, leaving, ledger, queries
from programmes.rights.models import Erasure, LegalHold, SetAside
from programmes.rights.rules import NAMELESS_SINCE, Archive, ErasureState, Ground, due_on, obstacles
from programmes.rights.scrub import scrub
from wording import N_, Reason, Refused

END, SCRUB = "erasure", "scrub"
CALM = dt.timedelta(days=1)  # between two looks at an erasure that has no end yet

jobs.FORGETTABLE |= {END, SCRUB}


def propose(
    viewer: Viewer, person: Person, ground: Ground, archive: Archive, now: dt.datetime, notes: Sequence[str] = ()
) -> Erasure:
    """Propose to erase a granted person and to empty granted notes; somebody else approves it. Raises Refused."""
    db.session.execute(
        sa.select(Person.id).where(Person.id == person.id).with_for_update().execution_options(viewer=viewer)
    )
    reasons = obstacles(
        queries.ties_of(viewer, [person.id])[person.id], viewer.today,
        is_under_way=queries.under_way(viewer, person.id) is not None,
    )  # fmt: skip
    if reasons:
        raise Refused(*reasons)
    erasure = Erasure(
        person_id=person.id, ground=ground, proposed_at=now, proposed_by_id=viewer.id or None, archive=archive,
        offered_on=viewer.today if archive is Archive.OFFERED else None, notes=[*notes] or None,
    )  # fmt: skip
    db.session.add(erasure)
    db.session.flush()
    return erasure


def approve(viewer: Viewer, erasure: Erasure, now: dt.datetime) -> None:
    """Make the person nameless at once, and see to it that it is for good when nothing puts it off any more. Raises Refused."""
    reasons = obstacles(queries.ties_of(viewer, [erasure.person_id])[erasure.person_id], viewer.today)
    if erasure.state is not ErasureState.PROPOSED:
        reasons.append(Reason(N_("Darüber ist schon entschieden.")))
    if viewer.id and erasure.proposed_by_id == viewer.id:
        reasons.append(Reason(N_("Wer eine Löschung vorschlägt, gibt sie nicht selbst frei.")))
    if reasons:
        raise Refused(*reasons)
    erasure.approved_at, erasure.approved_by_id = now, viewer.id or None
    withhold(viewer, erasure, now)
    if viewer.id:
        jobs.ask(END, {"erasure": erasure.id}, by=viewer.id)


def withhold(viewer: Viewer, erasure: Erasure, now: dt.datetime) -> None:
    """The person is nowhere from now on, and still counted."""
    content, removed = erasing.set_aside(db.session.connection(), erasure.person_id, now, erasure.notes or ())
    db.session.add(SetAside(erasure_id=erasure.id, content=content))
    erasure.state, erasure.removed = ErasureState.WITHHELD, removed
    erasure.due_on = _due_on(viewer, erasure)
    db.session.flush()
    db.session.expire_all()


def reject(viewer: Viewer, erasure: Erasure, now: dt.datetime) -> None:
    """Say no to a proposal, or undo what was approved: everything is as it was. Raises Refused."""
    if erasure.state is ErasureState.WITHHELD:
        content = queries.set_aside(viewer, erasure.id)
        erasing.put_back(db.session.connection(), content.content)
        db.session.delete(content)
        ledger.strike(_folder(), erasure.person_id, now)
    elif erasure.state is not ErasureState.PROPOSED:
        raise Refused(Reason(N_("Das lässt sich nicht mehr zurücknehmen.")))
    erasure.state, erasure.ended_at, erasure.ended_by_id = ErasureState.UNDONE, now, viewer.id or None
    erasure.removed, erasure.due_on = {}, None
    db.session.flush()
    db.session.expire_all()


def answer_of_archive(viewer: Viewer, erasure: Erasure, archive: Archive) -> None:
    """What the archive said; with it, how long everything has to wait. Raises Refused."""
    if erasure.state not in {ErasureState.PROPOSED, ErasureState.WITHHELD}:
        raise Refused(Reason(N_("Darüber ist schon entschieden.")))
    erasure.archive = archive
    if archive is Archive.OFFERED and erasure.offered_on is None:
        erasure.offered_on = viewer.today
    if erasure.state is ErasureState.WITHHELD:
        erasure.due_on = _due_on(viewer, erasure)
    db.session.flush()


def give_up(viewer: Viewer, erasure: Erasure, now: dt.datetime) -> None:
    """Take so much away from what is left of somebody that enough people are alike, though exact figures count them as not told from
    then on. Raises Refused."""
    left = queries.left_of(erasure.person_id)
    if erasure.state not in NAMELESS_SINCE or not left.is_rare:
        raise Refused(Reason(N_("Was von der Person bleibt, trifft auf genug andere zu.")))
    ledger.note(_folder(), erasure.person_id, erasure.approved_at or now, erasure.due_on, given_up=left.given_up)
    erasing.give_up(db.session.connection(), erasure.person_id, left.given_up)
    db.session.expire_all()


def hold(viewer: Viewer, person_id: int, reason: str, until: dt.date | None, now: dt.datetime) -> LegalHold:
    """Data of a granted person are needed: until a day, or until somebody says otherwise."""
    made = LegalHold(person_id=person_id, reason=reason, until=until, set_at=now, set_by_id=viewer.id or None)
    db.session.add(made)
    db.session.flush()
    _look_again(viewer, person_id)
    return made


def release(viewer: Viewer, one: LegalHold, now: dt.datetime) -> None:
    """They are needed no longer."""
    one.ended_at = now
    db.session.flush()
    _look_again(viewer, one.person_id)


def _look_again(viewer: Viewer, person_id: int) -> None:
    erasure = queries.under_way(viewer, person_id)
    if erasure is not None and erasure.state is ErasureState.WITHHELD:
        erasure.due_on = _due_on(viewer, erasure)
        db.session.flush()


def _due_on(viewer: Viewer, erasure: Erasure) -> dt.date | None:
    approved = erasure.approved_at or erasure.proposed_at
    day = approved.astimezone(clock.BERLIN).date()
    return due_on(day, erasure.offered_on, erasure.archive or Archive.WAIVED, queries.holds(viewer, erasure.person_id))


def put_on_record(erasure: Erasure) -> None:
    """Write it where no restored backup forgets it."""
    at = erasure.approved_at or erasure.proposed_at
    ledger.note(_folder(), erasure.person_id, at, erasure.due_on, notes=erasure.notes or ())


def is_due(viewer: Viewer, erasure: Erasure) -> bool:
    """Whether nothing puts the end of an erasure off any more. What puts it off may have changed, so its day may."""
    erasure.due_on = _due_on(viewer, erasure)
    return erasure.due_on is not None and erasure.due_on <= viewer.today


def complete(viewer: Viewer, erasure: Erasure, now: dt.datetime) -> bool:
    """The end of an erasure whose time has come; False while something puts it off."""
    if not is_due(viewer, erasure):
        return False
    put_on_record(erasure)
    _complete(viewer, erasure, now)
    return True


def _complete(viewer: Viewer, erasure: Erasure, now: dt.datetime) -> None:
    content = queries.set_aside(viewer, erasure.id)
    erasing.forget(db.session.connection(), erasure.person_id, content.content, now)
    db.session.delete(content)
    erasure.state, erasure.ended_at = ErasureState.DONE, now
    db.session.flush()
    db.session.expire_all()


def erase_at_once(viewer: Viewer, person_id: int, now: dt.datetime) -> Erasure:
    """Without a second person and without a way back: for whoever holds the machine. Raises Refused."""
    ties = queries.ties_of(viewer, [person_id])[person_id]
    there = queries.under_way(viewer, person_id)
    reasons = obstacles(ties, viewer.today) + [
        Reason(N_("Es wird noch gebraucht: {reason}"), reason=str(one.reason))
        for one in queries.holds(viewer, person_id)
    ]
    if reasons:
        raise Refused(*reasons)
    erasure = there or Erasure(person_id=person_id, ground=Ground.REQUEST, proposed_at=now, archive=Archive.WAIVED)
    db.session.add(erasure)
    db.session.flush()
    if erasure.state is ErasureState.PROPOSED:
        erasure.approved_at = now
        withhold(viewer, erasure, now)
    erasure.due_on = viewer.today
    put_on_record(erasure)
    _complete(viewer, erasure, now)
    return erasure


def erase_account(viewer: Viewer, user: User, now: dt.datetime) -> None:
    """A member of staff is nameless from now on, for good. Raises Refused."""
    db.session.scalar(sa.select(User.id).where(User.id == user.id).with_for_update())
    reasons = queries.against_erasing_account(viewer, user.id)
    if reasons:
        raise Refused(*reasons)
    ledger.note_account(_folder(), user.id, now)
    leaving.make_nameless(db.session.connection(), user.id, now)
    db.session.expire_all()


@jobs.step(END)
def end(job: jobs.Job) -> bool:
    """Complete an erasure on its day; look again tomorrow if it has none."""
    office, now = Viewer.office(), clock.now()
    erasure = db.session.get(Erasure, job.arguments["erasure"], execution_options={"viewer": office})
    if erasure is None or erasure.state is not ErasureState.WITHHELD:
        return False
    if complete(office, erasure, now):
        jobs.ask(SCRUB, {}, by=job.by_id)
        return False
    if not job.done:
        put_on_record(erasure)
        job.done = 1
    job.not_before = now + CALM
    return True


def _scrub(job: jobs.Job) -> None:
    db.session.rollback()  # an open look at the database would keep its old pages
    scrub(db.engine)


@jobs.step(SCRUB, makes=_scrub)
def scrubbed(job: jobs.Job, made: None) -> bool:
    """What was deleted is gone from the files as well; that took too long for a step."""
    return False


def _folder() -> Path:
    return Path(current_app.instance_path)
