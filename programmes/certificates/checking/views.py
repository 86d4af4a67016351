"""Answers strangers who hold a paper: is it genuine, whose is it, is this file the one that was issued?"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, url_for

import clock
from auth import trace
from auth.guard import public
from auth.queries import failures_since
from fields import one_line
from paper.speech import Speech
from programmes.certificates import facts, office, seal
from programmes.certificates.checking import badge, queries, reading
from programmes.certificates.checking.rules import (
    AMOUNT,
    COURSE,
    ISSUED,
    NAME,
    NUMBER_ON_IT,
    PERIOD,
    TITLE,
    Expected,
    differences,
    is_family_name,
)
from programmes.certificates.models import Certificate
from programmes.certificates.rules import FAILED_CHECKS_ALLOWED, FAILED_CHECKS_WINDOW, LONGEST_TYPED_CODE
from settings import Settings
from visitors import shown

blueprint = Blueprint("checking", __name__)
Answer = str | tuple[str, int] | tuple[str, int, dict[str, str]]
MOST_LETTERS_OF_A_NAME = 200  # compared; what is longer is shown again as it was typed


@blueprint.get("/verify")
@blueprint.get("/verify/<path:code>")
@public
def verify(code: str | None = None) -> Answer:
    """Whether a number or code is genuine. Unknown and malformed ones get one and the same answer."""
    text = code if code is not None else request.args.get("code")
    if text is None:
        return shown("checking/verify.html", asked=False, code="")
    if _is_too_often():
        return _wait()
    paper = queries.by_text(text) if len(text) <= LONGEST_TYPED_CODE else None
    if paper is None:
        trace.note("verify failed", status=404, subject_hash=trace.subject("verify"))
        return shown("checking/verify.html", asked=True, code=""), 404
    return _answer(paper)


@blueprint.post("/verify/<path:code>/name")
@public
def name(code: str) -> Answer:
    """The name in full, for whoever knows the family name on the paper."""
    if _is_too_often():
        return _wait()
    paper = queries.by_text(code) if len(code) <= LONGEST_TYPED_CODE else None
    if paper is None:
        trace.note("verify failed", status=404, subject_hash=trace.subject("verify"))
        return shown("checking/verify.html", asked=True, code=""), 404
    typed = request.form.get("family_name", "")
    if paper.erased_at is not None:
        return _answer(paper)
    printed = facts.printed_facts(paper)
    names = filter(None, (printed.name, printed.native_name))
    if len(typed) > MOST_LETTERS_OF_A_NAME or not is_family_name(typed, names):
        trace.note("verify failed", status=422, subject_hash=trace.subject("verify"))
        return _answer(paper, wrong_name=True, typed=one_line(typed).strip()), 422
    return _answer(paper, full_name=printed.name, native_name=printed.native_name)


@blueprint.post("/verify/file")
@public
def file() -> Answer:
    """Whether a file is the paper that was issued, and what differs if not. The stored name is never told."""
    if _is_too_often():
        return _wait()
    sent = request.files.get("file")
    data = b""
    if sent:
        data = sent.read(reading.LARGEST + 1)
        sent.close()
    same = queries.by_digest(hashlib.sha256(data).hexdigest()) if data else None
    if same is not None:
        verdict = seal.check(data, office.certificates())
        return _answer(same, file="same", verdict=verdict)
    found = reading.read(data, office.certificates())
    if found is None:
        trace.note("verify failed", status=422, subject_hash=trace.subject("verify"))
        return shown("checking/verify.html", asked=False, code="", file="unreadable"), 422
    paper = queries.claimed_by(found.text)
    if paper is None:
        trace.note("verify failed", status=404, subject_hash=trace.subject("verify"))
        return shown("checking/verify.html", asked=False, code="", file="unknown"), 404
    wrong = differences(found.text, _expected(paper))
    return _answer(paper, file="changed", wrong=wrong, verdict=found.verdict)


def _expected(paper: Certificate) -> list[Expected]:
    """What must stand in the file of a paper."""
    told = facts.proof(paper)
    german = Speech("de")
    amount = f"{told.attended} von {told.offered}"
    expected = [
        Expected(TITLE, [told.title]),
        Expected(NUMBER_ON_IT, [told.number]),
        Expected(COURSE, [told.course]),
        Expected(PERIOD, [str(told.ends_on.year), german.day(told.ends_on)]),
        Expected(ISSUED, [german.day(told.issued_on)]),
    ]
    if paper.public.get("kind") != "keepsake":
        expected.append(Expected(AMOUNT, [amount]))
    if paper.erased_at is None:
        expected.append(Expected(NAME, [paper.printed_name]))
    return expected


def _answer(paper: Certificate, **more: Any) -> str:
    number = paper.public.get("seal")
    return shown(
        "checking/verify.html", asked=True, proof=facts.proof(paper), code=paper.code, seal_number=number, **more
    )


def _is_too_often() -> bool:
    return failures_since(trace.subject("verify"), clock.now() - FAILED_CHECKS_WINDOW) >= FAILED_CHECKS_ALLOWED


def _wait() -> tuple[str, int, dict[str, str]]:
    page = shown("checking/verify.html", asked=False, code="", wait=True)
    return page, 429, {"Retry-After": str(int(FAILED_CHECKS_WINDOW.total_seconds()))}


@blueprint.get("/verify/status/<code>")
@public
def status(code: str) -> tuple[Response, int]:
    """Whether a paper still holds, for machines that check an Open Badge."""
    if _is_too_often():
        return jsonify(error="too many"), 429
    paper = queries.by_text(code) if len(code) <= LONGEST_TYPED_CODE else None
    if paper is None:
        trace.note("verify failed", status=404, subject_hash=trace.subject("verify"))
        return jsonify(error="unknown"), 404
    return jsonify(id=url_for("checking.status", code=paper.code), status=paper.state.value), 200


@blueprint.get("/verify/issuer")
@public
def issuer() -> Response:
    """Who issues: the profile that Open Badges refer to."""
    settings: Settings = current_app.config["SETTINGS"]
    return jsonify(badge.issuer(settings.public_url))


@blueprint.get("/verify/keys.json")
@public
def keys() -> tuple[Response, int]:
    """The key that Open Badges are signed with."""
    settings: Settings = current_app.config["SETTINGS"]
    key = office.key()
    return (jsonify(badge.keys(settings.public_url, key)), 200) if key else (jsonify(keys=[]), 200)


@blueprint.get("/verify/certificates.pem")
@public
def certificates() -> Response:
    """The certificates of the office's seals, today's and earlier ones, for readers of PDFs."""
    return Response(seal.as_pem(office.certificates()), mimetype="application/x-pem-file")
