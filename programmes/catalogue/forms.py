"""Asks about courses, meetings, rules, modules and who coordinates what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField

from auth.guard import Viewer
from auth.models import User
from auth.queries import people_with_role
from auth.rules import Role
from fields import Choice, Clock, Day, Form, Number, OneOf, Several, Text
from programmes.catalogue import queries
from programmes.catalogue.rules import (
    PACKS,
    UNIT_MINUTES,
    Counting,
    CourseFact,
    CourseFacts,
    CourseFeature,
    MeetingFacts,
    ModuleFacts,
    PaperKind,
    ProgrammeFacts,
    ProgrammeKind,
    RuleName,
    RulePack,
    Rules,
)

Value = TypeVar("Value")


def _given(value: Value | None) -> Value:
    """What a required field holds, once its form is valid."""
    if value is None:
        raise ValueError("Ask a form for its facts only when it is valid")
    return value


class ProgrammeFilter(Form):
    """Narrows the list of programmes."""

    q = Text(lazy_gettext("Name oder Kürzel"), most=100, optional=True)
    kind = OneOf(lazy_gettext("Art"), ProgrammeKind, optional=True, empty=lazy_gettext("alle"))


class ProgrammeForm(Form):
    """A programme that the report does not have; how it counts and what paper it gives is set on its rules page."""

    key = Text(lazy_gettext("Kürzel"), most=10, description=lazy_gettext("Steht vor dem Namen, zum Beispiel BEIRAT."))
    title = Text(lazy_gettext("Name"), most=300)
    short_title = Text(lazy_gettext("Kurzer Name"), most=80, description=lazy_gettext("Für Listen und Kacheln."))
    kind = OneOf(
        lazy_gettext("Art"),
        [kind for kind in ProgrammeKind if kind is not ProgrammeKind.CONTEXT],
        default=ProgrammeKind.COURSE,
    )
    parent_id = Choice(lazy_gettext("Teil von"), optional=True, empty=lazy_gettext("keinem anderen Programm"))

    def offer(self) -> None:
        """Offer the programmes that are no parts themselves."""
        whole = (one for one in queries.programmes() if one.parent_id is None)
        self.parent_id.offer((one.id, f"{one.key} {one.short_title}") for one in whole)

    def facts(self) -> ProgrammeFacts:
        """What was filled in, once the form is valid."""
        return ProgrammeFacts(
            key=_given(self.key.data),
            title=_given(self.title.data),
            short_title=_given(self.short_title.data),
            kind=_given(self.kind.data),
            parent_id=self.parent_id.data,
        )


class CourseForm(Form):
    """A course: where, when, for how many, led by whom."""

    number = Text(lazy_gettext("Kursnummer"), most=40, description=lazy_gettext("Zum Beispiel RA-2026-01."))
    title = Text(lazy_gettext("Titel"))
    municipality_id = Choice(lazy_gettext("Kommune"))
    quarter_id = Choice(lazy_gettext("Quartier"), optional=True)
    venue = Text(lazy_gettext("Ort"), description=lazy_gettext("Haus und Raum, so wie die Teilnehmenden ihn finden."))
    room_id = Choice(
        lazy_gettext("Raum"), optional=True, empty=lazy_gettext("keiner aus der Liste"),
        description=lazy_gettext("Ist er gewählt, warnt das Programm, wenn er belegt oder zu klein ist."),
    )  # fmt: skip
    language = Text(lazy_gettext("Sprache"), most=80, description=lazy_gettext("In der unterrichtet wird."))
    places = Number(lazy_gettext("Plätze"), most=1000)
    starts_on = Day(lazy_gettext("Erster Tag"))
    ends_on = Day(lazy_gettext("Letzter Tag"))
    leaders = Several(lazy_gettext("Kursleitung"))
    first_leader = Choice(
        lazy_gettext("Zuerst genannt"),
        optional=True,
        empty=lazy_gettext("alle gleichrangig"),
        description=lazy_gettext("Wer auf Listen und Bescheinigungen an erster Stelle steht."),
    )
    features = Several(
        lazy_gettext("Wie der Kurs arbeitet"),
        coerce=CourseFeature,
        description=lazy_gettext("Nach diesen Angaben lassen sich Kurse in der Statistik vergleichen."),
    )
    assumptions = Several(
        lazy_gettext("Davon angenommen"),
        coerce=CourseFact,
        description=lazy_gettext("Was noch niemand bestätigt hat, bekommt überall das Zeichen „Annahme“."),
    )

    def offer(self, viewer: Viewer, *, leading: Sequence[User] = ()) -> None:
        """Offer only what lies in the viewer's scope. `leading` are the present leaders, who may stay."""
        towns = {municipality_id for _, municipality_id in queries.offers(viewer)}
        self.municipality_id.offer((town.id, town.name) for town in queries.municipalities() if town.id in towns)
        self.quarter_id.offer(
            (quarter.id, f"{quarter.municipality.name}: {quarter.name}")
            for quarter in queries.quarters()
            if quarter.municipality_id in towns
        )
        self.room_id.offer((room.id, f"{room.municipality.name}: {room.name}") for room in queries.rooms(towns))
        leaders = {user.id: user.name for user in [*people_with_role(Role.LEADER), *leading]}
        self.leaders.choices = sorted(leaders.items(), key=lambda leader: leader[1])
        self.first_leader.offer(self.leaders.choices)
        self.features.choices = [(feature.value, gettext(feature.label)) for feature in CourseFeature]
        self.assumptions.choices = [(fact.value, gettext(fact.label)) for fact in CourseFact]

    def facts(self, programme_id: int) -> CourseFacts:
        """What was filled in, once the form is valid."""
        return CourseFacts(
            number=_given(self.number.data),
            title=_given(self.title.data),
            programme_id=programme_id,
            municipality_id=_given(self.municipality_id.data),
            quarter_id=self.quarter_id.data,
            venue=_given(self.venue.data),
            language=_given(self.language.data),
            places=_given(self.places.data),
            starts_on=_given(self.starts_on.data),
            ends_on=_given(self.ends_on.data),
            leaders=tuple(self.leaders.data or ()),
            first_leader=self.first_leader.data,
            assumed=frozenset(self.assumptions.data or ()),
            features=frozenset(self.features.data or ()),
            room_id=self.room_id.data,
        )


