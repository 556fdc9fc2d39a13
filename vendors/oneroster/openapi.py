"""The portal's own OpenAPI 3 document, written from the addresses as they are routed and the kinds of objects as they are declared."""

import functools
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from vendors.oneroster import limits, standard, words
from vendors.oneroster.actions import TOKEN_LASTS
from vendors.oneroster.standard import BASE, DEFAULT_LIMIT, MOST_ROWS, Endpoint, Field, Kind

CODE_MINORS = (
    "fullsuccess", "invalid_filter_field", "invalid_selection_field", "invaliddata", "unauthorisedrequest", "forbidden", "server_busy",
    "unknownobject", "internal_server_error",
)  # fmt: skip
_MEANS = {
    "400": "The request has a fault; the description says which.",
    "401": "There is no token, or it is over.",
    "403": "The token does not cover this address, or the gate is closed for the tool.",
    "404": "There is no such object, or none of which this tool is told.",
    "405": "Everything is read with GET.",
    "429": "Too much within a minute; Retry-After says how many seconds to wait.",
}
_REF = {"type": "string"}


def endpoints() -> Iterator[Endpoint]:
    """Every address that is routed and declares what it serves."""
    yield from _within(get_resolver().url_patterns)


def _within(patterns: list[Any]) -> Iterator[Endpoint]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _within(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and (found := getattr(pattern.callback, "endpoint", None)) is not None:
            yield found


@functools.cache
def document(site: str) -> dict[str, Any]:
    """The whole document; `site` is the portal's own address."""
    found = list(endpoints())
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "OneRoster 1.2 Rostering for a tool’s own system",
            "version": "1",
            "description": (
                "Only what the agreement names, only about children who may be named. Each page of children is recorded for each child before it is sent. "
                f"A list filtered by dateLastModified or status also holds who was sent and may not be named any more: sourcedId, status {standard.GONE} and "
                "dateLastModified alone. Delete these students with their enrollments and demographics. "
                f"At most {limits.ROWS_A_MINUTE} rows and {limits.REQUESTS_A_MINUTE} requests in a minute."
            ),
        },
        "servers": [{"url": site + BASE.rstrip("/")}],
        "paths": {f"/{endpoint.path}": {"get": _operation(endpoint)} for endpoint in found},
        "components": {
            "schemas": {kind.name: _schema(kind) for kind in standard.KINDS} | {"Reference": _reference(), "StatusInfo": _status_info()},
            "securitySchemes": {
                "oauth2": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": f"{site}/oauth/token",
                            "scopes": {
                                words.ROSTER: "Everything but demographics",
                                words.CORE: "Everything but demographics",
                                words.DEMOGRAPHICS: "Demographics, where the agreement names one of them",
                            },
                        }
                    },
                    "description": f"A token lasts {int(TOKEN_LASTS.total_seconds())} seconds.",
                }
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    key = endpoint.kind.one if endpoint.single else endpoint.kind.many
    item: dict[str, Any] = {"$ref": f"#/components/schemas/{endpoint.kind.name}"}
    shown: dict[str, Any] = item if endpoint.single else {"type": "array", "items": item}
    good: dict[str, Any] = {
        "description": endpoint.about,
        "content": {
            "application/json": {"schema": {"type": "object", "required": [key], "properties": {key: shown}, "additionalProperties": False}}
        },
    }
    if not endpoint.single:
        good["headers"] = {
            "X-Total-Count": {"description": "How many there are in all", "required": True, "schema": {"type": "integer"}},
            "Link": {"description": "first, last, next and prev (RFC 8288)", "schema": {"type": "string"}},
        }
    return {
        "operationId": endpoint.operation,
        "summary": endpoint.about,
        "security": [{"oauth2": [scope]} for scope in endpoint.scopes],
        "parameters": [
            *({"name": part, "in": "path", "required": True, "schema": {"type": "string"}} for part in endpoint.parts),
            *(_PARAMETERS[:1] if endpoint.single else _PARAMETERS),
        ],
        "responses": {"200": good} | {status: _failure(means) for status, means in _MEANS.items()},
    }  # fmt: skip


def _failure(means: str) -> dict[str, Any]:
    return {"description": means, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/StatusInfo"}}}}


def _parameter(name: str, about: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": {"type": "string"} | schema}


_PARAMETERS = [
    _parameter("fields", "Names of fields, separated by commas: what is not named is neither read nor sent."),
    _parameter("limit", f"How many at once. More than {MOST_ROWS} are not sent.", type="integer", minimum=1, default=DEFAULT_LIMIT),
    _parameter("offset", "How many to leave out first.", type="integer", minimum=0, default=0),
    _parameter("sort", "The field to sort by."),
    _parameter("orderBy", "Which way.", enum=["asc", "desc"], default="asc"),
    _parameter("filter", "field op 'value', joined by AND and OR. Operators: = != > >= < <= ~ (contains)."),
]


def _schema(kind: Kind) -> dict[str, Any]:
    """A whole object; where `fields` chose some, the others are left out."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _property(field) for field in kind.fields},
        "x-required": [field.name for field in kind.fields if field.required],
    }


def _property(field: Field) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Reference"}
    role = {
        "type": "object",
        "required": ["roleType", "role", "org"],
        "additionalProperties": False,
        "properties": {
            "roleType": {"type": "string", "enum": ["primary", "secondary"]},
            "role": {"type": "string", "enum": ["student", "teacher"]},
            "org": reference,
        },
    }
    shapes: dict[str, dict[str, Any]] = {
        "text": {"type": "string"},
        "date": {"type": "string", "format": "date"},
        "moment": {"type": "string", "format": "date-time"},
        "ref": reference,
        "refs": {"type": "array", "items": reference},
        "texts": {"type": "array", "items": {"type": "string"}},
        "roles": {"type": "array", "items": role},
        "more": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    return shapes[field.sort] | ({"enum": list(field.values)} if field.values else {})


def _reference() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["href", "sourcedId", "type"],
        "additionalProperties": False,
        "properties": {
            "href": {"type": "string", "format": "uri"},
            "sourcedId": _REF,
            "type": {"type": "string", "enum": sorted({kind.ref for kind in standard.KINDS} - {"demographics", "enrollment"})},
        },
    }


def _status_info() -> dict[str, Any]:
    minor = {
        "type": "object",
        "required": ["imsx_codeMinorFieldName", "imsx_codeMinorFieldValue"],
        "properties": {
            "imsx_codeMinorFieldName": {"type": "string"},
            "imsx_codeMinorFieldValue": {"type": "string", "enum": list(CODE_MINORS)},
        },
    }
    return {
        "type": "object",
        "required": ["imsx_codeMajor", "imsx_severity"],
        "properties": {
            "imsx_codeMajor": {"type": "string", "enum": ["success", "processing", "failure", "unsupported"]},
            "imsx_severity": {"type": "string", "enum": ["status", "warning", "error"]},
            "imsx_description": {"type": "string"},
            "imsx_CodeMinor": {
                "type": "object",
                "required": ["imsx_codeMinorField"],
                "properties": {"imsx_codeMinorField": {"type": "array", "items": minor}},
            },
        },
    }
