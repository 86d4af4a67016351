"""What a course is, for people who look for one: the same on its public page and on the notice board, in any language."""

from __future__ import annotations

from collections.abc import Sequence

from paper.speech import Speech
from programmes.enrolment.applying.queries import Offered
from programmes.enrolment.applying.rules import usual_times
from wording import P_

WHERE, WHEN, LANGUAGE, FOR_WHOM = P_("Wo?"), P_("Wann?"), P_("Unterrichtssprache"), P_("Für wen?")


def facts(offered: Offered, speech: Speech) -> Sequence[tuple[str, list[str]]]:
    """Label and lines: where, when, in which language, for whom."""
    course = offered.course
    town = f"{course.municipality.name}, {course.quarter.name}" if course.quarter else course.municipality.name
    return [
        (speech.say(WHERE), [course.venue, town]),
        (speech.say(WHEN), [f"{speech.day(course.starts_on)} – {speech.day(course.ends_on)}", *times(offered, speech)]),
        (speech.say(LANGUAGE), [speech.named_languages(course.language)]),
        (speech.say(FOR_WHOM), for_whom(offered, speech)),
    ]


def times(offered: Offered, speech: Speech) -> list[str]:
    """On which weekdays, from when to when."""
    return [
        f"{speech.weekday(span.date)}, {speech.clock(span.starts_at)}–{speech.clock(span.ends_at)}"
        for span in usual_times(offered.meetings)
    ]


def for_whom(offered: Offered, speech: Speech) -> list[str]:
    """The conditions of the programme, each a sentence."""
    course, programme, said = offered.course, offered.course.programme, []
    first, last = programme.child_from_months, programme.child_until_months
    if programme.women_only:
        said.append(speech.say(P_("Für Frauen.")))
    if first is not None and last is not None:
        text = P_("Für Eltern mit Kindern von {first} bis {last} Monaten.")
        said.append(speech.own_digits(speech.say(text, first=first, last=last)))
    elif programme.is_family:
        said.append(speech.say(P_("Für Eltern mit Kindern.")))
    if programme.after_programme is not None:
        said.append(speech.say(P_("Nach dem Kurs „{programme}“."), programme=programme.after_programme.short_title))
    if programme.residents_only:
        said.append(speech.say(P_("Für Menschen aus {town}."), town=course.municipality.name))
    return said or [speech.say(P_("Für alle."))]
