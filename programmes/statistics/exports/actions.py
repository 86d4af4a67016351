"""Makes long tables in the background: a portion of the courses a step, then the total, then the workbook. A day later it deletes
them.

What is counted is what was known at the instant it was asked, so that portions which are counted one after the other belong
together, and with the total. A portion is counted, and the workbook drawn, before the step that stores it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import sqlalchemy as sa
from flask_babel import force_locale

import clock
import jobs
from auth import trace
from auth.download import new_file
from auth.guard import Viewer
from auth.queries import open_account, roles_of
from database import db
from jobs import Job
from programmes.statistics.export import Line, as_xlsx, csv_lines, line, read_lines
from programmes.statistics.exports import queries
from programmes.statistics.exports.models import Content, ExportPiece, LongExport
from programmes.statistics.queries import rows_of, total_of
from programmes.statistics.rules import Dimension, Question
from programmes.statistics.sheet import said, sheet, shown, total_line
from programmes.statistics.sums import Sums, added_up, courses_asked

KIND, END = "export", "end of export"
PORTION = 100  # courses a step: about a second
LAST = "\U0010ffff"  # the place of the total
MOST_IN_XLSX = 100_000  # rows: more are not drawn within the lease of a job, and nobody scrolls through them
PIECE = 1_000_000  # bytes of a workbook in a row of the database

jobs.FORGETTABLE |= {KIND, END}


def start(viewer: Viewer, question: Question, *, disclose: bool, language: str) -> LongExport:
    """Ask for a table."""
    question = replace(question, courses=courses_asked(viewer, question), asked_at=clock.now())
    arguments = {"question": question.kept(), "disclose": disclose, "language": language}
    job = jobs.ask(KIND, arguments, by=viewer.id, total=len(_portions(question)) + 2)
    export = LongExport(job_id=job.id)
    db.session.add(export)
    db.session.flush()
    jobs.ask(END, {"job": job.id}, by=viewer.id)
    return export


def discard(viewer: Viewer, export: LongExport) -> None:
    """Forget it at once; its jobs find nothing to do any more."""
    db.session.execute(sa.delete(LongExport).where(LongExport.id == export.id), execution_options={"viewer": viewer})


def _portions(question: Question) -> list[Sequence[int]]:
    """The courses of each step. Rows that are not of one course each are counted at once: there are never many of them."""
    courses = question.courses or ()
    if Dimension.COURSE not in question.dimensions or not courses:
        return [courses]
    return [courses[first : first + PORTION] for first in range(0, len(courses), PORTION)]


@dataclass
class Made:
    """What the next step stores: pieces of a file, each with its place, and how many rows and which sums there are with them."""

    content: Content
    pieces: Iterable[tuple[str, bytes]]
    rows: int
    sums: dict[str, int]


def _who(job: Job) -> Viewer:
    """Whoever asked, in the roles of now, on the day of asking."""
    roles = roles_of(job.by_id) if open_account(job.by_id) else frozenset()
    return Viewer(job.by_id, roles, job.made_at.astimezone(clock.BERLIN).date())


def make(job: Job) -> Made | None:
    """Count or draw what the next step stores; None when there is nobody any more who may have it."""
    who = _who(job)
    export = queries.of_job(who, job.id)
    if export is None or not queries.allowed(who, [export]):
        return None
    portions = _portions(export.question)
    with force_locale(job.arguments["language"]):
        if job.done < len(portions):
            return _count(who, export, portions[job.done])
        return _add_up(who, export) if job.done == len(portions) else _draw(who, export)


def _count(who: Viewer, export: LongExport, courses: Sequence[int]) -> Made:
    question, hide = replace(export.question, courses=courses), export.is_disclosed
    rows, figures = rows_of(Sums(who, question, question.dimensions), disclose=hide)
    pieces = []
    for place, some in groupby(rows, key=lambda row: row.heads[0].key):
        lines = (line(map(said, row.heads), shown(row, disclose=hide)) for row in some)
        pieces.append((place, csv_lines(lines, question, _as_of(export))))
    return Made(Content.CSV, pieces, export.rows + len(rows), added_up([export.sums, *figures]))


def _add_up(who: Viewer, export: LongExport) -> Made:
    question, hide = export.question, export.is_disclosed
    total = total_of(Sums(who, question, question.dimensions), [export.sums])
    last = csv_lines([total_line(question, shown(total, disclose=hide))], question, _as_of(export))
    return Made(Content.CSV, [(LAST, last)], export.rows, export.sums)


def _draw(who: Viewer, export: LongExport) -> Made:
    question = export.question

    def lines() -> Iterator[Line]:
        for piece in queries.pieces(who, export, Content.CSV):
            yield from read_lines(piece, question)

    def pieces() -> Iterator[tuple[str, bytes]]:
        with file:
            while data := file.read(PIECE):
                yield "", data

    if export.rows > MOST_IN_XLSX:
        return Made(Content.XLSX, (), export.rows, export.sums)
    as_of, hide = _as_of(export), export.is_disclosed
    with new_file() as file:
        as_xlsx(sheet(question, lines(), export.rows, as_of=as_of, disclose=hide), file)
        file.seek(0)
    return Made(Content.XLSX, pieces(), export.rows, export.sums)


def _as_of(export: LongExport) -> dt.date:
    return export.question.known_on or export.job.made_at.astimezone(clock.BERLIN).date()


@jobs.step(KIND, makes=make)
def store(job: Job, made: Made | None) -> bool:
    """Store what was made."""
    who = _who(job)
    export = queries.of_job(who, job.id)
    if export is None:
        return False
    if made is None:
        discard(who, export)
        return False
    for place, data in made.pieces:
        db.session.add(ExportPiece(export_id=export.id, content=made.content, place=place, data=data))
        db.session.flush()
    job.done += 1
    export.rows, export.sums = made.rows, made.sums
    if job.done == job.total:
        export.ready_at = clock.now()
        trace.note("export made", object_id=export.id, rows=export.rows, actor_id=job.by_id)
        trace.with_the_change()
    return job.done < job.total


@jobs.step(END)
def end(job: Job) -> bool:
    """Wait until its day is over, then delete it, ready or not."""
    who = _who(job)
    export = queries.of_job(who, job.arguments["job"])
    if export is None:
        return False
    gone_at = (export.ready_at or export.job.made_at) + queries.KEPT_FOR
    if clock.now() < gone_at:
        job.not_before = gone_at
        return True
    discard(who, export)
    return False
