"""What pages are dressed in: static files with versioned addresses, and Fira Sans, cut on this machine."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request, send_from_directory, url_for

from auth.guard import public

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
A_YEAR = "public, max-age=31536000, immutable"

# Part of the fonts' addresses, which are cached for a year: raise it here and in static/kursbuch.css when typeface.py
# cuts differently.
RECIPE = 1
PREFIX = f"fira-sans-{RECIPE}"
EVERY_PAGE = tuple(f"{PREFIX}-{cut}.woff2" for cut in ("regular", "semibold"))
FONTS = (*EVERY_PAGE, *(f"{PREFIX}-{cut}-names.woff2" for cut in ("regular", "semibold")))

WORKER = "worker.js"  # has an address of its own: programmes/attendance/offline.py

blueprint = Blueprint("assets", __name__)
_cutting = threading.Lock()


def init_app(app: Flask) -> None:
    """Serve the fonts and the icon, give templates `asset(…)` and `page_fonts`, and let versioned files be cached for a year."""
    app.register_blueprint(blueprint)
    app.add_template_global(asset)
    app.add_template_global(module)
    app.jinja_env.globals["page_fonts"] = EVERY_PAGE
    app.after_request(_cache_versioned)


def asset(filename: str) -> str:
    """The address of a static file. It changes with the file's content, so it may be cached for a year."""
    return _addresses(request.script_root)[filename]


def modules() -> list[str]:
    """The modules of the phone, which import each other by bare neighbourhood: ./store.js."""
    return sorted(path.name for path in (STATIC / "phone").glob("*.js") if path.name != WORKER)


def module(name: str) -> str:
    """The address of one of them. Its folder is named after the content of all, so they always fit each other."""
    return _addresses(request.script_root)[f"phone/{name}"]


@cache
def _addresses(script_root: str) -> dict[str, str]:
    """Where everything is, by its path in static/, under the address of the application. Read once: a page names a dozen."""
    files = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()]
    found = {name: url_for("static", filename=name, v=_version(name)) for name in files}
    names = modules()
    return found | {f"phone/{name}": url_for("assets.phone", version=_modules_version(), name=name) for name in names}


@cache
def _modules_version() -> str:
    return _digest("".join(_version(f"phone/{name}") for name in modules()).encode())


def _version(filename: str) -> str:
    return _digest((STATIC / filename).read_bytes())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _cache_versioned(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code in {200, 304}:
        response.headers["Cache-Control"] = A_YEAR
    return response


def cut_fonts(instance: Path) -> Path:
    """The folder of the web fonts, cut now if one of them is missing: about four seconds, once per installation.

    In a process of its own: fontTools would cost every start 0.1 s and the server 30 MB for good.
    """
    folder = instance / "fonts"
    with _cutting:
        if not all((folder / name).exists() for name in FONTS):
            command = [sys.executable, "-m", "typeface", str(folder), PREFIX]
            subprocess.run(command, cwd=HERE, check=True)  # noqa: S603  our own module, nothing from a visitor
    return folder


@blueprint.get("/fonts/<name>")
@public
def font(name: str) -> Response:
    """One web font."""
    if name not in FONTS:
        abort(404)
    response = send_from_directory(cut_fonts(Path(current_app.instance_path)), name, mimetype="font/woff2")
    response.headers["Cache-Control"] = A_YEAR
    return response


@blueprint.get("/phone/<version>/<name>")
@public
def phone(version: str, name: str) -> Response:
    """One module of the phone; a page older than the installation gets the new one, and does not keep it."""
    if name not in modules():
        abort(404)
    response = send_from_directory(STATIC / "phone", name, mimetype="text/javascript")
    response.headers["Cache-Control"] = A_YEAR if version == _modules_version() else "no-cache"
    return response


@blueprint.get("/favicon.ico")
@public
def icon() -> Response:
    """The icon, for browsers that ask for it at its ancient address."""
    return send_from_directory(STATIC, "favicon.svg", max_age=86400)
