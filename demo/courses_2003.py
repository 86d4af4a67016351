"""The courses of the report: *Richtig Ankommen* 2003, the two groups of mothers and children, the guides of 2004.

Facts are the report's; what it leaves open is flagged in `assumed` (domain.md A13). The people are made up.
"""

from __future__ import annotations

import datetime as dt

from demo import clockwork, edge_cases, families
from demo.clockwork import FRIDAY, MONDAY, SATURDAY, THURSDAY, TUESDAY, WEDNESDAY
from demo.names import (
    AFGHAN,
    CROATIAN,
    GREEK,
    ITALIAN,
    KURDISH,
    MOROCCAN,
    POLISH,
    RUSSIAN_GERMAN,
    SERBIAN,
    SPANISH,
    TURKISH,
    Community,
)
from demo.newer_names import GERMAN
from demo.office import Office, Place, Run
from programmes.attendance.rules import AbsenceReason, Entry, Mark
from programmes.catalogue.rules import CourseFact
from programmes.enrolment.rules import EnrolmentStatus, ExitCause
from programmes.participants.rules import ConsentPurpose, ConsentState, Sex

DATES, MEETINGS, PLACES, LANGUAGE, VENUE, LEADERS = (
    CourseFact.DATES, CourseFact.MEETINGS, CourseFact.PLACES, CourseFact.LANGUAGE, CourseFact.VENUE, CourseFact.LEADERS,
)  # fmt: skip
RESETTLED_FROM = ("Kasachstan", "Kasachstan", "Russland", "Kirgisistan")

ORIENTATION_TOPICS = (
    "Bundesrepublik Deutschland",
    "EU",
    "Stadt Dietzenbach",
    "Kreis Offenbach",
    "rechtliche Bestimmungen: Aufenthaltsstatus, Familienbuch, Namensänderung",
    "rechtliche Bestimmungen: Steuerfragen, Sozialversicherung",
    "rechtliche Bestimmungen: Rente/Versicherungen, Arbeitslosengeld",
    "rechtliche Bestimmungen: Wohnungssuche/Mietvertrag, Sozialhilfe",
    "Betreuungs- und Bildungsmöglichkeiten, Anerkennung von Bildungsabschlüssen",
    "Kultur- und Freizeitangebote",
)
LANGUAGE_TOPICS = (
    "Sich vorstellen, Behördengänge", "Beim Arzt und in der Apotheke", "Wohnen und Nachbarschaft", "Stellenanzeigen lesen",
    "Lebenslauf und Bewerbung", "Das Vorstellungsgespräch", "Am Arbeitsplatz", "Telefonieren",
)  # fmt: skip


def build(office: Office) -> None:
    """Open all of them and fill them."""
    orientation = _orientation(office)
    _language(office, orientation)
    _group_sprendlingen(office)
    woman = _group_dietzenbach(office)
    _guides(office, woman)


def _resettler(office: Office, run: Run, sex: Sex, **facts: object) -> Place:
    person = office.someone(RUSSIAN_GERMAN, run, sex, birth_country=office.rng.choice(RESETTLED_FROM), **facts)
    return office.enrol(run, person)


