"""Decides what the chain over the trace is, and what is wrong with one.

Every entry gets a link: SHA-256 over the link before it and the entry as it is stored. Every few minutes a seal says up to which
moment all entries are linked; the next link goes on from the seal. So a change, a deletion, a swap and an insertion are found from
the entries and the chain alone. Whoever holds the machine could make a whole new chain, or cut off its end: that is found with an
anchor, the seal of a day with the first letters of all links since the anchor before, kept where they cannot reach it
(security.md LG-5). What is not sealed yet, the last minutes, is protected by nothing but the database's refusal.

Entries are kept for some years. Older ones go at the seal of an anchor, which stays as the new beginning, and a line in the trace itself
says so. It holds the hash that the seal goes on from, so that the seal, and with it its moment, can still be checked when all before it
is gone: a beginning that is younger than the years is a head that somebody cut off.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wording import N_, Reason, Term

SETTLED = dt.timedelta(minutes=5)  # an entry is stored this long after its moment at the latest
ANCHOR_EVERY = dt.timedelta(hours=24)
BEGINNING = ""  # what the first link goes on from
LETTERS = 8  # of a link's hash in an anchor: 32 bits, for each of which a forger would have to find a match
PER_LINE = 5
HEAD = "Kursbuch-Anker"
REMOVED = "trace removed"  # the act of the line that says where the chain begins now


class NoticeKind(Term):
    """What the officer is told."""

    ANCHOR = "anchor", N_("Anker des Protokolls")
    EMERGENCY = "emergency", N_("Notfallzugriff")


class Sort(Term):
    """What kind of line somebody wants to read."""

    SEEN = "seen", N_("Personen gesehen oder ausgegeben")
    CHANGED = "changed", N_("geändert")
    SIGN_IN = "sign_in", N_("an- und abgemeldet")
    REFUSED = "refused", N_("abgewiesen")


class Narrowed(NamedTuple):
    """Which part of the trace: from a moment on, before a moment, and only what fits everything that is said."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    sort: Sort | None = None
    actor_id: int | None = None
    person_id: int | None = None
    record: str | None = None
    device_id: int | None = None
    emergency_id: int | None = None
    session: str | None = None
    programme_id: int | None = None
    address: str | None = None


@dataclass
class SeenPerson:
    """Somebody whose details were read: how often, when first and last, by whom, by which acts in which roles."""

    person_id: int
    first: dt.datetime
    last: dt.datetime
    times: int = 0
    actors: set[int] = field(default_factory=set)
    acts: set[tuple[str, str]] = field(default_factory=set)


class Entry(NamedTuple):
    """An entry of the trace as it is stored."""

    id: int
    at: dt.datetime
    actor_id: int | None
    act: str
    object_id: str | None
    status: int
    rows: int | None
    request_id: str | None
    subject_hash: str | None
    people: str | None
    device_id: int | None
    emergency_id: int | None
    roles: str | None = None
    session: str | None = None
    origin: str | None = None
    programme_id: int | None = None
    claimed_at: dt.datetime | None = None


AT_FIRST = len(Entry._fields) - len(Entry._field_defaults)  # fields of an entry when the first chains were made


class Link(NamedTuple):
    """A link as it is stored, with the entry it stands for; None when that is gone."""

    number: int
    entry_id: int
    hash: str
    entry: Entry | None


class Seal(NamedTuple):
    """A seal as it is stored."""

    number: int
    until: dt.datetime
    links: int
    is_anchor: bool
    hash: str


class Beginning(NamedTuple):
    """Where the chain begins since older entries were removed: with this seal, after so many links, and what its hash is made from."""

    seal: int
    links: int
    before: str

    @property
    def text(self) -> str:
        """As it stands in the line that tells of it, as the record."""
        return f"{self.seal}/{self.links}/{self.before}"


