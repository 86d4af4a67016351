"""What was measured, as numbers and as a page: benchmarks/figures.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles

PAGE = Path(__file__).with_name("figures.md")
HEADINGS = ("Page", "Median (ms)", "95 % (ms)", "× bare page", "Limit", "", "Answers", "Bytes")


@dataclass
class Line:
    """One page and how long each of its answers took. `limit` is how many times the bare page it may take."""

    name: str
    limit: float | None = None
    bytes_sent: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.times)

    @property
    def slow(self) -> float:
        """95 of 100 answers were quicker."""
        return quantiles(self.times, n=20)[-1]

    def ratio(self, bare: Line) -> float:
        """How many times the bare page it took."""
        return self.median / bare.median

    def within(self, bare: Line) -> bool:
        """Whether it keeps its limit."""
        return self.limit is None or self.ratio(bare) <= self.limit


def table(lines: Sequence[Line], bare: Line) -> str:
    """All lines as a Markdown table."""
    rows: list[tuple[str, ...]] = [HEADINGS, ("---", "--:", "--:", "--:", "--:", "---", "--:", "--:")]
    rows += [
        (
            line.name,
            f"{line.median:.2f}",
            f"{line.slow:.2f}",
            f"{line.ratio(bare):.1f}",
            "–" if line.limit is None else f"{line.limit:g}",
            "" if line.limit is None else "kept" if line.within(bare) else "**broken**",
            str(len(line.times)),
            str(line.bytes_sent),
        )
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


def machine() -> str:
    """What it was measured on."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Flask {version('flask')}, "
        f"SQLAlchemy {version('sqlalchemy')}, waitress {version('waitress')}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def load() -> str:
    """How busy the machine is: the mean number of running processes in the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def page(lines: Sequence[Line], bare: Line, about: str, rounds: int, loads: tuple[str, str]) -> str:
    """The whole page."""
    return f"""# Figures

{about}

{table(lines, bare)}

{rounds} interleaved rounds on {dt.datetime.now(dt.UTC).date()}. {machine()}.
Load of the machine before and after: {loads[0]} and {loads[1]} (1.0 is one busy core; the two servers and the one who asks take turns).

Made by `make benchmarks`, which fails when a limit is broken.
"""
