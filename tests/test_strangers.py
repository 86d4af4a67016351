"""Every address with an id: someone else's record is answered like one that does not exist, to the letter."""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from auth import guard
from auth.guard import Viewer
from auth.models import User
from auth.queries import roles_of
from auth.rules import Role
from database import db
from demo.accounts import PASSWORD, address
from programmes.attendance.models import AttendanceMark
from programmes.catalogue.models import Course, FundingProfile, Meeting, Room
from programmes.catalogue.queries import coordinated_courses, rooms, visible_courses, visible_meetings
from programmes.certificates.batch.models import Batch
from programmes.certificates.batch.queries import coordinated_batches
from programmes.certificates.delivery.models import PersonalLink
from programmes.certificates.models import Certificate
from programmes.enrolment.models import Enrolment
from programmes.enrolment.queries import coordinated_enrolments, visible_people
from programmes.enrolment.resources.queries import leaders, towns
from programmes.participants.models import FamilyMember, Person
from programmes.statistics.exports import actions as exports
from programmes.statistics.exports.models import LongExport
from programmes.statistics.exports.queries import own_exports
from programmes.statistics.funding.queries import visible_profiles
from programmes.statistics.rules import Dimension, Question
from tests.paper.reading import text_of
from tests.tools.client import Client
from tests.tools.figures import note
from tests.tools.offices import NEW_CLIENT, TRANSACTION

NOWHERE = 2**31 - 1  # the largest key there can be
KINDS = ("course_id", "meeting_id", "person_id", "enrolment_id", "certificate_id", "long_export_id")
PEOPLE = (
    "koordination-ra",
    "koordination-mkg",
    "koordination-il",
    "koordination-dreieich",
    "leitung-ra",
    "leitung-mkg-1",
    "leitung-il",
)


def _ids(query: sa.Select[Any], column: Any) -> set[int]:
    return set(db.session.scalars(query.with_only_columns(column).execution_options(viewer="test")))


def foreign_ids(viewer: Viewer) -> dict[str, list[int]]:
    """By name of the parameter: records that exist and are not this viewer's."""
    office = Viewer.office()
    own_certificates = sa.select(Certificate.id).where(
        Certificate.enrolment_id.in_(coordinated_enrolments(viewer).with_only_columns(Enrolment.id))
    )
    everything: dict[str, tuple[Iterable[int], Iterable[int]]] = {
        "course_id": (_ids(visible_courses(office), Course.id), _ids(visible_courses(viewer), Course.id)),
        "meeting_id": (_ids(visible_meetings(office), Meeting.id), _ids(visible_meetings(viewer), Meeting.id)),
        "person_id": (_ids(visible_people(office), Person.id), _ids(visible_people(viewer), Person.id)),
        "enrolment_id": (
            _ids(coordinated_enrolments(office), Enrolment.id),
            _ids(coordinated_enrolments(viewer), Enrolment.id),
        ),
        "certificate_id": (_ids(sa.select(Certificate), Certificate.id), _ids(own_certificates, Certificate.id)),
        "batch_id": (_ids(sa.select(Batch), Batch.id), _ids(coordinated_batches(viewer), Batch.id)),
        "link_id": (
            _ids(sa.select(PersonalLink), PersonalLink.id),
            _ids(sa.select(PersonalLink).where(PersonalLink.certificate_id.in_(own_certificates)), PersonalLink.id),
        ),
        "profile_id": (
            _ids(sa.select(FundingProfile), FundingProfile.id),
            _ids(visible_profiles(viewer), FundingProfile.id),
        ),
        "leader_id": ([one.user.id for one in leaders(office)], [one.user.id for one in leaders(viewer)]),
        "room_id": (_ids(sa.select(Room), Room.id), [room.id for room in rooms(towns(viewer))]),
        "long_export_id": (
            _ids(sa.select(LongExport), LongExport.id),
            [found.id for found in own_exports(viewer, guard.clock.now())],
        ),
    }
    found = {}
    for name, (all_of_them, own) in everything.items():
        foreign = sorted(set(all_of_them) - set(own))
        found[name] = sorted({foreign[0], foreign[-1]}) if foreign else []  # the oldest and the newest
    return found


