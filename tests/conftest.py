"""What the tests can ask for. The fixtures themselves: tests/tools/offices.py and tests/tools/browser.py."""

import gc
import os
from collections.abc import Generator

import pytest

pytest_plugins = ["tests.tools.offices", "tests.tools.browser", "tests.tools.hashing", "tests.tools.postbox"]

KINDS = ("sqlite", "postgres")


# Thousands of applications are built and thrown away: looking through all of them again and again takes an eighth of the time.
gc.set_threshold(100_000, 50, 1_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=KINDS, help="page tests on this database only, instead of on both")
    parser.addoption("--pictures", action="store_true", help="keep the pictures made: docs/pictures/")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever touches the database is run on both kinds, unless the test itself names its kind."""
    if "database_kind" not in metafunc.fixturenames:
        return
    named = (mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if any("database_kind" in names for names in named):
        return
    only = metafunc.config.getoption("database")
    kinds = [only] if only else KINDS
    marks = {"sqlite": (), "postgres": (pytest.mark.postgres,)}
    metafunc.parametrize("database_kind", [pytest.param(kind, marks=marks[kind]) for kind in kinds])


def _is_worth_it(item: pytest.Item) -> bool:
    """Whether a test is wanted on its database: of some, PostgreSQL only sees a few (`few_on_postgres("role", [...])`), because
    they go through all roles, and what a role may do is decided before the database is asked."""
    few = item.get_closest_marker("few_on_postgres")
    if few is None or item.get_closest_marker("postgres") is None:
        return True
    name, kept = few.args
    return item.callspec.params[name] in kept  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """What is dear to make is made by one worker: the demo office on PostgreSQL, and the server with its browser."""
    items[:] = [item for item in items if _is_worth_it(item)]
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "live" in names:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif "demo_app" in names and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.xdist_group("demo-postgres"))
    for name in ("long", "browser"):  # first, so that no worker is left alone with them at the end
        items.sort(key=lambda item: item.get_closest_marker(name) is None)
    yield
    grouped = [item for item in items if item.get_closest_marker("xdist_group")]
    if "PYTEST_XDIST_WORKER" in os.environ and not all("@" in item.nodeid for item in grouped):
        raise pytest.UsageError("pytest-xdist does not keep groups together with this pytest: see requirements-dev.txt")