def _orientation(office: Office) -> Run:
    dates = clockwork.weekly(dt.date(2003, 10, 13), dt.date(2003, 11, 14), (MONDAY, FRIDAY))
    run = office.course(
        edge_cases.RA, "Kurs „Soziale Orientierung“", "P01a", "Dietzenbach", venue="Kreishaus Dietzenbach", language="Russisch",
        places=16, dates=dates, leaders=["ehemals-ra"], coordinator="koordination-ra",
        assumed=(MEETINGS, LANGUAGE, PLACES, VENUE),
    )  # fmt: skip
    for day, topic in zip(dates, ORIENTATION_TOPICS, strict=True):
        excursion = day == edge_cases.EXCURSION.when
        office.meet(run, day, "08:30–11:45", pause=15, topic=topic, excursion=excursion)
    fixed = (
        (edge_cases.LATE_ENTRY, Sex.FEMALE), (edge_cases.LATE, Sex.MALE), (edge_cases.SICK, Sex.FEMALE),
        (edge_cases.UNEXCUSED, Sex.MALE), (edge_cases.NO_SHOW, Sex.MALE), (edge_cases.RESETTLER, Sex.FEMALE),
    )  # fmt: skip
    places = {case: _resettler(office, run, sex, name=case.who) for case, sex in fixed}
    # She takes the German form of her name later (topic 6 of the course); `papers` issues the first certificate before.
    renamed = _resettler(office, run, Sex.FEMALE, name=edge_cases.FORMER_NAME)
    for sex in (Sex.FEMALE, Sex.MALE, Sex.FEMALE, Sex.FEMALE, Sex.MALE, Sex.FEMALE, Sex.MALE):
        _resettler(office, run, sex)
    for place in [*places.values(), renamed]:
        place.reliability = 1.0
    places[edge_cases.LATE_ENTRY].enrolment.entry_date = edge_cases.LATE_ENTRY.when
    places[edge_cases.LATE].said[dates[1]] = Entry(Mark.PRESENT, arrived_at=dt.time(8, 50))
    notified = Entry(Mark.ABSENT_NOTIFIED, reason=AbsenceReason.ILLNESS)
    attested = Entry(Mark.ABSENT_EXCUSED, reason=AbsenceReason.ILLNESS)
    places[edge_cases.SICK].said |= dict(zip(dates[2:7], [notified] * 3 + [attested] * 2, strict=True))
    run.on(dates[5]).note = "Ein Attest lag vor (gesehen, nicht kopiert)."
    places[edge_cases.UNEXCUSED].said[dates[7]] = Entry(Mark.ABSENT_UNEXCUSED)
    never(places[edge_cases.NO_SHOW], dates[:2])
    families.complete_all(run)
    return run


def never(place: Place, days: list[dt.date]) -> None:
    """Somebody did not come on the first days, and the place is free again."""
    place.said |= {day: Entry(Mark.ABSENT_UNEXCUSED) for day in days}
    place.leave(days[-1], EnrolmentStatus.NO_SHOW, "nicht erschienen, nicht erreichbar", ExitCause.MOVED)


def _language(office: Office, orientation: Run) -> None:
    dates = clockwork.weekly(dt.date(2003, 11, 18), dt.date(2004, 2, 12), (TUESDAY, THURSDAY), pauses=True)
    run = office.course(
        "RA-2003-02", "Alltags- und arbeitsmarktorientierter Sprachkurs", "P01b", "Dietzenbach", venue="Bürgerhaus Dietzenbach",
        language="Deutsch", places=16, dates=dates, leaders=["ehemals-sprache"], coordinator="koordination-ra",
        assumed=(DATES, MEETINGS, PLACES, VENUE),
    )  # fmt: skip
    for number, day in enumerate(dates):
        office.meet(run, day, "17:30–19:45", topic=LANGUAGE_TOPICS[number % len(LANGUAGE_TOPICS)])
    run.cancel(dates[5], "Kursleitung erkrankt, keine Vertretung")
    stayed = families.adults_of(orientation, {edge_cases.NO_SHOW.name})
    for person in stayed[:9]:
        office.enrol(run, person, applied=dt.date(2003, 11, 10))
    for community in (POLISH, TURKISH, AFGHAN, CROATIAN):
        office.enrol(run, office.someone(community, run, office.rng.choice((Sex.FEMALE, Sex.MALE))))
    families.complete_all(run)


