"""OpenAPI 3.2: what it has that 3.1 has not."""

from typing import Any

import pytest

from analyses.specifications.contract import SpecificationError
from tests.specifications.reading import body, openapi, query, read_here, requests

SELF = "https://docs.test/pets/api.json"


def newest(item: dict[str, Any], **others: Any) -> dict[str, Any]:
    return openapi({"/pets": item}, openapi="3.2.0", **others)


def asked(item: dict[str, Any], **others: Any) -> dict[str, Any]:
    """The only request of a document."""
    [found] = requests(read_here(newest(item, **others))).values()
    return found


def in_body(**media: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": media}}}


def test_what_is_said_of_it_is_read_like_the_older_ones():
    found = read_here(newest({"get": {"summary": "All"}}, servers=[{"url": "https://pets.test/v1", "name": "Main"}]))
    assert (found.form, found.base_url, found.notes) == ("OpenAPI 3.2", "https://pets.test/v1", ())


def test_a_query_carries_a_body_and_is_an_endpoint_only_from_3_2_on():
    search = {"query": in_body(schema={"properties": {"species": {"enum": ["dog"]}}})}
    assert body(asked(search)) == {"species": "dog"}
    assert [one.method for one in read_here(newest(search)).endpoints] == ["QUERY"]
    with pytest.raises(SpecificationError, match="There is no endpoint"):
        read_here(openapi({"/pets": search}, openapi="3.1.0"))


def test_methods_that_are_not_sent_are_told():
    more = {"COPY": {}, "LINK": {}, "x-note": "mine", "PATCH": {"summary": "Change"}}
    found = read_here(newest({"get": {}, "additionalOperations": more}))
    assert [(one.method, one.summary) for one in found.endpoints] == [("GET", ""), ("PATCH", "Change")]
    assert found.notes == ("2 endpoints left out: methods that are not sent (COPY, LINK).",)


def test_what_is_wrong_in_a_further_operation_is_told_with_its_place():
    with pytest.raises(SpecificationError, match="at /paths/~1pets/additionalOperations/PATCH,"):
        read_here(newest({"additionalOperations": {"PATCH": 7}}))


@pytest.mark.parametrize("address", ["", SELF, "api.json"])
def test_a_document_may_refer_to_itself_by_its_own_address(address):
    schemas = {"Pet": {"properties": {"name": {"const": "Rex"}}}}
    pet = {"$ref": f"{address}#/components/schemas/Pet"}
    found = asked({"post": in_body(schema=pet)}, components={"schemas": schemas}, **{"$self": SELF})
    assert body(found) == {"name": "Rex"}


@pytest.mark.parametrize(("own", "reference"), [(SELF, "other.json#/Pet"), ("http://[", "api.json#/Pet"), (7, "#Pet")])
def test_another_document_is_not_read_whatever_the_own_address_is(own, reference):
    with pytest.raises(SpecificationError, match="leads out of the file"):
        read_here(newest({"post": in_body(schema={"$ref": reference})}, **{"$self": own}))


def test_the_whole_query_may_be_one_parameter():
    form = {"application/x-www-form-urlencoded": {"schema": {"properties": {"a": {"const": "x y"}, "b": {"const": 2}}}}}
    whole = {"name": "all", "in": "querystring", "content": form}
    assert query(asked({"get": {"parameters": [whole]}})) == [("a", "x y"), ("b", "2")]
    as_json = {**whole, "content": {"application/json": {"example": {"a": [1]}}}}
    assert asked({"get": {"parameters": [as_json]}})["path"] == "/pets?%7B%22a%22%3A%20%5B1%5D%7D"


def test_a_stream_is_sent_as_one_of_its_items():
    content = {"application/jsonl": {"itemSchema": {"properties": {"name": {"const": "Rex"}}}}}
    found = asked({"post": {"requestBody": {"content": content}}})
    assert (body(found), found["content_type"]) == ({"name": "Rex"}, "application/jsonl")


def test_examples_and_kinds_of_content_may_be_described_elsewhere():
    example = {"dataValue": {"name": "Rex"}, "serializedValue": '{"name":"Rex"}'}
    kind = {"examples": {"one": {"$ref": "#/components/examples/Rex"}}}
    components = {"mediaTypes": {"Pet": kind}, "examples": {"Rex": example}}
    found = asked({"post": in_body(**{"$ref": "#/components/mediaTypes/Pet"})}, components=components)
    assert body(found) == {"name": "Rex"}
