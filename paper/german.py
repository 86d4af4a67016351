"""Numbers and days as a German document writes them: exact, and never dependent on the server's locale."""

from datetime import date
from fractions import Fraction

WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")

_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
_THIRDS = {Fraction(1, 3): "⅓", Fraction(2, 3): "⅔"}


def exactly(number: Fraction) -> str:
    """The number without rounding: "28", "2⅔", "1,5", "2 2/9"."""
    whole, rest = divmod(number, 1)
    if rest in _THIRDS:
        return f"{whole or ''}{_THIRDS[rest]}"
    if not 10**4 % rest.denominator:
        return f"{float(number):.4f}".rstrip("0").rstrip(".").replace(".", ",")
    return f"{whole} {rest}" if whole else str(rest)


def duration(minutes: int) -> str:
    """Minutes as clock time: "21 Std.", "27 Std. 30 Min."; its parts are never torn apart at the end of a line."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours}\u00a0Std."] if hours else []
    if rest or not hours:
        parts.append(f"{rest}\u00a0Min.")
    return "\u00a0".join(parts)


def day(moment: date) -> str:
    """12. März 1988"""
    return f"{moment.day}. {_MONTHS[moment.month - 1]} {moment.year}"


def period(first: date, last: date) -> str:
    """vom 3. September bis 10. Dezember 2026; am 3. September 2026"""
    if first == last:
        return f"am {day(first)}"
    begin = day(first).removesuffix(f" {first.year}") if first.year == last.year else day(first)
    return f"vom {begin} bis {day(last)}"
