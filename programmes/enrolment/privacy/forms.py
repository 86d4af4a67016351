"""Asks how somebody got the privacy notice, and what they answered to the questions apart from the course."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext, lazy_gettext

from fields import Day, Form, Several, Text
from programmes.participants.forms import Pick
from programmes.participants.privacy import QUESTIONS
from programmes.participants.rules import (
    IN_PERSON,
    ConsentFacts,
    ConsentPurpose,
    ConsentState,
    Explained,
    Medium,
)

LONGEST_LANGUAGE = 40


class NoticeForm(Form):
    """How, in which language and when somebody got the privacy notice."""

    explained = Pick(lazy_gettext("Wie hat die Person den Hinweis bekommen?"), IN_PERSON)
    language = Text(
        lazy_gettext("In welcher Sprache?"), most=LONGEST_LANGUAGE,
        description=lazy_gettext("Die Sprache, in der die Person den Text bekommen hat."),
    )  # fmt: skip
    given_on = Day(lazy_gettext("Am"))


class ConsentForm(Form):
    """An answer to one question that nobody has to answer yes. Nothing is chosen beforehand. `givers`: who answers for a child."""

    purpose = Pick(lazy_gettext("Wofür?"), ConsentPurpose)
    about = Text(
        lazy_gettext("Worum geht es genau?"), most=200, optional=True,
        description=lazy_gettext("Bei Fotos und Zeitung der Anlass, bei der Weitergabe die Stelle: so, wie es auf dem Blatt steht."),
    )  # fmt: skip
    media = Several(lazy_gettext("Wo dürfen die Fotos gezeigt werden?"), coerce=Medium)
    givers = Several(lazy_gettext("Wer mit Sorgerecht hat geantwortet?"))
    state = Pick(lazy_gettext("Antwort"), [ConsentState.GIVEN, ConsentState.REFUSED])
    explained = Pick(lazy_gettext("Wie hat die Person den Text bekommen?"), IN_PERSON)
    language = Text(
        lazy_gettext("Besprochen auf"), most=LONGEST_LANGUAGE,
        description=lazy_gettext("Die Sprache, in der die Person den Text bekommen hat."),
    )  # fmt: skip
    text_version = Text(
        lazy_gettext("Fassung des Textes"), most=20, optional=True,
        description=lazy_gettext("Steht oben auf dem Blatt. Leer heißt: die neueste."),
    )  # fmt: skip

    def offer(self, guardians: Iterable[tuple[int, str]] | None) -> None:
        """Name those who may answer for a child; None: it is an adult."""
        self.media.choices = [(medium.value, gettext(medium.label)) for medium in Medium]
        if guardians is None:
            del self.givers
        else:
            self.givers.choices = list(guardians)

    @property
    def chosen_givers(self) -> list[int]:
        """The numbers of those who answered for a child."""
        return list(self.givers.data or []) if "givers" in self else []

    def facts(self) -> ConsentFacts:
        """What was answered."""
        purpose: Any = self.purpose.data
        explained: Explained | None = self.explained.data
        return ConsentFacts(
            purpose, self.state.data, self.text_version.data or QUESTIONS[purpose].version, self.language.data or "",
            self.about.data or None, tuple(self.media.data or ()), explained,
        )  # fmt: skip
