"""Answers: courses with their places, people and families, and every step of an enrolment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

import clock
from auth import trace
from auth.guard import Viewer, allow, viewer
from auth.queries import failures_since
from auth.rules import Role
from programmes.catalogue import queries as catalogue
from programmes.catalogue.forms import CourseForm
from programmes.catalogue.models import Course, Meeting
from programmes.catalogue.rules import CourseFact, LeaderRole, MeetingStatus, course_state, head_sums
from programmes.enrolment import actions, queries, search
from programmes.enrolment.duplicates import Alike, alike
from programmes.enrolment.forms import (
    CourseFilter,
    EnrolForm,
    LeaveForm,
    PromoteForm,
    SearchForm,
    SituationForm,
    TakeBackForm,
    row_number,
)
from programmes.enrolment.merging.queries import UNDO_FOR, merges_of
from programmes.enrolment.models import Enrolment
from programmes.enrolment.privacy.queries import has_notice
from programmes.enrolment.rules import (
    BEFORE_ENTRY,
    ENDED,
    MOVES,
    Applicant,
    EnrolmentStatus,
    Funded,
    Offer,
    Situation,
    eligibility,
    first_day,
    obstacles,
    promote_possible,
    status_on_entry,
    usual_deadline,
)
from programmes.enrolment.schedule.queries import clashes_ahead
from programmes.enrolment.waiting.queries import composition, people_ahead, queue
from programmes.participants import actions as people_actions, queries as people_queries
from programmes.participants.forms import (
    ChildForm,
    ChildrenForm,
    FamilyForm,
    PersonForm,
    SimilarForm,
    answers,
)
from programmes.participants.models import Person
from programmes.participants.origins import CITIZENSHIPS, COUNTRIES, LANGUAGES
from programmes.participants.privacy import NOTICE_VERSION
from programmes.participants.rules import (
    ADULTS,
    ASKS_ALLOWED,
    ASKS_WINDOW,
    Medium,
    Need,
    PersonFacts,
    Relation,
    age_in_months,
    is_told_exactly,
)
from wording import Reason

blueprint = Blueprint("enrolment", __name__)
Answer = Response | str | tuple[str, int]
NO_CONDITIONS: dict[str, Any] = {"women_only": False, "after_programme": None, "only_town": None}  # of the adult
WORDS = {"citizenships": CITIZENSHIPS, "countries": COUNTRIES, "languages": LANGUAGES}


def _page(found: search.Slice[Any], endpoint: str, **args: object) -> dict[str, Any]:
    return {"number": found.number, "pages": found.pages, "endpoint": endpoint, "args": args}


def _ask(template: str, form: Any, **context: Any) -> Answer:
    page = render_template(template, form=form, **context)
    return (page, 422) if form.is_submitted() else page


@blueprint.get("/courses")
@allow(Role.COORDINATOR, Role.LEADER)
def courses() -> str:
    """The courses the viewer coordinates or leads, with their places."""
    me = viewer()
    form = CourseFilter(request.args, meta={"csrf": False})
    form.offer(catalogue.programmes_with_courses(me), catalogue.municipalities_with_courses(me))
    form.validate()
    kept: dict[str, Any] = {
        item.name: item.data
        for item in (form.q, form.state, form.programme, form.town)
        if item.data and not item.errors
    }
    found = search.courses(
        me, state=kept.get("state"), programme_id=kept.get("programme"), town_id=kept.get("town"),
        text=kept.get("q", ""), page=row_number(request.args.get("page")) or 1,
    )  # fmt: skip
    return render_template(
        "enrolment/courses.html", form=form, courses=found.items, total=found.total,
        places=queries.places_of(me, [course.id for course in found.items]), state_of=_state_of(me),
        page=_page(found, "enrolment.courses", **kept),
    )  # fmt: skip


def _state_of(me: Viewer) -> Callable[[Course], object]:
    return lambda course: course_state(
        course.starts_on, course.ends_on, course.cancelled_reason is not None, me.today
    )  # fmt: skip


@blueprint.get("/courses/<int:course_id>")
@allow(Role.COORDINATOR, Role.LEADER)
def course(course_id: int) -> str:
    """One course: facts, meetings, roster, waiting list. Leaders see names and days, nothing else about people."""
    me = viewer()
    course = catalogue.course(me, course_id)
    decides = catalogue.may_coordinate(me, course.id)
    offer = queries.offer_of(me, course)
    meetings, leaders = catalogue.meetings_of(course.id), catalogue.leaders_of(course.id)
    waiting, offered = queue(me, course, offer) if decides else ([], [])
    roster = queries.roster(me, course.id)
    trace.saw(number for line in roster for number in line.people)
    trace.saw(number for one in waiting for number in (one.enrolment.person_id, *(child.id for child in one.children)))
    trace.saw(one.enrolment.person_id for one in offered)
    persons = queries.persons_on_roster(me, course.id) if decides else {}
    return render_template(
        "enrolment/course.html", course=course, decides=decides, offer=offer, state=_state_of(me)(course),
        leaders=leaders, roster=roster,
        open_meetings=[meeting for meeting in meetings if not _is_over(meeting)],
        past_meetings=[meeting for meeting in meetings if _is_over(meeting)],
        made_up_for={one.replaces_id for one in meetings},
        heads=head_sums(course.programme.rule_pack, [one.heads for one in meetings if one.heads and not one.cancelled_reason]),
        persons=persons,
        clashes=clashes_ahead(
            me, course, [leader.id for leader in leaders], meetings,
            childcare=any(person.needs_childcare for person in persons.values()),
        ) if decides else [],
        waiting=waiting, offered=offered, composition=composition(me, course.id) if waiting else None,
        groups=queries.sub_groups(me, course.id), promotable=promote_possible(offer),
        deadline=usual_deadline(course.ends_on, me.today),
    )  # fmt: skip


def _is_over(meeting: Meeting) -> bool:
    return meeting.closed_at is not None or meeting.status is MeetingStatus.CANCELLED


@blueprint.route("/courses/<int:course_id>/edit", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def edit_course(course_id: int) -> Answer:
    """Change a course of one's scope and who leads it; it never gets smaller than the number of those who have a place."""
    me = viewer()
    course = catalogue.coordinated_course(me, course_id)
    form = _course_form(course)
    form.offer(me, leading=catalogue.leaders_of(course.id))
    if form.carried_out(lambda: actions.change_course(me, course.id, form.facts(course.programme_id))):
        flash(gettext("Der Kurs ist geändert."), "success")
        return redirect(url_for("enrolment.course", course_id=course.id))
    return _ask("enrolment/edit_course.html", form, course=course)


