"""Measures long exports: `python -m benchmarks.exports`.

Drawing: 100,000 rows as CSV beside the csv module alone, and as XLSX beside XlsxWriter alone in its constant-memory mode, in turns.
Both alone are handed what goes into the cells; ours is handed the rows of the table. Memory: the whole of the work in the background,
counting replaced by rows made up, each in a process of its own. Growth: all courses by month over twenty years, really counted, of a
county and of ten. Meanwhile: a browser at a real server while the larger of these is made; then readers who leave halfway.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from flask import Flask
from flask_babel import force_locale

import clock
import jobs
import schema
from auth.actions import HASHER, add_user
from auth.guard import Viewer
from auth.models import User
from auth.rules import Role
from benchmarks import figures
from benchmarks.county import MEETINGS, YEARS, fill, timed
from benchmarks.serving import HOST, LONGEST_START, ROOT, kursbuch
from benchmarks.visitor import Visitor, fields_of
from database import db
from demo.accounts import PASSWORD, address
from programmes.catalogue.models import Coordination, Course, Municipality, Programme
from programmes.catalogue.report import load_catalogue
from programmes.statistics.export import as_xlsx, csv_head, csv_lines, line, read_lines
from programmes.statistics.exports import actions, queries
from programmes.statistics.exports.models import Content
from programmes.statistics.rules import FIGURE, MEASURES, Dimension, Head, MeasureKind, Question, Row, rate
from programmes.statistics.sheet import sheet
from programmes.statistics.sums import Figures, Sums

PAGE = Path(__file__).with_name("exports.md")
ROWS, MONTHS, ROUNDS = 100_000, 50, 3
CSV_AIM, XLSX_AIM, PAGE_AIM = 2.0, 1.5, 1000.0  # times the bare libraries; milliseconds
WHO_ASKS, WHO_READS = "koordination-ra", "koordination-dreieich"
WHOLE = Question(dt.date(2007, 1, 1), dt.date(2026, 12, 31), Dimension.COURSE, Dimension.MONTH)


def made_up(first: int, rows: int) -> list[Row]:
    """Rows of a table, no two alike: a course in each of fifty months."""
    found = []
    for number in range(first, first + rows):
        course, month = divmod(number, MONTHS)
        heads = (
            Head(f"K-{course:05d}", f"Deutsch für den Alltag, Gruppe {course}", course_id=course),
            Head(f"{2007 + month // 12}-{month % 12 + 1:02d}", f"{2007 + month // 12}-{month % 12 + 1:02d}"),
        )
        values: dict[str, FIGURE] = {
            measure.key: rate(number % 997, 997) if measure.kind is MeasureKind.RATE else number % 89 * place
            for place, measure in enumerate(MEASURES)
        }
        found.append(Row(heads, values))
    return found


def drawing() -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of each round: ours and the library alone, for both kinds of file."""
    table, portion = made_up(0, ROWS), actions.PORTION * MONTHS
    cells = [(*words, *values) for words, values in (line(row.heads, row.figures) for row in table)]
    pieces: list[bytes] = []

    def our_csv() -> None:
        pieces.clear()
        with tempfile.TemporaryFile() as file:
            file.write(csv_head(WHOLE))
            for first in range(0, ROWS, portion):
                lines = (line(row.heads, row.figures) for row in table[first : first + portion])
                pieces.append(csv_lines(lines, WHOLE, WHOLE.last))
                file.write(pieces[-1])

    def bare_csv() -> None:
        with tempfile.TemporaryFile("w", newline="") as file:
            csv.writer(file, delimiter=";").writerows(
                (*row[:4], "2007-01-01", "2026-12-31", "2026-12-31", *row[4:]) for row in cells
            )

    def our_xlsx() -> None:
        lines = (one for piece in pieces for one in read_lines(piece, WHOLE))
        with tempfile.TemporaryFile() as file:
            as_xlsx(sheet(WHOLE, lines, ROWS, as_of=WHOLE.last, disclose=False), file)

    def bare_xlsx() -> None:
        with tempfile.TemporaryFile() as file:
            book = xlsxwriter.Workbook(file, {"constant_memory": True})
            page = book.add_worksheet()
            for number, row in enumerate(cells):
                for column, value in enumerate(row):
                    (page.write_string if isinstance(value, str) else page.write_number)(number, column, value)
            book.close()

    taken: dict[str, tuple[list[float], list[float]]] = {"CSV": ([], []), "XLSX": ([], [])}
    for _ in range(ROUNDS):
        for kind, works in (("CSV", (our_csv, bare_csv)), ("XLSX", (our_xlsx, bare_xlsx))):
            for place, work in enumerate(works):
                taken[kind][place].append(timed(work))
    return taken


