"""The staff of the demo office: who they are, what they may do, what they lead. All of them are made up."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

import sqlalchemy as sa

from auth.actions import HASHER
from auth.factor.actions import keep_app
from auth.factor.models import Authenticator
from auth.models import RoleGrant, User
from auth.rules import NEED_TWO_FACTORS, Role
from database import db
from programmes.catalogue.models import Coordination, Municipality, Programme

DOMAIN = "kursbuch.example"
PASSWORD = "Ankommen-2003"  # noqa: S105 - known to everybody, and therefore refused outside the demo
APP_SECRET = "ANKOMMENKREISOFFENBACH2345672345"  # noqa: S105 - known to everybody too; used with SECOND_FACTOR=1
SALT_BYTES = 16
PSYCHOLOGIST = "Psychologin"
SOCIAL_PEDAGOGUE = "Sozialpädagogin"


@dataclass(frozen=True)
class Account:
    """One member of the staff. `coordinates` holds (programme key, municipality) pairs; None means all of them."""

    key: str
    name: str
    roles: tuple[Role, ...]
    does: str
    qualification: str | None = None
    coordinates: tuple[tuple[str | None, str | None], ...] = ()

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return address(self.key)


STAFF = (
    Account("verwaltung", "Heidrun Sattler", (Role.ADMINISTRATOR,), "Konten und Einstellungen, keine Teilnehmenden"),
    Account(
        "koordination-ra",
        "Nuray Aydın-Beck",
        (Role.COORDINATOR,),
        "Richtig Ankommen, alle Kommunen",
        coordinates=(("P01", None),),
    ),
    Account(
        "koordination-mkg",
        "Cornelia Wessely",
        (Role.COORDINATOR,),
        "Mutter-Kind-Gruppen, alle Kommunen",
        coordinates=(("P02", None),),
    ),
    Account(
        "koordination-il",
        "Teresa Okafor-Ostheim",
        (Role.COORDINATOR,),
        "Integrationslotsinnen, alle Kommunen",
        coordinates=(("P03", None),),
    ),
    Account(
        "koordination-dreieich",
        "Angelika Rotter",
        (Role.COORDINATOR,),
        "Dreieich, alle Programme",
        coordinates=((None, "Dreieich"),),
    ),
    Account(
        "koordination-kreis",
        "Ilse Brückmann",
        (Role.COORDINATOR,),
        "Fortbildungen, Veranstaltungen und alles Übrige im Kreis",
        coordinates=tuple(
            (key, None)
            for key in (
                "P06",
                "P07",
                "P08",
                "P09",
                "P10",
                "P11a",
                "P11b",
                "P11c",
                "P12a",
                "P12b",
                "P12c",
                "P12d",
                "LOS10",
            )
        ),
    ),
    Account(
        "koordination-neu-isenburg",
        "Bernhard Kolb",
        (Role.COORDINATOR,),
        "Neu-Isenburg, alle Programme",
        coordinates=((None, "Neu-Isenburg"),),
    ),
    Account(
        "koordination-roedermark",
        "Zehra Çoban-Lenz",
        (Role.COORDINATOR, Role.LEADER),
        "Rödermark, alle Programme; leitet außerdem einen Kurs in Langen",
        "Dipl.-Pädagogin",
        coordinates=((None, "Rödermark"),),
    ),
    Account(
        "koordination-muehlheim",
        "Rosanna Di Maggio",
        (Role.COORDINATOR,),
        "Mühlheim am Main, alle Programme",
        coordinates=((None, "Mühlheim am Main"),),
    ),
    Account(
        "leitung-ra", "Rania Khalil-Sommer", (Role.LEADER,), "leitet Orientierungskurse", "Dolmetscherin (Arabisch)"
    ),
    Account(
        "leitung-mkg-1", "Beate Oswald-Kaya", (Role.LEADER,), "leitet die Mutter-Kind-Gruppe Sprendlingen", PSYCHOLOGIST
    ),
    Account(
        "leitung-mkg-2",
        "Mirela Vidaković",
        (Role.LEADER,),
        "leitet dieselbe Gruppe als zweite Leitung",
        SOCIAL_PEDAGOGUE,
    ),
    Account(
        "leitung-il",
        "Gudrun Haas-Oyelaran",
        (Role.LEADER,),
        "leitet die Qualifizierung der Integrationslotsinnen",
        "Erwachsenenbildnerin (M. A.)",
    ),
    Account("leitung-sprache", "Dorota Lisowska", (Role.LEADER,), "leitet Sprachkurse", "DaZ-Lehrkraft"),
    Account(
        "leitung-dietzenbach",
        "Hannelore Tremmel",
        (Role.LEADER,),
        "leitet die Mutter-Kind-Gruppe Spessartviertel",
        SOCIAL_PEDAGOGUE,
    ),
    Account(
        "leitung-rodgau",
        "Patrizia Schönfeld",
        (Role.LEADER,),
        "leitet Integrationslotsinnen in Rodgau; heute verhindert",
        "Sozialpädagogin",
    ),
    Account(
        "vertretung",
        "Samuel Adjei-Lorenz",
        (Role.LEADER,),
        "springt heute in Rodgau als Vertretung ein",
        "Sozialarbeiter",
    ),
    Account("datenschutz", "Eckhard Naumburg", (Role.OFFICER,), "Protokolle, keine Namen"),
    Account("auswertung", "Marlies van der Velde", (Role.EVALUATOR,), "nur Zahlen, die niemanden benennen"),
)

# Who led the courses of the report. They have left: no password, and the account is closed.
FORMER_STAFF = (
    Account("ehemals-ra", "Lilia Hartung-Sidorowa", (Role.LEADER,), "leitete 2003 Richtig Ankommen", "Lehrerin"),
    Account("ehemals-sprache", "Ewa Burzyńska", (Role.LEADER,), "leitete 2003 den Sprachkurs", "DaF-Lehrkraft"),
    Account("ehemals-mkg-1", "Ulrike Feldbusch", (Role.LEADER,), "leitete 2003 Mutter-Kind-Gruppen", PSYCHOLOGIST),
    Account(
        "ehemals-mkg-2", "Gülsen Karadağ-Weil", (Role.LEADER,), "leitete 2003 Mutter-Kind-Gruppen", SOCIAL_PEDAGOGUE
    ),
    Account("ehemals-vertretung", "Irmgard Pohlmann", (Role.LEADER,), "vertrat 2003", "Erzieherin"),
    Account(
        "ehemals-il", "Dr. Farideh Amini-Roth", (Role.LEADER,), "leitete 2004 die Integrationslotsinnen", "Pädagogin"
    ),
    Account(
        "ehemals-kreis", "Volkmar Seeger", (Role.COORDINATOR, Role.LEADER), "leitete Fortbildungen und Veranstaltungen"
    ),
)


def hire(rng: random.Random, since: dt.datetime) -> dict[str, User]:
    """Add all accounts with roles and scopes. Returns them by key."""
    programmes = {programme.key: programme for programme in db.session.scalars(sa.select(Programme))}
    towns = {town.name: town for town in db.session.scalars(sa.select(Municipality))}
    users = {}
    known = HASHER.hash(PASSWORD, salt=rng.randbytes(SALT_BYTES))  # one for all: hashing is slow on purpose
    for account in STAFF + FORMER_STAFF:
        active = account in STAFF
        users[account.key] = User(
            email=account.email,
            name=account.name,
            qualification=account.qualification,
            active=active,
            created_at=since,
            password_hash=known if active else None,
        )
    db.session.add_all(users.values())
    db.session.flush()
    for account in STAFF + FORMER_STAFF:
        user = users[account.key]
        db.session.add_all(RoleGrant(user_id=user.id, role=role) for role in account.roles)
        for key, town in account.coordinates:
            db.session.add(
                Coordination(
                    user_id=user.id,
                    programme=programmes[key] if key else None,
                    municipality=towns[town] if town else None,
                )
            )
    db.session.flush()
    return users


def give_second_factors(now: dt.datetime) -> None:
    """Give the documented app to everybody who needs a second factor and has none."""
    without = (
        sa.select(RoleGrant.user_id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.role.in_(NEED_TWO_FACTORS),
            User.active,
            RoleGrant.user_id.not_in(sa.select(Authenticator.user_id)),
        )
        .distinct()
    )
    for user_id in db.session.scalars(without).all():
        keep_app(user_id, APP_SECRET, 0, now)


def address(key: str) -> str:
    """The address of a demo login, such as `leitung-ra`."""
    return f"{key}@{DOMAIN}"


def is_demo(email: str) -> bool:
    """Whether this is an address of the demo office."""
    return email.endswith(address(""))


def logins(*, second_factor: bool = False) -> str:
    """The demo logins, to print at the start."""
    widest = max(len(account.email) for account in STAFF)
    lines = [f"  {account.email:<{widest}}  {account.does}" for account in STAFF]
    app = [f"Zweiter Faktor an. Schlüssel für die App (TOTP), für alle: {APP_SECRET}"] if second_factor else []
    return "\n".join([f"Demo mit erfundenen Menschen. Passwort für alle: {PASSWORD}", *app, *lines])
