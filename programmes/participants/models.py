"""Remembers people and families. No residence status, religion or health: those are never asked (domain.md B11)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from auth.models import User
from database import Base, Private, one_of
from programmes.catalogue.models import Municipality, Quarter
from programmes.participants.origins import CitizenshipGroup, citizenship_group
from programmes.participants.rules import (
    LONGEST_SOUND,
    Channel,
    ConsentPurpose,
    ConsentState,
    Custody,
    Explained,
    Precision,
    Relation,
    Sex,
    name_key,
    name_sounds,
    sort_key,
)

KEY_LENGTH = 800  # a letter may become several
# PostgreSQL would sort by the rules of its own locale, which leave commas out.
ByLetter = sa.String(KEY_LENGTH).with_variant(sa.String(KEY_LENGTH, collation="C"), "postgresql")


class Person(Private, Base):
    """An adult or a child. `family_name` may be empty: some people have one name. `native_name` is the original script.

    `called_name` is what people say; `needs` are keys of Need. Of a child only the first name, month of birth and, if told, the sex are
    kept. `family_language` is the first of
    `languages`, which people name first because they speak it most. `merged_into_id`: who this record turned out to be; it holds
    nothing any more, and waits for the end of the time in which that can be undone. `withheld_at`: since when it names nobody, because
    the person is being erased or is (programmes/rights); it still counts.
    """

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    given_name: Mapped[str] = mapped_column(sa.String(200))
    family_name: Mapped[str] = mapped_column(sa.String(200), default="")
    birth_name: Mapped[str | None] = mapped_column(sa.String(200))
    native_name: Mapped[str | None] = mapped_column(sa.String(400))
    native_language: Mapped[str | None] = mapped_column(sa.String(20))
    called_name: Mapped[str | None] = mapped_column(sa.String(200))
    immigrated_in: Mapped[int | None]
    is_child: Mapped[bool] = mapped_column(default=False)
    birth_date: Mapped[dt.date | None] = mapped_column(index=True)
    birth_precision: Mapped[Precision] = mapped_column(one_of(Precision), default=Precision.DAY)
    sex: Mapped[Sex | None] = mapped_column(one_of(Sex))
    citizenships: Mapped[list[str]]
    birth_country: Mapped[str | None] = mapped_column(sa.String(80))
    late_resettler: Mapped[bool] = mapped_column(default=False)
    languages: Mapped[list[str]]
    # Kept in step with the two lists, because a database cannot group by a list.
    citizenship_group: Mapped[CitizenshipGroup | None] = mapped_column(one_of(CitizenshipGroup))
    family_language: Mapped[str | None] = mapped_column(sa.String(80))
    municipality_id: Mapped[int | None] = mapped_column(sa.ForeignKey("municipality.id"))
    address: Mapped[str | None] = mapped_column(sa.String(300))
    quarter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("quarter.id"))
    phone: Mapped[str | None] = mapped_column(sa.String(60))
    email: Mapped[str | None] = mapped_column(sa.String(254))
    contact_by: Mapped[Channel | None] = mapped_column(one_of(Channel))
    needs: Mapped[list[str]] = mapped_column(default=list)
    referred_by: Mapped[str | None] = mapped_column(sa.String(120))
    sort_key: Mapped[str] = mapped_column(ByLetter, default="", index=True)
    name_keys: Mapped[list[str]]
    search: Mapped[str] = mapped_column(sa.String(1200))
    entered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    entered_at: Mapped[dt.datetime]
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    withheld_at: Mapped[dt.datetime | None] = mapped_column(index=True)
    municipality: Mapped[Municipality | None] = orm.relationship()
    quarter: Mapped[Quarter | None] = orm.relationship()
    entered_by: Mapped[User | None] = orm.relationship()

    __table_args__ = (sa.CheckConstraint("length(trim(given_name)) > 0 OR length(trim(family_name)) > 0", name="name"),)

    @property
    def name(self) -> str:
        """The name as it is spoken: given name first."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def sorted_name(self) -> str:
        """The name as lists have it: family name first."""
        return ", ".join(part for part in (self.family_name, self.given_name) if part)


@event.listens_for(Person, "before_insert")
@event.listens_for(Person, "before_update")
def _keep_keys_in_step(mapper: orm.Mapper[Person], connection: sa.Connection, person: Person) -> None:
    names = [f"{person.given_name} {person.family_name or ''}"]
    if person.birth_name:
        names.append(f"{person.given_name} {person.birth_name}")
    if person.called_name:
        names.append(f"{person.called_name} {person.family_name or ''}")
    if person.native_name:
        names.append(person.native_name)
    keys = [name_key(name) for name in names]
    person.sort_key = sort_key(person.family_name or "", person.given_name)[:KEY_LENGTH]
    person.name_keys = list(dict.fromkeys(keys))
    person.search = " ".join([*(name.casefold() for name in names), *keys])[:1200]
    person.citizenship_group = citizenship_group(person.citizenships or ())
    person.family_language = next(iter(person.languages or ()), None)