def coordinator() -> Viewer:
    """Somebody whose scope is the whole county, and with them somebody who coordinates a town."""
    email = address(WHO_ASKS)
    user_id = db.session.scalar(sa.select(User.id).where(User.email == email))
    if user_id is None:
        user, other = (add_user(address(key), key, [Role.COORDINATOR], clock.now()) for key in (WHO_ASKS, WHO_READS))
        user.password_hash = other.password_hash = HASHER.hash(PASSWORD)  # the demo's is too short for a new one
        parents = db.session.scalars(sa.select(Programme.id).where(Programme.parent_id.is_(None))).all()
        db.session.add_all(Coordination(user_id=user.id, programme_id=programme) for programme in parents)
        town = db.session.scalars(sa.select(Course.municipality_id).order_by(Course.id.desc())).first()
        db.session.add(Coordination(user_id=other.id, municipality_id=town))
        db.session.commit()
        user_id = user.id
    return Viewer(user_id, frozenset({Role.COORDINATOR}), clock.today())


def peak() -> float:
    """Megabytes that this process has had at most. `getrusage` would tell those of the process that started it."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def exported(app: Flask) -> dict[str, float]:
    """Make an export as the worker does, and fetch both files; how long it took, and what it needed."""
    with app.app_context():
        found = actions.start(coordinator(), WHOLE, disclose=False, language="de")
        export_id, steps = found.id, found.job.total
        db.session.commit()
    before, store, held = peak(), jobs.STEPS[actions.KIND], []

    def watched(*arguments: Any) -> bool:
        started = time.perf_counter()
        more = store(*arguments)
        held.append(time.perf_counter() - started)
        return more

    jobs.STEPS[actions.KIND] = watched
    taken = [timed(lambda: jobs.work_off(app, 1)) / 1000 for _ in range(steps)]
    with app.app_context():
        who = coordinator()
        found = queries.own_export(who, export_id, clock.now())
        sizes = {kind: sum(map(len, queries.pieces(who, found, kind))) / 1e6 for kind in Content}
        return {
            "courses": len(found.question.courses or ()), "rows": found.rows, "steps": steps, "before": before, "peak": peak(),
            "counting": sum(taken[:-2]), "total": taken[-2], "xlsx": taken[-1], "longest": max(taken), "held": max(held),
            "csv_size": sizes[Content.CSV], "xlsx_size": sizes[Content.XLSX],
        }  # fmt: skip


def of_made_up_rows(folder: Path, rows: int) -> dict[str, float]:
    """The work in the background with rows made up instead of counted."""

    def rows_of(sums: Sums, *, disclose: bool) -> tuple[list[Row], list[Figures]]:
        courses = sums.question.courses or ()
        return made_up(min(courses, default=0) * MONTHS, len(courses) * MONTHS), []

    actions.rows_of = rows_of
    app = kursbuch(folder)
    schema.migrate(app)
    with app.app_context():
        load_catalogue()
        town = db.session.scalars(sa.select(Municipality.id)).first()
        programme = db.session.scalars(sa.select(Programme.id).where(Programme.key == "P01a")).one()
        db.session.rollback()
        day = dt.date(2026, 1, 1)
        db.session.execute(sa.insert(Course), [{
            "number": f"K-{number:05d}", "title": "Kurs", "venue": "Rathaus", "language": "Deutsch", "places": 20,
            "programme_id": programme, "municipality_id": town, "assumed": [], "starts_on": day, "ends_on": day,
        } for number in range(rows // MONTHS)])  # fmt: skip
        db.session.commit()
    return exported(app)


def filled(folder: Path, courses: int) -> dict[str, float]:
    """The county, built."""
    app = kursbuch(folder)
    schema.migrate(app)
    with app.app_context():
        load_catalogue()
        marks = fill(courses)
        coordinator()
    return {"marks": marks}


def counted(folder: Path) -> dict[str, float]:
    """An export of the county that lies in this folder."""
    return exported(kursbuch(folder))


def alone(what: str, folder: Path, number: int) -> dict[str, float]:
    """One of these in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.exports",
        "--only",
        what,
        "--folder",
        str(folder),
        "--number",
        str(number),
    ]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    print(what, number, found, flush=True)
    return found


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """`python run.py` on this database: its port, its process, its log."""
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
    log = folder / "server.log"
    environment = os.environ | {"DEMO": "1", "INSTANCE": str(folder), "PORT": str(port)}
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=file, stderr=file)
    try:
        give_up = time.monotonic() + LONGEST_START
        while time.monotonic() < give_up:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid, log
    finally:
        process.terminate()
        process.wait()


