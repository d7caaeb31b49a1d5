"""What FastAPI cannot know of the OpenAPI description: problems, headers that many calls share, no error of its own."""

from __future__ import annotations

from typing import Any

from api.problems import Problem

TAGS = [
    {"name": "Anmeldung", "description": "Tokens, and who one is."},
    {"name": "Aktenplan", "description": "The tree of subjects that case files hang on."},
    {"name": "Akten", "description": "Case files, their parties and proceedings."},
    {"name": "Dokumente", "description": "Attaching, reading, changing, moving documents."},
    {"name": "Übertragungen", "description": "Large files in resumable parts (tus 1.0)."},
    {"name": "Schreiben", "description": "Letters from templates, with return codes."},
    {"name": "Scanstapel", "description": "Paper delivered by scanning stations."},
    {"name": "Quarantäne", "description": "Files that cannot be read or may not be opened."},
    {"name": "Postkorb", "description": "What waits for people."},
    {"name": "Papier", "description": "Where paper lies, things that cannot be scanned, post that must not be."},
    {"name": "Suche", "description": "Full text over everything the caller may read."},
    {"name": "Protokoll", "description": "Who did or read what."},
    {"name": "Berechtigungen", "description": "Grants on filing plan entries, case files and documents."},
    {"name": "Betrieb", "description": "For operations; without a token."},
]
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": (
        "Repeats with the same key and content get the first answer; with other content 409. Once the caller may no "
        "longer know of what it tells of, or that was withdrawn: 404."
    ),
    "example": "2026-10-31-lauf-1-0815",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag that the change is based on; 412 when the thing has changed since.",
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "An ETag the caller has; 304 when nothing has changed since.",
}
_REQUEST_ID = {"description": "Also in the audit trail and the log", "schema": {"type": "string", "format": "uuid"}}
_ETAG = {"description": "Strong validator of this state", "schema": {"type": "string"}}


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the shared headers and the schema of problems."""
    components = schema["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components.update(problem.pop("$defs"))
    components["Problem"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            _complete(path, method, operation)
    return schema


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    is_tus = "/uploads" in path  # there 412 says that another version of the protocol is spoken
    parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
    if method == "post" and not path.endswith("/oauth/token"):
        parameters.append(_KEY)
    if "412" in responses and not is_tus:
        parameters.append({**_IF_MATCH, "required": "428" in responses})
    for response in responses.values():
        response.setdefault("headers", {})["X-Request-Id"] = _REQUEST_ID
    if method == "get" and _tells_state(operation):
        parameters.append(_IF_NONE_MATCH)
        responses["304"] = {"description": "Not changed", "headers": {"X-Request-Id": _REQUEST_ID, "ETag": _ETAG}}
    if ("412" in responses and not is_tus) or "304" in responses:
        for status in responses.keys() & {"200", "201"}:
            responses[status]["headers"]["ETag"] = _ETAG
    if not parameters:
        del operation["parameters"]


def _tells_state(operation: dict[str, Any]) -> bool:
    content = operation["responses"].get("200", {}).get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    return reference.rpartition("/")[2] in _STATES or "*/*" in content


_STATES = frozenset({"FilingPlanEntryOut", "CaseFileOut", "DocumentOut", "LetterOut", "ScanBatchOut", "InboxItemOut"})
