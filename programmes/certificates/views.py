"""Answers: who has earned which paper, the register of papers, the paper itself, and whether a code is genuine."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

import clock
import jobs
from auth import trace
from auth.guard import allow, viewer
from auth.rules import Role
from programmes.attendance.register import reconcile
from programmes.certificates import actions, facts, names, office, queries, register
from programmes.certificates.batch import actions as batch, queries as batches
from programmes.certificates.checking import badge as open_badge
from programmes.certificates.facts import Wishes
from programmes.certificates.forms import Besides, Decide, Given, GivenToSeveral, Issue, Replacement, Revocation, Search
from programmes.certificates.models import Certificate
from programmes.certificates.queries import Candidate, CourseAccounts
from programmes.certificates.rules import CertificateKind, CertificateState, file_name, grouped
from settings import Settings
from wording import N_, Reason, Refused

log = logging.getLogger("kursbuch")
blueprint = Blueprint("certificates", __name__)
BESIDES = "besides-"  # the fields of its form stand on a page with those of another
AT_ONCE = 5  # so many papers are issued while somebody waits; more become a batch with its progress
Answer = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]


def _against(candidate: Candidate) -> list[Reason]:
    return [*candidate.decision.against, *facts.name_reasons(candidate.enrolment.person)]


@blueprint.get("/certificates")
@allow(Role.COORDINATOR)
def certificates() -> Answer:
    """The register of papers, and the courses in which papers can be issued."""
    form = Search(formdata=request.args)
    fine = form.validate()
    words, shelf = (form.q.data or "", form.shelf.data) if fine else ("", None)
    number = request.args.get("page", "1")
    found = register.certificate_page(
        viewer(), words, shelf, int(number) if number.isdecimal() and len(number) < 9 else 1
    )
    page = {
        "number": found.number,
        "pages": found.pages,
        "endpoint": "certificates.certificates",
        "args": {name: value for name, value in (("q", words), ("shelf", shelf)) if value},
    }
    trace.saw((paper.enrolment.person_id for paper in found.papers), rows=len(found.papers))
    body = render_template(
        "certificates/certificates.html",
        form=form,
        papers=found.papers,
        total=found.total,
        page=page,
        ready=queries.ready_to_issue(viewer()),
    )
    return body if fine else (body, 422)


@blueprint.get("/courses/<int:course_id>/certificates")
@allow(Role.COORDINATOR)
def course_certificates(course_id: int) -> Answer:
    """Per person: the account of minutes, reasons for and against a paper, the proposal, and what became of it."""
    given = GivenToSeveral(formdata=None)
    given.handed_over_on.data = clock.today()
    return _course_certificates(course_id, given)


def _course_certificates(course_id: int, given: GivenToSeveral) -> Answer:
    of = queries.accounts(viewer(), course_id, clock.today())
    trace.saw(candidate.enrolment.person_id for candidate in of.candidates)
    against = {candidate.enrolment.id: _against(candidate) for candidate in of.candidates}
    shared = _shared([against[candidate.enrolment.id] for candidate in of.candidates if not _is_issued(candidate)])
    blocking = [one for one in reconcile(viewer(), of.course) if one.finding.waits and one.sheet.filed is None]
    given.papers.choices = [(paper.id, paper.printed_name) for paper in _to_hand_over(of.candidates)]
    page = render_template(
        "certificates/course_certificates.html",
        of=of,
        unfiled=blocking,
        given=given,
        batch=batches.last_batch(viewer(), course_id),
        unchecked=[
            one for one in of.candidates if one.days_attended and not one.name_is_checked and not _is_issued(one)
        ],
        against={key: [reason for reason in reasons if reason not in shared] for key, reasons in against.items()},
        shared=shared,
        ready=[candidate for candidate in of.candidates if not against[candidate.enrolment.id]],
        title_of=facts.title_of,
        native_name=facts.native_name,
        hints=facts.native_name_hints,
    )
    return (page, 422) if given.is_submitted() else page


def _to_hand_over(candidates: Iterable[Candidate]) -> list[Certificate]:
    issued = [candidate.paper for candidate in candidates if candidate.paper and _is_issued(candidate)]
    return [paper for paper in issued if paper.handed_over_on is None]


def _is_issued(candidate: Candidate) -> bool:
    return candidate.paper is not None and candidate.paper.state is CertificateState.VALID


def _shared(reasons: list[list[Reason]]) -> list[Reason]:
    """What speaks against everybody's paper, to be said once above the list."""
    return [reason for reason in reasons[0] if all(reason in others for others in reasons)] if len(reasons) > 1 else []


