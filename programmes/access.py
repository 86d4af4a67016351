"""Which details of people each door shows, by role. tests/audit/test_readings.py opens every door and compares.

Leaders see names, and who may fetch a child of theirs; nothing else (security.md AC-4). The officer sees why an erasure has to wait.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from auth.audit.fields import Field, hang
from auth.rules import Role

NAME, BIRTH, ORIGIN, CONTACT, PICK_UP, NOTES = Field
Shown = Mapping[Role, frozenset[Field]]


def coordinators(*fields: Field) -> Shown:
    """Shown to coordinators alone."""
    return {Role.COORDINATOR: frozenset(fields)}


def both(*fields: Field) -> Shown:
    """Shown to whoever coordinates and whoever leads."""
    return {Role.COORDINATOR: frozenset(fields), Role.LEADER: frozenset(fields)}


SHOWN: Mapping[str, Shown] = {
    "account.absence": coordinators(NAME, CONTACT, NOTES),
    "account.absences": coordinators(NAME),
    "account.account": coordinators(NAME, NOTES),
    "account.course_accounts": both(NAME),
    "applying.application": coordinators(NAME, CONTACT),
    "applying.applications": coordinators(NAME),
    "attendance.close": both(NAME),
    "attendance.history": both(NAME),
    "attendance.roll_call": both(NAME),
    "attendance.signature_sheet": both(NAME),
    "batch.archive": coordinators(NAME),
    "batch.print_file": coordinators(NAME),
    "certificates.certificate": coordinators(NAME),
    "certificates.certificates": coordinators(NAME),
    "certificates.check_names": both(NAME),
    "certificates.course_certificates": coordinators(NAME, NOTES),
    "certificates.issue": coordinators(NAME),
    "certificates.name_sheet": both(NAME),
    "certificates.pdf": coordinators(NAME),
    "delivery.delivery": coordinators(NAME, CONTACT),
    "enrolment.add_children": coordinators(NAME),
    "enrolment.course": {Role.COORDINATOR: frozenset({NAME, ORIGIN}), Role.LEADER: frozenset({NAME})},
    "enrolment.edit_person": coordinators(NAME, BIRTH, ORIGIN, CONTACT, NOTES),
    "enrolment.edit_situation": coordinators(NAME),
    "enrolment.enrol": coordinators(NAME, BIRTH),
    "enrolment.leave": coordinators(NAME),
    "enrolment.people": coordinators(NAME, BIRTH),
    "enrolment.person": coordinators(NAME, BIRTH, ORIGIN, CONTACT, NOTES),
    "enrolment.promote": coordinators(NAME),
    "enrolment.similar": coordinators(NAME, BIRTH),
    "enrolment.take_back": coordinators(NAME),
    "family.add_member": coordinators(NAME, BIRTH),
    "family.member": coordinators(NAME),
    "family.pick_up": coordinators(NAME, PICK_UP),
    "family.pick_ups": both(NAME, PICK_UP),
    "funding.file": coordinators(NAME),
    "funding.report": coordinators(NAME),
    "lists.columns": coordinators(NAME, BIRTH, ORIGIN, CONTACT),
    "lists.look": coordinators(NAME, BIRTH, ORIGIN, CONTACT),
    "merging.choose": coordinators(NAME, BIRTH),
    "merging.merge": coordinators(NAME),
    "phone.day": {Role.LEADER: frozenset({NAME})},
    "privacy.give_notice": coordinators(NAME, ORIGIN),
    "privacy.notice": coordinators(NAME),
    "privacy.overview": coordinators(NAME, ORIGIN),
    "privacy.questions": coordinators(NAME),
    "privacy.record_consent": coordinators(NAME, ORIGIN),
    "rights.erase": coordinators(NAME),
    "rights.erasure": {Role.COORDINATOR: frozenset({NOTES}), Role.OFFICER: frozenset({NOTES})},
    "rights.extract_json": coordinators(NAME, BIRTH, ORIGIN, CONTACT, NOTES),
    "rights.extract_pdf": coordinators(NAME, BIRTH, ORIGIN, CONTACT, NOTES),
    "rights.person": coordinators(NAME),
    "statistics.matrix": both(NAME),
    "statistics.matrix_csv": coordinators(NAME),
    "statistics.rows": coordinators(NAME),
    "telling.letters": coordinators(NAME, CONTACT),
    "telling.tell": coordinators(NAME, ORIGIN, CONTACT),
    "today.today": coordinators(NAME),
    "waiting.offer": coordinators(NAME, ORIGIN, CONTACT, NOTES),
}


def init_app(app: Flask) -> None:
    """Hang the table on the doors."""
    hang(app, SHOWN)