class NewCourse(CourseForm):
    """A new course; its programme is chosen once and for all."""

    programme_id = Choice(
        lazy_gettext("Programm"), description=lazy_gettext("Bestimmt die Regeln und ändert sich nicht mehr.")
    )

    def offer(self, viewer: Viewer, *, leading: Sequence[User] = ()) -> None:
        """Offer also the programmes of the viewer's scope that run courses."""
        super().offer(viewer, leading=leading)
        mine = {programme_id for programme_id, _ in queries.offers(viewer)}
        self.programme_id.offer(
            (programme.id, f"{programme.key} {programme.short_title}")
            for programme in queries.programmes()
            if programme.id in mine and programme.runs_courses
        )


class Cancellation(Form):
    """Why something that was planned does not take place."""

    reason = Text(lazy_gettext("Grund"), most=300, description=lazy_gettext("Sachlich und ohne Namen."))


class MeetingForm(Form):
    """A meeting: when, about what."""

    date = Day(lazy_gettext("Tag"))
    starts_at = Clock(lazy_gettext("Beginn"))
    ends_at = Clock(lazy_gettext("Ende"))
    break_minutes = Number(lazy_gettext("Pause in Minuten"), most=720, default=0)
    module_id = Choice(lazy_gettext("Modul"), optional=True)
    topic = Text(lazy_gettext("Thema"), optional=True)
    excursion = BooleanField(lazy_gettext("Ausflug oder Besichtigung"))
    room_id = Choice(lazy_gettext("Anderer Raum"), optional=True, empty=lazy_gettext("wie im Kurs"))

    def offer(self, programme_id: int, municipality_id: int) -> None:
        """Offer the modules of the course's programme, and the rooms of its town."""
        self.module_id.offer(
            (module.id, f"{module.number}. {module.title}") for module in queries.modules_of(programme_id)
        )
        self.room_id.offer((room.id, room.name) for room in queries.rooms([municipality_id]))

    def facts(self) -> MeetingFacts:
        """What was filled in, once the form is valid."""
        return MeetingFacts(
            date=_given(self.date.data),
            starts_at=_given(self.starts_at.data),
            ends_at=_given(self.ends_at.data),
            break_minutes=_given(self.break_minutes.data),
            module_id=self.module_id.data,
            topic=self.topic.data,
            excursion=bool(self.excursion.data),
            room_id=self.room_id.data,
        )


