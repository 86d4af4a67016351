"""Puts a form on trial: sends it what nobody should send, and holds every answer to the law.

The law: 302 stores, everything else stores nothing; a 422 shows the form again with what was typed, a summary, and a message
at the field; nothing is an error of ours; nothing is left to the database to refuse; no text is stored that no page can show.
"""

import datetime as dt
import json
import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes, quote_plus

from flask import Flask, request_started
from lxml.html import HtmlElement
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from auth.models import TraceEntry
from database import db
from fields import showable
from tests.tools.crawl import Found, kind_of_address, target
from tests.tools.page import Form, Page, attribute, kind_of, text_of

Sent = dict[str, list[bytes]]

STORED = {302, 303}
SHOW_FIRST = {"schedule.add_meetings", "calendar.school_holidays"}  # answer 200 with what they would store
REFUSED = {400, 404, 409, 413, 422, 429}
CHANGE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
CONTROL = set(map(chr, (*range(9), *range(11, 32), *range(127, 160))))
OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSTORABLE = CONTROL | OVERRIDES | set(map(chr, range(0xD800, 0xE000)))
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
TYPED = {"text", "search", "email", "tel", "url", "number", "textarea"}
EXAMPLE = re.compile(r"zum Beispiel ([^\s,]+?)\.?(?:,|\s|$)")
GERMAN_DAY = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")
MOST_ROUNDS = 5
ENDS = {"date": ["1900-01-01", "2100-12-31"], "time": ["00:00", "23:59"]}


class Watch(logging.Handler):
    """Looks on while requests are answered: what would be stored, and what is wrong. Keeps nothing that is stored."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.requests = self.commits = 0
        self.complaints: list[str] = []
        self.doing = ""
        self.listeners: tuple[tuple[str, Callable[..., None]], ...] = (
            ("before_cursor_execute", self._executed),
            ("commit", self._committed),
            ("rollback", self._rolled_back),
        )

    def __enter__(self) -> "Watch":
        for name, listener in self.listeners:
            event.listen(Engine, name, listener)
        db.session.commit = self._would_commit  # type: ignore[method-assign]
        request_started.connect(self._asked)
        logging.getLogger("kursbuch").addHandler(self)
        return self

    def __exit__(self, *_what: object) -> None:
        request_started.disconnect(self._asked)
        logging.getLogger("kursbuch").removeHandler(self)
        del db.session.commit
        for name, listener in self.listeners:
            event.remove(Engine, name, listener)

    def complain(self, told: str) -> None:
        self.complaints.append(f"{self.doing}: {told}")

    def emit(self, record: logging.LogRecord) -> None:
        """The application's own warnings: what only the database refused."""
        self.complain(f"logs {record.getMessage()!r}")

    def _asked(self, _app: Flask, **_what: object) -> None:
        self.requests += 1

    def _would_commit(self) -> None:
        db.session.flush()
        self.commits += 1
        db.session.rollback()

    def _executed(
        self, connection: Connection, _cursor: object, statement: str, values: object, *_rest: object
    ) -> None:
        change = CHANGE.match(statement)
        if change is None:
            return
        connection.info["changed"] = change[1] != TraceEntry.__tablename__
        for letter in sorted({letter for text in texts_in(values) for letter in text} & UNSTORABLE):
            self.complain(f"writes U+{ord(letter):04X} into {change[1]}")

    def _committed(self, connection: Connection) -> None:
        if connection.info.pop("changed", False):
            self.complain("stores something beside the one commit")

    def _rolled_back(self, connection: Connection) -> None:
        connection.info.pop("changed", None)


def texts_in(values: object) -> Iterator[str]:
    """All texts among the values of a statement, also those within JSON."""
    if isinstance(values, str):
        yield values
        if values[:1] in {"[", "{"}:
            try:
                yield from texts_in(json.loads(values))
            except ValueError:
                return
    elif isinstance(values, dict):
        yield from texts_in(list(values.values()))
    elif isinstance(values, list | tuple):
        for one in values:
            yield from texts_in(one)


def encoded(sent: Sent) -> bytes:
    """As a form sends it; bytes that are no text stay what they are."""
    pairs = (f"{quote_plus(name)}={quote_from_bytes(one)}" for name, values in sent.items() for one in values)
    return "&".join(pairs).encode()


def multipart(sent: Sent, filename: str = "") -> bytes:
    """The same as parts; with a name for it, all but the token are files."""
    parts = []
    for name, values in sent.items():
        file = f'; filename="{filename}"' if filename and name != "csrf_token" else ""
        head = f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        parts += [head + one + b"\r\n" for one in values]
    return b"".join(parts) + b"--x--\r\n"


def day_in(text: str) -> dt.date | None:
    """The first day that a text names."""
    day = GERMAN_DAY.search(text)
    return dt.date(int(day[3]), int(day[2]), int(day[1])) if day else None


