"""Answers programs: the questions of the page as JSON, and the description of what may be asked (OpenAPI 3.1).

Nothing is said twice: parameters and their values come from the form, columns from the table of measures. So the description is
made for whoever asks for it, and needs a token as the figures do: which courses there are is not for everybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from flask_babel import gettext
from wtforms import BooleanField, Field
from wtforms.fields.core import UnboundField

from auth import trace
from auth.guard import allow, viewer
from auth.rules import FAILURES_ALLOWED, Role, Scope
from fields import Choice, Day, showable
from programmes.statistics.export import Shown, plain
from programmes.statistics.forms import Ask, first_question
from programmes.statistics.rules import (
    MEASURES,
    SECRET,
    Dimension,
    Hidden,
    Measure,
    MeasureKind,
    Row,
    Topic,
)
from programmes.statistics.views import Answer, answered, asked
from wording import N_, Term

blueprint = Blueprint("api", __name__, url_prefix="/api")

VERSION = "1"  # of the description: raised when what stands in it means something else
LONGEST_NAME_TOLD = 60
NO_SUCH_PARAMETER = N_("Diese Angabe gibt es nicht.")
JSON = dict[str, Any]


@blueprint.get("/statistics")
@allow(Role.COORDINATOR, Role.EVALUATOR, token=Scope.STATISTICS)
def statistics() -> Response | tuple[Response, int]:
    """The table of the page. A name that is no parameter is refused: who mistypes a filter must not get all figures."""
    form, fine = asked()
    strange = [name for name in request.args if not isinstance(getattr(Ask, name, None), UnboundField)]
    if strange or not fine:
        reasons = {str(name or ""): [str(error) for error in errors] for name, errors in form.errors.items()}
        told = {showable(name)[:LONGEST_NAME_TOLD]: [gettext(NO_SUCH_PARAMETER)] for name in strange}
        why = gettext("Bitte prüfen Sie Ihre Angaben")
        return jsonify(error=why, reasons=reasons | told, reference=trace.request_id()), 422
    answer = answered(form)
    trace.note("export statistics.json", object_id="-".join(answer.question.dimensions), rows=len(answer.rows))
    return jsonify(_told(form, answer))


def _told(form: Ask, answer: Answer) -> JSON:
    measures = [measure for measure in MEASURES if form.topic.data in (None, measure.topic)]
    return {
        "question": {field.name: _as_asked(field.data) for field in form},
        "as_of": answer.as_of.isoformat(),
        "disclosed": answer.is_disclosed,
        "method": gettext(answer.method),
        "dimensions": [{"key": by, "label": gettext(by.label)} for by in answer.question.dimensions],
        "measures": [_column(measure) for measure in measures],
        "rows": [
            {"heads": _heads(answer, row)} | _figures(measures, figures)
            for row, figures in zip(answer.rows, answer.figures, strict=True)
        ],
        "total": _figures(measures, answer.total),
    }


def _as_asked(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def _heads(answer: Answer, row: Row) -> JSON:
    named = zip(answer.question.dimensions, row.heads, strict=True)
    return {by: {"key": head.key, "label": head.label} for by, head in named}


def _figures(measures: list[Measure], shown: Mapping[str, Shown]) -> JSON:
    """Numbers, or null for what is none; what is kept secret is named, so that nobody takes it for a zero."""
    return {
        "figures": {measure.key: _number(measure, shown[measure.key]) for measure in measures},
        "secret": [measure.key for measure in measures if isinstance(shown[measure.key], Hidden)],
    }


def _number(measure: Measure, value: Shown) -> int | float | None:
    figure = plain(value)
    if isinstance(figure, str):
        return None
    return figure if measure.kind is MeasureKind.RATE else int(figure)


def _column(measure: Measure) -> JSON:
    return {
        "key": measure.key,
        "label": gettext(measure.label),
        "definition": gettext(measure.definition),
        "kind": measure.kind,
        "topic": measure.topic,
    }


@blueprint.get("/openapi.json")
@allow(Role.COORDINATOR, Role.EVALUATOR, token=Scope.STATISTICS)
def description() -> Response:
    """What may be asked, by the viewer's own form, and what an answer looks like."""
    form = Ask(formdata=None)
    form.offer(viewer())
    refused = {
        "401": _answer_of("Refusal", "No token, or one that does not hold (any more).", {"WWW-Authenticate": _text()}),
        "403": _answer_of("Refusal", "The owner of the token has no role any more that may ask this."),
        "429": _answer_of(
            "Refusal",
            f"More than {FAILURES_ALLOWED} wrong tokens from this address; a right one is always heard.",
            {"Retry-After": {"type": "integer"}},
        ),
    }
    unfit = _answer_of("Unfit", "The question makes no sense, or may not be asked; reasons by parameter.")
    ask = {
        "operationId": "statistics",
        "summary": "The table of the page Statistik, in the scope of the token's owner",
        "parameters": list(_parameters(form)),
        "responses": {"200": _answer_of("Statistics", "The table."), "422": unfit} | refused,
    }
    describe = {
        "operationId": "description",
        "summary": "This description",
        "responses": {"200": _answer_of("Description", "OpenAPI 3.1.")} | refused,
    }
    return jsonify(
        openapi="3.1.0",
        info={"title": "Kursbuch", "version": VERSION},
        servers=[{"url": request.host_url}],
        security=[{"token": []}],
        paths={url_for("api.statistics"): {"get": ask}, url_for("api.description"): {"get": describe}},
        components={"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": _schemas(form)},
    )


