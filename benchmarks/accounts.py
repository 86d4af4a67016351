"""Whether answers, or the time they take, tell that there is an account: `python -m benchmarks.accounts` (security.md AU-7).

The served office, behind a proxy that it trusts, with a mail server. Two hundred addresses with an account and two hundred without are
tried in random order, each from a network address of its own, so that no limit is reached: signing in with a wrong password, and asking
for a link to set another one. Status, headers and the length of the page (without its tokens) must be the same for all; the medians of
the times may differ by less than a tenth, and by Mann and Whitney's test the times must not come from two different sources (p > 0.01).
The entry by a link takes no address, only 256 bits of the link itself. Between two tries there is a pause, in which letters leave.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import groupby
from math import sqrt
from pathlib import Path
from statistics import NormalDist, median

import clock
import schema
from auth import actions
from auth.models import User
from auth.rules import Role
from benchmarks import figures
from benchmarks.serving import HOST, Server, kursbuch
from benchmarks.visitor import Answer, Visitor, fields_of
from database import db

PAGE = Path(__file__).with_suffix(".md")
OF_EACH = 200
SEED = 2003
PAUSE = 0.03  # seconds
MOST_APART, LEAST_P = 0.10, 0.01
WAYS = {"signing in with a wrong password": "/login", "asking for a link": "/forgotten"}
TOKEN = re.compile(rb'(?<=name="csrf_token" value=")[^"]+')
NOT_COMPARED = {
    "date",
    "set-cookie",
    "content-length",
}  # cookies are signed, so their letters differ; the length is that of the page


@dataclass(frozen=True)
class Try:
    """One address and what came back."""

    exists: bool
    looks: tuple[object, ...]
    milliseconds: float


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> float:
    """The two-sided p of Mann and Whitney's test, by its normal approximation with the corrections for ties and for continuity.

    H. B. Mann, D. R. Whitney: On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other, Ann. Math.
    Statist. 18 (1947) 50–60; for ties: E. L. Lehmann, Nonparametrics (1975), 1.3. Good from some twenty values each.
    """
    first, second = len(one), len(other)
    together = sorted([(value, True) for value in one] + [(value, False) for value in other])
    ranks, ties, before = 0.0, 0, 0
    for _, equal in groupby(together, key=lambda pair: pair[0]):
        group = list(equal)
        ranks += (before + (len(group) + 1) / 2) * sum(mine for _, mine in group)
        ties += len(group) ** 3 - len(group)
        before += len(group)
    u, expected, all_of_them = ranks - first * (first + 1) / 2, first * second / 2, first + second
    spread = sqrt(first * second / 12 * (all_of_them + 1 - ties / (all_of_them * (all_of_them - 1))))
    if not spread:
        return 1.0
    return 2 * (1 - NormalDist().cdf(max(0.0, abs(u - expected) - 0.5) / spread))


def address(number: int, *, exists: bool) -> str:
    """An address, as long as every other."""
    return f"{'konto' if exists else 'leute'}-{number:03}@kursbuch.example"


def fill(folder: Path) -> None:
    """Two hundred accounts with one password that nobody tries."""
    app = kursbuch(folder)
    schema.migrate(app)
    with app.app_context():
        kept = actions.HASHER.hash("das weiß hier niemand")
        for number in range(OF_EACH):
            user = User(
                email=address(number, exists=True), name=f"Konto {number}", password_hash=kept, created_at=clock.now()
            )
            db.session.add(user)
            db.session.flush()
            actions.set_roles(user, [Role.LEADER])
        db.session.commit()
        db.engine.dispose()


@contextmanager
def mail_server() -> Iterator[str]:
    """Takes every letter and keeps none, in a process of its own."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    order = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"{HOST}:{port}", "-c", "aiosmtpd.handlers.Sink"]
    process = subprocess.Popen(order)
    try:
        while process.poll() is None:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"smtp://{HOST}:{port}"
    finally:
        process.terminate()
        process.wait()


def looks(answer: Answer) -> tuple[object, ...]:
    """What somebody can see of an answer besides its time."""
    headers = sorted((name, value) for name, value in answer.headers.items() if name.lower() not in NOT_COMPARED)
    return (
        answer.status,
        len(TOKEN.sub(b"", answer.body)),
        tuple(headers),
        len(answer.headers.get_all("Set-Cookie", [])),
    )


def tries(server: Server, path: str) -> list[Try]:
    """Every address once, in random order, each by a browser that has just opened the page."""
    rng = random.Random(SEED)
    order = [(number, exists) for exists in (True, False) for number in range(OF_EACH)]
    rng.shuffle(order)
    visitor = Visitor(HOST, server.port)
    form, cookies = fields_of(visitor.read(path)), visitor.cookies.output(header="", sep=";")
    found = []
    for turn, (number, exists) in enumerate([*order[:20], *order]):  # the first twenty warm the server up
        visitor.cookies = SimpleCookie(cookies)
        fields = (
            form
            | {"email": address(number, exists=exists)}
            | ({"password": "falsch geraten"} if "password" in form else {})
        )
        time.sleep(PAUSE)
        answer = visitor.post(
            path,
            fields,
            **{"Accept-Encoding": "identity", "X-Forwarded-For": f"10.{path == '/login':d}.{turn // 250}.{turn % 250}"},
        )
        if turn >= 20:
            found.append(Try(exists, looks(answer), answer.milliseconds))
    return found


def row(way: str, found: Sequence[Try]) -> tuple[str, bool]:
    """A line of the table, and whether nothing tells."""
    there, not_there = ([one.milliseconds for one in found if one.exists is exists] for exists in (True, False))
    kinds = Counter(one.looks for one in found)
    apart = abs(median(there) - median(not_there)) / median(not_there)
    p = mann_whitney(there, not_there)
    kept = len(kinds) == 1 and apart < MOST_APART and p > LEAST_P
    status = ", ".join(str(look[0]) for look in kinds)
    line = f"| {way} | {status} | {len(kinds)} | {median(there):.2f} | {median(not_there):.2f} | {apart:.1%} | {p:.3f} | {'kept' if kept else '**broken**'} |"
    return line, kept


def main() -> int:
    """Measure, print, write accounts.md; 1 when something tells."""
    before, lines, all_kept = figures.load(), [], True
    with tempfile.TemporaryDirectory(prefix="kursbuch-accounts-") as name, mail_server() as smtp:
        folder = Path(name)
        fill(folder)
        with Server(
            "kursbuch", folder, threads=4, TRUSTED_PROXIES="1", SMTP_URL=smtp, MAIL_FROM="amt@kursbuch.example"
        ) as server:
            for way, path in WAYS.items():
                line, kept = row(way, tries(server, path))
                print(line, flush=True)
                lines.append(line)
                all_kept = all_kept and kept
    head = (
        "| Way | Status | Kinds of answers | Median, account (ms) | Median, none (ms) | Apart | p | "
        f"one kind, < {MOST_APART:.0%}, p > {LEAST_P} |\n| --- | --- | --: | --: | --: | --: | --: | --- |"
    )
    PAGE.write_text(
        f"# Does an answer tell that there is an account?\n\n{__doc__}\n{head}\n" + "\n".join(lines)
        + f"\n\n{OF_EACH} addresses of each. SQLite. {dt.datetime.now(dt.UTC).date()}. {figures.machine()}.\n"
        f"Load of the machine before and after: {before} and {figures.load()}.\n",
        encoding="utf-8",
    )  # fmt: skip
    return 0 if all_kept else 1


if __name__ == "__main__":
    sys.exit(main())