@blueprint.post("/courses/<int:course_id>/certificates/issue-all")
@allow(Role.COORDINATOR)
def issue_all(course_id: int) -> Response:
    """Issue a paper for everybody who is ready; sent twice, it finds nobody the second time. Many become a batch."""
    running = batches.open_batch(viewer(), course_id)
    if running is not None:
        return redirect(url_for("batch.batch", batch_id=running.id))
    of = queries.accounts(viewer(), course_id, clock.today())
    ready = [candidate.enrolment.id for candidate in of.candidates if not _against(candidate)]
    if len(ready) > AT_ONCE:
        started = batch.start(viewer(), course_id, ready, by=current_user.id)
        trace.note("batch started", status=302, object_id=course_id, rows=len(ready))
        jobs.hurry()
        return redirect(url_for("batch.batch", batch_id=started.id))
    papers = actions.issue(viewer(), ready, clock.now(), by=current_user.id, imprint=office.imprint()) if ready else []
    trace.note("certificates issued", status=302, object_id=course_id, rows=len(papers))
    if papers:
        flash(ngettext("%(num)s Papier ist ausgestellt.", "%(num)s Papiere sind ausgestellt.", len(papers)), "success")
    else:
        flash(gettext("Es gab nichts auszustellen."), "info")
    return redirect(url_for("certificates.course_certificates", course_id=course_id))


@blueprint.post("/courses/<int:course_id>/certificates/hand-over")
@allow(Role.COORDINATOR)
def hand_over_all(course_id: int) -> Answer:
    """Note that several people have their papers, as after a ceremony."""
    form = GivenToSeveral()
    waiting = {
        paper.id: paper for paper in _to_hand_over(queries.accounts(viewer(), course_id, clock.today()).candidates)
    }
    form.papers.choices = [(paper.id, paper.printed_name) for paper in waiting.values()]
    if form.validate():
        papers = [waiting[number] for number in form.papers.data or []]
        on = form.handed_over_on.data or clock.today()
        try:
            actions.hand_over(papers, on, form.handed_over_how.data, by=current_user.id, today=clock.today())
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            told = ngettext("%(num)s Übergabe ist vermerkt.", "%(num)s Übergaben sind vermerkt.", len(papers))
            flash(told, "success")
            return redirect(url_for("certificates.course_certificates", course_id=course_id))
    return _course_certificates(course_id, form)


@blueprint.get("/courses/<int:course_id>/names")
@allow(Role.COORDINATOR, Role.LEADER)
def check_names(course_id: int) -> str:
    """So steht es auf dem Papier: one row a person, to be ticked off with them, on a phone."""
    course, people = names.people(viewer(), course_id)
    trace.saw(one.person_id for one in people)
    return render_template("certificates/check_names.html", course=course, people=people)


@blueprint.post("/enrolments/<int:enrolment_id>/name-check")
@allow(Role.COORDINATOR, Role.LEADER)
def check_name(enrolment_id: int) -> Response:
    """Note that somebody found their name right, or take that back."""
    enrolment = names.enrolment(viewer(), enrolment_id)
    if request.form.get("right") == "no":
        actions.uncheck_name(viewer(), enrolment)
    else:
        shown = request.form.get("name", "")
        actions.check_name(viewer(), enrolment, shown, clock.now(), by=current_user.id)
    return redirect(url_for("certificates.check_names", course_id=enrolment.course_id) + f"#e{enrolment.id}")


