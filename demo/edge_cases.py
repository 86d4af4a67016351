"""Every edge case the demo must contain (domain.md A13): who, in which course, and where to see it.

The people of these cases have fixed names, whatever the seed. `course` is a course number, or for a course of today's
office the key of its plan; `today.number_of` turns it into the number. `docs/demo.md` tells the same to people.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class EdgeCase:
    """One case. `day` is the meeting to look at; None where the case is not about one meeting."""

    key: str
    what: str
    course: str | None = None
    person: tuple[str, str] | None = None
    day: dt.date | None = None
    login: str = "koordination-ra"
    page: str = ""

    @property
    def who(self) -> tuple[str, str]:
        """Given and family name, for a case that is about a person."""
        if self.person is None:
            raise LookupError(f"The case {self.key} is about nobody")
        return self.person

    @property
    def when(self) -> dt.date:
        """The day, for a case that is about a meeting."""
        if self.day is None:
            raise LookupError(f"The case {self.key} is about no day")
        return self.day

    @property
    def name(self) -> str:
        """The person as lists of the office speak of them."""
        return " ".join(self.who).strip()


RA, SPR, DZB, IL = "RA-2003-01", "MKG-2003-SPR", "MKG-2003-DZB", "IL-2004-DZB"

LATE_ENTRY = EdgeCase(
    "late_entry", "Einstieg nach Kursbeginn: keine Zeichen vor dem Einstieg", RA, ("Galina", "Reimer"),
    dt.date(2003, 10, 20), page="Kurs → Liste",
)  # fmt: skip
LATE = EdgeCase(
    "twenty_minutes_late", "20 Minuten zu spät: die Minuten fehlen in der Summe", RA, ("Viktor", "Friesen"),
    dt.date(2003, 10, 17), page="Kurs → Termin → Anwesenheit",
)  # fmt: skip
SICK = EdgeCase(
    "sick", "Krank: drei Tage telefonisch gemeldet, ab dem vierten Kurstag mit Attest entschuldigt", RA,
    ("Irina", "Kusnezowa"), dt.date(2003, 10, 20), page="Kurs → Termine 20.10. bis 03.11.",
)  # fmt: skip
UNEXCUSED = EdgeCase(
    "unexcused",
    "Unentschuldigt gefehlt",
    RA,
    ("Artur", "Töws"),
    dt.date(2003, 11, 7),
    page="Kurs → Termin → Anwesenheit",
)
NO_SHOW = EdgeCase(
    "no_show", "Angemeldet und nie gekommen", RA, ("Pawel", "Wiens"), page="Kurs → Liste: nicht angetreten"
)
RESETTLER = EdgeCase(
    "late_resettler", "Spätaussiedlerin mit deutscher Staatsangehörigkeit", RA, ("Ludmila", "Penner"), page="Person"
)
RENAMED = EdgeCase(
    "name_change", "Namensänderung: die Bescheinigung ist ersetzt, die alte bleibt im Verzeichnis", RA,
    ("Helene", "Morosow"), page="Zertifikate",
)  # fmt: skip
EXCURSION = EdgeCase("excursion", "Exkursion durch Dietzenbach", RA, day=dt.date(2003, 10, 20), page="Kurs → Termine")
MOTHER_ALONE = EdgeCase(
    "mother_without_child", "Mutter ohne Kind da: das Treffen zählt nicht als gemeinsames", SPR, ("Emine", "Çakır"),
    dt.date(2003, 5, 8), "koordination-mkg", "Kurs → Termin → Anwesenheit",
)  # fmt: skip
WITH_FATHER = EdgeCase(
    "child_with_father", "Der Vater bringt das Kind, die Mutter arbeitet", SPR, ("Loredana", "Spataro"),
    dt.date(2003, 5, 13), "koordination-mkg", "Kurs → Termin → Anwesenheit",
)  # fmt: skip
TWINS = EdgeCase(
    "twins", "Zwillinge: eine Familie, eine Erwachsene, zwei Kinder", SPR, ("Naïma", "Benali"), None, "koordination-mkg",
    "Kurs → Termin → Anwesenheit",
)  # fmt: skip
TURNS_36 = EdgeCase(
    "turns_36_months", "Das Kind wird im Kurs 36 Monate alt und bleibt bis zum Kitaplatz", SPR, ("Nuria", "Peña Ávila"),
    dt.date(2003, 11, 4), "koordination-mkg", "Kurs → Liste, Person",
)  # fmt: skip
YUGOSLAVIA = EdgeCase(
    "yugoslavia", "Staatsangehörigkeit „Jugoslawien“, ein Staat, den es nicht mehr gibt", SPR, ("Gordana", "Živković"), None,
    "koordination-mkg", "Person",
)  # fmt: skip
SUBSTITUTE = EdgeCase(
    "substitute", "Vertretung leitet ein Treffen", SPR, None, dt.date(2003, 6, 24), "koordination-mkg", "Kurs → Termine"
)
MERGING = EdgeCase(
    "language_groups", "Vier Sprachgruppen werden eine deutschsprechende Gruppe", SPR, None, dt.date(2003, 11, 4),
    "koordination-mkg", "Kurs → Untergruppen",
)  # fmt: skip
SIBLING = EdgeCase(
    "older_sibling", "Älteres Geschwisterkind: in der Familie, nicht in der Gruppe; als Gast gezählt", DZB,
    ("Vesna", "Stojanović"), dt.date(2003, 9, 3), "koordination-mkg", "Person → Familie; Kurs → Termin: Gäste",
)  # fmt: skip
CANCELLED = EdgeCase(
    "cancelled", "Ausgefallenes Treffen: es fällt aus der Rechnung", DZB, None, dt.date(2003, 11, 19), "koordination-mkg",
    "Kurs → Termine",
)  # fmt: skip
ONWARD = EdgeCase(
    "group_to_guide", "Aus der Mutter-Kind-Gruppe in die Qualifizierung zur Integrationslotsin (R11)", IL,
    ("Hatice", "Yıldırım"), None, "koordination-il", "Kurs → Liste, Person",
)  # fmt: skip
NOT_AT_CEREMONY = EdgeCase(
    "absent_from_ceremony", "Zertifikat ausgestellt, bei der Übergabefeier nicht dabei: noch nicht übergeben", IL,
    ("Samira", "Chraïbi"), None, "koordination-il", "Zertifikate",
)  # fmt: skip
PHOTO_REFUSED = EdgeCase(
    "photo_refused",
    "Fotos abgelehnt",
    IL,
    ("Aikaterini", "Vlachou"),
    None,
    "koordination-il",
    "Person → Einwilligungen",
)
PHOTO_REVOKED = EdgeCase(
    "photo_revoked", "Einwilligung in Fotos widerrufen", IL, ("Elif", "Doğan"), None, "koordination-il",
    "Person → Einwilligungen",
)  # fmt: skip
TWO_COURSES = EdgeCase(
    "two_courses", "Eine Frau in zwei Kursen zugleich: zwei Belegungen, eine Person", "ra", ("Rasha", "Darwish"),
    page="Person",
)  # fmt: skip
OUT_OF_ORDER = EdgeCase(
    "mixed_languages", "Warteliste: gemischte Erstsprachen, deshalb außer der Reihe nachgerückt, mit Begründung", "mkg",
    ("Semhar", "Kidane"), None, "koordination-mkg", "Kurs → Warteliste, Belegung → Verlauf",
)  # fmt: skip
STILL_WAITING = EdgeCase(
    "still_waiting", "Wartet länger als die Nachgerückte", "mkg", ("Songül", "Polat"), None, "koordination-mkg",
    "Kurs → Warteliste",
)  # fmt: skip
TWICE_ABSENT = EdgeCase("absent_twice", "Zweimal in Folge nicht da", "ra", ("Firas", "Haddad"), page="Heute")
SHARE_LOST = EdgeCase(
    "share_lost", "Der verlangte Anteil ist nicht mehr erreichbar: eine Warnung", "ra", ("Firas", "Haddad"),
    page="Heute, Konto",
)  # fmt: skip
SHARE_AT_RISK = EdgeCase(
    "share_at_risk", "Wer zwei Wochen lang weiter fehlt, verliert den verlangten Anteil: eine Warnung davor", "ra-langen",
    ("Oleksandra", "Hnatjuk"), page="Heute, Konto",
)  # fmt: skip
FOLLOWED_UP = EdgeCase(
    "followed_up", "Fehlte zweimal, es wurde nachgefragt: Kinderbetreuung, Grund als Berichtigung, Nachweis gesehen",
    "ra-langen", ("Tetjana", "Moros"), page="Heute → Fehlzeiten",
)  # fmt: skip
MADE_UP = EdgeCase(
    "made_up", "Versäumtes Pflichtmodul nachgeholt: Die Zeit zählt und steht als nachgeholt im Konto", "il",
    ("Agnieszka", "Pawlak"), None, "koordination-il", "Person → Konto",
)  # fmt: skip
MADE_UP_TALK = EdgeCase(
    "made_up_talk", "Versäumte Zeit im Gespräch nachgeholt, ein falscher Eintrag zurückgenommen", "ra", ("Hiba", "Khoury"),
    page="Person → Konto",
)  # fmt: skip
CORRECTED = EdgeCase(
    "corrected", "Nach dem Abschluss berichtigt, mit Grund; der alte Eintrag bleibt", "ra", ("Hiba", "Khoury"),
    page="Kurs → Termin → Verlauf",
)  # fmt: skip
SOON_36 = EdgeCase(
    "soon_36_months", "Das Kind wird nächsten Monat 36 Monate alt", "mkg", ("Carmela", "Bellomo"), None, "koordination-mkg",
    "Person",
)  # fmt: skip
ONE_NAME = EdgeCase("one_name", "Ein Mensch mit einem einzigen Namen", "sprache", ("Zarghuna", ""), page="Person")
TRANSFER = EdgeCase(
    "transfer", "Wechsel (W): Tage beim früheren Träger fallen aus ihrem Angebot", "frauen", ("Ioana", "Munteanu"), None,
    "koordination-kreis", "Kurs → Termin → Anwesenheit",
)  # fmt: skip
PLACEMENT = EdgeCase(
    "placement", "Praktikum (P): zwei Tage befreit", "frauen", ("Selam", "Tesfay"), None, "koordination-kreis",
    "Kurs → Termin → Anwesenheit",
)  # fmt: skip
REPLACED = EdgeCase("replaced", "Ausgefallener Termin mit Ersatztermin", "ra-langen", page="Kurs → Termine")
SHEET_MISSING = EdgeCase("sheet_missing", "Der Termin ist vorbei, die Unterschriftenliste nicht abgelegt", "ra",
                         page="Kurs → Listen abgleichen")  # fmt: skip
SHEET_DIFFERS = EdgeCase("sheet_differs", "Auf dem Papier steht eine Unterschrift weniger, als da waren", "ra",
                         page="Kurs → Listen abgleichen")  # fmt: skip
SHEET_OUTDATED = EdgeCase("sheet_outdated", "Nach dem Druck verlängert: die gedruckte Liste ist überholt", "ra",
                          page="Kurs → Termine, Listen abgleichen")  # fmt: skip
VACANT = EdgeCase(
    "no_coordinator", "9 von 13 Kommunen haben keine eigene Koordination (R12)", login="verwaltung", page="Konten"
)
SMALL_CELLS = EdgeCase(
    "small_cells", "Statistik, in der die meisten Felder unter 3 liegen: Sprachkurse in sechs kleinen Orten",
    login="auswertung", page="Statistik nach Kommune, Programm P01b",
)  # fmt: skip

EDGE_CASES = (
    LATE_ENTRY, LATE, SICK, UNEXCUSED, NO_SHOW, RESETTLER, RENAMED, EXCURSION, MOTHER_ALONE, WITH_FATHER, TWINS, TURNS_36,
    YUGOSLAVIA, SUBSTITUTE, MERGING, SIBLING, CANCELLED, ONWARD, NOT_AT_CEREMONY, PHOTO_REFUSED, PHOTO_REVOKED, TWO_COURSES,
    OUT_OF_ORDER, STILL_WAITING, TWICE_ABSENT, SHARE_LOST, SHARE_AT_RISK, FOLLOWED_UP, MADE_UP,
    MADE_UP_TALK, CORRECTED, SOON_36, ONE_NAME, TRANSFER, PLACEMENT, REPLACED, SHEET_MISSING, SHEET_DIFFERS,
    SHEET_OUTDATED, VACANT, SMALL_CELLS,
)  # fmt: skip

FORMER_NAME = ("Jelena", "Morosowa")  # of the woman who changed her name
FATHER = ("Gaetano", "Spataro")  # who brings the child
ALSO_WAITING = (("Gülay", "Aktaş"), ("Oksana", "Lysenko"))
TAKEN = frozenset(
    " ".join(name)
    for name in (*(case.person for case in EDGE_CASES if case.person), FORMER_NAME, FATHER, *ALSO_WAITING)
)  # nobody else in the demo is called so