class Replacement(Form):
    """When a cancelled meeting is made up for; on the same subject, and with the same break."""

    date = Day(lazy_gettext("Ersatztermin am"))
    starts_at = Clock(lazy_gettext("Beginn"))
    ends_at = Clock(lazy_gettext("Ende"))
    prolong = BooleanField(lazy_gettext("Der Kurs dauert dann bis zu diesem Tag"))

    def replacement(self, of: MeetingFacts) -> MeetingFacts | None:
        """What was filled in, once the form is valid; None without a day."""
        if self.date.data is None:
            return None
        starts_at, ends_at = self.starts_at.data or of.starts_at, self.ends_at.data or of.ends_at
        return replace(of, date=self.date.data, starts_at=starts_at, ends_at=ends_at)


class CancelMeeting(Replacement):
    """Why a meeting does not take place, and if wanted a day that makes up for it."""

    reason = Text(lazy_gettext("Grund"), most=300, description=lazy_gettext("Sachlich und ohne Namen."))
    date = Day(lazy_gettext("Ersatztermin am"), optional=True)
    starts_at = Clock(lazy_gettext("Beginn"), optional=True)
    ends_at = Clock(lazy_gettext("Ende"), optional=True)


class ChangedMeeting(MeetingForm):
    """A meeting that moves, changes its subject, or is led by somebody else."""

    substitute_id = Choice(lazy_gettext("Vertretung"), optional=True, empty=lazy_gettext("keine"))
    reason = Text(
        lazy_gettext("Grund der Änderung"),
        most=300,
        optional=True,
        description=lazy_gettext("Nötig, wenn die Anwesenheit schon einmal abgeschlossen war."),
    )

    def offer(self, programme_id: int, municipality_id: int) -> None:
        """Offer also everybody who leads courses, as a substitute."""
        super().offer(programme_id, municipality_id)
        self.substitute_id.offer((user.id, user.name) for user in people_with_role(Role.LEADER))


def _pack(key: object) -> RulePack | None:
    return key if isinstance(key, RulePack) else PACKS.get(str(key))


