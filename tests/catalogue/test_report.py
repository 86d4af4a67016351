"""The catalogue is the report: every field, every list, once, and later changes stay."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from database import db
from programmes.catalogue import queries
from programmes.catalogue.models import (
    Body,
    Contradiction,
    MicroProject,
    Module,
    Municipality,
    Programme,
    Quarter,
)
from programmes.catalogue.report import load_catalogue
from programmes.catalogue.rules import Counting, PaperKind, ProgrammeKind, RulePack
from tests.tools.offices import COUNTING, TRANSACTION

HERE = Path(queries.__file__).parent
REPORT: dict[str, Any] = json.loads((HERE / "report_2004.json").read_text(encoding="utf-8"))
KINDS = {"reco": "recommended"}
Loaded = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def loaded(app: Flask, transaction: TRANSACTION) -> Loaded:
    """An office that has been started once."""
    with transaction():
        load_catalogue()
    return transaction


def by_key() -> dict[str, Programme]:
    return {programme.key: programme for programme in queries.programmes()}


def test_as_many_as_the_report_has(loaded: Loaded) -> None:
    tables = {Programme: 36 + 1, MicroProject: 11, Municipality: 13 + 3, Quarter: 3, Body: 34, Contradiction: 18}
    with loaded():
        for model, number in tables.items():
            assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == number, model.__name__
        assert sum(town.in_county for town in queries.municipalities()) == 13


def test_every_field_of_every_programme_word_for_word(loaded: Loaded) -> None:
    with loaded():
        programmes = by_key()
        for entry in REPORT["programmes"]:
            programme = programmes[entry["id"]]
            assert programme.title == entry["name"]
            assert programme.kind.value == KINDS.get(entry["kind"], entry["kind"])
            assert programme.reported == {name: text for name, text in entry.items() if name not in {"id", "kind"}}
        assert [programme.key for programme in queries.programmes()][:-1] == [e["id"] for e in REPORT["programmes"]]


def test_every_list_word_for_word(loaded: Loaded) -> None:
    with loaded():
        assert [(p.key, p.name, p.representation) for p in queries.micro_projects()] == sorted(
            (e["id"], e["name"], e["system"]) for e in REPORT["los"]
        )
        assert [(b.key, b.name, b.report, b.meaning, b.section) for b in queries.bodies()] == sorted(
            (e["id"], e["name"], e["report"], e["system"], e["ref"]) for e in REPORT["bodies"]
        )
        assert [(x.key, x.text, x.problem, x.handling) for x in queries.contradictions()] == sorted(
            (e["id"], e["text"], e["problem"], e["handling"]) for e in REPORT["contradictions"]
        )


def test_contradictions_name_programmes_that_exist(loaded: Loaded) -> None:
    with loaded():
        programmes = by_key()
        found = queries.contradictions()
        assert {key for x in found for key in x.programme_keys} <= set(programmes)
        assert [x.key for x in queries.contradictions_of(programmes["P02"])] == ["X01", "X03", "X08", "X11", "X12"]
        assert [x.key for x in queries.contradictions_of(programmes["P03"])] == ["X14"]


def test_parts_aliases_and_topics(loaded: Loaded) -> None:
    with loaded():
        programmes = by_key()
        parents = {key: found.parent.key for key, found in programmes.items() if found.parent}
        assert parents == {key: key[:3] for key in ("P01a", "P01b", "P02a", "P02b", "P04a", "P04b", "P04c", "P04d")}
        names = {"Mutter-Kind-Gruppe", "Bunter Spielkreis", "Internationale Mutter-Kind-Gruppe"}
        assert names <= set(programmes["P02"].aliases)
        assert {"Orientierungsseminar", "Orientierungskurs"} <= set(programmes["P01a"].aliases)
        assert len(programmes["P01a"].topics) == 7 + 10
        assert len(programmes["P02"].topics) == 15
        assert programmes["P03"].competencies == REPORT["topics"]["integrationslotsinnen"][:6]


def test_rules_say_what_was_assumed(loaded: Loaded) -> None:
    with loaded():
        programmes = by_key()
        orientation, groups, guides = programmes["P01a"], programmes["P02"], programmes["P03"]
        assert (orientation.unit_minutes, orientation.required_share) == (45, 80)
        assert {"unit_minutes", "required_share"} <= set(orientation.assumed)
        assert (groups.rule_pack, groups.counting) == (RulePack.PARENT_CHILD, Counting.PAIR)
        assert (groups.child_from_months, groups.child_until_months, groups.required_share) == (18, 36, None)
        assert "child_months" not in groups.assumed  # the report says 1½ to 3 years
        assert groups.counts_meetings
        assert (guides.paper, guides.paper_title, guides.required_share) == (PaperKind.QUALIFICATION, "Zertifikat", 80)
        modules = queries.modules_of(guides.id)
        assert sum(module.minutes or 0 for module in modules) == 32 * 45
        assert all(module.assumed for module in modules)
        assert "Rahmenbedingungen und Datenschutz" in {module.title for module in modules if module.mandatory}
        for programme in programmes.values():
            if programme.kind is ProgrammeKind.EVENT:
                assert (programme.rule_pack, programme.paper) == (RulePack.HEAD_COUNT, PaperKind.NONE)
        assert [
            key for key, found in programmes.items() if found.kind is ProgrammeKind.CONTEXT and found.runs_courses
        ] == [
            "P06"  # START meets; the rest is context
        ]


def test_the_course_among_the_sub_projects(loaded: Loaded) -> None:
    with loaded():
        course = by_key()["LOS10"]
        assert (course.kind, course.runs_courses) == (ProgrammeKind.COURSE, True)
        assert [module.title for module in queries.modules_of(course.id)] == ["Deutsch mit Bewerbungstraining", "EDV"]
        linked = {p.key: p.programme.key for p in queries.micro_projects() if p.programme}
        assert linked == {"LOS01": "P02", "LOS05": "P03", "LOS10": "LOS10"}


def test_sprendlingen_is_a_quarter_of_dreieich(loaded: Loaded) -> None:
    with loaded():
        quarters = {quarter.name: quarter.municipality.name for quarter in queries.quarters()}
        assert quarters == {
            "Sprendlingen": "Dreieich",
            "Sprendlinger Norden": "Dreieich",
            "Spessartviertel": "Dietzenbach",
        }
        towns = {town.name: town for town in queries.municipalities()}
        assert "Sprendlingen" not in towns
        assert towns["Mühlheim am Main"].contact == "„in Kürze“"
        assert towns["Rodgau"].report == "im Bericht nicht namentlich genannt; nur als „aller 13 Kommunen“"


def test_a_second_start_asks_once_and_changes_nothing(loaded: Loaded, counting: COUNTING) -> None:
    with loaded(), counting() as statements:
        load_catalogue()
    assert len(statements) == 1, statements


def test_what_coordinators_changed_survives_a_restart(loaded: Loaded) -> None:
    with loaded():
        programme = by_key()["P01a"]
        programme.required_share, programme.assumed, programme.rule_version = 70, [], 2
        module = db.session.scalars(sa.select(Module).where(Module.title == "Grenzen der Aufgabe")).one()
        db.session.delete(module)
    with loaded():
        load_catalogue()
    with loaded():
        programme = by_key()["P01a"]
        assert (programme.required_share, programme.assumed, programme.rule_version) == (70, [], 2)
        assert len(queries.modules_of(by_key()["P03"].id)) == 7
