"""Who is erased is nowhere, in no byte; and no figure of any day is another one."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

import clock
from auth.guard import Viewer
from database import Base, db
from programmes.certificates.models import PERSONAL
from programmes.participants.models import Person
from programmes.rights import erasing, extract
from programmes.rights.rules import REGISTER, coarser_birth
from programmes.rights.scrub import scrub
from programmes.statistics import queries
from programmes.statistics.rows import Behind
from programmes.statistics.rules import MEASURE, Column, Dimension, Question, Row
from tests.rights import canaries
from tests.tools.figures import note

WORD, OTHER = "Kanarienvogel", "Zaunkoenig"
TELLING = (
    "personal_link", "name_check", "contact_attempt", "follow_up", "make_up", "pick_up", "consent", "enrolment_change",
    "paper_decision", "mark_event", "batch_item", "notice", "sub_group_member",
)  # fmt: skip
BY = (
    (Dimension.PROGRAMME, None), (Dimension.AGE, None), (Dimension.CITIZENSHIP, Dimension.SEX), (Dimension.FAMILY_LANGUAGE, None),
    (Dimension.AGE_ESF, Dimension.COURSE), (Dimension.LATE_RESETTLER, Dimension.AGE),
)  # fmt: skip


@contextmanager
def connection(app: Flask) -> Iterator[Connection]:
    with app.app_context():
        yield db.session.connection()
        db.session.rollback()


def figures() -> list[tuple[list[Row], Row]]:
    """Tables of all the years, as known now and on a past day."""
    question = Question(date(2001, 1, 1), date(2030, 12, 31), Dimension.COURSE)
    return [
        queries.table(
            Viewer.office(), Question(question.first, question.last, by, then, known_on=known_on), disclose=False
        )
        for by, then in BY
        for known_on in (None, date(2026, 1, 31))
    ]


def everything(session: Connection) -> dict[str, list[tuple[str, ...]]]:
    return {
        table.name: [tuple(map(repr, row)) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
        for table in Base.metadata.sorted_tables
    }


def several(session: Connection) -> list[int]:
    """Ten people of the demo: whoever the most is told about, and some by chance."""
    told = {canaries.somebody_with(session, name) for name in TELLING}
    papers = session.scalars(
        sa.text("SELECT DISTINCT e.person_id FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id")
    )
    return sorted({*filter(None, told), *random.Random(7).sample(sorted(papers), 4)})


def test_no_figure_of_any_day_changes_and_everything_can_be_put_back(demo_app: Flask) -> None:
    with connection(demo_app) as session:
        people = several(session)
        assert len(people) >= 10
        before, rows = figures(), everything(session)
        aside = {
            person: json.loads(json.dumps(erasing.set_aside(session, person, clock.now())[0])) for person in people
        }
        assert figures() == before
        assert everything(session)["person"] != rows["person"]
        for person in reversed(people):
            erasing.put_back(session, aside[person])
        assert everything(session) == rows
        for person in people:
            content, _ = erasing.set_aside(session, person, clock.now())
            erasing.forget(session, person, content, clock.now())
        assert sum(len(one["papers"]) for one in aside.values()) >= 4
        assert figures() == before
        issued = Behind(Viewer.office(), Question(date(2001, 1, 1), date(2030, 12, 31), Dimension.COURSE), ())
        papers = [issued.page(MEASURE["papers_issued"], number) for number in range(1, 9)]
        unnamed = [line for page in papers for line in page.lines if line.cells[Column.PAPER] is None]
        assert unnamed, "they are counted, and nobody can say which ones they are"
        assert {line.person_id for line in unnamed} == {None}


def test_whoever_is_erased_is_in_no_byte(demo_app: Flask, database_kind: str) -> None:
    with demo_app.app_context():
        session = db.session.connection()
        people = several(session)
        words = canaries.mark(session, people, WORD)
        assert {"person", "enrolment_change", "follow_up", "make_up", "pick_up"} <= {
            table for table, _ in words.values()
        }
        db.session.commit()
        assert found_in_the_database(WORD)
        session = db.session.connection()
        for person in people:
            content, _ = erasing.set_aside(session, person, clock.now())
            erasing.forget(session, person, content, clock.now())
        kept = session.execute(sa.text("SELECT * FROM certificate WHERE erased_at IS NOT NULL")).mappings().all()
        assert kept
        assert all(row[name] is None for row in kept for name in PERSONAL)
        db.session.commit()
        scrub(db.engine)
        assert not found_in_the_database(WORD)
    note("texts", database_kind, len(words))


def found_in_the_database(word: str) -> list[str]:
    """Where a word stands: in which file of SQLite, in which table of PostgreSQL."""
    url = db.engine.url
    if url.drivername.startswith("sqlite"):
        files = [Path(f"{url.database}{ending}") for ending in ("", "-wal", "-shm")]
        return [path.name for path in files if path.exists() and word.encode() in path.read_bytes()]
    with db.engine.connect() as here:
        return [
            table.name
            for table in Base.metadata.sorted_tables
            if here.scalar(sa.text(f"SELECT count(*) FROM {table.name} t WHERE t::text LIKE '%{word}%'"))
        ]


def test_an_extract_holds_everything_about_one_person_and_nothing_about_others(demo_app: Flask) -> None:
    with connection(demo_app) as session:
        people = several(session)
        mine, others = people[0], people[1:]
        canaries.mark(session, others, OTHER)
        words = canaries.mark(session, [mine], WORD)
        db.session.expire_all()
        person = db.session.get_one(Person, mine, execution_options={"viewer": "test"})
        told = json.dumps(extract.gather(Viewer.office(), person, clock.now()), ensure_ascii=False)
        left_out = [
            REGISTER[table].internal or REGISTER[table].columns[name].internal for table, name in words.values()
        ]
        expected = [word for word, hidden in zip(words, left_out, strict=True) if not hidden]
        assert len(expected) > 10
        assert [word for word in expected if word not in told] == []
        assert OTHER not in told
        assert '"kept"' in told
        assert '"accesses"' in told


@pytest.mark.parametrize(
    ("birth", "entries"),
    [
        (date(1986, 3, 15), [date(2026, 3, 20), date(2021, 3, 14)]),  # 35 since five days, and 34 a day before
        (date(2008, 3, 15), [date(2026, 3, 14)]),
        (date(1971, 12, 31), [date(1996, 12, 31), date(1996, 12, 30)]),  # only the day itself will do
    ],
)
def test_a_coarser_day_of_birth_leaves_everybody_in_their_class(birth: date, entries: list[date]) -> None:
    def years(day: date, born: date) -> int:
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    found = coarser_birth(birth, entries)
    assert found is not None
    for limits in ((18, 25, 35, 50, 65), (18, 30, 55)):
        for day in entries:
            assert [years(day, found) < limit for limit in limits] == [years(day, birth) < limit for limit in limits]
    assert coarser_birth(birth, []) is None


@pytest.mark.parametrize(
    ("births", "entries"),
    [
        ([date(1976, 3, 2), date(1980, 5, 17), date(1989, 12, 31)], [date(2026, 1, 12)]),  # all 35 to 49
        ([date(1997, 8, 1), date(2000, 1, 31)], [date(2026, 1, 12), date(2026, 9, 1)]),  # 25 to 29 at both
        ([date(1941, 1, 1), date(1959, 2, 3)], [date(2026, 1, 12)]),
    ],
)
def test_people_of_one_class_of_age_are_left_with_the_same_day(births: list[date], entries: list[date]) -> None:
    found = {coarser_birth(birth, entries) for birth in births}
    assert len(found) == 1
    assert found.isdisjoint(births)
