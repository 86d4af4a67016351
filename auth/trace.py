"""The trace: every sign-in, refusal, change, export and reading of people's details leaves a line with ids, never with content.

Lines of a change are committed with the change. Lines about what was refused, or read, are written in a transaction of
their own when the request's own is over, and with them whatever else a reading request leaves behind. Nothing ever changes a
line or takes it away: the database refuses to, and the chain of auth/audit/ tells when somebody has gone past it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import logging
import traceback
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g, has_request_context, request
from flask_login import current_user
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

import clock
from auth.models import TraceEntry
from database import SAFE_METHODS, db, wait_briefly

log = logging.getLogger("kursbuch")
FINDS_PROGRAMMES = "programmes_of_records"  # in the application's extensions
ENOUGH_OF_A_HASH = (
    12  # letters by which a session is told from all others, and from which nobody gets back to its cookie
)


def request_id() -> str:
    """The number under which this request stands in the logs; shown on error pages."""
    if "request_id" not in g:
        g.request_id = uuid.uuid4().hex[:12]
    return str(g.request_id)


def subject(what: str, address: str | None = None, day: dt.date | None = None) -> str:
    """The asking address, or another one on some day, as a hash with our secret and the day: counted for a quarter of an hour, known
    to nobody."""
    address = (request.remote_addr or "") if address is None else address
    try:
        network = ipaddress.ip_address(address)
        if network.version == 6:  # one household has a whole /64
            address = str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        address = ""
    return _hidden(f"{what} {day or clock.today()} {address}")


def network(address: str | None = None, day: dt.date | None = None) -> str:
    """The asking address as it stands in every line: a hash, another one every day. So lines of one network can be told on a day, and
    whoever suspects an address can look whether it was that one; nobody reads from the trace where people were."""
    return subject("failures", address, day)[:16]


def origin() -> str:
    """The same as it stands in lines about failures, by which they are counted."""
    return f"from {network()}"


def account(what: str, user_id: int | None = None) -> str:
    """The same of an account, or else of the one that asks, wherever it asks from: for what it may do only so often."""
    return _hidden(f"{what} account {user_id or current_user.id}")


def typed(what: str, email: str) -> str:
    """The same of an e-mail address that somebody typed, whether it is an account's or nobody's: without our secret nobody can try
    whose it may be."""
    return _hidden(f"{what} as {email}")


def _hidden(text: str) -> str:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def note(
    act: str,
    *,
    status: int = 200,
    object_id: object = None,
    rows: int | None = None,
    actor_id: int | None = None,
    subject_hash: str | None = None,
    claimed_at: dt.datetime | None = None,
) -> None:
    """Put a line on this request's trace. `rows` is the number of rows that were read or exported, `claimed_at` when it happened by
    the clock of the device that tells of it."""
    if actor_id is None and current_user and current_user.is_authenticated:
        actor_id = current_user.id
    g.setdefault("trace", []).append(
        {
            "at": clock.now(),
            "actor_id": actor_id,
            "act": act[:80],
            "object_id": None if object_id is None else str(object_id)[:120],
            "status": status,
            "rows": rows,
            "request_id": request_id(),
            "subject_hash": subject_hash,
            "people": None,
            "device_id": g.get("device_id"),
            "emergency_id": emergency.id if (emergency := g.get("emergency")) else None,
            "roles": ",".join(sorted(g.get("acts_as") or getattr(current_user, "roles", ()))) or None,
            "session": _session(),
            "origin": network() if has_request_context() else None,
            "claimed_at": claimed_at,
        }
    )


def _session() -> str | None:
    """By which way in somebody acts: of a browser the first letters of its session's hash, of a program the number of its token.

    The number of a session's row would not do: rows of sessions go, and their numbers are given again.
    """
    login, token = (getattr(current_user, name, None) for name in ("login_session", "access_token"))
    if token is not None:
        return f"token {token.id}"
    return login.token_hash[:ENOUGH_OF_A_HASH] if login is not None else None


def find_programmes(app: Flask, by: Mapping[str, sa.Select[int]]) -> None:
    """Hand in how a line learns of which programme its record is: for arguments of addresses the statement that finds it by the
    parameter `record`. What a programme is comes later in the house."""
    app.extensions[FINDS_PROGRAMMES] = by


def _of_programme() -> sa.ScalarSelect[int] | sa.Null:
    """The programme of the record in the address, looked up by the very statement that writes the line: it costs no round trip, and
    the line says what was so at that moment, whatever becomes of the record."""
    by: Mapping[str, sa.Select[int]] = current_app.extensions.get(FINDS_PROGRAMMES, {})
    asked = (request.view_args or {}) if has_request_context() else {}
    for name, query in by.items():
        if name in asked:
            return query.params(record=asked[name]).scalar_subquery()
    return sa.null()


def _write(connection: Connection, lines: list[dict[str, Any]]) -> None:
    wait_briefly(connection)
    connection.execute(sa.insert(TraceEntry.__table__).values(programme_id=_of_programme()), lines)  # type: ignore[arg-type]


def where_it_failed(failure: BaseException) -> str:
    """The kind of a failure and the lines that led to it, for the technical log. Never its words: they may quote what somebody typed,
    and a database adds whole rows to them (security.md LG-3)."""
    return f"{type(failure).__name__}\n{''.join(traceback.format_tb(failure.__traceback__))}".rstrip()


def saw(people: Iterable[int | None], rows: int | None = None) -> None:
    """Say whose details this answer shows; the request's line will hold them. `rows` where it shows another number of rows.

    None stands for somebody who is nobody any more: an erased person's paper.
    """
    seen = g.setdefault("seen", {"people": set(), "rows": None})
    seen["people"].update(person for person in people if person is not None)
    if rows is not None:
        seen["rows"] = rows


def _lines() -> list[dict[str, Any]]:
    """The lines of this request; the first holds who was seen."""
    lines: list[dict[str, Any]] = g.pop("trace", [])
    seen = g.pop("seen", None)
    if lines and seen is not None:
        people = sorted(seen["people"])
        lines[0]["people"] = f",{','.join(map(str, people))}," if people else None
        if lines[0]["rows"] is None:
            lines[0]["rows"] = len(people) if seen["rows"] is None else seen["rows"]
    return lines


def with_the_change() -> None:
    """Write the lines so far into the transaction that is about to be committed."""
    lines = _lines()
    if lines:
        _write(db.session.connection(), lines)


def leave(row: sa.Insert | sa.Update) -> None:
    """Leave a row behind a request that only reads: a paper that was handed out. It is written with this request's lines."""
    g.setdefault("left", []).append(row)


