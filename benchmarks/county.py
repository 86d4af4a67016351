"""Measures the statistics of a county's twenty years: `python -m benchmarks.county [--courses N] [--database sqlite|postgres]`.

The year report by municipality and month, cold and warm, next to the plain SQL `GROUP BY` over the marks of that year and to
DuckDB over the same rows, asked in turns in the same run. *As of a day*: the same report out of the versions that answer questions
about the past, and all that leaves the office.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import sqlalchemy as sa
from flask import Flask

import schema
from auth.actions import add_user
from auth.guard import Viewer
from auth.rules import Role
from benchmarks import figures
from benchmarks.serving import kursbuch
from database import Base, db
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.rules import Mark
from programmes.catalogue.models import Course, Meeting, Municipality, Programme
from programmes.catalogue.report import load_catalogue
from programmes.catalogue.rules import MeetingStatus
from programmes.enrolment.models import Enrolment, EnrolmentChild
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Person
from programmes.statistics.queries import table
from programmes.statistics.rules import Dimension, Question
from tests.tools import machine
from tests.tools.cluster import Cluster

PAGE = Path(__file__).with_name("county.md")
YEARS, PEOPLE, MEETINGS, ADULTS = 20, 50_000, 30, 14
LAST = dt.date(2026, 12, 31)
EVERYTHING_KNOWN = dt.date(2099, 12, 31)  # the same rows, out of the versions
ROUNDS = 7
SQL_AIM, WARM_AIM = 1.0, 300.0  # times the plain SQL; milliseconds
MARKS = (Mark.PRESENT,) * 8 + (Mark.ABSENT_EXCUSED, Mark.ABSENT_UNEXCUSED)
PLAIN = """
SELECT course.municipality_id, {month}, attendance_mark.mark, count(*), sum(attendance_mark.minutes)
  FROM attendance_mark JOIN meeting ON meeting.id = attendance_mark.meeting_id JOIN course ON course.id = meeting.course_id
 WHERE meeting.date BETWEEN '2026-01-01' AND '2026-12-31'
 GROUP BY 1, 2, 3
