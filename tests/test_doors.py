"""The first law: a page that names no one does not open. The table below is who may open what, equal both ways."""

import re

import pytest
from flask import Blueprint, Flask

from auth import guard
from auth.rules import Role, Scope
from demo.accounts import PASSWORD, address
from run import create_app
from tests.tools.client import Client
from tests.tools.figures import note
from tests.tools.offices import NEW_CLIENT

A, C, L, O, E = Role.ADMINISTRATOR, Role.COORDINATOR, Role.LEADER, Role.OFFICER, Role.EVALUATOR  # noqa: E741 - one letter a role keeps the table readable
STAFF = {A, C, L, O, E}
PUBLIC: set[Role] = set()
TABLE: dict[str, set[Role]] = {
    "account.absence": {C},
    "account.absences": {C},
    "account.account": {C},
    "account.course_accounts": {C, L},
    "account.take_back": {C},
    "api.description": {C, E},
    "api.statistics": {C, E},
    "applying.application": {C},
    "applying.applications": {C},
    "applying.apply": PUBLIC,
    "applying.board": {C},
    "applying.course": PUBLIC,
    "applying.discard": {C},
    "applying.offer": PUBLIC,
    "applying.public_page": {C},
    "applying.switch": {C},
    "applying.thanks": PUBLIC,
    "audit.export": {O},
    "audit.log": {O},
    "audit.people": {O},
    "assets.font": PUBLIC,
    "assets.icon": PUBLIC,
    "assets.phone": PUBLIC,
    "attendance.cancel_meeting": {C},
    "attendance.close": {C, L},
    "attendance.edit_meeting": {C},
    "attendance.file_sheet": {C, L},
    "attendance.history": {C, L},
    "attendance.reconciliation": {C},
    "attendance.replace_meeting": {C},
    "attendance.report_not_held": {L},
    "attendance.roll_call": {C, L},
    "attendance.signature_sheet": {C, L},
    "auth.add_user": {A},
    "auth.alive": PUBLIC,
    "auth.end_sessions": {A},
    "auth.forgotten": PUBLIC,
    "auth.invite": {A},
    "auth.language": PUBLIC,
    "auth.login": PUBLIC,
    "auth.logout": STAFF,
    "auth.ready": PUBLIC,
    "auth.remove_second_factor": {A},
    "auth.revoke_token": {C, E},
    "auth.tokens": {C, E},
    "auth.user": {A},
    "auth.users": {A},
    "auth.welcome": PUBLIC,
    "batch.archive": {C},
    "batch.batch": {C},
    "batch.cancel": {C},
    "batch.print_file": {C},
    "calendar.calendar": {C, L},
    "calendar.feed": PUBLIC,
    "calendar.make_feed": {C, L},
    "calendar.month": {C, L},
    "calendar.revoke_feed": {C, L},
    "calendar.school_holidays": {A},
    "catalogue.add_course": {C},
    "catalogue.add_module": {C},
    "catalogue.add_programme": {A},
    "catalogue.cancel_course": {C},
    "catalogue.delete_module": {C},
    "catalogue.edit_module": {C},
    "catalogue.places": STAFF,
    "catalogue.programme": STAFF,
    "catalogue.programmes": STAFF,
    "catalogue.reinstate_course": {C},
    "catalogue.remove_scope": {A},
    "catalogue.report": STAFF,
    "catalogue.rules": {C},
    "catalogue.scope": {A},
    "certificates.badge": {C},
    "certificates.certificate": {C},
    "certificates.certificates": {C},
    "certificates.check_name": {C, L},
    "certificates.check_names": {C, L},
    "certificates.copy": {C},
    "certificates.course_certificates": {C},
    "certificates.decide": {C},
    "certificates.hand_over": {C},
    "certificates.hand_over_all": {C},
    "certificates.issue": {C},
    "certificates.issue_all": {C},
    "certificates.issue_besides": {C},
    "certificates.name_sheet": {C, L},
    "certificates.pdf": {C},
    "certificates.replace": {C},
    "certificates.revoke": {C},
    "certificates.take_back_decision": {C},
    "checking.certificates": PUBLIC,
    "checking.file": PUBLIC,
    "checking.issuer": PUBLIC,
    "checking.keys": PUBLIC,
    "checking.name": PUBLIC,
    "checking.status": PUBLIC,
    "checking.verify": PUBLIC,
    "delivery.delivery": {C},
    "delivery.make_link": {C},
    "delivery.open_paper": PUBLIC,
    "delivery.paper": PUBLIC,
    "delivery.revoke_link": {C},
    "delivery.send": {C},
    "waiting.offer": {C},
    "waiting.contact": {C},
    "waiting.end_offer": {C},
    "waiting.missed": {C, L},
    "waiting.back": {C, L},
    "county.directory_pdf": {C, E},
    "county.overview": {C, E},
    "emergency.all_of_them": {O},
    "emergency.begin": {A},
    "emergency.end": {A},
    "enrolment.add_children": {C},
    "enrolment.add_family": {C},
    "enrolment.add_person": {C},
    "enrolment.course": {C, L},
    "enrolment.courses": {C, L},
    "enrolment.edit_course": {C},
    "enrolment.edit_person": {C},
    "enrolment.edit_situation": {C},
    "enrolment.enrol": {C},
    "enrolment.leave": {C},
    "enrolment.people": {C},
    "enrolment.person": {C},
    "enrolment.promote": {C},
    "enrolment.similar": {C},
    "enrolment.take_back": {C},
    "family.add_member": {C},
    "family.end_pick_up": {C},
    "family.member": {C},
    "family.pick_up": {C},
    "family.pick_ups": {C, L},
    "family.remove_member": {C},
    "merging.choose": {C},
    "merging.merge": {C},
    "merging.undo": {C},
    "factor.add_app": STAFF,
    "factor.codes": STAFF,
    "factor.enter": PUBLIC,
    "factor.remove": STAFF,
    "factor.remove_passkey": STAFF,
    "factor.set_up": PUBLIC,
    "funding.export": {C},
    "funding.file": {C},
    "funding.grant": {A},
    "reconciliation.reconciliation": {C},
    "funding.report": {C},
    "funding.reports": {C},
    "exports.ask": {C, E},
    "exports.discard": {C, E},
    "exports.export": {C, E},
    "exports.table_csv": {C, E},
    "exports.table_xlsx": {C, E},
    "lists.columns": {C},
    "lists.forget": {C},
    "lists.look": {C},
    "lists.send": {C},
    "offline.manifest": PUBLIC,
    "offline.shell": PUBLIC,
    "offline.worker": PUBLIC,
    "schedule.add_meetings": {C},
    "telling.tell": {C},
    "telling.send": {C},
    "telling.letters": {C},
    "telling.reached": {C},
    "telling.not_reached": {C},
    "privacy.blank_notice": {C},
    "privacy.blank_questions": {C},
    "privacy.give_notice": {C},
    "privacy.notice": {C},
    "privacy.overview": {C},
    "privacy.questions": {C},
    "privacy.record_consent": {C},
    "privacy.revoke": {C},
    "resources.leaders": {A, C},
    "resources.edit_leader": {A, C},
    "resources.rooms": {C},
    "resources.add_room": {C},
    "resources.edit_room": {C},
    "rights.approve": {O},
    "rights.archive": {C, O},
    "rights.erase": {C},
    "rights.erase_account": {A},
    "rights.erasure": {C, O},
    "rights.erasures": {C, O},
    "rights.extract_json": {C},
    "rights.extract_pdf": {C},
    "rights.give_up": {O},
    "rights.person": {C},
    "rights.proof": {C, O},
    "rights.release": {C},
    "rights.undo": {C, O},
    "series.add": {C},
    "series.edit": {C},
    "series.export": {C, E},
    "series.import_file": {C},
    "series.overview": {C, E},
    "series.series": {C, E},
    "series.value": {C},
    "settings.add_logo": {A},
    "settings.funding": {A},
    "settings.funding_profile": {A},
    "settings.logo": {A},
    "settings.paper": {C},
    "settings.papers": {C},
    "settings.preview": {C},
    "settings.remove_logo": {A},
    "static": PUBLIC,
    "own.account": STAFF,
    "own.confirm": STAFF,
    "own.end_browser": STAFF,
    "own.end_others": STAFF,
    "own.password": STAFF,
    "own.session": STAFF,
    "phone.add_device": {C, L},
    "phone.contact": PUBLIC,
    "phone.day": {C, L},
    "phone.devices": {C, L},
    "phone.revoke_device": {C, L},
    "phone.sync": {C, L},
    "pictures.pictures": {C, E},
    "pictures.report_pdf": {C, E},
    "statistics.compare": {C, E},
    "statistics.delete_report": {C, E},
    "statistics.export_csv": {C, E},
    "statistics.export_xlsx": {C, E},
    "statistics.matrix": {C, L},
    "statistics.matrix_csv": {C},
    "statistics.rows": {C},
    "statistics.save_report": {C, E},
    "statistics.statistics": {C, E},
    "today.accessibility": PUBLIC,
    "today.start": PUBLIC,
    "today.today": STAFF,
}