def read_beginning(text: str | None) -> Beginning:
    """The same, read. What cannot be read, because somebody changed it, is no beginning that any seal fits."""
    seal, links, before = [*(text or "").split("/"), "", "", ""][:3]
    numbers = [int(one) if one.isascii() and one.isdigit() else -1 for one in (seal, links)]
    return Beginning(numbers[0], numbers[1], before)


def gone_by(now: dt.datetime, years: int) -> dt.datetime:
    """Up to which moment entries may be gone. Years are long ones, so that nothing goes before its day in the calendar."""
    return now - dt.timedelta(days=366 * years)


def link_hash(before: str, entry: Entry) -> str:
    """The hash of an entry's link. The same on both databases: moments in UTC to the microsecond.

    Fields that were added later are left out from the last one on in which something stands. So links from before they were there
    still hold, and two entries that differ still never have the same text: what is left out is empty.
    """
    stored: list[Any] = [_moment(value) if isinstance(value, dt.datetime) else value for value in entry]
    while len(stored) > AT_FIRST and stored[-1] is None:
        stored.pop()
    return _hash(before, stored)


def seal_hash(before: str, number: int, until: dt.datetime, links: int, *, is_anchor: bool) -> str:
    """The hash of a seal."""
    return _hash(before, ["seal", number, _moment(until), links, is_anchor])


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _hash(before: str, said: Sequence[Any]) -> str:
    text = json.dumps(said, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode("ascii")).hexdigest()


@dataclass(frozen=True)
class Anchor:
    """A seal as it left the house, with each link since the anchor before it: the entry and the first letters of the hash."""

    seal: int
    until: str
    hash: str
    first: int
    marks: tuple[tuple[int, str], ...]

    @property
    def text(self) -> str:
        """As it is mailed and kept: readable, and small enough to be printed."""
        words = [f"{entry_id}:{letters}" for entry_id, letters in self.marks]
        lines = [" ".join(words[at : at + PER_LINE]) for at in range(0, len(words), PER_LINE)]
        return "\n".join([f"{HEAD} {self.seal} {self.until} {self.hash} {self.first} {len(words)}", *lines, ""])


def anchor_of(seal: Seal, first: int, links: Iterable[tuple[int, str]]) -> Anchor:
    """The anchor at a seal: `links` since the anchor before it, as (entry, hash), the first of them with this number."""
    marks = tuple((number, digest[:LETTERS]) for number, digest in links)
    return Anchor(seal.number, _moment(seal.until), seal.hash, first, marks)


def read_anchors(text: str) -> list[Anchor]:
    """The anchors in a file, which may hold several. Raises ValueError where it is none, or not all of one."""
    parts = text.split(HEAD)
    if parts[0].strip() or len(parts) < 2:
        raise ValueError("no anchor")
    found = []
    for part in parts[1:]:
        number, until, digest, first, count, *words = part.split()
        marks = tuple((int(entry_id), letters) for entry_id, _, letters in (word.partition(":") for word in words))
        if len(marks) != int(count):
            raise ValueError("a part of an anchor")
        found.append(Anchor(int(number), until, digest, int(first), marks))
    return found


@dataclass(frozen=True)
class Broken:
    """The first entry that is not as it was, and what is wrong. `entry_id` is None where only its place in the chain is known."""

    entry_id: int | None
    link: int | None
    what: Reason


MISSING = N_("Der Eintrag fehlt.")
CHANGED = N_("Der Eintrag ist nicht mehr der, der er war.")
INSERTED = N_("Der Eintrag ist nachträglich eingefügt.")
ANOTHER_CHAIN = N_("Die Kette ist von hier an neu gerechnet: Der Anker kennt eine andere.")
CUT = N_("Hier ist die Kette abgeschnitten, der Anker geht weiter.")
BROKEN_CHAIN = N_("Die Kette ist hier unterbrochen.")
BROKEN_SEAL = N_("Das Siegel danach stimmt nicht.")
HEAD_CUT = N_("Davor fehlt mehr, als nach Ablauf der Frist gelöscht wurde.")
TOO_EARLY = N_("Ab hier wurde gelöscht, bevor die Frist um war.")