def pages(visitor: Visitor) -> list[tuple[str, Callable[[], float]]]:
    """What somebody else does meanwhile; the last one writes."""
    arguments = "first=2026-01-01&last=2026-03-31&by=programme"
    fields = fields_of(visitor.read(f"/statistics?{arguments}"))
    keep = {"csrf_token": fields["csrf_token"], "name": "Frage"}

    def get(path: str) -> Callable[[], float]:
        def ask() -> float:
            answer = visitor.get(path)
            assert answer.status == 200, (path, answer.status)
            return answer.milliseconds

        return ask

    def post() -> float:
        answer = visitor.post(f"/statistics/saved?{arguments}", keep)
        assert answer.status == 302, answer.status
        return answer.milliseconds

    return [
        ("first page, GET", get("/today")),
        ("a course, GET", get("/courses/800")),
        ("participants, GET", get("/participants")),
        ("statistics of a year, GET", get("/statistics?first=2026-01-01&last=2026-12-31&by=programme")),
        ("bodies and programmes, GET", get("/programmes")),
        ("keep a question, POST", post),
    ]


def meanwhile(folder: Path) -> tuple[list[tuple[str, float, float]], float, int, int]:
    """For each page the slowest of 20 in 100 answers, at rest and during an export (95 %); how long that took; what readers who
    leave halfway left open, and errors in the log."""
    with server(folder) as (port, pid, log):
        visitor, asks = Visitor(HOST, port), Visitor(HOST, port)
        visitor.sign_in(WHO_READS)
        asks.sign_in(WHO_ASKS)
        others = pages(visitor)
        rest = {name: [ask() for _ in range(22)][2:] for name, ask in others}
        period = f"first={WHOLE.first}&last={WHOLE.last}&by=course&then=month"
        token = fields_of(asks.read(f"/statistics?{period}"))["csrf_token"]
        started = time.perf_counter()
        place = asks.post(f"/statistics/exports?{period}", {"csrf_token": token}).headers["Location"]
        busy: dict[str, list[float]] = {name: [] for name, _ in others}
        while "fertig</h1>" not in asks.read(place):
            for name, ask in others:
                busy[name].append(ask())
        taken = time.perf_counter() - started
        found = [(name, quantiles(rest[name], n=20)[-1], quantiles(busy[name], n=20)[-1]) for name, _ in others]
        found.append((f"all of them, {sum(map(len, busy.values()))} answers", _p95(rest), _p95(busy)))
        return found, taken, left_open(asks, port, pid, place), log.read_text().count("ERROR")


def _p95(times: dict[str, list[float]]) -> float:
    return quantiles([one for some in times.values() for one in some], n=20)[-1]


