"""Keeps a list for an hour, takes the people in, forgets the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

import clock
import jobs
from auth.guard import Viewer
from database import db
from jobs import Job
from programmes.enrolment.lists.models import PeopleList
from programmes.enrolment.lists.rules import KEPT_FOR, Column, Decision, Line, Row
from programmes.participants import actions as people_actions
from wording import N_, Reason, Refused

END = "people_list"
jobs.FORGETTABLE |= {END}


def keep(
    viewer: Viewer, name: str, encoding: str, heads: Sequence[str], rows: Sequence[Row], now: dt.datetime
) -> PeopleList:
    """Keep a list in the place of an earlier one, for an hour."""
    forget(viewer)
    kept = PeopleList(
        user_id=viewer.id, sent_at=now, name=name[:200], encoding=encoding, content={"heads": list(heads), "rows": list(rows)}
    )  # fmt: skip
    db.session.add(kept)
    db.session.flush()
    jobs.ask(END, {}, by=viewer.id)
    return kept


def choose(kept: PeopleList, columns: Mapping[int, Column]) -> None:
    """Say what each column holds. Raises Refused."""
    if Column.GIVEN_NAME not in columns.values() and Column.FAMILY_NAME not in columns.values():
        raise Refused(Reason(N_("Eine Spalte muss den Vornamen oder den Nachnamen enthalten."), field="column_0"))
    if len(set(columns.values())) < len(columns):
        raise Refused(Reason(N_("Zwei Spalten enthalten dasselbe. Bitte lassen Sie eine davon aus.")))
    kept.content = kept.content | {"columns": {str(place): column.value for place, column in columns.items()}}
    db.session.flush()


def take_in(viewer: Viewer, lines: Sequence[Line], decided: Mapping[int, Decision], now: dt.datetime) -> int:
    """Add whom the list brings, all or nobody; how many they are. The list is forgotten. Raises Refused."""
    reasons = []
    if any(line.wrong for line in lines):
        reasons.append(
            Reason(
                N_("In der Liste ist etwas falsch. Bitte berichtigen Sie die Datei, und senden Sie sie noch einmal.")
            )
        )
    reasons += [
        Reason(N_("Bitte entscheiden Sie, ob das dieselbe Person ist."), field=f"row_{line.number}")
        for line in lines
        if line.is_asked and line.number not in decided
    ]
    if reasons:
        raise Refused(*reasons)
    wanted = [line.facts for line in lines if line.is_new or (line.is_asked and decided[line.number] is Decision.OTHER)]
    people_actions.add_people(viewer, wanted, now)
    forget(viewer)
    return len(wanted)


def forget(viewer: Viewer) -> None:
    """Delete the viewer's list."""
    query = sa.delete(PeopleList).where(PeopleList.user_id == viewer.id)
    db.session.execute(query, execution_options={"viewer": viewer})


@jobs.step(END)
def end(job: Job) -> bool:
    """Wait until the hour of a list is over, then delete it, if it is still there."""
    if clock.now() < job.made_at + KEPT_FOR:
        job.not_before = job.made_at + KEPT_FOR
        return True
    query = sa.delete(PeopleList).where(PeopleList.user_id == job.by_id, PeopleList.sent_at <= job.made_at)
    db.session.execute(query, execution_options={"viewer": Viewer.office()})
    return False