def first_broken(
    seals: Iterable[Seal],
    links: Iterator[Link],
    anchors: Iterable[Anchor],
    beginning: Beginning | None,
    gone: dt.datetime,
) -> Broken | None:
    """Follow the whole chain. None: it is whole, and neither shorter nor another one than the anchors say.

    `beginning` is where it says itself that it begins, None: with the first entry there was; nothing may be missing that is younger
    than `gone`.
    """
    anchors, seals = list(anchors), iter(seals)
    marks = {number: mark for one in anchors for number, mark in enumerate(one.marks, start=one.first)}
    known = {one.seal: one.hash for one in anchors}
    last, count, seal_count = BEGINNING, 0, 0
    if beginning is not None:
        start = next(seals, None)
        broken = _broken_beginning(beginning, start, anchors, gone)
        if start is None or broken:
            return broken
        last, count, seal_count = start.hash, start.links, start.number
    for seal in seals:
        seal_count += 1
        while count < seal.links:
            count += 1
            link = next(links, None)
            broken = _broken_link(last, count, link, marks.get(count))
            if link is None or broken:
                return broken
            last = link.hash
        own = seal_hash(last, seal.number, seal.until, seal.links, is_anchor=seal.is_anchor)
        if (seal.number, seal.links, seal.hash) != (seal_count, count, own):
            return Broken(None, count, Reason(BROKEN_SEAL))
        if known.get(seal.number, seal.hash) != seal.hash:  # all links so far are right, so the next are missing
            return _cut(count, marks)
        last = seal.hash
    beyond = next(links, None)
    if beyond is not None:
        return Broken(beyond.entry_id, beyond.number, Reason(BROKEN_CHAIN))
    if any(number > seal_count for number in known):
        return _cut(count, marks)
    return None


def _broken_beginning(
    said: Beginning, start: Seal | None, anchors: Iterable[Anchor], gone: dt.datetime
) -> Broken | None:
    """What is wrong with the seal with which the chain begins: it is another one, or what was before it had to stay."""
    marks = {number: mark for one in anchors for number, mark in enumerate(one.marks, start=one.first)}
    if start is None or start.number != said.seal:
        return Broken(marks.get(said.links + 1, (None, ""))[0], said.links + 1, Reason(HEAD_CUT))
    own = seal_hash(said.before, start.number, start.until, start.links, is_anchor=start.is_anchor)
    if (said.links, own) != (start.links, start.hash) or start.until > gone:
        early = (one.first for one in anchors if one.until > _moment(gone) and one.first <= start.links)
        link = min(early, default=start.links)
        return Broken(marks.get(link, (None, ""))[0], link, Reason(TOO_EARLY))
    for one in anchors:
        ends = one.first + len(one.marks) - 1
        if one.seal > start.number or (one.until <= _moment(start.until) and ends <= start.links):
            continue
        return Broken(one.marks[0][0] if one.marks else None, one.first, Reason(ANOTHER_CHAIN))
    if any(one.seal == start.number and one.hash != start.hash for one in anchors):
        return Broken(None, start.links, Reason(ANOTHER_CHAIN))
    return None


def _cut(count: int, marks: Mapping[int, tuple[int, str]]) -> Broken:
    following = marks.get(count + 1)
    return Broken(following[0] if following else None, count + 1, Reason(CUT))


def _broken_link(last: str, number: int, link: Link | None, mark: tuple[int, str] | None) -> Broken | None:
    if link is None or link.number != number:
        return Broken(mark[0] if mark else None, number, Reason(BROKEN_CHAIN))
    if link.entry is None:
        return Broken(link.entry_id, number, Reason(MISSING))
    if link.hash != link_hash(last, link.entry):
        return Broken(link.entry_id, number, Reason(CHANGED))
    if mark is not None and mark != (link.entry_id, link.hash[:LETTERS]):
        return Broken(mark[0], number, Reason(ANOTHER_CHAIN))
    return None
