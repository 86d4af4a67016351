"""What an attacker tries who knows the program: with no login, with somebody else's, or with one's own.

Who may open which door: test_doors.py. Whose records are whose: test_strangers.py. Strange values: test_bad_input.py.
"""

import csv
import functools
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

import clock
from auth import actions, guard
from auth.guard import Viewer
from auth.models import LoginSession, User
from auth.queries import roles_of
from auth.rules import Role
from database import db
from demo.accounts import PASSWORD, address
from programmes.catalogue.models import Course, Meeting, Quarter
from programmes.catalogue.queries import coordinated_courses, visible_meetings
from programmes.enrolment.queries import coordinated_enrolments, visible_people
from programmes.participants.models import Person
from run import create_app
from settings import Settings
from tests.test_doors import LOGINS, TABLE
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION
from tests.tools.page import Page

ELSEWHERE = "https://evil.example"


@pytest.fixture
def signed_in(new_client: NEW_CLIENT, demo_app: Flask) -> Callable[[str], Client]:
    def sign_in(key: str) -> Client:
        client = new_client()
        client.sign_in(address(key), PASSWORD)
        return client

    return sign_in


def viewer_of(key: str) -> Viewer:
    user_id = db.session.scalars(sa.select(User.id).where(User.email == address(key))).one()
    return Viewer(user_id, roles_of(user_id), clock.today())


# --- The cookie and the session behind it


@pytest.fixture
def https_app(settings: Callable[..., Settings], fresh_url: Callable[[], str]) -> Iterator[Flask]:
    app = create_app(settings(fresh_url(), public_url="https://kursbuch.example"))
    yield app
    with app.app_context():
        db.engine.dispose()


