"""Asks who belongs to a family, who has custody, and who may fetch a child."""

from __future__ import annotations

from flask_babel import lazy_gettext

from fields import Choice, Form, Name, OneOf, Text
from programmes.participants.forms import Pick
from programmes.participants.rules import ADULTS, Custody, Relation


class MemberForm(Form):
    """What somebody is in a family. Of a child nothing is asked but, if there are several, to which household it comes."""

    household = Choice(lazy_gettext("Haushalt"))
    own_relation = Pick(lazy_gettext("Die erste Person ist"), [one for one in Relation if one in ADULTS])
    relation = Pick(lazy_gettext("In der Familie"), [one for one in Relation if one in ADULTS])
    custody = OneOf(
        lazy_gettext("Sorgerecht"), Custody, optional=True, empty=lazy_gettext("nicht gefragt"),
        description=lazy_gettext("Mutter oder Vater zu sein heißt nicht immer, das Sorgerecht zu haben."),
    )  # fmt: skip


class PickUpForm(Form):
    """Somebody who may fetch a child."""

    name = Name(lazy_gettext("Name"), render_kw={"autocomplete": "off"})
    phone = Text(lazy_gettext("Telefon"), most=60, optional=True, render_kw={"autocomplete": "off", "inputmode": "tel"})
