"""What a line of the trace holds (security.md LG-2), from real pages, phones and programs; and that older lines still verify."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

import clock
from auth import actions as accounts
from auth.audit import queries
from auth.audit.models import TraceLink, TraceSeal
from auth.audit.rules import AT_FIRST, SETTLED, Entry, link_hash, seal_hash
from auth.models import TraceEntry, User
from auth.rules import Role, Scope, TokenLife
from database import db
from demo.accounts import PASSWORD, address
from programmes.catalogue.models import Course
from run import create_app
from schema import migrate, tool
from settings import Settings
from tests.tools.client import Client
from tests.tools.insider import lift
from tests.tools.offices import NEW_CLIENT, TRANSACTION

NINE = dt.datetime(2026, 3, 2, 9, 15, tzinfo=dt.UTC)
OLD = Entry(7, NINE, 3, "GET enrolment.person", "12", 200, 1, "0123456789ab", None, ",12,", None, None)
OLD_HASH = (
    "ef4e594a1c3f3daf10a1b08402c6a41908c92edca1d3cfd01bcfb075a7685472"  # as it was made before there were more fields
)
NEW = OLD._replace(id=8, roles="leader", session="f" * 12, origin="0" * 16, programme_id=4, claimed_at=NINE)
LATER = tuple(Entry._field_defaults)
NOTHING_GONE = NINE - dt.timedelta(days=1)
PEER = "203.0.113.7"


def test_an_old_line_hashes_as_it_did_and_no_other_does() -> None:
    assert len(Entry._fields) == AT_FIRST + len(LATER)
    assert link_hash("before", OLD) == OLD_HASH
    emptied = [Entry(**NEW._asdict() | {name: None}) for name in LATER]
    filled = [Entry(**OLD._asdict() | {name: getattr(NEW, name)}) for name in LATER]
    assert len({link_hash("before", one) for one in (OLD, NEW, *emptied, *filled)}) == 2 + 2 * len(LATER)


def test_a_chain_from_before_the_migration_holds(
    fresh_url: Callable[[], str], settings: Callable[..., Settings]
) -> None:
    """Nothing of it is written anew; and whoever fills a field of an old line is found as well as whoever empties one of a new."""
    app = create_app(settings(fresh_url()))
    old = {name: value for name, value in OLD._asdict().items() if name not in LATER}
    first = link_hash("", OLD)
    with app.app_context():
        tool(app).upgrade(revision="0028")
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(sa.insert(old_table(old)), old)
            seal_up(connection, 1, OLD, "")
    migrate(app)
    with app.app_context():
        db.session.remove()
        assert queries.broken([], NOTHING_GONE) is None
        db.session.rollback()
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(sa.insert(TraceEntry), NEW._asdict() | {"at": NINE + dt.timedelta(hours=1)})
            sealed = seal_hash(first, 1, NINE + SETTLED, 1, is_anchor=False)
            seal_up(connection, 2, NEW._replace(at=NINE + dt.timedelta(hours=1)), sealed)
        assert queries.broken([], NOTHING_GONE) is None
        for number, changes in ((7, NEW._asdict()), (8, dict.fromkeys(LATER))):
            for name in LATER:
                db.session.rollback()
                insider = db.session.connection()
                lift(insider)
                insider.execute(sa.update(TraceEntry).where(TraceEntry.id == number).values({name: changes[name]}))
                broken = queries.broken([], NOTHING_GONE)
                assert broken is not None, (number, name)
                assert broken.entry_id == number, name
        db.session.remove()
        db.engine.dispose()


def old_table(names: Iterable[str]) -> sa.TableClause:
    """The table of entries with these columns only."""
    return sa.table("trace_entry", *(sa.column(name, TraceEntry.__table__.c[name].type) for name in names))


def seal_up(connection: Connection, number: int, entry: Entry, before: str) -> None:
    """Link one entry, and seal it."""
    digest, until = link_hash(before, entry), entry.at + SETTLED
    connection.execute(sa.insert(TraceLink), {"number": number, "entry_id": entry.id, "hash": digest})
    sealed = seal_hash(digest, number, until, number, is_anchor=False)
    row = {"number": number, "until": until, "links": number, "is_anchor": False, "hash": sealed}
    connection.execute(sa.insert(TraceSeal), row)


def signed_in(new_client: NEW_CLIENT, key: str) -> Client:
    client = new_client()
    client.sign_in(address(key), PASSWORD)
    return client


@pytest.fixture
def lines(transaction: TRANSACTION) -> Callable[..., Sequence[TraceEntry]]:
    """The lines that fit, oldest first."""

    def found(*conditions: sa.ColumnElement[bool]) -> Sequence[TraceEntry]:
        with transaction() as session:
            rows = session.scalars(sa.select(TraceEntry).where(*conditions).order_by(TraceEntry.id)).all()
            session.expunge_all()
        return rows

    return found


def test_a_reading_says_role_session_network_and_programme(
    demo_app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, lines: Callable[..., Sequence[TraceEntry]]
) -> None:
    client = signed_in(new_client, "koordination-mkg")
    number = next(
        link.split("/")[-1] for link in client.open("/courses").links.values() if link.split("/")[-1].isdigit()
    )
    client.fetch(f"/courses/{number}")
    with transaction() as session:
        programme_id = session.get_one(Course, int(number)).programme_id
    [began] = lines(TraceEntry.act == "sign-in")
    [line] = lines(TraceEntry.act == "GET enrolment.course")
    assert (line.object_id, line.programme_id, line.roles) == (number, programme_id, "coordinator")
    assert line.session is not None
    assert (line.session, line.origin) == (began.session, began.origin)
    client.sign_out()
    client.sign_in(address("koordination-mkg"), PASSWORD)
    [ended], [_, again] = lines(TraceEntry.act == "sign-out"), lines(TraceEntry.act == "sign-in")
    assert (ended.session, ended.session == again.session) == (line.session, False)

    asking = signed_in(new_client, "datenschutz")

    def acts(query: str) -> list[str]:
        answer = asking.fetch(f"/log.csv?{query}")
        return [line["act"] for line in csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")]

    assert acts(f"session_key={line.session}") == ["sign-in", "GET enrolment.course", "sign-out"]
    assert set(acts(f"programme={programme_id}")) == {"GET enrolment.course"}
    assert "GET enrolment.course" in acts("address=127.0.0.1")
    assert acts("address=203.0.113.8") == []
    assert asking.fetch("/log?address=here").status_code == 422


def test_a_program_is_told_by_the_number_of_its_token(
    app: Flask, transaction: TRANSACTION, lines: Callable[..., Sequence[TraceEntry]]
) -> None:
    with transaction():
        owner = accounts.add_user("eva@office.example", "Eva L.", [Role.EVALUATOR, Role.LEADER], clock.now())
        token, secret = accounts.add_token(owner.id, "Bericht", Scope.STATISTICS, TokenLife.MONTH, clock.now())
        number = token.id
    asking = app.test_client(use_cookies=False)
    assert asking.get("/api/statistics", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    [line] = lines(TraceEntry.act == "export statistics.json")
    assert (line.session, line.roles) == (f"token {number}", "evaluator"), "the role that opens the door"


def test_the_real_peer_is_in_the_line_whatever_it_says_of_itself(
    demo_app: Flask, new_client: NEW_CLIENT, lines: Callable[..., Sequence[TraceEntry]]
) -> None:
    client = new_client()
    client.open("/login")
    for number in range(11):
        forged = {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"}
        data = {"csrf_token": client.token(), "email": f"{number}@office.example", "password": "falsch"}
        client.http.post("/login", data=data, headers=forged, environ_overrides={"REMOTE_ADDR": PEER})
    found = lines(TraceEntry.act == "sign-in failed")
    assert (len(found), len({line.origin for line in found})) == (11, 1)
    asking = signed_in(new_client, "datenschutz")
    assert asking.fetch(f"/log.csv?address={PEER}").data.count(b"sign-in failed") == 11
    assert asking.fetch("/log.csv?address=198.51.100.3").data.count(b"sign-in failed") == 0
    assert PEER not in str([line.__dict__ for line in found]), "a hash of the day, not the address"


def test_the_secret_in_an_address_is_in_no_line(
    app: Flask, client: Client, transaction: TRANSACTION, lines: Callable[..., Sequence[TraceEntry]]
) -> None:
    """A link with which somebody sets their password still opens after a word that is too short."""
    with transaction() as session:
        user = accounts.add_user("neu@office.example", "Neu", [Role.LEADER], clock.now())
        token = accounts.invite(session.get_one(User, user.id), clock.now())
    client.open(f"/welcome/{token}")
    client.submit({"password": "kurz"}, status=422)
    [line] = lines(TraceEntry.act == "POST auth.welcome")
    assert (line.status, line.object_id) == (422, None)
