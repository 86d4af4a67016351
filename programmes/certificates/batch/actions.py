"""Starts batches of papers, and issues them one by one: each paper and its number in a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

import clock
import jobs
from auth.guard import Viewer
from auth.queries import open_account, roles_of
from database import db
from jobs import Job
from programmes.certificates import actions, office
from programmes.certificates.batch import queries
from programmes.certificates.batch.models import Batch, BatchItem
from wording import Refused

KIND = "papers"
GONE = "nicht mehr im Bereich"


def start(viewer: Viewer, course_id: int, enrolment_ids: Sequence[int], *, by: int) -> Batch:
    """A batch of papers for these people; the one that is under way for this course, if there is one."""
    running = queries.open_batch(viewer, course_id)
    if running is not None:
        return running
    job = jobs.ask(KIND, {"course": course_id}, by=by, total=len(enrolment_ids))
    batch = Batch(course_id=course_id, job_id=job.id)
    db.session.add(batch)
    db.session.flush()
    db.session.add_all(BatchItem(batch_id=batch.id, enrolment_id=enrolment_id) for enrolment_id in enrolment_ids)
    db.session.flush()
    return batch


@jobs.step(KIND)
def issue_next(job: Job) -> bool:
    """Issue one paper of the batch, as the account that asked for it may do now. A paper that is there is never doubled."""
    who = Viewer(job.by_id, roles_of(job.by_id) if open_account(job.by_id) else frozenset(), clock.today())
    todo = sa.and_(BatchItem.certificate_id.is_(None), BatchItem.reason.is_(None))
    item = db.session.scalars(
        sa.select(BatchItem)
        .join(Batch, Batch.id == BatchItem.batch_id)
        .where(Batch.job_id == job.id, todo)
        .order_by(BatchItem.id)
        .limit(1)
        .execution_options(viewer=who)
    ).first()
    if item is None:
        return False
    job.done += 1
    try:
        [paper] = actions.issue(who, [item.enrolment_id], clock.now(), by=job.by_id, imprint=office.imprint())
    except Refused as refused:
        item.reason = " ".join(map(str, refused.reasons[1:] or refused.reasons))[:400]
    except NoResultFound:
        item.reason = GONE
    else:
        item.certificate_id = paper.id
    return job.done < job.total
