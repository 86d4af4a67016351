"""Every form and every address of the application gets what nobody should send: no 500, nothing half-saved, a clear word.

The forms are found by following links as each role of the demo office, so a new form is tried the day it is linked to.
Nothing is kept meanwhile: what would be committed is written to the database and rolled back, so that every try meets the
same office.
"""

import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

import clock
from auth import actions
from auth.emergency import actions as emergencies
from auth.factor import actions as factors
from auth.factor.models import Authenticator, Passkey
from auth.guard import Viewer
from auth.models import TraceEntry, User
from auth.rules import Role, Scope, TokenLife
from database import db
from demo.accounts import APP_SECRET, PASSWORD, address
from programmes.attendance import queries as attendance
from programmes.attendance.account.models import MakeUp
from programmes.attendance.actions import Said, fill
from programmes.attendance.telling import queries as telling
from programmes.attendance.telling.actions import reached
from programmes.catalogue.calendar import actions as calendars
from programmes.catalogue.models import Course, Meeting, Module, Programme
from programmes.catalogue.rules import MeetingStatus
from programmes.certificates import actions as certificates
from programmes.certificates.batch import actions as batches
from programmes.certificates.delivery.models import PersonalLink
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateState, Hardship
from programmes.certificates.settings import actions as settings
from programmes.enrolment.applying import actions as applying
from programmes.enrolment.applying.rules import ApplicationFacts
from programmes.enrolment.lists import actions as lists
from programmes.enrolment.lists.rules import Column
from programmes.enrolment.merging import actions as merging
from programmes.enrolment.models import Enrolment
from programmes.enrolment.queries import visible_people
from programmes.enrolment.rules import EnrolmentStatus
from programmes.participants.models import Person, PickUp
from programmes.participants.rules import ChildFacts, Relation
from programmes.rights import actions as rights
from programmes.rights.queries import left_of, ties_of
from programmes.rights.rules import Archive, Ground
from programmes.statistics.exports import actions as exports
from programmes.statistics.models import SavedReport
from programmes.statistics.rules import Dimension, Question
from programmes.statistics.series.models import Series, SeriesValue
from tests.tools.client import Client
from tests.tools.crawl import Crawl, Reader, kind_of_address
from tests.tools.figures import note
from tests.tools.insider import past_the_triggers
from tests.tools.offices import TRANSACTION
from tests.tools.page import attribute
from tests.tools.trial import STORED, Sent, Trial, Watch, encoded

EVERYBODY = (
    "verwaltung", "koordination-ra", "koordination-mkg", "koordination-il", "koordination-kreis", "leitung-ra",
    "leitung-mkg-1", "datenschutz", "auswertung",
)  # fmt: skip
A_FEW = ("verwaltung", "koordination-mkg")

STRANGE: dict[str, list[bytes]] = {
    "missing": [],
    "doubled": [b"1", b"2"],
    "empty": [b""],
    "blank": [b" \t\r\n \xc2\xa0"],
    "1000 letters": [b"x" * 1000],
    "5000 digits": [b"9" * 5000],
    "NUL": [b"a\x00b"],
    "a lone surrogate": [b"a\xed\xa0\x80b"],
    "no UTF-8": [b"\xff\xfe\xc0\x80"],
    "right to left": ["\u202elive\u202c \u2067x".encode()],
    "marks of direction": ["\u200fعلي\u200e".encode()],
    "emoji": ["Ali 👩‍👧 😀".encode()],
    "markup": [b"\"'><script>alert(1)</script>{{7*7}}%s%(x)s${1}"],
    "2^63": [b"9223372036854775808"],
    "-1": [b"-1"],
    "somebody else's": [b"1"],
    "no such day": [b"2026-02-30"],
    "a far day": [b"2100-12-31"],
}
WHERE_DATABASES_DIFFER = ["NUL", "a lone surrogate", "no UTF-8", "2^63", "emoji", "1000 letters"]

