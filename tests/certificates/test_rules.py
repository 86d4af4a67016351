"""Tables of examples: which account earns which paper, which code is a code, what a name shows of itself."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

import pytest

from programmes.attendance.account.rules import MeetingLine, account, can_still_reach, missing_minutes
from programmes.attendance.rules import Mark
from programmes.catalogue.rules import Counting, MeetingStatus, PaperKind
from programmes.certificates.rules import (
    CODE_ALPHABET,
    CertificateKind,
    CertificateState,
    Conditions,
    Decision,
    course_over,
    decide,
    file_name,
    grouped,
    hand_over_reasons,
    masked,
    new_code,
    number,
    read_code,
)

TODAY = dt.date(2026, 11, 22)
HERE, AWAY, OPEN = Mark.PRESENT, Mark.ABSENT_EXCUSED, Mark.NOT_RECORDED
HELD, PLANNED, CANCELLED = MeetingStatus.HELD, MeetingStatus.PLANNED, MeetingStatus.CANCELLED


def line(
    number: int, mark: Mark = HERE, *, minutes: int = 180, attended: int | None = None, status: MeetingStatus = HELD,
    closed: bool | None = None, module: int | None = None, days: int = -10, children: Sequence[Mark] = (),
    enrolled: bool = True, topic: str | None = None,
) -> MeetingLine:  # fmt: skip
    there = (minutes if mark is HERE else 0) if attended is None else attended
    return MeetingLine(
        number, TODAY + dt.timedelta(days=days), status, minutes, module, topic, status is HELD if closed is None else closed,
        mark, there, tuple(children), enrolled,
    )  # fmt: skip


def conditions(
    share: int | None = 75, *, paper: PaperKind = PaperKind.PARTICIPATION, counting: Counting = Counting.PERSON,
    modules: tuple[tuple[int, str, bool], ...] = (),
) -> Conditions:  # fmt: skip
    needed = paper is PaperKind.QUALIFICATION
    return Conditions(counting, share, 45, modules, needs_modules=needed, paper=paper, rule_version=1)


def decided(lines: Sequence[MeetingLine], rule: Conditions, *, issued: bool = False) -> Decision:
    own = account(lines, rule, TODAY)
    over = course_over(TODAY, False, own.meetings_to_come, TODAY)
    return decide(own, rule, ends_on=TODAY, over=over, already_issued=issued)


PARTICIPATION, CONFIRMATION, QUALIFICATION = (
    CertificateKind.PARTICIPATION, CertificateKind.CONFIRMATION, CertificateKind.QUALIFICATION,
)  # fmt: skip


@pytest.mark.parametrize(
    ("marks", "share", "kind"),
    [
        ([HERE, HERE, HERE, HERE], 75, PARTICIPATION),
        ([HERE, HERE, HERE, AWAY], 75, PARTICIPATION),  # exactly reached is reached
        ([HERE, HERE, HERE, AWAY], 76, CONFIRMATION),
        ([HERE, AWAY, AWAY, AWAY], 75, CONFIRMATION),  # truthful, not refused
        ([HERE, AWAY, AWAY, AWAY], None, PARTICIPATION),
        ([AWAY, AWAY, AWAY, AWAY], None, None),  # nothing attended: nothing to certify
        ([AWAY, AWAY, AWAY, AWAY], 75, None),
    ],
)
def test_the_share_decides_between_the_papers(
    marks: list[Mark], share: int | None, kind: CertificateKind | None
) -> None:
    assert decided([line(number, mark) for number, mark in enumerate(marks)], conditions(share)).kind is kind


def test_a_cancelled_meeting_leaves_the_offer_for_everybody() -> None:
    lines = [line(1), line(2), line(3), line(4, OPEN, status=CANCELLED, closed=False)]
    own = account(lines, conditions(100), TODAY)
    assert (own.offered, own.attended, own.meetings_held, own.not_closed, own.to_come) == (540, 540, 3, 0, 0)
    assert decided(lines, conditions(100)).kind is PARTICIPATION


def test_a_mark_at_a_cancelled_meeting_counts_nothing() -> None:
    assert account([line(1), line(2, HERE, status=CANCELLED)], conditions(), TODAY).attended == 180


def test_meetings_before_entry_are_offered_but_cannot_be_attended() -> None:
    """She came late and missed nothing since: 3 of 4 meetings of the course, not 3 of 3."""
    lines = [line(1, HERE, enrolled=False), line(2), line(3), line(4)]
    own = account(lines, conditions(), TODAY)
    assert (own.attended, own.offered, own.meetings_attended, own.meetings_held) == (540, 720, 3, 4)
    assert own.share() == Fraction(3, 4)


def test_meetings_after_exit_are_to_come_but_not_reachable() -> None:
    rule = conditions(75)
    lines = [line(1), line(2), *(line(n, OPEN, status=PLANNED, days=n, enrolled=False) for n in (3, 4))]
    own = account(lines, rule, TODAY)
    assert (own.to_come, own.reachable, own.whole) == (360, 0, 720)
    assert not can_still_reach(own, 75)


def test_still_reachable_counts_what_is_to_come() -> None:
    lines = [line(1, AWAY), line(2), line(3, OPEN, status=PLANNED, days=0), line(4, OPEN, status=PLANNED, days=3)]
    own = account(lines, conditions(75), TODAY)
    assert (own.offered, own.attended, own.reachable, own.meetings_to_come) == (360, 180, 360, 2)
    assert can_still_reach(own, 75)
    assert missing_minutes(own, 75) == 360
    assert not can_still_reach(own, 76)
    texts = [str(reason) for reason in decided(lines, conditions(75)).why]
    assert texts == ["Verlangt sind 75 %: es fehlen noch 6:00 Std., erreichbar sind 6:00 Std."]


def test_a_first_day_is_not_a_hundred_percent() -> None:
    lines = [line(1), *(line(number, OPEN, status=PLANNED, days=number) for number in (2, 3, 4))]
    assert account(lines, conditions(), TODAY).share() == Fraction(1, 4)


def test_a_past_meeting_that_is_not_closed_is_offered_and_blocks() -> None:
    lines = [line(1), line(2, OPEN, status=PLANNED, days=-1)]
    own = account(lines, conditions(), TODAY)
    assert (own.offered, own.not_closed, own.meetings_to_come) == (360, 1, 0)
    decision = decided(lines, conditions())
    assert decision.kind is None
    assert [str(reason) for reason in decision.against] == ["Noch nicht abgeschlossene Termine: 1."]


def test_a_reopened_meeting_blocks_even_today() -> None:
    assert decided([line(1), line(2, days=0, closed=False)], conditions()).kind is None


@pytest.mark.parametrize(
    ("ends_on", "cancelled", "to_come", "over"),
    [
        (TODAY, False, 0, True),  # the last meeting is closed: the papers can be handed out at its end
        (TODAY, False, 1, False),
        (TODAY - dt.timedelta(days=1), False, 0, True),
        (TODAY + dt.timedelta(days=1), False, 0, False),
        (TODAY + dt.timedelta(days=90), True, 0, True),
        (TODAY + dt.timedelta(days=90), True, 1, False),
    ],
)
def test_when_a_course_is_over(ends_on: dt.date, cancelled: bool, to_come: int, over: bool) -> None:
    assert course_over(ends_on, cancelled, to_come, TODAY) is over


@pytest.mark.parametrize(
    ("adult", "children", "counted"),
    [
        (HERE, [HERE], 180),
        (HERE, [AWAY, HERE], 180),  # one of the twins is enough
        (HERE, [AWAY], 0),  # the mother without her child
        (AWAY, [HERE], 0),  # the child with its father
        (HERE, [], 0),
        (OPEN, [OPEN], 0),
    ],
)
def test_a_pair_counts_together(adult: Mark, children: list[Mark], counted: int) -> None:
    own = account([line(1, adult, children=children)], conditions(None, counting=Counting.PAIR), TODAY)
    assert (own.attended, own.meetings_attended) == (counted, int(counted > 0))


MODULES = ((1, "Recht", True), (2, "Schule", True), (3, "Ausflug", False))


@pytest.mark.parametrize(
    ("marks", "kind", "fulfilled"),
    [
        ([HERE, HERE, HERE], QUALIFICATION, [True, True, True]),
        ([HERE, HERE, AWAY], CONFIRMATION, [True, True, False]),  # the share (75 %) is missed, not the module
        ([HERE, AWAY, HERE], CONFIRMATION, [True, False, True]),
    ],
)
def test_a_qualification_needs_its_share_and_its_mandatory_modules(
    marks: list[Mark], kind: CertificateKind, fulfilled: list[bool]
) -> None:
    rule = conditions(75, paper=PaperKind.QUALIFICATION, modules=MODULES)
    lines = [line(number, mark, module=number) for number, mark in enumerate(marks, start=1)]
    assert decided(lines, rule).kind is kind
    assert [module.fulfilled for module in account(lines, rule, TODAY).modules] == fulfilled


def test_an_optional_module_may_be_missed_when_the_share_is_reached() -> None:
    rule = conditions(60, paper=PaperKind.QUALIFICATION, modules=MODULES)
    lines = [line(number, AWAY if number == 3 else HERE, module=number) for number in (1, 2, 3)]
    assert decided(lines, rule).kind is QUALIFICATION


def test_a_mandatory_module_that_was_never_offered_is_named() -> None:
    rule = conditions(60, paper=PaperKind.QUALIFICATION, modules=MODULES)
    decision = decided([line(1, module=1), line(2, module=3), line(3, status=CANCELLED, module=2)], rule)
    assert decision.kind is CONFIRMATION
    assert "Pflichtmodule, die der Kurs nicht angeboten hat: Schule." in [str(reason) for reason in decision.why]


def test_half_a_module_is_not_fulfilled_by_its_first_half() -> None:
    rule = conditions(75, modules=((1, "Recht", True),))
    lines = [line(1, module=1), line(2, OPEN, status=PLANNED, days=2, module=1)]
    [module] = account(lines, rule, TODAY).modules
    assert (module.offered, module.attended, module.reachable, module.fulfilled) == (180, 180, 180, False)


def test_no_second_paper_and_none_where_the_programme_gives_none() -> None:
    assert decided([line(1)], conditions(), issued=True).kind is None
    assert decided([line(1)], conditions(paper=PaperKind.NONE)).kind is None


def test_topics_are_those_of_attended_meetings_once_each() -> None:
    lines = [line(1, topic="Schule"), line(2, AWAY, topic="Recht"), line(3, topic="Schule"), line(4, topic="Arbeit")]
    assert account(lines, conditions(), TODAY).topics == ("Schule", "Arbeit")


CODE = "0123456789ABCDEFGHJKMNPQRS"


@pytest.mark.parametrize(
    "typed",
    [
        CODE, CODE.lower(), grouped(CODE), grouped(CODE).replace(" ", "-"), f"  {CODE}\n", CODE.replace("0", "o"),
        CODE.replace("1", "l"), CODE.replace("1", "I"), "\u00a0".join(CODE), "–".join(CODE),
        "".join(chr(ord(sign) + 0xFEE0) for sign in CODE),  # full-width, as a Japanese keyboard types it
    ],
)  # fmt: skip
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert read_code(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    ["", "-", CODE[:-1], CODE + "A", CODE[:-1] + "U", CODE[:-1] + "*", "КО" * 13, "😀" * 26, "\x00" * 26, "\ud800" * 26,
     "A" * 1_000_000, " " * 1_000_000, CODE[:-1] + "Α", "'; DROP TABLE certificate; --"],
)  # fmt: skip
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_code(typed) is None


def test_new_codes_are_readable_and_never_alike() -> None:
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert all(read_code(code) == code for code in codes)
    assert {sign for code in codes for sign in code} == set(CODE_ALPHABET)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Şükran Yılmaz", "Ş. Y."), ("Sukarno", "S."), ("Anna-Maria Đorđević", "A. Đ."), ("’t Hooft", "t. H."),
        ("S\u0327u\u0308kran", "Ş."), ("فاطمة بنعلي", "ف. ب."), ("María del Carmen", "M. d. C."), ("Нгуен Тхи", "Н. Т."),
        ("क\u093f", "क\u093f."), ("- -", ""),
    ],
)  # fmt: skip
def test_a_masked_name_keeps_initials_only(name: str, shown: str) -> None:
    assert masked(name) == shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ayşe Yılmaz", "Teilnahmebescheinigung Ayşe Yılmaz KO-2026-00001.pdf"),
        ('../..\\"; x\r\ny', "Teilnahmebescheinigung xy KO-2026-00001.pdf"),
        ("\u202eexe", "Teilnahmebescheinigung exe KO-2026-00001.pdf"),
    ],
)
def test_a_file_name_says_who_and_what_and_is_safe(name: str, expected: str) -> None:
    assert file_name("Teilnahmebescheinigung", name, number(2026, 1)) == expected


def test_a_long_name_keeps_its_number() -> None:
    name = file_name("Teilnahmebescheinigung", "ü" * 401, number(2026, 1))
    assert name.endswith(" KO-2026-00001.pdf")
    assert len(name) <= 125


@pytest.mark.parametrize(
    ("state", "on", "already", "fine"),
    [
        (CertificateState.VALID, TODAY, None, True),
        (CertificateState.VALID, TODAY + dt.timedelta(days=1), None, False),
        (CertificateState.VALID, TODAY - dt.timedelta(days=8), None, False),
        (CertificateState.VALID, TODAY, TODAY, False),
        (CertificateState.REVOKED, TODAY, None, False),
        (CertificateState.REPLACED, TODAY, None, False),
    ],
)
def test_when_a_paper_can_be_handed_over(
    state: CertificateState, on: dt.date, already: dt.date | None, fine: bool
) -> None:
    assert (hand_over_reasons(state, TODAY - dt.timedelta(days=7), on, TODAY, already) == []) is fine