class NameSound(Private, Base):
    """What a person's names sound like (`name_sounds`), so that likely duplicates are found by an index among many thousands."""

    __tablename__ = "name_sound"

    sound: Mapped[str] = mapped_column(sa.String(LONGEST_SOUND), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)


@event.listens_for(Person, "after_insert")
@event.listens_for(Person, "after_update")
def _keep_sounds_in_step(mapper: orm.Mapper[Person], connection: sa.Connection, person: Person) -> None:
    if not sa.inspect(person).attrs.name_keys.history.has_changes():
        return
    connection.execute(sa.delete(NameSound).where(NameSound.person_id == person.id))
    sounds = [{"sound": sound, "person_id": person.id} for sound in name_sounds(person.name_keys)]
    if sounds:
        connection.execute(sa.insert(NameSound), sounds)


class Family(Private, Base):
    """Adults and children who belong together."""

    __tablename__ = "family"

    id: Mapped[int] = mapped_column(primary_key=True)
    entered_at: Mapped[dt.datetime]


class FamilyMember(Private, Base):
    """What a person is in a family. A child may have two households."""

    __tablename__ = "family_member"

    family_id: Mapped[int] = mapped_column(sa.ForeignKey("family.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    relation: Mapped[Relation] = mapped_column(one_of(Relation))
    custody: Mapped[Custody | None] = mapped_column(one_of(Custody))
    family: Mapped[Family] = orm.relationship()
    person: Mapped[Person] = orm.relationship()


class PickUp(Private, Base):
    """Somebody whom those with custody allow to fetch a child, besides themselves: no participant, so a name is all there is, and a
    number to call. Until `ended_on`, if that was said; the rows stay, because somebody may ask who was allowed to on a day."""

    __tablename__ = "pick_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    phone: Mapped[str | None] = mapped_column(sa.String(60))
    allowed_on: Mapped[dt.date]
    ended_on: Mapped[dt.date | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    child: Mapped[Person] = orm.relationship()

    __table_args__ = (sa.CheckConstraint("ended_on >= allowed_on", name="days"),)


class Consent(Private, Base):
    """An answer to one question that nobody had to answer yes. Of one purpose and one `about` (the occasion of photos, the office that
    is told) the newest row is what holds. `media` are keys of Medium; for a child others have answered (`ConsentGiver`)."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[ConsentPurpose] = mapped_column(one_of(ConsentPurpose))
    state: Mapped[ConsentState] = mapped_column(one_of(ConsentState))
    text_version: Mapped[str] = mapped_column(sa.String(20))
    language: Mapped[str] = mapped_column(sa.String(40))
    about: Mapped[str | None] = mapped_column(sa.String(200))
    media: Mapped[list[str]] = mapped_column(default=list)
    explained: Mapped[Explained | None] = mapped_column(one_of(Explained))
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    person: Mapped[Person] = orm.relationship()
    by: Mapped[User | None] = orm.relationship()


class ConsentGiver(Private, Base):
    """Who, of those with custody, answered for a child."""

    __tablename__ = "consent_giver"

    consent_id: Mapped[int] = mapped_column(sa.ForeignKey("consent.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    person: Mapped[Person] = orm.relationship()


class PrivacyNotice(Private, Base):
    """Somebody has been told what happens to their data (GDPR Art. 13): in which version of the text, language and way, on which day.
    Nothing is agreed to by that. Without `by_id` it was read in the public form."""

    __tablename__ = "privacy_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    version: Mapped[str] = mapped_column(sa.String(20))
    language: Mapped[str] = mapped_column(sa.String(40))
    given_on: Mapped[dt.date]
    explained: Mapped[Explained] = mapped_column(one_of(Explained))
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    person: Mapped[Person] = orm.relationship()
    by: Mapped[User | None] = orm.relationship()


class Merge(Private, Base):
    """Two records that were taken for one person: what can be undone for some time.

    `moved` names the rows that went over, as [table, column, key]; `dropped` the memberships of families both were in; `before` the
    kept record's fields as they were. All of it goes with the absorbed record.
    """

    __tablename__ = "merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), index=True)
    absorbed_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    at: Mapped[dt.datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    moved: Mapped[list[Any]] = mapped_column(sa.JSON)
    dropped: Mapped[list[Any]] = mapped_column(sa.JSON)
    before: Mapped[dict[str, Any]]
    absorbed: Mapped[Person] = orm.relationship(foreign_keys=[absorbed_id])
    by: Mapped[User | None] = orm.relationship()