def test_over_https_the_cookie_goes_over_https_only(https_app: Flask) -> None:
    answer = https_app.test_client().get("/login", base_url="https://kursbuch.example")
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("__Host-kursbuch=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert not any(one.startswith("Domain") for one in attributes)
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "host", ["evil.example", "kursbuch.example.evil.example", "evil.example:443", "kursbuch.example@evil.example"]
)
def test_a_foreign_host_is_not_answered(https_app: Flask, host: str) -> None:
    answer = https_app.test_client().get("/login", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text
    answer = https_app.test_client().get(
        "/today", headers={"Host": "kursbuch.example", "X-Forwarded-Host": host, "Forwarded": f"host={host}"}
    )
    assert "evil" not in answer.headers["Location"] + answer.text


def test_what_was_planted_before_signing_in_is_worth_nothing_after(demo_app: Flask, new_client: NEW_CLIENT) -> None:
    victim, thief = new_client(), new_client()
    thief.open("/login")
    planted = thief.http.get_cookie("kursbuch")
    assert planted is not None
    victim.http.set_cookie("kursbuch", planted.value)
    token = thief.token()
    victim.sign_in(address("datenschutz"), PASSWORD)
    assert thief.fetch("/log").status_code == 302
    answer = victim.http.post("/language", data={"csrf_token": token, "locale": "en"})
    assert answer.status_code == 400, "a token from before signing in still counts"


@pytest.mark.parametrize("value", ["", "x", "eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb", "a" * 4000, "%00", "1"])
def test_a_forged_cookie_is_no_cookie(demo_app: Flask, value: str) -> None:
    http = demo_app.test_client()
    http.set_cookie("kursbuch", value)
    assert http.get("/log").status_code == 302


def test_a_cookie_signed_by_another_office_opens_nothing(demo_app: Flask, https_app: Flask) -> None:
    signer = https_app.session_interface.get_signing_serializer(https_app)  # type: ignore[attr-defined]
    http = demo_app.test_client()
    http.set_cookie("kursbuch", signer.dumps({"_user_id": "1", "_fresh": True}))
    assert http.get("/log").status_code == 302


def test_a_new_password_ends_all_sessions_and_uses_the_link_up(
    signed_in: Callable[[str], Client], new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    lost = signed_in("datenschutz")
    with transaction() as session:
        user = session.scalars(sa.select(User).where(User.email == address("datenschutz"))).one()
        older = actions.invite(user, clock.now())
        link = f"/welcome/{actions.invite(user, clock.now())}"
    owner = new_client()
    owner.open(f"/welcome/{older}", status=404)
    owner.open(link)
    owner.submit({"password": "sieben kleine Zwerge"})
    assert lost.fetch("/log").status_code == 302
    owner.open(link, status=404)
    owner.open("/login")
    owner.submit({"email": address("datenschutz"), "password": PASSWORD}, status=422)


def test_a_role_taken_away_is_gone_on_the_next_click(
    signed_in: Callable[[str], Client], transaction: TRANSACTION
) -> None:
    client = signed_in("koordination-ra")
    assert client.fetch("/participants").status_code == 200
    with transaction() as session:
        actions.set_roles(
            session.scalars(sa.select(User).where(User.email == address("koordination-ra"))).one(), [Role.LEADER]
        )
    assert client.fetch("/participants").status_code == 404


# --- Whether there is an account


def test_each_failed_sign_in_costs_one_look_at_a_password(
    new_client: NEW_CLIENT, demo_app: Flask, transaction: TRANSACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No account, a wrong password, a closed account, one that never had a password: the same work and the same page."""
    with transaction() as session:
        actions.add_user("neu@office.example", "Ohne Passwort", [Role.LEADER], clock.now())
        session.execute(sa.update(User).where(User.email == address("auswertung")).values(active=False))
    looks: list[str] = []
    verify = actions.HASHER.verify

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            looks.append(stored)
            return bool(verify(stored, password))

    monkeypatch.setattr(actions, "HASHER", Counting())
    pages = set()
    for email in ("niemand@office.example", address("datenschutz"), address("auswertung"), "neu@office.example"):
        looks.clear()
        client = new_client()
        client.open("/login")
        page = client.submit({"email": email, "password": "falsch geraten"}, status=422)
        pages.add(page.main)
        assert len(looks) == 1, email
    assert len(pages) == 1


@pytest.mark.parametrize("email", ["niemand@office.example", address("datenschutz")])
def test_the_shut_door_does_not_tell_either(new_client: NEW_CLIENT, demo_app: Flask, email: str) -> None:
    client = new_client()
    client.open("/login")
    for _ in range(10):
        client.submit({"email": email, "password": "falsch"}, status=422)
    page = client.submit({"email": email.upper(), "password": "falsch"}, status=429)
    assert page.main.startswith("Anmelden Bitte prüfen Sie Ihre Angaben Zu viele Versuche.")


# --- Requests from elsewhere


def doors_of(app: Flask, method: str) -> Iterator[tuple[str, frozenset[Role]]]:
    """All addresses with this method, with the first record in the place of every other, and who may open them."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            path = re.sub(r"<int:\w+>", "1", rule.rule)
            yield re.sub(r"<(?:path:)?\w+>", "nothing", path), guard.door(app, rule.endpoint) or frozenset()


def test_no_change_without_a_token_of_this_session(
    demo_app: Flask, signed_in: Callable[[str], Client], new_client: NEW_CLIENT
) -> None:
    stranger = new_client()
    stranger.open("/login")
    foreign = stranger.token()
    clients: dict[Role | None, Client] = {role: signed_in(key) for role, key in LOGINS.items()}
    clients[None] = stranger
    tried = 0
    for path, roles in doors_of(demo_app, "POST"):
        client = clients[min(roles) if roles else None]
        own = client.token()
        for data in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": foreign}, {"csrf_token": own[:-1]}):
            if roles or data.get("csrf_token") != foreign:
                assert client.http.post(path, data=data).status_code == 400, f"{path} with {data}"
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": ELSEWHERE},
            {"Origin": "null"},
        ):
            answer = client.http.post(path, data={"csrf_token": own}, headers=headers)
            assert answer.status_code == 403, f"{path} with {headers}"
        tried += 1
    assert tried == sum("POST" in (rule.methods or ()) for rule in demo_app.url_map.iter_rules())
    for role, key in LOGINS.items():
        assert clients[role].fetch("/today").status_code == 200, f"{key} was signed out from elsewhere"


def test_the_method_is_the_method(demo_app: Flask, signed_in: Callable[[str], Client]) -> None:
    client = signed_in("verwaltung")
    for headers in ({"X-HTTP-Method-Override": "POST"}, {"X-HTTP-Method": "POST"}, {"X-Method-Override": "DELETE"}):
        assert client.http.get("/logout?_method=POST", headers=headers).status_code == 405
        assert client.http.get("/users/1/invitation?_method=POST", headers=headers).status_code == 405
    assert client.fetch("/users").status_code == 200


@pytest.mark.few_on_postgres("role", [None, Role.LEADER])
@pytest.mark.parametrize("role", [None, *LOGINS])
def test_asking_for_the_head_or_the_options_opens_no_more(
    demo_app: Flask,
    signed_in: Callable[[str], Client],
    new_client: NEW_CLIENT,
    transaction: TRANSACTION,
    role: Role | None,
) -> None:
    with transaction() as session:
        own = visible_meetings(viewer_of(LOGINS[role])) if role else visible_meetings(Viewer.office())
        meeting_id = session.scalars(own.with_only_columns(Meeting.id).limit(1)).first()
    client = signed_in(LOGINS[role]) if role else new_client()
    for path, roles in [
        *doors_of(demo_app, "GET"),
        (f"/meetings/{meeting_id}/roll-call", frozenset({Role.LEADER, Role.COORDINATOR})),
    ]:
        with client.http.get(path) as get, client.http.head(path) as head, client.http.options(path) as options:
            assert head.status_code == get.status_code, f"HEAD {path} as {role}"
            assert head.headers.get("Location") == get.headers.get("Location"), path
            assert not head.data
            if roles and role not in roles:
                assert options.status_code == get.status_code, f"OPTIONS {path} as {role}"
            else:
                assert (options.status_code, options.data) == (200, b""), f"OPTIONS {path} as {role}"


# --- Addresses


@pytest.mark.parametrize(
    "path",
    [
        "//users", "///users", "/./users", "/users/", "/users/.", "/users;x=1", "/users%2f", "/users%00", "/%75sers", "/USERS",
        "/login/../users", "/login/%2e%2e/users", "/static/../users", "/static/..%2fsettings.py", "/static/%2e%2e/run.py",
        "/static//etc/passwd", "/static/..\\run.py", "/fonts/../run.py", "/fonts/%2e%2e%2frun.py", "/users?next=/login",
        "/users#", "/verify/../users", "/verify/%2e%2e%2fusers", "//evil.example/users", "/\\evil.example", "/users/1/../1",
        "/users/٥", "/users/+1", "/users/ 1", "/users/1_0", "/users/1.0", "/courses/1;jsessionid=2", "http://evil.example/users",
    ],
)  # fmt: skip
def test_no_way_around_the_guard(demo_app: Flask, signed_in: Callable[[str], Client], path: str) -> None:
    """Neither for strangers nor for a leader, who opens no accounts; and nowhere a way to another host."""
    leader = signed_in("leitung-ra")
    for http in (demo_app.test_client(), leader.http):
        answer = http.get("/", environ_overrides={"PATH_INFO": unquoted(path), "REQUEST_URI": path, "RAW_URI": path})
        assert answer.status_code in {301, 302, 308, 404, 400}, path
        assert "def create_app" not in answer.text
        assert "@kursbuch.example" not in answer.text
        target = answer.headers.get("Location", "/")
        assert re.match(r"(http://localhost)?/(?![/\\])", target), f"{path} leads to {target}"


def unquoted(path: str) -> str:
    """As a server hands it over (PEP 3333)."""
    return unquote_to_bytes(path.partition("?")[0]).decode("latin-1")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example", "///evil.example",
        "/\t/evil.example", "\t//evil.example", "/\n/evil.example", "javascript:alert(1)", "evil.example", "http:///evil.example",
        "//localhost@evil.example", "/\u2028/evil.example", "/\x00/evil.example", "https://localhost.evil.example/", " //evil.example",
    ],
)  # fmt: skip
def test_nobody_is_led_to_another_site(demo_app: Flask, new_client: NEW_CLIENT, target: str) -> None:
    client = new_client()
    client.open("/login")
    answers = [client.http.post("/language", data={"csrf_token": client.token(), "locale": "de", "next": target})]
    signing_in = {"csrf_token": client.token(), "email": address("datenschutz"), "password": PASSWORD}
    answers.append(client.http.post("/login", query_string={"next": target}, data=signing_in))
    answers.append(client.http.get("/login", query_string={"next": target}))  # who is signed in is sent on at once
    for answer in answers:
        assert answer.status_code == 302
        assert answer.headers["Location"] in {"/today", "/%E2%80%A8/evil.example"}


