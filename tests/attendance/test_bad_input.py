"""What no page would send: refused with a message or as not there, never a 500, and nothing is half-saved."""

import pytest

from programmes.attendance.rules import Mark
from tests.attendance.scene import Scene
from tests.attendance.test_roll_call import marks
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

STRANGE = [
    "",
    "x",
    "PRESENT",
    "present\x00",
    "\ud800",
    "\u202epresent",
    "🙂",
    "ä" * 100_000,
    "-1",
    "9" * 40,
    "together",
]


@pytest.mark.parametrize("value", STRANGE)
def test_strange_marks(leader: Client, twelve: Scene, transaction: TRANSACTION, value: str) -> None:
    good, bad = twelve.people[:2]
    leader.open(twelve.page)
    sent = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    answer = leader.send({f"mark-{good}": "present"}, forge={f"mark-{bad}": sent})
    assert answer.status_code == 422
    assert f"row-{bad}" in answer.text
    assert not marks(transaction, twelve)


@pytest.mark.parametrize(
    "value", ["25:99", "24:00", "9", "09:30:00:00", "\x00", "9" * 100_000, "-09:30", "viertel zehn", "🙂"]
)
@pytest.mark.parametrize("field", ["arrived", "left"])
def test_strange_times(leader: Client, twelve: Scene, transaction: TRANSACTION, field: str, value: str) -> None:
    one = twelve.people[0]
    leader.open(twelve.page)
    page = leader.submit({f"mark-{one}": "present"}, forge={f"{field}-{one}": value}, button="Speichern", status=422)
    assert any("Uhrzeit" in text for text in page.errors.values())
    assert not marks(transaction, twelve)


@pytest.mark.parametrize(("arrived", "left"), [("08:59", ""), ("", "12:01"), ("11:00", "10:00"), ("10:00", "10:00")])
def test_impossible_times(leader: Client, twelve: Scene, transaction: TRANSACTION, arrived: str, left: str) -> None:
    one = twelve.people[0]
    leader.open(twelve.page)
    typed = {f"mark-{one}": "present", f"arrived-{one}": arrived, f"left-{one}": left}
    page = leader.submit(typed, button="Speichern", status=422)
    assert page.errors
    assert f'value="{arrived or left}"' in page.html, "what was typed comes back"
    assert not marks(transaction, twelve)


def test_what_does_not_belong_to_the_mark_is_ignored(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    """The fields of another choice are hidden on the page and sent all the same."""
    one, two = twelve.people[:2]
    leader.open(twelve.page)
    leader.submit(
        {
            f"mark-{one}": "absent_unexcused", f"arrived-{one}": "09:30", f"reason-{one}": "illness",
            f"mark-{two}": "present", f"reason-{two}": "work",
        },
        button="Speichern",
    )  # fmt: skip
    stored = marks(transaction, twelve)
    assert (stored[one, None].mark, stored[one, None].arrived_at) == (Mark.ABSENT_UNEXCUSED, None)
    assert stored[one, None].absence_reason is stored[two, None].absence_reason is None


@pytest.mark.parametrize("name", ["mark", "was", "arrived", "reason"])
def test_doubled_fields(leader: Client, twelve: Scene, transaction: TRANSACTION, name: str) -> None:
    one = twelve.people[0]
    leader.open(twelve.page)
    page = leader.submit({f"mark-{one}": "present"}, forge={f"{name}-{one}": ["present", "present"]}, status=422)
    assert "kam doppelt an" in page
    assert not marks(transaction, twelve)


@pytest.mark.parametrize("name", ["visitors", "note"])
def test_doubled_fields_of_the_meeting(leader: Client, twelve: Scene, name: str) -> None:
    leader.open(twelve.page)
    assert "kam doppelt an" in leader.submit({}, forge={name: ["1", "2"]}, status=422)


@pytest.mark.parametrize("who", ["0", "999999", "-1", "x", "", "9" * 40, "9223372036854775808", "١", "1-1", "\x00"])
def test_people_who_are_not_there(leader: Client, twelve: Scene, transaction: TRANSACTION, who: str) -> None:
    leader.open(twelve.page)
    good = {f"mark-{twelve.people[0]}": "present"}
    assert leader.send(good, forge={f"mark-{who}": "present"}).status_code == 404
    assert leader.send(good, forge={f"child-{twelve.people[0]}-{who}": "present"}).status_code == 404
    assert not marks(transaction, twelve)


@pytest.mark.parametrize("action", ["", "delete", "save\x00", "🙂"])
def test_unknown_actions(leader: Client, twelve: Scene, action: str) -> None:
    leader.open(twelve.page)
    assert leader.send({}, forge={"action": action}).status_code == 400
    assert leader.send({}, forge={"action": ["save", "close"]}).status_code == 400


@pytest.mark.parametrize("was", [None, "", "present", "x" * 10_000, "present;09:00;99:99;illness"])
def test_a_forged_memory_of_the_page_overwrites_nothing(
    leader: Client, twelve: Scene, transaction: TRANSACTION, was: str | None
) -> None:
    one = twelve.people[0]
    leader.open(twelve.page)
    leader.submit({f"mark-{one}": "absent_excused"}, button="Speichern")
    status = 302 if was == "present" else 409  # the form that repeats its memory says nothing new
    assert leader.send({f"mark-{one}": "present"}, forge={f"was-{one}": was}).status_code == status
    assert marks(transaction, twelve)[one, None].mark is Mark.ABSENT_EXCUSED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visitors", "-1"), ("visitors", "1001"), ("visitors", "viele"), ("visitors", "9" * 30), ("visitors", "1.5"),
        ("note", "x" * 301), ("note", "a\x00b"), ("note", "a\u202eb"),
    ],
)  # fmt: skip
def test_visitors_and_note(leader: Client, twelve: Scene, transaction: TRANSACTION, field: str, value: str) -> None:
    leader.open(twelve.page)
    page = leader.submit({f"mark-{twelve.people[0]}": "present", field: value}, button="Speichern", status=422)
    assert page.errors
    assert not marks(transaction, twelve)


def test_without_a_token_nothing_is_saved(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    leader.open(twelve.page)
    answer = leader.send({f"mark-{twelve.people[0]}": "present"}, forge={"csrf_token": "forged"})
    assert answer.status_code == 400
    assert not marks(transaction, twelve)
