"""What a certificate says: plain values, frozen at its issue, kept as JSON.

Fields follow domain.md E2 (Teilnahmebescheinigung, -bestätigung) and E3 (Zertifikat Integrationslotsin). Never among them:
nationality, residence, reasons of absence, a percentage.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, Self

from paper import fonts
from translations import LANGUAGES

Kind = Literal[
    "participation", "confirmation", "qualification", "module", "training", "days", "employer", "keepsake"
]  # fmt: skip
CountBy = Literal["minutes", "meetings"]


class ModuleFacts(NamedTuple):
    """One module of the programme as this person attended it, in minutes."""

    title: str
    offered_minutes: int
    attended_minutes: int
    mandatory: bool
    fulfilled: bool


class PersonFacts(NamedTuple):
    """Someone who leads (`role`: the qualification, may be None) or who signs (`role`: the function)."""

    name: str
    role: str | None = None


class LogoFacts(NamedTuple):
    """A picture in the letterhead: which, and what is read out instead of it."""

    sha256: str
    alternative: str


class DayFacts(NamedTuple):
    """A day on which the person was there: from when to when ("09:00"), and for how many minutes of the offer."""

    date: date
    begins: str
    ends: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """Everything a certificate says, frozen at its issue; plain values, so that it can be stored as JSON.

    Lists may be given as any sequence, people and modules as plain tuples; they are kept as tuples.
    Minutes are net minutes, `attended_minutes` with those made up; units are derived (`unit_minutes` is 45 or 60). `verification_code` is given without
    grouping. `issued_at` must be aware of its time zone. `name` is the spelling of the passport, `native_name` the same
    name in another script; leave it out where `missing_glyphs` says that no font draws it. `native_first` makes it the main
    line; `native_language` ("ja", "zh-TW") chooses among the forms of its characters.

    `sentence` and `small_print` stand in place of the usual words. `second_language` (a key of translations.LANGUAGES) says
    everything a second time beside the German. `logos` are the SHA-256 of an image and what is read out instead of it.
    `copy_of` is the number of the original, `replaces_number` of the paper this one replaces. `days` are date, begin,
    end ("09:00") and minutes attended; `recognition` is the number under which an educational leave was recognised
    (HBUG). `child` is the first name on a keepsake.
    """

    kind: Kind
    title: str
    number: str
    verification_code: str
    verify_url: str
    name: str
    course_title: str
    course_number: str
    course_kind: str
    programme_title: str
    place: str
    venue: str
    starts_on: date
    ends_on: date
    unit_minutes: int
    attended_minutes: int
    offered_minutes: int
    meetings_attended: int
    meetings_held: int
    provider: str
    issued_on: date
    issued_at: datetime
    issued_place: str
    signatories: Sequence[tuple[str, str | None]]
    count_by: CountBy = "minutes"
    native_name: str | None = None
    birth_date: date | None = None
    birth_name: str | None = None
    child_names: Sequence[str] = ()
    language_of_instruction: str | None = None
    topics: Sequence[str] = ()
    modules: Sequence[tuple[str, int, int, bool, bool]] = ()
    competencies: Sequence[str] = ()
    rules: Sequence[str] = ()
    leaders: Sequence[tuple[str, str | None]] = ()
    funder_line: str | None = None
    replaces_number: str | None = None
    demo: bool = False
    made_up_minutes: int = 0  # part of the attended
    sentence: str | None = None
    small_print: str | None = None
    landscape: bool = False
    second_language: str | None = None
    native_first: bool = False
    native_language: str | None = None
    logos: Sequence[tuple[str, str]] = ()
    copy_of: str | None = None
    days: Sequence[tuple[date, str, str, int]] = ()
    recognition: str | None = None
    child: str | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if self.unit_minutes not in (45, 60):
            raise ValueError("a unit has 45 or 60 minutes")
        if not 1 <= len(self.signatories) <= 2:
            raise ValueError("one or two people sign")
        for name in ("child_names", "topics", "competencies", "rules"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("leaders", "signatories"):
            object.__setattr__(self, name, tuple(PersonFacts(*person) for person in getattr(self, name)))
        if self.second_language and self.second_language not in LANGUAGES:
            raise ValueError(f"nobody says a paper in {self.second_language}")
        object.__setattr__(self, "logos", tuple(LogoFacts(*logo) for logo in self.logos))
        object.__setattr__(self, "days", tuple(DayFacts(*entry) for entry in self.days))
        object.__setattr__(self, "modules", tuple(ModuleFacts(*module) for module in self.modules))

    def to_json(self) -> str:
        """The facts as JSON text with sorted keys; `from_json` gives equal facts back."""
        return json.dumps(asdict(self), default=lambda moment: moment.isoformat(), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Facts from `to_json`. Raises TypeError or KeyError where the text is not such facts."""
        found: dict[str, Any] = json.loads(text)
        for name in ("starts_on", "ends_on", "issued_on", "birth_date", "valid_until"):
            if found.get(name):
                found[name] = date.fromisoformat(found[name])
        found["days"] = [(date.fromisoformat(day), *rest) for day, *rest in found.get("days", ())]
        found["issued_at"] = datetime.fromisoformat(found["issued_at"])
        return cls(**found)


def missing_glyphs(facts: CertificateFacts) -> dict[str, list[str]]:
    """Which fields hold letters that no font draws: field name -> letters. Empty: `render` will not refuse.

    Raises ValueError for text that cannot stand on paper at all (NUL and other control characters).
    """
    values = {entry.name: " ".join(_texts(getattr(facts, entry.name))) for entry in fields(facts)}
    return {name: missing for name, value in values.items() if (missing := fonts.missing_glyphs(value))}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)