# --- One's own page with somebody else's numbers


def test_numbers_of_others_in_ones_own_forms(
    demo_app: Flask, signed_in: Callable[[str], Client], transaction: TRANSACTION
) -> None:
    with transaction() as session:
        me = viewer_of("koordination-dreieich")
        mine = session.scalars(coordinated_courses(me).order_by(Course.ends_on.desc()).limit(1)).one()
        course_id, town_id, number = mine.id, mine.municipality_id, mine.number
        foreign_course = session.scalars(sa.select(Course).where(Course.municipality_id != town_id).limit(1)).one()
        foreign_course_id, foreign_town_id = foreign_course.id, foreign_course.municipality_id
        foreign_quarter_id = session.scalars(
            sa.select(Quarter.id).where(Quarter.municipality_id != town_id).limit(1)
        ).one()
        own_people = visible_people(me).with_only_columns(Person.id)
        stranger_id = session.scalars(
            sa.select(Person.id)
            .where(Person.id.not_in(own_people), Person.is_child.is_(False))
            .order_by(Person.id)
            .limit(1)
            .execution_options(viewer="test")
        ).one()
        child_id = session.scalars(
            sa.select(Person.id)
            .where(Person.id.not_in(own_people), Person.is_child)
            .order_by(Person.id)
            .limit(1)
            .execution_options(viewer="test")
        ).one()
        own_id = session.scalars(
            visible_people(me)
            .where(Person.is_child.is_(False))
            .with_only_columns(Person.id)
            .order_by(Person.id)
            .limit(1)
        ).first()
        no_leader_id = session.scalars(sa.select(User.id).where(User.email == address("datenschutz"))).one()
    client = signed_in("koordination-dreieich")

    assert client.fetch(f"/courses/{course_id}/enrol?person={stranger_id}").status_code == 404
    assert (
        client.post(
            f"/courses/{course_id}/enrol", {"person_id": str(stranger_id), "entry_date": "2026-01-01"}
        ).status_code
        == 404
    )
    assert client.fetch(f"/participants/new?course={foreign_course_id}").status_code == 404
    assert client.post(f"/participants/new?course={foreign_course_id}", {"given_name": "Ali"}).status_code == 404
    client.open(f"/courses/{course_id}/enrol?person={own_id}")
    assert client.send({}, forge={"children": [str(child_id)]}).status_code == 422
    client.open(f"/courses/{course_id}/edit")
    for field, value in (
        ("municipality_id", foreign_town_id), ("quarter_id", foreign_quarter_id), ("leaders", no_leader_id),
        ("first_leader", no_leader_id),
    ):  # fmt: skip
        assert client.send({}, forge={field: str(value)}).status_code == 422, field
    assert client.post(f"/courses/{course_id}/edit", {"programme_id": "1", "id": "1", "number": "x"}).status_code == 422
    with transaction() as session:
        assert session.get_one(Course, course_id).number == number
        assert session.get_one(Course, course_id).municipality_id == town_id


