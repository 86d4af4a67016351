"""The number of SQL statements of a page does not depend on how much there is to show: no page asks once per row.

Every page that is behind a door is opened, in every role that may, in an office with two of everything and in one with
five. Each of them is written by somebody else and lies in another programme, so that nothing is found in memory by chance.
"""

import datetime as dt
import re
import uuid
from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask

import clock
from auth import actions, guard
from auth.models import User
from auth.rules import Role, Scope, TokenLife
from database import APPEND_ONLY, Base, db
from jobs import Job, JobState
from programmes.attendance.models import AttendanceMark, MarkEvent
from programmes.attendance.rules import Mark
from programmes.catalogue.models import (
    Body,
    Contradiction,
    Coordination,
    Course,
    CourseLeader,
    FundingLogo,
    FundingProfile,
    LeaderContract,
    LeaderLanguage,
    Logo,
    Meeting,
    MeetingChange,
    MicroProject,
    Module,
    Municipality,
    Programme,
    Quarter,
    Room,
)
from programmes.catalogue.rules import Change, MeetingStatus, RulePack
from programmes.certificates.batch.models import Batch, BatchItem
from programmes.certificates.delivery.models import Mail, PersonalLink
from programmes.certificates.models import Certificate, NameCheck, PaperDecision, PaperSetting, PaperSettingChange
from programmes.certificates.rules import CertificateKind, Hardship
from programmes.enrolment.applying import actions as applying
from programmes.enrolment.applying.models import Application
from programmes.enrolment.applying.rules import ApplicationFacts
from programmes.enrolment.lists import actions as lists
from programmes.enrolment.lists.rules import Column
from programmes.enrolment.models import Enrolment, EnrolmentChange, SubGroup, SubGroupMember
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Consent, Family, FamilyMember, Merge, Person, PickUp
from programmes.participants.rules import Channel, ConsentPurpose, ConsentState, Relation
from programmes.rights.models import Erasure, LegalHold
from programmes.rights.rules import Archive, ErasureState, Ground
from programmes.statistics.exports import actions as exports
from programmes.statistics.exports.models import Content, ExportPiece
from programmes.statistics.funding.models import FunderExport
from programmes.statistics.rules import Dimension, Question
from programmes.statistics.series.models import Series, SeriesValue
from programmes.statistics.series.rules import Rhythm, SeriesKind, Unit
from tests.attendance import scene as running
from tests.certificates import scene as finished
from tests.tools.offices import COUNTING, NEW_CLIENT, TRANSACTION

FEW, MANY = 2, 5
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)
A_DAY = dt.timedelta(days=1)
Numbers = dict[str, list[int]]  # records to open, by the name they have in addresses
LOGINS = {
    Role.ADMINISTRATOR: "verwaltung@office.example",
    Role.COORDINATOR: finished.COORDINATOR,
    Role.LEADER: finished.LEADER,
    Role.OFFICER: "datenschutz@office.example",
    Role.EVALUATOR: "auswertung@office.example",
}


