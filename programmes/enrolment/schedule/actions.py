"""Changes a course: the meetings of a rule, all of them or none."""

from __future__ import annotations

from programmes.catalogue import actions
from programmes.catalogue.models import Course, Meeting
from programmes.enrolment.schedule.rules import Plan


def add(course: Course, found: Plan, *, prolong: bool) -> list[Meeting]:
    """Add the meetings of a plan; with `prolong` the course lasts until the last of them. Raises Refused."""
    if prolong:
        course.ends_on = max(course.ends_on, *(slot.date for slot in found.slots))
    return actions.add_meetings(course, *(slot.facts for slot in found.slots))
