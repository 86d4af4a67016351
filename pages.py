"""How every page is answered: filters of the templates, language, headers, and what people read when it goes wrong."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import MutableMapping
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from flask import Flask, Response, g, jsonify, render_template, request, session
from flask.templating import Environment
from flask_babel import Babel, get_translations, gettext
from flask_wtf.csrf import CSRFError, generate_csrf
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from markupsafe import Markup, escape
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, NoResultFound, OperationalError
from werkzeug.exceptions import HTTPException, NotFound, SecurityError
from werkzeug.routing import IntegerConverter

import clock
from auth import trace
from auth.guard import login_manager, may, seconds_left, wants_json
from auth.rules import safe_target
from database import LARGEST_ID, db, is_disk_full
from fields import sentence
from programmes.catalogue.rules import units
from wording import N_, Reason, Refused, Term

log = logging.getLogger("kursbuch")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # says to old browsers and to scanners what the policy says to all others
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

ERRORS = {
    400: (N_("Das kam nicht richtig an"), N_("Bitte gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.")),
    401: (N_("Bitte melden Sie sich an"), N_("Die Anmeldung ist abgelaufen.")),
    403: (N_("Das geht hier nicht"), N_("Die Anfrage kam nicht von einer Seite von Kursbuch.")),
    404: (N_("Nicht gefunden"), N_("Diese Seite gibt es nicht, oder sie gehört nicht zu Ihrem Bereich.")),
    405: (N_("Das geht hier nicht"), N_("Diese Adresse lässt sich so nicht aufrufen.")),
    409: (N_("Das passt nicht mehr zusammen"), N_("Jemand war schneller, oder die Daten haben sich geändert. Es wurde nichts gespeichert.")),
    413: (N_("Das ist zu groß"), N_("So viel auf einmal nimmt Kursbuch nicht an. Es wurde nichts gespeichert.")),
    422: (N_("Bitte prüfen Sie Ihre Angaben"), N_("Es wurde nichts gespeichert.")),
    429: (N_("Zu viele Versuche"), N_("Bitte warten Sie eine Viertelstunde.")),
    500: (N_("Hier ist etwas schiefgegangen"), N_("Es wurde nichts gespeichert. Bitte versuchen Sie es noch einmal.")),
    503: (N_("Gerade nicht erreichbar"), N_("Die Datenbank antwortet nicht. Es wurde nichts gespeichert. Bitte versuchen Sie es gleich noch einmal.")),
    507: (N_("Der Speicher des Servers ist voll"), N_("Es wurde nichts gespeichert. Bitte sagen Sie der Technik Bescheid.")),
}  # fmt: skip


REFUSED = N_("Das geht so nicht")  # … and the reasons below


class RowNumber(IntegerConverter):
    """`<int:…>` in addresses: larger numbers than a database key can be are simply not there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max", LARGEST_ID)
        super().__init__(*args, **kwargs)

    def to_python(self, value: str) -> int:
        return int(super().to_python(value[:20]))


class Templates(Environment):
    """Flask's, but for the globals: put into one dictionary when a template is loaded, because none is added after the start.

    Jinja keeps them in a chain, and looks through all of it for every import of every page: a tenth of the time.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


class CompiledTemplates(FileSystemBytecodeCache):
    """Templates as they were compiled last time: the first page of a start need not wait for it. A full disk only costs time."""

    def __init__(self, instance: Path) -> None:
        self.folder = instance / "templates"
        super().__init__(str(self.folder))

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


def locale() -> str:
    """German, unless this browser asked for English with the switch at the foot of the page."""
    chosen = session.get("locale")
    return chosen if chosen in {"de", "en"} else "de"


class Texts(dict[str, Markup]):
    """One language's texts as markup, each looked up once: a page asks for hundreds."""

    def __init__(self, translations: Any, language: str) -> None:
        super().__init__()
        self.translations, self.language = translations, language

    def __missing__(self, key: str) -> Markup:
        found = self[key] = Markup(self.translations.ugettext(key))  # noqa: S704  our own text
        return found


_texts = lru_cache(Texts)  # one for each language


def texts() -> Texts:
    """The texts in the reader's language."""
    try:
        found: Texts = g.texts
    except AttributeError:
        found = g.texts = _texts(get_translations(), locale())
    return found


def text(key: str, /, **values: object) -> Markup:
    """`_("…")` of the templates: our texts may hold markup, values are escaped."""
    found = texts()[key]
    return _filled(found, values) if values else found


def number_of(singular: str, plural: str, num: int, /, **values: object) -> Markup:
    """`ngettext("%(num)s fehlt", "%(num)s fehlen", 3)` of the templates."""
    return _filled(texts().translations.ungettext(singular, plural, num), {"num": num, **values})


def _filled(ours: str, values: dict[str, object]) -> Markup:
    safe = {name: escape(value) for name, value in values.items()}
    return Markup(str.__mod__(ours, safe))  # noqa: S704  our own text, and values escaped one line above


def term(member: Term | None) -> str:
    """A member of a closed list by its name in the reader's language."""
    return str(texts()[member.label]) if member is not None else "–"


@lru_cache(maxsize=4096)
def _date(day: dt.date, pattern: str, language: str) -> str:
    return format_date(day, pattern, locale=language)


@lru_cache(maxsize=1440)
def _time(time: dt.time, language: str) -> str:
    return format_time(time, "HH:mm", locale=language)


def date(day: dt.date | None, pattern: str = "dd.MM.yyyy") -> str:
    """22.11.2026; with a pattern of Babel's, such as `EEEE, d. MMMM yyyy`, anything else."""
    return _date(day, str(pattern), texts().language) if day else "–"


