"""Who pays for today's courses of the demo: two grants, invented like the people (*Annahme*)."""

from __future__ import annotations

import datetime as dt

from demo.office import Office
from programmes.catalogue.models import FundingProfile


def grant(office: Office) -> None:
    """The Land pays for the Lotsinnen, a foundation for the groups of mothers and children."""
    year = office.today.year
    land = FundingProfile(
        name="WIR Hessen (Annahme)", line="Gefördert durch das Land Hessen aus dem Programm WIR.", pack="wir",
        reference="WIR-DEMO-1", grant_from=dt.date(year, 1, 1), grant_until=dt.date(year, 12, 31), rate_cents=1250,
        ceiling_cents=1_500_000,
    )  # fmt: skip
    foundation = FundingProfile(
        name="Stiftung (Annahme)", line="Gefördert durch eine Stiftung.", pack="heads", reference="STIFTUNG-DEMO-7",
        grant_from=dt.date(year, 1, 1), grant_until=dt.date(year, 12, 31), due_on=office.today + dt.timedelta(days=21),
    )  # fmt: skip
    office.add(land)
    office.add(foundation)
    office.programmes["P03"].funding_profile = land
    for key in ("P02", "P02a", "P02b"):
        office.programmes[key].funding_profile = foundation
