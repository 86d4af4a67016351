"""Loads the facts of the report of 2004 into an empty catalogue.

`report_2004.json` is what the report says, word for word. `additions.json` is what the office adds to make it run; what
the report leaves open is named there as assumed. Both are read once: what coordinators change later is theirs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from database import db
from programmes.catalogue.models import (
    Body,
    Contradiction,
    MicroProject,
    Module,
    Municipality,
    Programme,
    Quarter,
)
from programmes.catalogue.rules import Counting, PaperKind, ProgrammeKind, pack_of
from wording import Term

HERE = Path(__file__).resolve().parent
KINDS = {kind.value: kind for kind in ProgrammeKind} | {"reco": ProgrammeKind.RECOMMENDED}
TERMS: dict[str, type[Term]] = {"counting": Counting, "paper": PaperKind}
NOT_A_FIELD = ("id", "kind")  # of a programme's entry: they have columns of their own
Facts = dict[str, Any]


def load_catalogue() -> None:
    """Fill an empty catalogue and commit; with one query, leave a filled one alone. Belongs to the start, not to a request.

    Raises LookupError when a programme has chosen a rule pack that is no longer in its file: then nothing starts.
    """
    chosen = db.session.scalars(sa.select(Programme.rule_pack).distinct()).all()
    if not chosen:
        report = _read("report_2004.json")
        additions = _read("additions.json")
        programmes = _programmes(report, additions)
        _places(report, additions)
        _lists(report, additions, programmes)
    db.session.commit()


def _read(name: str) -> Facts:
    facts: Facts = json.loads((HERE / name).read_text(encoding="utf-8"))
    return facts


def _programmes(report: Facts, additions: Facts) -> dict[str, Programme]:
    """All programmes of the report in its order, then the sub-project that is a course (A13), each with its rules."""
    entries = {entry["id"]: entry for entry in report["programmes"]}
    for entry in report["los"]:
        added = additions["programmes"].get(entry["id"])
        if added is not None:
            entries[entry["id"]] = entry | {"kind": added["kind"], "ref": added["ref"]}
    programmes: dict[str, Programme] = {}
    for position, (key, entry) in enumerate(entries.items(), start=1):
        added = additions["programmes"][key]
        topics = [topic for name in added.get("topics", ()) for topic in report["topics"][name]]
        programme = Programme(
            key=key,
            title=entry["name"],
            short_title=added["short"],
            kind=KINDS[entry["kind"]],
            reported={name: value for name, value in entry.items() if name not in NOT_A_FIELD},
            aliases=added.get("aliases", []),
            topics=topics + added.get("own_topics", []),
            competencies=added.get("competencies", []),
            funding_line=added.get("funding_line"),
            position=position,
            parent=programmes.get(added.get("parent", "")),
            **_rules(additions["rules"][added["rules"]]),
        )
        programmes[key] = programme
        db.session.add(programme)
        for number, module in enumerate(added.get("modules", ()), start=1):
            db.session.add(Module(programme=programme, number=number, **module))
    return programmes


def _rules(rules: Facts) -> Facts:
    members = {name: next(member for member in terms if member.value == rules[name]) for name, terms in TERMS.items()}
    return rules | members | {"rule_pack": pack_of(rules["rule_pack"])}


def _places(report: Facts, additions: Facts) -> None:
    """The 13 towns, the places outside the county, and quarters, each with the report's words about it."""
    places = {place["name"]: place for place in report["places"]}
    towns = {}
    for added in additions["municipalities"]:
        place = places[added.get("place", added["name"])]
        outside = added.get("outside")
        town = Municipality(
            name=added["name"],
            report=outside or place["report"],
            contact=None if outside else place["contact"],
            section=place["ref"],
            in_county=outside is None,
        )
        towns[town.name] = town
        db.session.add(town)
    for added in additions["quarters"]:
        place = places.get(added.get("place", ""), {})
        db.session.add(
            Quarter(municipality=towns[added["municipality"]], name=added["name"], report=place.get("report"))
        )


def _lists(report: Facts, additions: Facts, programmes: dict[str, Programme]) -> None:
    """Sub-projects, bodies and contradictions, as they stand."""
    for entry in report["los"]:
        programme = programmes.get(additions["micro_projects"].get(entry["id"], ""))
        db.session.add(
            MicroProject(key=entry["id"], name=entry["name"], representation=entry["system"], programme=programme)
        )
    for entry in report["bodies"]:
        db.session.add(
            Body(
                key=entry["id"],
                name=entry["name"],
                report=entry["report"],
                meaning=entry["system"],
                section=entry["ref"],
            )
        )
    for entry in report["contradictions"]:
        db.session.add(
            Contradiction(
                key=entry["id"],
                text=entry["text"],
                problem=entry["problem"],
                handling=entry["handling"],
                programme_keys=additions["contradictions"][entry["id"]],
            )
        )