# … and of these doors, which open to programs with a token too.
FOR_PROGRAMS = {"api.description": Scope.STATISTICS, "api.statistics": Scope.STATISTICS}

NOWHERE = 2**31 - 1  # the largest key there can be

# Who knocks: one demo login of each role, and nobody.
LOGINS = {A: "verwaltung", C: "koordination-ra", L: "leitung-ra", O: "datenschutz", E: "auswertung"}


def test_the_table_of_doors_is_the_app(app: Flask) -> None:
    real = {rule.endpoint: set(guard.door(app, rule.endpoint) or ()) for rule in app.url_map.iter_rules()}
    assert real == TABLE, "A door was added or changed: say in TABLE who may open it, and mean it"
    scopes = {endpoint: guard.scope_of(app, endpoint) for endpoint in real}
    assert {endpoint: scope for endpoint, scope in scopes.items() if scope} == FOR_PROGRAMS


def test_a_view_without_a_label_stops_the_start(app: Flask) -> None:
    stray = Blueprint("stray", __name__)
    stray.add_url_rule("/stray", "stray", lambda: "hello")
    other = create_app(app.config["SETTINGS"])
    other.register_blueprint(stray)
    with pytest.raises(RuntimeError, match=r"stray\.stray"):
        guard.seal(other)


