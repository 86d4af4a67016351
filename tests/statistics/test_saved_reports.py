"""A question that is kept is asked again, compared with the year before, and known to its owner alone."""

import datetime as dt
from dataclasses import replace

import pytest

from programmes.statistics.rules import MEASURE, SECRET, a_year_before, difference, present_period
from tests.statistics.test_figures import CLOCK, PASSWORD, PERIOD, SETTLED, counted, moved_on
from tests.statistics.test_versions import SPRING, YEAR, correct_everything
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

__all__ = ["counted", "moved_on"]


@pytest.mark.usefixtures("counted")
def test_a_question_is_kept_and_answered_again_byte_for_byte(
    client: Client, transaction: TRANSACTION, set_clock: CLOCK
) -> None:
    set_clock(SPRING)
    client.sign_in("ra@o.example", PASSWORD)
    client.open(f"/statistics?{PERIOD}&by=municipality&as_of=2026-03-31")
    client.submit({"name": " "}, button="Diese Frage merken", status=422)
    page = client.submit({"name": "Beirat"}, button="Diese Frage merken")
    before = client.fetch(page.links["CSV"]).data
    with transaction() as session:
        correct_everything(session)
    client.open("/statistics")
    again = client.click("Beirat")
    assert client.fetch(again.links["CSV"]).data == before
    set_clock(dt.datetime(2027, 4, 1, 12, tzinfo=dt.UTC))
    client.sign_in("ra@o.example", PASSWORD)
    client.open("/statistics")
    assert "01.01.2027 – 31.12.2027" in client.click("neuester Zeitraum")
    client.sign_out()
    client.sign_in("il@o.example", PASSWORD)
    assert "Beirat" not in client.open("/statistics")
    assert client.post("/statistics/saved/1/delete").status_code == 404
    client.sign_out()
    client.sign_in("ra@o.example", PASSWORD)
    client.open("/statistics")
    assert "Beirat" not in client.submit(button="Löschen")


@pytest.mark.usefixtures("moved_on")
def test_two_years_stand_side_by_side(client: Client, set_clock: CLOCK) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    query = "first=2026-09-01&last=2027-08-31&by=programme&topic=outcome"
    rows = client.open(f"/statistics/compare?{query}").rows
    assert rows[2][0].endswith("P01a")
    assert rows[-1] == ["Summe", "1", "–", "-1", *["–"] * 6, "1", "–", "-1", *["–"] * 3]
    page = client.open(f"/statistics/compare?{PERIOD}&by=month&topic=offer")
    assert [row[0] for row in page.rows[2:]] == ["2026-01", "2026-02", "2026-03", "2026-04", "Summe"]
    assert page.rows[-1][1:4] == ["–", "4", "+4"]
    client.sign_out()
    set_clock(SETTLED)
    client.sign_in("eva@o.example", PASSWORD)
    page = client.open(f"/statistics/compare?{PERIOD}&by=course")
    assert "könnte allein vom Runden kommen" in page
    assert page.rows[-1][1:4] == ["·", "5", "x"]


def test_a_year_before_keeps_ends_of_months_and_the_time_to_come_in() -> None:
    leap = replace(YEAR, first=dt.date(2025, 1, 1), last=dt.date(2025, 2, 28), known_on=dt.date(2025, 3, 28))
    earlier = a_year_before(leap)
    assert (earlier.last, earlier.known_on) == (dt.date(2024, 2, 29), dt.date(2024, 3, 28))
    assert a_year_before(replace(leap, last=dt.date(2024, 2, 29))).last == dt.date(2023, 2, 28)
    today = dt.date(2026, 11, 28)
    quarter, half = (dt.date(2025, 1, 1), dt.date(2025, 3, 31)), (dt.date(2024, 7, 1), dt.date(2024, 12, 31))
    assert present_period(*quarter, today, disclose=False) == (dt.date(2026, 10, 1), dt.date(2026, 12, 31))
    assert present_period(*quarter, today, disclose=True) == (dt.date(2026, 7, 1), dt.date(2026, 9, 30))
    assert present_period(*half, today, disclose=True) == (dt.date(2026, 1, 1), dt.date(2026, 6, 30))
    assert present_period(dt.date(2020, 2, 29), dt.date(2020, 3, 5), today, disclose=False) == (
        dt.date(2026, 2, 28), dt.date(2026, 3, 5),
    )  # fmt: skip


def test_rounded_figures_have_no_difference() -> None:
    persons, meetings = MEASURE["persons"], MEASURE["meetings_held"]
    assert difference(persons, 12, 7, disclose=False) == 5
    assert difference(persons, 10, 5, disclose=True) is None
    assert difference(persons, SECRET, 5, disclose=True) is None
    assert difference(meetings, 12, 7, disclose=True) == 5
