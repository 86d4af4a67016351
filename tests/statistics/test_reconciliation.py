"""Paper, marks and report of a period side by side: each kind of difference, and that nothing differs when nothing does."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

import clock
from programmes.attendance.models import AttendanceMark, SheetFiling
from programmes.attendance.rules import SheetState
from programmes.catalogue.models import Meeting
from programmes.enrolment.models import Enrolment
from programmes.statistics.reconciliation.rules import Difference, differences
from tests.certificates import scene as finished
from tests.certificates.scene import COORDINATOR, PASSWORD, STRANGER
from tests.statistics.test_funding import OFFICE, file_sheets
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

D = Difference


@pytest.mark.parametrize(
    ("sheet", "said", "found"),
    [
        (SheetState.FILED, {}, []),
        (SheetState.NOT_PRINTED, {"signatures": None}, [D.SHEET_MISSING]),
        (SheetState.PRINTED, {"signatures": None}, [D.SHEET_MISSING]),
        (SheetState.OUTDATED, {"signatures": None}, [D.SHEET_OUTDATED]),
        (SheetState.FILED, {"closed": False, "signatures": 2}, [D.NOT_CLOSED]),
        (SheetState.FILED, {"unmarked": 1}, [D.MARKS_MISSING]),
        (SheetState.FILED, {"signatures": 2}, [D.SIGNATURES]),
        (SheetState.FILED, {"reported": 2}, [D.REPORT]),
        (SheetState.NOT_PRINTED, {"signatures": None, "heads_only": True}, []),
    ],
)  # fmt: skip
def test_each_kind_of_difference(sheet: SheetState, said: dict[str, Any], found: list[Difference]) -> None:
    usual: dict[str, Any] = {"closed": True, "signatures": 3, "there": 3, "reported": 3, "unmarked": 0}
    assert differences(sheet, **usual | said) == found


def test_silent_when_all_is_equal_and_names_each_difference(client: Client, transaction: TRANSACTION) -> None:
    with transaction() as session:
        scene = finished.build("IL", people=3, meetings=6)
        file_sheets(scene)
        days = [session.get_one(Meeting, number).date for number in scene.meetings]
        period = f"first={min(days)}&last={max(days)}"
    client.sign_in(COORDINATOR, PASSWORD)
    page = f"/statistics/reconciliation?{period}&course={scene.course}"
    text = client.open(page).text
    assert "Alles stimmt überein" in text
    assert "Termine: 6 · abgelegte Listen: 6 · abgeschlossen: 6" in text
    assert "Unterschriften: 18 · anwesend: 18 · im Bericht: 18" in text
    with transaction() as session:
        missing, outdated, unmarked, still_open, signed, outside = (
            session.get_one(Meeting, one) for one in scene.meetings
        )

        def filing(meeting: Meeting) -> SheetFiling:
            return session.scalars(
                sa.select(SheetFiling).where(SheetFiling.meeting_id == meeting.id), execution_options=OFFICE
            ).one()

        def marks(meeting: Meeting) -> list[AttendanceMark]:
            query = sa.select(AttendanceMark).where(AttendanceMark.meeting_id == meeting.id)
            return list(session.scalars(query.order_by(AttendanceMark.enrolment_id), execution_options=OFFICE))

        session.delete(filing(missing))
        session.delete(filing(outdated))
        outdated.ends_at = dt.time(12, 30)
        session.delete(marks(unmarked)[0])
        filing(unmarked).signatures = 2
        still_open.closed_at = None
        filing(signed).signatures = 4
        leaver = session.get_one(Enrolment, marks(outside)[0].enrolment_id, execution_options=OFFICE)
        leaver.exit_date = outside.date - dt.timedelta(days=1)
    shown = client.open(page).rows
    found = [(line[2], number) for number, line in enumerate(shown[1:])]
    assert found == [
        ("Liste fehlt", 0),
        ("Liste fehlt, die gedruckte ist überholt", 1),
        ("Einträge fehlen", 2),
        ("nicht abgeschlossen", 3),
        ("Unterschriften ≠ Anwesende", 4),
        ("Anwesende ≠ Bericht", 5),
    ]


def test_whose_meetings_and_how_many(client: Client, transaction: TRANSACTION) -> None:
    """The question decides which meetings; nobody else's show up, and what is too long or past is no question for paper."""
    with transaction():
        finished.build("RA", people=1, meetings=2)
        finished.build("ZZ", people=1, meetings=1, coordinator=STRANGER)
    client.sign_in(COORDINATOR, PASSWORD)
    year = clock.today().year
    text = client.open(f"/statistics/reconciliation?first={year - 1}-01-01&last={year}-12-31").text
    assert "Termine: 2 · abgelegte Listen: 0" in text
    page = client.open(f"/statistics/reconciliation?first={year - 3}-01-01&last={year}-12-31", status=422)
    assert "höchstens drei Jahre" in page.errors["Bis"]
    for more in ("disclose=true", f"as_of={clock.today() - dt.timedelta(days=1)}"):
        question = f"first={year - 1}-01-01&last={year - 1}-12-31&{more}"
        assert client.fetch(f"/statistics/reconciliation?{question}").status_code == 404, more
