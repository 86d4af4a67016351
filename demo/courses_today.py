"""Today's office: courses that are over, on, and to come, with people of today's county."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from demo import clockwork, edge_cases, families
from demo.courses_2003 import LANGUAGE_TOPICS, ORIENTATION_TOPICS, never, seminar_days
from demo.names import AFGHAN, CROATIAN, GREEK, ITALIAN, KURDISH, MOROCCAN, POLISH, SERBIAN, TURKISH, Community
from demo.newer_names import ERITREAN, ETHIOPIAN, GERMAN, ROMANIAN, SYRIAN, UKRAINIAN, VIETNAMESE
from demo.office import Office, Place, Run
from demo.plans import MORNING, PAUSE, SMALL_TOWNS, WEEK, Plan, plans
from programmes.attendance.rules import AbsenceReason, Entry, Mark
from programmes.catalogue.rules import Change, CourseFact, MeetingStatus
from programmes.enrolment.rules import EnrolmentStatus, ExitCause
from programmes.participants.rules import Sex

MIXED = (
    SYRIAN,
    TURKISH,
    UKRAINIAN,
    ERITREAN,
    AFGHAN,
    ROMANIAN,
    MOROCCAN,
    ITALIAN,
    VIETNAMESE,
    POLISH,
    ETHIOPIAN,
    KURDISH,
)
GROUPS = (TURKISH, SYRIAN, TURKISH, MOROCCAN, GERMAN, UKRAINIAN, AFGHAN, ROMANIAN)


class Today:
    """Opens the plans of a day and fills them."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.rng = office.rng
        self.today = office.today
        self.runs = {key: self._open(plan) for key, plan in plans(self.today).items()}

    def build(self) -> None:
        """Fill all courses."""
        self._orientation()
        self._language()
        self._group()
        self._guides()
        self._finished()
        self._planned()
        self._german_for_women()
        self._integration_course()

    def _open(self, plan: Plan) -> Run:
        run = self.office.course(
            plan.number, plan.title, plan.programme, plan.town, venue=plan.venue, language=plan.language,
            places=plan.places, dates=plan.dates, leaders=plan.leaders, coordinator=plan.coordinator, quarter=plan.quarter,
        )  # fmt: skip
        if plan.key == "frauen":
            self._in_modules(run, plan.dates)
            return run
        if not plan.hours:
            seminar_days(self.office, run, list(plan.dates))
            return run
        topics = {"P01a": ORIENTATION_TOPICS, "P01b": LANGUAGE_TOPICS}.get(plan.programme, tuple(run.programme.topics))
        topics = tuple(topic.replace("Stadt Dietzenbach", f"Stadt {plan.town}") for topic in topics)
        for number, day in enumerate(plan.dates):
            self.office.meet(run, day, plan.hours, pause=PAUSE[plan.hours], topic=topics[number % len(topics)],
                             excursion=plan.hours == MORNING and number == 2)  # fmt: skip
        return run

    def _enrol(self, run: Run, communities: Sequence[Community], count: int, *, women: bool = False) -> list[Place]:
        places = []
        for number in range(count):
            sex = Sex.FEMALE if women else self.rng.choice((Sex.FEMALE, Sex.FEMALE, Sex.MALE))
            person = self.office.someone(communities[number % len(communities)], run, sex)
            places.append(self.office.enrol(run, person, applied=self._applied(run)))
        return places

    def _applied(self, run: Run) -> dt.date:
        return min(run.course.starts_on, self.today) - dt.timedelta(days=self.rng.randint(3, 30))

    def _fixed(self, run: Run, community: Community, sex: Sex, case: edge_cases.EdgeCase) -> Place:
        person = self.office.someone(community, run, sex, name=case.who)
        place = self.office.enrol(run, person, applied=self._applied(run))
        place.reliability = 1.0
        return place

    def _orientation(self) -> None:
        run = self.runs["ra"]
        past = [meeting.date for meeting in run.meetings if meeting.date < self.today]
        rasha = self._fixed(run, SYRIAN, Sex.FEMALE, edge_cases.TWO_COURSES)
        rasha.enrolment.entry_date = past[2]
        self.office.enrol(self.runs["sprache"], rasha.person, applied=self._applied(run))
        run.left_open.add(past[-1])
        hiba = self._fixed(run, SYRIAN, Sex.FEMALE, edge_cases.CORRECTED)
        hiba.said[past[1]] = Entry(Mark.ABSENT_UNEXCUSED)
        excused = Entry(Mark.ABSENT_EXCUSED, reason=AbsenceReason.CHILDCARE_UNFORESEEABLE)
        run.corrections[hiba.person.name, past[1]] = (excused, "Entschuldigung lag im Postfach")
        self._enrol(run, (SYRIAN, SYRIAN, MOROCCAN), 11)
        never(self._enrol(run, (SYRIAN,), 1)[0], past[:2])
        # The last in the list, so that the roll call nobody closed says nothing of him.
        firas = self._fixed(run, SYRIAN, Sex.MALE, edge_cases.TWICE_ABSENT)
        firas.said |= {past[-2]: Entry(Mark.ABSENT_UNEXCUSED), past[-4]: Entry(Mark.ABSENT_UNEXCUSED)}
        run.cancel(past[-3], "Raum durch Wasserschaden gesperrt")
        langen = self.runs["ra-langen"]
        before = [meeting.date for meeting in langen.meetings if meeting.date < self.today]
        at_risk = self._fixed(langen, UKRAINIAN, Sex.FEMALE, edge_cases.SHARE_AT_RISK)
        at_risk.said[before[0]] = Entry(Mark.ABSENT_EXCUSED, reason=AbsenceReason.AUTHORITY)
        asked = self._fixed(langen, UKRAINIAN, Sex.FEMALE, edge_cases.FOLLOWED_UP)
        asked.said |= dict.fromkeys(before[-2:], Entry(Mark.ABSENT_UNEXCUSED))
        childcare = Entry(Mark.ABSENT_EXCUSED, reason=AbsenceReason.CHILDCARE_UNFORESEEABLE)
        langen.corrections |= {(asked.person.name, day): (childcare, "Nachgefragt") for day in before[-2:]}
        self._enrol(langen, (UKRAINIAN,), 10)
        lost = langen.meetings[1]
        langen.cancel(lost.date, "Kursleitung erkrankt, keine Vertretung")
        taken = {meeting.date for meeting in langen.meetings}
        free = clockwork.days(self.today + clockwork.DAY, langen.course.ends_on)
        self.office.replace(langen, lost, next(day for day in free if day not in taken and day.weekday() < 5))
        self._enrol(self.runs["ra-dreieich"], (TURKISH, TURKISH, KURDISH), 11)

    def _language(self) -> None:
        run = self.runs["sprache"]
        zarghuna = self._fixed(run, AFGHAN, Sex.FEMALE, edge_cases.ONE_NAME)
        zarghuna.person.native_name, zarghuna.person.native_language = "زرغونه", AFGHAN.script
        self._enrol(run, MIXED, 13)
        past = [meeting.date for meeting in run.meetings if meeting.date < self.today]
        run.left_open.add(past[-1])
        self._wait(run, (POLISH, ERITREAN))

    def _wait(self, run: Run, communities: Sequence[Community]) -> None:
        """A place has just become free, and people wait for it: somebody has to be called."""
        for number, community in enumerate(communities):
            person = self.office.someone(community, run, Sex.FEMALE)
            applied = self.today - dt.timedelta(days=8 - number)
            self.office.enrol(run, person, applied=applied, status=EnrolmentStatus.WAITING)

    def _group(self) -> None:
        run = self.runs["mkg"]
        past = [meeting.date for meeting in run.meetings if meeting.date < self.today]
        next_month = clockwork.months_before(self.today, -1)
        turning = clockwork.months_before(next_month, families.OLDEST)
        families.join(self.office, run, ITALIAN, edge_cases.SOON_36.who, [turning])
        families.fill(self.office, run, GROUPS, 8)
        toddler = clockwork.months_before(self.today, 22)
        semhar, _ = families.join(self.office, run, ERITREAN, edge_cases.OUT_OF_ORDER.who, [toddler],
                                  applied=self.today - 3 * WEEK, waits=True)  # fmt: skip
        self.office.promote(
            semhar,
            past[-3],
            "Gemischte Erstsprachen: schon mehrere Türkisch sprechende Mütter, Tigrinya ist noch nicht vertreten",
        )
        families.join(self.office, run, TURKISH, edge_cases.STILL_WAITING.who, [toddler], applied=self.today - 6 * WEEK,
                      waits=True)  # fmt: skip
        for days, community, name in zip((17, 9), (TURKISH, UKRAINIAN), edge_cases.ALSO_WAITING, strict=True):
            families.join(
                self.office, run, community, name, [toddler], applied=self.today - dt.timedelta(days=days), waits=True
            )
        run.cancel(past[-6], "Beide Leiterinnen erkrankt")
        other = self.runs["mkg-dzb"]
        families.fill(self.office, other, (SYRIAN, KURDISH, AFGHAN, MOROCCAN, TURKISH, ETHIOPIAN, SERBIAN, POLISH), 8)
        toddlers = clockwork.months_before(self.today, 20)
        family = self.office.cast.household(UKRAINIAN, other.course.municipality, self.today - 2 * WEEK, (toddlers,))
        self.office.bring(other, family, applied=self.today - WEEK, status=EnrolmentStatus.WAITING)
        other.left_open.add(max(meeting.date for meeting in other.meetings if meeting.date < self.today))

    def _guides(self) -> None:
        il = self.runs["il"]
        missed = self._fixed(il, POLISH, Sex.FEMALE, edge_cases.MADE_UP)
        missed.said[il.meetings[0].date] = Entry(Mark.ABSENT_EXCUSED, reason=AbsenceReason.ILLNESS)
        self._enrol(il, (TURKISH, SYRIAN, UKRAINIAN, POLISH, ERITREAN, MOROCCAN, CROATIAN), 12, women=True)
        run = self.runs["il-rodgau"]
        *_, gone = self._enrol(run, (ITALIAN, TURKISH, AFGHAN, GREEK, VIETNAMESE, ROMANIAN), 11, women=True)
        gone.said |= {
            meeting.date: Entry(Mark.ABSENT_UNEXCUSED) for meeting in run.meetings if meeting.date < self.today
        }
        gone.enrolment.missed_since = self.today - clockwork.DAY
        for meeting in run.meetings:
            if meeting.date == self.today:
                meeting.substitute = self.office.users["vertretung"]

    def _finished(self) -> None:
        for key, communities, count in (
            ("ra-issued", (TURKISH, TURKISH, KURDISH), 12), ("ra-ready", (AFGHAN,), 11), ("ra-open", (ROMANIAN,), 9),
            ("il-issued", MIXED, 12), ("il-half", MIXED[4:], 10),
        ):  # fmt: skip
            self._enrol(self.runs[key], communities, count, women=key.startswith("il"))
        families.fill(self.office, self.runs["mkg-issued"], GROUPS[1:], 7)
        for number, (_, code, count) in enumerate(SMALL_TOWNS):
            self._enrol(self.runs[f"small-{code}"], MIXED[number:], count)
        self.runs["ra-open"].left_open.add(self.runs["ra-open"].meetings[-2].date)
        for run in self.runs.values():
            if run.course.ends_on < self.today:
                families.complete_all(run)

    def _planned(self) -> None:
        self._enrol(self.runs["ra-planned"], (UKRAINIAN,), 6)
        group = self.runs["mkg-planned"]
        born = clockwork.months_before(group.course.starts_on, 20)
        for community in (TURKISH, SYRIAN, GERMAN, AFGHAN, SERBIAN):
            household = self.office.cast.household(community, group.course.municipality, self.today - 2 * WEEK, (born,))
            self.office.bring(group, household, applied=self._applied(group))
        full = self.runs["il-planned"]
        *_, last = self._enrol(full, MIXED, full.course.places, women=True)
        last.leave(self.today - clockwork.DAY, EnrolmentStatus.WITHDRAWN, "Arbeit gefunden", ExitCause.WORK)
        last.enrolment.entry_date = None  # the place was given back before the first day
        self._wait(full, (ETHIOPIAN, GREEK))
        self.office.offer(full.places[-2], self.today - clockwork.DAY, self.today + 6 * clockwork.DAY)
        self._call_off(self.runs["ra-cancelled"], "Zu wenige Anmeldungen")

    def _call_off(self, run: Run, reason: str) -> None:
        run.course.cancelled_reason = reason
        yesterday = clockwork.instant(self.today - clockwork.DAY, 15)
        for meeting in run.meetings:
            meeting.status, meeting.cancelled_reason = MeetingStatus.CANCELLED, reason
            run.changes.append((meeting, yesterday, run.coordinator, Change.STATUS, MeetingStatus.PLANNED.value,
                                MeetingStatus.CANCELLED.value, reason))  # fmt: skip

    def _german_for_women(self) -> None:
        """LOS10 of the report: planned and nobody enrolled. The report gives no dates; they are assumed to lie ahead."""
        days = clockwork.weekly(self.today + 8 * WEEK, self.today + 16 * WEEK, (0, 2))
        run = self.office.course(
            "DB-2004", "Deutschkurs mit Bewerbungstraining und EDV-Kurs für Frauen", "LOS10", "Dietzenbach",
            quarter="Spessartviertel", venue="Wohnung im Spessartviertel", language="Deutsch", places=14, dates=days,
            leaders=["leitung-sprache"], coordinator="koordination-kreis",
            assumed=(CourseFact.DATES, CourseFact.MEETINGS, CourseFact.VENUE, CourseFact.PLACES, CourseFact.LEADERS),
        )  # fmt: skip
        self._in_modules(run, days)

    def _in_modules(self, run: Run, days: Sequence[dt.date]) -> None:
        german, computer = self.office.modules[run.programme.id]
        for number, day in enumerate(days):
            module = computer if number % 3 == 2 else german
            self.office.meet(run, day, MORNING, pause=15, module=module, topic=module.title)

    def _integration_course(self) -> None:
        """The same course today, with the marks of integration courses: one comes from another provider, one is on placement."""
        run = self.runs["frauen"]
        past = [meeting.date for meeting in run.meetings if meeting.date < self.today]
        comes = self._fixed(run, ROMANIAN, Sex.FEMALE, edge_cases.TRANSFER)
        comes.said |= {day: Entry(Mark.TRANSFER) for day in past[:2]}
        works = self._fixed(run, ERITREAN, Sex.FEMALE, edge_cases.PLACEMENT)
        works.said |= {day: Entry(Mark.PLACEMENT) for day in past[-3:-1]}
        self._enrol(run, MIXED, 8, women=True)
        self.office.lay_down(run)
