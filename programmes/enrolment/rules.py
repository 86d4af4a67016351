"""Decides who may have a place, who waits, and what moves an enrolment on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from programmes.participants.rules import Precision, Sex, age_in_months
from wording import N_, Reason, Term


class EnrolmentStatus(Term):
    """Where somebody stands with a course."""

    APPLIED = "applied", N_("angemeldet")
    WAITING = "waiting", N_("Warteliste")
    OFFERED = "offered", N_("Platz angeboten")
    ENROLLED = "enrolled", N_("aufgenommen")
    COMPLETED = "completed", N_("abgeschlossen")
    DECLINED = "declined", N_("abgelehnt")
    WITHDRAWN = "withdrawn", N_("abgemeldet")
    DROPPED_OUT = "dropped_out", N_("abgebrochen")
    NO_SHOW = "no_show", N_("nicht angetreten")


class Education(Term):
    """The highest qualification on the day of entry, in the classes of ESF+ (domain.md B7). *Refused* is not *unknown*."""

    BASIC = "isced_0_2", N_("höchstens Haupt- oder Realschule (ISCED 0–2)")
    MIDDLE = "isced_3_4", N_("Abitur oder Berufsausbildung (ISCED 3–4)")
    HIGH = "isced_5_8", N_("Meisterbrief oder Studium (ISCED 5–8)")
    REFUSED = "refused", N_("möchte nicht antworten")


class Employment(Term):
    """Work on the day of entry, in the classes of ESF+ (domain.md B7)."""

    EMPLOYED = "employed", N_("erwerbstätig, auch selbstständig")
    UNEMPLOYED = "unemployed", N_("arbeitslos, kürzer als ein Jahr")
    LONG_TERM_UNEMPLOYED = "long_term_unemployed", N_("arbeitslos seit einem Jahr oder länger")
    INACTIVE = "inactive", N_("nicht erwerbstätig und nicht auf Suche")
    REFUSED = "refused", N_("möchte nicht antworten")


class Outcome(Term):
    """What somebody does after the course: results of ESF+, and the ways of the second part of *Richtig Ankommen*."""

    WORK = "work", N_("Arbeit oder Selbstständigkeit")
    VOCATIONAL_TRAINING = "vocational_training", N_("Berufsausbildung")
    RETRAINING = "retraining", N_("Umschulung")
    FURTHER_TRAINING = "further_training", N_("Weiterbildung oder Schule")
    PLACEMENT = "placement", N_("Hospitation oder Praktikum")
    LANGUAGE_COURSE = "language_course", N_("Sprachkurs")
    SEARCHING = "searching", N_("sucht Arbeit")
    NOTHING = "nothing", N_("nichts davon")
    REFUSED = "refused", N_("möchte nicht antworten")


class ExitCause(Term):
    """Why somebody left early or never came, as a class: never a diagnosis (domain.md D5)."""

    ILLNESS = "illness", N_("Krankheit")
    CHILDCARE = "childcare", N_("Kinderbetreuung")
    WORK = "work", N_("Arbeit oder Ausbildung")
    MOVED = "moved", N_("Umzug")
    OTHER_COURSE = "other_course", N_("anderer Kurs")
    OWN_DECISION = "own_decision", N_("eigene Entscheidung")


@dataclass(frozen=True)
class Situation:
    """What somebody told about themselves at their entry and after the course; everything may stay unsaid."""

    education: Education | None = None
    employment: Employment | None = None
    outcome: Outcome | None = None


NOTHING_TOLD = Situation()
HAS_PLACE = frozenset({EnrolmentStatus.ENROLLED, EnrolmentStatus.COMPLETED})
HOLDS_PLACE = HAS_PLACE | {EnrolmentStatus.OFFERED}  # an offered place is nobody else's until the offer ends
QUEUES = frozenset({EnrolmentStatus.APPLIED, EnrolmentStatus.WAITING})
BEFORE_ENTRY = QUEUES | {EnrolmentStatus.OFFERED}
STILL_OPEN = HAS_PLACE | BEFORE_ENTRY
CAME = HAS_PLACE | {EnrolmentStatus.WITHDRAWN, EnrolmentStatus.DROPPED_OUT}
LEAVES = frozenset({EnrolmentStatus.WITHDRAWN, EnrolmentStatus.DROPPED_OUT, EnrolmentStatus.NO_SHOW})

# From where to where an enrolment may move; nobody skips silently.
REFUSALS = frozenset({EnrolmentStatus.DECLINED, EnrolmentStatus.WITHDRAWN})
MOVES: dict[EnrolmentStatus | None, frozenset[EnrolmentStatus]] = {
    None: frozenset({EnrolmentStatus.APPLIED, EnrolmentStatus.WAITING, EnrolmentStatus.ENROLLED}),
    EnrolmentStatus.APPLIED: REFUSALS | {EnrolmentStatus.WAITING, EnrolmentStatus.OFFERED, EnrolmentStatus.ENROLLED},
    EnrolmentStatus.WAITING: REFUSALS | {EnrolmentStatus.OFFERED, EnrolmentStatus.ENROLLED},
    EnrolmentStatus.OFFERED: REFUSALS | {EnrolmentStatus.WAITING, EnrolmentStatus.ENROLLED},
    EnrolmentStatus.ENROLLED: LEAVES | {EnrolmentStatus.COMPLETED},
    EnrolmentStatus.COMPLETED: frozenset({EnrolmentStatus.ENROLLED}),
    EnrolmentStatus.DECLINED: frozenset({EnrolmentStatus.ENROLLED}),
    EnrolmentStatus.WITHDRAWN: frozenset({EnrolmentStatus.ENROLLED}),
    EnrolmentStatus.DROPPED_OUT: frozenset({EnrolmentStatus.ENROLLED}),
    EnrolmentStatus.NO_SHOW: frozenset({EnrolmentStatus.ENROLLED}),
}
ENDED = LEAVES | {EnrolmentStatus.COMPLETED, EnrolmentStatus.DECLINED}  # from here somebody can only come back


class Reached(Term):
    """What came of it."""

    NOT_REACHED = "not_reached", N_("nicht erreicht")
    MESSAGE_LEFT = "message_left", N_("Nachricht hinterlassen")
    THINKING = "thinking", N_("erreicht, überlegt noch")
    WANTS = "wants", N_("erreicht, möchte den Platz")
    REFUSES = "refuses", N_("erreicht, möchte den Platz nicht")


OFFER_DAYS, LONGEST_OFFER_DAYS = 7, 60


@dataclass(frozen=True)
class Funded:
    """What `funder`, who pays for a course, asks of somebody who wants a place. `minutes` are what it pays for of one person in all
    its courses together, `used` what this person has used up of them; `asks` are the fields of Situation that need an answer."""

    funder: str
    women_only: bool = False
    adults_only: bool = False
    minutes: int | None = None
    used: int = 0
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Applicant:
    """Who wants a place: the children they bring (name, birth date) and whether they are in the course already.

    `after`: whether they have completed the programme that has to come before. `town` None: not known. `funded`: what who pays asks.
    """

    already_in: bool = False
    children: tuple[tuple[str, dt.date | None], ...] = ()
    sex: Sex | None = None
    town: str | None = None
    after: bool = False
    birth_date: dt.date | None = None
    funded: Funded | None = None
    situation: Situation = NOTHING_TOLD


@dataclass(frozen=True)
class Offer:
    """What there is to have: the course's days, its places, and the programme's age window in months.

    `heads_only`: an event that counts heads and knows no names. `women_only`, `after_programme` (its short title) and `only_town` are
    the conditions of the programme; `taken` counts places that are offered, too.
    """

    is_family: bool
    ends_on: dt.date
    cancelled: bool
    places: int
    taken: int
    waiting: int
    child_from_months: int | None = None
    child_until_months: int | None = None
    starts_on: dt.date | None = None
    heads_only: bool = False
    women_only: bool = False
    after_programme: str | None = None
    only_town: str | None = None

    @property
    def free(self) -> int:
        return max(0, self.places - self.taken)


def obstacles(applicant: Applicant, offer: Offer, entry: dt.date) -> list[Reason]:
    """What makes it impossible to take this person in on that day. Places are not asked here: without one, people wait."""
    reasons = []
    if applicant.already_in:
        reasons.append(Reason(N_("Diese Person hat in diesem Kurs schon einen Platz oder steht auf der Warteliste.")))
    if offer.cancelled:
        reasons.append(Reason(N_("Der Kurs ist abgesagt.")))
    if offer.heads_only:
        reasons.append(Reason(N_("Bei dieser Veranstaltung werden nur Köpfe gezählt, keine Namen.")))
    if offer.starts_on is not None and entry < offer.starts_on:
        reasons.append(
            Reason(N_("Der Kurs beginnt erst am {day}."), field="entry_date", day=offer.starts_on.strftime("%d.%m.%Y"))
        )
    if entry > offer.ends_on:
        reasons.append(
            Reason(
                N_("Der Kurs endet am {day}, vor dem Einstieg."),
                field="entry_date",
                day=offer.ends_on.strftime("%d.%m.%Y"),
            )
        )
    if offer.is_family and not applicant.children:
        reasons.append(
            Reason(N_("In diese Gruppe kommt eine Familie: Bitte wählen Sie mindestens ein Kind."), field="children")
        )
    if not offer.is_family and applicant.children:
        reasons.append(Reason(N_("In diesen Kurs kommen Einzelne, keine Familien."), field="children"))
    return reasons


def eligibility(applicant: Applicant, offer: Offer, entry: dt.date) -> list[Reason]:
    """Which conditions of the programme and of who pays for it this person does not meet on that day. The office may decide
    otherwise, for a reason that is kept (domain.md D3)."""
    reasons = _not_funded(applicant, applicant.funded, entry) if applicant.funded else []
    if offer.women_only and applicant.sex is not Sex.FEMALE:
        reasons.append(Reason(N_("Der Kurs ist für Frauen; bei dieser Person steht etwas anderes oder nichts.")))
    if offer.after_programme is not None and not applicant.after:
        text = N_("Vorher kommt „{programme}“; dort hat diese Person noch nichts abgeschlossen.")
        reasons.append(Reason(text, programme=offer.after_programme))
    if offer.only_town is not None and applicant.town != offer.only_town:
        reasons.append(
            Reason(N_("Der Kurs ist für Menschen aus {town}; bei dieser Person steht: {other}."), town=offer.only_town,
                   other=applicant.town or "–")
        )  # fmt: skip
    if offer.child_from_months is not None and offer.child_until_months is not None:
        for name, birth in applicant.children:
            if birth is None:
                reasons.append(Reason(N_("Von {name} fehlt der Geburtsmonat."), field="children", name=name))
                continue
            months = age_in_months(birth, entry)
            if not offer.child_from_months <= months < offer.child_until_months:
                reasons.append(
                    Reason(
                        N_(
                            "{name} ist am {day} {months} Monate alt; die Gruppe ist für Kinder von {first} bis {last} Monaten."
                        ),
                        field="children",
                        name=name,
                        day=entry.strftime("%d.%m.%Y"),
                        months=months,
                        first=offer.child_from_months,
                        last=offer.child_until_months,
                    )
                )
    return reasons


def _not_funded(applicant: Applicant, asked: Funded, entry: dt.date) -> list[Reason]:
    reasons, funder = [], asked.funder
    if asked.women_only and applicant.sex is not Sex.FEMALE:
        text = N_("{funder} bezahlt nur für Frauen; bei dieser Person steht etwas anderes oder nichts.")
        reasons.append(Reason(text, funder=funder))
    years = age_in_months(applicant.birth_date, entry) // 12 if applicant.birth_date else ADULT_YEARS
    if asked.adults_only and years < ADULT_YEARS:
        reasons.append(Reason(N_("{funder} bezahlt nur für Erwachsene; diese Person ist jünger."), funder=funder))
    if asked.minutes is not None and asked.used >= asked.minutes:
        text = N_("{funder} bezahlt für jede Person {most} Stunden; diese Person hat schon {used} davon besucht.")
        reasons.append(Reason(text, funder=funder, most=asked.minutes // 60, used=asked.used // 60))
    for name in asked.asks:
        if getattr(applicant.situation, name) is None:
            text = N_("{funder} verlangt hier eine Antwort; „möchte nicht antworten“ ist auch eine.")
            reasons.append(Reason(text, field=name, funder=funder))
    return reasons


SOON = dt.timedelta(days=30)
ADULT_YEARS = 18


def outgrows_soon(birth: dt.date | None, precision: Precision, until_months: int, day: dt.date) -> bool:
    """Whether a child becomes too old for the group within 30 days after a day (domain.md D2).

    Of most children only the month of birth is kept: it counts from its first to its last day.
    """
    if birth is None or precision is Precision.YEAR:
        return False
    months = birth.year * 12 + birth.month - 1 + until_months
    first = dt.date(months // 12, months % 12 + 1, 1)
    last = dt.date((months + 1) // 12, (months + 1) % 12 + 1, 1) - dt.timedelta(days=1)
    if precision is Precision.DAY:
        first = last = min(first + dt.timedelta(days=birth.day - 1), last)
    return day < last and first <= day + SOON


def first_day(starts_on: dt.date, ends_on: dt.date, today: dt.date) -> dt.date:
    """The day on which somebody who is taken in today would start: today, but within the course."""
    return min(max(today, starts_on), ends_on)


def status_on_entry(offer: Offer) -> EnrolmentStatus:
    """A place if one is free and nobody waits for it, otherwise the waiting list."""
    free_for_all = offer.free > 0 and offer.waiting == 0
    return EnrolmentStatus.ENROLLED if free_for_all else EnrolmentStatus.WAITING


def promote_possible(offer: Offer) -> int:
    """How many of those who wait could move up now."""
    return 0 if offer.cancelled else min(offer.free, offer.waiting)


def offer_reasons(until: dt.date, ends_on: dt.date, today: dt.date) -> list[Reason]:
    """What speaks against offering a place until that day."""
    if until < today:
        return [Reason(N_("Diese Frist ist schon vorbei."), field="until")]
    if until > min(ends_on, today + dt.timedelta(days=LONGEST_OFFER_DAYS)):
        latest = min(ends_on, today + dt.timedelta(days=LONGEST_OFFER_DAYS)).strftime("%d.%m.%Y")
        return [Reason(N_("Die Frist endet spätestens am {day}."), field="until", day=latest)]
    return []


def usual_deadline(ends_on: dt.date, today: dt.date) -> dt.date:
    """Until when a place is offered unless somebody says otherwise: a week, but within the course."""
    return max(today, min(ends_on, today + dt.timedelta(days=OFFER_DAYS)))


def outgrown_on(birth: dt.date, until_months: int) -> dt.date:
    """From which day on a child is too old for the group; of most only the month of birth is known, so it is its first."""
    months = birth.year * 12 + birth.month - 1 + until_months
    return dt.date(months // 12, months % 12 + 1, 1)


def promotion(offer: Offer, *, people_ahead: int, reason: str | None) -> list[Reason]:
    """What speaks against moving somebody up from the waiting list. Out of order needs a reason (domain.md B13)."""
    reasons = []
    if offer.cancelled:
        reasons.append(Reason(N_("Der Kurs ist abgesagt.")))
    if offer.free == 0:
        reasons.append(
            Reason(N_("Der Kurs ist voll: {taken} von {places} Plätzen."), taken=offer.taken, places=offer.places)
        )
    if people_ahead and not reason:
        reasons.append(
            Reason(
                N_("Länger warten schon: {count}. Bitte begründen Sie, warum diese Person vorgeht."),
                field="reason",
                count=people_ahead,
            )
        )
    return reasons


def resize_reasons(taken: int, places: int) -> list[Reason]:
    """What speaks against giving a course this many places: nobody loses a place by a smaller number."""
    if places >= taken:
        return []
    return [Reason(N_("Es sind schon {taken} Plätze vergeben."), field="places", taken=taken)]


def move_reasons(old: EnrolmentStatus | None, new: EnrolmentStatus) -> list[Reason]:
    """What speaks against this change of status."""
    if new in MOVES[old]:
        return []
    return [Reason(N_("Das geht von „{old}“ aus nicht mehr."), old=old or "–", field="status")]


def on_day(entry: dt.date | None, leaving: dt.date | None, day: dt.date) -> bool:
    """Whether somebody is enrolled on a day; entry and exit day count."""
    return entry is not None and entry <= day and (leaving is None or day <= leaving)


def exit_reasons(
    entry: dt.date | None, leaving: dt.date, today: dt.date, *, ends_on: dt.date | None = None
) -> list[Reason]:
    """What speaks against this day of leaving. Who gives notice before the first day has not left too early."""
    reasons = []
    if entry and leaving < entry and not leaves_before_entry(entry, leaving, today):
        reasons.append(Reason(N_("Der Ausstieg liegt vor dem Einstieg."), field="exit_date"))
    if leaving > today:
        reasons.append(Reason(N_("Der Ausstieg liegt in der Zukunft."), field="exit_date"))
    if ends_on and leaving > ends_on and today >= leaving:
        reasons.append(
            Reason(
                N_("Der Kurs endete am {day}, vor dem Ausstieg."), field="exit_date", day=ends_on.strftime("%d.%m.%Y")
            )
        )
    return reasons


def leaves_before_entry(entry: dt.date | None, leaving: dt.date, today: dt.date) -> bool:
    """Whether somebody gives the place back before the first day came."""
    return entry is not None and leaving < entry and today < entry
