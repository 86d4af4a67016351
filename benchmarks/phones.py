"""Measures what phones send: `python -m benchmarks.phones [--database sqlite|postgres]`, one after the other by default.

Syncs of 15 marks by 1, 8 and 40 leaders, each next to a bare Flask view that does one equally durable upsert of 15 rows,
behind the same server with the same threads, asked in turns in the same run; 40 leaders within one minute from one address;
and a queue of 500 marks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import sqlalchemy as sa

import clock
import schema
from auth.actions import HASHER, add_user
from auth.guard import Viewer
from auth.rules import Role
from benchmarks import figures
from benchmarks.serving import HOST, Server, kursbuch
from benchmarks.visitor import Answer, Visitor
from database import db
from demo.accounts import PASSWORD, address
from demo.bulk import build_bulk
from programmes.catalogue.models import Course, CourseLeader, Meeting
from programmes.catalogue.report import load_catalogue
from programmes.enrolment.models import Enrolment
from tests.tools import machine
from tests.tools.cluster import Cluster

PAGE = Path(__file__).with_name("phones.md")
LEADERS, MARKS, QUEUE, THREADS = 40, 15, 500, 8
MINUTE, EACH = 60.0, 3  # seconds; syncs of each leader in them
AIM, P95_AIM, QUEUE_AIM = 3.0, 600.0, 10_000.0  # times the bare view; milliseconds; milliseconds
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Group:
    """A leader, today's meeting, and the people in it."""

    key: str
    meeting: int
    people: tuple[int, ...]

    def events(self, count: int) -> list[dict[str, object]]:
        """So many fresh marks."""
        now = clock.now().isoformat()
        return [
            {
                "id": str(uuid.uuid4()), "meeting": self.meeting, "enrolment": self.people[number % len(self.people)],
                "member": None, "mark": "present", "arrived_at": None, "left_at": None, "recorded_at": now,
            }
            for number in range(count)
        ]  # fmt: skip


@dataclass
class Series:
    """How long each answer took, in milliseconds, and how many were none."""

    times: list[float] = field(default_factory=list)
    errors: int = 0

    def add(self, answer: Answer, expected: int) -> None:
        """Count an answer; one that does not say of every mark that it is stored is an error."""
        self.times.append(answer.milliseconds)
        if answer.status != 200 or answer.body.count(b'"stored"') != expected:
            self.errors += 1

    @property
    def slow(self) -> float:
        return quantiles(self.times, n=20)[-1]

    def cells(self) -> tuple[str, str, str]:
        """Median, 95th percentile, errors."""
        return f"{median(self.times):.1f}", f"{self.slow:.1f}", f"{self.errors}"


class Phone(Visitor):
    """A leader's phone, signed in."""

    def __init__(self, port: int, group: Group) -> None:
        super().__init__(HOST, port)
        self.group = group
        self.sign_in(group.key)
        answer = self.get("/attendance/day", Accept="application/json", **{"Accept-Encoding": "identity"})
        self.token = str(json.loads(answer.body)["csrf_token"])

    def sync(self, count: int = MARKS) -> Answer:
        """Send so many marks."""
        return self.deliver(self.group.events(count))

    def deliver(self, events: list[dict[str, object]]) -> Answer:
        """Send these."""
        body = json.dumps({"events": events})
        identity = {"Accept-Encoding": "identity", "X-CSRFToken": self.token, "Accept": "application/json"}
        return self._ask("POST", "/attendance/sync", body, JSON | identity)


class Bare(Visitor):
    """The yardstick's client."""

    def __init__(self, port: int, group: Group) -> None:
        super().__init__(HOST, port)
        self.group = group

    def sync(self, count: int = MARKS) -> Answer:
        """Send so many rows."""
        return self._ask("POST", "/upsert", json.dumps({"events": self.group.events(count)}), JSON)


def build(folder: Path) -> list[Group]:
    """Forty courses, each with its own leader and a meeting today."""
    app = kursbuch(folder)
    schema.migrate(app)
    groups, hashed = [], HASHER.hash(PASSWORD)
    with app.app_context():
        load_catalogue()
        build_bulk(2004, clock.today(), courses=LEADERS, enrolments=LEADERS * 25)
        office = Viewer.office()
        meetings = db.session.execute(
            sa.select(Meeting.id, Course.id)
            .join(Course, Course.id == Meeting.course_id)
            .where(Meeting.date == clock.today(), Meeting.closed_at.is_(None))
            .order_by(Course.id)
        ).all()
        for number, (meeting, course) in enumerate(meetings):
            key = f"telefon-{number:02}"
            user = add_user(address(key), key, [Role.LEADER], clock.now())
            user.password_hash = hashed
            db.session.add(CourseLeader(course_id=course, user_id=user.id))
            people = db.session.scalars(
                sa.select(Enrolment.id)
                .where(Enrolment.course_id == course, Enrolment.entry_date.is_not(None))
                .order_by(Enrolment.id)
                .execution_options(viewer=office)
            )
            groups.append(Group(key, meeting, tuple(people)[:MARKS]))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    assert len(groups) == LEADERS
    return groups


