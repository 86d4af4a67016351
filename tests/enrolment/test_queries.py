"""Two coordinators, two courses: nobody reads what belongs to the other."""

from collections.abc import Callable

import pytest
from sqlalchemy.exc import NoResultFound

from auth.guard import Viewer
from database import db
from programmes.enrolment import queries, search
from programmes.enrolment.duplicates import alike
from programmes.enrolment.models import SubGroup
from programmes.enrolment.rules import EnrolmentStatus
from programmes.enrolment.waiting import queries as waiting
from programmes.participants.models import Person
from programmes.participants.rules import PersonFacts
from tests.enrolment.scene import Scene, crowd, put
from tests.tools.client import Client
from tests.tools.offices import COUNTING, TRANSACTION


def names(viewer: Viewer, text: str = "") -> set[str]:
    return {person.given_name for person in search.people(viewer, text).items}


def test_people_are_sorted_by_letter_in_every_list(scene: Scene, transaction: TRANSACTION) -> None:
    given = ["Meier-Koch", "Ziegler", "Çakır", "Daum", "Müller", "Mueller", "Meier", "علي"]
    with transaction() as session:
        for number, person_id in enumerate(crowd(scene, "A", len(given), EnrolmentStatus.ENROLLED)):
            session.get_one(Person, person_id, execution_options={"viewer": "test"}).family_name = given[number]
    with transaction():
        viewer, entered = scene.viewer("cora"), set(given)
        listed = [one.family_name for one in search.people(viewer).items if one.family_name in entered]
        numbered = [one.name.split(",")[0] for one in queries.roster(viewer, scene.courses["A"])]
        assert listed == ["Çakır", "Daum", "Meier", "Meier-Koch", "Müller", "Mueller", "Ziegler", "علي"]
        assert [name for name in numbered if name in entered] == listed


