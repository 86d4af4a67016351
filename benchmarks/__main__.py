"""Measures over HTTP, from one kept connection to one worker: `python -m benchmarks [--rounds N]`."""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import figures, office
from benchmarks.figures import Line
from benchmarks.serving import HOST, Server
from benchmarks.visitor import Answer, Visitor, fields_of
from demo.bulk import ROLL_CALL

ROUNDS, WARM_UP = 300, 20
PLANNED, UNIT = 200, 45  # meetings; minutes of a unit
ABOUT = f"""How long people wait for Kursbuch's pages, next to a bare Flask page with one query and a table of 30 rows. An office with
{office.COURSES} courses and {office.ENROLMENTS:,} enrolments on SQLite, all of them in the scope of one coordinator; one process with one
thread answers, as `run.py` serves it; the bare page is served the same way. Each round asks for every page once (the last four
only every tenth time), so that what else the machine does meets all of them alike. Times are what a client sees, from the
first byte sent to the last byte read; pages are compressed as a browser asks for, the bare page never is.

The aim is 3 times the bare page or less. A limit above 3 is what the page keeps today, and says how far it is from there. The
coordinator's home asks how each of 2,500 people stands who are enrolled just now, and has to warn of more than half of them. Planning
200 meetings shall take less than 200 ms."""


@dataclass(frozen=True)
class Page:
    """What is measured; how many times the bare page it may take; in each of so many rounds."""

    name: str
    ask: Callable[[], Answer]
    limit: float | None = None
    every: int = 1


def reading(visitor: Visitor, path: str, expected: str) -> Callable[[], Answer]:
    """Opens a page. Looks once whether it shows what it should, and from then on at the status."""
    if expected not in visitor.read(path):
        raise RuntimeError(f"{path} does not show {expected!r}")

    def ask() -> Answer:
        answer = visitor.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        return answer

    return ask


def recording(leader: Visitor, place: office.Office) -> Callable[[], Answer]:
    """Sends the whole roll call, everybody present, to a meeting of which nothing is recorded yet."""
    form = fields_of(leader.read(place.roll_call))
    marks = [name for name in form if name.startswith("mark-")]
    if len(marks) != ROLL_CALL:
        raise RuntimeError(f"The roll call has {len(marks)} lines")
    form |= {"action": "save"} | dict.fromkeys(marks, "present")

    def ask() -> Answer:
        answer = leader.post(place.roll_call, form)
        if answer.status != 302:
            raise RuntimeError(f"The roll call was not taken: {answer.status}")
        if "Gespeichert" not in leader.read(place.roll_call):  # where the redirect leads; shows its message, untimed
            raise RuntimeError("The roll call does not say that it was saved")
        place.forget_the_roll_call()
        return answer

    return ask


def planning(coordinator: Visitor, place: office.Office) -> Callable[[], Answer]:
    """Asks what a rule of 200 meetings of two units comes to, with all that it clashes with; nothing is saved."""
    path = f"/courses/{place.course}/meetings/new"
    form: dict[str, str | Sequence[str]] = {**fields_of(coordinator.read(path)),
        "starts_at": "18:00", "ends_at": "19:30", "break_minutes": "0", "weekdays": [str(day) for day in range(7)],
        "units": str(-(-place.minutes // UNIT) + 2 * PLANNED), "prolong": "y", "every_weeks": "1", "last": "whole",
    }  # fmt: skip

    shown = coordinator.post(path, form, **{"Accept-Encoding": "identity"})
    if f"{PLANNED} Termine anlegen" not in shown.body.decode():
        raise RuntimeError(f"The preview answers {shown.status}, and not {PLANNED} meetings")

    def ask() -> Answer:
        answer = coordinator.post(path, form)
        if answer.status != 200:
            raise RuntimeError(f"The preview answers {answer.status}")
        return answer

    return ask


def pages(kursbuch: Visitors, bare: Visitor, place: office.Office) -> list[Page]:
    """Everything that is measured; the bare page comes first."""
    leader, coordinator = kursbuch.leader, kursbuch.coordinator
    sheet = f"/meetings/{place.meeting}/signature-sheet.pdf"
    return [
        Page("bare Flask page, 30 rows", reading(bare, "/", "Kurs 30")),
        Page(f"roll call of {ROLL_CALL}, GET", reading(leader, place.roll_call, 'id="row-'), 12),
        Page(f"roll call of {ROLL_CALL}, POST", recording(leader, place), 12),
        Page(f"course list, {office.COURSES} rows", reading(coordinator, "/courses", "Kurs 50"), 14),
        Page("coordinator’s home", reading(coordinator, "/today", "Wiederholt nicht da"), 60),
        Page("leader’s home", reading(leader, "/today", "Anwesenheit erfassen"), 8),
        Page("list of participants, 50 of 4,508", reading(coordinator, "/participants", "/participants/"), every=10),
        Page("statistics by programme", reading(coordinator, "/statistics", "Summe"), every=10),
        Page(f"{PLANNED} meetings planned, preview", planning(coordinator, place), every=10),
        Page("signature sheet, drawn as PDF", lambda: leader.get(sheet), every=10),
    ]


@dataclass(frozen=True)
class Visitors:
    """Two browsers in which somebody has signed in."""

    leader: Visitor
    coordinator: Visitor

    @classmethod
    def of(cls, port: int) -> Visitors:
        """Sign both in."""
        found = cls(Visitor(HOST, port), Visitor(HOST, port))
        found.leader.sign_in("leitung-ra")
        found.coordinator.sign_in("koordination-ra")
        return found


def measure(rounds: int) -> list[Line]:
    """Build the office, start both servers, ask in turns."""
    with tempfile.TemporaryDirectory(prefix="kursbuch-benchmarks-") as name:
        folder = Path(name)
        place = office.build(folder)
        with Server("kursbuch", folder) as kursbuch, Server("bare", folder) as bare:
            measured = [
                (page, Line(page.name, page.limit))
                for page in pages(Visitors.of(kursbuch.port), Visitor(HOST, bare.port), place)
            ]
            gc.disable()  # of the one who asks: the servers collect as ever
            for number in range(WARM_UP + rounds):
                for page, line in measured:
                    if number % page.every:
                        continue
                    answer = page.ask()
                    if number >= WARM_UP:
                        line.times.append(answer.milliseconds)
                        line.bytes_sent = len(answer.body)
    return [line for _, line in measured]


def main() -> int:
    """Measure, print, write figures.md; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"answers of each kind (default {ROUNDS})")
    rounds: int = parser.parse_args().rounds
    before = figures.load()
    lines = measure(rounds)
    bare = lines[0]
    page = figures.page(lines, bare, ABOUT, rounds, (before, figures.load()))
    figures.PAGE.write_text(page, encoding="utf-8")
    print(page)
    return 0 if all(line.within(bare) for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
