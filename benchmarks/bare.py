"""The yardsticks, and nothing else: a page with one query and a table of thirty rows, and a durable upsert of what is sent."""

from __future__ import annotations

import sqlite3
import threading
from functools import partial
from pathlib import Path

import psycopg
from flask import Flask, Response, jsonify, render_template, request
from jinja2 import DictLoader

ROWS = 30
PAGE = """<!doctype html>
<html lang="de">
<head><meta charset="utf-8"><title>{{ title }}</title></head>
<body>
<h1>{{ title }}</h1>
<table>
<thead><tr><th>Nummer</th><th>Name</th><th>Ort</th><th>Beginn</th><th>Plätze</th></tr></thead>
<tbody>
{% for row in rows %}
<tr><td>{{ row.id }}</td><td>{{ row.name }}</td><td>{{ row.town }}</td><td>{{ row.begins }}</td><td>{{ row.places }}</td></tr>
{% endfor %}
</tbody>
</table>
</body>
</html>
"""


def create_app(path: Path, url: str | None = None) -> Flask:
    """The page on a database of its own, which is made if it is not there; the upsert there, or on PostgreSQL at `url`."""
    app = Flask("bare")
    app.jinja_loader = DictLoader({"page.html": PAGE})
    database = sqlite3.connect(path, check_same_thread=False)
    database.row_factory = sqlite3.Row
    with database:
        database.execute("CREATE TABLE IF NOT EXISTS course (id INTEGER PRIMARY KEY, name, town, begins, places)")
        database.executemany(
            "INSERT OR IGNORE INTO course VALUES (?, ?, ?, ?, ?)",
            [(number, f"Kurs {number}", "Dietzenbach", "2026-11-23", 12) for number in range(1, ROWS + 1)],
        )

    @app.get("/")
    def page() -> str:
        rows = database.execute("SELECT id, name, town, begins, places FROM course ORDER BY id").fetchall()
        return render_template("page.html", title="Kurse", rows=rows)

    @app.post("/upsert")
    def upsert() -> Response:
        rows = [(row["id"], row["meeting"], row["enrolment"], row["mark"]) for row in request.get_json()["events"]]
        (_upsert_postgres if url else partial(_upsert_sqlite, path))(rows, url)
        return jsonify(results=[{"id": row[0], "status": "stored"} for row in rows])

    return app


TABLE = (
    "CREATE TABLE IF NOT EXISTS mark (id VARCHAR(36) PRIMARY KEY, meeting INTEGER, enrolment INTEGER, mark VARCHAR(20))"
)
UPSERT = "INSERT INTO mark VALUES ({0}, {0}, {0}, {0}) ON CONFLICT (id) DO UPDATE SET mark = excluded.mark"
kept = threading.local()


def _upsert_sqlite(path: Path, rows: list[tuple[str, int, int, str]], url: str | None) -> None:
    if not hasattr(kept, "connection"):
        kept.connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        kept.connection.execute("PRAGMA journal_mode=WAL")
        kept.connection.execute("PRAGMA synchronous=FULL")
        kept.connection.execute(TABLE)
    kept.connection.execute("BEGIN IMMEDIATE")
    kept.connection.executemany(UPSERT.format("?"), rows)
    kept.connection.execute("COMMIT")


def _upsert_postgres(rows: list[tuple[str, int, int, str]], url: str | None) -> None:
    if not hasattr(kept, "connection"):
        kept.connection = psycopg.connect(url or "")
        kept.connection.execute("SELECT pg_advisory_xact_lock(1)")  # eight threads make the table at once
        kept.connection.execute(TABLE)
        kept.connection.commit()
    with kept.connection.cursor() as cursor:
        cursor.executemany(UPSERT.format("%s"), rows)
    kept.connection.commit()
