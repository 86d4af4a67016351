"""Long tables are made in the background and kept for a day, for whoever asked; what is exported comes back unchanged."""

import csv
import datetime as dt
import errno
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings, strategies as st
from openpyxl.utils.escape import unescape

import jobs
from auth import download
from auth.models import RoleGrant, TraceEntry, User
from database import db
from programmes.catalogue.models import Coordination
from programmes.statistics import export, rules
from programmes.statistics.exports import actions
from programmes.statistics.exports.models import ExportPiece, LongExport
from programmes.statistics.rules import MEASURES, SECRET, Dimension, Head, Question
from tests.statistics.test_figures import CLOCK, NOW, PASSWORD, PERIOD, SETTLED, counted
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION
from tests.tools.page import Page

__all__ = ["counted"]
LATER = NOW + dt.timedelta(minutes=5)
TABLE = f"{PERIOD}&by=course&then=month"


@pytest.fixture
def coordinator(counted: None, client: Client, set_clock: CLOCK) -> Client:
    set_clock(LATER)
    client.sign_in("ra@o.example", PASSWORD)
    return client


def ask(client: Client, table: str = TABLE) -> Page:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("programmes.statistics.queries.LONG", 3)
        page = client.open(f"/statistics?{table}")
        assert "Das wird eine lange Tabelle" in page.main
        assert not page.rows
        assert client.fetch(f"/statistics/export.csv?{table}").status_code == 409
        client.open(f"/statistics?{table}")
        return client.submit(button="Im Hintergrund erstellen")


def at_once(client: Client, table: str = TABLE, kind: str = "csv") -> bytes:
    return client.fetch(f"/statistics/export.{kind}?{table}").data


def acts(app: Flask) -> list[tuple[str, int | None]]:
    with app.app_context():
        lines = db.session.execute(sa.select(TraceEntry.act, TraceEntry.rows).order_by(TraceEntry.id))
        return [(act, rows) for act, rows in lines if act.startswith("export ")]


def nothing_is_left(app: Flask) -> bool:
    with app.app_context():
        return not any(
            db.session.scalars(sa.select(entity.id).execution_options(viewer="test")).all()
            for entity in (LongExport, ExportPiece)
        )


