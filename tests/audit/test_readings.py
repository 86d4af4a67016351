"""Whoever is shown a person leaves a line that says which: every door is opened, and what it shows is compared with its line.

Everybody's name is their number here, so what a page shows says by itself whom it shows. A new door that shows people and says
nothing fails, and so does one that says too much.
"""

import io
import re
from zipfile import ZipFile, is_zipfile

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection
from sqlalchemy.orm.attributes import set_committed_value

from auth.models import TraceEntry
from database import db
from programmes.enrolment.applying.models import Application
from programmes.participants.models import Person
from tests.attendance import scene as running
from tests.paper.reading import text_of
from tests.test_query_counts import FEW, LOGINS, Numbers, office, pages
from tests.tools.offices import NEW_CLIENT, TRANSACTION

PERSON = re.compile(r"Zq(\d+)Z")
APPLICANT = "Zq-Applicant"
FROM_A_FILE = {"lists.columns", "lists.look"}  # show what somebody has just sent, whoever has the same name


def shown_in(data: bytes) -> str:
    """Whatever can be read in an answer: of a PDF its text, of an archive its files."""
    if data[:5] == b"%PDF-":
        return text_of(data)
    if is_zipfile(io.BytesIO(data)):
        with ZipFile(io.BytesIO(data)) as packed:
            return "\n".join(shown_in(packed.read(name)) for name in packed.namelist())
    return data.decode(errors="replace")


def call_by_number(_mapper: object, connection: Connection, person: Person) -> None:
    """From the beginning, so that papers carry the number as well."""
    name = f"Zq{person.id}Z"
    change = sa.update(Person).where(Person.id == person.id).values(given_name=name, family_name=name)
    connection.execute(change.execution_options(viewer="test"))
    for field in ("given_name", "family_name"):
        set_committed_value(person, field, name)


def numbered_office() -> Numbers:
    """Two of everything, and everybody called by their number."""
    sa.event.listen(Person, "after_insert", call_by_number)
    try:
        numbers = office(FEW)
    finally:
        sa.event.remove(Person, "after_insert", call_by_number)
    change = sa.update(Application).values(given_name=APPLICANT)
    db.session.execute(change.execution_options(viewer="test"))
    return numbers


def test_every_page_says_whom_it_shows(app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION) -> None:
    with transaction():
        numbers = numbered_office()
    wrong, named = [], 0
    for role, email in LOGINS.items():
        client = running.signed_in(new_client(), email)
        for page, address in pages(app, role, numbers):
            with transaction() as session:
                before = session.scalar(sa.select(sa.func.max(TraceEntry.id))) or 0
            with client.fetch(address) as answer:
                text = shown_in(answer.data)
            shown = {int(number) for number in PERSON.findall(text)}
            with transaction() as session:
                lines = session.scalars(sa.select(TraceEntry).where(TraceEntry.id > before)).all()
                said = {int(number) for line in lines for number in (line.people or "").split(",") if number}
                rows = [line.rows for line in lines]
            if said != shown and not (page.split()[0] in FROM_A_FILE and rows[0] is not None and said <= shown):
                wrong.append(f"{page} shows {sorted(shown - said)} untold, tells of {sorted(said - shown)} unshown")
            elif (shown or APPLICANT in text) and rows[0] is None:
                wrong.append(f"{page} does not say how many")
            elif len(lines) > 1:
                wrong.append(f"{page} leaves {len(lines)} lines")
            named += bool(shown)
    assert not wrong, "\n".join(["Say `trace.saw(…)` in the view:", *wrong])
    assert named > 40