def bare(client: Client, path: str, method: str) -> tuple[int, str]:
    """The answer without what differs between any two answers: tokens, the reference number, its own address."""
    response = client.post(path) if method == "POST" else client.fetch(path)
    text = response.get_data(as_text=True)
    text = re.sub(r'(name="csrf(?:_|-)token" (?:value|content)=)"[^"]*"', r"\1", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "REFERENCE", text)
    return response.status_code, text.replace(path, "PATH")


@pytest.mark.few_on_postgres("name", ["koordination-ra", "leitung-mkg-1"])
@pytest.mark.parametrize("name", PEOPLE)
def test_someone_elses_is_as_if_it_were_not_there(
    demo_app: Flask,
    new_client: NEW_CLIENT,
    transaction: TRANSACTION,
    set_clock: Callable[[dt.datetime], None],
    database_kind: str,
    name: str,
) -> None:
    set_clock(guard.clock.now())  # every page says for how many seconds one stays signed in
    with transaction() as session:
        evaluator = session.scalars(sa.select(User.id).where(User.email == address("auswertung"))).one()
        year = Question(dt.date(2025, 1, 1), dt.date(2025, 12, 31), Dimension.COURSE)
        exports.start(Viewer(evaluator, frozenset({Role.EVALUATOR}), year.last), year, disclose=True, language="de")
    with demo_app.app_context():
        user_id = db.session.scalars(sa.select(User.id).where(User.email == address(name))).one()
        viewer = Viewer(user_id, roles_of(user_id), guard.clock.today())
        foreign = foreign_ids(viewer)
        db.session.rollback()
    assert all(foreign[of] for of in KINDS), f"The demo leaves nothing foreign for {name}: {foreign}"
    client = new_client()
    client.sign_in(address(name), PASSWORD)
    knocked = 0
    for rule in demo_app.url_map.iter_rules():
        parameters = re.findall(r"<int:(\w+)>", rule.rule)
        if (
            not parameters
            or parameters[0] not in foreign
            or not (viewer.roles & (guard.door(demo_app, rule.endpoint) or set()))
        ):
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            nothing = bare(client, re.sub(r"<int:\w+>", str(NOWHERE), rule.rule.replace("<kind>", "days")), method)
            assert nothing[0] == 404, f"{method} {rule.rule}: {nothing[0]} for a record that is not there"
            for identifier in foreign[parameters[0]]:
                path = re.sub(r"<int:\w+>", str(identifier), rule.rule.replace("<kind>", "days"))
                assert bare(client, path, method) == nothing, f"{method} {path} as {name} tells that it exists"
                knocked += 1
    assert knocked >= 12
    note("foreign", f"{name} {database_kind}", knocked)