def office(rows: int) -> Numbers:
    """An empty office, filled with so many of everything that a page can list."""
    towns = [Municipality(name=name) for name in ("Dietzenbach", "Dreieich", "Langen", "Rodgau", "Seligenstadt")[:rows]]
    db.session.add_all(towns)
    db.session.flush()
    db.session.add_all(Quarter(municipality_id=town.id, name=f"Quartier {town.name}") for town in towns)
    for role in (Role.ADMINISTRATOR, Role.OFFICER, Role.EVALUATOR):
        finished.user(LOGINS[role], role)
    staff = [finished.user(f"person{number}@office.example", *LOGINS) for number in range(rows)]
    over = [
        finished.build(f"FE{number}", people=rows + 1, meetings=rows, modules=[True] * rows) for number in range(rows)
    ]
    papers = finished.issued(over[0], *range(rows))
    courses = [_running(number, rows, staff, towns[number]) for number in range(rows)]
    first = db.session.get_one(Course, over[0].course)
    coordinator = db.session.scalars(sa.select(User).where(User.email == finished.COORDINATOR)).one()
    db.session.add_all(Coordination(user_id=coordinator.id, municipality_id=town.id) for town in towns)
    for number in range(rows):
        db.session.add_all(
            [
                Body(key=f"B{number}", name="Amt", report="Amt", meaning="Amt", section="1"),
                MicroProject(key=f"L{number}", name="LOS", representation="LOS", programme_id=first.programme_id),
                Contradiction(key=f"X{number}", text="a", problem="b", handling="c", programme_keys=["FE0"]),
            ]
        )
    db.session.flush()
    batch, link, profile = _papers_on_their_way(over[0].course, coordinator, papers, staff)
    for number in range(rows):
        for email in (LOGINS[Role.COORDINATOR], LOGINS[Role.EVALUATOR]):
            owner = db.session.scalars(sa.select(User.id).where(User.email == email)).one()
            actions.add_token(owner, f"Bericht {number}", Scope.STATISTICS, TokenLife.YEAR, clock.now())
    adult, family, other = _households(courses[0].people[0], rows, staff)
    module = db.session.scalars(sa.select(Module).where(Module.programme_id == first.programme_id)).first()
    assert module is not None
    proposed, erased = _erasures(over[0].course, rows, coordinator)
    return {
        "erasure_id": [proposed],
        "erasure_id of rights.proof": [erased],
        "course_id": [courses[0].course, over[0].course],
        "meeting_id": [courses[0].meeting, over[0].meetings[0]],
        "enrolment_id": [courses[0].people[0], over[0].enrolments[-1]],
        "person_id": [adult],
        "family_id": [family],
        "other_id": [other],
        "certificate_id": [papers[0].id],
        "user_id": [coordinator.id],
        "leader_id": [staff[0].id],
        **_applications(courses[0], rows, coordinator),
        "meeting_id of telling.letters": [_lost(courses[0], rows, coordinator)],
        "room_id": [_rooms_and_leaders(rows, staff, towns)],
        "programme_id": [first.programme_id],
        "module_id": [module.id],
        "batch_id": [batch],
        "link_id": [link],
        "profile_id": [profile],
        "list_id": [_list_of_people(rows, coordinator)],
        "series_id": _series(rows, staff, towns),
        **_long_exports(rows),
        "export_id": [db.session.scalars(sa.select(FunderExport.id).where(FunderExport.by_id == coordinator.id)).one()],
        "logo_id": [db.session.scalars(sa.select(Logo.id)).first() or 0],
    }


def _papers_on_their_way(
    course_id: int, by: User, papers: list[Certificate], staff: list[User]
) -> tuple[int, int, int]:
    """A batch, links, letters, a funding profile with logos, settings that were changed: so many of each."""
    now = clock.now()
    job = Job(
        kind="papers", arguments={}, by_id=by.id, made_at=now, not_before=now, state=JobState.DONE, finished_at=now
    )
    profile = FundingProfile(
        name="Land", line="Gefördert vom Land", pack="wir", rate_cents=1250,
        grant_from=clock.today() - 300 * A_DAY, grant_until=clock.today() + 300 * A_DAY,
    )  # fmt: skip
    programme_id = db.session.get_one(Course, course_id).programme_id
    setting = PaperSetting(programme_id=programme_id, kind=CertificateKind.PARTICIPATION, signatories=[])
    db.session.add_all([job, profile, setting])
    db.session.flush()
    batch = Batch(course_id=course_id, job_id=job.id)
    db.session.add(batch)
    db.session.execute(sa.update(Programme).values(funding_profile_id=profile.id))
    db.session.flush()
    for number in range(len(staff)):
        paper = papers[number]
        db.session.add(
            FunderExport(profile_id=profile.id, at=now, by_id=(by, *staff)[number].id, file="all.xlsx", reason="-")
        )
        logo = Logo(sha256=f"{number}" * 64, shows=f"Logo {number}", png=PNG)
        link = PersonalLink(
            certificate_id=papers[0].id, secret_hash=f"{number}" * 64, pin_hash="-", made_at=now, made_by_id=by.id,
            expires_at=now,
        )  # fmt: skip
        mail = Mail(
            certificate_id=papers[0].id,
            recipient="a@b.example",
            language="de",
            made_at=now,
            made_by_id=by.id,
            next_at=now,
        )
        db.session.add_all([logo, link, mail])
        db.session.flush()
        db.session.add_all(
            [
                BatchItem(batch_id=batch.id, enrolment_id=paper.enrolment_id, certificate_id=paper.id),
                FundingLogo(funding_profile_id=profile.id, logo_id=logo.id, position=number),
                PaperSettingChange(setting_id=setting.id, at=now, by_id=by.id, old={}, new={}),
                NameCheck(enrolment_id=paper.enrolment_id, name="-", at=now, by_id=by.id),
                PaperDecision(enrolment_id=paper.enrolment_id, verdict=Hardship.FULL, reason="-", at=now, by_id=by.id),
            ]
        )
    db.session.flush()
    return batch.id, link.id, profile.id