"""
MONTH = {
    "sqlite": "strftime('%m', meeting.date)",
    "postgresql": "extract(month FROM meeting.date)",
    "duckdb": "month(meeting.date)",
}


def fill(courses: int) -> int:
    """Build the county, the same each time; how many marks it has."""
    rng = random.Random(2004)
    author = add_user("leitung@kursbuch.example", "Lea D.", [Role.LEADER], dt.datetime(2006, 1, 1, tzinfo=dt.UTC)).id
    db.session.commit()
    towns = list(db.session.scalars(sa.select(Municipality.id)))
    keys = {row.key: row.id for row in db.session.scalars(sa.select(Programme))}
    now = dt.datetime(2006, 1, 1, tzinfo=dt.UTC)
    person = Person(
        given_name="P", family_name="", citizenships=[], languages=[], needs=[], name_keys=[], sort_key="", search="",
        entered_at=now,
    )  # fmt: skip
    common = {column.key: getattr(person, column.key) for column in Person.__table__.columns if column.key != "id"}
    common |= {"birth_precision": "day", "is_child": False, "late_resettler": False}
    db.session.rollback()
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():

        def put(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
            for first in range(0, len(rows), 10_000):
                connection.execute(sa.insert(model), rows[first : first + 10_000])

        put(Person, [common | {"id": number, "given_name": f"P{number}"} for number in range(1, PEOPLE + 1)])
        marks = 0
        of_year = courses // YEARS
        for number in range(1, courses + 1):
            year = LAST.year - YEARS + 1 + (number - 1) // of_year
            first = dt.date(year, 1, 5) + dt.timedelta(days=rng.randrange(140))
            days = [first + dt.timedelta(days=7 * week) for week in range(MEETINGS)]
            family = number % 4 == 0
            put(Course, [{
                "id": number, "number": f"K-{number}", "title": "Kurs", "venue": "Rathaus", "language": "Deutsch", "places": 20,
                "programme_id": keys["P02a" if family else "P01a"], "municipality_id": rng.choice(towns), "assumed": [],
                "starts_on": days[0], "ends_on": days[-1],
            }])  # fmt: skip
            put(Meeting, [{
                "id": number * MEETINGS + place, "course_id": number, "date": day, "starts_at": dt.time(9), "ends_at": dt.time(10, 30),
                "minutes": 90, "status": MeetingStatus.HELD, "closed_at": now, "first_closed_at": now,
            } for place, day in enumerate(days)])  # fmt: skip
            people = rng.sample(range(1, PEOPLE + 1), ADULTS)
            places = [number * ADULTS + place for place in range(ADULTS)]
            put(Enrolment, [{
                "id": place, "course_id": number, "person_id": who, "status": EnrolmentStatus.COMPLETED, "applied_at": now,
                "entry_date": days[0], "exit_date": days[-1],
            } for place, who in zip(places, people, strict=True)])  # fmt: skip
            children = rng.sample(range(1, PEOPLE + 1), ADULTS) if family else []
            put(
                EnrolmentChild,
                [
                    {"id": place, "enrolment_id": place, "person_id": who}
                    for place, who in zip(places, children, strict=False)
                ],
            )
            lines = [(place, None) for place in places] + [(place, place) for place in (places if family else ())]
            events, held = [], []
            for meeting in range(number * MEETINGS, number * MEETINGS + MEETINGS):
                for place, child in lines:
                    mark, event = rng.choice(MARKS), str(uuid.UUID(int=rng.getrandbits(128)))
                    who: dict[str, Any] = {
                        "meeting_id": meeting,
                        "enrolment_id": place,
                        "child_id": child,
                        "mark": mark,
                    }
                    events.append(who | {"id": event, "author_id": author, "recorded_at": now, "received_at": now})
                    held.append(who | {"event_id": event, "minutes": 90 if mark is Mark.PRESENT else 0})
            put(MarkEvent, events)
            put(AttendanceMark, held)
            marks += len(held)
    return marks


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def in_duckdb(folder: Path) -> duckdb.DuckDBPyConnection:
    """The same rows in DuckDB."""
    duck = duckdb.connect(str(folder / "county.duckdb"))
    columns = {
        "attendance_mark": "meeting_id, mark, minutes",
        "meeting": "id, course_id, date",
        "course": "id, municipality_id",
    }
    with db.engine.connect() as connection:
        for name, wanted in columns.items():
            with (folder / f"{name}.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(wanted.split(", "))
                writer.writerows(connection.execute(sa.text(f"SELECT {wanted} FROM {name}")))
            duck.execute(f"CREATE TABLE {name} AS FROM read_csv('{folder / name}.csv')")
    return duck


def measure(folder: Path, courses: int) -> str:
    """One database, as a row of the page."""
    app: Flask = kursbuch(folder)
    schema.migrate(app)
    with app.app_context():
        load_catalogue()
        marks = fill(courses)
        kind = db.engine.dialect.name
        question = Question(dt.date(LAST.year, 1, 1), LAST, Dimension.MUNICIPALITY, Dimension.MONTH)
        viewer = Viewer(0, frozenset(Role), LAST, is_office=True)

        def report(known_on: dt.date | None = None) -> None:
            rows, _ = table(viewer, replace(question, known_on=known_on), disclose=False)
            assert rows
            db.session.rollback()

        def plain() -> None:
            with db.engine.connect() as connection:
                connection.execute(sa.text(PLAIN.format(month=MONTH[kind]))).all()

        duck = in_duckdb(folder)
        db.engine.dispose()
        cold = timed(report)
        warm, past, sql, columnar = [], [], [], []
        for _ in range(ROUNDS):
            warm.append(timed(report))
            past.append(timed(lambda: report(EVERYTHING_KNOWN)))
            sql.append(timed(plain))
            columnar.append(timed(lambda: duck.execute(PLAIN.format(month=MONTH["duckdb"])).fetchall()))
        duck.close()
        db.engine.dispose()
    ratio = median(warm) / median(sql)
    kept = "kept" if ratio <= SQL_AIM and median(warm) < WARM_AIM else "**missed**"
    cells = [
        kind,
        f"{marks:,}",
        *(f"{value:.0f}" for value in (cold, median(warm), median(past), median(sql), median(columnar))),
        f"{ratio:.1f}",
        kept,
    ]
    line = "| " + " | ".join(cells) + " |"
    print(line, flush=True)
    return line


@contextmanager
def postgres() -> Iterator[None]:
    """A PostgreSQL of its own, as an office would run it."""
    binaries = machine.postgres_binaries()
    if binaries is None:
        raise RuntimeError("There is no PostgreSQL on this machine")
    cluster = Cluster(binaries, None, durable=True)
    os.environ["DATABASE_URL"] = cluster.url(cluster.create_database())
    try:
        yield
    finally:
        del os.environ["DATABASE_URL"]
        cluster.stop()


def main() -> int:
    """Measure, print, write county.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.county", description=__doc__)
    parser.add_argument("--courses", type=int, default=2000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    asked = parser.parse_args()
    rows, before = [], figures.load()
    for kind in asked.database or ["sqlite", "postgres"]:
        with tempfile.TemporaryDirectory(prefix="kursbuch-county-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            if kind == "postgres":
                with postgres():
                    rows.append(measure(folder, asked.courses))
            else:
                rows.append(measure(folder, asked.courses))
    head = (
        "| Database | Marks | Cold (ms) | Warm (ms) | as of a day (ms) | plain SQL (ms) | DuckDB (ms) | × plain SQL | aim ≤ 1 ×, < 300 ms warm |\n"
        "| --- | --: | --: | --: | --: | --: | --: | --: | --- |"
    )
    PAGE.write_text(
        f"# A county's twenty years\n\n{__doc__}\n{head}\n"
        + "\n".join(rows)
        + f"\n\n{asked.courses} courses of {MEETINGS} meetings. "
        f"Medians of {ROUNDS} rounds. {dt.datetime.now(dt.UTC).date()}. {figures.machine()}.\n"
        f"Load of the machine before and after: {before} and {figures.load()}.\n",
        encoding="utf-8",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
