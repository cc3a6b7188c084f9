"""OpenAPI: what parameters, bodies and samples its operations are asked with."""

import json

import pytest

from tests.specifications.reading import body, one, openapi, read_here, requests, sample

# --- Parameters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "written"),
    [
        ({"schema": {"type": "string"}}, "p=test"),
        ({"schema": {"type": "array", "items": {"type": "integer"}, "minItems": 2}}, "p=1&p=1"),
        ({"schema": {"type": "array", "items": {}, "minItems": 2}, "explode": False}, "p=test%2Ctest"),
        ({"example": ["a", "b"], "style": "pipeDelimited", "explode": False}, "p=a%7Cb"),
        ({"example": {"a": 1, "b": "x y"}}, "a=1&b=x%20y"),
        ({"example": {"a": 1}, "style": "deepObject"}, "p%5Ba%5D=1"),
        ({"content": {"application/json": {"example": {"a": [1]}}}}, "p=%7B%22a%22%3A%20%5B1%5D%7D"),
        ({"examples": {"first": {"value": "one"}, "second": {"value": "two"}}}, "p=one"),
        ({"example": "a&b=c;d#e"}, "p=a%26b%3Dc%3Bd%23e"),
        ({"example": True}, "p=true"),
        ({"example": None}, "p=null"),
        ({"example": ""}, "p="),
    ],
)
def test_parameters_of_a_query(parameter, written):
    assert one({"parameters": [{"name": "p", "in": "query", **parameter}]})["path"] == f"/things?{written}"


@pytest.mark.parametrize(
    ("value", "path"),
    [("a/b c", "a%2Fb%20c"), ("..", "1"), (".", "1"), ("", "1"), ("%2e", "%252e"), ([1, 2], "1%2C2"), ("ä", "%C3%A4")],
)
def test_a_parameter_of_a_path_stays_in_its_place(value, path):
    parameters = [{"name": "id", "in": "path", "required": True, "example": value}]
    assert one({"parameters": parameters}, "/a/{id}/b")["path"] == f"/a/{path}/b"


def test_a_path_may_have_a_fixed_query_and_parameters_nobody_describes():
    found = one({"parameters": [{"name": "q", "in": "query", "example": "x"}]}, "/a/{unknown}.json?action=find")
    assert found["path"] == "/a/1.json?action=find&q=x"


def test_an_operation_overrides_the_parameters_of_its_path():
    shared = [{"name": "p", "in": "query", "example": "path"}, {"name": "o", "in": "query", "example": 1}]
    document = openapi({"/a": {"parameters": shared, "get": {"parameters": [
        {"name": "p", "in": "query", "example": "operation"}]}}})  # fmt: skip
    assert requests(read_here(document))["GET /a"]["path"] == "/a?p=operation&o=1"


def test_headers_keep_to_one_line_and_leave_out_what_others_set():
    parameters = [
        {"name": "X-One", "in": "header", "example": "a\r\nX-Two: b"},
        {"name": "Cookie", "in": "header", "example": "s=1"},
        {"name": "X Bad\r\n", "in": "header", "example": "c"},
        {"name": "s", "in": "cookie", "example": "1"},
    ]
    assert one({"parameters": parameters})["headers"] == [["X-One", "aX-Two: b"]]


# --- Bodies ---------------------------------------------------------------------------------------------------------


def test_of_several_kinds_of_body_json_is_taken():
    content = {"application/xml": {}, "application/vnd.shop+json": {"example": {"a": 1}}, "text/plain": {}}
    found = one({"requestBody": {"content": content}})
    assert (body(found), found["content_type"]) == ({"a": 1}, "application/vnd.shop+json")


@pytest.mark.parametrize(
    ("kind", "schema", "written"),
    [
        ("application/x-www-form-urlencoded", {"properties": {"a": {"example": "x&y"}, "b": {"example": [1, 2]}}},
         "a=x%26y&b=1&b=2"),
        ("multipart/form-data", {"properties": {"a": {"example": "x"}, "f": {"type": "string", "format": "binary"}}},
         json.dumps({"fields": [["a", "x"]], "files": [["f", "example.txt", "An example.", "text/plain"]]})),
        ("text/plain", {"type": "string", "example": "Hello"}, "Hello"),
        ("application/xml", {"example": "<a>1</a>"}, "<a>1</a>"),
        ("application/xml", {"properties": {"a": {}}}, ""),
    ],
)  # fmt: skip
def test_other_kinds_of_bodies(kind, schema, written):
    assert one({"requestBody": {"content": {kind: {"schema": schema}}}})["body"] == written


