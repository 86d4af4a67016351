"""How a paper reaches somebody without an account: a link with a PIN, and a letter over a real mail server."""

import datetime as dt
import email
import re
import socket
from collections.abc import Callable, Iterator
from email import policy
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

import clock
import jobs
from database import db
from mail import next_try
from programmes.certificates.delivery.models import Mail, PersonalLink
from programmes.certificates.delivery.rules import TRIES, MailState, expiry, is_open
from programmes.certificates.models import Certificate
from programmes.certificates.rules import HandOver
from tests.certificates.scene import COORDINATOR, PASSWORD, Scene, build, issued
from tests.tools.client import Client
from tests.tools.offices import NEW_CLIENT, TRANSACTION

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("expires", "revoked", "failures", "opens"),
    [(NOW + DAY, None, 0, True), (NOW + DAY, None, TRIES - 1, True), (NOW + DAY, None, TRIES, False), (NOW, None, 0, False),
     (NOW + DAY, NOW, 0, False)],
)  # fmt: skip
def test_when_a_link_opens(expires: dt.datetime, revoked: dt.datetime | None, failures: int, *, opens: bool) -> None:
    assert is_open(NOW, expires, revoked, failures) is opens


def test_a_link_lasts_a_month_beyond_the_course_and_a_letter_is_tried_for_a_day() -> None:
    assert expiry(NOW, dt.date(2020, 1, 1)) == NOW + 30 * DAY
    assert expiry(NOW, dt.date(2027, 1, 1)) > NOW + 60 * DAY
    assert next_try(NOW, 1) == NOW + dt.timedelta(minutes=1)
    assert next_try(NOW, 7) is None


@pytest.fixture
def scene(transaction: TRANSACTION) -> Scene:
    with transaction():
        scene = build()
        issued(scene, 0)
        return scene


@pytest.fixture
def coordinator(client: Client, scene: Scene) -> Client:
    client.sign_in(COORDINATOR, PASSWORD)
    client.open("/certificates/1/delivery")
    return client


def made(coordinator: Client) -> tuple[str, str]:
    """Secret and PIN of a new link, as they are shown once."""
    page = coordinator.submit(button="Neuen Link machen")
    found = re.search(r"/paper#([\w-]{30,})\s+PIN\s*(\d{6})", page.main)
    assert found, page.main
    assert found[1] not in coordinator.open(page.address).html, "shown once"
    return found[1], found[2]


def tried(client: Client, secret: str, pin: str) -> int:
    client.open("/paper")
    return client.send({"secret": secret, "pin": pin}).status_code


def test_secret_and_pin_open_the_paper_and_a_preview_uses_nothing_up(
    coordinator: Client, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    secret, pin = made(coordinator)
    somebody = new_client()
    for _ in range(3):
        assert secret not in somebody.open("/paper").html
    with transaction() as session:
        assert session.scalars(sa.select(PersonalLink.openings).execution_options(viewer="test")).one() == 0
    somebody.open("/paper?lang=ar")
    answer = somebody.send({"secret": f"http://localhost/paper#{secret}", "pin": pin})
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"%PDF")
    with transaction() as session:
        link = session.scalars(sa.select(PersonalLink).execution_options(viewer="test")).one()
        assert (link.openings, link.opened_at is not None) == (1, True)
        assert link.secret_hash != secret
        assert pin not in link.pin_hash
    assert "1 ×" in coordinator.open("/certificates/1/delivery").main


def test_all_that_is_wrong_gets_one_answer(
    coordinator: Client, new_client: NEW_CLIENT, transaction: TRANSACTION
) -> None:
    old_secret, old_pin = made(coordinator)
    secret, pin = made(coordinator)
    somebody = new_client()
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    answers = set()
    for one, number in (
        (secret, wrong),
        (old_secret, old_pin),
        ("x" * 32, pin),
        ("", ""),
        (secret, "a\x00b"),
        (secret, ""),
    ):
        somebody.open("/paper")
        answer = somebody.send({}, forge={"secret": one, "pin": number})
        answers.add((answer.status_code, re.sub(r'value="[^"]*"', "", answer.text)))
    assert len(answers) == 1
    assert tried(somebody, secret, pin) == 200
    for _ in range(TRIES):
        tried(somebody, secret, wrong)
    assert tried(somebody, secret, pin) == 404, "ten wrong PINs close it"


