"""Fixtures of the roll call: a course of twelve, and its leader signed in."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.attendance import scene
from tests.attendance.scene import Scene
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

SIGN_IN = Callable[[str], Client]


@pytest.fixture
def twelve(app: Flask, transaction: TRANSACTION) -> Scene:
    """A course of twelve people with a meeting today."""
    with transaction():
        return scene.course("RA")


@pytest.fixture
def sign_in(app: Flask, new_client: NEW_CLIENT) -> SIGN_IN:
    """A browser of their own for anybody of the scene."""
    return lambda email: scene.signed_in(new_client(), email)


@pytest.fixture
def leader(twelve: Scene, sign_in: SIGN_IN) -> Client:
    """The leader of the course of twelve."""
    return sign_in(twelve.leader)
