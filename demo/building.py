"""Builds the whole demo office, or wipes one: built whole or not at all."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from auth.guard import Viewer
from auth.models import Device, User
from auth.queries import digest
from database import Base, db
from demo import clockwork, courses_2003, events_2004, long_series
from demo.accounts import is_demo
from demo.afterwards import Afterwards
from demo.courses_today import Today
from demo.grants import grant
from demo.office import STAFF_SINCE, Office
from demo.papers import Papers
from demo.roll_calls import RollCalls, unguided_uuid
from demo.sheets import Sheets
from programmes.catalogue.calendar import almanac
from programmes.catalogue.calendar.actions import keep_school_holidays
from programmes.catalogue.models import (
    Body,
    Contradiction,
    MicroProject,
    Module,
    Municipality,
    Programme,
    Quarter,
)
from programmes.statistics.models import VERSIONS

SEED = 2004
CATALOGUE = (Municipality, Quarter, Programme, Module, MicroProject, Body, Contradiction)


def _lend_a_phone(office: Office) -> None:
    """A phone that keeps a leader's lists, as it stands among the devices; nobody holds its token."""
    now = clockwork.instant(office.today, 7)
    leader = office.users["leitung-ra"]
    token = digest(unguided_uuid(office.rng))
    db.session.add(Device(token_hash=token, user_id=leader.id, name="Diensthandy 3", added_at=now, seen_at=now))


def _know_it_all_along() -> None:
    """What the demo tells of 2003 was known in 2003, though it was written down in a moment."""
    office = {"viewer": Viewer.office()}
    for versions in VERSIONS.values():
        db.session.execute(sa.delete(versions).where(versions.c.until.is_not(None)), execution_options=office)
        db.session.execute(
            sa.update(versions).values(since=clockwork.instant(STAFF_SINCE, 9)), execution_options=office
        )


def build(seed: int, today: dt.date, *, papers: bool = True) -> Office:
    """Build the office as it is on a day, and commit. The same seed and the same day give the same rows; only the
    verification codes of certificates (and the papers that carry them) stay unguessable. Without `papers` it is quick."""
    office = Office(seed, today)
    courses_2003.build(office)
    events_2004.build(office)
    Today(office).build()
    db.session.flush()
    calls = RollCalls(office)
    for run in office.runs.values():
        calls.take(run)
    office.write_histories()
    calls.write()
    Afterwards(office).write()
    Sheets(office).register()
    _lend_a_phone(office)
    long_series.build(office)
    keep_school_holidays(almanac.school_holidays(today.year))
    if papers:
        Papers(office).issue()
    grant(office)  # after the papers: nobody paid for what they say of 2003
    db.session.flush()
    _know_it_all_along()
    db.session.commit()
    return office


def wipe() -> None:
    """Take out everything but the catalogue, and commit. The caller has made sure that it is a demo."""
    kept = {model.__table__ for model in CATALOGUE} | {VERSIONS[model] for model in CATALOGUE if model in VERSIONS}
    db.session.execute(sa.update(Programme).values(funding_profile_id=None))
    for table in reversed(Base.metadata.sorted_tables):
        if table not in kept:
            db.session.execute(sa.delete(table), execution_options={"viewer": Viewer.office()})
    db.session.commit()


def addresses() -> list[str]:
    """The addresses of all accounts."""
    return list(db.session.scalars(sa.select(User.email).order_by(User.id)))


def real_accounts() -> int:
    """How many accounts are not of the demo."""
    return sum(not is_demo(email) for email in addresses())


def demo_accounts() -> int:
    """How many accounts are of the demo."""
    return sum(is_demo(email) for email in addresses())