def _long_exports(rows: int) -> Numbers:
    """So many long tables of everybody who may ask for one, ready, of so many pieces; nobody opens anybody else's."""
    newest: Numbers = {}
    for role in (Role.COORDINATOR, Role.EVALUATOR):
        owner = db.session.scalars(sa.select(User.id).where(User.email == LOGINS[role])).one()
        who = guard.Viewer(owner, frozenset({role}), clock.today())
        question = Question(dt.date(2000, 1, 1), clock.today(), Dimension.COURSE, Dimension.MONTH)
        for _ in range(rows):
            made = exports.start(who, question, disclose=True, language="de")
            made.ready_at = made.job.finished_at = clock.now()
            made.job.state = JobState.DONE
            newest[f"long_export_id of {role}"] = [made.id]
            for content in Content:
                for place in range(rows):
                    db.session.add(ExportPiece(export_id=made.id, content=content, place=str(place), data=b"-"))
                    db.session.flush()
    return newest


def _series(rows: int, staff: list[User], towns: list[Municipality]) -> list[int]:
    """So many series, the first with figures that were corrected by others; its number."""
    made = [
        Series(
            key=f"R{number}", title="Reihe", kind=SeriesKind.DEFERRAL, definition="-", source="-", rhythm=Rhythm.YEAR,
            unit=Unit.CHILDREN, departments=[],
        )
        for number in range(rows)
    ]  # fmt: skip
    db.session.add_all(made)
    db.session.flush()
    for town in towns:
        for place, somebody in enumerate(staff, start=1):
            db.session.add(
                SeriesValue(
                    series_id=made[0].id, municipality_id=town.id, year=clock.today().year - 1, cases=place, entered_at=clock.now(),
                    entered_by_id=somebody.id, replaced_at=clock.now() if place < rows else None,
                )
            )  # fmt: skip
    return [made[0].id]


def _running(number: int, rows: int, staff: list[User], town: Municipality) -> running.Scene:
    """A family course with an open meeting today, others before and after, people who stay away and people who wait."""
    leader = finished.user(finished.LEADER, Role.LEADER)
    scene = running.course(
        f"RA{number}", leaders=[leader], people=rows, children=[1] * rows, pack=RulePack.PARENT_CHILD
    )
    course = db.session.get_one(Course, scene.course)
    course.municipality = town
    db.session.add_all(CourseLeader(course_id=course.id, user_id=somebody.id) for somebody in staff)
    for place, somebody in enumerate(staff, start=1):
        closed = running.meeting(course, clock.today() - place * A_DAY)
        closed.status, closed.closed_at, closed.first_closed_at = MeetingStatus.HELD, clock.now(), clock.now()
        closed.substitute = somebody
        for meeting in (closed, db.session.get_one(Meeting, scene.meeting)):
            _change(meeting, somebody)
        for enrolment_id in scene.people:
            _absent(closed, enrolment_id, somebody)
        running.meeting(course, clock.today() - (10 + place) * A_DAY)
        running.meeting(course, clock.today() + place * A_DAY)
        group = SubGroup(course_id=course.id, name=f"Gruppe {place}", valid_from=course.starts_on)
        db.session.add(group)
        db.session.flush()
        db.session.add(SubGroupMember(sub_group_id=group.id, enrolment_id=scene.people[place - 1]))
        waiting = running.enrol(course, 20 + place)
        waiting.status, waiting.entry_date = EnrolmentStatus.WAITING, None
        db.session.add(
            EnrolmentChange(
                enrolment_id=scene.people[0], at=clock.now(), by_id=somebody.id, new=EnrolmentStatus.ENROLLED
            )
        )
        db.session.flush()
    return scene


def _applications(scene: running.Scene, rows: int, by: User) -> dict[str, list[int]]:
    """A course that is offered publicly, and people who applied for it."""
    applying.offer_publicly(db.session.get_one(Course, scene.course), by.id, clock.now())
    for number in range(rows):
        facts = ApplicationFacts(f"Neu {number}", "tr", phone=str(number), relation=Relation.MOTHER)
        applying.apply(guard.Viewer.office(), scene.course, f"ticket-{number}", facts, clock.now())
    first = db.session.scalars(sa.select(Application.id), execution_options={"viewer": guard.Viewer.office()}).first()
    return {"course_id of applying.board": [scene.course], "application_id": [first or 0]}


