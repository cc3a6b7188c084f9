"""Whatever is uploaded, a specification comes of it or a message for people: nothing else, and never for long."""

import json
import time
from typing import Any
from urllib.parse import urlsplit

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyses.engines.contract import Target
from analyses.engines.wapiti.api import asked
from analyses.specifications import Specification, SpecificationError, read
from analyses.specifications.contract import METHODS
from analyses.specifications.parsing import parse
from analyses.specifications.requests import requests_at
from tests.specifications.reading import openapi, swagger
from tests.specifications.test_har import entry, recording
from tests.specifications.test_openapi import YAML
from tests.specifications.test_postman import collection, item

KEYS = st.sampled_from([
    "openapi", "swagger", "info", "title", "servers", "url", "variables", "default", "paths", "/a", "/b/{id}",
    "get", "post", "parameters", "name", "in", "schema", "type", "properties", "items", "allOf", "oneOf", "anyOf",
    "$ref", "example", "examples", "enum", "format", "requestBody", "content", "application/json", "minimum", "log",
    "entries", "request", "method", "headers", "postData", "text", "params", "mimeType", "queryString", "item",
    "raw", "header", "body", "mode", "variable", "key", "value", "host", "path", "query", "urlencoded", "formdata",
    "disabled", "collectionFormat", "style", "explode", "minItems", "200"
])  # fmt: skip
ODD_TEXTS = st.sampled_from([
    "3.0.0", "2.0", "3.1", "GET", "post", "query", "path", "header", "body", "formData", "object", "array",
    "string", "integer", "#/paths/~1a", "#/components/schemas/A", "#/", "#", "x.yaml", "https://h.test/v1", "/v1",
    "{{a}}", "http://[::1", "{a}", "..", "application/json", "multipart/form-data", "raw", "\ud800", "\0",
    "a\r\nb: c",
    "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
])  # fmt: skip
TEXTS = ODD_TEXTS | st.text(max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS | TEXTS, inner, max_size=5)),
    max_leaves=25,
)
SCHEMAS = {
    "A": {"allOf": [{"$ref": "#/components/schemas/B"}], "properties": {"n": {"enum": [1]}}},
    "B": {"items": {"oneOf": [{"type": "null"}, {"format": "date"}]}},
}
OPERATION = {
    "parameters": [{"name": "q", "in": "query", "style": "deepObject", "schema": {"properties": {"x": {}}}}],
    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
}
ITEM = item(
    {"raw": "{{base}}/a/:id?x=1", "query": [{"key": "x", "value": "1"}]},
    "POST",
    header=[{"key": "A", "value": "b"}],
    body={"mode": "formdata", "formdata": [{"key": "k", "type": "file"}]},
)
JSON_BODY = {"mimeType": "application/json", "text": '{"a": [1]}'}
GOOD: list[Any] = [
    openapi(
        {"/a/{id}": {"parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}], "put": OPERATION}},
        components={"schemas": SCHEMAS},
        servers=[{"url": "https://{h}/v1", "variables": {"h": {"default": "h.test"}}}],
    ),
    swagger({"/a": {"post": {"parameters": [{"name": "b", "in": "body", "schema": {"type": "object"}}]}}}),
    collection(ITEM, variables={"base": "https://h.test"}),
    recording(entry("https://h.test/a/1?x=1", "POST", headers={"A": "b"}, postData=JSON_BODY)),
]
DOCUMENTS = VALUES | st.sampled_from(GOOD)
FILES = st.one_of(st.binary(max_size=200), DOCUMENTS.map(lambda document: json.dumps(document).encode()))


def holds(data: bytes, name: str) -> Specification | None:
    """Read in this process what may be anything. What comes of it is safe to store, to show and to send."""
    begun = time.monotonic()
    try:
        found = parse(data, name)
    except SpecificationError as error:
        message = str(error)
        assert message.isprintable()
        assert message.endswith(".")
        assert len(message) < 1_500
        found = None
    assert time.monotonic() - begun < 5
    if found:
        is_sound(found)
    return found


def is_sound(found: Specification) -> None:
    json.dumps([found.title, found.base_url, [vars(one) for one in found.endpoints]], ensure_ascii=False).encode()
    assert found.endpoints
    for text in (found.title, *(text for one in found.endpoints for text in (one.path, one.summary)), *found.notes):
        assert text == "" or text.isprintable()
    assert not found.base_url or found.base_url.startswith("/") or urlsplit(found.base_url).scheme in ("http", "https")
    base = "http://127.0.0.1:8080/base"
    requests = requests_at(base, found.requests)
    assert [request.endpoint for request in requests] == [f"{one.method} {one.path}" for one in found.endpoints]
    assert {request.method for request in requests} <= set(METHODS)
    told = asked(Target(base, requests=requests))  # the engine refuses what leads out, or is more than a request
    assert len(told) == len(requests)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["a.json", "a.yaml", "a"]))
def test_any_text(text, name):
    holds(text.encode("utf-8", "surrogatepass"), name)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="[]{}:,-?&*!|>'\"%@`#<= \n\ta0.~eE+", max_size=120))
def test_text_that_looks_like_yaml(text):
    holds(text.encode(), "a.yaml")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data):
    holds(data, "a.har")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_any_document(value):
    holds(json.dumps(value).encode(), "a.json")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(GOOD), st.lists(st.tuples(st.integers(0, 400), VALUES), min_size=1, max_size=3))
def test_a_good_document_with_something_odd_in_it(document, changes):
    changed = json.loads(json.dumps(document))
    for position, value in changes:
        places = list(_places(changed))
        container, key = places[position % len(places)]
        container[key] = value
    holds(json.dumps(changed).encode(), "a.json")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(YAML)), st.integers(0, 40), st.binary(max_size=12))
def test_a_good_file_with_a_part_replaced(begin, length, other):
    holds(YAML[:begin] + other + YAML[begin + length :], "a.yaml")


@settings(max_examples=12, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        VALUES.map(lambda value: json.dumps(value).encode()),
        st.sampled_from(GOOD).map(lambda good: json.dumps(good).encode()),
    )
)
def test_it_is_the_same_in_a_process_of_its_own(data):
    try:
        expected: Any = parse(data, "a.json")
    except SpecificationError as error:
        expected = str(error)
    try:
        found: Any = read(data, "a.json")
    except SpecificationError as error:
        found = str(error)
    assert found == expected


def test_every_request_of_good_documents_is_one_the_engine_takes():
    for document in GOOD:
        assert holds(json.dumps(document).encode(), "a.json")


def _places(value: Any):
    """Every place of a document, as its container and key."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
