"""What happens to marks on the day it goes wrong: `python -m benchmarks.faults [--kills N] [--syncs N]`.

A real server (`python run.py`) takes syncs of 15 marks from four phones that behave as ours do: they keep an event until it
has a final answer, and send it again otherwise. Meanwhile the server is killed (SIGKILL) and started again, its disk is
full, its database locked (read-only: tests/attendance/test_phone.py). In the end every event must be in the database once.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks import figures
from benchmarks.phones import MARKS, Group, Phone, build
from benchmarks.serving import HOST, ROOT

PAGE = ROOT / "docs" / "faults.md"
PHONES = 4
FULL = 128 * 1024 * 1024  # bytes of the file system that fills up
MOST_TRIES = 300
FINAL = {"stored", "duplicate"}
UNAVAILABLE = 503


class Running:
    """`python run.py` on a fixed port, which can be killed and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port, self.starts = folder, port, 0
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start, and wait until it is ready."""
        environment = {
            "DEMO": "1", "INSTANCE": str(self.folder), "HOST": HOST, "PORT": str(self.port), "PATH": os.environ["PATH"],
        }  # fmt: skip
        with (self.folder.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            try:
                connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    self.starts += 1
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError("The server does not start again")

    def kill(self) -> None:
        """At once, without a last word."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


@dataclass
class Queue:
    """A phone: what it has recorded, what it has not yet got a final answer for, and what it was told."""

    phone: Phone
    recorded: set[str] = field(default_factory=set)
    waiting: list[dict[str, object]] = field(default_factory=list)
    told: dict[int, int] = field(default_factory=dict)
    retry_after: int = 0
    refused: int = 0

    def record(self) -> None:
        """Fifteen fresh marks."""
        fresh = self.phone.group.events(MARKS)
        self.recorded |= {str(event["id"]) for event in fresh}
        self.waiting += fresh

    def send(self) -> bool:
        """Try once; whether nothing is waiting any more."""
        if not self.waiting:
            return True
        try:
            answer = self.phone.deliver(self.waiting[:500])
        except (OSError, http.client.HTTPException):
            self.phone.connection.close()
            self.told[0] = self.told.get(0, 0) + 1
            return False
        self.told[answer.status] = self.told.get(answer.status, 0) + 1
        if answer.status == UNAVAILABLE:
            self.retry_after += answer.headers.get("Retry-After") is not None
        if answer.status != 200:
            return False
        results = json.loads(answer.body)["results"]
        final = {one["id"] for one in results if one["status"] in FINAL}
        self.refused += sum(one["status"] not in FINAL for one in results)
        self.waiting = [event for event in self.waiting if event["id"] not in final]
        return not self.waiting


def work(queue: Queue, syncs: int, until: threading.Event) -> None:
    """Record and send so many times, as long as it takes."""
    for _ in range(syncs):
        queue.record()
        while not queue.send():
            if until.is_set():
                return
            time.sleep(0.05)


def losses(database: Path, queues: list[Queue]) -> tuple[int, int, int]:
    """How many events were recorded, are not there, and are there more than once; the database itself is sound."""
    connection = sqlite3.connect(database)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stored = [row[0] for row in connection.execute("SELECT id FROM mark_event WHERE source = 'phone'")]
    doubled = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM attendance_mark WHERE child_id IS NULL GROUP BY meeting_id, enrolment_id HAVING count(*) > 1)"
    ).fetchone()[0]
    connection.close()
    recorded = set().union(*(queue.recorded for queue in queues))
    return len(recorded), len(recorded - set(stored)), len(stored) - len(set(stored)) + doubled


def kills(folder: Path, groups: list[Group], port: int, count: int, syncs: int) -> tuple[list[str], bool]:
    """SIGKILL at random moments during so many syncs."""
    with Running(folder, port) as server:
        return _kills(server, groups, count, syncs)


