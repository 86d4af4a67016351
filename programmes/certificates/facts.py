"""What will stand on a paper: a course's accounts in, `CertificateFacts` and their basis out. It reads no clock."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.exc import NoResultFound

import clock
from paper import fonts
from paper.german import exactly, period
from programmes.attendance.account.rules import counted_minutes
from programmes.catalogue.models import Course
from programmes.catalogue.rules import MeetingStatus, PaperKind, units
from programmes.certificates import document
from programmes.certificates.document import CertificateFacts
from programmes.certificates.models import Certificate
from programmes.certificates.queries import Candidate, CourseAccounts, Subject
from programmes.certificates.rules import (
    MAIN,
    MAIN_OF,
    OF_A_CHILD,
    CertificateKind,
    CertificateState,
    Said,
    corrected,
    masked,
)
from programmes.certificates.seal import Key
from programmes.certificates.settings.rules import (
    LEADER,
    OFFICE_OF_COUNTY,
    USUAL_SIGNATORIES,
    Look,
    filled,
    valid_until,
)
from programmes.participants.models import Person
from programmes.participants.rules import Precision
from wording import N_, Reason

PROVIDER = "Integrationsbüro Kreis Offenbach"
PLACE_OF_ISSUE = "Dietzenbach"
# What anybody may read of a paper who holds its number or code; it names nobody and outlives its person.
PUBLIC = (
    "kind", "title", "number", "course_title", "starts_on", "ends_on", "issued_on", "issued_place", "unit_minutes", "count_by",
    "attended_minutes", "offered_minutes", "meetings_attended", "meetings_held", "copy_of",
)  # fmt: skip


@dataclass(frozen=True)
class Wishes:
    """What stands on a paper only if its owner wants it (domain.md E2); the native name only if they do not mind."""

    birth_date: bool = False
    birth_name: bool = False
    native_name: bool = True
    native_first: bool = False
    children: bool = False
    second_language: str | None = None


@dataclass(frozen=True)
class Imprint:
    """What this installation adds: the address under which codes are checked, whether its people are invented, its seal."""

    public_url: str
    demo: bool
    seal: Key | None = None


@dataclass(frozen=True)
class Stamp:
    """What makes one paper this paper."""

    number: str
    code: str
    at: dt.datetime
    replaces: str | None = None

    @property
    def on(self) -> dt.date:
        """The day of issue, as the calendar in the county has it."""
        return self.at.astimezone(clock.BERLIN).date()


def name_reasons(person: Person) -> list[Reason]:
    """What speaks against printing this name: a letter that no font draws stops the paper before it is issued."""
    return _unprintable(person.name, N_("Im Namen stehen Zeichen, die keine Schrift zeichnet: {letters}"))


def _unprintable(text: str, sentence: str) -> list[Reason]:
    try:
        missing = fonts.missing_glyphs(text)
    except ValueError:
        return [Reason(N_("Im Namen stehen Steuerzeichen, die nicht gedruckt werden können."))]
    return [Reason(sentence, letters=" ".join(missing))] if missing else []


def native_name(person: Person) -> str | None:
    """The name in its own script, if there is one and every letter of it can be drawn."""
    if not person.native_name or _unprintable(person.native_name, "{letters}"):
        return None
    return person.native_name


def native_name_hints(person: Person) -> list[Reason]:
    """Why a native name will not stand on the paper."""
    if not person.native_name or native_name(person):
        return []
    return [Reason(N_("Der Name in eigener Schrift entfällt: Keine Schrift zeichnet alle seine Zeichen."))]


def birth_date(person: Person) -> dt.date | None:
    """The birth date, where it is known to the day; a paper does not print guesses."""
    return person.birth_date if person.birth_precision is Precision.DAY else None


def text_reasons(facts: CertificateFacts) -> list[Reason]:
    """What speaks against printing these facts, whatever field it stands in."""
    missing = {letter for letters in document.missing_glyphs(facts).values() for letter in letters}
    if not missing:
        return []
    return [
        Reason(
            N_("Auf dem Papier stünden Zeichen, die keine Schrift zeichnet: {letters}"),
            letters=" ".join(sorted(missing)),
        )
    ]


def title_of(course: Course, kind: CertificateKind, look: Look | None = None) -> str:
    """What a paper is called: as it is set, else the main paper as the programme's rules say, else as its kind."""
    if look and look.title:
        return look.title
    return course.programme.paper_title if kind in MAIN_OF.values() else str(kind.label)


