"""What people are told about their data, and what they are asked apart from the course: texts with their versions, in plain German.

Whoever changes a text gives it a new version, here and nowhere else: everybody who got an earlier notice is then to get the new one.
"""

from __future__ import annotations

from dataclasses import dataclass

from programmes.participants.rules import ConsentPurpose, Medium
from wording import P_

OFFICE = "Kreis Offenbach, Integrationsbüro, Werner-Hilpert-Straße 1, 63128 Dietzenbach"
OFFICER = "Kreis Offenbach, Datenschutzbeauftragte Person, Werner-Hilpert-Straße 1, 63128 Dietzenbach"
AUTHORITY = "Gustav-Stresemann-Ring 1, 65189 Wiesbaden, datenschutz.hessen.de"

NOTICE_VERSION = "2026-1"
NOTICE_TITLE = P_("Was wir mit Ihren Daten machen")
# Headings with their paragraphs, in the order of GDPR Art. 13; the law is Art. 6(1)(e) GDPR with § 3 HDSIG (domain.md B11).
NOTICE = (
    (P_("Wer sind wir?"), P_("Wir sind das Integrationsbüro. Wir sind für Ihre Daten verantwortlich: {office}.")),
    (
        P_("Welche Daten?"),
        P_(
            "Ihr Name, Ihr Geburtsdatum, Ihre Herkunft, Ihre Sprachen, Schule und Arbeit, wie wir Sie erreichen, Ihr Kurs und wann "
            "Sie da waren. Von Kindern: Vorname und Geburtsmonat. Ihren Namen brauchen wir, und wie wir Sie erreichen. Alles andere "
            "ist freiwillig. Wir fragen nicht nach Aufenthalt, Religion oder Gesundheit."
        ),
    ),
    (
        P_("Wofür?"),
        P_(
            "Für unsere Kurse: Plätze vergeben, einladen, Bescheinigungen schreiben, Zahlen ohne Namen berichten. Das ist unsere "
            "öffentliche Aufgabe (Artikel 6 Absatz 1 Buchstabe e DSGVO, § 3 HDSIG)."
        ),
    ),
    (
        P_("Wer sieht die Daten?"),
        P_(
            "Das Integrationsbüro. Die Kursleitung sieht Ihren Namen und schreibt auf, ob Sie da sind. Andere bekommen nur Zahlen "
            "ohne Namen – mehr nur, wenn Sie es erlauben. Die Ausländerbehörde hat keinen Zugang."
        ),
        P_("Wer den Kurs bezahlt, darf eine Liste mit Namen und Stunden verlangen."),
    ),
    (
        P_("Wie lange?"),
        P_(
            "So lange, wie wir die Daten für Kurs, Bescheinigung und Abrechnung brauchen. Dann löschen wir sie. Entscheidet niemand "
            "über eine Anmeldung, löschen wir sie nach 6 Monaten."
        ),
    ),
    (
        P_("Ihre Rechte"),
        P_(
            "Sie können fragen, was wir über Sie wissen, und eine Kopie bekommen. Sie können sagen: Das ist falsch, ändern Sie es. "
            "Löschen Sie es. Nutzen Sie es nicht mehr. Sie können auch widersprechen."
        ),
        P_("Haben Sie Fragen zum Datenschutz? Schreiben Sie an: {officer}."),
        P_(
            "Sind Sie nicht einverstanden? Sie können sich beschweren beim Hessischen Beauftragten für Datenschutz und "
            "Informationsfreiheit: {authority}."
        ),
    ),
)
CONTACTS = {"office": OFFICE, "officer": OFFICER, "authority": AUTHORITY}

CONSENT_TITLE = P_("Sie entscheiden: Ja oder Nein")
CONSENT_INTRO = P_(
    "Sie müssen nicht Ja sagen. Sie können trotzdem in den Kurs kommen. Sie können später immer noch Nein sagen, ohne Grund: "
    "Sagen oder schreiben Sie es dem Integrationsbüro. Was bis dahin war, bleibt erlaubt."
)
YES, NO = P_("Ja"), P_("Nein")


@dataclass(frozen=True)
class Question:
    """What is asked for one purpose. `about` asks what it is about, `where` in which media; both are filled in before it is signed."""

    version: str
    title: str
    text: str
    about: str | None = None
    where: str | None = None


QUESTIONS = {
    ConsentPurpose.PHOTO: Question(
        "2026-1",
        P_("Fotos"),
        P_(
            "Dürfen wir Fotos zeigen, auf denen man Sie oder Ihr Kind sieht? Sagen Sie später Nein, nehmen wir das Foto weg. Aus einer "
            "gedruckten Zeitung geht das nicht."
        ),
        P_("Anlass:"),
        P_("Hier zeigen wir die Fotos:"),
    ),
    ConsentPurpose.FOLLOW_UP: Question(
        "2026-1",
        P_("Nach dem Kurs"),
        P_("Dürfen wir uns im Jahr nach dem Kurs bei Ihnen melden und fragen, was der Kurs Ihnen gebracht hat?"),
    ),
    ConsentPurpose.PASSING_ON: Question(
        "2026-1",
        P_("Weitergeben"),
        P_("Dürfen wir dieser Stelle sagen, wie Sie heißen, wie man Sie erreicht und welchen Kurs Sie besuchen?"),
        P_("Stelle:"),
    ),
    ConsentPurpose.PRESS: Question(
        "2026-1",
        P_("Name in der Zeitung"),
        P_("Darf Ihr Name in einem Bericht der Zeitung stehen?"),
        P_("Anlass:"),
    ),
}
MEDIA = {
    Medium.WEBSITE: P_("Internetseite des Kreises"),
    Medium.NEWSPAPER: P_("Zeitung"),
    Medium.REPORT: P_("Bericht des Kreises"),
}
