"""Decides what of a course somebody attended, whether it can still be enough, and what is asked of those who stay away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from programmes.attendance.rules import ABSENT, EXCUSED, AbsenceReason, Mark, is_dispensed
from programmes.catalogue.rules import Counting, MeetingStatus, RulePack
from wording import N_, Reason, Term

WARN_BEFORE = dt.timedelta(days=14)  # so long before the required share could be lost, somebody is told
PROOF_FROM_DAY = 4  # illness needs a paper from this day on (domain.md B1, row 7); before it the note of a call will do


class Outlook(Term):
    """Where somebody stands with the required share; from nothing to worry about to lost."""

    FREE = "free", N_("kein Anteil verlangt")
    REACHED = "reached", N_("erreicht")
    OPEN = "open", N_("erreichbar")
    AT_RISK = "at_risk", N_("in Gefahr")
    LOST = "lost", N_("nicht mehr erreichbar")


WARNED = frozenset({Outlook.AT_RISK, Outlook.LOST})


@dataclass(frozen=True)
class AccountRule:
    """What a programme counts and asks for. `required_share` in percent of offered minutes; None: no share.

    `modules` are (id, title, mandatory) in order; `needs_modules`: its paper asks for every mandatory one.
    """

    counting: Counting
    required_share: int | None
    unit_minutes: int
    modules: tuple[tuple[int, str, bool], ...] = ()
    needs_modules: bool = False
    counts_make_up: bool = False


@dataclass(frozen=True)
class MeetingLine:
    """One meeting of a course in the account of one enrolment.

    `minutes` offered, `attended` minutes of the adult, `mark` of the adult, `child_marks` of the children (family groups).
    `enrolled` says whether the person had the place on that day: before entry and after exit nobody can attend.
    """

    meeting_id: int
    date: dt.date
    status: MeetingStatus
    minutes: int
    module_id: int | None
    topic: str | None
    closed: bool
    mark: Mark
    attended: int
    child_marks: tuple[Mark, ...] = ()
    enrolled: bool = True
    reason: AbsenceReason | None = None
    starts_at: dt.time = dt.time()
    ends_at: dt.time = dt.time()


@dataclass(frozen=True)
class Prospect:
    """Minutes as they bear on a required share.

    `credited`: attended or made up; `pending`: past, but nobody has said yet who was there (not recorded is not absent);
    `soon` and `later`: to come within the time of a warning, and after it; `whole`: all that the course offers.
    """

    credited: int
    pending: int
    soon: int
    later: int
    whole: int

    @property
    def best(self) -> int:
        """What it comes to if nothing more is missed."""
        return self.credited + self.pending + self.soon + self.later

    def may_miss(self, share: int | None) -> int:
        """Minutes that may still be missed; negative once the share is lost."""
        return self.best - _needed(self.whole, share)

    @property
    def lost(self) -> int:
        """Minutes that can no longer be attended."""
        return self.whole - self.best


def outlook(prospect: Prospect, share: int | None) -> Outlook:
    """Whether the share is reached, within reach, lost, or would be lost by missing all of the next two weeks.

    In danger is only who has missed something already: towards the end of a short course everybody could still lose it.
    Without a share some attendance will do (a module); nothing offered asks for nothing.
    """
    if not prospect.whole:
        return Outlook.FREE
    if _reaches(prospect.credited, prospect.whole, share):
        return Outlook.REACHED
    if not _reaches(prospect.best, prospect.whole, share):
        return Outlook.LOST
    if prospect.lost and not _reaches(prospect.best - prospect.soon, prospect.whole, share):
        return Outlook.AT_RISK
    return Outlook.OPEN


def worst(outlooks: Iterable[Outlook]) -> Outlook:
    """The one that matters."""
    return max(outlooks, key=list(Outlook).index, default=Outlook.FREE)


@dataclass(frozen=True)
class ModuleAccount:
    """One module of an account, in minutes. Fulfilled is measured on the whole module, what is still to come included.

    `attended` is what somebody came to, `made_up` what counts of the time made up, `entered` all that was entered of it,
    `missed` what was certainly missed and could be made up.
    """

    title: str
    mandatory: bool
    offered: int
    attended: int
    reachable: int
    to_come: int
    fulfilled: bool
    module_id: int | None = None
    excused: int = 0
    made_up: int = 0
    entered: int = 0
    missed: int = 0
    pending: int = 0
    missing: int = 0
    outlook: Outlook = Outlook.FREE

    @property
    def credited(self) -> int:
        """What counts: attended and made up."""
        return self.attended + self.made_up

    @property
    def can_be_made_up(self) -> int:
        """Minutes that could still be entered as made up."""
        return max(0, self.missed - self.entered)


@dataclass(frozen=True)
class Account:
    """The minutes of one enrolment, and the rule of its denominator: *what of the whole course somebody attended*.

    `offered` counts every meeting of the course that took place, also those before this person's entry and after their exit:
    the paper prints "attended of offered", and both numbers are the same course for everybody. Nobody can attend outside of
    their own days, so such meetings never count as attended or `reachable`. Cancelled meetings leave the account for
    everybody. `to_come` is what the course will still offer, `reachable` what of it this person can still attend, and
    `soon` what of that lies within the time of a warning.
    """

    offered: int
    attended: int
    reachable: int
    to_come: int
    meetings_held: int
    meetings_attended: int
    meetings_to_come: int
    not_closed: int
    modules: tuple[ModuleAccount, ...]
    topics: tuple[str, ...]
    excused: int = 0
    made_up: int = 0
    entered: int = 0
    missed: int = 0
    pending: int = 0
    soon: int = 0
    meetings_reachable: int = 0
    without_module: ModuleAccount | None = None

    @property
    def whole(self) -> int:
        """Minutes of the whole course: offered so far and still to come."""
        return self.offered + self.to_come

    @property
    def credited(self) -> int:
        """What counts: attended and made up."""
        return self.attended + self.made_up

    @property
    def can_be_made_up(self) -> int:
        """Minutes that could still be entered as made up."""
        return max(0, self.missed - self.entered)

    @property
    def prospect(self) -> Prospect:
        """These minutes as they bear on the required share."""
        return Prospect(self.credited, self.pending, self.soon, self.reachable - self.soon, self.whole)

    def share(self) -> Fraction:
        """Credited part of the whole course, 0 to 1; never of what was held so far, which looks like 100 % after one day."""
        return Fraction(self.credited, self.whole) if self.whole else Fraction(0)


MadeUp = tuple[int | None, int]  # a module or none, and minutes


def counted_minutes(line: MeetingLine, counting: Counting) -> int:
    """Minutes of this meeting that count: none outside of one's days; of a pair the adult's, if a child was there too."""
    if not line.enrolled or line.status is MeetingStatus.CANCELLED:
        return 0
    if counting is Counting.PAIR and Mark.PRESENT not in line.child_marks:
        return 0
    return line.attended


def account(
    lines: Sequence[MeetingLine], rule: AccountRule, today: dt.date, make_ups: Sequence[MadeUp] = ()
) -> Account:
    """Add up one enrolment's meetings. A meeting that is past but not closed is offered already, and still open.

    What somebody was dispensed from (transfer, placement) leaves their offer as a cancelled meeting leaves everybody's. Time made up counts where the rule allows it, and never more of it than was missed.
    """
    lines = [line for line in lines if line.status is not MeetingStatus.CANCELLED and not is_dispensed(line.mark)]
    held = [line for line in lines if took_place(line.closed, line.status, line.date, today)]
    to_come = [line for line in lines if not took_place(line.closed, line.status, line.date, today)]
    attended = {line.meeting_id: counted_minutes(line, rule.counting) for line in held}
    within_reach = [line for line in to_come if line.enrolled]
    sums = [
        _module(module, held, to_come, attended, rule, today, make_ups) for module in (*rule.modules, (None, "", False))
    ]
    *modules, rest = sums
    missed = sum(module.missed for module in sums)
    return Account(
        offered=sum(line.minutes for line in held),
        attended=sum(attended.values()),
        reachable=sum(line.minutes for line in within_reach),
        to_come=sum(line.minutes for line in to_come),
        meetings_held=len(held),
        meetings_attended=sum(1 for minutes in attended.values() if minutes > 0),
        meetings_to_come=len(to_come),
        not_closed=sum(1 for line in held if not line.closed),
        modules=tuple(modules),
        topics=tuple(dict.fromkeys(line.topic for line in held if line.topic and attended[line.meeting_id] > 0)),
        excused=sum(module.excused for module in sums),
        made_up=made_up_in_all(
            [module.made_up for module in modules], rest.entered if rule.counts_make_up else 0, missed
        ),
        entered=sum(minutes for _, minutes in make_ups),
        missed=missed,
        pending=sum(module.pending for module in sums),
        soon=sum(line.minutes for line in within_reach if line.date <= today + WARN_BEFORE),
        meetings_reachable=len(within_reach),
        without_module=rest if modules and (rest.offered or rest.to_come or rest.entered) else None,
    )


def took_place(closed: bool, status: MeetingStatus, date: dt.date, today: dt.date) -> bool:
    """Whether a meeting belongs to what was offered so far: it is over, whether or not its roll call is closed."""
    return closed or status is MeetingStatus.HELD or date < today


def made_up_in_all(of_modules: Iterable[int], of_none: int, missed: int) -> int:
    """What counts of all time made up: of a module never more than was missed there, and in all never more than in all."""
    return min(sum(of_modules) + of_none, missed)


def _module(
    module: tuple[int | None, str, bool],
    held: Sequence[MeetingLine],
    to_come: Sequence[MeetingLine],
    attended: Mapping[int, int],
    rule: AccountRule,
    today: dt.date,
    make_ups: Sequence[MadeUp],
) -> ModuleAccount:
    module_id, title, mandatory = module
    known = {number for number, _, _ in rule.modules}

    def belongs(number: int | None) -> bool:
        return (number if number in known else None) == module_id

    past = [line for line in held if belongs(line.module_id)]
    coming = [line for line in to_come if belongs(line.module_id)]
    within_reach = [line for line in coming if line.enrolled]
    offered, later = (sum(line.minutes for line in part) for part in (past, coming))
    there = sum(attended[line.meeting_id] for line in past)
    pending = sum(line.minutes for line in past if _is_pending(line))
    missed = offered - there - pending
    entered = sum(minutes for number, minutes in make_ups if belongs(number))
    made_up = min(entered, missed) if rule.counts_make_up else 0
    soon = sum(line.minutes for line in within_reach if line.date <= today + WARN_BEFORE)
    reachable = sum(line.minutes for line in within_reach)
    share = rule.required_share
    return ModuleAccount(
        title=title,
        mandatory=mandatory,
        offered=offered,
        attended=there,
        reachable=reachable,
        to_come=later,
        fulfilled=_reaches(there + made_up, offered + later, share),
        module_id=module_id,
        excused=sum(
            line.minutes - attended[line.meeting_id] for line in past if line.enrolled and line.mark in EXCUSED
        ),
        made_up=made_up,
        entered=entered,
        missed=missed,
        pending=pending,
        missing=max(0, _needed(offered + later, share) - there - made_up),
        outlook=outlook(Prospect(there + made_up, pending, soon, reachable - soon, offered + later), share),
    )


def _is_pending(line: MeetingLine) -> bool:
    return line.enrolled and line.mark is Mark.NOT_RECORDED


def _needed(whole: int, share: int | None) -> int:
    return -(-whole * share // 100) if share is not None else 0


def _reaches(credited: int, whole: int, required_share: int | None) -> bool:
    if not whole or not credited:
        return False
    return required_share is None or credited * 100 >= whole * required_share


def reaches(account: Account, required_share: int | None) -> bool:
    """Whether what counts is enough for the required share of the whole course."""
    return _reaches(account.credited, account.whole, required_share)


def can_still_reach(account: Account, required_share: int | None) -> bool:
    """Whether the required share is within reach if this person attends everything they still can."""
    return _reaches(account.prospect.best, account.whole, required_share)


def missing_minutes(account: Account, required_share: int | None) -> int:
    """Minutes that are missing for the required share of the whole course; 0 when it is reached."""
    return max(0, _needed(account.whole, required_share) - account.credited)


def outlook_of(account: Account, rule: AccountRule) -> Outlook:
    """Where somebody stands with all that the programme asks for: the share, and the mandatory modules of a qualification."""
    asked = [outlook(account.prospect, rule.required_share)] if rule.required_share is not None else []
    if rule.needs_modules:
        asked += [module.outlook for module in account.modules if module.mandatory]
    return worst(asked)


def warnings(account: Account, rule: AccountRule) -> list[Reason]:
    """What somebody has to be told: what cannot be reached any more, and what would be lost within two weeks."""
    share, found = rule.required_share, []
    if share is not None:
        stand = outlook(account.prospect, share)
        if stand is Outlook.LOST:
            found.append(
                Reason(
                    N_(
                        "{required} % sind nicht mehr erreichbar: Es fehlen {missing} Std., es kommen noch {reachable} Std."
                    ),
                    required=share,
                    missing=as_hours(missing_minutes(account, share)),
                    reachable=as_hours(account.reachable),
                )
            )
        elif stand is Outlook.AT_RISK:
            found.append(
                Reason(
                    N_(
                        "In den nächsten {days} Tagen dürfen höchstens {most} Std. fehlen, sonst sind {required} % verloren."
                    ),
                    days=WARN_BEFORE.days,
                    most=as_hours(account.prospect.may_miss(share)),
                    required=share,
                )
            )
    if rule.needs_modules:
        for stand, text in (
            (Outlook.LOST, N_("Pflichtmodule, die nicht mehr erreichbar sind: {modules}.")),
            (Outlook.AT_RISK, N_("Pflichtmodule, die in den nächsten {days} Tagen verloren gehen könnten: {modules}.")),
        ):
            titles = [module.title for module in account.modules if module.mandatory and module.outlook is stand]
            if titles:
                found.append(Reason(text, modules=", ".join(titles), days=WARN_BEFORE.days))
    return found


def as_hours(minutes: int) -> str:
    """3:15"""
    return f"{minutes // 60}:{minutes % 60:02d}"


def make_up_reasons(
    account: Account,
    rule: AccountRule,
    module_id: int | None,
    minutes: int,
    held_on: dt.date,
    *,
    entry: dt.date | None,
    today: dt.date,
) -> list[Reason]:
    """What speaks against entering this as made up: the programme, the day, and more than was missed."""
    if not rule.counts_make_up:
        return [Reason(N_("In diesem Programm zählt nachgeholte Zeit nicht."))]
    reasons = []
    if held_on > today:
        reasons.append(Reason(N_("Der Tag liegt in der Zukunft."), field="held_on"))
    if entry is None or held_on < entry:
        reasons.append(Reason(N_("Der Tag liegt vor dem Einstieg."), field="held_on"))
    of_module = next((module for module in account.modules if module.module_id == module_id), None)
    most = account.can_be_made_up
    if module_id is not None:
        most = min(most, of_module.can_be_made_up) if of_module else 0
    if minutes > most:
        text = (
            N_("Höchstens {most} Minuten: Mehr wurde in diesem Modul nicht versäumt.")
            if module_id is not None
            else N_("Höchstens {most} Minuten: Mehr wurde nicht versäumt.")
        )
        reasons.append(Reason(text, field="minutes", most=most))
    return reasons


def absence_marks(pack: RulePack) -> tuple[Mark, ...]:
    """The marks with which somebody who stayed away may be recorded."""
    return tuple(Mark(key) for key in pack.marks if Mark(key) in ABSENT)


def proof_is_due(reasons: Sequence[AbsenceReason | None]) -> bool:
    """Whether an illness has lasted so many meetings in a row that a paper should have been shown."""
    return sum(reason is AbsenceReason.ILLNESS for reason in reasons) >= PROOF_FROM_DAY


def follow_up_reasons(
    reasons: Sequence[AbsenceReason | None],
    *,
    called_on: dt.date | None,
    note: str | None,
    proof_seen_on: dt.date | None,
    done: bool,
    today: dt.date,
) -> list[Reason]:
    """What speaks against noting this about somebody who stayed away; `reasons` as they stand at each meeting then."""
    found = []
    if called_on is not None and called_on > today:
        found.append(Reason(N_("Der Tag liegt in der Zukunft."), field="called_on"))
    if note and called_on is None:
        found.append(Reason(N_("Wann war das Gespräch?"), field="called_on"))
    if proof_seen_on is not None and proof_seen_on > today:
        found.append(Reason(N_("Der Tag liegt in der Zukunft."), field="proof_seen_on"))
    if done and None in reasons:
        found.append(
            Reason(
                N_("Erledigt ist es, wenn zu jedem Termin ein Grund steht; auch „unbekannt“ ist einer."), field="done"
            )
        )
    return found
