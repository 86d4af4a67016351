"""Issues the papers of finished courses through the capability's own actions, on the days on which that happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from auth.guard import Viewer
from database import db
from demo import clockwork, edge_cases
from demo.office import Office, Run
from demo.plans import WEEK, Plan, plans
from jobs import Job, JobState
from programmes.certificates import actions, office as installation, queries
from programmes.certificates.actions import NO_WISHES
from programmes.certificates.batch.actions import KIND
from programmes.certificates.batch.models import Batch, BatchItem
from programmes.certificates.delivery import actions as delivery
from programmes.certificates.facts import Wishes
from programmes.certificates.models import Certificate
from programmes.certificates.rules import CertificateKind, CertificateState, HandOver
from programmes.certificates.settings import actions as settings
from programmes.certificates.settings.rules import Look

ISSUE_AFTER = dt.timedelta(days=6)
CEREMONY_AFTER = dt.timedelta(days=13)
OF_THE_REPORT = (
    edge_cases.RA, "RA-2003-02", edge_cases.SPR, edge_cases.DZB, edge_cases.IL, "BU-2003-NL", "LK-2003-MA", "IK-2002",
    "MARE-2004-01", "MARE-2004-02", "MARE-2004-03", "WS-2002", "START-2003",
)  # fmt: skip


class Papers:
    """Issues, hands over, replaces."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.viewer = Viewer.office()
        self.imprint = installation.imprint()

    def issue(self) -> None:
        """All papers of the demo: the report's courses, then today's."""
        for number in OF_THE_REPORT:
            run = self.office.runs[number]
            absent = edge_cases.NOT_AT_CEREMONY.name if number == edge_cases.IL else None
            self._issue(run, handed_over=True, absent=absent)
        self._change_of_name()
        today = plans(self.office.today)
        for key, part in (("ra-issued", 1.0), ("il-issued", 1.0), ("mkg-issued", 1.0), ("il-half", 0.5)):
            run = self.office.runs[today[key].number]
            handed_over = run.course.ends_on + CEREMONY_AFTER <= self.office.today
            self._issue(run, handed_over=handed_over, part=part, absent=None)
        self._besides(today)
        self._ways_to_their_people(today)

    def _besides(self, today: dict[str, Plan]) -> None:
        """A paper of every kind there is: for a module, days, an employer, a child; one beside Arabic; a second copy."""
        guides, group, course = (self.office.runs[today[key].number] for key in ("il", "mkg-issued", "ra-issued"))
        leave = self.office.runs["BU-2003-NL"]
        look = Look(recognition="HE 03-1142 (erfunden)")
        settings.save(
            leave.course.programme, CertificateKind.EMPLOYER, look, version=0, by=leave.coordinator.id, now=self._now(2)
        )
        yesterday = self.office.today - clockwork.DAY
        of = queries.accounts(self.viewer, guides.course.id, yesterday)
        one = next(
            one for one in of.candidates if any(part.credited and not part.to_come for part in one.account.modules)
        )
        part = next(part for part in one.account.modules if part.credited and not part.to_come)
        for run, enrolment, kind, about, wishes in (
            (guides, one.enrolment.id, CertificateKind.MODULE, part.module_id, NO_WISHES),
            (course, self._first(course), CertificateKind.DAYS, None, Wishes(second_language="tr")),
            (group, self._first(group), CertificateKind.KEEPSAKE, 0, NO_WISHES),
            (leave, self._first(leave), CertificateKind.EMPLOYER, None, NO_WISHES),
        ):
            actions.issue_besides(
                self.viewer,
                enrolment,
                kind,
                self._now(1),
                by=run.coordinator.id,
                imprint=self.imprint,
                wishes=wishes,
                about=about,
            )
        lost = self._valid(course)[-1]
        actions.copy(lost, self._now(1), by=course.coordinator.id, imprint=self.imprint)

    def _ways_to_their_people(self, today: dict[str, Plan]) -> None:
        """A batch that is done, and a personal link that was opened once."""
        guides = self.office.runs[today["il-issued"].number]
        papers = self._valid(guides)
        made = self._now(3)
        job = Job(
            kind=KIND, arguments={"course": guides.course.id}, by_id=guides.coordinator.id, made_at=made, not_before=made,
            state=JobState.DONE, done=len(papers), total=len(papers), finished_at=made,
        )  # fmt: skip
        db.session.add(job)
        db.session.flush()
        batch = Batch(course_id=guides.course.id, job_id=job.id)
        db.session.add(batch)
        db.session.flush()
        db.session.add_all(
            BatchItem(batch_id=batch.id, enrolment_id=paper.enrolment_id, certificate_id=paper.id) for paper in papers
        )
        link, _, _ = delivery.make_link(self.viewer, papers[0], made, by=guides.coordinator.id)
        link.opened_at, link.openings = self._now(2), 1

    def _now(self, days_ago: int) -> dt.datetime:
        return clockwork.instant(self.office.today - days_ago * clockwork.DAY, 10)

    def _first(self, run: Run) -> int:
        candidates = queries.accounts(self.viewer, run.course.id, self.office.today).candidates
        return next(one.enrolment.id for one in candidates if one.days_attended)

    def _valid(self, run: Run) -> list[Certificate]:
        candidates = queries.accounts(self.viewer, run.course.id, self.office.today).candidates
        return [one.paper for one in candidates if one.paper and one.paper.state is CertificateState.VALID]

    def _issue(self, run: Run, *, handed_over: bool, absent: str | None, part: float = 1.0) -> Sequence[Certificate]:
        on = min(run.course.ends_on + ISSUE_AFTER, self.office.today - clockwork.DAY)
        candidates = queries.accounts(self.viewer, run.course.id, on).candidates
        ready = [candidate.enrolment.id for candidate in candidates if candidate.decision.is_ready]
        chosen = ready[: round(len(ready) * part)]
        by = run.coordinator.id
        papers = actions.issue(self.viewer, chosen, clockwork.instant(on, 11), by=by, imprint=self.imprint)
        if handed_over:
            day = run.course.ends_on + CEREMONY_AFTER
            present = [paper for paper in papers if paper.printed_name != absent]
            actions.hand_over(present, day, HandOver.CEREMONY, by=by, today=self.office.today)
        return papers

    def _change_of_name(self) -> None:
        """She takes the German form of her name (topic 6 of the course); her certificate is issued anew."""
        run = self.office.runs[edge_cases.RA]
        person = run.place_of(" ".join(edge_cases.FORMER_NAME)).person
        candidates = queries.accounts(self.viewer, run.course.id, self.office.today).candidates
        old = next(candidate.paper for candidate in candidates if candidate.enrolment.person is person)
        person.birth_name = person.family_name
        person.given_name, person.family_name = edge_cases.RENAMED.who
        if old is not None:
            on = clockwork.instant(run.course.ends_on + 12 * WEEK, 10)
            reason = "Namensänderung nach § 94 BVFG, Urkunde lag vor"
            actions.replace(self.viewer, old, reason, on, by=run.coordinator.id, imprint=self.imprint)
