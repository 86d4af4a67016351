"""Of what is left of somebody, nothing says more than figures need; and how many people it fits is told, to be acted on (PR-6)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

import backup
import clock
from auth.actions import add_user
from auth.guard import Viewer
from auth.rules import Role
from database import db
from programmes.participants.models import Person
from programmes.rights import actions, erasing, ledger, queries
from programmes.rights.models import Erasure
from programmes.rights.rules import (
    FEWEST_ALIKE,
    GIVEN_UP_FIRST,
    NO_TRAIT,
    Traits,
    alike,
    given_up,
    left_of,
    without,
)
from programmes.statistics import queries as statistics
from programmes.statistics.models import VERSIONS
from programmes.statistics.rules import Dimension, Question
from tests.enrolment.scene import PASSWORD
from tests.paper.reading import text_of
from tests.tools.figures import note
from tests.tools.offices import NEW_CLIENT, TRANSACTION

DAYS, LISTED = [dt.date(2026, 1, 12)], ("Arabisch", "Polnisch")
ADA = Traits("female", dt.date(1980, 7, 1), False, "other", "Arabisch")
YEARS = (dt.date(2001, 1, 1), dt.date(2030, 12, 31))
# By which rows figures tell what somebody was.
TOLD_BY = {
    "sex": (Dimension.SEX,),
    "birth_date": (Dimension.AGE, Dimension.AGE_ESF),
    "late_resettler": (Dimension.LATE_RESETTLER,),
    "citizenship_group": (Dimension.CITIZENSHIP,),
    "family_language": (Dimension.FAMILY_LANGUAGE,),
}


@contextmanager
def connection(app: Flask) -> Iterator[Connection]:
    with app.app_context():
        yield db.session.connection()
        db.session.rollback()


@pytest.mark.parametrize(
    ("everybody", "count", "goes"),
    [
        ({ADA: 5}, 5, ()),
        ({ADA: 4}, 4, ("family_language", "citizenship_group", "late_resettler", "birth_date", "sex")),  # there are no five
        ({ADA: 4, ADA._replace(family_language="Polnisch"): 1}, 4, ("family_language",)),
        ({ADA: 4, ADA._replace(family_language=None): 9}, 4, ("family_language",)),  # who told nothing is not like who did
        ({ADA: 1, ADA._replace(birth_date=None): 4, ADA._replace(family_language=None): 3}, 1, ("birth_date",)),
        ({ADA: 2, ADA._replace(sex="male", family_language="Polnisch"): 3}, 2, ("family_language", "sex")),
        ({ADA: 1, ADA._replace(late_resettler=True): 4}, 1, ("family_language", "citizenship_group", "late_resettler", "birth_date", "sex")),
    ],
)  # fmt: skip
def test_the_fewest_traits_go_for_five_to_be_alike(
    everybody: dict[Traits, int], count: int, goes: tuple[str, ...]
) -> None:
    assert alike(ADA, everybody) == count
    found = given_up(ADA, everybody)
    assert set(found) == set(goes)
    if goes and len(goes) < len(GIVEN_UP_FIRST):
        assert alike(without(ADA, found), everybody) >= FEWEST_ALIKE


def test_who_no_figure_counts_leaves_nothing() -> None:
    told = Traits("female", dt.date(1979, 3, 4), True, "eu", "Klingonisch")
    assert left_of(told, [], LISTED) == NO_TRAIT
    assert left_of(told, DAYS, LISTED) == ("female", dt.date(1980, 7, 1), True, "eu", "other")
    assert left_of(told._replace(birth_date=None), DAYS, LISTED).birth_date is None


def tables(by: Dimension) -> object:
    question = Question(*YEARS, by)
    return [statistics.table(Viewer.office(), question, disclose=False)]


def test_whatever_is_left_is_needed_by_a_figure(demo_app: Flask, database_kind: str) -> None:
    """Of everybody the demo counts: with any trait less, some exact table would be another one; and of nobody else is anything left."""
    with connection(demo_app) as session:
        places = sa.text("SELECT DISTINCT person_id FROM enrolment WHERE status IN ('enrolled', 'completed')")
        counted = set(session.scalars(places))
        some = sorted(counted)[:: len(counted) // 6]
        others = sorted(
            set(erasing.left_of_all(session)) - set(session.scalars(sa.text("SELECT person_id FROM enrolment")))
        )
        for person_id in (*some, *others):
            erasing.set_aside(session, person_id, clock.now())
        left = erasing.left_of_all(session, erasing.PERSON.c.withheld_at.is_not(None))
        assert {left[person_id] for person_id in others} == {NO_TRAIT}
        assert len(others) > 20
        rest = session.execute(
            sa.text("SELECT DISTINCT municipality_id FROM person WHERE withheld_at IS NOT NULL")
        ).all()
        assert [tuple(row) for row in rest] == [(None,)]
        needed, before = 0, {by: tables(by) for told in TOLD_BY.values() for by in told}
        for person_id in some:
            for name, value in zip(Traits._fields, left[person_id], strict=True):
                if value in (None, False):
                    continue
                with session.begin_nested() as point:
                    erasing.give_up(session, person_id, [name])
                    assert any(tables(by) != before[by] for by in TOLD_BY[name]), (person_id, name)
                    point.rollback()
                needed += 1
        assert needed > 15
        note("alike", database_kind, needed)


def test_a_command_prints_the_smallest_group_and_how_many_are_too_small(
    demo_app: Flask, transaction: TRANSACTION
) -> None:
    with transaction() as session:
        left = erasing.left_of_all(session.connection())
        everybody = Counter(left.values())
        rare = min(left, key=lambda one: (alike(left[one], everybody), one))
        common = max(left, key=lambda one: (left[one] != NO_TRAIT, alike(left[one], everybody), one))
        assert alike(left[rare], everybody) < FEWEST_ALIKE <= alike(left[common], everybody)
        for person_id in (rare, common):
            erasing.set_aside(session.connection(), person_id, clock.now())
    told = demo_app.test_cli_runner().invoke(args=["rights", "groups"]).output
    lines = [int(line.split()[0]) for line in told.splitlines()]
    assert lines[:3] == [2, alike(left[rare], everybody), 1]
    assert len(lines) == 3 + len(given_up(left[rare], everybody))


def test_the_officer_may_take_more_away_and_a_restored_backup_does_it_again(
    demo_app: Flask, new_client: NEW_CLIENT, transaction: TRANSACTION, tmp_path: Path
) -> None:
    (Path(demo_app.instance_path) / ledger.NAME).unlink(missing_ok=True)
    path = tmp_path / "friday.kursbuch"
    office = Viewer.office()
    with demo_app.app_context():
        backup.save(path)
        db.session.remove()
    with transaction() as session:
        over = "SELECT e.person_id FROM enrolment e JOIN course c ON c.id = e.course_id GROUP BY e.person_id HAVING max(c.ends_on) < '2025-01-01'"
        left = erasing.left_of_all(session.connection())
        everybody = Counter(left.values())
        ties = queries.ties_of(office, list(session.scalars(sa.text(over))))
        free = [one for one, own in ties.items() if not queries.holds(office, one) and own]
        rare = next(one for one in sorted(free) if 0 < len(given_up(left[one], everybody)) < 3)
        add_user("otto@buero.example", "Otto", [Role.OFFICER], clock.now(), password=PASSWORD)
        erasure = actions.erase_at_once(office, rare, clock.now()).id
    otto = new_client()
    otto.sign_in("otto@buero.example", PASSWORD)
    otto.open(f"/erasures/{erasure}")
    count = alike(left[rare], everybody)
    assert ("einen Menschen zu" if count == 1 else f"nur auf {count} Menschen zu") in otto.page.main
    with otto.fetch(f"/erasures/{erasure}.pdf") as proof:
        assert f"weniger als {FEWEST_ALIKE}" in " ".join(text_of(proof.data).split())
    otto.open(f"/erasures/{erasure}")
    page = otto.submit(button="Auch das löschen")
    assert "Auch das löschen" not in page.main
    goes = given_up(left[rare], everybody)

    def is_less(session: Connection) -> bool:
        now = erasing.left_of_all(session, erasing.PERSON.c.id == rare)[rare]
        versions = VERSIONS[Person]
        known = session.execute(sa.select(*(versions.c[name] for name in goes)).where(versions.c.id == rare)).all()
        gone = {tuple(getattr(NO_TRAIT, name) for name in goes)}
        return now == without(left[rare], goes) and {tuple(row) for row in known} == gone

    with transaction() as session:
        assert is_less(session.connection())
        assert queries.left_of(rare).alike >= FEWEST_ALIKE
    assert otto.post(f"/erasures/{erasure}/traits").status_code == 409, "enough are alike by now"
    with demo_app.app_context():
        backup.load(path)
        db.session.remove()
    with transaction() as session:
        assert is_less(session.connection())
        assert session.scalars(sa.select(Erasure.person_id).execution_options(viewer="test")).all() == [rare]
