"""Erases again, in a backup that is being restored, who was erased since it was made: before anybody can sign in."""

from __future__ import annotations

from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine import Connection

import clock
from database import Base
from programmes.participants.models import Person
from programmes.rights import erasing, leaving, ledger
from programmes.rights.models import Erasure, SetAside
from programmes.rights.rules import UNDER_WAY, Archive, ErasureState, Ground

PERSON, ERASURE, SET_ASIDE = (Base.metadata.tables[one.__tablename__] for one in (Person, Erasure, SetAside))


def repeat(connection: Connection) -> int:
    """Make nameless whom the ledger names, and for good those whose day is over. How many there were to do."""
    count = 0
    for one in ledger.erased(Path(current_app.instance_path)):
        withheld = connection.execute(sa.select(PERSON.c.withheld_at).where(PERSON.c.id == one.person_id)).one_or_none()
        if withheld is None:
            erasing.keep_number(connection, one.person_id, one.at)
            continue
        if withheld[0] is None:
            _withhold(connection, one)
            count += 1
        if one.due_on is not None and one.due_on <= clock.today():
            count += _forget(connection, one) * (withheld[0] is not None)
        if one.given_up:
            erasing.give_up(connection, one.person_id, one.given_up)
    for user_id, at in ledger.accounts(Path(current_app.instance_path)).items():
        erased = sa.select(leaving.ACCOUNT.c.erased_at).where(leaving.ACCOUNT.c.id == user_id)
        known = connection.execute(erased).one_or_none()
        if known is None:
            leaving.keep_number(connection, user_id, at)
        elif known.erased_at is None:
            leaving.make_nameless(connection, user_id, at)
            count += 1
    erasing.remove_empty_families(connection)
    if count:
        click.echo(f"{count} Löschungen wiederholt, die jünger sind als die Sicherung.")
    return count


def _withhold(connection: Connection, one: ledger.Erased) -> None:
    proposals = sa.delete(ERASURE).where(ERASURE.c.person_id == one.person_id, ERASURE.c.state.in_(UNDER_WAY))
    connection.execute(proposals)
    content, removed = erasing.set_aside(connection, one.person_id, one.at, one.notes)
    made = sa.insert(ERASURE).values(
        person_id=one.person_id, ground=Ground.REQUEST, state=ErasureState.WITHHELD, proposed_at=one.at, approved_at=one.at,
        archive=Archive.WAIVED, due_on=one.due_on, removed=removed,
    )  # fmt: skip
    erasure_id = connection.scalar(made.returning(ERASURE.c.id))
    connection.execute(sa.insert(SET_ASIDE).values(erasure_id=erasure_id, content=content))


def _forget(connection: Connection, one: ledger.Erased) -> int:
    """For good; 0 if the backup knows already that it is."""
    waiting = sa.select(ERASURE.c.id).where(
        ERASURE.c.person_id == one.person_id, ERASURE.c.state == ErasureState.WITHHELD
    )
    erasure_id = connection.scalar(waiting)
    if erasure_id is None:
        return 0
    content = connection.execute(
        sa.select(SET_ASIDE.c.content).where(SET_ASIDE.c.erasure_id == erasure_id)
    ).scalar_one()
    erasing.forget(connection, one.person_id, content, clock.now())
    connection.execute(sa.delete(SET_ASIDE).where(SET_ASIDE.c.erasure_id == erasure_id))
    done = sa.update(ERASURE).where(ERASURE.c.id == erasure_id)
    connection.execute(done.values(state=ErasureState.DONE, ended_at=clock.now()))
    return 1