def left_open(visitor: Visitor, port: int, pid: int, place: str, readers: int = 20) -> int:
    """How many more files and sockets the server has open after so many readers have left in the middle of a file."""
    descriptors = Path(f"/proc/{pid}/fd")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in visitor.cookies.items())

    def leave() -> None:
        connection = http.client.HTTPConnection(HOST, port)
        connection.request("GET", f"{place}/table.csv", headers={"Cookie": cookies, "Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read(1000)
        connection.close()

    leave()
    time.sleep(2)
    before = len(list(descriptors.iterdir()))
    for _ in range(readers):
        leave()
    time.sleep(3)
    assert visitor.get(f"{place}/table.csv").status == 200
    return len(list(descriptors.iterdir())) - before


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown; numbers stand on the right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def page(before: str) -> str:
    """Measure everything, and say what came out."""
    with (
        tempfile.TemporaryDirectory(prefix="kursbuch-exports-") as name,
        kursbuch(Path(name)).app_context(),
        force_locale("de"),
    ):
        drawn = drawing()
    print(drawn, flush=True)
    lines = []
    for (kind, (ours, bare)), aim in zip(drawn.items(), (CSV_AIM, XLSX_AIM), strict=True):
        ratio = median(ours) / median(bare)
        kept = "kept" if ratio <= aim else "**missed**"
        lines.append(
            [kind, f"{median(ours) / 1000:.1f}", f"{median(bare) / 1000:.1f}", f"{ratio:.2f}", f"≤ {aim:g} ×, {kept}"]
        )
    with tempfile.TemporaryDirectory(prefix="kursbuch-exports-") as name:
        folders = [Path(name) / part for part in ("few", "many", "county", "ten")]
        for folder in folders:
            folder.mkdir()
        memory = [alone("memory", folder, rows) for folder, rows in zip(folders, (ROWS // 10, ROWS), strict=False)]
        marks = [
            alone("fill", folder, courses)["marks"] for folder, courses in zip(folders[2:], (80, 800), strict=True)
        ]
        growth = [alone("count", folder, 0) for folder in folders[2:]]
        others, taken, left, errors = meanwhile(folders[3])
    slowest = max(busy for _, _, busy in others)
    of_memory = [[f"{one['rows']:,.0f}", f"{one['before']:.0f}", f"{one['peak']:.0f}", f"{one['csv_size']:.1f}", f"{one['xlsx_size']:.1f}"] for one in memory]  # fmt: skip
    of_growth = [
        [f"{one['courses']:,.0f}", f"{of:,.0f}", f"{one['rows']:,.0f}", *(f"{one[key]:.1f}" for key in ("counting", "total", "xlsx", "longest")), f"{one['held'] * 1000:.0f}", f"{one['peak']:.0f}"]
        for one, of in zip(growth, marks, strict=True)
    ]  # fmt: skip
    whole = [one["counting"] + one["total"] + one["xlsx"] for one in growth]
    return f"""# Long exports

{__doc__}
## Drawing {ROWS:,} rows of {4 + len(MEASURES)} columns

{table(("File", "ours (s)", "library alone (s)", "×", "aim"), lines)}

Medians of {ROUNDS} rounds.

## Memory

{table(("Rows", "before (MB)", "at most (MB)", "CSV (MB)", "XLSX (MB)"), of_memory)}

The whole process, SQLite, both files made, stored and read again.

## Ten times the data

{table(("Courses", "Marks", "Rows", "counting (s)", "total (s)", "XLSX (s)", "longest step (s)", "write lock at most (ms)", "memory at most (MB)"), of_growth)}

{growth[1]["rows"] / growth[0]["rows"]:.1f} times the rows take {whole[1] / whole[0]:.1f} times as long.

## Other pages meanwhile

{table(("Page", "95 % at rest (ms)", "95 % during the export (ms)"), [[name, f"{rest:.0f}", f"{busy:.0f}"] for name, rest, busy in others])}

`python run.py`, 8 threads, with the county of {int(growth[1]["courses"]):,} courses, read by a coordinator of one town; the export took {taken:.0f} s. Aim: 95 % under 1 s, {"kept" if slowest < PAGE_AIM else "**missed**"}.
20 readers who left in the middle of the file left {left} files or connections open; {errors} errors in the log.

SQLite, {YEARS} years, courses of {MEETINGS} meetings. {dt.datetime.now(dt.UTC).date()}. {figures.machine()}.
Load of the machine before and after: {before} and {figures.load()}.
"""


def main() -> int:
    """Measure, print, write exports.md; or measure one thing in this process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exports", description=__doc__)
    parser.add_argument("--only", choices=("memory", "fill", "count"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--number", type=int, default=0)
    asked = parser.parse_args()
    if asked.only:
        works = {"memory": of_made_up_rows, "fill": filled, "count": lambda folder, _: counted(folder)}
        print(json.dumps(works[asked.only](asked.folder, asked.number)))
        return 0
    text = page(figures.load())
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
