"""The scene of the enrolment tests, and people who are signed in."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.enrolment.scene import PASSWORD, Scene, build
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION


@pytest.fixture
def scene(app: Flask, transaction: TRANSACTION) -> Scene:
    """Two coordinators, two leaders, two courses."""
    with transaction() as session:
        return build(session)


@pytest.fixture
def signed_in(new_client: NEW_CLIENT, scene: Scene) -> Callable[[str], Client]:
    """`signed_in("cora")`: a browser in which somebody of the scene is signed in."""

    def enter(name: str) -> Client:
        client = new_client()
        client.sign_in(f"{name}@buero.example", PASSWORD)
        return client

    return enter
