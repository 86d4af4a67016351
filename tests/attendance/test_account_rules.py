"""Tables of examples: what an account adds up to, when somebody is warned, what may be made up, what is asked of the absent."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from programmes.attendance.account.rules import (
    WARN_BEFORE,
    Account,
    AccountRule,
    MadeUp,
    MeetingLine,
    Outlook,
    Prospect,
    account,
    follow_up_reasons,
    make_up_reasons,
    missing_minutes,
    outlook,
    outlook_of,
    proof_is_due,
    warnings,
    worst,
)
from programmes.attendance.rules import AbsenceReason, Mark, days_open, is_overdue
from programmes.catalogue.rules import Counting, MeetingStatus

TODAY = dt.date(2026, 11, 24)
HERE, EXCUSED, UNEXCUSED, OPEN = Mark.PRESENT, Mark.ABSENT_EXCUSED, Mark.ABSENT_UNEXCUSED, Mark.NOT_RECORDED
FREE, REACHED, WITHIN, RISK, LOST = Outlook


def line(
    number: int, mark: Mark = HERE, *, days: int = -10, minutes: int = 180, module: int | None = None, enrolled: bool = True,
    cancelled: bool = False, children: Sequence[Mark] = (),
) -> MeetingLine:  # fmt: skip
    over = days < 0 and mark is not OPEN
    status = MeetingStatus.CANCELLED if cancelled else MeetingStatus.HELD if over else MeetingStatus.PLANNED
    there = minutes if mark is HERE else 0
    return MeetingLine(number, TODAY + dt.timedelta(days=days), status, minutes, module, None, over, mark, there,
                       tuple(children), enrolled)  # fmt: skip


def ahead(*days: int, module: int | None = None, minutes: int = 180) -> list[MeetingLine]:
    return [line(100 + day, OPEN, days=day, module=module, minutes=minutes) for day in days]


def rule(share: int | None = 80, **more: object) -> AccountRule:
    return AccountRule(Counting.PERSON, share, 45, **more)  # type: ignore[arg-type]


def counted(lines: Sequence[MeetingLine], of: AccountRule | None = None, made_up: Sequence[MadeUp] = ()) -> Account:
    return account(lines, of or rule(counts_make_up=True), TODAY, made_up)


@pytest.mark.parametrize(
    ("prospect", "share", "expected"),
    [
        (Prospect(0, 0, 0, 0, 0), 80, FREE),
        (Prospect(800, 0, 0, 0, 1000), 80, REACHED),
        (Prospect(800, 0, 0, 200, 1000), 80, REACHED),
        (Prospect(799, 0, 0, 0, 1000), 80, LOST),
        (Prospect(100, 0, 0, 699, 1000), 80, LOST),
        (Prospect(100, 0, 0, 700, 1000), 80, WITHIN),  # what is lost lies far ahead
        (Prospect(100, 0, 100, 700, 1000), 80, WITHIN),
        (Prospect(100, 0, 101, 699, 1000), 80, RISK),  # 100 missed, and the next two weeks decide
        (Prospect(100, 0, 900, 0, 1000), 80, WITHIN),  # who missed nothing yet is not in danger
        (Prospect(100, 700, 0, 0, 1000), 80, WITHIN),  # not recorded is not absent
        (Prospect(100, 699, 0, 0, 1000), 80, LOST),
        (Prospect(1, 0, 0, 0, 1000), None, REACHED),
        (Prospect(0, 0, 0, 0, 1000), None, LOST),
    ],
)
def test_when_a_share_is_lost(prospect: Prospect, share: int | None, expected: Outlook) -> None:
    assert outlook(prospect, share) is expected


@given(parts=st.lists(st.integers(0, 600), min_size=4, max_size=4), lost=st.integers(0, 600), share=st.integers(1, 100))
def test_nobody_loses_a_share_by_missing_far_meetings_without_a_warning_before(
    parts: list[int], lost: int, share: int
) -> None:
    """Whoever has missed something and is not warned could miss the next two weeks and still reach it."""
    credited, pending, soon, later = parts
    prospect = Prospect(credited, pending, soon, later, sum(parts) + lost)
    if lost and outlook(prospect, share) is WITHIN:
        after = Prospect(credited, pending, 0, later, prospect.whole)
        assert outlook(after, share) is not LOST


def test_the_warning_comes_two_weeks_before() -> None:
    missed = [line(1), line(2, UNEXCUSED), line(3), line(4)]
    soon, later = WARN_BEFORE.days, WARN_BEFORE.days + 1
    assert outlook_of(counted([*missed, *ahead(soon)]), rule()) is RISK
    assert outlook_of(counted([*missed, *ahead(later)]), rule()) is WITHIN
    assert [str(why) for why in warnings(counted([*missed, *ahead(soon)]), rule())] == [
        "In den nächsten 14 Tagen dürfen höchstens 0:00 Std. fehlen, sonst sind 80 % verloren."
    ]


def test_a_lost_share_says_what_is_missing_and_what_is_to_come() -> None:
    own = counted([line(1, UNEXCUSED), line(2), *ahead(3)])
    assert outlook_of(own, rule()) is LOST
    assert [str(why) for why in warnings(own, rule())] == [
        "80 % sind nicht mehr erreichbar: Es fehlen 4:12 Std., es kommen noch 3:00 Std."
    ]
    assert warnings(own, rule(None)) == []


def test_a_cancelled_meeting_leaves_the_offer_and_may_save_or_lose_the_share() -> None:
    lines = [line(1), line(2, UNEXCUSED), line(3), line(4), *ahead(20)]
    assert outlook_of(counted(lines), rule()) is WITHIN
    own = counted([*lines[:-1], line(9, OPEN, days=20, cancelled=True)])
    assert (own.whole, own.reachable, outlook_of(own, rule())) == (720, 0, LOST)


def test_excused_is_not_attended_and_not_recorded_is_not_absent() -> None:
    own = counted([line(1), line(2, EXCUSED), line(3, UNEXCUSED), line(4, OPEN, days=-1), *ahead(2)])
    assert (own.offered, own.attended, own.excused, own.pending, own.missed) == (720, 180, 180, 180, 360)
    assert (own.reachable, own.meetings_reachable, missing_minutes(own, 80)) == (180, 1, 540)


MODULES = ((1, "Recht", True), (2, "Schule", True), (3, "Ausflug", False))


@pytest.mark.parametrize(
    ("made_up", "credited", "of_modules"),
    [
        ([], 180, [0, 0, 0]),
        ([(1, 100)], 280, [100, 0, 0]),
        ([(1, 999)], 360, [180, 0, 0]),  # never more than was missed in the module …
        ([(3, 90)], 180, [0, 0, 0]),  # … and nothing where nothing was missed
        ([(None, 90)], 270, [0, 0, 0]),
        ([(1, 180), (None, 999)], 540, [180, 0, 0]),  # … nor more than was missed at all
    ],
)
def test_made_up_time_counts_up_to_what_was_missed(
    made_up: Sequence[MadeUp], credited: int, of_modules: list[int]
) -> None:
    lines = [line(1, EXCUSED, module=1), line(2, UNEXCUSED, module=2), line(3, module=3)]
    of = rule(modules=MODULES, counts_make_up=True)
    own = counted(lines, of, made_up)
    assert own.credited == credited
    assert [module.made_up for module in own.modules] == of_modules
    assert counted(lines, rule(modules=MODULES), made_up).credited == 180, "where the rule does not allow it"


def test_a_module_that_was_made_up_is_fulfilled() -> None:
    lines = [line(1, EXCUSED, module=1), *(line(number, module=2) for number in range(2, 12))]
    of = rule(modules=MODULES[:2], needs_modules=True, counts_make_up=True)
    assert outlook_of(counted(lines, of), of) is LOST
    assert [str(why) for why in warnings(counted(lines, of), of)] == [
        "Pflichtmodule, die nicht mehr erreichbar sind: Recht."
    ]
    assert outlook_of(counted(lines, of, [(1, 180)]), of) is REACHED


def test_meetings_of_no_module_have_a_line_of_their_own() -> None:
    own = counted([line(1, module=1), line(2)], rule(modules=MODULES))
    assert own.without_module is not None
    assert own.without_module.offered == 180
    assert counted([line(1, module=1)], rule(modules=MODULES)).without_module is None


@pytest.mark.parametrize(
    ("module_id", "minutes", "days", "field"),
    [
        (1, 180, 0, None), (None, 360, -3, None), (1, 181, 0, "minutes"), (None, 361, 0, "minutes"), (3, 1, 0, "minutes"),
        (99, 1, 0, "minutes"), (1, 60, 1, "held_on"), (1, 60, -60, "held_on"),
    ],
)  # fmt: skip
def test_what_may_be_entered_as_made_up(module_id: int | None, minutes: int, days: int, field: str | None) -> None:
    of = rule(modules=MODULES, counts_make_up=True)
    own = counted([line(1, EXCUSED, module=1), line(2, UNEXCUSED, module=2), line(3, module=3)], of)
    entry = TODAY - dt.timedelta(days=30)
    reasons = make_up_reasons(own, of, module_id, minutes, TODAY + dt.timedelta(days=days), entry=entry, today=TODAY)
    assert [reason.field for reason in reasons] == ([field] if field else [])


def test_nothing_is_made_up_twice_nor_where_the_programme_does_not_count_it() -> None:
    lines = [line(1, EXCUSED, module=1)]
    of = rule(modules=MODULES, counts_make_up=True)
    left = counted(lines, of, [(1, 120)])
    for minutes, fine in ((60, True), (61, False)):
        assert (make_up_reasons(left, of, 1, minutes, TODAY, entry=TODAY, today=TODAY) == []) is fine
    assert make_up_reasons(counted(lines, rule()), rule(), None, 1, TODAY, entry=TODAY, today=TODAY)


def test_the_worst_counts() -> None:
    assert worst([REACHED, LOST, RISK]) is LOST
    assert worst([]) is FREE


@pytest.mark.parametrize(("days", "overdue"), [(-1, False), (0, False), (2, False), (3, True), (4, True)])
def test_a_roll_call_is_overdue_after_three_days(days: int, overdue: bool) -> None:
    date = TODAY - dt.timedelta(days=days)
    assert (days_open(date, TODAY), is_overdue(date, TODAY)) == (max(0, days), overdue)


KNOWN, UNKNOWN = AbsenceReason.WORK, None
TOMORROW = TODAY + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("reasons", "called_on", "note", "proof", "done", "fields"),
    [
        ([KNOWN], None, None, None, True, []),
        ([KNOWN, UNKNOWN], None, None, None, True, ["done"]),
        ([KNOWN, UNKNOWN], None, None, None, False, []),
        ([KNOWN], None, "ruft zurück", None, False, ["called_on"]),
        ([KNOWN], TODAY, "ruft zurück", TODAY, False, []),
        ([KNOWN], TOMORROW, None, TOMORROW, False, ["called_on", "proof_seen_on"]),
    ],
)
def test_what_may_be_noted_of_an_absence(
    reasons: list[AbsenceReason | None], called_on: dt.date | None, note: str | None, proof: dt.date | None, done: bool,
    fields: list[str],
) -> None:  # fmt: skip
    found = follow_up_reasons(reasons, called_on=called_on, note=note, proof_seen_on=proof, done=done, today=TODAY)
    assert [reason.field for reason in found] == fields


def test_illness_needs_a_proof_from_the_fourth_day() -> None:
    ill = AbsenceReason.ILLNESS
    assert [proof_is_due([ill] * days) for days in (3, 4)] == [False, True]
    assert not proof_is_due([ill, ill, ill, None, KNOWN])