def is_wrong(control: HtmlElement) -> bool:
    """Whether a control, or the group or the line it stands in, is marked as wrong."""
    if attribute(control, "aria-invalid") == "true":
        return True
    groups = [next(control.iterancestors(tag), None) for tag in ("fieldset", "li")]
    return any(
        attribute(inner, "aria-invalid") == "true"
        for group in groups
        if group is not None
        for inner in (group, *group.iter("fieldset"))
    )


def told_at(page: Page, control: HtmlElement) -> str:
    """The messages that a control, its group, or a group of its line are described by."""
    line = next(control.iterancestors("li"), None)
    groups = [*control.iterancestors("fieldset"), *(line.iter("fieldset") if line is not None else [])]
    names = " ".join(attribute(one, "aria-describedby") for one in (control, *groups)).split()
    return " ".join(text_of(page.by_id(name)) for name in names if "error" in name)


@dataclass
class Trial:
    """One form on trial. `tried_alone` is common to all trials, so that like fields of like forms are not tried twice.

    A further form of a door (another kind of roll call) brings only the fields that those before it did not have.
    """

    found: Found
    watch: Watch
    forget_failures: Callable[[], None]
    tried_alone: set[tuple[str, str, str]]
    sent: Sent = field(default_factory=dict)

    def __post_init__(self) -> None:
        form = self.found.form
        for name, text in form.data({}):
            self.sent.setdefault(name, []).append(text.encode())
        names = [attribute(control, "name") for control in form.controls]
        of_kind = {kind_of_address(name): name for name in reversed(names) if name and name != "csrf_token"}
        self.names = set(of_kind.values())  # of lines that are alike only the first
        self.tried_before = {name for name in self.names if self._is_tried(name, "strange")}
        self.tried_alone |= {(self.found.door, kind_of_address(name), "strange") for name in self.names}
        self.buttons = {attribute(button, "name") for button in form.buttons if button.get("name")}

    def _is_tried(self, name: str, what: str) -> bool:
        return (self.found.door, kind_of_address(name), what) in self.tried_alone

    def send(self, what: str, sent: Sent, body: bytes | None = None, kind: str = FORM) -> tuple[int, Page | None]:
        """The status, and the page when the form is shown again."""
        form, before = self.found.form, self.watch.commits
        self.watch.doing = f"{form.method} {self.found.address} (from {form.page.address}) {what}"
        try:
            answer = self.found.reader.send("POST", self.found.address, encoded(sent) if body is None else body, kind,
                                            token=sent.get("csrf_token", [b""])[0].decode())  # fmt: skip
        except Exception as failure:  # noqa: BLE001  whatever it is, it is what we look for
            self.watch.complain(f"{type(failure).__name__}: {str(failure)[:300]}")
            return 500, None
        status = answer.status_code
        if status not in STORED | REFUSED and not (status == 200 and self.found.door in SHOW_FIRST):
            self.watch.complain(f"answers {status}")
        if (self.watch.commits > before) != (status in STORED):
            self.watch.complain(f"answers {status} and stores {self.watch.commits - before} times")
        if status == 429:
            self.forget_failures()
        if status != 422:
            return status, None
        page = Page(self.found.address, status, answer.get_data(as_text=True))
        self._hold_to_the_law(page, sent)
        return status, page

    def _form_on(self, page: Page) -> Form | None:
        """The same form on the page that came back."""
        ours = self.found.address.partition("?")[0]
        names = {attribute(control, "name") for control in self.found.form.controls}
        same = [form for form in page.forms if target(form).partition("?")[0] == ours]
        return max(same, key=lambda form: len(names & {attribute(c, "name") for c in form.controls}), default=None)

    def _hold_to_the_law(self, page: Page, sent: Sent) -> None:
        form, summary = self._form_on(page), page.by_id("error-summary")
        if form is None:
            self.watch.complain("422 without the form")
            return
        if summary is None or not any(text_of(line) for line in summary.iter("li")):
            self.watch.complain("422 without a summary that says why")
        for control in form.controls:
            if attribute(control, "aria-invalid") == "true" and not told_at(page, control):
                self.watch.complain(f"{attribute(control, 'name')} is marked as wrong without a word")
            if kind_of(control) in TYPED:
                self._comes_back(control, sent.get(attribute(control, "name"), []))

    def _comes_back(self, control: HtmlElement, values: list[bytes]) -> None:
        """What somebody typed stands in the form again, as far as a page can show it."""
        try:
            [typed] = [value.decode() for value in values]
        except ValueError:
            return  # doubled, not sent, or no text
        wanted = unicodedata.normalize("NFC", showable(typed.replace("\r\n", "\n"))).strip()
        shown = str(control.text_content()) if control.tag == "textarea" else attribute(control, "value")
        if shown.strip() != wanted:
            self.watch.complain(f"{attribute(control, 'name')} comes back as {shown[:40]!r}, not {wanted[:40]!r}")

    def fill(self, today: dt.date) -> int:
        """Fill in by the page's own messages what it asks for, until it is accepted. The status of the last try."""
        status = 0
        for _ in range(MOST_ROUNDS):
            status, page = self.send("filled in", self.sent)
            form = self._form_on(page) if page is not None else None
            if page is None or form is None:
                break
            for control in form.controls:
                name = attribute(control, "name")
                if name in self.names and is_wrong(control):
                    self.sent[name] = [self._proposal(page, form, control, today).encode()]
        return status

    def _proposal(self, page: Page, form: Form, control: HtmlElement, today: dt.date) -> str:
        kind, name, told = kind_of(control), attribute(control, "name"), told_at(page, control)
        options = [attribute(option, "value") for option in control.iter("option")]
        example = EXAMPLE.search(text_of(page.by_id(f"{name}-hint")) + " " + told)
        by_kind = {
            "radio": attribute(form.find(name)[0], "value"),
            "checkbox": attribute(form.find(name)[0], "value"),
            "select": next(filter(None, options), ""),
            "date": (day_in(told) or today).isoformat(),
            "time": "10:00" if name.startswith(("start", "arrive")) else "12:00",
            "number": attribute(control, "min") or "1",
            "password": "sieben kleine Zwerge",
        }
        if kind == "date" and by_kind[kind] == attribute(control, "value"):  # that day does not go: try the next
            return (dt.date.fromisoformat(by_kind[kind]) + dt.timedelta(days=1)).isoformat()
        if kind in by_kind:
            return by_kind[kind]
        if attribute(control, "inputmode") in {"email", "numeric"}:
            return {"email": "ali@mail.example", "numeric": attribute(control, "min")}[attribute(control, "inputmode")]
        return example[1] if example else "Ali"

    def press_every_button(self) -> None:
        """Each button of the form with what it says."""
        for button in self.found.form.buttons:
            if button.get("name"):
                text = attribute(button, "value")
                self.send(f"pressing {text}", self.sent | {attribute(button, "name"): [text.encode()]})

    def everywhere(self, what: str, values: list[bytes]) -> None:
        """The same into all fields at once; then into those that took it, until nobody complains any more.

        Where it cannot be told which field complained, each is tried alone.
        """
        self.alone(what, values, self.buttons)
        rest = self.names - self.tried_before
        while rest:
            status, page = self.send(f"{what} in {', '.join(sorted(rest))}", self.sent | dict.fromkeys(rest, values))
            form = self._form_on(page) if page is not None else None
            if form is None:
                if status not in STORED:
                    self.alone(what, values, rest)
                return
            wrong = {attribute(control, "name") for control in form.controls if is_wrong(control)} & rest
            in_lines = {name for name in wrong if re.search(r"-\d", name)}
            self.alone(what, values, in_lines if wrong else rest)
            if not wrong:
                return
            rest -= wrong

    def alone(self, what: str, values: list[bytes], names: Iterable[str]) -> None:
        """Into one field at a time, everything else as it should be."""
        for name in sorted(names):
            if not self._is_tried(name, what):
                self.tried_alone.add((self.found.door, kind_of_address(name), what))
                self.send(f"{what} in {name}", self.sent | {name: values})

    def contradictions(self) -> None:
        """Each day, time and number as early and as late, as small and as large as it can be, the others as they are."""
        for control in self.found.form.controls:
            name, kind = attribute(control, "name"), kind_of(control)
            ends = {"number": [attribute(control, "min"), attribute(control, "max")], **ENDS}.get(kind, [])
            for end in filter(None, ends if name in self.names else []):
                self.alone(f"{end} to contradict", [end.encode()], [name])

    def no_form(self) -> None:
        """Other encodings, nothing at all, and too much of everything; once at each door."""
        key = (self.found.door, "", "")
        if key in self.tried_alone:
            return
        self.tried_alone.add(key)
        token = {"csrf_token": self.sent.get("csrf_token", [])}
        self.send("nothing", {})
        self.send("only the token", token)
        self.send("JSON", token, json.dumps(dict.fromkeys(self.names, 7)).encode(), "application/json")
        self.send("noise", token, b"\x00\xff&&==%%%ZZ&=")
        self.send("half a multipart", token, b"--x\r\nContent-Disposition: form-data; name=", MULTIPART)
        self.send("multipart", token, multipart(self.sent), MULTIPART)
        self.send("files", token, multipart(self.sent, "name.txt"), MULTIPART)
        many = self.sent | {f"field-{number}": [b"1"] for number in range(2000)}
        self.send("2000 fields", many)
        for kind, body in ((MULTIPART, multipart(many)), (FORM, encoded(self.sent | {"x": [b"x" * 1_000_001]}))):
            status, _ = self.send("too much", token, body, kind)
            if status != 413:
                self.watch.complain(f"answers {status} to {len(body)} bytes")
