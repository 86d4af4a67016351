"""Names come back unharmed; what is no name, and days that contradict each other, are refused at their field.

What nobody should send to any form: tests/test_bad_input.py.
"""

from collections.abc import Callable
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from auth.guard import Viewer
from programmes.enrolment.models import Enrolment, EnrolmentChange, EnrolmentChild
from programmes.participants.models import Consent, Family, FamilyMember, Person
from tests.enrolment.scene import Scene
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

SignIn = Callable[[str], Client]
TABLES = (Person, Family, FamilyMember, Consent, Enrolment, EnrolmentChild, EnrolmentChange)

NAMES = [
    "Ayşe", "Đorđević", "O’Brien", "D'Angelo", "Łukasz", "Юлия", "Αθηνά", "محمد", "مریم‌السادات", "ሰላም", "தமிழ்", "张伟", "김민준",
    "Nguyễn Thị Thu", "Ng", "X", "Jean-Luc", "van der Berg", "Müller geb. Weiß", "ʻOkina", "Q" * 200, "<b>Fett</b>",
    "=1+1 Ali", "ß", "İpek", "{{ 7*7 }} Ada", "%s Ali", "nu\u0308r",
]  # fmt: skip

HOSTILE = [
    "a\x00b", "a\u202eb", "a\u2066b", "😀", "Ali 👍", "a\ufffdb",
    "a\tb", "a\x1bb", "a\ue000b", "1234", "Q" * 201, "   ", "a\u200bb", "a\ufeffb",
]  # fmt: skip


@pytest.fixture
def counted(transaction: TRANSACTION) -> Callable[[], list[int]]:
    """How many rows there are of everything this capability writes."""

    def count() -> list[int]:
        with transaction() as session:
            office = Viewer.office()
            return [
                session.scalar(sa.select(sa.func.count()).select_from(table).execution_options(viewer=office)) or 0
                for table in TABLES
            ]

    return count


def test_names_of_any_script_come_back_unharmed(signed_in: SignIn, scene: Scene, transaction: TRANSACTION) -> None:
    cora = signed_in("cora")
    for name in NAMES:
        cora.open("/participants/new")
        others = ",".join(str(one) for one in range(1, 90))
        answer = cora.post("/participants/new", {"given_name": name, "someone_else": others})
        assert answer.status_code == 302, name
        page = cora.open(answer.headers["Location"])
        wanted = name.replace("u\u0308", "ü")
        assert page.h1 == wanted
        found = cora.open(f"/participants?q={quote(name)}")
        assert wanted in found.main, name


@pytest.mark.parametrize("field", ["given_name", "family_name", "birth_name", "native_name"])
def test_what_is_no_name_is_refused_at_its_field(
    signed_in: SignIn, scene: Scene, counted: Callable[[], list[int]], field: str
) -> None:
    cora = signed_in("cora")
    before = counted()
    cora.open("/participants/new")
    token = cora.token()
    most = 400 if field == "native_name" else 200
    for text in HOSTILE:
        if (text.strip() == "" and field != "given_name") or (len(text) > 100 and most == 400):
            continue
        answer = cora.http.post(
            "/participants/new",
            base_url="http://localhost",
            data={"csrf_token": token, "given_name": "Ali", field: text},
        )
        assert answer.status_code == 422, repr(text)
        assert f'id="{field}-error"' in answer.text, repr(text)
    assert counted() == before


def test_contradictory_days(signed_in: SignIn, scene: Scene, counted: Callable[[], list[int]]) -> None:
    cora = signed_in("cora")
    before = counted()
    for day in ("2003-10-13", "2099-01-01", "1800-01-01", "2026-13-01", "morgen"):
        cora.open(f"/courses/{scene.courses['A']}/enrol?person={scene.people['bea']}")
        assert cora.submit({"entry_date": day}, status=422).errors
    for wrong in ({"birth_date": "31.02.1980"}, {"birth_date": "2099"}, {"birth_date": "1850"}, {"email": "ada"}):
        cora.open("/participants/new")
        assert cora.submit({"given_name": "Ali", **wrong}, status=422).errors
    cora.open("/participants/new-family")
    older = {"given_name": "Ali", "birth_date": "2010", "child_1_name": "Lea", "child_1_birth": "01.2015"}
    assert "nicht mindestens 10 Jahre jünger" in cora.submit(older, status=422).main
    assert counted() == before  # the adult who was written first is gone with the refusal
