"""Many papers as one print file: valid, with bookmarks, in order, and without signatures."""

from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pytest

from paper import SEAL
from paper.archive import About
from paper.bundle import bundle
from paper.page import Paper
from tests.paper.reading import faults, pages_of

ABOUT = About("Alle Bescheinigungen", "Kreis Offenbach", "de-DE", datetime(2026, 12, 14, 8, tzinfo=UTC))


def paper(name: str, pages: int = 1) -> bytes:
    sheet = Paper(About(name, "Kreis Offenbach", "de-DE", datetime(2026, 12, 14, 8, tzinfo=UTC)))
    for number in range(pages):
        if number:
            sheet.new_page()
        sheet.line("H1" if number == 0 else "P", 60, 80, f"{name}, Blatt {number + 1}", 20)
        sheet.qr(60, 120, 60, f"https://kurse.example/{name}", "QR-Code")
    return sheet.finish(sealable=True)


def bundled(papers: list[tuple[str, bytes]]) -> bytes:
    out = BytesIO()
    assert bundle(iter(papers), ABOUT, out) == len(pages_of(out.getvalue()))
    return out.getvalue()


PAPERS = [("Öztürk (Nr. 1) \\", paper("Öztürk (Nr. 1) \\", 2)), ("محمد", paper("Mohammad")), ("Anna", paper("Anna", 3))]


def test_a_bundle_is_valid_and_in_order() -> None:
    pdf = bundled(PAPERS)
    assert faults(pdf) == []
    assert [page.strip() for page in pages_of(pdf)] == [
        "Öztürk (Nr. 1) \\, Blatt 1", "Öztürk (Nr. 1) \\, Blatt 2", "Mohammad, Blatt 1",
        "Anna, Blatt 1", "Anna, Blatt 2", "Anna, Blatt 3",
    ]  # fmt: skip


def test_every_paper_has_a_bookmark_and_its_structure_but_no_signature() -> None:
    with pikepdf.open(BytesIO(bundled(PAPERS))) as pdf:
        assert not pdf.check_pdf_syntax()
        with pdf.open_outline() as outline:
            assert [entry.title for entry in outline.root] == [title for title, _ in PAPERS]
            pages = [page.obj.objgen for page in pdf.pages]
            places = [pages.index(entry.destination[0].objgen) for entry in outline.root]  # type: ignore[index]
        assert places == [0, 2, 3]
        assert "/AcroForm" not in pdf.Root
        assert not [found for found in pdf.objects if isinstance(found, pikepdf.Dictionary) and found.get("/T") == SEAL]
        parts = pdf.Root.StructTreeRoot.K[0].K
        assert [str(part.S) for part in parts] == ["/Part"] * 3
        for number, page in enumerate(pdf.pages):
            assert page.obj.StructParents == number
            assert all(
                element.Pg.objgen == page.obj.objgen
                for element in pdf.Root.StructTreeRoot.ParentTree.Nums[2 * number + 1]
            )


def test_equal_papers_give_equal_bytes() -> None:
    assert bundled(PAPERS) == bundled(PAPERS)


def test_it_takes_no_more_memory_for_more_papers() -> None:
    """Papers are asked for one at a time, and written before the next is asked for."""
    written: list[int] = []
    out = BytesIO()

    def papers() -> object:
        for title, pdf in PAPERS:
            written.append(out.tell())
            yield title, pdf

    bundle(papers(), ABOUT, out)  # type: ignore[arg-type]
    assert written[0] < 20
    assert written[1] > len(PAPERS[0][1]) // 2
    assert written[2] > written[1]


def test_nothing_to_bundle_and_papers_without_structure_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bundled([])
    blank = pikepdf.new()
    blank.add_blank_page()
    file = BytesIO()
    blank.save(file)
    with pytest.raises(ValueError, match="without structure"):
        bundled([("Leer", file.getvalue())])