def _lost(scene: running.Scene, rows: int, by: User) -> int:
    """A meeting that falls out, of which everybody wants to be told by letter."""
    course = db.session.get_one(Course, scene.course)
    meeting = running.meeting(course, clock.today() + 40 * A_DAY)
    meeting.status, meeting.cancelled_reason = MeetingStatus.CANCELLED, "Krankheit"
    db.session.add(
        MeetingChange(
            meeting_id=meeting.id, at=clock.now(), what=Change.STATUS, old="planned", new="cancelled", by_id=by.id
        )
    )
    placed = sa.select(Enrolment.person_id).where(Enrolment.id.in_(scene.people[:rows]))
    people = sa.select(Person).where(Person.id.in_(placed)).execution_options(viewer=guard.Viewer.office())
    for person in db.session.scalars(people):
        person.contact_by, person.address = Channel.LETTER, "Hauptstraße 1"
    db.session.flush()
    return meeting.id


def _change(meeting: Meeting, somebody: User) -> None:
    db.session.add(
        MeetingChange(meeting_id=meeting.id, at=clock.now(), by_id=somebody.id, what=Change.NOTE, reason="nachgetragen")
    )
    db.session.add(
        MeetingChange(meeting_id=meeting.id, at=clock.now(), by_id=somebody.id, what=Change.STARTS_AT, old="08:00:00")
    )


def _absent(meeting: Meeting, enrolment_id: int, somebody: User) -> None:
    event = MarkEvent(
        id=str(uuid.uuid4()), meeting_id=meeting.id, enrolment_id=enrolment_id, mark=Mark.ABSENT,
        author_id=somebody.id, recorded_at=clock.now(), received_at=clock.now(),
    )  # fmt: skip
    db.session.add(event)
    db.session.flush()
    db.session.add(AttendanceMark(meeting_id=meeting.id, enrolment_id=enrolment_id, mark=event.mark, event_id=event.id))


def _rooms_and_leaders(rows: int, staff: list[User], towns: list[Municipality]) -> int:
    """Rooms, and languages and contracts of those who lead; one of the rooms."""
    rooms = [Room(municipality_id=towns[0].id, name=f"Raum {number}", places=12) for number in range(rows)]
    db.session.add_all(rooms)
    for user in staff:
        db.session.add_all(
            [
                LeaderContract(user_id=user.id, starts_on=clock.today()),
                *(
                    LeaderLanguage(user_id=user.id, language=language)
                    for language in ("Deutsch", "Türkisch", "Arabisch")[:rows]
                ),
            ]
        )
    db.session.flush()
    return rooms[0].id


def _list_of_people(rows: int, coordinator: User) -> int:
    """A list that somebody is taking in: people who are there, and people who are not."""
    viewer = guard.Viewer(coordinator.id, frozenset({Role.COORDINATOR}), clock.today())
    adults = sa.select(Person).where(Person.is_child.is_(False)).order_by(Person.id).limit(rows)
    names = [[one.given_name, one.family_name] for one in db.session.scalars(adults.execution_options(viewer=viewer))]
    cells = [*names, *([f"Neu {number}", "Neuland"] for number in range(rows))]
    kept = lists.keep(
        viewer, "liste.csv", "UTF-8", ["Vorname", "Nachname"], list(enumerate(cells, start=2)), clock.now()
    )
    lists.choose(kept, {0: Column.GIVEN_NAME, 1: Column.FAMILY_NAME})
    return kept.id


def _households(enrolment_id: int, rows: int, staff: list[User]) -> tuple[int, int, int]:
    """Gives somebody several households, children whom others may fetch, answers, and second records; who it is, a household of
    theirs, and one more record."""
    viewer = {"viewer": guard.Viewer.office()}
    adult = db.session.scalars(
        sa.select(Enrolment.person_id).where(Enrolment.id == enrolment_id), execution_options=viewer
    ).one()
    for number in range(rows):
        family = Family(entered_at=clock.now())
        db.session.add(family)
        db.session.flush()
        child = running.person("Kind", f"Kind {number}", is_child=True)
        db.session.add_all(
            [
                FamilyMember(family_id=family.id, person_id=adult, relation=Relation.MOTHER),
                FamilyMember(family_id=family.id, person_id=child.id, relation=Relation.CHILD),
                Consent(
                    person_id=adult, purpose=ConsentPurpose.PHOTO, state=ConsentState.GIVEN, text_version="1",
                    language="de", at=clock.now(), by_id=staff[number].id,
                ),
                PickUp(child_id=child.id, name=f"Oma {number}", allowed_on=clock.today(), by_id=staff[number].id),
            ]
        )  # fmt: skip
        twin = running.person("Doppelt", f"Doppelt {number}")
        twin.merged_into_id = adult
        db.session.add(
            Merge(
                kept_id=adult,
                absorbed_id=twin.id,
                at=clock.now(),
                by_id=staff[number].id,
                moved=[],
                dropped=[],
                before={},
            )
        )
    other = running.person("Noch", "Eine")
    db.session.add(FamilyMember(family_id=family.id, person_id=other.id, relation=Relation.GUARDIAN))
    db.session.flush()
    return adult, family.id, other.id


