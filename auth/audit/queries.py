"""Reads the chain over the trace, and the trace for who looks after people's data: who saw what between … and …."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

import clock
from auth import trace
from auth.audit.models import TraceLink, TraceSeal
from auth.audit.rules import (
    BEGINNING,
    INSERTED,
    REMOVED,
    Anchor,
    Beginning,
    Broken,
    Entry,
    Link,
    Narrowed,
    Seal,
    SeenPerson,
    Sort,
    anchor_of,
    first_broken,
    read_beginning,
)
from auth.models import TraceEntry
from auth.rules import Role
from database import db
from wording import Reason

AT_ONCE = 1_000  # rows that are in memory while the whole trace is read
STORED = [getattr(TraceEntry, name) for name in Entry._fields]
SEALS = sa.select(*(getattr(TraceSeal, name) for name in Seal._fields))


def last_seal() -> Seal | None:
    """The newest seal."""
    row = db.session.execute(SEALS.order_by(TraceSeal.number.desc()).limit(1)).first()
    return Seal(*row) if row else None


def last_anchor(before: int | None = None) -> Seal | None:
    """The newest seal that is an anchor; before seal `before` if given."""
    query = SEALS.where(TraceSeal.is_anchor).order_by(TraceSeal.number.desc()).limit(1)
    row = db.session.execute(query if before is None else query.where(TraceSeal.number < before)).first()
    return Seal(*row) if row else None


def unsealed(since: dt.datetime | None, until: dt.datetime) -> Iterator[Entry]:
    """The entries after the last seal up to a moment, in the order in which they are linked."""
    query = sa.select(*STORED).where(TraceEntry.at <= until).order_by(TraceEntry.at, TraceEntry.id)
    rows = db.session.execute(query if since is None else query.where(TraceEntry.at > since))
    return (Entry(*row) for row in rows)


def moment_of(place: int, since: dt.datetime | None) -> dt.datetime | None:
    """The moment of the entry at this place after the last seal; None where there are fewer."""
    query = sa.select(TraceEntry.at).order_by(TraceEntry.at).offset(place).limit(1)
    return db.session.scalar(query if since is None else query.where(TraceEntry.at > since))


def anchor(seal: Seal) -> Anchor:
    """The anchor at this seal, with the links since the anchor before it."""
    earlier = last_anchor(before=seal.number)
    return _anchor(seal, earlier.links if earlier else 0)


def whole_anchor() -> Anchor | None:
    """An anchor at the newest seal with all links there are: to be taken away by hand."""
    seal, begun = last_seal(), beginning()
    return _anchor(seal, begun.links if begun else 0) if seal else None


def _anchor(seal: Seal, after: int) -> Anchor:
    rows = db.session.execute(
        sa.select(TraceLink.entry_id, TraceLink.hash)
        .where(TraceLink.number > after, TraceLink.number <= seal.links)
        .order_by(TraceLink.number)
    )
    return anchor_of(seal, after + 1, ((row[0], row[1]) for row in rows))


def beginning() -> Beginning | None:
    """Where the chain begins, as the trace itself says; None: with the first entry there was."""
    query = sa.select(TraceEntry.object_id).where(TraceEntry.act == REMOVED)
    row = db.session.execute(query.order_by(TraceEntry.at.desc(), TraceEntry.id.desc()).limit(1)).first()
    return read_beginning(row[0]) if row else None


def next_beginning(gone: dt.datetime, most: int | None = None) -> Seal | None:
    """The anchor with which the chain could begin when what is older than this moment goes; if given, not more than `most` entries at
    once, or else one day. None: nothing is so old."""
    begun = beginning()
    past = SEALS.where(TraceSeal.is_anchor, TraceSeal.until <= gone, TraceSeal.number > (begun.seal if begun else 0))
    last = past.order_by(TraceSeal.number.desc())
    within = last if most is None else last.where(TraceSeal.links <= (begun.links if begun else 0) + most)
    for query in (within, past.order_by(TraceSeal.number)):
        row = db.session.execute(query.limit(1)).first()
        if row:
            return Seal(*row)
    return None


def before(seal: Seal) -> str:
    """The hash that a seal goes on from: that of the last link since the seal before it, or else of that seal."""
    earlier = db.session.execute(SEALS.where(TraceSeal.number == seal.number - 1)).first()
    if earlier and Seal(*earlier).links == seal.links:
        return Seal(*earlier).hash
    return db.session.scalar(sa.select(TraceLink.hash).where(TraceLink.number == seal.links)) or BEGINNING


def broken(anchors: Iterable[Anchor], gone: dt.datetime, last: Seal | None = None) -> Broken | None:
    """The first entry that is not as it was when it was sealed; None: all are. With `last` of what was sealed up to there only.

    Nothing may be missing at the beginning that is younger than `gone`.
    """
    seals = SEALS.order_by(TraceSeal.number)
    query = (
        sa.select(TraceLink.number, TraceLink.entry_id, TraceLink.hash, *STORED)
        .outerjoin(TraceEntry, TraceEntry.id == TraceLink.entry_id)
        .order_by(TraceLink.number)
        .execution_options(yield_per=AT_ONCE)
    )
    if last is not None:
        seals, query = seals.where(TraceSeal.number <= last.number), query.where(TraceLink.number <= last.links)
    told = (Seal(*row) for row in db.session.execute(seals))
    with db.session.execute(query) as links:  # not read to its end when something is wrong
        found = first_broken(told, (_link(row) for row in links), anchors, beginning(), gone)
    return found if found or last else _inserted()


def _link(row: sa.Row[*tuple[object, ...]]) -> Link:
    number, entry_id, digest, *stored = row
    return Link(number, entry_id, digest, Entry(*stored) if stored[0] is not None else None)  # type: ignore[arg-type]


def _inserted() -> Broken | None:
    """The first entry that says it is older than the last seal and has no link."""
    until = sa.select(sa.func.max(TraceSeal.until)).scalar_subquery()
    found = db.session.scalar(
        sa.select(TraceEntry.id)
        .outerjoin(TraceLink, TraceLink.entry_id == TraceEntry.id)
        .where(TraceLink.number.is_(None), TraceEntry.at <= until)
        .order_by(TraceEntry.at, TraceEntry.id)
        .limit(1)
    )
    return None if found is None else Broken(found, None, Reason(INSERTED))


def extent() -> tuple[int, int, int]:
    """How many entries there are, how many of them are linked, and how many seals."""
    count = sa.func.count
    row = db.session.execute(
        sa.select(
            sa.select(count()).select_from(TraceEntry).scalar_subquery(),
            sa.select(count()).select_from(TraceLink).scalar_subquery(),
            sa.select(count()).select_from(TraceSeal).scalar_subquery(),
        )
    ).one()
    return row[0], row[1], row[2]


def _fits(asked: Narrowed) -> list[sa.ColumnElement[bool]]:
    """The conditions of a question about the trace."""
    is_sign_in, is_refused = TraceEntry.act.startswith("sign-"), TraceEntry.status >= 400
    shows = TraceEntry.rows.is_not(None)
    sorts = {
        Sort.SEEN: [shows, ~is_refused],
        Sort.CHANGED: [~shows, ~is_refused, ~is_sign_in, ~TraceEntry.act.startswith("GET ")],
        Sort.SIGN_IN: [is_sign_in],
        Sort.REFUSED: [is_refused],
    }
    conditions = list(sorts[asked.sort]) if asked.sort else []
    if asked.since is not None:
        conditions.append(TraceEntry.at >= asked.since)
    if asked.until is not None:
        conditions.append(TraceEntry.at < asked.until)
    if asked.person_id is not None:
        conditions.append(TraceEntry.people.contains(f",{asked.person_id},"))
    equal = {
        TraceEntry.actor_id: asked.actor_id, TraceEntry.object_id: asked.record, TraceEntry.device_id: asked.device_id,
        TraceEntry.emergency_id: asked.emergency_id, TraceEntry.session: asked.session,
        TraceEntry.programme_id: asked.programme_id,
    }  # fmt: skip
    if asked.address is not None:
        conditions.append(TraceEntry.origin.in_(_networks(asked)))
    return conditions + [column == value for column, value in equal.items() if value is not None]


def _networks(asked: Narrowed) -> list[str]:
    """How the network of an address was called on each day that is asked for."""
    ends = [db.session.scalar(sa.select(end(TraceEntry.at))) for end in (sa.func.min, sa.func.max)]
    days = [moment.astimezone(clock.BERLIN).date() for moment in ends if moment is not None]
    if not days:
        return []
    first, last = days
    first = max(first, asked.since.astimezone(clock.BERLIN).date()) if asked.since else first
    last = min(last, asked.until.astimezone(clock.BERLIN).date()) if asked.until else last
    return [
        trace.network(asked.address, first + dt.timedelta(days=number)) for number in range((last - first).days + 1)
    ]


def count(asked: Narrowed) -> int:
    """How many lines fit."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(TraceEntry).where(*_fits(asked))) or 0


