"""Somebody who holds the machine tampers with the trace, a hundred times in each way: each time the first broken entry is named.

With `-s` the figures are printed that stand in docs/security/figures.md.
"""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

import clock
from auth.audit import actions, queries
from auth.audit.models import Notice
from auth.audit.removal import remove_old_lines
from auth.audit.rules import REMOVED, Anchor, Beginning, Seal, gone_by, read_anchors
from auth.models import TraceEntry
from database import Base, db
from tests.tools.figures import note
from tests.tools.insider import lift

ENTRIES = 12
A_MINUTE = dt.timedelta(minutes=1)
YEARS = 3
GONE = gone_by(clock.now(), YEARS)
LONG_AGO = GONE - dt.timedelta(days=30)
HOW_OFTEN = {"sqlite": 100, "postgres": 3}
COLUMNS = {
    "at": clock.now(),
    "actor_id": 99, "act": "sign-out", "object_id": "99", "status": 404, "rows": 99, "people": ",99,", "device_id": 9,
    "emergency_id": 9, "request_id": "f" * 12, "subject_hash": "0" * 64, "roles": "leader", "session": "f" * 12,
    "origin": "f" * 16, "programme_id": 9, "claimed_at": clock.now(),
}  # fmt: skip
LATER = ("roles", "session", "origin", "programme_id", "claimed_at")
NEVER_EMPTY = {"at", "act", "status"}
entries, links, seals = (Base.metadata.tables[f"trace_{name}"] for name in ("entry", "link", "seal"))


Way = Callable[[random.Random, Connection, list[int]], int]