def test_people_belong_to_their_coordinator(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        assert names(scene.viewer("cora")) == {"Ada", "Bea"}
        assert names(scene.viewer("cleo")) == {"Mia", "Eva"}
        assert names(scene.viewer("cleo"), "tom") == {"Tom"}  # children are found, not listed
        assert names(scene.viewer("boss")) == {"Ada"}  # Bea is in no course yet: she is known to who entered her
        assert names(scene.viewer("lena")) == set()
        with pytest.raises(NoResultFound):
            queries.person(scene.viewer("cora"), scene.people["mia"])


def test_who_leads_and_coordinates_sees_people_of_what_they_coordinate_only(
    scene: Scene, transaction: TRANSACTION
) -> None:
    with transaction():
        boss = scene.viewer("boss")
        assert {course.number for course in search.courses(boss).items} == {"A-1", "B-1"}
        assert queries.persons_on_roster(boss, scene.courses["B"]) == {}
        with pytest.raises(NoResultFound):
            queries.enrolment(boss, scene.enrolments["B-mia"])


def test_courses_of_people_do_not_tell_of_foreign_courses(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        put(scene, "B", "ada", EnrolmentStatus.WAITING)
    with transaction():
        ada = scene.people["ada"]
        assert {one.course.number for one in queries.courses_of_people(scene.viewer("cora"), [ada])[ada]} == {"A-1"}
        assert {one.course.number for one in queries.courses_of_people(scene.viewer("cleo"), [ada])[ada]} == {"B-1"}
        assert queries.courses_of_people(scene.viewer("lena"), [ada]) == {}


def test_waiting_lists_places_and_groups_are_scoped(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction() as session:
        put(scene, "A", "bea", EnrolmentStatus.WAITING)
        put(scene, "B", "eva", EnrolmentStatus.WAITING, ["kim"])
        session.add(SubGroup(course_id=scene.courses["A"], name="Türkisch", valid_from=scene.today))
    with transaction():
        cora, cleo, lena = (scene.viewer(name) for name in ("cora", "cleo", "lena"))
        assert [one.person.given_name for one in waiting.waiting_list(cora, scene.courses["A"])] == ["Bea"]
        for stranger in (cleo, lena):
            assert waiting.waiting_list(stranger, scene.courses["A"]) == []
            assert waiting.waiting_children(stranger, scene.courses["B"]) == {} or stranger is cleo
        assert set(queries.places_of(cora)) == {scene.courses["A"]}
        assert [one.number for one in queries.free_and_waiting(cora)] == ["A-1"]
        assert [one.number for one in queries.free_and_waiting(cleo)] == ["B-1"]
        assert queries.free_and_waiting(lena) == []
        assert queries.free_and_waiting(cora)[0].possible == 1
        assert [group.name for group in queries.sub_groups(cora, scene.courses["A"])] == ["Türkisch"]
        assert [group.name for group in queries.sub_groups(lena, scene.courses["A"])] == ["Türkisch"]
        assert queries.sub_groups(cleo, scene.courses["A"]) == []


def test_duplicates_are_looked_for_in_the_own_scope(scene: Scene, transaction: TRANSACTION) -> None:
    with transaction():
        for name, known, foreign in (("cora", "ada", "mia"), ("cleo", "mia", "ada")):
            viewer = scene.viewer(name)
            for key in (known, foreign):
                somebody = db.session.get_one(Person, scene.people[key], execution_options={"viewer": viewer})
                facts = PersonFacts(somebody.given_name, somebody.family_name, birth_date=somebody.birth_date)
                found = alike(viewer, facts, beyond=True)
                assert [one.id for one in found.people] == ([somebody.id] if key == known else [])
                assert found.elsewhere is (key == foreign)
                assert not alike(viewer, facts, beyond=False).elsewhere


@pytest.mark.parametrize("text", ["ada", "ADA", "kanar", "Kanar, ", "ada kanar", "kanar ada", "Ада", "qanar"])
def test_people_are_found_however_they_are_written(scene: Scene, transaction: TRANSACTION, text: str) -> None:
    with transaction():
        assert names(scene.viewer("cora"), text.replace(",", "")) == {"Ada"}


@pytest.mark.parametrize("text", ["%", "_", "\\", "a_a", "ada' OR 1=1 --", "x" * 200])
def test_signs_of_a_pattern_are_letters_like_others(scene: Scene, transaction: TRANSACTION, text: str) -> None:
    with transaction():
        assert names(scene.viewer("cora"), text) == set()


@pytest.mark.parametrize("state", ["running", "planned", "finished", "cancelled", "all"])
def test_courses_are_narrowed(signed_in: Callable[[str], Client], scene: Scene, state: str) -> None:
    cora = signed_in("cora")
    page = cora.open(f"/courses?state={state}&programme=999&q=kurs a&page=99999999999999999999")
    assert ("Kurs A" in page.main) is (state in {"running", "all"})


STRANGE = [
    "/courses/{B}", "/courses/{B}/enrol", "/participants/{mia}", "/participants/{tom}", "/participants/{mia}/edit",
    "/participants/{mia}/children", "/participants/{mia}/consent", "/participants/{mia}/consents.pdf", "/participants/{mia}/notice", "/participants/{mia}/notice.pdf", "/enrolments/{B-mia}/promote",
    "/enrolments/{B-mia}/leave", "/enrolments/{B-mia}/return", "/participants/new?course={B}",
    "/participants/new-family?course={B}", "/courses/{A}/enrol?person={mia}",
    "/courses/9223372036854775808", "/participants/9223372036854775807", "/enrolments/0/leave",
]  # fmt: skip


def test_what_is_not_yours_is_not_there(signed_in: Callable[[str], Client], scene: Scene) -> None:
    cora = signed_in("cora")
    numbers = {**scene.courses, **scene.people, **scene.enrolments}
    missing = cora.open("/participants/999999", 404).main
    for pattern in STRANGE:
        address = pattern.format_map(numbers)
        assert cora.open(address, 404).main[:40] == missing[:40], address
        if "course=" not in address and "person=" not in address:
            assert cora.post(address, {"status": "withdrawn"}).status_code in {404, 405}, address
    lena = signed_in("lena")
    for pattern in (
        "/participants",
        "/participants/{ada}",
        "/courses/{A}/enrol",
        "/enrolments/{A-ada}/leave",
        "/courses/{B}",
    ):
        lena.open(pattern.format_map(numbers), 404)


@pytest.mark.parametrize("address", ["/courses", "/courses/{A}", "/participants", "/courses/{A}/enrol?q=menge"])
def test_the_number_of_queries_does_not_grow(
    signed_in: Callable[[str], Client], scene: Scene, transaction: TRANSACTION, counting: COUNTING, address: str
) -> None:
    cora = signed_in("cora")
    counts = []
    for rows in (2, 38):
        with transaction():
            crowd(scene, "A", rows, EnrolmentStatus.WAITING if rows == 2 else EnrolmentStatus.ENROLLED)
        with counting() as statements:
            cora.open(address.format_map(scene.courses))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 17, counts  # three of the course are for what clashes