def at_once(clients: Sequence[Phone | Bare], rounds: int, forget: Callable[[], None]) -> Series:
    """All of them send at the same moment, so many times. Between the rounds everything is forgotten, untimed: a roll call
    is taken once, and a person is not marked a hundred times."""
    series = Series()
    with ThreadPoolExecutor(len(clients)) as pool:
        for _ in range(rounds):
            for answer in pool.map(lambda client: client.sync(), clients):
                series.add(answer, MARKS)
            forget()
    return series


def within_a_minute(clients: Sequence[Phone | Bare]) -> Series:
    """Each sends a few times at moments of its own within a minute, as at the end of a morning."""
    series, rng = Series(), random.Random(2004)
    began = time.monotonic()

    def work(client: Phone | Bare, moments: list[float]) -> list[Answer]:
        answers = []
        for moment in moments:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            answers.append(client.sync())
        return answers

    plans = [sorted(rng.uniform(0, MINUTE) for _ in range(EACH)) for _ in clients]
    with ThreadPoolExecutor(len(clients)) as pool:
        for answers in pool.map(work, clients, plans):
            for answer in answers:
                series.add(answer, MARKS)
    return series


def measure(name: str, folder: Path) -> tuple[list[str], bool]:
    """The rows of the table for one database, and whether every aim with a hard limit was met."""
    groups = build(folder)
    rows: list[str] = []
    engine = sa.create_engine(
        os.environ.get("DATABASE_URL", f"sqlite:///{folder / 'kursbuch.sqlite3'}").replace(
            "postgresql:", "postgresql+psycopg:"
        )
    )

    def forget() -> None:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            for table in ("attendance_mark", "mark_event"):
                meetings = ", ".join(str(group.meeting) for group in groups)
                connection.exec_driver_sql(f"DELETE FROM {table} WHERE meeting_id IN ({meetings})")

    with Server("kursbuch", folder, THREADS) as server, Server("bare", folder, THREADS) as yardstick:
        phones = [Phone(server.port, group) for group in groups]
        bares = [Bare(yardstick.port, group) for group in groups]
        for warm in (phones[0], bares[0]):
            at_once([warm], 20, forget)

        def compare(what: str, aim: str, ask: Callable[[Sequence[Phone | Bare]], Series], count: int) -> Series:
            mine, yard = ask(phones[:count]), ask(bares[:count])
            forget()
            ratio = median(mine.times) / median(yard.times)
            cells = " | ".join((*mine.cells(), *yard.cells()[:2]))
            rows.append(f"| {name} | {what} | {cells} | {ratio:.1f} | {aim} |")
            return mine

        one = compare("1 leader", f"≤ {AIM:g} ×", lambda who: at_once(who, 100, forget), 1)
        eight = compare("8 leaders at the same moment", "", lambda who: at_once(who, 20, forget), 8)
        forty = compare("40 leaders at the same moment", "", lambda who: at_once(who, 5, forget), LEADERS)
        minute = compare(
            f"40 leaders, {EACH} syncs each within a minute",
            f"95 % ≤ {P95_AIM:g} ms, no error",
            within_a_minute,
            LEADERS,
        )
        answer = phones[1].sync(QUEUE)
        queue = Series()
        queue.add(answer, QUEUE)
        rows.append(
            f"| {name} | a queue of {QUEUE} marks | {answer.milliseconds:.1f} | | {queue.errors} | | | | ≤ {QUEUE_AIM / 1000:g} s |"
        )
    errors = one.errors + eight.errors + forty.errors + minute.errors + queue.errors
    return rows, not errors and minute.slow <= P95_AIM and answer.milliseconds <= QUEUE_AIM


@contextmanager
def database(kind: str, folder: Path) -> Iterator[None]:
    """DATABASE_URL for both servers: nothing for SQLite, a durable throw-away cluster for PostgreSQL."""
    if kind == "sqlite":
        os.environ.pop("DATABASE_URL", None)
        yield
        return
    binaries = machine.postgres_binaries()
    if binaries is None:
        raise RuntimeError("apt-get install postgresql")
    cluster = Cluster(binaries, folder, durable=True)
    try:
        os.environ["DATABASE_URL"] = cluster.url(cluster.create_database())
        yield
    finally:
        os.environ.pop("DATABASE_URL", None)
        cluster.stop()


HEAD = """| Database | What | Median (ms) | 95 % (ms) | Errors | bare median | bare 95 % | × bare | Aim |
| --- | --- | --: | --: | --: | --: | --: | --: | --- |"""


def main() -> int:
    """Measure, print, write phones.md; 1 when an answer was wrong or a hard limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.phones", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    kinds = parser.parse_args().database or ["sqlite", "postgres"]
    rows, fine, before = [], True, figures.load()
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="kursbuch-phones-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            with database(kind, folder):
                told, kept = measure({"sqlite": "SQLite", "postgres": "PostgreSQL"}[kind], folder)
        rows += told
        fine = fine and kept
    table = "\n".join([HEAD, *rows])
    PAGE.write_text(
        f"# What phones send\n\n{__doc__}\n{table}\n\n{THREADS} threads, one process. {dt.datetime.now(dt.UTC).date()}. "
        f"{figures.machine()}.\nLoad of the machine before and after: {before} and {figures.load()}; client and servers share it.\n",
        encoding="utf-8",
    )
    print(table)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
