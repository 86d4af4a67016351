"""A leader's note and topic: what a note should not say, and topics of the programme's catalogue or of one's own."""

import pytest

from programmes.attendance.rules import Named, named_in, note_reasons
from programmes.catalogue.models import Course, MeetingChange
from programmes.catalogue.rules import Change, RulePack
from tests.attendance import scene
from tests.attendance.conftest import SIGN_IN
from tests.attendance.scene import Scene
from tests.attendance.test_roll_call import marks, meeting_of
from tests.tools.client import Client
from tests.tools.offices import TRANSACTION

ADULTS = ("Ayşe", "Snežana", "Ciarán", "Mai", "Anna Maria", "Zarghuna")
CHILDREN = ("Ilyas", "Amira", "Nur", "Anne-Sophie")


@pytest.mark.parametrize(
    ("note", "children", "doubtful"),
    [
        (None, "", ""),
        ("", "", ""),
        ("Beamer fehlt. Nächstes Mal Raum 2.", "", ""),
        ("Amira hat viel geweint", "Amira", ""),
        ("amira hat viel geweint", "amira", ""),
        ("Amiras Mutter bringt Obst mit", "Amiras", ""),
        ("Ilyas’ Mutter bringt Obst mit", "Ilyas", ""),
        ("AMIRA!", "AMIRA", ""),
        ("Amiral im Museum", "", ""),  # another word
        ("Sophie kommt später", "Sophie", ""),
        ("Nur zwei kamen", "", "Nur"),  # a name and an everyday word: asked back, never refused
        ("Es kamen nur zwei", "", ""),
        ("Im Mai ist Pause", "", "Mai"),
        ("mai", "", ""),
        ("Ayse hat den Schlüssel", "", "Ayse"),  # typed without the cedilla
        ("Ciarans Tasche blieb liegen", "", "Ciarans"),
        ("Snezana und Maria kochen Tee", "", "Snezana Maria"),
        ("Zwei Kinder krank", "", "krank"),
        ("Leiterin erkrankt, Erkältung", "", "erkrankt Erkältung"),
        ("Eine Mutter war beim Arzt", "", "Arzt"),
        ("Läuse in der Gruppe!", "", "Läuse"),
        ("Amira hat Fieber, Ayşe auch", "Amira", "Fieber Ayşe"),
        ("Fieber, Fieber, Fieber", "", "Fieber"),
        ("Thema Ernährung, danach Bewegung", "", ""),
    ],
)
def test_what_a_note_should_not_say(note: str | None, children: str, doubtful: str) -> None:
    found = named_in(note, ADULTS, CHILDREN)
    assert (" ".join(found.children), " ".join(found.doubtful)) == (children, doubtful)


@pytest.mark.parametrize(
    ("named", "confirmed", "against"),
    [
        (Named(), "", 0),
        (Named(doubtful=("Fieber",)), "", 1),
        (Named(doubtful=("Fieber",)), "Fieber", 0),
        (
            Named(doubtful=("Fieber", "Ayşe")),
            "Fieber",
            1,
        ),  # what was confirmed is these words, not whatever comes later
        (Named(children=("Amira",)), "Amira", 1),  # a child's name cannot be confirmed
        (Named(("Amira",), ("Fieber",)), "Fieber", 1),
        (Named(("Amira",), ("Fieber",)), "", 2),
    ],
)
def test_who_may_confirm_what(named: Named, confirmed: str, against: int) -> None:
    assert len(note_reasons(named, confirmed.split())) == against


CONFIRM = "Die Notiz trotzdem so speichern"


def test_a_doubtful_note_is_asked_back_and_may_be_kept(leader: Client, twelve: Scene, transaction: TRANSACTION) -> None:
    one = twelve.people[0]
    leader.open(twelve.page)
    said = {"note": "Frau mit Fieber früher gegangen", f"mark-{one}": "present"}
    page = leader.submit(said, button="Speichern", status=422)
    assert "Bitte prüfen: Fieber." in page.errors["Notiz zum Termin"]
    assert meeting_of(transaction, twelve).note is None
    page = leader.submit({"note": "Fieber und Fatima", CONFIRM: True}, button="Speichern", status=422)
    assert "Fieber, Fatima" in page.errors["Notiz zum Termin"], "the yes was for other words"
    leader.submit({CONFIRM: True}, button="Speichern")
    assert meeting_of(transaction, twelve).note == "Fieber und Fatima"
    assert marks(transaction, twelve)[one, None].mark == "present", "the marks waited on the page"
    assert CONFIRM not in leader.page
    leader.submit(
        {f"mark-{one}": "absent_unexcused"}, button="Speichern"
    )  # a note that stands is not asked about again


