"""Changes which questions are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from auth.guard import Viewer
from database import db
from programmes.statistics.models import SavedReport


def save_report(viewer: Viewer, name: str, arguments: Mapping[str, str], now: dt.datetime) -> SavedReport:
    """Keep a question for whoever asked it."""
    report = SavedReport(owner_id=viewer.id, name=name, arguments=dict(arguments), saved_at=now)
    db.session.add(report)
    db.session.flush()
    return report


def delete_report(report: SavedReport) -> None:
    """Forget a question; what it asked about stays as it is."""
    db.session.delete(report)
    db.session.flush()