def opened(client: Client, address: str, method: str) -> int:
    with client.post(address) if method == "POST" else client.fetch(address) as answer:
        return answer.status_code


@pytest.mark.few_on_postgres("role", [None, C])
@pytest.mark.parametrize("role", [None, *LOGINS])
def test_knock_on_every_door(demo_app: Flask, new_client: NEW_CLIENT, database_kind: str, role: Role | None) -> None:
    """With ids that exist nowhere: whoever may not open gets 404, as for what is not there; nobody is sent to sign in."""
    client = new_client()
    if role is None:
        client.open("/login")
    else:
        client.sign_in(address(LOGINS[role]), PASSWORD)
    knocked = 0
    for rule in demo_app.url_map.iter_rules():
        allowed = TABLE[rule.endpoint]
        path = re.sub(
            r"<int:\w+>",
            str(NOWHERE),
            re.sub(r"<(?:path:)?(?:name|filename|code|token|version|kind)>", "nothing", rule.rule),
        )
        assert "<" not in path, f"{rule.rule} has a part this test cannot fill"
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            if rule.endpoint == "auth.logout":
                continue
            status = opened(client, path, method)
            knocked += 1
            door = f"{method} {path} as {role}"
            if allowed == PUBLIC:
                assert status in {200, 302, 400, 404, 422}, door
            elif role is None:
                expected = 401 if rule.endpoint in FOR_PROGRAMS else 302  # a program cannot read the page to sign in
                assert status == expected, f"{door}: {status}, not sent to sign in"
            elif role not in allowed:
                assert status == 404, f"{door}: {status}, opens for somebody it should not know"
            elif "<int" in rule.rule:
                assert status == 404, f"{door}: {status} for a record that is not there"
            else:
                assert status in {200, 201, 302, 400, 409, 422}, f"{door}: {status}"
    assert knocked >= len(TABLE)
    note("knocks", f"{role} {database_kind}", knocked)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(app: Flask, method: str) -> None:
    for rule in app.url_map.iter_rules():
        if "<" in rule.rule:
            continue
        status = app.test_client().open(rule.rule, method=method).status_code
        assert status in {404, 405}, f"{method} {rule.rule}: {status}"


@pytest.mark.parametrize(
    "number", ["2147483648", "9223372036854775807", "9223372036854775808", "1" * 5000, "-1", "1e3", "%00"]
)
def test_numbers_that_no_record_has_are_not_there(demo_client: Client, number: str) -> None:
    demo_client.sign_in(address(LOGINS[C]), PASSWORD)
    for path in (
        f"/courses/{number}",
        f"/meetings/{number}/roll-call",
        f"/certificates/{number}.pdf",
        f"/participants/{number}",
    ):
        assert demo_client.fetch(path).status_code == 404
