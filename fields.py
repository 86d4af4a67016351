"""What every form checks before any rule is asked: Unicode, length, doubled fields, plausible days and numbers.

Both databases get the same clean values: NFC, no control characters, no lone surrogates, nothing over-long.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import request
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.fields.choices import Choice as Option
from wtforms.validators import InputRequired, Optional, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget, MonthInput, TextArea, TextInput

from wording import Reason, Refused, Term

FIRST_YEAR, LAST_YEAR = 1900, 2100
JOINERS = {"\u200c", "\u200d"}  # Persian and Indic names are misspelt without them
DIRECTION_MARKS = {"\u200e", "\u200f", "\u061c"}  # come with names copied from right-to-left texts; harmless
UNREADABLE = "\ufffd"
BROKEN_BYTES = re.compile(
    "%ED%[AB][0-9A-F]%[89AB][0-9A-F]", re.IGNORECASE
)  # Werkzeug leaves a lone surrogate like this

EUROS = re.compile(r"([0-9]{1,9}|[0-9]{1,3}(?:\.[0-9]{3}){1,2})(?:,([0-9]{1,2}))?")

WHAT_WAS_SENT = object()
FROM_THE_LIST = lazy_gettext("Bitte wählen Sie etwas aus der Liste.")
REQUIRED = lazy_gettext("Bitte füllen Sie dieses Feld aus.")


class Required(InputRequired):
    """Something must be filled in, and blanks are nothing."""

    def __call__(self, form: Any, field: Any) -> None:
        if not field.raw_data or not field.raw_data[0].strip():
            field.errors = []
            raise StopValidation(str(self.message))


def required() -> Required:
    """The field must be filled in."""
    return Required(message=REQUIRED)


def unfit(text: str, *, several_lines: bool = False) -> str | None:
    """The first character that cannot be stored or shown safely, or None.

    Refused are control characters, lone surrogates, private-use and unassigned code points, and marks that override the
    direction of what follows (they can make a list lie).
    """
    for letter in text:
        category = unicodedata.category(letter)
        if letter == UNREADABLE:
            return letter
        if not category.startswith("C") or letter in JOINERS or letter in DIRECTION_MARKS:
            continue
        if several_lines and letter in "\n\t":
            continue
        return letter
    return None


def showable(text: str) -> str:
    """The text with U+FFFD for what no page could show again: control characters, lone surrogates, broken UTF-8."""
    text = BROKEN_BYTES.sub(UNREADABLE, text)
    return "".join(
        UNREADABLE if unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t" else letter
        for letter in text
    )


def one_line(text: str) -> str:
    """The text for a control of one line, which HTML gives no line breaks: each is a space."""
    return " ".join(showable(text.replace("\r\n", "\n")).splitlines())


class Text(StringField):
    """A text of at most `most` characters: normalised to NFC and trimmed; None when empty and optional."""

    def __init__(
        self,
        label: Any,
        *,
        most: int = 200,
        optional: bool = False,
        several_lines: bool = False,
        validators: Sequence[Callable[..., Any]] = (),
        **kwargs: Any,
    ) -> None:
        first = Optional(strip_whitespace=True) if optional else required()
        self.most, self.several_lines, self.may_be_empty = most, several_lines, optional
        if several_lines:
            kwargs.setdefault("widget", TextArea())
        super().__init__(label, [first, *validators], **kwargs)
        self.render_kw: dict[str, Any] = {"maxlength": most} | (kwargs.get("render_kw") or {})

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        text = unicodedata.normalize("NFC", showable(str(valuelist[0]).replace("\r\n", "\n"))).strip()
        self.data = text or (None if self.may_be_empty else "")

    def _value(self) -> str:
        text = str(super()._value())
        return text if self.several_lines else one_line(text)

    def pre_validate(self, form: Any) -> None:
        text = self.data or ""
        if not text:
            if not self.may_be_empty:
                raise StopValidation(str(REQUIRED))
            return
        if len(text) > self.most:
            raise StopValidation(
                gettext("Höchstens %(most)s Zeichen, das sind %(length)s.", most=self.most, length=len(text))
            )
        letter = unfit(text, several_lines=self.several_lines)
        if letter is not None:
            raise StopValidation(
                gettext(
                    "Dieses Zeichen kann hier nicht stehen: U+%(code)s. Bitte tippen Sie den Text neu.",
                    code=f"{ord(letter):04X}",
                )
            )


class Name(Text):
    """A person's name in any script: apostrophes, hyphens, one word, up to 200 characters. Needs a letter, no pictures."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        text = self.data or ""
        if not text:
            return
        if not any(unicodedata.category(letter).startswith("L") for letter in text):
            raise StopValidation(gettext("Ein Name hat mindestens einen Buchstaben."))
        if any(unicodedata.category(letter) == "So" for letter in text):
            raise StopValidation(gettext("Ein Name hat keine Bildzeichen."))


