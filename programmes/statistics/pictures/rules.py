"""Decides which ways through the programmes are followed, and what a report may say of which period."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from programmes.enrolment.rules import Outcome
from programmes.statistics.rules import MEASURES, RATES
from wording import N_


@dataclass(frozen=True)
class Stage:
    """A step of a way: a place in one of these programmes of the report (by key, with what runs below them), in any group
    for families, or one of these outcomes of the place before."""

    label: str
    programmes: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    is_of_families: bool = False


@dataclass(frozen=True)
class Pathway:
    """A way that people are hoped to go, step by step."""

    key: str
    title: str
    stages: tuple[Stage, ...]


FURTHER = (
    Outcome.WORK, Outcome.VOCATIONAL_TRAINING, Outcome.RETRAINING, Outcome.FURTHER_TRAINING,
)  # fmt: skip
# Report of 2004: mothers of the groups become guides (3.3.3); orientation comes before company and language (3.3.1).
PATHWAYS = (
    Pathway(
        "guides", N_("Von der Mutter-Kind-Gruppe zur Integrationslotsin"),
        (
            Stage(N_("in einer Mutter-Kind-Gruppe"), is_of_families=True),
            Stage(N_("danach im Kurs der Integrationslotsinnen"), ("P03",)),
        ),
    ),
    Pathway(
        "modules", N_("Von Baustein 1 über Baustein 2 in Arbeit oder Ausbildung"),
        (
            Stage(N_("in Baustein 1, Soziale Orientierung"), ("P01a",)),
            Stage(N_("danach in Baustein 2, Begleitung und Sprachkurs"), ("P01b",)),
            Stage(N_("danach in Arbeit, Ausbildung oder Weiterbildung"), outcomes=FURTHER),
        ),
    ),
)  # fmt: skip
HOW_RATES_COUNT = N_(
    "Gezählt sind Belegungen, denen in abgeschlossenen Terminen des Zeitraums Minuten angeboten wurden, jede mit ihrer eigenen "
    "Besuchsquote."
)
HOW_PATHWAYS_COUNT = N_(
    "Verschiedene angemeldete Personen. Erster Schritt: mit mindestens einem Termin im Zeitraum. Nächster Schritt: davon alle, "
    "die nach ihrem Einstieg einen Platz hatten, der bis zum Stichtag begann. Gezählt wird nur im eigenen Bereich; Filter gelten für "
    "den ersten Schritt."
)


def is_whole_years(first: dt.date, last: dt.date) -> bool:
    """What people are is told of whole programme-years only (domain.md E4, 4); the programmes' year is the calendar's."""
    return (first.month, first.day) == (1, 1) and (last.month, last.day) == (12, 31)


def version_of_definitions() -> str:
    """Changes with every word of a definition, so that two reports can be compared only where it is the same."""
    said = "\n".join(f"{measure.key} {measure.definition}" for measure in (*MEASURES, *RATES))
    return hashlib.sha256(f"{said}\n{PATHWAYS}{HOW_PATHWAYS_COUNT}".encode()).hexdigest()[:6].upper()
