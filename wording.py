"""What the software says, where Flask is not known: terms, reasons and texts marked for translation.

The German text is the key of its translation; `make translations` collects what stands inside `N_` and `Reason`.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Self


def N_(text: str) -> str:
    """Mark a German text for translation and return it unchanged; the page translates it when it prints it."""
    return text


def P_(text: str) -> str:
    """Mark a German text that participants read in a language of their own, on papers and public pages; returned unchanged.

    Its translations stand in the catalogues `people.po`; `translations.for_people(language)` says it.
    """
    return text


def texts_of(
    file: IO[bytes], keywords: Iterable[str], *asked: object, **options: object
) -> Iterator[tuple[int, None, str, list[str]]]:
    """What people read of a JSON file of ours, for `make translations`: every `title`, at whatever depth."""

    def titles(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (text for key, text in value.items() if key == "title" and isinstance(text, str))
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from titles(part)

    if N_.__name__ in keywords:  # the pages of the office say them, not the papers
        yield from ((1, None, text, []) for text in titles(json.load(file)))


class Term(enum.StrEnum):
    """A closed list of values, each stored as its English identifier and shown by its German name (`label`)."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


@dataclass(frozen=True)
class Reason:
    """Why something cannot be done, or what speaks for it: a German sentence with `{}` fields and their values.

    Rules answer with lists of reasons: an empty list is a yes. `field` names the form field that the reason belongs to.
    """

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    field: str | None = None

    def __init__(self, text: str, /, *, field: str | None = None, **values: Any) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "field", field)

    def __str__(self) -> str:
        named = {key: value.label if isinstance(value, Term) else value for key, value in self.values.items()}
        return self.text.format(**named)


class Refused(Exception):
    """An action that its rules refuse; carries the reasons. Answered 409 where no form shows it."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("; ".join(str(reason) for reason in reasons))
        self.reasons = list(reasons)
