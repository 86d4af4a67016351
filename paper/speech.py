"""One language saying texts, days and numbers to people: on papers, and on pages for the public."""

import datetime as dt
from fractions import Fraction
from functools import cache

from babel.core import Locale
from babel.dates import format_date
from babel.numbers import get_decimal_symbol

from paper import german
from paper.flow import Part
from translations import for_people, is_right_to_left


class Speech:
    """One language: what it says, how it writes numbers and days, where its lines begin; "de" is German."""

    def __init__(self, language: str = "de") -> None:
        self._say = for_people(language)
        self._locale = Locale.parse(language)
        self.language = language
        self.right_to_left = language != "de" and is_right_to_left(language)
        # Persian and Arabic have digits of their own, and readers who learnt on them
        self._digits = _DIGITS.get(language)

    @property
    def tag(self) -> str | None:
        """The language tag of what this voice says; None where it says what the document says anyway."""
        return None if self.language == "de" else self.language

    def say(self, text: str, **values: object) -> str:
        """A text marked P_, with its placeholders filled."""
        # "28 of 40": the second number does not begin a line
        return self._say(text).replace(" {offered}", "\u00a0{offered}").format(**values)

    def part(self, text: str) -> Part:
        """The same as a paragraph of a table."""
        return Part(self.say(text), self.tag, self.right_to_left if self.tag else None)

    def day(self, moment: dt.date) -> str:
        """12. März 1988, ١٢ مارس ١٩٨٨"""
        if self.language == "de":
            return german.day(moment)
        return self.own_digits(format_date(moment, "long", self._locale))

    def weekday(self, day: dt.date) -> str:
        """Montag, Pazartesi"""
        return format_date(day, "EEEE", self._locale)

    def clock(self, time: dt.time) -> str:
        """09:00, in this language's digits."""
        return self.own_digits(f"{time:%H:%M}")

    def named_languages(self, text: str) -> str:
        """Languages that a German text names, by their names in this one: "Deutsch und Türkisch" is "Almanca, Türkçe"."""
        words = [word for part in text.split(",") for word in part.split(" und ")]
        return ", ".join(self._language_of(word.strip()) for word in words)

    def _language_of(self, word: str) -> str:
        code = _codes().get(word.casefold(), "")
        return str(self._locale.languages.get(code, word)) if self.tag else word

    def number(self, number: Fraction) -> str:
        """Without rounding, as `german.exactly` says it."""
        exact = german.exactly(number)
        if self.language == "de":
            return exact
        return self.own_digits(exact.replace(",", get_decimal_symbol(self._locale, numbering_system="default")))

    def own_digits(self, text: str) -> str:
        """The text with the digits that readers of this language learnt."""
        return text.translate(self._digits) if self._digits else text


@cache
def _codes() -> dict[str, str]:
    """The German names of languages, and what they are called in standards."""
    return {name.casefold(): code for code, name in Locale("de").languages.items()}


_DIGITS = {
    "ar": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "fa": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
