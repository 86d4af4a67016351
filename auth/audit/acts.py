"""What the officer reads where a line of the trace names an act as the code does: a table (programmes/acts.py), handed in at the start.

An act is either a method and a door, noted by itself, or words that a view chose; words may end in what they were done with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask import Flask, current_app
from flask_babel import gettext

from database import SAFE_METHODS
from wording import N_

OPENED, SENT = N_("{act} (geöffnet)"), N_("{act} (abgeschickt)")  # of a door that does both
NAMES = "names_of_acts"  # in the application's extensions


class Names(NamedTuple):
    """What doors are called, what acts that views note in words of their own, and at which door those show people."""

    doors: Mapping[str, str]
    words: Mapping[str, str]
    door_of: Mapping[str, str]


def name_acts(app: Flask, names: Names) -> None:
    """Hand in the table."""
    app.extensions[NAMES] = names


def words_of(act: str, names: Names) -> str | None:
    """The words by which the table knows an act that a view noted: all of it, or the longest beginning. None: it is a door's."""
    fitting = [words for words in names.words if act == words or act.startswith((f"{words} ", f"{words}:"))]
    return max(fitting, key=len, default=None)


def door_of(act: str) -> str:
    """The door at which an act happened; that of words which show nobody may be missing."""
    names: Names = current_app.extensions[NAMES]
    words = words_of(act, names)
    return names.door_of.get(words or "", act.rpartition(" ")[2])


def name_of(act: str) -> str:
    """What an act is called, in the language of whoever reads it; one that is no more is called as it was written."""
    names: Names = current_app.extensions[NAMES]
    words = words_of(act, names)
    if words is not None:
        return gettext(names.words[words])
    method, _, endpoint = act.partition(" ")
    if endpoint not in names.doors:
        return act
    name = gettext(names.doors[endpoint])
    methods = {method for rule in current_app.url_map.iter_rules(endpoint) for method in rule.methods or ()}
    if "POST" not in methods or not methods & SAFE_METHODS - {"OPTIONS"}:
        return name
    return gettext(OPENED if method in SAFE_METHODS else SENT).format(act=name)
