"""Measures papers: `python -m benchmarks.papers`.

200 papers drawn, unsealed and sealed, each in turns with a bare ReportLab page that has the same two fonts, about the same words and a
QR code; one file to print of all of them beside the same pages merged bare with pikepdf; a single paper from the click to the first
byte over HTTP; and how memory grows with the number of papers, each in a process of its own.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median

import pikepdf
import pymupdf_fonts
import segno
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

import clock
import schema
from benchmarks.figures import load, machine
from benchmarks.serving import HOST, Server, kursbuch
from benchmarks.visitor import Visitor
from database import db
from demo.building import SEED, build
from paper.archive import About
from paper.bundle import bundle
from programmes.catalogue.report import load_catalogue
from programmes.certificates import seal
from programmes.certificates.document import CertificateFacts, render

PAGE = Path(__file__).with_name("papers.md")
PAPERS, FEW = 200, 50
AIMS = {"paper": 1.5, "bundle": 3.0, "click": 150.0}
NOW = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)


def facts(number: int) -> CertificateFacts:
    """A certificate of somebody who does not exist; no two alike."""
    letters = "abcdefghijklmnoprstuvyz"
    name = f"Şeyma {letters[number % 23].upper()}{letters[number // 23 % 23]}dız-Dağ"
    code = f"{number:026d}"
    return CertificateFacts(
        kind="participation", title="Teilnahmebescheinigung", number=f"KO-2026-{number:05d}", verification_code=code,
        verify_url=f"https://kursbuch.kreis.example/verify/{code}", name=name, native_name="Сейма Йылдыз",
        course_title="Orientierungskurs „Soziale Orientierung“", course_number="RA-2026-DZB", course_kind="Orientierungskurs",
        programme_title="Richtig Ankommen", place="Dietzenbach", venue="Bürgerhaus, Raum 2", starts_on=dt.date(2026, 9, 3),
        ends_on=dt.date(2026, 11, 20), unit_minutes=45, attended_minutes=36 * 45, offered_minutes=40 * 45, meetings_attended=9,
        meetings_held=10, provider="Integrationsbüro Kreis Offenbach", issued_on=dt.date(2026, 11, 27), issued_at=NOW,
        issued_place="Dietzenbach", signatories=[("Leitung des Integrationsbüros", "Kreis Offenbach"), ("R. Khalil", "Kursleitung")],
        topics=["Kreis Offenbach", "Wohnungssuche", "Anerkennung von Abschlüssen"], leaders=[("R. Khalil", None)],
        language_of_instruction="Arabisch",
    )  # fmt: skip


def register_fonts() -> None:
    """The same files that papers use."""
    pdfmetrics.registerFont(TTFont("Noto", io.BytesIO(pymupdf_fonts._notos())))
    pdfmetrics.registerFont(TTFont("Noto-Bold", io.BytesIO(pymupdf_fonts._notosbo())))


def bare(paper: CertificateFacts) -> bytes:
    """The same words on a page by ReportLab alone: not tagged, not archivable, no names beyond one font."""
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=1)
    y = 760
    for font, size, text in (
        ("Noto-Bold", 12, "Kreis Offenbach · Integrationsbüro"), ("Noto", 30, paper.title), ("Noto-Bold", 28, paper.name),
        ("Noto", 16, paper.native_name or ""), ("Noto", 14, "hat vom 3. September bis 20. November 2026 teilgenommen an:"),
        ("Noto-Bold", 19, paper.course_title), ("Noto", 11, "Orientierungskurs · Richtig Ankommen · Kurs RA-2026-DZB"),
        ("Noto-Bold", 14, "36 von 40 Unterrichtseinheiten (UE, 45 Min.) – das sind 27 Std."), ("Noto", 11, paper.place),
        ("Noto", 11, paper.venue), ("Noto", 11, " · ".join(paper.topics)), ("Noto", 11, paper.provider),
        ("Noto", 11, "Dieses Dokument bescheinigt die Teilnahme; es ist keine Leistungsbewertung."),
        ("Noto", 11, "Dietzenbach, 27. November 2026"), ("Noto", 9, f"Nummer {paper.number} · {paper.verification_code}"),
        ("Noto", 9, paper.verify_url),
    ):  # fmt: skip
        canvas.setFont(font, size)
        canvas.drawString(80, y, text)
        y -= 40
    path = canvas.beginPath()
    for row, cells in enumerate(segno.make(paper.verify_url, error="m", micro=False).matrix):
        for column, dark in enumerate(cells):
            if dark:
                path.rect(80 + column * 1.3, 110 - row * 1.3, 1.3, 1.3)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def draw_and_seal(paper: CertificateFacts, key: seal.Key) -> bytes:
    """A paper as the office issues it."""
    return seal.sealed(render(paper, sealable=True), key)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def drawing(key: seal.Key) -> dict[str, float]:
    """Median milliseconds a paper, the three kinds in turns."""
    for number in range(10):
        bare(facts(10_000 + number))
        draw_and_seal(facts(20_000 + number), key)
    times: dict[str, list[float]] = {"bare": [], "unsealed": [], "sealed": []}
    for number in range(PAPERS):
        one = facts(number)
        times["bare"].append(timed(partial(bare, one)))
        times["unsealed"].append(timed(partial(render, one)))
        times["sealed"].append(timed(partial(draw_and_seal, one, key)))
    return {kind: median(found) for kind, found in times.items()}


def papers(count: int) -> Iterator[tuple[str, bytes]]:
    """So many papers as they lie in the database."""
    for number in range(count):
        one = facts(number)
        yield one.name, render(one, sealable=True)


def bundling() -> tuple[float, float]:
    """Milliseconds a page: our file to print, and the bare merge of the same pages; five times in turns."""
    kept = list(papers(PAPERS))
    about = About("Papiere", "Kreis Offenbach", "de-DE", NOW)

    def merge() -> None:
        with warnings.catch_warnings(), pikepdf.new() as pdf:
            warnings.simplefilter("ignore")  # it loses the fields of the seals, as it should
            for _, data in kept:
                with pikepdf.open(io.BytesIO(data)) as paper:
                    pdf.pages.extend(paper.pages)
            pdf.save(io.BytesIO())

    ours, theirs = [], []
    for _ in range(5):
        ours.append(timed(lambda: bundle(iter(kept), about, io.BytesIO())) / PAPERS)
        theirs.append(timed(merge) / PAPERS)
    return median(ours), median(theirs)


def memory(count: int, what: str) -> float:
    """Peak memory in MiB of a process that makes so many papers, or one file of them."""
    command = [sys.executable, "-m", "benchmarks.papers", "--memory", what, str(count)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def report_memory(what: str, count: int) -> None:
    """The other side of `memory`."""
    if what == "bundle":
        with tempfile.TemporaryFile() as out:
            bundle(papers(count), About("Papiere", "x", "de-DE", NOW), out)
    else:
        for _ in papers(count):
            pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def clicking() -> tuple[float, float]:
    """Median milliseconds from the click to the first byte: issuing a sealed paper, and downloading one."""
    with tempfile.TemporaryDirectory(prefix="kursbuch-papers-") as name:
        folder = Path(name)
        app = kursbuch(folder)
        schema.migrate(app)
        with app.app_context():
            load_catalogue()
            build(SEED, clock.today(), papers=False)
            db.session.remove()
            db.engine.dispose()
        with Server("kursbuch", folder) as server:
            visitor = Visitor(HOST, server.port)
            visitor.sign_in("koordination-ra")
            return _clicks(visitor)


def _clicks(visitor: Visitor) -> tuple[float, float]:
    page = visitor.read("/certificates")
    courses = sorted(set(re.findall(r"/courses/(\d+)/certificates", page)), key=int)
    issuing, reading = [], []
    for course in courses:
        listed = visitor.read(f"/courses/{course}/certificates")
        token = re.search(r'name="csrf_token" value="([^"]+)"', listed)
        for enrolment in dict.fromkeys(re.findall(r"/enrolments/(\d+)/certificate", listed)):
            answer = visitor.post(f"/enrolments/{enrolment}/certificate", {"csrf_token": token[1] if token else ""})
            if answer.status == 302:
                issuing.append(answer.milliseconds)
    for number in range(1, min(len(issuing), 40) + 1):
        answer = visitor.get(f"/certificates/{number}.pdf")
        if answer.status == 200:
            reading.append(answer.milliseconds)
    return median(issuing) if issuing else float("nan"), median(reading) if reading else float("nan")


def main() -> int:
    """Measure, print, write papers.md; 1 when an aim is missed."""
    register_fonts()
    before = load()
    with tempfile.TemporaryDirectory() as name:
        found = drawing(seal.demo_key(Path(name), clock.now()))
    ours, theirs = bundling()
    issuing, reading = clicking()
    grown = {what: (memory(FEW, what), memory(PAPERS, what)) for what in ("papers", "bundle")}
    lines = [
        "# Papers",
        "",
        __doc__.split("\n\n", maxsplit=1)[1].strip(),
        "",
        "| What | Median | × bare | Aim |",
        "| --- | --: | --: | --- |",
        f"| bare ReportLab page, two fonts and a QR code | {found['bare']:.1f} ms | 1.0 | – |",
        f"| paper, tagged and archivable, unsealed | {found['unsealed']:.1f} ms | {found['unsealed'] / found['bare']:.2f} | ≤ 1.5 |",
        f"| … and sealed (EC P-256, PAdES) | {found['sealed']:.1f} ms | {found['sealed'] / found['bare']:.2f} | |",
        f"| documents a second, unsealed / sealed | {1000 / found['unsealed']:.0f} / {1000 / found['sealed']:.0f} | | |",
        f"| one file to print of {PAPERS}, a page | {ours:.2f} ms | {ours / theirs:.2f} (bare merge {theirs:.2f} ms) | ≤ 3 |",
        f"| a single sealed paper issued, click to first byte | {issuing:.0f} ms | | < 150 ms |",
        f"| an issued paper downloaded, click to first byte | {reading:.0f} ms | | |",
        f"| memory at {FEW} and at {PAPERS} papers | {grown['papers'][0]:.0f} and {grown['papers'][1]:.0f} MiB | | flat |",
        f"| … and for one file to print of them | {grown['bundle'][0]:.0f} and {grown['bundle'][1]:.0f} MiB | | flat |",
        "",
        (
            f"{PAPERS} papers, in turns, on {clock.today()}. {machine()}, reportlab {version('reportlab')}, "
            f"pikepdf {version('pikepdf')}, pyHanko {version('pyhanko')}. Load of the machine before and after: {before} and "
            f"{load()}."
        ),
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    kept = (
        found["unsealed"] <= AIMS["paper"] * found["bare"]
        and ours <= AIMS["bundle"] * theirs
        and issuing < AIMS["click"]
    )
    return 0 if kept else 1


if __name__ == "__main__":
    if "--memory" in sys.argv:
        report_memory(sys.argv[-2], int(sys.argv[-1]))
    else:
        sys.exit(main())
