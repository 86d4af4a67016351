"""Long-term series as schools and offices could have told them. Every figure is made up, and says so."""

from __future__ import annotations

import random

from demo import clockwork
from demo.office import Office
from programmes.statistics.series.models import Series, SeriesValue
from programmes.statistics.series.rules import Rhythm, SeriesKind, Unit

SOURCE = "Demo: erfundene Zahlen, keine Meldung"
YEARS = 7
# About how many children start school there in a year.
CHILDREN = {
    "Dietzenbach": 390, "Dreieich": 420, "Egelsbach": 110, "Hainburg": 130, "Heusenstamm": 180, "Langen (Hessen)": 380, "Mainhausen": 90,
    "Mühlheim am Main": 270, "Neu-Isenburg": 370, "Obertshausen": 240, "Rodgau": 440, "Rödermark": 270, "Seligenstadt": 200,
}  # fmt: skip
SILENT = {("Mainhausen", 0), ("Egelsbach", 1), ("Heusenstamm", 0), ("Mainhausen", 1), ("Obertshausen", 4)}  # years ago
CORRECTED = ("Dreieich", 0)
DEPARTMENTS = {"Jugend und Soziales": 140, "Gesundheit": 60, "Ausländerwesen": 35, "Personal und Organisation": 48}


def build(office: Office) -> None:
    """Deferrals of school entry, the same assessment in three versions, and trainings by department."""
    rng = random.Random(750)  # the same figures in every demo office
    last = office.today.year - 1
    deferrals = _series(
        office, "RS-SPRACHE", "Zurückgestellt wegen Sprache", SeriesKind.DEFERRAL,
        "Kinder, die allein wegen ihrer Sprache zurückgestellt wurden, von allen schulpflichtigen Kindern. Erfunden für die Vorführung.",
    )  # fmt: skip
    for ago in range(YEARS):
        share = 0.035 + 0.003 * ago
        for town, children in CHILDREN.items():
            if (town, ago) not in SILENT:
                of_all = round(children * rng.uniform(0.93, 1.07))
                cases = round(of_all * rng.uniform(share * 0.4, share * 1.6))
                why = None
                if (town, ago) == CORRECTED:
                    wrong = _told(office, deferrals, town, last - ago, cases + 12, of_all + 95)
                    wrong.replaced_at, why = wrong.entered_at, "Eine Schule war zweimal gezählt."
                _told(office, deferrals, town, last - ago, cases, of_all, reason=why)
    # The third version begins with the next school year: nothing is told of it yet.
    for version, years, part in (
        ("Fassung 1", range(5, YEARS), 0.31),
        ("Fassung 2", range(5), 0.26),
        ("Fassung 3", range(0), 0),
    ):
        assessed = _series(
            office, f"SPRACHE-{version[-1]}", f"Mit Bedarf an Sprachförderung, {version}", SeriesKind.ASSESSMENT,
            "Kinder, bei denen Bedarf festgestellt wurde, von allen untersuchten. Erfunden für die Vorführung.",
            instrument="Musterverfahren", version=version, assessed_language="Deutsch", ages="4;0 bis 4;6 Jahre",
        )  # fmt: skip
        for ago in years:
            for town in ("Dietzenbach", "Dreieich", "Langen (Hessen)", "Neu-Isenburg", "Rodgau"):
                of_all = round(CHILDREN[town] * rng.uniform(0.7, 0.9))
                _told(office, assessed, town, last - ago, round(of_all * rng.uniform(part - 0.04, part + 0.04)), of_all)
    trained = _series(
        office, "FB-IK", "Fortbildung Interkulturelle Kompetenz", SeriesKind.TRAINING,
        "Beschäftigte, die in dem Jahr an einer Fortbildung teilgenommen haben, von allen im Fachdienst. Erfunden für die Vorführung.",
        rhythm=Rhythm.YEAR, unit=Unit.PERSONS, departments=list(DEPARTMENTS),
    )  # fmt: skip
    for ago in range(3):
        for department, staff in DEPARTMENTS.items():
            _told(office, trained, department, last - ago, round(staff * rng.uniform(0.05, 0.25)), staff)


def _series(office: Office, key: str, title: str, kind: SeriesKind, definition: str, **facts: object) -> Series:
    usual: dict[str, object] = {"rhythm": Rhythm.SCHOOL_YEAR, "unit": Unit.CHILDREN, "departments": []}
    series = Series(key=key, title=title, kind=kind, definition=definition, source=SOURCE, **usual | facts)
    office.add(series)
    return series


def _told(
    office: Office, series: Series, place: str, year: int, cases: int, of_all: int, **facts: object
) -> SeriesValue:
    """What the office entered in January after the year, or today if that is still to come."""
    day = min(office.today, office.today.replace(year=year + 1, month=1, day=15))
    of_staff = series.kind is SeriesKind.TRAINING
    value = SeriesValue(
        series=series, municipality=None if of_staff else office.towns[place], department=place if of_staff else None, year=year, cases=cases, of_all=of_all, entered_at=clockwork.instant(day, 10), entered_by=office.users["koordination-kreis"], **facts,
    )  # fmt: skip
    office.add(value)
    return value
