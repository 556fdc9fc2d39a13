"""Credentials and the description of the interface as pages show them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from governance.authority.queries import element_titles
from vendors.oneroster import census, limits, openapi, standard
from vendors.oneroster.models import Client, Fetch, Secret
from vendors.oneroster.words import SCOPES


def client(found: Client, secrets: Sequence[Secret], last: dt.datetime | None) -> dict[str, Any]:
    """Credentials without any secret."""
    return {
        "id": str(found.public_id),
        "made_at": found.made_at,
        "made_by": found.made_by.name,
        "last": last,
        "secrets": [{"made_at": each.made_at, "made_by": each.made_by.name, "until": each.until} for each in secrets],
    }


def fetches(found: Sequence[Fetch]) -> list[dict[str, Any]]:
    """Days on which a system fetched something: how many children, and which kinds of data."""
    titles = element_titles({key for each in found for key in each.release.elements})
    return [
        {
            "day": each.day,
            "children": each.release.children,
            "elements": ", ".join(sorted(_(titles.get(key, key)) for key in each.release.elements)),
        }
        for each in found
    ]


def docs(site: str) -> dict[str, Any]:
    """The OpenAPI document as tables: addresses by kind of object, fields by kind, errors."""
    document = openapi.document(site)
    addresses: dict[str, list[dict[str, str]]] = {kind.name: [] for kind in standard.KINDS}
    for endpoint in openapi.endpoints():
        addresses[endpoint.kind.name].append({"path": f"/{endpoint.path}", "about": endpoint.about})
    operation = document["paths"]["/students"]["get"]
    return {
        "server": document["servers"][0]["url"],
        "token_url": f"{site}/oauth/token",
        "scopes": SCOPES,
        "requests": limits.REQUESTS_A_MINUTE,
        "rows": limits.ROWS_A_MINUTE,
        "marks": census.GONE_FOR.days,
        "kinds": [{"name": kind.name, "addresses": addresses[kind.name], "fields": [_field(field) for field in kind.fields]} for kind in standard.KINDS],
        "parameters": [{"name": each["name"], "about": each["description"]} for each in operation["parameters"]],
        "errors": [
            {"status": status, "about": each["description"]} for status, each in operation["responses"].items() if status != "200"
        ],
    }  # fmt: skip


_SORTS = {
    "text": "string",
    "moment": "date-time",
    "texts": "array of strings",
    "ref": "reference",
    "refs": "array of references",
    "roles": "array of roles",
    "more": "object",
}


def _field(field: standard.Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "required": field.required,
        "values": ", ".join(field.values),
        "sort": _SORTS.get(field.sort, field.sort),
        "element": field.element,
    }
