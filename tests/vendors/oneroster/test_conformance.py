"""Shapes and errors against the facts of the standard (facts.json), and any request at all against our own OpenAPI document."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as of_the_portal
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some

from governance.records.models import Enrollment
from tests.vendors.oneroster.system import System, connected, fault
from vendors.oneroster import limits, openapi, standard, words
from vendors.oneroster.models import Census, Seat

FACTS = json.loads((Path(__file__).parent / "facts.json").read_text())
SITE = "http://localhost:8000"


def shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


# -- What is declared --------------------------------------------------------------------------------------------------------------


def test_every_address_of_the_standard_is_there_and_no_other() -> None:
    assert {shape(each.path): each.kind.name for each in openapi.endpoints()} == FACTS["addresses"]


@pytest.mark.parametrize("kind", standard.KINDS, ids=lambda kind: kind.name)
def test_objects_have_the_fields_of_the_standard(kind: standard.Kind) -> None:
    facts = FACTS["objects"][kind.name]
    assert (kind.one, kind.many) == (facts["one"], facts["many"])
    assert {field.name for field in kind.fields if field.required} == set(facts["required"])
    assert {field.name for field in kind.fields} <= {*facts["required"], *facts["optional"]}
    for name, values in facts["values"].items():
        assert set(kind.by_name[name].values) <= set(values), name


def test_scopes_and_codes_are_those_of_the_standard() -> None:
    assert [each.rpartition("/")[2] for each in words.SCOPES] == FACTS["scopes"]
    assert list(openapi.CODE_MINORS) == FACTS["code_minors"]
    schemas = openapi.document(SITE)["components"]["schemas"]
    assert schemas["Reference"]["required"] == FACTS["reference"]["required"]
    assert schemas["Reference"]["properties"]["type"]["enum"] == FACTS["reference"]["types"]
    assert schemas["User"]["properties"]["roles"]["items"]["required"] == FACTS["role"]["required"]


# -- What is sent ------------------------------------------------------------------------------------------------------------------


def check(value: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    """The value fits the schema: as much of JSON Schema as our document uses."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kind = schema["type"]
    if kind == "object":
        assert isinstance(value, dict)
        known = schema.get("properties", {})
        assert set(schema.get("required", ())) <= value.keys(), (schema, value)
        for name, each in value.items():
            more = schema.get("additionalProperties", True)
            assert name in known or more is not False, name
            if name in known or isinstance(more, dict):
                check(each, known.get(name, more), document)
    elif kind == "array":
        assert isinstance(value, list)
        for each in value:
            check(each, schema["items"], document)
    elif kind == "string":
        assert isinstance(value, str)
        assert value in schema.get("enum", [value]), value
        if schema.get("format") == "date":
            dt.date.fromisoformat(value)
        elif schema.get("format") == "date-time":
            assert value.endswith("Z") and dt.datetime.fromisoformat(value)
    else:
        raise AssertionError(f"our document uses no {kind}")


