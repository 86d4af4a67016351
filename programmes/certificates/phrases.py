"""How a certificate says what it says, in German and in the languages of `translations.LANGUAGES`.

The German text is the key. In other languages it is a phrase that stands below a name without a guess at anybody's sex.
"""

from collections.abc import Sequence
from fractions import Fraction

from babel.lists import format_list

from paper import german
from paper.speech import Speech
from programmes.catalogue.rules import units
from programmes.certificates.stated import CertificateFacts, Kind
from wording import P_

TITLES: dict[Kind, str] = {
    "participation": P_("Teilnahmebescheinigung"),
    "confirmation": P_("Teilnahmebestätigung"),
    "qualification": P_("Zertifikat"),
    "module": P_("Modulbescheinigung"),
    "training": P_("Fortbildungsbestätigung"),
    "days": P_("Bestätigung der Anwesenheitstage"),
    "employer": P_("Bescheinigung für den Arbeitgeber"),
    "keepsake": P_("Erinnerungsurkunde"),
}
_TOOK_PART = (P_("hat vom {first} bis {last} teilgenommen an:"), P_("hat am {day} teilgenommen an:"))
_DEEDS: dict[Kind, tuple[str, str]] = {
    "qualification": (
        P_("hat vom {first} bis {last} erfolgreich abgeschlossen:"),
        P_("hat am {day} erfolgreich abgeschlossen:"),
    ),
    "days": (
        P_("war vom {first} bis {last} an den genannten Tagen anwesend bei:"),
        P_("war am {day} anwesend bei:"),
    ),
    "keepsake": (P_("war vom {first} bis {last} dabei:"), P_("war am {day} dabei:")),
}
_UNITS = {
    45: P_("{attended} von {offered} Unterrichtseinheiten (UE, 45 Min.)"),
    60: P_("{attended} von {offered} Zeitstunden (60 Min.)"),
}
_MEETINGS = P_("{attended} von {offered} Terminen")
_MADE_UP = {45: P_("davon nachgeholt: {units} Unterrichtseinheiten"), 60: P_("davon nachgeholt: {units} Zeitstunden")}
_ATTENDANCE_ONLY = P_("Dieses Dokument bescheinigt die Teilnahme; es ist keine Leistungsbewertung.")
_NOTES: dict[Kind, str] = {
    "qualification": P_("Kein berufsqualifizierender Abschluss; das Zertifikat gilt für eine ehrenamtliche Tätigkeit."),
    "days": P_("Auf Wunsch der genannten Person ausgestellt; bescheinigt allein die Anwesenheit."),
}
GLAD = P_("Schön, dass du dabei warst!")
BINDING = P_("Der deutsche Text ist verbindlich.")

PLACE, VENUE, LANGUAGE = P_("Ort"), P_("Veranstaltungsort"), P_("Unterrichtssprache")
CONTENTS, COMPETENCIES, LEADERS = P_("Inhalte"), P_("Kompetenzen"), P_("Kursleitung")
PROVIDER, RECOGNITION, RULES = P_("Träger"), P_("Anerkannt (HBUG)"), P_("Regeln")
MODULE, UNIT, HOURS = P_("Modul (* Pflichtmodul)"), P_("UE"), P_("Std.")
ATTENDED, RESULT, FULFILLED = P_("besucht"), P_("Ergebnis"), P_("erfüllt")
DAY, FROM, TO = P_("Tag"), P_("von"), P_("bis")
CHECK = P_("Echtheit prüfen:")


class Voice(Speech):
    """One language saying the facts of one certificate."""

    def __init__(self, facts: CertificateFacts, language: str = "de") -> None:
        super().__init__(language)
        self._facts = facts

    def title(self) -> str:
        """The programme's title in German, what such a paper is called in the other languages."""
        return self._facts.title if self.language == "de" else self.say(TITLES[self._facts.kind])

    def deed(self) -> str:
        """What somebody did from when to when."""
        facts = self._facts
        if facts.sentence and self.language == "de":
            return facts.sentence
        several, one = _DEEDS.get(facts.kind, _TOOK_PART)
        if facts.starts_on == facts.ends_on:
            return self.say(one, day=self.day(facts.starts_on))
        first, last = self.day(facts.starts_on), self.day(facts.ends_on)
        if self.language == "de" and facts.starts_on.year == facts.ends_on.year:
            first = first.removesuffix(f" {facts.starts_on.year}")
        # a day is not torn from its month at the end of a line
        return self.say(several, first=first.replace(" ", "\u00a0", 1), last=last.replace(" ", "\u00a0", 1))

    def amount(self) -> str:
        """What was attended of what was offered; never a percentage (domain.md B0, finding 6)."""
        facts = self._facts
        if facts.count_by == "meetings":
            attended, offered = Fraction(facts.meetings_attended), Fraction(facts.meetings_held)
            return self.say(_MEETINGS, attended=self.number(attended), offered=self.number(offered))
        said = self.say(
            _UNITS[facts.unit_minutes],
            attended=self.units(facts.attended_minutes), offered=self.units(facts.offered_minutes),
        ).replace("45 Min", "45\u00a0Min")  # fmt: skip
        if facts.unit_minutes == 45 and self.language == "de" and not facts.second_language:
            return f"{said} – das sind {german.duration(facts.attended_minutes)}"
        return said

    def units(self, minutes: int) -> str:
        """Minutes in units of the paper."""
        return self.number(units(minutes, self._facts.unit_minutes))

    def made_up(self) -> str | None:
        """What of the attended time was made up outside of the course's meetings: counted, and said."""
        facts = self._facts
        if not facts.made_up_minutes or facts.count_by != "minutes":
            return None
        return self.say(_MADE_UP[facts.unit_minutes], units=self.units(facts.made_up_minutes))

    def person(self) -> str:
        """What tells this person from a namesake, as far as they wish it; else empty."""
        facts = self._facts
        said = []
        if facts.birth_name:
            said.append(self.say(P_("Geburtsname {name}"), name=facts.birth_name))
        if facts.birth_date:
            said.append(self.say(P_("geboren am {day}"), day=self.day(facts.birth_date)))
        return " · ".join(said)

    def together(self) -> str:
        """With whom; empty where nobody came along."""
        if not self._facts.child_names:
            return ""
        names = format_list(list(self._facts.child_names), locale=self._locale)
        return self.say(P_("gemeinsam mit {names}"), names=names)

    def marks(self) -> Sequence[str]:
        """What sets this paper apart from its original or its predecessor, and until when it is valid."""
        facts = self._facts
        said = []
        if facts.copy_of:
            said.append(self.say(P_("Zweitschrift von Nr. {number}"), number=facts.copy_of))
        if facts.replaces_number:
            said.append(self.say(P_("Ersetzt Nr. {number}"), number=facts.replaces_number))
        if facts.valid_until:
            said.append(self.say(P_("Gültig bis {day}"), day=self.day(facts.valid_until)))
        return said

    def note(self) -> str:
        """The small print: what the paper is not."""
        facts = self._facts
        if facts.small_print and self.language == "de":
            return facts.small_print
        said = self.say(_NOTES.get(facts.kind, _ATTENDANCE_ONLY))
        return said if self.language == "de" else f"{said} {self.say(BINDING)}"
