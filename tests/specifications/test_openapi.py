"""OpenAPI 2.0 and 3.0 to 3.2: where operations are sent, what they refer to, and what is none or is refused."""

import pytest

from analyses.specifications.contract import SpecificationError
from analyses.specifications.requests import requests_at
from tests.specifications.reading import body, one, openapi, query, read_here, requests, sample, swagger

YAML = b"""
openapi: 3.1.0
info: {title: Pets, version: 1}
servers:
- url: https://{place}.shop.test/{version}/
  variables: {place: {default: eu}, version: {default: v1, enum: [v1, v2]}}
x-common: &common
  description: In short
  responses: {200: {description: OK, content: {application/json: {}}}}
paths:
  /pets:
    get:
      <<: *common
      summary: All pets
      parameters:
      - {name: limit, in: query, schema: {type: [integer, 'null'], maximum: 50, example: 5}}
      - {name: since, in: query, schema: {type: string, format: date}}
      - {name: only, in: query, schema: {enum: [yes, no]}}
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: string, format: uuid}}]
    delete: {}
components:
  schemas:
    Pet:
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string, const: Rex}
        born: {type: string, default: 2020-01-02}
        parent: {$ref: '#/components/schemas/Pet'}
"""


def test_a_document_in_yaml():
    found = read_here(YAML, "pets.yaml")
    assert (found.form, found.title, found.base_url) == ("OpenAPI 3.1", "Pets", "https://eu.shop.test/v1/")
    assert [(one.method, one.path, one.summary) for one in found.endpoints] == [
        ("GET", "/pets", "All pets"), ("POST", "/pets", ""), ("DELETE", "/pets/{petId}", ""),
    ]  # fmt: skip
    asked = requests(found)
    assert query(asked["GET /pets"]) == [("limit", "5"), ("since", "2024-01-15"), ("only", "yes")]
    assert asked["GET /pets"]["headers"] == [["Accept", "application/json, */*;q=0.5"]]
    assert body(asked["POST /pets"]) == {"name": "Rex", "born": "2020-01-02"}
    assert asked["DELETE /pets/{petId}"]["path"] == "/pets/123e4567-e89b-42d3-a456-426614174000"
    assert found.notes == ()


def test_yaml_and_json_of_one_document_give_the_same():
    in_json = {"swagger": "2.0", "host": "h.test", "paths": {"/a/{b}": {"get": {"parameters": [
        {"name": "b", "in": "path", "type": "integer"}, {"name": "c", "in": "query", "type": "boolean"},
    ]}}}}  # fmt: skip
    in_yaml = (
        "swagger: '2.0'\nhost: h.test\npaths:\n  /a/{b}:\n    get:\n      parameters:\n"
        "      - {name: b, in: path, type: integer}\n      - {name: c, in: query, type: boolean}\n"
    )
    assert read_here(in_json) == read_here(in_yaml, "api.yaml")


def test_the_requests_stand_below_a_base_url_chosen_later():
    found = read_here(YAML, "pets.yaml")
    asked = requests_at("http://127.0.0.1:8080/other", found.requests, {"DELETE /pets/{petId}"})
    assert [request.endpoint for request in asked] == ["GET /pets", "POST /pets"]
    assert asked[1].url == "http://127.0.0.1:8080/other/pets"
    assert (asked[1].method, asked[1].content_type) == ("POST", "application/json")


@pytest.mark.parametrize("base", ["http://shop.test/v1", "http://shop.test/v1/", "http://shop.test/v1/?key=1#top"])
def test_a_base_url_is_only_what_comes_before_a_path(base):
    [request] = requests_at(base, read_here(openapi({"/a": {"get": {}}})).requests)
    assert request.url == "http://shop.test/v1/a"


# --- OpenAPI 2.0 ----------------------------------------------------------------------------------------------------


def test_swagger():
    parameters = [
        {"name": "ids", "in": "query", "type": "array", "items": {"type": "integer"}, "collectionFormat": "csv",
         "minItems": 2},
        {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi",
         "minItems": 2},
        {"name": "X-Trace", "in": "header", "type": "string", "x-example": "abc"},
        {"name": "Authorization", "in": "header", "type": "string"},
    ]  # fmt: skip
    pet = {"properties": {"name": {"example": "Rex"}}}
    found = read_here(
        swagger(
            {
                "/a": {"get": {"parameters": parameters, "produces": ["application/xml"]}},
                "/b": {"put": {"parameters": [{"in": "body", "name": "pet", "schema": {"$ref": "#/definitions/Pet"}}]}},
                "/c": {"post": {"parameters": [{"in": "formData", "name": "n", "type": "integer", "minimum": 7}]}},
                "/d": {"post": {"parameters": [{"in": "formData", "name": "f", "type": "file"}]}},
            },
            basePath="/v2",
            schemes=["http", "https", "wss"],
            definitions={"Pet": pet},
        )
    )
    asked = requests(found)
    assert (found.form, found.base_url) == ("OpenAPI 2.0", "https://shop.test/v2")
    assert asked["GET /a"]["path"] == "/a?ids=1%2C1&tags=test&tags=test"
    assert asked["GET /a"]["headers"] == [["X-Trace", "abc"], ["Accept", "application/xml, */*;q=0.5"]]
    assert (body(asked["PUT /b"]), asked["PUT /b"]["content_type"]) == ({"name": "Rex"}, "application/json")
    assert asked["POST /c"]["body"] == "n=7"
    assert asked["POST /c"]["content_type"] == "application/x-www-form-urlencoded"
    assert body(asked["POST /d"]) == {"fields": [], "files": [["f", "example.txt", "An example.", "text/plain"]]}
    assert asked["POST /d"]["content_type"] == "multipart/form-data"