def test_a_link_can_be_ended_and_ends_with_its_paper(coordinator: Client, new_client: NEW_CLIENT) -> None:
    secret, pin = made(coordinator)
    coordinator.submit(button="Beenden")
    somebody = new_client()
    assert tried(somebody, secret, pin) == 404
    secret, pin = made(coordinator)
    coordinator.open("/certificates/1")
    coordinator.submit({"revoke_reason": "Verwechslung"}, button="Papier widerrufen")
    assert tried(somebody, secret, pin) == 404


class Postbox:
    """A mail server that keeps what it gets, or refuses as it is told."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append(bytes(envelope.original_content or b""))
        return "250 OK"


@pytest.fixture
def postbox(app: Flask) -> Iterator[Postbox]:
    """A real server on a free port, and an office that sends to it."""
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    before = app.config["SETTINGS"]
    changed = {"smtp_url": f"smtp://127.0.0.1:{port}", "mail_from": "integration@kreis.example"}
    app.config["SETTINGS"] = type(before)(**vars(before) | changed)
    yield box
    app.config["SETTINGS"] = before
    controller.stop()


def sent(coordinator: Client, **more: object) -> str:
    coordinator.open("/certificates/1/delivery")
    values: dict[str, object] = {"recipient": "ayse@example.org", "language": "tr", "wished": True} | more
    return coordinator.submit(values, button="Papier senden").main  # type: ignore[arg-type]


def state(app: Flask) -> tuple[MailState, str | None]:
    with app.app_context():
        mail = db.session.scalars(sa.select(Mail).execution_options(viewer="test")).one()
        db.session.rollback()
        return mail.state, mail.answer


def test_a_letter_leaves_and_the_paper_is_handed_over(
    app: Flask, coordinator: Client, postbox: Postbox, transaction: TRANSACTION
) -> None:
    assert "Die E-Mail ist auf dem Weg." in sent(coordinator)
    assert postbox.letters == [], "it leaves when the wish is stored, not before"
    jobs.work_off(app)
    [raw] = postbox.letters
    letter = email.message_from_bytes(raw, policy=policy.default)
    assert letter["To"] == "ayse@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "Kurs" not in letter["Subject"]
    text = letter.get_body().get_content()  # type: ignore[union-attr]
    assert "belgeniz ektedir" in text
    assert "im Anhang ist Ihre Bescheinigung" in text
    [attached] = letter.iter_attachments()
    with transaction() as session:
        paper = session.scalars(sa.select(Certificate).execution_options(viewer="test")).one()
        assert attached.get_content() == paper.pdf
        assert paper.handed_over_how is HandOver.EMAIL
    assert state(app) == (MailState.SENT, None)
    assert jobs.work_off(app) == 0, "once"


def test_not_now_is_tried_again_and_never_is_told(
    app: Flask, coordinator: Client, postbox: Postbox, set_clock: Callable[[dt.datetime], None]
) -> None:
    postbox.answer = "451 4.7.1 greylisted"
    sent(coordinator)
    jobs.work_off(app)
    assert state(app)[0] is MailState.WAITING
    postbox.answer = "250 OK"
    set_clock(clock.now() + dt.timedelta(minutes=2))
    jobs.work_off(app)
    assert state(app)[0] is MailState.SENT


def test_a_refusal_is_shown_in_the_words_of_the_other_server(app: Flask, coordinator: Client, postbox: Postbox) -> None:
    postbox.answer = "550 5.1.1 no such mailbox"
    sent(coordinator)
    jobs.work_off(app)
    assert state(app) == (MailState.REFUSED, "550 5.1.1 no such mailbox")
    assert "no such mailbox" in coordinator.open("/certificates/1/delivery").main


@pytest.mark.parametrize(
    "wrong",
    [{"recipient": "ayse"}, {"recipient": "a@b.example\r\nBcc: x@y.example"}, {"recipient": ""}, {"wished": False}],
)
def test_nothing_leaves_without_address_and_wish(
    app: Flask, coordinator: Client, postbox: Postbox, wrong: dict[str, object]
) -> None:
    coordinator.open("/certificates/1/delivery")
    values = {"recipient": "a@b.example", "wished": True} | wrong
    page = coordinator.submit(values, button="Papier senden", status=422)  # type: ignore[arg-type]
    assert page.errors
    jobs.work_off(app)
    assert postbox.letters == []


def test_without_a_mail_server_it_says_so(coordinator: Client) -> None:
    page = coordinator.submit({"recipient": "a@b.example", "wished": True}, button="Papier senden", status=422)
    assert "SMTP_URL" in page.main
    assert urlsplit(page.address).path.endswith("/mail")
