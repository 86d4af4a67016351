"""Rule packs are data: what the file says, what it may not say, and the rules page that offers them."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from programmes.catalogue import rules as catalogue_rules
from programmes.catalogue.models import Programme
from programmes.catalogue.report import load_catalogue
from programmes.catalogue.rules import PACKS, Counted, RulePack, pack_of, read_packs
from programmes.enrolment.county.rules import ON_THE_MAP
from tests.catalogue.scene import Scene
from tests.catalogue.test_programme_rules import SignedIn, rules_of
from tests.tools.offices import TRANSACTION

FACTS: dict[str, Any] = json.loads(
    (Path(catalogue_rules.__file__).parent / "rule_packs.json").read_text(encoding="utf-8")
)


def test_the_packs_of_the_office() -> None:
    assert {key: pack.who for key, pack in PACKS.items()} == {
        "course": Counted.PERSONS,
        "integration_course": Counted.PERSONS,
        "parent_child": Counted.FAMILIES,
        "head_count": Counted.HEADS,
        "delegates": Counted.HEADS,
        "staff_training": Counted.PERSONS,
    }
    assert [pack.key for pack in PACKS.values() if "absent_unexcused" in pack.marks] == ["course", "integration_course"]
    assert [pack.key for pack in PACKS.values() if pack.signed_once_a_day] == ["integration_course"]
    assert [group.key for group in RulePack.HEAD_COUNT.heads] == ["adults", "youths", "children", "others"]
    towns = {group.label for group in RulePack.DELEGATES.heads}
    assert towns == {*ON_THE_MAP, "Landrat und Gäste"}, "each of the 13 towns sends somebody (domain.md A6, B03)"
    assert not RulePack.STAFF_TRAINING.reasons, "why somebody of the staff was away is their employer's affair"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"key": "course"}, "there twice"),
        ({"marks": ["present", "late"]}, "not there"),
        ({"reasons": ["absent"]}, "not there"),
        ({"marks": []}, "count groups of heads, or offer marks"),
        ({"who": "heads"}, "count groups of heads, or offer marks"),
        ({"heads": [{"key": "all", "title": "Alle"}]}, "count groups of heads, or offer marks"),
        ({"who": "animals"}, "animals"),
    ],
)
def test_a_pack_that_contradicts_itself_stops_the_start(change: dict[str, Any], complaint: str) -> None:
    facts = copy.deepcopy(FACTS)
    new = {"key": "new", "who": "persons", "title": "Neu", "marks": ["present", "absent_notified"]}
    facts["packs"].append(new)
    assert read_packs(facts)["new"].marks == ("present", "absent_notified")
    new |= change
    with pytest.raises(ValueError, match=complaint):
        read_packs(facts)


def test_an_unknown_pack_is_refused(scene: Scene, transaction: TRANSACTION) -> None:
    assert pack_of("course") is RulePack.COURSE is pack_of(RulePack.COURSE)
    for unknown in ("lottery", None, 7):
        with pytest.raises(LookupError, match=r"rule_packs\.json has no pack"):
            pack_of(unknown)
    with pytest.raises(AttributeError):
        _ = RulePack.LOTTERY
    with transaction() as session:
        session.execute(sa.text("UPDATE programme SET rule_pack = 'lottery' WHERE key = 'P20'"))
        with pytest.raises(LookupError, match="lottery"):
            load_catalogue()
        session.rollback()


@pytest.mark.parametrize("key", PACKS)
def test_each_pack_can_be_chosen_where_no_course_is(
    key: str, signed_in: SignedIn, scene: Scene, transaction: TRANSACTION
) -> None:
    client = signed_in("mona")
    client.open(rules_of(scene, "P02"))
    fitting = {"counting": "pair" if PACKS[key].is_family else "person"}
    fitting["paper"] = "none" if PACKS[key].counts_heads else "participation"
    page = client.submit({"rule_pack": PACKS[key].label, **fitting})
    assert PACKS[key].label in page
    with transaction() as session:
        assert session.get_one(Programme, scene.programmes["P02"]).rule_pack is PACKS[key]


def test_a_pack_added_to_the_file_is_on_the_rules_page(
    signed_in: SignedIn, scene: Scene, transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = copy.deepcopy(FACTS)
    facts["packs"].append({"key": "open_door", "who": "persons", "title": "Offener Treff", "marks": ["present"]})
    monkeypatch.setitem(PACKS, "open_door", read_packs(facts)["open_door"])
    client = signed_in("mona")
    client.open(rules_of(scene, "P02"))
    assert "Offener Treff" in client.submit({"rule_pack": "Offener Treff", "counting": "person"})
    with transaction() as session:
        programme = session.get_one(Programme, scene.programmes["P02"])
        assert programme.rule_pack.marks == ("present",)
        programme.rule_pack = RulePack.PARENT_CHILD


def test_the_tolerance_is_set_on_the_rules_page(signed_in: SignedIn, scene: Scene, transaction: TRANSACTION) -> None:
    client = signed_in("mona")
    client.open(rules_of(scene, "P02"))
    client.submit({"Verspätung zählt ab (Minuten)": "0"})
    with transaction() as session:
        assert session.get_one(Programme, scene.programmes["P02"]).late_after_minutes == 0
    client.open(rules_of(scene, "P02"))
    page = client.submit({"Verspätung zählt ab (Minuten)": "121"}, status=422)
    assert "0 bis 120" in page.errors["Verspätung zählt ab (Minuten)"]
