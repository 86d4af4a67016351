"""How pages for people without an account are answered: in the visitor's language, with nothing of the office's menu."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, session

import translations
from paper.speech import Speech


def language() -> str:
    """What the visitor reads: chosen by a link, else English where the pages are, else by the browser, else German."""
    asked = request.args.get("lang", "")
    if asked == "de" or asked in translations.LANGUAGES:
        return asked
    if session.get("locale") == "en":
        return "en"
    return request.accept_languages.best_match(["de", *translations.LANGUAGES]) or "de"


def shown(template: str, **values: Any) -> str:
    """A public page in the visitor's language."""
    speech = Speech(language())
    return render_template(
        template,
        P_=translations.for_people(speech.language),
        speech=speech,
        language=speech.language,
        direction="rtl" if speech.right_to_left else "ltr",
        languages={"de": "Deutsch"} | translations.LANGUAGES,
        **values,
    )
