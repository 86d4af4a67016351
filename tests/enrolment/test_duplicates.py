"""Who may be there already: found among all by an index, shown to whom it concerns, and asked for beyond the scope with measure."""

import datetime as dt
import itertools
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask

import clock
from auth.guard import Viewer
from auth.models import TraceEntry, User
from auth.rules import Role
from database import db
from programmes.enrolment import queries
from programmes.participants import queries as people_queries
from programmes.participants.models import NameSound, Person
from programmes.participants.rules import ASKS_ALLOWED, KnownPerson, likely_duplicates, name_sounds
from tests.enrolment.scene import SECRETS, Scene
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

SignIn = Callable[[str], Client]
MIA = "/participants/similar?given_name=Mia&family_name=Mutter&birth_date=12.05.1971"
BEYOND = "Diese Person ist vielleicht schon im Kreis bekannt."


def known_people() -> list[KnownPerson]:
    query = sa.select(Person.id, Person.name_keys, Person.birth_date).where(Person.is_child.is_(False))
    rows = db.session.execute(query.execution_options(viewer=Viewer.office()))
    return [KnownPerson(row.id, tuple(row.name_keys), row.birth_date) for row in rows]


def test_the_index_offers_all_whom_the_comparison_with_everybody_finds(demo_app: Flask) -> None:
    """The demo's people as they are, with an unknown birth date, and some with one letter of the last word left out."""
    with demo_app.app_context():
        known = known_people()
        asked = [(one.keys, day) for one in known for day in {one.birth_date, None}]
        asked += [((one.keys[0][:-2] + one.keys[0][-1:],), None) for one in known[::5]]
        pairs = 0
        for number, (keys, day) in enumerate(asked):
            wanted = likely_duplicates(keys, day, known)
            pairs += len(wanted) > 1
            if len(wanted) > 1 or number % 20 == 0:  # of those who are like nobody else some will do
                assert (
                    likely_duplicates(keys, day, people_queries.alike(Viewer.office(), keys, [day] if day else []))
                    == wanted
                )
        assert pairs > 5


def test_the_scope_is_the_same_asked_at_once_or_one_by_one(demo_app: Flask) -> None:
    with demo_app.app_context():
        sizes = set()
        for user in db.session.scalars(sa.select(User)):
            viewer = Viewer(user.id, frozenset({Role.COORDINATOR}), clock.today())
            at_once, one_by_one = (
                set(db.session.scalars(scope(viewer).with_only_columns(Person.id)))
                for scope in (queries.visible_people, queries.visible_one_by_one)
            )
            assert at_once == one_by_one
            sizes.add(len(at_once))
        assert len(sizes) > 3


def test_sounds_follow_the_name(scene: Scene, transaction: TRANSACTION) -> None:
    def sounds() -> set[str]:
        hers = sa.select(NameSound.sound).where(NameSound.person_id == scene.people["bea"])
        return set(db.session.scalars(hers.execution_options(viewer=Viewer.office())))

    with transaction() as session:
        assert sounds() == {"p", "pnl"}
        bea = session.get_one(Person, scene.people["bea"], execution_options={"viewer": Viewer.office()})
        bea.family_name = "Yılmaz"
        session.flush()
        assert sounds() == {"p", "alms"}
        session.delete(bea)
        session.flush()
        assert sounds() == set()


def test_a_list_may_bring_more_names_than_a_statement_takes(scene: Scene, transaction: TRANSACTION) -> None:
    words = ["".join(letters) for letters in itertools.product("fklmnprst", repeat=5)]
    keys = [*words, *(f"a{word}" for word in words)]
    assert len(name_sounds(keys)) > 2**16
    with transaction():
        viewer = scene.viewer("cleo")
        found = people_queries.alike(viewer, [*keys, "mia muter"], [dt.date(1990, 1, 1)])
        assert scene.people["mia"] in {one.id for one in found}


def test_who_is_alike_is_shown_while_somebody_types(signed_in: SignIn, scene: Scene) -> None:
    cora = signed_in("cora")
    page = cora.open("/participants/similar?given_name=Ada&family_name=Canar")
    assert "geboren 1971: A-1" in page.main
    assert page.links["Kanar, Ada"] == f"/participants/{scene.people['ada']}"
    page = cora.open(f"/participants/similar?given_name=Canar&family_name=Ada&course={scene.courses['A']}")
    assert page.links["Kanar, Ada"].startswith(f"/courses/{scene.courses['A']}/enrol?person=")
    assert "schon" not in cora.open("/participants/similar?given_name=%00&birth_date=gestern").main
    assert "schon" not in cora.open("/participants/similar").main
    cora.open(f"/participants/similar?course={scene.courses['B']}", status=404)


def test_beyond_the_scope_one_sentence_is_said_and_nothing_else(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    cora = signed_in("cora")
    page = cora.open(MIA)
    assert BEYOND in page.main
    assert not [secret for secret in (*SECRETS, "Mutter", "B-1") if secret in page.main]
    for vague in (
        MIA.replace("12.05.1971", "05.1971"),
        MIA.replace("12.05.1971", "13.05.1971"),
        MIA.replace("Mia&", "&"),
    ):
        assert BEYOND not in cora.open(vague).main
    assert BEYOND not in signed_in("cleo").open(MIA).main  # who knows her sees her name
    with transaction() as session:
        lines = session.scalars(
            sa.select(TraceEntry).where(TraceEntry.act == "ask who is known elsewhere").order_by(TraceEntry.id)
        ).all()
        assert [line.actor_id for line in lines] == [scene.users[name] for name in ("cora", "cora", "cleo")]
        assert not any(line.object_id for line in lines)


def test_before_saving_it_is_said_and_can_be_answered(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    cora = signed_in("cora")
    cora.open("/participants/new")
    page = cora.submit({"given_name": "Mia", "family_name": "Mutter", "birth_date": "12.05.1971"}, status=422)
    assert BEYOND in page.main
    assert f"/participants/{scene.people['mia']}" not in page.html
    assert cora.submit({"someone_else": True}).h1 == "Mia Mutter"
    with transaction() as session:
        acts = set(session.scalars(sa.select(TraceEntry.act).where(TraceEntry.actor_id == scene.users["cora"])))
        assert {"ask who is known elsewhere", "POST enrolment.add_person"} <= acts


def test_who_asks_too_often_is_told_nothing_of_others(
    signed_in: SignIn, scene: Scene, transaction: TRANSACTION
) -> None:
    cora = signed_in("cora")
    cora.open(MIA)
    with transaction() as session:
        asked = session.scalars(sa.select(TraceEntry).where(TraceEntry.act == "ask who is known elsewhere")).one()
        line = {
            "at": asked.at,
            "actor_id": asked.actor_id,
            "act": asked.act,
            "status": 200,
            "request_id": "x",
            "subject_hash": asked.subject_hash,
        }
        session.execute(sa.insert(TraceEntry), [line] * (ASKS_ALLOWED - 1))
    page = cora.open(MIA)
    assert BEYOND not in page.main
    assert "Sie haben in der letzten Stunde sehr oft gefragt" in page.main
