"""Answers a phone that wants to work without a network: the worker, the page it keeps, what it is installed as.

None of this names anybody. The lists come as JSON (phone.py) and lie on the phone under its own lock (static/phone/store.js).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, request, url_for
from flask_babel import force_locale, get_locale, gettext
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

import assets
from auth.guard import public
from programmes.attendance.rules import WITH_REASON, Mark
from programmes.attendance.views import Choice, absence_reasons, choice, choices
from programmes.catalogue.rules import PACKS, Counted

blueprint = Blueprint("offline", __name__)
LOCALES = ("de", "en")
COLOURS = {"light": "#ffffff", "dark": "#11161d"}  # of the ground: static/kursbuch.css, --canvas
# Milliseconds after which a page that has not come is answered from the phone; what comes later takes its place. A phone
# without lists has nothing to show meanwhile.
PATIENCE, PATIENCE_WITHOUT_LISTS = 500, 4000


def init_app(app: Flask) -> None:
    """Give templates what a leader's page tells its scripts."""
    app.jinja_env.globals.update(phone_texts=texts, theme_colours=COLOURS)
    app.jinja_env.globals["offline_allowed"] = lambda: current_app.config["SETTINGS"].offline


def texts() -> Markup:
    """What the scripts say, in the reader's language, as JSON. `{n}` is a number they fill in; of two forms one is for a
    single one."""
    return _texts(str(get_locale()))


@cache
def _texts(language: str) -> Markup:
    texts = {
        "waitingOne": gettext("1 Eintrag wartet"),
        "waitingMany": gettext("{n} Einträge warten"),
        "shortOne": gettext("1 wartet"),
        "shortMany": gettext("{n} warten"),
        "othersOne": gettext("1 Eintrag einer anderen Anmeldung liegt noch auf diesem Gerät"),
        "othersMany": gettext("{n} Einträge einer anderen Anmeldung liegen noch auf diesem Gerät"),
        "triesOne": gettext("Die PIN stimmt nicht. Noch 1 Versuch."),
        "triesMany": gettext("Die PIN stimmt nicht. Noch {n} Versuche."),
        "sent": gettext("gesendet"),
        "offline": gettext("kein Netz; wird von selbst gesendet"),
        "later": gettext("der Server antwortet nicht; wird wieder versucht"),
        "signIn": gettext("zum Senden bitte neu anmelden"),
        "signInLink": gettext("Anmelden"),
        "refused": gettext("Nicht angenommen"),
        "conflict": gettext("Widerspricht einem früheren Eintrag"),
        "number": gettext("Nr. {n}"),
        "unreadable": gettext("Dieser Eintrag ist auf dem Gerät nicht mehr lesbar."),
        "notTaken": gettext("Der Server konnte diesen Eintrag nicht lesen."),
        "closeOffline": gettext("Abschließen geht erst mit Netz. Ihre Einträge sind auf diesem Gerät gesichert."),
        "closeWaits": gettext(
            "Noch nicht abgeschlossen: Es warten noch Einträge. Bitte versuchen Sie es gleich noch einmal."
        ),
        "saveOffline": gettext("Speichern geht erst mit Netz. Die Anwesenheit ist auf diesem Gerät gesichert."),
        "notKept": gettext("Dieses Gerät kann nichts aufbewahren. Bitte speichern Sie mit „Speichern“."),
        "fill": gettext("Alle Übrigen anwesend"),
        "undo": gettext("Rückgängig"),
        "single": gettext("Einzeln zeigen"),
        "list": gettext("Als Liste zeigen"),
        "of": gettext("{n} von {m}"),
        "tooEasy": gettext("Diese PIN ist zu leicht zu erraten."),
        "sixDigits": gettext("Bitte sechs Ziffern."),
        "wiped": gettext(
            "Zehnmal falsch: Die Listen sind von diesem Gerät gelöscht. Was noch nicht gesendet war, bleibt."
        ),
        "back": gettext("Wieder mit Netz"),
        "emptied": gettext("Dieses Gerät wurde gesperrt und geleert."),
        "device": gettext("Telefon"),
        "pinOffline": gettext("Gerade ist kein Netz da. Bitte versuchen Sie es später noch einmal."),
        "pinLater": gettext("Das ging gerade nicht. Bitte versuchen Sie es später noch einmal."),
        "today": gettext("Heute"),
        "open": gettext("Anwesenheit erfassen"),
        "view": gettext("Ansehen"),
        **{f"mark_{mark.value}": gettext(mark.label) for mark in Mark},
    }
    return htmlsafe_json_dumps(texts)


def _locale() -> str:
    asked = request.args.get("l")
    return asked if asked in LOCALES else LOCALES[0]


@blueprint.get("/attendance/shell")
@public
def shell() -> str:
    """The page that a phone keeps: everything but people. It fills itself from the phone's own store."""
    return _shell(_locale())


def _shell(locale: str) -> str:
    with force_locale(locale):
        person, parts = (_choices(who) for who in (Counted.PERSONS, Counted.FAMILIES))
        return render_template(
            "offline/shell.html",
            locale=locale,
            is_shell=True,
            choices=person,
            family_choices=choices(parts, family=True),
            parts=parts,
            absence_reasons=absence_reasons(),
        )


def _choices(who: Counted) -> list[Choice]:
    """The buttons of all packs that count these; static/phone/shell.js leaves those that a meeting offers."""
    packs = [pack for pack in PACKS.values() if pack.who is who]
    offered = {key for pack in packs for key in pack.marks}
    return [choice(mark, WITH_REASON) for mark in Mark if mark in offered or mark is Mark.NOT_RECORDED]


@blueprint.get("/sw.js")
@public
def worker() -> Response:
    """The worker, or one that ends itself. Asked for anew at every visit: whatever it was told, it can be told otherwise."""
    locale = _locale()
    told: dict[str, Any] = {"off": True}
    if current_app.config["SETTINGS"].offline:
        files = _files()
        told = {
            "version": _digest(_shell(locale), *files),
            "shell": url_for("offline.shell", l=locale),
            "files": files,
            "patience": PATIENCE,
            "patience_without_lists": PATIENCE_WITHOUT_LISTS,
        }
    code = (assets.STATIC / "phone" / "worker.js").read_text(encoding="utf-8")
    response = Response(f"const KURSBUCH = {json.dumps(told)};\n{code}", mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


def _files() -> list[str]:
    """What the page needs besides itself, by addresses that change with their content."""
    return [
        *(assets.asset(name) for name in ("kursbuch.css", "phone.css", "kursbuch.js", "favicon.svg")),
        *(assets.module(name) for name in assets.modules()),
        *(url_for("assets.font", name=name) for name in assets.FONTS),
    ]


@lru_cache(maxsize=8)
def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """What Kursbuch is on a home screen."""
    told = jsonify(
        id="/today",
        name=gettext("Kursbuch – Integrationsbüro Kreis Offenbach"),
        short_name="Kursbuch",
        description=gettext("Teilnehmende, Kurse und Anwesenheit im Integrationsbüro Kreis Offenbach"),
        lang=LOCALES[0],
        dir="ltr",
        start_url="/today",
        scope="/",
        display="standalone",
        theme_color=COLOURS["light"],
        background_color=COLOURS["light"],
        icons=[
            {"src": assets.asset("favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {"src": assets.asset("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "maskable"},
            {"src": assets.asset("icon.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
        ],
    )
    told.mimetype = "application/manifest+json"
    told.headers["Cache-Control"] = "no-cache"
    return told
