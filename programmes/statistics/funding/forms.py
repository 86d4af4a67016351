"""Asks what was granted, and why a file leaves the office."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext

from fields import Choice, Day, Euros, Form, Text
from programmes.statistics.funding.rules import Grant


def _key(value: object) -> str | None:
    return str(value) if value not in (None, "", "None") else None


class GrantForm(Form):
    """The pack of a funder, and what its notice says."""

    pack = Choice(
        lazy_gettext("Was der Förderer verlangt"),
        optional=True,
        empty=lazy_gettext("kein Bericht"),
        coerce=_key,
        description=lazy_gettext("Bestimmt Liste, Berechnung, Indikatoren und Frist des Berichts."),
    )
    reference = Text(lazy_gettext("Aktenzeichen des Bescheids"), most=80, optional=True)
    grant_from = Day(lazy_gettext("Förderung von"), optional=True)
    grant_until = Day(lazy_gettext("Förderung bis"), optional=True)
    rate = Euros(
        lazy_gettext("Satz je Person und UE (Euro)"),
        most=100_000,
        optional=True,
        description=lazy_gettext("Zum Beispiel 12,50. Nur wenn danach gerechnet wird."),
    )
    ceiling = Euros(lazy_gettext("Obergrenze im Ganzen (Euro)"), most=1_000_000_000, optional=True)
    due_on = Day(
        lazy_gettext("Andere Frist laut Bescheid"),
        optional=True,
        description=lazy_gettext("Leer: die übliche Frist des Förderers, wenn es eine gibt."),
    )
    sent_on = Day(
        lazy_gettext("Nachweis abgeschickt am"), optional=True, description=lazy_gettext("Dann ist die Frist erledigt.")
    )

    def show(self, pack: str | None, reference: str | None, grant: Grant) -> None:
        """Fill with what holds now."""
        self.pack.data, self.reference.data = pack, reference
        self.grant_from.data, self.grant_until.data = grant.first, grant.last
        self.rate.data, self.ceiling.data = grant.rate, grant.ceiling
        self.due_on.data, self.sent_on.data = grant.due_on, grant.sent_on

    @property
    def grant(self) -> Grant:
        """What was filled in."""
        return Grant(
            self.grant_from.data, self.grant_until.data, self.rate.data, self.ceiling.data, self.due_on.data, self.sent_on.data
        )  # fmt: skip


class ExportForm(Form):
    """Which file, and why: names leave the office only for a reason."""

    file = Choice(lazy_gettext("Datei"), coerce=_key)
    reason = Text(
        lazy_gettext("Grund"),
        most=300,
        description=lazy_gettext(
            "Zum Beispiel: Verwendungsnachweis an das Regierungspräsidium. Wer, wann und warum, bleibt gespeichert."
        ),
    )

    def offer(self, files: Iterable[tuple[str, str]]) -> None:
        """Say which files there are."""
        self.file.offer(files)