def test_a_body_may_be_a_reference_and_have_named_examples():
    bodies = {"B": {"content": {"application/json": {"examples": {"e": {"$ref": "#/components/examples/E"}}}}}}
    components = {"requestBodies": bodies, "examples": {"E": {"value": {"x": 1}}}}
    assert body(one({"requestBody": {"$ref": "#/components/requestBodies/B"}}, components=components)) == {"x": 1}


# --- Samples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "test"),
        ({"type": "string", "minLength": 6}, "testaa"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "format": "date-time"}, "2024-01-15T12:00:00Z"),
        ({"type": "string", "format": "email"}, "alice@example.com"),
        ({"type": "string", "format": ["odd"]}, "test"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 10}, 10),
        ({"type": "integer", "maximum": -5}, -5),
        ({"type": "integer", "minimum": 10, "exclusiveMinimum": True}, 11),
        ({"type": "integer", "exclusiveMinimum": 10}, 11),
        ({"type": "integer", "minimum": 1e300}, 1),
        ({"type": "number", "minimum": 1.5}, 1.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"type": 7}, "test"),
        ({"enum": [None, "b"]}, "b"),
        ({"const": {"a": 1}}, {"a": 1}),
        ({"examples": ["x", "y"]}, "x"),
        ({"default": 0}, 0),
        ({"example": "e", "default": "d"}, "e"),
        (True, "test"),
        ({}, "test"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 9}, [1, 1, 1]),
        ({"type": "array"}, ["test"]),
        ({"prefixItems": [{"type": "boolean"}]}, [True]),
        ({"type": "object"}, {}),
        ({"additionalProperties": {"type": "integer"}}, {"key": 1}),
        ({"properties": {"a": {"readOnly": True}, "b": {"writeOnly": True, "type": "integer"}}}, {"b": 1}),
        ({"properties": {"userId": {}, "homepageUrl": {}, "eMail": {}}},
         {"userId": "1", "homepageUrl": "https://www.example.com/", "eMail": "alice@example.com"}),
        ({"allOf": [{"properties": {"a": {"example": 1}}}, {"properties": {"b": {"example": 2}}}]}, {"a": 1, "b": 2}),
        ({"allOf": [{"properties": {"a": {"example": 1}}}, {"description": "More"}]}, {"a": 1}),
        ({"oneOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"anyOf": [{"required": ["a"]}], "properties": {"a": {"example": 1}}}, {"a": 1}),
    ],
)  # fmt: skip
def test_a_sample_of_a_schema(schema, value):
    assert sample(schema) == value


def test_a_schema_that_contains_itself_ends():
    node = {"properties": {"name": {"example": "x"}, "next": {"$ref": "#/components/schemas/Node"},
                           "all": {"items": {"$ref": "#/components/schemas/Node"}}}}  # fmt: skip
    assert sample({"$ref": "#/components/schemas/Node"}, Node=node) == {"name": "x", "all": []}


def test_schemas_that_contain_one_another_end():
    person = {"properties": {"pets": {"items": {"$ref": "#/components/schemas/Pet"}}}}
    pet = {
        "allOf": [
            {"$ref": "#/components/schemas/Pet"},
            {"properties": {"owner": {"$ref": "#/components/schemas/Person"}}},
        ]
    }
    assert sample({"$ref": "#/components/schemas/Person"}, Person=person, Pet=pet) == {"pets": [{}]}


def test_a_wide_and_deep_schema_gives_a_bounded_sample():
    schemas = {
        f"S{number}": {"properties": {f"p{one}": {"$ref": f"#/components/schemas/S{number + 1}"} for one in range(20)}}
        for number in range(30)
    }
    assert len(json.dumps(sample({"$ref": "#/components/schemas/S0"}, **schemas, S30={}))) < 20_000
