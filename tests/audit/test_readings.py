"""Whoever is shown a person leaves a line that says which: every door is opened, and what it shows is compared with its line, and
with what it may show to that role.

Everybody's name is their number here, so what a page shows says by itself whom it shows. A new door that shows people and says
nothing fails, and so does one that says too much.
"""

import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from zipfile import ZipFile, is_zipfile

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection
from sqlalchemy.orm.attributes import set_committed_value

import clock
from auth.audit import queries
from auth.audit.fields import Field, fields_of_act
from auth.models import TraceEntry
from auth.rules import Role
from database import db
from programmes.access import SHOWN
from programmes.attendance.account.models import FollowUp, MakeUp
from programmes.certificates.models import PaperDecision
from programmes.enrolment.applying.models import Application
from programmes.enrolment.models import ContactAttempt, Enrolment, EnrolmentChange, EnrolmentChild
from programmes.enrolment.rules import Reached
from programmes.participants.models import Consent, Person, PickUp
from programmes.participants.rules import Channel
from programmes.rights.models import LegalHold
from tests.attendance import scene as running
from tests.paper.reading import text_of
from tests.test_query_counts import FEW, LOGINS, Numbers, office, pages
from tests.tools.figures import note
from tests.tools.offices import NEW_CLIENT, TRANSACTION

PERSON = re.compile(r"Zq(\d+)Z")
APPLICANT, NOTE = "Zq-Applicant", "ZqNOTE"
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
    told = {
        "given_name": name, "family_name": name, "birth_date": dt.date(1931, 3, 13), "birth_country": "ZqORIGIN",
        "citizenships": ["ZqORIGIN"], "languages": ["ZqORIGIN"],
    }  # fmt: skip
    change = sa.update(Person).where(Person.id == person.id).values(told)
    connection.execute(change.execution_options(viewer="test"))
    for field, value in told.items():
        set_committed_value(person, field, value)


def leave_notes(numbers: Numbers) -> None:
    """Everything that people of the office write about somebody in their own words."""
    by, now = numbers["user_id"][0], clock.now()
    for enrolment_id, meeting_id in zip(numbers["enrolment_id"], numbers["meeting_id"], strict=True):
        step = {"enrolment_id": enrolment_id, "entered_at": now, "entered_by_id": by}
        db.session.add_all(
            [
                FollowUp(meeting_id=meeting_id, called_on=clock.today(), note=NOTE, **step),
                MakeUp(minutes=45, held_on=clock.today(), what=NOTE, reason=NOTE, **step),
                ContactAttempt(enrolment_id=enrolment_id, at=now, by_id=by, channel=Channel.CALL, reached=Reached.NOT_REACHED, note=NOTE),
            ]
        )  # fmt: skip
    for column in (
        Enrolment.exit_reason,
        EnrolmentChange.reason,
        PaperDecision.reason,
        Person.referred_by,
        LegalHold.reason,
        Consent.about,
    ):
        change = sa.update(column.class_).values({column.key: NOTE})
        assert db.session.connection().execute(change).rowcount, f"nobody has a {column}"


def numbered_office() -> Numbers:
    """Two of everything, and everybody called by their number."""
    sa.event.listen(Person, "after_insert", call_by_number)
    try:
        numbers = office(FEW)
    finally:
        sa.event.remove(Person, "after_insert", call_by_number)
    for change in (
        sa.update(Person).values(address="ZqCONTACT", phone="ZqCONTACT", email="zqcontact@mail.example"),
        sa.update(Application).values(given_name=APPLICANT, phone="ZqCONTACT"),
        sa.update(PickUp).values(
            name="ZqPICKUP", child_id=sa.select(sa.func.min(EnrolmentChild.person_id)).scalar_subquery()
        ),
    ):
        db.session.execute(change.execution_options(viewer="test"))
    leave_notes(numbers)
    fetched = sa.select(PickUp.child_id).limit(1).execution_options(viewer="test")
    return numbers | {"person_id of family.pick_up": [db.session.scalars(fetched).one()]}


