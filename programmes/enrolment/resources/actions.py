"""Changes what is known of those who lead courses, and of the rooms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from auth.guard import Viewer
from auth.models import User
from database import db
from programmes.catalogue.models import LeaderContract, LeaderLanguage, Room
from programmes.enrolment.resources import queries
from wording import N_, Reason, Refused


def tell_leader(user: User, languages: Sequence[str], starts_on: dt.date | None, ends_on: dt.date | None) -> None:
    """Say what a granted leader speaks, and how long their contract is. Raises Refused.

    Of the languages only what changes is written: each state is kept (programmes/statistics/models.py).
    """
    if starts_on and ends_on and ends_on < starts_on:
        raise Refused(Reason(N_("Der Vertrag endet, bevor er beginnt."), field="ends_on"))
    contract = queries.contract_of(user.id) or LeaderContract(user_id=user.id)
    contract.starts_on, contract.ends_on = starts_on, ends_on
    db.session.add(contract)
    there = {spoken.language: spoken for spoken in queries.languages_of(user.id)}
    for language in there.keys() - set(languages):
        db.session.delete(there[language])
    new = [language for language in dict.fromkeys(languages) if language not in there]
    db.session.add_all(LeaderLanguage(user_id=user.id, language=language) for language in new)
    db.session.flush()


def save_room(
    viewer: Viewer, room: Room | None, municipality_id: int, name: str, places: int | None, *, childcare: bool, step_free: bool
) -> Room:  # fmt: skip
    """Add a room in one of the viewer's towns, or describe it anew. Raises Refused."""
    if municipality_id not in queries.towns(viewer):
        raise Refused(Reason(N_("Diese Kommune gehört nicht zu Ihrem Bereich."), field="municipality_id"))
    if queries.is_taken(municipality_id, name, room.id if room else None):
        raise Refused(Reason(N_("Diesen Raum gibt es in der Kommune schon."), field="name"))
    room = room or Room(municipality_id=municipality_id)
    room.name, room.places, room.childcare, room.step_free = name, places, childcare, step_free
    db.session.add(room)
    db.session.flush()
    return room