def on_their_own(response: Response) -> None:
    """Write what is left in a transaction of its own. What cannot be traced is not shown; a failure needs no second one."""
    lines = _lines()
    rows: list[sa.Insert | sa.Update] = g.pop("left", [])
    if not lines and not rows:
        return
    try:
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            if lines:
                _write(connection, lines)
            for row in rows:
                connection.execute(row)
    except DBAPIError:
        log.critical("The trace cannot be written, so nothing is shown, request=%s", request_id())
        if response.status_code < 500:
            response.close()  # nobody will: what was to be handed out is let go
            raise


def init_app(app: Flask) -> None:
    """Note every change, every refusal, and whoever was shown, by itself; in an emergency everything. Registered after the database: `after_request` runs
    backwards."""

    @app.after_request
    def note_what_was_asked(response: Response) -> Response:
        changed = request.method not in SAFE_METHODS
        refused = response.status_code in {403, 404, 429}
        if refused or response.status_code >= 500 or 300 <= response.status_code < 400:
            g.pop("seen", None)  # nobody was shown
        noticed = (
            changed or "seen" in g or "emergency" in g or (refused and current_user and current_user.is_authenticated)
        )
        if request.endpoint and noticed and not g.get("trace"):
            # Numbers only: what else stands in an address may be a secret that opens something, as that of an invitation.
            ids = "/".join(str(value) for value in (request.view_args or {}).values() if isinstance(value, int))
            note(f"{request.method} {request.endpoint}", status=response.status_code, object_id=ids or None)
        return response
