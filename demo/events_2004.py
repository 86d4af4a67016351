"""The office's trainings, study trips and events from 2001 to 2004, and the START meetings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from demo import clockwork, families
from demo.courses_2003 import DATES, LANGUAGE, LEADERS, MEETINGS, PLACES, VENUE
from demo.names import GREEK, ITALIAN, MOROCCAN, POLISH, SERBIAN, TURKISH
from demo.newer_names import ETHIOPIAN, GERMAN, VIETNAMESE
from demo.office import Office, Run
from programmes.catalogue.actions import add_programme
from programmes.catalogue.rules import PACKS, CourseFact, PaperKind, ProgrammeFacts, ProgrammeKind
from programmes.participants.rules import Sex

STAFF = "Beschäftigte der Kreisverwaltung und der Kommunen"
DAY, EVENING, MORNING = "09:00–16:30", "19:00–21:30", "09:00–12:30"
PAUSES = {DAY: 60, EVENING: 0, MORNING: 15}
EVENTS_OF_THE_WEEKS = 63


@dataclass(frozen=True)
class Event:
    """A training with a list of names (`people`), or an event where heads are counted (`heads`, one number a day)."""

    number: str
    title: str
    programme: str
    town: str
    venue: str
    days: tuple[dt.date, ...]
    hours: str = DAY
    people: int = 0
    heads: tuple[int, ...] = ()
    topics: tuple[str, ...] = ()
    assumed: tuple[CourseFact, ...] = (MEETINGS, PLACES, LEADERS)


TRAININGS = (
    Event("BU-2003-NL", "Bildungsurlaub „Zuwanderungs- und Integrationspolitik in den Niederlanden“", "P09", "Niederlande",
          "verschiedene niederländische Städte", tuple(clockwork.days(dt.date(2003, 10, 6), dt.date(2003, 10, 10))), people=8,
          topics=("Ankunft und Einführung", "Besichtigung mit Protokoll", "Besichtigung mit Protokoll",
                  "Besichtigung mit Protokoll", "Auswertung")),
    Event("LK-2003-MA", "Landeskundeseminar Marokko", "P10", "Dietzenbach", "Dietzenbach",
          (dt.date(2003, 9, 29), dt.date(2003, 9, 30)), people=8),
    Event("IK-2002", "Interkulturelle Kompetenz: Das Eigene und das Fremde erkennen, akzeptieren, abgrenzen und verbinden",
          "P12c", "Dietzenbach", "Kreishaus Dietzenbach", (dt.date(2002, 11, 27), dt.date(2002, 11, 28)), people=9),
    Event("MARE-2004-01", "Dialog-Workshop „Türkische Migration und Kultur“", "P11a", "Dietzenbach", "nicht angegeben",
          (dt.date(2004, 1, 20),), people=7, assumed=(DATES, MEETINGS, PLACES, VENUE, LEADERS)),
    Event("MARE-2004-02", "Interkulturelle Kompetenz. Migrationsspezifische Aspekte im Fallmanagement", "P11b",
          "Frankfurt am Main", "Frankfurt am Main", (dt.date(2004, 3, 9), dt.date(2004, 3, 10)), people=8,
          assumed=(DATES, MEETINGS, PLACES, LEADERS)),
    Event("MARE-2004-03", "Beratungskompetenz. Migration und Recht", "P11c", "Dietzenbach", "Kreishaus Dietzenbach",
          (dt.date(2004, 3, 23), dt.date(2004, 3, 24)), people=8, assumed=(DATES, MEETINGS, PLACES, LEADERS)),
    Event("WS-2002", "Workshop „Interkulturelle Öffnung in der Kreisverwaltung“", "P12b", "Dietzenbach",
          "Kreishaus Dietzenbach", (dt.date(2002, 9, 10),), people=9, assumed=(MEETINGS, PLACES, VENUE, LEADERS)),
)  # fmt: skip
EVENTS = (
    Event("WS-2001", "Workshop „grenzenlos – Integration im Kreis Offenbach“", "P12a", "Offenbach am Main", "Offenbach",
          (dt.date(2001, 12, 11),), heads=(42,), assumed=(DATES, MEETINGS, PLACES, LEADERS)),
    Event("FT-2003", "Fachtagung „Strategien einer kommunaler Integrationspolitik“", "P12d", "Dietzenbach", "nicht angegeben",
          (dt.date(2003, 5, 13),), heads=(86,), assumed=(MEETINGS, PLACES, VENUE, LEADERS)),
    Event("VR-2004", "„Bildung und Integration im Kreis Offenbach – von Europa lernen“", "P07", "Dietzenbach",
          "Kreishaus Dietzenbach", (dt.date(2004, 3, 18), dt.date(2004, 6, 17), dt.date(2004, 11, 11)), EVENING,
          heads=(64, 51, 73), assumed=(DATES, MEETINGS, PLACES, VENUE, LEADERS)),
)  # fmt: skip


def build(office: Office) -> None:
    """Hold them all; they are long over."""
    for event in TRAININGS:
        run = _open(office, event)
        for number in range(event.people):
            community = (GERMAN, GERMAN, GERMAN, TURKISH, GERMAN, ITALIAN)[number % 6]
            person = office.someone(
                community, run, office.rng.choice((Sex.FEMALE, Sex.FEMALE, Sex.MALE)), ages=(26, 60)
            )
            person.municipality = office.towns["Dietzenbach"]
            office.enrol(run, person).reliability = 0.97
        office.lay_down(run)
        families.complete_all(run)
    for event in EVENTS:
        _open(office, event)
    _intercultural_weeks(office)
    _scholars(office)
    _forum(office)


def _open(office: Office, event: Event) -> Run:
    run = office.course(
        event.number, event.title, event.programme, event.town, venue=event.venue, language="Deutsch",
        places=max(event.people + 4, *event.heads, 0) if event.heads else event.people + 4, dates=event.days,
        leaders=["ehemals-kreis"], coordinator="koordination-kreis", assumed=event.assumed,
    )  # fmt: skip
    topics = event.topics or tuple(run.programme.topics)
    for number, day in enumerate(event.days):
        heads = {"others": event.heads[number]} if event.heads else None  # the report gives no groups
        topic = topics[number] if number < len(topics) else None
        office.meet(run, day, event.hours, pause=PAUSES[event.hours], topic=topic, heads=heads)
    return run


def _intercultural_weeks(office: Office) -> None:
    """63 events from 11 September to 11 October; the report names none of them, so they carry numbers."""
    days = tuple(clockwork.days(dt.date(2003, 9, 11), dt.date(2003, 10, 11)))
    run = office.course(
        "IKW-2003", "Interkulturelle Wochen „Menschen und Kulturen im Kreis Offenbach“", "P08", "Dietzenbach",
        venue="Orte im ganzen Kreis und teilweise in der Stadt Offenbach am Main", language="Deutsch und andere Sprachen",
        places=1000, dates=days, leaders=["ehemals-kreis"], coordinator="koordination-kreis",
        assumed=(MEETINGS, PLACES, VENUE, LANGUAGE, LEADERS),
    )  # fmt: skip
    for number in range(EVENTS_OF_THE_WEEKS):
        hours = (EVENING, MORNING, "15:00–18:00")[number // len(days)]
        office.meet(
            run, days[number % len(days)], hours, topic=f"Veranstaltung {number + 1} von {EVENTS_OF_THE_WEEKS}",
            heads=_by_group(office, office.rng.randint(12, 140)),
        )  # fmt: skip


def _by_group(office: Office, count: int) -> dict[str, int]:
    """So many heads in rough groups, as somebody at the door would count them."""
    youths, children = office.rng.randint(0, count // 3), office.rng.randint(0, count // 4)
    return {"adults": count - youths - children, "youths": youths, "children": children}


def _scholars(office: Office) -> None:
    """Ten scholars of grades 8 to 13 (START), who meet every month of the school year."""
    days = [dt.date(2003, 9, 20), dt.date(2003, 10, 18), dt.date(2003, 11, 15), dt.date(2003, 12, 13), dt.date(2004, 1, 17),
            dt.date(2004, 2, 14), dt.date(2004, 3, 20), dt.date(2004, 4, 24), dt.date(2004, 5, 15), dt.date(2004, 6, 19)]  # fmt: skip
    run = office.course(
        "START-2003", "START-Stipendien: Treffen und Fortbildungen", "P06", "Dietzenbach", venue="Kreishaus Dietzenbach",
        language="Deutsch", places=10, dates=days, leaders=["ehemals-kreis"], coordinator="koordination-kreis",
        assumed=(DATES, MEETINGS, VENUE, LEADERS),
    )  # fmt: skip
    for day in days:
        office.meet(run, day, "10:00–15:00", pause=60, topic="Treffen der Stipendiatinnen und Stipendiaten")
    for community in (TURKISH, MOROCCAN, SERBIAN, ITALIAN, POLISH, TURKISH, GREEK, VIETNAMESE, ETHIOPIAN, TURKISH):
        sex = office.rng.choice((Sex.FEMALE, Sex.MALE))
        office.enrol(run, office.someone(community, run, sex, ages=(13, 18))).reliability = 0.93
    families.complete_all(run)


def _forum(office: Office) -> None:
    """The Forum, constituted on 4 March 2004, meets three times a year; the administration has added it as a programme."""
    facts = ProgrammeFacts("KIF", "Kreisintegrationsforum", "Kreisintegrationsforum", ProgrammeKind.EVENT, None)
    programme = office.programmes.get(facts.key) or add_programme(
        facts
    )  # a demo that is built anew keeps its catalogue
    programme.rule_pack, programme.paper = PACKS["delegates"], PaperKind.NONE
    office.programmes[programme.key] = programme
    days = (dt.date(2004, 3, 4), dt.date(2004, 6, 24), dt.date(2004, 10, 28))
    run = office.course(
        "KIF-2004", "Kreisintegrationsforum 2004", "KIF", "Dietzenbach", venue="Kreishaus Dietzenbach", language="Deutsch", places=60,
        dates=days, leaders=["ehemals-kreis"], coordinator="koordination-kreis", assumed=(DATES, MEETINGS, PLACES, VENUE, LEADERS),
    )  # fmt: skip
    for number, day in enumerate(days):
        heads = {group.key: 1 + (number + place) % 3 for place, group in enumerate(programme.rule_pack.heads)}
        office.meet(run, day, EVENING, heads=heads)
