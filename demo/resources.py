"""What courses need in the demo: languages and contracts of those who lead, and rooms. All of it is made up (*Annahme*)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from auth.models import User
from database import db
from programmes.catalogue.models import LeaderContract, LeaderLanguage, Municipality, Room

WEEK = dt.timedelta(weeks=1)
SPEAK = MappingProxyType({
    "leitung-ra": ("Arabisch", "Deutsch", "Englisch"),
    "koordination-roedermark": ("Deutsch", "Türkisch", "Ukrainisch"),
    "leitung-mkg-1": ("Deutsch", "Türkisch"),
    "leitung-mkg-2": ("Bosnisch", "Kroatisch", "Serbisch", "Deutsch"),
    "leitung-il": ("Deutsch", "Englisch"),
    "leitung-sprache": ("Polnisch", "Deutsch", "Russisch"),
    "leitung-dietzenbach": ("Deutsch", "Französisch"),
    "leitung-rodgau": ("Deutsch",),
    "vertretung": ("Deutsch", "Englisch", "Französisch"),
    "ehemals-ra": ("Russisch", "Deutsch"),
    "ehemals-sprache": ("Polnisch", "Deutsch"),
    "ehemals-mkg-2": ("Türkisch", "Deutsch"),
    "ehemals-il": ("Farsi", "Deutsch"),
})  # fmt: skip
# Until how many weeks from today somebody has a contract that began a year ago. One ends before the last meetings of her group.
CONTRACTS = MappingProxyType({"leitung-ra": 40, "leitung-mkg-1": 40, "leitung-mkg-2": 5, "vertretung": 20})
# Of the town and the venue that courses have: places for people, childcare, without steps. One is too small for its course.
ROOMS = MappingProxyType({
    ("Dietzenbach", "Bürgerhaus Dietzenbach, Raum 2"): (20, False, True),
    ("Dietzenbach", "Bürgerhaus Dietzenbach, Raum 4"): (18, False, True),
    ("Dietzenbach", "Wohnung im Spessartviertel"): (20, True, False),
    ("Dreieich", "Nachbarschaftstreff Sprendlinger Norden"): (24, True, True),
    ("Dreieich", "Bürgerhaus Sprendlingen, Clubraum"): (20, False, True),
    ("Langen (Hessen)", "Stadthalle Langen, Clubraum"): (12, False, True),
    ("Rodgau", "Sozialzentrum Rodgau, Saal"): (40, True, True),
})  # fmt: skip


def describe(users: Mapping[str, User], today: dt.date) -> None:
    """What those who lead speak, and how long their contracts are."""
    for key, languages in SPEAK.items():
        db.session.add_all(LeaderLanguage(user_id=users[key].id, language=language) for language in languages)
    for key, weeks in CONTRACTS.items():
        first, last = today - 52 * WEEK, today + weeks * WEEK
        db.session.add(LeaderContract(user_id=users[key].id, starts_on=first, ends_on=last))


def furnish(towns: Mapping[str, Municipality]) -> dict[tuple[str, str], Room]:
    """The rooms, by town and name."""
    rooms = {
        (town, name): Room(
            municipality_id=towns[town].id, name=name, places=places, childcare=childcare, step_free=step_free
        )
        for (town, name), (places, childcare, step_free) in ROOMS.items()
    }
    db.session.add_all(rooms.values())
    db.session.flush()
    return rooms
