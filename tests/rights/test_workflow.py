"""Two people erase somebody, and can undo it; a running course, a hold, a restored backup and a clock that jumps are all seen to."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

import backup
import clock
import jobs
from auth.actions import add_user
from auth.guard import Viewer
from auth.rules import Role
from database import db
from programmes.catalogue.models import Course, Meeting
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Person
from programmes.rights import actions, ledger, retention
from programmes.rights.models import Erasure, RetentionRun, SetAside
from programmes.rights.rules import Archive, ErasureState, Ground
from tests.enrolment.scene import PASSWORD, Scene, build
from tests.paper.reading import text_of
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

CLOCK = Callable[[dt.datetime], None]
OFFICER, COORDINATOR = "otto@buero.example", "cora@buero.example"
OFFICE = {"viewer": "test"}


@pytest.fixture
def scene(transaction: TRANSACTION, app: Flask) -> Scene:
    """Ada's course is over since a hundred days; Mia's goes on."""
    (Path(app.instance_path) / ledger.NAME).unlink(missing_ok=True)
    with transaction() as session:
        scene = build(session)
        add_user(OFFICER, "Otto", [Role.OFFICER], clock.now(), password=PASSWORD)
        course = session.get_one(Course, scene.courses["A"])
        course.starts_on, course.ends_on = scene.today - dt.timedelta(200), scene.today - dt.timedelta(100)
        session.execute(sa.delete(Meeting).where(Meeting.course_id == course.id))
        place = session.get_one(Enrolment, scene.enrolments["A-ada"], execution_options=OFFICE)
        place.entry_date, place.exit_date, place.status = course.starts_on, course.ends_on, EnrolmentStatus.COMPLETED
        return scene


def people() -> dict[int, str]:
    rows = db.session.execute(sa.select(Person.id, Person.given_name).execution_options(viewer="test"))
    return {row.id: row.given_name for row in rows}


def signed_in(new_client: NEW_CLIENT, email: str) -> Client:
    client = new_client()
    client.sign_in(email, PASSWORD)
    return client


def proposed(client: Client, scene: Scene) -> str:
    """Cora proposes to erase Ada; the address of the proposal."""
    client.open(f"/participants/{scene.people['ada']}/erase")
    page = client.submit({"ground": "request", "archive": "waived"}, button="Löschung vorschlagen")
    assert "vorgeschlagen" in page.main
    return str(page.address)


def test_one_proposes_another_approves_and_it_can_be_undone(
    app: Flask, new_client: NEW_CLIENT, scene: Scene, set_clock: CLOCK, transaction: TRANSACTION
) -> None:
    cora, otto = signed_in(new_client, COORDINATOR), signed_in(new_client, OFFICER)
    address, ada = proposed(cora, scene), f"/participants/{scene.people['ada']}"
    signed_in(new_client, "cleo@buero.example").open(address, status=404)
    cora.open(address)
    assert "Nicht löschen" in cora.page.main
    assert "Freigeben und sperren" not in cora.page.main
    assert cora.post(f"{address}/approve").status_code == 404, "whoever proposes does not approve"
    page = otto.open(address)
    assert "Kanar" not in page.main
    otto.submit(button="Freigeben und sperren")
    cora.open(ada, status=404)
    assert "Kanar" not in cora.open("/participants?q=Kanar").main
    assert "Kanar" not in cora.open(f"/courses/{scene.courses['A']}").main
    assert ledger_of(app) == [scene.people["ada"]]
    cora.open(address)
    cora.submit(button="Zurücknehmen")
    assert "Ada Kanar" in cora.open(ada).main
    assert ledger_of(app) == []

    address = proposed(cora, scene)
    otto.open(address)
    otto.submit(button="Freigeben und sperren")
    assert otto.fetch(f"{address}.pdf").status_code == 404
    jobs.work_off(app)
    with transaction() as session:
        session.scalars(sa.select(SetAside).execution_options(viewer="test")).one()  # its day has not come
    set_clock(clock.now() + dt.timedelta(days=15))
    jobs.work_off(app)
    with transaction() as session:
        assert session.scalars(sa.select(SetAside).execution_options(viewer="test")).first() is None
        assert people()[scene.people["ada"]] == "(gelöscht)"
        assert session.get_one(Enrolment, scene.enrolments["A-ada"], execution_options=OFFICE).entry_date is not None
    otto = signed_in(new_client, OFFICER)
    otto.open(address)
    assert "Zurücknehmen" not in otto.page.main
    with otto.fetch(f"{address}.pdf") as proof:
        text = text_of(proof.data)
    assert "Bestätigung der Löschung" in text
    assert "Kanar" not in text


def ledger_of(app: Flask) -> list[int]:
    jobs.work_off(app)
    return [one.person_id for one in ledger.erased(Path(app.instance_path))]


def ledger_lines(app: Flask) -> str:
    return (Path(app.instance_path) / ledger.NAME).read_text(encoding="utf-8")


def test_nobody_in_a_course_is_erased_and_a_hold_puts_it_off(
    new_client: NEW_CLIENT, scene: Scene, transaction: TRANSACTION
) -> None:
    cleo, cora, otto = (signed_in(new_client, f"{name}@buero.example") for name in ("cleo", "cora", "otto"))
    for name in "mia", "tom":
        page = cleo.open(f"/participants/{scene.people[name]}/erase")
        assert "Im Kurs B-1 ist die Person noch dabei" in page.main
        assert "Löschung vorschlagen" not in page.main
    cora.open(f"/participants/{scene.people['ada']}/rights")
    cora.submit({"reason": "Widerspruch", "until": (scene.today + dt.timedelta(90)).isoformat()})
    address = proposed(cora, scene)
    otto.open(address)
    otto.submit(button="Freigeben und sperren")
    with transaction() as session:
        erasure = session.scalars(sa.select(Erasure).execution_options(viewer="test")).one()
        assert erasure.due_on == scene.today + dt.timedelta(91)
        assert not actions.complete(Viewer.office(), erasure, clock.now())


def test_notes_that_name_somebody_are_emptied_if_the_desk_says_so(
    app: Flask, new_client: NEW_CLIENT, scene: Scene, transaction: TRANSACTION, tmp_path: Path
) -> None:
    path, texts = tmp_path / "friday.kursbuch", {"A": "Frau Kanar war krank", "B": "Kanarienvogel im Raum"}
    with transaction() as session:
        made = {}
        for key, text in texts.items():
            meeting = Meeting(
                course_id=scene.courses[key], date=scene.today - dt.timedelta(150), starts_at=dt.time(9), ends_at=dt.time(12),
                note=text, topic=f"Thema, {text}",
            )  # fmt: skip
            session.add(meeting)
            session.flush()
            made[key] = meeting.id

    def notes(key: str) -> tuple[str | None, str | None]:
        with transaction() as session:
            found = session.get_one(Meeting, made[key])
            return found.note, found.topic

    with app.app_context():
        backup.save(path)
        db.session.remove()
    cora, otto = signed_in(new_client, COORDINATOR), signed_in(new_client, OFFICER)
    page = cora.open(f"/participants/{scene.people['ada']}/erase")
    assert texts["A"] in page.main
    assert texts["B"] not in page.main
    assert "In 2 Notizen anderer Bereiche steht der Name" in page.main
    cora.open(f"/meetings/{made['A']}/history")
    cora.open(f"/participants/{scene.people['ada']}/erase")
    foreign = {"ground": "request", "archive": "waived", "notes": f"meeting.note.{made['B']}"}
    assert cora.post(f"/participants/{scene.people['ada']}/erase", foreign).status_code == 422
    cora.open(f"/participants/{scene.people['ada']}/erase")
    note = f"meeting.note.{made['A']}"
    page = cora.submit({"ground": "request", "archive": "waived", "notes": [note]}, button="Löschung vorschlagen")
    address = str(page.address)
    assert notes("A") == (texts["A"], f"Thema, {texts['A']}"), "nothing happens before the second person says yes"
    otto.open(address)
    assert "Kanar" not in otto.page.main
    otto.submit(button="Freigeben und sperren")
    jobs.work_off(app)
    assert notes("A") == ("(gelöscht)", f"Thema, {texts['A']}"), "only what was chosen"
    with app.app_context():
        backup.load(path)
        db.session.remove()
    assert notes("A")[0] == "(gelöscht)", "a restored backup empties it again"
    otto = signed_in(new_client, OFFICER)
    with transaction() as session:
        held = session.scalars(sa.select(Erasure).execution_options(viewer="test")).one()
        actions.reject(Viewer.office(), held, clock.now())
    assert notes("A") == (texts["A"], f"Thema, {texts['A']}")
    assert notes("B") == (texts["B"], f"Thema, {texts['B']}")


def test_a_restored_backup_repeats_what_was_erased_since(
    app: Flask, scene: Scene, transaction: TRANSACTION, tmp_path: Path
) -> None:
    path = tmp_path / "friday.kursbuch"
    ada, eva = scene.people["ada"], scene.people["eva"]
    with app.app_context():
        backup.save(path)
        db.session.remove()
    with transaction() as session:
        actions.erase_at_once(Viewer.office(), ada, clock.now())
        someone = session.get_one(Person, eva, execution_options=OFFICE)
        held = actions.propose(Viewer.office(), someone, Ground.REQUEST, Archive.OFFERED, clock.now())
        actions.approve(Viewer.office(), held, clock.now())
        actions.put_on_record(held)
    with app.app_context():
        backup.load(path)
        db.session.remove()
    with transaction() as session:
        now = people()
        assert (now[ada], now[eva], now[scene.people["bea"]]) == ("(gelöscht)", "(gelöscht)", "Bea")
        erasures = session.scalars(sa.select(Erasure).execution_options(viewer="test"))
        states = {one.person_id: one.state for one in erasures}
        assert states == {ada: ErasureState.DONE, eva: ErasureState.WITHHELD}
        assert session.scalars(sa.select(SetAside).execution_options(viewer="test")).one().content["rows"]["person"]


def test_the_retention_job_takes_its_time_and_nothing_twice(
    app: Flask, scene: Scene, transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + dt.timedelta(days=3 * 366)
    with transaction() as session:
        course = session.get_one(Course, scene.courses["B"])
        course.ends_on = later.date() + dt.timedelta(days=1)  # it still runs then
    with app.app_context():
        told = retention.foretold(later, confirmed=True)
        assert told["withheld"] == 4, (
            "Ada, Bea, and Eva with her child; nobody of the course that runs, nor of their families"
        )
        assert people()[scene.people["ada"]] == "Ada"
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RetentionRun)) == 0
        db.session.rollback()

        killed = iter([None, None, KeyboardInterrupt()])
        commit = db.session.commit

        def until_killed() -> None:
            commit()
            if (end := next(killed)) is not None:
                raise end

        monkeypatch.setattr(db.session, "commit", until_killed)
        with pytest.raises(KeyboardInterrupt):
            retention.run(later, confirmed=True)
        monkeypatch.undo()
        db.session.remove()
        assert list(people().values()).count("(gelöscht)") == 2
        db.session.rollback()
        assert retention.run(later, confirmed=True)["withheld"] == 4, "the same run goes on, and counts on"
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RetentionRun)) == 1
        db.session.rollback()
        assert set(retention.run(later, confirmed=True).values()) == {0}
        assert people()[scene.people["mia"]] == "Mia"
        db.session.rollback()
        kept, after = ledger_lines(app), later + dt.timedelta(days=190)
        assert retention.foretold(after, confirmed=True)["erased"] == 4
        assert ledger_lines(app) == kept
        assert retention.run(after, confirmed=True)["erased"] == 4, "the archive kept silent"
        db.session.remove()


def test_a_clock_that_jumps_deletes_nothing(app: Flask, scene: Scene, set_clock: CLOCK) -> None:
    runner, real = app.test_cli_runner(), clock.now()
    assert runner.invoke(args=["retention"]).exit_code == 0
    for wrong, told in ((-2, "Die Uhr geht nach"), (40, "bestätigen Sie mit --now")):
        set_clock(real + dt.timedelta(days=wrong))
        refused = runner.invoke(args=["retention"])
        assert refused.exit_code != 0
        assert told in refused.output
    confirmed = runner.invoke(args=["retention", "--dry-run", "--now", f"{clock.now():%Y-%m-%d}"])
    assert confirmed.exit_code == 0, confirmed.output
    with app.app_context():
        assert people()[scene.people["ada"]] == "Ada"
        db.session.rollback()