def test_a_note_never_names_a_child(transaction: TRANSACTION, sign_in: SIGN_IN) -> None:
    with transaction():
        group = scene.course("MKG", people=2, children=[1, 2], pack=RulePack.PARENT_CHILD)
    leader = sign_in(group.leader)
    leader.open(group.page)
    page = leader.submit({"note": "Ilyas haut die anderen, Fieber"}, button="Alle Übrigen anwesend", status=422)
    assert "der Name eines Kindes: Ilyas" in page.errors["Notiz zum Termin"]
    assert CONFIRM not in page
    forged = {"note_confirmed": "Ilyas Fieber"}
    leader.submit({}, forge=dict(forged), button="Speichern", status=422)
    assert not marks(transaction, group)
    leader.submit({"note": "Ein Kind war unruhig"}, button="Alle Übrigen anwesend")
    assert meeting_of(transaction, group).note == "Ein Kind war unruhig"
    assert len(marks(transaction, group)) == 5


@pytest.fixture
def with_topics(twelve: Scene, transaction: TRANSACTION) -> Scene:
    """The course of twelve, whose programme has a catalogue of topics."""
    with transaction() as session:
        session.get_one(Course, twelve.course).programme.topics = ["Wohnungssuche", "Rente/Versicherungen", "x" * 201]
    return twelve


def test_a_topic_is_chosen_or_typed_and_remembered(
    with_topics: Scene, leader: Client, transaction: TRANSACTION
) -> None:
    leader.open(with_topics.page)
    page = leader.submit({"Thema": "Wohnungssuche"}, button="Speichern")
    assert "Wohnungssuche" in page.main
    assert meeting_of(transaction, with_topics).topic == "Wohnungssuche"
    leader.submit({"Anderes Thema": "Müll trennen"}, button="Speichern")
    assert meeting_of(transaction, with_topics).topic == "Müll trennen"
    leader.submit({}, button="Speichern")
    assert meeting_of(transaction, with_topics).topic == "Müll trennen", "one's own topic stands in the list now"
    leader.submit({"Thema": ""}, button="Speichern")
    assert meeting_of(transaction, with_topics).topic is None
    with transaction() as session:
        changes = session.query(MeetingChange).filter_by(what=Change.TOPIC).order_by(MeetingChange.id).all()
        assert [(change.old, change.new) for change in changes] == [
            (None, "Wohnungssuche"), ("Wohnungssuche", "Müll trennen"), ("Müll trennen", None),
        ]  # fmt: skip
    assert "Müll trennen" in leader.open(f"/meetings/{with_topics.meeting}/history")


def test_a_topic_that_changed_meanwhile_is_shown_first(
    with_topics: Scene, leader: Client, sign_in: SIGN_IN, transaction: TRANSACTION
) -> None:
    other = sign_in(with_topics.leader)
    leader.open(with_topics.page)
    other.open(with_topics.page)
    other.submit({"Anderes Thema": "Müll trennen"}, button="Speichern")
    page = leader.submit({"Thema": "Wohnungssuche"}, button="Speichern", status=409)
    assert "Müll trennen" in page.errors["Thema"]
    leader.submit({}, button="Speichern")
    assert meeting_of(transaction, with_topics).topic == "Wohnungssuche"
    other.open(with_topics.page)
    leader.submit({"Thema": "Rente/Versicherungen"}, button="Speichern")
    other.submit({"note": "Raum 2"}, button="Speichern")  # says nothing of the topic, and changes nothing of it
    assert meeting_of(transaction, with_topics).topic == "Rente/Versicherungen"


def test_topics_that_cannot_be(with_topics: Scene, leader: Client, transaction: TRANSACTION) -> None:
    for field, wrong in (("topic", "Erfunden"), ("topic", "x" * 201), ("own_topic", "x" * 201), ("own_topic", "a\x00b"),
                         ("topic", ["Wohnungssuche", "Wohnungssuche"])):  # fmt: skip
        leader.open(with_topics.page)
        leader.submit({}, forge={field: wrong}, button="Speichern", status=422)
    assert meeting_of(transaction, with_topics).topic is None


def test_a_topic_of_a_closed_meeting_needs_a_reason(
    with_topics: Scene, leader: Client, transaction: TRANSACTION
) -> None:
    leader.open(with_topics.page)
    leader.submit({}, button="Alle Übrigen anwesend")
    leader.submit({}, button="Termin abschließen")
    leader.submit({}, button="Ja, abschließen")
    leader.open(with_topics.page + "?correct=1")
    page = leader.submit({"Thema": "Wohnungssuche"}, button="Speichern", status=422)
    assert "Begründung" in page.errors
    leader.submit({"correction": "War vergessen"}, button="Speichern")
    with transaction() as session:
        (change,) = session.query(MeetingChange).filter_by(what=Change.TOPIC)
        assert (change.new, change.reason) == ("Wohnungssuche", "War vergessen")
