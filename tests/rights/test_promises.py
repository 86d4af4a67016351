"""What security.md asks of people's rights in so many words: PR-3 (who looked), PR-9 (the restore says what it repeated), LG-6 (fifty)."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

import clock
from auth.models import LoginSession, RoleGrant, TraceEntry
from database import db
from programmes.participants.models import Person
from programmes.rights import erasing, ledger
from programmes.rights.rules import ACTIVITIES
from programmes.rights.scrub import scrub
from tests.enrolment.scene import build
from tests.rights import canaries
from tests.rights.test_erasing import found_in_the_database
from tests.rights.test_workflow import COORDINATOR, signed_in
from tests.tools.offices import NEW_CLIENT, TRANSACTION

OFFICE = {"viewer": "test"}
WORD, FIFTY = "Wintergoldhaehnchen", 50


def test_an_extract_tells_who_looked_and_who_gets_what(
    app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        scene = build(session)
    cora, cleo = signed_in(new_client, COORDINATOR), signed_in(new_client, "cleo@buero.example")
    ada, bea = scene.people["ada"], scene.people["bea"]
    cora.open(f"/participants/{ada}")
    cora.open(f"/participants/{bea}")
    cleo.open(f"/participants/{scene.people['mia']}")
    address = f"/participants/{ada}/extract.json"

    def told() -> dict[str, Any]:
        with cora.fetch(address) as answer:
            found: dict[str, Any] = json.loads(answer.data)
        return found

    first, again = told(), told()
    seen = [(one["act"], one["by"]) for one in first["accesses"]]
    assert seen == [("Daten einer Person", "Koordination")], "one look at Ada, none at anybody else"
    assert len(again["accesses"]) > len(seen), "the extract itself is told by the next one"
    assert {part["recipients"] for part in first["purposes"].values()} <= {
        one["recipients"] for one in ACTIVITIES.values()
    }
    with transaction() as session:
        session.execute(sa.delete(RoleGrant).where(RoleGrant.user_id == scene.users["cora"]))
        session.execute(sa.delete(LoginSession))
        old = {
            "at": clock.now(),
            "status": 200,
            "act": "GET enrolment.person",
            "people": f",{ada},",
        }  # of before lines said a role
        session.add(TraceEntry(actor_id=scene.users["cora"], **old))
    boss = signed_in(new_client, "boss@buero.example")
    with boss.fetch(address) as answer:
        assert {one["by"] for one in json.loads(answer.data)["accesses"]} == {"Koordination", "ehemals beschäftigt"}


def test_a_restore_says_how_many_erasures_it_repeated(app: Flask, transaction: TRANSACTION, tmp_path: Path) -> None:
    (Path(app.instance_path) / ledger.NAME).unlink(missing_ok=True)
    runner, path = app.test_cli_runner(), tmp_path / "friday.kursbuch"
    with transaction() as session:
        build(session)
        five = []
        for number in range(5):
            person = Person(given_name=f"{WORD}{number}", citizenships=[], languages=[], entered_at=clock.now())
            session.add(person)
            session.flush()
            five.append(person.id)
    assert runner.invoke(args=["backup", str(path)]).exit_code == 0
    for person_id in five:
        assert runner.invoke(args=["erase", str(person_id), "--yes"]).exit_code == 0
    restored = runner.invoke(args=["restore", str(path)])
    assert restored.exit_code == 0, restored.output
    assert "5 Löschungen wiederholt, die jünger sind als die Sicherung." in restored.output
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 0, "nobody is in before"
        names = db.session.scalars(sa.select(Person.given_name).where(Person.id.in_(five)).execution_options(**OFFICE))
        assert set(names) == {"(gelöscht)"}
        db.session.rollback()
        scrub(db.engine)
        assert not found_in_the_database(WORD)
    assert "wiederholt" in runner.invoke(args=["restore", str(path)]).output, "and each time again"


def test_fifty_are_erased_and_the_chain_of_the_trace_holds(
    demo_app: Flask,
    new_client: NEW_CLIENT,
    transaction: TRANSACTION,
    set_clock: Callable[[dt.datetime], None],
    tmp_path: Path,
) -> None:
    runner, anchor = demo_app.test_cli_runner(), tmp_path / "anchor.txt"
    with transaction() as session:
        fifty = sorted(session.scalars(sa.text("SELECT DISTINCT person_id FROM enrolment")))[:FIFTY]
        canaries.mark(session.connection(), fifty, WORD)
    with transaction():
        assert len(fifty) == FIFTY
        assert found_in_the_database(WORD)
    cora = new_client()
    cora.sign_in("koordination-ra@kursbuch.example", "Ankommen-2003")
    for person_id in fifty[:5]:
        cora.fetch(f"/participants/{person_id}")
    set_clock(clock.now() + dt.timedelta(minutes=10))
    assert runner.invoke(args=["seal-audit", "--anchor", str(anchor)]).exit_code == 0
    with transaction() as session:
        for person_id in fifty:
            content, _ = erasing.set_aside(session.connection(), person_id, clock.now())
            erasing.forget(session.connection(), person_id, content, clock.now())
    with demo_app.app_context():
        scrub(db.engine)
        assert not found_in_the_database(WORD)
        db.session.rollback()
    set_clock(clock.now() + dt.timedelta(minutes=10))
    checked = runner.invoke(args=["verify-audit", "--anchor", str(anchor)])
    assert checked.exit_code == 0, checked.output
    assert checked.output.startswith("OK: ")