def moment(instant: dt.datetime | None) -> str:
    """An instant as the clock on the wall in the county shows it."""
    if instant is None:
        return "–"
    local = instant.astimezone(clock.BERLIN)
    return f"{date(local.date())}, {wall_clock(local.time())}"


def daterange(first: dt.date | None, last: dt.date | None) -> str:
    """13.10.–14.11.2003"""
    if first is None or last is None:
        return "–"
    if first == last:
        return date(first)
    return f"{date(first, 'dd.MM.' if first.year == last.year else 'dd.MM.yyyy')}–{date(last)}"


def wall_clock(time: dt.time | None) -> str:
    """09:00"""
    return _time(time, texts().language) if time else "–"


def decimal(number: float | Fraction | None, digits: int = 2) -> str:
    """2,67"""
    if number is None:
        return "–"
    return format_decimal(float(number), "#,##0." + "#" * digits, locale=texts().language)


def in_units(minutes: int, unit_minutes: int) -> str:
    """40 UE (45 Min.) or 34 Std. (60 Min.): never bare hours (domain.md B0.2)."""
    number = decimal(units(minutes, unit_minutes))
    if unit_minutes == 60:
        return gettext("%(number)s Zeitstunden (60 Min.)", number=number)
    return gettext("%(number)s UE (45 Min.)", number=number)


def in_minutes(minutes: int | None) -> str:
    """3 Std. 20 Min."""
    if minutes is None:
        return "–"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return gettext("%(minutes)s Min.", minutes=rest)
    if not rest:
        return gettext("%(hours)s Std.", hours=hours)
    return gettext("%(hours)s Std. %(minutes)s Min.", hours=hours, minutes=rest)


def error_page(code: int, reasons: list[Reason] | None = None) -> tuple[str | Response, int]:
    """What people read when it goes wrong: no technical detail, but the number that stands in the log."""
    title, text = ERRORS.get(code, ERRORS[500 if code >= 500 else 400])
    title = REFUSED if reasons else title
    if wants_json():
        return jsonify(error=gettext(title), reference=trace.request_id()), code
    page = render_template(
        "errors/error.html",
        code=code,
        title=gettext(title),
        text=gettext(text),
        reasons=reasons or [],
        reference=trace.request_id(),
    )
    return page, code


def _too_big_or_wrong(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error
    page, code = error_page(error.code or 500)
    return page, code, [(name, value) for name, value in error.get_headers() if name != "Content-Type"]  # Allow, …


def _not_our_address(error: SecurityError) -> Response:
    """Somebody says Kursbuch has another host: no page then, for no address of ours could be made for it."""
    return Response(gettext(ERRORS[400][0]) + "\n", 400, mimetype="text/plain")


def _database_is_away(error: DBAPIError) -> tuple[str | Response, int, dict[str, str]]:
    log.error("database: %s reference=%s", type(error.orig).__name__, trace.request_id())
    db.session.rollback()
    login_manager._update_request_context_with_user()  # the page must not ask the database who it is for
    page, _ = error_page(503)
    return page, 503, {"Retry-After": "10"}


def _somebody_was_faster(error: IntegrityError) -> tuple[str | Response, int]:
    log.warning("conflict: %s reference=%s", type(error.orig).__name__, trace.request_id())
    db.session.rollback()
    return error_page(409)


def _broken(error: Exception) -> Any:
    original = getattr(error, "original_exception", None) or error
    if isinstance(original, OperationalError | InternalError):
        return _database_is_away(original)
    if isinstance(original, IntegrityError):
        return _somebody_was_faster(original)
    if is_disk_full(original):
        log.error("the disk is full, reference=%s", trace.request_id())
        return error_page(507)
    log.error("unhandled error, reference=%s: %s", trace.request_id(), trace.where_it_failed(original))
    db.session.rollback()
    g.pop("trace", None)
    return error_page(500)


def init_app(app: Flask, *, demo: bool, https: bool) -> None:
    """Give the app its language, filters, headers and error pages."""
    app.jinja_environment = Templates
    Babel(app, default_locale="de", locale_selector=locale, default_timezone="Europe/Berlin")
    app.url_map.converters["int"] = RowNumber
    app.jinja_env.filters.update(
        term=term,
        reason=sentence,
        date=date,
        moment=moment,
        daterange=daterange,
        clock=wall_clock,
        decimal=decimal,
        units=in_units,
        minutes=in_minutes,
    )
    app.jinja_env.globals.update(
        _=text,
        gettext=text,
        ngettext=number_of,
        may=may,
        seconds_left=seconds_left,
        csrf_token=generate_csrf,
        demo_mode=demo,
        today=clock.today,
        reference=trace.request_id,
    )
    app.jinja_env.bytecode_cache = CompiledTemplates(Path(app.instance_path))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def reader() -> dict[str, Any]:
        here = safe_target(request.full_path.rstrip("?")) if request.method == "GET" else None
        return {"locale": locale(), "here": here}

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if (request.endpoint != "static" or response.status_code >= 400) and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.register_error_handler(NoResultFound, lambda error: _too_big_or_wrong(NotFound()))
    app.register_error_handler(CSRFError, lambda error: error_page(400))
    app.register_error_handler(Refused, lambda error: error_page(409, error.reasons))
    app.register_error_handler(OperationalError, _database_is_away)
    app.register_error_handler(InternalError, _database_is_away)  # PostgreSQL that has become read-only
    app.register_error_handler(IntegrityError, _somebody_was_faster)
    app.register_error_handler(SecurityError, _not_our_address)
    app.register_error_handler(HTTPException, _too_big_or_wrong)
    app.register_error_handler(500, _broken)
    # Flask's own line would quote what the failure says, and with it people's data; `_broken` says where it happened.
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign]
