"""The description of the API, as a stranger reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from pydantic import TypeAdapter

from api.application import build_application
from api.rest.schemas.case_files import CaseFileIn
from api.rest.schemas.documents import DocumentIn
from api.rest.schemas.grants import GrantIn
from api.rest.schemas.letters import LetterIn
from api.rest.schemas.paper import ScanBatchIn
from api.service import Service
from eakte.settings import Settings
from tests.api.city import API, City, told

METHODS = {"get", "head", "put", "post", "patch", "delete"}
WITHOUT_TOKEN = {"/api/v1/oauth/token", "/healthz", "/readyz", "/metrics"}


@cache
def description() -> dict[str, Any]:
    return build_application(Service(Settings())).openapi()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def every_node(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from every_node(value)
    elif isinstance(node, list):
        for value in node:
            yield from every_node(value)


each_operation = pytest.mark.parametrize(
    ("path", "method", "operation"), [pytest.param(*entry, id=f"{entry[1]} {entry[0]}") for entry in operations()]
)


def test_the_description_is_served_to_everybody(city: City) -> None:
    assert told(city.client().get(f"{API}/openapi.json")) == json.loads(json.dumps(description()))


def test_it_is_openapi_3_1_with_everything_a_reader_expects() -> None:
    whole = description()

    assert whole["openapi"].startswith("3.1.")
    assert whole["info"]["title"] == "eAkte"
    assert len(whole["info"]["description"]) > 200
    assert whole["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert whole.keys() <= {"openapi", "info", "paths", "components", "tags"}
    used = {tag for *_, operation in operations() for tag in operation["tags"]}
    assert used == {tag["name"] for tag in whole["tags"]}


def test_every_call_of_the_contract_is_there() -> None:
    wanted = """
        post /oauth/token | get /me | get /filing-plan | get /filing-plan/{code}
        put /case-files/by-reference/{system}/{external_id} | post /case-files | get /case-files
        get /case-files/{case_file_id} | patch /case-files/{case_file_id}
        post /case-files/{case_file_id}/complete | post /case-files/{case_file_id}/reopen
        get /case-files/{case_file_id}/proceedings | post /case-files/{case_file_id}/proceedings
        get /case-files/{case_file_id}/parties | post /case-files/{case_file_id}/parties
        post /case-files/{case_file_id}/documents | get /case-files/{case_file_id}/documents
        get /documents/{document_id} | patch /documents/{document_id}
        post /documents/{document_id}/move | post /documents/{document_id}/withdraw
        get /documents/{document_id}/content | get /documents/{document_id}/text
        get /documents/{document_id}/pages/{page_number}/image | get /documents/{document_id}/pages/{page_number}/words
        post /documents/{document_id}/versions | get /documents/{document_id}/versions
        get /letter-templates | post /case-files/{case_file_id}/letters | get /letters/{letter_id}
        post /letters/{letter_id}/approve | post /letters/{letter_id}/post | post /letters/{letter_id}/cancel
        post /scan-batches | get /scan-batches/{batch_id} | get /inbox | post /inbox/{item_id}/file
        post /inbox/{item_id}/forward | post /inbox/{item_id}/reject | get /search | get /audit
        get /filing-plan/{code}/grants | post /filing-plan/{code}/grants | delete /filing-plan/{code}/grants/{grant_id}
        get /case-files/{case_file_id}/grants | post /case-files/{case_file_id}/grants
        delete /case-files/{case_file_id}/grants/{grant_id} | get /documents/{document_id}/grants
        post /documents/{document_id}/grants | delete /documents/{document_id}/grants/{grant_id}
    """
    told_of = {f"{method} {path.removeprefix(API).replace(':path', '')}" for path, method, _ in operations()}

    assert {call.strip() for line in wanted.split("\n") for call in line.split("|") if call.strip()} <= told_of
    assert not {path for path in description()["paths"] if not path.startswith(API)} - WITHOUT_TOKEN


def test_operation_ids_are_short_and_unique() -> None:
    ids = [operation["operationId"] for *_, operation in operations()]

    assert len(set(ids)) == len(ids)
    assert all(id_.isidentifier() and len(id_) <= 32 for id_ in ids)


@each_operation
def test_every_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert method in METHODS
    assert operation["summary"]
    assert operation["description"]
    assert len(operation["tags"]) == 1
    declared = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"}
    assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    for parameter in operation.get("parameters", ()):
        assert parameter["in"] in {"path", "query", "header"}
        assert parameter["schema"]
        assert parameter["required"] is True or parameter["in"] != "path"


@each_operation
def test_every_error_is_a_problem(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    errors = {status for status in responses if int(status) >= 400}

    for status in errors - ({"503"} if path == "/readyz" else set()):
        assert responses[status]["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
    if path in WITHOUT_TOKEN:
        assert "security" not in operation
        return
    assert operation["security"]
    assert {"401", "422"} <= errors
    if "{" in path and method != "put":
        assert "404" in errors
    if method not in ("get", "head"):
        assert "403" in errors
    if method == "patch" and "/uploads" not in path:
        assert {"412", "428"} <= errors
    assert all("X-Request-Id" in response["headers"] for response in responses.values())


@each_operation
def test_headers_are_declared_where_they_count(path: str, method: str, operation: dict[str, Any]) -> None:
    headers = {
        parameter["name"]: parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "header"
    }

    assert ("Idempotency-Key" in headers) == (method == "post" and not path.endswith("/oauth/token"))
    if "/uploads" in path:
        return  # tus has headers of its own, and 412 for its version
    assert ("If-Match" in headers) == ("412" in operation["responses"])
    if method == "patch":
        assert headers["If-Match"]["required"]


@each_operation
def test_successful_answers_are_described(path: str, method: str, operation: dict[str, Any]) -> None:
    good = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}

    assert good
    for status, answer in good.items():
        assert answer["description"]
        if status == "204":
            assert "content" not in answer
        elif status != "206" and "/uploads" not in path:
            assert all(content is not None for content in answer["content"].values())
            json_answer = answer["content"].get("application/json")
            assert json_answer is None or json_answer["schema"]


def test_references_lead_somewhere_and_nothing_lies_about() -> None:
    schemas = description()["components"]["schemas"]
    named = {node["$ref"] for node in every_node(description()) if isinstance(node.get("$ref"), str)}

    assert named == {f"#/components/schemas/{name}" for name in schemas}
    assert not any("HTTPValidationError" in name for name in named)
    assert not any("$defs" in node for node in every_node(description()))


def test_every_schema_and_its_free_texts_are_described() -> None:
    for name, schema in description()["components"]["schemas"].items():
        assert schema.get("description") or name.startswith("Body_"), name


@pytest.mark.parametrize(
    ("path", "field", "repeatable", "metadata"),
    [
        ("/case-files/{case_file_id}/documents", "file", False, True),
        ("/documents/{document_id}/versions", "file", False, False),
        ("/scan-batches", "files", True, True),
    ],
)
def test_multipart_bodies_are_described(path: str, field: str, repeatable: bool, metadata: bool) -> None:
    [(kind, content)] = description()["paths"][API + path]["post"]["requestBody"]["content"].items()

    assert kind == "multipart/form-data"
    properties = content["schema"]["properties"]
    assert set(properties) == {field, *(["metadata"] if metadata else [])}
    assert content["schema"]["required"] == ["metadata" if metadata else field]
    file = properties[field]["items"] if repeatable else properties[field]
    assert file == {"type": "string", "contentMediaType": "application/octet-stream"}
    if metadata:
        assert content["encoding"]["metadata"] == {"contentType": "application/json"}
        assert properties["metadata"]["examples"]
        assert not properties["metadata"]["additionalProperties"]


@pytest.mark.parametrize("model", [CaseFileIn, DocumentIn, GrantIn, LetterIn, ScanBatchIn])
def test_examples_are_true(model: type[Any]) -> None:
    schema = model.model_json_schema()

    assert schema["examples"]
    for example in schema["examples"]:
        TypeAdapter(model).validate_python(example)


def test_the_example_of_opening_a_case_file_opens_one(city: City) -> None:
    for example in CaseFileIn.model_json_schema()["examples"]:
        told(city.client("km-personal").post(f"{API}/case-files", json=example), 201)