def new_facts(
    candidate: Candidate,
    of: CourseAccounts,
    kind: CertificateKind,
    wishes: Wishes,
    stamp: Stamp,
    imprint: Imprint,
    subject: Subject | None = None,
) -> CertificateFacts:
    """Everything a new paper says. The period is the person's own, the offer the whole course's (`rules.Account`).

    `subject` is the module or the child that a paper besides the main one is about.
    """
    enrolment, account, course = candidate.enrolment, candidate.account, of.course
    person, programme, look = enrolment.person, course.programme, of.looks.get(kind, Look())
    earned = kind in MAIN_OF.values()
    first, last = own_period(candidate, course)
    module = subject.module if subject else None
    leader = of.leaders[0].name if of.leaders else None
    place = ", ".join(filter(None, (course.municipality.name, course.quarter.name if course.quarter else None)))
    name = subject.child if subject and subject.child else person.name
    native = native_name(person) if wishes.native_name and name == person.name else None
    in_meetings = programme.counts_meetings and module is None
    attended, offered = (
        (module.attended + module.made_up, module.offered) if module else (account.credited, account.offered)
    )
    values = {
        "name": name,
        "zeitraum": period(first, last),
        "kurs": course.title,
        "programm": programme.short_title,
        "ort": place,
        "besucht": exactly(units(attended, of.conditions.unit_minutes)),
        "angeboten": exactly(units(offered, of.conditions.unit_minutes)),
        "termine": str(account.meetings_attended),
        "leitung": leader or "",
    }
    profile = programme.funding_profile
    return CertificateFacts(
        kind=cast(document.Kind, kind.value),
        title=title_of(course, kind, look),
        number=stamp.number,
        verification_code=stamp.code,
        verify_url=verify_url(imprint, stamp.code),
        name=name,
        native_name=native,
        native_language=person.native_language if native else None,
        native_first=wishes.native_first and native is not None,
        birth_date=birth_date(person) if wishes.birth_date and name == person.name else None,
        birth_name=person.birth_name if wishes.birth_name and name == person.name else None,
        child_names=candidate.children if wishes.children else (),
        course_title=module.title if module else course.title,
        course_number=course.number,
        course_kind=_course_kind(course),
        programme_title=programme.short_title,
        place=place,
        venue=course.venue,
        starts_on=first,
        ends_on=last,
        unit_minutes=of.conditions.unit_minutes,
        attended_minutes=attended,
        made_up_minutes=module.made_up if module else account.made_up,
        offered_minutes=offered,
        meetings_attended=account.meetings_attended,
        meetings_held=account.meetings_held,
        count_by="meetings" if in_meetings else "minutes",
        language_of_instruction=course.language,
        topics=_topics(candidate, of) or (tuple(programme.topics) if earned and not account.modules else ())
        if kind in MAIN
        else (),
        modules=[(part.title, part.offered, part.credited, part.mandatory, part.fulfilled) for part in account.modules]
        if kind in MAIN
        else (),
        competencies=tuple(programme.competencies) if kind is CertificateKind.QUALIFICATION else (),
        rules=_rules(of) if kind is CertificateKind.QUALIFICATION else (),
        leaders=[(one.name, one.qualification) for one in of.leaders],
        provider=PROVIDER,
        funder_line=profile.line if profile else programme.funding_line,
        issued_on=stamp.on,
        issued_at=stamp.at,
        issued_place=PLACE_OF_ISSUE,
        signatories=signatories(kind, look, leader),
        replaces_number=stamp.replaces,
        demo=imprint.demo,
        sentence=filled(look.sentence, values),
        small_print=filled(look.small_print, values),
        landscape=look.landscape,
        second_language=wishes.second_language,
        logos=[(logo.sha256, logo.shows) for logo in of.logos],
        days=_days(candidate) if kind in {CertificateKind.DAYS, CertificateKind.EMPLOYER} else (),
        recognition=look.recognition if kind is CertificateKind.EMPLOYER else None,
        valid_until=valid_until(stamp.on, look.valid_months),
    )