def test_fields_that_a_form_does_not_have_change_nothing(
    demo_app: Flask, signed_in: Callable[[str], Client], transaction: TRANSACTION
) -> None:
    """Mass assignment: nobody becomes what a form does not ask."""
    with transaction() as session:
        me = viewer_of("koordination-ra")
        person = session.scalars(visible_people(me).where(Person.is_child.is_(False)).limit(1)).one()
        person_id = person.id
        before = {column.key: getattr(person, column.key) for column in sa.inspect(Person).columns}
    client = signed_in("koordination-ra")
    client.open(f"/participants/{person_id}/edit")
    forged: dict[str, str | list[str] | None] = {
        "id": "1",
        "is_child": "1",
        "created_at": "1999-01-01",
        "search": "x",
        "number": "9",
    }
    assert client.send({}, forge=forged).status_code == 302
    with transaction() as session:
        person = session.get_one(Person, person_id, execution_options={"viewer": "test"})
        assert {column.key: getattr(person, column.key) for column in sa.inspect(Person).columns} == before
        admin_id = viewer_of("verwaltung").id
    admin = signed_in("verwaltung")
    admin.open(f"/users/{admin_id}")
    assert admin.send({}, forge={"roles": ["administrator", "coordinator"]}).status_code == 422
    admin.open(f"/users/{admin_id}")
    assert (
        admin.send({}, forge={"password_hash": "x", "password": "x", "email": "neu@office.example"}).status_code == 302
    )
    with transaction() as session:
        user = session.get_one(User, admin_id)
        assert (user.email, user.password_hash is not None and len(user.password_hash) > 1) == (
            address("verwaltung"),
            True,
        )


