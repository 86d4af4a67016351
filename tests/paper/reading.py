"""What others make of a PDF: an independent checker, and a reader that copies the text out."""

import io
import re
from itertools import combinations

import page
import pikepdf
import pypdfium2


def faults(pdf: bytes) -> list[str]:
    """What PDF/UA-1 and PDF/A-2a find wrong; an empty list is a valid document."""
    reports = [page.validate_pdf_bytes(pdf, profile=profile) for profile in ("ua1", "2a")]
    return [f"{failure.rule_id}: {failure.message}" for report in reports for failure in report.failures]


def alternatives_of(pdf: bytes) -> list[str]:
    """What a screen reader says instead of the pictures."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [
            str(entry.Alt) for entry in document.objects if isinstance(entry, pikepdf.Dictionary) and "/Alt" in entry
        ]


def pages_of(pdf: bytes) -> list[str]:
    """The text of every page as a reader copies it, white space joined."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [re.sub(r"\s+", " ", sheet.get_textpage().get_text_range()) for sheet in document]
    finally:
        document.close()


def text_of(pdf: bytes) -> str:
    """The text of all pages."""
    return " ".join(pages_of(pdf))


def overlaps(pdf: bytes) -> list[str]:
    """Texts that lie upon one another: page, and both texts."""
    found = []
    document = pypdfium2.PdfDocument(pdf)
    try:
        for number, sheet in enumerate(document, 1):
            texts = sheet.get_textpage()
            boxes = [texts.get_rect(index) for index in range(texts.count_rects())]
            for one, other in combinations(boxes, 2):
                width = min(one[2], other[2]) - max(one[0], other[0])
                height = min(one[3], other[3]) - max(one[1], other[1])
                if width > 1 and height > 1:  # points
                    found.append(f"{number}: {texts.get_text_bounded(*one)!r} / {texts.get_text_bounded(*other)!r}")
    finally:
        document.close()
    return found