def signatories(kind: CertificateKind, look: Look, leader: str | None) -> tuple[tuple[str, str | None], ...]:
    """Who signs: as it is set, else as usual (domain.md E2, E3); a course without a leader has one signature less."""
    chosen = tuple(look.signatories) or USUAL_SIGNATORIES.get(kind, (OFFICE_OF_COUNTY, LEADER))
    told = [
        (name.replace("{leitung}", leader or ""), function.replace("{leitung}", leader or ""))
        for name, function in chosen
        if leader or "{leitung}" not in name
    ]
    return tuple((name, function or None) for name, function in told) or (OFFICE_OF_COUNTY,)


def _days(candidate: Candidate) -> list[tuple[dt.date, str, str, int]]:
    """The days on which somebody was there, with the hours of the meeting and the minutes that count."""
    return [
        (line.date, f"{line.starts_at:%H:%M}", f"{line.ends_at:%H:%M}", line.attended)
        for line in candidate.lines
        if line.enrolled and line.attended and line.status is not MeetingStatus.CANCELLED
    ]


def _topics(candidate: Candidate, of: CourseAccounts) -> tuple[str, ...]:
    """What the attended meetings were about, as far as the table of modules does not say it already."""
    titles = {title for _, title, _ in of.conditions.modules}
    return tuple(topic for topic in candidate.account.topics if topic not in titles)


def _course_kind(course: Course) -> str:
    if course.programme.paper is PaperKind.QUALIFICATION:
        return "Qualifizierung"
    return course.programme.rule_pack.on_paper


def verify_url(imprint: Imprint, code: str) -> str:
    """Where the paper can be checked; the QR code holds it."""
    return f"{imprint.public_url}/verify/{code}"


def own_period(candidate: Candidate, course: Course) -> tuple[dt.date, dt.date]:
    """From when to when this person took part: the course's days, shortened by a late entry and an early exit."""
    enrolment = candidate.enrolment
    first = max(course.starts_on, enrolment.entry_date or course.starts_on)
    last = min(course.ends_on, enrolment.exit_date or course.ends_on)
    return min(first, last), last


def _rules(of: CourseAccounts) -> Sequence[str]:
    rules = []
    if of.conditions.required_share is not None:
        rules.append(f"Teilnahme an mindestens {of.conditions.required_share} % der angebotenen Unterrichtszeit.")
    if of.conditions.counts_make_up:
        rules.append("Versäumte Zeit kann nachgeholt werden; sie ist als nachgeholt ausgewiesen.")
    if any(mandatory for _, _, mandatory in of.conditions.modules):
        rules.append("Alle mit * bezeichneten Module sind Pflicht.")
    return rules


def renamed_facts(old: Certificate, stamp: Stamp, imprint: Imprint) -> CertificateFacts:
    """The facts of an issued paper under today's name: same course, same units, new number, new code."""
    before, person = printed_facts(old), old.enrolment.person
    return dataclasses.replace(
        before,
        number=stamp.number,
        verification_code=stamp.code,
        verify_url=verify_url(imprint, stamp.code),
        name=person.name,
        native_name=native_name(person),
        native_language=person.native_language,
        birth_name=person.birth_name if before.birth_name else None,
        birth_date=birth_date(person) if before.birth_date else None,
        issued_on=stamp.on,
        issued_at=stamp.at,
        replaces_number=stamp.replaces,
        copy_of=None,
        demo=imprint.demo,
    )


def corrections(paper: Certificate) -> list[Reason]:
    """What was corrected since a paper was issued that holds; the keepsake of a child names the child, not the person."""
    if paper.state is not CertificateState.VALID or paper.erased_at is not None or paper.slot.startswith(OF_A_CHILD):
        return []
    printed, person = printed_facts(paper), paper.enrolment.person
    return corrected(
        Said(printed.name, printed.native_name, printed.birth_name, printed.birth_date),
        Said(person.name, person.native_name, person.birth_name, birth_date(person)),
    )


