"""Reading documents in tests: what came of them, by endpoint."""

import json
from typing import Any
from urllib.parse import parse_qsl

from analyses.specifications.contract import Specification
from analyses.specifications.parsing import parse


def read_here(document: Any, name: str = "api.json") -> Specification:
    """A document read in this process: for what does no harm."""
    data = document if isinstance(document, bytes) else document.encode() if isinstance(document, str) else None
    return parse(json.dumps(document).encode() if data is None else data, name)


def requests(found: Specification) -> dict[str, dict[str, Any]]:
    """The stored requests by endpoint, which are as many and in the same order as the endpoints."""
    stored = json.loads(found.requests)
    assert [entry["endpoint"] for entry in stored] == [f"{one.method} {one.path}" for one in found.endpoints]
    return {entry["endpoint"]: entry for entry in stored}


def query(entry: dict[str, Any]) -> list[tuple[str, str]]:
    return parse_qsl(entry["path"].partition("?")[2], keep_blank_values=True)


def body(entry: dict[str, Any]) -> Any:
    return json.loads(entry["body"])


def openapi(paths: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"openapi": "3.0.3", "info": {"title": "Shop"}, "paths": paths, **others}


def swagger(paths: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"swagger": "2.0", "info": {"title": "Shop"}, "host": "shop.test", "paths": paths, **others}


def one(operation: dict[str, Any], path: str = "/things", method: str = "post", **others: Any) -> dict[str, Any]:
    """The request of a document with a single operation."""
    found = requests(read_here(openapi({path: {method: operation}}, **others)))
    return found[f"{method.upper()} {path}"]


def sample(schema: Any, **schemas: Any) -> Any:
    """The body that a schema gives."""
    content = {"application/json": {"schema": schema}}
    return body(one({"requestBody": {"content": content}}, components={"schemas": schemas}))
