"""Answers: the trace, for who looks after people's data: who saw what between … and …, line by line or person by person."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from flask import Blueprint, Response, render_template, request

from auth import queries as accounts
from auth.audit import queries
from auth.audit.acts import name_of
from auth.audit.fields import Field, fields_of_act
from auth.audit.forms import LogFilter
from auth.download import handed_out, new_file
from auth.guard import allow
from auth.rules import Role

blueprint = Blueprint("audit", __name__)
LINES_PER_PAGE = 100
CSV = "text/csv; charset=utf-8"
HEADS = (
    "entry", "at", "claimed_at", "account", "roles", "session", "device", "emergency", "what", "act", "record", "programme", "people", "rows",
    "status", "request", "network",
)  # fmt: skip
Answer = Response | str | tuple[str, int]


def _asked() -> tuple[LogFilter, bool]:
    form = LogFilter(request.args, meta={"csrf": False})
    return form, form.validate()


def _page(form: LogFilter, *, fine: bool) -> Answer:
    total = queries.count(form.narrowed) if fine else 0
    pages = max(1, -(-total // LINES_PER_PAGE))
    asked = request.args.get("page", "")
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
    page = render_template(
        "audit/log.html", form=form, total=total, people_in=queries.people_in, roles_in=queries.roles_in, name_of=name_of,
        arguments=form.arguments,
        entries=queries.page(form.narrowed, number, LINES_PER_PAGE) if fine else [],
        name=accounts.name_of(form.account.data) if fine and form.account.data else None,
        page={"number": number, "pages": pages, "endpoint": "audit.log", "args": form.arguments},
    )  # fmt: skip
    return page if fine else (page, 422)


@blueprint.get("/log")
@allow(Role.OFFICER)
def log() -> Answer:
    """The lines that fit: who did what, by numbers, without names and content."""
    form, fine = _asked()
    return _page(form, fine=fine)


@blueprint.get("/log.csv")
@allow(Role.OFFICER)
def export() -> Answer:
    """The same lines, all of them, as CSV."""
    form, fine = _asked()
    if not fine:
        return _page(form, fine=False)
    rows = 0
    with new_file() as file:
        text = io.StringIO(newline="")
        lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
        lines.writerow(HEADS)
        for one in queries.every_line(form.narrowed):
            people = " ".join(map(str, queries.people_in(one.people)))
            lines.writerow((
                one.id, one.at.isoformat(timespec="seconds"), one.claimed_at and one.claimed_at.isoformat(timespec="seconds"),
                one.actor_id, one.roles, one.session, one.device_id, one.emergency_id, name_of(one.act), one.act, one.object_id, one.programme_id,
                people, one.rows, one.status, one.request_id, one.origin,
            ))  # fmt: skip
            rows += 1
        file.write(text.getvalue().encode("utf-8-sig"))
    return handed_out(file, CSV, "kursbuch-protokoll.csv", act="export audit.log", object_id=None, rows=rows)


@blueprint.get("/log/people")
@allow(Role.OFFICER)
def people() -> Answer:
    """Whose details were read in those lines, and which: what a notice of a breach asks for (security.md PR-11)."""
    form, fine = _asked()
    if not fine:
        return _page(form, fine=False)
    return render_template(
        "audit/people.html", form=form, people=queries.people_seen(form.narrowed), arguments=form.arguments, what=_what
    )


def _what(acts: Iterable[tuple[str, str]]) -> list[tuple[str, list[Field]]]:
    """What acts are called and which details they show, each once, in alphabetical order."""
    told: dict[str, set[Field]] = {}
    for act, roles in acts:
        told.setdefault(name_of(act), set()).update(fields_of_act(act, queries.roles_in(roles)))
    return [(name, [field for field in Field if field in told[name]]) for name in sorted(told)]
