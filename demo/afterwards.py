"""What the office adds to the roll calls of today's courses: time made up, absences that were followed up, calls about
places, who may fetch a child, and who applied on the public page."""

from __future__ import annotations

from auth.guard import Viewer
from auth.rules import Role
from demo import clockwork, edge_cases
from demo.office import Office, Place, Run
from demo.plans import plans
from programmes.attendance.account import actions
from programmes.attendance.account.actions import MadeUpTime, Step
from programmes.catalogue.models import Course
from programmes.enrolment.applying.actions import apply, offer_publicly
from programmes.enrolment.applying.rules import ApplicationFacts
from programmes.enrolment.family import actions as family
from programmes.enrolment.queries import children_enrolled
from programmes.enrolment.rules import EnrolmentStatus, Reached
from programmes.enrolment.waiting.actions import record_contact
from programmes.participants.actions import add_person
from programmes.participants.rules import Channel, ChildFacts, Need, PersonFacts, Relation, Sex


class Afterwards:
    """Goes through the capability's own actions, on the days on which that happened."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.numbers = {key: plan.number for key, plan in plans(office.today).items()}

    def write(self) -> None:
        """All of it."""
        self._module_made_up()
        self._talk_made_up()
        self._asked()
        self._called()
        self._fetched()
        self._applied()

    def _find(self, case: edge_cases.EdgeCase) -> tuple[Run, Place, Viewer]:
        run = self.office.runs[self.numbers[case.course or ""]]
        yesterday = self.office.today - clockwork.DAY
        coordinator = Viewer(run.coordinator.id, frozenset({Role.COORDINATOR}), yesterday)
        return run, run.place_of(case.name), coordinator

    def _module_made_up(self) -> None:
        """She missed the first Saturday; its modules were made up with the other course, and alone with the leader."""
        run, place, coordinator = self._find(edge_cases.MADE_UP)
        day = run.meetings[0].date + 4 * clockwork.DAY
        for meeting in [meeting for meeting in run.meetings if meeting.date == run.meetings[0].date]:
            said = MadeUpTime(
                meeting.minutes, day, meeting.module_id, "Unterlagen mit der Kursleitung durchgearbeitet",
                "Pflichtmodul entschuldigt versäumt",
            )  # fmt: skip
            actions.make_up(coordinator, place.enrolment.id, said, clockwork.instant(day, 17))

    def _talk_made_up(self) -> None:
        run, place, coordinator = self._find(edge_cases.MADE_UP_TALK)
        day = max(meeting.date for meeting in run.meetings if meeting.date < self.office.today)
        entered = [
            actions.make_up(
                coordinator, place.enrolment.id, MadeUpTime(minutes, day, None, "Gespräch zum Thema des Tages", "Entschuldigt versäumt"),
                clockwork.instant(day, 13, minute),
            )
            for minutes, minute in ((90, 0), (45, 10))
        ]  # fmt: skip
        at = clockwork.instant(day, 13, 20)
        actions.take_back(coordinator, place.enrolment.id, entered[1].id, "Doppelt eingetragen", at)

    def _called(self) -> None:
        """Who was offered a place yesterday has not answered the phone so far."""
        for run in self.office.runs.values():
            viewer = Viewer(run.coordinator.id, frozenset({Role.COORDINATOR}), self.office.today)
            for place in run.places:
                if place.enrolment.status is EnrolmentStatus.OFFERED:
                    at = clockwork.instant(self.office.today - clockwork.DAY, 11)
                    record_contact(viewer, place.enrolment, Channel.CALL, Reached.NOT_REACHED, None, at)

    def _asked(self) -> None:
        """The coordinator called: nobody could look after the child. Her reason stands in the marks already."""
        _, place, coordinator = self._find(edge_cases.FOLLOWED_UP)
        day = coordinator.today
        step = Step({}, day, "Sie hat angerufen, ab nächster Woche ist die Oma da", day, done=True)
        actions.follow_up(coordinator, place.enrolment.id, step, clockwork.instant(day, 16))

    def _fetched(self) -> None:
        """The child lives with father and mother by turns; a neighbour may fetch it as well."""
        _, place, coordinator = self._find(edge_cases.SOON_36)
        [child] = children_enrolled(coordinator, place.enrolment.id)
        at = clockwork.instant(coordinator.today, 10)
        facts = PersonFacts("Davide", place.person.family_name, sex=Sex.MALE, languages=("Italienisch",))
        father = add_person(coordinator, facts, at)
        household = family.found_family(coordinator, father, Relation.FATHER, at)
        family.add_member(coordinator, household, child, Relation.CHILD, None)
        family.allow_pick_up(coordinator, child, "Ingrid Sommer", "06074 815-0199")

    def _applied(self) -> None:
        """Planned courses are on the public list; since yesterday two people wait for an answer, in their own languages."""
        at = clockwork.instant(self.office.today - clockwork.DAY, 20)
        planned = [run.course for run in self.office.runs.values() if run.course.starts_on > self.office.today]
        for course in planned:
            offer_publicly(course, self._coordinator_of(course), at)
        family = next(course for course in planned if course.programme.is_family)
        alone = next(course for course in planned if not course.programme.is_family)
        born = clockwork.months_before(family.starts_on, 24)
        told = (
            (family, ApplicationFacts(
                "Yasmin", "ar", "Haddad", phone="0176 99900123", needs=(Need.INTERPRETING,), relation=Relation.MOTHER,
                children=(ChildFacts("Samir", born.replace(day=1)),),
            )),
            (alone, ApplicationFacts("Olena", "uk", "Bondar", email="olena.bondar@example.org", needs=(Need.CHILDCARE,))),
        )  # fmt: skip
        for number, (course, facts) in enumerate(told):
            apply(Viewer.office(), course.id, f"demo-{number}", facts, at)

    def _coordinator_of(self, course: Course) -> int:
        return next(run.coordinator.id for run in self.office.runs.values() if run.course is course)