# --- What is taken away


def test_files_hold_the_scope_and_no_live_formula(
    demo_app: Flask, signed_in: Callable[[str], Client], transaction: TRANSACTION
) -> None:
    formula = '=HYPERLINK("https://evil.example";"Klick")'
    with transaction() as session:
        me = viewer_of("koordination-ra")
        course = session.scalars(coordinated_courses(me).order_by(Course.id).limit(1)).one()
        course.title, first = formula, course.starts_on.year
        own = set(session.scalars(coordinated_courses(me).with_only_columns(Course.number)))
    client = signed_in("koordination-ra")
    query = f"?first={first}-01-01&last={first + 1}-12-31&by=course"
    answer = client.fetch("/statistics/export.csv" + query)
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    keys = {row[0] for row in rows[1:]} - {"total"}
    assert keys
    assert keys <= own
    cells = [cell for row in rows for cell in row if cell]
    assert not [
        cell
        for cell in cells
        if cell[0] in "=@\t\r" or (cell[0] in "+-" and not cell.lstrip("+-").replace(".", "").isdigit())
    ]
    assert any("HYPERLINK" in cell for cell in cells)
    sheet = client.fetch("/statistics/export.xlsx" + query).data
    with ZipFile(io.BytesIO(sheet)) as book:
        assert not [
            name for name in book.namelist() if name.startswith("xl/worksheets/sheet") and b"<f>" in book.read(name)
        ]