class AsTyped:
    """A number, day or time that is shown again as it was typed, even when it is none; see the macro `field`."""

    def _value(self) -> str:
        text = str(super()._value())  # type: ignore[misc]
        return one_line(text) if text.strip() else ""


class Day(AsTyped, DateField):
    """A calendar day, typed or picked; between 1900 and 2100."""

    patterns: tuple[str, ...] = ("%Y-%m-%d", "%d.%m.%Y")
    example = lazy_gettext("Bitte geben Sie ein Datum an, zum Beispiel 22.11.2026.")

    def __init__(self, label: Any, *, optional: bool = False, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, [Optional() if optional else required(), *validators], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if not valuelist or not str(valuelist[0]).strip():
            return
        for pattern in self.patterns:
            try:
                self.data = dt.datetime.strptime(str(valuelist[0]).strip(), pattern).replace(tzinfo=dt.UTC).date()
                return
            except ValueError:
                continue
        raise ValueError(self.example)

    def _value(self) -> str:
        return super()._value() if self.data is None else self.data.isoformat()  # which browsers can show

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not FIRST_YEAR <= self.data.year <= LAST_YEAR:
            raise StopValidation(
                gettext("Das Jahr muss zwischen %(first)s und %(last)s liegen.", first=FIRST_YEAR, last=LAST_YEAR)
            )


class Month(Day):
    """A calendar month, kept as its first day; typed as `2026-12` or `12.2026`, or picked."""

    patterns = ("%Y-%m", "%m.%Y")
    example = lazy_gettext("Bitte geben Sie einen Monat an, zum Beispiel 12.2026.")
    widget = MonthInput()

    def _value(self) -> str:
        return super()._value()[:20] if self.data is None else self.data.isoformat()[:7]


class Clock(AsTyped, TimeField):
    """A time on the wall clock, to the minute."""

    def __init__(self, label: Any, *, optional: bool = False, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, [Optional() if optional else required(), *validators], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if not valuelist or not str(valuelist[0]).strip():
            return
        parsed = clock_time(str(valuelist[0]))
        if parsed is None:
            raise ValueError(gettext("Bitte geben Sie eine Uhrzeit an, zum Beispiel 09:30."))
        self.data = parsed

    def _value(self) -> str:
        return super()._value() if self.data is None else self.data.isoformat("minutes")


def clock_time(text: str) -> dt.time | None:
    """`09:30`, `9.30` or `09:30:00` as a time; None when it is none."""
    for pattern in ("%H:%M", "%H.%M", "%H:%M:%S"):
        try:
            return dt.datetime.strptime(text.strip(), pattern).replace(tzinfo=dt.UTC).time().replace(second=0)
        except ValueError:
            continue
    return None


class Number(AsTyped, IntegerField):
    """A whole number from `least` to `most`."""

    def __init__(
        self, label: Any, *, least: int = 0, most: int = 100_000, optional: bool = False, **kwargs: Any
    ) -> None:
        self.least, self.most = least, most
        super().__init__(label, [Optional() if optional else required()], **kwargs)
        self.render_kw: dict[str, Any] = {"min": least, "max": most, "inputmode": "numeric"} | (
            kwargs.get("render_kw") or {}
        )

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        text = str(valuelist[0]).strip() if valuelist else ""
        if not text:
            return
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 15):
            raise ValueError(gettext("Bitte geben Sie eine ganze Zahl an."))
        self.data = int(text)

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not self.least <= self.data <= self.most:
            raise StopValidation(
                gettext("Bitte eine Zahl von %(least)s bis %(most)s.", least=self.least, most=self.most)
            )


class Euros(AsTyped, IntegerField):
    """An amount of money, typed as `4800`, `12,5` or `1.250,00`; the data are cents, from one to `most`."""

    def __init__(self, label: Any, *, most: int, optional: bool = False, **kwargs: Any) -> None:
        self.most = most
        super().__init__(label, [Optional() if optional else required()], **kwargs)
        self.widget = TextInput()
        self.render_kw: dict[str, Any] = {"inputmode": "decimal", "maxlength": 20} | (kwargs.get("render_kw") or {})

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        text = str(valuelist[0]).strip() if valuelist else ""
        if not text:
            return
        found = EUROS.fullmatch(text)
        if found is None:
            raise ValueError(gettext("Bitte geben Sie einen Betrag an, zum Beispiel 12,50."))
        euros, cents = found.groups(default="")
        self.data = int(euros.replace(".", "")) * 100 + int(cents.ljust(2, "0"))

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not 1 <= self.data <= self.most:
            raise StopValidation(gettext("Bitte einen Betrag von 0,01 bis %(most)s Euro.", most=f"{self.most // 100}"))

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()
        return f"{self.data // 100},{self.data % 100:02d}"


def _row_number(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class Choice(SelectField):
    """One row out of `choices` [(number, text)]; `optional` adds an empty first line."""

    def __init__(self, label: Any, *, optional: bool = False, empty: Any = "–", **kwargs: Any) -> None:
        kwargs.setdefault("coerce", _row_number)
        kwargs.setdefault("invalid_value_message", FROM_THE_LIST)
        self.may_be_empty, self.empty = optional, empty
        super().__init__(label, [Optional() if optional else required()], validate_choice=False, **kwargs)

    def offer(self, choices: Iterable[tuple[Any, Any]]) -> None:
        """Say what there is to choose from; the page of one viewer offers only what that viewer may see."""
        self.choices = ([("", self.empty)] if self.may_be_empty else []) + list(choices)

    def pre_validate(self, form: Any) -> None:
        if self.data is None and self.may_be_empty:
            return
        if self.data not in {self.coerce(value) for value, *_ in self.iter_choices() if value != ""}:
            raise StopValidation(str(FROM_THE_LIST))


class OneOf(Choice):
    """One member of a Term."""

    def __init__(
        self, label: Any, terms: type[Term] | Iterable[Term], *, optional: bool = False, **kwargs: Any
    ) -> None:
        members = {str(member): member for member in terms}
        super().__init__(label, optional=optional, coerce=lambda value: members.get(str(value)), **kwargs)
        self.members = members

    def iter_choices(self) -> Any:
        if self.may_be_empty:
            yield Option("", self.empty, self.data is None, {})
        for value, member in self.members.items():
            yield Option(value, gettext(member.label), self.data == member, {})


class Several(SelectMultipleField):
    """Any number out of `choices`, as check boxes that need no Ctrl key."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, *, optional: bool = True, **kwargs: Any) -> None:
        kwargs.setdefault("coerce", int)
        kwargs.setdefault("invalid_value_message", FROM_THE_LIST)
        first = Optional() if optional else Required(message=FROM_THE_LIST)
        super().__init__(label, [first], validate_choice=False, **kwargs)

    def pre_validate(self, form: Any) -> None:
        offered = {self.coerce(choice[0]) for choice in self.choices or []}
        if not set(self.data or []) <= offered:
            raise StopValidation(str(FROM_THE_LIST))


def sentence(why: Reason) -> str:
    """A reason in the reader's language."""
    values = {key: gettext(value.label) if isinstance(value, Term) else value for key, value in why.values.items()}
    return str(gettext(why.text).format(**values))


class Form(FlaskForm):
    """A form of ours: a field sent twice is an error, and reasons from rules find their field."""

    def __init__(self, formdata: Any = WHAT_WAS_SENT, **kwargs: Any) -> None:
        """Reads what a page sends, and only that: JSON and files hold other things than text."""
        if formdata is WHAT_WAS_SENT:
            formdata = request.form if self.is_submitted() else None
        super().__init__(formdata, **kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        for field in self:
            if isinstance(field, SelectMultipleField) or field.name == "csrf_token":
                continue
            if len(request.form.getlist(field.name)) > 1:
                field.errors = [*field.errors, gettext("Dieses Feld kam doppelt an. Bitte senden Sie es einmal.")]
                fine = False
        return fine

    def carried_out(self, do: Callable[[], object]) -> bool:
        """Whether the form was sent, is right, and the step was taken; what speaks against it stands in the form."""
        if not self.is_submitted() or not self.validate():
            return False
        try:
            do()
        except Refused as refused:
            self.refuse(refused.reasons)
            return False
        return True

    def refuse(self, reasons: Iterable[Reason]) -> None:
        """Show reasons at their field, or above the form when they belong to none."""
        for reason in reasons:
            text = sentence(reason)
            if reason.field in self._fields:
                field = self._fields[reason.field]
                field.errors = [*field.errors, text]
            else:
                self.form_errors.append(text)