def asked_for(numbers: Numbers) -> Iterator[tuple[str, str]]:
    """What shows people only when it is asked for them."""
    course, person = numbers["course_id"][0], numbers["other_id"][0]
    yield "enrolment.enrol", f"/courses/{course}/enrol?person={person}"
    yield "enrolment.enrol", f"/courses/{course}/enrol?q=Noch"
    yield "enrolment.similar", f"/participants/similar?given_name=Noch&family_name=Eine&course={course}"
    yield "family.add_member", f"/participants/{numbers['person_id'][0]}/family/new?q=Noch"
    yield "merging.choose", f"/participants/{numbers['person_id'][0]}/merge?q=Noch"


CANARIES = {
    Field.NAME: re.compile(r"Zq\d+Z|Zq-Applicant"),
    Field.BIRTH: re.compile(r"\b1931\b"),
    Field.ORIGIN: re.compile("ZqORIGIN"),
    Field.CONTACT: re.compile("zqcontact", re.IGNORECASE),
    Field.PICK_UP: re.compile("ZqPICKUP"),
    Field.NOTES: re.compile(NOTE),
}


def test_every_page_says_whom_it_shows(
    app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, database_kind: str
) -> None:
    with transaction():
        numbers = numbered_office()
    wrong, named = [], 0
    found: dict[str, dict[Role, frozenset[Field]]] = {}
    for role, email in LOGINS.items():
        client = running.signed_in(new_client(), email)
        more = asked_for(numbers) if role is Role.COORDINATOR else ()
        for page, address in (*pages(app, role, numbers), *more):
            with transaction() as session:
                before = session.scalar(sa.select(sa.func.max(TraceEntry.id))) or 0
            with client.fetch(address) as answer:
                text = shown_in(answer.data)
            endpoint = page.split()[0]
            fields = frozenset(field for field, canary in CANARIES.items() if canary.search(text))
            if fields and endpoint not in FROM_A_FILE:
                own = found.setdefault(endpoint, {})
                own[role] = own.get(role, frozenset()) | fields
            shown = {int(number) for number in PERSON.findall(text)}
            with transaction() as session:
                lines = session.scalars(sa.select(TraceEntry).where(TraceEntry.id > before)).all()
                told = {int(number) for line in lines for number in (line.people or "").split(",") if number}
                rows = [line.rows for line in lines]
                acts = [(line.act, queries.roles_in(line.roles)) for line in lines if line.people]
            with app.app_context():
                fields_told = {field for act, roles in acts for field in fields_of_act(act, roles)}
            if told and not fields <= fields_told:
                wrong.append(f"{page}: the officer is told {sorted(fields_told)} of {acts}, it shows {sorted(fields)}")
            if told != shown and not (endpoint in FROM_A_FILE and rows[0] is not None and told <= shown):
                wrong.append(f"{page} shows {sorted(shown - told)} untold, tells of {sorted(told - shown)} unshown")
            elif (shown or APPLICANT in text) and rows[0] is None:
                wrong.append(f"{page} does not say how many")
            elif len(lines) > 1:
                wrong.append(f"{page} leaves {len(lines)} lines")
            named += bool(shown)
    assert not wrong, "\n".join(["Say `trace.saw(…)` in the view:", *wrong])
    assert named > 40
    note("pages", database_kind, named)
    said = {endpoint: shown for endpoint, shown in SHOWN.items() if endpoint not in FROM_A_FILE}
    differs = [
        f"{endpoint}: {_words(found.get(endpoint, {}))}, said is {_words(said.get(endpoint, {}))}"
        for endpoint in sorted(found.keys() | said.keys())
        if found.get(endpoint) != said.get(endpoint)
    ]
    assert not differs, "\n".join(["Say in programmes/access.py what each door shows, and mean it:", *differs])


def _words(shown: Mapping[Role, frozenset[Field]]) -> str:
    return " and ".join(f"{', '.join(sorted(fields))} to {role}" for role, fields in shown.items()) or "nothing"
