"""The API's own document: valid, complete, true, and the same as the one that was agreed on.

After a wanted change of the API write docs/openapi.json anew: `UPDATE_SNAPSHOT=1 pytest tests/architecture/test_openapi.py`.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft4Validator

from factory_mes.api_docs import document
from tests.support.api import client_for
from tests.support.operations import Operation, Plant, operations

SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(document())
OPERATIONS = operations()
READS = [operation for operation in OPERATIONS if operation.method == "GET"]
# What some reads ask for, beside what the path says.
QUERIES = {
    "api/v1/audit-logs/date-range": "start_date=2026-01-01&end_date=2099-12-31",
    "api/v1/process-data/date-range": "start_date=2026-01-01&end_date=2099-12-31",
    "api/v1/lots/date-range": "start_date=2026-01-01&end_date=2099-12-31",
    "api/v1/production/lines/{pk}/calendar": "start=2026-03-01T00:00:00Z&end=2026-03-08T00:00:00Z",
    "api/v1/downtime/statistics": "start=2026-03-02T00:00:00Z&end=2026-03-03T00:00:00Z",
    "api/v1/oee/losses": "equipment_code={code}&start=2026-03-02T00:00:00Z&end=2026-03-03T00:00:00Z",
    "api/v1/oee/explain": "equipment_code={code}&start=2024-03-04T00:00:00Z&end=2024-03-05T00:00:00Z",
    "api/v1/production/changeovers": "line_id={line}&start=2026-03-02T00:00:00Z&end=2026-03-03T00:00:00Z",
    "api/v1/oee/kpis": "equipment_code={code}",
    "api/v1/oee/{kind}/{key}": "group_by=day",
    "api/v1/genealogy": "component_lot={component_lot}",
    "api/v1/recall": "component_lot={component_lot}",
}
FILES = {"api/v1/audit-logs/export", "api/v1/lots/{pk}/label", "api/v1/serials/{pk}/label"}  # no JSON


@pytest.mark.parametrize("path", ["/openapi.json", "/api/v1/openapi.json"])
def test_it_is_served_as_json_to_anybody(client, db, path):
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == DOCUMENT
    assert client.get(path, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_it_is_valid_and_nothing_in_it_is_guessed():
    GENERATOR_STATS.reset()
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert (dict(GENERATOR_STATS._error_cache), dict(GENERATOR_STATS._warn_cache)) == ({}, {})
    validate_schema(schema)


def test_it_is_what_was_agreed_on():
    text = json.dumps(DOCUMENT, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_SNAPSHOT"):
        SNAPSHOT.write_text(text)
    assert SNAPSHOT.read_text() == text, "the API has changed: see the head of this file"


def test_paths_are_canonical():
    assert [path for path in DOCUMENT["paths"] if path.endswith("/")] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_is_described(operation):
    described = described_as(operation)
    assert described["summary"]
    assert described["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert any(code.startswith("2") for code in described["responses"])


@pytest.fixture
def plant(db):
    return Plant()


@pytest.mark.parametrize("operation", READS, ids=str)
def test_answers_are_as_described(operation, plant):
    """One read of each kind against its schema: nothing missing, nothing of another type."""
    query = QUERIES.get(operation.path, "").format(
        line=plant.line.pk,
        code=plant.machine.equipment_code,
        component_lot=plant.component_lot.lot_number,
    )
    answer = client_for("admin").get(f"{plant.url(operation)}?{query}")
    assert answer.status_code == 200, answer.content
    if operation.path in FILES:
        return
    content = described_as(operation)["responses"]["200"]["content"]
    schema = {
        **nullable(content["application/json"]["schema"]),
        "components": nullable(DOCUMENT["components"]),
    }
    checker = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    assert [f"{list(e.absolute_path)}: {e.message}" for e in checker.iter_errors(answer.json())] == []


def test_a_refusal_is_as_described(client, db):
    schema = DOCUMENT["components"]["schemas"]["Problem"]
    answers = [
        client.get("/api/v1/sites"),
        client.post("/api/v1/auth/login", {}),
        client.get("/api/v1/nowhere"),
    ]
    for answer in answers:
        Draft4Validator(schema).validate(answer.json())
        assert set(answer.json()) == set(schema["properties"])


def described_as(operation: Operation) -> dict[str, Any]:
    """The document's entry of this operation, whatever it calls the parts of the path in braces."""
    paths = {_nameless(path): item for path, item in DOCUMENT["paths"].items()}
    path = _nameless(f"/{operation.path}")
    item = paths.get(path) or paths[path.replace("/oee/equipment/", "/oee/{}/")]
    return item[operation.method.lower()]


def _nameless(path: str) -> str:
    return re.sub("{.*?}", "{}", path)


def nullable(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema says `null`."""
    if isinstance(schema, list):
        return [nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: nullable(value) for name, value in schema.items()}
    return {"anyOf": [plain, {"type": "null"}]} if plain.pop("nullable", False) is True else plain
