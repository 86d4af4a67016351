"""Numbers and days as documents write them."""

from datetime import date
from fractions import Fraction

import pytest

from paper.german import day, duration, exactly, period


@pytest.mark.parametrize(
    ("minutes", "unit", "text"),
    [
        (1260, 45, "28"), (120, 45, "2⅔"), (15, 45, "⅓"), (90, 60, "1,5"), (45, 60, "0,75"), (100, 45, "2 2/9"),
        (5, 45, "1/9"), (0, 45, "0"), (45000, 45, "1000"), (61, 60, "1 1/60"), (9, 45, "0,2"),
    ],
)  # fmt: skip
def test_units_are_written_exactly(minutes: int, unit: int, text: str) -> None:
    assert exactly(Fraction(minutes, unit)) == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(1260, "21 Std."), (1650, "27 Std. 30 Min."), (30, "30 Min."), (0, "0 Min.")]
)
def test_durations(minutes: int, text: str) -> None:
    assert duration(minutes).replace("\u00a0", " ") == text


def test_days_and_periods() -> None:
    assert day(date(1988, 3, 12)) == "12. März 1988"
    assert period(date(2026, 9, 3), date(2026, 12, 10)) == "vom 3. September bis 10. Dezember 2026"
    assert period(date(2026, 9, 3), date(2027, 1, 8)) == "vom 3. September 2026 bis 8. Januar 2027"
    assert period(date(2026, 9, 3), date(2026, 9, 3)) == "am 3. September 2026"