def test_ones_own_and_somebody_elses_number_in_one_address(
    demo_app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    """Of an address with two numbers one is one's own: the other opens nothing, and tells nothing."""
    with transaction() as session:
        user_id = session.scalars(sa.select(User.id).where(User.email == address("koordination-mkg"))).one()
        me, office = Viewer(user_id, roles_of(user_id), guard.clock.today()), Viewer.office()
        people, families = (
            sa.select(FamilyMember).where(
                FamilyMember.person_id.in_(visible_people(one).with_only_columns(Person.id))
            ) for one in (me, office)
        )  # fmt: skip
        known: dict[str, tuple[set[int], set[int]]] = {
            "person_id": (_ids(visible_people(me), Person.id), _ids(visible_people(office), Person.id)),
            "enrolment_id": (
                _ids(coordinated_enrolments(me), Enrolment.id), _ids(coordinated_enrolments(office), Enrolment.id),
            ),
            "meeting_id": (_ids(visible_meetings(me), Meeting.id), _ids(visible_meetings(office), Meeting.id)),
            "family_id": (_ids(people, FamilyMember.family_id), _ids(families, FamilyMember.family_id)),
        }  # fmt: skip
    known["other_id"] = known["person_id"]
    own = {name: min(mine) for name, (mine, _) in known.items()}
    foreign = {name: min(everybodys - mine, default=NOWHERE) for name, (mine, everybodys) in known.items()}
    assert {name for name, number in foreign.items() if number == NOWHERE} <= {"family_id"}, (
        "all families may be theirs"
    )
    client = new_client()
    client.sign_in(address("koordination-mkg"), PASSWORD)
    knocked = 0
    for rule in demo_app.url_map.iter_rules():
        parts = re.findall(r"<int:(\w+)>", rule.rule)
        if len(parts) < 2 or Role.COORDINATOR not in (guard.door(demo_app, rule.endpoint) or ()):
            continue
        assert set(parts) <= known.keys(), f"{rule.rule}: say which of these numbers are one's own"
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            nothing = bare(client, re.sub(r"<int:\w+>", str(NOWHERE), rule.rule), method)
            for numbers in ({parts[0]: own}, {parts[1]: own}, {}):
                path = rule.rule
                for part in parts:
                    path = path.replace(f"<int:{part}>", str(numbers.get(part, foreign)[part]))
                assert bare(client, path, method) == nothing, f"{method} {path} tells that it exists"
                knocked += 1
    assert knocked >= 12


LEADERS = ("leitung-ra", "leitung-mkg-1", "leitung-mkg-2", "leitung-il")
KEPT_FROM_LEADERS = ("birth_date", "citizenships", "languages", "address", "phone", "email", "birth_country")


@pytest.mark.few_on_postgres("name", ["leitung-mkg-1"])
@pytest.mark.parametrize("name", LEADERS)
def test_leaders_never_read_what_is_none_of_their_business(demo_app: Flask, new_client: NEW_CLIENT, name: str) -> None:
    """A canary in every field that leaders may not see; then everything a leader can open is searched for it."""
    with demo_app.app_context():
        for person in db.session.scalars(sa.select(Person).execution_options(viewer="test")):
            person.address, person.phone, person.email = (
                "Kanarienvogel-ADDRESS",
                "Kanarienvogel-PHONE",
                "Kanarienvogel@mail.example",
            )
            person.citizenships, person.languages, person.birth_country = (
                ["Kanarienvogel-NATION"],
                ["Kanarienvogel-TONGUE"],
                "Kanarienvogel-LAND",
            )
        user_id = db.session.scalars(sa.select(User.id).where(User.email == address(name))).one()
        viewer = Viewer(user_id, roles_of(user_id), guard.clock.today())
        courses = _ids(visible_courses(viewer), Course.id)
        meetings = _ids(visible_meetings(viewer), Meeting.id)
        coordinated = _ids(coordinated_courses(viewer), Course.id)
        assert db.session.scalars(sa.select(AttendanceMark.id).limit(1).execution_options(viewer="test")).first()
        db.session.commit()
    assert courses
    assert meetings
    assert not coordinated
    client = new_client()
    client.sign_in(address(name), PASSWORD)
    read = 0
    for rule in demo_app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or Role.LEADER not in (guard.door(demo_app, rule.endpoint) or set()):
            continue
        parameters = re.findall(r"<int:(\w+)>", rule.rule)
        identifiers = (
            {"course_id": courses, "meeting_id": sorted(meetings)[:8]}.get(parameters[0], []) if parameters else [0]
        )
        for identifier in identifiers:
            answer = client.fetch(re.sub(r"<int:\w+>", str(identifier), rule.rule))
            shown = text_of(answer.data).encode() if answer.mimetype == "application/pdf" else answer.data
            assert b"Kanarienvogel" not in shown, f"{rule.rule} shows a leader what only coordinators may see"
            read += 1
    assert read > 5
