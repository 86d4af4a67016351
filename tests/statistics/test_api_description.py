"""Whether the description for programs is true: schemathesis asks what it allows, and what it forbids."""

from collections.abc import Callable

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from tests.statistics import test_api
from tests.statistics.test_api import COORDINATOR

counted, token_of = test_api.counted, test_api.token_of  # the fixtures


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_schemathesis_finds_nothing(app: Flask, token_of: Callable[[str], str]) -> None:
    """Boundary values of every parameter, right and wrong ones, then at random: no server error, no answer that differs from
    the description, nothing accepted that it forbids."""
    headers = {"Authorization": f"Bearer {token_of(COORDINATOR)}", "Accept-Encoding": "identity"}
    settings = {
        "seed": 1,
        "headers": headers,
        "generation": {"max-examples": 4, "deterministic": True, "database": "none", "mode": "all"},
        "phases": {"stateful": {"enabled": False}},
        "checks": {
            # No schema can say that a period does not end before it begins.
            "positive_data_acceptance": {"enabled": False},
            # Of 4.32.5 it stumbles over WSGI; who gets in: tests/auth/test_tokens.py.
            "ignored_auth": {"enabled": False},
        },
    }
    config = SchemathesisConfig.from_dict(settings)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app, config=config, headers=headers)
    statuses: list[int] = []
    problems: list[str] = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            problems.append(repr(event))
        if isinstance(event, events.ScenarioFinished):
            answers = [one.response for one in event.recorder.interactions.values()]
            statuses += [answer.status_code for answer in answers if answer is not None]
            checks = [check for of_case in event.recorder.checks.values() for check in of_case]
            problems += [str(check.failure_info) for check in checks if check.status is not Status.SUCCESS]
    assert not problems, "\n".join(problems)
    assert statuses.count(200) >= 10
    assert statuses.count(422) > 100
    assert set(statuses) <= {200, 401, 405, 422}
