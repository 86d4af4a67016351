"""The other side of `reading`: `python -m …` reads one order from its input and prints what stands in the PDF, as JSON.

It may neither take long nor much. Whatever goes wrong in it ends it, and nothing else.
"""

from __future__ import annotations

import base64
import json
import sys

import pypdfium2
from cryptography import x509

from programmes.certificates import seal

if sys.platform != "win32":  # which has no limits; the time-out of the one who waits remains
    import resource

MOST_PAGES = 30
MOST_LETTERS = 100_000
SECONDS = 12  # of processor time
MEMORY = 1_500_000_000  # bytes of address space


def main() -> None:
    """Limit oneself, read the order, answer."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    order = json.loads(sys.stdin.read())
    pdf = base64.b64decode(order["pdf"])
    known = x509.load_pem_x509_certificates(order["known"].encode()) if order["known"] else []
    document = pypdfium2.PdfDocument(pdf)
    pages = [document[number].get_textpage().get_text_range() for number in range(min(len(document), MOST_PAGES))]
    verdict = seal.check(pdf, known)
    answer = {"text": "\n".join(pages)[:MOST_LETTERS], "verdict": verdict and vars(verdict)}
    print(json.dumps(answer))  # noqa: T201  the answer


if __name__ == "__main__":
    main()