@pytest.mark.parametrize(
    ("others", "base"),
    [
        ({}, "https://shop.test/"),
        ({"schemes": ["http"]}, "http://shop.test/"),
        ({"host": "", "basePath": "/v2/"}, "/v2"),
        ({"host": "[2001:db8::1]:8080"}, "https://[2001:db8::1]:8080/"),
    ],
)
def test_where_swagger_is_served(others, base):
    assert read_here(swagger({"/a": {"get": {}}}, **others)).base_url == base


# --- Where it is served ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("urls", "base"),
    [
        ([], ""),
        (["/"], ""),
        (["/v1/"], "/v1"),
        (["v1"], "/v1"),
        (["https://shop.test"], "https://shop.test/"),
        (["HTTPS://Shop.Test:443/v1?x=1#y"], "https://shop.test/v1"),
        (["wss://shop.test/", "http://shop.test:81/x"], "http://shop.test:81/x"),
        (["//shop.test/v1"], "https://shop.test/v1"),
    ],
)
def test_where_it_is_served(urls, base):
    servers = [{"url": url} for url in urls]
    assert read_here(openapi({"/a": {"get": {}}}, servers=servers)).base_url == base


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (openapi({"/a": {"get": {}}}, servers=[{"url": "wss://shop.test"}]), "wss only (/servers/0/url)"),
        (swagger({"/a": {"get": {}}}, schemes=["ws"]), "ws only (/schemes)"),
        (openapi({"/a": {"get": {}}}, servers=[{"url": "http://u:p@shop.test"}]), "user name and password"),
        (openapi({"/a": {"get": {}}}, servers=[{"url": "http://shop.test:x/"}]), "The port must be a number"),
    ],
)
def test_a_server_that_cannot_be_scanned_is_refused(document, words):
    with pytest.raises(SpecificationError) as refused:
        read_here(document)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")


# --- References -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("other.yaml#/Pet", "leads out of the file"),
        ("https://evil.test/schema.json", "leads out of the file"),
        ("file:///etc/passwd", "leads out of the file"),
        ("#Pet", "leads out of the file"),
        ("#/components/schemas/Missing", "leads to nothing in the file"),
        ("#/paths/~1things/post/requestBody/content/application~1json/schema", "leads back to itself"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_refused_with_its_place(reference, words):
    with pytest.raises(SpecificationError) as refused:
        sample({"$ref": reference})
    assert words in str(refused.value)
    assert "/paths/~1things/post/requestBody/content/application~1json/schema" in str(refused.value)
    assert reference in str(refused.value)


def test_references_may_be_escaped_and_lead_into_lists():
    described = [{"name": "x", "in": "query", "example": 3}]
    referring = [{"$ref": "#/paths/~1a~1%7Bb%7D/get/parameters/0"}]
    document = openapi({"/a/{b}": {"get": {"parameters": described}}, "/c": {"get": {"parameters": referring}}})
    assert requests(read_here(document))["GET /c"]["path"] == "/c?x=3"


def test_what_no_request_needs_may_lie_elsewhere():
    responses = {"200": {"$ref": "responses.yaml#/Ok"}, "404": {"$ref": "#/nowhere"}}
    assert one({"responses": responses}, method="get")["headers"] == []


# --- What is no endpoint --------------------------------------------------------------------------------------------


def test_what_is_no_operation_is_no_endpoint():
    paths = {"x-more": {"get": {}}, "/a": {"summary": "A", "trace": {}, "parameters": [], "x-b": {}, "get": {}}}
    assert [one.path for one in read_here(openapi(paths)).endpoints] == ["/a"]


@pytest.mark.parametrize("paths", [{}, {"/a": {}}, {"/a": {"trace": {}}}])
def test_a_document_without_endpoints_is_refused(paths):
    with pytest.raises(SpecificationError, match="There is no endpoint in this file"):
        read_here(openapi(paths))


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (openapi({"a": {"get": {}}}), "“a” does not begin with /"),
        (openapi({"/a": []}), "at /paths/~1a,"),
        (openapi({"/a": {"get": 7}}), "at /paths/~1a/get,"),
        (openapi({"/a": {"get": {"parameters": [7]}}}), "at /paths/~1a/get/parameters/0,"),
        (openapi({"/a": {"get": {"parameters": [{"in": "query"}]}}}), "at /paths/~1a/get/parameters/0 has no name"),
        (openapi([]), "at /paths,"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(document, place):
    with pytest.raises(SpecificationError) as refused:
        read_here(document)
    assert place in str(refused.value)


def test_a_path_that_leads_out_is_left_out_and_told():
    found = read_here(openapi({"/a/../../admin": {"get": {}}, "/a/%2e%2e/b": {"get": {}}, "/b": {"get": {}}}))
    assert [one.path for one in found.endpoints] == ["/b"]
    assert found.notes == ("2 endpoints left out: the path leads out of where it stands.",)


@pytest.mark.parametrize("version", ["3.3.0", "1.2", "4", None])
def test_another_version_is_refused(version):
    with pytest.raises(SpecificationError, match=r"2\.0 and 3\.0 to 3\.2 are read"):
        read_here({"openapi": version, "paths": {}})


def test_texts_for_people_are_short_and_on_one_line():
    found = read_here(openapi({"/a": {"get": {"summary": "a\x00b\r\n" + "c" * 500}}}, info={"title": {"odd": 1}}))
    assert found.title == ""
    assert found.endpoints[0].summary.startswith("a b cc")
    assert len(found.endpoints[0].summary) == 200