class RulesForm(Form):
    """What a programme demands and counts."""

    rule_version = Number(lazy_gettext("Fassung"), least=1)
    unit_minutes = Choice(lazy_gettext("Unterrichtseinheit"))
    rule_pack = Choice(lazy_gettext("Zeichen der Anwesenheitsliste"), coerce=_pack)
    counting = OneOf(lazy_gettext("Wer zählt"), Counting)
    required_share = Number(
        lazy_gettext("Verlangter Anteil in Prozent"),
        least=1,
        most=100,
        optional=True,
        description=lazy_gettext("Der angebotenen Zeit. Leer: Es ist kein Anteil verlangt."),
    )
    late_after_minutes = Number(
        lazy_gettext("Verspätung zählt ab (Minuten)"),
        most=120,
        description=lazy_gettext("Wer höchstens so viel später kommt oder früher geht, bekommt die volle Zeit."),
    )
    paper = OneOf(lazy_gettext("Art des Papiers"), PaperKind)
    paper_title = Text(lazy_gettext("Überschrift des Papiers"), most=120)
    counts_meetings = BooleanField(lazy_gettext("Das Papier nennt die Zahl der Treffen statt der Zeit"))
    counts_make_up = BooleanField(
        lazy_gettext("Nachgeholte Zeit zählt"),
        description=lazy_gettext("Wer etwas versäumt hat, kann es nachholen; nie mehr, als versäumt wurde."),
    )
    child_from_months = Number(lazy_gettext("Kinder ab (Monate)"), most=216, optional=True)
    child_until_months = Number(lazy_gettext("Kinder bis (Monate)"), most=216, optional=True)
    women_only = BooleanField(lazy_gettext("Nur für Frauen"))
    after_programme_id = Choice(
        lazy_gettext("Vorher kommt"), optional=True, empty=lazy_gettext("nichts"),
        description=lazy_gettext("Wer dort nichts abgeschlossen hat, wird nur mit einer Begründung aufgenommen."),
    )  # fmt: skip
    residents_only = BooleanField(
        lazy_gettext("Nur für Menschen aus der Kommune des Kurses"),
        description=lazy_gettext("Wer woanders wohnt, wird nur mit einer Begründung aufgenommen."),
    )
    funding_line = Text(
        lazy_gettext("Förderzeile"),
        most=300,
        optional=True,
        description=lazy_gettext("Steht auf Bescheinigungen, zum Beispiel „gefördert durch …“."),
    )
    confirmed = Several(
        lazy_gettext("Aus Bericht oder Beschluss bestätigt"),
        coerce=RuleName,
        description=lazy_gettext("Was Sie hier ankreuzen, ist keine Annahme mehr."),
    )

    def offer(self, programme_id: int, assumed: Sequence[str]) -> None:
        """Offer both units, all rule packs, the other programmes, and the assumptions that can be confirmed."""
        others = (one for one in queries.programmes() if one.id != programme_id and one.runs_courses)
        self.after_programme_id.offer((one.id, f"{one.key} {one.short_title}") for one in others)
        names = (lazy_gettext("UE zu 45 Minuten"), lazy_gettext("Zeitstunde zu 60 Minuten"))
        self.unit_minutes.offer(zip(UNIT_MINUTES, names, strict=True))
        self.rule_pack.offer((pack.key, gettext(pack.label)) for pack in PACKS.values())
        self.confirmed.choices = [(name.value, gettext(name.label)) for name in RuleName if name in assumed]

    def rules(self) -> Rules:
        """What was filled in, once the form is valid."""
        return Rules(
            unit_minutes=_given(self.unit_minutes.data),
            rule_pack=_given(self.rule_pack.data),
            counting=_given(self.counting.data),
            required_share=self.required_share.data,
            late_after_minutes=_given(self.late_after_minutes.data),
            paper=_given(self.paper.data),
            paper_title=_given(self.paper_title.data),
            counts_meetings=bool(self.counts_meetings.data),
            child_from_months=self.child_from_months.data,
            child_until_months=self.child_until_months.data,
            funding_line=self.funding_line.data,
            counts_make_up=bool(self.counts_make_up.data),
            women_only=bool(self.women_only.data),
            after_programme_id=self.after_programme_id.data,
            residents_only=bool(self.residents_only.data),
        )


class ModuleForm(Form):
    """A module of a programme."""

    number = Number(lazy_gettext("Nummer"), least=1, most=99)
    title = Text(lazy_gettext("Titel"))
    minutes = Number(lazy_gettext("Minuten"), least=1, most=60_000, optional=True)
    mandatory = BooleanField(lazy_gettext("Pflicht für das Zertifikat"))
    assumed = BooleanField(
        lazy_gettext("Annahme"), description=lazy_gettext("Weder im Bericht noch durch einen Beschluss belegt.")
    )

    def facts(self) -> ModuleFacts:
        """What was filled in, once the form is valid."""
        return ModuleFacts(
            number=_given(self.number.data),
            title=_given(self.title.data),
            minutes=self.minutes.data,
            mandatory=bool(self.mandatory.data),
            assumed=bool(self.assumed.data),
        )


class ScopeForm(Form):
    """What somebody coordinates."""

    programme_id = Choice(lazy_gettext("Programm"), optional=True, empty=lazy_gettext("alle Programme"))
    municipality_id = Choice(lazy_gettext("Kommune"), optional=True, empty=lazy_gettext("alle Kommunen"))

    def offer(self) -> None:
        """Offer the whole catalogue and all places."""
        self.programme_id.offer((found.id, f"{found.key} {found.short_title}") for found in queries.programmes())
        self.municipality_id.offer((town.id, town.name) for town in queries.municipalities())
