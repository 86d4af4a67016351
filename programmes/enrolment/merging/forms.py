"""Asks which of two records is right, where both say something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext

from fields import Choice, Form
from programmes.participants.rules import MERGED

KEPT, OTHER = "kept", "other"


class MergeForm(Form):
    """One question for each field that both records fill in differently."""

    def ask(self, labels: Mapping[str, Any], disputed: Mapping[str, tuple[str, str]]) -> None:
        """Leave the questions about these fields, with what each record says."""
        for name in MERGED:
            if name in disputed:
                self[name].label.text = labels[name]
                self[name].offer(zip((KEPT, OTHER), disputed[name], strict=True))
            else:
                del self[name]

    def from_other(self) -> Iterable[str]:
        """The fields in which the other record is right."""
        return [field.name for field in self if field.name in MERGED and field.data == OTHER]


for _name in MERGED:
    setattr(MergeForm, _name, Choice(lazy_gettext("Was stimmt?"), coerce=str, default=KEPT))
