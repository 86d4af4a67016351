"""Reads a file that a stranger sent, in a process of its own that may neither take long nor much (`reader`)."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from programmes.certificates import seal

ROOT = Path(__file__).resolve().parents[3]
LARGEST = 400_000  # bytes of a file; our papers have a tenth of that
SECONDS = 15
READER = f"{__package__}.reader"


@dataclass(frozen=True)
class Reading:
    """What a file says: its text, and the verdict on its seal (None: it has none)."""

    text: str
    verdict: seal.Verdict | None


def read(pdf: bytes, known: Sequence[x509.Certificate]) -> Reading | None:
    """What stands in a PDF; None where it is none, is too large, or takes too long."""
    if len(pdf) > LARGEST or not pdf.lstrip()[:5].startswith(b"%PDF-"):
        return None
    order = json.dumps({"pdf": base64.b64encode(pdf).decode(), "known": seal.as_pem(known).decode()})
    try:
        done = subprocess.run(  # noqa: S603  our own module; the stranger's file is its input, never part of the command
            [sys.executable, "-m", READER],
            input=order, capture_output=True, text=True, timeout=SECONDS, cwd=ROOT, check=False, env={"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        return None
    told = json.loads(done.stdout)
    verdict = told["verdict"]
    return Reading(told["text"], seal.Verdict(**verdict) if verdict else None)
