"""Measures finding people among 50,000: `python -m benchmarks.people [--people N] [--database sqlite|postgres]`.

An office whose people have the names of the county's communities, all of them in the scope of one coordinator, who types names and
searches: every answer through the real app, one process, one thread, whole names and names just begun, common and rare ones,
some written otherwise. Each of them is asked by somebody whose name it is or nearly is. Then 5,000 rows are imported: the file read,
compared with everybody there, and added.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask

import clock
import schema
from auth.guard import Viewer
from auth.models import User
from auth.rules import Role
from benchmarks import figures
from benchmarks.county import postgres
from benchmarks.serving import HOST, Server, kursbuch
from benchmarks.visitor import Visitor
from database import db
from demo.accounts import address
from demo.bulk import build_bulk
from demo.names import COMMUNITIES
from programmes.catalogue.models import Course
from programmes.catalogue.report import load_catalogue
from programmes.enrolment.lists.actions import take_in
from programmes.enrolment.lists.preview import preview
from programmes.enrolment.lists.reading import read
from programmes.enrolment.lists.rules import Decision, guessed
from programmes.enrolment.models import Enrolment
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import NameSound, Person
from programmes.participants.rules import name_key, name_sounds, sort_key

PAGE = Path(__file__).with_name("people.md")
PEOPLE, OF_A_COURSE, ROUNDS = 50_000, 14, 200
LIMIT = 150.0  # milliseconds, 95 of 100 answers
ROWS, IMPORT_LIMIT = 5_000, 30.0  # of a list; seconds
SEED = 2003
WHO = "koordination-ra"
Told = tuple[str, str, dt.date | None]


def made_up(people: int) -> Iterator[Told]:
    """Given name, family name, birth date: one in ten is not known, one in ten is the stand-in of those who do not know theirs."""
    rng = random.Random(SEED)
    for _ in range(people):
        community = rng.choice(COMMUNITIES)
        woman = rng.random() < 0.6
        given = rng.choice(community.women if woman else community.men).latin
        born = dt.date(rng.randrange(1950, 2008), 1, 1) + dt.timedelta(days=rng.randrange(365))
        told = rng.choice((born,) * 8 + (None, born.replace(day=1, month=1)))
        yield given, community.family(rng)[woman].latin, told


def fill(people: int) -> None:
    """The office, the same each time; 14 people in a course, over twenty years."""
    build_bulk(SEED, clock.today(), courses=2, enrolments=50)
    rng = random.Random(SEED)
    pattern = db.session.execute(sa.select(Course.__table__).limit(1)).mappings().one()
    first = db.session.scalar(sa.text("SELECT max(id) FROM person")) or 0
    now = clock.now()
    courses, persons, sounds, places = [], [], [], []
    for number, (given, family, born) in enumerate(made_up(people)):
        course, place = divmod(number, OF_A_COURSE)
        course += 1000
        if not place:
            start = clock.today() - dt.timedelta(days=rng.randrange(7300))
            courses.append(
                {
                    **pattern,
                    "id": course,
                    "number": f"K-{course}",
                    "starts_on": start,
                    "ends_on": start + dt.timedelta(days=90),
                }
            )
        key = name_key(f"{given} {family}")
        person = first + 1 + number
        persons.append({
            "id": person, "given_name": given, "family_name": family, "birth_date": born, "citizenships": [], "languages": [],
            "needs": [], "name_keys": [key], "sort_key": sort_key(family, given), "search": f"{given} {family} {key}".casefold(), "entered_at": now,
        })  # fmt: skip
        sounds += [{"sound": sound, "person_id": person} for sound in name_sounds([key])]
        places.append({
            "id": 100_000 + number, "course_id": course, "person_id": person, "status": EnrolmentStatus.COMPLETED, "applied_at": now,
            "entry_date": courses[-1]["starts_on"], "exit_date": courses[-1]["ends_on"],
        })  # fmt: skip
    for model, rows in ((Course, courses), (Person, persons), (NameSound, sounds), (Enrolment, places)):
        db.session.connection().execute(sa.insert(model), rows)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        for table in ("course", "person", "enrolment"):
            db.session.execute(
                sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
            )
    db.session.execute(sa.text("ANALYZE"))
    db.session.commit()


def typed() -> Iterator[str]:
    """What the browser asks while names are typed: begun, whole, with an unknown, a whole, and a mistyped day of birth."""
    rng = random.Random(SEED + 1)
    for given, family, born in made_up(ROUNDS // 4):
        day = (born or dt.date(1980, 3, 4)).strftime("%d.%m.%Y")
        letter = rng.randrange(len(family))
        mistyped = family[:letter] + family[letter + 1 :] or family
        for names in ((given, family[:3], ""), (given, family, ""), (family, given, day), (given, mistyped, day[3:])):
            told = zip(("given_name", "family_name", "birth_date"), names, strict=True)
            yield f"/participants/similar?{urlencode(dict(told))}"


def searched() -> Iterator[str]:
    """What is searched for: a name, both names, the beginning of one, somebody who is not there."""
    for given, family, _ in made_up(ROUNDS // 4):
        for text in (family, f"{given} {family}", family[:4], f"{family}xq"):
            yield f"/participants?{urlencode({'q': text})}"


def asked(visitor: Visitor, paths: Iterable[str]) -> list[float]:
    """How long each answer took, in milliseconds."""
    times = []
    for path in paths:
        answer = visitor.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        times.append(answer.milliseconds)
    return times


def taken_in(app: Flask, rows: int) -> tuple[float, int]:
    """Seconds from the file to the people added, and how many were like somebody; each of them is said to be somebody else."""
    names = itertools.islice(made_up(PEOPLE + rows), PEOPLE - rows // 2, PEOPLE + rows // 2)  # half of them are there
    lines = [f"{family};{given};{born.strftime('%d.%m.%Y') if born else ''}" for given, family, born in names]
    data = "\n".join(["Nachname;Vorname;Geburtsdatum", *lines]).encode()
    with app.test_request_context(method="POST"):
        user = db.session.scalars(sa.select(User).where(User.email == address(WHO))).one()
        viewer = Viewer(user.id, frozenset({Role.COORDINATOR}), clock.today())
        started = time.perf_counter()
        sheet = read("list.csv", data)
        heads = dict(enumerate(column for column in guessed(sheet.rows[0][1]) if column))
        shown, _ = preview(viewer, sheet.rows[1:], heads)
        lines_again, _ = preview(viewer, sheet.rows[1:], heads)  # as the page does when it is sent
        asked = {line.number: Decision.OTHER for line in shown if line.is_asked}
        take_in(viewer, lines_again, asked, clock.now())
        db.session.commit()
        return time.perf_counter() - started, len(asked)


def measure(folder: Path, people: int) -> tuple[tuple[float, int], list[tuple[str, list[float]]]]:
    """One database: what each kind of request took."""
    app = kursbuch(folder)
    schema.migrate(app)
    with app.app_context():
        load_catalogue()
        fill(people)
        db.session.remove()
        db.engine.dispose()
    with app.app_context():
        seconds, like = taken_in(app, ROWS)
        db.session.remove()
        db.engine.dispose()
    with Server("kursbuch", folder) as server:
        visitor = Visitor(HOST, server.port)
        visitor.sign_in(WHO)
        if "Vielleicht gibt es diese Person schon" not in visitor.read(next(itertools.islice(typed(), 1, None))):
            raise RuntimeError("Nobody is found while typing")
        if '<th scope="row">' not in visitor.read(next(searched())):
            raise RuntimeError("Nobody is found by searching")
        return (seconds, like), [
            ("while typing", asked(visitor, typed())),
            ("search", asked(visitor, searched())),
            ("list of everybody, a page", asked(visitor, (f"/participants?page={1 + 7 * page}" for page in range(40)))),
        ]


def main() -> int:
    """Measure, print, write people.md; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.people", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    order = parser.parse_args()
    lines, imports, kept, before = [], [], True, figures.load()
    for kind in order.database or ["sqlite", "postgres"]:
        with (
            tempfile.TemporaryDirectory(prefix="kursbuch-people-") as name,
            postgres() if kind == "postgres" else nullcontext(),
        ):
            folder = Path(name)
            folder.chmod(0o755)
            (seconds, like), found = measure(folder, order.people)
            kept = kept and seconds < IMPORT_LIMIT
            imports.append(f"{kind} {seconds:.0f} s ({like:,} of them are like somebody)")
            for what, times in found:
                slow = quantiles(times, n=20)[-1]
                kept = kept and slow < LIMIT
                lines.append(
                    f"| {kind} | {what} | {len(times)} | {median(times):.0f} | {slow:.0f} | {'kept' if slow < LIMIT else '**broken**'} |"
                )
                print(lines[-1], flush=True)
    head = f"| Database | Request | Answers | Median (ms) | 95 % (ms) | limit {LIMIT:.0f} ms |\n| --- | --- | --: | --: | --: | --- |"
    PAGE.write_text(
        f"# Finding people\n\n{__doc__}\n{head}\n" + "\n".join(lines) + f"\n\n{ROWS:,} rows taken in, limit {IMPORT_LIMIT:.0f} s: {', '.join(imports)}.\n\n{order.people:,} people. {dt.datetime.now(dt.UTC).date()}. "
        f"{figures.machine()}.\nLoad of the machine before and after: {before} and {figures.load()}.\n",
        encoding="utf-8",
    )  # fmt: skip
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
