"""The pages of what the office does, in the order in which it happens."""

from __future__ import annotations

from flask import Flask

from programmes import access, acts
from programmes.attendance import offline
from programmes.attendance.account.views import blueprint as account
from programmes.attendance.phone import blueprint as phone
from programmes.attendance.telling.views import blueprint as telling
from programmes.attendance.views import blueprint as attendance
from programmes.catalogue.calendar.views import blueprint as calendar
from programmes.catalogue.views import blueprint as catalogue
from programmes.certificates import office
from programmes.certificates.batch.views import blueprint as batch
from programmes.certificates.checking.views import blueprint as checking
from programmes.certificates.delivery.views import blueprint as delivery
from programmes.certificates.settings.views import blueprint as settings
from programmes.certificates.views import blueprint as certificates
from programmes.enrolment.applying.views import blueprint as applying
from programmes.enrolment.county.views import blueprint as county
from programmes.enrolment.family.views import blueprint as family
from programmes.enrolment.lists.views import blueprint as lists
from programmes.enrolment.merging.views import blueprint as merging
from programmes.enrolment.privacy.views import blueprint as privacy
from programmes.enrolment.resources.views import blueprint as resources
from programmes.enrolment.schedule.views import blueprint as schedule
from programmes.enrolment.views import blueprint as enrolment
from programmes.enrolment.waiting.views import blueprint as waiting
from programmes.rights import commands as rights_commands
from programmes.rights.views import blueprint as rights
from programmes.statistics.api import blueprint as api
from programmes.statistics.exports.views import blueprint as exports
from programmes.statistics.funding.views import blueprint as funding
from programmes.statistics.pictures.views import blueprint as pictures
from programmes.statistics.reconciliation.views import blueprint as reconciliation
from programmes.statistics.series.views import blueprint as series
from programmes.statistics.views import blueprint as statistics
from programmes.today.views import blueprint as today


def init_app(app: Flask) -> None:
    """Add the pages of every capability."""
    papers = (certificates, settings, batch, delivery, checking)
    for blueprint in (
        *(catalogue, calendar),
        *(enrolment, applying, county, family, lists, privacy, resources, merging, waiting, schedule),
        *(attendance, account, telling, phone, offline.blueprint),
        *papers,
        *(statistics, pictures, exports, series, reconciliation, funding, api),
        rights,
        today,
    ):
        app.register_blueprint(blueprint)
    office.init_app(app)
    offline.init_app(app)
    rights_commands.init_app(app)
    access.init_app(app)
    acts.init_app(app)
