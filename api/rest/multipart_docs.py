"""OpenAPI descriptions of multipart bodies, which are read as a stream and so not declared as parameters."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def multipart(file_field: str, metadata: type[BaseModel] | None, *, repeatable: bool) -> dict[str, Any]:
    """The `requestBody` of a call that takes files and JSON metadata, which may name uploads in place of files."""
    one_file: dict[str, Any] = {"type": "string", "contentMediaType": "application/octet-stream"}
    properties: dict[str, Any] = {file_field: {"type": "array", "items": one_file} if repeatable else one_file}
    required = [file_field]
    encoding: dict[str, Any] = {}
    if metadata is not None:
        properties["metadata"] = _inlined(metadata.model_json_schema())
        required = ["metadata"]
        encoding["metadata"] = {"contentType": "application/json"}
    schema = {"type": "object", "properties": properties, "required": required}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema, "encoding": encoding}}}
    }


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its parts where they are used: `$defs` would lead nowhere inside the description."""
    parts = schema.pop("$defs", {})

    def with_parts(node: Any) -> Any:
        if isinstance(node, list):
            return [with_parts(inner) for inner in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).rpartition("/")[2]
        return with_parts(parts[name]) if name in parts else {key: with_parts(inner) for key, inner in node.items()}

    inlined: dict[str, Any] = with_parts(schema)
    return inlined