def _course_form(course: Course) -> CourseForm:
    leaders = catalogue.course_leaders(course.id)
    first = [leader.user_id for leader in leaders if leader.role is LeaderRole.LEADER]
    return CourseForm(
        obj=course,
        data={
            "leaders": [leader.user_id for leader in leaders],
            "first_leader": first[0] if len(first) == 1 else None,
            "features": catalogue.features_of(course.id),
            "assumptions": [fact for fact in CourseFact if fact in course.assumed],
        },
    )


@blueprint.route("/courses/<int:course_id>/enrol", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def enrol(course_id: int) -> Answer:
    """Find a person, then give them a place, or put them on the waiting list."""
    me = viewer()
    course = catalogue.coordinated_course(me, course_id)
    offer = queries.offer_of(me, course)
    day = first_day(course.starts_on, course.ends_on, me.today)
    form: Any = EnrolForm(data={"entry_date": day})
    person_id = row_number(form.person_id.data) if form.is_submitted() else row_number(request.args.get("person"))
    person = queries.person(me, person_id) if person_id is not None else None
    children = people_queries.children_of(me, queries.visible_people(me), person) if person else []
    against = {
        child.id: eligibility(
            Applicant(children=((child.given_name, child.birth_date),)), replace(offer, **NO_CONDITIONS), day
        )
        if offer.is_family
        else []
        for child in children
    }
    form.offer((child.id, child.given_name) for child in children)
    if not form.is_submitted() and offer.is_family:
        form.children.data = [child.id for child in children if not against[child.id]]
    if form.is_submitted() and person is None:
        form.form_errors.append(gettext("Bitte wählen Sie zuerst eine Person."))
    taken_in: list[Enrolment] = []
    if person is not None and form.carried_out(
        lambda: taken_in.append(
            actions.enrol(
                me,
                course.id,
                person,
                form.children.data or [],
                form.entry_date.data,
                clock.now(),
                Situation(form.education.data, form.employment.data),
                form.reason.data,
            )
        ),
    ):
        if taken_in[0].status is EnrolmentStatus.ENROLLED:
            flash(gettext("%(name)s hat einen Platz ab %(day)s.", name=person.name,
                          day=form.entry_date.data.strftime("%d.%m.%Y")), "success")  # fmt: skip
        else:
            flash(gettext("%(name)s steht jetzt auf der Warteliste: Es ist kein Platz frei, oder andere warten schon länger.",
                          name=person.name), "warning")  # fmt: skip
        return redirect(url_for("enrolment.course", course_id=course.id))
    finder = SearchForm(request.args, meta={"csrf": False})
    found = search.adults_to_enrol(me, finder.text) if person is None and finder.text else []
    already_in = person is not None and queries.is_in(me, course.id, person.id)
    general = [why for why in obstacles(Applicant(already_in), offer, day) if why.field != "children"]
    asked, unmet = _asked(me, course, offer, person)
    trace.saw(one.id for one in (*found, *children, *([person] if person else [])))
    return _ask(
        "enrolment/enrol.html", form, course=course, offer=offer, person=person, children=children, against=against,
        finder=finder, found=found, most=search.MOST_TO_ENROL, has_notice=person is None or has_notice(me, person), general=general, unmet=unmet, asked=asked, status=status_on_entry(offer),
        age=lambda child: age_in_months(child.birth_date, day),
        memberships=queries.courses_of_people(me, [one.id for one in found]),
    )  # fmt: skip


def _asked(me: Viewer, course: Course, offer: Offer, person: Person | None) -> tuple[Funded | None, Sequence[Reason]]:
    """What who pays asks of somebody, and which conditions they do not meet that depend neither on children nor on answers that
    are still to come."""
    if person is None:
        return None, []
    applicant = queries.applicant(me, person, course, [])
    return applicant.funded, [why for why in eligibility(applicant, offer, me.today) if why.field is None]


@blueprint.route("/enrolments/<int:enrolment_id>/promote", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def promote(enrolment_id: int) -> Answer:
    """Move somebody up from the waiting list."""
    me = viewer()
    enrolment = queries.enrolment(me, enrolment_id)
    course, offer = enrolment.course, queries.offer_of(me, enrolment.course)
    day = first_day(course.starts_on, course.ends_on, me.today)
    form: Any = PromoteForm(data={"entry_date": day})
    if form.carried_out(lambda: actions.promote(me, enrolment.id, form.entry_date.data, form.reason.data, clock.now())):
        flash(gettext("%(name)s hat jetzt einen Platz.", name=enrolment.person.name), "success")
        return redirect(url_for("enrolment.course", course_id=course.id))
    children = queries.children_enrolled(me, enrolment.id)
    applicant = queries.applicant(me, enrolment.person, course, children, enrolment.situation)
    is_held = enrolment.status is EnrolmentStatus.OFFERED
    trace.saw([enrolment.person_id, *(child.id for child in children)])
    return _ask(
        "enrolment/promote.html", form, enrolment=enrolment, offer=offer, children=children, is_held=is_held,
        ahead=0 if is_held else people_ahead(me, enrolment), waits=enrolment.status in BEFORE_ENTRY,
        against=obstacles(applicant, offer, day), unmet=eligibility(applicant, offer, day),
    )  # fmt: skip


@blueprint.route("/enrolments/<int:enrolment_id>/leave", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def leave(enrolment_id: int) -> Answer:
    """Withdraw, drop out, no-show, complete."""
    me = viewer()
    enrolment = queries.enrolment(me, enrolment_id)
    form: Any = LeaveForm(data={"exit_date": min(me.today, enrolment.course.ends_on)})
    form.offer(sorted(MOVES[enrolment.status] & ENDED, key=list(EnrolmentStatus).index))
    if form.carried_out(
        lambda: actions.leave(
            me, enrolment.id, form.status.data, form.exit_date.data, form.reason.data, clock.now(), form.cause.data
        ),
    ):
        flash(
            gettext("%(name)s: gespeichert. Was bisher erfasst wurde, bleibt.", name=enrolment.person.name), "success"
        )
        return redirect(url_for("enrolment.course", course_id=enrolment.course_id))
    trace.saw([enrolment.person_id])
    return _ask("enrolment/leave.html", form, enrolment=enrolment)


@blueprint.route("/enrolments/<int:enrolment_id>/return", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def take_back(enrolment_id: int) -> Answer:
    """Let somebody who left come back, or undo a mistake."""
    me = viewer()
    enrolment = queries.enrolment(me, enrolment_id)
    course = enrolment.course
    form: Any = TakeBackForm(
        data={"entry_date": enrolment.entry_date or first_day(course.starts_on, course.ends_on, me.today)}
    )
    if form.carried_out(
        lambda: actions.take_back(me, enrolment.id, form.entry_date.data, form.reason.data, clock.now())
    ):
        flash(gettext("%(name)s ist wieder im Kurs.", name=enrolment.person.name), "success")
        return redirect(url_for("enrolment.course", course_id=course.id))
    trace.saw([enrolment.person_id])
    return _ask("enrolment/take_back.html", form, enrolment=enrolment)


@blueprint.route("/enrolments/<int:enrolment_id>/situation", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def edit_situation(enrolment_id: int) -> Answer:
    """What somebody told about school and work at their entry, and about what came after the course."""
    me = viewer()
    enrolment = queries.enrolment(me, enrolment_id)
    form: Any = SituationForm(obj=enrolment)
    told = Situation(form.education.data, form.employment.data, form.outcome.data)
    if form.carried_out(lambda: actions.tell_situation(me, enrolment.id, told)):
        trace.note("change enrolment.situation", object_id=enrolment.id)
        flash(gettext("%(name)s: gespeichert.", name=enrolment.person.name), "success")
        return redirect(url_for("enrolment.person", person_id=enrolment.person_id))
    trace.saw([enrolment.person_id])
    return _ask("enrolment/edit_situation.html", form, enrolment=enrolment)


@blueprint.get("/participants")
@allow(Role.COORDINATOR)
def people() -> str:
    """The people a coordinator may know, with the courses they are in."""
    me = viewer()
    form = SearchForm(request.args, meta={"csrf": False})
    found = search.people(me, form.text, row_number(request.args.get("page")) or 1)
    trace.saw(one.id for one in found.items)
    return render_template(
        "enrolment/people.html", form=form, people=found.items, total=found.total,
        courses=queries.courses_of_people(me, [person.id for person in found.items]),
        page=_page(found, "enrolment.people", q=form.text),
    )  # fmt: skip


@blueprint.get("/participants/<int:person_id>")
@allow(Role.COORDINATOR)
def person(person_id: int) -> str:
    """Everything about one person: data, family, enrolments with their history, consents."""
    me = viewer()
    person = queries.person(me, person_id)
    households = people_queries.households_of(me, person)
    enrolments = queries.courses_of_people(me, [person.id]).get(person.id, [])
    consents = people_queries.consents_of(me, person)
    family = people_queries.family_members(
        me, queries.visible_people(me), [household.family_id for household in households]
    )
    merges = merges_of(me, person, clock.now())
    trace.saw([person.id, *(one.person_id for one in family), *(one.absorbed_id for one in merges)])
    notices = people_queries.notices_of(me, person)
    return render_template(
        "enrolment/person.html", person=person, enrolments=enrolments, consents=consents, family=family,
        changes=queries.changes_of(me, [enrolment.id for enrolment in enrolments]),
        held=people_queries.holding(consents), givers=people_queries.givers_of(me, consents), notices=notices, media=Medium,
        has_notice=any(one.version == NOTICE_VERSION for one in notices), merges=merges, undo_for=UNDO_FOR,
        needs=[Need(key) for key in person.needs], age=lambda child: age_in_months(child.birth_date, me.today), ENROLLED=EnrolmentStatus.ENROLLED,
    )  # fmt: skip


@blueprint.get("/participants/similar")
@allow(Role.COORDINATOR)
def similar() -> str:
    """Who may be the person whose names somebody is just typing (static/similar.js shows a part of this page)."""
    me = viewer()
    form = SimilarForm(request.args, meta={"csrf": False})
    form.validate()
    course_id = row_number(request.args.get("course"))
    course = catalogue.coordinated_course(me, course_id) if course_id is not None else None
    found, too_often = _alike(me, form.facts())
    trace.saw(one.id for one in found.people)
    return render_template(
        "enrolment/similar.html", found=found, too_often=too_often, course=course,
        courses=queries.courses_of_people(me, [one.id for one in found.people]),
    )  # fmt: skip


def _alike(me: Viewer, facts: PersonFacts) -> tuple[Alike, bool]:
    """Who may be this person, and whether this account has asked too often about people beyond its scope. Each such asking is traced."""
    exact = is_told_exactly(facts)
    asks = trace.account("known elsewhere")
    too_often = exact and failures_since(asks, clock.now() - ASKS_WINDOW) >= ASKS_ALLOWED
    if exact and not too_often:
        trace.note("ask who is known elsewhere", subject_hash=asks)
    return alike(me, facts, beyond=exact and not too_often), too_often


def _add(template: str, form: PersonForm, do: Callable[[Viewer], Person]) -> Answer:
    """Add somebody unless they may be there already; then on to the course they came for, if any."""
    me = viewer()
    course_id = row_number(request.args.get("course"))
    course = catalogue.coordinated_course(me, course_id) if course_id is not None else None
    form.offer(catalogue.municipalities(), catalogue.quarters())
    found = Alike([])
    if form.is_submitted() and form.validate():
        found, _ = _alike(me, form.facts())
        added: list[Person] = []
        if found.numbers <= form.said_to_be_others() and form.carried_out(lambda: added.append(do(me))):
            trace.note(f"POST {request.endpoint}", status=302, object_id=added[0].id)
            flash(gettext("%(name)s ist aufgenommen.", name=added[0].name), "success")
            if course is not None:
                return redirect(url_for("enrolment.enrol", course_id=course.id, person=added[0].id))
            return redirect(url_for("enrolment.person", person_id=added[0].id))
    if form.is_submitted():
        trace.saw(one.id for one in found.people)
    return _ask(
        template, form, course=course, found=found, words=WORDS,
        courses=queries.courses_of_people(me, [one.id for one in found.people]),
    )  # fmt: skip


@blueprint.route("/participants/new", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add_person() -> Answer:
    """Add an adult."""
    form = PersonForm()
    return _add("enrolment/add_person.html", form, lambda me: people_actions.add_person(me, form.facts(), clock.now()))


@blueprint.route("/participants/new-family", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add_family() -> Answer:
    """Add an adult with children."""
    form = FamilyForm()
    return _add(
        "enrolment/add_family.html", form,
        lambda me: people_actions.add_family(me, form.facts(), form.relation.data, form.children(), clock.now()),
    )  # fmt: skip


@blueprint.route("/participants/<int:person_id>/edit", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def edit_person(person_id: int) -> Answer:
    """Change what is known about somebody. Papers already issued keep the name they were issued under."""
    me = viewer()
    person = queries.person(me, person_id)
    form: Any = (ChildForm if person.is_child else PersonForm)(data=answers(person))
    if not person.is_child:
        form.offer(catalogue.municipalities(), catalogue.quarters())
    change = people_actions.change_child if person.is_child else people_actions.change_person
    if form.carried_out(lambda: change(me, person, form.facts())):
        flash(gettext("Gespeichert."), "success")
        return redirect(url_for("enrolment.person", person_id=person.id))
    trace.saw([person.id])
    return _ask("enrolment/edit_person.html", form, person=person, course=None, words=WORDS)


@blueprint.route("/participants/<int:person_id>/children", methods=["GET", "POST"])
@allow(Role.COORDINATOR)
def add_children(person_id: int) -> Answer:
    """Add children to somebody's family."""
    me = viewer()
    person = queries.person(me, person_id)
    form: Any = ChildrenForm()
    if any(household.relation in ADULTS for household in people_queries.households_of(me, person)):
        del form.relation  # told when the family was founded
    relation = form.relation.data if form.relation else Relation.GUARDIAN
    if form.carried_out(lambda: people_actions.add_children(me, person, relation, form.children(), clock.now())):
        flash(gettext("Gespeichert."), "success")
        return redirect(url_for("enrolment.person", person_id=person.id))
    trace.saw([person.id])
    return _ask("enrolment/add_children.html", form, person=person)
