"""Seals the trace."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from auth.audit import queries
from auth.audit.models import Notice, TraceLink, TraceSeal
from auth.audit.rules import ANCHOR_EVERY, BEGINNING, SETTLED, NoticeKind, link_hash, seal_hash
from database import db

TRY_AGAIN = dt.timedelta(minutes=10)  # after a letter that was not taken
WORTH_TELLING = dt.timedelta(days=7)
AT_ONCE = 2_000  # entries of one seal: nobody waits long for the only write lock that SQLite has


def seal(now: dt.datetime) -> bool:
    """Link what is stored and settled since the last seal, and seal it. True: there is more to do.

    Two at once cannot both: numbers are keys, so the second fails as a whole and finds the work done. Whoever writes to the trace
    never waits for more than one such step.
    """
    last = queries.last_seal()
    settled = now - SETTLED
    if last is not None and settled <= last.until:
        return False
    since = last.until if last else None
    full = queries.moment_of(AT_ONCE - 1, since)
    until = settled if full is None or full >= settled else full
    before, number = (last.hash, last.links) if last else (BEGINNING, 0)
    made = []
    for entry in queries.unsealed(since, until):
        number += 1
        before = link_hash(before, entry)
        made.append({"number": number, "entry_id": entry.id, "hash": before})
    if made:
        db.session.execute(sa.insert(TraceLink), made)
    _seal(last.number + 1 if last else 1, before, until, number, settled)
    return until < settled


def _seal(number: int, before: str, until: dt.datetime, links: int, settled: dt.datetime) -> None:
    anchored = queries.last_anchor()
    is_anchor = until == settled and (anchored is None or until - anchored.until >= ANCHOR_EVERY)
    digest = seal_hash(before, number, until, links, is_anchor=is_anchor)
    db.session.add(TraceSeal(number=number, until=until, links=links, is_anchor=is_anchor, hash=digest))
    if is_anchor:
        tell(NoticeKind.ANCHOR, number, settled + SETTLED)
    db.session.flush()


def claim(now: dt.datetime) -> Notice | None:
    """The oldest notice that nobody is just telling, claimed; None: there is nothing to tell now. What could not be told for a week
    is old by now: an office that gets its mail server today is not told of a year."""
    free = sa.or_(Notice.tried_at.is_(None), Notice.tried_at <= now - TRY_AGAIN)
    waits = sa.and_(Notice.told_at.is_(None), Notice.made_at > now - WORTH_TELLING, free)
    oldest = sa.select(Notice.id).where(waits).order_by(Notice.id).limit(1).scalar_subquery()
    claimed = sa.update(Notice).where(Notice.id == oldest, free).values(tried_at=now).returning(Notice)
    return db.session.scalar(claimed.execution_options(populate_existing=True))


def tell(kind: NoticeKind, about: int, now: dt.datetime) -> None:
    """Have the officer told, once whoever asks for it has stored what it is about."""
    db.session.add(Notice(kind=kind, about=about, made_at=now))
    db.session.flush()
