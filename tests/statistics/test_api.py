"""What programs get: the figures of the page, for the same viewer by the same rules, and a description that is true."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
from auth import actions
from auth.models import TraceEntry, User
from auth.rules import Scope, TokenLife
from programmes.catalogue.models import Course, Programme
from programmes.statistics.rules import MEASURES, Dimension
from tests.statistics import test_figures
from tests.statistics.test_figures import CLOCK, PASSWORD, PERIOD, SETTLED, Counted, export
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

COORDINATOR, EVALUATOR = "ra@o.example", "eva@o.example"
JSON = dict[str, Any]
Asking = Callable[..., tuple[int, JSON]]

counted = test_figures.counted  # the fixture


@pytest.fixture
def token_of(counted: None, transaction: TRANSACTION) -> Callable[[str], str]:
    def make(email: str) -> str:
        with transaction() as session:
            owner = session.scalars(sa.select(User.id).where(User.email == email)).one()
            return actions.add_token(owner, "Bericht", Scope.STATISTICS, TokenLife.MONTH, clock.now())[1]

    return make


@pytest.fixture
def ask(app: Flask, token_of: Callable[[str], str]) -> Asking:
    """Status and content of what a program of somebody's gets."""

    def of(query: str = "", email: str = COORDINATOR, address: str = "/api/statistics") -> tuple[int, JSON]:
        headers = {"Authorization": f"Bearer {token_of(email)}"}
        answer = app.test_client().get(f"{address}?{query}", headers=headers)
        return answer.status_code, answer.get_json()

    return of


def as_in_a_file(line: JSON) -> dict[str, str]:
    """The figures of a line with the signs of the files."""
    signs = {key: "·" if key in line["secret"] else "x" for key, figure in line["figures"].items() if figure is None}
    return {key: signs.get(key, str(figure)) for key, figure in line["figures"].items()}


@pytest.mark.parametrize(
    ("email", "query", "is_disclosed"),
    [
        (COORDINATOR, "by=course", False),
        (COORDINATOR, "by=sex&then=month&disclose=0", False),
        (COORDINATOR, "by=course&disclose=true", True),
        (EVALUATOR, "by=municipality", True),
        (EVALUATOR, "by=municipality&disclose=0", True),
    ],
)
def test_the_figures_are_those_of_the_file(
    client: Client, ask: Asking, transaction: TRANSACTION, set_clock: CLOCK, email: str, query: str, is_disclosed: bool
) -> None:
    set_clock(SETTLED)
    status, told = ask(f"{PERIOD}&{query}", email)
    assert (status, told["disclosed"], told["as_of"]) == (
        200,
        is_disclosed,
        "2027-01-28" if is_disclosed else "2027-02-01",
    )
    with transaction() as session:
        line = session.scalars(sa.select(TraceEntry).where(TraceEntry.act == "export statistics.json")).one()
        assert (line.rows, line.actor_id) == (len(told["rows"]), owner(session, email))
    client.sign_in(email, PASSWORD)
    file = export(client, f"{PERIOD}&{query}")
    assert [as_in_a_file(line) for line in (*told["rows"], told["total"])] == [
        {measure.key: line[measure.key] for measure in MEASURES} for line in file
    ]
    dimensions = [dimension["key"] for dimension in told["dimensions"]]
    assert [[row["heads"][by]["key"] for by in dimensions] for row in told["rows"]] == [
        [line[by] for by in dimensions] for line in file[:-1]
    ]
    assert ("·" in {figure for line in file for figure in line.values()}) == is_disclosed


def owner(session: Any, email: str) -> int:
    return int(session.scalars(sa.select(User.id).where(User.email == email)).one())


def test_a_topic_narrows_the_columns_as_on_the_page(ask: Asking) -> None:
    status, told = ask(f"{PERIOD}&topic=papers")
    assert status == 200
    assert [measure["key"] for measure in told["measures"]] == ["papers_issued", "papers_handed_over"]
    assert set(told["total"]["figures"]) == {"papers_issued", "papers_handed_over"}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("first=2026-12-31&last=2026-01-01", "last"),
        ("first=1900-01-01&last=2099-12-31", "last"),
        ("first=1726-01-01&last=1726-12-31", "last first"),
        ("first=2026-02-30", "first"),
        ("first=", "first"),
        ("by=citizenship", "by"),
        ("by=", "by"),
        ("by=sex&then=citizenship", "then"),
        ("by=sex&then=sex", "then"),
        ("topic=names", "topic"),
        ("course=9223372036854775808", "course"),
        ("course=-1", "course"),
        ("programme=1.5", "programme"),
        ("municipality=a%00b", "municipality"),
        ("quarter=%ED%A0%80", "quarter"),
        ("by=%ff%fe", "by"),
        ("by=month&by=sex", "by"),
        ("disclose=&disclose=1", "disclose"),
        ("first=2026-01-01&first=2026-01-01", "first"),
        ("disclose=perhaps", "disclose"),
        ("disclose=1&first=2026-01-02", "last"),
        ("programm=1", "programm"),
        ("%ED%A0%80=1", "�"),
        ("validate=1", "validate"),
    ],
)
def test_what_makes_no_sense_is_said_by_parameter(ask: Asking, query: str, wrong: str) -> None:
    status, told = ask(query)
    assert status == 422
    assert set(told["reasons"]) == set(wrong.split())
    assert all(told["reasons"].values())


def test_a_course_of_others_is_as_unknown_as_none(ask: Asking, transaction: TRANSACTION) -> None:
    with transaction() as session:
        foreign = Counted(session, 0).course("IL-1", "P03", "Dreieich").id
    answers = [ask(f"course={course}") for course in (foreign, 2**31 - 1)]
    assert [status for status, _ in answers] == [422, 422]
    assert answers[0][1]["reasons"] == answers[1][1]["reasons"]
    assert ask(f"course={foreign}", EVALUATOR)[0] == 200


def test_the_description_is_made_for_whoever_asks(ask: Asking, transaction: TRANSACTION) -> None:
    with transaction() as session:
        Counted(session, 0).course("IL-1", "P03", "Dreieich", title="Nicht von Rita")
        own = set(session.scalars(sa.select(Course.id).join(Programme).where(Programme.key.in_(["P01a", "P02a"]))))
    status, told = ask(address="/api/openapi.json")
    assert status == 200
    parameters = {one["name"]: one["schema"] for one in told["paths"]["/api/statistics"]["get"]["parameters"]}
    assert set(parameters["course"]["enum"]) == own
    assert parameters["by"]["enum"] == list(Dimension)
    assert "Nicht von Rita" not in str(told)
    _, for_evaluators = ask(address="/api/openapi.json", email=EVALUATOR)
    names = [one["name"] for one in for_evaluators["paths"]["/api/statistics"]["get"]["parameters"]]
    assert set(parameters) - set(names) == {"disclose"}
