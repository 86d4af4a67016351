"""Letters about accounts, as a mail server gets them."""

import email
import socket
from collections.abc import Iterator
from dataclasses import replace
from email import policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from auth import letters


class Postbox:
    """The office's mail server; keeps what it is given."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.taken.append(email.message_from_bytes(content, policy=policy.default))
        return "250 OK"

    def text(self, recipient: str) -> str:
        """The one letter that has come since the last look, to whom it should."""
        letters.wait()
        [letter] = self.taken
        self.taken.clear()
        assert letter["To"] == recipient
        body = letter.get_body()
        assert body is not None
        return str(body.get_content())


@pytest.fixture
def postbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """A mail server of this machine's own, to which letters about accounts go."""
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    sending = replace(
        app.config["SETTINGS"], smtp_url=f"smtp://127.0.0.1:{port}", mail_from="amt@kreis.example",
        public_url="https://kursbuch.kreis.example",
    )  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setitem(app.config, "SETTINGS", sending)
        yield box
        letters.wait()
    server.stop()