def change(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    """One field of one entry: something else stands in it, or nothing any more."""
    number = chance.choice(ids)
    stored = insider.execute(sa.select(entries).where(entries.c.id == number)).mappings().one()
    changes = [*COLUMNS.items(), *((name, None) for name in COLUMNS if name not in NEVER_EMPTY)]
    name, value = chance.choice([(name, value) for name, value in changes if stored[name] != value])
    insider.execute(sa.update(entries).where(entries.c.id == number).values({name: value}))
    return number


def delete(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    number = chance.choice(ids)
    insider.execute(sa.delete(entries).where(entries.c.id == number))
    return number


def insert(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    """An entry that says it is as old as one that is there."""
    at = insider.scalar(sa.select(entries.c.at).where(entries.c.id == chance.choice(ids)))
    number = (insider.scalar(sa.select(sa.func.max(entries.c.id))) or 0) + 1
    insider.execute(sa.insert(entries).values(id=number, at=at, act="sign-in", status=200))
    return number


def swap(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    """Two entries under each other's number."""
    pair = sa.select(links.c.entry_id).where(links.c.entry_id.in_(chance.sample(ids, 2))).order_by(links.c.number)
    one, other = insider.scalars(pair)
    for old, new in ((one, -1), (other, one), (-1, other)):
        insider.execute(sa.update(entries).where(entries.c.id == old).values(id=new))
    return one


def cut(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    """The end, and everything that tells of it; then sealed again, as if there had never been more."""
    number = chance.choice(ids)
    place = insider.scalar(sa.select(links.c.number).where(links.c.entry_id == number)) or 0
    gone = insider.scalars(sa.select(links.c.entry_id).where(links.c.number >= place)).all()
    # Whoever knows what they do leaves the line that says where the chain begins.
    insider.execute(sa.delete(entries).where(entries.c.id.in_(gone), entries.c.act != REMOVED))
    forget_seals(insider, sa.select(seals).where(seals.c.links >= place).order_by(seals.c.number))
    return number


def recompute(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    """A change, and a whole new chain over it, as if it had always been so."""
    number = change(chance, insider, ids)
    begun = queries.beginning()
    forget_seals(
        insider, sa.select(seals).where(seals.c.number > (begun.seal if begun else 0)).order_by(seals.c.number)
    )
    return number


def behead(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    """All before a seal, with everything that tells of it, as if it had been its time."""
    _, *others = insider.execute(sa.select(seals).order_by(seals.c.number)).all()
    last = chance.choice(others)
    old = links.c.number <= last.links
    missing = insider.scalar(sa.select(links.c.entry_id).order_by(links.c.number).limit(1)) or 0
    gone = entries.c.id.in_(sa.select(links.c.entry_id).where(old))
    insider.execute(sa.delete(entries).where(gone, entries.c.act != REMOVED))
    insider.execute(sa.delete(links).where(old))
    insider.execute(sa.delete(seals).where(seals.c.number < last.number))
    return missing


def behead_and_say_so(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    """The same, and a line as the retention job would leave it, all of it true."""
    last = Seal(*insider.execute(sa.select(seals).order_by(seals.c.number.desc()).limit(1)).one())
    said = Beginning(last.number, last.links, queries.before(last))
    young = sa.select(links.c.entry_id).join(entries, entries.c.id == links.c.entry_id).where(entries.c.at > GONE)
    missing = insider.scalar(young.order_by(links.c.number).limit(1)) or 0
    insider.execute(sa.delete(entries).where(entries.c.id.in_(sa.select(links.c.entry_id))))
    insider.execute(sa.delete(links))
    insider.execute(sa.delete(seals).where(seals.c.number < last.number))
    line = {"at": clock.now() - chance.random() * A_MINUTE, "act": REMOVED, "object_id": said.text, "status": 200}
    insider.execute(sa.insert(entries), line)
    return missing


def forget_seals(insider: Connection, which: sa.Select[Any]) -> None:
    """Take away these seals with their links, and make them anew over what there is now."""
    forgotten = insider.execute(which).all()
    first = forgotten[0].number
    before = insider.scalar(sa.select(sa.func.max(seals.c.links)).where(seals.c.number < first)) or 0
    insider.execute(sa.delete(links).where(links.c.number > before))
    insider.execute(sa.delete(seals).where(seals.c.number >= first))
    insider.execute(sa.delete(Notice))
    for one in forgotten:
        actions.seal(one.until + actions.SETTLED)


def backdate(chance: random.Random, insider: Connection, ids: list[int]) -> int:
    """The same, and the seal says that it is of a day whose years are over."""
    missing = behead_and_say_so(chance, insider, ids)
    insider.execute(sa.update(seals).values(until=GONE - A_MINUTE))
    return missing


WAYS: tuple[Way, ...] = (change, delete, insert, swap, cut, recompute, behead, behead_and_say_so, backdate)
NEEDS_AN_ANCHOR = {cut, recompute}


@pytest.fixture
def anchors(app: Flask) -> list[Anchor]:
    """Three days of a small office, the first some years ago, sealed each evening; the anchors left the house one by one.

    Half of the lines are as they were before a line had so many fields.
    """
    kept = []
    with app.app_context():
        for day in (LONG_AGO, clock.now() - dt.timedelta(days=9), clock.now() - dt.timedelta(days=8)):
            lines = [
                {"at": day - number * A_MINUTE, "act": "GET enrolment.person", "object_id": str(number), "status": 200,
                 "rows": 1, "people": f",{number},", "actor_id": 1 + number % 3, "request_id": f"{number:012}"}
                | (dict.fromkeys(LATER) if number % 2 else {name: COLUMNS[name] for name in LATER} | {"programme_id": 2})
                for number in range(ENTRIES // 3)
            ]  # fmt: skip
            db.session.execute(sa.insert(TraceEntry), lines)
            db.session.flush()
            while actions.seal(day + actions.SETTLED + A_MINUTE):
                pass
            seal = queries.last_anchor()
            assert seal is not None
            kept.append(queries.anchor(seal).text)
        db.session.commit()
        db.session.remove()
    return read_anchors("\n".join(kept))


@pytest.fixture
def shortened(app: Flask, anchors: list[Anchor]) -> list[Anchor]:
    """The same after the retention job: the first day is gone, and the line that says so is sealed. The anchors are still those."""
    with app.app_context():
        assert remove_old_lines(YEARS, dry=False) == ENTRIES // 3
        actions.seal(clock.now() + actions.SETTLED)
        db.session.commit()
        db.session.remove()
    return anchors


def named(app: Flask, way: Way, anchors: list[Anchor], how_often: int) -> int:
    """How often somebody tampered, and the first broken entry was named each time; without an anchor where none is needed."""
    chance, found = random.Random(20031), 0
    with app.app_context():
        ids = list(db.session.scalars(sa.select(TraceEntry.id).where(entries.c.act != REMOVED).order_by(TraceEntry.id)))
        assert queries.broken(anchors, GONE) is None
        db.session.remove()
        for _ in range(how_often):
            insider = db.session.connection()
            lift(insider)
            expected = way(chance, insider, ids)
            broken, without = queries.broken(anchors, GONE), queries.broken([], GONE)
            db.session.rollback()  # brings the triggers back as well
            assert (without is None) == (way in NEEDS_AN_ANCHOR)
            found += broken is not None and broken.entry_id == expected
        assert queries.broken(anchors, GONE) is None
    return found


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_first_broken_entry_is_named(app: Flask, anchors: list[Anchor], database_kind: str, way: Way) -> None:
    with app.app_context():
        assert queries.extent() == (ENTRIES, ENTRIES, 3)
    found = named(app, way, anchors, HOW_OFTEN[database_kind])
    assert found == HOW_OFTEN[database_kind]
    note("manipulations", f"{way.__name__} {database_kind}", found)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_it_is_named_when_the_oldest_are_gone(
    app: Flask, shortened: list[Anchor], database_kind: str, way: Way
) -> None:
    with app.app_context():
        kept = ENTRIES - ENTRIES // 3 + 1
        assert queries.extent() == (kept, kept, 4)
    found = named(app, way, shortened, HOW_OFTEN[database_kind])
    assert found == HOW_OFTEN[database_kind]
    note("manipulations", f"{way.__name__} after a removal {database_kind}", found)


@pytest.mark.parametrize("change", [
    {"object_id": "3/8/" + "0" * 64}, {"object_id": "x"}, {"object_id": None}, {"act": "sign-in"}, {"rows": 5},
    {"at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
], ids=str)  # fmt: skip
def test_the_line_that_says_where_the_chain_begins_stays_as_it_is(
    app: Flask, shortened: list[Anchor], change: dict[str, object]
) -> None:
    with app.app_context():
        assert queries.broken(shortened, GONE) is None
        db.session.rollback()
        insider = db.session.connection()
        lift(insider)
        insider.execute(sa.update(entries).where(entries.c.act == REMOVED).values(change))
        assert queries.broken([], GONE) is not None
        db.session.remove()


def test_the_commands(app: Flask, anchors: list[Anchor], tmp_path: Path) -> None:
    runner, file = app.test_cli_runner(), tmp_path / "anchor.txt"
    sealed = runner.invoke(args=["seal-audit", "--anchor", str(file)])
    assert sealed.exit_code == 0, sealed.output
    assert runner.invoke(args=["verify-audit", "--anchor", str(file)]).output.startswith(f"OK: {ENTRIES} von")
    with app.app_context():
        insider = db.session.connection()
        lift(insider)
        expected = cut(random.Random(1), insider, list(insider.scalars(sa.select(entries.c.id))))
        db.session.commit()
        db.session.remove()
    assert runner.invoke(args=["verify-audit"]).exit_code == 0
    checked = runner.invoke(args=["verify-audit", "--anchor", str(file)])
    assert checked.exit_code == 1
    assert f"Eintrag {expected} " in checked.output
    file.write_text(file.read_text()[:-20])
    assert "kein Anker" in runner.invoke(args=["verify-audit", "--anchor", str(file)]).output
