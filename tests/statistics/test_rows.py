"""Behind every exact figure stands what it counts, no more and no less, on both databases."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from auth.guard import Viewer
from auth.models import TraceEntry, User
from auth.rules import Role
from programmes.participants.rules import Sex
from programmes.statistics import queries, rows
from programmes.statistics.rows import Behind
from programmes.statistics.rules import MEASURE, MEASURES, Dimension
from tests.statistics.test_figures import CLOCK, NOW, PASSWORD, PERIOD, SETTLED, counted, moved_on
from tests.statistics.test_versions import YEAR, a_person, correct_everything
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION

__all__ = ["counted", "moved_on"]
TABLES = [(Dimension.COURSE, Dimension.MONTH), (Dimension.MONTH, Dimension.SEX), (Dimension.QUARTER, None)]


@pytest.mark.usefixtures("moved_on")
@pytest.mark.parametrize("known_on", [None, dt.date(2026, 3, 31)])
def test_every_figure_is_made_of_what_stands_behind_it(
    client: Client, transaction: TRANSACTION, known_on: dt.date | None
) -> None:
    """Every measure in every row and in the total. What was corrected since is listed as it was known then."""
    with transaction() as session:
        a_person(session, "Anna").sex = Sex.FEMALE
        user_id = session.scalars(sa.select(User.id).where(User.email == "ra@o.example")).one()
        if known_on:
            correct_everything(session)
    viewer = Viewer(user_id, frozenset({Role.COORDINATOR}), NOW.date())
    seen = set()
    with transaction():
        for by, then in TABLES[:1] if known_on else TABLES:
            question = replace(YEAR, by=by, then=then, known_on=known_on)
            found, total = queries.table(viewer, question, disclose=False)
            for row in [*found, total]:
                keys = () if row is total else tuple(head.key for head in row.heads)
                behind = Behind(viewer, question, keys)
                for measure in MEASURES:
                    figure = row.figures[measure.key]
                    if row is total or figure:
                        assert behind.figure(measure) == figure, (by, then, keys, measure.key)
                    seen |= {measure.key} if figure else set()
    assert len(seen) >= (16 if known_on else 22), set(MEASURE) - seen


ROWS = f"/statistics/rows?{PERIOD}&by=course"


@pytest.mark.usefixtures("moved_on")
def test_a_number_opens_the_names_it_counts_and_leaves_a_trace(client: Client, transaction: TRANSACTION) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    client.open(f"/statistics?{PERIOD}&by=course&topic=attendance")
    page = client.click("450")
    assert page.h1 == "Personenminuten angeboten: 450"
    assert page.rows[1] == ["1. Beispiel, Anna", "12.01.2026", "90", "=1+1 Kurs RA-1"]
    assert len(page.rows) == 1 + 5
    page = client.open(f"{ROWS}&measure=persons")
    assert (page.h1, [row[0] for row in page.rows[1:]]) == (
        "Personen: 3", ["1. Beispiel, Anna", "1. Beispiel, Anna", "2. Beispiel, Bert", "3. Beispiel, Leyla"],
    )  # fmt: skip
    assert "4 Zeilen mit 3 Nummern" in page
    page = client.open(f"{ROWS}&measure=children&row=MK-1")
    assert page.rows[1][:2] == ["1. Beispiel, Can", "Beispiel, Anna"]
    page = client.open(f"{ROWS}&measure=papers_issued")
    assert page.rows[1] == ["1. Beispiel, Anna", "01.03.2026", "KB-2026-1", "=1+1 Kurs RA-1"]
    rate = client.open(f"{ROWS}&measure=attendance_rate&row=RA-1")
    assert rate.h1 == "Besuchsquote: 53,3 %"
    assert client.click("Personenminuten besucht").h1 == "Personenminuten besucht: 240"
    with transaction() as session:
        entry = session.scalars(sa.select(TraceEntry).order_by(TraceEntry.id.desc())).first()
        assert entry is not None
        assert (entry.act, entry.object_id, entry.rows) == ("read statistics.rows", "minutes_attended", 3)


@pytest.mark.usefixtures("moved_on")
def test_what_is_not_in_the_table_is_not_there(client: Client, set_clock: CLOCK) -> None:
    """Rows of others, rows that are none, figures a row cannot have, and whatever is to be passed on."""
    set_clock(SETTLED)
    client.sign_in("ra@o.example", PASSWORD)
    for query in (
        "measure=persons&row=IL-0", "measure=persons&row=XX-9", "measure=persons&row=%00", "measure=nothing",
        "measure=persons&row=RA-1&row2=2026-01", "measure=persons&row=RA-1&then=month", "measure=persons&row2=RA-1&by=",
        "measure=persons&row=RA-1&disclose=y", "measure=meetings_held&by=sex&row=female",
    ):  # fmt: skip
        address = f"{ROWS}&{query}".replace("by=course&", "" if "by=" in query else "by=course&")
        assert client.fetch(address).status_code in {404, 422}, query
    assert client.open(f"{ROWS}&measure=meetings_held").h1 == "Termine abgeschlossen: 3"
    assert "/statistics/rows" not in client.fetch(f"/statistics?{PERIOD}&by=course&disclose=y").text
    client.sign_out()
    client.sign_in("eva@o.example", PASSWORD)
    assert client.fetch(f"{ROWS}&measure=persons").status_code == 404
    assert "/statistics/rows" not in client.fetch(f"/statistics?{PERIOD}&by=course").text
    client.sign_out()
    client.sign_in("il@o.example", PASSWORD)
    assert client.fetch(f"{ROWS}&measure=persons&row=RA-1").status_code == 404
    assert "Beispiel" not in client.open(f"{ROWS}&measure=enrolments").main


@pytest.mark.usefixtures("counted")
def test_a_long_list_has_pages_and_asks_no_more(
    client: Client, counting: COUNTING, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.sign_in("ra@o.example", PASSWORD)
    client.open(f"{ROWS}&measure=minutes_enrolled")
    with counting() as whole:
        assert len(client.open(f"{ROWS}&measure=minutes_enrolled").rows) == 1 + 6
    monkeypatch.setattr(rows, "LINES_PER_PAGE", 4)
    with counting() as part:
        page = client.open(f"{ROWS}&measure=minutes_enrolled&page=2")
    assert page.h1 == "Personenminuten angeboten: 540"
    assert [row[0] for row in page.rows[1:]] == ["5. Beispiel, Bert", "6. Beispiel, Leyla"]
    assert len(part) == len(whole) <= 16
