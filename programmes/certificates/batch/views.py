"""Answers: how far a batch of papers is, and its papers as one ZIP and one file to print."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Answer

import clock
import jobs
from auth import trace
from auth.download import handed_out, new_file
from auth.guard import allow, viewer
from auth.rules import Role
from paper.archive import About
from paper.bundle import bundle
from programmes.certificates.batch import queries
from programmes.certificates.rules import file_name

blueprint = Blueprint("batch", __name__)
ACT = "papers downloaded"


@blueprint.get("/batches/<int:batch_id>")
@allow(Role.COORDINATOR)
def batch(batch_id: int) -> str:
    """How far it is, whose papers could not be issued, and the files."""
    found = queries.batch(viewer(), batch_id)
    refusals = queries.refusals(viewer(), found.id)
    trace.saw(one.person_id for one in refusals)
    return render_template(
        "batch/batch.html",
        batch=found,
        job=found.job,
        issued=queries.issued(viewer(), found.id),
        refusals=refusals,
    )


@blueprint.post("/batches/<int:batch_id>/cancel")
@allow(Role.COORDINATOR)
def cancel(batch_id: int) -> Answer:
    """Stop after the paper that is being made; what is issued stays issued."""
    found = queries.batch(viewer(), batch_id)
    jobs.cancel(found.job)
    flash(gettext("Abgebrochen. Was ausgestellt ist, bleibt ausgestellt."), "info")
    return redirect(url_for("batch.batch", batch_id=found.id))


@blueprint.get("/batches/<int:batch_id>/papers.zip")
@allow(Role.COORDINATOR)
def archive(batch_id: int) -> Response:
    """All papers of the batch, each as it was issued."""
    found = queries.batch(viewer(), batch_id)
    names: set[str] = set()
    people: list[int | None] = []
    with new_file() as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        for paper, person_id in queries.papers(viewer(), found.id):
            people.append(person_id)
            name = file_name(paper.title, paper.printed_name, paper.number)
            names.add(name)
            packed.writestr(zipfile.ZipInfo(name, paper.issued_at.timetuple()[:6]), paper.pdf)
    name = f"{found.course.number}.zip"
    trace.saw(people)
    return handed_out(file, "application/zip", name, act=ACT, object_id=found.id, rows=len(names))


@blueprint.get("/batches/<int:batch_id>/papers.pdf")
@allow(Role.COORDINATOR)
def print_file(batch_id: int) -> Response:
    """All papers of the batch as one file to print, with a bookmark for each."""
    found = queries.batch(viewer(), batch_id)
    about = About(f"Papiere {found.course.number}", "Kreis Offenbach · Integrationsbüro", "de-DE", clock.now())
    people: list[int | None] = []

    def papers() -> Iterator[tuple[str, bytes]]:
        for paper, person_id in queries.papers(viewer(), found.id):
            people.append(person_id)
            yield f"{paper.printed_name} · {paper.number}", paper.pdf

    course = found.course.number
    with new_file() as file:
        out = io.BytesIO()
        bundle(papers(), about, out)
        file.write(out.getbuffer())
    trace.saw(people)
    return handed_out(file, "application/pdf", f"{course}.pdf", act=ACT, object_id=batch_id, rows=len(people))