def printed_facts(paper: Certificate) -> CertificateFacts:
    """What stands on an issued paper, while its person is not erased (else NoResultFound)."""
    if paper.erased_at is not None:
        raise NoResultFound("the person of this paper is erased")
    return CertificateFacts.from_json(json.dumps(paper.facts["paper"]))


def public_part(facts: CertificateFacts) -> dict[str, Any]:
    """What anybody may read who holds number or code."""
    told = json.loads(facts.to_json())
    return {name: told[name] for name in PUBLIC}


@dataclass(frozen=True)
class Proof:
    """What anyone may read who holds the code: enough to expose a forgery, too little to learn a name."""

    state: CertificateState
    state_on: dt.date | None
    title: str
    number: str
    name: str | None
    issued_on: dt.date
    issued_place: str
    starts_on: dt.date
    ends_on: dt.date
    course: str
    attended: str
    offered: str
    unit_minutes: int
    in_meetings: bool
    copy_of: str | None


def proof(paper: Certificate) -> Proof:
    """The public part of an issued paper, in the words and figures that stand on it. No name once its person is erased."""
    told = paper.public
    in_meetings = told["count_by"] == "meetings"
    unit = told["unit_minutes"]
    return Proof(
        state=paper.state,
        state_on=paper.state_at and paper.state_at.astimezone(clock.BERLIN).date(),
        title=told["title"],
        number=told["number"],
        name=None if paper.erased_at else masked(paper.printed_name),
        issued_on=dt.date.fromisoformat(told["issued_on"]),
        issued_place=told["issued_place"],
        starts_on=dt.date.fromisoformat(told["starts_on"]),
        ends_on=dt.date.fromisoformat(told["ends_on"]),
        course=told["course_title"],
        attended=str(told["meetings_attended"]) if in_meetings else exactly(units(told["attended_minutes"], unit)),
        offered=str(told["meetings_held"]) if in_meetings else exactly(units(told["offered_minutes"], unit)),
        unit_minutes=unit,
        in_meetings=in_meetings,
        copy_of=told.get("copy_of"),
    )


def wishes_of(paper: CertificateFacts) -> Wishes:
    """What the owner of an issued paper wanted on it."""
    return Wishes(
        birth_date=paper.birth_date is not None,
        birth_name=paper.birth_name is not None,
        children=bool(paper.child_names),
        native_first=paper.native_first,
        second_language=paper.second_language,
    )


def copied_facts(old: Certificate, stamp: Stamp, imprint: Imprint) -> CertificateFacts:
    """The facts of a second copy: word for word the first, with a number and a code of its own, and marked as a copy."""
    return dataclasses.replace(
        printed_facts(old),
        number=stamp.number,
        verification_code=stamp.code,
        verify_url=verify_url(imprint, stamp.code),
        copy_of=old.number,
        demo=imprint.demo,
    )


def basis(candidate: Candidate, of: CourseAccounts, by: int, at: dt.datetime) -> dict[str, Any]:
    """What a paper rests on, frozen with it: rule, account, minutes of every meeting, who decided when."""
    enrolment, counting = candidate.enrolment, of.conditions.counting
    account = dataclasses.asdict(candidate.account)
    return {
        "rule_version": of.conditions.rule_version,
        "conditions": dataclasses.asdict(of.conditions),
        "account": account,
        "entry_date": enrolment.entry_date and enrolment.entry_date.isoformat(),
        "exit_date": enrolment.exit_date and enrolment.exit_date.isoformat(),
        "meetings": [
            {
                "id": line.meeting_id,
                "date": line.date.isoformat(),
                "status": line.status.value,
                "offered": line.minutes,
                "counted": counted_minutes(line, counting),
                "enrolled": line.enrolled,
            }
            for line in candidate.lines
        ],
        "hardship": candidate.hardship
        and {"verdict": candidate.hardship.verdict.value, "why": candidate.hardship.reason},
        "reasons": [str(reason) for reason in candidate.decision.why],
        "decided_by": by,
        "decided_at": at.isoformat(),
    }