def cells_of(data: bytes) -> list[list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [list(sheet.iter_rows(values_only=True)) for sheet in book]


@pytest.mark.few_on_postgres("rows", ["by=month&then=course"])
@pytest.mark.parametrize("rows", ["by=course&then=month", "by=month&then=course", "by=sex&then=month"])
def test_portion_by_portion_the_files_are_those_of_the_page(
    app: Flask, coordinator: Client, monkeypatch: pytest.MonkeyPatch, rows: str
) -> None:
    monkeypatch.setattr(actions, "PORTION", 1)
    monkeypatch.setattr(actions, "PIECE", 1000)
    table = f"{PERIOD}&{rows}"
    workbook, lines = cells_of(at_once(coordinator, table, "xlsx")), at_once(coordinator, table).count(b"\n") - 2
    page = ask(coordinator, table)
    steps = (2 if "course" in rows else 1) + 2
    assert page.h1 == "Export wird erstellt"
    assert f"0 von {steps}" in page.main
    assert coordinator.fetch(f"{page.address}/table.csv").status_code == 404, "there is nothing yet"
    assert jobs.work_off(app) == steps + 1, "the last one waits for the end of the day"
    page = coordinator.open(page.address)
    assert (page.h1, f"{lines} Zeilen und die Summe" in page.main) == ("Export ist fertig", True)
    answer = coordinator.fetch(page.links["XLSX mit Definitionen"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert cells_of(answer.data) == workbook
    assert coordinator.fetch(page.links["CSV"]).data == at_once(coordinator, table)
    made = [("export made", lines), ("export statistics.xlsx", lines), ("export statistics.csv", lines)]
    assert acts(app)[2:5] == made


def test_what_is_to_be_passed_on_is_as_rounded_as_on_the_page(
    app: Flask, counted: None, client: Client, set_clock: CLOCK
) -> None:
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    page = ask(client)
    jobs.work_off(app)
    lines = client.fetch(f"{page.address}/table.csv").data
    assert lines == at_once(client)
    assert SECRET.sign.encode() in lines


def test_it_counts_what_was_known_when_it_was_asked(
    app: Flask, coordinator: Client, transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the total, counted last, would not fit the rows counted first."""
    monkeypatch.setattr(actions, "PORTION", 1)
    before = at_once(coordinator)
    page = ask(coordinator)
    jobs.work_off(app, 2)
    with transaction() as session:
        session.execute(sa.text("UPDATE meeting SET minutes = 45"))
    jobs.work_off(app)
    assert at_once(coordinator) != before
    assert coordinator.fetch(f"{page.address}/table.csv").data == before


def test_a_day_later_it_is_gone(app: Flask, coordinator: Client, set_clock: CLOCK) -> None:
    page = ask(coordinator)
    jobs.work_off(app)
    assert "Export von 20.03.2026" in coordinator.open("/statistics").main
    set_clock(LATER + dt.timedelta(hours=23, minutes=59))
    coordinator.sign_in("ra@o.example", PASSWORD)
    assert coordinator.fetch(f"{page.address}/table.csv").status_code == 200
    assert jobs.work_off(app) == 0
    set_clock(LATER + dt.timedelta(hours=24))
    for path in ("", "/table.csv", "/table.xlsx"):
        assert coordinator.fetch(page.address + path).status_code == 404, "whether or not it has been deleted yet"
    assert "Export von" not in coordinator.open("/statistics").main
    assert not nothing_is_left(app)
    jobs.work_off(app)
    assert nothing_is_left(app)


def test_nobody_else_finds_it_and_who_lost_role_or_scope_neither(
    app: Flask, coordinator: Client, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    page = ask(coordinator)
    jobs.work_off(app)
    paths = [page.address + path for path in ("", "/table.csv", "/table.xlsx")]
    for email in ("il@o.example", "eva@o.example", "le@o.example"):
        other = new_client()
        other.sign_in(email, PASSWORD)
        assert {other.fetch(path).status_code for path in paths} == {404}
        assert other.post(f"{page.address}/discard").status_code == 404
    with transaction() as session:
        scopes = session.scalars(sa.select(Coordination).join(User).where(User.email == "ra@o.example")).all()
        session.delete(scopes[0])
    assert {coordinator.fetch(path).status_code for path in paths} == {404}
    assert "Export von" not in coordinator.open("/statistics").main
    with transaction() as session:
        session.execute(sa.delete(RoleGrant).where(RoleGrant.user_id == scopes[0].user_id))
    assert {coordinator.fetch(path).status_code for path in paths} == {404}


def test_for_who_may_not_any_more_nothing_is_made(app: Flask, coordinator: Client, transaction: TRANSACTION) -> None:
    ask(coordinator)
    with transaction() as session:
        session.execute(sa.update(User).where(User.email == "ra@o.example").values(active=False))
    jobs.work_off(app)
    assert nothing_is_left(app)


def test_it_can_be_discarded(app: Flask, coordinator: Client) -> None:
    ask(coordinator)
    jobs.work_off(app, 2)
    coordinator.submit(button="Abbrechen")
    assert nothing_is_left(app)
    jobs.work_off(app)
    assert nothing_is_left(app)


def test_a_step_that_is_lost_is_done_again_and_doubles_nothing(
    app: Flask, coordinator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process is killed after everything of a step is written and before it is committed."""
    monkeypatch.setattr(actions, "PORTION", 1)
    before = at_once(coordinator)
    page = ask(coordinator)
    store = jobs.STEPS[actions.KIND]

    def killed(*arguments: object) -> bool:
        store(*arguments)
        raise SystemExit

    for _ in range(4):
        with monkeypatch.context() as broken:
            broken.setitem(jobs.STEPS, actions.KIND, killed)
            with pytest.raises(SystemExit):
                jobs.work_off(app, 2)
        assert jobs.work_off(app, 1) == 1
    assert coordinator.fetch(f"{page.address}/table.csv").data == before
    assert [act for act, _ in acts(app)].count("export made") == 1


def test_a_full_disk_is_called_so(
    app: Flask, coordinator: Client, monkeypatch: pytest.MonkeyPatch, set_clock: CLOCK
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    page = ask(coordinator)
    with monkeypatch.context() as broken:
        broken.setattr(actions, "as_xlsx", full)
        for tries in range(jobs.MOST_FAILURES):
            set_clock(LATER + dt.timedelta(minutes=tries))
            jobs.work_off(app)
    failed = coordinator.open(page.address)
    assert (failed.h1, "Der Speicher des Servers ist voll" in failed.main) == ("Export ist gescheitert", True)
    jobs.work_off(app)
    set_clock(LATER + dt.timedelta(hours=24))
    jobs.work_off(app)
    assert nothing_is_left(app), "what it had made so far is deleted like everything else"
    monkeypatch.setattr("programmes.statistics.views.as_xlsx", full)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    coordinator.sign_in("ra@o.example", PASSWORD)
    assert "Der Speicher des Servers ist voll" in coordinator.open(f"/statistics/export.xlsx?{TABLE}", status=507).main


def test_who_leaves_halfway_leaves_nothing_open(
    app: Flask, coordinator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_file, files = download.new_file, []

    @contextmanager
    def watched() -> Iterator[IO[bytes]]:
        with new_file() as file:
            files.append(file)
            yield file

    page = ask(coordinator)
    jobs.work_off(app)
    monkeypatch.setattr(download, "PIECE", 100)
    monkeypatch.setattr("programmes.statistics.exports.views.new_file", watched)
    with coordinator.fetch(f"{page.address}/table.xlsx") as answer:
        assert len(next(answer.iter_encoded())) == 100
    assert [file.closed for file in files] == [True]
    with app.app_context():
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert coordinator.fetch(f"{page.address}/table.xlsx").status_code == 200, "it can be fetched again"


@given(
    st.builds(
        Question, st.dates(), st.dates(), st.sampled_from(Dimension), st.none() | st.sampled_from(Dimension),
        course_id=st.none() | st.integers(), language=st.none() | st.text(), known_on=st.none() | st.dates(),
        asked_at=st.none() | st.datetimes(timezones=st.just(dt.UTC)), courses=st.none() | st.lists(st.integers()),
    )
)  # fmt: skip
def test_a_kept_question_is_the_same_question(question: Question) -> None:
    assert Question.of(json.loads(json.dumps(question.kept()))) == question


# What a name can be: everything but NUL and halves of characters, which no form takes.
TRICKY = st.sampled_from(
    ["=1+1", "'", "''=A1", '"', "\t=", "\n-", "＝cmd", "\u200f@x", "ش", "🧑‍🏫", "a;b", "1,5", "007", "<r>", "</r>", "<b>&amp;", "_x0041_", " ", "\ufeff+", "2026-01-01", "https://x", "{=1}"]
)  # fmt: skip
NAMES = st.lists(TRICKY | st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs", "Cc"]), max_size=9), min_size=1, max_size=4).map("".join)  # fmt: skip
FIGURES = st.lists(
    st.integers(0, 10**7) | st.sampled_from(["x", "·", "–"]) | st.integers(0, 1000).map(lambda tenths: tenths / 10),
    min_size=len(MEASURES), max_size=len(MEASURES),
)  # fmt: skip
YEAR = Question(dt.date(2026, 1, 1), dt.date(2026, 12, 31), Dimension.COURSE)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.lists(NAMES, min_size=2, max_size=2), FIGURES), min_size=1, max_size=5))
def test_csv_imports_back_unchanged(lines: list[export.Line]) -> None:
    data = export.csv_lines(lines, YEAR, YEAR.last)
    assert list(export.read_lines(data, YEAR)) == lines
    for row in csv.reader(io.StringIO(data.decode(), newline=""), delimiter=";"):
        assert not any(cell[:1] in rules.FORMULA_STARTS for cell in row if cell)


@settings(max_examples=20)
@given(st.lists(NAMES, min_size=1))
def test_xlsx_imports_back_unchanged(names: list[str]) -> None:
    file, figures = io.BytesIO(), dict.fromkeys(export.KEYS, 7)
    lines = [export.line([Head(name, name[::-1])], figures) for name in names]
    sheet = export.Sheet("Anwesenheit", ["Kurs"], "Kürzel", lines, len(lines), export.KEYS, list(zip(names, names, strict=True)), "Definitionen")  # fmt: skip
    export.as_xlsx(sheet, file)
    book = openpyxl.load_workbook(file)
    rows = list(book["Anwesenheit"].iter_rows(min_row=2))
    assert [unescape(str(row[0].value)) for row in rows] == names  # as spreadsheets read it: _x005F_ is an underscore
    assert [unescape(str(row[1].value)) for row in rows] == [name[::-1] for name in names]
    assert {row[2].value for row in rows} == {7}
    assert not any(cell.data_type == "f" for row in rows for cell in row)
    assert [unescape(str(row[1].value)) for row in book["Definitionen"].iter_rows()] == names