# Forms that are not accepted as they stand, and why that is right.
SPOKEN_BY_PHONES = {"phone.add_device", "phone.sync"}  # JSON, no form: tests/attendance/test_phone.py
SECOND_BUTTONS = {"settings.preview"}  # of another door's form: tests/certificates/test_settings.py
WITHOUT_MAIL = {"auth.forgotten"}  # has no form without a mail server: tests/auth/test_passwords.py
RIGHTLY_REFUSED = {
    "applying.apply",  # too fast for a person, and the field for robots is filled in: tests/enrolment/test_applying.py
    "auth.login", "own.confirm", "own.password",  # the password is a guess
    "factor.add_app", "factor.enter", "factor.set_up",  # the code is a guess
    "catalogue.delete_module",  # the module has had meetings
    "emergency.begin",  # asks for a whole sentence: tests/audit/test_officer.py
    "delivery.send", "telling.send",  # there is no mail server
    "family.remove_member",  # shares a place in a course with who stays: tests/enrolment/test_family.py
    "checking.file", "checking.name", "delivery.open_paper",  # answer questions, store nothing
    "schedule.add_meetings",  # first shows what it would add: tests/catalogue/test_schedule.py
    "settings.add_logo", "series.import_file", "lists.send",  # a file is no text
}  # fmt: skip

# What addresses are asked with beside the parameters that links and forms of the page have.
PARAMETERS = ("q", "page", "from", "to", "id", "before", "sort", "next")
LONG = "first=1980-01-01&last=2027-12-31&by=month&then=family_language"  # a table that is made in the background
ANSWERS = {200, 302, 404, 422, 429}


def fill_a_meeting_of(leader: str) -> int:
    """Record everybody at a meeting of today, so that it only waits to be confirmed; its number."""
    user_id = db.session.scalars(sa.select(User.id).where(User.email == address(leader))).one()
    who = Viewer(user_id, frozenset({Role.LEADER}), clock.today())
    meeting = attendance.meeting_to_change(who, attendance.todays_meetings(who)[0].id)
    fill(who, meeting, attendance.lines(who, meeting), Said(), clock.now())
    return meeting.id


def out_of_all_courses(viewer: Viewer) -> list[Person]:
    """People who have completed their courses, and could be erased."""
    people = db.session.scalars(visible_people(viewer).where(Person.is_child.is_(False)).order_by(Person.id)).all()
    ties = ties_of(viewer, [person.id for person in people])
    return [one for one in people if {tie.status for tie in ties[one.id]} == {EnrolmentStatus.COMPLETED}]


def rarely_alike(people: Iterable[Person]) -> int:
    """The erasure of the first of them of whom so much is left that too few are like them."""
    for person in people:
        found = rights.propose(Viewer.office(), person, Ground.REQUEST, Archive.OFFERED, clock.now())
        rights.approve(Viewer.office(), found, clock.now())
        if left_of(person.id).is_rare:
            return found.id
    raise AssertionError("The demo leaves nobody of whom too much is left")


