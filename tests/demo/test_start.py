"""When the demo is built, when it is refused, and who may sign in."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

import clock
import demo
from auth.actions import add_user, check_password
from auth.models import User
from auth.rules import Role, password_reasons
from database import db
from demo.accounts import FORMER_STAFF, PASSWORD, STAFF, address, logins
from run import create_app
from schema import migrate
from settings import Settings, Unsafe

ASKED_FOR = (
    "verwaltung", "koordination-ra", "koordination-mkg", "koordination-il", "koordination-dreieich", "leitung-ra",
    "leitung-mkg-1", "leitung-mkg-2", "leitung-il", "datenschutz", "auswertung",
)  # fmt: skip


@pytest.fixture
def demo_mode(fresh_url: Callable[[], str], settings: Callable[..., Settings]) -> Iterator[Flask]:
    """The app in demo mode, on a migrated, empty database."""
    app = create_app(settings(fresh_url(), demo=True))
    migrate(app)
    yield app
    with app.app_context():
        db.engine.dispose()


def somebody_real() -> None:
    add_user("frieda@kreis.example", "Frieda", [Role.ADMINISTRATOR], clock.now(), password="zwölf Birnen im Korb")
    db.session.commit()


def test_the_demo_logins_open_with_the_known_password(demo_app: Flask) -> None:
    with demo_app.app_context():
        users = {user.email: user for user in db.session.scalars(sa.select(User))}
        for key in ASKED_FOR:
            assert users[address(key)].active
        assert check_password(users[address("leitung-ra")].password_hash, PASSWORD)
        for account in FORMER_STAFF:
            former = users[account.email]
            assert not former.active
            assert former.password_hash is None
        db.session.remove()


def test_the_known_password_is_refused_everywhere_else() -> None:
    assert password_reasons(PASSWORD, "frieda@kreis.example")


def test_the_start_prints_the_logins() -> None:
    text = logins()
    assert PASSWORD in text
    assert all(account.email in text for account in STAFF)


def test_production_does_not_start_on_demo_accounts(app: Flask) -> None:
    with app.app_context():
        demo.refuse_demo_data()
        db.session.add(User(email=address("leitung-ra"), name="Demo", created_at=clock.now()))
        db.session.flush()
        with pytest.raises(Unsafe, match="demo accounts"):
            demo.refuse_demo_data()
        db.session.rollback()


def test_the_demo_does_not_start_on_real_accounts(demo_mode: Flask) -> None:
    with demo_mode.app_context():
        somebody_real()
        with pytest.raises(Unsafe, match="not of the demo"):
            demo.fill_if_empty(demo_mode)
        db.session.remove()
    result = demo_mode.test_cli_runner().invoke(args=["demo", "--replace"])
    assert result.exit_code != 0
    with demo_mode.app_context():
        assert db.session.scalars(sa.select(User.name)).all() == ["Frieda"]
        db.session.remove()


def test_the_command_is_for_demo_mode(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 1
    assert "DEMO=1" in result.output


def test_the_command_builds_once(demo_app: Flask) -> None:
    """Replacing is tried in test_office.py."""
    again = demo_app.test_cli_runner().invoke(args=["demo"])
    assert again.exit_code == 1
    assert "--replace" in again.output
