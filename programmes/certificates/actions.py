"""Changes papers: issues, replaces, revokes, hands over. What is printed is never touched again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

import clock
from auth.guard import Viewer
from database import db
from programmes.certificates import document, queries, seal
from programmes.certificates.document import CertificateFacts
from programmes.certificates.facts import (
    Imprint,
    Stamp,
    Wishes,
    basis,
    copied_facts,
    name_reasons,
    new_facts,
    printed_facts,
    public_part,
    renamed_facts,
    text_reasons,
    wishes_of,
)
from programmes.certificates.models import PERSONAL, Certificate, NameCheck, PaperDecision
from programmes.certificates.queries import Candidate, CourseAccounts, Subject, name_as_printed
from programmes.certificates.rules import (
    COURSE,
    MAIN,
    OF_A_CHILD,
    CertificateKind,
    CertificateState,
    Decision,
    HandOver,
    Hardship,
    Renewal,
    besides_reasons,
    change_reasons,
    course_over,
    decide,
    hand_over_reasons,
    new_code,
    number,
)
from programmes.certificates.settings.queries import pictures
from programmes.enrolment.models import Enrolment
from wording import N_, Reason, Refused

NO_WISHES = Wishes()

# One statement on both databases: it locks the row of the year until the end of the transaction, so numbers are neither
# doubled by parallel issuing nor lost by a rollback.
COUNT_UP = sa.text(
    "INSERT INTO certificate_counter (year, last) VALUES (:year, 1) "
    "ON CONFLICT (year) DO UPDATE SET last = certificate_counter.last + 1 RETURNING last"
)


def issue(
    viewer: Viewer,
    enrolment_ids: Sequence[int],
    now: dt.datetime,
    *,
    by: int,
    imprint: Imprint,
    wishes: Wishes = NO_WISHES,
) -> list[Certificate]:
    """Issue a paper for each of these enrolments, or for none: raises Refused with the reasons of the first that is not
    ready, NoResultFound for one outside of the viewer's scope.

    `by` is the account that decides; `now` is printed as the day of issue and decides the number's year, so that the demo
    can issue papers of earlier years.
    """
    chosen = [(of, candidate) for of, candidate in _candidates(viewer, enrolment_ids, _day(now))]
    for _, candidate in chosen:
        reasons = [*candidate.decision.against, *name_reasons(candidate.enrolment.person)]
        if reasons:
            raise Refused(*_named(candidate, reasons))
    papers = []
    for of, candidate in chosen:
        kind = candidate.decision.kind
        if kind is not None:
            facts = new_facts(candidate, of, kind, wishes, _stamp(now), imprint)
            evidence = basis(candidate, of, by, now)
            papers.append(_print(facts, kind, candidate.enrolment.id, evidence, by, imprint))
    db.session.add_all(papers)
    db.session.flush()
    return papers


def issue_besides(
    viewer: Viewer,
    enrolment_id: int,
    kind: CertificateKind,
    now: dt.datetime,
    *,
    by: int,
    imprint: Imprint,
    wishes: Wishes = NO_WISHES,
    about: int | None = None,
) -> Certificate:
    """Issue a paper besides the main one; `about` is the module or the position of the child. Raises Refused, NoResultFound."""
    [(of, candidate)] = _candidates(viewer, [enrolment_id], _day(now))
    look = of.looks.get(kind)
    if kind in MAIN or look is None or not look.offered:
        raise Refused(Reason(N_("Dieses Papier gibt es in diesem Programm nicht.")))
    module = next((part for part in candidate.account.modules if part.module_id == about), None) if about else None
    subject, slot = Subject(module=module), kind.value
    if kind is CertificateKind.MODULE:
        slot = f"module:{about}"
    elif kind is CertificateKind.KEEPSAKE:
        if about is None or not 0 <= about < len(candidate.children):
            raise Refused(Reason(N_("Bitte wählen Sie ein Kind."), field="about"))
        subject, slot = Subject(child=candidate.children[about]), f"{OF_A_CHILD}{about}"
    reasons = [
        *besides_reasons(kind, days_attended=candidate.days_attended, module=module, share=look.required_share),
        *name_reasons(candidate.enrolment.person),
    ]
    if any(paper.slot == slot for paper in candidate.besides):
        reasons.append(Reason(N_("Ein gültiges Papier ist schon ausgestellt.")))
    if reasons:
        raise Refused(*_named(candidate, reasons))
    facts = new_facts(candidate, of, kind, wishes, _stamp(now), imprint, subject)
    paper = _print(facts, kind, enrolment_id, basis(candidate, of, by, now), by, imprint, slot)
    db.session.add(paper)
    db.session.flush()
    return paper


def copy(old: Certificate, now: dt.datetime, *, by: int, imprint: Imprint) -> Certificate:
    """Issue a second copy: the same words under a number and a code of its own, marked as a copy; it ends with the first."""
    original = old.copy_of or old
    _refuse(change_reasons(original.state))
    facts = copied_facts(original, _stamp(now), imprint)
    evidence = dict(original.facts["basis"]) | {"copy": {"of": original.number, "by": by, "at": now.isoformat()}}
    paper = _print(facts, original.kind, original.enrolment_id, evidence, by, imprint, f"copy:{facts.number}")
    paper.copy_of_id = original.id
    db.session.add(paper)
    db.session.flush()
    return paper


def decide_otherwise(
    viewer: Viewer, enrolment_id: int, verdict: Hardship, reason: str, now: dt.datetime, *, by: int
) -> PaperDecision:
    """Decide one case otherwise than the rule; the decision before it is taken back. Raises Refused once a paper is issued."""
    [(_, candidate)] = _candidates(viewer, [enrolment_id], _day(now))
    take_back_decision(candidate, now, by=by)
    made = PaperDecision(enrolment_id=enrolment_id, verdict=verdict, reason=reason, at=now, by_id=by)
    db.session.add(made)
    db.session.flush()
    return made


def take_back_decision(candidate: Candidate, now: dt.datetime, *, by: int) -> None:
    """The rule decides again. Raises Refused once a paper is issued."""
    if candidate.paper is not None and candidate.paper.state is CertificateState.VALID:
        raise Refused(Reason(N_("Ein gültiges Papier ist schon ausgestellt.")))
    if candidate.hardship is not None:
        candidate.hardship.taken_back_at, candidate.hardship.taken_back_by_id = now, by
        db.session.flush()


def check_name(viewer: Viewer, enrolment: Enrolment, shown: str, now: dt.datetime, *, by: int) -> None:
    """Note that somebody read their name as it will be printed and found it right. Raises Refused if it changed meanwhile."""
    if shown != name_as_printed(enrolment.person):
        raise Refused(Reason(N_("Der Name wurde inzwischen geändert. Bitte prüfen Sie ihn noch einmal.")))
    uncheck_name(viewer, enrolment)
    db.session.add(NameCheck(enrolment_id=enrolment.id, name=shown, at=now, by_id=by))
    db.session.flush()


def uncheck_name(viewer: Viewer, enrolment: Enrolment) -> None:
    """Take the tick away."""
    db.session.execute(
        sa.delete(NameCheck).where(NameCheck.enrolment_id == enrolment.id), execution_options={"viewer": viewer}
    )


def _candidates(viewer: Viewer, enrolment_ids: Sequence[int], today: dt.date) -> list[tuple[CourseAccounts, Candidate]]:
    courses = queries.courses_of(viewer, enrolment_ids)
    if set(courses) != set(enrolment_ids):
        raise NoResultFound("An enrolment that is not there, or not in this viewer's scope")
    found: dict[int, tuple[CourseAccounts, Candidate]] = {}
    for course_id in dict.fromkeys(courses.values()):
        of = queries.accounts(viewer, course_id, today)
        found |= {candidate.enrolment.id: (of, candidate) for candidate in of.candidates}
    waiting = set(enrolment_ids) - set(found)
    if waiting:
        raise Refused(Reason(N_("Diese Person hatte in diesem Kurs keinen Platz.")))
    return [found[enrolment_id] for enrolment_id in dict.fromkeys(enrolment_ids)]


def _named(candidate: Candidate, reasons: Sequence[Reason]) -> list[Reason]:
    person = candidate.enrolment.person
    return [Reason(N_("Das Papier für {name} kann noch nicht ausgestellt werden:"), name=person.name), *reasons]


def _day(now: dt.datetime) -> dt.date:
    return now.astimezone(clock.BERLIN).date()


def _stamp(now: dt.datetime, replaces: str | None = None) -> Stamp:
    year = _day(now).year
    running = db.session.execute(COUNT_UP, {"year": year}).scalar_one()
    return Stamp(number(year, running), new_code(), now, replaces)


def _print(
    facts: CertificateFacts,
    kind: CertificateKind,
    enrolment_id: int,
    evidence: dict[str, Any],
    by: int,
    imprint: Imprint,
    slot: str = COURSE,
) -> Certificate:
    reasons = text_reasons(facts)
    if reasons:
        raise Refused(*reasons)
    key = imprint.seal
    pdf = document.render(facts, pictures([digest for digest, _ in facts.logos]), sealable=key is not None)
    if key is not None:
        pdf = seal.sealed(pdf, key)
    return Certificate(
        number=facts.number,
        code=facts.verification_code,
        enrolment_id=enrolment_id,
        slot=slot,
        kind=kind,
        title=facts.title,
        printed_name=facts.name,
        public=public_part(facts) | {"seal": key.number if key else None},
        facts={"paper": json.loads(facts.to_json()), "basis": json.loads(json.dumps(evidence))},
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        issued_at=facts.issued_at,
        issued_by_id=by,
        state=CertificateState.VALID,
    )


def replace(
    viewer: Viewer,
    old: Certificate,
    reason: str,
    now: dt.datetime,
    *,
    by: int,
    imprint: Imprint,
    renewal: Renewal = Renewal.NAME,
) -> Certificate:
    """Issue a new paper that refers to the old one; the old one stays as it is and answers *ersetzt* from now on."""
    _refuse(change_reasons(old.state))
    if old.copy_of_id is not None:
        raise Refused(Reason(N_("Eine Zweitschrift wird nicht ersetzt; ersetzen Sie das erste Papier.")))
    if old.erased_at is not None:
        raise NoResultFound("the person of this paper is erased")
    if renewal is Renewal.WHOLE and old.slot != COURSE:
        raise Refused(Reason(N_("Dieses Papier lässt sich widerrufen und neu ausstellen."), field="renewal"))
    _refuse(name_reasons(old.enrolment.person))
    kind = old.kind
    if renewal is Renewal.NAME:
        facts = renamed_facts(old, _stamp(now, old.number), imprint)
        evidence = dict(old.facts["basis"])
    else:
        [(of, candidate)] = _candidates(viewer, [old.enrolment_id], _day(now))
        decision = _decide_again(of, candidate, _day(now))
        _refuse(decision.against)
        kind = decision.kind or old.kind
        candidate = dataclasses.replace(candidate, decision=decision)
        stamp = _stamp(now, old.number)
        facts = new_facts(candidate, of, kind, wishes_of(printed_facts(old)), stamp, imprint)
        evidence = basis(candidate, of, by, now)
    evidence["replacement"] = {"of": old.number, "why": reason, "what": renewal.value, "by": by, "at": now.isoformat()}
    new = _print(facts, kind, old.enrolment_id, evidence, by, imprint, old.slot)
    new.replaces_id = old.id
    _end(old, CertificateState.REPLACED, reason, now, by)
    db.session.flush()  # the old paper first: an enrolment has one valid paper at any moment
    db.session.add(new)
    db.session.flush()
    return new


def _decide_again(of: CourseAccounts, candidate: Candidate, today: dt.date) -> Decision:
    course, account = of.course, candidate.account
    over = course_over(course.ends_on, course.cancelled_reason is not None, account.meetings_to_come, today)
    hardship = candidate.hardship.verdict if candidate.hardship else None
    return decide(account, of.conditions, ends_on=course.ends_on, over=over, already_issued=False, hardship=hardship)


def revoke(paper: Certificate, reason: str, now: dt.datetime, *, by: int) -> None:
    """Say that a paper no longer holds. Number, code and bytes stay, so that its code answers *widerrufen*."""
    _refuse(change_reasons(paper.state))
    _end(paper, CertificateState.REVOKED, reason, now, by)
    db.session.flush()


def _end(paper: Certificate, state: CertificateState, reason: str, now: dt.datetime, by: int) -> None:
    """The paper and its second copies end together."""
    copies = sa.select(Certificate).where(
        Certificate.copy_of_id == paper.id, Certificate.state == CertificateState.VALID
    )
    for one in (paper, *db.session.scalars(copies.execution_options(viewer=Viewer.office()))):
        one.state, one.state_reason, one.state_at, one.state_by_id = state, reason, now, by


def erase(papers: Sequence[Certificate], now: dt.datetime) -> None:
    """Forget whose papers these were: name, facts, bytes and course are gone; number, code and state go on answering."""
    for paper in papers:
        for name in PERSONAL:
            setattr(paper, name, None)
        paper.erased_at, paper.state_reason = now, None
    db.session.flush()


def hand_over(papers: Sequence[Certificate], on: dt.date, how: HandOver, *, by: int, today: dt.date) -> None:
    """Note when and how papers came to their people: all of them, or none. Raises Refused."""
    reasons: list[Reason] = []
    for paper in papers:
        against = hand_over_reasons(paper.state, _day(paper.issued_at), on, today, paper.handed_over_on)
        reasons += [reason for reason in against if reason not in reasons]
    _refuse(reasons)
    for paper in papers:
        paper.handed_over_on, paper.handed_over_how, paper.handed_over_by_id = on, how, by
    db.session.flush()


def _refuse(reasons: Sequence[Reason]) -> None:
    if reasons:
        raise Refused(*reasons)