def _group_sprendlingen(office: Office) -> None:
    dates = clockwork.weekly(dt.date(2003, 4, 1), dt.date(2004, 7, 15), (TUESDAY, THURSDAY), pauses=True)
    run = office.course(
        edge_cases.SPR, "Mutter-Kind-Gruppe Sprendlinger Norden", "P02a", "Dreieich", quarter="Sprendlinger Norden",
        venue="Nachbarschaftstreff Sprendlinger Norden", language="Deutsch und die Sprachen der Mütter", places=10, dates=dates,
        leaders=["ehemals-mkg-1", "ehemals-mkg-2"], coordinator="koordination-mkg", assumed=(DATES, MEETINGS, LANGUAGE),
    )  # fmt: skip
    _meet_with_tea(office, run, dates)
    run.on(edge_cases.SUBSTITUTE.when).substitute = office.users["ehemals-vertretung"]
    emine, _ = families.join(office, run, TURKISH, edge_cases.MOTHER_ALONE.who, [dt.date(2001, 9, 1)])
    emine.children_said[edge_cases.MOTHER_ALONE.when] = (Mark.ABSENT,)
    loredana, _ = families.join(
        office,
        run,
        ITALIAN,
        edge_cases.WITH_FATHER.who,
        [dt.date(2001, 8, 1)],
        father=edge_cases.FATHER[0],
        children=("Noemi",),
    )
    day = edge_cases.WITH_FATHER.when
    loredana.said[day] = Entry(Mark.ABSENT_NOTIFIED, reason=AbsenceReason.WORK)
    loredana.children_said[day] = (Mark.PRESENT,)
    families.join(office, run, MOROCCAN, edge_cases.TWINS.who, [dt.date(2001, 9, 1)] * 2, children=("Anas", "Inès"))
    nuria, _ = families.join(
        office, run, SPANISH, edge_cases.TURNS_36.who, [dt.date(2000, 11, 1)], children=("Álvaro",)
    )
    nuria.said[edge_cases.TURNS_36.when] = Entry(Mark.PRESENT)
    nuria.leave(dt.date(2003, 12, 18), EnrolmentStatus.WITHDRAWN, families.TO_KITA, ExitCause.CHILDCARE)
    families.join(
        office, run, SERBIAN, edge_cases.YUGOSLAVIA.who, [dt.date(2001, 10, 1)], citizenships=["Jugoslawien"],
        birth_country="Jugoslawien",
    )  # fmt: skip
    families.fill(office, run, (TURKISH, MOROCCAN, CROATIAN, GERMAN, ITALIAN), 5)
    families.complete_all(run)
    own = {
        "Türkisch": TURKISH,
        "Arabisch": MOROCCAN,
        "Italienisch und Spanisch": ITALIAN,
        "Serbisch und Kroatisch": SERBIAN,
    }
    office.sub_groups(
        run, edge_cases.MERGING.when, {name: _speakers(run, community) for name, community in own.items()}
    )


def _speakers(run: Run, community: Community) -> list[Place]:
    """Who is in the language group of a community; neighbours in language sit together."""
    together = {SERBIAN: (SERBIAN, CROATIAN), ITALIAN: (ITALIAN, SPANISH)}.get(community, (community,))
    languages = {language for one in together for language in one.languages}
    return [place for place in run.places if languages & set(place.person.languages)]


def _group_dietzenbach(office: Office) -> Place:
    dates = clockwork.weekly(dt.date(2003, 5, 5), dt.date(2004, 7, 14), (MONDAY, WEDNESDAY), pauses=True)
    run = office.course(
        edge_cases.DZB, "Spielkreis Spessartviertel", "P02b", "Dietzenbach", quarter="Spessartviertel",
        venue="Wohnung im Spessartviertel (mit der Internationalen Frauengruppe der AWO)", language="Deutsch", places=10,
        dates=dates, leaders=["ehemals-mkg-2", "ehemals-mkg-1"], coordinator="koordination-mkg",
        assumed=(DATES, MEETINGS, LANGUAGE, LEADERS),
    )  # fmt: skip
    _meet_with_tea(office, run, dates)
    run.cancel(edge_cases.CANCELLED.when, "Buß- und Bettag: die Wohnung war belegt")
    vesna, _ = families.join(
        office, run, SERBIAN, edge_cases.SIBLING.who, [dt.date(2001, 10, 1), dt.date(1998, 5, 1)], along=1,
        children=("Luka", "Jovana"), citizenships=["Jugoslawien"], birth_country="Jugoslawien",
    )  # fmt: skip
    vesna.said[edge_cases.SIBLING.when] = Entry(Mark.PRESENT)
    run.on(edge_cases.SIBLING.when).visitors = 1
    hatice, _ = families.join(office, run, TURKISH, edge_cases.ONWARD.who, [dt.date(2001, 9, 1)], children=("Esra",))
    families.fill(office, run, (MOROCCAN, AFGHAN, KURDISH, POLISH, RUSSIAN_GERMAN, TURKISH, GREEK), 7)
    families.complete_all(run)
    return hatice


