"""Asks what is known of those who lead courses, and of the rooms."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import lazy_gettext
from wtforms import BooleanField

from fields import Choice, Day, Form, Number, Text
from programmes.catalogue.queries import municipalities
from programmes.participants.forms import Words
from programmes.participants.origins import LANGUAGES


class LeaderForm(Form):
    """Somebody who leads courses."""

    languages = Words(
        lazy_gettext("Spricht"), LANGUAGES,
        description=lazy_gettext("Mehrere mit Komma. Nach diesen Sprachen lassen sich Kurse in der Statistik vergleichen."),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip
    starts_on = Day(lazy_gettext("Vertrag ab"), optional=True)
    ends_on = Day(
        lazy_gettext("Vertrag bis"), optional=True,
        description=lazy_gettext("Liegt ein Termin außerhalb, steht das beim Kurs. Leer: keine Grenze."),
    )  # fmt: skip


class RoomForm(Form):
    """A room; its town is told once and for all."""

    name = Text(lazy_gettext("Haus und Raum"))
    places = Number(
        lazy_gettext("Plätze für Menschen"), least=1, most=1000, optional=True,
        description=lazy_gettext("Erwachsene und Kinder zusammen. Leer: nicht bekannt."),
    )  # fmt: skip
    childcare = BooleanField(lazy_gettext("Kinder können hier betreut werden"))
    step_free = BooleanField(lazy_gettext("Ohne Stufen erreichbar"))


class NewRoom(RoomForm):
    """A new room."""

    municipality_id = Choice(lazy_gettext("Kommune"))

    def offer(self, town_ids: Collection[int]) -> None:
        """Offer these towns."""
        self.municipality_id.offer((town.id, town.name) for town in municipalities() if town.id in town_ids)
