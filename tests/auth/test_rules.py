"""Tables of examples for what is decided about accounts."""

import datetime as dt

import pytest

from auth.rules import heard_again, normal_email, password_reasons, safe_target, seconds_to_wait
from benchmarks.accounts import mann_whitney


@pytest.mark.parametrize(
    ("password", "fine"),
    [
        ("", False),
        ("elf Zeichen", False),
        ("zwölf Zeiche", True),
        ("korrektes Pferd 🐎 Batterie", True),
        ("Integration2026!", False),
        ("Kursbuch-12345", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("nuray.aydin-12", False),  # the name before the @
        ("x1" * 128, False),  # few different characters
        ("Äpfel, Birnen und Zwetschgen", True),
        ("aB3$" + "y" * 253, False),
    ],
)
def test_passwords(password: str, fine: bool) -> None:
    assert (password_reasons(password, "nuray.aydin@office.example") == []) is fine


@pytest.mark.parametrize("target", ["/courses", "/courses?state=running&page=2", "/meetings/3/roll-call"])
def test_targets_on_this_site(target: str) -> None:
    assert safe_target(target) == target


@pytest.mark.parametrize(
    "target",
    [None, "", "courses", "//evil.example", "/\\evil.example", "\\/evil", "https:evil.example", "https://evil.example",
     "javascript:alert(1)", "/ok\r\nSet-Cookie: a=b", "/\t/evil", "///evil", "/a\\b", "\x00/"],
)  # fmt: skip
def test_targets_elsewhere(target: str | None) -> None:
    assert safe_target(target) is None


@pytest.mark.parametrize(
    ("failures", "heard"),  # in minutes
    [
        ([], None),
        ([0] * 9, None),
        ([0] * 10, 1),
        ([*range(10)], 10),
        ([*range(0, 20, 2)], None),  # never ten in a quarter of an hour …
        ([*range(0, 20, 2), 18.5], None),
        ([*range(0, 15, 5), *[16] * 8], 17),  # … but here, without the first
        ([0] * 10 + [1], 3),  # each further failure doubles the wait
        ([0] * 10 + [1, 3], 7),
        ([0] * 10 + [1, 3, 7], 15),
        ([0] * 10 + [1, 3, 7, 15], 30),  # up to a quarter of an hour
        ([0] * 10 + [1, 3, 7, 15, 30, 45], 60),
        ([0] * 10 + [15.9], 17.9),  # the wait was over at 1, and until 16 it is remembered
        ([0] * 10 + [16], None),  # forgotten: this one is the first of a new row
        ([0] * 10 + [16] * 10, 17),
        ([0] * 11, 2),  # heard at the same moment by several workers
    ],
)
def test_after_ten_failures_one_waits_longer_and_longer(failures: list[float], heard: float | None) -> None:
    start = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)

    def at(minute: float) -> dt.datetime:
        return start + dt.timedelta(minutes=minute)

    assert heard_again(map(at, failures)) == (None if heard is None else at(heard))


@pytest.mark.parametrize(
    ("failures", "second", "wait"), [(9, 0, 0), (10, 0, 60), (10, 0.5, 60), (10, 59.9, 1), (10, 60, 0), (10, 99, 0)]
)
def test_how_long_that_is(failures: int, second: float, wait: int) -> None:
    start = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)
    assert seconds_to_wait([start] * failures, start + dt.timedelta(seconds=second)) == wait


def test_whoever_guesses_without_pause_is_hardly_heard() -> None:
    """A day of guessing once a second, by whoever waits as short as possible."""
    now = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)
    end, heard = now + dt.timedelta(days=1), list[dt.datetime]()
    while now < end:
        wait = seconds_to_wait(heard, now)
        if not wait:
            heard.append(now)
        now += dt.timedelta(seconds=max(wait, 1))
    assert len(heard) == 108


def test_one_address_one_account() -> None:
    assert normal_email("  Nuray.AYDIN@Office.Example ") == "nuray.aydin@office.example"


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        (
            [19, 22, 16, 29, 24],
            [20, 11, 17, 12],
            0.11134688653314041,
        ),  # the example of SciPy's mannwhitneyu, asymptotic
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1.0),
        ([5.0] * 9, [5.0] * 9, 1.0),
    ],
)
def test_whether_times_tell_is_judged_as_others_judge_it(one: list[float], other: list[float], p: float) -> None:
    assert mann_whitney(one, other) == pytest.approx(p)
    assert mann_whitney(other, one) == pytest.approx(p)
    assert mann_whitney(range(200), [value + 60 for value in range(200)]) < 1e-9
