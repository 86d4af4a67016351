"""Which erasures there were, outside the database: a restored backup does not know those that came after it.

One line for each, in the instance folder, in the order in which they happened. Lines hold numbers and days, nothing else.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "erasures.jsonl"


@dataclass(frozen=True)
class Erased:
    """That the person with this number is erased since an instant: at once nameless, and for good from `due_on` on. `given_up` names
    what was taken away besides, because too few people were alike; `notes` which notes were emptied."""

    person_id: int
    at: dt.datetime
    due_on: dt.date | None
    given_up: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def note(folder: Path, person_id: int, at: dt.datetime, due_on: dt.date | None, **besides: Collection[str]) -> None:
    """Put an erasure on record, on the disk before it is in the database. The same one again changes nothing; `besides` are
    fields of `Erased`."""
    line: dict[str, Any] = {"person": person_id, "at": at.isoformat(), "due": due_on and due_on.isoformat()}
    _append(folder, line | {name: [*told] for name, told in besides.items() if told})


def note_account(folder: Path, user_id: int, at: dt.datetime) -> None:
    """Put on record that a member of staff is nameless for good."""
    _append(folder, {"account": user_id, "at": at.isoformat()})


def strike(folder: Path, person_id: int, at: dt.datetime) -> None:
    """An erasure was undone."""
    _append(folder, {"person": person_id, "at": at.isoformat(), "undone": True})


def erased(folder: Path) -> list[Erased]:
    """Who is erased and was not brought back, the last word about each."""
    path = folder / NAME
    if not path.exists():
        return []
    found: dict[int, Erased] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        line = _read(text)
        earlier = found.pop(line.get("person", 0), None)
        if "person" in line and "undone" not in line:
            due = line["due"]
            found[line["person"]] = Erased(
                line["person"], dt.datetime.fromisoformat(line["at"]), due and dt.date.fromisoformat(due),
                *(tuple(line.get(name, getattr(earlier, name, ()))) for name in ("given_up", "notes")),
            )  # fmt: skip
    return list(found.values())


def accounts(folder: Path) -> dict[int, dt.datetime]:
    """Which accounts are nameless for good, and since when."""
    path = folder / NAME
    lines = map(_read, path.read_text(encoding="utf-8").splitlines() if path.exists() else ())
    return {line["account"]: dt.datetime.fromisoformat(line["at"]) for line in lines if "account" in line}


def _read(text: str) -> dict[str, Any]:
    """A line; nothing of one that was cut off when the machine stopped: its erasure was not done either, and is done again."""
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _append(folder: Path, line: dict[str, object]) -> None:
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write("\n" * _is_cut_off(folder / NAME) + json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _is_cut_off(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"