@pytest.fixture
def crawl(
    demo_app: Flask, transaction: TRANSACTION, database_kind: str, set_clock: Callable[[dt.datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Crawl:  # fmt: skip
    """All forms and addresses of the demo office, as its people and somebody with an invitation find them.

    The clock stands still from here on: who was seen when is written beside what a page stores, and nobody is to be asked again.
    """
    set_clock(clock.now())
    with transaction() as session:
        invitation = actions.invite(
            session.scalars(sa.select(User).order_by(User.id.desc()).limit(1)).one(), clock.now()
        )
        course_id = session.scalars(sa.select(Course.id).where(Course.cancelled_reason.is_not(None)).limit(1)).one()
        programme_id = session.scalars(sa.select(Module.programme_id).limit(1)).one()
        account = session.scalars(
            sa.select(MakeUp.enrolment_id).where(MakeUp.taken_back_at.is_(None)).execution_options(viewer="test")
        ).first()
        complete = fill_a_meeting_of("leitung-ra")
        papers = sa.select(Certificate.enrolment_id)
        link = session.scalars(sa.select(PersonalLink).execution_options(viewer="test").limit(1)).one()
        delivery = f"/certificates/{link.certificate_id}/delivery"
        logo = io.BytesIO()
        Image.new("RGB", (300, 100), "navy").save(logo, "PNG")
        settings.add_logo(
            settings.save_funding(None, "Landesprogramm", "gefördert durch das Land"), logo.getvalue(), "Land"
        )
        coordinator = session.scalars(sa.select(User.id).where(User.email == address("koordination-il"))).one()
        owner = session.scalars(sa.select(User.id).where(User.email == address("leitung-il"))).one()
        factors.keep_app(owner, APP_SECRET, 0, clock.now())
        key = {"credential": "AAAA", "public_key": "AAAA", "uses": 0, "name": "Chrome, Linux"}
        session.add(Passkey(user_id=owner, added_at=clock.now(), **key))
        asked = {"first": "2026-01-01", "last": "2026-12-31", "by": "month"}
        session.add(SavedReport(owner_id=coordinator, name="Jahresbericht", arguments=asked, saved_at=clock.now()))
        actions.add_token(coordinator, "Bericht", Scope.STATISTICS, TokenLife.YEAR, clock.now())
        without = sa.select(Enrolment.id).where(Enrolment.status == EnrolmentStatus.ENROLLED, ~Enrolment.id.in_(papers))
        decided = session.scalars(without.limit(1).execution_options(viewer="test")).one()
        certificates.decide_otherwise(
            Viewer.office(), decided, Hardship.WITHHOLD, "so war es", clock.now(), by=coordinator
        )
        told = sa.select(SeriesValue.series_id)
        untold = session.scalars(sa.select(Series.id).where(Series.id.not_in(told))).first()
        mkg = session.scalars(sa.select(User.id).where(User.email == address("koordination-mkg"))).one()
        exports.start(
            Viewer(mkg, frozenset({Role.COORDINATOR}), clock.today()),
            Question(dt.date(2026, 1, 1), dt.date(2026, 12, 31), Dimension.COURSE), disclose=False, language="de",
        )  # fmt: skip
        viewer = Viewer(coordinator, frozenset({Role.COORDINATOR}), clock.today())
        known = session.scalars(visible_people(viewer).where(Person.is_child.is_(False)).limit(1)).one()
        rows = [(2, [known.given_name, known.family_name]), (3, ["Neu", "Neuland"])]
        kept = lists.keep(viewer, "liste.csv", "UTF-8", ["Vorname", "Nachname"], rows, clock.now())
        lists.choose(kept, {0: Column.GIVEN_NAME, 1: Column.FAMILY_NAME})
        people = f"/participants/import/{kept.id}/preview"
        lost = (
            sa.select(Meeting).where(Meeting.status == MeetingStatus.CANCELLED).order_by(Meeting.date.desc()).limit(12)
        )
        child = session.scalars(sa.select(PickUp.child_id).limit(1).execution_options(viewer="test")).one()
        offer = sa.select(Enrolment.id).where(Enrolment.status == EnrolmentStatus.OFFERED).limit(1)
        offer_id = session.scalars(offer.execution_options(viewer="test")).one()
        to_hand_over = sa.select(Enrolment.course_id).join(Certificate, Certificate.enrolment_id == Enrolment.id)
        to_hand_over = to_hand_over.where(
            Certificate.state == CertificateState.VALID, Certificate.handed_over_on.is_(None)
        )
        ceremony = session.scalars(to_hand_over.limit(1).execution_options(viewer="test")).one()
        more = [f"/participants/{child}/pick-up", f"/enrolments/{offer_id}/offer"]
        more += [f"/courses/{ceremony}/certificates"]
        tellable = [(one.id, telling.news_of(one)) for one in session.scalars(lost)]
        more += [f"/meetings/{number}/tell" for number, _ in tellable]
        someone = [(news, line) for number, news in tellable if news
                   for line in telling.people_to_tell(Viewer.office(), session.get_one(Meeting, number), news)]  # fmt: skip
        reached(viewer, *someone[0], clock.now())
        twins = [
            Person(
                given_name="Doppelt", citizenships=[], languages=[], entered_by_id=coordinator, entered_at=clock.now()
            )
            for _ in range(2)
        ]
        session.add_all(twins)
        session.flush()
        merged = f"/participants/{merging.merge(viewer, twins[0], twins[1], (), clock.now()).kept_id}"
        calendars.make_feed(session.get_one(Course, course_id), coordinator, clock.now())
        open_course = session.scalars(
            sa.select(Course)
            .join(Programme, Programme.id == Course.programme_id)
            .where(Programme.key == "P02a", Course.ends_on >= clock.today(), Course.cancelled_reason.is_(None))
            .limit(1)
        ).one()
        applying.offer_publicly(open_course, mkg, clock.now())
        for ticket in "one", "two":
            said = ApplicationFacts(given_name=ticket, language="ar", phone="069 1", relation=Relation.MOTHER,
                                    children=(ChildFacts("Kim", dt.date(2025, 1, 1)),))  # fmt: skip
            applying.apply(Viewer.office(), open_course.id, ticket, said, clock.now())
        gone, held, *others = out_of_all_courses(viewer)
        rare = rarely_alike(others)
        proposal = rights.propose(Viewer.office(), gone, Ground.REQUEST, Archive.OFFERED, clock.now())
        rights.hold(viewer, held.id, "Widerspruch", None, clock.now())
        more += [
            f"/erasures/{proposal.id}",
            f"/erasures/{rare}",
            f"/participants/{held.id}/rights",
            f"/participants/{held.id}/erase",
        ]
        public_page = f"/courses/{open_course.id}/public"
        batch = f"/batches/{batches.start(Viewer.office(), course_id, [], by=coordinator).id}"
    crawl = Crawl(demo_app)
    explore_an_emergency(crawl, transaction)
    crawl.explore(half_in(demo_app, "leitung-il"), "/second-factor", follow=False)
    for _ in range(2):  # in two browsers, of which the second can end the first
        client = half_in(demo_app, "leitung-il")
        with demo_app.app_context():
            owner_app = db.session.get_one(Authenticator, owner)
            owner_app.last_step = 0
            db.session.commit()
        client.submit({"code": pyotp.TOTP(APP_SECRET).at(clock.now())})
    crawl.explore(client, "/account", "/second-factor/codes", follow=False)
    clients = {role: Client(demo_app) for role in (EVERYBODY if database_kind == "sqlite" else A_FEW)}
    for role, client in clients.items():
        client.sign_in(address(role), PASSWORD)
        # The form found first is the one that is tried: here somebody a place is held for. Others may meet a full course.
        crawl.explore(client, f"/enrolments/{offer_id}/promote", follow=False)
    for role, client in clients.items():
        crawl.explore(
            client, "/today", f"/courses/{course_id}/cancel", f"/programmes/{programme_id}",
            f"/enrolments/{account}/account", f"/meetings/{complete}/close", delivery, batch,
            f"/enrolments/{decided}/certificate", f"/series/{untold}", f"/courses/{course_id}/calendar", people, merged, *more,
            f"/users/{owner}",
        )  # fmt: skip
        crawl.explore(client, public_page, "/account/confirm", follow=False)
        if role == "koordination-mkg":
            crawl.explore(client, f"/statistics?{LONG}", follow=False)
    guest = Client(demo_app)
    guest.open("/login")
    crawl.explore(guest, "/login", "/verify", "/paper", "/offer", f"/welcome/{invitation}")
    with monkeypatch.context() as patch:
        patch.setitem(demo_app.config, "SETTINGS", replace(demo_app.config["SETTINGS"], second_factor=True))
        crawl.explore(half_in(demo_app, "koordination-dreieich"), "/second-factor/setup", follow=False)
    return crawl


def explore_an_emergency(crawl: Crawl, transaction: TRANSACTION) -> None:
    """What is only there while one is open: the button that ends it. Afterwards none is open."""
    with transaction() as session:
        admin = session.scalars(sa.select(User.id).where(User.email == address("verwaltung"))).one()
        emergencies.begin(admin, "Der Server muss umziehen.", clock.now())
    client = Client(crawl.app)
    client.sign_in(address("verwaltung"), PASSWORD)
    crawl.explore(client, "/emergency", follow=False)
    with transaction():
        emergencies.end(admin, clock.now())


def half_in(app: Flask, key: str) -> Client:
    """Somebody whose password was right, and who still owes the second factor."""
    client = Client(app)
    client.open("/login")
    assert client.submit({"email": address(key), "password": PASSWORD}).address.startswith("/second-factor")
    return client


@pytest.fixture
def forget_failures(demo_app: Flask) -> Callable[[], None]:
    """Failed tries are counted, and after some a door stays shut for a while: not here."""

    def forget() -> None:
        with demo_app.app_context(), past_the_triggers() as connection:
            connection.execute(sa.delete(TraceEntry).where(TraceEntry.subject_hash.is_not(None)))

    return forget


def try_forms(
    crawl: Crawl, watch: Watch, forget_failures: Callable[[], None], strange: Iterable[str], *, whole: bool
) -> set[str]:
    """All forms sent by POST. Hands back the doors that never took one, even as its page wants it."""
    tried_alone: set[tuple[str, str, str]] = set()
    accepted: set[str] = set()
    refused: set[str] = set()
    for found in crawl.forms.values():
        if found.form.method == "POST":
            trial = Trial(found, watch, forget_failures, tried_alone)
            (accepted if trial.fill(clock.today()) in STORED else refused).add(found.door)
            for what in strange:
                trial.everywhere(what, STRANGE[what])
            if whole:
                trial.press_every_button()
                trial.contradictions()
                trial.no_form()
    return refused - accepted


def try_addresses(crawl: Crawl, watch: Watch, forget_failures: Callable[[], None], strange: Sequence[str]) -> None:
    """Lists, searches, filters, statistics and all other pages, with strange values for every parameter."""
    parameters = {kind: set(names) for kind, names in crawl.parameters.items()}
    for found in crawl.forms.values():
        if found.form.method == "GET":
            names = filter(None, (attribute(control, "name") for control in found.form.controls))
            parameters.setdefault(kind_of_address(urlsplit(found.address).path), set()).update(names)

    def ask(reader: Reader, path: str, query: Sent) -> int:
        watch.doing = f"GET {path}?{encoded(query).decode()[:200]}"
        try:
            status = reader.send("GET", f"{path}?{encoded(query).decode()}").status_code
        except Exception as failure:  # noqa: BLE001  whatever it is, it is what we look for
            watch.complain(f"{type(failure).__name__}: {str(failure)[:300]}")
            return 500
        if status == 429:
            forget_failures()
        if status not in ANSWERS:
            watch.complain(f"answers {status}")
        return status

    tried_alone: set[tuple[str, ...]] = set()
    asked: set[tuple[str, ...]] = set()
    for kind, (reader, path) in crawl.addresses.items():
        own = sorted(parameters.get(kind, ()))
        ask(reader, path, dict(zip(PARAMETERS, map(STRANGE.__getitem__, strange), strict=False)))
        known = tuple(own) in asked
        asked.add(tuple(own))
        for what in strange if own and not known else strange[::4] if own else ():
            if ask(reader, path, dict.fromkeys(own, STRANGE[what])) != 200:
                # Pages that ask the same ask it with the same form: once alone is enough, and a few strange things together.
                for name in own if len(own) > 1 else ():
                    if (what, name, *own) not in tried_alone:
                        tried_alone.add((what, name, *own))
                        ask(reader, path, {name: STRANGE[what]})


@pytest.mark.long
def test_every_form_and_every_address(crawl: Crawl, forget_failures: Callable[[], None], database_kind: str) -> None:
    """On SQLite the whole, on PostgreSQL what the two databases take differently."""
    whole = database_kind == "sqlite"
    strange = list(STRANGE) if whole else WHERE_DATABASES_DIFFER
    with Watch() as watch:
        never_accepted = try_forms(crawl, watch, forget_failures, strange, whole=whole)
        try_addresses(crawl, watch, forget_failures, strange)
    assert not watch.complaints, "\n".join(watch.complaints)
    note("requests", database_kind, watch.requests)
    if whole:
        assert never_accepted <= RIGHTLY_REFUSED, "Trial.fill could not fill these in: nothing got past their fields"
        rules = crawl.app.url_map.iter_rules()
        tried = {found.door for found in crawl.forms.values() if found.form.method == "POST"}
        posted = {rule.endpoint for rule in rules if "POST" in (rule.methods or ())}
        assert tried == posted - SPOKEN_BY_PHONES - SECOND_BUTTONS - WITHOUT_MAIL, "A form no page leads to"
        note("forms", database_kind, len(tried))