def test_nothing_of_people_is_stored_on_the_way(
    demo_app: Flask, signed_in: Callable[[str], Client], transaction: TRANSACTION
) -> None:
    with transaction() as session:
        me = viewer_of("koordination-ra")
        enrolment = session.scalars(coordinated_enrolments(me).limit(1)).one()
        course_id = enrolment.course_id
        meeting_id = session.scalars(
            sa.text("SELECT min(id) FROM meeting WHERE course_id = :id").bindparams(id=course_id)
        ).one()
        paper_id = session.scalars(
            sa.text(
                "SELECT min(c.id) FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id JOIN course k ON k.id = e.course_id"
                " WHERE k.programme_id = (SELECT programme_id FROM course WHERE id = :id)"
            ).bindparams(id=course_id)
        ).one()
    client = signed_in("koordination-ra")
    for path in ("/statistics/export.csv", "/statistics/export.xlsx", f"/meetings/{meeting_id}/signature-sheet.pdf",
                 f"/certificates/{paper_id}.pdf", "/today", "/no-such-page", f"/courses/{course_id}"):  # fmt: skip
        answer = client.fetch(path)
        assert answer.status_code in {200, 404}, path
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], path
        assert not answer.headers.get("Access-Control-Allow-Origin"), path
    assert client.fetch(f"/certificates/{paper_id}.pdf").status_code == 200


# --- When it goes wrong


@pytest.mark.parametrize("failure", [RuntimeError, OperationalError])
def test_error_pages_tell_no_detail(
    demo_app: Flask,
    signed_in: Callable[[str], Client],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: type[Exception],
) -> None:
    client = signed_in("leitung-ra")
    view, typed = demo_app.view_functions["today.today"], "Zq7 secret"

    @functools.wraps(view)
    def broken(**_args: Any) -> NoReturn:
        if failure is OperationalError:
            raise OperationalError("SELECT secret FROM person", {"name": "Zq7"}, Exception("/work/secret.sqlite3"))
        raise RuntimeError(typed)

    monkeypatch.setitem(demo_app.view_functions, "today.today", broken)
    monkeypatch.setitem(demo_app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.fetch("/today")
    assert answer.status_code == (503 if failure is OperationalError else 500)
    for word in ("Zq7", "secret", "Traceback", "sqlite", "SELECT", ".py", "Error"):
        assert word not in Page("/today", 500, answer.text).text, word
    assert ("in broken" in caplog.text) is (failure is RuntimeError), "where it failed is for the technicians to see"
    assert not [word for word in ("Zq7", "SELECT") if word in caplog.text], "not what somebody typed"


@pytest.mark.parametrize(
    "path", ["/no-such-page", "/courses/2147483647", "/verify/nothing", "/welcome/nothing", "/users/1"]
)
def test_pages_that_are_not_there_tell_nothing(demo_app: Flask, new_client: NEW_CLIENT, path: str) -> None:
    answer = new_client().fetch(path)
    assert answer.status_code in {302, 404}
    for word in ("werkzeug", "flask", "python", "sqlalchemy", "Traceback", "coordinator", "waitress"):
        assert word.lower() not in (answer.text + str(answer.headers)).lower(), word
    assert "Server" not in answer.headers


def test_sessions_are_kept_as_hashes_only(signed_in: Callable[[str], Client], transaction: TRANSACTION) -> None:
    client = signed_in("datenschutz")
    cookie = client.http.get_cookie("kursbuch")
    assert cookie is not None
    with transaction() as session:
        for token_hash in session.scalars(sa.select(LoginSession.token_hash)):
            assert token_hash not in cookie.value
    client.sign_out()
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 0


def test_the_table_of_doors_names_every_public_one() -> None:
    """What anybody may open stands here once more, so that a door does not become public by one careless line."""
    assert {name for name, roles in TABLE.items() if not roles} == {
        "applying.apply", "applying.course", "applying.offer", "applying.thanks",
        "assets.font", "assets.icon", "assets.phone", "auth.alive", "auth.forgotten", "auth.language", "auth.login", "auth.ready",
        "auth.welcome", "calendar.feed", "checking.certificates", "checking.file", "checking.issuer", "checking.keys", "checking.name",
        "checking.status", "checking.verify", "delivery.open_paper", "delivery.paper", "factor.enter", "factor.set_up", "offline.manifest", "offline.shell",
        "offline.worker", "phone.contact", "static", "today.accessibility", "today.start",
    }  # fmt: skip