def checked(answer: Any, operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The answer is one that the document declares for the operation, whole."""
    declared = operation["responses"][str(answer.status_code)]
    assert answer["Content-Type"] == "application/json" and "no-store" in answer["Cache-Control"]
    told: dict[str, Any] = answer.json()
    check(told, declared["content"]["application/json"]["schema"], document)
    for name, header in declared.get("headers", {}).items():
        assert name in answer.headers or not header.get("required"), name
    return told


@pytest.fixture(scope="module")
def system(district_module: Any) -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("REQUESTS_A_MINUTE", "ROWS_A_MINUTE"):
            patch.setattr(limits, name, 10**9)
        patch.setattr(limits, "CHILDREN_AN_HOUR", 10**9)
        patch.setattr(of_the_portal, "DEMO", True)
        yield connected()


def ids_of(system: System) -> dict[str, list[str]]:
    """Ids that exist, by the name of the part of an address."""
    found = {}
    for path, part in (
        ("orgs", "org"), ("schools", "school"), ("academicSessions", "academicSession"), ("terms", "term"), ("gradingPeriods", "gradingPeriod"),
        ("courses", "course"), ("classes", "class"), ("users", "user"), ("students", "student"), ("teachers", "teacher"), ("enrollments", "enrollment"),
        ("demographics", "demographics"),
    ):  # fmt: skip
        found[f"{part}SourcedId"] = [each["sourcedId"] for each in system.get(path)]
    return found


def test_every_address_answers_as_its_document_says(system: System) -> None:
    document, ids = openapi.document(SITE), ids_of(system)
    seen = set()
    for endpoint in standard.ENDPOINTS:
        operation = document["paths"][f"/{endpoint.path}"]["get"]
        found = {part: next(iter(ids[part]), "none") for part in endpoint.parts}
        answer = system.ask(endpoint.path.format(**found))
        told = checked(answer, operation, document)
        if answer.status_code == 200:
            required = {field.name for field in endpoint.kind.fields if field.required}
            for each in [told[endpoint.kind.one]] if endpoint.single else told[endpoint.kind.many]:
                assert each["status"] == "active", "a mark of deletion stands in lists of changes alone"
                assert required <= each.keys(), (endpoint.path, required - each.keys())
                seen.add(endpoint.kind.name)
        else:
            assert answer.status_code == 404 and "none" in found.values(), endpoint.path
    assert seen == {kind.name for kind in standard.KINDS}


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("students", {"limit": "x"}, (400, "invaliddata")),
        ("students", {"fields": "nothing"}, (400, "invalid_selection_field")),
        ("students", {"filter": "nothing='x'"}, (400, "invalid_filter_field")),
        ("students/none", {}, (404, "unknownobject")),
        ("classes/none/students", {}, (404, "unknownobject")),
        ("schools/%00/terms", {}, (404, "unknownobject")),
        ("results", {}, (404, "unknownobject")),
    ],
    ids=["limit", "fields", "filter", "object", "nested", "nul", "address"],
)
def test_errors_are_those_of_the_standard(system: System, path: str, query: dict[str, str], expected: tuple[int, str]) -> None:
    answer = system.ask(path, **query)
    assert fault(answer) == expected
    check(answer.json(), {"$ref": "#/components/schemas/StatusInfo"}, openapi.document(SITE))


def test_the_document_is_served_and_read_by_people(system: System) -> None:
    browser = system.browser
    served = browser.get("/api/openapi.json").json()
    assert served["openapi"] == "3.0.3" and len(served["paths"]) == len(standard.ENDPOINTS)
    page = browser.get("/api/docs")
    text = page.content.decode()
    assert page.status_code == 200 and all(f"<code>/{each.path}</code>" in text for each in standard.ENDPOINTS)
    assert "style=" not in text and not re.search(r"<script(?![^>]* src=)", text) and str(limits.ROWS_A_MINUTE) in text.replace(",", "")


def test_only_reading(system: System) -> None:
    browser = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(browser, method)(f"{standard.BASE}students", headers={"Authorization": f"Bearer {system.token}"})
        assert fault(answer) == (405, "forbidden") and answer["Allow"] == "GET"
    nowhere = browser.post(f"{standard.BASE}results", headers={"Authorization": f"Bearer {system.token}"})
    assert fault(nowhere) == (404, "unknownobject")


_TEXT = some.text(max_size=20) | some.sampled_from(["", "'", "%", "\x00", "../..", "' OR '1'='1", "=1+1", "\ud7ff", "é" * 20])


def test_any_request_is_answered_as_the_document_says(system: System) -> None:
    document, ids = openapi.document(SITE), ids_of(system)
    operations = [(path, each["get"]) for path, each in document["paths"].items()]
    names = sorted({field.name for kind in standard.KINDS for field in kind.fields})
    value = _TEXT.map(lambda text: text.replace("'", "''"))
    condition = some.builds("{}{}'{}'".format, some.sampled_from(names), some.sampled_from(["=", "!=", ">", "<", ">=", "<=", "~"]), value)
    query = some.fixed_dictionaries(
        {},
        optional={
            "limit": some.integers(-1, 2000).map(str) | _TEXT,
            "offset": some.integers(-1, 50).map(str) | _TEXT,
            "fields": some.lists(some.sampled_from(names), max_size=4).map(",".join) | _TEXT,
            "sort": some.sampled_from(names) | _TEXT,
            "orderBy": some.sampled_from(["asc", "desc"]) | _TEXT,
            "filter": some.lists(condition, min_size=1, max_size=3).map(" AND ".join) | _TEXT,
            "else": _TEXT,
        },
    )
    statuses = set()

    @settings(
        max_examples=120, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(chosen=some.sampled_from(operations), asked=query, data=some.data())
    def run(chosen: Any, asked: dict[str, str], data: Any) -> None:
        path, operation = chosen
        for part in re.findall(r"\{(\w+)\}", path):
            own = data.draw(some.sampled_from([*ids[part], "none"]) | some.from_regex(r"[A-Za-z0-9%.' -]{1,12}", fullmatch=True))
            path = path.replace(f"{{{part}}}", own.replace("%", "%25").replace("/", "").strip(".") or "none")
        answer = system.ask(path.lstrip("/"), **asked)
        checked(answer, operation, document)
        statuses.add(answer.status_code)

    run()
    assert {200, 400, 404} <= statuses


def test_marks_of_deletion_fit_the_document_and_stand_in_lists_of_changes_alone(system: System) -> None:
    own, document = system.get("students")[0]["sourcedId"], openapi.document(SITE)
    Enrollment.objects.filter(student__in=Seat.objects.filter(sourced_id=own).values("student")).delete()
    Census.objects.all().delete()  # counted anew at once: this child is gone
    for endpoint in standard.ENDPOINTS:
        if endpoint.parts:
            continue
        found = {}
        for text in ("dateLastModified>'2026-01-01'", "status='tobedeleted'"):
            told = checked(system.ask(endpoint.path, filter=text), document["paths"][f"/{endpoint.path}"]["get"], document)
            found = {each["sourcedId"]: each for each in told[endpoint.kind.many] if each["status"] == "tobedeleted"}
            assert found.keys() == ({own} if endpoint.path in ("users", "students", "demographics") else set()), endpoint.path
        assert all(each.keys() == {"sourcedId", "status", "dateLastModified"} for each in found.values())
        assert (
            own not in system.ask(endpoint.path).content.decode() and own not in system.ask(endpoint.path, sort="status").content.decode()
        )
