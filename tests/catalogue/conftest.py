"""The scene of the catalogue's tests, and people who are signed in."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.catalogue.scene import NOW, PASSWORD, Scene, build
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION
from tests.tools.page import Page, text_of


@pytest.fixture
def scene(app: Flask, transaction: TRANSACTION, set_clock: Callable[..., None]) -> Scene:
    """Two coordinators, two leaders, three courses, on Monday 2 March 2026."""
    set_clock(NOW)
    with transaction() as session:
        return build(session)


@pytest.fixture
def signed_in(new_client: NEW_CLIENT, scene: Scene) -> Callable[[str], Client]:
    """`signed_in("mona")`: a browser in which somebody of the scene is signed in."""

    def enter(name: str) -> Client:
        client = new_client()
        client.sign_in(f"{name}@buero.example", PASSWORD)
        return client

    return enter


@pytest.fixture
def complaints() -> Callable[[Page], list[str]]:
    """What the summary above a form says is wrong, as `Label: message`."""

    def of(page: Page) -> list[str]:
        summary = page.by_id("error-summary")
        return [] if summary is None else [text_of(line) for line in summary.iter("li")]

    return of
