"""Kursbuch. `python run.py` serves; `python run.py COMMAND` is the command line (`--help` lists all)."""

from __future__ import annotations

import gc

gc.disable()  # what an import builds stays: looking through it again and again takes a tenth of the start

import logging
import os
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import waitress
from flask import Flask
from flask.cli import FlaskGroup
from flask_compress import Compress
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import assets
import auth
import backup
import database
import demo
import jobs
import officer
import pages
import schema
import translations
from auth import guard, trace
from programmes import capabilities
from programmes.catalogue.report import load_catalogue
from programmes.rights import retention
from settings import Settings, Unsafe

gc.freeze()
gc.enable()

HERE = Path(__file__).resolve().parent
LARGEST_REQUEST = 1_000_000  # bytes
WITHOUT_TABLES = {
    "--help",
    "access",
    "db",
    "doors",
    "routes",
    "run",
    "shell",
}  # commands that leave the schema as it is


def create_app(settings: Settings) -> Flask:
    """Build the application: settings, database, auth, programmes, then seal the doors."""
    app = Flask("kursbuch", root_path=str(HERE), instance_path=str(settings.instance))
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        SESSION_COOKIE_NAME="__Host-kursbuch" if settings.https else "kursbuch",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=10),
        TRUSTED_HOSTS=None if settings.demo else [urlsplit(settings.public_url).hostname, "127.0.0.1", "localhost"],
        WTF_CSRF_TIME_LIMIT=None,  # a roll call may lie open all morning
        WTF_CSRF_SSL_STRICT=False,  # our own pages send no Referer; the guard checks Origin and Sec-Fetch-Site instead
        BABEL_TRANSLATION_DIRECTORIES=str(translations.compiled(settings.instance)),
        COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript", "image/svg+xml", "application/json"],
    )
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    Compress(app)
    pages.init_app(app, demo=settings.demo, https=settings.https)
    database.init_app(app, before_commit=trace.with_the_change, afterwards=trace.on_their_own)
    trace.init_app(app)
    guard.init_app(app)
    CSRFProtect(app)  # after the guard: who may not open a door is not told what its form lacks
    assets.init_app(app)
    backup.init_app(app)
    auth.init_app(app)
    capabilities.init_app(app)
    demo.init_app(app)
    guard.seal(app)
    return app


def serve(app: Flask) -> None:
    """Migrate, fill an empty demo, say where it is, and answer until stopped."""
    settings: Settings = app.config["SETTINGS"]
    schema.migrate(app)
    with app.app_context():
        load_catalogue()
        if settings.demo:
            demo.fill_if_empty(app)
        else:
            demo.refuse_demo_data()
    assets.cut_fonts(settings.instance)
    print(f"Kursbuch: {settings.public_url}", flush=True)
    if settings.demo:
        print(demo.logins(second_factor=settings.second_factor), flush=True)
    worker = jobs.Worker(app, (*officer.CHORES, *retention.CHORES))
    worker.start()
    try:
        listen(app, settings.host, settings.port, behind_proxy=settings.trusted_proxies > 0)
    finally:
        worker.stop()


def listen(app: Flask, host: str, port: int, threads: int = 8, *, behind_proxy: bool = False) -> None:
    """Answer until stopped. What the start has built stays for good, so the garbage collector need not look at it again."""
    gc.freeze()
    waitress.serve(
        app,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        clear_untrusted_proxy_headers=not behind_proxy,  # else ProxyFix reads them
        max_request_body_size=LARGEST_REQUEST * 2,
    )


def main() -> None:
    """Serve, or run a command."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    os.umask(0o077)  # what Kursbuch writes is about people, so its owner alone may read it
    try:
        app = create_app(Settings.from_environment())
    except Unsafe as refusal:
        print(refusal, file=sys.stderr)
        raise SystemExit(2) from None
    if len(sys.argv) == 1:
        serve(app)
    else:
        if not WITHOUT_TABLES & set(sys.argv[1:]):
            schema.migrate(app)
        schema.tool(app)  # `db`
        FlaskGroup(create_app=lambda: app, add_default_commands=True).main(prog_name="run.py")


if __name__ == "__main__":
    main()