def _erasures(course_id: int, rows: int, coordinator: User) -> tuple[int, int]:
    """People of a course that is over, of whom some are to be erased and one is, and for whose data there are reasons to stay; the
    numbers of an erasure that is proposed and of the one that is done."""
    places = sa.select(Enrolment.person_id).where(Enrolment.course_id == course_id).order_by(Enrolment.id)
    people = db.session.scalars(places.execution_options(viewer=guard.Viewer.office())).all()
    made = [
        Erasure(person_id=people[number % 2], ground=Ground.REQUEST, proposed_at=clock.now(), archive=Archive.WAIVED,
                state=ErasureState.UNDONE, ended_at=clock.now())
        for number in range(rows)
    ]  # fmt: skip
    made[-1].state, made[-1].ended_at, made[-2].state = ErasureState.PROPOSED, None, ErasureState.DONE
    made[-2].approved_at = clock.now()
    db.session.add_all(made)
    db.session.add_all(
        LegalHold(person_id=people[number % 2], reason="Klage", set_at=clock.now(), set_by_id=coordinator.id)
        for number in range(rows)
    )
    db.session.flush()
    return made[-1].id, made[-2].id


def empty() -> None:
    """Takes everything out again that can be taken out."""
    for table in reversed([one for one in Base.metadata.sorted_tables if APPEND_ONLY not in one.info]):
        db.session.execute(sa.delete(table), execution_options={"viewer": guard.Viewer.office()})


def pages(app: Flask, role: Role, numbers: Numbers) -> Iterator[tuple[str, str]]:
    """Every page that opens for a role: what is told of it, and its address."""
    for rule in app.url_map.iter_rules():
        if role not in (guard.door(app, rule.endpoint) or ()) or "GET" not in (rule.methods or ()):
            continue
        if rule.endpoint == "certificates.badge":  # this office has no seal, so it gives none
            continue
        address = rule.rule.replace("<kind>", "participation")
        parts = re.findall(r"<int:(\w+)>", rule.rule)
        known = [
            numbers.get(f"{part} of {rule.endpoint}") or numbers.get(f"{part} of {role}") or numbers[part]
            for part in parts
        ]
        for which, chosen in enumerate(zip(*known, strict=False) if known else [()]):
            where = address
            for number in chosen:
                where = re.sub(r"<int:\w+>", str(number), where, count=1)
            yield f"{rule.endpoint} ({role}, {which})", where


def statements(app: Flask, new_client: NEW_CLIENT, counting: COUNTING, numbers: Numbers) -> dict[str, list[str]]:
    """What each page asks of the database."""
    found = {}
    for role, email in LOGINS.items():
        client = running.signed_in(new_client(), email)
        for page, address in pages(app, role, numbers):
            with counting() as asked, client.fetch(address) as answer:
                assert answer.status_code == 200, (page, address)
            found[page] = asked
    return found


def test_no_page_asks_once_per_row(
    app: Flask, transaction: TRANSACTION, counting: COUNTING, new_client: NEW_CLIENT
) -> None:
    with transaction():
        numbers = office(FEW)
    few = statements(app, new_client, counting, numbers)
    with transaction():
        empty()
        numbers = office(MANY)
    many = statements(app, new_client, counting, numbers)
    assert few.keys() == many.keys()
    assert len(few) >= 80
    grown = [
        f"{page}: {len(few[page])} statements for {FEW} rows, {len(many[page])} for {MANY}, "
        f"most often {Counter(many[page]).most_common(1)}"
        for page in few
        if len(few[page]) != len(many[page])
    ]
    assert not grown, "\n".join(grown)