def _parameters(form: Ask) -> Iterator[JSON]:
    """The fields of the form. One that has nothing to choose from is left out."""
    defaults = first_question(viewer())
    for field in form:
        schema = _schema(field)
        if schema.get("enum") == []:
            continue
        if field.name in defaults:
            schema["default"] = defaults[field.name]
        said = " ".join(str(text) for text in (field.label.text, field.description) if text)
        may_be_empty = not field.flags.required  # what the page's form sends of a list nobody chose from
        yield {
            "name": field.name,
            "in": "query",
            "description": said,
            "allowEmptyValue": may_be_empty,
            "schema": schema,
        }


def _schema(field: Field) -> JSON:
    if isinstance(field, Day):
        return {"type": "string", "format": "date"}
    if isinstance(field, BooleanField):
        return {"type": "boolean", "default": False}
    if isinstance(field, Choice):
        offered = [(value, label) for value, label, *_ in field.iter_choices() if value != ""]
        return _one_of(dict(offered))
    raise TypeError(f"Say what may stand in {field.name}")


def _answer_of(schema: str, text: str, headers: Mapping[str, JSON] | None = None) -> JSON:
    answer: JSON = {
        "description": text,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
    if headers:
        answer["headers"] = {name: {"required": True, "schema": kind} for name, kind in headers.items()}
    return answer


def _schemas(form: Ask) -> JSON:
    figure = {
        measure.key: {
            "title": gettext(measure.label),
            "description": gettext(measure.definition),
            "type": ["number" if measure.kind is MeasureKind.RATE else "integer", "null"],
        }
        for measure in MEASURES
    }
    head = _object({"key": _text(), "label": _text()})
    figures = {
        "figures": {"type": "object", "properties": figure, "additionalProperties": False},
        "secret": {
            "type": "array",
            "items": {"enum": list(figure)},
            "description": f"Which figures are withheld ({SECRET.sign} on the page). Other nulls make no sense (x on the page).",
        },
    }
    row = {"heads": {"type": "object", "properties": dict.fromkeys(Dimension, head), "additionalProperties": False}}
    column = {
        "key": {"enum": list(figure)},
        "label": _text(),
        "definition": _text(),
        "kind": _term_of(MeasureKind),
        "topic": _term_of(Topic),
    }
    refusal = {"error": _text(), "reference": _text()}
    return {
        "Statistics": _object(
            {
                "question": _object({field.name: {} for field in form}),
                "as_of": {"type": "string", "format": "date"},
                "disclosed": {"type": "boolean", "description": "Whether the figures may leave the office."},
                "method": _text(),
                "dimensions": {
                    "type": "array",
                    "items": _object({"key": _term_of(Dimension), "label": _text()}),
                    "minItems": 1,
                    "maxItems": 2,
                },
                "measures": {"type": "array", "items": _object(column)},
                "rows": {"type": "array", "items": _object(row | figures)},
                "total": _object(figures),
            }
        ),
        "Description": {"type": "object", "required": ["openapi", "info", "paths"]},
        "Refusal": _object(refusal),
        "Unfit": _object(
            refusal | {"reasons": {"type": "object", "additionalProperties": {"type": "array", "items": _text()}}}
        ),
    }


def _object(properties: JSON) -> JSON:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _term_of(terms: type[Term]) -> JSON:
    return _one_of({term.value: gettext(term.label) for term in terms})


def _one_of(names: Mapping[Any, str]) -> JSON:
    kind = "integer" if any(isinstance(value, int) for value in names) else "string"
    return {
        "type": kind,
        "enum": list(names),
        "description": "; ".join(f"{key}: {name}" for key, name in names.items()),
    }


def _text() -> JSON:
    return {"type": "string"}
