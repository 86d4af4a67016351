"""What the trace learns of what is done here: of which programme a record is."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from flask import Flask

from auth import trace
from programmes.catalogue.models import Course, Meeting, Module, Programme
from programmes.certificates.batch.models import Batch
from programmes.certificates.delivery.models import PersonalLink
from programmes.certificates.models import Certificate
from programmes.enrolment.applying.models import Application
from programmes.enrolment.models import Enrolment

RECORD = sa.bindparam("record", type_=sa.Integer())
OF_COURSE = sa.select(Course.programme_id)
OF_PLACE = OF_COURSE.join(Enrolment, Enrolment.course_id == Course.id)
OF_PAPER = OF_PLACE.join(Certificate, Certificate.enrolment_id == Enrolment.id)
# People belong to no programme, so their own pages have none; what an address names first counts.
PROGRAMME_BY: Mapping[str, sa.Select[int]] = {
    "meeting_id": OF_COURSE.join(Meeting, Meeting.course_id == Course.id).where(Meeting.id == RECORD),
    "course_id": OF_COURSE.where(Course.id == RECORD),
    "enrolment_id": OF_PLACE.where(Enrolment.id == RECORD),
    "certificate_id": OF_PAPER.where(Certificate.id == RECORD),
    "link_id": OF_PAPER.join(PersonalLink, PersonalLink.certificate_id == Certificate.id).where(
        PersonalLink.id == RECORD
    ),
    "batch_id": OF_COURSE.join(Batch, Batch.course_id == Course.id).where(Batch.id == RECORD),
    "application_id": OF_COURSE.join(Application, Application.course_id == Course.id).where(Application.id == RECORD),
    "module_id": sa.select(Module.programme_id).where(Module.id == RECORD),
    "programme_id": sa.select(Programme.id).where(Programme.id == RECORD),
}


def init_app(app: Flask) -> None:
    """Tell the trace."""
    trace.find_programmes(app, PROGRAMME_BY)
