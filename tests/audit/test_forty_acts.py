"""Forty acts of several people through real pages, doors and a command: the officer's log shows exactly these (security.md LG-1)."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

import clock
from auth.models import User
from demo.accounts import PASSWORD, address
from programmes.catalogue.models import Course, Programme
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateState
from programmes.enrolment.models import Enrolment
from tests.attendance.test_phone import Phone
from tests.tools.offices import NEW_CLIENT, TRANSACTION
from tests.tools.page import Values, tidy

COORDINATOR, LEADER, ADMINISTRATOR, OFFICER = "koordination-ra", "leitung-ra", "verwaltung", "datenschutz"
STRANGER = ""
NOBODYS = "AAAA-AAAA-AAAA-AAAA"  # no certificate has this code
UNFORESEEN = {"sign-in failed", "emergency opened"}  # their records: a hash of the network, and the next number
Line = tuple[str, str, str, int]  # whose account, act, record, result


class Script:
    """Who does what, one request after the other, and the line that each has to leave."""

    def __init__(self, new_client: NEW_CLIENT) -> None:
        self.new_client = new_client
        self.done: list[Line] = []
        self.clients = {STRANGER: new_client()}
        self.clients[STRANGER].open("/login")

    def sign_in(self, who: str) -> None:
        """By the form; where it leads to is not opened."""
        self.clients[who] = self.new_client()
        self.clients[who].open("/login")
        answer = self.clients[who].send({"email": address(who), "password": PASSWORD})
        self.clients[who].signed_in = True
        self._line(answer, 302, who, "sign-in", "", 200)

    def read(self, who: str, where: str, act: str, record: object = "", status: int = 200) -> TestResponse:
        """Ask for a page or a file."""
        return self._line(self.clients[who].fetch(where), status, who, act, record)

    def fill(
        self, who: str, values: Values, act: str, record: object = "", status: int = 302, *,
        button: str | None = None, result: int | None = None,
    ) -> TestResponse:  # fmt: skip
        """Send the form of the page that was opened last."""
        return self._line(self.clients[who].send(values, button=button), status, who, act, record, result)

    def post(
        self, who: str, where: str, act: str, record: object = "", status: int = 302, *,
        data: dict[str, str] | None = None, result: int | None = None, by: str | None = None,
    ) -> TestResponse:  # fmt: skip
        """Press a button."""
        answer = self.clients[who].post(where, data)
        return self._line(answer, status, who if by is None else by, act, record, result)

    def _line(
        self, answer: TestResponse, status: int, who: str, act: str, record: object, result: int | None = None
    ) -> TestResponse:
        assert answer.status_code == status, (act, answer.status_code, tidy(answer.text)[:3000])
        self.done.append((who, act, str(record), status if result is None else result))
        return answer


@pytest.fixture
def numbers(demo_app: Flask, transaction: TRANSACTION) -> dict[str, int]:
    """Whom and what they work with: a paper of a course of the coordinator, and a course and somebody that are not hers."""
    asked = {"viewer": "test"}
    with transaction() as session:
        papers = sa.select(Certificate.id, Enrolment.person_id, Enrolment.course_id).join(Certificate.enrolment)
        valid = papers.where(Certificate.state == CertificateState.VALID).order_by(Certificate.id).limit(1)
        paper, person, course = session.execute(valid, execution_options=asked).one()
        foreign = sa.select(Enrolment.course_id, Enrolment.person_id).join(Enrolment.course).join(Course.programme)
        foreign = foreign.where(Programme.key == "P02a").order_by(Enrolment.id).limit(1)
        other_course, other_person = session.execute(foreign, execution_options=asked).one()
        leader = session.scalars(sa.select(User.id).where(User.email == address(LEADER))).one()
    return {"paper": paper, "person": person, "course": course, "other course": other_course,
            "other person": other_person, "leader": leader}  # fmt: skip


def test_forty_acts_are_forty_lines(
    demo_app: Flask,
    new_client: NEW_CLIENT,
    transaction: TRANSACTION,
    set_clock: Callable[[dt.datetime], None],
    numbers: dict[str, int],
    tmp_path: Path,
) -> None:
    nine = clock.now().replace(hour=9, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)
    set_clock(nine)
    person, course, paper, leader = (numbers[name] for name in ("person", "course", "paper", "leader"))
    play = Script(new_client)

    wrong = {"email": address(LEADER), "password": "falsch"}
    play.post(STRANGER, "/login", "sign-in failed", "…", 422, data=wrong, by=LEADER)
    play.read(STRANGER, f"/verify/{NOBODYS}", "verify failed", status=404)

    play.sign_in(COORDINATOR)
    play.read(COORDINATOR, "/participants", "GET enrolment.people")
    play.read(COORDINATOR, f"/participants/{person}", "GET enrolment.person", person)
    other = numbers["other person"]
    play.read(COORDINATOR, f"/participants/{other}", "GET enrolment.person", other, 404)
    play.read(COORDINATOR, f"/courses/{course}", "GET enrolment.course", course)
    other = numbers["other course"]
    play.read(COORDINATOR, f"/courses/{other}", "GET enrolment.course", other, 404)
    play.clients[COORDINATOR].fetch("/programmes")  # shows nobody
    edit = f"/participants/{person}/edit"
    play.clients[COORDINATOR].open(edit)
    play.done.append((COORDINATOR, "GET enrolment.edit_person", str(person), 200))
    play.fill(COORDINATOR, {"phone": "069 1234"}, "POST enrolment.edit_person", person)
    play.fill(COORDINATOR, {"email": "keine"}, "POST enrolment.edit_person", person, 422)
    play.read(COORDINATOR, f"/participants/{person}/extract.json", "extract", person)
    play.read(COORDINATOR, f"/courses/{course}/attendance.csv", "export matrix.csv", course)
    play.read(COORDINATOR, "/statistics/export.csv?measure=enrolments", "export statistics.csv", "programme")
    play.read(COORDINATOR, f"/certificates/{paper}.pdf", "certificate downloaded", paper)
    play.post(COORDINATOR, f"/certificates/{paper}/link", "POST delivery.make_link", paper)
    shown = play.read(COORDINATOR, f"/certificates/{paper}/delivery", "GET delivery.delivery", paper).text
    secret = re.search(r"#([\w-]{20,})", re.sub("<wbr>", "", shown))
    pin = re.search(r'<strong class="code">(\d+)', shown)
    assert secret
    assert pin
    play.post(STRANGER, "/paper", "link failed", "", 404, data={"secret": secret[1], "pin": "x"})
    play.post(STRANGER, "/paper", "paper opened", paper, 200, data={"secret": secret[1], "pin": pin[1]})
    play.post(COORDINATOR, f"/participants/{person}/rights", "hold", person, data={"reason": "Widerspruch"}, result=200)
    play.post(COORDINATOR, "/logout", "sign-out", result=200)

    play.sign_in(LEADER)
    play.clients[LEADER].open("/programmes")
    phone = Phone(play.clients[LEADER])
    added = phone.post("/attendance/devices", {"name": "Telefon"})
    play.done.append((LEADER, "POST phone.add_device", "", 201))
    phone.device = added.json["token"]
    today = clock.today()
    assert phone.get(f"/attendance/day?date={today}&days=7").status_code == 200
    play.done.append((LEADER, "read phone.day", str(today), 200))
    assert phone.sync({"id": "x"})[0]["status"] == "refused"
    play.done += [(LEADER, "sync", "1 events, 1 refused", 200), (LEADER, "sync refused", "", 409)]
    play.read(LEADER, "/users", "GET auth.users", status=404)
    play.post(LEADER, f"/attendance/devices/{added.json['id']}/revoke", "POST phone.revoke_device", added.json["id"])

    play.sign_in(ADMINISTRATOR)
    play.read(ADMINISTRATOR, "/participants", "GET enrolment.people", status=404)
    admin = play.clients[ADMINISTRATOR]
    admin.open("/users/new")
    added_user: Values = {"name": "Neu", "email": "neu@office.example", "roles": ["leader"]}
    play.fill(ADMINISTRATOR, added_user, "POST auth.add_user", button="Speichern")
    admin.open(f"/users/{leader}")
    play.fill(ADMINISTRATOR, {"roles": ["leader", "evaluator"]}, "POST auth.user", leader, button="Speichern")
    play.post(ADMINISTRATOR, f"/users/{leader}/sessions/end", "POST auth.end_sessions", leader)
    admin.open("/emergency")
    play.fill(ADMINISTRATOR, {"reason": "Ein Kind wird gesucht, heute."}, "emergency opened", "…", result=200)
    play.read(ADMINISTRATOR, f"/participants/{person}", "GET enrolment.person", person)
    play.post(ADMINISTRATOR, "/emergency/end", "emergency ended", result=200)

    play.sign_in(OFFICER)
    play.read(OFFICER, "/participants", "GET enrolment.people", status=404)
    play.read(OFFICER, "/log.csv", "export audit.log")
    runner, kept = demo_app.test_cli_runner(), tmp_path / "nine.kursbuch"
    assert runner.invoke(args=["backup", str(kept)]).exit_code == 0
    assert runner.invoke(args=["restore", str(kept)]).exit_code == 0
    play.done.append((STRANGER, "restore", "", 200))
    assert len(play.done) == 40

    set_clock(nine + dt.timedelta(hours=2))
    play.sign_in(OFFICER)
    there = nine.astimezone(clock.BERLIN)
    minute = f"first={there:%Y-%m-%d}&first_time={there:%H:%M}&last={there:%Y-%m-%d}&last_time={there:%H:%M}"
    answer = play.clients[OFFICER].fetch(f"/log.csv?{minute}")
    lines = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    with transaction() as session:
        accounts = {
            str(number): email.partition("@")[0] for number, email in session.execute(sa.select(User.id, User.email))
        }
    told = [
        (accounts.get(line["account"], STRANGER), line["act"], "…" if line["act"] in UNFORESEEN else line["record"], int(line["status"]))
        for line in lines
    ]  # fmt: skip
    assert told == play.done[:40]
    assert "40 Einträge" in play.clients[OFFICER].open(f"/log?{minute}").main