def _kills(server: Running, groups: list[Group], count: int, syncs: int) -> tuple[list[str], bool]:
    folder, port = server.folder, server.port
    queues = [Queue(Phone(port, group)) for group in groups[:PHONES]]
    stop, rng = threading.Event(), random.Random(2004)
    threads = [threading.Thread(target=work, args=(queue, syncs // PHONES, stop)) for queue in queues]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    killed = 0
    while any(thread.is_alive() for thread in threads):
        if killed < count:
            time.sleep(rng.uniform(0.02, 0.5))
            server.kill()
            killed += 1
            server.start()
        else:
            time.sleep(0.1)
    seconds = time.monotonic() - began
    server.kill()
    recorded, lost, doubled = losses(folder / "kursbuch.sqlite3", queues)
    answers = {status: sum(queue.told.get(status, 0) for queue in queues) for queue in queues for status in queue.told}
    return [
        f"| `kill -9`, {killed} times during {syncs} syncs | {recorded} | {lost} | {doubled} | {_told(answers)} | {seconds:.0f} s |"
    ], killed >= count and not lost and not doubled


def _told(answers: dict[int, int]) -> str:
    return ", ".join(f"{count} × {status or 'no answer'}" for status, count in sorted(answers.items()))


def interrupted(
    name: str, folder: Path, queue: Queue, fault: Callable[[], object], cure: Callable[[], object]
) -> tuple[str, bool]:
    """Bring a fault about, record and send meanwhile, cure it, and see everything arrive."""
    queue.told.clear()
    queue.retry_after, before = 0, len(queue.recorded)
    fault()
    for _ in range(MOST_TRIES):  # a full disk may hold a few more marks: the log has room of its own
        queue.record()
        if not queue.send():
            break
    for _ in range(2):
        queue.record()
        queue.send()
    told, kept, polite = dict(queue.told), len(queue.waiting), queue.retry_after
    cure()
    give_up = time.monotonic() + 30
    while not queue.send() and time.monotonic() < give_up:
        time.sleep(0.2)
    _, lost, doubled = losses(folder / "kursbuch.sqlite3", [queue])
    fine = set(told) <= {200, UNAVAILABLE} and polite == told[UNAVAILABLE] == 3 and kept == 3 * MARKS
    fine = fine and not lost and not doubled
    recorded = len(queue.recorded) - before
    return f"| {name} | {recorded} | {lost} | {doubled} | {_told(told)}, {polite} with Retry-After | – |", fine


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own that can be filled and made read-only. Only root may make one."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={FULL}", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def disks(folder: Path, port: int) -> tuple[list[str], bool]:
    """A full disk, a read-only one, a locked database."""
    rows, fine = [], True
    with small_disk(folder) as disk:
        instance = disk / "instance"
        instance.mkdir()
        groups = build(instance)
        with Running(instance, port):
            queue = Queue(Phone(port, groups[0]))
            queue.record()
            assert queue.send()
            for name, fault, cure in faults(disk, instance):
                row, kept = interrupted(name, instance, queue, fault, cure)
                rows.append(row)
                fine = fine and kept
    return rows, fine


Act = Callable[[], object]


def faults(disk: Path, instance: Path) -> Iterator[tuple[str, Act, Act]]:
    """What goes wrong, how to bring it about, and the cure."""
    ballast, database = disk / "ballast", instance / "kursbuch.sqlite3"

    def fill() -> None:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    yield "disk full", fill, ballast.unlink

    locking = sqlite3.connect(database, isolation_level=None)
    yield (
        "database locked by somebody else",
        lambda: locking.execute("BEGIN IMMEDIATE"),
        lambda: locking.execute("ROLLBACK"),
    )
    locking.close()


def main() -> int:
    """Bring everything about, print, write docs/faults.md; 1 when a mark was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--syncs", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kursbuch-faults-") as name:
        folder = Path(name)
        instance = folder / "instance"
        instance.mkdir()
        rows, fine = kills(instance, build(instance), 5071, asked.kills, asked.syncs)
        if os.geteuid() == 0:
            told, kept = disks(folder, 5072)
            rows, fine = rows + told, fine and kept
        else:
            rows.append("| full, locked and read-only disk: only root can bring them about | | | | | |")
    page = "\n".join(
        [
            "# Faults", "", str(__doc__), "| Fault | Marks recorded | Lost | Doubled | Answers meanwhile | Took |",
            "| --- | --: | --: | --: | --- | --: |", *rows, "", f"{figures.machine()}.", "",
        ]
    )  # fmt: skip
    PAGE.write_text(page, encoding="utf-8")
    print(page)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