@blueprint.get("/courses/<int:course_id>/names.pdf")
@allow(Role.COORDINATOR, Role.LEADER)
def name_sheet(course_id: int) -> Response:
    """The same to print."""
    course, people = names.people(viewer(), course_id)
    settings: Settings = current_app.config["SETTINGS"]
    pdf = names.sheet(course, people, clock.now(), demo=settings.demo)
    trace.saw(one.person_id for one in people)
    trace.note("name sheet printed", object_id=course.id, rows=len(people))
    response = send_file(
        io.BytesIO(pdf), "application/pdf", as_attachment=True, download_name=f"Namen {course.number}.pdf", etag=False
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/enrolments/<int:enrolment_id>/certificate", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def issue(enrolment_id: int) -> Answer:
    """One person's account in full, how the name will be printed, and the button that issues the paper."""
    of, candidate = queries.candidate(viewer(), enrolment_id, clock.today())
    form = _issue_form(of, candidate, Issue())
    if not form.is_submitted():
        return _issue_page(of, candidate, form)
    if _is_issued(candidate) and candidate.paper:
        flash(gettext("Dieses Papier war schon ausgestellt."), "info")
        return redirect(url_for("certificates.certificate", certificate_id=candidate.paper.id))
    if form.validate():
        try:
            [paper] = actions.issue(
                viewer(),
                [enrolment_id],
                clock.now(),
                by=current_user.id,
                imprint=office.imprint(),
                wishes=_wishes(form),
            )
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Das Papier %(number)s ist ausgestellt.", number=paper.number), "success")
            return redirect(url_for("certificates.certificate", certificate_id=paper.id))
    return _issue_page(of, candidate, form)


def _issue_page(of: CourseAccounts, candidate: Candidate, sent: Issue | Decide | Besides) -> Answer:
    """The page of a person's papers; `sent` is the form that came, the others are new."""
    keepsake = of.looks.get(CertificateKind.KEEPSAKE)
    trace.saw([candidate.enrolment.person_id, *(candidate.child_ids if keepsake and keepsake.offered else ())])
    forms = {
        "form": _issue_form(of, candidate, Issue(formdata=None)),
        "decide": Decide(formdata=None),
        "besides": _besides_form(of, candidate, Besides(formdata=None, prefix=BESIDES)),
    }
    page = render_template(
        "certificates/issue.html",
        **{name: sent if isinstance(sent, type(form)) else form for name, form in forms.items()},
        of=of,
        candidate=candidate,
        against=_against(candidate),
        title_of=facts.title_of,
        native_name=facts.native_name,
        hints=facts.native_name_hints,
        period=facts.own_period(candidate, of.course),
    )
    return (page, 422) if sent.is_submitted() else page


def _besides_form(of: CourseAccounts, candidate: Candidate, form: Besides) -> Besides:
    """What can be given besides the main paper, as choices: kind, and module or child."""
    form.offer(of.looks, candidate)
    return form


@blueprint.post("/enrolments/<int:enrolment_id>/besides")
@allow(Role.COORDINATOR)
def issue_besides(enrolment_id: int) -> Answer:
    """Issue a paper besides the main one."""
    of, candidate = queries.candidate(viewer(), enrolment_id, clock.today())
    form = _besides_form(of, candidate, Besides(prefix=BESIDES))
    if form.validate():
        kind, _, about = (form.paper.data or "").partition(":")
        try:
            paper = actions.issue_besides(
                viewer(),
                enrolment_id,
                CertificateKind(kind),
                clock.now(),
                by=current_user.id,
                imprint=office.imprint(),
                wishes=Wishes(second_language=form.language.data or None),
                about=int(about) if about else None,
            )
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Das Papier %(number)s ist ausgestellt.", number=paper.number), "success")
            return redirect(url_for("certificates.certificate", certificate_id=paper.id))
    return _issue_page(of, candidate, form)


@blueprint.post("/enrolments/<int:enrolment_id>/decision")
@allow(Role.COORDINATOR)
def decide(enrolment_id: int) -> Answer:
    """Decide one case otherwise than the rule, with a reason."""
    of, candidate = queries.candidate(viewer(), enrolment_id, clock.today())
    form = Decide()
    if form.validate():
        try:
            actions.decide_otherwise(
                viewer(), enrolment_id, form.verdict.data, form.reason.data or "", clock.now(), by=current_user.id
            )
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(gettext("Die Entscheidung ist vermerkt."), "success")
            return redirect(url_for("certificates.issue", enrolment_id=enrolment_id))
    return _issue_page(of, candidate, form)


@blueprint.post("/enrolments/<int:enrolment_id>/decision/take-back")
@allow(Role.COORDINATOR)
def take_back_decision(enrolment_id: int) -> Response:
    """Let the rule decide again."""
    _, candidate = queries.candidate(viewer(), enrolment_id, clock.today())
    actions.take_back_decision(candidate, clock.now(), by=current_user.id)
    flash(gettext("Es entscheidet wieder die Regel."), "success")
    return redirect(url_for("certificates.issue", enrolment_id=enrolment_id))


def _issue_form(of: CourseAccounts, candidate: Candidate, form: Issue) -> Issue:
    person = candidate.enrolment.person
    form.keep(
        birth_date=facts.birth_date(person) is not None,
        birth_name=bool(person.birth_name),
        children=of.course.programme.is_family and bool(candidate.children),
        native_name=facts.native_name(person) is not None,
    )
    return form


def _wishes(form: Issue) -> Wishes:
    return Wishes(
        birth_date=form.wants("birth_date"),
        birth_name=form.wants("birth_name"),
        children=form.wants("children"),
        native_name=not form.wants("no_native_name"),
        native_first=form.wants("native_first"),
        second_language=form.language.data or None,
    )


@blueprint.get("/certificates/<int:certificate_id>")
@allow(Role.COORDINATOR)
def certificate(certificate_id: int) -> Answer:
    """One paper: what stands on it, what it rests on, what became of it."""
    return _certificate(register.certificate(viewer(), certificate_id))


def _certificate(paper: Certificate, sent: Any = None) -> Answer:
    """The page of a paper; `sent` is the form that came back with errors, the others are new."""
    trace.saw([paper.enrolment.person_id])
    forms: dict[str, Any] = {"given": Given, "replacement": Replacement, "revocation": Revocation}
    for name, form in forms.items():
        forms[name] = sent if isinstance(sent, form) else form(formdata=None)
    if sent is not forms["given"]:
        forms["given"].handed_over_on.data = clock.today()
    page = render_template(
        "certificates/certificate.html",
        paper=paper,
        printed=facts.printed_facts(paper),
        proof=facts.proof(paper),
        basis=paper.facts["basis"],
        code=grouped(paper.code),
        corrections=facts.corrections(paper),
        next_paper=register.replacement_of(viewer(), paper.id),
        sent=sent,
        **forms,
    )
    return (page, 422) if sent is not None else page


@blueprint.get("/certificates/<int:certificate_id>.pdf")
@allow(Role.COORDINATOR)
def pdf(certificate_id: int) -> Response:
    """The paper as it was issued, byte for byte. A store that has changed a byte is noticed, not passed on."""
    paper = register.certificate(viewer(), certificate_id)
    if hashlib.sha256(paper.pdf).hexdigest() != paper.sha256:
        log.error("certificate %s: the stored bytes are not those that were issued", paper.id)
        raise Refused(
            Reason(
                N_("Die gespeicherte Datei ist beschädigt. Bitte verständigen Sie die Technik; sie hat eine Sicherung.")
            )
        )
    trace.saw([paper.enrolment.person_id])
    trace.note("certificate downloaded", object_id=paper.id)
    name = file_name(paper.title, paper.printed_name, paper.number)
    response = send_file(io.BytesIO(paper.pdf), "application/pdf", as_attachment=True, download_name=name, etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response


def _change(certificate_id: int, form: Any, change: Callable[[Certificate], Certificate], done: str) -> Answer:
    paper = register.certificate(viewer(), certificate_id)
    if form.validate():
        try:
            shown = change(paper)
        except Refused as refused:
            form.refuse(refused.reasons)
        else:
            flash(done, "success")
            return redirect(url_for("certificates.certificate", certificate_id=shown.id))
    return _certificate(paper, form)


@blueprint.post("/certificates/<int:certificate_id>/hand-over")
@allow(Role.COORDINATOR)
def hand_over(certificate_id: int) -> Answer:
    """Note that the person has their paper."""
    form = Given()

    def change(paper: Certificate) -> Certificate:
        on = form.handed_over_on.data or clock.today()
        actions.hand_over([paper], on, form.handed_over_how.data, by=current_user.id, today=clock.today())
        return paper

    return _change(certificate_id, form, change, gettext("Die Übergabe ist vermerkt."))


@blueprint.post("/certificates/<int:certificate_id>/replace")
@allow(Role.COORDINATOR)
def replace(certificate_id: int) -> Answer:
    """Issue a new paper that refers to this one."""
    form = Replacement()

    def change(paper: Certificate) -> Certificate:
        return actions.replace(
            viewer(),
            paper,
            form.replace_reason.data or "",
            clock.now(),
            by=current_user.id,
            imprint=office.imprint(),
            renewal=form.renewal.data,
        )

    return _change(certificate_id, form, change, gettext("Das neue Papier ist ausgestellt; das alte gilt als ersetzt."))


@blueprint.post("/certificates/<int:certificate_id>/revoke")
@allow(Role.COORDINATOR)
def revoke(certificate_id: int) -> Answer:
    """Say that this paper no longer holds."""
    form = Revocation()

    def change(paper: Certificate) -> Certificate:
        actions.revoke(paper, form.revoke_reason.data or "", clock.now(), by=current_user.id)
        return paper

    return _change(certificate_id, form, change, gettext("Das Papier ist widerrufen."))


@blueprint.post("/certificates/<int:certificate_id>/copy")
@allow(Role.COORDINATOR)
def copy(certificate_id: int) -> Response:
    """Issue a second copy."""
    paper = register.certificate(viewer(), certificate_id)
    made = actions.copy(paper, clock.now(), by=current_user.id, imprint=office.imprint())
    flash(gettext("Die Zweitschrift %(number)s ist ausgestellt.", number=made.number), "success")
    return redirect(url_for("certificates.certificate", certificate_id=made.id))


@blueprint.get("/certificates/<int:certificate_id>.badge.jwt")
@allow(Role.COORDINATOR)
def badge(certificate_id: int) -> Response:
    """The paper as an Open Badge, to hand to its owner."""
    paper = register.certificate(viewer(), certificate_id)
    key, settings = office.key(), current_app.config["SETTINGS"]
    if key is None:
        raise Refused(Reason(N_("Ohne Siegel gibt es keinen digitalen Nachweis (SEAL_KEY).")))
    trace.saw([paper.enrolment.person_id])
    trace.note("badge downloaded", object_id=paper.id)
    token = open_badge.signed(facts.printed_facts(paper), settings.public_url, key)
    response = send_file(
        io.BytesIO(token.encode()),
        "application/vc+jwt",
        as_attachment=True,
        download_name=f"{paper.number}.jwt",
        etag=False,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
