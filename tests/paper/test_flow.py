"""Reports: headings, paragraphs and tables over several pages."""

import re
from datetime import UTC, datetime

from paper.archive import About
from paper.flow import Block, Column, Part, TableBlock, TextBlock, pour
from paper.fonts import Cut
from paper.page import MM, Align, Paper
from tests.paper.reading import faults, pages_of

COLUMNS = (Column(90 * MM, "Kurs"), Column(60 * MM, ["Teilnehmende", Part("المشاركون", "ar", True)], Align.RIGHT))


def report(rows: int) -> bytes:
    paper = Paper(About("Bericht", "Kreis Offenbach", "de-DE", datetime(2026, 12, 14, 8, tzinfo=UTC)))
    table = TableBlock(COLUMNS, [(f"Kurs {number}", str(number)) for number in range(rows)], 11, ruled=True)
    blocks: list[tuple[Block, float]] = [
        (TextBlock("Jahresbericht", 150 * MM, (24,), Cut.BOLD, role="H1"), 0),
        (TextBlock("Was geschehen ist. " * 20, 150 * MM, (11,)), 8),
        (table, 12),
        (TextBlock("Ausblick", 150 * MM, (16,), Cut.BOLD, role="H2"), 16),
        (TextBlock("Was kommen wird. " * 20, 150 * MM, (11,)), 6),
    ]
    pour(paper, blocks, 30 * MM, 30 * MM, 270 * MM, begin_page=lambda: paper.furniture(30 * MM, 20 * MM, "Kopf", 9))
    return paper.finish()


def test_a_long_table_breaks_between_rows_and_repeats_its_heading() -> None:
    pdf = report(90)
    assert faults(pdf) == []
    pages = pages_of(pdf)
    assert len(pages) >= 3
    assert all("Kopf" in page for page in pages)
    assert all(page.count("Teilnehmende") == 1 for page in pages if re.search(r"Kurs \d+ \d+", page))
    assert all(sum(f"Kurs {number} {number}" in page for page in pages) >= 1 for number in range(90))


def test_a_heading_never_stands_alone_at_the_foot() -> None:
    for rows in range(25, 37):
        for page in pages_of(report(rows)):
            assert not page.rstrip().endswith("Ausblick")