def page(asked: Narrowed, number: int, size: int) -> Sequence[TraceEntry]:
    """One page of the lines that fit, newest first."""
    query = sa.select(TraceEntry).where(*_fits(asked)).order_by(TraceEntry.at.desc(), TraceEntry.id.desc())
    return db.session.scalars(query.limit(size).offset((number - 1) * size)).all()


def every_line(asked: Narrowed) -> Iterator[Entry]:
    """All lines that fit, oldest first, a few at a time."""
    query = sa.select(*STORED).where(*_fits(asked)).order_by(TraceEntry.at, TraceEntry.id)
    rows = db.session.execute(query.execution_options(yield_per=AT_ONCE))
    return (Entry(*row) for row in rows)


def people_seen(asked: Narrowed) -> list[SeenPerson]:
    """Everybody whose details were read in the lines that fit, by number. One query."""
    found: dict[int, SeenPerson] = {}
    query = sa.select(TraceEntry.at, TraceEntry.actor_id, TraceEntry.act, TraceEntry.roles, TraceEntry.people)
    query = query.where(*_fits(asked), TraceEntry.people.is_not(None)).order_by(TraceEntry.at, TraceEntry.id)
    for at, actor_id, act, roles, people in db.session.execute(query.execution_options(yield_per=AT_ONCE)):
        for number in people_in(people):
            if asked.person_id in {None, number}:
                one = found.setdefault(number, SeenPerson(number, at, at))
                one.last, one.times = at, one.times + 1
                one.actors |= {actor_id} if actor_id is not None else set()
                one.acts.add((act, roles or ""))
    return [found[number] for number in sorted(found)]


def people_in(people: str | None) -> list[int]:
    """The numbers of those whom a line shows."""
    return [int(number) for number in (people or "").split(",") if number]


def roles_in(roles: str | None) -> list[Role]:
    """The roles in which somebody acted."""
    return [Role(role) for role in (roles or "").split(",") if role]


def newest_anchors(most: int) -> Sequence[Seal]:
    """The last anchors, newest first."""
    query = SEALS.where(TraceSeal.is_anchor).order_by(TraceSeal.number.desc()).limit(most)
    return [Seal(*row) for row in db.session.execute(query)]


def seal_by_number(number: int) -> Seal:
    """One seal. Raises NoResultFound."""
    return Seal(*db.session.execute(SEALS.where(TraceSeal.number == number)).one())
