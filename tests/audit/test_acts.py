"""The officer reads what was done in words, not as the code calls it: every door and every act that a view notes has a name."""

import ast
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth.audit.acts import Names, name_of, words_of
from auth.models import TraceEntry
from demo.accounts import PASSWORD, address
from programmes.access import SHOWN
from programmes.acts import DOOR_OF, DOORS, WORDS
from tests.tools.client import Client
from tests.tools.machine import ROOT
from tests.tools.offices import TRANSACTION

NAMES = Names({}, {"sync": "A", "sync refused": "B", "discard": "C"}, {})
ONE_WORD = {"GET", "POST"}  # an act that begins so names a door


@pytest.mark.parametrize(
    ("act", "words"),
    [("sync", "sync"), ("sync refused", "sync refused"), ("sync other", "sync"), ("discard: double", "discard"),
     ("discarded", None), ("GET sync", None), ("", None)],
)  # fmt: skip
def test_the_words_by_which_an_act_is_known(act: str, words: str | None) -> None:
    assert words_of(act, NAMES) == words


def test_every_door_has_a_name_and_no_other(app: Flask) -> None:
    assert set(app.view_functions) - set(DOORS) == set(), (
        "Say in programmes/acts.py what the officer reads for this door"
    )
    assert set(DOORS) - set(app.view_functions) == set(), "There is no such door any more"
    assert set(DOOR_OF) <= set(WORDS)
    assert set(DOOR_OF.values()) <= set(SHOWN), "a door that shows nobody"
    twice = [name for name in DOORS.values() if list(DOORS.values()).count(name) > 1]
    assert not twice, "Nobody could tell these doors apart"


def noted() -> Iterator[tuple[str, str]]:
    """Every act that is noted in words of its own, or how such words begin, and where."""
    for path in sorted([*ROOT.glob("auth/**/*.py"), *ROOT.glob("programmes/**/*.py"), ROOT / "backup.py"]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            for said in _acts(node):
                found = named.get(said.id, said) if isinstance(said, ast.Name) else said
                first = found.values[0] if isinstance(found, ast.JoinedStr) else found
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value.strip(" :"), str(path.relative_to(ROOT))


def _acts(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "note" and node.args:
            yield node.args[0]
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "act")
    elif isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        yield from (value for key, value in zip(keys, node.values, strict=True) if key == "act")


def test_every_act_that_a_view_notes_has_a_name(app: Flask) -> None:
    found = {act: where for act, where in noted() if act.split()[0] not in ONE_WORD}
    assert len(found) > 45
    beginnings = {"print", "export statistics."}  # the rest is the door's, or the file's
    unnamed = {
        act: where
        for act, where in found.items()
        if act not in WORDS and not (act in beginnings and any(words.startswith(act) for words in WORDS))
    }
    assert not unnamed, "Say in programmes/acts.py what the officer reads for this act"
    unused = [words for words in WORDS if words not in found and not any(words.startswith(act) for act in found)]
    assert unused == ["trace removed"], "Nobody notes this any more"


@pytest.mark.parametrize(
    ("act", "name"),
    [
        ("GET today.today", "Startseite"), ("GET enrolment.edit_person", "Daten einer Person ändern (geöffnet)"),
        ("HEAD enrolment.edit_person", "Daten einer Person ändern (geöffnet)"),
        ("POST enrolment.edit_person", "Daten einer Person ändern (abgeschickt)"), ("POST rights.approve", "Löschung genehmigen"),
        ("discard application: spam", "Öffentliche Anmeldung verworfen"), ("sync refused", "Eintrag vom Telefon abgewiesen"),
        ("GET house.that_was", "GET house.that_was"),
    ],
)  # fmt: skip
def test_what_the_officer_reads(app: Flask, act: str, name: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert name_of(act) == name


def test_the_log_says_it_in_words(demo_app: Flask, client: Client, transaction: TRANSACTION) -> None:
    with transaction() as session:
        line = {
            "at": clock.now(),
            "act": "GET enrolment.person",
            "object_id": "5",
            "status": 200,
            "rows": 1,
            "people": ",5,",
        }
        session.execute(sa.insert(TraceEntry), line)
    client.sign_in(address("datenschutz"), PASSWORD)
    for page in ("/log", "/log/people"):
        assert "Daten einer Person" in client.open(page).main
    assert "Daten einer Person;GET enrolment.person" in client.fetch("/log.csv").data.decode()