def _meet_with_tea(office: Office, run: Run, dates: list[dt.date]) -> None:
    """Two hours, the tea break with its talk included; the topic of the break goes round the report's list."""
    topics = run.programme.topics
    for number, day in enumerate(dates):
        office.meet(run, day, "09:30–11:30", topic=topics[number % len(topics)])


def _guides(office: Office, from_the_group: Place) -> None:
    days = clockwork.weekly(dt.date(2004, 9, 11), dt.date(2004, 10, 2), (SATURDAY,))
    run = office.course(
        edge_cases.IL, "Qualifizierung zur Integrationslotsin", "P03", "Dietzenbach", quarter="Spessartviertel",
        venue="Wohnung im Spessartviertel", language="Deutsch", places=14, dates=days, leaders=["ehemals-il"],
        coordinator="koordination-il", assumed=(DATES, MEETINGS, PLACES, VENUE, LANGUAGE, LEADERS),
    )  # fmt: skip
    seminar_days(office, run, days)
    office.enrol(run, from_the_group.person, applied=dt.date(2004, 7, 20)).reliability = 1.0
    answers = {edge_cases.PHOTO_REFUSED: [ConsentState.REFUSED],
               edge_cases.PHOTO_REVOKED: [ConsentState.GIVEN, ConsentState.REVOKED]}  # fmt: skip
    fixed = (
        (MOROCCAN, edge_cases.NOT_AT_CEREMONY),
        (GREEK, edge_cases.PHOTO_REFUSED),
        (TURKISH, edge_cases.PHOTO_REVOKED),
    )
    for community, case in fixed:
        person = office.cast.adult(community, Sex.FEMALE, run.course.municipality, dt.date(2004, 8, 10), name=case.who)
        office.enrol(run, person).reliability = 1.0
        for number, state in enumerate(answers.get(case, ())):
            day = dt.date(2004, 8, 10) + dt.timedelta(days=40 * number)
            office.add(office.cast.consent(person, ConsentPurpose.PHOTO, state, day))
    for community in (TURKISH, AFGHAN, POLISH, ITALIAN, RUSSIAN_GERMAN, CROATIAN, KURDISH, MOROCCAN):
        office.enrol(run, office.someone(community, run, Sex.FEMALE)).reliability = 0.95
    # One of them misses a mandatory module: a truthful confirmation instead of the certificate.
    run.places[-1].said |= {days[1]: Entry(Mark.ABSENT_EXCUSED, reason=AbsenceReason.CHILDCARE_UNFORESEEABLE)}
    families.complete_all(run)


def seminar_days(office: Office, run: Run, days: list[dt.date]) -> None:
    """One-day seminars, a module in the morning and one in the afternoon, 4 UE each."""
    modules = office.modules[run.programme.id]
    for number, day in enumerate(days):
        morning, afternoon = modules[number * 2 : number * 2 + 2]
        office.meet(run, day, "09:00–12:15", pause=15, module=morning, topic=morning.title)
        office.meet(run, day, "13:00–16:15", pause=15, module=afternoon, topic=afternoon.title)
